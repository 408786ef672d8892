"""Stage ``service``: required bandwidth, delivered adequacy, and how it is known.

Its own speed tests come before its subscription, that before the register's field; where none of
them has a value, what is delivered is inferred from what is available by two curves: the
probability of no line, and the mean service given a line.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.exam_day import measure_exam_day
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.indicators import delivered
from kalsel_gap.indicators.distribution import Delivered, infer_by_curves, mix, mix_intervals
from kalsel_gap.indicators.inference import (
    MonotoneCurve,
    can_state_both,
    fit_given_line,
    fit_no_line,
)
from kalsel_gap.sources.internet_answers import read_answer
from kalsel_gap.stages import NO_TABLES, Stage, Staged

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.checks import Registers
    from kalsel_gap.project.index import Inference, OwnTests
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Tables

# What a school may have at each place where it may stand: the mixture that its deficit is made of.
SERVICE = (
    *("row_id", "npsn", "place", "weight", "available"),
    *("no_line", "given_line", "concentration", "given_line_at_minimum"),
)
CURVES = ("curve", "available", "value", "schools")
# Quantiles of the project's A_a that stand for one that is unknown.
_QUANTILES = (np.arange(10) + 0.5) / 10
_DECIMALS = 12


def assess_service(
    schools: gpd.GeoDataFrame, opened: Opened, tables: Tables = NO_TABLES, *_: object
) -> Staged:
    """Tests before subscription before the register's field; otherwise inferred from A_a.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.
    tables : mapping of DataFrame
        ``own_tests`` of the stage *signals*, where another percentile than the median counts.

    Returns
    -------
    Staged
        The columns of the stage *service*. Table ``service``: :data:`SERVICE`, for each school of
        which there is evidence a row, or several whose weights add up to 1: the point and the
        claimed area of a doubtful location; quantiles of the project's A_a (``place`` *anywhere*)
        where only A_d is known; ``given_line_at_minimum`` is what ``given_line`` would be if the
        school needed no more bandwidth than the smallest one. Table ``curves``: :data:`CURVES`,
        the curves *no_line* and *given_line* by their knots.
    """
    index, counts = opened.project.index, counted(schools)
    required_mbps = delivered.required_mbps(
        schools["students"].astype("float64"), index.required_mbps
    )
    tested = _tested(schools, index.tests, tables)
    stated = _state(schools, tested, required_mbps, opened)
    curves = _learn(schools[counts], stated.loc[counts], index.inference)
    cases = _cases(schools[counts], stated.loc[counts])
    service = _infer(cases, stated, curves, index.inference.concentration)
    rates = _counted_rates(schools, tested, stated, opened.project.registers)
    columns = _columns(schools, stated, service).join(rates).assign(required_mbps=required_mbps)
    subscribed_mbps = _subscribed(schools, opened.project.registers)["down_mbps"]
    columns = columns.join(
        measure_exam_day(schools, stated, subscribed_mbps, required_mbps, opened.project)
    )
    written = schema.table(columns, schema.of_stage("service"))
    tables = {"service": service[list(SERVICE)], "curves": _as_table(curves)}
    findings = [*_contradictions(schools, stated), *_not_understood(schools, stated)]
    return Staged(written, findings, tables)


STAGE = Stage(
    "service",
    assess_service,
    reads=(
        *("row_id", "npsn", "lat", "is_duplicate", "objections", "level", "students", "internet"),
        *("accounts_active", "available", "available_at_point", "available_in_area"),
        *("point_weight", "measured_down_mbps", "measured_up_mbps", "measured_latency_ms"),
        *("measured_tests", "measured_status", "difficult_down_mbps"),
        *("subscription_down_mbps", "subscription_up_mbps"),
    ),
    sections=(
        *("index.required_mbps", "index.adequacy", "index.inference", "index.tests", "registers"),
        "exam_day",
    ),
    tables=("own_tests",),
    writes=("service",),
)


def counted(schools: pd.DataFrame) -> pd.Series[bool]:
    """Schools that are located, open and no duplicates: the others are neither scored nor asked."""
    return ~schools["is_duplicate"].astype(bool) & ~is_closed(schools) & schools["lat"].notna()


def is_closed(schools: pd.DataFrame) -> pd.Series[bool]:
    """Schools of which an accepted objection has shown that they are closed."""
    return schools["objections"].fillna("").str.contains(r"\bclosed\b").astype(bool)


# --- what sources state --------------------------------------------------------------------------


def _tested(schools: pd.DataFrame, rule: OwnTests, tables: Tables) -> pd.DataFrame:
    """Rates and latency of each school's own tests at the percentile of the project."""
    if rule.percentile == delivered.MEDIAN:  # which the stage *signals* has written
        names = {f"measured_{part}": part for part in delivered.PARTS}
        return schools[list(names)].rename(columns=names)
    found = delivered.percentile_of_tests(tables["own_tests"], rule.percentile)
    return found[list(delivered.PARTS)].reindex(schools["npsn"]).set_axis(schools.index)


