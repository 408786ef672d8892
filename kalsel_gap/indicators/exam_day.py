"""Peak of an examination day: clients that take the national assessment at once, and their rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.exam_day import ExamDay
    from kalsel_gap.project.index import Adequacy


def exam_clients(
    level: pd.Series[str], students: pd.Series[float], rule: ExamDay
) -> pd.Series[float]:
    """Clients at the same time, ``min(P, max(15, ⌈P / sessions⌉))`` of P who take part.

    P is the pupils of one grade, ``⌈students / grades⌉``, but no more than are drawn.

    Parameters
    ----------
    level : Series of str
        Kind of school; missing where unknown.
    students : Series of float
        Number of pupils; NaN where unknown.
    rule : ExamDay
        Figures by level; a level that it does not list takes no assessment.

    Returns
    -------
    Series of float
        0 where the level takes none; NaN where the level, or the pupils of one that does, are
        unknown.

    Examples
    --------
    >>> from kalsel_gap.project.exam_day import ExamDay
    >>> level = pd.Series(["SD", "SD", "SMP", "SMP", "TK", "SMA"])
    >>> students = pd.Series([60.0, 400.0, 120.0, 600.0, float("nan"), float("nan")])
    >>> exam_clients(level, students, ExamDay.shipped()).tolist()
    [10.0, 15.0, 15.0, 15.0, 0.0, nan]
    """
    table = pd.DataFrame(
        {
            name: (each.grades, each.most_participants, each.sessions)
            for name, each in rule.levels.items()
        },
        index=["grades", "most", "sessions"],
        dtype="float64",
    ).T
    own = table.reindex(level).set_axis(level.index)
    participants = np.minimum(np.ceil(students / own["grades"]), own["most"])
    in_session = np.maximum(rule.for_clients, np.ceil(participants / own["sessions"]))
    clients = np.minimum(participants, in_session)
    takes_none = level.notna() & ~(own["most"] > 0)
    return pd.Series(clients, index=level.index).mask(takes_none, 0.0)


def exam_mbps(clients: pd.Series[float], rule: ExamDay) -> pd.Series[float]:
    """Download rate that clients need together, in proportion to the rate for 15, Mbps.

    Examples
    --------
    >>> from kalsel_gap.project.exam_day import ExamDay
    >>> exam_mbps(pd.Series([15.0, 10.0, 0.0]), ExamDay.shipped()).tolist()
    [12.0, 8.0, 0.0]
    """
    return clients * rule.down_mbps / rule.for_clients


def met_share(has_mbps: ArrayLike, needed_mbps: ArrayLike) -> FloatArray:
    """Share of a needed rate that is there; NaN where either is unknown or nothing is needed.

    No internet meets nothing, whatever is needed.

    Examples
    --------
    >>> met_share([6.0, 20.0, 0.0, 5.0], [12.0, 12.0, float("nan"), 0.0]).tolist()
    [0.5, 1.0, 0.0, nan]
    """
    has, needed = (np.asarray(each, dtype=np.float64) for each in (has_mbps, needed_mbps))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.minimum(1.0, has / needed)
    nothing_needed = needed == 0.0
    return np.where(nothing_needed, np.nan, np.where(has == 0.0, 0.0, share))


def rate_of_adequacy(adequacy: ArrayLike, required_mbps: ArrayLike, rule: Adequacy) -> FloatArray:
    """Download rate of a link that is so adequate in each of its parts, ``B_req · A^(1/exponent)``.

    Examples
    --------
    >>> from kalsel_gap.project.index import Index
    >>> rate_of_adequacy([0.5, 1.0], 20.0, Index.shipped().adequacy).tolist()
    [5.0, 20.0]
    """
    value = np.asarray(adequacy, dtype=np.float64)
    return np.asarray(required_mbps, dtype=np.float64) * value ** (1.0 / rule.exponent)
