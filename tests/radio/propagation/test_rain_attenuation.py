"""Rain against ITU-R's own tables and validation examples, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kalsel_gap.radio.propagation import rain_attenuation
from kalsel_gap.radio.propagation.path_inputs import Polarization

H, V = Polarization.HORIZONTAL, Polarization.VERTICAL
NAN = np.nan

rates = st.floats(20.0, 200.0)
ghz = st.floats(6.0, 86.0)
percents = st.floats(0.001, 1.0)


@pytest.mark.parametrize(
    ("frequency", "horizontal", "vertical"),
    [
        (10.0, (0.01217, 1.2571), (0.01129, 1.2156)),
        (15.0, (0.04481, 1.1233), (0.05008, 1.0440)),
        (20.0, (0.09164, 1.0568), (0.09611, 0.9847)),
        (38.0, (0.4001, 0.8816), (0.3844, 0.8552)),
    ],
)
def test_the_table_of_p838(
    frequency: float, horizontal: tuple[float, float], vertical: tuple[float, float]
) -> None:
    """P.838-3, Table 5, to its last digit."""
    # Without an elevation the path is horizontal, without a polarization that is vertical.
    exact = rain_attenuation.coefficients(frequency)
    assert exact == rain_attenuation.coefficients(frequency, V, 0.0)
    gamma = rain_attenuation.specific_db_km(frequency, 40.0)
    assert gamma == rain_attenuation.specific_db_km(frequency, 40.0, V, 0.0)
    for polarization, expected in ((H, horizontal), (V, vertical)):
        k, alpha = rain_attenuation.coefficients(frequency, polarization)
        assert k == pytest.approx(expected[0], rel=6e-4)
        assert alpha == pytest.approx(expected[1], abs=6e-5)


@pytest.mark.parametrize(
    ("elevation", "frequency", "rate", "polarization", "expected"),
    [
        (31.07699124, 14.25, 26.48052, H, (0.03975488, 1.12418043, 1.58130839)),
        (22.27833468, 29.0, 50.639304, H, (0.22168203, 0.95543001, 9.42430244)),
        (48.24117054, 14.25, 63.62668149, V, (0.04226474, 1.07871664, 3.72901264)),
        (20.14335809, 29.0, 42.91007183, V, (0.21298877, 0.92265917, 6.83364556)),
    ],
)
def test_validation_examples_of_p838(
    elevation: float,
    frequency: float,
    rate: float,
    polarization: Polarization,
    expected: tuple[float, float, float],
) -> None:
    """Validation examples of ITU-R Study Group 3 for Earth-space paths."""
    k, alpha = rain_attenuation.coefficients(frequency, polarization, elevation)
    gamma = rain_attenuation.specific_db_km(frequency, rate, polarization, elevation)
    assert (float(k), float(alpha), float(gamma)) == pytest.approx(expected, rel=2e-7)


def test_attenuation_by_hand() -> None:
    """15 GHz, vertical, 120 mm/h, 10 km."""
    # γ = 0.05008·120^1.0440 = 7.417; 1/r = 0.477·4.295·1.4403·1.3953 - 10.579·0.21337 = 1.860.
    assert rain_attenuation.specific_db_km(15.0, 120.0) == pytest.approx(7.417, abs=0.01)
    assert rain_attenuation.attenuation_001_db(10.0, 15.0, 120.0) == pytest.approx(
        74.17 / 1.860, rel=2e-3
    )


def test_a_very_short_path_counts_as_two_and_a_half() -> None:
    # 100 m: 1/r = 0.477·0.2328·1.4403·1.3953 - 10.579·0.0024 = 0.198 is less than 0.4.
    assert rain_attenuation.attenuation_001_db(0.1, 15.0, 120.0) == pytest.approx(
        0.25 * 7.417, rel=2e-3
    )
    assert rain_attenuation.attenuation_001_db(0.0, 15.0, 120.0) == 0.0


@pytest.mark.parametrize(
    ("frequency", "percent", "ratio"),
    [
        (8.0, 1.0, 0.1125),  # 0.07^0.12·0.12^0.88
        (8.0, 0.1, 0.3798),  # C2 - C3 = 0.5831 - 0.0545
        (38.0, 0.1, 0.3765),  # C0 = 0.3055, C1 = 0.1018, C2 - C3 = 0.5681
        (38.0, 0.001, 1.896),  # 3·(C2 - 3·C3) = 1.2703
    ],
)
def test_other_shares_of_the_year_by_hand(frequency: float, percent: float, ratio: float) -> None:
    assert rain_attenuation.attenuation_db(1.0, frequency, percent) == pytest.approx(
        ratio, rel=1e-3
    )


def test_what_the_recommendations_do_not_cover_is_unknown() -> None:
    assert np.isnan(rain_attenuation.specific_db_km([0.9, 101.0, NAN], 100.0)).all()
    assert np.isnan(rain_attenuation.attenuation_001_db([-1.0, 61.0, NAN], 15.0, 100.0)).all()
    assert np.isnan(rain_attenuation.attenuation_db(10.0, 15.0, [0.0, 0.0009, 1.1, NAN])).all()
    assert np.isnan(rain_attenuation.exceeded_percent([NAN, 10.0], [10.0, NAN], 15.0)).all()


def test_margins_at_the_ends_of_the_law() -> None:
    got = rain_attenuation.exceeded_percent([-1.0, 0.0, 1.0, 1000.0], 10.0, 15.0)
    assert got.tolist() == [100.0, 100.0, 100.0, 0.001]
    assert rain_attenuation.exceeded_percent(5.0, 0.0, 15.0) == 0.001  # no rain


@given(st.floats(0.5, 300.0), ghz, percents)
def test_the_share_of_a_margin_is_the_law_backwards(a: float, f: float, p: float) -> None:
    margin = rain_attenuation.attenuation_db(a, f, p)
    assert rain_attenuation.exceeded_percent(margin, a, f) == pytest.approx(p, rel=1e-6)


@given(st.lists(st.floats(0.1, 300.0), min_size=2, max_size=2), st.floats(0.5, 300.0), ghz)
def test_a_larger_margin_is_exceeded_no_more_often(
    margins: list[float], a: float, f: float
) -> None:
    small, large = rain_attenuation.exceeded_percent(sorted(margins), a, f)
    assert large <= small


@given(st.lists(rates, min_size=2, max_size=2), st.floats(0.1, 60.0), ghz, st.sampled_from([H, V]))
def test_more_rain_is_no_less_loss(
    given_rates: list[float], d: float, f: float, polarization: Polarization
) -> None:
    light, heavy = rain_attenuation.attenuation_001_db(d, f, sorted(given_rates), polarization)
    assert light <= heavy * (1.0 + 1e-9)


@given(st.lists(st.floats(0.05, 60.0), min_size=2, max_size=2), st.floats(60.0, 200.0), ghz)
def test_a_longer_path_is_no_less_loss(lengths: list[float], rate: float, f: float) -> None:
    assume(lengths[0] != lengths[1])
    short, long = rain_attenuation.attenuation_001_db(sorted(lengths), f, rate)
    assert short <= long * (1.0 + 1e-9)
