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
# What is not verified has the colour of the last tier and a shape of its own.
TIERS: dict[str, Mark] = {
    "critical": Mark("#440154", "square"),
    "severe": Mark("#3b528b", "triangle"),
    "moderate": Mark("#21918c", "diamond"),
    "slight": Mark("#5ec962", "pentagon"),
    "adequate": Mark("#fde725", "circle"),
    "covered": Mark("#fde725", "hexagon"),
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

# Adequacy of the available service, five classes from their lower bound: cividis, reversed and
# lightened, so that pale is poor, marks of the schools stand out, and every kind of colour vision
# keeps the order. *No signal* and *unknown* are not steps of that scale.
COVERAGE: tuple[tuple[float, str], ...] = (
    (0.0, "#fdea9b"),
    (0.25, "#d5c78f"),
    (0.5, "#a6a399"),
    (0.7, "#76819b"),
    (0.85, "#44608f"),
)
NO_SIGNAL = "#f6d5cf"
NOT_KNOWN = "#767676"  # hatched
