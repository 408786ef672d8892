"""The file of a workbook (XLSX): its properties and printed pages, with no clock in its bytes."""

from __future__ import annotations

import contextlib
import io
import tempfile
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from kalsel_gap.deliverables.provenance import day_of_writing
from kalsel_gap.deliverables.tables import all_notices, standing_sentence
from kalsel_gap.deliverables.workbook_writer import PageFrame, SheetWriter
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.storage.text_workbook import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xlsxwriter import Workbook

    from kalsel_gap.storage.run_folder import Run

_LONGEST_PROPERTY = 255  # characters of a property of a document
_WITHOUT_FORMULAS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@contextlib.contextmanager
def open_book(run: Run, path: Path, text: Text, *, title: str) -> Iterator[SheetWriter]:
    """A workbook that is written to a file when the block ends well.

    Parameters
    ----------
    run : Run
        What it is made from: its notices stand on every printed page.
    path : Path
        The XLSX file.
    text : Text
        Language of the document.
    title : str
        Of the document, without the name of the project.

    Raises
    ------
    OSError
        It cannot be written completely, such as on a full disk.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:  # of the rows, until all sheets are written
        book = Workbook(content, {**_WITHOUT_FORMULAS, "tmpdir": folder})
        try:
            _describe(book, run, text, title)
            yield SheetWriter(book, _frame(run, text), text)
            book.close()
        except FileCreateError as error:  # it holds the error of the system
            raise OSError(*error.args[0].args) from error
        finally:
            for sheet in book.worksheets():
                sheet._opt_close()  # noqa: SLF001 - nothing public closes its files after an error
    path.write_bytes(content.getvalue())


def _frame(run: Run, text: Text) -> PageFrame:
    nature = NAMES.get(run.manifest.get("data", "real"))
    return PageFrame(
        project=shown_text(run.manifest.get("project") or ""),
        nature=text(nature) if nature else "",
        standing=f"{standing_sentence(run, text)} {_made_by(run, text)}",
    )


def _made_by(run: Run, text: Text) -> str:
    return text(
        N_("kalsel-gap {version}, run {run}"),
        version=run.manifest.get("kalsel_gap", ""),
        run=run.folder.name,
    )


def _describe(book: Workbook, run: Run, text: Text, title: str) -> None:
    """Title, subject and language of the document; its time is the last day of the data."""
    if project := run.manifest.get("project"):
        title = f"{title}: {shown_text(project)}"
    day = datetime.combine(day_of_writing(run), time(), UTC)
    book.set_properties(
        {
            "title": title[:_LONGEST_PROPERTY],
            "subject": shown_text(standing_sentence(run, text))[:_LONGEST_PROPERTY],
            "author": "kalsel-gap",
            "comments": shown_text(" ".join(all_notices(run, text))),
            "keywords": _made_by(run, text),
            "created": day,
        }
    )
    book.set_custom_property("Language", text.language, "text")
