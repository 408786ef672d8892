"""The page of findings: one file, no network, usable without a mouse; hostile names do nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from kalsel_gap.deliverables import findings_map, findings_report, palette
from kalsel_gap.findings import Finding, to_frame
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.full_check import Checked, check_all
from tests.conftest import NO_ADDRESS, PAPERS, POPUP, PROGRAMS, REPOSITORY, SIZES

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from tests.conftest import Browser

TINY = REPOSITORY / "data" / "tiny"
REAL = REPOSITORY / "tests" / "real" / "kalsel.toml"
PLACED = 4  # the first so many of PROGRAMS have a place
STATUS = "document.getElementById('status').textContent"
ROWS = "document.querySelectorAll('#rows tr').length"


@pytest.fixture(scope="module")
def opened() -> Opened:
    return read_project(TINY)


@pytest.fixture(scope="module")
def checked() -> Checked:
    """Schools with names that are programs: the first without its minus sign, two without place."""
    schools = pd.DataFrame(
        {
            "row_id": [f"<b>.csv:{n}" for n in range(2, 2 + len(PROGRAMS))],
            "npsn": [f"{n:08}" for n in range(len(PROGRAMS))],
            "name": PROGRAMS,
            "lat": [np.nan, *[-2.91 - 0.01 * n for n in range(1, PLACED)], np.nan, np.nan],
            "lon": [np.nan, *[115.31 + 0.01 * n for n in range(1, PLACED)], np.nan, np.nan],
            "lat_given": ["2.95", *[""] * 5],
            "lon_given": ["115.32", *[""] * 5],
        }
    )
    found = [
        Finding(
            "location_outside_area",
            file="<b>.csv",
            row=2,
            npsn="00000000",
            value="2.95, 115.32",
            proposal="-2.95, 115.32",
        ),
        *(
            Finding("npsn_malformed", file="<b>.csv", row=n, npsn=f"{n - 2:08}", value=name)
            for n, name in enumerate(PROGRAMS, start=2)
        ),
        *(Finding("level_unknown", file="other.csv", row=n, value=f"{n}") for n in range(120)),
        Finding("section_unused", file="other.csv", column=PROGRAMS[1]),
    ]
    repair = {"file": "<b>.csv", "row": 2, "code": "location_outside_area"}
    repairs = pd.DataFrame([{**repair, "lat": -2.95, "lon": 115.32}])
    points = gpd.points_from_xy(schools["lon"], schools["lat"])
    return Checked(gpd.GeoDataFrame(schools, geometry=points), to_frame(found), repairs)


def html_of(checked: Checked, opened: Opened, language: Language = "en") -> str:
    words = Text(language)
    return findings_map.to_html(
        checked, findings_report.findings_table(checked, opened, words), opened, words
    )


@pytest.fixture(scope="module")
def page(checked: Checked, opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "check.html"
    path.write_text(html_of(checked, opened), encoding="utf-8")
    return path


def shown(browser: Browser) -> tuple[int, int]:
    """Findings that the table and the map show, as the page says."""
    said = browser.value(STATUS)
    count, located = re.fullmatch(r"Findings shown: (\d+) of 128; on the map: (\d+)", said).groups()  # type: ignore[union-attr]
    return int(count), int(located)


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_no_address_and_speaks_the_language(
    checked: Checked, opened: Opened, language: Language
) -> None:
    made = html_of(checked, opened, language)
    assert NO_ADDRESS.findall(made) == []
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", made, flags=re.DOTALL)
    assert re.findall(r'<(?:link|iframe|object|embed|base)\b|(?:src|href)="(?!#)', markup) == []
    assert f'<html lang="{language}">' in made
    notice = {"en": "SYNTHETIC DATA", "id": "DATA SINTETIS"}[language]
    assert f'role="note">{notice}' in made
    assert made == html_of(checked, opened, language)


def test_the_legend_counts_every_finding(checked: Checked, opened: Opened) -> None:
    made = html_of(checked, opened)
    found = dict(re.findall(r'data-severity="(\w+)".*?class="count">([\d,]+)<', made))
    assert {key: int(n) for key, n in found.items()} == findings_report.count_by_severity(checked)


def test_the_summary_needs_no_script(checked: Checked, opened: Opened) -> None:
    table = html_of(checked, opened).partition('id="summary-title"')[2].partition("</section>")[0]
    for group in findings_report.group_findings(checked, Text("en")):
        assert f"<code>{group.code}</code>" in table
    assert table.count("<tr>") == 1 + len(findings_report.group_findings(checked, Text("en")))


def test_marks_stand_out_and_differ_in_shape() -> None:
    """WCAG 1.4.11 and 1.4.1: 3:1 against the ground by fill or outline, and never colour alone."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    marks = [*palette.SEVERITIES.values(), palette.PROPOSED]
    assert len({mark.shape for mark in marks}) == len(marks)
    assert len({round(light(mark.colour), 2) for mark in marks}) == len(marks)
    for ground in ("#ffffff", "#ebebe8", palette.LAND):
        for colour in (palette.OUTLINE, palette.PROPOSED.colour):
            assert (light(ground) + 0.05) / (light(colour) + 0.05) >= 3


