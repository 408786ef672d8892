"""Weights on trial in a page: what a browser needs to rank the schools of a run again, in words.

The script ``assets/weights.js`` has the formulas of :mod:`kalsel_gap.deficit`: one number for λ and
two for each school give the deficit, scores of the leaves and their trees the priority.
"""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from kalsel_gap import schema
from kalsel_gap.deficit.service import by_number_of_cases, of_cases
from kalsel_gap.deliverables.explanation import index_of, k_of
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.indicators.distribution import mean_deficit, mix
from kalsel_gap.project.departures import shipped_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Index
    from kalsel_gap.storage.run_folder import Run

MOST = 10_000  # ranked schools that a browser ranks again while a slider is moved
ROOTS = ("need", "barrier")  # in the order of the page
_STEPS = 100  # of a slider
_LEAST = 2  # siblings whose weights can be compared
_SCORE = "_score"

WORDS: dict[str, str] = {
    "both": N_("In force and ordinary: {value}"),
    "apart": N_("In force {value}, ordinary {ordinary}"),
    "in_force": N_("In force {value}"),
    "spoken": N_("{now}, in force {value}"),
    "trial": N_("Trial, not the official list."),
    "deficit": N_("{count} of the first {k} by deficit would be others."),
    "priority": N_("{count} of the first {k} by priority would be others."),
    "shared": N_("Some share the last place, so the first {k} are {size} schools."),
    "back": N_("All weights are those in force."),
    "reset": N_("Reset"),
    "command": N_("As --set, for kalsel-gap rank"),
    "copy": N_("Copy as --set"),
    "copied": N_("Copied."),
    "not_copied": N_("It is marked: copy it with Ctrl+C."),
    "all_zero": N_("One of the weights of the priority must be above 0."),
    "branch": N_("All weights of “{node}” are 0. Raise one of them, or set “{node}” itself to 0."),
}
_TITLE = N_("Try other weights")
_INTRO = N_(
    "Move a slider, and the schools are ranked again on this page. It is a trial: the list is "
    "unchanged, and nothing of it is kept. Among weights side by side only the proportions matter."
)
_TOO_MANY = N_(
    "Weights cannot be tried on this page: it ranks up to {most} schools again, and this list has "
    "{count}. Use “kalsel-gap rank --set”."
)
_LACKS = N_(
    "Weights cannot be tried on this page: the run is an older one, without the figures for it. "
    "Run “kalsel-gap rank” again, then “kalsel-gap map”."
)
_NOBODY = N_("Weights cannot be tried on this page: no school has a rank.")
_UNSCORED = N_("Without a slider, because this run has no scores of them: {names}.")
_GROUPS = {
    "service": N_("The order by deficit"),
    "priority": N_("The order by priority"),
    "below": N_("Inside “{node}”"),
}
_BASE = N_("Beside need and barrier the deficit alone counts {base}.")
# What a slider weighs, and what more of it means.
_SLIDERS: dict[str, tuple[str, str]] = {
    "lambda": (
        N_("Service that the school has (λ)"),
        N_(
            "At 1 only the service that the school has counts. The lower, the more it also counts "
            "that no good signal reaches the school."
        ),
    ),
    "need": (
        N_("Need"),
        N_("A higher weight moves up schools where the gap affects many or vulnerable pupils."),
    ),
    "barrier": (
        N_("Barrier"),
        N_("A higher weight moves up schools where terrain and distance keep the gap open."),
    ),
    "terrain": (
        N_("Terrain"),
        N_("A higher weight moves up schools in mountains, on islands, in steep country."),
    ),
    "path": (
        N_("Signal path"),
        N_("A higher weight moves up schools behind hills, as seen from the radio site."),
    ),
    "remoteness": (
        N_("Remoteness"),
        N_("A higher weight moves up schools far from sites, fibre, roads and towns."),
    ),
}
# The same of leaves, by the column that they measure; their labels are those of the columns.
_LEAVES: dict[str, str] = {
    "accounts_active_share": N_("A higher weight moves up schools whose accounts are used."),
    "adequate_school_km": N_(
        "A higher weight moves up schools with no well connected school nearby."
    ),
    "capital_km": N_("A higher weight moves up schools far from the capital of the kabupaten."),
    "diffraction_db": N_("A higher weight moves up schools whose signal hills weaken."),
    "fibre_km": N_("A higher weight moves up schools far from fibre."),
    "idle_accounts_share": N_(
        "A higher weight moves up schools whose accounts lie idle without internet."
    ),
    "idle_devices": N_("A higher weight moves up schools whose devices lie idle without internet."),
    "local_relief_m": N_("A higher weight moves up schools among high hills."),
    "mean_slope_deg": N_("A higher weight moves up schools in steep country."),
    "road_km": N_("A higher weight moves up schools far from a road."),
    "site_4g_km": N_("A higher weight moves up schools far from a 4G site."),
    "students": N_("A higher weight moves up schools with many pupils."),
    "terrain_severity": N_(
        "A higher weight moves up schools in mountains, on islands or in swamps."
    ),
    "vulnerability": N_(
        "A higher weight moves up special schools, and those with poor pupils or in poor villages."
    ),
    "water_share": N_("A higher weight moves up schools reached over water."),
}


