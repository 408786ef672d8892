"""What is handed out of findings: every row, in words, inert, and written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import shlex
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables import findings_report
from kalsel_gap.errors import OutputError
from kalsel_gap.findings import Finding, to_frame
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.quality.full_check import Checked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine, MakeProject

COLUMNS = (
    *("accept", "file", "row", "npsn", "name", "code", "column", "given", "proposed"),
    *("lat_given", "lon_given", "lat", "lon", "area", "confidence", "why"),
    *("before_km", "after_km"),
)
HOSTILE = (
    "</script><script>window.hurt = 1</script>",
    "=HYPERLINK(1)",
    "${window.hurt = 1}",
    "\x1b[31mMERAH\u202e",
    "{x}",
    "+1+1",
)


def register(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Rows of a register, in the second row and below."""
    usual = {
        "npsn": "",
        "name": "SD",
        "lat": np.nan,
        "lon": np.nan,
        "lat_given": "",
        "lon_given": "",
        "location_status": "given",
        "location_area": None,
    }
    table = pd.DataFrame(
        [{"row_id": f"s.csv:{n}", **usual, **row} for n, row in enumerate(rows, start=2)]
    )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]))


def proposals(rows: list[dict[str, Any]]) -> pd.DataFrame:
    usual = dict.fromkeys(COLUMNS, "") | {"file": "s.csv", "lat": np.nan, "lon": np.nan}
    return pd.DataFrame([usual | row for row in rows], columns=list(COLUMNS))


GIVEN = {"lat_given": "3.05", "lon_given": "114.61"}
SIGN = Finding(
    "location_outside_area",
    file="s.csv",
    row=3,
    npsn="00000002",
    column="lat",
    value="3.05, 114.61",
    proposal="-3.05, 114.61",
    evidence={"before_km": 678.1, "after_km": 0.0},
)


@pytest.fixture
def checked() -> Checked:
    """A school in its place, one without its minus sign, one without a place; and a file."""
    return Checked(
        register(
            [
                {"npsn": "00000001", "name": "SD A", "lat": -3.0, "lon": 115.0},
                {"npsn": "00000002", "name": HOSTILE[1], **GIVEN},
                {"npsn": "00000003", "name": HOSTILE[0]},
                {"npsn": "00000004", "lat_given": "-2.5", "lon_given": "106.8"},
            ]
        ),
        to_frame(
            [
                Finding("kabupaten_differs", file="s.csv", row=2, npsn="00000001", value="Banjar",
                        evidence={"distance_km": 4.2}, parameters={"by_location": "Tapin"}),
                SIGN,
                Finding("npsn_malformed", file="s.csv", row=3, npsn="00000002", value=HOSTILE[2]),
                Finding("location_missing", file="s.csv", row=4, npsn="00000003"),
                Finding("location_outside_area", file="s.csv", row=5, value="-2.5, 106.8"),
                Finding("columns_understood", file="t.csv",
                        parameters={"understood": "a", "count": 1, "others": HOSTILE[3]}),
                Finding("site_unusable", file="t.csv", row=9, value="?",
                        evidence={"lat": -3.5, "lon": 116.0}),
            ]
        ),
        proposals(
            [{"row": 3, "npsn": "00000002", "name": HOSTILE[1], "code": SIGN.code,
              **GIVEN, "lat": -3.05, "lon": 114.61,
              "why": "minus", "confidence": "B", "before_km": 678.1, "after_km": 0.0}]
        ),
    )  # fmt: skip


