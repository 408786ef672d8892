"""Why a school has its place in the list: the figures behind it, as codes and numbers.

Everything comes from a run: what a sentence says of a school is what its list was made from.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.deficit.contributions import (
    SCORES,
    SERVICE_LEAVES,
    Score,
    Scored,
    priority_weights,
    score_contributions,
)
from kalsel_gap.deficit.ranks import DECIMALS
from kalsel_gap.deficit.reasons import RankReason, reasons_of
from kalsel_gap.deficit.turning_points import Standing, TurningPoint, find_turning_points, first_k
from kalsel_gap.deliverables.columns import leaves_of
from kalsel_gap.errors import InputError
from kalsel_gap.project.base import section_of
from kalsel_gap.project.index import Index
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.radio.links.nearest_links import Place, nearest_sites
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from kalsel_gap.robustness.sensitivity import ListSensitivity
    from kalsel_gap.storage.run_folder import Run

_BESIDE = 2  # neighbours in the list on each side
_SITES = 3  # nearest masts
_DIGITS = 4  # decimals of a score, at least


@dataclass(frozen=True, slots=True)
class LeafFact:
    """One number of a school against its goalposts.

    Attributes
    ----------
    code, column : str
        The leaf, and the column that it measures.
    tree : {'deficit', 'barrier', 'need'}
    value : float or None
        In the unit of the column; None where it is not known of this school.
    best, worst : float
        The goalposts.
    score : float or None
        0 best to 1 worst.
    status : str
        known, inferred or unknown; *not_scored* with `why`: the code of the reason.
    """

    code: str
    column: str
    tree: str
    value: float | None
    best: float
    worst: float
    score: float | None
    status: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What a leaf contributes to a score."""

    leaf: str
    contribution: float
    status: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One school of a run.

    Attributes
    ----------
    row : dict
        Its row; None where unknown.
    ranked : int
        Schools with a rank.
    at : Standing or None
        Where it stands against the first k; None without a rank.
    leaves : tuple of LeafFact
    parts : dict
        Contributions by score; they add up to it. Scores without any are left out.
    reasons : tuple of RankReason
        Why it stands where it does, the main reason first.
    neighbours : tuple of Explanation
        Those before and after it in the list, without neighbours of their own.
    turning : tuple of TurningPoint
    sites : DataFrame
        The nearest masts, as of :func:`.nearest_links.nearest_sites`.
    findings : DataFrame
        Findings about its row.
    """

    row: dict[str, Any]
    ranked: int
    at: Standing | None
    leaves: tuple[LeafFact, ...]
    parts: dict[Score, tuple[Part, ...]]
    reasons: tuple[RankReason, ...]
    neighbours: tuple[Explanation, ...]
    turning: tuple[TurningPoint, ...]
    sites: pd.DataFrame
    findings: pd.DataFrame

    @property
    def place(self) -> Place | None:
        """Where it stands; None without a usable location."""
        lat, lon = self.row["lat"], self.row["lon"]
        if lat is None or lon is None:
            return None
        return Place(str(self.row["npsn"]), str(self.row["name"]), float(lat), float(lon))


def explain_school(run: Run, row_id: str) -> Explanation:
    """All that a run says of one school.

    Parameters
    ----------
    run : Run
        The run.
    row_id : str
        The school's row.

    Raises
    ------
    InputError
        A table of the run cannot be read.
    """
    schools, index = run.schools, index_of(run)
    order = schools[schools["rank"].notna()]
    position = int((schools["row_id"] == row_id).to_numpy().argmax())
    ranked = len(order)
    is_ranked = position < ranked
    beside = [
        n
        for n in range(position - _BESIDE, position + _BESIDE + 1)
        if is_ranked and n != position and 0 <= n < ranked
    ]
    plain_rows = pd.DataFrame(schools.drop(columns="geometry", errors="ignore"))
    own, *others = to_records(plain_rows.iloc[[position, *beside]])
    at = first_k(schools, row_id, k_of(run, ranked)) if is_ranked else None
    service = run.table("service")
    alone = _facts(run, own, service, index, at, ranked)
    names = run.findings["file"].astype("str") + ":" + run.findings["row"].astype("str")
    place = alone.place
    sites = run.table("sites")
    return replace(
        alone,
        neighbours=tuple(_facts(run, row, service, index, None, ranked) for row in others),
        turning=tuple(_turning(run, own, service, at, index)) if at is not None else (),
        sites=sites.head(0) if place is None else nearest_sites(sites, place, _SITES),
        findings=run.findings[names == row_id],
    )


def index_of(run: Run) -> Index:
    """The index that a run was ranked by."""
    return Index.model_validate(section_of(run.manifest.get("parameters", {}), "index"))


def k_of(run: Run, ranked: int) -> int:
    """How many schools come first, as the run states it; an older run takes the shipped share."""
    stated = run.manifest.get("certainty", {}).get("k")
    return min(int(stated if stated is not None else Robustness.shipped().first(ranked)), ranked)


def _facts(
    run: Run,
    row: dict[str, Any],
    service: pd.DataFrame,
    index: Index,
    at: Standing | None,
    ranked: int,
) -> Explanation:
    none = pd.DataFrame()
    leaves = tuple(_leaves(run, row, index))
    parts = _parts(run, row, service, index)
    adds = {each.leaf: each.contribution for each in parts.get("priority", ())}
    reasons = reasons_of(row, adds, index)
    return Explanation(row, ranked, at, leaves, parts, reasons, (), (), none, none)


def _leaves(run: Run, row: dict[str, Any], index: Index) -> list[LeafFact]:
    """Leaves of the deficit, the barrier and the need, those that are not scored included."""
    found = [
        LeafFact(
            *(code, code, "deficit", row[code], 1.0, 0.0),
            None if row[code] is None else 1.0 - float(row[code]),
            str(row[f"{code}_status"] or "unknown"),
        )
        for code in ("delivered", "available")
    ]
    idle = run.manifest.get("not_scored", {})
    nodes = index.leaves()
    for code, column in leaves_of(run).items():
        node = nodes[code]
        assert node.best is not None
        assert node.worst is not None
        is_scored = f"{code}_score" in row and code not in idle
        found.append(
            LeafFact(
                *(code, column, index.root(code), _float(row.get(column)), node.best, node.worst),
                _float(row.get(f"{code}_score")) if is_scored else None,
                _leaf_status(row, code, column) if is_scored else "not_scored",
                "" if is_scored else str(idle.get(code, "no_data")),
            )
        )
    trees = ("deficit", "barrier", "need")
    codes = [*SERVICE_LEAVES, *nodes]
    return sorted(found, key=lambda leaf: (trees.index(leaf.tree), codes.index(leaf.code)))


def _leaf_status(row: dict[str, Any], code: str, column: str) -> str:
    """How the value is known; of a school without a rank that is whether it is there."""
    if row["rank"] is None:
        return "unknown" if row.get(column) is None else "known"
    return str(row.get(f"{code}_status") or "unknown")


def _float(value: Any) -> float | None:  # noqa: ANN401 - a cell
    return None if value is None else float(value)


# --- contributions -------------------------------------------------------------------------------


def _parts(
    run: Run, row: dict[str, Any], service: pd.DataFrame, index: Index
) -> dict[Score, tuple[Part, ...]]:
    """Contributions by score, the largest first."""
    if row["rank"] is None:
        return {}
    scored = Scored(
        service=service[service["row_id"] == row["row_id"]],
        row_ids=pd.Index([row["row_id"]]),
        leaves={
            leaf: np.array([row[f"{leaf}_score"]], dtype=np.float64)
            for leaf in index.leaves()
            if f"{leaf}_score" in row
        },
        weights=priority_weights(index, run.schools),
    )
    found = {}
    for score in SCORES:
        values = {k: float(v[0]) for k, v in score_contributions(scored, score, index).items()}
        parts = [Part(k, v, _status(row, k)) for k, v in values.items() if not np.isnan(v)]
        if parts:
            found[score] = tuple(sorted(parts, key=lambda part: (-part.contribution, part.leaf)))
    return found


def _status(row: dict[str, Any], code: str) -> str:
    return "known" if code == "required" else str(row.get(f"{code}_status") or "unknown")


# --- what would change it ------------------------------------------------------------------------


def _turning(
    run: Run, row: dict[str, Any], service: pd.DataFrame, at: Standing, index: Index
) -> list[TurningPoint]:
    points = run.manifest.get("parameters", {}).get("signal.curves.4g.points")
    if points is None:
        return []
    curve = [(float(level), float(adequacy)) for level, adequacy in points]
    mine = service[service["row_id"] == row["row_id"]]
    return [*find_turning_points(row, mine, run.table("curves"), at, index, curve)]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a leaf adds to the score of one school and of another."""

    leaf: str
    one: float
    other: float

    @property
    def more(self) -> float:
        """How much more of the one school."""
        return self.one - self.other


