"""Repairs of NPSN and numbers: proposed, accepted by a whole kind, used by the ranking."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.findings import Finding
from kalsel_gap.quality.full_check import check_all
from kalsel_gap.quality.value_repairs import value_proposals
from kalsel_gap.sources.repairs import read_repairs

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import CommandLine, MakeProject

REGISTER = (
    "npsn,nama_sekolah,bentuk,kabupaten,lintang,bujur,pd\n"
    "3030001,SDN 1,SD,Kab. Muara Contoh,-2.95,115.33,1.070\n"
    "30300002.0,SDN 2,SD,Kab. Muara Contoh,2.95,115.33,120\n"
    "3030003,SMPN 3,SMP,Kab. Muara Contoh,2.95,115.34,abc\n"
)


@pytest.fixture
def opened(project: MakeProject) -> Opened:
    boundaries = {"boundaries": {"kabupaten": "kabupaten.geojson"}}
    return project(boundaries, files={"schools.csv": REGISTER}, bare=True)


def proposed(opened: Opened) -> list[tuple[str, int, str, str]]:
    table = check_all(opened).repairs[["code", "row", "column", "proposed"]]
    return [tuple(row) for row in table.itertuples(index=False)]


PROPOSED = [
    ("npsn_zero_lost", 2, "npsn", "03030001"),
    ("value_not_read", 2, "students", "1070"),
    ("location_sign_missing", 3, "", ""),
    ("npsn_formatted", 3, "npsn", "30300002"),
    ("location_sign_missing", 4, "", ""),
    ("npsn_zero_lost", 4, "npsn", "03030003"),
]


def test_proposals_stand_in_one_table_also_once_they_are_accepted(
    opened: Opened, cli: CommandLine
) -> None:
    assert proposed(opened) == PROPOSED
    folder = opened.path.parent
    answer = cli(
        *("check", "--project", folder, "--accept", "npsn_zero_lost:schools.csv"),
        *("--accept", "value_not_read", "--accept", "location_sign_missing"),
    )
    assert answer.status == 0
    lines = answer.out.decode("utf-8").splitlines()
    assert lines[:2] == [
        "npsn_zero_lost  schools.csv:2  npsn 3030001 → 03030001",
        "value_not_read  schools.csv:2  students 1.070 → 1070",
    ]
    assert len(lines) == 5
    assert "Repairs accepted: 5" in answer.err
    assert (folder / "schools.csv").read_text(encoding="utf-8") == REGISTER  # as it was
    stored = read_repairs(folder / "repairs.csv")
    assert [(r.row, r.column) for r in stored] == [
        *((2, "npsn"), (2, "students"), (3, ""), (4, ""), (4, "npsn")),
    ]
    assert proposed(opened) == PROPOSED
    checked = check_all(opened)
    assert checked.schools["npsn"].tolist() == ["03030001", "30300002", "03030003"]
    assert checked.schools["students"].tolist()[:2] == [1070, 120]
    assert checked.schools["lat"].tolist() == [-2.95, -2.95, -2.95]
    # The review shows which of them are in use, and can be accepted once more.
    cli("check", "--project", folder, "--quiet")
    review = folder / "runs" / "check" / "repairs.csv"
    rows = list(csv.DictReader(review.read_text(encoding="utf-8").splitlines()))
    assert [row["accept"] for row in rows] == ["yes", "yes", "yes", "", "yes", "yes"]
    assert all("accepted repair" in row["why"] for row in rows if row["accept"])
    again = cli("check", "--project", folder, "--accept-repairs", review)
    assert "Repairs accepted: 5" in again.err


def test_one_of_two_repairs_of_a_row_is_withdrawn(opened: Opened, cli: CommandLine) -> None:
    folder = opened.path.parent
    kinds = ("--accept", "npsn_zero_lost", "--accept", "location_sign_missing")
    cli("check", "--project", folder, *kinds)
    cli("check", "--project", folder, "--quiet")
    review = folder / "runs" / "check" / "repairs.csv"
    rows = list(csv.DictReader(review.read_text(encoding="utf-8").splitlines()))
    with review.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "accept": "no" if row["column"] else ""} for row in rows)
    answer = cli("check", "--project", folder, "--accept-repairs", review)
    assert "Repairs withdrawn: 2" in answer.err
    left = read_repairs(folder / "repairs.csv")
    assert [(r.row, r.column) for r in left] == [(3, ""), (4, "")]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("npsn_zero", ["no repair of kind “npsn_zero”", "Did you mean “npsn_zero_lost”?"]),
        ("npsn_zero_lost:school.csv", ["“school.csv”", "Did you mean “schools.csv”?"]),
        ("", ["no repair of kind “”"]),
    ],
)
def test_an_unknown_kind_or_file_is_refused(
    opened: Opened, cli: CommandLine, kind: str, words: list[str]
) -> None:
    answer = cli("check", "--project", opened.path.parent, "--accept", kind)
    assert answer.status == 1
    assert all(each in answer.err for each in words)
    assert not (opened.path.parent / "repairs.csv").exists()


def test_only_what_follows_from_a_cell_is_proposed(opened: Opened) -> None:
    schools = check_all(opened).schools
    at: dict[str, Any] = {"file": "schools.csv", "row": 2, "npsn": "3030001"}
    good = Finding("npsn_zero_lost", **at, column="npsn", value="3030001", proposal="03030001")
    taken = Finding(
        *("npsn_zero_lost", "schools.csv", 4, "3030003", "npsn", "3030003", "03030003"),
        evidence={"rows_with_proposal": 1},
    )
    others = [
        Finding("npsn_malformed", **at, column="npsn", value="1", proposal="2"),
        Finding("value_not_read", **at, column="students", value="abc", proposal="12"),
        Finding("value_not_read", **at, column="students", value="abc"),
    ]
    found = value_proposals([good, taken, *others], schools)
    assert [(p.code, p.name, p.confidence) for p in found] == [
        ("npsn_zero_lost", "SDN 1", "medium"),
        ("npsn_zero_lost", "SMPN 3", "low"),
    ]
