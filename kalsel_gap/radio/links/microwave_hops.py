"""Point-to-point microwave from a site's antenna to a pole or mast at a school.

Clearance is taken from the profile, everything else from the radio of ``radio.microwave``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.radio.links.path_loss import with_unknown_clutter
from kalsel_gap.radio.paths.line_of_sight import CLEAR_SHARE, assess_line_of_sight
from kalsel_gap.radio.propagation import microwave
from kalsel_gap.radio.propagation.fresnel import worst_k
from kalsel_gap.radio.propagation.p1812 import ANTENNA_M
from kalsel_gap.radio.propagation.path_inputs import LAND_COVER, OK, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.radio import Radio
    from kalsel_gap.radio.propagation.path_inputs import Paths


class Hops(NamedTuple):
    """Clearance, margin and availability of hops, arrays of shape (n,); NaN where unknown."""

    clearance_ratio: FloatArray
    """Least clearance in the worst air, as a share of the first Fresnel radius, from the pole."""
    mast_m: FloatArray
    """Least height of the antenna at the school that leaves 60 % free, no less than the pole; all
    following values are of a hop with this height."""
    margin_db: FloatArray
    """Fade margin."""
    rain_percent: FloatArray
    """Share of an average year in which rain attenuation exceeds the margin."""
    multipath_percent: FloatArray
    """The same for multipath."""
    availability_percent: FloatArray
    """Rest of the year."""
    longest_km: FloatArray
    """Longest hop that holds the wanted availability and may be planned."""
    status: NDArray[np.object_]
    """`feasible` from the pole; `blocked`: a mast is needed; `too_tall`: a higher one than may be
    planned; `too_long`, or less available than required; otherwise what is unknown: `void`,
    `land_cover`, `profile`, `distance`, `frequency` or `antenna`."""


def hops(
    paths: Paths,
    tx_height_m: FloatArray,
    latitude_deg: float,
    radio: Radio,
    *,
    threads: int = 1,
    with_longest: bool = True,
) -> Hops:
    """Hops along paths that end at a school.

    Parameters
    ----------
    paths : Paths
        Terrain profiles, with clutter where that is known: it obstructs the ray like the ground.
    tx_height_m : float array of shape (n,)
        Antennas of the sites above ground.
    latitude_deg : float
        Of the school.
    radio : Radio
        ``radio``: the hop, the pole (``receiver.cpe_height_m``) and the bending of rays.
    threads : int
        Number of threads; the result does not depend on it.
    with_longest : bool
        Whether ``longest_km`` is computed, which takes most of the time of many hops; otherwise it
        is NaN.
    """
    wanted, pole_m = radio.microwave, radio.receiver.cpe_height_m
    plausible = (tx_height_m >= ANTENNA_M[0]) & (tx_height_m <= ANTENNA_M[1])
    site_m = np.where(plausible, tx_height_m, np.nan)
    bent = worst_k(paths.length_km, radio.k_factor.worst)
    mhz = 1000.0 * wanted.frequency_ghz
    seen = assess_line_of_sight(paths, site_m, pole_m, mhz, k=bent, threads=threads)
    mast_m = np.where(np.isnan(seen.rx_mast_m), np.nan, np.maximum(seen.rx_mast_m, pole_m))
    tx_m = paths.ground_m[paths.first[:-1]] + site_m
    rx_m = paths.ground_m[paths.first[1:] - 1] + mast_m
    ray_km = np.hypot(paths.length_km, (tx_m - rx_m) / 1000.0)
    hop = microwave.hop_of(wanted, ray_km, tx_m=tx_m, rx_m=rx_m, latitude_deg=latitude_deg)
    found = microwave.outage(hop)
    ends = zip(tx_m.tolist(), rx_m.tolist(), strict=True)
    longest_km = np.full(len(paths), np.nan)
    if with_longest:
        longest_km[:] = [_longest_km(*each, latitude_deg, radio) for each in ends]
    far = ray_km > wanted.longest_km
    too_long = far | (found.availability_percent < wanted.availability_percent)
    status = seen.status.copy()
    status[with_unknown_clutter(paths, status)] = LAND_COVER
    blocked = seen.clearance_ratio < CLEAR_SHARE
    unknown = np.isnan(found.availability_percent) & ~far
    code = np.select(
        [status != OK, np.isnan(found.margin_db), unknown],
        [_CODES[status], "frequency", "distance"],
        np.select(
            [too_long, blocked & (mast_m > wanted.tallest_m), blocked],
            ["too_long", "too_tall", "blocked"],
            "feasible",
        ),
    ).astype(object)
    return Hops(
        clearance_ratio=seen.clearance_ratio,
        mast_m=mast_m,
        longest_km=longest_km,
        status=code,
        **found._asdict(),
    )


_CODES = np.array([status.name.lower() for status in Status])


def _longest_km(tx_m: float, rx_m: float, latitude_deg: float, radio: Radio) -> float:
    """Longest hop between antennas at these heights above sea level."""
    if np.isnan(tx_m + rx_m):
        return np.nan
    wanted = radio.microwave
    hop = microwave.hop_of(wanted, np.nan, tx_m=tx_m, rx_m=rx_m, latitude_deg=latitude_deg)
    return min(microwave.longest_km(hop, wanted.availability_percent), wanted.longest_km)
