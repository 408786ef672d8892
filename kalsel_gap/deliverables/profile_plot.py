"""Plot of a path profile: terrain, Earth bulge, trees, ray, first Fresnel zone.

The ray is drawn straight, so the ground is raised by the Earth's bulge at the effective radius:
what touches the ray in the picture touches it in reality. Sentences below the title say the same
in words, also for people who cannot see the picture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.deliverables.drawing import Drawing
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.radio.links.path_view import CLEAR, Curves, PathView, curves, worst
from kalsel_gap.radio.propagation.fresnel import fresnel_radius_m

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kalsel_gap.deliverables.drawing import Anchor, Point
    from kalsel_gap.geo.arrays import BoolArray, FloatArray


WIDTH, HEIGHT = 960, 606
LEFT, RIGHT, TOP, BOTTOM = 76.0, 936.0, 178.0, 486.0
END = 14.0  # between the frame and the antennas
WRAP, LINES = 150, 6  # letters per line, and lines below the title

# Light, medium and dark differ in grey as well.
GROUND, EARTH, ZONE = "#b79f7e", "#86715a", "#d7e8f7"
TREES, SEA, RAY, RIM, INNER, WORST = (
    *("#2f6b3c", "#1f4e9e", "#1a1a1a", "#2a6cb0", "#2a6cb0", "#a1002f"),
)
GREY, GRID = "#4a4a4a", "#e6e6e6"


def statements(view: PathView, text: Text) -> list[str]:
    """The picture in words: the link, the path loss, the obstacle."""
    ends = N_(
        "{distance} km at {frequency} MHz; antennas {tx} m (site) and {rx} m (school) above ground."
    )
    lines = [
        text(
            ends,
            distance=text.number(float(view.distance_km[-1]), 1),
            tx=_metres(view.tx_height_m, text),
            rx=_metres(view.rx_height_m, text),
            frequency=text.number(view.frequency_mhz),
        ),
        _loss(view, text),
        _budget(view, text),
        _obstacle(view, text),
    ]
    return [line for line in lines if line]


def _loss(view: PathView, text: Text) -> str:
    """Path loss and level, and their uncertainty."""
    parts = []
    if math.isfinite(view.loss_db):
        loss = N_("path loss {loss} dB, of which diffraction {diffraction} dB")
        parts.append(
            text(
                loss,
                loss=text.number(view.loss_db, 1),
                diffraction=text.number(view.diffraction_db, 1),
            )
        )
    else:
        parts.append(text(N_("path loss unknown")))
    if math.isfinite(view.level_dbm):
        level = N_("level {level} dBm ± {sigma} dB")
        parts.append(
            text(
                level,
                level=text.number(view.level_dbm, 1),
                sigma=text.number(view.sigma_db, 1) or "?",
            )
        )
        spread = N_("uncalibrated: ± is the error that such predictions are assumed to have")
        parts.append(text(N_("calibrated")) if view.calibrated else text(spread))
    return f"{view.model}: {'; '.join(parts)}."


def _budget(view: PathView, text: Text) -> str:
    """The terms between power and level; terms of 0 dB are left out."""
    lost = view.loss_db + view.vegetation_db + view.surroundings_db
    whole_dbm = view.eirp_dbm + view.share_db - lost + view.offset_db
    antenna_db = view.level_dbm - whole_dbm
    if not math.isfinite(antenna_db):
        return ""
    terms = {
        N_("measured part of the carrier"): view.share_db,
        N_("antenna direction"): antenna_db,
        N_("path loss"): -view.loss_db,
        N_("trees"): -view.vegetation_db,
        N_("clutter"): -view.surroundings_db,
        N_("calibration"): view.offset_db,
    }
    said = "".join(
        f" {'−' if db < 0 else '+'} {text.number(abs(db), 1)} ({text(name)})"
        for name, db in terms.items()
        if abs(db) >= 0.05
    )
    sentence = N_("{eirp} dBm (EIRP){terms} = {level} dBm.")
    figures = {name: text.number(getattr(view, f"{name}_dbm"), 1) for name in ("eirp", "level")}
    return text(sentence, terms=said, **figures)


def _obstacle(view: PathView, text: Text) -> str:
    """Whether the path is clear, and where the clearance is smallest."""
    found = worst(view)
    if np.isnan(view.ground_m).any() or found.sample < 0:
        return text(N_("Heights are missing along the path: whether it is clear is unknown."))
    if found.ratio < 0:
        sentence = N_(
            "Blocked {km} km from the site: the obstacle there ({height} m above sea level) is "
            "{excess} m too high for 60 % of the first Fresnel zone to be free."
        )
    elif found.ratio < CLEAR:
        sentence = N_(
            "Line of sight, but not clear {km} km from the site: the obstacle there ({height} m "
            "above sea level) is {excess} m too high for 60 % of the first Fresnel zone to be "
            "free."
        )
    else:
        sentence = N_(
            "Clear: above the nearest obstacle, {km} km from the site ({height} m above sea "
            "level), {ratio} % of the first Fresnel radius is free; 60 % is enough."
        )
    return text(
        sentence,
        km=text.number(float(view.distance_km[found.sample]), 1),
        height=text.number(found.height_m),
        excess=text.number(abs(found.excess_m), 1 if abs(found.excess_m) < 10.0 else 0),
        ratio=text.number(100.0 * found.ratio),
    )


def picture(view: PathView, text: Text) -> Drawing:
    """The picture, to be written by `drawing.to_svg` or `drawing.to_png`.

    Parameters
    ----------
    view : PathView
        At least three samples; the ground at both ends known.
    text : Text
        The reader's language.
    """
    said = statements(view, text)
    names = {"site": _short(view.site, 40), "school": _short(view.school, 48)}
    title = text(N_("Radio path from {site} to {school}"), **names)
    drawn = Drawing(WIDTH, HEIGHT, title, " ".join(said), text.language)
    curve = curves(view)
    frame = _Frame.of(view, curve)
    _axes(drawn, frame, view, text)
    _land(drawn, frame, view, curve)
    _zone(drawn, frame, view, curve)
    _ends(drawn, frame, view, curve, text)
    _mark(drawn, frame, view, curve, text)
    _key(drawn, view, text, earth=bool(np.nanmax(curve.bulge) > frame.low_m))
    drawn.say((LEFT - 54, 34), title, 20, bold=True)
    lines = [line for sentence in said for line in _wrapped(sentence)]
    for row, line in enumerate(lines[:LINES]):
        drawn.say((LEFT - 54, 56 + 18 * row), line, 13, colour=GREY)
    return drawn


class _Frame(NamedTuple):
    """Scales from kilometres and metres to the picture."""

    length_km: float
    low_m: float
    high_m: float

    @classmethod
    def of(cls, view: PathView, curve: Curves) -> _Frame:
        low = min(float(np.nanmin(curve.ground)), float(np.nanmin(curve.ray - curve.radius)))
        high = max(float(np.nanmax(curve.top)), float(np.nanmax(curve.ray + curve.radius)))
        low = max(low, min(float(np.nanmin(view.ground_m)), 0.0))
        room = max(high - low, 20.0)
        return cls(float(view.distance_km[-1]), low - 0.04 * room, high + 0.14 * room)

    def x(self, km: float) -> float:
        return LEFT + END + (RIGHT - LEFT - 2 * END) * km / self.length_km

    def y(self, m: float) -> float:
        share = (m - self.low_m) / (self.high_m - self.low_m)
        return min(BOTTOM - (BOTTOM - TOP) * share, BOTTOM)

    def along(self, km: FloatArray, m: FloatArray) -> list[Point]:
        return [(self.x(float(a)), self.y(float(b))) for a, b in zip(km, m, strict=True)]


def _axes(drawn: Drawing, frame: _Frame, view: PathView, text: Text) -> None:
    """Grid, figures and names of both axes."""
    step = _step(frame.length_km, 8)
    for n in range(math.floor(frame.length_km / step + 1e-9) + 1):
        x = frame.x(n * step)
        drawn.line([(x, TOP), (x, BOTTOM)], GRID)
        drawn.say((x, BOTTOM + 18), text.number(n * step, _decimals(step)), 12, anchor="middle")
    step = _step(frame.high_m - frame.low_m, 6)
    for n in range(math.ceil(frame.low_m / step), math.floor(frame.high_m / step) + 1):
        y = frame.y(n * step)
        drawn.line([(LEFT, y), (RIGHT, y)], GRID)
        drawn.say((LEFT - 8, y + 4), text.number(n * step, _decimals(step)), 12, anchor="end")
    drawn.line([(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], GREY)
    raised = N_("Height above sea level, m (including the Earth's curvature, k = {k})")
    drawn.say((LEFT - 54, TOP - 9), text(raised, k=text.number(view.k, 2)), 12, colour=GREY)
    across = text(N_("Distance from the site, km"))
    drawn.say(((LEFT + RIGHT) / 2, BOTTOM + 36), across, 12, anchor="middle", colour=GREY)


def _land(drawn: Drawing, frame: _Frame, view: PathView, curve: Curves) -> None:
    """The Fresnel zone, and before it ground, clutter, sea and the Earth's curve."""
    d = view.distance_km
    drawn.area([*_rim(frame, view, curve, 1.0), *_rim(frame, view, curve, -1.0)[::-1]], ZONE)
    for run in _runs(np.isfinite(curve.ground)):
        ground = frame.along(d[run], curve.ground[run])
        earth = frame.along(d[run], np.minimum(curve.bulge[run], curve.ground[run]))
        if view.clutter_m.size:
            _trees(drawn, frame, d[run], curve.ground[run], curve.top[run])
        floor = [(ground[-1][0], BOTTOM), (ground[0][0], BOTTOM)]
        drawn.area([*ground, *floor], GROUND)
        drawn.area([*earth, *floor], EARTH)
        drawn.line(ground, RAY, 1.2)
    for run in _runs(view.sea if view.sea.size else np.zeros(d.size, dtype=np.bool_)):
        if run.stop - run.start > 1:
            drawn.line(frame.along(d[run], curve.ground[run]), SEA, 4.0)


