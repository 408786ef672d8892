"""Codes of areas as text: what numbers did to them, and which authority numbers an area so.

=============  ====================  ====================  ===========================
level          Kemendagri            BPS                   Dapodik
=============  ====================  ====================  ===========================
kabupaten      63.03                 6303                  150200
kecamatan      63.03.05              6303050               150203
desa           63.03.05.2001         6303050001            -
=============  ====================  ====================  ===========================

A desa of Kemendagri has 1 (kelurahan), 2 (desa) or 3 (desa adat) as its seventh digit; BPS numbers
kecamatan by tens, so that its seventh digit is mostly 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

CodeKind = Literal["kemendagri", "bps", "dapodik", ""]

# Names of authorities, the same in both languages.
KIND_NAMES: dict[CodeKind, str] = {
    "kemendagri": "Kemendagri",
    "bps": "BPS",
    "dapodik": "Dapodik",
    "": "?",
}

_SIGNS = " \t\u00a0'’`\"="
_WHOLE = re.compile(r"(\d+)[.,]0+")
_LONG = 4  # digits of the shortest code without dots: 6303.0 is a number, 63.0 can be a code
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_NATIONAL = re.compile(r"(?:ID)?[\d\s.\-/]+", re.IGNORECASE)
_TWO_LEVELS = re.compile(r"(\d{2})[.,](\d{1,2})")
_KECAMATAN, _KECAMATAN_BPS = 6, 7  # digits
_MOST = 0.5  # share of codes of one form that show whose they are
_SOME = 0.1  # share of desa with a 0 as seventh digit: Kemendagri has none


def plain_code(text: str) -> str:
    """A code without what a spreadsheet has added: an apostrophe, ``.0``, an exponent.

    Examples
    --------
    >>> plain_code("'63.10"), plain_code("6303052001.0"), plain_code("6.303052001E+09")
    ('63.10', '6303052001', '6303052001')
    >>> plain_code("6.30305E+09"), plain_code("63.0")
    ('6.30305E+09', '63.0')
    """
    plain = text.strip(_SIGNS)
    if plain.isascii() and plain.isdigit():  # as nearly all of a national file
        return plain
    whole = _WHOLE.fullmatch(plain)
    if whole and len(whole[1]) >= _LONG:
        return whole[1]
    if scientific := _SCIENTIFIC.fullmatch(plain):
        known = scientific[1] + (scientific[2] or "")
        if len(known) == int(scientific[3]) + 1:  # no digit was rounded away
            return known
    return plain


def digits(code: str) -> str:
    """A code of Kemendagri, BPS or Dapodik without dots and spaces; empty for anything else.

    Examples
    --------
    >>> digits("63.01.10.2001"), digits("ID6303"), digits("6303052001.0"), digits("150800  ")
    ('6301102001', '6303', '6303052001', '150800')
    >>> digits("6.30305E+09"), digits("IDN.13.2_1")
    ('', '')
    """
    plain = plain_code(code)
    if plain.isascii() and plain.isdigit():
        return plain
    return "".join(filter(str.isdigit, plain)) if _NATIONAL.fullmatch(plain) else ""


def code_texts(values: pd.Series) -> tuple[pd.Series[str], dict[str, str]]:
    """Codes of a column as text, whatever type the file keeps them in.

    A number has no zeros at its end: 63.1 of a column of numbers is 63.10. A column whose codes
    show that its zeros are missing in front (63.1 … 63.9 beside 63.10) is completed there.

    Parameters
    ----------
    values : Series
        Text, numbers or missing.

    Returns
    -------
    codes : Series of str
        Empty where missing.
    completed : dict
        Code as it stands in the file to code as it is read, for those that were completed.
    """
    is_number = values.dtype.kind == "f" or any(
        isinstance(value, float) for value in values.dropna()
    )
    texts = filled_texts(values.map(_text, na_action="ignore")).map(plain_code)
    forms = {text: found for text in texts.unique() if (found := _TWO_LEVELS.fullmatch(text))}
    single = {text: found for text, found in forms.items() if len(found[2]) == 1}
    given = texts[texts != ""]
    if not single or not given.isin(list(forms)).all():
        return texts, {}
    front = any(f[2].startswith("0") for f in forms.values() if len(f[2]) == 2)
    behind = any(f[2].endswith("0") for f in forms.values() if len(f[2]) == 2)
    # No kabupaten has a number from 40 to 69 or above 79: such a digit lacks its zero in front.
    beyond = any(f[2] in "45689" for f in single.values())
    repeated = given[given.isin(list(single))].duplicated().any()
    if front and not behind:
        completed = {text: f"{found[1]}.{found[2]}0" for text, found in single.items()}
    elif not front and (behind or (beyond and not repeated)):
        completed = {text: f"{found[1]}.0{found[2]}" for text, found in single.items()}
    elif is_number and not front and not beyond and not repeated:
        completed = {text: f"{found[1]}.{found[2]}0" for text, found in single.items()}
    else:
        return texts, {}
    return texts.replace(completed), completed


def filled_texts(values: pd.Series) -> pd.Series[str]:
    """Values as text, empty where missing; a column without any value is one of numbers in files.

    Examples
    --------
    >>> import pandas as pd
    >>> filled_texts(pd.Series([float("nan"), float("nan")])).tolist()
    ['', '']
    """
    return values.astype("object").fillna("").astype("str")


def _text(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def kind_of(codes: Iterable[str], level: str) -> CodeKind:
    """Whose codes they are, by the form of most of them; empty where it does not show.

    Examples
    --------
    >>> kind_of(["63.03.05.2001", "6303052002"], "desa"), kind_of(["6303050001"], "desa")
    ('kemendagri', 'bps')
    >>> kind_of(["6303050"], "kecamatan"), kind_of(["150200"], "kabupaten")
    ('bps', 'dapodik')
    """
    given = [code for code in codes if digits(code)]
    plain = [digits(code) for code in given]
    if not given:
        return ""
    forms: dict[CodeKind, int] = {"kemendagri": 0, "bps": 0, "dapodik": 0}
    for code, number in zip(given, plain, strict=True):
        if (kind := _kind(code, number, level)) != "":
            forms[kind] += 1
    # A kecamatan of BPS that was split off ends in 1 to 9: its desa look like Kemendagri's.
    if level == "desa" and forms["bps"] > _SOME * len(given):
        return "bps"
    kind, count = max(forms.items(), key=lambda item: item[1])
    return kind if count > _MOST * len(given) else ""


def _kind(code: str, number: str, level: str) -> CodeKind:
    if level == "desa" and len(number) == 10:
        return "kemendagri" if number[6] in "123" else "bps"
    if level == "kecamatan":
        if len(number) == 7:
            return "bps"
        return "kemendagri" if len(number) == 6 and not number.endswith("00") else ""
    if level == "kabupaten":
        if len(number) == 6 and number.endswith("00"):
            return "dapodik"
        if len(number) == 4:
            return "kemendagri" if "." in code else ""
    return ""


def nested(codes: Sequence[str], wider: Sequence[str]) -> bool:
    """Whether codes of desa can begin with those of the wider areas: not if BPS numbers only one.

    Examples
    --------
    >>> nested(["6303050001"], ["63.03.05"]), nested(["6303050001"], ["6303050"])
    (False, True)
    >>> nested(["63.03.05.2001"], ["6303050"]), nested(["6303050"], ["63.03"])
    (False, True)
    """
    lengths = {len(digits(code)) for code in wider} - {0}
    of_kecamatan = lengths & {_KECAMATAN, _KECAMATAN_BPS}
    kind = kind_of(codes, "desa")
    if not kind or len(of_kecamatan) != 1:
        return True
    return of_kecamatan == {_KECAMATAN_BPS if kind == "bps" else _KECAMATAN}
