"""Values of cells: whole numbers and dates."""

from __future__ import annotations

import calendar
import math
import re
from datetime import date, datetime

from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.formats import decimal_commas

_PART_OF_A_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?")
_NAMED_MONTH = re.compile(r"(\d{1,2})[\s-]+([A-Za-z]{3,9})\.?[\s-]+(\d{4})\b", re.ASCII)
_NAMES = ("jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des")
_ALSO = {"may": 5, "agt": 8, "ags": 8, "aug": 8, "oct": 10, "nop": 11, "dec": 12}
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)} | _ALSO


def whole_number(text: str) -> float:
    """A whole number; NaN for anything else, also for 1.000, which can be a thousand.

    Examples
    --------
    >>> [whole_number(text) for text in ("12", "12.0", "1.000", "1.5")]
    [12.0, 12.0, nan, nan]
    """
    value = math.nan if decimal_commas.is_grouped(text) else number(text)
    return value if value.is_integer() else math.nan


def parse_date(text: str) -> date | None:
    """A date as 2026-11-21, 21/11/2026, 21-11-2026 or 2026-11-21 10:00; nothing for others.

    A month may also be named, in Indonesian or English.

    Examples
    --------
    >>> given = ("21/11/2026 10:00", "05 Agustus 2025", "31 Feb 2025")
    >>> [str(parse_date(text)) for text in given]
    ['2026-11-21', '2025-08-05', 'None']
    """
    head = text.strip()[:10]
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d"):
        try:
            return datetime.strptime(head, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    named = _NAMED_MONTH.match(text.strip())
    month = _MONTHS.get(named.group(2)[:3].lower()) if named else None
    if named is None or month is None:
        return None
    try:
        return date(int(named.group(3)), month, int(named.group(1)))
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
