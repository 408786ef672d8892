"""How layers for GIS are drawn: classes with colours, shapes and sizes, outlines, labels.

No format is known here: QGIS styles (``qgis_style.py``) and SLD (``sld.py``) are written from the
same description, so that both show the same, and the web map shows the schools in the same classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.map_schemes import UNKNOWN, range_labels, schemes_of
from kalsel_gap.deliverables.palette import Mark
from kalsel_gap.deliverables.tables import NO_SCHOOLS
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from kalsel_gap.deliverables.map_schemes import Scheme

NO_SCHOOL = "no_school"
NO_SCHOOL_LABEL = N_("repeated rows, closed schools")
DARK, GREY = "#3a3a3a", "#6e6e6e"
# Schemes of the web map that are styles of the schools; the first one is the default.
SCHOOL_SCHEMES = ("tier", "gap", "priority", "certainty")
_NAMES_FROM = 50_000  # scale from which the names of schools find room
_MM_OF_RADIUS = 0.42  # width of a mark in mm, for a pixel of its radius on the web map
# Widths that make shapes look equally large, as the web map draws them.
_WIDTHS = {"square": 0.9, "triangle": 1.15, "diamond": 1.3, "pentagon": 1.1, "hexagon": 1.05}


@dataclass(frozen=True, slots=True)
class NameLabels:
    """Labels from a column.

    Attributes
    ----------
    column : str
    is_bold : bool
    scale : int
        Denominator of the scale from which they are drawn; 0 at every scale.
    """

    column: str
    is_bold: bool = False
    scale: int = 0


@dataclass(frozen=True, slots=True)
class PointClass:
    """Features of one class and their mark; without code and bounds those that are unknown.

    Attributes
    ----------
    label : str
        In the legend.
    mark : Mark
        Colour and shape.
    size_mm : float
        Width of the mark.
    code : str
        Value of the column.
    low, high : float, optional
        Or its range: from `low`, below `high`.
    """

    label: str
    mark: Mark
    size_mm: float
    code: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether it holds the features of which nothing is known."""
        return not self.code and self.low is None and self.high is None

    @property
    def is_hollow(self) -> bool:
        """Whether only its outline is drawn."""
        return self.mark.shape in ("ring", "frame")

    @property
    def shape(self) -> str:
        """Name of the shape in QGIS and GeoServer."""
        return {"ring": "circle", "frame": "square"}.get(self.mark.shape, self.mark.shape)

    @property
    def width_mm(self) -> float:
        """Size that makes the shape look as large as a circle of :attr:`size_mm`."""
        return round(self.size_mm * _WIDTHS.get(self.shape, 1.0), 2)


@dataclass(frozen=True, slots=True)
class PointsApart:
    """Features that are in none of the classes, not even among the unknown.

    Attributes
    ----------
    column : str
        What shows which they are.
    codes : tuple of str
        Its values of these features.
    drawn : PointClass
        Their mark and label.
    """

    column: str
    codes: tuple[str, ...]
    drawn: PointClass


@dataclass(frozen=True, slots=True)
class PointSymbols:
    """A way to draw points.

    Attributes
    ----------
    name : str
        Of the style.
    classes : tuple of PointClass
        At least one.
    column : str
        What the classes are of; empty for a single one.
    note : str
        What a reader must know of it.
    on_top : str
        Column whose smallest value is drawn last; empty for the order of the data.
    labels : NameLabels, optional
    apart : PointsApart, optional
    """

    name: str
    classes: tuple[PointClass, ...]
    column: str = ""
    note: str = ""
    on_top: str = ""
    labels: NameLabels | None = None
    apart: PointsApart | None = None

    @property
    def all_classes(self) -> tuple[PointClass, ...]:
        """The classes, and last the features apart."""
        return (*self.classes, self.apart.drawn) if self.apart else self.classes


@dataclass(frozen=True, slots=True)
class Outline:
    """How the boundaries of areas are drawn.

    Attributes
    ----------
    name : str
        Of the style.
    width_mm : float
    line : {'solid', 'dash', 'dot'}
    scale : int
        Denominator of the scale from which they are drawn; 0 at every scale.
    labels : NameLabels, optional
    """

    name: str
    width_mm: float
    line: str
    scale: int = 0
    labels: NameLabels | None = field(default=None)

    @property
    def colour(self) -> str:
        """Dark for what is always drawn."""
        return GREY if self.scale else DARK


