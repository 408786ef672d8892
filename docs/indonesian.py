"""Tables and drawings of the method in Indonesian, made from the English ones.

``generate.py`` writes each block once, in English; here its cells get their Indonesian words and
numbers. A cell whose words are not known is an error, so that no English stays behind unseen.
"""

from __future__ import annotations

import re

from kalsel_gap.i18n.text import Text

# Words of a cell: each # stands for a number or a value of its own, in the order of the English.
WORDS = {
    # formulas
    "for example": "contohnya",
    "no connection, nothing available": "tanpa sambungan, tidak ada yang tersedia",
    "no connection under the strongest #G": "tanpa sambungan di bawah #G terkuat",
    "half of an adequate line, the rest available": (
        "separuh dari sambungan memadai, sisanya tersedia"
    ),
    "an adequate line, whatever the coverage": "sambungan memadai, bagaimanapun cakupannya",
    # curves and circles
    "signal": "sinyal",
    "dBm: adequacy": "dBm: kecukupan",
    "covered, only declared": "tercakup, hanya dinyatakan",
    "grade": "mutu",
    "radius, m": "radius, m",
    "location": "lokasi",
    "Surveyed.": "Disurvei.",
    "Given and plausible.": "Diberikan dan masuk akal.",
    "Doubtful.": "Meragukan.",
    "An area.": "Wilayah.",
    # uses
    "use": "kegunaan",
    "Mbps down": "Mbps unduh",
    "Mbps up": "Mbps unggah",
    "latency, ms, at most": "latensi, ms, paling besar",
    "packet loss, %, at most": "kehilangan paket, %, paling besar",
    "any": "berapa pun",
    "ANBK online": "ANBK daring",
    "web lessons for a class": "pelajaran lewat web untuk satu kelas",
    "a video for a class": "satu video untuk satu kelas",
    "a video meeting of a teacher": "rapat video seorang guru",
    "Dapodik and e-Rapor": "Dapodik dan e-Rapor",
    "updates of the devices at night": "pembaruan perangkat pada malam hari",
    # errors
    "evidence": "bukti",
    "meaning": "arti",
    "predicted, mountains": "prediksi, pegunungan",
    "Measured at the place.": "Diukur di tempat itu.",
    "Modelled by the operator.": "Dimodelkan operator.",
    "Predicted, not calibrated.": "Prediksi, belum dikalibrasi.",
    "The same where the path crosses mountains.": "Sama, bila lintasan melewati pegunungan.",
    "Declared.": "Dinyatakan.",
    # inference
    "key": "kunci",
    "value": "nilai",
    "a + b of the Beta distribution of A_d given a line.": (
        "a + b dari sebaran Beta untuk A_d bila ada sambungan."
    ),
    "Times that a register must state each of *none* and a provider before the probability of no "
    "line is learned from it.": (
        "Berapa kali daftar sekolah harus menyebut *tidak ada* dan suatu penyedia, masing-masing, "
        "sebelum peluang tanpa sambungan dipelajari darinya."
    ),
    "Schools that the curve of A_a over the distance to a site is learned from, at least.": (
        "Jumlah sekolah paling sedikit untuk mempelajari kurva A_a terhadap jarak ke menara."
    ),
    "Probability of no line where A_a is #.": "Peluang tanpa sambungan bila A_a bernilai #.",
    "What that probability rises by where A_a is #.": ("Kenaikan peluang itu bila A_a bernilai #."),
    "Mean A_d given a line, as a share of A_a.": (
        "Rata-rata A_d bila ada sambungan, sebagai bagian dari A_a."
    ),
    "Lowest mean A_d given a line: a terminal by satellite needs no coverage.": (
        "Rata-rata A_d terendah bila ada sambungan: terminal satelit tidak memerlukan cakupan."
    ),
    "Pseudo-schools that stand for the prior, evenly over A_a.": (
        "Jumlah sekolah semu yang mewakili asumsi awal, merata terhadap A_a."
    ),
    "A_a of the last pseudo-school; the first has #.": (
        "A_a sekolah semu terakhir; yang pertama #."
    ),
    "Knots of the curves from # to `highest`.": "Simpul kurva dari # sampai `highest`.",
    # gap types and tiers
    "gap type": "jenis kesenjangan",
    "when": "bila",
    "what helps": "yang membantu",
    "A_d known, ≥ #": "A_d diketahui, ≥ #",
    "A_d known, # to #": "A_d diketahui, # sampai #",
    "A_d known, ≤ #; A_a ≥ #": "A_d diketahui, ≤ #; A_a ≥ #",
    "A_d not known; A_a ≥ #": "A_d belum diketahui; A_a ≥ #",
    "A_a # to #": "A_a # sampai #",
    "A_a < #": "A_a < #",
    "A_a not known, and A_d not known to be served": (
        "A_a belum diketahui, dan menurut A_d belum diketahui terlayani"
    ),
    "nothing is missing": "tidak ada yang kurang",
    "a faster line": "sambungan yang lebih cepat",
    "a subscription suffices": "cukup dengan langganan",
    "ask the school first": "tanyakan dulu kepada sekolah",
    "antenna, better site or another technology": (
        "antena, menara yang lebih baik, atau teknologi lain"
    ),
    "a network has to be built, or satellite": "jaringan harus dibangun, atau satelit",
    "evidence first": "bukti dulu",
    "tier": "tingkat",
    "deficit": "defisit",
    "in words": "dalam kata",
    "# to #": "# sampai #",
    "# to below #": "# sampai di bawah #",
    "critical": "kritis",
    "severe": "berat",
    "moderate": "sedang",
    "slight": "ringan",
    # trees
    "tree": "pohon",
    "branch (weight)": "cabang (bobot)",
    "leaf": "indikator",
    "measures": "yang diukur",
    "column": "kolom",
    "best": "terbaik",
    "worst": "terburuk",
    "weight": "bobot",
    "barrier": "hambatan",
    "need": "kebutuhan",
    "terrain (#)": "medan, terrain (#)",
    "path (#)": "lintasan, path (#)",
    "remoteness (#)": "keterpencilan, remoteness (#)",
    "Students, log#": "Jumlah siswa, log#",
    "village index": "indeks desa",
    "# Mandiri": "# Mandiri",
    "# Maju": "# Maju",
    "# Berkembang": "# Berkembang",
    "# Tertinggal": "# Tertinggal",
    "# Sangat Tertinggal": "# Sangat Tertinggal",
    "vulnerability": "kerentanan",
    # terrain
    "class": "kelas",
    "severity": "beratnya medan",
    "island of at most # km²": "pulau seluas paling besar # km²",
    "Kapos class K# to K#, or local relief within # km above # m": (
        "kelas Kapos K# sampai K#, atau relief setempat dalam # km di atas # m"
    ),
    "at most # km from the open sea; or at most # km and on land of at most # m connected to the "
    "sea": (
        "paling jauh # km dari laut lepas; atau paling jauh # km dan di daratan setinggi paling "
        "besar # m yang tersambung dengan laut"
    ),
    "inside a wetland or peat layer": "di dalam lapisan rawa atau gambut",
    "none of these": "tidak satu pun dari yang di atas",
    "elevation, m": "elevasi, m",
    "and": "dan",
    "from #": "mulai #",
    "slope ≥ #°": "lereng ≥ #°",
    "slope ≥ #°, or local relief > # m": "lereng ≥ #°, atau relief setempat > # m",
    "local relief > # m": "relief setempat > # m",
    # the worked school
    "number": "angka",
    "from": "asal",
    "A_a, available": "A_a, tersedia",
    "A_d, delivered": "A_d, diterima",
    "# % to # % of A_d": "# % sampai # % dari A_d",
    "D, deficit": "D, defisit",
    "terrain": "medan",
    "path": "lintasan",
    "remoteness": "keterpencilan",
    "H, barrier": "H, hambatan",
    "N, need": "N, kebutuhan",
    "P, priority": "P, prioritas",
    "completeness": "kelengkapan",
    "#G at -# dBm on the curve": "#G sebesar -# dBm pada kurva",
    "inferred by the curves π and μ": "diperkirakan dengan kurva π dan μ",
    "the same rule": "aturan yang sama",
    "tier #, `uncovered`": "tingkat #, `uncovered`",
    "class, relief, slope": "kelas, relief, lereng",
    "diffraction": "difraksi",
    "#G site, capital, water; no fibre, no roads": (
        "menara #G, ibu kota, perairan; tanpa serat optik, tanpa jalan"
    ),
    "the three branches": "ketiga cabang",
    "pupils, vulnerability, devices, adequate school; no accounts": (
        "siswa, kerentanan, perangkat, sekolah memadai; tanpa akun"
    ),
    "what the school is ranked by with `--by priority`": (
        "dasar peringkat sekolah dengan `--by priority`"
    ),
    "known part of the weight": "bagian bobot yang diketahui",
    # the drawing
    "The curves that infer an unknown service, before anything is learned": (
        "Kurva yang memperkirakan layanan yang belum diketahui, sebelum ada yang dipelajari"
    ),
    "no line (π)": "tanpa sambungan (π)",
    "given a line (μ)": "bila ada sambungan (μ)",
    "delivered (A_d)": "diterima (A_d)",
    "deficit (D)": "defisit (D)",
}
# Cells of symbols and numbers, the same in both languages but for the signs in the numbers.
SAME = r"(A_a|A_d|D|π|μ|dB|#G (RSRP|RSCP|RSSI)|[A-D]|K#|`[^`]+`|[-#:, ])*"
NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"

