"""What the terminal shows: tables, progress, notes, errors. Data are never read as markup."""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text as Styled

from kalsel_gap import doctor
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.deliverables.findings_report import FindingGroup
    from kalsel_gap.doctor import Fact
    from kalsel_gap.errors import KalselGapError
    from kalsel_gap.findings import Finding
    from kalsel_gap.geo.raster_cache import Estimate
    from kalsel_gap.stages import Reporter
    from kalsel_gap.storage.run_folder import Run

TOP = 20
_WIDE = 150
_FEW = 10  # rows that a remark names
_DIGITS = {"_deg": 1, "_db": 1, "_ratio": 2, "distance_km": 1, "obstacle_km": 1}
_SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "dim"}
_STATE_STYLE = {"ok": "green", "warning": "yellow", "fault": "bold red"}
_TIER_STYLE = {1: "bold red", 2: "red", 3: "yellow", 4: "green", 5: "bold green"}

# GDAL's own log would repeat our message in other words.
logging.getLogger("rasterio").addHandler(logging.NullHandler())
logging.getLogger("pyogrio").addHandler(logging.NullHandler())


def to_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def output_format(format_: Format | None) -> Format:
    """The format of standard output: a table on a terminal, unless another one is named."""
    return format_ or (Format.table if to_terminal() else Format.csv)


def emit(data: str) -> None:
    """Data to standard output, as UTF-8 whatever the console's code page."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data.encode("utf-8"))
    sys.stdout.buffer.flush()


def emit_csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A small table to standard output, as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([header, *rows])
    emit(file.getvalue())


def note(sentence: str, *, quiet: bool = False) -> None:
    """A sentence to standard error."""
    if not quiet:
        print(plain(sentence), file=sys.stderr)  # noqa: T201 - this is the place that prints


def fail(error: KalselGapError, text: Text) -> None:
    """Print what a user can act on to standard error."""
    word = text(N_("error"))  # not inside the f-string: gettext's tools do not look there
    for line in messages.error_lines(error, text):
        note(f"kalsel-gap: {word}: {line}")


def estimate(made: Estimate, folder: Path, text: Text, *, quiet: bool) -> None:
    """Time and space for rasters, and that nothing was written, to standard error."""
    sentence = N_(
        "About {seconds} s; {out_mb} MB in {folder} ({free_mb} MB free) and {cache_mb} MB in the "
        "cache. Nothing was written."
    )
    note(
        text(
            sentence,
            seconds=text.number(made.seconds, 1),
            out_mb=text.number(made.layers["bytes"].sum() / 1e6, 1),
            folder=folder,
            free_mb=text.number(made.free_bytes / 1e6),
            cache_mb=text.number(made.cache_bytes / 1e6, 1),
        ),
        quiet=quiet,
    )


def remarks(findings: Sequence[Finding], text: Text, *, quiet: bool) -> None:
    """Findings about the inputs, to standard error: a line for each file, code and column."""
    doubtful = [finding for finding in findings if finding.severity != "note"]
    if quiet or not doubtful:
        return
    from kalsel_gap.findings import to_frame

    for (file, *_), group in to_frame(doubtful).groupby(["file", "code", "column"], sort=True):
        rows = group["row"].dropna().drop_duplicates().tolist()
        few = ", ".join(map(str, rows[:_FEW])) + (" …" if len(rows) > _FEW else "")
        where = f"{file}, {text(N_('row {row}'), row=few)}" if rows else file
        note(f"{where}: {messages.findings_sentence(group, text)}")


@contextlib.contextmanager
def progress(
    text: Text, steps: Sequence[str], *, quiet: bool, is_even: bool = False
) -> Iterator[Reporter]:
    """A progress bar on standard error for the work on `steps` inside the block.

    It shows the time left where the parts of the work take about as long as each other.
    """
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    time = TimeRemainingColumn() if is_even else TimeElapsedColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), time)
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(text(messages.NAMES[steps[0]]), total=len(steps))

        def report(step: str, done: int, total: int) -> None:
            bar.update(
                task,
                description=text(messages.NAMES[step]),
                completed=steps.index(step) + done / max(total, 1),
            )

        yield report


def ranking(run: Run, shown: pd.DataFrame, counts: pd.DataFrame, text: Text) -> None:
    """The ranked schools and, below, each kabupaten's schools by tier."""
    from kalsel_gap.deliverables import tables

    console = Console(highlight=False)
    for notice in tables.notices(run, text):
        console.print(Styled(plain(notice), style="bold"))
    wide = console.width >= _WIDE
    console.print(_wide_table(shown, text) if wide else _narrow_table(shown, text))
    console.print()
    console.print(_count_table(counts, text))


