"""Findings of a run as features: each where the school, site or fault lies that it is about.

A finding that lies nowhere, such as one about a whole file, has no geometry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.i18n.messages import finding_sentence
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import geopandas as gpd

    from kalsel_gap.storage.run_folder import Run

# Label and description of each column, in the order of the columns.
FIELDS: dict[str, tuple[str, str]] = {
    "message": (N_("Finding"), N_("What is wrong or notable, in words.")),
    "severity": (
        N_("Severity"),
        N_("Error: the row cannot be ranked without a correction; warning: doubtful; or note."),
    ),
    "code": (N_("Code"), N_("Code of the finding, the same in both languages.")),
    "file": (N_("File"), N_("Input file.")),
    "row": (N_("Row in the file"), N_("Row in the input file.")),
    "npsn": (N_("NPSN"), N_("NPSN that the finding is about, as given.")),
    "name": (N_("School"), N_("Name of that school in the register; empty where it has none.")),
    "column": (N_("Column"), N_("Column or key that the finding is about.")),
    "value": (N_("Value"), N_("Value of that column, as given.")),
    "proposal": (N_("Proposal"), N_("What is proposed instead.")),
    "evidence": (N_("Evidence"), N_("Figures behind the finding, as JSON.")),
    "place": (
        N_("What the point is"),
        N_("The school as it is used, the radio site, or the place that the finding names."),
    ),
}
WORDS: dict[str, dict[str, str]] = {
    "severity": {"error": N_("error"), "warning": N_("warning"), "note": N_("note")},
    "place": {"school": N_("school"), "site": N_("radio site"), "named": N_("named place")},
}


def findings_features(
    run: Run, text: Text, rows: Collection[str] | None = None
) -> gpd.GeoDataFrame:
    """Findings with the columns of :data:`FIELDS`, in the order of file and row.

    Parameters
    ----------
    run : Run
        The run.
    text : Text
        Language of the messages.
    rows : collection of str, optional
        ``row_id`` of schools: only findings about these. All by default.

    Returns
    -------
    GeoDataFrame
        Points in degrees, WGS 84; no geometry where a finding lies nowhere.
    """
    import geopandas as gpd

    found = run.findings
    of_row = found["file"].astype("str") + ":" + found["row"].astype("str")
    schools = run.schools.drop_duplicates("row_id").set_index("row_id")
    ranked = run.schools[~run.schools["is_duplicate"].astype(bool) & (run.schools["npsn"] != "")]
    by_npsn = ranked.drop_duplicates("npsn").set_index("npsn")["row_id"]
    school = of_row.where(of_row.isin(schools.index), found["npsn"].map(by_npsn))
    if rows is not None:
        wanted = school.isin(set(rows))
        found, of_row, school = found[wanted], of_row[wanted], school[wanted]
    table = pd.DataFrame({name: found[name] for name in FIELDS if name in found})
    table["message"] = [finding_sentence(row, text) for row in found.to_dict("records")]
    table["name"] = school.map(schools["name"])
    places = {
        "named": pd.DataFrame(list(map(_named, found["evidence"], found["parameters"]))),
        "site": _sites(run).reindex(of_row),
        "school": schools[["lat", "lon"]].reindex(school),
    }
    lat, lon = np.full((2, len(found)), np.nan)
    place = np.full(len(found), "", dtype=object)
    for kind, at in places.items():  # the school, where there is one
        if at.empty:
            continue
        there = at.notna().all(axis="columns").to_numpy()
        lat[there], lon[there] = at.to_numpy("float64")[there].T
        place[there] = kind
    table["place"] = pd.Series(place, found.index).replace("", None)
    for name in (each for each in FIELDS if each != "row"):
        texts = table[name].where(table[name] != "", None)
        table[name] = texts.map(plain, na_action="ignore").astype("str")
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), found.index, crs=schema.CRS)
    points = points.where(~np.isnan(lat), None)
    return gpd.GeoDataFrame(table[list(FIELDS)], geometry=points).reset_index(drop=True)


def _sites(run: Run) -> pd.DataFrame:
    """Latitude and longitude of the sites, by file and row."""
    sites = run.table("sites")
    key = sites["file"].astype("str") + ":" + sites["row"].astype("str")
    return sites[["lat", "lon"]].set_axis(key, axis="index").loc[~key.duplicated().to_numpy()]


def _named(*stated: str) -> Mapping[str, float]:
    """Degrees that a finding names itself; NaN where it names none on Earth."""
    return next(_degrees(stated), {"lat": np.nan, "lon": np.nan})


def _degrees(stated: tuple[str, ...]) -> Iterator[dict[str, float]]:
    for mapping in stated:
        if '"lat"' not in mapping:
            continue
        values = json.loads(mapping)
        lat, lon = (pd.to_numeric(values.get(axis), errors="coerce") for axis in ("lat", "lon"))
        if 0 < abs(lat) <= 90 and 0 < abs(lon) <= 180:
            yield {"lat": float(lat), "lon": float(lon)}
