"""Reader of accepted repairs, and their application to locations of the register.

The table is the one that proposes repairs (:mod:`kalsel_gap.quality.repairs`), with the column
``accept`` filled in. The register itself is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.boundaries import standing_areas
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import recognise
from kalsel_gap.sources.coordinates import candidates
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.sources.coordinates import Bounds

COLUMNS = (
    *("accept", "file", "row", "npsn", "name", "code", "column", "given", "proposed"),
    *("lat_given", "lon_given", "lat", "lon", "area", "confidence", "why"),
    *("before_km", "after_km"),
)
# Each determines to which row a repair belongs, or what it changes.
_REQUIRED = ("accept", "file", "row", "npsn", "lat_given", "lon_given", "lat", "lon", "area")
_YES = frozenset(("yes", "ya", "y", "1", "x"))
_NO = frozenset(("no", "tidak", "n", "0"))
_SAME_DEG = 5e-8  # half of the last decimal of a proposal


@dataclass(frozen=True, slots=True)
class Repair:
    """A row of the reviewed table.

    Attributes
    ----------
    line : int
        Its row in that table.
    accepted, refused : bool
        The reviewer's answer; both false if there is none yet.
    file, row, npsn, lat_given, lon_given : str, int
        The row of the register that it was made for, as it was given then.
    lat, lon : float
        Degrees to use instead; NaN for an area.
    area : str
        Code of the polygon that takes the place of the point; empty for a point.
    code : str
        What the repair was proposed for.
    column, given, proposed : str
        For an NPSN or a number: the column, its cell as given then, and the value to use instead.
        Empty for a location.
    confidence : str
        How sure the proposal was.
    """

    line: int
    accepted: bool
    refused: bool
    file: str
    row: int
    npsn: str
    lat_given: str
    lon_given: str
    lat: float
    lon: float
    area: str
    code: str
    column: str = ""
    given: str = ""
    proposed: str = ""
    confidence: str = ""


def read_repairs(path: Path) -> list[Repair]:
    """Rows of a reviewed table, accepted or not; none when it has only a header.

    Raises
    ------
    InputError
        Unreadable, or without the columns that it was proposed with.
    """
    return [
        Repair(
            line=int(row[ROW]),
            accepted=fold(row["accept"]) in _YES,
            refused=fold(row["accept"]) in _NO,
            file=row["file"],
            row=int(row["row"]) if row["row"].isascii() and row["row"].isdigit() else 0,
            npsn=row["npsn"],
            lat_given=row["lat_given"],
            lon_given=row["lon_given"],
            lat=number(row["lat"]),
            lon=number(row["lon"]),
            area=row["area"].partition(" ")[0],
            code=row["code"],
            column=row["column"],
            given=row["given"],
            proposed=row["proposed"],
            confidence=row["confidence"],
        )
        for row in _cells(path).to_dict("records")
    ]


def stored(path: Path) -> dict[int, dict[str, Any]]:
    """Accepted rows of a table, unchanged, by their line; none without a file.

    Raises
    ------
    InputError
        As of :func:`read_repairs`.
    """
    if not path.is_file():
        return {}
    accepted = {repair.line: repair.row for repair in read_repairs(path) if repair.accepted}
    rows = {line: dict(row) for line, row in _cells(path).set_index(ROW).iterrows()}
    return {line: rows[line] | {"row": row} for line, row in accepted.items()}


def _cells(path: Path) -> pd.DataFrame:
    """The columns :data:`COLUMNS` of a reviewed table as text, and the line of each row."""
    aliases: dict[str, tuple[str, ...]] = dict.fromkeys(COLUMNS, ())
    try:
        table = read_table(path, aliases=aliases)
    except InputError as error:
        if error.code == "table_no_rows" and path.stat().st_size:
            return pd.DataFrame(columns=[*COLUMNS, ROW])
        raise
    header = recognise(table, aliases, required=_REQUIRED)
    cells = pd.DataFrame(
        {column: table.cells[header[column]] if column in header else "" for column in COLUMNS}
    )
    # The apostrophe that keeps a spreadsheet from running a text as a formula is not part of it.
    cells = pd.DataFrame(cells.apply(lambda column: column.str.removeprefix("'")))
    return cells.assign(**{ROW: table.cells[ROW]})


def same_text(given: str, remembered: str) -> bool:
    """Whether two texts are one coordinate: equal, or numbers that a spreadsheet has reformatted.

    Examples
    --------
    >>> same_text("-3.4356000", "-3,4356"), same_text("-3.4356", "3.4356"), same_text("", "0")
    (True, False, False)
    """
    return given == remembered or number(given.replace(",", ".")) == number(
        remembered.replace(",", ".")
    )


def same_cell(given: str, remembered: str) -> bool:
    """The same for a cell that may begin with the apostrophe that a spreadsheet puts before text.

    Examples
    --------
    >>> same_cell("'30300001", "30300001"), same_cell("1.070", "1.07"), same_cell("12", "13")
    (True, True, False)
    """
    return same_text(*(text.removeprefix("'") for text in (given, remembered)))


def same_place(repair: Repair, lat: float, lon: float) -> bool:
    """Whether a repair is at this place, to the last decimal of a proposal."""
    return abs(repair.lat - lat) <= _SAME_DEG and abs(repair.lon - lon) <= _SAME_DEG


@dataclass(frozen=True, slots=True)
class Applied:
    """A location that an accepted repair changes.

    Attributes
    ----------
    at : int
        Position of the row.
    lat, lon : float
        Degrees to use.
    area : str
        Code of the area that takes the place of the point; empty for a point.
    """

    at: int
    lat: float
    lon: float
    area: str


def accepted_repairs(
    cells: pd.DataFrame, opened: Opened, bounds: Bounds
) -> tuple[list[Applied], list[Finding]]:
    """The accepted repairs of the project that hold for the rows of the register as they are.

    A repair whose row has changed is stale; one that does not follow from the given coordinates, or
    names no known area, is refused. Neither is applied, and both are findings.

    Parameters
    ----------
    cells : DataFrame
        Text cells of the register: ``file``, ``row``, ``npsn``, ``lat``, ``lon``.
    opened : Opened
        The project.
    bounds : tuple of float
        South, west, north and east of where a school can lie.
    """
    path = opened.project.repairs.path
    shown = opened.shown(path)
    if not path.exists():
        named = opened.origins.get("repairs.path") in ("project", "option")
        return [], [Finding("repairs_missing", file=shown)] if named else []
    every = [repair for repair in read_repairs(path) if repair.accepted]
    repairs = [repair for repair in every if not repair.column]
    # A repair of the NPSN of a row may have been accepted before or after that of its location.
    given = {(r.file, r.row): r.given for r in every if r.column == "npsn"}
    keys = zip(cells["file"], cells["row"].astype("int64"), strict=True)
    position = {key: at for at, key in enumerate(keys)}
    findings: list[Finding] = []
    current: list[tuple[int, Repair]] = []
    for repair in repairs:
        at = position.get((repair.file, repair.row), -1)
        npsn, *texts = cells.iloc[at][["npsn", "lat", "lon"]]
        npsn = repair.npsn if given.get((repair.file, repair.row)) == repair.npsn else npsn
        if at < 0 or not is_of(repair, npsn, *texts):
            findings.append(_told("repair_stale", repair, shown))
        else:
            current.append((at, repair))
    possible = _possible([repair for _, repair in current], bounds)
    areas = standing_areas(opened) if any(repair.area for _, repair in current) else {}
    applied: dict[int, Applied] = {}
    for (at, repair), places in zip(current, possible, strict=True):
        known = repair.area in areas
        meant = any(same_place(repair, *place) for place in places)
        if at in applied or not (known if repair.area else meant):
            findings.append(_told("repair_refused", repair, shown))
            continue
        inner = areas[repair.area].representative_point() if repair.area else None
        lat, lon = (inner.y, inner.x) if inner else (repair.lat, repair.lon)
        applied[at] = Applied(at, lat, lon, repair.area)
    return list(applied.values()), findings


def is_of(repair: Repair, npsn: str, lat_given: str, lon_given: str) -> bool:
    """Whether a row of the register is unchanged since the repair was proposed."""
    return (
        repair.npsn == npsn
        and same_text(lat_given, repair.lat_given)
        and same_text(lon_given, repair.lon_given)
    )


def _possible(repairs: Sequence[Repair], bounds: Bounds) -> list[list[tuple[float, float]]]:
    """Every place that the given coordinates could mean, for each repair."""
    found = candidates([r.lat_given for r in repairs], [r.lon_given for r in repairs], bounds)
    places: list[list[tuple[float, float]]] = [[] for _ in repairs]
    for at, lat, lon in found[["at", "lat", "lon"]].itertuples(index=False):
        places[at].append((lat, lon))
    return places


def _told(code: str, repair: Repair, shown: str) -> Finding:
    place = f"{repair.lat}, {repair.lon}" if not repair.area else repair.area
    return Finding(
        code,
        file=shown,
        row=repair.line,
        npsn=repair.npsn,
        column="lat, lon",
        value=place,
        parameters={"row_id": f"{repair.file}:{repair.row}"},
    )
