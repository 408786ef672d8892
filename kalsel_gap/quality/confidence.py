"""Confidence of a location: a grade from A to D and a radius in metres.

The rule. Every usable location begins at **B**: given and plausible. It becomes **A** when it was
given with at least ``decimals`` decimals *and* lies in the area that the row claims at the level
``agreement`` or a smaller one. It falls to the worst grade that any of these allows:

- where it comes from (``[status]``): a repair, an area;
- each finding about the row (``[findings]``, by code); a finding that allows B excludes A;
- a measured bound on its error beyond the radius of its grade: half the diagonal of the cell that
  the given decimals leave open, and the distance in a finding (``distance_km``). It falls
  to the grade whose radius contains the bound, and to D beyond all of them.

The radius is that of the grade, or the bound where it is larger, up to ``bound_limit_m``. For an
area it is the distance from the point used to the polygon's farthest corner. An unusable location
has neither grade nor radius. The figures are in ``defaults/confidence.toml``.

A point of grade D that claims a kecamatan or desa is one of two: right, or the school stands in the
claimed area. The weight of the point comes from the evidence for either
(:func:`kalsel_gap.indicators.position.weight_of_point`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.geo import geodesy
from kalsel_gap.indicators.position import weight_of_point
from kalsel_gap.quality.area_names import spelling
from kalsel_gap.sources import coordinates
from kalsel_gap.sources.boundaries import standing_areas
from kalsel_gap.sources.school_points import holding

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.claimed_areas import Claims

GRADES = ("A", "B", "C", "D")
_B = GRADES.index("B")
_CENTROID = "coordinates_at_centroid"
# Shorter names of a desa are found inside other words.
_SHORTEST_NAME = 5


def grade_locations(
    schools: gpd.GeoDataFrame, findings: list[Finding], claims: Claims, opened: Opened
) -> pd.DataFrame:
    """Grade and radius of each location.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``row_id``, ``name``, ``lat``, ``lon``, ``location_status``, ``location_area``.
    findings : list of Finding
        All findings about the rows.
    claims : Claims
        The areas that the rows claim.
    opened : Opened
        The project.

    Returns
    -------
    DataFrame
        ``confidence`` and ``confidence_radius_m``, in the order of `schools`; missing where the
        location is unusable. ``claimed_area``, ``point_weight`` and ``point_radius_m`` of points
        that may be wrong.
    """
    rule = opened.project.confidence
    radii_m = np.array([getattr(opened.project.signal.radius_m, grade) for grade in GRADES])
    usable = schools["lat"].notna().to_numpy()
    status = schools["location_status"]
    places = decimals_used(schools)
    best = _agrees(schools, claims, rule.agreement) & (places >= rule.decimals)
    grade = np.where(best, 0, _B)
    bound_m = np.where(status == "area", 0.0, np.nan_to_num(decimal_radius_m(schools, places)))
    for name in ("repaired", "area"):
        worst = GRADES.index(getattr(rule.status, name))
        grade = np.where(status == name, np.maximum(grade, worst), grade)
    position = {row_id: at for at, row_id in enumerate(schools["row_id"])}
    for finding in findings:
        at = position.get(f"{finding.file}:{finding.row}")
        if at is not None and finding.code in rule.findings:
            grade[at] = max(grade[at], GRADES.index(rule.findings[finding.code]))
            bound_m[at] = max(bound_m[at], _distance_m(finding))
    holds = radii_m[None, :] >= bound_m[:, None]
    grade = np.maximum(grade, np.where(holds.any(axis=1), holds.argmax(axis=1), len(GRADES) - 1))
    radius_m = np.maximum(radii_m[grade], np.minimum(bound_m, rule.bound_limit_m))
    radius_m = np.where(status == "area", _reach_m(schools, opened), radius_m)
    graded = pd.DataFrame(
        {
            "confidence": pd.Series(grade, schools.index)
            .map(dict(enumerate(GRADES)))
            .where(usable),
            "confidence_radius_m": np.where(usable, radius_m, np.nan),
        },
        index=schools.index,
    )
    doubtful = usable & (grade == len(GRADES) - 1) & (status != "area").to_numpy()
    central = {f"{f.file}:{f.row}" for f in findings if f.code == _CENTROID}
    return graded.join(_doubtful_points(schools, np.flatnonzero(doubtful), central, claims, opened))


def _doubtful_points(
    schools: gpd.GeoDataFrame,
    rows: NDArray[np.int64],
    central: set[str],
    claims: Claims,
    opened: Opened,
) -> pd.DataFrame:
    """The claimed area, and the weight of the point against it, of points that may be wrong.

    Parameters
    ----------
    rows : int array
        Positions of the schools in question.
    central : set of str
        ``row_id`` of points on the centre of an area: these are no place of their own.
    """
    area = np.full(len(schools), None, dtype=object)
    weight, radius_m = np.full(len(schools), np.nan), np.full(len(schools), np.nan)
    rule = opened.project.signal.point_weight
    smallest_m = opened.project.signal.radius_m.B
    levels = np.array([claims.smallest(row, ("desa", "kecamatan")) for row in rows.tolist()])
    for level in ("desa", "kecamatan"):
        of_level = rows[levels == level]
        if not of_level.size:
            continue
        layer, claimed = claims.layers[level], claims.of[level].area
        lat, lon = (schools[name].to_numpy()[of_level] for name in ("lat", "lon"))
        off_km = claims.distance_km(level, of_level, lat, lon)
        beyond_km = np.maximum(off_km - (layer.precision_m + smallest_m) / 1000.0, 0.0)
        at_point, in_claim = _named_where(schools, of_level, claims, opened)
        decimals = decimals_used(schools.iloc[of_level])
        found = weight_of_point(beyond_km, at_point, in_claim, decimals, rule)
        on_centre = schools["row_id"].iloc[of_level].isin(central).to_numpy()
        area[of_level] = layer.areas["code"].to_numpy(dtype=object)[claimed[of_level]]
        weight[of_level] = np.where(on_centre, 0.0, found)
        radius_m[of_level] = max(layer.precision_m, smallest_m)
    return pd.DataFrame(
        {"claimed_area": area, "point_weight": weight, "point_radius_m": radius_m},
        index=schools.index,
    )


def _named_where(
    schools: gpd.GeoDataFrame, rows: NDArray[np.int64], claims: Claims, opened: Opened
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the school's name or desa names the desa at the point, and one inside the claim.

    Schools are called after their desa: SD NEGERI KAYU BAWANG 2.
    """
    spelled = spelling("desa", opened.project.locations.names.words)
    desa = claims.said["desa"].iloc[rows].map(spelled)
    said = schools["name"].iloc[rows].map(spelled) + " " + desa
    nobody = np.zeros(len(rows), dtype=np.bool_)
    layer = claims.layers.get("desa")
    if layer is None:
        return nobody, nobody
    names = layer.areas["name"].map(spelled).to_numpy(dtype=object)
    lies = holding(schools.iloc[rows], layer.areas)
    none = np.full(len(rows), -1)
    wider, finer = (
        claims.of[level].area[rows] if level in claims.of else none
        for level in ("kecamatan", "desa")
    )
    inside: dict[int, list[str]] = {}
    for place, parent in enumerate(layer.parent.tolist()):
        inside.setdefault(parent, []).append(names[place])

    def has(text: str, candidates: Iterable[str]) -> bool:
        return any(len(name) >= _SHORTEST_NAME and name in text for name in candidates)

    claimed = [
        [names[desa]] if desa >= 0 else inside.get(kecamatan, [])
        for desa, kecamatan in zip(finer.tolist(), wider.tolist(), strict=True)
    ]
    at_point = [
        has(text, [names[place]] if place >= 0 else [])
        for text, place in zip(said, lies.tolist(), strict=True)
    ]
    in_claim = [has(text, options) for text, options in zip(said, claimed, strict=True)]
    return np.array(at_point, dtype=np.bool_), np.array(in_claim, dtype=np.bool_)


