"""The same table in every format, dirt, broken files, hostile cells, and headers."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import sqlite3
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.remarks import list_remarks
from kalsel_gap.errors import InputError
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

# Of every type that a format may hold; headers no longer than a Shapefile's.
TYPED = pd.DataFrame(
    {
        "npsn": ["00000101", "00000102", "00000103", "00000104", "00000104", "0000010X"],
        "sekolah": ["SD É 1", "SMP 'x'", "<b>&amp;", "=1+1", 'SMA "y", z', "MI ⵣ"],
        "bentuk": ["SD", "SMP", "SD", "SMA", "SMA", "MI"],
        "status": ["N", "S", "1", "N", "N", "?"],
        "kecamatan": ["Hulu", None, "Hulu", "Muara", "Muara", "Muara"],
        "lintang": [-2.923, -2.941, -3.0, -2.964, np.nan, 0.0],
        "bujur": [115.314, 115.336, 115.327, 115.346, np.nan, 115.0],
        "pd": pd.array([96, None, 41, 420, 0, 12], dtype="Int64"),
        "guru": [7.0, 9.5, np.nan, 30.0, 1.0, 2.0],
        "inklusi": [True, False, True, False, True, False],
        "sinkron": [dt.date(2026, 6, day) for day in range(1, 7)],
        "listrik": ["PLN", "PLN", "", "Genset", "PLN", " PLN "],
    }
)
TEXTS = TYPED.map(lambda value: "" if value is pd.NA else cell_text(value))
SHAPED = gpd.GeoDataFrame(
    TYPED, geometry=gpd.points_from_xy(TYPED["bujur"], TYPED["lintang"]), crs="EPSG:4326"
)
SHAPED.loc[TYPED["bujur"].isna(), "geometry"] = None


def as_csv(table: pd.DataFrame, delimiter: str = ",", *, comma: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        decimal = [c.replace(".", ",") if comma and is_number(c) else c for c in row]
        writer.writerow(decimal)
    return text.getvalue()


def is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def workbook(path: Path, rows: Sequence[Sequence[object]], *, far: str = "") -> Path:
    """A workbook of one sheet, as small as one can be."""

    def cell(value: object) -> str:
        if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
            return "<c/>"
        if isinstance(value, bool):
            return f'<c t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float):
            return f"<c><v>{value!r}</v></c>"
        if isinstance(value, dt.date):
            return f'<c s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
        text = escape(str(value))
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    schema = "http://schemas.openxmlformats.org"
    main, office = (
        f"{schema}/spreadsheetml/2006/main",
        f"{schema}/officeDocument/2006/relationships",
    )
    types, rels = f"{schema}/package/2006/content-types", f"{schema}/package/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
        f'"/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName='
        f'"/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/><Override PartName='
        f'"/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{rels}"><Relationship Id="a" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" '
        f'Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{body}'
        + (f'<row r="{far.lstrip("XFD")}"><c r="{far}"><v>1</v></c></row>' if far else "")
        + "</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return path


def records() -> list[dict[str, Any]]:
    rows = TYPED.astype(object).where(TYPED.notna(), None)
    written: list[dict[str, Any]] = json.loads(json.dumps(rows.to_dict("records"), default=str))
    return written


def feature(row: dict[str, Any]) -> dict[str, Any]:
    place = None if row["bujur"] is None else [row["bujur"], row["lintang"]]
    geometry = place and {"type": "Point", "coordinates": place}
    return {"type": "Feature", "properties": row, "geometry": geometry}


def nested(row: dict[str, Any]) -> dict[str, Any]:
    inner = {key: row[key] for key in ("npsn", "sekolah", "bentuk", "status", "lintang", "bujur")}
    return {
        "satuanPendidikan": inner,
        "lain": {key: value for key, value in row.items() if key not in inner},
    }


def kml() -> str:
    def mark(row: pd.Series) -> str:
        data = "".join(
            f'<Data name="{name}"><value>{escape(text)}</value></Data>'
            for name, text in row.items()
        )
        place = f"{row['bujur']},{row['lintang']},0" if row["bujur"] else ""
        return (
            f"<Placemark><name>{escape(row['sekolah'])}</name><ExtendedData>{data}</ExtendedData>"
            f"<Point><coordinates>{place}</coordinates></Point></Placemark>"
        )

    marks = [mark(row) for _, row in TEXTS.iterrows()]
    folders = f"<Folder>{''.join(marks[:2])}</Folder><Folder>{''.join(marks[2:])}</Folder>"
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'


def zipped(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def shapefile(path: Path) -> None:
    SHAPED.assign(
        pd=SHAPED["pd"].astype("float64"), inklusi=SHAPED["inklusi"].astype("int32")
    ).to_file(path, engine="pyogrio", encoding="utf-8")


def zipped_shapefile(path: Path) -> None:
    shapefile(path.with_name("inner.shp"))
    parts = {
        f"folder/{part.name}": part.read_bytes() for part in sorted(path.parent.glob("inner.*"))
    }
    zipped(path, parts)


def geopackage(path: Path) -> None:
    SHAPED.to_file(path, engine="pyogrio", layer="sekolah")


WRITERS: dict[str, Callable[[Path], object]] = {
    "bom.csv": lambda p: p.write_text(as_csv(TEXTS), encoding="utf-8-sig"),
    "utf16.txt": lambda p: p.write_text(as_csv(TEXTS, "\t"), encoding="utf-16"),
    "bar.csv": lambda p: p.write_text(as_csv(TEXTS, "|"), encoding="utf-8"),
    "comma.csv": lambda p: p.write_text(as_csv(TEXTS, ";", comma=True), encoding="utf-8"),
    "sep.csv": lambda p: p.write_text("sep=;\n" + as_csv(TEXTS, ";"), encoding="utf-8"),
    "a.csv.gz": lambda p: p.write_bytes(gzip.compress(as_csv(TEXTS).encode())),
    "a.xlsx": lambda p: workbook(p, [list(TYPED), *TYPED.astype(object).to_numpy().tolist()]),
    "a.json": lambda p: p.write_text(json.dumps(records())),
    "data.json": lambda p: p.write_text(json.dumps({"data": records(), "meta": {"n": 6}})),
    "api.json": lambda p: p.write_text(json.dumps({"data": [nested(r) for r in records()]})),
    "rows.json": lambda p: p.write_text(
        json.dumps([list(TYPED), *(list(r.values()) for r in records())])
    ),
    "a.geojson": lambda p: p.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature(r) for r in records()]})
    ),
    "a.gpkg": geopackage,
    "a.shp": shapefile,
    "a.zip": zipped_shapefile,
    "a.kml": lambda p: p.write_text(kml(), encoding="utf-8"),
    "libkml.kml": lambda p: SHAPED.to_file(p, driver="LIBKML", engine="pyogrio"),
    "a.kmz": lambda p: zipped(p, {"doc.kml": kml().encode()}),
    "a.parquet": TYPED.to_parquet,
    "a.geoparquet": SHAPED.to_parquet,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    (folder / "plain.csv").write_text(as_csv(TEXTS), encoding="utf-8")
    for name, write in WRITERS.items():
        write(folder / name)
    return folder


def register(project: MakeProject, path: Path, **section: object) -> Opened:
    return project({"schools": {"path": str(path), **section}}, bare=True)


def without_file(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of rows, without the name of the file."""
    from dataclasses import replace

    return [
        replace(
            f, file="", parameters={k: str(v).rpartition(":")[2] for k, v in f.parameters.items()}
        )
        for f in findings
        if f.code != "columns_understood"
    ]


