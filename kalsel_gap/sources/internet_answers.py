"""What the internet field of a register states: none, a line, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    from kalsel_gap.project.checks import InternetAnswers

_LONG = 5  # a name so long stands inside of a word too: “telkomnet”
_TICKS = frozenset("✓✔√☑")
_WORD = re.compile(r"[^\W_]+")


def read_answer(text: str, answers: InternetAnswers) -> Literal["none", "line", "unknown", ""]:
    """The answer of a cell; empty where it is not understood.

    Parameters
    ----------
    text : str
        The cell.
    answers : InternetAnswers
        Words of each answer.

    Examples
    --------
    >>> from kalsel_gap.project.checks import Registers
    >>> answers = Registers.shipped().internet
    >>> [read_answer(text, answers) for text in ("Tidak Ada", "Telkom Speedy", "-", "Budi")]
    ['none', 'line', 'unknown', '']
    >>> [read_answer(text, answers) for text in ("Tanpa WiFi", "Starlink (rusak)", "✓", "2-No")]
    ['', '', 'line', 'none']
    """
    folded = fold(text)
    if text.strip() in _TICKS:
        return "line"
    if not folded or folded in answers.unknown:
        return "unknown"
    if folded in answers.none or folded.startswith(answers.none_prefixes):
        return "none"
    words = set(_WORD.findall(text.casefold()))
    named = words & set(answers.providers) or any(
        part in folded for part in answers.providers if len(part) >= _LONG
    )
    denied = bool(words & set(answers.denials))
    return "line" if (named and not denied) or folded in answers.line else ""
