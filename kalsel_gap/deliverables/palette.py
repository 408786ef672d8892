"""Colours and shapes of the tiers, different also without colour vision."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """How a tier is drawn.

    Attributes
    ----------
    colour : str
        Hexadecimal, from a viridis-like scale: dark is worst.
    shape : {'circle', 'square', 'triangle', 'diamond', 'pentagon', 'hexagon', 'ring', 'cross'}
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
NO_SCHOOL = Mark("#a6a6a6", "circle")  # rows that are no school to count: small
OUTLINE = "#1a1a1a"  # gives the light end a contrast of 3:1 on a light background

# Steps of a number, the largest first: one shape, whose size is the second cue.
STEPS: tuple[Mark, ...] = tuple(Mark(mark.colour, "circle") for mark in list(TIERS.values())[:5])
# What has kinds instead of steps: each has a shape and a lightness of its own besides its colour.
GAPS: dict[str, Mark] = {
    "uncovered": Mark("#3d0a3f", "square"),
    "weak": Mark("#b04a00", "triangle"),
    "unconnected": Mark("#e69f00", "diamond"),
    "slow": Mark("#f5e663", "pentagon"),
    "covered_unverified": Mark("#ffffff", "hexagon"),
    "adequate": Mark("#8ecbe8", "circle"),
}
SETS: dict[str, Mark] = {
    "certain": Mark("#440154", "square"),
    "contested": Mark("#e69f00", "diamond"),
    "out": Mark("#cfe3ef", "circle"),
}
TERRAINS: dict[str, Mark] = {
    "pegunungan": Mark("#6b3d00", "triangle"),
    "pulau_kecil": Mark("#8d3f8f", "square"),
    "rawa": Mark("#1b8a7a", "diamond"),
    "pesisir": Mark("#f0b73c", "pentagon"),
    "dataran": Mark("#e3ecc4", "circle"),
}
# What is drawn over the colour of a terrain class on the map, so that colour is never alone: the
# plain has nothing.
TERRAIN_PATTERNS: dict[str, tuple[str, str]] = {
    "pegunungan": ("diagonals", "#ffffff"),
    "pulau_kecil": ("grid", "#ffffff"),
    "rawa": ("dots", "#ffffff"),
    "pesisir": ("lines", "#6b4a00"),
    "dataran": ("", ""),
}
# Kinds of evidence are never blended: neither in a colour nor in a shape.
EVIDENCE: dict[str, Mark] = {
    "measured": Mark("#00506b", "circle"),
    "predicted": Mark("#c8551b", "triangle"),
    "modelled": Mark("#7fc5a6", "diamond"),
    "declared": Mark("#f5e1ee", "square"),
}
DOUBT = Mark("#a1002f", "ring")  # around a school whose location is in doubt
FINDING = Mark("#7a4b00", "frame")  # around a school that something else was found about

# Share of critical schools in an area: none, and four steps from their lower bound. Each step has
# lines of its own besides; where no school is known there are dots.
SHARES: tuple[tuple[float, str], ...] = (
    (0.0, "#fff7ec"),
    (0.05, "#fdd49e"),
    (0.1, "#fc9d59"),
    (0.25, "#d7441f"),
    (0.5, "#7f0000"),
)

# What a plan chooses for a school: two options of one shape differ in lightness.
PLANNED: dict[str, Mark] = {
    "subscription": Mark("#0b3c8c", "circle"),
    "cpe_4g": Mark("#e69f00", "triangle"),
    "microwave": Mark("#5c3200", "diamond"),
    "microwave_relay": Mark("#e0b07a", "diamond"),
    "fibre": Mark("#440154", "square"),
    "leo": Mark("#125e52", "pentagon"),
    "satria": Mark("#c7e9b4", "pentagon"),
    "vsat": Mark("#f5e663", "hexagon"),
    "bts": Mark("#8f1713", "triangle"),
    "hub": Mark("#2a5f87", "hexagon"),
}
# Of schools for which a plan buys nothing: why.
NOT_PLANNED: dict[str, Mark] = {
    "unfunded": Mark("#a1002f", "frame"),
    "not_chosen": Mark("#3a3a3a", "ring"),
    "no_option": Mark("#ffffff", "hexagon"),
    "promised": Mark("#ffffff", "square"),
    "excluded": Mark("#a6a6a6", "square"),
    "adequate": Mark("#ffffff", "circle"),
    "not_counted": Mark("#a6a6a6", "circle"),
}
# Years of a plan, the first one first; those after the fifth are one class.
YEARS: tuple[Mark, ...] = tuple(list(TIERS.values())[:5])
# Shared infrastructure that a plan opens.
OPENED = Mark("#00663f", "frame")

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

# Corners of a shape, where the first one lies in degrees, and its size where a circle has 1.
_CORNERS = {
    "square": (4, 45, 1.25),
    "frame": (4, 45, 1.25),
    "triangle": (3, -90, 1.4),
    "diamond": (4, 0, 1.35),
    "pentagon": (5, -90, 1.15),
    "hexagon": (6, 0, 1.1),
    "circle": (24, 0, 1.0),
    "ring": (24, 0, 1.0),
}


def corners(shape: str) -> list[tuple[float, float]]:
    """Corners of a shape about the origin, as large as a circle of radius 1; y points down."""
    count, turn, size = _CORNERS[shape]
    angles = [math.radians(turn + 360 * n / count) for n in range(count)]
    return [(size * math.cos(angle), size * math.sin(angle)) for angle in angles]