# --- every format ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_schools_and_findings_from_every_format(
    files: Path, project: MakeProject, name: str
) -> None:
    expected, expected_findings = read_schools(register(project, files / "plain.csv"))
    schools, findings = read_schools(register(project, files / name))
    schools["row_id"] = schools["row_id"].str.replace(name, "plain.csv")
    pd.testing.assert_frame_equal(schools, expected)
    assert without_file(findings) == without_file(expected_findings)
    assert {f.code for f in findings} >= {"npsn_duplicate", "value_not_read"}


def ranked(path: Path, project: MakeProject) -> tuple[bytes, bytes]:
    """Schools and findings of a run with a register, whatever its name."""
    opened = project({"schools": {"path": str(path)}})
    run = OpenProject(opened).rank()
    found = run.findings[run.findings["code"] != "columns_understood"].to_csv(index=False)
    shown = opened.shown(path)
    return (
        run.schools.drop(columns="geometry").to_csv().replace(path.name, "register").encode(),
        found.replace(shown, "register").replace(path.name, "register").encode(),
    )


@pytest.fixture(scope="module")
def plain(files: Path, project: MakeProject) -> tuple[bytes, bytes]:
    return ranked(files / "plain.csv", project)


@pytest.mark.parametrize("name", ["a.xlsx", "api.json", "a.gpkg", "comma.csv"])
def test_the_same_run_byte_for_byte_but_for_the_files_name(
    files: Path, project: MakeProject, plain: tuple[bytes, bytes], name: str
) -> None:
    assert ranked(files / name, project) == plain


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.kml", "a.geoparquet"])
def test_points_give_the_place_where_no_column_does(
    files: Path, tmp_path: Path, project: MakeProject, name: str
) -> None:
    kind = name.rpartition(".")[2]
    path = tmp_path / name
    bare = SHAPED.drop(columns=["lintang", "bujur"])
    if kind == "geoparquet":
        bare.to_parquet(path)
    elif kind == "kml":
        text = kml().replace('name="lintang"', 'name="y0"').replace('name="bujur"', 'name="x0"')
        path.write_text(text, encoding="utf-8")
    elif kind == "shp":
        bare.assign(pd=1, inklusi=1).to_file(path, engine="pyogrio")
    else:
        bare.to_file(path, engine="pyogrio")
    schools, _ = read_schools(register(project, path))
    expected, _ = read_schools(register(project, files / "plain.csv"))
    for column in ("lat_given", "lon_given", "lat", "lon", "location_status"):
        assert schools[column].tolist() == pytest.approx(expected[column].tolist(), nan_ok=True)


