"""Write the golden run of data/tiny again: `make golden`, and then read the difference."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import kalsel_gap
from kalsel_gap import schema

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

REPOSITORY = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "tiny.csv"
# Every score and what it rests on, besides the columns that scripts rely on.
FACTS = (
    *("row_id", "location_status", "elevation_m", "mean_slope_deg", "local_relief_m"),
    *("mountain_class", "coast_km", "terrain_severity", "site_4g_km", "best_technology"),
    *("best_level_dbm", "available", "available_status", "required_mbps", "delivered"),
    *("delivered_status", "delivered_basis", "delivered_low", "delivered_high", "reason"),
    *("hindrance", "delivered_contribution", "available_contribution", "required_contribution"),
    *("vulnerability", "idle_devices", "adequate_school_km"),
    *("margin_4g_db", "margin_4g_status", "usable_operators", "known_operators", "usable_share"),
    *("fixed_served", "fixed_status", "measured_tests", "measured_is_indicative"),
    *("difficult_down_mbps", "difficult_up_mbps", "difficult_latency_ms"),
    *("delivered_down_mbps", "delivered_up_mbps", "delivered_latency_ms"),
    *("exam_clients", "exam_status", "exam_mbps", "exam_met_share", "exam_met_status"),
    *("exam_available_share", "use_status", "use_anbk_typical", "use_anbk_difficult"),
)


def key_columns(run: Run) -> pd.DataFrame:
    """The columns of a run that the golden file holds."""
    leaves = [name for name in run.schools.columns if name.endswith("_score")]
    return pd.DataFrame(run.schools[[*schema.CANONICAL, *FACTS, *leaves]])


def main() -> None:
    """Rank data/tiny and keep its key columns, with every digit."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KALSEL_GAP_CACHE"] = folder
        run = kalsel_gap.open_project(REPOSITORY / "data" / "tiny").rank(out=Path(folder) / "runs")
    GOLDEN.parent.mkdir(exist_ok=True)
    key_columns(run).to_csv(GOLDEN, index=False, float_format="%.17g", lineterminator="\n")


if __name__ == "__main__":
    main()
