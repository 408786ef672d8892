"""How sure a list is and what it depends on, as sections of sentences and tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.i18n.messages import ASSUMPTIONS
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.robustness.sensitivity import ORDERS, RESULTS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    import pandas as pd

    from kalsel_gap.robustness.sensitivity import ListSensitivity, Order
    from kalsel_gap.storage.run_folder import Run

_LEAST_SHARE = 0.01  # of a variance: assumptions below it are named together
_PAIRS = 8  # of leaves that a table shows
_FIRSTS = 8  # schools that could be first
_FEW = 3  # NPSN or weights in a cell
_LEAST_SHIFT = 0.5  # of a rank: without a leaf that moves the list less, it stays as it is
_ORDER_NAMES: dict[Order, str] = {"deficit": N_("By deficit"), "priority": N_("By priority")}


def certainty_sections(run: Run, found: ListSensitivity, text: Text) -> tuple[PageSection, ...]:
    """How sure a list is, what it depends on, which leaves say the same, which schools change.

    Parameters
    ----------
    run : Run
        The run; its record has the three sets where it was made with draws.
    found : ListSensitivity
        Of this run.
    text : Text
        The reader's language.
    """
    words = _Words(run, text)
    return (
        _sets(run, found, words),
        _depends(found, words),
        _correlated(found, words),
        _without(found, words),
        _firsts(run, found, words),
    )


# --- words ---------------------------------------------------------------------------------------


class _Words:
    """Names and numbers of a run in the reader's language."""

    def __init__(self, run: Run, text: Text) -> None:
        self.text, self.parameters = text, run.manifest.get("parameters", {})

    def __call__(self, message: str, **params: object) -> str:
        return self.text(message, **params)

    def name(self, code: str) -> str:
        """A leaf by the label of its column, another assumption by its own name."""
        if code in ASSUMPTIONS:
            return self.text(ASSUMPTIONS[code])
        column = schema.BY_NAME.get(str(self.parameters.get(f"index.nodes.{code}.column")))
        return self.text(column.label) if column else plain(code)

    def number(self, value: float, digits: int = 2) -> str:
        return self.text.number(value, digits) or "–"

    def percent(self, share: float) -> str:
        """A share in whole per cent, which says neither none nor all unless it is."""
        if math.isnan(share):
            return "–"
        percent = 100.0 * share
        if 0.0 < percent < 1.0:
            return "<1%"
        return f"{self.text.number(min(percent, 99.0) if share < 1.0 else percent)}%"

    def few(self, listed: str) -> str:
        """The first few of a list of NPSN, and how many more there are."""
        each = [plain(npsn) for npsn in listed.split(", ") if npsn]
        more = len(each) - _FEW
        shown = ", ".join(each[:_FEW])
        if more > 0:
            return self.text(N_("{listed} and {count} more"), listed=shown, count=more)
        return shown or "–"

    def heads(self, *labels: str) -> tuple[str, ...]:
        """Headers of a table."""
        return tuple(map(self.text, labels))


# --- sections ------------------------------------------------------------------------------------


def _sets(run: Run, found: ListSensitivity, words: _Words) -> PageSection:
    """The three sets in a sentence each, and how far the list moves."""
    title = words(N_("How sure the list is"))
    figures: dict[str, Any] = run.manifest.get("certainty") or {}
    sentences, rows = [], []
    if figures.get("draws"):
        confidence = float(figures["confidence"])
        params = {
            "k": words.text.number(figures["k"]),
            "percent": words.percent(confidence),
            "both": words.percent(max(0.0, 2.0 * confidence - 1.0)),
            **{name: words.text.number(figures[name]) for name in schema.TOP_K_SETS},
        }
        sentences = [
            words(
                N_(
                    "Certain schools: {certain}. All of them are among the first {k}, with a "
                    "probability of {percent}."
                ),
                **params,
            ),
            words(
                N_(
                    "Schools that are out: {out}. None of them is among the first {k}, with a "
                    "probability of {percent}."
                ),
                **params,
            ),
            words(
                N_("Both statements hold together with a probability of at least {both}."), **params
            ),
            words(
                N_(
                    "Contested schools: {contested}. What is known does not decide whether they "
                    "are among the first {k}."
                ),
                **params,
            ),
        ]
        for kind, label in (
            ("both", N_("data and values, by deficit")),
            ("data", N_("data, by deficit")),
        ):
            moved = (figures[f"{result}_{kind}"] for result in RESULTS)
            rows.append((words(label), *_moved(moved, words)))
    else:
        sentences = [
            words(
                N_(
                    "This run has no draws: nothing is stated of how sure the list is. Rank "
                    "without --draws 0."
                )
            )
        ]
    names = {
        "deficit": N_("values, by deficit"),
        "priority": N_("values, by priority"),
    }
    for row in found.list_shifts.to_dict("records") if found.draws else ():
        moved = (row[result] for result in RESULTS)
        rows.append((words(names[row["order"]]), *_moved(moved, words)))
    if rows:
        sentences.append(
            words(
                N_(
                    "Data: levels, positions and service are drawn from their distributions. "
                    "Values: the figures of the method are drawn instead ({draws} draws)."
                ),
                draws=words.text.number(found.draws or figures["draws"]),
            )
        )
    table = WordTable(
        words(N_("How far the list moves when something is drawn")),
        words.heads(N_("What is drawn"), N_("Mean shift of a rank"), N_("Of the first k stay")),
        tuple(rows),
        frozenset({1, 2}),
    )
    return PageSection(title, "sets", said=sentences, grids=[table] if rows else [])


