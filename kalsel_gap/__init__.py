"""Rank schools by connectivity deficit: registers, coverage rasters and terrain, offline.

>>> import kalsel_gap
>>> run = kalsel_gap.open_project("data/tiny").rank()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kalsel_gap.pipeline import OpenProject, open_project

__all__ = ["OpenProject", "__version__", "open_project"]


def __getattr__(name: str) -> object:
    """Import the heavy modules only on demand: ``--help`` must answer at once."""
    if name == "__version__":
        from importlib.metadata import version

        return version("kalsel-gap")
    if name in __all__:
        from kalsel_gap import pipeline

        return getattr(pipeline, name)
    raise AttributeError(name)
