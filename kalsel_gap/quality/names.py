"""Checks of school names: level, ownership, damaged text."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.schools import AUTHORITY, level_of, ownership_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPECIAL = frozenset({"SLB", "SDLB", "SMPLB", "SMLB"})  # one school, named by any of them
_ENDED = ("SD", "SMP", "SMA", "SMK", "SLB", "MI", "MTs", "MA", "TK")
_PUBLIC_ENDINGS, _PRIVATE_ENDINGS = ("N",), ("S",)
_OTHER_ENDINGS = ("I", "K", "IT", "TA")  # Islam, Katolik or Kristen, Islam Terpadu, Terbuka


def _words() -> Iterator[tuple[str, frozenset[str]]]:
    for level in _ENDED:
        for ending in (*_PUBLIC_ENDINGS, *_PRIVATE_ENDINGS, *_OTHER_ENDINGS):
            yield level.upper() + ending, _SPECIAL if level in _SPECIAL else frozenset({level})
    for level in schema.LEVELS:
        yield level.upper(), _SPECIAL if level in _SPECIAL else frozenset({level})
    yield from {
        **dict.fromkeys(("SLTP", "SMTP"), frozenset({"SMP"})),
        **dict.fromkeys(("SMU", "SLTA"), frozenset({"SMA"})),
        **dict.fromkeys(("STM", "SMEA", "SMKK"), frozenset({"SMK"})),
        "SMALB": _SPECIAL,
        "SMAK": frozenset({"SMA", "SMK"}),  # Katolik, or Sekolah Menengah Analis Kimia
        **dict.fromkeys(("MA", "MAK"), frozenset({"MA", "MAK"})),  # MA Kejuruan
    }.items()


LEVEL_WORDS: dict[str, frozenset[str]] = dict(_words())
PUBLIC_WORDS = frozenset(level.upper() + end for level in _ENDED for end in _PUBLIC_ENDINGS)
PRIVATE_WORDS = frozenset(level.upper() + end for level in _ENDED for end in _PRIVATE_ENDINGS)
_PHRASES = {
    "SEKOLAH DASAR": "SD",
    "SEKOLAH MENENGAH PERTAMA": "SMP",
    "SEKOLAH MENENGAH ATAS": "SMA",
    "SEKOLAH MENENGAH KEJURUAN": "SMK",
    "SEKOLAH LUAR BIASA": "SLB",
    "MADRASAH IBTIDAIYAH": "MI",
    "MADRASAH TSANAWIYAH": "MTS",
    "MADRASAH ALIYAH": "MA",
}
# The first word of a name, after a kabupaten's prefix; not a part of MA'ARIF.
_FIRST = rf"^(?:UPTD?\W+(?:SPF\W+)?)?({'|'.join(_PHRASES)}|[A-Z]+)(?![A-Z'’`´])"
# SLB-C NEGERI, SD NEGERI, SMP SWASTA: the word beside the level, not in a name (BHAKTI NEGERI).
_BESIDE = (
    rf"^(?:UPTD?\W+(?:SPF\W+)?)?(?:{'|'.join(_PHRASES)}|[A-Z]+)(?:[\W_]+[A-E])?[\W_]+"
    r"(NEGERI|SWASTA|N)(?![A-Z.])"
)
_ANY_WORD = re.compile(rf"{'|'.join(_PHRASES)}|[A-Z]+")
# Schools for children with special needs: luar biasa, pendidikan khusus, layanan khusus.
_NEEDS = re.compile(r"(?<![A-Z])(LB|PK|LK|PKLK|LUAR BIASA|KHUSUS)(?![A-Z])")
# NU's schools are named for LP Ma'arif, also in two words.
_MAARIF = r"^MA\W+AR+I[FP]"

# Control characters, zero-width ones, and those that reverse the direction of writing.
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
_HTML = r"</?[A-Za-z!][^<]*>?|&(?:[A-Za-z]+[0-9]*|#[0-9]+|#x[0-9A-Fa-f]+);"
_FORMULA = r"[=+@\-\t\r|][^\s]"
_LOST = r"\ufffd|[A-Za-z]\?[A-Za-z]"
TEXTS = ("name", "kabupaten", "kecamatan", "desa", "address")


def check_names(cells: pd.DataFrame) -> list[Finding]:
    """Names that are missing, unsafe, garbled, or of another level or ownership.

    Parameters
    ----------
    cells : DataFrame
        Text cells as of :func:`kalsel_gap.sources.registers.read_cells`.
    """
    return [*_texts(cells), *_levels(cells), *_ownerships(cells), *_ministries(cells)]


# --- level, ownership, ministry ----------------------------------------------------------------


def _levels(cells: pd.DataFrame) -> list[Finding]:
    """Levels that no word of the name allows, where the name begins with a level."""
    level = level_of(cells)
    name = cells["name"].str.upper()
    first = _first_word(name)
    allowed = first.map(LEVEL_WORDS)
    asked = allowed.notna() & level.notna() & ~name.str.contains(_MAARIF)
    pairs = zip(name[asked], level[asked], strict=True)
    wrong = pd.Series([not _says(text, lv) for text, lv in pairs], index=name.index[asked])
    at_fault = wrong.reindex(cells.index, fill_value=False).astype(bool)
    proposal = allowed[at_fault].map(lambda levels: next(iter(levels)) if len(levels) == 1 else "")
    return at_rows(
        "level_differs_from_name",
        *(cells, at_fault, "level"),
        proposal=proposal.astype("str"),
        parameters={"name": cells["name"]},
    )


def _first_word(name: pd.Series[str]) -> pd.Series[str]:
    return name.str.extract(_FIRST, expand=False).replace(_PHRASES)


def _says(name: str, level: str) -> bool:
    """Whether some word of a name allows a level: SMP SATU ATAP SDN 3 is either."""
    words = (_PHRASES.get(word, word) for word in _ANY_WORD.findall(name))
    allowed = frozenset[str]().union(*(LEVEL_WORDS.get(word, ()) for word in words))
    return level in allowed or (level in _SPECIAL and bool(_NEEDS.search(name)))


def _ownerships(cells: pd.DataFrame) -> list[Finding]:
    """Public schools whose name says private, and the reverse."""
    ownership = ownership_of(cells)
    name = cells["name"].str.upper()
    first = _first_word(name)
    known = first.isin(LEVEL_WORDS.keys())
    beside = name.str.extract(_BESIDE, expand=False).where(known)
    public = first.isin(PUBLIC_WORDS) | beside.isin(["NEGERI", "N"])
    private = first.isin(PRIVATE_WORDS) | (beside == "SWASTA")
    said = pd.Series("", index=cells.index).mask(public, "public").mask(private, "private")
    at_fault = (public ^ private) & ownership.notna() & (said != ownership)
    negeri = said.map({"public": "N", "private": "S", "": ""})
    return at_rows(
        "ownership_differs_from_name",
        *(cells, at_fault.astype(bool), "ownership"),
        proposal=negeri,
        parameters={"name": cells["name"]},
    )


def _ministries(cells: pd.DataFrame) -> list[Finding]:
    """Madrasahs outside the ministry of religious affairs, and other schools inside it."""
    level = level_of(cells)
    readings = {text: _is_religious(text) for text in cells["ministry"].unique()}
    religious = cells["ministry"].map(readings)
    at_fault = religious.notna() & level.notna()
    at_fault &= (level.map(AUTHORITY) == "kemenag") != (religious == True)  # noqa: E712 - or none
    return at_rows(
        "ministry_differs_from_level",
        *(cells, at_fault.astype(bool), "ministry"),
        parameters={"level": level},
    )


def _is_religious(text: str) -> bool | None:
    """Whether a ministry is that of religious affairs; none where it is neither.

    Examples
    --------
    >>> [_is_religious(t) for t in ("Kementerian Agama", "Kemendikbud", "Kementerian Kelautan")]
    [True, False, None]
    """
    folded = fold(text)
    if "agama" in folded or folded in ("kemenag", "depag", "mora"):
        return True
    return False if re.search("pendidikan|dikbud|dikdasmen|diknas|moec|moe$", folded) else None


# --- the text ----------------------------------------------------------------------------------


def _texts(cells: pd.DataFrame) -> list[Finding]:
    name = cells["name"]
    findings = at_rows("name_missing", cells, name == "", "name")
    lettered = name.str.contains(r"[^\W\d_]")
    findings += at_rows("name_without_letters", cells, (name != "") & ~lettered, "name")
    findings += at_rows("name_has_formula", cells, name.str.match(_FORMULA), "name")
    marked = name.str.contains(_HTML)
    findings += at_rows(
        *("name_has_html", cells, marked, "name"), proposal=name[marked].map(_unescaped)
    )
    for column in TEXTS:
        findings += _garbled(cells, column)
    return findings


def _garbled(cells: pd.DataFrame, column: str) -> list[Finding]:
    """Cells read in the wrong encoding, with lost characters, or with invisible ones."""
    text = cells[column]
    suspect = text[text.str.contains(r"[^\x20-\x7e]|\?")]
    repaired = pd.Series([unmangled(t) for t in suspect], index=suspect.index, dtype="str")
    mangled = (repaired != suspect).reindex(text.index, fill_value=False).astype(bool)
    lost = suspect.str.contains(_LOST).reindex(text.index, fill_value=False).astype(bool)
    hidden = suspect.str.contains(_CONTROL).reindex(text.index, fill_value=False).astype(bool)
    hidden &= ~mangled
    code = "name_has_control" if column == "name" else "text_has_control"
    cleaned = text[hidden].str.replace(_CONTROL, " ", regex=True)
    cleaned = cleaned.str.replace(r"\s+", " ", regex=True).str.strip()
    return [
        *at_rows("text_mojibake", cells, mangled, column, proposal=repaired),
        *at_rows("text_lost", cells, lost & ~mangled, column),
        *at_rows(code, cells, hidden, column, proposal=cleaned),
    ]


def _unescaped(text: str) -> str:
    """A name without HTML entities; None if it has tags, whose meaning is unknown."""
    plain = html.unescape(text)
    return "" if re.search(_HTML, plain) or re.search(_CONTROL, plain) else plain.strip()


def _byte(character: str) -> int | None:
    """The byte that Windows-1252 reads as a character; the five it lacks are read as Latin-1."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return character.encode(encoding)[0]
        except UnicodeEncodeError:
            continue
    return None


