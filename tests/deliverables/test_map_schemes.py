"""What a reader does with the web map: schemes, filters, layers, summaries, distances, links."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables import map_story, web_map
from kalsel_gap.deliverables.web_map import to_html
from kalsel_gap.errors import InputError
from kalsel_gap.geo.geodesy import distance_m
from kalsel_gap.i18n.text import Text
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import PAPERS, POPUP, SIZES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser, CommandLine

MAP = "eval(document.querySelector('.map').id)"
SHOWN = "document.getElementById('shown').textContent"
LISTED = "[...document.querySelectorAll('#first-list strong')].map((e) => e.textContent)"
TABLED = "[...document.querySelectorAll('#rows tr > :nth-child(3)')].map((e) => e.textContent)"


@pytest.fixture
def page(browser: Browser, tiny: Run, tmp_path: Path) -> Browser:
    path = tmp_path / "map.html"
    path.write_text(to_html(tiny, Text("en")), encoding="utf-8")
    browser.open(path)
    return browser


def click(page: Browser, selector: str) -> None:
    page.value(f"document.querySelector({json.dumps(selector)}).click()")


def test_the_story_stands_above_the_map(page: Browser, tiny: Run) -> None:
    said = page.value("[...document.querySelectorAll('.story p')].map((e) => e.textContent)")
    headline = map_story.headline(tiny.schools, map_story.list_length(tiny), Text("en"))
    assert [each.replace("\u00a0", " ") for each in said] == headline
    ranked = tiny.schools[tiny.schools["rank"].notna()]
    assert page.value(LISTED) == ranked["name"].tolist()[: map_story.FIRST]
    click(page, "#first-list button")
    page.wait(f"{POPUP} === {json.dumps(ranked['name'].iloc[0])}")
    page.press("Escape")
    assert page.value("document.activeElement.matches('#first-list button')")
    assert page.complaints() == []


def test_summaries_of_kabupaten_zoom_in_and_give_way(page: Browser) -> None:
    badges = "[...document.querySelectorAll('.badge')].map((e) => e.getAttribute('aria-label'))"
    assert len(page.value(badges)) == 2
    assert all("schools critical. Zoom in." in label for label in page.value(badges))
    boxes = page.value(
        "[...document.querySelectorAll('.badge')].map((e) => e.getBoundingClientRect())"
        ".map((b) => [b.left, b.top, b.right, b.bottom])"
    )
    (left, top, right, bottom), other = boxes
    assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
    zoom = page.value(f"{MAP}.getZoom()")
    click(page, ".badge")
    assert page.value(f"{MAP}.getZoom()") > zoom
    assert page.value("document.querySelectorAll('.badge').length") == 0
    assert page.complaints() == []


def test_a_scheme_has_its_own_legend_and_filters(page: Browser, tiny: Run) -> None:
    legends = (
        "[...document.querySelectorAll('[data-scheme]')].filter((e) => !e.hidden)"
        ".map((e) => e.dataset.scheme)"
    )
    for radio in page.value("[...document.querySelectorAll('[name=scheme]')].map((e) => e.value)"):
        click(page, f"[name=scheme][value={radio}]")
        assert page.value(legends) == [radio]
    click(page, "[name=scheme][value=gap]")
    click(page, "[data-scheme=gap] [data-mark=uncovered]")
    left = tiny.schools[tiny.schools["gap_type"] != "uncovered"]
    assert page.value(TABLED) == left["npsn"].tolist()
    assert page.value(LISTED) == left.loc[left["rank"].notna(), "name"].tolist()
    assert page.value(SHOWN) == f"{len(left)} of {len(tiny.schools)} schools are shown."
    click(page, "#reset")
    assert page.value(TABLED) == tiny.schools["npsn"].tolist()
    assert page.complaints() == []


def test_filters_act_on_list_and_table_and_count(page: Browser, tiny: Run) -> None:
    counts = (
        "Object.fromEntries([...document.querySelectorAll('[data-facet=level]')].map((e) =>"
        " [e.nextElementSibling.textContent, Number(e.closest('label')"
        ".querySelector('.count').textContent)]))"
    )
    assert page.value(counts) == tiny.schools["level"].value_counts().to_dict()
    first = "document.querySelector('[data-facet=kabupaten]')"
    name = page.value(f"{first}.nextElementSibling.textContent")
    page.value(f"{first}.click()")
    chosen = tiny.schools[tiny.schools["kabupaten"] == name]
    assert 0 < len(chosen) < len(tiny.schools)
    assert page.value(TABLED) == chosen["npsn"].tolist()
    levels = dict.fromkeys(tiny.schools["level"].dropna().unique(), 0)
    assert page.value(counts) == levels | chosen["level"].value_counts().to_dict()
    assert page.value("document.getElementById('shown').getAttribute('role')") == "status"
    # A school that is not shown is found, and shown with all others.
    other = tiny.schools[(tiny.schools["kabupaten"] != name) & tiny.schools["lat"].notna()].iloc[0]
    page.value("document.getElementById('search').focus()")
    page.type(other["npsn"])
    page.wait("document.querySelectorAll('#found li').length")
    page.press("Enter")
    page.wait(f"{POPUP} === {json.dumps(other['name'])}")
    assert page.value("document.getElementById('reset').disabled")
    assert page.complaints() == []


def test_areas_are_filled_and_have_a_legend(page: Browser, tiny: Run) -> None:
    kecamatan = int((tiny.table("boundaries")["level"] == "kecamatan").sum())
    click(page, "[value='shares.kecamatan']")
    assert page.value("document.querySelectorAll('.leaflet-shares-pane path').length") == kecamatan
    assert not page.value("document.getElementById('shares-legend').hidden")
    click(page, "[name='layer-shares'][value='']")
    assert page.value("document.querySelectorAll('.leaflet-shares-pane path').length") == 0
    assert page.value("document.getElementById('shares-legend').hidden")
    assert page.complaints() == []


def test_a_location_in_doubt_has_a_ring(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    schools = tiny.schools.copy()
    schools.loc[0, "confidence"] = "D"
    path = tmp_path / "map.html"
    path.write_text(to_html(dataclasses.replace(tiny, schools=schools), Text("en")), "utf-8")
    browser.open(path)
    legend = "document.querySelector('[data-legend=doubts]')"
    assert browser.value(f"{legend}.hidden")
    click(browser, "#layers [value=doubts]")
    assert browser.value("document.querySelectorAll('.leaflet-doubts-pane canvas').length") == 1
    assert browser.value(f"{legend}.textContent").strip() == "Locations in doubt (1)"
    click(browser, "#first-list button")
    browser.wait(POPUP)
    words = browser.value("document.querySelector('.leaflet-popup dl').textContent")
    assert "the grade of the location is low" in words
    assert browser.complaints() == []


def test_coverage_names_operator_and_evidence(page: Browser, tiny: Run) -> None:
    labels = page.value(
        "[...document.querySelectorAll('[name=layer-coverage]')].slice(1)"
        ".map((e) => e.closest('label').textContent.trim())"
    )
    previews = tiny.table("previews")
    shown = previews[previews["kind"] == "coverage"]
    assert len(labels) == len(shown)
    words = {"modelled": "(modelled, not measured)", "declared": "(declared, not checked)"}
    for label, technology, basis in zip(labels, shown["name"], shown["basis"], strict=True):
        assert label.startswith(technology.upper())
        assert label.endswith(words[basis])
    marks = "document.querySelectorAll('#layers fieldset label svg').length"
    assert page.value(marks) >= len(labels)


def test_evidence_has_a_symbol_in_the_pop_up(page: Browser, tiny: Run) -> None:
    click(page, "#first-list button")
    page.wait(POPUP)
    fields = page.value(
        "Object.fromEntries([...document.querySelectorAll('.leaflet-popup dt')]"
        ".filter((e) => e.nextSibling.querySelector('svg'))"
        ".map((e) => [e.textContent, e.nextSibling.textContent]))"
    )
    assert set(fields) == {"Evidence of the signal", "Evidence of the service"}
    words = {"modelled": "modelled, not measured", "declared": "declared, not checked"}
    assert fields["Evidence of the signal"] == words[tiny.schools.iloc[0]["best_basis"]]


def test_a_distance_is_measured_between_two_schools_by_keyboard(page: Browser, tiny: Run) -> None:
    first, second = (tiny.schools.iloc[n] for n in (0, 3))
    for row in (0, 3):
        page.value(f"document.querySelector('#first-list [data-row=\"{row}\"]').focus()")
        page.press("Enter")
        page.wait(f"{POPUP} === {json.dumps(tiny.schools.iloc[row]['name'])}")
        page.value("document.querySelector('.measure-here').focus()")
        page.press("Enter")
    said = page.value("document.getElementById('measured').textContent")
    places = [[school[name]] for school in (first, second) for name in ("lat", "lon")]
    km = distance_m(*places).item() / 1000
    digits = 2 if km < 10 else 1
    assert said == f"{first['name']} to {second['name']}: {km:.{digits}f} km"
    assert page.value("document.querySelectorAll('.leaflet-measure-pane path').length") == 3
    click(page, "#clear")
    assert page.value("document.querySelectorAll('.leaflet-measure-pane path').length") == 0
    assert page.complaints() == []


def test_a_distance_is_measured_by_two_clicks(page: Browser) -> None:
    page.value("document.getElementById('tools').open = true")
    click(page, "#measure")
    left, top, width, height = page.value(
        "(() => { const b = document.querySelector('.map').getBoundingClientRect();"
        "return [b.left, b.top, b.width, b.height]; })()"
    )
    for share in (0.3, 0.9):
        page.click(left + share * width, top + 0.97 * height)
    page.wait("/point to point: [0-9.]+ km/.test(document.getElementById('measured').textContent)")
    assert page.value("document.querySelector('.leaflet-popup')") is None
    assert page.value("document.getElementById('measure').getAttribute('aria-pressed')") == "false"


def test_a_link_restores_what_was_shown(page: Browser, tiny: Run, tmp_path: Path) -> None:
    name, npsn = tiny.schools.iloc[1][["name", "npsn"]]
    click(page, "[name=scheme][value=gap]")
    click(page, '#first-list [data-row="1"]')
    page.wait(f"{POPUP} === {json.dumps(name)}")
    link = page.value("window.location.hash")
    assert link.split("/")[3:] == ["gap", npsn]
    page.ask("Page.navigate", url="about:blank")
    page.ask("Page.navigate", url=(tmp_path / "map.html").as_uri() + link)
    page.wait(f"typeof L !== 'undefined' && {POPUP} === {json.dumps(name)}")
    assert page.value("document.querySelector('[name=scheme]:checked').value") == "gap"
    assert page.value("window.location.hash") == link
    for broken in ("#x", "#table", "#1/2/3/nothing/%", "#a/b/c", "#900/900/9/tier/1"):
        page.value(f"window.location.hash = {json.dumps(broken)}")
    page.wait("true")
    assert page.complaints() == []


def test_other_weights_order_list_and_table_and_the_page_says_trial(page: Browser) -> None:
    before = page.value(LISTED)
    assert page.value("document.getElementById('trial').hidden")
    page.value(
        "(() => { const e = document.querySelector('#weights input'); e.value = e.max;"
        " for (const type of ['input', 'change'])"
        " e.dispatchEvent(new Event(type, { bubbles: true })); })()"
    )
    page.wait("!document.getElementById('trial').hidden")
    page.wait(f"{LISTED}[0] !== {json.dumps(before[0])}")
    assert sorted(page.value(LISTED)) == sorted(before)
    ranks = "[...document.querySelectorAll('#rows tr > :nth-child(1)')].map((e) => e.textContent)"
    listed = "[...document.querySelectorAll('#first-list .rank')].map((e) => e.textContent)"
    shown = page.value(listed)
    assert page.value(ranks)[: len(shown)] == shown
    assert page.complaints() == []


def test_the_page_keeps_to_a_window_of_320_pixels(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    path.write_text(to_html(tiny, Text("id")), encoding="utf-8")
    browser.open(path, 320, 640)
    browser.value("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    assert browser.value("document.documentElement.scrollWidth") <= 320
    assert browser.complaints() == []


# --- many schools -------------------------------------------------------------------------------


def test_a_page_of_one_kabupaten(tiny: Run, cli: CommandLine, tmp_path: Path) -> None:
    name = tiny.schools["kabupaten"].dropna().iloc[0]
    mine = tiny.schools[tiny.schools["kabupaten"] == name]
    page = to_html(tiny, Text("en"), kabupaten=(name,))
    assert f"({name})" in page.partition("</h1>")[0]
    table = page.partition('<section id="table"')[2].partition("</section>")[0]
    assert all(f"<td>{npsn}</td>" in table for npsn in mine["npsn"])
    others = tiny.schools.loc[tiny.schools["kabupaten"] != name, "npsn"]
    assert not any(f"<td>{npsn}</td>" in table for npsn in others)
    out = tmp_path / "one.html"
    answer = cli("map", "--run", tiny.folder, "--kabupaten", name, "--out", out, "--lang", "en")
    assert answer.status == 0, answer.err
    again = to_html(read_run(tiny.folder.parent), Text("en"), kabupaten=(name,))
    assert out.read_text(encoding="utf-8") == again
    with pytest.raises(InputError) as caught:
        to_html(tiny, Text("en"), kabupaten=("nowhere",))
    assert caught.value.code == "filter_unknown"


def test_too_many_schools_are_offered_by_kabupaten(
    tiny: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = int(tiny.schools["kabupaten"].value_counts().iloc[0])
    monkeypatch.setattr(web_map, "MOST", most)
    with pytest.raises(InputError) as caught:
        to_html(tiny, Text("en"))
    assert caught.value.code == "map_too_large"
    assert caught.value.params["count"] == len(tiny.schools)
    largest = str(caught.value.params["kabupaten"])
    assert to_html(tiny, Text("en"), kabupaten=(largest,))


def test_a_run_of_before_has_a_map(tiny: Run) -> None:
    """A run whose images name no operator, and whose schools have no draws."""
    previews = tiny.table("previews").drop(columns=["basis", "operator"])
    schools = tiny.schools.drop(columns=["top_k_set", "p_top_k"])

    class Older(type(tiny)):  # type: ignore[misc]
        def table(self, name: str) -> pd.DataFrame:
            return previews if name == "previews" else super().table(name)

    fields = {field.name: getattr(tiny, field.name) for field in dataclasses.fields(tiny)}
    page = to_html(Older(**fields | {"schools": schools}), Text("en"))
    assert 'value="certainty"' not in page
    assert "best of all operators" in page


# --- what the page says of what is chosen --------------------------------------------------------


def move(page: Browser, label: str, value: float) -> None:
    """Move the slider of a weight."""
    page.value(
        "(() => { const row = [...document.querySelectorAll('#weights .weight')].find((each) =>"
        f"each.querySelector('label').textContent.startsWith({json.dumps(label)}));"
        f"const input = row.querySelector('input'); input.value = {value};"
        "input.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )


@pytest.mark.parametrize(
    ("weight", "order"), [("Service that the school has", "deficit"), ("Need", "priority")]
)
def test_a_trial_is_named_wherever_a_rank_stands(page: Browser, weight: str, order: str) -> None:
    assert page.value("document.getElementById('trial').hidden")
    move(page, weight, 0.05)
    page.wait("!document.getElementById('trial').hidden")
    said = {
        name: page.value(f"document.querySelector({json.dumps(name)}).textContent")
        for name in ("#trial", "#first-title", "#table [data-sort]")
    }
    assert said["#trial"].startswith(f"Trial: the order by {order} with other weights.")
    assert said["#first-title"].endswith(f" by {order}")
    assert said["#table [data-sort]"] == "Rank on trial"
    click(page, "#first-list button")
    page.wait(POPUP)
    assert page.value("document.querySelector('.leaflet-popup dt').textContent") == "Rank on trial"
    assert page.value("document.querySelector('.leaflet-popup dd').textContent") == "1"


def test_weights_without_an_order_leave_the_ranks_of_the_run(page: Browser) -> None:
    """All leaves of a group at 0 are refused: nothing is called a rank on trial then."""
    usual = page.value("document.getElementById('first-title').textContent")
    keys = "JSON.parse(document.getElementById('data').textContent).weights.sliders"
    for leaf in ("terrain_class", "relief", "slope"):
        slider = (
            f"document.getElementById('weight-' + {keys}.findIndex(({{ key }}) =>"
            f"key === 'index.nodes.{leaf}.weight'))"
        )
        page.value(
            f"(() => {{ const slider = {slider}; slider.value = 0;"
            "slider.dispatchEvent(new Event('input')); })()"
        )
    page.wait("document.querySelector('#weights .said').textContent.includes('are 0.')")
    assert not page.value("document.getElementById('trial').hidden")
    assert page.value("document.getElementById('first-title').textContent") == usual
    assert page.value("document.querySelector('#table [data-sort]').textContent") == "Rank"


def test_what_is_chosen_is_said_and_printed(page: Browser) -> None:
    only = "document.getElementById('only').textContent"
    assert page.value(only) == ""
    click(page, "fieldset[data-scheme=tier] [data-mark=slight]")
    click(page, "[data-facet=level]")
    level = page.value(
        "document.querySelector('[data-facet=level]').closest('label').children[1].textContent"
    )
    said = page.value(only)
    assert said.startswith(f"Level: {level}; without 4 slight. The sentences above the map")
    shown = page.value("document.getElementById('listed').textContent")
    assert re.fullmatch(r"\d of 13 schools, as chosen beside the map\.", shown)
    page.ask("Emulation.setEmulatedMedia", media="print")
    hidden = "document.querySelector('[data-mark=slight]').closest('li').offsetHeight"
    assert page.value(hidden) == 0
    assert page.value("document.getElementById('only').offsetHeight") > 0
    page.ask("Emulation.setEmulatedMedia", media="")


def test_the_table_has_a_column_of_what_the_map_shows(page: Browser) -> None:
    head = "document.querySelectorAll('#table [data-sort]')[6].textContent"
    cells = "[...document.querySelectorAll('#rows tr')].map((row) => row.children[6].textContent)"
    assert page.value(head) == "Tier"
    click(page, "[name=scheme][value=terrain]")
    assert page.value(head) == "Terrain"
    legend = "document.querySelectorAll('fieldset[data-scheme=terrain] label span:first-of-type')"
    labels = page.value(f"[...{legend}].map((each) => each.textContent)")
    assert set(page.value(cells)) <= set(labels)
    click(page, "#table [data-sort='6']")
    order = [labels.index(each) for each in page.value(cells)]
    assert order == sorted(order)
    click(page, "[name=scheme][value=tier]")
    assert page.value(head) == "Tier"


def test_the_focus_returns_to_a_list_that_was_written_anew(page: Browser) -> None:
    click(page, "#first-list button")
    page.wait(POPUP)
    click(page, "fieldset[data-scheme=tier] [data-mark=slight]")
    click(page, ".leaflet-popup-close-button")
    assert page.value("document.activeElement.matches('#first-list button[data-row=\"0\"]')")


def open_page(browser: Browser, run: Run, folder: Path, size: tuple[int, int]) -> None:
    path = folder / "map.html"
    path.write_text(to_html(run, Text("en")), encoding="utf-8")
    browser.open(path, *size)


@pytest.mark.parametrize("size", [*SIZES, (683, 384)])
def test_a_summary_is_nearest_to_its_own_place(
    browser: Browser, sample_run: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    """Badges move apart; one that would stand where another belongs is not shown."""
    open_page(browser, sample_run, tmp_path, size)
    places = browser.value(
        "[...document.querySelectorAll('.badge')].map((each) => {"
        "const at = each.parentElement.getBoundingClientRect();"
        "const box = each.getBoundingClientRect();"
        "return [at.x, at.y, box.x + box.width / 2, box.y + box.height / 2,"
        "getComputedStyle(each).visibility]; })"
    )
    shown = [(x, y, u, v) for x, y, u, v, seen in places if seen == "visible"]
    assert len(shown) >= 7
    for x, y, u, v in shown:
        own = math.hypot(u - x, v - y)
        assert all(math.hypot(u - a, v - b) >= own - 1 for a, b, *_ in places)


@pytest.mark.parametrize("size", SIZES)
def test_the_map_is_whole_on_the_first_sheet(
    browser: Browser, sample_run: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    """The list of the first schools comes behind it, also where it stands beside it on a screen."""
    open_page(browser, sample_run, tmp_path, size)
    browser.value("window.dispatchEvent(new Event('beforeprint'))")
    width, height = PAPERS[0]
    metrics = {"deviceScaleFactor": 1, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, **metrics)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    bottom = "document.querySelector('.map').getBoundingClientRect().bottom"
    assert browser.value(bottom) <= height
    first = "document.getElementById('first').getBoundingClientRect().top"
    assert browser.value(first) >= browser.value(bottom)
    browser.ask("Emulation.setEmulatedMedia", media="")


def test_a_row_that_repeats_a_school_is_no_school_of_the_map(sample_run: Run) -> None:
    page = to_html(sample_run, Text("en"))
    schools = sample_run.schools
    repeated = (schools["unranked_reason"] == "duplicate").sum()
    assert repeated > 0
    count = Text("en").number(len(schools) - repeated)
    assert f"All {count} schools are shown." in page
    legend = page.partition('data-scheme="tier"')[2].partition("</fieldset>")[0]
    (unknown,) = re.findall(r'data-mark="unknown".*?class="count">([\d,]+)', legend)
    assert int(unknown) == schools["rank"].isna().sum() - repeated
    below = page.partition('id="unranked-title"')[2].partition("</table>")[0]
    assert below.count("<tr>") == schools["rank"].isna().sum() + 1
