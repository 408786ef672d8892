"""The explanation of a school in sentences, tables and bars, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.deficit.contributions import SCORES
from kalsel_gap.deliverables.certainty_words import chance_of_school
from kalsel_gap.deliverables.codes import CODES
from kalsel_gap.deliverables.columns import leaves_of, with_unit
from kalsel_gap.deliverables.explanation import index_of, separates
from kalsel_gap.deliverables.objection_words import listed
from kalsel_gap.deliverables.school_columns import (
    completeness_words,
    deficit_words,
    joined,
    location_words,
    signal_words,
    tier_words,
)
from kalsel_gap.deliverables.sections import Bar, Bars, PageSection, WordTable
from kalsel_gap.deliverables.service_words import service_section
from kalsel_gap.deliverables.use_case_words import sentences
from kalsel_gap.i18n.messages import (
    NAMES,
    REASONS,
    TIER_NAMES,
    TOP_K_SETS,
    finding_sentence,
    reason_sentence,
)
from kalsel_gap.i18n.objection_names import CODE_NAMES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.deficit.turning_points import Standing, TurningPoint
    from kalsel_gap.deliverables.explanation import Explanation, LeafFact
    from kalsel_gap.storage.run_folder import Run

_FEW = 3  # leaves by which two schools differ
_SCORE_NAMES = {
    "deficit": N_("Deficit D"),
    "barrier": N_("Barrier H"),
    "need": N_("Need N"),
    "priority": N_("Priority P"),
}
_TREES = {
    "deficit": N_("Deficit"),
    "barrier": N_("Barrier"),
    "need": N_("Need"),
}
_WHY = {  # a leaf is not scored
    "no_data": N_("not scored: known for no school"),
    "few_kabupaten": N_("not scored: known in too few kabupaten"),
    "switched_off": N_("not scored: the project says so"),
}
_DIGITS = {"_km": 1, "_m": 0, "_db": 0, "_deg": 1, "_dbm": 0, "students": 0, "devices": 0}
_SHARES = frozenset({"water_share", "idle_accounts_share"})
_BASES = {  # how the delivered adequacy is known
    "test": N_("from its own speed tests"),
    "subscription": N_("from its declared subscription"),
    "register": N_("the register states no internet"),
    "provider": N_("inferred: a line of unknown speed"),
    "curves": N_("inferred from what is available there"),
}
_WHAT_HELPS = {  # what makes a leaf known
    "delivered": N_(
        "Run speed tests at the school, at least 5 on 3 days ([[measurements]]), or enter its "
        "subscription in an attribute table ([[attributes]])."
    ),
    "available": N_(
        "Measure the signal at the school, or add a coverage map of the operators ([[coverage]])."
    ),
}
# Columns that a school without a location cannot have.
_OF_LOCATION = frozenset(
    {"available", "terrain_severity", "local_relief_m", "mean_slope_deg", "diffraction_db"}
    | {"site_4g_km", "fibre_km", "road_km", "capital_km", "water_share", "adequate_school_km"}
)
_IDLE = ("idle_devices", "idle_accounts_share")
_INPUTS = {  # sections of the project file that make a column known
    "fibre_km": "[fibre]",
    "road_km": "[roads]",
    "site_4g_km": "[[sites]]",
    "diffraction_db": "[[sites]], [elevation]",
    "local_relief_m": "[elevation]",
    "mean_slope_deg": "[elevation]",
    "terrain_severity": "[elevation], [coastline], [wetlands]",
    "capital_km": "[boundaries]",
    "water_share": "[coastline]",
    "vulnerability": "[villages]",
    "adequate_school_km": "[[measurements]]",
}


def label_of(leaf: str, run: Run, text: Text) -> str:
    """A leaf in words."""
    special = {
        "delivered": N_("Delivered service"),
        "available": N_("Available service"),
        "required": N_("Required bandwidth"),
    }
    if leaf in special:
        return text(special[leaf])
    column = leaves_of(run).get(leaf, leaf)
    known = schema.BY_NAME.get(column)
    return text(known.label) if known else plain(column)


def title_of(explained: Explanation) -> str:
    """Name and number of the school, as one line."""
    row = explained.row
    return joined(" ".join(plain(row["name"]).split()) or None, str(row["npsn"]) or None)


def sections(explained: Explanation, run: Run, text: Text) -> list[PageSection]:
    """The page of one school but for its pictures: :mod:`.explanation_pictures` adds them."""
    return [
        _where(explained, text),
        _in_the_list(explained, run, text),
        _reasons(explained, run, text),
        _service(explained, run, text),
        _numbers(explained, run, text),
        _contributions(explained, run, text),
        PageSection(text(N_("Nearest sites"))),
        _neighbours(explained, run, text),
        _unknown(explained, run, text),
        _would_move(explained, text),
    ]


def _where(explained: Explanation, text: Text) -> PageSection:
    row, unknown = explained.row, text(NAMES["unknown"])
    place = unknown
    if explained.place is not None:
        at = (explained.place.lat, explained.place.lon)
        place = ", ".join(text.figure(round(each, 5)) for each in at)
    terrain = text(NAMES[str(row["terrain_class"] or "unknown")])
    if row["elevation_m"] is not None:
        words = N_("{terrain}; {elevation} m above sea level")
        terrain = text(words, terrain=terrain, elevation=text.number(row["elevation_m"]))
    if row["local_relief_m"] is not None:
        words = N_("{terrain}, local relief {relief} m")
        terrain = text(words, terrain=terrain, relief=text.number(row["local_relief_m"]))
    section = PageSection(
        text(N_("Where it is")),
        pairs=[
            (text(N_("NPSN")), plain(row["npsn"]) or unknown),
            (text(N_("Level")), joined(row["level"]) or unknown),
            (text(N_("Kabupaten/kota")), joined(row["kabupaten"]) or unknown),
            (text(N_("Kecamatan")), joined(row["kecamatan"]) or unknown),
            (text(N_("Desa")), joined(row["desa_by_location"]) or unknown),
            (text(N_("Latitude, longitude")), place),
            (text(N_("Location")), location_words(row, text) or unknown),
            (text(N_("Terrain")), terrain),
            (text(N_("Pupils")), text.number(row["students"]) or unknown),
        ],
    )
    if row["point_weight"] is not None:
        words = N_(
            "Its location is doubtful: it counts as the point with {percent} %, otherwise as any "
            "place in the area that the register names."
        )
        section.said.append(text(words, percent=text.number(100.0 * row["point_weight"])))
    return section


def _service(explained: Explanation, run: Run, text: Text) -> PageSection:
    section = service_section(explained.row, index_of(run).tests.indicative_tests, text)
    section.said.extend(sentences(explained.row, run, text))
    return section


# --- in the list ---------------------------------------------------------------------------------


def _in_the_list(explained: Explanation, run: Run, text: Text) -> PageSection:
    row = explained.row
    section = PageSection(text(N_("Its place in the list")))
    if row["rank"] is None:
        words = N_("It has no rank: {reason}.")
        section.said.append(text(words, reason=text(REASONS[str(row["unranked_reason"])])))
        return section
    words = N_("{rank} of {count}")
    rank = text(words, rank=text.number(row["rank"]), count=text.number(explained.ranked))
    section.pairs.append((text(N_("Rank")), rank))
    section.pairs.extend(_certainty(row, text))
    if row.get("rank_p05") is None:
        words = N_("This run has no draws, so it states no interval of the rank.")
        section.said.append(text(words))
    if explained.at is not None:
        inside, outside = N_("It is among the first {k}."), N_("It is not among the first {k}.")
        if explained.at.k == 1:
            inside, outside = N_("It is the first of the list."), N_("It is not the first.")
        words = inside if explained.at.is_inside else outside
        section.said.insert(0, text(words, k=text.number(explained.at.k)))
    codes = str(row.get("objections") or "").split("; ")
    facts = [
        (text(N_("Accepted objections")), listed(filter(CODE_NAMES.get, codes), CODE_NAMES, text)),
        (text(N_("Deficit")), deficit_words(row, text)),
        (text(N_("Tier")), tier_words(row, text)),
        (text(N_("Gap")), text(NAMES[str(row["gap_type"] or "unknown")])),
        (text(N_("Barrier")), text.number(row["barrier"], 2)),
        (text(N_("Need")), text.number(row["need"], 2)),
        (text(N_("Priority")), text.number(row["priority"], 2)),
        (text(N_("Completeness")), completeness_words(row, text)),
        (text(N_("Best signal")), signal_words(row, text)),
    ]
    section.pairs.extend((label, value) for label, value in facts if value)
    section.said.extend(_interval(row, run, text))
    return section


def _interval(row: dict[str, Any], run: Run, text: Text) -> Iterator[str]:
    """How far an inferred deficit may be off, and what that means; nothing of a known one."""
    low, high = row["deficit_low"], row["deficit_high"]
    if row["deficit_status"] != "inferred" or low is None or high is None:
        return
    tiers = list(TIER_NAMES.values())
    bounds = index_of(run).tiers.bounds
    best, worst = (text(tiers[sum(end < each for each in bounds)]) for end in (low, high))
    words = N_(
        "Its deficit is inferred, not measured: in 9 of 10 cases it lies between {low} and {high}, "
        "so the school may be in any tier from “{best}” to “{worst}”. The wider this is, the less "
        "is known of the school."
    )
    if best == worst:
        words = N_(
            "Its deficit is inferred, not measured: in 9 of 10 cases it lies between {low} and "
            "{high}, all of it in the tier “{best}”."
        )
    shown = {"low": text.number(low, 2), "high": text.number(high, 2)}
    yield text(words, **shown, best=best, worst=worst)


def _reasons(explained: Explanation, run: Run, text: Text) -> PageSection:
    """The main reason, then what adds most to the priority, each in a sentence."""
    section = PageSection(text(N_("Why it stands there")))
    for each in explained.reasons:
        is_leaf = each.contribution is not None
        sentence = reason_sentence(each.code, explained.row, text, is_leaf=is_leaf)
        if not sentence:
            value = next(iter(each.parameters.values()), None)
            column = next(iter(each.parameters), "")
            words = N_("{indicator}: {value}.")
            sentence = text(
                words,
                indicator=with_unit(label_of(each.code, run, text), column),
                value=value_words(column, value, text),
            )
        if each.contribution is not None:
            share = 100.0 * each.contribution / float(explained.row["priority"])
            words = N_("{sentence} This makes up {percent} % of its priority.")
            sentence = text(words, sentence=sentence, percent=text.number(share))
        section.said.append(sentence)
    return section


def _certainty(row: dict[str, Any], text: Text) -> Iterator[tuple[str, str]]:
    """What the draws say of the school; nothing without them."""
    if row.get("rank_p05") is None:
        return
    low_rank, high_rank = row["rank_p05"], row["rank_p95"]
    low, middle, high = (text.number(row[f"rank_{end}"]) for end in ("p05", "p50", "p95"))
    words = N_("{low} to {high} in 9 of 10 draws, {middle} in the middle one")
    yield text(N_("Rank, 90% range")), text(words, low=low, high=high, middle=middle)
    if not low_rank <= row["rank"] <= high_rank:
        behind = N_("Most draws place it further back than its rank, which is by the mean.")
        ahead = N_("Most draws place it further ahead than its rank, which is by the mean.")
        said = behind if row["rank"] < low_rank else ahead
        yield text(N_("Outside this range")), text(said)
    if chance := chance_of_school(row, text):
        yield text(N_("Chance to be among the first k")), chance
    if row.get("top_k_set") in TOP_K_SETS:
        yield text(N_("Part of the list")), text(TOP_K_SETS[row["top_k_set"]])


# --- numbers and contributions -------------------------------------------------------------------


def value_words(column: str, value: float | None, text: Text) -> str:
    """A value with as many digits as it means, without its unit; – where it is missing."""
    if value is None:
        return "–"
    if column in _SHARES:
        return f"{text.number(100.0 * value)} %"
    digits = next((n for end, n in _DIGITS.items() if column.endswith(end)), 2)
    return text.number(value, digits)


def _numbers(explained: Explanation, run: Run, text: Text) -> PageSection:
    said = N_(
        "Each number against its goalposts: at the best one the score is 0, at the worst 1. "
        "Goalposts are fixed; they do not depend on other schools."
    )
    rows = tuple(_number(leaf, explained.row, run, text) for leaf in explained.leaves)
    heads = (N_("Indicator"), N_("Value"), N_("Best"), N_("Worst"), N_("Score"), N_("How known"))
    grid = WordTable("", tuple(map(text, heads)), rows, frozenset({1, 2, 3, 4}))
    return PageSection(text(N_("Its numbers")), said=[text(said)], grids=[grid])


def _number(leaf: LeafFact, row: dict[str, Any], run: Run, text: Text) -> tuple[str, ...]:
    label = with_unit(label_of(leaf.code, run, text), leaf.column)
    values = (value_words(leaf.column, each, text) for each in (leaf.value, leaf.best, leaf.worst))
    return (label, *values, text.number(leaf.score, 2) or "–", _how_known(leaf, row, text))


def _how_known(leaf: LeafFact, row: dict[str, Any], text: Text) -> str:
    if leaf.status == "not_scored":
        return text(_WHY[leaf.why])
    status = text(CODES.get(leaf.status) or NAMES[leaf.status])
    if leaf.code == "delivered" and row["delivered_basis"] == "test" and leaf.status == "inferred":
        return text(N_("inferred: its own speed tests are few or old"))
    if leaf.code == "delivered" and row["delivered_basis"] in _BASES:
        return text(_BASES[row["delivered_basis"]])
    if leaf.status == "inferred" and leaf.tree != "deficit" and leaf.value is None:
        return text(N_("inferred from schools of its kabupaten and level"))
    return status


def _contributions(explained: Explanation, run: Run, text: Text) -> PageSection:
    section = PageSection(text(N_("What its scores are made of")))
    for score in ("priority", *SCORES[:-1]):
        parts = explained.parts.get(score, ())
        if not parts:
            continue
        value = text.number(explained.row[score], 2)
        rows = tuple(
            Bar(
                label_of(part.leaf, run, text),
                part.contribution,
                ("~" if part.status == "inferred" else "") + text.number(part.contribution, 3),
                part.status == "inferred",
            )
            for part in parts
            if part.contribution >= 0.0005 or len(parts) == 1
        )
        words = N_("{score} {value}: the sum of")
        title = text(words, score=text(_SCORE_NAMES[score]), value=value)
        section.bars.append(Bars(title, rows, max(float(explained.row[score]), 1e-9)))
    if section.bars:
        section.said.append(
            text(N_("Parts below 0.0005 are left out; ~ marks what rests on an inferred value."))
        )
    else:
        section.said.append(text(N_("A school without a rank has no scores.")))
    return section


# --- neighbours ----------------------------------------------------------------------------------


def _neighbours(explained: Explanation, run: Run, text: Text) -> PageSection:
    section = PageSection(text(N_("Its neighbours in the list")))
    if explained.row["rank"] is None:
        section.said.append(text(N_("A school without a rank has no neighbours in the list.")))
    for other in explained.neighbours:
        words = N_("Rank {rank}, {school}: {difference}")
        section.said.append(
            text(
                words,
                rank=text.number(other.row["rank"]),
                school=title_of(other),
                difference=difference_words(explained, other, run, text),
            )
        )
    return section


def difference_words(one: Explanation, other: Explanation, run: Run, text: Text) -> str:
    """What separates the other school from the one, both of the list."""
    score, digits, pairs = separates(one, other)
    theirs, own = (text.number(each.row[score], digits) for each in (other, one))
    if theirs == own:
        return text(N_("deficit and priority are equal, so the order between them means nothing."))
    listed = ", ".join(
        f"{label_of(pair.leaf, run, text)} {'+' if pair.more < 0 else '−'}"
        f"{text.number(abs(pair.more), digits)}"
        for pair in pairs[:_FEW]
    )
    if score == "deficit":
        words = N_("deficit {theirs} against {own}; the difference is from {leaves}.")
    else:
        words = N_(
            "equal deficit, priority {theirs} against {own}; the difference is from {leaves}."
        )
    return text(words, theirs=theirs, own=own, leaves=listed)


# --- what is not known ---------------------------------------------------------------------------


def _unknown(explained: Explanation, run: Run, text: Text) -> PageSection:
    section = PageSection(text(N_("What is inferred or unknown, and what to do")))
    if explained.row["confidence"] in ("C", "D", None):
        words = N_(
            "Its location is doubtful or missing. Correct its coordinates in the register; "
            "kalsel-gap check proposes repairs."
        )
        section.said.append(text(words))
    is_nowhere = explained.place is None
    if is_nowhere:
        words = N_("Everything that depends on its location is unknown.")
        section.said.append(text(words))
    for leaf in explained.leaves:
        if leaf.status == "known" or (is_nowhere and leaf.column in _OF_LOCATION):
            continue
        label = label_of(leaf.code, run, text)
        section.said.append(
            f"{label}: {_how_known(leaf, explained.row, text)}. {_what_helps(leaf, text)}"
        )
    for finding in explained.findings.to_dict("records"):
        words = N_("Finding: {sentence}")
        section.said.append(text(words, sentence=finding_sentence(finding, text)))
    if not section.said:
        section.said.append(text(N_("Everything that is scored is known.")))
    return section


def _what_helps(leaf: LeafFact, text: Text) -> str:
    """What makes a leaf known."""
    if leaf.code in _WHAT_HELPS:
        return text(_WHAT_HELPS[leaf.code])
    if leaf.column in _IDLE and leaf.value is not None:
        return text(N_("It depends on the delivered service."))
    if leaf.why == "switched_off":
        return text(
            N_("The project file can switch it on: index.nodes.{leaf}.active."), leaf=leaf.code
        )
    if leaf.column in _INPUTS:
        return text(
            N_("It is read from {inputs} of the project file."), inputs=_INPUTS[leaf.column]
        )
    return text(N_("It is a column of an attribute table ([[attributes]])."))


# --- what would move it --------------------------------------------------------------------------


def _would_move(explained: Explanation, text: Text) -> PageSection:
    at = explained.at
    if at is None:
        return PageSection(
            text(N_("What would move it")), said=[text(N_("It has no rank to move."))]
        )
    out, in_ = (
        N_("What would move it out of the first {k}"),
        N_("What would move it into the first {k}"),
    )
    section = PageSection(text(out if at.is_inside else in_, k=text.number(at.k)))
    if at.limit is None:
        section.said.append(text(N_("The list has no more schools than that, so nothing would.")))
        return section
    words = N_(
        "Each sentence changes one thing of this school, all other schools unchanged. It is a "
        "what-if, no promise."
    )
    section.said.append(text(words))
    section.said.extend(_turning_words(point, at, text) for point in explained.turning)
    return section


# What is stated of a turning point, by its kind and whether the school leaves the first k.
_MOVES = {
    ("line", True): N_(
        "With a subscription of at least {value} Mbps, or own tests that show it, its deficit "
        "would be below {limit}, that of the next school of the list."
    ),
    ("line", False): N_(
        "If its line had at most {value} Mbps, its deficit would be above {limit}, that of the "
        "last school of the first {k}."
    ),
    ("test", True): N_(
        "With tests that show at least {value} Mbps down, its deficit would be below {limit}, "
        "that of the next school of the list."
    ),
    ("test", False): N_(
        "If its tests showed at most {value} Mbps down, its deficit would be above {limit}, that "
        "of the last school of the first {k}."
    ),
    ("level_4g", True): N_(
        "With 4G of at least {value} dBm there, its deficit would be below {limit}, that of the "
        "next school of the list."
    ),
    ("level_4g", False): N_(
        "If the best signal there were 4G of at most {value} dBm, its deficit would be above "
        "{limit}, that of the last school of the first {k}."
    ),
}
_NOTHING_MOVES = {
    "line": N_("No speed of its line would be enough."),
    "test": N_("No download rate of its tests alone would be enough."),
    "level_4g": N_("No level of 4G alone would be enough."),
}
_NO_LINE = N_(
    "If it had no internet at all, its deficit would be above {limit}, that of the last school of "
    "the first {k}; with a line of 0.1 Mbps it would not."
)


def _turning_words(point: TurningPoint, at: Standing, text: Text) -> str:
    if point.value is None:
        return text(_NOTHING_MOVES[point.kind])
    is_level = point.kind == "level_4g"
    is_no_line = not at.is_inside and not is_level and point.value == 0.0
    return text(
        _NO_LINE if is_no_line else _MOVES[point.kind, at.is_inside],
        value=text.number(point.value, 0 if is_level else 1),
        limit=text.number(at.limit, 3),
        k=text.number(at.k),
    )
