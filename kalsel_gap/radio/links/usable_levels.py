"""From which level on a technology is usable, in dBm and as the adequacy of that level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.indicators.available import from_level

if TYPE_CHECKING:
    from kalsel_gap.project.model import Project


def usable_dbm(technology: str, project: Project) -> float:
    """Level from which a technology is usable, dBm."""
    carriers = {str(name): each for name, each in project.radio.carriers.items()}
    return carriers[technology].usable_dbm


def usable_adequacy(technology: str, project: Project) -> float:
    """Adequacy of the level from which a technology is usable; of a fixed network 0.

    A class of a map and declared coverage have an adequacy and no level, so what is usable is
    compared as adequacy.
    """
    curves = {str(name): each for name, each in project.signal.curves.items()}
    if technology not in curves:
        return 0.0
    return float(from_level(usable_dbm(technology, project), curves[technology].points))
