"""Names of what a plan holds as codes: options, envelopes, states, objectives, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTION_NAMES: dict[str, str] = {
    "subscription": N_("fixed line"),
    "cpe_4g": N_("outdoor 4G antenna"),
    "microwave": N_("microwave hop"),
    "microwave_relay": N_("microwave by a relay"),
    "fibre": N_("new fibre"),
    "leo": N_("LEO satellite"),
    "satria": N_("SATRIA-1 terminal"),
    "vsat": N_("VSAT"),
    "bts": N_("new 4G site, proposed"),
    "hub": N_("link from a neighbour"),
}
SHARED_NAMES: dict[str, str] = {
    "bts": N_("4G site"),
    "relay": N_("relay"),
    "hub": N_("hub"),
    "trunk": N_("fibre trunk"),
}
OBJECTIVE_NAMES: dict[str, str] = {
    "gap": N_("most of the gap closed, by priority"),
    "students": N_("most pupils"),
    "cost": N_("least cost to connect all"),
    "schools": N_("most schools"),
}
# Status of a school in a plan.
PLANNED_NAMES: dict[str, str] = {
    "planned": N_("in the plan"),
    "unfunded": N_("no ceiling is stated for who would pay"),
    "not_chosen": N_("left out: others come first within the ceilings"),
    "no_option": N_("no option is feasible and has a price"),
    "adequate": N_("has adequate service already"),
    "in_progress": N_("a connection was delivered and is not active yet"),
    "served": N_("was connected before, by the table of deliveries"),
    "promised": N_("promised by a national programme"),
    "excluded": N_("excluded by the project"),
    "not_counted": N_("not counted as a school"),
}
DELIVERY_NAMES: dict[str, str] = {
    "proposed": N_("proposed"),
    "accepted": N_("accepted"),
    "refused": N_("refused"),
    "delivered": N_("delivered"),
    "active": N_("active"),
    "used": N_("used"),
}
CLIFF_SENTENCES: dict[str, str] = {
    "no_ceiling": N_("no ceiling is stated for these years"),
    "one_off": N_("grants are not given year after year"),
    "ceiling_below": N_("the ceiling is below what runs on"),
}
# What keeps an option from a school, short: a table counts schools by it.
REASON_NAMES: dict[str, str] = {
    "chosen": N_("chosen"),
    "feasible": N_("feasible"),
    "unpriced": N_("feasible, but without a price"),
    "duplicate": N_("the same school in another row"),
    "closed": N_("the school is closed"),
    "no_location": N_("no usable location"),
    "no_evidence": N_("nothing is known of its service"),
    "already_adequate": N_("the service is adequate already"),
    "no_fixed_network": N_("no fixed network there"),
    "fixed_unknown": N_("not known whether there is a fixed network"),
    "no_4g": N_("no 4G there"),
    "weak_4g": N_("the declared 4G is too weak"),
    "below_level": N_("4G too weak, even outdoors"),
    "level_unknown": N_("level of 4G not known"),
    "cell_full": N_("covered, but the cell is full"),
    "too_far": N_("too far"),
    "no_sight": N_("no line of sight"),
    "sight_unknown": N_("line of sight not known"),
    "too_tall": N_("the mast would be too tall"),
    "no_site": N_("no site within reach"),
    "no_relay": N_("no relay within reach"),
    "not_needed": N_("not needed: a direct link is possible"),
    "no_fibre": N_("no fibre within reach"),
    "no_hub": N_("no neighbour within reach"),
    "sky_hidden": N_("terrain hides too much of the sky"),
    "sky_unknown": N_("view of the sky not known"),
    "less_than_now": N_("less than there is now"),
    "no_gain": N_("no gain over what there is"),
    "rates_unknown": N_("speed of the option not known"),
    "no_proposal": N_("in reach of no proposed 4G site"),
    "not_eligible": N_("the place has coverage, so it is no proposal"),
}
# How the solver ended: what a reader must know of it.
ENDINGS: dict[str, str] = {
    "optimal": N_("No better plan exists: the bound is reached."),
    "gap": N_("The search ended at the gap that was asked for."),
    "nodes": N_("The search ended at its limit of nodes, before the gap that was asked for."),
    "time": N_("The search ended at its time limit, before the gap that was asked for."),
    "interrupted": N_("The search was interrupted: this is the best plan up to then."),
    "infeasible": N_("No plan fulfils all that was asked for."),
}
_OF_ALL = {
    "apbd_province": N_("APBD of the province"),
    "kemenag": N_("Kemenag"),
    "hibah_province": N_("grants (hibah) of the province"),
    "dak": N_("DAK"),
    "bos": N_("BOS"),
    "central": N_("central government"),
}
_OF_KABUPATEN = {"apbd_": N_("APBD of {place}"), "hibah_": N_("grants (hibah) of {place}")}


def option_name(code: object, text: Text) -> str:
    """An option in words; ``open:<kind>`` is an opening of shared infrastructure.

    Examples
    --------
    >>> option_name("leo", Text("en")), option_name("open:relay", Text("en"))
    ('LEO satellite', 'relay')
    """
    kind = str(code)
    if kind.startswith("open:"):
        kind = kind.removeprefix("open:")
        return text(SHARED_NAMES[kind]) if kind in SHARED_NAMES else plain(kind)
    return text(OPTION_NAMES[kind]) if kind in OPTION_NAMES else plain(kind)


def envelope_name(code: object, places: Mapping[str, str], text: Text) -> str:
    """An envelope in words.

    Parameters
    ----------
    code : str
        As in a plan, such as ``apbd_province`` or ``hibah_63_01``.
    places : mapping of str
        Names of kabupaten by their code; the code stands for one that is not there.
    text : Text
        The reader's language.

    Examples
    --------
    >>> envelope_name("apbd_63_01", {"63.01": "Kab. Tanah Laut"}, Text("en"))
    'APBD of Kab. Tanah Laut'
    """
    envelope = str(code)
    if envelope in _OF_ALL:
        return text(_OF_ALL[envelope])
    for prefix, words in _OF_KABUPATEN.items():
        if envelope.startswith(prefix):
            number = envelope.removeprefix(prefix).replace("_", ".")
            return text(words, place=" ".join(plain(places.get(number, number)).split()))
    return plain(envelope)


def name_of(code: object, names: Mapping[str, str], text: Text) -> str:
    """The word for a code; the code itself where it has none."""
    return text(names[str(code)]) if str(code) in names else plain(code)
