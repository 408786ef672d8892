"""Packet loss in percent, as a share, or in a unit that nothing states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from kalsel_gap.sources.speed_tests import read_measurements

if TYPE_CHECKING:
    from tests.conftest import MakeProject


@pytest.mark.parametrize(
    ("header", "cells", "shares"),
    [
        ("Packet Loss (%)", ["0", "0.5", "2"], [0.0, 0.005, 0.02]),
        ("packet_loss_percent", ["0", "0.5", "2"], [0.0, 0.005, 0.02]),
        ("Kehilangan paket (persen)", ["0", "1", "2"], [0.0, 0.01, 0.02]),
        ("Loss%", ["0", "1", "2"], [0.0, 0.01, 0.02]),
        ("loss_ratio", ["0", "0.5", "0.02"], [0.0, 0.5, 0.02]),
        ("loss", ["0 %", "0.5%", "2 persen"], [0.0, 0.005, 0.02]),
        ("packetLoss", ["0", "0", "0"], [0.0, 0.0, 0.0]),  # nothing in any unit
        ("packetLoss", ["0.5", "1", "2"], [0.005, 0.01, 0.02]),  # no share is 2
        ("packetLoss", ["0.5", "0", ""], [None, 0.0, None]),  # a half, or half a percent
        ("packetLoss", ["1", "1 %", "0"], [None, 0.01, 0.0]),
    ],
)
def test_packet_loss_has_a_unit_or_is_unknown(
    project: MakeProject, header: str, cells: list[str], shares: list[float | None]
) -> None:
    text = f"npsn,tanggal,unduh,{header}\n"
    text += "".join(f"0000010{n},2026-05-05,10,{cell}\n" for n, cell in enumerate(cells))
    sections = {"measurements": {"path": "t.csv"}}
    made = project(sections, files={"t.csv": text}, bare=True)
    tests, findings = read_measurements(made)
    expected = [np.nan if share is None else share for share in shares]
    assert tests["loss_share"].tolist() == pytest.approx(expected, nan_ok=True)
    unclear = [f.column for f in findings if f.code == "loss_unit_unknown"]
    assert unclear == [header] * (None in shares)
    assert {f.code for f in findings} <= {"loss_unit_unknown", "columns_understood"}


def test_a_project_says_which_unit_packet_loss_has(project: MakeProject) -> None:
    text = "npsn,tanggal,unduh,hilang\n00000104,2026-05-05,10,0.5\n00000104,2026-05-06,10,-1\n"
    for column, share in (("loss_percent", 0.005), ("loss_share", 0.5)):
        sections = {"measurements": {"path": "t.csv", "columns": {column: "hilang"}}}
        made = project(sections, files={"t.csv": text}, bare=True)
        tests, findings = read_measurements(made)
        assert tests["loss_share"].tolist() == pytest.approx([share, np.nan], nan_ok=True)
        assert [(f.code, f.row, f.value) for f in findings] == [("value_not_read", 3, "-1")]
