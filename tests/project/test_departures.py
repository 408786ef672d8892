"""What differs from the shipped figures, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.project.departures import (
    Departure,
    decided_figures,
    find_departures,
    idle_reasons,
    shipped_figures,
    stated_reason,
)

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

REASON = {"key": "index.gap", "reason": "Rapat tim", "role": "kepala bidang"}


def manifest_of(opened: Opened) -> dict[str, Any]:
    decision = opened.project.decision
    recorded = {} if decision is None else decision.model_dump(by_alias=True, exclude_none=True)
    return {
        "parameters": opened.parameters(),
        "overrides": opened.overrides(),
        "decision": recorded,
    }


def test_a_project_of_inputs_alone_departs_from_nothing(project: MakeProject) -> None:
    assert find_departures(manifest_of(project())) == []
    assert len(shipped_figures()) > 300
    assert shipped_figures()["index.lambda"] == 0.6


def test_each_changed_figure_is_named_with_its_reason(project: MakeProject) -> None:
    opened = project(
        {
            "index": {
                "gap": {"weak": 0.3, "covered": 0.5},
                "nodes": {"students": {"active": True}},
                "source": "other words",
            },
            "decision": {"number": "12", "k": 3, "overrides": [REASON]},
        },
        options=("index.lambda=0.8", "robustness.seed=2"),
    )
    manifest = manifest_of(opened)
    manifest["overrides"] |= {"reason": "uji coba", "role": "kepala seksi"}
    found = find_departures(manifest)
    shipped = shipped_figures()
    gaps = {key: shipped[f"index.gap.{key}"] for key in ("covered", "weak")}
    assert found == [
        Departure("index.lambda", 0.8, 0.6, is_of_run=True, reason="uji coba", role="kepala seksi"),
        Departure("robustness.seed", 2, 1, is_of_run=True, reason="uji coba", role="kepala seksi"),
        *(
            Departure(
                f"index.gap.{key}", value, gaps[key], reason="Rapat tim", role="kepala bidang"
            )
            for key, value in (("covered", 0.5), ("weak", 0.3))
            if value != gaps[key]
        ),
        Departure("index.nodes.students.active", value=True, shipped=None),
        Departure("robustness.k", 3, None, decree="12"),
    ]


def test_the_nearest_table_states_the_reason() -> None:
    other = {"key": "index", "reason": "SK", "role": "kepala dinas"}
    manifest = {"decision": {"overrides": [REASON, other]}}
    assert stated_reason(manifest, "index.gap.weak") == ("Rapat tim", "kepala bidang")
    assert stated_reason(manifest, "index.lambda") == ("SK", "kepala dinas")
    assert stated_reason(manifest, "signal.x") == ("", "")
    assert idle_reasons(manifest, iter(["index.lambda"])) == ["index.gap"]
    assert idle_reasons({}, iter([])) == []


def test_runs_of_earlier_versions_have_no_decision() -> None:
    assert find_departures({}) == []
    assert set(decided_figures({}).values()) == {None}
    recorded = {"k": 3, "weights": {"lambda": 0.5}}
    assert decided_figures({"decision": recorded})["weights.lambda"] == 0.5
