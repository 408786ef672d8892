"""Map of the report: the kabupaten and every school by its tier, the worst on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.drawing import Drawing
from kalsel_gap.deliverables.leaflet import bare_kabupaten, bounds_of
from kalsel_gap.deliverables.map_frame import MapFrame
from kalsel_gap.i18n.messages import TIER_NAMES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

WIDTH = 640
_LEGEND = 176.0  # width of the legend beside the map
_LEAST, _MOST = 330.0, 760.0  # height
_EDGE = 6.0
_BORDER, _FRAME = "#8a8272", "#9a9a9a"
# Land is darker than what is around it, so that a small island is no mark; white marks and the
# ring, through which it shows, differ on it.
_LAND = "#e6dcc3"
_NOT_DRAWN = "#f6f8f9"  # water, and land of which the run has no outline
_HALO = 5.0  # around labels that lie on marks
_RADIUS = {"critical": 5.0, "severe": 4.2, "moderate": 3.8, "slight": 3.4}
_USUAL = 3.2
_MANY = 1500  # schools from which on the signs become smaller
_LETTER = 0.56  # mean width of a letter of a label, of its size
_PLACES = 0.4  # units by which a simplified border may move


def tier_map(
    title: str, said: Sequence[str], schools: pd.DataFrame, areas: pd.DataFrame, text: Text
) -> Drawing:
    """A static map of the schools that have a usable location.

    Parameters
    ----------
    title : str
        Caption.
    said : sequence of str
        What it shows in words, before the counts.
    schools : DataFrame
        Each school once.
    areas : DataFrame
        Table ``boundaries`` of the run.
    text : Text
    """
    kabupaten = areas[areas["level"] == "kabupaten"]
    (south, west), (north, east) = bounds_of(schools, kabupaten)
    wide = max(east - west, 1e-3)
    height = min(max((WIDTH - _LEGEND) * max(north - south, 1e-3) / wide, _LEAST), _MOST)
    frame = MapFrame.around((west, south, east, north), WIDTH - _LEGEND, height, _EDGE)
    marks = schools["tier_label"].astype("object").fillna("unknown")
    placed = schools["lat"].notna() & schools["lon"].notna()
    counts = {name: int((marks == name).sum()) for name in (*palette.TIERS, "unknown")}
    listed = "; ".join(
        f"{text(TIER_NAMES[name])}: {text.number(count)}" for name, count in counts.items() if count
    )
    without = text(
        N_("Without a place on the map: {count}."), count=text.number(int((~placed).sum()))
    )
    description = " ".join([*said, f"{listed}.", *([without] if (~placed).any() else [])])
    made = Drawing(WIDTH, round(height), title, description, text.language)
    _draw_land(made, frame, kabupaten)
    smaller = min(1.0, (_MANY / max(int(placed.sum()), 1)) ** 0.35)
    order = ["unknown", "covered", *reversed(list(palette.TIERS)[:5])]
    for name in order:
        mark = palette.UNKNOWN if name == "unknown" else palette.TIERS[name]
        chosen = schools[placed & (marks == name)].sort_values(["rank", "row_id"], ascending=False)
        for lon, lat in zip(chosen["lon"], chosen["lat"], strict=True):
            draw_mark(
                made, mark, frame.at(float(lon), float(lat)), smaller * _RADIUS.get(name, _USUAL)
            )
    made.line([*frame.corners(), frame.corners()[0]], _FRAME)
    frame.draw_scale(made, text)
    for name, shape in zip(kabupaten["name"], kabupaten.geometry, strict=True):
        if shape is not None and not shape.is_empty:
            place = shape.representative_point()
            label = bare_kabupaten(plain(name))
            x, y = frame.at(place.x, place.y)
            half = 11.5 * _LETTER * len(label) / 2
            x = min(max(x, _EDGE + half), max(WIDTH - _LEGEND - _EDGE - half, _EDGE + half))
            made.say((x, y), label, 11.5, anchor="middle", bold=True, halo=_HALO)
    off = {name: int((marks[~placed] == name).sum()) for name in counts}
    _draw_legend(made, counts, off, text)
    return made


def _draw_land(made: Drawing, frame: MapFrame, kabupaten: pd.DataFrame) -> None:
    made.area(frame.corners(), _NOT_DRAWN)
    shapes = [shape for shape in kabupaten.geometry if shape is not None]
    if not shapes:
        return
    coarse = _PLACES * (frame.north - frame.south) / (frame.height - 2 * frame.edge)
    for shape in shapely.coverage_simplify(shapes, coarse):
        for ring in frame.rings(shape):
            made.area(ring, _LAND)
            made.line([*ring, ring[0]], _BORDER, 0.7)


def draw_mark(made: Drawing, mark: palette.Mark, place: tuple[float, float], radius: float) -> None:
    """A school, or the same sign in a legend."""
    x, y = place
    points = [(x + radius * dx, y + radius * dy) for dx, dy in palette.corners(mark.shape)]
    if mark.shape == "ring":
        made.line([*points, points[0]], mark.colour, 2.0)
    else:
        made.area(points, mark.colour, palette.OUTLINE)


def _draw_legend(
    made: Drawing, counts: dict[str, int], without: dict[str, int], text: Text
) -> None:
    """Each tier with its schools, and how many of them the map cannot show."""
    x, y = WIDTH - _LEGEND + 16.0, 26.0
    made.say((x - 4, y), text(N_("Tier of deficit")), 13, bold=True)
    for name, count in counts.items():
        y += 26.0
        mark = palette.UNKNOWN if name == "unknown" else palette.TIERS[name]
        draw_mark(made, mark, (x + 2, y - 4), 6.0)
        lines = _wrapped(text(TIER_NAMES[name]), 19)
        if without[name]:
            missing = text(N_("{count} not on the map"), count=text.number(without[name]))
            lines.append(f"({missing})")
        for number, line in enumerate(lines):
            made.say((x + 16, y + 14.0 * number), line, 12.5)
        made.say((WIDTH - 4, y), text.number(count), 12.5, anchor="end")
        y += 14.0 * (len(lines) - 1)


def _wrapped(words: str, most: int) -> list[str]:
    """Words in lines of at most so many characters, if no word is longer.

    Examples
    --------
    >>> _wrapped("good signal, not verified", 14)
    ['good signal,', 'not verified']
    """
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
