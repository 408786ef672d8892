"""Docstrings, comments and Indonesian texts use the agreed words, see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from kalsel_gap.i18n.text import DOMAIN, LOCALE_FOLDER
from kalsel_gap.project.base import DEFAULTS_FOLDER
from tests.conftest import REPOSITORY, package_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

# Regular expression → what to write instead.
BANNED = {
    r"told|tells?": "state, show, call with",
    r"hear[sd]?": "read, receive",
    r"taught|teach(?:es)?": "calibrate, fit",
    r"speaks? of": "covers, describes",
    r"h[au]ngs? (?:up)?on": "depends on",
    r"hangs? together": "is connected",
    r"to be had": "available",
    r"c[ao]mes? of": "results from",
    r"goes": "is removed, runs, continues",
    # *else* at the end of a clause; "nothing else" and its like are plain English.
    r"(?<!thing )(?<!body )(?<!where )(?<!who )else(?=\s*(?:[.,;:)]|$))": "otherwise",
    r"stripes?": "block, window",
    r"pieces?(?! of (?:advice|evidence))": "block, window, tile, part",
    r"pages? of (?:a|the|an elevation) (?:raster|model|elevation model)": "block",
    r"bands? of (?:rows|columns)": "block, window",
    r"tall(?:y|ies)": "zonal statistics",
    r"woods": "woodland",
    r"`(?:looks|pieces|pages|frames|tallies|woods|ground|losses|limits|faults)\.\w+`": (
        "styles, raster_cache, dem_blocks, dem, zonal_statistics, woodland, dem_windows, "
        "path_loss, checks, findings"
    ),
    r"nobody knows": "unknown",
    r"as it were|of one cloth|whoever": "plain words",
}

# Retired Indonesian words → the one word for it, see the table of terms in CONTRIBUTING.md.
RETIRED = {
    r"tapak|situs|pemancar": "menara",
    r"layer|lapis": "lapisan",
    r"(?:belum |tidak |tak )?terkalibrasi|tanpa kalibrasi|tak dikalibrasi": "belum dikalibrasi",
    r"rugi(?:-rugi)?|pelemahan|atenuasi": "redaman",
    r"aras|(?:level|tingkat|kekuatan|daya) sinyal": "kuat sinyal",
    r"simbolisasi|gaya (?:QGIS|lapisan)": "simbologi",
    r"offset|ofset": "koreksi",
    r"(?:perangkat|akun) (?:yang )?(?:tanpa internet|menganggur|belum terhubung)": (
        "yang belum terlayani internet"
    ),
    r"dugaan|diduga|menduga": "perkiraan, diperkirakan",
    r"belum diverifikasi": "belum dipastikan",
    r"data (?:tiruan|buatan|palsu|stilisasi)": "data simulasi",
}
# Parts of messages and how they are said.
PHRASES = {
    "Save corrections of the predictions from measured levels": "simpan koreksi dari hasil ukur",
    "opens with its symbology": "langsung tampil dengan simbologi",
    "Devices without internet": "perangkat yang belum terlayani internet",
    "Kind of gap between service and need": "selisih antara layanan dan kebutuhan",
    "SIMULATED DATA": "data simulasi",
}

# File, phrase and reason: where a banned word is the right one.
ALLOWED: tuple[tuple[str, str, str], ...] = ()


def _compiled(words: dict[str, str]) -> dict[re.Pattern[str], str]:
    return {
        re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE): instead
        for pattern, instead in words.items()
    }


_PATTERNS, _RETIRED = _compiled(BANNED), _compiled(RETIRED)


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings, also those of attributes, and blocks of comments, each with its first line."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for part in body if isinstance(body, list) else []:
            if (
                isinstance(part, ast.Expr)
                and isinstance(part.value, ast.Constant)
                and isinstance(part.value.value, str)
            ):
                yield part.lineno, part.value.value
    first, last, block = 0, -1, ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        continues = line == last + 1 and not token.line[: token.start[1]].strip()
        if block and not continues:
            yield first, block
            first, block = line, ""
        first, last = first if block else line, line
        block += token.string.lstrip("# ") + "\n"
    if block:
        yield first, block


def faults(source: str, name: str = "") -> list[str]:
    """Banned words in the docstrings and comments of a source."""
    allowed = [phrase for file, phrase, _ in ALLOWED if file == name]
    found = []
    for first, text in sentences(source):
        for pattern, instead in _PATTERNS.items():
            for match in pattern.finditer(text):
                around = " ".join(text[max(match.start() - 40, 0) : match.end() + 40].split())
                if not any(phrase in around for phrase in allowed):
                    line = first + text[: match.start()].count("\n")
                    found.append((line, f"{name}:{line}: {match[0]!r} → {instead}"))
    return [fault for _, fault in sorted(found)]


def test_the_package_uses_the_words_of_the_field() -> None:
    found = [fault for name, source in package_sources().items() for fault in faults(source, name)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('"""What the model tells."""', 1),
        ('def f():\n    """0 where it is;\n\n    NaN else.\n    """', 4),
        ('class A:\n    x: int\n    """Hangs on y."""', 3),
        ("x = 1\n# Told twice.\n", 2),
        ("x = 1  # a stripe\n", 1),
        ("# It is 0 where known, NaN\n# else; see `limits.of`.\n", 2),
    ],
)
def test_a_banned_word_is_found_at_its_line(source: str, line: int) -> None:
    assert faults(source, "a.py")[0].startswith(f"a.py:{line}: ")


def test_plain_words_and_code_are_free() -> None:
    source = (
        'if x == "told":\n    y = 1\nelse:\n    y = 2\n"""Nothing else. More else than that."""\n'
    )
    assert faults(source) == []


# --- Indonesian ----------------------------------------------------------------------------------


def indonesian() -> dict[str, str]:
    """Every Indonesian text of the repository, without code, by the place where it stands."""
    with (LOCALE_FOLDER / "id" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        texts = {f"{m.id}": f"{m.string}" for m in read_po(file, locale="id") if m.id}
    pages = [REPOSITORY / "README.id.md", *(REPOSITORY / "docs").glob("*.id.md")]
    pages.append(DEFAULTS_FOLDER / "starter.id.toml")
    texts |= {page.name: page.read_text(encoding="utf-8") for page in pages}
    code = re.compile(r"^```.*?^```|`[^`]*`|\{\w+\}|--[\w-]+", re.DOTALL | re.MULTILINE)
    return {place: " ".join(code.sub(" ", text).split()) for place, text in texts.items()}


def retired(text: str) -> list[str]:
    """Retired words of an Indonesian text, each with the right one."""
    return [
        f"{match[0]!r} → {instead}"
        for pattern, instead in _RETIRED.items()
        for match in pattern.finditer(text)
    ]


def test_indonesian_texts_have_one_word_for_a_thing() -> None:
    texts = indonesian()
    assert len(texts) > 1000
    found = [f"{place[:60]}: {word}" for place, text in texts.items() for word in retired(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("english", PHRASES)
def test_a_phrase_is_said_as_agreed(english: str) -> None:
    said = [text for place, text in indonesian().items() if english in place]
    assert said
    assert all(PHRASES[english] in text.casefold() for text in said)


@pytest.mark.parametrize(
    "text", ["Lokasi tapak 4G.", "Prediksi tak terkalibrasi", "rugi-rugi lintasan", "Diduga layak"]
)
def test_a_retired_word_is_found(text: str) -> None:
    assert retired(text)


def test_words_that_only_contain_a_retired_one_are_free() -> None:
    assert retired("Lapisan menara; pemberdayaan, berlapis, situsnya, --layer, kerugian") == []
