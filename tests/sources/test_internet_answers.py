"""Answers of the internet field as offices write them."""

from __future__ import annotations

import pytest

from kalsel_gap.project.checks import Registers
from kalsel_gap.sources.internet_answers import read_answer

ANSWERS = Registers.shipped().internet


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ("line", ["IndiHome 50 Mbps", "Ada (Starlink)", "Wifi", "✓", "√", "1-Yes"]),
        ("none", ["Tidak ada Wifi", "Belum ada jaringan Telkom", "FALSE", "2-No"]),
        ("unknown", ["", "-", "x"]),
    ],
)
def test_answers(answer: str, texts: list[str]) -> None:
    assert {text: read_answer(text, ANSWERS) for text in texts} == dict.fromkeys(texts, answer)


@pytest.mark.parametrize(
    "text",
    ["WiFi tidak ada", "Tanpa WiFi", "Starlink (rusak)", "Telkomsel belum ada sinyal", "Mati"],
)
def test_a_provider_beside_a_denial_is_no_line(text: str) -> None:
    assert not read_answer(text, ANSWERS)
