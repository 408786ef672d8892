"""Roles of tables that have no header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.sources.recognition.table_roles import table_candidates

if TYPE_CHECKING:
    from pathlib import Path


def test_a_download_of_opencellid_without_a_header_is_of_sites(tmp_path: Path) -> None:
    path = tmp_path / "510.csv"
    rows = [f"LTE,510,10,1,{n},0,114.8{n},-3.4,1000,12,1,1459813819,1700000000,0" for n in range(5)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    (found,) = table_candidates(path, path.name, None)
    assert (found.section, found.certainty) == ("sites", "sure")
    assert found.operators == ("telkomsel",)
