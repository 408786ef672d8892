"""``kalsel-gap costs``: the table in force, and the one to fill in."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.project.costs import ITEMS
from kalsel_gap.project.read import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine, MakeProject


@pytest.fixture
def folder(project: MakeProject) -> Path:
    """A project in a folder of its own; prices need no run."""
    return project().path.parent


def add(folder: Path, text: str) -> None:
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(text)


def test_the_table_in_force_for_programs(folder: Path, cli: CommandLine) -> None:
    add(folder, '\n[costs]\nssh = "p.csv"\n\n[costs.items.lan]\nprice = 7000000\n')
    (folder / "p.csv").write_text("item,price\nleo_kit,7900000\nleo_kitt,1\n", encoding="utf-8")
    answer = cli("costs", "-p", folder, "--format", "csv")
    assert answer.status == 0
    rows = {row["item"]: row for row in csv.DictReader(answer.out.decode().splitlines())}
    assert list(rows) == list(ITEMS)
    assert (rows["leo_kit"]["price_idr"], rows["leo_kit"]["origin"]) == ("7900000", "ssh")
    assert (rows["lan"]["price_idr"], rows["lan"]["origin"]) == ("7000000", "project")
    assert (rows["mast_m"]["price_idr"], rows["mast_m"]["origin"]) == ("", "shipped")
    assert "p.csv, row 3" in answer.err
    assert "leo_kitt" in answer.err
    listed = json.loads(cli("costs", "-p", folder, "--format", "json").out)
    assert [each["item"] for each in listed] == list(ITEMS)
    assert listed[list(ITEMS).index("mast_m")]["price_idr"] is None
    tried = cli("costs", "-p", folder, "--format", "json", "--set", "costs.items.ups.price=5")
    assert json.loads(tried.out)[list(ITEMS).index("ups")]["price_idr"] == 5


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_a_terminal(
    folder: Path,
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    language: str,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    answer = cli("costs", "-p", folder, "--lang", language)
    assert answer.status == 0
    lines = answer.out.decode().splitlines()
    assert max(map(len, lines)) <= width
    assert all(sum(line.startswith(f"{item} ") for line in lines) == 1 for item in ITEMS)
    price = {"en": "2,140,000,000", "id": "2.140.000.000"}[language]
    assert any(line.startswith("bts_site") and price in line for line in lines)
    (mast,) = (line for line in lines if line.startswith("mast_m"))
    assert not any(char.isdigit() for char in mast)
    assert "mast_m, relay_site" in answer.err
    assert "11/12" in " ".join(lines)
    assert cli("costs", "-p", folder, "--quiet").err == ""


def test_in_words(folder: Path, cli: CommandLine) -> None:
    lines = cli("costs", "-p", folder, "--plain", "--lang", "en").out.decode().splitlines()
    (kit,) = (line for line in lines if line.startswith("leo_kit."))
    assert "Price, rupiah: 8,050,000." in kit
    assert "Origin: shipped." in kit
    (mast,) = (line for line in lines if line.startswith("mast_m."))
    assert "Price" not in mast
    assert "Origin: no price." in mast


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("language", ["en", "id"])
def test_the_table_to_fill_in(folder: Path, cli: CommandLine, ending: str, language: str) -> None:
    out = folder / f"prices{ending}"
    command = ("costs", "--template", "-p", folder, "--lang", language, "--out", out)
    answer = cli(*command)
    assert (answer.status, answer.out) == (0, b"")
    assert f"prices{ending}" in answer.err
    first = out.read_bytes()
    assert cli(*command, "--quiet").err == ""
    assert out.read_bytes() == first  # ours, and the same again
    add(folder, f'\n[costs]\nssh = "prices{ending}"\n')
    assert cli(*command, "--overwrite").status == 1  # now it is an input
    assert out.read_bytes() == first
    empty = cli("costs", "-p", folder, "--format", "json")
    assert {each["origin"] for each in json.loads(empty.out)} == {"shipped"}


def test_nothing_of_the_users_is_overwritten(folder: Path, cli: CommandLine) -> None:
    out = folder / "prices.csv"
    out.write_text("mine", encoding="utf-8")
    assert cli("costs", "--template", "-p", folder, "--out", out).status == 1
    assert out.read_text(encoding="utf-8") == "mine"
    assert cli("costs", "--template", "-p", folder, "--out", folder / "prices.pdf").status == 1
    assert not (folder / "prices.pdf").exists()
    refused = cli("costs", "-p", folder, "--out", folder / "new.csv")
    assert (refused.status, refused.out) == (1, b"")
    assert "--template" in refused.err
    printed = cli("costs", "--template", "-p", folder, "--lang", "id")
    assert (
        printed.out.decode().splitlines()[0]
        == "kode_item,uraian,satuan,harga_tanpa_ppn,kode_ssh,tanggal"
    )


def test_a_wrong_price_stops_with_its_row(folder: Path, cli: CommandLine) -> None:
    add(folder, '\n[costs]\nssh = "p.csv"\n')
    (folder / "p.csv").write_text("item,price\nleo_kit,mahal\nups,-1\n", encoding="utf-8")
    answer = cli("costs", "-p", folder, "--lang", "en")
    assert (answer.status, answer.out) == (1, b"")
    first, second = answer.err.splitlines()
    assert "p.csv, row 2, price: “mahal” is no price" in first
    assert "p.csv, row 3, price: “-1” is less than nothing" in second
    assert cli("rank", "--help").status == 0
