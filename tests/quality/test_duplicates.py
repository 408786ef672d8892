from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kalsel_gap.project.base import default_values
from kalsel_gap.project.checks import Locations
from kalsel_gap.quality.duplicates import check_neighbours, name_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeSchools

FIGURES = Locations.model_validate(default_values("locations"))
METRE_DEG = 1 / 110_574  # of latitude, at the equator


def found(schools: MakeSchools, rows: Sequence[dict[str, Any]], code: str) -> list[Finding]:
    return [f for f in check_neighbours(schools(rows), FIGURES) if f.code == code]


def test_one_compound_or_copied(schools: MakeSchools) -> None:
    rows = [
        {"name": "SD KRISTEN KANAAN", "level": "SD", "lat": -3.1},
        {"name": "SMP KRISTEN KANAAN", "level": "SMP", "lat": -3.1},
        {"name": "SD NEGERI KERATON 1", "level": "SD", "lat": -3.2},
        {"name": "SDN KERATON 2", "level": "SD", "lat": -3.2},
        {"name": "SD NEGERI GAMBUT 9", "level": "SD", "lat": -3.3},
        {"name": "SD NEGERI KAYU BAWANG 1", "level": "SD", "lat": -3.3},
        {"name": "SD NEGERI PUGAAN", "level": "SD", "lat": -3.4, "kecamatan": "Pugaan"},
        {"name": "SMP NEGERI 1 MUARA UYA", "level": "SMP", "lat": -3.4, "kecamatan": "Muara Uya"},
        {"name": "SD NEGERI ALONE", "level": "SD", "lat": -3.5},
    ]
    shared = found(schools, rows, "coordinates_shared")
    copied = found(schools, rows, "coordinates_copied")
    assert [f.row for f in shared] == [2, 3, 4, 5]
    assert [f.row for f in copied] == [6, 7, 8, 9]
    assert shared[0].parameters == {"count": 2, "others": "00000002"}


def test_too_many_for_one_compound(schools: MakeSchools) -> None:
    levels = ["TK", "SD", "SMP", "SMA", "SMK", "SLB", "MI"]
    rows = [{"name": f"{level} Harapan", "level": level} for level in levels]
    assert len(found(schools, rows[:4], "coordinates_shared")) == 4
    copied = found(schools, rows, "coordinates_copied")
    assert [f.parameters["count"] for f in copied] == [7] * 7
    assert copied[0].parameters["others"] == "00000002, 00000003, 00000004, 00000005, 00000006 …"


def test_two_rows_of_one_npsn_share_nothing(schools: MakeSchools) -> None:
    rows = [{"npsn": "30300001", "name": "SD A"}, {"npsn": "30300001", "name": "SD A"}]
    assert check_neighbours(schools(rows), FIGURES) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("SDN 1 Sari Mulya", "SD NEGERI 1 SARIMULYA", True),
        ("SD NEGERI WONOREJO I", "SDN Wonorejo 1", True),
        ("SDN 04 Batu Mandi", "SDN BATU MANDI 4", True),
        ("SD NEGERI BUDI ASIH", "SD NEGERI BUDHI ASIH", True),
        ("SDN 1 Mawar", "SDN 2 Mawar", False),
        ("SDN Mawar Hulu", "SDN Mawar Hilir", False),
        ("SDN Mawar", "SDN Mawar 2", False),
        ("SD INPRES MAWAR", "SD NEGERI MAWAR", False),
        ("SD NEGERI 1 SEMBULUH II", "SD NEGERI 2 SEMBULUH I", False),
        ("SDN Mawar", "SDN Melati", False),
    ],
)
def test_near_duplicates_by_name(schools: MakeSchools, one: str, other: str, alike: bool) -> None:
    rows = [{"name": one, "lat": 0.0}, {"name": other, "lat": 100 * METRE_DEG}]
    got = found(schools, rows, "school_near_duplicate")
    assert len(got) == 2 * alike
    if alike:
        assert got[0].evidence["distance_m"] == 100
        assert [f.parameters["other"] for f in got] == ["schools.csv:3", "schools.csv:2"]


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({"lat": 290 * METRE_DEG}, True),
        ({"lat": 310 * METRE_DEG}, False),
        ({"level": "SMP"}, False),
        ({"ownership": "private"}, False),
        ({"npsn": "00000001"}, False),  # that is a repeated NPSN
    ],
)
def test_near_duplicates_are_one_kind_side_by_side(
    schools: MakeSchools, change: dict[str, Any], alike: bool
) -> None:
    rows = [{"name": "SDN Mawar", "lat": 0.0}, {"name": "SDN Mawar", "lat": 0.001, **change}]
    assert bool(found(schools, rows, "school_near_duplicate")) is alike


