"""The pages say what the code does: generated ones are fresh, examples run, links resolve."""

from __future__ import annotations

import contextlib
import csv
import html
import importlib.util
import io
import os
import re
import shlex
import shutil
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from kalsel_gap import schema
from kalsel_gap.cli import app, main
from kalsel_gap.indicators import available
from kalsel_gap.project.base import DEFAULTS_FOLDER, OVERRIDABLE, default_values, merge
from kalsel_gap.project.model import Project
from kalsel_gap.project.read import FILE_NAME, read_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
TWINS = {
    page.with_name(page.name.replace(".id.md", ".md")): page
    for page in PAGES
    if page.name.endswith(".id.md")
}
TUTORIALS = [page for page in TWINS if page.name.startswith("tutorial-")]
GENERATED = (
    *("method.md", "method.id.md", "curves.svg", "curves.id.svg"),
    *("project-file.md", "data-dictionary.md", "commands.md", "commands.id.md"),
    "../ARCHITECTURE.md",
)
REGENERATE = "it is not what the code says now: run `make docs`"


def script(name: str) -> Any:
    """A script of docs/ as a module."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def fenced(language: str) -> list[tuple[str, str]]:
    """Fenced blocks of the pages and their names, each text once: twins share most of theirs.

    Those of the tutorials are left out: a test runs each tutorial as a whole.
    """
    found: dict[str, str] = {}
    for page in PAGES:
        if page.name.startswith("tutorial-"):
            continue
        blocks = re.findall(
            rf"^```{language}\n(.*?)^```",
            page.read_text(encoding="utf-8"),
            re.MULTILINE | re.DOTALL,
        )
        for number, block in enumerate(blocks, start=1):
            found.setdefault(block, f"{page.name}-{number}")
    return list(found.items())


def each(language: str) -> list[Any]:
    return [pytest.param(block, id=name) for block, name in fenced(language)]


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path below the top."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield path, command
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, (*path, name))

    yield from below(typer.main.get_command(app), ())


COMMANDS = [pytest.param(p, c, id=" ".join(("kalsel-gap", *p))) for p, c in commands()]


@pytest.fixture(scope="module", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache for all examples, as their reader has: the first one fills it."""
    folder = tmp_path_factory.mktemp("cache-of-docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KALSEL_GAP_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def folder(cache_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader of the examples has, in a folder of its own; ranked and planned once."""
    place = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "data", place / "data")
    shutil.copy(ROOT / "kalsel-gap.toml", place)
    with contextlib.chdir(place):
        assert run("kalsel-gap rank --quiet --top 1 --format csv") == 0
        assert run("kalsel-gap plan --quiet --top 1 --format csv") == 0
        assert run("kalsel-gap objections template --out form.csv --quiet") == 0
    return place


def run(line: str) -> int:
    """Exit status of a command line; that `check` found something is no failure."""
    program, *arguments = shlex.split(line)
    assert program == "kalsel-gap", line
    try:
        main(arguments)
    except SystemExit as end:
        found = arguments[:1] == ["check"] and end.code == 3
        return 0 if found else int(end.code or 0)
    return 0


# --- generated pages ---------------------------------------------------------------------------


def test_generated_pages_are_fresh() -> None:
    pages = script("generate").PAGES
    assert set(pages) == set(GENERATED)
    stale = [n for n, make in pages.items() if (DOCS / n).read_text(encoding="utf-8") != make()]
    assert stale == [], REGENERATE


def text_of(svg: str) -> list[str]:
    cells = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    return [cell for text in cells if (cell := html.unescape(text).strip())]


@pytest.mark.parametrize(("language", "name"), [("en", "rank.svg"), ("id", "rank.id.svg")])
def test_the_picture_is_fresh_and_asks_nobody_for_a_font(language: str, name: str) -> None:
    picture = script("picture")
    assert picture.PICTURES[language] == DOCS / name
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"]+", committed) == ["http://www.w3.org/2000/svg"]
    assert "@font-face" not in committed
    # Another version of rich draws other lines; what they say must be the same.
    assert text_of(committed) == text_of(picture.draw(language)), f"{name}: {REGENERATE}"