def _trees(
    drawn: Drawing, frame: _Frame, km: FloatArray, ground: FloatArray, top: FloatArray
) -> None:
    """Vertical lines as high as the clutter, a few pixels apart."""
    left, right = frame.x(float(km[0])), frame.x(float(km[-1]))
    for n in range(math.ceil(left / 4.0), math.floor(right / 4.0) + 1):
        at = float(km[-1]) * (4.0 * n - frame.x(0.0)) / max(frame.x(float(km[-1])) - frame.x(0), 1)
        foot, head = np.interp(at, km, ground), np.interp(at, km, top)
        if head > foot:
            drawn.line([(4.0 * n, frame.y(float(foot))), (4.0 * n, frame.y(float(head)))], TREES, 2)


def _zone(drawn: Drawing, frame: _Frame, view: PathView, curve: Curves) -> None:
    """Edges of the Fresnel zone and of its 60 %, and the ray."""
    for share, dash, colour in ((1.0, (7.0, 4.0), RIM), (CLEAR, (2.0, 3.0), INNER)):
        for side in (-share, share):
            drawn.line(_rim(frame, view, curve, side), colour, 1.4, dash)
    drawn.line(frame.along(view.distance_km[[0, -1]], curve.ray[[0, -1]]), RAY, 2.0)


