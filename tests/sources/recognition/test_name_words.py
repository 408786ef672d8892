"""Words in names."""

from __future__ import annotations

import pytest

from kalsel_gap.sources.recognition.name_words import (
    mentions,
    operators_named,
    technologies_named,
    words,
)


@pytest.mark.parametrize(
    ("name", "technologies"),
    [
        ("rsrp_4g_telkomsel", ["4g"]),
        ("Cakupan4GTelkomsel2024", ["4g"]),
        ("LTE 1800", ["4g"]),
        ("2G_3G gabungan", ["2g", "3g"]),
        ("12gb data", []),
        ("sekolah", []),
        ("ftth indihome", ["fixed"]),
    ],
)
def test_technologies(name: str, technologies: list[str]) -> None:
    assert technologies_named(name) == technologies


def test_operators_are_those_of_the_sites_and_the_known_ones() -> None:
    assert operators_named("rsrp 4g telkomsel") == ["telkomsel"]
    assert operators_named("rsrp 4g banuasel") == []
    assert operators_named("rsrp 4g BanuaSel", ["banuasel"]) == ["banuasel"]
    assert operators_named("indosat dan telkomsel") == ["indosat", "telkomsel"]


def test_short_words_stand_alone() -> None:
    assert mentions("batas_kab", words()["levels"]["kabupaten"]) == "kab"
    assert mentions("kabel", words()["levels"]["kabupaten"]) == ""
    assert mentions("laporan", words()["layers"]["fibre"]) == ""
