"""Codes, boundaries and shapes as offices hand them over: each case says what is right."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import TINY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import CommandLine

    Enter = Callable[[str], Path]

pytestmark = pytest.mark.real


@pytest.fixture
def enter(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Copy a case, a broken one over data/tiny, and make its copy the current folder."""

    def copied(case: str) -> Path:
        folder = tmp_path / "case"
        if case.startswith("broken/"):
            shutil.copytree(TINY, folder)
        shutil.copytree(shared / "cases" / case, folder, dirs_exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        monkeypatch.chdir(folder)
        return folder

    return copied


def findings(cli: CommandLine) -> list[dict[str, Any]]:
    answer = cli("check", "--quiet", "--format", "json")
    assert answer.status in (0, 3), answer.err
    assert answer.err == ""
    rows: list[dict[str, Any]] = json.loads(answer.out)
    return rows


def ranked(cli: CommandLine, *arguments: str) -> dict[str, dict[str, Any]]:
    """Rows of the list by NPSN; nothing but our own sentences on standard error."""
    answer = cli("rank", "--quiet", "--format", "csv", *arguments)
    assert answer.status in (0, 3), answer.err
    assert answer.err == ""
    rows = csv.DictReader(io.StringIO(answer.out.decode("utf-8")))
    return {row["npsn"]: row for row in rows}


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [row["code"] for row in found]


def test_a_code_that_is_stored_as_a_number_keeps_its_zero(enter: Enter, cli: CommandLine) -> None:
    enter("code_6310")
    (note,) = [row for row in findings(cli) if row["code"] == "area_codes_completed"]
    assert "63.1 → 63.10" in note["message"]
    assert ranked(cli)["30300004"]["kabupaten_code"] == "63.10"
    assert list(ranked(cli, "--kabupaten", "63.10")) == ["30300004"]


def test_a_desa_code_is_text(enter: Enter, cli: CommandLine) -> None:
    enter("villages_float")
    school = ranked(cli)["30300001"]
    assert (school["desa_code"], school["village_index"]) == ("6303052001", "4")


def test_an_index_with_codes_of_another_kind_says_so(enter: Enter, cli: CommandLine) -> None:
    enter("villages_bps")
    (warning,) = [row for row in findings(cli) if row["code"] == "village_codes_differ"]
    assert warning["severity"] == "warning"
    for words in ("0 of 2", "63.03.05.2001 (Kemendagri)", "6303050001 (BPS)"):
        assert words in warning["message"]
    school = ranked(cli)["30300001"]  # Contoh A, by its name
    assert (school["desa_by_location"], school["village_index"]) == ("Contoh A", "4")


def test_levels_of_hdx_have_columns_of_their_own(enter: Enter, cli: CommandLine) -> None:
    folder = enter("hdx_adm2")
    school = ranked(cli)["30300001"]
    assert (school["kabupaten_by_location"], school["kecamatan_by_location"]) == (
        *("Banjar", "Martapura"),
    )
    kept = 'name="t"', 'language="en"', "[schools]", 'path="s.csv"', "[project]", "[boundaries]"
    given = (folder / "kalsel-gap.toml").read_text(encoding="utf-8").splitlines()
    levels = [
        f'{level} = {{ path = "a{n}.geojson", code = "ADM{n}_PCODE", name = "ADM{n}_EN" }}'
        for n, level in ((2, "kabupaten"), (3, "kecamatan"))
    ]
    text = "\n".join([line for line in given if line in kept] + levels)
    (folder / "kalsel-gap.toml").write_text(text, encoding="utf-8")
    again = ranked(cli)["30300001"]
    assert again["kecamatan_by_location"] == "Martapura"
    assert "area_columns_taken" not in codes(findings(cli))


def test_columns_of_big_are_known(enter: Enter, cli: CommandLine) -> None:
    enter("big_default")
    (note,) = [row for row in findings(cli) if row["code"] == "area_columns_taken"]
    assert "KDPKAB" in note["message"]
    assert "FCODE" not in note["message"]
    school = ranked(cli)["30300001"]
    assert (school["kabupaten_by_location"], school["kabupaten_code"]) == ("Banjar", "63.03")


def test_areas_without_a_polygon_are_named(enter: Enter, cli: CommandLine) -> None:
    enter("bound_empty")
    found = findings(cli)
    assert codes(found).count("area_without_shape") == 2
    ranked(cli)


@pytest.mark.parametrize("case", ["fac_empty", "broken/facility_empty_geometry"])
def test_an_empty_facility_is_passed_over_and_named(
    enter: Enter, cli: CommandLine, case: str
) -> None:
    enter(case)
    (warning,) = [row for row in findings(cli) if row["code"] == "feature_without_shape"]
    assert warning["file"] == "f.gpkg"
    ranked(cli)


def test_an_empty_site_is_not_used(enter: Enter, cli: CommandLine) -> None:
    enter("sites_empty")
    found = [row for row in findings(cli) if row["code"] == "site_unusable"]
    assert [row["row"] for row in found] == [3]
    ranked(cli)


def test_an_empty_point_is_a_missing_location(enter: Enter, cli: CommandLine) -> None:
    enter("nan_points")
    missing = [row for row in findings(cli) if row["code"] == "location_missing"]
    assert [row["row"] for row in missing] == [3, 4, 5]
    rows = ranked(cli)
    assert len(rows) == 4
    assert (rows["30300001"]["lat"], rows["30300001"]["lon"]) == ("-3.4112", "114.8472")
    assert all(rows[npsn]["rank"] == "" for npsn in ("30300002", "30300003", "30300004"))


def test_the_advice_is_about_the_evidence_that_is_missing(enter: Enter, cli: CommandLine) -> None:
    enter("register_only")
    answer = cli("rank")
    assert answer.status == 3
    assert "boundaries" not in answer.err
    for words in ("no evidence", "[[coverage]]", "[[sites]]", "[[measurements]]"):
        assert words in answer.err


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("vector_local_crs", "site grid"),
        ("geoparquet_bad_wkb", "s.parquet"),
        ("geoparquet_geometry_is_int", "s.parquet"),
        ("axes_swapped_kabupaten", "axes swapped"),
        ("kabupaten_at_the_pole", "latitude -90"),
        ("utm_as_degrees_kabupaten", "metres"),
    ],
)
def test_a_broken_layer_is_refused_in_one_sentence(
    enter: Enter, cli: CommandLine, case: str, words: str
) -> None:
    enter(f"broken/{case}")
    answer = cli("rank", "--quiet")
    assert answer.status == 1
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1


def test_one_ring_that_is_not_closed_costs_one_area(enter: Enter, cli: CommandLine) -> None:
    enter("broken/ring_not_closed")
    shapeless = [row for row in findings(cli) if row["code"] == "area_without_shape"]
    assert [row["value"] for row in shapeless] == ["99.01.01 Hulu Contoh"]
    ranked(cli)
