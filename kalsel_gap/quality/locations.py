"""Checks of locations against claimed areas, sea and the precision of their digits.

No layer is required: what the project does not have is not checked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.findings import Finding, at_school
from kalsel_gap.geo import geodesy
from kalsel_gap.quality.area_names import spelling
from kalsel_gap.quality.claimed_areas import CLAIMED, majority
from kalsel_gap.quality.duplicates import check_neighbours
from kalsel_gap.sources.area_codes import KIND_NAMES, digits, filled_texts, kind_of
from kalsel_gap.sources.boundaries import capitals, known_kabupaten
from kalsel_gap.sources.features import shapeless
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.sources.school_points import holding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.project.checks import AreaNames, Decimals, Locations
    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.area_names import AreaLayer
    from kalsel_gap.quality.claimed_areas import Claims

READS = (
    *("row_id", "npsn", "name", "level", "ownership", "kabupaten", "kecamatan"),
    *("lat", "lon", "lat_given", "lon_given", "location_status"),
)
# Finding codes by level: the point lies elsewhere; no area has the name.
_DIFFERS = {
    "kabupaten": "kabupaten_differs",
    "kecamatan": "kecamatan_differs",
    "desa": "desa_differs",
}
_UNKNOWN = {"kecamatan": "kecamatan_unknown", "desa": "desa_unknown"}
_PLAIN = re.compile(r"[-+]?\d*(?:[.,](\d*?)0*)?")
_NOWHERE = "–"
_HALF = 0.5  # of the codes that rows need: fewer, and they are of another kind


def check_locations(schools: gpd.GeoDataFrame, claims: Claims, opened: Opened) -> list[Finding]:
    """Findings about usable locations that are doubtful.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns :data:`READS`.
    claims : Claims
        The areas that the rows claim.
    opened : Opened
        The project.
    """
    return [
        *area_findings(schools, claims, opened),
        *code_findings(schools, claims.said, opened),
        *unmatched_codes(schools, claims),
        *_shapeless_facilities(opened),
        *border_findings(schools, claims.layers, opened),
        *centroid_findings(schools, claims.layers, opened),
        *decimal_findings(schools, opened.project.locations.decimals),
        *check_neighbours(schools, opened.project.locations),
    ]


def area_findings(schools: gpd.GeoDataFrame, claims: Claims, opened: Opened) -> Iterator[Finding]:
    """Points outside the kabupaten, kecamatan or desa that their row claims."""
    for level in claims.of:
        yield from _differs(schools, claims, level, opened)
        if level in _UNKNOWN:  # the reader of the register reports unknown kabupaten
            yield from _unknown(schools, claims, level, opened.project.locations.names)


def _differs(
    schools: gpd.GeoDataFrame, claims: Claims, level: str, opened: Opened
) -> Iterator[Finding]:
    """Points outside the claimed area by more than the errors of boundary and point together."""
    layer, claimed, said = claims.layers[level], claims.of[level], claims.said
    figures, point_m = opened.project.locations, opened.project.signal.radius_m.B
    shapes, names = layer.areas.geometry.to_numpy(), layer.areas["name"].to_numpy()
    off_m = geodesy.shape_distance_m(schools["lat"], schools["lon"], shapes, claimed.area)
    lies = holding(schools, layer.areas)
    if level == "kabupaten":  # it determines the budget: any other kabupaten counts
        tolerance_m = layer.precision_m
        doubtful = (lies >= 0) & (claimed.area >= 0) & (lies != claimed.area)
    else:
        tolerance_m = layer.precision_m + point_m
        doubtful = off_m > tolerance_m
    newer = doubtful & _founded_later(claimed.area, lies, len(names), figures)
    for n in np.flatnonzero(doubtful).tolist():
        given = claims.kabupaten[n] if level == "kabupaten" else said[level].iloc[n]
        by_name = claimed.by_name[n] >= 0
        yield _finding(
            schools,
            n,
            "area_newer" if newer[n] else _DIFFERS[level],
            column=level if by_name else f"{level}_code",
            value=given if by_name else said[f"{level}_code"].iloc[n],
            evidence={"distance_km": _km(off_m[n]), "tolerance_km": _km(tolerance_m)},
            parameters={
                "by_location": names[lies[n]] if lies[n] >= 0 else _NOWHERE,
                "claimed": names[claimed.area[n]],
            },
        )


def _founded_later(
    claimed: NDArray[np.int64], lies: NDArray[np.int64], areas: int, figures: Locations
) -> NDArray[np.bool_]:
    """Rows in an area that the register never names though it names nearly all.

    Only those that claim what most rows there claim: the area that it was cut from.
    """
    named = np.unique(claimed[claimed >= 0])
    if len(named) < figures.names.newer_share * areas:
        return np.zeros(len(claimed), dtype=np.bool_)
    inside = (lies >= 0) & (claimed >= 0) & ~np.isin(lies, named)
    place = pd.Series(lies.astype(str)).where(inside, "")
    cut_from = majority(place, pd.Series(claimed), figures.codes.majority)
    return inside & (place.map(cut_from) == claimed).to_numpy()


def _unknown(
    schools: gpd.GeoDataFrame, claims: Claims, level: str, figures: AreaNames
) -> Iterator[Finding]:
    """Names that no area has inside the wider area that the row claims."""
    from rapidfuzz import fuzz, process

    areas, claimed, said = claims.layers[level].areas, claims.of[level], claims.said[level]
    spelled, names = spelling(level, figures.words), areas["name"].to_numpy(object)
    every = {place: spelled(name) for place, name in enumerate(names)}
    codes = [digits(code) for code in areas["code"]]
    wider = {
        digits(code): name
        for layer in claims.layers.values()
        for code, name in zip(layer.areas["code"], layer.areas["name"], strict=True)
    }
    nearest: dict[tuple[str, str], str] = {}
    for n in np.flatnonzero(claimed.unknown).tolist():
        given, within = said.iloc[n], claimed.within[n]
        if (given, within) not in nearest:
            inside = {p: key for p, key in every.items() if codes[p].startswith(within)}
            found = [
                process.extractOne(
                    spelled(given), choices, scorer=fuzz.ratio, score_cutoff=figures.similarity
                )
                for choices in (inside, every)
            ]
            best = found[0] or found[1]
            nearest[given, within] = names[best[2]] if best else _NOWHERE
        yield _finding(
            schools,
            n,
            _UNKNOWN[level],
            column=level,
            value=given,
            parameters={
                "suggestion": nearest[given, within],
                "within": wider[within] if within else _NOWHERE,
            },
        )


def unmatched_codes(schools: gpd.GeoDataFrame, claims: Claims) -> Iterator[Finding]:
    """Codes that the rows of a register need for lack of a name, and that are not those of areas.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``row_id``.
    claims : Claims
        The areas that rows claim.
    """
    files = np.array([row_id.rpartition(":")[0] for row_id in schools["row_id"]], dtype=object)
    for level, claimed in claims.of.items():
        codes = claims.said[f"{level}_code"].to_numpy(object)
        needs = (claimed.by_name < 0) & (codes != "")
        for file in sorted(set(files)):
            mine = files == file
            needed = needs & mine
            matched = int((needed & (claimed.area >= 0)).sum())
            if needed.sum() <= _HALF * mine.sum() or matched >= _HALF * needed.sum():
                continue
            own = claims.layers[level].areas["code"]
            told = {
                "matched": matched,
                "count": int(needed.sum()),
                "level": level,
                "example": min(codes[needed]),
                "kind": KIND_NAMES[kind_of(codes[needed], level)],
                "areas_example": next((code for code in own if code), "-"),
                "areas_kind": KIND_NAMES[kind_of(own, level)],
            }
            column = f"{level}_code"
            yield Finding("area_codes_unmatched", file=file, column=column, parameters=told)


def code_findings(
    schools: gpd.GeoDataFrame, said: pd.DataFrame, opened: Opened
) -> Iterator[Finding]:
    """Rows whose name of an area is not the one that most rows with the same code have.

    The meaning of a code is taken from the register itself, so that codes of Dapodik, BPS and
    Kemendagri are never confused.
    """
    figures = opened.project.locations
    label = pd.Series("", schools.index, dtype="str")
    for level in CLAIMED:
        spelled = spelling(level, figures.names.words)
        key = said[level].map({name: spelled(name) for name in said[level].unique()})
        # Two kecamatan with one name are different areas.
        label = (label + "/" + key).where(key != "", "")
        codes = said[f"{level}_code"].map(digits)
        codes = codes.where(label != "", "")
        meant = majority(codes, label, figures.codes.majority)
        shown = dict(sorted(zip(label, said[level], strict=True)))
        odd = codes.isin(set(meant)) & (codes.map(meant) != label)
        for n in np.flatnonzero(odd).tolist():
            yield _finding(
                schools,
                n,
                "area_code_inconsistent",
                column=f"{level}_code",
                value=said[f"{level}_code"].iloc[n],
                parameters={
                    "mostly": shown[str(meant[codes.iloc[n]])],
                    "said": said[level].iloc[n],
                },
            )


def border_findings(
    schools: gpd.GeoDataFrame, layers: Mapping[str, AreaLayer], opened: Opened
) -> Iterator[Finding]:
    """Points outside every polygon by more than the error of the finest layer."""
    if not layers:
        return
    outside = schools["lat"].notna().to_numpy()
    for layer in layers.values():
        outside = outside & (holding(schools, layer.areas) < 0)
    shapes = np.concatenate([layer.areas.geometry.to_numpy() for layer in layers.values()])
    tolerance_m = min(layer.precision_m for layer in layers.values())
    tolerance_m += opened.project.signal.radius_m.B
    lat, lon = schools["lat"].to_numpy(), schools["lon"].to_numpy()
    border_m = geodesy.nearest_line_m(np.where(outside, lat, np.nan), lon, shapes)
    rows = np.flatnonzero(border_m > tolerance_m)
    land_m, at_sea = _off_land(lat[rows], lon[rows], border_m[rows], shapes, opened)
    for n, land, wet in zip(rows.tolist(), land_m, at_sea, strict=True):
        distance_m = land if wet else border_m[n]
        if distance_m > tolerance_m:
            yield _finding(
                schools,
                n,
                "location_at_sea" if wet else "location_outside_province",
                column="lat, lon",
                value=_given(schools, n),
                evidence={"distance_km": _km(distance_m), "tolerance_km": _km(tolerance_m)},
            )


def _off_land(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    border_m: NDArray[np.float64],
    shapes: NDArray[np.object_],
    opened: Opened,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Metres to the nearest land, and whether a point lies on the sea's side of the coast.

    Boundaries end at neighbours as well as at the sea; only a coastline distinguishes the two. A
    straight line from the sea to the mainland crosses it an odd number of times.
    """
    at_sea = np.zeros(len(lat), dtype=np.bool_)
    shore = opened.project.coastline
    if shore is None or not len(lat):
        return border_m, at_sea
    parts = shapely.get_parts(shapes)
    inland = shapely.point_on_surface(parts[np.argmax(shapely.area(parts))])
    ends = np.broadcast_to([inland.x, inland.y], (len(lat), 2))
    ways = shapely.linestrings(np.stack([np.column_stack([lon, lat]), ends], axis=1))
    coast = shapely.union_all(read_vector(shore.path, shapes="lines").geometry.to_numpy())
    met, way = shapely.get_parts(shapely.intersection(ways, coast), return_index=True)
    crossings = np.bincount(way[~shapely.is_empty(met)], minlength=len(lat))
    at_sea = crossings % 2 == 1
    land_m = border_m
    for path in shore.land:
        land = read_vector(path, shapes="polygons").geometry.make_valid()
        at_sea[land.sindex.query(shapely.points(lon, lat), predicate="intersects")[0]] = False
        land_m = np.fmin(land_m, geodesy.nearest_line_m(lat, lon, land.to_numpy()))
    return land_m, at_sea


