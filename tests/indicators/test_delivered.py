"""Adequacy of a link and the Beta rule, against hand-worked values and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators import delivered
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index

INDEX = Index.model_validate(default_values("index"))
NAN = np.nan
SHARES = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("students", "mbps"), [(0, 20.0), (400, 20.0), (401, 20.05), (2000, 100.0), (NAN, 20.0)]
)
def test_required_bandwidth(students: float, mbps: float) -> None:
    assert delivered.required_mbps([students], INDEX.required_mbps)[0] == pytest.approx(mbps)


def adequacy(down: float, up: float, latency: float, required: float) -> float:
    got = delivered.adequacy([down], [up], [latency], [required], INDEX.adequacy)
    return float(got[0])


@pytest.mark.parametrize(
    ("down", "required", "printed"),
    [(20.0, 20.0, "1.00"), (10.0, 20.0, "0.71"), (1.0, 20.0, "0.22"), (22.0, 100.0, "0.47")],
)
def test_the_adequacies_of_the_method(down: float, required: float, printed: str) -> None:
    assert f"{adequacy(down, NAN, NAN, required):.2f}" == printed
    # All parts of one share are worth what each of them is.
    assert f"{adequacy(down, down / 4, NAN, required):.2f}" == printed


@pytest.mark.parametrize(
    ("down", "up", "latency", "expected"),
    [
        (20, 5, 50, 1.0),
        (20, 5, 600, 0.9),
        (20, 5, 5000, 0.9),
        (20, 5, 325, 0.95),
        (5, 5, 50, 0.65),  # .7·½ + .2 + .1
        (5, 1.25, 50, 0.55),  # .7·½ + .2·½ + .1
        (80, 20, 10, 1.0),
        (5, 80, 50, 0.65),  # more upload than needed makes up for nothing
        (0, 0, 600, 0.0),
        (0, 0, 50, 0.1),
        (5, NAN, 50, 0.45 / 0.8),
        (5, 5, NAN, 0.55 / 0.9),
        (NAN, 5, 50, NAN),
        (NAN, NAN, NAN, NAN),
    ],
)
def test_parts_that_were_not_measured_drop_out(
    down: float, up: float, latency: float, expected: float
) -> None:
    assert adequacy(down, up, latency, 20.0) == pytest.approx(expected, nan_ok=True)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e5), st.floats(20, 500))
def test_adequacy_is_a_share(down: float, up: float, latency: float, required: float) -> None:
    assert 0.0 <= adequacy(down, up, latency, required) <= 1.0
