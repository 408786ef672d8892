"""Frame of a drawn map: the part of the Earth that it shows, and where a place lies on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import shapely

from kalsel_gap.deliverables import palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.deliverables.drawing import Drawing, Point
    from kalsel_gap.i18n.text import Text

DEGREE_KM = 111.32


class MapFrame(NamedTuple):
    """A rectangle of the Earth, drawn with the scale of its middle.

    Attributes
    ----------
    west, south, east, north : float
        Degrees.
    width, height : float
        Of the drawing, in its units.
    edge : float
        What is left free around the drawn area.
    """

    west: float
    south: float
    east: float
    north: float
    width: float
    height: float
    edge: float

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        width: float,
        height: float,
        edge: float,
    ) -> MapFrame:
        """The smallest one of the shape of the drawing that holds these degrees."""
        west, south, east, north = bounds
        stretch = math.cos(math.radians((south + north) / 2))
        wide, high = (east - west) * stretch, north - south
        shape = (width - 2 * edge) / (height - 2 * edge)
        wide, high = max(wide, high * shape) / stretch, max(high, wide / shape)
        x, y = (west + east) / 2, (south + north) / 2
        return cls(
            *(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), *(width, height, edge)
        )

    @property
    def pixels_per_km(self) -> float:
        """Units of the drawing for each kilometre."""
        return (self.height - 2 * self.edge) / ((self.north - self.south) * DEGREE_KM)

    @property
    def box(self) -> shapely.Polygon:
        """The rectangle in degrees."""
        return shapely.box(self.west, self.south, self.east, self.north)

    def at(self, lon: float, lat: float) -> Point:
        """Where a place lies in the drawing."""
        across = (lon - self.west) / (self.east - self.west)
        up = (lat - self.south) / (self.north - self.south)
        return (
            self.edge + across * (self.width - 2 * self.edge),
            self.height - self.edge - up * (self.height - 2 * self.edge),
        )

    def corners(self) -> list[Point]:
        """The corners of the drawn area, from the north-west on."""
        west, south, east, north = self.west, self.south, self.east, self.north
        return [
            self.at(x, y) for x, y in ((west, north), (east, north), (east, south), (west, south))
        ]

    def rings(self, geometry: shapely.Geometry) -> Iterator[list[Point]]:
        """The outer rings of the polygons of a geometry, in units of the drawing."""
        for part in shapely.get_parts(geometry):
            if part.geom_type == "Polygon" and not part.is_empty:
                yield [self.at(x, y) for x, y in part.exterior.coords]

    def draw_scale(self, made: Drawing, text: Text) -> None:
        """A bar of a round length in the lower left corner."""
        most_km = (self.width / 3) / self.pixels_per_km
        power = 10.0 ** math.floor(math.log10(most_km))
        km = max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most_km)
        x, y = self.edge + 8, self.height - self.edge - 10
        end = x + km * self.pixels_per_km
        made.line([(x, y), (end, y)], "#ffffff", 6.0)
        made.line([(x, y), (end, y)], palette.OUTLINE, 2.5)
        made.say((x, y - 7), f"{text.number(km, 0 if km >= 1 else 1)} km", 13)