_BYTE_OF = {
    char: byte
    for char in (
        *map(chr, range(0x80, 0x100)),
        *bytes(range(0x80, 0x100)).decode("cp1252", "ignore"),
    )
    if (byte := _byte(char)) is not None
}


def _class(first: int, last: int) -> str:
    return (
        "[" + "".join(re.escape(c) for c, byte in _BYTE_OF.items() if first <= byte <= last) + "]"
    )


_NEXT = _class(0x80, 0xBF)
_UTF8 = re.compile(
    f"{_class(0xC2, 0xDF)}{_NEXT}|{_class(0xE0, 0xEF)}{_NEXT}{{2}}|{_class(0xF0, 0xF4)}{_NEXT}{{3}}"
)


def unmangled(text: str) -> str:
    """UTF-8 that was read as Windows-1252, read as UTF-8; any other text as it is.

    Examples
    --------
    >>> unmangled("SMP Don Bosco â€“ AtapupuÂ"), unmangled("MI Ã‰mile"), unmangled("Café – Ângela")
    ('SMP Don Bosco – Atapupu', 'MI Émile', 'Café – Ângela')
    """
    # A no-break space at the end was stripped, its first byte was not.
    repaired = text + "\xa0" if text.endswith("Â") else text
    for _ in range(3):  # it may have happened more than once
        before, repaired = repaired, _UTF8.sub(_decoded, repaired)
        if repaired == before:
            break
    if re.search(r"[\ue000-\uf8ff]", repaired):
        return text  # a sign of an unknown private font
    return text if repaired.strip() == text else repaired.replace("\xa0", " ").strip()


def _decoded(match: re.Match[str]) -> str:
    raw = bytes(_BYTE_OF[char] for char in match.group())
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return match.group()
