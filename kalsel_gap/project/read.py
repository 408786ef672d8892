"""Read the project file ``kalsel-gap.toml`` into one frozen, documented model.

Each section is a model; a field's docstring gives its unit and meaning, and makes the reference
page ``docs/project-file.md``. Defaults live in ``kalsel_gap/project/defaults/*.toml``; a
project overrides any of their values in the section of the same name.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kalsel_gap.errors import InputError, KalselGapError, ProjectError, SeveralErrors
from kalsel_gap.project.base import OVERRIDABLE, default_values, flatten, merge
from kalsel_gap.project.inputs import (
    OneOrMany,
    Output,
)
from kalsel_gap.project.invalid import readable_errors, section_fault, tree_faults
from kalsel_gap.project.model import Opened, Project

FILE_NAME = "kalsel-gap.toml"


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
        raise SeveralErrors(readable_errors(error, path)) from None
    if not project.output.folder.is_absolute():
        folder = os.path.normpath(path.parent.absolute() / project.output.folder)
        output = Output(folder=Path(folder))
        project = project.model_copy(update={"output": output})
    problems = list(tree_faults(project.index, path))
    if with_inputs:
        problems += _faults_of_inputs(project)
    if problems:
        raise SeveralErrors(problems)
    origins = {
        **{
            key: f"defaults/{name}.toml"
            for name in OVERRIDABLE
            for key, _ in flatten({name: defaults[name]})
        },
        **{key: "project" for key, _ in flatten(_listed(given))},
        **{key: "option" for key, _ in flatten(_listed(assigned))},
    }
    return Opened(path=path.absolute(), project=project, origins=origins)


def _faults_of_inputs(project: Project) -> list[KalselGapError]:
    faults: list[KalselGapError] = []
    try:
        faults += [f for section, file in project.inputs() if (f := section_fault(section, file))]
    except InputError as error:
        faults.append(error)
    return faults


def _listed(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with each section that may be given once or several times as a list."""
    several = {name for name, info in Project.model_fields.items() if OneOrMany in info.metadata}
    return {k: [v] if k in several and isinstance(v, Mapping) else v for k, v in values.items()}


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
        try:  # a bare word is a text
            return tomllib.loads(f"{key} = {json.dumps(value.strip(), ensure_ascii=False)}")
        except tomllib.TOMLDecodeError:
            raise ProjectError("option_not_assignment", option=option) from None
