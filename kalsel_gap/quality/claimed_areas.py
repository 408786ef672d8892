"""Claimed areas: where a row says that its school lies, against the polygons of the areas.

From the kabupaten to the desa, a row claims the one area that has the name it gives, inside what it
claims above. Where the name is missing or unknown, its code counts. No table of ours
translates codes: Kemendagri codes are those of the boundaries, and the meaning of any other code
(Dapodik, BPS) is taken from the rows that have it.

Where the project has no polygon of a kabupaten, the other schools that claim it show where it lies:
the circle around their centre that contains most of them, and a margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.geo import geodesy
from kalsel_gap.quality.area_names import read_layers, spelling
from kalsel_gap.sources import coordinates
from kalsel_gap.sources.area_codes import code_texts, digits
from kalsel_gap.sources.boundaries import envelope
from kalsel_gap.sources.degrees import plain_degrees

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.checks import AreaCodes, Locations
    from kalsel_gap.project.inputs import Repairs
    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.area_names import AreaLayer

CLAIMED = ("kabupaten", "kecamatan", "desa")  # what a row can name, from the widest
LEVELS = (*reversed(CLAIMED), "peers")  # from the most specific


class Circle(NamedTuple):
    """Where the schools of a kabupaten lie: their centre and a radius."""

    lat: float
    lon: float
    reach_km: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What the rows of a register claim at one level.

    Attributes
    ----------
    area : int array
        Index in the layer; -1 where nothing is claimed or the claim is unknown.
    by_name : int array
        The same by the name alone.
    unknown : bool array
        A name is given, and no area inside the claimed wider one has it.
    within : array of str
        Digits of the code of the narrowest wider area that is claimed; empty where none is.
    """

    area: NDArray[np.int64]
    by_name: NDArray[np.int64]
    unknown: NDArray[np.bool_]
    within: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Claims:
    """The areas that rows claim.

    Attributes
    ----------
    said : DataFrame of str
        Names and codes as the rows give them: the levels of :data:`CLAIMED`, and ``…_code``.
    kabupaten : array of str
        The kabupaten of each row as tables show it; empty where none.
    bounds : tuple of float
        South, west, north and east of where a school of the project can lie.
    layers : dict of Layer
        By level, from the widest to the finest that the project has.
    of : dict of Claim
        By level of :data:`CLAIMED`, for those that the project has.
    circles : dict of Circle
        By name, of kabupaten without a polygon that enough schools claim.
    """

    said: pd.DataFrame
    kabupaten: NDArray[np.object_]
    bounds: tuple[float, float, float, float]
    layers: Mapping[str, AreaLayer]
    of: Mapping[str, Claim]
    circles: Mapping[str, Circle]

    def distance_km(
        self, level: str, rows: ArrayLike, lat: ArrayLike, lon: ArrayLike
    ) -> FloatArray:
        """Geodesic distance from places to the area that rows claim, km; 0 inside.

        Parameters
        ----------
        level : str
            One of :data:`LEVELS`.
        rows : int array of shape (n,)
            Positions of rows.
        lat, lon : float array of shape (n,)
            A place for each of them.

        Returns
        -------
        float array of shape (n,)
            NaN where nothing is claimed, or there is no place on Earth.
        """
        rows, lat, lon = (np.asarray(values) for values in (rows, lat, lon))
        known = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
        km = np.full(rows.shape, np.nan)
        if level == "peers":
            known &= np.isin(self.kabupaten[rows], list(self.circles))
            circles = [self.circles[name] for name in self.kabupaten[rows[known]]]
            middle_lat, middle_lon, reach_km = np.array(circles).reshape(-1, 3).T
            away_m = geodesy.distance_m(lat[known], lon[known], middle_lat, middle_lon)
            km[known] = np.maximum(away_m / 1000 - reach_km, 0.0)
        elif level in self.of:
            shapes, claimed = self.layers[level].areas.geometry, self.of[level].area[rows[known]]
            away_m = geodesy.shape_distance_m(lat[known], lon[known], shapes.to_numpy(), claimed)
            km[known] = away_m / 1000
        return km

    def name(self, level: str, row: int) -> str:
        """Code and name of the area that a row claims."""
        if level == "peers":
            return str(self.kabupaten[row])
        return self._named(level, int(self.of[level].area[row]))

    def smallest(self, row: int, levels: Iterable[str] = LEVELS) -> str | None:
        """The most specific level at which a row claims a known area."""
        return next((level for level in levels if self._known(level, row)), None)

    def holding(self, lat: float, lon: float) -> str:
        """Code and name of the smallest area that contains a place; empty where none does."""
        point = shapely.Point(lon, lat)
        for level in (level for level in LEVELS if level in self.of):
            found = self.layers[level].areas.sindex.query(point, predicate="intersects")
            if len(found):
                return self._named(level, int(found.min()))
        return ""

    def _known(self, level: str, row: int) -> bool:
        if level == "peers":
            return self.kabupaten[row] in self.circles
        return level in self.of and bool(self.of[level].area[row] >= 0)

    def _named(self, level: str, at: int) -> str:
        code, name = self.layers[level].areas[["code", "name"]].iloc[at]
        return f"{code} {name}".strip()


