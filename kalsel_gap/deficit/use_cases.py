"""What the internet that a school has is enough for, usually and on a difficult day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.indicators.use_cases import judge_use

if TYPE_CHECKING:
    from kalsel_gap.project.use_cases import UseCases

_VALUES = ("down_mbps", "up_mbps", "latency_ms", "loss_share")


def judge_use_cases(schools: pd.DataFrame, rule: UseCases) -> pd.DataFrame:
    """The columns of :func:`kalsel_gap.schema.use_case_columns`, and ``use_status``.

    By own tests where there are any: usually their median, on a difficult day its percentile.
    Otherwise by the declared subscription, which states one rate and nothing of a difficult day.
    A register that states no internet allows nothing.

    Parameters
    ----------
    schools : DataFrame
        With the columns of all stages before the scores.
    rule : UseCases
        The uses.
    """
    basis = schools["delivered_basis"]
    clients = schools["exam_clients"].astype("float64")
    usually = _values(schools, "measured").where(
        basis == "test", _values(schools, "delivered").where(basis == "subscription")
    )
    difficult = _values(schools, "difficult").where(basis == "test")
    for values in (usually, difficult):
        values["down_mbps"] = values["down_mbps"].mask(basis == "register", 0.0)
    columns = {
        f"use_{code}_{day}": judge_use(values, needs, clients)
        for code, needs in rule.cases.items()
        for day, values in (("typical", usually), ("difficult", difficult))
    }
    status = np.select(
        [basis.isin(["test", "register"]), basis == "subscription"],
        [schools["delivered_status"], "inferred"],
        "unknown",
    )
    return pd.DataFrame(columns, index=schools.index).assign(use_status=status)


def _values(schools: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Rates, latency and loss; a subscription states neither of the last two."""
    nothing = pd.Series(np.nan, index=schools.index)
    found = {name: schools.get(f"{prefix}_{name}", nothing) for name in _VALUES}
    return pd.DataFrame(found)
