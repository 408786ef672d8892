"""Styles for map servers: every class has a rule, what is unknown too, in the standard's order."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables import symbology
from kalsel_gap.deliverables.map_schemes import schemes_of
from kalsel_gap.deliverables.map_story import list_length
from kalsel_gap.deliverables.palette import Mark
from kalsel_gap.deliverables.sld import outline_sld, points_sld
from kalsel_gap.deliverables.symbology import PointClass, PointSymbols
from kalsel_gap.i18n.text import Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

NAMES = {"sld": "http://www.opengis.net/sld", "ogc": "http://www.opengis.net/ogc"}
# Children of a rule in the order of the schema of SLD 1.0.0.
ORDER = (
    *("Name", "Title", "Filter", "MaxScaleDenominator"),
    *("PointSymbolizer", "PolygonSymbolizer", "TextSymbolizer"),
)


def rules(text: str) -> list[ET.Element]:
    root = ET.fromstring(text)
    assert root.tag == f"{{{NAMES['sld']}}}StyledLayerDescriptor"
    assert root.get("version") == "1.0.0"
    found = list(root.iterfind(".//sld:Rule", NAMES))
    for rule in found:
        tags = [child.tag.rpartition("}")[2] for child in rule]
        assert tags == sorted(tags, key=ORDER.index)
    return found


def said(rule: ET.Element, path: str) -> list[str]:
    return [found.text or "" for found in rule.iterfind(path, NAMES)]


def test_the_classes_of_the_map_are_those_of_every_style(tiny_run: Run) -> None:
    text, k = Text("en"), list_length(tiny_run)
    on_map = {scheme.label: scheme for scheme in schemes_of(tiny_run.schools, k, text)}
    styles = symbology.school_symbols(tiny_run.schools, k, text)
    assert len(styles) == 4
    for style in styles:
        scheme = on_map[style.name]
        drawn = rules(points_sld(style, "schools"))[:-1]  # the last one has the names
        assert [said(rule, "sld:Title")[0] for rule in drawn] == list(scheme.classes.values())
        assert [each.mark for each in style.classes] == list(scheme.shapes.values())
        for rule, each in zip(drawn, style.classes, strict=True):
            fills = said(rule, ".//sld:Mark/sld:Fill/sld:CssParameter")
            assert fills == ([] if each.is_hollow else [each.mark.colour])
        assert drawn[-1].find(".//ogc:PropertyIsNull", NAMES) is not None
        assert style.classes[-1].is_unknown
        cues = {(each.shape, each.width_mm) for each in style.classes}
        assert len(cues) == len(style.classes)  # no two classes differ by their colour alone


def test_rows_that_are_no_school_have_a_rule_of_their_own(tiny_run: Run) -> None:
    schools = tiny_run.schools.copy()
    schools.loc[schools["rank"].isna().idxmax(), "unranked_reason"] = "duplicate"
    for style in symbology.school_symbols(schools, list_length(tiny_run), Text("en")):
        *_, unknown, apart, _ = rules(points_sld(style, "schools"))
        assert said(apart, "sld:Title") == ["repeated rows, closed schools"]
        assert said(apart, "ogc:Filter/ogc:Or/ogc:PropertyIsEqualTo/ogc:Literal") == [
            *("duplicate", "closed")
        ]
        neither = "ogc:Filter/ogc:And/ogc:Or/ogc:And/ogc:PropertyIsNotEqualTo/ogc:Literal"
        refused = said(unknown, neither)
        assert refused[:2] == ["duplicate", "closed"]
        columns = said(unknown, "ogc:Filter//ogc:PropertyIsNull/ogc:PropertyName")
        assert columns == ["unranked_reason", style.column]


def test_a_range_is_from_its_lower_bound_to_below_the_upper_one() -> None:
    mark = Mark("#123456", "circle")
    classes = (
        PointClass("high", mark, 2.8, low=0.5),
        PointClass("middle", mark, 2.0, low=0.25, high=0.5),
        PointClass("low", mark, 1.4, high=0.25),
        PointClass("unknown", Mark("#767676", "ring"), 2.0),
    )
    text = points_sld(PointSymbols("<P>", classes, "priority"), "schools")
    compared = [
        [
            (each.tag.rpartition("}")[2], each.findtext("ogc:Literal", None, NAMES))
            for each in rule.iter()
            if each.tag.rpartition("}")[2].startswith("PropertyIs")
        ]
        for rule in rules(text)
    ]
    assert compared == [
        [("PropertyIsGreaterThanOrEqualTo", "0.5")],
        [("PropertyIsGreaterThanOrEqualTo", "0.25"), ("PropertyIsLessThan", "0.5")],
        [("PropertyIsLessThan", "0.25")],
        [("PropertyIsNull", None)],
    ]
    sizes = said(ET.fromstring(text), ".//sld:Size")
    assert sizes == ["10.0", "7.1", "5.0", "7.1"]  # a pixel of the standard is 0.28 mm


@pytest.mark.parametrize(
    ("level", "dashes", "scales"),
    [
        ("province", [], []),
        ("kabupaten", [], []),
        ("desa", ["1 3"], ["250000", "250000"]),
    ],
)
def test_areas_appear_at_the_scale_at_which_they_are_legible(
    level: str, dashes: list[str], scales: list[str]
) -> None:
    root = ET.fromstring(outline_sld(symbology.area_outline(level, Text("en")), level))
    assert said(root, ".//sld:CssParameter[@name='stroke-dasharray']") == dashes
    assert said(root, ".//sld:MaxScaleDenominator") == scales
    names = said(root, ".//sld:Label/ogc:PropertyName")
    assert names == ([] if level == "province" else ["name"])
