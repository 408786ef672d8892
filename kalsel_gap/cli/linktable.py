"""``kalsel-gap predict --at``: the links of one school, and the picture of the best one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.cli import console
from kalsel_gap.cli.options import Format
from kalsel_gap.errors import OutputError
from kalsel_gap.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "calibration": N_("Basis"),
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
    *("azimuth_deg", "diffraction_db", "vegetation_db", "school_mast_m", "surroundings_db"),
    *("itm_loss_db", "obstacle_m", "clearance_ratio", "loss_db", "line_of_sight", "margin_db"),
    *("obstacle_excess_m", "obstacle_km"),
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
_BASIS = {"calibrated": N_("calibrated"), "uncalibrated": N_("uncalibrated")}


class Asked(NamedTuple):
    """Which links: the school, and of which sites; all where it does not say."""

    npsn: str
    operators: Sequence[str] = ()
    technologies: Sequence[str] = ()
    radius_km: float | None = None


def show(
    opened: Opened,
    asked: Asked,
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
    asked : Asked
        The school, and which sites.
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
    found = linktable(
        *(opened, asked.npsn),
        operators=asked.operators,
        technologies=asked.technologies,
        radius_km=asked.radius_km,
    )
    chosen = format_ or (Format.table if console.to_terminal() else Format.csv)
    if chosen is Format.table:
        console.figures(_for_terminal(found.links, text), _LABELS, text, spare=_SPARE, quiet=quiet)
    elif chosen is Format.json:
        console.emit(tables.json_of(found.links))
    else:
        console.emit(tables.csv_of(found.links))
    _remark(found, text, quiet=quiet)
    console.remarks(found.findings, text, quiet=quiet)
    if picture is not None:
        _draw(found, picture, words)
        console.note(text(N_("Written: {path}"), path=picture), quiet=quiet)


def _for_terminal(links: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Codes and flags in words; no status where every link has a level."""
    seen = {True: text(N_("yes")), False: text(N_("no"))}
    flags = ("line_of_sight", "line_of_sight_worst")
    shown = links.assign(
        technology=links["technology"].str.upper(),
        status=[text(_STATUS[code]) for code in links["status"]],
        calibration=[text(_BASIS[code]) for code in links["calibration"]],
        **{name: [seen.get(flag, "?") for flag in links[name]] for name in flags},
    )
    return shown.drop(columns="status") if (links["status"] == "value").all() else shown


def _remark(found: LinkTable, text: Text, *, quiet: bool) -> None:
    """What the table does not say: where the school is, and how far to trust the levels."""
    sentence = N_(
        "{name} ({npsn}) at {lat}, {lon}: levels outdoors, by ITU-R P.1812-8 over the elevation "
        "model; obstacles are told from the school."
    )
    place = {"lat": f"{found.lat:.5f}", "lon": f"{found.lon:.5f}"}
    console.note(text(sentence, name=found.name, npsn=found.npsn, **place), quiet=quiet)
    for basis, sentence in (
        (
            "calibrated",
            N_("Calibrated: {networks}. There ± is the error where nothing was measured."),
        ),
        (
            "uncalibrated",
            N_(
                "Uncalibrated: {networks}. No measured level has corrected these; there ± is the "
                "spread between places only, not the error of the model."
            ),
        ),
    ):
        links = found.links[found.links["calibration"] == basis]
        networks = sorted(set(links["technology"].str.upper() + " " + links["operator"]))
        if networks:
            console.note(text(sentence, networks=", ".join(networks)), quiet=quiet)


def _refuse(opened: Opened, picture: Path | None) -> None:
    """An error where the picture cannot go, before anything is computed."""
    from kalsel_gap.run import refuse_unwritable

    if picture is None:
        return
    if picture.resolve() in {path.resolve() for _, path in opened.project.inputs()}:
        raise OutputError("picture_is_input", path=picture)
    if picture.suffix.lower() not in _PICTURES:
        raise OutputError("picture_kind", path=picture)
    if not picture.parent.is_dir():
        raise OutputError("folder_missing", path=picture.parent)
    refuse_unwritable(picture)


def _draw(found: LinkTable, picture: Path, words: Text) -> None:
    from kalsel_gap import drawing, linktable, pathview
    from kalsel_gap.run import atomic

    write = drawing.to_svg if picture.suffix.lower() == ".svg" else drawing.to_png
    drawn = write(pathview.picture(linktable.view(found), words))
    with atomic(picture) as temporary:
        temporary.write_bytes(drawn)
