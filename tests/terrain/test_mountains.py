from __future__ import annotations

import numpy as np
import pytest

from kalsel_gap.terrain import mountains

NAN = np.nan


@pytest.mark.parametrize(
    ("elevation_m", "slope_deg", "local_relief_m", "expected"),
    [
        (4500.0, 0.0, 0.0, 1),
        (4499.9, 0.0, 0.0, 2),
        (3500.0, 0.0, 0.0, 2),
        (3499.9, 0.0, 0.0, 3),
        (2500.0, 0.0, 0.0, 3),
        (2499.9, 2.0, 0.0, 4),
        (1500.0, 2.0, 0.0, 4),
        (1500.0, 1.99, 9999.0, 0),
        (1499.9, 5.0, 0.0, 5),
        (1499.9, 4.99, 300.0, 0),
        (1000.0, 4.99, 300.1, 5),
        (1000.0, 5.0, 0.0, 5),
        (999.9, 89.0, 300.0, 0),
        (999.9, 0.0, 300.1, 6),
        (300.0, 0.0, 300.1, 6),
        (300.0, 89.0, 300.0, 0),
        (299.9, 89.0, 9999.0, 0),
        (-5.0, 0.0, 0.0, 0),
        (NAN, 30.0, 9999.0, -1),
        # A missing value matters only where the class depends on it.
        (4500.0, NAN, NAN, 1),
        (1600.0, NAN, 500.0, -1),
        (1200.0, NAN, 301.0, 5),
        (1200.0, 5.0, NAN, 5),
        (1200.0, NAN, 300.0, -1),
        (1200.0, 4.0, NAN, -1),
        (500.0, NAN, 301.0, 6),
        (500.0, 20.0, NAN, -1),
        (100.0, NAN, NAN, 0),
    ],
)
def test_mountain_class(
    elevation_m: float, slope_deg: float, local_relief_m: float, expected: int
) -> None:
    got = mountains.kapos_class([elevation_m], [slope_deg], [local_relief_m])
    assert got.dtype == np.int8
    assert got.tolist() == [expected]


def test_other_limits() -> None:
    lower = mountains.KaposThresholds(k6_m=100.0, relief_m=50.0)
    args = ([100.0, 99.0], [0.0, 0.0], [51.0, 51.0])
    assert mountains.kapos_class(*args, thresholds=lower).tolist() == [6, 0]
    assert mountains.kapos_class(*args).tolist() == [0, 0]
