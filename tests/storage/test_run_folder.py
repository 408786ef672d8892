from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.findings import Finding, to_frame
from kalsel_gap.storage import cache as cache_
from kalsel_gap.storage import hashed_files, recorded_folder
from kalsel_gap.storage import run_folder as run_
from kalsel_gap.storage.atomic import clear_leftovers, replace_file, temporary_beside
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import default_cache_folder, hash_of_file
from kalsel_gap.storage.hashed_files import FileState
from kalsel_gap.storage.run_folder import read_run, run_id, verify_run, write_run
from tests.conftest import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import CommandLine, MakeProject

MANIFEST = {"project": "É", "inputs": {"schools.0": {"sha256": "00"}}}
OTHER = {**MANIFEST, "project": "other"}


@pytest.fixture
def schools() -> gpd.GeoDataFrame:
    table = pd.DataFrame({"npsn": ["00000001", "00000002"], "rank": pd.array([1, None], "Int64")})
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([115, 116], [-3, -4]), crs=4326)


@pytest.fixture
def write(tmp_path: Path, schools: gpd.GeoDataFrame) -> Callable[..., run_.Run]:
    findings = to_frame(
        [
            Finding("npsn_duplicate", file="s.csv", row=3, npsn="00000002", value="007"),
            Finding("section_unused", file="p.toml", column="costs"),
        ]
    )

    def make(
        manifest: Any = MANIFEST, *, overwrite: bool = False, **tables: pd.DataFrame
    ) -> run_.Run:
        runs = tmp_path / "runs"
        return write_run(runs, manifest, schools, findings, tables, overwrite=overwrite)

    return make


def entries(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- writing and reading ---------------------------------------------------------------------


def test_what_is_written_is_read_again(write: Callable[..., run_.Run], tmp_path: Path) -> None:
    written = write(signals=pd.DataFrame({"npsn": ["00000001"], "level_dbm": [-95.0]}))
    assert entries(written.folder) == {
        "schools.parquet",
        "signals.parquet",
        "findings.csv",
        "run.json",
    }
    got = read_run(tmp_path / "runs")
    assert got.folder == written.folder
    assert got.manifest == {**MANIFEST, "files": got.manifest["files"]}
    assert got.manifest["files"] == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in snapshot(got.folder).items()
        if name != "run.json"
    }
    pd.testing.assert_frame_equal(
        got.table("signals"), pd.DataFrame({"npsn": ["00000001"], "level_dbm": [-95.0]})
    )
    assert got.schools.equals(written.schools)
    assert got.schools.crs == written.schools.crs
    pd.testing.assert_frame_equal(got.findings, written.findings)
    assert got.findings["npsn"].tolist() == ["", "00000002"]  # text: its zeros matter
    assert read_run(tmp_path / "runs", got.folder.name).folder == got.folder


def test_the_latest_is_the_last_one_written(write: Callable[..., run_.Run], tmp_path: Path) -> None:
    first, second = write(), write(OTHER)
    assert first.folder != second.folder
    assert read_run(tmp_path / "runs").folder == second.folder
    write()
    assert read_run(tmp_path / "runs").folder == first.folder
    assert entries(tmp_path / "runs") == {first.folder.name, second.folder.name, "latest"}


def test_the_id_is_the_manifests() -> None:
    assert run_id(MANIFEST) == run_id(dict(reversed(MANIFEST.items())))
    assert run_id(MANIFEST) != run_id(OTHER)
    assert len(run_id(MANIFEST)) == 12


def test_the_same_again_is_the_same_bytes(write: Callable[..., run_.Run], tmp_path: Path) -> None:
    write()
    before = snapshot(tmp_path / "runs")
    write()
    assert snapshot(tmp_path / "runs") == before
    shutil.rmtree(tmp_path / "runs")
    write()
    assert snapshot(tmp_path / "runs") == before


def test_a_table_that_the_run_does_not_have(write: Callable[..., run_.Run]) -> None:
    with pytest.raises(InputError) as caught:
        write().table("signals")
    assert caught.value.code == "run_broken"


