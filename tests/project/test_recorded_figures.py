"""What a run records of the figures is the figures that it was made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from kalsel_gap.deficit import service
from kalsel_gap.project.recorded_figures import opened_figures

if TYPE_CHECKING:
    from tests.conftest import MakeProject


def test_figures_come_back_as_they_were(project: MakeProject) -> None:
    opened = project(
        {
            "index": {"lambda": 0.7, "nodes": {"relief": {"worst": 700.0}}},
            "registers": {
                "internet": {"none": ["nihil"]},
                "highest": {"devices": {"otherwise": 9}},
            },
        }
    )
    again = opened_figures(opened.parameters()).project
    assert again.index == opened.project.index
    assert again.registers == opened.project.registers


def test_every_figure_that_service_and_scores_read_comes_back(project: MakeProject) -> None:
    opened = project(
        {
            "exam_day": {"down_mbps": 30.0, "levels": {"SD": {"sessions": 2}}},
            "use_cases": {"cases": {"video": {"down_mbps": 9.0}}},
        }
    )
    again = opened_figures(opened.parameters()).project
    # The sections of the service, and those that the scores are made by.
    read = {section.partition(".")[0] for section in service.STAGE.sections}
    assert again.model_fields_set == {*read, "use_cases"}
    for name in again.model_fields_set:
        assert getattr(again, name) == getattr(opened.project, name), name


def test_what_is_missing_or_unknown_is_named(project: MakeProject) -> None:
    parameters = project().parameters()
    del parameters["registers.people.devices_per_person"]
    with pytest.raises(ValidationError, match="devices_per_person"):
        opened_figures(parameters)
    with pytest.raises(ValidationError, match="later"):
        opened_figures({**project().parameters(), "index.later": 1})
