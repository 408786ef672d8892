"""Table of ranked schools: one line a school where it fits, otherwise two, or a few short ones.

A school always shows rank, NPSN, name, deficit, how sure its tier is, the grade of its location and
how much of its data is known. What else fits is shown in the order of its importance. No word is
broken at the end of a line.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text as Styled

from kalsel_gap.deliverables.certainty_words import rank_interval
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

# Columns of one line in their order; of two lines, the second has what the first leaves out.
_ONE_LINE = (
    *("rank", "ranks", "npsn", "name", "level", "kabupaten", "terrain", "gap", "signal"),
    *("students", "deficit", "range", "tier", "grade", "known", "priority", "reason"),
)
_TWO_LINES = ("rank", "npsn", "name", "students", "deficit", "tier", "priority")
# What one line leaves out where it does not fit, the first ones first.
_SPARE = ("reason", "level", "signal", "terrain", "range", "students", "ranks", "gap")
_DETAILS = ("kabupaten", "cause", "terrain")  # of the second line, while they fit
_NAME = 22  # cells that a name is never cut below
_GAP = "  "
_DOT = " · "
_LABELS = {
    "rank": N_("#"),
    "ranks": N_("Rank 90%"),
    "npsn": N_("NPSN"),
    "name": N_("School"),
    "level": N_("Level"),
    "kabupaten": N_("Kabupaten/kota"),
    "terrain": N_("Terrain"),
    "gap": N_("Gap"),
    "signal": N_("Best signal"),
    "students": N_("Pupils"),
    "deficit": N_("Deficit"),
    "range": N_("90% range"),
    "tier": N_("Tier"),
    "grade": N_("Loc."),
    "known": N_("Data"),
    "priority": N_("Priority"),
    "reason": N_("Main reason"),
}
_RIGHT = {"rank", "students", "deficit", "known", "priority"}
# Columns of the counts and what stands above them; without a mark the word itself.
_COUNT_MARKS = {
    "critical": "1",
    "severe": "2",
    "moderate": "3",
    "slight": "4",
    "adequate": "5",
    "covered": "5?",
    "unknown": "?",
    "all": "",
    "inferred": "~",
}
_TIER_STYLE = {1: "bold red", 2: "red", 3: "yellow", 4: "green", 5: "bold green"}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table: its cells, and how wide the widest is."""

    name: str
    label: str
    cells: list[Styled]
    width: int
    is_right: bool

    @classmethod
    def of(
        cls, name: str, label: str, cells: Iterable[Styled], *, is_right: bool = False
    ) -> _Column:
        inside = list(cells)
        width = max(cell_len(label), *(cell.cell_len for cell in inside), 0)
        return cls(name, label, inside, width, is_right)

    def aligned(self, cell: Styled) -> Styled:
        """A cell as wide as the column; a name that is too long ends with a whole word."""
        shown = cell if cell.cell_len <= self.width else Styled(_cut(cell.plain, self.width))
        spaces = " " * (self.width - shown.cell_len)
        left, right = (spaces, "") if self.is_right else ("", spaces)
        return Styled.assemble(left, shown, right)


def ranked_schools(shown: pd.DataFrame, width: int, text: Text, *, tie: str = "") -> Styled:
    """The schools as lines of at most `width` cells, and below them what the marks mean.

    `tie` is what must be known of the last one.
    """
    rows = shown.to_dict("records")
    cells = [_cells(row, text) for row in rows]
    if columns := _fitting(cells, _ONE_LINE, _SPARE, width, text):
        lines = _lines(columns)
    elif columns := _fitting(cells, _TWO_LINES, ("students",), width, text):
        head, *firsts = _lines(columns)
        indent = columns[0].width + len(_GAP)
        lines = [head]
        for first, cell in zip(firsts, cells, strict=True):
            lines += [first, _second_line(cell, indent, width, text)]
    else:
        lines = [line for cell in cells for line in _block(cell, width, text)]
    lines += [Styled(line, style="bold") for line in _wrapped(tie, "", width)]
    return Styled("\n").join([*lines, Styled(), *_legend(width, text)])


