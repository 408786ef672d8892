"""The coordinate reference system of a layer: horizontal, and one in which its features lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
from pyproj.exceptions import CRSError

from kalsel_gap import schema
from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

METRIC_CRS = "EPSG:32750"  # WGS 84 / UTM 50S: what GIS trainings in Kalsel use
OPTION = "--crs"


def chosen_crs(given: str | None, schools: gpd.GeoDataFrame) -> str:
    """The coordinate reference system that is asked for, or :data:`METRIC_CRS` without one.

    Parameters
    ----------
    given : str or None
        A code such as ``EPSG:23880``, or anything else that PROJ understands.
    schools : GeoDataFrame
        ``lat`` and ``lon`` of the schools of the run, in degrees.

    Returns
    -------
    str
        As an authority and a code where it has them, otherwise as WKT.

    Raises
    ------
    InputError
        `crs_unknown`: PROJ does not know it. `crs_not_horizontal`: it has heights, or is not tied
        to the Earth. `crs_elsewhere`: no school lies in the area that it was made for.
    """
    if given is None:
        return METRIC_CRS
    try:
        crs = pyproj.CRS.from_user_input(given.strip())
    except CRSError:
        raise InputError("crs_unknown", path=f"{OPTION} {given}") from None
    if not (crs.is_geographic or crs.is_projected) or len(crs.axis_info) != 2 or crs.is_compound:
        raise InputError("crs_not_horizontal", path=OPTION, value=given, name=crs.name)
    lat, lon = (schools[axis].dropna().to_numpy("float64") for axis in ("lat", "lon"))
    area = crs.area_of_use
    if area is not None and lat.size:
        here = (lat >= area.south) & (lat <= area.north)
        if area.west <= area.east:
            here &= (lon >= area.west) & (lon <= area.east)
        else:  # across the antimeridian
            here &= (lon >= area.west) | (lon <= area.east)
        if not here.any():
            raise InputError(
                "crs_elsewhere", path=OPTION, value=given, name=crs.name, area=area.name
            )
    x, y = pyproj.Transformer.from_crs(schema.CRS, crs, always_xy=True).transform(lon, lat)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(
            "crs_elsewhere", path=OPTION, value=given, name=crs.name, area=area.name if area else ""
        )
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else str(crs.to_wkt())


def refuse_other_crs(given: str | None, *, layer: str, standard: str) -> None:
    """Refuse any other CRS than WGS 84 degrees, where a format allows nothing else.

    Parameters
    ----------
    given : str or None
        As for :func:`chosen_crs`; none is refused.
    layer, standard : str
        The format, and where its standard says so.

    Raises
    ------
    InputError
        `crs_fixed`, or `crs_unknown`.
    """
    if given is None:
        return
    try:
        crs = pyproj.CRS.from_user_input(given.strip())
    except CRSError:
        raise InputError("crs_unknown", path=f"{OPTION} {given}") from None
    if crs.to_authority(min_confidence=100) not in {("EPSG", "4326"), ("OGC", "CRS84")}:
        raise InputError("crs_fixed", path=OPTION, value=given, layer=layer, standard=standard)
