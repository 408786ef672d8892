from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from kalsel_gap import schema
from kalsel_gap.deficit.deficits import gap_type, measure_deficits, tier_label, tier_of
from kalsel_gap.deficit.ranks import rank_schools
from kalsel_gap.deficit.scores import _statuses, score_schools
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.trees import goalposts, measure, power_mean
from kalsel_gap.indicators import available
from kalsel_gap.project.read import read_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject, MakeSchools

GEOD = Geod(ellps="WGS84")
NAN = np.nan
SHARES = st.floats(0.0, 1.0)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder = tmp_path_factory.mktemp("bare")
    (folder / "schools.csv").write_text("npsn,nama,lat,lon\n1,A,-3,115\n")
    (folder / "kalsel-gap.toml").write_text('[schools]\npath = "schools.csv"\n')
    return read_project(folder)


def scored(table: gpd.GeoDataFrame, opened: Opened) -> pd.DataFrame:
    staged = assess_service(table, opened)
    table = schema.check(table.join(staged.columns), "service")
    columns = score_schools(table, opened, service=staged.tables["service"]).columns
    assert columns.index.equals(table.index)
    joined: pd.DataFrame = schema.check(table.join(columns), "scores")
    return joined


# --- the worked school of the method ---------------------------------------------------------


def worked(schools: MakeSchools, opened: Opened) -> pd.DataFrame:
    signal = opened.project.signal
    a_a = float(available.from_level([-112.0], signal.curves["4g"].points)[0])
    lon, lat, _ = GEOD.fwd(115.0, -3.0, 90.0, 8000.0)
    school: dict[str, Any] = {
        "students": 240,
        "available": a_a,
        "best_level_dbm": -112.0,
        "best_technology": "4g",
        "terrain_class": "pegunungan",
        "terrain_severity": opened.project.terrain.severity.pegunungan,
        "is_small_island": False,
        "local_relief_m": 420.0,
        "mean_slope_deg": 12.0,
        "diffraction_db": 25.0,
        "site_4g_km": 7.5,
        "capital_km": 46.0,
        "water_share": 0.0,
        "village_index": 3,  # Berkembang
        "devices": 15,
    }
    # 8 km to the east a school with all that it needs, in a group of its own.
    other: dict[str, Any] = {
        "level": "SMA",
        "lat": lat,
        "lon": lon,
        "available": 0.9,
        "measured_down_mbps": 25.0,
    }
    return scored(schools([school, other]), opened)


def test_the_worked_school_digit_for_digit(schools: MakeSchools, opened: Opened) -> None:
    got = worked(schools, opened).iloc[0]
    printed = {
        "available": ".21",
        "delivered": ".0999",
        "deficit": ".8245",
        "relief_score": ".673",
        "slope_score": ".556",
        "terrain_class_score": ".8",
        "diffraction_score": ".625",
        "site_score": ".423",
        "capital_score": ".4",
        "water_score": "0",
        "students_score": ".731",
        "vulnerable_score": ".6",
        "devices_score": ".450",
        "adequate_score": ".368",
        "barrier": ".565",
        "need": ".596",
        "priority": ".653",
    }
    for name, figure in printed.items():
        digits = len(figure.partition(".")[2])
        assert f"{got[name]:.{digits}f}".lstrip("0") == figure.lstrip("0"), name
    assert got["tier"] == 1
    assert got["delivered_status"] == "inferred"
    assert got["delivered_basis"] == "curves"
    assert got["gap_type"] == "uncovered"
    # D = .9001 · .916 and P = .8245 · (.5 + .179 + .113), with the factors as they are printed.
    assert f"{1 - got['delivered']:.4f}" == "0.9001"
    assert f"{got['deficit'] / (1 - got['delivered']):.3f}" == "0.916"
    assert f"{0.3 * got['need']:.3f}" == "0.179"
    assert f"{0.2 * got['barrier']:.3f}" == "0.113"
    assert got["adequate_school_km"] == pytest.approx(8.0, abs=1e-6)


@pytest.mark.parametrize(
    ("branch", "printed"), [("terrain", "0.683"), ("path", "0.625"), ("remoteness", "0.382")]
)
def test_the_branches_of_the_worked_school(
    schools: MakeSchools, opened: Opened, branch: str, printed: str
) -> None:
    table = worked(schools, opened)
    nodes = {
        code: node.model_copy(update={"weight": 1.0 if code == branch else 0.0})
        if node.parent == "barrier"
        else node
        for code, node in opened.project.index.nodes.items()
    }
    index = opened.project.index.model_copy(update={"nodes": nodes})
    everyone = pd.Series(data=True, index=table.index)
    trees = measure(table, index, counts=everyone, ranked=everyone)
    assert f"{trees.value['barrier'].iloc[0]:.3f}" == printed


def test_leaves_without_input_are_inactive(schools: MakeSchools, opened: Opened) -> None:
    got = worked(schools, opened)
    for leaf in ("fibre", "road", "accounts"):
        assert f"{leaf}_score" not in got.columns