@dataclass(frozen=True, slots=True)
class _Tree:
    """The nodes of a run's index that its trees use.

    Attributes
    ----------
    index : Index
        As the run records it.
    scored : list of str
        Leaves that have scores, in the order of the run's columns.
    """

    index: Index
    scored: list[str]

    def is_used(self, code: str) -> bool:
        """Whether a node is a scored leaf or has one below it."""
        if code in self.scored:
            return True
        return any(self.is_used(below) for below in self.index.children(code))

    def children(self, parent: str) -> list[str]:
        """Codes below a node; those used come first, in the order of their leaves."""

        def place(code: str) -> int:
            of_leaves = [at for at, leaf in enumerate(self.scored) if code in self._above(leaf)]
            return min(of_leaves, default=len(self.scored))

        return sorted(self.index.children(parent), key=place)

    def _above(self, code: str) -> Iterator[str]:
        while code:
            yield code
            code = self.index.nodes[code].parent


def weights_words(run: Run, text: Text) -> dict[str, str]:
    """What ``weights.html`` shows without a script.

    Parameters
    ----------
    run : Run
    text : Text
        Language of the page.

    Returns
    -------
    dict of str
        ``title``; ``intro``, what the sliders do; ``absent``, why there are none, otherwise empty.
    """
    absent = _why_absent(run, text)
    return {"title": text(_TITLE), "intro": "" if absent else text(_INTRO), "absent": absent}


def weights_in_force(run: Run, text: Text) -> list[tuple[str, float, float | None, str]]:
    """Every weight of a run that has siblings, in the order of the page.

    Parameters
    ----------
    run : Run
    text : Text
        The reader's language.

    Returns
    -------
    list of tuple
        Label, value in force, shipped value (None of a node that is not shipped), and what more of
        it means. Leaves that are not scored are left out.

    Raises
    ------
    ValidationError
        The run is an older one, without the figures for it.
    """
    sliders, _ = _sliders(_Tree(index_of(run), _scored(run, index_of(run))), text)
    return [
        (each["label"], float(each["value"]), each["ordinary"], each["meaning"]) for each in sliders
    ]


def _scored(run: Run, index: Index) -> list[str]:
    """Leaves that have scores, in the order of the run's columns."""
    names = (name.removesuffix(_SCORE) for name in run.schools.columns if name.endswith(_SCORE))
    return [name for name in names if name in index.leaves()]


