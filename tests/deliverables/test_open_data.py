"""The published folder: complete, described as portals and programs read it, the same bytes."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, XSD

from kalsel_gap.deliverables import open_data
from kalsel_gap.deliverables.data_package import LICENCE
from kalsel_gap.deliverables.open_data_page import SUMS
from kalsel_gap.deliverables.public_schools import AS_TYPED
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import LANGUAGES, Text, plain
from kalsel_gap.storage.fingerprint import hash_of_file
from kalsel_gap.storage.official_run import Official
from kalsel_gap.storage.spreadsheet import FORMULA_SIGNS, is_number
from tests.conftest import PROGRAMS, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.i18n.text import Language
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser

SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
VCARD = rdflib.Namespace("http://www.w3.org/2006/vcard/ns#")
TABLES = (open_data.SCHOOLS, open_data.AREAS, open_data.DICTIONARY)
STATED = {
    "publication.publisher": "Dinas Contoh",
    "publication.contact_email": "data@contoh.go.id",
    "publication.licence": "CC-BY-4.0",
    "publication.licence_url": "https://example.go.id/licence",
}
HOSTILE = {
    "00000101": PROGRAMS[0],
    "00000103": "=1+1 \x1b[31m\u202e ]]> & '\"",
    "00000112": "\uff1dcmd|' /C calc'!A0",
}
# What a portal does with a package, and one whose only change is a code that does not exist.
FRICTIONLESS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from frictionless import Package
for folder in sys.argv[1:]:
    report = Package(f"{folder}/datapackage.json").validate()
    tasks = {task.name: [error.type for error in task.errors] for task in report.tasks}
    print(json.dumps([report.valid, [error.type for error in report.errors], tasks]))
"""


def altered(
    run: Run, *, parameters: dict[str, str] | None = None, names: dict[str, str] | None = None
) -> Run:
    """The run with other recorded parameters and other names of schools."""
    schools = run.schools.copy()
    renamed = schools["npsn"].map(names or {})
    schools["name"] = renamed.where(renamed.notna(), schools["name"]).astype(schools["name"].dtype)
    recorded = {**run.manifest["parameters"], **(parameters or {})}
    manifest = {**run.manifest, "parameters": recorded}
    return dataclasses.replace(run, schools=schools, manifest=manifest)


def write(run: Run, folder: Path, language: Language = "en") -> Path:
    folder.mkdir()
    open_data.write_open_data(run, folder, Text(language), report=lambda *_: None)
    return folder


