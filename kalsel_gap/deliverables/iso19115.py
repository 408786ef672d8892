"""Metadata of a run's layers: core of ISO 19115:2003 as XML of ISO 19139, what catalogues read.

Nothing is invented: what the project does not state is marked as unknown (``gco:nilReason``).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import PurePath
from typing import TYPE_CHECKING

from pyproj import CRS

from kalsel_gap.deliverables.provenance import (
    input_files,
    last_day_of_data,
    licence_of,
    publication_of,
)
from kalsel_gap.deliverables.tables import all_notices, assignments
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.storage.run_folder import Run

_GMD, _GCO = "http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gco"
_CODES = (
    "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/"
    "codelist/ML_gmxCodelists.xml"
)
_LANGUAGES = {"id": "ind", "en": "eng"}
_TOPICS = ("utilitiesCommunication", "society")  # the standard's own words
_FORMATS = (("GeoPackage", "1.2"),)
_DEGREES = 6  # decimals


def run_title(run: Run, text: Text) -> str:
    """Title of what is drawn of a run."""
    project = plain(run.manifest.get("project", "")).strip()
    title = text(N_("Connectivity deficit of schools"))
    return f"{title}: {project}" if project else title


def run_abstract(run: Run, text: Text) -> str:
    """Notices, and what a run is about."""
    about = text(
        N_(
            "Every row of the register of schools with its deficit of internet connectivity, its "
            "evidence and its rank, radio sites and boundaries. What is unknown is marked as "
            "unknown."
        )
    )
    return plain(" ".join((*all_notices(run, text), about)))


def extent_of(run: Run) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the schools with a usable location, degrees."""
    located = run.schools[["lon", "lat"]].dropna()
    if located.empty:
        return None
    (west, south), (east, north) = located.min(), located.max()
    return float(west), float(south), float(east), float(north)


def to_iso19115(
    run: Run,
    text: Text,
    *,
    crs: str,
    abstract: str = "",
    formats: Sequence[tuple[str, str]] = _FORMATS,
) -> str:
    """Metadata record of the layers of a run.

    Parameters
    ----------
    run : Run
        Its manifest states inputs, dates and who publishes.
    text : Text
        Language of the metadata.
    crs : str
        Coordinate reference system of the layers, as ``EPSG:32750``.
    abstract : str
        What the data are; :func:`run_abstract` where it is empty.
    formats : sequence of (str, str)
        Name and version of each format of the data.

    Returns
    -------
    str
        An XML document whose root is ``gmd:MD_Metadata``; the same run gives the same text.
    """
    root = ET.Element(f"{{{_GMD}}}MD_Metadata")
    _string(root, "fileIdentifier", f"kalsel-gap-{run.folder.name}")
    _language(root, text)
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _contact(root, "contact", run, "pointOfContact")
    _date(root, "dateStamp", run)
    _string(root, "metadataStandardName", "ISO 19115:2003")
    _string(root, "metadataStandardVersion", "ISO 19139:2007")
    given = CRS.from_user_input(crs)
    authority, code = given.to_authority() or ("", given.name)
    reference = _add(root, "referenceSystemInfo/MD_ReferenceSystem/referenceSystemIdentifier")
    identifier = _add(reference, "RS_Identifier")
    _string(identifier, "code", code)
    if authority:
        _string(identifier, "codeSpace", authority)
    _identification(_add(root, "identificationInfo/MD_DataIdentification"), run, text, abstract)
    _distribution(_add(root, "distributionInfo/MD_Distribution"), run, formats)
    _lineage(_add(root, "dataQualityInfo/DQ_DataQuality"), run, text)
    ET.register_namespace("gmd", _GMD)
    ET.register_namespace("gco", _GCO)
    ET.indent(root, " ")
    written = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


# --- parts, each in the order of the standard ----------------------------------------------------


