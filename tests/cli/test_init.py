"""`init --from`: folders of other shapes, none of them silently wrong; what is written loads."""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from kalsel_gap.i18n.text import LANGUAGES
from kalsel_gap.project.read import FILE_NAME, read_project
from tests.conftest import REPOSITORY, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

    from tests.conftest import CommandLine

SAMPLE = REPOSITORY / "data" / "sample"
PLACES = [(-2.95, 115.35), (-2.96, 115.36), (-2.97, 115.37), (-2.98, 115.38)]


class Written(NamedTuple):
    """What `init --from` wrote and said."""

    path: Path
    text: str
    given: dict[str, Any]
    said: str

    def unsure(self) -> str:
        """Everything that is a comment, as one text."""
        lines = [line[2:] for line in self.text.splitlines() if line.startswith("# ")]
        return " ".join(lines)


@pytest.fixture
def propose(cli: CommandLine, tmp_path: Path) -> Callable[..., Written]:
    """Propose a project for a folder, into another one; nothing in the folder changes."""

    def make(folder: Path, *options: str) -> Written:
        before = snapshot(folder)
        made = tmp_path / "made"
        answer = cli("init", made, "--from", folder, *options)
        assert answer.status == 0, answer.err
        assert answer.out == b""
        assert snapshot(folder) == before
        path = made / FILE_NAME
        text = path.read_text(encoding="utf-8")
        return Written(path, text, tomllib.loads(text), answer.err)

    return make


def named(folder: Path, written: Written) -> None:
    """Every file of the folder is used, in a comment, or listed as not used."""
    files = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    joined = re.sub(r"\n#\s+", " ", written.text)
    tiles = str(written.given.get("elevation", {}).get("path", "")).rpartition("/")[2]
    assert [p for p in files if p.name not in joined and p.parent.name != tiles] == []


