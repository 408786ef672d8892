"""Repairs that a person has reviewed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError

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
    try:
        rows = list(csv.DictReader(reviewed.read_text(encoding="utf-8-sig").splitlines()))
    except OSError as error:
        raise InputError("file_unreadable", path=reviewed, reason=error.strerror or "") from None
    if not rows or "accept" not in rows[0]:
        known = ", ".join(rows[0]) if rows else ""
        raise InputError("column_missing", path=reviewed, column="accept", known=known)
    kept = [row for row in rows if row["accept"].strip().lower() in ("yes", "ya", "y", "1", "x")]
    path = opened.path.parent / "repairs.csv"
    path.write_text("".join(f"{row['npsn']}\n" for row in kept), encoding="utf-8")
    return Accepted(path, len(kept))