def _narrow_table(shown: pd.DataFrame, text: Text) -> Table:
    """For 80 columns: the values of a school are in lines below its name."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text(N_("#")), justify="right", no_wrap=True)
    table.add_column(text(N_("NPSN")), no_wrap=True)
    table.add_column(text(N_("School")), ratio=1, overflow="fold")
    for label in (N_("Signal"), N_("Pupils"), N_("Deficit"), N_("Priority")):
        table.add_column(text(label), justify="right", no_wrap=True)
    for row in shown.to_dict("records"):
        level, kabupaten, terrain, gap = _place(row, text)
        school = Styled(plain(row["name"]))
        nature = " · ".join(dict.fromkeys((terrain, gap)))  # both may be unknown
        school.append(f"\n{level} · {kabupaten}\n{nature}", style="cyan")
        school.append(f"\n{messages.reason(row, text)}", style="dim")
        table.add_row(
            text.number(_value(row["rank"])) or "–",
            plain(row["npsn"]),
            school,
            _signal(row, text).replace(" dBm", "").replace(" ", "\n"),
            text.number(_value(row["students"])) or "?",
            _deficit(row, text),
            text.number(_value(row["priority"]), 2) or "–",
        )
    return table


def _wide_table(shown: pd.DataFrame, text: Text) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for label, side in (
        (N_("Rank"), "right"),
        (N_("NPSN"), "left"),
        (N_("School"), "left"),
        (N_("Level"), "left"),
        (N_("Kabupaten/kota"), "left"),
        (N_("Terrain"), "left"),
        (N_("Best signal"), "left"),
        (N_("Pupils"), "right"),
        (N_("Deficit"), "right"),
        (N_("Gap"), "left"),
        (N_("Priority"), "right"),
        (N_("Main reason"), "left"),
    ):
        table.add_column(text(label), justify="right" if side == "right" else "left")
    for row in shown.to_dict("records"):
        level, kabupaten, terrain, gap = _place(row, text)
        table.add_row(
            text.number(_value(row["rank"])) or "–",
            plain(row["npsn"]),
            Styled(plain(row["name"])),
            level,
            Styled(kabupaten),
            terrain,
            _signal(row, text),
            text.number(_value(row["students"])) or "?",
            _deficit(row, text),
            gap,
            text.number(_value(row["priority"]), 2) or "–",
            Styled(messages.reason(row, text)),
        )
    return table


def _count_table(counts: pd.DataFrame, text: Text) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.title = Styled(text(N_("Schools by tier of deficit")), style="bold")
    table.add_column(text(N_("Kabupaten/kota")))
    for name in list(counts.columns)[1:]:
        words = text(messages.TIER_NAMES.get(name) or messages.COUNT_NAMES[name])
        table.add_column(words.replace(" ", "\n"), justify="right")
    for row in counts.to_dict("records"):
        name = str(row["kabupaten"])
        label = {"__all__": text(N_("all")), "": text(N_("not recognised"))}.get(name, plain(name))
        style = "bold" if name == "__all__" else ""
        numbers = [text.number(int(row[c])) for c in list(counts.columns)[1:]]
        table.add_row(Styled(label), *numbers, style=style)
    return table


def values(rows: list[tuple[str, str, str]], text: Text) -> None:
    """Keys, values and origins of a project."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for label in (N_("Key"), N_("Value"), N_("Origin")):
        table.add_column(text(label), overflow="fold")
    for row in rows:
        table.add_row(*(Styled(plain(cell)) for cell in row))
    Console(highlight=False).print(table)


def publish(
    frame: pd.DataFrame,
    format_: Format | None,
    labels: Mapping[str, str],
    text: Text,
    *,
    spare: Sequence[str] = (),
    shown: pd.DataFrame | None = None,
    quiet: bool = False,
) -> None:
    """A table to standard output; on a terminal :func:`figures` of it, or of `shown`."""
    from kalsel_gap.storage import spreadsheet

    match output_format(format_):
        case Format.table:
            seen = frame if shown is None else shown
            figures(seen, labels, text, spare=spare, quiet=quiet)
        case Format.json:
            emit(spreadsheet.json_of(frame))
        case Format.csv:
            emit(spreadsheet.csv_of(frame))


