"""A run whose facts have chosen values, whatever its draws say: packs are made from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.storage.run_folder import write_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.storage.run_folder import Run

# Of data/tiny: what is worth knowing at three schools.
TINY_FACTS = (
    ("00000103", "service", 0.030, 0.30),
    ("00000103", "visit", 0.040, 0.35),
    ("00000103", "signal", 0.001, 0.02),  # less than a tenth of the visit: not asked
    ("00000112", "signal", 0.020, 0.20),
    ("00000112", "location", 0.010, 0.15),
    ("00000112", "visit", 0.025, 0.25),
    ("00000109", "service", 0.005, 0.004),
    ("00000109", "signal", 0.005, 0.10),
    ("00000109", "location", 0.005, 0.10),
    ("00000109", "visit", 0.008, 0.004),
)


def with_facts(
    run: Run,
    facts: Sequence[tuple[str, str, float, float]] = TINY_FACTS,
    *,
    names: Mapping[str, str] | None = None,
    draws: int = 100,
    k: int = 3,
) -> Run:
    """The run with other values of facts (NPSN, fact, value, chance), and other names of schools.

    It is written beside the run, as the latest one.
    """
    schools = run.schools.copy()
    renamed = [(names or {}).get(npsn) for npsn in schools["npsn"]]
    schools["name"] = [new or old for new, old in zip(renamed, schools["name"], strict=True)]
    of_npsn = schools.drop_duplicates("npsn").set_index("npsn")
    table = pd.DataFrame(
        [
            {
                "row_id": of_npsn.loc[npsn, "row_id"],
                "npsn": npsn,
                "fact": fact,
                "value": value,
                "chance": chance,
                "is_chosen": bool(of_npsn.loc[npsn, "rank"] <= k),
            }
            for npsn, fact, value, chance in facts
        ],
        columns=["row_id", "npsn", "fact", "value", "chance", "is_chosen"],
    )
    kept = [Path(name).stem for name in run.manifest["files"] if name.endswith(".parquet")]
    tables = {name: run.table(name) for name in kept if name != "schools"}
    manifest = {key: value for key, value in run.manifest.items() if key != "files"}
    manifest["certainty"] = {**manifest["certainty"], "draws": draws, "k": k}
    tables["fact_values"] = table
    return write_run(run.folder.parent, manifest, schools, run.findings, tables)
