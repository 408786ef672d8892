"""FlatGeobuf: read back with the same numbers, and what it cannot hold."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pyogrio
import pytest

from kalsel_gap.deliverables.flatgeobuf import to_flatgeobuf
from kalsel_gap.i18n.text import Text
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run


@pytest.fixture(scope="module")
def written(tiny: Run) -> bytes:
    return to_flatgeobuf(tiny, tiny.schools, Text("en"))


def test_located_schools_are_read_back(tiny: Run, written: bytes) -> None:
    read = pyogrio.read_dataframe(io.BytesIO(written)).set_index("row_id")
    given = tiny.schools[tiny.schools["lat"].notna()].set_index("row_id")
    assert sorted(read.index) == sorted(given.index)
    read = read.loc[given.index]
    assert read.crs == "EPSG:32750"
    assert read.to_crs("EPSG:4326").geometry.x.to_numpy() == pytest.approx(
        given["lon"].to_numpy(), abs=1e-9
    )
    assert list(read["npsn"]) == list(given["npsn"])
    assert list(read["rank"]) == list(given["rank"])
    assert read["deficit"].to_numpy() == pytest.approx(given["deficit"].to_numpy(), abs=1e-4)


def test_gdal_reads_it_too(written: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.fgb"
    path.write_bytes(written)
    program = shutil.which("ogrinfo")
    if program is None:
        pytest.skip("ogrinfo is not here")
    said = subprocess.run(
        [program, "-so", str(path), "schools"], capture_output=True, text=True, check=True
    ).stdout
    assert "Feature Count: 11" in said
    assert "npsn: String" in said
    assert "rank: Integer64" in said


def test_it_says_what_it_rests_on(tiny: Run, written: bytes) -> None:
    about = pyogrio.read_info(io.BytesIO(written), layer="schools")["layer_metadata"]
    assert json.loads(about["kalsel_gap"])["run"] == tiny.folder.name
    assert about["DESCRIPTION"].startswith("SYNTHETIC DATA")


def test_the_same_run_gives_the_same_bytes(tiny: Run, written: bytes) -> None:
    assert to_flatgeobuf(tiny, tiny.schools, Text("en")) == written


def test_hostile_names_are_text_and_no_rows_are_a_file(tiny: Run) -> None:
    names = [PROGRAMS[n % len(PROGRAMS)] for n in range(len(tiny.schools))]
    hostile = replace(tiny, schools=tiny.schools.assign(name=names))
    read = pyogrio.read_dataframe(io.BytesIO(to_flatgeobuf(hostile, hostile.schools, Text("en"))))
    assert set(read["name"]) <= set(PROGRAMS)
    none = to_flatgeobuf(tiny, tiny.schools[tiny.schools["lat"].isna()], Text("en"))
    assert len(pyogrio.read_dataframe(io.BytesIO(none))) == 0
