"""Models of ``objections.toml``: what may be contradicted, and what is enough evidence for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kalsel_gap.project.base import NotNegative, Positive, Sourced, Sureness
from kalsel_gap.project.inputs import InputPath
from kalsel_gap.project.robustness import Whole

ObjectionCode = Literal[
    "availability", "speed", "latency", "location", "enrolment", "planned", "closed"
]
EvidenceKind = Literal["test", "letter", "bill", "photo", "register", "decree", "contract"]
SignerKind = Literal[
    "principal", "operator", "committee", "village", "office", "provider", "public"
]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Annotated[int, Field(ge=1, le=7)]
Abbreviation = Annotated[str, Field(pattern=r"^[A-Z]{1,20}$")]


class DatedRule(Sourced):
    """A rule of evidence: it names its source, when it was set, and how sure it is."""

    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""


class TestRule(DatedRule):
    """Speed tests that are evidence."""

    __test__ = False

    from_: Annotated[ClockTime, Field(alias="from")]
    """Beginning of the school hours, by the clock at the school."""
    until: ClockTime
    """Their end."""
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    """School days: 1 is Monday, 7 is Sunday."""
    minimum_tests: Whole
    """Fewest valid tests."""
    minimum_days: Whole
    """Fewest different days of these tests."""
    least_radius_m: Positive
    """Least radius of the circle inside which a test must be made, m; otherwise that of the grade
    of the school's location."""


class PlaceRule(DatedRule):
    """Locations that are evidence."""

    least_m: NotNegative
    """A place nearer than this to the listed one is the same place, m."""
    minimum_decimals: Annotated[int, Field(ge=0)]
    """Fewest decimals of degrees."""
    near_km: NotNegative
    """Largest distance from the area that the register claims, km; farther off an office must
    confirm it."""


class CountRule(DatedRule):
    """Numbers of pupils that are evidence."""

    most_factor: Annotated[float, Field(gt=1.0)]
    """A number more than so many times the listed one, or less than its part, must be confirmed by
    an office."""


class CodeRule(DatedRule):
    """What is enough for an objection of one code."""

    evidence: Annotated[tuple[EvidenceKind, ...], Field(min_length=1)]
    """Kinds of evidence that are enough."""
    signers: Annotated[tuple[SignerKind, ...], Field(min_length=1)]
    """Kinds of signers that need no confirmation by an office."""
    valid_months: Whole
    """Months that the evidence may be older than the objection, or than the data of the project
    where they are later."""


class Objections(DatedRule):
    """Objections to the list, and the evidence that they need."""

    path: InputPath
    """Judged objections, a table that ``objections import`` writes. While it is missing there are
    none."""
    used: bool
    """Whether accepted objections count; ``false`` ranks as if there were none."""
    tests: TestRule
    """Of speed and latency objections."""
    places: PlaceRule
    """Of location objections."""
    counts: CountRule
    """Of enrolment objections."""
    codes: dict[ObjectionCode, CodeRule]
    """By code; one that is missing cannot be contradicted."""
    abbreviations: tuple[Abbreviation, ...]
    """Words that the number of a document may have beside digits and Roman numerals: of offices,
    schools and kinds of letters, in capital letters. A document with another word is not read, for
    it could be the name of a person."""
    own_abbreviations: tuple[Abbreviation, ...] = ()
    """Further ones of the project: never the name or the initials of a person."""

    @property
    def known_abbreviations(self) -> frozenset[str]:
        """All words that the number of a document may have."""
        return frozenset((*self.abbreviations, *self.own_abbreviations))
