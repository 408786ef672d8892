from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.geo.raster_files import TileSet, sources, tiles_of

if TYPE_CHECKING:
    from pathlib import Path

BAND = '<VRTRasterBand dataType="Int16" band="1">{}</VRTRasterBand>'
SOURCE = "<SimpleSource><SourceFilename {}>{}</SourceFilename></SimpleSource>"


def vrt(folder: Path, name: str, body: str, *, root: str = "") -> Path:
    path = folder / name
    path.write_text(f'<VRTDataset rasterXSize="1" rasterYSize="1" {root}>{body}</VRTDataset>')
    return path


def drawing_from(folder: Path, name: str, *files: str) -> Path:
    parts = "".join(SOURCE.format('relativeToVRT="1"', file) for file in files)
    return vrt(folder, name, BAND.format(parts))


def test_a_file_a_list_and_a_folder(tmp_path: Path) -> None:
    for name in ("b.tif", "a.HGT", "notes.txt", "all.vrt", ".aux.xml"):
        (tmp_path / name).touch()
    (tmp_path / "more.tif").mkdir()
    a, b = tmp_path / "a.HGT", tmp_path / "b.tif"
    assert tiles_of(b) == TileSet((b,))
    assert tiles_of([b, a]) == TileSet((b, a))
    assert tiles_of(tmp_path) == TileSet((a, b), is_searched=True)
    more = tmp_path / "more.tif"
    assert tiles_of([b, more]) == TileSet((b, more), is_searched=True)
    assert tiles_of(TileSet((a,), -1.0)) == TileSet((a,), -1.0)


@pytest.mark.parametrize(
    ("tile", "companions"),
    [
        (
            "ALPSMLC30_S004E114_DSM.tif",
            ["ALPSMLC30_S004E114_MSK.tif", "ALPSMLC30_S004E114_STK.tif"],
        ),
        ("S004E114_AVE_DSM.tif", ["S004E114_AVE_LST.tif", "S004E114_AVE_QAI.tif"]),
        (
            "Copernicus_DSM_COG_10_S04_00_E114_00_DEM.tif",
            [f"Copernicus_DSM_COG_10_S04_00_E114_00_{n}.tif" for n in ("EDM", "FLM", "HEM", "WBM")],
        ),
        ("ASTGTMV003_S04E114_dem.tif", ["ASTGTMV003_S04E114_num.tif"]),
        ("TDM1_DEM__30_S04E114_DEM.tif", [f"TDM1_DEM__30_S04E114_{n}.tif" for n in ("AMP", "COV")]),
        ("s04e114.hgt", ["s04e114.num", "s04e114.swb", "s04e114.hgt.zip"]),
        ("dem.tif", ["dem_hillshade.tif", "Slope_dem.tif", "dem_MSK (1).tif", "dem.png"]),
    ],
)
def test_companions_of_tiles(tmp_path: Path, tile: str, companions: list[str]) -> None:
    for name in (tile, *companions):
        (tmp_path / name).touch()
    found = tiles_of(tmp_path)
    assert [file.name for file in found.files] == [tile]
    assert sorted(file.name for file in found.passed_over) == sorted(companions)
    # What is named is used, and a folder of nothing else holds what is meant.
    assert tiles_of([tmp_path / companions[0]]).files == (tmp_path / companions[0],)


def test_a_folder_of_nothing_but_masks(tmp_path: Path) -> None:
    (tmp_path / "a_msk.tif").touch()
    assert tiles_of(tmp_path).files == (tmp_path / "a_msk.tif",)


def test_tiles_in_folders_of_their_own(tmp_path: Path) -> None:
    names = ("two/DEM/S04E115_DEM.tif", "one/DEM/S04E114_DEM.tif", "one/AUX/S04E114_WBM.tif")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = tiles_of(tmp_path)
    assert found.files == (tmp_path / names[1], tmp_path / names[0])
    assert found.passed_over == (tmp_path / names[2],)