# --- in a browser --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_page_opens_without_a_network_or_a_complaint(
    browser: Browser, page: Path, size: tuple[int, int]
) -> None:
    browser.open(page, *size)
    assert browser.complaints() == []
    assert browser.value("document.documentElement.scrollWidth") <= size[0]
    assert shown(browser) == (128, 5)
    assert browser.value(ROWS) == 100


@pytest.fixture(scope="module")
def real_page(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    opened = read_project(REAL)
    checked = check_all(opened, report=lambda step, done, total: None)
    path = tmp_path_factory.mktemp("real") / "check.html"
    path.write_text(html_of(checked, opened, "id"), encoding="utf-8")
    return path


@pytest.mark.real
@pytest.mark.parametrize("size", SIZES)
def test_the_findings_of_the_real_province_open(
    browser: Browser, real_page: Path, size: tuple[int, int]
) -> None:
    assert real_page.stat().st_size < 4_000_000
    browser.open(real_page, *size)
    assert browser.complaints() == []
    assert browser.value("document.documentElement.scrollWidth") <= size[0]


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, page: Path) -> None:
    browser.open(page)
    cells = "[...document.querySelectorAll('#rows td:nth-child(3)')]"
    seen = browser.value(f"{cells}.map((e) => e.firstChild?.textContent)")
    assert set(PROGRAMS) <= set(seen)
    for number in range(PLACED):
        of_name = f"(e) => e.textContent === {json.dumps(PROGRAMS[number])}"
        button = f"[...document.querySelectorAll('#rows button')].find({of_name})"
        browser.value(f"{button}.click()")
        browser.wait(f"{POPUP} === {json.dumps(PROGRAMS[number])}")
        browser.press("Escape")
    assert browser.value("window.hurt") is None
    assert browser.value("document.querySelectorAll('main script, main img').length") == 0
    assert browser.value("document.querySelector('#file').options[1].textContent") == "<b>.csv (7)"
    assert browser.complaints() == []


def test_filters_act_on_table_and_map(browser: Browser, page: Path) -> None:
    browser.open(page)

    def choose(name: str, value: str) -> None:
        found = f"document.getElementById({json.dumps(name)})"
        browser.value(f"void ({found}.value = {json.dumps(value)})")
        browser.value(f"{found}.dispatchEvent(new Event('change'))")

    choose("file", "other.csv")
    assert shown(browser) == (121, 0)
    choose("code", "section_unused")
    assert (shown(browser), browser.value(ROWS)) == ((1, 0), 1)
    choose("file", "")
    choose("code", "location_outside_area")
    assert shown(browser) == (1, 1)
    browser.value("document.querySelector('[data-severity=error]').click()")
    assert shown(browser) == (0, 0)
    assert browser.value("!document.getElementById('none').hidden")
    browser.value("document.querySelector('[data-severity=error]').click()")
    choose("code", "")
    browser.value("document.getElementById('search').focus()")
    browser.type("onerror")
    assert shown(browser)[0] == 2  # a name, and a section of the project


def test_the_map_draws_what_the_filters_leave(browser: Browser, page: Path) -> None:
    browser.open(page)
    ink = (
        "(() => { const c = document.querySelector('.leaflet-findings-pane canvas');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".reduce((sum, v, n) => sum + (n % 4 === 3 && v > 0), 0); })()"
    )
    before = browser.value(ink)
    browser.value("document.querySelector('[data-severity=warning]').click()")
    after = browser.value(ink)
    assert 0 < after < before


