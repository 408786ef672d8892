"""Headers of one, two or three rows: which rows they are, and what each column is called.

An office groups columns: *Peserta didik* stands above *L*, *P* and *Jumlah*, or *2025* above all
columns of a year. A column is called by all rows above it, *Peserta didik › Jumlah*, and means
what the words mean together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats.header_rows import header_row
from kalsel_gap.sources.place_headers import place_columns
from kalsel_gap.sources.quantities import is_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.sources.formats.table_cells import Merged

BETWEEN = " › "
_MOST_ROWS = 3
_TOTALS = frozenset(
    ("jumlah", "jml", "total", "tot", "lp", "totallp", "jumlahlp", "jumlahtotal", "seluruhnya")
)
_MALE = frozenset(("l", "lk", "laki", "lakilaki", "pria", "putra", "male", "boys"))
_FEMALE = frozenset(("p", "pr", "perempuan", "wanita", "putri", "female", "girls"))
# Words that say little alone: of whom is the name? Below one of these groups, the school's.
_GENERAL = frozenset(
    ("nama", "name", "kode", "code", "id", "status", "alamat", "jenjang", "tahun", "no")
)
_OF_THE_SCHOOL = frozenset(
    (
        *("identitas", "identitassekolah", "datasekolah", "sekolah", "satuanpendidikan"),
        *("lembaga", "madrasah", "profil", "profilsekolah", "identitassatuanpendidikan"),
        *("identitaslembaga", "datapokok", "dataumum", "school"),
    )
)
# Groups of a part of the pupils: no number below them is that of all.
_A_PART = re.compile(r"kelas|tingkat|rombel|umur|usia|agama|kelompok|jurusan|kls")
_YEAR = re.compile(
    r"(?:(?:t\.?\s?[ap]\.?|th\.?|thn\.?|tahun(?:\s+(?:ajaran|pelajaran|data))?)\s*)?"
    r"((?:19|20)\d\d)(?:\s*[/–-]\s*(?:20)?\d\d)?",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*", re.ASCII)


def year_in(text: str) -> str:
    """The only year in a text, such as the name of a sheet; empty where there is none.

    Examples
    --------
    >>> year_in("Data 2025"), year_in("SD"), year_in("2024-2025")
    ('2025', '', '')
    """
    years = set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", text))
    return years.pop() if len(years) == 1 else ""


class Header(NamedTuple):
    """The header of a table.

    Attributes
    ----------
    first, last : int
        Its rows, from 0.
    names : list of str
        What each column is called; empty where nothing stands above it.
    meant : mapping
        Column to the spelling that it means, where that is not its name.
    years : mapping
        Meaning to the years of its columns, newest first, where there are several.
    """

    first: int
    last: int
    names: list[str]
    meant: Mapping[int, str]
    years: Mapping[str, Sequence[str]]


def read_header(
    rows: Sequence[Sequence[str]],
    spellings: Mapping[str, str],
    merged: Sequence[Merged] = (),
) -> Header:
    """The header of a table of which titles may stand above.

    Parameters
    ----------
    rows : sequence of sequence of str
        The table, cells without spaces around them.
    spellings : mapping
        Folded known headers to the columns that they mean.
    merged : sequence of Merged
        Merged ranges.
    """
    top = header_row(rows, spellings)
    first, last = _block(rows, top, spellings, merged)
    block = [list(row) for row in rows[first : last + 1]]
    if len(block) == 1:
        names = list(block[0])
        paths = [[name] if name else [] for name in names]
    else:
        paths = _paths(block, first, merged)
        names = [BETWEEN.join(" ".join(text.split()) for text in path) for path in paths]
    meant, years = _meanings(paths, spellings)
    units = _units_below(rows, last)
    if units:
        named = {n: f"{meant.get(n, names[n])} ({unit})" for n, unit in units.items()}
        meant |= {n: text for n, text in named.items() if n in meant}
        names = [named.get(n, name) if n not in meant else name for n, name in enumerate(names)]
        last += 1
    return Header(first, last, names, meant, years)


def _units_below(rows: Sequence[Sequence[str]], last: int) -> dict[int, str]:
    """Column to the unit in the row below the header, where all cells of that row are units."""
    below = rows[last + 1] if last + 1 < len(rows) else []
    units = {n: cell.strip("()[] ") for n, cell in enumerate(below) if cell}
    named = all(n < len(rows[last]) and rows[last][n] for n in units)
    return units if named and all(map(is_unit, units.values())) else {}


def _block(
    rows: Sequence[Sequence[str]],
    top: int,
    spellings: Mapping[str, str],
    merged: Sequence[Merged],
) -> tuple[int, int]:
    """First and last row of the header around its row with the most known headers."""
    first = last = top
    while (
        last + 1 < len(rows)
        and last - first + 1 < _MOST_ROWS
        and _is_below(rows, last, spellings, merged)
    ):
        last += 1
    while first > 0 and last - first + 1 < _MOST_ROWS and _is_above(rows, first, spellings, merged):
        first -= 1
    return first, last


def _is_below(
    rows: Sequence[Sequence[str]],
    last: int,
    spellings: Mapping[str, str],
    merged: Sequence[Merged],
) -> bool:
    """Whether the next row divides groups of the header: no cell is below a known header."""
    header, below = rows[last], rows[last + 1]
    filled = [n for n, cell in enumerate(below) if cell]
    if not filled or not any(header):
        return False
    if any(_PLAIN_NUMBER.fullmatch(below[n]) and not _YEAR.fullmatch(below[n]) for n in filled):
        return False
    spans = [m for m in merged if m.top <= last <= m.bottom]
    if any(m.bottom > last for m in spans):  # headers that reach into the next row
        return all(not (m.bottom > last and m.left <= n <= m.right) for n in filled for m in spans)
    groups = _groups(header, max(len(header), len(below)))
    known = {n for n, cell in enumerate(header) if fold(cell) in spellings and n not in groups}
    if known & set(filled):
        return False
    # A group of which only the first column is divided is a single header above a row of data.
    return any(groups.get(n, n) != n for n in filled)


def _groups(row: Sequence[str], width: int) -> dict[int, int]:
    """Column to the first one of its group: a header with empty cells, or itself, behind it."""
    groups: dict[int, int] = {}
    begins: int | None = None
    cells = [*row, *[""] * (width - len(row))]
    for n in range(width):
        if cells[n] and (n == 0 or cells[n] != cells[n - 1]):
            begins = n
        if begins is None:
            continue
        wide = begins != n or (n + 1 < width and cells[n + 1] in {"", cells[n]})
        if wide:
            groups[n] = begins
    return groups


def _is_above(
    rows: Sequence[Sequence[str]],
    first: int,
    spellings: Mapping[str, str],
    merged: Sequence[Merged],
) -> bool:
    """Whether the row above the header groups its columns; a title does not."""
    above, header = rows[first - 1], rows[first]
    cells = [n for n, cell in enumerate(above) if cell]
    width = max(len(above), len(header))
    if not cells or any(_is_number(above[n]) for n in cells):
        return False
    columns = [n for n, cell in enumerate(header) if cell]
    mine = [m for m in merged if m.top <= first - 1 <= m.bottom]
    if any(m.bottom >= first and m.top < first for m in mine):
        return True
    wide = [m for m in mine if m.right > m.left and any(m.left <= n <= m.right for n in columns)]
    if wide:
        return all(sum(m.left <= n <= m.right for n in columns) < len(columns) for m in wide)
    if len(cells) > 1 and any(n >= len(header) or not header[n] for n in cells):
        return any(header[n] for n in range(len(header)) if n not in cells)
    groups = _groups(above, width)
    named = [n for n in cells if n and n in groups and fold(above[n]) in spellings]
    first_column = columns[0] if columns else 0  # a year above all columns is a title
    yearly = [n for n in cells if n > first_column and n in groups and _YEAR.fullmatch(above[n])]
    folded = [fold(cell) for cell in header if cell]
    divided = len(cells) > 1 and len(set(folded)) < len(folded)
    return bool(named or yearly or divided)


def _is_number(text: str) -> bool:
    return bool(_PLAIN_NUMBER.fullmatch(text)) and not _YEAR.fullmatch(text)


def _paths(block: Sequence[Sequence[str]], first: int, merged: Sequence[Merged]) -> list[list[str]]:
    """Words above each column, from the widest group to its own."""
    width = max(map(len, block))
    filled = [[row[n] if n < len(row) else "" for n in range(width)] for row in block]
    fixed: set[tuple[int, int]] = set()
    for m in merged:
        if not first <= m.top < first + len(block):
            continue
        fixed |= {(m.top - first, n) for n in range(m.left, min(m.right + 1, width))}
        text = filled[m.top - first][m.left] if m.left < width else ""
        for n in range(m.left, min(m.right + 1, width)):
            filled[m.top - first][n] = text
    for level, row in enumerate(filled[:-1]):
        for n in range(1, width):
            below = any(line[n] for line in filled[level + 1 :])
            left_is_group = any(line[n - 1] for line in filled[level + 1 :])
            parent = level == 0 or filled[level - 1][n] == filled[level - 1][n - 1]
            free = (level, n) not in fixed and (level, n - 1) not in fixed
            if not row[n] and below and left_is_group and parent and free:
                row[n] = row[n - 1]
    paths: list[list[str]] = []
    for n in range(width):
        path: list[str] = []
        for row in filled:
            if row[n] and (not path or fold(path[-1]) != fold(row[n])):
                path.append(row[n])
        paths.append(path)
    return paths


def _meanings(
    paths: Sequence[Sequence[str]], spellings: Mapping[str, str]
) -> tuple[dict[int, str], dict[str, Sequence[str]]]:
    """What columns of several words mean; of one thing in several years only the newest."""
    found: dict[int, tuple[str, str, int]] = {}  # column to spelling, year, and how sure
    places: dict[int, str] = {}
    for n, path in enumerate(paths):
        if not path:
            continue
        if len(path) == 1 and fold(path[0]) in spellings:
            found[n] = (fold(path[0]), "", 0)
            continue
        words, year = _without_year(path)
        if words and (meaning := _meaning(words, spellings)):
            found[n] = (meaning[0], year, meaning[1])
        elif _is_place_of_school(words, spellings):
            places[n] = words[-1]
    columns: dict[str, list[int]] = {}
    for n, (spelling, _, _) in found.items():
        columns.setdefault(spellings[spelling], []).append(n)
    meant = places
    years: dict[str, Sequence[str]] = {}
    for column, every in columns.items():
        surest = min(found[n][2] for n in every)
        dated = sorted({found[n][1] for n in every if found[n][2] == surest}, reverse=True)
        if len(dated) > 1 and dated[-1]:
            years[column] = dated
        newest = dated[0] if dated[-1] else ""  # a column without a year says the present
        meant |= {
            n: found[n][0]
            for n in every
            if found[n][1:] == (newest, surest) and (len(paths[n]) > 1 or newest)
        }
    return meant, years


def _is_place_of_school(words: Sequence[str], spellings: Mapping[str, str]) -> bool:
    """Whether the last word alone is of places, below groups that are the school's own."""
    groups = [fold(word) for word in words[:-1]]
    own = all(group in _OF_THE_SCHOOL or group in spellings for group in groups)
    return own and bool(groups) and bool(place_columns([words[-1]]))


