from __future__ import annotations

import base64
import csv
import dataclasses
import json
import re
from typing import TYPE_CHECKING

import folium
import pytest
import shapely
from pyproj import Geod

from kalsel_gap import open_project, schema
from kalsel_gap.deliverables import leaflet
from kalsel_gap.deliverables.offline_html import Page, as_json
from kalsel_gap.deliverables.web_map import LISTED, to_html
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import NO_ADDRESS, PAPERS, POPUP, PROGRAMS, REPOSITORY, SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser, CommandLine, MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")


HOSTILE = (*PROGRAMS, "&lt;b&gt; \\u003c &amp;")


@pytest.fixture
def hostile(project: MakeProject, tmp_path: Path) -> Run:
    """data/tiny with names that are programs, of schools, areas, operators and the project."""
    opened = project()
    folder = opened.path.parent
    register = folder / "schools.csv"
    rows = list(csv.reader(register.read_text(encoding="utf-8").splitlines()))
    for number, name in enumerate(HOSTILE, start=1):
        rows[number][rows[0].index("sekolah")] = name
    with register.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    areas = json.loads((folder / "kabupaten.geojson").read_text(encoding="utf-8"))
    areas["features"][0]["properties"]["nama"] = HOSTILE[1]
    (folder / "kabupaten.geojson").write_text(json.dumps(areas), encoding="utf-8")
    text = opened.path.read_text(encoding="utf-8")
    text = text.replace('"Tiny"', json.dumps(HOSTILE[0])).replace(
        '"telkomsel"', json.dumps(HOSTILE[1])
    )
    opened.path.write_text(text, encoding="utf-8")
    return open_project(opened.path).rank(out=tmp_path / "runs")


def page_of(run: Run, folder: Path, language: Language = "en") -> Path:
    path = folder / "map.html"
    path.write_text(to_html(run, Text(language)), encoding="utf-8")
    return path


def find(browser: Browser, words: str) -> None:
    browser.value("document.getElementById('search').focus()")
    browser.value("document.getElementById('search').select()")
    browser.type(words)
    browser.wait("document.querySelectorAll('#found li').length")


# --- the file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_no_address(tiny: Run, language: Language) -> None:
    page = to_html(tiny, Text(language))
    assert NO_ADDRESS.findall(page) == []
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert re.findall(r'<(?:link|iframe|object|embed|base)\b|(?:src|href)="(?!#)', markup) == []
    assert "@import" not in page


def test_the_same_run_gives_the_same_bytes(tiny: Run, tmp_path: Path) -> None:
    again = open_project(REPOSITORY / "data" / "tiny").rank(out=tmp_path, cached=False)
    assert to_html(tiny, Text("id")) == to_html(tiny, Text("id")) == to_html(again, Text("id"))


@pytest.mark.parametrize(
    ("language", "title", "notice"),
    [
        ("en", "Connectivity deficit of schools: Tiny", "SYNTHETIC DATA"),
        ("id", "Defisit konektivitas sekolah: Tiny", "DATA SINTETIS"),
    ],
)
def test_the_page_speaks_the_language(
    tiny: Run, language: Language, title: str, notice: str
) -> None:
    page = to_html(tiny, Text(language))
    assert f'<html lang="{language}">' in page
    assert f"<title>{title}</title>" in page
    assert f"<h1>{title}</h1>" in page
    assert re.search(rf'role="note">{notice}', page)


def test_real_data_carry_no_notice(project: MakeProject, tmp_path: Path) -> None:
    run = OpenProject(project({"project": {"data": "real"}})).rank(out=tmp_path)
    assert 'role="note"' not in to_html(run, Text("en"))


def test_the_legend_counts_the_schools_of_the_run(tiny: Run) -> None:
    page = to_html(tiny, Text("en"))
    legend = page.partition('data-scheme="tier"')[2].partition("</fieldset>")[0]
    rows = re.findall(r'data-mark="(\w+)".*?class="count">(\d+)(?: \(~(\d+)\))?<', legend)
    found = {mark: int(count) for mark, count, _ in rows}
    inferred = {mark: int(count or 0) for mark, _, count in rows}
    labels = tiny.schools["tier_label"].fillna("unknown")
    is_inferred = tiny.schools["deficit_status"] == "inferred"
    assert tuple(found) == (*schema.TIER_LABELS, "unknown")
    assert found == {mark: (labels == mark).sum() for mark in found}
    # What is known and what is inferred is counted apart.
    assert inferred == {mark: ((labels == mark) & is_inferred).sum() for mark in found}
    assert sum(found.values()) == len(tiny.schools)


def test_every_unranked_school_is_named_below_the_table(tiny: Run) -> None:
    below = to_html(tiny, Text("en")).partition('id="unranked-title"')[2]
    below = below.partition("</section>")[0]
    unranked = tiny.schools[tiny.schools["rank"].isna()]
    assert len(unranked) == 2
    assert all(f"<td>{npsn}</td>" in below for npsn in unranked["npsn"])
    assert below.count("no usable location") == 2


def test_without_a_script_the_table_lists_the_first(tiny: Run) -> None:
    page = to_html(tiny, Text("en"))
    table = page.partition('<section id="table"')[2].partition("</section>")[0]
    listed = re.findall(r"</th><td>(\w+)</td>", table)
    assert listed == tiny.schools["npsn"].head(LISTED).tolist()
    assert tiny.schools["rank"].dropna().is_monotonic_increasing