def differences(one: Explanation, other: Explanation, score: Score) -> list[Difference]:
    """Contributions of both, the largest difference first."""
    mine, theirs = (
        {part.leaf: part.contribution for part in each.parts.get(score, ())}
        for each in (one, other)
    )
    pairs = [
        Difference(leaf, mine.get(leaf, 0.0), theirs.get(leaf, 0.0))
        for leaf in dict.fromkeys([*mine, *theirs])
    ]
    return sorted(pairs, key=lambda pair: (-abs(pair.more), pair.leaf))


def separates(one: Explanation, other: Explanation) -> tuple[Score, int, list[Difference]]:
    """The score that decides between two ranked schools, and what it differs by.

    The priority decides where the deficits are equal.

    Returns
    -------
    score : {'deficit', 'priority'}
    digits : int
        Decimals that show the difference.
    pairs : list of Difference
        Leaves that contribute to what these decimals show, the largest first; empty where both
        scores are equal.
    """
    scores: tuple[Score, Score] = ("deficit", "priority")
    for score in scores:
        first, second = (float(each.row[score]) for each in (one, other))
        if round(first, DECIMALS) == round(second, DECIMALS):
            continue
        steps = range(_DIGITS, DECIMALS)
        digits = next((n for n in steps if round(first, n) != round(second, n)), DECIMALS)
        least = 0.5 * 10.0**-digits
        pairs = [each for each in differences(one, other, score) if abs(each.more) >= least]
        return score, digits, pairs
    return "priority", _DIGITS, []


