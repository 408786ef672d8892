"""The description of published files as a Frictionless Data Package (version 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables import columns
from kalsel_gap.i18n.text import LANGUAGES, N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap import schema
    from kalsel_gap.deliverables.provenance import InputFile
    from kalsel_gap.project.publication import Publication

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENCE = "LICENSE.txt"
_TYPES = {"text": "string", "float": "number", "integer": "integer", "flag": "boolean"}
_LICENCE_NAME = re.compile(r"[-\w.]+", re.ASCII)
_NO_NAME = re.compile(r"[^a-z0-9]+")
TITLE = N_("Connectivity of schools: {project}")
ABOUT = N_(
    "All schools of the register, ranked by connectivity deficit, and the results by area. Every "
    "row of the register is here; a school without a rank states why. What is unknown is empty, "
    "never 0."
)
KEYWORDS = (N_("schools"), N_("internet"), N_("education"), N_("connectivity"))


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of the published folder.

    Attributes
    ----------
    name : str
        Of the file.
    about : str
        What it holds; a message.
    media_type : str
    format : str
        As Data Packages name it.
    size_bytes : int
    sha256 : str
    columns : tuple of PublishedColumn
        Of a CSV file.
    key : tuple of str
        Columns whose values together identify a row.
    is_data : bool
        Whether it holds data or describes them; otherwise it describes the folder.
    """

    name: str
    about: str
    media_type: str
    format: str
    size_bytes: int
    sha256: str
    columns: tuple[PublishedColumn, ...] = ()
    key: tuple[str, ...] = ()
    is_data: bool = True


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """A column of a published table.

    Attributes
    ----------
    column : Column
        Its declaration.
    labels : dict of str
        By language.
    """

    column: schema.Column
    labels: dict[str, str]

    def said(self) -> dict[str, str]:
        """Its description, by language."""
        return {language: Text(language)(self.column.description) for language in LANGUAGES}


@dataclass(frozen=True, slots=True)
class AboutData:
    """What is known of the data as a whole.

    Attributes
    ----------
    project : str
    run : str
        Id of the run.
    version : str
        Of kalsel-gap.
    publication : Publication
        Who publishes, and under which licence.
    notices : dict of list of str
        What stands above everything drawn from the run, by language.
    withheld : dict of str
        Which cells are withheld, by language.
    first, last : str
        First and last day of the data as year-month-day; empty where no input states a date.
    bounds : tuple of float, optional
        West, south, east and north of all schools with a location, degrees.
    sources : tuple of InputFile
        Input files of the run.
    issued : str
        Date of the decree that approved the list; empty where it is not the official one.
    facts : dict
        For programs: which run it is and what it counts for.
    """

    project: str
    run: str
    version: str
    publication: Publication
    notices: dict[str, list[str]]
    withheld: dict[str, str]
    first: str
    last: str
    bounds: tuple[float, float, float, float] | None
    sources: tuple[InputFile, ...]
    issued: str
    facts: dict[str, Any]

    def title(self, text: Text) -> str:
        """The title of the data."""
        return plain(text(TITLE, project=self.project))

    def description(self, text: Text) -> str:
        """What the data are and what they count for."""
        return plain(" ".join((*self.notices[text.language], text(ABOUT))))


def describe_package(
    about: AboutData, files: Sequence[PublishedFile], text: Text
) -> dict[str, Any]:
    """The content of ``datapackage.json``.

    Parameters
    ----------
    about : AboutData
    files : sequence of PublishedFile
        The data and what describes them.
    text : Text
        Language of titles and descriptions; those of both languages stand beside them.
    """
    described: dict[str, Any] = {
        "$schema": PROFILE,
        "name": package_name(about.project),
        "id": about.run,
        "title": about.title(text),
        "titles": {lang: about.title(Text(lang)) for lang in LANGUAGES},
        "description": about.description(text),
        "descriptions": {lang: about.description(Text(lang)) for lang in LANGUAGES},
        "version": about.run,
        "keywords": [text(word) for word in KEYWORDS],
        "licenses": _licences(about.publication),
        "contributors": _contributors(about.publication),
        "sources": [_source(source) for source in about.sources],
        "resources": [_resource(file, text) for file in files],
        "kalsel_gap": about.version,
        **about.facts,
        "notices": about.notices,
        "withheld": about.withheld,
    }
    return {name: value for name, value in described.items() if value not in ([], {})}


def package_name(project: str) -> str:
    """A name of small letters, digits and hyphens, as portals take it.

    Examples
    --------
    >>> package_name("Contoh Banua: 2026"), package_name("…")
    ('schools-contoh-banua-2026', 'schools')
    """
    return "-".join(filter(None, ("schools", _NO_NAME.sub("-", project.lower()).strip("-"))))


def _licences(publication: Publication) -> list[dict[str, str]]:
    """The licence that is stated; nothing where none is."""
    if not (publication.licence or publication.licence_url):
        return []
    name = publication.licence
    given = {"name": name} if _LICENCE_NAME.fullmatch(name) else {}
    title = plain(name) or publication.licence_url
    return [{**given, "title": title, "path": publication.licence_url or LICENCE}]


def _contributors(publication: Publication) -> list[dict[str, Any]]:
    if not publication.publisher:
        return []
    email = {"email": publication.contact_email} if publication.contact_email else {}
    return [{"title": plain(publication.publisher), "roles": ["publisher"], **email}]


def _source(source: InputFile) -> dict[str, str]:
    stated = {"version": source.date, "licence": source.licence}
    known = {name: value for name, value in stated.items() if value}
    return {"title": f"{source.name}: {source.file}", **known, "sha256": source.sha256}


def _resource(file: PublishedFile, text: Text) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": file.name.lower().replace(".", "-"),
        "title": file.name,
        "description": text(file.about),
        "path": file.name,
        "format": file.format,
        "mediatype": file.media_type,
        "bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if not file.columns:  # a program would guess the columns of a layer
        return {**described, "type": "file"}
    key = {"primaryKey": list(file.key)} if file.key else {}
    fields = [_field(each, text) for each in file.columns]
    return {
        **described,
        "type": "table",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n"},
        "schema": {"fields": fields, "missingValues": [""], **key},
    }


def _field(published: PublishedColumn, text: Text) -> dict[str, Any]:
    column, said = published.column, published.said()
    described: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES[column.kind],
        "title": published.labels[text.language],
        "titles": published.labels,
        "description": said[text.language],
        "descriptions": said,
        "unit": columns.unit_of(column.name),
        "source": column.source,
        "constraints": constraints_of(column),
    }
    if column.kind == "flag":
        described |= {"trueValues": ["1"], "falseValues": ["0"]}
    return {name: value for name, value in described.items() if value}


def constraints_of(column: schema.Column) -> dict[str, Any]:
    """What each value of a column is, for a program that checks it.

    A text that may not be missing can still be empty, as the NPSN of a row without one.
    """
    is_required = not column.nullable and (column.kind != "text" or bool(column.choices))
    found = {
        "required": is_required or None,
        "enum": list(column.choices) or None,
        "minimum": _bound(column.minimum, column),
        "maximum": _bound(column.maximum, column),
    }
    return {name: value for name, value in found.items() if value is not None}


def _bound(value: float | None, column: schema.Column) -> float | None:
    return int(value) if value is not None and column.kind == "integer" else value