def test_the_contributions_of_the_worked_school(schools: MakeSchools, opened: Opened) -> None:
    got = worked(schools, opened).iloc[0]
    parts = [name for name in got.index if str(name).endswith("_contribution")]
    assert len(parts) == 14  # 11 leaves, delivered, available, required
    assert float(got[parts].sum()) == pytest.approx(got["priority"], abs=1e-12)
    # By the definition of Shapley: all 2^13 coalitions with the formulas as METHODS prints them;
    # 240 pupils need no more than the least bandwidth, so `required` has no part.
    barrier = ("terrain_class", "relief", "slope", "diffraction", "site", "capital", "water")
    need = ("students", "vulnerable", "devices", "adequate")
    names = ("delivered", "available", *barrier, *need)
    is_in = (np.arange(2 ** len(names))[:, None] >> np.arange(len(names))) & 1
    s = {n: is_in[:, 2 + at] * got[f"{n}_score"] for at, n in enumerate((*barrier, *need))}
    lacks, out_of_reach = 1 - 0.5945 * 0.168, 0.79
    d = is_in[:, 0] * lacks * (0.6 + 0.4 * out_of_reach * is_in[:, 1])
    terrain = (s["terrain_class"] ** 2 + s["relief"] ** 2 + s["slope"] ** 2) / 3
    remote = (0.35 * s["site"] ** 2 + 0.2 * s["capital"] ** 2 + 0.1 * s["water"] ** 2) / 0.65
    h = np.sqrt(0.35 * terrain + 0.25 * s["diffraction"] ** 2 + 0.4 * remote)
    weights = {"students": 0.35, "vulnerable": 0.25, "devices": 0.2, "adequate": 0.15}
    n = np.sqrt(sum(w * s[leaf] ** 2 for leaf, w in weights.items()) / 0.95)
    p = d * (0.5 + 0.3 * n + 0.2 * h)
    others = is_in.sum(axis=1)
    for at, name in enumerate(names):
        without = np.flatnonzero(is_in[:, at] == 0)
        gain = p[without + 2**at] - p[without]
        orders = [1 / (len(names) * math.comb(len(names) - 1, size)) for size in others[without]]
        assert got[f"{name}_contribution"] == pytest.approx(gain @ orders, abs=1e-4), name
    assert got["required_contribution"] == 0.0
    # Uncovered: a leaf of the barrier, the largest of them.
    assert got["hindrance"] == "diffraction"


def test_where_all_is_available_its_contribution_is_nothing_and_never_less(
    schools: MakeSchools, opened: Opened
) -> None:
    # With the need alone the base is .5/.8 of the priority: .625·(x·.6) may round below .625·.6·x.
    rows = [
        {"available": 1.0, "measured_down_mbps": n / 2, "students": 100, "kabupaten": "AB"[n % 2]}
        for n in range(1, 40)
    ]
    got = scored(schools(rows), opened)["available_contribution"]
    assert got.min() == 0.0
    assert got.max() < 1e-15


def test_without_a_tree_the_others_share_its_weight(schools: MakeSchools, opened: Opened) -> None:
    # Nothing is known of the barrier: .5 and .3 are divided by .8.
    row = {"available": 0.5, "measured_down_mbps": 0.0, "students": 100}
    got = scored(schools([row, {**row, "students": 900}]), opened).iloc[0]
    assert np.isnan(got["barrier"])
    deficit = 0.6 + 0.4 * 0.5
    assert got["deficit"] == pytest.approx(deficit)
    assert got["priority"] == pytest.approx(deficit * (0.5 + 0.3 * got["need"]) / 0.8)
    leaves = [name for name in got.index if name.endswith("_contribution")]
    assert got[leaves].sum() == pytest.approx(got["priority"])
    # Alone the deficit gives (.6 + .8)/2 to what is delivered and .2/2 to what is available. Times
    # the need s it is shared by three: .6 s and .8 s in the order of their joining.
    s = 0.3 / 0.8 * got["need"]
    assert got["delivered_contribution"] == pytest.approx(0.7 * 0.5 / 0.8 + s * (0.6 / 2 + 0.2 / 3))
    assert got["available_contribution"] == pytest.approx(0.1 * 0.5 / 0.8 + s * 0.2 / 3)
    assert got["students_contribution"] == pytest.approx(s * (0.6 / 2 + 0.2 / 3))


def test_a_large_school_owes_a_part_to_what_it_requires(
    schools: MakeSchools, opened: Opened
) -> None:
    # 5 of 20 Mbps is .5, 5 of 80 Mbps .25: D is (1 - .25)·1 where nothing is available.
    row = {"available": 0.0, "measured_down_mbps": 5.0, "students": 1600}
    got = scored(schools([row, {**row, "students": 100}]), opened)
    large, small = got.iloc[0], got.iloc[1]
    assert (large["deficit"], small["deficit"]) == pytest.approx((0.75, 0.5))
    assert small["required_contribution"] == 0.0
    assert large["required_contribution"] > 0.02
    names = [name for name in got.columns if name.endswith("_contribution")]
    np.testing.assert_allclose(got[names].sum(axis=1), got["priority"], atol=1e-12)


def test_the_completeness_of_the_worked_school(schools: MakeSchools, opened: Opened) -> None:
    got = worked(schools, opened).iloc[0]
    # A_d is inferred: of the base .5·.6 is not known. Devices rest on it: .3 · .20/.95.
    expected = 1 - 0.5 * 0.6 - 0.3 * 0.20 / 0.95
    assert got["completeness"] == pytest.approx(expected)


