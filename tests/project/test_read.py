from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from kalsel_gap.errors import (
    InputError,
    KalselGapError,
    ProjectError,
    SeveralErrors,
    similar_file,
)
from kalsel_gap.i18n.messages import error_lines
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.project.base import merge
from kalsel_gap.project.inputs import Coverage, Elevation
from kalsel_gap.project.read import FILE_NAME, find_project, read_project

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

SCHOOLS = '[schools]\npath = "schools.csv"\n'
COVERAGE: dict[str, Any] = {
    "path": "rsrp_4g.tif",
    "technology": "4g",
    "operator": "telkomsel",
    "kind": "rsrp_dbm",
    "basis": "modelled",
    "nodata_means": "none",
}


def faults(project: MakeProject, **given: Any) -> list[KalselGapError]:
    with pytest.raises(KalselGapError) as caught:
        project(**given)
    error = caught.value
    return list(error.errors) if isinstance(error, SeveralErrors) else [error]


def only_fault(project: MakeProject, **given: Any) -> KalselGapError:
    (error,) = faults(project, **given)
    return error


# --- keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sections", "key", "suggestion"),
    [
        ({"elevaton": {"path": "dem.tif"}}, "elevaton", "elevation"),
        ({"elevation": {"surfce": "dsm"}}, "elevation.surfce", "surface"),
        ({"project": {"nane": "X"}}, "project.nane", "name"),
        (
            {"schools": [{"path": "schools.csv", "add_rows": True}]},
            "schools.0.add_rows",
            "adds_rows",
        ),
        ({"coverage": [{**COVERAGE, "oprator": "x"}]}, "coverage.0.oprator", "operator"),
        ({"index": {"lamda": 0.5}}, "index.lamda", "lambda"),
        ({"index": {"gap": {"adequat": 0.5}}}, "index.gap.adequat", "adequate"),
        (
            {"index": {"nodes": {"students": {"wieght": 1.0}}}},
            "index.nodes.students.wieght",
            "weight",
        ),
        ({"signal": {"curves": {"4g": {"point": []}}}}, "signal.curves.4g.point", "points"),
        ({"terrain": {"coast": {"shore_m": 1.0}}}, "terrain.coast.shore_m", "shore_km"),
        (
            {"terrain": {"islands": {"pulau_laut": {"area_m2": 1.0}}}},
            "terrain.islands.pulau_laut.area_m2",
            "area_km2",
        ),
    ],
)
def test_an_unknown_key_gets_a_suggestion_at_every_depth(
    project: MakeProject, sections: dict[str, Any], key: str, suggestion: str
) -> None:
    error = only_fault(project, sections=sections)
    assert (error.code, error.column) == ("key_unknown", key)
    assert error.params["suggestion"] == suggestion
    assert suggestion in str(error.params["known"]).split(", ")


def test_a_key_that_is_missing(project: MakeProject) -> None:
    coverage = {key: value for key, value in COVERAGE.items() if key != "nodata_means"}
    error = only_fault(project, sections={"coverage": [coverage]})
    assert (error.code, error.column) == ("blank_nodata_means", "coverage.0.nodata_means")
    error = only_fault(project, sections={"schools": None})
    assert (error.code, error.column) == ("key_missing", "schools")
    error = only_fault(project, toml=SCHOOLS + '[elevation]\npath = "dem.tif"\n')
    assert (error.code, error.column) == ("blank_surface", "elevation.surface")


@pytest.mark.parametrize("key", ["technology", "kind", "basis", "nodata_means"])
@pytest.mark.parametrize("value", ["", "  "])
def test_a_blank_key_that_decides_the_list_says_what_its_answers_mean(
    project: MakeProject, key: str, value: str
) -> None:
    error = only_fault(project, sections={"coverage": [COVERAGE | {key: value}]})
    assert (error.code, error.column) == (f"blank_{key}", f"coverage.0.{key}")
    choices = get_args(Coverage.model_fields[key].annotation)
    for language in LANGUAGES:
        (sentence,) = error_lines(error, Text(language))
        assert f"coverage.0.{key}" in sentence
        assert all(f'"{choice}"' in sentence for choice in choices)