def weights_data(run: Run, text: Text) -> dict[str, Any]:
    """What ``weights.js`` reads: sliders in words, and figures of every school.

    Parameters
    ----------
    run : Run
    text : Text
        Language of the page.

    Returns
    -------
    dict
        Empty where :func:`weights_words` says why there are no sliders. Columns of numbers are as
        :func:`exact_numbers` makes them, one number for each row of the run's schools.
    """
    if _why_absent(run, text):
        return {}
    index, schools = index_of(run), run.schools
    scored = _scored(run, index)
    tree = _Tree(index, scored)
    sliders, groups = _sliders(tree, text)
    lack, out_of_reach = _service(run.table("service"), schools["row_id"])
    return {
        "k": k_of(run, int(schools["rank"].notna().sum())),
        "lack": exact_numbers(lack),
        "outOfReach": exact_numbers(out_of_reach),
        "scores": [exact_numbers(schools[f"{leaf}{_SCORE}"]) for leaf in scored],
        "base": index.priority.base,
        "nodes": _nodes(tree, [str(each["key"]) for each in sliders], text),
        "sliders": sliders,
        "groups": groups,
        "notes": _notes(tree, text),
        "overrides": _overrides(run),
        "words": {key: text(sentence) for key, sentence in WORDS.items()},
    }


