"""Findings as tables, GeoJSON, proposed repairs and a summary.

Sentences are in the reader's language; codes, values and figures are unchanged.
"""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.i18n.messages import NAMES, finding_sentence, findings_sentence
from kalsel_gap.i18n.numbers import number
from kalsel_gap.i18n.text import N_, Text, choose_language, escaped, plain, typed
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.quality.accept import SAME, is_of_repairs, place_key, proposal_key
from kalsel_gap.sources.tables import read_table
from kalsel_gap.storage.spreadsheet import csv_of, to_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.full_check import Checked
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.spreadsheet import Dialect

FOLDER = "check"  # below the project's folder of outputs
REPAIRS = "repairs.csv"
PAGE = "check.html"
FILES = ("findings.csv", "findings.json", "findings.geojson", PAGE, REPAIRS)
SEVERITIES = ("error", "warning", "note")
COLUMNS = (
    *("file", "row", "npsn", "code", "severity", "column", "value"),
    *("proposal", "evidence", "message"),
)
_ROWS_SHOWN = 4
_SETTLED = ("location_repaired", "location_is_area", "value_repaired")  # by an accepted repair
_DEGREES = 7  # decimals: a centimetre


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one code in one file.

    Attributes
    ----------
    file, code, severity : str
    count : int
    sentence : str
        Their common sentence, with an ellipsis where they differ.
    rows : tuple of int
        The first rows.
    """

    file: str
    code: str
    severity: str
    count: int
    sentence: str
    rows: tuple[int, ...]


# --- words ---------------------------------------------------------------------------------------


def findings_table(checked: Checked, opened: Opened, text: Text) -> pd.DataFrame:
    """Findings as a table with sentences, in the order of file and row.

    Parameters
    ----------
    checked : Checked
        What the checks have found.
    opened : Opened
        The project: data that are not real are marked in a column of their own.
    text : Text
        Language of the messages.

    Returns
    -------
    DataFrame
        The columns :data:`COLUMNS`, evidence as JSON.
    """
    found = checked.findings
    messages = [finding_sentence(row, text) for row in found.to_dict("records")]
    table = found.assign(message=pd.Series(messages, index=found.index, dtype="str"))
    table = table[list(COLUMNS)]
    nature = opened.project.project.data
    return table if nature == "real" else table.assign(data=nature)


def group_findings(checked: Checked, text: Text) -> list[FindingGroup]:
    """Findings of all files, the errors first; of one severity by file, the most frequent first."""
    groups = [
        FindingGroup(
            file=str(file),
            code=str(code),
            severity=str(of_code["severity"].iloc[0]),
            count=len(of_code),
            sentence=findings_sentence(of_code, text),
            rows=tuple(int(row) for row in of_code["row"].dropna().head(_ROWS_SHOWN)),
        )
        for (file, code), of_code in checked.findings.groupby(["file", "code"], sort=True)
    ]
    return sorted(groups, key=lambda g: (SEVERITIES.index(g.severity), g.file, -g.count, g.code))


def count_by_severity(checked: Checked) -> dict[str, int]:
    """Number of findings of each severity."""
    found = checked.findings["severity"].value_counts()
    return {severity: int(found.get(severity, 0)) for severity in SEVERITIES}


def remarks(checked: Checked, folder: Path, text: Text) -> list[str]:
    """Closing sentences: how many findings, where they are written, what to do next."""
    found = count_by_severity(checked)
    if not any(found.values()):
        sentences = [text(N_("The checks found nothing wrong with the inputs."))]
    else:
        counted = ", ".join(f"{text(NAMES[s])} {text.number(n)}" for s, n in found.items() if n)
        files = checked.findings["file"].nunique()
        words = N_("Findings: {counts}; files with findings: {files}.")
        sentences = [text(words, counts=counted, files=text.number(files))]
    if len(checked.repairs):
        words = N_(
            "Repairs proposed: {count}. Review {path}, write yes in its column “accept” for each "
            "one that you accept, then: kalsel-gap check --accept-repairs {typed}"
        )
        count, path = text.number(len(checked.repairs)), folder / REPAIRS
        sentences.append(text(words, count=count, path=path, typed=typed(path)))
        kinds = (checked.repairs["code"] + ":" + checked.repairs["file"]).value_counts()
        listed = ", ".join(f"{kind} ({n})" for kind, n in kinds.sort_index().items())
        words = N_("All of one kind at once: kalsel-gap check --accept, and one of: {kinds}.")
        sentences.append(text(words, kinds=listed))
    return [*sentences, text(N_("Written: {path}"), path=folder)]


# --- places --------------------------------------------------------------------------------------


def finding_locations(checked: Checked) -> pd.DataFrame:
    """Where each finding lies, as far as that is known.

    Returns
    -------
    DataFrame
        One row per finding: ``name``; the location in use (``used_lat``, ``used_lon``), the one
        that was given where none is in use (``given_…``), and the one that is proposed for its row
        (``proposed_…``); ``repairs`` says whether that proposal is for this finding.
        Degrees, NaN where there is none.
    """
    found = checked.findings
    row_id = found["file"] + ":" + found["row"].astype("str")
    schools = checked.schools.drop_duplicates("row_id").set_index("row_id").reindex(row_id)
    used = schools[["lat", "lon"]].to_numpy("float64")
    unused = np.isnan(used).any(axis=1)
    given = np.full((len(found), 2), np.nan)
    texts = (schools["lat_given"], schools["lon_given"], found["evidence"], found["parameters"])
    for n in np.flatnonzero(unused):
        given[n] = _given(*(column.iloc[n] for column in texts))
    repairs = points_of(checked.repairs)
    of_row = repairs["file"].astype("str") + ":" + repairs["row"].astype("str")
    proposed = repairs.assign(key=of_row).drop_duplicates("key").set_index("key")
    own = repairs.assign(key=of_row + ":" + repairs["code"]).drop_duplicates("key").set_index("key")
    its = own.reindex(row_id + ":" + found["code"])[["lat", "lon"]].to_numpy("float64")
    any_ = proposed.reindex(row_id)[["lat", "lon"]].to_numpy("float64")
    answers = ~np.isnan(its).any(axis=1)
    places = np.hstack([used, given, np.where(answers[:, None], its, any_)]).round(_DEGREES)
    names = [f"{kind}_{axis}" for kind in ("used", "given", "proposed") for axis in ("lat", "lon")]
    table = pd.DataFrame(places, columns=names)
    return table.assign(name=schools["name"].to_numpy(), repairs=answers)


def points_of(repairs: pd.DataFrame) -> pd.DataFrame:
    """Repairs that propose a point, and not an area only."""
    numbers = {axis: pd.to_numeric(repairs[axis], errors="coerce") for axis in ("lat", "lon")}
    return repairs.assign(**numbers).dropna(subset=["lat", "lon"])


def _given(lat: object, lon: object, *stated: str) -> tuple[float, float]:
    """Degrees as the register or the finding gives them; NaN if not on Earth."""
    places = [(number(str(lat)), number(str(lon)))]
    for mapping in stated:
        if '"lat"' in mapping:
            values = json.loads(mapping)
            places.append((number(str(values.get("lat"))), number(str(values.get("lon")))))
    on_earth = ((y, x) for y, x in places if 0 < abs(y) <= 90 and 0 < abs(x) <= 180)
    return next(on_earth, (math.nan, math.nan))


# --- files ---------------------------------------------------------------------------------------


def file_contents(
    checked: Checked, table: pd.DataFrame, folder: Path, dialect: Dialect = "raw"
) -> dict[str, str]:
    """Files by name: the findings as CSV, JSON and GeoJSON, and what is proposed.

    Parameters
    ----------
    checked : Checked
        What the checks have found.
    table : DataFrame
        The same, :func:`findings_table`.
    folder : Path
        The output folder: answers that a person has written into the proposals there are kept.
    dialect : {'raw', 'id', 'en'}
        Of the CSV files; see :func:`.spreadsheet.csv_of`.
    """
    files = {
        "findings.csv": csv_of(table, dialect),
        "findings.json": to_json(table),
        "findings.geojson": to_geojson(checked, table),
    }
    if len(checked.repairs):
        reasoned = _with_reasons(checked, table)
        answered = _with_answers(reasoned, folder / REPAIRS, checked)
        files[REPAIRS] = csv_of(answered, dialect)
    return files


def repairs_with_reasons(checked: Checked, opened: Opened) -> pd.DataFrame:
    """The proposals, each with its reason in the project's language."""
    language = choose_language(None, project=opened.project.project.language, deliverable=True)
    return _with_reasons(checked, findings_table(checked, opened, Text(language)))


