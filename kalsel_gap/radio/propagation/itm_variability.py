"""Variability of the Irregular Terrain Model over time, locations and situations.

Curves of the climates after Hufford, Longley and Kissick, NTIA report 82-100.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.radio.propagation.location_variability import normal_quantile
from kalsel_gap.radio.propagation.longley_rice import irregularity_at_m

if TYPE_CHECKING:
    from kalsel_gap.radio.propagation.longley_rice import ItmPath

EFFECTIVE_M = 9_000_000.0  # Earth radius that the climate curves were drawn for


class Climate(IntEnum):
    """Radio climates, with the codes of the model."""

    EQUATORIAL = 1
    CONTINENTAL_SUBTROPICAL = 2
    MARITIME_SUBTROPICAL = 3
    DESERT = 4
    CONTINENTAL_TEMPERATE = 5
    MARITIME_TEMPERATE_LAND = 6
    MARITIME_TEMPERATE_SEA = 7


class Variability(IntEnum):
    """Mode of variability, with the codes of the model.

    Add 10 where both ends are known, so that locations do not vary, and 20 where situations do
    not; point to point is usually ``MOBILE + 10``.
    """

    SINGLE_MESSAGE = 0
    ACCIDENTAL = 1
    MOBILE = 2
    BROADCAST = 3


class VariabilityTerms(NamedTuple):
    """Terms of one link, as :class:`~.itm.ItmLink`."""

    frequency_mhz: float
    tx_height_m: float
    rx_height_m: float
    n0: float
    climate: float
    permittivity: float
    conductivity_s_m: float
    polarization: float
    variability: float
    time_percent: float
    location_percent: float
    situation_percent: float


# Curves of the climates, columns as in :class:`Climate` (Hufford 1985, table 5.1).
MEDIAN = (
    (-9.67, -0.62, 1.26, -9.21, -0.62, -0.39, 3.15),
    (12.7, 9.19, 15.5, 9.05, 9.19, 2.86, 857.9),
    (144.9e3, 228.9e3, 262.6e3, 84.1e3, 228.9e3, 141.7e3, 2222e3),
    (190.3e3, 205.2e3, 185.2e3, 101.1e3, 205.2e3, 315.9e3, 164.8e3),
    (133.8e3, 143.6e3, 99.8e3, 98.6e3, 143.6e3, 167.4e3, 116.3e3),
)
BELOW = (
    (2.13, 2.66, 6.11, 1.98, 2.68, 6.86, 8.51),
    (159.5, 7.67, 6.65, 13.11, 7.16, 10.38, 169.8),
    (762.2e3, 100.4e3, 138.2e3, 139.1e3, 93.7e3, 187.8e3, 609.8e3),
    (123.6e3, 172.5e3, 242.2e3, 132.7e3, 186.8e3, 169.6e3, 119.9e3),
    (94.5e3, 136.4e3, 178.6e3, 193.5e3, 133.5e3, 108.9e3, 106.6e3),
)
ABOVE = (
    (2.11, 6.87, 10.08, 3.68, 4.75, 8.58, 8.43),
    (102.3, 15.53, 9.60, 159.3, 8.12, 13.97, 8.19),
    (636.9e3, 138.7e3, 165.3e3, 464.4e3, 93.2e3, 216.0e3, 136.2e3),
    (134.8e3, 143.7e3, 225.7e3, 93.1e3, 135.9e3, 152.0e3, 188.5e3),
    (95.6e3, 98.6e3, 129.7e3, 94.2e3, 113.4e3, 122.7e3, 122.9e3),
)
DUCTING = (1.224, 0.801, 1.380, 1.000, 1.224, 1.518, 1.518)
DUCTING_FROM = (1.282, 2.161, 1.282, 20.0, 1.282, 1.282, 1.282)
BELOW_FREQUENCY = (
    (1.0, 1.0, 1.0, 1.0, 0.92, 1.0, 1.0),
    (0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 1.77, 0.0, 0.0),
)
ABOVE_FREQUENCY = (
    (1.0, 0.93, 1.0, 0.93, 0.93, 1.0, 1.0),
    (0.0, 0.31, 0.0, 0.19, 0.31, 0.0, 0.0),
    (0.0, 2.00, 0.0, 1.79, 2.00, 0.0, 0.0),
)


@kernel
def _curve(table: tuple[tuple[float, ...], ...], climate: int, reach: float) -> float:
    """A climate's curve at an effective distance."""
    bend = ((reach - table[3][climate]) / table[4][climate]) ** 2
    rise = (reach / table[2][climate]) ** 2
    return (table[0][climate] + table[1][climate] / (1.0 + bend)) * rise / (1.0 + rise)


