from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators.position import weight_of_point
from kalsel_gap.project.signal import Signal

NAN = np.nan
TABLE = Signal.shipped().point_weight
KM = st.floats(0.0, 500.0)


def weight(
    km: float = NAN, *, at_point: bool = False, in_claim: bool = False, decimals: float = NAN
) -> float:
    return float(weight_of_point([km], [at_point], [in_claim], [decimals], TABLE)[0])


def test_half_without_evidence() -> None:
    assert weight() == 0.5
    assert weight(at_point=True, in_claim=True) == 0.5  # both is none
    assert weight(decimals=4) == weight(km=10.0) == 0.5


def test_one_kind_of_evidence_has_its_own_weight() -> None:
    assert weight(km=0.0) == pytest.approx(0.80)
    assert weight(km=6.0) == pytest.approx(0.60)  # between 2 and 10 km
    assert weight(km=400.0) == pytest.approx(0.20)
    assert weight(at_point=True) == pytest.approx(0.85)
    assert weight(in_claim=True) == pytest.approx(0.15)
    assert weight(decimals=1) == pytest.approx(0.30)


def test_odds_multiply() -> None:
    # .7 is 7 to 3, .85 is 17 to 3, .6 is 3 to 2: 357 to 18.
    assert weight(km=2.0, at_point=True, decimals=7) == pytest.approx(357 / 375)
    # Evidence that contradicts itself: .8 is 4 to 1, .2 is 1 to 4.
    table = TABLE.model_copy(update={"name_in_claim": 0.2})
    found = weight_of_point([0.0], [False], [True], [NAN], table)
    assert found[0] == pytest.approx(0.5)


@given(KM, KM, st.booleans(), st.booleans(), st.floats(0.0, 12.0))
def test_farther_is_never_likelier(
    km: float, more: float, at_point: bool, in_claim: bool, decimals: float
) -> None:
    kinds = {"at_point": at_point, "in_claim": in_claim, "decimals": decimals}
    near, far = weight(km, **kinds), weight(km + more, **kinds)  # type: ignore[arg-type]
    assert 0.0 < far <= near + 1e-12 < 1.0