def decimals_used(schools: pd.DataFrame) -> NDArray[np.float64]:
    """Decimals of each location that is used, of the coordinate that has more of them.

    One of them ends in a zero by chance in one case of ten. A repair keeps the given digits, so it
    has the same decimals.
    """
    texts = schools[["lat", "lon"]].map(f"{{:.{coordinates.DECIMALS}f}}".format)
    places: NDArray[np.float64] = texts.apply(coordinates.decimals).max(axis="columns").to_numpy()
    return places


def decimal_radius_m(schools: pd.DataFrame, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the diagonal of the ground cell that this number of decimals leaves open, metres."""
    dlat_m, dlon_m = geodesy.metres_per_degree(schools["lat"].to_numpy(dtype=np.float64))
    half_m: NDArray[np.float64] = np.hypot(dlat_m, dlon_m) / 2.0 * 10.0**-places
    return half_m


def _reach_m(schools: gpd.GeoDataFrame, opened: Opened) -> NDArray[np.float64]:
    """Distance from each location to the farthest corner of the area that it represents."""
    reach_m = np.full(len(schools), np.nan)
    rows = np.flatnonzero(schools["location_area"].notna())
    polygons = standing_areas(opened) if len(rows) else {}
    for at in rows:
        school = schools.iloc[at]
        lon, lat = shapely.get_coordinates(polygons[school["location_area"]]).T
        here = (np.full(lat.shape, school[name]) for name in ("lat", "lon"))
        reach_m[at] = geodesy.distance_m(lat, lon, *here).max()
    return reach_m


def _agrees(schools: pd.DataFrame, claims: Claims, widest: str) -> NDArray[np.bool_]:
    """Whether each location lies in the area that its row claims, down from `widest`."""
    rows = np.arange(len(schools))
    agrees = np.zeros(len(schools), dtype=bool)
    for level in ("kecamatan", "desa") if widest == "kecamatan" else ("desa",):
        km = claims.distance_km(level, rows, schools["lat"], schools["lon"])
        agrees = np.where(np.isnan(km), agrees, km == 0)
    return agrees


def _distance_m(finding: Finding) -> float:
    """Distance in a finding, a bound on the error, metres."""
    km = finding.evidence.get("distance_km", 0.0)
    return float(km) * 1000 if isinstance(km, int | float) and np.isfinite(km) else 0.0
