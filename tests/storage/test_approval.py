from __future__ import annotations

import os
import shutil
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest

from kalsel_gap.errors import InputError, KalselGapError, OutputError
from kalsel_gap.findings import to_frame
from kalsel_gap.storage.approval import pin_run, unpin_run
from kalsel_gap.storage.official_run import OFFICIAL, Official, read_official
from kalsel_gap.storage.run_folder import LATEST, Run, find_run, read_run, write_run
from tests.conftest import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DECREE = ("188.44/0123/KUM/2026", "2026-07-31")


TODAY = date(2026, 8, 2)


def pinned(*given: Any, overwrite: bool = False) -> tuple[Official, Official | None]:
    """As on :data:`TODAY`."""
    return pin_run(*given, today=TODAY, overwrite=overwrite)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def write(folder: Path) -> Callable[..., Run]:
    """Runs of two schools, each with another name of the project."""
    table = pd.DataFrame({"npsn": ["00000001", "00000002"], "rank": pd.array([1, None], "Int64")})
    points = gpd.points_from_xy([115, 116], [-3, -4])
    schools = gpd.GeoDataFrame(table, geometry=points, crs=4326)
    signals = pd.DataFrame({"npsn": ["00000001"], "level_dbm": [-95.0]})

    def make(name: str = "first", **manifest: Any) -> Run:
        stated = {"project": name, **manifest}
        return write_run(folder, stated, schools, to_frame([]), {"signals": signals})

    return make


def test_a_list_is_not_approved_before_its_data(folder: Path, write: Callable[..., Run]) -> None:
    dates = {"schools.0.date": "2026-07-01", "sites.1.date": "2026-08", "index.date": "2026-11-29"}
    write(parameters=dates)
    for day, code in (
        ("2026-07-31", "decree_before_data"),
        ("2999-01-01", "decree_date_wrong"),
        ("2100-12-31", "decree_to_come"),
        ("2026-08-03", "decree_to_come"),  # the day after
        ("1999-12-31", "decree_date_wrong"),
    ):
        with pytest.raises(KalselGapError) as refused:
            pinned(folder, "latest", DECREE[0], day)
        assert refused.value.code == code
    assert not (folder / OFFICIAL).exists()
    assert pinned(folder, "latest", DECREE[0], "2026-08-01")[1] is None


def test_a_pinned_run_is_read_until_it_is_withdrawn(
    folder: Path, write: Callable[..., Run]
) -> None:
    first = write()
    before = snapshot(folder)
    assert pinned(folder, "latest", *DECREE) == (Official(first.folder.name, *DECREE), None)
    after = snapshot(folder)
    assert after.keys() - before.keys() == {OFFICIAL}
    assert before.items() <= after.items()  # nothing of the run changes
    second = write("second")
    assert read_run(folder).folder == first.folder
    assert read_run(folder).standing == "official"
    assert read_run(folder, LATEST).folder == second.folder
    other = read_run(folder, second.folder.name)
    assert (other.standing, other.official) == ("last", Official(first.folder.name, *DECREE))
    assert unpin_run(folder) == Official(first.folder.name, *DECREE)
    assert read_run(folder).folder == second.folder
    assert read_run(folder, first.folder.name).standing == "earlier"
    assert unpin_run(folder) is None
    assert snapshot(folder).keys() == after.keys() - {OFFICIAL} | {
        name for name in snapshot(folder) if name.startswith(second.folder.name)
    }


def test_what_is_written_after_a_pin_knows_of_it(folder: Path, write: Callable[..., Run]) -> None:
    first = write()
    assert (first.standing, first.official) == ("last", None)
    pinned(folder, first.folder.name[:5], *DECREE)
    assert write().standing == "official"  # the same again
    trial = write(overrides={"index.lambda": 0.8})
    assert (trial.standing, trial.official) == ("trial", Official(first.folder.name, *DECREE))
    (folder / OFFICIAL).write_text("damaged")
    assert write("other").official is None


def test_another_run_takes_its_place_only_when_that_is_wanted(
    folder: Path, write: Callable[..., Run]
) -> None:
    first, second = write(), write("second")
    mark, _ = pinned(folder, first.folder.name, *DECREE)
    assert pinned(folder, first.folder.name, *DECREE) == (mark, None)  # the same again
    before = snapshot(folder)
    for run, decree in ((second, DECREE[0]), (first, "another")):
        with pytest.raises(OutputError) as caught:
            pinned(folder, run.folder.name, decree, DECREE[1])
        error = caught.value
        assert (error.code, error.path) == ("official_already", folder / OFFICIAL)
        assert error.params == {"run": mark.run, "decree": mark.decree, "date": mark.date}
    assert snapshot(folder) == before
    now, replaced = pinned(folder, second.folder.name, "2", "2026-08-01", overwrite=True)
    assert (now.run, replaced) == (second.folder.name, mark)
    assert read_official(folder) == now


