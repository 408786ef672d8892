from __future__ import annotations

import csv
import dataclasses
import json
import re
from typing import TYPE_CHECKING

import folium
import pytest

from kalsel_gap import open_project, schema
from kalsel_gap.deliverables.offline_html import Page, as_json
from kalsel_gap.deliverables.web_map import LISTED, to_html
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import NO_ADDRESS, POPUP, PROGRAMS, REPOSITORY, SIZES

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser, CommandLine, MakeProject


HOSTILE = (*PROGRAMS, "&lt;b&gt; \\u003c &amp;")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = REPOSITORY / "data" / "tiny"
    return open_project(folder).rank(out=tmp_path_factory.mktemp("tiny"))


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
    rows = re.findall(r'data-mark="(\w+)".*?class="count">(\d+)(?: \(~(\d+)\))?<', page)
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


def test_the_table_lists_the_first_by_rank(tiny: Run) -> None:
    page = to_html(tiny, Text("en"))
    table = page.partition('<section id="table"')[2].partition("</section>")[0]
    ranked = tiny.schools[tiny.schools["rank"].notna()].sort_values("rank")
    listed = re.findall(r"</th><td>(\w+)</td>", table)
    assert listed == ranked["npsn"].head(LISTED).tolist()


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
        title = "document.querySelector('.leaflet-popup h3, #chosen:not([hidden]) h3')?.textContent"
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
    assert f"{first['confidence']}, within {first['confidence_radius_m']:,.0f} m" in words
    assert browser.complaints() == []


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
    assert browser.value("document.activeElement.className") == "school"
    browser.press("Escape")
    browser.wait("!document.querySelector('.leaflet-popup h3')")
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


def test_a_name_in_the_table_leads_to_the_map(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    browser.value("document.querySelector('#table button').click()")
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
    browser.value("document.querySelector('#table button').click()")
    assert browser.value("document.querySelector('[data-mark=critical]').checked")


def test_hiding_the_coverage_hides_its_legend(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    browser.open(page_of(tiny, tmp_path))
    legend = "document.getElementById('coverage-legend')"
    bases = "document.querySelectorAll('.leaflet-control-layers-base input')"
    assert not browser.value(f"{legend}.hidden")
    browser.value(f"{bases}[0].click()")
    browser.wait(f"{legend}.hidden")
    browser.value(f"{bases}[1].click()")
    browser.wait(f"!{legend}.hidden")
    assert "Coverage" in browser.value(f"{legend}.textContent")


def test_a_place_with_many_cells_is_one_site(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    sites = tiny.table("sites")
    places = len(sites[["lat", "lon"]].drop_duplicates())
    browser.open(page_of(tiny, tmp_path))
    drawn = "JSON.parse(document.getElementById('data').textContent).sites.lat.length"
    assert browser.value(drawn) == places < len(sites)
    legend = "document.getElementById('sites-legend')"
    assert browser.value(f"{legend}.hidden")
    box = (
        "[...document.querySelectorAll('.leaflet-control-layers-overlays label')]"
        ".find((e) => e.textContent.includes('Radio sites')).querySelector('input')"
    )
    browser.value(f"{box}.click()")
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
    for zoom in (8, 11):
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
