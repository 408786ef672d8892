"""Severity of the terrain."""

from __future__ import annotations

import pandas as pd

from kalsel_gap.indicators import barrier
from kalsel_gap.project.base import default_values
from kalsel_gap.project.terrain import Terrain

TERRAIN = Terrain.model_validate(default_values("terrain"))


def test_severity_is_the_largest_that_applies() -> None:
    flags = {
        "pesisir": pd.Series([True, True, False]),
        "pegunungan": pd.Series([False, True, False]),
    }
    by_water = pd.Series([pd.NA, False, True], dtype="boolean")
    got = barrier.terrain_severity(flags, by_water, TERRAIN.severity)
    assert got.tolist() == [0.3, 0.8, 0.8]
