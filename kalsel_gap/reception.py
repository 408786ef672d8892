"""Predicted coverage as files for GIS: level, best server, number of servers, margin.

The loss around each mast is swept once and kept: an interrupted run goes on where it stopped, and
another power, azimuth or threshold sweeps nothing again. Rasters are then put together stripe by
stripe, so memory is bounded by a stripe and the disks of a few masts, whatever the raster.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.windows import Window

from kalsel_gap import messages
from kalsel_gap.cog import Look, Step
from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.fingerprint import code_hash, default_cache_folder
from kalsel_gap.footprints import Footprints, cell_m
from kalsel_gap.geodesy import WGS84
from kalsel_gap.grid import Grid
from kalsel_gap.ground import Grounds
from kalsel_gap.layers import windows
from kalsel_gap.mosaic import open_band, refuse_unknown_unit
from kalsel_gap.pieces import Estimate, Pieces, bound, encode, encoded_bytes, free_bytes
from kalsel_gap.profile import resolution_m, sea_of, terrain_of
from kalsel_gap.project import suggestion
from kalsel_gap.propagation.antennas import sector_gain_db
from kalsel_gap.propagation.budget import level_dbm
from kalsel_gap.propagation.locations import location_sigma_db
from kalsel_gap.propagation.p1812 import Link
from kalsel_gap.propagation.sweep import sweep
from kalsel_gap.run import Cache, atomic, clear_leftovers
from kalsel_gap.servers import Mast, mast_of, read_servers
from kalsel_gap.sources.boundaries import read_areas
from kalsel_gap.tables import csv_of
from kalsel_gap.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kalsel_gap.coasts import SeaMask
    from kalsel_gap.project import Elevation, Opened

    Progress = Callable[[int, int], object]
    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

FOLDER = "reception"  # in the folder of runs
MODEL = "ITU-R P.1812-8"
NO_DATA = -9999.0
_VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
_AROUND = ("#762a83", "#c2a5cf", "#f7f7f7", "#a6dba0", "#1b7837")
# Colours of neighbouring servers; their numbers say which they are.
_SERVERS = (
    *("#88ccee", "#cc6677", "#ddcc77", "#117733", "#332288", "#aa4499"),
    *("#44aa99", "#999933", "#882255", "#661100", "#6699cc", "#888888"),
)


def _ramp(unit: str, description: str, values: Sequence[float], colours: Sequence[str]) -> Look:
    steps = tuple(Step(v, colour, f"{v:g}") for v, colour in zip(values, colours, strict=True))
    return Look("float32", NO_DATA, unit, description, steps)


LOOKS: dict[str, Look] = {
    "level": _ramp("dBm", N_("Predicted level"), (-120, -110, -100, -90, -75), _VIRIDIS),
    "server": Look(
        "int32", 0, "", N_("Best server by number"), (), is_class=True, is_mixable=False
    ),
    "servers": replace(
        _ramp("", N_("Number of servers at or above the threshold"), (0, 1, 2, 3, 5), _VIRIDIS),
        dtype="int32",
        nodata=-1,
        is_mixable=False,
    ),
    "margin": _ramp(
        "dB", N_("Predicted level above the threshold"), (-20, -10, 0, 10, 20), _AROUND
    ),
}
# Losses are kept in hundredths of a decibel; levels are told in tenths.
_LOSS = Look("uint16", 2**16 - 1, "", "", ())
_PER_DB = 100.0
# Parts of [radio] that the loss hangs on; the others only make a level of it.
_RADIO = {"atmosphere", "ground", "prediction", "clutter", "receiver"}
_SWEEP_COST = 10  # of a cell swept, against one put together
_SECONDS = 4e-8  # a cell of a server, put together
_OVERVIEWS = 4 / 3  # a file with its overviews against one without
_NAME = 40  # characters of an operator in the name of a file


@dataclass(frozen=True, slots=True)
class Network:
    """The servers of one operator and technology.

    Attributes
    ----------
    operator, technology : str
    servers : DataFrame
        See `servers.read_servers`.
    threshold_dbm : float
        Lowest level that is of use.
    """

    operator: str
    technology: str
    servers: pd.DataFrame
    threshold_dbm: float

    @property
    def name(self) -> str:
        """What its files begin with: nothing of an operator's name leads anywhere."""
        bare = re.sub(r"[^a-z0-9]+", "-", self.operator.casefold()).strip("-")[:_NAME]
        if bare != self.operator:
            tail = hashlib.sha256(self.operator.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            bare = f"{bare}-{tail}".lstrip("-")
        return f"{self.technology}_{bare}"


class _Disk(NamedTuple):
    """The loss around a mast."""

    window: Window  # of the grid of the rasters
    path: Path


class Reception:
    """Predicted coverage of a project.

    Parameters
    ----------
    opened : Opened
        The project.
    operators, technologies : sequence of str, optional
        Only these; without any, all that the sites have.
    layers : sequence of str, optional
        Of :data:`LOOKS`; without any, all.
    radius_km : float, optional
        How far from a site; ``radio.candidates.reach_km`` by default.
    resolution_m : float, optional
        Width of a cell: taken to the nearest odd number of cells of the elevation model, so that
        the middle of a cell is one of theirs. By default their own.
    threads : int, optional
        As many as there are processors.

    Raises
    ------
    InputError
        The project has no elevation model or no usable site, or a name is unknown; as
        `mosaic.open_band` and `servers.read_servers`.
    """

    def __init__(
        self,
        opened: Opened,
        *,
        operators: Sequence[str] = (),
        technologies: Sequence[str] = (),
        layers: Sequence[str] = (),
        radius_km: float | None = None,
        resolution_m: float | None = None,
        threads: int | None = None,
    ) -> None:
        if opened.project.elevation is None:
            raise InputError("elevation_missing", path=opened.path)
        self.opened, self.radio = opened, opened.project.radio
        self.source: Elevation = opened.project.elevation
        refuse_unknown_unit(self.source.tiles, self.source.band)
        for name in layers:
            if name not in LOOKS:
                raise InputError(
                    "layer_unknown",
                    value=name,
                    suggestion=suggestion(name, LOOKS),
                    known=", ".join(LOOKS),
                )
        self.layers = tuple(name for name in LOOKS if name in (layers or LOOKS))
        self.radius_km = radius_km or self.radio.candidates.reach_km
        self.threads = threads or os.cpu_count() or 1
        self.terrain = terrain_of(opened)
        with open_band(self.source.tiles, self.source.band) as band:
            self.fine = band.grid
        cells = (resolution_m or 0.0) / _cell_width_m(self.fine)
        self.every = max(2 * round((cells - 1) / 2) + 1, 1)
        self.grid = _coarse(self.fine, self.every)
        servers, self.findings = read_servers(opened, operators, technologies)
        self.networks = tuple(
            Network(*map(str, key), part, self.radio.carriers[str(key[1])].usable_dbm)  # type: ignore[index]
            for key, part in servers.groupby(["operator", "technology"], sort=True)
        )
        self.masts = sorted({mast_of(server) for server in _rows(servers)}, reverse=True)

    # --- what it hangs on ----------------------------------------------------------------------

    @cached_property
    def sea(self) -> SeaMask | None:
        """The open sea; None where the model does not tell."""
        return sea_of(self.terrain)

    @cached_property
    def grounds(self) -> Grounds:
        """Windows of the elevation model."""
        return Grounds(self.terrain, self.sea)

    @cached_property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of the files that the rasters are made of, by their names in the project."""
        store = Cache(default_cache_folder())
        used = ("elevation", "land_cover", "sites")
        named = (
            (self.opened.shown(path), store.file_hash(path))
            for section, path in self.opened.project.inputs()
            if section.partition(".")[0] in used
        )
        found = dict(sorted(named))
        store.save_hashes()
        return found

    @cached_property
    def _terms(self) -> dict[str, Any]:
        """All that the loss around a mast hangs on, but the mast."""
        cover = self.opened.project.land_cover
        sections = {"elevation": self.source, **({"land_cover": cover} if cover else {})}
        hashed = Cache(default_cache_folder())
        return {
            "code": code_hash(),
            "files": {
                name: hashed.file_hash(path)
                for name, path in self.opened.project.inputs()
                if name.partition(".")[0] in sections
            },
            **{n: s.model_dump(mode="json", exclude={"path"}) for n, s in sections.items()},
            "radio": self.radio.model_dump(mode="json", include=_RADIO),
            "radius_km": self.radius_km,
            "every": self.every,
        }

    def _root(self) -> Path:
        return default_cache_folder() / FOLDER

    @cached_property
    def disks(self) -> dict[Mast, _Disk]:
        """Where the loss around each mast belongs, and where it is kept."""
        folder = self._root() / _hash(self._terms)
        return {
            mast: _Disk(self._on_grid(self._around(mast)), folder / f"{_hash(mast)}.tif")
            for mast in self.masts
        }

    def kept(self, network: Network, name: str) -> Pieces:
        """Pieces of a raster, in a folder named by all that it hangs on."""
        parts = {
            "terms": self._terms,
            "layer": name,
            "servers": network.servers.astype(str).to_dict("split"),
            "carrier": self.radio.carriers[network.technology].model_dump(mode="json"),  # type: ignore[index]
            "pattern": self.radio.pattern.model_dump(mode="json"),
            "k": self.radio.k_factor.median,
        }
        return Pieces(self._root() / _hash(parts), self.grid, LOOKS[name])

    def _around(self, mast: Mast) -> Window:
        """Cells of the elevation model within the radius of a mast, and a few more."""
        n = 64
        lon, lat, _ = WGS84.fwd(
            *(np.full(n, mast.lon), np.full(n, mast.lat)),
            *(np.arange(n) * 360.0 / n, np.full(n, self.radius_km * 1000.0)),
        )
        row, col = self.fine.pixel(lat, lon)
        top, bottom = _span(row, self.fine.height)
        left, right = _span(col, self.fine.width)
        return Window(left, top, right - left, bottom - top)

    def _on_grid(self, window: Window) -> Window:
        """Cells of the rasters whose middle lies in a window of the elevation model."""
        half, n = self.every // 2, self.every
        top, left = (-((half - int(v)) // n) for v in (window.row_off, window.col_off))
        bottom = -((half - int(window.row_off + window.height)) // n)
        right = -((half - int(window.col_off + window.width)) // n)
        return Window(left, top, right - left, bottom - top)

    # --- the loss around masts -----------------------------------------------------------------

    def _link(self, mast: Mast) -> Link:
        air, wanted = self.radio.atmosphere, self.radio.prediction
        return Link(
            frequency_mhz=mast.frequency_mhz,
            tx_height_m=mast.antenna_height_m,
            rx_height_m=self.radio.receiver.height_m,
            latitude_deg=mast.lat,
            delta_n=air.delta_n,
            n0=air.n0,
            time_percent=wanted.time_percent,
            location_percent=wanted.location_percent,
            location_sigma_db=location_sigma_db(
                mast.frequency_mhz, wanted.resolution_m, self.radio.receiver.height_m
            ),
        )

    def _swept(self, mast: Mast) -> FloatArray:
        """Loss of the cells of a mast's window of the rasters, dB; NaN where it is not known."""
        window = self._around(mast)
        ground = self.grounds.at(window)
        link, radius = self._link(mast), self.radius_km
        found = sweep(ground, mast.lat, mast.lon, link, radius_km=radius, threads=self.threads)
        whole = np.full((int(window.height), int(window.width)), np.nan)
        rows, cols = found.loss_db.shape
        whole[found.row : found.row + rows, found.col : found.col + cols] = found.loss_db
        target = self.disks[mast].window
        first = [
            int(target.row_off) * self.every + self.every // 2 - int(window.row_off),
            int(target.col_off) * self.every + self.every // 2 - int(window.col_off),
        ]
        return whole[first[0] :: self.every, first[1] :: self.every]

    def _keep(self, mast: Mast, loss_db: FloatArray) -> None:
        disk = self.disks[mast]
        with atomic(disk.path) as temporary:
            encode(temporary, self.grid, _LOSS, disk.window, np.rint(loss_db * _PER_DB), level=1)

    def _sweep(self, done: _Done) -> None:
        """Sweep the masts that are not kept yet; writing goes on beside it."""
        with ThreadPoolExecutor(1) as writer:
            before = writer.submit(bool)
            for mast in self._todo():
                loss_db = self._swept(mast)
                before.result()
                before = writer.submit(self._keep, mast, loss_db)
                done.step(_SWEEP_COST * self._cells(mast))
            before.result()

    def _todo(self) -> list[Mast]:
        return [mast for mast in self.masts if not self.disks[mast].path.is_file()]

    def _cells(self, mast: Mast) -> int:
        window = self.disks[mast].window
        return int(window.height) * int(window.width)

    def _loss(self, mast: Mast, window: Window) -> tuple[Window, NDArray[np.float32]] | None:
        """Loss of the cells that a window has of a mast's disk."""
        disk = self.disks[mast]
        top, left, bottom, right = _common(disk.window, window)
        if top >= bottom or left >= right:
            return None
        part = Window(
            left - disk.window.col_off, top - disk.window.row_off, right - left, bottom - top
        )
        try:
            with rasterio.open(disk.path) as source:
                stored = source.read(1, window=part)
        except RasterioError as error:
            disk.path.unlink(missing_ok=True)
            reason = str(error.__cause__ or error)[:200]
            raise InputError("piece_broken", path=disk.path, reason=reason) from None
        loss = stored.astype(np.float32)
        loss[stored == _LOSS.nodata] = np.nan
        return Window(left, top, right - left, bottom - top), loss / np.float32(_PER_DB)

    # --- rasters -------------------------------------------------------------------------------

    def _fold(self, network: Network, window: Window) -> dict[str, NDArray[Any]]:
        """Every layer of a stripe: the strongest of its servers, the first of equal ones."""
        shape = int(window.height), int(window.width)
        level = np.full(shape, np.nan, dtype=np.float32)
        server = np.full(shape, -1, dtype=np.int32)
        servers = np.full(shape, -1, dtype=np.int32)
        for _, each in network.servers.iterrows():
            if (found := self._loss(mast_of(each), window)) is None:
                continue
            part, loss_db = found
            here = self._levels(network.technology, each, part, loss_db)
            top, left = int(part.row_off - window.row_off), int(part.col_off - window.col_off)
            at = np.s_[top : top + here.shape[0], left : left + here.shape[1]]
            known = ~np.isnan(here)
            better = known & ~(level[at] >= here)
            level[at][better] = here[better]
            server[at][better] = each["number"]
            counted = np.maximum(servers[at], 0) + (here >= np.float32(network.threshold_dbm))
            servers[at] = np.where(known, counted, servers[at])
        margin = np.round(level - np.float32(network.threshold_dbm), 1)
        return {"level": level, "server": server, "servers": servers, "margin": margin}

    def _levels(
        self,
        technology: str,
        server: pd.Series[Any],
        part: Window,
        loss_db: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Level of a server in tenths of a decibel."""
        found = level_dbm(
            technology,
            server["eirp_dbm"],
            loss_db,
            carriers=self.radio.carriers,
            bandwidth_mhz=server["bandwidth_mhz"],
            pattern_db=self._pattern_db(server, part),
        )
        levels: NDArray[np.float32] = np.round(found, 1).astype(np.float32)
        return levels

    def _pattern_db(self, server: pd.Series[Any], part: Window) -> FloatArray | float:
        """Gain of a server's antenna towards cells, against its largest."""
        azimuth, downtilt = float(server["azimuth_deg"]), float(server["downtilt_deg"])
        if math.isnan(azimuth) and math.isnan(downtilt):
            return 0.0
        row, col = np.mgrid[0 : int(part.height), 0 : int(part.width)] + 0.5
        lat, lon = self.grid.position(row + part.row_off, col + part.col_off)
        bearing, way_m = _bearing_and_way(server["lat"], server["lon"], lat, lon)
        elevation = 0.0 * way_m
        if not math.isnan(downtilt):
            rx_m = np.nan_to_num(self._heights(part)) + self.radio.receiver.height_m
            tx_m = self._mast_m(mast_of(server)) + server["antenna_height_m"]
            curved_m = way_m / (2.0 * _EARTH_M * self.radio.k_factor.median)
            elevation = np.degrees(np.arctan((rx_m - tx_m) / np.maximum(way_m, 1.0) - curved_m))
        return sector_gain_db(azimuth, downtilt, bearing, elevation, pattern=self.radio.pattern)

    def _heights(self, part: Window) -> FloatArray:
        """Elevation of cells, row by row; NaN where there is none."""
        n, half = self.every, self.every // 2
        left, right = (int(v) * n + half for v in (part.col_off, part.col_off + part.width - 1))
        with open_band(self.source.tiles, self.source.band) as band:
            rows = [
                band.read(Window(left, (int(part.row_off) + i) * n + half, right - left + 1, 1))
                for i in range(int(part.height))
            ]
        return np.vstack(rows)[:, ::n]

    def _mast_m(self, mast: Mast) -> float:
        row, col = self.fine.pixel(mast.lat, mast.lon)
        with open_band(self.source.tiles, self.source.band) as band:
            return float(np.nan_to_num(band.read(Window(int(col), int(row), 1, 1))[0, 0]))

    def _put_together(self, network: Network, done: _Done) -> None:
        """Make the pieces of a network that are not there yet, several stripes at once."""
        names = tuple(dict.fromkeys(("level", *self.layers)))
        kept = {name: self.kept(network, name) for name in names}

        def work(window: Window) -> None:
            if all(pieces.has(window) for pieces in kept.values()):
                return
            made = self._fold(network, window)
            for name, pieces in kept.items():
                pieces.write(window, made[name])

        every = list(windows(self.grid))
        cost = self._network_cost(network)
        with ThreadPoolExecutor(self.threads) as workers:
            for n, _ in enumerate(workers.map(work, every)):
                done.step(cost * (n + 1) // len(every) - cost * n // len(every))

    def _network_cost(self, network: Network) -> int:
        return sum(self._cells(mast_of(server)) for _, server in network.servers.iterrows())

    def make(self, folder: Path, words: Text, report: Progress) -> pd.DataFrame:
        """Write every raster.

        Parameters
        ----------
        folder : Path
            Made when missing. A file there is replaced when the new one is complete.
        words : Text
            In the language of legends and descriptions.
        report : callable
            Told how much is done and of how much.

        Returns
        -------
        DataFrame
            A row for each operator and technology; see `table`.

        Raises
        ------
        OutputError
            A file cannot be written or is an input, or the disk is too small.
        """
        self._refuse_nothing()
        self._refuse_inputs(folder)
        self._refuse_small_disk(folder)
        self._tidy(folder)
        size = self.grid.height * self.grid.width
        swept = _SWEEP_COST * sum(self._cells(mast) for mast in self._todo())
        put = sum(self._network_cost(network) for network in self.networks)
        done = _Done(report, swept + put + size * len(self.layers) * len(self.networks))
        self._sweep(done)
        for network in self.networks:
            self._put_together(network, done)
            for name in self.layers:
                look = self._look(network, name, words)
                path = folder / f"{network.name}_{name}.tif"
                self.kept(network, name).publish(path, look, self._tags(network, name, words))
                done.step(size)
            if "server" in self.layers:
                with atomic(folder / f"{network.name}_server.csv") as temporary:
                    temporary.write_bytes(csv_of(_numbered(network)).encode("utf-8"))
        table = self.table()
        self._tidy(folder)
        return table

    def _tidy(self, folder: Path) -> None:
        """Keep the cache small, and remove what a killed run has left."""
        used = [self._root() / _hash(self._terms)]
        used += [self.kept(n, name).folder for n in self.networks for name in LOOKS]
        bound(self._root(), used)
        for place in (folder, *used):
            clear_leftovers(place)

    # --- what they say -------------------------------------------------------------------------

    def _look(self, network: Network, name: str, words: Text) -> Look:
        """What a raster of a network holds, in the reader's language."""
        look = LOOKS[name]
        whose = f"{network.technology.upper()} {plain(network.operator)}".strip()
        steps = tuple(
            Step(number, _SERVERS[number % len(_SERVERS)], str(site))
            for number, site in network.servers[["number", "site_id"]].itertuples(index=False)
        )
        description = f"{whose}: {words(look.description)}"
        return replace(look, description=description, steps=look.steps or steps)

    def _tags(self, network: Network, name: str, words: Text) -> dict[str, str]:
        """Metadata of a file: that it is predicted, by what and from what."""
        nature = messages.NAMES.get(self.opened.project.project.data)
        terms = {key: self._terms[key] for key in ("radio", "radius_km", "every")}
        carrier = self.radio.carriers[network.technology].model_dump(mode="json")  # type: ignore[index]
        legend = {"SERVERS": f"{network.name}_server.csv"} if name == "server" else {}
        return {
            "AREA_OR_POINT": "Area",
            "TIFFTAG_SOFTWARE": f"kalsel-gap {version('kalsel-gap')}",
            "PROJECT": plain(self.opened.project.project.name),
            "BASIS": "predicted, uncalibrated",
            "MODEL": MODEL,
            "OPERATOR": plain(network.operator),
            "TECHNOLOGY": network.technology,
            "THRESHOLD_DBM": f"{network.threshold_dbm:g}",
            "PARAMETERS": json.dumps(terms | {"carrier": carrier}, sort_keys=True),
            "INPUTS_SHA256": json.dumps(self.inputs, sort_keys=True),
            **legend,
            **({"NOTICE": words(nature)} if nature else {}),
        }

    def table(self) -> pd.DataFrame:
        """What the rasters say of the land.

        Returns
        -------
        DataFrame
            ``operator technology sites servers threshold_dbm land_km2 predicted_share covered_km2
            covered_share files``, a row for each operator and technology. Land is that of the
            province or its kabupaten where the project has polygons, else that of the elevation
            model; `predicted_share` has a level, `covered_share` one at or above the threshold.
        """
        land_km2 = 0.0
        sums = np.zeros((len(self.networks), 2))
        pieces = [self.kept(network, "level") for network in self.networks]
        areas = self._areas()
        for window in windows(self.grid):
            km2 = self._land_km2(window, areas)
            land_km2 += float(km2.sum())
            for n, network in enumerate(self.networks):
                level = pieces[n].read(window)
                sums[n, 0] += km2[~np.isnan(level)].sum()
                sums[n, 1] += km2[level >= np.float32(network.threshold_dbm)].sum()
        rows = [
            {
                "operator": network.operator,
                "technology": network.technology,
                "sites": len(network.servers[["site_id", "lat", "lon"]].drop_duplicates()),
                "servers": len(network.servers),
                "threshold_dbm": network.threshold_dbm,
                "land_km2": round(land_km2, 3),
                "predicted_share": round(predicted / land_km2, 4) if land_km2 else np.nan,
                "covered_km2": round(covered, 3),
                "covered_share": round(covered / land_km2, 4) if land_km2 else np.nan,
                "files": " ".join(f"{network.name}_{name}.tif" for name in self.layers),
            }
            for network, (predicted, covered) in zip(self.networks, sums.tolist(), strict=True)
        ]
        table = pd.DataFrame(rows)
        nature = self.opened.project.project.data
        return table if nature == "real" else table.assign(data=nature)

    def _areas(self) -> Footprints | None:
        """Polygons of the area that the figures are about."""
        for level in ("province", "kabupaten"):
            if level in self.opened.project.boundaries.files():
                areas = read_areas(self.opened, level)
                if areas is not None and len(areas):
                    numbers = np.ones(len(areas), dtype=np.int64)
                    return Footprints(self.grid, areas.geometry.to_numpy(), numbers)
        return None

    def _land_km2(self, window: Window, areas: Footprints | None) -> FloatArray:
        """Area of each cell that is land, 0 of the others."""
        is_land = ~np.isnan(self._heights(window))
        if self.sea is not None:
            n, half = self.every, self.every // 2
            top, left = int(window.row_off), int(window.col_off)
            for i in range(is_land.shape[0]):
                row = (top + i) * n + half
                is_land[i] &= ~self.sea.rows(row, row + 1)[0, left * n + half :: n][
                    : is_land.shape[1]
                ]
        if areas is not None:
            is_land &= areas.at(window) > 0
        rows = range(int(window.row_off), int(window.row_off + window.height))
        row_km2 = np.array([math.prod(cell_m(self.grid, row)) / 1e6 for row in rows])
        return is_land * row_km2[:, None]

    # --- beforehand ----------------------------------------------------------------------------

    def estimate(self, folder: Path) -> Estimate:
        """What making the rasters would take, by the mast in the middle; nothing is written."""
        self._refuse_nothing()
        todo = self._todo()
        mast = self.masts[len(self.masts) // 2]
        for _ in range(2):  # the first time compiles
            begun = time.perf_counter()
            loss_db = self._swept(mast)
            sweeping = time.perf_counter() - begun
        network = next(n for n in self.networks if mast in set(map(mast_of, _rows(n.servers))))
        server = next(s for s in _rows(network.servers) if mast_of(s) == mast)
        window = self.disks[mast].window
        level = self._levels(network.technology, server, window, loss_db.astype(np.float32))
        cells = {
            "level": level,
            "server": np.where(np.isnan(level), -1, 1).astype(np.int32),
            "servers": np.where(np.isnan(level), -1, level >= network.threshold_dbm),
            "margin": level - np.float32(network.threshold_dbm),
        }
        known = max(int((~np.isnan(level)).sum()), 1)
        each = {
            name: encoded_bytes(self.grid, LOOKS[name], window, cells[name].astype(dtype), level=3)
            for name, dtype in (
                *(("level", "float32"), ("server", "int32")),
                *(("servers", "int32"), ("margin", "float32")),
            )
        }
        kept = encoded_bytes(self.grid, _LOSS, window, np.rint(loss_db * _PER_DB), level=1)
        rows = [
            {
                "operator": of.operator,
                "technology": of.technology,
                "layer": name,
                "file": f"{of.name}_{name}.tif",
                "unit": LOOKS[name].unit,
                "cells": self.grid.width * self.grid.height,
                "bytes": math.ceil(each[name] * self._covered(of) / known * _OVERVIEWS),
            }
            for of in self.networks
            for name in self.layers
        ]
        table = pd.DataFrame(rows)
        put = sum(map(self._network_cost, self.networks)) / self.threads
        written = len(rows) * self.grid.width * self.grid.height
        seconds = sweeping * len(todo) + _SECONDS * (put + written)
        cache = kept * len(todo) + int(table["bytes"].sum())
        return Estimate(table, seconds, cache, free_bytes(folder))

    def _covered(self, network: Network) -> int:
        """Cells within the radius of a site of a network, about: counted 16 by 16."""
        coarse = 16
        shape = -(-self.grid.height // coarse), -(-self.grid.width // coarse)
        reached = np.zeros(shape, dtype=np.bool_)
        row, col = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
        for mast in {mast_of(server) for server in _rows(network.servers)}:
            w = self.disks[mast].window
            down = (row * coarse - w.row_off) / w.height - 0.5
            along = (col * coarse - w.col_off) / w.width - 0.5
            reached |= down**2 + along**2 <= 0.25
        return int(reached.sum()) * coarse**2

    def _refuse_nothing(self) -> None:
        if not self.networks:
            count = len({(finding.file, finding.row) for finding in self.findings})
            raise InputError("sites_unusable", path=self.opened.path, count=count)

    def _refuse_inputs(self, folder: Path) -> None:
        inputs = {path.resolve() for _, path in self.opened.project.inputs()}
        ends = [f"{name}.{end}" for name in self.layers for end in ("tif", "qml")]
        for network in self.networks:
            for end in (*ends, "server.csv"):
                path = folder / f"{network.name}_{end}"
                if path.resolve() in inputs:
                    raise OutputError("output_is_input", path=path)

    def _refuse_small_disk(self, folder: Path) -> None:
        """An error where the files cannot fit; they are looked at closely only where it is near."""
        cells = self.grid.width * self.grid.height * len(self.networks) * len(self.layers)
        kept = 2 * sum(self._cells(mast) for mast in self._todo())
        if 4 * cells * _OVERVIEWS + kept < min(free_bytes(folder), free_bytes(self._root())):
            return
        estimate = self.estimate(folder)
        needed = int(estimate.layers["bytes"].sum())
        for place, wanted in ((folder, needed), (self._root(), estimate.cache_bytes)):
            if wanted > free_bytes(place):
                raise OutputError(
                    "disk_too_small",
                    path=place,
                    needed_mb=math.ceil(wanted / 1e6),
                    free_mb=free_bytes(place) // 10**6,
                )


class _Done:
    """How far the work is."""

    def __init__(self, report: Progress, total: int) -> None:
        self._report, self._total, self._done = report, total, 0

    def step(self, cost: int) -> None:
        """So much more is done."""
        self._done += cost
        self._report(self._done, self._total)


_EARTH_M = 6_371_000.0


def _rows(servers: pd.DataFrame) -> Iterator[pd.Series[Any]]:
    return (server for _, server in servers.iterrows())


def _numbered(network: Network) -> pd.DataFrame:
    """What stands for each number of the best server."""
    first = ["number", "site_id"]
    others = [name for name in network.servers.columns if name not in first]
    return network.servers[[*first, *others]]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _cell_width_m(grid: Grid) -> float:
    return resolution_m(grid)


def _coarse(grid: Grid, every: int) -> Grid:
    """The grid of every so many cells, from the same corner; the middle of each is one of theirs."""
    t, half = grid.transform, every // 2
    moved = Affine(t.a * every, t.b * every, t.c, t.d * every, t.e * every, t.f)
    height, width = (max(-((half - size) // every), 1) for size in (grid.height, grid.width))
    return Grid(width, height, moved, grid.crs)


def _span(at: FloatArray, size: int) -> tuple[int, int]:
    """First cell and the one after the last that hold all of a ring, with a margin, on the grid."""
    first, last = math.floor(np.nanmin(at)) - 1, math.ceil(np.nanmax(at)) + 1
    return max(first, 0), min(last, size)


def _common(one: Window, other: Window) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of what two windows share."""
    return (
        int(max(one.row_off, other.row_off)),
        int(max(one.col_off, other.col_off)),
        int(min(one.row_off + one.height, other.row_off + other.height)),
        int(min(one.col_off + one.width, other.col_off + other.width)),
    )


def _bearing_and_way(
    lat: float, lon: float, to_lat: FloatArray, to_lon: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bearing in degrees and way in metres on the sphere: antenna patterns ask for no more."""
    y, to_y = math.radians(lat), np.radians(to_lat)
    dx = np.radians(to_lon - lon)
    east = np.sin(dx) * np.cos(to_y)
    north = math.cos(y) * np.sin(to_y) - math.sin(y) * np.cos(to_y) * np.cos(dx)
    up = math.sin(y) * np.sin(to_y) + math.cos(y) * np.cos(to_y) * np.cos(dx)
    way = np.arctan2(np.hypot(east, north), up) * _EARTH_M
    return np.degrees(np.arctan2(east, north)), way
