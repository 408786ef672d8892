"""Models of ``radio.toml``: atmosphere, clutter, carriers, antennas, calibration, rain."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kalsel_gap.project.base import NotNegative, Positive, Sourced, Sureness

Mobile = Literal["2g", "3g", "4g", "5g"]


class Atmosphere(Sourced):
    """The air."""

    delta_n: Annotated[float, Field(gt=0.0, lt=150.0)]
    """Mean decrease of refractivity through the lowest kilometre, N-units/km."""
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
    """Worst case: pairs of path length in km and factor, in order of length."""
    confidence: Sureness
    """How sure the figures are."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        lengths = [length for length, _ in self.worst]
        if not lengths or lengths != sorted(set(lengths)):
            raise ValueError("curve_not_rising")
        return self


class Prediction(Sourced):
    """Time, locations and building that a predicted level refers to."""

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
    is_wood: bool
    """Whether a receiver in this class is in woodland."""
    confidence: Sureness
    """How sure the figure is."""


class Surroundings(Sourced):
    """Clutter around a receiver if no land cover over bare ground shows it."""

    kind: Literal["suburban", "open"]
    """Houses and trees of a village, or open land."""
    confidence: Sureness
    """How sure the choice is."""


class Vegetation(Sourced):
    """Loss inside woodland, by ITU-R P.833."""

    specific: tuple[tuple[Positive, Positive], ...]
    """Pairs of frequency in MHz and dB per metre, increasing."""
    maximum_factor: Positive
    """Largest loss in dB at 1 MHz."""
    maximum_exponent: NotNegative
    """Exponent of the frequency with which it increases."""
    longest_m: Positive
    """Longest path through woodland that is considered."""
    confidence: Sureness
    """How sure the figures are."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        frequencies = [mhz for mhz, _ in self.specific]
        if len(frequencies) < 2 or frequencies != sorted(set(frequencies)):
            raise ValueError("curve_not_rising")
        return self


class Carrier(Sourced):
    """What a phone measures of a carrier."""

    bandwidth_mhz: Positive
    """Bandwidth of a carrier whose site does not state it."""
    spacing_khz: Literal["", "15", "30"]
    """Spacing of the subcarriers; empty where the technology has none."""
    resource_blocks: dict[str, tuple[tuple[Positive, Positive], ...]]
    """By spacing in kHz: pairs of bandwidth in MHz and resource blocks of twelve subcarriers."""
    pilot_share: Annotated[float, Field(gt=0.0, le=1.0)]
    """Power of the measured signal as a share of the whole carrier or, with subcarriers, of the
    mean power of a subcarrier."""
    usable_dbm: float
    """Lowest usable level."""
    confidence: Sureness
    """How sure the figures are."""

    @model_validator(mode="after")
    def _blocks_of_the_spacing(self) -> Self:
        if self.spacing_khz and not self.resource_blocks.get(self.spacing_khz):
            raise ValueError("carrier_blocks")
        return self

    def blocks(self) -> tuple[tuple[float, float], ...]:
        """Pairs of bandwidth and resource blocks at its spacing; none without subcarriers."""
        return self.resource_blocks.get(self.spacing_khz, ())


class Receiver(Sourced):
    """Antennas at a school."""

    height_m: Annotated[float, Field(ge=1.0, le=3000.0)]
    """Of a phone or laptop above ground: where predicted levels hold."""
    cpe_height_m: Annotated[float, Field(ge=1.0, le=3000.0)]
    """Of an outdoor antenna, or a microwave dish, above ground."""
    cpe_gain_dbi: NotNegative
    """Gain of an outdoor antenna, less the loss of its cable."""
    confidence: Sureness
    """How sure the figures are."""


class Pattern(Sourced):
    """Antenna of a sector: parabolas of 3GPP TR 36.814 and TR 38.901."""

    horizontal_deg: Annotated[float, Field(gt=0.0, le=360.0)]
    """Half-power beamwidth, horizontal."""
    vertical_deg: Annotated[float, Field(gt=0.0, le=180.0)]
    """Half-power beamwidth, vertical."""
    front_to_back_db: Positive
    """Largest loss, horizontal, and of both together."""
    side_lobe_db: Positive
    """Largest loss, vertical."""
    confidence: Sureness
    """How sure the figures are."""


class Candidates(Sourced):
    """Which sites are considered for a school."""

    reach_km: Annotated[float, Field(gt=0.0, le=3000.0)]
    """Farthest site."""
    sites: Annotated[int, Field(ge=1)]
    """Nearest sites of each operator and technology."""
    most_sites: Annotated[int, Field(ge=1)]
    """The same if the nearest ones give no usable level; at least as many as `sites`."""
    points: Annotated[int, Field(ge=1)]
    """Points in the circle or area of a school whose location is uncertain."""
    confidence: Sureness
    """How sure the figures are."""


class Calibration(Sourced):
    """Offsets estimated from measured levels."""

    minimum: Annotated[int, Field(ge=2)]
    """Fewest measured levels for an offset."""
    ridge: Positive
    """An offset of zero has the weight of so many measured levels, for sites and land cover."""
    per_site: bool
    """Whether each site has an offset of its own beside that of its operator and technology."""
    per_clutter: bool
    """Whether each class of land cover at the receiver has one."""
    folds: Annotated[int, Field(ge=2)]
    """Number of parts, each of which is held out once."""
    held_out: Literal["block", "site"]
    """What is held out together: squares on the map, or all measurements of a site."""
    block_km: Positive
    """Side of such a square."""
    confidence: Sureness
    """How sure the figures are."""


class Rain(Sourced):
    """Rain on microwave paths."""

    rate_mm_h: NotNegative
    """Rain rate exceeded in 0.01 % of an average year, over one minute."""
    confidence: Sureness
    """How sure the figure is."""


class Multipath(Sourced):
    """Multipath on microwave paths, by ITU-R P.530."""

    dn1: float
    """Refractivity gradient in the lowest 65 m not exceeded in 1 % of a year, N-units/km."""
    roughness_m: NotNegative
    """Standard deviation of the land's heights within 110 km by 110 km."""
    confidence: Sureness
    """How sure the figures are."""


