"""Accuracy of the inferred service on simulated truth: bias, interval coverage, steepest slope.

Provinces of 3,823 schools with known true service are simulated. The inference gets a survey, tests
or the register's field of some schools; its result for the others is compared with the truth: with
the prior alone, and fitted. All numbers are seeded: ``python benchmarks/inference.py``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kalsel_gap.indicators.distribution import (
    deficit_without_service,
    infer_delivered,
    tier_probabilities,
)
from kalsel_gap.indicators.inference import (
    MonotoneCurve,
    can_state_both,
    fit_given_line,
    fit_no_line,
    prior_given_line,
    prior_no_line,
)
from kalsel_gap.project.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

SCHOOLS = 3823
LEARNED = (30, 100, 400)
WEIGHT_DELIVERED = 0.6
TIERS = (0.8, 0.6, 0.4, 0.2)
BIAS = 0.02
COVERAGE = (0.88, 0.97)
RULE = Index.shipped().inference
PRIOR = RULE.prior
CONCENTRATION = RULE.concentration
by_prior_no_line = partial(prior_no_line, prior=PRIOR)
by_prior_given_line = partial(prior_given_line, prior=PRIOR)
UNLEARNED = fit_no_line([], [], prior=PRIOR), fit_given_line([], [], prior=PRIOR)
SOURCES = {
    "survey": "speed or none, of schools at random",
    "tests": "speed, of schools with a line only",
    "register": "none or a provider, of schools at random",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """A simulated truth: probability of no line and mean service given a line, by A_a."""

    name: str
    no_line: Callable[[FloatArray], FloatArray]
    given_line: Callable[[FloatArray], FloatArray]


TRUTHS = (
    Truth("the prior", by_prior_no_line, by_prior_given_line),
    Truth("10 % more unconnected", lambda a: by_prior_no_line(a) + 0.10, by_prior_given_line),
    Truth("steeper", lambda a: 0.02 + 0.75 * (1.0 - a), lambda a: np.maximum(0.95 * a, 0.05)),
    Truth("flatter", lambda a: 0.15 + 0.20 * (1.0 - a), lambda a: np.maximum(0.5 * a, 0.2)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Province:
    """Schools, their true service, and what is known of some of them."""

    available: FloatArray
    delivered: FloatArray
    has_line: BoolArray
    shown: BoolArray
    source: str

    @property
    def knows_speed(self) -> BoolArray:
        """A_d is known; from the register only for schools without a line."""
        return self.shown & ~self.has_line if self.source == "register" else self.shown

    def curves(self) -> tuple[MonotoneCurve, MonotoneCurve]:
        """Both curves, learned from what the source can state."""
        line, none = self.shown & self.has_line, self.shown & ~self.has_line
        states_both = self.source != "tests" and can_state_both(
            int(none.sum()), int(line.sum()), minimum=RULE.minimum_answers
        )
        both = self.shown & states_both
        speed = line & (self.source != "register")
        return (
            fit_no_line(self.available[both], ~self.has_line[both], prior=PRIOR),
            fit_given_line(self.available[speed], self.delivered[speed], prior=PRIOR),
        )


def draw(truth: Truth, source: str, known: float, rng: np.random.Generator) -> Province:
    """A province in which the share `known` of the schools is given to the inference."""
    # Many schools share a value: no signal, declared 4G, a fixed network.
    kind = rng.random(SCHOOLS)
    available = np.select(
        [kind < 0.10, kind < 0.25, kind < 0.35],
        [0.0, 0.95, 0.5],
        0.95 * rng.beta(2.0, 2.0, SCHOOLS),
    )
    has_line = rng.random(SCHOOLS) >= truth.no_line(available)
    mean = truth.given_line(available)
    service = rng.beta(CONCENTRATION * mean, CONCENTRATION * (1.0 - mean))
    candidates = np.flatnonzero(has_line) if source == "tests" else np.arange(SCHOOLS)
    shown = np.zeros(SCHOOLS, dtype=bool)
    shown[rng.choice(candidates, min(int(known), candidates.size), replace=False)] = True
    return Province(available, np.where(has_line, service, 0.0), has_line, shown, source)


def judge(
    province: Province, curves: tuple[MonotoneCurve, MonotoneCurve]
) -> tuple[float, float, float]:
    """Bias and coverage of A_d at schools of which it is unknown; the largest bias of a third."""
    unknown = ~province.knows_speed
    available, truth = province.available[unknown], province.delivered[unknown]
    no_line, given_line = curves
    line = province.shown & province.has_line
    inferred = infer_delivered(
        no_line.at(available),
        given_line.at(available),
        line[unknown],
        concentration=CONCENTRATION,
    )
    error = inferred.mean() - truth
    low, high = inferred.interval()
    # The whole probability mass at zero counts: an interval that begins at 0 contains it.
    held = float(np.mean((truth >= low) & (truth <= high)))
    thirds = np.digitize(available, [0.3, 0.6])
    by_third = [float(error[thirds == third].mean()) for third in range(3)]
    return float(error.mean()), held, max(by_third, key=abs)


def steepest(curves: tuple[MonotoneCurve, MonotoneCurve]) -> float:
    """Largest |dD/dA_a| of a pair of curves."""
    a = np.linspace(0.0, 1.0, 10_001)
    nobody = np.zeros(a.shape, dtype=bool)
    no_line, given_line = (curve.at(a) for curve in curves)
    inferred = infer_delivered(no_line, given_line, nobody, concentration=CONCENTRATION)
    deficit = (1.0 - inferred.mean()) * deficit_without_service(
        a, weight_delivered=WEIGHT_DELIVERED
    )
    return float(np.abs(np.diff(deficit) / np.diff(a)).max())


def compare_sources(repeats: int) -> float:
    """Print bias and coverage of every truth and source; the steepest slope met."""
    slope = steepest(UNLEARNED)
    print("Inferred A_d against the truth, before → after learning; * outside the aim.")
    print("Means over provinces; sd is that of the bias of one province after learning.")
    print(f"Aim where the truth is the prior: bias within ±{BIAS}, coverage {COVERAGE}.\n")
    print(
        f"{'truth':22}{'source':10}{'known':>6}{'bias':>20}{'sd':>8}"
        f"{'worst third':>20}{'coverage':>18}"
    )
    for truth in TRUTHS:
        for source in SOURCES:
            for known in LEARNED:
                rng = np.random.default_rng(
                    [known, TRUTHS.index(truth), list(SOURCES).index(source)]
                )
                rows = []
                for _ in range(repeats):
                    province = draw(truth, source, known, rng)
                    curves = province.curves()
                    slope = max(slope, steepest(curves))
                    before = judge(
                        province,
                        (fit_no_line([], [], prior=PRIOR), fit_given_line([], [], prior=PRIOR)),
                    )
                    rows.append([before, judge(province, curves)])
                (b0, c0, w0), (b1, c1, w1) = np.mean(rows, axis=0)
                spread = np.std([after[0] for _, after in rows])
                is_off = abs(b1) > BIAS or not COVERAGE[0] <= c1 <= COVERAGE[1]
                mark = " *" if is_off else ""
                print(
                    f"{truth.name:22}{source:10}{known:6}{b0:+11.4f} → {b1:+.4f}"
                    f"{spread:8.4f}{w0:+11.4f} → {w1:+.4f}{c0:10.3f} → {c1:.3f}{mark}"
                )
    for name, text in SOURCES.items():
        print(f"  {name}: {text}")
    return slope


def compare_shares(repeats: int) -> None:
    """Print the effect of tests at a large share of the connected schools on the others."""
    print(
        "\nTests take connected schools out of the unknown ones: π is of all schools, not of these."
    )
    print("Truth: the prior.\n")
    print(f"{'share tested':>12}{'bias':>10}{'coverage':>10}")
    for share in (0.05, 0.1, 0.2, 0.4, 0.7):
        rng = np.random.default_rng(int(1000 * share))
        rows = []
        for _ in range(repeats):
            connected = float((1.0 - by_prior_no_line(np.array(0.48))) * SCHOOLS)
            province = draw(TRUTHS[0], "tests", share * connected, rng)
            rows.append(judge(province, province.curves())[:2])
        bias, held = np.mean(rows, axis=0)
        print(f"{share:12.0%}{bias:+10.4f}{held:10.3f}")


def adequate_at_best() -> None:
    """Print the largest probability of an adequate school under the default prior."""
    best = np.array([0.95, 0.95, 1.0, 1.0])
    named = np.array([False, True, False, True])
    inferred = infer_delivered(
        by_prior_no_line(0.95),
        by_prior_given_line(np.full(4, 0.95)),
        named,
        concentration=CONCENTRATION,
    )
    sure = tier_probabilities(inferred, best, TIERS, weight_delivered=WEIGHT_DELIVERED)[:, -1]
    print(
        f"\nP(D < .2) with the shipped prior, at most: {sure[[0, 2]].max():.3f}; "
        f"where a provider is named {sure[[1, 3]].max():.3f}. Adequate is said from .8."
    )


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30, help="provinces of each line")
    repeats = parser.parse_args().repeats
    begin = time.perf_counter()
    slope = compare_sources(repeats)
    compare_shares(repeats)
    adequate_at_best()
    print(f"Steepest dD/dA_a of all curves: {slope:.2f}; a cliff would be above 20.")
    print(f"{time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main()