def test_points_of_another_system(tmp_path: Path) -> None:
    path = tmp_path / "utm.gpkg"
    SHAPED[["npsn", "geometry"]].iloc[:1].to_crs("EPSG:32750").to_file(path, engine="pyogrio")
    table = read_table(path)
    assert table.cells[["lat", "lon"]].to_numpy().tolist() == [["-2.923", "115.314"]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32750"}}
    point = {"type": "Point", "coordinates": [500000.0, 10000000.0]}
    features = [{"type": "Feature", "properties": {"npsn": "1"}, "geometry": point}]
    path = tmp_path / "utm.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    assert read_table(path).cells[["lat", "lon"]].to_numpy().tolist() == [["0", "117"]]


def test_points_as_text_of_several_systems_and_empty_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'npsn;geom\n1;POINT EMPTY\n2;"SRID=4326;POINT (114.8 -3.4)"\n'
        '3;"SRID=32750;POINT (500000 10000000)"\n4;POINT (114.8 -3.4)\n'
    )
    table = read_table(path, aliases={"lat": (), "lon": ()})
    places = [["", ""], ["-3.4", "114.8"], ["0", "117"], ["-3.4", "114.8"]]
    assert table.cells[["lat", "lon"]].to_numpy().tolist() == places


def test_points_without_a_system_are_an_error_only_where_they_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    shapefile(path)
    path.with_suffix(".prj").unlink()
    aliases = {"lat": ("lintang",), "lon": ("bujur",)}
    assert len(read_table(path, aliases=aliases).cells) == 6
    with pytest.raises(InputError) as caught:
        read_table(path, aliases={"lat": (), "lon": ()})
    assert caught.value.code == "vector_no_crs"


