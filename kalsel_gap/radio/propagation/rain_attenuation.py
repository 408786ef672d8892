"""Rain on a point-to-point path: Recommendations ITU-R P.838-3 and P.530-18, section 2.4.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.radio.propagation.path_inputs import Polarization

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


class _Fit(NamedTuple):
    """A curve of P.838-3: bells (a, b, c) over the logarithm of the frequency, and a line."""

    bells: tuple[tuple[float, float, float], ...]
    slope: float
    offset: float

    def __call__(self, log_f: FloatArray) -> FloatArray:
        """Eqs. (2) and (3)."""
        found = self.slope * log_f + self.offset
        for a, b, c in self.bells:
            found += a * np.exp(-(((log_f - b) / c) ** 2))
        return found


# P.838-3, Tables 1 to 4.
_LOG_K_HORIZONTAL = _Fit(
    (
        (-5.33980, -0.10008, 1.13098),
        (-0.35351, 1.26970, 0.45400),
        (-0.23789, 0.86036, 0.15354),
        (-0.94158, 0.64552, 0.16817),
    ),
    -0.18961,
    0.71147,
)
_LOG_K_VERTICAL = _Fit(
    (
        (-3.80595, 0.56934, 0.81061),
        (-3.44965, -0.22911, 0.51059),
        (-0.39902, 0.73042, 0.11899),
        (0.50167, 1.07319, 0.27195),
    ),
    -0.16398,
    0.63297,
)
_ALPHA_HORIZONTAL = _Fit(
    (
        (-0.14318, 1.82442, -0.55187),
        (0.29591, 0.77564, 0.19822),
        (0.32177, 0.63773, 0.13164),
        (-5.37610, -0.96230, 1.47828),
        (16.1721, -3.29980, 3.43990),
    ),
    0.67849,
    -1.95537,
)
_ALPHA_VERTICAL = _Fit(
    (
        (-0.07771, 2.33840, -0.76284),
        (0.56727, 0.95545, 0.54039),
        (-0.20238, 1.14520, 0.26809),
        (-48.2991, 0.791669, 0.116226),
        (48.5833, 0.791459, 0.116479),
    ),
    -0.053739,
    0.83433,
)
FREQUENCY_GHZ = (1.0, 100.0)  # of P.530-18; P.838-3 covers up to 1000
DISTANCE_KM = (0.0, 60.0)
PERCENT = (0.001, 1.0)
LARGEST_FACTOR = 2.5  # of the path length, P.530-18, eq. (32)


def coefficients(
    frequency_ghz: ArrayLike,
    polarization: Polarization = Polarization.VERTICAL,
    elevation_deg: ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Factor and exponent of the specific attenuation, P.838-3, eqs. (2) to (5).

    Parameters
    ----------
    frequency_ghz : array
        Frequency, 1 to 100 GHz; NaN outside.
    polarization : Polarization
        Horizontal or vertical.
    elevation_deg : array
        Elevation angle of the path.

    Returns
    -------
    k, alpha : float array
        ``k·R^alpha`` is dB/km for a rain rate in mm/h.

    Examples
    --------
    >>> k, alpha = coefficients(20.0, Polarization.HORIZONTAL)
    >>> round(float(k), 5), round(float(alpha), 4)
    (0.09164, 1.0568)
    """
    ghz = np.asarray(frequency_ghz, dtype=np.float64)
    covered = (ghz >= FREQUENCY_GHZ[0]) & (ghz <= FREQUENCY_GHZ[1])
    log_f = np.log10(np.where(covered, ghz, np.nan))
    k_h, k_v = 10.0 ** _LOG_K_HORIZONTAL(log_f), 10.0 ** _LOG_K_VERTICAL(log_f)
    a_h, a_v = _ALPHA_HORIZONTAL(log_f), _ALPHA_VERTICAL(log_f)
    tilt = 1.0 if polarization == Polarization.HORIZONTAL else -1.0  # cos 2τ
    share = tilt * np.cos(np.deg2rad(np.asarray(elevation_deg, dtype=np.float64))) ** 2
    k = (k_h + k_v + (k_h - k_v) * share) / 2.0
    alpha = (k_h * a_h + k_v * a_v + (k_h * a_h - k_v * a_v) * share) / (2.0 * k)
    return k, alpha


def specific_db_km(
    frequency_ghz: ArrayLike,
    rain_mm_h: ArrayLike,
    polarization: Polarization = Polarization.VERTICAL,
    elevation_deg: ArrayLike = 0.0,
) -> FloatArray:
    """Specific attenuation of rain, P.838-3, eq. (1).

    Examples
    --------
    >>> round(float(specific_db_km(15.0, 120.0)), 2)
    7.42
    """
    k, alpha = coefficients(frequency_ghz, polarization, elevation_deg)
    found: FloatArray = k * np.asarray(rain_mm_h, dtype=np.float64) ** alpha
    return found


