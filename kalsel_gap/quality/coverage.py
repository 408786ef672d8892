"""Checks of coverage: position, CRS, nodata, values, agreement with the sites.

A raster is read block by block; of one with more than ``file_checks.reading.most_cells`` cells
every n-th row and column of each block, so that neither time nor memory grow with a nation's
raster. Shares then refer to the cells that were read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.geo import sampling
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.quality.unusable_files import file_finding
from kalsel_gap.sources import coverage
from kalsel_gap.sources.boundaries import INDONESIA, envelope
from kalsel_gap.sources.sites import read_sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.checks import CoverageCheck, FileChecks, OffsetCheck
    from kalsel_gap.project.inputs import Coverage
    from kalsel_gap.project.model import Opened


_INT16 = 2**15
# Levels of GSM are reported as 0 to 31 (3GPP TS 27.007), those of LTE as 0 to 97 (TS 36.133).
_GSM_STEPS, _HUNDRED = 31, 100
_RSRQ_DB = (-30.0, 0.0)  # TS 36.133 reports -19.5 to -3 dB, and -34 in its extended range
_SITES_AT_ONCE = 500
_NAMED = 12  # files in a sentence


def check_coverage(opened: Opened, schools: pd.DataFrame) -> list[Finding]:
    """Findings about every coverage raster and every layer of coverage polygons.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        With ``lat`` and ``lon``, NaN where unusable; ``confidence_radius_m`` if known.
    """
    sites = _sites(opened)
    findings = []
    for source in opened.project.coverage:
        check = _polygons if source.is_vector else _raster
        try:
            findings += check(source, opened, schools, sites)
        except InputError as error:
            findings.append(file_finding(error, opened.shown(source.path)))
    return findings


def _sites(opened: Opened) -> pd.DataFrame:
    """Sites to compare with; an unreadable file of sites is a finding of the check of sites."""
    try:
        return read_sites(opened)[0]
    except InputError:
        import pandas as pd

        return pd.DataFrame(columns=["operator", "technology", "lat", "lon"])


def _polygons(
    source: Coverage,
    opened: Opened,
    schools: pd.DataFrame,
    sites: pd.DataFrame,  # noqa: ARG001 - as for rasters
) -> list[Finding]:
    file = opened.shown(source.path)
    polygons, findings = coverage.read_polygons(source, file)
    lat, lon = places(opened, schools)
    if not coverage.touches(polygons, lat, lon):
        findings.append(Finding("coverage_off_every_school", file=file))
    return findings


def _raster(
    source: Coverage, opened: Opened, schools: pd.DataFrame, sites: pd.DataFrame
) -> list[Finding]:
    file = opened.shown(source.path)
    limits = opened.project.file_checks
    with sampling.open_band(source.tiles, source.band) as band:
        findings = placement(band, opened, schools, file)
        on_the_ground = not any(f.severity == "error" for f in findings)
        if on_the_ground:
            findings += _resolution(source, opened, schools, file)
        counts = Histogram.of(band, limits.reading.most_cells)
        _refuse_rivals(band, source)
        _refuse_picture(band, counts, source, limits.coverage)
        findings += passed_over(band, opened, file)
        findings += _cells(counts, source, limits.coverage, file, declares_nodata=_declares(band))
        if on_the_ground and source.kind in coverage.LEVELS:
            same = sites["technology"] == source.technology
            if source.operator != "any":
                same &= sites["operator"] == source.operator.strip().casefold()
            findings += _offset(band, sites[same], limits, file)
    return findings


def layer_findings(source: Coverage, opened: Opened, schools: pd.DataFrame) -> list[Finding]:
    """What a raster's place and values say about it as a whole; its part of `check_coverage`.

    Parameters
    ----------
    source : Coverage
        A raster.
    opened : Opened
        The project.
    schools : DataFrame
        With ``lat`` and ``lon``, NaN where unusable.

    Raises
    ------
    InputError
        It cannot be read.
    """
    file = opened.shown(source.path)
    limits = opened.project.file_checks
    with sampling.open_band(source.tiles, source.band) as band:
        counts = Histogram.of(band, limits.reading.most_cells)
        _refuse_rivals(band, source)
        _refuse_picture(band, counts, source, limits.coverage)
        return [
            *placement(band, opened, schools, file),
            *passed_over(band, opened, file),
            *_cells(counts, source, limits.coverage, file, declares_nodata=_declares(band)),
        ]


def _refuse_rivals(band: sampling.Band, source: Coverage) -> None:
    """Raise an error where two maps of a folder cover one place, as of two technologies."""
    if band.rivals:
        names = ", ".join(path.name for path in band.rivals[:_NAMED])
        raise InputError("raster_same_place", path=source.file, value=names)


def _refuse_picture(
    band: sampling.Band, found: Histogram, source: Coverage, limits: CoverageCheck
) -> None:
    """Raise an error where the cells are colours; classes may have colours, and be three bands."""
    if source.kind in coverage.LEVELS:
        sampling.refuse_picture(band)
        return
    values = set(found.value.tolist()) - {0, 1, *(float(key) for key in source.classes)}
    # The 255 of three bands is white, not the usual number for no data.
    has_others = {"rgb": bool(values), "palette": bool(values - set(limits.nodata_values))}
    for tile in band.tiles:
        is_picture = tile.colours == "rgb" or (tile.colours and source.kind == "binary")
        if is_picture and tile.is_as_stored and has_others[tile.colours]:
            raise InputError("raster_picture", path=tile.path, value=tile.colours.upper())


def passed_over(band: sampling.Band, opened: Opened, file: str) -> list[Finding]:
    """A note that names the files of a folder that are none of the raster's tiles."""
    if not band.passed_over:
        return []
    names = ", ".join(opened.shown(path) for path in band.passed_over[:_NAMED])
    parameters = {
        "count": len(band.passed_over),
        "files": names + (" …" if len(band.passed_over) > _NAMED else ""),
    }
    return [Finding("raster_files_passed_over", file=file, parameters=parameters)]