def test_a_point_gives_the_place_where_both_cells_are_empty(
    tmp_path: Path, project: MakeProject
) -> None:
    places = [(None, None), (-3.5, None), (-3.6, 115.6)]
    features = [
        {
            "type": "Feature",
            "properties": {"npsn": f"0000000{n}", "nama": "A", "lintang": lat, "bujur": lon},
            "geometry": {"type": "Point", "coordinates": [115.1, -3.1]},
        }
        for n, (lat, lon) in enumerate(places)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    schools, findings = read_schools(register(project, path))
    assert schools["lat_given"].tolist() == ["-3.1", "-3.5", "-3.6"]
    assert schools["lon_given"].tolist() == ["115.1", "", "115.6"]
    assert schools["location_status"].tolist() == ["given", "unusable", "given"]
    assert findings == []


def test_a_placemarks_name_is_the_schools_where_no_column_is(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    mark = "<Placemark><name>SD A</name><Point><coordinates> 115.1,-3.2 </coordinates></Point>"
    path.write_text(f"<kml>{mark}</Placemark></kml>")
    cells = read_table(path, aliases={"name": (), "lat": (), "lon": ()}).cells
    assert cells[["name", "lat", "lon", ROW]].to_numpy().tolist() == [["SD A", "-3.2", "115.1", 2]]


def test_a_layer_of_a_geopackage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for name in ("one", "two"):
        SHAPED[["npsn", "geometry"]].assign(layer=name).to_file(path, layer=name, engine="pyogrio")
    assert set(read_table(path).cells["layer"]) == {"one"}
    assert set(read_table(path, "two").cells["layer"]) == {"two"}
    with pytest.raises(InputError) as caught:
        read_table(path, "tow")
    assert (caught.value.code, caught.value.params["suggestion"]) == ("sheet_missing", "two")


def test_the_answer_of_the_api_for_one_school(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    school = {"npsn": "30300503", "nama": "SD A", "lintang": -3.4356, "aksesInternet": None}
    area = {"kode": "150100", "nama": "Kab. Banjar"}
    answer = {"satuanPendidikan": {**school, "kabupaten": area}, "meta": {"lastUpdatedAt": "2025"}}
    path.write_text(json.dumps({"data": answer}))
    cells = read_table(path).cells.drop(columns=ROW)
    assert cells.iloc[0].to_dict() == {
        "npsn": "30300503",
        "nama": "SD A",
        "lintang": "-3.4356",
        "aksesInternet": "",
        "kabupaten.kode": "150100",
        "kabupaten.nama": "Kab. Banjar",
        "lastUpdatedAt": "2025",
    }


def test_records_without_cells_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"npsn": "1"}, {}, {"npsn": null}, {"nama": "B", "npsn": "4"}]')
    cells = read_table(path).cells
    assert cells[["npsn", "nama", ROW]].to_numpy().tolist() == [["1", "", 2], ["4", "B", 5]]


def test_arrow_types_become_the_text_of_a_csv(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    columns = {
        "float32": pa.array([115.314, None], pa.float32()),
        "int64": pa.array([2**62, None]),
        "category": pa.array(["a", None]).dictionary_encode(),
        "binary": pa.array([b"abc", None]),
        "decimal": pa.array([Decimal("1.50"), None]),
        "moment": pa.array([dt.datetime(2026, 6, 9, 10, 30), None]),  # noqa: DTZ001
        "list": pa.array([[1, 2], None]),
        "last": pa.array(["x", "y"]),
    }
    pq.write_table(pa.table(columns), path)
    expected = ["115.314", str(2**62), "a", "abc", "1.5", "2026-06-09 10:30:00", "[1, 2]", "x"]
    cells = read_table(path).cells.drop(columns=ROW)
    assert cells.to_numpy().tolist() == [expected, [*[""] * 7, "y"]]
    struct = pa.table({"satuanPendidikan": [{"npsn": "1", "lintang": -3.5}]})
    pq.write_table(struct, path)
    assert read_table(path).headers == ["npsn", "lintang"]


# --- CSV dialects ------------------------------------------------------------------------------


def cells_of(tmp_path: Path, text: str, **kwargs: Any) -> list[list[str]]:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    cells: list[list[str]] = read_table(path, **kwargs).cells.drop(columns=ROW).to_numpy().tolist()
    return cells


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_decimal_comma_that_the_file_shows(tmp_path: Path, delimiter: str) -> None:
    text = "lat;n;alamat\n-3,4356;1,234;Jl. 3,5\n-3,5;7;Rt. 1\n;;Jl.\n".replace(";", delimiter)
    assert cells_of(tmp_path, text)[0] == ["-3.4356", "1.234", "Jl. 3,5"]


@pytest.mark.parametrize(
    "text",
    [
        'lat,n\n"-3,4356",1\n',  # a fault of the row: the others may have points
        "n;m\n1,234;5\n",  # thousands or decimals: not guessed
        "lat;lon;n\n-3.4356;115.1;1,5\n",  # more points than commas
        "x;y\n1,234.5;2\n",
    ],
)
def test_a_comma_that_proves_nothing_stays(tmp_path: Path, text: str) -> None:
    cells = cells_of(tmp_path, text)
    assert any("," in cell for cell in cells[0])


def test_beside_a_decimal_comma_a_point_groups(tmp_path: Path, project: MakeProject) -> None:
    assert cells_of(tmp_path, "a;n;m\n-3,4356;1.693;1.5\n;2,5;\n")[0] == ["-3.4356", "1,693", "1.5"]
    path = tmp_path / "b.csv"
    path.write_text("npsn;nama;lintang;bujur;bandwidth\n00000001;A;-3,45;115,1;1.693\n")
    schools, findings = read_schools(register(project, path))
    assert pd.isna(schools.loc[0, "subscription_down_mbps"])
    assert [(f.code, f.row) for f in findings] == [("value_not_read", 2)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("sign", [".", ","])
def test_degrees_of_three_decimals(
    project: MakeProject, tmp_path: Path, delimiter: str, sign: str
) -> None:
    if sign == delimiter:
        return
    path = tmp_path / "a.csv"
    row = f"00000001;A;-3{sign}300;114{sign}900"
    path.write_text(f"npsn;nama;lintang;bujur\n{row}\n".replace(";", delimiter))
    schools, findings = read_schools(register(project, path))
    assert schools.loc[0, ["lat", "lon"]].tolist() == [-3.3, 114.9]
    assert findings == []


def test_an_address_is_no_number(tmp_path: Path) -> None:
    rows = "".join(f"-3,4356{n};Jalan {n}\n" for n in range(9))
    assert cells_of(tmp_path, f"lat;alamat\n{rows}-3,1;3,5\n")[-1] == ["-3.1", "3,5"]


def test_titles_above_the_header(tmp_path: Path) -> None:
    title = "Progres, Pengiriman\nKab. Banjar\n\n"
    aliases = {"npsn": ("npsn",), "name": ("sekolah",)}
    path = tmp_path / "a.csv"
    path.write_text(f"{title}No;NPSN;Sekolah\n1;00000001;A\n")
    table = read_table(path, aliases=aliases)
    assert table.headers == ["No", "NPSN", "Sekolah"]
    assert table.cells[ROW].tolist() == [5]
    book = workbook(tmp_path / "a.xlsx", [["Progres"], [], ["NPSN", "Sekolah"], ["00000001", "A"]])
    assert read_table(book, aliases=aliases).cells[ROW].tolist() == [4]
    # A header that only the project knows is one, too.
    path.write_text("Title\nkode,label\n1,A\n")
    table = read_table(path, aliases=aliases, override={"npsn": "kode"})
    assert table.headers == ["kode", "label"]


def test_the_delimiter_is_the_one_that_makes_sense(tmp_path: Path) -> None:
    assert cells_of(tmp_path, '"a;b;c;d",e\n1,2\n') == [["1", "2"]]
    assert cells_of(tmp_path, "a,b;c\n1;2\n3;4\n") == [["1", "2"], ["3", "4"]]


def test_a_wrong_delimiter_is_one_error(tmp_path: Path, project: MakeProject) -> None:
    path = tmp_path / "a.csv"
    path.write_text("npsn^sekolah^lintang^bujur\n1^A^-3^115\n")
    with pytest.raises(InputError) as caught:
        read_schools(register(project, path))
    assert caught.value.code == "table_one_column"


# --- broken and hostile files --------------------------------------------------------------------


def half(write: Callable[[Path], object]) -> Callable[[Path], object]:
    """The first half of a file."""

    def cut(path: Path) -> None:
        write(path)
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) // 2])

    return cut


def broken_geopackage(path: Path) -> None:
    """A database that is no GeoPackage."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE a (b TEXT)")
    database.close()


def kmz_cut_before() -> bytes:
    """An archive without its first bytes: its list of parts says that they lie before it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("doc.kml", "<kml/>" * 20)
    raw = file.getvalue()
    at = raw.rindex(b"PK\x05\x06")
    return raw[:at] + raw[at : at + 16] + (2**16).to_bytes(4, "little") + raw[at + 20 :]


VRT = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>b.csv</SrcDataSource></OGRVRTLayer>'
LAUGHS = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;">]><kml>&c;</kml>'
BROKEN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "half workbook": ("a.xlsx", half(WRITERS["a.xlsx"])),
    "far cell": ("a.xlsx", lambda p: workbook(p, [["npsn"], ["1"]], far="XFD1048576")),
    "text as xls": ("a.xls", lambda p: p.write_text("<html>")),
    "half json": ("a.json", half(WRITERS["a.json"])),
    "deep json": ("a.json", lambda p: p.write_text("[" * 100_000)),
    "json text": ("a.json", lambda p: p.write_text('"npsn"')),
    "json of mixed rows": ("a.json", lambda p: p.write_text('[{"npsn": 1}, 2]')),
    "json of two lists": ("a.json", lambda p: p.write_text('{"a": [{"x": 1}], "b": [{"y": 1}]}')),
    "empty list": ("a.json", lambda p: p.write_text("[]")),
    "empty data": ("a.json", lambda p: p.write_text('{"data": [], "total": 0}')),
    "old encoding": ("a.json", lambda p: p.write_bytes(b'[{"nama": "Caf\xe9"}]')),
    "features": (
        "a.geojson",
        lambda p: p.write_text('{"type": "FeatureCollection", "features": 1}'),
    ),
    "no feature": (
        "a.geojson",
        lambda p: p.write_text('{"type":"FeatureCollection","features":[]}'),
    ),
    "half gpkg": ("a.gpkg", half(WRITERS["a.gpkg"])),
    "no gpkg": ("a.gpkg", lambda p: p.write_text(VRT)),
    "a database": ("a.gpkg", broken_geopackage),
    "half shp": ("a.shp", lambda p: p.write_bytes(b"\0\0\x27\x0a" + b"\0" * 9)),
    "no shp": ("a.shp", lambda p: p.write_text(VRT)),
    "no zip": ("a.zip", lambda p: p.write_text("PK")),
    "zip without a layer": ("a.zip", lambda p: zipped(p, {"a.txt": b"a"})),
    "zip with something else": ("a.zip", lambda p: zipped(p, {"a.shp": VRT.encode()})),
    "half kml": ("a.kml", half(WRITERS["a.kml"])),
    "kml that grows": ("a.kml", lambda p: p.write_text(LAUGHS)),
    "kml of nothing": ("a.kml", lambda p: p.write_text("<kml/>")),
    "kmz of nothing": ("a.kmz", lambda p: zipped(p, {"a.txt": b"a"})),
    "kmz of another beginning": ("a.kmz", lambda p: p.write_bytes(kmz_cut_before())),
    "no kmz": ("a.kmz", lambda p: p.write_text("a")),
    "half parquet": ("a.parquet", half(WRITERS["a.parquet"])),
    "no parquet": ("a.geoparquet", lambda p: p.write_text("PAR1")),
    "null file": ("a.csv", lambda p: p.write_bytes(bytes(2000))),
}


def test_a_type_that_is_a_list_is_no_geojson(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"type": [], "data": [{"npsn": 1}]}')
    assert read_table(path).cells["npsn"].tolist() == ["1"]


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("language", ["en", "id"])
def test_a_broken_file_is_one_error(tmp_path: Path, case: str, language: str) -> None:
    name, write = BROKEN[case]
    write(tmp_path / name)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / name)
    assert caught.value.path == tmp_path / name
    (line,) = messages.error_lines(caught.value, Text("id" if language == "id" else "en"))
    assert "{" not in line.replace(str(tmp_path), "")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kalsel_gap.sources.formats.table_cells.LIMIT_BYTES", 1000)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"npsn\n" + b"1\n" * 1000))
    zipped(tmp_path / "a.kmz", {"doc.kml": b" " * 2000})
    zipped(tmp_path / "a.zip", {"a.shp": b" " * 2000})
    workbook(tmp_path / "a.xlsx", [["npsn"]] * 1000)
    for path in tmp_path.iterdir():
        with pytest.raises(InputError) as caught:
            read_table(path)
        assert caught.value.code == "file_too_large"