def test_what_cannot_be_official(folder: Path, write: Callable[..., Run], tmp_path: Path) -> None:
    run, trial = write(), write(overrides={"index.lambda": 0.8})
    elsewhere = shutil.copytree(run.folder, tmp_path / "elsewhere" / run.folder.name)
    shutil.rmtree(run.folder)
    run = write("second")
    altered = write("third").folder
    (altered / "signals.parquet").write_bytes(b"other")
    renamed = write("fourth").folder.rename(folder / "renamed")
    before = snapshot(folder)
    cases: list[tuple[str, tuple[str, str], str]] = [
        (trial.folder.name, DECREE, "pin_of_trial"),
        (str(elsewhere), DECREE, "run_unknown"),
        ("nosuch", DECREE, "run_unknown"),
        (altered.name, DECREE, "run_altered"),
        (renamed.name, DECREE, "run_renamed"),
        (run.folder.name, (" ", DECREE[1]), "decree_empty"),
        (run.folder.name, (DECREE[0], "tomorrow"), "decree_date_wrong"),
    ]
    for name, decree, code in cases:
        for overwrite in (False, True):
            with pytest.raises(KalselGapError) as caught:
                pinned(folder, name, *decree, overwrite=overwrite)
            assert caught.value.code == code, name
    assert snapshot(folder) == before
    assert read_official(folder) is None


@pytest.mark.parametrize("name", ["signals.parquet", "findings.csv", "run.json", "schools.parquet"])
def test_an_official_run_that_was_altered_is_never_another_one(
    folder: Path, write: Callable[..., Run], name: str
) -> None:
    run, other = write(), write("second")
    pinned(folder, run.folder.name, *DECREE)
    content = bytearray((run.folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (run.folder / name).write_bytes(content)
    for wanted in (None, run.folder.name):
        with pytest.raises(InputError) as caught:
            read_run(folder, wanted)
        error = caught.value
        assert (error.code, error.path) == ("official_altered", run.folder / name)
        assert error.params["decree"] == DECREE[0]
    assert read_run(folder, other.folder.name).standing == "last"


def test_an_official_run_that_is_missing_is_never_another_one(
    folder: Path, write: Callable[..., Run]
) -> None:
    run, other = write(), write("second")
    pinned(folder, run.folder.name, *DECREE)
    run.folder.rename(folder / "moved")
    for find in (find_run, read_run):
        with pytest.raises(InputError) as caught:
            find(folder)
        assert (caught.value.code, caught.value.path) == ("official_missing", folder / OFFICIAL)
        assert caught.value.params["run"] == run.folder.name
    assert read_run(folder, LATEST).folder == other.folder


def test_a_damaged_mark_is_an_error_until_a_run_is_pinned_again(
    folder: Path, write: Callable[..., Run]
) -> None:
    run = write()
    (folder / OFFICIAL).write_text("mine")
    for act in (
        lambda: read_run(folder),
        lambda: read_run(folder, run.folder.name),
        lambda: pinned(folder, "latest", *DECREE),
        lambda: unpin_run(folder),
    ):
        with pytest.raises(InputError, match=r"^official_broken\b"):
            act()
    assert (folder / OFFICIAL).read_text() == "mine"
    assert pinned(folder, "latest", *DECREE, overwrite=True)[1] is None
    assert read_run(folder).standing == "official"


@pytest.mark.skipif(os.name != "posix", reason="POSIX has pipes")
def test_a_pipe_in_its_place_stays(folder: Path, write: Callable[..., Run]) -> None:
    write()
    os.mkfifo(folder / OFFICIAL)
    for act in (lambda: read_run(folder), lambda: unpin_run(folder)):
        with pytest.raises(InputError, match=r"^file_special\b"):
            act()
    with pytest.raises(OutputError, match=r"^not_written\b"):
        pinned(folder, "latest", *DECREE, overwrite=True)
    assert (folder / OFFICIAL).is_fifo()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_of_runs(folder: Path, write: Callable[..., Run]) -> None:
    write()
    folder.chmod(0o500)
    try:
        with pytest.raises(OutputError):
            pinned(folder, "latest", *DECREE)
    finally:
        folder.chmod(0o700)
    pinned(folder, "latest", *DECREE)
    folder.chmod(0o500)
    try:
        with pytest.raises(OutputError):
            unpin_run(folder)
    finally:
        folder.chmod(0o700)
