from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators import available, evidence
from kalsel_gap.indicators.evidence import (
    MapLevels,
    PredictedLevels,
    combine_levels,
    error_db,
    evidence_order,
    level_from_adequacy,
    precision_mean,
)
from kalsel_gap.project.signal import Signal

if TYPE_CHECKING:
    from kalsel_gap.indicators.evidence import Combined

SIGNAL = Signal.shipped()
find_disagreements = partial(
    evidence.find_disagreements,
    least_db=SIGNAL.disagreement.least_db,
    deviations=SIGNAL.disagreement.deviations,
)
contradicts_complete = partial(
    evidence.contradicts_complete,
    least_dbm=SIGNAL.complete_sites.least_dbm,
    share=SIGNAL.complete_sites.share,
)
NAN = np.nan
LEVELS = st.floats(-140.0, -60.0)


def combined(
    map_dbm: float,
    predicted_dbm: float,
    *,
    none: bool = False,
    out_of_reach: bool = False,
    independent: bool = True,
    complete: bool = True,
    errors: tuple[float, float] = (10.0, 10.0),
) -> Combined:
    return combine_levels(
        MapLevels(np.array([map_dbm]), np.array([none]), np.array([errors[0]]), -120.0),
        PredictedLevels(
            np.array([predicted_dbm]), np.array([out_of_reach]), np.array([errors[1]]), independent
        ),
        is_complete=complete,
    )


# --- errors and order ----------------------------------------------------------------------------


def test_errors_of_evidence() -> None:
    kinds = ["measured", "modelled", "predicted", "predicted", "predicted", "declared"]
    found = error_db(
        kinds,
        SIGNAL.errors_db,
        crosses_mountains=[False, False, False, True, True, False],
        held_out_db=[NAN, NAN, NAN, NAN, 6.5, NAN],
    )
    assert found.tolist() == [2.0, 10.0, 10.0, 12.0, 6.5, 15.0]
    with pytest.raises(ValueError, match="guessed"):
        error_db(["guessed"], SIGNAL.errors_db)


def test_order_of_evidence_that_is_not_averaged() -> None:
    kinds = ["declared", "predicted", "modelled", "predicted", "measured"]
    assert evidence_order(kinds, [False, False, False, True, False]).tolist() == [3, 4, 2, 1, 0]


# --- the inverse of a curve ----------------------------------------------------------------------


@given(st.sampled_from(sorted(SIGNAL.curves)), st.floats(-150.0, -50.0))
def test_an_adequacy_turned_back_has_the_same_adequacy(technology: str, level: float) -> None:
    points = SIGNAL.curves[technology].points  # type: ignore[index]
    adequacy = available.from_level(level, points)
    back = level_from_adequacy(adequacy, points)
    assert available.from_level(back, points) == pytest.approx(float(adequacy), abs=1e-12)
    assert points[0][0] <= back <= points[-1][0]
    if points[0][0] <= level <= points[-1][0]:
        assert back == pytest.approx(level, abs=1e-9)


def test_a_curve_that_is_level_here_and_there() -> None:
    points = [(-130, 0.0), (-120, 0.0), (-110, 0.5), (-100, 0.5), (-90, 0.9), (-80, 0.9)]
    found = level_from_adequacy([0.0, 0.25, 0.5, 0.7, 0.9, 1.0, NAN], points)
    assert found[:-1].tolist() == [-120.0, -112.5, -105.0, -97.5, -90.0, -90.0]
    assert np.isnan(found[-1])
    assert level_from_adequacy([0.2, 0.9], [(-100, 0.5)]).tolist() == [-100.0, -100.0]


# --- levels --------------------------------------------------------------------------------------


def test_precision_decides_not_the_larger() -> None:
    level, error = precision_mean([[-100.0, -100.0, NAN, NAN], [-90.0, NAN, -90.0, NAN]], 10.0)
    assert level[:3] == pytest.approx([-95.0, -100.0, -90.0])
    assert error[:3] == pytest.approx([10 / 2**0.5, 10.0, 10.0])
    assert np.isnan(level[3])
    assert np.isnan(error[3])
    # 2 dB against 12 dB: weights 36 to 1.
    level, _ = precision_mean([[-100.0], [-63.0]], [[2.0], [12.0]])
    assert level[0] == pytest.approx(-99.0)