# --- deficit, gap types, tiers ---------------------------------------------------------------


def cases(*rows: tuple[str, float, float, float, float, float]) -> pd.DataFrame:
    """The table ``service``: row_id, weight, A_a, π, μ and concentration."""
    names = ["row_id", "weight", "available", "no_line", "given_line", "concentration"]
    return pd.DataFrame(rows, columns=names).assign(npsn="", place="point")


@pytest.mark.parametrize(
    ("a_d", "a_a", "expected"),
    [
        (1.0, 0.0, 0.0),
        (1.0, 1.0, 0.0),
        (0.0, 0.0, 1.0),
        (0.0, 1.0, 0.6),
        (0.0, 0.95, 0.62),
        (0.5, 0.5, 0.4),
    ],
)
def test_a_known_deficit(opened: Opened, a_d: float, a_a: float, expected: float) -> None:
    got = measure_deficits(cases(("a", 1.0, a_a, 0.0, a_d, np.inf)), opened.project.index)
    for name in ("deficit", "deficit_low", "deficit_high"):
        assert got[name].tolist() == pytest.approx([expected])
    assert got["tier_probability"].tolist() == [1.0]


def test_a_doubtful_location_is_a_mixture(opened: Opened) -> None:
    both = cases(("a", 0.7, 0.0, 0.0, 0.0, np.inf), ("a", 0.3, 0.9, 0.0, 0.5, np.inf))
    got = measure_deficits(both, opened.project.index).loc["a"]
    assert got["deficit"] == pytest.approx(0.7 * 1.0 + 0.3 * 0.5 * 0.64)
    assert (got["deficit_low"], got["deficit_high"]) == pytest.approx((0.32, 1.0))
    # The mean lies in tier 2, in which the school is at neither place.
    assert (got["tier"], got["tier_probability"]) == (2, 0.0)


@given(SHARES, SHARES, SHARES, SHARES)
def test_a_deficit_is_a_share_inside_its_interval(
    opened: Opened, no_line: float, given_line: float, a_a: float, weight: float
) -> None:
    index = opened.project.index.model_copy(update={"weight_delivered": weight})
    got = measure_deficits(cases(("a", 1.0, a_a, no_line, given_line, 4.0)), index).loc["a"]
    assert 0.0 <= got["deficit_low"] <= got["deficit"] <= got["deficit_high"] <= 1.0
    assert 0.0 <= got["tier_probability"] <= 1.0


@pytest.mark.parametrize(
    ("a_d", "a_a", "expected"),
    [
        (0.8, 0.0, "adequate"),
        (0.8, NAN, "adequate"),
        (0.799, 0.9, "slow"),
        (0.051, 0.0, "slow"),
        (0.051, NAN, "slow"),
        (0.05, 0.5, "unconnected"),
        (0.0, 0.9, "unconnected"),
        (0.05, 0.499, "weak"),
        (0.0, 0.25, "weak"),
        (0.0, 0.249, "uncovered"),
        (0.0, NAN, "unknown"),
        (NAN, 0.5, "covered_unverified"),
        (NAN, 0.499, "weak"),
        (NAN, 0.25, "weak"),
        (NAN, 0.249, "uncovered"),
        (NAN, 0.0, "uncovered"),
        (NAN, NAN, "unknown"),
    ],
)
def test_gap_types(opened: Opened, a_d: float, a_a: float, expected: str) -> None:
    got = gap_type(pd.Series([a_d]), pd.Series([a_a]), opened.project.index.gap)
    assert got.tolist() == [expected]
    assert expected in schema.GAP_TYPES


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, 1),
        (0.8, 1),
        (0.8 - 1e-15, 1),  # what differs between machines decides no tier
        (0.7999, 2),
        (0.6, 2),
        (0.5999, 3),
        (0.4, 3),
        (0.2, 4),
        (0.1999, 5),
        (0.0, 5),
    ],
)
def test_tiers(opened: Opened, value: float, expected: int) -> None:
    assert tier_of(pd.Series([value]), opened.project.index.tiers).tolist() == [expected]


def test_no_deficit_no_tier(opened: Opened) -> None:
    got = tier_of(pd.Series([NAN, 0.9]), opened.project.index.tiers)
    assert got.isna().tolist() == [True, False]
    assert got.dtype == "Int64"


# --- ranks -----------------------------------------------------------------------------------


def ranking(
    rows: Sequence[tuple[float, float]], by: Literal["deficit", "priority"] = "deficit"
) -> list[Any]:
    ranks: list[Any] = rank_schools(
        pd.DataFrame(rows, columns=["deficit", "priority"]), by=by
    ).tolist()
    return [None if pd.isna(v) else v for v in ranks]


ROWS = [(0.5, 0.3), (0.7, 0.1), (0.5, 0.4), (NAN, NAN), (0.5, 0.3), (0.4, 0.9)]


def test_ties_go_by_priority_and_equal_schools_share_a_rank() -> None:
    assert ranking(ROWS) == [3, 1, 2, None, 3, 5]
    assert ranking(ROWS, by="priority") == [3, 5, 2, None, 3, 1]


def test_ties_of_rounding_are_ties() -> None:
    assert ranking([(0.5, 0.3), (0.5 + 1e-15, 0.3), (0.5, 0.3 - 1e-15)]) == [1, 1, 1]


