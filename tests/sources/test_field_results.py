"""Answers as ODK, Kobo and QField export them; nothing about a person is read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.field_results import COLUMNS, AnswerProblem, read_results, runs_of

if TYPE_CHECKING:
    from pathlib import Path

KOBO = """\
start,_submitted_by,date,npsn,run,service/internet,service/down_mbps,signal/operator,\
signal/technology,signal/level_dbm,location/gate,location/_gate_latitude,_id,No HP
x,budi,2026-08-02,00000101,abc123,ada,11.125,xl_axiata,4g,-97,-2.91 115.31 12 4,-2.91,7,0812 3456
"""
ODK = """\
SubmissionDate,today,date,npsn,service-internet,service-latency_ms,location-gate-Latitude,\
location-gate-Longitude,SubmitterName
x,x,2026-08-02,00000101,tidak_ada,45,-2.91,115.31,Budi
"""


TECHNOLOGIES = {"telkomsel": ["2g", "4g"], "XL Axiata": ["4g"], "Silent": []}


def read(tmp_path: Path, text: str) -> tuple[dict[str, object], list[AnswerProblem]]:
    path = tmp_path / "answers.csv"
    path.write_text(text, encoding="utf-8")
    answers, problems = read_results(path, TECHNOLOGIES)
    assert list(answers.columns) == list(COLUMNS)
    (row,) = answers.to_dict("records")
    return {str(k): v for k, v in row.items() if v not in ("", None) and v == v}, problems  # noqa: PLR0124


def test_a_file_of_kobo(tmp_path: Path) -> None:
    row, problems = read(tmp_path, KOBO)
    assert row == {
        "npsn": "00000101",
        "row": 2,
        "date": date(2026, 8, 2),
        "run": "abc123",
        "internet": "ada",
        "down_mbps": 11.125,  # never eleven thousand
        "operator": "XL Axiata",
        "technology": "4g",
        "level_dbm": -97.0,
        "gate_lat": -2.91,
        "gate_lon": 115.31,
    }
    assert [(each.kind, each.column) for each in problems] == [
        ("personal", "_submitted_by"),
        ("personal", "No HP"),
    ]
    assert runs_of(tmp_path / "answers.csv") == ["abc123"]


def test_a_file_of_odk(tmp_path: Path) -> None:
    row, problems = read(tmp_path, ODK)
    assert (row["internet"], row["latency_ms"]) == ("tidak_ada", 45.0)
    assert (row["gate_lat"], row["gate_lon"]) == (-2.91, 115.31)
    assert [each.column for each in problems] == ["SubmitterName"]
    assert runs_of(tmp_path / "answers.csv") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("internet", "maybe"),
        ("down_mbps", "10001"),
        ("down_mbps", "-1"),
        ("up_mbps", "fast"),
        ("level_dbm", "-141"),
        ("level_dbm", "-39"),
        ("operator", "Budi 0812"),
        ("technology", "6g"),
        ("latency_ms", "inf"),
        ("subscription_down_mbps", "1.000,5"),
    ],
)
def test_what_is_no_possible_answer_is_named_and_not_used(
    tmp_path: Path, name: str, value: str
) -> None:
    kept = "latency_ms" if name != "latency_ms" else "up_mbps"
    row, problems = read(tmp_path, f'npsn,{name},{kept}\n00000101,"{value}",20\n')
    assert name not in row
    assert row[kept] == 20.0
    assert problems == [AnswerProblem("unread", name, (2,))]


@pytest.mark.parametrize(
    ("cells", "used", "problem"),
    [
        ("tidak_ada,telkomsel,,", {"operator": "telkomsel"}, None),
        ("tidak_ada,telkomsel,4g,-97", {"operator": "telkomsel", "technology": "4g"}, "both"),
        ("tidak_ada,,4g,", {"technology": "4g"}, "no_operator"),
        ("ada,telkomsel,,-97", {"operator": "telkomsel"}, "no_operator"),
        ("perhaps,telkomsel,4g,", {"operator": "telkomsel", "technology": "4g"}, "unread"),
        ("ada,telkomsel,4g,-97", {"operator": "telkomsel", "technology": "4g"}, None),
        ("ada,telkomsel,4g,", {"operator": "telkomsel", "technology": "4g"}, "no_level"),
        ("ada,,,", {}, "no_level"),
        (",telkomsel,4g,", {"operator": "telkomsel", "technology": "4g"}, "no_level"),
        ("ada,telkomsel,4g,weak", {"operator": "telkomsel", "technology": "4g"}, "unread"),
        ("tidak_ada,silent,,", {"operator": "Silent"}, "operator_unknown"),
        ("tidak_ada,silent,4g,", {"operator": "Silent", "technology": "4g"}, None),
    ],
)
def test_no_signal_is_an_answer(
    tmp_path: Path, cells: str, used: dict[str, object], problem: str | None
) -> None:
    header = "npsn,signal/reception,signal/operator,signal/technology,signal/level_dbm"
    row, problems = read(tmp_path, f"{header}\n00000101,{cells}\n")
    said, *_, level = cells.split(",")
    if problem != "both":
        used = used | ({"reception": said} if said in ("ada", "tidak_ada") else {})
        used = used | ({"level_dbm": -97.0} if level == "-97" else {})
    assert row == {"npsn": "00000101", "row": 2, **used}
    assert [each.kind.removesuffix("_signals") for each in problems] == [problem][: bool(problem)]
    assert all(each.rows == (2,) for each in problems)


@pytest.mark.parametrize("place", ["-2.9", "0 0 0 0", "91 115 0 0", "a b c d", ""])
def test_half_a_place_is_none(tmp_path: Path, place: str) -> None:
    row, _ = read(tmp_path, f"npsn,gate,up_mbps\n00000101,{place},1\n")
    assert not {"gate_lat", "gate_lon"} & set(row)


def test_rows_without_a_school_or_a_date(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    rows = ["npsn,date,down_mbps", ",2026-08-02,5", "00000101,,5", "00000102,,"]
    path.write_text("\n".join(rows), encoding="utf-8")
    answers, problems = read_results(path, {})
    assert list(answers["npsn"]) == ["00000101"]  # the last row answers nothing
    assert problems == [
        AnswerProblem("no_school", "npsn", (2,)),
        AnswerProblem("no_date", "date", (3,)),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sekolah,internet\nSD 1,ada\n", "results_no_school"),
        ("npsn,Apakah ada internet?\n00000101,ya\n", "results_no_answer"),
        ("", "table_empty"),
    ],
)
def test_what_is_no_export_is_one_error(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_results(path, {})
    assert caught.value.code == code or not text


def test_only_an_id_names_a_run(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(
        "npsn,run,internet\n1,../../etc,ada\n2,ABC,ada\n3,0a1b2c,ada\n", encoding="utf-8"
    )
    assert runs_of(path) == ["0a1b2c"]


@pytest.mark.parametrize(
    ("down_mbps", "latency_ms", "kept"),
    [("0", "0", False), ("0", "40", False), ("5", "0", False), ("5", "40", True)],
)
def test_a_latency_of_nothing_is_not_measured(
    tmp_path: Path, down_mbps: str, latency_ms: str, *, kept: bool
) -> None:
    text = f"npsn,date,down_mbps,latency_ms\n00000101,2026-08-02,{down_mbps},{latency_ms}\n"
    row, problems = read(tmp_path, text)
    assert row["down_mbps"] == float(down_mbps)
    assert row.get("latency_ms") == (40.0 if kept else None)
    unread = [AnswerProblem("unread", "latency_ms", (2,))]
    assert problems == ([] if kept else unread)
