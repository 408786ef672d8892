"""Tables of a run: views, CSV and JSON.

Cells that a spreadsheet would execute as a formula are made inert, in every dialect.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.ranks import rank_schools
from kalsel_gap.deliverables import columns
from kalsel_gap.deliverables.use_case_words import summaries
from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.i18n.messages import NAMES, REASON_COLUMNS, reason
from kalsel_gap.i18n.text import LANGUAGES, N_, Text, plain
from kalsel_gap.sources.boundaries import Kabupaten, bare_name
from kalsel_gap.sources.cells import fold
from kalsel_gap.storage.spreadsheet import Dialect, csv_of, json_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.storage.run_folder import Run

# Options that choose schools, and the column that each is about.
FILTERS = {
    "kabupaten": "kabupaten",
    "kecamatan": "kecamatan",
    "level": "level",
    "authority": "authority",
    "terrain": "terrain_class",
    "gap": "gap_type",
}


# Header and cells of a CSV: names and codes; labels and words; or both lines of headers, and words.
NamedBy = Literal["codes", "labels", "both"]

# Rows below the kabupaten in :func:`by_kabupaten`.
ALL, INFERRED = "__all__", "__inferred__"

NO_SCHOOLS = ("duplicate", "closed")  # why a row without a rank is no school to count


@dataclass(frozen=True, slots=True)
class View:
    """Which schools to show, and in which order.

    Attributes
    ----------
    by : {'deficit', 'priority'}
        What the rank is by.
    top : int, optional
        Largest number of schools; the rank remains that among all schools.
    kabupaten, kecamatan, level, authority, terrain, gap : tuple of str
        Only schools with one of these, of each that names any; names are compared without case
        and punctuation.
    """

    by: Literal["deficit", "priority"] = "deficit"
    top: int | None = None
    kabupaten: tuple[str, ...] = ()
    kecamatan: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()
    terrain: tuple[str, ...] = ()
    gap: tuple[str, ...] = ()

    def everyone(self) -> View:
        """The same filters without a limit."""
        return replace(self, top=None)

    def without(self, option: str) -> View:
        """The same without one of its filters."""
        if option not in FILTERS:
            raise ValueError(option)
        nothing: dict[str, Any] = {option: ()}
        return replace(self, **nothing)

    def filters(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Option, column and wanted values of each filter."""
        return tuple((name, column, getattr(self, name)) for name, column in FILTERS.items())


def notices(run: Run, text: Text) -> list[str]:
    """What stands above everything drawn from a run.

    That it is not real, that it is the official list or, where there is one, another, or a trial.
    """
    nature = NAMES.get(run.manifest.get("data", "real"))
    sentences = [text(nature)] if nature else []
    if run.official is not None or run.overrides:
        sentences.append(standing_sentence(run, text))
    return sentences


def all_notices(run: Run, text: Text) -> list[str]:
    """The notices, and of every run what it counts for: for what has no other place for that."""
    sentences, standing = notices(run, text), standing_sentence(run, text)
    return sentences if standing in sentences else [*sentences, standing]


def page_notices(run: Run, text: Text) -> dict[str, Any]:
    """The notices of a page, and which of them says that the list is official: no warning."""
    official = plain(standing_sentence(run, text)) if run.standing == "official" else ""
    return {"notices": [plain(each) for each in notices(run, text)], "official": official}


def standing_sentence(run: Run, text: Text) -> str:
    """Whether a run is the official one, a trial, or the last or an earlier full run."""
    if run.standing == "trial":
        return trial_sentence(run, text)
    if run.official is not None:
        words = N_("Official list, approved by decree {decree} of {date}.")
        if run.standing != "official":
            words = N_(
                "Not the official list: that is run {run}, approved by decree {decree} of {date}."
            )
        return text(words, **asdict(run.official))
    if run.standing == "last":
        return text(N_("Last full run; no run is marked as official."))
    return text(N_("An earlier full run; no run is marked as official."))


def standing_facts(run: Run) -> dict[str, Any]:
    """Which run it is and what it counts for, for programs."""
    official = asdict(run.official) if run.official else None
    return {"run": run.folder.name, "standing": run.standing, "official": official}


def approval(run: Run) -> str | None:
    """Decree and date of an official run, as a cell of a table; None of any other run."""
    if run.official is None or run.standing != "official":
        return None
    return f"{run.official.decree}, {run.official.date}"


def marks_of(run: Run) -> dict[str, str | None]:
    """Nature of the data and standing of the run, for columns of a table; None where none."""
    return {
        "data": run.manifest.get("data", "real"),
        "standing": run.standing,
        "trial": assignments(run.overrides) if run.overrides else None,
        "official": approval(run),
    }


