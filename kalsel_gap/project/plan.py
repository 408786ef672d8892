"""Models of ``plan.toml``: years, ceilings, floors, limits of delivery, and who pays."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from kalsel_gap.errors import ProjectError
from kalsel_gap.project.base import Section, Share, Sourced, Sureness, default_values
from kalsel_gap.project.costs import MOST_IDR, MOST_YEARS, OptionCode
from kalsel_gap.project.inputs import InputPath
from kalsel_gap.project.robustness import Whole
from kalsel_gap.schema import SchoolLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Objective = Literal["gap", "students", "cost", "schools"]
OpexSource = Literal["bos", "owner"]
AccessCode = Literal["road", "boat", "unknown"]
BudgetYear = Annotated[int, Field(ge=2000, le=2100)]
# Of all kabupaten, or of the whole country; the others are of one by its code.
ENVELOPES = ("apbd_province", "hibah_province", "kemenag", "dak", "bos", "central")
# Of a kabupaten or kota by its code with _ in the place of the point: apbd_63_01.
_OF_KABUPATEN = re.compile(r"(?:apbd|hibah)_(?:[0-9]{2}_[0-9]{2}|[0-9]{4})")


def _known_form(envelope: str) -> str:
    if envelope not in ENVELOPES and not _OF_KABUPATEN.fullmatch(envelope):
        raise ValueError("plan_envelope_form")
    return envelope


EnvelopeCode = Annotated[str, AfterValidator(_known_form)]
PlanNpsn = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,20}$")]


class Ceiling(Section):
    """What an envelope may pay in a year."""

    envelope: EnvelopeCode
    """Who pays: ``apbd_province``, ``apbd_63_01`` (of a kabupaten or kota, by its code),
    ``hibah_province``, ``hibah_63_01``, ``kemenag``, ``dak``, ``bos`` or ``central``."""
    year: BudgetYear
    """Budget year."""
    amount: Annotated[int, Field(ge=0, le=MOST_IDR)]
    """Ceiling (pagu) with PPN, rupiah."""


class Floors(Section):
    """Least share of a group's schools that a plan serves, of those that envelopes could pay."""

    kabupaten: Share = 0.0
    """In each kabupaten or kota."""
    coast_mountain: Share = 0.0
    """On the coast, on small islands and in the mountains together."""
    level: dict[SchoolLevel, Share] = {}
    """Of schools of a level."""


class AccessRule(Sourced):
    """What the way to a school adds to an installation."""

    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""
    installations: Whole
    """Installations of a team that one of such a school takes the place of."""
    wait_months: Annotated[int, Field(ge=0, le=24)]
    """Months that are lost to the season, added to the lead time."""


class Payers(Sourced):
    """Who pays beside the owner of a school, and the names of offices."""

    date: str
    """When the table was set."""
    confidence: Sureness
    """How sure it is."""
    central_options: tuple[OptionCode, ...]
    """Options that the central government pays for."""
    dak_levels: tuple[SchoolLevel, ...]
    """Levels of public schools whose capital spending DAK may pay, where it has a ceiling."""
    skpd: dict[str, str]
    """Office that proposes the spending, by envelope: ``apbd_province``, ``apbd_kabupaten`` and so
    on; ``{kabupaten}`` in it stands for the name of the kabupaten or kota."""