def centroid_findings(
    schools: gpd.GeoDataFrame, layers: Mapping[str, AreaLayer], opened: Opened
) -> Iterator[Finding]:
    """Coordinates that are an area's centre, a capital's or an office's, as finely as written."""
    figures = opened.project.locations.centroid
    places = _known_points(layers, opened)
    usable = np.flatnonzero(schools["lat"].notna())
    if places.empty or not usable.size:
        return
    located = schools.iloc[usable]
    fine = np.fmax(*_decimals_given(located)).clip(figures.decimals_least, figures.decimals_most)
    fine = np.where(np.isfinite(fine), fine, figures.decimals_most).astype(int)
    for decimals in np.unique(fine).tolist():
        known = dict(zip(_rounded(places, decimals), places["name"], strict=True))
        rows = usable[fine == decimals]
        for n, place in zip(rows.tolist(), _rounded(schools.iloc[rows], decimals), strict=True):
            if place in known:
                yield _finding(
                    schools,
                    n,
                    "coordinates_at_centroid",
                    column="lat, lon",
                    value=_given(schools, n),
                    parameters={"place": known[place]},
                )


def _rounded(table: pd.DataFrame, decimals: int) -> list[tuple[int, ...]]:
    units = np.round(table[["lat", "lon"]].to_numpy("float64") * 10.0**decimals)
    return [tuple(place) for place in units.astype(np.int64).tolist()]


