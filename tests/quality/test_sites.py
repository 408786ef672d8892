"""Checks of radio sites: one row for each finding, and what the real tables have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalsel_gap.findings import SEVERITIES, to_frame
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.sites import check_sites
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeCsv, MakeProject

NOBODY = pd.DataFrame({"lat": [], "lon": []})
# Most rows here have no EIRP, which is not what their tests are about.
ASIDE = {"columns_understood", "site_term_missing"}
HEADER = "site_id,operator,technology,lat,lon,antenna_height_m,frequency_mhz"


def found(project: MakeProject, *rows: str, header: str = HEADER) -> list[Finding]:
    """Findings in the area of data/tiny: 2.9° to 3° south, 115.3° to 115.4° east."""
    text = "\n".join((header, *rows)) + "\n"
    opened = project({"sites": {"path": "sites.csv"}}, files={"sites.csv": text})
    return [f for f in check_sites(opened, NOBODY) if f.code not in ASIDE]


def test_sites_as_they_should_be(project: MakeProject) -> None:
    rows = (
        "A,telkomsel,4g,-2.95,115.35,42,1800",
        "A,telkomsel,2g,-2.95,115.35,42,900",  # two technologies of one site
        "A,telkomsel,4g,-2.95,115.35,42,900",  # two carriers
        "B,indosat,4g,-2.95,115.35,42,1800",  # two operators on one tower
        "C,indosat,4g,-3.005,115.35,,",  # 550 m off: the border is not drawn better
    )
    assert found(project, *rows) == []


@pytest.mark.parametrize(
    ("place", "code", "proposal", "evidence"),
    [
        ("115.35,-2.95", "site_swapped", "-2.95, 115.35", {"after_km": 0.0}),
        ("2.95,115.35", "site_sign_missing", "-2.95, 115.35", {"after_km": 0.0}),
        ("+2.95,115.35", "site_sign_missing", "-2.95, 115.35", {"after_km": 0.0}),
        (",115.35", "site_unusable", "", {}),
        ("0,0", "site_unusable", "", {}),
        ("abc,115.35", "site_unusable", "", {}),
        ("-2.95,1153500", "site_unusable", "", {}),
        ("0,115.35", "site_far_away", "", {}),
        ("-2.95,116.35", "site_far_away", "", {}),
        ("-2.95,115.55", "site_outside_area", "", {}),
    ],
)
def test_a_place_off_the_area(
    project: MakeProject, place: str, code: str, proposal: str, evidence: dict[str, float]
) -> None:
    (finding,) = found(project, f"A,telkomsel,4g,{place},42,1800")
    assert (finding.code, finding.row, finding.proposal) == (code, 2, proposal)
    assert finding.evidence.items() >= evidence.items()


def test_how_far_off(project: MakeProject) -> None:
    outside, sign = found(
        project, "A,telkomsel,4g,-2.95,115.5,42,1800", "B,telkomsel,4g,2.95,115.35,42,1800"
    )[::-1]
    # 0.1° of longitude at 2.95° south is 11.12 km; from 2.95° north to 2.9° south 646.9 km.
    assert outside.parameters == {"distance_km": 11.1}
    assert sign.evidence == {"before_km": 646.9, "after_km": 0.0}


def test_a_site_in_the_sea(project: MakeProject) -> None:
    """The model of data/tiny has no data, the sea, in its south-west corner."""
    nearer = ("file_checks.sites.border_tolerance_m=300",)
    opened = project(options=nearer)
    with rasterio.open(opened.path.parent / "dem.tif") as dataset:
        rows, cols = np.nonzero(dataset.read_masks(1) == 0)
        places = [dataset.xy(int(r), int(c)) for r, c in zip(rows, cols, strict=True)]
    lon, lat = places[-1]
    text = f"{HEADER}\nA,telkomsel,4g,{lat:.4f},{lon:.4f},42,1800\n"
    opened = project({"sites": {"path": "sites.csv"}}, files={"sites.csv": text}, options=nearer)
    assert [f.code for f in check_sites(opened, NOBODY) if f.code not in ASIDE] == ["site_at_sea"]


def test_duplicates(project: MakeProject) -> None:
    row = "telkomsel,4g,-2.95,115.35,42,1800"
    (finding,) = found(project, f"A,{row}", f"B,{row}")
    assert (finding.code, finding.row, finding.parameters) == (
        "site_duplicate",
        3,
        {"other_row": 2},
    )
    assert found(project, f"A,{row},0", f"A,{row},120", header=f"{HEADER},azimut") == []
    assert len(found(project, f"A,{row},0", f"A,{row},0", header=f"{HEADER},azimut")) == 1
    # OpenCelliD numbers the cells of a site: two at one place are two.
    cells = HEADER.replace("site_id", "cell")
    assert found(project, f"1,{row}", f"2,{row}", header=cells) == []
    assert len(found(project, f"1,{row}", f"1,{row}", header=cells)) == 1


@pytest.mark.parametrize(
    ("height", "fine"),
    [(0, False), (-5, False), (0.5, False), (1, True), (151, False), (150, True)],
)
def test_heights(project: MakeProject, height: float, fine: bool) -> None:
    findings = found(project, f"A,telkomsel,4g,-2.95,115.35,{height},1800")
    assert [f.code for f in findings] == ([] if fine else ["site_height_implausible"])


@pytest.mark.parametrize(
    ("technology", "given_", "proposal"),
    [
        ("4g", "1800", None),
        ("4g", "2300", None),
        ("2g", "2300", ""),
        ("4g", "1.8", "1800"),
        ("4g", "1800000", "1800"),
        ("2g", "900000000", "900"),
        ("4g", "62", ""),
    ],
)
def test_frequencies(
    project: MakeProject, technology: str, given_: str, proposal: str | None
) -> None:
    findings = found(project, f"A,telkomsel,{technology},-2.95,115.35,42,{given_}")
    if proposal is None:
        assert findings == []
        return
    (finding,) = findings
    assert (finding.code, finding.proposal) == ("site_frequency_implausible", proposal)


def test_operators_that_are_nearly_alike(project: MakeProject) -> None:
    rows = [f"A{n},XL Smart,4g,-2.95,115.3{n},42,1800" for n in range(1, 4)]
    rows += ["B,xlsmart,4g,-2.96,115.35,42,1800", "C,telkomsell,4g,-2.97,115.35,42,1800"]
    findings = found(project, *rows, "D,indosat,4g,-2.98,115.35,42,1800")
    told = {f.value: (f.proposal, f.parameters["count"]) for f in findings}
    # telkomsel is the name in the coverage of data/tiny.
    assert told == {"xlsmart": ("xl smart", 1), "telkomsell": ("telkomsel", 1)}
    assert {f.code for f in findings} == {"site_operator_spelling"}


def test_operators_that_are_numbered_are_several(project: MakeProject) -> None:
    rows = [f"{n},{name},4g,-2.9{n},115.35,42,1800" for n, name in enumerate(("p_a", "p_b"), 5)]
    rows += [f"{n},net {n},4g,-2.9{n},115.35,42,1800" for n in (7, 8)]
    assert found(project, *rows) == []


def test_a_table_that_cannot_be_used(project: MakeProject) -> None:
    (finding,) = found(project, "A,4g", header="site_id,technology")
    assert (finding.code, finding.parameters["error"]) == ("file_unusable", "column_missing")
    assert finding.column == "lat"


def test_boundaries_that_cannot_be_used_stop_no_check(project: MakeProject) -> None:
    text = f"{HEADER}\nA,telkomsel,4g,-2.95,115.35,42,1800\nB,telkomsel,4g,-2.95,15.35,42,1800\n"
    sections = {"sites": {"path": "sites.csv"}, "boundaries": {"province": "p.geojson"}}
    opened = project(sections, files={"sites.csv": text, "p.geojson": "{"}, bare=True)
    told = [(f.code, f.row) for f in check_sites(opened, NOBODY) if f.code not in ASIDE]
    assert told == [("site_far_away", 3)]


TEXT = st.text(max_size=12) | st.sampled_from(["", "-2.95", "115.35", "0", "1e999", "4g", "=1"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[TEXT] * 7), min_size=1, max_size=4))
def test_any_text_gives_findings(
    project: MakeProject, as_csv: MakeCsv, rows: list[tuple[str, ...]]
) -> None:
    table = as_csv([dict(zip(HEADER.split(","), row, strict=True)) for row in rows])
    raw = table.encode("utf-8", "replace")
    opened = project({"sites": {"path": "sites.csv"}}, files={"sites.csv": raw})
    assert set(to_frame(check_sites(opened, NOBODY))["code"]) <= set(SEVERITIES)


def test_the_sample_has_no_fault() -> None:
    findings = check_sites(read_project(REPOSITORY), NOBODY)
    assert [f.code for f in findings] == ["columns_understood"]


@pytest.mark.real
def test_the_real_tables(shared: Path, project: MakeProject) -> None:
    """Eight of the stylised sites stand where another one of their operator does."""
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    findings = to_frame(check_sites(opened, NOBODY))
    table = pd.read_csv(shared / "kalsel" / "stylised" / "towers.csv")
    twice = table.duplicated(["operator", "technology", "lat", "lon", "frequency_mhz"])
    duplicates = findings[findings["code"] == "site_duplicate"]
    assert duplicates["row"].tolist() == (table.index[twice] + 2).tolist()
    assert set(findings["code"]) == {"site_duplicate", "columns_understood"}

    path = shared / "kalsel" / "towers" / "opencellid_510_kalsel.csv"
    boundaries = {"province": str(shared / "kalsel" / "boundaries" / "kalsel_provinsi.geojson")}
    celled = project({"sites": {"path": str(path)}, "boundaries": boundaries}, bare=True)
    cells = pd.read_csv(path)
    found_there = [f for f in check_sites(celled, NOBODY) if f.code not in ASIDE]
    assert {f.code for f in found_there} <= {"site_outside_area", "site_far_away"}
    assert len(found_there) <= len(cells)


def test_what_a_prediction_lacks_is_told_once_for_each_term(project: MakeProject) -> None:
    text = (
        f"{HEADER},eirp_dbm\n"
        "A,telkomsel,4g,-2.95,115.35,42,1800,62\n"
        "B,telkomsel,4g,-2.96,115.35,,900,\n"
        "C,telkomsel,4g,-2.97,115.35,42,1800,\n"
    )
    opened = project({"sites": {"path": "sites.csv"}}, files={"sites.csv": text})
    assert [(f.code, f.row, f.column, f.parameters) for f in check_sites(opened, NOBODY)] == [
        ("site_term_missing", 3, "antenna_height_m", {"count": 1}),
        ("site_term_missing", 3, "eirp_dbm", {"count": 2}),
    ]
    section = {"path": "sites.csv", "antenna_height_m": 30, "eirp_dbm": 58}
    opened = project({"sites": section}, files={"sites.csv": text})
    assert {f.code for f in check_sites(opened, NOBODY)} == {"site_term_stated"}


@pytest.mark.parametrize(
    ("technology", "bandwidth", "fine"),
    [
        *(("4g", "10", True), ("4g", "", True), ("4g", "7.5", False), ("5g", "100", True)),
        *(("5g", "1.4", False), ("2g", "0.2", True), ("3g", "77", True)),
    ],
)
def test_bandwidths(project: MakeProject, technology: str, bandwidth: str, fine: bool) -> None:
    row = f"A,telkomsel,{technology},-2.95,115.35,42,,{bandwidth}"
    findings = found(project, row, header=f"{HEADER},lebar_pita")
    assert [(f.code, f.value) for f in findings] == (
        [] if fine else [("site_term_implausible", bandwidth)]
    )
