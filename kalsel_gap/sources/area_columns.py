"""Columns of code and name in layers of areas: those of known publishers, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LEVELS = ("province", "kabupaten", "kecamatan", "desa")
_DEFAULT = ("kode", "nama")  # columns of a project that names none
_CUT = 10  # letters of a header that a Shapefile keeps


@dataclass(frozen=True, slots=True)
class Publisher:
    """How a publisher names the columns of an area's code and name.

    Attributes
    ----------
    title : str
        As a message names it.
    codes, names : tuple of tuple of str
        For each of :data:`LEVELS` the headers, the best one first.
    """

    title: str
    codes: tuple[tuple[str, ...], ...]
    names: tuple[tuple[str, ...], ...]


def _numbered(*patterns: str) -> tuple[tuple[str, ...], ...]:
    """Headers that differ by the number of the level only: 1 is the province."""
    return tuple(tuple(p.format(n) for p in patterns) for n in range(1, len(LEVELS) + 1))


_NAMES_IN_WORDS = (
    ("provinsi", "propinsi", "nama_prov", "nama_provinsi", "nama_prop", "nmprov", "province"),
    (
        *("kabupaten", "kab_kota", "kabkot", "kabkota", "kabupaten_kota", "kabupaten/kota"),
        *("nama_kab", "nama_kabkota", "nama_kabupaten", "nm_kab", "nmkab", "regency"),
    ),
    ("kecamatan", "nama_kec", "nama_kecamatan", "nm_kec", "nmkec", "sub_district", "subdistrict"),
    (
        *("desa", "kelurahan", "desa_kelurahan", "kelurahan_desa", "kel_desa", "des_kel"),
        *("nama_desa", "nama_kel", "nama_kelurahan", "nm_desa", "nmdesa", "village"),
    ),
)
# The columns as the publishers' own layers have them. Of BIG the codes of Kemendagri (PUM) come
# before those of BPS: budgets and the village index use Kemendagri's.
PUBLISHERS = (
    Publisher("Kemendagri", (("kode",),) * 4, (("nama",),) * 4),
    Publisher(
        "BIG (RBI)",
        (
            ("KDPPUM", "KDPBPS"),
            ("KDPKAB", "KDBPUM", "KDKKAB", "KDBBPS"),
            ("KDCPUM", "KDCBPS"),
            ("KDEPUM", "KDEBPS"),
        ),
        (
            ("WADMPR", "NAMOBJ"),
            ("WADMKK", "NAMOBJ"),
            ("WADMKC", "NAMOBJ"),
            ("WADMKD", "NAMOBJ"),
        ),
    ),
    Publisher(
        "HDX COD-AB",
        _numbered("ADM{0}_PCODE"),
        _numbered("ADM{0}_EN", "ADM{0}_NAME", "ADM{0}_NAME1"),
    ),
    Publisher("GADM", _numbered("CC_{0}", "GID_{0}"), _numbered("NAME_{0}")),
    Publisher("geoBoundaries", (("shapeID",),) * 4, (("shapeName",),) * 4),
    Publisher(
        "Dukcapil",
        (
            ("kode_prov_spatial",),
            ("kode_kab_spatial",),
            ("kode_kec_spatial",),
            ("kode_desa_spatial",),
        ),
        (
            ("nama_prop_spatial",),
            ("nama_kab_spatial",),
            ("nama_kec_spatial",),
            ("nama_desa_spatial",),
        ),
    ),
    Publisher(
        "BPS",
        (
            ("idprov", "id_prov", "kdprov", "provno"),
            ("idkab", "id_kab", "idkabkot", "kdkab", "kabkotno"),
            ("idkec", "id_kec", "kdkec", "kecno"),
            ("iddesa", "id_desa", "kddesa", "desano"),
        ),
        _NAMES_IN_WORDS,
    ),
    Publisher(
        "Kemendagri",
        (
            ("kode_prov", "kode_provinsi", "kode_prop", "kd_prov"),
            (
                *("kode_kab", "kode_kabkota", "kode_kabupaten", "kode_kk", "kode_kab_kota"),
                *("kd_kab", "kode_kota"),
            ),
            ("kode_kec", "kode_kecamatan", "kode_kc", "kd_kec"),
            (
                *("kode_desa", "kode_kel", "kode_kelurahan", "kode_kd", "kode_desakel"),
                *("kd_desa", "kd_kel", "kode_deskel"),
            ),
        ),
        _NAMES_IN_WORDS,
    ),
)


class AreaColumns(NamedTuple):
    """Which columns hold the codes and the names of a layer.

    Attributes
    ----------
    code : tuple of str
        One column, or several whose values one after the other are the code.
    name : str
    publisher : str
        Whose columns they are, where the project did not name them itself; otherwise empty.
    """

    code: tuple[str, ...]
    name: str
    publisher: str = ""


def choose_columns(
    table: pd.DataFrame,
    level: str,
    path: Path,
    *,
    own: tuple[str, str] = ("", ""),
    wide: tuple[str, str] = _DEFAULT,
) -> AreaColumns:
    """Columns of code and name of a layer.

    What the project names for this level counts, then what it names for all levels; where it names
    none, the columns of a known publisher. A column that it names for all levels and that a
    publisher has for another level (``ADM2_PCODE`` in a layer of kecamatan) stands for that of this
    level. A column that holds one value for every area is no code and no name of an area.

    Parameters
    ----------
    table : DataFrame
        The attributes of the layer.
    level : str
        One of :data:`LEVELS`.
    path : Path
        Its file.
    own, wide : tuple of str
        Columns of code and name that the project names for this level, and for all levels; empty
        where it names none.

    Raises
    ------
    InputError
        ``area_column_missing``, with what the column is likely to be.
    """
    columns = _Columns(table)
    for column in own:
        if column and column not in columns.headers:
            raise _missing(columns, column, level, path)
    code, name = ((own[0],) if own[0] else ()), own[1]
    if code and name:
        return AreaColumns(code, name)
    stated = AreaColumns(code or (wide[0],), name or wide[1])
    # The columns of another level are in a layer too: they are those of the wider area.
    family = None if code or name else _of_other_level(wide, level)
    if family and (found := columns.of(family, level)):
        return found
    both = (*stated.code, stated.name)
    if all(map(columns.tells, both)):
        return stated
    for publisher in (*PUBLISHERS, _anybody(level)) if wide == _DEFAULT else ():
        if found := columns.of(publisher, level, code=code, name=name):
            return found
    lacking = next((column for column in both if column not in columns.headers), "")
    if not lacking:
        return stated
    raise _missing(columns, lacking, level, path, is_name=lacking == stated.name)


class _Columns:
    """The columns of a layer, and what they can be."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.headers = [str(c) for c in table.columns if c != "geometry"]

    def tells(self, header: str) -> bool:
        """Whether a column is there and differs from area to area."""
        if header not in self.headers:
            return False
        values = self.table[header].dropna().astype("str").str.strip()
        values = values[~values.isin(["", "NA"])]
        return len(values) > 0 and (len(self.table) == 1 or bool((values != values.iloc[0]).any()))

    def find(self, wanted: Sequence[str]) -> str:
        """The first of the headers that is there and differs from area to area; or empty."""
        return next((h for h in self._spelled(wanted) if self.tells(h)), "")

    def is_there(self, wanted: Sequence[str]) -> str:
        """The first of the headers that is there, even with one value only; or empty."""
        return next(self._spelled(wanted), "")

    def _spelled(self, wanted: Sequence[str]) -> Iterator[str]:
        for each in wanted:
            meant = {fold(each), fold(each[:_CUT])}
            yield from (header for header in self.headers if fold(header) in meant)

    def of(
        self, publisher: Publisher, level: str, *, code: tuple[str, ...] = (), name: str = ""
    ) -> AreaColumns | None:
        """Both columns of a level as a publisher names them; None where one is missing."""
        n = LEVELS.index(level)
        name = name or self.find(publisher.names[n])
        if not code and (last := self.find(publisher.codes[n])):
            code = (*self._above(publisher, n, last), last)
        return AreaColumns(code, name, publisher.title) if code and name else None

    def _above(self, publisher: Publisher, n: int, last: str) -> tuple[str, ...]:
        """Columns of the wider levels, where a code is only the number within the wider area."""
        values = self.table[last].dropna().astype("str").str.replace(r"\.0$", "", regex=True)
        longest = values.str.replace(r"\D", "", regex=True).str.len().max()
        if n == 0 or not values.str.fullmatch(r"\d+").all() or longest > min(n + 1, 3):
            return ()
        above = [self.is_there(publisher.codes[k]) for k in range(n)]
        return tuple(above) if all(above) else ()


