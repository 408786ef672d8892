"""What is typed behind the options of ``plan``: read, or refused with what to write."""

from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.cli.plan_arguments import (
    TypedRange,
    TypedSite,
    refuse_keys_of_the_run,
    refuse_together,
    typed_range,
    typed_schools,
    typed_sites,
)
from kalsel_gap.errors import InputError, ProjectError


@pytest.mark.parametrize(
    "value",
    [
        *("", "1,2", "1,2,3,4", "a,b,c", "91,115,40", "-3,181,40", "-3,115,0", "-3,115,501"),
        *("-3;115;40", "nan,115,40", "-3,115,inf", "-3,0,115,0,40", "-3.0,115.0,-5"),
    ],
)
def test_a_wrong_site(value: str) -> None:
    with pytest.raises(ProjectError) as caught:
        typed_sites(["-3,115,40", value])
    assert (caught.value.code, caught.value.path) == ("plan_site_wrong", "--add-site")
    assert caught.value.params["value"] == value


def test_sites_in_the_order_typed() -> None:
    assert typed_sites(["-3.05,115.42,42", " -2 , 115 , 500 "]) == (
        TypedSite(-3.05, 115.42, 42.0),
        TypedSite(-2.0, 115.0, 500.0),
    )


@pytest.mark.parametrize(
    "value",
    [
        *("", "5e9", "5e9:", ":5e9", "5 m:100 m", "5e9:4e9", "5e9:5e9", "0:5e9", "-1:5e9"),
        *("1.5:5e9", "1:1e17", "5e9:6e9:2", "5e9:6e9:51", "5e9:6e9:4.5", "1:2:3:4", "nan:5e9"),
    ],
)
def test_a_wrong_range(value: str) -> None:
    with pytest.raises(ProjectError) as caught:
        typed_range(value)
    assert (caught.value.code, caught.value.path) == ("plan_range_wrong", "--sweep")


def test_a_range_with_and_without_the_number_of_points() -> None:
    assert typed_range("5e9:100e9") == TypedRange(5 * 10**9, 10**11, 10)
    assert typed_range(" 1000 : 2000 : 3 ") == TypedRange(1000, 2000, 3)


def test_schools_are_named_by_an_npsn_of_the_run() -> None:
    schools = pd.DataFrame({"npsn": ["00000101", "", None, "00000102"]})
    assert typed_schools(["00000102", " 00000101", "00000102"], schools) == (
        *("00000102", "00000101"),
    )
    for value in ("101", "", "00000103"):
        with pytest.raises(InputError) as caught:
            typed_schools([value], schools)
        assert (caught.value.code, caught.value.path) == ("school_unknown", "--without")


def test_a_plan_sets_no_value_of_the_run() -> None:
    refuse_keys_of_the_run({"plan.gap": 0.1, "costs.items.leo_kit.price": 1})
    with pytest.raises(ProjectError) as caught:
        refuse_keys_of_the_run({"plan.gap": 0.1, "index.lambda": 0.5})
    assert caught.value.params["value"] == "index.lambda"


def test_two_questions_at_once() -> None:
    refuse_together([("--show", False), ("--list", True)])
    with pytest.raises(ProjectError) as caught:
        refuse_together([("--show", True), ("--x", False), ("--list", True)])
    assert (caught.value.path, caught.value.params) == ("--show", {"other": "--list"})
