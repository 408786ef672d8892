"""Words for the codes in the table of schools, as people read them in a cell."""

from __future__ import annotations

from kalsel_gap import schema
from kalsel_gap.i18n.messages import NAMES, REASONS, TIER_NAMES, TOP_K_LABELS, TOP_K_SETS
from kalsel_gap.i18n.text import N_, Text

YES, NO = N_("yes"), N_("no")

# Codes that mean the same in every column; kinds of school and grades are words already.
CODES: dict[str, str] = {
    **{code: NAMES[code] for code in (*schema.GAP_TYPES, *schema.TERRAIN_CLASSES)},
    **{code: NAMES[code] for code in (*schema.LANDFORMS, *schema.OWNERSHIPS, *schema.AUTHORITIES)},
    "yes": YES,
    "no": NO,
    "none": N_("none"),
    "known": N_("known"),
    "inferred": N_("inferred"),
    "given": N_("as given"),
    "repaired": N_("repaired"),
    "area": N_("an area instead of a point"),
    "unusable": N_("unusable"),
    "calibrated": N_("calibrated"),
    "uncalibrated": N_("uncalibrated"),
    "map": N_("map"),
    "prediction": N_("prediction"),
    "combined": N_("map and prediction"),
    "distance": N_("distance to a site"),
    "measured": N_("measured"),
    "predicted": N_("predicted"),
    "modelled": N_("modelled"),
    "declared": N_("declared"),
    "test": N_("speed test"),
    "subscription": N_("subscription"),
    "register": N_("register field"),
    "provider": N_("provider in the register"),
    "curves": N_("curves only"),
    "2g": "2G",
    "3g": "3G",
    "4g": "4G",
    "5g": "5G",
    "fixed": N_("fixed network"),
    "real": N_("real"),
    "stylised": N_("SIMULATED DATA: coverage and terrain are partly invented. Not for decisions."),
    "synthetic": N_("SYNTHETIC DATA: every school is invented. Not for decisions."),
}
STANDINGS: dict[str, str] = {
    "official": N_("official"),
    "last": N_("last full run"),
    "earlier": N_("earlier full run"),
    "trial": N_("trial"),
}


def words_of(column: schema.Column, text: Text) -> dict[str, str]:
    """The words for each code of a column; codes that are words already are left out.

    Examples
    --------
    >>> words_of(schema.BY_NAME["ownership"], Text("id"))
    {'public': 'negeri', 'private': 'swasta'}
    """
    special = {
        "tier_label": TIER_NAMES,
        "unranked_reason": REASONS,
        "top_k_label": TOP_K_LABELS,
        "top_k_set": TOP_K_SETS,
        "standing": STANDINGS,
    }.get(column.name, CODES)
    return {code: text(special[code]) for code in column.choices if code in special}