def _identification(parent: ET.Element, run: Run, text: Text, abstract: str) -> None:
    citation = _add(parent, "citation/CI_Citation")
    _string(citation, "title", run_title(run, text))
    date = _add(citation, "date/CI_Date")
    _date(date, "date", run)
    _code(date, "dateType", "CI_DateTypeCode", "revision")
    _string(parent, "abstract", plain(abstract) or run_abstract(run, text))
    _contact(parent, "pointOfContact", run, "publisher")
    _constraints(parent, run, text)
    _code(parent, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", "vector")
    _language(parent, text)
    _code(parent, "characterSet", "MD_CharacterSetCode", "utf8")
    for topic in _TOPICS:
        _add(parent, "topicCategory/MD_TopicCategoryCode").text = topic
    bounds = extent_of(run)
    if bounds is None:
        _unknown(parent, "extent")
        return
    west, south, east, north = bounds
    box = _add(parent, "extent/EX_Extent/geographicElement/EX_GeographicBoundingBox")
    for name, value in (
        *(("westBoundLongitude", west), ("eastBoundLongitude", east)),
        *(("southBoundLatitude", south), ("northBoundLatitude", north)),
    ):
        ET.SubElement(_add(box, name), f"{{{_GCO}}}Decimal").text = f"{value:.{_DEGREES}f}"


def _constraints(parent: ET.Element, run: Run, text: Text) -> None:
    """Licence, as the project states it; and what the data are not good for."""
    licence = licence_of(run)
    for notice in all_notices(run, text):
        constraint = _add(parent, "resourceConstraints/MD_Constraints")
        _string(constraint, "useLimitation", plain(notice))
    if not licence:
        _unknown(parent, "resourceConstraints")
        return
    legal = _add(parent, "resourceConstraints/MD_LegalConstraints")
    _code(legal, "useConstraints", "MD_RestrictionCode", "license")
    _code(legal, "useConstraints", "MD_RestrictionCode", "otherRestrictions")
    _string(legal, "otherConstraints", licence)


def _distribution(parent: ET.Element, run: Run, formats: Sequence[tuple[str, str]]) -> None:
    for stated in formats:
        made = _add(parent, "distributionFormat/MD_Format")
        for name, value in zip(("name", "version"), stated, strict=True):
            _string(made, name, value)
    if publication_of(run).publisher:
        _contact(_add(parent, "distributor/MD_Distributor"), "distributorContact", run, "publisher")


def _lineage(parent: ET.Element, run: Run, text: Text) -> None:
    """The inputs with their hashes, and by which version they became this."""
    _code(_add(parent, "scope/DQ_Scope"), "level", "MD_ScopeCode", "dataset")
    manifest = run.manifest
    lineage = _add(parent, "lineage/LI_Lineage")
    made = N_("Made by kalsel-gap {version} from the inputs listed here; run {run}.")
    version = str(manifest.get("kalsel_gap", ""))
    statement = text(made, version=version, run=run.folder.name)
    if run.overrides:
        changed = N_("Values set for this run only: {overrides}.")
        statement += " " + text(changed, overrides=assignments(run.overrides))
    _string(lineage, "statement", plain(statement))
    for each in input_files(run):
        file = PurePath(each.file).name  # no folder of a machine
        stated = (file, each.date, each.licence, f"SHA-256 {each.sha256}")
        described = f"{each.name}: {', '.join(filter(None, stated))}"
        _string(_add(lineage, "source/LI_Source"), "description", described)


def _contact(parent: ET.Element, tag: str, run: Run, role: str) -> None:
    """Who publishes, as the project states it; otherwise unknown."""
    published = publication_of(run)
    if not published.publisher and not published.contact_email:
        _unknown(parent, tag)
        return
    party = _add(parent, f"{tag}/CI_ResponsibleParty")
    if published.publisher:
        _string(party, "organisationName", published.publisher)
    else:
        _unknown(party, "organisationName")
    if published.contact_email:
        address = _add(party, "contactInfo/CI_Contact/address/CI_Address")
        _string(address, "electronicMailAddress", published.contact_email)
    _code(party, "role", "CI_RoleCode", role)


def _date(parent: ET.Element, tag: str, run: Run) -> None:
    day = last_day_of_data(run)
    if day is None:
        _unknown(parent, tag)
    else:
        ET.SubElement(_add(parent, tag), f"{{{_GCO}}}Date").text = day.isoformat()


def _language(parent: ET.Element, text: Text) -> None:
    code = ET.SubElement(_add(parent, "language"), f"{{{_GMD}}}LanguageCode")
    value = _LANGUAGES[text.language]
    code.attrib.update(codeList=f"{_CODES}#LanguageCode", codeListValue=value)
    code.text = value


# --- elements --------------------------------------------------------------------------------


def _add(parent: ET.Element, path: str) -> ET.Element:
    """A new element below new elements."""
    for tag in path.split("/"):
        parent = ET.SubElement(parent, f"{{{_GMD}}}{tag}")
    return parent


def _string(parent: ET.Element, tag: str, value: str) -> None:
    ET.SubElement(_add(parent, tag), f"{{{_GCO}}}CharacterString").text = value


def _code(parent: ET.Element, tag: str, codes: str, value: str) -> None:
    code = ET.SubElement(_add(parent, tag), f"{{{_GMD}}}{codes}")
    code.attrib.update(codeList=f"{_CODES}#{codes}", codeListValue=value)
    code.text = value


def _unknown(parent: ET.Element, tag: str) -> None:
    _add(parent, tag).set(f"{{{_GCO}}}nilReason", "unknown")
