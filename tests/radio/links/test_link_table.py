"""The links of one school, and `kalsel-gap predict school`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from pyproj import Geod
from scipy.special import ndtr

from kalsel_gap.errors import InputError
from kalsel_gap.radio.links import link_table, path_view

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from tests.conftest import CommandLine, MakeProject

SCHOOL = "00000109"  # 6.4 km from T00001, behind a ridge
SITES = (
    "site_id,operator,technology,lat,lon,antenna_height_m,frequency_mhz,eirp_dbm\n"
    "T00001,telkomsel,4g,-2.965,115.345,42,1800,62\n"
    "T00001,telkomsel,2g,-2.965,115.345,42,900,57\n"
    "T00002,telkomsel,2g,-2.945,115.325,52,900,57\n"
)
HEADER = SITES.splitlines(keepends=True)[0]
OFFSETS = "operator,technology,site_id,clutter,offset_db,held_out_rmse_db\n"


@pytest.fixture
def project(project: MakeProject) -> MakeProject:
    """The small project, whose sites have a power."""

    def make(
        sections: Mapping[str, Any] | None = None, *, files: Mapping[str, str] | None = None
    ) -> Opened:
        return project(sections, files={"sites.csv": SITES, **(files or {})})

    return cast("MakeProject", make)


def link_of(opened: Opened, site: str, technology: str) -> Any:
    links = link_table.list_links(opened, SCHOOL).links
    return links[(links["site_id"] == site) & (links["technology"] == technology)].iloc[0]


def test_a_link_by_hand(project: MakeProject) -> None:
    link = link_of(project(), "T00001", "4g")
    azimuth, _, away_m = Geod(ellps="WGS84").inv(115.388, -2.927, 115.345, -2.965)
    assert link["distance_km"] == pytest.approx(away_m / 1000.0)
    assert link["azimuth_deg"] == pytest.approx(azimuth % 360.0)
    # 20 MHz are 1200 resource elements; by Hata a village takes 31.924 - 11.939 dB at 1800 MHz.
    assert link["surroundings_db"] == pytest.approx(19.985, abs=1e-3)
    assert link["vegetation_db"] == 0.0
    lost_db = link["loss_db"] + link["surroundings_db"]
    assert link["level_dbm"] == pytest.approx(62.0 - 10 * math.log10(1200) - lost_db)
    assert (link["eirp_dbm"], link["pattern_db"]) == (62.0, 0.0)
    assert link["share_db"] == pytest.approx(-10 * math.log10(1200))
    assert link["margin_db"] == pytest.approx(link["level_dbm"] + 110.0)
    free_space = 20 * math.log10(4 * math.pi * away_m / (299.792458 / 1800.0))
    assert link["free_space_db"] == pytest.approx(free_space, abs=0.01)
    assert link["loss_db"] > link["free_space_db"] + 30.0
    assert link["itm_loss_db"] > link["free_space_db"] + 30.0
    assert not link["line_of_sight"]
    assert link["clearance_ratio_worst"] < link["clearance_ratio"] < 0.0
    assert link["calibration"] == "uncalibrated"


NEAR = f"{HEADER}A,a,4g,-2.9255,115.388,42,1800,62\n"  # 166 m north of the school


def test_an_antenna_on_the_roof_by_hand(project: MakeProject) -> None:
    """Below the least distance of P.1812 only the distance and the surroundings count."""
    found = link_table.list_links(project(files={"sites.csv": NEAR}), SCHOOL)
    link: Any = found.links.iloc[0]
    site_m, school_m = link_table.view(found).ground_m[[0, -1]]
    phone_m, roof_m = (
        math.hypot(1000.0 * link["distance_km"], site_m + 42.0 - school_m - height)
        for height in (1.5, 6.0)
    )
    # 9 dBi; of 19.985 dB for the village 19.985·15.382/21.757 are left at 6 m.
    expected_db = 9.0 + 19.985 * (1.0 - 15.382 / 21.757) + 20.0 * math.log10(phone_m / roof_m)
    assert link["model"] == "free_space"
    assert link["cpe_dbm"] - link["level_dbm"] == pytest.approx(expected_db, abs=2e-3)
    assert link["cpe_margin_db"] == pytest.approx(link["cpe_dbm"] + 110.0)
    assert link["hop_status"] == "feasible"


def test_behind_a_ridge_an_antenna_gains_by_its_height(project: MakeProject) -> None:
    link = link_of(project(), "T00001", "4g")
    assert link["cpe_dbm"] - link["level_dbm"] > 9.0 + 5.855
    higher = link_of(project({"radio": {"receiver": {"cpe_height_m": 20.0}}}), "T00001", "4g")
    assert higher["cpe_dbm"] - link["cpe_dbm"] > 14.13  # the rest of the village loss, and terrain
    assert higher["level_dbm"] == link["level_dbm"]


def test_inside_the_building_by_hand(project: MakeProject) -> None:
    link = link_of(project(files={"sites.csv": NEAR}), "A", "4g")
    # ITU-R P.2109 at 1800 MHz: 14.843 dB. A is 13.652 ± 10.111, B 8.334 ± 3.989: from 7.389 to
    # 24.072 dB, a spread of 8.342.
    assert link["level_dbm"] - link["indoor_dbm"] == pytest.approx(14.843, abs=1e-3)
    spread_db = math.hypot(link["sd_db"], 8.342)
    assert link["indoor_sd_db"] == pytest.approx(spread_db, abs=1e-3)
    share = ndtr((link["indoor_dbm"] + 110.0) / link["indoor_sd_db"])
    assert link["indoor_share"] == pytest.approx(share)
    foil = {"radio": {"prediction": {"building": "efficient"}}}
    shielded = link_of(project(foil, files={"sites.csv": NEAR}), "A", "4g")
    assert link["indoor_dbm"] - shielded["indoor_dbm"] > 15.0


def test_a_mast_of_the_stated_height_would_clear_the_hop(project: MakeProject) -> None:
    tallest = {"radio": {"microwave": {"tallest_m": 200.0}}}
    assert link_of(project(), "T00001", "4g")["hop_status"] == "too_tall"
    link = link_of(project(tallest), "T00001", "4g")
    assert link["hop_status"] == "blocked"
    # The narrower Fresnel zone of the microwave is obstructed less than that of the phone.
    assert 6.0 < link["hop_mast_m"] < link["school_mast_m"]
    pole = {"radio": {"receiver": {"cpe_height_m": math.ceil(link["hop_mast_m"])}}}
    raised = link_of(project(pole), "T00001", "4g")
    assert raised["hop_status"] == "feasible"
    assert 0.6 <= raised["hop_clearance_ratio"] < 0.7


def test_better_links_come_first(project: MakeProject) -> None:
    links = link_table.list_links(project(), "00000103").links
    assert links["adequacy"].is_monotonic_decreasing
    # 4G at -79 dBm serves better than 2G at -36 dBm.
    assert links["technology"].tolist() == ["4g", "2g", "2g"]
    assert links["level_dbm"][1] > links["level_dbm"][0]


def test_of_unusable_links_the_nearest_to_usable_comes_first(
    project: MakeProject,
) -> None:
    # Usable is 2G from -95 dBm and 4G from -110 dBm: at 16 dB less 2G has the larger level.
    sites = f"{HEADER}A,a,4g,-2.965,115.345,42,1800,20\nA,a,2g,-2.965,115.345,42,1800,0\n"
    links = link_table.list_links(project(files={"sites.csv": sites}), SCHOOL).links
    assert not (links["adequacy"] > 0.0).any()
    assert links["margin_db"].is_monotonic_decreasing


def test_a_site_at_the_very_place_of_the_school(project: MakeProject) -> None:
    sites = f"{HEADER}A,a,4g,-2.927,115.388,1.5,1800,62\n"
    link = link_of(project(files={"sites.csv": sites}), "A", "4g")
    # A metre apart: 92.4 + 20·log10(1.8·0.001).
    assert link["loss_db"] == pytest.approx(92.4 + 20 * math.log10(1.8e-3), abs=1e-6)
    assert link["status"] == "value"


def test_a_mast_of_the_stated_height_would_be_clear(project: MakeProject) -> None:
    link = link_of(project(), "T00001", "4g")
    mast_m = math.ceil(link["site_mast_m"])
    sites = f"{HEADER}T00001,telkomsel,4g,-2.965,115.345,{mast_m},1800,62\n"
    higher = link_of(project(files={"sites.csv": sites}), "T00001", "4g")
    assert 0.6 <= higher["clearance_ratio"] < 0.65
    assert higher["diffraction_db"] < link["diffraction_db"]


@pytest.mark.parametrize(
    ("terms", "status", "hop_status"),
    [
        (",1800,62", "antenna", "antenna"),
        # A hop has a frequency and a power of its own.
        ("42,,62", "frequency", "too_tall"),
        ("42,1800,", "power", "too_tall"),
        ("42,9000,62", "frequency", "too_tall"),
        ("42,1800,62", "value", "too_tall"),
    ],
)
def test_missing_values_are_reported(
    project: MakeProject, terms: str, status: str, hop_status: str
) -> None:
    sites = f"{HEADER}A,a,4g,-2.965,115.345,{terms}\n"
    link = link_of(project(files={"sites.csv": sites}), "A", "4g")
    assert link["status"] == status
    ways = ["level_dbm", "indoor_dbm", "indoor_sd_db", "indoor_share", "cpe_dbm", "cpe_margin_db"]
    assert link[ways].isna().tolist() == [status != "value"] * len(ways)
    assert link["hop_status"] == hop_status
    assert np.isnan(link["hop_margin_db"]) == (hop_status != "too_tall")


def test_a_void_leaves_nothing_known(project: MakeProject) -> None:
    opened = project({"elevation": {"sea": "none"}})
    with rasterio.open(opened.path.parent / "dem.tif", "r+") as dem:
        heights = dem.read(1)
        row, col = dem.index(115.3665, -2.946)  # half way
        heights[row - 1 : row + 2, col - 1 : col + 2] = dem.nodata
        dem.write(heights, 1)
    link = link_of(opened, "T00001", "4g")
    assert (link["status"], link["hop_status"]) == ("void", "void")
    numbers = [n for n in link_table.COLUMNS if n.startswith(("indoor", "cpe", "hop"))][:-1]
    assert link[numbers].isna().all()


def test_a_site_off_the_model_has_no_picture(project: MakeProject) -> None:
    sites = f"{HEADER}A,a,4g,-2.90,115.10,42,1800,62\n"
    found = link_table.list_links(project(files={"sites.csv": sites}), SCHOOL)
    assert found.links["status"].tolist() == ["site_off_elevation"]
    assert [(f.code, f.row) for f in found.findings if f.severity != "note"] == [
        ("site_off_elevation", 2)
    ]
    assert found.links["hop_status"].tolist() == ["site_off_elevation"]
    numbers = ["level_dbm", "sd_db", "indoor_sd_db", "indoor_share", "cpe_dbm", "hop_mast_m"]
    assert found.links[numbers].isna().all(axis=None)
    assert found.links["line_of_sight"].isna().all()
    with pytest.raises(InputError, match="path_not_drawn"):
        link_table.view(found)


def test_picture_and_table_name_the_same_obstacle(project: MakeProject) -> None:
    found = link_table.list_links(project(), SCHOOL)
    view = link_table.view(found)
    link: Any = found.links.iloc[0]
    worst = path_view.worst(view)
    assert worst.ratio == pytest.approx(link["clearance_ratio"], rel=1e-6)
    assert worst.excess_m == pytest.approx(link["obstacle_excess_m"], abs=1e-4)
    from_site = link["distance_km"] - link["obstacle_km"]
    assert view.distance_km[worst.sample] == pytest.approx(from_site, abs=1e-6)


def test_offsets_are_added_and_shown(project: MakeProject) -> None:
    offsets = OFFSETS + "telkomsel,4g,,,-7,8.5\ntelkomsel,4g,T00001,,2,\n"
    given = project({"calibration": {"path": "cal.csv"}}, files={"cal.csv": offsets})
    bare, link = (link_of(each, "T00001", "4g") for each in (project(), given))
    for name in ("level_dbm", "indoor_dbm", "cpe_dbm"):
        assert link[name] == pytest.approx(bare[name] - 5.0)
    assert link["indoor_sd_db"] == pytest.approx(math.hypot(8.5, 8.342), abs=1e-3)
    assert (link["calibration"], link["offset_db"], link["sd_db"]) == ("calibrated", -5.0, 8.5)
    assert link_of(given, "T00001", "2g")["calibration"] == "uncalibrated"


def test_without_a_file_of_offsets_nothing_is_calibrated(project: MakeProject) -> None:
    given = project({"calibration": {"path": "cal.csv"}})
    assert set(link_table.list_links(given, SCHOOL).links["calibration"]) == {"uncalibrated"}


@pytest.mark.parametrize(
    ("npsn", "sections", "code"),
    [
        ("00000199", {}, "school_unknown"),
        ("00000107", {}, "school_not_placed"),
        (SCHOOL, {"elevation": None}, "elevation_missing"),
        (SCHOOL, {"sites": None}, "sites_missing"),
        (SCHOOL, {"radio": {"candidates": {"reach_km": 0.5}}}, "no_site_near"),
    ],
)
def test_impossible_requests_are_errors(
    project: MakeProject, npsn: str, sections: dict[str, object], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        link_table.list_links(project(sections), npsn)
    assert caught.value.code == code


def test_command_prints_and_draws(project: MakeProject, cli: CommandLine, tmp_path: Path) -> None:
    path = project().path
    picture = tmp_path / "path.svg"
    said = cli(
        "predict", "school", "00000103", "-p", path, "--format", "json", "--picture", picture
    )
    assert said.status == 0
    assert [row["technology"] for row in json.loads(said.out)] == ["4g", "2g", "2g"]
    assert "Uncalibrated" in said.err
    assert "ITU-R P.2109" in said.err
    for row in json.loads(said.out):
        assert row["hop_status"] == "feasible"
        assert 0.0 <= row["indoor_share"] <= 1.0
    root = ET.fromstring(picture.read_bytes())
    assert "script" not in {each.tag.rpartition("}")[2] for each in root.iter()}
    before = picture.read_bytes()
    cli("predict", "school", "00000103", "-p", path, "--picture", picture, "-q")
    assert picture.read_bytes() == before
    table = cli("predict", "school", SCHOOL, "-p", path, "--format", "table", "-q")
    assert b"T00001" in table.out
    assert table.err == ""


def test_options_choose_the_sites(project: MakeProject, cli: CommandLine) -> None:
    command = ("predict", "school", "00000103", "-p", project().path, "-f", "json", "-q")
    for options, kept in (
        (("--technology", "4g"), [("T00001", "4g")]),
        (("--operator", "Telkomsel", "--technology", "2g", "--radius-km", "3"), [("T00002", "2g")]),
    ):
        said = cli(*command, *options)
        assert said.status == 0, said.err
        links = [(row["site_id"], row["technology"]) for row in json.loads(said.out)]
        assert links == kept, json.loads(said.out)
    for options, words in (
        (("--operator", "Telkomsl"), "Did you mean"),
        (("--technology", "5g"), "5G"),
    ):
        assert words in cli(*command, *options).err


def test_no_layer_at_all_is_refused(project: MakeProject, cli: CommandLine) -> None:
    refused = cli("predict", "coverage", "-p", project().path, "--layers", " , ")
    assert refused.status == 1
    assert "there is no layer" in refused.err


@pytest.mark.parametrize("lang", ["en", "id"])
def test_no_width_of_a_terminal_cuts_a_word(
    project: MakeProject, cli: CommandLine, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    """A site without a height has a long reason, and all other columns are still shown."""
    sites = f"{HEADER}A site with a name,An operator,4g,-2.965,115.345,,1800,62\n"
    path = project(files={"sites.csv": sites}).path
    reason = {"en": "antenna height missing", "id": "tinggi antena tidak ada"}[lang]
    for width in range(80, 240, 13):
        monkeypatch.setenv("COLUMNS", str(width))
        arguments = (SCHOOL, "--format", "table", "--lang", lang)
        table = cli("predict", "school", "-p", path, *arguments).out.decode().partition("\n\n")[0]
        # A word may be folded, but no letter of it is lost.
        letters = "".join(table.split())
        for word in reason.split():
            assert word in letters, (width, table)


def test_a_narrow_table_keeps_what_matters(
    project: MakeProject, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    offsets = f"{OFFSETS}telkomsel,4g,,,-7.5,9\n"
    files = {"cal.csv": offsets}
    path = project({"calibration": {"path": "cal.csv"}}, files=files).path
    monkeypatch.setenv("COLUMNS", "80")
    said = cli("predict", "school", SCHOOL, "-p", path, "--format", "table")
    table = said.out.decode()
    assert max(map(len, table.splitlines())) <= 80
    head = " ".join(table.partition("T0000")[0].split())
    for word in ("Basis", "± dB", "Obstacle", "Excess"):
        assert word.split()[0] in head, table
    assert " calibrated" in table
    assert " uncalibrated" in table
    ways = table.partition("Best link: T00001 (telkomsel, 2G; uncalibrated)\n")[2]
    assert [line.partition("  ")[0] for line in ways.splitlines() if line[:1].isalpha()] == [
        "Phone outdoors",
        "Phone indoors",
        "Antenna on the roof",
        "Microwave",
    ]
    assert "needs a mast of" in ways
    assert "Status" not in head  # all are known
    left_out = next(line for line in said.err.splitlines() if line.startswith("Columns not shown"))
    assert "LOS" in left_out
    assert "Status" not in left_out
    assert "--format csv" in left_out
    assert "Calibrated: 4G telkomsel." in said.err
    assert "Uncalibrated: 2G telkomsel." in said.err
    assert "assumed to have" in said.err


def test_names_of_others_are_no_markup(project: MakeProject, cli: CommandLine) -> None:
    sites = f"{HEADER}[red]A\x1b[31m,a,4g,-2.965,115.345,42,1800,62\n"
    path = project(files={"sites.csv": sites}).path
    table = cli("predict", "school", SCHOOL, "-p", path, "--format", "table", "-q").out
    assert b"\x1b" not in table
    assert table.count(b"[red]A") == 3  # in the table, as the best link, and as the best hop


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        (("--lang", "en"), (), "Radio path"),
        (("--lang", "id"), (), "Lintasan radio"),
        (("--lang", "id"), ("--lang", "en"), "Radio path"),
    ],
)
def test_the_language_counts_before_and_after_the_command(
    project: MakeProject,
    cli: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[str, ...],
    after: tuple[str, ...],
    title: str,
) -> None:
    path, picture = project({"project": {"language": "id"}}).path, tmp_path / "path.svg"
    monkeypatch.delenv("KALSEL_GAP_LANG")
    answer = cli(
        *before, "predict", "school", SCHOOL, "-p", path, "--picture", picture, "-q", *after
    )
    assert answer.status == 0
    assert title in picture.read_text(encoding="utf-8")


def test_a_picture_that_cannot_be_written_is_refused_first(
    project: MakeProject, cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project().path
    monkeypatch.setattr(link_table, "list_links", lambda *_, **__: pytest.fail("computed"))
    (tmp_path / "a.svg").mkdir()
    for picture, words in (
        (tmp_path / "a.svg", f"{tmp_path / 'a.svg'}: cannot be written: it is a folder"),
        (tmp_path / "no" / "a.svg", f"{tmp_path / 'no'}: there is no such folder"),
        (path.parent / "sites.csv", "is never overwritten"),
    ):
        refused = cli("predict", "school", SCHOOL, "-p", path, "--picture", picture)
        assert refused.status == 1
        assert words in refused.err
        assert "--out" not in refused.err
    assert [each.name for each in tmp_path.iterdir() if each.is_dir()].count("no") == 0


def test_command_refuses(project: MakeProject, cli: CommandLine, tmp_path: Path) -> None:
    path = project().path
    unknown = cli("predict", "school", "00000199", "-p", path)
    assert unknown.status == 1
    assert "Did you mean “00000109”?" in unknown.err
    refused = cli("predict", "school", SCHOOL, "-p", path, "--picture", tmp_path / "a.jpg")
    assert refused.status == 1
    assert "must end in .png, .svg" in refused.err
    assert list(tmp_path.iterdir()) == []