@pytest.mark.parametrize("name", ["a.geojson", "a.kml", "a.json", "a.txt"])
def test_a_layer_that_names_other_files_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "b.csv").write_text("npsn\n1\n")
    path = tmp_path / name
    path.write_text(VRT + "</OGRVRTDataSource>")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert caught.value.code == ("vector_format" if name == "a.txt" else "vector_unreadable")


HOSTILE = ["<script>alert(1)</script>", '=HYPERLINK("x")', "${x}", "{0}", "\u202e", "'; DROP", "\\"]


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.kml", "a.xlsx", "a.parquet", "a.gpkg"])
def test_hostile_cells_are_only_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    frame = pd.DataFrame({"npsn": HOSTILE, "{nama}": HOSTILE})
    match path.suffix:
        case ".csv":
            path.write_text(as_csv(frame), encoding="utf-8")
        case ".json":
            path.write_text(frame.to_json(orient="records"))
        case ".kml":
            data = [
                f'<Placemark><ExtendedData><Data name="npsn"><value>{escape(t)}</value></Data>'
                f'<Data name="{{nama}}"><value>{escape(t)}</value></Data></ExtendedData>'
                "</Placemark>"
                for t in HOSTILE
            ]
            path.write_text(f"<kml>{''.join(data)}</kml>", encoding="utf-8")
        case ".xlsx":
            workbook(path, [list(frame), *frame.to_numpy().tolist()])
        case ".parquet":
            frame.to_parquet(path)
        case _:
            gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs=4326).to_file(
                path, engine="pyogrio"
            )
    table = read_table(path)
    assert table.cells["npsn"].tolist() == HOSTILE
    assert table.cells["{nama}"].tolist() == HOSTILE