def test_the_other_files_of_a_run_have_the_columns_that_the_dictionary_lists(folder: Path) -> None:
    import pandas as pd

    generate = script("generate")
    runs = folder / "runs"
    latest = runs / (runs / "latest").read_text(encoding="utf-8").strip()
    for name, columns in (
        ("signals", generate.SIGNALS),
        ("sites", generate.SITES),
        ("horizons", generate.HORIZONS),
        ("service", generate.SERVICE),
        ("curves", generate.CURVES),
        ("distance_curve", generate.DISTANCE_CURVE),
        ("fact_values", generate.FACT_VALUES),
    ):
        assert set(pd.read_parquet(latest / f"{name}.parquet").columns) == set(columns)


# --- the method --------------------------------------------------------------------------------


def test_the_worked_school_digit_by_digit() -> None:
    school = script("worked").worked()
    expected = {
        "available": 0.21,
        "delivered": 0.1,
        "deficit": 0.825,
        "terrain": 0.683,
        "path": 0.625,
        "remoteness": 0.382,
        "barrier": 0.565,
        "need": 0.596,
        "priority": 0.653,
    }
    assert {name: round(school[name], 3) for name in expected} == expected
    assert school["tier"] == 1
    assert school["gap_type"] == "uncovered"
    assert sum(school["contributions"].values()) == pytest.approx(school["priority"])