def _moved(moved: Iterable[float], words: _Words) -> tuple[str, str]:
    shift, overlap = map(float, moved)
    return words.number(shift, 1), words.percent(overlap)


def _depends(found: ListSensitivity, words: _Words) -> PageSection:
    """Sobol indices of each assumption beside its nominal figure."""
    title = words(N_("What the list depends on"))
    if found.sensitivity.empty:
        sentence = words(N_("Without draws it is not known which figure of the method counts."))
        return PageSection(title, "depends", said=[sentence])
    error = found.sensitivity["total_error"].max()
    sentences = [
        words(
            N_(
                "How much of the variance of a result each figure of the method accounts for, "
                "alone and together with others (Sobol indices from {count} lists; standard error "
                "at most {error}). A weight is shown as its share among those beside it."
            ),
            count=words.text.number(found.evaluations),
            error=words.number(float(error)),
        )
    ]
    tables = []
    for order in ORDERS:
        of_order = found.sensitivity[found.sensitivity["order"] == order]
        table, minor = _indices_table(of_order, order, words)
        tables.append(table)
        if minor:
            sentences.append(
                words(
                    N_("{order}, figures with less than {least} each: {names}."),
                    order=words(_ORDER_NAMES[order]),
                    least=words.number(_LEAST_SHARE),
                    names=", ".join(minor),
                )
            )
        if of_order.loc[of_order["result"] == RESULTS[1], "total"].isna().all():
            sentences.append(
                words(
                    N_("{order}, the first {k} are the same whatever the figures."),
                    order=words(_ORDER_NAMES[order]),
                    k=words.text.number(found.k),
                )
            )
    shown = [table for table in tables if table.rows]
    return PageSection(title, "depends", said=sentences, grids=shown)


def _indices_table(
    of_order: pd.DataFrame, order: Order, words: _Words
) -> tuple[WordTable, list[str]]:
    """The assumptions that count, the largest first, and the names of the others."""
    of_result = {
        result: of_order[of_order["result"] == result].set_index("assumption") for result in RESULTS
    }
    shift, overlap = of_result.values()
    total = shift["total"].fillna(0.0).clip(lower=overlap["total"].fillna(0.0))
    rows, minor = [], []
    for code in total.sort_values(ascending=False, kind="stable").index:
        if total[code] < _LEAST_SHARE:
            minor.append(words.name(code))
            continue
        # An index below 0 or above 1 is an error of the sample; a missing one stays missing.
        indices = (
            words.number(table[name].clip(0.0, 1.0)[code])
            for table in (shift, overlap)
            for name in ("first_order", "total")
        )
        nominal = words.number(float(shift["nominal"][code]))
        rows.append((words.name(code), nominal, *indices))
    table = WordTable(
        words(_ORDER_NAMES[order]),
        words.heads(
            N_("Weight or figure"),
            N_("As it is"),
            N_("Shift of ranks, alone"),
            N_("with others"),
            N_("First k, alone"),
            N_("with others"),
        ),
        tuple(rows),
        frozenset(range(1, 6)),
    )
    return table, minor


