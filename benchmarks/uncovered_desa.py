"""Uncovered desa per kabupaten against the province's own count: `make bench`.

The province counted its blank-spot desa in July 2022 (316 of them). The count is a check of what
the project says of the land, never an input: Spearman's rank correlation over the 13 kabupaten
and kota, with its p-value. A desa is uncovered here where most of its land has no usable signal, or
where every school in it has the gap *uncovered*; both are printed, as numbers and as shares of all
desa. Where the run's data are not real, neither is what they agree on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from scipy.stats import spearmanr

from kalsel_gap import open_project
from kalsel_gap.deliverables.area_results import count_by_area

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

REPOSITORY = Path(__file__).parents[1]
REAL = REPOSITORY / "tests" / "real" / "kalsel.toml"
# Blank-spot desa by the province's own count, July 2022, as the press reported it (metro7).
COUNTED = {
    "63.01": 45,
    "63.02": 38,
    "63.03": 46,
    "63.04": 64,
    "63.05": 6,
    "63.06": 32,
    "63.07": 33,
    "63.08": 9,
    "63.09": 7,
    "63.10": 18,
    "63.11": 16,
    "63.71": 0,
    "63.72": 2,
}
MOST = 0.5  # of the land of a desa


def uncovered(run: Run) -> pd.DataFrame:
    """By kabupaten: desa, those without signal on most of their land, and by their schools."""
    desa = count_by_area(run, "desa").query("code != ''").set_index("code")
    located = run.schools[run.schools["desa_code"].notna() & run.schools["rank"].notna()]
    gaps = (located["gap_type"] == "uncovered").groupby(located["desa_code"]).all()
    found = pd.DataFrame(
        {
            "desa": 1,
            "unknown": desa["no_signal_share"].isna(),
            "by_land": desa["no_signal_share"] > MOST,
            "by_schools": gaps.reindex(desa.index, fill_value=False),
        }
    )
    found = found.groupby(desa.index.str[: len("63.01")]).sum()
    return found.assign(counted=pd.Series(COUNTED)).dropna().astype(int)


def main() -> None:
    """Rank the project and print the correlations."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--project", type=Path, default=REAL, help="another project of Kalsel")
    project = parser.parse_args().project
    if project == REAL and not (REPOSITORY.parent / "shared" / "kalsel").is_dir():
        sys.exit("The shared data folder is not beside the clone: nothing to compare.")
    with tempfile.TemporaryDirectory() as folder:
        run = open_project(project).rank(out=Path(folder))
        table, names = uncovered(run), count_by_area(run, "kabupaten").set_index("code")["name"]
    nature = run.manifest.get("data", "real")
    print(f"{run.manifest['project']}: {nature} data; the province's count of July 2022")
    head = ("desa", "unknown", "by land", "by schools", "counted")
    print(f"{'':26}" + " ".join(f"{each:>10}" for each in head))
    for code, row in table.iterrows():
        print(f"{names.get(code, code):26}" + " ".join(f"{row[n]:10}" for n in table.columns))
    print(f"{'all':26}" + " ".join(f"{table[n].sum():10}" for n in table.columns))
    print(f"\n{'Spearman':26}{'number':>14}{'p':>8}{'share':>14}{'p':>8}")
    for name in ("by_land", "by_schools"):
        line = f"{name.replace('_', ' '):26}"
        for scale in (1, table["desa"]):
            found = spearmanr(table[name] / scale, table["counted"] / scale)
            line += f"{found.statistic:14.2f}{found.pvalue:8.3f}"
        print(line)


if __name__ == "__main__":
    main()
