"""An invented register written through layouts of offices, and what is read of it.

Every layout is drawn by a seed: titles, rows of the header, merged cells, totals, sheets, dialects,
formats, notations. ``python -m tests.office_layouts 10000 1 2`` tries ten thousand of them, by two
processes.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import KalselGapError
from kalsel_gap.project.read import read_project
from kalsel_gap.sources.schools import read_schools
from tests.spreadsheets import (
    Cell,
    Sheet,
    delimited,
    ods,
    web_page,
    xlsx,
    xml_2003,
    zipped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kalsel_gap.findings import Finding

KABUPATEN = ("Kab. Banjar", "Kab. Tapin", "Kota Banjarbaru")
KECAMATAN = {
    "Kab. Banjar": ("Aluh-Aluh", "Gambut", "Martapura"),
    "Kab. Tapin": ("Binuang", "Hatungun"),
    "Kota Banjarbaru": ("Cempaka", "Landasan Ulin"),
}
LEVELS = ("SD", "SMP", "SMA", "SMK")
# Names that are schools, whatever they look like.
ODD_NAMES = (
    "SD JUMLAH",
    "SMP TOTAL PERSADA",
    "SD SUMBER ILMU",
    "SMA KETERANGAN",
    "SD 1",
    "SMK NIP",
)
HEADERS: dict[str, tuple[str, ...]] = {
    "npsn": ("NPSN", "npsn", "N P S N", "Npsn"),
    "name": ("Nama Sekolah", "NAMA SEKOLAH", "Sekolah", "Nama Satuan Pendidikan", "nama_sekolah"),
    "level": ("Bentuk Pendidikan", "Jenjang", "BP", "bentuk"),
    "ownership": ("Status", "Status Sekolah", "STATUS"),
    "kabupaten": ("Kabupaten/Kota", "Kab./Kota", "Nama Kabupaten", "kabupaten_kota"),
    "kecamatan": ("Kecamatan", "KECAMATAN", "Nama Kecamatan"),
    "lat": ("Lintang", "Latitude", "LINTANG", "lat"),
    "lon": ("Bujur", "Longitude", "BUJUR", "lon"),
    "students": ("Peserta Didik", "Jumlah Siswa", "PD", "Siswa", "Jml. Siswa"),
    "teachers": ("Guru", "Jumlah Guru", "Jml Guru", "PTK"),
}
CHECKED = tuple(HEADERS)
_MOST_REFUSED = 0.03  # of all layouts
TITLES = (
    "DAFTAR SATUAN PENDIDIKAN",
    "Data Pokok Pendidikan Dasar dan Menengah",
    "PEMERINTAH PROVINSI KALIMANTAN SELATAN",
    "DINAS PENDIDIKAN DAN KEBUDAYAAN",
    "Keadaan: 31 Mei 2026",
    "Tahun Pelajaran 2025/2026",
)
FOOTERS = (
    "Sumber: Dapodik, diunduh 13 Mei 2026",
    "Keterangan: data sementara",
    "Catatan : PD = peserta didik",
    "*) belum terverifikasi",
)


@dataclass(frozen=True)
class School:
    """One invented school."""

    npsn: str
    name: str
    level: str
    ownership: str
    kabupaten: str
    kecamatan: str
    lat: float
    lon: float
    boys: int
    girls: int
    teachers: int

    @property
    def students(self) -> int:
        return self.boys + self.girls


@dataclass
class Column:
    """A column of a sheet: the words above it from the widest group down, and its cells."""

    words: tuple[str, ...]
    cell: Callable[[int, School], Cell]
    merges: bool = False


@dataclass
class Layout:
    """What was drawn: for the message of a failure."""

    choices: dict[str, Any] = field(default_factory=dict)


class Drawn:
    """A register and a layout, drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.layout = Layout({"seed": seed})
        self.schools = self._schools()
        self.container = self._pick(
            "container",
            ("xlsx", "xlsx", "xlsx", "xlsx", "ods", "csv", "csv", "csv.gz", "html", "xml", "zip"),
        )
        self.is_csv = self.container in {"csv", "csv.gz", "zip"}
        self.texts = self._chance("texts", 0.3)
        self.comma = self._chance("comma", 0.4)
        self.depth = self._pick("depth", (1, 1, 2, 2, 3))
        self.unit = self._pick("unit", ("",) * 8 + (" siswa", " orang"))
        self.one_place = self._chance("one place", 0.1)
        self.sections = self._chance("sections", 0.12)
        self.sheets_by = self._pick("sheets", ("one", "one", "kabupaten", "level"))
        if self.container in {"csv", "csv.gz", "html"}:
            self.sheets_by = "one"
        self.merge_areas = not self.is_csv and not self.sections and self._chance("merged", 0.3)

    def _pick(self, name: str, options: Sequence[Any]) -> Any:
        self.layout.choices[name] = chosen = self.random.choice(options)
        return chosen

    def _chance(self, name: str, share: float) -> bool:
        self.layout.choices[name] = chosen = self.random.random() < share
        return chosen

    def _schools(self) -> list[School]:
        draw = self.random
        count = draw.randint(6, 16)
        numbers = draw.sample(range(30300001, 30399999), count)
        schools = []
        for n, npsn in enumerate(numbers):
            kabupaten = draw.choice(KABUPATEN)
            level = draw.choice(LEVELS)
            odd = draw.random() < 0.15
            name = draw.choice(ODD_NAMES) if odd else f"{level}N {draw.choice('ABCDE')} {n + 1}"
            schools.append(
                School(
                    npsn=f"P{npsn}"[:8] if draw.random() < 0.05 else str(npsn),
                    name=name,
                    level=level,
                    ownership=draw.choice(("public", "private")),
                    kabupaten=kabupaten,
                    kecamatan=draw.choice(KECAMATAN[kabupaten]),
                    lat=round(draw.uniform(-4.0, -2.0), 6),
                    lon=round(draw.uniform(114.5, 116.4), 6),
                    boys=draw.randint(3, 400),
                    girls=draw.randint(3, 400),
                    teachers=draw.randint(2, 60),
                )
            )
        return sorted(schools, key=lambda s: (s.kabupaten, s.kecamatan, s.npsn))

    def header(self, column: str) -> str:
        words = self.random.choice(HEADERS[column])
        return f"{words}*" if self.random.random() < 0.05 else words

    def number(self, value: float) -> Cell:
        """A number as the file writes it: as one, or as a text in its dialect."""
        if not self.texts and self.container != "html":
            return value
        text = repr(value)
        comma = self.comma and self._has_comma()
        return text.replace(".", ",") if comma else text

    def _has_comma(self) -> bool:
        return not self.is_csv or self.delimiter() != ","

    def delimiter(self) -> str:
        if "delimiter" not in self.layout.choices:
            self._pick("delimiter", (",", ";", "\t", "|", ";"))
        return str(self.layout.choices["delimiter"])

    # --- columns --------------------------------------------------------------------------------

    def columns(self) -> list[Column]:
        """The columns of every sheet, in an order that offices have."""
        draw, texts = self.random, self.texts
        short = draw.random() < 0.5
        status = {"public": "N" if short else "Negeri", "private": "S" if short else "Swasta"}
        own = [
            Column(
                (self.header("npsn"),),
                lambda _, s: s.npsn if texts or not s.npsn.isdigit() else int(s.npsn),
            ),
            Column((self.header("name"),), lambda _, s: s.name),
            Column((self.header("level"),), lambda _, s: s.level),
            Column((self.header("ownership"),), lambda _, s: status[s.ownership]),
        ]
        areas = [
            Column((self.header("kabupaten"),), lambda _, s: s.kabupaten, merges=True),
            *(
                []
                if self.sections
                else [Column((self.header("kecamatan"),), lambda _, s: s.kecamatan, merges=True)]
            ),
        ]
        lat = Column((self.header("lat"),), lambda _, s: self.number(s.lat))
        lon = Column((self.header("lon"),), lambda _, s: self.number(s.lon))
        places = [lat, lon] if draw.random() < 0.8 else [lon, lat]
        if self.one_place:
            words = draw.choice(("Koordinat", "Titik Koordinat", "Lat/Long"))
            places = [Column((words,), lambda _, s: f"{s.lat}, {s.lon}")]
        numbers = self._counts()
        if self.depth > 1:
            group = draw.choice(("Koordinat", "Titik Koordinat", "Lokasi", "Letak Geografis"))
            if draw.random() < 0.7 and not self.one_place:
                places = [Column((group, *p.words), p.cell) for p in places]
            if draw.random() < 0.3:
                name = draw.choice(("Identitas Sekolah", "Satuan Pendidikan", "IDENTITAS"))
                own = [Column((name, *c.words), c.cell) for c in own]
        blocks = [areas, places, numbers]
        if draw.random() < 0.4:
            draw.shuffle(blocks)
        if draw.random() < 0.3:
            blocks.insert(0, [Column(("Alamat",), lambda n, _: f"Jl. Merdeka No. {n}")])
        if draw.random() < 0.2:
            blocks.append(
                [
                    Column(
                        ("Kepala Sekolah", "Nama") if self.depth > 1 else ("Kepala Sekolah",),
                        lambda n, _: f"Bpk. {n}",
                    )
                ]
            )
        first = [Column((draw.choice(("No", "No.", "NO", "Nomor")),), lambda n, _: n)]
        lead = [] if draw.random() < 0.2 else first
        return [*lead, *own, *(column for block in blocks for column in block)]

    def _counts(self) -> list[Column]:
        """Pupils and teachers: plain, by sex below a group, or by year."""
        draw = self.random
        pupils = self.header("students")
        plain = [
            Column((pupils,), lambda _, s: f"{s.students}{self.unit}" if self.unit else s.students),
            Column((self.header("teachers"),), lambda _, s: s.teachers),
        ]
        if self.depth == 1:
            return plain
        sexes = [
            Column((pupils, draw.choice(("L", "Laki-laki", "Lk"))), lambda _, s: s.boys),
            Column((pupils, draw.choice(("P", "Perempuan", "Pr"))), lambda _, s: s.girls),
            Column(
                (pupils, draw.choice(("Jumlah", "JML", "Total", "L+P"))), lambda _, s: s.students
            ),
        ]
        draw_total = draw.random()
        if draw_total < 0.2:
            sexes = sexes[:2]
        elif draw_total < 0.4:
            sexes = [sexes[2], *sexes[:2]]
        way = draw.random()
        if way < 0.5 and self.depth == 2:
            return [*sexes, plain[1]]
        if way < 0.7 and self.depth == 2:
            return [
                Column((pupils, "2024"), lambda _, s: s.students + 7),
                Column((pupils, "2025"), lambda _, s: s.students),
                plain[1],
            ]
        older = [
            Column(("2024", *c.words), lambda _, s: s.students + s.teachers + 3)
            for c in (*(sexes if self.depth == 3 else plain[:1]), plain[1])
        ]
        newer = [
            Column(("2025", *c.words), c.cell)
            for c in (*(sexes if self.depth == 3 else plain[:1]), plain[1])
        ]
        return [*older, *newer] if draw.random() < 0.7 else [*newer, *older]

    # --- sheets ---------------------------------------------------------------------------------

    def sheet(self, name: str, schools: Sequence[School]) -> Sheet:
        """One sheet with its titles, header, rows, totals and footers."""
        draw = self.random
        columns = self.columns()
        width = len(columns)
        rows, merged = self._titles(width)
        header, spans = self._header(columns, len(rows))
        rows += header
        merged += spans
        if draw.random() < 0.3 and width > 3:
            rows.append([n + 1 for n in range(width)])
        begins = len(rows)
        again = draw.randint(3, 6) if draw.random() < 0.15 else 0
        subtotals = draw.random() < 0.2
        rows += self._body(columns, schools, header if again else [], again, subtotals=subtotals)
        if self.merge_areas and not again and not subtotals:
            merged += self._merge_down(columns, rows, begins, len(schools))
        if draw.random() < 0.5:
            label = draw.choice(("Jumlah", "JUMLAH", "Total", "T O T A L", "Grand Total"))
            rows.append(self._total(columns, label, schools))
        if draw.random() < 0.4:
            rows += self._footer(width)
        return Sheet(name, rows, merged)

    def _titles(self, width: int) -> tuple[list[list[Cell]], list[tuple[int, int, int, int]]]:
        draw = self.random
        rows: list[list[Cell]] = []
        merged: list[tuple[int, int, int, int]] = []
        for title in draw.sample(TITLES, draw.randint(0, 3)):
            if not self.is_csv and draw.random() < 0.5:
                merged.append((len(rows), 0, len(rows), width - 1))
            rows.append([title])
        if rows and draw.random() < 0.6:
            rows.append([])
        return rows, merged

    def _body(
        self,
        columns: Sequence[Column],
        schools: Sequence[School],
        header: Sequence[Sequence[Cell]],
        again: int,
        *,
        subtotals: bool,
    ) -> list[list[Cell]]:
        """The schools, with headings, totals and headers between them."""
        rows: list[list[Cell]] = []
        before: School | None = None
        for n, school in enumerate(schools, start=1):
            area = (school.kabupaten, school.kecamatan)
            is_new = before is None or area != (before.kabupaten, before.kecamatan)
            if before is not None and is_new and subtotals:
                rows.append(self._total(columns, f"Jumlah Kec. {before.kecamatan}", schools))
            if self.sections and is_new:
                rows.append([f"Kecamatan {school.kecamatan}"])
            if again and n % again == 0:
                rows += [list(row) for row in header]
            rows.append([column.cell(n, school) for column in columns])
            before = school
        return rows

    def _footer(self, width: int) -> list[list[Cell]]:
        draw = self.random
        rows: list[list[Cell]] = [[]] if draw.random() < 0.6 else []
        rows += [[footer] for footer in draw.sample(FOOTERS, draw.randint(1, 2))]
        if draw.random() < 0.3:
            at: list[Cell] = [""] * max(0, width - 2)
            rows += [[], [*at, "Banjarmasin, 13 Mei 2026"], [*at, "Kepala Dinas Pendidikan,"]]
            rows += [[], [*at, "H. Contoh, M.Pd."], [*at, "NIP. 19670101 199003 1 001"]]
        return rows

    def _header(
        self, columns: Sequence[Column], top: int
    ) -> tuple[list[list[Cell]], list[tuple[int, int, int, int]]]:
        """Rows of the header: groups once, or merged over their columns; single headers on top."""
        depth = max(len(column.words) for column in columns)
        rows: list[list[Cell]] = [[None] * len(columns) for _ in range(depth)]
        merged: list[tuple[int, int, int, int]] = []
        low = self.random.random() < 0.2  # single headers in the last row instead of the first
        for n, column in enumerate(columns):
            words = column.words
            for level, word in enumerate(words):
                same = n > 0 and columns[n - 1].words[: level + 1] == words[: level + 1]
                is_leaf = level == len(words) - 1
                at = depth - 1 if low and len(words) == 1 else level
                if is_leaf or not same:
                    rows[at][n] = word
                    if self.is_csv:
                        continue
                    if is_leaf and at < depth - 1:
                        merged.append((top + at, n, top + depth - 1, n))
                    elif not is_leaf:
                        wide = n
                        while (
                            wide + 1 < len(columns)
                            and columns[wide + 1].words[: level + 1] == words[: level + 1]
                        ):
                            wide += 1
                        if wide > n:
                            merged.append((top + at, n, top + at, wide))
        return rows, merged

    def _total(
        self, columns: Sequence[Column], label: str, schools: Sequence[School]
    ) -> list[Cell]:
        row: list[Cell] = [None] * len(columns)
        row[0 if columns[0].words[0].lower().startswith("no") else 1] = label
        for n, column in enumerate(columns[2:], start=2):
            values = [column.cell(1, school) for school in schools]
            if all(isinstance(value, int) for value in values):
                row[n] = sum(value for value in values if isinstance(value, int))
        return row

    def _merge_down(
        self, columns: Sequence[Column], rows: list[list[Cell]], begins: int, count: int
    ) -> list[tuple[int, int, int, int]]:
        """Equal areas below one another as one merged cell."""
        merged = []
        for n, column in enumerate(columns):
            if not column.merges:
                continue
            first = begins
            for at in range(begins + 1, begins + count + 1):
                if at < begins + count and rows[at][n] == rows[first][n]:
                    continue
                if at - first > 1:
                    merged.append((first, n, at - 1, n))
                    for row in rows[first + 1 : at]:
                        row[n] = None
                first = at
        return merged

    def book(self) -> list[Sheet]:
        """All sheets of the file."""
        draw = self.random
        if self.sheets_by == "one":
            sheets = [self.sheet("Sekolah", self.schools)]
        else:
            key = "kabupaten" if self.sheets_by == "kabupaten" else "level"
            names = dict.fromkeys(getattr(school, key) for school in self.schools)
            sheets = [
                self.sheet(str(name), [s for s in self.schools if getattr(s, key) == name])
                for name in names
            ]
        if self.container in {"xlsx", "ods", "xml"}:
            if self._chance("cover", 0.3):
                sheets.insert(
                    0, Sheet("Petunjuk", [["Petunjuk pengisian"], ["1. Isi semua kolom"]])
                )
            if self._chance("hidden", 0.2):
                wrong = Sheet(
                    "lama", [["npsn", "nama", "lat", "lon"], ["30399999", "SD X", -3.0, 115.0]]
                )
                wrong.state = draw.choice(("hidden", "veryHidden"))
                sheets.append(wrong)
            if self._chance("recap", 0.25):
                counts = Counter(school.kabupaten for school in self.schools)
                rows: list[list[Cell]] = [["Kabupaten", "Jumlah Sekolah"]]
                rows += [[name, count] for name, count in counts.items()]
                sheets.append(Sheet("Rekap", [*rows, ["Jumlah", len(self.schools)]]))
            if self.sheets_by != "one" and self._chance("every", 0.2):
                sheets.insert(0, self.sheet("Semua", self.schools))
        return sheets

    def write(self, folder: Path) -> Path:
        """The file; its ending sometimes lies, as portals' do."""
        sheets = self.book()
        encoding = self._pick("encoding", ("utf-8", "utf-8-sig", "cp1252", "utf-16"))
        match self.container:
            case "xlsx":
                name, raw = "a.xlsx", xlsx(sheets)
                if self._chance("named xls", 0.1):
                    name = "a.xls"
            case "ods":
                name, raw = "a.ods", ods(sheets)
            case "html":
                name, raw = "a.xls", web_page(sheets[0])
            case "xml":
                name, raw = "a.xls", xml_2003(sheets)
            case "zip":
                parts = {f"{s.name}.csv".replace("/", "-"): self._csv(s, encoding) for s in sheets}
                name, raw = "a.zip", zipped(parts)
            case "csv.gz":
                name, raw = "a.csv.gz", gzip.compress(self._csv(sheets[0], encoding), mtime=0)
            case _:
                name, raw = "a.csv", self._csv(sheets[0], encoding)
                if self._chance("csv as xls", 0.1):
                    name = "a.xls"
        path = folder / name
        path.write_bytes(raw)
        return path

    def _csv(self, sheet: Sheet, encoding: str) -> bytes:
        comma = self.comma and self.delimiter() != ","
        return delimited(sheet, self.delimiter(), encoding, comma=comma)