def _correlated(found: ListSensitivity, words: _Words) -> PageSection:
    """Leaves that say the same, and the strongest correlations."""
    title = words(N_("Which indicators say the same"))
    known = found.leaf_correlations.dropna(subset=["correlation"])
    pairs = [
        (words.name(row["leaf"]), words.name(row["other"]), words.number(row["correlation"]), row)
        for row in known.to_dict("records")
    ]
    warnings = [
        words(
            N_(
                "{leaf} and {other} say the same of the schools (rank correlation {rho}): together "
                "they count twice."
            ),
            leaf=leaf,
            other=other,
            rho=rho,
        )
        for leaf, other, rho, row in pairs
        if row["says_the_same"]
    ]
    sentences = [] if warnings else [words(N_("No two indicators say the same of the schools."))]
    table = WordTable(
        words(N_("Strongest rank correlations (Spearman)")),
        words.heads(N_("Indicator"), N_("Other indicator"), N_("Correlation")),
        tuple((leaf, other, rho) for leaf, other, rho, _ in pairs[:_PAIRS]),
        frozenset({2}),
    )
    return PageSection(title, "leaves", warnings, said=sentences, grids=[table] if pairs else [])


def _without(found: ListSensitivity, words: _Words) -> PageSection:
    """What the list would be without a leaf or a part of the deficit."""
    title = words(N_("The list without one indicator"))
    tables, still = [], []
    for order in ORDERS:
        of_order = found.without_leaf[found.without_leaf["order"] == order]
        of_order = of_order.sort_values("mean_rank_shift", ascending=False, kind="stable")
        moves = (of_order["changed"] > 0) | (of_order["mean_rank_shift"] >= _LEAST_SHIFT)
        rows = tuple(
            (
                words.name(row["leaf"]),
                words.number(row["mean_rank_shift"], 1),
                words.text.number(row["changed"]),
                words.few(row["enters"]),
                words.few(row["leaves"]),
            )
            for row in of_order[moves].to_dict("records")
        )
        if rows:
            heads = words.heads(
                N_("Left out"),
                N_("Mean shift of a rank"),
                N_("Others among the first k"),
                N_("Come in"),
                N_("Drop out"),
            )
            tables.append(WordTable(words(_ORDER_NAMES[order]), heads, rows, frozenset({1, 2})))
        if order == "priority":
            still = [words.name(leaf) for leaf in of_order.loc[~moves, "leaf"]]
    sentences = []
    if still:
        names = ", ".join(still)
        sentences.append(
            words(
                N_(
                    "By priority the first k stay, and ranks shift by less than half a place, "
                    "without one of these: {names}."
                ),
                names=names,
            )
        )
    return PageSection(title, "without", said=sentences, grids=tables)


def _firsts(run: Run, found: ListSensitivity, words: _Words) -> PageSection:
    """Schools that are first under some weights, and these weights."""
    title = words(N_("Which schools could be first"))
    first = found.central_weights[found.central_weights["first_share"] > 0]
    if first.empty:
        sentence = words(N_("Without draws it is not known which schools could be first."))
        return PageSection(title, "first", said=[sentence])
    sentences = [
        words(
            N_(
                "Schools that are first by priority in at least one of {draws} draws of the "
                "figures: {count}. Central weights: the mean of the weights with which a school is "
                "first, where they differ most from those of the project."
            ),
            count=words.text.number(len(first)),
            draws=words.text.number(found.draws),
        ),
    ]
    names = run.schools.drop_duplicates("row_id").set_index("row_id")["name"]
    of_priority = found.sensitivity.drop_duplicates("assumption").set_index("assumption")
    nominal = of_priority["nominal"].to_dict()
    shown = first.sort_values("first_share", ascending=False, kind="stable").head(_FIRSTS)
    table = WordTable(
        words(N_("Schools that could be first")),
        words.heads(N_("NPSN"), N_("School"), N_("First in"), N_("Central weights")),
        tuple(
            (
                plain(row["npsn"]) or "–",
                plain(names[row["row_id"]]),
                words.percent(row["first_share"]),
                ", ".join(_most_different(row, nominal, words)),
            )
            for row in shown.to_dict("records")
        ),
        frozenset({2}),
    )
    return PageSection(title, "first", said=sentences, grids=[table])


def _most_different(
    row: Mapping[Hashable, Any], nominal: Mapping[Hashable, float], words: _Words
) -> Iterator[str]:
    """The weights that differ most from the nominal ones."""
    difference = {name: abs(row[name] - nominal[name]) for name in nominal if name in row}
    for name in sorted(difference, key=lambda each: -difference[each])[:_FEW]:
        yield words(
            N_("{what} {number} ({nominal})"),
            what=words.name(str(name)),
            number=words.number(row[name]),
            nominal=words.number(nominal[name]),
        )
