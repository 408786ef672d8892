"""Roles of tables: each reader's own columns decide, and its own reading of the first rows."""

from __future__ import annotations

import gzip
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.i18n.numbers import number
from kalsel_gap.project.base import OVERRIDABLE, default_values
from kalsel_gap.project.inputs import Measurements
from kalsel_gap.project.model import Opened, Project
from kalsel_gap.project.proposal import Said
from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.sources import (
    registers,
    signal_levels,
    sites,
    speed_test_tiles,
    speed_tests,
    villages,
)
from kalsel_gap.sources.area_codes import digits
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import recognise
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.coordinates import read_places
from kalsel_gap.sources.formats.kinds import read_cells
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.recognition.candidates import Candidate, error_said
from kalsel_gap.sources.recognition.name_words import mentions, technologies_named
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kalsel_gap.project.proposal import Certainty, TomlValue

_LARGE_BYTES = 2_000_000  # a larger text file is judged by its beginning
_SAMPLE_BYTES = 500_000
_GOOD = 0.8  # share of rows that must be read for a sure role
_FAIR = 0.5  # and for a likely one
_NPSN = r"[0-9P]\d{7}"
_MOST_SHOWN = 8  # columns in a sentence

_REGISTER = registers.REGISTER_ALIASES | registers.ATTRIBUTE_ALIASES | registers.PART_ALIASES
_EVERY = (
    *(_REGISTER, registers.CHECK_ALIASES, registers.YEAR_ALIASES, sites.ALIASES),
    *(signal_levels.ALIASES, speed_tests.ALIASES, speed_test_tiles.ALIASES, villages.ALIASES),
)
# Spellings of a column in any reader: the header of a table is found by all of them.
_SPELLINGS = {
    column: tuple({word for aliases in _EVERY for word in aliases.get(column, ())})
    for column in dict.fromkeys(name for aliases in _EVERY for name in aliases)
}


def table_candidates(path: Path, name: str, part: str | None) -> list[Candidate]:
    """Roles that a table may have, the surest first.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Name of the file with its folders, and of the sheet.
    part : str, optional
        Sheet of a workbook, or layer.

    Raises
    ------
    InputError
        It cannot be read as a table, or has no role; then with the columns that it has.
    """
    with _beginning(path) as sample:
        try:
            table = _read(sample, part)
        except InputError as error:
            raise _named(error, path) from None
        found = [c for role in _ROLES for c in role(_TableStart(path, sample, name, part, table))]
    order = ("sure", "likely", "unsure")
    return sorted(found, key=lambda each: order.index(each.certainty))


def table_parts(path: Path) -> list[str]:
    """Sheets, layers or files of an archive that are tables; one without a name where it is one.

    Raises
    ------
    InputError
        It cannot be read as a table.
    """
    with _beginning(path) as sample:
        try:
            cells = read_cells(
                sample, None, {word for words in _SPELLINGS.values() for word in words}
            )
        except InputError as error:
            raise _named(error, path) from None
    return [each.part for each in cells if not each.hidden and not each.unread]


def _read(path: Path, part: object) -> RawTable:
    """A table, or several with known columns, as those of an office are read."""
    chosen = part if isinstance(part, str | list) else None
    return read_table(
        *(path, chosen),
        aliases=_SPELLINGS,
        required=(tuple(_SPELLINGS),),
        unheaded=sites.opencellid_columns,
    )


def all_npsn(candidate: Candidate) -> pd.DataFrame:
    """NPSN, latitude and longitude of every row of a register or an attribute table."""
    table = _read(candidate.path, candidate.keys.get("sheet"))
    return _places(table, _header(table, registers.REGISTER_ALIASES))


