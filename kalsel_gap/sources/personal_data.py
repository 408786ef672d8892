"""Signs of personal data in a table: names, telephone numbers, e-mail, identity numbers.

What is found is never part of an error: only its kind, its row and its column are.
"""

from __future__ import annotations

import re
import unicodedata

from kalsel_gap.i18n.text import plain
from kalsel_gap.sources.cells import fold, plain_signs

_SPACES = re.compile(r"\s+")
# Degrees with many decimals have as many digits as an identity number.
_DEGREE = r"[+-]?(?:0|[1-9]\d?|1[0-7]\d|180)[.,]\d+"
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")  # of a register
_DEGREES = re.compile(rf"{_DEGREE}(?:[,;]?\s*{_DEGREE})?")
# Bounded, so that a cell of a megabyte takes no longer than its length.
_EMAIL = re.compile(r"[^\s@]\s?@\s?[\w.-]{1,250}\.[A-Za-z]{2,}")
_TELEPHONE = re.compile(
    r"(?<![\d.,])(?:"
    r"(?:\+?\(?62\)?|0)[\s-]?8\d{1,2}(?:[\s.-]?\d){6,10}"  # mobile
    r"|\+\d(?:[\s().-]?\d){8,14}"  # of any country
    r"|8\d{8,11}"  # a mobile number whose zero a spreadsheet has dropped
    r"|\(0\d{2,3}\)[\s-]?\d{5,8}|0\d{2,3}[\s-]\d{6,8}"  # of a house
    r")(?![\d.,])"
)
# The same with any signs between the digits, also behind a word (“No.0812…”).
_GAP = r"[\s./_()-]{0,2}"
_SPREAD_MOBILE = re.compile(
    rf"(?<!\d)(?<!\d[.,])(?:62|0){_GAP}8{_GAP}[1-9](?:{_GAP}\d){{7,10}}(?!\d)"
)
_SPREAD_TELEPHONE = re.compile(
    r"(?<!\d)(?<!\d[.,])0[2-79](?:\d{7,10}|\d{1,2}[\s./_()-]{1,2}\d{3,4}[\s.-]?\d{3,4})(?!\d)"
)
_SPREAD_IDENTITY = re.compile(
    rf"(?<!\d)(?<!\d[.,])(?:\d(?:{_GAP}\d){{15}}|\d(?:{_GAP}\d){{17}})(?!\d)"
)
_DATE = re.compile(
    r"(?<![\d./_-])(?:\d{1,2}([/.-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([/.-])\d{1,2}\2\d{1,2})"
    r"(?=$|[\sT,;])"
)
_ENDS_IN_YEAR = re.compile(r"[/._-](?:19|20)\d\d$")
_LINK = re.compile(r"\b(?:wa\.me|t\.me|api\.whatsapp)\b|whatsapp", re.IGNORECASE)
# NIK and NUPTK have 16 digits, NIP has 18, often in groups.
_IDENTITY = re.compile(r"(?<![\d.,])(?:\d(?:[ .-]?\d){15}|\d(?:[ .-]?\d){17})(?![\d.,])")
_LABELLED = re.compile(
    r"\b(?:nama|name|pelapor|pengirim|pengaju|atas\s+nama|a\.\s?n|an|ttd|nik|nip|nuptk|no\.?\s?ktp)"
    r"\b\.?\s*[:=]|\b(?:nik|nip|nuptk)\b\.?\s*\d",
    re.IGNORECASE,
)
# A form of address before a word with a capital letter; “Ibu Kota” is a town.
_ADDRESSED = re.compile(
    r"\b(?:[Bb]pk|BPK|[Bb]apak|BAPAK|[Pp]ak|[Ii]bu|IBU|[Bb]u|[Ss]dri?|SDRI?|[Ss]audar[ai]|SAUDAR[AI]"
    r"|Mrs?|Ms|Drs|Dra|Hj)\b\.?\s+(?!(?:Kota|KOTA)\b)[A-Z][\w'’]+|\bH\.\s?[A-Z][a-z]+"
)
_TITLE = re.compile(r"\b[A-Z][a-z]+,?\s+(?:S|M|A)\.\s?(?:Pd|Ag|Kom|Sos|Si|E|H|T|Pd\.?I)\b")
_PATTERNS = (
    ("email", _EMAIL),
    ("identity", _IDENTITY),
    ("telephone", _TELEPHONE),
    ("telephone", _LINK),
    ("name", _LABELLED),
    ("name", _ADDRESSED),
    ("name", _TITLE),
)
_HEADERS = {
    **dict.fromkeys(
        (
            *("nama", "name", "fullname", "signername", "namalengkap", "pelapor", "pengirim"),
            *("pengaju", "pemohon", "reporter", "ttd", "tandatangan", "signature", "username"),
        ),
        "name",
    ),
    **dict.fromkeys(
        (
            *("hp", "nohp", "wa", "nowa", "phone", "mobile", "telepon", "telp", "tel", "notelp"),
            *("notelepon", "nomorhp", "nomortelepon", "kontak", "contact", "handphone", "fax"),
        ),
        "telephone",
    ),
    **dict.fromkeys(("nik", "nip", "nuptk", "ktp", "noktp", "nokk"), "identity"),
    **dict.fromkeys(("email", "surel", "mail"), "email"),
}
# Columns of the form that ask for a kind of signer; another column about signers names them.
_KIND_OF_SIGNER = frozenset(("penandatangan", "jenispenandatangan", "penandatanganan"))
_SIGNED = re.compile(r"(?!tanggal|tgl).*(?:penandatangan|ditandatangani|signedby)")
_WORDS_OF_HEADERS = (
    (re.compile(r"e-?mail|surel"), "email"),
    (re.compile(r"telepon|telp|telephone|whatsapp|phone|\bh\.?p\b|handphone"), "telephone"),
    (re.compile(r"\b(?:nik|nip|nuptk|ktp)\b"), "identity"),
    (
        re.compile(
            r"\b(?:nama|name)\b.{0,60}(?:pelapor|pengaju|pengirim|pemohon|kepala|guru|operator|penanda"
            r"|pejabat|orang|siswa|lengkap|signer|reporter|person|head|teacher|principal)"
        ),
        "name",
    ),
)


