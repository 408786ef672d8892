"""Both languages: gettext catalogues, numbers and choice of language.

English is the language of the source, so it needs no catalogue: each msgid is the English text.
``locale/id`` holds the Indonesian one. Nothing here is global: a :class:`Text` is made for a
language and passed to the functions that write sentences.
"""

from __future__ import annotations

import gettext
import locale
import math
import os
import re
import shlex
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal, get_args

from kalsel_gap.package import PACKAGE_FOLDER

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LOCALE_FOLDER = PACKAGE_FOLDER / "i18n" / "locale"
DOMAIN = "kalsel_gap"

# Characters that a terminal, a spreadsheet or a log would execute instead of showing: C0 and C1
# controls, and the marks that reorder text.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
_UNSEEN = re.compile(_CONTROL.pattern.replace(r"\x00-\x1f", ""))  # JSON escapes the C0 controls


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


def plain(value: object) -> str:
    r"""Text of others, made safe to show: control and direction characters become spaces.

    Examples
    --------
    >>> plain("SD \x1b[31mMERAH")
    'SD  [31mMERAH'
    """
    return _CONTROL.sub(" ", str(value))


def typed(word: object) -> str:
    """A path or another word as it is typed into this machine's shell, such as one with spaces.

    Examples
    --------
    >>> typed("data/kalsel-gap.toml")
    'data/kalsel-gap.toml'
    """
    shown = plain(word)
    if os.name != "nt":
        return shlex.quote(shown)
    return f'"{shown}"' if re.search(r"[\s&()^;,]", shown) else shown


def escaped(written: str) -> str:
    r"""JSON text, made safe to show: what a terminal would execute is written as an escape.

    Examples
    --------
    >>> escaped('["\x9b31mMERAH"]\n')
    '["\\u009b31mMERAH"]\n'
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[language], fallback=True)


@lru_cache(maxsize=10_000)
def _decimal(value: float, digits: int, language: Language) -> str:
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=language))


@dataclass(frozen=True, slots=True)
class Text:
    """Sentences and numbers in one language.

    Attributes
    ----------
    language : {'id', 'en'}
    """

    language: Language = "en"
    _catalogue: gettext.NullTranslations = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Load the catalogue once."""
        object.__setattr__(self, "_catalogue", _catalogue(self.language))

    def __call__(self, message: str, /, **params: object) -> str:
        """Translate `message`; its ``{named}`` parameters are filled in after that."""
        if not message:
            return ""
        translated = self._catalogue.gettext(message)
        return translated.format(**params) if params else translated

    def figure(self, value: object) -> str:
        """A value as it is, with all its digits; a fraction with the decimal sign.

        Examples
        --------
        >>> Text("id").figure(12.25), Text("id").figure("12.25"), Text("en").figure(12.25)
        ('12,25', '12.25', '12.25')
        """
        written = plain(value)
        is_comma = isinstance(value, float) and self.language == "id"
        return written.replace(".", ",") if is_comma else written

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with its thousands and decimal signs; empty where it is unknown.

        Examples
        --------
        >>> Text("id").number(1234.5, 1)
        '1.234,5'
        >>> Text("en").number(float("nan"))
        ''
        """
        if value is None or value != value or math.isinf(value):  # noqa: PLR0124 - NaN or NA
            return ""
        rounded = round(float(value), digits) + 0.0  # no minus before a zero
        return _decimal(rounded, digits, self.language)


def choose_language(
    option: str | None = None, *, project: str | None = None, deliverable: bool = False
) -> Language:
    """Language in force: option, environment, project (deliverables only), locale, English.

    Parameters
    ----------
    option : str, optional
        Value of ``--lang``.
    project : str, optional
        The project's ``language``.
    deliverable : bool
        Whether the text is for a file for others, not for this terminal.
    """
    environment = os.environ
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    given = next((environment[name] for name in names if environment.get(name)), None)
    # Windows has no such variables, and calls the locale Indonesian_Indonesia.
    region = (given or locale.getlocale()[0] or "").lower().replace("indonesian", "id")
    candidates = [
        option,
        environment.get("KALSEL_GAP_LANG"),
        project if deliverable else None,
        re.split(r"[_.@-]", region)[0],
    ]
    return next((lang for c in candidates for lang in LANGUAGES if c == lang), "en")
