"""Networks: the antennas of one operator and technology that coverage is predicted from.

Each row of the tables of sites is a server of one operator and technology. Identical rows are one
server. The numbers of servers depend on their attributes, never on their order in a file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from kalsel_gap.errors import InputError
from kalsel_gap.radio.links import calibration
from kalsel_gap.radio.links.path_loss import RadioTerrain
from kalsel_gap.radio.links.usable_sites import select_sites, usable
from kalsel_gap.radio.paths.elevation_model import terrain_of
from kalsel_gap.sources.sites import read_sites
from kalsel_gap.terrain.kept_sea import look_up_sea

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened

# Attributes of a server; rows that are equal in all of them are one server.
TERMS = (
    *("operator", "technology", "site_id", "lat", "lon", "antenna_height_m", "frequency_mhz"),
    *("azimuth_deg", "downtilt_deg", "eirp_dbm", "bandwidth_mhz"),
)
LONGEST_NAME = 40  # of an operator in the name of a file


class Mast(NamedTuple):
    """What the path loss around an antenna depends on; servers of the same mast share it."""

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
        Lowest usable level.
    """

    operator: str
    technology: str
    servers: pd.DataFrame
    threshold_dbm: float

    @property
    def name(self) -> str:
        """Beginning of its file names: no character of an operator's name can change the folder.

        Examples
        --------
        >>> import pandas as pd
        >>> Network("telkomsel", "4g", pd.DataFrame(), -110.0).name
        '4g_telkomsel'
        >>> Network("../a", "4g", pd.DataFrame(), -110.0).name
        '4g_a-61b4c98b'
        """
        plain = re.sub(r"[^a-z0-9]+", "-", self.operator.casefold()).strip("-")[:LONGEST_NAME]
        if plain != self.operator:  # two operators must not share a file
            tail = hashlib.sha256(self.operator.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            plain = f"{plain}-{tail}".lstrip("-")
        return f"{self.technology}_{plain}"

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
    usable_dbm = {
        str(name): each.usable_dbm for name, each in opened.project.radio.carriers.items()
    }
    networks = []
    for _, part in servers.groupby(["operator", "technology"], sort=True):
        operator, technology = str(part["operator"].iloc[0]), str(part["technology"].iloc[0])
        servers_of = part.reset_index(drop=True)
        networks.append(Network(operator, technology, servers_of, usable_dbm[technology]))
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
        Only these; empty: all.

    Returns
    -------
    servers : DataFrame
        As in :class:`Network`, ``number`` from 1 within each operator and technology; sorted. It
        may have no rows.
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
    asked = select_sites(mobile, operators, technologies, opened)
    elevation = opened.project.elevation
    if elevation is None:
        raise InputError("elevation_missing", path=opened.path)
    terrain = terrain_of(opened)
    ground = RadioTerrain(terrain, look_up_sea(opened), opened.project.radio)
    fits, found = usable(asked, ground, opened.shown(elevation.path))
    used = asked.loc[fits, list(TERMS)]
    servers = used.drop_duplicates().sort_values(list(TERMS), ignore_index=True)
    servers["number"] = servers.groupby(["operator", "technology"]).cumcount() + 1
    names = (servers[name].to_numpy(object) for name in ("operator", "technology", "site_id"))
    offsets = calibration.offset_db(calibration.offsets_of(opened), *names)
    servers["offset_db"], servers["calibrated"] = offsets
    return servers, [*findings, *found]


def mast_of(server: pd.Series[Any]) -> Mast:
    """The mast of a server."""
    return Mast(*(float(server[name]) for name in Mast._fields))


def rows_of(servers: pd.DataFrame) -> Iterator[pd.Series[Any]]:
    """Servers one by one."""
    return (server for _, server in servers.iterrows())
