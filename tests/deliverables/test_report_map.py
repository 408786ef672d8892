"""The static map of the report."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.drawing import FilledArea, Line, to_svg
from kalsel_gap.deliverables.report_map import tier_map
from kalsel_gap.i18n.text import Text


def test_the_worst_lies_on_top_and_unknown_is_a_ring() -> None:
    schools = pd.DataFrame(
        {
            "row_id": ["1", "2", "3", "4"],
            "rank": pd.Series([1, 2, None, None], dtype="Int64"),
            "tier_label": ["critical", "adequate", None, None],
            "lat": [0.5, 0.5, 0.5, None],
            "lon": [115.5, 115.5, 115.5, None],
        }
    )
    areas = gpd.GeoDataFrame(
        {"level": ["kabupaten"], "code": ["1"], "name": ["Kab. <b>Satu</b>"]},
        geometry=[box(115, 0, 116, 1)],
        crs="EPSG:4326",
    )
    made = tier_map("Map", ("All of it.",), schools, areas, Text("en"))
    assert made.description == (
        "All of it. 1 critical: 1; 5 adequate: 1; unknown: 2. Without a place on the map: 1."
    )
    fills = [s.fill for s in made.shapes if isinstance(s, FilledArea)]
    marks = [fill for fill in fills if fill in {m.colour for m in palette.TIERS.values()}]
    # The adequate school, the critical one on it, then the legend from the worst on.
    assert marks[:2] == [palette.TIERS["adequate"].colour, palette.TIERS["critical"].colour]
    rings = [s for s in made.shapes if isinstance(s, Line) and s.colour == palette.UNKNOWN.colour]
    assert len(rings) == 2  # one school with a place, and the legend
    assert "&lt;b&gt;Satu" in to_svg(made).decode()
    assert "(1 not on the map)" in [each.words for each in made.texts]


def test_without_areas_and_places_there_is_still_a_legend() -> None:
    schools = pd.DataFrame(
        {"row_id": ["1"], "rank": [pd.NA], "tier_label": [None], "lat": [None], "lon": [None]}
    ).astype({"lat": "float64", "lon": "float64"})
    areas = gpd.GeoDataFrame({"level": [], "code": [], "name": []}, geometry=[], crs="EPSG:4326")
    made = tier_map("Map", (), schools, areas, Text("id"))
    assert "belum diketahui" in made.description or "unknown" in made.description
    assert made.height >= 330
