"""Areas, lines and words as SVG and PNG."""

from __future__ import annotations

import io
import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from kalsel_gap.deliverables import drawing
from kalsel_gap.deliverables.drawing import Drawing

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert(1)</script>&"\x1b[31m\u202e\ud800\ufffe${7*7}{0}'


def small(words: str = "SDN 1") -> Drawing:
    drawn = Drawing(40, 20, words, f"{words}: a box", "en")
    drawn.area([(10, 5), (30, 5), (30, 15), (10, 15)], "#2a6cb0")
    drawn.line([(0, 18), (40, 18)], "#a1002f", 2.0, (4.0, 4.0))
    drawn.say((2, 12), words, 6)
    return drawn


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_svg_has_alternative_text_that_its_root_points_to() -> None:
    root = ET.fromstring(drawing.to_svg(small()))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("SDN 1", "SDN 1: a box")
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"
    assert (root.attrib["role"], root.attrib["lang"]) == ("img", "en")


def test_svg_points_to_nothing_outside() -> None:
    svg = drawing.to_svg(small()).decode()
    assert "href" not in svg
    assert "url(" not in svg
    assert svg.count("http") == 1  # the name space


@pytest.mark.parametrize("words", [HOSTILE, "a\x00b", "]]>", "<!--", "SDN “Ä” ①"])
def test_names_of_others_stay_text(words: str) -> None:
    root = ET.fromstring(drawing.to_svg(small(words)))
    kinds = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert kinds == {"svg", "title", "desc", "rect", "g", "polygon", "polyline", "text"}
    assert b"\x1b" not in drawing.to_svg(small(words))
    assert pixels(drawing.to_png(small(words))).shape == (40, 80, 3)


def test_two_pictures_on_one_page_have_different_names() -> None:
    one, other = (ET.fromstring(drawing.to_svg(small(name))) for name in ("A", "B"))
    assert one.attrib["aria-labelledby"] != other.attrib["aria-labelledby"]


def test_png_shows_what_was_drawn() -> None:
    image = pixels(drawing.to_png(small("")))
    assert image[20, 40].tolist() == [0x2A, 0x6C, 0xB0]  # (20, 10), inside the box
    assert image[20, 10].tolist() == [255, 255, 255]
    red = np.abs(image[36].astype(int) - [0xA1, 0x00, 0x2F]).sum(axis=-1) < 30
    # Ten dashes and gaps of 4 units, 8 pixels each.
    assert red.reshape(10, 8)[:, 4].tolist() == [True, False] * 5


def test_png_tells_its_title() -> None:
    assert Image.open(io.BytesIO(drawing.to_png(small()))).info["Title"] == "SDN 1"


def test_same_drawing_same_bytes() -> None:
    assert drawing.to_svg(small()) == drawing.to_svg(small())
    assert drawing.to_png(small()) == drawing.to_png(small())


def test_what_the_font_lacks_is_spelled() -> None:
    assert drawing._spelled("Š–é ± 5° ①…") == "S-e ± 5° ?…"


def test_dashes_have_the_length_of_the_drawn_part() -> None:
    parts = list(drawing._dashes([(0.0, 0.0), (3.0, 0.0), (3.0, 4.0)], (2.0, 1.0)))
    lengths = [sum(map(math.dist, part, part[1:])) for part in parts]
    assert lengths == pytest.approx([2.0, 2.0, 1.0])
    assert parts[1][0] == (3.0, 0.0)
