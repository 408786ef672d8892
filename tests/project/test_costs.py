"""The section of costs: what it holds, what it refuses, and that no run depends on it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.errors import OutputError, SeveralErrors
from kalsel_gap.project.base import default_values
from kalsel_gap.project.costs import ITEMS, OPTIONS, Costs
from kalsel_gap.project.outputs import outputs_of

if TYPE_CHECKING:
    from tests.conftest import MakeProject


def test_the_shipped_file_has_every_item_and_option() -> None:
    costs = Costs.shipped()
    assert tuple(costs.items) == ITEMS
    assert tuple(costs.options) == OPTIONS
    assert (costs.discount.low, costs.discount.rate, costs.discount.high) == (0.05, 0.08, 0.12)
    assert costs.horizon_years == 5
    assert costs.ppn.share == Fraction(11, 100)


def test_every_table_of_figures_names_its_source() -> None:
    def tables(values: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        inner = {key: each for key, each in values.items() if isinstance(each, dict)}
        found = [each for key in inner for each in tables(inner[key], f"{name}.{key}")]
        return [*found, *([(name, values)] if len(inner) < len(values) else [])]

    given = default_values("costs")
    for name, table in tables({k: v for k, v in given.items() if isinstance(v, dict)}, "costs"):
        if not name.endswith(".rekening"):
            assert {"source", "date", "confidence"} <= table.keys(), name


def test_figures_of_the_method() -> None:
    items = Costs.shipped().items
    expected = {
        "bts_site": (2_140_000_000, None, None),
        "leo_kit": (8_050_000, 4_600_000, 8_300_000),
        "microwave_end": (27_500_000, 20_000_000, 35_000_000),
        "fibre_aerial_km": (45_000_000, 30_000_000, 60_000_000),
        "fibre_buried_km": (175_000_000, 100_000_000, 250_000_000),
        "solar_kwp": (47_500_000, 35_000_000, 60_000_000),
        "mast_m": (None, None, None),
    }
    found = {name: (items[name].price, items[name].low, items[name].high) for name in expected}  # type: ignore[index]
    assert found == expected


@pytest.mark.parametrize(
    ("base", "rate", "share"),
    [
        ("11/12", 0.12, Fraction(11, 100)),
        (1, 0.11, Fraction(11, 100)),
        (0.5, 0.12, Fraction(6, 100)),
        ("1", 0.0, Fraction(0)),
    ],
)
def test_ppn_is_exact(project: MakeProject, base: object, rate: float, share: Fraction) -> None:
    costs = project({"costs": {"ppn": {"base_share": base, "rate": rate}}}).project.costs
    assert costs.ppn.share == share


@pytest.mark.parametrize(
    ("given", "column", "code"),
    [
        ({"ppn": {"base_share": "13/12"}}, "costs.ppn", "ppn_base_too_large"),
        ({"ppn": {"base_share": "1/0"}}, "costs.ppn.base_share", "value_wrong"),
        ({"discount": {"low": 0.2, "high": 0.1}}, "costs.discount", "range_not_rising"),
        ({"items": {"lan": {"price": -1}}}, "costs.items.lan.price", "value_wrong"),
        ({"items": {"lan": {"price": 1.5}}}, "costs.items.lan.price", "value_wrong"),
        ({"items": {"lan": {"low": 5, "high": 4}}}, "costs.items.lan", "range_not_rising"),
        ({"items": {"lan": {"prize": 1}}}, "costs.items.lan.prize", "key_unknown"),
        ({"options": {"leo": {"lead_months": -1}}}, "costs.options.leo.lead_months", "value_wrong"),
        ({"horizon_years": 0}, "costs.horizon_years", "value_wrong"),
        (
            {"accounts": {"public": {"SD": {"kegiatan": "=1"}}}},
            "costs.accounts.public.SD.kegiatan",
            "value_wrong",
        ),
        ({"bts": 1}, "costs.bts", "key_unknown"),
    ],
)
def test_what_is_wrong_is_named(
    project: MakeProject, given: dict[str, Any], column: str, code: str
) -> None:
    with pytest.raises(SeveralErrors) as caught:
        project({"costs": given})
    assert [(each.column, each.code) for each in caught.value.errors] == [(column, code)]


def test_an_item_that_is_none_is_an_error(project: MakeProject) -> None:
    with pytest.raises(SeveralErrors) as caught:
        project({"costs": {"items": {"leo_kitt": {"price": 1}}}})
    assert any("leo_kit" in str(each) for each in caught.value.errors)


def test_accounts_by_ownership_and_level() -> None:
    costs = Costs.shipped()
    assert costs.account_of("leo_kit", "public", "SMA") == "5.2.02.10.02.0004"
    assert costs.account_of("leo_month", "private", "SMA") == "5.1.02.02.01.0063"  # of the item
    assert costs.account_of("bts_site", "public", "SD") == ""
    assert costs.account_of("leo_kit", None, None) == "5.2.02.10.02.0004"
    assert costs.sub_kegiatan_of("equipment", "public", "SMP") == "1.01.02.2.02"
    assert costs.sub_kegiatan_of("equipment", "private", "SMP") == ""


def test_a_code_of_the_project_comes_before_that_of_the_item(project: MakeProject) -> None:
    codes = {
        "rekening": {"equipment": "5.2.9"},
        "sub_kegiatan": {"equipment": "1.01.02.2.01.0041"},
    }
    costs = project({"costs": {"accounts": {"public": {"SD": codes}}}}).project.costs
    assert costs.account_of("leo_kit", "public", "SD") == "5.2.9"
    assert costs.account_of("leo_month", "public", "SD") == "5.1.02.02.01.0063"
    assert costs.sub_kegiatan_of("equipment", "public", "SD") == "1.01.02.2.01.0041"
    assert costs.sub_kegiatan_of("works", "public", "SD") == "1.01.02.2.01"


def test_no_run_depends_on_a_price(project: MakeProject) -> None:
    plain = project()
    sections = {"costs": {"ssh": "ssh.csv", "items": {"lan": {"price": 7}}}}
    priced = project(sections, files={"ssh.csv": "item,price\nups,5\n"})
    assert priced.parameters() == plain.parameters()
    assert dict(priced.project.inputs()).keys() == dict(plain.project.inputs()).keys()
    assert not [key for key in priced.parameters() if key.startswith(("costs", "plan"))]
    tried = project(options=("costs.discount.rate=0.05", "index.lambda=0.5"))
    assert tried.overrides() == {"index.lambda": 0.5}
    assert tried.plan_overrides() == {"costs.discount.rate": 0.05}
    of_plan = priced.plan_parameters()
    assert of_plan["costs.items.lan.price"] == 7
    assert "costs.ssh" not in of_plan
    assert {key.partition(".")[0] for key in of_plan} == {"costs", "plan"}


def test_files_that_only_a_plan_reads(project: MakeProject) -> None:
    given = project({"costs": {"ssh": "ssh.csv"}}, files={"ssh.csv": "item,price\nups,5\n"})
    path = given.path.with_name("ssh.csv")
    assert dict(given.project.plan_inputs()) == {"costs.ssh": path}
    assert dict(project().project.plan_inputs()) == {}
    with pytest.raises(OutputError) as caught:
        outputs_of(given).check(path, overwrite=True)
    assert caught.value.code == "output_is_input"
    path.unlink()  # a name that the project states is kept also while there is no file
    with pytest.raises(OutputError):
        outputs_of(given).check(path, overwrite=True)


def test_every_value_is_shown_with_its_origin(project: MakeProject) -> None:
    given = project(
        {"costs": {"ssh": "ssh.csv", "items": {"lan": {"price": 7}}}},
        options=("costs.ppn.rate=0.11",),
    )
    shown = {key: (value, origin) for key, value, origin in given.values()}
    assert shown["costs.ssh"] == ("ssh.csv", "project")
    assert shown["costs.items.lan.price"] == (7, "project")
    assert shown["costs.items.lan.unit"] == ("unit", "defaults/costs.toml")
    assert shown["costs.ppn.rate"] == (0.11, "option")
    assert shown["costs.options.leo.down_mbps"] == (100.0, "defaults/costs.toml")
