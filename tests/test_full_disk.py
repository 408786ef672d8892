"""Every command that writes, on a disk that fills up: one message, and nothing half-written."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.cli import main
from kalsel_gap.project.read import FILE_NAME
from tests.conftest import snapshot
from tests.test_nothing_overwritten import READERS
from tests.writers import WRITERS, is_whole, make_place, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import CommandLine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")

# Of the bytes that a command writes; the last one is almost enough.
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95)
COLD = 0.25  # with nothing computed before, so that the cache needs room too
_PAGE = 4096


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small file system of its own in memory; where none may be mounted, a plain folder."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", str(folder)]
    is_mounted = shutil.which("mount") is not None and not (
        subprocess.run(command, check=False, capture_output=True).returncode
    )
    yield folder
    if is_mounted:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def begun(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project with a run and earlier outputs of every command, and its cache.

    *ranked* has a second run, as the project has changed after all this. Both are copies of what
    lay on the disk: the cache knows a file by its path.
    """
    place = make_place(disk / "project")
    (disk / "cache").mkdir(mode=0o700)
    kept = tmp_path_factory.mktemp("kept")

    def run(*words: str) -> None:
        with (
            pytest.raises(SystemExit) as ended,
            contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())),
        ):
            main(words)
        assert ended.value.code in {0, 3}, words

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KALSEL_GAP_CACHE", str(disk / "cache"))
        for name in ("rank", *(each for each in WRITERS if not each.startswith(("init", "rank")))):
            run(*words_of(name, place, other=True))
        with (place / FILE_NAME).open("a", encoding="utf-8") as file:
            file.write("\n[index]\nlambda = 0.5\n")
        shutil.copytree(disk, kept / "changed")
        run(*words_of("rank", place))
        shutil.copytree(disk, kept / "ranked")
    return {name: kept / name for name in ("changed", "ranked")}


@contextlib.contextmanager
def filled(disk: Path, written: dict[str, bytes], share: float) -> Iterator[None]:
    """Leave room for a share of what would be written: on the disk, or in its largest file."""
    import resource

    if disk.is_mount():
        needed = sum(len(content) + _PAGE // 2 for content in written.values())
        left = int(share * needed) // _PAGE * _PAGE
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - left))
        yield
        ballast.unlink()
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = int(share * max(map(len, written.values())))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_every_command_that_writes_is_tested() -> None:
    from tests.conftest import command_paths

    words = [[w for w in each.words if w.isalpha() and w != "latest"] for each in WRITERS.values()]
    tested = {tuple(each) for each in words if "pin" not in each} | {("runs", "pin")}
    groups = {(), ("export",), ("predict",), ("objections",)}
    assert set(command_paths()) == tested | READERS | groups


def test_a_disk_that_is_full(
    begun: dict[str, Path],
    disk: Path,
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    """One test, so that what takes longest, a place with all outputs, is made once."""
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(disk / "cache"))
    for name in WRITERS:
        with subtests.test(name):
            fill_while(name, begun, disk, cli)


def fill_while(name: str, begun: dict[str, Path], disk: Path, cli: CommandLine) -> None:
    """Let a command write on a disk that has room for some of its output only."""
    for folder in disk.iterdir():
        shutil.rmtree(folder)
    is_first = name.startswith(("init", "rank"))
    shutil.copytree(begun["changed" if is_first else "ranked"], disk, dirs_exist_ok=True)
    command = words_of(name, disk / "project")
    before, kept = snapshot(disk / "project"), snapshot(disk / "cache")
    assert cli(*command).status in {0, 3}
    after = snapshot(disk / "project")
    written = {k: v for k, v in after.items() if before.get(k) != v}
    assert written
    computed = snapshot(disk / "cache")
    for share in SHARES:
        cache = kept if share == COLD else computed
        for folder, files in ((disk / "project", before), (disk / "cache", cache)):
            shutil.rmtree(folder)
            folder.mkdir(mode=0o700)
            for file, content in files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(content)
        with filled(disk, written, share):
            answer = cli(*command)
        found = snapshot(disk / "project")
        said = [line for line in answer.err.splitlines() if line.startswith("kalsel-gap: ")]
        assert not list(disk.rglob(".tmp-*")), share
        for file, content in found.items():
            assert is_whole(file, content, before, after), (share, file)
        assert before.keys() <= found.keys(), share
        if answer.status in {0, 3}:  # the list of outputs may be lost, no output
            assert {f: c for f, c in found.items() if f != "runs/outputs.json"} == {
                f: c for f, c in after.items() if f != "runs/outputs.json"
            }, share
        else:
            assert answer.status == 1, share
            assert len(said) == 1, (share, answer)  # a table on standard output may come before it
            assert re.search("cannot be written|MB are needed and .* free", said[0])
            # libtiff itself prints, and neither GDAL nor rasterio hands on a way to stop it.
            lines = [line for line in answer.err.splitlines() if not line.startswith("_tiff")]
            assert lines == said, share
