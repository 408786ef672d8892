"""Checks of land cover: readable, extent, known classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.geo import sampling
from kalsel_gap.quality.coverage import Histogram, passed_over, placement
from kalsel_gap.quality.unusable_files import file_finding

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.project.model import Opened

_SHOWN = 20  # classes in a sentence


def refuse_coloured(band: sampling.Band) -> None:
    """Raise an error where land cover is a picture; a table of colours for classes is none.

    Raises
    ------
    InputError
        `raster_picture`.
    """
    for tile in band.tiles:
        if tile.colours == "rgb":
            raise InputError("raster_picture", path=tile.path, value="RGB")


def check_land_cover(opened: Opened, schools: pd.DataFrame) -> list[Finding]:
    """Findings about the land cover.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        With ``lat`` and ``lon``, NaN where unusable.
    """
    source = opened.project.land_cover
    if source is None:
        return []
    file = opened.shown(source.path)
    try:
        with sampling.open_band(source.tiles, source.band) as band:
            findings = placement(band, opened, schools, file)
            refuse_coloured(band)
            findings += passed_over(band, opened, file)
            counts = Histogram.of(band, opened.project.file_checks.reading.most_cells)
    except InputError as error:
        return [file_finding(error, file)]
    if not counts.total:
        return [*findings, Finding("raster_without_data", file=file)]
    listed = opened.project.radio.clutter_heights_m()
    unlisted = [f"{value:g}" for value in counts.value if int(value) not in listed]
    if unlisted:
        classes = ", ".join(unlisted[:_SHOWN]) + (" …" if len(unlisted) > _SHOWN else "")
        findings.append(
            Finding("land_cover_class_unlisted", file=file, parameters={"classes": classes})
        )
    return findings