def test_the_table_is_sorted_by_its_heads(browser: Browser, page: Path) -> None:
    browser.open(page)

    def column(number: int) -> list[Any]:
        cells = f"#rows td:nth-child({number})"
        found = browser.value(
            f"[...document.querySelectorAll('{cells}')].map((e) => e.textContent)"
        )
        return list(found)

    order = ["error", "warning", "note"]
    assert [w.strip() for w in column(1)] == sorted((w.strip() for w in column(1)), key=order.index)
    head = "document.querySelector('[data-sort=code]')"
    browser.value(f"{head}.click()")
    codes = browser.value("[...document.querySelectorAll('#rows code')].map((e) => e.textContent)")
    assert codes == sorted(codes)
    assert browser.value(f"{head}.closest('th').getAttribute('aria-sort')") == "ascending"
    browser.value(f"{head}.click()")
    codes = browser.value("[...document.querySelectorAll('#rows code')].map((e) => e.textContent)")
    assert codes == sorted(codes, reverse=True)


def test_the_other_pages_of_the_table(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.value("document.getElementById('previous').disabled")
    browser.value("document.getElementById('next').click()")
    assert browser.value(ROWS) == 28
    assert browser.value("document.getElementById('page').textContent") == "Page 2 of 2"
    assert browser.value("document.getElementById('next').disabled")


def test_a_repair_is_a_line_to_the_proposed_place(browser: Browser, page: Path) -> None:
    browser.open(page)
    points = browser.value("JSON.parse(document.getElementById('data').textContent).points")
    at = [
        (points["lat"][n], points["lon"][n])
        for mark in ("error", "proposed")
        for n in [points["mark"].index(mark)]
    ]
    assert at == [(2.95, 115.32), (-2.95, 115.32)]
    shown_ = browser.value("document.querySelector('.map').id")
    lines = (
        f"Object.values({shown_}._layers).filter((e) => e.options.dashArray && e._latlngs.length)"
        ".map((e) => e._latlngs.flat().map((p) => [p.lat, p.lng]))"
    )
    assert [[2.95, 115.32], [-2.95, 115.32]] in browser.value(lines)
    first = "document.querySelector('#rows button')"
    browser.value(f"{first}.click()")
    browser.wait(POPUP)
    assert "Proposal: -2.95, 115.32" in browser.value(
        "document.querySelector('.leaflet-popup').textContent"
    )


def test_a_click_on_a_mark_tells_all_that_lies_there(browser: Browser, page: Path) -> None:
    browser.open(page)
    shown_ = browser.value("document.querySelector('.map').id")
    at = browser.value(
        f"(() => {{ const box = {shown_}.getContainer().getBoundingClientRect();"
        f"const at = {shown_}.latLngToContainerPoint([-2.92, 115.32]);"
        "return [box.x + at.x, box.y + at.y]; })()"
    )
    browser.click(*at)
    browser.wait(f"{POPUP} === {json.dumps(PROGRAMS[1])}")
    assert browser.value("document.activeElement.getAttribute('role')") == "dialog"
    browser.press("Escape")
    browser.wait("!document.querySelector('.leaflet-popup h2')")


def test_the_focus_comes_back_to_the_row(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.value("document.querySelector('#rows button').focus()")
    browser.press("Enter")
    browser.wait(POPUP)
    browser.press("Escape")
    browser.wait("document.activeElement.dataset.finding !== undefined")


def test_nothing_found_and_no_boundaries_is_a_page_too(
    browser: Browser, tmp_path: Path, checked: Checked
) -> None:
    (tmp_path / "schools.csv").write_text("npsn,nama,lat,lon\n1,A,-3,115\n", encoding="utf-8")
    (tmp_path / "kalsel-gap.toml").write_text('schools.path = "schools.csv"\n', encoding="utf-8")
    nothing = Checked(checked.schools, to_frame([]), checked.repairs.head(0))
    path = tmp_path / "check.html"
    path.write_text(html_of(nothing, read_project(tmp_path)), encoding="utf-8")
    browser.open(path)
    assert browser.complaints() == []
    assert browser.value(ROWS) == 0
    assert 'role="note"' not in path.read_text(encoding="utf-8")


# Tops of the lines that each number of the table stands on: of a broken one there are two.
BROKEN = """
(() => {
  const broken = [];
  const walk = document.createTreeWalker(document.querySelector("#rows"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.parentElement.closest("code")) continue;
    for (const found of node.data.matchAll(/-?[\\d.,]*\\d/g)) {
      const range = document.createRange();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (tops.size > 1) broken.push(found[0]);
    }
  }
  return broken;
})()
"""


@pytest.mark.parametrize("width", [1366, 1024, 360])
def test_no_number_is_broken_across_lines(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width, 768)
    assert browser.value("document.querySelectorAll('#rows .whole').length") > 100
    assert browser.value(BROKEN) == []


@pytest.mark.real
@pytest.mark.parametrize("width", [1366, 1024, 360])
def test_no_number_of_the_province_is_broken_across_lines(
    browser: Browser, real_page: Path, width: int
) -> None:
    browser.open(real_page, width, 768)
    assert browser.value(BROKEN) == []


def test_long_names_are_cut_and_can_be_read_in_full(
    browser: Browser, checked: Checked, opened: Opened, tmp_path: Path
) -> None:
    long = "SD NEGERI " + "SUNGAI YANG PANJANG SEKALI " * 8 + "1"
    schools = checked.schools.copy()
    schools["name"] = [long, *schools["name"].iloc[1:]]
    path = tmp_path / "check.html"
    renamed = Checked(schools, checked.findings, checked.repairs)
    path.write_text(html_of(renamed, opened), encoding="utf-8")
    browser.open(path, 1024, 768)
    name = (
        f"[...document.querySelectorAll('#rows .cut')].find((e) => e.title === {json.dumps(long)})"
    )
    assert browser.value(f"{name}.textContent") == long  # for screen readers
    lines = browser.value(
        f"{name}.getBoundingClientRect().height / parseFloat(getComputedStyle({name}).lineHeight)"
    )
    assert lines < 2.6


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768)])
def test_map_scale_and_table_stay_in_the_window(
    browser: Browser, page: Path, size: tuple[int, int]
) -> None:
    browser.open(page, *size)
    for part in (".map", ".leaflet-control-scale", "#table"):
        box = f"document.querySelector('{part}').getBoundingClientRect()"
        assert browser.value(f"{box}.bottom") <= size[1] + 0.5, part
    table = "document.getElementById('table')"
    assert browser.value(f"{table}.scrollWidth <= {table}.clientWidth")