def trial_sentence(run: Run, text: Text) -> str:
    """That a run is a trial, and by what; empty for a full one."""
    if not run.overrides:
        return ""
    words = N_("Trial, not the official list: {overrides}.")
    return text(words, overrides=assignments(run.overrides))


def assignments(overrides: Mapping[str, Any]) -> str:
    """Overrides as ``--set`` takes them, one after the other.

    Examples
    --------
    >>> assignments({"index.lambda": 0.8, "index.priority.need": 0.9})
    'index.lambda=0.8; index.priority.need=0.9'
    """
    values = ((key, json.dumps(overrides[key], ensure_ascii=False)) for key in sorted(overrides))
    return "; ".join(f"{key}={value}" for key, value in values)


def select(schools: pd.DataFrame, view: View) -> pd.DataFrame:
    """The schools of a view, ranked first and the unranked after them.

    Raises
    ------
    InputError
        A filter names a value that no school has: the message lists the values.
    """
    chosen = pd.DataFrame(schools.drop(columns="geometry", errors="ignore"))
    if view.by != "deficit":
        chosen["rank"] = rank_schools(chosen, by=view.by)
    chosen = chosen.sort_values(["rank", "npsn", "row_id"], na_position="last", ignore_index=True)
    keep = pd.Series(data=True, index=chosen.index)
    for _, column, wanted in view.filters():
        if wanted:
            keep &= chosen[column].isin(
                {v for each in wanted for v in values_meant(chosen, column, each)}
            )
    chosen = chosen[keep]
    return chosen if view.top is None else chosen.head(view.top)


def known_values(schools: pd.DataFrame, column: str) -> list[str]:
    """What a column of text holds, in order, each once."""
    return sorted(str(value) for value in schools[column].dropna().unique())


def values_meant(schools: pd.DataFrame, column: str, wanted: str) -> set[str]:
    """Values of a column that match `wanted`."""
    values = known_values(schools, column)
    if column == "kabupaten":
        codes = dict(zip(schools["kabupaten"], schools["kabupaten_code"].fillna(""), strict=True))
        names = Kabupaten({name: codes[name] for name in values})
        found = {name for name in [names.find(wanted) or names.abbreviated(wanted)] if name}
    else:
        choices = schema.BY_NAME[column].choices
        words = {
            v: {fold(v), *(fold(Text(lang)(NAMES.get(v, v))) for lang in LANGUAGES)}
            for v in {*values, *choices}
        }
        found = {v for v, said in words.items() if {fold(wanted), fold(bare_name(wanted))} & said}
    if not found:
        bare = {fold(bare_name(value)): value for value in values}
        raise InputError(
            "filter_unknown",
            column="--" + next(option for option, each in FILTERS.items() if each == column),
            value=wanted,
            known=", ".join(values),
            suggestion=bare.get(suggestion(fold(bare_name(wanted)), bare), ""),
        )
    return found


def silent_maps(run: Run, schools: pd.DataFrame) -> pd.DataFrame:
    """Coverage maps whose ``nodata_means = "unknown"`` leaves schools without evidence.

    Parameters
    ----------
    run : Run
        The run.
    schools : DataFrame
        Some of its schools.

    Returns
    -------
    DataFrame
        ``row_id`` and ``source``, the file: one row for each school and map that has no data there.
    """
    parameters, inputs = run.manifest.get("parameters", {}), run.manifest.get("inputs", {})
    files = {
        inputs[key.removesuffix(".nodata_means")]["file"]
        for key, value in parameters.items()
        if key.startswith("coverage.") and key.endswith(".nodata_means") and value == "unknown"
    }
    if not files or schools.empty:
        return pd.DataFrame({"row_id": [], "source": []}, dtype="str")
    signals = run.table("signals")
    silent = signals["row_id"].isin(set(schools["row_id"])) & signals["source"].isin(files)
    silent &= (signals["status"] == "unknown") & (signals["kind"] != "prediction")
    pairs = signals.loc[silent, ["row_id", "source"]].drop_duplicates()
    return pairs.sort_values(["row_id", "source"], ignore_index=True)


def counted_schools(schools: pd.DataFrame) -> pd.DataFrame:
    """The rows that are a school: neither another row of one, nor a closed one."""
    return schools[~schools["unranked_reason"].isin(NO_SCHOOLS)]


