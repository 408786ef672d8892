"""Stage layers: errors of a whole layer, for which `check` and `rank` both stop.

What of a raster counts as no data is said here too, so that nobody has to run `check` to learn it.

A layer whose values cannot be what the project says makes every rank wrong, however good the
rows are. Only such checks are here, and they read a raster once, as `check` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened

# The stages that read these files stop with an error of their own.
_ELSEWHERE = frozenset(("file_unusable", "raster_off_every_school"))
# What a ranking does with the cells and files of a raster, as it is said of the whole raster.
_SAID = frozenset(("raster_nodata_undeclared", "raster_files_passed_over", "elevation_too_high"))


def check_layer_errors(schools: gpd.GeoDataFrame, opened: Opened, *_: object) -> Staged:
    """Errors of whole layers as findings; no column.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.

    Raises
    ------
    InputError
        A layer cannot be read.
    """
    findings = [
        finding
        for finding in _findings(opened, schools)
        if finding.row is None and finding.code not in _ELSEWHERE
        if finding.severity == "error" or finding.code in _SAID
    ]
    return Staged(pd.DataFrame(index=schools.index), findings)


def _findings(opened: Opened, schools: pd.DataFrame) -> Iterator[Finding]:
    from kalsel_gap.geo import sampling  # GDAL loads only when there is a raster
    from kalsel_gap.quality import coverage, elevation, land_cover

    for source in opened.project.coverage:
        if not source.is_vector:
            yield from coverage.layer_findings(source, opened, schools)
    if opened.project.elevation is not None:
        yield from elevation.layer_findings(opened)
    if (cover := opened.project.land_cover) is not None:
        with sampling.open_band(cover.tiles, cover.band) as band:
            land_cover.refuse_coloured(band)
            yield from coverage.passed_over(band, opened, opened.shown(cover.path))
    if opened.project.measurements:
        from kalsel_gap.quality.speed_tests import check_speed_tests

        yield from check_speed_tests(opened, schools)


STAGE = Stage(
    "layers",
    check_layer_errors,
    reads=("lat", "lon"),
    sections=("coverage", "elevation", "land_cover", "measurements", "boundaries", "file_checks"),
)
