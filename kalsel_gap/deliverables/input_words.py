"""What an input of a run is, in words, and the date that the project states of it."""

from __future__ import annotations

from kalsel_gap.i18n.text import N_, Text, plain

# Sections of the project file that name inputs.
_SECTIONS: dict[str, str] = {
    "schools": N_("Register of schools"),
    "attributes": N_("Table of facts by NPSN"),
    "boundaries": N_("Boundaries"),
    "coastline": N_("Coastline"),
    "coverage": N_("Coverage map"),
    "elevation": N_("Elevation model"),
    "land_cover": N_("Land cover"),
    "facilities": N_("Facilities"),
    "fibre": N_("Fibre network"),
    "measurements": N_("Measurements"),
    "rivers": N_("Rivers"),
    "roads": N_("Roads"),
    "sites": N_("Radio sites"),
    "villages": N_("Village index"),
    "wetlands": N_("Wetlands"),
    "repairs": N_("Accepted repairs"),
    "calibration": N_("Corrections of predictions"),
    "objections": N_("Accepted objections"),
}


def name_of_input(name: str, text: Text) -> str:
    """What an input is, from its place in the project file; that place where no word is known.

    Examples
    --------
    >>> name_of_input("boundaries.desa", Text("en")), name_of_input("new.0", Text("en"))
    ('Boundaries', 'new.0')
    """
    return text(_SECTIONS.get(name.partition(".")[0], "")) or plain(name)
