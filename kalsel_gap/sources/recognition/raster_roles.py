"""Roles of rasters: their names and a sample of their cells must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.windows import Window

from kalsel_gap.geo import sampling
from kalsel_gap.geo.gdal import open_raster
from kalsel_gap.project.base import default_values
from kalsel_gap.project.checks import FileChecks
from kalsel_gap.project.proposal import Said
from kalsel_gap.project.radio import Radio
from kalsel_gap.sources.recognition.candidates import Candidate
from kalsel_gap.sources.recognition.layer_roles import network_said
from kalsel_gap.sources.recognition.name_words import mentions, technologies_named, words
from kalsel_gap.sources.signal_levels import LEVELS, MEANT

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.proposal import Certainty, TomlValue
    from kalsel_gap.sources.recognition.candidates import LayerBounds

_SIDE = 512  # rows and columns that are read of a raster
_LARGE = 64_000_000  # cells; of a larger raster windows are read
_COLOURS = (3, 4)  # bands of red, green and blue, perhaps with transparency
_WINDOWS = 8  # a side
_NEARLY_ALL = 0.95
_MOST_CLASSES = 16
_LEAST_COVERS = 4  # codes of land cover that are no chance
_LEAST_HEIGHTS = 20  # different values of an elevation model
_EDGE_SHARE = 0.02  # of the cells at the edge, from which they are the sea


@dataclass(frozen=True, slots=True, eq=False)
class RasterFacts:
    """A sample of the cells of a raster.

    Attributes
    ----------
    values : float array
        Cells with data, without the values that often mean none.
    edge : float array
        Cells of the outermost rows and columns; NaN without data.
    is_whole : bool
        Whether they are whole numbers.
    is_picture : bool
        Whether it has the bands of a colour picture.
    bounds : tuple of float
        South, west, north, east, degrees.
    """

    values: FloatArray
    edge: FloatArray
    is_whole: bool
    is_picture: bool
    bounds: LayerBounds

    @property
    def classes(self) -> list[int]:
        """The few whole numbers that occur; none where there are many or others."""
        if not self.is_whole:
            return []
        found = np.unique(self.values)
        return [int(value) for value in found] if len(found) <= _MOST_CLASSES else []

    def range(self) -> dict[str, float]:
        """Lowest and highest value, for a sentence."""
        low, high = self.values.min(), self.values.max()
        return {"low": round(float(low), 1), "high": round(float(high), 1)}


def raster_facts(path: Path) -> RasterFacts:
    """Read a sample of a raster.

    Raises
    ------
    InputError
        It cannot be read, or has no data.
    """
    limits = _checks().coverage
    with open_raster(path) as dataset:
        is_picture = dataset.count in _COLOURS and set(dataset.dtypes) == {"uint8"}
    with sampling.open_band(path) as band:
        height, width = band.grid.height, band.grid.width
        sample = _sample(band, height, width)
        across = min(width, 4 * _SIDE), min(height, 4 * _SIDE)
        edges = [
            band.read(Window(0, 0, width, 1), (1, across[0])),
            band.read(Window(0, height - 1, width, 1), (1, across[0])),
            band.read(Window(0, 0, 1, height), (across[1], 1)),
            band.read(Window(width - 1, 0, 1, height), (across[1], 1)),
        ]
    info = sampling.describe(path)
    known = sample[np.isfinite(sample)]
    none = [value for value in limits.nodata_values if value not in (0, 255)]
    return RasterFacts(
        values=known[~np.isin(known, none)],
        edge=np.concatenate([each.ravel() for each in edges]),
        is_picture=is_picture,
        is_whole=bool((known == np.rint(known)).all()),
        bounds=(info.south, info.west, info.north, info.east),
    )


def _sample(band: sampling.Band, height: int, width: int) -> FloatArray:
    """Cells spread over the raster."""
    if height * width <= _LARGE:
        shape = (min(height, _SIDE), min(width, _SIDE))
        return band.read(Window(0, 0, width, height), shape).ravel()
    side = _SIDE // _WINDOWS
    rows = np.linspace(0, height - side, _WINDOWS).astype(int)
    cols = np.linspace(0, width - side, _WINDOWS).astype(int)
    parts = [
        band.read(Window(int(col), int(row), side, side)).ravel() for row in rows for col in cols
    ]
    return np.concatenate(parts)


def _checks() -> FileChecks:
    return FileChecks.model_validate(default_values("file_checks"))


def raster_candidate(
    path: Path, name: str, facts: RasterFacts, operators: Collection[str]
) -> Candidate | Said:
    """The role of a raster, or what is said of one without a role.

    Parameters
    ----------
    path : Path
    name : str
        Name of the file with its folders.
    facts : RasterFacts
    operators : collection of str
        Operators that the tables of sites name.
    """
    if facts.is_picture:
        return Said("picture")
    limits = _checks().coverage
    levels = (facts.values >= limits.low_dbm) & (facts.values <= limits.high_dbm)
    percent = round(100 * float(levels.mean()))
    as_coverage = mentions(name, words()["coverage"]["words"]) or technologies_named(name)
    product, surface = _product(name)
    as_heights = product or mentions(name, words()["elevation"]["words"])
    as_cover = mentions(name, words()["land_cover"]["words"])
    if levels.mean() >= _NEARLY_ALL:
        said = Said("levels_dbm", {"percent": percent, **facts.range()})
        return _levels(path, name, facts, operators, said)
    codes = set(facts.classes) - {0}
    if codes and codes <= _cover_codes() and (as_cover or len(codes) >= _LEAST_COVERS):
        said = Said("land_cover_codes", {"classes": tuple(map(str, facts.classes))})
        return Candidate("land_cover", path, "sure" if as_cover else "likely", (said,))
    if as_coverage and not as_heights:
        make = _classes if facts.classes else _unknown_unit
        return make(path, name, facts, operators)
    if _are_heights(facts):
        return _elevation(path, facts, product, surface, is_named=bool(as_heights))
    return Said("no_role_raster", facts.range())


def _cover_codes() -> set[int]:
    radio = Radio.model_validate(default_values("radio"))
    return set(radio.clutter_heights_m())


def _product(name: str) -> tuple[str, str]:
    """Product of an elevation model by its name, and its surface."""
    products: dict[str, str] = words()["elevation"]["products"]
    found = [word for word in products if mentions(name, [word])]
    surfaces = {products[word] for word in found}
    return (found[0] if found else ""), (surfaces.pop() if len(surfaces) == 1 else "")


def _are_heights(facts: RasterFacts) -> bool:
    limits = _checks().elevation
    low, high = facts.values.min(), facts.values.max()
    various = len(np.unique(facts.values)) >= _LEAST_HEIGHTS or bool(
        (facts.values == 0).mean() > 0.5
    )
    return bool(various and low >= limits.lowest_m - 100 and high <= limits.world_m)


def _elevation(
    path: Path, facts: RasterFacts, product: str, surface: str, *, is_named: bool
) -> Candidate:
    keys: dict[str, TomlValue] = {"surface": surface or "unknown"}
    said = [Said("elevation_named" if is_named else "elevation_unnamed", facts.range())]
    if surface:
        said.append(Said("surface_named", {"product": product.upper(), "value": surface}))
    else:
        said.append(Said("surface_unknown"))
    if np.isnan(facts.edge).mean() >= _EDGE_SHARE:
        keys["sea"] = "nodata"
    elif (facts.edge == 0).mean() >= _EDGE_SHARE:
        keys["sea"] = "zero"
    else:
        keys["sea"] = "none"
    said.append(Said(f"sea_{keys['sea']}"))
    certainty: Certainty = "sure" if product and surface else "likely"
    return Candidate(
        *("elevation", path, certainty if is_named else "unsure", tuple(said)),
        keys=keys,
        bounds=facts.bounds,
    )


def _levels(
    path: Path, name: str, facts: RasterFacts, operators: Collection[str], found: Said
) -> Candidate:
    """A raster of levels in dBm."""
    keys, said, certainty = network_said(name, operators)
    technology = keys["technology"]
    kind = "rsrp_dbm" if technology in ("4g", "5g") else "level_dbm"
    keys |= {"kind": kind if technology else "", "basis": "modelled", "nodata_means": ""}
    said.append(Said("empty_cells"))
    quantity = mentions(name, (kind.removesuffix("_dbm") for kind in MEANT))
    if quantity and LEVELS.get(str(technology), "") not in ("", f"{quantity}_dbm"):
        params = {"quantity": quantity.upper(), "technology": str(technology).upper()}
        said.append(Said("quantity_differs", params))
        certainty = "unsure"
    if technology == "fixed":
        certainty = "unsure"
    return Candidate("coverage", path, certainty, (found, *said), keys=keys, bounds=facts.bounds)


def _unknown_unit(
    path: Path, name: str, facts: RasterFacts, operators: Collection[str]
) -> Candidate:
    """A raster that is named after levels and holds others."""
    keys, said, _ = network_said(name, operators)
    keys |= {"kind": "", "basis": "", "nodata_means": ""}
    said.append(Said("units_unknown", facts.range()))
    return Candidate("coverage", path, "unsure", tuple(said), keys=keys)


def _classes(path: Path, name: str, facts: RasterFacts, operators: Collection[str]) -> Candidate:
    """A raster of classes, or of covered and not covered."""
    keys, said, certainty = network_said(name, operators)
    shown = tuple(map(str, facts.classes))
    is_binary = set(facts.classes) <= {0, 1}
    keys |= {"kind": "binary" if is_binary else "class", "basis": "declared", "nodata_means": ""}
    if is_binary:
        said.insert(0, Said("values_binary", {"classes": shown}))
    else:
        said.insert(0, Said("classes_unknown", {"classes": shown}))
        keys["classes"] = dict.fromkeys(shown, "")
        certainty = "unsure"
    if mentions(name, words()["coverage"]["uncovered"]):
        said.append(Said("uncovered_named"))
        certainty = "unsure"
    said.append(Said("empty_cells"))
    return Candidate("coverage", path, certainty, tuple(said), keys=keys, bounds=facts.bounds)
