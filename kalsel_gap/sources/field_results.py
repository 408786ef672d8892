"""Reader of what surveyors found out: exports of ODK and Kobo, or the GeoPackage of QField.

Questions have the names of the form; what stands before the last slash, hyphen or colon of a header
is the group that the export puts there. Nothing is kept of any other column, and none that shows a
person is read.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.personal_data import personal_header
from kalsel_gap.sources.quantities import measured_latency
from kalsel_gap.sources.signal_levels import LEVELS
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table
from kalsel_gap.sources.values import read_dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

INTERNET = ("ada", "tidak_ada")
RECEPTION = INTERNET  # whether the phone shows any signal of the operator
RADIO = tuple(LEVELS)
MOST_MBPS = 10_000.0
MOST_MS = 60_000.0
LEVEL_DBM = (-140.0, -40.0)
_RATES = ("subscription_down_mbps", "subscription_up_mbps", "down_mbps", "up_mbps")
_RANGES = {
    **dict.fromkeys(_RATES, (0.0, MOST_MBPS)),
    "latency_ms": (0.0, MOST_MS),
    "level_dbm": LEVEL_DBM,
    "gate_lat": (-90.0, 90.0),
    "gate_lon": (-180.0, 180.0),
}
# What answers which fact.
ANSWERS = {
    "service": ("internet", *_RATES, "latency_ms"),
    "signal": ("reception", "operator", "technology", "level_dbm"),
    "location": ("gate_lat", "gate_lon"),
}
COLUMNS = ("npsn", "row", "date", "run", *(name for names in ANSWERS.values() for name in names))
# Other headers of the same: what Kobo and ODK make of a point.
_SPELLED = {
    "gate_lat": ("gatelatitude",),
    "gate_lon": ("gatelongitude",),
}
# Where the point of a school lay in the GeoPackage: if it was moved, the school was found there.
START = ("start_lat", "start_lon")
_MOVED_M = 5.0
_PLACE = {"npsn": ("npsn",), "lat": ("lat",), "lon": ("lon",)}
_GROUP = re.compile(r"[/:.-]")
_POINT_PARTS = 2
_RUN = re.compile(r"[0-9a-f]{6,64}")
_NO_WORD = re.compile(r"[^a-z0-9_]+")
# Of a form's metadata: who sent it from which phone.
_OF_SENDERS = frozenset(
    (
        *("submittedby", "submittername", "submitterid", "username", "deviceid", "phonenumber"),
        *("subscriberid", "simserial", "email", "enumerator", "surveyor", "petugas"),
    )
)

ProblemKind = Literal[
    "personal",
    "unread",
    "no_school",
    "no_date",
    "no_operator",
    "operator_unknown",
    "no_level",
    "both_signals",
]


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """What was not used of the answers.

    Attributes
    ----------
    kind : str
        ``personal``: a column about a person; ``unread``: a cell that is no possible answer;
        ``no_school``: a row without NPSN; ``no_date``: a speed test without a date;
        ``no_operator``: a signal without its operator, or a level without its technology;
        ``operator_unknown``: no signal at all of an operator of whom the run knows no technology;
        ``no_level``: a signal, an operator or a technology without a level;
        ``both_signals``: a level where no signal is said to be.
    column : str
        Header of the column.
    rows : tuple of int
        Rows of the file; empty for a column as a whole.
    """

    kind: ProblemKind
    column: str = ""
    rows: tuple[int, ...] = ()


def choice_name(text: str) -> str:
    """A name as the form codes it: lower case, letters and digits.

    Examples
    --------
    >>> choice_name("XL Axiata"), choice_name("Kab. Hulu Sungai Selatan")
    ('xl_axiata', 'kab_hulu_sungai_selatan')
    """
    return _NO_WORD.sub("_", text.casefold()).strip("_")


def runs_of(path: Path) -> list[str]:
    """The runs that answers of a file name, each once; anything but an id is none.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    table = read_table(path, aliases=_PLACE)
    header = _headers(table.headers).get("run")
    named = set(table.cells[header].str.strip()) if header else set()
    return sorted(each for each in named if _RUN.fullmatch(each))


