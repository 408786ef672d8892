"""Mountain classes of Kapos et al. (2000), from elevation, slope and local relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class KaposThresholds:
    """Limits of the mountain classes (Kapos et al. 2000; FAO Mountain Partnership).

    Attributes
    ----------
    k1_m, k2_m, k3_m, k4_m, k5_m, k6_m : float
        Lowest elevation of each class.
    k4_slope_deg, k5_slope_deg : float
        Lowest slope that makes a mountain of class 4, of class 5.
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
        Other limits.

    Returns
    -------
    int8 array
        1 to 6 for K1 to K6, 0 for no mountain, -1 where a missing value decides.

    Examples
    --------
    >>> kapos_class([1901.0, 350.0, 350.0, 20.0], [25.0, 8.0, 8.0, 0.0], [900.0, 301.0, 300.0, 9.0])
    array([4, 6, 0, 0], dtype=int8)
    """
    z, slope, relief = (
        np.asarray(values, dtype=np.float64) for values in (elevation_m, slope_deg, local_relief_m)
    )
    t = thresholds
    steep4, steep5, high_relief = (
        slope >= t.k4_slope_deg,
        slope >= t.k5_slope_deg,
        relief > t.relief_m,
    )
    no_slope, no_relief = np.isnan(slope), np.isnan(relief)
    # The first row that holds decides.
    choices = [
        (np.isnan(z), -1),
        (z >= t.k1_m, 1),
        (z >= t.k2_m, 2),
        (z >= t.k3_m, 3),
        ((z >= t.k4_m) & no_slope, -1),
        ((z >= t.k4_m) & steep4, 4),
        (z >= t.k4_m, 0),
        ((z >= t.k5_m) & (steep5 | high_relief), 5),
        ((z >= t.k5_m) & (no_slope | no_relief), -1),
        (z >= t.k5_m, 0),
        ((z >= t.k6_m) & no_relief, -1),
        ((z >= t.k6_m) & high_relief, 6),
    ]
    kapos = np.select([c for c, _ in choices], [k for _, k in choices], default=0)
    return kapos.astype(np.int8)
