"""The project file as a frozen model: its sections and its input files."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from kalsel_gap.errors import InputError
from kalsel_gap.geo.raster_files import beside, sources
from kalsel_gap.project.base import Section, flatten, is_of_plans
from kalsel_gap.project.checks import Confidence, FileChecks, Locations, Registers
from kalsel_gap.project.costs import Costs
from kalsel_gap.project.decision import Decision
from kalsel_gap.project.exam_day import ExamDay
from kalsel_gap.project.index import Index
from kalsel_gap.project.inputs import (
    POLYGON_TABLES,
    VECTORS,
    Attributes,
    Boundaries,
    Coastline,
    Coverage,
    CoverageDefaults,
    Elevation,
    Facilities,
    LandCover,
    Measurements,
    Offsets,
    OneOrMany,
    Output,
    ProjectSection,
    Register,
    Repairs,
    Sites,
    VectorLayer,
    Villages,
    Wetlands,
)
from kalsel_gap.project.objections import Objections
from kalsel_gap.project.plan import PlanRules
from kalsel_gap.project.publication import Publication
from kalsel_gap.project.radio import Radio
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.project.signal import Signal
from kalsel_gap.project.terrain import Terrain
from kalsel_gap.project.use_cases import UseCases

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPEFILE_PARTS = (".dbf", ".shx", ".prj", ".cpg")


class Project(Section):
    """Everything that a run depends on."""

    project: ProjectSection = ProjectSection()
    """Name and language."""
    schools: Annotated[tuple[Register, ...], OneOrMany, Field(min_length=1)]
    """The register of schools, or several (``[[schools]]``): later ones fill gaps."""
    attributes: Annotated[tuple[Attributes, ...], OneOrMany] = ()
    """Tables that add columns by NPSN."""
    boundaries: Boundaries = Boundaries()
    """Administrative areas: each level is a file, ``kabupaten = "areas.geojson"``, or a file and
    its columns, ``kabupaten = { path = "areas.geojson", code = "KDPKAB", name = "WADMKK" }``.
    Columns of BIG, HDX (COD-AB), GADM, geoBoundaries, BPS and Dukcapil are recognised."""
    elevation: Elevation | None = None
    """Elevation model."""
    land_cover: LandCover | None = None
    """Land cover."""
    coverage_defaults: Annotated[CoverageDefaults, Field(exclude=True)] = CoverageDefaults()
    """Keys of all coverage that does not state them itself."""
    coverage: Annotated[tuple[Coverage, ...], OneOrMany] = ()
    """Coverage rasters."""
    sites: Annotated[tuple[Sites, ...], OneOrMany] = ()
    """Radio sites."""
    rivers: VectorLayer | None = None
    """Rivers, lines or polygons."""
    roads: VectorLayer | None = None
    """Roads, lines."""
    fibre: VectorLayer | None = None
    """Fibre nodes or lines."""
    coastline: Coastline | None = None
    """Shore and islands."""
    wetlands: Wetlands | None = None
    """Wetlands and peat, polygons."""
    measurements: Annotated[tuple[Measurements, ...], OneOrMany] = ()
    """Speed tests, or measured levels. A row whose column ``signal`` says ``none`` (``tidak ada``)
    has no signal: it counts as the lowest level of the curve."""
    calibration: Offsets | None = None
    """Offsets of predicted levels."""
    facilities: Annotated[tuple[Facilities, ...], OneOrMany] = ()
    """Public facilities: no school has exactly the coordinates of one."""
    villages: Villages | None = None
    """Village development index."""
    repairs: Repairs
    """Repairs of locations."""
    objections: Objections
    """Objections to the list, and the evidence that they need."""
    confidence: Confidence
    """Grade of a location."""
    index: Index
    """Deficit, barrier, need and priority."""
    signal: Signal
    """From signal to adequacy."""
    terrain: Terrain
    """Terrain classes."""
    radio: Radio
    """From a site's power to a level."""
    robustness: Robustness
    """How sure the ranking is."""
    decision: Decision | None = None
    """What was fixed before the result: the decree or memo with its figures. A run records whether
    they were set before the first ranking of the same inputs; the audit page shows it."""
    exam_day: ExamDay
    """Peak of an examination day."""
    use_cases: UseCases
    """What a school's internet is enough for."""
    registers: Registers
    """From when on values of a register are doubted."""
    locations: Locations
    """From when on a location is doubted."""
    file_checks: FileChecks
    """From when on another file is doubted."""
    costs: Costs
    """Prices, discounting, PPN and account codes of a plan. They change no ranking, and no run
    records them."""
    plan: PlanRules
    """What a plan may spend, when and by whom. It changes no ranking, and no run records it."""
    publication: Publication = Publication()
    """Who publishes, and under which licence. It is part of a run and changes no number; the
    metadata of GIS layers and open data state it."""
    output: Output = Output()
    """Where results go."""

    def unused_sections(self) -> tuple[str, ...]:
        """Sections that are given and that this version does not read."""
        # Without boundaries the desa of a school is unknown.
        is_unread = self.villages is not None and self.boundaries.desa is None
        return ("villages",) if is_unread else ()

    @property
    def dates(self) -> tuple[str, ...]:
        """The stated evidence date, or the dates of all inputs as they are given, sorted."""
        if self.project.evidence_date:
            return (self.project.evidence_date,)
        tables = (*self.schools, *self.attributes, *self.coverage, *self.sites, *self.measurements)
        villages = (self.villages,) if self.villages is not None else ()
        return tuple(sorted({table.date for table in (*tables, *villages) if table.date}))

    def inputs(self) -> Iterator[tuple[str, Path]]:
        """Every input file with the section that names it.

        With the parts of a Shapefile, the tiles of a folder, the sources of a VRT and the files
        beside a raster.

        Raises
        ------
        InputError
            A VRT that cannot be followed; see `raster_files.sources`.
        """
        for name, path in self.named_inputs():
            yield name, path
            is_raster = path.suffix.lower() not in VECTORS and not path.name.lower().endswith(
                POLYGON_TABLES
            )
            if is_raster and name.startswith(("elevation", "land_cover", "coverage")):
                drawn = [(f"{name}.{n}", file) for n, file in enumerate(sources(path))]
                yield from drawn
                for each, file in [(name, path), *drawn]:
                    yield from ((f"{each}{part}", other) for part, other in beside(file))
            if path.suffix.lower() == ".shp":
                for part in SHAPEFILE_PARTS:
                    other = path.with_suffix(part)
                    if other.exists() or part in (".dbf", ".shx"):
                        yield f"{name}{part}", other

    def named_inputs(self) -> Iterator[tuple[str, Path]]:
        """The files that the project file names, or the files of a folder that it names."""
        for section in ("schools", "attributes", "sites", "measurements", "facilities"):
            for number, item in enumerate(getattr(self, section)):
                yield f"{section}.{number}", item.path
        for name, path in self.boundaries.files().items():
            yield f"boundaries.{name}", path
        yield from self._made()
        yield from self._rasters()
        for section in ("rivers", "roads", "fibre", "wetlands", "villages"):
            if (item := getattr(self, section)) is not None:
                yield section, item.path
        if self.coastline is not None:
            yield "coastline", self.coastline.path
            for number, path in enumerate(self.coastline.land):
                yield f"coastline.land.{number}", path

    def plan_inputs(self) -> Iterator[tuple[str, Path]]:
        """Every file that only a plan reads, with the key that names it; it may be missing.

        They are no inputs of a run: a new price makes no ranking old.
        """
        if self.costs.ssh is not None:
            yield "costs.ssh", self.costs.ssh
        if self.plan.delivery is not None:
            yield "plan.delivery", self.plan.delivery

    def _rasters(self) -> Iterator[tuple[str, Path]]:
        """Every file of coverage, elevation and land cover."""
        for number, source in enumerate(self.coverage):
            yield from _numbered(f"coverage.{number}", source.tiles.files)
        for section in ("elevation", "land_cover"):
            if (tiled := getattr(self, section)) is not None:
                yield from _numbered(section, tiled.tiles.files)

    def _made(self) -> Iterator[tuple[str, Path]]:
        """Inputs that our own commands write, once they are there."""
        for name in ("repairs", "calibration", "objections"):
            item = getattr(self, name)
            if item is not None and getattr(item, "used", True) and os.path.lexists(item.path):
                yield name, item.path


