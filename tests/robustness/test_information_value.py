"""What a fact is worth, against answers worked out by hand, closed forms and a plain version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.robustness.information_value import (
    FACTS,
    choose,
    expected_deficits,
    find_fact_values,
    values_of_knowing,
)
from tests.robustness.test_deficit_draws import drawn, nothing_known, stating, with_rates

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.robustness.deficit_draws import DeficitDraws
    from kalsel_gap.storage.run_folder import Run

SHARES = st.floats(0.0, 1.0)


def of_first(draws: DeficitDraws, deficit: list[float], k: int, count: int) -> pd.DataFrame:
    """Facts of the first school alone, by fact."""
    is_open = np.arange(len(deficit)) == 0
    found = find_fact_values(draws, np.array(deficit), is_open, k, count)
    return found.set_index("fact")


def test_a_line_that_may_be_any_is_worth_what_the_closed_form_says() -> None:
    # Nothing is available: D is 1 - A_d, 1 in half of the cases, otherwise even over 0 to 1. It is
    # .75 on average, left out at .8: it gains .2 in half of the cases, (u - .8) above .8.
    service = nothing_known(2)._replace(
        concentration=np.full(2, 2.0), no_line=np.full(2, 0.5), given_line=np.full(2, 0.5)
    )
    found = of_first(drawn([0.0, 0.0], service), [0.75, 0.8], 1, 20_000)
    value, chance = 0.5 * 0.2 + 0.5 * 0.2**2 / 2, 0.5 + 0.5 * 0.2
    assert found.loc["service", "value"] == pytest.approx(value, abs=0.003)
    assert found.loc["service", "chance"] == pytest.approx(chance, abs=0.01)
    # A visit shows no more than that: the signal is known, and so is the place.
    assert found.loc["visit", "value"] == pytest.approx(found.loc["service", "value"], abs=1e-12)
    assert not found["is_chosen"].any()
    assert set(found.index) == {"service", "visit"}


def test_of_a_chosen_school_the_same_is_worth_what_it_falls_below_the_limit() -> None:
    # Chosen at .75, the next one has .7: below it D lies with .5·.7, by .35 on average there.
    service = nothing_known(2)._replace(
        concentration=np.full(2, 2.0), no_line=np.full(2, 0.5), given_line=np.full(2, 0.5)
    )
    found = of_first(drawn([0.0, 0.0], service), [0.75, 0.7], 1, 20_000)
    assert found.loc["service", "value"] == pytest.approx(0.5 * 0.7**2 / 2, abs=0.003)
    assert found.loc["service", "chance"] == pytest.approx(0.35, abs=0.01)
    assert found["is_chosen"].all()


def test_where_the_service_is_known_only_the_signal_is_worth_anything() -> None:
    # D is .6 + .4 (1 - A_a), and A_a on the line of levels even chances around .5.
    draws = drawn([0.5, 0.5], stating([0.0, 0.0]), mean=[-100.0, -100.0], sd=[20.0, 20.0])
    deficit = [0.8, 0.8 + 1e-9]
    found = of_first(draws, deficit, 1, 20_000)
    assert set(found.index) == {"signal", "visit"}
    # Half the mean distance of a normal level of 20 dB, on 400 dB of the curve, times 1 - λ.
    expected = 0.4 * 20.0 / 400.0 / np.sqrt(2.0 * np.pi)
    assert found.loc["signal", "value"] == pytest.approx(expected, rel=0.03)


def test_of_a_tested_school_the_signal_shows_nothing_of_its_line() -> None:
    # What its tests show differs from sample to sample; the signal is the same in every draw.
    service = with_rates([[0.04, np.nan, np.nan], [0.36, np.nan, np.nan], [0.2, np.nan, np.nan]])
    service = service._replace(
        rates_begin=np.array([0, 2, 3]),
        known=np.full(2, np.nan),
        has_line=np.zeros(2, bool),
        concentration=np.full(2, np.inf),
    )
    found = of_first(drawn([0.5, 0.5], service), [0.48, 0.481], 1, 2_000)
    assert float(found["value"]["service"]) > 0.05
    assert "signal" not in found.index


def plain(facts: FloatArray, lam: float) -> FloatArray:
    """The expected deficits, one school and fact after the other."""
    out = np.empty((len(facts), len(FACTS), facts.shape[2]))
    for school, (case, available, delivered, mean) in enumerate(facts):
        most = 1 - (1 - lam) * available
        signal = (1 - mean) * most
        location = np.array([signal[case == c].mean() for c in case])
        given_line = np.sort(delivered[delivered > 0])
        edges = [given_line[n * len(given_line) // 16] for n in range(16) if len(given_line)]
        group = np.array([sum(edge <= d for edge in edges) for d in delivered])
        service = (1 - delivered) * np.array([most[group == g].mean() for g in group])
        out[school] = service, signal, location, (1 - delivered) * most
    return out


@given(
    st.integers(1, 40).flatmap(
        lambda m: st.lists(
            st.tuples(st.integers(0, 2), SHARES, SHARES | st.just(0.0), SHARES),
            min_size=m,
            max_size=m,
        )
    ),
    SHARES,
    SHARES,
    st.booleans(),
)
def test_the_kernels_are_the_plain_version(
    rows: list[tuple[int, float, float, float]], lam: float, limit: float, is_chosen: bool
) -> None:
    facts = np.array(rows, dtype=np.float64).T[None].copy()
    expected = expected_deficits(facts, lam)
    np.testing.assert_allclose(expected, plain(facts, lam), atol=1e-12)
    found = values_of_knowing(expected, np.array([limit]), np.array([is_chosen]))[0]
    gain = (limit - expected[0]) if is_chosen else (expected[0] - limit)
    value = np.maximum(gain, 0).mean(axis=1) - np.maximum(gain.mean(axis=1), 0)
    np.testing.assert_allclose(found[:, 0], np.maximum(value, 0), atol=1e-12)
    # To know everything is worth no less than to know one thing, up to the mean of the draws.
    assert (found[:, 1] <= 1.0).all()


def test_without_a_competitor_nothing_is_worth_finding_out() -> None:
    draws = drawn([0.2, 0.4], nothing_known(2))
    everyone = np.full(2, fill_value=True)
    for k in (0, 2, 3):
        assert find_fact_values(draws, np.array([0.5, 0.4]), everyone, k, 100).empty


def test_equal_schools_are_chosen_in_the_order_in_which_they_stand() -> None:
    found = choose(np.array([0.5, 0.5, 0.5]), 2)
    assert found.is_chosen.tolist() == [True, True, False]
    assert (found.last_in, found.first_out) == (0.5, 0.5)


def test_the_facts_of_the_sample(sample_run: Run) -> None:
    table = sample_run.table("fact_values")
    schools = sample_run.schools.set_index("row_id")
    assert set(table["fact"]) <= set(FACTS)
    assert not table.duplicated(["row_id", "fact"]).any()
    assert (table["value"] > 0).all()
    assert table["chance"].between(0, 1).all()
    named = schools.loc[table["row_id"]]
    assert (named["rank"].notna()).all()
    assert (table["npsn"].to_numpy() == named["npsn"].to_numpy()).all()
    # The service of a school that is known for sure is nothing to find out.
    service = table[table["fact"] == "service"]
    tested = schools.loc[service["row_id"], "delivered_basis"] == "register"
    assert not tested.any()
    # The mean of draws that a school is chosen from is near that of the list.
    share = schools.loc[table.loc[table["is_chosen"], "row_id"], "rank"]
    assert share.max() <= sample_run.manifest["certainty"]["k"] + 5
