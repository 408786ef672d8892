"""How sure a ranking is, in words: what it rests on, a school's chance, the list as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.i18n.messages import TOP_K_LABELS
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kalsel_gap.storage.run_folder import Run

# Where the service of fewer ranked schools is known, the order is that of what is available.
_HARDLY_KNOWN = 0.1


def what_orders(run: Run, text: Text) -> str:
    """That nearly all service is unknown, so that the order is by coverage; empty otherwise."""
    ranked = run.schools[run.schools["rank"].notna()]
    known = int((ranked["delivered_status"] == "known").sum())
    if not len(ranked) or known >= _HARDLY_KNOWN * len(ranked):
        return ""
    words = N_(
        "The order is by available coverage; service is known for {known} of {count} schools."
    )
    return text(words, known=text.number(known), count=text.number(len(ranked)))


def rank_interval(row: Mapping[str, Any], text: Text) -> str:
    """The ranks between which a school lies in 9 of 10 draws; empty without draws."""
    low, high = row.get("rank_p05"), row.get("rank_p95")
    if low is None or low != low:  # noqa: PLR0124 - not a number
        return ""
    return f"{text.number(low)}–{text.number(high)}"


def chance_of_school(row: Mapping[str, Any], text: Text) -> str:
    """The chance to be among the first k and its label; empty without draws."""
    chance, label = row.get("p_top_k"), row.get("top_k_label")
    if not isinstance(label, str) or chance is None:
        return ""
    percent = text.number(100.0 * chance)
    return text(N_("{label} ({chance} %)"), label=text(TOP_K_LABELS[label]), chance=percent)


def certainty_of_list(run: Run, text: Text) -> Iterator[str]:
    """The three sets of the list, and a tie at its end; nothing without draws."""
    figures = run.manifest.get("certainty", {})
    if not figures.get("draws") or "certain" not in figures:
        return
    confidence = float(figures["confidence"])
    values = {name: text.number(figures[name]) for name in ("k", "certain", "contested", "out")}
    percent = {
        "confidence": text.number(100 * confidence),
        "both": text.number(200 * confidence - 100),
    }
    words = N_(
        "The first {k}: certain {certain} (all of them belong there), out {out} (none of them "
        "does), contested {contested}. Each of the first two statements holds with {confidence} %, "
        "both together with {both} %."
    )
    yield text(words, **values, **percent)
    yield from tie_at(run, int(figures["k"]), text)


def tie_at(run: Run, k: int, text: Text) -> Iterator[str]:
    """That place k of the list is shared by more schools than fit; nothing where it is not."""
    ranks = run.schools["rank"].dropna().sort_values(ignore_index=True)
    if not 1 <= k <= len(ranks):
        return
    last = ranks[k - 1]
    count, inside = int((ranks == last).sum()), int((ranks[:k] == last).sum())
    if inside < count:
        words = N_(
            "Place {k} is tied: {count} schools of equal deficit and priority share rank {rank}, "
            "and only {inside} of them fit."
        )
        yield text(
            words,
            k=text.number(k),
            count=text.number(count),
            rank=text.number(int(last)),
            inside=text.number(inside),
        )
