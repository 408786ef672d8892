"""How a plan was found, and several plans beside each other, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables.sections import Bar, Bars, PageSection, WordTable
from kalsel_gap.i18n.plan_names import ENDINGS, OBJECTIVE_NAMES, name_of
from kalsel_gap.i18n.rupiah import short_rupiah
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from kalsel_gap.planning.sweep import BudgetCurve

_DIGITS = {"students": 0, "schools": 0, "cost": 0, "gap": 2}


def ending_sentences(facts: Mapping[str, Any], text: Text) -> Iterator[str]:
    """How the solver ended: value, bound and gap in plain words.

    Parameters
    ----------
    facts : mapping
        As :func:`.plan_tables.plan_facts` gives them.
    text : Text
        The reader's language.
    """
    if ending := ENDINGS.get(str(facts["status"])):
        yield text(ending)
    value, bound, gap = (facts.get(name) for name in ("value", "bound", "gap"))
    if value is None:
        return
    objective = str(facts["objective"])
    shown = {"value": objective_value(value, objective, text)}
    if bound is None or gap is None:
        yield text(N_("Its value: {value}."), **shown)
        return
    words = N_(
        "Its value: {value}. No plan within these ceilings has more than {bound}: it is within "
        "{gap} % of the best one."
    )
    if objective == "cost":
        words = N_(
            "Schools that it connects: {value}. No plan within these ceilings connects more than "
            "{bound}: it is within {gap} % of the most. Of such plans the cheapest was sought."
        )
    yield text(
        words, **shown, bound=objective_value(bound, objective, text), gap=percent(gap, text)
    )


def objective_value(value: object, objective: str, text: Text) -> str:
    """What a plan reaches of its objective; of *cost* the schools, which come before the cost.

    Examples
    --------
    >>> objective_value(2.5, "gap", Text("en")), objective_value(12.0, "cost", Text("en"))
    ('2.50', '12')
    """
    return text.number(float(str(value)), _DIGITS.get(objective, 2))


def percent(share: object, text: Text) -> str:
    """A share as per cent, rounded up at the second decimal: it is a proven limit.

    Examples
    --------
    >>> percent(0.0, Text("en")), percent(0.00412, Text("en")), percent(0.0123, Text("en"))
    ('0', '0.42', '1.23')
    """
    hundredths = -int(-float(str(share)) * 10_000 // 1) if share is not None else 0
    digits = 2 if hundredths % 10 else 1 if hundredths % 100 else 0
    return text.number(hundredths / 100, digits)


def objectives_section(table: pd.DataFrame, text: Text) -> PageSection:
    """What the plan of each objective reaches.

    Parameters
    ----------
    table : DataFrame
        Of :func:`.plan_tables.compare_objectives`.
    text : Text
        The reader's language.
    """
    rows = tuple(
        (
            name_of(row["objective"], OBJECTIVE_NAMES, text),
            text.number(row["schools"]),
            text.number(row["students"]),
            text.number(row["gap_closed"], 1),
            short_rupiah(row["total_idr"], text),
            f"{percent(row['gap'], text)} %",
        )
        for row in table.to_dict("records")
    )
    heads = (
        *(N_("Objective"), N_("Schools"), N_("Pupils"), N_("Gap closed"), N_("Spent")),
        N_("Proven within"),
    )
    words = N_(
        "Gap closed: expected fall of the deficit, weighted by priority, times the years of "
        "service. Spent: within all ceilings, with PPN."
    )
    return PageSection(
        text(N_("Objectives compared")),
        "objectives",
        said=[text(words)],
        grids=[WordTable("", tuple(map(text, heads)), rows, frozenset({1, 2, 3, 4, 5}))],
    )


def curve_section(curve: BudgetCurve, text: Text) -> PageSection:
    """The curve of a sweep, a bar for each budget, and where it bends."""
    points = curve.points
    most = max((each.value for each in points), default=0.0)
    bars = Bars(
        text(N_("Value of the plan by total budget")),
        tuple(
            Bar(
                short_rupiah(each.total_idr, text),
                each.value,
                text(
                    N_("{schools} schools, {students} pupils"),
                    schools=text.number(each.schools),
                    students=text.number(each.students),
                ),
            )
            for each in points
        ),
        most if most > 0.0 else 1.0,
    )
    gap = max((each.gap for each in points), default=0.0)
    words = N_("Each plan is within {gap} % of the best one of its budget.")
    said = [knee_sentence(curve, text), text(words, gap=percent(gap, text))]
    return PageSection(text(N_("What a larger budget buys")), "sweep", said=said, bars=[bars])


def knee_sentence(curve: BudgetCurve, text: Text) -> str:
    """Where the curve bends, and what a billion buys before and beyond."""
    if curve.knee is None:
        return text(N_("The curve has no knee: more money buys as much all over this range."))
    first, knee, last = curve.points[0], curve.knee, curve.points[-1]

    def rate(one: Any, other: Any) -> str:  # noqa: ANN401 - two points
        billions = (other.total_idr - one.total_idr) / 1e9
        return text.number((other.schools - one.schools) / billions, 1)

    words = N_(
        "The knee of the curve is at {total}: up to there one more billion rupiah connects "
        "{before} more schools on average, beyond it {beyond}."
    )
    return text(
        words,
        total=short_rupiah(knee.total_idr, text),
        before=rate(first, knee),
        beyond=rate(knee, last),
    )
