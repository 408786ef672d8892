"""Rows of a table that are no data: headers again, numbers of columns, totals, sources.

Never a school: what has a number of its own (an NPSN, a code) or a place stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Columns of which a cell with several digits is somebody's own number.
_NUMBERS = ("npsn", "code", "site_id", "quadkey", "tile")
_TOTAL = re.compile(
    r"(?:(?:grand\s*|sub\s*-?\s*)?(?:j\s*u\s*m\s*l\s*a\s*h|t\s*o\s*t\s*a\s*l|jml|jlh|rata\s*-?\s*rata"
    r"|rerata|average|sum|maksimum|minimum|median|persentase|prosentase)\b|[∑Σ])[\s.:%()]*(.*)",
    re.IGNORECASE,
)
# What may follow it: of what it is the total.
_SCOPE = re.compile(
    r"[\d\s.,:()=+-]*$|s\.?/?d\b|(?:dipindahkan|pindahan|sampai|hingga|jumlah|total|semua|seluruh\w*|keseluruhan|umum|akhir|besar|sekolah|siswa|"
    r"pd|peserta|murid|guru|data|baris|halaman|per|kab|kabupaten|kota|kec|kecamatan|prov|provinsi|"
    r"propinsi|desa|kelurahan|kalimantan|negeri|swasta|tk|kb|sd|sdlb|smp|sma|smk|slb|mi|mts|ma|ra|"
    r"pkbm|skb|madrasah|menara|site|situs|bts|rows|schools)\b",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(?:\*|sumber|source|catatan|keterangan|ket\b|note|dicetak|diunduh|diolah|data per|"
    r"data diambil|update|mengetahui|menyetujui|kepala|nip\b|pembina|dibuat|penyusun|operator|"
    r"printed|halaman|page|ttd|tertanda|\d+\)|\(\*)",
    re.IGNORECASE,
)
# What only a footer says, even where the names of schools stand.
_SURE_FOOTER = re.compile(
    r"\*|(?:sumber|source|catatan|keterangan|ket|note)\s*:|data (?:per|diambil)|mengetahui|"
    r"menyetujui|kepala (?:dinas|bidang|seksi)|nip[\s.:]|dicetak|diunduh|diolah|printed",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:[ivx]+\.|[a-z0-9]{1,2}[.)])?\s*(kecamatan|kec\.?|kabupaten|kab\.?|kota)\s*:?\s+(.+)",
    re.IGNORECASE,
)
_MARK = re.compile(r"[ivx]{1,5}[.)]?|[a-z][.)]?", re.IGNORECASE)  # of a section
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*%?", re.ASCII)
_COLUMN_NUMBER = re.compile(r"\(?(\d{1,3}|[a-z])\)?\.?(?:\s*=.*)?", re.ASCII | re.IGNORECASE)
_COUNTERS = frozenset(("no", "nomor", "nourut", "nomorurut", "nr"))  # folded headers
_MOST_FOOTER_CELLS = 3


class LeftOut(NamedTuple):
    """A row that is no data.

    Attributes
    ----------
    at : int
        Its position below the header.
    kind : str
        ``header``, ``numbers``, ``counted``, ``total``, ``section`` or ``footer``.
    text : str
        Its first words.
    """

    at: int
    kind: str
    text: str


def rows_left_out(
    body: Sequence[Sequence[str]],
    above: Sequence[Sequence[str]],
    columns: Mapping[str, int],
    spellings: Mapping[str, str],
) -> list[LeftOut]:
    """Rows of a table that are no data.

    Parameters
    ----------
    body : sequence of sequence of str
        Rows below the header.
    above : sequence of sequence of str
        Rows of the header and of the titles above it.
    columns : mapping
        Canonical column to its position.
    spellings : mapping
        Folded known headers to the columns that they mean.
    """
    suspects = _without_identity(body, columns)
    if not suspects:
        return []
    titles = {_folded(row) for row in above if sum(map(bool, row)) > 0}
    headers = [row for row in above if sum(map(bool, row)) > 1]
    counters = {n for row in headers for n, cell in enumerate(row) if fold(cell) in _COUNTERS}
    counters -= set(columns.values())
    found: dict[int, LeftOut] = {}
    for n in suspects:
        row = body[n]
        kind = "counted" if _is_only_counted(row, counters) else ""
        kind = kind or ("header" if _names_columns(row, columns, spellings) else "")
        kind = kind or _kind(row, titles, headers, columns)
        if kind and not (kind == "numbers" and len(body) == 1):
            texts = list(filter(None, row))
            worded = next((text for text in texts if any(map(str.isalpha, text))), texts[0])
            found[n] = LeftOut(n, kind, _heading(texts) if kind == "section" else worded)
    for n in _footer(body, set(suspects), found, columns):
        found.setdefault(n, LeftOut(n, "footer", next(filter(None, body[n]))))
    return [found[n] for n in sorted(found)]


def _without_identity(body: Sequence[Sequence[str]], columns: Mapping[str, int]) -> list[int]:
    """Rows without a number of their own and without a place; empty ones are none."""
    at = [columns[name] for name in _NUMBERS if name in columns]
    places = [columns[name] for name in ("lat", "lon") if name in columns]
    suspects: list[int] = []
    for n, row in enumerate(body):
        width = len(row)
        if any(c < width and _is_own_number(row[c]) for c in at):
            continue
        placed = len(places) == 2 and all(c < width and _is_degree(row[c]) for c in places)
        if placed and not _is_mean(row, columns.get("name")):
            continue
        if any(row):
            suspects.append(n)
    return suspects


def _is_mean(row: Sequence[str], name: int | None) -> bool:
    """Whether a row with a place is only the mean of others: no text but the word for it."""
    texts = [n for n, cell in enumerate(row) if cell and not _NUMBER.fullmatch(cell)]
    return len(texts) == 1 and texts[0] != name and bool(_TOTAL.fullmatch(row[texts[0]]))


def _is_own_number(text: str) -> bool:
    """Whether a cell could be somebody's number: at least five signs, more digits than letters."""
    if len(text) >= 5 and text.isdigit():
        return True
    digits = sum(map(str.isdigit, text))
    return digits >= 5 and 2 * digits > len(text)