def _known_points(layers: Mapping[str, AreaLayer], opened: Opened) -> pd.DataFrame:
    """Points of areas, not of schools: centres, points inside, capitals, public facilities."""
    tables = [
        _points(middle(layer.areas.geometry.to_numpy()), layer.areas["name"])
        for level, layer in layers.items()
        if level != "province"
        for middle in (shapely.centroid, shapely.point_on_surface)
    ]
    seats = capitals(opened, known_kabupaten(opened))
    tables.append(
        pd.DataFrame([(name, *at) for name, at in seats.items()], columns=["name", "lat", "lon"])
    )
    for source in opened.project.facilities:
        found = read_vector(source.path)
        named = next((c for c in ("nama", "name") if c in found.columns), None)
        names = filled_texts(found[named]) if named else opened.shown(source.path)
        tables.append(_points(shapely.centroid(found.geometry.to_numpy()), names))
    points = pd.concat(tables, ignore_index=True).dropna(subset=["lat", "lon"])
    return points.sort_values(["name", "lat", "lon"], ignore_index=True)


def _shapeless_facilities(opened: Opened) -> Iterator[Finding]:
    for source in opened.project.facilities:
        yield from shapeless(read_vector(source.path), opened.shown(source.path))


def _points(points: NDArray[np.object_], names: ArrayLike | str) -> pd.DataFrame:
    return pd.DataFrame({"name": names, "lat": shapely.get_y(points), "lon": shapely.get_x(points)})


