"""What a line is enough for: each value that is known against what a use needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kalsel_gap.project.use_cases import UseCase

_NEARLY = 1e-9  # rounding of percentiles
_PERCENT = 100.0


def judge_use(has: pd.DataFrame, needs: UseCase, clients: pd.Series[float]) -> pd.Series[str]:
    """Whether a line is enough for a use: *yes*, *no* or *unknown*.

    *no* where any known value falls short; *yes* where all rates that the use needs are known and
    no known value falls short. Latency and packet loss that were not measured do not count.

    Parameters
    ----------
    has : DataFrame
        ``down_mbps``, ``up_mbps``, ``latency_ms`` and ``loss_share``; NaN where unknown.
    needs : UseCase
        What the use needs.
    clients : Series of float
        Clients at the same time; NaN where unknown. They count only where the use is for clients:
        then its rates are in proportion to them, and with none of them it does not apply.

    Returns
    -------
    Series of str
        Missing where the use does not apply.

    Examples
    --------
    >>> from kalsel_gap.project.use_cases import UseCases
    >>> has = pd.DataFrame({"down_mbps": [12.0, 11.0, None], "up_mbps": [4.0, 4.0, None]})
    >>> has = has.assign(latency_ms=[150.0, None, None], loss_share=[None, None, None])
    >>> judge_use(has, UseCases.shipped().cases["anbk"], pd.Series([15.0, 15.0, 15.0])).tolist()
    ['yes', 'no', 'unknown']
    """
    times: pd.Series[float] = pd.Series(1.0, index=has.index)
    if needs.for_clients is not None:
        times = clients / needs.for_clients
    value = has.astype("float64")
    short = [
        value["down_mbps"] < times * needs.down_mbps - _NEARLY,
        value["up_mbps"] < times * needs.up_mbps - _NEARLY,
        # No rate is too low for an unknown number of clients, but none at all is.
        value["down_mbps"] == 0.0,
    ]
    if needs.latency_ms is not None:
        short.append(value["latency_ms"] > needs.latency_ms + _NEARLY)
    if needs.loss_percent is not None:
        short.append(value["loss_share"] * _PERCENT > needs.loss_percent + _NEARLY)
    has_up = value["up_mbps"].notna() | (needs.up_mbps == 0.0)
    is_known = value["down_mbps"].notna() & has_up & times.notna()
    found = pd.Series(
        np.select([np.any(short, axis=0), is_known], ["no", "yes"], "unknown"),
        index=has.index,
        dtype="str",
    )
    return found.mask(times == 0.0)
