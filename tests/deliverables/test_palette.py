from __future__ import annotations

import itertools
import re

from kalsel_gap.deliverables import palette
from kalsel_gap.package import PACKAGE_FOLDER
from kalsel_gap.terrain.styles import DERIVED, MEASURED


def light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_blue(colour: str) -> bool:
    """Whether a colour is blue or cyan by more than a tint; purple is not."""
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return blue >= green >= red and blue > red + 16


def test_schools_and_coverage_run_from_dark_to_light_alike() -> None:
    tiers = [light(palette.TIERS[name].colour) for name in list(palette.TIERS)[:5]]
    coverage = [light(colour) for _, colour in palette.COVERAGE]
    assert tiers == sorted(tiers)
    assert coverage == sorted(coverage)
    # Neighbours differ in lightness alone, for every kind of colour vision.
    steps = itertools.pairwise(coverage)
    assert all((more + 0.05) / (less + 0.05) > 1.15 for less, more in steps)


def test_only_the_sea_is_blue() -> None:
    assert is_blue(palette.SEA)
    others = [palette.LAND, palette.LAND_OUTSIDE, *(colour for _, colour in palette.COVERAGE)]
    style = (PACKAGE_FOLDER / "deliverables" / "assets" / "base.css").read_text(encoding="utf-8")
    nowhere = re.search(r"--nowhere: (#[0-9a-f]{6})", style)
    assert nowhere is not None
    assert "background: var(--nowhere)" in style
    assert not any(map(is_blue, [*others, nowhere[1]]))


def test_what_is_not_verified_looks_like_no_tier() -> None:
    marks = {**palette.TIERS, "unknown": palette.UNKNOWN}
    covered = marks.pop("covered")
    assert covered.shape not in {mark.shape for mark in marks.values()}
    assert covered.colour not in {mark.colour for mark in marks.values()}
    assert len({mark.colour for mark in marks.values()}) == len(marks)


def test_classes_of_terrain_have_no_colour_of_a_tier() -> None:
    tiers = {mark.colour for mark in (*palette.TIERS.values(), palette.UNKNOWN)}
    classes = [style for style in (*MEASURED.values(), *DERIVED.values()) if style.is_class]
    assert len(classes) == 3
    for style in classes:
        colours = [step.colour for step in style.steps]
        assert not tiers & set(colours)
        assert len(set(colours)) == len(colours)
