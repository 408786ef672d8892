"""Rules of the terrain classes: flags that may be unknown, and their precedence."""

from __future__ import annotations

import numpy as np
import pytest

from kalsel_gap.project.base import default_values
from kalsel_gap.project.terrain import Terrain
from kalsel_gap.terrain import classes

LIMITS = Terrain.model_validate(default_values("terrain"))
NAN = float("nan")


@pytest.mark.parametrize(
    ("kapos", "relief_m", "flag"),
    [(6, 10.0, 1), (0, 301.0, 1), (0, 300.0, 0), (0, NAN, 0), (-1, 301.0, 1), (-1, NAN, -1)],
)
def test_mountain(kapos: int, relief_m: float, flag: int) -> None:
    assert classes.mountain([kapos], [relief_m], LIMITS.mountain) == [flag]


@pytest.mark.parametrize(
    ("coast_km", "in_zone", "flag"),
    [
        (1.0, -1, 1),
        (1.1, 0, 0),
        (5.0, 1, 1),
        (5.1, 1, 0),
        (5.1, -1, 0),
        (3.0, -1, -1),
        (NAN, 1, -1),
    ],
)
def test_coastal(coast_km: float, in_zone: int, flag: int) -> None:
    zone = np.array([in_zone], dtype=np.int8)
    assert classes.coastal([coast_km], zone, LIMITS.coast) == [flag]


@pytest.mark.parametrize(
    ("flags", "given", "first"),
    [
        ((1, 1, 1, 1), "psmr", 0),
        ((0, 1, 1, 1), "psmr", 1),
        ((0, 0, 1, 1), "psmr", 2),
        ((0, 0, 0, 1), "psmr", 3),
        ((0, 0, 0, 0), "psmr", 4),
        ((-1, 1, 0, 0), "psmr", -1),  # it may be a small island
        ((-1, 1, 0, 0), "smr", 1),  # unknown everywhere: that flag is ignored
        ((1, -1, 0, 0), "psmr", 0),
        ((0, -1, 1, 0), "pmr", 2),
        ((0, -1, 0, 0), "pmr", -1),  # no plain without relief
    ],
)
def test_primary(flags: tuple[int, ...], given: str, first: int) -> None:
    names = dict(zip("psmr", classes.PRECEDENCE, strict=True))
    by_name = {
        name: np.array([flag], dtype=np.int8)
        for name, flag in zip(classes.PRECEDENCE, flags, strict=True)
    }
    assert classes.primary(by_name, [names[letter] for letter in given]) == [first]
