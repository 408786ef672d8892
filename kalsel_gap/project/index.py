"""Models of ``index.toml``: required bandwidth, adequacy, trees, weights, tiers, inference.

A figure that somebody could argue about is data with a source, never a constant in the code. A
project lays its own values over the defaults, key by key.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kalsel_gap.project.base import NotNegative, Positive, Share, Sourced


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
