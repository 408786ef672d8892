"""Schools in the order of the value of a visit, and questions only where the answer matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.robustness.visits import fact_values, plan_visits
from tests.fact_values import with_facts

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

SCHOOLS = pd.DataFrame(
    {
        "row_id": ["a", "b", "c", "d"],
        "delivered_status": ["inferred", "known", "inferred", "inferred"],
        "point_weight": [None, 0.4, None, None],
    }
)


def table(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    names = ["row_id", "fact", "value", "chance"]
    return pd.DataFrame(rows, columns=names).assign(
        npsn=lambda each: "1" + each["row_id"], is_chosen=False
    )


def asked(planned: pd.DataFrame) -> list[str]:
    return [
        "".join(fact[0] for fact in ("service", "signal", "location") if row[f"asks_{fact}"])
        for row in planned.to_dict("records")
    ]


def test_a_fact_is_asked_from_a_tenth_of_the_visit_on() -> None:
    planned = plan_visits(
        table(
            ("a", "service", 0.5, 0.1), ("a", "signal", 0.0999, 0.9), ("a", "visit", 1.0, 0.2),
            ("b", "signal", 0.1, 0.1), ("b", "location", 0.7, 0.1), ("b", "visit", 1.0, 0.3),
        ),
        SCHOOLS,
    )  # fmt: skip
    assert asked(planned) == ["s", "sl"]
    # The chance of a visit is its own, also where a single fact moves the school more often.
    assert planned["visit_chance"].tolist() == [0.2, 0.3]


def test_where_no_fact_alone_matters_what_is_unknown_is_asked() -> None:
    rows = (("a", "visit", 1.0, 0.2), ("b", "visit", 0.9, 0.2))
    planned = plan_visits(table(*rows), SCHOOLS)
    # a: service and signal; b: its service is known and its location is doubtful.
    assert planned[["asks_service", "asks_signal", "asks_location"]].to_numpy().tolist() == [
        [True, True, False],
        [False, True, True],
    ]


def test_a_visit_is_worth_no_less_than_one_fact() -> None:
    rows = (
        ("a", "visit", 0.2, 0.2), ("a", "service", 0.3, 0.4),
        ("c", "signal", 0.25, 0.5),
        ("d", "service", 0.0, 0.0),
    )  # fmt: skip
    planned = plan_visits(table(*rows), SCHOOLS)
    assert planned[["row_id", "visit_value", "visit_chance"]].to_numpy().tolist() == [
        ["a", 0.3, 0.2],
        ["c", 0.25, 0.5],
    ]
    assert plan_visits(table(*rows), SCHOOLS, 1)["row_id"].tolist() == ["a"]
    assert plan_visits(table(*rows), SCHOOLS[2:])["row_id"].tolist() == ["c"]
    assert plan_visits(table(), SCHOOLS).empty


def test_a_run_without_draws_says_what_to_do(tiny_run: Run) -> None:
    assert set(fact_values(tiny_run)["fact"]) <= {"service", "signal", "location", "visit"}
    with pytest.raises(InputError, match="verify_without_draws"):
        fact_values(with_facts(tiny_run, draws=0))
