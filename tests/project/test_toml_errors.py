"""Lines of keys in a project file."""

from __future__ import annotations

import pytest

from kalsel_gap.project.toml_errors import line_of

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
    assert line_of(TEXT, key) == line
