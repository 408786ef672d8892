"""What the hash of the code covers."""

from __future__ import annotations

import ast
import hashlib
import shutil
from functools import cache
from pathlib import Path

import pytest

import kalsel_gap
from kalsel_gap import pipeline
from kalsel_gap.package import PACKAGE_FOLDER
from kalsel_gap.storage.fingerprint import CodeHashes, Source, code_hash, hash_of, read_source
from tests.conftest import package_sources
from tests.imports import imports_of

STAGES = {stage.name: stage.make.__module__ for stage in pipeline.STAGES}
# What else is kept by the hash of a module's code.
PRODUCTS = {
    "layers": "kalsel_gap.terrain.kept_layers",
    "losses": "kalsel_gap.radio.coverage.loss_rasters",
}
# Every module that compiles kernels.
KERNELS = tuple(
    f"kalsel_gap.{name.removesuffix('.py').replace('/', '.')}"
    for name, text in package_sources().items()
    if "from kalsel_gap.geo.kernels import" in text
)
# What one new line of code in a module asks for anew: stages, and modules whose kernels are
# compiled. One module of each room, and what the others lean on. What reads a table of a stage is
# made again with it, whatever its own code.
MOVES: dict[str, tuple[set[str], set[str]]] = {
    "cli/rank.py": (set(), set()),
    "cli/predict/link_table.py": (set(), set()),
    "pipeline.py": (set(), set()),
    "stage_cache.py": ({"layers", "losses"}, set()),  # they keep what they compute themselves
    "doctor.py": (set(), set()),
    "deliverables/web_map.py": (set(), set()),
    "deliverables/map_previews.py": ({"previews"}, set()),
    "deliverables/preview_images.py": ({"previews"}, set()),
    "deficit/scores.py": (set(), set()),
    "deficit/service.py": ({"service", "certainty"}, set()),
    "deficit/signals.py": ({"signals"}, set()),
    "robustness/certainty.py": ({"certainty"}, set()),
    "radio/links/prediction.py": ({"prediction"}, set()),
    "radio/links/link_table.py": (set(), set()),
    "radio/coverage/products.py": (set(), set()),
    "radio/propagation/diffraction.py": (
        {"prediction", "losses"},
        {
            "radio.propagation.diffraction",
            "radio.propagation.mechanisms",
            "radio.propagation.p1812",
            "radio.propagation.radials",
            "radio.propagation.short_range",
            "radio.propagation.sweep",
        },
    ),
    "radio/propagation/itm.py": (set(), {"radio.propagation.itm"}),
    "comparison/causes.py": (set(), set()),
    "answers.py": (set(), set()),
    "planning/solve.py": (set(), set()),
    "quality/elevation.py": (set(), set()),
    "quality/locations.py": ({"quality"}, set()),
    "terrain/horizon.py": ({"terrain"}, {"terrain.horizon"}),
    "terrain/layers.py": ({"layers"}, set()),
    "sources/sites.py": ({"sites", "prediction"}, set()),
    "sources/villages.py": ({"places"}, set()),
    "indicators/barrier.py": ({"terrain", "previews"}, set()),
    "indicators/inference.py": ({"service", "signals", "certainty"}, set()),
    "storage/cache.py": ({"layers", "losses"}, set()),
    "storage/run_folder.py": (set(), set()),
    "i18n/messages.py": (set(), set()),
}


@cache
def known() -> dict[str, Source]:
    """Hashes of all files of the package, so that a copy parses only what a test changes."""
    return {}


def hashes(folder: Path) -> CodeHashes:
    return CodeHashes(folder, known())


