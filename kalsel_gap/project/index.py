"""Assumptions: the models of the files in ``defaults/``.

A figure that somebody could argue about is data with a source, never a constant in the code. A
project lays its own values over the defaults, key by key.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kalsel_gap import PACKAGE_FOLDER

DEFAULTS_FOLDER = PACKAGE_FOLDER / "project" / "defaults"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Grade = Literal["A", "B", "C", "D"]
Longitude = Annotated[float, Field(ge=-180.0, le=180.0)]


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


class Landform(Sourced):
    """Classes of the position on a slope, by the land within 1 km."""

    crest_deviations: NotNegative
    """A crest is higher above the mean height than so many standard deviations of the heights."""
    valley_deviations: NotNegative
    """A valley floor is lower below it than so many."""
    flat_deg: NotNegative
    """Between them land is flat up to this slope, degrees."""
    flat_range_m: NotNegative
    """Land is flat, whatever else, where its heights differ by no more than this, m."""


class Horizon(Sourced):
    """What a school can see."""

    distance_m: Annotated[float, Field(ge=1000.0, le=100_000.0)]
    """How far it looks, m."""
    directions: Annotated[int, Field(ge=4, le=360)]
    """In how many directions, evenly spaced from north."""
    observer_m: NotNegative
    """Height of the antenna above the elevation model, m."""
    k: Positive
    """Radius of the Earth that makes up for refraction, in radii of the Earth."""
    void_m: NotNegative
    """A horizon is unknown where its line meets cells without data nearer than this, m."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""


class Satellite(Sourced):
    """A geostationary satellite that serves schools."""

    name: str
    """Its name."""
    lon_deg: Longitude
    """Longitude of its orbital slot, degrees east."""
    margin_deg: NotNegative
    """The line to it is clear so far above the horizon, degrees."""
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


def default_values(name: str) -> dict[str, Any]:
    """A file of ``defaults/`` as a dictionary of its own."""
    return tomllib.loads(_default_text(name))


@cache
def _default_text(name: str) -> str:
    return (DEFAULTS_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
