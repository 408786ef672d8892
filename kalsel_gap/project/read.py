"""Read the project file ``kalsel-gap.toml`` into one frozen, documented model.

Each section is a model; a field's docstring gives its unit and meaning, and makes the reference
page ``docs/project-file.md``. Defaults live in ``kalsel_gap/project/defaults/*.toml``; a
project overrides any of their values in the section of the same name.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kalsel_gap.errors import InputError, KalselGapError, ProjectError, SeveralErrors, reason
from kalsel_gap.project.base import OVERRIDABLE, default_values, flatten, merge
from kalsel_gap.project.decision import FIXES, with_decided
from kalsel_gap.project.inputs import (
    CoverageDefaults,
    OneOrMany,
)
from kalsel_gap.project.invalid import decision_faults, readable_errors, section_fault, tree_faults
from kalsel_gap.project.model import Opened, Project
from kalsel_gap.project.toml_errors import line_of, lines_of, not_toml, read_text

_DEEPEST = 100  # parts of a dotted key
_BETWEEN_KEYS = re.compile(r"[=,{}\[\]\n]")
FILE_NAME = "kalsel-gap.toml"
OPTION = "--set"  # in the place of the file, where an option is wrong


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
    if misnamed := _misnamed(folder):
        raise misnamed
    raise ProjectError("project_not_found", path=folder, name=FILE_NAME)


def read_project(path: Path, options: tuple[str, ...] = (), *, with_inputs: bool = True) -> Opened:
    """Read a project file, lay it over the defaults, and check that its inputs exist.

    Parameters
    ----------
    path : Path
        The project file, or the folder that holds ``kalsel-gap.toml``.
    options : tuple of str
        ``section.key=value`` assignments that override the file.
    with_inputs : bool
        Whether its inputs must be there; a run can be drawn without them.

    Raises
    ------
    ProjectError, SeveralErrors
        Unreadable, not TOML, unknown keys (with a suggestion), wrong values, missing inputs:
        all of them at once.
    """
    path = path / FILE_NAME if path.is_dir() else path
    given = with_decided(_parse(path))
    assigned: dict[str, Any] = {}
    for option in options:
        assigned = merge(assigned, _parse_option(option))
    assigned = with_decided(assigned)
    stated = merge(given, assigned)
    defaults = {name: default_values(name) for name in OVERRIDABLE}
    project, problems = _validated(merge(defaults, stated), path)
    if problems and assigned:
        _, of_file = _validated(merge(defaults, given), path)
        problems = _by_origin(problems, of_file)
    # A wrong k of [decision] is one error, not one for each place where it counts.
    wrong = {FIXES.get((each.column or "").removeprefix("decision.")) for each in problems}
    problems = [each for each in problems if each.column not in wrong]
    if project is None:
        raise SeveralErrors(with_rows(problems, path))
    if not project.output.folder.is_absolute():
        folder = os.path.normpath(path.parent.absolute() / project.output.folder)
        output = project.output.model_copy(update={"folder": Path(folder)})
        project = project.model_copy(update={"output": output})
    problems += decision_faults(project, path, [key for key, _ in flatten(assigned)])
    if with_inputs:
        problems += _faults_of_inputs(project)
    if problems:
        raise SeveralErrors(with_rows(problems, path))
    by_default = _with_coverage_defaults(stated)[1]
    optional = assigned.get("coverage_defaults", {})
    origins = {
        **{
            key: f"defaults/{name}.toml"
            for name in OVERRIDABLE
            for key, _ in flatten({name: defaults[name]})
        },
        **{key: "project" for key, _ in flatten(_listed(given))},
        **{key: "option" for key, _ in flatten(_listed(assigned))},
        **{
            key: "option" if key.rpartition(".")[2] in optional else "project" for key in by_default
        },
    }
    return Opened(path=path.absolute(), project=project, origins=origins)


def with_rows(problems: list[KalselGapError], path: Path) -> list[KalselGapError]:
    """Errors about keys of the project file with the lines where they stand.

    Parameters
    ----------
    problems : list of KalselGapError
        Those without a line receive it.
    path : Path
        The project file; one that is not there any more has no lines.
    """
    if not path.is_file():
        return problems
    lines = lines_of(read_text(path.read_bytes(), path)) if problems else {}
    for error in problems:
        if error.path == path and error.column and error.row is None:
            error.row = line_of(lines, error.column)
    return problems


def _faults_of_inputs(project: Project) -> list[KalselGapError]:
    faults: list[KalselGapError] = []
    try:
        faults += [f for section, file in project.inputs() if (f := section_fault(section, file))]
    except InputError as error:
        faults.append(error)
    except OSError as error:  # a name that no file can have
        path, why = error.filename or "", error.strerror or ""
        faults.append(InputError("file_unreadable", path=path, reason=why))
    return faults


def _validated(
    values: Mapping[str, Any], path: Path
) -> tuple[Project | None, list[KalselGapError]]:
    """The project of these values, if there is one, and what is wrong with them."""
    filled, shared = _with_coverage_defaults(values)
    try:
        project = Project.model_validate(filled, context={"folder": path.parent.absolute()})
    except ValidationError as error:
        problems = readable_errors(error, path)
        # A wrong value of [coverage_defaults] is one error, not one for each map.
        return None, [each for each in problems if each.column not in shared]
    return project, list(tree_faults(project.index, path))


def _with_coverage_defaults(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`values` with the keys of ``[coverage_defaults]`` in all coverage that lacks them.

    Also the dotted keys that are filled in so.
    """
    shared = values.get("coverage_defaults")
    coverage = _listed({"coverage": values.get("coverage", [])})["coverage"]
    if not (isinstance(shared, Mapping) and isinstance(coverage, list)):
        return dict(values), []
    known = {key: value for key, value in shared.items() if key in CoverageDefaults.model_fields}
    filled = [known | each if isinstance(each, dict) else each for each in coverage]
    keys = [
        f"coverage.{number}.{key}"
        for number, each in enumerate(coverage)
        for key in known
        if isinstance(each, dict) and key not in each
    ]
    return {**values, "coverage": filled}, keys