def personal_kind(text: str) -> str:
    """What kind of personal data a text shows: empty where it shows none.

    Returns
    -------
    str
        ``name``, ``telephone``, ``email``, ``identity`` or nothing.

    Examples
    --------
    >>> [personal_kind(text) for text in ("0812-3456-7890", "a@b.id", "3.4356000000000001")]
    ['telephone', 'email', '']
    >>> [personal_kind(text) for text in ("Bpk. Ahmad", "Ibu Kota", "421.2/045/Disdik-2026")]
    ['name', '', '']
    >>> [personal_kind(text) for text in ("No.0812/3456/7890", "05113304567", "081/234/2026")]
    ['telephone', 'telephone', '']
    """
    shown = plain_signs(plain(unicodedata.normalize("NFKC", text)))
    # Text that nobody sees may stand between digits.
    seen = "".join(c for c in shown if unicodedata.category(c) not in ("Cf", "Mn"))
    line = _SPACES.sub(" ", seen).strip()
    if _DEGREES.fullmatch(line) or _UUID.fullmatch(line):
        return ""
    found = next((kind for kind, pattern in _PATTERNS if pattern.search(line)), "")
    return found or _spread_kind(_DATE.sub(" , ", line))


def _spread_kind(line: str) -> str:
    """Numbers of persons whose digits have any signs between them; dates are taken out before."""
    for found in _SPREAD_MOBILE.finditer(line):
        # Ten digits that end in a year are the number of a letter: 081/234/2026.
        count = sum(char.isdigit() for char in found[0])
        if count > 10 or not _ENDS_IN_YEAR.search(found[0]):
            return "telephone"
    if _SPREAD_TELEPHONE.search(line):
        return "telephone"
    return "identity" if _SPREAD_IDENTITY.search(line) else ""


def personal_header(header: str) -> str:
    """What kind of personal data a column of this header would hold; empty where none.

    Examples
    --------
    >>> [personal_header(h) for h in ("nama_pelapor", "No. HP", "Nama Sekolah", "npsn", "E-mail")]
    ['name', 'telephone', '', '', 'email']
    """
    folded = fold(header)
    if known := _HEADERS.get(folded):
        return known
    if folded not in _KIND_OF_SIGNER and _SIGNED.match(folded):
        return "name"
    words = re.sub(r"[_\W]+", " ", header.replace("-", "").casefold()).strip()
    found = next((kind for pattern, kind in _WORDS_OF_HEADERS if pattern.search(words)), "")
    return found or personal_kind(header)