def test_maps_alike_are_answered_once(project: MakeProject) -> None:
    open_ = {key: value for key, value in COVERAGE.items() if key != "nodata_means"}
    maps = [open_, open_ | {"operator": "b", "nodata_means": "unknown"}]
    opened = project(
        sections={"coverage_defaults": {"nodata_means": "none", "date": "2026"}, "coverage": maps}
    )
    found = [(each.nodata_means, each.date) for each in opened.project.coverage]
    assert found == [("none", "2026"), ("unknown", "2026")]
    origins = {key: origin for key, _, origin in opened.values() if key.startswith("coverage.")}
    assert origins["coverage.0.nodata_means"] == origins["coverage.1.date"] == "project"
    assert not [key for key, _, _ in opened.values() if key.startswith("coverage_defaults")]
    answered = project(
        sections={"coverage_defaults": {"nodata_means": ""}, "coverage": maps},
        options=("coverage_defaults.nodata_means=unknown",),
    )
    assert answered.project.coverage[0].nodata_means == "unknown"
    assert answered.overrides() == {"coverage.0.nodata_means": "unknown"}


def test_an_answer_that_is_missing_for_all_maps_is_one_error(project: MakeProject) -> None:
    map_ = '[[coverage]]\npath = "dem.tif"\ntechnology = "4g"\noperator = "a"\n'
    map_ += 'kind = "rsrp_dbm"\nbasis = "modelled"\n'
    shared = '[coverage_defaults]\nnodata_means = ""\n'
    error = only_fault(project, toml=SCHOOLS + shared + map_ + map_)
    assert (error.code, error.column) == ("blank_nodata_means", "coverage_defaults.nodata_means")
    lines = Path(str(error.path)).read_text(encoding="utf-8").splitlines()
    assert lines[(error.row or 0) - 1] == 'nodata_means = ""'


@pytest.mark.parametrize("key", ["surface", "sea"])
def test_a_blank_key_of_the_elevation_model(project: MakeProject, key: str) -> None:
    error = only_fault(project, sections={"elevation": {key: ""}})
    assert (error.code, error.column) == (f"blank_{key}", f"elevation.{key}")
    (sentence,) = error_lines(error, Text("en"))
    assert all(f'"{c}"' in sentence for c in get_args(Elevation.model_fields[key].annotation))


@pytest.mark.parametrize(
    ("sections", "key", "suggestion"),
    [
        ({"elevation": {"surface": "dsn"}}, "elevation.surface", "dsm"),
        ({"coverage": [COVERAGE | {"technology": "4G"}]}, "coverage.0.technology", "4g"),
        ({"coverage": [COVERAGE | {"basis": "modeled"}]}, "coverage.0.basis", "modelled"),
        ({"project": {"language": "ind"}}, "project.language", "id"),
    ],
)
def test_a_wrong_choice_names_the_right_ones(
    project: MakeProject, sections: dict[str, Any], key: str, suggestion: str
) -> None:
    error = only_fault(project, sections=sections)
    assert (error.code, error.column) == ("value_not_a_choice", key)
    assert suggestion in str(error.params["expected"])
    if suggestion != "4g":  # case is not what the spelling is compared by
        assert error.params["suggestion"] == suggestion


@pytest.mark.parametrize(
    ("table", "suggestion"), [({"SMPP": {"most_participants": 30}}, "SMP"), ({"MT": {}}, "MTs")]
)
def test_a_misspelt_level_of_the_examination_day_is_named(
    project: MakeProject, table: dict[str, Any], suggestion: str
) -> None:
    error = only_fault(project, sections={"exam_day": {"levels": table}})
    (level,) = table
    assert (error.code, error.column) == ("value_not_a_choice", f"exam_day.levels.{level}")
    assert error.params["value"] == level
    assert suggestion in str(error.params["expected"]).split(", ")


