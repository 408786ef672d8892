"""A project file that is proposed for the files of a folder, as commented TOML."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from kalsel_gap.errors import KalselGapError
from kalsel_gap.i18n.messages import error_lines
from kalsel_gap.i18n.recognition import ASSUMED, CERTAINTIES, SENTENCES
from kalsel_gap.i18n.text import N_, Text, escaped, plain
from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.outputs import Outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.schema import DataNature

TomlValue: TypeAlias = (
    "str | int | float | bool | Path | Sequence[TomlValue] | Mapping[str, TomlValue]"
)
Certainty = Literal["sure", "likely", "unsure"]

_WIDTH = 80
# Sections in the order in which they are written; the others follow in their own.
_ORDER = (
    *("schools", "attributes", "boundaries", "elevation", "land_cover", "coverage", "sites"),
    *("rivers", "roads", "fibre", "coastline", "wetlands", "measurements", "facilities"),
    "villages",
)
_SEVERAL = frozenset(
    ("schools", "attributes", "coverage", "sites", "measurements", "facilities")
)  # [[section]]
_DEFAULTS = "coverage_defaults"
_CAPITAL = frozenset(
    ("file_error", "layer_named", "layer_content")
)  # they begin with a word of others
_HEAD = N_(
    "A kalsel-gap project, proposed for the files of a folder. Paths are relative to this file; "
    "lines that begin with # are not read. Check what is said above each section, answer the keys "
    'with "", then run “kalsel-gap rank”. Every section and key: docs/project-file.md.'
)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of :data:`~kalsel_gap.i18n.recognition.SENTENCES` and what fills it in.

    Attributes
    ----------
    code : str
    params : mapping
        Words, numbers and errors; a tuple is a list of words.
    """

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, text: Text) -> str:
        """The sentence in a language, on one line and without characters that are no text."""
        words = {key: _word(value, text) for key, value in self.params.items()}
        said = plain(text(SENTENCES[self.code], **words))
        return said[:1].upper() + said[1:] if self.code in _CAPITAL else said


