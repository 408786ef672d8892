"""Models of ``robustness.toml``: draws, and from where to where they go."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kalsel_gap.project.base import Positive, Section, Share, Sourced, default_values

# More ranks than this cannot be counted (16 bits).
MOST_DRAWS = 65_534
Whole = Annotated[int, Field(ge=1)]
JointConfidence = Annotated[float, Field(ge=0.5, lt=1.0)]


class DataDraws(Sourced):
    """Draws of what is measured, modelled, predicted or declared."""

    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    shared: Share
    """Share of the variance of an error that is common to an operator and technology."""
    least_schools: Whole
    """Schools of a terrain class before true levels have a distribution of their own there."""
    neighbours: Whole
    """Schools as far from a site, of which one stands for a school without any map."""
    resamples: Whole
    """Resamples of a school's own tests."""


class ValueDraws(Sourced):
    """Draws of the figures of the method."""

    weight_delivered: tuple[Share, Share]
    """λ, from where to where."""
    exponent: tuple[Positive, Positive]
    """Exponent of the share of the required rate, from where to where."""
    concentration: Positive
    """Of the Dirichlet distribution around the weights: the larger, the nearer to them."""
    p: Annotated[tuple[Positive, ...], Field(min_length=1)]
    """Exponents of the power means, each as likely as the others."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for low, high in (self.weight_delivered, self.exponent):
            if low > high:
                raise ValueError("range_not_rising")
        return self


class Robustness(Section):
    """How sure the ranking is: ``defaults/robustness.toml``."""

    source: str
    """Where the figures come from."""
    date: str
    """When the figures were set."""
    draws: Annotated[int, Field(ge=0, le=MOST_DRAWS)]
    """How many; 0 draws none."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """Of all random numbers."""
    k: Whole | None = None
    """How many schools come first; by default a share of the ranked."""
    top_share: Annotated[float, Field(gt=0.0, le=1.0)]
    """Of the ranked schools that come first, where no k is given."""
    confidence: JointConfidence
    """Of the statements about the whole list."""
    likely: Annotated[float, Field(gt=0.5, le=1.0)]
    """Chance to be among the first k from which a school is likely in."""
    data: DataDraws
    """Draws of the evidence."""
    values: ValueDraws
    """Draws of the method's figures."""

    def first(self, ranked: int) -> int:
        """How many schools come first, of so many ranked ones.

        Examples
        --------
        >>> Robustness.shipped().first(3823), Robustness.shipped().first(4)
        (382, 1)
        """
        if not ranked:
            return 0
        return min(self.k or max(1, int(ranked * self.top_share)), ranked)

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("robustness"))
