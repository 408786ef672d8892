"""What a school's internet is enough for, in words: each use once, and nothing that runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables.tables import View, select, to_csv
from kalsel_gap.deliverables.use_case_words import USES, sentences, summaries, summary, uses_of
from kalsel_gap.deliverables.web_map import to_html
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.storage.spreadsheet import to_records
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

EN, ID = Text("en"), Text("id")
ANSWERS = schema.ANSWERS


def row(**days: tuple[str | None, str | None]) -> dict[str, Any]:
    """A tested school of which these uses are judged."""
    made: dict[str, Any] = {"delivered_basis": "test", "exam_clients": 12}
    made |= {"measured_latency_ms": 40.0, "measured_loss_share": 0.0}
    for code, (usually, difficult) in days.items():
        made |= {f"use_{code}_typical": usually, f"use_{code}_difficult": difficult}
    return made


def test_uses_of_which_the_same_is_said_are_one_sentence(tiny_run: Run) -> None:
    assert list(uses_of(tiny_run)) == list(USES)
    school = row(
        anbk=("yes", "no"),
        lesson=("yes", "yes"),
        video=("no", "no"),
        meeting=("unknown", "unknown"),
        dapodik=("yes", "yes"),
        updates=("unknown", "no"),
    )
    assert sentences(school, tiny_run, EN) == [
        "Enough, also on a difficult day, for: web lessons for a class, Dapodik and e-Rapor.",
        "Enough on a usual day, not on a difficult one, for: ANBK online (pupils at a time: 12).",
        "Not enough for: a video for a class.",
        (
            "Not enough on a difficult day, unknown on a usual one, for: updates of the devices at "
            "night."
        ),
        (
            "Unknown, because the upload or the download rate is not known: a video meeting of a "
            "teacher."
        ),
    ]
    assert sentences(school, tiny_run, ID)[1] == (
        "Cukup pada hari biasa, tidak pada hari sulit, untuk: ANBK daring (siswa sekaligus: 12)."
    )
    few = summary({**school, "measured_is_indicative": True}, tiny_run, EN)
    assert few.endswith("Few tests: only an indication.")
    assert ", for: ANBK online. Not enough for: a video for a class. Not enough on" in few


def test_what_is_not_known_is_said_with_its_reason(tiny_run: Run) -> None:
    school = row(anbk=("unknown", "unknown"), meeting=("yes", "yes"), lesson=("yes", "no"))
    school |= {"exam_clients": None, "measured_loss_share": None}
    said = sentences(school, tiny_run, EN)
    assert said[2:] == [
        "Unknown, because the number of pupils is not known: ANBK online.",
        "Packet loss is not known and was left out.",
    ]
    # A subscription states neither; tests of before do not make it known.
    by_paper = row(lesson=("yes", "unknown"), dapodik=("unknown", "unknown"))
    by_paper |= {"delivered_basis": "subscription"}
    assert sentences(by_paper, tiny_run, EN) == [
        "Enough, if the line is as fast as its subscription states, for: web lessons for a class.",
        "Unknown, because the upload or the download rate is not known: Dapodik and e-Rapor.",
        "Latency is not known and was left out.",
    ]


def test_what_is_the_same_of_all_uses_is_said_once(tiny_run: Run) -> None:
    unknown = row(**dict.fromkeys(USES, ("unknown", "unknown")))
    assert sentences(unknown | {"delivered_basis": "curves"}, tiny_run, EN) == [
        (
            "The data do not say whether this school has internet, so what it is enough for is not "
            "known."
        )
    ]
    # Its register names a provider: there is a line.
    assert sentences(unknown | {"delivered_basis": "provider"}, tiny_run, EN) == [
        (
            "By the register (Dapodik/EMIS) this school has internet, but its speed is not "
            "recorded, so what it is enough for is not known."
        )
    ]
    nothing = row(**dict.fromkeys(USES, ("no", "no")))
    offline = nothing | {"delivered_basis": "register"}
    (said,) = sentences(offline, tiny_run, EN)
    assert said.startswith(
        "By the register (Dapodik/EMIS) this school has no internet, so none of this works: "
        "ANBK online (pupils at"
    )
    assert summary(offline, tiny_run, EN).startswith(
        "By the register (Dapodik/EMIS) this school has no internet, so none of this works: "
        "ANBK online, web"
    )
    # What a visit found where the register names a line: one of 0 Mbps.
    found = nothing | {"delivered_basis": "subscription", "delivered_down_mbps": 0.0}
    assert sentences(found, tiny_run, EN)[0].startswith("This school has no internet, so none")


def test_anbk_of_an_unknown_number_of_pupils_is_judged_for_one(tiny_run: Run) -> None:
    school = row(anbk=("no", "no"), lesson=("yes", "yes")) | {"exam_clients": None}
    assert "Not enough for: ANBK online (even for one pupil)." in sentences(school, tiny_run, EN)
    assert "Tidak cukup untuk: ANBK daring (bahkan untuk satu siswa)." in sentences(
        school, tiny_run, ID
    )


def test_an_older_run_says_nothing(tiny_run: Run) -> None:
    # An older run judges no use, nor does one in which none applies.
    assert sentences({"delivered_basis": "test"}, tiny_run, EN) == []
    assert summary(row(anbk=(None, None)), tiny_run, EN) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_has_words(tiny_run: Run, language: Language) -> None:
    text = Text(language)
    for days in product(ANSWERS, ANSWERS):
        school = row(video=days, lesson=("yes", "yes"))
        said = sentences(school, tiny_run, text)
        assert len(said) == (1 if days == ("yes", "yes") else 2)
        shown = summary(school, tiny_run, text)
        assert shown.count(text(USES["video"])) == shown.count(text(USES["lesson"])) == 1
        assert "{" not in shown


def test_tables_and_the_map_say_it_of_every_school(tiny_run: Run) -> None:
    schools = select(tiny_run.schools, View())
    read = list(csv.DictReader(io.StringIO(to_csv(tiny_run, schools, EN, names=("summary",)))))
    assert [each["uses_text"] for each in read] == summaries(schools, tiny_run, EN)
    assert any(
        each["uses_text"].startswith("By the register (Dapodik/EMIS) this school") for each in read
    )
    page = to_html(tiny_run, ID)
    assert "Menurut data induk (Dapodik/EMIS), sekolah ini tidak punya internet" in page
    assert "Internetnya cukup untuk apa" in page


def with_use(run: Run, name: str) -> Run:
    """A run of a project with one use of its own."""
    kept = [each for each in run.schools if not str(each).startswith("use_")]
    schools = run.schools[kept].assign(
        use_own_typical="yes", use_own_difficult="no", use_status="known"
    )
    parameters = run.manifest["parameters"] | {"use_cases.cases.own.name": name}
    return replace(run, schools=schools, manifest={**run.manifest, "parameters": parameters})


@pytest.mark.parametrize("name", ["=1+1", "\x1b[31mred", *PROGRAMS])
def test_the_name_of_a_use_is_text_wherever_it_is_shown(tiny_run: Run, name: str) -> None:
    run = with_use(tiny_run, name)
    own = row(own=("yes", "no"))
    assert list(uses_of(run)) == ["own"]
    assert "\x1b" not in sentences(own, run, EN)[0]
    written = to_csv(run, select(run.schools, View()), EN, named="labels")
    for cell in (cell for line in csv.reader(io.StringIO(written)) for cell in line):
        assert not cell.startswith("=")
    assert "{{" in name or "<script>" not in name or "<script>window" not in to_html(run, EN)


def test_schools_of_a_real_run_are_judged_as_their_columns_say(tiny_run: Run) -> None:
    for school in to_records(tiny_run.schools.drop(columns="geometry")):
        said = summary(school, tiny_run, EN)
        answers = {v for k, v in school.items() if k.startswith("use_") and k.endswith("_typical")}
        assert said.startswith("Enough") == ("yes" in answers), said
