"""What surveyors found out as tables that the project reads, each kept beside the project file.

Only answers to facts that were asked are kept, so that an import moves nothing else. A location is
no fact of a table but a proposal: the register is to be corrected by it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.robustness.visits import ASKED
from kalsel_gap.sources.field_results import ANSWERS
from kalsel_gap.sources.internet_answers import read_answer
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.signal_levels import LEVELS
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.outputs import Outputs

SERVICE, TESTS, SIGNAL, LOCATIONS = (
    *("verified.csv", "verified_tests.csv", "verified_levels.csv", "verified_locations.csv"),
)
COLUMNS: dict[str, tuple[str, ...]] = {
    SERVICE: ("npsn", "internet", "subscription_down_mbps", "subscription_up_mbps"),
    TESTS: ("npsn", "date", "down_mbps", "up_mbps", "latency_ms"),
    SIGNAL: (
        *("npsn", "lat", "lon", "operator", "technology", "signal"),
        *dict.fromkeys(LEVELS.values()),
    ),
    LOCATIONS: ("npsn", "name", "lat_used", "lon_used", "lat", "lon", "distance_m"),
}
# The section of the project file that names a table; a proposal has none.
SECTIONS = {SERVICE: "attributes", TESTS: "measurements", SIGNAL: "measurements"}
_ONE_EACH = (SERVICE, LOCATIONS)  # of several visits the last counts
_NUMBERS = ("_mbps", "_ms", "_dbm", "lat", "lon", "_used", "_m")
_NONE, _LINE = "Tidak Ada", "Ada"  # as registers write it
_SINCE = {SIGNAL: frozenset({"signal"})}  # columns that a table of earlier versions lacks


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """The answers of a file that are kept, and why others are not.

    Attributes
    ----------
    answers : DataFrame
        As :func:`.read_results` gives them, for facts that were asked alone.
    tables : dict of DataFrame
        By the name of their file; only those that have rows.
    not_asked : int
        Answers to facts that were not asked.
    unknown : tuple of str
        NPSN that no school of the run has.
    unused : tuple of str
        NPSN of schools with internet of unknown speed whose register states that there is none.
    no_signal : DataFrame
        ``npsn lat lon operator technology``: where a phone found no signal, one row for each
        technology that this is said of.
    """

    answers: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    not_asked: int
    unknown: tuple[str, ...]
    unused: tuple[str, ...]
    no_signal: pd.DataFrame


def keep_answers(
    answers: pd.DataFrame,
    planned: pd.DataFrame,
    schools: pd.DataFrame,
    opened: Opened,
    technologies: Mapping[str, Sequence[str]],
) -> KeptAnswers:
    """Answers to facts that were asked, as tables of the project.

    Parameters
    ----------
    answers : DataFrame
        As :func:`.read_results` gives them.
    planned : DataFrame
        As :func:`.plan_visits` gives them, with all schools of the run.
    schools : DataFrame
        Schools of the run.
    opened : Opened
        The project.
    technologies : mapping of sequences
        Technologies of each operator that the run knows: no signal at all is said of them.
    """
    known = schools[~schools["is_duplicate"].astype(bool)].drop_duplicates("npsn")
    known = known.set_index("npsn")
    is_known = answers["npsn"].isin(known.index)
    unknown = tuple(sorted(set(answers.loc[~is_known, "npsn"])))
    kept = answers[is_known].copy()
    asks = planned.drop_duplicates("npsn").set_index("npsn")
    not_asked = 0
    for fact, names in ANSWERS.items():
        wanted = kept["npsn"].isin(asks.index[asks[f"asks_{fact}"]])
        not_asked += int((_answered(kept, fact) & ~wanted).sum())
        texts = [name for name in names if not name.endswith(_NUMBERS)]
        kept.loc[~wanted, [name for name in names if name not in texts]] = float("nan")
        kept.loc[~wanted, texts] = ""
    kept = kept[pd.concat([_answered(kept, fact) for fact in ASKED], axis=1).any(axis=1)]
    service, unused = _service(kept, known, opened)
    no_signal = _without_signal(kept, technologies)
    tables = {
        SERVICE: service,
        TESTS: _tests(kept),
        SIGNAL: _levels(kept, no_signal),
        LOCATIONS: _locations(kept, known),
    }
    filled = {name: table for name, table in tables.items() if len(table)}
    kept = kept.reset_index(drop=True)
    return KeptAnswers(kept, filled, not_asked, unknown, unused, no_signal)


def by_school(kept: KeptAnswers, schools: pd.DataFrame) -> pd.DataFrame:
    """One row for each visited school, as :func:`.assess_visits` takes it."""
    known = schools.drop_duplicates("npsn").set_index("npsn")
    rows = []
    for npsn, visits in _by_day(kept.answers).groupby("npsn", sort=True):
        stated = visits.loc[visits["internet"] != "", "internet"]
        place = visits.dropna(subset=["gate_lat"]).tail(1)
        school = known.loc[npsn]
        is_at_point = None
        if len(place) and pd.notna(school["lat"]):
            at = (school["lon"], school["lat"])
            distance = WGS84.inv(*at, place["gate_lon"].iloc[0], place["gate_lat"].iloc[0])[2]
            radius = school["point_radius_m"]
            is_at_point = bool(distance <= max(radius if pd.notna(radius) else 0.0, _NEAR_M))
        rows.append(
            {
                "npsn": npsn,
                **{f"has_{fact}": bool(_answered(visits, fact).any()) for fact in ASKED},
                "has_line": None if stated.empty else stated.iloc[-1] == "ada",
                "is_at_point": is_at_point,
            }
        )
    columns = ["npsn", *(f"has_{fact}" for fact in ASKED), "has_line", "is_at_point"]
    return pd.DataFrame(rows, columns=columns)


_NEAR_M = 250.0  # a gate so near is at the point


def level_differences_db(kept: KeptAnswers, signals: pd.DataFrame) -> list[float]:
    """Measured less shown levels, of the operator and technology that were measured."""
    shown = _shown_at_points(signals)
    shown = shown[shown["level_dbm"].notna()]
    level = shown.groupby(_OF_SIGNAL)["level_dbm"].mean()
    found = []
    for row in kept.answers[kept.answers["level_dbm"].notna()].to_dict("records"):
        key = (row["npsn"], row["technology"], row["operator"].casefold())
        if key in level.index:
            found.append(float(row["level_dbm"] - level[key]))
    return found


def shown_where_none(kept: KeptAnswers, signals: pd.DataFrame) -> list[bool]:
    """Of each operator and technology without a signal, whether the run shows one there."""
    shown = _shown_at_points(signals)
    there = set(
        shown.loc[shown["status"] == "value", _OF_SIGNAL].itertuples(index=False, name=None)
    )
    none = kept.no_signal.assign(operator=kept.no_signal["operator"].str.casefold())
    none = none.drop_duplicates(_OF_SIGNAL)
    return [each in there for each in none[_OF_SIGNAL].itertuples(index=False, name=None)]


_OF_SIGNAL = ["npsn", "technology", "operator"]


def _shown_at_points(signals: pd.DataFrame) -> pd.DataFrame:
    """What counts at the points of schools, operators in lower case."""
    shown = signals[signals["used"].astype(bool) & (signals["place"] == "point")]
    return shown.assign(operator=shown["operator"].str.casefold())


def verified_guard(folder: Path, opened: Opened, *, overwrite: bool) -> Outputs:
    """The guard, once it lets the tables be written; those of earlier imports are added to.

    Raises
    ------
    OutputError
        A file there is somebody's own.
    """
    outputs = outputs_of(opened)
    paths = {(folder / name).resolve() for name in COLUMNS}
    kept = {path: what for path, what in outputs.kept.items() if path.resolve() not in paths}
    outputs = replace(outputs, kept=kept)
    for name in COLUMNS:
        path = folder / name
        outputs.check(path, overwrite=overwrite, merged=_stored(path, name) is not None)
    return outputs


def write_verified(
    folder: Path, tables: Mapping[str, pd.DataFrame], outputs: Outputs
) -> dict[str, Path]:
    """Write the tables, added to those of earlier imports; the same answers twice change nothing.

    Returns
    -------
    dict of Path
        Every table that is there now, by name.
    """
    with contextlib.ExitStack() as stack:
        for name, new in tables.items():
            path = folder / name
            before = _stored(path, name)
            written = csv_of(new if before is None else _together(before, new, name))
            stack.enter_context(outputs.replace(path)).write_bytes(written.encode())
    return {name: folder / name for name in COLUMNS if (folder / name).is_file()}


def lines_to_add(paths: Mapping[str, Path], opened: Opened) -> list[str]:
    """Lines of the project file that name the tables which it does not name yet."""
    tables = (*opened.project.attributes, *opened.project.measurements)
    named = {table.path.resolve() for table in tables}
    lines: list[str] = []
    for name, section in SECTIONS.items():
        if name in paths and paths[name].resolve() not in named:
            shown = opened.shown(paths[name].absolute()).replace("\\", "/").replace('"', '\\"')
            lines += [f"[[{section}]]", f'path = "{shown}"']
    return lines


def _by_day(answers: pd.DataFrame) -> pd.DataFrame:
    """Visits in the order of their days, those without one first."""
    return answers.sort_values("date", kind="stable", na_position="first")


def _answered(rows: pd.DataFrame, fact: str) -> pd.Series[bool]:
    """Rows that answer a fact; a level needs its operator and technology, none its operator."""
    if fact == "signal":
        is_level = (rows["technology"] != "") & rows["level_dbm"].notna()
        return (rows["operator"] != "") & (is_level | (rows["reception"] == "tidak_ada"))
    filled = rows[list(ANSWERS[fact])]
    return (filled.notna() & (filled != "")).any(axis="columns")


def _service(
    kept: pd.DataFrame, known: pd.DataFrame, opened: Opened
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of the attribute table.

    Where a register states something of the internet, or pupils use accounts, another *none* would
    be a contradiction; a line of 0 Mbps says the same.
    """
    rows, unused = [], []
    answers = opened.project.registers.internet
    for row in _by_day(kept[_answered(kept, "service")]).to_dict("records"):
        school = known.loc[row["npsn"]]
        given = school["internet"] if isinstance(school["internet"], str) else ""
        stated = read_answer(given, answers)
        accounts = school["accounts_active"]
        made = {
            "npsn": row["npsn"],
            "internet": "",
            "subscription_down_mbps": row["subscription_down_mbps"],
            "subscription_up_mbps": row["subscription_up_mbps"],
        }
        if row["internet"] == "tidak_ada":
            is_used = stated == "line" or (pd.notna(accounts) and accounts > 0)
            made |= dict.fromkeys(COLUMNS[SERVICE][2:], float("nan"))
            made |= {"subscription_down_mbps": 0.0} if is_used else {"internet": _NONE}
        elif row["internet"] == "ada":
            made["internet"] = _LINE
            is_silent = pd.isna(row["subscription_down_mbps"]) and pd.isna(row["down_mbps"])
            if stated == "none" and is_silent:
                unused.append(str(row["npsn"]))
        rows.append(made)
    table = pd.DataFrame(rows, columns=list(COLUMNS[SERVICE]))
    figures = table[list(COLUMNS[SERVICE][2:])].notna().any(axis=1)
    table = table[figures | (table["internet"] != "")]
    return _in_order(table, SERVICE), tuple(sorted(set(unused)))