def keys(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The hash of each stage's and product's code and of each module of kernels."""
    of = hashes(folder).of
    return {n: of(m) for n, m in {**STAGES, **PRODUCTS}.items()}, {m: of(m) for m in KERNELS}


def moved(folder: Path) -> tuple[set[str], set[str]]:
    """Stages and products, and modules of kernels, whose hash is not that of the package."""
    before, after = keys(PACKAGE_FOLDER), keys(folder)
    stages, kernels = (
        {name for name, digest in ours.items() if theirs[name] != digest}
        for ours, theirs in zip(before, after, strict=True)
    )
    return stages, {name.removeprefix("kalsel_gap.") for name in kernels}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, for a test to change."""
    ignored = shutil.ignore_patterns("__pycache__", "assets", "locale")
    return Path(shutil.copytree(PACKAGE_FOLDER, tmp_path / PACKAGE_FOLDER.name, ignore=ignored))


def test_the_folder_of_the_package_is_the_one_that_is_imported() -> None:
    assert Path(str(kalsel_gap.__file__)).parent == PACKAGE_FOLDER


@pytest.mark.parametrize("file", MOVES)
def test_a_change_moves_what_uses_it_and_nothing_else(copy: Path, file: str) -> None:
    path = copy / file
    path.write_text(path.read_text(encoding="utf-8") + "\n_NEW = 1\n", encoding="utf-8")
    assert moved(copy) == MOVES[file]


def test_every_room_with_code_has_a_change_that_is_tried() -> None:
    tried = {Path(file).parts[0] for file in MOVES}
    rooms = {Path(name).parts[0] for name in package_sources()}
    common = {"project", "geo", "schema.py", "findings.py", "errors.py", "stages.py"}
    doors = {"__init__.py", "__main__.py", "package.py"}
    assert rooms - doors - common == tried


def test_what_all_stages_rest_on_moves_all(copy: Path) -> None:
    path = copy / "stages.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n_NEW = 1\n", encoding="utf-8")
    assert moved(copy) == ({*STAGES, *PRODUCTS}, set())


def test_sentences_comments_docstrings_and_types_move_nothing(copy: Path) -> None:
    for path in copy.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        text = text.replace('N_("', 'N_("Reworded: ').replace("    # ", "    # Say why: ")
        text = text.replace("if TYPE_CHECKING:\n", "if TYPE_CHECKING:\n    import decimal\n\n")
        path.write_text(f'{text}\n\n# One more.\n\n"""And a sentence."""\n', encoding="utf-8")
    assert moved(copy) == (set(), set())


def test_a_default_that_is_read_beside_the_project_counts(copy: Path) -> None:
    path = copy / "project" / "defaults" / "regions.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# A comment.\n{text}", encoding="utf-8")
    assert moved(copy) == (set(), set())
    path.write_text(f"{text}\n[more]\nvalue = 1\n", encoding="utf-8")
    stages, kernels = moved(copy)
    assert {"schools", "places", "quality"} <= stages
    assert not {"service", "sea"} & stages
    assert kernels == set()


# They read every file of defaults; the last one only proposes a project, which names its values.
_OF_MANY = {
    *("project/read.py", "project/invalid.py", "project/departures.py"),
    "sources/recognition/table_roles.py",
}


def test_no_default_is_read_beside_the_project_unseen() -> None:
    """A file whose name is no literal is found by its values, which are sections of the project."""
    for name, text in package_sources().items():
        calls = [
            node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "default_values"
        ]
        literal = all(isinstance(call.args[0], ast.Constant) for call in calls)
        assert literal or name in _OF_MANY, name


def test_every_import_is_seen() -> None:
    """Held against another reader of imports, relative ones and packages among them."""
    for name, text in package_sources().items():
        module = f"kalsel_gap.{name.removesuffix('.py').replace('/', '.')}"
        found = {imported.module for imported in imports_of(text, module)}
        assert found <= {*read_source(text).imports}, name


def test_a_module_of_a_package_needs_the_package(tmp_path: Path) -> None:
    files = {
        "__init__.py": "from top import everything",
        "everything.py": "import top.room.one",
        "room/__init__.py": "import os",
        "room/one.py": "def later():\n    from top.room import two\n    from top import low",
        "room/two.py": "from top.low import name",
        "low.py": "import numpy",
    }
    for name, text in files.items():
        path = tmp_path / "top" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = CodeHashes(tmp_path / "top").reached_from("top.room.one")
    assert found == {"top.room", "top.room.one", "top.room.two", "top.low"}
    with pytest.raises(ValueError, match=r"top\.nowhere is no module"):
        CodeHashes(tmp_path / "top").of("top.nowhere")


