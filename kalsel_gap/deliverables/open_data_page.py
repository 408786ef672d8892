"""What people read of a published folder: its page, its text and its statement of the licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.deliverables.data_package import ABOUT
from kalsel_gap.deliverables.dcat import NO_LICENCE
from kalsel_gap.deliverables.offline_html import page_without_script
from kalsel_gap.i18n.text import LANGUAGES, N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.deliverables.data_package import AboutData, PublishedFile
    from kalsel_gap.project.publication import Publication

SUMS = "SHA256SUMS"
_NOT_STATED = N_("not stated")
_STATED = N_("The office that publishes these files states this licence for them: {licence}.")
_ASK = N_("Ask the office that publishes these files before you use them or pass them on.")
_CHECK = N_(
    "SHA256SUMS has the checksum of every file. In this folder, “sha256sum -c SHA256SUMS” compares "
    "all of them."
)
_READ_HOW = (
    N_(
        "The data have the names and codes of columns.csv, which explains each of them in "
        "Indonesian and in English."
    ),
    N_(
        "CSV: commas between cells, a decimal point, UTF-8; an empty cell is unknown or does not "
        "apply. Import npsn as text, because it can begin with zeros."
    ),
    N_("A text that a spreadsheet would execute as a formula has an apostrophe before it in CSV."),
    N_("Places are longitude and latitude in degrees (WGS 84, EPSG:4326)."),
)
_KILOBYTE = 1000


def page(about: AboutData, files: Sequence[PublishedFile], text: Text) -> str:
    """``index.html``: every file with what it holds, size, date, licence and hash.

    Parameters
    ----------
    about : AboutData
    files : sequence of PublishedFile
        Those that are listed.
    text : Text
        Language of the page.
    """
    licence, date = _licence(about.publication, text), about.last or text(_NOT_STATED)
    rows = [
        (file.name, text(file.about), _size(file.size_bytes, text), date, licence, file.sha256)
        for file in files
    ]
    heads = (N_("Size"), N_("Date of the data"), N_("Licence"), N_("SHA-256"))
    official = about.facts["standing"] == "official"
    return page_without_script(
        "open_data",
        {
            "language": text.language,
            "title": about.title(text),
            "notices": about.notices[text.language],
            "official": about.notices[text.language][-1] if official else "",
            "about": text(ABOUT),
            "facts": facts_of(about, text),
            "words": {
                "file": text(N_("File")),
                "files": text(N_("Files")),
                "data": text(N_("Data")),
                "described": text(N_("What describes them")),
                "reading": text(N_("How to read the data")),
                "persons": text(N_("Personal data")),
                "checking": text(N_("How to check the files")),
            },
            "heads": [text(head) for head in heads],
            "tables": [
                (name, [row for row, file in zip(rows, files, strict=True) if file.is_data is data])
                for name, data in (("data", True), ("described", False))
            ],
            "reading": [text(words) for words in _READ_HOW],
            "persons": [text(_NO_PERSONS), about.withheld[text.language]],
            "checking": text(_CHECK),
            "sums": SUMS,
            "made_by": text(_MADE_BY, version=about.version, run=about.run),
        },
    )


_NO_PERSONS = N_(
    "The data hold no names, numbers or addresses of people, only counts (UU 27/2022). Cells with "
    "coordinates exactly as somebody typed them into the register are left out."
)
_MADE_BY = N_("kalsel-gap {version}, run {run}")


def facts_of(about: AboutData, text: Text) -> list[tuple[str, str]]:
    """Who publishes what of when, as labels and values; what is not stated is named so."""
    publication = about.publication
    unknown = text(_NOT_STATED)
    dates = about.last or unknown
    if about.first != about.last:
        dates = text(N_("{first} to {last}"), first=about.first, last=about.last)
    licence = _licence(publication, text)
    if publication.licence and publication.licence_url:
        licence = f"{licence} ({publication.licence_url})"
    return [
        (text(N_("Publisher")), plain(publication.publisher) or unknown),
        (text(N_("Contact")), publication.contact_email or unknown),
        (text(N_("Licence")), licence),
        (text(N_("Dates of the inputs")), dates),
        (text(N_("Run")), about.run),
    ]


def readme(about: AboutData, files: Sequence[PublishedFile], text: Text) -> str:
    """``README.txt``: the same as the page, as a text.

    Parameters
    ----------
    about, files, text
        As for :func:`page`.
    """
    lines = [about.title(text), "", *about.notices[text.language], "", text(ABOUT), ""]
    lines += [f"{label}: {value}" for label, value in facts_of(about, text)]
    lines += ["", *(f"{file.name}: {text(file.about)}" for file in files)]
    lines += ["", *(text(words) for words in _READ_HOW)]
    lines += ["", text(_NO_PERSONS), about.withheld[text.language], "", text(_CHECK)]
    return "".join(f"{plain(line)}\n" for line in lines)


def licence_text(publication: Publication) -> str:
    """``LICENSE.txt``: the licence that the office states, in both languages, and nothing else.

    Parameters
    ----------
    publication : Publication
        Without a licence the text says that none is stated and that nothing is granted.
    """
    paragraphs = []
    for language in LANGUAGES:
        text = Text(language)
        lines = [text(NO_LICENCE), text(_ASK)]
        if publication.licence or publication.licence_url:
            stated = publication.licence or publication.licence_url
            lines = [text(_STATED, licence=stated)]
            if publication.licence and publication.licence_url:
                lines.append(text(N_("Its text: {url}"), url=publication.licence_url))
        lines.append(f"{text(N_('Publisher'))}: {publication.publisher or text(_NOT_STATED)}")
        lines.append(f"{text(N_('Contact'))}: {publication.contact_email or text(_NOT_STATED)}")
        paragraphs.append("".join(f"{plain(line)}\n" for line in lines))
    return "\n".join(paragraphs)


def _licence(publication: Publication, text: Text) -> str:
    return plain(publication.licence) or publication.licence_url or text(N_("none stated"))


def _size(size_bytes: int, text: Text) -> str:
    """A size as people read it."""
    kilobytes = max(size_bytes / _KILOBYTE, 0.1)
    if kilobytes < _KILOBYTE:
        return f"{text.number(kilobytes, 1)} kB"
    return f"{text.number(kilobytes / _KILOBYTE, 1)} MB"