def _rim(frame: _Frame, view: PathView, curve: Curves, share: float) -> list[Point]:
    """The ellipse of a share of the Fresnel radius: most points where it bends most."""
    length_km = float(view.distance_km[-1])
    km = length_km * (1.0 - np.cos(np.linspace(0.0, np.pi, 181))) / 2.0
    ray = np.interp(km, view.distance_km[[0, -1]], curve.ray[[0, -1]])
    return frame.along(km, ray + share * fresnel_radius_m(km, length_km - km, view.frequency_mhz))


def _ends(drawn: Drawing, frame: _Frame, view: PathView, curve: Curves, text: Text) -> None:
    """Masts and antennas with their names."""
    for end, height_m in ((0, view.tx_height_m), (-1, view.rx_height_m)):
        x = frame.x(float(view.distance_km[end]))
        foot, head = frame.y(float(curve.ground[end])), frame.y(float(curve.ray[end]))
        drawn.line([(x, foot), (x, head)], RAY, 3.0)
        drawn.area([(x - 6, head - 8), (x + 6, head - 8), (x, head + 1)], RAY)
        name = N_("School, {height} m") if end else N_("Site, {height} m")
        words = text(name, height=_metres(height_m, text))
        drawn.say(
            (x + (6 if end else -6), head - 14),
            words,
            13,
            anchor="end" if end else "start",
            bold=True,
        )


