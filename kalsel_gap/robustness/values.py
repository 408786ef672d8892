"""Figures of the method that are judgements: as the project has them, drawn, or one left out.

λ and the exponent of the adequacy curve are drawn from a range, p from a list, and the weights that
stand beside each other from a Dirichlet distribution around those of the project. One uniform
number makes one figure: of weights the quantile of a gamma distribution, scaled to add up to 1. Its
stream is that of the figure's name, so that one more leaf changes nobody's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.errors import InputError
from kalsel_gap.geo.kernels import kernel
from kalsel_gap.robustness.streams import stream_keys, two_uniform

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Index
    from kalsel_gap.project.robustness import ValueDraws

LAMBDA, EXPONENT, P = "lambda", "exponent", "p"
PRIORITY = ("base", "need", "barrier")  # the last two are the roots of the trees
# The two parts of the deficit, which can be left out as a leaf can.
DELIVERED, AVAILABLE = "delivered", "available"
_QUANTITY = np.uint64(4)  # of the random numbers
_TINY = 1e-300


class Figures(NamedTuple):
    """Figures of the method, for m evaluations of the list.

    Attributes
    ----------
    weight_delivered, exponent : float arrays of shape (m,)
        λ, and the exponent of the share of the required rate.
    priority : float array of shape (m, 3)
        Weights of :data:`PRIORITY`.
    weights, p : float arrays of shape (m, nodes)
        Of each node of the trees; p of a leaf is not used.
    uses_delivered, uses_available : bool arrays of shape (m,)
        Whether the deficit counts what is delivered, and what is available.
    """

    weight_delivered: FloatArray
    exponent: FloatArray
    priority: FloatArray
    weights: FloatArray
    p: FloatArray
    uses_delivered: NDArray[np.bool_]
    uses_available: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that could be another one.

    Attributes
    ----------
    name : str
        *lambda*, *exponent*, *p*, *base*, or the code of a node: its weight.
    group : str
        Of a weight what it shares: *priority*, or the code of the parent; otherwise empty.
    nominal : float
        As the project has it; a weight as its share among those beside it. NaN for p where nodes
        have different ones.
    """

    name: str
    group: str
    nominal: float


