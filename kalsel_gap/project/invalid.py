"""Errors of a project file: every invalid key and value at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from kalsel_gap import schema
from kalsel_gap.errors import InputError, KalselGapError, ProjectError, similar_file, suggestion
from kalsel_gap.project.base import OVERRIDABLE, default_values, flatten
from kalsel_gap.project.decision import FIXES
from kalsel_gap.project.index import Index
from kalsel_gap.project.model import Project
from kalsel_gap.project.plan import ENVELOPES, envelope_codes
from kalsel_gap.project.toml_errors import escaped_path

if TYPE_CHECKING:
    from pathlib import Path

# Keys whose answer decides the list: a first project leaves them blank, and nobody answers for the
# user. The error says what each answer means.
_DECIDING = frozenset(("basis", "kind", "nodata_means", "sea", "surface", "technology"))


def tree_faults(index: Index, path: Path) -> Iterator[KalselGapError]:
    """Errors of the trees of barrier and need beyond a single node."""
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


def decision_faults(
    project: Project, path: Path, options: Collection[str]
) -> Iterator[ProjectError]:
    """Where a decision and the values in force differ; a reason for what is no value.

    What an option sets makes a trial, which may differ from what is decided.

    Parameters
    ----------
    project : Project
        As it is in force.
    path : Path
        The project file.
    options : collection of str
        Dotted keys of what options set.
    """
    if project.decision is None:
        return
    in_force = dict(flatten(project.model_dump(by_alias=True)))
    for name, key in FIXES.items():
        decided = in_force[f"decision.{name}"]
        if decided is None or decided == in_force[key] or {key, f"decision.{name}"} & set(options):
            continue
        yield ProjectError(
            "decision_differs",
            path=path,
            column=f"decision.{name}",
            decided=decided,
            key=key,
            value=in_force[key],
        )
    tables = {key.rpartition(".")[0] for key in in_force} | {"repairs"}
    known = {*in_force, *tables, *(key.rpartition(".")[0] for key in tables)} - {""}
    for number, stated in enumerate(project.decision.overrides):
        if stated.key not in known:
            yield ProjectError(
                "decision_key_unknown",
                path=path,
                column=f"decision.overrides.{number}.key",
                value=stated.key,
                suggestion=suggestion(stated.key, known),
            )


def section_fault(section: str, path: Path) -> KalselGapError | None:
    """Why the file that a section names cannot be read; None if it can."""
    try:
        if path.is_dir():
            # With tiles in it, it would be files.
            if section.startswith(("elevation", "land_cover", "coverage")):
                return InputError("folder_no_raster", path=path, section=section)
            return InputError("file_is_folder", path=path, section=section)
        if not path.exists():
            return _missing_file(section, path)
        if not path.is_file():  # reading a pipe or a device may never end
            return InputError("file_special", path=path)
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        return InputError("file_unreadable", path=path, reason=error.strerror or "")
    return InputError("file_empty", path=path) if empty else None


def _missing_file(section: str, path: Path) -> InputError:
    if meant := escaped_path(path):
        return InputError("path_escaped", path=path, section=section, proposal=meant)
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = similar_file(path.name, siblings)
    return InputError("file_missing", path=path, section=section, suggestion=near)


def _missing_key(path: Path, key: str, name: str) -> ProjectError:
    if name in _DECIDING:
        return ProjectError(f"blank_{name}", path=path, column=key)
    return ProjectError("key_missing", path=path, column=key)


def readable_errors(error: ValidationError, path: Path) -> list[KalselGapError]:
    """Pydantic's errors as ours: dotted key, error, suggestion."""
    readable: list[KalselGapError] = []
    reported: set[tuple[int | str, ...]] = set()
    # Of a table whose name is wrong nothing more is missing.
    misnamed = {tuple(fault["loc"][:-1]) for fault in error.errors() if fault["loc"][-1:] == _KEY}
    for fault in error.errors():
        location = tuple(part for part in fault["loc"] if not _is_tag(part))
        if location in reported:  # each branch of a union complains
            continue
        reported.add(location)
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
            case "missing" if location[:-1] in misnamed:
                pass  # of such a node nearly every key is missing
            case "missing" if near := _meant_default(location[:-1]):
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
                readable.append(_missing_key(path, key, str(location[-1])))
            case "value_error":
                readable.append(_own_error(str(context["error"]), path, key, value))
            case "literal_error" if last in _DECIDING and not value.strip():
                readable.append(ProjectError(f"blank_{last}", path=path, column=key))
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


def _own_error(code: str, path: Path, key: str, value: str) -> ProjectError:
    """What a validator of ours raised, with what its sentence names."""
    if code != "plan_envelope_form":
        return ProjectError(code, path=path, column=key)
    return ProjectError(
        code,
        path=path,
        column=key,
        value=value,
        known=", ".join(envelope_codes((), value)),
        suggestion=suggestion(value, ENVELOPES),
    )


def _meant_default(location: tuple[int | str, ...]) -> str:
    """The table of defaults/ whose name is similar to that of a table of the project, if any."""
    *above, last = location or ("",)
    if not above or above[0] not in OVERRIDABLE:
        return ""
    table: Any = default_values(str(above[0]))
    for part in above[1:]:
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    return "" if last in table else suggestion(str(last), table)


_KEY = ("[key]",)  # of pydantic: what is wrong is the key itself


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
