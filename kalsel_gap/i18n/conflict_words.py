"""Limits of a plan that conflict, and what would have to change, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.i18n.plan_names import OPTION_NAMES, envelope_name, name_of
from kalsel_gap.i18n.rupiah import full_rupiah
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    # kind, key, year, limit, excess, name; see conflict_params.
    LimitFacts = Mapping[str, Any]

_MOST = 8  # limits that a sentence names
_FLOORS = {
    "kabupaten": N_("the floor of {place}: {count} schools (plan.floors.kabupaten)"),
    "coast_mountain": N_(
        "the floor of the coast, small islands and mountains: {count} schools "
        "(plan.floors.coast_mountain)"
    ),
    "level": N_("the floor of level {place}: {count} schools (plan.floors.level)"),
}
_LOWER_FLOORS = {
    "kabupaten": N_("a floor of {place} that is {count} schools lower"),
    "coast_mountain": N_(
        "a floor of the coast, small islands and mountains that is {count} schools lower"
    ),
    "level": N_("a floor of level {place} that is {count} schools lower"),
}
_LIMITS = {
    "ceiling": N_("the ceiling of {envelope} in {year}: {limit} (plan.ceilings)"),
    "supply": N_("the supply of {option} in {year}: {count} (plan.supply)"),
    "teams": N_("the teams of {year}: {count} installations (plan.teams)"),
    "capacity": N_("the capacity of {place}: {mbps} Mbps"),
    "cell": N_("the capacity of cell {place}: {mbps} Mbps"),
    "must_include": N_("school {place} must be served (plan.must_include)"),
}
_CHANGES = {
    "ceiling": N_("{limit} more of {envelope} in {year}"),
    "supply": N_("{count} more of {option} in {year}"),
    "teams": N_("{count} installations more by the teams in {year}"),
    "capacity": N_("{mbps} Mbps more at {place}"),
    "cell": N_("{mbps} Mbps more at cell {place}"),
    "must_include": N_("school {place} off the list plan.must_include"),
}
_LACKING = N_(
    "{school} needs {amount} of {envelope}, which has no ceiling in the years in question"
)
_NOTHING = N_("for {school} no option is feasible and has a price")
_KBPS = 1_000


def conflict_params(given: Mapping[str, Any], text: Text) -> dict[str, str]:
    """Limits, changes and schools of an error as words; nothing where it has none.

    Parameters
    ----------
    given : mapping
        Of the error. ``limits`` and ``changes``: sequences of mappings with ``kind key year limit
        excess name``, money in rupiah and capacities in kbps; ``money``: the changes of money
        alone; ``lacking``: mappings with ``npsn name idr envelope place``.
    text : Text
        The reader's language.
    """
    makers = {"limits": _limit, "changes": _change, "lacking": _lack}
    found = {
        name: plain(given[name])
        if isinstance(given[name], str)
        else _listed([make(each, text) for each in given[name]], text)
        for name, make in makers.items()
        if name in given
    }
    money = given.get("money")
    if money and not isinstance(money, str):
        ways = _listed([_change(each, text) for each in money], text)
        words = N_("{changes}. With money alone, {total}: {money}")
        total = full_rupiah(sum(each["excess"] for each in money), text)
        found["changes"] = text(words, changes=found["changes"], total=total, money=ways)
    return found


def _limit(each: LimitFacts, text: Text) -> str:
    kind, group = each["kind"], str(each["key"]).partition(":")[0]
    words = _FLOORS[group] if kind == "floor" else _LIMITS.get(kind, "")
    return text(words, **_values(each, each["limit"], text)) if words else plain(kind)


def _change(each: LimitFacts, text: Text) -> str:
    kind, group = each["kind"], str(each["key"]).partition(":")[0]
    words = _LOWER_FLOORS[group] if kind == "floor" else _CHANGES.get(kind, "")
    return text(words, **_values(each, each["excess"], text)) if words else plain(kind)


def _values(each: LimitFacts, amount: int, text: Text) -> dict[str, str]:
    """What the sentence of a limit mentions."""
    key, name = str(each["key"]), each["name"]
    place = " ".join(plain(name or key.rpartition(":")[2]).split())
    if each["kind"] == "must_include":
        place = _school({"name": name, "npsn": key})
    code = key.partition("_")[2].replace("_", ".")
    return {
        "place": place,
        "envelope": envelope_name(key, {code: name} if name else {}, text),
        "option": name_of(key, OPTION_NAMES, text),
        "year": str(each["year"]),
        "limit": full_rupiah(amount, text),
        "count": text.number(abs(amount)),
        "mbps": text.number(amount / _KBPS, 1),
    }


def _lack(each: Mapping[str, Any], text: Text) -> str:
    school = _school(each)
    if each["idr"] is None:
        return text(_NOTHING, school=school)
    envelope, place = str(each["envelope"]), each["place"]
    code = envelope.partition("_")[2].replace("_", ".")
    named = envelope_name(envelope, {code: place} if place else {}, text)
    return text(_LACKING, school=school, amount=full_rupiah(each["idr"], text), envelope=named)


def _school(each: Mapping[str, Any]) -> str:
    name = " ".join(plain(each["name"] or "").split())
    return f"{name} ({plain(each['npsn'])})" if name else plain(each["npsn"])


def _listed(words: Sequence[str], text: Text) -> str:
    """Words with semicolons between them, and how many more there are."""
    shown = [*words[:_MOST]]
    if more := len(words) - len(shown):
        shown.append(text(N_("… and {count} more"), count=text.number(more)))
    return "; ".join(shown)