def _without_year(path: Sequence[str]) -> tuple[list[str], str]:
    """Words without their year, as a level of its own or behind a word, and the year."""
    words: list[str] = []
    year = ""
    for text in path:
        whole = _YEAR.fullmatch(text)
        behind = re.fullmatch(rf"(.*?\D)\s*\(?({_YEAR.pattern})\)?", text, re.IGNORECASE)
        if whole:
            year = whole[1]
        elif behind and fold(behind[1]):
            words.append(behind[1].strip(" (_-"))
            year = behind[3]
        else:
            words.append(text)
    return words, year


def _meaning(words: Sequence[str], spellings: Mapping[str, str]) -> tuple[str, int] | None:
    """The known spelling that words mean together, and how sure: 0 by themselves, 1 as a total."""
    *groups, leaf = [fold(word) for word in words]
    # Of "Peserta Didik › Jumlah › L" the group is the pupils, of "… › Kelas 1 › L" the class.
    group = next((each for each in reversed(groups) if each not in _TOTALS), "")
    for together in (group + leaf, leaf + group) if group else ():
        if together in spellings:
            return together, 0
    if group in spellings:
        for sex, named in (("male", _MALE), ("female", _FEMALE)):
            part = fold(f"{spellings[group]}_{sex}")
            if leaf in named and part in spellings:
                return part, 0
        if leaf in _TOTALS:
            return group, 1
    if leaf not in spellings or any(map(_A_PART.match, groups)):
        return None
    own = leaf not in _GENERAL or not groups or bool(_OF_THE_SCHOOL & set(groups))
    return (leaf, 0) if own else None
