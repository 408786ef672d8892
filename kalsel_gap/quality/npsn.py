"""NPSN of a school: eight digits, or P and seven digits for PKBM and SKB.

A spreadsheet that treats it as a number damages it; what can be restored is proposed.
"""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.sources.npsn import NPSN, scientific_digits

_DIGITS = 8
_DECIMALS = re.compile(r"(\d{7,8})[.,]0+")
_LETTERS_FOR_DIGITS = str.maketrans("OIL", "011")


def check_npsn(cells: pd.DataFrame) -> list[Finding]:
    """NPSN that are missing or invalid.

    Parameters
    ----------
    cells : DataFrame
        Text cells as of :func:`kalsel_gap.sources.registers.read_cells`.
    """
    cells = cells.assign(npsn=cells["npsn_given"]) if "npsn_given" in cells else cells
    given = cells["npsn"]
    odd = given[~given.str.fullmatch(NPSN).astype(bool)]
    uses = given.value_counts()
    readings = {text: npsn_reading(text) for text in odd.unique()}
    code = odd.map({text: code for text, (code, _) in readings.items()})
    proposal = odd.map({text: better for text, (_, better) in readings.items()})
    taken = proposal.map(uses).fillna(0).astype("int64")
    findings: list[Finding] = []
    for kind in sorted(set(code)):
        at_fault = pd.Series(given.index.isin(code.index[code == kind]), index=given.index)
        evidence = {"rows_with_proposal": taken} if (proposal[code == kind] != "").any() else None
        findings += at_rows(kind, cells, at_fault, "npsn", proposal=proposal, evidence=evidence)
    return findings


def npsn_reading(text: str) -> tuple[str, str]:
    """What is wrong with an NPSN, as a code, and the probable original; empty if unknown.

    Examples
    --------
    >>> npsn_reading("3030102"), npsn_reading("30301027.0"), npsn_reading("3.03E+07")
    (('npsn_zero_lost', '03030102'), ('npsn_formatted', '30301027'), ('npsn_digits_lost', ''))
    >>> npsn_reading("NP567838"), npsn_reading("3030l027"), npsn_reading("12345")
    (('npsn_irregular', ''), ('npsn_irregular', '30301027'), ('npsn_malformed', ''))
    """
    if not text:
        return "npsn_missing", ""
    plain = unicodedata.normalize("NFKC", text).strip(" '’`\"=")
    digits = scientific_digits(plain)
    if digits is not None:
        return _reading_of(digits, text) if digits else ("npsn_digits_lost", "")
    decimals = _DECIMALS.fullmatch(plain)
    return _reading_of(decimals.group(1) if decimals else plain, text)


def _reading_of(plain: str, text: str) -> tuple[str, str]:
    bare = re.sub(r"[\W_]", "", plain).upper()
    if re.fullmatch(NPSN, bare):
        return "npsn_formatted", bare
    if re.fullmatch(r"[0-9]{7}", bare):
        return "npsn_zero_lost", "0" + bare
    as_digits = bare.translate(_LETTERS_FOR_DIGITS)
    better = as_digits if re.fullmatch(NPSN, as_digits) else ""
    regular = len(bare) == _DIGITS and bare == text and bare.isascii()
    return ("npsn_irregular", better) if regular or better else ("npsn_malformed", "")