def test_no_sea_is_drawn_where_none_is_known(browser: Browser, page: Path) -> None:
    browser.open(page)
    ground = browser.value("getComputedStyle(document.querySelector('.map')).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", ground)[:3])
    assert blue <= min(red, green)
    drawn = "[...document.querySelectorAll('.leaflet-land-pane path')]"
    assert browser.value(f"{drawn}.map((e) => e.getAttribute('fill'))") == [palette.LAND]


@pytest.mark.parametrize("paper", PAPERS)
def test_a_sheet_of_paper_holds_the_whole_map(
    browser: Browser, page: Path, paper: tuple[int, int]
) -> None:
    browser.open(page)
    browser.value("window.dispatchEvent(new Event('beforeprint'))")
    width, height = paper
    metrics = {"deviceScaleFactor": 1, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, **metrics)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    for part in (".screen", ".map", ".leaflet-control-scale", ".legend", ".imprint"):
        box = browser.value(
            f"(() => {{ const b = document.querySelector('{part}').getBoundingClientRect();"
            "return [b.width, b.height, b.right, b.bottom]; })()"
        )
        assert box[0] > 0, part
        assert box[1] > 0, part
        assert box[2] <= width, part
        assert box[3] <= height, part
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert "Printed on" in browser.value("document.querySelector('.imprint').textContent")
    browser.ask("Emulation.setEmulatedMedia", media="")


def test_rows_without_a_value_come_last_in_either_order(browser: Browser, page: Path) -> None:
    browser.open(page)
    head = "document.querySelector('[data-sort=proposal]')"
    first = "document.querySelector('#rows td:nth-child(5)').textContent"
    for _ in range(2):
        browser.value(f"{head}.click()")
        assert "-2.95, 115.32" in browser.value(first)