def _by_origin(
    problems: list[KalselGapError], of_file: list[KalselGapError]
) -> list[KalselGapError]:
    """Errors that the file does not have without the options are errors of ``--set``."""
    known = {(error.code, error.column) for error in of_file}
    for error in problems:
        if (error.code, error.column) not in known:
            error.path = OPTION
    return problems


def _listed(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with each section that may be given once or several times as a list."""
    several = {name for name, info in Project.model_fields.items() if OneOrMany in info.metadata}
    return {k: [v] if k in several and isinstance(v, Mapping) else v for k, v in values.items()}


def _loads(text: str) -> dict[str, Any]:
    """Values of TOML, nested no deeper than a person writes: its reader takes hours otherwise.

    Raises
    ------
    RecursionError
        They are nested deeper.
    """
    if any(part.count(".") > _DEEPEST for part in _BETWEEN_KEYS.split(text)):
        raise RecursionError
    return tomllib.loads(text)


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = read_text(path.read_bytes(), path)
        return _loads(text)
    except FileNotFoundError:
        raise _misnamed(path.parent) or ProjectError("project_missing", path=path) from None
    except IsADirectoryError:
        raise ProjectError("file_is_folder", path=path) from None
    except tomllib.TOMLDecodeError as error:
        raise not_toml(text, path, error) from None
    except RecursionError:
        raise ProjectError("project_nested", path=path) from None
    except (OSError, ValueError) as error:  # a path can hold a NUL
        raise ProjectError("file_unreadable", path=path, reason=reason(error)) from None


def _misnamed(folder: Path) -> ProjectError | None:
    """That the project file of a folder has another name, such as ``kalsel-gap.toml.txt``."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError:
        return None
    stem = FILE_NAME.partition(".")[0]
    for name in names:
        written = name.replace("_", "-").casefold()
        if name != FILE_NAME and re.fullmatch(rf"{stem}(\.toml)?(\.txt|\.toml)", written):
            return ProjectError("project_misnamed", path=folder / name, name=FILE_NAME)
    return None


def _parse_option(option: str) -> dict[str, Any]:
    key, equals, value = option.partition("=")
    try:
        if not equals or "\n" in option:
            raise ProjectError("option_not_assignment", path=OPTION, option=option)
        return _loads(f"{key} = {value}")
    except RecursionError:
        raise ProjectError("option_not_assignment", path=OPTION, option=option) from None
    except tomllib.TOMLDecodeError:
        try:  # a bare word is a text, and so is a Windows path in quotation marks
            bare = re.sub(r"^([\"'])(.*)\1$", r"\2", value.strip())
            return tomllib.loads(f"{key} = {json.dumps(bare, ensure_ascii=False)}")
        except tomllib.TOMLDecodeError:
            raise ProjectError("option_not_assignment", path=OPTION, option=option) from None
