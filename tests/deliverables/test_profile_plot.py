"""The picture of a path."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kalsel_gap.deliverables import drawing, profile_plot
from kalsel_gap.i18n.text import Text
from kalsel_gap.radio.links import path_view
from kalsel_gap.radio.links.path_view import PathView
from kalsel_gap.radio.propagation.path_inputs import Paths, RadioZone

SVG = "{http://www.w3.org/2000/svg}"


def view(ground_m: list[float], length_km: float = 20.0, **changes: Any) -> PathView:
    given: dict[str, Any] = {
        "site": "BTS 7",
        "school": "SDN 1",
        "distance_km": np.linspace(0.0, length_km, len(ground_m)),
        "ground_m": np.array(ground_m),
        "tx_height_m": 40.0,
        "rx_height_m": 40.0,
        "frequency_mhz": 1800.0,
        "k": 4 / 3,
        "model": "ITU-R P.1812-8",
        "loss_db": 140.0,
        "diffraction_db": 10.0,
        "level_dbm": -105.0,
        "sigma_db": 5.0,
    }
    return PathView(**{**given, **changes})


def words_of(shown: PathView, language: str = "en") -> list[str]:
    svg = drawing.to_svg(profile_plot.picture(shown, Text(language)))  # type: ignore[arg-type]
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


def test_curves_of_the_textbook() -> None:
    # 20 km at 1.8 GHz: 5.9 m of bulge, 28.9 m of Fresnel radius half way.
    curve = path_view.curves(view([0.0, 0.0, 0.0]))
    assert curve.bulge.round(1).tolist() == [0.0, 5.9, 0.0]
    assert curve.radius.round(1).tolist() == [0.0, 28.9, 0.0]
    assert curve.ray.tolist() == [40.0, 40.0, 40.0]


def test_worst_obstacle_by_hand() -> None:
    # A ridge of 50 m and 5.89 m of bulge under a ray at 40 m; 28.86 m of radius.
    found = path_view.worst(view([0.0, 50.0, 0.0]))
    assert found.sample == 1
    assert found.ratio == pytest.approx((40 - 55.887) / 28.853, abs=1e-3)
    assert found.excess_m == pytest.approx(55.887 - (40 - 0.6 * 28.853), abs=2e-3)


@pytest.mark.parametrize(
    ("ridge_m", "word"), [(50.0, "Blocked"), (25.0, "not clear"), (0.0, "Clear")]
)
def test_words_say_whether_the_path_is_free(ridge_m: float, word: str) -> None:
    said = profile_plot.statements(view([0.0, ridge_m, 0.0]), Text("en"))
    assert word in said[-1]


def test_a_void_leaves_it_unknown() -> None:
    shown = view([0.0, math.nan, 5.0, 0.0], loss_db=math.nan, level_dbm=math.nan)
    said = profile_plot.statements(shown, Text("en"))
    assert "unknown" in said[1]
    assert "missing" in said[2]
    words_of(shown)  # and still there is a picture


def test_title_names_both_ends_and_the_level_is_labelled() -> None:
    words = words_of(view([0.0, 0.0, 0.0]))
    assert "Radio path from BTS 7 to SDN 1" in words
    assert any("uncalibrated" in each for each in words)
    assert any("; calibrated" in each for each in words_of(view([0.0] * 3, calibrated=True)))


def test_the_figures_add_up() -> None:
    shown = view(
        [0.0] * 3, eirp_dbm=62.0, share_db=-30.8, loss_db=120.0, vegetation_db=4.0,
        surroundings_db=20.0, offset_db=-2.0, level_dbm=-117.8, calibrated=True,
    )  # fmt: skip
    said = profile_plot.statements(shown, Text("en"))[2]
    assert said == (
        "62.0 dBm (EIRP) − 30.8 (measured part of the carrier) − 3.0 (antenna direction) "
        "− 120.0 (path loss) − 4.0 (trees) − 20.0 (clutter) − 2.0 (calibration) = -117.8 dBm."
    )
    uncalibrated = words_of(view([0.0] * 3))
    assert any("assumed to have" in each for each in uncalibrated)


def test_numbers_are_written_in_the_readers_language() -> None:
    assert any("1.800 MHz" in each for each in words_of(view([0.0] * 3), "id"))
    assert any("1,800 MHz" in each for each in words_of(view([0.0] * 3), "en"))


def test_only_what_is_drawn_is_explained() -> None:
    plain = words_of(view([0.0] * 4))
    assert not {"Trees and buildings", "Sea"} & set(plain)
    sea = np.array([False, True, True, False])
    both = words_of(view([0.0] * 4, clutter_m=np.array([0.0, 20.0, 20.0, 0.0]), sea=sea))
    assert {"Trees and buildings", "Sea"} <= set(both)


def test_description_holds_every_statement() -> None:
    shown = view([0.0, 50.0, 0.0])
    drawn = profile_plot.picture(shown, Text("en"))
    assert drawn.description == " ".join(profile_plot.statements(shown, Text("en")))


def test_hostile_names_stay_text() -> None:
    name = '<img src=x onerror="alert(1)">{site}${7*7}\x1b]'
    words = words_of(view([0.0] * 3, school=name, site=name))
    assert any('<img src=x onerror="alert(1)">' in each for each in words)


def test_what_matters_differs_in_grey() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    shades = sorted(
        map(grey, ("#ffffff", profile_plot.ZONE, profile_plot.GROUND, profile_plot.EARTH))
    )
    assert min(np.diff(shades)) > 20
    assert grey(profile_plot.RAY) < 40


def test_png_and_svg_have_the_same_size() -> None:
    drawn = profile_plot.picture(view([0.0, 30.0, 0.0]), Text("id"))
    image = Image.open(io.BytesIO(drawing.to_png(drawn)))
    assert image.size == (drawing.PIXELS * profile_plot.WIDTH, drawing.PIXELS * profile_plot.HEIGHT)


def test_one_of_many_paths() -> None:
    paths = Paths.equally_spaced(
        [1.0, 2.0],
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        zone=[[4, 4, 4], [4, RadioZone.SEA, 4]],
    )
    part = path_view.of_paths(paths, 1)
    assert part["ground_m"].tolist() == [4.0, 5.0, 6.0]
    assert part["distance_km"].tolist() == [0.0, 1.0, 2.0]
    assert part["sea"].tolist() == [False, True, False]
    assert part["clutter_m"].size == 0


@given(
    st.lists(st.floats(-50.0, 4000.0), min_size=3, max_size=40),
    st.floats(0.3, 300.0),
    st.floats(1.0, 300.0),
    st.floats(0.5, 1.5),
)
def test_everything_lies_on_the_paper(
    ground_m: list[float], length_km: float, height_m: float, k: float
) -> None:
    shown = view(ground_m, length_km, tx_height_m=height_m, k=k)
    drawn = profile_plot.picture(shown, Text("en"))
    for shape in drawn.shapes:
        for x, y in shape.points:
            assert 0 <= x <= drawn.width
            assert 0 <= y <= drawn.height
    for text in drawn.texts:
        assert 0 <= text.x <= drawn.width
        assert 0 < text.y < drawn.height


def test_more_clearance_when_the_mast_grows() -> None:
    low = view([0.0, 30.0, 10.0, 0.0])
    high = replace(low, tx_height_m=80.0)
    assert path_view.worst(high).ratio > path_view.worst(low).ratio