@dataclass
class Result:
    """What was read of one file.

    Attributes
    ----------
    wrong : list of str
        Values that are read and are not those of the register, schools that are not its, and
        schools that are not there and are not named by any finding.
    refused : str
        The error, where the file was refused; otherwise what a finding says is unknown.
    """

    wrong: list[str]
    refused: str


def tried(seed: int, folder: Path) -> tuple[Drawn, Result]:
    """Write the register of a seed through its layout and read it back."""
    drawn = Drawn(seed)
    path = drawn.write(folder)
    (folder / "kalsel-gap.toml").write_text(f'[schools]\npath = "{path.name}"\n', encoding="utf-8")
    try:
        opened = read_project(folder)
        schools, findings = read_schools(opened)
    except KalselGapError as error:
        return drawn, Result([], str(error))
    finally:
        path.unlink()
    return drawn, _compared(drawn.schools, schools.to_dict("records"), findings)


def _compared(
    given: Sequence[School], records: Sequence[dict[Any, Any]], findings: Sequence[Finding]
) -> Result:
    told = {(f.npsn, f.column) for f in findings if f.column}
    known = {school.npsn: school for school in given}
    read = [str(record["npsn"]) for record in records]
    wrong = [f"{npsn!r} is no school of the register" for npsn in read if npsn not in known]
    wrong += [f"{npsn} is read twice" for npsn, count in Counter(read).items() if count > 1]
    unknown: list[str] = []
    passed_over = {
        f.value for f in findings if f.code in {"part_without_columns", "part_unreadable"}
    }
    if missing := sorted(set(known) - set(read)):
        if passed_over - {"Petunjuk", "Rekap"}:
            unknown.append("a sheet by name")
        else:
            wrong.append(f"{missing} are missing")
    for record in records:
        school = known.get(record["npsn"])
        for column in CHECKED if school else ():
            value, expected = record[column], getattr(school, column)
            if value is None or value != value:  # noqa: PLR0124 - NaN
                unknown.append(column)
                if (record["npsn"], column) not in told:
                    wrong.append(f"{column} is unknown, and nothing says so")
            elif value != expected and not _same_area(column, value, expected):
                wrong.append(f"{column} of {record['npsn']}: {value!r}, not {expected!r}")
    return Result(wrong, ", ".join(dict.fromkeys(unknown)))