def schools_by_tier(counts: pd.DataFrame, width: int, text: Text) -> Styled:
    """Each kabupaten's schools by tier: a table below the words of its headers, or short lines."""
    names = {**messages.TIER_NAMES, **messages.COUNT_NAMES}
    words = {name: text(names[name]) for name in _COUNT_MARKS}
    places = kabupaten_labels(counts, text)
    numbers = {name: [text.number(int(count)) for count in counts[name]] for name in words}
    columns = [
        _Column.of("", text(_LABELS["kabupaten"]), map(Styled, places)),
        *(
            _Column.of(name, _COUNT_MARKS[name] or words[name], map(Styled, cells), is_right=True)
            for name, cells in numbers.items()
        ),
    ]
    lines = [Styled(text(N_("Schools by tier of deficit")), style="bold")]
    if _width(columns) <= width:
        marked = [
            word if word.startswith(mark) else f"{mark} {word}"
            for mark, word in zip(_COUNT_MARKS.values(), words.values(), strict=True)
            if mark
        ]
        lines += [Styled(line, style="dim") for line in packed(marked, "", width)]
        *shown, total, inferred = _lines(columns)
        total.stylize("bold")
        lines += [*shown, total, inferred]
    else:
        for place, *cells in zip(places, *numbers.values(), strict=True):
            lines.append(Styled(place, style="bold"))
            said = map(": ".join, zip(words.values(), cells, strict=True))
            lines += [Styled(line) for line in packed(said, _GAP, width)]
    return Styled("\n").join(lines)


def kabupaten_labels(counts: pd.DataFrame, text: Text) -> list[str]:
    """What the rows of :func:`schools_by_tier` are about: kabupaten, all, and those inferred."""
    from kalsel_gap.deliverables.tables import ALL, INFERRED

    labels = {
        ALL: text(messages.COUNT_NAMES["all"]),
        INFERRED: text(messages.COUNT_NAMES["inferred"]),
        "": text(N_("not recognised")),
    }
    return [labels.get(str(each)) or plain(each) for each in counts["kabupaten"]]


# --- the cells of a school -----------------------------------------------------------------------


def _cells(row: messages.Row, text: Text) -> dict[str, Styled]:
    """What can be shown of a school, by column."""

    def words(column: str) -> str:
        code = row[column]
        return text(messages.NAMES[code]) if isinstance(code, str) else text(N_("unknown"))

    def given(column: str) -> str:
        return plain(row[column]) if isinstance(row[column], str) and row[column] else "?"

    ranges = [text.number(number_of(row[f"deficit_{end}"]), 2) for end in ("low", "high")]
    known = number_of(row["completeness"])
    signal = messages.signal(row, text) or "?"
    gap = words("gap_type")
    cells = {
        "rank": text.number(number_of(row["rank"])) or "–",
        "ranks": rank_interval(row, text) or "–",
        "npsn": plain(row["npsn"]) or "–",
        "name": " ".join(plain(row["name"]).split()),
        "level": given("level"),
        "kabupaten": given("kabupaten").removeprefix("Kab. "),
        "terrain": words("terrain_class"),
        "gap": gap,
        "signal": signal,
        "students": text.number(number_of(row["students"])) or "?",
        "range": "–".join(ranges) if all(ranges) else "–",
        "tier": _tier(row, text),
        "grade": given("confidence"),
        "known": "–" if known is None else f"{text.number(100.0 * known)}%",
        "priority": text.number(number_of(row["priority"]), 2) or "–",
        "reason": messages.reason(row, text),
        "cause": messages.main_reason(row, text),
    }
    return {**{name: Styled(cell) for name, cell in cells.items()}, "deficit": _deficit(row, text)}


def _deficit(row: messages.Row, text: Text) -> Styled:
    """The deficit, marked ~ where it is inferred: never by colour alone."""
    number = text.number(number_of(row["deficit"]), 2)
    if not number:
        return Styled("–")
    inferred = "~" if row["deficit_status"] == "inferred" else ""
    return Styled(inferred + number, style=_TIER_STYLE[int(str(row["tier"]))])


def _tier(row: messages.Row, text: Text) -> str:
    """The tier and how sure it is: known, or the probability of an inferred one."""
    tier = text.number(number_of(row["tier"]))
    if not tier:
        return "–"
    if row["deficit_status"] == "known":
        return f"{tier} {text(N_('known'))}"
    percent = 100.0 * (number_of(row["tier_probability"]) or 0.0)
    # Nothing inferred is certain.
    shown = ">99" if round(percent) >= 100 else text.number(percent)
    return f"{tier} ({shown}%)"


