"""Sections of the project file that name inputs and outputs; how their paths are read.

A field's docstring gives its unit and meaning, and makes the reference page. Sections that are
only assumptions are in ``index``, ``checks`` and ``radio``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from kalsel_gap.geo.raster_files import TileSet, tiles_of
from kalsel_gap.project.base import (
    Latitude,
    Longitude,
    NotNegative,
    Positive,
    Section,
    Share,
    Sourced,
)
from kalsel_gap.schema import DataNature
from kalsel_gap.storage.recorded_folder import plans_beside

VECTORS = frozenset(
    (
        *(".geojson", ".json", ".gpkg", ".shp", ".zip", ".kml", ".kmz"),
        *(".parquet", ".geoparquet", ".fgb", ".gml", ".tab", ".mif"),
    )
)  # endings of layers of polygons; other coverage is a raster
# Endings of tables that may hold polygons as text.
POLYGON_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")

POSSIBLE_M = (-500.0, 9000.0)  # between the Dead Sea's shore and Mount Everest

Technology = Literal["2g", "3g", "4g", "5g", "fixed"]
CoverageKind = Literal["rsrp_dbm", "level_dbm", "class", "binary"]
Basis = Literal["measured", "predicted", "modelled", "declared"]
Surface = Literal["dsm", "dtm", "unknown"]


def _below_the_project(value: object, info: ValidationInfo) -> object:
    if value == "":
        raise ValueError("path_empty")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("path_has_nul")
    if isinstance(value, str) and info.context:
        return Path(os.path.normpath(info.context["folder"] / value))
    return value


InputPath = Annotated[Path, BeforeValidator(_below_the_project)]


def _several_below(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return value
    if not value:
        raise ValueError("path_empty")
    return tuple(_below_the_project(item, info) for item in value)


InputPaths = Annotated[tuple[Path, ...], BeforeValidator(_several_below)]


def _one_or_several(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


LayerNames = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_one_or_several)]
OneOrMany = BeforeValidator(lambda value: [value] if isinstance(value, Mapping) else value)


class ProjectSection(Section):
    """Name and language of the project."""

    name: str = ""
    """Name shown on every deliverable."""
    language: Literal["id", "en"] | None = None
    """Language of the deliverables: ``id`` or ``en``."""
    data: DataNature = "real"
    """``real``, ``stylised`` or ``synthetic``: deliverables of the last two say so."""
    evidence_date: str = ""
    """Day up to which the evidence reaches, as 2026-06-30: speed tests older than a year before it
    are inferred. By default the latest date of an input or a speed test."""


class Owned(Section):
    """Data of somebody else."""

    licence: str = ""
    """Licence of the data as their owner states it, such as ``CC-BY-4.0``: printed beside the
    file wherever sources are listed. Without it, the licence is unknown there."""


class Table(Owned):
    """A table file."""

    path: InputPath
    """CSV, workbook (``.xlsx``, ``.xls``, ``.ods``), JSON, GeoJSON, GeoPackage, Shapefile, KML,
    KMZ, FlatGeobuf or Parquet, also gzipped (``.csv.gz``) or in a ZIP archive. The content decides,
    not the ending."""
    sheet: str | tuple[str, ...] | None = None
    """Sheet of a workbook, layer of a GeoPackage or file of an archive, or a list of them; ``"*"``
    for all. By default every one with the columns that are needed, unless it is hidden."""
    date: str = ""
    """Date of the data, as deliverables print it."""
    columns: dict[str, str] = {}
    """Our column = header in the file, if the header is not recognised by itself."""


class PlacedTable(Table):
    """A table with places."""

    crs: str = ""
    """EPSG code of the coordinates, such as ``EPSG:32750`` (UTM zone 50 S), if they are not
    degrees."""

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str) -> str:
        if value:
            from pyproj import CRS
            from pyproj.exceptions import CRSError

            try:
                CRS.from_user_input(value)
            except CRSError:
                raise ValueError("crs_unknown") from None
        return value


class Register(PlacedTable):
    """A register of schools: its rows are the schools."""

    adds_rows: bool = False
    """Whether a second or later register may add schools, rather than only fill gaps."""


class Attributes(Table):
    """A table that adds columns to schools by NPSN; its rows without a school are findings."""

    year: int | Literal["latest"] = "latest"
    """Year of the row to use if the table has several for a school."""


class BoundaryFile(Section):
    """Polygons of one level: a file, or ``{ path = …, code = …, name = …, layer = … }``."""

    path: InputPath
    """GeoJSON, GeoPackage, Shapefile (zipped or not), KML, FlatGeobuf or GeoParquet."""
    code: str = ""
    """Column of the area's code in this file."""
    name: str = ""
    """Column of the area's name in this file."""
    layer: str | None = None
    """Layer of the file; the first one by default."""

    @model_serializer(mode="wrap")
    def _as_given(self, dump: SerializerFunctionWrapHandler) -> object:
        values = dump(self)
        given = {key: value for key, value in values.items() if value not in ("", None)}
        return given if len(given) > 1 else self.path


