"""Errors that a user can correct: a code and its fields, no sentence.

Sentences are made in :mod:`kalsel_gap.i18n.messages`, at the edge, in the reader's language.
"""

from __future__ import annotations

import contextlib
import difflib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NEAR = 0.65  # difflib's ratio of near words; two of three letters in order have 0.67


class KalselGapError(Exception):
    """An error that a user can correct.

    Parameters
    ----------
    code : str
        Key into :data:`kalsel_gap.i18n.messages.ERRORS`.
    path : Path or str, optional
        The file or folder with the error.
    row, column : optional
        Where in the file: line number as a spreadsheet shows it, column header or key.
    **params
        Values that the sentence mentions.
    """

    def __init__(
        self,
        code: str,
        *,
        path: Path | str | None = None,
        row: int | None = None,
        column: str | None = None,
        **params: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.path = path
        self.row = row
        self.column = column
        self.params = params

    def __str__(self) -> str:
        """Code and fields: for logs and for people who use the library from Python."""
        fields = {"path": self.path, "row": self.row, "column": self.column, **self.params}
        given = ", ".join(f"{key}={value}" for key, value in fields.items() if value is not None)
        return f"{self.code} ({given})" if given else self.code


class ProjectError(KalselGapError):
    """The project file cannot be used."""


class InputError(KalselGapError):
    """An input file cannot be used as a whole; a faulty row is a finding, not an error."""


class OutputError(KalselGapError):
    """A result cannot be written; the old content is unchanged."""


class SeveralErrors(KalselGapError):  # noqa: N818 - it holds errors
    """All errors of a file, collected and reported once.

    Parameters
    ----------
    errors : sequence of KalselGapError
        At least one.
    """

    def __init__(self, errors: list[KalselGapError]) -> None:
        super().__init__("several", count=len(errors))
        self.errors = tuple(errors)

    def __str__(self) -> str:
        """All of them, one per line."""
        return "\n".join(str(error) for error in self.errors)


def suggestion(word: str, words: object) -> str:
    """The most similar of `words` if it is near; otherwise empty."""
    spelled = {str(each).casefold(): str(each) for each in words}  # type: ignore[attr-defined]
    near = difflib.get_close_matches(word.casefold(), spelled, n=1, cutoff=_NEAR)
    return spelled[near[0]] if near else ""


def similar_file(name: str, names: Iterable[str]) -> str:
    """The most similar of the names of files; a shared ending makes no two names similar.

    Examples
    --------
    >>> similar_file("dm.tif", ["dem.tif", "e.csv"]), similar_file("menara.csv", ["e.csv"])
    ('dem.tif', '')
    """
    stems: dict[str, list[str]] = {}
    for each in sorted(names):
        stems.setdefault(Path(each).stem, []).append(each)
    same = stems.get(suggestion(Path(name).stem, stems), [])
    return suggestion(name, same) or next(iter(same), "")


@contextlib.contextmanager
def reading(path: Path, code: str) -> Iterator[None]:
    """One error that names the file for whatever a library raises inside the block.

    A damaged file makes libraries raise anything, also errors of types and indices deep inside
    them. So nothing but calls of libraries belongs into the block.

    Parameters
    ----------
    path : Path
        The file.
    code : str
        Of the error; its sentence states a `reason`.

    Raises
    ------
    InputError
        Anything was raised inside the block that is not already an error of ours.
    """
    try:
        yield
    except KalselGapError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        raise InputError(code, path=path, reason=reason(error)) from None


def reason(error: Exception) -> str:
    """The system's message, otherwise a library's first line without hints for programmers."""
    said = getattr(error, "strerror", None) or str(error)
    line = (said.splitlines() or [type(error).__name__])[0]
    return line.partition("; It might help")[0][:200]
