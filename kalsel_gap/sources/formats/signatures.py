"""Of which kind a file is, by its content."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from kalsel_gap.geo.raster_files import TEXT

if TYPE_CHECKING:
    from kalsel_gap.sources.formats.table_cells import Content

# How files of each kind begin.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\0", "geopackage"),
    (b"fgb", "flatgeobuf"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"PAR1", "parquet"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "document"),
    *((start, "picture") for start in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")),
    *((start, "picture") for start in (b"II*\0", b"MM\0*")),
    (b"Rar!", "packed"),
    (b"7z\xbc\xaf\x27\x1c", "packed"),
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of Office until 2003, and of locked workbooks
_XML_SHEETS = b"urn:schemas-microsoft-com:office:spreadsheet"
_WEB_PAGE = re.compile(
    rb"<(!doctype html|html|head|meta|table|body|style|div|center|p)\b", re.IGNORECASE
)
_JSON = re.compile(rb"\s*(\{\s*[\"}]|\[\s*[\[{]|\x1e\s*\{)")
_SCRIPT = re.compile(rb"\s*((var|let|const)\s+)?[A-Za-z_$][\w$]*\s*=\s*[\[{]")


def kind_of(content: Content) -> str:  # noqa: PLR0911 - one line for each kind
    """Kind of a file by how it begins; ``text`` where nothing else is certain.

    Returns
    -------
    str
        One of ``empty``, ``gzip``, ``workbook``, ``locked``, ``geopackage``, ``flatgeobuf``,
        ``shapefile``, ``parquet``, ``kmz``, ``kml``, ``archive``, ``damaged``, ``json``,
        ``web_page``, ``web_archive``, ``xml_workbook``, ``pdf``, ``document``, ``picture``,
        ``packed``, ``xml`` and ``text``.
    """
    head = content.head()
    if not head.strip(TEXT):
        return "empty" if not head else "text"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    for start, kind in _BEGINNINGS:
        if head.startswith(start):
            return kind
    if head.startswith(_COMPOUND):
        return _kind_of_compound(content)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "picture"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="replace").encode()
    text = head.lstrip(TEXT)
    if text.startswith(b"<"):
        return _kind_of_markup(text)
    if text[:40].lower().startswith(b"mime-version:"):
        return "web_archive"
    return "json" if _JSON.match(text) or _is_script(content, text) else "text"


def _is_script(content: Content, text: bytes) -> bool:
    return content.ending == ".js" and bool(_SCRIPT.match(text))


def _kind_of_markup(text: bytes) -> str:
    if _XML_SHEETS in text and b"<html" not in text.lower():
        return "xml_workbook"
    if re.search(rb"<(\w+:)?kml\b", text):
        return "kml"
    return "web_page" if _WEB_PAGE.search(text) else "xml"


def _kind_of_archive(content: Content) -> str:
    try:
        with content.open() as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            is_open = "content.xml" in names and "mimetype" in names
            office = archive.read("mimetype")[:80] if is_open else b""
    except Exception:  # noqa: BLE001 - zipfile and its decompressors raise anything
        return "damaged"
    if any(name.startswith("xl/workbook.") for name in names) or b"spreadsheet" in office:
        return "workbook"
    if is_open or names & {"word/document.xml", "ppt/presentation.xml"}:
        return "document"
    lower = [name.lower() for name in names]
    is_kmz = content.ending == ".kmz" or "doc.kml" in lower
    return "kmz" if is_kmz and any(name.endswith(".kml") for name in lower) else "archive"


def _kind_of_compound(content: Content) -> str:
    with content.open() as file:
        raw = file.read(2**24)

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in raw

    if holds("EncryptedPackage"):
        return "locked"
    if holds("Workbook") or holds("Book"):
        return "workbook"
    return "document" if holds("WordDocument") or holds("PowerPoint Document") else "workbook"
