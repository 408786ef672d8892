"""Registers and attribute tables of a few rows, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.sources.schools import read_schools

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject

HEADER = "npsn,nama,bentuk,status,kab_kota,lat,lon"
A = "00000001,SD A,SD,N,Kab. Banjar,-3.1,115.1"
B = "00000002,SD B,SMP,S,Kab. Tapin,-3.2,115.2"
WITH = {"attributes": {"path": "a.csv"}}


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def read(
    project: MakeProject,
    text: str,
    sections: dict[str, Any] | None = None,
    **files: str,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    named = {name.replace("_", "."): content for name, content in files.items()}
    opened = project(sections, files={"schools.csv": text, **named}, bare=True)
    schools, findings = read_schools(opened)
    schema.check(schools, "attributes")
    return schools, findings


def codes(findings: list[Finding]) -> list[tuple[str, int | None]]:
    return sorted((f.code, f.row or 0) for f in findings)
