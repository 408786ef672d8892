"""What commands that draw a run have in common: which run, its project, where they may write."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.cli import console, options
from kalsel_gap.errors import OutputError, ProjectError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    import typer

    from kalsel_gap.cli.options import LanguageChoice
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.run_folder import Run


class RunChoice(NamedTuple):
    """Where a run comes from: the options ``--project``, ``--runs`` and ``--run``."""

    project: Path | None
    runs: Path | None
    run: str | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run that is drawn.

    Attributes
    ----------
    run : Run
        All that is drawn comes from it.
    words : Text
        Language of what is drawn.
    outputs : Outputs
        The guard of what is written.
    older : str
        In the language of what is drawn, that the run is older than its inputs; empty where it is
        not.
    """

    run: Run
    words: Text
    outputs: Outputs
    older: str = ""


@dataclass(frozen=True, slots=True)
class TwoDrawn:
    """Two runs that are compared.

    Attributes
    ----------
    runs : Run, Run
        The older one first.
    words : Text
        Language of what is drawn.
    outputs : Outputs
        The guard of what is written.
    """

    runs: tuple[Run, Run]
    words: Text
    outputs: Outputs


def project_and_runs(
    project: Path | None, runs: Path | None, run: str | None = None
) -> tuple[Opened | None, Path]:
    """The project, whose inputs may be gone, and the folder of the runs.

    The project is the one of the working folder, otherwise that of the runs where these are named
    or the run is by its folder; there may be none then.
    """
    from kalsel_gap.project.read import read_project
    from kalsel_gap.storage.run_folder import MANIFEST

    named = runs or (
        Path(run).absolute().parent if run and (Path(run) / MANIFEST).is_file() else None
    )
    try:
        path = project or _nearest_project(Path.cwd(), named)
        opened = read_project(path, with_inputs=False)
    except ProjectError as error:
        if named is None or error.code != "project_not_found":
            raise
        return None, named
    return opened, runs or opened.project.output.folder


def plans_folder(source: RunChoice) -> Path:
    """The folder of the plans that belongs to a folder of runs."""
    from kalsel_gap.storage.plan_folder import plans_beside

    opened, runs = project_and_runs(*source)
    return plans_beside(runs) if opened is None else opened.project.output.plans_folder(runs)


def _nearest_project(folder: Path, other: Path | None) -> Path:
    from kalsel_gap.project.read import find_project

    if other is None:
        return find_project(folder)
    with contextlib.suppress(ProjectError):
        return find_project(folder)
    return find_project(other.absolute())


def open_run(
    ctx: typer.Context,
    source: RunChoice,
    out: Path | None,
    endings: Collection[str],
    *,
    overwrite: bool,
    lang: LanguageChoice | None,
    quiet: bool,
    says_standing: bool = False,
    beside: Collection[Path] = (),
) -> Drawn:
    """The run to draw to `out`, which may end so; first of all, whether it may be written.

    So for what is written `beside` it.

    Standard error says what the run counts for, unless what is printed `says_standing`, and whether
    it is older than its inputs.
    """
    from kalsel_gap.deliverables.run_list import inputs_since
    from kalsel_gap.deliverables.tables import standing_sentence
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.run_folder import read_run

    text: Text = ctx.obj
    opened, folder = project_and_runs(*source)
    outputs = Outputs(folder) if opened is None else outputs_of(opened)
    if out is not None:
        outputs.check(out, endings=endings, overwrite=overwrite)
        outputs.check(*beside, overwrite=overwrite)
    chosen = read_run(folder, source.run)
    for path in () if out is None else (out, *beside):
        if _is_input(path, chosen.manifest):
            raise OutputError("output_is_input", path=path)
    if not says_standing:
        console.note(standing_sentence(chosen, text), quiet=quiet)
    if opened is None:
        language = chosen.manifest.get("parameters", {}).get("project.language")
        return Drawn(chosen, options.words_in(ctx, lang, language), outputs)
    drawn_in, older = options.words(ctx, lang, opened), ""
    if changed := inputs_since(chosen.manifest, opened).changed:
        words, files = _older_words(chosen), ", ".join(changed)
        console.note(text(words, files=files), quiet=quiet)
        older = drawn_in(words, files=files)
    return Drawn(chosen, drawn_in, outputs, older)


def _older_words(run: Run) -> str:
    """That a run is older than its inputs, and what to do."""
    if run.standing != "official":
        return N_("This run is older than {files}. “kalsel-gap rank” makes a new one.")
    if run.is_last:
        return N_(
            "The official list stays as it was approved, although these are newer: "
            "{files}. “kalsel-gap rank” makes a newer list, and “--run latest” shows it."
        )
    return N_(
        "The official list stays as it was approved, although these are newer: {files}. "
        "“--run latest” shows the newer list."
    )


def open_two_runs(
    ctx: typer.Context,
    source: RunChoice,
    names: tuple[str, str],
    out: Path | None,
    endings: Collection[str],
    *,
    overwrite: bool,
    lang: LanguageChoice | None,
) -> TwoDrawn:
    """The two runs that are named, the older one first; first of all, whether `out` may be written.

    Parameters
    ----------
    source : RunChoice
        The project and the folder of the runs; a run by its folder may lie elsewhere.
    names : str, str
        As :func:`kalsel_gap.storage.run_folder.find_run` takes them.
    """
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.run_folder import MANIFEST, read_run

    by_folder = next((name for name in names if (Path(name) / MANIFEST).is_file()), None)
    opened, folder = project_and_runs(source.project, source.runs, by_folder)
    outputs = Outputs(folder) if opened is None else outputs_of(opened)
    if out is not None:
        outputs.check(out, endings=endings, overwrite=overwrite)
    before, after = (read_run(folder, name) for name in names)
    if out is not None and any(_is_input(out, run.manifest) for run in (before, after)):
        raise OutputError("output_is_input", path=out)
    if opened is None:
        language = after.manifest.get("parameters", {}).get("project.language")
        return TwoDrawn((before, after), options.words_in(ctx, lang, language), outputs)
    return TwoDrawn((before, after), options.words(ctx, lang, opened), outputs)


def _is_input(path: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a file is an input of the run: its project may be unknown here."""
    from kalsel_gap.storage.fingerprint import hash_of_file

    inputs = {item["sha256"] for item in manifest.get("inputs", {}).values()}
    return path.is_file() and hash_of_file(path) in inputs


def write_data(
    chosen: Drawn, data: str | bytes, out: Path | None, text: Text, *, quiet: bool
) -> None:
    """Write to the file, or to standard output without one."""
    if out is None:
        console.emit(str(data))
        return
    written = data.encode("utf-8") if isinstance(data, str) else data
    write_unless_open(chosen, out, lambda path: path.write_bytes(written), text, quiet=quiet)


def write_unless_open(
    chosen: Drawn, out: Path, write: Callable[[Path], object], text: Text, *, quiet: bool
) -> None:
    """Write the file, or another one beside it while a spreadsheet has it open, and say so."""
    from kalsel_gap.storage.outputs import opened_by

    lock = opened_by(out)
    place = chosen.outputs.write_unless_open(out, write)
    if place == out:
        console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
        return
    # Also where no notes are wanted: the file that was asked for is not the new one.
    words = N_("{path} is open in another program and was not replaced. Written instead: {other}")
    console.note(text(words, path=out, other=place))
    if lock is not None:
        words = N_("If no program has it open, delete {lock} and run the command again.")
        console.note(text(words, lock=lock))
