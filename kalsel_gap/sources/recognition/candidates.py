"""A role that a file may have, with what must be known to choose among several."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kalsel_gap.project.proposal import Entry, Said

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.project.proposal import Certainty, TomlValue

LayerBounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A role that a file may have.

    Attributes
    ----------
    section : str
        As in :class:`~kalsel_gap.project.proposal.Entry`.
    path : Path
    certainty : {'sure', 'likely', 'unsure'}
    said : tuple of Said
    keys : mapping
        Further keys of the section.
    bounds : tuple of float, optional
        South, west, north, east.
    places : DataFrame, optional
        Of a register: ``npsn``, ``lat`` and ``lon`` of its rows. Of an attribute table: ``npsn``.
        Of a table of sites: ``lat``, ``lon`` and ``technology``.
    operators : tuple of str
        Of a table of sites: those it names.
    """

    section: str
    path: Path
    certainty: Certainty
    said: tuple[Said, ...] = ()
    keys: Mapping[str, TomlValue] = field(default_factory=dict)
    bounds: LayerBounds | None = None
    places: pd.DataFrame | None = None
    operators: tuple[str, ...] = ()

    def with_more(
        self,
        said: Said | None = None,
        certainty: Certainty | None = None,
        *,
        keys: Mapping[str, TomlValue] | None = None,
    ) -> Candidate:
        """The same with another reason, certainty or further keys."""
        return replace(
            self,
            said=(*self.said, said) if said is not None else self.said,
            certainty=certainty or self.certainty,
            keys={**self.keys, **(keys or {})},
        )

    def entry(self) -> Entry:
        """As the project file names it."""
        return Entry(self.section, (self.path,), self.certainty, self.said, self.keys)


def error_said(error: object, code: str = "file_error") -> Said:
    """What an error of a reader says."""
    return Said(code, {"error": error})
