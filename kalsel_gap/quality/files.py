"""A file that cannot be used, as a finding: the others can still be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.findings import Finding

if TYPE_CHECKING:
    from kalsel_gap.errors import InputError


def unusable(error: InputError, file: str) -> Finding:
    """What a reader raised, as a finding.

    Parameters
    ----------
    error : InputError
        Its code and fields become parameters, from which the sentence is made.
    file : str
        The file as the project names it: no path of a machine.
    """
    parameters = {"error": error.code} | {key: str(value) for key, value in error.params.items()}
    return Finding(
        "file_unusable",
        file=file,
        row=error.row,
        column=error.column or "",
        parameters=parameters,
    )
