"""Plans of three to six schools worked out by hand; prices have 11 % PPN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.errors import ProjectError, SeveralErrors
from kalsel_gap.i18n.messages import error_lines
from kalsel_gap.i18n.text import Text
from kalsel_gap.planning.chosen_plan import columns_of_plan
from kalsel_gap.planning.finance import ppn_of
from kalsel_gap.project.costs import Costs
from tests.planning.plan_cases import (
    M,
    deliveries,
    option,
    options,
    planned,
    relay,
    request,
    rules,
    school,
    schools,
    statuses,
)

KAB = "apbd_99_01"
CAPEX = 8_880_000  # 8 million and 11 %
OPEX = 13_320_000  # 12 million and 11 %


def row_of(table: pd.DataFrame, **key: Any) -> dict[str, Any]:
    for name, value in key.items():
        table = table[table[name] == value]
    assert len(table) == 1, table
    return {str(name): value for name, value in table.iloc[0].items()}


def test_the_money_of_three_schools_to_the_rupiah() -> None:
    # Two kits and a year of each fit into 2027, and their second year into 2028, with nothing left.
    ceilings = {(KAB, 2027): 2 * (CAPEX + OPEX), (KAB, 2028): 2 * OPEX}
    asked = request(
        schools(*map(school, (1, 2, 3))),
        options(option(1, benefit=0.3), option(2), option(3, benefit=0.4)),
        rules(ceilings),
    )
    tables, proven = planned(asked)
    assert statuses(tables) == {"1": "not_chosen", "2": "planned", "3": "planned"}
    # 59 months of service each: five years from January 2027 less one month until it works.
    assert proven.value == pytest.approx((0.5 + 0.4) * 59 / 12)
    assert proven.gap == pytest.approx(0.0, abs=1e-9)
    assert proven.status == "optimal"
    assert row_of(tables["budget"], year=2027) == {
        "year": 2027,
        "envelope": KAB,
        "ceiling_idr": 44_400_000,
        "capex_idr": 16_000_000,
        "opex_idr": 24_000_000,
        "ppn_idr": 4_400_000,
        "total_idr": 44_400_000,
        "left_idr": 0,
    }
    later = row_of(tables["budget"], year=2028)  # the opex of the year before is carried
    assert (later["capex_idr"], later["opex_idr"], later["total_idr"]) == (
        0,
        24_000_000,
        26_640_000,
    )
    marginal = row_of(tables["marginal"], row_id="s.csv:1")
    assert (
        marginal["short_idr"] == marginal["needs_idr"] == CAPEX + OPEX
    )  # of 2028, where it is less
    first = row_of(tables["schools"], row_id="s.csv:1")
    assert (first["why"], first["short_idr"], first["short_year"]) == ("money", CAPEX + OPEX, 2028)
    # One more billion in 2028 alone connects the third school in 2028.
    more = row_of(tables["shadow"], year=2028)
    assert (more["schools"], more["students"]) == (1, 100)
    assert more["value"] == pytest.approx(0.3 * 47 / 12)
    assert row_of(tables["shadow"], year=2027)["schools"] == 0  # its opex of 2028 is not there


def test_a_rupiah_too_little_is_too_little() -> None:
    ceilings = {(KAB, 2027): CAPEX + OPEX - 1, (KAB, 2028): OPEX}
    tables, proven = planned(request(schools(school(1)), options(option(1)), rules(ceilings)))
    assert proven.value == 0.0
    assert statuses(tables) == {"1": "not_chosen"}
    ceilings = {(KAB, 2027): CAPEX + OPEX, (KAB, 2028): OPEX}
    tables, _ = planned(request(schools(school(1)), options(option(1)), rules(ceilings)))
    assert statuses(tables) == {"1": "planned"}


def test_what_is_not_taxed_has_no_ppn() -> None:
    ceilings = {(KAB, 2027): 100 * M, (KAB, 2028): 100 * M}
    mixed = option(1, capex_idr=9 * M, items='{"free": 1, "kit": 1, "month": 1}')
    tables, _ = planned(request(schools(school(1)), options(mixed), rules(ceilings)))
    chosen = row_of(tables["choice"])
    assert (chosen["capex_idr"], chosen["ppn_capex_idr"]) == (9 * M, 880_000)
    assert (chosen["opex_year_idr"], chosen["ppn_opex_idr"]) == (12 * M, 1_320_000)


def test_a_contract_over_two_years_is_split_by_its_months() -> None:
    # 18 months from January 2027: two thirds of 120 million in 2027, service in July 2028.
    works = option(
        *(1, "fibre"),
        capex_idr=120 * M,
        opex_year_idr=0,
        lead_months=18,
        items='{"tower": 1.2}',
    )
    ceilings = {(KAB, 2027): 88_800_000, (KAB, 2028): 44_400_000}
    asked = request(schools(school(1)), options(works), rules(ceilings, multi_year=True))
    tables, proven = planned(asked)
    rows = tables["choice"].sort_values("year")
    assert rows["year"].tolist() == [2027, 2028]
    assert rows["capex_idr"].tolist() == [80 * M, 40 * M]
    assert rows["ppn_capex_idr"].tolist() == [8_800_000, 4_400_000]
    assert rows["service_year"].tolist() == [2028, 2028]
    assert proven.value == pytest.approx(0.5 * 42 / 12)
    assert tables["budget"]["left_idr"].tolist() == [0, 0]
    whole = request(schools(school(1)), options(works), rules(ceilings))
    assert statuses(planned(whole)[0]) == {"1": "not_chosen"}  # 133.2 million in one year


def test_what_no_ceiling_pays_for_is_planned_apart() -> None:
    private = {"ownership": "private"}
    ceilings = {(KAB, 2027): 100 * M, (KAB, 2028): 100 * M}
    tables, proven = planned(
        request(
            schools(
                school(1),
                school(2, **private),
                school(3, level="MI", authority="kemenag", **private),
                school(4, ownership=None),
            ),
            options(
                option(1),
                option(2, "vsat", delivered_after=0.5, eac_idr=M, benefit=0.2),
                option(2),
                option(2, "fibre", eac_idr=20 * M, benefit=0.6),
                option(3, delivered_after=0.3),
                option(3, "fibre", delivered_after=0.7, benefit=0.6, eac_idr=90 * M),
                option(4),
            ),
            rules(ceilings),
        )
    )
    found = tables["choice"].set_index("row_id")
    # The cheapest one that is adequate; where none is, the one of most benefit.
    assert list(found.loc["s.csv:2", ["option", "envelope_capex", "envelope_opex"]]) == [
        *("leo", "hibah_99_01", "hibah_99_01")
    ]
    assert list(found.loc["s.csv:3", ["option", "envelope_capex"]]) == ["fibre", "kemenag"]
    assert found["is_unfunded"].to_dict() == {"s.csv:1": False, "s.csv:2": True, "s.csv:3": True}
    assert proven.value == pytest.approx(0.5 * 59 / 12)  # of the first school alone
    assert statuses(tables) == {"1": "planned"} | dict.fromkeys("234", "unfunded")
    why = tables["schools"].set_index("row_id")["why"].to_dict()
    assert (why["s.csv:2"], why["s.csv:4"]) == ("no_ceiling", "payer_unknown")
    apart = tables["budget"][tables["budget"]["ceiling_idr"].isna()]
    assert set(apart["envelope"]) == {"hibah_99_01", "kemenag"}
    assert apart["left_idr"].isna().all()


def test_bos_pays_what_runs_on_and_the_cliff_is_named() -> None:
    ceilings = {(KAB, 2027): CAPEX, ("bos", 2027): OPEX}
    tables, _ = planned(
        request(schools(school(1)), options(option(1)), rules(ceilings, horizon_years=3))
    )
    chosen = row_of(tables["choice"])
    assert (chosen["envelope_capex"], chosen["envelope_opex"]) == (KAB, "bos")
    assert tables["cliff"].to_dict("records") == [
        {"year": y, "envelope": "bos", "schools": 1, "opex_idr": OPEX, "why": "no_ceiling"}
        for y in (2028, 2029)
    ]
    assert pd.isna(row_of(tables["budget"], year=2028)["ceiling_idr"])
    owner = rules(ceilings, opex_source="owner")
    tables, _ = planned(request(schools(school(1)), options(option(1)), owner))
    assert statuses(tables) == {"1": "not_chosen"}


def test_grants_pay_a_private_school_once() -> None:
    ceilings = {("hibah_99_01", year): 100 * M for year in (2027, 2028)}
    private = school(1, ownership="private")
    tables, _ = planned(request(schools(private), options(option(1)), rules(ceilings)))
    assert statuses(tables) == {"1": "planned"}
    assert set(tables["cliff"]["why"]) == {"one_off"}
    assert tables["cliff"]["year"].tolist() == [2028, 2029, 2030, 2031]


def test_dak_pays_for_what_is_bought_where_the_owner_cannot() -> None:
    ceilings = {(KAB, 2027): OPEX, (KAB, 2028): OPEX, ("dak", 2027): CAPEX}
    tables, _ = planned(request(schools(school(1)), options(option(1)), rules(ceilings)))
    chosen = row_of(tables["choice"])
    assert (chosen["envelope_capex"], chosen["envelope_opex"]) == ("dak", KAB)
    assert tables["budget"].loc[tables["budget"]["year"] == 2027, "left_idr"].tolist() == [0, 0]


def test_a_payer_that_is_not_known_pays_nothing_not_even_what_is_free() -> None:
    free = option(1, capex_idr=0, opex_year_idr=0, items="{}")
    tables, proven = planned(
        request(schools(school(1, ownership=None)), options(free), rules({(KAB, 2027): M}))
    )
    assert statuses(tables) == {"1": "unfunded"}
    assert proven.value == 0.0
    assert tables["choice"].empty


def test_every_row_of_the_register_has_a_status() -> None:
    ceilings = {(KAB, year): 1_000 * M for year in (2027, 2028)}
    stated = rules(ceilings, promised=["00000001"], must_exclude=["00000002"])
    register = schools(
        school(1),
        school(2),
        school(3, objections="planned; speed"),
        school(4, rank=None, unranked_reason="no_location"),
        school(5, is_duplicate=True),
        *map(school, (6, 7, 8, 9)),
    )
    offered = options(
        *map(option, (1, 2, 3, 6, 7)),
        option(8, reason="already_adequate", is_feasible=False),
        option(9, reason="sky_hidden", is_feasible=False),
    )
    states = deliveries(
        ("00000006", "leo", "delivered", "2026-01-01"), ("00000007", "leo", "used", "2026-01-01")
    )
    tables, _ = planned(request(register, offered, stated, delivered=states))
    table = tables["schools"]
    assert table["row_id"].tolist() == register["row_id"].tolist()
    assert list(zip(table["status"], table["why"], strict=True)) == [
        ("promised", "listed"),
        ("excluded", "listed"),
        ("promised", "objection"),
        ("not_counted", "no_location"),
        ("not_counted", "duplicate"),
        ("in_progress", "delivery"),
        ("served", "delivery"),
        ("adequate", "already_adequate"),
        ("no_option", "sky_hidden"),
    ]
    assert tables["choice"].empty


def test_a_refused_option_is_not_offered_again() -> None:
    ceilings = {(KAB, year): 1_000 * M for year in (2027, 2028)}
    refused = deliveries(("00000001", "leo", "refused", "2026-01-01"))
    offered = options(option(1), option(1, "vsat", benefit=0.1))
    tables, _ = planned(request(schools(school(1)), offered, rules(ceilings), delivered=refused))
    assert row_of(tables["choice"])["option"] == "vsat"


def hop(number: int, **changed: Any) -> dict[str, Any]:
    return option(number, "microwave_relay", shared_id="r1", partner="r1", **changed)


def test_a_relay_opens_once_and_carries_what_it_can() -> None:
    # 50 Mbps carry two schools of 20 Mbps; the relay and two hops, without running costs.
    hops = [hop(n, opex_year_idr=0, items='{"kit": 1}') for n in (1, 2, 3)]
    ceilings = {(KAB, 2027): 111 * M + 3 * CAPEX}
    tables, proven = planned(
        request(
            schools(*map(school, (1, 2, 3))), options(*hops), rules(ceilings), shared_rows=[relay()]
        )
    )
    opening = row_of(tables["choice"], option="open:relay")
    assert (opening["row_id"], opening["year"], opening["capex_idr"]) == ("", 2027, 100 * M)
    assert sum(status == "planned" for status in statuses(tables).values()) == 2
    assert proven.value == pytest.approx(2 * 0.5 * 58 / 12)  # two months until the relay works
    assert tables["allocation"]["idr"].tolist() == [55_500_000, 55_500_000]
    payer = row_of(tables["envelopes"], option_id="|open:relay|r1")
    assert payer["skpd"] == "Dinas Pendidikan Kab. Hulu"


@pytest.mark.parametrize(("spare", "served"), [(CAPEX - 1_000, 0), (CAPEX, 2)])
def test_nobody_pays_for_a_relay_of_others_alone(spare: int, served: int) -> None:
    # The first kabupaten can pay for its own hop, the second one for the relay too.
    hops = [hop(n, opex_year_idr=0, items='{"kit": 1}') for n in (1, 2)]
    ceilings = {(KAB, 2027): CAPEX, ("apbd_99_02", 2027): 111 * M + spare}
    tables, proven = planned(
        request(
            schools(school(1), school(2, kabupaten_code="99.02")),
            *(options(*hops), rules(ceilings)),
            shared_rows=[relay()],
        )
    )
    assert sum(status == "planned" for status in statuses(tables).values()) == served
    assert proven.bound == pytest.approx(proven.value)
    if served:
        opening = row_of(tables["choice"], option="open:relay")
        assert opening["envelope_capex"] == "apbd_99_02"


def test_what_no_ceiling_pays_for_waits_for_the_relay_and_takes_what_it_leaves() -> None:
    # The relay carries two schools of 20 Mbps and can only be paid for in the second year.
    hops = [hop(n, opex_year_idr=0, items='{"kit": 1}') for n in (1, 2, 3)]
    private = {"ownership": "private"}
    ceilings = {(KAB, 2027): 0, (KAB, 2028): 111 * M + CAPEX}
    tables, _ = planned(
        request(
            schools(school(1), school(2, **private), school(3, **private)),
            *(options(*hops), rules(ceilings)),
            shared_rows=[relay()],
        )
    )
    apart = tables["choice"][tables["choice"]["is_unfunded"]]
    assert apart[["npsn", "year", "service_year"]].to_numpy().tolist() == [["00000002", 2028, 2028]]
    assert statuses(tables) == {"1": "planned", "2": "unfunded", "3": "unfunded"}


def test_a_cell_carries_no_more_schools_without_a_ceiling_than_it_can() -> None:
    # A cell of 40 Mbps: the plan leaves room for one of two private schools of 20 Mbps.
    at_cell: dict[str, Any] = {"code": "cpe_4g", "partner": "site:A", "capacity_mbps": 40.0}
    offered = options(*(option(number, **at_cell) for number in (1, 2, 3)))
    private = {"ownership": "private"}
    register = schools(school(1), school(2, **private), school(3, **private))
    ceilings = {(KAB, 2027): CAPEX + OPEX, (KAB, 2028): OPEX}
    tables, _ = planned(request(register, offered, rules(ceilings)))
    chosen = tables["choice"].set_index("npsn")["is_unfunded"].astype(bool)
    assert chosen.to_dict() == {"00000001": False, "00000002": True}
    # With another option besides, the last one takes that.
    other = options(
        *(option(number, **at_cell) for number in (1, 2, 3)), option(3, benefit=0.4, eac_idr=20 * M)
    )
    tables, _ = planned(request(register, other, rules(ceilings)))
    assert tables["choice"].set_index("npsn")["option"]["00000003"] == "leo"


def test_a_facility_bears_its_share_of_a_relay() -> None:
    hops = [hop(1, opex_year_idr=0, items='{"kit": 1}')]
    half = relay(facility_share=0.25, facility="puskesmas")
    ceilings = {(KAB, 2027): 83_250_000 + CAPEX}
    tables, _ = planned(
        request(schools(school(1)), options(*hops), rules(ceilings), shared_rows=[half])
    )
    assert row_of(tables["choice"], option="open:relay")["capex_idr"] == 75 * M
    assert row_of(tables["budget"])["left_idr"] == 0
    table = tables["allocation"]
    assert table[["row_id", "facility", "idr"]].to_numpy().tolist() == [
        ["", "puskesmas", 27_750_000],
        ["s.csv:1", "", 83_250_000],
    ]


def test_a_hub_needs_its_host_connected_first() -> None:
    hub = relay("h1", kind="hub", host_row_id="s.csv:1", lead_months=1)
    child = option(2, "hub", shared_id="h1", partner="s.csv:1", benefit=0.9)
    ceilings = {(KAB, 2027): 111 * M + 2 * (CAPEX + OPEX), (KAB, 2028): 10 * OPEX}
    both = options(option(1, benefit=0.01), child)
    tables, _ = planned(
        request(schools(school(1), school(2)), both, rules(ceilings), shared_rows=[hub])
    )
    assert statuses(tables) == {"1": "planned", "2": "planned"}
    alone = request(
        schools(school(1), school(2)), options(child), rules(ceilings), shared_rows=[hub]
    )
    assert statuses(planned(alone)[0])["2"] != "planned"
    served = deliveries(("00000001", "fibre", "used", ""))
    tables, _ = planned(
        request(
            *(schools(school(1), school(2)), options(child), rules(ceilings)),
            shared_rows=[hub],
            delivered=served,
        )
    )
    assert statuses(tables) == {"1": "served", "2": "planned"}


def test_supply_and_teams_limit_a_year() -> None:
    ceilings = {(KAB, year): 1_000 * M for year in (2027, 2028)}
    register = schools(*map(school, (1, 2, 3)))
    offered = options(*map(option, (1, 2, 3)))
    tables, _ = planned(
        request(register, offered, rules(ceilings, supply={"leo": {"2027": 1, "2028": 1}}))
    )
    assert sorted(tables["choice"]["year"]) == [2027, 2028]
    boat = options(option(1), option(2, access="boat"), option(3, access="boat", benefit=0.6))
    tables, _ = planned(request(register, boat, rules(ceilings, teams={"2027": 2, "2028": 2})))
    # A school by boat takes the teams of two and waits two months more for the season.
    assert tables["choice"].groupby("year")["row_id"].agg(list).to_dict() == {
        2027: ["s.csv:3"],
        2028: ["s.csv:1"],
    }
    assert row_of(tables["choice"], row_id="s.csv:3")["benefit_years"] == pytest.approx(57 / 12)


def test_floors_move_money() -> None:
    ceilings = {(KAB, 2027): CAPEX + OPEX, (KAB, 2028): OPEX}
    register = schools(school(1), school(2, level="SMP", is_mountain=True))
    offered = options(option(1), option(2, benefit=0.1))
    assert statuses(planned(request(register, offered, rules(ceilings)))[0])["1"] == "planned"
    for floor in ({"level": {"SMP": 0.5}}, {"coast_mountain": 1.0}):
        tables, _ = planned(request(register, offered, rules(ceilings, floors=floor)))
        assert statuses(tables) == {"1": "not_chosen", "2": "planned"}


def test_what_conflicts_is_named_with_the_smallest_change() -> None:
    ceilings = {(KAB, 2027): CAPEX + OPEX, (KAB, 2028): 2 * OPEX + CAPEX - 1_000}
    must = rules(ceilings, must_include=["00000001", "00000002"])
    asked = request(schools(school(1), school(2)), options(option(1), option(2)), must)
    with pytest.raises(ProjectError) as caught:
        planned(asked)
    assert caught.value.code == "plan_infeasible"
    assert caught.value.params["changes"] == [
        {
            "kind": "ceiling",
            "key": KAB,
            "year": 2028,
            "name": "Kab. Hulu",
            "limit": (2 * OPEX + CAPEX) // 1_000 * 1_000 - 1_000,
            "excess": 1_000,
        }
    ]
    (said,) = error_lines(caught.value, Text("en"))
    assert said.endswith(
        "The smallest change that makes a plan possible: Rp 1,000 more of APBD of "
        "Kab. Hulu in 2028."
    )
    assert "school SD 1 (00000001) must be served (plan.must_include)" in said


def test_a_dear_school_says_what_money_alone_would_do() -> None:
    ceilings = {(KAB, 2027): M, (KAB, 2028): M}
    must = rules(ceilings, must_include=["00000001"])  # cheapest in 2028: no second year
    with pytest.raises(ProjectError) as caught:
        planned(request(schools(school(1)), options(option(1)), must))
    (said,) = error_lines(caught.value, Text("en"))
    missing = f"{CAPEX + OPEX - M:,}"
    assert "possible: school SD 1 (00000001) off the list plan.must_include. With" in said
    assert (
        f"With money alone, Rp {missing}: Rp {missing} more of APBD of Kab. Hulu in 2028." in said
    )
    assert not any(code in said for code in ("apbd_", "must_include 0", "ceiling apbd"))


def test_a_floor_and_a_school_without_a_ceiling_are_said_in_words() -> None:
    ceilings = {(KAB, 2027): CAPEX + OPEX, (KAB, 2028): OPEX}
    floors = rules(ceilings, floors={"level": {"SD": 1.0}})
    with pytest.raises(ProjectError) as caught:
        planned(request(schools(school(1), school(2)), options(option(1), option(2)), floors))
    (said,) = error_lines(caught.value, Text("en"))
    assert "the floor of level SD: 2 schools (plan.floors.level)" in said
    elsewhere = rules({("kemenag", 2027): 100 * M}, must_include=["00000001"])
    with pytest.raises(ProjectError, match="plan_must_without_option") as caught:
        planned(request(schools(school(1)), options(option(1)), elsewhere))
    (said,) = error_lines(caught.value, Text("en"))
    assert f"SD 1 (00000001) needs Rp {CAPEX:,} of APBD of Kab. Hulu" in said


def test_a_plan_that_is_good_enough_stays_as_it_began() -> None:
    # Money for one of two schools that are worth the same; alone, the second one has it.
    ceilings = {(KAB, 2027): CAPEX + OPEX, (KAB, 2028): OPEX}
    asked = request(
        schools(school(1), school(2)), options(option(1), option(2)), rules(ceilings, gap=0.01)
    )
    assert statuses(planned(asked)[0]) == {"1": "planned", "2": "not_chosen"}
    begun = columns_of_plan(replace(asked, without=("00000001",)))
    assert [name[:2] for name in begun] == [("s.csv:2|leo|", 2027)]
    tables, proven = planned(replace(asked, start=begun))
    assert statuses(tables) == {"1": "not_chosen", "2": "planned"}
    assert proven.gap <= 0.01


def test_lists_name_schools_that_are_there_and_can_be_served() -> None:
    ceilings = {(KAB, 2027): 100 * M}
    with pytest.raises(SeveralErrors) as caught:
        planned(
            request(
                *(schools(school(1)), options(option(1))),
                rules(ceilings, must_exclude=["9"], promised=["8"]),
            )
        )
    assert [error.code for error in caught.value.errors] == ["plan_npsn_unknown"] * 2
    with pytest.raises(ProjectError, match="plan_must_without_option"):
        planned(
            request(
                *(schools(school(1)), options(option(1, is_priced=False))),
                rules(ceilings, must_include=["00000001"]),
            )
        )


@pytest.mark.parametrize(
    ("objective", "expected"),
    [("gap", {"1"}), ("students", {"2"}), ("schools", {"2", "3"}), ("cost", {"2", "3"})],
)
def test_objectives_choose_differently(objective: str, expected: set[str]) -> None:
    # 40 million without running costs: one school at 35 million, or two at 15.
    def at(number: int, price: int, benefit: float) -> dict[str, Any]:
        return option(
            number,
            capex_idr=price * M,
            pv_idr=price * M,
            opex_year_idr=0,
            benefit=benefit,
            items='{"free": 1}' if price == 1 else "{}",
        )

    register = schools(school(1, students=10), school(2, students=300), school(3, students=None))
    offered = options(at(1, 35, 0.9), at(2, 15, 0.3), at(3, 15, 0.3))
    asked = rules({(KAB, 2027): 40 * M}, objective=objective)
    found = {
        n
        for n, s in statuses(planned(request(register, offered, asked))[0]).items()
        if s == "planned"
    }
    assert found >= expected
    assert (found == {"1"}) == (objective == "gap")


@given(
    ceilings=st.lists(st.integers(0, 120 * M), min_size=2, max_size=2),
    capex=st.lists(st.integers(1, 60 * M), min_size=4, max_size=4),
    opex=st.lists(st.integers(0, 9 * M), min_size=4, max_size=4),
    leads=st.lists(st.integers(0, 20), min_size=4, max_size=4),
    is_multi_year=st.booleans(),
)
@settings(max_examples=6, deadline=None)
def test_totals_reconcile_and_ceilings_hold(
    ceilings: list[int], capex: list[int], opex: list[int], leads: list[int], is_multi_year: bool
) -> None:
    register = schools(*map(school, (1, 2, 3)), school(4, ownership="private"))
    offered = options(
        *(
            option(n, capex_idr=c, opex_year_idr=o, lead_months=m, items="{}")
            for n, c, o, m in zip((1, 2, 3, 4), capex, opex, leads, strict=True)
        )
    )
    stated = rules({(KAB, 2027): ceilings[0], (KAB, 2028): ceilings[1]}, multi_year=is_multi_year)
    tables, _ = planned(request(register, offered, stated))
    budget = tables["budget"].set_index(["year", "envelope"])
    for year, ceiling in zip((2027, 2028), ceilings, strict=True):
        total_idr = budget["total_idr"].loc[(year, KAB)]
        assert total_idr <= ceiling
        assert budget["left_idr"].loc[(year, KAB)] == ceiling - total_idr
    # Every rupiah of the choice stands once in the budget, running costs in each year of service.
    choice = tables["choice"]
    running = choice["opex_year_idr"] + choice["ppn_opex_idr"]
    years = (2029 - choice["service_year"].clip(lower=2027)).clip(lower=0)
    spent = choice["capex_idr"] + choice["ppn_capex_idr"] + running * years
    assert budget["total_idr"].sum() == spent.sum()
    share = Costs.shipped().ppn.share
    for row_id, mine in choice.groupby("row_id"):
        number = int(str(row_id).removeprefix("s.csv:")) - 1
        assert mine["capex_idr"].sum() == capex[number]
        assert mine["ppn_capex_idr"].sum() == ppn_of(capex[number], share)
