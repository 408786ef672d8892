"""Figures of the method as a run records them, without the project and its inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kalsel_gap.project.base import section_of
from kalsel_gap.project.checks import Registers
from kalsel_gap.project.exam_day import ExamDay
from kalsel_gap.project.index import Index
from kalsel_gap.project.model import Opened, Project
from kalsel_gap.project.use_cases import UseCases

if TYPE_CHECKING:
    from collections.abc import Mapping


def opened_figures(parameters: Mapping[str, Any]) -> Opened:
    """A project of which only the figures of service and scores are known.

    Service and scores need nothing else of a project, so they can be made again from a run.

    Parameters
    ----------
    parameters : mapping
        Values by dotted key, as ``run.json`` has them.

    Raises
    ------
    pydantic.ValidationError
        A figure is missing, or there is one that this version does not know.
    """
    known: dict[str, Any] = {
        "index": Index.model_validate(section_of(parameters, "index")),
        "registers": Registers.model_validate(section_of(parameters, "registers")),
        "exam_day": ExamDay.model_validate(section_of(parameters, "exam_day")),
        "use_cases": UseCases.model_validate(section_of(parameters, "use_cases")),
    }
    return Opened(Path(), Project.model_construct(**known))
