from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from kalsel_gap.deliverables.provenance import (
    day_of_writing,
    input_files,
    last_day_of_data,
    licence_of,
    publication_of,
    stated_dates,
)

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

HASH = "0" * 64


def run_that_states(tiny: Run, **parameters: str) -> Run:
    inputs = {
        name: {"file": f"{name}.csv", "sha256": HASH} for name in ("schools.0", "boundaries.desa")
    }
    stated = {key.replace("__", "."): value for key, value in parameters.items()}
    return replace(tiny, manifest={**tiny.manifest, "inputs": inputs, "parameters": stated})


def test_an_input_has_what_is_stated_of_it_or_of_its_section(tiny: Run) -> None:
    stated = {
        "schools__0__date": "2026-07-01",
        "schools__0__licence": "CC-BY-4.0\x1b[31m",
        "boundaries__licence": "MIT",
        "elevation__licence": "not of an input",
    }
    assert [tuple(each) for each in input_files(run_that_states(tiny, **stated))] == [
        ("boundaries.desa", "boundaries.desa.csv", "", "MIT", HASH),
        ("schools.0", "schools.0.csv", "2026-07-01", "CC-BY-4.0 [31m", HASH),
    ]


def test_what_is_not_stated_is_empty_and_never_invented(tiny: Run) -> None:
    silent = run_that_states(tiny)
    assert [each.licence + each.date for each in input_files(silent)] == ["", ""]
    assert (licence_of(silent), last_day_of_data(silent), stated_dates(silent)) == ("", None, {})
    assert day_of_writing(silent) == date(2000, 1, 1)
    assert not any(value for _, value in publication_of(silent))


def test_dates_and_publication_are_the_projects(tiny: Run) -> None:
    stated = {
        "schools__0__date": "2026-05",
        "coverage__0__date": "2026-05-03",
        "costs__date": "2027-01-01",
        "publication__licence": "CC-BY-4.0",
        "publication__licence_url": "https://creativecommons.org/licenses/by/4.0/",
    }
    run = run_that_states(tiny, **stated)
    assert last_day_of_data(run) == day_of_writing(run) == date(2026, 5, 31)
    assert licence_of(run, ": ") == "CC-BY-4.0: https://creativecommons.org/licenses/by/4.0/"
    evidence = run_that_states(tiny, project__evidence_date="2026-06-30", **stated)
    assert last_day_of_data(evidence) == date(2026, 6, 30)
