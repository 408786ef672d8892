from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kalsel_gap.planning.envelopes import capex_payers, envelopes_of
from kalsel_gap.project.costs import Costs
from tests.planning.plan_cases import option, options, rules, school, schools


def of(code: str = "leo", ceilings: Any = None, **changed: Any) -> dict[str, str]:
    table = envelopes_of(
        *(schools(school(1, **changed)), options(option(1, code))),
        *(rules(ceilings or {}), Costs.shipped()),
    )
    return {str(name): value for name, value in table.iloc[0].items()}


@pytest.mark.parametrize(
    ("changed", "payer", "sources"),
    [
        ({}, "apbd_99_01", "apbd_99_01;dak;bos"),
        ({"level": "SMP"}, "apbd_99_01", "apbd_99_01;dak;bos"),
        ({"level": "SMA", "authority": "province"}, "apbd_province", "apbd_province;dak;bos"),
        ({"level": "TK"}, "apbd_99_01", "apbd_99_01;bos"),
        ({"ownership": "private"}, "hibah_99_01", "hibah_99_01;bos"),
        (
            {"ownership": "private", "level": "SMK", "authority": "province"},
            *("hibah_province", "hibah_province;bos"),
        ),
        ({"level": "MTs", "authority": "kemenag"}, "kemenag", "kemenag;bos"),
        (
            {"level": "MTs", "authority": "kemenag", "ownership": "private"},
            *("kemenag", "kemenag;hibah_99_01;bos"),
        ),
        ({"ownership": None}, "", ""),
        ({"authority": None, "level": None}, "", ""),
        ({"kabupaten_code": None}, "", ""),
    ],
)
def test_level_and_ownership_decide(changed: dict[str, Any], payer: str, sources: str) -> None:
    found = of(**changed)
    assert (found["payer_capex"], found["payer_opex"], found["sources"]) == (payer, payer, sources)


def test_bos_pays_running_costs_where_it_has_a_ceiling() -> None:
    ceilings = {("bos", 2027): 1}
    assert of(ceilings=ceilings)["payer_opex"] == "bos"
    assert of(ceilings=ceilings, ownership="private")["payer_opex"] == "bos"
    assert of(ceilings=ceilings, authority="kemenag", level="MI")["payer_opex"] == "kemenag"


def test_programmes_are_of_the_central_government() -> None:
    for code in ("bts", "satria"):
        found = of(code)
        assert (found["payer_capex"], found["payer_opex"]) == ("central", "central")
        assert found["skpd"] == "Komdigi/BAKTI"


def test_offices_and_codes() -> None:
    found = of(kabupaten="Kab. {0}<b>")
    assert found["skpd"] == "Dinas Pendidikan Kab. {0}<b>"
    assert found["account_capex"] == "5.2.02.10.02.0004"
    assert found["account_opex"] == "5.1.02.02.01.0063"
    assert found["subkegiatan"] == "1.01.02.2.01"
    assert of(level="SMA", authority="province")["subkegiatan"] == "1.01.02.1.01"


def test_dak_pays_only_where_it_has_a_ceiling_and_may() -> None:
    stated = rules({})
    assert capex_payers("apbd_99_01", "SD", "public", stated, {"dak"}) == ("apbd_99_01", "dak")
    assert capex_payers("apbd_99_01", "SD", "public", stated, set()) == ("apbd_99_01",)
    assert capex_payers("apbd_99_01", "TK", "public", stated, {"dak"}) == ("apbd_99_01",)
    assert capex_payers("hibah_99_01", "SD", "private", stated, {"dak"}) == ("hibah_99_01",)


def test_there_is_a_row_for_each_option() -> None:
    table = envelopes_of(
        schools(school(1), school(2)),
        options(option(2), option(1), option(1, "bts")),
        *(rules({}), Costs.shipped()),
    )
    assert table["option_id"].tolist() == ["s.csv:2|leo|", "s.csv:1|leo|", "s.csv:1|bts|"]
    assert (table.dtypes == pd.Series([], dtype="str").dtype).all()
