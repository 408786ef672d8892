"""Charts of the report, with places that can be worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.drawing import FilledArea, Line
from kalsel_gap.deliverables.report_charts import (
    deficit_chart,
    deficit_rows,
    quantile,
    rank_chart,
)
from kalsel_gap.i18n.text import Text

EN = Text("en")
BOUNDS = (0.8, 0.6, 0.4, 0.2)


def test_groups_are_ordered_by_their_median_and_the_unknown_are_counted() -> None:
    schools = pd.DataFrame({"deficit": [0.2, 0.4, None, 0.9, None]})
    groups = pd.Series(["a", "a", "a", "b", "c"])
    rows = deficit_rows(schools, groups, {"c": "not recognised"})
    assert [(row.name, row.deficits, row.unknown) for row in rows] == [
        ("b", (0.9,), 0),
        ("a", (0.2, 0.4), 1),
        ("not recognised", (), 1),
    ]
    made = deficit_chart("Deficit", rows, BOUNDS, EN)
    assert made.description == (
        "b: 0.90; unknown 0. a: 0.20, 0.40; unknown 1. "
        "not recognised: no deficit is known; unknown 1."
    )
    said = [text.words for text in made.texts]
    assert said.count("no deficit is known") == 1
    assert [text.words for text in made.texts if text.bold] == ["1", "1"]
    # Three dots at their deficits: 186 is 0 and 468 is 1.
    dots = [shape for shape in made.shapes if isinstance(shape, FilledArea)][5:]
    middles = [sum(x for x, _ in dot.points) / len(dot.points) for dot in dots]
    assert middles == pytest.approx([186 + 282 * d for d in (0.9, 0.2, 0.4)])


def test_a_large_group_is_its_middle_half_and_nine_of_ten() -> None:
    schools = pd.DataFrame({"deficit": [n / 20 for n in range(21)]})
    (row,) = deficit_rows(schools, pd.Series(["a"] * 21), {})
    assert row.median == 0.5
    made = deficit_chart("Deficit", [row], BOUNDS, EN)
    assert "median 0.50, half of the schools between 0.25 and 0.75; unknown 0" in made.description
    whisker = next(s for s in made.shapes if isinstance(s, Line) and s.colour == "#6f93b8")
    assert [x for x, _ in whisker.points] == pytest.approx([186 + 282 * 0.05, 186 + 282 * 0.95])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0, 1))
def test_a_quantile_lies_between_the_ends(values: list[float], share: float) -> None:
    ordered = sorted(values)
    assert ordered[0] <= quantile(ordered, share) <= ordered[-1] + 1e-12


def test_rank_intervals_end_at_the_end_of_the_list() -> None:
    first = pd.DataFrame(
        {"rank": [1, 2], "name": ["SDN <1>", "SDN\u202e2"], "rank_p05": [1, 1], "rank_p95": [2, 9]}
    )
    made = rank_chart("Ranks", first, 3, EN)
    assert made.description == (
        "Of these 2, so many stay among the first 3 in 9 of 10 draws: 1. "
        "1. SDN <1>: 1 to 2; 2. SDN 2: 1 to 9"
    )
    bars = [s.points for s in made.shapes if isinstance(s, Line) and s.width == 5.0]
    (left, _), (right, _) = bars[1]
    (_, _), (second, _) = bars[0]
    assert (right - left) / 8 == pytest.approx(second - left)  # a rank is as wide everywhere
