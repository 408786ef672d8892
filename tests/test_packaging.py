"""The frame: locks, version, targets of the Makefile, contents of what is built."""

from __future__ import annotations

import os
import re
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import REPOSITORY as ROOT
from tests.conftest import package_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

# What belongs to the package besides folders and caches.
SUFFIXES = {".py", ".toml", ".mo", ".po", ".html", ".css", ".js"}
WHEELS_ONLY = "--only-binary :all:"  # a source distribution runs programs while it is built
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
INSTALL: list[str] = PROJECT["dependency-groups"]["install"]
DEV: list[str] = PROJECT["project"]["optional-dependencies"]["dev"]


def locked(name: str) -> Iterator[tuple[Requirement, int]]:
    """Each requirement of a lock with the number of its hashes."""
    text = re.sub(r"^\s*#.*$", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and line != WHEELS_ONLY:
            requirement, *hashes = line.split("--hash=sha256:")
            assert all(re.fullmatch(r"[0-9a-f]{64}\s*", value) for value in hashes), line
            yield Requirement(requirement), len(hashes)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_everything(name: str) -> None:
    entries = list(locked(name))
    assert entries
    assert [str(requirement) for requirement, hashes in entries if not hashes] == []
    operators = {str(r): [pin.operator for pin in r.specifier] for r, _ in entries}
    assert {text: found for text, found in operators.items() if found != ["=="]} == {}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_takes_wheels_only(name: str) -> None:
    assert WHEELS_ONLY in (ROOT / name).read_text(encoding="utf-8").splitlines()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"--require-hashes {WHEELS_ONLY} --requirement {name}" in makefile
    for page in ("README.md", "README.id.md"):
        assert f"{WHEELS_ONLY} -r {name}" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_folder(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"://|--(index|extra|find|trusted)| /|~/", text) == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("requirements.lock", RUNTIME + INSTALL), ("requirements-dev.lock", RUNTIME + INSTALL + DEV)],
)
def test_a_lock_satisfies_the_ranges(name: str, wanted: list[str]) -> None:
    pins: dict[str, set[str]] = {}
    for requirement, _ in locked(name):
        (pin,) = requirement.specifier
        pins.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)
    faults = []
    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name), set())
        if not versions:
            faults.append(f"{requirement} is missing")
        faults += [
            f"{requirement}, but {version} is locked"
            for version in versions
            if not requirement.specifier.contains(version)
        ]
    assert faults == [], "run `make lock`"


def test_both_locks_agree() -> None:
    run, development = (
        {(requirement.name, str(requirement.specifier)) for requirement, _ in locked(name)}
        for name in LOCKS
    )
    assert run <= development


def test_every_range_has_two_ends() -> None:
    ranges = RUNTIME + INSTALL + DEV
    assert ranges
    ends = {text: {pin.operator for pin in Requirement(text).specifier} for text in ranges}
    assert {text: found for text, found in ends.items() if found != {">=", "<"}} == {}


def test_the_version_stands_in_one_place() -> None:
    version = PROJECT["project"]["version"]
    assert str(Version(version)) == version
    literal = re.compile(r"^__version__\s*(:\s*\w+\s*)?=\s*[\"']", re.MULTILINE)
    assert [name for name, text in package_sources().items() if literal.search(text)] == []


def test_every_exception_from_a_check_is_of_files_that_exist() -> None:
    tools = PROJECT["tool"]
    patterns = [*tools["ruff"]["lint"]["per-file-ignores"], *tools["hatch"]["build"]["artifacts"]]
    modules = [
        module.replace(".", "/")
        for override in tools["mypy"]["overrides"]
        for module in override["module"]
        if module.startswith("kalsel_gap")
    ]
    assert modules
    # What is in braces is one of several, each of which must exist.
    spelt = [
        f"{before}{choice}{after}"
        for before, choices, after in (
            re.fullmatch(r"([^{]*)(?:{(.+)})?(.*)", pattern).groups("")  # type: ignore[union-attr]
            for pattern in [*patterns, *modules]
        )
        for choice in choices.split(",")
    ]
    assert [pattern for pattern in spelt if next(ROOT.glob(pattern), None) is None] == []


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    documented = re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(documented) == sorted(phony.split())
    assert {"rank", "test", "check", "bench", "lock", "golden", "messages", "help"} <= {*documented}
    assert set(documented) == set(re.findall(r"^([a-z]+):(?!=)", makefile, re.MULTILINE))


def test_ci_says_what_the_makefile_says() -> None:
    script = ROOT / ".ci" / "run"
    if os.name == "posix":
        assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[-3:] == ["export CI=true", "make test", "make check"]


def test_hooks_fetch_nothing() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    assert "://" not in text


def source_files(folder: Path) -> set[str]:
    """What of the package should reach a user."""
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_and_its_data(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as wheel:
        names = set(wheel.namelist())
        (entry_points,) = (name for name in names if name.endswith("/entry_points.txt"))
        commands = wheel.read(entry_points).decode()
    package = source_files(ROOT / "kalsel_gap")
    assert {Path(name).suffix for name in package} == SUFFIXES
    assert package <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "kalsel-gap = kalsel_gap.__main__:main" in commands
    assert {name.split("/")[0].split("-")[0] for name in names} == {"kalsel_gap"}
    assert not any("__pycache__" in name for name in names)
    sample = {f"kalsel_gap/sample/{path.name}" for path in (ROOT / "data" / "sample").glob("*.*")}
    assert sample <= names  # for `kalsel-gap init --sample` of an installed package


def test_the_source_archive_holds_no_runs_and_no_environment() -> None:
    from hatchling.builders.sdist import SdistBuilder

    builder = SdistBuilder(str(ROOT))
    names = {Path(file.distribution_path).as_posix() for file in builder.recurse_included_files()}
    assert {"kalsel_gap/cli/__init__.py", "tests/test_packaging.py", "Makefile"} <= names
    assert {"LICENSE", "README.md", "data/tiny/kalsel-gap.toml", *LOCKS} <= names
    assert not [name for name in names if {"runs", ".venv", "__pycache__"} & {*Path(name).parts}]