def test_half_a_character_of_json_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"npsn": "\\ud83d", "nama": "\\ud83d\\ude00"}]')
    assert read_table(path).cells[["npsn", "nama"]].to_numpy().tolist() == [["?", "😀"]]


# --- many rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.json"])
def test_two_hundred_thousand_rows(tmp_path: Path, name: str) -> None:
    count = 200_000
    numbers = np.arange(count)
    frame = pd.DataFrame(
        {
            "npsn": pd.Series(numbers).astype("str").str.zfill(8),
            "lintang": (-3.0 - numbers / count).round(7),
            "bujur": 115.0,
            "pd": numbers % 500,
        }
    )
    path = tmp_path / name
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False, sep=";", decimal=",")
        case ".json":
            frame.to_json(path, orient="records")
        case _:
            frame.to_parquet(path)
    table = read_table(path, aliases={"npsn": (), "lat": ("lintang",), "lon": ("bujur",)})
    assert len(table.cells) == count
    assert table.cells["npsn"].iloc[-1] == "00199999"
    assert float(table.cells["lintang"].iloc[-1]) == frame["lintang"].iloc[-1]
    assert table.cells[ROW].iloc[-1] == count + 1


# --- properties ----------------------------------------------------------------------------------

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


# No control characters: a first line with one of them is taken for no text.
PRINTED = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)


@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_any_table_written_as_csv_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["npsn", "nama", "x"], *rows])
    stripped = [[cell.strip() for cell in row] for row in rows]
    expected = [[*row, n] for n, row in enumerate(stripped, start=2) if any(row)]
    if not expected:
        with pytest.raises(InputError):
            read_table(path)
        return
    table = read_table(path, aliases={"npsn": (), "name": ("nama",)})
    assert table.cells.to_numpy().tolist() == expected


