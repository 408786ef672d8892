"""KML: read back with the same numbers, valid, and no name of a school does anything."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import pytest

from kalsel_gap.deliverables.school_kml import to_kml
from kalsel_gap.i18n.text import Text
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run

KML = "{http://www.opengis.net/kml/2.2}"
HOSTILE = (
    *PROGRAMS,
    "]]><script>window.hurt = 1</script><![CDATA[",
    "$[name] $[description]",
    "&lt;b&gt; & <b>",
    "SD \x1b[31m\u202e\x07\uffff",
    '"><Placemark>',
)


@pytest.fixture(scope="module")
def written(tiny: Run) -> str:
    return to_kml(tiny, tiny.schools, Text("en"))


def placemarks(text: str) -> list[ET.Element]:
    return list(ET.fromstring(text).iter(f"{KML}Placemark"))


def words(element: ET.Element, path: str) -> str:
    found = element.find("/".join(f"{KML}{part}" for part in path.split("/")))
    return (found.text or "") if found is not None else ""


def test_a_folder_and_a_style_for_each_tier(tiny: Run, written: str) -> None:
    document = ET.fromstring(written)[0]
    tiers = tiny.schools["tier_label"].fillna("unknown")
    folders = document.findall(f"{KML}Folder")
    counted = [int(words(each, "name").rpartition("(")[2][:-1]) for each in folders]
    assert sum(counted) == len(tiny.schools)
    assert [len(each.findall(f"{KML}Placemark")) for each in folders] == counted
    used = [
        {words(mark, "styleUrl")[1:] for mark in each.iter(f"{KML}Placemark")} for each in folders
    ]
    assert used == [
        {tier}
        for tier in ("critical", "severe", "moderate", "slight", "adequate", "covered", "unknown")
        if (tiers == tier).any()
    ]
    styles = {each.get("id"): each for each in document.findall(f"{KML}Style")}
    assert {*tiers} <= set(styles)
    looks = {
        (words(each, "IconStyle/color"), words(each, "IconStyle/scale")) for each in styles.values()
    }
    assert len(looks) == len(styles)
    assert "<href>" not in written  # no picture of the network
    assert "SYNTHETIC DATA" in words(document, "description")


def test_rows_that_are_no_school_are_in_a_folder_of_their_own(tiny: Run) -> None:
    schools = tiny.schools.copy()
    repeated, unknown = schools.index[schools["rank"].isna()]
    schools.loc[repeated, "unranked_reason"] = "duplicate"
    run = replace(tiny, schools=schools)
    folders = {
        words(each, "name"): each
        for each in ET.fromstring(to_kml(run, schools, Text("en"))).iter(f"{KML}Folder")
    }
    *_, before, last = folders
    assert (before, last) == ("unknown (1)", "repeated rows, closed schools (1)")
    for name, row in ((before, unknown), (last, repeated)):
        (mark,) = folders[name].findall(f"{KML}Placemark")
        assert words(mark, "name") == schools["name"][row]
    (mark,) = folders[last].findall(f"{KML}Placemark")
    assert words(mark, "styleUrl") == "#no_school"


def test_the_first_school_comes_first(tiny: Run, written: str) -> None:
    first = tiny.schools[tiny.schools["rank"] == 1]["name"].iloc[0]
    assert words(placemarks(written)[0], "name") == first


def test_gdal_reads_the_same_numbers(tiny: Run, written: str, tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(written, encoding="utf-8")
    read = pd.concat(
        pyogrio.read_dataframe(path, layer=str(name)) for name, _ in pyogrio.list_layers(path)
    ).set_index("npsn")
    given = tiny.schools.set_index("npsn").loc[read.index]
    assert len(read) == len(tiny.schools)
    assert list(read["rank"].astype("Int64")) == list(given["rank"])
    assert read["deficit"].to_numpy("float64") == pytest.approx(
        given["deficit"].to_numpy("float64"), abs=1e-4, nan_ok=True
    )
    assert list(read.geometry.isna()) == list(given["lat"].isna())
    located = given["lat"].notna().to_numpy()
    assert read.geometry[located].y.to_numpy() == pytest.approx(
        given["lat"][located].to_numpy(), abs=1e-6
    )
    if program := shutil.which("ogrinfo"):
        said = subprocess.run(
            [program, "-al", "-so", str(path)], capture_output=True, text=True, check=True
        ).stdout
        assert sum(map(int, re.findall(r"Feature Count: (\d+)", said))) == len(tiny.schools)


def test_hostile_names_do_nothing(tiny: Run) -> None:
    names = [HOSTILE[n % len(HOSTILE)] for n in range(len(tiny.schools))]
    hostile = replace(tiny, schools=tiny.schools.assign(name=names))
    written = to_kml(hostile, hostile.schools, Text("id"))
    found = placemarks(written)
    assert len(found) == len(tiny.schools)
    assert "<![CDATA[" not in written
    for mark in found:
        popup = words(mark, "description")
        tags = set(re.findall(r"<[^>]*>", popup))
        assert tags <= {
            "<h3>",
            "</h3>",
            "<table>",
            "</table>",
            "<tr>",
            "</tr>",
            "<td>",
            "</td>",
            "<td colspan='2'>",
            "<p>",
            "</p>",
        }
        assert "$" not in popup
        assert "[" not in popup
        assert "DATA SINTETIS" in popup
        assert words(mark, "name") in html.unescape(popup)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\uffff]", written)
    # What Google Earth shows is the description alone: it would read a name as HTML.
    assert written.count("<text>$[description]</text>") == written.count("<BalloonStyle>") == 8


def test_the_same_run_gives_the_same_text(tiny: Run, written: str) -> None:
    assert to_kml(tiny, tiny.schools, Text("en")) == written


def test_no_schools_are_a_document(tiny: Run) -> None:
    assert placemarks(to_kml(tiny, tiny.schools.head(0), Text("en"))) == []