def _with_reasons(checked: Checked, table: pd.DataFrame) -> pd.DataFrame:
    """The proposals, each with the sentence of its finding in `table`, or that it is accepted."""
    key = ["file", "row", "column", "code"]
    sentences = table[[*key, "message"]].rename(columns={"message": "why"})
    of_values = sentences["column"].isin(set(checked.repairs["column"]))
    sentences["column"] = sentences["column"].where(of_values, "")  # a location has no column here
    sentences = sentences.drop_duplicates(key)
    merged = checked.repairs.drop(columns="why").merge(sentences, on=key, how="left")
    of_row = sentences[sentences["code"].isin(_SETTLED)]
    settled = of_row.drop_duplicates(key[:3]).set_index(key[:3])["why"]
    rows = pd.MultiIndex.from_frame(merged[key[:3]].astype({"row": "Int64"}))
    merged["why"] = merged["why"].fillna(pd.Series(settled.reindex(rows).to_numpy()))
    return merged[list(checked.repairs.columns)]


def repair_line(repair: Mapping[Any, Any]) -> str:
    """One line about an accepted repair: the row, what it gives, what is used instead."""
    if repair["column"]:
        before, used = f"{repair['column']} {repair['given']}", str(repair["proposed"])
    else:
        before = f"lat, lon {repair['lat_given']}, {repair['lon_given']}"
        used = repair["area"] or f"{repair['lat']:.6f}, {repair['lon']:.6f}"
    return plain(f"{repair['code']}  {repair['file']}:{repair['row']}  {before} → {used}")


