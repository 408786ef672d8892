"""Models of ``exam_day.toml``: who takes the national assessment at once, and what they need."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from kalsel_gap.project.base import Positive, Section, Sourced, Sureness, default_values
from kalsel_gap.project.robustness import Whole
from kalsel_gap.schema import SchoolLevel


class LevelExam(Sourced):
    """The assessment at schools of one level."""

    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""
    grades: Whole
    """Grades that the pupils of such a school are in: those of one of them take part."""
    most_participants: Annotated[int, Field(ge=0)]
    """Pupils that are drawn to take part, at most; 0 where the level takes no assessment."""
    sessions: Whole
    """Sessions of a day, one after the other, at most."""


class ExamDay(Section):
    """Peak of an examination day (ANBK): ``defaults/exam_day.toml``."""

    source: str
    """Where the figures come from."""
    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""
    down_mbps: Positive
    """Download rate that so many clients need together, Mbps."""
    for_clients: Whole
    """Clients that this rate is for; also those of a session, unless a day has too few sessions
    for all who take part."""
    levels: dict[SchoolLevel, LevelExam]
    """By level; a level that is not here takes no assessment."""

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("exam_day"))