def _subscribed(schools: pd.DataFrame, registers: Registers) -> pd.DataFrame:
    """Rates of the declared subscription, which states no latency."""
    found = {
        part: plausible_rate(schools, name, registers)
        if (name := f"subscription_{part}") in schools
        else pd.Series(np.nan, schools.index)
        for part in delivered.PARTS
    }
    return pd.DataFrame(found)


def _counted_rates(
    schools: pd.DataFrame, tested: pd.DataFrame, stated: pd.DataFrame, registers: Registers
) -> pd.DataFrame:
    """The rates and latency that the delivered adequacy is made of, where it is made of any."""
    by_test, subscribed = stated["basis"] == "test", stated["basis"] == "subscription"
    rates = tested.where(by_test, _subscribed(schools, registers).where(subscribed))
    return rates.add_prefix("delivered_")


def _state(
    schools: pd.DataFrame, rates: pd.DataFrame, required_mbps: FloatArray, opened: Opened
) -> pd.DataFrame:
    """What the sources state of each school.

    Returns
    -------
    DataFrame
        ``value``, A_d, NaN where no source states it; ``at_minimum``, the same against the least
        required bandwidth; its ``basis`` and ``status``; ``tests``, how many it rests on;
        ``states_none``, ``states_line``: what the register's field says; ``has_line``: that a line
        is stated; ``is_not_understood``: the field says something else; ``is_contradicted``: that
        it says none, and something else says otherwise.
    """
    rule = opened.project.index
    least_mbps = np.full(len(schools), rule.required_mbps.minimum)

    def of_rates(source: pd.DataFrame, needed: FloatArray) -> pd.Series[float]:
        """A_d of a link against what is needed."""
        down, up, latency = (source[part] for part in delivered.PARTS)
        value = delivered.adequacy(down, up, latency, needed, rule.adequacy)
        return pd.Series(value, index=schools.index)

    of_subscription = _subscribed(schools, opened.project.registers)
    tested, tested_at_minimum = (of_rates(rates, each) for each in (required_mbps, least_mbps))
    subscribed, subscribed_at_minimum = (
        of_rates(of_subscription, each) for each in (required_mbps, least_mbps)
    )
    answer = (
        schools["internet"]
        .fillna("")
        .map(partial(read_answer, answers=opened.project.registers.internet))
    )
    none, has_line = answer == "none", answer == "line"
    active = schools["accounts_active"].astype("Float64").fillna(0.0) > 0
    contradicted = none & (tested.notna() | subscribed.notna() | active.astype(bool))
    register = pd.Series(0.0, schools.index).where(none & ~contradicted)
    by_test = tested.notna()
    basis = np.select(
        [by_test, subscribed.notna(), register.notna()], ["test", "subscription", "register"], ""
    )
    return pd.DataFrame(
        {
            "value": tested.fillna(subscribed).fillna(register),
            "at_minimum": tested_at_minimum.fillna(subscribed_at_minimum).fillna(register),
            "basis": basis,
            "status": np.select(
                [by_test, ~contradicted],
                [schools["measured_status"], "known"],
                "inferred",
            ),
            "tests": schools["measured_tests"].astype("Float64").where(by_test).fillna(0.0),
            "states_none": none,
            "states_line": has_line,
            # A rate that no line has is not believed, but a line it is.
            "has_line": has_line | (schools["subscription_down_mbps"] > 0),
            "is_not_understood": answer == "",
            "is_contradicted": contradicted,
        },
        index=schools.index,
    )


