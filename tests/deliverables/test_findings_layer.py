"""Findings as features: all of them, each where it lies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.deliverables.findings_layer import FIELDS, findings_features
from kalsel_gap.findings import Finding, to_frame
from kalsel_gap.i18n.text import Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run


def test_every_finding_comes_out_with_its_sentence(tiny: Run) -> None:
    found = findings_features(tiny, Text("id"))
    assert list(found.columns) == [*FIELDS, "geometry"]
    assert list(found["code"]) == list(tiny.findings["code"])
    assert found["message"].notna().all()


def test_a_finding_lies_at_its_school_its_site_or_the_place_that_it_names(tiny: Run) -> None:
    findings = to_frame(
        [
            Finding("name_has_html", file="schools.csv", row=2, npsn="00000101"),
            Finding(
                "devices_exceed_people",
                file="devices.csv",
                row=7,
                npsn="00000104",
                value="50",
                parameters={"students": 20, "teachers": 3},
            ),
            Finding("site_term_missing", file="sites.csv", row=2, parameters={"count": 3}),
            Finding(
                "area_geometry_invalid",
                file="kabupaten.geojson",
                evidence={"lat": -2.95, "lon": 115.35, "fault": "spike"},
                parameters={"area": "99.01"},
            ),
            Finding("attribute_without_school", file="pupils.csv", row=15, npsn="00000999"),
            Finding("location_missing", file="schools.csv", row=8, npsn="00000107"),
        ]
    )
    found = findings_features(replace(tiny, findings=findings), Text("en")).set_index("code")
    at = {code: point and (point.y, point.x) for code, point in found.geometry.items()}
    schools, sites = tiny.schools.set_index("npsn"), tiny.table("sites").set_index("row")
    assert at["name_has_html"] == tuple(schools.loc["00000101", ["lat", "lon"]])
    assert at["devices_exceed_people"] == tuple(schools.loc["00000104", ["lat", "lon"]])
    assert at["site_term_missing"] == tuple(sites.loc[2, ["lat", "lon"]])
    assert at["area_geometry_invalid"] == (-2.95, 115.35)
    assert at["attribute_without_school"] is at["location_missing"] is None
    assert found["place"].fillna("").to_dict() == {
        "name_has_html": "school",
        "devices_exceed_people": "school",
        "site_term_missing": "site",
        "area_geometry_invalid": "named",
        "attribute_without_school": "",
        "location_missing": "",
    }
    assert found["name"]["devices_exceed_people"] == schools["name"]["00000104"]


def test_findings_about_some_schools_only(tiny: Run) -> None:
    rows = set(tiny.schools.loc[tiny.schools["npsn"] == "00000103", "row_id"])
    assert list(findings_features(tiny, Text("en"), rows)["code"]) == ["name_has_html"]
    assert findings_features(tiny, Text("en"), set()).empty


def test_values_of_others_are_inert(tiny: Run) -> None:
    hostile = "SD \x1b[31m\u202e<b>"
    finding = Finding("name_has_html", file="schools.csv", row=4, npsn="00000103", value=hostile)
    found = findings_features(replace(tiny, findings=to_frame([finding])), Text("en"))
    assert found["value"][0] == "SD  [31m <b>"
    assert pd.isna(found["proposal"][0])
