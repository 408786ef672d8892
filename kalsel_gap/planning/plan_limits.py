"""Limits of a plan beside money: supply, teams, shared capacity, least shares of groups."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from kalsel_gap.planning.model import RowName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.project.plan import Floors, PlanRules

KBPS = 1_000  # of a Mbps: rows hold whole numbers
# Options whose partner is a medium that all of its users share.
SHARED_MEDIA = ("cpe_4g",)
_SLACK = 1e-9  # of a share times a count, against a school too many


@dataclass(slots=True)
class LimitRows:
    """LimitRows of a problem that are being made.

    Attributes
    ----------
    names : list of RowName
    limits : list of int
    entries : list of list of (int, int)
        Column and number of each row.
    """

    names: list[RowName] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    entries: list[list[tuple[int, int]]] = field(default_factory=list)

    def add(self, name: RowName, entries: list[tuple[int, int]], limit: int) -> None:
        """A row more."""
        self.names.append(name)
        self.limits.append(limit)
        self.entries.append(entries)

    def matrix(self, n: int) -> sparse.csr_array:
        """All rows, shape (m, n)."""
        at = np.repeat(np.arange(len(self.entries)), [len(each) for each in self.entries])
        columns = np.array([c for each in self.entries for c, _ in each], dtype=np.int64)
        values = np.array([v for each in self.entries for _, v in each], dtype=np.float64)
        shape = (len(self.entries), n)
        return sparse.csr_array((values, (at.astype(np.int64), columns)), shape=shape)


def add_limits(
    rows: LimitRows, columns: pd.DataFrame, shared: pd.DataFrame, rules: PlanRules
) -> None:
    """LimitRows of supply, teams and capacity.

    Parameters
    ----------
    rows : LimitRows
        They are added here.
    columns : DataFrame
        As of :class:`.assemble.AssembledPlan`.
    shared : DataFrame
        ``shared_id capacity_mbps``.
    rules : PlanRules
    """
    schools = columns[columns["row_id"] != ""]
    for option, limits in sorted(rules.supply.items()):
        for year, limit in sorted(limits.items()):
            at = schools.index[(schools["option"] == option) & (schools["year"] == year)]
            rows.add(RowName("supply", option, year), [(int(n), 1) for n in at], limit)
    for year, limit in sorted(rules.teams.items()):
        mine = schools.loc[schools["year"] == year, "installations"]
        entries = [(int(n), int(each)) for n, each in mine.items()]  # type: ignore[call-overload]
        rows.add(RowName("teams", "", year), entries, limit)
    capacity = dict(zip(shared["shared_id"], shared["capacity_mbps"], strict=True))
    used: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, shared_id, required in zip(
        schools.index, schools["shared_id"], schools["required_mbps"], strict=True
    ):
        if shared_id:
            used[shared_id].append((int(number), math.ceil(required * KBPS)))
    for shared_id in sorted(used):
        if pd.notna(capacity.get(shared_id)):
            limit = math.floor(capacity[shared_id] * KBPS)
            rows.add(RowName("capacity", shared_id, None), used[shared_id], limit)
    _add_media(rows, schools)


def shared_room(shared: pd.DataFrame, picked: pd.DataFrame) -> dict[str, int]:
    """What a plan leaves of the capacity of shared infrastructure.

    Parameters
    ----------
    shared : DataFrame
        ``shared_id capacity_mbps``.
    picked : DataFrame
        Chosen columns, with ``shared_id row_id required_mbps``.

    Returns
    -------
    dict of int
        kbps by `shared_id`; without those whose capacity is not limited.
    """
    known = shared[shared["capacity_mbps"].notna()]
    room = {
        str(each): math.floor(mbps * KBPS)
        for each, mbps in zip(known["shared_id"], known["capacity_mbps"], strict=True)
    }
    for row_id, shared_id, required in zip(
        picked["row_id"], picked["shared_id"], picked["required_mbps"], strict=True
    ):
        if row_id and shared_id in room:
            room[shared_id] -= math.ceil(required * KBPS)
    return room


def cell_room(picked: pd.DataFrame, wanted: pd.DataFrame) -> dict[str, int]:
    """What a plan leaves of the capacity of cells that several schools would share.

    Parameters
    ----------
    picked : DataFrame
        Chosen columns, with ``option partner capacity_mbps required_mbps``.
    wanted : DataFrame
        Of those who would share what is left, with the same columns.

    Returns
    -------
    dict of int
        kbps by `partner`.
    """
    names = ["option", "partner", "capacity_mbps", "required_mbps"]
    used, asked = (_of_media(each[names]) for each in (picked, wanted))
    least = pd.concat([used, asked]).groupby("partner")["capacity_mbps"].min()
    room = {str(each): math.floor(mbps * KBPS) for each, mbps in least.items()}
    for partner, required in zip(used["partner"], used["required_mbps"], strict=True):
        room[partner] -= math.ceil(required * KBPS)
    return room


def _of_media(schools: pd.DataFrame) -> pd.DataFrame:
    """Columns whose partner is a medium of a known capacity that all of its users share."""
    return schools[
        schools["option"].isin(SHARED_MEDIA)
        & (schools["partner"] != "")
        & schools["capacity_mbps"].notna()
    ]


def _add_media(rows: LimitRows, schools: pd.DataFrame) -> None:
    """LimitRows of cells that several schools would share."""
    media = _of_media(schools)
    for partner, mine in media.groupby("partner", sort=True):
        if len(set(mine["row_id"])) > 1:
            entries = [
                (int(n), math.ceil(required * KBPS))  # type: ignore[call-overload]
                for n, required in mine["required_mbps"].items()
            ]
            limit = math.floor(mine["capacity_mbps"].min() * KBPS)
            rows.add(RowName("cell", str(partner), None), entries, limit)


def add_floors(
    rows: LimitRows,
    columns: pd.DataFrame,
    groups: Sequence[str],
    schools: pd.DataFrame,
    floors: Floors,
) -> None:
    """LimitRows of least shares: so many schools of a group, of those that have a column.

    Parameters
    ----------
    rows : LimitRows
        They are added here.
    columns : DataFrame
        As of :class:`.assemble.AssembledPlan`.
    groups : sequence of str
        `row_id` of the schools that have a column.
    schools : DataFrame
        ``row_id level kabupaten_code is_coastal is_mountain is_small_island``.
    floors : Floors
    """
    for key, (members, share) in floor_groups(schools, groups, floors).items():
        least = math.ceil(share * len(members) - _SLACK)
        if least > 0:
            at = columns.index[columns["row_id"].isin(members)]
            rows.add(RowName("floor", key, None), [(int(n), -1) for n in at], -least)


def floor_groups(
    schools: pd.DataFrame, groups: Sequence[str], floors: Floors
) -> dict[str, tuple[set[str], float]]:
    """Schools of each group with a floor, and the share of them that a plan must serve.

    Returns
    -------
    dict
        By ``kabupaten:63.01``, ``coast_mountain`` and ``level:SMP``: `row_id` and share.
    """
    mine = schools[schools["row_id"].isin(set(groups))]
    found: dict[str, tuple[set[str], float]] = {}
    if floors.kabupaten:
        for code, group in mine.groupby("kabupaten_code", sort=True):
            found[f"kabupaten:{code}"] = set(group["row_id"]), floors.kabupaten
    if floors.coast_mountain:
        flags = mine[["is_coastal", "is_mountain", "is_small_island"]].fillna(value=False)
        found["coast_mountain"] = (
            set(mine.loc[flags.astype("bool").any(axis="columns"), "row_id"]),
            floors.coast_mountain,
        )
    for level, share in sorted(floors.level.items()):
        found[f"level:{level}"] = set(mine.loc[mine["level"] == level, "row_id"]), share
    return found
