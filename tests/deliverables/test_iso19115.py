"""Metadata for catalogues: complete in the order of the standard, and nothing invented."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables.iso19115 import extent_of, to_iso19115
from kalsel_gap.i18n.text import LANGUAGES, Language, Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

NAMES = {"gmd": "http://www.isotc211.org/2005/gmd", "gco": "http://www.isotc211.org/2005/gco"}
NIL = f"{{{NAMES['gco']}}}nilReason"
CRS = "EPSG:32750"
# Children of the root and of the description, in the order of the schemas of ISO 19139.
ROOT = (
    *("fileIdentifier", "language", "characterSet", "hierarchyLevel", "contact", "dateStamp"),
    *("metadataStandardName", "metadataStandardVersion", "referenceSystemInfo"),
    *("identificationInfo", "distributionInfo", "dataQualityInfo"),
)
DESCRIPTION = (
    *("citation", "abstract", "pointOfContact", "resourceConstraints"),
    *("spatialRepresentationType", "language", "characterSet", "topicCategory", "extent"),
)
STATED = {
    "publisher": "Dinas <b>Pendidikan</b> & ]]>",
    "contact_email": "data@example.go.id",
    "licence": "CC-BY-4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
}


def parsed(run: Run, language: Language = "en", crs: str = CRS) -> ET.Element:
    return ET.fromstring(to_iso19115(run, Text(language), crs=crs).encode("utf-8"))


def texts(root: ET.Element, path: str) -> list[str]:
    return ["".join(found.itertext()).strip() for found in root.iterfind(path, NAMES)]


def names(element: ET.Element | None) -> list[str]:
    assert element is not None
    found = [child.tag.rpartition("}")[2] for child in element]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_core_is_complete_and_in_order(tiny_run: Run, language: Language) -> None:
    root = parsed(tiny_run, language)
    assert root.tag == f"{{{NAMES['gmd']}}}MD_Metadata"
    assert names(root) == list(ROOT)
    described = root.find("gmd:identificationInfo/gmd:MD_DataIdentification", NAMES)
    assert names(described) == list(DESCRIPTION)
    assert texts(root, "gmd:language") == [{"id": "ind", "en": "eng"}[language]]
    assert texts(root, "gmd:dateStamp/gco:Date") == ["2026-07-01"]
    assert texts(root, ".//gmd:citation//gco:Date") == ["2026-07-01"]
    assert texts(root, ".//gmd:RS_Identifier/*") == ["32750", "EPSG"]
    (title,) = texts(root, ".//gmd:citation//gmd:title")
    assert title.endswith(": Tiny")
    (abstract,) = texts(root, ".//gmd:abstract")
    assert abstract.startswith({"id": "DATA SINTETIS", "en": "SYNTHETIC DATA"}[language])
    assert texts(root, ".//gmd:MD_Format/*") == ["GeoPackage", "1.2"]
    assert "utilitiesCommunication" in texts(root, ".//gmd:topicCategory")


def test_the_extent_holds_every_school(tiny_run: Run) -> None:
    edges = [float(each) for each in texts(parsed(tiny_run), ".//gmd:EX_GeographicBoundingBox/*")]
    west, east, south, north = edges
    located = tiny_run.schools[["lon", "lat"]].dropna()
    assert (west, south) == pytest.approx(tuple(located.min()), abs=1e-6)
    assert (east, north) == pytest.approx(tuple(located.max()), abs=1e-6)


def test_the_lineage_names_every_input_with_its_hash(tiny_run: Run) -> None:
    root = parsed(tiny_run)
    (statement,) = texts(root, ".//gmd:LI_Lineage/gmd:statement")
    assert tiny_run.folder.name in statement
    assert str(tiny_run.manifest["kalsel_gap"]) in statement
    sources = texts(root, ".//gmd:LI_Source/gmd:description")
    inputs = tiny_run.manifest["inputs"]
    assert len(sources) == len(inputs)
    for said, name in zip(sources, sorted(inputs), strict=True):
        assert said.startswith(f"{name}: {PurePath(inputs[name]['file']).name}, ")
        assert said.endswith(f"SHA-256 {inputs[name]['sha256']}")
    assert "schools.csv, 2026-07-01, SHA-256" in " ".join(sources)


def test_what_nobody_states_is_unknown(tiny_run: Run) -> None:
    """No contact, no licence, no date, no place."""
    root = parsed(tiny_run)
    unknown = {each.tag.rpartition("}")[2] for each in root.iter() if each.get(NIL) == "unknown"}
    assert unknown == {"contact", "pointOfContact", "resourceConstraints"}
    assert root.find(".//gmd:CI_ResponsibleParty", NAMES) is None
    schools = tiny_run.schools.assign(lat=float("nan"), lon=float("nan"))
    bare = replace(tiny_run, manifest={"data": "real", "inputs": {}}, schools=schools)
    assert extent_of(bare) is None
    unknown = {each.tag.rpartition("}")[2] for each in parsed(bare).iter() if each.get(NIL)}
    assert unknown == {
        *("contact", "pointOfContact", "resourceConstraints", "dateStamp", "date", "extent")
    }


def test_who_publishes_is_what_the_project_states(tiny_run: Run) -> None:
    stated = {f"publication.{key}": value for key, value in STATED.items()}
    manifest = {**tiny_run.manifest, "overrides": {"index.lambda": 0.5}}
    manifest["parameters"] = {**tiny_run.manifest["parameters"], **stated}
    root = parsed(replace(tiny_run, manifest=manifest), crs="EPSG:4326")
    assert set(texts(root, ".//gmd:organisationName")) == {STATED["publisher"]}
    assert set(texts(root, ".//gmd:electronicMailAddress")) == {STATED["contact_email"]}
    assert texts(root, ".//gmd:otherConstraints") == [
        f"{STATED['licence']} {STATED['licence_url']}"
    ]
    assert texts(root, ".//gmd:RS_Identifier/gmd:code") == ["4326"]
    limits = texts(root, ".//gmd:useLimitation")
    assert any("index.lambda=0.5" in limit for limit in limits)
    assert not [each for each in root.iter() if each.get(NIL)]


def test_a_system_without_a_code_is_named(tiny_run: Run) -> None:
    own = "+proj=tmerc +lat_0=0 +lon_0=115 +k=0.9996 +x_0=500000 +y_0=10000000 +datum=WGS84"
    (code,) = texts(parsed(tiny_run, crs=own), ".//gmd:RS_Identifier/*")
    assert code == "unknown"  # what PROJ calls it