def files_of(
    checked: Checked, make: MakeProject, folder: Path, language: Language = "en"
) -> dict[str, str]:
    table = findings_report.findings_table(
        checked, make({"project": {"data": "real"}}), Text(language)
    )
    return findings_report.file_contents(checked, table, folder)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_is_a_row_in_words(
    checked: Checked, project: MakeProject, tmp_path: Path, language: Language
) -> None:
    files = files_of(checked, project, tmp_path, language)
    rows = rows_of(files["findings.csv"])
    assert tuple(rows[0]) == findings_report.COLUMNS
    assert [(r["file"], r["row"], r["code"]) for r in rows] == [
        (f, "" if pd.isna(n) else str(n), c)
        for f, n, c in checked.findings[["file", "row", "code"]].itertuples(index=False)
    ]
    missing = next(r for r in rows if r["code"] == "location_missing")
    assert missing["message"] == Text(language)(messages.FINDINGS["location_missing"])
    assert missing["npsn"] == "00000003"
    records = json.loads(files["findings.json"])
    assert [r["message"] for r in records] == [r["message"].removeprefix("'") for r in rows]
    sign = next(r for r in records if r["code"] == SIGN.code)
    assert sign["evidence"] == {"before_km": 678.1, "after_km": 0.0}
    assert next(r for r in records if r["code"] == "columns_understood")["row"] is None


def test_nothing_is_run_by_a_spreadsheet_or_a_terminal(
    checked: Checked, project: MakeProject, tmp_path: Path
) -> None:
    files = files_of(checked, project, tmp_path)
    assert rows_of(files["repairs.csv"])[0]["name"] == "'=HYPERLINK(1)"
    for name, content in files.items():
        assert "\x1b" not in content, name
        assert "\u202e" not in content, name


@pytest.mark.parametrize("nature", ["real", "stylised"])
def test_data_that_are_not_real_say_so(checked: Checked, project: MakeProject, nature: str) -> None:
    table = findings_report.findings_table(
        checked, project({"project": {"data": nature}}), Text("en")
    )
    assert table.get("data", pd.Series("real")).unique().tolist() == [nature]


def test_the_same_findings_give_the_same_bytes(
    checked: Checked, project: MakeProject, tmp_path: Path
) -> None:
    assert files_of(checked, project, tmp_path) == files_of(checked, project, tmp_path)


# --- places --------------------------------------------------------------------------------------


def test_a_point_says_what_it_is(checked: Checked, project: MakeProject, tmp_path: Path) -> None:
    text = files_of(checked, project, tmp_path)["findings.geojson"]
    found = {
        (f["properties"]["file"], f["properties"]["row"], f["properties"]["code"]): f
        for f in json.loads(text)["features"]
    }
    points = {
        key: (f["geometry"]["coordinates"], f["properties"]["location"]) for key, f in found.items()
    }
    assert points == {
        ("s.csv", 2, "kabupaten_differs"): ([115.0, -3.0], "used"),
        ("s.csv", 3, "location_outside_area"): ([114.61, -3.05], "proposed"),
        ("s.csv", 3, "npsn_malformed"): ([114.61, -3.05], "proposed"),
        ("s.csv", 5, "location_outside_area"): ([106.8, -2.5], "given"),
        ("t.csv", 9, "site_unusable"): ([116.0, -3.5], "given"),
    }
    sign = found["s.csv", 3, "location_outside_area"]["properties"]
    assert (sign["given_lat"], sign["given_lon"]) == (3.05, 114.61)
    assert (sign["proposed_lat"], sign["proposed_lon"]) == (-3.05, 114.61)
    assert sign["used_lat"] is None
    assert sign["proposal"] == SIGN.proposal


def test_gis_reads_the_points(checked: Checked, project: MakeProject, tmp_path: Path) -> None:
    path = tmp_path / "findings.geojson"
    path.write_text(files_of(checked, project, tmp_path)["findings.geojson"], encoding="utf-8")
    layer = gpd.read_file(path)
    assert layer.crs.to_epsg() == 4326
    assert len(layer) == 5
    assert layer["npsn"].tolist()[:3] == ["00000001", "00000002", "00000002"]