def plausible_rate(schools: pd.DataFrame, column: str, registers: Registers) -> pd.Series[float]:
    """A rate, NaN where no school has such a line: the stage *quality* names it."""
    given, limits = schools[column], registers.highest.get(column)
    if limits is None:
        return given
    highest = schools["level"].map(limits.levels).astype("float64").fillna(limits.otherwise)
    return given.where(given <= highest)


def _contradictions(schools: pd.DataFrame, stated: pd.DataFrame) -> list[Finding]:
    """Registers that state no internet where something else says otherwise."""
    rows = schools.assign(basis=stated["basis"])[stated["is_contradicted"]]
    return [
        at_school(
            "internet_contradicted",
            row["row_id"],
            row["npsn"],
            column="internet",
            value=row["internet"],
            parameters={"evidence": row["basis"] or "accounts"},
        )
        for row in rows[["row_id", "npsn", "internet", "basis"]].to_dict("records")
    ]


def _not_understood(schools: pd.DataFrame, stated: pd.DataFrame) -> list[Finding]:
    """Texts in the register's field that are no answer, once each with how many rows have it."""
    texts = schools.loc[stated["is_not_understood"], "internet"].value_counts().sort_index()
    return [
        Finding(
            "internet_not_understood",
            column="internet",
            value=str(text),
            parameters={"count": int(count)},
        )
        for text, count in texts.items()
    ]


# --- the curves ----------------------------------------------------------------------------------


class _Curves(NamedTuple):
    """What is learned of schools of which nothing is known."""

    no_line: MonotoneCurve
    given_line: MonotoneCurve


def _learn(schools: pd.DataFrame, stated: pd.DataFrame, rule: Inference) -> _Curves:
    """Both curves, each from sources that can state what it is about."""
    available = schools["available"]
    none = stated["states_none"] & ~stated["is_contradicted"]
    line = stated["states_line"]
    says = (none | line) & available.notna()
    if not can_state_both(int(none.sum()), int(line.sum()), minimum=rule.minimum_answers):
        says &= False
    no_line = fit_no_line(available[says], none[says].astype("float64"), prior=rule.prior)
    has_speed = stated["basis"].isin(["test", "subscription"])
    speed = has_speed & available.notna()
    given_line = fit_given_line(available[speed], stated.loc[speed, "value"], prior=rule.prior)
    return _Curves(no_line, given_line)


def _as_table(curves: _Curves) -> pd.DataFrame:
    """Both curves by their knots."""
    frames = [
        curve.as_table().assign(curve=name)
        for name, curve in (("no_line", curves.no_line), ("given_line", curves.given_line))
    ]
    return pd.concat(frames, ignore_index=True).rename(columns={"knot": "available"})[list(CURVES)]


# --- what each school may have -------------------------------------------------------------------


