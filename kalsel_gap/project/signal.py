"""Models of ``signal.toml``: from a level to an adequacy."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kalsel_gap.project.base import NotNegative, Positive, Share, Sourced, default_values


class LevelCurve(Sourced):
    """Adequacy by level for one technology."""

    points: tuple[tuple[float, Share], ...] = ()
    """Pairs of level in dBm and adequacy, increasing."""
    declared: Share
    """Adequacy where coverage is only declared."""

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


class ErrorsDb(Sourced):
    """Error of each kind of evidence, dB, one standard deviation."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    measured: Positive
    """Measured at the place."""
    modelled: Positive
    """Modelled by the operator."""
    predicted: Positive
    """Predicted, not calibrated."""
    predicted_mountains: Positive
    """The same where the path crosses mountains."""
    declared: Positive
    """Declared."""


Odds = Annotated[float, Field(gt=0.0, lt=1.0)]


class PointWeight(Sourced):
    """Weight of a doubtful point against the claimed area, by kind of evidence; .5 is none."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    distance_km: tuple[tuple[NotNegative, Odds], ...]
    """Pairs of distance from the claimed area beyond the tolerance, km, and weight."""
    name_at_point: Odds
    """The name of the desa or school agrees with the area at the point only."""
    name_in_claim: Odds
    """It agrees with the claimed area only."""
    decimals: tuple[tuple[NotNegative, Odds], ...]
    """Pairs of decimals of the coordinates and weight."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for pairs in (self.distance_km, self.decimals):
            places = [place for place, _ in pairs]
            if not pairs or places != sorted(set(places)):
                raise ValueError("curve_not_rising")
        return self


class CompleteSites(Sourced):
    """When a list of sites cannot be complete."""

    least_dbm: float
    """Predicted level below which a place is out of reach of every listed site."""
    share: Share
    """Share of the places covered by the operator's map that may be out of reach."""


class Disagreement(Sourced):
    """When a prediction and a map are too far apart."""

    least_db: Positive
    """No limit is lower, dB."""
    deviations: Positive
    """Robust standard deviations of the differences in the school's terrain class."""


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
    errors_db: ErrorsDb
    """Errors of evidence."""
    complete_sites: CompleteSites
    """When a list of sites cannot be complete."""
    disagreement: Disagreement
    """When a prediction and a map disagree."""
    point_weight: PointWeight
    """Weight of a doubtful point."""

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("signal"))