def test_nobody_to_rank() -> None:
    assert ranking([(NAN, NAN)]) == [None]


# --- goalposts and means ---------------------------------------------------------------------


def test_goalposts(opened: Opened) -> None:
    nodes = opened.project.index.nodes
    got = goalposts(pd.Series([0.0, 2.0, 8.5, 15.0, 99.0, NAN]), nodes["site"])
    np.testing.assert_allclose(got, [0, 0, 0.5, 1, 1, NAN])
    # √(20·600) is half the way on a logarithmic scale; nobody is below the best.
    got = goalposts(pd.Series([0.0, 20.0, math.sqrt(12000), 600.0, NAN]), nodes["students"])
    np.testing.assert_allclose(got, [0, 0, 0.5, 1, NAN], atol=1e-12)


def test_goalposts_that_fall(opened: Opened) -> None:
    node = opened.project.index.nodes["site"].model_copy(update={"best": 10.0, "worst": 0.0})
    assert goalposts(pd.Series([12.0, 10.0, 4.0, 0.0]), node).tolist() == pytest.approx(
        [0, 0, 0.6, 1]
    )


@pytest.mark.parametrize(
    ("values", "weights", "p", "expected"),
    [
        ([0.3, 0.9], [1, 1], 1.0, 0.6),
        ([0.3, 0.9], [3, 1], 1.0, 0.45),
        ([0.6, 0.8], [1, 1], 2.0, math.sqrt(0.5)),
        ([0.6, NAN], [1, 5], 2.0, 0.6),
        ([NAN, NAN], [1, 1], 2.0, NAN),
        ([0.0, 0.0], [1, 1], 2.0, 0.0),
        ([1.0, 1.0], [0.35, 0.4], 2.0, 1.0),
    ],
)
def test_power_mean(values: list[float], weights: list[float], p: float, expected: float) -> None:
    value = power_mean([pd.Series([v]) for v in values], weights, p)
    assert value.tolist() == pytest.approx([expected], nan_ok=True)


@given(
    st.lists(st.tuples(SHARES, st.floats(0.01, 10)), min_size=1, max_size=6),
    st.sampled_from([1.0, 2.0, 4.0]),
)
def test_a_power_mean_lies_between_its_least_and_its_largest(
    pairs: list[tuple[float, float]], p: float
) -> None:
    values = [value for value, _ in pairs]
    got = power_mean([pd.Series([v]) for v in values], [w for _, w in pairs], p)
    assert min(values) - 1e-9 <= got[0] <= max(values) + 1e-9


# --- the stage -------------------------------------------------------------------------------


# π and μ of the prior at A_a .5.
NO_LINE, GIVEN_LINE = 0.275, 0.4


def test_evidence_of_what_is_delivered(schools: MakeSchools, opened: Opened) -> None:
    few = {"measured_tests": 2, "measured_status": "inferred"}
    rows: list[dict[str, Any]] = [
        {"measured_down_mbps": 20.0, "subscription_down_mbps": 5.0},
        {"measured_down_mbps": 5.0, **few},
        {"subscription_down_mbps": 5.0, "subscription_up_mbps": 5.0},
        {"internet": "Tidak Ada"},
        {"internet": "tidak ada "},
        {"internet": "0"},
        {"internet": "Ada"},
        {"internet": "Telkom Speedy"},
        {"measured_latency_ms": 10.0, "measured_up_mbps": 3.0},
        {},
    ]
    got = scored(schools([{**row, "available": 0.5} for row in rows]), opened)
    assert got["delivered_basis"].tolist() == [
        *("test", "test", "subscription"),
        *["register"] * 3,
        *["provider"] * 2,
        *["curves"] * 2,
    ]
    status = got["delivered_status"].tolist()
    assert status == ["known", "inferred", "known", *["known"] * 3, *["inferred"] * 4]
    assert got["deficit_status"].tolist() == status
    assert got["delivered"].tolist()[:6] == pytest.approx(
        [1.0, 0.5, (0.7 * 0.5 + 0.2) / 0.9, 0.0, 0.0, 0.0]
    )
    # A school whose register names a provider has a line; of the others one may be without.
    named, unnamed = got.iloc[7], got.iloc[9]
    assert named["delivered_low"] > 0.0 == unnamed["delivered_low"]
    assert unnamed["delivered"] == pytest.approx((1 - NO_LINE) * named["delivered"])
    # Few tests: the value counts, but it may be another one.
    assert got["delivered_low"][1] < 0.5 < got["delivered_high"][1]


@pytest.mark.parametrize(
    ("evidence", "basis", "value", "status"),
    [
        ({"measured_down_mbps": 5.0}, "test", 0.5, "known"),
        ({"subscription_down_mbps": 5.0}, "subscription", 0.5, "inferred"),
        ({"accounts_active": 12}, "curves", (1 - NO_LINE) * GIVEN_LINE, "inferred"),
    ],
)
def test_a_register_that_is_contradicted_is_found_and_not_believed(
    schools: MakeSchools,
    opened: Opened,
    evidence: dict[str, Any],
    basis: str,
    value: float,
    status: str,
) -> None:
    rows = [{"internet": "Tidak Ada", "available": 0.5, **evidence}]
    staged = assess_service(schools(rows), opened)
    got = staged.columns.iloc[0]
    assert got[["delivered_basis", "delivered_status"]].tolist() == [basis, status]
    assert got["delivered"] == pytest.approx(value, abs=0.02)
    (finding,) = staged.findings
    assert (finding.code, finding.row, finding.value) == ("internet_contradicted", 2, "Tidak Ada")


