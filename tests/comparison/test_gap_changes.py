"""What counts as a gap that was closed, opened, worse or better, and how they are counted."""

from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.comparison.gap_changes import GAP_CHANGES, WORSE, change_of_gap, count_gap_changes

OPEN = ("covered_unverified", "unknown", None)


def test_every_pair_of_kinds_has_its_change() -> None:
    assert {*WORSE, *OPEN, "adequate"} == {*schema.GAP_TYPES, None}
    expected: str | None
    for before in (*schema.GAP_TYPES, None):
        for after in (*schema.GAP_TYPES, None):
            if before in OPEN:
                expected = None if after in OPEN else "found_gap"
                expected = "found_adequate" if after == "adequate" else expected
            elif before in {"weak", "uncovered"} and after == "covered_unverified":
                expected = "improved"
            elif after in OPEN:
                expected = "lost_sight"
            elif before == after:
                expected = None
            elif after == "adequate":
                expected = "closed"
            elif before == "adequate":
                expected = "opened"
            else:
                is_worse = WORSE.index(after or "") > WORSE.index(before or "")
                expected = "regressed" if is_worse else "improved"
            assert change(before, after) == (expected or ""), (before, after)


def change(before: str | None, after: str | None, *, knew: bool = True, knows: bool = True) -> str:
    found = change_of_gap(
        *(pd.Series([gap]) for gap in (before, after)),
        *(pd.Series([known]) for known in (knew, knows)),
    )
    return str(found.fillna("").iloc[0])


def test_progress_is_claimed_only_of_what_is_known_in_both_runs() -> None:
    """A school that is inferred to be adequate is none of which it is known."""
    for gap in WORSE:
        assert change(gap, "adequate", knew=False) == "found_adequate"
        assert change(gap, "adequate", knows=False) == "lost_sight"
        assert change("adequate", gap, knew=False) == "found_gap"
        assert change("adequate", gap, knows=False) == "opened"
        for other in WORSE:
            assert change(gap, other, knew=False, knows=False) == change(gap, other)
    assert change("adequate", "adequate", knew=False) == "found_adequate"
    assert change("adequate", "adequate", knew=False, knows=False) == ""
    assert change("unknown", "adequate", knew=False, knows=False) == ""


def test_counts_by_hand() -> None:
    schools = pd.DataFrame(
        {
            "kabupaten": ["Banjar", "Banjar", "Tapin", None, "Tapin"],
            "terrain_class": ["rawa", "rawa", "rawa", "dataran", "dataran"],
            "gap_before": ["weak", "adequate", "unknown", "slow", "slow"],
            "gap_after": ["adequate", "weak", "slow", "weak", "slow"],
        }
    )
    schools["gap_change"] = change_of_gap(
        schools["gap_before"], schools["gap_after"], *[schools["gap_after"] != ""] * 2
    )
    counts = count_gap_changes(schools).set_index(["by", "group"])
    said = {
        key: {name: row[name] for name in GAP_CHANGES if row[name]}
        for key, row in counts.iterrows()
    }
    assert said == {
        ("all", ""): {"closed": 1, "opened": 1, "found_gap": 1, "regressed": 1},
        ("kabupaten", ""): {"regressed": 1},
        ("kabupaten", "Banjar"): {"closed": 1, "opened": 1},
        ("kabupaten", "Tapin"): {"found_gap": 1},
        ("terrain_class", "dataran"): {"regressed": 1},
        ("terrain_class", "rawa"): {"closed": 1, "opened": 1, "found_gap": 1},
        # The gap before; of one that was opened or found that now.
        ("gap_type", "slow"): {"found_gap": 1, "regressed": 1},
        ("gap_type", "weak"): {"closed": 1, "opened": 1},
    }


@pytest.mark.parametrize("gap", [None, "unknown", "weak"])
def test_without_a_change_nothing_is_counted(gap: str | None) -> None:
    same = pd.Series([gap, gap], dtype="str")
    assert change_of_gap(same, same, *[pd.Series([True] * 2)] * 2).isna().all()
    table = pd.DataFrame(
        {"kabupaten": "", "terrain_class": "", "gap_before": same, "gap_after": same}
    ).assign(gap_change=None)
    assert count_gap_changes(table).empty
