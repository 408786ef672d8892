"""Files of several tables, and files whose ending says something else than their content."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import Text
from kalsel_gap.sources.coverage import read_polygons
from kalsel_gap.sources.formats import table_cells
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table
from tests.spreadsheets import Sheet, ods, web_page, xls, xlsb, xlsx, xml_2003, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject
    from tests.spreadsheets import Cell

HEADER = ["npsn", "nama", "bentuk", "lintang", "bujur"]
FIRST: list[list[Any]] = [
    ["30300001", "SDN 1", "SD", -3.25, 115.5],
    ["30300002", "SDN 2", "SD", -3.5, 115.25],
]
SECOND: list[list[Any]] = [["30300003", "SMPN 3", "SMP", -3.75, 115.75]]
ALIASES = {
    "npsn": ("npsn",),
    "name": ("nama",),
    "level": ("bentuk",),
    "lat": ("lintang",),
    "lon": ("bujur",),
}
NEEDED = ("npsn", "name", "lat", "lon")


def sheet(name: str, rows: Sequence[Sequence[Any]], state: str = "visible") -> Sheet:
    return Sheet(name, [list(HEADER), *map(list, rows)], state=state)


def two(name: str = "SMP") -> list[Sheet]:
    return [sheet("SD", FIRST), sheet(name, SECOND)]


def text_of(rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join(",".join(map(str, row)) for row in [HEADER, *rows]) + "\n"


def features(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "properties": dict(zip(HEADER[:3], row, strict=False)),
            "geometry": {"type": "Point", "coordinates": [row[4], row[3]]},
        }
        for row in rows
    ]


def collection(rows: Sequence[Sequence[Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features(rows)}).encode()


def shaped(rows: Sequence[Sequence[Any]]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame([row[:3] for row in rows], columns=HEADER[:3])
    points = gpd.points_from_xy([row[4] for row in rows], [row[3] for row in rows])
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def placemarks(rows: Sequence[Sequence[Any]]) -> bytes:
    marks = "".join(
        f"<Placemark><name>{row[1]}</name><ExtendedData>"
        + "".join(
            f'<Data name="{h}"><value>{v}</value></Data>'
            for h, v in zip(HEADER[:3], row, strict=False)
        )
        + f"</ExtendedData><Point><coordinates>{row[4]},{row[3]}</coordinates></Point></Placemark>"
        for row in rows
    )
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'.encode()
    )


def well_known(rows: Sequence[Sequence[Any]]) -> bytes:
    lines = [f'{r[0]},{r[1]},{r[2]},"SRID=4326;POINT ({r[4]} {r[3]})"' for r in rows]
    return "\n".join(["npsn,nama,bentuk,geom", *lines]).encode()


def binary(rows: Sequence[Sequence[Any]]) -> bytes:
    lines = [f"{r[0]},{r[1]},{r[2]},{shapely.Point(r[4], r[3]).wkb_hex}" for r in rows]
    return "\n".join(["npsn,nama,bentuk,the_geom", *lines]).encode()


def flatgeobuf(path: Path) -> None:
    shaped(FIRST).to_file(path, driver="FlatGeobuf", engine="pyogrio", SPATIAL_INDEX="NO")


def shapefiles(folder: Path, **tables: Sequence[Sequence[Any]]) -> dict[str, bytes]:
    for name, rows in tables.items():
        shaped(rows).to_file(folder / f"{name}.shp", engine="pyogrio")
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.stem in tables}


ONE: dict[str, Callable[[Path], object]] = {
    "a.csv": lambda p: p.write_text(text_of(FIRST)),
    "a.csv.gz": lambda p: p.write_bytes(gzip.compress(text_of(FIRST).encode())),
    "a.geojson.gz": lambda p: p.write_bytes(gzip.compress(collection(FIRST))),
    "a.json.gz": lambda p: p.write_bytes(
        gzip.compress(json.dumps([dict(zip(HEADER, r, strict=True)) for r in FIRST]).encode())
    ),
    "packed.csv": lambda p: p.write_bytes(gzip.compress(text_of(FIRST).encode())),
    "csv.zip": lambda p: p.write_bytes(zipped({"a/b.csv": text_of(FIRST).encode()})),
    "xlsx.zip": lambda p: p.write_bytes(zipped({"b.xlsx": xlsx([sheet("S", FIRST)])})),
    "geojson.zip": lambda p: p.write_bytes(zipped({"b.geojson": collection(FIRST)})),
    "kml.zip": lambda p: p.write_bytes(zipped({"b.kml": placemarks(FIRST)})),
    "macos.zip": lambda p: p.write_bytes(
        zipped({"b.csv": text_of(FIRST).encode(), "__MACOSX/._b.csv": b"\0\5\x16\7"})
    ),
    "a.ods": lambda p: p.write_bytes(ods([sheet("S", FIRST)])),
    "a.geojsonl": lambda p: p.write_text("\n".join(map(json.dumps, features(FIRST)))),
    "a.ndjson": lambda p: p.write_text("\n".join(map(json.dumps, features(FIRST))) + "\n"),
    "a.geojsons": lambda p: p.write_text(
        "".join(f"\x1e{json.dumps(f)}\n" for f in features(FIRST))
    ),
    "a.js": lambda p: p.write_bytes(b"var json_Sekolah_1 = " + collection(FIRST) + b";\n"),
    "wkt.csv": lambda p: p.write_bytes(well_known(FIRST)),
    "wkb.csv": lambda p: p.write_bytes(binary(FIRST)),
    "a.fgb": flatgeobuf,
    "html.xls": lambda p: p.write_bytes(web_page(sheet("S", FIRST))),
    "html.xlsx": lambda p: p.write_bytes(web_page(sheet("S", FIRST))),
    "xml.xls": lambda p: p.write_bytes(xml_2003([sheet("S", FIRST)])),
    "97.xls": lambda p: p.write_bytes(xls([sheet("S", FIRST)])),
    "a.xlsb": lambda p: p.write_bytes(xlsb([sheet("S", FIRST)])),
    "csv.xls": lambda p: p.write_text(text_of(FIRST).replace(",", "\t")),
    "csv.xlsx": lambda p: p.write_text(text_of(FIRST).replace(",", ";")),
    "xlsx.xls": lambda p: p.write_bytes(xlsx([sheet("S", FIRST)])),
    "xlsx.csv": lambda p: p.write_bytes(xlsx([sheet("S", FIRST)])),
    "json.csv": lambda p: p.write_bytes(collection(FIRST)),
    "kml.txt": lambda p: p.write_bytes(placemarks(FIRST)),
    "kmz.zip": lambda p: p.write_bytes(zipped({"doc.kml": placemarks(FIRST)})),
}


def register(project: MakeProject, path: Path, **section: object) -> Opened:
    return project({"schools": {"path": str(path), **section}}, bare=True)


def read(project: MakeProject, path: Path, **section: object) -> tuple[pd.DataFrame, list[Finding]]:
    schools, findings = read_schools(register(project, path, **section))
    return pd.DataFrame(schools.drop(columns="geometry")), findings


@pytest.mark.parametrize("name", ONE)
def test_a_table_is_the_same_in_every_format(
    tmp_path: Path, project: MakeProject, name: str
) -> None:
    expected, _ = read(project, _written(tmp_path, "a.csv"))
    schools, findings = read(project, _written(tmp_path, name))
    schools["row_id"] = schools["row_id"].str.replace(name, "a.csv", regex=False)
    pd.testing.assert_frame_equal(schools, expected)
    assert {f.code for f in findings} <= {"columns_understood"}


def _written(folder: Path, name: str) -> Path:
    ONE[name](folder / name)
    return folder / name


def kmz(path: Path) -> None:
    path.write_bytes(zipped({"doc.kml": placemarks(FIRST), "files/b.kml": placemarks(SECOND)}))


def geopackage(path: Path) -> None:
    for name, rows in (("SD", FIRST), ("SMP", SECOND)):
        shaped(rows).to_file(path, layer=name, engine="pyogrio")


def zipped_shapefiles(path: Path) -> None:
    folder = path.with_suffix("")
    folder.mkdir()
    path.write_bytes(zipped(shapefiles(folder, SD=FIRST, SMP=SECOND)))


SEVERAL: dict[str, tuple[Callable[[Path], object], tuple[str, str]]] = {
    "a.xlsx": (lambda p: p.write_bytes(xlsx(two())), ("SD", "SMP")),
    "a.ods": (lambda p: p.write_bytes(ods(two())), ("SD", "SMP")),
    "a.xls": (lambda p: p.write_bytes(xml_2003(two())), ("SD", "SMP")),
    "97.xls": (lambda p: p.write_bytes(xls(two())), ("SD", "SMP")),
    "a.xlsb": (lambda p: p.write_bytes(xlsb(two())), ("SD", "SMP")),
    "a.gpkg": (geopackage, ("SD", "SMP")),
    "shp.zip": (zipped_shapefiles, ("SD", "SMP")),
    "a.kmz": (kmz, ("doc.kml", "files/b.kml")),
    "csv.zip": (
        lambda p: p.write_bytes(
            zipped({"x/sd.csv": text_of(FIRST).encode(), "x/smp.csv": text_of(SECOND).encode()})
        ),
        ("sd.csv", "smp.csv"),
    ),
    "book.zip": (
        lambda p: p.write_bytes(zipped({"b.xlsx": xlsx(two())})),
        ("b.xlsx/SD", "b.xlsx/SMP"),
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_every_part_with_the_needed_columns_is_read(
    tmp_path: Path, project: MakeProject, name: str
) -> None:
    write, parts = SEVERAL[name]
    write(tmp_path / name)
    schools, _ = read(project, tmp_path / name)
    first, second = parts
    assert schools["row_id"].tolist() == [
        f"{name}[{first}]:2",
        f"{name}[{first}]:3",
        f"{name}[{second}]:2",
    ]
    assert schools["npsn"].tolist() == ["30300001", "30300002", "30300003"]
    assert schools["lat"].tolist() == [-3.25, -3.5, -3.75]


@pytest.mark.parametrize("name", SEVERAL)
def test_one_part_can_be_chosen(tmp_path: Path, project: MakeProject, name: str) -> None:
    write, (_, second) = SEVERAL[name]
    write(tmp_path / name)
    schools, findings = read(project, tmp_path / name, sheet=second)
    assert schools["row_id"].tolist() == [f"{name}:2"]
    assert schools["npsn"].tolist() == ["30300003"]
    assert not [f for f in findings if f.code.startswith("part_")]
    with pytest.raises(InputError) as caught:
        read(project, tmp_path / name, sheet=f"{second}x")
    assert caught.value.code == "sheet_missing"


def test_a_list_of_sheets_and_all_of_them(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.xlsx"
    hidden = sheet("lama", [["30300009", "SDN 9", "SD", -3.1, 115.1]], "hidden")
    path.write_bytes(xlsx([*two(), hidden, Sheet("Petunjuk", [["Isi semua"], ["1. npsn"]])]))
    schools, findings = read(project, path)
    assert len(schools) == 3
    told = {f.code: f for f in findings}
    assert told["part_hidden"].value == "lama"
    assert told["part_without_columns"].value == "Petunjuk"
    assert told["part_hidden"].parameters["read"] == '["SD", "SMP"]'
    assert len(read(project, path, sheet=["SMP", "lama"])[0]) == 2
    assert len(read(project, path, sheet="*")[0]) == 4
    assert len(read(project, path, sheet="lama")[0]) == 1


def test_a_workbook_of_hidden_sheets_only_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([sheet("S", FIRST, "veryHidden")]))
    assert len(read_table(path, aliases=ALIASES, required=NEEDED).cells) == 2


def test_a_cover_sheet_alone_with_the_data_changes_no_name(
    tmp_path: Path, project: MakeProject
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([Sheet("Petunjuk", [["Petunjuk"], ["1. Isi"]]), sheet("Data", FIRST)]))
    schools, findings = read(project, path)
    assert schools["row_id"].tolist() == ["a.xlsx:2", "a.xlsx:3"]
    (note,) = [f for f in findings if f.code == "part_without_columns"]
    sentence = messages.finding_sentence(_row(note), Text("en"))
    assert "“Petunjuk”" in sentence
    assert 'sheet = "Data"' in sentence


def _row(finding: Finding) -> dict[str, Any]:
    from kalsel_gap.findings import to_frame

    return dict(to_frame([finding]).iloc[0])


def test_no_sheet_with_the_columns_names_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        xlsx(
            [Sheet("Petunjuk", [["Petunjuk"], ["1."]]), Sheet("Data", [["npsn", "x"], ["1", "2"]])]
        )
    )
    with pytest.raises(InputError) as caught:
        read_table(path, aliases=ALIASES, required=NEEDED)
    (line,) = messages.error_lines(caught.value, Text("en"))
    assert "Petunjuk" in line
    assert 'sheet = "Data"' in line


def test_other_orders_and_spellings_of_columns_are_one_table(
    tmp_path: Path, project: MakeProject
) -> None:
    path = tmp_path / "a.xlsx"
    other: list[list[Any]] = [
        ["Bujur", "Lintang", "Nama Sekolah", "NPSN", "Siswa"],
        [115.75, -3.75, "SMP", "3", 9],
    ]
    path.write_bytes(xlsx([sheet("SD", FIRST), Sheet("SMP", other)]))
    schools, _ = read(project, path)
    assert schools["lon"].tolist() == [115.5, 115.25, 115.75]
    assert schools["students"].tolist()[2] == 9
    assert schools["students"].isna().tolist() == [True, True, False]


def test_each_sheet_has_the_units_of_its_own_header(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.xlsx"
    head = ["NPSN", "Sekolah", "Bujur"]
    sheets = [
        Sheet("A", [[*head, "Lintang (°)", "Bandwidth (kbps)"], [1, "SD", 115.5, -3.5, 20000]]),
        Sheet("B", [[*head, "Lintang", "Bandwidth"], [2, "SMP", 115.25, -3.25, 50]]),
    ]
    for order in (sheets, sheets[::-1]):
        path.write_bytes(xlsx(order))
        schools, _ = read(project, path)
        rates = dict(zip(schools["npsn"], schools["subscription_down_mbps"], strict=True))
        assert rates == {"1": 20.0, "2": 50.0}
        assert sorted(schools["lat"]) == [-3.5, -3.25]


def test_one_sheet_with_both_coordinates_in_one_column(
    tmp_path: Path, project: MakeProject
) -> None:
    path = tmp_path / "a.xlsx"
    head = ["NPSN", "Sekolah"]
    sheets = [
        Sheet("A", [[*head, "Koordinat"], [1, "SD", "-3.5, 115.5"]]),
        Sheet("B", [[*head, "Lintang", "Bujur"], [2, "SMP", -3.25, 115.25]]),
        Sheet("C", [[*head, "Koordinat (Long, Lat)"], [3, "SMA", "115.75, -3.75"]]),
    ]
    for order in (sheets, sheets[::-1]):
        path.write_bytes(xlsx(order))
        schools, _ = read(project, path)
        places = schools.set_index("npsn")[["lat", "lon"]].itertuples()
        assert {npsn: place for npsn, *place in places} == {
            "1": [-3.5, 115.5],
            "2": [-3.25, 115.25],
            "3": [-3.75, 115.75],
        }


# --- recapitulations -----------------------------------------------------------------------------


def test_a_sheet_of_all_doubles_no_school(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.xlsx"
    for order in (
        [sheet("Semua", FIRST + SECOND), *two()],
        [*two(), sheet("Semua", FIRST + SECOND)],
    ):
        path.write_bytes(xlsx(order))
        schools, findings = read(project, path)
        assert sorted(schools["npsn"]) == ["30300001", "30300002", "30300003"]
        assert [f.value for f in findings if f.code == "part_repeats"] == ["SMP", "SD"]


def test_a_recapitulation_of_fewer_columns_goes_itself(
    tmp_path: Path, project: MakeProject
) -> None:
    path = tmp_path / "a.xlsx"
    rows = [[row[0], row[1], row[3], row[4]] for row in FIRST + SECOND]
    every = Sheet("Semua", [["NPSN", "Sekolah", "lat", "lon"], *rows])
    path.write_bytes(xlsx([every, *two()]))
    schools, findings = read(project, path)
    assert schools["level"].tolist() == ["SD", "SD", "SMP"]
    assert [f.value for f in findings if f.code == "part_repeats"] == ["Semua"]


def test_a_unit_makes_no_other_row(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.xlsx"
    header: list[Cell] = ["NPSN", "Sekolah", "lat", "lon", "Siswa"]
    one, other = (Sheet(name, [header]) for name in ("Semua", "SD"))
    one.rows.append(["30300001", "SDN 1", -3.5, 115.5, 90])
    other.rows.append(["30300001", "SDN 1", -3.5, 115.5, "90 siswa"])
    path.write_bytes(xlsx([one, other]))
    schools, findings = read(project, path)
    assert schools["students"].tolist() == [90]
    assert [f.code for f in findings] == ["part_repeats"]


def test_another_value_is_no_repetition(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.xlsx"
    moved = [[*row[:3], row[3] - 0.5, row[4]] for row in FIRST]
    path.write_bytes(xlsx([sheet("lama", moved), sheet("baru", FIRST)]))
    schools, findings = read(project, path)
    assert len(schools) == 4
    assert [f.code for f in findings if f.code == "npsn_duplicate"] == ["npsn_duplicate"] * 2


def test_of_one_list_in_several_years_the_newest(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.xlsx"
    moved = [[*row[:3], row[3] - 0.5, row[4]] for row in FIRST]
    path.write_bytes(xlsx([sheet("Data 2025", FIRST), sheet("Data 2024", moved)]))
    schools, findings = read(project, path)
    assert schools["lat"].tolist() == [-3.25, -3.5]
    assert [f.value for f in findings if f.code == "part_older"] == ["Data 2024"]


def test_a_table_of_attributes_has_the_year_of_its_sheet(
    tmp_path: Path, project: MakeProject
) -> None:
    def pupils(year: int) -> Sheet:
        return Sheet(str(year), [["NPSN", "Siswa"], ["30300001", year]])

    (tmp_path / "s.csv").write_text(text_of(FIRST))
    (tmp_path / "a.xlsx").write_bytes(xlsx([pupils(2023), pupils(2024), pupils(2025)]))
    for asked, students in ((2024, 2024), ("latest", 2025)):
        attributes = [{"path": str(tmp_path / "a.xlsx"), "year": asked}]
        sections = {"schools": {"path": str(tmp_path / "s.csv")}, "attributes": attributes}
        schools, _ = read_schools(project(sections, bare=True))
        assert schools["students"].tolist()[0] == students


def test_sheets_of_different_attributes_fill_one_another(
    tmp_path: Path, project: MakeProject
) -> None:
    (tmp_path / "s.csv").write_text(text_of(FIRST))
    pupils = Sheet("PD", [["NPSN", "Siswa"], ["30300001", 90], ["30300002", 80]])
    rooms = Sheet("Sarpras", [["NPSN", "Listrik", "Akses Internet"], ["30300001", "PLN", "Ya"]])
    (tmp_path / "a.xlsx").write_bytes(xlsx([pupils, rooms]))
    sections = {
        "schools": {"path": str(tmp_path / "s.csv")},
        "attributes": [{"path": str(tmp_path / "a.xlsx")}],
    }
    schools, findings = read_schools(project(sections, bare=True))
    assert schools["students"].tolist() == [90, 80]
    assert schools["electricity"].tolist()[0] == "PLN"
    assert "attribute_duplicate" not in {f.code for f in findings}


# --- layers --------------------------------------------------------------------------------------


def test_a_layer_of_coverage_that_is_not_read_is_named(
    tmp_path: Path, project: MakeProject
) -> None:
    path = tmp_path / "c.gpkg"
    for name, west in (("4g", 114.75), ("3g", 114.5)):
        box = shapely.box(west, -3.7, west + 0.25, -3.0)
        layer = gpd.GeoDataFrame({"x": [1]}, geometry=[box], crs="EPSG:4326")
        layer.to_file(path, layer=name, engine="pyogrio")
    section = {
        "path": str(path),
        "technology": "4g",
        "operator": "a",
        "kind": "binary",
        "basis": "modelled",
        "nodata_means": "none",
    }

    def source(**more: object) -> Any:
        opened = project({"coverage": [{**section, **more}]})
        return opened.project.coverage[0]

    polygons, findings = read_polygons(source(), "c.gpkg")
    assert len(polygons) == 1
    assert [(f.code, f.value) for f in findings] == [("layer_not_read", "3g")]
    for asked in ("*", ["4g", "3g"]):
        polygons, findings = read_polygons(source(layer=asked), "c.gpkg")
        assert (len(polygons), findings) == (2, [])


def test_layers_of_an_archive(tmp_path: Path) -> None:
    zipped_shapefiles(tmp_path / "a.zip")
    assert len(read_vector(tmp_path / "a.zip")) == 2
    assert len(read_vector(tmp_path / "a.zip", layer="SMP")) == 1
    assert len(read_vector(tmp_path / "a.zip", layer="*")) == 3
    (tmp_path / "b.zip").write_bytes(zipped({"x/b.geojson": collection(FIRST)}))
    assert len(read_vector(tmp_path / "b.zip")) == 2


# --- what is refused, and by which sentence ------------------------------------------------------

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "a PDF": ("a.xlsx", b"%PDF-1.7\n", "PDF"),
    "a document": ("a.csv", zipped({"word/document.xml": b"<w/>"}), "word processor"),
    "an old document": ("a.xls", COMPOUND + "WordDocument".encode("utf-16-le"), "word processor"),
    "rich text": ("a.csv", b"{\\rtf1 npsn}", "word processor"),
    "a locked workbook": ("a.xlsx", COMPOUND + "EncryptedPackage".encode("utf-16-le"), "password"),
    "a photograph": ("a.csv", b"\xff\xd8\xff\xe0\0\x10JFIF", "picture"),
    "an empty file": ("a.xlsx", b"", "empty"),
    "a packed archive": ("a.csv", b"Rar!\x1a\7\0", "Unpack it"),
    "a page without a table": ("a.xls", b"<html><body>Login</body></html>", "web page"),
    "a web archive": ("a.xls", b"MIME-Version: 1.0\nX: y\n", "web page"),
    "an archive of nothing": ("a.zip", zipped({"b/": b""}), "no table"),
    "a geopackage inside": ("a.zip", zipped({"b.gpkg": b"SQLite format 3\0"}), "Unpack it"),
    "no header": ("a.csv", b"30300001,SDN 1,-3.25,115.5\n30300002,SDN 2,-3.5,115.5\n", "no header"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_sentence_is_about_the_real_format(tmp_path: Path, case: str) -> None:
    name, raw, words = REFUSED[case]
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / name, aliases=ALIASES, required=NEEDED)
    (line,) = messages.error_lines(caught.value, Text("en"))
    assert words in line


def test_a_part_that_cannot_be_read_is_named(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"s.csv": text_of(FIRST).encode(), "surat.pdf": b"%PDF-1.7"}))
    schools, findings = read(project, path)
    assert len(schools) == 2
    (told,) = [f for f in findings if f.code == "part_unreadable"]
    assert told.value == "surat.pdf"
    assert "PDF" in messages.finding_sentence(_row(told), Text("en"))


def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cells, "LIMIT_BYTES", 1000)
    blank = b"npsn\n" + b"1\n" * 2000
    files = {
        "a.geojson.gz": gzip.compress(b'{"a": "' + blank + b'"}'),
        "a.zip": zipped({"b.csv": blank}),
        "a.ods": zipped(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": blank}
        ),
        "packed.csv": gzip.compress(blank),
        "twice.zip": zipped({"b.csv.gz": gzip.compress(blank)}),
    }
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(InputError) as caught:
            read_table(tmp_path / name)
        assert caught.value.code == "file_too_large", name


def test_cells_that_repeat_without_end_are_refused(tmp_path: Path) -> None:
    raw = ods([Sheet("S", [["npsn"], ["1"]])])
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["content.xml"] = parts["content.xml"].replace(
        b"<table:table-row><table:table-cell",
        b'<table:table-row table:number-rows-repeated="1000000">'
        b'<table:table-cell table:number-columns-repeated="1000"',
    )
    (tmp_path / "a.ods").write_bytes(zipped(parts))
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "a.ods")
    assert caught.value.code == "table_too_wide"


@pytest.mark.parametrize("span", ["99999999", "9" * 5000])
def test_endless_spans_of_a_page_end_with_its_table(tmp_path: Path, span: str) -> None:
    path = tmp_path / "a.xls"
    cell = f"<td rowspan={span} colspan={span}>1</td>"
    path.write_text(f"<html><table><tr>{cell}</tr></table></html>")
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert caught.value.code == "table_no_rows"
    rows = (
        "<tr><td>npsn</td><td>nama</td></tr>"
        f"<tr><td>1</td><td rowspan={span}>A</td></tr><tr><td>2</td></tr>" * 2
    )
    path.write_text(f"<html><table>{rows}</table></html>")
    found = read_table(path).cells
    assert found.iloc[:, 0].tolist()[:2] == ["1", "2"]
    assert found.iloc[:, 1].tolist()[0] == "A"


@pytest.mark.parametrize("raw", [xml_2003([sheet("S", FIRST)]), ods([sheet("S", FIRST)])])
def test_entities_are_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.xls"
    if raw.startswith(b"<?xml"):
        path.write_bytes(raw.replace(b"<Workbook", b'<!DOCTYPE a [<!ENTITY b "c">]><Workbook', 1))
    else:
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts["content.xml"] = b'<!DOCTYPE a [<!ENTITY b "c">]>' + parts["content.xml"]
        path.write_bytes(zipped(parts))
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert caught.value.code == "table_not_xlsx"


def test_rows_of_parts_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    titled = Sheet("SMP", [["Daftar"], [], list(HEADER), *SECOND])
    path.write_bytes(xlsx([sheet("SD", FIRST), titled]))
    table = read_table(path, aliases=ALIASES, required=NEEDED)
    assert table.cells[ROW].tolist() == [2, 3, 4]
    assert table.files("a.xlsx").tolist() == ["a.xlsx[SD]", "a.xlsx[SD]", "a.xlsx[SMP]"]
