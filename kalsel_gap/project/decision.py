"""Models of ``[decision]``: what was fixed before the result, and for which reasons.

A ranking can be defended where its figures were set before anybody saw who comes first. So the
project states them with the number of the decree, and a run records whether they came before the
first ranking of the same inputs: as far as the folder of runs shows. A trial counts as a ranking,
for somebody saw its result. Reasons are stated with the role of the person who decided, and never
with a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from kalsel_gap.errors import ProjectError
from kalsel_gap.i18n.text import plain
from kalsel_gap.project.base import NotNegative, Section, Share
from kalsel_gap.project.robustness import JointConfidence, Whole

# Each key of [decision] that fixes a value, and the value.
FIXES = {
    "k": "robustness.k",
    "confidence": "robustness.confidence",
    "evidence_date": "project.evidence_date",
    "weights.lambda": "index.lambda",
    "weights.base": "index.priority.base",
    "weights.need": "index.priority.need",
    "weights.barrier": "index.priority.barrier",
}
# Of these the project takes the decided value where it states none itself.
_TAKEN = ("k", "confidence", "evidence_date")
# What our own commands write among the inputs: a ranking without it is one of the same evidence.
_MADE = ("repairs", "calibration", "objections")
# Longer numbers are those of a person: NIP, NIK, telephone.
_OF_PERSON = re.compile(r"@|\d[\d .-]{4,}\d")


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise ValueError("day_wrong") from None


def _role(value: str) -> str:
    if _OF_PERSON.search(value):
        raise ValueError("role_of_person")
    return value


Day = Annotated[str, BeforeValidator(_day)]
Stated = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class DecidedWeights(Section):
    """Weights that the decision fixes."""

    weight_delivered: Annotated[Share | None, Field(alias="lambda")] = None
    """λ, as ``lambda`` in ``[index]``."""
    base: NotNegative | None = None
    """Weight of the deficit alone in the priority, as in ``[index.priority]``."""
    need: NotNegative | None = None
    """Weight of the need in the priority."""
    barrier: NotNegative | None = None
    """Weight of the barrier in the priority."""


class StatedReason(Section):
    """Why a value of the project is another one than the shipped one, and who decided it."""

    key: Stated
    """The value, such as ``index.tiers.bounds``; or a table, such as ``index.priority``, for all in
    it. ``repairs`` stands for the accepted repairs."""
    reason: Stated
    """Why."""
    role: Annotated[Stated, AfterValidator(_role)]
    """Role of the person who decided, such as ``kepala bidang``; no name."""


class Decision(Section):
    """What was fixed before the result."""

    number: Annotated[Stated, Field(coerce_numbers_to_str=True)]
    """Number of the decree or memo."""
    date: Day | None = None
    """Its day, as 2026-07-01."""
    k: Whole | None = None
    """How many schools come first: the k of ``[robustness]``."""
    confidence: JointConfidence | None = None
    """Of the statements about the whole list: the confidence of ``[robustness]``."""
    evidence_date: Day | None = None
    """Day up to which the evidence reaches: the ``evidence_date`` of ``[project]``."""
    weights: DecidedWeights = DecidedWeights()
    """Weights; those in force must equal them."""
    overrides: tuple[StatedReason, ...] = ()
    """Reasons for values that the project changes: ``[[decision.overrides]]``."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [each.key for each in self.overrides]
        if len(set(keys)) < len(keys):
            raise ValueError("decision_key_twice")
        return self

    def figures(self) -> dict[str, Any]:
        """What is decided, as a run records it: keys as in the project file, without reasons."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"overrides"})


class Justification(NamedTuple):
    """Why values are set for one run only, and the role of the person who decided it."""

    reason: str = ""
    role: str = ""

    @classmethod
    def stated(cls, reason: str | None, role: str | None) -> Self:
        """What two options say, as one line each.

        Raises
        ------
        ProjectError
            The role has the number or the address of a person.
        """
        said = [
            plain((each or "").encode("utf-8", "replace").decode()).strip()
            for each in (reason, role)
        ]
        if _OF_PERSON.search(said[1]):
            raise ProjectError("role_of_person", path="--role")
        return cls(*said)

    def recorded(self) -> dict[str, str]:
        """Among the overrides of a run."""
        return {name: said for name, said in self._asdict().items() if said}


NOT_STATED = Justification()


def with_decided(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` of a project file with k, confidence and evidence date from its decision.

    Only where the file does not state them itself.

    Examples
    --------
    >>> with_decided({"decision": {"number": "12", "k": 300}})
    {'decision': {'number': '12', 'k': 300}, 'robustness': {'k': 300}}
    """
    filled, decided = dict(values), values.get("decision")
    if not isinstance(decided, Mapping):
        return filled
    for name in _TAKEN:
        section, _, key = FIXES[name].partition(".")
        stated = filled.get(section, {})
        if name in decided and isinstance(stated, Mapping) and key not in stated:
            value = decided[name]
            value = value.isoformat() if isinstance(value, date) else value
            filled[section] = {**stated, key: value}
    return filled


def decision_of_run(
    decision: Decision, inputs: Mapping[str, str], earlier: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What a run records of a decision: the figures, and whether they came before the first result.

    Parameters
    ----------
    decision : Decision
        The decision.
    inputs : mapping of str
        SHA-256 of each input of the run.
    earlier : mapping
        ``run.json`` of the runs that are there, by id.

    Returns
    -------
    dict
        The figures; ``overrides``, the stated reasons; ``set``: *before* where no earlier run has
        the same inputs, otherwise *after*, and ``after_run``, the id of a run that came first.
        A run with the same figures passes on what it records, so ranking again changes nothing.

    Examples
    --------
    >>> decided, inputs = Decision(number="12"), {"schools.0": "ab"}
    >>> decision_of_run(decided, inputs, {})["set"]
    'before'
    >>> run = {"inputs": {"schools.0": {"sha256": "ab"}}}
    >>> decision_of_run(decided, inputs, {"0a1b2c": run})["after_run"]
    '0a1b2c'
    """
    figures = decision.figures()
    same = {
        run: _recorded(manifest)
        for run, manifest in sorted(earlier.items())
        if _evidence(_hashes(manifest)) == _evidence(inputs)
    }
    alike = [each for each in same.values() if _figures(each) == figures and "set" in each]
    first = {"set": "before"}
    if alike:  # where folders were put together they may disagree: the later answer is the safe one
        least = min(alike, key=lambda each: (str(each["set"]), str(each.get("after_run", ""))))
        first = {name: least[name] for name in ("set", "after_run") if name in least}
    elif same:
        first = {"set": "after", "after_run": next(iter(same))}
    reasons = [each.model_dump() for each in decision.overrides]
    return {**figures, "overrides": reasons, **first}


def _recorded(manifest: Mapping[str, Any]) -> dict[str, Any]:
    recorded = manifest.get("decision")
    return recorded if isinstance(recorded, dict) else {}


def _figures(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """The figures alone of what a run records."""
    return {k: v for k, v in recorded.items() if k not in ("overrides", "set", "after_run")}


def _hashes(manifest: Mapping[str, Any]) -> dict[str, object]:
    inputs = manifest.get("inputs")
    pairs = inputs.items() if isinstance(inputs, dict) else ()
    return {name: file.get("sha256") for name, file in pairs if isinstance(file, dict)}


def _evidence(hashes: Mapping[str, object]) -> dict[str, object]:
    """Hashes of what others hand in: not of what our own commands write."""
    return {n: digest for n, digest in hashes.items() if n.partition(".")[0] not in _MADE}
