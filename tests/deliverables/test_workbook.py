"""A workbook as openpyxl and LibreOffice read it, whatever the schools are called."""

from __future__ import annotations

import dataclasses
import io
import itertools
import os
import re
import shutil
import subprocess
import warnings
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables import tables, workbook
from kalsel_gap.deliverables.provenance import day_of_writing
from kalsel_gap.deliverables.workbook import write_workbook
from kalsel_gap.deliverables.workbook_lists import PRINTED, column_words
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import LANGUAGES, Language, Text, plain
from tests.deliverables.test_tables import HOSTILE

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine

SHEETS = {
    "en": [
        *("Summary", "Priorities", "Without a rank", "Kab. Gunung Contoh", "Kab. Muara Contoh"),
        *("Dinas of the province", "Dinas Kab. Gunung Contoh", "Dinas Kab. Muara Contoh"),
        *("Kemenag", "Private schools", "Data dictionary", "Findings", "Method and sources"),
    ],
    "id": [
        *("Ringkasan", "Prioritas", "Tanpa peringkat", "Kab. Gunung Contoh", "Kab. Muara Contoh"),
        *("Dinas Provinsi", "Dinas Kab. Gunung Contoh", "Dinas Kab. Muara Contoh"),
        *("Kemenag", "Sekolah swasta", "Kamus data", "Temuan", "Metode dan sumber"),
    ],
}
# Names that XML, spreadsheets or sheets could take for something else.
NAMES = (*HOSTILE, "<r><t>kaya</t></r>", "_x0041_", "&P & &D", "\U0001f3eb SD")
KABUPATEN = (
    '=HYPERLINK("http://x";"klik")',
    "Kab. [A]:*?/\\B",
    f"Kab. {'panjang ' * 8}satu",
    f"KAB. {'panjang ' * 8}dua",
    "'Kab. petik'",
    "History",
    "\U0001f3eb" * 31,
)


