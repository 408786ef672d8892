"""Models of ``index.toml``: required bandwidth, adequacy, trees, weights, tiers, inference.

A debatable figure is data with a source, never a constant in the code. A project overrides the
defaults key by key.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kalsel_gap.project.base import NotNegative, Positive, Share, Sourced, default_values

Percentile = Annotated[float, Field(gt=0.0, lt=100.0)]


class RequiredMbps(Sourced):
    """Bandwidth that a school needs."""

    minimum: Positive
    """Mbps, whatever the number of students."""
    per_student: NotNegative
    """Mbps per student."""


class Adequacy(Sourced):
    """How throughput and latency determine the adequacy of a link."""

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
    """Latency up to which the adequacy is not reduced, ms."""
    latency_worst_ms: Positive
    """Latency from which the adequacy is 0, ms."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.down + self.up + self.latency <= 0:
            raise ValueError("weights_all_zero")
        if self.latency_worst_ms <= self.latency_best_ms:
            raise ValueError("goalposts_equal")
        return self


class Prior(Sourced):
    """What is assumed of the service where nothing has been learned."""

    no_line_full: Share
    """Probability of no line where A_a is 1."""
    no_line_rise: Share
    """What that probability rises by where A_a is 0."""
    share_of_available: Share
    """Mean A_d given a line, as a share of A_a."""
    satellite: Share
    """Lowest mean A_d given a line: a terminal by satellite needs no coverage."""
    schools: Annotated[int, Field(ge=1)]
    """Pseudo-schools that stand for the prior, evenly over A_a."""
    highest: Annotated[float, Field(gt=0.0, le=1.0)]
    """A_a of the last pseudo-school; the first has 0."""
    knots: Annotated[int, Field(ge=2)]
    """Knots of the curves from 0 to `highest`."""

    @model_validator(mode="after")
    def _probability(self) -> Self:
        if self.no_line_full + self.no_line_rise > 1.0:
            raise ValueError("prior_above_one")
        return self


class Inference(Sourced):
    """How an unknown adequacy is inferred."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    concentration: Positive
    """a + b of the Beta distribution of A_d given a line."""
    minimum_answers: Annotated[int, Field(ge=1)]
    """Times that a register must state each of *none* and a provider before the probability of no
    line is learned from it."""
    minimum_schools: Annotated[int, Field(ge=2)]
    """Schools that the curve of A_a over the distance to a site is learned from, at least."""
    prior: Prior
    """What is assumed where nothing has been learned."""


class OwnTests(Sourced):
    """A school's own speed tests: what counts of them, and how sure it is."""

    minimum_tests: Annotated[int, Field(ge=1)]
    """Fewest tests."""
    minimum_days: Annotated[int, Field(ge=1)]
    """On so many different days at least."""
    months: Annotated[int, Field(ge=1)]
    """Months before the evidence date that no test may be older than."""
    # A run made before these figures has none of them recorded: it was ranked by the median.
    percentile: Percentile = 50.0
    """Percentile of the tests by which the delivered adequacy is taken: 50 is the median; at 25
    a quarter of the tests is as bad or worse, of latency as well."""
    difficult_percentile: Annotated[float, Field(gt=0.0, le=50.0)] = 25.0
    """Percentile that stands for a difficult day, which is no better than a usual one."""
    indicative_tests: Annotated[int, Field(ge=1)] = 30
    """With fewer tests than this the result is only indicative."""


class Gap(Sourced):
    """Thresholds between the gap types, all adequacies."""

    adequate: Share
    """Delivered service is adequate from this value on."""
    unconnected: Share
    """Delivered service up to this value counts as no connection."""
    covered: Share
    """Available service from this value on: a subscription is enough."""
    weak: Share
    """Available service below this value is uncovered."""


class Tiers(Sourced):
    """Deficits at which tiers 1 to 4 begin."""

    bounds: tuple[Share, Share, Share, Share]
    """Decreasing, for tiers 1, 2, 3 and 4."""

    sure: Share
    """Probability of the last tier from which an inferred school is called adequate."""

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
    """Vulnerability of Mandiri, Maju, Berkembang, Tertinggal, Sangat Tertinggal."""


class Node(Sourced):
    """A node of a tree: a leaf measures a column, another aggregates its children."""

    parent: str
    """Code of the parent; empty at the root."""
    column: str | None = None
    """Column of the schools table that a leaf measures."""
    aggregator: Literal["power"] | None = None
    """How a node that is not a leaf combines its children: the weighted power mean."""
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
    active: bool | None = None
    """Of a leaf: whether it is scored, whatever is known of it; by default where it is known for
    enough schools in enough kabupaten (``least_known_share``)."""

    @model_validator(mode="after")
    def _leaf_or_branch(self) -> Self:
        leaf = self.column is not None
        if leaf and (self.best is None or self.worst is None or self.best == self.worst):
            raise ValueError("goalposts_equal")
        if leaf and self.transform == "log10" and min(self.best or 0, self.worst or 0) <= 0:
            raise ValueError("goalposts_log")
        if self.active is not None and not leaf:
            raise ValueError("node_leaf_or_branch")
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
    """λ: weight of the delivered against the available service in the deficit."""
    required_mbps: RequiredMbps
    """Required bandwidth."""
    adequacy: Adequacy
    """Adequacy of a link."""
    tests: OwnTests
    """Speed tests of a school."""
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
    least_known_share: Share
    """A leaf is scored where it is known for this share of the ranked schools in this share of the
    kabupaten."""
    nodes: dict[str, Node]
    """The trees of barrier and need."""

    @model_validator(mode="after")
    def _trees_are_connected(self) -> Self:
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

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("index"))

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
