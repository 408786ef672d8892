"""Files that cannot be used: each is a finding, and all the others are checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables import findings_map, findings_report
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import Text
from kalsel_gap.quality.full_check import check_all

if TYPE_CHECKING:
    from tests.conftest import MakeProject

GARBAGE = b"garbage \x00\x01"
LAND = "kecamatan.geojson"
EVERYWHERE = {
    "boundaries": {"province": "province.geojson", "desa": "desa.geojson"},
    "coastline": {"land": [LAND]},
    "facilities": [{"path": "facilities.geojson"}],
    "fibre": {"path": "fibre.geojson"},
    "rivers": {"path": "rivers.geojson"},
    "roads": {"path": "roads.geojson"},
    "villages": {"path": "villages.csv"},
    "wetlands": {"path": "wetlands.geojson"},
}
NEW = ("province", "desa", "facilities", "fibre", "rivers", "roads", "wetlands")


@pytest.fixture
def good(project: MakeProject) -> dict[str, bytes]:
    """Files that any project can have besides those of data/tiny."""
    area = (project().path.parent / LAND).read_bytes()
    return {
        **{f"{name}.geojson": area for name in NEW},
        "villages.csv": b"kode,status\n63.99.01.2001,1\n",
    }


def test_sound_files_are_no_finding(project: MakeProject, good: dict[str, bytes]) -> None:
    assert "file_unusable" not in set(check_all(project(EVERYWHERE, files=good)).findings["code"])


@pytest.mark.parametrize(
    "name",
    [
        *(f"{name}.geojson" for name in (*NEW, "kabupaten", "kecamatan", "coastline")),
        *("villages.csv", "pupils.csv", "sites.csv", "tests.csv"),
        *("dem.tif", "rsrp_4g.tif", "class_2g.tif"),
    ],
)
def test_a_file_that_is_garbage_is_told_once_and_the_others_are_checked(
    project: MakeProject, good: dict[str, bytes], name: str
) -> None:
    opened = project(EVERYWHERE, files={**good, name: GARBAGE})
    checked = check_all(opened)
    told = checked.findings[checked.findings["code"] == "file_unusable"]
    assert told["file"].tolist() == [name]
    assert {"location_missing", "name_has_html"} <= set(checked.findings["code"])
    text = Text("en")
    assert name in findings_map.to_html(
        checked, findings_report.findings_table(checked, opened, text), opened, text
    )


def test_all_that_is_garbage_is_told_at_once(project: MakeProject, good: dict[str, bytes]) -> None:
    names = ["coastline.geojson", "kabupaten.geojson", "kecamatan.geojson", "pupils.csv"]
    checked = check_all(project(EVERYWHERE, files={**good, **dict.fromkeys(names, GARBAGE)}))
    told = checked.findings[checked.findings["code"] == "file_unusable"]
    assert told["file"].tolist() == names


def test_without_its_register_nothing_can_be_checked(project: MakeProject) -> None:
    with pytest.raises(InputError):
        check_all(project(files={"schools.csv": GARBAGE}))


@pytest.mark.parametrize("section", ["rivers", "roads", "fibre", "wetlands", "facilities"])
def test_a_feature_without_a_shape_is_passed_over_and_named(
    project: MakeProject, good: dict[str, bytes], section: str
) -> None:
    name = f"{section}.geojson"
    layer = json.loads(good[name])
    empty = [
        {"type": "Feature", "properties": {}, "geometry": geometry}
        for geometry in (None, {"type": "Point", "coordinates": []})
    ]
    layer["features"][1:1] = empty
    named = [{"path": name}] if section == "facilities" else {"path": name}
    files = {name: json.dumps(layer)}
    checked = check_all(project({section: named}, files=files, bare=True))
    found = checked.findings[checked.findings["code"] == "feature_without_shape"]
    assert found[["file", "row"]].to_numpy().tolist() == [[name, 3], [name, 4]]
