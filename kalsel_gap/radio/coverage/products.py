"""Predicted coverage as files for GIS: level, best server, number of servers, margin.

The path loss around each mast is swept once and cached: an interrupted run continues where it
stopped, and another power, azimuth or threshold needs no new sweep. Rasters are then made window by
window, so that memory is bounded by a window and the disks of a few masts for any raster.
"""

from __future__ import annotations

import colorsys
import json
import math
import os
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, OutputError, suggestion
from kalsel_gap.geo.cog import LayerStyle, Step
from kalsel_gap.geo.grid import windows
from kalsel_gap.geo.mosaic import refuse_no_heights
from kalsel_gap.geo.raster_cache import CachedLayer, Estimate, bound, free_bytes, writable_root
from kalsel_gap.geo.rasterize import Footprints, cell_m
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.project.input_hashes import InputHashes
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.radio.coverage.best_server import combine_servers
from kalsel_gap.radio.coverage.loss_rasters import LossRasters, in_turn
from kalsel_gap.radio.coverage.networks import Network, read_networks
from kalsel_gap.radio.coverage.probe import measure_costs
from kalsel_gap.sources.boundaries import read_areas
from kalsel_gap.storage.atomic import clear_leftovers
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import default_cache_folder, hash_of
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rasterio.windows import Window

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.spreadsheet import Dialect

FOLDER = "reception"  # in the folder of runs
MODEL = "ITU-R P.1812-8"
BASIS = {False: "predicted, uncalibrated", True: "predicted, calibrated"}
NO_DATA = -9999.0
_VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
_AROUND = ("#762a83", "#c2a5cf", "#f7f7f7", "#a6dba0", "#1b7837")
_SITE = ("site_id", "lat", "lon")
_NO_FIGURES = {"confidence", "source", "usable_dbm"}  # the last has a tag of its own
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0  # steps of it around a circle stay far from each other


def _ramp(
    unit: str, description: str, values: Sequence[float], colours: Sequence[str]
) -> LayerStyle:
    steps = tuple(Step(v, colour, f"{v:g}") for v, colour in zip(values, colours, strict=True))
    return LayerStyle("float32", NO_DATA, unit, description, steps)


STYLES: dict[str, LayerStyle] = {
    "level": _ramp("dBm", N_("Predicted level"), (-120, -110, -100, -90, -75), _VIRIDIS),
    "server": LayerStyle(
        "int32", 0, "", N_("Best server by number"), (), is_class=True, is_mixable=False
    ),
    "servers": replace(
        _ramp("", N_("Number of sites at or above the threshold"), (0, 1, 2, 3, 5), _VIRIDIS),
        dtype="int32",
        nodata=-1,
        is_mixable=False,
    ),
    "margin": _ramp(
        "dB", N_("Predicted level above the threshold"), (-20, -10, 0, 10, 20), _AROUND
    ),
}
# Relative time of a cell: swept, combined, and written.
_SWEPT, _PUT, _WRITTEN = 60, 2, 4
_READ = frozenset(("elevation", "land_cover", "sites", "calibration"))  # sections with files
_OVERVIEWS = 4 / 3  # a file with its overviews against one without
_BYTES = 4  # of a cell of a raster, uncompressed; a cached path loss needs half of them


