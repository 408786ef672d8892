"""Accept repairs into the project: those of a reviewed table, or all of a kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors, suggestion
from kalsel_gap.i18n.numbers import number
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.quality.repairs import accepted
from kalsel_gap.sources.repairs import COLUMNS, stored
from kalsel_gap.sources.tables import has_columns_only
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.full_check import Checked
    from kalsel_gap.storage.outputs import Outputs


NUMBERS = ("lat", "lon", "before_km", "after_km")
SAME = ("file", "row", "code", "lat", "lon", "area")  # columns that identify a proposal
VALUES = ("column", "given", "proposed")  # likewise for one of an NPSN or a number


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where accepted repairs are stored, which were accepted now, and how many withdrawn."""

    path: Path
    repairs: pd.DataFrame
    withdrawn: int

    @property
    def count(self) -> int:
        """How many were accepted now."""
        return len(self.repairs)


def accept_repairs(
    opened: Opened,
    checked: Checked,
    proposals: pd.DataFrame,
    reviewed: Path | None = None,
    *,
    kinds: Sequence[str] = (),
    overwrite: bool = False,
) -> Accepted:
    """Store the repairs that a person has accepted where the project reads them.

    A row without an answer in the reviewed table keeps its earlier answer.

    Parameters
    ----------
    opened : Opened
        The project.
    checked : Checked
        Findings and proposals of the inputs as they are now.
    proposals : DataFrame
        The proposals of `checked`, each with its reason as a sentence.
    reviewed : Path, optional
        The table with the answers.
    kinds : sequence of str
        Kinds of which every proposal is accepted: ``CODE``, or ``CODE:FILE`` for one file.
    overwrite : bool
        Whether a table may go that was written neither by this tool nor for it.

    Raises
    ------
    InputError, SeveralErrors
        The table cannot be read, an accepted row is not a current proposal, or nothing of a kind
        is proposed; nothing is stored.
    OutputError
        The file cannot or may not be written; the old one is unchanged.
    """
    path = opened.project.repairs.path
    outputs = check_store(opened, overwrite=overwrite)
    chosen, answered = of_kinds(kinds, checked.repairs)
    if reviewed is not None:
        of_table, in_table = accepted(reviewed, checked.repairs)
        chosen = checked.repairs[checked.repairs.index.isin(chosen.index.union(of_table.index))]
        answered |= in_table
    before = {line: (place_key(row), row) for line, row in stored(path).items()}
    renewed = {place_key(row) for row in chosen.to_dict("records")}
    withdrawn = len(answered.intersection(key for key, _ in before.values()) - renewed)
    if chosen.empty and not withdrawn:
        return Accepted(path, chosen, 0)
    # Repairs that no longer apply have a finding, and are removed.
    of_store = checked.findings["code"].isin(("repair_stale", "repair_refused"))
    void = set(checked.findings.loc[of_store, "row"])
    again = {proposal_key(row) for row in chosen.to_dict("records")}
    stays = [
        row
        for line, (key, row) in before.items()
        if line not in void and (key not in answered or proposal_key(row) in again)
    ]
    kept = {proposal_key(row) for row in stays}
    new = [row for row in chosen.index if proposal_key(chosen.loc[row].to_dict()) not in kept]
    rows: list[Mapping[Any, Any]] = [
        *stays,
        *proposals.loc[new].assign(accept="yes").to_dict("records"),
    ]
    rows.sort(key=lambda row: (row["file"], row["row"], row["column"]))
    table = pd.DataFrame(rows, columns=list(checked.repairs.columns))
    numbers = table[[*NUMBERS]].apply(pd.to_numeric, errors="coerce")
    with outputs.replace(path) as temporary:
        temporary.write_text(csv_of(table.assign(**numbers)), encoding="utf-8", newline="")
    return Accepted(path, chosen, withdrawn)


def of_kinds(
    kinds: Sequence[str], proposed: pd.DataFrame
) -> tuple[pd.DataFrame, set[tuple[str, int, str]]]:
    """All proposals of some kinds, and the keys of what they answer for.

    Parameters
    ----------
    kinds : sequence of str
        ``CODE``, or ``CODE:FILE`` for one file.
    proposed : DataFrame
        What is proposed, :func:`.repairs.as_table`.

    Raises
    ------
    SeveralErrors
        Nothing is proposed for a code, or not in that file.
    """
    chosen = np.zeros(len(proposed), dtype=np.bool_)
    faults: list[KalselGapError] = []
    for kind in kinds:
        code, _, file = kind.partition(":")
        of_code = (proposed["code"] == code).to_numpy()
        files = sorted(set(proposed.loc[of_code, "file"]))
        meant = [each for each in files if not file or _is_file(file, each)]
        if meant:
            chosen |= of_code & proposed["file"].isin(meant).to_numpy()
            continue
        faults.append(_no_file(code, file, files) if files else _no_code(code, proposed))
    if faults:
        raise SeveralErrors(faults)
    rows = proposed[chosen]
    return rows, {place_key(row) for row in rows.to_dict("records")}


def _no_code(code: str, proposed: pd.DataFrame) -> InputError:
    known = sorted(set(proposed["code"]))
    return InputError(
        "accept_code_unknown",
        column="--accept",
        value=code,
        known=", ".join(known) or "-",
        suggestion=suggestion(code, known),
    )


def _no_file(code: str, file: str, known: list[str]) -> InputError:
    return InputError(
        "accept_file_unknown",
        column="--accept",
        value=file,
        kind=code,
        known=", ".join(known),
        suggestion=suggestion(file, known),
    )


def _is_file(given: str, file: str) -> bool:
    """Whether a person means this file: by its path, its name, or without its sheet."""
    whole = file.partition("[")[0]
    return given in (file, whole, whole.rpartition("/")[2], file.rpartition("/")[2])


def check_store(opened: Opened, *, overwrite: bool = False) -> Outputs:
    """The guard, once it lets the accepted repairs of a project be written.

    A table of repairs is merged into the new one, so that lines that somebody took out of it stay
    out; one with columns of its own would lose them.

    Raises
    ------
    OutputError
        The project names a file for its repairs that holds something else.
    """
    path = opened.project.repairs.path
    outputs = outputs_of(opened, writes="repairs")
    outputs.check(path, endings=(".csv",), overwrite=overwrite, merged=is_of_repairs(path))
    return outputs


def is_of_repairs(path: Path) -> bool:
    """Whether a file is a table of repairs without a column of somebody's own."""
    return has_columns_only(path, needed=("accept", *SAME), known=COLUMNS)


def place_key(row: Mapping[Any, Any]) -> tuple[str, int, str]:
    """What a repair changes: file, row, and the column; empty for a location."""
    return str(row["file"]), int(row["row"]), str(row["column"])


def proposal_key(row: Mapping[Any, Any]) -> tuple[object, ...]:
    """Key of a proposal, the same after a spreadsheet has saved it."""
    given = [row.get(name, "") for name in (*SAME, *VALUES)]  # an older table has no values
    texts = ["" if pd.isna(value) else str(value) for value in given]
    return tuple(
        text.removeprefix("'") if math.isnan(number(text)) else f"{number(text):.9g}"
        for text in texts
    )
