from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError, SeveralErrors
from kalsel_gap.project.read import read_project
from kalsel_gap.sources.delivery import read_delivery
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.model import Opened


def project(path: Path) -> Opened:
    return read_project(REPOSITORY / "data" / "tiny", (f'plan.delivery="{path.as_posix()}"',))


def rows(opened: Opened) -> list[tuple[object, ...]]:
    table = read_delivery(opened)[0]
    names = ["npsn", "option", "state", "date", "cost_idr"]
    filled = table[names].astype("object").where(table[names].notna(), None)
    return list(filled.itertuples(index=False, name=None))


def test_without_a_table_there_are_none() -> None:
    table, findings = read_delivery(read_project(REPOSITORY / "data" / "tiny"))
    assert table.empty
    assert findings == []
    assert table["cost_idr"].dtype == "Int64"


@pytest.mark.parametrize(
    "text",
    [
        """npsn,opsi,status,tanggal,biaya
="10000001",leo,terkirim,05/02/2026,Rp 21.800.000
10000002,Starlink,DIPAKAI,2026-06-25,
""",
        """NPSN;option;state;date;cost
10000001;LEO;delivered;2026-02-05;21800000
10000002;leo;used;25 June 2026;
""",
    ],
)
def test_both_languages_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "delivery.csv"
    path.write_text(text, encoding="utf-8")
    assert rows(project(path)) == [
        ("10000001", "leo", "delivered", "2026-02-05", 21_800_000),
        ("10000002", "leo", "used", "2026-06-25", None),
    ]


def test_what_is_not_read_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "delivery.csv"
    path.write_text(
        "npsn,option,state,date,cost\n"
        "10000001,pigeon,used,2026-01-01,\n"
        "10000002,leo,=HYPERLINK(),2026-01-01,\n"
        "10000003,leo,refused,someday,much\n",
        encoding="utf-8",
    )
    assert rows(project(path)) == [("10000003", "leo", "refused", "", None)]
    findings = read_delivery(project(path))[1]
    assert sorted((each.code, each.row, each.npsn) for each in findings) == [
        ("date_unreadable", 4, "10000003"),
        ("delivery_option_unknown", 2, "10000001"),
        ("delivery_state_unknown", 3, "10000002"),
        ("quantity_not_read", 4, "10000003"),
    ]


def test_a_column_about_people_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "delivery.csv"
    path.write_text(
        "npsn,option,state,nama_pelapor,No. HP\n10000001,leo,used,X,0812\n", encoding="utf-8"
    )
    with pytest.raises(SeveralErrors) as caught:
        read_delivery(project(path))
    assert {each.code for each in caught.value.errors} == {"delivery_personal"}


def test_a_missing_file_or_column_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "delivery.csv"
    path.write_text("npsn,option\n10000001,leo\n", encoding="utf-8")
    opened = project(path)
    with pytest.raises(InputError, match="column_missing"):
        read_delivery(opened)
    path.unlink()
    with pytest.raises(InputError, match="file_missing"):
        read_delivery(opened)
