"""Table of the links of one school, as the terminal shows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kalsel_gap.cli import console
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.radio.links.link_table import LinkTable

_LABELS = {  # of columns on a terminal
    "operator": N_("Operator"),
    "technology": N_("Technology"),
    "site_id": N_("Site"),
    "distance_km": N_("Path km"),
    "azimuth_deg": N_("Azimuth °"),
    "level_dbm": N_("Level dBm"),
    "sd_db": N_("± dB"),
    "calibration": N_("Basis"),
    "margin_db": N_("Margin dB"),
    "loss_db": N_("P.1812 dB"),
    "vegetation_db": N_("Trees dB"),
    "surroundings_db": N_("Clutter dB"),
    "itm_loss_db": N_("ITM dB"),
    "free_space_db": N_("Free space dB"),
    "diffraction_db": N_("Diffraction dB"),
    "line_of_sight": N_("LOS"),
    "line_of_sight_worst": N_("LOS, worst air"),
    "clearance_ratio": N_("Clearance ratio"),
    "clearance_ratio_worst": N_("Ratio, worst air"),
    "obstacle_km": N_("Obstacle km"),
    "obstacle_m": N_("Obstacle m"),
    "obstacle_excess_m": N_("Excess m"),
    "site_mast_m": N_("Mast at site m"),
    "school_mast_m": N_("Mast at school m"),
    "sea_share": N_("Over sea %"),
    "indoor_dbm": N_("Indoors dBm"),
    "indoor_share": N_("Usable indoors %"),
    "cpe_dbm": N_("Roof dBm"),
    "cpe_margin_db": N_("Roof margin dB"),
    "hop_mast_m": N_("Microwave mast m"),
    "hop_margin_db": N_("Microwave margin dB"),
    "hop_status": N_("Microwave"),
    "status": N_("Status"),
}
# Columns that a narrow terminal leaves out, the first ones first.
_SPARE = (
    *("hop_margin_db", "hop_mast_m", "indoor_share", "indoor_dbm", "cpe_margin_db", "cpe_dbm"),
    "hop_status",
    *("free_space_db", "sea_share", "clearance_ratio_worst", "line_of_sight_worst", "site_mast_m"),
    *("azimuth_deg", "diffraction_db", "vegetation_db", "school_mast_m", "surroundings_db"),
    *("itm_loss_db", "obstacle_m", "clearance_ratio", "loss_db", "line_of_sight", "margin_db"),
    *("obstacle_excess_m", "obstacle_km", "calibration"),
)
_STATUS = {
    "value": N_("known"),
    "void": N_("heights missing"),
    "land_cover": N_("land cover missing"),
    "site_off_elevation": N_("site outside the elevation model"),
    "site_on_sea": N_("site on open sea"),
    "profile": N_("no terrain profile"),
    "distance": N_("too near or too far"),
    "frequency": N_("frequency missing or outside the range of the model"),
    "antenna": N_("antenna height missing or implausible"),
    "power": N_("EIRP missing, or a bandwidth that the technology does not have"),
    "term": N_("a value of the link is outside the range of the model"),
}
_HOPS = {  # the best one first
    "feasible": N_("clear"),
    "blocked": N_("needs a mast"),
    "too_tall": N_("mast too tall"),
    "too_long": N_("too long"),
}
_VERDICTS = {
    "feasible": N_(
        "{site}, {distance} km: clear with the antenna at {mast} m; {margin} dB fade margin, "
        "available {share} % of the year"
    ),
    "blocked": N_(
        "{site}, {distance} km: needs a mast of {mast} m at the school; then {margin} dB fade "
        "margin, available {share} % of the year"
    ),
    "too_tall": N_("{site}, {distance} km: needs a mast of {mast} m, but the limit is {tallest} m"),
    "too_long": N_("{site}, {distance} km: too long, the limit is {longest} km"),
}
_BASIS = {"calibrated": N_("calibrated"), "uncalibrated": N_("uncalibrated")}


def show(found: LinkTable, format_: Format | None, text: Text, *, quiet: bool) -> None:
    """Print the links of a school; on a terminal also a summary of the best ones."""
    shown = _for_terminal(found.links, text)
    console.publish(found.links, format_, _LABELS, text, spare=_SPARE, shown=shown, quiet=quiet)
    if console.output_format(format_) is Format.table:
        console.pairs(_best(found, text), _ways(found, text))
    _remark(found, text, quiet=quiet)
    console.remarks(found.findings, text, quiet=quiet)


def _for_terminal(links: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Codes and flags in words; no status where every link has a level."""
    seen = {True: text(N_("yes")), False: text(N_("no"))}
    flags = ("line_of_sight", "line_of_sight_worst")
    shown = links.assign(
        technology=links["technology"].str.upper(),
        status=[text(_STATUS[code]) for code in links["status"]],
        calibration=[text(_BASIS[code]) for code in links["calibration"]],
        hop_status=[text({**_STATUS, **_HOPS}[code]) for code in links["hop_status"]],
        **{name: [seen.get(flag, "?") for flag in links[name]] for name in flags},
    )
    return shown.drop(columns="status") if (links["status"] == "value").all() else shown


