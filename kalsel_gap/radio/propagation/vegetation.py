"""Loss inside vegetation: Recommendation ITU-R P.833.

Loss *through* trees that an antenna stands in or behind. Clutter heights in the profile give the
loss *over* the same trees: the smaller of both counts, never their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


class Woodland(NamedTuple):
    """Attenuation of woodland at one frequency."""

    specific_db_per_m: float
    """γ, from :func:`specific_db_per_m`."""
    maximum_db: float
    """Am, from :func:`maximum_db`."""
    longest_m: float
    """Beyond this depth the loss is constant."""


CLEAR = Woodland(0.0, 1.0, 0.0)  # no loss


def specific_db_per_m(
    frequency_mhz: ArrayLike, points: Sequence[tuple[float, float]]
) -> FloatArray:
    """Specific attenuation of a short path through vegetation.

    Parameters
    ----------
    frequency_mhz : array
        Frequency.
    points : sequence of (MHz, dB/m)
        Rising in both; between them a power law of the frequency, beyond them the power law through
        the first and the last.

    Examples
    --------
    >>> specific_db_per_m([100, 200, 400, 800], [(200, 0.1), (400, 0.2)]).round(3).tolist()
    [0.05, 0.1, 0.2, 0.4]
    """
    mhz, rate = np.log(np.asarray(points, dtype=np.float64)).T
    wanted = np.log(np.asarray(frequency_mhz, dtype=np.float64))
    power = (rate[-1] - rate[0]) / (mhz[-1] - mhz[0])
    beyond = power * (np.minimum(wanted - mhz[0], 0.0) + np.maximum(wanted - mhz[-1], 0.0))
    found: FloatArray = np.exp(np.interp(wanted, mhz, rate) + beyond)
    return found


def maximum_db(frequency_mhz: ArrayLike, factor: float, exponent: float) -> FloatArray:
    """Largest loss in woodland, beyond which the signal comes over or around it: eq. (2).

    Examples
    --------
    >>> round(float(maximum_db(1000.0, 0.18, 0.752)), 1)
    32.5
    """
    return factor * np.asarray(frequency_mhz, dtype=np.float64) ** exponent


@inlined
def through_db(depth_m: float, woodland: Woodland) -> float:
    """Loss of one path with one end in woodland, as :func:`woodland_db`; NaN for a NaN depth."""
    limit = woodland.maximum_db
    return float(-limit * np.expm1(-depth_m * woodland.specific_db_per_m / limit))


def woodland_db(depth_m: ArrayLike, specific: ArrayLike, maximum: ArrayLike) -> FloatArray:
    """Loss of a path with one end in woodland, ``Am·(1 - exp(-d·γ/Am))``: eq. (1).

    Parameters
    ----------
    depth_m : array
        Length of the path inside the woodland; negative and NaN give NaN.
    specific : array
        γ in dB/m, from :func:`specific_db_per_m`.
    maximum : array
        Am in dB, from :func:`maximum_db`.

    Examples
    --------
    The loss rises linearly at first, and is constant deep inside:

    >>> woodland_db([0.0, 1.0, 1000.0], 0.2, 30.0).round(1).tolist()
    [0.0, 0.2, 30.0]
    """
    depth = np.asarray(depth_m, dtype=np.float64)
    depth = np.where(depth >= 0.0, depth, np.nan)
    limit = np.asarray(maximum, dtype=np.float64)
    return -limit * np.expm1(-depth * np.asarray(specific, dtype=np.float64) / limit)