def read_results(
    path: Path, technologies: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, list[AnswerProblem]]:
    """The answers of a file.

    Parameters
    ----------
    path : Path
        CSV, workbook or GeoPackage.
    technologies : mapping of sequences
        Technologies that the run knows of each operator that the form offers.

    Returns
    -------
    answers : DataFrame
        :data:`COLUMNS`, one row for each row that names a school: numbers are NaN and texts empty
        where nothing possible is answered; ``internet`` is one of :data:`INTERNET`, ``reception``
        of :data:`RECEPTION`, ``operator`` as in `technologies`. No signal at all without a
        technology is said of all of the operator.
    problems : list of AnswerProblem
        What was not used.

    Raises
    ------
    InputError
        The file cannot be read, or has no column of schools or no answers.
    """
    table = read_table(path, aliases=_PLACE)  # a layer gets its points as columns
    headers = _headers(table.headers)
    if "npsn" not in headers:
        raise InputError("results_no_school", path=path, known=", ".join(table.headers))
    if not {"gate", *(name for names in ANSWERS.values() for name in names)} & headers.keys():
        raise InputError("results_no_answer", path=path, known=", ".join(table.headers))
    cells = table.cells
    empty = pd.Series("", index=cells.index, dtype="str")

    def given(name: str) -> pd.Series[str]:
        return cells[headers[name]].str.strip() if name in headers else empty

    rows = cells[ROW].astype("int64")
    problems = [
        AnswerProblem("personal", name) for name in table.headers if _shows_a_person(name, headers)
    ]
    answers = pd.DataFrame({"npsn": read_npsn(given("npsn")), "row": rows, "run": given("run")})
    answers["date"] = read_dates(given("date"))
    points = given("gate").map(_point)
    texts = {name: given(name) for name in _RANGES}
    moved = _moved_points(cells)
    for axis, name in enumerate(ANSWERS["location"]):
        for other in (points.str[axis], moved[axis]):
            texts[name] = texts[name].where(texts[name] != "", other)
    known = {
        "internet": {fold(name): name for name in INTERNET},
        "reception": {fold(name): name for name in RECEPTION},
        "operator": {fold(choice_name(name)): name for name in technologies},
        "technology": {fold(name): name for name in RADIO},
    }
    for name, choices in known.items():
        folded = [choices.get(fold(text), "") for text in given(name)]
        answers[name] = pd.Series(folded, index=cells.index, dtype="str")
        problems += _unread(rows, name, headers, (given(name) != "") & (answers[name] == ""))
    for name, (low, high) in _RANGES.items():
        values = texts[name].map(_number)
        answers[name] = values.where(values.between(low, high))
        problems += _unread(rows, name, headers, (texts[name] != "") & answers[name].isna())
    latency_ms = measured_latency(answers["latency_ms"], answers["down_mbps"])
    not_measured = answers["latency_ms"].notna() & latency_ms.isna()
    problems += _unread(rows, "latency_ms", headers, not_measured)
    answers["latency_ms"] = latency_ms
    places = answers[list(ANSWERS["location"])]
    nowhere = places.isna().any(axis="columns") | (places == 0).all(axis="columns")
    answers.loc[nowhere, list(ANSWERS["location"])] = math.nan
    filled = answers[[name for names in ANSWERS.values() for name in names]]
    has_answer = (filled.notna() & (filled != "")).any(axis="columns")
    no_school = has_answer & (answers["npsn"] == "")
    if no_school.any():
        problems.append(AnswerProblem("no_school", headers["npsn"], _rows(rows[no_school])))
    is_silent = (texts["level_dbm"] == "") & (
        (given("reception") == "") | (answers["reception"] != "")
    )
    problems += _signal_problems(answers, headers, technologies, is_silent)
    undated = answers["down_mbps"].notna() & answers["date"].isna()
    if undated.any():
        problems.append(AnswerProblem("no_date", "date", _rows(rows[undated])))
    return answers.loc[has_answer & ~no_school, list(COLUMNS)].reset_index(drop=True), problems