def test_sources_of_mosaics_of_mosaics(tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    for name in ("1.tif", "2.tif"):
        (tmp_path / "tiles" / name).write_bytes(b"II*\0")
    inner = drawing_from(tmp_path / "tiles", "inner.vrt", "1.tif", "2.tif", "1.tif")
    outer = drawing_from(tmp_path, "outer.vrt", "tiles/inner.vrt", "tiles/2.tif")
    one, two = tmp_path / "tiles" / "1.tif", tmp_path / "tiles" / "2.tif"
    assert sources(outer) == (inner, one, two)
    assert sources(one) == sources(tmp_path / "nowhere.tif") == ()
    absolute = vrt(tmp_path, "absolute.vrt", BAND.format(SOURCE.format("", one)))
    assert sources(absolute) == (one,)


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/https://example.org/dem.tif",
        "https://example.org/dem.tif",
        "GTIFF_DIR:1:here.tif",
        "PG:dbname=x",
        "&lt;GDAL_WMS&gt;&lt;/GDAL_WMS&gt;",
        "missing.tif",
        "",
    ],
)
@pytest.mark.parametrize("relative", ["", 'relativeToVRT="1"', 'RELATIVETOVRT="1"'])
def test_a_source_must_be_a_file_on_this_machine(tmp_path: Path, name: str, relative: str) -> None:
    (tmp_path / "here.tif").write_bytes(b"II*\0")
    path = vrt(tmp_path, "v.vrt", BAND.format(SOURCE.format(relative, name)))
    with pytest.raises(InputError) as caught:
        sources(path)
    assert (caught.value.code, caught.value.path) == ("raster_source", path)


@pytest.mark.parametrize(
    ("body", "root"),
    [
        (BAND.format("<SourceFilename>{0}<x/></SourceFilename>"), ""),
        (BAND.format("<SourceFilename>{0}<relativeToVRT>1</relativeToVRT></SourceFilename>"), ""),
        (BAND.format("<PixelFunctionCode>import os</PixelFunctionCode>"), ""),
        (BAND.format("<subClass>VRTDerivedRasterBand</subClass>"), ""),
        ('<VRTRasterBand subClass="VRTRawRasterBand"/>', ""),
        ('<VRTRasterBand SUBCLASS="VRTDerivedRasterBand"/>', ""),
        ("<GDALWarpOptions/>", ""),
        ("<SimpleSource><OpenOptions/></SimpleSource>", ""),
        ("", 'subClass="VRTWarpedDataset"'),
        ("", 'xmlns="elsewhere"'),
        ("<unclosed>", ""),
    ],
)
def test_only_plain_mosaics_are_followed(tmp_path: Path, body: str, root: str) -> None:
    (tmp_path / "here.tif").write_bytes(b"II*\0")
    path = vrt(tmp_path, "v.vrt", body.format(tmp_path / "here.tif"), root=root)
    with pytest.raises(InputError) as caught:
        sources(path)
    assert (caught.value.code, caught.value.path) == ("raster_indirect", path)


@pytest.mark.parametrize(
    "text",
    [
        "<GDAL_WMS><Service/></GDAL_WMS>",
        '{"type": "Feature"}',
        '\ufeff\n <!DOCTYPE v [<!ENTITY a "b">]><VRTDataset>&a;</VRTDataset>',
        "<MRF_META/>",
    ],
)
def test_whatever_else_points_elsewhere_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dem.tif"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        sources(path)
    assert caught.value.code == "raster_indirect"


def test_case_does_not_hide_a_source(tmp_path: Path) -> None:
    path = vrt(
        tmp_path,
        "v.vrt",
        BAND.format("<simplesource><SOURCEFILENAME>/vsicurl/x</SOURCEFILENAME></simplesource>"),
    )
    with pytest.raises(InputError) as caught:
        sources(path)
    assert caught.value.params == {"source": "/vsicurl/x"}


def test_mosaics_in_a_circle(tmp_path: Path) -> None:
    path = drawing_from(tmp_path, "a.vrt", "a.vrt")
    with pytest.raises(InputError) as caught:
        sources(path)
    assert caught.value.code == "raster_indirect"
