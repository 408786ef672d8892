"""Words for a screen reader: no columns, no drawings, no colours, each line a whole by itself.

Asked for by ``--plain``, or for good by the variable ``KALSEL_GAP_PLAIN``.
"""

from __future__ import annotations

import contextlib
import os
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING

from kalsel_gap.cli.rank_table import number_of
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.rupiah import aloud_rupiah
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from kalsel_gap.deliverables.sections import PageSection

VARIABLE = "KALSEL_GAP_PLAIN"
_NUMBERS = (*("rank", "students", "deficit", "priority", "rank_p05", "rank_p95", "completeness"),)
_asked: ContextVar[bool] = ContextVar("asked", default=False)


@contextlib.contextmanager
def plainly(wanted: bool) -> Iterator[None]:
    """Inside the block the terminal shows lines that read well aloud."""
    token = _asked.set(wanted or bool(os.environ.get(VARIABLE)))
    try:
        yield
    finally:
        _asked.reset(token)


def is_plain() -> bool:
    """Whether lines that read well aloud are wanted."""
    return _asked.get()


def sentence(words: str) -> str:
    """Words with a full stop, where they end with no mark of their own.

    Examples
    --------
    >>> sentence("SD Hulu"), sentence("Is it known?")
    ('SD Hulu.', 'Is it known?')
    """
    words = " ".join(plain(words).split())
    return words if not words or words.endswith((".", "!", "?", ":")) else f"{words}."


def aloud(words: str, text: Text) -> str:
    """Words without the marks of a table.

    Examples
    --------
    >>> aloud("~0.50", Text("en")), aloud("–", Text("en")), aloud("SD Hulu · 1–14", Text("en"))
    ('inferred 0.50', 'unknown', 'SD Hulu, 1 to 14')
    """
    if words.strip() in ("–", "?"):
        return text(N_("unknown"))
    if words.strip() == "*":
        return text(N_("yes"))
    inferred, to = text(N_("inferred")), text(N_("to"))
    words = re.sub(r"~(?=\d)", f"{inferred} ", words)
    words = re.sub(r"(?<=\d)–(?=\d)", f" {to} ", words)
    return aloud_rupiah(words, text).replace(" · ", ", ")


def line(head: str, pairs: Iterable[tuple[str, str]]) -> str:
    """What a row is about, then what it says of it.

    Examples
    --------
    >>> line("SD Hulu", [("Level", "SD"), ("Pupils", "")])
    'SD Hulu. Level: SD.'
    """
    said = [f"{label}: {value}" for label, value in pairs if value]
    return " ".join(map(sentence, filter(None, [head, *said])))


def ranked_schools(shown: pd.DataFrame, text: Text, *, tie: str = "") -> Iterator[str]:
    """A line for each school; `tie` is what must be known of the last one."""
    yield from (_school(row, text) for row in shown.to_dict("records"))
    if tie:
        yield sentence(tie)


def _school(row: messages.Row, text: Text) -> str:
    unknown = text(N_("unknown"))
    numbers = {name: number_of(row[name]) for name in _NUMBERS}
    rank, students = (text.number(numbers[name]) for name in ("rank", "students"))
    deficit, priority = (text.number(numbers[name], 2) for name in ("deficit", "priority"))
    low, high = (text.number(numbers[name]) for name in ("rank_p05", "rank_p95"))
    interval = text(N_("{low} to {high}"), low=low, high=high) if low else ""
    if deficit and row["deficit_status"] == "inferred":
        inferred = text(N_("inferred"))
        deficit = f"{deficit}, {inferred}"
    return line(
        text(N_("Rank {rank}"), rank=rank) if rank else text(N_("Without a rank")),
        [
            (text(N_("School")), _given(row["name"]) or unknown),
            (text(N_("NPSN")), _given(row["npsn"]) or unknown),
            (text(N_("Kabupaten/kota")), _given(row["kabupaten"]) or unknown),
            (text(N_("Terrain")), _named(row["terrain_class"], text)),
            (text(N_("Main reason")), messages.main_reason(row, text)),
            (text(N_("Deficit")), deficit or unknown),
            (text(N_("Tier")), _tier(row, text)),
            (text(N_("Rank in 9 of 10 draws")), interval),
            (
                text(N_("Grade of the location, A (best) to D")),
                _given(row["confidence"]) or unknown,
            ),
            (text(N_("Data known and not inferred")), _percent(numbers["completeness"], text)),
            (text(N_("Pupils")), students or unknown),
            (text(N_("Priority")), priority),
        ],
    )


def _given(value: object) -> str:
    """A text of a table; empty where it is missing, whatever stands for that."""
    return value if isinstance(value, str) else ""


def _named(code: object, text: Text) -> str:
    return text(messages.NAMES[code]) if isinstance(code, str) else text(N_("unknown"))


def _tier(row: messages.Row, text: Text) -> str:
    label = row["tier_label"]
    if not isinstance(label, str):
        return ""
    tier = text(messages.TIER_NAMES[label])
    if row["deficit_status"] == "known":
        known = text(N_("known"))
        return f"{tier}, {known}"
    chance = _percent(number_of(row["tier_probability"]), text)
    sure = text(N_("probability {chance}"), chance=chance)
    return f"{tier}, {sure}" if chance else tier


def _percent(share: float | None, text: Text) -> str:
    return "" if share is None else f"{text.number(100.0 * share)} %"


def schools_by_tier(counts: pd.DataFrame, labels: Sequence[str], text: Text) -> Iterator[str]:
    """A line for each kabupaten: how many of its schools are of each tier."""
    names = {**messages.TIER_NAMES, **messages.COUNT_NAMES}
    yield sentence(text(N_("Schools by tier of deficit")))
    for place, row in zip(labels, counts.to_dict("records"), strict=True):
        given = ((text(names[name]), text.number(int(row[name]))) for name in names if row[name])
        yield line(place, given)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], text: Text) -> Iterator[str]:
    """A line for each row of a table; its first cell says what it is about."""
    for row in rows:
        first, *others = (cell and aloud(cell, text) for cell in row)
        yield line(first, zip(heads[1:], others, strict=True))


def page(
    title: str, notices: Sequence[str], sections: Sequence[PageSection], text: Text
) -> Iterator[str]:
    """A page of sections, line by line."""
    yield from map(sentence, [*notices, aloud(title, text)])
    for section in sections:
        yield ""
        yield sentence(section.title)
        yield from map(sentence, section.warnings)
        yield from (line("", [(label, aloud(value, text))]) for label, value in section.pairs)
        yield from (sentence(aloud(said, text)) for said in section.said)
        for bars in section.bars:
            yield sentence(bars.title)
            yield from (line("", [(bar.label, aloud(bar.shown, text))]) for bar in bars.rows)
        for grid in section.grids:
            if grid.title:
                yield sentence(grid.title)
            yield from table(grid.heads, grid.rows, text)
        for picture in section.pictures:
            yield from map(sentence, [picture.drawing.title, *picture.said])
