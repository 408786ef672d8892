"""Checks of schools against each other: same point, similar names nearby, clusters.

Neighbours come from k-d trees over Earth-centred coordinates: no grid, hence no edges of cells.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.findings import Finding, at_school
from kalsel_gap.geo import geodesy
from kalsel_gap.quality.area_names import number_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.checks import Cluster, Locations, NearDuplicate, SharedPoint

_WORD = re.compile(r"\d+|[^\W\d_]+")
_OTHERS = 5  # named in a finding
# Schools of a block that are counted as neighbours: so many in a few dozen metres are no schools.
_COUNTED = 200
_AT_ONCE = 10_000  # schools whose pairs are held in memory together
# Farther than any two places on Earth: schools of different kinds are never neighbours.
_APART_M = 1e8


def check_neighbours(schools: gpd.GeoDataFrame, figures: Locations) -> list[Finding]:
    """Findings about usable locations that lie beside each other.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``row_id npsn name level ownership kabupaten kecamatan lat lon lat_given lon_given``.
    figures : Locations
        Thresholds.
    """
    columns = ["npsn", "name", "level", "ownership", "kabupaten", "kecamatan"]
    columns += ["lat_given", "lon_given"]
    located = pd.DataFrame(schools.loc[schools["lat"].notna(), ["row_id", *columns, "lat", "lon"]])
    if located.empty:
        return []
    # Sorted, so that the order of the rows has no effect.
    located = located.sort_values("row_id", ignore_index=True)
    located = located.fillna(dict.fromkeys(columns, ""))
    located["given"] = located["lat_given"] + ", " + located["lon_given"]
    again = located.duplicated(["npsn", "lat", "lon"]) & (located["npsn"] != "")
    located = located[~again].reset_index(drop=True)
    parts = {name: name_parts(name, figures.near_duplicate) for name in located["name"].unique()}
    located["core"] = located["name"].map({name: core for name, (core, _) in parts.items()})
    located["mark"] = located["name"].map({name: mark for name, (_, mark) in parts.items()})
    located["place"] = located.groupby(["lat", "lon"], sort=False).ngroup()
    return [
        *shared(located, figures.shared),
        *near_duplicates(located, figures.near_duplicate),
        *dense(located, figures.cluster),
    ]


def name_parts(name: str, figures: NearDuplicate) -> tuple[str, str]:
    """What a school is named after, and what distinguishes it from others of that name.

    Numbers, single letters, directions and the like are marks. Several numbers get their meaning
    from their places among the words, so then the whole name is a mark.

    Examples
    --------
    >>> from kalsel_gap.project.base import default_values
    >>> from kalsel_gap.project.checks import Locations
    >>> figures = Locations.model_validate(default_values("locations")).near_duplicate
    >>> name_parts("SDN 04 Batu Mandi", figures), name_parts("SD NEGERI BATU MANDI IV", figures)
    (('BATU MANDI', '4'), ('BATU MANDI', '4'))
    >>> name_parts("SD NEGERI PURWOSARI I.2", figures)
    ('PURWOSARI', 'PURWOSARI 1 2')
    """
    words = [number_word(word.lower()).upper() for word in _WORD.findall(name)]
    words = [word for word in words if word not in figures.generic]
    telling = frozenset(figures.telling)
    marks = [w for w in words if w.isdigit() or len(w) == 1 or w in telling]
    core = " ".join(w for w in words if w not in marks)
    several = sum(word.isdigit() for word in marks) > 1
    return core, " ".join(words if several else sorted(marks))


def shared(located: pd.DataFrame, figures: SharedPoint) -> Iterator[Finding]:
    """Schools with identical coordinates: perhaps one compound, or copied.

    They are copied if they cannot be one compound: too many schools, of different kecamatan, or two
    of one level that are named after different places.
    """
    together = located[located.duplicated("place", keep=False)]
    groups: dict[int, list[_School]] = {}
    columns = ("row_id", "npsn", "level", "core", "kabupaten", "kecamatan", "given", "place")
    for *facts, place in together[[*columns]].itertuples(index=False):
        groups.setdefault(place, []).append(_School(*facts))
    for group in groups.values():
        code = "coordinates_shared" if _is_compound(group, figures) else "coordinates_copied"
        names = [school.npsn or school.row_id for school in group]
        for school, name in zip(group, names, strict=True):
            yield at_school(
                code,
                school.row_id,
                school.npsn,
                column="lat, lon",
                value=school.given,
                parameters={"count": len(group), "others": _few(names, name)},
            )


class _School(NamedTuple):
    row_id: str
    npsn: str
    level: str
    core: str
    kabupaten: str
    kecamatan: str
    given: str


def _is_compound(group: list[_School], figures: SharedPoint) -> bool:
    from rapidfuzz import fuzz

    claimed = {(school.kabupaten, school.kecamatan) for school in group if school.kecamatan}
    if len(group) > figures.schools or len(claimed) > 1:
        return False
    return all(
        one.level != other.level
        or one.core == other.core
        or fuzz.token_set_ratio(one.core, other.core) >= figures.similarity
        for one, other in combinations(group, 2)
    )


def _few(names: list[str], mine: str) -> str:
    """The first few of the others, and an ellipsis if there are more."""
    others = names[: _OTHERS + 1]
    others = [name for name in others if name != mine][:_OTHERS]
    return ", ".join(others) + (" …" if len(names) - 1 > len(others) else "")


def near_duplicates(located: pd.DataFrame, figures: NearDuplicate) -> Iterator[Finding]:
    """Schools of one level, ownership and mark whose names are nearly the same, close together."""
    kind = located["level"] + "|" + located["ownership"] + "|" + located["mark"]
    kind_id = pd.factorize(kind, sort=True)[0]
    named = (located["core"] != "").to_numpy()
    # However many schools share one point, only the first of a kind are compared.
    heap = pd.Series(kind_id).groupby([kind_id, located["place"]]).cumcount().to_numpy()
    rows = np.flatnonzero(named & (heap <= figures.neighbours))
    cut = named & (heap > figures.neighbours)
    columns = ("row_id", "npsn", "name", "core")
    row_id, npsn, name, core = (located[column].to_numpy(object) for column in columns)
    joined = located["core"].str.replace(" ", "").to_numpy(object)
    lat, lon = located["lat"].to_numpy(), located["lon"].to_numpy()
    for first, second, crowded in _pairs(lat[rows], lon[rows], kind_id[rows], figures):
        one, other = rows[first], rows[second]
        cut[rows[crowded]] = True
        alike = _likeness(core, joined, one, other)
        hit = (alike >= figures.similarity) & ~((npsn[one] == npsn[other]) & (npsn[one] != ""))
        one, other, alike = one[hit], other[hit], alike[hit]
        cut[one] = False  # it is found all the same
        apart_m = geodesy.distance_m(lat[one], lon[one], lat[other], lon[other])
        # Of several the nearest.
        order = np.lexsort((other, apart_m, one))
        order = order[np.unique(one[order], return_index=True)[1]]
        for n in order.tolist():
            a, b = one[n], other[n]
            evidence = {
                "distance_m": round(float(apart_m[n])),
                "similarity": round(float(alike[n])),
            }
            yield at_school(
                "school_near_duplicate",
                row_id[a],
                npsn[a],
                column="name",
                value=name[a],
                evidence=evidence,
                parameters={"other": row_id[b], "other_name": name[b], "other_npsn": npsn[b]},
            )
    limits = {"compared": figures.neighbours}
    yield from _too_many("near_duplicates_not_compared", located[cut], figures.radius_m, limits)


def _likeness(
    core: NDArray[np.object_],
    joined: NDArray[np.object_],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
) -> NDArray[np.floating]:
    """Similarity of names pair by pair, 0 to 100, their spaces and order of words aside."""
    from rapidfuzz import fuzz, process

    sorted_words = process.cpdist(core[one], core[other], scorer=fuzz.token_sort_ratio)
    letters = process.cpdist(joined[one], joined[other], scorer=fuzz.ratio)
    alike: NDArray[np.floating] = np.maximum(sorted_words, letters)
    return alike


def _pairs(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    kind: NDArray[np.int64],
    figures: NearDuplicate,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Both directions of every pair of one kind within the radius, among the nearest ones.

    Yields
    ------
    one, other : int arrays of shape (pairs,)
        Places in `lat`; all pairs of some thousand schools, then those of the next.
    crowded : int array
        Those of them that may have more others within the radius than were compared.
    """
    from scipy.spatial import KDTree

    if not len(lat):
        return
    # Kinds lie far apart in a fourth dimension, so that one tree serves all.
    points = np.column_stack([geodesy.earth_centred_m(lat, lon), kind * _APART_M])
    tree = KDTree(points)
    k = np.arange(1, figures.neighbours + 3)  # itself, those compared, and whether there are more
    for begin in range(0, len(points), _AT_ONCE):
        some = np.arange(begin, min(begin + _AT_ONCE, len(points)))
        near = tree.query(points[some], k=k, distance_upper_bound=figures.radius_m)[1]
        found, more = np.asarray(near)[:, :-1], np.asarray(near)[:, -1] < len(points)
        one, other = np.repeat(some, found.shape[1]), found.ravel()
        real = (other < len(points)) & (other != one)
        yield one[real], other[real], some[more]


