"""The form of objections: what is read of a row, and that nothing personal gets through."""

from __future__ import annotations

import math
import re
from datetime import date, time
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kalsel_gap.errors import InputError, SeveralErrors
from kalsel_gap.project.base import default_values
from kalsel_gap.project.objections import Objections
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.objection_cells import WORDS, known_words, read_reference
from kalsel_gap.sources.objections import (
    CODES,
    EVIDENCE,
    FORM,
    SERVICES,
    SIGNERS,
    STORED,
    in_order,
    read_objections,
    read_time,
    template_rows,
)
from kalsel_gap.storage.spreadsheet import csv_of

KNOWN = frozenset(default_values("objections")["abbreviations"])
HEAD = ",".join(FORM.values())
SPEED = "30301027,Kecepatan,20/11/2026,16 Nov 2026,08.30,Uji,Kepala Sekolah,,-3.4,114.5,"


def form(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "form.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_row_is_read_in_either_language(tmp_path: Path) -> None:
    first, second = read_objections(
        form(tmp_path, SPEED + '"1,8",0.5,200,,', SPEED.replace("Kecepatan", "speed") + "2,1,9,,"),
        1000.0,
        KNOWN,
    )
    assert (first.row, first.npsn, first.code, first.evidence) == (2, "30301027", "speed", "test")
    assert (first.filed, first.date) == (date(2026, 11, 20), date(2026, 11, 16))
    assert (first.time, first.signer, first.down_mbps) == ("08:30", "principal", 1.8)
    assert (first.lat, first.lon, first.latency_ms) == (-3.4, 114.5, 200.0)
    assert math.isnan(first.students)
    assert first.unread == ()
    assert second.code == "speed"
    english = form(tmp_path, SPEED + "1,1,1,,", head=",".join(FORM))
    assert read_objections(english, 1000.0, KNOWN)[0].code == "speed"


def test_a_workbook_is_read_with_its_dates_and_times(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    day, test = date(2026, 11, 20), pd.Timestamp("2026-11-16 09:15")
    midnight = pd.Timestamp("2026-11-16")
    place = (-3.4356, 114.6681, 1.8, 0.6, 140)
    sheet.append(["Formulir sanggahan"])
    sheet.append([*FORM.values()])
    for when, at in ((midnight, time(9, 15)), (test, None), (midnight, 0.385416666666667)):
        sheet.append([30301027, "kecepatan", day, when, at, "uji", "komite", None, *place])
    workbook.save(tmp_path / "form.xlsx")
    read = read_objections(tmp_path / "form.xlsx", 1000.0, KNOWN)
    assert [each.row for each in read] == [3, 4, 5]
    assert len({each.identity() for each in read}) == 1
    assert read[0].cells()["time"] == "09:15"
    assert (read[0].npsn, read[0].lat, read[0].unread) == ("30301027", -3.4356, ())


def test_every_code_of_the_template_is_an_example(tmp_path: Path) -> None:
    for language in ("id", "en"):
        headers, rows = template_rows(language)
        path = tmp_path / f"{language}.csv"
        path.write_text(csv_of(pd.DataFrame(rows, columns=headers, dtype="str")), encoding="utf-8")
        read = read_objections(path, 1000.0, KNOWN)
        assert {each.code for each in read} == set(CODES)
        assert all(each.is_example and not each.unread for each in read)
        assert all(each.evidence and each.signer and each.filed and each.date for each in read)
    for column, words in WORDS.items():
        assert len(set(words.values())) == len(words), column


@pytest.mark.parametrize("text", ["BUDI/AMAT/12", "SITI.AMINAH/2", "81234567/890"])
def test_a_name_as_the_number_of_a_document_is_never_kept(tmp_path: Path, text: str) -> None:
    row = f"30301027,lokasi,2026-11-20,2026-11-01,,surat,dinas,{text},-3.4356,114.6681,,,,,"
    bare = row.replace(text, "")
    named, none = read_objections(form(tmp_path, row, bare), 1000.0, KNOWN)
    assert (named.reference, named.unread) == ("", ("reference",))
    assert text not in str(named)
    assert named.identity() != none.identity()
    # One that was stored by an older version stands in the file until it is written again.
    path = store(tmp_path, row + ",accepted,enough,")
    (stored,) = read_objections(path, 1000.0, KNOWN, is_stored=True)
    assert (stored.reference, stored.unread) == ("", ())
    assert stored.identity() == none.identity()


def test_the_words_of_letters_are_read_in_both_languages(tmp_path: Path) -> None:
    named = {"code": CODES, "evidence": EVIDENCE, "signer": SIGNERS, "service": SERVICES}
    for column, codes in named.items():
        words = known_words(column)
        assert set(words.values()) == set(codes)
        assert {words[fold(code)] for code in codes} == set(codes)
        assert all(words[fold(word)] == code for code, word in WORDS[column].items())
    rows = [
        (
            "30301027,Location of the school,2026-11-20,2026-11-01,,Photograph with coordinates,"
            "Head of the school,,-3.4356,114.6681,,,,,"
        ),
        (
            "30301027,lokasi sekolah,2026-11-20,2026-11-01,,foto berkoordinat,kepala sekolah,,"
            "-3.4356,114.6681,,,,,"
        ),
        (
            "30301027,layanan yang tersedia,2026-11-20,2026-11-01,,surat dinas,dinas,B-1,,,,,,,"
            "Tidak ada sinyal"
        ),
    ]
    first, second, third = read_objections(form(tmp_path, *rows), 1000.0, KNOWN)
    assert first.identity() == second.identity()
    assert (first.code, first.evidence, first.signer) == ("location", "photo", "principal")
    assert (third.code, third.service) == ("availability", "none")


@pytest.mark.parametrize(
    ("given_", "latency_ms"),
    [("0,0,0", math.nan), ("0,0,40", math.nan), ("5,1,0", math.nan), ("5,1,40", 40.0)],
)
def test_a_latency_of_nothing_is_not_measured(
    tmp_path: Path, given_: str, latency_ms: float
) -> None:
    (each,) = read_objections(form(tmp_path, f"{SPEED}{given_},,"), 1000.0, KNOWN)
    assert each.down_mbps == float(given_.partition(",")[0])
    assert each.latency_ms == pytest.approx(latency_ms, nan_ok=True)
    assert ("latency_ms" in each.unread) == math.isnan(latency_ms)


def test_hostile_text_is_read_as_nothing(tmp_path: Path) -> None:
    hostile = (
        '"=HYPERLINK(""x"")",{{ 7*7 }},kemarin,x,y,<script>alert(1)</script>,../../etc/passwd,'
        "=cmd|x!A1,a,b,c,d,e,f,g"
    )
    (each,) = read_objections(form(tmp_path, hostile), 1000.0, KNOWN)
    stored = each.cells()
    assert not any(value for value in stored.values() if isinstance(value, str))
    assert all(math.isnan(value) for value in stored.values() if isinstance(value, float))
    assert set(each.unread) == set(FORM) - {"npsn"}


@pytest.mark.parametrize(
    "text",
    [
        *("0812/3456/7890", "0812_3456_7890", "05113304567", "No.081234567890/2026"),
        *("81234567/890", "812-3456-7890", "B-8123/4567890", "62812/3456/7890", "511/3304567"),
        *("81234567/890/2026", "0511.330.4567", "SK/81234567890"),
        *("BUDI/AMAT/12", "SITI.AMINAH/2", "AHMAD-1978", "RAHMAT/HIDAY/3", "BUDI1/2026", "Budi/1"),
        *("Ahmad-Fauzi/2026", "AHMADFAUZI1978", "AHMAD1978", "ahmad/1", "AHMAD", "1 2", "/1", "1/"),
        *("1" * 61, "123456789", "1_2", "SK", "IIII/2", "1" + "/1" * 12),
    ],
)
def test_a_person_or_a_telephone_is_no_document_number(text: str) -> None:
    assert read_reference(text, KNOWN) == ""


@pytest.mark.parametrize(
    "text",
    [
        *("421.2/045/DISDIK-2026", "B-12/KK.17.01/PP.00/2026", "027/118/SPK/2026", "118"),
        *("188.45/301/2026", "421.2/017/SDN-BJM/VII/2026", "MTSN2/12/2026", "800/1234/2026"),
        *("821.2/045/2026", "188.44/0123/KUM/2026", "005/81/XII/2025"),
    ],
)
def test_the_numbers_of_offices_are_read(text: str) -> None:
    assert read_reference(text, KNOWN) == text
    assert read_reference(text.lower(), KNOWN) == text


def test_a_project_adds_the_abbreviations_of_its_offices() -> None:
    assert read_reference("421/045/XYZ/2026", KNOWN) == ""
    rules = {**default_values("objections"), "own_abbreviations": ["XYZ"]}
    project = Objections.model_validate(rules, context={"folder": Path()})
    assert read_reference("421/045/XYZ/2026", project.known_abbreviations) != ""
    for wrong in ("bpmp", "B1", ""):
        with pytest.raises(ValidationError):
            Objections.model_validate(
                {**rules, "own_abbreviations": [wrong]}, context={"folder": Path()}
            )


@given(
    st.lists(
        st.sampled_from(sorted(KNOWN)) | st.from_regex(r"[0-9]{1,3}|XI?|I?V", fullmatch=True),
        min_size=1,
        max_size=4,
    ).map("/".join)
)
def test_known_words_and_numbers_are_a_document_number(text: str) -> None:
    """Of at most eight digits in a row: more could be a telephone number."""
    digits = sum(char.isdigit() for char in text)
    assert (read_reference(text, KNOWN) == text) or not 1 <= digits <= 8


@given(st.from_regex(r"[A-Z]{1,12}([./-][A-Z]{1,12}){0,2}[./-][0-9]{1,4}", fullmatch=True))
def test_of_the_words_of_a_number_every_one_is_known(text: str) -> None:
    words = re.findall("[A-Z]+", read_reference(text, KNOWN))
    assert all(word in KNOWN or set(word) <= set("IVX") for word in words)


@given(st.text(max_size=80))
def test_nothing_that_is_free_text_is_a_reference_or_a_time(text: str) -> None:
    if number := read_reference(text, KNOWN):
        assert len(number.split()) == 1
        assert any(char.isdigit() for char in number)
    time = read_time(text)
    assert time == "" or (len(time) == 5 and time < "24:00")


@pytest.mark.parametrize(
    ("rows", "head", "expected"),
    [
        ([SPEED + "1,1,1,,"], HEAD + ",nama_pelapor", [("objection_personal_column", None)]),
        ([SPEED + "1,1,1,,,0812-3456-7890"], HEAD + ",catatan", [("objection_telephone", 2)]),
        (
            [SPEED + "1,1,1,,,", SPEED + "1,1,1,,Ibu Siti,a@b.co.id"],
            HEAD + ",catatan",
            [("objection_name", 3), ("objection_email", 3)],
        ),
        (
            [SPEED.replace(",,", ",6371012345678901,") + "1,1,1,,"],
            HEAD,
            [("objection_identity", 2)],
        ),
        ([SPEED + "1,1,1,,,"], HEAD + ",0812 3456 7890", [("objection_personal_column", None)]),
    ],
)
def test_personal_data_refuse_the_file_and_are_not_repeated(
    tmp_path: Path, rows: list[str], head: str, expected: list[tuple[str, int | None]]
) -> None:
    with pytest.raises(SeveralErrors) as refused:
        read_objections(form(tmp_path, *rows, head=head), 1000.0, KNOWN)
    assert sorted((e.code, e.row) for e in refused.value.errors) == sorted(expected)
    for secret in ("0812", "7890", "Siti", "@b", "63710"):
        assert secret not in str(refused.value)


def test_a_street_and_a_school_may_have_the_name_of_a_person(tmp_path: Path) -> None:
    head = HEAD + ",nama_sekolah,alamat"
    given = form(tmp_path, SPEED + "1,1,1,,,MIS Hj. Sarah,Jl. H. Hasan Basri 5", head=head)
    (each,) = read_objections(given, 1000.0, KNOWN)
    assert "Hasan" not in str(each)
    with pytest.raises(SeveralErrors):
        read_objections(form(tmp_path, SPEED + "1,1,1,,,0812 3456 7890,", head=head), 1000.0, KNOWN)


def test_a_form_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_objections(form(tmp_path, "30301027,speed", head="npsn,kode"), 1000.0, KNOWN)
    assert refused.value.code == "column_missing"
    names = form(tmp_path, *["30301027,Ibu Siti"] * 50, head="npsn,nama_kepala_sekolah")
    with pytest.raises(InputError) as once:  # one error, and not one for each cell
        read_objections(names, 1000.0, KNOWN)
    assert "Siti" not in str(once.value)
    many = form(tmp_path, *[SPEED + "1,1,1,,,Ibu Siti"] * 50, head=HEAD + ",catatan")
    with pytest.raises(SeveralErrors) as refused_:
        read_objections(many, 1000.0, KNOWN)
    codes = [each.code for each in refused_.value.errors]
    assert codes == ["objection_name"] * 10 + ["errors_more"]
    assert refused_.value.errors[-1].params == {"count": 40}


def test_what_is_stored_is_read_again_as_it_was(tmp_path: Path) -> None:
    rows = [
        SPEED + "1.8,0.5,200,,",
        "30301027,lokasi,2026-11-20,2026-11-01,,foto,kepala_sekolah,,-3.4356,114.6681,,,,,",
        "00000101,siswa,2026-11-20,2026-11-01,,dapodik,dinas,B-12/2026,,,,,,120,",
        "00000101,ketersediaan,2026-11-20,2026-11-01,,surat,dinas,B-12/2026,,,,,,,tidak ada",
    ]
    before = in_order(read_objections(form(tmp_path, *rows), 1000.0, KNOWN))
    table = pd.DataFrame([each.cells() for each in before], columns=list(STORED))
    table["decision"] = ["", "ya", "no", ""]
    path = tmp_path / "stored.csv"
    path.write_text(csv_of(table), encoding="utf-8")
    after = read_objections(path, 1000.0, KNOWN, is_stored=True)
    assert [e.identity() for e in after] == [e.identity() for e in before]
    assert [e.decision for e in after] == ["", "accepted", "rejected", ""]
    # Who hands in a form decides nothing.
    assert [e.decision for e in read_objections(path, 1000.0, KNOWN)] == [""] * 4
    assert [e.counts for e in after] == [False, True, False, False]


STORE = f"{','.join(FORM)},judgement,reason,decision"


def store(folder: Path, *rows: str) -> Path:
    path = folder / "objections.csv"
    path.write_text("\n".join([STORE, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        ("yes Ya DITERIMA disetujui Setuju ok terima 1 TRUE benar approved", "accepted"),
        ("no Tidak ditolak tolak 0 False salah rejected tidak_disetujui", "rejected"),
        ("- '", ""),
    ],
)
def test_the_usual_words_of_both_languages_decide(
    tmp_path: Path, words: str, decision: str
) -> None:
    row = "30301027,closed,2026-11-20,2026-11-01,,decree,office,B-1,,,,,,,,verify,signer_unfit,"
    path = store(tmp_path, *(row + word for word in words.split()))
    assert {each.decision for each in read_objections(path, 1000.0, KNOWN, is_stored=True)} == {
        decision
    }


def test_a_decision_that_is_neither_yes_nor_no_refuses_the_store(tmp_path: Path) -> None:
    row = "30301027,closed,2026-11-20,2026-11-01,,decree,office,B-1,,,,,,,,verify,signer_unfit,"
    path = store(tmp_path, row + "ya", row + "mungkin", row, row + "10")
    with pytest.raises(SeveralErrors) as refused:
        read_objections(path, 1000.0, KNOWN, is_stored=True)
    found = [(each.code, each.row, each.column) for each in refused.value.errors]
    assert found == [("decision_unread", row, "decision") for row in (3, 5)]


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        ("1,location,2026-11-20,2026-11-01,,photo,office,,,114.5,,,,,", "npsn, lintang"),
        ("30301027,enrolment,2026-11-20,,,register,office,,,,,,,0,", "tanggal_bukti, siswa"),
        ("30301027,latency,2026-11-20,2026-11-01,,test,office,,,,2,,x,,", "latensi_ms"),
        ("30301027,availability,2026-11-20,2026-11-01,,bill,office,,,,,,,,?", "layanan"),
        ("30301027,y,2026-11-20,2026-11-01,,bill,office,,,,,,,,", "kode"),
    ],
)
def test_an_office_cannot_accept_what_has_no_effect(tmp_path: Path, row: str, missing: str) -> None:
    path = store(tmp_path, f"{row},verify,no_area,ya", f"{row},verify,no_area,tidak")
    path.write_text(path.read_text("utf-8").replace(STORE.partition(",judge")[0], HEAD), "utf-8")
    with pytest.raises(SeveralErrors) as refused:
        read_objections(path, 1000.0, KNOWN, is_stored=True)
    (error,) = refused.value.errors
    assert (error.code, error.row, error.column) == ("decision_without_effect", 2, "decision")
    assert error.params["needed"] == missing.removeprefix("npsn, ")


@pytest.mark.parametrize("service", ["none", "seluler"])
def test_an_office_cannot_accept_a_statement_about_the_signal(tmp_path: Path, service: str) -> None:
    row = f"30301027,availability,2026-11-20,2026-11-01,,letter,office,B-1,,,,,,,{service},verify,"
    for decision in ("tidak", "", "ya"):
        path = store(tmp_path, f"{row}measure_first,{decision}")
        if decision != "ya":
            (each,) = read_objections(path, 1000.0, KNOWN, is_stored=True)
            assert not each.counts
            continue
        with pytest.raises(SeveralErrors) as refused:
            read_objections(path, 1000.0, KNOWN, is_stored=True)
        (error,) = refused.value.errors
        assert (error.code, error.row) == ("decision_on_statement", 2)
    # Nobody accepts one by editing the judgement.
    path = store(tmp_path, f"{row.removesuffix('verify,')}accepted,enough,")
    (edited,) = read_objections(path, 1000.0, KNOWN, is_stored=True)
    assert not edited.counts
