"""Vector drawings: areas, lines and text as SVG or PNG.

An SVG holds no font and no link and states in words what it shows. A PNG takes the one font that
its library carries, so that it looks alike on every machine; what that font lacks is written with
its nearest plain letters.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from xml.sax.saxutils import escape

from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Point: TypeAlias = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

# Of a PNG: pixels per unit, and how finely its shapes are drawn before averaging.
PIXELS, FINER = 2, 2
_RIM = 0.6  # width of the line around an area
_HALO = 3.0  # width of the outline of a text, half of it outside of its letters
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_SPELLED = str.maketrans({"–": "-", "−": "-", "×": "x", "≥": ">=", "≤": "<=", "“": '"', "”": '"'})


@dataclass(frozen=True, slots=True)
class FilledArea:
    """A filled polygon; with `outline`, a colour, a thin line around it."""

    points: tuple[Point, ...]
    fill: str
    outline: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; `dash` are lengths drawn and left out in turn."""

    points: tuple[Point, ...]
    colour: str
    width: float
    dash: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Text with a light outline, `halo` wide; `y` is its baseline. It lies above all shapes."""

    x: float
    y: float
    words: str
    size: float
    anchor: Anchor
    colour: str
    bold: bool
    halo: float = _HALO


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes one above the other, in units from the upper left corner.

    Attributes
    ----------
    width, height : int
        Of the whole.
    title, description : str
        What it shows, for people who cannot see it.
    language : str
        Of all words.
    """

    width: int
    height: int
    title: str
    description: str
    language: str
    shapes: list[FilledArea | Line] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)

    def area(self, points: Sequence[Point], fill: str, outline: str = "") -> None:
        """Add a filled polygon."""
        self.shapes.append(FilledArea(tuple(points), fill, outline))

    def line(
        self, points: Sequence[Point], colour: str, width: float = 1.0, dash: Sequence[float] = ()
    ) -> None:
        """Add a line."""
        self.shapes.append(Line(tuple(points), colour, width, tuple(dash)))

    def say(
        self,
        at: Point,
        words: str,
        size: float = 13.0,
        *,
        anchor: Anchor = "start",
        colour: str = "#1a1a1a",
        bold: bool = False,
        halo: float = _HALO,
    ) -> None:
        """Add text; control characters in it become spaces."""
        self.texts.append(Words(*at, plain(words), size, anchor, colour, bold, halo))


