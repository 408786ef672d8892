"""Results of a run by area: how many schools of each tier, how many pupils, how much is unknown.

A school counts in the kabupaten that the register states, which determines its budget, and in the
kecamatan and desa in which it lies; without a usable point, in the kecamatan that the register
states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap import schema
from kalsel_gap.deliverables.tables import claimed_kabupaten, counted_schools
from kalsel_gap.i18n.text import N_
from kalsel_gap.project.base import default_values, section_of
from kalsel_gap.project.checks import Locations
from kalsel_gap.quality.area_names import AreaLayer, parents
from kalsel_gap.quality.claimed_areas import claim
from kalsel_gap.sources.area_codes import digits
from kalsel_gap.sources.boundaries import AREA_LEVELS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.storage.run_folder import Run

NOWHERE = ""  # code of the row of schools that lie in no area, or of which it is not known

# Label and description of each column, in the order of the columns.
FIELDS: dict[str, tuple[str, str]] = {
    "level": (N_("Kind of area"), N_("Province, kabupaten, kecamatan or desa.")),
    "code": (N_("Kemendagri code"), N_("Kemendagri code of the area.")),
    "name": (N_("Area"), N_("Name of the area.")),
    "schools": (
        N_("Schools"),
        N_(
            "Schools of the register, without repeated rows and closed schools. Of a kabupaten "
            "those that state it, of a kecamatan or desa those that lie in it. A school without a "
            "usable point counts in the kecamatan that the register states, and in no desa."
        ),
    ),
    "critical": (N_("Critical"), N_("Schools whose deficit is critical, known or inferred.")),
    "severe": (N_("Severe"), N_("Schools whose deficit is severe, known or inferred.")),
    "moderate": (N_("Moderate"), N_("Schools whose deficit is moderate, known or inferred.")),
    "slight": (N_("Slight"), N_("Schools whose deficit is slight, known or inferred.")),
    "adequate": (N_("Adequate"), N_("Schools whose service is adequate or nearly certain to be.")),
    "covered": (
        N_("Covered, not verified"),
        N_("Schools with a good signal whose service is inferred, not verified."),
    ),
    "unknown": (
        N_("Unknown"),
        N_("Schools without a rank, because their place or their service is unknown."),
    ),
    "inferred": (
        N_("Inferred"),
        N_("Schools whose deficit is inferred, not known; they are counted in their tier too."),
    ),
    "certain": (
        N_("Certainly among the first"),
        N_(
            "Schools that are certain to be among the first of the list, at the stated confidence; "
            "empty where the run has no draws."
        ),
    ),
    "pupils": (
        N_("Pupils"),
        N_(
            "Pupils of the schools whose number of pupils is known; empty where it is known of "
            "none of them."
        ),
    ),
    "pupils_unknown": (
        N_("Schools with unknown pupils"),
        N_("Schools whose number of pupils is unknown: they add nothing to the pupils."),
    ),
    "land_km2": (
        N_("Land"),
        N_("Land of the area, km²; open sea that the elevation model shows is left out."),
    ),
    "signal_known_share": (
        N_("Land with known signal"),
        N_("Share of the land on which the maps of 4G and 5G show whether there is a signal."),
    ),
    "no_signal_share": (
        N_("Land without signal"),
        N_(
            "Of that land, the share where the maps show no usable 4G or 5G signal; empty where "
            "less than half of the land is known."
        ),
    ),
    "not_counted": (
        N_("Rows not counted"),
        N_("Rows of the register that are no school here: repeated rows and closed schools."),
    ),
}
LAND = ("land_km2", "signal_known_share", "no_signal_share")
_TIERS = (*schema.TIER_LABELS, "unknown")


def levels_of(run: Run) -> tuple[str, ...]:
    """Levels of which the run has areas, from the widest."""
    there = set(run.table("areas")["level"])
    return tuple(level for level in AREA_LEVELS if level in there)


def areas_of_level(run: Run, level: str) -> gpd.GeoDataFrame:
    """The areas of a level, each once: ``code``, ``name`` and geometry, in order of code.

    Areas that consist of several features of the boundaries are merged.
    """
    import geopandas as gpd

    areas = run.table("areas")
    chosen = gpd.GeoDataFrame(
        areas.loc[areas["level"] == level, ["code", "name", "geometry"]], crs=schema.CRS
    )
    chosen[["code", "name"]] = chosen[["code", "name"]].fillna("")
    if chosen.duplicated(["code", "name"]).any():
        chosen = chosen.dissolve(["code", "name"], as_index=False)
    return chosen.sort_values(["code", "name"], ignore_index=True)


def count_by_area(run: Run, level: str) -> pd.DataFrame:
    """What the run shows of each area of a level.

    Parameters
    ----------
    run : Run
        The run; its whole register counts, whatever a view shows.
    level : {'province', 'kabupaten', 'kecamatan', 'desa'}
        One of :func:`levels_of`; of another one there is only the last row.

    Returns
    -------
    DataFrame
        The columns of :data:`FIELDS`, a row for each of :func:`areas_of_level` in its order; and
        last, where there are any, the schools and rows of no area, whose code and name are empty.
        So each count adds up to the whole register. What is unknown is missing, never 0; so is
        the land in a run of an older version, which did not measure it.
    """
    areas, schools = areas_of_level(run, level), run.schools
    place = pd.Series(_places(run, areas, level), index=schools.index)
    is_school = pd.Series(schools.index.isin(counted_schools(schools).index), schools.index)
    tiers = schools["tier_label"].fillna("unknown")
    counted: dict[str, pd.Series[bool]] = {
        "schools": is_school,
        **{tier: is_school & (tiers == tier) for tier in _TIERS},
        "inferred": is_school & (schools["deficit_status"] == "inferred"),
        "certain": is_school & (schools["top_k_set"] == "certain").fillna(value=False),
        "pupils_unknown": is_school & schools["students"].isna(),
        "not_counted": ~is_school,
    }
    rows = pd.RangeIndex(-1, len(areas))
    table = pd.DataFrame(
        {
            name: flag.groupby(place).sum().reindex(rows, fill_value=0)
            for name, flag in counted.items()
        }
    ).astype("Int64")
    if schools["top_k_set"].isna().all():
        table["certain"] = pd.array([pd.NA] * len(table), "Int64")
    pupils = schools["students"].where(is_school).groupby(place).sum(min_count=1)
    table["pupils"] = pupils.reindex(rows).astype("Int64")
    table.loc[table["schools"] == 0, "pupils"] = 0
    names = areas[["code", "name"]].set_axis(rows[1:])
    table = table.join(names).assign(level=level)
    table[["code", "name"]] = table[["code", "name"]].fillna(NOWHERE).astype("str")
    table = table.merge(_land(run, level), how="left", on=["code", "name"], validate="m:1")
    somewhere, nowhere = table.iloc[1:], table.iloc[:1]
    if (nowhere[["schools", "not_counted"]] > 0).any(axis=None):
        somewhere = pd.concat([somewhere, nowhere])
    return somewhere.reset_index(drop=True)[list(FIELDS)]


def _land(run: Run, level: str) -> pd.DataFrame:
    """Land of the areas, and how much of it has no signal, as the run has measured it."""
    if "land_signal.parquet" not in run.manifest.get("files", {}):
        return pd.DataFrame({"code": [], "name": [], **{each: [] for each in LAND}}).astype(
            {"code": "str", "name": "str", **dict.fromkeys(LAND, "float64")}
        )
    land = run.table("land_signal")
    return land.loc[land["level"] == level, ["code", "name", *LAND]]


def _places(run: Run, areas: gpd.GeoDataFrame, level: str) -> NDArray[np.int64]:
    """Row of `areas` of each school; -1 where it is in none, or not known."""
    schools = run.schools
    if level == "kabupaten":
        rows = {name: row for row, name in reversed(list(enumerate(areas["name"]))) if name}
        return claimed_kabupaten(schools).map(rows).fillna(-1).to_numpy("int64")
    if level == "province":
        own = {digits(code): row for row, code in enumerate(areas["code"]) if digits(code)}
        stated = schools["kabupaten_code"].fillna("").map(digits)
        found = [
            next((row for code, row in own.items() if each.startswith(code)), -1) for each in stated
        ]
        return np.array(found, dtype=np.int64)
    place = np.full(len(schools), -1)
    if level == "kecamatan":
        place = np.where(schools["lat"].isna(), _stated(run, areas), -1)
    located = np.flatnonzero(schools["lat"].notna().to_numpy())
    at = schools.iloc[located]
    points = shapely.points(at["lon"].to_numpy("float64"), at["lat"].to_numpy("float64"))
    tree = shapely.STRtree(areas.geometry.to_numpy())
    of_point, of_area = tree.query(points, predicate="intersects")
    # A school on a border is counted once, in the first of its areas.
    order = np.lexsort((-of_area, of_point))
    place[located[of_point[order]]] = of_area[order]
    return place


def _stated(run: Run, kecamatan: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Row of the kecamatan that the register states of each school, found as the checks find it."""
    schools = run.schools
    names = schools["kecamatan"].fillna("").astype("str")
    within = schools["kabupaten_code"].fillna("").map(digits).to_numpy(object)
    layer = AreaLayer(kecamatan, parents(kecamatan, areas_of_level(run, "kabupaten")), np.nan)
    recorded = section_of(run.manifest.get("parameters", {}), "locations")
    figures = Locations.model_validate(recorded or default_values("locations"))
    no_codes = pd.Series("", names.index, dtype="str")
    return claim("kecamatan", names, no_codes, layer, within, figures).area
