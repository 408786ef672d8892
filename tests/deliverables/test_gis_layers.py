"""Layers for GIS: complete, styled, described, the same bytes."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import PIL.Image
import pyogrio
import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables import gis_layers, palette
from kalsel_gap.deliverables.area_results import FIELDS, count_by_area
from kalsel_gap.deliverables.field_pack import visit_layer
from kalsel_gap.deliverables.iso19115 import run_abstract, to_iso19115
from kalsel_gap.deliverables.layer_crs import METRIC_CRS
from kalsel_gap.deliverables.qgis_project import to_qgz
from kalsel_gap.deliverables.tables import View
from kalsel_gap.deliverables.visit_list import list_visits
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.sources.boundaries import read_areas, short_name
from tests.conftest import system_python
from tests.fact_values import with_facts

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")

LAYERS = ("schools", "findings", "sites", "kabupaten", "kecamatan")


@pytest.fixture
def gpkg(tiny_run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "schools.gpkg"
    gis_layers.write_gpkg(tiny_run, path, Text("id"))
    return path


def test_every_row_comes_out_and_lies_where_it_lay(tiny_run: Run, gpkg: Path) -> None:
    layer = gpd.read_file(gpkg, layer="schools").set_index("row_id")
    assert sorted(layer.index) == sorted(tiny_run.schools["row_id"])
    layer = layer.loc[tiny_run.schools["row_id"]].reset_index()
    assert layer.crs == METRIC_CRS
    back = layer.to_crs(schema.CRS)
    located = tiny_run.schools["lat"].notna()
    assert list(back.geometry.notna()) == list(located)
    assert back.geometry[located].x.to_numpy() == pytest.approx(
        tiny_run.schools["lon"][located].to_numpy(), abs=1e-9
    )
    assert list(layer["npsn"]) == list(tiny_run.schools["npsn"])  # text: leading zeros stay


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
@pytest.mark.parametrize("most_bytes", [4_000, 60_000, 120_000, 180_000])
def test_a_full_disk_is_an_error_of_the_system(
    tiny_run: Run, tmp_path: Path, most_bytes: int
) -> None:
    """GDAL and SQLite have errors of their own for it."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        with pytest.raises(OSError, match=r"a\.gpkg") as caught:
            gis_layers.write_gpkg(tiny_run, tmp_path / "a.gpkg", Text("id"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.strerror
    assert {path.name for path in tmp_path.iterdir()} <= {"a.gpkg"}


def test_layers_of_the_run(tiny_run: Run, gpkg: Path) -> None:
    names = [str(name) for name, kind in pyogrio.list_layers(gpkg) if kind is not None]
    assert tuple(names) == LAYERS  # nothing was predicted of sites without power
    assert len(gpd.read_file(gpkg, layer="sites")) == len(tiny_run.table("sites"))


def test_every_layer_says_that_its_data_are_invented(tiny_run: Run, gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        told = dict(database.execute("SELECT table_name, description FROM gpkg_contents"))
    for name in LAYERS:
        assert set(gpd.read_file(gpkg, layer=name)["data"]) == {tiny_run.manifest["data"]}
        assert told[name].startswith("DATA SINTETIS")


def test_the_worst_school_is_drawn_last(tiny_run: Run, gpkg: Path) -> None:
    """On top of the others, also in a program that knows no style."""
    features = json.loads(gis_layers.to_geojson(tiny_run, tiny_run.schools, Text("en")))["features"]
    for ranks in (
        list(gpd.read_file(gpkg, layer="schools")["rank"].astype("Int64")),
        [feature["properties"]["rank"] for feature in features],
    ):
        known = [int(rank) for rank in ranks if not pd.isna(rank)]
        assert known == sorted(known, reverse=True)
        assert ranks[-1] == 1
        assert all(pd.isna(rank) for rank in ranks[: len(ranks) - len(known)])


def test_boundaries_are_those_that_schools_are_matched_with(project: MakeProject) -> None:
    opened = project()
    run = OpenProject(opened).rank()
    for level in ("kabupaten", "kecamatan"):
        given = read_areas(opened, level)
        assert given is not None
        areas = run.table("areas")
        drawn = areas[areas["level"] == level].reset_index(drop=True)
        assert drawn.geometry.normalize().geom_equals(given.geometry, align=False).all()
    schools = run.schools[run.schools["lat"].notna()]
    joined = schools.sjoin(drawn[["name", "geometry"]].rename(columns={"name": "area"}))
    assert list(joined["area"]) == list(joined["kecamatan_by_location"].map(short_name))


def test_columns_are_described_in_the_reader_s_language(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        rows = database.execute(
            "SELECT column_name, title, description FROM gpkg_data_columns "
            "WHERE table_name = 'schools'"
        )
        described = {name: (title, text) for name, title, text in rows}
        codes = database.execute(
            "SELECT value, description FROM gpkg_data_column_constraints "
            "WHERE constraint_name = 'schools_gap_type'"
        ).fetchall()
    assert described["rank"] == (
        Text("id")(schema.BY_NAME["rank"].label),
        Text("id")(schema.BY_NAME["rank"].description),
    )
    assert {*schema.BY_NAME} <= set(described)
    assert dict(codes)["uncovered"] == "tanpa cakupan"


def test_every_column_of_every_layer_has_one_alias(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        styles = dict(
            database.execute(
                "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1"
            )
        )
        for name in LAYERS:
            stored = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            root = ET.fromstring(styles[name].partition(">")[2])
            aliases = {a.get("field"): a.get("name") for a in root.iter("alias")}
            assert set(stored) - {"fid", "geom"} == set(aliases), name
            assert len(set(aliases.values())) == len(aliases), name
            titles = dict(
                database.execute(
                    "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = ?", (name,)
                )
            )
            assert titles == aliases
    assert aliases["code"] == "Kode Kemendagri"


def test_every_layer_has_a_default_style(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        styles = database.execute(
            "SELECT f_table_name, styleQML, useAsDefault, f_geometry_column FROM layer_styles"
        ).fetchall()
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        named = database.execute(
            "SELECT styleName FROM layer_styles WHERE f_table_name = 'schools'"
        ).fetchall()
    assert [name for name, _, first, _ in styles if first == 1] == list(LAYERS)
    assert {column for _, _, _, column in styles} == {"geom"}
    assert [name for (name,) in named] == [
        *("Tingkat defisit", "Jenis kesenjangan", "Prioritas", "Kepastian daftar")
    ]
    assert kinds["layer_styles"] == "attributes"
    root = ET.fromstring(styles[0][1].partition(">")[2])
    values = [c.get("value") for c in root.iter("category")]
    assert values == [*schema.TIER_LABELS, ""]
    shapes = [
        o.get("value")
        for symbol in root.iter("symbol")
        for o in symbol.iter("Option")
        if o.get("name") == "name"
    ]
    assert len(set(shapes[:6])) == 6  # shape alone tells the tiers apart
    assert tuple(palette.TIERS) == schema.TIER_LABELS


def test_rows_that_are_no_school_are_apart_from_the_unknown(tiny_run: Run, tmp_path: Path) -> None:
    schools = tiny_run.schools.copy()
    repeated, unknown = schools.index[schools["rank"].isna()]
    closed = schools.index[schools["rank"] == 1][0]
    nothing = ["rank", "tier", "tier_label", "priority", "deficit", "gap_type"]
    schools.loc[closed, nothing] = None
    schools.loc[[repeated, closed], "unranked_reason"] = ["duplicate", "closed"]
    schools.loc[unknown, "kecamatan"] = None
    path = tmp_path / "a.gpkg"
    gis_layers.write_gpkg(replace(tiny_run, schools=schools), path, Text("en"))
    npsn = schools["npsn"]
    with sqlite3.connect(path) as database:
        styles = dict(
            database.execute(
                "SELECT styleName, styleQML FROM layer_styles WHERE f_table_name = 'schools'"
            ).fetchall()
        )
        # The expressions of QGIS are here also those of SQLite.
        drawn = ET.fromstring(styles["Tier of deficit"].partition(">")[2])
        ((renderer,), *others) = [list(drawn.iter("renderer-v2")), *drawn.iter("category")]
        values = [each.get("value") for each in others]
        assert values == [*schema.TIER_LABELS, "", "no_school"]
        assert others[-1].get("label") == "repeated rows, closed schools"
        classes = dict(
            database.execute(f"SELECT npsn, {renderer.get('attr')} FROM schools").fetchall()
        )
        assert classes[npsn[repeated]] == classes[npsn[closed]] == "no_school"
        assert classes[npsn[unknown]] is None
        assert set(classes.values()) - {None} <= set(values)
        drawn = ET.fromstring(styles["Priority"].partition(">")[2])
        found = [
            {row for (row,) in database.execute(f"SELECT npsn FROM schools WHERE {filters}")}
            for filters in (rule.get("filter") for rule in drawn.iter("rule"))
        ]
    assert sum(map(len, found)) == len(set.union(*found)) == len(schools)
    assert found[-1] == {npsn[repeated], npsn[closed]}
    assert found[-2] == {npsn[unknown]}
    last = gpd.read_file(path, layer="kecamatan").iloc[-1]
    assert (last["name"], last["schools"], last["unknown"]) == ("No area, or not known which", 1, 1)
    assert last.geometry is None
    assert pd.isna(last["no_signal_share"])


def test_a_layer_says_what_it_rests_on(tiny_run: Run, gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        ((written,),) = database.execute("SELECT metadata FROM gpkg_metadata WHERE id = 1")
        ((standard, kind, record),) = database.execute(
            "SELECT md_standard_uri, mime_type, metadata FROM gpkg_metadata WHERE id = 2"
        )
        ((scope,),) = database.execute(
            "SELECT reference_scope FROM gpkg_metadata_reference WHERE md_file_id = 2"
        )
        about = database.execute(
            "SELECT table_name FROM gpkg_metadata_reference WHERE md_file_id = 1"
        ).fetchall()
        changed = {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}
        changed |= {row[0] for row in database.execute("SELECT update_time FROM layer_styles")}
        changed |= {r[0] for r in database.execute("SELECT timestamp FROM gpkg_metadata_reference")}
    assert (standard, kind) == ("http://www.isotc211.org/2005/gmd", "text/xml")
    assert (scope, record) == (
        "geopackage",
        to_iso19115(tiny_run, Text("id"), crs=METRIC_CRS),
    )
    facts = json.loads(written)
    assert facts["run"] == tiny_run.folder.name
    assert facts["kalsel_gap"] == tiny_run.manifest["kalsel_gap"]
    assert facts["inputs"] == tiny_run.manifest["inputs"]
    assert facts["dates"] == {"schools.0": "2026-07-01"}
    assert {name for (name,) in about} == {None, *LAYERS}
    assert changed == {"2026-07-01T00:00:00.000Z"}  # the last day of the data, no clock


def test_metadata_follow_satu_data(tiny_run: Run, gpkg: Path, tmp_path: Path) -> None:
    """Standard, metadata, source, date and contact; what nobody states is unknown."""
    with sqlite3.connect(gpkg) as database:
        ((written,),) = database.execute("SELECT metadata FROM gpkg_metadata WHERE id = 1")
    stated = json.loads(written)["satu_data"]
    assert set(stated) == {"standard", "metadata", "source", "date", "contact"}
    assert stated["date"] == "2026-07-01"
    assert "schools.csv" in stated["source"]
    assert stated["contact"] is stated["metadata"]["licence"] is None
    parameters = {**tiny_run.manifest["parameters"], "publication.contact_email": "a@b.go.id"}
    told = replace(tiny_run, manifest={**tiny_run.manifest, "parameters": parameters})
    for language in LANGUAGES:
        text = Text(language)
        facts = gis_layers.facts_of(told, text)["satu_data"]
        assert facts["contact"] == "a@b.go.id"
        assert facts["metadata"]["description"] == run_abstract(told, text)
    assert stated["metadata"]["description"].startswith("DATA SINTETIS")


def test_areas_have_results(tiny_run: Run, gpkg: Path) -> None:
    for level in ("kabupaten", "kecamatan"):
        drawn = gpd.read_file(gpkg, layer=level)
        counted = count_by_area(tiny_run, level)
        named = counted["code"] != ""
        assert list(drawn["name"][named]) == list(counted["name"][named])
        for name in FIELDS.keys() - {"level", "code", "name"}:
            given = counted[name].astype("float64").to_numpy()
            assert drawn[name].astype("float64").to_numpy() == pytest.approx(given, nan_ok=True)
    assert drawn["unknown"].sum() == 2  # schools without a point count where they say they are


def test_a_view_chooses_schools_and_what_is_about_them(tiny_run: Run, tmp_path: Path) -> None:
    path, view = tmp_path / "part.gpkg", View(kabupaten=("gunung contoh",), top=4)
    gis_layers.write_gpkg(tiny_run, path, Text("en"), crs="EPSG:4326", view=view)
    schools = gpd.read_file(path, layer="schools")
    assert list(schools["kabupaten"]) == ["Kab. Gunung Contoh"] * 4
    assert schools.crs == "EPSG:4326"
    assert list(schools.geometry.x) == pytest.approx(list(schools["lon"]))
    about = gpd.read_file(path, layer="findings")
    assert set(about["npsn"]) <= set(schools["npsn"])
    assert len(gpd.read_file(path, layer="kabupaten")) == 2  # whole, as are the sites
    assert len(gpd.read_file(path, layer="sites")) == len(tiny_run.table("sites"))
    with sqlite3.connect(path) as database:
        told = dict(database.execute("SELECT table_name, description FROM gpkg_contents"))
    assert told["schools"].endswith("Only the schools that were asked for.")
    assert "Only the schools" not in told["sites"]
    assert validated(path) == (0, "")


def test_a_view_without_schools_leaves_layers_without_features(
    sample_run: Run, tmp_path: Path
) -> None:
    """With the columns and styles of the others, so that a project of QGIS keeps all of them."""
    kabupaten = sample_run.schools["kabupaten"]
    elsewhere = sample_run.schools["kecamatan"][kabupaten != kabupaten.iloc[0]].iloc[0]
    view = View(kabupaten=(kabupaten.iloc[0],), kecamatan=(elsewhere,))
    whole = {each.name: each for each in gis_layers.layers_of(sample_run, Text("en"))}
    part = {each.name: each for each in gis_layers.layers_of(sample_run, Text("en"), view)}
    assert list(whole) == list(part)
    for name in ("schools", "findings", "predictions"):
        assert len(whole[name].features) > len(part[name].features) == 0
        assert part[name].features.dtypes.to_dict() == whole[name].features.dtypes.to_dict()
        assert part[name].styles == whole[name].styles
        assert part[name].fields == whole[name].fields
    path = tmp_path / "none.gpkg"
    gis_layers.write_layers(sample_run, list(part.values()), path, Text("en"))
    assert [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None] == [*whole]
    assert validated(path) == (0, "")


def test_types_are_the_same_in_every_project(project: MakeProject, gpkg: Path) -> None:
    """Also of columns that a project knows nothing of: electricity was a number there."""
    one = "npsn,nama,bentuk,lintang,bujur\n30300001,SD 1,SD,-3.0,115.0\n"
    bare = OpenProject(project(bare=True, files={"schools.csv": one})).rank()
    other = gpkg.with_name("bare.gpkg")
    gis_layers.write_gpkg(bare, other, Text("en"))
    kinds = []
    for path in (gpkg, other):
        with sqlite3.connect(path) as database:
            kinds.append([row[1:3] for row in database.execute("PRAGMA table_info(schools)")])
    assert kinds[0] == kinds[1]
    assert ("electricity", "TEXT") in kinds[0]


def test_the_validator_of_gdal_has_nothing_to_say(gpkg: Path) -> None:
    """Every requirement of the standard, those of its extensions among them (141: schema)."""
    assert validated(gpkg) == (0, "")


def validated(path: Path) -> tuple[int, str]:
    validator = "osgeo_utils.samples.validate_gpkg"
    command = [system_python("osgeo_utils"), "-m", validator, "--extra", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    return answer.returncode, answer.stdout + answer.stderr


def test_an_invalid_boundary_leaves_the_geopackage_valid(
    project: MakeProject, tmp_path: Path
) -> None:
    """A spike becomes a line beside the polygon, which no layer of polygons may hold."""
    corners = [[115.3, -3], [115.4, -3], [115.4, -2.95], [115.45, -2.95], [115.4, -2.95]]
    ring = [*corners, [115.4, -2.9], [115.3, -2.9], [115.3, -3]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    spike = {
        "type": "Feature",
        "properties": {"kode": "99.01", "nama": "Contoh"},
        "geometry": shape,
    }
    layer = json.dumps({"type": "FeatureCollection", "features": [spike]})
    opened = project(files={"kabupaten.geojson": layer})
    given = read_areas(opened, "kabupaten")
    assert given is not None
    assert set(given.geom_type) == {"GeometryCollection"}
    path = tmp_path / "spike.gpkg"
    gis_layers.write_gpkg(OpenProject(opened).rank(), path, Text("en"))
    drawn = gpd.read_file(path, layer="kabupaten")
    assert set(drawn.geom_type.dropna()) == {"MultiPolygon"}
    assert drawn.geometry.isna().sum() == 1  # of the schools of no area
    assert validated(path) == (0, "")


@pytest.mark.real
def test_a_school_of_the_province_lies_in_the_desa_that_is_drawn(
    kalsel: Run, tmp_path: Path
) -> None:
    path = tmp_path / "kalsel.gpkg"
    gis_layers.write_gpkg(kalsel, path, Text("id"))
    assert validated(path) == (0, "")
    desa = gpd.read_file(path, layer="desa", columns=["code"])
    schools = gpd.read_file(path, layer="schools", columns=["row_id", "desa_code"])
    schools = schools[schools.geometry.notna()]
    joined = schools.sjoin(desa, how="left").drop_duplicates("row_id")
    assert len(joined) == len(schools) > 3000
    assert (joined["code"].fillna("") == joined["desa_code"].fillna("")).all()


# What QGIS has made of each layer: a program of its own, because QGIS has its own Python.
ASK_QGIS = """
import json, os, sqlite3, sys
from qgis.PyQt.QtXml import QDomDocument
from qgis.core import (
    QgsApplication, QgsFeatureRequest, QgsLayoutExporter, QgsLayoutItemLabel, QgsLayoutItemLegend,
    QgsLayoutItemMap, QgsLayoutItemPicture, QgsLayoutItemScaleBar, QgsMapRendererSequentialJob,
    QgsMapSettings, QgsProject, QgsRenderContext, QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
application = QgsApplication([], False)
application.initQgis()
messages = []
QgsApplication.messageLog().messageReceived.connect(lambda *said: messages.append(str(said)))
found = {}


def tree_of(group):
    return {
        child.name(): tree_of(child) if hasattr(child, "findLayers") else child.isVisible()
        for child in group.children()
    }


def project(path):
    opened = QgsProject.instance()
    is_read = opened.read(path)
    layouts = {}
    for layout in opened.layoutManager().printLayouts():
        page = layout.pageCollection().page(0).pageSize()
        picture = f"{path}.{page.width():g}.png"
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 50
        outcome = QgsLayoutExporter(layout).exportToImage(picture, settings)
        items = sorted(layout.items(), key=lambda item: item.scenePos().y())
        layouts[layout.name()] = {
            "page": [page.width(), page.height()],
            "outcome": int(outcome),
            "picture": picture,
            "labels": [i.currentText() for i in items if isinstance(i, QgsLayoutItemLabel)],
            "kinds": sorted(
                kind.__name__
                for kind in (
                    QgsLayoutItemLegend, QgsLayoutItemMap, QgsLayoutItemPicture,
                    QgsLayoutItemScaleBar,
                )
                if any(isinstance(i, kind) for i in items)
            ),
        }
    layers = {}
    for layer in opened.mapLayers().values():
        styles = layer.styleManager()
        drawn = {}
        for name in styles.styles():
            styles.setCurrentStyle(name)
            settings = QgsMapSettings()
            settings.setLayers([layer])
            settings.setExtent(opened.viewSettings().defaultViewExtent())
            settings.setDestinationCrs(opened.crs())
            settings.setOutputSize(QSize(100, 100))
            job = QgsMapRendererSequentialJob(settings)
            job.start()
            job.waitForFinished()
            image = job.renderedImage()
            colours = {image.pixel(x, y) for x in range(100) for y in range(100)}
            drawn[name] = len(colours)
        layers[layer.id()] = {
            "valid": layer.isValid(),
            "crs": layer.crs().authid(),
            "source": layer.source(),
            "styles": drawn,
            "licence": layer.metadata().licenses(),
        }
    metadata = opened.metadata()
    return {
        "read": is_read, "error": opened.error(), "crs": opened.crs().authid(),
        "title": opened.title(), "abstract": metadata.abstract(), "language": metadata.language(),
        "contact": [c.organization for c in metadata.contacts()],
        "tree": tree_of(opened.layerTreeRoot()), "layouts": layouts, "layers": layers,
    }


def slds(path):
    read = {}
    with sqlite3.connect(path) as database:
        kept = database.execute("SELECT f_table_name, styleName, styleSLD FROM layer_styles")
        for table, name, sld in kept.fetchall():
            document = QDomDocument()
            document.setContent(sld, True)
            layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
            named = document.documentElement().firstChildElement("NamedLayer")
            answer = layer.readSld(named, "")
            shapes = [
                symbol.symbolLayer(0).properties().get("name", "")
                for symbol in layer.renderer().symbols(QgsRenderContext())
            ]
            rules = getattr(layer.renderer(), "rootRule", None)
            filters = [r.filterExpression() for r in rules().children()] if rules else []
            read[f"{table}: {name}"] = [bool(answer), shapes, filters, layer.labelsEnabled()]
    return read


for address in sys.argv[1:]:
    if address.endswith(".qgz"):
        found[os.path.basename(address)] = project(address)
        continue
    if address.endswith(".gpkg"):
        found["sld"] = slds(address)
        continue
    name = address.rpartition("=")[2]
    layer = QgsVectorLayer(address, name, "ogr")
    renderer, labels = layer.renderer(), layer.labeling()
    fields = layer.fields()
    drawn = QgsFeatureRequest().setOrderBy(renderer.orderBy())
    ranks = [f["rank"] for f in layer.getFeatures(drawn)] if name == "schools" else []
    found[name] = {
        "valid": layer.isValid(),
        "features": layer.featureCount(),
        "renderer": renderer.type(),
        "symbols": len(renderer.symbols(QgsRenderContext())),
        "ordered": renderer.orderByEnabled(),
        "ranks": [rank if isinstance(rank, int) else None for rank in ranks],
        "labels": labels.settings().fieldName if labels and layer.labelsEnabled() else "",
        "labels_from": labels.settings().minimumScale if labels else None,
        "is_code": labels.settings().isExpression if labels else None,
        "shown": {f.name(): f.displayName() for f in fields if f.name() != "fid"},
        "words": [f.name() for f in fields if f.editorWidgetSetup().type() == "ValueMap"],
        "scale": layer.minimumScale() if layer.hasScaleBasedVisibility() else 0,
        "abstract": layer.metadata().abstract(),
        "crs": layer.crs().authid(),
        "filled": {
            f.name(): how
            for n, f in enumerate(fields)
            if (how := layer.defaultValueDefinition(n).expression())
        },
    }
    del layer, renderer, labels
found["messages"] = messages
print(json.dumps(found), flush=True)
os._exit(0)  # leaving in order, QGIS without a screen may crash
"""


def test_qgis_opens_every_layer_with_its_style(tiny_run: Run, gpkg: Path, tmp_path: Path) -> None:
    visits = to_visit(tiny_run, tmp_path)
    layers = [*(f"{gpkg}|layername={name}" for name in LAYERS), f"{visits}|layername=visits"]
    projects = [project_of(tiny_run, tmp_path / "a"), project_of(evil(tiny_run), tmp_path / "b")]
    asked = [*layers, str(gpkg), *map(str, projects)]
    command = [system_python("qgis.core"), "-c", ASK_QGIS, *asked]
    place = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    place |= {"QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"}
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, env=place, timeout=120
    )
    found = json.loads(answer.stdout.splitlines()[-1])
    assert found["messages"] == []  # no warning
    refuse_bad_projects(found, tiny_run)
    refuse_bad_slds(found["sld"])
    with sqlite3.connect(gpkg) as database:
        titles = database.execute("SELECT table_name, column_name, title FROM gpkg_data_columns")
        aliases: dict[str, dict[str, str]] = {}
        for table, column, title in titles:
            aliases.setdefault(table, {})[column] = title
    for name in LAYERS:
        layer = found[name]
        assert layer["valid"], name
        assert layer["features"] > 0, name
        assert layer["crs"] == METRIC_CRS, name
        assert layer["shown"] == aliases[name], name
        assert layer["abstract"].startswith("DATA SINTETIS"), name
    schools = found["schools"]
    assert (schools["renderer"], schools["ordered"], schools["symbols"]) == (
        *("categorizedSymbol", True),
        len(schema.TIER_LABELS) + 1,
    )
    assert schools["ranks"] == [None, None, *range(11, 0, -1)]
    assert "gap_type" in schools["words"]
    assert [found[name]["labels"] for name in LAYERS] == ["name", "", "", "name", "name"]
    assert (schools["labels_from"], schools["is_code"]) == (50_000, False)
    assert found["kecamatan"]["scale"] > found["kabupaten"]["scale"] == 0
    assert len({found[name]["renderer"] for name in LAYERS[2:]}) == 1
    pack = found["visits"]
    assert (pack["valid"], pack["features"], pack["labels"]) == (True, 3, "visit")
    assert pack["shown"]["internet"] == "Internet"
    assert {"internet", "operator", "technology", "ask_service"} <= set(pack["words"])
    assert list(pack["filled"]) == ["date"]
    assert pack["crs"] == schema.CRS
    assert pack["abstract"].startswith("DATA SINTETIS")


# What would be run, were it an expression, a formula, markup or a path.
EVIL = "[% 6*7 %]=1+1<b>${7*7}]]>&amp;../|layername=x\x1b[31m\u202e"


def evil(run: Run) -> Run:
    """A trial whose names do something where somebody lets them."""
    published = {f"publication.{key}": EVIL for key in ("publisher", "licence")}
    manifest = {
        **run.manifest,
        "project": EVIL,
        "parameters": {**run.manifest["parameters"], **published},
        "overrides": {"index.lambda": EVIL},
    }
    schools = run.schools.copy()
    schools["name"] = EVIL
    return replace(run, manifest=manifest, schools=schools)


def project_of(run: Run, stem: Path) -> Path:
    """A project and its GeoPackage."""
    layers = gis_layers.layers_of(run, Text("id"))
    data, path = stem.with_suffix(".gpkg"), stem.with_suffix(".qgz")
    gis_layers.write_layers(run, layers, data, Text("id"))
    made = to_qgz(run, layers, Text("id"), data=data.name, crs=METRIC_CRS)
    path.write_bytes(made)
    return path


def refuse_bad_projects(found: dict[str, Any], run: Run) -> None:
    for name in ("a.qgz", "b.qgz"):
        opened = found[name]
        assert (opened["read"], opened["error"]) == (True, "")
        assert (opened["crs"], opened["language"]) == (METRIC_CRS, "id")
        assert opened["abstract"].startswith("DATA SINTETIS")
        assert list(opened["layers"]) == sorted(f"kalsel_gap_{each}" for each in LAYERS)
        for layer in opened["layers"].values():
            assert layer["valid"]
            assert layer["crs"] == METRIC_CRS
            assert f"/{name[0]}.gpkg|layername=" in layer["source"]
            assert all(colours > 1 for colours in layer["styles"].values())  # something is drawn
        assert set(opened["layers"]["kalsel_gap_schools"]["styles"]) == {
            *("Tingkat defisit", "Jenis kesenjangan", "Prioritas", "Kepastian daftar")
        }
        assert [*opened["tree"]] == ["Sekolah", "Menara dan sinyal", "Batas wilayah"]
        assert opened["tree"]["Sekolah"] == {"Sekolah": True, "Temuan": False}
        assert [*opened["tree"]["Batas wilayah"]] == ["Kecamatan", "Kabupaten/kota"]
        layouts = opened["layouts"]
        assert {n: layout["page"] for n, layout in layouts.items()} == {
            "A4 mendatar": [297, 210],
            "A3 mendatar": [420, 297],
        }
        for layout in layouts.values():
            assert layout["outcome"] == 0
            assert layout["kinds"] == [
                f"QgsLayoutItem{kind}" for kind in ("Legend", "Map", "Picture", "ScaleBar")
            ]
            with PIL.Image.open(layout["picture"]) as picture:
                assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20
    usual, hostile = (found[f"{name}.qgz"]["layouts"]["A4 mendatar"]["labels"] for name in "ab")
    assert usual[0] == f"Defisit konektivitas sekolah: {run.manifest['project']}"
    assert "Data per 2026-07-01. Penerbit tidak dinyatakan." in usual[-1]
    assert found["a.qgz"]["contact"] == []
    assert found["a.qgz"]["layers"]["kalsel_gap_schools"]["licence"] == []
    written = EVIL.partition("\x1b")[0]
    inert = written.replace("[%", "[ %").replace("%]", "% ]")
    assert inert in hostile[0]  # as it is written, and not 42
    assert "index.lambda" in hostile[1]
    assert inert in hostile[-1]
    assert not any(sign in label for label in hostile for sign in ("42=", "\x1b", "\u202e"))
    (contact,) = found["b.qgz"]["contact"]
    (licence,) = found["b.qgz"]["layers"]["kalsel_gap_schools"]["licence"]
    assert written in contact
    assert written in licence


def refuse_bad_slds(read: dict[str, list[Any]]) -> None:
    assert len(read) == 4 + len(LAYERS) - 1
    assert all(is_read for is_read, *_ in read.values())
    _, shapes, filters, is_labelled = read["schools: Tingkat defisit"]
    assert shapes == [*("square", "triangle", "diamond", "pentagon", "circle", "hexagon", "circle")]
    assert filters[0] == "tier_label = 'critical'"
    assert filters[-1].startswith("tier_label IS NULL OR tier_label <> 'critical' AND")
    assert is_labelled
    _, _, filters, _ = read["schools: Prioritas"]
    assert filters[-1] == "priority IS NULL"
    assert " AND priority < " in filters[1]


def to_visit(run: Run, folder: Path) -> Path:
    """The layer of a field pack, which is opened in the same QGIS: it takes a while to start."""
    run = with_facts(run)
    visits = list_visits(run, run.schools, Text("id"))
    layer = visit_layer(visits, ["telkomsel"], Text("id"))
    gis_layers.write_layers(run, [layer], folder / "visits.gpkg", Text("id"), crs=schema.CRS)
    assert validated(folder / "visits.gpkg") == (0, "")
    return folder / "visits.gpkg"


def test_the_same_run_gives_the_same_bytes(tiny_run: Run, gpkg: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.gpkg"
    gis_layers.write_gpkg(tiny_run, again, Text("id"))
    assert again.read_bytes() == gpkg.read_bytes()


def test_geojson_holds_every_row_and_null_for_what_is_unknown(tiny_run: Run) -> None:
    written = gis_layers.to_geojson(tiny_run, tiny_run.schools, Text("en"))
    collection = json.loads(written)
    features = {f["id"]: f for f in collection["features"]}
    assert sorted(features) == sorted(tiny_run.schools["row_id"])
    assert "crs" not in collection  # RFC 7946: always WGS 84
    assert "\n " not in written  # not indented
    assert not re.search(r"[\[,]-?\d+\.\d{7}", written)  # no more than 6 decimals of a degree
    for row in tiny_run.schools.to_dict("records"):
        feature = features[row["row_id"]]
        if row["lat"] != row["lat"]:
            assert feature["geometry"] is None
            assert feature["properties"]["lat"] is None
        else:
            assert feature["geometry"]["coordinates"] == [
                round(row["lon"], 6),
                round(row["lat"], 6),
            ]
        assert feature["properties"]["data"] == "synthetic"


def test_a_name_cannot_steer_a_terminal(tiny_run: Run) -> None:
    schools = tiny_run.schools.copy()
    schools.loc[0, "name"] = "SD \x1b[31m\u202e<b>"
    told = json.loads(gis_layers.to_geojson(tiny_run, schools, Text("en")))
    assert told["features"][-1]["properties"]["name"] == "SD  [31m <b>"
