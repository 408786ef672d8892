"""Size of a web map and time until its first mark is drawn, beside maps that folium makes itself.

The sample, the real province where its data lie beside the clone, and 50,000 invented schools. Each
page is opened several times in a headless Chromium without a network; the median counts. Beside it
the same schools as folium's ``FastMarkerCluster`` (needs the package
``XStatic-Leaflet-MarkerCluster``) and ``GeoJson``, whose pages hold name and tier and nothing else.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import statistics
import sys
import tempfile
import time
from functools import partial
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import folium
import numpy as np
from folium.plugins import FastMarkerCluster

from kalsel_gap import open_project
from kalsel_gap.deliverables import leaflet, offline_html, palette
from kalsel_gap.deliverables.web_map import to_html
from kalsel_gap.i18n.text import Text
from tests.conftest import Browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd

    from kalsel_gap.storage.run_folder import Run

ROOT = Path(__file__).parents[1]
INVENTED = 50_000
_SYLLABLES = ("BA", "LUM", "TE", "KO", "RAN", "SI", "PA", "NGUR", "HA", "WI", "DE", "MUN")
OPENED = 5  # times that each page is opened
_TOO_SLOW_S = 30.0  # a page that takes longer is opened once
_CLUSTER = {
    name: ("XStatic-Leaflet-MarkerCluster", name)
    for name in ("leaflet.markercluster.js", "MarkerCluster.css", "MarkerCluster.Default.css")
}
_WAIT = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".leaflet-marker-icon, path.leaflet-interactive")) return;
  performance.mark("marks-drawn");
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""


class Case(NamedTuple):
    """Schools to draw, and the most that their page may weigh and take."""

    name: str
    run: Run
    limit_mb: float
    limit_s: float


def cases(folder: Path) -> Iterator[Case]:
    """The runs, those whose data are here."""
    sample = open_project(ROOT / "data" / "sample").rank(out=folder / "sample")
    yield Case("sample", sample, 2.0, 1.0)
    if (ROOT.parent / "shared" / "kalsel").is_dir():
        project = open_project(ROOT / "tests" / "real" / "kalsel.toml")
        yield Case("real", project.rank(out=folder / "real"), 4.0, 1.5)
    yield Case("invented", invented(sample, INVENTED), 8.0, 4.0)


def invented(run: Run, count: int) -> Run:
    """A run of many schools: those of another, with places, names and numbers of their own."""
    chance = np.random.default_rng(1)
    schools = run.schools[run.schools["rank"].notna()]
    schools = schools.iloc[np.sort(chance.integers(0, len(schools), count))].reset_index(drop=True)
    numbers = np.arange(count)
    heads = ("SDN", "SD NEGERI", "SMP NEGERI", "MI AL")
    schools["npsn"] = [f"{10_000_000 + n}" for n in numbers]
    schools["row_id"] = [f"invented.csv:{n}" for n in numbers]
    words = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]
    first, second = chance.integers(0, len(words), (2, count))
    schools["name"] = [
        f"{heads[n % 4]} {words[first[n]]} {words[second[n]]} {n % 20}" for n in numbers
    ]
    for name in ("lat", "lon"):
        schools[name] = schools[name] + chance.normal(0.0, 0.05, count)
    for name in ("deficit", "priority", "completeness", "p_top_k"):
        moved = schools[name].astype("float64") + chance.normal(0.0, 0.02, count)
        schools[name] = moved.clip(0.0, 1.0)
    schools["students"] = chance.integers(20, 900, count)
    schools["rank"] = schools["deficit"].rank(method="min", ascending=False).astype("Int64")
    schools["rank_p05"] = (schools["rank"] * 0.8).astype("int64").clip(lower=1).astype("Int64")
    schools["rank_p95"] = (schools["rank"] * 1.3).astype("int64").clip(upper=count).astype("Int64")
    schools = schools.sort_values(["rank", "npsn"], ignore_index=True)
    return dataclasses.replace(run, schools=schools)


# --- pages --------------------------------------------------------------------------------------


class _Bare(offline_html.Page):
    """A page with nothing but its map."""

    def __init__(self) -> None:
        super().__init__("map", {})
        wait = offline_html.Inline("script", _WAIT)
        base = offline_html.Inline("script", offline_html.asset("base.js"))
        style = offline_html.Inline("style", "html, body, .map { height: 100%; margin: 0; }")
        self._added = (wait, base, style)

    def render(self, **kwargs: object) -> str:
        for child in list(self._children.values()):
            child.render(**kwargs)
        for number, element in enumerate(self._added):
            self.header.add_child(element, name=f"own_{number}")
        head, body = self.header.render(**kwargs), self.html.render(**kwargs)
        script = self.script.render(**kwargs)
        top = '<!DOCTYPE html><meta charset="utf-8"><body>'
        return f"{top}{head}{body}<script>{script}</script></body>"


def clustered(schools: gpd.GeoDataFrame) -> str:
    """The schools as a ``FastMarkerCluster``."""
    rows = schools[["lat", "lon", "name"]].values.tolist()
    callback = (
        "function (row) { return L.circleMarker([row[0], row[1]])"
        ".bindPopup(document.createTextNode(row[2]).textContent); }"
    )
    layer = FastMarkerCluster(rows, callback=callback)  # type: ignore[no-untyped-call]
    return _page(layer, schools)


def geojson(schools: gpd.GeoDataFrame) -> str:
    """The schools as ``GeoJson`` with a style for each."""
    shown = schools[["name", "tier_label", "geometry"]].copy()
    shown["geometry"] = shown.geometry.from_xy(schools["lon"], schools["lat"])
    colours = {label: mark.colour for label, mark in palette.TIERS.items()}
    layer = folium.GeoJson(
        shown.to_json(),
        marker=folium.CircleMarker(radius=5),
        style_function=lambda feature: {
            "color": colours.get(feature["properties"]["tier_label"], "#767676")
        },
    )
    return _page(layer, schools)


def _page(layer: folium.map.Layer, schools: gpd.GeoDataFrame) -> str:
    page, made = _Bare(), leaflet.Map("map", Text("en"))
    made.add_child(layer)
    made.fit_bounds(leaflet.bounds_of(schools, schools.iloc[:0]))
    page.add_child(made)
    return page.render()


class _Patient(Browser):
    """A browser that is given the time that a slow page takes."""

    def wait(self, expression: str, seconds: float = 300.0) -> None:
        super().wait(expression, seconds)


# --- measuring ----------------------------------------------------------------------------------


def first_mark_s(browser: Browser, page: Path) -> float:
    """Median of the seconds from the start of loading until a mark is drawn."""
    took: list[float] = []
    for _ in range(OPENED):
        browser.open(page, marks=False)
        browser.wait("performance.getEntriesByName('marks-drawn').length")
        mark = browser.value("performance.getEntriesByName('marks-drawn')[0].startTime")
        took.append(mark / 1000)
        browser.ask("Page.navigate", url="about:blank")
        if took[-1] > _TOO_SLOW_S:
            break
    assert browser.complaints() == []
    return statistics.median(took)


def main() -> None:
    """Print size and time of each page, and leave with 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("sample", "real", "invented"), help="one case")
    chosen = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("Chromium is not here")
    offline_html._INSTALLED |= _CLUSTER  # noqa: SLF001
    kept = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        browser = _Patient(program, folder / "profile")
        print(f"{'schools':>9} {'map':<18} {'built s':>8} {'MB':>7} {'first mark s':>13}")
        for case in cases(folder):
            if chosen.only not in (None, case.name):
                continue
            ways: dict[str, Callable[[], str]] = {
                "web map": partial(to_html, case.run, Text("id")),
                "FastMarkerCluster": partial(clustered, _placed(case.run)),
                "GeoJson": partial(geojson, _placed(case.run)),
            }
            for way, make in ways.items():
                begun_s = time.perf_counter()
                try:
                    html = make()
                except (LookupError, PackageNotFoundError) as error:
                    print(f"{len(case.run.schools):>9,} {way:<18} not installed: {error}")
                    continue
                built_s = time.perf_counter() - begun_s
                page = folder / "page.html"
                page.write_text(html, encoding="utf-8")
                size_mb, mark_s = page.stat().st_size / 1e6, first_mark_s(browser, page)
                is_ours = way == "web map"
                fits = size_mb <= case.limit_mb and mark_s <= case.limit_s
                kept &= fits or not is_ours
                limits = f"   limit {case.limit_mb:g} MB, {case.limit_s:g} s" if is_ours else ""
                print(
                    f"{len(case.run.schools):>9,} {way:<18} {built_s:>8.1f} {size_mb:>7.2f} "
                    f"{mark_s:>13.2f}{limits}{'' if fits or not is_ours else '   NOT KEPT'}",
                    flush=True,
                )
        browser.close()
    sys.exit(not kept)


def _placed(run: Run) -> gpd.GeoDataFrame:
    return run.schools[run.schools["lat"].notna()]


if __name__ == "__main__":
    main()
