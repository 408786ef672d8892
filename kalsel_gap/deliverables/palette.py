"""Colours and shapes of the tiers, different also without colour vision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """How a tier is drawn.

    Attributes
    ----------
    colour : str
        Hexadecimal, from a viridis-like scale: dark is worst.
    shape : {'circle', 'square', 'triangle', 'diamond', 'pentagon', 'hexagon', 'ring'}
        A second cue besides colour.
    """

    colour: str
    shape: str


# Five steps of viridis: neighbours differ by at least 17 ΔE for every kind of colour vision.
# What is not verified is no step of the scale: it is left white, in a shape of its own.
TIERS: dict[str, Mark] = {
    "critical": Mark("#440154", "square"),
    "severe": Mark("#3b528b", "triangle"),
    "moderate": Mark("#21918c", "diamond"),
    "slight": Mark("#5ec962", "pentagon"),
    "adequate": Mark("#fde725", "circle"),
    "covered": Mark("#ffffff", "hexagon"),
}
UNKNOWN = Mark("#767676", "ring")
OUTLINE = "#1a1a1a"  # gives the light end a contrast of 3:1 on a light background

# Severity of a finding: dark, medium and light differ for every kind of colour vision.
SEVERITIES: dict[str, Mark] = {
    "error": Mark("#a1002f", "triangle"),
    "warning": Mark("#f0a202", "diamond"),
    "note": Mark("#2f86c8", "circle"),
}
PROPOSED = Mark("#00663f", "ring")

# Adequacy of the available service, five classes from their lower bound: purple is poor and yellow
# is good, as for the tiers, but lighter, so that marks of the schools stand out. Lightness alone
# keeps the order for every kind of colour vision, and none of the colours is that of the sea.
# *No signal* and *unknown* are not steps of that scale: lines and dots.
COVERAGE: tuple[tuple[float, str], ...] = (
    (0.0, "#9a7db0"),
    (0.25, "#c78fab"),
    (0.5, "#e3a99b"),
    (0.7, "#f2cd9b"),
    (0.85, "#faf2c0"),
)
NO_SIGNAL = "#5b3a66"  # lines
NOT_KNOWN = "#767676"  # dots

# What lies below everything: only water that is known to be the open sea is blue.
SEA = "#cadeeb"
LAND_OUTSIDE = "#d5d5d2"
LAND = "#fbfaf7"
