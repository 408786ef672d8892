"""Below the web map: unranked schools, tiers by kabupaten, and what the page is made from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.deliverables.school_columns import joined, school_rows
from kalsel_gap.deliverables.tables import (
    ALL,
    INFERRED,
    by_kabupaten,
    not_counted_sentence,
    standing_sentence,
)
from kalsel_gap.i18n.messages import COUNT_NAMES, REASONS, TIER_NAMES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.storage.run_folder import Run

LISTED_ALL = N_("All {count} schools. Choose a column to sort by it; a name shows its school.")


def tables_of(schools: pd.DataFrame, duplicates: pd.DataFrame, text: Text) -> dict[str, Any]:
    """The unranked schools and every kabupaten's tiers as tables; what the first table holds.

    Rows that repeat a school stand among the unranked ones only: they are no schools of a map.
    """
    rows = list(enumerate(school_rows(schools)))
    unranked = [(n, row) for n, row in rows if row["rank"] is None]
    unranked += [(-1, row) for row in school_rows(duplicates)]
    counts = by_kabupaten(schools)
    every_row = pd.concat([schools, duplicates]) if len(duplicates) else schools
    below = {ALL: N_("all"), INFERRED: COUNT_NAMES["inferred"], "": N_("not recognised")}
    count_names = {"kabupaten": N_("Kabupaten/kota"), **COUNT_NAMES}
    return {
        "listed": text(LISTED_ALL, count=text.number(len(rows))),
        "unranked_heads": [
            text(label)
            for label in (
                *(N_("School"), N_("NPSN"), N_("Level")),
                *(N_("Kabupaten/kota"), N_("Why unranked")),
            )
        ],
        "unranked": [
            {
                "index": n,
                "placed": n >= 0 and row["lat"] is not None,
                "name": plain(row["name"]),
                "cells": [
                    plain(row["npsn"]),
                    joined(row["level"]),
                    joined(row["kabupaten"]),
                    text(REASONS[str(row["unranked_reason"])]),
                ],
            }
            for n, row in unranked
        ],
        "not_counted": not_counted_sentence(every_row, text),
        "count_heads": [text(count_names.get(c) or TIER_NAMES[c]) for c in counts.columns],
        "counts": [
            {
                "name": text(below.get(row["kabupaten"], "")) or plain(row["kabupaten"]),
                "cells": [text.number(int(row[c])) for c in counts.columns[1:]],
            }
            for row in counts.to_dict("records")
        ],
    }


def placeless_of(schools: pd.DataFrame, text: Text) -> str:
    """How many schools cannot be on a map; empty without any."""
    count = int(schools["lat"].isna().sum())
    if not count:
        return ""
    return text(
        N_("Without a usable location, so not on the map: {count}."), count=text.number(count)
    )


def imprint_of(run: Run, text: Text) -> str:
    """What a printed map is known by: the run, the program, how old its registers are."""
    made_by = text(
        N_("kalsel-gap {version}, run {run}"),
        version=run.manifest.get("kalsel_gap", ""),
        run=run.folder.name,
    )
    dates = {
        str(value): None
        for key, value in run.manifest.get("parameters", {}).items()
        if re.fullmatch(r"schools\.\d+\.date", key) and value
    }
    sentences = [f"{made_by}.", plain(standing_sentence(run, text))]
    if dates:
        registers = N_("Registers of {dates}.")
        sentences.append(text(registers, dates=", ".join(map(plain, dates))))
    return " ".join(sentences)


def sources_of(run: Run) -> list[dict[str, str]]:
    """The input files of a run and their hashes."""
    inputs: Iterable[dict[str, str]] = run.manifest.get("inputs", {}).values()
    return [{"file": plain(item["file"]), "sha256": item["sha256"]} for item in inputs]
