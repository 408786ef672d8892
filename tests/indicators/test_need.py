"""Vulnerability, idle devices, the nearest adequate school."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from kalsel_gap.indicators import need
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index

INDEX = Index.model_validate(default_values("index"))
NAN = np.nan


@pytest.mark.parametrize(
    ("level", "inclusive", "village", "poor", "expected"),
    [
        ("SD", None, 1, NAN, 0.0),
        ("SD", None, 2, NAN, 0.25),
        ("SD", False, 3, NAN, 0.6),
        ("SD", None, 4, 0.2, 0.85),
        ("SD", None, 5, NAN, 1.0),
        ("SD", None, 3, 0.7, 0.7),
        ("SD", None, None, 0.3, 0.3),
        ("SD", None, None, NAN, NAN),
        ("SD", True, 1, NAN, 1.0),
        ("SLB", None, None, NAN, 1.0),
        ("SDLB", None, 1, 0.0, 1.0),
        ("SMPLB", None, 1, 0.0, 1.0),
        ("SMLB", None, 1, 0.0, 1.0),
        (None, None, None, NAN, NAN),
    ],
)
def test_vulnerability(
    level: str | None, inclusive: bool | None, village: int | None, poor: float, expected: float
) -> None:
    got = need.vulnerability(
        pd.Series([level], dtype="str"),
        pd.Series([inclusive], dtype="boolean"),
        pd.Series([village], dtype="Int64"),
        pd.Series([poor]),
        INDEX.vulnerability,
    )
    assert got.tolist() == pytest.approx([expected], nan_ok=True)


def test_idle_devices() -> None:
    amount = pd.Series([15, 0, None], dtype="Int64")
    got = need.idle(amount, pd.Series([0.168, 0.5, 0.5]))
    np.testing.assert_allclose(got, [12.48, 0.0, NAN])


def test_nearest_adequate_school() -> None:
    lat, lon = pd.Series([-3.0, -3.1, NAN]), pd.Series([115.0, 115.2, NAN])
    got = need.adequate_school_km(lat, lon, pd.Series([False, True, True])).tolist()
    metres = Geod(ellps="WGS84").inv(115.0, -3.0, 115.2, -3.1)[2]
    assert got[0] == pytest.approx(metres / 1000, abs=1e-6)
    assert got[1] == 0.0
    assert math.isnan(got[2])
    assert need.adequate_school_km(lat, lon, pd.Series([False] * 3)).isna().all()
