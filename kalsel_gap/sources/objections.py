"""Reader of objections: the form that schools and offices fill in, and the file of judged ones.

Nothing is kept of a cell but what the form asks for: a code, a date, a number, a place. A file that
shows anything personal is refused as a whole.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

import pandas as pd

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors
from kalsel_gap.i18n.numbers import number
from kalsel_gap.project.objections import EvidenceKind, ObjectionCode, SignerKind
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import LAT_SPELLINGS, LON_SPELLINGS, recognise
from kalsel_gap.sources.coordinates import read_places
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.objection_cells import DECISIONS, WORDS, known_words, read_reference
from kalsel_gap.sources.personal_data import personal_header, personal_kind
from kalsel_gap.sources.quantities import (
    measured_latency,
    read_quantities,
    read_whole,
    says_nothing,
)
from kalsel_gap.sources.signal_levels import BESIDE
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table
from kalsel_gap.sources.values import parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

CODES: tuple[str, ...] = get_args(ObjectionCode)
EVIDENCE: tuple[str, ...] = get_args(EvidenceKind)
SIGNERS: tuple[str, ...] = get_args(SignerKind)
SERVICES = ("none", "mobile", "fixed")
JUDGEMENTS = ("accepted", "verify", "rejected")
EXAMPLE = "EXAMPLE"  # in the place of an NPSN

# What the form asks for: canonical column and the Indonesian header.
FORM = {
    "npsn": "npsn",
    "code": "kode",
    "filed": "tanggal_sanggah",
    "date": "tanggal_bukti",
    "time": "jam_uji",
    "evidence": "bukti",
    "signer": "penanda_tangan",
    "reference": "nomor_dokumen",
    "lat": "lintang",
    "lon": "bujur",
    "down_mbps": "unduh_mbps",
    "up_mbps": "unggah_mbps",
    "latency_ms": "latensi_ms",
    "students": "siswa",
    "service": "layanan",
}
TESTED = ("speed", "latency")  # codes whose evidence is speed tests
STORED = (*FORM, "judgement", "reason", "decision")
REQUIRED = ("npsn", "code", "filed", "date", "evidence", "signer")
_ALIASES: dict[str, tuple[str, ...]] = {
    "npsn": ("nomorpokoksekolahnasional", "nonpsn", "kodenpsn"),
    "code": ("kode", "kodesanggah", "kodesanggahan", "jenissanggah", "objectioncode"),
    "filed": ("tanggalsanggah", "tglsanggah", "tanggalsanggahan", "tanggalpengajuan", "filedon"),
    "date": ("tanggalbukti", "tglbukti", *BESIDE["date"]),
    "time": ("jam", "pukul", "jamuji", "jamtes", "waktuuji", "testtime"),
    "evidence": ("bukti", "jenisbukti", "macambukti", "kindofevidence"),
    "signer": ("penandatangan", "jenispenandatangan", "penandatanganan", "kindofsigner"),
    "reference": ("nomordokumen", "nodokumen", "nomorsurat", "nosurat", "documentnumber"),
    "lat": LAT_SPELLINGS,
    "lon": LON_SPELLINGS,
    "down_mbps": BESIDE["down_mbps"],
    "up_mbps": BESIDE["up_mbps"],
    "latency_ms": BESIDE["latency_ms"],
    "students": ("siswa", "pesertadidik", "pd", "jumlahsiswa", "jumlahpesertadidik", "enrolment"),
    "service": ("layanan", "jenislayanan"),
}
_OF_STORE: dict[str, tuple[str, ...]] = dict.fromkeys(("judgement", "reason", "decision"), ())

_TIME = re.compile(
    r"(?:.*[T\s,])?([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.][0-5]\d(?:\.\d+)?)?\s*([ap]m)?"
    r"\s*(?:WIB|WITA|WIT|[+-]0[7-9]:?00)?",
    re.IGNORECASE | re.ASCII,
)
# Columns of schools, which nobody asks for and many tables have: a street and a school may have the
# name of a person.
_OF_SCHOOLS = frozenset(
    (
        *("sekolah", "namasekolah", "schoolname", "madrasah", "namamadrasah", "namasatuan"),
        *("namasatuanpendidikan", "alamat", "alamatsekolah", "alamatjalan", "jalan", "address"),
    )
)
# Without these an accepted row changes nothing, also with a yes of the office.
_NEEDED = {
    "availability": ("service",),
    "speed": ("date", "down_mbps"),
    "latency": ("date", "down_mbps", "latency_ms"),
    "location": ("date", "lat", "lon"),
    "enrolment": ("date", "students"),
}
_SHOWN = 10  # errors of a file
_SLOWEST_MS = 60_000.0
_TEXTS = ("npsn", "code", "filed", "date", "time", "evidence", "signer", "reference", "service")
_NUMBERS = ("lat", "lon", "down_mbps", "up_mbps", "latency_ms", "students")


@dataclass(frozen=True, slots=True)
class Objection:
    """One row of the form: an objection, or one of the tests that it rests on.

    Attributes
    ----------
    row : int
        Its row in the file.
    npsn : str
        The school; empty where the cell is none.
    code, evidence, signer, service : str
        Of :data:`CODES`, :data:`EVIDENCE`, :data:`SIGNERS`, :data:`SERVICES`; empty where not
        given or not read.
    filed, date : date or None
        Day of the objection, and of its evidence.
    time : str
        Of a test, ``HH:MM``.
    reference : str
        Number of a document; empty where it is none.
    lat, lon, down_mbps, up_mbps, latency_ms, students : float
        NaN where not given or not read.
    unread : tuple of str
        Columns whose cell is not empty and could not be read.
    judgement, reason, decision : str
        Of the file of judged objections; empty in a form.
    is_example : bool
        Whether it is a row of the template.
    """

    row: int
    npsn: str
    code: str
    filed: date | None
    date: date | None
    time: str
    evidence: str
    signer: str
    reference: str
    lat: float
    lon: float
    down_mbps: float
    up_mbps: float
    latency_ms: float
    students: float
    service: str
    unread: tuple[str, ...] = ()
    judgement: str = ""
    reason: str = ""
    decision: str = ""
    is_example: bool = False

    @property
    def counts(self) -> bool:
        """Whether its facts are used: accepted, or confirmed by the office in the file."""
        return (self.decision or self.judgement) == "accepted" and not self.is_statement

    @property
    def is_statement(self) -> bool:
        """Whether it only says which signal there is: no statement takes the place of a level."""
        return self.code == "availability" and self.service in ("none", "mobile")

    @property
    def is_open(self) -> bool:
        """Whether an office must still confirm it."""
        return self.judgement == "verify" and not self.decision

    @property
    def lacking(self) -> tuple[str, ...]:
        """Columns that its code needs and that are empty, unreadable or zero pupils."""
        needed = ("npsn", "code", *_NEEDED.get(self.code, ()))
        return tuple(
            name
            for name in needed
            if _is_missing(value := getattr(self, name)) or (name == "students" and value < 1)
        )

    def cells(self) -> dict[str, Any]:
        """What is stored of it, by column: texts, and numbers that are NaN where unknown."""
        texts = {
            name: value.isoformat() if hasattr(value, "isoformat") else value or ""
            for name in _TEXTS
            for value in (getattr(self, name),)
        }
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        after = {name: getattr(self, name) for name in _OF_STORE}
        return {name: (texts | numbers | after)[name] for name in STORED}

    def identity(self) -> tuple[str, ...]:
        """What makes two rows the same: all that was given.

        A number of a document that is not kept is another one than none.
        """
        cells = self.cells()
        if "reference" in self.unread:
            cells["reference"] = "?"
        return tuple(
            f"{cells[name]:.7g}"
            if name in _NUMBERS[2:]
            else f"{cells[name]:.7f}"
            if name in _NUMBERS
            else str(cells[name])
            for name in FORM
        )


def read_objections(
    path: Path,
    highest_mbps: float,
    abbreviations: Collection[str],
    *,
    is_stored: bool = False,
) -> list[Objection]:
    """Rows of the form, or of the file of judged objections.

    Parameters
    ----------
    path : Path
        CSV or workbook.
    highest_mbps : float
        A faster line does not exist.
    abbreviations : collection of str
        Words that the number of a document may have, in capital letters.
    is_stored : bool
        Whether it is the file of judged objections: only there a judgement is read.

    Raises
    ------
    InputError
        Unreadable, or without a column of :data:`REQUIRED`.
    SeveralErrors
        Cells or columns that show something personal, all of them; no error repeats one. Decisions
        that are neither yes nor no, or accept a row without what its code needs.
    """
    aliases = _ALIASES | (_OF_STORE if is_stored else {})
    try:
        table = read_table(path, aliases=aliases)
    except InputError as error:
        if is_stored and error.code == "table_no_rows" and path.stat().st_size:
            return []
        raise
    header = recognise(table, aliases, required=REQUIRED)  # a table that is no form has one error
    if faults := _personal(table):
        raise SeveralErrors(_shortened(faults, path))
    given = {
        name: table.cells[header[name]].astype("str").str.removeprefix("'")
        if name in header
        else pd.Series("", index=table.cells.index, dtype="str")
        for name in aliases
    }
    rows = _rows(given, table.cells[ROW].tolist(), highest_mbps, abbreviations)
    if not is_stored:
        return rows
    if faults := _undecided(rows, given["decision"], path, header):
        raise SeveralErrors(_shortened(faults, path))
    # A number of a document that is not kept stands in the file no longer once it is written again.
    return [
        replace(each, unread=tuple(n for n in each.unread if n != "reference")) for each in rows
    ]


def _shortened(faults: list[KalselGapError], path: Path) -> list[KalselGapError]:
    """The first ten, and how many more there are."""
    more = len(faults) - _SHOWN
    if more <= 0:
        return faults
    return [*faults[:_SHOWN], InputError("errors_more", path=path, count=more)]


def _undecided(
    rows: Sequence[Objection], given: pd.Series[str], path: Path, header: Mapping[str, str]
) -> list[KalselGapError]:
    """An error for each decision that is neither yes nor no, or accepts what has no effect.

    A statement about the signal has none, also one that an office confirms: it is measured.
    """
    column = header.get("decision", "decision")
    faults: list[KalselGapError] = []
    for each, text in zip(rows, given, strict=True):
        if not each.decision and not says_nothing(text):
            faults.append(InputError("decision_unread", path=path, row=each.row, column=column))
        elif each.decision == "accepted" and each.lacking:
            needed = ", ".join(header.get(name, name) for name in each.lacking)
            faults.append(
                InputError(
                    "decision_without_effect", path=path, row=each.row, column=column, needed=needed
                )
            )
        elif each.decision == "accepted" and each.is_statement:
            faults.append(
                InputError("decision_on_statement", path=path, row=each.row, column=column)
            )
    return faults


def _personal(table: RawTable) -> list[KalselGapError]:
    """An error for each column or cell that shows something personal, without repeating it."""
    faults: list[KalselGapError] = []
    for place, header in enumerate(table.headers, start=1):
        shown = f"#{place}" if personal_kind(header) else header
        if personal_header(header):
            faults.append(InputError("objection_personal_column", path=table.path, column=shown))
            continue
        kinds = {text: personal_kind(text) for text in table.cells[header].unique()}
        found = table.cells[header].map(kinds)
        faults += [
            InputError(f"objection_{kind}", path=table.path, row=int(row), column=shown)
            for row, kind in zip(table.cells[ROW], found, strict=True)
            if kind and not (kind == "name" and fold(header) in _OF_SCHOOLS)
        ]
    return faults


def _rows(
    given: Mapping[str, pd.Series[str]],
    rows: Sequence[int],
    highest_mbps: float,
    abbreviations: Collection[str],
) -> list[Objection]:
    """Every row with its cells as values."""
    npsn = read_npsn(given["npsn"])
    lat, lon = read_places(given["lat"], given["lon"])
    numbers = {
        "lat": lat,
        "lon": lon,
        "students": given["students"].map(read_whole).astype("float64"),
        **{
            name: read_quantities(given[name], unit, possible=(0.0, most), by_column=True)
            for name, unit, most in (
                ("down_mbps", "Mbps", highest_mbps),
                ("up_mbps", "Mbps", highest_mbps),
                ("latency_ms", "ms", _SLOWEST_MS),
            )
        },
    }
    numbers["latency_ms"] = measured_latency(numbers["latency_ms"], numbers["down_mbps"])
    cells = {name: column.tolist() for name, column in given.items()}
    known = {name: column.astype(float).tolist() for name, column in numbers.items()}
    found = []
    for at, (row, given_npsn) in enumerate(zip(rows, npsn.tolist(), strict=True)):
        texts = {name: column[at] for name, column in cells.items()}
        values: dict[str, Any] = {name: column[at] for name, column in known.items()}
        values |= {name: parse_date(texts[name]) for name in ("filed", "date")}
        values |= {name: known_words(name).get(fold(texts[name]), "") for name in WORDS}
        values["time"] = read_time(texts["time"] or texts["date"])
        values["reference"] = read_reference(texts["reference"], abbreviations)
        unread = tuple(
            name
            for name in FORM
            if name != "npsn" and not says_nothing(texts[name]) and _is_missing(values[name])
        )
        found.append(
            Objection(
                row=int(row),
                npsn=given_npsn if is_plain_number(given_npsn) else "",
                unread=unread,
                is_example=fold(texts["npsn"]) in (EXAMPLE.lower(), "contoh"),
                judgement=next((j for j in JUDGEMENTS if j == texts.get("judgement")), ""),
                reason=re.sub(r"[^a-z_]", "", texts.get("reason", "")),
                decision=DECISIONS.get(fold(texts.get("decision", "")), ""),
                **values,
            )
        )
    return found


def _is_missing(value: object) -> bool:
    return math.isnan(value) if isinstance(value, float) else not value


def is_plain_number(text: str) -> bool:
    """Whether a text can be the number of a school in any register: letters and digits only.

    Examples
    --------
    >>> [is_plain_number(t) for t in ("30301027", "P9970001", "../etc", "", "x" * 30)]
    [True, True, False, False, False]
    """
    return re.fullmatch(r"[A-Za-z0-9]{1,20}", text, re.ASCII) is not None


def read_time(text: str) -> str:
    """A time of day as ``HH:MM``; empty where there is none.

    Examples
    --------
    >>> [read_time(t) for t in ("9.15", "2026-05-04 13:05:00", "1:30 pm", "09:15 WITA", "pagi")]
    ['09:15', '13:05', '13:30', '09:15', '']
    >>> read_time("0.385416667")  # a part of a day, as a spreadsheet stores it
    '09:15'
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        share = number(text.strip())
        minutes = round(share * 1440) if 0 < share < 1 else 1440
        return f"{minutes // 60:02}:{minutes % 60:02}" if minutes < 1440 else ""
    hour = int(found[1])
    if found[3]:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if found[3].lower() == "pm" else 0)
    return f"{hour:02}:{found[2]}"


