"""How many injected errors are found, and how often the right repair is proposed.

Clean rows of the real register of South Kalimantan get one error each, kind by kind, from a
seeded generator. Recall is the share of them with a finding about the location, *right* the share
whose proposal is the original position, and a false alarm a finding about a clean row. Then the
national register, without boundaries: its time and memory. Both need the shared data folder beside
the clone.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyproj import Transformer

from kalsel_gap.geo.geodesy import distance_m
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.full_check import check_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kalsel_gap.quality.full_check import Checked

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"
REGISTER = SHARED / "kalsel" / "schools" / "kalsel_sekolah_2019_raw.csv"
NATIONAL = SHARED / "national" / "sekolah_indonesia_2019.csv.gz"
LEVELS = {"province": "provinsi", "kabupaten": "kabkota", "kecamatan": "kecamatan", "desa": "desa"}
TARGET_RECALL, TARGET_RIGHT, TARGET_FALSE = 1.0, 0.95, 0.005
TARGET_S, TARGET_MB = 60.0, 1000.0

Pair = tuple[str, str]


def _sign(lat: str, lon: str, _: random.Random) -> Pair:
    return lat.removeprefix("-"), lon


def _swapped(lat: str, lon: str, chance: random.Random) -> Pair:
    return lon, lat if chance.random() < 0.8 else lat.removeprefix("-")


def _comma(lat: str, lon: str, chance: random.Random) -> Pair:
    both = lat.replace(".", ","), lon.replace(".", ",")
    return chance.choice([both, (both[0], lon), (lat, both[1]), (both[0].removeprefix("-"), lon)])


def _sexagesimal(value: str) -> tuple[int, int, str]:
    degrees = abs(float(value))
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = f"{(degrees - whole - minutes / 60) * 3600:.2f}"
    return (whole, minutes, seconds) if seconds != "60.00" else (whole, minutes + 1, "0.00")


def _dms(lat: str, lon: str, chance: random.Random) -> Pair:
    spelling = chance.choice(
        [
            ("{0}°{1}'{2}\"S", "{0}°{1}'{2}\"E"),
            ("{0}° {1}' {2}'' LS", "{0}° {1}' {2}'' BT"),
            ("{0} {1} {2} LS", "{0} {1} {2} BT"),
            ("S {0}°{1}′{2}″", "E {0}°{1}′{2}″"),
            ("{0:02}-{1:02}-{2}", "{0}-{1:02}-{2}"),
            ("-{0}°{1}'{2}\"", "{0}°{1}'{2}\""),
        ]
    )
    if chance.random() < 0.2:
        return f"S{abs(float(lat))}", f"E{float(lon)}"
    one, other = (
        text.format(*_sexagesimal(v)) for text, v in zip(spelling, (lat, lon), strict=True)
    )
    return one, other


def _metres(lat: str, lon: str, chance: random.Random) -> Pair:
    zone = chance.choice([32749, 32750])
    transform = Transformer.from_crs(4326, zone, always_xy=True).transform
    easting, northing = (f"{metres:.2f}" for metres in transform(float(lon), float(lat)))
    return (northing, easting) if chance.random() < 0.7 else (easting, northing)


def _scaled(lat: str, lon: str, chance: random.Random) -> Pair:
    bare = f"{float(lat) * 10**7:.0f}", f"{float(lon) * 10**7:.0f}"
    tenth = f"{float(lat) * 10:.7f}", f"{float(lon) * 10:.7f}"
    choices = [bare, (bare[0], lon), (lat, bare[1]), (tenth[0], lon), (lat, tenth[1])]
    return chance.choice([*choices, (bare[0].removeprefix("-"), lon)])


def _words(lat: str, lon: str, chance: random.Random) -> Pair:
    word = chance.choice(["-", "tidak ada", "x", "#N/A", "belum diisi", "=A1", "3°S lintang"])
    return chance.choice([(word, lon), (lat, word), (word, word)])


def _nowhere(_: str, __: str, chance: random.Random) -> Pair:
    far = f"{chance.uniform(200, 89_000):.4f}"
    return chance.choice([(far, far), (f"-{far}", far)])


# Kind → the function that changes a clean pair, and whether the right repair can be known.
KINDS: dict[str, tuple[Callable[[str, str, random.Random], Pair], bool]] = {
    "swapped": (_swapped, True),
    "sign": (_sign, True),
    "comma": (_comma, True),
    "DMS": (_dms, True),
    "UTM": (_metres, True),
    "power of ten": (_scaled, True),
    "missing": (lambda *_: ("", ""), False),
    "zero": (lambda *_: (".0000000", ".0000000"), False),
    "half zero": (lambda lat, _, __: (lat, ".0000000"), False),
    "non-numeric": (_words, False),
    "out of range": (_nowhere, False),
}
# Effect of a number format on an NPSN; nothing can be proposed there.
NPSN: dict[str, Callable[[str], str]] = {
    "NPSN in E notation": lambda npsn: f"{float(npsn):.2E}",
    "NPSN without a digit": lambda npsn: npsn[1:],
    "NPSN missing": lambda _: "",
}
NEAR_M = {"UTM": 1.0, "DMS": 1.0}  # hundredths of a second are 0.3 m; all others are exact


@dataclass(frozen=True, slots=True)
class Found:
    """Results for one kind of error."""

    injected: int
    recall: float
    right: float | None


def dirtied(
    rows: Sequence[dict[str, str]], clean: Sequence[int], each: int, seed: int
) -> tuple[list[dict[str, str]], dict[str, list[int]]]:
    """A copy of the rows with `each` errors of every kind in clean ones, and where they are.

    Parameters
    ----------
    rows : sequence of dict
        The register, with ``npsn``, ``lintang`` and ``bujur``.
    clean : sequence of int
        Positions of rows that may be changed, each at most once.
    each : int
        Errors of every kind.
    seed : int
        The same seed gives the same errors.
    """
    chance = random.Random(seed)
    chosen = chance.sample(list(clean), each * (len(KINDS) + len(NPSN)))
    dirty = [dict(row) for row in rows]
    where: dict[str, list[int]] = {}
    for kind in (*KINDS, *NPSN):
        where[kind] = sorted(chosen[:each])
        del chosen[:each]
        for at in where[kind]:
            row = dirty[at]
            if kind in NPSN:
                row["npsn"] = NPSN[kind](row["npsn"].strip())
                continue
            lat, lon = row["lintang"].strip(), row["bujur"].strip()
            row["lintang"], row["bujur"] = KINDS[kind][0](lat, lon, chance)
    return dirty, where


def rows_with_findings(checked: Checked, what: str) -> set[int]:
    """Positions of rows with a finding about their location or their NPSN."""
    rows = checked.findings.loc[checked.findings["code"].str.startswith(f"{what}_"), "row"]
    return set(rows.dropna() - 2)


def judged(
    checked: Checked, rows: Sequence[dict[str, str]], where: dict[str, list[int]]
) -> tuple[dict[str, Found], list[int]]:
    """Recall and right repairs by kind, and the clean rows with a finding about their location.

    Parameters
    ----------
    checked : Checked
        Findings in the register with errors.
    rows : sequence of dict
        The register as it was before.
    where : dict of list of int
        Positions of each kind, from :func:`dirtied`.
    """
    about = {what: rows_with_findings(checked, what) for what in ("location", "npsn")}
    points = checked.repairs[checked.repairs["area"] == ""]
    places = zip(points["lat"], points["lon"], strict=True)
    proposed = dict(zip(points["row"] - 2, places, strict=True))
    found = {}
    for kind, positions in where.items():
        seen = about["npsn" if kind in NPSN else "location"].intersection(positions)
        right = None
        if kind in KINDS and KINDS[kind][1]:
            hits = [at for at in positions if at in proposed]
            lat, lon = zip(*(proposed[at] for at in hits), strict=True) if hits else ((), ())
            truth = [(float(rows[at]["lintang"]), float(rows[at]["bujur"])) for at in hits]
            true_lat, true_lon = zip(*truth, strict=True) if truth else ((), ())
            away_m = distance_m(lat, lon, true_lat, true_lon)
            right = int((away_m <= NEAR_M.get(kind, 0.02)).sum()) / len(positions)
        found[kind] = Found(len(positions), len(seen) / len(positions), right)
    dirty = {at for positions in where.values() for at in positions}
    return found, sorted(about["location"] - dirty)


def project_of(folder: Path, register: Path, *, bounded: bool) -> Path:
    """A project file in `folder` with that register, and the real boundaries where wanted."""
    lines = ["[schools]", f'path = "{register.as_posix()}"']
    if bounded:
        areas = SHARED / "kalsel" / "boundaries"
        names = (
            f'{level} = "{(areas / f"kalsel_{name}.geojson").as_posix()}"'
            for level, name in LEVELS.items()
        )
        lines += ["[boundaries]", *names]
    path = folder / "kalsel-gap.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write(rows: Sequence[dict[str, str]], path: Path) -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def injected(folder: Path, each: int, seed: int) -> bool:
    """Inject, check, print; whether every target holds."""
    with REGISTER.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    as_it_is = check_all(read_project(project_of(folder, REGISTER, bounded=True)))
    doubted = rows_with_findings(as_it_is, "location") | rows_with_findings(as_it_is, "npsn")
    clean = [at for at in range(len(rows)) if at not in doubted]
    dirty, where = dirtied(rows, clean, each, seed)
    path = write(dirty, folder / "dirty.csv")
    checked = check_all(read_project(project_of(folder, path, bounded=True)))
    found, alarms = judged(checked, rows, where)
    alarms = [at for at in alarms if at not in doubted]
    holds = True
    print(f"{'kind':22} {'rows':>5} {'recall':>7} {'right repair':>13}")
    for kind, result in found.items():
        short = result.recall < TARGET_RECALL or (result.right or 1.0) < TARGET_RIGHT
        holds &= not short
        right = "" if result.right is None else f"{result.right:.1%}"
        over = "  SHORT" if short else ""
        print(f"{kind:22} {result.injected:5} {result.recall:7.1%} {right:>13}{over}")
    untouched = len(clean) - sum(len(positions) for positions in where.values())
    share = len(alarms) / untouched
    print(f"false alarms: {len(alarms)} of {untouched} clean rows, {share:.2%}")
    return holds and share < TARGET_FALSE


def national(folder: Path) -> bool:
    """Check the national register without boundaries; whether time and memory hold."""
    with gzip.open(NATIONAL, "rt", encoding="utf-8") as file:
        count = sum(1 for _ in csv.reader(file)) - 1
    opened = read_project(project_of(folder, NATIONAL, bounded=False))
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    checked = check_all(opened)
    wall_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    unit = 1 if sys.platform == "darwin" else 1024
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    holds = wall_s < TARGET_S and peak_mb < TARGET_MB
    print(
        f"\nnational: {count} rows in {wall_s:.1f} s (CPU {cpu_s:.1f} s, target {TARGET_S:.0f} s), "
        f"peak {peak_mb:.0f} MB (target {TARGET_MB:.0f}){'' if holds else '  OVER'}"
    )
    codes = checked.findings["code"].value_counts().sort_index()
    print(", ".join(f"{code} {number}" for code, number in codes.items()))
    return holds


def main() -> None:
    """Inject, measure and print; status 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--each", type=int, default=200, help="faults of each kind")
    parser.add_argument("--seed", type=int, default=2019)
    options = parser.parse_args()
    if not REGISTER.exists():
        sys.exit("the shared data folder is not beside the clone")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        holds = [injected(folder, options.each, options.seed), national(folder)]
    sys.exit(0 if all(holds) else 1)


if __name__ == "__main__":
    main()