@pytest.mark.parametrize(
    ("lat", "lon"), [("0", "114.6"), ("91", "114"), ("-3", "181"), ("-33000000", "1"), ("x", "1")]
)
def test_what_is_not_on_earth_is_no_place(lat: str, lon: str) -> None:
    schools = register([{"lat_given": lat, "lon_given": lon}])
    finding = Finding("location_zero", file="s.csv", row=2, value=f"{lat}, {lon}")
    at = findings_report.finding_locations(Checked(schools, to_frame([finding]), proposals([])))
    assert at.filter(regex="_(lat|lon)$").isna().all(axis=None)


def test_an_area_that_is_proposed_is_no_point() -> None:
    finding = Finding("location_missing", file="s.csv", row=2)
    repairs = proposals([{"row": 2, "code": finding.code, "area": "63.03.01"}])
    at = findings_report.finding_locations(Checked(register([{}]), to_frame([finding]), repairs))
    assert not at["repairs"].any()
    assert at.filter(regex="_(lat|lon)$").isna().all(axis=None)


# --- summary -------------------------------------------------------------------------------------


def test_the_summary_has_the_errors_of_all_files_first(checked: Checked) -> None:
    groups = findings_report.group_findings(checked, Text("en"))
    assert [(g.file, g.severity, g.code, g.count, g.rows) for g in groups] == [
        ("s.csv", "error", "location_outside_area", 2, (3, 5)),
        ("s.csv", "error", "location_missing", 1, (4,)),
        ("s.csv", "warning", "kabupaten_differs", 1, (2,)),
        ("s.csv", "warning", "npsn_malformed", 1, (3,)),
        ("t.csv", "warning", "site_unusable", 1, (9,)),
        ("t.csv", "note", "columns_understood", 1, ()),
    ]
    assert sum(g.count for g in groups) == len(checked.findings)
    assert findings_report.count_by_severity(checked) == {"error": 3, "warning": 3, "note": 1}


def test_where_findings_differ_the_first_values_stand() -> None:
    two = to_frame(
        Finding(
            *("kabupaten_differs", "s.csv"),
            row=n,
            value=v,
            evidence={"distance_km": 4.2},
            parameters={"by_location": "Tapin"},
        )
        for n, v in ((2, "Banjar"), (3, "Balangan"))
    )
    said = messages.findings_sentence(two, Text("en"))
    assert (
        said == "The register has Banjar; Balangan, but the point lies in Tapin, 4.2 km away. "
        "Check the coordinates."
    )
    (one,) = two.head(1).to_dict("records")
    assert messages.findings_sentence(two.head(1), Text("en")) == messages.finding_sentence(
        one, Text("en")
    )


# --- writing -------------------------------------------------------------------------------------


def test_all_files_are_written_or_none(
    checked: Checked, project: MakeProject, tmp_path: Path
) -> None:
    opened = project()
    folder = tmp_path / "new" / "check"
    files = files_of(checked, project, folder)
    outputs = findings_report.check_folder(folder, opened)
    findings_report.write(folder, files, outputs)
    assert {path.name for path in folder.iterdir()} == set(files)
    (folder / "findings.json").unlink()
    (folder / "findings.json").mkdir()
    with pytest.raises(OutputError, match="not_written"):
        findings_report.write(folder, dict.fromkeys(files, "other"), outputs)
    assert (folder / "findings.csv").read_text(encoding="utf-8") == files["findings.csv"]
    assert {path.name for path in folder.iterdir()} == set(files)


def test_an_input_is_never_written_over(checked: Checked, project: MakeProject) -> None:
    opened = project({"repairs": {"path": "repairs.csv"}}, files={"repairs.csv": "accept\n"})
    folder = opened.path.parent
    with pytest.raises(OutputError, match="output_is_repairs"):
        findings_report.write(folder, files_of(checked, project, folder), outputs_of(opened))
    assert (folder / "repairs.csv").read_text(encoding="utf-8") == "accept\n"
    assert not (folder / "findings.csv").exists()