def test_no_edges_of_cells(schools: MakeSchools) -> None:
    # Pairs 100 m apart in every direction around many whole and broken degrees.
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for n, (lat, lon, turn) in enumerate(rng.uniform([-8, 95, 0], [5, 141, 7], (40, 3))):
        lat, lon = (round(lat, n % 4), round(lon, n % 3))  # noqa: PLW2901
        for sign in (-1, 1):
            up, right = sign * 50 * METRE_DEG * np.array([np.cos(turn), np.sin(turn)])
            rows.append({"name": "SDN Mawar", "lat": lat + up, "lon": lon + right})
    assert len(found(schools, rows, "school_near_duplicate")) == len(rows)


def test_many_namesakes_at_one_point_end(schools: MakeSchools) -> None:
    rows = [{"name": "SDN Mawar"} for _ in range(300)]
    got = found(schools, rows, "school_near_duplicate")
    assert len(got) == FIGURES.near_duplicate.neighbours + 1


def test_what_is_too_much_to_compare_is_said(
    schools: MakeSchools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eighty schools of one kind within five metres: more than are counted, and than compared."""
    monkeypatch.setattr("kalsel_gap.quality.duplicates._COUNTED", 1)
    names = [chr(65 + n % 20) * 4 + chr(65 + n % 20 + n // 20) * 4 for n in range(80)]
    rows = [{"name": f"SD {name}", "lat": n * METRE_DEG / 16} for n, name in enumerate(names)]
    (cut,) = found(schools, rows, "cluster_not_counted")
    assert cut.parameters["counted"] == 4 * FIGURES.cluster.schools
    assert len(found(schools, rows, "cluster_dense")) == 80
    (cut,) = found(schools, rows, "near_duplicates_not_compared")
    assert cut.parameters == {"count": 80, "compared": 32}
    assert found(schools, rows[:33], "near_duplicates_not_compared") == []


def test_a_heap_at_one_point_hides_no_other_schools(
    schools: MakeSchools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalsel_gap.quality.duplicates._COUNTED", 1)
    heap = [{"name": "SDN Sakura", "lat": 0.0}] * 90
    others = [{"name": "SDN Sakura", "lat": n * METRE_DEG} for n in range(1, 10)]
    assert len(found(schools, [*heap, *others], "cluster_dense")) == 99


def test_of_several_near_duplicates_the_nearest(schools: MakeSchools) -> None:
    rows = [{"name": "SDN Mawar", "lat": metres * METRE_DEG} for metres in (0, 100, 150)]
    got = found(schools, rows, "school_near_duplicate")
    assert [(f.row, f.evidence["distance_m"]) for f in got] == [(2, 100), (3, 50), (4, 50)]


def test_too_many_around_one_point(schools: MakeSchools) -> None:
    names = ["Mawar", "Melati", "Kenanga", "Anggrek", "Dahlia", "Teratai", "Cempaka", "Kamboja"]
    most = [{"name": f"SDN {name}", "lat": n * METRE_DEG} for n, name in enumerate(names)]
    most.append({"name": "SDN Flamboyan", "lat": 90 * METRE_DEG})
    assert found(schools, most, "cluster_dense") == []
    dense = found(schools, [*most, {"name": "SDN Sakura", "lat": 50 * METRE_DEG}], "cluster_dense")
    assert len(dense) == 10
    assert {f.parameters["count"] for f in dense} == {9}
    # Those at the very same point are told as such.
    heap = [{**row, "lat": 0.0} for row in most] * 2
    assert found(schools, heap, "cluster_dense") == []


def test_marks_of_a_name() -> None:
    figures = FIGURES.near_duplicate
    assert name_parts("SMP NEGERI 3 DAHA SELATAN", figures) == ("DAHA", "3 SELATAN")
    assert name_parts("SLB-C Harapan", figures) == ("HARAPAN", "C")
    assert name_parts("<script>", figures) == ("SCRIPT", "")
    assert name_parts("", figures) == ("", "")


def test_row_order_decides_nothing(schools: MakeSchools) -> None:
    rng = np.random.default_rng(2)
    rows = [
        {"name": f"SDN {n % 3} Mawar", "lat": float(lat), "level": ("SD", "SMP")[n % 2]}
        for n, lat in enumerate(np.round(rng.uniform(0, 0.003, 80), 4))
    ]
    table = schools(rows)
    shuffled = table.sample(frac=1, random_state=3)

    def told(findings: list[Finding]) -> list[str]:
        return sorted(map(repr, findings))

    assert told(check_neighbours(table, FIGURES)) == told(check_neighbours(shuffled, FIGURES))