def _cases(schools: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Where each school may stand, and what is available there.

    Returns
    -------
    DataFrame
        ``row_id``, ``npsn``, ``place``, ``weight``, ``available``; indexed as `schools`, whose
        rows may repeat. A school without any evidence has none.
    """
    keys = schools[["row_id", "npsn"]]
    two = schools["available_at_point"].notna() & schools["available_in_area"].notna()
    one = schools["available"].notna() & ~two
    weight = schools["point_weight"]
    frames = [
        keys.assign(place="point", weight=1.0, available=schools["available"])[one],
        keys.assign(place="point", weight=weight, available=schools["available_at_point"])[two],
        keys.assign(place="area", weight=1.0 - weight, available=schools["available_in_area"])[two],
    ]
    anywhere = schools["available"].isna() & stated["value"].notna()
    known = schools["available"].dropna().to_numpy()
    spread = np.quantile(known, _QUANTILES) if known.size else _QUANTILES
    frames += [
        keys[anywhere].assign(place="anywhere", weight=1.0 / len(spread), available=available)
        for available in (spread if anywhere.any() else ())
    ]
    return pd.concat(frames).sort_index(kind="stable")


def _infer(
    cases: pd.DataFrame, stated: pd.DataFrame, curves: _Curves, concentration: float
) -> pd.DataFrame:
    """π, μ and the concentration of A_d in each case.

    A value that is known is one point. One of few or old tests, or that the register contradicts,
    is the mean of a Beta distribution, the narrower the more tests there are.
    """
    own = stated.loc[cases.index]
    is_known = own["value"].notna() & (own["status"] == "known")
    # Tests that are few or old add their number to what a school of the same signal would have.
    sureness = (concentration * (1.0 + own["tests"])).astype("float64")
    found = infer_by_curves(
        cases["available"],
        own["has_line"],
        no_line=curves.no_line,
        given_line=curves.given_line,
        known=own["value"],
        known_concentration=np.where(is_known, np.inf, sureness),
        concentration=concentration,
    )
    return cases.assign(
        no_line=found.no_line,
        given_line=found.given_line,
        concentration=found.concentration,
        given_line_at_minimum=own["at_minimum"].fillna(pd.Series(found.given_line, cases.index)),
    )


def of_cases(service: pd.DataFrame) -> list[tuple[Delivered, FloatArray, FloatArray]]:
    """The cases of schools that all have the same number of them.

    Parameters
    ----------
    service : DataFrame
        :data:`SERVICE`, rows of a school one after the other.

    Returns
    -------
    list of Delivered, A_a and weight
        One for each case, each of shape (schools,).
    """
    number = service.groupby("row_id", sort=False).cumcount()
    return [
        (
            Delivered(
                *(case[name].to_numpy() for name in ("no_line", "given_line", "concentration"))
            ),
            case["available"].to_numpy(),
            case["weight"].to_numpy(),
        )
        for _, case in service.groupby(number.to_numpy(), sort=True)
    ]


def by_number_of_cases(service: pd.DataFrame) -> list[pd.DataFrame]:
    """The table parted by how many cases a school has, for :func:`of_cases`."""
    cases = service.groupby("row_id", sort=False)["row_id"].transform("size")
    return [rows for _, rows in service.groupby(cases.to_numpy(), sort=True)]


def _columns(schools: pd.DataFrame, stated: pd.DataFrame, service: pd.DataFrame) -> pd.DataFrame:
    """What is delivered, its interval and how it is known, for every school."""
    columns = pd.DataFrame(index=schools.index)
    for name in ("delivered", "delivered_low", "delivered_high"):
        # What is known of schools that are not scored stays beside them.
        columns[name] = stated["value"]
    for rows in by_number_of_cases(service):
        of_school = rows.index[~rows.index.duplicated()]
        cases = of_cases(rows)
        weights = [weight for _, _, weight in cases]
        mean = mix([d.mean() for d, _, _ in cases], weights)
        if len(cases) == 1:
            low, high = cases[0][0].interval()
        else:  # with λ = 1 a deficit is what is not delivered
            least, most = mix_intervals(
                [(d, a) for d, a, _ in cases], weights, weight_delivered=1.0
            )
            low, high = 1.0 - most, 1.0 - least
        columns.loc[of_school, "delivered"] = mean
        # Next to nothing is nothing: 1e-249 means nothing to a reader.
        columns.loc[of_school, "delivered_low"] = np.minimum(low.round(_DECIMALS), mean)
        columns.loc[of_school, "delivered_high"] = np.maximum(high.round(_DECIMALS), mean)
    known = columns["delivered"].notna()
    columns["delivered_status"] = np.where(
        known, np.where(stated["value"].notna(), stated["status"], "inferred"), "unknown"
    )
    inferred = np.where(stated["has_line"], "provider", "curves")
    basis = stated["basis"].where(stated["basis"] != "", pd.Series(inferred, schools.index))
    columns["delivered_basis"] = basis.where(known)
    return columns