def rows_after(marker: str) -> list[list[str]]:
    """Cells of the table below a marker of the method."""
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    block = text.partition(f"<!-- table: {marker} -->")[2].partition("<!-- end -->")[0]
    lines = [line for line in block.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_curves_agree_with_the_defaults() -> None:
    curves = default_values("signal")["curves"]
    rows = rows_after("curves")
    assert [row[0][:2].lower() for row in rows] == list(curves)
    for (_, points, declared), curve in zip(rows, curves.values(), strict=True):
        said = [tuple(float(x) for x in pair.split(":")) for pair in points.split(",")]
        assert said == [tuple(pair) for pair in curve["points"]]
        assert float(declared) == curve["declared"]
        for level, worth in said:
            assert float(available.from_level(level, curve["points"])) == worth


def test_the_leaves_agree_with_the_defaults() -> None:
    nodes = default_values("index")["nodes"]
    leaves = {name: node for name, node in nodes.items() if "column" in node}
    rows = {row[2].strip("`"): row for row in rows_after("trees")}
    assert list(rows) == list(leaves)
    for name, node in leaves.items():
        assert [float(x) for x in rows[name][5:]] == [node["best"], node["worst"], node["weight"]]
        assert rows[name][4].strip("`") == node["column"]


def test_every_section_that_a_source_names_exists() -> None:
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ (\d(?:\.\d)?)\.? ", text, re.MULTILINE))
    named = {
        column.source.removeprefix("docs/method.md §")
        for column in schema.COLUMNS
        if column.source.startswith("docs/method.md")
    }
    for name in OVERRIDABLE:
        defaults = (DEFAULTS_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        named |= set(re.findall(r"kalsel-gap method, section (\d(?:\.\d)?)", defaults))
    assert named
    assert named <= headings
    assert not [c.name for c in schema.COLUMNS if "METHODS" in c.source]


# --- commands and examples ---------------------------------------------------------------------


def test_every_command_and_option_is_documented() -> None:
    pages = (DOCS / "commands.md").read_text(encoding="utf-8")
    faults = []
    for path, command in commands():
        name = " ".join(("kalsel-gap", *path))
        part = pages.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        if not part:
            faults.append(f"{name}: no section")
        for parameter in command.params:
            if not getattr(parameter, "help", None):
                faults.append(f"{name}: {parameter.name} has no help")
            faults += [
                f"{name}: {option} is not in its section"
                for option in parameter.opts
                # An argument, such as NPSN, may be shown in capitals.
                if not re.search(rf"(?i)(?<![\w-]){re.escape(option)}(?![\w-])", part)
            ]
    assert faults == []


@pytest.mark.parametrize(("path", "command"), COMMANDS)
def test_the_example_at_the_end_of_each_help_runs(
    path: tuple[str, ...], command: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, last = re.split(r"\n\s*\n", command.help.strip())
    assert last.startswith("Example: kalsel-gap "), path
    monkeypatch.chdir(folder)
    assert run(" ".join(last.removeprefix("Example: ").split())) == 0


@pytest.mark.parametrize("block", each("console"))
def test_console_blocks_run(
    block: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    monkeypatch.chdir(folder)
    for line in block.splitlines():
        assert line.startswith("$ "), "say what is typed, not what comes back"
        typed = line.removeprefix("$ ")
        if typed.startswith("make "):
            assert re.search(rf"^{typed.split()[1]}:", makefile, re.MULTILINE), typed
        else:
            assert run(typed) == 0, capsys.readouterr().err


@pytest.fixture
def reader(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str], str]]:
    """Types a line as the reader of a tutorial does; what the terminal shows comes back."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KALSEL_GAP_LANG", "en")
    monkeypatch.setenv("COLUMNS", "120")

    def type_in(line: str) -> str:
        status = run(line)
        shown = capsys.readouterr()
        assert status == 0, f"{line}\n{shown.err}"
        return shown.out + shown.err

    yield type_in
    (folder / "repairs.csv").unlink(missing_ok=True)


WHAT_IFS = sorted(
    {
        line.removeprefix("$ ")
        for block, page in fenced("console")
        if "README" in page
        for line in block.splitlines()
        if " rank " in line and " --set " in line
    }
)


@pytest.mark.parametrize("typed", WHAT_IFS)
def test_a_what_if_of_the_readme_moves_schools(
    typed: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def listed(line: str) -> list[dict[str, str]]:
        capsys.readouterr()
        assert run(f"{line} --quiet --format csv") == 0
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    monkeypatch.chdir(folder)
    agreed, trial = listed(re.sub(r" --set \S+", "", typed)), listed(typed)
    assert [row["npsn"] for row in agreed] != [row["npsn"] for row in trial]
    assert agreed[0]["npsn"] != trial[0]["npsn"]
    for page in (ROOT / "README.md", ROOT / "README.id.md"):  # both say who comes first
        assert f" {float(trial[0]['students']):.0f} " in page.read_text(encoding="utf-8")


def test_the_readme_has_a_what_if() -> None:
    assert WHAT_IFS


def accept(proposals: Path, npsn: str) -> None:
    """Write `yes` beside the proposal for a school, as the reader does in a spreadsheet."""
    with proposals.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (chosen,) = (row for row in rows if row["npsn"] == npsn)
    chosen["accept"] = "yes"
    with proposals.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(chosen))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_from_top_to_bottom_and_its_figures_are_printed(
    page: Path, reader: Callable[[str], str]
) -> None:
    parts = re.split(r"^```(\w*)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown, figures = "", 0
    for prose, kind, block in zip(parts[::4], parts[1::4], parts[2::4], strict=False):
        figures += all_printed(prose, shown)
        if kind == "python":
            exec(compile(block, page.name, "exec"), {})
            continue
        assert kind == "console"
        shown = ""
        for line in block.splitlines():
            typed = line.removeprefix("$ ")
            if "--accept-repairs" in typed:
                accept(Path(typed.split()[-1]), re.findall(r"NPSN `(\w+)`", prose)[-1])
            shown += reader(typed)
    figures += all_printed(parts[-1], shown)
    assert figures


def all_printed(prose: str, shown: str) -> int:
    """How many figures stand in bold; the commands right before them must have printed each."""
    figures = re.findall(r"\*\*(\d[\d.]*)\*\*", prose)
    for figure in figures:
        assert re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d.,]*\d)", shown), figure
    return len(figures)


@pytest.mark.parametrize("block", each("toml"))
def test_toml_blocks_make_a_project(block: str, tmp_path: Path) -> None:
    given = tomllib.loads(block)
    defaults = {name: default_values(name) for name in OVERRIDABLE}
    below = {**defaults, "schools": {"path": "schools.csv"}}
    Project.model_validate(merge(below, given), context={"folder": tmp_path})
    if "project" in given:  # a whole file, of the files of data/tiny
        for path in (ROOT / "data" / "tiny").iterdir():
            if path.is_file():
                shutil.copy(path, tmp_path)
        (tmp_path / FILE_NAME).write_text(block, encoding="utf-8")
        assert dict(read_project(tmp_path).project.inputs())
        with contextlib.chdir(tmp_path):
            assert run("kalsel-gap rank --quiet --top 1") == 0


def test_windows_lines_name_what_exists() -> None:
    lines = [line for block, _ in fenced("bat") for line in block.splitlines()]
    programs = {"py", r".venv\Scripts\python", r".venv\Scripts\kalsel-gap"}
    faults = [line for line in lines if line.split()[0] not in programs]
    faults += [
        f"{line}: there is no {name}"
        for line in lines
        for name in line.split()
        if name.endswith(".lock") or name.startswith("data")
        if not (ROOT / name.replace("\\", os.sep)).exists()
    ]
    assert faults == []


def test_every_fenced_block_has_a_kind_that_is_tested() -> None:
    faults = []
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        tested = {"console", "python"} if "tutorial-" in page.name else {"console", "toml", "bat"}
        kinds = {*tested, "text"}
        faults += [f"{page.name}: ```{kind}" for kind in fences[::2] if kind not in kinds]
        faults += [f"{page.name}: closed by ```{end}" for end in fences[1::2] if end]
    assert faults == []


# --- links and the tree ------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {script("generate").anchor(title.replace("`", "")) for title in titles}


def resolves(link: str, page: Path) -> bool:
    path, _, fragment = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    inside = target.is_relative_to(ROOT) and target.exists()
    return inside and (not fragment or fragment in anchors(target))


def test_links_resolve() -> None:
    assert [
        f"{page.name}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not link.startswith("https://") and not resolves(link, page)
    ] == []


@pytest.mark.parametrize(("english", "indonesian"), TWINS.items(), ids=lambda page: page.stem)
def test_a_page_says_the_same_in_both_languages(english: Path, indonesian: Path) -> None:
    def parts(page: Path) -> tuple[list[str], list[tuple[str, str]], list[str], list[str]]:
        text = page.read_text(encoding="utf-8")
        fence = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
        prose = fence.sub("", text)
        headings = [marks for marks, _ in re.findall(r"^(#+) (.+)$", prose, re.MULTILINE)]
        figures = re.findall(r"\*\*(\d[\d.,]*)\*\*", prose)
        return headings, fence.findall(text), re.findall(r"\]\(([^)\s]+)\)", prose), figures

    def options(page: str) -> set[str]:
        return set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", page, re.MULTILINE))

    headings, blocks, links, figures = parts(english)
    their_headings, their_blocks, their_links, their_figures = parts(indonesian)
    assert their_headings == headings
    assert [kind for kind, _ in their_blocks] == [kind for kind, _ in blocks]
    for (kind, block), (_, theirs) in zip(blocks, their_blocks, strict=True):
        if kind == "toml":  # its comments are in the language of the page
            assert tomllib.loads(theirs) == tomllib.loads(block)
        elif block.startswith("Usage: "):  # a help page
            assert theirs.startswith("Cara pakai: ")
            assert options(theirs) == options(block)
        else:
            assert theirs == block
    assert [figure.replace(",", ".") for figure in their_figures] == figures

    def twin(link: str) -> str:
        """The same section, page or picture in Indonesian, where there is one."""
        if link.startswith("#"):
            return dict(zip(titles(english), titles(indonesian), strict=True))[link]
        stem, dot, ending = link.rpartition(".")
        theirs = f"{stem}.id{dot}{ending}"
        return theirs if (english.parent / theirs).is_file() else link

    def titles(page: Path) -> list[str]:
        found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        return [f"#{script('generate').anchor(title)}" for title in found]

    assert links[0] == indonesian.name
    assert their_links == [english.name, *map(twin, links[1:])]


def test_what_users_read_first_exists_in_both_languages() -> None:
    tutorials = {"tutorial-planner", "tutorial-gis", "tutorial-budget"}
    assert {"README", "method", "budget", "commands", *tutorials} <= {page.stem for page in TWINS}


def test_the_method_is_the_same_in_both_languages_section_by_section() -> None:
    def sections(page: str) -> list[dict[str, Any]]:
        text = re.sub(r"(?ms)^```.*?^```$", "", (DOCS / page).read_text(encoding="utf-8"))
        return [contents(part) for part in re.split(r"^(?=#+ )", text, flags=re.MULTILINE)]

    def contents(section: str) -> dict[str, Any]:
        bars = re.findall(r"^\|.*\|$", section, re.MULTILINE)
        prose = re.sub(r"`[^`]+`|\]\([^)]+\)", " ", section)
        return {
            "number": re.findall(r"^#+ ([\d.]+)", section),
            "blocks": re.findall(r"<!-- .+? -->", section),
            "cells in each row": [row.count("|") for row in bars],
            "points of lists": re.findall(r"^ *- ", section, re.MULTILINE),
            "code": Counter(" ".join(c.split()) for c in re.findall(r"`([^`]+)`", section)),
            # Without the signs in them, which differ: 1,250.5 and 1.250,5.
            "numbers": Counter(
                re.sub(r"[.,]", "", n) for n in re.findall(r"\d+(?:[.,]\d+)*", prose)
            ),
        }

    ours, theirs = sections("method.md"), sections("method.id.md")
    assert len(theirs) == len(ours)
    for section, their_section in zip(ours, theirs, strict=True):
        for part, found in section.items():
            assert their_section[part] == found, f"section {section['number']}: {part}"


def test_the_tree_lists_every_module() -> None:
    tree = (
        (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("<!-- table: tree -->")[2]
    )
    listed = [line.split()[0] for line in tree.splitlines() if line.startswith("  ")]
    missing = Counter(
        f"{path.parent.name}/" if path.name == "__init__.py" else path.name
        for path in (ROOT / "kalsel_gap").rglob("*.py")
    ) - Counter(listed)
    assert missing == Counter({"kalsel_gap/": 1}), "it has its own line, the first"
    for path in DEFAULTS_FOLDER.glob("*.toml"):
        assert path.name in tree


def test_where_to_add_names_what_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("## Where to add")[2].partition("\n## ")[0]
    rows = [line.split("|")[2:4] for line in table.splitlines() if line.startswith("| ")][2:]
    package = ROOT / "kalsel_gap"
    names = {path.name for path in package.rglob("*") if path.is_file()}
    words = {
        word for path in package.rglob("*.py") for word in re.findall(r"\w+", path.read_text())
    }
    faults = []
    for cell in [cell for row in rows for cell in row]:
        for code in re.findall(r"`([^`]+)`", cell):
            found = (
                (package / code).exists()
                if "/" in code
                else code in names
                or code.partition("(")[0] in words
                or code in {"N_()", "make messages"}
            )
            faults += [] if found else [code]
    assert faults == []


def test_the_pages_name_no_machine_and_no_host_of_packages() -> None:
    places = re.compile(r"/home/|/root|/tmp|/work\b|pypi\.org|files\.pythonhosted")
    assert [
        f"{page.name}: {found}"
        for page in [*PAGES, *DOCS.glob("*.py")]
        for found in places.findall(page.read_text(encoding="utf-8"))
    ] == []