def places(opened: Opened, schools: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes of the schools; if none is known, of points all over the area."""
    located = schools["lat"].notna() & schools["lon"].notna()
    if located.any():
        lat, lon = (schools.loc[located, name].to_numpy("float64") for name in ("lat", "lon"))
        return lat, lon
    south, west, north, east = bounds(opened)
    rows, cols = np.meshgrid(np.linspace(south, north, 20), np.linspace(west, east, 20))
    return rows.ravel(), cols.ravel()


def bounds(opened: Opened) -> tuple[float, float, float, float]:
    """South, west, north and east of the area, even if its boundaries are unusable."""
    try:
        return envelope(opened)
    except InputError:  # a finding of the check of boundaries
        return INDONESIA


def placement(
    band: sampling.Band, opened: Opened, schools: pd.DataFrame, file: str
) -> list[Finding]:
    """Whether a raster lies where the schools are, and which CRS would put it there."""
    grid = band.grid
    limits = opened.project.file_checks.coverage
    lat, lon = places(opened, schools)
    off = band.outside(*grid.pixel(lat, lon))
    share = 1.0 - float(off.mean())
    if share <= limits.outside_share:
        better, inside = _better_crs(grid, lat, lon)
        if inside >= limits.inside_share:
            return [
                Finding(
                    "raster_crs_doubtful",
                    file=file,
                    value=_name(grid),
                    proposal=better,
                    evidence={"inside_before_share": share, "inside_after_share": inside},
                    parameters={"bounds": _bounds(grid)},
                )
            ]
    if off.all():
        return [Finding("raster_off_every_school", file=file, parameters={"bounds": _bounds(grid)})]
    located = bool(schools["lat"].notna().any())
    if off.any() and located:
        count = {"count": int(off.sum()), "percent": _percent(off.mean())}
        return [Finding("raster_misses_schools", file=file, parameters=count)]
    return []


def _better_crs(grid: sampling.Grid, lat: FloatArray, lon: FloatArray) -> tuple[str, float]:
    """Of the usual systems the one that puts most places on the raster, and their share."""
    import pyproj

    zones = sorted({int((x + 180.0) // 6) + 1 for x in lon})
    codes = [4326, 3857, *(base + zone for base in (32700, 32600) for zone in zones)]
    shares = []
    for code in codes:
        assigned = replace(grid, crs=pyproj.CRS.from_epsg(code))
        shares.append(float((~assigned.outside(*assigned.pixel(lat, lon))).mean()))
    best = int(np.argmax(shares))
    return f"EPSG:{codes[best]}", shares[best]


def _name(grid: sampling.Grid) -> str:
    authority = grid.crs.to_authority()
    return ":".join(authority) if authority else str(grid.crs.name)


def _bounds(grid: sampling.Grid) -> str:
    """West, south, east and north in the raster's own numbers."""
    t = grid.transform
    right, bottom = (
        t.c + t.a * grid.width + t.b * grid.height,
        t.f + t.d * grid.width + t.e * grid.height,
    )
    return ", ".join(f"{value:.10g}" for value in (t.c, bottom, right, t.f))


def _resolution(
    source: Coverage, opened: Opened, schools: pd.DataFrame, file: str
) -> list[Finding]:
    """A note where cells are much larger than the circle in which a school may lie."""
    usual = opened.project.signal.radius_m.B
    given = schools.get("confidence_radius_m")
    radius = usual if given is None or given.isna().all() else float(given.median())
    info = sampling.describe(source.tiles, band=source.band)
    cell_m = max(info.cell_width_m, info.cell_height_m)
    if cell_m <= opened.project.file_checks.coverage.coarse_factor * radius:
        return []
    sizes = {"cell_m": round(cell_m), "radius_m": round(radius)}
    return [Finding("raster_coarse", file=file, parameters=sizes)]


# --- what the cells can mean --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often each whole number occurs in a raster; cells without data do not count.

    Attributes
    ----------
    value, count : int arrays
        Values that occur, increasing; beyond 16 bits they count as the last one.
    absent : int
        Cells without data.
    least, most : float
        Smallest and largest value as they are; infinite where there is none.
    """

    value: IntArray
    count: IntArray
    absent: int = 0
    least: float = math.inf
    most: float = -math.inf

    @classmethod
    def of(cls, band: sampling.Band, most_cells: int) -> Histogram:
        """Of a raster, read block by block."""
        counts = np.zeros(2 * _INT16, dtype=np.int64)
        absent, least, most = 0, math.inf, -math.inf
        for raw, valid in cells(band, most_cells):
            known = raw[valid]
            absent += raw.size - known.size
            if known.dtype not in (np.int16, np.uint8):
                if known.size:
                    least, most = min(least, float(known.min())), max(most, float(known.max()))
                known = np.clip(np.rint(known), -_INT16, _INT16 - 1)
            counts += np.bincount(known.astype(np.int64) + _INT16, minlength=2 * _INT16)
        (found,) = counts.nonzero()
        return cls(found - _INT16, counts[found], absent, least, most)

    def shown(self, value: int) -> str:
        """A value as the file has it, also one that is beyond 16 bits."""
        if value == -_INT16 and math.isfinite(self.least):
            return f"{self.least:.9g}"
        if value == _INT16 - 1 and math.isfinite(self.most):
            return f"{self.most:.9g}"
        return str(value)

    @property
    def total(self) -> int:
        """Cells with data."""
        return int(self.count.sum())

    def share(self, chosen: BoolArray) -> float:
        """Share of the cells whose value is among the `chosen` ones."""
        return float(self.count[chosen].sum() / self.total) if self.total else 0.0

    def without(self, values: list[int]) -> Histogram:
        """The same without some values."""
        kept = ~np.isin(self.value, values)
        return replace(self, value=self.value[kept], count=self.count[kept])

    def quantile(self, share: float) -> int:
        """Value below which a share of the cells lies."""
        return int(self.value[np.searchsorted(np.cumsum(self.count), share * self.total)])


def cells(band: sampling.Band, most_cells: int) -> Iterator[tuple[NDArray[np.generic], BoolArray]]:
    """Cells with scale and offset applied, and which are data, window by window in file order.

    Of a raster with more than `most_cells` every n-th row and column of each window.
    """
    step = math.ceil(math.sqrt(band.grid.width * band.grid.height / most_cells))
    for window in band.windows():
        if step == 1 and band.is_whole_numbers:
            yield band.read_raw(window)
        else:
            shape = (max(1, window.height // step), max(1, window.width // step))
            value = band.read(window, shape)
            yield value, ~np.isnan(value)


def _declares(band: sampling.Band) -> bool:
    """Whether the file declares its cells without data."""
    return all(tile.declared is not None or tile.has_mask for tile in band.tiles)


def _cells(
    found: Histogram, source: Coverage, limits: CoverageCheck, file: str, *, declares_nodata: bool
) -> list[Finding]:
    """Findings about nodata and unit from the values of a coverage raster."""
    if not found.total:
        return [Finding("raster_without_data", file=file)]
    if source.kind in coverage.LEVELS:
        undeclared = _undeclared(found, limits)
        findings = _nodata(found, undeclared, file)
        levels = found.without(undeclared)
        findings += _unit(levels, limits, file)
    else:
        meant = {float(key) for key in source.classes} or {0.0, 1.0}
        suspects = [v for v in limits.nodata_values if v not in meant and v]
        undeclared = _frequent(found, suspects, limits)
        findings = _nodata(found, undeclared, file)
        if source.kind == "class":
            findings += _classes(found.without(undeclared), meant, file)
    if not (declares_nodata or undeclared or found.absent):
        findings.append(Finding("raster_nodata_unstated", file=file))
    return findings


def _frequent(found: Histogram, values: list[int], limits: CoverageCheck) -> list[int]:
    return [v for v in values if found.share(found.value == v) >= limits.nodata_share]


def _undeclared(found: Histogram, limits: CoverageCheck) -> list[int]:
    """Values that mean no data in a raster of levels without being declared.

    0 and 255 can be values of another unit: they count only where the others are levels in dBm.
    """
    suspects = _frequent(found, list(limits.nodata_values), limits)
    rest = found.without(suspects)
    if rest.total and rest.share(_plausible(rest.value, limits)) >= limits.doubtful_share:
        return suspects
    return [v for v in suspects if v not in (0, 255)]


def _nodata(found: Histogram, undeclared: list[int], file: str) -> list[Finding]:
    return [
        Finding(
            "raster_nodata_undeclared",
            file=file,
            value=found.shown(value),
            parameters={"percent": _percent(found.share(found.value == value))},
        )
        for value in undeclared
    ]


def _classes(found: Histogram, meant: set[float], file: str) -> list[Finding]:
    unlisted = [f"{value:g}" for value in found.value if value not in meant]
    if not unlisted:
        return []
    return [
        Finding("raster_class_unlisted", file=file, parameters={"classes": ", ".join(unlisted)})
    ]


def _plausible(value: IntArray | FloatArray, limits: CoverageCheck) -> BoolArray:
    return (value >= limits.low_dbm) & (value <= limits.high_dbm)


def _unit(found: Histogram, limits: CoverageCheck, file: str) -> list[Finding]:
    """Whether the values are levels in dBm, and otherwise which unit they may have."""
    if not found.total:
        return []
    plausible = found.share(_plausible(found.value, limits))
    if plausible >= 1.0:
        return []
    low, high = found.quantile(0.01), found.quantile(0.99)
    shown = f"{low} … {high}"
    if plausible >= limits.doubtful_share:
        parameters = {
            "percent": _percent(1.0 - plausible),
            "low": limits.low_dbm,
            "high": limits.high_dbm,
        }
        return [Finding("raster_values_implausible", file=file, parameters=parameters)]
    code, proposal = _other_unit(found, limits, low, high)
    return [Finding(code, file=file, value=shown, proposal=proposal)]


def _other_unit(found: Histogram, limits: CoverageCheck, low: int, high: int) -> tuple[str, str]:
    """Code of the unit that the values probably have, and their 1st and 99th percentile in dBm."""

    def explained(value: FloatArray | IntArray) -> bool:
        return found.share(_plausible(value, limits)) >= limits.explained_share

    for factor, code in ((10, "raster_unit_times_10"), (100, "raster_unit_times_100")):
        if explained(found.value / factor):
            return code, f"{low / factor:g} … {high / factor:g}"
    if low >= 0 and high <= _GSM_STEPS:
        return "raster_unit_asu", f"{2 * low - 113} … {2 * high - 113}"
    if explained(-found.value) and (high > _HUNDRED or low >= _HUNDRED / 2):
        return "raster_unit_sign", f"{-low} … {-high}"
    if low >= 0 and high <= _HUNDRED:
        return "raster_unit_percent", ""
    if _RSRQ_DB[0] <= low and high < _RSRQ_DB[1]:
        return "raster_unit_db", ""
    return "raster_unit_unknown", ""


def _percent(share: float) -> float:
    """A share in percent, to three digits."""
    return float(f"{100 * share:.3g}")


# --- shift against the sites --------------------------------------------------------------------


def _offset(
    band: sampling.Band, sites: pd.DataFrame, limits: FileChecks, file: str
) -> list[Finding]:
    """A shift of the raster against the sites of its operator and technology.

    Levels around all sites are stacked and averaged. The mean is highest at the antennas: in the
    middle, or away from it by the shift.

    Notes
    -----
    It finds one shift of the whole raster (or of the whole table of sites) of at least a cell, if
    the signals come from the given sites. It does not find a rotation, another scale, a shift of
    part of the sites, nor anything in a raster without a peak at its sites (coarse cells, one level
    for all covered cells).
    """
    offset, coverage_ = limits.offset, limits.coverage
    row, col = band.grid.pixel(sites["lat"], sites["lon"])
    on = ~band.grid.outside(row, col)
    if on.sum() < offset.minimum_sites:
        return []
    rows, cols = (np.floor(at[on]).astype(np.int64) for at in (row, col))
    middle = (float(np.median(rows)) + 0.5, float(np.median(cols)) + 0.5)
    height_m, width_m = _cell_m(band.grid, middle)
    reach = (math.ceil(offset.reach_m / height_m), math.ceil(offset.reach_m / width_m))
    chosen = _spread(rows, cols, reach, limits.reading.most_cells)
    level = _around(band, rows[chosen], cols[chosen], reach, coverage_.low_dbm)
    mean = _mean(level, coverage_.low_dbm)
    peak = np.unravel_index(int(np.argmax(mean)), mean.shape)
    down = _summit(mean[:, peak[1]], int(peak[0])) - reach[0]
    right = _summit(mean[peak[0], :], int(peak[1])) - reach[1]
    gain_db, t = _gain(level[:, peak[0], peak[1]] - level[:, reach[0], reach[1]])
    here, there = (
        band.grid.position(*middle),
        band.grid.position(middle[0] + down, middle[1] + right),
    )
    bearing, _, distance_m = WGS84.inv(here[1], here[0], there[1], there[0])
    least_m = max(offset.minimum_m, min(height_m, width_m))
    at_edge = any(at in (0, size - 1) for at, size in zip(peak, mean.shape, strict=True))
    if at_edge or distance_m < least_m or not _is_gain(gain_db, t, offset):
        return []
    shift = {"offset_m": round(float(distance_m)), "bearing_deg": round(float(bearing) % 360)}
    return [
        Finding(
            "raster_offset",
            file=file,
            evidence={"gain_db": round(gain_db, 1), "sites": len(chosen)},
            parameters=shift,
        )
    ]


def _is_gain(gain_db: float, t: float, limits: OffsetCheck) -> bool:
    return gain_db >= limits.minimum_db and t >= limits.minimum_t


def _spread(row: IntArray, col: IntArray, reach: tuple[int, int], most_cells: int) -> IntArray:
    """Every n-th site in the order of rows, so that no more than `most_cells` are stacked."""
    around = (2 * reach[0] + 1) * (2 * reach[1] + 1)
    step = math.ceil(len(row) * around / most_cells)
    return np.lexsort((col, row))[::step]


def _mean(level: FloatArray, low_dbm: float) -> FloatArray:
    """Mean level at each shift; the weakest where most sites lie outside or have no level."""
    known = ~np.isnan(level)
    count = known.sum(axis=0)
    total = np.where(known, level, 0.0).sum(axis=0)
    enough = count > len(level) / 2
    return np.where(enough, total / np.maximum(count, 1), low_dbm)


def _around(
    band: sampling.Band, row: IntArray, col: IntArray, reach: tuple[int, int], low_dbm: float
) -> FloatArray:
    """Levels around each site, shape (sites, 2·reach + 1, 2·reach + 1).

    No data counts as the weakest level, whatever it means: at a site there is a signal. Values that
    are not levels are NaN, and so is everything outside the raster.
    """
    down, right = (np.arange(-each, each + 1) for each in reach)
    level = np.full((len(row), len(down), len(right)), np.nan)
    for first in range(0, len(row), _SITES_AT_ONCE):
        part = slice(first, first + _SITES_AT_ONCE)
        rows, cols = np.broadcast_arrays(
            row[part, None, None] + down[:, None], col[part, None, None] + right
        )
        on = ~band.grid.outside(rows, cols)
        value = band.values(rows[on], cols[on])
        value[np.isnan(value)] = low_dbm
        level[part][on] = np.where((value < low_dbm) | (value > 0.0), np.nan, value)
    return level


def _cell_m(grid: sampling.Grid, at: tuple[float, float]) -> tuple[float, float]:
    """Height and width of the cell at a place, metres."""
    lat, lon = grid.position(
        np.array([at[0], at[0] + 1, at[0]]), np.array([at[1], at[1], at[1] + 1])
    )
    _, _, height_m = WGS84.inv(lon[0], lat[0], lon[1], lat[1])
    _, _, width_m = WGS84.inv(lon[0], lat[0], lon[2], lat[2])
    return float(height_m), float(width_m)


def _summit(line: FloatArray, peak: int) -> float:
    """Place of a maximum between cells: the parabola through it and its neighbours."""
    if not 0 < peak < len(line) - 1:
        return float(peak)
    before, at, after = line[peak - 1 : peak + 2]
    bend = before - 2 * at + after
    return peak + (0.5 * float((before - after) / bend) if bend < 0 else 0.0)


def _gain(difference: FloatArray) -> tuple[float, float]:
    """Mean of the differences and its size in standard errors."""
    known = difference[~np.isnan(difference)]
    if len(known) < 2:
        return 0.0, 0.0
    mean, error = float(known.mean()), float(known.std(ddof=1) / math.sqrt(len(known)))
    return mean, mean / error if error else math.copysign(math.inf, mean) if mean else 0.0