def test_a_link_that_nothing_installed_answers_is_an_error() -> None:
    page = Page("map", {})
    page.add_child(folium.Map(tiles=None))
    with pytest.raises(LookupError, match="nothing installed answers for https://"):
        page.render()


def test_json_cannot_end_its_element() -> None:
    written = as_json({"name": HOSTILE[0]})
    assert "<" not in written
    assert json.loads(written) == {"name": HOSTILE[0]}


# --- the command -------------------------------------------------------------------------------


def test_the_command_writes_the_map(ranked: Path, cli: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "maps" / "map.html"
    answer = cli("map", "--project", ranked, "--out", out, "--lang", "id")
    assert (answer.status, answer.out) == (0, b"")
    run = read_run(ranked / "runs")
    assert out.read_text(encoding="utf-8") == to_html(run, Text("id"))


def test_without_a_run_the_command_says_what_to_do(
    project: MakeProject, cli: CommandLine, tmp_path: Path
) -> None:
    answer = cli("map", "--project", project().path, "--out", tmp_path / "map.html")
    assert answer.status == 1
    assert "kalsel-gap rank" in answer.err
    assert not (tmp_path / "map.html").exists()


def test_a_run_without_pictures_must_be_made_again(
    ranked: Path, cli: CommandLine, tmp_path: Path
) -> None:
    for path in ranked.glob("runs/*/previews.parquet"):
        path.unlink()
    answer = cli("map", "--project", ranked, "--out", tmp_path / "map.html")
    assert answer.status == 1
    assert "previews.parquet" in answer.err
    assert not (tmp_path / "map.html").exists()


# --- in a browser ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_the_map_opens_without_a_network_or_a_complaint(
    browser: Browser, tiny: Run, tmp_path: Path, language: Language, size: tuple[int, int]
) -> None:
    browser.open(page_of(tiny, tmp_path, language), *size)
    assert browser.complaints() == []
    assert browser.value("document.documentElement.scrollWidth") <= size[0]
    assert browser.value("document.querySelectorAll('img.leaflet-image-layer').length") == 2
    assert browser.value(
        "[...document.querySelectorAll('img.leaflet-image-layer')].every((i) => i.naturalWidth > 0)"
    )


@pytest.mark.real
def test_the_map_of_the_real_province_opens(browser: Browser, kalsel: Run, tmp_path: Path) -> None:
    path = page_of(kalsel, tmp_path, "id")
    assert path.stat().st_size < 2_000_000
    browser.open(path)
    assert browser.complaints() == []


def test_hostile_names_are_shown_and_do_nothing(
    browser: Browser, hostile: Run, tmp_path: Path
) -> None:
    browser.open(page_of(hostile, tmp_path))
    for name in HOSTILE:
        npsn = hostile.schools.loc[hostile.schools["name"] == name, "npsn"].item()
        find(browser, npsn)
        assert browser.value("document.querySelector('#found strong').textContent") == name
        browser.press("Enter")
        title = "document.querySelector('.leaflet-popup h2, #chosen:not([hidden]) h2')?.textContent"
        browser.wait(f"{title} === {json.dumps(name)}")
        browser.press("Escape")
        shown = "[...document.querySelectorAll('tbody th')].some((e) => e.textContent === {})"
        assert browser.value(shown.format(json.dumps(name)))
    assert browser.value("window.hurt") is None
    assert (
        browser.value(
            "document.querySelectorAll('main script, main img:not(.leaflet-image-layer)').length"
        )
        == 0
    )
    assert browser.value("document.querySelector('h1').textContent").endswith(HOSTILE[0])
    assert browser.complaints() == []


def test_a_click_on_a_mark_opens_its_pop_up(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    first = tiny.schools.iloc[0]
    shown = browser.value("document.querySelector('.map').id")
    # Near enough for no summary of a kabupaten to lie over the school.
    browser.value(
        f"void {shown}.setView([{first['lat']}, {first['lon']}], 14, {{ animate: false }})"
    )
    at = browser.value(
        f"(() => {{ const box = {shown}.getContainer().getBoundingClientRect();"
        f"const at = {shown}.latLngToContainerPoint([{first['lat']}, {first['lon']}]);"
        "return [box.x + at.x, box.y + at.y]; })()"
    )
    browser.click(*at)
    browser.wait(f"{POPUP} === {json.dumps(first['name'])}")
    words = browser.value("document.querySelector('.leaflet-popup dl').textContent")
    assert "1 of 11" in words
    assert "no signal from any operator" in words
    assert browser.complaints() == []
    fields = browser.value(
        "Object.fromEntries([...document.querySelectorAll('.leaflet-popup dt')]"
        ".map((e) => [e.textContent, e.nextSibling.textContent]))"
    )
    assert fields["Kecamatan"] == first["kecamatan"]
    assert fields["Kind of gap"] == "uncovered"
    assert fields["Terrain"] == "mountains"
    radius = f"{first['confidence_radius_m']:,.0f}"
    assert fields["Location"] == f"plausible, within {radius} m (grade {first['confidence']})"
    share = f"{100 * first['completeness']:.0f}"
    assert fields["Completeness"] == f"{share} % of the data behind the priority"


def test_the_search_is_used_with_the_keyboard_alone(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path))
    find(browser, "gunung")
    found = browser.value(
        "[...document.querySelectorAll('#found strong')].map((e) => e.textContent)"
    )
    ranked = tiny.schools[tiny.schools["name"].str.contains("GUNUNG")]["name"].tolist()
    assert found == ranked
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    active = "document.getElementById('search').getAttribute('aria-activedescendant')"
    assert browser.value(active) == "found-1"
    browser.press("Enter")
    browser.wait(f"{POPUP} === {json.dumps(ranked[1])}")
    assert browser.value("document.activeElement.getAttribute('role')") == "dialog"
    browser.press("Escape")
    browser.wait("!document.querySelector('.leaflet-popup h2')")
    assert browser.value("document.activeElement.id") == "search"


