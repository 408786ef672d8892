from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators import distribution, inference
from kalsel_gap.indicators.distribution import deficit_without_service, mean_deficit
from kalsel_gap.project.index import Index

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

RULE = Index.shipped().inference
PRIOR = RULE.prior
# With the shipped figures.
prior_no_line = partial(inference.prior_no_line, prior=PRIOR)
prior_given_line = partial(inference.prior_given_line, prior=PRIOR)
fit_no_line = partial(inference.fit_no_line, prior=PRIOR)
fit_given_line = partial(inference.fit_given_line, prior=PRIOR)
fit_available_by_distance = partial(
    inference.fit_available_by_distance, minimum_schools=RULE.minimum_schools
)
can_state_both = partial(inference.can_state_both, minimum=RULE.minimum_answers)
infer_by_curves = partial(distribution.infer_by_curves, concentration=RULE.concentration)
LAMBDA = 0.6
GAP = 0.95 / 29  # between pseudo-schools
SHARES = st.floats(0.0, 1.0)
# Many schools share a value: no signal, declared 4G, a fixed network; and steps between knots.
PLACES = st.one_of(SHARES, st.sampled_from([0.0, 0.025, 0.475, 0.48, 0.5, 0.95, 1.0]))
WORTH = st.one_of(SHARES, st.sampled_from([0.0, 1.0]))
WEIGHTS = st.one_of(st.floats(0.0, 5.0), st.just(400.0))
SCHOOLS = st.lists(st.tuples(PLACES, WORTH, WEIGHTS), max_size=60)
NO_CURVES = fit_no_line([], []), fit_given_line([], [])


def columns(rows: list[tuple[float, float, float]]) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.array(rows, dtype=np.float64).reshape(-1, 3).T)


def deficit_at(
    available: ArrayLike, no_line: inference.MonotoneCurve, given_line: inference.MonotoneCurve
) -> NDArray[np.float64]:
    nobody = np.zeros(np.shape(available), dtype=bool)
    inferred = infer_by_curves(available, nobody, no_line=no_line, given_line=given_line)
    return mean_deficit(inferred, available, weight_delivered=LAMBDA)


# --- no schools: the prior -----------------------------------------------------------------------


def test_without_schools_the_curves_are_the_prior() -> None:
    no_line, given_line = NO_CURVES
    a = np.linspace(0.0, 0.95, 951)
    assert no_line.at(a) == pytest.approx(prior_no_line(a), abs=1e-12)
    away = np.abs(a - 0.125) > 0.075  # the kink lies between the knots .10 and .15
    assert given_line.at(a[away]) == pytest.approx(prior_given_line(a[away]), abs=1e-12)
    above = given_line.at(a) - prior_given_line(a)
    assert above.min() > -1e-12
    assert above.max() < 0.011
    assert no_line.schools == given_line.schools == 0


def test_beyond_the_last_pseudo_school_the_curves_are_constant() -> None:
    no_line, given_line = NO_CURVES
    assert no_line.at([0.95, 1.0]) == pytest.approx([0.0725, 0.0725])
    assert given_line.at([0.95, 1.0]) == pytest.approx([0.76, 0.76])
    assert np.isnan(no_line.at(np.nan))


def test_the_worked_school_of_the_method() -> None:
    no_line, given_line = NO_CURVES
    inferred = infer_by_curves([0.21], [False], no_line=no_line, given_line=given_line)
    assert f"{inferred.no_line[0]:.4f}" == "0.4055"
    assert f"{inferred.given_line[0]:.3f}" == "0.168"
    assert f"{inferred.mean()[0]:.4f}" == "0.0999"
    assert f"{deficit_at([0.21], *NO_CURVES)[0]:.4f}" == "0.8245"


# --- hand-worked: 1, 30 and 400 schools ----------------------------------------------------------


def test_one_school_without_a_line() -> None:
    # At A_a .5, between the pseudo-schools 15 (π .27888) and 16 (.26414). It is pooled with the
    # nine to its left, 7 to 15: (1 + 9·.27888 + .014741·36)/10; the sixth has .41155, above that.
    pool = (1.0 + 9 * (0.5 - 0.45 * 15 * GAP) + 0.45 * GAP * 36) / 10
    assert pool == pytest.approx(0.40406, abs=1e-5)
    curve = fit_no_line([0.5], [1.0])
    assert curve.at([0.30, 0.45]) == pytest.approx(pool, abs=1e-12)
    # At the knot .5: the school, and 30·.05/.95 pseudo-schools spread over .475 to .525. These see
    # the pool up to .5, the way down to .26414 until x_16 = .52414, then the prior.
    right, x = 0.5 - 0.45 * 16 * GAP, 16 * GAP
    area = 0.025 * pool + (x - 0.5) * (pool + right) / 2 + (0.525 - x) * (right - 0.00019)
    even = 30 * 0.05 / 0.95
    expected = (pool + even * area / 0.05) / (1 + even)
    assert curve.at(0.5) == pytest.approx(expected, abs=1e-4)
    # Two knots away the prior stands.
    assert curve.at([0.0, 0.10, 0.60, 0.95]) == pytest.approx(prior_no_line([0.0, 0.1, 0.6, 0.95]))
    assert curve.schools == 1


