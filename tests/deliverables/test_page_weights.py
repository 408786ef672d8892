from __future__ import annotations

import base64
import dataclasses
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.deficit.ranks import rank_schools
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deliverables import offline_html, page_weights
from kalsel_gap.deliverables.first_k_shares import among_first
from kalsel_gap.deliverables.offline_html import Inline, Page, as_json, installed
from kalsel_gap.deliverables.page_weights import exact_numbers, weights_words
from kalsel_gap.errors import KalselGapError, SeveralErrors
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.project.read import read_project
from tests.conftest import NO_ADDRESS, REPOSITORY, SIZES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser, MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")

TINY, SAMPLE = (REPOSITORY / "data" / name for name in ("tiny", "sample"))
# The page that the tests open: the panel, and what it has told the map.
PAGE = """{% extends "page.html" %}{% block body %}
<main><h1>{{ title }}</h1>{% include "weights.html" %}</main>
<script type="application/json" id="data">{{ data }}</script>
<script>
window.told = [];
kalselGap.weights(kalselGap.read().weights, ({ trial, by, rank }) => {
  window.told.push({ trial, by, rank: rank && [...rank], ints: rank instanceof Int32Array });
});
</script>
{% endblock %}"""
STATUS = "document.querySelector('#weights [role=status]').textContent"
COMMAND = "document.querySelector('#weights textarea').value"


class MakePage(Protocol):
    def __call__(self, run: Run, language: Language = ...) -> Path: ...


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MakePage:
    """Writes a page with nothing but the weights of a run."""
    ours = offline_html.asset

    def asset(name: str) -> str:
        return PAGE if name == "trial.html" else ours(name.replace("trial", "weights"))

    monkeypatch.setattr(offline_html, "asset", asset)

    def write(run: Run, language: Language = "en") -> Path:
        text = Text(language)
        content = {
            "language": language,
            "title": "Trial",
            "weights": weights_words(run, text),
            "data": as_json({"weights": page_weights.weights_data(run, text)}),
        }
        made = Page("trial", content)
        made.header.add_child(Inline("script", installed("leaflet.js")))
        path = tmp_path / f"trial-{language}.html"
        path.write_text(made.render(), encoding="utf-8", newline="\n")
        return path

    return write


class Reference(NamedTuple):
    """What the package makes of a run's schools with other weights."""

    scores: pd.DataFrame
    by_deficit: list[int]
    by_priority: list[int]


def of_package(run: Run, opened: Opened) -> Reference:
    known = [column.name for column in schema.up_to("certainty")]
    table = run.schools[[*(name for name in known if name in run.schools), "geometry"]]
    scores = score_schools(table, opened, service=run.table("service")).columns
    by_priority = rank_schools(scores, by="priority")
    return Reference(
        scores, *(each.fillna(0).astype(int).tolist() for each in (scores["rank"], by_priority))
    )


def keys(browser: Browser) -> list[str]:
    found: list[str] = browser.value("kalselGap.read().weights.sliders.map(({ key }) => key)")
    return found


def of_page(browser: Browser, changed: Mapping[str, float]) -> dict[str, Any]:
    """Scores and ranks by the script of the open page; an unknown score is NaN."""
    found: dict[str, Any] = browser.value(
        f"""(() => {{
          const data = kalselGap.read().weights;
          const changed = {json.dumps(changed)};
          const values = data.sliders.map(({{ key, value }}) => changed[key] ?? value);
          const {{ fault, deficit, priority, by }} = kalselGap.weights.scorer(data)(values);
          const known = (scores) => [...scores].map((each) => (Number.isNaN(each) ? null : each));
          return {{
            fault: fault?.sentence, deficit: known(deficit), priority: known(priority),
            by_deficit: [...by.deficit.rank], by_priority: [...by.priority.rank],
          }};
        }})()"""
    )
    for name in ("deficit", "priority"):
        found[name] = np.array(found[name], dtype=np.float64)
    return found


