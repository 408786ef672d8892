"""The kabupaten of a school whose register names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.pipeline import OpenProject

if TYPE_CHECKING:
    from tests.conftest import MakeProject


def test_a_kabupaten_by_location_is_filled_in_and_told(project: MakeProject) -> None:
    opened = project()
    path = opened.project.schools[0].path
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    at = header.split(",").index("kabupaten_kota")
    cells = [row.split(",") for row in rows]
    bare = [",".join([*row[:at], "", *row[at + 1 :]]) for row in cells]
    path.write_text("\n".join([header, *bare]) + "\n", encoding="utf-8")
    run = OpenProject(opened).rank()
    found = run.schools["kabupaten_by_location"].notna()
    assert found.any()
    assert not found.all()  # one has no location
    for column in ("kabupaten", "kabupaten_code"):
        assert run.schools[column].notna().tolist() == found.tolist()
    told = run.findings[run.findings["code"] == "kabupaten_by_location"]
    assert sorted(told["npsn"]) == sorted(run.schools.loc[found, "npsn"])
    assert set(told["value"]) == set(run.schools.loc[found, "kabupaten"])
    assert set(told["severity"]) == {"note"}