def _tests(kept: pd.DataFrame) -> pd.DataFrame:
    is_test = kept["down_mbps"].notna() & kept["date"].notna() & (kept["internet"] != "tidak_ada")
    table = kept.loc[is_test, list(COLUMNS[TESTS])]
    days = [day.isoformat() for day in table["date"]]
    return _in_order(table.assign(date=pd.Series(days, index=table.index, dtype="str")), TESTS)


def _levels(kept: pd.DataFrame, no_signal: pd.DataFrame) -> pd.DataFrame:
    """Measured levels, and where there is none."""
    rows = kept[_answered(kept, "signal") & kept["level_dbm"].notna()]
    rows = rows.rename(columns={"gate_lat": "lat", "gate_lon": "lon"})
    table = rows[["npsn", "lat", "lon", "operator", "technology"]].assign(signal="")
    for column in dict.fromkeys(LEVELS.values()):
        of_column = rows["technology"].map(LEVELS) == column
        table[column] = rows["level_dbm"].where(of_column)
    without = no_signal.assign(signal=_NONE).reindex(columns=list(COLUMNS[SIGNAL]))
    filled = [frame for frame in (table, without) if len(frame)]
    return _in_order(pd.concat(filled) if filled else table, SIGNAL)


def _without_signal(kept: pd.DataFrame, technologies: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Where a phone found none, a row for each technology: the one named, otherwise all known."""
    rows = kept[_answered(kept, "signal") & (kept["reception"] == "tidak_ada")]
    named = [
        [technology] if technology else list(technologies.get(operator, ()))
        for operator, technology in zip(rows["operator"], rows["technology"], strict=True)
    ]
    rows = rows.rename(columns={"gate_lat": "lat", "gate_lon": "lon"})
    rows = rows.assign(technology=pd.Series(named, index=rows.index, dtype="object"))
    rows = rows.explode("technology").dropna(subset=["technology"])
    return rows[["npsn", "lat", "lon", "operator", "technology"]].reset_index(drop=True)


def _locations(kept: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Where schools were found, beside where the run has them."""
    rows = kept[_answered(kept, "location") & kept["gate_lon"].notna()]
    rows = _by_day(rows)
    table = pd.DataFrame({"npsn": rows["npsn"], "lat": rows["gate_lat"], "lon": rows["gate_lon"]})
    used = known.loc[table["npsn"], ["name", "lat", "lon"]].set_axis(table.index)
    table = table.assign(name=used["name"], lat_used=used["lat"], lon_used=used["lon"])
    x0, y0, x1, y1 = (table[at].to_numpy(float) for at in ("lon_used", "lat_used", "lon", "lat"))
    distance = WGS84.inv(x0, y0, x1, y1)[2]
    table["distance_m"] = pd.Series(distance, index=table.index, dtype="float64").round(1)
    return _in_order(table, LOCATIONS)


def _in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows by NPSN, each once; of a table with one row for each school the last ones."""
    columns = list(COLUMNS[name])
    one_each = ["npsn"] if name in _ONE_EACH else None
    table = table[columns].drop_duplicates(one_each, keep="last")
    return table.sort_values(columns, kind="stable", ignore_index=True)


def _together(before: pd.DataFrame, new: pd.DataFrame, name: str) -> pd.DataFrame:
    frames = [frame for frame in (before, new) if len(frame)]
    return _in_order(pd.concat(frames, ignore_index=True), name)


def _stored(path: Path, name: str) -> pd.DataFrame | None:
    """The table of earlier imports; None where there is none, or something else."""
    if not path.is_file():
        return None
    try:
        cells = read_table(path).cells
    except InputError:
        return None
    since: frozenset[str] = _SINCE.get(name, frozenset())
    if set(cells.columns) | since != {*COLUMNS[name], ROW}:
        return None
    table = cells.reindex(columns=list(COLUMNS[name]), fill_value="")
    table["npsn"] = read_npsn(table["npsn"])
    for column in COLUMNS[name]:
        if column.endswith(_NUMBERS):
            table[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
    return table
