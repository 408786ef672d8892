"""Names of mobile operators in a cell: one, or several that share a site or a mast."""

from __future__ import annotations

import re

# First words of the names that are in use in Indonesia.
_KNOWN = frozenset(
    (
        *("telkomsel", "tsel", "byu", "indosat", "isat", "im3", "xl", "xlsmart", "axis"),
        *("smartfren", "tri", "three", "3"),
    )
)
_LEGAL = frozenset(("pt", "tbk", "ltd", "inc", "co"))  # “PT XLSmart Telecom, Tbk” is one
_LISTED = re.compile(r"\s*[,;/|\n]\s*")
_JOINED = re.compile(r"\s*[,;/|\n&+]\s*|\s+(?:dan|and)\s+|\s+-\s+")


def operators_in(text: str) -> list[str]:
    """The operators that a cell names, in lower case, each once; one empty name for none.

    A list is divided where one of its names is known, and at “dan”, &, + only where all are: those
    can be a part of a name.

    Examples
    --------
    >>> operators_in("Telkomsel, XL"), operators_in("Telkomsel dan Indosat")
    (['telkomsel', 'xl'], ['telkomsel', 'indosat'])
    >>> operators_in("Indosat Ooredoo & Hutchison"), operators_in("PT XLSmart Telecom, Tbk.")
    (['indosat ooredoo & hutchison'], ['pt xlsmart telecom, tbk.'])
    """
    whole = text.casefold().strip()
    for pattern, enough in ((_JOINED, all), (_LISTED, any)):
        names = [name for name in pattern.split(whole) if name]
        words = [name.strip(".").split() or [""] for name in names]
        is_list = len(names) > 1 and not any(_LEGAL & {w[-1]} and len(w) == 1 for w in words)
        if is_list and enough(each[0] in _KNOWN for each in words):
            return list(dict.fromkeys(names))
    return [whole]
