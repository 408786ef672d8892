"""Roles of rasters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from kalsel_gap.project.proposal import Said
from kalsel_gap.sources.recognition import raster_roles
from kalsel_gap.sources.recognition.candidates import Candidate
from kalsel_gap.sources.recognition.raster_roles import raster_candidate, raster_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.conftest import MakeRaster

SEED = np.random.default_rng(3)
HEIGHTS = SEED.integers(1, 900, (20, 20)).astype("int16")
LEVELS = SEED.integers(-120, -60, (20, 20)).astype("int16")
COVERS = SEED.choice([10, 30, 40, 50, 80], (20, 20)).astype("uint8")
CLASSES = SEED.integers(0, 4, (20, 20)).astype("uint8")
SLOPES = SEED.random((20, 20)).astype("float32") * 40


@pytest.mark.parametrize(
    ("name", "cells", "section", "certainty"),
    [
        ("srtm", HEIGHTS, "elevation", "sure"),
        ("dem", HEIGHTS, "elevation", "likely"),
        ("srtm dtm", HEIGHTS, "elevation", "likely"),  # which of both it is stays open
        ("lain", HEIGHTS, "elevation", "unsure"),
        ("lereng", SLOPES, "elevation", "unsure"),
        ("rsrp 4g", LEVELS, "coverage", "likely"),
        ("rsrp", LEVELS, "coverage", "unsure"),
        ("rssi 4g", LEVELS, "coverage", "unsure"),
        ("rscp 3g", LEVELS, "coverage", "likely"),
        ("rsrp 3g 4g", LEVELS, "coverage", "unsure"),
        ("cakupan 4g", CLASSES, "coverage", "unsure"),
        ("cakupan 4g", (CLASSES > 1).astype("uint8"), "coverage", "likely"),
        ("blank spot 4g", (CLASSES > 1).astype("uint8"), "coverage", "unsure"),
        ("rsrp 4g", HEIGHTS, "coverage", "unsure"),
        ("worldcover", COVERS, "land_cover", "sure"),
        ("lain", COVERS, "land_cover", "likely"),
        ("lain", CLASSES, "", ""),
        ("dem", CLASSES, "", ""),
    ],
)
def test_name_and_values_must_agree(
    raster: MakeRaster, name: str, cells: NDArray[np.generic], section: str, certainty: str
) -> None:
    path = raster("a.tif", cells)
    found = raster_candidate(path, name, raster_facts(path), ())
    if isinstance(found, Said):
        assert (section, found.code) == ("", "no_role_raster")
    else:
        assert (found.section, found.certainty) == (section, certainty)


@pytest.mark.parametrize(
    ("edge", "nodata", "sea"), [(0, None, "zero"), (-9999, -9999, "nodata"), (7, None, "none")]
)
def test_the_sea_is_what_lies_at_the_edge(
    raster: MakeRaster, edge: int, nodata: int | None, sea: str
) -> None:
    cells = HEIGHTS.copy()
    cells[:, :2] = edge
    path = raster("a.tif", cells, nodata=nodata)
    found = raster_candidate(path, "dem", raster_facts(path), ())
    assert isinstance(found, Candidate)
    assert found.keys["sea"] == sea


def test_of_a_large_raster_windows_are_read(
    raster: MakeRaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster_roles, "_LARGE", 100)
    monkeypatch.setattr(raster_roles, "_SIDE", 16)
    facts = raster_facts(raster("a.tif", HEIGHTS))
    assert len(facts.values) == 16 * 16
    assert set(facts.values) <= set(HEIGHTS.ravel())


def test_a_raster_without_data_has_no_values(raster: MakeRaster) -> None:
    assert not len(raster_facts(raster("a.tif", np.full((4, 4), -9999), nodata=-9999)).values)
