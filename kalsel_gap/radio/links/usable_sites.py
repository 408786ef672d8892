"""Sites from which levels can be predicted, and findings about the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.sites import RANGES, implausible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.links.path_loss import RadioTerrain
    from kalsel_gap.terrain.sea_mask import SeaMask


def usable(
    sites: pd.DataFrame, ground: RadioTerrain, raster_shown: str
) -> tuple[pd.Series[bool], list[Finding]]:
    """Sites from which levels can be predicted, and why not from the others.

    Parameters
    ----------
    sites : DataFrame
        From `sources.sites.read_sites`, with technologies of ``radio.carriers``.
    ground : RadioTerrain
        Terrain of the paths.
    raster_shown : str
        Name of the elevation model in findings.

    Returns
    -------
    usable : bool Series
        With the index of `sites`.
    findings : list of Finding
        One for each site and term, or for each file where all of its sites lack a term.
    """
    from kalsel_gap.geo import sampling
    from kalsel_gap.radio.propagation import p1812
    from kalsel_gap.radio.propagation.link_budget import below_eirp_db

    bounds = {
        "antenna_height_m": p1812.ANTENNA_M,
        "frequency_mhz": p1812.FREQUENCY_MHZ,
        "eirp_dbm": RANGES["eirp_dbm"],
    }
    findings: list[Finding] = []
    fine = pd.Series(data=True, index=sites.index)
    for column, (low, high) in bounds.items():
        fits = sites[column].between(low, high)
        findings += _unfit(sites, fits, column, f"{low:g}–{high:g}")
        fine &= fits
    for technology, carrier in ground.radio.carriers.items():
        fits = sites["technology"] != technology
        fits |= np.isfinite(below_eirp_db(carrier, sites["bandwidth_mhz"]))
        possible = ", ".join(f"{width:g}" for width, _ in carrier.blocks())
        findings += _unfit(sites[~fits], fits[~fits], "bandwidth_mhz", possible)
        fine &= fits
    lat, lon = sites["lat"].to_numpy("float64"), sites["lon"].to_numpy("float64")
    height = sampling.sample(ground.terrain.path, lat, lon, band=ground.terrain.band).value
    wet, in_open_sea = _at_sea(ground.sea, lat, lon)
    nowhere = np.isnan(height) & ~wet
    for code, off in (("site_on_sea", in_open_sea), ("site_off_elevation", nowhere)):
        findings += [
            Finding(
                code,
                file=row["file"],
                row=int(row["row"]),
                column="lat, lon",
                value=f"{row['lat']:g}, {row['lon']:g}",
                parameters={"raster": raster_shown},
            )
            for row in sites[fine & off].to_dict("records")
        ]
    return fine & ~in_open_sea & ~nowhere, findings


def _at_sea(
    sea: SeaMask | None, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether sites stand on a cell of sea, and whether no cell around it is land.

    A site at the shore may lie in a cell of water.
    """
    if sea is None:
        return np.zeros(lat.shape, np.bool_), np.zeros(lat.shape, np.bool_)
    row, col = sea.grid.pixel(lat, lon)
    wet = sea.at(lat, lon)[0]
    surrounded = wet.copy()
    for down in (-1, 0, 1):
        for along in (-1, 0, 1):
            inside, outside = sea.at(*sea.grid.position(row + down, col + along))
            surrounded &= inside | outside
    return wet, surrounded


def _unfit(sites: pd.DataFrame, fits: pd.Series[bool], column: str, known: str) -> list[Finding]:
    """Findings about sites with a missing or impossible value for the link.

    A column that is missing in a whole file gives one finding.
    """
    findings = []
    missing = sites[column].isna()
    for file, rows in sites.groupby("file"):
        lacking = rows[missing[rows.index]]
        whole = len(lacking) == len(rows)
        findings += [
            Finding(
                "site_term_missing" if whole else "site_term_unknown",
                file=str(file),
                row=int(row),
                column=column,
                parameters={"count": len(lacking)} if whole else {},
            )
            for row in (lacking["row"].head(1) if whole else lacking["row"])
        ]
    wrong = sites[~fits & ~missing]
    findings += [
        implausible(file, int(row), column, value, known)
        for file, row, value in zip(wrong["file"], wrong["row"], wrong[column], strict=True)
    ]
    return findings


def select_sites(
    sites: pd.DataFrame, operators: Sequence[str], technologies: Sequence[str], opened: Opened
) -> pd.DataFrame:
    """Sites of the selected operators and technologies; without a selection, all sites.

    Raises
    ------
    InputError
        `operator_unknown`, or `technology_without_sites`.
    """
    known = {fold(name): name for name in sorted(sites["operator"].unique())}
    for name in operators:
        if fold(name) not in known:
            raise InputError(
                "operator_unknown",
                value=name,
                known=", ".join(known.values()),
                suggestion=known.get(suggestion(fold(name), known), ""),
            )
    for name in technologies:
        if name not in set(sites["technology"]):
            raise InputError("technology_without_sites", path=opened.path, value=name.upper())
    names = {known[fold(name)] for name in operators} or set(known.values())
    kinds = set(technologies) or set(sites["technology"])
    return sites[sites["operator"].isin(names) & sites["technology"].isin(kinds)]