def to_json(table: pd.DataFrame) -> str:
    """What :func:`findings_table` gave as a JSON list of objects; what is unknown is null."""
    return escaped(f"[\n{_lines(_records(table))}\n]\n")


def to_geojson(checked: Checked, table: pd.DataFrame) -> str:
    """Findings that lie somewhere as GeoJSON (RFC 7946) points, WGS 84.

    A point's ``location`` says what it is: *proposed* (the finding has a repair, or the row has
    no other), *used*, or *given* (as the input has it, where it is not used).
    """
    places = finding_locations(checked).to_dict("records")
    pairs = zip(_records(table), places, strict=True)
    features = _lines(_feature(record, at, kind) for record, at in pairs if (kind := _kind(at)))
    head = '{"type": "FeatureCollection", "name": "findings", "features": ['
    return f"{head}\n{features}\n]}}\n"


def _feature(record: dict[str, object], at: Mapping[Any, Any], kind: str) -> dict[str, object]:
    beside = {name: value for name, value in at.items() if name != "repairs"}
    properties = {key: _shown(value) for key, value in {**record, **beside}.items()}
    point = [at[f"{kind}_lon"], at[f"{kind}_lat"]]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": point},
        "properties": {**properties, "location": kind},
    }


def _kind(at: Mapping[Any, Any]) -> str:
    """At which of its locations a finding is drawn; empty if it has none."""
    kinds = ("proposed",) if at["repairs"] else ("used", "proposed", "given")
    return next((kind for kind in kinds if not math.isnan(at[f"{kind}_lat"])), "")


def _records(table: pd.DataFrame) -> Iterator[dict[str, object]]:
    for record in to_records(table):
        yield {**record, "evidence": json.loads(str(record["evidence"]))}


def _lines(records: Iterable[object]) -> str:
    """One record per line: it takes a fifth of the time of an indented list."""
    return ",\n".join(json.dumps(each, ensure_ascii=False, allow_nan=False) for each in records)


def check_folder(folder: Path, opened: Opened, *, overwrite: bool = False) -> Outputs:
    """The guard, once it lets everything be written that :func:`write` may write.

    Proposals with answers are read and go on in the new ones, so they may be written over.

    Raises
    ------
    OutputError
        A file there is an input of the project, or somebody's own.
    """
    outputs = outputs_of(opened)
    names = [name for name in FILES if name != REPAIRS]
    outputs.check(*(folder / name for name in names), overwrite=overwrite)
    proposals = folder / REPAIRS
    outputs.check(proposals, overwrite=overwrite, merged=is_of_repairs(proposals))
    return outputs


def write(folder: Path, files: Mapping[str, str], outputs: Outputs) -> None:
    """Write all files, or none: they get their names when all are written.

    Proposals of an earlier check are removed if nothing is proposed any more.

    Raises
    ------
    OutputError
        The folder cannot be written, or `outputs` does not let a file be written.
    """
    with contextlib.ExitStack() as stack:
        for name, content in files.items():
            temporary = stack.enter_context(outputs.replace(folder / name))
            temporary.write_bytes(content.encode("utf-8"))
    left = folder / REPAIRS
    if REPAIRS not in files and (outputs.wrote(left) or is_of_repairs(left)):
        left.unlink()


def _with_answers(repairs: pd.DataFrame, path: Path, checked: Checked) -> pd.DataFrame:
    """Proposals with the answers that a person has given to the same ones before."""
    answers = _answers(path) or {}
    schools, found = checked.schools, checked.findings
    mended = schools[schools["location_status"].isin(("repaired", "area"))]
    used = mended.set_index("row_id")[["lat", "lon", "location_area"]].to_dict("index")
    of_values = found.loc[found["code"] == "value_repaired", ["file", "row", "column"]]
    values = {place_key(row) for row in of_values.to_dict("records")}

    def answer(row: Mapping[Any, Any]) -> str:
        given = answers.get(proposal_key(row), "")
        now = used.get(f"{row['file']}:{row['row']}")
        if row["column"]:
            is_used = place_key(row) in values
        else:
            is_used = now is not None and _is_used(row, now)
        return given or ("yes" if is_used else "")

    return repairs.assign(accept=[answer(row) for row in repairs.to_dict("records")])


def _is_used(proposal: Mapping[Any, Any], school: Mapping[Any, Any]) -> bool:
    """Whether a proposal is the location in use already."""
    if proposal["area"]:
        return bool(proposal["area"].partition(" ")[0] == school["location_area"])
    return all(round(school[axis] - proposal[axis], _DEGREES) == 0 for axis in ("lat", "lon"))


def _answers(path: Path) -> dict[tuple[object, ...], str] | None:
    """Answers in a file of proposals; None where there is no such file."""
    try:
        cells = read_table(path).cells if path.is_file() else pd.DataFrame()
    except InputError:
        return None
    if not {"accept", *SAME} <= set(cells.columns):
        return None
    return {proposal_key(row): row["accept"] for row in cells.to_dict("records")}


def _shown(value: object) -> object:
    if isinstance(value, str):
        return plain(value)
    return None if isinstance(value, float) and math.isnan(value) else value
