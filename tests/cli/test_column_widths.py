"""Columns of a narrow terminal: names of schools are not squeezed by columns that need less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.cli.column_widths import lines_of, spread_room

VISITS = {
    "name": ["SD NEGERI 3 TANJUNG SELOKA", "SMP NEGERI 1 KURIPAN", "SD NEGERI RANTAU NANGKA"],
    "kecamatan": ["Pulau Laut Selatan", "Kuripan", "Pulau Laut Kepulauan"],
    "find_out": ["internet, sinyal", "internet, sinyal", "internet, sinyal, lokasi"],
    "chance_text": ["42 %", "41 %", "47 %"],
}
LEAST = {"name": 9, "kecamatan": 9, "find_out": 9, "chance_text": 7}
WORDS = st.text("ab \u5b66", max_size=20)


def test_the_room_goes_where_it_saves_most_lines() -> None:
    widths = spread_room(VISITS, LEAST, 18)
    assert widths["chance_text"] == LEAST["chance_text"]
    assert widths["name"] >= 14
    assert max(lines_of(name, widths["name"]) for name in VISITS["name"]) == 2
    assert widths["kecamatan"] <= 11


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), st.integers(0, 60), st.integers(0, 3))
def test_widths_stay_between_the_least_and_what_there_is(
    rows: list[tuple[str, str]], room: int, more: int
) -> None:
    texts = {"a": [one for one, _ in rows], "b": [other for _, other in rows]}
    least = {
        name: more + max([len(word) * 2 for cell in cells for word in cell.split()], default=0)
        for name, cells in texts.items()
    }
    widths = spread_room(texts, least, room)
    assert all(widths[name] >= least[name] for name in least)
    assert sum(widths.values()) <= sum(least.values()) + room


def test_no_rows_need_no_room() -> None:
    assert spread_room({"a": []}, {"a": 4}, 9) == {"a": 4}
    assert spread_room({}, {}, 9) == {}
