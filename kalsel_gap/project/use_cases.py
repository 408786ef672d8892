"""Models of ``use_cases.toml``: what internet is for at a school, and what each use needs."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from kalsel_gap.project.base import (
    NotNegative,
    Positive,
    Section,
    Sourced,
    Sureness,
    default_values,
)
from kalsel_gap.project.robustness import Whole

# It becomes part of the name of a column.
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Percent = Annotated[float, Field(ge=0.0, le=100.0)]


class UseCase(Sourced):
    """What a use of the internet needs at least."""

    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""
    name: str = ""
    """What it is, in words, for a use of the project's own."""
    down_mbps: Positive
    """Download rate, Mbps."""
    up_mbps: NotNegative
    """Upload rate, Mbps."""
    latency_ms: Positive | None = None
    """Latency that is not exceeded, ms; without it any will do."""
    loss_percent: Percent | None = None
    """Packet loss that is not exceeded, percent; without it any will do."""
    for_clients: Whole | None = None
    """Clients that the rates are for: a school is judged by those of its own examination day, in
    proportion. Without it the rates are for any school."""


class UseCases(Section):
    """What a school's internet is enough for: ``defaults/use_cases.toml``."""

    cases: dict[Code, UseCase]
    """Each use, in the order in which they are shown."""

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("use_cases"))