def decimal_findings(schools: gpd.GeoDataFrame, figures: Decimals) -> Iterator[Finding]:
    """Coordinates as given with too few decimals, zeros at the end not counted."""
    lat, lon = _decimals_given(schools)
    finest, coarsest = np.fmax(lat, lon), np.fmin(lat, lon)
    both = finest < figures.enough
    # A zero at the end of one coordinate alone may be chance, many zeros are not.
    one = (coarsest < figures.enough) & (finest - coarsest >= figures.gap)
    few = (both | one) & (schools["location_status"] == "given").to_numpy()
    degree_m, _ = geodesy.metres_per_degree(schools["lat"].fillna(0.0).to_numpy())
    unit_m = degree_m * 10.0 ** -np.where(both, finest, coarsest)
    for n in np.flatnonzero(few).tolist():
        yield _finding(
            schools,
            n,
            "decimals_few",
            column="lat, lon",
            value=_given(schools, n),
            evidence={"precision_m": round(float(unit_m[n]))},
        )


def _decimals_given(schools: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decimals of latitude and longitude as text without zeros at the end; NaN where not plain."""

    def decimals(text: object) -> float:
        found = _PLAIN.fullmatch(text.strip()) if isinstance(text, str) else None
        return len(found[1] or "") if found else np.nan

    lat, lon = (schools[c].map(decimals).to_numpy("float64") for c in ("lat_given", "lon_given"))
    return lat, lon


def _km(metres: float) -> float:
    return round(float(metres) / 1000, 3)


def _given(schools: gpd.GeoDataFrame, n: int) -> str:
    return f"{schools['lat_given'].iloc[n]}, {schools['lon_given'].iloc[n]}"


def _finding(schools: gpd.GeoDataFrame, n: int, code: str, **given: object) -> Finding:
    return at_school(code, schools["row_id"].iloc[n], schools["npsn"].iloc[n], **given)