class Written(NamedTuple):
    """A workbook, and its bytes."""

    content: bytes
    book: Any

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a list by the labels of its columns."""
        head, *rows = self.book[name].iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]


def written(run: Run, language: Language, folder: Path, **view: Any) -> Written:
    path = folder / "list.xlsx"
    write_workbook(run, tables.View(**view), path, Text(language))
    content = path.read_bytes()
    path.unlink()
    return Written(content, read(io.BytesIO(content)))


def read(file: io.BytesIO | Path) -> Any:
    with warnings.catch_warnings():  # it does not know what draws the bars
        warnings.filterwarnings("ignore", ".*extension is not supported", UserWarning)
        return openpyxl.load_workbook(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workbooks")


@pytest.fixture(scope="module")
def books(tiny: Run, folder: Path) -> dict[Language, Written]:
    return {language: written(tiny, language, folder) for language in LANGUAGES}


def labels(run: Run, language: Language) -> dict[str, str]:
    return {name: label for name, (label, _) in column_words(run, Text(language)).items()}


def replaced(run: Run, **values: Any) -> Run:
    return dataclasses.replace(run, schools=run.schools.assign(**values))


def hostile_run(tiny: Run) -> Run:
    """The run with hostile names of schools, areas, operators, findings and project."""
    count = len(tiny.schools)
    names = [NAMES[n % len(NAMES)] for n in range(count)]
    manifest = tiny.manifest | {"project": '=1+1 & "&P" <r>'}
    findings = tiny.findings.assign(value=[NAMES[n % len(NAMES)] for n in tiny.findings.index])
    run = replaced(
        tiny,
        name=names,
        kecamatan=names[::-1],
        best_operator=names,
        kabupaten=[KABUPATEN[n % len(KABUPATEN)] for n in range(count)],
    )
    return dataclasses.replace(run, manifest=manifest, findings=findings)


@pytest.fixture(scope="module")
def hostile(tiny: Run, folder: Path) -> Written:
    return written(hostile_run(tiny), "id", folder)


# --- what it holds -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_cells_are_typed(language: Language, tiny: Run, books: dict[Language, Written]) -> None:
    book = books[language].book
    assert book.sheetnames == SHEETS[language]
    sheet, named = book[SHEETS[language][1]], labels(tiny, language)
    head = [cell.value for cell in sheet[1]]
    assert head[: len(PRINTED)] == [named[name] for name in PRINTED]
    assert set(head) <= set(named.values())
    at = {name: head.index(label) + 1 for name, label in named.items() if label in head}
    known = tables.select(tiny.schools, tables.View())
    known = known[known["rank"].notna()]
    assert sheet.max_row == 1 + len(known) == 12
    formats = {
        "rank": "#,##0",
        "students": "#,##0",
        "deficit": "0.00",
        "priority": "0.00",
        "completeness": "0%",
        "p_top_k": "0%",
        "best_level_dbm": "#,##0.0",
    }
    for row, school in enumerate(known.to_dict("records"), start=2):
        npsn = sheet.cell(row, at["npsn"])
        assert (npsn.value, npsn.data_type, npsn.number_format) == (school["npsn"], "s", "@")
        assert sheet.cell(row, at["name"]).quotePrefix
        for name, number_format in formats.items():
            cell = sheet.cell(row, at[name])
            if pd.isna(school[name]):
                assert isinstance(cell.value, str), name
                continue
            assert (cell.data_type, cell.number_format) == ("n", number_format), name
            assert cell.value == pytest.approx(round(school[name], 4), abs=0.05)
        tier = sheet.cell(row, at["tier_label"])
        assert tier.value  # a word, and a colour besides
        assert tier.fill.fgColor.rgb not in {"00000000", tier.font.color.rgb}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_filtered_frozen_explained_and_printed(
    language: Language, tiny: Run, books: dict[Language, Written]
) -> None:
    named = labels(tiny, language)
    for name in SHEETS[language][1:10]:
        sheet = books[language].book[name]
        assert sheet.freeze_panes == "D2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (14, "landscape")
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (int(sheet.page_setup.fitToWidth or 1), int(sheet.page_setup.fitToHeight)) == (1, 0)
        assert sheet.print_title_rows == "$1:$1"
        assert re.search(r"\$A\$1:\$R\$\d+", sheet.print_area)
        assert "&P" in (footer := sheet.oddFooter.right.text)
        assert "&N" in footer
        standing = tables.standing_sentence(tiny, Text(language))
        assert standing in sheet.oddFooter.left.text
        notes = {cell.value: cell.comment.text for cell in sheet[1]}
        described = dict(column_words(tiny, Text(language)).values())
        assert notes == {label: described[label] for label in notes}
        bars = {
            str(ranges.sqref).partition(":")[0].rstrip("0123456789"): rules
            for ranges, rules in sheet.conditional_formatting._cf_rules.items()
        }
        assert [sheet[f"{column}1"].value for column in sorted(bars)] == [
            named["deficit"],
            named["priority"],
        ]
        assert {rule.type for rules in bars.values() for rule in rules} == {"dataBar"}
        for cell in sheet[1]:
            assert cell.alignment.wrap_text
            width = sheet.column_dimensions[cell.column_letter].width
            assert max(map(len, cell.value.split())) < width


def test_each_school_stands_where_its_budget_is(tiny: Run, books: dict[Language, Written]) -> None:
    english, named = books["en"], labels(tiny, "en")
    every = sorted(tiny.schools["npsn"])

    def npsn(name: str) -> list[str]:
        return [row[named["npsn"]] for row in english.rows(name)]

    lists = SHEETS["en"][1:10]
    found = {name: npsn(name) for name in lists}
    assert sorted(found["Priorities"] + found["Without a rank"]) == every
    assert sorted(itertools.chain(*(found[name] for name in lists[2:4]))) == every
    assert sorted(itertools.chain(*(found[name] for name in lists[4:]))) == every
    assert found["Without a rank"] == ["00000107", "00000113"]
    reasons = {row[named["reason_text"]] for row in english.rows("Without a rank")}
    assert reasons == {"no usable location"}
    facts = tiny.schools.set_index("npsn")[["authority", "ownership"]]
    assert set(facts.loc[found["Kemenag"], "authority"]) == {"kemenag"}
    assert set(facts.loc[found["Private schools"], "ownership"]) == {"private"}
    assert set(facts.loc[found["Dinas of the province"], "authority"]) == {"province"}
    dinas = facts.loc[found["Dinas Kab. Gunung Contoh"]]
    assert set(dinas["authority"]) == {"kabupaten"}
    assert "private" not in set(dinas["ownership"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_is_a_word_in_every_list(
    language: Language, tiny: Run, books: dict[Language, Written]
) -> None:
    text, named = Text(language), labels(tiny, language)
    unknown = {text("unknown"), text("no rank"), text("none")}
    for name in SHEETS[language][1:10]:
        rows = books[language].rows(name)
        assert None not in {cell for row in rows for cell in row.values()}
        for row in rows:
            if isinstance(row[named["rank"]], str):
                assert row[named["rank"]] == text("no rank")
                assert row[named["deficit"]] == row[named["tier_label"]] == text("unknown")
            for column in ("students", "deficit", "priority", "delivered", "available"):
                assert not isinstance(row[named[column]], str) or row[named[column]] in unknown
    school = tiny.schools.set_index("npsn")
    silent = set(school.index[(school["available"] == 0.0) & school["best_technology"].isna()])
    assert silent
    for row in books[language].rows(SHEETS[language][1]):
        if row[named["npsn"]] in silent:
            assert row[named["best_technology"]] == text("none")


def texts_of(sheet: Any) -> list[str]:
    return [str(v) for row in sheet.iter_rows(values_only=True) for v in row if v is not None]


def test_the_summary_counts_what_the_run_holds(tiny: Run, books: dict[Language, Written]) -> None:
    sheet = books["en"].book["Summary"]
    rows = [list(filter(lambda v: v is not None, r)) for r in sheet.iter_rows(values_only=True)]
    assert ["Kab. Gunung Contoh", 3, 0, 0, 1, 1, 0, 1, 6, 3] in rows
    assert ["all", 3, 1, 2, 3, 2, 0, 2, 13, 8] in rows
    said = texts_of(sheet)
    assert "SYNTHETIC DATA: every school is invented. Not for decisions." in said
    assert tables.standing_sentence(tiny, Text("en")) in said
    assert any("3 of 11 schools are critical" in each for each in said)
    assert ["no usable location", 2] in rows
    offices = ("Dinas", "Kemenag", "Private")
    counted = [row for row in rows if len(row) == 10 and str(row[0]).startswith(offices)]
    assert [sum(column) for column in list(zip(*counted, strict=True))[1:]] == [
        *(3, 1, 2, 3, 2, 0, 2, 13, 8)
    ]
    links = {cell.value: cell.hyperlink.location for (cell,) in sheet["A1:A200"] if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in SHEETS["en"][1:]}


def test_rows_that_repeat_a_school_are_counted_apart(tiny: Run, folder: Path) -> None:
    schools = tiny.schools
    repeated = schools["npsn"] == "00000113"  # without a place, in Kab. Gunung Contoh
    reasons = schools["unranked_reason"].mask(repeated, "duplicate")
    made = written(replaced(tiny, is_duplicate=repeated, unranked_reason=reasons), "en", folder)
    sheet = made.book["Summary"]
    rows = [list(filter(lambda v: v is not None, r)) for r in sheet.iter_rows(values_only=True)]
    assert ["Kab. Gunung Contoh", 3, 0, 0, 1, 1, 0, 0, 5, 3] in rows
    listed = {row[0]: row[1:3] for row in rows if len(row) == 4}
    assert listed["Kab. Gunung Contoh"] == [5, 1]
    assert listed["Without a rank"] == [1, 1]
    assert listed["Priorities"] == [11, 0]
    said = texts_of(sheet)
    assert "Schools without a rank: 1 (no usable location: 1)." in said
    assert "Rows not counted (repeated rows and closed schools): 1." in said


def test_the_length_of_the_list_stands_in_place_of_k(
    tiny: Run, books: dict[Language, Written], folder: Path
) -> None:
    k = int(tiny.manifest["certainty"]["k"])
    head = [cell.value for cell in books["en"].book["Priorities"][1]]
    assert f"Chance to be among the first {k}" in head
    assert f"Among the first {k}" in head
    assert f"Peluang termasuk {k} pertama" in [c.value for c in books["id"].book["Prioritas"][1]]
    unknown = dataclasses.replace(tiny, manifest={**tiny.manifest, "certainty": {}})
    head = [cell.value for cell in written(unknown, "en", folder).book["Priorities"][1]]
    assert "Chance to be among the first k" in head


def test_nothing_in_a_list_is_written_smaller(books: dict[Language, Written]) -> None:
    """What does not fit is broken into lines."""
    for name in SHEETS["id"][1:10]:
        for row in books["id"].book[name].iter_rows():
            assert not any(cell.alignment.shrink_to_fit for cell in row)


def test_dictionary_findings_and_sources(tiny: Run, books: dict[Language, Written]) -> None:
    english = books["en"]
    words = english.rows("Data dictionary")
    assert [row["Column"] for row in words] == [c.value for c in english.book["Priorities"][1]]
    assert {row["Code"] for row in words} <= set(schema.BY_NAME)
    findings = english.rows("Findings")
    assert len(findings) == len(tiny.findings)
    severities = [row["Severity"] for row in findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert all(row["Finding"] for row in findings)
    assert {row["Row"] for row in findings if not isinstance(row["Row"], int)} <= {"", None}
    sheet = english.book["Method and sources"]
    files = {
        row[1].value: row for row in sheet.iter_rows() if str(row[1].value).endswith(("csv", "tif"))
    }
    assert set(files) <= {item["file"] for item in tiny.manifest["inputs"].values()}
    dated = [row[2] for row in files.values() if row[2].is_date]
    assert {cell.number_format for cell in dated} == {"yyyy-mm-dd"}
    stated = tiny.manifest["parameters"]["schools.0.date"]
    assert files["schools.csv"][2].value.date().isoformat() == stated
    assert files["schools.csv"][0].value == "Register of schools"
    facts = {row[0].value: row[1].value for row in sheet.iter_rows(max_row=20)}
    assert facts["Publisher"] == facts["Contact"] == "not stated"
    assert facts["Licence of this workbook"] == "not stated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_properties_of_the_document(
    language: Language, tiny: Run, books: dict[Language, Written]
) -> None:
    book, text = books[language].book, Text(language)
    assert book.properties.title.startswith(text("Schools to connect first"))
    assert book.properties.subject == tables.standing_sentence(tiny, text)
    assert book.properties.created.date() == day_of_writing(tiny)
    assert book.custom_doc_props["Language"].value == language


def test_the_same_run_gives_the_same_bytes(
    tiny: Run, books: dict[Language, Written], folder: Path
) -> None:
    assert written(tiny, "id", folder).content == books["id"].content
    assert books["en"].content != books["id"].content


# --- which schools -------------------------------------------------------------------------------


def test_a_choice_and_a_limit_are_named_and_lose_no_school_without_a_rank(
    tiny: Run, folder: Path
) -> None:
    named = labels(tiny, "en")
    made = written(tiny, "en", folder, top=2, kabupaten=("Gunung Contoh",), by="priority")
    shown = [row[named["npsn"]] for row in made.rows("Priorities")]
    expected = tables.select(tiny.schools, tables.View("priority", 2, ("Gunung Contoh",)))
    assert shown == list(expected["npsn"])
    assert [row[named["npsn"]] for row in made.rows("Without a rank")] == ["00000113"]
    assert "Kab. Muara Contoh" not in made.book.sheetnames
    said = " ".join(texts_of(made.book["Summary"]))
    assert "Only the schools of this choice: --kabupaten Gunung Contoh." in said
    assert "The lists hold only the first 2 of 5 schools with a rank" in said
    assert "The rank is by priority" in said
    rows = made.book["Findings"].max_row - 1
    assert 0 < rows < len(tiny.findings)


def test_a_run_without_draws_or_ranks_has_no_columns_of_them(tiny: Run, folder: Path) -> None:
    drawn = ("rank_p05", "rank_p50", "rank_p95", "p_top_k", "top_k_label", "top_k_set")
    nothing = {name: tiny.schools[name].iloc[:0].reindex(tiny.schools.index) for name in drawn}
    rank = tiny.schools["rank"].iloc[:0].reindex(tiny.schools.index)
    unranked: dict[str, Any] = {"rank": rank, "unranked_reason": "no_evidence"}
    made = written(replaced(tiny, **nothing, **unranked), "en", folder)
    head = [cell.value for cell in made.book["Priorities"][1]]
    assert not {labels(tiny, "en")[name] for name in drawn} & set(head)
    assert made.book["Priorities"].max_row == 1
    assert made.book["Without a rank"].max_row == 14
    assert "No school has a rank." in " ".join(texts_of(made.book["Summary"]))


def test_a_trial_is_named_on_every_sheet_and_page(tiny: Run, folder: Path) -> None:
    manifest = tiny.manifest | {"overrides": {"index.lambda": 0.5}}
    made = written(dataclasses.replace(tiny, manifest=manifest), "en", folder)
    sentence = "Trial, not the official list: index.lambda=0.5."
    for sheet in made.book:
        assert sentence in sheet.oddFooter.left.text
    assert sentence in texts_of(made.book["Summary"])
    assert {row["Trial"] for row in made.rows("Kemenag")} == {"index.lambda=0.5"}


def test_more_schools_than_rows_are_refused(
    tiny: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 13)
    with pytest.raises(InputError) as caught:
        written(tiny, "en", folder)
    assert caught.value.code == "workbook_too_long"
    assert (caught.value.params["most"], caught.value.params["count"]) == (12, 13)
    assert not list(folder.iterdir())


# --- hostile texts -------------------------------------------------------------------------------


def test_nothing_in_it_is_executed(hostile: Written) -> None:
    with zipfile.ZipFile(io.BytesIO(hostile.content)) as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert not [
        name for name in parts if re.search("external|connection|macro|vba", name, re.IGNORECASE)
    ]
    for name, part in parts.items():
        assert not re.search(r"<f[ >]|TargetMode|ddeLink|<r><t>", part), name
        ET.fromstring(part.encode())
    with zipfile.ZipFile(io.BytesIO(hostile.content)) as archive:  # no clock
        assert {info.date_time[:2] for info in archive.infolist()} == {(1980, 1)}
    for sheet in hostile.book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                if isinstance(cell.value, str):
                    assert plain(cell.value) == cell.value
                    assert cell.quotePrefix or cell.row == 1 or cell.hyperlink or cell.font.b
    assert plain(hostile.book.properties.title) == hostile.book.properties.title


def test_hostile_names_stay_names(tiny: Run, hostile: Written) -> None:
    named = labels(tiny, "id")
    lists = ("Prioritas", "Tanpa peringkat")
    shown = {row[named["name"]].strip() for name in lists for row in hostile.rows(name)}
    # openpyxl does not undo the escape of what looks like one itself.
    assert {each.replace("_x005F_", "_") for each in shown} == {
        plain(name).strip() for name in NAMES[: len(tiny.schools)]
    }
    names = hostile.book.sheetnames
    assert len({each.casefold() for each in names}) == len(names)
    for each in names:
        assert 0 < len(each.encode("utf-16-le")) // 2 <= 31
        assert not set("[]:*?/\\") & set(each)
        assert each.strip("'") == each
        assert each.casefold() != "history"
    footer = hostile.book["Prioritas"].oddHeader.left.text
    assert "&P" not in footer.replace("&&", "")


@pytest.mark.skipif(os.name == "nt", reason="LibreOffice is called otherwise there")
def test_libreoffice_in_an_indonesian_locale(hostile: Written, tiny: Run, tmp_path: Path) -> None:
    """It shows the same: numbers with a decimal comma, numbers of schools as texts, no formula."""
    if shutil.which("soffice") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("LibreOffice is missing")
        pytest.skip("LibreOffice is not here")
    profile = tmp_path / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items '
        'xmlns:oor="http://openoffice.org/2001/registry"><item '
        'oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" '
        'oor:op="fuse"><value>id-ID</value></prop></item></oor:items>'
    )
    (tmp_path / "list.xlsx").write_bytes(hostile.content)
    command = [
        *("soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"),
        *("--convert-to", "fods", "--outdir", str(tmp_path), str(tmp_path / "list.xlsx")),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    root = ET.parse(tmp_path / "list.fods").getroot()
    space = {
        short: f"urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"
        for short in ("table", "office", "text")
    }

    def key(short: str, name: str) -> str:
        return f"{{{space[short]}}}{name}"

    assert key("table", "formula") not in {name for each in root.iter() for name in each.attrib}
    sheets = {
        sheet.attrib[key("table", "name")]: sheet for sheet in root.iter(key("table", "table"))
    }
    assert list(sheets) == hostile.book.sheetnames
    rows = []
    for line in sheets["Prioritas"].iter(key("table", "table-row")):
        cells: list[tuple[str, str]] = []
        for cell in line.findall("table:table-cell", space):
            shown = "".join("".join(p.itertext()) for p in cell.findall("text:p", space))
            kind = cell.attrib.get(key("office", "value-type"), "")
            times = int(cell.attrib.get(key("table", "number-columns-repeated"), "1"))
            cells += [(kind, shown)] * min(times, 50)
        rows.append(cells)
    head = [shown for _, shown in rows[0]]
    named = labels(tiny, "id")
    at = {name: head.index(named[name]) for name in ("rank", "npsn", "deficit", "completeness")}
    listed = [row for row in rows[1:] if len(row) > at["npsn"] and row[at["npsn"]][1]]
    assert len(listed) == 11
    for row in listed:
        assert row[at["npsn"]][0] == "string"
        assert re.fullmatch(r"0{5}\d{3}", row[at["npsn"]][1])
        assert row[at["rank"]][0] == row[at["deficit"]][0] == "float"
        assert re.fullmatch(r"\d,\d\d", row[at["deficit"]][1])
        assert re.fullmatch(r"\d+%", row[at["completeness"]][1].replace(" ", ""))
    assert len(list(sheets["Prioritas"].iter(key("office", "annotation")))) >= len(PRINTED)


# --- a workbook that is open ---------------------------------------------------------------------


def test_a_workbook_that_is_open_stays_and_the_new_one_stands_beside_it(
    ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, second = ranked / "list.xlsx", ranked / "list-2.xlsx"
    command = ("export", "xlsx", "--project", ranked, "--quiet", "--out", out)
    assert (cli(*command).status, cli(*command).err) == (0, "")
    first = out.read_bytes()
    lock = ranked / "~$list.xlsx"
    lock.write_bytes(b"\x05admin")
    answer = cli(*command, "--top", "1")
    assert answer.status == 0
    assert answer.err.splitlines() == [
        f"{out} is open in another program and was not replaced. Written instead: {second}",
        f"If no program has it open, delete {lock} and run the command again.",
    ]
    assert out.read_bytes() == first != second.read_bytes()
    lock.unlink()

    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:  # as Windows does while Excel has it open
        if target == out:
            raise PermissionError(13, "The process cannot access the file", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    answer = cli(*command)
    third = ranked / "list-3.xlsx"
    words = f"{out} is open in another program and was not replaced. Written instead: {third}\n"
    assert (answer.status, answer.err) == (0, words)
    assert out.read_bytes() == third.read_bytes() == first
    assert not list(ranked.glob(".tmp*"))


def test_a_csv_that_is_open_too(ranked: Path, cli: CommandLine) -> None:
    out = ranked / "list.csv"
    command = ("export", "csv", "--project", ranked, "--quiet", "--out", out)
    assert cli(*command).status == 0
    (ranked / ".~lock.list.csv#").write_text(",admin,kantor,;")
    answer = cli(*command)
    assert f"Written instead: {ranked / 'list-2.csv'}" in answer.err
    assert (ranked / "list-2.csv").read_bytes() == out.read_bytes()


def test_a_run_that_is_older_than_its_inputs_says_so(ranked: Path, cli: CommandLine) -> None:
    with (ranked / "schools.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    out = ranked / "list.xlsx"
    assert cli("export", "xlsx", "--project", ranked, "--lang", "en", "--out", out).status == 0
    said = texts_of(read(out)["Summary"])
    assert any(each.startswith("This run is older than schools.csv.") for each in said)
    wrong = cli("export", "xlsx", "--project", ranked, "--out", out, "--kabupaten", "x")
    assert wrong.status == 1
    assert "“x”" in wrong.err
