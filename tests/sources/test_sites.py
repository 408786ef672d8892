from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pyproj import Transformer

from kalsel_gap.errors import InputError, SeveralErrors
from kalsel_gap.sources.sites import COLUMNS, read_sites
from tests.spreadsheets import Cell, Sheet, xlsx

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject


def read(project: MakeProject, text: str, **section: Any) -> tuple[pd.DataFrame, list[Finding]]:
    sections = {"sites": {"path": "sites.csv", **section}}
    return read_sites(project(sections, files={"sites.csv": text}, bare=True))


def test_our_own_columns(project: MakeProject) -> None:
    sites, findings = read_sites(project())
    assert list(sites.columns) == list(COLUMNS)
    assert sites["technology"].tolist() == ["4g", "2g", "2g"]
    numbers = ["lat", "lon", "antenna_height_m", "frequency_mhz", "eirp_dbm"]
    assert list(sites.loc[2, numbers[:-1]]) == [-2.945, 115.325, 52.0, 900.0]
    assert sites["eirp_dbm"].isna().all()
    assert sites["row"].tolist() == [2, 3, 4]
    assert {f.code for f in findings} <= {"columns_understood"}


def test_opencellid(project: MakeProject) -> None:
    sites, findings = read(
        project,
        "radio,mcc,net,area,cell,lon,lat\n"
        "LTE,510,10,1,7,115.5,-3.1\n"
        "GSM,510,01,1,8,115.6,-3.2\n"
        "UMTS,510,11,1,9,115.7,-3.3\n"
        "NR,510,99,1,10,115.8,-3.4\n"
        "LTE,525,10,1,11,115.9,-3.5\n",
    )
    assert sites["technology"].tolist() == ["4g", "2g", "3g", "5g", "4g"]
    # 510-99 is nobody we know, and 525 is not Indonesia.
    assert sites["operator"].tolist() == ["telkomsel", "indosat", "xlsmart", "", ""]
    assert sites["site_id"].tolist() == ["7", "8", "9", "10", "11"]
    assert {f.code for f in findings} <= {"columns_understood"}


def test_the_real_opencellid_file(shared: Path, project: MakeProject) -> None:
    path = shared / "kalsel" / "towers" / "opencellid_510_kalsel.csv"
    sites, findings = read_sites(project({"sites": {"path": str(path)}}, bare=True))
    assert len(sites) == 23
    assert {f.code for f in findings} <= {"columns_understood"}


def test_a_row_without_place_or_technology_is_a_finding(project: MakeProject) -> None:
    sites, findings = read(
        project,
        "site_id,technology,lat,lon\n"
        "A,4g,,\n"
        "B,4g,0,0\n"
        "C,4g,-95,115\n"
        "D,wimax,-3,115\n"
        "E,,-3,115\n"
        "F,wimax,x,115\n"
        "G,LTE,-3,115,5\n",
    )
    assert sites["site_id"].tolist() == ["G"]
    assert sorted((f.row, f.code, f.value) for f in findings) == [
        (2, "site_unusable", ", "),
        (3, "site_unusable", "0, 0"),
        (4, "site_unusable", "-95, 115"),
        (5, "technology_unknown", "wimax"),
        (6, "technology_unknown", ""),
        (7, "site_unusable", "x, 115"),
        (8, "row_too_long", ""),
    ]


def test_technology_and_operator_of_the_whole_table(project: MakeProject) -> None:
    sites, _ = read(project, "lat,lon\n-3,115\n", technology="4g", operator="any")
    assert list(sites.loc[0, ["technology", "operator"]]) == ["4g", "any"]
    assert sites["antenna_height_m"].isna().all()


def test_without_a_technology_the_table_is_unusable(project: MakeProject) -> None:
    with pytest.raises(InputError) as caught:
        read(project, "lat,lon\n-3,115\n")
    assert (caught.value.code, caught.value.column) == ("column_missing", "technology")


def test_no_usable_site_is_an_empty_table(project: MakeProject) -> None:
    sites, findings = read(project, "technology,lat,lon\n4g,,\n")
    assert sites.empty
    assert list(sites.columns) == list(COLUMNS)
    assert len(findings) == 1


def test_no_sites_at_all(project: MakeProject) -> None:
    sites, findings = read_sites(project(bare=True))
    assert sites.empty
    assert list(sites.columns) == list(COLUMNS)
    assert {f.code for f in findings} <= {"columns_understood"}


STATEMENTS = {"antenna_height_m": 30, "frequency_mhz": 1800, "eirp_dbm": 60, "bandwidth_mhz": 10}


def test_what_the_section_states_holds_for_rows_without_it(project: MakeProject) -> None:
    text = (
        "technology,lat,lon,tinggi_antena,frekuensi,eirp,lebar pita\n"
        "4g,-3,115,42,900,,\n4g,-3,115.1,,,58,\n4g,,,,,,\n"
    )
    sites, findings = read(project, text, **STATEMENTS)
    assert sites[list(STATEMENTS)].to_numpy().tolist() == [
        [42.0, 900.0, 60.0, 10.0],
        [30.0, 1800.0, 58.0, 10.0],
    ]
    told = [(f.column, f.value, f.parameters) for f in findings if f.code == "site_term_stated"]
    assert told == [
        ("antenna_height_m", "30", {"count": 1}),
        ("frequency_mhz", "1800", {"count": 1}),
        ("eirp_dbm", "60", {"count": 1}),
        ("bandwidth_mhz", "10", {"count": 2}),
    ]
    assert {f.file for f in findings} == {"sites.csv"}


