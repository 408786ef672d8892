"""Barrier H: why a deficit will not disappear alone. Series in, Series with the same index out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.project.terrain import ClassSeverity


def terrain_severity(
    flags: Mapping[str, pd.Series[bool]], reached_by_water: pd.Series[bool], rule: ClassSeverity
) -> pd.Series[float]:
    """Largest severity of the terrain that applies; that of the plain where none does.

    Parameters
    ----------
    flags : mapping of Series of bool
        By terrain class, whether it applies.
    reached_by_water : Series of nullable bool
        Whether the school is reached by water only; unknown does not raise the severity.
    rule : ClassSeverity
        Severity of each class.
    """
    all_flags = {**flags, "reached_by_water": reached_by_water.fillna(value=False).astype(bool)}
    severity = pd.Series(rule.dataran, index=reached_by_water.index, dtype="float64")
    for name, applies in all_flags.items():
        severity = severity.mask(applies, np.maximum(severity, getattr(rule, name)))
    return severity
