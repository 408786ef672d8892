"""A plan folder made by hand, and every way in which it can be wrong."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap.planning import plan_check
from kalsel_gap.planning.plan_check import verify_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    Tables = dict[str, pd.DataFrame]

PARAMETERS: dict[str, Any] = {
    "costs.ppn.rate": 0.12,
    "costs.ppn.base_share": "11/12",
    "plan.years": [2027, 2028],
    "plan.ceilings": [
        {"envelope": "apbd_63_01", "year": 2027, "amount": 2_300},
        {"envelope": "apbd_63_01", "year": 2028, "amount": 1_000},
    ],
    "plan.must_include": ["1"],
    "plan.promised": ["3"],
    "plan.supply.leo.2027": 1,
    "plan.teams": {"2027": 2},
}


def tables() -> Tables:
    """School a gets LEO, school b hangs on a hub at a, school c is promised."""

    def option(row: str, code: str, capex: int, opex: int) -> dict[str, Any]:
        return {
            "row_id": row, "option_id": f"{row}|{code}|", "option": code, "is_feasible": True,
            "reason": "", "is_priced": True, "unpriced_items": "", "capex_idr": capex,
            "opex_year_idr": opex, "required_mbps": 4.0,
        }  # fmt: skip

    def order(row: str, code: str, money: tuple[int, ...], **more: Any) -> dict[str, Any]:
        capex, ppn, opex, ppn_opex = money
        return {
            "row_id": row, "npsn": {"a": "1", "b": "2"}.get(row, ""),
            "option_id": f"{row}|{code}|", "option": code, "shared_id": "", "year": 2027,
            "service_year": 2027, "envelope_capex": "apbd_63_01", "envelope_opex": "apbd_63_01",
            "capex_idr": capex, "ppn_capex_idr": ppn, "opex_year_idr": opex,
            "ppn_opex_idr": ppn_opex, "benefit": 0.5 if row else None,
            "benefit_years": 4.0 if row else None, "is_unfunded": False, **more,
        }  # fmt: skip

    choice = [
        order("a", "leo", (1_000, 110, 100, 11)),
        order("b", "hub", (300, 33, 50, 6), shared_id="h"),
        order("", "open:hub", (400, 44, 0, 0), shared_id="h"),
    ]
    return {
        "options": pd.DataFrame([option("a", "leo", 1_000, 100), option("b", "hub", 300, 50)]),
        "shared": pd.DataFrame(
            [{
                "shared_id": "h", "kind": "hub", "needs_shared": "", "host_row_id": "a",
                "facility_share": 0.5, "capacity_mbps": 10.0, "capex_idr": 800,
                "opex_year_idr": 0, "is_priced": True,
            }]
        ),
        "choice": pd.DataFrame(choice),
        "budget": pd.DataFrame(
            [
                {"year": 2027, "envelope": "apbd_63_01", "ceiling_idr": 2_300, "capex_idr": 1_700,
                 "opex_idr": 150, "ppn_idr": 204, "total_idr": 2_054, "left_idr": 246},
                {"year": 2028, "envelope": "apbd_63_01", "ceiling_idr": 1_000, "capex_idr": 0,
                 "opex_idr": 150, "ppn_idr": 17, "total_idr": 167, "left_idr": 833},
            ]
        ),
        "schools": pd.DataFrame(
            {"row_id": ["a", "b", "c"], "npsn": ["1", "2", "3"],
             "status": ["planned", "planned", "promised"]}
        ),
        "allocation": pd.DataFrame(
            [
                {"shared_id": "h", "row_id": "b", "facility": "", "share": 0.5, "idr": 444},
                {"shared_id": "h", "row_id": "", "facility": "f", "share": 0.5, "idr": 444},
            ]
        ),
        "floors": pd.DataFrame(
            [{"key": "kabupaten:63.01", "least": 2, "members": json.dumps(["a", "b", "c"])}]
        ),
    }  # fmt: skip


def written(folder: Path, made: Tables, **changed: Any) -> Path:
    """The folder of a plan."""
    files = {}
    for name, table in made.items():
        path = folder / f"{name}.parquet"
        table.to_parquet(path)
        files[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = {
        "parameters": PARAMETERS, "objective": "gap", "value": 4.0, "bound": 4.2, "gap": 0.05,
        "files": files, **changed,
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_a_plan_that_holds_has_no_faults(tmp_path: Path) -> None:
    assert verify_plan(written(tmp_path, tables())) == []


def put(name: str, row: int, **values: Any) -> Callable[[Tables], None]:
    def change(made: Tables) -> None:
        for column, value in values.items():
            made[name].loc[row, column] = value

    return change


def again(name: str, row: int, **values: Any) -> Callable[[Tables], None]:
    def change(made: Tables) -> None:
        more = made[name].iloc[[row]].assign(**values)
        made[name] = pd.concat([made[name], more], ignore_index=True)

    return change


def without(name: str, row: int) -> Callable[[Tables], None]:
    def change(made: Tables) -> None:
        made[name] = made[name].drop(index=row)

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (again("choice", 0, option_id="a|hub|"), "option_twice"),
        (put("choice", 0, option_id="a|fibre|"), "option_unknown"),
        (put("options", 0, is_feasible=False), "option_infeasible"),
        (put("options", 0, is_priced=False), "option_unpriced"),
        (put("options", 0, capex_idr=999), "capex_differs"),
        (put("options", 0, opex_year_idr=101), "opex_differs"),
        (put("choice", 0, ppn_capex_idr=111), "ppn_differs"),
        (put("schools", 0, status="excluded"), "school_excluded"),
        (put("schools", 0, status="not_chosen"), "school_status"),
        (put("schools", 2, status="planned"), "school_not_planned"),
        (put("schools", 0, npsn="9"), "must_include"),
        (put("schools", 0, npsn="3"), "school_excluded"),
        (without("choice", 2), "not_opened"),
        (put("choice", 2, service_year=2028), "not_opened"),
        (again("choice", 2), "opening_twice"),
        (put("choice", 2, shared_id="x"), "opening_unknown"),
        (put("choice", 0, service_year=2028), "host_not_served"),
        (put("shared", 0, capacity_mbps=3.9), "over_capacity"),
        (put("shared", 0, capex_idr=802), "capex_differs"),
        (put("shared", 0, needs_shared="trunk"), "not_opened"),
        (put("budget", 0, total_idr=2_055), "budget_differs"),
        (put("budget", 1, left_idr=1), "budget_differs"),
        (without("budget", 1), "budget_differs"),
        (put("budget", 0, ceiling_idr=2_000), "over_ceiling"),
        (put("budget", 0, ceiling_idr=9_000), "ceiling_differs"),
        (again("choice", 1, row_id="c", option="leo", option_id="c|leo|"), "over_supply"),
        (again("choice", 1, row_id="c", option="vsat", option_id="c|vsat|"), "over_teams"),
        (put("floors", 0, least=3), "floor_not_kept"),
        (put("allocation", 0, idr=443), "allocation_differs"),
        (put("allocation", 0, share=0.4), "allocation_differs"),
        (put("choice", 0, benefit=0.6), "value_differs"),
    ],
)
def test_every_wrong_statement_is_found(
    change: Callable[[Tables], None], code: str, tmp_path: Path
) -> None:
    made = tables()
    change(made)
    assert code in {fault.code for fault in verify_plan(written(tmp_path, made))}


def test_a_bound_below_the_value_or_another_gap_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path, tables(), bound=3.9, gap=0.0)
    assert [fault.code for fault in verify_plan(folder)] == ["gap_differs"]
    folder = written(tmp_path, tables(), gap=0.01)
    assert [fault.code for fault in verify_plan(folder)] == ["gap_differs"]


def test_a_file_that_is_missing_or_altered_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path, tables())
    tables()["schools"].iloc[::-1].to_parquet(folder / "schools.parquet")
    (folder / "floors.parquet").unlink()
    found = [(fault.code, fault.key) for fault in verify_plan(folder)]
    assert found == [("file_altered", "schools.parquet"), ("file_missing", "floors.parquet")]
    (folder / "choice.parquet").unlink()
    assert ("file_missing", "choice.parquet") in [
        (fault.code, fault.key) for fault in verify_plan(folder)
    ]


def test_a_contract_over_two_years_is_one_order(tmp_path: Path) -> None:
    made = tables()
    again("choice", 0, year=2028, capex_idr=400, ppn_capex_idr=44, opex_year_idr=0, ppn_opex_idr=0,
          benefit=None, benefit_years=None)(made)  # fmt: skip
    put("choice", 0, capex_idr=600, ppn_capex_idr=66)(made)
    put("budget", 0, capex_idr=1_300, ppn_idr=160, total_idr=1_610, left_idr=690)(made)
    put("budget", 1, capex_idr=400, ppn_idr=61, total_idr=611, left_idr=389)(made)
    assert verify_plan(written(tmp_path, made)) == []


def test_it_imports_nothing_of_this_package() -> None:
    tree = ast.parse(Path(plan_check.__file__).read_text(encoding="utf-8"))
    modules = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else
                     [each.name for each in node.names])
    }  # fmt: skip
    assert not [name for name in modules if (name or "").startswith("kalsel_gap")]