def _same_area(column: str, value: object, expected: object) -> bool:
    short = [str(each).casefold().removeprefix("kab. ") for each in (value, expected)]
    return column in {"kabupaten", "kecamatan"} and short[0] == short[1]


def main(cases: int, seed: int = 1, workers: int = 1) -> tuple[list[str], Counter[str]]:
    """Try so many layouts: messages about wrong values, and how often what was refused."""
    seeds = range(seed * 1_000_003, seed * 1_000_003 + cases)
    parts = [seeds[n::workers] for n in range(workers)]
    if workers == 1:
        found = [_tried_all(seeds)]
    else:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(_tried_all, parts))
    wrong = [text for texts, _ in found for text in texts]
    return wrong, sum((refused for _, refused in found), Counter())


def _tried_all(seeds: Sequence[int]) -> tuple[list[str], Counter[str]]:
    wrong: list[str] = []
    refused: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for seed in seeds:
            drawn, result = tried(seed, Path(name))
            wrong += [f"{text} ({drawn.layout.choices})" for text in result.wrong]
            if result.refused:
                refused[result.refused] += 1
    return wrong, refused


def report(cases: int, seed: int, workers: int) -> tuple[str, bool]:
    """What came of so many layouts, as text, and whether it is good enough."""
    wrong, refused = main(cases, seed, workers)
    lines = [*wrong[:20], *(f"{count:,} × {text}" for text, count in refused.most_common(20))]
    lines.append(
        f"{cases:,} layouts of offices: {len(wrong):,} wrong, {refused.total():,} refused by name"
    )
    return "\n".join(lines) + "\n", not wrong and refused.total() <= _MOST_REFUSED * cases


if __name__ == "__main__":
    _text, _is_good = report(*map(int, sys.argv[1:]))
    sys.stdout.write(_text)
    sys.exit(not _is_good)
