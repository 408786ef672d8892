"""Points of a layer as texts of latitude and longitude."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path


_WGS84 = frozenset({"EPSG:4326", "OGC:CRS84"})


def spare_places(
    places: Callable[[], tuple[list[str], list[str]]],
) -> dict[str, Callable[[], list[str]]]:
    """Spare columns of a table from what finds the latitudes and longitudes of its points."""
    return {"lat": lambda: places()[0], "lon": lambda: places()[1]}


def is_wgs84(crs: object) -> bool:
    """Whether a CRS is latitude and longitude of WGS 84."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        return False
    return ":".join(known.to_authority() or ()) in _WGS84


def to_wgs84(
    x: Sequence[float], y: Sequence[float], crs: object, path: Path
) -> tuple[list[str], list[str]]:
    """Latitudes and longitudes of points of another CRS, as text; to a tenth of a millimetre."""
    import numpy as np
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    try:
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError:
        raise InputError("vector_no_crs", path=path) from None
    lon, lat = transformer.transform(np.asarray(x, "float64"), np.asarray(y, "float64"))
    return _numbers(lat), _numbers(lon)


def _numbers(values: Iterable[float]) -> list[str]:
    return ["" if not math.isfinite(v) else cell_text(round(float(v), 9)) for v in values]