def to_svg(drawing: Drawing) -> bytes:
    """The drawing as SVG, UTF-8; the same bytes on every machine."""
    body = [*map(_shape, drawing.shapes), *map(_text, drawing.texts)]
    title, description = (_xml(each) for each in (drawing.title, drawing.description))
    # Several drawings on one page need different names.
    name = hashlib.sha256("\n".join([title, description, *body]).encode()).hexdigest()[:8]
    size = f'width="{drawing.width}" height="{drawing.height}"'
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {drawing.width} {drawing.height}" xml:lang="{drawing.language}" '
        f'lang="{drawing.language}" role="img" aria-labelledby="t{name} d{name}">'
    )
    lines = [
        opening,
        f'<title id="t{name}">{title}</title>',
        f'<desc id="d{name}">{description}</desc>',
        f'<rect {size} fill="#ffffff"/>',
        '<g stroke-linejoin="round" font-family="Arial, Helvetica, sans-serif">',
        *body,
        "</g>",
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _xml(words: str) -> str:
    """Text of the inputs inside XML."""
    return escape(_NOT_XML.sub("\ufffd", plain(words)), {'"': "&quot;"})


def _digits(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_digits(x)},{_digits(y)}" for x, y in points)


def _shape(shape: FilledArea | Line) -> str:
    if isinstance(shape, FilledArea):
        rim = f' stroke="{shape.outline}" stroke-width="{_digits(_RIM)}"' if shape.outline else ""
        return f'<polygon points="{_points(shape.points)}" fill="{shape.fill}"{rim}/>'
    dash = f' stroke-dasharray="{" ".join(map(_digits, shape.dash))}"' if shape.dash else ""
    return (
        f'<polyline points="{_points(shape.points)}" fill="none" stroke="{shape.colour}" '
        f'stroke-width="{_digits(shape.width)}"{dash}/>'
    )


def _text(text: Words) -> str:
    weight = ' font-weight="bold"' if text.bold else ""
    place = (
        f'x="{_digits(text.x)}" y="{_digits(text.y)}" font-size="{_digits(text.size)}" '
        f'text-anchor="{text.anchor}"{weight}'
    )
    rim = f'stroke="#ffffff" stroke-width="{_digits(text.halo)}"'
    words = _xml(text.words)
    if text.halo <= _HALO:
        return f'<text {place} fill="{text.colour}" {rim} paint-order="stroke">{words}</text>'
    # A wide outline of a letter would hide a part of the one before it: all of them lie below.
    return (
        f'<text {place} fill="#ffffff" {rim} aria-hidden="true">{words}</text>'
        f'<text {place} fill="{text.colour}">{words}</text>'
    )


def to_png(drawing: Drawing) -> bytes:
    """The drawing as PNG, :data:`PIXELS` for each unit."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    scale = PIXELS * FINER
    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "#ffffff")
    pen = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, FilledArea):
            scaled = [(x * scale, y * scale) for x, y in shape.points]
            pen.polygon(scaled, shape.fill, shape.outline or None, round(_RIM * scale))
            continue
        for part in _dashes(shape.points, shape.dash) if shape.dash else [shape.points]:
            scaled = [(x * scale, y * scale) for x, y in part]
            pen.line(scaled, shape.colour, max(round(shape.width * scale), 1), joint="curve")
    image = image.resize((drawing.width * PIXELS, drawing.height * PIXELS), Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    for text in drawing.texts:
        place = (text.x * PIXELS, text.y * PIXELS)
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[text.anchor]
        words = _spelled(text.words)
        font = _font(text.size * PIXELS)
        rim = {"stroke_width": PIXELS * text.halo / _HALO, "stroke_fill": "#ffffff"}
        pen.text(place, words, text.colour, font, anchor, **rim)  # type: ignore[arg-type]
        # The font has no bold style: a thin outline in its own colour replaces it.
        own = {"stroke_width": 0.6 * text.bold, "stroke_fill": text.colour}
        pen.text(place, words, text.colour, font, anchor, **own)  # type: ignore[arg-type]
    metadata = PngInfo()
    metadata.add_itxt("Title", _NOT_XML.sub("\ufffd", plain(drawing.title)), lang=drawing.language)
    metadata.add_itxt(
        "Description", _NOT_XML.sub("\ufffd", plain(drawing.description)), lang=drawing.language
    )
    file = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(file, "PNG", pnginfo=metadata)
    return file.getvalue()


@cache
def _font(size: float) -> Any:  # noqa: ANN401 - the library's own
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _spelled(words: str) -> str:
    """What the font can write: plain letters, and a question mark for all others."""
    letters = unicodedata.normalize("NFD", words.translate(_SPELLED))
    kept = (c for c in letters if not unicodedata.combining(c))
    return "".join(c if c.isascii() or c in "°·±…" else "?" for c in kept)


def _dashes(points: Sequence[Point], dash: Sequence[float]) -> Iterator[list[Point]]:
    """The parts of a line that are drawn."""
    turn, left = 0, dash[0]
    part = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        length, gone = math.hypot(x1 - x0, y1 - y0), 0.0
        while length - gone > left:
            gone += left
            at = (x0 + (x1 - x0) * gone / length, y0 + (y1 - y0) * gone / length)
            if turn % 2 == 0:
                yield [*part, at]
            turn += 1
            left = dash[turn % len(dash)]
            part = [at]
        left -= length - gone
        part.append((x1, y1))
    if turn % 2 == 0 and len(part) > 1:
        yield part
