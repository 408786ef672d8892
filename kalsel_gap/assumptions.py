"""Assumptions: the models of ``index``, ``radio``, ``signal`` and ``terrain`` in ``defaults/``.

A figure that somebody could argue about is data with a source, never a constant in the code. A
project lays its own values over the defaults, key by key.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULTS_FOLDER = Path(__file__).parent / "defaults"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Field(ge=-180.0, le=180.0)]
Confidence = Literal["high", "medium", "low"]


class Section(BaseModel):
    """A section of the project file: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        populate_by_name=True,
        allow_inf_nan=False,  # TOML knows both; no figure of ours is either
    )


class Sourced(Section):
    """A table of assumptions: it names its source."""

    source: str
    """Where the figures come from."""


class RequiredMbps(Sourced):
    """Bandwidth that a school needs."""

    minimum: Positive
    """Mbps, whatever the number of students."""
    per_student: NotNegative
    """Mbps per student."""


class Adequacy(Sourced):
    """How throughput and latency make the adequacy of a link."""

    down: NotNegative
    """Weight of the download rate."""
    up: NotNegative
    """Weight of the upload rate."""
    latency: NotNegative
    """Weight of the latency."""
    exponent: Positive
    """Exponent of the share of the required rate."""
    up_fraction: Positive
    """Required upload rate as a share of the required bandwidth."""
    latency_best_ms: NotNegative
    """Latency that costs nothing, ms."""
    latency_worst_ms: Positive
    """Latency that is worth nothing, ms."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.down + self.up + self.latency <= 0:
            raise ValueError("weights_all_zero")
        if self.latency_worst_ms <= self.latency_best_ms:
            raise ValueError("goalposts_equal")
        return self


class Inference(Sourced):
    """How an unknown adequacy is inferred."""

    minimum_schools: Annotated[int, Field(ge=2)]
    """Schools with both values that the binned rule needs."""
    minimum_bin: Annotated[int, Field(ge=1)]
    """Schools that a bin of quantile and terrain needs."""
    bins: Annotated[int, Field(ge=1)]
    """Number of quantile bins."""
    mean_factor: Share
    """Beta rule: mean delivered as a share of what is available."""
    concentration: Positive
    """Beta rule: a + b."""


class Gap(Sourced):
    """Thresholds between the gap types, all adequacies."""

    adequate: Share
    """Delivered from here on is adequate."""
    unconnected: Share
    """Delivered up to here is no connection."""
    covered: Share
    """Available from here on: a subscription suffices."""
    weak: Share
    """Available below this is uncovered."""


class Tiers(Sourced):
    """Deficits at which tiers 1 to 4 begin."""

    bounds: tuple[Share, Share, Share, Share]
    """Falling, for tiers 1, 2, 3 and 4."""

    @model_validator(mode="after")
    def _falling(self) -> Self:
        if list(self.bounds) != sorted(set(self.bounds), reverse=True):
            raise ValueError("tiers_not_falling")
        return self


class Priority(Sourced):
    """Weights of the priority; only their proportions matter."""

    base: NotNegative
    """Weight of the deficit alone."""
    need: NotNegative
    """Weight of the need."""
    barrier: NotNegative
    """Weight of the barrier."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.base + self.need + self.barrier <= 0:
            raise ValueError("weights_all_zero")
        return self


class Vulnerability(Sourced):
    """Vulnerability by village index."""

    village: tuple[Share, Share, Share, Share, Share]
    """Of Mandiri, Maju, Berkembang, Tertinggal, Sangat Tertinggal."""


class Node(Sourced):
    """A node of a tree: a leaf measures a column, another aggregates its children."""

    parent: str
    """Code of the parent; empty at the root."""
    column: str | None = None
    """Column of the schools table that a leaf measures."""
    aggregator: Literal["power"] | None = None
    """How a node that is no leaf combines its children: the weighted power mean."""
    p: Annotated[float, Field(gt=0.0, le=20.0)] | None = None
    """Exponent of the power mean."""
    best: float | None = None
    """Value of the column that scores 0."""
    worst: float | None = None
    """Value of the column that scores 1."""
    transform: Literal["identity", "log10"] = "identity"
    """Applied to the value and both goalposts."""
    weight: NotNegative = 1.0
    """Weight among its siblings; only proportions matter."""

    @model_validator(mode="after")
    def _leaf_or_branch(self) -> Self:
        leaf = self.column is not None
        if leaf and (self.best is None or self.worst is None or self.best == self.worst):
            raise ValueError("goalposts_equal")
        if leaf and self.transform == "log10" and min(self.best or 0, self.worst or 0) <= 0:
            raise ValueError("goalposts_log")
        if leaf == (self.aggregator is not None) or (self.aggregator and self.p is None):
            raise ValueError("node_leaf_or_branch")
        return self


