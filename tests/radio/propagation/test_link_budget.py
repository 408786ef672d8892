"""Link budgets by hand, and properties of every level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kalsel_gap.project.base import default_values
from kalsel_gap.project.radio import Carrier, Radio
from kalsel_gap.radio.propagation.building_entry import Building, entry_loss_db
from kalsel_gap.radio.propagation.link_budget import (
    below_eirp_db,
    indoors,
    level_dbm,
    reached_share,
)

NAN = np.nan
RADIO = Radio.model_validate(default_values("radio"))
CARRIERS = RADIO.carriers


@pytest.mark.parametrize(
    ("bandwidth", "elements", "below_db"),
    [
        (1.4, 72, 18.57),
        (3.0, 180, 22.55),
        (5.0, 300, 24.77),
        (10.0, 600, 27.78),
        (15.0, 900, 29.54),
        (20.0, 1200, 30.79),
        (NAN, 1200, 30.79),  # unknown: 20 MHz
    ],
)
def test_resource_elements_of_4g(bandwidth: float, elements: int, below_db: float) -> None:
    got = below_eirp_db(CARRIERS["4g"], bandwidth)
    assert got == pytest.approx(below_db, abs=0.005)
    assert got == pytest.approx(10.0 * np.log10(elements))


def test_resource_blocks_of_5g_hang_on_the_spacing() -> None:
    wide = CARRIERS["5g"]
    narrow = wide.model_copy(update={"spacing_khz": "15"})
    # 20 MHz: 51 blocks at 30 kHz, 106 at 15 kHz; 100 MHz only at 30 kHz: 273 blocks.
    assert below_eirp_db(wide, 20.0) == pytest.approx(10.0 * np.log10(612))
    assert below_eirp_db(narrow, 20.0) == pytest.approx(10.0 * np.log10(1272))
    assert below_eirp_db(wide, 100.0) == pytest.approx(10.0 * np.log10(3276))
    assert np.isnan(below_eirp_db(narrow, 100.0))


@pytest.mark.parametrize(("technology", "bandwidth"), [("4g", 7.5), ("5g", 1.4), ("4g", 0.0)])
def test_a_bandwidth_that_there_is_not_is_unknown(technology: str, bandwidth: float) -> None:
    got = level_dbm(technology, 62.0, 130.0, carriers=CARRIERS, bandwidth_mhz=bandwidth)
    assert np.isnan(got)


def test_levels_by_hand() -> None:
    # 62 dBm, 130 dB: RSRP of 20 MHz -98.79, of 5 MHz -92.77; RSCP of a tenth -78; 2G -68.
    got = level_dbm(
        ["4g", "4g", "3g", "2g", "fixed"],
        62.0,
        130.0,
        carriers=CARRIERS,
        bandwidth_mhz=[20.0, 5.0, NAN, 5.0, 20.0],
    )
    assert got[:4] == pytest.approx([-98.79, -92.77, -78.0, -68.0], abs=0.005)
    assert np.isnan(got[4])


def test_patterns_and_receiving_antennas_add_up() -> None:
    got = level_dbm(
        "2g", 57.0, [[120.0], [NAN]], carriers=CARRIERS, pattern_db=[-3.0, 0.0], rx_gain_dbi=9.0
    )
    assert got[0].tolist() == [-57.0, -54.0]
    assert np.isnan(got[1]).all()


def test_every_carrier_has_a_default_bandwidth_that_it_knows() -> None:
    for carrier in CARRIERS.values():
        assert np.isfinite(below_eirp_db(carrier))
        assert carrier.source


def test_a_spacing_without_a_table_is_refused() -> None:
    values = CARRIERS["4g"].model_dump() | {"spacing_khz": "30"}
    with pytest.raises(ValidationError, match="carrier_blocks"):
        Carrier.model_validate(values)


@given(st.floats(60.0, 200.0), st.floats(0.0, 40.0), st.sampled_from(["2g", "3g", "4g", "5g"]))
def test_more_loss_is_as_much_less_level(loss: float, more: float, technology: str) -> None:
    levels = level_dbm(technology, 62.0, [loss, loss + more], carriers=CARRIERS)
    assert levels[0] - levels[1] == pytest.approx(more, abs=1e-9)


def test_indoors() -> None:
    # P.2109, traditional, 1800 MHz: median 14.8 dB (published curve about 15), spread about 9.
    inside = indoors([-90.0, NAN], [3.0, 3.0], 1800.0)
    assert inside.median_dbm[0] == pytest.approx(-90.0 - float(entry_loss_db(1800.0)))
    assert np.isnan(inside.median_dbm[1])
    alone = float(indoors(-90.0, 0.0, 1800.0).sigma_db)
    assert inside.sigma_db[0] == pytest.approx(np.sqrt(alone**2 + 9.0))
    assert indoors(-90.0, 0.0, 1800.0, building=Building.EFFICIENT).median_dbm < -119.0


@pytest.mark.parametrize(
    ("level", "sigma", "share"),
    [
        (-110.0, 5.0, 0.5),
        (-105.0, 5.0, 0.8413),
        (-115.0, 5.0, 0.1587),
        (-110.0, 0.0, 1.0),
        (-110.1, 0.0, 0.0),
        (NAN, 5.0, NAN),
        (NAN, 0.0, NAN),
        (-110.0, NAN, NAN),
    ],
)
def test_shares_by_hand(level: float, sigma: float, share: float) -> None:
    got = reached_share(level, sigma, -110.0)
    assert got == pytest.approx(share, abs=5e-5, nan_ok=True)


@given(st.lists(st.floats(-140.0, -60.0), min_size=2, max_size=2), st.floats(0.0, 15.0))
def test_a_stronger_level_is_no_less_often_enough(levels: list[float], sigma: float) -> None:
    weak, strong = reached_share(sorted(levels), sigma, -105.0)
    assert 0.0 <= weak <= strong <= 1.0