@pytest.mark.parametrize("separator", [",", ";"])
def test_answers_outlive_the_next_check(
    checked: Checked, project: MakeProject, tmp_path: Path, separator: str
) -> None:
    """A spreadsheet has written the file again, with its own separator."""
    files = files_of(checked, project, tmp_path)
    row = rows_of(files["repairs.csv"])[0] | {"accept": "ya", "npsn": "2"}
    with (tmp_path / "repairs.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(row), delimiter=separator)
        writer.writeheader()
        writer.writerow(row)
    again = rows_of(files_of(checked, project, tmp_path)["repairs.csv"])
    assert [r["accept"] for r in again] == ["ya"]
    assert again[0]["npsn"] == "00000002"
    # Another proposal for the same row was never answered.
    checked.repairs["lat"] = -3.06
    other = rows_of(files_of(checked, project, tmp_path)["repairs.csv"])
    assert [r["accept"] for r in other] == [""]


def test_proposals_go_when_there_are_none_any_more(
    checked: Checked, project: MakeProject, tmp_path: Path
) -> None:
    outputs = outputs_of(project())
    findings_report.write(tmp_path, files_of(checked, project, tmp_path), outputs)
    none = Checked(checked.schools, checked.findings, proposals([]))
    files = files_of(none, project, tmp_path)
    assert "repairs.csv" not in files
    findings_report.write(tmp_path, files, outputs)
    assert not (tmp_path / "repairs.csv").exists()
    # A file of that name that we did not write stays.
    (tmp_path / "repairs.csv").write_text("my,own\n1,2\n", encoding="utf-8")
    findings_report.write(tmp_path, files, outputs)
    assert (tmp_path / "repairs.csv").exists()


# --- any text ------------------------------------------------------------------------------------

EVIL = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]))