def attenuation_001_db(
    distance_km: ArrayLike,
    frequency_ghz: ArrayLike,
    rain_mm_h: ArrayLike,
    polarization: Polarization = Polarization.VERTICAL,
) -> FloatArray:
    """Attenuation exceeded in 0.01 % of the year, P.530-18, eqs. (32) and (33).

    Parameters
    ----------
    distance_km : array
        Length of the path, up to 60 km; NaN beyond.
    frequency_ghz : array
        Frequency, 1 to 100 GHz; NaN outside.
    rain_mm_h : array
        Rain rate exceeded in 0.01 % of the year, over one minute.
    polarization : Polarization
        Horizontal or vertical.

    Examples
    --------
    >>> round(float(attenuation_001_db(10.0, 15.0, 120.0)), 1)
    39.9
    """
    given = np.asarray(distance_km, dtype=np.float64)
    d = np.where((given >= DISTANCE_KM[0]) & (given <= DISTANCE_KM[1]), given, np.nan)
    f, rate = (np.asarray(each, dtype=np.float64) for each in (frequency_ghz, rain_mm_h))
    k, alpha = coefficients(f, polarization)
    divisor = 0.477 * d**0.633 * rate ** (0.073 * alpha) * f**0.123 - 10.579 * (
        1.0 - np.exp(-0.024 * d)
    )
    found: FloatArray = k * rate**alpha * d / np.maximum(divisor, 1.0 / LARGEST_FACTOR)
    return found


def _scaling(frequency_ghz: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Coefficients C1, C2 and C3 of P.530-18, eqs. (35) and (36)."""
    f = np.maximum(np.asarray(frequency_ghz, dtype=np.float64), 10.0)
    c0 = 0.12 + 0.4 * np.log10((f / 10.0) ** 0.8)
    c1 = 0.07**c0 * 0.12 ** (1.0 - c0)
    return c1, 0.855 * c0 + 0.546 * (1.0 - c0), 0.139 * c0 + 0.043 * (1.0 - c0)


def attenuation_db(
    attenuation_001: ArrayLike, frequency_ghz: ArrayLike, percent: ArrayLike
) -> FloatArray:
    """Attenuation exceeded in another share of the year, P.530-18, eq. (34).

    Parameters
    ----------
    attenuation_001 : array
        That of 0.01 %, dB.
    frequency_ghz : array
        Frequency.
    percent : array
        Percentage of the year, 0.001 to 1; NaN outside.

    Examples
    --------
    >>> attenuation_db(10.0, 8.0, [0.001, 0.01, 0.1, 1.0]).round(1).tolist()
    [20.4, 10.0, 3.8, 1.1]
    """
    given = np.asarray(percent, dtype=np.float64)
    p = np.where((given >= PERCENT[0]) & (given <= PERCENT[1]), given, np.nan)
    c1, c2, c3 = _scaling(frequency_ghz)
    found: FloatArray = np.asarray(attenuation_001) * c1 * p ** -(c2 + c3 * np.log10(p))
    return found


def exceeded_percent(
    margin_db: ArrayLike, attenuation_001: ArrayLike, frequency_ghz: ArrayLike
) -> FloatArray:
    """Share of the year in which rain attenuation exceeds a margin: eq. (34) solved for it.

    The equation is valid from 0.001 to 1 %. A margin that would be exceeded in less than 0.001 % of
    the year counts as 0.001 %, one exceeded in more than 1 % as 100 %: on the safe side.

    Parameters
    ----------
    margin_db : array
        Margin.
    attenuation_001 : array
        Attenuation exceeded in 0.01 % of the year, dB.
    frequency_ghz : array
        Frequency.

    Examples
    --------
    >>> exceeded_percent([5.0, 10.0, 90.0, 1.0], 10.0, 8.0).round(4).tolist()
    [0.055, 0.0099, 0.001, 100.0]
    """
    margin = np.asarray(margin_db, dtype=np.float64)
    c1, c2, c3 = _scaling(frequency_ghz)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.log10(margin / (np.asarray(attenuation_001, dtype=np.float64) * c1))
        # C3·x² + C2·x + wanted = 0 for x = log10 of the percentage, on its falling branch.
        root = np.sqrt(np.maximum(c2**2 - 4.0 * c3 * wanted, 0.0))
        percent = 10.0 ** ((root - c2) / (2.0 * c3))
    unknown = np.isnan(margin) | np.isnan(np.asarray(attenuation_001, dtype=np.float64))
    worst = (margin <= 0.0) | (percent > PERCENT[1])
    found = np.where(worst, 100.0, np.maximum(percent, PERCENT[0]))
    return np.where(unknown, np.nan, found)