def _of_other_level(wide: tuple[str, str], level: str) -> Publisher | None:
    """The publisher that has these columns for another level, and others for this one."""
    code, name = map(fold, wide)
    for publisher in PUBLISHERS:
        levels = {
            each
            for each, codes, names in zip(LEVELS, publisher.codes, publisher.names, strict=True)
            if code in map(fold, codes) and name in map(fold, names)
        }
        if levels and level not in levels:
            return publisher
    return None


def _anybody(level: str) -> Publisher:
    """All columns of a level, of any publisher: layers are often put together from several."""
    n = LEVELS.index(level)
    blank: tuple[tuple[str, ...], ...] = ((),) * len(LEVELS)
    codes = tuple(header for p in PUBLISHERS for header in p.codes[n])
    names = tuple(header for p in PUBLISHERS for header in p.names[n])
    title = ", ".join(dict.fromkeys(p.title for p in PUBLISHERS))
    return Publisher(
        title, (*blank[:n], codes, *blank[n + 1 :]), (*blank[:n], names, *blank[n + 1 :])
    )


def codes_of(table: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """The values of the columns of a code; of several, one text, each part filled with zeros."""
    if len(columns) == 1:
        return table[columns[0]]
    parts = [
        table[c].astype("str").str.replace(r"\.0$", "", regex=True).str.strip() for c in columns
    ]
    known = [part.where(table[c].notna(), "") for part, c in zip(parts, columns, strict=True)]
    widths = [max(2, int(part.str.len().max())) for part in known]
    padded = [part.str.zfill(width) for part, width in zip(known, widths, strict=True)]
    whole = pd.Series(map("".join, zip(*padded, strict=True)), index=table.index, dtype="str")
    return whole.mask(known[-1] == "", "")


def _missing(
    columns: _Columns, column: str, level: str, path: Path, *, is_name: bool = False
) -> InputError:
    """That a column is missing, and the likeliest of those that differ from area to area."""
    n = LEVELS.index(level)
    telling: Mapping[str, str] = {fold(h): h for h in columns.headers if columns.tells(h)}
    kinds = [(p.names if is_name else p.codes)[n] for p in PUBLISHERS]
    known = columns.find([header for headers in kinds for header in headers])
    near = known or telling.get(suggestion(fold(column), telling), "")
    return InputError(
        "area_column_missing",
        path=path,
        column=column,
        suggestion=near,
        known=", ".join(columns.headers),
        level=level,
    )
