"""Combining evidence of one operator and technology: levels by precision, the rest by order.

The larger of two noisy values is biased upward, so it never counts for being larger. Maps and
predictions of levels are averaged with the weights 1/σ² where the list of sites is complete;
elsewhere the map counts, and a prediction fills in only where no map has data. Classes, declared
coverage and tiles of speed tests are no levels: among them the best basis counts.

Source: kalsel-gap method, section 1.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.signal import ErrorsDb


_PLANE_EARTH_DB = 40.0 / math.log(10.0)  # per relative error of the distance
_MAD_TO_SIGMA = 1.4826  # of a normal distribution


def position_error_db(position_m: ArrayLike, distance_km: ArrayLike) -> FloatArray:
    """Error of a predicted level from the uncertain position of its site, one standard deviation.

    The site lies somewhere in a circle, whose extent along the path has the standard deviation
    ``position_m / 2``; over plane earth the level falls by 40 dB per decade of distance, so by
    ``17.4 dB`` times the relative error of the distance, which is at most 1.

    Parameters
    ----------
    position_m : float array
        Radius of the circle; NaN where the position is certain.
    distance_km : float array
        From the site to the place.

    Examples
    --------
    >>> position_error_db([1000.0, np.nan], [5.0, 5.0]).round(1).tolist()
    [1.7, 0.0]
    """
    radius_m = np.nan_to_num(np.asarray(position_m, dtype=np.float64))
    distance_m = 1000.0 * np.asarray(distance_km, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(radius_m > 0.0, np.minimum(radius_m / 2.0 / distance_m, 1.0), 0.0)
    return np.asarray(_PLANE_EARTH_DB * relative)


def error_db(
    basis: ArrayLike,
    errors: ErrorsDb,
    *,
    crosses_mountains: ArrayLike = False,
    held_out_db: ArrayLike = np.nan,
) -> FloatArray:
    """Error of evidence in dB, one standard deviation.

    Parameters
    ----------
    basis : array of str, shape (n,)
        *measured*, *predicted*, *modelled* or *declared*.
    errors : ErrorsDb
        Of each kind of evidence.
    crosses_mountains : bool or array
        Of predictions: whether the path crosses mountains.
    held_out_db : float or array
        Error of calibrated predictions at measurements held out; NaN where not calibrated.

    Raises
    ------
    ValueError
        An unknown basis.

    Examples
    --------
    >>> from kalsel_gap.project.signal import Signal
    >>> kinds, errors = ["measured", "predicted", "predicted"], Signal.shipped().errors_db
    >>> error_db(kinds, errors, held_out_db=[np.nan, np.nan, 6.5]).tolist()
    [2.0, 10.0, 6.5]
    """
    kinds = np.asarray(basis, dtype=np.str_)
    held_out = np.asarray(held_out_db, dtype=np.float64)
    assumed = np.where(
        np.asarray(crosses_mountains, dtype=bool),
        errors.predicted_mountains,
        errors.predicted,
    )
    by_basis: dict[str, ArrayLike] = {
        "measured": errors.measured,
        "predicted": np.where(np.isnan(held_out), assumed, held_out),
        "modelled": errors.modelled,
        "declared": errors.declared,
    }
    if unknown := sorted(set(kinds.ravel().tolist()) - set(by_basis)):
        raise ValueError(f"no such basis of evidence: {', '.join(unknown)}")
    found: FloatArray = np.select([kinds == name for name in by_basis], list(by_basis.values()))
    return found


def evidence_order(basis: ArrayLike, is_calibrated: ArrayLike) -> NDArray[np.int64]:
    """Order of evidence that is not averaged, the smallest counts.

    Measured, calibrated prediction, modelled, declared; last the prediction that is not calibrated,
    which fills in only where no other source has data.

    Examples
    --------
    >>> evidence_order(["predicted", "modelled", "predicted"], [True, False, False]).tolist()
    [1, 2, 4]
    """
    kinds, calibrated = np.asarray(basis, dtype=np.str_), np.asarray(is_calibrated, dtype=bool)
    found: NDArray[np.int64] = np.select(
        [
            kinds == "measured",
            (kinds == "predicted") & calibrated,
            kinds == "modelled",
            kinds == "declared",
        ],
        [0, 1, 2, 3],
        4,
    )
    return found


def level_from_adequacy(adequacy: ArrayLike, points: Sequence[tuple[float, float]]) -> FloatArray:
    """Level that a curve maps to an adequacy: the inverse of the curve, dBm.

    Parameters
    ----------
    adequacy : array
        Mean over the circle; NaN stays NaN.
    points : sequence of (dBm, adequacy)
        Rising. Beyond its ends the curve is constant: an adequacy of the lowest point or less gives
        the highest level with it, one of the highest point or more the lowest level with it. Where
        the curve is flat in between, the middle of the flat part.

    Examples
    --------
    >>> curve = [(-140, 0.0), (-120, 0.05), (-110, 0.25), (-105, 0.45)]
    >>> level_from_adequacy([0.0, 0.21, 0.45, 1.0], curve).round(3).tolist()
    [-140.0, -112.0, -105.0, -105.0]
    """
    table = pd.DataFrame(points, columns=["dbm", "adequacy"], dtype="float64")
    levels = table.groupby("adequacy")["dbm"].agg(["min", "max"])
    middle = levels.mean(axis="columns").to_numpy(copy=True)
    if len(levels) > 1:
        middle[0], middle[-1] = levels["max"].iloc[0], levels["min"].iloc[-1]
    given = np.asarray(adequacy, dtype=np.float64)
    found = np.interp(given, levels.index.to_numpy(), middle)
    return np.where(np.isnan(given), np.nan, found)


def precision_mean(levels_dbm: ArrayLike, errors_db: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Mean of levels with the weights 1/σ², and its error.

    Parameters
    ----------
    levels_dbm, errors_db : array of shape (sources, n)
        NaN where a source has no level; errors above 0.

    Returns
    -------
    level_dbm, error_db : float arrays of shape (n,)
        NaN where no source has a level.

    Examples
    --------
    >>> precision_mean([[-100.0], [-110.0]], [[2.0], [10.0]])[0].round(3).tolist()
    [-100.385]
    """
    levels, errors = np.broadcast_arrays(
        np.asarray(levels_dbm, dtype=np.float64), np.asarray(errors_db, dtype=np.float64)
    )
    precision = np.where(np.isnan(levels), 0.0, errors**-2.0)
    total = precision.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (precision * np.nan_to_num(levels)).sum(axis=0) / total
        return mean, np.where(total > 0.0, total**-0.5, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class MapLevels:
    """Levels of an operator's map at n schools.

    Attributes
    ----------
    level_dbm : float array of shape (n,)
        NaN where there is none, or it is unknown.
    is_none : bool array of shape (n,)
        The map shows no signal.
    error_db : float array of shape (n,)
        Error of the map.
    detection_dbm : float or float array of shape (n,)
        Level below which the map shows none.
    """

    level_dbm: FloatArray
    is_none: BoolArray
    error_db: FloatArray
    detection_dbm: float | FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PredictedLevels:
    """Predicted levels at n schools.

    Attributes
    ----------
    level_dbm : float array of shape (n,)
        NaN where no level is predicted.
    is_none : bool array of shape (n,)
        The list of sites is complete and none of them reaches the school.
    error_db : float array of shape (n,)
        Error of the prediction.
    is_independent : bool or bool array of shape (n,)
        Not calibrated on the map that it is combined with.
    """

    level_dbm: FloatArray
    is_none: BoolArray
    error_db: FloatArray
    is_independent: bool | BoolArray = True


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """What counts at n schools.

    Attributes
    ----------
    level_dbm, error_db : float arrays of shape (n,)
        NaN where there is no signal or nothing is known.
    evidence : array of str, shape (n,)
        *map*, *prediction* or *combined*; empty where nothing is known.
    is_none : bool array of shape (n,)
        That evidence shows no signal.
    """

    level_dbm: FloatArray
    error_db: FloatArray
    evidence: NDArray[np.str_]
    is_none: BoolArray


def combine_levels(
    of_map: MapLevels, predicted: PredictedLevels, *, is_complete: bool | BoolArray
) -> Combined:
    """Combine a map's levels with predicted ones, of one operator and technology.

    Where the list of sites is complete and the prediction independent of the map, both are averaged
    by precision. A map's *none* means at most its detection level: a prediction above that is
    averaged with the detection level, which is the most that the map allows; one below it leaves
    *none*. A level of the map below its detection level counts as that level there too, or a map
    that shows something would allow less than one that shows nothing. Where they are not averaged
    the map counts wherever it has data, and the prediction fills in.

    Parameters
    ----------
    of_map : MapLevels
        With all levels unknown where there is no map.
    predicted : PredictedLevels
        With all levels unknown where there is no prediction.
    is_complete : bool or bool array of shape (n,)
        The list of sites holds all of them. Where it does not, a prediction that fills in is a
        lower bound, and no site in reach leaves the school unknown.

    Examples
    --------
    >>> ten, no = np.full(4, 10.0), np.full(4, False)
    >>> level, none = np.array([-100.0, np.nan, np.nan, np.nan]), np.array([0, 1, 1, 0], bool)
    >>> found = combine_levels(
    ...     MapLevels(level, none, ten, -120.0),
    ...     PredictedLevels(np.array([-90.0, -110.0, -125.0, -95.0]), no, ten),
    ...     is_complete=True,
    ... )
    >>> found.level_dbm.round(3).tolist(), found.evidence.tolist()
    ([-95.0, -115.0, nan, -95.0], ['combined', 'combined', 'map', 'prediction'])
    """
    has_level = ~np.isnan(of_map.level_dbm) & ~of_map.is_none
    is_predicted = ~np.isnan(predicted.level_dbm)
    above = is_predicted & (predicted.level_dbm > of_map.detection_dbm)
    has_map = has_level | of_map.is_none
    averaged = (
        np.asarray(is_complete)
        & np.asarray(predicted.is_independent)
        & is_predicted
        & (has_level | (of_map.is_none & above))
    )
    floor = np.where(averaged & above, of_map.detection_dbm, -np.inf)
    most = np.where(of_map.is_none, of_map.detection_dbm, np.maximum(of_map.level_dbm, floor))
    fills_in = ~has_map & (is_predicted | (predicted.is_none & is_complete))
    level, error = precision_mean(
        [
            np.where(averaged | has_level, most, np.nan),
            np.where(averaged | fills_in, predicted.level_dbm, np.nan),
        ],
        [of_map.error_db, predicted.error_db],
    )
    evidence = np.select(
        [averaged, has_map, fills_in], ["combined", "map", "prediction"], default=""
    )
    is_none = np.isnan(level) & (evidence != "")
    return Combined(level, error, evidence, is_none)


def find_disagreements(
    predicted_dbm: ArrayLike,
    map_dbm: ArrayLike,
    terrain: ArrayLike,
    *,
    least_db: float,
    deviations: float,
) -> tuple[BoolArray, FloatArray]:
    """Schools at which a prediction and a map are farther apart than usual, of either sign.

    ``|prediction - map| > max(10 dB, 2·1.4826·MAD)``, with the median absolute deviation of the
    differences in the school's terrain class.

    Parameters
    ----------
    predicted_dbm, map_dbm : array of shape (n,)
        NaN where unknown. Where the map shows none, pass its detection level if the prediction is
        above it, otherwise NaN.
    terrain : array of str, shape (n,)
        Terrain class; unknown is a class of its own.
    least_db : float
        Smallest limit.
    deviations : float
        Robust standard deviations.

    Returns
    -------
    disagrees : bool array of shape (n,)
    limit_db : float array of shape (n,)
        Limit of the school's terrain class.

    Examples
    --------
    >>> difference = [0.0, 2.0, -2.0, 10.0, -11.0]
    >>> found, limit_db = find_disagreements(
    ...     difference, np.zeros(5), ["plain"] * 5, least_db=10.0, deviations=2.0
    ... )
    >>> found.tolist(), limit_db[0]
    ([False, False, False, False, True], np.float64(10.0))
    """
    difference = pd.Series(
        np.asarray(predicted_dbm, dtype=np.float64) - np.asarray(map_dbm, dtype=np.float64)
    )
    groups = pd.Series(np.asarray(terrain, dtype=object)).groupby(
        pd.Series(np.asarray(terrain, dtype=object)), dropna=False
    )
    number = groups.ngroup()
    usual = difference.groupby(number).transform("median")
    deviation = (difference - usual).abs().groupby(number).transform("median")
    limit = np.fmax(least_db, deviations * _MAD_TO_SIGMA * deviation.to_numpy())
    return (difference.abs() > limit).to_numpy(), limit


def contradicts_complete(predicted_dbm: ArrayLike, *, least_dbm: float, share: float) -> bool:
    """Whether a list of sites cannot be complete: too much of what the map covers is out of reach.

    Parameters
    ----------
    predicted_dbm : array of shape (n,)
        Predicted at places that the operator's map covers; minus infinity where no site reaches,
        NaN where the path is unknown: not counted.
    least_dbm, share : float
        More than this share below this level refuses *complete*.

    Examples
    --------
    >>> levels = [-90.0] * 95 + [-130.0] * 5
    >>> contradicts_complete(levels, least_dbm=-120.0, share=0.05)
    False
    >>> contradicts_complete([*levels, -130.0], least_dbm=-120.0, share=0.05)
    True
    """
    level = np.asarray(predicted_dbm, dtype=np.float64)
    known = level[~np.isnan(level)]
    return bool(known.size and (known < least_dbm).sum() > share * known.size)
