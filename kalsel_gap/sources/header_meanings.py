"""Which headers mean which columns: by their words, with or without a unit, or by places."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.place_headers import parts_of_degrees, place_columns
from kalsel_gap.sources.quantities import bare_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_NOWHERE = -1  # position of a header that the project names and this table lacks


def header_positions(
    words: Sequence[str], aliases: Mapping[str, Sequence[str]], declared: Mapping[str, int]
) -> dict[str, list[int]]:
    """Positions of the headers that mean each column.

    Parameters
    ----------
    words : sequence of str
        What each header says.
    aliases : mapping
        Canonical column to the folded headers that mean it; its own name always does.
    declared : mapping
        Columns whose headers the project names, with the positions of these: they mean no other.

    Returns
    -------
    dict
        Columns that are not declared, in the order of `aliases`; those without a header are left
        out, and places whose minutes or seconds have columns of their own.

    Examples
    --------
    >>> header_positions(["Tinggi (m)", "Lintang", "X"], {"height": ("tinggi",), "lat": ()}, {})
    {'height': [0]}
    """
    free = {n: fold(word) for n, word in enumerate(words) if n not in declared.values()}
    meant = {fold(word) for column, spelled in aliases.items() for word in (column, *spelled)}
    skipped = {*declared, *(("lat", "lon") if parts_of_degrees(words) else ())}
    found: dict[str, list[int]] = {}
    for column, spellings in aliases.items():
        if column in skipped:
            continue
        meanings = {fold(column), *spellings}
        mine = [n for n, folded in free.items() if folded in meanings]
        # A header can name its unit: “Tinggi (m)”.
        mine = mine or [
            n
            for n, folded in free.items()
            if folded not in meant and fold(bare_header(words[n], column)) in meanings
        ]
        if mine:
            found[column] = mine
    if {"lat", "lon"} <= aliases.keys() - found.keys() - skipped:
        used = {positions[0] for positions in found.values()}
        left = [n for n in free if n not in used]
        placed = place_columns([words[n] for n in left])
        found |= {column: [left[at]] for column, at in placed.items()}
    return found


class Meanings(NamedTuple):
    """What headers mean: aliases of columns, and what the project says of this file."""

    aliases: Mapping[str, Sequence[str]]
    override: Mapping[str, str]

    def spellings(self) -> dict[str, str]:
        """Every folded header that means something, and the column that it means."""
        spelled = {spelling: column for column, words in self.aliases.items() for spelling in words}
        spelled |= {fold(column): column for column in self.aliases}
        return spelled | {fold(header): column for column, header in self.override.items()}

    def found(self, headers: Sequence[str], words: Sequence[str]) -> dict[str, int]:
        """Column to its header's position: as the project names it, or by what its words mean."""
        declared = {
            column: headers.index(header) if header in headers else _NOWHERE
            for column, header in self.override.items()
        }
        found = {column: at for column, at in declared.items() if at != _NOWHERE}
        if not self.aliases:
            names = [fold(word) for word in words]
            plain = {column: names.index(column) for column in ("lat", "lon") if column in names}
            return plain | found
        means = header_positions(words, self.aliases, declared)
        return found | {column: positions[0] for column, positions in means.items()}

    def wants(self, column: str, words: Sequence[str]) -> bool:
        """Whether a table without such a header takes the column from its points or placemarks."""
        if column in self.override or (self.aliases and column not in self.aliases):
            return False
        return not {fold(h) for h in words} & {fold(column), *self.aliases.get(column, ())}