def _signal_problems(
    answers: pd.DataFrame,
    headers: dict[str, str],
    technologies: Mapping[str, Sequence[str]],
    is_silent: pd.Series[bool],
) -> list[AnswerProblem]:
    """Signals that cannot be used; what contradicts itself is taken out of the answers.

    Parameters
    ----------
    answers, headers, technologies
        As in :func:`read_results`.
    is_silent : Series of bool
        Where no cell of the level or the reception is unread: of those something is said already.
    """
    is_none, has_level = answers["reception"] == "tidak_ada", answers["level_dbm"].notna()
    contradicted = is_none & has_level
    answers.loc[contradicted, "level_dbm"] = math.nan
    answers.loc[contradicted, "reception"] = ""
    is_none, has_level = is_none & ~contradicted, has_level & ~contradicted
    has_operator, has_technology = answers["operator"] != "", answers["technology"] != ""
    is_known = answers["operator"].map({name: bool(of) for name, of in technologies.items()})
    is_signal = (answers["reception"] == "ada") | has_operator | has_technology
    wrong: dict[ProblemKind, tuple[str, pd.Series[bool]]] = {
        "both_signals": ("reception", contradicted),
        "no_operator": (
            "operator",
            (is_none | has_level) & ~has_operator | has_level & ~has_technology,
        ),
        "operator_unknown": (
            "operator",
            is_none & has_operator & ~has_technology & ~is_known.eq(other=True),
        ),
        "no_level": (
            "level_dbm",
            is_signal & ~is_none & ~has_level & ~contradicted & is_silent,
        ),
    }
    return [
        AnswerProblem(kind, headers.get(name, name), _rows(answers.loc[rows, "row"]))
        for kind, (name, rows) in wrong.items()
        if rows.any()
    ]


def _moved_points(cells: pd.DataFrame) -> tuple[pd.Series[str], pd.Series[str]]:
    """Latitude and longitude of points that no longer lie where they lay; empty for the others."""
    empty = pd.Series("", index=cells.index, dtype="str")
    if not {"lat", "lon", *START} <= set(cells.columns):
        return empty, empty
    now, then = (
        [cells[name].map(_number).to_numpy() for name in names] for names in (("lat", "lon"), START)
    )
    (lat, lon), (lat_then, lon_then) = now, then
    _, _, distance_m = WGS84.inv(lon_then, lat_then, lon, lat)
    is_moved = pd.Series(distance_m > _MOVED_M, index=cells.index)
    return cells["lat"].where(is_moved, empty), cells["lon"].where(is_moved, empty)


def _headers(headers: Sequence[str]) -> dict[str, str]:
    """Which header holds which question; the first one where several do."""
    spelled = {fold(name): name for name in (*COLUMNS, "gate")}
    spelled |= {word: name for name, words in _SPELLED.items() for word in words}
    del spelled["row"]
    found: dict[str, str] = {}
    for header in headers:
        parts = _GROUP.split(header)
        ends = (fold("".join(parts[-n:])) for n in range(min(len(parts), _POINT_PARTS), 0, -1))
        name = next((spelled[end] for end in ends if end in spelled), None)
        if name is not None:
            found.setdefault(name, header)
    return found


def _shows_a_person(header: str, known: dict[str, str]) -> bool:
    own = _GROUP.split(header)[-1]
    is_of_person = fold(own) in _OF_SENDERS or bool(personal_header(own))
    return is_of_person and header not in known.values()


def _unread(
    rows: pd.Series[int], name: str, headers: dict[str, str], wrong: pd.Series[bool]
) -> list[AnswerProblem]:
    if not wrong.any():
        return []
    header = headers.get(name) or headers.get("gate", name)
    return [AnswerProblem("unread", header, _rows(rows[wrong]))]


def _rows(rows: pd.Series[int]) -> tuple[int, ...]:
    return tuple(int(row) for row in rows)


def _number(text: str) -> float:
    """A number with a decimal point or comma; NaN for any other text.

    Examples
    --------
    >>> _number("7.125"), _number("7,5"), _number("1,000.5"), _number("fast"), _number("inf")
    (7.125, 7.5, nan, nan, nan)
    """
    if not re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", text, re.ASCII):
        return math.nan
    return float(text.replace(",", "."))


def _point(text: str) -> tuple[str, str]:
    """Latitude and longitude of a point as ODK writes it, with height and accuracy or without.

    Examples
    --------
    >>> _point("-3.31 114.59 12.0 4.5"), _point("")
    (('-3.31', '114.59'), ('', ''))
    """
    parts = text.split()
    return (parts[0], parts[1]) if len(parts) >= _POINT_PARTS else ("", "")