@kernel
def _by_frequency(table: tuple[tuple[float, ...], ...], climate: int, wave_number: float) -> float:
    """A climate's factor of the spread in time at a frequency."""
    q = table[2][climate] * np.log(0.133 * wave_number)
    return float(table[0][climate] + table[1][climate] / (q * q + 1.0))


@kernel
def varied_db(path: float, reference: float, g: ItmPath, terms: VariabilityTerms) -> float:
    """Attenuation relative to free space for the wanted quantiles."""
    climate = int(terms.climate) - 1
    mode = int(terms.variability) % 10
    situations = terms.variability < 20.0
    locations = int(terms.variability) // 10 % 2 == 0
    # More cases not exceeding a loss means a larger loss: quantiles of the level, not of the loss.
    z_time = -normal_quantile(terms.time_percent / 100.0)
    z_place = -normal_quantile(terms.location_percent / 100.0)
    z_case = -normal_quantile(terms.situation_percent / 100.0)
    if mode == Variability.SINGLE_MESSAGE:
        z_time = z_case
    if mode in (Variability.SINGLE_MESSAGE, Variability.ACCIDENTAL):
        z_place = z_case
    elif mode == Variability.MOBILE:
        z_place = z_time

    heights = np.sqrt(2.0 * EFFECTIVE_M * g.tx_effective_m) + np.sqrt(
        2.0 * EFFECTIVE_M * g.rx_effective_m
    )
    reach = heights + (575.7e12 / g.wave_number) ** (1.0 / 3.0)
    effective = 130e3 * path / reach if path < reach else 130e3 + path - reach

    sigma_case = 5.0 + 3.0 * np.exp(-effective / 100e3) if situations else 0.0
    irregular = g.wave_number * irregularity_at_m(path, g.irregularity_m)
    sigma_place = 10.0 * irregular / (irregular + 13.0) if locations else 0.0
    above = _curve(ABOVE, climate, effective) * _by_frequency(
        ABOVE_FREQUENCY, climate, g.wave_number
    )
    if z_time < 0.0:
        sigma_time = _curve(BELOW, climate, effective) * _by_frequency(
            BELOW_FREQUENCY, climate, g.wave_number
        )
    elif z_time <= DUCTING_FROM[climate]:
        sigma_time = above
    else:
        ducting = DUCTING[climate] * above
        sigma_time = ducting + (above - ducting) * DUCTING_FROM[climate] / z_time

    y_time, y_place = sigma_time * z_time, sigma_place * z_place
    case = sigma_case**2 + y_time**2 / (7.8 + z_case**2) + y_place**2 / (24.0 + z_case**2)
    if mode == Variability.SINGLE_MESSAGE:
        repeated, situation = 0.0, np.sqrt(sigma_time**2 + sigma_place**2 + case) * z_case
    elif mode == Variability.ACCIDENTAL:
        repeated, situation = y_time, np.sqrt(sigma_place**2 + case) * z_case
    elif mode == Variability.MOBILE:
        repeated = np.sqrt(sigma_time**2 + sigma_place**2) * z_time
        situation = np.sqrt(case) * z_case
    else:
        repeated, situation = y_time + y_place, np.sqrt(case) * z_case
    varied = reference - _curve(MEDIAN, climate, effective) - repeated - situation
    if varied < 0.0:
        varied *= (29.0 - varied) / (29.0 - 10.0 * varied)
    return float(varied)
