"""Point-to-point microwave: margin, outage by multipath and rain, and the longest hop.

Line of sight is assumed here; ``line_of_sight`` computes whether there is one.

Multipath follows section 2.3 of Recommendation ITU-R P.530-17, whose geoclimatic factor is computed
from a gradient of refractivity and the roughness of the land, which a user can determine. The 18th
edition takes it from two maps that may not be redistributed. Rain follows P.530-18, in
``rain_attenuation``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.radio.propagation import rain_attenuation
from kalsel_gap.radio.propagation.free_space import free_space_db
from kalsel_gap.radio.propagation.fresnel import wavelength_m
from kalsel_gap.radio.propagation.path_inputs import Polarization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.radio import Microwave


MULTIPATH_FROM_KM = 5.0  # P.530, 2.3: shorter paths have none
LARGEST_CONVERSION_DB = 10.8  # from the worst month to the year, P.530, 2.3.4
STEP_KM = 0.1  # of the hops that are tried


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hop:
    """Terms of hops, each one number or an array.

    Attributes
    ----------
    distance_km : array
        Between the antennas.
    frequency_ghz : array
        Carrier.
    tx_power_dbm, tx_gain_dbi, rx_gain_dbi : array
        Of the radio and the dishes.
    losses_db : array
        Fixed losses in cables, branching and other parts.
    threshold_dbm : array
        Receiver threshold: level at which the radio still carries the required traffic.
    rain_mm_h : array
        Rain rate exceeded in 0.01 % of the year.
    dn1 : array
        Refractivity gradient in the lowest 65 m not exceeded in 1 % of the year, N-units/km.
    roughness_m : array
        Standard deviation of the land's heights within 110 km by 110 km.
    tx_m, rx_m : array
        Antennas above the sea.
    latitude_deg : array
        Of the path.
    gas_db_km : sequence of pairs
        Frequency in GHz and absorption of the air in dB/km, rising in frequency.
    polarization : Polarization
        Horizontal or vertical.
    """

    distance_km: ArrayLike
    frequency_ghz: ArrayLike
    tx_power_dbm: ArrayLike
    tx_gain_dbi: ArrayLike
    rx_gain_dbi: ArrayLike
    losses_db: ArrayLike
    threshold_dbm: ArrayLike
    rain_mm_h: ArrayLike
    dn1: ArrayLike
    roughness_m: ArrayLike
    tx_m: ArrayLike
    rx_m: ArrayLike
    latitude_deg: ArrayLike
    gas_db_km: Sequence[tuple[float, float]]
    polarization: Polarization = Polarization.VERTICAL


class Outage(NamedTuple):
    """Outage of a hop in an average year; NaN outside the range of a model."""

    margin_db: FloatArray
    multipath_percent: FloatArray
    rain_percent: FloatArray
    availability_percent: FloatArray


def hop_of(
    microwave: Microwave,
    distance_km: ArrayLike,
    *,
    tx_m: ArrayLike,
    rx_m: ArrayLike,
    latitude_deg: ArrayLike,
) -> Hop:
    """A hop with the radio, the air and the rain of ``radio.microwave``."""
    dish = dish_gain_dbi(microwave.dish_m, microwave.frequency_ghz, microwave.dish_efficiency)
    return Hop(
        distance_km=distance_km,
        frequency_ghz=microwave.frequency_ghz,
        tx_power_dbm=microwave.tx_power_dbm,
        tx_gain_dbi=dish,
        rx_gain_dbi=dish,
        losses_db=microwave.losses_db,
        threshold_dbm=microwave.threshold_dbm,
        rain_mm_h=microwave.rain.rate_mm_h,
        dn1=microwave.multipath.dn1,
        roughness_m=microwave.multipath.roughness_m,
        tx_m=tx_m,
        rx_m=rx_m,
        latitude_deg=latitude_deg,
        gas_db_km=microwave.gas.specific,
        polarization=Polarization[microwave.polarization.upper()],
    )


def dish_gain_dbi(diameter_m: ArrayLike, frequency_ghz: ArrayLike, efficiency: float) -> FloatArray:
    """Gain of a parabolic antenna, ``10·log10(efficiency·(π·D/λ)²)``.

    Examples
    --------
    >>> round(float(dish_gain_dbi(0.6, 15.0, 0.55)), 1)
    36.9
    """
    wave_m = wavelength_m(np.asarray(frequency_ghz, dtype=np.float64) * 1000.0)
    aperture = np.pi * np.asarray(diameter_m, dtype=np.float64) / wave_m
    found: FloatArray = 10.0 * np.log10(efficiency * aperture**2)
    return found


def gas_db(
    distance_km: ArrayLike, frequency_ghz: ArrayLike, gas_db_km: Sequence[tuple[float, float]]
) -> FloatArray:
    """Absorption of the air: the table, linear in its logarithms; NaN beyond its ends.

    Examples
    --------
    >>> round(float(gas_db(10.0, 15.0, ((10.0, 0.02), (20.0, 0.2)))), 2)
    0.77
    """
    ghz, rate = np.asarray(gas_db_km, dtype=np.float64).T
    f = np.asarray(frequency_ghz, dtype=np.float64)
    log_rate = np.interp(np.log(f), np.log(ghz), np.log(rate), left=np.nan, right=np.nan)
    found: FloatArray = np.exp(log_rate) * np.asarray(distance_km, dtype=np.float64)
    return found


def margin_db(hop: Hop) -> FloatArray:
    """Fade margin: how far the level in clear air lies above the threshold."""
    gains = np.asarray(hop.tx_gain_dbi) + np.asarray(hop.rx_gain_dbi) - np.asarray(hop.losses_db)
    loss = free_space_db(hop.distance_km, np.asarray(hop.frequency_ghz) * 1000.0)
    air = gas_db(hop.distance_km, hop.frequency_ghz, hop.gas_db_km)
    found: FloatArray = np.asarray(hop.tx_power_dbm) + gains - loss - air - hop.threshold_dbm
    return found


def occurrence_percent(hop: Hop) -> FloatArray:
    """Multipath occurrence factor p0 of the average worst month, P.530-17, eqs. (4) to (10).

    0 up to 5 km.
    """
    d, f = (np.asarray(each, dtype=np.float64) for each in (hop.distance_km, hop.frequency_ghz))
    factor = 10.0 ** (-4.4 - 0.0027 * np.asarray(hop.dn1, dtype=np.float64)) * (
        10.0 + np.asarray(hop.roughness_m, dtype=np.float64)
    ) ** (-0.46)
    lower_m = np.minimum(hop.tx_m, hop.rx_m)
    found: FloatArray = (
        factor
        * d**3.4
        * (1.0 + _inclination_mrad(hop)) ** (-1.03)
        * f**0.8
        * 10.0 ** (-0.00076 * lower_m)
    )
    return np.where(d > MULTIPATH_FROM_KM, found, np.where(np.isnan(d), np.nan, 0.0))


def _inclination_mrad(hop: Hop) -> FloatArray:
    """Inclination of the path, P.530-17, eq. (5)."""
    found: FloatArray = np.abs(
        np.asarray(hop.tx_m, dtype=np.float64) - np.asarray(hop.rx_m, dtype=np.float64)
    ) / np.asarray(hop.distance_km, dtype=np.float64)
    return found


def conversion_db(hop: Hop) -> FloatArray:
    """Conversion from the worst month to the year, P.530, 2.3.4: 10.8 dB at most.

    It is small near the equator, where no month is much worse than the others.
    """
    doubled = np.deg2rad(2.0 * np.abs(np.asarray(hop.latitude_deg, dtype=np.float64)))
    # The sign is that of the cosine: positive up to 45 degrees.
    spread = np.sign(np.cos(doubled)) * np.abs(np.cos(doubled)) ** 0.7
    found: FloatArray = (
        10.5
        - 5.6 * np.log10(1.1 + spread)
        - 2.7 * np.log10(np.asarray(hop.distance_km, dtype=np.float64))
        + 1.7 * np.log10(1.0 + _inclination_mrad(hop))
    )
    return np.minimum(found, LARGEST_CONVERSION_DB)


def faded_percent(
    margin: ArrayLike, occurrence: ArrayLike, conversion: ArrayLike = 0.0
) -> FloatArray:
    """Share of the time in which multipath exceeds a margin, P.530-18, 2.3.2 and 2.3.4.

    Deep fades fall tenfold with every 10 dB; shallow ones follow the interpolation of 2.3.2.

    Parameters
    ----------
    margin : array
        Fade margin, dB; 100 % of the time at 0 and below.
    occurrence : array
        :func:`occurrence_percent`.
    conversion : array
        :func:`conversion_db` for the average year; 0 for the average worst month.

    Examples
    --------
    >>> faded_percent([10.0, 30.0, 40.0], 10.0).round(4).tolist()
    [0.705, 0.01, 0.001]
    """
    a, p0, less = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (margin, occurrence, conversion))
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        transition = 25.0 + 1.2 * np.log10(p0)  # (12)
        at_transition = p0 * 10.0 ** (-(transition + less) / 10.0)  # (14), (25)
        deep = p0 * 10.0 ** (-(a + less) / 10.0)  # (13)
        slope = -20.0 * np.log10(-np.log1p(-at_transition / 100.0)) / transition  # (15)
        q = (slope - 2.0) / _curve(transition) - _shift(transition)  # (16)
        bent = 2.0 + _curve(a) * (q + _shift(a))  # (17)
        shallow = 100.0 * -np.expm1(-(10.0 ** (-bent * a / 20.0)))  # (18)
    found = np.where(a >= transition, deep, shallow)
    found = np.where(a <= 0.0, 100.0, found)
    found = np.where((p0 == 0.0) & (a > 0.0), 0.0, found)
    return np.where(np.isnan(a) | np.isnan(p0) | np.isnan(less), np.nan, found)


def _curve(fade_db: FloatArray) -> FloatArray:
    found: FloatArray = (1.0 + 0.3 * 10.0 ** (-fade_db / 20.0)) * 10.0 ** (-0.016 * fade_db)
    return found


def _shift(fade_db: FloatArray) -> FloatArray:
    found: FloatArray = 4.3 * (10.0 ** (-fade_db / 20.0) + fade_db / 800.0)
    return found


def outage(hop: Hop) -> Outage:
    """Margin, outage by multipath and by rain, and availability over an average year.

    Both outages add up: rain and multipath do not occur together (P.530, 2.3.4 and 2.4).
    """
    margin = margin_db(hop)
    multipath = faded_percent(margin, occurrence_percent(hop), conversion_db(hop))
    at_001 = rain_attenuation.attenuation_001_db(
        hop.distance_km, hop.frequency_ghz, hop.rain_mm_h, hop.polarization
    )
    wet = rain_attenuation.exceeded_percent(margin, at_001, hop.frequency_ghz)
    return Outage(margin, multipath, wet, np.maximum(100.0 - multipath - wet, 0.0))


def longest_km(hop: Hop, availability_percent: float) -> float:
    """Longest hop with an availability, which every shorter hop has too, to 0.1 km.

    Parameters
    ----------
    hop : Hop
        One hop; its distance is not used.
    availability_percent : float
        Of an average year.

    Returns
    -------
    float
        0 where no hop has it, 60 km at most.
    """
    tried = np.arange(1, round(rain_attenuation.DISTANCE_KM[1] / STEP_KM) + 1) * STEP_KM
    holds = outage(replace(hop, distance_km=tried)).availability_percent >= availability_percent
    count = tried.size if holds.all() else int(holds.argmin())
    return round(count * STEP_KM, 1)
