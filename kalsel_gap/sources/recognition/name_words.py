"""What the names of files, folders and layers suggest: technology, operator, product, role."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from kalsel_gap.project.base import default_values
from kalsel_gap.sources.sites import OPERATORS
from kalsel_gap.sources.technologies import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

_GENERATION = re.compile(r"(?<!\d)[2-5]g(?!b)")
_WORD = re.compile(r"[a-z]+|\d+")
_SHORT = 4  # letters of a word that must stand alone


@cache
def words() -> dict[str, Any]:
    """The words of ``defaults/recognition.toml``."""
    return default_values("recognition")


def name_below(path: Path, folder: Path) -> str:
    """Name of a file with those of its folders, without case and ending.

    Examples
    --------
    >>> from pathlib import Path
    >>> name_below(Path("data/Cakupan/4G_XL.tif"), Path("data"))
    'cakupan 4g_xl'
    """
    return " ".join(path.relative_to(folder).with_suffix("").parts).casefold()


def mentions(name: str, known: Iterable[str]) -> str:
    """The first of the known words that a name has; a short one must stand alone.

    Examples
    --------
    >>> mentions("Batas_Kab 2024", ["kab"]), mentions("kabel", ["kab"])
    ('kab', '')
    >>> mentions("garis-pantai kalsel", ["garispantai"])
    'garispantai'
    """
    folded = name.casefold()
    alone = set(_WORD.findall(folded))
    joined = re.sub(r"[\W_]+", "", folded)
    return next((w for w in known if w in alone or (len(w) > _SHORT and w in joined)), "")


def roles_named(name: str, group: str) -> list[str]:
    """Keys of a group of words of which a name has one."""
    table: Mapping[str, list[str]] = words()[group]
    return [role for role, known in table.items() if mentions(name, known)]


def technologies_named(name: str) -> list[str]:
    """Technologies that a name states, each once.

    Examples
    --------
    >>> technologies_named("rsrp_4g_xl"), technologies_named("LTE dan 3G")
    (['4g'], ['3g', '4g'])
    """
    folded = name.casefold()
    found = {*_GENERATION.findall(folded)}
    found |= {TECHNOLOGIES[word] for word in _WORD.findall(folded) if word in TECHNOLOGIES}
    found |= {"fixed"} if mentions(folded, words()["coverage"]["fixed"]) else set()
    return sorted(found)


def operators_named(name: str, known: Collection[str] = ()) -> list[str]:
    """Operators of the sites, and those that the reader of sites knows, that a name states."""
    every = dict.fromkeys((*known, *sorted(set(OPERATORS.values()))))
    return [each for each in every if each and mentions(name, [re.sub(r"[\W_]+", "", each)])]