def _numbered(name: str, files: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """Files of one input: its name where there is one, otherwise with a number each."""
    yield from ((name if len(files) == 1 else f"{name}.{n}", f) for n, f in enumerate(files))


@dataclass(frozen=True, slots=True)
class Opened:
    """A project and where each of its values comes from.

    Attributes
    ----------
    path : Path
        The project file.
    project : Project
    origins : dict
        Dotted key to ``default``, ``project`` or ``option``; keys not named are built in.
    """

    path: Path
    project: Project
    origins: dict[str, str] = field(default_factory=dict)

    def shown(self, path: Path | tuple[Path, ...]) -> str:
        """`path` relative to the project file, with forward slashes: no absolute path.

        Of several paths the first one, with an ellipsis.
        """
        if isinstance(path, tuple):
            return self.shown(path[0]) + (" …" if len(path) > 1 else "")
        try:
            return Path(os.path.relpath(path, self.path.parent)).as_posix()
        except ValueError:  # another drive on Windows
            return path.as_posix()

    def values(self) -> Iterator[tuple[str, Any, str]]:
        """Every value in force: dotted key, value, origin."""
        for key, value in flatten(self.project.model_dump(by_alias=True)):
            yield key, self._printable(value), self._origin(key)

    def overrides(self) -> dict[str, Any]:
        """What options have set of a run, by full dotted key; where results go changes nothing."""
        return {
            key: json.loads(json.dumps(value))
            for key, value, origin in self.values()
            if origin == "option" and not key.startswith("output.") and not is_of_plans(key)
        }

    def parameters(self) -> dict[str, Any]:
        """Every value that a run depends on; no path of this machine, nothing of a plan."""
        return {
            key: json.loads(json.dumps(value))
            for key, value, _ in self.values()
            if not key.startswith("output.") and not key.endswith("path") and not is_of_plans(key)
        }

    def plan_overrides(self) -> dict[str, Any]:
        """What options have set of a plan, by full dotted key."""
        return {
            key: json.loads(json.dumps(value))
            for key, value, origin in self.values()
            if origin == "option" and is_of_plans(key)
        }

    def plan_parameters(self) -> dict[str, Any]:
        """Every value that a plan depends on and its run does not; no file."""
        files = {name for name, _ in self.project.plan_inputs()}
        return {
            key: json.loads(json.dumps(value))
            for key, value, _ in self.values()
            if is_of_plans(key) and key not in files
        }

    def inputs_known(self) -> list[tuple[str, Path]]:
        """The inputs of a project whose files may be gone, as far as they can be followed."""
        found: list[tuple[str, Path]] = []
        with contextlib.suppress(InputError):
            found.extend(self.project.inputs())
        return [*found, *self.project.named_inputs()]

    def _printable(self, value: object) -> object:
        if isinstance(value, tuple):
            return [self._printable(item) for item in value]
        return self.shown(value) if isinstance(value, Path) else value

    def _origin(self, key: str) -> str:
        parts = key.split(".")
        for length in range(len(parts), 0, -1):
            if origin := self.origins.get(".".join(parts[:length])):
                return origin
        return "built-in"