def test_a_rate_that_no_line_has_makes_no_school_adequate(
    schools: MakeSchools, opened: Opened
) -> None:
    rows = [{"subscription_down_mbps": 20_000.0, "available": 0.5}]
    got = scored(schools(rows), opened).iloc[0]
    # Its rate is not believed, but a line it has.
    assert (got["delivered_basis"], got["delivered_status"]) == ("provider", "inferred")


def test_a_known_service_under_an_unknown_signal_takes_what_is_usual(
    schools: MakeSchools, opened: Opened
) -> None:
    usual: list[dict[str, Any]] = [{"available": a} for a in (0.2, 0.4, 0.6, 0.8)]
    got = scored(schools([*usual, {"internet": "Tidak Ada"}]), opened)
    last = got.iloc[-1]
    assert last["deficit"] == pytest.approx(0.6 + 0.4 * (1 - 0.5))
    assert 0.68 <= last["deficit_low"] < last["deficit"] < last["deficit_high"] <= 0.92
    assert (last["deficit_status"], last["gap_type"]) == ("inferred", "unknown")
    # Without any A_a in the project it may be anything.
    alone = scored(schools([{"internet": "Tidak Ada"}]), opened).iloc[0]
    assert alone["deficit"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("tier", "status", "chance", "label"),
    [
        (5, "known", 1.0, "adequate"),
        (5, "inferred", 0.8, "adequate"),
        (5, "inferred", 0.79, "covered"),
        (1, "inferred", 0.1, "critical"),
        (4, "inferred", 0.1, "slight"),
    ],
)
def test_an_inferred_school_is_called_adequate_only_where_that_is_nearly_certain(
    opened: Opened, tier: int, status: str, chance: float, label: str
) -> None:
    given = pd.Series([tier], dtype="Int64"), pd.Series([status]), pd.Series([chance])
    assert tier_label(*given, opened.project.index.tiers).tolist() == [label]


@pytest.mark.parametrize(
    ("delivered", "tier", "chance", "gap"),
    [
        (0.8, 5, 0.8, "adequate"),  # exactly the threshold, and nearly certain
        (0.9, 5, 0.8, "adequate"),
        (0.799, 5, 0.8, "covered_unverified"),
        (0.9, 5, 0.79, "covered_unverified"),  # less than nearly certain
        (0.9, 4, 1.0, "covered_unverified"),  # certain, of another tier
    ],
)
def test_an_inferred_gap_is_named_adequate_only_where_that_is_nearly_certain(
    schools: MakeSchools, opened: Opened, delivered: float, tier: int, chance: float, gap: str
) -> None:
    table = schools([{"available": 0.5}]).assign(delivered=delivered, delivered_status="inferred")
    out = pd.DataFrame({"deficit": [0.1], "tier": [tier], "tier_probability": [chance]})
    out["tier"] = out["tier"].astype("Int64")
    got = _statuses(out, table, opened.project.index)
    assert got["gap_type"].tolist() == [gap]
    # What is known needs no certainty.
    got = _statuses(out, table.assign(delivered_status="known"), opened.project.index)
    assert got["gap_type"].tolist() == ["adequate" if delivered >= 0.8 else "slow"]


def test_who_is_not_ranked_and_why(schools: MakeSchools, opened: Opened) -> None:
    nowhere = {"lat": None, "lon": None, "location_status": "unusable"}
    rows: list[dict[str, Any]] = [
        {"available": 0.5},
        {},
        {**nowhere, "measured_down_mbps": 5.0},
        {"available": 0.5, "is_duplicate": True},
        {**nowhere, "is_duplicate": True},
        {"measured_down_mbps": 20.0},
    ]
    got = scored(schools(rows), opened)
    assert got["unranked_reason"].fillna("").tolist() == [
        "",
        "no_evidence",
        "no_location",
        "duplicate",
        "duplicate",
        "",
    ]
    assert got["rank"].fillna(0).tolist() == [1, 0, 0, 0, 0, 2]
    unranked = got[got["unranked_reason"].notna()]
    assert unranked[["deficit", "priority", "tier", "rank", "completeness"]].isna().all(axis=None)
    assert (unranked["gap_type"] == "unknown").all()
    assert (unranked["deficit_status"] == "unknown").all()
    assert unranked["reason"].tolist() == unranked["unranked_reason"].tolist()
    assert list(got.loc[5, ["deficit", "deficit_status", "gap_type"]]) == [
        0.0,
        "inferred",
        "adequate",
    ]


def test_of_one_school_alone(schools: MakeSchools, opened: Opened) -> None:
    got = scored(schools([{"available": 0.5}]), opened).iloc[0]
    # A_d = .725·.4: D = .71·(.6 + .4·.5); no leaf is known, so the base is all there is.
    assert got["deficit"] == pytest.approx(0.71 * 0.8)
    assert got["priority"] == pytest.approx(0.71 * 0.8)
    assert math.isnan(got["barrier"])
    assert math.isnan(got["need"])
    assert got["completeness"] == pytest.approx(0.4)
    assert pd.isna(got["hindrance"])