def school_symbols(schools: pd.DataFrame, k: int | None, text: Text) -> list[PointSymbols]:
    """The styles of the schools: the classes of the web map, the worst drawn on top.

    Rows that are no school have a small mark of their own; the web map does not draw them.

    Parameters
    ----------
    schools : DataFrame
        All of a run, so that a part of them is drawn in the same classes.
    k : int, optional
        Length of the list whose certainty the run states.
    text : Text
        The reader's language.
    """
    known = {scheme.key: scheme for scheme in schemes_of(schools, k, text)}
    apart = None
    if schools["unranked_reason"].isin(NO_SCHOOLS).any():
        drawn = PointClass(text(NO_SCHOOL_LABEL), palette.NO_SCHOOL, 1.1, NO_SCHOOL)
        apart = PointsApart("unranked_reason", NO_SCHOOLS, drawn)
    return [replace(_of_scheme(known[key]), apart=apart) for key in SCHOOL_SCHEMES if key in known]


def site_symbols(text: Text) -> PointSymbols:
    """A small dark cross."""
    name = text(N_("Sites"))
    return PointSymbols(name, (PointClass(name, Mark(DARK, "cross"), 2.2),))


def finding_symbols(text: Text) -> PointSymbols:
    """Findings by severity; the most severe ones are larger."""
    words = {"error": N_("error"), "warning": N_("warning"), "note": N_("note")}
    sizes_mm = (2.6, 2.2, 1.6)
    classes = (
        PointClass(text(words[code]), mark, size_mm, code)
        for (code, mark), size_mm in zip(palette.SEVERITIES.items(), sizes_mm, strict=True)
    )
    return PointSymbols(text(N_("Severity")), tuple(classes), "severity")


def prediction_symbols(text: Text) -> PointSymbols:
    """What predicted levels are worth, by the colours of the coverage; the poorer the larger."""
    steps = palette.COVERAGE[::-1]
    bounds = [bound for bound, _ in steps[:-1]]
    labels, ranges = range_labels(bounds, 2, "", text), _ranges(bounds)
    classes = [
        PointClass(labels[str(n)], Mark(colour, "circle"), 1.6 + 0.4 * n, "", *ranges[str(n)])
        for n, (_, colour) in enumerate(steps)
    ]
    classes.append(PointClass(labels[UNKNOWN], palette.UNKNOWN, 2.0))
    return PointSymbols(text(N_("Adequacy")), tuple(classes), "adequacy")


def visit_symbols(text: Text) -> PointSymbols:
    """Large marks with the order of the visits."""
    name = text(N_("Visits"))
    mark = Mark(palette.TIERS["severe"].colour, "circle")
    labels = NameLabels("visit", is_bold=True)
    return PointSymbols(name, (PointClass(name, mark, 4.0),), labels=labels)


def area_outline(level: str, text: Text) -> Outline:
    """Boundaries of a level with names; those of small areas appear when the map is zoomed in."""
    width_mm, line, scale = {
        "province": (0.8, "solid", 0),
        "kabupaten": (0.5, "solid", 0),
        "kecamatan": (0.3, "dash", 1_500_000),
        "desa": (0.15, "dot", 250_000),
    }[level]
    names = None if level == "province" else NameLabels("name", is_bold=level == "kabupaten")
    return Outline(text(N_("Boundaries")), width_mm, line, scale, names)


def _of_scheme(scheme: Scheme) -> PointSymbols:
    ranges = _ranges(scheme.bounds)
    classes = []
    for key, label in scheme.classes.items():
        low, high = ranges.get(key, (None, None))
        is_code = not scheme.bounds and key != UNKNOWN
        size_mm = _MM_OF_RADIUS * float(scheme.marks[key]["radius"])
        code = key if is_code else ""
        classes.append(PointClass(label, scheme.shapes[key], size_mm, code, low, high))
    labels = NameLabels("name", scale=_NAMES_FROM)
    return PointSymbols(
        *(scheme.label, tuple(classes), scheme.column, scheme.note), on_top="rank", labels=labels
    )


def _ranges(bounds: Sequence[float]) -> Mapping[str, tuple[float | None, float | None]]:
    """Range of each class between falling bounds: the first from the largest one upwards."""
    highs, lows = (None, *bounds), (*bounds, None)
    return {str(n): (low, high) for n, (low, high) in enumerate(zip(lows, highs, strict=True))}
