"""Names of what can be bought, of units, and of where a price comes from."""

from __future__ import annotations

from kalsel_gap.i18n.text import N_

ITEM_NAMES = {
    "bts_site": N_("New 4G base station (BTS)"),
    "bts_month": N_("Running a base station (BTS)"),
    "satria_terminal": N_("SATRIA-1 terminal"),
    "satria_month": N_("SATRIA-1 service"),
    "leo_kit": N_("LEO satellite kit"),
    "leo_month": N_("LEO satellite service"),
    "vsat_terminal": N_("VSAT terminal"),
    "vsat_month": N_("VSAT service"),
    "microwave_end": N_("Microwave radio, one end of a hop"),
    "microwave_month": N_("Microwave hop"),
    "mast_m": N_("Mast"),
    "fibre_aerial_km": N_("Fibre on poles"),
    "fibre_buried_km": N_("Fibre in the ground"),
    "fibre_month": N_("Service over a new fibre line"),
    "cpe_kit": N_("Outdoor 4G receiver with antenna"),
    "cpe_month": N_("4G service"),
    "subscription_install": N_("Connection to a fixed network"),
    "subscription_month": N_("Subscription of a fixed network"),
    "lan": N_("LAN and Wi-Fi of a school"),
    "ups": N_("UPS and surge protection"),
    "solar_kwp": N_("Solar power with battery"),
    "relay_site": N_("Relay site"),
}
UNIT_NAMES = {
    "unit": N_("unit"),
    "km": N_("km"),
    "m": N_("m"),
    "kWp": N_("kWp"),
    "bulan": N_("month"),
}
ORIGIN_NAMES = {
    "shipped": N_("shipped"),
    "project": N_("project"),
    "ssh": N_("own table"),
}
CONFIDENCE_NAMES = {
    "high": N_("high"),
    "medium": N_("medium"),
    "low": N_("low"),
}