def test_a_school_without_a_place_is_told_beside_the_map(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path))
    find(browser, "00000107")
    browser.press("Enter")
    browser.wait("!document.getElementById('chosen').hidden")
    words = browser.value("document.getElementById('chosen').textContent")
    assert "MI MUARA CONTOH" in words
    assert "no usable location" in words
    assert browser.value("document.activeElement.id") == "chosen"
    assert browser.value("document.activeElement.getAttribute('role')") == "dialog"
    browser.press("Escape")
    assert browser.value("document.getElementById('chosen').hidden")
    assert browser.value("document.activeElement.id") == "search"


def test_a_name_in_the_table_leads_to_the_map(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    browser.value("document.querySelector('#rows button').click()")
    browser.wait(f"{POPUP} === {json.dumps(tiny.schools.iloc[0]['name'])}")


def test_the_legend_hides_a_tier(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    ink = (
        "(() => { const c = document.querySelector('.leaflet-schools-pane canvas');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".reduce((sum, v, n) => sum + (n % 4 === 3 && v > 0), 0); })()"
    )
    before = browser.value(ink)
    browser.value("document.querySelector('[data-mark=critical]').click()")
    assert 0 < browser.value(ink) < before
    find(browser, tiny.schools.iloc[0]["npsn"])
    browser.press("Enter")
    browser.wait(POPUP)
    assert browser.value("document.querySelector('[data-mark=critical]').checked")


def test_coverage_and_its_legend_are_shown_on_demand(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path))
    legend = "document.getElementById('coverage-legend')"
    bases = "document.querySelectorAll('[name=layer-coverage]')"
    assert browser.value(f"{bases}[0].checked")  # the relief is not hidden at first
    assert browser.value(f"{legend}.hidden")
    browser.value(f"{bases}[1].click()")
    browser.wait(f"!{legend}.hidden")
    words = browser.value(f"{legend}.textContent")
    assert "Coverage" in words
    # A full 2G signal is not weak: it is of hardly any use to a school.
    assert "hardly usable" in words
    assert "weak" not in words
    browser.value(f"{bases}[0].click()")
    browser.wait(f"{legend}.hidden")


