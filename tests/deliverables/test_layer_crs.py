"""The CRS of layers: horizontal, and one in which the schools lie."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables.layer_crs import METRIC_CRS, chosen_crs, refuse_other_crs
from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

SITE = (
    'ENGCRS["site",EDATUM["site"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],'
    'LENGTHUNIT["metre",1]]'
)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (None, METRIC_CRS),
        ("EPSG:4326", "EPSG:4326"),
        (" epsg:23880 ", "EPSG:23880"),
        ("32750", "EPSG:32750"),
        ("WGS 84 / UTM zone 50S", "EPSG:32750"),
        ("EPSG:3857", "EPSG:3857"),
    ],
)
def test_what_is_taken(tiny: Run, given: str | None, taken: str) -> None:
    assert chosen_crs(given, tiny.schools) == taken


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("EPSG:5773", "crs_not_horizontal"),  # heights
        ("EPSG:9705", "crs_not_horizontal"),  # degrees and heights
        ("EPSG:4979", "crs_not_horizontal"),  # three axes
        ("EPSG:4978", "crs_not_horizontal"),  # geocentric
        (SITE, "crs_not_horizontal"),  # axes of a building site
        ("EPSG:32748", "crs_elsewhere"),  # two zones to the west
        ("EPSG:31370", "crs_elsewhere"),
        ("EPSG:1", "crs_unknown"),
        ("UTM", "crs_unknown"),
        ("", "crs_unknown"),
        ("../../etc/passwd", "crs_unknown"),
    ],
)
def test_what_is_refused(tiny: Run, given: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        chosen_crs(given, tiny.schools)
    assert caught.value.code == code
    assert str(caught.value.path).startswith("--crs")


def test_without_any_place_every_crs_is_taken(tiny: Run) -> None:
    nowhere = tiny.schools.assign(lat=float("nan"), lon=float("nan"))
    assert chosen_crs("EPSG:31370", nowhere) == "EPSG:31370"


def test_formats_of_degrees_take_nothing_else() -> None:
    refuse = partial(refuse_other_crs, layer="GeoJSON", standard="RFC 7946")
    for same in (None, "EPSG:4326", "4326", "OGC:CRS84"):
        refuse(same)
    for other, code in (("EPSG:32750", "crs_fixed"), ("nonsense", "crs_unknown")):
        with pytest.raises(InputError) as caught:
            refuse(other)
        assert caught.value.code == code
