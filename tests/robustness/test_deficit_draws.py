"""Draws of the deficit, against closed forms and what must hold whatever the figures are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from kalsel_gap.indicators.distribution import deficit_interval, infer_delivered, mean_deficit
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.robustness.deficit_draws import Cases, DeficitDraws, Levels, Service
from kalsel_gap.robustness.draw_ranks import DrawRanks
from kalsel_gap.robustness.level_posterior import NORMAL
from kalsel_gap.robustness.streams import stream_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray

VALUES = Robustness.shipped().values
# A curve that is a line over all levels that occur: the order of the levels is that of the schools.
LINE = np.array([[-300.0, 100.0]]), np.array([[0.0, 1.0]])


def nothing_known(n: int) -> Service:
    """No source states anything of any school; π and μ are those of the curves."""
    return Service(
        *(np.zeros(n + 1, dtype=np.int64), np.empty((0, 3)), np.array([0.7, 0.2, 0.1])),
        *(np.full(n, np.nan), np.full(n, 4.0), np.zeros(n, dtype=bool)),
        *(np.array([0.0, 1.0]), np.array([0.5, 0.05]), np.array([0.1, 0.8])),
    )


def stating(adequacy: Sequence[float]) -> Service:
    """What each school has is known."""
    n = len(adequacy)
    return nothing_known(n)._replace(
        known=np.asarray(adequacy, dtype=float), concentration=np.full(n, np.inf)
    )


def with_rates(shares: Sequence[Sequence[float]]) -> Service:
    """Shares of the required rates of each school, known."""
    rates = np.asarray(shares, dtype=float)
    return nothing_known(len(rates))._replace(
        rates_begin=np.arange(len(rates) + 1),
        rates=rates,
        concentration=np.full(len(rates), np.inf),
    )


def drawn(
    available: Sequence[float],
    service: Service,
    *,
    names: Sequence[str] = (),
    mean: Sequence[float] = (),
    sd: Sequence[float] = (),
    shared_db: float = 0.0,
    seed: int = 0,
) -> DeficitDraws:
    """Draws of schools with one case each; with `mean` their levels are normal."""
    n = len(available)
    has_levels = len(mean) > 0
    tables = np.array([m + s * NORMAL for m, s in zip(mean, sd, strict=True)], dtype=np.float32)
    levels = Levels(
        tables if has_levels else np.empty((0, len(NORMAL)), dtype=np.float32),
        np.arange(n, dtype=np.int32)[None] if has_levels else np.empty((0, n), dtype=np.int32),
        np.full((1, n) if has_levels else (0, n), shared_db, dtype=np.float32),
        stream_keys(["source"] if has_levels else []),
        *LINE,
    )
    none = np.zeros(n, dtype=np.int64)
    point = np.asarray(available, dtype=float)
    cases = Cases(
        begin=np.arange(n + 1),
        weight=np.ones(n),
        place=np.arange(n) if has_levels else np.full(n, -1),
        at_least=np.zeros(n) if has_levels else point,
        point=point,
        donors_begin=none,
        donors_end=none,
        donors=np.empty(0),
        at_most=np.ones(n),
    )
    keys = stream_keys(names or [str(number) for number in range(n)])
    return DeficitDraws(keys, levels, cases, service, 0.6, 0.5, VALUES, seed)


def all_of(
    draws: DeficitDraws, count: int, *, data: bool = True, values: bool = False
) -> FloatArray:
    return np.concatenate(list(draws.batches(count, data=data, values=values)))


def test_the_point_is_that_of_the_worked_school() -> None:
    service = nothing_known(1)._replace(
        no_line=np.array([0.5, 0.05]), given_line=np.array([0, 0.8])
    )
    (found,) = drawn([0.21], service).batch(0, 1, data=False, values=False)[0]
    assert found == pytest.approx(0.8245, abs=5e-5)


def test_draws_of_the_service_have_the_closed_form_of_their_distribution() -> None:
    available = [0.0, 0.21, 0.7]
    found = all_of(drawn(available, nothing_known(3)), 20_000)
    none = 0.5 - 0.45 * np.asarray(available)
    given_line = 0.1 + 0.7 * np.asarray(available)
    exact = infer_delivered(none, given_line, np.zeros(3, bool), concentration=4.0)
    means = mean_deficit(exact, available, weight_delivered=0.6)
    assert found.mean(axis=0) == pytest.approx(means, abs=0.008)
    low, high = deficit_interval(exact, available, weight_delivered=0.6)
    assert np.quantile(found, 0.05, axis=0) == pytest.approx(low, abs=0.02)
    assert np.quantile(found, 0.95, axis=0) == pytest.approx(high, abs=0.02)


@pytest.mark.parametrize("shared_db", [0.0, 30.0])
def test_the_better_of_two_schools_is_first_as_often_as_normal_levels_have_it(
    shared_db: float,
) -> None:
    # Their error in common moves both and changes nothing.
    mean, sd = [-110.0, -100.0], [8.0, 6.0]
    draws = drawn([0, 0], stating([0, 0]), mean=mean, sd=sd, shared_db=shared_db)
    found = all_of(draws, 40_000)
    chance = norm.cdf(10 / np.hypot(8, 6))
    assert (found[:, 0] > found[:, 1]).mean() == pytest.approx(chance, abs=0.01)


def test_nobodys_draws_depend_on_who_else_is_there_or_on_the_order() -> None:
    names = ["a", "b", "c", "d"]
    available, mean, sd = [0.1, 0.3, 0.5, 0.7], [-100.0, -90, -80, -70], [5.0, 6, 7, 8]

    def of(chosen: list[int]) -> FloatArray:
        def pick(values: list[float]) -> list[float]:
            return [values[n] for n in chosen]

        return all_of(
            drawn(
                pick(available),
                nothing_known(len(chosen)),
                names=[names[n] for n in chosen],
                mean=pick(mean),
                sd=pick(sd),
            ),
            200,
        )

    everybody = of([0, 1, 2, 3])
    assert (of([3, 1, 0])[:, [2, 1, 0]] == everybody[:, [0, 1, 3]]).all()


def test_unknown_service_makes_the_interval_wider() -> None:
    mean, sd = [-100.0] * 2, [8.0] * 2
    service = nothing_known(2)
    service = service._replace(known=np.array([np.nan, 0.2]), concentration=np.array([4.0, np.inf]))
    found = all_of(drawn([0.5, 0.5], service, mean=mean, sd=sd), 4000)
    low, high = np.quantile(found, [0.05, 0.95], axis=0)
    assert (high - low)[0] > 2 * (high - low)[1]


@given(
    worse=st.lists(st.floats(0, 0.95), min_size=3, max_size=3),
    by=st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    available=st.floats(0, 0.9),
    seed=st.integers(0, 50),
)
def test_a_school_that_is_worse_in_every_leaf_never_ranks_behind(
    worse: list[float], by: list[float], available: float, seed: int
) -> None:
    better = [min(1.0, w + b) for w, b in zip(worse, by, strict=True)]
    service = with_rates([worse, better])
    draws = drawn([available, min(1.0, available + 0.05)], service, seed=seed)
    ranks = DrawRanks(draws.keys, k=1, seed=seed)
    for batch in draws.batches(64, data=False, values=True):
        ranks.add(batch)
    assert ranks.top_share().tolist() == [1.0, 0.0]


def test_draws_of_values_keep_to_their_ranges_and_are_the_same_for_all_schools() -> None:
    # With nothing delivered D is 1 - (1 - λ) A_a: it shows λ itself.
    found = all_of(drawn([0.5, 0.8], stating([0, 0])), 2000, data=False, values=True)
    lam = 1 - (1 - found) / [0.5, 0.8]
    assert lam[:, 0] == pytest.approx(lam[:, 1])
    assert 0.4 <= lam.min() < 0.41
    assert 0.79 < lam.max() <= 0.8


def test_resampled_tests_are_drawn_and_the_first_row_is_the_point() -> None:
    service = nothing_known(1)._replace(
        rates_begin=np.array([0, 3]),
        rates=np.array([[0.25, np.nan, np.nan], [0.04, np.nan, np.nan], [1.0, np.nan, np.nan]]),
        concentration=np.array([np.inf]),
    )
    draws = drawn([0.0], service)
    assert draws.batch(0, 1, data=False, values=False)[0, 0] == pytest.approx(0.5)
    assert sorted(set(all_of(draws, 200).round(9).ravel())) == pytest.approx([0.0, 0.5, 0.8])


def test_few_tests_are_spread_around_their_value() -> None:
    service = nothing_known(1)._replace(known=np.array([0.5]), concentration=np.array([16.0]))
    found = all_of(drawn([0.0], service), 20_000)[:, 0]
    assert found.mean() == pytest.approx(0.5, abs=0.005)
    assert found.std() == pytest.approx(np.sqrt(0.25 / 17), abs=0.01)


def test_a_doubtful_location_is_drawn_by_the_weights_of_its_places() -> None:
    draws = drawn([0.0], stating([0.0]))
    cases = draws.cases._replace(
        begin=np.array([0, 2]),
        weight=np.array([0.3, 0.7]),
        place=np.array([-1, -1]),
        at_least=np.array([0.0, 0.5]),
        point=np.array([0.0, 0.5]),
        donors_begin=np.zeros(2, np.int64),
        donors_end=np.zeros(2, np.int64),
        at_most=np.ones(2),
    )
    two = replace(draws, cases=cases)
    found = all_of(two, 10_000)[:, 0]
    assert (found == 1.0).mean() == pytest.approx(0.3, abs=0.02)
    assert set(found.round(9)) == {1.0, 0.8}
    assert two.batch(0, 1, data=False, values=False)[0, 0] == pytest.approx(0.86)


def test_like_schools_stand_for_one_without_any_map() -> None:
    draws = drawn([0.5], stating([0.0]))
    cases = draws.cases._replace(
        at_least=np.array([0.1]),
        donors_begin=np.array([1]),
        donors_end=np.array([4]),
        donors=np.array([0.9, 0.0, 0.2, 0.8, 0.9]),
        at_most=np.array([0.5]),
    )
    found = all_of(replace(draws, cases=cases), 3000)[:, 0]
    share: NDArray[np.float64] = np.array([(found.round(9) == d).mean() for d in (0.96, 0.92, 0.8)])
    assert share == pytest.approx(1 / 3, abs=0.04)


def test_a_school_of_which_nothing_is_known_has_no_deficit_and_nobody_else_is_touched() -> None:
    draws = drawn([0.5], nothing_known(2))
    cases = draws.cases._replace(begin=np.array([0, 0, 1]))
    two = replace(draws, keys=stream_keys(["x", "0"]), cases=cases)
    found = all_of(two, 100)
    assert np.isnan(found[:, 0]).all()
    assert (found[:, 1] == all_of(draws, 100)[:, 0]).all()