@dataclass(frozen=True, slots=True, eq=False)
class Assumptions:
    """The assumptions that a list depends on.

    Attributes
    ----------
    index : Index
        The figures as the project has them.
    values : ValueDraws
        From where to where they are drawn.
    leaves : tuple of str
        Leaves that are scored.
    nodes : tuple of str
        Nodes with a leaf that is scored, each behind its children.
    each : tuple of Assumption
        Those that are drawn: a weight only where another one stands beside it.
    """

    index: Index
    values: ValueDraws
    leaves: tuple[str, ...]
    nodes: tuple[str, ...]
    each: tuple[Assumption, ...]

    @classmethod
    def of(cls, index: Index, values: ValueDraws, leaves: Collection[str]) -> Assumptions:
        """Those of a list in which `leaves` are scored.

        Raises
        ------
        InputError
            A leaf is none of the project's: `assumption_unknown`.
        """
        if unknown := [leaf for leaf in leaves if leaf not in index.leaves()]:
            raise InputError("assumption_unknown", value=unknown[0], known=", ".join(index.nodes))
        nodes = tuple(
            code for root in ("barrier", "need") for code in _below(index, root, set(leaves))
        )
        each = [
            Assumption(LAMBDA, "", index.weight_delivered),
            Assumption(EXPONENT, "", index.adequacy.exponent),
        ]
        inner = [code for code in nodes if index.nodes[code].column is None]
        if inner:
            powers = {float(index.nodes[code].p or 1.0) for code in inner}
            each.append(Assumption(P, "", powers.pop() if len(powers) == 1 else np.nan))
        groups = {"priority": [name for name in PRIORITY if name == "base" or name in nodes]}
        groups |= {
            parent: [code for code in index.children(parent) if code in nodes] for parent in inner
        }
        for group, names in groups.items():
            weight = {name: _weight(index, name) for name in names}
            weight = {name: each_ for name, each_ in weight.items() if each_ > 0}
            if len(weight) > 1:
                total = sum(weight.values())
                each += [Assumption(name, group, w / total) for name, w in weight.items()]
        kept = tuple(code for code in nodes if index.nodes[code].column is not None)
        return cls(index, values, kept, nodes, tuple(each))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the assumptions."""
        return tuple(assumption.name for assumption in self.each)

    def only(self, names: Sequence[str]) -> Assumptions:
        """Those of the names; the others stay as the project has them.

        Raises
        ------
        InputError
            One of them changes nothing in this list, or is none: `assumption_unknown`. One is a
            weight, and another one beside it is missing: `assumption_alone`. They share one sum,
            and cannot move alone.
        """
        if unknown := [name for name in names if name not in self.names]:
            raise InputError("assumption_unknown", value=unknown[0], known=", ".join(self.names))
        kept = tuple(a for a in self.each if a.name in names)
        groups = {a.group for a in kept if a.group}
        if left := [a.name for a in self.each if a.group in groups and a not in kept]:
            raise InputError("assumption_alone", known=", ".join(left))
        return replace(self, each=kept)

    def nominal(self, count: int = 1) -> Figures:
        """As the project has them, `count` times."""
        index = self.index
        priority = [_weight(index, n) * (n == "base" or n in self.nodes) for n in PRIORITY]
        weights = [index.nodes[code].weight for code in self.nodes]
        p = [index.nodes[code].p or 1.0 for code in self.nodes]
        one = np.ones(count)
        return Figures(
            weight_delivered=one * index.weight_delivered,
            exponent=one * index.adequacy.exponent,
            priority=one[:, None] * priority,
            weights=one[:, None] * np.array(weights, dtype=np.float64),
            p=one[:, None] * np.array(p, dtype=np.float64),
            uses_delivered=one > 0,
            uses_available=one > 0,
        )

    def figures(self, uniform: FloatArray) -> Figures:
        """Figures from uniform numbers.

        Parameters
        ----------
        uniform : float array of shape (m, len(each))
            From 0 to 1, a column for each assumption.
        """
        found = self.nominal(len(uniform))
        column = {assumption.name: uniform[:, n] for n, assumption in enumerate(self.each)}
        for name, to, (low, high) in (
            (LAMBDA, found.weight_delivered, self.values.weight_delivered),
            (EXPONENT, found.exponent, self.values.exponent),
        ):
            if name in column:
                to[:] = low + (high - low) * column[name]
        if P in column:
            choice = np.asarray(self.values.p)
            which = np.minimum((column[P] * len(choice)).astype(int), len(choice) - 1)
            found.p[:] = choice[which][:, None]
        for name, drawn in self._drawn_weights(column):
            if name in PRIORITY:
                found.priority[:, PRIORITY.index(name)] = drawn
            else:
                found.weights[:, self.nodes.index(name)] = drawn
        return found

    def values_of(self, figures: Figures, names: Sequence[str]) -> FloatArray:
        """λ and weights of each evaluation, a weight as its share among those beside it.

        Returns
        -------
        float array of shape (m, len(names))
        """
        group = {assumption.name: assumption.group for assumption in self.each}
        columns = []
        for name in names:
            if name == LAMBDA:
                columns.append(figures.weight_delivered)
            elif name in PRIORITY:
                total = figures.priority.sum(axis=1)
                columns.append(figures.priority[:, PRIORITY.index(name)] / total)
            else:
                beside = [n for n, c in enumerate(self.nodes) if group.get(c) == group[name]]
                total = figures.weights[:, beside].sum(axis=1)
                columns.append(figures.weights[:, self.nodes.index(name)] / total)
        return np.stack(columns, axis=1) if columns else np.empty((len(figures.exponent), 0))

    def drawn(self, first: int, count: int, seed: int) -> Figures:
        """Figures of the draws from `first` on."""
        return self.figures(uniform_values(self.names, first, count, seed))

    def without(self, name: str) -> Figures:
        """As the project has them, but without a leaf or a part of the deficit.

        Raises
        ------
        InputError
            There is no such leaf in this list: `assumption_unknown`.
        """
        found = self.nominal()
        if name == DELIVERED:  # D = 1 - A_a
            found.weight_delivered[:] = 0.0
            found.uses_delivered[:] = False
        elif name == AVAILABLE:  # D = 1 - A_d
            found.uses_available[:] = False
        elif name in self.leaves:
            found.weights[:, self.nodes.index(name)] = 0.0
            root = self.index.root(name)
            left = [leaf for leaf in self.leaves if self.index.root(leaf) == root and leaf != name]
            if not left:  # a tree without a leaf is left out of the priority
                found.priority[:, PRIORITY.index(root)] = 0.0
        else:
            known = ", ".join((DELIVERED, AVAILABLE, *self.leaves))
            raise InputError("assumption_unknown", value=name, known=known)
        return found

    def _drawn_weights(self, column: dict[str, FloatArray]) -> Iterator[tuple[str, FloatArray]]:
        """Each weight and its draws; those that stand beside each other add up to 1."""
        from scipy.special import gammaincinv

        for group in dict.fromkeys(a.group for a in self.each if a.group):
            members = [a for a in self.each if a.group == group]
            gamma = [
                np.maximum(
                    gammaincinv(self.values.concentration * a.nominal, column[a.name]), _TINY
                )
                for a in members
            ]
            total = np.sum(gamma, axis=0)
            yield from ((a.name, each / total) for a, each in zip(members, gamma, strict=True))


def uniform_values(names: Sequence[str], first: int, count: int, seed: int) -> FloatArray:
    """Uniform numbers of each figure in each draw, whatever other figures there are.

    Parameters
    ----------
    names : sequence of str
        Of the figures.
    first, count : int
        Which draws.
    seed : int
        Of all random numbers.

    Returns
    -------
    float array of shape (count, len(names))
        Inside the interval from 0 to 1.

    Examples
    --------
    >>> both = uniform_values(["lambda", "slope"], 0, 4, 1)
    >>> bool((uniform_values(["slope"], 2, 2, 1)[:, 0] == both[2:, 1]).all())
    True
    """
    return _uniform(stream_keys([f"value|{name}" for name in names]), first, count, np.uint64(seed))


@kernel
def _uniform(keys: NDArray[np.uint64], first: int, count: int, seed: np.uint64) -> FloatArray:
    found = np.empty((count, len(keys)))
    for at in range(count):
        for name in range(len(keys)):
            found[at, name] = two_uniform(keys[name], np.uint64(first + at), _QUANTITY, seed)[0]
    return found


def _below(index: Index, parent: str, leaves: set[str]) -> Iterator[str]:
    """Nodes below and including `parent` that have a leaf of `leaves`, children first."""
    found = [
        code
        for child, node in index.children(parent).items()
        if node.weight > 0
        for code in (_below(index, child, leaves) if node.column is None else [child])
        if node.column is None or child in leaves
    ]
    if found:
        yield from [*found, parent]


def _weight(index: Index, name: str) -> float:
    return float(getattr(index.priority, name)) if name in PRIORITY else index.nodes[name].weight
