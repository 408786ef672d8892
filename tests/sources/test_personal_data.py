"""What shows a person is found however it is written; what the form asks for is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.sources.personal_data import personal_header, personal_kind

PERSONAL = [
    ("0812-3456-7890", "telephone"),
    ("081234567890", "telephone"),
    ("+62 812 3456 7890", "telephone"),
    ("62812 34567890", "telephone"),
    ("(0511) 330123", "telephone"),
    ("0511-3301234", "telephone"),
    ("+60 12-345 6789", "telephone"),
    ("81234567890", "telephone"),  # a spreadsheet has dropped the zero
    ("０８１２３４５６７８９０", "telephone"),  # full-width digits
    ("0812\u200b3456\u200b7890", "telephone"),  # with characters that nobody sees
    ("0812\n3456\n7890", "telephone"),
    ("hubungi 0812 3456 7890 (operator)", "telephone"),
    ("0812/3456/7890", "telephone"),
    ("0812_3456_7890", "telephone"),
    ("0812/345/2026", "telephone"),
    ("No.081234567890/2026", "telephone"),
    ("05113304567", "telephone"),
    ("0511/3304567", "telephone"),
    ("0811.2026/7890", "telephone"),
    ("6371/0123/4567/8901", "identity"),
    ("wa.me/x", "telephone"),
    ("a.b@sekolah.sch.id", "email"),
    ("surat.a @ b.go.id", "email"),
    ("6371012345678901", "identity"),
    ("6371.0123.4567.8901", "identity"),
    ("196512121990031004", "identity"),
    ("19651212 199003 1 004", "identity"),
    ("NIP. 1965", "name"),
    ("Nama: x", "name"),
    ("nama pelapor : budi", "name"),
    ("a.n. : SITI", "name"),
    ("Bpk. Ahmad", "name"),
    ("Bapak AHMAD", "name"),
    ("Ibu Siti", "name"),
    ("H. Abdul", "name"),
    ("Drs. Slamet", "name"),
    ("Rahmawati, S.Pd", "name"),
]
PLAIN = [
    *("", "30301027", "00000101", "08123456", "P9970001", "421.2/045/Disdik-2026", "118", "1.070"),
    *(
        "-3.4356000000000001",
        "114.59123456789012345",
        "0.8123456789",
        "3°27'12.5\" LS",
        "2026-11-16",
    ),
    *(
        "2026-11-16 08:30:00",
        "16/11/2026 08.30",
        "46155",
        "1778630400",
        "kepala_sekolah",
        "-3,4356",
    ),
    *("08/11/2026 08.30", "08-11-2026 10:00:00", "8/11/2026 08.30", "081/234/2026", "027/118/2026"),
    *("2026.08.11 10.30.15"),
    *("A059FD32-4EE0-E111-A717-AB8443521048", "A0819453-30F5-E011-BE28-8FBA86F96F74"),
    *("ibu kota kabupaten", "Ibu Kota", "188.45/301/2026", "=1+1", "<script>", "tidak ada", "12,5"),
]


@pytest.mark.parametrize(("text", "kind"), PERSONAL)
def test_personal_data_are_found(text: str, kind: str) -> None:
    assert personal_kind(text) == kind
    assert personal_kind(f"  {text}  ")


@pytest.mark.parametrize("text", PLAIN)
def test_values_of_the_form_are_no_personal_data(text: str) -> None:
    assert personal_kind(text) == ""


@given(
    number=st.integers(10**7, 10**9 - 1),
    gaps=st.lists(st.sampled_from(["", " ", "-", "."]), min_size=12, max_size=12),
)
def test_a_mobile_number_is_found_with_any_gaps(number: int, gaps: list[str]) -> None:
    digits = f"0812{number}"
    first, rest = digits[:4], digits[4:]
    text = first + "".join(gap + digit for gap, digit in zip(gaps, rest, strict=False))
    assert personal_kind(text) in ("telephone", "identity")


@pytest.mark.parametrize("text", ["a", "1", "0 ", "Ab ", "08-", "@", " nama", "1.2", "\u200b"])
def test_a_very_long_cell_takes_no_longer_than_its_length(text: str) -> None:
    begun = time.process_time()
    personal_kind(text * 100_000)
    personal_header(text * 10_000)
    assert time.process_time() - begun < 5.0


@given(st.floats(-180, 180, allow_nan=False))
def test_no_coordinate_is_a_person(degrees: float) -> None:
    assert personal_kind(repr(degrees)) == "" or "e" in repr(degrees)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("nama_pelapor", "name"),
        ("penandatangan_surat", "name"),
        ("Ditandatangani oleh", "name"),
        ("jenis penanda tangan", ""),
        ("Nama", "name"),
        ("Nama Kepala Sekolah", "name"),
        ("telepon", "telephone"),
        ("No. HP", "telephone"),
        ("Nomor WhatsApp", "telephone"),
        ("E-mail", "email"),
        ("surel sekolah", "email"),
        ("NIK", "identity"),
        ("0812-3456-7890", "telephone"),
        *((each, "") for each in ("npsn", "Nama Sekolah", "tanggal_bukti", "penanda_tangan")),
        *((each, "") for each in ("jam_uji", "nomor_dokumen", "operator", "siswa", "keterangan")),
    ],
)
def test_headers_of_personal_columns(header: str, kind: str) -> None:
    assert personal_header(header) == kind
