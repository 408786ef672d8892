"""Report as PDF/UA-1 by typst, from a fixed template and the content as data.

No text of the inputs is a part of the template: it is read from JSON, and typst shows strings as
they are. The fonts are those inside typst, so that the bytes are the same on every machine.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kalsel_gap.deliverables.report_blocks import as_data
from kalsel_gap.errors import OutputError
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.package import PACKAGE_FOLDER

if TYPE_CHECKING:
    from kalsel_gap.deliverables.report_blocks import Report

# Letters that the fonts inside typst have: Latin, Greek, Cyrillic, Arabic, signs. PDF/UA-1 refuses
# a text with a letter that no font has.
_NOT_IN_FONTS = re.compile(
    "[^\t\n -~\u00a0-\u00ac\u00ae-\u0377\u0384-\u038a\u038e-\u03a1\u03a3-\u04ff\u0621-\u063a"
    "\u0640-\u0652\u0660-\u0669\u1e00-\u1eff\u2010-\u2027\u2030-\u2040\u20a0-\u20bf\u2190-\u22ff"
    "\u25a0-\u25ff\ufffd]"
)
_NOT_PLAIN = re.compile("[^\t\n -~\u00a0-\u00ac\u00ae-\u024f\u2010-\u2027\ufffd]")
_LACKING = "\ufffd"
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # of a report whose inputs state no date


def to_pdf(report: Report, text: Text) -> bytes:
    """The report as PDF/UA-1: the same report gives the same bytes.

    A letter that the fonts lack is shown as �, and a sentence at the end says so.

    Parameters
    ----------
    report : Report
    text : Text
        Language of that sentence.

    Raises
    ------
    OutputError
        Typst refuses the report: ``pdf_not_made``.
    """
    from typst import TypstError

    content = json.dumps(as_data(report), ensure_ascii=False)
    try:
        return _compiled(content, _NOT_IN_FONTS, report, text)
    except TypstError:
        # Signs that the fonts have one by one need not fit together: an accent over an arrow.
        pass
    try:
        return _compiled(content, _NOT_PLAIN, report, text)
    except TypstError as error:
        raise OutputError("pdf_not_made", reason=error.message) from None


def _compiled(content: str, lacking: re.Pattern[str], report: Report, text: Text) -> bytes:
    import typst

    written, count = lacking.subn(_LACKING, unicodedata.normalize("NFC", content))
    note = ""
    if count:
        words = N_("Letters that the fonts of this PDF lack are shown as {sign}.")
        note = text(words, sign=_LACKING)
    moment = datetime.fromisoformat(report.date).replace(tzinfo=UTC) if report.date else _NO_DATE
    folder = PACKAGE_FOLDER / "deliverables" / "assets"  # all that the template could read
    return typst.compile(
        str(folder / "report.typ"),
        root=str(folder),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=moment,
        sys_inputs={"content": written, "lacking": note},
    )