def dense(located: pd.DataFrame, figures: Cluster) -> Iterator[Finding]:
    """Schools with more others around them than is plausible, without those at the same point.

    Of a heap of thousands only some are counted as neighbours: their number is a lower bound there,
    which a finding says.
    """
    from scipy.spatial import KDTree

    points = geodesy.earth_centred_m(located["lat"].to_numpy(), located["lon"].to_numpy())
    most = max(_COUNTED, 4 * figures.schools)
    counted = _nth_of_block(points, located["place"], figures.radius_m) < most
    around = KDTree(points[counted]).query_ball_point(points, figures.radius_m, return_length=True)
    here = located["place"].map(located["place"][counted].value_counts()).fillna(0).to_numpy()
    count = np.asarray(around) - here.astype(np.int64)
    row_id, npsn, given = (located[name].to_numpy(object) for name in ("row_id", "npsn", "given"))
    evidence = {"radius_m": figures.radius_m}
    for n in np.flatnonzero(count > figures.schools).tolist():
        yield at_school(
            "cluster_dense",
            row_id[n],
            npsn[n],
            column="lat, lon",
            value=given[n],
            evidence=evidence,
            parameters={"count": int(count[n])},
        )
    limits = {"counted": most}
    yield from _too_many("cluster_not_counted", located[~counted], figures.radius_m, limits)


