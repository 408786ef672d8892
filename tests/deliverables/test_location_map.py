from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from kalsel_gap.deliverables import drawing, palette
from kalsel_gap.deliverables.location_map import HEIGHT, WIDTH, location_maps
from kalsel_gap.i18n.text import Text
from kalsel_gap.radio.links.nearest_links import Place

PLACE = Place("00000001", "SDN <Contoh>", -2.95, 115.3)
AREAS = gpd.GeoDataFrame(
    {"level": ["kabupaten", "kabupaten"], "name": ["Kab. Satu", "Kab. Dua"]},
    geometry=[shapely.box(115.0, -3.0, 115.4, -2.7), shapely.box(115.4, -3.0, 115.8, -2.7)],
    crs="EPSG:4326",
)
SITES = pd.DataFrame(
    {"site_id": ["A1", "B2"], "lat": [-2.9, -3.2], "lon": [115.3, 115.3], "distance_km": [5.5, 28]}
)


def test_both_maps_say_what_they_show() -> None:
    overview, near = location_maps(PLACE, "Kab. Satu", AREAS, SITES, Text("en"))
    assert "Kab. Satu; the school lies in its south-east" in overview.description
    assert "1: A1, 5.5 km north of the school; 2: B2, 28.0 km south" in near.description


def test_everything_lies_inside_the_frame() -> None:
    for made in location_maps(PLACE, "Kab. Satu", AREAS, SITES, Text("id")):
        for shape in made.shapes:
            for x, y in shape.points:
                assert 0 <= x <= WIDTH
                assert 0 <= y <= HEIGHT


def test_water_that_nobody_drew_is_not_blue() -> None:
    for made in location_maps(PLACE, "Kab. Satu", AREAS, SITES, Text("en")):
        assert palette.SEA.encode() not in drawing.to_svg(made)


def test_without_an_outline_and_without_sites_there_is_one_map() -> None:
    (near,) = location_maps(PLACE, "Kab. Tiga", AREAS, SITES.head(0), Text("en"))
    assert "no sites" in near.description
    assert b"<Contoh>" not in drawing.to_svg(near)
    (alone,) = location_maps(PLACE, "", AREAS.head(0), SITES, Text("en"))
    assert alone.shapes