def _mark(drawn: Drawing, frame: _Frame, view: PathView, curve: Curves, text: Text) -> None:
    """The worst obstacle: an arrow on its top, and its distance and height."""
    anchor: Anchor
    found = worst(view)
    if found.sample < 0:
        return
    x = frame.x(float(view.distance_km[found.sample]))
    y = frame.y(float(curve.top[found.sample]))
    drawn.line([(x, y), (x, frame.y(float(curve.ray[found.sample])))], WORST, 2.0)
    drawn.area([(x, y), (x - 7, y + 12), (x + 7, y + 12)], WORST)
    words = text(
        N_("{km} km, {height} m"),
        km=text.number(float(view.distance_km[found.sample]), 1),
        height=text.number(found.height_m),
    )
    if found.ratio < 0:
        above = frame.y(float(curve.top[found.sample])) - 8
        at, anchor = (min(max(x, LEFT + 60), RIGHT - 60), above), "middle"
    elif x < (LEFT + RIGHT) / 2:
        at, anchor = (x + 11, y - 6), "start"
    else:
        at, anchor = (x - 11, y - 6), "end"
    drawn.say(at, words, 13, anchor=anchor, colour=WORST, bold=True)


def _key(drawn: Drawing, view: PathView, text: Text, *, earth: bool) -> None:
    """The legend of lines and areas, four per row."""
    entries = [
        (N_("Terrain"), "ground"),
        *([(N_("Earth's curvature"), "earth")] if earth else []),
        (N_("Straight ray"), "ray"),
        (N_("First Fresnel zone"), "zone"),
        (N_("60 % of the first Fresnel zone"), "inner"),
        (N_("Worst obstacle"), "worst"),
    ]
    if view.clutter_m.size and np.nanmax(view.clutter_m) > 0:
        entries.append((N_("Trees and buildings"), "trees"))
    if view.sea.any():
        entries.append((N_("Sea"), "sea"))
    for n, (name, kind) in enumerate(entries):
        x, y = LEFT - 54 + 230 * (n % 4), BOTTOM + 66 + 26 * (n // 4)
        _swatch(drawn, x, y, kind)
        drawn.say((x + 42, y + 4), text(name), 13)


def _swatch(drawn: Drawing, x: float, y: float, kind: str) -> None:
    """A sample of a line or area."""
    box = [(x, y - 7), (x + 32, y - 7), (x + 32, y + 7), (x, y + 7)]
    across = [(x, y), (x + 32, y)]
    match kind:
        case "ground" | "earth" | "zone":
            drawn.area(box, {"ground": GROUND, "earth": EARTH, "zone": ZONE}[kind])
            if kind == "ground":
                drawn.line(box[:2], RAY, 1.2)
            elif kind == "zone":
                drawn.line(box[:2], RIM, 1.4, (7.0, 4.0))
                drawn.line(box[2:], RIM, 1.4, (7.0, 4.0))
        case "ray":
            drawn.line(across, RAY, 2.0)
        case "inner":
            drawn.line(across, INNER, 1.4, (2.0, 3.0))
        case "worst":
            drawn.area([(x + 16, y - 6), (x + 9, y + 6), (x + 23, y + 6)], WORST)
        case "trees":
            for n in range(8):
                drawn.line([(x + 2 + 4 * n, y - 7), (x + 2 + 4 * n, y + 7)], TREES, 2)
        case "sea":
            drawn.line(across, SEA, 4.0)


def _runs(flags: BoolArray) -> Iterator[slice]:
    """Runs of consecutive samples for which a condition holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        yield slice(int(begin), int(end))


def _step(extent: float, most: int) -> float:
    """Round step of an axis: 1, 2 or 5 times a power of ten, at most so many steps.

    Examples
    --------
    >>> _step(23.0, 8), _step(0.9, 6)
    (5.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(extent / most))
    return next(power * step for step in (1.0, 2.0, 5.0, 10.0) if extent <= most * power * step)


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def _metres(height_m: float, text: Text) -> str:
    """A height, with a decimal only where it has one."""
    return text.number(height_m, 0 if float(height_m).is_integer() else 1)


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _wrapped(sentence: str) -> Sequence[str]:
    """A sentence in lines that fit."""
    import textwrap

    return textwrap.wrap(sentence, WRAP) or [""]