def test_a_place_with_many_cells_is_one_site(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    sites = tiny.table("sites")
    places = len(sites[["lat", "lon"]].drop_duplicates())
    browser.open(page_of(tiny, tmp_path))
    drawn = "JSON.parse(document.getElementById('data').textContent).sites.lat.length"
    assert browser.value(drawn) == places < len(sites)
    legend = "document.querySelector('[data-legend=sites]')"
    assert browser.value(f"{legend}.hidden")
    browser.value("document.querySelector('#layers [value=sites]').click()")
    browser.wait(f"!{legend}.hidden")
    assert browser.value(f"{legend}.textContent").strip() == f"Radio sites ({places})"


def test_names_of_areas_do_not_collide(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    shown = browser.value("document.querySelector('.map').id")
    names = (
        "[...document.querySelectorAll('.area-name')].filter((e) => e.offsetWidth"
        " && e.style.visibility !== 'hidden').map((e) => e.getBoundingClientRect())"
        ".map((b) => [b.left, b.top, b.right, b.bottom])"
    )
    for zoom in (15, 16):  # nearer than the summaries of kabupaten, which have the names
        browser.value(f"void {shown}.setZoom({zoom}, {{ animate: false }})")
        boxes = browser.value(names)
        assert boxes
        for n, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[:n]:
                apart = left >= other[2] or right <= other[0]
                assert apart or top >= other[3] or bottom <= other[1]
    assert "Kab." not in browser.value(
        "[...document.querySelectorAll('.area-name')].map((e) => e.textContent).join()"
    )


def test_only_schools_without_a_place_are_counted_as_such(tiny: Run) -> None:
    schools = tiny.schools.copy()
    placeless = schools["lat"].isna()
    assert placeless.sum() == 2
    schools.loc[placeless.idxmax(), "unranked_reason"] = "duplicate"
    page = to_html(dataclasses.replace(tiny, schools=schools), Text("en"))
    assert "so not on the map: 1." in page


@pytest.mark.parametrize("width", [1366, 360])
def test_the_last_column_is_reached(
    browser: Browser, tiny: Run, tmp_path: Path, width: int
) -> None:
    browser.open(page_of(tiny, tmp_path), width, 768)
    wider = "(() => { const e = document.querySelector('#table .scroll');"
    wider += "return e.scrollWidth > e.clientWidth; })()"
    assert browser.value(wider) is (width == 360)
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_a_project_with_nothing_but_a_register_has_a_map(
    browser: Browser, project: MakeProject, tmp_path: Path
) -> None:
    run = OpenProject(project(bare=True)).rank(out=tmp_path)
    browser.open(page_of(run, tmp_path))
    assert browser.complaints() == []
    rings = int((run.schools["lat"].notna() & run.schools["tier"].isna()).sum())
    assert rings > 0
    find(browser, run.schools.iloc[0]["npsn"])
    browser.press("Enter")
    browser.wait(POPUP)


# --- the first view, on screens and on paper ----------------------------------------------------

FIRST_VIEWS = [(1280, 800), (1024, 768), (390, 844)]


def assert_that_all_is_shown(browser: Browser, run: Run) -> None:
    """The bounds of the areas lie in the map, and the map and its scale in the window."""
    shown = browser.value("document.querySelector('.map').id")
    west, south, east, north = run.table("boundaries").total_bounds
    corners = f"[[{south}, {west}], [{north}, {east}]]"
    assert browser.value(f"{shown}.getBounds().contains({corners})")
    for part in (".map", ".leaflet-control-scale"):
        box = browser.value(
            f"(() => {{ const b = document.querySelector('{part}').getBoundingClientRect();"
            "return [b.left, b.top, innerWidth - b.right, innerHeight - b.bottom]; })()"
        )
        assert min(box) >= -0.5, (part, box)


@pytest.mark.parametrize("size", FIRST_VIEWS)
def test_the_first_view_shows_everything(
    browser: Browser, tiny: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    browser.open(page_of(tiny, tmp_path), *size)
    assert_that_all_is_shown(browser, tiny)


@pytest.mark.real
@pytest.mark.parametrize("size", FIRST_VIEWS)
def test_the_first_view_shows_the_whole_province(
    browser: Browser, kalsel: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    browser.open(page_of(kalsel, tmp_path, "id"), *size)
    assert_that_all_is_shown(browser, kalsel)


def test_after_a_turn_of_the_phone_everything_is_still_shown(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path), 390, 844)
    metrics = {"deviceScaleFactor": 1, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", width=1280, height=800, **metrics)
    shown = browser.value("document.querySelector('.map').id")
    browser.wait(f"{shown}.getSize().x > 600")
    assert_that_all_is_shown(browser, tiny)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_sheet_of_paper_holds_the_whole_map(
    browser: Browser, tiny: Run, tmp_path: Path, paper: tuple[int, int]
) -> None:
    browser.open(page_of(tiny, tmp_path))
    shown = browser.value("document.querySelector('.map').id")
    browser.value("document.querySelectorAll('[name=layer-coverage]')[1].click()")
    before = browser.value(f"{shown}.getZoom()")
    browser.value("window.dispatchEvent(new Event('beforeprint'))")
    metrics = {"deviceScaleFactor": 1, "mobile": False}
    width, height = paper
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, **metrics)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert_that_all_is_shown(browser, tiny)
    sheet = browser.value("document.querySelector('.controls').getBoundingClientRect().bottom")
    assert sheet <= height
    assert browser.value("document.documentElement.scrollWidth") <= width
    for part in ("[data-scheme=tier]", "#coverage-legend", ".imprint", ".headline"):
        assert browser.value(f"document.querySelector('{part}').getBoundingClientRect().height") > 0
    words = browser.value("document.querySelector('.imprint').textContent")
    assert tiny.folder.name in words
    assert re.search(r"Printed on \w+ \d+, \d{4}\.", words)
    marks = browser.value("document.querySelectorAll('.leaflet-schools-pane use').length")
    assert marks == tiny.schools["lat"].notna().sum()
    # Chromium prints a canvas as an opaque sheet, which hides what lies below.
    canvases = "[...document.querySelectorAll('.map canvas')]"
    assert browser.value(f"{canvases}.every((e) => getComputedStyle(e).display === 'none')")
    browser.ask("Emulation.setEmulatedMedia", media="")
    browser.value("window.dispatchEvent(new Event('afterprint'))")
    assert browser.value(f"{shown}.getZoom()") == before
    assert browser.value("document.querySelectorAll('.leaflet-schools-pane svg').length") == 0
    assert browser.complaints() == []


def test_the_school_list_is_no_part_of_the_paper(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path))
    printed = browser.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
    assert len(re.findall(rb"/Type /Page\b", base64.b64decode(printed["data"]))) == 2


# --- keyboard, touch, motion ---------------------------------------------------------------------

ACTIVE = "document.activeElement"


def tab_to(browser: Browser, wanted: str, *, shift: bool = False) -> None:
    """Press Tab until the focus is on what `wanted` selects; it must be seen at every step."""
    for _ in range(80):
        browser.press("Tab", shift=shift)
        browser.wait(
            f"(() => {{ const s = getComputedStyle({ACTIVE});"
            "return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()",
            seconds=5,
        )
        if browser.value(f"{ACTIVE}.matches({json.dumps(wanted)})"):
            return
    raise AssertionError(wanted)


def test_a_walk_with_the_keyboard(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    """Search, school, layers, table, and back."""
    browser.open(page_of(tiny, tmp_path))
    tab_to(browser, ".skip")
    tab_to(browser, "#first-list button")
    tab_to(browser, ".badge")
    tab_to(browser, "#search", shift=True)
    browser.type("00000101")
    browser.wait("document.querySelectorAll('#found li').length")
    browser.press("Enter")
    browser.wait(POPUP)
    tab_to(browser, ".leaflet-popup-close-button")
    browser.press("Escape")
    assert browser.value(f"{ACTIVE}.id") == "search"
    tab_to(browser, "#layers > summary")
    browser.press("Enter")
    assert browser.value("document.getElementById('layers').open")
    tab_to(browser, "#layers input")
    tab_to(browser, "[data-sort='8']")
    browser.press("Enter")
    assert browser.value(f"{ACTIVE}.closest('th').getAttribute('aria-sort')") == "ascending"
    tab_to(browser, "#rows button")
    name = browser.value(f"{ACTIVE}.textContent")
    browser.press("Enter")
    browser.wait(f"{POPUP} === {json.dumps(name)}")
    browser.press("Escape")
    assert browser.value(f"{ACTIVE}.textContent") == name
    tab_to(browser, "#search", shift=True)
    assert browser.complaints() == []


def test_the_focus_goes_down_the_page_on_a_telephone(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path), *SIZES[1])
    top = f"{ACTIVE}.getBoundingClientRect().top + window.scrollY"
    found = []
    for wanted in (
        "#search",
        ".badge",
        "#first-list button",
        "[name=scheme]",
        "#filters > summary",
    ):
        tab_to(browser, wanted)
        found.append(browser.value(top))
    assert found == sorted(found)


def test_a_page_that_is_too_far_out_keeps_the_focus(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    """A summary gives way to schools, and with it the button that had the focus."""
    browser.open(page_of(tiny, tmp_path))
    browser.value("document.querySelector('.badge').focus()")
    shown = browser.value("document.querySelector('.map').id")
    browser.value(f"{shown}.setZoom(14, {{ animate: false }}); 0")
    browser.wait("!document.querySelector('.badge')")
    assert browser.value(f"{ACTIVE}.id") == shown


def test_a_pop_up_is_a_dialog_with_a_name(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    browser.value("document.querySelector('#rows button').click()")
    browser.wait(POPUP)
    dialog = "document.querySelector('.leaflet-popup')"
    assert browser.value(f"{dialog}.getAttribute('role')") == "dialog"
    assert browser.value(f"{dialog} === {ACTIVE}")
    title = f"document.getElementById({dialog}.getAttribute('aria-labelledby')).textContent"
    assert browser.value(title) == tiny.schools.iloc[0]["name"]


@pytest.mark.parametrize("size", SIZES)
def test_everything_that_takes_the_focus_has_a_name_of_its_own(
    browser: Browser, tiny: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    browser.open(page_of(tiny, tmp_path), *size)
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    shown = [
        (node["role"]["value"], node.get("name", {}).get("value", ""), node.get("properties", []))
        for node in nodes
        if not node["ignored"]
    ]
    focusable = [
        (role, name)
        for role, name, properties in shown
        if any(p["name"] == "focusable" and p["value"]["value"] for p in properties)
        and role != "RootWebArea"
    ]
    assert len(focusable) > 20
    assert [role for role, name in focusable if not name and role != "generic"] == []
    landmarks = [
        (role, name)
        for role, name, _ in shown
        if role in ("region", "search", "main", "navigation", "contentinfo", "banner")
    ]
    assert len(set(landmarks)) == len(landmarks)
    ids = "[...document.querySelectorAll('[id]')].map((e) => e.id)"
    found = browser.value(ids)
    assert len(set(found)) == len(found)


def test_one_finger_scrolls_the_page_and_two_move_the_map(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path), 390, 844, touch=True)
    shown = browser.value("document.querySelector('.map').id")
    centre = browser.value(f"[{shown}.getCenter().lat, {shown}.getCenter().lng]")
    zoom = browser.value(f"{shown}.getZoom()")
    browser.drag_fingers(((200, 600), (200, 350)))
    browser.wait("window.scrollY > 150")
    assert browser.value(f"[{shown}.getCenter().lat, {shown}.getCenter().lng]") == centre
    browser.value("window.scrollTo(0, 0)")
    browser.drag_fingers(((180, 500), (110, 500)), ((220, 500), (290, 500)))
    browser.wait(f"{shown}.getZoom() > {zoom}")
    assert browser.value("visualViewport.scale") == 1


def test_nothing_moves_by_itself_for_readers_who_ask_for_that(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path))
    shown = browser.value("document.querySelector('.map').id")
    assert browser.value(f"{shown}.options.zoomAnimation")
    reduced = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.ask("Emulation.setEmulatedMedia", features=reduced)
    browser.ask("Page.reload")
    browser.wait("performance.getEntriesByName('marks-drawn').length")
    moving = ("zoomAnimation", "fadeAnimation", "markerZoomAnimation", "inertia")
    assert not any(browser.value(f"{shown}.options.{name}") for name in moving)
    hint = "getComputedStyle(document.querySelector('.hint'))"
    assert browser.value(f"{hint}.transitionDuration") == "0s"


# --- measuring -----------------------------------------------------------------------------------

MAP = "eval(document.querySelector('.map').id)"
MEASURED = "document.getElementById('measured').textContent"
BOX = "document.querySelector('.measure-box')"


def place_of(browser: Browser, share: tuple[float, float]) -> tuple[list[float], list[float]]:
    """A point of the map in the window, and where it lies on the earth."""
    at = browser.value(
        "(() => { const b = document.querySelector('.map').getBoundingClientRect();"
        f"const x = Math.round(b.width * {share[0]}), y = Math.round(b.height * {share[1]});"
        f"const at = {MAP}.containerPointToLatLng([x, y]);"
        "return [[b.left + x, b.top + y], [at.lat, at.lng]]; })()"
    )
    return at[0], at[1]


def km_between(one: Sequence[float], other: Sequence[float]) -> float:
    return float(Geod(ellps="WGS84").inv(one[1], one[0], other[1], other[0])[2]) / 1000


def assert_the_box_says(browser: Browser, sentence: str) -> None:
    """It lies in the map, over none of its controls, and the map is in the window."""
    assert browser.value(f"{BOX}.textContent") == sentence
    assert browser.value(f"{BOX}.getAttribute('aria-hidden')") == "true"
    assert browser.value(
        f"(() => {{ const r = {BOX}.getBoundingClientRect();"
        "const m = document.querySelector('.map').getBoundingClientRect();"
        "const inside = r.left >= m.left && r.right <= m.right && r.top >= m.top"
        " && r.bottom <= m.bottom && r.top >= 0 && r.bottom <= innerHeight && r.height > 10;"
        "const others = [...document.querySelectorAll('.leaflet-control')]"
        f".filter((e) => e !== {BOX}).map((e) => e.getBoundingClientRect());"
        "return inside && others.every((o) => o.right <= r.left || o.left >= r.right"
        " || o.bottom <= r.top || o.top >= r.bottom); })()"
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_click_ends_the_measurement_that_a_pop_up_began(
    browser: Browser, tiny: Run, tmp_path: Path, size: tuple[int, int], language: Language
) -> None:
    browser.open(page_of(tiny, tmp_path, language), *size)
    first = tiny.schools.iloc[0]
    browser.value("document.querySelector('#first-list button').click()")
    browser.wait(f"{POPUP} === {json.dumps(first['name'])}")
    browser.value("document.querySelector('.measure-here').click()")
    said = browser.value(MEASURED)
    assert first["name"] in said
    assert_the_box_says(browser, said)
    browser.wait(f"!{MAP}._panAnim?._inProgress")  # the pop-up moves the map into view
    point, place = place_of(browser, (0.8, 0.3))
    browser.click(*point)
    browser.wait(f"{MEASURED} !== {json.dumps(said)}")
    said = browser.value(MEASURED)
    km = float(said.split()[-2].replace(",", "."))
    pixel = 0.02  # km, as near as a click can be
    assert km == pytest.approx(km_between((first["lat"], first["lon"]), place), abs=pixel)
    assert_the_box_says(browser, said)
    # The next click is an ordinary one.
    assert browser.value("document.getElementById('measure').ariaPressed") == "false"
    browser.click(*point)
    assert browser.value(MEASURED) == said
    browser.value("document.getElementById('clear').click()")
    assert browser.value(f"{BOX}.hidden")
    assert browser.complaints() == []


@pytest.mark.parametrize("size", SIZES)
def test_a_distance_is_measured_with_the_keyboard_alone(
    browser: Browser, tiny: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    browser.open(page_of(tiny, tmp_path), *size)
    cross = "getComputedStyle(document.querySelector('.measure-cross')).display"
    centre = f"[{MAP}.getCenter().lat, {MAP}.getCenter().lng]"
    tab_to(browser, "#tools > summary")
    browser.press("Enter")
    tab_to(browser, "#measure")
    assert browser.value(cross) == "none"
    browser.press("Enter")
    assert browser.value(f"{ACTIVE} === {MAP}.getContainer()")
    assert browser.value(cross) == "block"
    assert "press Enter" in browser.value(MEASURED)
    assert_the_box_says(browser, browser.value(MEASURED))
    browser.press("Enter")
    assert browser.value(MEASURED).startswith("From point: ")
    one = browser.value(centre)
    browser.value(f"{MAP}.once('moveend', () => {{ window.isMoved = true; }}); 0")
    browser.press("ArrowDown")
    browser.wait("window.isMoved")
    other = browser.value(centre)
    assert one != other
    browser.press("Enter")
    km = km_between(one, other)
    said = f"point to point: {km:.{2 if km < 10 else 1}f} km"
    assert browser.value(MEASURED) == said
    assert_the_box_says(browser, browser.value(MEASURED))
    assert browser.value(cross) == "none"
    browser.press("Enter")  # measuring is over
    assert browser.value(MEASURED) == said
    browser.value("document.getElementById('measure').click()")
    browser.press("Enter")
    browser.press("Escape")
    assert browser.value(MEASURED) == ""
    assert browser.value("document.getElementById('measure').ariaPressed") == "false"
    assert browser.value("document.querySelectorAll('.leaflet-measure-pane path').length") == 0
    assert browser.complaints() == []


# --- a link --------------------------------------------------------------------------------------

VIEW = f"[{MAP}.getCenter().lat, {MAP}.getCenter().lng, {MAP}.getZoom()]"
SLIDER = "document.querySelector('#weights input[type=range]')"
STATE = (
    "(() => ({ checked: [...document.querySelectorAll('.controls input[type=checkbox],"
    " .controls input[type=radio]')].map((e) => e.checked),"
    f" shown: document.getElementById('shown').textContent, slider: {SLIDER}.value,"
    " first: [...document.querySelectorAll('#first-list button')].map((e) => e.textContent),"
    " trial: !document.getElementById('trial').hidden,"
    " names: document.querySelectorAll('.area-name').length,"
    " areas: document.querySelectorAll('.leaflet-shares-pane path').length,"
    " pictures: document.querySelectorAll('img.leaflet-image-layer').length }))()"
)


def follow(browser: Browser, page: Path, link: str) -> None:
    """Open a page by a link, as somebody does to whom it was sent."""
    browser.ask("Page.navigate", url="about:blank")
    browser.ask("Page.navigate", url=page.as_uri() + link)
    browser.wait("performance.getEntriesByName('marks-drawn').length")


def test_a_link_restores_all_that_is_shown(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    page = page_of(tiny, tmp_path)
    browser.open(page)
    whole = browser.value(STATE)
    first = tiny.schools.iloc[0]
    clicked = (
        *("[name=scheme][value=gap]", "[data-scheme=gap] [data-mark=adequate]"),
        *("[data-facet=kabupaten]", "[data-facet=level]", "#layers [value='shares.kecamatan']"),
        *("#layers [value=hillshade]", "#layers [value=terrain]", "#first-list button"),
    )
    assert browser.value("document.getElementById('terrain-legend').hidden")
    for selector in clicked:
        browser.value(f"document.querySelector({json.dumps(selector)}).click()")
    browser.wait(POPUP)
    browser.value(f"{SLIDER}.value = {SLIDER}.max; {SLIDER}.dispatchEvent(new Event('input')); 0")
    browser.wait("!document.getElementById('trial').hidden")
    browser.value(f"{MAP}.setView([{first['lat']}, {first['lon']}], 9.5, {{ animate: false }}); 0")
    state, title, view = (browser.value(each) for each in (STATE, POPUP, VIEW))
    assert title
    assert state["areas"] > 0
    assert state["pictures"] == whole["pictures"]  # one less, one more
    assert not browser.value("document.getElementById('terrain-legend').hidden")
    assert state["shown"] != whole["shown"]
    link = browser.value("window.location.hash")
    assert len(link) < 100
    # Nothing of the page goes into a link but codes and numbers.
    assert re.fullmatch(r"#[\w./~:-]+", link)
    follow(browser, page, link)
    assert browser.value(STATE) == state
    assert browser.value(POPUP) == title
    assert browser.value(VIEW) == pytest.approx(view, abs=6e-5)
    assert browser.value("window.location.hash") == link
    # Another link in the same page: one of those that older pages gave.
    older = f"#-3.0000/115.0000/9.0/tier/{first['npsn']}"
    browser.value(f"window.location.hash = {json.dumps(older)}")
    browser.wait(f"{POPUP} === {json.dumps(first['name'])}")
    assert browser.value(VIEW) == pytest.approx([-3, 115, 9])
    assert browser.value(STATE) == whole
    browser.value("window.location.hash = '#-3.0000/115.0000/9.0'")
    browser.wait("!document.querySelector('.leaflet-popup')")
    assert browser.complaints() == []


def test_a_link_holds_a_school_that_filters_leave_out(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    page = page_of(tiny, tmp_path)
    browser.open(page)
    browser.value("document.querySelector('#first-list button').click()")
    browser.value("document.querySelector('[data-mark=critical]').click()")
    state = browser.value(STATE)
    follow(browser, page, browser.value("window.location.hash"))
    assert browser.value(STATE) == state
    assert browser.value(POPUP) == tiny.schools.iloc[0]["name"]


def test_a_link_holds_a_school_without_a_place(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    page = page_of(tiny, tmp_path)
    browser.open(page)
    find(browser, "00000107")
    browser.press("Enter")
    browser.wait("!document.getElementById('chosen').hidden")
    view, link = browser.value(VIEW), browser.value("window.location.hash")
    assert link.endswith("/tier/00000107")
    follow(browser, page, link)
    assert "MI MUARA CONTOH" in browser.value("document.getElementById('chosen').textContent")
    assert browser.value(VIEW) == pytest.approx(view, abs=6e-5)
    assert browser.value("window.location.hash") == link
    browser.press("Escape")
    assert browser.value("document.getElementById('chosen').hidden")
    assert browser.value("window.location.hash").endswith("/tier")
    assert browser.complaints() == []


def test_a_hostile_link_leaves_the_page_whole(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    page = page_of(tiny, tmp_path)
    browser.open(page)
    whole = browser.value(STATE)
    worst = (
        "constructor",
        "__proto__",
        "toString",
        "%",
        "%00",
        '"],*',
        "<img src=x onerror=alert(1)>",
    )
    links = [
        *(f"#-3/115/9/{each}" for each in worst),
        *(f"#-3/115/9/tier/{each}" for each in worst),
        *(f"#-3/115/9/tier//{each}.0/{each}.0/{each}/{each}:1" for each in worst),
        *(f"#-3/115/9/tier//level.{each}/tier.{each}/99.{each}/99:{each}" for each in worst),
        *(
            "#-3/115/9/tier////0.1.2/-1:5~0.5:1~99:1",
            "#///",
            "#NaN/1e3/0x1",
            "#9/9/-1",
            "#-3/115/999",
        ),
        *(
            "#-3/115/9/tier////99",
            f"#-3/115/{'9' * 400}",
            f"#{'/' * 400}",
            "#__proto__/constructor/%",
        ),
    ]
    slider = "document.querySelectorAll('#weights input[type=range]').length"
    sliders = browser.value(slider)
    # The first as the page opens, when it is not whole yet.
    for link in links[:4]:
        follow(browser, page, link)
        assert browser.value(slider) == sliders > 0
        assert browser.value(STATE)["first"] == whole["first"]
    for link in links:
        browser.value(f"window.location.hash = {json.dumps(link)}")
    browser.value("window.location.hash = '#-3/115/9/gap'")
    browser.wait("document.querySelector('[name=scheme][value=gap]').checked")
    browser.value("window.location.hash = '#-3/115/9/tier'")
    browser.wait("document.querySelector('[name=scheme][value=tier]').checked")
    assert browser.value(STATE) == whole
    assert browser.complaints() == []


# --- shared points and the table -----------------------------------------------------------------


def test_each_school_of_a_shared_point_is_reached(
    browser: Browser, project: MakeProject, tmp_path: Path
) -> None:
    register = (REPOSITORY / "data" / "tiny" / "schools.csv").read_text(encoding="utf-8")
    # The second school stands where the first one does.
    shared = register.replace("-2.9410000,115.3360000", "-2.9230000,115.3140000")
    assert shared != register
    run = OpenProject(project(files={"schools.csv": shared})).rank(out=tmp_path)
    browser.open(page_of(run, tmp_path))
    names = ["SD NEGERI HULU CONTOH 1", "SMP NEGERI 1 HULU CONTOH"]
    find(browser, names[0])
    browser.press("Enter")
    browser.wait(f"{POPUP} === {json.dumps(names[0])}")
    words = browser.value("document.querySelector('.leaflet-popup').textContent")
    assert "Other schools at this point: 1" in words
    buttons = "[...document.querySelectorAll('.leaflet-popup .same-point button')]"
    assert browser.value(f"{buttons}.map((e) => e.textContent)") == names[1:]
    browser.value(f"{buttons}[0].click()")
    browser.wait(f"{POPUP} === {json.dumps(names[1])}")
    browser.press("Escape")
    assert browser.value(f"{ACTIVE}.id") == "search"  # from where the first one was opened


def test_the_table_holds_every_school_and_sorts(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    browser.open(page_of(tiny, tmp_path))

    def column(number: int) -> list[str]:
        cells = f"[...document.querySelectorAll('#rows tr > :nth-child({number})')]"
        return list(browser.value(f"{cells}.map((e) => e.textContent)"))

    assert column(3) == tiny.schools["npsn"].tolist()
    pupils = "document.querySelector('[data-sort=\"8\"]')"
    browser.value(f"{pupils}.click()")
    known = tiny.schools["students"].dropna().astype(int)
    unknown = ["unknown"] * int(tiny.schools["students"].isna().sum())
    assert column(9) == [f"{n:,}" for n in sorted(known)] + unknown
    browser.value(f"{pupils}.click()")
    assert browser.value(f"{pupils}.closest('th').getAttribute('aria-sort')") == "descending"
    assert column(9) == [f"{n:,}" for n in sorted(known, reverse=True)] + unknown
    assert browser.value("document.querySelectorAll('th[aria-sort]').length") == 1
    browser.value("document.querySelector('[data-sort=\"1\"]').click()")
    assert column(2)[0].casefold() == min(tiny.schools["name"].str.casefold())


@pytest.mark.real
def test_the_table_of_the_province_holds_every_school(
    browser: Browser, kalsel: Run, tmp_path: Path
) -> None:
    browser.open(page_of(kalsel, tmp_path, "id"))
    seen: list[str] = []
    while True:
        cells = "[...document.querySelectorAll('#rows tr > :nth-child(3)')]"
        seen += browser.value(f"{cells}.map((e) => e.textContent)")
        if browser.value("document.getElementById('next').disabled"):
            break
        browser.value("document.getElementById('next').click()")
    assert sorted(seen) == sorted(kalsel.schools["npsn"])


def test_a_border_is_one_line(tiny: Run) -> None:
    """Drawn by both neighbours, the dashes of two lines would be a solid one, as a shore is."""
    areas = tiny.table("boundaries")
    kabupaten = areas[areas["level"] == "kabupaten"].geometry
    lines = shapely.from_geojson(json.dumps(leaflet.borders(areas)["kabupaten"]["lines"]))
    outlines = kabupaten.boundary.to_numpy()
    assert lines.length < 0.95 * shapely.length(outlines).sum()
    assert shapely.union_all(lines).length == pytest.approx(lines.length, rel=1e-6)
    # Nothing is missing: each outline lies near some line.
    assert shapely.union_all(outlines).difference(lines.buffer(0.0035)).length < 1e-6
