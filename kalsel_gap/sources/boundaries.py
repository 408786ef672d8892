"""Reader of administrative areas: polygons and their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from kalsel_gap.errors import suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.project.base import default_values
from kalsel_gap.project.model import SHAPEFILE_PARTS
from kalsel_gap.sources.area_codes import code_texts, digits, filled_texts
from kalsel_gap.sources.area_columns import LEVELS, choose_columns, codes_of
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats.vector_layers import read_vector, refuse_no_degrees

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd
    import shapely

    from kalsel_gap.project.inputs import BoundaryFile
    from kalsel_gap.project.model import Opened
    from kalsel_gap.sources.area_columns import AreaColumns

    _State: TypeAlias = tuple[tuple[int, int], ...]
    _Source: TypeAlias = tuple[BoundaryFile, str, tuple[str, str], _State]

AREA_LEVELS = LEVELS

_PREFIX = re.compile(r"^\s*(kabupaten|kab|kota|kecamatan|kec|provinsi|prov)\b\.?\s*", re.IGNORECASE)
# The message of GEOS about an invalid shape: the error and its coordinates.
_FAULT = re.compile(r"(.*)\[(\S+) (\S+)\]")
# Bounds of Indonesia, used without boundaries: south, west, north, east.
INDONESIA = (-11.2, 94.9, 6.2, 141.2)
# Longitude and latitude of an area of schools: Mercator maps end there, before the poles.
_FARTHEST_DEG = (180.0, 85.0)
# A school on a simplified coast may lie a little outside the polygon it belongs to.
_MARGIN_DEG = 0.05


def bare_name(name: str) -> str:
    """A name without its kind and extra spaces.

    Examples
    --------
    >>> bare_name("Kec. Aluh-Aluh "), bare_name("Kota Banjarmasin")
    ('Aluh-Aluh', 'Banjarmasin')
    """
    return " ".join(_PREFIX.sub("", name).split())


def short_name(name: str) -> str:
    """A kabupaten or kota as tables show it.

    Examples
    --------
    >>> short_name("Kabupaten  Tanah Laut"), short_name("KOTA Banjarbaru")
    ('Kab. Tanah Laut', 'Kota Banjarbaru')
    """
    kind = _PREFIX.match(name)
    word = kind.group(1).casefold() if kind else ""
    if word.startswith("kab"):
        return f"Kab. {bare_name(name)}"
    return f"Kota {bare_name(name)}" if word == "kota" else " ".join(name.split())


def _initials(name: str) -> str:
    return "".join(word[0] for word in bare_name(name).casefold().split())


@dataclass(frozen=True, slots=True)
class Kabupaten:
    """Names of kabupaten and kota, however they are spelled.

    Attributes
    ----------
    codes : dict
        Name as tables show it to Kemendagri code, empty where none is known.
    """

    codes: dict[str, str]

    def find(self, given: str) -> str | None:
        """The name that matches `given`; None if no name or several names match.

        Examples
        --------
        >>> names = Kabupaten({"Kab. Kotabaru": "63.02", "Kota Banjarbaru": "63.72"})
        >>> names.find("Kab. Kota Baru"), names.find("KOTA BARU"), names.find("63.72")
        ('Kab. Kotabaru', 'Kab. Kotabaru', 'Kota Banjarbaru')
        """
        if not given.strip():
            return None
        whole, bare = fold(given), fold(bare_name(given))
        kind = fold(short_name(given))[: 3 if bare != whole else 0]
        for key in (bare, whole):
            named = [n for n in self.codes if fold(bare_name(n)) == key]
            of_kind = [n for n in named if kind and fold(n).startswith(kind)]
            if len(of_kind or named) == 1:
                return (of_kind or named)[0]
        key = digits(given) or whole
        coded = [
            n for n, code in self.codes.items() if code and (digits(code) or fold(code)) == key
        ]
        return coded[0] if len(coded) == 1 else None

    def abbreviated(self, given: str) -> str | None:
        """The name that is usually shortened to `given`: by custom, or to its initials.

        Examples
        --------
        >>> names = Kabupaten({"Kab. Hulu Sungai Selatan": "63.06", "Kab. Barito Kuala": "63.04"})
        >>> names.abbreviated("hss"), names.abbreviated("Batola"), names.abbreviated("XY")
        ('Kab. Hulu Sungai Selatan', 'Kab. Barito Kuala', None)
        """
        key = fold(bare_name(given))
        customary = {
            fold(short): name
            for name, shorts in default_values("regions")["abbreviations"].items()
            for short in shorts
        }
        if key in customary:
            return self.find(customary[key])
        initials = [n for n in self.codes if len(key) > 1 and _initials(n) == key]
        return initials[0] if len(initials) == 1 else None

    def suggest(self, given: str) -> str:
        """The nearest name, for a message."""
        bare = {fold(bare_name(n)): n for n in self.codes}
        return bare.get(suggestion(fold(bare_name(given)), bare), "")


def read_layer(opened: Opened, level: str) -> gpd.GeoDataFrame | None:
    """Areas of one level, unrepaired: ``code``, ``name`` and geometry, in the order of the file.

    Parameters
    ----------
    opened : Opened
        The project.
    level : str
        One of :data:`AREA_LEVELS`.

    Raises
    ------
    InputError
        The file cannot be read or lacks the columns of code and name.
    """
    read = _layer(opened, level)
    return None if read is None else read.areas.copy()


def layer_notes(opened: Opened, level: str) -> list[Finding]:
    """What was assumed to read a layer: whose columns it has, which codes lack their zero."""
    read = _layer(opened, level)
    if read is None:
        return []
    file = opened.shown(opened.project.boundaries.files()[level])
    notes = []
    if read.columns.publisher:
        taken = {
            "code": " + ".join(read.columns.code),
            "name": read.columns.name,
            "publisher": read.columns.publisher,
            "level": level,
        }
        notes.append(Finding("area_columns_taken", file=file, parameters=taken))
    if read.completed:
        pairs = "; ".join(f"{given} → {code}" for given, code in sorted(read.completed.items()))
        notes.append(
            Finding("area_codes_completed", file=file, column="code", parameters={"codes": pairs})
        )
    return notes


class _AreasRead(NamedTuple):
    """A layer, its columns, and the codes that were completed."""

    areas: gpd.GeoDataFrame
    columns: AreaColumns
    completed: dict[str, str]


def _layer(opened: Opened, level: str) -> _AreasRead | None:
    file = _file(opened, level)
    return None if file is None else _read(*file)


def _file(opened: Opened, level: str) -> _Source | None:
    """What decides the areas of a level: the file and its state, the columns that are named."""
    boundaries = opened.project.boundaries
    given = boundaries.layers().get(level)
    if given is None:
        return None
    return given, level, (boundaries.code, boundaries.name), _state(given.path)


def _state(path: Path) -> _State:
    """Size and modification time of a file and of the files that belong to it."""
    files = (path, *(path.with_suffix(part) for part in SHAPEFILE_PARTS))
    states = [file.stat() for file in files if file.exists()]
    return tuple((state.st_size, state.st_mtime_ns) for state in states)


# Every stage and several checks ask for the same few layers.
@lru_cache(maxsize=len(AREA_LEVELS))
def _read(
    given: BoundaryFile,
    level: str,
    wide: tuple[str, str],
    state: _State,  # noqa: ARG001 - another state is another layer
) -> _AreasRead:
    import geopandas as gpd

    layer = read_vector(given.path, shapes="polygons", layer=given.layer)
    refuse_no_degrees(layer.geometry.to_numpy(), given.path, _FARTHEST_DEG)
    columns = choose_columns(layer, level, given.path, own=(given.code, given.name), wide=wide)
    codes, completed = code_texts(codes_of(layer, columns.code))
    names = filled_texts(layer[columns.name]).str.strip()
    areas = gpd.GeoDataFrame({"code": codes, "name": names}, geometry=layer.geometry)
    return _AreasRead(areas, columns, completed)


def read_areas(opened: Opened, level: str) -> gpd.GeoDataFrame | None:
    """Polygons of one level: ``code``, ``name``, ``valid`` and geometry, in the order of codes.

    Invalid polygons are made valid; ``valid`` marks those that were valid, ``fault`` says what was
    wrong. Parameters and errors are those of :func:`read_layer`.
    """
    file = _file(opened, level)
    return None if file is None else _repaired(*file).copy()


@lru_cache(maxsize=len(AREA_LEVELS))
def _repaired(
    given: BoundaryFile, level: str, wide: tuple[str, str], state: _State
) -> gpd.GeoDataFrame:
    return repaired(_read(given, level, wide, state).areas)


def repaired(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A layer as :func:`read_areas` gives it."""
    areas = layer[layer.geometry.notna() & ~layer.geometry.is_empty]
    areas = areas.assign(valid=areas.geometry.is_valid)
    areas["fault"] = areas.geometry.where(~areas["valid"]).is_valid_reason()
    areas = areas.set_geometry(areas.geometry.make_valid())
    return areas.sort_values(["code", "name"], kind="stable", ignore_index=True)