def template_rows(language: str) -> tuple[list[str], list[dict[str, str]]]:
    """Headers of the form and an example of each code, in a language.

    The examples have no NPSN, so that nobody takes one for an objection.

    Parameters
    ----------
    language : {'id', 'en'}
    """
    is_id = language == "id"

    def said(name: str, value: str) -> str:
        return WORDS[name].get(value, value) if is_id and name in WORDS else value

    def row(code: str, evidence: str, signer: str, **more: str) -> dict[str, str]:
        dates = {"filed": "2026-11-20", "date": "2026-11-17"}
        given = {"npsn": "CONTOH" if is_id else EXAMPLE, "code": code, "evidence": evidence}
        full = {**dict.fromkeys(FORM, ""), **given, **dates, "signer": signer, **more}
        return {FORM[n] if is_id else n: said(n, value) for n, value in full.items()}

    place = {"lat": "-3.43560", "lon": "114.66810"}
    line = {"down_mbps": "1.8", "up_mbps": "0.6", "latency_ms": "140", **place}
    rows = [
        *(
            row("speed", "test", "principal", date=f"2026-11-{day}", time=time, **line)
            for day, time in (("16", "08:30"), ("17", "10:00"), ("18", "12:15"))
        ),
        row("latency", "test", "principal", time="09:00", **(line | {"latency_ms": "720"})),
        row("availability", "letter", "principal", service="none", reference="421.2/045/2026"),
        row("location", "photo", "principal", **place),
        row("enrolment", "register", "operator", students="148"),
        row("planned", "contract", "office", reference="027/118/SPK/2026"),
        row("closed", "decree", "office", reference="188.45/301/2026"),
    ]
    return list(FORM.values()) if is_id else list(FORM), rows


def in_order(objections: Iterable[Objection]) -> list[Objection]:
    """Objections by school, code and what was given: the order of the file."""
    return sorted(objections, key=Objection.identity)
