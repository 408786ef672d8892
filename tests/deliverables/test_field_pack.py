"""The field pack opens where surveyors open it, asks what matters and nothing about a person."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from pyxform.xls2xform import convert

from kalsel_gap.deliverables import field_pack, gis_layers, visit_list
from kalsel_gap.deliverables.field_pack import GPX, KML
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.sources.field_results import choice_name
from kalsel_gap.sources.tables import read_table
from kalsel_gap.storage.outputs import Outputs
from tests.conftest import PROGRAMS, snapshot
from tests.fact_values import TINY_FACTS, with_facts

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run

MOST_BYTES = 5_000_000
# Names that a form, a page or a spreadsheet would take for something of its own.
HOSTILE = {
    "00000103": "${npsn} <b>" + PROGRAMS[1],
    "00000112": "=1+1 \x1b[31m\u202e ]]> & '\"",
}
XFORMS = "{http://www.w3.org/2002/xforms}"


@pytest.fixture
def visited(tiny_run: Run) -> Run:
    return with_facts(tiny_run, names=HOSTILE)


def pack(run: Run, folder: Path, language: str = "en") -> Path:
    outputs, text = (
        Outputs(folder.parent / "runs"),
        Text(next(c for c in LANGUAGES if c == language)),
    )
    field_pack.pack_folder(folder, outputs, overwrite=False)
    visits = visit_list.list_visits(run, run.schools, text, top=50)
    field_pack.write_pack(run, visits, folder, outputs, text)
    return folder


def test_the_list_is_in_the_order_of_the_value_of_a_visit(visited: Run) -> None:
    visits = visit_list.list_visits(visited, visited.schools, Text("en"))
    assert list(visits["npsn"]) == ["00000103", "00000112", "00000109"]
    first, second, third = visits.to_dict("records")
    assert first["find_out"] == "internet: is there any, and how fast"
    assert (
        second["find_out"] == "signal: its level at the school; location: where the school stands"
    )
    assert visit_list.facts_of(third) == ["service", "signal", "location"]
    assert first["meaning"].startswith("Now not among the first 3; the chance is 35 % that")
    # Rank 1; a chance below one per cent is not shown as none.
    assert third["meaning"].startswith("Now among the first 3; the chance is < 1 % that")
    shown = visit_list.in_terminal(visits, Text("id"))
    assert list(shown["value_text"]) == ["0,040", "0,025", "0,008"]
    top = visit_list.list_visits(visited, visited.schools, Text("en"), top=1)
    assert list(top["npsn"]) == ["00000103"]
    some = visited.schools[visited.schools["npsn"] == "00000109"]
    assert list(visit_list.list_visits(visited, some, Text("en"))["visit"]) == [1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pyxform_makes_a_form_that_asks_only_what_matters(
    visited: Run, tmp_path: Path, language: str
) -> None:
    path = pack(visited, tmp_path / "pack", language) / field_pack.FORM
    made = convert(path, validate=False)
    assert made.warnings == []
    root = ET.fromstring(made.xform)
    schools = {
        item.findtext(f"{XFORMS}name"): {
            fact: item.findtext(f"{XFORMS}{fact}") for fact in ("service", "signal", "location")
        }
        for item in root.iterfind(f".//{XFORMS}instance[@id='schools']//{XFORMS}item")
    }
    asked = {
        npsn: [fact for fact, said in of.items() if said == "yes"] for npsn, of in schools.items()
    }
    assert asked == {
        "00000103": ["service"],
        "00000112": ["signal", "location"],
        "00000109": ["service", "signal", "location"],
    }
    binds = {b.get("nodeset", "").rpartition("/")[2]: b for b in root.iter(f"{XFORMS}bind")}
    for fact in ("service", "signal", "location"):
        relevant = re.sub(r"\s", "", binds[fact].get("relevant", ""))
        assert relevant.endswith(f"/ask_{fact}='yes'"), relevant
        assert "item[name= " in binds[f"ask_{fact}"].get("calculate", "")
    rates = ("subscription_down_mbps", "subscription_up_mbps", "down_mbps", "up_mbps")
    for name in rates:
        assert binds[name].get("constraint") == ". >= 0 and . <= 10000"
    assert binds["level_dbm"].get("constraint") == ". >= -140 and . <= -40"
    for name, key, formula in (
        ("level_dbm", "relevant", "/reception='ada'"),
        ("technology", "required", "/reception='ada'"),
        ("level_dbm", "required", "true()"),
        ("reception", "relevant", "/operator!=''"),
        ("reception", "required", "true()"),
    ):
        assert re.sub(r"\s", "", binds[name].get(key, "")).endswith(formula)
    assert binds["gate"].get("type") == "geopoint"
    assert binds["npsn"].get("required") == "true()"
    assert visited.folder.name in binds["run"].get("calculate", "")
    text = {t.get("lang", ""): t for t in root.iter(f"{XFORMS}translation")}
    assert set(text) == {"Bahasa Indonesia (id)", "English (en)"}
    default = next(lang for lang, each in text.items() if each.get("default"))
    assert default.endswith(f"({language})")
    said = {
        lang: {
            t.get("id", ""): t.findtext(f"{XFORMS}value", "") for t in each.iter(f"{XFORMS}text")
        }
        for lang, each in text.items()
    }
    for lang, word in (("Bahasa Indonesia (id)", "Apakah"), ("English (en)", "Does")):
        assert next(v for k, v in said[lang].items() if "internet:label" in k).startswith(word)
        assert all(said[lang].values())
    # Nothing asks for a person, and no name of a school is markup or a reference.
    assert not {"name", "phone", "surveyor", "contact"} & set(binds)
    assert "<b>" not in made.xform
    assert "onerror" in made.xform


def test_the_form_keeps_leading_zeros_and_holds_no_formula(visited: Run, tmp_path: Path) -> None:
    form = pack(visited, tmp_path / "pack") / field_pack.FORM
    cells = read_table(form, "choices").cells
    assert "00000103" in set(cells["name"])
    assert choice_name("Kab. Muara Contoh") in set(cells["kabupaten"])


def test_waypoints_and_places_are_read_by_gdal(visited: Run, tmp_path: Path) -> None:
    folder = pack(visited, tmp_path / "pack")
    for name, layer in ((field_pack.GPX, "waypoints"), (field_pack.KML, "")):
        command = ["ogrinfo", "-ro", "-al", str(folder / name), *([layer] if layer else [])]
        read = subprocess.run(command, capture_output=True, text=True, check=True)
        assert read.stderr == ""
        assert "Feature Count: 3" in read.stdout
        assert re.search(r"(?i)name \(String\) = 1\. \$\{npsn\} <b>", read.stdout)
        assert "POINT" in read.stdout
        assert "\x1b" not in (folder / name).read_text(encoding="utf-8")
        assert "115.327" in read.stdout
    places = gpd.read_file(folder / field_pack.KML)
    assert places.geometry.y.tolist() == pytest.approx([-2.935, -2.981, -2.927])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("SYNTHETIC DATA: every school is invented.", "Last full run; no run is marked")),
        ("id", ("DATA SINTETIS: semua sekolah rekaan.", "Hasil penuh terakhir; tidak ada hasil")),
    ],
)
def test_every_file_says_what_the_list_is(
    visited: Run, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    """That its data are not real, and whether it is the official one; also a hostile trial."""
    folder = pack(visited, tmp_path / "pack", language)
    gpx, kml = (ET.fromstring((folder / name).read_text("utf-8")) for name in (GPX, KML))
    topografix, opengis = "{http://www.topografix.com/GPX/1/1}", "{http://www.opengis.net/kml/2.2}"
    notes = read_table(folder / field_pack.FORM, "survey").cells.query("name == 'about'")
    column = next(
        name for name in map(str, notes) if name.startswith("label::") and f"({language})" in name
    )
    for said in (
        gpx.findtext(f"{topografix}metadata/{topografix}desc", ""),
        kml.findtext(f"{opengis}Document/{opengis}description", ""),
        notes[column].iloc[0],
        (folder / field_pack.README).read_text("utf-8"),
    ):
        assert all(each in said for each in words)
    trial = {**visited.manifest, "overrides": {"reason": "${npsn} <b>x</b>"}}
    said = pack(dataclasses.replace(visited, manifest=trial), tmp_path / "trial", language)
    made = convert(said / field_pack.FORM, validate=False)
    assert "<b>" not in made.xform
    assert "$ (npsn}" in made.xform


def test_the_layer_is_small_and_has_columns_to_fill_in(visited: Run, tmp_path: Path) -> None:
    folder = pack(visited, tmp_path / "pack")
    assert (folder / field_pack.LAYER).stat().st_size < MOST_BYTES
    layer = gpd.read_file(folder / field_pack.LAYER, layer="visits")
    assert list(layer["npsn"]) == ["00000103", "00000112", "00000109"]
    assert list(layer["ask_service"]) == ["yes", "no", "yes"]
    assert set(layer["data"]) == {"synthetic"}
    assert set(layer["standing"]) == {"last"}
    for name in ("internet", "down_mbps", "level_dbm", "reception", "operator", "date"):
        assert layer[name].isna().all()
    assert layer["down_mbps"].dtype == "float64"
    assert layer.crs == "EPSG:4326"
    assert list(layer.geometry.x) == pytest.approx(list(layer["start_lon"]))
    assert "name" not in layer.columns  # the import takes such a column for that of a person


def test_the_layer_of_many_schools_is_small(visited: Run, tmp_path: Path) -> None:
    """The layer of all schools of a province stays below what is sent to a phone."""
    one = visit_list.list_visits(visited, visited.schools, Text("id"))
    many = pd.concat([one] * 1667, ignore_index=True)
    layer = field_pack.visit_layer(many, ["telkomsel"], Text("id"))
    gis_layers.write_layers(visited, [layer], tmp_path / "many.gpkg", Text("id"), crs="EPSG:4326")
    assert len(layer.features) == 5001
    assert (tmp_path / "many.gpkg").stat().st_size < MOST_BYTES


def test_the_same_run_gives_the_same_pack(visited: Run, tmp_path: Path) -> None:
    one, other = pack(visited, tmp_path / "one", "id"), pack(visited, tmp_path / "two", "id")
    assert snapshot(one) == snapshot(other)
    assert set(snapshot(one)) == set(field_pack.FILES)


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        (
            "en",
            (
                *("DATA", "3 schools", "verify --import FILE", "no names and no telephone numbers"),
                "The layer has one row for each school, so further operators go into the form.",
            ),
        ),
        (
            "id",
            (
                *("DATA", "3 sekolah", "verify --import BERKAS", "Jangan catat nama orang"),
                "satu baris untuk setiap sekolah, jadi operator lain diisi",
            ),
        ),
    ],
)
def test_the_readme_says_how(
    visited: Run, tmp_path: Path, language: str, phrases: tuple[str, ...]
) -> None:
    text = (pack(visited, tmp_path / "pack", language) / field_pack.README).read_text("utf-8")
    assert all(phrase in text for phrase in phrases)
    assert all(name in text for name in field_pack.FILES if name != field_pack.README)


def test_a_school_without_npsn_is_left_out_of_the_form(tiny_run: Run, tmp_path: Path) -> None:
    run = with_facts(tiny_run, TINY_FACTS[:2])
    visits = visit_list.list_visits(run, run.schools, Text("en")).assign(npsn="")
    assert "Schools without an NPSN in the list: 1." in field_pack.readme(run, visits, Text("en"))
    outputs = Outputs(tmp_path / "runs")
    field_pack.write_pack(run, visits, tmp_path / "pack", outputs, Text("en"))
    assert set(read_table(tmp_path / "pack" / field_pack.FORM, "choices").cells["list_name"]) == {
        *("internet", "reception", "operator", "technology"),
    }
