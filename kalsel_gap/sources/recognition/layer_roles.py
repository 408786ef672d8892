"""Roles of vector layers: codes of areas, kinds of shapes, names of files and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import reading
from kalsel_gap.project.inputs import Boundaries
from kalsel_gap.project.proposal import Said
from kalsel_gap.sources.area_columns import LEVELS, choose_columns
from kalsel_gap.sources.boundaries import AREA_LEVELS
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.vector_layers import PARQUETS, layers, quiet, read_vector
from kalsel_gap.sources.recognition.candidates import Candidate
from kalsel_gap.sources.recognition.name_words import (
    mentions,
    operators_named,
    roles_named,
    technologies_named,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from kalsel_gap.project.proposal import Certainty, TomlValue
    from kalsel_gap.sources.recognition.candidates import LayerBounds

_MOST_ROWS = 20_000  # whose values are looked at
_NEARLY_ALL = 0.95
_MOST_CLASSES = 8  # different values of a column of classes
_MOST_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class LayerFacts:
    """What is known of a layer without its shapes.

    Attributes
    ----------
    shapes : str
        ``points``, ``lines``, ``polygons``, or empty where it has none.
    count : int
    columns : DataFrame
        Values as text, of the first rows.
    bounds : tuple of float, optional
        In the layer's own CRS.
    """

    shapes: str
    count: int
    columns: pd.DataFrame
    bounds: LayerBounds | None


def layer_facts(path: Path, layer: str | None) -> LayerFacts:
    """Kind of shapes, number, and attributes of a layer.

    Raises
    ------
    InputError
        It cannot be read.
    """
    import pyogrio

    if path.suffix.lower() in {".kml", ".kmz"}:
        read_vector(path)  # refuses pictures that are laid over the map
    with reading(path, "vector_unreadable"), quiet():
        if path.suffix.lower() in PARQUETS:
            return _of_parquet(path)
        where, named = layers(path, layer)[0]
        found = pyogrio.read_info(where, layer=named)
        table = pyogrio.read_dataframe(
            where, layer=named, read_geometry=False, max_features=_MOST_ROWS
        )
        kind = str(found["geometry_type"] or "")
        if kind in ("", "Unknown", "GeometryCollection"):
            some = pyogrio.read_dataframe(where, layer=named, columns=[], max_features=100)
            kinds = some.geom_type.dropna().unique() if "geometry" in some else []
            kind = str(kinds[0]) if len(kinds) else ""
    return LayerFacts(_shapes(kind), int(found["features"]), _texts(table), None)


def _of_parquet(path: Path) -> LayerFacts:
    import geopandas as gpd

    frame = gpd.read_parquet(path)
    kinds = frame.geom_type.dropna()
    texts = _texts(pd.DataFrame(frame.drop(columns=frame.geometry.name)).head(_MOST_ROWS))
    return LayerFacts(_shapes(str(kinds.iloc[0]) if len(kinds) else ""), len(frame), texts, None)


def _shapes(kind: str) -> str:
    for word, shapes in (("Point", "points"), ("Line", "lines"), ("Polygon", "polygons")):
        if word in kind:
            return shapes
    return ""


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {str(name): values.map(cell_text).astype("str") for name, values in table.items()}
    )


def layer_candidates(
    path: Path, name: str, facts: LayerFacts, operators: Collection[str]
) -> list[Candidate]:
    """Roles that a layer may have, the surest first; none where nothing says what it is.

    Parameters
    ----------
    path : Path
        Its file.
    name : str
        Name of the file with its folders, and of the layer.
    facts : LayerFacts
    operators : collection of str
        Operators that the tables of sites name.
    """
    if facts.shapes == "polygons":
        area = _boundary(path, name, facts)
        named = _named_roles(name, facts)
        coverage = _is_coverage(name)
        if area is not None and (named or coverage):
            others = (*named, *(("coverage",) if coverage else ()))
            several = Said("layer_several_roles", {"roles": (area.section, *others)})
            return [area.with_more(several, "unsure")]
        if area is not None:
            return [area]
        if coverage and not named:
            return [_coverage(path, name, facts, operators)]
    return list(_by_names(path, name, facts))


# --- boundaries -----------------------------------------------------------------------------------


def _boundary(path: Path, name: str, facts: LayerFacts) -> Candidate | None:
    """The level of a layer of areas, by its codes and its name."""
    named = [level for level in AREA_LEVELS if mentions(name, words()["levels"][level])]
    by_name = named[-1] if named else ""
    if (published := _published(path, facts)) is not None:
        return published
    for column, level, digits in _codes(facts.columns, by_name):
        title = _name_column(facts.columns, column, level)
        if title is None:
            continue
        said = [
            Said(
                "area_codes",
                {"count": facts.count, "digits": digits, "column": column, "level": level},
            )
        ]
        certainty: Certainty = "sure" if by_name == level else "likely"
        if by_name and by_name != level:
            said.append(Said("area_levels_differ", {"level": level, "other": by_name}))
            certainty = "unsure"
        keys = {} if (column, title) == _default_columns() else {"code": column, "name": title}
        return Candidate(f"boundaries.{level}", path, certainty, tuple(said), keys)
    last = name.rpartition(" ")[2]
    level = next((lv for lv in reversed(AREA_LEVELS) if mentions(last, words()["levels"][lv])), "")
    if level and not roles_named(last, "layers") and not _is_coverage(last):
        said_ = Said("area_columns_missing", {"level": level})
        return Candidate(f"boundaries.{level}", path, "unsure", (said_,))
    return None


def _published(path: Path, facts: LayerFacts) -> Candidate | None:
    """The level of a layer of geoBoundaries or GADM: their identifiers are no codes."""
    headers = set(map(str, facts.columns))
    kinds = set(facts.columns["shapeType"]) if "shapeType" in headers else set()
    for number, level in reversed(list(enumerate(LEVELS, start=1))):
        if kinds == {f"ADM{number}"} or {f"GID_{number}", f"NAME_{number}"} <= headers:
            taken = choose_columns(facts.columns, level, path)
            told = {"count": facts.count, "publisher": taken.publisher, "level": level}
            keys: dict[str, TomlValue] = {"code": taken.code[-1], "name": taken.name}
            said = Said("area_columns_published", told)
            return Candidate(f"boundaries.{level}", path, "sure", (said,), keys)
    return None


def _default_columns() -> tuple[str, str]:
    boundaries = Boundaries()
    return boundaries.code, boundaries.name


def _codes(columns: pd.DataFrame, by_name: str) -> Iterator[tuple[str, str, int]]:
    """Columns that hold a code of its own for each area: column, level, digits.

    They begin with a province of Indonesia, unless column and name of the file leave no doubt.
    """
    allowed = {
        f"{number:02d}"
        for low, high in words()["code_provinces"]["ranges"]
        for number in range(low, high + 1)
    }
    found = []
    for column in map(str, columns):
        given = columns[column][columns[column] != ""]
        if len(given) < _NEARLY_ALL * len(columns) or given.empty:
            continue
        codes = given.str.replace(r"\.0$", "", regex=True).str.replace(r"\D", "", regex=True)
        letters = given.str.count(r"[^\W\d_]")
        if letters.max() > 3 or codes.nunique() < _NEARLY_ALL * len(codes):
            continue
        digits = int(codes.str.len().mode()[0])
        table: dict[str, list[int]] = words()["code_digits"]
        level = next((level for level, sizes in table.items() if digits in sizes), "")
        fits = codes.str.len() == digits
        if by_name != level or column != _default_columns()[0]:
            fits &= codes.str[:2].isin(allowed)
        if level and fits.mean() >= _NEARLY_ALL:
            found.append((column != _default_columns()[0], column, level, digits))
    for _, column, level, digits in sorted(found, key=lambda each: each[0]):
        yield column, level, digits


def _name_column(columns: pd.DataFrame, code: str, level: str) -> str | None:
    """The column of the areas' names: the default, otherwise the one with most different words."""
    usual = _default_columns()[1]
    if usual in columns and code == _default_columns()[0]:
        return usual
    best: tuple[float, bool, str] | None = None
    for column in map(str, columns):
        texts = columns[column]
        letters = texts.str.count(r"[^\W\d_]") / texts.str.len().clip(lower=1)
        if (
            column == code
            or (texts != "").mean() < _NEARLY_ALL
            or letters.mean() < _NEARLY_ALL / 1.5
        ):
            continue
        if len(texts) > 1 and (texts == texts.iloc[0]).all():  # the same for every area
            continue
        at_level = bool(mentions(column, words()["levels"][level]))
        score = (texts.nunique() / len(texts), at_level, column)
        if best is None or score[:2] > best[:2]:
            best = score
    return best[2] if best else None