def figures(
    frame: pd.DataFrame,
    labels: Mapping[str, str],
    text: Text,
    *,
    spare: Sequence[str] = (),
    quiet: bool = False,
) -> None:
    """The columns of a table that have a label; shares as per cent.

    Numbers and words stay whole: where the terminal is too narrow, columns of `spare` are left
    out, the first ones first, and named on standard error.
    """
    console = Console(highlight=False)
    unbound = console.options.update(max_width=1000)
    whole = names = [name for name in labels if name in frame.columns]
    table = _figures(frame[names], labels, text)
    for name in spare:
        if Measurement.get(console, unbound, table).minimum <= console.width:
            break
        names = [each for each in names if each != name]
        table = _figures(frame[names], labels, text)
    console.print(table)
    if left_out := [text(labels[name]) for name in whole if name not in names]:
        sentence = N_("Columns not shown: {columns}; --format csv has all of them.")
        note(text(sentence, columns=", ".join(left_out)), quiet=quiet)


def pairs(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Names with a sentence about each, below a title."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*(Styled(plain(cell)) for cell in row))
    console = Console(highlight=False)
    console.print()
    console.print(Styled(plain(title), style="bold"))
    console.print(table)


def _figures(frame: pd.DataFrame, labels: Mapping[str, str], text: Text) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    cells = {name: [_figure(str(name), v, text) for v in column] for name, column in frame.items()}
    for name, values in cells.items():
        label = text(labels[str(name)])
        is_text = frame[name].dtype.kind not in "if"
        least = max(len(word) for value in (label, *values) for word in [*value.split(), ""])
        table.add_column(
            label.replace(" ", "\n"),
            justify="left" if is_text else "right",
            overflow="fold",
            width=None if is_text else least,
            no_wrap=not is_text,
        )
    for row in zip(*cells.values(), strict=True):
        table.add_row(*map(Styled, row))
    return table


def _figure(name: str, value: object, text: Text) -> str:
    if isinstance(value, str):
        return plain(value)
    number = _value(value)
    if number is not None and name.endswith("_share"):
        number *= 100
    digits = next((n for end, n in _DIGITS.items() if end in name), 0)
    return text.number(number, digits)


def summary(groups: Sequence[FindingGroup], nature: str, text: Text) -> None:
    """Findings by file and code: how many, their sentence, and the first rows."""
    console = Console(highlight=False)
    if notice := messages.NAMES.get(nature):
        console.print(Styled(text(notice), style="bold"))
    for file in dict.fromkeys(group.file for group in groups):
        table = Table(box=None, pad_edge=False, show_header=False, title_justify="left")
        table.title = Styled(plain(file), style="bold")
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for group in (group for group in groups if group.file == file):
            said = Styled(group.code, style="bold")
            said.append(f"\n{group.sentence}", style="not bold")
            if group.rows:
                more = " …" if len(group.rows) < group.count else ""
                rows = ", ".join(str(row) for row in group.rows) + more
                said.append("\n" + text(N_("row {row}"), row=rows), style="not bold dim")
            severity = text(messages.SEVERITY_NAMES[group.severity])
            style = _SEVERITY_STYLE[group.severity]
            table.add_row(Styled(severity, style=style), text.number(group.count), said)
        console.print(table)
        console.print()


def facts(found: Sequence[Fact], text: Text) -> None:
    """Results of the doctor: state, subject, what was found and what to do."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text(N_("State")), no_wrap=True)
    table.add_column(text(N_("Part")), no_wrap=True)
    table.add_column(text(N_("What was found")), ratio=1, overflow="fold")
    for fact in found:
        state = Styled(text(doctor.STATES[fact.state]), style=_STATE_STYLE[fact.state])
        table.add_row(state, text(doctor.PARTS[fact.part]), Styled(doctor.fact(fact, text)))
    Console(highlight=False).print(table)


def _place(row: messages.Row, text: Text) -> tuple[str, str, str, str]:
    def words(column: str) -> str:
        code = row[column]
        return text(messages.NAMES[code]) if isinstance(code, str) else text(N_("unknown"))

    level, kabupaten = (
        plain(row[c]) if isinstance(row[c], str) else "?" for c in ("level", "kabupaten")
    )
    return level, kabupaten, words("terrain_class"), words("gap_type")


def _signal(row: messages.Row, text: Text) -> str:
    return messages.signal(row, text) or "?"


def _deficit(row: messages.Row, text: Text) -> Styled:
    """The deficit, marked ~ where it is inferred: never by colour alone."""
    number = text.number(_value(row["deficit"]), 2)
    if not number:
        return Styled("–")
    inferred = "~" if row["deficit_status"] == "inferred" else ""
    return Styled(inferred + number, style=_TIER_STYLE[int(str(row["tier"]))])


def _value(value: object) -> float | None:
    return None if value is None or value != value else float(str(value))  # noqa: PLR0124