def test_kernels_depend_on_every_type_that_they_are_compiled_for() -> None:
    """A tuple with names is compiled by its fields: their order is code of the kernel too."""
    tuples = {
        f"kalsel_gap.{name.removesuffix('.py').replace('/', '.')}.{node.name}"
        for name, text in package_sources().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and any("NamedTuple" in ast.dump(b) for b in node.bases)
    }
    assert tuples
    for module in KERNELS:
        name = module.removeprefix("kalsel_gap.").replace(".", "/") + ".py"
        text = package_sources()[name]
        given = {
            node.id
            for function in ast.walk(ast.parse(text))
            if isinstance(function, ast.FunctionDef) and function.decorator_list
            for argument in function.args.args
            if argument.annotation is not None
            for node in ast.walk(argument.annotation)
            if isinstance(node, ast.Name)
        }
        every = {each.module for each in imports_of(text, module, type_only=True)}
        used = {one for one in every & tuples if one.rpartition(".")[2] in given}
        reached = hashes(PACKAGE_FOLDER).reached_from(module)
        assert {one.rpartition(".")[0] for one in used} <= reached, module


def test_the_hashes_of_files_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    from kalsel_gap.storage import fingerprint

    expected = code_hash("kalsel_gap.schema")
    fingerprint._hashes.cache_clear()
    monkeypatch.setattr(fingerprint, "read_source", lambda _: pytest.fail("parsed again"))
    monkeypatch.setattr(fingerprint, "_remember", lambda _: pytest.fail("written again"))
    assert code_hash("kalsel_gap.schema") == expected


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_memory_that_is_broken_is_made_anew(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kalsel_gap.storage import fingerprint

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    fingerprint._memory().write_text(content)
    fingerprint._hashes.cache_clear()
    found = code_hash("kalsel_gap.schema")
    assert found == CodeHashes(PACKAGE_FOLDER).of("kalsel_gap.schema")
    assert len(fingerprint._remembered()) == len(
        CodeHashes(PACKAGE_FOLDER).reached_from("kalsel_gap.schema")
    )


def test_of_many_hashes_the_newest_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kalsel_gap.storage import fingerprint

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "new"))
    monkeypatch.setattr(fingerprint, "_REMEMBERED", 2)
    sources = {name: Source(name, ("a", "b"), ("c",)) for name in ("first", "second", "third")}
    fingerprint._remember(sources)
    assert fingerprint._remembered() == {name: sources[name] for name in ("second", "third")}
    assert [path.name for path in (tmp_path / "new").iterdir()] == [fingerprint._memory().name]


def test_the_hash_of_values_is_that_of_their_json() -> None:
    expected = hashlib.sha256(b'{"a": [1, 2.5], "b": null}').hexdigest()
    assert hash_of({"b": None, "a": [1, 2.5]}) == hash_of({"a": [1, 2.5], "b": None}) == expected
    assert hash_of({"a": [2.5, 1], "b": None}) != expected


def test_a_test_for_types_that_also_computes_counts() -> None:
    typed = "if TYPE_CHECKING:\n    x = 1\nelse:\n    y = 2"
    assert read_source(typed) == read_source("y = 2")
    assert read_source("if OTHER:\n    x = 1") != read_source("if OTHER:\n    x = 2")
    for call in ("ngettext('a', 'b', n)", "i18n.N_('a')", "_('a')"):
        assert read_source(call) == read_source(call.replace("'a'", "'c'"))
        assert read_source(call) != read_source(call.replace("(", "(m, "))
    assert read_source("f('a')") != read_source("f('c')")
    # A sentence inside what a sentence is given.
    assert read_source("N_(f(x, 'a'))") != read_source("N_(f(x, 'b'))")
