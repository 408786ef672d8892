from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.sources.registers import read_cells
from kalsel_gap.sources.value_repairs import value_meant

if TYPE_CHECKING:
    from tests.conftest import MakeProject

REGISTER = (
    "npsn,nama,lintang,bujur,pd\n3030001,SDN 1,-3.4,114.8,1.070\n30300002,SDN 2,-3.4,114.9,5\n"
)
HEAD = "accept,file,row,npsn,name,code,column,given,proposed,lat_given,lon_given,lat,lon,area\n"


@pytest.mark.parametrize(
    ("column", "given", "proposed", "used"),
    [
        ("npsn", "3030001", "03030001", "03030001"),
        ("npsn", "3030001", "3030001", "03030001"),  # a spreadsheet has dropped the zero again
        ("npsn", "'30300001", "30300001", "30300001"),
        ("npsn", "30300001.0", "30300001", "30300001"),
        ("npsn", "3.0300001E+07", "30300001", "30300001"),
        ("npsn", "3030000O", "30300000", "30300000"),
        ("npsn", "P1234567 ", "P1234567", "P1234567"),
        ("npsn", "30300001", "30300009", ""),  # an edited file invents nothing
        ("npsn", "3030001", "13030001", ""),
        ("npsn", "", "30300001", ""),
        ("students", "1.070", "1070", "1070"),
        ("students", "1,4", "1400", "1400"),
        ("students", "1.4", "1401", ""),
        ("students", "1.4", "14.0", ""),
        ("students", "", "12", ""),
    ],
)
def test_a_value_follows_from_what_is_given_or_is_refused(
    column: str, given: str, proposed: str, used: str
) -> None:
    assert value_meant(column, given, proposed) == used


def cells(
    project: MakeProject, *repairs: str
) -> tuple[list[list[str]], list[tuple[str, int, str]]]:
    """NPSN, pupils and teachers of a register, and findings about repairs."""
    opened = project(
        {
            "schools": {"path": "r.csv"},
            "attributes": [{"path": "a.csv"}],
            "repairs": {"path": "repairs.csv"},
        },
        files={
            "r.csv": REGISTER,
            "a.csv": "npsn,guru\n3030001,7\n'30300002,9\n",
            "repairs.csv": HEAD + "".join(f"{line}\n" for line in repairs),
        },
        bare=True,
    )
    table, findings = read_cells(opened)
    told = [
        (f.code, f.row or 0, f.column)
        for f in findings
        if "repair" in f.code or "without" in f.code
    ]
    return table[["npsn", "students", "teachers"]].to_numpy().tolist(), sorted(told)


def test_accepted_values_are_used_and_noted(project: MakeProject) -> None:
    got, told = cells(
        project,
        "yes,r.csv,2,3030001,SDN 1,npsn_zero_lost,npsn,3030001,03030001,,,,,",
        "yes,r.csv,2,3030001,SDN 1,value_not_read,students,1.070,1070,,,,,",
        "yes,a.csv,3,30300002,,attribute_npsn_repairable,npsn,'30300002,30300002,,,,,",
    )
    # The attribute table gives the first school by the number that it had before.
    assert got == [["03030001", "1070", "7"], ["30300002", "5", "9"]]
    assert told == [
        ("value_repaired", 2, "npsn"),
        ("value_repaired", 2, "students"),
        ("value_repaired", 3, "npsn"),
    ]


def test_what_has_changed_or_is_invented_or_said_twice_is_not_applied(project: MakeProject) -> None:
    got, told = cells(
        project,
        "yes,r.csv,2,3030001,SDN 1,npsn_zero_lost,npsn,3030009,03030009,,,,,",
        "yes,r.csv,2,3030001,SDN 1,value_not_read,students,1.070,9999,,,,,",
        "yes,r.csv,9,3030001,SDN 1,value_not_read,students,1.070,1070,,,,,",
        "no,r.csv,3,30300002,SDN 2,value_not_read,students,5,500,,,,,",
    )
    assert got == [["3030001", "1.070", "7"], ["30300002", "5", "9"]]
    assert told == [
        ("repair_refused", 3, "students"),
        ("repair_stale", 2, "npsn"),
        ("repair_stale", 4, "students"),
    ]
    _, told = cells(
        project,
        "yes,r.csv,2,3030001,SDN 1,value_not_read,students,1.070,1070,,,,,",
        "yes,r.csv,2,3030001,SDN 1,value_not_read,students,1.070,10700,,,,,",
    )
    assert ("repair_refused", 3, "students") in told


def test_a_table_from_before_there_were_values_is_read(project: MakeProject) -> None:
    old = (
        "accept,file,row,npsn,name,code,lat_given,lon_given,lat,lon,area,confidence,why\n"
        "yes,r.csv,2,30300001,SDN 1,location_sign_missing,3.4,114.8,-3.4,114.8,,high,x\n"
    )
    register = "npsn,nama,lintang,bujur\n30300001,SDN 1,3.4,114.8\n"
    opened = project(
        {"schools": {"path": "r.csv"}, "repairs": {"path": "old.csv"}},
        files={"r.csv": register, "old.csv": old},
        bare=True,
    )
    _, findings = read_cells(opened)
    assert [f.code for f in findings if "repair" in f.code] == []
