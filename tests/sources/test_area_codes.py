from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.sources.area_codes import code_texts, digits, kind_of, nested, plain_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("63.10", "63.10"),
        ("'63.10 ", "63.10"),
        ("6303052001.0", "6303052001"),
        ("6303052001,0", "6303052001"),
        ("6.303052001E+09", "6303052001"),
        ("6.30305E+09", "6.30305E+09"),  # digits are lost
        ("63.0", "63.0"),
        ("\u00a06303\u00a0", "6303"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_adds_is_no_part_of_a_code(text: str, code: str) -> None:
    assert plain_code(text) == code


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("63.03.05.2001", "6303052001"),
        ("ID6303", "6303"),
        ("63 03 05", "630305"),
        ("6.30305E+09", ""),
        ("IDN.13.2_1", ""),
        ("24408190B12345", ""),
        ("", ""),
    ],
)
def test_digits_are_those_of_a_national_code(code: str, plain: str) -> None:
    assert digits(code) == plain


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([63.03, 63.1], ["63.03", "63.10"]),
        ([63.1], ["63.10"]),
        ([6303052001.0, float("nan")], ["6303052001", ""]),
        ([6303, 6310], ["6303", "6310"]),
        (["63.03", "63.1"], ["63.03", "63.10"]),  # a text of numbers
        (["63.1", "63.2", "63.10"], ["63.01", "63.02", "63.10"]),
        (["63.1", "63.9", "63.71"], ["63.01", "63.09", "63.71"]),
        (["63.1", None], ["63.1", ""]),  # text: nothing shows which zero it lacks
        ([63.1, 63.1, 63.71], ["63.1", "63.1", "63.71"]),  # 63.01 and 63.10 cannot be told apart
        (["63.03.05", "63.1"], ["63.03.05", "63.1"]),
        (["A1", "B2"], ["A1", "B2"]),
        ([], []),
    ],
)
def test_codes_are_text(values: list[object], codes: list[str]) -> None:
    series = pd.Series(values, dtype=None if values else "object")
    assert code_texts(series)[0].tolist() == codes


def test_what_was_completed_is_named() -> None:
    assert code_texts(pd.Series([63.03, 63.1]))[1] == {"63.1": "63.10"}
    assert code_texts(pd.Series(["63.03", "63.10"]))[1] == {}


@pytest.mark.parametrize(
    ("codes", "level", "kind"),
    [
        (["63.03.05.2001", "63.03.05.1002"], "desa", "kemendagri"),
        (["6303052001"], "desa", "kemendagri"),
        (["6303050001", "6303050002"], "desa", "bps"),
        (["6303011001", "6303012002", "6303010003"], "desa", "bps"),  # kecamatan that were split
        (["6303010", "6303011"], "kecamatan", "bps"),
        (["63.03.05", "630306"], "kecamatan", "kemendagri"),
        (["150200", "156100"], "kabupaten", "dapodik"),
        (["63.03", "63.10"], "kabupaten", "kemendagri"),
        (["6303"], "kabupaten", ""),  # BPS and Kemendagri number kabupaten alike
        (["X"], "desa", ""),
        ([], "desa", ""),
    ],
)
def test_whose_codes_they_are(codes: list[str], level: str, kind: str) -> None:
    assert kind_of(codes, level) == kind


def test_desa_of_one_authority_do_not_begin_with_a_kecamatan_of_the_other() -> None:
    assert not nested(["6303010001"], ["63.03.01"])
    assert nested(["6303010001"], ["6303010"])
    assert not nested(["63.03.01.2001"], ["6303010"])
    assert nested(["63.03.01.2001"], ["63.03.01"])
    assert nested(["6303010001"], ["63.03"])


def test_a_column_without_a_code_is_empty() -> None:
    codes, completed = code_texts(pd.Series([float("nan")] * 2))
    assert (codes.tolist(), completed) == (["", ""], {})