TEXT = Text("id")


def cell(english: str) -> str:
    """A cell in Indonesian; what stands in code stays."""
    figures = re.findall(rf"`[^`]*`|{NUMBER}", english)
    pattern = re.sub(rf"`[^`]*`|{NUMBER}", lambda found: blank(found[0]), english)
    said = TEXT(english)
    if pattern in WORDS:
        said = WORDS[pattern]
    elif re.fullmatch(SAME, pattern):
        said = pattern.replace(", ", "; ")  # the comma is the decimal sign
    elif said == english:
        message = f"docs/indonesian.py has no words for {pattern!r}"
        raise LookupError(message)
    else:
        return said
    numbers = iter([swapped(figure) for figure in figures if blank(figure) == "#"])
    return re.sub("#", lambda _: next(numbers), said)


def blank(found: str) -> str:
    """The sign that stands for a number in `WORDS`; code as it is."""
    return found if found.startswith("`") else "#"


def swapped(number: str) -> str:
    """A number with the Indonesian signs: 1,234.5 is 1.234,5."""
    return number.translate(str.maketrans(",.", ".,"))


def block(english: str) -> str:
    """A block of the method in Indonesian; what is fenced stays."""
    parts = re.split(r"(^```.*?^```$)", english, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if part.startswith("```") else "\n".join(map(line, part.split("\n"))) for part in parts
    )


def line(english: str) -> str:
    """A line of a block: a row of a table, or the sum of the contributions."""
    if english.startswith("|"):
        cells = (cell(part.strip()) for part in english.strip("|").split("|"))
        return re.sub(r"\|  (?=\|)", "| ", f"| {' | '.join(cells)} |")
    if total := re.fullmatch(r"Contributions to P: (.+)\. They add up to (.+)\.", english):
        shares, whole = (re.sub(NUMBER, lambda n: swapped(n[0]), part) for part in total.groups())
        return f"Kontribusi pada P: {shares.replace(', ', '; ')}. Jumlahnya {whole}."
    return cell(english)


def drawing(english: str) -> str:
    """An SVG whose texts are in Indonesian."""
    return re.sub(r">([^<>\n]+)<", lambda found: f">{cell(found[1])}<", english)
