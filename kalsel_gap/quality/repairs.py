"""Repairs that a person has reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.files import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project import Opened

COLUMNS = (
    *("accept", "file", "row", "npsn", "name", "code", "lat_given", "lon_given", "lat", "lon"),
    *("area", "confidence", "why", "before_km", "after_km"),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where accepted repairs are kept, and how many."""

    path: Path
    count: int


def accept(opened: Opened, reviewed: Path) -> Accepted:
    """Keep the accepted repairs beside the data."""
    table = read_table(reviewed)
    if "accept" not in table.headers:
        known = ", ".join(table.headers)
        raise InputError("column_missing", path=reviewed, column="accept", known=known)
    rows = table.cells.to_dict("records")
    kept = [row for row in rows if row["accept"].strip().lower() in ("yes", "ya", "y", "1", "x")]
    path = opened.path.parent / "repairs.csv"
    path.write_text("".join(f"{row['npsn']}\n" for row in kept), encoding="utf-8")
    return Accepted(path, len(kept))