def number_of(value: object) -> float | None:
    """A number of a table; None where it is missing."""
    return None if value is None or value != value else float(str(value))  # noqa: PLR0124


# --- lines ---------------------------------------------------------------------------------------


def _fitting(
    cells: Sequence[dict[str, Styled]],
    names: Sequence[str],
    spare: Sequence[str],
    width: int,
    text: Text,
) -> list[_Column]:
    """The columns that fit: without some of `spare`, or with shorter names; empty if none do."""
    for left_out in range(len(spare) + 1):
        kept = [name for name in names if name not in spare[:left_out]]
        columns = [
            _Column.of(name, text(_LABELS[name]), (c[name] for c in cells), is_right=name in _RIGHT)
            for name in kept
        ]
        over = _width(columns) - width
        if over <= 0:
            return columns
    (school,) = (column for column in columns if column.name == "name")
    if school.width - over < _NAME:
        return []
    cut = replace(school, width=school.width - over)
    return [cut if column is school else column for column in columns]


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _lines(columns: Sequence[_Column]) -> list[Styled]:
    """Header and rows, without spaces at their ends."""
    headers = [column.aligned(Styled(column.label, style="bold")) for column in columns]
    rows = zip(*([*map(column.aligned, column.cells)] for column in columns), strict=True)
    lines = [Styled(_GAP).join(row) for row in (headers, *rows)]
    for line in lines:
        line.rstrip()
    return lines


def _second_line(cell: dict[str, Styled], indent: int, width: int, text: Text) -> Styled:
    """Location grade, data that are known, and of the rest what fits as a whole."""
    line = " " * indent + _DOT.join(_sureness(cell, text))
    for name in _DETAILS:
        longer = f"{line}{_DOT}{cell[name].plain}"
        if name == "cause" and cell_len(longer) > width:
            longer = f"{line}{_DOT}{cell['gap'].plain}"  # says the same in a word
        line = longer if cell_len(longer) <= width else line
    return Styled(line, style="dim")


def _sureness(cell: dict[str, Styled], text: Text) -> list[str]:
    shown = [
        text(N_("location {grade}"), grade=cell["grade"].plain),
        text(N_("data {percent}"), percent=cell["known"].plain),
    ]
    if cell["ranks"].plain != "–":
        shown.insert(0, text(N_("rank {interval}"), interval=cell["ranks"].plain))
    return shown


def _block(cell: dict[str, Styled], width: int, text: Text) -> Iterator[Styled]:
    """A school in a few short lines."""
    yield Styled(_GAP).join([cell["rank"], Styled(cell["npsn"].plain, style="bold")])
    indent = _GAP
    yield from (Styled(line) for line in _wrapped(cell["name"].plain, indent, width))
    tier = f"{text(_LABELS['tier'])} {cell['tier'].plain}"
    deficit = Styled(f"{indent}{text(_LABELS['deficit'])} ").append_text(cell["deficit"])
    yield deficit.append(f"{_DOT}{tier}")
    details = [*_sureness(cell, text), cell["kabupaten"].plain, cell["cause"].plain]
    yield from (Styled(line, style="dim") for line in packed(details, indent, width))


def packed(items: Iterable[str], indent: str, width: int) -> list[str]:
    """Items with dots between them, as many in a line as fit."""
    lines: list[str] = []
    for item in items:
        longer = f"{lines[-1]}{_DOT}{item}" if lines else ""
        if longer and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines += _wrapped(item, indent, width)
    return lines


def _wrapped(words: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        words,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cut(words: str, width: int) -> str:
    """Whole words of a text and …, in `width` cells; a first word that is longer is cut."""
    kept = ""
    for word in words.split(" "):
        longer = f"{kept} {word}" if kept else word
        if cell_len(longer) >= width:
            break
        kept = longer
    return f"{kept or set_cell_size(words, width - 1)}…"


def _legend(width: int, text: Text) -> list[Styled]:
    """What the marks of the table mean."""
    sentences = (
        N_("~: inferred, with the probability of the tier in brackets."),
        N_("Loc.: grade of the location, A (best) to D."),
        N_("Data: how much is known and not inferred."),
        N_("Rank from–to: where the school stands in 9 of 10 draws."),
        N_("All columns, with the reason in words: --format csv."),
    )
    whole = " ".join(map(text, sentences))
    return [Styled(line, style="dim") for line in _wrapped(whole, "", width)]