def _as_layer(value: object) -> object:
    return {"path": value} if isinstance(value, str | Path) else value


OneBoundary = Annotated[BoundaryFile | None, BeforeValidator(_as_layer)]


class Boundaries(Owned):
    """Polygons of the administrative areas.

    Each level is a file, or ``{ path = "…", code = "…", name = "…" }`` with its columns of code
    and name. Columns of BIG, HDX (COD-AB), GADM, geoBoundaries, BPS and Dukcapil are recognised.
    """

    province: OneBoundary = None
    """Polygon of the province; bounds the area in which a location is usable."""
    kabupaten: OneBoundary = None
    """Polygons of kabupaten and kota."""
    kecamatan: OneBoundary = None
    """Polygons of kecamatan."""
    desa: OneBoundary = None
    """Polygons of desa and kelurahan."""
    code: str = "kode"
    """Column of the area's code, in every file that names none of its own."""
    name: str = "nama"
    """Column of the area's name, likewise."""
    capitals: dict[str, tuple[Latitude, Longitude]] = {}
    """Capitals by kabupaten, ``[latitude, longitude]``; they override the built-in ones."""

    def files(self) -> dict[str, Path]:
        """The polygon files that are given, from the widest area to the smallest."""
        return {level: layer.path for level, layer in self.layers().items()}

    def layers(self) -> dict[str, BoundaryFile]:
        """The layers that are given, from the widest area to the smallest."""
        given = {
            level: _as_layer(getattr(self, level))
            for level in ("province", "kabupaten", "kecamatan", "desa")
        }
        return {
            level: BoundaryFile.model_validate(layer)
            for level, layer in given.items()
            if layer is not None
        }


class Elevation(Owned):
    """The digital elevation model."""

    path: InputPaths
    """Raster of heights: one file, a list of files, a folder of tiles, or a VRT whose files are
    on this machine. Tiles lie on one grid; where they overlap, the first one with data is used.
    Heights are metres unless the band or the CRS says otherwise (feet)."""
    surface: Surface
    """``dsm`` (canopy included: SRTM, GLO-30), ``dtm`` (bare ground) or ``unknown``."""
    sea: Literal["nodata", "zero", "none"] = "nodata"
    """Which cells are open sea if they reach the edge of the raster: those without data, those
    without data and those of exactly 0 m (SRTM without voids), or none."""
    band: Annotated[int, Field(ge=1)] = 1
    """Band of the raster."""
    nodata: float | None = None
    """The value of cells without data, if the files do not declare it."""

    @property
    def tiles(self) -> TileSet:
        """The files that together are the raster; no land is as low or as high as other values."""
        return replace(tiles_of(self.path), nodata=self.nodata, possible=POSSIBLE_M)


class LandCover(Owned):
    """Land cover, whose classes have the heights of ``[radio.clutter]``.

    The heights are added only to an elevation model of the bare ground (``surface = "dtm"``). With
    every model, land cover shows whether a school is in woodland.
    """

    path: InputPaths
    """Raster of classes such as ESA WorldCover: one file, a list, a folder of tiles, or a VRT."""
    band: Annotated[int, Field(ge=1)] = 1
    """Band of the raster."""
    nodata: float | None = None
    """The value of cells without data, if the files do not declare it."""

    @property
    def tiles(self) -> TileSet:
        """The files that together are the raster."""
        return replace(tiles_of(self.path), nodata=self.nodata)


