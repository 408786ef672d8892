"""Charts of the report: deficits of groups of schools, and the rank intervals of the first ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.drawing import Drawing
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

WIDTH = 640
_ROW, _TOP, _BELOW = 21.0, 32.0, 38.0
_LEFT, _RIGHT = 186.0, 468.0  # of the plot; counts stand to its right
_COUNTED, _UNKNOWN = 534.0, 632.0  # right edges of the two columns of counts
_INK, _SOFT, _GRID = "#1a1a1a", "#4a4a4a", "#d9d9d9"
_BAR, _WHISKER = "#0b5394", "#6f93b8"
_LABEL = 30  # characters of a label
_FEW = 5  # schools up to which each is a dot
_STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_STEPS_OF_RANKS = 5


@dataclass(frozen=True, slots=True)
class DeficitRow:
    """The deficits of a group of schools.

    Attributes
    ----------
    name : str
        Of the group.
    deficits : tuple of float
        Known and inferred ones, in increasing order.
    unknown : int
        Schools of the group that have none.
    """

    name: str
    deficits: tuple[float, ...]
    unknown: int

    @property
    def median(self) -> float:
        """The middle deficit; NaN where there is none."""
        return quantile(self.deficits, 0.5)


def quantile(values: Sequence[float], share: float) -> float:
    """Of increasing values, between two of them in proportion; NaN of none.

    Examples
    --------
    >>> quantile([0.0, 1.0, 2.0], 0.75), quantile([], 0.5)
    (1.5, nan)
    """
    if not values:
        return float("nan")
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])


def deficit_rows(
    schools: pd.DataFrame, groups: pd.Series[str], names: Mapping[str, str]
) -> list[DeficitRow]:
    """The deficits of each group, the largest median first, groups without any last.

    Parameters
    ----------
    schools : DataFrame
        Each school once.
    groups : Series of str
        The group of each; its name in `names`, otherwise as it is.
    names : mapping
        The empty group has one too.
    """
    rows = []
    for group in sorted(set(groups)):
        deficits = schools.loc[groups == group, "deficit"]
        values = sorted(float(each) for each in deficits.dropna())
        rows.append(
            DeficitRow(plain(names.get(group, group)), tuple(values), int(deficits.isna().sum()))
        )
    return sorted(rows, key=lambda row: (not row.deficits, -row.median if row.deficits else 0.0))


def deficit_chart(
    title: str, rows: Sequence[DeficitRow], bounds: Sequence[float], text: Text
) -> Drawing:
    """Median, middle half and 9 of 10 schools of each group, with the unknown counted beside.

    Parameters
    ----------
    title : str
        Caption.
    rows : sequence of DeficitRow
    bounds : sequence of float
        Deficits at which the tiers begin, worst first.
    text : Text
    """
    height = round(_TOP + _ROW * len(rows) + _BELOW)
    made = Drawing(WIDTH, height, title, _said(rows, text), text.language)
    bottom = _TOP + _ROW * len(rows)
    _background(made, bounds, bottom)
    for step in _STEPS:
        made.line([(_x(step), _TOP), (_x(step), bottom + 4)], _GRID)
        made.say((_x(step), bottom + 18), text.number(step, 1), 12, anchor="middle", colour=_SOFT)
    words = text(N_("Deficit: 0 adequate, 1 no service at all"))
    made.say(((_LEFT + _RIGHT) / 2, bottom + 34), words, 12, anchor="middle", colour=_SOFT)
    made.say((_COUNTED, _TOP - 10), text(N_("schools")), 12, anchor="end", colour=_SOFT)
    made.say((_UNKNOWN, _TOP - 10), text(NAMES["unknown"]), 12, anchor="end", colour=_SOFT)
    for number, row in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        made.say((_LEFT - 10, y + 4.5), _short(row.name), 13, anchor="end")
        made.say(
            (_COUNTED, y + 4.5), text.number(len(row.deficits) + row.unknown), 13, anchor="end"
        )
        made.say(
            *((_UNKNOWN, y + 4.5), text.number(row.unknown), 13), anchor="end", bold=row.unknown > 0
        )
        _draw_deficits(made, row, y, text)
    return made


def _background(made: Drawing, bounds: Sequence[float], bottom: float) -> None:
    """The tiers as a narrow strip of their colours above the plot, worst at the right."""
    ends = [1.0, *bounds, 0.0]
    marks = list(palette.TIERS.values())[: len(ends) - 1]
    for mark, (high, low) in zip(marks, pairwise(ends), strict=True):
        left, right = _x(low), _x(high)
        strip = [(left, _TOP - 8), (right, _TOP - 8), (right, _TOP - 2), (left, _TOP - 2)]
        made.area(strip, mark.colour, palette.OUTLINE)
    made.line([(_LEFT, bottom), (_RIGHT, bottom)], _SOFT)


def _draw_deficits(made: Drawing, row: DeficitRow, y: float, text: Text) -> None:
    if not row.deficits:
        made.say((_LEFT + 6, y + 4.5), text(N_("no deficit is known")), 12, colour=_SOFT)
        return
    if len(row.deficits) < _FEW:
        for value in row.deficits:
            _dot(made, _x(value), y, 4.0)
        return
    low, lower, middle, upper, high = (
        _x(quantile(row.deficits, share)) for share in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    made.line([(low, y), (high, y)], _WHISKER, 2.0)
    for end in (low, high):
        made.line([(end, y - 4), (end, y + 4)], _WHISKER, 2.0)
    half = [(lower, y - 6), (upper, y - 6), (upper, y + 6), (lower, y + 6)]
    made.area(half, _WHISKER)
    _dot(made, middle, y, 5.5)


def _dot(made: Drawing, x: float, y: float, radius: float) -> None:
    points = [(x + radius * dx, y + radius * dy) for dx, dy in palette.corners("circle")]
    made.area(points, _BAR, "#ffffff")


def _x(deficit: float) -> float:
    return _LEFT + deficit * (_RIGHT - _LEFT)


def _said(rows: Sequence[DeficitRow], text: Text) -> str:
    """The chart in words, row by row."""
    known = N_("{name}: median {median}, half of the schools between {low} and {high}; {unknown}")
    few = N_("{name}: {values}; {unknown}")
    none = N_("{name}: no deficit is known; {unknown}")
    parts = []
    for row in rows:
        unknown = text(N_("unknown {count}"), count=text.number(row.unknown))
        if not row.deficits:
            parts.append(text(none, name=row.name, unknown=unknown))
        elif len(row.deficits) < _FEW:
            values = ", ".join(text.number(value, 2) for value in row.deficits)
            parts.append(text(few, name=row.name, values=values, unknown=unknown))
        else:
            low, median, high = (
                text.number(quantile(row.deficits, share), 2) for share in (0.25, 0.5, 0.75)
            )
            parts.append(
                text(known, name=row.name, median=median, low=low, high=high, unknown=unknown)
            )
    return ". ".join(parts) + "." if parts else ""


# --- ranks --------------------------------------------------------------------------------------


def rank_chart(title: str, first: pd.DataFrame, k: int, text: Text) -> Drawing:
    """Between which ranks each of the first schools lies, and the end of the list of k.

    Parameters
    ----------
    title : str
        Caption.
    first : DataFrame
        The first schools in the order of the list, with ``rank_p05`` and ``rank_p95``.
    k : int
        Length of the list.
    text : Text
    """
    rows = first[["rank", "name", "rank_p05", "rank_p95"]].to_dict("records")
    bottom = _TOP + _ROW * len(rows)
    most = max([float(k), *(float(row["rank_p95"]) for row in rows)])
    step = _round_step(most)
    most = step * -(-most // step)
    right = WIDTH - 22.0
    left = _LEFT + 70.0

    def at(rank: float) -> float:
        return left + rank / most * (right - left)

    words = N_("{rank}. {name}: {low} to {high}")
    listed = [
        text(
            words,
            rank=text.number(row["rank"]),
            name=plain(row["name"]),
            low=text.number(row["rank_p05"]),
            high=text.number(row["rank_p95"]),
        )
        for row in rows
    ]
    inside = sum(1 for row in rows if row["rank_p95"] <= k)
    said = text(
        N_("Of these {count}, so many stay among the first {k} in 9 of 10 draws: {inside}."),
        inside=text.number(inside),
        count=text.number(len(rows)),
        k=text.number(k),
    )
    made = Drawing(
        *(WIDTH, round(bottom + _BELOW)), title, " ".join([said, "; ".join(listed)]), text.language
    )
    ticks = [step * number for number in range(round(most / step) + 1)]
    for tick in ticks:
        made.line([(at(tick), _TOP), (at(tick), bottom + 4)], _GRID)
        made.say((at(tick), bottom + 18), text.number(tick), 12, anchor="middle", colour=_SOFT)
    words = text(N_("Rank: 1 is the largest deficit"))
    made.say(((left + right) / 2, bottom + 34), words, 12, anchor="middle", colour=_SOFT)
    made.line([(at(k), _TOP - 8), (at(k), bottom + 4)], "#a1002f", 1.5, (5.0, 3.0))
    words = text(N_("end of the list of {k}"), k=text.number(k))
    made.say((at(k), _TOP - 14), words, 12, anchor="middle", colour="#a1002f")
    for number, row in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        label = f"{text.number(row['rank'])}. {_short(plain(row['name']), _LABEL + 4)}"
        made.say((left - 10, y + 4.5), label, 12.5, anchor="end")
        low, high = at(float(row["rank_p05"])), at(float(row["rank_p95"]))
        made.line([(low, y), (max(high, low + 1.0), y)], _WHISKER, 5.0)
        _dot(made, at(float(row["rank"])), y, 5.0)
    return made


def _round_step(most: float) -> float:
    """A round distance between ticks, of which about five fit.

    Examples
    --------
    >>> _round_step(118), _round_step(4), _round_step(700)
    (20.0, 1.0, 100.0)
    """
    step, least = 1.0, most / (_STEPS_OF_RANKS + 2)
    while True:
        for factor in (1.0, 2.0, 5.0):
            if step * factor >= least:
                return step * factor
        step *= 10.0


def _short(words: str, most: int = _LABEL) -> str:
    shown = " ".join(words.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"
