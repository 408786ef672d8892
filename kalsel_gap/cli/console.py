"""What the terminal shows: tables, progress, notes, errors. Data are never read as markup."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import logging
import shutil
import sys
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kalsel_gap import doctor
from kalsel_gap.cli import spoken
from kalsel_gap.cli.options import Format
from kalsel_gap.cli.rank_table import (
    kabupaten_labels,
    number_of,
    packed,
    ranked_schools,
    schools_by_tier,
)
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.recognition import ASKED, CERTAINTIES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Literal

    import pandas as pd

    from kalsel_gap.deliverables.findings_report import FindingGroup
    from kalsel_gap.doctor import Fact
    from kalsel_gap.errors import KalselGapError
    from kalsel_gap.findings import Finding
    from kalsel_gap.geo.raster_cache import Estimate
    from kalsel_gap.project.proposal import ProposedProject
    from kalsel_gap.stages import Reporter
    from kalsel_gap.storage.run_folder import Run

TOP = 20
WIDTH = 120  # of what is piped or written to a file, unless COLUMNS says otherwise
_FEW = 10  # rows that a remark names
_VALUE = 20  # least cells of a value of the project, with the space around it
_DIGITS = {"_deg": 1, "_db": 1, "_ratio": 2, "distance_km": 1, "obstacle_km": 1}
_SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "dim"}
_CERTAINTY_STYLE = {"sure": "green", "likely": "", "unsure": "yellow"}
_PROPOSAL_WIDTH = 80
_STATE_STYLE = {"ok": "green", "warning": "yellow", "fault": "bold red"}

# GDAL's own log would repeat our message in other words.
logging.getLogger("rasterio").addHandler(logging.NullHandler())
logging.getLogger("pyogrio").addHandler(logging.NullHandler())


def screen() -> Console:
    """Standard output for tables: as wide as COLUMNS says or the terminal is, otherwise 120."""
    width, height = shutil.get_terminal_size((WIDTH, 25))
    return Console(highlight=False, width=width, height=height)


def say(lines: Iterable[str]) -> None:
    """Lines for a screen reader to standard output; the terminal breaks them."""
    emit("".join(f"{line}\n" for line in lines))


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

    if spoken.is_plain():
        yield _steps_aloud(text, steps, quiet=quiet)
        return
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


def _steps_aloud(text: Text, steps: Sequence[str], *, quiet: bool) -> Reporter:
    """A line for each step as it begins, instead of a bar that is drawn again and again."""
    begun: set[str] = set()

    def report(step: str, done: int, total: int) -> None:  # noqa: ARG001 - of a bar
        if step not in begun and sys.stderr.isatty():
            number = f"{steps.index(step) + 1}/{len(steps)}"
            note(spoken.sentence(f"{number}: {text(messages.NAMES[step])}"), quiet=quiet)
        begun.add(step)

    return report


def ranking(
    run: Run, shown: pd.DataFrame, everyone: pd.DataFrame, text: Text, *, tie: str = ""
) -> None:
    """The ranked schools and, below, each kabupaten's schools by tier.

    `everyone` are the schools that are counted; `tie` says that the list ends among schools of one
    rank.
    """
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.certainty_words import what_orders

    counts = tables.by_kabupaten(everyone)
    left_out = tables.not_counted_sentence(everyone, text)

    notices_of_list = filter(None, [what_orders(run, text), *tables.notices(run, text)])
    if spoken.is_plain():
        say(map(spoken.sentence, notices_of_list))
        say(spoken.ranked_schools(shown, text, tie=tie))
        say(["", *spoken.schools_by_tier(counts, kabupaten_labels(counts, text), text)])
        say([spoken.sentence(left_out)] if left_out else [])
        return
    notices(notices_of_list)
    console = screen()
    console.print(ranked_schools(shown, console.width, text, tie=tie))
    console.print()
    console.print(schools_by_tier(counts, console.width, text))
    if left_out:
        console.print(Styled(left_out))


def notices(sentences: Iterable[str]) -> None:
    """What stands above everything drawn from a run."""
    if spoken.is_plain():
        say(map(spoken.sentence, sentences))
        return
    for sentence in sentences:
        screen().print(Styled(plain(sentence), style="bold"))


def paragraph(sentence: str) -> None:
    """A sentence below a table, its lines broken between words."""
    if spoken.is_plain():
        say(["", spoken.sentence(sentence)])
        return
    out = screen()
    out.print()
    out.print(Styled(plain(sentence)))


def values(rows: list[tuple[str, str, str]], text: Text) -> None:
    """Keys, values and origins of a project."""
    if spoken.is_plain():
        say(f"{plain(key)} = {plain(value)} ({plain(origin)})" for key, value, origin in rows)
        return
    console = screen()
    cells = [[plain(cell) for cell in row] for row in rows]
    keys, _, origins = zip(*cells, strict=True)
    if max(map(cell_len, keys)) + max(map(cell_len, origins)) + _VALUE > console.width:
        for key, value, origin in cells:
            console.print(Styled(f"{key} = {value} ({origin})"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text(N_("Key")), no_wrap=True)
    table.add_column(text(N_("Value")), overflow="fold", ratio=1)
    table.add_column(text(N_("Origin")), no_wrap=True)
    for row in cells:
        table.add_row(*map(Styled, row))
    console.print(table)


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

    match format_ or Format.table:
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
    out, the first ones first, and named on standard error; where it is narrower still, each row
    becomes a few lines.
    """
    whole = names = [name for name in labels if name in frame.columns]
    if spoken.is_plain():
        cells = ([_figure(n, row[n], text) for n in whole] for row in frame.to_dict("records"))
        say(spoken.table([text(labels[name]) for name in whole], cells, text))
        return
    console = screen()
    table = _figures(frame[names], labels, console.width, text)
    for name in spare:
        if table is not None:
            break
        names = [each for each in names if each != name]
        table = _figures(frame[names], labels, console.width, text)
    console.print(table or _rows_as_lines(frame[names], labels, console.width, text))
    if left_out := [text(labels[name]) for name in whole if name not in names]:
        sentence = N_("Columns not shown: {columns}; --format csv has all of them.")
        note(text(sentence, columns=", ".join(left_out)), quiet=quiet)