def not_counted_sentence(schools: pd.DataFrame, text: Text) -> str:
    """How many rows :func:`counted_schools` leaves out; empty where none."""
    count = len(schools) - len(counted_schools(schools))
    words = N_("Rows not counted (repeated rows and closed schools): {count}.")
    return text(words, count=text.number(count)) if count else ""


def claimed_kabupaten(schools: pd.DataFrame) -> pd.Series[str]:
    """The kabupaten that the register states; empty where it states none that boundaries know."""
    coded = schools["kabupaten_code"].notna()
    return schools["kabupaten"].where(coded | (not coded.any())).fillna("")


def by_kabupaten(schools: pd.DataFrame) -> pd.DataFrame:
    """Schools by tier and unknown in each kabupaten; last all of them, and of these the inferred.

    Only :func:`counted_schools` count.

    Returns
    -------
    DataFrame
        ``kabupaten``, the tiers by their label, ``unknown``, ``all``, and ``inferred``: of how many
        of all the deficit is inferred; the kabupaten is empty where the register gives none, or
        one that the boundaries do not know.
    """
    schools = counted_schools(schools)
    claimed = claimed_kabupaten(schools)
    counts = pd.crosstab(claimed, schools["tier_label"].fillna("unknown"))
    counts = counts.reindex(columns=[*schema.TIER_LABELS, "unknown"], fill_value=0)
    counts["all"] = counts.sum(axis="columns")
    counts["inferred"] = (schools["deficit_status"] == "inferred").groupby(claimed).sum()
    counts.loc[ALL] = counts.sum(axis="index")
    inferred = schools.loc[schools["deficit_status"] == "inferred", "tier_label"].value_counts()
    counts.loc[INFERRED] = inferred.reindex(counts.columns, fill_value=0)
    counts.loc[INFERRED, ["all", "inferred"]] = inferred.sum()
    table = counts.reset_index(names="kabupaten")
    table.columns.name = None
    return table


def to_csv(
    run: Run,
    schools: pd.DataFrame,
    text: Text,
    dialect: Dialect = "raw",
    *,
    names: Sequence[str] = ("all",),
    named: NamedBy = "codes",
) -> str:
    """Schools as CSV.

    Parameters
    ----------
    run : Run
        The run of the schools: data that are not real, trials and the official run are marked in
        columns of their own.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reason, of labels and of words.
    dialect : {'raw', 'id', 'en'}
        As of :func:`.spreadsheet.csv_of`. *raw*, for programs, has all digits; in the others
        numbers are rounded to what they mean.
    names : sequence of str
        Columns, ``summary`` or ``all``; see :func:`.columns.choose`.
    named : {'codes', 'labels', 'both'}
        *codes*: names in the header and codes in the cells. *labels*: labels and words. *both*:
        names in the first line, labels in the second, words in the cells.

    Raises
    ------
    InputError
        A column is unknown.
    """
    table = with_words(run, schools, text)
    table = table[columns.choose(names, list(table.columns))]
    table = table if dialect == "raw" else as_read(table)
    if named == "codes":
        return csv_of(table, dialect)
    words = columns.in_words(table, run, text)
    if named == "labels":
        return csv_of(words, dialect)
    return csv_of(words.set_axis(table.columns, axis=1), dialect, labels=list(words.columns))


def to_json(run: Run, schools: pd.DataFrame, text: Text) -> str:
    """Schools as a JSON list of objects; what is unknown is null."""
    return json_of(with_words(run, schools, text))


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers rounded to what they mean, for tables that people read."""
    decimals = {
        name: schema.decimals(str(name))
        for name in table.columns
        if pd.api.types.is_float_dtype(table[name])
    }
    return table.round(decimals)


def with_words(run: Run, schools: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The schools with the reason in words, indicators not scored, nature of the data, standing.

    The columns and their types are the same for every project; see :func:`.columns.declared`.
    """
    needed = [name for name in schools.columns if name in REASON_COLUMNS]
    words = [reason(row, text) for row in schools[needed].to_dict("records")]
    silent = silent_maps(run, schools[schools["unranked_reason"] == "no_evidence"])
    files = silent.groupby("row_id")["source"].agg(", ".join).to_dict()
    because = N_("{reason}: no data in {files}, whose nodata_means is “unknown”")
    words = [
        text(because, reason=said, files=files[row_id]) if row_id in files else said
        for said, row_id in zip(words, schools["row_id"], strict=True)
    ]
    added = {
        "reason_text": words,
        "uses_text": summaries(schools, run, text),
        "not_scored": ";".join(sorted(run.manifest.get("not_scored", []))),
        **marks_of(run),
    }
    return columns.complete(schools.join(pd.DataFrame(added, index=schools.index)), run)