def standing_areas(opened: Opened) -> dict[str, shapely.Geometry]:
    """Polygons of kecamatan and desa by code: they can take the place of a point."""
    polygons: dict[str, shapely.Geometry] = {}
    for level in ("kecamatan", "desa"):
        areas = read_areas(opened, level)
        if areas is not None:
            polygons |= dict(zip(areas["code"], areas.geometry, strict=True))
    polygons.pop("", None)
    return polygons


def invalid_areas(areas: gpd.GeoDataFrame, file: str) -> list[Finding]:
    """A finding for each polygon that had to be made valid: why, and where."""
    findings = []
    for code, name, fault in areas.loc[~areas["valid"], ["code", "name", "fault"]].itertuples(
        index=False
    ):
        at = _FAULT.fullmatch(fault)
        place = {"lon": round(float(at[2]), 5), "lat": round(float(at[3]), 5)} if at else {}
        evidence = {"fault": at[1] if at else fault, **place}
        area = {"area": f"{code} {name}".strip()}
        findings.append(
            Finding(
                "area_geometry_invalid", file=file, value=name, evidence=evidence, parameters=area
            )
        )
    return findings


def known_kabupaten(opened: Opened) -> Kabupaten:
    """Names and codes from the project's polygons, otherwise from the built-in table of Kalsel."""
    areas = read_areas(opened, "kabupaten")
    if areas is not None:
        pairs: Iterable[tuple[str, str]] = zip(areas["name"], areas["code"], strict=True)
        return Kabupaten({short_name(name): code for name, code in pairs if name})
    codes: dict[str, str] = default_values("regions")["codes"]
    return Kabupaten(codes)


def capitals(opened: Opened, names: Kabupaten) -> dict[str, tuple[float, float]]:
    """Latitude and longitude of the capital by the kabupaten's name as tables show it."""
    table = {
        **default_values("regions")["capitals"],
        **opened.project.boundaries.capitals,
    }
    return {
        found: (float(lat), float(lon))
        for name, (lat, lon) in table.items()
        if (found := names.find(name)) is not None
    }


def envelope(opened: Opened) -> tuple[float, float, float, float]:
    """South, west, north and east of where a school of the project can lie.

    The bounds of the widest boundary that is given, with a margin for simplified coasts; without
    boundaries those of Indonesia.
    """
    for level in opened.project.boundaries.files():
        areas = read_areas(opened, level)
        if areas is not None and len(areas):
            west, south, east, north = areas.total_bounds
            margin = _MARGIN_DEG
            return south - margin, west - margin, north + margin, east + margin
    return INDONESIA


def files_of(opened: Opened) -> dict[str, Path]:
    """The boundary files of the project by level."""
    return opened.project.boundaries.files()
