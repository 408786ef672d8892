"""Which figures of a run are others than the shipped ones, and the reasons that are stated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kalsel_gap.project.base import OVERRIDABLE, default_values, flatten
from kalsel_gap.project.decision import FIXES
from kalsel_gap.project.model import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What describes figures and is none, and where a file lies.
_NO_FIGURE = (".source", ".date", ".licence", "path")
# Among the overrides of a run: why, and who decided it.
_JUSTIFIES = ("reason", "role")


@dataclass(frozen=True, slots=True)
class Departure:
    """A figure that is another one than the shipped one.

    Attributes
    ----------
    key : str
        Dotted key.
    value, shipped : object
        In force, and as shipped; None where nothing is shipped.
    is_of_run : bool
        Whether it was set for this run only, not in the project file.
    decree : str
        Number of the decision that fixes it; empty where none does.
    reason, role : str
        As stated; empty where nothing is.
    """

    key: str
    value: object
    shipped: object
    is_of_run: bool = False
    decree: str = ""
    reason: str = ""
    role: str = ""


def find_departures(manifest: Mapping[str, Any]) -> list[Departure]:
    """Every departure of a run: first what was set for it only, then the project's, by key.

    Parameters
    ----------
    manifest : mapping
        ``run.json``.
    """
    parameters, overrides = manifest.get("parameters", {}), manifest.get("overrides", {})
    why = {name: str(overrides.get(name, "")) for name in _JUSTIFIES}
    shipped = shipped_figures()
    of_run = [
        Departure(key, overrides[key], shipped.get(key), is_of_run=True, **why)
        for key in sorted(overrides)
        if key not in _JUSTIFIES
    ]
    return [
        *of_run,
        *(
            _of_project(key, parameters[key], manifest)
            for key in sorted(parameters)
            if key.partition(".")[0] in OVERRIDABLE
            and not key.endswith(_NO_FIGURE)
            and key not in overrides
            and parameters[key] != shipped.get(key)
        ),
    ]


def stated_reason(manifest: Mapping[str, Any], key: str) -> tuple[str, str]:
    """Reason and role that the project file states for a value, or for a table that it is in.

    Examples
    --------
    >>> stated = [{"key": "index.gap", "reason": "SK 12", "role": "kepala bidang"}]
    >>> stated_reason({"decision": {"overrides": stated}}, "index.gap.weak")
    ('SK 12', 'kepala bidang')
    """
    reasons = {str(each["key"]): each for each in _stated(manifest)}
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        if found := reasons.get(".".join(parts[:length])):
            return str(found["reason"]), str(found["role"])
    return "", ""


def idle_reasons(manifest: Mapping[str, Any], used: Iterator[str]) -> list[str]:
    """Keys of stated reasons that none of the keys in use needs."""
    keys = list(used)
    return [
        str(each["key"])
        for each in _stated(manifest)
        if not any(key == each["key"] or key.startswith(f"{each['key']}.") for key in keys)
    ]


@cache
def shipped_figures() -> dict[str, Any]:
    """Every shipped figure by its dotted key, as a run records values."""
    fields = Project.model_fields
    made = {
        name: fields[name].annotation.model_validate(default_values(name))  # type: ignore[union-attr]
        for name in OVERRIDABLE
    }
    values = {name: section.model_dump(by_alias=True) for name, section in made.items()}
    return {
        key: json.loads(json.dumps(value))
        for key, value in flatten(values)
        if not key.endswith(_NO_FIGURE)
    }


def _of_project(key: str, value: object, manifest: Mapping[str, Any]) -> Departure:
    reason, role = stated_reason(manifest, key)
    decided = _decided(manifest)
    fixed = {FIXES[name] for name in FIXES if _at(decided, name) is not None}
    decree = str(decided.get("number", "")) if key in fixed else ""
    return Departure(
        key, value, shipped_figures().get(key), decree=decree, reason=reason, role=role
    )


def _decided(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    decided = manifest.get("decision")
    return decided if isinstance(decided, dict) else {}


def _stated(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(_decided(manifest).get("overrides", []))


def _at(values: Mapping[str, Any], dotted: str) -> object:
    """A value of nested tables; None where there is none."""
    found: object = values
    for part in dotted.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def decided_figures(manifest: Mapping[str, Any]) -> dict[str, object]:
    """Each key of a decision that fixes a value, and what it fixes: None where it does not."""
    decided = _decided(manifest)
    return {name: _at(decided, name) for name in FIXES}