def test_of_nobody_anything_is_known(schools: MakeSchools, opened: Opened) -> None:
    got = scored(schools([{}, {}]), opened)
    assert got["unranked_reason"].tolist() == ["no_evidence"] * 2
    assert got["priority"].isna().all()


def test_no_kabupaten_and_no_level(schools: MakeSchools, opened: Opened) -> None:
    rows = [
        {"kabupaten": None, "level": None, "available": 0.5, "students": students}
        for students in (100, None)
    ]
    got = scored(schools(rows), opened)
    # Without a group it is the project's median.
    assert got["students_status"].tolist() == ["known", "inferred"]
    assert got["need"][0] == got["need"][1]
    assert got["rank"].tolist() == [1, 1]


def test_a_missing_value_is_that_of_its_group_else_of_the_project(
    schools: MakeSchools, opened: Opened
) -> None:
    rows: list[dict[str, Any]] = [
        {"students": 100},
        {"students": 300},
        {"students": None},
        {"students": 500, "level": "SMP"},
        {"students": None, "level": "SMA"},
        {"students": 10_000, "is_duplicate": True},
        {"students": None, "is_duplicate": True},
    ]
    got = scored(schools([{**row, "available": 0.5} for row in rows]), opened)
    assert got["students_status"].tolist() == [
        *("known", "known", "inferred", "known", "inferred"),
        *("unknown", "unknown"),
    ]
    # The median of 100 and 300 is 200, that of all three 300; the duplicate is not asked.
    assert got.loc[2, "students_score"] == pytest.approx(math.log(10) / math.log(30))
    assert got.loc[4, "students_score"] == pytest.approx(math.log(15) / math.log(30))
    assert got["students"].isna()[2]  # the fact itself stays unknown
    assert got["students_score"].isna().tolist() == [False] * 5 + [True] * 2
    # .5·.4 of the base, and .3 of the need where the number is known; no leaf of the barrier is.
    whole = 0.5 + 0.3
    assert got["completeness"].tolist()[:5] == pytest.approx(
        [0.5 / whole, 0.5 / whole, 0.2 / whole, 0.5 / whole, 0.2 / whole]
    )


PUPILS: list[dict[str, Any]] = [
    {"kabupaten": name, "students": 100 if name == "A" else None, "available": 0.5}
    for name in "AAABBBCCC"
]


def test_a_leaf_known_in_one_kabupaten_is_not_scored(schools: MakeSchools, opened: Opened) -> None:
    table = schools(PUPILS)
    service = assess_service(table, opened)
    staged = score_schools(table.join(service.columns), opened, service=service.tables["service"])
    assert "students_score" not in staged.columns
    inactive = staged.tables["inactive"].set_index("leaf")["reason"].to_dict()
    assert inactive["students"] == "few_kabupaten"
    assert inactive["relief"] == "no_data"


@pytest.mark.parametrize("active", [True, False])
def test_a_project_may_say_which_leaf_is_scored(
    schools: MakeSchools, project: MakeProject, active: bool
) -> None:
    option = f"index.nodes.students.active={str(active).lower()}"
    got = scored(schools(PUPILS), project(bare=True, options=(option,)))
    assert ("students_score" in got.columns) == active


def test_completeness_by_hand(schools: MakeSchools, opened: Opened) -> None:
    rows: list[dict[str, Any]] = [
        # Everything is known.
        {"available": 0.5, "measured_down_mbps": 5.0, "students": 100, "local_relief_m": 100.0},
        # What is available is inferred, the number of students is the group's.
        {
            "available": 0.5,
            "available_status": "inferred",
            "internet": "Tidak Ada",
            "local_relief_m": 90.0,
        },
    ]
    got = scored(schools(rows), opened)
    assert got["completeness"].tolist() == pytest.approx([1.0, 0.5 * 0.6 + 0.2])
    assert got["deficit_status"].tolist() == ["known", "inferred"]


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_a_leaf_without_weight_changes_nothing(
    schools: MakeSchools, project: MakeProject, weight: float
) -> None:
    opened = project(bare=True, options=(f"index.nodes.relief.weight={weight}",))
    got = scored(schools([{"available": 0.5, "local_relief_m": 600.0}]), opened).iloc[0]
    if weight:
        assert got["barrier"] == 1.0
    else:
        assert math.isnan(got["barrier"])
        assert "relief_score" not in got.index


def test_a_duplicate_is_nobodys_adequate_school(schools: MakeSchools, opened: Opened) -> None:
    rows: list[dict[str, Any]] = [
        {"available": 0.5},
        {"lon": 115.1, "measured_down_mbps": 20.0, "is_duplicate": True},
        {"lon": 115.3, "measured_down_mbps": 20.0},
    ]
    got = scored(schools(rows), opened)
    km = GEOD.inv(115.0, -3.0, 115.3, -3.0)[2] / 1000
    assert got.loc[0, "adequate_school_km"] == pytest.approx(km)