def claims_of(schools: pd.DataFrame, cells: pd.DataFrame, opened: Opened) -> Claims:
    """Find the areas that rows claim.

    Parameters
    ----------
    schools : DataFrame
        With ``kabupaten`` as tables show it, ``kecamatan``, ``lat_given`` and ``lon_given``.
    cells : DataFrame of str
        The same rows as the register gives them; ``kabupaten``, ``kecamatan``, ``desa`` and
        their ``…_code`` are used, a missing one is empty.
    opened : Opened
        The project.
    """
    said, figures = _said(schools, cells), opened.project.locations
    kabupaten = schools["kabupaten"].fillna("").to_numpy(dtype=object)
    layers, bounds = read_layers(opened), envelope(opened)
    of: dict[str, Claim] = {}
    within = np.full(len(schools), "", dtype=object)
    for level in (level for level in CLAIMED if level in layers):
        names = said[level] if level != "kabupaten" else pd.Series(kabupaten, said.index)
        of[level] = claim(level, names, said[f"{level}_code"], layers[level], within, figures)
        codes = np.array([*layers[level].areas["code"].map(digits), ""], dtype=object)
        claimed = codes[of[level].area]
        within = np.where(claimed != "", claimed, within)
    unshown = (kabupaten != "") & (of["kabupaten"].area < 0 if "kabupaten" in of else True)
    circles = _circles(schools[unshown], kabupaten[unshown], bounds, opened.project.repairs)
    return Claims(said, kabupaten, bounds, layers, of, circles)