@given(
    header=st.lists(PRINTED.filter(str.strip), min_size=1, max_size=4, unique_by=str.strip),
    delimiter=st.sampled_from(",;\t|"),
)
def test_any_header_in_quotation_marks_comes_back(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([header, ["a"] * len(header)])
    assert read_table(path).headers == [name.strip() for name in header]


@given(value=st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_every_number_is_read_as_it_was(value: float) -> None:
    assert type(value)(cell_text(value)) == value


# --- headers -------------------------------------------------------------------------------------


def one_row(project: MakeProject, header: str, row: str) -> tuple[pd.Series, list[Finding]]:
    opened = project(bare=True, files={"schools.csv": f"{header}\n{row}\n"})
    schools, findings = read_schools(opened)
    return schools.iloc[0], findings


def test_what_was_understood_is_a_note(project: MakeProject) -> None:
    _, findings = one_row(project, "npsn,sekolah,lintang,bujur,telepon", "00000001,A,-3,115,1")
    (note,) = [f for f in findings if f.code == "columns_understood"]
    assert note.severity == "note"
    assert note.parameters == {
        "understood": "npsn ← npsn; name ← sekolah; lat ← lintang; lon ← bujur",
        "others": "telepon",
        "count": 1,
    }
    assert [f for f in findings if f.code == "column_not_understood"] == []


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("jumlah_siwsa", "jumlahsiswa"),
        ("Siswaa", "siswa"),
        ("chromebok", "chromebook"),
        ("download_s", "downloadspeedcontracted"),  # cut by a Shapefile
    ],
)
def test_a_slip_in_a_header_is_a_warning(project: MakeProject, header: str, meant: str) -> None:
    _, findings = one_row(project, f"npsn,sekolah,lintang,bujur,{header}", "00000001,A,-3,115,100")
    (slip,) = [f for f in findings if f.code == "column_not_understood"]
    assert (slip.column, slip.parameters["suggestion"]) == (header, meant)
    assert slip.severity == "warning"


@pytest.mark.parametrize(
    "header",
    [
        "kode_prop,propinsi,kode_kab_kota,kode_kec,id,alamat_jalan,_file",
        "No,Last Sync,Jml Sync,Rombel,Pegawai,R. Kelas,R. Lab,R. Perpus,Tahun",
        "schoolAddress,province,kelurahan,updated_at,nsm,telepon,email,akreditasi",
        "kodeProvinsi,kodeKabupaten,kodeKecamatan,kode_pos,nss,rw,yayasan,jml_rombel",
        "school_id_giga,giga_id_school,num_computers,connectivity_type,admin1,school_area_type",
    ],
)
def test_headers_that_real_files_have_besides_are_no_slips(
    project: MakeProject, header: str
) -> None:
    count = header.count(",") + 1
    _, findings = one_row(
        project,
        f"npsn,sekolah,bentuk,status,kabupaten_kota,kecamatan,pd,guru,lintang,bujur,{header}",
        "00000001,A,SD,N,Kab. Banjar,B,1,1,-3,115" + ",x" * count,
    )
    assert {f.code for f in findings} == {"columns_understood"}


def test_emis(project: MakeProject) -> None:
    school, findings = one_row(
        project,
        "NSM,NPSN,Nama Madrasah,Jenjang,Status,Kabupaten/Kota,Jumlah Siswa Laki-laki,"
        "Jumlah Siswa Perempuan,Lintang,Bujur",
        "111163030001,60722731,MIN 1 Banjar,Madrasah Ibtidaiyah,Negeri,Kab. Banjar,60,71,-3.4,115",
    )
    assert school[["level", "ownership", "authority"]].tolist() == ["MI", "public", "kemenag"]
    assert school["students"] == 131
    assert {f.code for f in findings} == {"columns_understood"}


@pytest.mark.parametrize("stem", ["jmlsiswa", "jumlahsiswa", "siswa", "JML_SISWA_"])
def test_short_headers_of_emis(project: MakeProject, stem: str) -> None:
    header = f"npsn,nama,lintang,bujur,{stem}L,{stem}P"
    school, findings = one_row(project, header, "00000001,A,-3,115,60,71")
    assert school["students"] == 131
    assert findings == []


def test_one_spelling_is_not_suggested_twice(project: MakeProject) -> None:
    header = "npsn,nama,lintang,bujur,jmlsiswax,jmlsiswaz"
    _, findings = one_row(project, header, "00000001,A,-3,115,60,71")
    assert [f.code for f in findings] == ["columns_understood"]


def test_a_slip_in_a_column_that_must_be_there(project: MakeProject) -> None:
    for header, column, near in (
        ("npsn,nama,lintnag,bujur", "lat", "lintnag"),
        ("npsn,nama,lintang,bjuur", "lon", "bjuur"),
        ("nomor,nama,lintang,bujur", "npsn", ""),
    ):
        with pytest.raises(InputError) as caught:
            one_row(project, header, "00000001,A,-3,115")
        assert (caught.value.code, caught.value.column) == ("column_missing", column)
        assert caught.value.params["suggestion"] == near


def test_a_header_that_stands_twice(project: MakeProject) -> None:
    header, row = "npsn,nama,lintang,lintang,bujur,x,x", "00000001,A,-3,-4,115,,"
    with pytest.raises(InputError) as caught:
        one_row(project, header, row)
    assert (caught.value.code, caught.value.column) == ("column_twice", "lat")
    assert caught.value.params["known"] == "lintang, lintang (2)"
    for chosen, lat in (("lintang", -3), ("lintang (2)", -4)):
        sections = {"schools": {"path": "schools.csv", "columns": {"lat": chosen}}}
        opened = project(sections, bare=True, files={"schools.csv": f"{header}\n{row}\n"})
        assert read_schools(opened)[0].loc[0, "lat"] == lat


