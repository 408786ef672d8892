"""Microwave hops over profiles: by hand, properties of every hop, and unknown inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.project.base import default_values
from kalsel_gap.project.radio import Radio
from kalsel_gap.radio.links.microwave_hops import Hops, hops
from kalsel_gap.radio.propagation.microwave import hop_of, longest_km, outage
from kalsel_gap.radio.propagation.path_inputs import Paths

RADIO = Radio.model_validate(default_values("radio"))
NAN = np.nan


def hop(
    ground_m: Any,
    *,
    length_km: float = 10.0,
    site_m: float = 40.0,
    pole_m: float = 6.0,
    clutter_m: Any = None,
    **terms: float,
) -> Hops:
    """One hop of the defaults, except for some terms."""
    receiver = RADIO.receiver.model_copy(update={"cpe_height_m": pole_m})
    microwave = RADIO.microwave.model_copy(update=terms)
    radio = RADIO.model_copy(update={"receiver": receiver, "microwave": microwave})
    given = None if clutter_m is None else [clutter_m]
    paths = Paths.equally_spaced([length_km], [ground_m], clutter_m=given)
    return hops(paths, np.array([site_m]), -3.0, radio)


def ridge(top_m: float, at: int = 50) -> np.ndarray[Any, Any]:
    """A plain of 101 samples at sea level, and one edge on it."""
    ground = np.zeros(101)
    ground[at] = top_m
    return ground


def test_a_plain_by_hand() -> None:
    found = hop(ridge(0.0))
    # 1.6 km from the school the ray is at 11.44 m, the ground at 1.6·8.4/(12.742·0.6) = 1.758 m,
    # and the zone is 17.31·√(13.44/80) = 7.096 m wide: 1.3643. Nearer and farther it is more.
    assert found.clearance_ratio[0] == pytest.approx(1.3643, abs=5e-4)
    assert (found.mast_m[0], found.status[0]) == (6.0, "feasible")
    assert found.margin_db[0] == pytest.approx(27.18, abs=0.02)  # see test_microwave
    # K = 10^(-4.4 + 0.81)·25^-0.46 = 5.847e-5; p0 = K·10^3.4·4.4^-1.03·8^0.8·10^-0.00456;
    # of the worst month, 10.5 - 5.6·log(1.1 + 0.9962) - 2.7 + 1.7·log 4.4 dB more in the year.
    assert found.multipath_percent[0] == pytest.approx(
        0.16676 * 10 ** (-(found.margin_db[0] + 7.094) / 10.0), rel=1e-3
    )
    assert found.rain_percent[0] == 0.001  # the least value of the equation
    lost = found.multipath_percent[0] + found.rain_percent[0]
    assert found.availability_percent[0] == pytest.approx(100.0 - lost)
    assert found.longest_km[0] == 15.0


def test_a_ridge_takes_a_mast() -> None:
    found = hop(ridge(40.0), tallest_m=60.0)
    # 40 m, a bulge of 25/(12.742·0.6) = 3.270 m and 0.6·9.678 m: 49.077 m half way from 40 m.
    assert found.mast_m[0] == pytest.approx(2.0 * 49.077 - 40.0, abs=0.01)
    # From 6 m the ray passes 20.270 m below the top.
    assert found.clearance_ratio[0] == pytest.approx(-20.270 / 9.678, abs=1e-3)
    assert found.status[0] == "blocked"
    assert hop(ridge(40.0)).status[0] == "too_tall"
    raised = hop(ridge(40.0), pole_m=float(found.mast_m[0]) + 1e-6)
    assert raised.status[0] == "feasible"
    for name in ("margin_db", "rain_percent", "multipath_percent", "availability_percent"):
        assert getattr(raised, name) == pytest.approx(getattr(found, name), rel=1e-6)


def test_trees_are_in_the_way_like_the_ground() -> None:
    trees = hop(ridge(10.0), clutter_m=ridge(30.0))
    assert trees.mast_m[0] == pytest.approx(hop(ridge(40.0)).mast_m[0])
    assert hop(ridge(10.0)).status[0] == "feasible"


@pytest.mark.parametrize(
    ("length_km", "terms", "status"),
    [
        (14.9, {}, "feasible"),
        (15.1, {}, "too_long"),  # longer than the planning limit
        (15.1, {"longest_km": 30.0}, "feasible"),
        (14.9, {"availability_percent": 99.9999}, "too_long"),
        (14.9, {"tx_power_dbm": -10.0}, "too_long"),
        (14.9, {"frequency_ghz": 38.0}, "too_long"),
        # Outside the range of the formulas the result is unknown.
        (14.9, {"frequency_ghz": 80.0}, "frequency"),
        (70.0, {}, "too_long"),  # though no formula covers it
        (70.0, {"longest_km": 80.0}, "distance"),
        (0.0, {}, "distance"),
        (0.1, {}, "feasible"),
    ],
)
def test_how_far_a_hop_may_be(length_km: float, terms: dict[str, float], status: str) -> None:
    found = hop(ridge(0.0), length_km=length_km, site_m=100.0, pole_m=100.0, **terms)
    assert found.status[0] == status
    known = status in ("feasible", "too_long") and length_km < 60.0
    assert np.isfinite(found.availability_percent[0]) == known


def test_a_hop_that_is_blocked_and_too_long_is_too_long() -> None:
    assert hop(ridge(400.0), length_km=20.0).status[0] == "too_long"


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"ground_m": ridge(NAN)}, "void"),
        ({"ground_m": ridge(NAN, 100)}, "void"),
        ({"ground_m": ridge(-32768.0)}, "void"),
        ({"ground_m": ridge(0.0), "clutter_m": ridge(NAN)}, "land_cover"),
        ({"ground_m": ridge(0.0), "site_m": NAN}, "antenna"),
        ({"ground_m": ridge(0.0), "site_m": 4200.0}, "antenna"),
        ({"ground_m": [0.0, 0.0]}, "profile"),
    ],
)
def test_what_is_not_known_has_no_number(terms: dict[str, Any], status: str) -> None:
    found = hop(**terms)
    assert found.status.tolist() == [status]
    for name in Hops._fields:
        if name != "status":
            assert np.isnan(getattr(found, name)).all(), name


def test_a_hop_is_as_long_as_the_one_that_just_holds() -> None:
    """Without a planning limit it is the longest hop of the models for both antennas."""
    found = hop(ridge(0.0), longest_km=60.0, availability_percent=99.99)
    terms = RADIO.microwave.model_copy(update={"availability_percent": 99.99})
    same = hop_of(terms, 10.0, tx_m=40.0, rx_m=6.0, latitude_deg=-3.0)
    assert found.longest_km[0] == longest_km(same, 99.99)
    assert 15.0 < found.longest_km[0] < 30.0
    assert outage(same).margin_db == pytest.approx(found.margin_db[0], abs=1e-4)


@given(
    st.lists(st.floats(0.0, 500.0), min_size=5, max_size=5),
    st.floats(0.5, 30.0),
    st.floats(10.0, 80.0),
)
def test_the_stated_mast_is_enough_and_none_lower(
    ground_m: list[float], length_km: float, site_m: float
) -> None:
    found = hop(ground_m, length_km=length_km, site_m=site_m)
    mast_m = float(found.mast_m[0])
    assert mast_m >= 6.0
    assert (mast_m > 6.0) == (found.clearance_ratio[0] < 0.6)
    enough = hop(ground_m, length_km=length_km, site_m=site_m, pole_m=mast_m + 0.01)
    assert enough.clearance_ratio[0] >= 0.6
    assert enough.status[0] in ("feasible", "too_long")
    if mast_m > 6.02:
        lower = hop(ground_m, length_km=length_km, site_m=site_m, pole_m=mast_m - 0.01)
        assert lower.clearance_ratio[0] < 0.6


@given(st.floats(0.0, 200.0), st.floats(0.0, 200.0), st.integers(1, 99))
def test_a_higher_obstacle_takes_no_lower_mast(a_m: float, b_m: float, at: int) -> None:
    low, high = (hop(ridge(top, at)).mast_m[0] for top in sorted((a_m, b_m)))
    assert low <= high
