from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kalsel_gap.project.base import default_values, merge
from kalsel_gap.project.plan import PlanRules
from kalsel_gap.project.read import read_project
from tests.conftest import REPOSITORY


def stated(**changed: Any) -> PlanRules:
    return PlanRules.model_validate(merge(default_values("plan"), changed))


def test_the_shipped_rules_promise_no_money() -> None:
    shipped = PlanRules.shipped()
    assert shipped.ceilings == ()
    assert shipped.years == ()
    assert not shipped.multi_year
    assert set(shipped.access) == {"road", "boat", "unknown"}


def test_ceilings_by_envelope_and_year() -> None:
    rules = stated(ceilings=[{"envelope": "apbd_63_01", "year": 2027, "amount": 5}])
    assert rules.ceiling_of() == {("apbd_63_01", 2027): 5}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"years": [2027, 2029]}, "plan_years_gap"),
        ({"years": [2028, 2027]}, "plan_years_gap"),
        ({"ceilings": [{"envelope": "bos", "year": 2027, "amount": 1}] * 2}, "plan_ceiling_twice"),
        ({"must_include": ["1"], "promised": ["1"]}, "plan_must_both"),
        ({"must_include": ["1"], "must_exclude": ["1"]}, "plan_must_both"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError, match=code):
        stated(**changed)


@pytest.mark.parametrize("envelope", ["apbd", "apbd_63.01", "csr", "apbd_63_01 ", "../x", ""])
def test_an_envelope_is_one_of_those_that_pay(envelope: str) -> None:
    with pytest.raises(ValidationError):
        stated(ceilings=[{"envelope": envelope, "year": 2027, "amount": 1}])


def test_money_is_whole_and_years_may_be_keys() -> None:
    with pytest.raises(ValidationError):
        stated(ceilings=[{"envelope": "bos", "year": 2027, "amount": 0.5}])
    assert stated(supply={"leo": {"2027": 100}}).supply == {"leo": {2027: 100}}


def test_a_plan_changes_nothing_that_a_run_records() -> None:
    tiny = REPOSITORY / "data" / "tiny"
    plain, other = read_project(tiny), read_project(tiny, ("plan.gap=0.5",))
    assert plain.parameters() == other.parameters()
    assert other.overrides() == {}
    assert other.plan_overrides() == {"plan.gap": 0.5}
    assert plain.project.output.plans_folder() == plain.project.output.folder.parent / "plans"