def test_nothing_is_stated_where_every_row_has_it(project: MakeProject) -> None:
    _, findings = read(project, "technology,lat,lon,eirp_dbm\n4g,-3,115,61\n", eirp_dbm=60)
    assert findings == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("antenna_height_m", 0.5), ("antenna_height_m", 3001)),
        *(("frequency_mhz", 29), ("frequency_mhz", 6001), ("bandwidth_mhz", 0)),
    ],
)
def test_a_statement_that_no_model_covers_is_refused(
    project: MakeProject, key: str, value: float
) -> None:
    with pytest.raises(SeveralErrors) as caught:
        read(project, "technology,lat,lon\n4g,-3,115\n", **{key: value})
    assert [(e.code, e.column) for e in caught.value.errors] == [("value_wrong", f"sites.0.{key}")]


def test_angles_and_powers_off_their_range_are_not_used(project: MakeProject) -> None:
    sites, findings = read(
        project,
        "technology,lat,lon,azimut,kemiringan,eirp\n"
        "4g,-3,115,360,2,62\n4g,-3,115,-1,100,1500\n4g,-3,115,omni,,\n",
    )
    names = ["azimuth_deg", "downtilt_deg", "eirp_dbm"]
    assert list(sites.loc[0, names]) == [0.0, 2.0, 62.0]
    assert sites[names].iloc[1:].isna().to_numpy().all()
    refused = [f for f in findings if f.code == "site_azimuth_refused"]
    assert [(f.row, f.column, f.value) for f in refused] == [(3, "azimuth_deg", "-1")]
    findings = [f for f in findings if f not in refused]
    odd = [(f.row, f.column, f.value, f.parameters["known"]) for f in findings]
    assert odd == [
        (3, "eirp_dbm", "1500", "0–100"),
        (3, "downtilt_deg", "100", "-90–90"),
    ]
    assert {f.code for f in findings} == {"site_term_implausible"}


def test_azimuths_beyond_a_turn_are_directions_and_words_are_none(project: MakeProject) -> None:
    given = ("-90", "450", "720", "-361", "999", "upwards", "Omni", "")
    rows = "".join(f"4g,-3,115,{each}\n" for each in given)
    sites, findings = read(project, "technology,lat,lon,azimuth\n" + rows)
    assert sites["azimuth_deg"].fillna(-1.0).tolist() == [270.0, 90.0, 0.0, *[-1.0] * 5]
    refused = [(f.row, f.value) for f in findings if f.code == "site_azimuth_refused"]
    assert refused == [(5, "-361"), (6, "999"), (7, "upwards")]


ROW = "LTE,510,10,1,2,0,114.8472,-3.4112,1000,12,1,1459813819,1700000000,0\n"


def test_a_download_of_opencellid_without_a_header(project: MakeProject) -> None:
    sites, findings = read(project, ROW + ROW.replace("LTE", "CDMA") + ROW.replace("LTE", "GSM"))
    assert sites[["technology", "lat", "lon", "row"]].to_numpy().tolist() == [
        ["4g", -3.4112, 114.8472, 1],
        ["2g", -3.4112, 114.8472, 3],
    ]
    told = {f.code: f.row for f in findings}
    assert told["header_supplied"] == 1
    assert told["technology_unknown"] == 2
    assert "column_not_understood" not in told


def test_another_table_without_a_header_is_refused(project: MakeProject) -> None:
    with pytest.raises(InputError) as caught:
        read(project, "BJM001,-3.4112,114.8472,Telkomsel,1234567\n")
    assert caught.value.code == "table_no_header"


def test_sheets_of_operators_are_one_list(project: MakeProject) -> None:
    header: list[Cell] = ["Site ID", "Teknologi", "Operator", "Koordinat", None]
    places: list[Cell] = [None, None, None, "Lintang", "Bujur"]
    sheets = [
        Sheet(name, [header, places, [f"{name}1", "4G", name, -3.25, 115.5], ["Jumlah", 1]])
        for name in ("Telkomsel", "Indosat")
    ]
    sections = {"sites": {"path": "a.xlsx"}}
    sites, findings = read_sites(project(sections, files={"a.xlsx": xlsx(sheets)}, bare=True))
    assert sites["file"].tolist() == ["a.xlsx[Telkomsel]", "a.xlsx[Indosat]"]
    assert sites["lat"].tolist() == [-3.25, -3.25]
    told = [(f.code, f.file, f.row) for f in findings if f.code != "columns_understood"]
    assert told == [
        (code, f"a.xlsx[{name}]", row)
        for name in ("Telkomsel", "Indosat")
        for code, row in (("header_of_several_rows", 1), ("rows_sum_up", 4))
    ]