def test_tests_teach_the_service_and_not_who_has_a_line(
    schools: MakeSchools, opened: Opened
) -> None:
    # Adequacies .5 (5 of 20 Mbps) at A_a = .3 and 1 at A_a = .9; ten of each: they teach μ.
    telling: list[dict[str, Any]] = [
        {"available": a_a, "measured_down_mbps": down}
        for a_a, down in ((0.3, 5.0), (0.9, 20.0))
        for _ in range(10)
    ]
    asked: list[dict[str, Any]] = [{"available": 0.3}, {"available": 0.3, "internet": "Ada"}]
    before = scored(schools(asked), opened)["delivered"]
    got = scored(schools(telling + asked), opened)["delivered"].tolist()[20:]
    assert got[1] > before[1] + 0.1
    assert got[0] / got[1] == pytest.approx(before[0] / before[1])
    # A duplicate teaches nothing.
    copies = [{**row, "is_duplicate": True} for row in telling]
    assert scored(schools(copies + asked), opened)["delivered"].tolist()[20:] == before.tolist()


def test_a_register_that_only_says_none_teaches_nothing(
    schools: MakeSchools, opened: Opened
) -> None:
    asked: list[dict[str, Any]] = [{"available": 0.6}]
    alone = scored(schools(asked), opened)["delivered"].iloc[0]
    none: list[dict[str, Any]] = [{"available": 0.6, "internet": "Tidak Ada"}] * 400
    provider: list[dict[str, Any]] = [{"available": 0.6, "internet": "Speedy"}] * 4
    one_sided = scored(schools(asked + none + provider), opened)["delivered"].iloc[0]
    assert one_sided == pytest.approx(alone, abs=1e-12)
    both = scored(schools(asked + none + provider * 2), opened)["delivered"].iloc[0]
    assert both < alone - 0.02


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        *((text, "register") for text in ("Tidak Ada", "tdk ada", "Tidak ada internet", "Nihil")),
        *((text, "register") for text in ("Belum ada", "belum terpasang", "FALSE", "No", "0", "n")),
        *(
            (text, "provider")
            for text in ("Telkom Speedy", "Telkomsel Flash", "XL (GSM)", "3 (Tri)")
        ),
        *(
            (text, "provider")
            for text in ("Ya", "TRUE", "Lainnya (Serat Optik)", "INDIHOME 20 Mbps")
        ),
        *((text, "curves") for text in ("", "-", "Unknown", "tidak diketahui", "n/a", "#N/A")),
    ],
)
def test_what_the_register_states(
    schools: MakeSchools, opened: Opened, text: str, basis: str
) -> None:
    staged = assess_service(schools([{"available": 0.6, "internet": text}]), opened)
    assert staged.columns["delivered_basis"].tolist() == [basis]
    assert staged.findings == []


def test_what_is_no_answer_of_a_register_is_found_and_unknown(
    schools: MakeSchools, opened: Opened
) -> None:
    rows = [
        {"available": 0.6, "internet": text} for text in ("Listrik", "listrik?", "Listrik", "Ada")
    ]
    staged = assess_service(schools(rows), opened)
    assert staged.columns["delivered_basis"].tolist() == ["curves"] * 3 + ["provider"]
    found = [(f.code, f.value, f.parameters["count"]) for f in staged.findings]
    assert found == [
        ("internet_not_understood", "Listrik", 2),
        ("internet_not_understood", "listrik?", 1),
    ]


def test_an_adequate_school_is_far_only_where_somebody_was_asked(
    schools: MakeSchools, opened: Opened
) -> None:
    """Tests in one kabupaten must not push the schools of all others forward."""
    tested = {"kabupaten": "A", "measured_down_mbps": 20.0, "lat": -3.0}
    rows: list[dict[str, Any]] = [
        {"available": 0.5, "lon": 115.0 + 0.1 * n, "kabupaten": name, **(tested if n == 0 else {})}
        for n, name in enumerate("AABBCC")
    ]
    got = scored(schools(rows), opened)
    assert got["adequate_school_km"].notna().tolist() == [True, True, *[False] * 4]
    assert "adequate_score" not in got.columns


def test_a_class_that_another_one_may_replace_is_not_known(
    schools: MakeSchools, opened: Opened
) -> None:
    plain = {"terrain_class": "dataran", "terrain_severity": 0.0, "available": 0.5}
    dry = {"is_small_island": False, "is_mountain": False, "is_coastal": False}
    rows = [
        {**plain, **dry, "is_wetland": False},
        {**plain, **dry, "is_wetland": None},
        {**plain, **dry, "terrain_class": "pesisir", "is_coastal": True, "is_wetland": None},
        {**plain, "terrain_class": "pegunungan", "is_mountain": True, "is_small_island": None},
    ]
    got = scored(schools(rows), opened)["terrain_class_status"]
    assert got.tolist() == ["known", "inferred", "known", "inferred"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"available": 0.0}, "no_signal"),
        ({"available": 0.1, "best_level_dbm": -118.0, "best_signal_share": 1.0}, "poor_signal"),
        ({"available": 0.1, "best_level_dbm": -90.0, "best_signal_share": 0.1}, "patchy_signal"),
        ({"available": 0.1}, "poor_network"),
        ({"available": 0.1, "available_evidence": "distance"}, "far_from_sites"),
        ({"available": 0.9}, "covered_unverified"),
        ({"available": 0.9, "internet": "Tidak Ada"}, "unconnected"),
        ({"available": 0.9, "measured_down_mbps": 5.0}, "slow"),
        ({"available": 0.9, "measured_down_mbps": 20.0}, "adequate"),
        ({"available": 0.9, "measured_down_mbps": 5.0, "measured_status": "inferred"}, "few_tests"),
        ({"internet": "Tidak Ada"}, "coverage_unknown"),
        ({}, "no_evidence"),
    ],
)
def test_main_reason(
    schools: MakeSchools, opened: Opened, row: dict[str, Any], reason: str
) -> None:
    assert scored(schools([row]), opened)["reason"].tolist() == [reason]