def _rows_as_lines(
    frame: pd.DataFrame, labels: Mapping[str, str], width: int, text: Text
) -> Styled:
    """Each row of a table as its labels and values, one after the other."""
    lines = []
    for row in frame.to_dict("records"):
        cells = [(text(labels[str(n)]), _figure(str(n), v, text)) for n, v in row.items()]
        (_, first), *others = cells
        lines.append(Styled(first, style="bold"))
        given = [f"{label}: {value}" for label, value in others if value]
        lines += map(Styled, packed(given, "  ", width))
    return Styled("\n").join(lines)


def pairs(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Names with a sentence about each, below a title."""
    if spoken.is_plain():
        say(["", spoken.sentence(title), *(spoken.line("", [row]) for row in rows)])
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*(Styled(plain(cell)) for cell in row))
    console = screen()
    console.print()
    console.print(Styled(plain(title), style="bold"))
    console.print(table)


def _figures(
    frame: pd.DataFrame, labels: Mapping[str, str], width: int, text: Text
) -> Table | None:
    """The table, or None where it has no room without a broken word."""
    from kalsel_gap.cli.column_widths import spread_room

    cells = {str(n): [_figure(str(n), v, text) for v in column] for n, column in frame.items()}
    headers = {name: text(labels[name]) for name in cells}
    texts = [name for name in cells if frame[name].dtype.kind not in "if"]
    widths = {
        name: max(
            cell_len(word) for cell in (headers[name], *inside) for word in (*cell.split(), "")
        )
        for name, inside in cells.items()
    }
    room = width - sum(widths.values()) - 2 * (len(widths) - 1)
    if room < 0:
        return None
    widths |= spread_room(
        {name: cells[name] for name in texts}, {name: widths[name] for name in texts}, room
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, header in headers.items():
        side: Literal["left", "right"] = "left" if name in texts else "right"
        table.add_column(header.replace(" ", "\n"), justify=side, width=widths[name])
    for row in zip(*cells.values(), strict=True):
        table.add_row(*map(Styled, row))
    return table


def _figure(name: str, value: object, text: Text) -> str:
    if isinstance(value, str):
        return plain(value)
    number = number_of(value)
    if number is not None and name.endswith("_share"):
        number *= 100
    digits = next((n for end, n in _DIGITS.items() if end in name), 0)
    return text.number(number, digits)


def summary(groups: Sequence[FindingGroup], nature: str, text: Text) -> None:
    """Findings by severity, file and code: how many, their sentence, and the first rows."""
    if notice := messages.NAMES.get(nature):
        notices([text(notice)])
    if spoken.is_plain():
        say(_finding_aloud(group, text) for group in groups)
        return
    console = screen()
    for (_, file), of_file in itertools.groupby(groups, lambda group: (group.severity, group.file)):
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for group in of_file:
            said = Styled(group.code, style="bold")
            said.append(f"\n{group.sentence}", style="not bold")
            if group.rows:
                said.append(f"\n{_rows_of(group, text)}", style="not bold dim")
            severity = text(messages.SEVERITY_NAMES[group.severity])
            style = _SEVERITY_STYLE[group.severity]
            table.add_row(Styled(severity, style=style), text.number(group.count), said)
        console.print(Styled(plain(file), style="bold"))
        console.print(table)
        console.print()


def _rows_of(group: FindingGroup, text: Text) -> str:
    more = " …" if len(group.rows) < group.count else ""
    return text(N_("row {row}"), row=", ".join(map(str, group.rows)) + more)


def _finding_aloud(group: FindingGroup, text: Text) -> str:
    """Severity, file, code, how often, what, and the first rows."""
    severity = text(messages.SEVERITY_NAMES[group.severity])
    times = text(N_("count: {count}"), count=text.number(group.count))
    return " ".join(
        [
            spoken.line(f"{severity}, {times}", [(plain(group.file), group.code)]),
            spoken.sentence(group.sentence),
            *([spoken.sentence(_rows_of(group, text))] if group.rows else []),
        ]
    )


def proposal(made: ProposedProject, folder: Path, text: Text, *, quiet: bool) -> None:
    """What files of a folder were recognised as, how surely and why, to standard error."""
    if quiet:
        return
    if spoken.is_plain():
        for entry in made.ordered():
            reasons = " ".join(e.sentence(text) for e in entry.said if e.code not in ASKED)
            sure = text(CERTAINTIES[entry.certainty])
            note(f"{spoken.line(sure, [(entry.section, entry.shown(folder))])} {reasons}")
        for unused in made.unused:
            name = (text(CERTAINTIES["unused"]), unused.shown(folder))
            note(f"{spoken.line('', [name])} {unused.said.sentence(text)}")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for entry in made.ordered():
        said = Styled(entry.section, style="bold")
        said.append(f"  {entry.shown(folder)}", style="not bold")
        said.append(
            "\n" + " ".join(each.sentence(text) for each in entry.said if each.code not in ASKED),
            style="not bold dim",
        )
        style = _CERTAINTY_STYLE[entry.certainty]
        table.add_row(Styled(text(CERTAINTIES[entry.certainty]), style=style), said)
    for unused in made.unused:
        said = Styled(unused.shown(folder))
        said.append("\n" + unused.said.sentence(text), style="dim")
        table.add_row(Styled(text(CERTAINTIES["unused"]), style="dim"), said)
    width = shutil.get_terminal_size((_PROPOSAL_WIDTH, 25)).columns
    Console(stderr=True, highlight=False, width=width).print(table)


def facts(found: Sequence[Fact], text: Text) -> None:
    """Results of the doctor: state, subject, what was found and what to do."""
    if spoken.is_plain():
        say(
            spoken.line(
                text(doctor.STATES[f.state]), [(text(doctor.PARTS[f.part]), doctor.fact(f, text))]
            )
            for f in found
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text(N_("State")), no_wrap=True)
    table.add_column(text(N_("Part")), no_wrap=True)
    table.add_column(text(N_("What was found")), ratio=1, overflow="fold")
    for fact in found:
        state = Styled(text(doctor.STATES[fact.state]), style=_STATE_STYLE[fact.state])
        table.add_row(state, text(doctor.PARTS[fact.part]), Styled(doctor.fact(fact, text)))
    screen().print(table)
