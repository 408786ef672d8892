"""Blocks of a printed report: the same ones, in the same order, for HTML and for PDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from kalsel_gap.deliverables import drawing
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from kalsel_gap.deliverables.drawing import Drawing

Tone = Literal["plain", "lead", "notice", "small"]


@dataclass(frozen=True, slots=True)
class SectionHead:
    """A heading.

    Attributes
    ----------
    words : str
    level : int
        2 of a section, 3 of a part of it; 1 is the title of the report.
    code : str
        Short name by which the contents link to it.
    is_new_page : bool
        Whether it begins a sheet of paper.
    """

    words: str
    level: int = 2
    code: str = ""
    is_new_page: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph."""

    words: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Listing:
    """Sentences that stand below each other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactList:
    """Labels and values."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table of words.

    Attributes
    ----------
    title : str
        Its caption.
    heads : tuple of str
    rows : tuple of tuple of str
    widths : tuple of float
        Shares of the width of a page.
    numbers : frozenset of int
        Columns of numbers.
    codes : frozenset of int
        Columns of hashes and other codes, in letters of one width.
    named_by : int
        The column that names the row.
    has_total : bool
        Whether the last row is the sum of the others.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    numbers: frozenset[int] = frozenset()
    codes: frozenset[int] = frozenset()
    named_by: int = 0
    has_total: bool = False


@dataclass(frozen=True, slots=True)
class PrintedPicture:
    """A drawing: its title is the caption, its description what a screen reader reads."""

    drawing: Drawing


@dataclass(frozen=True, slots=True)
class SignatureLines:
    """Lines that are filled in by hand, side by side for each person who signs."""

    signers: tuple[str, ...]
    lines: tuple[str, ...]


Block: TypeAlias = (
    SectionHead | Passage | Listing | FactList | PrintedTable | PrintedPicture | SignatureLines
)
# How renderers know them.
_KINDS: dict[type, str] = {
    SectionHead: "head",
    Passage: "passage",
    Listing: "listing",
    FactList: "facts",
    PrintedTable: "table",
    PrintedPicture: "picture",
    SignatureLines: "signatures",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report in one language.

    Attributes
    ----------
    title, project : str
        The project is empty where it has no name.
    language : str
    date : str
        Last day of the data, as YYYY-MM-DD; empty where no input states one.
    notices : tuple of str
        What stands above everything: that data are invented, that a run is a trial, and of what.
    official : str
        The notice that says that the list is official, which is no warning; empty for others.
    running : str
        What stands at the top of every sheet besides the title; empty for a full run of real data.
    imprint : str
        What the report is made from.
    publisher : str
        Office that publishes it; empty where it is not stated.
    words : dict of str
        Of the frame: names of parts that both renderers need.
    blocks : list of Block
    """

    title: str
    project: str
    language: str
    date: str
    notices: tuple[str, ...]
    official: str
    running: str
    imprint: str
    publisher: str
    words: dict[str, str]
    blocks: list[Block] = field(default_factory=list)


def as_data(report: Report) -> dict[str, Any]:
    """The report as both renderers read it: lists, mappings and plain texts.

    Control and direction characters of every text are spaces in it; nothing else is escaped, for
    neither renderer reads markup in a text.
    """
    names = ("title", "project", "language", "date", "official", "running", "imprint", "publisher")
    return {
        **{name: plain(getattr(report, name)) for name in names},
        "notices": [plain(each) for each in report.notices],
        "words": {name: plain(words) for name, words in report.words.items()},
        "blocks": [_data_of(block) for block in report.blocks],
    }


def _data_of(block: Block) -> dict[str, Any]:
    """A block by its kind and fields; a picture by its SVG, caption and words."""
    if isinstance(block, PrintedPicture):
        made = block.drawing
        return {
            "kind": _KINDS[PrintedPicture],
            "title": plain(made.title),
            "alternative": plain(made.description),
            "svg": drawing.to_svg(made).decode("utf-8"),
        }
    fields = {
        each.name: _plain_parts(getattr(block, each.name)) for each in dataclass_fields(block)
    }
    return {"kind": _KINDS[type(block)], **fields}


def _plain_parts(value: object) -> Any:  # noqa: ANN401 - of whatever kind it was
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain_parts(each) for each in value] if isinstance(value, tuple) else value
