"""Models of ``signal.toml``: from a level to an adequacy."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from kalsel_gap.project.base import NotNegative, Share, Sourced


class LevelCurve(Sourced):
    """Adequacy by level for one technology."""

    points: tuple[tuple[float, Share], ...] = ()
    """Pairs of level in dBm and adequacy, increasing."""
    declared: Share
    """Adequacy if coverage is only declared."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        levels = [level for level, _ in self.points]
        values = [value for _, value in self.points]
        if not self.points or levels != sorted(set(levels)) or values != sorted(values):
            raise ValueError("curve_not_rising")
        return self


class RadiusByGrade(Sourced):
    """Radius of the position uncertainty in metres, by confidence grade."""

    A: NotNegative
    """Surveyed."""
    B: NotNegative
    """Given and plausible."""
    C: NotNegative
    """Doubtful."""
    D: NotNegative
    """An area."""


class Signal(Sourced):
    """From a signal to adequacy: ``defaults/signal.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    minimum_known_share: Share
    """Share of the circle that must be known for a signal to be known."""
    fixed_network: Share
    """Adequacy where a fixed network serves the location."""
    radius_m: RadiusByGrade
    """Circle over which a signal is averaged."""
    curves: dict[Literal["2g", "3g", "4g", "5g"], LevelCurve]
    """Level to adequacy, by technology."""