@pytest.mark.parametrize(
    ("found", "level", "basis", "none"),
    [
        (combined(-100.0, -90.0), -95.0, "combined", False),
        (combined(-100.0, NAN), -100.0, "map", False),
        (combined(NAN, -90.0), -90.0, "prediction", False),
        (combined(NAN, NAN), NAN, "", False),
        # The map's none is at most its detection level, -120 dBm.
        (combined(NAN, -100.0, none=True), -110.0, "combined", False),
        (combined(NAN, -121.0, none=True), NAN, "map", True),
        (combined(NAN, NAN, none=True), NAN, "map", True),
        # No site of a complete list in reach.
        (combined(NAN, NAN, out_of_reach=True), NAN, "prediction", True),
        (combined(-100.0, NAN, out_of_reach=True), -100.0, "map", False),
        (combined(NAN, NAN, out_of_reach=True, complete=False), NAN, "", False),
        # An incomplete list is a lower bound: the map counts.
        (combined(-100.0, -90.0, complete=False), -100.0, "map", False),
        (combined(NAN, -100.0, none=True, complete=False), NAN, "map", True),
        (combined(NAN, -90.0, complete=False), -90.0, "prediction", False),
        # Calibrated on that map: the map again, with its own error and more.
        (combined(-100.0, -90.0, independent=False), -100.0, "map", False),
        (combined(NAN, -90.0, independent=False), -90.0, "prediction", False),
    ],
)
def test_what_counts(found: Combined, level: float, basis: str, none: bool) -> None:
    assert found.level_dbm[0] == pytest.approx(level, nan_ok=True)
    assert found.evidence[0] == basis
    assert bool(found.is_none[0]) is none
    assert np.isnan(found.error_db[0]) == np.isnan(level)


@given(LEVELS, LEVELS, st.floats(1.0, 20.0), st.floats(1.0, 20.0))
def test_a_combined_level_lies_between_both(
    map_dbm: float, predicted_dbm: float, map_error: float, predicted_error: float
) -> None:
    found = combined(map_dbm, predicted_dbm, errors=(map_error, predicted_error))
    low, high = sorted([map_dbm, predicted_dbm])
    assert low - 1e-9 <= found.level_dbm[0] <= high + 1e-9
    assert found.error_db[0] <= min(map_error, predicted_error)


@given(LEVELS, LEVELS, st.floats(0.0, 20.0), st.booleans(), st.booleans())
def test_more_signal_on_the_map_never_lowers_the_level(
    map_dbm: float, predicted_dbm: float, more_db: float, complete: bool, independent: bool
) -> None:
    before, after = (
        combined(level, predicted_dbm, complete=complete, independent=independent)
        for level in (map_dbm, map_dbm + more_db)
    )
    assert after.level_dbm[0] >= before.level_dbm[0] - 1e-9


@given(
    st.lists(st.one_of(st.none(), st.floats(-139.0, -60.0)), min_size=2, max_size=2),
    LEVELS,
    st.booleans(),
)
def test_a_map_that_shows_something_never_allows_less_than_one_that_shows_nothing(
    maps: list[float | None], predicted_dbm: float, complete: bool
) -> None:
    """None, then levels: what counts rises with them, whatever is predicted."""
    curve = SIGNAL.curves["4g"].points
    worth = []
    for level in [None, *sorted(level for level in maps if level is not None)]:
        none = level is None
        found = combined(
            NAN if level is None else level, predicted_dbm, none=none, complete=complete
        )
        levels = np.nan_to_num(found.level_dbm, nan=-199.0)
        worth.append(float(available.from_level(levels, curve)[0]))
    assert worth == sorted(worth)


# --- disagreement --------------------------------------------------------------------------------


def test_disagreement_of_either_sign_within_a_terrain_class() -> None:
    # Plain: deviations 1, 0, 1, 12, 11 around the median 0, their median 1: limit 10 dB.
    # Mountains: differences -20, -10, 0, 10, 45 around 0: MAD 10, limit 29.652 dB.
    difference = np.array([-1.0, 0.0, 1.0, 12.0, -11.0, -20.0, -10.0, 0.0, 10.0, 45.0, NAN])
    terrain = np.array(["dataran"] * 5 + ["pegunungan"] * 5 + [None], dtype=object)
    found, limit = find_disagreements(-100.0 + difference, np.full(11, -100.0), terrain)
    assert np.flatnonzero(found).tolist() == [3, 4, 9]
    assert limit[0] == 10.0
    assert limit[5] == pytest.approx(29.652)
    assert limit[10] == 10.0


def test_disagreement_does_not_depend_on_order() -> None:
    rng = np.random.default_rng(1)
    difference, terrain = rng.normal(0, 12, 200), rng.choice(["a", "b"], 200)
    order = rng.permutation(200)
    found, limit = find_disagreements(difference, np.zeros(200), terrain)
    again, limit_again = find_disagreements(difference[order], np.zeros(200), terrain[order])
    assert again.tolist() == found[order].tolist()
    assert limit_again.tolist() == limit[order].tolist()
    assert 0 < found.sum() < 40


def test_a_list_of_sites_that_cannot_be_complete() -> None:
    assert not contradicts_complete([])
    assert not contradicts_complete([NAN, NAN])
    assert contradicts_complete([-np.inf, -90.0])
    assert not contradicts_complete([-120.0, NAN])
