"""Faults of what only a plan reads, among the findings of the other inputs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import SeveralErrors
from kalsel_gap.findings import to_frame
from kalsel_gap.i18n.messages import error_lines, finding_sentence
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.plan_tables import check_plan_tables
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

import pandas as pd

SCHOOLS = pd.DataFrame({"npsn": ["99000001"], "is_duplicate": [False], "kabupaten_code": ["99.01"]})


def sentences(folder: Path, more: str) -> list[str]:
    shutil.copytree(REPOSITORY / "data" / "tiny", folder)
    file = folder / "kalsel-gap.toml"
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    found = to_frame(check_plan_tables(read_project(folder), SCHOOLS))
    return [finding_sentence(row, Text("en")) for row in found.to_dict("records")]


def test_prices_deliveries_and_ceilings_are_checked(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (tmp_path / "prices.csv").write_text("item,price\nleo_kit,-5\nlan,abc\n", "utf-8")
    (tmp_path / "sent.csv").write_text(
        "npsn,option,state\n99000009,leo,active\n99000001,balloon,active\n", "utf-8"
    )
    said = sentences(
        folder,
        """
[costs]
ssh = "../prices.csv"

[plan]
delivery = "../sent.csv"
ceilings = [
    { envelope = "apbd_77_77", year = 2027, amount = 1 },
    { envelope = "apbd_77_77", year = 2028, amount = 1 },
    { envelope = "bos", year = 2027, amount = 1 },
]
""",
    )
    joined = "\n".join(said)
    assert "“-5” is less than nothing" in joined
    assert "“abc” is no price in whole rupiah" in joined
    assert "No school has this NPSN, so a plan does not use this row" in joined
    assert "balloon" in joined
    assert joined.count("“apbd_77_77” is of no kabupaten or kota") == 1


def test_a_file_of_deliveries_about_people_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "sent.csv").write_text("npsn,option,state,nama siswa\n1,leo,active,A\n", "utf-8")
    (said,) = sentences(tmp_path / "project", '\n[plan]\ndelivery = "../sent.csv"\n')
    assert "is about people" in said


def test_a_word_that_is_no_envelope_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SeveralErrors) as caught:
        sentences(
            tmp_path / "project",
            '\n[plan]\nceilings = [{ envelope = "kemenga", year = 2027, amount = 1 }]\n',
        )
    (said,) = error_lines(caught.value, Text("en"))
    assert "kalsel-gap.toml" in said
    assert "plan.ceilings.0.envelope" in said
    assert "the nearest first: kemenag, " in said
    assert "Did you mean “kemenag”?" in said