class Coverage(Owned):
    """Coverage by one operator and technology: a raster, or polygons."""

    path: InputPaths
    """Raster in any CRS, grid and data type: one file, a list of files, a folder of tiles, or a
    VRT, as of [elevation]; or one file of polygons in any CRS, also a table (CSV, workbook) with a
    column of WKT."""
    technology: Technology
    """``2g``, ``3g``, ``4g``, ``5g`` or ``fixed``."""
    operator: str
    """Operator's name; ``any`` if the file does not state it."""
    kind: CoverageKind
    """``rsrp_dbm`` or ``level_dbm`` (levels in dBm), ``class`` or ``binary`` (0: not covered).
    Polygons are ``binary``, covered inside, or ``class``."""
    basis: Basis
    """Kind of evidence: ``measured``, ``predicted``, ``modelled`` or ``declared``."""
    nodata_means: Literal["none", "unknown"]
    """Whether a cell without data, or a place outside all polygons, means *no signal* or
    *not known*. There is no default."""
    detection_dbm: float | None = None
    """For levels: the level below which the map shows no signal; by default its lowest level."""
    classes: dict[str, Share] = {}
    """For ``kind = "class"``: adequacy of each class, 0 to 1."""
    class_column: str = ""
    """For polygons of ``kind = "class"``: the column that holds the class."""
    layer: LayerNames | None = None
    """For polygons: layer of the file, a list of layers, or ``"*"`` for all. By default the only
    one whose name has the technology, otherwise the first one; a note names the others."""
    band: Annotated[int, Field(ge=1)] = 1
    """Band of the raster."""
    date: str = ""
    """Date of the data."""

    @model_validator(mode="after")
    def _classes_fit_the_kind(self) -> Self:
        if (self.kind == "class") != bool(self.classes):
            raise ValueError("coverage_classes")
        if bool(self.class_column) != (self.is_vector and self.kind == "class"):
            raise ValueError("coverage_class_column")
        if len(self.path) > 1 and any(_is_vector(path) for path in self.path):
            raise ValueError("coverage_several_vectors")
        if self.is_vector and self.kind not in ("binary", "class"):
            raise ValueError("coverage_vector_kind")
        if not self.is_vector and not all(_is_number(key) for key in self.classes):
            raise ValueError("coverage_class_key")
        if self.technology == "fixed" and self.kind != "binary":
            raise ValueError("coverage_fixed_is_binary")
        return self

    @property
    def is_vector(self) -> bool:
        """Whether the file holds polygons, by its ending."""
        return _is_vector(self.path[0])

    @property
    def file(self) -> Path:
        """The only file of polygons, or the first path of a raster."""
        return self.path[0]

    @property
    def tiles(self) -> TileSet:
        """The files that together are the raster."""
        return tiles_of(self.path)


class CoverageDefaults(Section):
    """Keys of every ``[[coverage]]`` that does not state them itself: one answer for maps alike."""

    basis: Basis | None = None
    """Kind of evidence: ``measured``, ``predicted``, ``modelled`` or ``declared``."""
    nodata_means: Literal["none", "unknown"] | None = None
    """Whether a cell without data, or a place outside all polygons, means *no signal* or
    *not known*."""
    date: str = ""
    """Date of the data."""


class Sites(PlacedTable):
    """Radio sites: our own columns or OpenCelliD's."""

    technology: Technology | None = None
    """Technology of every row, if the table has no such column."""
    operator: str = ""
    """Operator of every row, if the table has no such column."""
    antenna_height_m: Annotated[float, Field(ge=1.0, le=3000.0)] | None = None
    """Height above ground of every antenna without one in the table."""
    frequency_mhz: Annotated[float, Field(ge=30.0, le=6000.0)] | None = None
    """Carrier of every row without one in the table."""
    eirp_dbm: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    """EIRP of the whole carrier of every row without one in the table."""
    bandwidth_mhz: Positive | None = None
    """Bandwidth of every carrier without one in the table."""
    complete: bool = False
    """Whether the table holds every site of its operators: only then can a poor prediction say
    that there is no signal."""