# --- coverage -------------------------------------------------------------------------------------


def _is_coverage(name: str) -> bool:
    return bool(mentions(name, words()["coverage"]["words"])) or bool(technologies_named(name))


def network_said(
    name: str, operators: Collection[str]
) -> tuple[dict[str, TomlValue], list[Said], Certainty]:
    """Technology and operator by a name: keys, reasons, and how sure they are."""
    technologies, named = technologies_named(name), operators_named(name, operators)
    keys: dict[str, TomlValue] = {
        "technology": technologies[0] if len(technologies) == 1 else "",
        "operator": named[0] if len(named) == 1 else "any",
    }
    said = []
    if keys["technology"]:
        said.append(Said("technology_named", {"technology": technologies[0].upper()}))
    else:
        said.append(Said("name_without_technology"))
    if len(named) == 1:
        said.append(Said("operator_named", {"operator": named[0]}))
    else:
        said.append(Said("name_without_operator"))
    return keys, said, "likely" if keys["technology"] else "unsure"


def _coverage(path: Path, name: str, facts: LayerFacts, operators: Collection[str]) -> Candidate:
    """Polygons of coverage."""
    keys, said, certainty = network_said(name, operators)
    keys |= {"kind": "binary", "basis": "declared", "nodata_means": ""}
    if mentions(name, words()["coverage"]["uncovered"]):
        said.append(Said("uncovered_named"))
        certainty = "unsure"
    said.append(Said("polygons_binary"))
    classes = [
        column
        for column, texts in facts.columns.items()
        if 1 < texts.nunique() <= _MOST_CLASSES and len(texts) > texts.nunique()
    ]
    if len(facts.columns) and not classes and facts.count > 1:
        classes = [c for c, texts in facts.columns.items() if 1 < texts.nunique() <= _MOST_CLASSES]
    if classes:
        said.append(Said("class_column_unknown", {"columns": tuple(map(str, classes))}))
        certainty = "unsure"
    return Candidate("coverage", path, certainty, (*said, Said("empty_cells")), keys)


