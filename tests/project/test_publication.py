"""Who publishes: read from the project file, recorded by a run, and no cause of another rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.comparison.causes import find_differences
from kalsel_gap.errors import SeveralErrors
from kalsel_gap.project.publication import Publication

if TYPE_CHECKING:
    from tests.conftest import MakeProject

OFFICE = {
    "publisher": " Dinas Pendidikan ",
    "contact_email": "data@example.go.id",
    "licence": "CC-BY-4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
}


def test_what_is_stated_is_part_of_a_run_and_what_is_not_is_empty(project: MakeProject) -> None:
    opened = project({"publication": OFFICE})
    recorded = opened.parameters()
    assert {f"publication.{key}": value.strip() for key, value in OFFICE.items()}.items() <= (
        recorded.items()
    )
    bare = project().parameters()
    assert {bare[f"publication.{key}"] for key in Publication.model_fields} == {""}
    manifests = [{"parameters": each} for each in (bare, recorded)]
    assert find_differences(*manifests) == ()  # of numbers


@pytest.mark.parametrize(
    ("key", "wrong", "code"),
    [
        *(("contact_email", each, "email_wrong") for each in ("dinas", "a b@c.id", "a@<b>.id")),
        *(("licence_url", each, "web_address_wrong") for each in ("example.org", "file:///a", "x")),
        ("licence_url", "javascript:alert(1)", "web_address_wrong"),
        ("licence_uri", "https://example.org", "key_unknown"),
    ],
)
def test_a_wrong_value_is_named(project: MakeProject, key: str, wrong: str, code: str) -> None:
    with pytest.raises(SeveralErrors) as caught:
        project({"publication": {key: wrong}})
    (error,) = caught.value.errors
    assert (error.code, error.column) == (code, f"publication.{key}")
