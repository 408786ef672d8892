"""Words for the codes of a budget: items, units, offices, kinds of spending, access."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.plan_names import envelope_name, name_of
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

ITEM_NAMES: dict[str, str] = {
    "bts_site": N_("4G base station with tower"),
    "bts_month": N_("operation of a 4G base station"),
    "satria_terminal": N_("SATRIA-1 terminal"),
    "satria_month": N_("SATRIA-1 service"),
    "leo_kit": N_("LEO satellite kit"),
    "leo_month": N_("LEO satellite subscription"),
    "vsat_terminal": N_("VSAT terminal"),
    "vsat_month": N_("VSAT subscription"),
    "microwave_end": N_("microwave radio, one end"),
    "microwave_month": N_("bandwidth over microwave"),
    "mast_m": N_("mast, by metre of height"),
    "fibre_aerial_km": N_("aerial fibre optic cable, installed"),
    "fibre_buried_km": N_("buried fibre optic cable, installed"),
    "fibre_month": N_("bandwidth over fibre"),
    "cpe_kit": N_("outdoor 4G CPE with antenna, installed"),
    "cpe_month": N_("4G data subscription"),
    "subscription_install": N_("installation of a fixed connection"),
    "subscription_month": N_("internet subscription, fixed network"),
    "lan": N_("LAN and Wi-Fi of the school"),
    "ups": N_("UPS and surge protection"),
    "solar_kwp": N_("solar power with battery"),
    "relay_site": N_("relay site"),
}
UNIT_NAMES: dict[str, str] = {
    "unit": N_("unit"),
    "km": N_("km"),
    "m": N_("m"),
    "bulan": N_("month"),
    "kWp": N_("kWp"),
}
SPENDING_NAMES: dict[str, str] = {"capex": N_("capex"), "opex": N_("opex")}
CONFIDENCE_NAMES: dict[str, str] = {"high": N_("high"), "medium": N_("medium"), "low": N_("low")}
POPULATION_NAMES: dict[str, str] = {"known": N_("known"), "unknown": N_("unknown")}
ACCESS_NAMES: dict[str, str] = {
    "road": N_("by road"),
    "boat": N_("by boat"),
    "unknown": NAMES["unknown"],
}
PROGRAMME_NAMES: dict[str, str] = {"yes": N_("yes"), "none_known": N_("none known")}
_OFFICES: dict[str, str] = {
    "province": N_("Dinas of the province"),
    "kemenag": NAMES["kemenag"],
    "central": N_("Komdigi/BAKTI"),
    "private": N_("Private schools"),
    "": N_("Office not known"),
}
_AREA = re.compile(r"\d{2}[_.]\d{2}")


def item_words(code: object, text: Text) -> str:
    """What is bought, in words; a code that is not known as it is."""
    return name_of(code, ITEM_NAMES, text)


def unit_words(unit: object, text: Text) -> str:
    """The unit of a volume in words; one that is not known as it is."""
    return name_of(unit, UNIT_NAMES, text)


def envelope_names(codes: object, places: Mapping[str, str], text: Text) -> str:
    """Several envelopes with semicolons between them, in words; empty without any.

    Examples
    --------
    >>> envelope_names("bos;apbd_63_01", {"63.01": "Kab. Tanah Laut"}, Text("en"))
    'BOS; APBD of Kab. Tanah Laut'
    """
    known = filter(None, (each.strip() for each in str(codes or "").split(";")))
    return "; ".join(envelope_name(each, places, text) for each in known)


def office_words(code: object, places: Mapping[str, str], text: Text) -> str:
    """The office (SKPD) that proposes, in words.

    Parameters
    ----------
    code : str
        ``province``, ``kemenag``, ``central``, ``private``, the code of a kabupaten with any
        first word, such as ``dinas_63_01``; or a name that the project gives.
    places : mapping of str to str
        Names of kabupaten by code.
    text : Text

    Examples
    --------
    >>> office_words("dinas_63_01", {"63.01": "Tanah Laut"}, Text("en"))
    'Dinas Tanah Laut'
    >>> office_words("Dinas Pendidikan dan Kebudayaan", {}, Text("en"))
    'Dinas Pendidikan dan Kebudayaan'
    """
    said = str(code)
    bare = said.removeprefix("dinas_").removeprefix("apbd_").removeprefix("hibah_")
    if bare in _OFFICES:
        return text(_OFFICES[bare])
    if _AREA.fullmatch(bare):
        area = bare.replace("_", ".")
        return text(N_("Dinas {kabupaten}"), kabupaten=places.get(area, area))
    return plain(said)