def test_a_use_of_the_project_needs_its_figures_and_a_code_of_letters(project: MakeProject) -> None:
    use = {"down_mbps": 2.0, "up_mbps": 1.0, "source": "SK 12", "date": "2026", "confidence": "low"}
    opened = project({"use_cases": {"cases": {"telemedis": use, "anbk": {"down_mbps": 15.0}}}})
    cases = opened.project.use_cases.cases
    assert list(cases)[-1] == "telemedis"
    assert (cases["anbk"].down_mbps, cases["anbk"].up_mbps) == (15.0, 4.0)
    for wrong in ("Ruang Guru", "ä", "../x", "1a"):
        error = only_fault(project, sections={"use_cases": {"cases": {wrong: use}}})
        assert error.code == "value_wrong"
        assert wrong in str(error.column)
    error = only_fault(
        project, sections={"use_cases": {"cases": {"lain": {**use, "down_mbps": 0}}}}
    )
    assert error.column == "use_cases.cases.lain.down_mbps"


@pytest.mark.parametrize(
    ("sections", "code", "key"),
    [
        ({"index": {"lambda": 1.5}}, "value_wrong", "index.lambda"),
        ({"index": {"lambda": "much"}}, "value_wrong", "index.lambda"),
        ({"index": {"lambda": float("nan")}}, "value_wrong", "index.lambda"),
        (
            {"index": {"nodes": {"site": {"worst": float("inf")}}}},
            "value_wrong",
            "index.nodes.site.worst",
        ),
        (
            {"index": {"nodes": {"site": {"best": float("nan")}}}},
            "value_wrong",
            "index.nodes.site.best",
        ),
        (
            {"index": {"nodes": {"site": {"weight": -1.0}}}},
            "value_wrong",
            "index.nodes.site.weight",
        ),
        ({"index": {"nodes": {"site": {"best": 15.0}}}}, "goalposts_equal", "index.nodes.site"),
        (
            {"index": {"nodes": {"students": {"best": 0.0}}}},
            "goalposts_log",
            "index.nodes.students",
        ),
        ({"index": {"nodes": {"site": {"parent": "nowhere"}}}}, "node_parent", "index"),
        ({"index": {"nodes": {"terrain": {"parent": "terrain"}}}}, "node_parent", "index"),
        ({"index": {"nodes": {"slope": {"parent": "relief"}}}}, "node_parent", "index"),
        ({"index": {"nodes": {"terrain": {"column": "students"}}}}, "goalposts_equal", None),
        (
            {"index": {"tiers": {"bounds": [0.8, 0.6, 0.6, 0.2]}}},
            "tiers_not_falling",
            "index.tiers",
        ),
        (
            {"index": {"priority": {"base": 0.0, "need": 0.0, "barrier": 0.0}}},
            "weights_all_zero",
            "index.priority",
        ),
        (
            {"index": {"adequacy": {"latency_worst_ms": 50.0}}},
            "goalposts_equal",
            "index.adequacy",
        ),
        (
            {"signal": {"curves": {"4g": {"points": [[-100, 0.5], [-90, 0.4]]}}}},
            "curve_not_rising",
            "signal.curves.4g",
        ),
        ({"coverage": [COVERAGE | {"kind": "class"}]}, "coverage_classes", "coverage.0"),
        ({"coverage": [COVERAGE | {"classes": {"1": 0.5}}]}, "coverage_classes", "coverage.0"),
        (
            {"coverage": [COVERAGE | {"kind": "class", "classes": {"good": 0.5}}]},
            "coverage_class_key",
            "coverage.0",
        ),
        (
            {"coverage": [COVERAGE | {"technology": "fixed"}]},
            "coverage_fixed_is_binary",
            "coverage.0",
        ),
        ({"elevation": {"band": 0}}, "value_wrong", "elevation.band"),
        ({"schools": []}, "value_wrong", "schools"),
        ({"schools": "schools.csv"}, "value_wrong", "schools"),
        ({"elevation": ["dem.tif"]}, "value_wrong", "elevation"),
        ({"boundaries": {"capitals": {"Kab. A": [115.0, -3.0]}}}, "value_wrong", None),
    ],
)
def test_a_wrong_value_is_named(
    project: MakeProject, sections: dict[str, Any], code: str, key: str | None
) -> None:
    error = only_fault(project, sections=sections)
    assert error.code == code
    if key is not None:
        assert error.column == key


