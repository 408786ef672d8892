"""Roles of vector layers of known publishers, and of those that may be two things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.sources.recognition.layer_roles import layer_candidates, layer_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.sources.recognition.candidates import Candidate

AREAS = [shapely.box(114, -4, 115, -3), shapely.box(115, -4, 116, -3)]


def only(tmp_path: Path, name: str, columns: Mapping[str, Sequence[str]]) -> Candidate:
    path = tmp_path / "layer.geojson"
    gpd.GeoDataFrame(dict(columns), geometry=AREAS, crs="EPSG:4326").to_file(path)
    (found,) = layer_candidates(path, name, layer_facts(path, None), ())
    return found


@pytest.mark.parametrize(
    ("columns", "section", "keys"),
    [
        (
            {
                "shapeName": ["Banjar", "Tapin"],
                "shapeID": ["22746128B50412739617", "22746128B50412739618"],
                "shapeType": ["ADM2", "ADM2"],
            },
            "boundaries.kabupaten",
            {"code": "shapeID", "name": "shapeName"},
        ),
        (
            {
                "GID_1": ["IDN.13_1", "IDN.14_1"],
                "NAME_1": ["Kalimantan Selatan", "Kalimantan Tengah"],
            },
            "boundaries.province",
            {"code": "GID_1", "name": "NAME_1"},
        ),
        (
            # Without dots the identifiers look like codes of four digits.
            {
                "GID_2": ["IDN.13.2_1", "IDN.13.5_1"],
                "NAME_2": ["Banjar", "Tapin"],
                "CC_2": ["6303", "6305"],
            },
            "boundaries.kabupaten",
            {"code": "CC_2", "name": "NAME_2"},
        ),
    ],
)
def test_areas_of_known_publishers(
    tmp_path: Path, columns: dict[str, list[str]], section: str, keys: dict[str, str]
) -> None:
    found = only(tmp_path, "idn", columns)
    assert (found.section, found.certainty, found.keys) == (section, "sure", keys)


def test_coverage_by_kabupaten_is_not_silently_a_boundary(tmp_path: Path) -> None:
    found = only(tmp_path, "4g telkomsel", {"kode": ["6303", "6305"], "nama": ["Banjar", "Tapin"]})
    assert found.certainty == "unsure"


def test_a_picture_over_the_map_has_no_role(tmp_path: Path) -> None:
    path = tmp_path / "4g.kml"
    path.write_text(
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        "<GroundOverlay><Icon><href>a.png</href></Icon><LatLonBox><north>-3</north>"
        "<south>-4</south><east>116</east><west>114</west></LatLonBox></GroundOverlay>"
        "</Document></kml>",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        layer_facts(path, None)
    assert caught.value.code == "vector_is_picture"
