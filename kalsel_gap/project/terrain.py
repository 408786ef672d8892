"""Models of ``terrain.toml``: classes, coast, islands, horizon."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kalsel_gap.project.base import Latitude, Longitude, NotNegative, Positive, Share, Sourced


class TerrainRadius(Sourced):
    """Radii of the terrain statistics, metres."""

    slope: Annotated[Positive, Field(le=100_000.0)]
    """Of the mean slope, 100 km at most: memory grows with it."""
    relief: Annotated[Positive, Field(le=100_000.0)]
    """Of the local elevation range, 100 km at most."""


class Mountain(Sourced):
    """Bounds of the Kapos/UNEP-WCMC classes."""

    k1_m: float
    """K1 from this elevation."""
    k2_m: float
    """K2 from this elevation."""
    k3_m: float
    """K3 from this elevation."""
    k4_m: float
    """K4 from this elevation."""
    k4_slope_deg: NotNegative
    """K4 needs this slope."""
    k5_m: float
    """K5 from this elevation."""
    k5_slope_deg: NotNegative
    """K5 needs this slope or the local range."""
    k6_m: float
    """K6 from this elevation."""
    relief_m: NotNegative
    """Local range above which K5, K6 and pegunungan hold."""


class Coast(Sourced):
    """The coast."""

    shore_km: NotNegative
    """Coastal within this distance of the open sea."""
    zone_km: NotNegative
    """Coastal within this distance on low land connected to the sea."""
    zone_m: float
    """Height of that low land."""
    open_km: NotNegative
    """The sea is open where a circle of this diameter fits into it, and as far from there: not in
    rivers and their mouths. A coastline counts within this distance of it."""


class Lowland(Sourced):
    """Low land."""

    elevation_m: float
    """Lowland up to this elevation."""


class SmallIsland(Sourced):
    """Small islands."""

    area_km2: Positive
    """Largest area."""
    offset_km: NotNegative
    """Distance from the nearest polygon up to which a school stands on it."""


class ClassSeverity(Sourced):
    """Severity of each terrain as a barrier."""

    dataran: Share
    """Plain."""
    pesisir: Share
    """Coast."""
    rawa: Share
    """Wetland."""
    pegunungan: Share
    """Mountains."""
    pulau_kecil: Share
    """Small island."""
    reached_by_water: Share
    """Reached by water only."""


class Water(Sourced):
    """The line to the kabupaten capital."""

    points: Annotated[int, Field(ge=2, le=10_000)]
    """Points on the line at which sea and land are distinguished."""


class Landform(Sourced):
    """Classes of the position on a slope, by the land within 1 km."""

    crest_deviations: NotNegative
    """A crest lies more than so many standard deviations above the mean height."""
    valley_deviations: NotNegative
    """A valley floor lies more than so many standard deviations below it."""
    flat_deg: NotNegative
    """Between the two, land is flat up to this slope, degrees."""
    flat_range_m: NotNegative
    """Land is always flat where its heights differ by no more than this, m."""


class Horizon(Sourced):
    """What a school can see."""

    distance_m: Annotated[float, Field(ge=1000.0, le=100_000.0)]
    """Length of the profiles, m."""
    directions: Annotated[int, Field(ge=4, le=360)]
    """In how many directions, evenly spaced from north."""
    observer_m: NotNegative
    """Height of the antenna above the elevation model, m."""
    k: Positive
    """Effective Earth radius factor, which accounts for refraction."""
    void_m: NotNegative
    """A horizon is unknown if its line meets cells without data nearer than this, m."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""


class Satellite(Sourced):
    """A geostationary satellite that serves schools."""

    name: str
    """Its name."""
    lon_deg: Longitude
    """Longitude of its orbital slot, degrees east."""
    margin_deg: NotNegative
    """Angle above the horizon from which the line to it is clear, degrees."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""


class Leo(Sourced):
    """Terminals of satellites in low orbits."""

    lowest_deg: Annotated[float, Field(ge=0.0, lt=90.0)]
    """Lowest elevation at which a satellite is used, degrees."""
    open_share: Share
    """Share of the sky above it that must be open."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""


class NamedIsland(Sourced):
    """An island whose legal area or name is known."""

    name: str
    """Its name."""
    lat: Latitude
    """Latitude of a point on it."""
    lon: Longitude
    """Longitude of that point."""
    area_km2: Positive | None = None
    """Legal area; if empty, the area of the polygon."""


class Terrain(Sourced):
    """Terrain classes: ``defaults/terrain.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    radius_m: TerrainRadius
    """Radii of the statistics."""
    mountain: Mountain
    """Mountain classes."""
    coast: Coast
    """Coast."""
    lowland: Lowland
    """Lowland."""
    small_island: SmallIsland
    """Small islands."""
    severity: ClassSeverity
    """Severities."""
    water: Water
    """Way over water."""
    landform: Landform
    """Position on the slope."""
    horizon: Horizon
    """Horizons."""
    satellite: Satellite
    """Geostationary satellite."""
    leo: Leo
    """Satellites in low orbits."""
    islands: dict[str, NamedIsland] = {}
    """Named islands."""
