"""What the cells of the form for objections may say: words of both languages, document numbers."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from kalsel_gap.i18n.objection_names import (
    CODE_NAMES,
    EVIDENCE_NAMES,
    SERVICE_NAMES,
    SIGNER_NAMES,
)
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.personal_data import personal_kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Indonesian words of the form, as the template writes them; the code itself is always read.
WORDS: dict[str, dict[str, str]] = {
    "code": {
        "availability": "ketersediaan",
        "speed": "kecepatan",
        "latency": "latensi",
        "location": "lokasi",
        "enrolment": "jumlah_siswa",
        "planned": "sudah_direncanakan",
        "closed": "sekolah_tutup",
    },
    "evidence": {
        "test": "uji",
        "letter": "surat",
        "bill": "tagihan",
        "photo": "foto",
        "register": "dapodik",
        "decree": "sk",
        "contract": "kontrak",
    },
    "signer": {
        "principal": "kepala_sekolah",
        "operator": "operator_sekolah",
        "committee": "komite",
        "village": "desa",
        "office": "dinas",
        "provider": "penyedia",
        "public": "masyarakat",
    },
    "service": {"none": "tidak_ada", "mobile": "seluler", "fixed": "tetap"},
}
_MORE_WORDS: dict[str, dict[str, str]] = {
    "code": {
        **dict.fromkeys(("alreadyplanned", "direncanakan", "rencana"), "planned"),
        **dict.fromkeys(("closedschool", "tutup"), "closed"),
        **dict.fromkeys(("enrollment", "siswa", "pesertadidik", "students"), "enrolment"),
        "koordinat": "location",
    },
    "evidence": {
        **dict.fromkeys(("speedtest", "tes", "ujikecepatan"), "test"),
        **dict.fromkeys(("emis", "ekstrakdapodik"), "register"),
        "suratkeputusan": "decree",
        "rekening": "bill",
        "photograph": "photo",
    },
    "signer": {
        **dict.fromkeys(("kepsek", "kepalamadrasah", "headteacher", "head"), "principal"),
        **dict.fromkeys(("dinaspendidikan", "kemenag", "educationoffice"), "office"),
        **dict.fromkeys(("kepaladesa", "pemerintahdesa", "kelurahan"), "village"),
        **dict.fromkeys(("komitesekolah", "schoolcommittee"), "committee"),
        **dict.fromkeys(("operatordapodik", "schooloperator"), "operator"),
        "warga": "public",
    },
    "service": {
        **dict.fromkeys(("serat", "fiber", "fibre", "kabel"), "fixed"),
        **dict.fromkeys(("nihil", "no", "tidak"), "none"),
        **dict.fromkeys(("4g", "hp"), "mobile"),
    },
}
# What an office writes into the column “decision”.
DECISIONS = {
    **dict.fromkeys(
        (
            *("yes", "y", "ok", "okay", "true", "1", "accept", "accepted", "agree", "agreed"),
            *("approve", "approved", "confirm", "confirmed", "correct", "valid"),
            *("ya", "iya", "oke", "setuju", "disetujui", "terima", "diterima", "benar", "betul"),
            *("sah", "sesuai", "dikabulkan", "konfirmasi", "dikonfirmasi"),
        ),
        "accepted",
    ),
    **dict.fromkeys(
        (
            *("no", "n", "false", "0", "reject", "rejected", "refuse", "refused", "deny", "denied"),
            *("disagree", "notaccepted", "notapproved", "notconfirmed", "notcorrect", "invalid"),
            *(
                "tidak",
                "tdk",
                "tolak",
                "ditolak",
                "salah",
                "bukan",
                "tidaksetuju",
                "tidakdisetujui",
            ),
            *("tidakditerima", "tidakbenar", "tidaksah", "tidaksesuai", "tidakdikabulkan"),
        ),
        "rejected",
    ),
}
_NAMES = {
    "code": CODE_NAMES,
    "evidence": EVIDENCE_NAMES,
    "signer": SIGNER_NAMES,
    "service": SERVICE_NAMES,
}


@cache
def known_words(column: str) -> Mapping[str, str]:
    """What a column of :data:`WORDS` may say, folded, and the code that it means.

    The code, the word of the form, other spellings, and the name that letters show, in both
    languages.
    """
    texts = [Text(language) for language in LANGUAGES]
    return {
        **{fold(text(name)): code for code, name in _NAMES[column].items() for text in texts},
        **_MORE_WORDS[column],
        **{fold(word): code for code, word in WORDS[column].items()},
        **{fold(code): code for code in WORDS[column]},
    }


# A number of a document: digits, Roman numerals and abbreviations of offices that are known, so
# that the name of a person is none.
_SEPARATORS = re.compile(r"[./-]{1,2}")
_PART = re.compile(r"([A-Z]*)([0-9]{0,8})", re.ASCII)
_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})")
_MOST_PARTS = 12
_LONGEST_REFERENCE = 60
# Digits with nothing but separators between them, and the year that such a number may end in.
_DIGITS = re.compile(r"[0-9](?:[./-]*[0-9])*", re.ASCII)
_YEAR = re.compile(r"[./-]+(?:19|20)[0-9]{2}$", re.ASCII)
# A mobile number, or one of a house in South Kalimantan, also where its zero was left out.
_TELEPHONE = re.compile(
    r"(?:62|0)?(?:8[1-9][0-9]{7,10}|5(?:1[1-8]|2[5-8])[0-9]{6,8})",
    re.ASCII,
)


def read_reference(text: str, abbreviations: Collection[str]) -> str:
    """The number of a document in capital letters; empty where a text is anything else.

    Free text, a name and a telephone number are none.

    Parameters
    ----------
    text : str
        As it was given.
    abbreviations : collection of str
        Words that it may have, in capital letters.

    Examples
    --------
    >>> known = {"B", "DISDIK", "KK", "PP", "SDN"}
    >>> [read_reference(t, known) for t in ("421.2/045/Disdik-IV-2026", "B-12/KK.17/PP.00/2026")]
    ['421.2/045/DISDIK-IV-2026', 'B-12/KK.17/PP.00/2026']
    >>> [read_reference(t, known) for t in ("BUDI/12", "AHMAD1978", "DISDIK", "81234567/890", "")]
    ['', '', '', '', '']
    """
    number = text.strip().upper()
    parts = _SEPARATORS.split(number)
    is_number = (
        len(number) <= _LONGEST_REFERENCE
        and len(parts) <= _MOST_PARTS
        and all(_is_part(part, abbreviations) for part in parts)
        and any(char.isdigit() for char in number)
        and not any(map(_is_telephone, _DIGITS.findall(number)))
        and not personal_kind(number)
    )
    return number if is_number else ""


def _is_part(part: str, abbreviations: Collection[str]) -> bool:
    """Whether a part is a number, a Roman one, or a known abbreviation with a number or without."""
    found = _PART.fullmatch(part)
    if found is None or not part:
        return False
    letters, digits = found.groups()
    return (
        not letters
        or letters in abbreviations
        or (not digits and _ROMAN.fullmatch(letters) is not None)
    )


def _is_telephone(digits: str) -> bool:
    """Whether digits and separators are a telephone number; a year at their end is none of it."""
    bare = _SEPARATORS.sub("", _YEAR.sub("", digits))
    return _TELEPHONE.fullmatch(bare) is not None