class PlanRules(Section):
    """What a plan may spend, must do and may not do: ``defaults/plan.toml``.

    It changes no ranking: a run does not record it, a plan does.
    """

    source: str
    """Where the figures come from."""
    date: str
    """When the figures were set."""
    confidence: Sureness
    """How sure the figures are."""
    years: tuple[BudgetYear, ...] = ()
    """Budget years, one after the other. By default three, from ``start_year`` on."""
    start_year: BudgetYear | None = None
    """First budget year, where ``years`` states none. By default the one after the latest date of
    the data."""
    horizon_years: Annotated[int, Field(ge=1, le=MOST_YEARS)]
    """Years from the first budget year on in which service counts."""
    objective: Objective
    """What is made as large as possible: ``gap`` (of the gap closed, by priority), ``students``,
    ``schools``; or ``cost``: all schools that can be, at the least cost."""
    ceilings: tuple[Ceiling, ...] = ()
    """What each envelope may pay in each year. One without any is unknown, never unlimited: its
    schools are planned apart, as unfunded demand."""
    floors: Floors = Floors()
    """Least shares of groups of schools."""
    must_include: tuple[PlanNpsn, ...] = ()
    """NPSN of schools that the plan must serve."""
    must_exclude: tuple[PlanNpsn, ...] = ()
    """NPSN of schools that the plan leaves out."""
    promised: tuple[PlanNpsn, ...] = ()
    """NPSN of schools promised by a national programme: left out, beside those of which an
    accepted objection says that a connection is planned."""
    supply: dict[OptionCode, dict[BudgetYear, Annotated[int, Field(ge=0)]]] = {}
    """Installations of an option that can be supplied in a year: ``leo = { 2027 = 100 }``."""
    teams: dict[BudgetYear, Annotated[int, Field(ge=0)]] = {}
    """Installations that all teams together manage in a year."""
    access: dict[AccessCode, AccessRule]
    """What the way to a school adds, by ``road``, ``boat`` or ``unknown``."""
    multi_year: bool
    """Whether capital spending may be split over budget years by lead time (tahun jamak)."""
    opex_source: OpexSource
    """Who pays running costs: ``bos``, where a ceiling of BOS is stated, otherwise the owner; or
    always ``owner``. Madrasah and central programmes pay their own."""
    gap: Annotated[float, Field(ge=0.0, le=1.0)]
    """The search ends when no plan can be better by more than this share."""
    nodes: Whole
    """The search ends after so many nodes at the latest."""
    delivery: InputPath | None = None
    """Table of what was proposed, accepted, refused, delivered, active or used so far: NPSN,
    option, state, date, cost. CSV or workbook, headers in Indonesian or English."""
    payers: Payers
    """Who pays beside the owner."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.years and list(self.years) != list(
            range(self.years[0], self.years[0] + len(self.years))
        ):
            raise ValueError("plan_years_gap")
        cells = [(each.envelope, each.year) for each in self.ceilings]
        if len(set(cells)) != len(cells):
            raise ValueError("plan_ceiling_twice")
        if set(self.must_include) & {*self.must_exclude, *self.promised}:
            raise ValueError("plan_must_both")
        return self

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("plan"))

    def ceiling_of(self) -> dict[tuple[str, int], int]:
        """Rupiah by envelope and year, where a ceiling is stated."""
        return {(each.envelope, each.year): each.amount for each in self.ceilings}


def envelope_codes(kabupaten: Iterable[str], near: str = "") -> list[str]:
    """Every envelope that there is, those most like a text first.

    Parameters
    ----------
    kabupaten : iterable of str
        Codes of kabupaten and kota.
    near : str
        As it was typed.

    Examples
    --------
    >>> envelope_codes(["63.01"], "hibah_63_1")[:2]
    ['hibah_63_01', 'apbd_63_01']
    """
    codes = sorted({each.replace(".", "_") for each in kabupaten if each})
    every = [*ENVELOPES, *(f"{kind}_{code}" for kind in ("apbd", "hibah") for code in codes)]
    return sorted(every, key=lambda each: -SequenceMatcher(None, near, each).ratio())


def unknown_envelopes(
    rules: PlanRules, kabupaten: Iterable[str], path: Path
) -> Iterator[ProjectError]:
    """Ceilings of a kabupaten or kota that there is not: nothing would be paid from them.

    Parameters
    ----------
    rules : PlanRules
    kabupaten : iterable of str
        Codes of those that there are; without any nothing is judged.
    path : Path
        The project file.
    """
    codes = list(kabupaten)
    known = set(envelope_codes(codes))
    if not codes:
        return
    for number, ceiling in enumerate(rules.ceilings):
        if ceiling.envelope not in known:
            known.add(ceiling.envelope)  # once, whatever the number of its years
            yield ProjectError(
                "plan_envelope_unknown",
                path=path,
                column=f"plan.ceilings.{number}.envelope",
                value=ceiling.envelope,
                known=", ".join(envelope_codes(codes, ceiling.envelope)),
            )