@given(EVIL, EVIL, EVIL)
def test_no_text_breaks_a_deliverable(name: str, lat: str, value: str) -> None:
    schools = register([{"name": name, "lat_given": lat, "lon_given": value}])
    found = to_frame([Finding("npsn_malformed", file="s.csv", row=2, npsn=lat, value=value)])
    repairs = proposals([{"row": 2, "code": "npsn_malformed", "name": name, "why": value}])
    checked = Checked(schools, found, repairs)
    table = found.assign(message="?")[list(findings_report.COLUMNS)]
    assert len(json.loads(findings_report.to_json(table))) == 1
    assert len(json.loads(findings_report.to_geojson(checked, table))["features"]) <= 1
    (group,) = findings_report.group_findings(checked, Text("id"))
    assert group.count == 1


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def found(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """The command finds what the fixture holds."""
    monkeypatch.setattr("kalsel_gap.quality.full_check.check_all", lambda _opened, report: checked)
    return checked


def only(checked: Checked, severity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = checked.findings[checked.findings["severity"] == severity].reset_index(drop=True)
    fewer = Checked(checked.schools, kept, proposals([]))
    monkeypatch.setattr("kalsel_gap.quality.full_check.check_all", lambda _opened, report: fewer)


def test_a_folder_with_a_space_is_quoted_in_the_command_to_type(
    found: Checked, ranked: Path, cli: CommandLine
) -> None:
    folder = ranked / "hasil periksa"
    command = cli("check", "-p", ranked, "--out", folder).err.partition("then: kalsel-gap ")[2]
    typed = shlex.split(command.splitlines()[0])
    assert typed == ["check", "--accept-repairs", str(folder / "repairs.csv")]


def test_data_to_standard_output_and_talk_to_standard_error(
    found: Checked, ranked: Path, cli: CommandLine
) -> None:
    answer = cli("check", "--project", ranked, "--format", "csv")
    folder = ranked / "runs" / "check"
    assert answer.status == 3
    assert answer.out == (folder / "findings.csv").read_bytes()
    assert "Findings: errors 3, warnings 3, notes 1; files with findings: 2." in answer.err
    assert f"--accept-repairs {folder / 'repairs.csv'}" in answer.err
    assert answer.err.endswith(f"Written: {folder}\n")
    quiet = cli("check", "--project", ranked, "--quiet", "--format", "json")
    assert (quiet.status, quiet.err) == (3, "")
    assert quiet.out == (folder / "findings.json").read_bytes()
    names = {"findings.csv", "findings.json", "findings.geojson", "repairs.csv", "check.html"}
    assert {path.name for path in folder.iterdir()} == names


def test_twice_the_same_bytes(ranked: Path, cli: CommandLine) -> None:
    """Of the real checks, over data/tiny."""
    for name in ("a", "b"):
        cli("check", "--project", ranked, "--out", ranked / name, "--quiet")
    first, second = (
        {path.name: path.read_bytes() for path in (ranked / name).iterdir()} for name in ("a", "b")
    )
    assert first == second
    assert b"location_" in first["findings.csv"]


@pytest.mark.parametrize(
    ("severity", "strict", "status"),
    [
        *(("error", False, 3), ("error", True, 3), ("warning", False, 0)),
        *(("warning", True, 3), ("note", True, 0), ("none", True, 0)),
    ],
)
def test_the_exit_status_tells(
    severity: str,
    strict: bool,
    status: int,
    found: Checked,
    ranked: Path,
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only(found, severity, monkeypatch)
    answer = cli("check", "--project", ranked, *(["--strict"] if strict else []))
    assert answer.status == status
    assert ("found nothing wrong" in answer.err) == (severity == "none")
    assert not (ranked / "runs" / "check" / "repairs.csv").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_terminal_of_80_columns(
    language: str, found: Checked, ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    answer = cli("check", "--project", ranked, "--format", "table", "--lang", language)
    lines = answer.out.decode().splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert "SYNTHETIC" in lines[0] or "SINTETIS" in lines[0]
    assert sum("location_outside_area" in line for line in lines) == 1
    assert "\x1b" not in answer.out.decode()


def test_a_reviewed_file_is_handed_on(
    ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from types import SimpleNamespace

    seen = []

    def accept(
        opened: Any, _checked: Any, _proposals: Any, reviewed: Path, *, kinds: Any, overwrite: bool
    ) -> Any:
        assert (kinds, overwrite) == ((), False)
        seen.append(reviewed)
        return SimpleNamespace(
            path=opened.path.with_name("accepted.csv"),
            repairs=pd.DataFrame(),
            count=len(seen) - 1,
            withdrawn=0,
        )

    monkeypatch.setattr("kalsel_gap.quality.accept.accept_repairs", accept)
    command = ("check", "--project", ranked, "--accept-repairs", tmp_path / "r.csv")
    none, one = cli(*command), cli(*command)
    assert seen == [tmp_path / "r.csv"] * 2
    assert (none.status, none.out, one.status, one.out) == (0, b"", 0, b"")
    assert "accepts no repair" in none.err
    assert f"Repairs accepted: 1, saved in {ranked / 'accepted.csv'}" in one.err
    assert "rank" in one.err
    assert not (ranked / "runs" / "check").exists()


@pytest.mark.parametrize("content", [None, b"", b"not,a,review\n1,2,3\n", b"\xff\xfe\x00"])
def test_a_review_that_is_none(
    content: bytes | None, ranked: Path, cli: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    if content is not None:
        path.write_bytes(content)
    answer = cli("check", "--project", ranked, "--accept-repairs", path)
    assert (answer.status, answer.out) == (1, b"")
    assert answer.err.startswith(f"kalsel-gap: error: {path}")
    assert "Traceback" not in answer.err


def test_a_folder_that_is_a_file(found: Checked, ranked: Path, cli: CommandLine) -> None:
    (ranked / "full").write_text("mine", encoding="utf-8")
    answer = cli("check", "--project", ranked, "--out", ranked / "full")
    assert (answer.status, answer.out) == (1, b"")
    assert "must name a folder" in answer.err
    assert (ranked / "full").read_text(encoding="utf-8") == "mine"
