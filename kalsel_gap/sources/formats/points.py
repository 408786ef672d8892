"""Points of a layer as texts of latitude and longitude."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import cell_text, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path


_WGS84 = frozenset({"EPSG:4326", "OGC:CRS84"})


def spare_places(
    places: Callable[[], tuple[list[str], list[str]]],
) -> dict[str, Callable[[], list[str]]]:
    """Spare columns of a table from what finds the latitudes and longitudes of its points."""
    return {"lat": lambda: places()[0], "lon": lambda: places()[1]}


_GEOMETRY_HEADERS = frozenset(
    ("wkt", "geom", "geometry", "thegeom", "wktgeom", "wktgeometry", "geomwkt", "shape")
)
_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_WELL_KNOWN = re.compile(r"(?:SRID=\d+;)?\s*POINT|[0-9A-Fa-f]{42,}$")


def well_known_places(
    headers: Sequence[str], body: Sequence[Sequence[str]], path: Path
) -> dict[str, Callable[[], list[str]]]:
    """Spare columns from a column of well-known text or binary, as PostGIS and QGIS write it."""
    at = next((n for n, h in enumerate(headers) if fold(h) in _GEOMETRY_HEADERS), None)
    if at is None:
        return {}
    texts = [row[at] if at < len(row) else "" for row in body]
    if not any(_WELL_KNOWN.match(text.upper()) for text in texts):
        return {}

    def places() -> tuple[list[str], list[str]]:
        import numpy as np
        import shapely

        plain = [text.upper().rpartition(";")[2].strip() for text in texts]
        is_binary = [bool(re.fullmatch("[0-9A-F]{42,}", text)) for text in plain]
        shapes = np.array(
            [
                shapely.from_wkb(text, on_invalid="ignore")
                if binary
                else shapely.from_wkt(text, on_invalid="ignore")
                for text, binary in zip(plain, is_binary, strict=True)
            ],
            dtype=object,
        )
        points = shapes.copy()
        points[(shapely.get_type_id(shapes) != 0) | shapely.is_empty(shapes)] = None
        x, y = shapely.get_x(points), shapely.get_y(points)
        own = [_SRID.match(text) for text in texts]
        of_binary = shapely.get_srid(points).tolist()
        codes = [
            match[1] if match else str(code) if code > 0 else ""
            for match, code in zip(own, of_binary, strict=True)
        ]
        stated = set(filter(None, codes))
        only = stated.pop() if len(stated) == 1 else "4326"  # of points that state none
        lat, lon = _numbers(y), _numbers(x)
        for code in sorted({each or only for each in codes} - {"4326"}):
            mine = [n for n, each in enumerate(codes) if (each or only) == code]
            lats, lons = to_wgs84(x[mine], y[mine], f"EPSG:{code}", path)
            for n, *place in zip(mine, lats, lons, strict=True):
                lat[n], lon[n] = place
        return lat, lon

    return spare_places(places)


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
