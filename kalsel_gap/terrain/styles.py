"""What terrain layers hold and how they are drawn: unit, description, colours, classes."""

from __future__ import annotations

from dataclasses import replace

from kalsel_gap import schema
from kalsel_gap.geo.cog import LayerStyle, Step
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import N_

NO_DATA = -9999.0
NO_CLASS = 255
SEA = 0
# Terrain classes by their number in the raster.
NUMBERS = {name: number for number, name in enumerate(schema.TERRAIN_CLASSES, 1)}
# Classes have no colour of the tiers of schools (`deliverables/palette.py`): a map may show both.
_INSIDE = "#5b8a9a"
_BROWNS = ("#4a2c17", "#6e4424", "#946238", "#b88655", "#d6ad82", "#ead2b4")
_VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")


def _ramp(
    unit: str, description: str, *values: float, colours: tuple[str, ...] = _VIRIDIS
) -> LayerStyle:
    steps = tuple(Step(v, colour, f"{v:g}") for v, colour in zip(values, colours, strict=True))
    return LayerStyle("float32", NO_DATA, unit, description, steps)


def _classes(description: str, *steps: tuple[int, str, str]) -> LayerStyle:
    named = tuple(Step(value, colour, label) for value, colour, label in steps)
    return LayerStyle("uint8", NO_CLASS, "", description, named, is_class=True, is_mixable=False)


# Layers measured in an elevation model.
MEASURED: dict[str, LayerStyle] = {
    "elevation": _ramp("m", N_("Elevation above sea level"), 0, 50, 200, 600, 1900),
    "slope": _ramp("deg", N_("Slope (Horn 1981)"), 0, 2, 5, 15, 40),
    "aspect": replace(
        _ramp(
            "deg",
            N_("Downhill direction, clockwise from north; none on level ground"),
            *(0, 90, 180, 270, 360),
            colours=("#440154", "#3b528b", "#fde725", "#21918c", "#440154"),
        ),
        is_mixable=False,
    ),
    "tri": _ramp("m", N_("Terrain ruggedness index (Riley 1999)"), 0, 10, 40, 120, 400),
    "roughness": _ramp("m", N_("Elevation range of 3 × 3 cells"), 0, 5, 20, 60, 200),
    "relief": _ramp("m", N_("Local elevation range, sea excluded"), 0, 50, 300, 600, 1500),
    "coast": _ramp("km", N_("Distance to the shore"), 0, 1, 5, 20, 100, colours=_VIRIDIS[::-1]),
    "zone": _classes(
        N_("Low-elevation coastal zone: low land connected to the sea"),
        *((0, "#f2f2f2", N_("outside")), (1, _INSIDE, N_("inside"))),
    ),
}
# Layers derived from them.
DERIVED: dict[str, LayerStyle] = {
    "hillshade": LayerStyle(
        "uint8",
        0,
        "",
        N_("Hillshade: light from the north-west, 45° above the horizon"),
        (Step(1, "#000000", "1"), Step(255, "#ffffff", "255")),
    ),
    "mountain": _classes(
        N_("Mountain class of Kapos/UNEP-WCMC"),
        (0, "#f2f2f2", N_("none")),
        *((k, c, f"K{k}") for k, c in zip(range(1, 7), _BROWNS, strict=True)),
    ),
    "class": _classes(
        N_("Terrain class: small island, mountains, coast, wetland, plain"),
        (SEA, "#cfe2f3", N_("sea")),
        *(
            (NUMBERS[name], colour, messages.NAMES[name])
            for name, colour in (
                ("dataran", "#efe6c8"),
                ("pesisir", "#e0a458"),
                ("rawa", _INSIDE),
                ("pegunungan", "#7a4a2b"),
                ("pulau_kecil", "#c2477f"),
            )
        ),
    ),
}
STYLES = MEASURED | DERIVED
