"""Mountain classes of Kapos et al. (2000), from elevation, slope and local relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class KaposThresholds:
    """Thresholds of the mountain classes (Kapos et al. 2000; FAO Mountain Partnership).

    Attributes
    ----------
    k1_m, k2_m, k3_m, k4_m, k5_m, k6_m : float
        Lowest elevation of each class.
    k4_slope_deg, k5_slope_deg : float
        Lowest slope of a mountain of class 4, of class 5.
    relief_m : float
        Local relief above which land is a mountain of class 5 or 6.
    """

    k1_m: float = 4500.0
    k2_m: float = 3500.0
    k3_m: float = 2500.0
    k4_m: float = 1500.0
    k5_m: float = 1000.0
    k6_m: float = 300.0
    k4_slope_deg: float = 2.0
    k5_slope_deg: float = 5.0
    relief_m: float = 300.0


KAPOS = KaposThresholds()


def kapos_class(
    elevation_m: ArrayLike,
    slope_deg: ArrayLike,
    local_relief_m: ArrayLike,
    *,
    thresholds: KaposThresholds = KAPOS,
) -> NDArray[np.int8]:
    """Mountain class of Kapos et al. (2000).

    K1 ≥ 4500 m; K2 3500 to 4500; K3 2500 to 3500; K4 1500 to 2500 and slope ≥ 2°;
    K5 1000 to 1500 and (slope ≥ 5° or relief > 300 m); K6 300 to 1000 and relief > 300 m.

    Parameters
    ----------
    elevation_m, slope_deg, local_relief_m : array
        Of any equal shape.
    thresholds : KaposThresholds
        Those to apply.

    Returns
    -------
    int8 array
        1 to 6 for K1 to K6, 0 for no mountain, -1 where it depends on a missing value.

    Examples
    --------
    >>> kapos_class([1901.0, 350.0, 350.0, 20.0], [25.0, 8.0, 8.0, 0.0], [900.0, 301.0, 300.0, 9.0])
    array([4, 6, 0, 0], dtype=int8)
    """
    z, slope, relief = np.broadcast_arrays(
        *(np.asarray(given, dtype=np.float64) for given in (elevation_m, slope_deg, local_relief_m))
    )
    t = thresholds
    kapos = np.empty(z.shape, dtype=np.int8)
    _classify(
        *(z.ravel(), slope.ravel(), relief.ravel(), kapos.reshape(-1)),
        (t.k1_m, t.k2_m, t.k3_m, t.k4_m, t.k5_m, t.k6_m),
        (t.k4_slope_deg, t.k5_slope_deg, t.relief_m),
    )
    return kapos


@kernel
def _classify(
    z: FloatArray,
    slope: FloatArray,
    relief: FloatArray,
    kapos: NDArray[np.int8],
    bounds: tuple[float, float, float, float, float, float],
    limits: tuple[float, float, float],
) -> None:
    """Class of each cell; comparisons with NaN are false."""
    k1, k2, k3, k4, k5, k6 = bounds
    steep4, steep5, high = limits
    for n in range(z.size):
        if np.isnan(z[n]):
            kapos[n] = -1
        elif z[n] >= k3:
            kapos[n] = 1 if z[n] >= k1 else (2 if z[n] >= k2 else 3)
        elif z[n] >= k4:
            kapos[n] = -1 if np.isnan(slope[n]) else (4 if slope[n] >= steep4 else 0)
        elif z[n] >= k5:
            unknown = np.isnan(slope[n]) or np.isnan(relief[n])
            holds = slope[n] >= steep5 or relief[n] > high
            kapos[n] = 5 if holds else (-1 if unknown else 0)
        elif z[n] >= k6:
            kapos[n] = 6 if relief[n] > high else (-1 if np.isnan(relief[n]) else 0)
        else:
            kapos[n] = 0