def _is_degree(text: str) -> bool:
    """Whether a cell could be a latitude or longitude: a number with decimals, or with signs."""
    if not any(map(str.isdigit, text)) or _SURE_FOOTER.match(text):  # “NIP. 1967…”
        return False
    try:
        value = abs(float(text.replace(",", ".")))
    except ValueError:
        return any(sign in text for sign in "°º'\"′″") or (len(text) < 30 and "." in text)
    return 0 < value <= 180 and value != int(value)


def _kind(
    row: Sequence[str],
    titles: set[tuple[str, ...]],
    headers: Sequence[Sequence[str]],
    columns: Mapping[str, int],
) -> str:
    if _folded(row) in titles or any(_repeats(row, header) for header in headers):
        return "header"
    if _numbers_columns(row):
        return "numbers"
    if _is_total(row, columns):
        return "total"
    filled = [cell for cell in row if cell]
    texts = [cell for cell in filled if not _NUMBER.fullmatch(cell)]
    marked = len(texts) == 1 or (len(texts) == 2 and _MARK.fullmatch(texts[0]))
    if texts and marked and len(filled) <= 2 and _SECTION.fullmatch(texts[-1]):
        return "section"
    return ""


def _is_only_counted(row: Sequence[str], counters: set[int]) -> bool:
    """Whether the only cell of a row is its running number."""
    filled = [n for n, cell in enumerate(row) if cell]
    return len(filled) == 1 and filled[0] in counters and row[filled[0]].strip(".").isdigit()


def _heading(texts: Sequence[str]) -> str:
    return next(text for text in texts if _SECTION.fullmatch(text))


def _folded(row: Sequence[str]) -> tuple[str, ...]:
    folded = [fold(cell) for cell in row]
    while folded and not folded[-1]:
        folded.pop()
    return tuple(folded)


def _repeats(row: Sequence[str], header: Sequence[str]) -> bool:
    """Whether all cells of a row are those of the header, and at least half of them are there."""
    same = 0
    for n, cell in enumerate(row):
        if not cell:
            continue
        if n >= len(header) or fold(cell) != fold(header[n]) or not fold(cell):
            return False
        same += 1
    return same >= 2 and 2 * same >= sum(map(bool, header))