def test_one_test_that_equals_the_prior() -> None:
    curve = fit_given_line([0.4], [0.32])
    assert curve.values == pytest.approx(NO_CURVES[1].values, abs=1e-12)


def test_thirty_schools_without_signal_and_line() -> None:
    curve = fit_no_line(np.zeros(30), np.ones(30))
    assert curve.at(0.0) == pytest.approx(30.5 / 31, abs=1e-12)
    # The knot .05 averages .025 to .075: on the way down to the second pseudo-school, then the
    # prior. The step to it is .49748, within the limit.
    first, second = 30.5 / 31, 0.5 - 0.45 * GAP
    at_edge = first + (second - first) * 0.025 / GAP
    area = (GAP - 0.025) * (at_edge + second) / 2 + (0.075 - GAP) * (second + 0.46625) / 2
    assert curve.at(0.05) == pytest.approx(area / 0.05, abs=1e-12)
    assert curve.at(0.05) == pytest.approx(0.48639, abs=1e-5)
    assert curve.at(0.10) == pytest.approx(0.455)


def test_four_hundred_schools_at_one_place() -> None:
    # 100 of 400 without a line at A_a .5: .25 lies between the pseudo-schools' .26414 on the right
    # and .27888 on the left, so the right one joins: (100 + .26414)/401.
    curve = fit_no_line(np.full(400, 0.5), np.arange(400) < 100)
    assert curve.at(0.5) == pytest.approx(0.25, abs=2e-4)
    assert curve.at([0.4, 0.6]) == pytest.approx(prior_no_line([0.4, 0.6]), abs=1e-12)


def test_four_hundred_tests_over_a_fixed_network() -> None:
    curve = fit_given_line(np.full(400, 0.95), np.full(400, 0.9))
    assert curve.at([0.95, 1.0]) == pytest.approx((400 * 0.9 + 0.76) / 401)
    assert curve.at(0.85) == pytest.approx(0.68)
    poor = fit_given_line(np.full(400, 0.95), np.full(400, 0.3))
    # All pseudo-schools above the mean are pooled: 12 to 29, of which .8·GAP·(12 + … + 28) joins.
    pool = (400 * 0.3 + 0.8 * GAP * sum(range(12, 30))) / 418
    assert poor.at([0.6, 0.95]) == pytest.approx(pool, abs=1e-12)
    assert poor.at(0.3) == pytest.approx(0.24)


def test_the_weight_of_a_school_counts_as_so_many_schools() -> None:
    single = fit_no_line([0.3, 0.7], [1.0, 0.0], [4.0, 3.0])
    many = fit_no_line([0.3] * 4 + [0.7] * 3, [1.0] * 4 + [0.0] * 3)
    assert single.values == pytest.approx(many.values, abs=1e-12)
    assert fit_no_line([0.3], [1.0], [0.0]).values.tolist() == NO_CURVES[0].values.tolist()


# --- properties for any schools ------------------------------------------------------------------


@given(SCHOOLS, SCHOOLS)
def test_monotone_bounded_and_without_cliffs(
    states: list[tuple[float, float, float]], tests: list[tuple[float, float, float]]
) -> None:
    no_line, given_line = fit_no_line(*columns(states)), fit_given_line(*columns(tests))
    for curve, sign in ((no_line, -1.0), (given_line, 1.0)):
        assert np.all(sign * np.diff(curve.values) >= 0.0)
        assert np.all((curve.values >= 0.0) & (curve.values <= 1.0))
    a = np.linspace(0.0, 1.0, 1001)
    deficit = deficit_at(a, no_line, given_line)
    assert np.all(np.diff(deficit) <= 1e-12), "more signal raises the deficit"
    assert np.all(np.abs(np.diff(deficit)) <= 0.02 + 1e-12), "a cliff"
    assert np.all((deficit >= 0.0) & (deficit <= 1.0))