class VectorLayer(Owned):
    """A vector layer of points, lines or polygons."""

    path: InputPath
    """GeoJSON, GeoPackage, Shapefile (zipped or not), KML, FlatGeobuf or GeoParquet."""


class Wetlands(VectorLayer):
    """Wetlands and peat, polygons."""

    kind: str = ""
    """Column that names the kind: tidal, lebak, peat …; without one the kind stays unknown."""


class Coastline(Owned):
    """The shore of the open sea, and the land that makes islands."""

    path: InputPath
    """Lines of the shore (not of rivers and lakes)."""
    land: tuple[InputPath, ...] = ()
    """Polygons of land; those that are not the mainland are islands."""


class Measurements(PlacedTable):
    """Speed tests, made at schools or summed up in map tiles (Ookla's open data), or levels.

    Tests of a school (by NPSN) show the service that it has; those of the tile around it only the
    service that is available there. Measured levels (``rsrp_dbm``, ``rscp_dbm``, ``rssi_dbm``, each
    row with a location or an NPSN) validate and calibrate predictions; one with an NPSN also shows
    the signal at that school, and counts there before every map of the same operator. Where the
    phone found no signal the level is empty and a column ``signal`` says ``none`` (``tidak ada``):
    that counts as the lowest level of the curve, also in the median with other levels.
    """

    network: Literal["mobile", "fixed"] | None = None
    """For tiles: the network that was tested; ``mobile`` by default."""
    technology: Technology | None = None
    """For tiles: the technology that was tested; by default ``4g``, or ``fixed`` by `network`. For
    levels: that of every row, where the table has no such column."""
    operator: str = ""
    """For levels: operator of every row, where the table has no such column."""
    minimum_tests: Annotated[int, Field(ge=1)] = 1
    """For tiles: fewest tests that a tile must have to be used."""

    @model_validator(mode="after")
    def _technology_fits_the_network(self) -> Self:
        contradict = (self.network == "fixed") != (self.technology == "fixed")
        if self.network and self.technology and contradict:
            raise ValueError("network_technology")
        return self

    @property
    def tested(self) -> Technology:
        """The technology of the tiles."""
        return self.technology or ("fixed" if self.network == "fixed" else "4g")


class Offsets(Section):
    """Offsets of predicted levels from measured ones; see ``predict calibrate``."""

    path: InputPath
    """A table that ``predict calibrate`` writes. While it is missing, predictions are
    uncalibrated."""


class Villages(Table):
    """The village development index, by Kemendagri code of the desa."""


class Repairs(Sourced):
    """Accepted repairs of locations, and when a change is proposed as one."""

    path: InputPath
    """Accepted repairs, a table that ``check --accept-repairs`` writes. While it is missing
    nothing is accepted."""
    near_km: NotNegative
    """A candidate up to this distance from the claimed area counts as inside it."""
    far_km: Positive
    """A usable location beyond this distance from the claimed area is checked."""
    peers: Annotated[int, Field(ge=1)]
    """Fewest schools that show where a kabupaten without a polygon lies."""
    peers_share: Share
    """Share of these schools that lie within the circle around their centre."""
    peers_factor: Positive
    """Factor for the radius of that circle, inside which a candidate must lie."""


class Output(Section):
    """Where results go."""

    folder: InputPath = Path("runs")
    """Folder of the runs, relative to the project file."""
    plans: InputPath | None = None
    """Folder of the plans, relative to the project file; by default ``plans`` beside the folder of
    the runs."""

    def plans_folder(self, runs: Path | None = None) -> Path:
        """Where plans are written: where the project says, otherwise beside the runs.

        Parameters
        ----------
        runs : Path, optional
            The folder of the runs, where it is not the project's.
        """
        return self.plans or plans_beside(runs or self.folder)


class Facilities(VectorLayer):
    """Public facilities that could share a connection."""


def _is_vector(path: Path) -> bool:
    return path.suffix.lower() in VECTORS or path.name.lower().endswith(POLYGON_TABLES)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