class Index(Sourced):
    """Deficit, barrier, need and priority: ``defaults/index.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    weight_delivered: Annotated[Share, Field(alias="lambda")]
    """λ: weight of what is delivered against what is available, in the deficit."""
    required_mbps: RequiredMbps
    """Required bandwidth."""
    adequacy: Adequacy
    """Adequacy of a link."""
    inference: Inference
    """Inference of unknown adequacies."""
    gap: Gap
    """Gap types."""
    tiers: Tiers
    """Tiers."""
    priority: Priority
    """Priority."""
    vulnerability: Vulnerability
    """Vulnerability."""
    nodes: dict[str, Node]
    """The trees of barrier and need."""

    @model_validator(mode="after")
    def _trees_hang_together(self) -> Self:
        for code, node in self.nodes.items():
            seen = {code}
            while node.parent:
                if node.parent not in self.nodes or node.parent in seen:
                    raise ValueError("node_parent")
                seen.add(node.parent)
                node = self.nodes[node.parent]  # noqa: PLW2901 - walking up
                if node.column is not None:
                    raise ValueError("node_parent")
        if any(code not in self.nodes for code in ("barrier", "need")):
            raise ValueError("node_parent")
        return self

    def leaves(self, root: str | None = None) -> dict[str, Node]:
        """Leaves in the order of the file, all or those below `root`."""
        return {
            code: node
            for code, node in self.nodes.items()
            if node.column is not None and root in (None, self.root(code))
        }

    def children(self, parent: str) -> dict[str, Node]:
        """Nodes directly below `parent`."""
        return {code: node for code, node in self.nodes.items() if node.parent == parent}

    def root(self, code: str) -> str:
        """Root of the tree that `code` belongs to."""
        while self.nodes[code].parent:
            code = self.nodes[code].parent
        return code


class Curve(Sourced):
    """Adequacy by level for one technology."""

    points: tuple[tuple[float, Share], ...] = ()
    """Pairs of level in dBm and adequacy, rising."""
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
    curves: dict[Literal["2g", "3g", "4g", "5g"], Curve]
    """Level to adequacy, by technology."""


class TerrainRadius(Sourced):
    """Radii of the terrain statistics, metres."""

    slope: Positive
    """Of the mean slope."""
    relief: Positive
    """Of the local elevation range."""


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


class Severity(Sourced):
    """How much each terrain hinders."""

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
    """Points on it at which sea and land are told apart."""


class NamedIsland(Sourced):
    """An island whose legal area or name is known."""

    name: str
    """Its name."""
    lat: Latitude
    """Latitude of a point on it."""
    lon: Longitude
    """Longitude of that point."""
    area_km2: Positive | None = None
    """Legal area; the polygon's own where there is none."""


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
    severity: Severity
    """Severities."""
    water: Water
    """Way over water."""
    islands: dict[str, NamedIsland] = {}
    """Named islands."""


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
    confidence: Confidence
    """How sure the figures are."""


class RadioGround(Sourced):
    """Electrical constants of the ground, for the Irregular Terrain Model."""

    permittivity: Annotated[float, Field(ge=1.0)]
    """Relative."""
    conductivity_s_m: Positive
    """S/m."""
    confidence: Confidence
    """How sure the figures are."""


class KFactor(Sourced):
    """Effective Earth radius factor."""

    median: Positive
    """Half of the time."""
    worst: tuple[tuple[Positive, Positive], ...]
    """Worst case: pairs of path length in km and factor, rising in length."""
    confidence: Confidence
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
    confidence: Confidence
    """How sure the figures are."""


class Clutter(Sourced):
    """A class of land cover."""

    code: int
    """Its code in the raster."""
    height_m: NotNegative
    """Height above the ground."""
    confidence: Confidence
    """How sure the figure is."""


class Vegetation(Sourced):
    """Loss inside woodland, by ITU-R P.833."""

    specific: tuple[tuple[Positive, Positive], ...]
    """Pairs of frequency in MHz and dB per metre, rising."""
    maximum_factor: Positive
    """Largest loss in dB at 1 MHz."""
    maximum_exponent: NotNegative
    """Power of the frequency that it rises with."""
    confidence: Confidence
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
    confidence: Confidence
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


def default_values(name: str) -> dict[str, Any]:
    """A file of ``defaults/`` as a dictionary of its own."""
    return tomllib.loads(_default_text(name))


@cache
def _default_text(name: str) -> str:
    return (DEFAULTS_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
