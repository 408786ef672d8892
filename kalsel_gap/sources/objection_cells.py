"""What the cells of the form for objections may say: words of both languages, document numbers."""

from __future__ import annotations

import re

from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.personal_data import personal_kind

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
KNOWN_WORDS: dict[str, dict[str, str]] = {
    column: {
        **{fold(code): code for code in words},
        **{fold(word): code for code, word in words.items()},
        **_MORE_WORDS[column],
    }
    for column, words in WORDS.items()
}
# A number of a document: short words in capital letters and digits. A name or a telephone number
# has no such shape.
_PART = r"(?:[A-Z]{1,6}|[A-Z]{0,3}[0-9]{1,8})"
_REFERENCE = re.compile(rf"(?=[^0-9]*[0-9]){_PART}(?:[./-]{{1,2}}{_PART}){{0,11}}")
_LONGEST_REFERENCE = 60


def is_reference(text: str) -> bool:
    """Whether a text is the number of a document: no free text, no name, no telephone number.

    Examples
    --------
    >>> [is_reference(t) for t in ("421.2/045/DISDIK-2026", "B-12/KK.17.01/PP.00/2026", "118")]
    [True, True, True]
    >>> [is_reference(t) for t in ("surat dari desa", "Ahmad/2026", "AHMADFAUZI1978", "SPK", "")]
    [False, False, False, False, False]
    """
    return (
        len(text) <= _LONGEST_REFERENCE
        and _REFERENCE.fullmatch(text) is not None
        and not personal_kind(text)
    )
