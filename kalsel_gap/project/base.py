"""Base of every section of the project file; the shipped defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kalsel_gap.package import PACKAGE_FOLDER

DEFAULTS_FOLDER = PACKAGE_FOLDER / "project" / "defaults"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Field(ge=-180.0, le=180.0)]
Grade = Literal["A", "B", "C", "D"]
Sureness = Literal["high", "medium", "low"]


class Section(BaseModel):
    """A section of the project file: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        allow_inf_nan=False,  # TOML knows both; no figure of ours is either
    )


class Sourced(Section):
    """A table of assumptions: it names its source."""

    source: str
    """Where the figures come from."""


def default_values(name: str) -> dict[str, Any]:
    """A file of ``defaults/`` as a dictionary of its own."""
    return tomllib.loads(_default_text(name))


@cache
def _default_text(name: str) -> str:
    return (DEFAULTS_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


# Sections laid over a file of defaults/.
OVERRIDABLE = (
    *("index", "signal", "terrain", "radio", "robustness"),
    *("exam_day", "use_cases"),
    *("confidence", "repairs", "objections", "registers", "locations", "file_checks"),
    *("costs", "plan"),
)

# Sections that change no ranking: a plan records them, a run does not.
OF_PLANS = ("costs", "plan")


def is_of_plans(key: str) -> bool:
    """Whether a dotted key is of a section that only a plan depends on.

    Examples
    --------
    >>> [is_of_plans(key) for key in ("costs.ppn.rate", "plan.gap", "index.lambda")]
    [True, True, False]
    """
    return key.partition(".")[0] in OF_PLANS


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


def section_of(parameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A section of what a run records, as the tables that :func:`flatten` has made it from.

    Examples
    --------
    >>> section_of({"index.lambda": 0.6, "index.gap.weak": 0.25, "signal.x": 1}, "index")
    {'lambda': 0.6, 'gap': {'weak': 0.25}}
    """
    found: dict[str, Any] = {}
    for key, value in parameters.items():
        if key.startswith(f"{name}."):
            table, (*above, last) = found, key.split(".")[1:]
            for part in above:
                table = table.setdefault(part, {})
            table[last] = value
    return found


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested tables, with its dotted key."""
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{dotted}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for number, item in enumerate(value):
                yield from flatten(item, f"{dotted}.{number}.")
        else:
            yield dotted, value