@pytest.mark.parametrize(
    ("total", "boys", "girls", "students", "code"),
    [
        ("", "12", "11", 23, None),
        ("30", "12", "11", 30, None),
        ("", "", "", None, None),
        ("", "12", "", None, "value_not_read"),
        ("", "12", "x", None, "value_not_read"),
    ],
)
def test_pupils_by_sex(
    project: MakeProject, total: str, boys: str, girls: str, students: int | None, code: str | None
) -> None:
    header = "npsn,sekolah,lintang,bujur,siswa,siswa_laki_laki,siswa_perempuan"
    school, findings = one_row(project, header, f"00000001,A,-3,115,{total},{boys},{girls}")
    assert school["students"] == students or (students is None and pd.isna(school["students"]))
    assert [f.code for f in findings] == ([code] if code else [])


def test_giga(project: MakeProject) -> None:
    school, findings = one_row(
        project,
        "school_id_giga,school_id_govt,school_name,latitude,longitude,education_level,"
        "connectivity,download_speed_contracted,num_students,num_teachers,school_funding_type,admin2",
        "a-b,30300503,SDN Kayu Bawang 2,-3.4,114.7,Primary,No,,120,9,public,Banjar",
    )
    assert school[["npsn", "level", "ownership"]].tolist() == ["30300503", "SD", "public"]
    assert (school["students"], school["internet"]) == (120, "No")
    assert {f.code for f in findings} == {"columns_understood"}


@pytest.mark.parametrize("number", ["nsm", "school_id_giga", "giga_id_school"])
def test_a_register_with_another_number_may_have_no_npsn(project: MakeProject, number: str) -> None:
    school, _ = one_row(project, f"{number},nama,lintang,bujur", "a-1,MIS Al Falah,-3,115")
    assert (school["npsn"], school["lat"]) == ("", -3.0)


@pytest.mark.parametrize(
    ("given", "name", "level"),
    [
        ("Primary", "MIN 3 Banjar", "MI"),
        ("Primary", "MIS Darul Ulum", "MI"),
        ("Secondary", "SMAN 1 Banjar", "SMA"),
        ("Lower Secondary", "MTsS Al Falah", "MTs"),
        ("Primary", "Sekolah Harapan", None),
        ("Primary", "SMP 1", None),  # the two contradict each other
        ("Pre-Primary", "TK Pembina", "TK"),
    ],
)
def test_an_english_level_needs_the_name(
    project: MakeProject, given: str, name: str, level: str | None
) -> None:
    school, findings = one_row(
        project, "npsn,sekolah,lintang,bujur,education_level", f"00000001,{name},-3,115,{given}"
    )
    assert school["level"] == level or (level is None and pd.isna(school["level"]))
    assert [f.code for f in findings] == ([] if level else ["level_unknown"])


def test_a_workbook_of_several_years_with_titles(project: MakeProject, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Progres Dapodik"],
        [],
        ["No", "NPSN", "PD", "Guru", "Tahun"],
        [1, "00000101", 90, 7, 2024],
        [2, "00000101", 96, 8, 2025],
    ]
    workbook(tmp_path / "a.xlsx", rows)
    opened = project({"attributes": [{"path": str(tmp_path / "a.xlsx")}]}, bare=True)
    schools, _ = read_schools(opened)
    assert schools.set_index("npsn").loc["00000101", "students"] == 96


def test_headers_of_the_table_alone_are_no_table(tmp_path: Path) -> None:
    assert isinstance(read_table(workbook(tmp_path / "a.xlsx", [["a"], ["1"]])), RawTable)
    with pytest.raises(InputError) as caught:
        read_table(workbook(tmp_path / "a.xlsx", [["a"]]))
    assert caught.value.code == "table_no_rows"


# --- Shapefiles ----------------------------------------------------------------------------------


def test_the_parts_of_a_shapefile_are_inputs(project: MakeProject, tmp_path: Path) -> None:
    shapefile(tmp_path / "a.shp")
    opened = register(project, tmp_path / "a.shp")
    names = [name for name, _ in opened.project.inputs()]
    assert set(names) >= {"schools.0", "schools.0.dbf", "schools.0.shx", "schools.0.prj"}


def test_a_slip_is_told_beside_the_ranking(project: MakeProject, tmp_path: Path) -> None:
    text = "npsn,siswaa\n00000101,96\n"
    opened = project(files={"pupils.csv": text.replace("\n", ",1\n").replace("a,1", "a,guru")})
    said = list_remarks(OpenProject(opened).rank(out=tmp_path), Text("en"))
    assert [r for r in said if r.startswith("pupils.csv: ") and "“siswa”" in r]
