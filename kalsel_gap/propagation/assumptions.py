"""Models of ``defaults/radio.toml``: refractivity, ground, clutter, forest, buildings."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kalsel_gap.assumptions import NotNegative, Positive, Sourced

Sureness = Literal["high", "medium", "low"]


class Atmosphere(Sourced):
    """The air."""

    delta_n: Annotated[float, Field(gt=0.0, lt=150.0)]
    """Mean fall of refractivity through the lowest kilometre, N-units/km."""
    n0: Annotated[float, Field(ge=250.0, le=400.0)]
    """Refractivity at sea level, N-units."""
    climate: Literal[
        "equatorial",
        "continental_subtropical",
        "maritime_subtropical",
        "desert",
        "continental_temperate",
        "maritime_temperate_land",
        "maritime_temperate_sea",
    ]
    """Climate of the Irregular Terrain Model."""
    confidence: Sureness
    """How sure the figures are."""


class RadioGround(Sourced):
    """Electrical constants of the ground, for the Irregular Terrain Model."""

    permittivity: Annotated[float, Field(ge=1.0)]
    """Relative."""
    conductivity_s_m: Positive
    """S/m."""
    confidence: Sureness
    """How sure the figures are."""


class KFactor(Sourced):
    """Effective Earth radius factor."""

    median: Positive
    """Half of the time."""
    worst: tuple[tuple[Positive, Positive], ...]
    """Worst case: pairs of path length in km and factor, rising in length."""
    confidence: Sureness
    """How sure the figures are."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        lengths = [length for length, _ in self.worst]
        if not lengths or lengths != sorted(set(lengths)):
            raise ValueError("curve_not_rising")
        return self


class Prediction(Sourced):
    """What a predicted level stands for."""

    time_percent: Annotated[float, Field(ge=1.0, le=50.0)]
    """Share of the time for which the loss is not exceeded."""
    location_percent: Annotated[float, Field(ge=1.0, le=99.0)]
    """Share of the locations for which it is not exceeded."""
    resolution_m: Positive
    """Width of the square over which locations vary."""
    building: Literal["traditional", "efficient"]
    """Kind of school building, by ITU-R P.2109."""
    confidence: Sureness
    """How sure the figures are."""


class Clutter(Sourced):
    """A class of land cover."""

    code: int
    """Its code in the raster."""
    height_m: NotNegative
    """Height above the ground."""
    confidence: Sureness
    """How sure the figure is."""


class Vegetation(Sourced):
    """Loss inside woodland, by ITU-R P.833."""

    specific: tuple[tuple[Positive, Positive], ...]
    """Pairs of frequency in MHz and dB per metre, rising."""
    maximum_factor: Positive
    """Largest loss in dB at 1 MHz."""
    maximum_exponent: NotNegative
    """Power of the frequency that it rises with."""
    confidence: Sureness
    """How sure the figures are."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        frequencies = [mhz for mhz, _ in self.specific]
        if len(frequencies) < 2 or frequencies != sorted(set(frequencies)):
            raise ValueError("curve_not_rising")
        return self


class Radio(Sourced):
    """Air, ground and trees as radio meets them: ``defaults/radio.toml``."""

    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""
    atmosphere: Atmosphere
    """The air."""
    ground: RadioGround
    """The ground."""
    k_factor: KFactor
    """Bending of rays."""
    prediction: Prediction
    """What a predicted level stands for."""
    clutter: dict[str, Clutter]
    """Land cover by name."""
    vegetation: Vegetation
    """Loss inside woodland."""

    def clutter_heights_m(self) -> dict[int, float]:
        """Height of each class by its code in the raster."""
        return {each.code: each.height_m for each in self.clutter.values()}
