"""Land and sea along a path, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kalsel_gap.radio.propagation.geometry import (
    NO_COAST_KM,
    Shares,
    empty_profile,
    shares,
)
from kalsel_gap.radio.propagation.path_inputs import RadioZone

SEA, COAST, INLAND = (int(each) for each in (RadioZone.SEA, RadioZone.COASTAL, RadioZone.INLAND))


def shares_along(zones: list[int], *, begin: int = 0) -> Shares:
    """Of a path with a sample at each kilometre; its first and last represent half of one."""
    profile = empty_profile(len(zones))._replace(n=len(zones), d=np.arange(float(len(zones))))
    return shares(profile, np.array([SEA] * begin + zones, dtype=np.int8), begin)


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        # Sea from 0 to 1.5, coast to 2.5, inland to 4 km.
        ([SEA, SEA, COAST, INLAND, INLAND], (1.5 / 4.0, 2.5, 1.5, 0.0, 2.5)),
        ([INLAND, INLAND, COAST, SEA, SEA], (1.5 / 4.0, 2.5, 1.5, 2.5, 0.0)),
        # Two lands with a strait of 1 km between them: the longer one counts.
        ([INLAND, SEA, COAST, INLAND, COAST], (1.0 / 4.0, 2.5, 1.0, 0.5, 2.5)),
        ([COAST, INLAND, INLAND, SEA, COAST], (1.0 / 4.0, 2.5, 2.0, 2.5, 0.5)),
        ([SEA, SEA, SEA], (1.0, 0.0, 0.0, 0.0, 0.0)),
        ([COAST, COAST, COAST], (0.0, 2.0, 0.0, NO_COAST_KM, NO_COAST_KM)),
    ],
)
def test_each_sample_represents_half_the_way_to_its_neighbours(
    zones: list[int], expected: tuple[float, ...]
) -> None:
    found = shares_along(zones)
    assert [*found] == pytest.approx(expected)
    assert shares_along(zones, begin=3) == found  # of all paths, the zones of this one only