def _best(found: LinkTable, text: Text) -> str:
    """The best link, and whether its level is calibrated."""
    best = found.links.iloc[0]
    return text(
        N_("Best link: {site} ({operator}, {technology}; {basis})"),
        site=best["site_id"],
        operator=best["operator"],
        technology=str(best["technology"]).upper(),
        basis=text(_BASIS[best["calibration"]]),
    )


def _ways(found: LinkTable, text: Text) -> list[tuple[str, str]]:
    """Level of the best link at a phone and at an antenna, and the best microwave hop."""
    best, receiver = found.links.iloc[0], found.ground.radio.receiver
    unknown = text(N_("unknown: {reason}"), reason=text(_STATUS[best["status"]]))

    def sentence_of(name: str, sentence: str, margin_db: float = math.nan, **more: str) -> str:
        if math.isnan(best[name]):
            return unknown
        enough = (
            N_("{db} dB more than needed") if margin_db >= 0.0 else N_("{db} dB less than needed")
        )
        margin = text(enough, db=text.number(abs(margin_db), 1))
        return text(sentence, level=text.number(best[name], 1), margin=margin, **more)

    outdoors = sentence_of(
        *("level_dbm", N_("{level} dBm, ± {sd} dB: {margin}"), best["margin_db"]),
        sd=text.number(best["sd_db"], 1),
    )
    inside = sentence_of(
        *("indoor_dbm", N_("{level} dBm, ± {sd} dB: enough at {share} % of locations")),
        sd=text.number(best["indoor_sd_db"], 1),
        share=text.number(100.0 * best["indoor_share"]),
    )
    roof = sentence_of(
        *("cpe_dbm", N_("{level} dBm at {height} m with {gain} dBi: {margin}")),
        best["cpe_margin_db"],
        height=text.number(receiver.cpe_height_m),
        gain=text.number(receiver.cpe_gain_dbi),
    )
    return [
        (text(N_("Phone outdoors")), outdoors),
        (text(N_("Phone indoors")), inside),
        (text(N_("Antenna on the roof")), roof),
        (text(N_("Microwave")), _hop(found, text)),
    ]


def _hop(found: LinkTable, text: Text) -> str:
    """The best hop: clear before those that need a mast, then the lowest, then the nearest."""
    links, order = found.links, list(_HOPS)
    rank = [order.index(code) if code in _HOPS else len(order) for code in links["hop_status"]]
    hop = links.assign(rank=rank).sort_values(["rank", "hop_mast_m", "distance_km"]).iloc[0]
    if hop["hop_status"] not in _HOPS:
        return text(N_("unknown: {reason}"), reason=text(_STATUS[hop["hop_status"]]))
    return text(
        _VERDICTS[hop["hop_status"]],
        site=hop["site_id"],
        distance=text.number(hop["distance_km"], 1),
        mast=text.number(math.ceil(hop["hop_mast_m"])),
        margin=text.number(hop["hop_margin_db"], 1),
        share=text.number(hop["hop_availability_percent"], 3),
        longest=text.number(hop["hop_longest_km"], 1),
        tallest=text.number(found.ground.radio.microwave.tallest_m),
    )


def _remark(found: LinkTable, text: Text, *, quiet: bool) -> None:
    """Notes below the table: the location of the school, and the accuracy of the levels."""
    sentence = N_(
        "{name} ({npsn}) at {lat}, {lon}: outdoor levels by ITU-R P.1812-8 over the elevation "
        "model; distances to obstacles are measured from the school."
    )
    place = {"lat": f"{found.lat:.5f}", "lon": f"{found.lon:.5f}"}
    console.note(text(sentence, name=found.name, npsn=found.npsn, **place), quiet=quiet)
    sentence = N_(
        "Indoors by ITU-R P.2109; microwave at {frequency} GHz by ITU-R P.530, clear if 60 % of "
        "the first Fresnel zone is free in the worst air. The data do not show every tree and "
        "roof: visit the place before you build."
    )
    ghz = text.number(found.ground.radio.microwave.frequency_ghz, 1)
    console.note(text(sentence, frequency=ghz), quiet=quiet)
    for basis, sentence in (
        (
            "calibrated",
            N_("Calibrated: {networks}. Here ± is the error expected where nothing was measured."),
        ),
        (
            "uncalibrated",
            N_(
                "Uncalibrated: {networks}. No measured level has corrected these; here ± is the "
                "error that such predictions are assumed to have (signal.errors_db)."
            ),
        ),
    ):
        links = found.links[found.links["calibration"] == basis]
        networks = sorted(set(links["technology"].str.upper() + " " + links["operator"]))
        if networks:
            console.note(text(sentence, networks=", ".join(networks)), quiet=quiet)