def test_all_faults_come_at_once(project: MakeProject) -> None:
    sections = {"projct": {}, "index": {"lambda": 2.0}, "elevation": {"surface": "x"}}
    codes = [error.code for error in faults(project, sections=sections)]
    assert sorted(codes) == ["key_unknown", "value_not_a_choice", "value_wrong"]


# --- the file --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "code"),
    [("[schools\n", "project_not_toml"), ("", "key_missing"), ("schools = 1", "value_wrong")],
)
def test_a_bad_project_file(project: MakeProject, toml: str, code: str) -> None:
    assert only_fault(project, toml=toml).code == code


def test_a_project_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes("[project]\nname = 'É'\n".encode("latin-1"))
    with pytest.raises(ProjectError) as caught:
        read_project(path)
    assert (caught.value.code, caught.value.path) == ("project_not_utf8", path)


# A slip, the code of its cause, and the line as the message proposes it.
SLIPS = [
    (r'path = "C:\data\sekolah.csv"', "project_backslash", 'path = "C:/data/sekolah.csv"'),
    (r'path = "C:\users\sekolah.csv"  # ours', "project_backslash", '"C:/users/sekolah.csv"'),
    (r'path = "C:\data\"', "project_backslash", 'path = "C:/data/"'),
    ("path = “schools.csv”", "project_curly_quotes", 'path = "schools.csv"'),
    ("path = ‘schools.csv’", "project_curly_quotes", 'path = "schools.csv"'),
    ('path = "schools.csv”', "project_curly_quotes", 'path = "schools.csv"'),
    ("path = [“schools.csv”]", "project_curly_quotes", 'path = ["schools.csv"]'),
    ("path = schools.csv", "project_no_quotes", 'path = "schools.csv"'),
    ("path = data sekolah.csv", "project_no_quotes", 'path = "data sekolah.csv"'),
    (r"path = C:\data\schools.csv", "project_no_quotes", 'path = "C:/data/schools.csv"'),
    ("date = 2019 Dapodik", "project_no_quotes", 'date = "2019 Dapodik"'),
    ('path = "schools.csv', "project_quote_open", 'path = "schools.csv"'),
    ("weight = 0,5", "project_decimal_comma", "weight = 0.5"),
    ('date = "2019"\ndate = "2020"', "project_twice", "twice"),
    ("[schools]", "project_twice", "[[coverage]]"),
    ("path = [,]", "project_not_toml", "line 2"),
]


