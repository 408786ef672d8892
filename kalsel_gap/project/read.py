"""The project file: ``kalsel-gap.toml`` read into one frozen, documented :class:`Project`.

Each section is a model; a field's docstring gives its unit and meaning, and makes the reference
page ``docs/project-file.md``. Defaults live in ``kalsel_gap/project/defaults/*.toml``; a
project overrides any of their values in the section of the same name.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError

from kalsel_gap import schema
from kalsel_gap.errors import InputError, KalselGapError, ProjectError, SeveralErrors
from kalsel_gap.geo.raster_files import sources
from kalsel_gap.project.checks import Confidence, FileChecks, Locations, Registers
from kalsel_gap.project.index import Index, Section, Signal, Terrain, default_values
from kalsel_gap.project.inputs import (
    VECTORS,
    Attributes,
    Boundaries,
    Coastline,
    Coverage,
    Elevation,
    Facilities,
    LandCover,
    Layer,
    Measurements,
    Offsets,
    OneOrMany,
    Output,
    ProjectSection,
    Register,
    Repairs,
    Sites,
    Villages,
    Wetlands,
)
from kalsel_gap.project.radio import Radio

FILE_NAME = "kalsel-gap.toml"
SHAPEFILE_PARTS = (".dbf", ".shx", ".prj", ".cpg")
# Files beside a raster from which GDAL takes its place, CRS, mask, unit or no data.
RASTER_PARTS = (".tfw", ".wld", ".prj", ".hdr")
RASTER_ENDINGS = (".aux.xml", ".msk")  # after the whole name of the raster
# Sections laid over a file of defaults/.
OVERRIDABLE = (
    *("index", "signal", "terrain", "radio"),
    *("confidence", "repairs", "registers", "locations", "file_checks"),
)


class Project(Section):
    """Everything that a run depends on."""

    project: ProjectSection = ProjectSection()
    """Name and language."""
    schools: Annotated[tuple[Register, ...], OneOrMany, Field(min_length=1)]
    """The register of schools, or several (``[[schools]]``): later ones fill gaps."""
    attributes: Annotated[tuple[Attributes, ...], OneOrMany] = ()
    """Tables that add columns by NPSN."""
    boundaries: Boundaries = Boundaries()
    """Administrative areas."""
    elevation: Elevation | None = None
    """Elevation model."""
    land_cover: LandCover | None = None
    """Land cover."""
    coverage: Annotated[tuple[Coverage, ...], OneOrMany] = ()
    """Coverage rasters."""
    sites: Annotated[tuple[Sites, ...], OneOrMany] = ()
    """Radio sites."""
    rivers: Layer | None = None
    """Rivers, lines or polygons."""
    roads: Layer | None = None
    """Roads, lines."""
    fibre: Layer | None = None
    """Fibre nodes or lines."""
    coastline: Coastline | None = None
    """Shore and islands."""
    wetlands: Wetlands | None = None
    """Wetlands and peat, polygons."""
    measurements: Annotated[tuple[Measurements, ...], OneOrMany] = ()
    """Speed tests."""
    calibration: Offsets | None = None
    """Offsets of predicted levels."""
    facilities: Annotated[tuple[Facilities, ...], OneOrMany] = ()
    """Public facilities: no school has the very coordinates of one."""
    villages: Villages | None = None
    """Village development index."""
    repairs: Repairs
    """Repairs of locations."""
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
    registers: Registers
    """When what a register says is doubted."""
    locations: Locations
    """When a location is doubted."""
    file_checks: FileChecks
    """When another file is doubted."""
    costs: dict[str, Any] = {}
    """Costs (not used by this version)."""
    output: Output = Output()
    """Where results go."""

    def unused_sections(self) -> tuple[str, ...]:
        """Sections that are given and that this version does not read."""
        unread = ["costs"] if self.costs else []
        if self.villages is not None and self.boundaries.desa is None:
            unread.append("villages")  # nothing tells which desa a school lies in
        return tuple(unread)

    def inputs(self) -> Iterator[tuple[str, Path]]:
        """Every input file with the section that names it.

        The parts of a Shapefile, the tiles of a folder, the sources of a VRT and what lies beside
        a raster too.

        Raises
        ------
        InputError
            A VRT that cannot be followed; see `tilesets.sources`.
        """
        for name, path in self._named_inputs():
            yield name, path
            is_raster = path.suffix.lower() not in VECTORS
            if is_raster and name.startswith(("elevation", "land_cover", "coverage")):
                drawn = [(f"{name}.{n}", file) for n, file in enumerate(sources(path))]
                yield from drawn
                for each, file in [(name, path), *drawn]:
                    yield from ((f"{each}{part}", beside) for part, beside in _beside(file))
            if path.suffix.lower() == ".shp":
                for part in SHAPEFILE_PARTS:
                    beside = path.with_suffix(part)
                    if beside.exists() or part in (".dbf", ".shx"):
                        yield f"{name}{part}", beside

    def _named_inputs(self) -> Iterator[tuple[str, Path]]:
        for section in ("schools", "attributes", "coverage", "sites", "measurements", "facilities"):
            for number, item in enumerate(getattr(self, section)):
                yield f"{section}.{number}", item.path
        for name, path in self.boundaries.files().items():
            yield f"boundaries.{name}", path
        yield from self._made()
        for section in ("elevation", "land_cover"):
            files = tiled.tiles.files if (tiled := getattr(self, section)) is not None else ()
            one = len(files) == 1
            yield from ((section if one else f"{section}.{n}", f) for n, f in enumerate(files))
        for section in ("rivers", "roads", "fibre", "wetlands", "villages"):
            if (item := getattr(self, section)) is not None:
                yield section, item.path
        if self.coastline is not None:
            yield "coastline", self.coastline.path
            for number, path in enumerate(self.coastline.land):
                yield f"coastline.land.{number}", path

    def _made(self) -> Iterator[tuple[str, Path]]:
        """Inputs that our own commands write, once they are there."""
        for name in ("repairs", "calibration"):
            if (item := getattr(self, name)) is not None and os.path.lexists(item.path):
                yield name, item.path


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
        """`path` as seen from the project file, with forward slashes: no path of a machine.

        Of several the first, and that there are more.
        """
        if isinstance(path, tuple):
            return self.shown(path[0]) + (" …" if len(path) > 1 else "")
        try:
            return Path(os.path.relpath(path, self.path.parent)).as_posix()
        except ValueError:  # another drive on Windows
            return path.as_posix()

    def values(self) -> Iterator[tuple[str, Any, str]]:
        """Every value in force: dotted key, value, origin."""
        for key, value in _flat(self.project.model_dump(by_alias=True)):
            yield key, self._printable(value), self._origin(key)

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


def _beside(raster: Path) -> Iterator[tuple[str, Path]]:
    """Files that belong to a raster, by their endings."""
    world = f".{raster.suffix[1:2]}{raster.suffix[-1:]}w"
    for part in dict.fromkeys((*RASTER_PARTS, world)):
        if part != raster.suffix and (beside := raster.with_suffix(part)).is_file():
            yield part, beside
    for part in RASTER_ENDINGS:
        if (beside := raster.with_name(raster.name + part)).is_file():
            yield part, beside


def find_project(folder: Path) -> Path:
    """The project file of `folder` or the nearest folder above it.

    Raises
    ------
    ProjectError
        When there is none.
    """
    for candidate in (folder, *folder.parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    raise ProjectError("project_not_found", path=folder, name=FILE_NAME)


def read_project(path: Path, options: tuple[str, ...] = ()) -> Opened:
    """Read a project file, lay it over the defaults, and check that its inputs exist.

    Parameters
    ----------
    path : Path
        The project file, or the folder that holds ``kalsel-gap.toml``.
    options : tuple of str
        ``section.key=value`` assignments that override the file.

    Raises
    ------
    ProjectError, SeveralErrors
        Unreadable, not TOML, unknown keys (with a suggestion), wrong values, missing inputs:
        all of them at once.
    """
    path = path / FILE_NAME if path.is_dir() else path
    given = _parse(path)
    assigned: dict[str, Any] = {}
    for option in options:
        assigned = merge(assigned, _parse_option(option))
    stated = merge(given, assigned)
    defaults = {name: default_values(name) for name in OVERRIDABLE}
    try:
        project = Project.model_validate(
            merge(defaults, stated), context={"folder": path.parent.absolute()}
        )
    except ValidationError as error:
        raise SeveralErrors(_readable(error, path)) from None
    if not project.output.folder.is_absolute():
        folder = os.path.normpath(path.parent.absolute() / project.output.folder)
        output = Output(folder=Path(folder))
        project = project.model_copy(update={"output": output})
    problems = list(_tree_faults(project.index, path))
    try:
        problems += [f for section, file in project.inputs() if (f := _fault(section, file))]
    except InputError as error:
        problems.append(error)
    if problems:
        raise SeveralErrors(problems)
    origins = {
        **{
            key: f"defaults/{name}.toml"
            for name in OVERRIDABLE
            for key, _ in _flat({name: defaults[name]})
        },
        **{key: "project" for key, _ in _flat(_listed(given))},
        **{key: "option" for key, _ in _flat(_listed(assigned))},
    }
    return Opened(path=path.absolute(), project=project, origins=origins)


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, table by table; neither is changed.

    Examples
    --------
    >>> merge({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}})
    {'a': {'x': 1, 'y': 3}}
    """
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _listed(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with each section that may be given once or several times as a list."""
    several = {name for name, info in Project.model_fields.items() if OneOrMany in info.metadata}
    return {k: [v] if k in several and isinstance(v, Mapping) else v for k, v in values.items()}


def suggestion(word: str, words: object) -> str:
    """The nearest of `words`, or nothing."""
    spelled = {str(each).casefold(): str(each) for each in words}  # type: ignore[attr-defined]
    near = difflib.get_close_matches(word.casefold(), spelled, n=1)
    return spelled[near[0]] if near else ""


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ProjectError("project_missing", path=path) from None
    except IsADirectoryError:
        raise ProjectError("file_is_folder", path=path) from None
    except UnicodeDecodeError:
        raise ProjectError("project_not_utf8", path=path) from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError("project_not_toml", path=path, reason=str(error)) from None
    except OSError as error:
        raise ProjectError("file_unreadable", path=path, reason=error.strerror or "") from None


def _parse_option(option: str) -> dict[str, Any]:
    key, equals, value = option.partition("=")
    try:
        if not equals or "\n" in option:
            raise ProjectError("option_not_assignment", option=option)
        return tomllib.loads(f"{key} = {value}")
    except tomllib.TOMLDecodeError:
        try:  # a bare word stands for itself
            return tomllib.loads(f"{key} = {json.dumps(value.strip(), ensure_ascii=False)}")
        except tomllib.TOMLDecodeError:
            raise ProjectError("option_not_assignment", option=option) from None


def _tree_faults(index: Index, path: Path) -> Iterator[KalselGapError]:
    """What is wrong with the trees of barrier and need beyond a single node."""
    known = schema.measurable()
    for code, node in index.nodes.items():
        key = f"index.nodes.{code}"
        if node.column is None:
            if not any(child.weight for child in index.children(code).values()):
                yield ProjectError("weights_of_branch", path=path, column=key, node=code)
        elif node.column not in known:
            yield ProjectError(
                "column_not_measurable",
                path=path,
                column=f"{key}.column",
                value=node.column,
                known=", ".join(known),
                suggestion=suggestion(node.column, known),
            )


def _fault(section: str, path: Path) -> KalselGapError | None:
    try:
        if path.is_dir():
            if section.startswith(("elevation", "land_cover")):  # no tiles, or it would be files
                return InputError("folder_no_raster", path=path, section=section)
            return InputError("file_is_folder", path=path, section=section)
        if not path.exists():
            siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            near = suggestion(path.name, siblings)
            return InputError("file_missing", path=path, section=section, suggestion=near)
        if not path.is_file():  # reading a pipe or a device may never end
            return InputError("file_special", path=path)
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        return InputError("file_unreadable", path=path, reason=error.strerror or "")
    return InputError("file_empty", path=path) if empty else None


def _readable(error: ValidationError, path: Path) -> list[KalselGapError]:
    """Pydantic's errors as ours: dotted key, what is wrong, what was meant."""
    readable: list[KalselGapError] = []
    told: set[tuple[int | str, ...]] = set()
    misnamed: set[tuple[int | str, ...]] = set()
    for fault in error.errors():
        location = tuple(part for part in fault["loc"] if not _is_tag(part))
        if location in told:  # each branch of a union complains
            continue
        told.add(location)
        key = ".".join(str(part) for part in location)
        last = str(location[-1]) if location else ""
        value = str(fault["input"])
        context = fault.get("ctx", {})
        match fault["type"]:
            case "extra_forbidden":
                known = _known_keys(fault["loc"][:-1])
                readable.append(
                    ProjectError(
                        "key_unknown",
                        path=path,
                        column=key,
                        suggestion=suggestion(last, known),
                        known=", ".join(sorted(known)),
                    )
                )
            case "missing" if near := _meant_default(location[:-1]):
                if location[:-1] not in misnamed:  # of such a node nearly every key is missing
                    readable.append(
                        ProjectError(
                            "key_new",
                            path=path,
                            column=".".join(map(str, location[:-1])),
                            key=last,
                            suggestion=near,
                        )
                    )
                misnamed.add(location[:-1])
            case "missing":
                readable.append(ProjectError("key_missing", path=path, column=key))
            case "value_error":
                readable.append(ProjectError(str(context["error"]), path=path, column=key))
            case "literal_error":
                choices = context["expected"].replace(" or ", ", ").replace("'", "")
                readable.append(
                    ProjectError(
                        "value_not_a_choice",
                        path=path,
                        column=key,
                        value=value,
                        expected=choices,
                        suggestion=suggestion(value, choices.split(", ")),
                    )
                )
            case _:
                readable.append(
                    ProjectError(
                        "value_wrong", path=path, column=key, value=value, reason=fault["msg"]
                    )
                )
    return readable


def _meant_default(location: tuple[int | str, ...]) -> str:
    """The table of defaults/ that a table of the project nearly bears the name of, if any."""
    *above, last = location or ("",)
    if not above or above[0] not in OVERRIDABLE:
        return ""
    table: Any = default_values(str(above[0]))
    for part in above[1:]:
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    return "" if last in table else suggestion(str(last), table)


def _is_tag(part: int | str) -> bool:
    """Whether a part of a location is pydantic's own word rather than a key."""
    return part in ("[key]", "int") or str(part).startswith("literal[")


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Keys that the section at `location` knows."""
    model: Any = Project
    inside_dict = False
    for part in location:
        if isinstance(part, int) or inside_dict:
            inside_dict = False
            continue
        if isinstance(model, type) and issubclass(model, BaseModel):
            fields = model.model_fields
            by_key = {(info.alias or name): info for name, info in fields.items()}
            annotation = by_key[part].annotation if part in by_key else None
            inside_dict = get_origin(annotation) is dict  # its keys are the user's own
            model = _model_within(annotation)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_within(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """The section model inside ``X | None``, ``tuple[X, ...]`` or ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for part in get_args(annotation) if (m := _model_within(part))), None)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{dotted}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for number, item in enumerate(value):
                yield from _flat(item, f"{dotted}.{number}.")
        else:
            yield dotted, value