def test_the_steepest_curves_that_can_be_learned_have_no_cliff() -> None:
    below, above = np.full(400, 0.47), np.full(400, 0.48)
    both, steps = np.concatenate([below, above]), np.repeat([0.0, 1.0], 400)
    curves = fit_no_line(both, 1.0 - steps), fit_given_line(both, steps)
    for curve in curves:  # fitted exactly, except for the limit
        assert np.abs(np.diff(curve.values)).max() == pytest.approx(0.5, abs=0.02)
        assert np.abs(curve.at(0.3) - curve.at(0.65)) > 0.9
    # Without the limit D moved by .031 here.
    deficit = deficit_at(np.linspace(0.0, 1.0, 1001), *curves)
    assert 0.008 < np.abs(np.diff(deficit)).max() <= 0.02


@given(SCHOOLS, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[tuple[float, float, float]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for fit in (fit_no_line, fit_given_line):
        there, here = fit(*columns(rows)), fit(*columns(shuffled))
        assert there.values.tobytes() == here.values.tobytes()


@pytest.mark.parametrize(
    ("available", "value", "weight"),
    [
        ([np.nan], [0.5], None),
        ([0.5], [np.nan], None),
        ([1.2], [0.5], None),
        ([0.5], [1.2], None),
        ([0.5], [0.5], [-1.0]),
        ([0.5, 0.6], [0.5], None),
    ],
)
def test_values_that_cannot_be_are_refused(
    available: list[float], value: list[float], weight: list[float] | None
) -> None:
    for fit in (fit_no_line, fit_given_line):
        with pytest.raises(ValueError, match=r"outside|negative|differ"):
            fit(available, value, weight)


# --- real cases ----------------------------------------------------------------------------------


def test_a_register_of_31_none_and_3792_providers() -> None:
    rng = np.random.default_rng(20260101)
    available = np.concatenate([np.zeros(31), 0.95 * rng.beta(2.0, 1.5, 3792)])
    none = np.arange(3823) < 31
    assert can_state_both(31, 3792)
    no_line = fit_no_line(available, none)
    inferred = infer_by_curves(
        available[~none],
        np.ones(3792, dtype=bool),
        no_line=no_line,
        given_line=fit_given_line([], []),
    )
    assert np.all(inferred.no_line == 0.0)
    assert inferred.mean().min() >= 0.1 - 1e-12
    deficit = mean_deficit(inferred, available[~none], weight_delivered=LAMBDA)
    assert deficit[available[~none] >= 0.5].mean() < 0.45
    # A school with an empty field: mostly connected, like the schools of the register.
    assert no_line.at(0.5) < 0.05


@pytest.mark.parametrize(("none", "provider"), [(31, 0), (0, 3792), (4, 3792), (3792, 4)])
def test_a_field_that_states_one_value_is_not_fitted(none: int, provider: int) -> None:
    assert not can_state_both(none, provider)


@pytest.mark.parametrize("seed", range(20))
def test_tests_of_the_plain_do_not_lift_the_mountains(seed: int) -> None:
    rng = np.random.default_rng(seed)
    available = rng.uniform(0.6, 0.95, 400)
    mean = prior_given_line(available)
    learned = fit_given_line(available, rng.beta(4 * mean, 4 * (1 - mean)))
    mountains = np.linspace(0.0, 0.3, 301)
    before = deficit_at(mountains, *NO_CURVES)
    after = deficit_at(mountains, NO_CURVES[0], learned)
    assert np.abs(after - before).max() <= 0.02


def test_schools_between_two_knots_count_at_the_upper_one() -> None:
    knots = np.linspace(0.0, PRIOR.highest, PRIOR.knots)
    middle = float((knots[9] + knots[10]) / 2)
    curve = fit_given_line(np.full(400, middle), np.full(400, 0.8))
    # Pooled with the pseudo-schools 15 to 29 above, whose mean is .8·.95·22/29.
    pool = (400 * 0.8 + 15 * 0.8 * 22 * GAP) / 415
    assert curve.at(knots[10]) == pytest.approx(pool, abs=1e-12)
    # At the knot below: the prior up to pseudo-school 14, then the way up to the pool.
    last = 14 * GAP
    below = (last - middle + 0.05) * 0.8 * (middle - 0.05 + last) / 2
    way = (middle - last) * (0.8 * last + pool) / 2
    assert curve.at(knots[9]) == pytest.approx((below + way) / 0.05, abs=1e-12)


def test_beyond_the_last_pseudo_school_a_school_counts_as_there() -> None:
    beyond, there = (fit_given_line([a_a] * 9, [0.9] * 9) for a_a in (1.0, PRIOR.highest))
    assert beyond.values.tolist() == there.values.tolist()
    assert beyond.values[-1] > NO_CURVES[1].values[-1]


def test_just_enough_answers_of_both_kinds_teach() -> None:
    fewest = RULE.minimum_answers
    assert can_state_both(fewest, fewest)
    assert not can_state_both(fewest - 1, fewest)


# --- over the distance to a site -----------------------------------------------------------------


def test_fewer_than_thirty_schools_give_no_curve_of_distance() -> None:
    assert fit_available_by_distance(np.arange(29.0), np.full(29, 0.5)) is None
    assert fit_available_by_distance(np.arange(30.0), np.full(30, 0.5)) is not None


def test_availability_falls_with_distance_and_is_constant_beyond_what_was_seen() -> None:
    km = np.linspace(1.0, 20.0, 400)
    curve = fit_available_by_distance(km, np.clip(0.9 - 0.04 * km, 0.0, 1.0))
    assert curve is not None
    assert curve.at([3.0, 10.0]) == pytest.approx([0.78, 0.5], abs=0.01)
    assert curve.at(0.0) == curve.at(1.0)
    assert curve.at(90.0) == curve.at(20.0) == pytest.approx(0.1, abs=0.05)  # the last 3 km
    assert curve.knots[[0, -1]] == pytest.approx([1.0, 20.0])


def test_at_a_knot_of_distance_the_fit_counts_as_one_school_over_all() -> None:
    # In ln(1 + km) at 0, .3 and .5: knots at 0, .25 and .5, the middle one from .125 to .375.
    km = np.expm1(np.repeat([0.0, 0.3, 0.5], [20, 1, 9]))
    curve = fit_available_by_distance(km, np.repeat([1.0, 0.2, 0.0], [20, 1, 9]))
    assert curve is not None
    # The fit there is .6667, .2 at .3, and .125; half a school's weight, and the school itself.
    area = 0.175 * (2 / 3 + 0.2) / 2 + 0.075 * (0.2 + 0.125) / 2
    expected = (0.5 * area / 0.25 + 0.2) / 1.5
    assert curve.values == pytest.approx([1.0, expected, 0.0])


def test_a_curve_says_how_many_schools_taught_it() -> None:
    km = np.r_[np.zeros(20), np.full(21, 30.0)]
    curve = inference.fit_available_by_distance(
        km, np.where(km > 0.0, 0.2, 0.8), minimum_schools=30
    )
    assert curve is not None
    table = curve.as_table()
    assert list(table.columns) == ["knot", "value", "schools"]
    assert set(table["schools"]) == {41}
    assert table["knot"].iloc[[0, -1]].tolist() == pytest.approx([0.0, 30.0])
    # Each end by its own schools and, with the weight of one, by all: 0.8 and 0.2, mean 0.4927.
    assert table["value"].iloc[0] == pytest.approx(0.8, abs=0.02)
    assert table["value"].iloc[-1] == pytest.approx(0.2, abs=0.02)


def test_a_step_over_distance_is_no_cliff() -> None:
    km = np.concatenate([np.full(200, 4.9), np.full(200, 5.1), [0.0, 40.0]])
    curve = fit_available_by_distance(km, np.concatenate([np.ones(200), np.zeros(200), [1.0, 0.0]]))
    assert curve is not None
    there = curve.at(np.arange(0.0, 40.0, 0.01))
    assert np.all(np.diff(there) <= 0.0)
    assert np.abs(np.diff(there)).max() < 0.01  # of 10 m


def test_all_schools_at_one_distance() -> None:
    curve = fit_available_by_distance(np.full(40, 3.0), np.repeat([0.2, 0.6], 20))
    assert curve is not None
    assert curve.at([0.0, 3.0, 50.0]) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.floats(0.0, 200.0), SHARES, WEIGHTS), min_size=30, max_size=60))
def test_over_distance_monotone_bounded_in_any_order(
    rows: list[tuple[float, float, float]],
) -> None:
    curve = fit_available_by_distance(*columns(rows), minimum_schools=1)
    reverse = fit_available_by_distance(*columns(rows[::-1]), minimum_schools=1)
    if curve is None or reverse is None:
        assert all(weight == 0.0 for _, _, weight in rows)
        return
    assert curve.values.tobytes() == reverse.values.tobytes()
    assert np.all(np.diff(curve.values) <= 0.0)
    assert np.all((curve.values >= 0.0) & (curve.values <= 1.0))
    assert np.all(np.diff(curve.knots) > 0.0)


def test_deficit_without_service_is_one_where_nothing_is_available() -> None:
    for weight in np.linspace(0.0, 1.0, 101):
        assert deficit_without_service(0.0, weight_delivered=float(weight)) <= 1.0
