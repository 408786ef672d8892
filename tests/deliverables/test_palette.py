from __future__ import annotations

from kalsel_gap.deliverables import palette
from kalsel_gap.terrain.styles import DERIVED, MEASURED


def test_classes_of_terrain_have_no_colour_of_a_tier() -> None:
    tiers = {mark.colour for mark in (*palette.TIERS.values(), palette.UNKNOWN)}
    classes = [style for style in (*MEASURED.values(), *DERIVED.values()) if style.is_class]
    assert len(classes) == 3
    for style in classes:
        colours = [step.colour for step in style.steps]
        assert not tiers & set(colours)
        assert len(set(colours)) == len(colours)
