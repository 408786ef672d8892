"""Pairs of runs of data/tiny that differ in one thing, made through the whole pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rasterio
from rasterio.io import MemoryFile

from kalsel_gap.pipeline import OpenProject
from tests.conftest import TINY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject

# Draws move no rank, and take most of the time.
_NO_DRAWS: dict[str, Any] = {"robustness": {"draws": 0}}
# Two schools without a line, both where no signal is: the priority alone decides between them.
_MOVED = ("-2.9140000,115.3640000", "-2.9050000,115.3650000")
_NEW_ROW = (
    "990000,Prov. Contoh,990200,Kab. Gunung Contoh,990201,Kec. Gunung Contoh,x,00000120,"
    "SD NEGERI BARU,SD,N,Jl. Contoh 20,-2.9150000,115.3900000\n"
)
_NEW_TESTS = "".join(
    f"{npsn},2026-06-{day:02},{rate},{rate / 4},40\n"
    for npsn, rate in (("00000110", 19.0), ("00000112", 0.8))
    for day in (2, 9, 16, 23)
)


def revised(name: str, change: Callable[[NDArray[Any]], None]) -> bytes:
    """A raster of data/tiny with other cells."""
    with rasterio.open(TINY / name) as source:
        profile, cells = source.profile, source.read(1)
    change(cells)
    with MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            dataset.write(cells, 1)
        return bytes(memory.read())


def _weaken(cells: NDArray[Any]) -> None:
    cells[6:9, 3:8] -= 35


def text_of(name: str) -> str:
    """A table of data/tiny."""
    return (TINY / name).read_text(encoding="utf-8")


_REGISTER = text_of("schools.csv").replace(*_MOVED)
_NEW_SITE = "T00003,telkomsel,4g,-2.906,115.366,42,1800,99.02.01.2001\n"  # beside 00000108
_PUPILS = text_of("pupils.csv").replace("00000109,37,", "00000109,52,")  # as many as 00000108
BASE: dict[str, str | bytes] = {"schools.csv": _REGISTER, "pupils.csv": _PUPILS}
# Sections and files that differ from the base, by the cause that they are.
ONLY: dict[str, tuple[dict[str, Any], dict[str, str | bytes]]] = {
    "register": ({}, {"schools.csv": _REGISTER + _NEW_ROW}),
    "measurements": ({}, {"tests.csv": text_of("tests.csv") + _NEW_TESTS}),
    "coverage": ({}, {"rsrp_4g.tif": revised("rsrp_4g.tif", _weaken)}),
    "terrain": ({}, {"sites.csv": text_of("sites.csv") + _NEW_SITE}),
    "figures": ({"index": {"lambda": 0.95}}, {}),
}
# Accepted: a fixed line, more pupils, and three tests of a school that had none.
_OBJECTIONS = (
    *(f"00000110,speed,2026-07-20,2026-07-{day},09:00,test,19,5,40,," for day in (13, 14, 15)),
    "00000108,availability,2026-07-20,2026-07-01,,bill,,,,,fixed",
    "00000102,enrolment,2026-07-20,2026-07-01,,register,,,,400,",
)
OBJECTIONS = "".join(
    (
        "npsn,code,filed,date,time,evidence,down_mbps,up_mbps,latency_ms,students,service,",
        "signer,judgement,reason\n",
        *(f"{row},principal,accepted,enough\n" for row in _OBJECTIONS),
    )
)


def ranked(
    project: MakeProject,
    *names: str,
    cached: bool = True,
    more: dict[str, str | bytes] | None = None,
    **sections: Any,
) -> Run:
    """A run of the base with the changes that are named, and more files."""
    chosen, files = {**_NO_DRAWS, **sections}, dict(BASE)
    for name in names:
        own, changed = ONLY[name]
        chosen |= own
        files |= changed
    files |= more or {}
    return OpenProject(project(chosen, files=files)).rank(cached=cached)