class Reception:
    """Predicted coverage of a project.

    Parameters
    ----------
    opened : Opened
        The project.
    operators, technologies : sequence of str, optional
        Only these; empty: all that the sites have.
    layers : sequence of str, optional
        Of :data:`STYLES`; empty: all.
    radius_km : float, optional
        Radius around a site; ``radio.candidates.reach_km`` by default.
    resolution_m : float, optional
        Width of a cell: rounded to the nearest odd number of cells of the elevation model, so that
        the centre of a cell is one of theirs. By default their own width.
    threads : int, optional
        As many as there are processors.

    Raises
    ------
    InputError
        The project has no elevation model or no usable site, or a name is unknown; as
        `mosaic.open_band` and `networks.read_servers`.
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
        refuse_no_heights(opened.project.elevation.tiles, opened.project.elevation.band)
        self.opened, self.radio = opened, opened.project.radio
        for name in layers:
            if name not in STYLES:
                raise InputError(
                    "layer_unknown",
                    value=name,
                    suggestion=suggestion(name, STYLES),
                    known=", ".join(STYLES),
                )
        self.layers = tuple(name for name in STYLES if name in (layers or STYLES))
        store = Cache(default_cache_folder())
        self._inputs = InputHashes(opened, store, _READ)
        self._inputs.take()
        store.save()
        self.networks, self.findings = read_networks(opened, operators, technologies)
        self.losses = LossRasters(
            opened,
            list(dict.fromkeys(mast for network in self.networks for mast in network.masts)),
            inputs=self._inputs,
            radius_km=radius_km or self.radio.candidates.reach_km,
            cell_m=resolution_m,
            threads=threads or os.cpu_count() or 1,
        )
        self.grid = self.losses.grid

    def files(self, network: Network) -> list[str]:
        """Names of a network's rasters."""
        return [f"{network.name}_{name}.tif" for name in self.layers]

    def _kept(self, network: Network, name: str) -> CachedLayer:
        """Cached windows of a raster, in a folder named by everything that it depends on."""
        parts = {
            "losses": self.losses.collect_terms(),
            "layer": name,
            "servers": network.servers.astype(str).to_dict("split"),
            "carrier": self._carrier(network),
            "pattern": self.radio.pattern.model_dump(mode="json"),
            "k": self.radio.k_factor.median,
        }
        return CachedLayer(self.losses.root / hash_of(parts), self.grid, STYLES[name])

    def _carrier(self, network: Network) -> dict[str, Any]:
        return dict(self.radio.model_dump(mode="json")["carriers"][network.technology])

    # --- making --------------------------------------------------------------------------------

    def check_folder(self, folder: Path, *, overwrite: bool = False) -> Outputs:
        """The guard, once it lets everything be written that :meth:`make` writes.

        Raises
        ------
        OutputError
            A file there is an input of the project, or somebody's own.
        """
        outputs = outputs_of(self.opened)
        outputs.check(*self._written(folder), overwrite=overwrite)
        return outputs

    def make(
        self,
        folder: Path,
        words: Text,
        report: Progress,
        outputs: Outputs,
        *,
        dialect: Dialect = "raw",
    ) -> pd.DataFrame:
        """Write every raster.

        Parameters
        ----------
        folder : Path
            Created if missing. An existing file is replaced when the new one is complete.
        words : Text
            Language of legends and descriptions.
        report : callable
            Called with how much is done and how much there is.
        outputs : Outputs
            What :meth:`check_folder` returned.
        dialect : {'raw', 'id', 'en'}
            Of the lists of servers; see :func:`.spreadsheet.csv_of`.

        Returns
        -------
        DataFrame
            A row for each operator and technology; see `table`.

        Raises
        ------
        InputError
            `sites_unusable`, or `piece_broken` where the cache was damaged.
        OutputError
            A file cannot be written, or the disk is too small.
        """
        with writable_root(self.losses.root, folder) as self.losses.root:
            return self._make(folder, words, report, outputs, dialect)

    def _make(
        self, folder: Path, words: Text, report: Progress, outputs: Outputs, dialect: Dialect
    ) -> pd.DataFrame:
        self._refuse_nothing()
        self._refuse_small_disk(folder)
        self._tidy(folder)
        size, done = self.grid.height * self.grid.width, 0.0
        total = sum(_SWEPT * self.losses.cells(mast) for mast in self.losses.todo())
        total += sum(_PUT * self._cells(network) for network in self.networks)
        total += _WRITTEN * size * len(self.layers) * len(self.networks)

        def step(cost: float) -> None:
            nonlocal done
            done += cost
            report(round(done), total)

        self.losses.make(lambda mast: step(_SWEPT * self.losses.cells(mast)))
        for network in self.networks:
            self._put_together(network, step)
            self._inputs.refuse_changed(_READ)  # the masts and offsets were read at the beginning
            for name, file in zip(self.layers, self.files(network), strict=True):
                style, tags = self._style(network, name, words), self._tags(network, name, words)
                self._kept(network, name).publish(outputs, folder / file, style, tags)
                step(_WRITTEN * size)
            if "server" in self.layers:
                with outputs.replace(folder / f"{network.name}_server.csv") as temporary:
                    temporary.write_bytes(csv_of(_numbered(network), dialect).encode("utf-8"))
        table = self.table()
        self._tidy(folder)
        return table

    def _put_together(self, network: Network, step: Callable[[float], object]) -> None:
        """Make the missing windows of a network, several at the same time."""
        kept = {name: self._kept(network, name) for name in dict.fromkeys(("level", *self.layers))}

        def work(window: Window) -> None:
            todo = [name for name, layer in kept.items() if not layer.has(window)]
            made = combine_servers(self.losses, network, window) if todo else {}
            for name in todo:
                kept[name].write(window, made[name])

        parts = list(windows(self.grid))
        for _ in in_turn(work, parts, self.losses.threads):
            step(_PUT * self._cells(network) / len(parts))

    def _cells(self, network: Network) -> int:
        """Cells of the disks of all servers."""
        return sum(map(self.losses.cells, network.masts))

    def _tidy(self, folder: Path) -> None:
        """Keep the cache small, and remove temporary files of a killed run."""
        used = [self._kept(network, name).folder for network in self.networks for name in STYLES]
        bound(self.losses.root, [self.losses.locate_folder(), *used])
        for place in (folder, self.losses.locate_folder(), *used):
            clear_leftovers(place)

    # --- description ---------------------------------------------------------------------------

    def _style(self, network: Network, name: str, words: Text) -> LayerStyle:
        """Contents of a raster of a network, in the reader's language."""
        style, servers = STYLES[name], network.servers
        whose = f"{network.technology.upper()} {plain(network.operator)}".strip()
        steps = tuple(
            Step(number, _colour(number), site or str(number))
            for number, site in zip(servers["number"], servers["site_id"], strict=True)
        )
        description = f"{whose}: {words(style.description)}"
        return replace(style, description=description, steps=style.steps or steps)

    def _tags(self, network: Network, name: str, words: Text) -> dict[str, str]:
        """Metadata of a file: that it is predicted, by which model and from which inputs."""
        nature = messages.NAMES.get(self.opened.project.project.data)
        around = {
            f"{mhz:g}": round(self.losses.surroundings_db(mhz), 1)
            for mhz in sorted(set(network.servers["frequency_mhz"]))
        }
        return {
            "AREA_OR_POINT": "Area",
            "TIFFTAG_SOFTWARE": f"kalsel-gap {version('kalsel-gap')}",
            "PROJECT": plain(self.opened.project.project.name),
            "BASIS": BASIS[network.is_calibrated],
            "MODEL": MODEL,
            "OPERATOR": plain(network.operator),
            "TECHNOLOGY": network.technology,
            "THRESHOLD_DBM": f"{network.threshold_dbm:g}",
            "SURROUNDINGS_DB": json.dumps(around),  # by frequency in MHz
            "PARAMETERS": json.dumps(self._parameters(network), sort_keys=True),
            "INPUTS_SHA256": json.dumps(self._hash_inputs(network), sort_keys=True),
            **({"SERVERS": f"{network.name}_server.csv"} if name == "server" else {}),
            **({"NOTICE": words(nature)} if nature else {}),
        }

    def _parameters(self, network: Network) -> dict[str, Any]:
        """All figures that change the levels and are in no table of sites."""
        moves = {key: v for key, v in self._carrier(network).items() if key not in _NO_FIGURES}
        pattern = self.radio.pattern.model_dump(mode="json", exclude=_NO_FIGURES)
        numbers, offsets = (network.servers[name] for name in ("number", "offset_db"))
        by_server = {f"{n}": db for n, db in zip(numbers, offsets.round(4), strict=True) if db}
        return {
            **moves,
            "pattern": pattern,
            "k": self.radio.k_factor.median,
            **({"offset_db": by_server} if by_server else {}),  # by number of the server
            **self.losses.parameters,
        }

    def _hash_inputs(self, network: Network) -> dict[str, str]:
        """SHA-256 of the input files of the levels of a network, by their names in the project."""
        is_calibrated = bool(network.servers["calibrated"].any())
        read = _READ if is_calibrated else _READ - {"calibration"}
        return self._inputs.by_file(read)

    def table(self) -> pd.DataFrame:
        """Land area that the rasters predict and cover.

        Returns
        -------
        DataFrame
            ``operator technology sites servers threshold_dbm land_km2 predicted_share covered_km2
            covered_share files``, a row for each operator and technology. Land is that of the
            province or its kabupaten where the project has polygons, else that of the elevation
            model; `predicted_share` has a level, `covered_share` one at or above the threshold.
        """
        land_km2, areas = 0.0, self._areas()
        km2 = np.zeros((len(self.networks), 2))
        for window in windows(self.grid):
            of_cells = self._land_km2(window, areas)
            land_km2 += float(of_cells.sum())
            for n, network in enumerate(self.networks):
                level = self._kept(network, "level").read(window)
                km2[n, 0] += of_cells[~np.isnan(level)].sum()
                km2[n, 1] += of_cells[level >= np.float32(network.threshold_dbm)].sum()
        with np.errstate(invalid="ignore"):
            share = (km2 / np.float64(land_km2)).round(4)
        table = pd.DataFrame(
            {
                "operator": [network.operator for network in self.networks],
                "technology": [network.technology for network in self.networks],
                "sites": [len(n.servers[list(_SITE)].drop_duplicates()) for n in self.networks],
                "servers": [len(network.servers) for network in self.networks],
                "threshold_dbm": [network.threshold_dbm for network in self.networks],
                "land_km2": round(land_km2, 3),
                "predicted_share": share[:, 0],
                "covered_km2": km2[:, 1].round(3),
                "covered_share": share[:, 1],
                "files": [" ".join(self.files(network)) for network in self.networks],
            }
        )
        nature = self.opened.project.project.data
        return table if nature == "real" else table.assign(data=nature)

    def _areas(self) -> Footprints | None:
        """Polygons of the area that the figures are about."""
        for level in ("province", "kabupaten"):
            areas = read_areas(self.opened, level)
            if areas is not None and len(areas):
                numbers = np.ones(len(areas), dtype=np.int64)
                return Footprints(self.grid, areas.geometry.to_numpy(), numbers)
        return None

    def _land_km2(self, window: Window, areas: Footprints | None) -> FloatArray:
        """Area of each cell that is land, 0 of the others."""
        is_land = self.losses.is_land(window)
        if areas is not None:
            is_land &= areas.at(window) > 0
        rows = range(int(window.row_off), int(window.row_off + window.height))
        row_km2 = np.array([math.prod(cell_m(self.grid, row)) / 1e6 for row in rows])
        found: FloatArray = is_land * row_km2[:, None]
        return found

    # --- estimate ------------------------------------------------------------------------------

    def estimate(self, folder: Path) -> Estimate:
        """Time and space that the rasters would need, by a probe; no product is written."""
        self._refuse_nothing()
        areas = self._areas()
        kept = tuple(dict.fromkeys(("level", *self.layers)))
        network = max(self.networks, key=self._cells)
        costs = measure_costs(
            *(self.losses, network, {name: STYLES[name] for name in kept}),
            lambda window: self._land_km2(window, areas),
        )
        size = self.grid.height * self.grid.width
        rows = [
            {
                "operator": network.operator,
                "technology": network.technology,
                "layer": name,
                "file": file,
                "unit": STYLES[name].unit,
                "cells": size,
                "bytes": math.ceil(
                    costs.layers[name].known_bytes * self._reached(network) * _OVERVIEWS
                ),
            }
            for network in self.networks
            for name, file in zip(self.layers, self.files(network), strict=True)
        ]
        table = pd.DataFrame(rows)
        swept = sum(map(self.losses.cells, self.losses.todo()))
        seconds = costs.swept_s * swept + costs.counted_s * size
        for network in self.networks:
            if not all(self._kept(network, name).are_complete() for name in kept):
                seconds += costs.combined_s * self._cells(network)
            reached = self._reached(network)
            seconds += sum(costs.layers[n].cell_s * size for n in kept)
            seconds += sum(costs.layers[n].known_s * reached for n in kept)
        cache_bytes = math.ceil(costs.loss_bytes * swept) + int(table["bytes"].sum())
        return Estimate(table, seconds, cache_bytes, free_bytes(folder))

    def _reached(self, network: Network) -> int:
        """About how many cells lie within the radius of a server, on a grid of a few hundred."""
        coarse = max(min(self.grid.height, self.grid.width) // 256, 1)
        shape = -(-self.grid.height // coarse), -(-self.grid.width // coarse)
        row, col = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
        reached = np.zeros(shape, dtype=np.bool_)
        for mast in set(network.masts):
            w = self.losses.locate_disks()[mast].window
            down = (row * coarse - w.row_off) / max(w.height, 1) - 0.5
            along = (col * coarse - w.col_off) / max(w.width, 1) - 0.5
            reached |= down**2 + along**2 <= 0.25
        return min(int(reached.sum()) * coarse**2, self.grid.height * self.grid.width)

    def _refuse_nothing(self) -> None:
        if not self.networks:
            count = len({(finding.file, finding.row) for finding in self.findings if finding.row})
            raise InputError("sites_unusable", path=self.opened.path, count=count)
        if not any(map(self.losses.cells, self.losses.masts)):
            raise InputError("resolution_too_coarse", value=self.losses.every)

    def _written(self, folder: Path) -> Iterator[Path]:
        """Every file that will be written."""
        for network in self.networks:
            for file in self.files(network):
                yield from (folder / file, (folder / file).with_suffix(".qml"))
            if "server" in self.layers:
                yield folder / f"{network.name}_server.csv"

    def _refuse_small_disk(self, folder: Path) -> None:
        """Raise an error where the files cannot fit; precise only where space may be short."""
        cells = self.grid.width * self.grid.height * len(self.networks) * len(self.layers)
        kept = sum(map(self.losses.cells, self.losses.todo()))
        at_most = _BYTES * (cells * _OVERVIEWS + kept)
        if at_most < min(free_bytes(folder), free_bytes(self.losses.root)):
            return
        estimate = self.estimate(folder)
        needed = int(estimate.layers["bytes"].sum())
        for place, wanted in ((folder, needed), (self.losses.root, estimate.cache_bytes)):
            if wanted > free_bytes(place):
                raise OutputError(
                    "disk_too_small",
                    path=place,
                    needed_mb=math.ceil(wanted / 1e6),
                    free_mb=free_bytes(place) // 10**6,
                )


def _colour(number: int) -> str:
    """A colour for each server number; neighbouring numbers differ clearly.

    Examples
    --------
    >>> _colour(1), _colour(2), _colour(14)
    ('#3d64c2', '#b7d987', '#878ed9')
    """
    lightness = (0.32, 0.50, 0.69)[number % 3]
    rgb = colorsys.hls_to_rgb(number * _GOLDEN % 1.0, lightness, 0.52)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def _numbered(network: Network) -> pd.DataFrame:
    """The server of each number in the raster of the best server."""
    first = ["number", "site_id"]
    others = [name for name in network.servers.columns if name not in first]
    return network.servers[[*first, *others]]