def table(path: Path, header: str, rows: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def register(
    path: Path, first: int = 30300001, places: Sequence[tuple[float, float]] = PLACES
) -> Path:
    rows = [f"{first + n},SDN {n + 1},SD,N,{lat},{lon}" for n, (lat, lon) in enumerate(places)]
    return table(path, "NPSN,Nama Sekolah,Jenjang,Status,Lintang,Bujur", rows)


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """A workbook with cells of text and numbers."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    first = f'<Relationship Id="r" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{first}</Relationships>')
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">{links}</Relationships>',
        )
        for n, rows in enumerate(sheets.values(), 1):
            cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            sheet = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/sheet{n}.xml", sheet)
    return path


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def raster(path: Path, cells: ArrayLike, *, west: float = 115.3, **profile: Any) -> Path:
    array = np.asarray(cells)
    path.parent.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {
        "driver": "GTiff",
        "height": array.shape[0],
        "width": array.shape[1],
        "count": 1,
        "dtype": array.dtype,
        "crs": "EPSG:4326",
        "transform": Affine(0.01, 0.0, west, 0.0, -0.01, -2.90),
    }
    with rasterio.open(path, "w", **(given | profile)) as dataset:
        dataset.write(array, 1)
    return path


def levels(seed: int = 1) -> ArrayLike:
    return np.random.default_rng(seed).integers(-120, -70, (12, 12)).astype("int16")


def heights(seed: int = 1) -> ArrayLike:
    return np.random.default_rng(seed).integers(3, 900, (12, 12)).astype("int16")


def areas(path: Path, codes: Sequence[str], **columns: Sequence[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    boxes = [shapely.box(115.3 + n / 10, -3.1, 115.4 + n / 10, -2.9) for n in range(len(codes))]
    names = [f"Wilayah {chr(65 + n)}" for n in range(len(codes))]
    frame = gpd.GeoDataFrame(
        {"kode": codes, "nama": names, **columns}, geometry=boxes, crs="EPSG:4326"
    )
    frame.to_file(path)
    return path


# --- ten folders ----------------------------------------------------------------------------------


def test_the_sample_province_is_ranked_after_its_answers(
    propose: Callable[..., Written], cli: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "contoh"
    unwanted = shutil.ignore_patterns("*.py", "*.toml", ".*", "*.md", "runs")
    shutil.copytree(SAMPLE, folder, ignore=unwanted)
    written = propose(folder)
    named(folder, written)
    given = written.given
    assert given["coverage_defaults"] == {"nodata_means": ""}
    assert [each["path"].rpartition("/")[2] for each in given["schools"]] == [
        "schools.csv",
        "madrasah.csv",
    ]
    assert given["schools"][1]["adds_rows"] is True
    networks = {(c["operator"], c["technology"], c["kind"]) for c in given["coverage"]}
    assert networks == {
        ("banuasel", "4g", "rsrp_dbm"),
        ("meratusnet", "4g", "rsrp_dbm"),
    }
    assert "class_2g_banuasel.tif" in written.unsure()
    assert set(given["boundaries"]) == {"province", "kabupaten", "kecamatan", "desa"}
    assert given["elevation"]["surface"] == "unknown"
    assert {"fibre", "roads", "coastline", "wetlands", "villages", "sites"} <= given.keys()
    assert len(given["measurements"]) == 3  # two of speed, one of levels
    answer = cli("rank", "--project", written.path)
    assert answer.status == 1
    assert answer.err.count("kalsel-gap: error") == 1
    line = written.text.splitlines().index('nodata_means = ""') + 1
    assert f"row {line}, coverage_defaults.nodata_means: this key has no value" in answer.err
    written.path.write_text(
        written.text.replace('nodata_means = ""', 'nodata_means = "none"'), encoding="utf-8"
    )
    opened = read_project(written.path)
    assert [c.nodata_means for c in opened.project.coverage] == ["none", "none"]
    assert dict(opened.project.inputs())


def test_one_workbook_with_everything(propose: Callable[..., Written], tmp_path: Path) -> None:
    folder = tmp_path / "kantor"
    folder.mkdir()
    sheets: dict[str, list[list[object]]] = {
        "Petunjuk": [["Isilah semua lembar"]],
        "Sekolah": [
            ["NPSN", "Nama", "Lintang", "Bujur"],
            *[[f"3030000{n}", f"SDN {n}", lat, lon] for n, (lat, lon) in enumerate(PLACES)],
        ],
        "Siswa": [["NPSN", "Jumlah Siswa"], *[[f"3030000{n}", 100 + n] for n in range(4)]],
        "Menara": [
            ["operator", "teknologi", "lintang", "bujur", "tinggi"],
            *[["contohsel", "4G", lat, lon, 42] for lat, lon in PLACES],
        ],
    }
    workbook(folder / "data lengkap.xlsx", sheets)
    written = propose(folder)
    path = "../kantor/data lengkap.xlsx"
    assert written.given["schools"] == [{"path": path, "sheet": "Sekolah"}]
    assert written.given["attributes"] == [{"path": path, "sheet": "Siswa"}]
    assert written.given["sites"] == [{"path": path, "sheet": "Menara"}]
    assert "data lengkap.xlsx[Petunjuk]" in written.unsure()
    read_project(written.path)


def test_shapefiles_in_archives(propose: Callable[..., Written], tmp_path: Path) -> None:
    folder = tmp_path / "unduhan"
    parts = tmp_path / "parts"
    register(folder / "sekolah.csv")
    areas(parts / "kab.shp", ["63.01", "63.02", "63.03"])
    line = shapely.LineString([(115.3, -2.95), (115.4, -2.96)])
    roads = gpd.GeoDataFrame({"highway": ["primary"]}, geometry=[line], crs="EPSG:4326")
    roads.to_file(parts / "jalan.shp")
    for name, stem in (("batas_kabupaten.zip", "kab"), ("jalan_provinsi.zip", "jalan")):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for path in sorted(parts.glob(f"{stem}.*")):
                archive.write(path, path.name)
    (folder / "laporan.zip").write_bytes(b"PK\x03\x04 cut off")
    written = propose(folder)
    named(folder, written)
    assert written.given["boundaries"] == {"kabupaten": "../unduhan/batas_kabupaten.zip"}
    assert written.given["roads"]["path"] == "../unduhan/jalan_provinsi.zip"
    read_project(written.path)


def test_placemarks_and_a_picture_on_the_ground(
    propose: Callable[..., Written], tmp_path: Path
) -> None:
    folder = tmp_path / "peta"
    folder.mkdir()
    mark = (
        '<Placemark><name>SDN {n}</name><ExtendedData><Data name="NPSN"><value>3030000{n}</value>'
        "</Data></ExtendedData><Point><coordinates>{x},{y}</coordinates></Point></Placemark>"
    )
    marks = "".join(mark.format(n=n, y=y, x=x) for n, (y, x) in enumerate(PLACES))
    head = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
    (folder / "sekolah.kml").write_text(head.format(marks), encoding="utf-8")
    overlay = "<GroundOverlay><Icon><href>c.png</href></Icon></GroundOverlay>"
    with zipfile.ZipFile(folder / "cakupan 4G.kmz", "w") as archive:
        archive.writestr("doc.kml", head.format(overlay))
    written = propose(folder)
    named(folder, written)
    assert [each["path"] for each in written.given["schools"]] == ["../peta/sekolah.kml"]
    assert "coverage" not in written.given
    read_project(written.path)


def test_a_folder_of_elevation_tiles(propose: Callable[..., Written], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    register(folder / "sekolah.csv")
    for number in range(3):
        cells = np.asarray(heights(number))
        cells[:, 0] = 0
        raster(folder / "srtm" / f"S03E{115 + number}.tif", cells, west=115.3 + 0.12 * number)
    written = propose(folder)
    named(folder, written)
    assert written.given["elevation"] == {"path": "../data/srtm", "surface": "dsm", "sea": "zero"}
    assert len(read_project(written.path).project.elevation.tiles.files) == 3  # type: ignore[union-attr]


def test_coverage_without_operator_technology_or_unit(
    propose: Callable[..., Written], tmp_path: Path
) -> None:
    folder = tmp_path / "sinyal"
    register(folder / "sekolah.csv")
    raster(folder / "cakupan_4g.tif", levels(), nodata=-9999)
    raster(folder / "cakupan.tif", levels())
    raster(folder / "rsrp_5g_telkomsel.tif", np.arange(144).reshape(12, 12).astype("int16"))
    raster(folder / "blankspot_3g_telkomsel.tif", np.eye(12, dtype="uint8"))
    raster(folder / "coverage_2g_telkomsel.tif", np.eye(12, dtype="uint8")[::-1])
    written = propose(folder)
    named(folder, written)
    used = {c["path"].rpartition("/")[2]: c for c in written.given["coverage"]}
    assert set(used) == {"cakupan_4g.tif", "coverage_2g_telkomsel.tif"}
    assert used["cakupan_4g.tif"] == {
        "path": "../sinyal/cakupan_4g.tif",
        "technology": "4g",
        "operator": "any",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "",
    }
    assert used["coverage_2g_telkomsel.tif"]["kind"] == "binary"
    assert "not dBm" in written.unsure()
    assert "opposite of coverage" in written.unsure()
    assert 'technology = ""' in written.unsure()


def test_two_registers_that_may_be_the_same(
    propose: Callable[..., Written], tmp_path: Path
) -> None:
    folder = tmp_path / "dua"
    register(folder / "sekolah 2019.csv")
    register(folder / "sekolah 2024.csv", first=30300003)
    register(folder / "jauh.csv", places=[(5.1, 95.3), (5.2, 95.3)], first=10100001)
    register(folder / "madrasah.csv", first=60700001)
    register(folder / "sebagian.csv", places=PLACES[:2])
    areas(folder / "provinsi.geojson", ["63"])
    written = propose(folder)
    named(folder, written)
    schools = {s["path"].rpartition("/")[2]: s for s in written.given["schools"]}
    assert schools.keys() == {"madrasah.csv", "sekolah 2019.csv"}
    assert [s.get("adds_rows", False) for s in written.given["schools"]] == [False, True]
    assert "50 % of its NPSN are in dua/sekolah 2019.csv too" in written.unsure()
    assert "All its schools are in dua/sekolah 2019.csv already" in written.unsure()
    assert "0 % of its schools lie within the boundaries" in written.unsure()
    assert "Use only one" in written.unsure()


def test_two_readings_of_one_role(propose: Callable[..., Written], tmp_path: Path) -> None:
    folder = tmp_path / "ganda"
    register(folder / "sekolah.csv")
    areas(folder / "kecamatan_2019.geojson", ["630101", "630102"])
    areas(folder / "kecamatan_2024.geojson", ["630101", "630102"])
    areas(folder / "desa.geojson", ["63.01", "63.02"])
    raster(folder / "dem_a.tif", heights(1))
    raster(folder / "dem_b.tif", heights(2), west=115.303)
    raster(folder / "kepadatan.tif", heights(3))
    raster(folder / "rsrp_4g_telkomsel.tif", levels(1))
    raster(folder / "rsrp_4g_telkomsel_lama.tif", levels(2))
    line = shapely.LineString([(115.3, -2.95), (115.4, -2.96)])
    gpd.GeoDataFrame({"a": [1]}, geometry=[line], crs="EPSG:4326").to_file(
        folder / "jalan_hulu_sungai.geojson"
    )
    written = propose(folder)
    named(folder, written)
    assert set(written.given) == {"project", "schools"}
    for words in ("The codes are those of kabupaten, the name says desa", "roads", "kepadatan.tif"):
        assert words in written.unsure()
    read_project(written.path)


def test_an_empty_folder_asks_for_the_register(
    propose: Callable[..., Written], cli: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "kosong"
    folder.mkdir()
    (folder / ".DS_Store").write_bytes(b"hidden")
    written = propose(folder)
    assert written.given["schools"] == {"path": ""}
    assert ".DS_Store" not in written.text
    answer = cli("rank", "--project", written.path)
    assert answer.status == 1
    assert "schools.0.path: the path is empty. Name a file." in answer.err


def test_pictures_papers_and_broken_files(propose: Callable[..., Written], tmp_path: Path) -> None:
    folder = tmp_path / "foto"
    folder.mkdir()
    register(folder / "sekolah.csv")
    (folder / "peta.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 60)
    (folder / "foto.JPG").write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 60)
    (folder / "surat.pdf").write_bytes(b"%PDF-1.7\n\0\0\0\0\xe2\xe3" * 20)
    (folder / "rusak.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (folder / "rusak_4g.tif").write_bytes(b"II*\0" + b"\0" * 40)
    (folder / "kosong.csv").write_bytes(b"")
    (folder / "catatan.txt").write_text("Mohon diisi sebelum Jumat.\n", encoding="utf-8")
    shutil.copy(folder / "sekolah.csv", folder / "sekolah (1).csv")
    picture = np.full((3, 12, 12), 90, dtype="uint8")
    with rasterio.open(
        folder / "dem.tif",
        "w",
        driver="GTiff",
        height=12,
        width=12,
        count=3,
        dtype="uint8",
        crs="EPSG:4326",
        transform=Affine(0.01, 0.0, 115.3, 0.0, -0.01, -2.9),
    ) as dataset:
        dataset.write(picture)
    (folder / "rahasia.csv").symlink_to(tmp_path / "nowhere")
    written = propose(folder)
    named(folder, written)
    assert set(written.given) == {"project", "schools"}
    assert written.unsure().count("A picture, not data") == 3
    assert "foto/sekolah.csv: The same content as" in written.unsure()
    read_project(written.path)


# --- names and what is there already --------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_hostile_names_are_only_names(propose: Callable[..., Written], tmp_path: Path) -> None:
    folder = tmp_path / 'a "b"\n[project]\nname = "owned"'
    names = [
        "a\"b'.csv",
        "baris\n[output]\nfolder = 'x'.csv",
        "naik\u202evsc.csv",
        "esc\x1b[31m.csv",
    ]
    for number, name in enumerate([*names, "日本\U0001f3eb.csv"]):
        register(folder / name, first=30300001 + 10 * number)
    (folder / os.fsdecode(b"bad\xff.csv")).write_bytes(b"NPSN\n")
    written = propose(folder)
    opened = read_project(written.path)
    files = {source.path.resolve() for source in opened.project.schools}
    assert files == {(folder / name).resolve() for name in [*names, "日本\U0001f3eb.csv"]}
    assert set(written.given) == {"project", "schools"}
    assert written.given["project"]["name"] == folder.name
    assert not set("\x1b\u202e") & set(written.text + written.said)
    assert "is not UTF-8" in written.unsure()


def test_an_existing_project_stays(cli: CommandLine, tmp_path: Path) -> None:
    register(tmp_path / "sekolah.csv")
    (tmp_path / FILE_NAME).write_text("mine", encoding="utf-8")
    answer = cli("init", tmp_path, "--from", tmp_path)
    assert answer.status == 1
    assert "nothing is overwritten" in answer.err
    assert (tmp_path / FILE_NAME).read_text(encoding="utf-8") == "mine"


def test_a_missing_folder_and_two_kinds_of_project(cli: CommandLine, tmp_path: Path) -> None:
    answer = cli("init", tmp_path / "new", "--from", tmp_path / "nowhere")
    assert (answer.status, (tmp_path / "new").exists()) == (1, False)
    assert "there is no such folder" in answer.err
    answer = cli("init", tmp_path / "new", "--from", tmp_path, "--sample")
    assert (answer.status, (tmp_path / "new").exists()) == (1, False)


def test_runs_and_outputs_are_no_inputs(
    ranked: Path, cli: CommandLine, tmp_path: Path, propose: Callable[..., Written]
) -> None:
    cli("export", "csv", "--project", ranked, "--out", ranked / "hasil.csv", "--names", "codes")
    assert (ranked / "hasil.csv").is_file()
    written = propose(ranked)
    assert "hasil.csv" not in written.text
    assert "runs/" not in written.text
    assert FILE_NAME in written.unsure()  # of the folder: a project file


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_fit_eighty_columns(
    language: str, propose: Callable[..., Written], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    register(folder / "sekolah.csv")
    raster(folder / "cakupan_4g.tif", levels())
    raster(folder / "dem.tif", heights())
    (folder / "catatan.txt").write_text("Mohon diisi.\n", encoding="utf-8")
    written = propose(folder, "--lang", language)
    assert written.given["project"]["language"] == language
    lines = [*written.text.splitlines(), *written.said.splitlines()]
    assert [line for line in lines if len(line) > 80 and str(tmp_path) not in line] == []
    word = {"en": "likely", "id": "hampir pasti"}[language]
    assert f"# {word}: " in written.text
    assert word in written.said


def test_the_same_folder_gives_the_same_file(
    propose: Callable[..., Written], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    for number in range(3):
        register(folder / f"{number}.csv", first=30300001 + 100 * number)
    first = propose(folder).text
    shutil.rmtree(tmp_path / "made")
    assert propose(folder).text == first


def test_a_table_of_records_with_other_words(
    propose: Callable[..., Written], tmp_path: Path
) -> None:
    folder = tmp_path / "api"
    folder.mkdir()
    rows = [
        {"npsn": f"3030000{n}", "nama_sekolah": f"SDN {n}", "latitude": y, "longitude": x}
        for n, (y, x) in enumerate(PLACES)
    ]
    (folder / "data.json").write_text(json.dumps(rows), encoding="utf-8")
    table(folder / "uji.csv", "npsn,tanggal,unduh,unggah", ["30300001,2026-05-13,4.2,1.1"] * 2)
    table(
        folder / "ukur.csv",
        "lintang,bujur,rsrp,provider,teknologi",
        ["-2.95,115.35,-101,contohsel,4G"],
    )
    table(folder / "ukur2.csv", "lintang,bujur,rsrp", ["-2.95,115.35,-101"])
    table(folder / "idm.csv", "kode_desa,status", ["6301012001,MAJU", "6301012002,TERTINGGAL"])
    table(
        folder / "lain.csv", "NPSN,Nama Sekolah,Latitdue,Longitude", ["30300001,SDN 1,-2.9,115.3"]
    )
    written = propose(folder)
    named(folder, written)
    assert [s["path"] for s in written.given["schools"]] == ["../api/data.json"]
    tests = [m["path"] for m in written.given["measurements"]]
    assert tests == ["../api/uji.csv", "../api/ukur.csv"]
    assert written.given["villages"]["path"] == "../api/idm.csv"
    assert 'operator = ""' in written.unsure()
    assert "Did you mean “Latitdue”?" in written.unsure()
