"""Tables of a run: views, CSV and JSON.

Cells that a spreadsheet would execute as a formula are made inert, in every dialect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.scores import rank as rank_by
from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.i18n.messages import NAMES, REASON_COLUMNS, REASONS, finding_sentence, reason
from kalsel_gap.i18n.text import LANGUAGES, N_, Text
from kalsel_gap.sources.boundaries import Kabupaten, bare_name
from kalsel_gap.sources.cells import fold
from kalsel_gap.storage.spreadsheet import Dialect, csv_of, json_of

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

_SLIPS_SHOWN = 3  # headers that look misspelt: the rest are in findings.csv


@dataclass(frozen=True, slots=True)
class View:
    """Which schools to show, and in which order.

    Attributes
    ----------
    by : {'deficit', 'priority'}
        What the rank is by.
    top : int, optional
        Largest number of schools; the rank remains that among all schools.
    kabupaten, kecamatan, level, authority, terrain, gap : str, optional
        Only these; names are compared without case and punctuation.
    """

    by: Literal["deficit", "priority"] = "deficit"
    top: int | None = None
    kabupaten: str | None = None
    kecamatan: str | None = None
    level: str | None = None
    authority: str | None = None
    terrain: str | None = None
    gap: str | None = None

    def everyone(self) -> View:
        """The same filters without a limit."""
        return replace(self, top=None)


def remarks(run: Run, text: Text) -> list[str]:
    """Remarks below a ranking: unranked schools, findings, indicators without data."""
    schools, findings = run.schools, run.findings
    sentences = []
    reasons = schools["unranked_reason"].value_counts()
    if len(reasons):
        counted = [f"{text(REASONS[code])}: {text.number(n)}" for code, n in reasons.items()]
        sentences.append(
            text(
                N_("Schools without a rank: {count} ({reasons})."),
                count=text.number(reasons.sum()),
                reasons="; ".join(counted),
            )
        )
    if len(schools) and schools["rank"].isna().all():
        sentences.append(
            text(N_("No school has a rank. Are the coordinates inside the boundaries?"))
        )
    if idle := run.manifest.get("not_scored", []):
        columns = [
            run.manifest.get("parameters", {}).get(f"index.nodes.{leaf}.column") for leaf in idle
        ]
        labels = [text(schema.BY_NAME[c].label) if c in schema.BY_NAME else str(c) for c in columns]
        sentences.append(
            text(
                N_("Not scored, because the project has no data: {leaves}."),
                leaves=", ".join(labels),
            )
        )
    if len(findings):
        severities = findings["severity"].value_counts()
        counted = [
            f"{text(NAMES[s])} {text.number(severities[s])}"
            for s in ("error", "warning", "note")
            if s in severities
        ]
        sentences.append(text(N_("Findings in findings.csv: {counts}."), counts=", ".join(counted)))
    slips = findings[findings["code"] == "column_not_understood"]
    sentences += [
        f"{row['file']}: {finding_sentence(row, text)}"
        for row in slips.head(_SLIPS_SHOWN).to_dict("records")
    ]
    return sentences


def select(schools: pd.DataFrame, view: View) -> pd.DataFrame:
    """The schools of a view, ranked first and the unranked after them.

    Raises
    ------
    InputError
        A filter names a value that no school has: the message lists the values.
    """
    chosen = pd.DataFrame(schools.drop(columns="geometry", errors="ignore"))
    if view.by != "deficit":
        chosen["rank"] = rank_by(chosen, by=view.by)
    chosen = chosen.sort_values(["rank", "npsn", "row_id"], na_position="last", ignore_index=True)
    filters = {
        "kabupaten": view.kabupaten,
        "kecamatan": view.kecamatan,
        "level": view.level,
        "authority": view.authority,
        "terrain_class": view.terrain,
        "gap_type": view.gap,
    }
    keep = pd.Series(data=True, index=chosen.index)
    for column, wanted in filters.items():
        if wanted is not None:
            keep &= chosen[column].isin(_meant(chosen, column, wanted))
    chosen = chosen[keep]
    return chosen if view.top is None else chosen.head(view.top)


def _meant(schools: pd.DataFrame, column: str, wanted: str) -> set[str]:
    """Values of a column that match `wanted`."""
    values = sorted(schools[column].dropna().unique())
    if column == "kabupaten":
        codes = dict(zip(schools["kabupaten"], schools["kabupaten_code"].fillna(""), strict=True))
        names = Kabupaten({name: codes[name] for name in values})
        found = {name for name in [names.find(wanted)] if name}
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
            column=column,
            value=wanted,
            known=", ".join(values),
            suggestion=bare.get(suggestion(fold(bare_name(wanted)), bare), ""),
        )
    return found


def by_kabupaten(schools: pd.DataFrame) -> pd.DataFrame:
    """Schools by tier and unknown in each kabupaten; the last row is all of them.

    Returns
    -------
    DataFrame
        ``kabupaten, 1, 2, 3, 4, 5, unknown, all``; the kabupaten is empty if the register
        gives none, or one that is not in the boundaries.
    """
    coded = schools["kabupaten_code"].notna()
    claimed = schools["kabupaten"].where(coded | (not coded.any()))
    tiers = schools["tier"].astype("str").where(schools["tier"].notna(), "unknown")
    names = [*(str(number) for number in range(1, 6)), "unknown"]
    counts = pd.crosstab(claimed.fillna(""), tiers)
    counts = counts.reindex(columns=names, fill_value=0)
    counts["all"] = counts.sum(axis="columns")
    counts.loc["__all__"] = counts.sum(axis="index")
    table = counts.reset_index(names="kabupaten")
    table.columns.name = None
    return table


def to_csv(run: Run, schools: pd.DataFrame, text: Text, dialect: Dialect = "raw") -> str:
    """Schools as CSV: canonical columns first, then the indicators and the reason in words.

    Parameters
    ----------
    run : Run
        The run of the schools: data that are not real are marked in a column of their own.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reason (and, in the dialect *id*, of the numbers).
    dialect : {'raw', 'id'}
        *raw*: comma and decimal point, for programs. *id*: semicolon, decimal comma and a BOM,
        for Excel in an Indonesian locale.
    """
    return csv_of(with_words(run, schools, text), dialect)


def to_json(run: Run, schools: pd.DataFrame, text: Text) -> str:
    """Schools as a JSON list of objects; what is unknown is null."""
    return json_of(with_words(run, schools, text))


def with_words(run: Run, schools: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The schools with the reason in words, indicators not scored, and the nature of the data."""
    needed = [name for name in schools.columns if name in REASON_COLUMNS]
    words = [reason(row, text) for row in schools[needed].to_dict("records")]
    declared = [c.name for c in schema.COLUMNS if c.name in schools.columns]
    canonical = len(schema.CANONICAL)
    order = [*declared, *(n for n in schools.columns if n not in set(declared))]
    table = schools[order].copy()
    table.insert(canonical, "reason_text", words)
    table["not_scored"] = ";".join(run.manifest.get("not_scored", []))
    if (nature := run.manifest.get("data", "real")) != "real":
        table["data"] = nature
    return table
