"""Lines of keys in a project file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import SeveralErrors
from kalsel_gap.project.read import read_project
from kalsel_gap.project.toml_errors import line_of, lines_of

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """[project]
name = "a"
[[coverage]]
path = "a.tif"
"kind" = ""
[[coverage]]
  kind = "class" # of the second
[index.nodes.students]
weight = 2
[sites]
path = "s.csv"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("project.name", 2),
        ("coverage.0.kind", 5),
        ("coverage.1.kind", 7),
        ("coverage.1.nodata_means", 6),  # the head of its section
        ("index.nodes.students.weight", 9),
        ("sites.0.path", 11),
        ("elevation.path", None),
        ("schools", None),
    ],
)
def test_the_line_of_a_key(key: str, line: int | None) -> None:
    assert line_of(lines_of(TEXT), key) == line


def test_thousands_of_unknown_keys_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "kalsel-gap.toml"
    path.write_text("[index]\n" + "".join(f"key_{n} = 1\n" for n in range(4_000)))
    begun_s = time.process_time()
    with pytest.raises(SeveralErrors):
        read_project(path)
    assert time.process_time() - begun_s < 8