# --- without another leaf ------------------------------------------------------------------------


def switched_off(run_index: Index, leaves: list[str]) -> tuple[str, ...]:
    """The values of the project file that leave some leaves of the index out.

    Raises
    ------
    InputError
        `leaf_unknown`: there is no such leaf.
    """
    known = run_index.leaves()
    for leaf in leaves:
        if leaf not in known:
            raise InputError("leaf_unknown", column="--without", value=leaf, known=", ".join(known))
    return tuple(f"index.nodes.{leaf}.active=false" for leaf in leaves)


# --- for programs --------------------------------------------------------------------------------


def as_data(explained: Explanation) -> dict[str, Any]:
    """The explanation as codes and numbers, for JSON."""
    sites = explained.sites.reindex(
        columns=["site_id", "operator", "technology", "lat", "lon", "distance_km"]
    )
    findings = explained.findings.reindex(columns=["code", "severity", "column", "value"])
    return {
        "school": explained.row,
        "ranked": explained.ranked,
        "first_k": None if explained.at is None else asdict(explained.at),
        "reasons": [asdict(each) for each in explained.reasons],
        "leaves": [asdict(leaf) for leaf in explained.leaves],
        "contributions": {
            score: [asdict(part) for part in parts] for score, parts in explained.parts.items()
        },
        "neighbours": [
            {
                **{key: other.row[key] for key in ("rank", "npsn", "name", "deficit", "priority")},
                "decides": separates(explained, other)[0],
                "differences": [
                    {"leaf": pair.leaf, "school": pair.one, "neighbour": pair.other}
                    for pair in separates(explained, other)[2]
                ],
            }
            for other in explained.neighbours
        ],
        "turning_points": [asdict(point) for point in explained.turning],
        "nearest_sites": to_records(sites),
        "findings": to_records(findings),
    }


def list_data(run: Run, found: ListSensitivity) -> dict[str, Any]:
    """How sure the whole list is, as codes and numbers: what the run records, and the tables."""
    values = {each.name: getattr(found, each.name) for each in fields(found)}
    return {
        "certainty": run.manifest.get("certainty", {}),
        **{
            name: to_records(value.reset_index(drop=True))
            if isinstance(value, pd.DataFrame)
            else value
            for name, value in values.items()
        },
    }


def to_json(data: object) -> str:
    """Data as JSON text, safe to show on a terminal."""
    from kalsel_gap.i18n.text import escaped

    written = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    return escaped(written) + "\n"