class _TableStart:
    """The beginning of a table, and how its roles are named."""

    def __init__(
        self, path: Path, sample: Path, name: str, part: str | None, table: RawTable
    ) -> None:
        self.path, self.sample, self.name, self.part, self.table = path, sample, name, part, table
        self.rows = len(table.cells)
        self.count = f"≥ {self.rows}" if sample != path else self.rows

    def candidate(
        self,
        section: str,
        certainty: Certainty | float,
        *said: Said,
        keys: Mapping[str, TomlValue] | None = None,
        places: pd.DataFrame | None = None,
        operators: tuple[str, ...] = (),
    ) -> Candidate:
        """A role of this table; it is as sure as its share of rows that can be used."""
        if isinstance(certainty, float):
            if certainty < _GOOD:
                said = (*said, Said("rows_not_read", {"percent": round(100 * certainty)}))
            certainty = _certainty(certainty)
        of_part: dict[str, TomlValue] = {} if self.part is None else {"sheet": self.part}
        return Candidate(
            *(section, self.path, certainty, said),
            keys=of_part | dict(keys or {}),
            places=places,
            operators=operators,
        )

    def opened(self, section: str, keys: Mapping[str, str] | None = None) -> Opened:
        """A project in which the first rows of this table have a role."""
        given = {"path": str(self.sample.absolute()), **(keys or {})}
        given |= {} if self.part is None else {"sheet": self.part}
        defaults = {name: default_values(name) for name in OVERRIDABLE}
        values = {**defaults, "schools": {"path": given["path"]}, section: given}
        folder = self.sample.absolute().parent
        project = Project.model_validate(values, context={"folder": folder})
        return Opened(path=folder / FILE_NAME, project=project)

    def said(self, code: str, header: Mapping[str, str]) -> Said:
        """A sentence that names columns and rows."""
        shown = tuple(list(header)[:_MOST_SHOWN])
        return Said(code, {"columns": shown, "count": self.count})