def _said(schools: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Names and codes of areas as the rows give them, in the index of `schools`."""
    said = pd.DataFrame(index=schools.index)
    for level in CLAIMED:
        for column in (level, f"{level}_code"):
            given = cells[column].to_numpy() if column in cells else ""
            said[column] = pd.Series(given, schools.index, dtype="str").str.strip()
    said["kabupaten_code"] = code_texts(said["kabupaten_code"])[0]
    # With several registers, the names of a row may come from another one.
    for level in ("kabupaten", "kecamatan"):
        said[level] = said[level].where(said[level] != "", schools[level].fillna(""))
    return said


def claim(
    level: str,
    names: pd.Series[str],
    codes: pd.Series[str],
    layer: AreaLayer,
    within: NDArray[np.object_],
    figures: Locations,
) -> Claim:
    """The area of a layer that each row claims.

    Parameters
    ----------
    level : str
        One of :data:`CLAIMED`.
    names, codes : Series of str
        As given; empty where there is none.
    layer : Layer
        The areas.
    within : array of str
        Digits of the code of the wider area that each row claims: of equal names the one inside
        it. Empty where it claims none.
    figures : Locations
        Short forms of words, and shares for reading codes.
    """
    spelled = spelling(level, figures.names.words)
    named: dict[str, list[int]] = {}
    for place, name in enumerate(layer.areas["name"]):
        named.setdefault(spelled(name), []).append(place)
    own = [digits(code) for code in layer.areas["code"]]

    def find(name: str, wider: str) -> int:
        """Index of the one matching area; -1 if there is none, -2 if there are several."""
        of_name = named.get(spelled(name), [])
        fit = [p for p in of_name if layer.parent[p] < 0 or own[p].startswith(wider)]
        return fit[0] if len(fit) == 1 else -2 if fit else -1

    pairs = list(zip(names, within.tolist(), strict=True))
    found = {pair: find(*pair) for pair in set(pairs) if spelled(pair[0])}
    meant = np.array([found.get(pair, -2) for pair in pairs], dtype=np.int64)
    by_name = np.maximum(meant, -1)
    by_code = _by_code(codes, by_name, layer, figures.codes)
    area = np.where(by_name >= 0, by_name, by_code)
    return Claim(area, by_name, unknown=meant == -1, within=within)


def _by_code(
    codes: pd.Series[str], by_name: NDArray[np.int64], layer: AreaLayer, figures: AreaCodes
) -> NDArray[np.int64]:
    """Area by code: from the boundaries, otherwise by the name that most rows of the code give."""
    plain = codes.map(digits)
    places = {digits(code): n for n, code in enumerate(layer.areas["code"])}
    places.pop("", None)
    own = np.asarray(plain.map(places).fillna(-1), dtype=np.int64)
    both = (own >= 0) & (by_name >= 0)
    given = plain.to_numpy() != ""
    agreeing = (own == by_name)[both] if both.any() else (own >= 0)[given]
    if agreeing.size and agreeing.mean() >= figures.kemendagri:
        return own
    meant = majority(
        plain.where(by_name >= 0, ""), pd.Series(by_name, plain.index), figures.majority
    )
    return np.asarray(plain.map(meant).fillna(-1), dtype=np.int64)


def majority(codes: pd.Series[str], says: pd.Series, share: float) -> dict[str, object]:
    """The value of most rows of each code, if at least two and more than `share` of them agree.

    Examples
    --------
    >>> majority(pd.Series(["1", "1", "1", "2", ""]), pd.Series(list("aabbb")), 0.5)
    {'1': 'a'}
    """
    rows = pd.DataFrame({"code": codes, "says": says})[codes != ""]
    counts = rows.value_counts().rename("count").reset_index()
    of_code = counts.groupby("code")["count"].transform("sum")
    most = counts[(counts["count"] >= 2) & (counts["count"] > share * of_code)]
    most = most.sort_values(["code", "count", "says"]).drop_duplicates("code", keep="last")
    return dict(zip(most["code"], most["says"], strict=True))


def _circles(
    schools: pd.DataFrame,
    kabupaten: NDArray[np.object_],
    bounds: tuple[float, float, float, float],
    rule: Repairs,
) -> dict[str, Circle]:
    """Where the schools lie that claim each kabupaten, where enough of them do."""
    texts = schools["lat_given"], schools["lon_given"]
    usable = np.asarray(coordinates.location_errors(*texts, bounds) == "")
    lat, lon = (np.asarray(plain_degrees(text))[usable] for text in texts)
    groups = pd.Series(np.arange(len(lat))).groupby(kabupaten[usable]).indices
    return {
        str(name): _circle(lat[at], lon[at], rule)
        for name, at in groups.items()
        if len(at) >= rule.peers
    }


def _circle(lat: FloatArray, lon: FloatArray, rule: Repairs) -> Circle:
    middle = float(np.median(lat)), float(np.median(lon))
    away_m = geodesy.distance_m(lat, lon, *(np.full(lat.shape, degrees) for degrees in middle))
    reach_km = float(np.quantile(away_m, rule.peers_share)) * rule.peers_factor / 1000
    return Circle(*middle, reach_km)
