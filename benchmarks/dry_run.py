"""How well ``--dry-run`` estimates the time of rasters: estimated beside real, for the sample.

Each case starts with an empty cache. The estimate is right within a factor of 1.5 if what else the
machine does stays the same meanwhile. With ``--province`` the stylised province is added,
which takes minutes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from kalsel_gap.i18n.text import Text
from kalsel_gap.project.read import read_project
from kalsel_gap.radio.coverage.products import Reception
from kalsel_gap.storage.fingerprint import kernels_folder
from kalsel_gap.terrain.products import Atlas

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample" / "kalsel-gap.toml"
REAL = ROOT / "tests" / "real" / "kalsel.toml"
FACTOR = 1.5
# Arguments of `Reception` or of `Atlas`.
COVERAGE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("one network, 10 km", {"operators": ["meratusnet"], "technologies": ["4g"], "radius_km": 10}),
    ("every network, 10 km", {"radius_km": 10}),
    ("level only, 25 km", {"layers": ["level"], "technologies": ["4g"], "radius_km": 25}),
    ("wide cells, 25 km", {"technologies": ["2g"], "radius_km": 25, "resolution_m": 450}),
)
PROVINCE: dict[str, Any] = {"operators": ["telkomsel"], "technologies": ["4g"], "radius_km": 25}
TERRAIN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("every terrain layer", {}),
    ("slope and relief", {"names": ["slope", "relief"]}),
)


def compare(
    name: str, kind: type[Reception | Atlas], project: Path, chosen: dict[str, Any]
) -> None:
    """Estimate, make, and print both."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = str(kernels_folder())  # not part of the question
        os.environ["KALSEL_GAP_CACHE"] = str(Path(folder) / "cache")
        opened, out = read_project(project), Path(folder) / "out"
        begun = time.perf_counter()
        estimated_s = kind(opened, **chosen).estimate(out).seconds
        probe_s = time.perf_counter() - begun
        begun = time.perf_counter()
        product = kind(opened, **chosen)
        outputs = product.check_folder(out)
        product.make(out, Text("en"), lambda _done, _total: None, outputs)
        real_s = time.perf_counter() - begun
        del os.environ["KALSEL_GAP_CACHE"]
    ratio = estimated_s / real_s
    verdict = "" if 1 / FACTOR <= ratio <= FACTOR else "  OUTSIDE"
    print(f"{name:24} {probe_s:9.1f} {estimated_s:11.1f} {real_s:8.1f} {ratio:7.2f}{verdict}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--province", action="store_true", help="add the stylised province")
    options = parser.parse_args()
    print(f"{'seconds':24} {'probe':>9} {'estimated':>11} {'real':>8} {'ratio':>7}")
    for name, chosen in COVERAGE:
        compare(name, Reception, SAMPLE, chosen)
    for name, chosen in TERRAIN:
        compare(name, Atlas, SAMPLE, chosen)
    if options.province:
        compare("province, 4G, 25 km", Reception, REAL, PROVINCE)
        compare("province, every layer", Atlas, REAL, {})


if __name__ == "__main__":
    main()