@dataclass(frozen=True, slots=True)
class Entry:
    """A section, or a key of one, that is proposed.

    Attributes
    ----------
    section : str
        As the project file names it; with a dot and a key for a path inside a section, such as
        ``boundaries.desa``.
    paths : tuple of Path
        Its file, or files.
    certainty : {'sure', 'likely', 'unsure'}
        What is unsure is written as a comment.
    said : tuple of Said
        Why, and what is asked.
    keys : mapping
        Further keys with their values; an empty text is a question.
    """

    section: str
    paths: tuple[Path, ...]
    certainty: Certainty
    said: tuple[Said, ...] = ()
    keys: Mapping[str, TomlValue] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Name of the section that it belongs to."""
        return self.section.partition(".")[0]

    @property
    def is_used(self) -> bool:
        """Whether the project reads it."""
        return self.certainty != "unsure"

    def shown(self, folder: Path) -> str:
        """Its files as they are named to a person, relative to a folder, with its part."""
        given = self.paths or tuple(p for p in _paths(self.keys.get("land", ())))
        part = self.keys.get("sheet", self.keys.get("layer", ""))
        names = ", ".join(relative(path, folder) for path in given)
        return plain(f"{names}[{part}]" if part else names)

    def path(self) -> TomlValue:
        """One path, or a list of several."""
        return self.paths[0] if len(self.paths) == 1 else list(self.paths)


@dataclass(frozen=True, slots=True)
class Unused:
    """A file in which nothing was recognised, and why.

    Attributes
    ----------
    path : Path
    said : Said
    part : str
        Its sheet or layer, where it has several.
    """

    path: Path
    said: Said
    part: str = ""

    def shown(self, folder: Path) -> str:
        """As it is named to a person: relative to a folder, with its part."""
        part = f"[{self.part}]" if self.part else ""
        return plain(f"{relative(self.path, folder)}{part}")


@dataclass(frozen=True, slots=True)
class ProposedProject:
    """What is proposed for a folder.

    Attributes
    ----------
    name : str
        Of the project.
    nature : str
        Whether data are real.
    entries : tuple of Entry
        In the order of the project file.
    unused : tuple of Unused
        By path.
    """

    name: str
    nature: DataNature
    entries: tuple[Entry, ...]
    unused: tuple[Unused, ...]

    def ordered(self) -> list[Entry]:
        """Entries in the order in which they are written: by section, the used ones first."""
        return sorted(self.entries, key=lambda each: (_ORDER.index(each.table), not each.is_used))

    def alike(self) -> tuple[Entry, ...]:
        """Coverage whose empty cells are asked about once: the largest group of maps alike."""
        groups: dict[str, list[Entry]] = {}
        for entry in self.ordered():
            if entry.is_used and entry.keys.get("nodata_means") == "":
                likeness = str([entry.keys.get(key) for key in ("kind", "basis")])
                groups.setdefault(f"{likeness} {entry.paths[0].suffix.lower()}", []).append(entry)
        largest = max(groups.values(), key=len, default=[])
        return tuple(largest) if len(largest) > 1 else ()

    def questions(self) -> int:
        """How many answers are missing before the project can be ranked."""
        asked = [entry for entry in self.entries if entry.is_used]
        blank = sum(value == "" for entry in asked for value in entry.keys.values())
        return blank - max(len(self.alike()) - 1, 0) + (not self.has_schools)

    @property
    def has_schools(self) -> bool:
        """Whether a register is among the entries that are used."""
        return any(entry.table == "schools" and entry.is_used for entry in self.entries)


def write_proposal(proposal: ProposedProject, folder: Path, text: Text) -> Path:
    """Write a proposed project file into `folder`; no existing file is overwritten.

    Parameters
    ----------
    proposal : ProposedProject
    folder : Path
        Created if missing.
    text : Text
        Language of the comments.

    Returns
    -------
    Path
        The project file.

    Raises
    ------
    OutputError
        There is a project file already, or the folder cannot be written.
    """
    target = folder / FILE_NAME
    outputs = Outputs(folder, is_new=True)
    outputs.check(target)
    with outputs.replace(target) as temporary:
        temporary.write_text(proposal_text(proposal, folder, text), encoding="utf-8", newline="\n")
    return target


def proposal_text(proposal: ProposedProject, folder: Path, text: Text) -> str:
    """The project file that a proposal makes in `folder`, with comments in a language."""
    lines = [
        *_comment(text(_HEAD)),
        "",
        "[project]",
        f"name = {quoted(proposal.name)}",
        f"language = {quoted(text.language)}",
        f"data = {quoted(proposal.nature)}",
    ]
    if not proposal.has_schools:
        lines += ["", *_comment(Said("no_schools").sentence(text)), "[schools]", 'path = ""']
    alike = proposal.alike()
    if alike:
        several = Said("empty_cells_of_all", {"count": len(alike)}).sentence(text)
        lines += ["", *_comment(several), *_comment(Said("empty_cells").sentence(text))]
        lines += [f"[{_DEFAULTS}]", 'nodata_means = ""']
    begun: set[str] = set()
    for entry in proposal.ordered():
        lines += ["", *_entry_lines(entry, folder, text, begun, is_alike=entry in alike)]
    if proposal.unused:
        lines += ["", *_comment(text(N_("Files that are not used:")))]
    for unused in proposal.unused:
        said = unused.said.sentence(text)
        lines += _comment(f"{unused.shown(folder)}: {said}", hanging="  ")
    written = "\n".join(lines) + "\n"
    return written.encode("utf-8", "replace").decode("utf-8")  # names of files may be no text


def _entry_lines(
    entry: Entry, folder: Path, text: Text, begun: set[str], *, is_alike: bool
) -> list[str]:
    """Comment and keys of a section; `begun` gets the tables to which further keys may be added."""
    said = [each for each in entry.said if not (is_alike and each.code == "empty_cells")]
    keys = {k: v for k, v in entry.keys.items() if not (is_alike and k == "nodata_means")}
    inside = entry.section.partition(".")[2]
    given: dict[str, TomlValue] = {"path": entry.path(), **keys} if entry.paths else keys
    if inside:
        given = {inside: given if keys else entry.path()}
    code = []
    for key, value in given.items():
        assumed = f"  # {text(ASSUMED[key])}" if key in ASSUMED and value else ""
        code.append(f"{_key(key)} = {_toml(value, folder)}{assumed}")
    head = f"[[{entry.table}]]" if entry.table in _SEVERAL else f"[{entry.table}]"
    if not (inside and entry.table in begun):
        code.insert(0, head)
    if entry.is_used:
        begun.add(entry.table)
    why = " ".join(each.sentence(text) for each in said)
    comment = _comment(f"{text(CERTAINTIES[entry.certainty])}: {why}")
    return [*comment, *(code if entry.is_used else (f"# {line}" for line in code))]


def _paths(value: TomlValue) -> list[Path]:
    return [each for each in value if isinstance(each, Path)] if isinstance(value, list) else []


def refuse_existing(folder: Path) -> None:
    """Refuse a folder that has a project file already.

    Raises
    ------
    OutputError
    """
    Outputs(folder, is_new=True).check(folder / FILE_NAME)


def relative(path: Path, folder: Path) -> str:
    """A path as seen from a folder, with forward slashes; whole where it is on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def quoted(words: str) -> str:
    r"""Words as a string of TOML: quotes, control and direction characters are escaped.

    Examples
    --------
    >>> print(quoted('a "b"\\c\n\x7f\u202e'))
    "a \"b\"\\c\n\u007f\u202e"
    """
    return escaped(json.dumps(words, ensure_ascii=False))


def _toml(value: TomlValue, folder: Path) -> str:
    """A value in TOML, on one line."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return quoted(value)
        case Path():
            return quoted(relative(value, folder))
        case Mapping():
            inside = ", ".join(f"{_key(k)} = {_toml(v, folder)}" for k, v in value.items())
            return f"{{ {inside} }}"
    return f"[{', '.join(_toml(each, folder) for each in value)}]"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][\w-]*", key, re.ASCII) else quoted(key)


def _comment(sentence: str, hanging: str = "") -> list[str]:
    """Words as lines of a comment."""
    wrapped = textwrap.wrap(
        plain(sentence),
        _WIDTH - 2,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"# {line}" for line in wrapped]


def _word(value: object, text: Text) -> str:
    """What fills in a sentence."""
    match value:
        case KalselGapError():
            bare = KalselGapError(value.code, row=value.row, column=value.column)
            bare.params = value.params
            return " ".join(error_lines(bare, text))
        case Path():
            return f"{value.parent.name}/{value.name}"
        case Said():
            return text(SENTENCES[value.code])
        case tuple():
            return ", ".join(_word(each, text) for each in value)
        case int() | float():
            return text.number(value, 0 if float(value).is_integer() else 1)
    return str(value)