def exact_numbers(values: pd.Series[float] | FloatArray) -> dict[str, Any]:
    """A column of numbers with all their digits, in few characters.

    Returns
    -------
    dict
        ``values``, base64 of little-endian doubles; where numbers repeat, these are the distinct
        ones, and ``rows`` is base64 of the place of each row's number, in ``size`` bytes each.

    Examples
    --------
    >>> exact_numbers(np.array([0.5, 0.5, 0.5]))
    {'values': 'AAAAAAAA4D8=', 'rows': 'AAAA', 'size': 1}
    """
    numbers = np.asarray(values, dtype="<f8")
    distinct, rows = np.unique(numbers, return_inverse=True)
    size = 1 if len(distinct) <= 2**8 else 2
    if len(distinct) > 2**16 or distinct.nbytes + size * len(numbers) >= numbers.nbytes:
        return {"values": _base64(numbers.tobytes())}
    return {
        "values": _base64(distinct.tobytes()),
        "rows": _base64(rows.astype(f"<u{size}").tobytes()),
        "size": size,
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _why_absent(run: Run, text: Text) -> str:
    """Why weights cannot be tried; empty where they can."""
    ranked = int(run.schools["rank"].notna().sum())
    if not ranked:
        return text(_NOBODY)
    if ranked > MOST:
        return text(_TOO_MANY, most=text.number(MOST), count=text.number(ranked))
    try:
        index_of(run)
    except ValidationError:
        return text(_LACKS)
    has_service = "service.parquet" in run.manifest.get("files", {})
    has_scores = any(name.endswith(_SCORE) for name in run.schools.columns)
    return "" if has_service and has_scores else text(_LACKS)


def _service(service: pd.DataFrame, row_ids: pd.Series[str]) -> tuple[FloatArray, FloatArray]:
    """Two numbers of each school that give its deficit for any λ: ``lack·(λ + (1 - λ)·reach)``.

    The deficit is linear in λ whatever it is a mixture of, so its values at 1 and 0 say it all.
    """
    most: list[pd.Series[float]] = []
    least: list[pd.Series[float]] = []
    for rows in by_number_of_cases(service):
        cases = of_cases(rows)
        ids = rows["row_id"].drop_duplicates()
        for lam, found in ((1.0, most), (0.0, least)):
            means = [mean_deficit(d, a, weight_delivered=lam) for d, a, _ in cases]
            found.append(pd.Series(mix(means, [weight for _, _, weight in cases]), ids))
    at_1, at_0 = (
        np.asarray(pd.concat(each).reindex(row_ids), dtype=np.float64) for each in (most, least)
    )
    reach: FloatArray = np.divide(at_0, at_1, out=np.zeros_like(at_0), where=at_1 > 0.0)
    return at_1, reach


# --- sliders -------------------------------------------------------------------------------------


def _sliders(tree: _Tree, text: Text) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The sliders, and the groups that they stand in by their places in the list."""
    rule = tree.index.priority
    roots = [root for root in ROOTS if tree.is_used(root)]
    of_service = [_slider("index.lambda", "lambda", tree.index.weight_delivered, tree, text)]
    of_trees = [
        _slider(f"index.priority.{root}", root, float(getattr(rule, root)), tree, text)
        for root in roots
    ]
    base = text(_BASE, base=weight_words(rule.base, text))
    groups = [
        {"title": text(_GROUPS["service"]), "order": "deficit", "sliders": of_service},
        {"title": text(_GROUPS["priority"]), "note": base, "sliders": of_trees},
        *_inner_groups(tree, roots, text),
    ]
    sliders: list[dict[str, Any]] = []
    for group in groups:
        made, order = group["sliders"], group.pop("order", "priority")
        values = [each[name] or 0.0 for each in made for name in ("value", "ordinary")]
        most = _round_up(max([1.0, *values]))
        places = list(range(len(sliders), len(sliders) + len(made)))
        sliders += [{**each, "order": order, "most": most, "step": most / _STEPS} for each in made]
        group["sliders"] = places
    return sliders, [group for group in groups if group["sliders"]]


def _inner_groups(tree: _Tree, roots: list[str], text: Text) -> Iterator[dict[str, Any]]:
    """Children of a node side by side, a node before those below it."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop(0)
        codes = [code for code in tree.children(node) if tree.is_used(code)]
        waiting[:0] = [code for code in codes if code not in tree.scored]
        if len(codes) >= _LEAST:
            name, _ = _words_of(tree.index, node, text)
            made = [
                _slider(
                    f"index.nodes.{code}.weight", code, tree.index.nodes[code].weight, tree, text
                )
                for code in codes
            ]
            yield {"title": text(_GROUPS["below"], node=name), "sliders": made, "inner": True}


def _slider(key: str, code: str, value: float, tree: _Tree, text: Text) -> dict[str, Any]:
    label, meaning = _words_of(tree.index, code, text)
    ordinary = shipped_figures().get(key)
    return {"key": key, "label": label, "meaning": meaning, "value": value, "ordinary": ordinary}


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 and so on.

    Examples
    --------
    >>> _round_up(0.3), _round_up(30), _round_up(50)
    (1.0, 50.0, 50.0)
    """
    size = 1.0
    while size * 5 < value:
        size *= 10
    return next(size * step for step in (1, 2, 5, 10) if size * step >= value)


def _words_of(index: Index, code: str, text: Text) -> tuple[str, str]:
    """Label of a slider, and what it means."""
    node = index.nodes.get(code)
    column = schema.BY_NAME.get(node.column or "") if node is not None else None
    if column is not None:
        return text(column.label), text(_LEAVES.get(column.name, column.description))
    label, meaning = _SLIDERS.get(code, ("", ""))
    return (text(label), text(meaning)) if label else (plain(code), "")


def weight_words(value: float, text: Text) -> str:
    """A weight as people write it: 1, not 1.0."""
    return text.figure(json.loads(f"{value:.4g}"))


def _nodes(tree: _Tree, keys: list[str], text: Text) -> list[dict[str, Any]]:
    """Every node of both trees, a parent before its children, with what its value is made of."""
    index, found, waiting = tree.index, [], list(ROOTS)
    while waiting:
        code = waiting.pop(0)
        node = index.nodes[code]
        key = f"index.priority.{code}" if code in ROOTS else f"index.nodes.{code}.weight"
        weight = float(getattr(index.priority, code)) if code in ROOTS else node.weight
        found.append(
            {
                "code": code,
                "parent": node.parent,
                "p": node.p,
                "weight": weight,
                "slider": keys.index(key) if key in keys else None,
                "scores": tree.scored.index(code) if code in tree.scored else None,
                "label": _words_of(index, code, text)[0],
            }
        )
        waiting += tree.children(code)
    return found


def _notes(tree: _Tree, text: Text) -> list[str]:
    """What is not said beside a slider: the leaves that have none."""
    names = [
        _words_of(tree.index, leaf, text)[0]
        for leaf in tree.index.leaves()
        if leaf not in tree.scored
    ]
    return [text(_UNSCORED, names=", ".join(names))] if names else []


def _overrides(run: Run) -> list[dict[str, str]]:
    """What a trial has set already, as options of the command line by their keys."""
    return [
        {"key": key, "option": f"--set {shlex.quote(f'{key}={json.dumps(value)}')}"}
        for key, value in sorted(run.overrides.items())
        if "." in key
    ]
