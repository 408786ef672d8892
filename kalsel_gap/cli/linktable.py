"""``kalsel-gap predict --at``: the links of one school, and the picture of the best one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kalsel_gap.cli import console
from kalsel_gap.cli.options import Format
from kalsel_gap.errors import OutputError
from kalsel_gap.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.linktable import LinkTable
    from kalsel_gap.project import Opened

_LABELS = {  # of columns on a terminal
    "operator": N_("Operator"),
    "technology": N_("Technology"),
    "site_id": N_("Site"),
    "distance_km": N_("Away km"),
    "azimuth_deg": N_("Azimuth °"),
    "level_dbm": N_("Level dBm"),
    "sd_db": N_("± dB"),
    "margin_db": N_("Margin dB"),
    "loss_db": N_("P.1812 dB"),
    "vegetation_db": N_("Trees dB"),
    "surroundings_db": N_("Around dB"),
    "itm_loss_db": N_("ITM dB"),
    "free_space_db": N_("Free space dB"),
    "diffraction_db": N_("Diffraction dB"),
    "line_of_sight": N_("In sight"),
    "line_of_sight_worst": N_("In worst air"),
    "clearance_ratio": N_("Clearance ratio"),
    "clearance_ratio_worst": N_("Worst ratio"),
    "obstacle_km": N_("Obstacle km"),
    "obstacle_m": N_("Obstacle m"),
    "obstacle_excess_m": N_("Too high m"),
    "site_mast_m": N_("Mast there m"),
    "school_mast_m": N_("Mast here m"),
    "sea_share": N_("Over sea %"),
    "status": N_("Status"),
}
# Left out of these where a terminal is narrow, the first ones first.
_SPARE = (
    *("free_space_db", "sea_share", "clearance_ratio_worst", "line_of_sight_worst", "site_mast_m"),
    *(
        "obstacle_m",
        "azimuth_deg",
        "diffraction_db",
        "vegetation_db",
        "obstacle_excess_m",
        "school_mast_m",
    ),
    *(
        "obstacle_km",
        "surroundings_db",
        "clearance_ratio",
        "itm_loss_db",
        "loss_db",
        "margin_db",
        "line_of_sight",
    ),
)
_STATUS = {
    "value": N_("known"),
    "void": N_("heights missing"),
    "land_cover": N_("land cover missing"),
    "site_off_elevation": N_("site off the elevation model"),
    "site_on_sea": N_("site on open sea"),
    "profile": N_("no profile"),
    "distance": N_("too near or too far"),
    "frequency": N_("frequency missing or outside the model"),
    "antenna": N_("antenna height missing or implausible"),
    "power": N_("EIRP missing, or a bandwidth that the technology does not have"),
    "term": N_("a term of the link outside the model"),
}
_PICTURES = (".svg", ".png")


def show(
    opened: Opened,
    npsn: str,
    *,
    picture: Path | None,
    format_: Format | None,
    text: Text,
    words: Text,
    quiet: bool,
) -> None:
    """Print the links of a school, and draw the best one.

    Parameters
    ----------
    opened : Opened
        The project.
    npsn : str
        The school.
    picture : Path, optional
        File to draw it to.
    format_ : Format, optional
        How to print.
    text, words : Text
        Language of the terminal, and of the picture.
    quiet : bool
        Whether to say nothing beside the table.
    """
    from kalsel_gap import tables
    from kalsel_gap.linktable import linktable

    _refuse(opened, picture)
    found = linktable(opened, npsn)
    chosen = format_ or (Format.table if console.to_terminal() else Format.csv)
    if chosen is Format.table:
        console.figures(_for_terminal(found.links, text), _LABELS, text, spare=_SPARE)
    elif chosen is Format.json:
        console.emit(tables.json_of(found.links))
    else:
        console.emit(tables.csv_of(found.links))
    _remark(found, text, quiet=quiet)
    if picture is not None:
        _draw(found, picture, words)
        console.note(text(N_("Written: {path}"), path=picture), quiet=quiet)


def _for_terminal(links: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Codes and flags in words."""
    seen = {True: text(N_("yes")), False: text(N_("no"))}
    flags = ("line_of_sight", "line_of_sight_worst")
    return links.assign(
        technology=links["technology"].str.upper(),
        status=[text(_STATUS[code]) for code in links["status"]],
        **{name: [seen.get(flag, "?") for flag in links[name]] for name in flags},
    )


def _remark(found: LinkTable, text: Text, *, quiet: bool) -> None:
    """What the table does not say: where the school is, and how far to trust the levels."""
    sentence = N_(
        "{name} ({npsn}) at {lat}, {lon}: levels outdoors, by ITU-R P.1812-8 over the elevation "
        "model; obstacles are told from the school."
    )
    place = {"lat": f"{found.lat:.5f}", "lon": f"{found.lon:.5f}"}
    console.note(text(sentence, name=found.name, npsn=found.npsn, **place), quiet=quiet)
    if (found.links["calibration"] == "uncalibrated").any():
        console.note(text(N_("Uncalibrated: no measured level has corrected them.")), quiet=quiet)
    else:
        console.note(
            text(N_("Calibrated: ± is the error where nothing was measured.")), quiet=quiet
        )


def _refuse(opened: Opened, picture: Path | None) -> None:
    """An error where the picture cannot go, before anything is computed."""
    if picture is None:
        return
    if picture.suffix.lower() not in _PICTURES:
        raise OutputError("picture_kind", path=picture)
    if picture.resolve() in {path.resolve() for _, path in opened.project.inputs()}:
        raise OutputError("output_is_input", path=picture)


def _draw(found: LinkTable, picture: Path, words: Text) -> None:
    from kalsel_gap import drawing, linktable, pathview
    from kalsel_gap.run import atomic

    write = drawing.to_svg if picture.suffix.lower() == ".svg" else drawing.to_png
    drawn = write(pathview.picture(linktable.view(found), words))
    with atomic(picture) as temporary:
        temporary.write_bytes(drawn)
