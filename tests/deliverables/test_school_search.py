from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.deliverables.school_search import find_schools
from kalsel_gap.errors import InputError

NAMES = [
    *("SDN HANTAKAN", "SMPN 1 HANTAKAN", "SDN TATAKAN 1", "SDN Kampung-Baru", "SDN HANTAKAN"),
    "=HYPERLINK(1)",
]
SCHOOLS = pd.DataFrame(
    {
        "npsn": ["30300001", "30300002", "30300003", "", "30300001", "30300006"],
        "row_id": [f"s.csv:{n}" for n in range(2, 8)],
        "name": NAMES,
        "is_duplicate": [False, False, False, False, True, False],
    }
)


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ("30300001", [2]),  # the row that repeats it is left out
        (" 30300002 ", [3]),
        ("s.csv:5", [5]),
        ("s.csv:6", [6]),
        ("smpn 1 hantakan", [3]),
        ("hantakan", [2, 3, 6]),
        ("1 hantakan", [3]),
        ("kampung baru", [5]),
        ("hyperlink", [7]),
    ],
)
def test_a_school_is_found(wanted: str, rows: list[int]) -> None:
    assert list(find_schools(SCHOOLS, wanted)["row_id"]) == [f"s.csv:{n}" for n in rows]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [("hantakn 1", "SMPN 1 HANTAKAN"), ("30300005", "30300006"), ("xyzzy", ""), ("", "")],
)
def test_a_school_that_is_not_there(wanted: str, first: str) -> None:
    with pytest.raises(InputError) as caught:
        find_schools(SCHOOLS, wanted)
    assert caught.value.code == "school_not_in_run"
    assert str(caught.value.params["suggestion"]).split("”")[0] == first