# --- lines, points and other polygons -------------------------------------------------------------

_SHAPES_OF = {
    "rivers": ("lines", "polygons"),
    "roads": ("lines",),
    "fibre": ("points", "lines"),
    "coastline": ("lines",),
    "land": ("polygons",),
    "wetlands": ("polygons",),
    "facilities": ("points",),
}


def _named_roles(name: str, facts: LayerFacts) -> list[str]:
    """Roles that the name suggests and the shapes allow."""
    return [r for r in roles_named(name, "layers") if facts.shapes in _SHAPES_OF[r]]


def _by_names(path: Path, name: str, facts: LayerFacts) -> Iterator[Candidate]:
    """Roles by the name of the file and by columns and their values."""
    by_file = set(_named_roles(name, facts))
    few = [texts.unique() for _, texts in facts.columns.items() if texts.nunique() <= 3]
    inside = " ".join([*map(str, facts.columns), *(str(v) for values in few for v in values)])
    by_content = set(_named_roles(inside, facts))
    roles = by_file & by_content or by_file | by_content
    if not roles:
        return
    if len(roles) > 1:
        several = Said("layer_several_roles", {"roles": tuple(sorted(roles))})
        yield Candidate(_section(min(roles)), path, "unsure", (several,))
        return
    (role,) = roles
    agree = role in by_file and role in by_content
    known = words()["layers"][role]
    shapes = Said(facts.shapes)
    if role in by_file:
        said = Said("layer_named", {"shapes": shapes, "word": mentions(name, known)})
    else:
        said = Said("layer_content", {"shapes": shapes, "word": mentions(inside, known)})
    yield Candidate(_section(role), path, "sure" if agree else "likely", (said,))


def _section(role: str) -> str:
    return "coastline.land" if role == "land" else role
