from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

from kalsel_gap import findings as findings_
from kalsel_gap.findings import COLUMNS, SEVERITIES, Finding, to_frame
from kalsel_gap.i18n import messages
from kalsel_gap.package import PACKAGE_FOLDER
from tests.conftest import TESTS, package_sources

if TYPE_CHECKING:
    from types import ModuleType

DELIVERABLES = ("findings_map", "findings_report", "tables", "web_map")


def test_no_findings_are_an_empty_table_of_the_same_columns() -> None:
    frame = to_frame([])
    assert list(frame.columns) == list(COLUMNS)
    assert frame.empty
    assert (frame.dtypes == to_frame([Finding("npsn_missing", row=2)]).dtypes).all()


def test_findings_are_sorted_whatever_the_order_they_come_in() -> None:
    given = [
        Finding("npsn_missing", file="b.csv", row=2),
        Finding("npsn_missing", file="a.csv", row=10),
        Finding("location_zero", file="a.csv", row=9, npsn="00000001", value="0, 0"),
        Finding("area_geometry_invalid", file="a.csv"),
    ]
    frame = to_frame(given)
    assert frame["file"].tolist() == ["a.csv", "a.csv", "a.csv", "b.csv"]
    assert frame["row"].tolist()[:2] == [9, 10]  # by number, not as text
    assert frame.equals(to_frame(reversed(given)))


def test_parameters_are_json_in_the_order_of_their_names() -> None:
    finding = Finding("raster_class_unlisted", parameters={"classes": "7 é", "b": 1})
    text = to_frame([finding])["parameters"][0]
    assert text == '{"b": 1, "classes": "7 é"}'
    assert json.loads(text) == finding.parameters


def test_a_finding_of_a_file_has_no_row() -> None:
    assert to_frame([Finding("section_unused", file="a")])["row"].isna().all()


def test_every_code_is_found_somewhere_and_every_one_found_is_known() -> None:
    """The codes in the sources, read from their syntax trees."""
    modules: tuple[ModuleType, ...] = (findings_, messages)
    declared = {
        Path(str(module.__file__)).relative_to(PACKAGE_FOLDER).as_posix() for module in modules
    }
    used, unknown = set(), []
    for name, source in package_sources().items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and name not in declared:
                used.add(node.value)
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "Finding"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and node.args[0].value not in SEVERITIES
            ):
                unknown.append(f"{name}:{node.lineno}: {node.args[0].value!r} has no severity")
    assert unknown == []
    assert SEVERITIES.keys() - used == set()


def test_every_code_is_asked_of_a_minimal_example() -> None:
    """Tests of deliverables make findings by hand; these here run the checks that find them."""
    by_hand = {
        *(TESTS / "deliverables" / f"test_{name}.py" for name in DELIVERABLES),
        TESTS / "i18n" / "test_messages.py",
        Path(__file__),
    }
    tests = [path for path in TESTS.rglob("test_*.py") if path.parent.name != "real"]
    assert by_hand - set(tests) == set(), "these tests have another name now"
    named = set()
    for path in tests:
        if path in by_hand:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert SEVERITIES.keys() - named == set()
