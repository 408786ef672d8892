"""The description of published files for data portals: DCAT 3 as JSON-LD.

Terms and value sets are those of DCAT-AP 3. Addresses are relative: they are right wherever the
folder lies. Nothing that is not stated is filled in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kalsel_gap.deliverables.data_package import KEYWORDS
from kalsel_gap.i18n.text import LANGUAGES, N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kalsel_gap.deliverables.data_package import AboutData, PublishedFile
    from kalsel_gap.project.publication import Publication

NO_LICENCE = N_("No licence is stated, so nothing is granted.")
_CATALOGUE = N_("Open data of {project}")
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "geo": "http://www.opengis.net/ont/geosparql#",
}
_LANGUAGES = {"id": "IND", "en": "ENG"}
_LANGUAGE = "http://publications.europa.eu/resource/authority/language/"
_MEDIA = "https://www.iana.org/assignments/media-types/"
_OF_ADDRESS = "%:/?#[]@!$&'()*+,;=~-._"  # signs of an address that stay as they are


def describe_catalogue(
    about: AboutData, files: Sequence[PublishedFile], page: str, text: Text
) -> dict[str, Any]:
    """The content of ``dcat.jsonld``.

    Parameters
    ----------
    about : AboutData
    files : sequence of PublishedFile
        Those that a portal offers.
    page : str
        Name of the page about them.
    text : Text
        Language of the words in the files.
    """
    dataset = {
        "@id": "#dataset",
        "@type": "dcat:Dataset",
        "dct:identifier": about.run,
        "dcat:version": about.run,
        "dct:title": _in_both(about.title),
        "dct:description": _in_both(about.description),
        "dcat:keyword": [
            {"@language": language, "@value": Text(language)(word)}
            for word in KEYWORDS
            for language in LANGUAGES
        ],
        **_common(about),
        "dct:language": _language(text),
        "dcat:landingPage": {"@id": page, "@type": "foaf:Document"},
        "dcat:distribution": [_distribution(file, about, text) for file in files],
    }
    if about.last:
        dataset["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day(about.first),
            "dcat:endDate": _day(about.last),
        }
    if about.bounds is not None:
        west, south, east, north = (f"{degrees:.6f}" for degrees in about.bounds)
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        ring = ", ".join(" ".join(corner) for corner in corners)
        box = {"@type": "geo:wktLiteral", "@value": f"POLYGON(({ring}))"}
        dataset["dct:spatial"] = {"@type": "dct:Location", "dcat:bbox": box}
    if contact := about.publication.contact_email:
        dataset["dcat:contactPoint"] = {
            "@type": "vcard:Organization",
            **({"vcard:fn": name} if (name := plain(about.publication.publisher)) else {}),
            "vcard:hasEmail": {"@id": f"mailto:{quote(contact, safe='@+.-_')}"},
        }
    return {
        "@context": _CONTEXT,
        "@id": "#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _in_both(lambda t: plain(t(_CATALOGUE, project=about.project))),
        "dct:description": _in_both(about.description),
        **_common(about),
        "dct:language": [_language(Text(language)) for language in LANGUAGES],
        "dcat:dataset": dataset,
    }


def _common(about: AboutData) -> dict[str, Any]:
    """What holds for catalogue, dataset and files: publisher, licence, day of the decree."""
    publisher = plain(about.publication.publisher)
    agent = {"@id": "#publisher", "@type": "foaf:Agent", "foaf:name": publisher}
    return {
        **({"dct:publisher": agent} if publisher else {}),
        **_licence(about.publication),
        **({"dct:issued": _day(about.issued)} if about.issued else {}),
    }


def _licence(publication: Publication) -> dict[str, Any]:
    """The licence that is stated; otherwise a statement that none is."""
    name, url = plain(publication.licence), publication.licence_url
    if not (name or url):
        rights = {"@type": "dct:RightsStatement", "rdfs:label": _in_both(lambda t: t(NO_LICENCE))}
        return {"dct:rights": rights}
    document = {
        "@id": quote(url, safe=_OF_ADDRESS) if url else "#licence",
        "@type": "dct:LicenseDocument",
        "dct:title": name or url,
    }
    return {"dct:license": document}


def _distribution(file: PublishedFile, about: AboutData, text: Text) -> dict[str, Any]:
    return {
        "@id": f"#{file.name}",
        "@type": "dcat:Distribution",
        "dct:title": file.name,
        "dct:description": _in_both(lambda t: t(file.about)),
        "dcat:accessURL": {"@id": file.name},
        "dcat:downloadURL": {"@id": file.name},
        "dcat:mediaType": {"@id": _MEDIA + file.media_type, "@type": "dct:MediaType"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size_bytes)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
        "dct:language": _language(text),
        **{k: v for k, v in _common(about).items() if k != "dct:publisher"},
    }


def _in_both(said: Callable[[Text], str]) -> list[dict[str, str]]:
    return [{"@language": language, "@value": said(Text(language))} for language in LANGUAGES]


def _language(text: Text) -> dict[str, str]:
    return {"@id": _LANGUAGE + _LANGUAGES[text.language], "@type": "dct:LinguisticSystem"}


def _day(day: str) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day}