def options(changed: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(f"{key}={value!r}" for key, value in changed.items())


def assert_same(found: dict[str, Any], expected: Reference) -> None:
    for name in ("deficit", "priority"):
        np.testing.assert_allclose(found[name], expected.scores[name], rtol=0, atol=1e-9)
    assert found["by_deficit"] == expected.by_deficit
    assert found["by_priority"] == expected.by_priority


def some_weights(names: Sequence[str], seed: int, count: int) -> list[dict[str, float]]:
    """Sets of weights, zeros and ones among them, on the steps of the sliders."""
    draws = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        chosen = [name for name in names if draws.random() < 0.6]
        values = draws.integers(0, 101, len(chosen)) / 100
        ends = draws.choice([0.0, 1.0, 2.0], len(chosen), p=[0.2, 0.1, 0.7])
        values = np.where(ends < 2.0, ends, values)
        made.append(dict(zip(chosen, values.tolist(), strict=True)))
    return made


# --- the same as the command line --------------------------------------------------------------


def test_the_weights_in_force_give_the_list_of_the_run(
    sample_run: Run, page: MakePage, browser: Browser
) -> None:
    browser.open(page(sample_run), marks=False)
    found = of_page(browser, {})
    schools = sample_run.schools
    for name in ("deficit", "priority"):
        np.testing.assert_allclose(found[name], schools[name], rtol=0, atol=1e-12)
    assert found["by_deficit"] == schools["rank"].fillna(0).astype(int).tolist()


@pytest.mark.parametrize("which", ["tiny", "sample_run"])
def test_other_weights_give_the_list_of_the_command_line(
    which: str, page: MakePage, browser: Browser, request: pytest.FixtureRequest
) -> None:
    run: Run = request.getfixturevalue(which)
    folder = TINY if which == "tiny" else SAMPLE
    browser.open(page(run), marks=False)
    names = keys(browser)
    extremes = [{"index.lambda": 0.0}, {"index.lambda": 1.0}, dict.fromkeys(names, 1.0)]
    extremes += [{f"index.priority.{root}": end} for root in ("need", "barrier") for end in (0, 1)]
    nodes = [name for name in names if name.startswith("index.nodes.")]
    extremes += [dict.fromkeys(nodes, 0.0), dict.fromkeys(nodes, 1.0)]
    compared = refused = 0
    for changed in (*extremes, *some_weights(names, seed=7, count=24)):
        found = of_page(browser, changed)
        try:
            opened = read_project(folder, options(changed))
        except (SeveralErrors, KalselGapError):
            assert found["fault"] == "branch"
            refused += 1
            continue
        assert found.get("fault") is None
        assert_same(found, of_package(run, opened))
        compared += 1
    assert compared >= 20
    assert refused


def test_a_whole_run_with_set_has_the_ranks_of_the_page(
    tiny: Run, page: MakePage, browser: Browser, tmp_path: Path
) -> None:
    changed = {"index.lambda": 0.85, "index.priority.need": 1.0, "index.nodes.relief.weight": 0.0}
    trial = OpenProject(read_project(TINY, options(changed))).rank(out=tmp_path / "runs")
    browser.open(page(tiny), marks=False)
    found = pd.DataFrame(of_page(browser, changed), index=tiny.schools["row_id"])
    found = found.loc[trial.schools["row_id"]]
    np.testing.assert_allclose(found["deficit"], trial.schools["deficit"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["priority"], trial.schools["priority"], rtol=0, atol=1e-9)
    assert found["by_deficit"].tolist() == trial.schools["rank"].fillna(0).astype(int).tolist()


def test_no_weight_in_the_priority_is_refused_as_by_the_command_line(
    project: MakeProject, page: MakePage, browser: Browser, tmp_path: Path
) -> None:
    sections = {"index": {"priority": {"base": 0.0}}}
    run = OpenProject(project(sections)).rank(out=tmp_path / "runs")
    browser.open(page(run), marks=False)
    nothing = {"index.priority.need": 0.0, "index.priority.barrier": 0.0}
    with pytest.raises((SeveralErrors, KalselGapError)):
        project(sections, options=options(nothing))
    assert of_page(browser, nothing)["fault"] == "all_zero"
    one = {"index.priority.need": 0.0}
    expected = of_package(run, project(sections, options=options(one)))
    assert_same(of_page(browser, one), expected)


def test_schools_of_whose_need_nothing_is_known_come_last_by_priority(
    project: MakeProject, page: MakePage, browser: Browser, tmp_path: Path
) -> None:
    # Pupils are known of no school, devices of some: with them alone the others have no need.
    run = OpenProject(project()).rank(out=tmp_path / "runs")
    scores = run.schools.copy()
    scores.loc[scores.index[:4], "devices_score"] = np.nan
    scores["students_score"] = np.nan
    browser.open(page(dataclasses.replace(run, schools=scores)), marks=False)
    found = of_page(browser, {})
    ranked = np.array(found["by_priority"])
    assert np.isnan(found["priority"][:4]).all()
    assert sorted(ranked[:4]) == list(range(ranked.max() - 3, ranked.max() + 1))
    scores["devices_score"] = np.nan
    browser.open(page(dataclasses.replace(run, schools=scores)), marks=False)
    found = of_page(browser, {})  # the tree is left out, and its weight shared out
    expected = run.schools["deficit"] * (0.5 + 0.2 * run.schools["barrier"]) / 0.7
    np.testing.assert_allclose(found["priority"], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_ties_are_ranked_and_counted_as_in_the_package(
    seed: int, browser: Browser, page: MakePage, tiny: Run
) -> None:
    """Beyond the twelfth decimal two numbers are one; half a unit goes to the even one."""
    browser.open(page(tiny), marks=False)
    draws = np.random.default_rng(seed)
    values = np.array([0.5, 0.5 + 4e-13, 0.5 + 6e-13, 0.3, 0.1 + 0.2, 1.0, 0.0, 5e-13, 1.5e-12])
    table = pd.DataFrame(draws.choice([*values, np.nan], (40, 2)), columns=["deficit", "priority"])
    numbers = {name: table[name].astype(object).where(table[name].notna(), None) for name in table}
    for by, other in (("deficit", "priority"), ("priority", "deficit")):
        ranks = rank_schools(table, by=by)  # type: ignore[arg-type]
        arrays = json.dumps([numbers[name].tolist() for name in ("deficit", by, other)])
        for k in (1, 7, 40):
            rank, first = browser.value(
                f"""(() => {{
                  const known = (each) => Float64Array.from(each, (v) => (v === null ? NaN : v));
                  const found = kalselGap.weights.ranked(...{arrays}.map(known));
                  return [[...found.rank], [...kalselGap.weights.firstOf(found, {k})]];
                }})()"""
            )
            assert rank == ranks.fillna(0).astype(int).tolist()
            assert sorted(first) == np.flatnonzero(among_first(ranks, k)).tolist()


def test_a_single_school_is_first(tiny: Run, page: MakePage, browser: Browser) -> None:
    alone = dataclasses.replace(tiny, schools=tiny.schools.head(1))
    browser.open(page(alone), marks=False)
    move(browser, "index.lambda", "0.1")
    browser.wait("window.told.length")
    assert browser.value("window.told.at(-1).rank") == [1]
    assert "0 of the first 1 by deficit would be others." in browser.value(STATUS)
    assert browser.complaints() == []


def test_numbers_are_packed_with_all_their_digits() -> None:
    draws = np.random.default_rng(3)
    many = draws.random(70_000)
    columns = [many, many.round(1), many.round(4), np.array([np.nan, 1 / 3, np.nan]), np.array([])]
    for values in columns:
        packed = exact_numbers(values)
        found = np.frombuffer(base64.b64decode(packed["values"]), "<f8")
        if "rows" in packed:
            rows = np.frombuffer(base64.b64decode(packed["rows"]), f"<u{packed['size']}")
            found = found[rows]
        np.testing.assert_array_equal(found, values)
    assert [exact_numbers(values).get("size") for values in columns] == [None, 1, 2, 1, None]


# --- the panel ---------------------------------------------------------------------------------


def place_of(browser: Browser, key: str) -> str:
    return f"document.getElementById('weight-{keys(browser).index(key)}')"


def move(browser: Browser, key: str, value: str) -> None:
    """Move a slider, as a pointer does."""
    slider = place_of(browser, key)
    browser.value(f"{slider}.value = '{value}'; {slider}.dispatchEvent(new Event('input'))")


def test_the_panel_says_how_many_of_the_first_would_be_others(
    sample_run: Run, page: MakePage, browser: Browser
) -> None:
    browser.open(page(sample_run), marks=False)
    assert browser.value("document.getElementById('weights').hidden") is False
    assert browser.value(STATUS) == ""
    changed = {"index.lambda": 1.0, "index.priority.need": 0.9}
    for key, value in changed.items():
        move(browser, key, str(value))
    browser.wait(STATUS)
    said = browser.value(STATUS)
    assert said.startswith("Trial, not the official list. ")
    k = int(sample_run.manifest["certainty"]["k"])
    after = of_package(sample_run, read_project(SAMPLE, options(changed)))
    before = of_package(sample_run, read_project(SAMPLE))
    for by in ("by_deficit", "by_priority"):
        was, now = (
            among_first(pd.Series(getattr(each, by)).replace(0, pd.NA), k)
            for each in (before, after)
        )
        assert f"{(now & ~was).sum()} of the first {k} {by.replace('_', ' ')} would be" in said
        if now.sum() > k:
            assert f"so the first {k} are {now.sum()} schools." in said
    assert browser.value("window.told.length") == 1  # not on each pixel
    told = browser.value("window.told[0]")
    assert told == {"trial": True, "by": "priority", "rank": after.by_priority, "ints": True}
    move(browser, "index.lambda", "0.9")
    browser.wait("window.told.length === 2")
    assert browser.value("window.told[1].by") == "deficit"
    assert browser.complaints() == []


def test_reset_gives_back_what_is_in_force(
    tiny: Run, page: MakePage, browser: Browser, project: MakeProject, tmp_path: Path
) -> None:
    # Between two steps of the slider, whose element rounds it.
    run = OpenProject(project({"index": {"lambda": 0.633}})).rank(out=tmp_path / "runs")
    browser.open(page(run), marks=False)
    slider = place_of(browser, "index.lambda")
    assert browser.value(f"{slider}.getAttribute('aria-valuetext')") == "0.633, in force 0.633"
    move(browser, "index.lambda", "0.8")
    browser.wait("window.told.length === 1")
    assert browser.value(f"{slider}.getAttribute('aria-valuetext')") == "0.8, in force 0.633"
    assert browser.value(COMMAND) == "--set index.lambda=0.8"
    press(browser, "Reset")
    assert browser.value("window.told.at(-1)") == {
        "trial": False,
        "by": "deficit",
        "rank": None,
        "ints": False,
    }
    assert browser.value(COMMAND) == ""
    assert browser.value(STATUS) == "All weights are those in force."
    assert browser.value(f"{slider}.getAttribute('aria-valuetext')") == "0.633, in force 0.633"
    said = browser.value(f"{slider}.parentElement.textContent")
    assert "In force 0.633, ordinary 0.6" in said


def press(browser: Browser, name: str) -> None:
    browser.value(
        "[...document.querySelectorAll('#weights button')]"
        f".find((each) => each.textContent === '{name}').click()"
    )


def test_a_slider_moves_by_the_keyboard(tiny: Run, page: MakePage, browser: Browser) -> None:
    browser.open(page(tiny), marks=False)
    browser.press("Tab")
    assert browser.value("document.activeElement.id") == "weight-0"
    for kind in ("keyDown", "keyUp"):
        arrow = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39}
        browser.ask("Input.dispatchKeyEvent", type=kind, **arrow)
    browser.wait("window.told.length")
    assert browser.value(COMMAND) == "--set index.lambda=0.61"
    assert browser.value("document.activeElement.id") == "weight-0"


def test_copying_needs_no_permission(tiny: Run, page: MakePage, browser: Browser) -> None:
    browser.open(page(tiny), marks=False)
    browser.value("delete navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {})")
    browser.value(
        "document.addEventListener('copy', () => { window.copied = getSelection() + '' })"
    )
    press(browser, "Copy as --set")
    assert "All weights are those in force." in browser.value("weights.textContent")
    move(browser, "index.priority.need", "1")
    move(browser, "index.nodes.relief.weight", "0.35")
    browser.wait("window.told.length === 1")
    button = "[...document.querySelectorAll('#weights button')][1]"
    browser.value(f"{button}.scrollIntoView({{ block: 'center' }})")
    x, y = browser.value(f"(({{ x, y }}) => [x + 5, y + 5])({button}.getBoundingClientRect())")
    browser.click(x, y)
    browser.wait("weights.textContent.includes('Copied.')")
    typed = "--set index.priority.need=1.0 --set index.nodes.relief.weight=0.35"
    assert browser.value(COMMAND) == browser.value("window.copied") == typed
    opened = read_project(TINY, tuple(typed.removeprefix("--set ").split(" --set ")))
    assert opened.project.index.priority.need == 1.0
    assert opened.project.index.nodes["relief"].weight == 0.35


def test_what_a_trial_has_set_already_is_copied_too(
    project: MakeProject, page: MakePage, browser: Browser, tmp_path: Path
) -> None:
    opened = project(options=("index.lambda=0.8", "index.gap.weak=0.3", "robustness.draws=200"))
    browser.open(page(OpenProject(opened).rank(out=tmp_path / "runs")), marks=False)
    move(browser, "index.lambda", "0.5")
    browser.wait("window.told.length")
    assert browser.value(COMMAND) == (
        "--set index.gap.weak=0.3 --set robustness.draws=200 --set index.lambda=0.5"
    )


def test_weights_that_the_command_line_refuses_are_not_copied(
    tiny: Run, page: MakePage, browser: Browser
) -> None:
    browser.open(page(tiny), marks=False)
    for leaf in ("terrain_class", "relief", "slope"):
        move(browser, f"index.nodes.{leaf}.weight", "0")
    browser.wait("window.told.length")
    said = browser.value(STATUS)
    assert "All weights of “Terrain” are 0." in said
    assert "would be others" not in said
    assert browser.value(COMMAND) == ""
    assert browser.value("window.told.at(-1).rank") is None


def test_every_slider_has_a_name_a_meaning_and_its_figures(
    sample_run: Run, page: MakePage, browser: Browser
) -> None:
    for language in LANGUAGES:
        browser.open(page(sample_run, language), marks=False)
        sliders = browser.value(
            """[...document.querySelectorAll('#weights input')].map((input) => ({
              name: input.labels[0].textContent,
              text: input.getAttribute('aria-valuetext'),
              about: input.getAttribute('aria-describedby').split(' ')
                .map((id) => document.getElementById(id).textContent),
            }))"""
        )
        assert len({each["name"] for each in sliders}) == len(sliders) == 19
        assert all(each["text"] and all(each["about"]) for each in sliders)
        first = {"en": "In force and ordinary: 0.6", "id": "Berlaku dan bawaan: 0,6"}
        assert sliders[0]["about"][1] == first[language]
        assert browser.complaints() == []


def test_a_project_with_weights_in_hundreds_has_longer_sliders(
    project: MakeProject, page: MakePage, browser: Browser, tmp_path: Path
) -> None:
    sections = {"index": {"priority": {"base": 50.0, "need": 30.0, "barrier": 20.0}}}
    run = OpenProject(project(sections)).rank(out=tmp_path / "runs")
    browser.open(page(run), marks=False)
    assert browser.value(f"{place_of(browser, 'index.priority.need')}.max") == "50"
    assert "the deficit alone counts 50" in browser.value("weights.textContent")
    np.testing.assert_allclose(
        of_page(browser, {})["priority"], run.schools["priority"], rtol=0, atol=1e-12
    )


# --- where there are none ----------------------------------------------------------------------


def absent(run: Run, language: Language = "en") -> str:
    text = Text(language)
    assert page_weights.weights_data(run, text) == {}
    return weights_words(run, text)["absent"]


def test_of_too_many_schools_the_page_says_why(
    tiny: Run, monkeypatch: pytest.MonkeyPatch, page: MakePage, browser: Browser
) -> None:
    assert weights_words(tiny, Text("en"))["absent"] == ""
    monkeypatch.setattr(page_weights, "MOST", 10)
    assert "up to 10 schools again, and this list has 11" in absent(tiny)
    browser.open(page(tiny), marks=False)
    assert browser.value("document.getElementById('weights').hidden") is False
    assert browser.value("document.querySelectorAll('#weights :is(input, button)').length") == 0
    assert "“kalsel-gap rank --set”" in browser.value("weights.textContent")
    assert browser.complaints() == []


def test_of_an_older_run_the_page_says_what_to_do(tiny: Run) -> None:
    def without(part: str) -> dict[str, Any]:
        kept = {key: value for key, value in tiny.manifest[part].items() if "service" not in key}
        return {**tiny.manifest, part: {k: v for k, v in kept.items() if k != "index.lambda"}}

    for part in ("files", "parameters"):
        assert "is an older one" in absent(dataclasses.replace(tiny, manifest=without(part)))
    bare = tiny.schools.drop(columns=[name for name in tiny.schools if name.endswith("_score")])
    assert "is an older one" in absent(dataclasses.replace(tiny, schools=bare))


def test_without_a_ranked_school_there_is_nothing_to_try(tiny: Run) -> None:
    nobody = tiny.schools.assign(rank=pd.array([pd.NA] * len(tiny.schools), dtype="Int64"))
    assert "no school has a rank" in absent(dataclasses.replace(tiny, schools=nobody))


def test_the_page_is_the_same_and_names_no_address(sample_run: Run, page: MakePage) -> None:
    written = page(sample_run).read_bytes()
    assert written == page(sample_run).read_bytes()
    assert NO_ADDRESS.findall(written.decode()) == []
    assert len(as_json(page_weights.weights_data(sample_run, Text("id"))).encode()) < 200_000


@pytest.mark.parametrize(("width", "height"), [*SIZES, (320, 640)])
def test_the_panel_fits_its_window(
    sample_run: Run, page: MakePage, browser: Browser, width: int, height: int
) -> None:
    browser.open(page(sample_run, "id"), width, height, marks=False)
    browser.value("document.querySelectorAll('#weights details').forEach((e) => { e.open = true })")
    move(browser, "index.lambda", "1")
    browser.wait("window.told.length")
    assert browser.value("document.documentElement.scrollWidth") <= width
    smallest = browser.value(
        "Math.min(...[...document.querySelectorAll('#weights :is(input, button, summary)')]"
        ".map((each) => each.getBoundingClientRect().height))"
    )
    assert smallest >= 24
