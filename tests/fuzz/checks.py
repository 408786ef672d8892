"""A slice of `make fuzz`, and that it sees every kind of fault."""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import PurePath
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kalsel_gap.errors import InputError

if sys.platform == "win32":
    pytest.skip("processes are forked", allow_module_level=True)

from tests.fuzz import mutations, run, seeds
from tests.fuzz.__main__ import main
from tests.fuzz.run import Case, Plan, changed_files
from tests.fuzz.targets import TARGETS, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# Whoever forks should have had no thread before; a newer Python warns.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
# Whole commands take seconds, and tests of their own run them.
COMMANDS = {"check", "rank", "deliverables", "runs"}
SLICE = tuple(target for target in TARGETS if target.name not in COMMANDS)


def test_a_slice_of_all_cases(tmp_path: Path) -> None:
    outcomes = run.run(Plan(1, 300, SLICE, tmp_path), workers=1)
    assert [outcome.fault for outcome in outcomes if outcome.fault] == []
    kinds = {(outcome.target, outcome.kind) for outcome in outcomes}
    assert {target for target, kind in kinds if kind == "read"} == {t.name for t in SLICE}
    assert {kind for _, kind in kinds} == {"read", "refused"}


def test_a_case_is_made_from_its_seed_alone(tmp_path: Path) -> None:
    given = [seeds.of_tables("sites"), seeds.of_layers("lines")]
    again = [seeds.of_tables("sites"), seeds.of_layers("lines")]
    plan = Plan(7, 100, tuple(t for t in TARGETS if t.name in {"sites", "lines"}), tmp_path)
    for case in (Case(target, number) for target in (0, 1) for number in range(60)):
        (_, files), (_, same) = changed_files(plan, given, case), changed_files(plan, again, case)
        # SQLite counts the changes that a GeoPackage had while it was made.
        differ = [name for name in files if files[name] != same[name] and ".gpkg" not in name]
        assert (files.keys(), differ) == (same.keys(), [])
    other = Plan(8, 100, plan.targets, tmp_path)
    is_same = changed_files(plan, given, Case(0, 3)) == changed_files(other, given, Case(0, 3))
    assert not is_same


def test_every_change_can_be_made_to_a_valid_file() -> None:
    """Otherwise it would be one of bytes, whatever its name says."""
    layers = [seed for kind in ("areas", "points") for seed in seeds.of_layers(kind)]
    for seed in (*seeds.of_tables("schools"), *layers, *seeds.of_rasters()):
        for name, content in seed.files.items():
            for change in mutations.CHANGES.get(PurePath(name).suffix, ()):
                made = [change(content, Random(number)) for number in range(8)]
                assert any(each != content for each in made), (name, change)


def hangs() -> None:
    while True:
        pass


def dies() -> None:
    os.abort()


def warns() -> None:
    warnings.warn("of a library", RuntimeWarning, stacklevel=2)


def prints() -> None:
    os.write(2, b"ERROR 1: of a library\n")


def fills() -> None:
    np.ones(2**27).sum()


def raises() -> None:
    raise KeyError("of a library")


def refuses() -> None:
    raise InputError("table_no_rows")


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (hangs, "did not end within"),
        (dies, "the process ended with SIGABRT"),
        (warns, "RuntimeWarning: of a library"),
        (prints, "ERROR 1: of a library"),
        (fills, "MB of memory"),
        (raises, "KeyError: 'of a library'"),
        (refuses, None),
    ],
)
def test_every_kind_of_fault_is_seen_and_its_files_kept(
    act: Callable[[], None],
    expected: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "LONGEST_S", 0.3 if act is hangs else 60.0)
    seed = seeds.Seed("a.csv", {"a.csv": b"a,b\n1,2\n"})

    def read(folder: Path, name: str) -> None:
        if (folder / name).read_bytes() != seed.files[name]:
            act()

    target = Target("one", 1, lambda: [seed], read)
    outcomes = run.run(Plan(1, 3, (target,), tmp_path), workers=1)
    assert len(outcomes) == 4  # the file as it is, then three cases, whatever becomes of them
    faults = [outcome.fault for outcome in outcomes if outcome.fault]
    assert len(faults) == (3 if expected else 0)
    for fault in faults:
        assert expected is not None
        assert expected in fault.what
        assert (tmp_path / f"one-{fault.number}" / "a.csv").is_file()


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    words = ["--cases", "1000", "--only", "offsets", "--keep", str(tmp_path), "--workers", "1"]
    assert main([*words, "--case", "4"]) == 0
    assert "offsets" in capsys.readouterr().out
    assert main(["--only", "nothing"]) == 2
    assert "register" in capsys.readouterr().err
    assert time.monotonic() - begun < 60