def _names_columns(
    row: Sequence[str], columns: Mapping[str, int], spellings: Mapping[str, str]
) -> bool:
    """Whether a row is a header in other words, as where labels stand below names of columns."""
    filled = {column: row[n] for column, n in columns.items() if n < len(row) and row[n]}
    named = [column for column, cell in filled.items() if spellings.get(fold(cell)) == column]
    return len(named) >= 2 and 2 * len(named) >= len(filled)


def _numbers_columns(row: Sequence[str]) -> bool:
    """Whether a row counts the columns, as 1, 2, 3 or a, b, c; the last may say 3 = 1 + 2."""
    matches = [_COLUMN_NUMBER.fullmatch(cell) for cell in row if cell]
    if len(matches) < 3 or not all(matches):
        return False
    signs = [match[1].lower() for match in matches if match]
    numbers = [int(sign) if sign.isdigit() else ord(sign) - ord("a") + 1 for sign in signs]
    alike = len({sign.isdigit() for sign in signs}) == 1
    begins = numbers[0]
    return alike and begins in {0, 1} and numbers == list(range(begins, begins + len(numbers)))


def _is_total(row: Sequence[str], columns: Mapping[str, int]) -> bool:
    """Whether a row sums up others: it says so and has numbers besides, and hardly a word."""
    filled = [(n, cell) for n, cell in enumerate(row) if cell.strip("-–— .")]
    texts = [(n, cell) for n, cell in filled if not _NUMBER.fullmatch(cell)]
    if not texts:  # sums below columns, without a word
        whose = {columns.get("npsn"), columns.get("name")}
        at = {n for n, _ in filled}
        return None not in whose and not whose & at and bool(at & set(columns.values()))
    match = _TOTAL.fullmatch(texts[0][1])
    if not match or not _SCOPE.match(match[1]):
        return False
    npsn = columns.get("npsn")
    return len(texts) <= 2 and all(n != npsn or texts[0][0] == n for n, _ in texts)


def _footer(
    body: Sequence[Sequence[str]],
    suspects: set[int],
    found: Mapping[int, LeftOut],
    columns: Mapping[str, int],
) -> list[int]:
    """Rows below the table: sources, notes, signatures, once one of them says that it is one."""
    name = columns.get("name")
    rows: list[int] = []
    certain = 0
    for n in range(len(body) - 1, -1, -1):
        row = body[n]
        if n in found or not any(row):
            continue
        filled = [cell for cell in row if cell]
        if n not in suspects or len(filled) > _MOST_FOOTER_CELLS:
            break
        of_name = row[name] if name is not None and name < len(row) else ""
        says = any(_FOOTER.match(cell) for cell in filled if cell != of_name)
        says = says or bool(of_name and len(filled) == 1 and _SURE_FOOTER.match(of_name))
        if of_name and not says and len(filled) > 1:
            break
        rows.append(n)
        if says:
            certain = len(rows)
    # With the lines above it up to an empty row or a total, such as the date of a signature.
    block = certain
    while 0 < block < len(rows) and rows[block] == rows[block - 1] - 1:
        block += 1
    above = rows[block - 1] - 1 if block else -1
    apart = above >= 0 and (above in found or not any(body[above]))
    return rows[: block if apart else certain]


def section_of(text: str) -> tuple[str, str] | None:
    """The column and the name of a heading between rows; None for any other text.

    Examples
    --------
    >>> section_of("KEC. ALUH-ALUH"), section_of("Kota Banjarbaru"), section_of("SDN 1")
    (('kecamatan', 'ALUH-ALUH'), ('kabupaten', 'Kota Banjarbaru'), None)
    """
    match = _SECTION.fullmatch(text)
    if not match:
        return None
    word = match[1].lower().rstrip(".")
    if word.startswith("kec"):
        return "kecamatan", match[2].strip()
    return "kabupaten", f"{'Kota' if word == 'kota' else 'Kab.'} {match[2].strip()}"