def _header(table: RawTable, aliases: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Which header holds which column; of several headers the first."""
    return recognise(table, aliases, lenient=aliases)


def _share(good: pd.Series[bool]) -> float:
    return float(good.mean()) if len(good) else 0.0


def _certainty(share: float) -> Certainty:
    if share >= _GOOD:
        return "sure"
    return "likely" if share >= _FAIR else "unsure"


def _places(table: RawTable, header: Mapping[str, str]) -> pd.DataFrame:
    empty = pd.Series("", index=table.cells.index, dtype="str")
    text = {n: table.cells[header[n]] if n in header else empty for n in ("npsn", "lat", "lon")}
    if "lat" in header and header["lat"] == header.get("lon"):
        text["lat"], text["lon"] = split_column(text["lat"], header["lat"])
    lat, lon = read_places(text["lat"], text["lon"])
    return pd.DataFrame({"npsn": read_npsn(text["npsn"]), "lat": lat, "lon": lon})


def _register(of: _TableStart) -> Iterator[Candidate]:
    """Rows with NPSN, name and a place."""
    aliases = registers.REGISTER_ALIASES
    found = _header(of.table, aliases)
    if "npsn" not in found or _is_measured(of.table):
        return
    attributes = {**registers.ATTRIBUTE_ALIASES, **registers.PART_ALIASES}
    added = {} if {"lat", "lon"} & found.keys() else _header(of.table, attributes)
    places = _places(of.table, found)
    certainty = _share(places["npsn"].str.fullmatch(_NPSN))
    if added:
        said = of.said("attributes_columns", added)
        yield of.candidate("attributes", certainty, said, places=places)
        return
    every, beside = _REGISTER | registers.CHECK_ALIASES, registers.CHECK_ALIASES
    try:
        recognise(of.table, every, required=("npsn", "name", "lat", "lon"), lenient=beside)
    except InputError as error:
        without = error_said(_named(error, of.path), "register_without")
        yield of.candidate("schools", "unsure", without)
        return
    said = of.said("register_columns", found)
    yield of.candidate("schools", certainty, said, places=places)


def _is_measured(table: RawTable) -> bool:
    """Whether a table has levels, or dates with rates: of schools, and no facts about them."""
    levels = _header(table, {kind: signal_levels.ALIASES[kind] for kind in signal_levels.MEANT})
    tests = _header(table, speed_tests.ALIASES)
    return bool(levels) or ("date" in tests and bool({"down_mbps", "down_kbps"} & tests.keys()))


def _tests(of: _TableStart) -> Iterator[Candidate]:
    """Speed tests of schools or of map tiles."""
    source = Measurements(path=of.sample, sheet=of.part)
    if {"quadkey", "tile", "tilex"} & {fold(name) for name in of.table.headers}:
        if speed_test_tiles.is_tiles(source):
            network = mentions(of.name, ("mobile", "fixed"))
            asked = [] if network else [Said("tiles_network")]
            certainty: Certainty = "sure" if network else "unsure"
            keys = {"network": network}
            yield of.candidate("measurements", certainty, Said("tiles_columns"), *asked, keys=keys)
        return
    header = _header(of.table, speed_tests.ALIASES)
    if "npsn" in header and "date" in header and {"down_mbps", "down_kbps"} & header.keys():
        tests, _ = speed_tests.read_measurements(of.opened("measurements"))
        said = of.said("tests_columns", header)
        yield of.candidate("measurements", len(tests) / of.rows, said)


def _levels(of: _TableStart) -> Iterator[Candidate]:
    """Measured levels."""
    header = _header(of.table, signal_levels.ALIASES)
    measured = set(signal_levels.MEANT) & header.keys()
    placed = "npsn" in header or {"lat", "lon"} <= header.keys()
    if not measured or not placed:
        return
    said = of.said("levels_table", {name: "" for name in header if name in measured})
    if "operator" not in header:
        asked = Said("levels_operator_missing")
        yield of.candidate("measurements", "unsure", said, asked, keys={"operator": ""})
        return
    levels, _ = signal_levels.read_levels(of.opened("measurements"))
    yield of.candidate("measurements", len(levels) / of.rows, said)


def _sites(of: _TableStart) -> Iterator[Candidate]:
    """Radio sites."""
    header = _header(of.table, sites.ALIASES)
    telling = {"technology", "antenna_height_m", "frequency_mhz", "eirp_dbm", "azimuth_deg", "mcc"}
    is_other = _is_measured(of.table) or "npsn" in _header(of.table, registers.REGISTER_ALIASES)
    if is_other or not {"lat", "lon"} <= header.keys() or not telling & header.keys():
        return
    said = [of.said("sites_columns", header)]
    keys = {}
    if "technology" not in header:
        named = technologies_named(of.name)
        if len(named) != 1:
            asked = Said("name_without_technology")
            yield of.candidate("sites", "unsure", *said, asked, keys={"technology": ""})
            return
        keys = {"technology": named[0]}
        said.append(Said("technology_named", {"technology": named[0].upper()}))
    read, _ = sites.read_sites(of.opened("sites", keys))
    operators = tuple(sorted({name for name in read["operator"] if name}))
    share = len(read) / of.rows
    certainty: Certainty | float = "likely" if keys and share >= _GOOD else share
    places = read[["lat", "lon", "technology"]].round(4)
    yield of.candidate("sites", certainty, *said, keys=keys, operators=operators, places=places)


def _villages(of: _TableStart) -> Iterator[Candidate]:
    """The village development index."""
    header = _header(of.table, villages.ALIASES)
    if {"code", "status"} - header.keys() or "npsn" in _header(
        of.table, registers.REGISTER_ALIASES
    ):
        return
    status = of.table.cells[header["status"]]
    numbers = status.map(number)
    read = status.map(fold).isin(villages.STATUS) | numbers.isin([0, *villages.STATUS.values()])
    codes = of.table.cells[header["code"]].map(digits).str.len()
    share = _share(read & codes.between(10, 13))
    if share >= _FAIR:
        yield of.candidate("villages", share, of.said("villages_columns", header))


_ROLES: tuple[Callable[[_TableStart], Iterator[Candidate]], ...] = (
    *(_register, _tests, _levels, _sites, _villages),
)


@contextmanager
def _beginning(path: Path) -> Iterator[Path]:
    """A file with the first rows of a large text file; any other file itself."""
    kinds = [end.lower() for end in path.suffixes[-2:]]
    zipped = kinds[-1:] == [".gz"]
    text = kinds[-1:] in ([".csv"], [".tsv"], [".txt"]) or kinds == [".csv", ".gz"]
    if not text or path.stat().st_size < (_LARGE_BYTES // 10 if zipped else _LARGE_BYTES):
        yield path
        return
    try:
        with gzip.open(path) if zipped else path.open("rb") as file:
            head = file.read(_SAMPLE_BYTES)
    except (OSError, EOFError):  # the reader says what is wrong
        yield path
        return
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # two bytes for each character
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / path.name.removesuffix(path.suffix if zipped else "")
        sample.write_bytes(head[: head.rfind(b"\n") + 1])
        yield sample


def _named(error: InputError, path: Path) -> InputError:
    """An error about a file under its own name."""
    return InputError(error.code, path=path, row=error.row, column=error.column, **error.params)


def known_columns(path: Path, part: str | None) -> tuple[str, ...]:
    """Headers of a table, for a sentence about one without a role."""
    with _beginning(path) as sample:
        table = _read(sample, part)
    return tuple(name for name in table.headers if name != ROW)[:_MOST_SHOWN]