# --- properties ------------------------------------------------------------------------------

KNOWN = st.one_of(st.none(), SHARES)
SCHOOL = st.fixed_dictionaries(
    {
        "available": KNOWN,
        "measured_down_mbps": st.one_of(st.none(), st.floats(0, 200)),
        "measured_up_mbps": st.one_of(st.none(), st.floats(0, 50)),
        "measured_latency_ms": st.one_of(st.none(), st.floats(0, 2000)),
        "internet": st.sampled_from([None, "Ada", "Tidak Ada"]),
        "students": st.one_of(st.none(), st.integers(0, 3000)),
        "devices": st.one_of(st.none(), st.integers(0, 60)),
        "terrain_severity": KNOWN,
        "local_relief_m": st.one_of(st.none(), st.floats(0, 2000)),
        "site_4g_km": st.one_of(st.none(), st.floats(0, 40)),
        "level": st.sampled_from([None, "SD", "SLB"]),
        "kabupaten": st.sampled_from([None, "Kab. A", "Kab. B"]),
        "terrain_class": st.sampled_from([None, "dataran", "pegunungan"]),
        "is_duplicate": st.booleans(),
        "lat": st.sampled_from([None, -3.0, -3.2]),
    }
)
LIGHT = settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@LIGHT
@given(rows=st.lists(SCHOOL, min_size=1, max_size=6), weight=SHARES, fives=st.booleans())
def test_whatever_is_known_scores_are_shares_and_contributions_add_up(
    schools: MakeSchools, opened: Opened, rows: list[dict[str, Any]], weight: float, fives: bool
) -> None:
    index = opened.project.index.model_copy(update={"weight_delivered": weight})
    project = opened.project.model_copy(update={"index": index})
    changed = type(opened)(path=opened.path, project=project, origins=opened.origins)
    if fives:  # an A_a of 1 leaves nothing to what is available
        rows = [{**row, "available": 1.0} for row in rows]
    got = scored(schools(rows), changed)  # the contract bounds every score
    assert len(got) == len(rows)
    parts = [name for name in got.columns if name.endswith("_contribution")]
    ranked = got["rank"].notna()
    np.testing.assert_allclose(
        got.loc[ranked, parts].sum(axis=1), got.loc[ranked, "priority"], atol=1e-12
    )
    shared = got.loc[ranked, ["deficit", "priority"]].round(12).duplicated(keep=False)
    alone = got.loc[ranked, "rank"][~shared]
    assert alone.is_unique
    assert got.loc[ranked, "rank"].between(1, ranked.sum()).all()
    low, high = got["delivered_low"], got["delivered_high"]
    both = got["delivered"].notna()
    assert (low[both] <= got.loc[both, "delivered"]).all()
    assert (got.loc[both, "delivered"] <= high[both]).all()
    assert (got["unranked_reason"].isna() == ranked).all()


@LIGHT
@given(
    telling=st.lists(st.tuples(SHARES, st.floats(0, 40)), min_size=0, max_size=40),
    pair=st.tuples(SHARES, SHARES),
    name=st.sampled_from(["dataran", "pegunungan", None]),
)
def test_more_signal_never_raises_a_deficit(
    schools: MakeSchools,
    opened: Opened,
    telling: list[tuple[float, float]],
    pair: tuple[float, float],
    name: str | None,
) -> None:
    weak, strong = sorted(pair)
    asked: list[dict[str, object]] = [
        {"available": a_a, "terrain_class": name} for a_a in (weak, strong)
    ]
    known: list[dict[str, object]] = [
        {"available": a_a, "measured_down_mbps": down, "terrain_class": terrain}
        for (a_a, down), terrain in zip(telling, ["dataran", "pegunungan"] * 20, strict=False)
    ]
    got = scored(schools(asked + known), opened)["deficit"]
    assert got[1] <= got[0] + 1e-12


@pytest.mark.parametrize("students", [None, 20, 400])
def test_an_adequate_line_is_no_deficit_on_the_highest_mountain(
    schools: MakeSchools, opened: Opened, students: int | None
) -> None:
    school = {
        "measured_down_mbps": 20.0,
        "measured_up_mbps": 5.0,
        "measured_latency_ms": 50.0,
        "terrain_class": "pegunungan",
        "terrain_severity": 0.9,
        "local_relief_m": 1900.0,
        "mean_slope_deg": 30.0,
        "site_4g_km": 40.0,
        "water_share": 0.5,
        "students": students,
        "devices": 30,
        "village_index": 5,
    }
    rows = [{**school, "available": a_a} for a_a in (None, 0.0, 0.21, 0.5, 0.95, 1.0)]
    got = scored(schools(rows), opened)
    assert (got[["deficit", "priority"]] == 0).all(axis=None)
    assert (got["tier"] == 5).all()
    assert (got["gap_type"] == "adequate").all()
    assert (got["barrier"] > 0.9).all()