def _too_many(
    code: str, cut: pd.DataFrame, radius_m: float, limits: Mapping[str, int]
) -> Iterator[Finding]:
    """A finding for each file with schools that are too many in one place to be compared."""
    file = cut["row_id"].str.replace(r":\d+$", "", regex=True)
    for name, given in cut["given"].groupby(file, sort=True):
        yield Finding(
            code,
            file=str(name),
            column="lat, lon",
            value=str(given.iloc[0]),
            evidence={"radius_m": radius_m},
            parameters={"count": len(given), **limits},
        )


def _nth_of_block(
    points: NDArray[np.float64], place: pd.Series[int], radius_m: float
) -> NDArray[np.int64]:
    """Which one of its block each point is: first one of each place, then the second ones.

    All points of a block are within the radius of each other.
    """
    side_m = radius_m / np.sqrt(points.shape[1])
    corner = np.floor(points / side_m).astype(np.int64)
    block = np.unique(corner, axis=0, return_inverse=True)[1].ravel()
    nth_of_place = place.groupby(place).cumcount().to_numpy()
    order = np.argsort(nth_of_place, kind="stable")
    nth = np.empty(len(points), dtype=np.int64)
    nth[order] = pd.Series(block[order]).groupby(block[order]).cumcount().to_numpy()
    return nth
