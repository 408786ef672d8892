"""Which changes `make mutants` draws, and which it leaves out."""

from __future__ import annotations

import ast

import pytest

from tests.mutants import TOO_LONG, Mutant, meeting, near_files, sample
from tests.quick import REPOSITORY

CODE = '''\
"""A module."""

LIMIT = 3


def nearest(found: list[int], limit: int = 5) -> int:
    return min(found) if len(found) < limit else LIMIT


def level(margin):
    total = margin + 2.5
    return total
'''


def drawn(source: str, **options: int) -> list[Mutant]:
    return sample({"a.py": source}, **({"seed": 1, "number": 100} | options))


def test_each_line_once_and_each_a_program_of_its_own() -> None:
    mutants = drawn(CODE)
    assert sorted(mutant.line for mutant in mutants) == [3, 6, 7, 11]
    before = CODE.splitlines()
    for mutant in mutants:
        ast.parse(mutant.source)
        after = mutant.source.splitlines()
        assert [
            n for n, pair in enumerate(zip(before, after, strict=True), 1) if len({*pair}) > 1
        ] == [mutant.line]
        assert mutant.diff == f"-{before[mutant.line - 1]}\n+{after[mutant.line - 1]}"


def test_a_seed_draws_the_same_and_another_one_others() -> None:
    assert drawn(CODE, number=2) == drawn(CODE)[:2]
    assert len({tuple(drawn(CODE, seed=seed)) for seed in range(10)}) > 5


def test_every_kind_of_change_of_a_line_is_drawn() -> None:
    seen = {drawn("a = b - 1 if c < d else e", seed=seed)[0].diff for seed in range(60)}
    changed = {each.partition("+")[2] for each in seen}
    assert {"a = b + 1 if c < d else e", "a = b - 2 if c < d else e"} <= changed
    assert {"a = b - 1 if c <= d else e", "a = None"} <= changed


@pytest.mark.parametrize(
    "source",
    [
        '"""Text."""',
        "# a < b",
        "def f(a: Literal['b'] | 'c') -> 'd': ...",
        "Kind = Literal['b', 'c']",
        "if TYPE_CHECKING:\n    kernel = njit(cache=True)",
        "@vectorize('float64', cache=True)\ndef f(): ...",
        "__all__ = ['a']",
        "N_('One sentence.')",
        "cast('int', a)",
    ],
)
def test_what_no_test_can_notice_is_left_out(source: str) -> None:
    assert drawn(source) == []


@pytest.mark.parametrize("call", ["zip(a, b, strict=True)", "a.read_text(encoding='utf-8', b=b)"])
def test_an_argument_that_is_left_out_stays(call: str) -> None:
    mutants = [mutant for seed in range(60) for mutant in drawn(call, seed=seed)]
    assert mutants
    for mutant in mutants:
        assert "strict=True" in mutant.source or "encoding='utf-8'" in mutant.source


def test_the_nearest_tests_come_first_and_none_is_too_slow() -> None:
    near = {"module.py": 0, "mirror.py": 1, "importer.py": 2, "far.py": 4}
    seconds = {"far.py::quick": 0.1, "importer.py::slow": 5.0, "mirror.py::t": 4.0, "no.py::t": 1.0}
    assert meeting(near, seconds) == [["mirror.py::t", "importer.py::slow"], ["far.py::quick"]]
    # On a busy machine the same ones: seconds decide the order alone.
    busy = {test: 20.0 * needed for test, needed in seconds.items()} | {"mirror.py::t": 300.0}
    assert meeting(near, busy) == [["importer.py::slow", "mirror.py::t"], ["far.py::quick"]]
    assert meeting({}, seconds) == []


def test_a_file_that_reads_every_text_is_near_to_its_own_module_only() -> None:
    package = {"kalsel_gap/a.py": "'>>> 1'", "kalsel_gap/b.py": "from kalsel_gap import a"}
    tests = {
        "tests/test_a.py": "package_sources()",
        "tests/storage/test_b.py": "from kalsel_gap import b",
        "tests/test_b.py": "from kalsel_gap import b",
        "tests/storage/test_words.py": "package_sources()",
    }
    assert near_files("kalsel_gap/a.py", package, tests) == {
        "kalsel_gap/a.py": 0,
        "tests/test_a.py": 1,
        "tests/storage/test_b.py": 4,
    }


@pytest.mark.parametrize("test", TOO_LONG)
def test_what_takes_too_long_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"\ndef {name}(" in (REPOSITORY / file).read_text(encoding="utf-8")
