"""Draws of the figures of the method."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, kstest

from kalsel_gap.errors import InputError
from kalsel_gap.project.index import Index
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.robustness.values import PRIORITY, Assumptions, uniform_values

INDEX, VALUES = Index.shipped(), Robustness.shipped().values
ALL = tuple(INDEX.leaves())


def test_every_figure_lies_in_its_range() -> None:
    assumptions = Assumptions.of(INDEX, VALUES, ALL)
    found = assumptions.drawn(0, 500, seed=1)
    for drawn, (low, high) in (
        (found.weight_delivered, VALUES.weight_delivered),
        (found.exponent, VALUES.exponent),
    ):
        assert kstest((drawn - low) / (high - low), "uniform").pvalue > 0.001
    assert set(np.unique(found.p)) == set(VALUES.p)
    assert (found.p == found.p[:, :1]).all()
    assert found.uses_delivered.all()
    assert found.uses_available.all()


def test_weights_that_stand_beside_each_other_are_dirichlet() -> None:
    assumptions = Assumptions.of(INDEX, VALUES, ALL)
    found = assumptions.drawn(0, 2000, seed=1)
    np.testing.assert_allclose(found.priority.sum(axis=1), 1.0)
    for name, drawn in zip(PRIORITY, found.priority.T, strict=True):
        w = getattr(INDEX.priority, name)
        c = VALUES.concentration
        assert kstest(drawn, beta(c * w, c * (1 - w)).cdf).pvalue > 0.001
    for parent in ("barrier", "terrain", "remoteness", "need"):
        children = INDEX.children(parent)
        beside = [assumptions.nodes.index(code) for code in children]
        np.testing.assert_allclose(found.weights[:, beside].sum(axis=1), 1.0)
        nominal = np.array([node.weight for node in children.values()])
        mean = found.weights[:, beside].mean(axis=0)
        np.testing.assert_allclose(mean, nominal / nominal.sum(), atol=0.01)


def test_one_more_leaf_changes_no_other_numbers() -> None:
    few = uniform_values(("lambda", "slope"), 7, 5, seed=3)
    many = uniform_values(("students", "slope", "lambda"), 0, 12, seed=3)
    np.testing.assert_array_equal(few[:, 0], many[7:, 2])
    np.testing.assert_array_equal(few[:, 1], many[7:, 1])
    assert len(np.unique(many)) == many.size
    assert not (uniform_values(("lambda",), 0, 12, seed=4) == many[:, 2:]).any()


def test_only_weights_that_have_another_one_beside_them_are_drawn() -> None:
    names = Assumptions.of(INDEX, VALUES, ["slope", "students"]).names
    assert names == ("lambda", "exponent", "p", "base", "need", "barrier")
    assert Assumptions.of(INDEX, VALUES, []).names == ("lambda", "exponent")
    names = Assumptions.of(INDEX, VALUES, ["slope", "relief", "site"]).names
    assert names[3:] == ("base", "barrier", "relief", "slope", "terrain", "remoteness")


def test_a_list_as_the_project_has_it() -> None:
    assumptions = Assumptions.of(INDEX, VALUES, ["slope", "site", "water"])
    nominal = assumptions.nominal(2)
    assert nominal.weight_delivered.tolist() == [0.6, 0.6]
    assert nominal.priority.tolist() == [[0.5, 0.0, 0.2]] * 2
    assert assumptions.nodes == ("slope", "terrain", "site", "water", "remoteness", "barrier")
    assert nominal.weights[0].tolist() == [1.0, 0.35, 0.35, 0.1, 0.4, 1.0]
    shares = {a.name: a.nominal for a in assumptions.each}
    assert shares["base"] == pytest.approx(5 / 7)
    assert shares["site"] == pytest.approx(7 / 9)
    assert shares["p"] == 2.0


def test_different_exponents_of_means_are_no_nominal_one() -> None:
    nodes = {**INDEX.nodes, "terrain": INDEX.nodes["terrain"].model_copy(update={"p": 4.0})}
    mixed = INDEX.model_copy(update={"nodes": nodes})
    (p,) = (a for a in Assumptions.of(mixed, VALUES, ALL).each if a.name == "p")
    assert np.isnan(p.nominal)


def test_only_some_assumptions_are_drawn() -> None:
    assumptions = Assumptions.of(INDEX, VALUES, ALL).only(["base", "need", "barrier"])
    found, nominal = assumptions.drawn(0, 3, seed=1), assumptions.nominal(3)
    assert (found.priority != nominal.priority).all()
    for name in ("weight_delivered", "exponent", "weights", "p"):
        np.testing.assert_array_equal(getattr(found, name), getattr(nominal, name))


def test_an_assumption_that_cannot_be_applied_is_an_error() -> None:
    few = Assumptions.of(INDEX, VALUES, ["slope", "relief"])
    for ask in (
        lambda: few.only(["students"]),
        lambda: few.without("students"),
        lambda: few.without("terrain"),
        lambda: Assumptions.of(INDEX, VALUES, ["nothing"]),
    ):
        with pytest.raises(InputError) as raised:
            ask()
        assert raised.value.code == "assumption_unknown"
    with pytest.raises(InputError) as raised:
        few.only(["slope"])
    assert raised.value.code == "assumption_alone"
    assert raised.value.params["known"] == "relief"


def test_without_a_leaf_its_tree_is_as_it_would_be_without_data() -> None:
    assumptions = Assumptions.of(INDEX, VALUES, ["slope", "students"])
    assert assumptions.without("students").priority.tolist() == [[0.5, 0.0, 0.2]]
    assert assumptions.without("slope").priority.tolist() == [[0.5, 0.3, 0.0]]
    delivered = assumptions.without("delivered")
    assert delivered.weight_delivered.tolist() == [0.0]
    assert not delivered.uses_delivered.any()
    assert not assumptions.without("available").uses_available.any()


def test_a_very_small_concentration_still_gives_weights() -> None:
    wild = VALUES.model_copy(update={"concentration": 1e-6})
    found = Assumptions.of(INDEX, wild, ALL).drawn(0, 50, seed=1)
    assert np.isfinite(found.weights).all()
    np.testing.assert_allclose(found.priority.sum(axis=1), 1.0)