@pytest.mark.parametrize("end", ["", "\n", "\n[project]\n"])
@pytest.mark.parametrize(("line", "code", "proposal"), SLIPS)
def test_a_slip_in_the_project_file_names_its_cause(
    line: str, code: str, proposal: str, end: str, tmp_path: Path
) -> None:
    (tmp_path / FILE_NAME).write_text(f"[schools]\n{line}{end}", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        read_project(tmp_path)
    assert caught.value.code == code
    assert caught.value.row == (None if code == "project_not_toml" else 2 + line.count("\n"))
    for language in LANGUAGES:
        (said,) = error_lines(caught.value, Text(language))
        assert said.startswith(str(tmp_path / FILE_NAME))
        assert proposal in said or (
            language == "id" and code in {"project_twice", "project_not_toml"}
        )


@pytest.mark.parametrize("line", ['path = "schools.csv" # “ours”', 'path = "schools.csv"\r'])
def test_what_is_no_slip(line: str, project: MakeProject) -> None:
    assert project(toml=f"[schools]\n{line}\n").project.schools[0].path.name == "schools.csv"


def test_a_path_with_an_escape_that_nobody_meant(project: MakeProject) -> None:
    error = only_fault(project, toml='[schools]\npath = "C:\\temp\\new.csv"\n')
    assert error.code == "path_escaped"
    assert str(error.params["proposal"]).endswith("C:/temp/new.csv")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_project_file_that_an_editor_saved_as_unicode(encoding: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(SCHOOLS.encode(encoding))
    with pytest.raises(ProjectError) as caught:
        read_project(tmp_path)
    assert caught.value.code == "project_utf16"


def test_a_byte_order_mark_is_no_error(project: MakeProject) -> None:
    assert project(toml=f"\ufeff{SCHOOLS}").project.schools[0].path.name == "schools.csv"


@pytest.mark.parametrize("name", ["kalsel-gap.toml.txt", "kalsel-gap.txt", "Kalsel_Gap.toml"])
def test_a_project_file_of_another_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(SCHOOLS)
    below = tmp_path / "a"
    below.mkdir()
    for find in (find_project, read_project, lambda folder: read_project(folder / FILE_NAME)):
        with pytest.raises(ProjectError) as caught:
            find(tmp_path)
        assert (caught.value.code, caught.value.path) == ("project_misnamed", tmp_path / name)
    with pytest.raises(ProjectError) as caught:
        find_project(below)
    assert caught.value.code == "project_not_found"


def test_no_project_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        read_project(tmp_path)
    assert (caught.value.code, caught.value.path) == ("project_missing", tmp_path / FILE_NAME)
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ProjectError) as caught:
        read_project(tmp_path)
    assert caught.value.code == "file_is_folder"


def test_the_nearest_project_file_upwards(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "a" / FILE_NAME).write_text(SCHOOLS)
    assert find_project(below) == tmp_path / "a" / FILE_NAME
    (below / FILE_NAME).write_text(SCHOOLS)
    assert find_project(below) == below / FILE_NAME


def test_where_there_is_none_the_error_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path)
    assert (caught.value.code, caught.value.params["name"]) == ("project_not_found", FILE_NAME)


# --- inputs ----------------------------------------------------------------------------------


def test_a_missing_file_gets_a_suggestion(project: MakeProject) -> None:
    error = only_fault(project, sections={"elevation": {"path": "dme.tif"}})
    assert (error.code, error.params["suggestion"]) == ("file_missing", "dem.tif")
    assert isinstance(error, InputError)
    assert error.params["section"] == "elevation"


@pytest.mark.parametrize(
    ("name", "there", "near"),
    [
        ("menara.csv", "e.csv", ""),
        ("school.csv", "schools.csv", "schools.csv"),
        ("dem.tiff", "dem.tif", "dem.tif"),
        ("sekolah.xlsx", "sekolah.csv", "sekolah.csv"),
        ("a.csv", "b.csv", ""),
    ],
)
def test_a_suggested_file_is_near(name: str, there: str, near: str) -> None:
    assert similar_file(name, [there, "kabupaten.geojson"]) == near


def test_every_missing_file_is_named_at_once(project: MakeProject) -> None:
    sections = {
        "elevation": {"path": "no.tif"},
        "coverage": [COVERAGE | {"path": "none/here.tif"}],
        "boundaries": {"desa": "desa.geojson"},
        "coastline": {"land": ["land.geojson"]},
        "villages": {"path": "idm.csv"},
    }
    errors = faults(project, sections=sections)
    assert {error.params["section"] for error in errors} == {
        "elevation",
        "coverage.0",
        "boundaries.desa",
        "coastline.land.0",
        "villages",
    }
    assert {error.code for error in errors} == {"file_missing"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (".", "file_is_folder"),
        ("empty.csv", "file_empty"),
        ("x" * 300, "file_unreadable"),  # longer than a name can be
        ("a\u0000b", "path_has_nul"),
    ],
)
def test_what_is_no_file(project: MakeProject, path: str, code: str) -> None:
    error = only_fault(project, sections={"schools": {"path": path}}, files={"empty.csv": ""})
    assert error.code == code


