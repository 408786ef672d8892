"""Codes and sentences go together, and no name of a school breaks a sentence."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kalsel_gap
from kalsel_gap import cli, errors, schema
from kalsel_gap.findings import COLUMNS, SEVERITIES, Finding, to_frame
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.index import Index
from kalsel_gap.project.read import read_project
from tests.conftest import command_paths, package_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject

OURS = {"KalselGapError", "ProjectError", "InputError", "OutputError"}
HOSTILE = (
    *("{x}", "{0}", "{", "}", "{}", "{value!r:>10}", "{x.__class__}", "%s", "%(x)s", "${7*7}"),
    *(
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "[bold red]",
        "[/]",
        "\x1b[31m",
        "\u202e",
        "\0",
    ),
)
EVIL = st.sampled_from(HOSTILE) | st.text()
LANGUAGE = st.sampled_from(LANGUAGES)


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@cache
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(source) for name, source in package_sources().items()}


def holds_models(tree: ast.Module) -> bool:
    """Whether a validator here says ValueError(code): pydantic makes the rest of the error."""
    return any(isinstance(n, ast.ImportFrom) and n.module == "pydantic" for n in ast.walk(tree))


def codes(argument: ast.expr) -> Iterator[str]:
    """The code that is given: as it stands, or every one that an f-string can become."""
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.JoinedStr):
        parts = [str(v.value) if isinstance(v, ast.Constant) else r"\w+" for v in argument.values]
        yield from (code for code in messages.ERRORS if re.fullmatch("".join(parts), code))


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """Every error that the sources make: its place, its code and what it is given."""
    for module, tree in trees().items():
        validates = holds_models(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            code = getattr(node.args[0], "value", None)
            place = f"{module}:{node.lineno}"
            if name == "ValueError" and validates:
                assert isinstance(code, str), place
                # What project/invalid.py adds.
                more = {"value", "known"} if code == "plan_envelope_form" else set()
                yield place, code, {"path", "column"} | more
            elif name == "reading":  # it makes the error of whatever a library raises
                yield place, str(getattr(node.args[1], "value", None)), {"path", "reason"}
            elif name in OURS:
                given = {str(keyword.arg) for keyword in node.keywords}
                yield from ((place, each, given) for each in codes(node.args[0]))
    for code, pattern in cli._USAGE.items():
        yield "cli/__init__.py:usage", code, set(re.compile(pattern).groupindex)
    yield "errors.py", errors.SeveralErrors([]).code, set(errors.SeveralErrors([]).params)


# --- errors -------------------------------------------------------------------------------------


def test_every_error_has_a_sentence_and_every_sentence_an_error() -> None:
    assert {code for _, code, _ in raised()} == set(messages.ERRORS)


def unsaid(code: str, given: set[str], language: Language) -> Iterator[str]:
    """What is wrong with the line of an error that is given these parameters."""
    params: dict[str, Any] = {name: 3 if name == "row" else f"<{name}>" for name in given}
    try:
        lines = messages.error_lines(errors.KalselGapError(code, **params), Text(language))
    except KeyError as missing:
        yield f"{missing.args[0]} is mentioned and not given"
        return
    if len(lines) != 1:
        yield f"{len(lines)} lines"
    line = "\n".join(lines)
    if "None" in line or re.search(r"\{\w*\}", line):  # a TOML table has braces of its own
        yield f"a gap in {line!r}"
    # Ways with money alone belong to the changes: a text in their place is none.
    for name in sorted(given - {"suggestion", "section", "money"}):
        if str(params[name]) not in line:
            yield f"{name} is given and not shown"


def test_an_error_is_given_what_its_sentence_mentions() -> None:
    assert [
        f"{place}: {code} ({language}): {fault}"
        for place, code, given in raised()
        if code in messages.ERRORS  # where it is not, the test above says so
        for language in LANGUAGES
        for fault in unsaid(code, given, language)
    ] == []


def test_what_an_error_leaves_unsaid_is_seen() -> None:
    assert list(unsaid("file_empty", {"path"}, "en")) == []
    assert list(unsaid("file_empty", {"path", "bytes"}, "en")) == ["bytes is given and not shown"]
    given = {"path", "row", "raeson"}
    assert list(unsaid("table_broken", given, "id")) == ["reason is mentioned and not given"]


def test_several_errors_are_one_line_each() -> None:
    faults: list[errors.KalselGapError] = [
        errors.InputError("file_empty", path="schools.csv"),
        errors.InputError("table_broken", path="a.csv", row=7, reason="?"),
        errors.ProjectError("key_missing", path="kalsel-gap.toml", column="schools.path"),
    ]
    assert messages.error_lines(errors.SeveralErrors(faults), Text("en")) == [
        "schools.csv: the file is empty. Was it copied completely?",
        "a.csv, row 7: the table is broken here: ?. Is a closing quotation mark missing?",
        "kalsel-gap.toml, schools.path: this key is required.",
    ]


def test_a_suggestion_follows_the_sentence() -> None:
    fault = errors.InputError("file_missing", path="dm.tif", section="dem", suggestion="dem.tif")
    (line,) = messages.error_lines(fault, Text("id"))
    assert line == "dm.tif: berkas tidak ditemukan ([dem]). Mungkin maksud Anda “dem.tif”?"


@given(st.sampled_from(sorted(messages.ERRORS)), EVIL, LANGUAGE)
def test_no_value_breaks_an_error(code: str, evil: str, language: Language) -> None:
    mentioned = names(messages.ERRORS[code]) | {"suggestion", "path"}
    given: dict[str, Any] = dict.fromkeys(mentioned, evil)
    (line,) = messages.error_lines(errors.KalselGapError(code, **given), Text(language))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)


# --- words of libraries -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("elevation.band=x", "harus bilangan bulat"),
        ("elevation.band=1.5", "harus bilangan bulat"),
        ("elevation.band=0", "paling kecil 1"),
        ("index.nodes.students.weight=x", "harus angka"),
        ("index.nodes.students.weight=nan", "harus angka"),
        ("index.nodes.students.weight=-1", "paling kecil 0"),
        ("project.name=1", "harus teks di antara tanda kutip"),
        ("schools=[]", "isi sedikitnya 1"),
        ("schools=[{path='schools.csv', adds_rows='perhaps'}]", "harus true atau false"),
        ("boundaries.capitals={a=[1, 2, 3]}", "isi sebanyak-banyaknya 2"),
        ("boundaries.capitals={a=[95, 2]}", "paling besar 90"),
        ("coastline.land=7", "harus daftar di antara kurung siku"),
        ("elevation=7", "harus bagian yang berisi kunci"),
        ("project.language=fr", "pilihannya: id, en."),
    ],
)
def test_what_does_not_fit_is_said_in_the_readers_language(
    project: MakeProject, option: str, words: str
) -> None:
    with pytest.raises(errors.SeveralErrors) as raised:
        project(options=(option,))
    lines = messages.error_lines(raised.value, Text("id"))
    assert any(words in line for line in lines), lines
    assert not any("nput should" in line for line in lines), lines


@pytest.mark.parametrize(
    ("toml", "words"),
    [("a = 1\nb c", "periksa baris 2, karakter 3"), ("a = [", "isinya terputus di akhir")],
)
def test_where_a_project_file_breaks(tmp_path: Path, toml: str, words: str) -> None:
    path = tmp_path / "kalsel-gap.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(errors.ProjectError) as raised:
        read_project(path)
    assert words in messages.error_lines(raised.value, Text("id"))[0]


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        ("rnk", "command_unknown", "“rank”"),
        ("export cvs", "command_unknown", "“csv”"),
        ("xyz", "command_unknown", "“xyz”"),
        ("rank --bogus", "option_unknown", "--bogus"),
        ("rank --projec=3", "option_unknown", "“--project”"),
        ("rank -z", "option_unknown", "-z"),
        ("rank --top", "option_without_value", "--top"),
        ("export gpkg", "option_missing", "--out / -o harus diisi."),
        ("rank --quiet=1", "option_with_value", "--quiet"),
        ("rank extra bits", "arguments_surplus", "“extra bits”"),
        ("rank --format xml", "value_not_a_choice", "table, csv, json"),
        ("rank --lang fr", "value_not_a_choice", "--lang: “fr”"),
        ("rank --top abc", "value_unfit", "harus bilangan bulat"),
        ("rank --top 0", "value_unfit", "paling kecil 1"),
        ("predict --report", "command_split", "“kalsel-gap predict validate”"),
        ("rank -- {x}", "arguments_surplus", "“{x}”"),
    ],
)
def test_a_wrong_command_line_is_explained_in_the_readers_language(
    arguments: str,
    code: str,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KALSEL_GAP_LANG", "id")
    with pytest.raises(SystemExit) as end:
        cli.main(arguments.split())
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    fault, help_line = said.err.splitlines()
    assert fault.startswith("kalsel-gap: kesalahan: ")
    assert re.fullmatch(r"Bantuan: kalsel-gap[a-z ]* --help", help_line)
    parts = [literal for literal, *_ in Formatter().parse(Text("id")(messages.ERRORS[code]))]
    assert all(part in fault for part in parts)
    assert shown in fault


@pytest.mark.parametrize("arguments", [[], ["export"], ["predict"]])
def test_without_a_command_the_help_is_shown(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KALSEL_GAP_LANG", "id")
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Cara pakai: kalsel-gap")


def test_a_help_page_has_no_word_of_the_other_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KALSEL_GAP_LANG", "id")
    english = re.compile(r"\b(?:Usage|Options|Commands?|Show|the|of|and|or|default|required)\b")
    faults = []
    for path in command_paths():
        with pytest.raises(SystemExit) as end:
            cli.main([*path, "--help"])
        page = capsys.readouterr().out
        if end.value.code != 0 or not page:
            faults.append(f"{' '.join(path)}: no page of help")
        faults += [
            f"{' '.join(path)}: {line.strip()}"
            for line in page.splitlines()
            if english.search(line)
        ]
    assert faults == []


# --- findings -----------------------------------------------------------------------------------


def test_every_finding_has_a_sentence_and_every_sentence_a_finding() -> None:
    assert set(messages.FINDINGS) == set(SEVERITIES)


def test_a_finding_is_given_what_its_sentence_mentions() -> None:
    """Where the code stands in the call; the others are found by the runs below."""
    faults = []
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Finding":
                continue
            code = getattr(node.args[0], "value", None)
            if not isinstance(code, str):
                continue
            parameters = next((k.value for k in node.keywords if k.arg == "parameters"), None)
            if not isinstance(parameters, ast.Dict | None):
                continue
            keys = parameters.keys if parameters else []
            given = {str(k.arg) for k in node.keywords}
            given |= {str(getattr(key, "value", None)) for key in keys}
            lacking = names(messages.FINDINGS.get(code, "")) - given
            if lacking:
                faults.append(f"{module}:{node.lineno}: {code} lacks {sorted(lacking)}")
    assert faults == []


def sentences(run: Run, language: Language) -> dict[str, str]:
    text = Text(language)
    rows = run.findings.to_dict("records")
    return {str(row["code"]): messages.finding_sentence(row, text) for row in rows}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_findings_of_a_run_are_told(
    project: MakeProject, tmp_path: Path, language: Language
) -> None:
    rows = (
        "npsn,nama,bentuk,status,kabupaten,lintang,bujur\n"
        "00000101,{x},ZZ,?,Kab. Muara Conto,-2.93,115.32\n"
        "00000102,${7*7},SD,N,Kab. Muara Contoh,abc,115.32\n"
        "00000102,%s,SD,N,Kab. Muara Contoh,,\n"
        ",=1+1,SD,N,Kab. Muara Contoh,95,115\n"
        "{},[/],SD,N,Kab. Muara Contoh,0,0\n"
    )
    pupils = "npsn,tahun,siswa\n00000101,2024,7\n00000101,2025,8\n"
    opened = project(files={"schools.csv": rows, "pupils.csv": pupils})
    run = kalsel_gap.open_project(opened.path).rank(out=tmp_path)
    told = sentences(run, language)
    assert {
        *("kabupaten_unknown", "level_unknown", "ownership_unknown", "npsn_missing"),
        *("npsn_malformed", "npsn_duplicate", "location_not_numeric", "location_zero"),
        "attribute_other_year",
    } <= set(told)
    assert "Kab. Muara Contoh" in told["kabupaten_unknown"]
    assert "“{}”" in told["npsn_malformed"]


@pytest.mark.real
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_findings_and_reasons_of_the_real_project_are_told(
    kalsel: Run, language: Language
) -> None:
    assert [code for code, said in sentences(kalsel, language).items() if not said] == []
    text = Text(language)
    rows = kalsel.schools.to_dict("records")
    assert [row["npsn"] for row in rows if not messages.reason(row, text)] == []


@given(st.sampled_from(sorted(messages.FINDINGS)), EVIL, LANGUAGE)
def test_no_value_breaks_a_finding(code: str, evil: str, language: Language) -> None:
    mentioned = names(messages.FINDINGS[code]) - set(COLUMNS)
    row = dict.fromkeys(COLUMNS, evil)
    given_ = json.dumps(dict.fromkeys(mentioned | {"message"}, evil))
    row |= {"code": code, "parameters": given_, "evidence": given_}
    told = messages.finding_sentence(row, Text(language))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)


def test_a_table_of_no_findings_tells_nothing() -> None:
    assert [messages.finding_sentence(r, Text()) for r in to_frame([]).to_dict("records")] == []


# --- reasons and names --------------------------------------------------------------------------


def test_every_leaf_of_the_index_that_may_hinder_has_words() -> None:
    from kalsel_gap.project.base import default_values

    index = Index.model_validate(default_values("index"))
    leaves = {name for name, node in index.nodes.items() if node.column}
    assert leaves == set(messages.HINDRANCES) == set(messages.HINDRANCE_SENTENCES)


def test_every_code_that_is_shown_has_a_name() -> None:
    shown = {
        *schema.GAP_TYPES,
        *schema.TERRAIN_CLASSES,
        *schema.OWNERSHIPS,
        *schema.AUTHORITIES,
        *set(SEVERITIES.values()),
    }
    assert shown <= set(messages.NAMES)
    assert {*schema.TIER_LABELS, "unknown"} == set(messages.TIER_NAMES)
    assert set(schema.UNRANKED_REASONS) <= set(messages.REASONS)
    assert set(messages.REASONS) == set(messages.REASON_SENTENCES)


def test_reasons_and_hindrances_mention_columns_only() -> None:
    tables = [
        (
            messages.REASONS,
            schema.BY_NAME.keys() | {"signal", "signal_there", "technology", "best_signal_percent"},
        ),
        (messages.HINDRANCES, schema.BY_NAME.keys()),
        (
            messages.REASON_SENTENCES,
            schema.BY_NAME.keys() | {"signal", "signal_there", "technology", "best_signal_percent"},
        ),
        (messages.HINDRANCE_SENTENCES, schema.BY_NAME.keys() | {"village", "terrain"}),
    ]
    assert [
        f"{code}: {{{name}}} is no column"
        for table, known in tables
        for code, sentence in table.items()
        for name in sorted(names(sentence) - known)
    ] == []


SCHOOL = {
    "reason": "poor_signal",
    "hindrance": "site",
    "best_technology": "4g",
    "best_level_dbm": -118.4,
    "site_4g_km": 3.84,
}


@pytest.mark.parametrize(
    ("change", "english", "indonesian"),
    [
        (
            {},
            "weak signal: 4G -118 dBm; 3.8 km to a 4G site",
            "sinyal lemah: 4G -118 dBm; 3,8 km dari menara 4G",
        ),
        (
            {"site_4g_km": 1234.5},
            "weak signal: 4G -118 dBm; 1,234 km to a 4G site",
            "sinyal lemah: 4G -118 dBm; 1.234 km dari menara 4G",
        ),
        (
            {"hindrance": None, "best_level_dbm": None},
            "weak signal: 4G",
            "sinyal lemah: 4G",
        ),
        (
            {"reason": "far_from_sites", "site_4g_km": None, "hindrance": ""},
            "no coverage data; 4G site ? km away",
            "tanpa data cakupan; menara 4G berjarak ? km",
        ),
        ({"reason": "adequate"}, "service is adequate", "layanan memadai"),
    ],
)
def test_reasons(change: dict[str, object], english: str, indonesian: str) -> None:
    row = {**SCHOOL, **change}
    assert messages.reason(row, Text("en")) == english
    assert messages.reason(row, Text("id")) == indonesian


@given(
    st.sampled_from(sorted(messages.REASONS)),
    st.sampled_from(sorted(messages.HINDRANCES)) | EVIL,
    st.dictionaries(
        st.sampled_from(sorted(messages.REASON_COLUMNS - {"reason", "hindrance"})),
        EVIL | st.none() | st.floats(-1e9, 1e9) | st.sampled_from([float("nan"), float("inf")]),
    ),
    LANGUAGE,
)
def test_no_value_breaks_a_reason(
    code: str, hindrance: str, values: dict[str, object], language: Language
) -> None:
    assert messages.reason({**values, "reason": code, "hindrance": hindrance}, Text(language))
    sentence = messages.reason_sentence(code, values, Text(language), is_leaf=False)
    assert sentence.endswith(".")
    assert messages.reason_sentence("own", values, Text(language), is_leaf=True) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vulnerability": 1.0, "village_index": 3}, "It is a special or inclusive school."),
        ({"vulnerability": 0.6, "village_index": 3}, "Its village is classed as Berkembang."),
        (
            {"vulnerability": 1.0, "village_index": 5},
            "Its village is classed as Sangat Tertinggal.",
        ),
        (
            {"vulnerability": 0.62, "village_index": 3, "poor_share": 0.62},
            "62 % of its pupils are poor.",
        ),
    ],
)
def test_the_sentence_of_a_vulnerable_school_names_what_makes_it_so(
    change: dict[str, object], words: str
) -> None:
    assert messages.reason_sentence("vulnerable", change, Text("en"), is_leaf=True) == words


def test_a_leaf_that_has_the_code_of_a_reason_has_its_own_sentence() -> None:
    row = {"adequate_school_km": 12.0}
    both = [messages.reason_sentence("adequate", row, Text("en"), is_leaf=n) for n in (True, False)]
    assert both == [
        "The nearest school with enough internet service is 12 km away.",
        "Its internet service is enough for what it needs.",
    ]


def test_several_findings_name_the_first_values() -> None:
    heights = ["3", "9", "3", "900", "1000"]
    rows = [
        Finding(
            "site_term_implausible", file="sites.csv", row=row, column="antenna_height_m",
            value=height, parameters={"known": "10 – 150"},
        )
        for row, height in enumerate(heights, start=2)
    ]  # fmt: skip
    said = messages.findings_sentence(to_frame(rows), Text("en"))
    assert said.startswith("3; 9; 900; … in “antenna_height_m” cannot be used: possible values ")
    said = messages.findings_sentence(to_frame(rows[:3]), Text("en"))
    assert said.startswith("3; 9 in “antenna_height_m”")
    stated = [
        Finding("site_term_stated", column="eirp_dbm", value="62", parameters={"count": count})
        for count in (7, 1234)
    ]
    said = messages.findings_sentence(to_frame(stated), Text("en"))
    assert "62 is used for the 1234; 7 sites" in said


@pytest.mark.parametrize(
    ("basis", "status", "told"),
    [
        ("predicted", "uncalibrated", " (predicted, uncalibrated)"),
        ("predicted", None, " (predicted, uncalibrated)"),
        ("predicted", "calibrated", " (predicted)"),
        ("measured", "uncalibrated", ""),
    ],
)
def test_silence_is_as_sure_as_what_it_rests_on(basis: str, status: str, told: str) -> None:
    row = {
        "reason": "no_signal",
        "hindrance": "",
        "available": 0.0,
        "best_basis": basis,
        "prediction_status": status,
    }
    text = Text("en")
    assert messages.reason(row, text) == f"no signal from any operator{told}"
    assert messages.signal(row, text) == f"none{told}"
    assert messages.signal({**row, "available": float("nan")}, text) == ""
    poor = {**row, "reason": "poor_network", "best_technology": "2g", "available": 0.02}
    assert messages.reason(poor, text) == f"only 2G there{told}"
