"""Why a project file is not TOML: the usual slips of a first project, each with its cause."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from kalsel_gap.errors import ProjectError

if TYPE_CHECKING:
    import tomllib
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Quotation marks of word processors.
_QUOTES = "\"'"
_CURLY = "“”„‟‘’‚‛«»"
_STRAIGHT = str.maketrans(dict.fromkeys(_CURLY, '"'))
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_ASSIGNMENT = re.compile(r"\s*(?P<key>[\w.-]+|\"[^\"]*\")\s*=\s*(?P<value>.*?)\s*(?P<comment>#.*)?")
_HEAD = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_TWICE = ("Cannot overwrite a value", "Cannot declare", "Cannot mutate immutable namespace")
_LONGEST = 80  # characters of a line that a message repeats
# Characters that a backslash makes of the letter after it, where a Windows path was meant.
_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}


def read_text(content: bytes, path: Path) -> str:
    """The text of a project file.

    Raises
    ------
    ProjectError
        It is UTF-16 (what Notepad calls Unicode), or not UTF-8 for another reason.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        raise ProjectError("project_utf16", path=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise ProjectError("project_not_utf8", path=path, row=row) from None


def not_toml(text: str, path: Path, error: tomllib.TOMLDecodeError) -> ProjectError:
    """The cause of an error of TOML, with the line as it should be; the parser's own words if none.

    Parameters
    ----------
    text : str
        The project file.
    path : Path
        Where it is.
    error : TOMLDecodeError
        What the parser says.
    """
    reason = str(error)
    lines = text.split("\n")
    found = _AT.search(reason)
    row = int(found[1]) if found else len(text.rstrip().split("\n"))
    line = lines[row - 1].strip()
    unexplained = ProjectError("project_not_toml", path=path, reason=reason)  # has the line
    return next(_causes(line, reason, path, row), unexplained)


def lines_of(text: str) -> dict[str, int]:
    r"""Line of each dotted key and of the head of each section of a project file.

    The key has the number of its section from 0 where there are several: ``coverage.0.kind``.

    Examples
    --------
    >>> lines_of('[[coverage]]\npath = "a"\n[[coverage]]\nkind = ""')["coverage.1.kind"]
    4
    """
    heads: Counter[str] = Counter()
    found: dict[str, int] = {}
    sections = [""]
    for number, line in enumerate(text.split("\n"), start=1):
        if head := _HEAD.match(line):
            name = head[2].replace('"', "").replace(" ", "")
            sections = [f"{name}.{heads[name]}.", *([] if head[1] == "[[" else [f"{name}."])]
            heads[name] += 1
        elif assigned := _ASSIGNMENT.match(line):
            name = assigned["key"].replace('"', "")
            found |= {f"{section}{name}": number for section in sections}
            continue
        found |= {section.rstrip("."): number for section in sections if head}
    return found


def line_of(lines: Mapping[str, int], key: str) -> int | None:
    """Line of a key, otherwise that of the head of its section; None if neither is there."""
    return lines.get(key, lines.get(key.rpartition(".")[0]))


def _causes(line: str, reason: str, path: Path, row: int) -> Iterator[ProjectError]:
    """Errors that explain a line, the likeliest first, each with the line as it should be."""
    if reason.startswith(_TWICE):
        yield ProjectError("project_twice", path=path, row=row)
    if not (match := _ASSIGNMENT.fullmatch(line)) or not match["value"]:
        return
    key, value = match["key"], match["value"]

    def line_with(right: str) -> str:
        return f"{key} = {right}"[:_LONGEST]

    starts_curly = re.match(rf"[{_CURLY}\[{{]", value) and re.search(f"[{_CURLY}]", value)
    if starts_curly or value[-1] in _CURLY:
        proposal = line_with(value.translate(_STRAIGHT))
        yield ProjectError("project_curly_quotes", path=path, row=row, proposal=proposal)
    if value.startswith('"') and "\\" in value:
        inside = value.strip('"').replace("\\\\", "/").replace("\\", "/")
        proposal = line_with(f'"{inside}"')
        yield ProjectError("project_backslash", path=path, row=row, proposal=proposal)
    if re.fullmatch(r"[+-]?\d+,\d+", value):
        proposal = line_with(value.replace(",", "."))
        yield ProjectError("project_decimal_comma", path=path, row=row, proposal=proposal)
    if not re.match(r"[\"'\[{]", value):
        bare = value.strip(_QUOTES).replace("\\", "/")
        proposal = line_with(f'"{bare}"')
        yield ProjectError("project_no_quotes", path=path, row=row, proposal=proposal)
    if value[0] in _QUOTES and value.count(value[0]) % 2:
        proposal = line_with(f"{value}{value[0]}")
        yield ProjectError("project_quote_open", path=path, row=row, proposal=proposal)


def escaped_path(path: Path) -> str:
    r"""A path in which ``\t`` or its like became a control character, as it was meant; or empty.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> escaped_path(PurePosixPath("C:\temp\new.csv"))
    'C:/temp/new.csv'
    """
    written = path.as_posix()
    for character, escape in _ESCAPES.items():
        written = written.replace(character, escape)
    return written.replace("\\", "/") if written != path.as_posix() else ""