def test_a_file_that_may_not_be_read(project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == "dem.tif":
            raise PermissionError(13, os.strerror(13), str(self))
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    error = only_fault(project)
    assert (error.code, error.params["reason"]) == ("file_unreadable", os.strerror(13))


def test_paths_are_relative_to_the_project_file(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = project().path.parent
    monkeypatch.chdir(tmp_path)
    opened = read_project(Path(os.path.relpath(folder)))
    assert opened.path.resolve() == folder.resolve() / FILE_NAME
    assert opened.project.schools[0].path == folder / "schools.csv"
    assert opened.project.output.folder == folder / "runs"
    assert opened.shown(folder.parent / "x.csv") == "../x.csv"
    assert dict(opened.project.inputs())["coverage.1"] == folder / "class_2g.tif"


def test_an_absolute_path_stays(project: MakeProject, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("npsn,nama,lat,lon\n1,A,-3,115\n")
    sections = {
        "schools": {"path": str(tmp_path / "other.csv")},
        "output": {"folder": str(tmp_path / "out")},
    }
    opened = project(sections)
    assert opened.project.schools[0].path == tmp_path / "other.csv"
    assert opened.project.output.folder == tmp_path / "out"


def test_one_table_or_several(project: MakeProject) -> None:
    assert len(project().project.schools) == 1
    assert len(project({"schools": [{"path": "schools.csv"}] * 2}).project.schools) == 2


def test_sections_that_nobody_reads_are_known_of(project: MakeProject) -> None:
    villages = {"villages": {"path": "idm.csv"}}
    opened = project(villages, files={"idm.csv": "kode_desa,status_idm\n9901012001,MAJU\n"})
    assert opened.project.boundaries.desa is None
    assert opened.project.unused_sections() == ("villages",)
    assert project({"costs": {"horizon_years": 7}}).project.unused_sections() == ()


def test_repairs_lie_beside_the_project_and_count_once_they_are_there(project: MakeProject) -> None:
    opened = project()
    path = opened.path.with_name("repairs.csv")
    assert opened.project.repairs.path == path
    assert "repairs" not in dict(opened.project.inputs())
    path.write_text("accept\n", encoding="utf-8")
    assert dict(opened.project.inputs())["repairs"] == path


def test_a_project_is_frozen(project: MakeProject) -> None:
    with pytest.raises(ValueError, match="frozen"):
        project().project.index.weight_delivered = 0.1  # type: ignore[misc]


# --- values and where they come from ---------------------------------------------------------


def test_a_project_overrides_one_value_and_keeps_the_others(project: MakeProject) -> None:
    sections = {"index": {"nodes": {"students": {"weight": 0.9}}, "lambda": 0.4}}
    opened = project(sections, options=("signal.fixed_network=0.9",))
    index = opened.project.index
    assert index.weight_delivered == 0.4
    assert index.nodes["students"].weight == 0.9
    assert index.nodes["students"].worst == 600.0
    assert opened.project.signal.fixed_network == 0.9
    values = {key: (value, origin) for key, value, origin in opened.values()}
    assert values["index.lambda"] == (0.4, "project")
    assert values["index.nodes.students.weight"] == (0.9, "project")
    assert values["index.nodes.students.worst"] == (600.0, "defaults/index.toml")
    assert values["terrain.coast.shore_km"] == (1.0, "defaults/terrain.toml")
    assert values["signal.fixed_network"] == (0.9, "option")
    assert values["output.folder"] == ("runs", "built-in")
    assert values["schools.0.path"] == ("schools.csv", "project")
    assert values["schools.0.adds_rows"] == (False, "built-in")
    assert values["coverage.1.classes.3"] == (0.1, "project")
    assert values["coverage.0.band"] == (1, "built-in")
    assert values["coastline.land"] == ([], "built-in")


def test_no_value_holds_a_path_of_this_machine(project: MakeProject) -> None:
    opened = project()
    folder = str(opened.path.parent)
    assert not [key for key, value, _ in opened.values() if folder in str(value)]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("project.name=Tiny", "Tiny"),
        ("project.name = two words", "two words"),
        ('project.name="quoted"', "quoted"),
        ("project.name=a=b", "a=b"),
        ('project.name=Ma\'had "x"', 'Ma\'had "x"'),
        ("project.name=C:\\new", "C:\\new"),
        ("project.name=É", "É"),
        ("project.name=", ""),
    ],
)
def test_an_option_is_a_bare_word_or_a_toml_value(
    project: MakeProject, option: str, value: str
) -> None:
    assert project(options=(option,)).project.project.name == value


def test_the_last_option_holds(project: MakeProject) -> None:
    options = ("index.lambda=.5", "index.lambda=0.7")
    assert project(options=options[:1]).project.index.weight_delivered == 0.5
    assert project(options=options).project.index.weight_delivered == 0.7


@pytest.mark.parametrize(
    "option", ["index.lambda", "=1", "a b=1", "index.lambda=1\nx=2", "a.=1", "[index]=1", "x#=1"]
)
def test_what_is_no_option(project: MakeProject, option: str) -> None:
    error = only_fault(project, options=(option,))
    assert (error.code, error.params["option"]) == ("option_not_assignment", option)


def test_an_option_with_an_unknown_key(project: MakeProject) -> None:
    error = only_fault(project, options=("index.gap.adequat=1",))
    assert (error.code, error.params["suggestion"]) == ("key_unknown", "adequate")


@pytest.mark.parametrize(
    ("options", "toml", "origins"),
    [
        (("index.lambda=3",), "", {"index.lambda": "--set"}),
        (("index.lamda=1",), "[schols]\n", {"index.lamda": "--set", "schols": FILE_NAME}),
        (("project.name=X",), "[index]\nlambda = 3\n", {"index.lambda": FILE_NAME}),
        (("index.nodes.students.column=name",), "", {"index.nodes.students.column": "--set"}),
        (("index.nodes.studens.weight=1",), "", {"index.nodes.studens": "--set"}),
    ],
)
def test_an_error_of_an_option_does_not_blame_the_file(
    project: MakeProject, options: tuple[str, ...], toml: str, origins: dict[str, str]
) -> None:
    found = faults(project, toml=SCHOOLS + toml, options=options)
    assert {e.column: Path(str(e.path)).name for e in found} == origins
    for error in found:
        for line in error_lines(error, Text("en")):
            assert line.startswith("--set ") == (error.path == "--set")


@pytest.mark.parametrize("value", [r'"C:\data\s.csv"', r"'C:\data\s.csv'", r"C:\data\s.csv"])
def test_a_windows_path_as_an_option(value: str, project: MakeProject) -> None:
    name = project(options=(f"project.name={value}",)).project.project.name
    assert name == r"C:\data\s.csv"


def test_merge_changes_neither_side() -> None:
    below, above = {"a": {"x": 1}, "b": 1}, {"a": {"y": 2}, "b": {"z": 3}}
    assert merge(below, above) == {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
    assert (below, above) == ({"a": {"x": 1}, "b": 1}, {"a": {"y": 2}, "b": {"z": 3}})


# --- elevation of many files -----------------------------------------------------------------


def named(opened: Opened, section: str) -> dict[str, str]:
    return {n: opened.shown(p) for n, p in opened.project.inputs() if n.startswith(section)}


def test_elevation_of_one_file_a_list_and_a_folder(project: MakeProject) -> None:
    one = project({"elevation": {"path": "dem.tif"}})
    assert named(one, "elevation") == {"elevation": "dem.tif"}
    files = {"b.tif": b"II", "a.hgt": b"II"}
    two = project({"elevation": {"path": ["b.tif", "a.hgt"]}}, files=files)
    assert named(two, "elevation") == {"elevation.0": "b.tif", "elevation.1": "a.hgt"}
    assert two.shown(two.project.elevation.path) == "b.tif …"  # type: ignore[union-attr]
    folder = project({"elevation": {"path": "."}}, files=files)
    shown = list(named(folder, "elevation").values())
    assert shown == sorted(shown)
    assert {"a.hgt", "b.tif", "dem.tif"} <= set(shown)


def test_what_lies_beside_a_raster_is_an_input(project: MakeProject) -> None:
    # Each changes what is read: unit, mask, place; other neighbours do not.
    beside = ("b.tif.aux.xml", "b.tif.msk", "b.tfw", "c.blw", "c.prj", "c.hdr")
    files = dict.fromkeys(("b.tif", "c.bil", *beside, "b.txt", "b.tif.bak"), b"II")
    opened = project({"elevation": {"path": ["b.tif", "c.bil"]}}, files=files)
    shown = named(opened, "elevation")
    assert sorted(shown.values()) == sorted(("b.tif", "c.bil", *beside))
    assert shown["elevation.0.aux.xml"] == "b.tif.aux.xml"
    assert shown["elevation.1.blw"] == "c.blw"


def test_every_source_of_a_vrt_is_an_input(project: MakeProject) -> None:
    def vrt(name: str) -> dict[str, str | bytes]:
        source = f'<SourceFilename relativeToVRT="1">{name}</SourceFilename>'
        band = f"<VRTRasterBand><SimpleSource>{source}</SimpleSource></VRTRasterBand>"
        return {"all.vrt": f"<VRTDataset>{band}</VRTDataset>"}

    opened = project({"elevation": {"path": "all.vrt"}}, files=vrt("dem.tif"))
    assert named(opened, "elevation") == {"elevation": "all.vrt", "elevation.0": "dem.tif"}
    with pytest.raises(SeveralErrors) as caught:
        project({"elevation": {"path": "all.vrt"}}, files=vrt("/vsicurl/http://x/dem.tif"))
    assert [error.code for error in caught.value.errors] == ["raster_source"]


@pytest.mark.parametrize(
    ("path", "code"),
    [([], "path_empty"), ("", "path_empty"), (5, "value_wrong"), (["no.tif"], "file_missing")],
)
def test_elevation_paths_that_are_none(project: MakeProject, path: Any, code: str) -> None:
    with pytest.raises(SeveralErrors) as caught:
        project({"elevation": {"path": path}})
    assert [error.code for error in caught.value.errors] == [code]


def test_a_folder_without_rasters(project: MakeProject, tmp_path: Path) -> None:
    with pytest.raises(SeveralErrors) as caught:
        project({"elevation": {"path": str(tmp_path)}})
    assert [error.code for error in caught.value.errors] == ["folder_no_raster"]


# --- radio --------------------------------------------------------------------------------------


def test_land_cover_is_an_input_of_one_file_or_many(project: MakeProject) -> None:
    assert project().project.land_cover is None
    one = project({"land_cover": {"path": "cover.tif"}}, files={"cover.tif": "x", "cover.tfw": "1"})
    assert named(one, "land_cover") == {"land_cover": "cover.tif", "land_cover.tfw": "cover.tfw"}
    files = {"a.tif": "x", "b.tif": "x"}
    two = project({"land_cover": {"path": ["b.tif", "a.tif"]}}, files=files)
    assert named(two, "land_cover") == {"land_cover.0": "b.tif", "land_cover.1": "a.tif"}
    assert two.project.land_cover is not None
    assert [f.name for f in two.project.land_cover.tiles.files] == ["b.tif", "a.tif"]
    error = only_fault(project, sections={"land_cover": {"path": "none.tif"}})
    assert (error.code, error.params["section"]) == ("file_missing", "land_cover")


def test_radio_is_laid_over_its_defaults(project: MakeProject) -> None:
    opened = project({"radio": {"carriers": {"4g": {"bandwidth_mhz": 10}}}})
    carrier = opened.project.radio.carriers["4g"]
    assert (carrier.bandwidth_mhz, carrier.spacing_khz) == (10.0, "15")
    origins = {key: origin for key, _, origin in opened.values()}
    assert origins["radio.carriers.4g.bandwidth_mhz"] == "project"
    assert origins["radio.carriers.5g.bandwidth_mhz"] == "defaults/radio.toml"
    error = only_fault(project, sections={"radio": {"carriers": {"4g": {"spacing_khz": "30"}}}})
    assert (error.code, error.column) == ("carrier_blocks", "radio.carriers.4g")


def test_every_figure_of_radio_has_a_source(project: MakeProject) -> None:
    shown = {key: value for key, value, _ in project().values() if key.startswith("radio.")}
    tables = {key.rpartition(".")[0] for key in shown} - {
        f"radio.carriers.{each}.resource_blocks" for each in ("4g", "5g")
    }
    assert all(shown[f"{table}.source"] for table in tables)
    sure = {table for table in tables if shown.get(f"{table}.confidence")}
    assert sure == tables
