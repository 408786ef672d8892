"""Objections of a small project: stored, used by the ranking, and answered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap.answers import import_objections, rank_twice, stored_objections
from kalsel_gap.errors import InputError, OutputError, SeveralErrors
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.project.read import read_project
from kalsel_gap.sources.accepted_objections import AcceptedObjections
from kalsel_gap.sources.objections import FORM
from kalsel_gap.storage.run_folder import run_folders

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")

HEAD = ",".join(FORM)
FILED = "2026-07-20"
TODAY = date(2026, 11, 29)
# Of data/tiny: 00000101 has no tests, 00000102 one, 00000107 no location, 00000109 no signal.
ROWS = [
    *(
        f"00000101,speed,{FILED},2026-07-{day},09:00,test,principal,,-2.923,115.314,{down},1,60,,"
        for day, down in ((13, 2.0), (14, 4.0), (15, 3.0))
    ),
    f"00000109,availability,{FILED},2026-07-01,,letter,principal,B-1/2026,,,,,,,mobile",
    f"00000108,availability,{FILED},2026-07-01,,bill,principal,,,,,,,,fixed",
    f"00000107,location,{FILED},2026-07-01,,photo,operator,,-2.97123,115.32123,,,,,",
    f"00000102,enrolment,{FILED},2026-07-01,,register,operator,,,,,,,250,",
    f"00000110,planned,{FILED},2026-07-01,,contract,office,B-2/2026,,,,,,,",
    f"00000111,closed,{FILED},2026-07-01,,decree,office,B-3/2026,,,,,,,",
    f"00000104,closed,{FILED},2026-07-01,,photo,public,,,,,,,,",
    f"99999999,closed,{FILED},2026-07-01,,decree,office,B-3/2026,,,,,,,",
]
ENOUGH = ("accepted", "enough")


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


def form(folder: Path, rows: list[str], head: str = HEAD) -> Path:
    path = folder / "form.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def rows_of(schools: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    return {str(row["npsn"]): row for row in schools.to_dict("records")}


def test_each_objection_moves_the_fact_it_is_about_and_nothing_else(project: MakeProject) -> None:
    opened = project({"robustness": {"draws": 0}})
    folder = opened.path.parent
    imported = import_objections(opened, form(folder, ROWS), today=TODAY, report=silent)
    assert [(each.judgement, each.reason) for each in imported.rows] == [
        *[ENOUGH] * 3,
        ("verify", "measure_first"),
        *[ENOUGH] * 5,
        ("rejected", "evidence_unfit"),
        ("rejected", "npsn_unknown"),
    ]
    assert (imported.added, imported.stored, imported.changed) == (10, 10, True)
    stored = imported.path.read_bytes()
    assert b"99999999" not in stored

    ranked = rank_twice(opened, report=silent)
    before, after = rows_of(ranked.before.schools), rows_of(ranked.after.schools)
    assert sorted(before) == sorted(after)  # no school is ever dropped
    assert run_folders(folder / "runs") == []  # and no run is kept

    # Speed: the median of three tests, which are too few to be known.
    speed = after["00000101"]
    assert (speed["measured_down_mbps"], speed["measured_tests"]) == (3.0, 3)
    assert (speed["measured_status"], speed["delivered_basis"]) == ("inferred", "test")
    assert before["00000101"]["delivered_basis"] != "test"
    # A claim that there is a signal changes no number: it makes it less certain.
    claimed = [row["00000109"] for row in (before, after)]
    assert claimed[0]["available"] == claimed[1]["available"]
    assert [row["available_status"] for row in claimed] == ["known", "inferred"]
    # A fixed network that a bill shows.
    assert after["00000108"]["available"] == 0.95
    assert after["00000108"]["best_technology"] == "fixed"
    # A school without a location gets one.
    assert pd.isna(before["00000107"]["rank"])
    moved = after["00000107"]
    assert (moved["lat"], moved["lon"], moved["location_status"]) == (
        -2.97123,
        115.32123,
        "repaired",
    )
    assert moved["confidence"] == "C"
    assert moved["rank"] >= 1
    assert (before["00000102"]["students"], after["00000102"]["students"]) == (143, 250)
    # 20 Mbps for 400 pupils.
    assert after["00000102"]["required_mbps"] == 20.0
    closed = after["00000111"]
    assert pd.isna(closed["rank"])
    assert pd.isna(closed["deficit"])
    assert (closed["unranked_reason"], closed["reason"]) == ("closed", "closed")
    assert after["00000110"]["deficit"] == before["00000110"]["deficit"]
    codes = {
        npsn: row["objections"]
        for npsn, row in after.items()
        if row["objections"] == row["objections"]
    }
    assert codes == {
        "00000101": "speed",
        "00000102": "enrolment",
        "00000107": "location",
        "00000108": "availability",
        "00000110": "planned",
        "00000111": "closed",
    }
    found = ranked.after.findings
    ours = found[found["code"].str.startswith("objection")]
    assert ours[["code", "npsn"]].to_numpy().tolist() == [
        ["objection_used", "00000102"],
        ["objection_used", "00000108"],
        ["objection_unmeasured", "00000109"],
        ["objection_planned", "00000110"],
    ]
    assert "objection_used" not in set(ranked.before.findings["code"])

    # The same file twice changes nothing, and the run is the one that `rank` makes.
    again = import_objections(opened, form(folder, ROWS), today=TODAY, report=silent)
    assert (again.added, again.stored, again.changed) == (0, 10, False)
    assert [each.reason for each in again.rows] == [each.reason for each in imported.rows]
    assert imported.path.read_bytes() == stored
    run = OpenProject(read_project(opened.path)).rank()
    assert run.folder.name == ranked.after.folder.name
    assert "objections" in run.manifest["inputs"]


def test_the_office_decides_and_later_tests_are_counted_beside_earlier_ones(
    project: MakeProject,
) -> None:
    opened = project()
    folder = opened.path.parent
    first = import_objections(
        opened, form(folder, [*ROWS[:2], ROWS[3]]), today=TODAY, report=silent
    )
    assert [each.reason for each in first.rows] == ["too_few_tests"] * 2 + ["measure_first"]
    text = first.path.read_text(encoding="utf-8")
    text = text.replace("measure_first,", "measure_first,tidak")
    # Of a school that the register has lost since, and a row that somebody has spoilt.
    text += (
        "99999999,enrolment,2026-07-20,2026-07-01,,register,office,,,,,,,9,,accepted,enough,ya\n"
    )
    text += "00000101,x,2026-07-20,2026-07-01,,register,office,,,,,,,9,,accepted,enough,\n"
    first.path.write_text(text, encoding="utf-8")
    second = import_objections(opened, form(folder, [ROWS[2]]), today=TODAY, report=silent)
    assert [(each.judgement, each.reason) for each in second.rows] == [ENOUGH]
    assert (second.added, second.stored, second.unknown) == (1, 6, 1)
    table = pd.read_csv(first.path, dtype=str, keep_default_na=False)
    assert table["reason"].tolist() == [
        *("code_unread", "enough", "enough", "enough", "measure_first", "npsn_unknown")
    ]
    assert table["decision"].tolist() == ["", "", "", "", "rejected", "accepted"]


def test_old_and_future_tests_are_refused_whatever_day_is_written(project: MakeProject) -> None:
    opened = project()  # its register is of 2026-07-01
    rows = [row.replace("2026-", f"{year}-") for year in (2020, 2099) for row in ROWS[:3]]
    rows += [row.replace(FILED, "2026-11-30") for row in ROWS[:3]]
    imported = import_objections(opened, form(opened.path.parent, rows), today=TODAY, report=silent)
    assert [each.reason for each in imported.rows] == [
        *["expired"] * 3,
        *["filed_later"] * 6,
    ]
    later = date(2026, 11, 30)
    again = import_objections(opened, form(opened.path.parent, rows), today=later, report=silent)
    assert [each.reason for each in again.rows][6:] == ["enough"] * 3


def test_a_statement_of_what_the_list_shows_itself_is_none(project: MakeProject) -> None:
    opened = project()
    row = ROWS[3].replace(",mobile", ",none")
    imported = import_objections(
        opened,
        form(opened.path.parent, [row, row.replace("00000109", "00000104")]),
        today=TODAY,
        report=silent,
    )
    assert [each.reason for each in imported.rows] == ["as_listed", "measure_first"]


def test_what_an_office_confirms_and_what_is_measured_are_two_findings(
    project: MakeProject,
) -> None:
    rows = [ROWS[3], ROWS[3].replace("mobile", "fixed").replace("principal", "village")]
    opened = project()
    imported = import_objections(opened, form(opened.path.parent, rows), today=TODAY, report=silent)
    assert [each.reason for each in imported.rows] == ["measure_first", "signer_unfit"]
    cells = pd.DataFrame({"file": "a", "row": 2, "npsn": ["00000109"], "fixed_network": ""})
    _, findings = AcceptedObjections(opened).apply(cells.assign(students="1"))
    assert [(each.code, each.parameters["line"]) for each in findings] == [
        ("objection_open", 3),
        ("objection_unmeasured", 2),
    ]


def test_a_document_with_a_name_is_refused_and_not_stored(project: MakeProject) -> None:
    opened = project()
    row = ROWS[-4].replace("B-2/2026", "BUDI/AMAT/12")
    given = form(opened.path.parent, [row, ROWS[-4]])
    for _ in range(2):
        imported = import_objections(opened, given, today=TODAY, report=silent)
        assert [each.reason for each in imported.rows] == ["reference_unread", "enough"]
        assert imported.stored == 1
        assert "BUDI" not in imported.path.read_text(encoding="utf-8")
    own = project({"objections": {"own_abbreviations": ["BUDI", "AMAT"]}})
    given = form(own.path.parent, [row])
    assert import_objections(own, given, today=TODAY, report=silent).rows[0].reason == "enough"


def test_tests_of_nothing_make_no_school_better(project: MakeProject) -> None:
    opened = project({"robustness": {"draws": 0}})
    rows = [
        row.replace(f",{down},1,60,", ",0,0,0,")
        for row, down in zip(ROWS[:3], ("2.0", "4.0", "3.0"), strict=True)
    ]
    import_objections(opened, form(opened.path.parent, rows), today=TODAY, report=silent)
    ranked = rank_twice(opened, report=silent)
    after = rows_of(ranked.after.schools)["00000101"]
    assert (after["measured_down_mbps"], after["measured_tests"]) == (0.0, 3)
    assert pd.isna(after["measured_latency_ms"])
    assert after["delivered"] == 0.0


def test_nothing_is_stored_where_something_is_wrong(project: MakeProject) -> None:
    opened = project()
    folder = opened.path.parent
    store = opened.project.objections.path
    with pytest.raises(SeveralErrors):
        import_objections(
            opened,
            form(folder, [f"{ROWS[0]},Ibu Siti"], f"{HEAD},catatan"),
            today=TODAY,
            report=silent,
        )
    assert not store.exists()
    nobody = import_objections(opened, form(folder, [ROWS[-1]]), today=TODAY, report=silent)
    assert (nobody.changed, store.exists()) == (False, False)
    assert stored_objections(opened) == []
    store.write_text("npsn,mine\n1,2\n", encoding="utf-8")
    with pytest.raises(OutputError) as foreign:
        import_objections(opened, form(folder, ROWS), today=TODAY, report=silent)
    assert foreign.value.code == "output_foreign"
    assert store.read_text(encoding="utf-8") == "npsn,mine\n1,2\n"


def test_an_edited_store_cannot_hurt(project: MakeProject) -> None:
    """Rows of no school, of no code, outside the area, or without a number are not used."""
    rows = [
        "00000999,closed,2026-07-20,2026-07-01,,decree,office,1,,,,,,,,accepted,enough,",
        "00000101,<b>,2026-07-20,2026-07-01,,decree,office,1,,,,,,,,accepted,enough,",
        "00000101,location,2026-07-20,2026-07-01,,photo,office,,50,5,,,,,,accepted,enough,",
        "00000101,enrolment,2026-07-20,2026-07-01,,register,office,,,,,,,x,,accepted,enough,",
        "00000101,speed,2026-07-20,,09:00,test,office,,,,-5,1,1,,,accepted,enough,",
    ]
    text = "\n".join([f"{HEAD},judgement,reason,decision", *rows]) + "\n"
    bare = project({"robustness": {"draws": 0}})
    edited = project({"robustness": {"draws": 0}}, files={"objections.csv": text})
    tables = [OpenProject(each).rank() for each in (bare, edited)]
    changed = ["objections"]
    before, after = (each.schools.drop(columns=changed) for each in tables)
    pd.testing.assert_frame_equal(before, after)
    assert "objection_without_school" in set(tables[1].findings["code"])


def test_a_file_that_is_named_and_missing_is_a_note(project: MakeProject) -> None:
    opened = project({"objections": {"path": "sanggah.csv"}, "robustness": {"draws": 0}})
    run = OpenProject(opened).rank()
    assert "objections_missing" in set(run.findings["code"])
    with pytest.raises(InputError) as refused:
        rank_twice(
            project({"objections": {"used": False}}, files={"objections.csv": f"{HEAD}\n"}),
            report=silent,
        )
    assert refused.value.code == "objections_not_used"