class Gas(Sourced):
    """Absorption of the air on microwave paths."""

    specific: tuple[tuple[Positive, Positive], ...]
    """Pairs of frequency in GHz and dB/km, rising in frequency."""
    confidence: Sureness
    """How sure the figures are."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        frequencies = [ghz for ghz, _ in self.specific]
        if len(frequencies) < 2 or frequencies != sorted(set(frequencies)):
            raise ValueError("curve_not_rising")
        return self


class Microwave(Sourced):
    """A point-to-point microwave hop."""

    frequency_ghz: Annotated[float, Field(ge=1.0, le=100.0)]
    """Carrier."""
    polarization: Literal["horizontal", "vertical"]
    """Polarization of the waves; rain attenuates vertical ones less."""
    tx_power_dbm: float
    """Power of the radio."""
    dish_m: Positive
    """Diameter of the dish at either end."""
    dish_efficiency: Annotated[float, Field(gt=0.0, le=1.0)]
    """Aperture efficiency of the dish."""
    losses_db: NotNegative
    """Loss in cables, branching and other fixed parts, both ends together."""
    threshold_dbm: float
    """Lowest level at which the radio carries the required rate."""
    availability_percent: Annotated[float, Field(gt=0.0, lt=100.0)]
    """Required availability over an average year."""
    longest_km: Positive
    """Longest hop that is planned, whatever the availability."""
    tallest_m: Positive
    """Highest mast that is planned at a school for a hop."""
    confidence: Sureness
    """How sure the figures are."""
    rain: Rain
    """Rain."""
    multipath: Multipath
    """Multipath."""
    gas: Gas
    """The air."""


class Radio(Sourced):
    """Assumptions of predicted levels: ``defaults/radio.toml``."""

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
    """Time, locations and building that a predicted level refers to."""
    clutter: dict[str, Clutter]
    """Land cover by name."""
    vegetation: Vegetation
    """Loss inside woodland."""
    surroundings: Surroundings
    """Around a receiver."""
    carriers: dict[Mobile, Carrier]
    """Carriers by technology."""
    receiver: Receiver
    """Antennas at a school."""
    pattern: Pattern
    """Antenna of a sector."""
    candidates: Candidates
    """Which sites are considered for a school."""
    calibration: Calibration
    """Offsets estimated from measured levels."""
    microwave: Microwave
    """A point-to-point microwave hop."""

    def clutter_heights_m(self) -> dict[int, float]:
        """Height of each class by its code in the raster."""
        return {each.code: each.height_m for each in self.clutter.values()}

    def wood_codes(self) -> tuple[int, ...]:
        """Codes of the classes that are woodland."""
        return tuple(sorted(each.code for each in self.clutter.values() if each.is_wood))
