"""What a project fixes before the result, and whether a run came before or after it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap import pipeline
from kalsel_gap.errors import ProjectError, SeveralErrors
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.project.decision import Decision, Justification, decision_of_run
from kalsel_gap.storage.run_folder import MANIFEST, Run, find_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kalsel_gap.errors import KalselGapError
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

NUMBER = "188.44/0123/KUM/2026"
INPUTS = {"schools.0": "a" * 64, "coverage.0": "b" * 64}


@pytest.fixture(autouse=True)
def _without_images(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(stage for stage in pipeline.STAGES if stage.name != "previews")
    monkeypatch.setattr(pipeline, "STAGES", kept)


def faults(
    project: MakeProject, sections: Mapping[str, Any], *options: str
) -> list[KalselGapError]:
    with pytest.raises(SeveralErrors) as raised:
        project(sections, options=options)
    return list(raised.value.errors)


def codes(errors: list[KalselGapError]) -> set[tuple[str, str | None]]:
    return {(error.code, error.column) for error in errors}


def ranked(opened: Opened, **kwargs: Any) -> Run:
    return pipeline.OpenProject(opened).rank(**kwargs)


def decided(project: MakeProject, decision: Mapping[str, Any] | None, *options: str) -> Opened:
    sections = {} if decision is None else {"decision": decision}
    return project(sections, options=("robustness.draws=0", *options))


# --- what is read -------------------------------------------------------------------------------


def test_a_decision_needs_a_number_only(project: MakeProject) -> None:
    opened = project({"decision": {"number": f"  {NUMBER} "}})
    assert opened.project.decision == Decision(number=NUMBER)
    assert opened.project.decision.figures() == {"number": NUMBER, "weights": {}}
    assert codes(faults(project, {"decision": {"k": 3}})) == {("key_missing", "decision.number")}
    assert codes(faults(project, {"decision": {"number": " "}})) == {
        ("value_wrong", "decision.number")
    }


def test_what_is_decided_counts_where_the_project_states_nothing(project: MakeProject) -> None:
    decision = {"number": NUMBER, "k": 3, "confidence": 0.8, "evidence_date": "2026-06-30"}
    opened = project({"decision": decision})
    assert opened.project.robustness.k == 3
    assert opened.project.robustness.confidence == 0.8
    assert opened.project.dates == ("2026-06-30",)
    origins = {key: origin for key, _, origin in opened.values()}
    assert origins["robustness.k"] == origins["project.evidence_date"] == "project"
    assert opened.overrides() == {}


def test_a_day_is_text_or_a_date_of_toml(project: MakeProject) -> None:
    toml = (
        '[schools]\npath = "schools.csv"\n'
        '[decision]\nnumber = "1"\ndate = 2026-07-01\nevidence_date = 2026-06-30\n'
    )
    opened = project(toml=toml)
    assert opened.project.decision is not None
    assert opened.project.decision.date == "2026-07-01"
    assert opened.project.project.evidence_date == "2026-06-30"
    for wrong in ("1 Juli 2026", "2026-13-01", "", 3):
        found = codes(faults(project, {"decision": {"number": "1", "date": wrong}}))
        assert found <= {("day_wrong", "decision.date"), ("value_wrong", "decision.date")}
        assert found


@pytest.mark.parametrize(
    ("decision", "other", "key"),
    [
        ({"k": 3}, {"robustness": {"k": 4}}, "robustness.k"),
        ({"confidence": 0.8}, {"robustness": {"confidence": 0.9}}, "robustness.confidence"),
        (
            {"evidence_date": "2026-06-30"},
            {"project": {"evidence_date": "2026-07-01"}},
            "project.evidence_date",
        ),
        ({"weights": {"lambda": 0.5}}, {}, "index.lambda"),
        ({"weights": {"need": 0.5}}, {}, "index.priority.need"),
        ({"weights": {"base": 0.5}}, {"index": {"priority": {"base": 1}}}, "index.priority.base"),
    ],
)
def test_two_figures_that_differ_are_an_error_that_names_both(
    project: MakeProject, decision: dict[str, Any], other: dict[str, Any], key: str
) -> None:
    (error,) = faults(project, {"decision": {"number": NUMBER, **decision}, **other})
    assert error.code == "decision_differs"
    assert error.params["key"] == key
    assert str(error.column).startswith("decision.")
    assert error.row is not None or "weights" in decision
    for language in LANGUAGES:
        (line,) = messages.error_lines(error, Text(language))
        assert str(error.params["decided"]) in line
        assert str(error.params["value"]) in line
        assert key in line


def test_weights_that_agree_are_no_error(project: MakeProject) -> None:
    weights = {"lambda": 0.5, "base": 0.5, "need": 0.3, "barrier": 0.2}
    opened = project({"decision": {"number": "1", "weights": weights}, "index": {"lambda": 0.5}})
    assert opened.project.decision is not None
    assert opened.project.decision.figures()["weights"] == weights


def test_a_trial_may_differ_from_what_is_decided(project: MakeProject) -> None:
    decision = {"number": "1", "k": 3, "weights": {"lambda": 0.6}}
    opened = project({"decision": decision}, options=("robustness.k=5", "index.lambda=0.8"))
    assert opened.project.robustness.k == 5
    assert opened.overrides() == {"index.lambda": 0.8, "robustness.k": 5}
    of_option = project({}, options=("decision.number=1", "decision.k=4"))
    assert of_option.project.robustness.k == 4
    assert of_option.overrides() == {"decision.k": 4, "decision.number": "1", "robustness.k": 4}


def test_a_wrong_figure_is_one_error(project: MakeProject) -> None:
    decision = {"number": "1", "k": 0, "confidence": 2}
    assert codes(faults(project, {"decision": decision})) == {
        ("value_wrong", "decision.k"),
        ("value_wrong", "decision.confidence"),
    }
    # An option that is wrong itself is still an error of its own.
    (error,) = faults(project, {"decision": {"number": "1", "k": 3}}, "robustness.k=0")
    assert (error.column, error.path) == ("robustness.k", "--set")
    for wrong in (3, "x", [1]):
        assert faults(project, {"decision": wrong})


def test_reasons_name_a_value_once_and_a_role_without_a_person(project: MakeProject) -> None:
    def reasons(*stated: dict[str, Any]) -> dict[str, Any]:
        return {"decision": {"number": "1", "overrides": list(stated)}}

    good = {"key": "index.lambda", "reason": "SK", "role": "kepala bidang"}
    several = reasons(good, {**good, "key": "index.priority"}, {**good, "key": "repairs"})
    decision = project(several).project.decision
    assert decision is not None
    assert len(decision.overrides) == 3
    assert codes(faults(project, reasons(good, good))) == {("decision_key_twice", "decision")}
    (error,) = faults(project, reasons({**good, "key": "index.lambada"}))
    assert (error.code, error.column) == ("decision_key_unknown", "decision.overrides.0.key")
    assert error.params["suggestion"] == "index.lambda"
    for personal in ("Kabid, NIP 19800101 200501 1 001", "kabid@kalsel.go.id", "0811-2345-678"):
        assert codes(faults(project, reasons({**good, "role": personal}))) == {
            ("role_of_person", "decision.overrides.0.role")
        }
    for key in good:
        assert faults(project, reasons({k: v for k, v in good.items() if k != key}))


def test_a_reason_of_an_option_is_one_safe_line() -> None:
    why = Justification.stated(" lihat\x1b[31m\nnotulen \udcff", "kepala bidang")
    assert why == ("lihat [31m notulen ?", "kepala bidang")
    assert Justification.stated(None, " ").recorded() == {}
    with pytest.raises(ProjectError, match="role_of_person"):
        Justification.stated("x", "Budi 081122334455")


# --- before or after ----------------------------------------------------------------------------


def recorded(
    decision: Decision, inputs: Mapping[str, str] = INPUTS, **first: str
) -> dict[str, Any]:
    figures = {**decision.figures(), "overrides": [], **first} if first else {}
    hashes = {name: {"file": name, "sha256": digest} for name, digest in inputs.items()}
    return {"inputs": hashes, **({"decision": figures} if first else {})}


ONE, OTHER = Decision(number="1"), Decision(number="1", k=3)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ({}, ("before", None)),
        ({"a": recorded(ONE, {"schools.0": "c" * 64})}, ("before", None)),
        ({"a": recorded(ONE, {"schools.0": "a" * 64})}, ("before", None)),
        ({"b": recorded(ONE), "a": recorded(ONE)}, ("after", "a")),
        ({"a": recorded(OTHER, set="before")}, ("after", "a")),
        ({"a": recorded(ONE, set="before")}, ("before", None)),
        ({"a": recorded(ONE, set="before"), "b": recorded(OTHER, set="before")}, ("before", None)),
        ({"a": recorded(ONE, set="after", after_run="z"), "b": recorded(ONE)}, ("after", "z")),
        (
            {"a": recorded(ONE, set="before"), "b": recorded(ONE, set="after", after_run="z")},
            ("after", "z"),
        ),
        # Accepted repairs and offsets are made from the inputs.
        ({"a": recorded(ONE, {**INPUTS, "repairs": "d" * 64})}, ("after", "a")),
        ({"a": {}, "b": {"inputs": []}, "c": {"inputs": {"schools.0": 1}}}, ("before", None)),
        ({"a": {**recorded(ONE), "decision": 3}}, ("after", "a")),
    ],
)
def test_before_or_after_the_first_ranking_of_these_inputs(
    earlier: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    made = decision_of_run(ONE, INPUTS, earlier)
    assert (made["set"], made.get("after_run")) == expected
    assert made == decision_of_run(ONE, INPUTS, dict(reversed(earlier.items())))
    # And the run that records it changes nothing of it, whatever its id.
    for run in ("0", "zz"):
        then = {**earlier, run: {**recorded(ONE), "decision": made}}
        assert decision_of_run(ONE, INPUTS, then) == made


def test_reasons_are_no_part_of_what_is_decided() -> None:
    reason = {"key": "index.lambda", "reason": "SK", "role": "kepala bidang"}
    explained = Decision.model_validate({"number": "1", "overrides": [reason]})
    made = decision_of_run(explained, INPUTS, {"a": recorded(ONE, set="before")})
    assert made["set"] == "before"
    assert made["overrides"] == [reason]


def test_a_run_records_the_decision_and_ranking_again_gives_the_same_run(
    project: MakeProject, tmp_path: Path
) -> None:
    opened = decided(project, {"number": NUMBER, "k": 2})
    first = ranked(opened)
    assert first.manifest["decision"] == {
        "number": NUMBER,
        "k": 2,
        "weights": {},
        "overrides": [],
        "set": "before",
    }
    assert ranked(opened).folder == first.folder
    # Another folder changes nothing: the project's own is looked at all the same.
    assert ranked(opened, out=tmp_path).folder.name == first.folder.name


def test_a_decision_after_a_ranking_names_it(project: MakeProject, tmp_path: Path) -> None:
    without = ranked(decided(project, None))
    assert "decision" not in without.manifest
    opened = decided(project, {"number": NUMBER})
    shutil.copytree(without.folder.parent, opened.project.output.folder)
    made = ranked(opened)
    assert made.manifest["decision"]["set"] == "after"
    assert made.manifest["decision"]["after_run"] == without.folder.name
    assert ranked(opened).folder == made.folder
    assert ranked(opened, out=tmp_path / "out").folder.name == made.folder.name


def test_a_trial_counts_as_a_ranking_and_shares_the_answer(project: MakeProject) -> None:
    opened = decided(project, {"number": NUMBER}, "index.lambda=0.8")
    trial = ranked(opened, why=Justification("uji coba", "kepala bidang"))
    assert trial.overrides == {
        "index.lambda": 0.8,
        "reason": "uji coba",
        "robustness.draws": 0,
        "role": "kepala bidang",
    }
    assert trial.manifest["decision"]["set"] == "before"
    other = decided(project, {"number": "other"})
    shutil.copytree(trial.folder.parent, other.project.output.folder)
    assert ranked(other).manifest["decision"]["after_run"] == trial.folder.name


def test_a_reason_needs_something_that_is_overridden(project: MakeProject) -> None:
    with pytest.raises(ProjectError, match="reason_of_nothing"):
        ranked(project(), why=Justification("uji coba"))
    made = ranked(project(), why=Justification("uji coba"), despite_errors=True)
    assert made.overrides == {"despite_errors": [], "reason": "uji coba"}


def test_a_damaged_run_is_left_out_and_named(project: MakeProject) -> None:
    opened = decided(project, {"number": NUMBER})
    whole = ranked(decided(project, None))
    runs = opened.project.output.folder
    shutil.copytree(whole.folder, runs / whole.folder.name)
    record = runs / whole.folder.name / MANIFEST
    record.write_text(record.read_text().replace('"data"', '"Data"'), encoding="utf-8")
    (runs / "broken").mkdir()
    (runs / "broken" / MANIFEST).write_text("{", encoding="utf-8")
    (runs / "folder" / MANIFEST).mkdir(parents=True)
    work = pipeline.OpenProject(opened)
    made = work.rank()
    assert made.manifest["decision"]["set"] == "before"
    assert work.damaged == tuple(sorted([whole.folder.name, "broken", "folder"]))
    # Repaired, it is a ranking that came first.
    shutil.rmtree(runs / whole.folder.name)
    shutil.copytree(whole.folder, runs / "copied-by-hand")
    other = pipeline.OpenProject(decided(project, {"number": "other"}))
    shutil.copytree(runs / "copied-by-hand", other.opened.project.output.folder / "by-hand")
    assert other.rank().manifest["decision"]["after_run"] == whole.folder.name
    assert "by-hand" in other.damaged  # nothing vouches for its record


def test_a_damaged_run_is_made_again_with_the_same_id(project: MakeProject) -> None:
    opened = decided(project, {"number": NUMBER})
    made = ranked(opened)
    (made.folder / MANIFEST).write_text("{}", encoding="utf-8")
    assert ranked(opened, overwrite=True).folder == made.folder
    written = json.loads((made.folder / MANIFEST).read_text(encoding="utf-8"))
    assert written["decision"]["set"] == "before"


def test_hostile_texts_are_recorded_and_change_no_path(project: MakeProject) -> None:
    number = "=HYPERLINK(1)</script>\u202e${x}../../"
    made = ranked(decided(project, {"number": number}))
    assert made.manifest["decision"]["number"] == number
    assert find_run(made.folder.parent, made.folder.name) == made.folder
