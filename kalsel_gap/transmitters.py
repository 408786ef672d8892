"""Servers: the antennas of sites that coverage is predicted from, and why others are left out.

Each row of the tables of sites is a server of one operator and technology. Rows that say the same
are one. Servers are numbered by what they are, never by where they stand in a file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kalsel_gap import calibration
from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.mosaic import open_band
from kalsel_gap.profile import sea_of, terrain_of
from kalsel_gap.project import suggestion
from kalsel_gap.propagation.p1812 import ANTENNA_M, FREQUENCY_MHZ
from kalsel_gap.sources.formats import fold
from kalsel_gap.sources.sites import read_sites

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from kalsel_gap.coasts import SeaMask
    from kalsel_gap.project import Opened
    from kalsel_gap.radio import Carrier

# What a server is; servers that are alike in all of it are one.
TERMS = (
    *("operator", "technology", "site_id", "lat", "lon", "antenna_height_m", "frequency_mhz"),
    *("azimuth_deg", "downtilt_deg", "eirp_dbm", "bandwidth_mhz"),
)
NEEDED = ("antenna_height_m", "frequency_mhz", "eirp_dbm")
LONGEST_NAME = 40  # of an operator in the name of a file
BOUNDS = {"antenna_height_m": ANTENNA_M, "frequency_mhz": FREQUENCY_MHZ}


class Mast(NamedTuple):
    """What decides the loss around an antenna; servers of the same mast share it."""

    lat: float
    lon: float
    antenna_height_m: float
    frequency_mhz: float


@dataclass(frozen=True, slots=True)
class Network:
    """The servers of one operator and technology.

    Attributes
    ----------
    operator, technology : str
    servers : DataFrame
        :data:`TERMS`; ``number``, counted from 1; ``offset_db``, what measurements add to the
        levels, and ``calibrated``, whether there are any.
    threshold_dbm : float
        Lowest level that is of use.
    """

    operator: str
    technology: str
    servers: pd.DataFrame
    threshold_dbm: float

    @property
    def name(self) -> str:
        """What its files begin with: nothing in an operator's name leads anywhere.

        Examples
        --------
        >>> import pandas as pd
        >>> Network("telkomsel", "4g", pd.DataFrame(), -110.0).name
        '4g_telkomsel'
        >>> Network("../a", "4g", pd.DataFrame(), -110.0).name
        '4g_a-61b4c98b'
        """
        bare = re.sub(r"[^a-z0-9]+", "-", self.operator.casefold()).strip("-")[:LONGEST_NAME]
        if bare != self.operator:  # two operators must not share a file
            tail = hashlib.sha256(self.operator.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            bare = f"{bare}-{tail}".lstrip("-")
        return f"{self.technology}_{bare}"

    @property
    def is_calibrated(self) -> bool:
        """Whether measured levels have corrected the levels."""
        return bool(self.servers["calibrated"].all())

    @property
    def masts(self) -> list[Mast]:
        """The mast of each server."""
        return [mast_of(server) for server in rows_of(self.servers)]


def read_networks(
    opened: Opened, operators: Sequence[str] = (), technologies: Sequence[str] = ()
) -> tuple[list[Network], list[Finding]]:
    """The servers of a project by operator and technology; see `read_servers`."""
    servers, findings = read_servers(opened, operators, technologies)
    carriers: dict[str, Carrier] = {**opened.project.radio.carriers}
    networks = [
        Network(operator, technology, part.reset_index(drop=True), carriers[technology].usable_dbm)
        for (operator, technology), part in servers.groupby(["operator", "technology"], sort=True)
    ]
    return networks, findings


def read_servers(
    opened: Opened, operators: Sequence[str] = (), technologies: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[Finding]]:
    """The servers of a project, and what is wrong with the other rows.

    Parameters
    ----------
    opened : Opened
        With an elevation model.
    operators, technologies : sequence of str
        Only these; without any, all.

    Returns
    -------
    servers : DataFrame
        As :class:`Network` has them, ``number`` from 1 within each operator and technology;
        sorted. It may have no rows.
    findings : list of Finding

    Raises
    ------
    InputError
        `sites_missing`, `operator_unknown`, or `technology_without_sites`.
    """
    if not opened.project.sites:
        raise InputError("sites_missing", path=opened.path)
    sites, findings = read_sites(opened)
    mobile = sites[sites["technology"].isin(list(opened.project.radio.carriers))]
    asked = _asked(mobile, operators, technologies, opened)
    found = list(_faults(asked, opened))
    at_fault = {(finding.file, finding.row) for finding in found}
    faulty = [place in at_fault for place in zip(asked["file"], asked["row"], strict=True)]
    used = asked[~np.array(faulty, dtype=np.bool_)]
    servers = used[list(TERMS)].drop_duplicates().sort_values(list(TERMS), ignore_index=True)
    servers["number"] = servers.groupby(["operator", "technology"]).cumcount() + 1
    names = (servers[name].to_numpy(object) for name in ("operator", "technology", "site_id"))
    taught = calibration.offset_db(calibration.offsets_of(opened), *names)
    servers["offset_db"], servers["calibrated"] = taught
    return servers, [*findings, *found]


def mast_of(server: pd.Series[Any]) -> Mast:
    """The mast of a server."""
    return Mast(*(float(server[name]) for name in Mast._fields))


def rows_of(servers: pd.DataFrame) -> Iterator[pd.Series[Any]]:
    """Servers one by one."""
    return (server for _, server in servers.iterrows())


def _asked(
    sites: pd.DataFrame, operators: Sequence[str], technologies: Sequence[str], opened: Opened
) -> pd.DataFrame:
    """Sites of the operators and technologies that are asked for."""
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


def _faults(sites: pd.DataFrame, opened: Opened) -> Iterator[Finding]:
    """Why rows cannot be predicted from, one finding for each of them."""
    elevation = opened.project.elevation
    if elevation is None:
        raise InputError("elevation_missing", path=opened.path)
    sea = sea_of(terrain_of(opened))
    with open_band(elevation.tiles, elevation.band) as source:
        row, col = source.grid.pixel(sites["lat"].to_numpy(), sites["lon"].to_numpy())
        off = source.grid.outside(row, col)
        row, col = (np.where(off, 0, each).astype(np.int64) for each in (row, col))
        known = ~np.isnan(source.values(row, col))
    places = zip(row.tolist(), col.tolist(), off.tolist(), known.tolist(), strict=True)
    for site, (y, x, is_off, is_known) in zip(sites.to_dict("records"), places, strict=True):
        at = {"file": str(site["file"]), "row": int(site["row"])}
        missing = [name for name in NEEDED if np.isnan(site[name])]
        if missing:
            yield Finding("server_term_missing", **at, column=", ".join(missing))
            continue
        for name, (low, high) in BOUNDS.items():
            if not low <= site[name] <= high:
                yield Finding(
                    "server_term_off_model",
                    **at,
                    column=name,
                    value=f"{site[name]:g}",
                    parameters={"low": low, "high": high},
                )
                break
        else:
            if code := _place_fault(y, x, sea, is_off=is_off, is_known=is_known):
                coordinates = f"{site['lat']:g}, {site['lon']:g}"
                yield Finding(code, **at, column="lat, lon", value=coordinates)


def _place_fault(row: int, col: int, sea: SeaMask | None, *, is_off: bool, is_known: bool) -> str:
    """What is wrong with where an antenna stands; nothing on a cell of sea beside land."""
    if is_off:
        return "server_off_elevation"
    if sea is not None:
        top, left = max(row - 1, 0), max(col - 1, 0)
        around = sea.rows(top, min(row + 2, sea.grid.height))[:, left : col + 2]
        if around.all():
            return "server_in_open_sea"
        if around[row - top, col - left]:
            return ""
    return "" if is_known else "server_on_void"