def test_other_results_make_another_run(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    first = write_run(tmp_path, MANIFEST, schools, to_frame([]), {})
    second = write_run(tmp_path, MANIFEST, schools.iloc[::-1], to_frame([]), {})
    assert first.folder != second.folder
    assert first.folder.is_dir()


def test_a_run_that_was_tampered_with_is_written_again(
    write: Callable[..., run_.Run], tmp_path: Path
) -> None:
    folder = write().folder
    (folder / "findings.csv").write_text("damaged")
    (folder / "left.over").write_text("from another version")
    with pytest.raises(OutputError, match=r"^output_changed\b"):
        write()
    assert (folder / "findings.csv").read_text() == "damaged"
    write(overwrite=True)
    assert entries(folder) == {"schools.parquet", "findings.csv", "run.json"}
    assert read_run(tmp_path / "runs").findings["code"].tolist()[0] == "section_unused"
    assert entries(tmp_path / "runs") == {folder.name, "latest"}


@pytest.mark.parametrize(
    ("name", "code"),
    [("none", "run_unknown"), ("../elsewhere", "run_unknown"), ("", "run_missing")],
)
def test_a_run_that_is_not_there(
    write: Callable[..., run_.Run], tmp_path: Path, name: str, code: str
) -> None:
    if name:
        write()
    with pytest.raises(InputError) as caught:
        read_run(tmp_path / "runs", name)
    assert caught.value.code == code


def test_a_run_by_its_folder(
    write: Callable[..., run_.Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write().folder
    other = shutil.copytree(folder, tmp_path / "elsewhere" / folder.name)
    monkeypatch.chdir(tmp_path)
    assert read_run(tmp_path / "runs", f"elsewhere/{folder.name}").folder == other
    monkeypatch.chdir(other)
    assert read_run(tmp_path / "runs", ".").folder == other


def test_a_renamed_run_is_refused_and_its_altered_record_seen(
    write: Callable[..., run_.Run], tmp_path: Path
) -> None:
    run = write()
    named = run.folder.rename(run.folder.parent / "of the governor")
    record = named / "run.json"
    for content in (record.read_text(), record.read_text().replace("00", "01", 1)):
        record.write_text(content)
        id_ = run_id(json.loads(content))
        assert verify_run(named) == {"run.json": "renamed"}
        for read in (read_run, run_.find_run):  # the latest is not there by its name
            with pytest.raises(InputError, match=r"^run_renamed\b") as caught:
                read(named.parent)
            assert (caught.value.path, caught.value.params["value"]) == (named, id_)
        with pytest.raises(InputError, match=r"^run_renamed\b"):
            read_run(named.parent, str(named))
        assert run_.read_manifests(named.parent)[0].keys() == {id_}
        assert run_.read_manifests(named.parent)[1] == (named.name,)
    (named / "findings.csv").unlink()
    assert verify_run(named) == {"run.json": "renamed", "findings.csv": "missing"}
    # The altered record has another id: the name that the run had does not fit any more.
    back = named.rename(run.folder)
    assert verify_run(back) == {"run.json": "changed"}


def test_a_trial_is_kept_and_is_not_the_latest(
    write: Callable[..., run_.Run], tmp_path: Path
) -> None:
    trial = write({**MANIFEST, "overrides": {"index.lambda": 0.8}})
    assert trial.overrides == {"index.lambda": 0.8}
    assert entries(tmp_path / "runs") == {trial.folder.name}
    with pytest.raises(InputError, match=r"^run_only_trials\b"):
        read_run(tmp_path / "runs")
    full = write({**MANIFEST, "overrides": {}})
    assert read_run(tmp_path / "runs").folder == full.folder
    write({**MANIFEST, "overrides": {"index.lambda": 0.8}})
    assert read_run(tmp_path / "runs").folder == full.folder
    assert read_run(tmp_path / "runs", trial.folder.name[:8]).folder == trial.folder


@pytest.mark.parametrize("content", [b"", b"\n", b"gone\n", b"\xff\xfe", b"../elsewhere"])
def test_a_damaged_latest(write: Callable[..., run_.Run], tmp_path: Path, content: bytes) -> None:
    write()
    (tmp_path / "runs" / "latest").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_run(tmp_path / "runs")
    assert caught.value.code == "run_unmarked"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\u2212", "\uff20"])
def test_names_in_the_findings_are_safe_to_open(
    tmp_path: Path, schools: gpd.GeoDataFrame, sign: str
) -> None:
    hostile = f"{sign}CMD\x1b[31m\u202e\x9b"
    given = Finding("section_unused", file=hostile, value=f" {hostile}", evidence={"name": hostile})
    run = write_run(tmp_path / "runs", {}, schools, to_frame([given]), {})
    text = (run.folder / "findings.csv").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert f"'{sign}CMD" in text
    assert f"' {sign}CMD" in text
    (read,) = read_run(tmp_path / "runs").findings["file"]
    assert read == f"{sign}CMD [31m  "


DEEP = (b"[" * 50_000, b'{"files": ' * 900 + b"1" + b"}" * 900)


@pytest.mark.parametrize("name", ["schools.parquet", "findings.csv", "run.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 40, *DEEP, None], ids=range(6))
def test_a_damaged_run(
    write: Callable[..., run_.Run], tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = write().folder / name
    if content is None:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_run(tmp_path / "runs")
    codes = ("run_altered", "run_broken") if name == "run.json" else ("run_altered",)
    assert caught.value.code in codes
    assert caught.value.path == path


NAMES_OF_FILES = ("schools.parquet", "signals.parquet", "findings.csv", "run.json")


def flip(path: Path, at: float, bit: int) -> None:
    """Flip a bit of a file, at a share of its length."""
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 1 << bit
    path.write_bytes(content)


@pytest.mark.parametrize("name", NAMES_OF_FILES)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_run_with_a_flipped_bit_is_refused_by_the_name_of_the_file(
    write: Callable[..., run_.Run], tmp_path: Path, name: str, at: float, bit: int
) -> None:
    run = write(signals=pd.DataFrame({"npsn": ["00000001"], "level_dbm": [-95.0]}), overwrite=True)
    assert verify_run(run.folder) == {}
    flip(run.folder / name, at, bit)
    with pytest.raises(InputError) as caught:
        read_run(tmp_path / "runs", run.folder.name)
    assert caught.value.path == run.folder / name
    assert verify_run(run.folder).keys() == {name}


def test_a_table_that_changes_after_the_run_was_read(write: Callable[..., run_.Run]) -> None:
    run = write(signals=pd.DataFrame({"level_dbm": [-95.0]}))
    pd.DataFrame({"level_dbm": [-65.0]}).to_parquet(run.folder / "signals.parquet")
    with pytest.raises(InputError, match=r"^run_altered\b"):
        run.table("signals")


def test_a_doctored_run_whose_record_was_doctored_too(write: Callable[..., run_.Run]) -> None:
    run = write()
    schools = run.schools.assign(rank=pd.array([2, 1], "Int64"))
    schools.to_parquet(run.folder / "schools.parquet", index=False)
    files = {**run.manifest["files"]}
    files["schools.parquet"] = hash_of_file(run.folder / "schools.parquet")
    text = json.dumps({**run.manifest, "files": files}, indent=2, sort_keys=True)
    (run.folder / "run.json").write_text(text + "\n")
    with pytest.raises(InputError, match=r"^run_altered\b") as caught:
        read_run(run.folder.parent)
    assert caught.value.path == run.folder / "run.json"
    assert verify_run(run.folder) == {"run.json": "changed"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("schools.parquet", b"PAR1"),
        ("findings.csv", b"code\nx\n"),
        ("findings.csv", b"\xff\xfe\x00"),
    ],
)
def test_a_run_whose_files_are_as_its_record_says_but_cannot_be_read(
    write: Callable[..., run_.Run], tmp_path: Path, name: str, content: bytes
) -> None:
    run = write()
    (run.folder / name).write_bytes(content)
    files = {**run.manifest["files"], name: hash_of_file(run.folder / name)}
    manifest = {**run.manifest, "files": files}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (run.folder / "run.json").write_text(text + "\n", encoding="utf-8")
    folder = run.folder.rename(tmp_path / "runs" / run_id(manifest))
    assert verify_run(folder) == {}
    with pytest.raises(InputError, match=r"^run_broken\b") as caught:
        read_run(tmp_path / "runs", folder.name)
    assert caught.value.path == folder
    assert 0 < len(str(caught.value.params["reason"])) <= 200


def test_what_is_wrong_with_each_file_of_a_run(write: Callable[..., run_.Run]) -> None:
    run = write(signals=pd.DataFrame({"level_dbm": [-95.0]}))
    (run.folder / "signals.parquet").unlink()
    (run.folder / "findings.csv").write_text("mine")
    (run.folder / "notes.txt").write_text("read by nobody")
    assert verify_run(run.folder) == {"findings.csv": "changed", "signals.parquet": "missing"}
    with pytest.raises(InputError, match=r"^run_broken\b"):
        run.table("../signals")
    (run.folder / "run.json").write_text("[]")
    assert verify_run(run.folder) == {"run.json": "unreadable"}


# --- nothing is lost when writing fails ------------------------------------------------------

POINTS = ("write_parquet", "sync", "swap", "replace_text", "id_of")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("manifest", [MANIFEST, OTHER])
@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OutputError),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (ValueError("a fault of the code"), ValueError),
    ],
)
def test_the_previous_run_survives_whatever_happens(
    write: Callable[..., run_.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    manifest: Any,
    error: BaseException,
    seen: type[BaseException],
) -> None:
    previous = write()
    before = snapshot(tmp_path / "runs")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(run_ if point == "write_parquet" else recorded_folder, point, fail)
        with pytest.raises(seen):
            write(manifest)
    after = snapshot(tmp_path / "runs")
    assert before.items() <= after.items()
    assert (tmp_path / "runs" / "latest").read_bytes() == before["latest"]
    assert read_run(tmp_path / "runs").folder == previous.folder
    assert not list((tmp_path / "runs").glob(".tmp*"))
    assert write(manifest).folder == read_run(tmp_path / "runs").folder


@pytest.mark.parametrize("failing", [1, 2])
def test_an_old_run_comes_back_when_its_successor_cannot_take_its_place(
    write: Callable[..., run_.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
) -> None:
    folder = write().folder
    (folder / "findings.csv").write_text("of another version")
    before = snapshot(tmp_path / "runs")
    renamed = Path.rename
    calls = 0

    def rename(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return renamed(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(OutputError, match=r"^not_written\b"):
            write(overwrite=True)
    assert snapshot(tmp_path / "runs") == before
    assert entries(tmp_path / "runs") == {folder.name, "latest"}


def test_the_error_names_the_folder_and_the_systems_reason(
    write: Callable[..., run_.Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(run_, "write_parquet", full)
    with pytest.raises(OutputError) as caught:
        write()
    error = caught.value
    assert (error.code, error.path) == ("not_written", tmp_path / "runs")
    assert error.params["reason"] == os.strerror(errno.ENOSPC)


def test_a_file_where_the_folder_belongs(write: Callable[..., run_.Run], tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("mine")
    with pytest.raises(OutputError) as caught:
        write()
    assert caught.value.code == "not_written"
    assert (tmp_path / "runs").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(write: Callable[..., run_.Run], tmp_path: Path) -> None:
    write()
    (tmp_path / "runs").chmod(0o500)
    try:
        with pytest.raises(OutputError):
            write(OTHER)
    finally:
        (tmp_path / "runs").chmod(0o700)


def test_a_folder_that_the_system_refuses(
    write: Callable[..., run_.Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    before = snapshot(tmp_path / "runs")

    made = Path.mkdir

    def refuse(self: Path, *args: Any, **kwargs: Any) -> None:
        if self.name.startswith(".tmp"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        made(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(OutputError) as caught:
            write(OTHER)
    assert caught.value.params["reason"] == os.strerror(errno.EACCES)
    assert snapshot(tmp_path / "runs") == before


FULL_DISK = """
import resource, signal, sys
import kalsel_gap
from kalsel_gap.errors import OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
project = kalsel_gap.open_project(sys.argv[1], options=("index.lambda=0.5",))
# A few kB a file, as on a disk that is all but full.
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
try:
    project.rank(cached=False)
except OutputError as error:
    sys.exit(0 if error.code == "not_written" else 3)
sys.exit(2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
def test_a_disk_that_fills_up_on_the_way(project: MakeProject) -> None:
    import kalsel_gap

    opened = project()
    kalsel_gap.open_project(opened.path).rank()
    before = snapshot(opened.path.parent / "runs")
    command = [sys.executable, "-c", FULL_DISK, str(opened.path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert snapshot(opened.path.parent / "runs") == before


KILLED = """
import os, sys
import kalsel_gap
from kalsel_gap.storage import atomic
atomic.sync = lambda path: os.kill(os.getpid(), 9)
kalsel_gap.open_project(sys.argv[1], options=("index.lambda=0.5",)).rank(cached=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_run_that_is_killed(project: MakeProject) -> None:
    import kalsel_gap

    opened = project()
    first = kalsel_gap.open_project(opened.path).rank()
    runs = opened.path.parent / "runs"
    before = snapshot(runs)
    done = subprocess.run([sys.executable, "-c", KILLED, str(opened.path)], check=False)
    assert done.returncode == -9
    assert before.items() <= snapshot(runs).items()
    assert read_run(runs).folder == first.folder
    assert len(list(runs.glob(".tmp-*"))) == 1
    kalsel_gap.open_project(opened.path).rank()
    assert snapshot(runs) == before
    assert not list(runs.glob(".tmp-*"))


KILLED_AT_EXPORT = """
import os, pathlib, sys
from kalsel_gap.storage import atomic
folder = pathlib.Path(sys.argv[-1]).parent
atomic.sync = lambda path: path.parent == folder and os.kill(os.getpid(), 9)
from kalsel_gap.cli import main
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("kind", ["csv", "gpkg", "geojson"])
def test_an_export_that_is_killed(
    ranked: Path, cli: CommandLine, tmp_path: Path, kind: str
) -> None:
    command = ("export", kind, "--project", ranked, "--out", tmp_path / f"schools.{kind}")
    assert cli(*command).status == 0
    before = snapshot(tmp_path)
    arguments = [sys.executable, "-c", KILLED_AT_EXPORT, *map(str, command)]
    for _ in range(2):  # the second one clears what the first one left
        assert subprocess.run(arguments, check=False).returncode == -9
        assert len(entries(tmp_path)) == 2
    assert cli(*command).status == 0
    assert entries(tmp_path) == before.keys()
    assert all((tmp_path / name).read_bytes() == content for name, content in before.items())


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only age shows it")
def test_what_a_live_process_writes_is_kept(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", LEFTOVER, str(tmp_path)], check=False)
    assert ended.returncode == 0
    (left,) = tmp_path.iterdir()
    mine, old = temporary_beside(tmp_path), temporary_beside(tmp_path, ".csv")
    elsewhere = tmp_path / left.name.replace("gap-", "gap-00000000-", 1)
    for path in (mine, old, elsewhere):
        path.write_text("half")
    os.utime(old, (0, 0))
    clear_leftovers(tmp_path)
    assert entries(tmp_path) == {mine.name, elsewhere.name}
    clear_leftovers(tmp_path / "gone")


LEFTOVER = """
import pathlib, sys
from kalsel_gap.storage.atomic import temporary_beside
temporary_beside(pathlib.Path(sys.argv[1])).mkdir()
"""


def test_only_its_own_leftovers_are_removed(write: Callable[..., run_.Run], tmp_path: Path) -> None:
    mine = tmp_path / "runs" / ".tmp-of-somebody"
    mine.mkdir(parents=True)
    os.utime(mine, (0, 0))
    write()
    assert mine.is_dir()


# --- single files ----------------------------------------------------------------------------


def test_a_file_takes_its_place_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.csv"
    with replace_file(path) as temporary:
        assert temporary.suffix == ".csv"
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert entries(path.parent) == {"x.csv"}
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()]
)
def test_a_file_is_as_it_was_when_it_does_not(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "x.csv"
    path.write_text("old")
    expected = OutputError if isinstance(error, OSError) else type(error)

    def write() -> None:
        with replace_file(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(expected):
        write()
    assert snapshot(tmp_path) == {"x.csv": b"old"}


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(OutputError), replace_file(tmp_path / "x.csv"):
        pass
    assert entries(tmp_path) == {"x.csv"}


# --- cache -----------------------------------------------------------------------------------

KEY = "0" * 64


READ = ("columns", "findings")


def table(value: float = 1.0) -> dict[str, pd.DataFrame]:
    flags = pd.array([True, None], "boolean")
    columns = {
        "x": [value, None],
        "flag": flags,
        "n": pd.array([1, None], "Int64"),
        "t": ["a", None],
    }
    return {"columns": pd.DataFrame(columns).astype({"t": "str"}), "findings": to_frame([])}


def is_hit(cache: Cache, key: str = KEY) -> bool:
    """Whether the tables come from the cache; when not they are made."""
    made = []

    def make() -> dict[str, pd.DataFrame]:
        made.append(key)
        return table()

    assert cache.tables(key, make, read=READ)["columns"]["x"][0] == 1.0
    return not made


def test_a_hit_is_what_was_kept(tmp_path: Path) -> None:
    assert not is_hit(Cache(tmp_path))
    assert is_hit(Cache(tmp_path))
    made, found = table(), Cache(tmp_path).tables(KEY, pytest.fail, read=READ)
    assert list(found) == list(made)
    for name, frame in made.items():
        pd.testing.assert_frame_equal(found[name], frame)


@pytest.mark.parametrize("name", ["columns.parquet", "findings.parquet", "tables.json"])
@pytest.mark.parametrize("read", [READ, ("findings",), ()])
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(
    max_examples=30,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_an_entry_with_a_flipped_bit_is_made_anew(
    tmp_path: Path, name: str, read: tuple[str, ...], at: float, bit: int
) -> None:
    shutil.rmtree(tmp_path / KEY, ignore_errors=True)
    Cache(tmp_path).tables(KEY, table, read=read)
    flip(tmp_path / KEY / name, at, bit)
    with pytest.raises(LookupError, match="made anew"):
        Cache(tmp_path).tables(KEY, made_anew, read=read)


@pytest.mark.parametrize("content", DEEP, ids=len)
def test_a_list_of_tables_nested_too_deeply_is_made_anew(tmp_path: Path, content: bytes) -> None:
    Cache(tmp_path).tables(KEY, table, read=READ)
    (tmp_path / KEY / "tables.json").write_bytes(content)
    with pytest.raises(LookupError, match="made anew"):
        Cache(tmp_path).tables(KEY, made_anew, read=READ)


def test_a_list_of_tables_that_lacks_one_is_made_anew(tmp_path: Path) -> None:
    Cache(tmp_path).tables(KEY, table, read=READ)
    listed = tmp_path / KEY / "tables.json"
    stored = json.loads(listed.read_text())
    del stored["tables"]["columns"]
    listed.write_text(json.dumps(stored))
    with pytest.raises(LookupError, match="made anew"):
        Cache(tmp_path).tables(KEY, made_anew, read=READ)


def made_anew() -> dict[str, pd.DataFrame]:
    raise LookupError("made anew")


@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(
    max_examples=100,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_flipped_bit_makes_a_false_hash(tmp_path: Path, at: float, bit: int) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(b"abc")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashed_files, "_TIME_STEP_NS", 0)
        cache = Cache(tmp_path / "cache")
        digest = cache.file_hash(path)
        cache.save()
        flip(tmp_path / "cache" / "hashes.json", at, bit)
        assert Cache(tmp_path / "cache").file_hash(path) == digest


def test_tables_that_nobody_reads_come_as_the_bytes_of_their_file(tmp_path: Path) -> None:
    Cache(tmp_path).tables(KEY, table, read=READ)
    found = Cache(tmp_path).tables(KEY, pytest.fail, read=("findings",))
    assert found["columns"] == (tmp_path / KEY / "columns.parquet").read_bytes()


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"\x00" * 64])
def test_a_damaged_table_that_nobody_reads_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    Cache(tmp_path).tables(KEY, table, read=READ)
    (tmp_path / KEY / "columns.parquet").write_bytes(damage)
    made = Cache(tmp_path).tables(KEY, table, read=("findings",))
    assert isinstance(made["columns"], pd.DataFrame)


def test_a_cache_makes_its_folders(tmp_path: Path) -> None:
    assert not is_hit(Cache(tmp_path / "a" / "b"))
    assert is_hit(Cache(tmp_path / "a" / "b"))


def test_another_key_is_a_miss(tmp_path: Path) -> None:
    Cache(tmp_path).tables(KEY, table, read=READ)
    assert not is_hit(Cache(tmp_path), "1" * 64)


def test_without_a_folder_nothing_is_kept() -> None:
    cache = Cache(None)
    assert [is_hit(cache), is_hit(cache)] == [False, False]
    cache.save()


@pytest.mark.parametrize("name", ["columns.parquet", "findings.parquet", "tables.json"])
@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "gone", "folder"])
def test_a_damaged_entry_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    Cache(tmp_path).tables(KEY, table, read=READ)
    path = tmp_path / KEY / name
    raw = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "gone":
        damaged = {"truncated": raw[: len(raw) // 2], "empty": b"", "garbage": b"\x00" * 64}
        path.write_bytes(damaged[damage])
    assert not is_hit(Cache(tmp_path))
    assert is_hit(Cache(tmp_path))


def test_the_oldest_go_when_it_grows_too_large(tmp_path: Path) -> None:
    keys = [f"{n:064x}" for n in range(4)]
    Cache(tmp_path).tables(keys[0], table, read=READ)
    size = sum(path.stat().st_size for path in (tmp_path / keys[0]).iterdir())
    cache = Cache(tmp_path, limit_bytes=3 * size)  # what just fits stays
    for age, key in enumerate(keys[:3]):
        cache.tables(key, table, read=READ)
        os.utime(tmp_path / key, (age, age))
    cache.tables(keys[0], pytest.fail, read=READ)  # used again: no longer the oldest
    cache.tables(keys[3], table, read=READ)
    assert entries(tmp_path) == {keys[0], keys[2], keys[3]}


def test_an_entry_larger_than_the_limit_is_kept_alone(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit_bytes=1)
    for key in ("a" * 64, "b" * 64):
        cache.tables(key, table, read=READ)
    assert entries(tmp_path) == {"b" * 64}


def test_what_others_keep_in_that_folder_is_theirs(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "large.jpg").write_bytes(b"x" * 10_000)
    os.utime(tmp_path / "photos", (0, 0))
    cache = Cache(tmp_path, limit_bytes=1)
    for key in ("a" * 64, "b" * 64):
        cache.tables(key, table, read=READ)
    assert (tmp_path / "photos" / "large.jpg").exists()


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache")
    (tmp_path / "input.csv").write_text("x")
    cache.file_hash(tmp_path / "input.csv")
    assert not is_hit(cache)
    cache.save()

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache_, "write_parquet", full)
    cache = Cache(tmp_path / "cache")
    assert not is_hit(cache)
    assert entries(tmp_path / "cache") == set()


def test_a_cache_that_waits_writes_when_it_is_saved(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", is_waiting=True)
    (tmp_path / "input.csv").write_text("x")
    cache.file_hash(tmp_path / "input.csv")
    assert not is_hit(cache)
    assert is_hit(cache)  # made once
    assert not (tmp_path / "cache").exists()
    cache.save()
    assert is_hit(Cache(tmp_path / "cache"))


def test_a_fault_while_making_is_not_hidden(tmp_path: Path) -> None:
    def fail() -> dict[str, pd.DataFrame]:
        raise InputError("file_unreadable")

    with pytest.raises(InputError):
        Cache(tmp_path).tables(KEY, fail, read=READ)
    assert entries(tmp_path) == set()


def test_hashes_are_remembered_and_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(b"abc")
    monkeypatch.setattr(hashed_files, "_TIME_STEP_NS", 0)
    cache = Cache(tmp_path / "cache")
    # SHA-256 of "abc" as FIPS 180-2 prints it.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert cache.file_hash(path) == digest
    cache.save()
    with monkeypatch.context() as patch:
        patch.setattr(hashed_files, "hash_of_file", pytest.fail)
        assert Cache(tmp_path / "cache").file_hash(path) == digest
    before = path.stat()
    path.write_bytes(b"abd")  # as long as before, and of the same time
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert Cache(tmp_path / "cache").file_hash(path) != digest


def test_a_file_as_young_as_the_clock_can_tell_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(b"abc")
    cache = Cache(tmp_path / "cache")
    hashed = cache.hashed(path)
    cache.save()
    assert not (tmp_path / "cache").exists()  # another content may get the same state
    same = hashed.check()
    assert same is not None
    assert same.digest == hashed.digest
    path.write_bytes(b"abd")
    changed = hashed._replace(state=FileState.of(path))  # written within one step of the clock
    assert changed.check() is None


@pytest.mark.parametrize("change", ["saved", "replaced", "gone", "set back"])
def test_a_file_that_is_no_longer_the_one_that_was_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(hashed_files, "_TIME_STEP_NS", 0)
    path = tmp_path / "input.csv"
    path.write_bytes(b"abc")
    hashed = Cache(None).hashed(path)
    assert hashed.check() is hashed
    before = path.stat()
    time.sleep(0.02)  # more than a step of the kernel's clock
    if change == "gone":
        path.unlink()
    elif change == "replaced":
        (tmp_path / "new").write_bytes(b"abc")
        (tmp_path / "new").replace(path)
    else:
        path.write_bytes(b"abd")
    if change == "set back":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert hashed.check() is None


def test_a_file_that_somebody_writes_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(b"")

    def write_meanwhile(path: Path) -> str:
        path.write_bytes(path.read_bytes() + b"x")
        return "0" * 64

    monkeypatch.setattr(hashed_files, "hash_of_file", write_meanwhile)
    with pytest.raises(InputError, match=r"^input_changed\b"):
        Cache(None).file_hash(path)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\xff\xff", b'{"a": 1}', *DEEP], ids=range(7)
)
def test_damaged_hashes_are_forgotten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(b"abc")
    (tmp_path / "hashes.json").write_bytes(content)
    assert Cache(tmp_path).file_hash(path).startswith("ba7816bf")


def test_an_input_that_vanishes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Cache(tmp_path).file_hash(tmp_path / "gone.csv")
    assert (caught.value.code, caught.value.path) == ("file_unreadable", tmp_path / "gone.csv")


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(tmp_path))
    assert default_cache_folder() == tmp_path
    monkeypatch.delenv("KALSEL_GAP_CACHE")
    assert default_cache_folder().name == "kalsel-gap"


def test_a_manifest_is_plain_json(write: Callable[..., run_.Run]) -> None:
    text = (write().folder / "run.json").read_text(encoding="utf-8")
    assert "É" in text
    assert MANIFEST.items() <= json.loads(text).items()
    assert text.endswith("}\n")
