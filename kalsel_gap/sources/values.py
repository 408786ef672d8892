"""Dates of cells, as offices and their spreadsheets write them."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kalsel_gap.sources.cells import plain_signs

if TYPE_CHECKING:
    import pandas as pd

_PART_OF_A_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?")
_NAMES = ("jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des")
_ALSO = {"peb": 2, "may": 5, "agt": 8, "ags": 8, "aug": 8, "oct": 10, "nop": 11, "dec": 12}
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)} | _ALSO
_WEEKDAY = re.compile(
    r"(?:senin|selasa|rabu|kamis|jum['’]?at|sabtu|minggu|ahad"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\b[.,\s]*",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[T\s,]+(?:pukul|jam|pkl\.?)?\s*\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:[ap]m)?"
    r"\s*(?:Z|[+-]\d{2}:?\d{2}|WIB|WITA|WIT|UTC|GMT)?$",
    re.IGNORECASE | re.ASCII,
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_NAMED_MONTH = re.compile(r"(\d{1,2})[\s/.-]*([A-Za-z]{3,9})\.?[\s/.,-]*(\d{4}|\d{2})", re.ASCII)
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?", re.ASCII)
_SECONDS = re.compile(r"(\d{10})(?:\d{3})?(?:\.\d+)?", re.ASCII)
_EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets
_SERIALS = range(20_000, 73_051)  # 1954 to 2100
_SECONDS_UNTIL = 4_102_444_800  # 2100
_CENTURY = 70  # two digits of a year from here on are of the last century


def parse_date(text: str) -> date | None:
    """A date in any of its usual forms; nothing for others.

    A day before its month, as here; a month before its day only where it can be nothing else. The
    month may be named, in Indonesian or English, a weekday and a time may stand beside. Numbers of
    spreadsheets (days since 1899) and Unix seconds are read too.

    Examples
    --------
    >>> given = ("21/11/2026 10:00", "5/13/2026", "Rabu, 13 Mei 2026", "13-Mei-26", "31 Feb 2025")
    >>> [str(parse_date(text)) for text in given]
    ['2026-11-21', '2026-05-13', '2026-05-13', '2026-05-13', 'None']
    >>> [str(parse_date(text)) for text in ("46155", "20260513", "1778630400")]
    ['2026-05-13', '2026-05-13', '2026-05-13']
    """
    shown = _day_of(text)
    return _written(shown) or _counted(shown)


def _written(shown: str) -> date | None:
    """A date with year, month and day."""
    if given := _YEAR_FIRST.fullmatch(shown):
        return _date(given[1], given[3], given[4])
    if given := _DAY_FIRST.fullmatch(shown):
        return _date(given[4], given[3], given[1]) or _date(given[4], given[1], given[3])
    if given := _NAMED_MONTH.fullmatch(shown):
        return _named(given[3], given[2], given[1])
    if given := _MONTH_FIRST.fullmatch(shown):
        return _named(given[3], given[1], given[2])
    given = _COMPACT.fullmatch(shown)
    return _date(given[1], given[2], given[3]) if given else None


def _counted(shown: str) -> date | None:
    """A date as days since 1899 or seconds since 1970."""
    if (given := _SERIAL.fullmatch(shown)) and int(given[1]) in _SERIALS:
        return _EPOCH + timedelta(days=int(given[1]))
    if (given := _SECONDS.fullmatch(shown)) and int(given[1]) < _SECONDS_UNTIL:
        return datetime.fromtimestamp(int(given[1]), UTC).date()
    return None


def read_dates(texts: pd.Series[str]) -> pd.Series[Any]:
    """The dates of a column; see :func:`parse_date`.

    Where a cell has its month first for certain, 3/5/2026 could be of either kind: nothing.
    """
    different = texts.unique()
    mixed = any(map(_is_month_first, different))
    read = {t: None if mixed and _is_either(t) else parse_date(t) for t in different}
    return texts.map(read).astype(object)


def _day_of(text: str) -> str:
    """The text without a weekday before it and a time after it."""
    return _TIME.sub("", _WEEKDAY.sub("", plain_signs(text).strip(), count=1)).strip()


def _parts(text: str) -> tuple[int, int]:
    """The two numbers before the year of a date like 3/5/2026; zeros for others."""
    given = _DAY_FIRST.fullmatch(_day_of(text))
    return (int(given[1]), int(given[3])) if given else (0, 0)


def _is_month_first(text: str) -> bool:
    first, second = _parts(text)
    return 1 <= first <= 12 < second <= 31


def _is_either(text: str) -> bool:
    first, second = _parts(text)
    return 1 <= first <= 12 and 1 <= second <= 12 and first != second


def _named(year: str, month: str, day: str) -> date | None:
    number = _MONTHS.get(month[:3].lower())
    return _date(year, str(number), day) if number else None


def _date(year: str, month: str, day: str) -> date | None:
    whole = int(year)
    if len(year) == 2:
        whole += 1900 if whole >= _CENTURY else 2000
    try:
        return date(whole, int(month), int(day))
    except ValueError:
        return None


def end_of(declared: str) -> date | None:
    """The last day that a date of the project can mean; nothing where it means none.

    Examples
    --------
    >>> end_of("2026-06-30"), end_of("2024-02"), end_of("2019")
    (datetime.date(2026, 6, 30), datetime.date(2024, 2, 29), datetime.date(2019, 12, 31))
    """
    if (whole := parse_date(declared)) is not None:
        return whole
    part = _PART_OF_A_DATE.fullmatch(declared.strip())
    if not part:
        return None
    year, month = int(part[1]), int(part[2] or 12)
    if not (year >= 1 and 1 <= month <= 12):
        return None
    return date(year, month, calendar.monthrange(year, month)[1])