def test_numbers_with_units_and_what_is_none(project: MakeProject) -> None:
    text = (
        "site,operator,radio,lat,lon,Tinggi (ft),Frekuensi [GHz],eirp\n"
        "A,x,LTE,-3,115,100,1.8,61 dBm\n"
        "B,x,LTE,-3,115,42 m,1800 MHz,20 W\n"
        "C,x,LTE,-3,115,1.070 m,1.8,\n"
        "D,x,LTE,-3,115,30 dBm,B3,-\n"
    )
    sites, findings = read(project, text, antenna_height_m=30, frequency_mhz=2100, eirp_dbm=55)
    height, eirp = sites["antenna_height_m"], sites["eirp_dbm"]
    assert height.fillna(-1.0).tolist() == [30.48, 42.0, -1.0, -1.0]  # never the stated 30
    assert sites["frequency_mhz"].fillna(-1.0).tolist() == [1800.0, 1800.0, 1800.0, -1.0]
    assert eirp.round(2).tolist() == [61.0, 43.01, 55.0, 55.0]
    unread = [(f.row, f.column, f.value) for f in findings if f.code == "quantity_not_read"]
    assert sorted(unread) == [
        (4, "antenna_height_m", "1.070 m"),
        (5, "antenna_height_m", "30 dBm"),
        (5, "frequency_mhz", "B3"),
    ]
    stated = [(f.column, f.parameters) for f in findings if f.code == "site_term_stated"]
    assert stated == [("eirp_dbm", {"count": 2})]


def test_several_technologies_and_sectors_are_a_row_each(project: MakeProject) -> None:
    text = (
        "site,operator,radio,lat,lon,frequency,azimuth\n"
        "A,x,2G/4G,-3,115,2300,0/120/240\n"
        "B,x,2G/3G,-3,115,900,\n"
        "C,x,GSM 900,-3,115,,Utara\n"
    )
    sites, findings = read(project, text)
    of_a = sites[sites["site_id"] == "A"]
    assert of_a["technology"].tolist() == ["2g"] * 3 + ["4g"] * 3
    assert of_a["azimuth_deg"].tolist() == [0.0, 120.0, 240.0] * 2
    assert of_a["frequency_mhz"].fillna(0.0).tolist() == [0.0] * 3 + [2300.0] * 3
    assert sites["row"].tolist() == [2] * 6 + [3] * 2 + [4]
    assert sites[sites["site_id"] == "C"]["frequency_mhz"].tolist() == [900.0]
    loose = [(f.row, f.value) for f in findings if f.code == "carrier_not_assigned"]
    assert loose == [(3, "900")]


def test_two_columns_of_operators_are_two_operators(project: MakeProject) -> None:
    text = "radio,lat,lon,operator_a,operator_b\nLTE,-3,115,Satu,Dua\nLTE,-3.1,115,Satu,\n"
    sites, findings = read(project, text)
    assert sites["operator"].tolist() == ["satu", "dua", "satu"]
    assert not {"column_not_understood"} & {f.code for f in findings}


def test_a_list_of_operators_in_one_cell_is_several(project: MakeProject) -> None:
    text = 'radio,lat,lon,operator\nLTE,-3,115,"Telkomsel, XL"\nLTE,-3.1,115,Satu & Dua\n'
    sites, _ = read(project, text)
    assert sites["operator"].tolist() == ["telkomsel", "xl", "satu & dua"]


def test_metres_are_read_by_declaration_or_where_only_one_zone_fits(project: MakeProject) -> None:
    metres = Transformer.from_crs(4326, 32750, always_xy=True)
    places = [(115.35, -2.95), (115.325, -2.945)]
    rows = "".join(
        f"LTE,{x:.2f},{y:.2f}\n" for x, y in map(metres.transform, *zip(*places, strict=True))
    )
    files = {"sites.csv": f"radio,X,Y\n{rows}"}

    def read_metres(**section: Any) -> tuple[pd.DataFrame, list[str]]:
        sections = {"sites": {"path": "sites.csv", **section}}
        sites, findings = read_sites(project(sections, files=files))
        return sites, [f.value for f in findings if f.code == "coordinates_projected"]

    for sites, noted in (read_metres(), read_metres(crs="EPSG:32750")):
        assert sites[["lon", "lat"]].round(6).to_numpy().tolist() == [list(p) for p in places]
        assert noted in (["EPSG:32750"], [])
    assert read_metres()[1] == ["EPSG:32750"]
    assert read_metres(crs="EPSG:32750")[1] == []


def test_the_range_of_a_cell_is_the_uncertainty_of_its_place(project: MakeProject) -> None:
    text = (
        "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable\n"
        "LTE,510,10,1,1,0,115,-3,1000,5,1\n"
        "LTE,510,10,1,2,0,115,-3,1000,5,0\n"
        "LTE,510,10,1,3,0,115,-3,0,5,1\n"
    )
    sites, _ = read(project, text)
    assert sites["position_m"].fillna(0.0).tolist() == [1000.0, 0.0, 0.0]
