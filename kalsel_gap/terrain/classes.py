"""Terrain classes by rule, for schools and for cells of a raster alike.

A flag is 1 where it holds, 0 where not, and `UNKNOWN` where a fact that decides it is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from kalsel_gap.project.terrain import Coast, Mountain

Flags: TypeAlias = NDArray[np.int8]

UNKNOWN = -1

# Flags in the order of their precedence, and what is left where none holds.
PRECEDENCE = ("pulau_kecil", "pegunungan", "pesisir", "rawa")
ELSE = "dataran"
# The remaining class is not assigned where this one is unknown.
ELSE_NEEDS = "pegunungan"


def is_class_open(schools: pd.DataFrame) -> pd.Series[bool]:
    """Whether a class that comes before a school's own is unknown there, so that it may have it.

    Parameters
    ----------
    schools : DataFrame
        With ``terrain_class`` and the flags ``is_small_island``, ``is_mountain``, ``is_coastal``,
        ``is_wetland``.
    """
    order = [*PRECEDENCE, ELSE]
    place = schools["terrain_class"].map({name: number for number, name in enumerate(order)})
    flags = ("is_small_island", "is_mountain", "is_coastal", "is_wetland")
    unknown = [schools[flag].isna() & (place > number) for number, flag in enumerate(flags)]
    return pd.concat(unknown, axis="columns").any(axis="columns")


def mountain(kapos_class: ArrayLike, local_relief_m: ArrayLike, limits: Mountain) -> Flags:
    """Whether land is mountainous: a class of Kapos, or high relief whatever the elevation.

    Parameters
    ----------
    kapos_class : array
        1 to 6, 0 for none, NaN or -1 for unknown.
    local_relief_m : array
        Elevation range around, NaN for unknown.
    limits : Mountain

    Returns
    -------
    int8 array
        Unknown only where both are.
    """
    kapos, relief = np.asarray(kapos_class), np.asarray(local_relief_m)
    known = (kapos >= 0) | ~np.isnan(relief)
    return _flags((kapos > 0) | (relief > limits.relief_m), known)


def coastal(coast_km: ArrayLike, in_zone: Flags, limits: Coast) -> Flags:
    """Whether land is coastal: near the shore, or less near on low land connected to the sea.

    Parameters
    ----------
    coast_km : array
        Distance to the shore, NaN for unknown.
    in_zone : int8 array
        Flag of the low-elevation coastal zone.
    limits : Coast
    """
    distance = np.asarray(coast_km)
    near, far = distance <= limits.shore_km, distance > limits.zone_km
    known = ~np.isnan(distance) & (near | far | (in_zone != UNKNOWN))
    return _flags(near | (~far & (in_zone == 1)), known)


def primary(flags: Mapping[str, Flags], given: Collection[str]) -> Flags:
    """The first class that applies, by its index in `PRECEDENCE`; their number for `ELSE`.

    A place with unknown relief is never a plain. A flag that is unknown here but known elsewhere
    leaves the class unknown unless a class before it applies.

    Parameters
    ----------
    flags : mapping of int8 arrays
        For each of `PRECEDENCE`, of equal shape.
    given : collection of str
        Flags that are known at some place; the others are ignored.

    Returns
    -------
    int8 array
        `UNKNOWN` where a flag that could come first is.
    """
    found = np.full(flags[ELSE_NEEDS].shape, len(PRECEDENCE), dtype=np.int8)
    found[flags[ELSE_NEEDS] == UNKNOWN] = UNKNOWN
    for place, name in reversed(list(enumerate(PRECEDENCE))):
        flag = flags[name]
        if name in given:
            found[flag == UNKNOWN] = UNKNOWN
        found[flag == 1] = place
    return found


def _flags(holds: NDArray[np.bool_], known: NDArray[np.bool_]) -> Flags:
    flags: Flags = np.where(known, holds, UNKNOWN).astype(np.int8)
    return flags