def package_of(folder: Path) -> dict[str, Any]:
    loaded = json.loads((folder / open_data.PACKAGE).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def catalogue_of(folder: Path) -> rdflib.Graph:
    with warnings.catch_warnings():  # its own reader of JSON-LD uses a class that it deprecates
        warnings.filterwarnings("ignore", "ConjunctiveGraph", DeprecationWarning)
        return rdflib.Graph().parse(folder / open_data.CATALOGUE, format="json-ld")


@pytest.fixture(scope="module")
def stated(tiny: Run) -> Run:
    return altered(tiny, parameters=STATED, names=HOSTILE)


@pytest.fixture(scope="module")
def published(stated: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(stated, tmp_path_factory.mktemp("published") / "folder")


@pytest.fixture(scope="module")
def unstated(tiny: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tiny, tmp_path_factory.mktemp("unstated") / "folder", "id")


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype="str", keep_default_na=False)


# --- files ---------------------------------------------------------------------------------------


def test_every_file_has_its_checksum(published: Path) -> None:
    assert {path.name for path in published.iterdir()} == set(open_data.FILES)
    listed = (published / SUMS).read_text(encoding="utf-8").splitlines()
    assert {line.split("  ")[1] for line in listed} == set(open_data.FILES) - {SUMS}
    command = ["sha256sum", "-c", SUMS]
    if shutil.which("sha256sum"):
        subprocess.run(command, cwd=published, check=True, capture_output=True)
    for line in listed:
        sha256, name = line.split("  ")
        assert hash_of_file(published / name) == sha256


def test_the_same_run_gives_the_same_bytes(stated: Run, published: Path, tmp_path: Path) -> None:
    assert snapshot(write(stated, tmp_path / "again")) == snapshot(published)


def test_tables_and_layers_hold_the_same_schools(stated: Run, published: Path) -> None:
    csv = table(published, open_data.SCHOOLS).set_index("row_id")
    layer = gpd.read_file(published / open_data.GEOJSON).set_index("row_id")
    large = gpd.read_parquet(published / open_data.PARQUET).set_index("row_id")
    assert sorted(csv.index) == sorted(stated.schools["row_id"])
    assert set(csv.index) == set(layer.index) == set(large.index)
    assert list(csv.columns) == [name for name in large.columns if name not in ("geometry", "bbox")]
    assert set(csv.columns) == set(layer.columns) - {"geometry", "id"}
    assert not set(AS_TYPED) & set(csv.columns)
    layer, large = layer.loc[csv.index], large.loc[csv.index]
    assert large.crs == layer.crs == "EPSG:4326"
    assert list(large["npsn"]) == list(layer["npsn"]) == list(csv["npsn"])
    for name in ("lat", "lon", "deficit", "rank", "students"):
        numbers = pd.to_numeric(csv[name]).to_numpy("float64", na_value=float("nan"))
        read = large[name].to_numpy("float64", na_value=float("nan"))
        assert read == pytest.approx(numbers, abs=5e-5, nan_ok=True), name
        others = layer[name].to_numpy("float64", na_value=float("nan"))
        assert others == pytest.approx(read, nan_ok=True), name
    located = csv["lat"] != ""
    assert list(large.geometry.notna()) == list(layer.geometry.notna()) == list(located)
    here = located & ~csv.index.duplicated()
    assert large.geometry[here].x.to_numpy() == pytest.approx(
        layer.geometry[here].x.to_numpy(), abs=1e-6
    )


def test_areas_add_up_to_the_register(stated: Run, published: Path) -> None:
    areas = table(published, open_data.AREAS)
    assert set(areas["level"]) == {"kabupaten", "kecamatan"}
    for _, of_level in areas.groupby("level"):
        counted = of_level[["schools", "not_counted"]].astype("int64").to_numpy().sum()
        assert counted == len(stated.schools)


# --- for programs --------------------------------------------------------------------------------


def test_frictionless_accepts_the_package_and_sees_a_wrong_code(
    published: Path, unstated: Path, tmp_path: Path
) -> None:
    wrong = shutil.copytree(published, tmp_path / "wrong")
    schools = table(published, open_data.SCHOOLS)
    assert (schools["gap_type"] != "none of these").all()
    schools.loc[0, "gap_type"] = "none of these"
    schools.to_csv(wrong / open_data.SCHOOLS, index=False)
    command = [sys.executable, "-c", FRICTIONLESS, *map(str, (published, unstated, wrong))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    good, other, bad = map(json.loads, done.stdout.splitlines())
    for valid, errors, tasks in (good, other):
        assert (valid, errors) == (True, [])
        assert len(tasks) == 5
        assert not any(tasks.values())
    assert bad[0] is False
    assert "constraint-error" in bad[2]["schools-csv"]


def test_the_package_says_what_is_stated_and_nothing_else(published: Path, unstated: Path) -> None:
    package = package_of(published)
    assert package["licenses"] == [
        {"name": "CC-BY-4.0", "title": "CC-BY-4.0", "path": "https://example.go.id/licence"}
    ]
    assert package["contributors"] == [
        {"title": "Dinas Contoh", "roles": ["publisher"], "email": "data@contoh.go.id"}
    ]
    assert {"licenses", "contributors"} & package_of(unstated).keys() == set()
    assert [source["title"] for source in package["sources"]][:2] == [
        "attributes.0: pupils.csv",
        "boundaries.kabupaten: kabupaten.geojson",
    ]
    for resource in package["resources"]:
        path = published / resource["path"]
        assert resource["bytes"] == path.stat().st_size
        assert resource["hash"] == f"sha256:{hash_of_file(path)}"


def test_every_column_is_declared_and_explained(published: Path) -> None:
    schemas = {
        resource["path"]: resource["schema"]
        for resource in package_of(published)["resources"]
        if "schema" in resource
    }
    dictionary = table(published, open_data.DICTIONARY).set_index(["table", "column"])
    assert set(schemas) == set(TABLES)
    for name in TABLES:
        head = list(table(published, name).columns)
        assert [field["name"] for field in schemas[name]["fields"]] == head
        assert list(dictionary.loc[name].index) == head
        assert schemas[name]["missingValues"] == [""]
    said = dictionary[["label_id", "label_en", "description_id", "description_en", "type"]]
    assert (said != "").to_numpy().all()
    assert dictionary.loc[(open_data.SCHOOLS, "best_level_dbm"), "unit"] == "dBm"
    fields = {field["name"]: field for field in schemas[open_data.SCHOOLS]["fields"]}
    assert fields["tier"]["constraints"] == {"minimum": 1, "maximum": 5}
    assert fields["confidence"]["constraints"] == {"enum": ["A", "B", "C", "D"]}
    assert fields["is_duplicate"]["trueValues"] == ["1"]


# --- for portals ---------------------------------------------------------------------------------


def test_dcat_describes_catalogue_data_and_files(published: Path, stated: Run) -> None:
    graph = catalogue_of(published)
    (catalogue,) = graph.subjects(RDF.type, DCAT.Catalog)
    (dataset,) = graph.objects(catalogue, DCAT.dataset)
    assert (dataset, RDF.type, DCAT.Dataset) in graph
    licence = rdflib.URIRef(STATED["publication.licence_url"])
    for node in (catalogue, dataset):
        assert graph.value(node, DCTERMS.license) == licence
        publisher = graph.value(node, DCTERMS.publisher)
        assert str(graph.value(publisher, FOAF.name)) == "Dinas Contoh"
        languages = {title.language for title in graph.objects(node, DCTERMS.title)}  # type: ignore[attr-defined]
        assert languages == set(LANGUAGES)
    contact = graph.value(dataset, DCAT.contactPoint)
    assert graph.value(contact, VCARD.hasEmail) == rdflib.URIRef("mailto:data@contoh.go.id")
    period = graph.value(dataset, DCTERMS.temporal)
    for end in (DCAT.startDate, DCAT.endDate):
        assert graph.value(period, end) == rdflib.Literal("2026-07-01", datatype=XSD.date)
    spoken = str(graph.value(dataset, DCTERMS.language))
    assert spoken.endswith("/language/ENG")
    box = str(graph.value(graph.value(dataset, DCTERMS.spatial), DCAT.bbox))
    corner = box.removeprefix("POLYGON((").split(",")[0].split()
    located = stated.schools[["lon", "lat"]].dropna()
    assert [float(degrees) for degrees in corner] == pytest.approx(list(located.min()), abs=1e-5)
    files = list(graph.objects(dataset, DCAT.distribution))
    assert {str(graph.value(file, DCTERMS.title)) for file in files} == {
        *TABLES, open_data.GEOJSON, open_data.PARQUET
    }  # fmt: skip
    for file in files:
        path = published / str(graph.value(file, DCTERMS.title))
        assert str(graph.value(file, DCAT.downloadURL)) == path.as_uri()
        assert graph.value(file, DCAT.byteSize).toPython() == path.stat().st_size  # type: ignore[union-attr]
        checksum = graph.value(file, SPDX.checksum)
        assert graph.value(checksum, SPDX.algorithm) == SPDX.checksumAlgorithm_sha256
        digest = graph.value(checksum, SPDX.checksumValue)
        assert digest.toPython().hex() == hash_of_file(path)  # type: ignore[union-attr]
        assert graph.value(file, DCAT.mediaType) is not None
        assert graph.value(file, DCTERMS.license) == licence
    assert graph.value(dataset, DCTERMS.issued) is None  # no decree has approved it


def test_dcat_of_what_is_not_stated(unstated: Path) -> None:
    graph = catalogue_of(unstated)
    for term in (DCTERMS.license, DCTERMS.publisher, DCAT.contactPoint):
        assert list(graph.triples((None, term, None))) == []
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    rights = graph.value(dataset, DCTERMS.rights)
    said = {str(label) for label in graph.objects(rights, RDFS.label)}
    assert "No licence is stated, so nothing is granted." in said


def test_an_official_list_has_the_date_of_its_decree(tiny: Run, tmp_path: Path) -> None:
    official = Official(tiny.folder.name, "188.44/1", "2026-08-05")
    folder = write(dataclasses.replace(tiny, official=official), tmp_path / "official")
    graph = catalogue_of(folder)
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    assert str(graph.value(dataset, DCTERMS.issued)) == "2026-08-05"
    assert package_of(folder)["official"]["decree"] == "188.44/1"
    assert set(table(folder, open_data.AREAS)["official"]) == {"188.44/1, 2026-08-05"}


@pytest.mark.parametrize(
    ("dates", "ends"),
    [
        ({"schools.0.date": "2024", "sites.0.date": "2026-02"}, ("2024-01-01", "2026-02-28")),
        ({"schools.0.date": ""}, None),
    ],
)
def test_the_time_of_the_data_is_as_long_as_its_dates_can_mean(
    tiny: Run, tmp_path: Path, dates: dict[str, str], ends: tuple[str, str] | None
) -> None:
    graph = catalogue_of(write(altered(tiny, parameters=dates), tmp_path / "dated"))
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    period = graph.value(dataset, DCTERMS.temporal)
    if ends is None:
        assert period is None
        return
    found = tuple(str(graph.value(period, end)) for end in (DCAT.startDate, DCAT.endDate))
    assert found == ends


def test_the_record_for_catalogues_of_maps_is_about_the_published_files(
    stated: Run, published: Path
) -> None:
    root = ET.parse(published / open_data.RECORD).getroot()
    names = {"gmd": "http://www.isotc211.org/2005/gmd", "gco": "http://www.isotc211.org/2005/gco"}

    def said(path: str) -> list[str]:
        return [each.text or "" for each in root.iterfind(f"{path}/gco:CharacterString", names)]

    assert said(".//gmd:MD_Format/gmd:name") == ["CSV", "GeoJSON", "GeoParquet"]
    assert said(".//gmd:RS_Identifier/gmd:code") == ["4326"]
    assert said(".//gmd:abstract") == [package_of(published)["description"]]
    assert "CC-BY-4.0" in " ".join(said(".//gmd:otherConstraints"))
    sources = said(".//gmd:LI_Source/gmd:description")
    assert len(sources) == len(stated.manifest["inputs"])
    assert not any("/" in each for each in sources)


# --- for people ----------------------------------------------------------------------------------


def test_the_licence_is_the_stated_one_or_none(published: Path, unstated: Path) -> None:
    given = (published / LICENCE).read_text(encoding="utf-8")
    assert "CC-BY-4.0" in given
    assert "https://example.go.id/licence" in given
    assert "Dinas Contoh" in given
    nothing = (unstated / LICENCE).read_text(encoding="utf-8")
    assert "No licence is stated, so nothing is granted." in nothing
    assert "CC" not in nothing


def test_a_trial_is_named_in_every_file(tiny: Run, tmp_path: Path) -> None:
    manifest = {**tiny.manifest, "overrides": {"index.lambda": 0.8}}
    folder = write(dataclasses.replace(tiny, manifest=manifest), tmp_path / "trial")
    about_others = (open_data.DICTIONARY, LICENCE, SUMS)
    for name in set(open_data.FILES) - set(about_others) - {open_data.PARQUET}:
        assert "index.lambda=0.8" in (folder / name).read_text(encoding="utf-8"), name
        assert "trial" in (folder / name).read_text(encoding="utf-8").casefold(), name
    read = gpd.read_parquet(folder / open_data.PARQUET)
    assert set(read["trial"]) == {"index.lambda=0.8"}


@pytest.mark.parametrize("name", [open_data.PACKAGE, open_data.README, open_data.PAGE])
def test_invented_data_are_named(published: Path, name: str) -> None:
    assert "SYNTHETIC DATA" in (published / name).read_text(encoding="utf-8")


# --- hostile texts -------------------------------------------------------------------------------


def test_no_cell_is_a_formula_or_holds_a_control_character(published: Path) -> None:
    for name in TABLES:
        for column in (cells := table(published, name)).columns:
            for cell in cells[column].unique():
                assert plain(cell) == cell
                assert is_number(cell) or not cell.lstrip().startswith(FORMULA_SIGNS)


def test_hostile_texts_are_shown_as_they_are(browser: Browser, stated: Run, tmp_path: Path) -> None:
    parameters = {"publication.publisher": PROGRAMS[1], "publication.licence": PROGRAMS[0]}
    run = altered(stated, parameters=parameters)
    name = " ".join(PROGRAMS) + "\u202e\x1b[31m"
    run = dataclasses.replace(run, manifest={**run.manifest, "project": name})
    folder = write(run, tmp_path / "hostile")
    browser.open(folder / open_data.PAGE, marks=False)
    assert plain(name).strip() in browser.value("document.querySelector('h1').textContent")
    assert PROGRAMS[1] in browser.value("document.querySelector('.facts').textContent")
    assert browser.value("window.hurt") is None
    assert browser.value("document.scripts.length") == 0
    assert browser.complaints() == []
    links = browser.value("[...document.links].map(each => each.getAttribute('href')).join()")
    assert set(links.split(",")) == set(open_data.FILES) - {open_data.PAGE}
    graph = catalogue_of(folder)
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    titles = {str(title) for title in graph.objects(dataset, DCTERMS.title)}
    assert all(plain(name) in title for title in titles)
    package = package_of(folder)
    assert package["contributors"][0]["title"] == PROGRAMS[1]
    assert package["licenses"] == [
        {"title": PROGRAMS[0], "path": STATED["publication.licence_url"]}
    ]


# --- personal data -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"publication.publisher": "Bpk. Ahmad"}, "publication.publisher"),
        ({"publication.licence": "tanya 0812-3456-7890"}, "publication.licence"),
    ],
)
def test_a_text_about_the_run_that_names_a_person_is_refused(
    tiny: Run, tmp_path: Path, parameters: dict[str, str], key: str
) -> None:
    with pytest.raises(InputError, match="publication_personal") as caught:
        write(altered(tiny, parameters=parameters), tmp_path / "refused")
    assert caught.value.column == key
    assert not list((tmp_path / "refused").iterdir())
