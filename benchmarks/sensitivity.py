"""How long it takes to state what a list depends on, for a province and for a nation.

The real schools of South Kalimantan where the shared data folder lies beside the clone, otherwise
the synthetic province; the nation is the same schools many times: ``python
benchmarks/sensitivity.py``. What is made of the figures, not the ranking, is timed.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import pandas as pd

from kalsel_gap.pipeline import open_project
from kalsel_gap.project.base import section_of
from kalsel_gap.project.checks import Registers
from kalsel_gap.project.index import Index
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.robustness.sensitivity import examine_list

REPOSITORY = Path(__file__).parents[1]
REAL, SAMPLE = REPOSITORY / "tests" / "real" / "kalsel.toml", REPOSITORY / "data" / "sample"
NATION = 215_372
TARGET_S = 10.0


def times_over(table: pd.DataFrame, times: int) -> pd.DataFrame:
    """A table of schools so many times, each school with an NPSN of its own."""
    return pd.concat(
        [
            table.assign(row_id=table["row_id"] + f"/{n}", npsn=table["npsn"] + f"/{n}")
            for n in range(times)
        ],
        ignore_index=True,
    )


def main() -> None:
    """Print seconds, lists made and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nation", action="store_true", help="the nation too: about a minute")
    options = parser.parse_args()
    project = REAL if (REPOSITORY.parent / "shared" / "kalsel").is_dir() else SAMPLE
    with tempfile.TemporaryDirectory() as folder:
        opened = open_project(project, options=("robustness.draws=0",))
        run = opened.rank(out=Path(folder))
        schools, service = pd.DataFrame(run.schools.drop(columns="geometry")), run.table("service")
    parameters = run.manifest["parameters"]
    index = Index.model_validate(section_of(parameters, "index"))
    registers = Registers.model_validate(section_of(parameters, "registers"))
    sizes = [1, -(-NATION // schools["deficit"].notna().sum())][: 1 + options.nation]
    for times in (1, *sizes):  # the first one compiles
        tables = times_over(schools, times), times_over(service, times)
        begun = time.perf_counter()
        found = examine_list(*tables, index=index, rule=Robustness.shipped(), registers=registers)
        seconds = time.perf_counter() - begun
        assert found is not None
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{found.ranked:>8,} schools  {seconds:6.1f} s  {found.draws:,} draws, "
            f"{found.evaluations:,} lists for the indices, {memory_mb:,.0f} MB"
        )
    print(f"target for a province: {TARGET_S:.0f} s")


if __name__ == "__main__":
    main()
