"""A page as its sections, in one language: the same for a terminal and for an HTML page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kalsel_gap.deliverables.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a whole.

    Attributes
    ----------
    label, shown : str
        What it is, and its number in words.
    value : float
        How long it is.
    is_inferred : bool
        Drawn lighter, and marked ~ in `shown`.
    """

    label: str
    value: float
    shown: str
    is_inferred: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """Parts of one score: a table of which each row has a bar.

    Attributes
    ----------
    title : str
    rows : tuple of Bar
    most : float
        The value of the longest bar that there can be.
    """

    title: str
    rows: tuple[Bar, ...]
    most: float


@dataclass(frozen=True, slots=True)
class WordTable:
    """A table of words.

    Attributes
    ----------
    title : str
        Caption; empty where the title of the section says it.
    heads : tuple of str
    rows : tuple of tuple of str
        The first cell names the row.
    numbers : frozenset of int
        Columns of numbers.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DescribedPicture:
    """A drawing, and the same in words."""

    drawing: Drawing
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageSection:
    """A part of a page below its title; what is empty is not shown.

    Attributes
    ----------
    title : str
    code : str
        Short name, where the section is linked from elsewhere.
    warnings : list of str
        What a reader must not overlook.
    pairs : list of (label, value)
    said : list of str
        Sentences.
    bars : list of Bars
    grids : list of WordTable
    pictures : list of DescribedPicture
    """

    title: str
    code: str = ""
    warnings: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    bars: list[Bars] = field(default_factory=list)
    grids: list[WordTable] = field(default_factory=list)
    pictures: list[DescribedPicture] = field(default_factory=list)
