"""Models of the defaults for checks: thresholds of findings, grades of locations, repairs.

Models of the files in ``defaults/`` that the checks read; each figure names its source.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from kalsel_gap.project.base import (
    Grade,
    NotNegative,
    Positive,
    Section,
    Share,
    Sourced,
    default_values,
)


class GradeByStatus(Section):
    """Worst grade by where a location comes from."""

    repaired: Grade
    """A location that an accepted repair has changed."""
    area: Grade
    """An area that takes the place of the point."""


class Confidence(Sourced):
    """Grade of a location from its facts and findings: ``defaults/confidence.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    decimals: Annotated[int, Field(ge=0)]
    """Decimals of degrees that an A needs."""
    agreement: Literal["desa", "kecamatan"]
    """Widest claimed area whose agreement with the location allows an A."""
    bound_limit_m: Positive
    """Largest radius that a measured bound can give, metres."""
    status: GradeByStatus
    """Worst grade by origin of the location."""
    findings: dict[str, Grade]
    """Worst grade that a finding leaves, by its code."""


class Highest(Sourced):
    """Largest plausible number."""

    otherwise: Positive
    """For every level that is not named."""
    levels: dict[str, Positive] = {}
    """By level."""


class People(Sourced):
    """Proportions to the people of a school."""

    students_per_teacher: Positive
    """Most students for each teacher."""
    accounts_per_person: Positive
    """Most accounts for each student or teacher."""
    devices_per_person: Positive
    """Most devices for each student or teacher."""


class Dates(Sourced):
    """Possible dates."""

    earliest_year: Annotated[int, Field(ge=1, le=9999)]
    """No date is earlier."""
    latest_year: Annotated[int, Field(ge=1, le=9999)]
    """No date is later, whatever the project says."""
    stale_days: Annotated[int, Field(ge=1)]
    """Rows up to so many days later than the date of the data may mean that this date is wrong."""
    stale_share: Share
    """Share of such rows above which the date of the data is wrong."""


class Gaps(Sourced):
    """Empty cells."""

    empty_share: Share
    """Share of empty rows of a column above which it is a finding."""


class SameName(Sourced):
    """Whether two names belong to one school."""

    similarity: Annotated[float, Field(ge=0.0, le=100.0)]
    """Smallest similarity of their words, 0 to 100."""


class InternetAnswers(Sourced):
    """What the internet field of a register can state; texts folded, letters and digits only."""

    none: tuple[str, ...]
    """Texts that state that there is none."""
    none_prefixes: tuple[str, ...]
    """Beginnings of such texts."""
    unknown: tuple[str, ...]
    """Texts that state nothing."""
    denials: tuple[str, ...]
    """Words beside the name of a provider that leave open whether there is a line."""
    line: tuple[str, ...]
    """Texts that state a line and do not name a provider."""
    providers: tuple[str, ...]
    """Words that name a provider or a kind of line; from five letters on, parts of words too."""


class Registers(Sourced):
    """From when on values of a register are doubted: ``defaults/registers.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    internet: InternetAnswers
    """Answers of the internet field."""
    highest: dict[str, Highest]
    """Largest plausible number, by column."""
    people: People
    """Students, teachers, accounts and devices of one school."""
    dates: Dates
    """Dates."""
    gaps: Gaps
    """Gaps."""
    same_name: SameName
    """Names of a school in two files."""

    @classmethod
    def shipped(cls) -> Self:
        """The defaults as they are shipped."""
        return cls.model_validate(default_values("registers"))


class Precision(Sourced):
    """Distance of a simplified boundary from its true position."""

    outside_quantile: Share
    """Quantile of the distances at which vertices of a finer layer lie outside their own area."""
    spacing_quantile: Share
    """Quantile of the spacing of vertices, if there is no finer layer."""
    spacing_share: NotNegative
    """Precision as a share of that spacing."""


class AreaNames(Sourced):
    """Names of areas."""

    newer_share: Share
    """Share of a layer that the register names; from there on, an area it never names is newer."""
    similarity: Annotated[float, Field(ge=0.0, le=100.0)]
    """Similarity, 0 to 100, from which a name is offered for an unknown one."""
    words: dict[str, str]
    """Short forms of words, in lower case."""


class AreaCodes(Sourced):
    """Codes of areas."""

    majority: Share
    """Share of the rows of a code above which their name is its meaning."""
    kemendagri: Share
    """Share of agreeing codes from which a column is in Kemendagri codes."""


class SharedPoint(Sourced):
    """Schools with identical coordinates."""

    schools: Annotated[int, Field(ge=1)]
    """Most schools on one compound."""
    similarity: Annotated[float, Field(ge=0.0, le=100.0)]
    """Similarity of names, 0 to 100, from which two of one level may share a compound."""


class NearDuplicate(Sourced):
    """Schools of nearly the same name beside each other."""

    radius_m: Positive
    """Largest distance, metres."""
    similarity: Annotated[float, Field(ge=0.0, le=100.0)]
    """Smallest similarity of the names, 0 to 100."""
    neighbours: Annotated[int, Field(ge=1, le=1000)]
    """Nearest schools of the same kind that each is compared with."""
    generic: tuple[str, ...]
    """Words that do not distinguish schools, in capitals."""
    telling: tuple[str, ...]
    """Words that distinguish schools of one place, in capitals."""


class Cluster(Sourced):
    """Schools too close together."""

    radius_m: Positive
    """Radius, metres."""
    schools: Annotated[int, Field(ge=1)]
    """Most other schools inside it that are plausible."""


class Decimals(Sourced):
    """Decimals of coordinates."""

    enough: Annotated[int, Field(ge=0)]
    """Decimals that suffice."""
    gap: Annotated[int, Field(ge=1)]
    """A coordinate with so many fewer decimals than the other one was rounded."""


class Centroid(Sourced):
    """Coordinates that are those of an area."""

    decimals_least: Annotated[int, Field(ge=0)]
    """Fewest decimals that are compared."""
    decimals_most: Annotated[int, Field(ge=0)]
    """Most decimals that are compared."""


class Locations(Sourced):
    """From when on a location is doubted: ``defaults/locations.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    precision: Precision
    """Precision of boundaries."""
    names: AreaNames
    """Names of areas."""
    codes: AreaCodes
    """Codes of areas."""
    shared: SharedPoint
    """Identical coordinates."""
    near_duplicate: NearDuplicate
    """Near-duplicates."""
    cluster: Cluster
    """Clusters."""
    decimals: Decimals
    """Decimals."""
    centroid: Centroid
    """Centroids and offices."""


class Reading(Sourced):
    """How much of a raster is read."""

    most_cells: Annotated[int, Field(ge=1)]
    """Cells; of a larger raster every n-th row and column is read."""


class CoverageCheck(Sourced):
    """Coverage rasters."""

    low_dbm: float
    """Weakest plausible level."""
    high_dbm: float
    """Strongest plausible level."""
    nodata_values: tuple[int, ...]
    """Values that often mean no data without being declared."""
    nodata_share: Share
    """Share of the cells from which such a value is a finding."""
    doubtful_share: Share
    """Share of plausible levels below which the unit is doubted."""
    explained_share: Share
    """Share of plausible levels that another unit must give."""
    inside_share: Share
    """Share of schools on the raster that another CRS must give."""
    outside_share: Share
    """Share of schools on the raster up to which its CRS is doubted."""
    coarse_factor: Positive
    """A raster is coarse from this cell size on, in median radii of the schools' uncertainty."""


class OffsetCheck(Sourced):
    """Shift of a coverage raster against its sites."""

    reach_m: Positive
    """Largest shift that is searched, metres."""
    minimum_sites: Annotated[int, Field(ge=2)]
    """Fewest sites on the raster."""
    minimum_m: NotNegative
    """Smallest shift that is a finding, metres."""
    minimum_db: NotNegative
    """Least gain of the mean level, dB."""
    minimum_t: NotNegative
    """Least gain in standard errors of the mean."""


class SitesCheck(Sourced):
    """Radio sites."""

    lowest_m: Positive
    """Lowest plausible antenna, metres above ground."""
    highest_m: Positive
    """Highest plausible antenna, metres above ground."""
    reach_km: Positive
    """Distance from the area at which a site serves none of its schools, km."""
    border_tolerance_m: NotNegative
    """Error of boundaries and coasts, metres."""
    same_place_deg: Positive
    """Two sites nearer than this, in degrees, are at one place."""
    spelling: Share
    """Similarity from which two operators' names may be one."""
    bands_mhz: dict[Literal["2g", "3g", "4g", "5g"], tuple[tuple[float, float], ...]]
    """Bands in use by technology, from and to, MHz."""


class BoundariesCheck(Sourced):
    """Boundaries."""

    tolerance_m: Positive
    """Width up to which overlaps, gaps and overhangs are imprecision, metres."""
    outside_share: Share
    """Share of an area outside its parent from which that is a finding."""


class ElevationCheck(Sourced):
    """Elevation model."""

    lowest_m: float
    """Lowest plausible height of land."""
    margin_m: NotNegative
    """Tolerance above the highest mountain, metres."""
    world_m: float
    """Highest mountain where the province is not listed."""
    highest_m: dict[str, float]
    """Highest mountain by Kemendagri code of the province, metres."""
    sea_share: Share
    """Share of the cells at 0 m, or without data, from which they are the sea."""
    void_km2: NotNegative
    """Smallest void that is a finding, km²."""
    seam_deg: Positive
    """Tiles begin at multiples of this, degrees."""
    seam_lines: Annotated[int, Field(ge=2)]
    """Lines on either side that a line is compared with."""
    seam_cells: Annotated[int, Field(ge=1)]
    """Cells of a section of a line."""
    seam_ratio: Positive
    """Smallest ratio of a jump to the largest jump of those lines."""
    seam_m: Positive
    """Smallest difference of a jump from the median of those lines, metres."""


class MeasurementsCheck(Sourced):
    """Speed tests."""

    highest_mbps: Positive
    """Fastest plausible rate."""
    highest_latency_ms: Positive
    """Longest plausible latency."""
    up_times_down: Positive
    """Largest plausible upload as a multiple of the download."""
    usual_mbps: Positive
    """Median download above which the column is probably in kbps."""
    usual_kbps: Positive
    """Median download below which the column is probably in Mbps."""
    identical_tests: Annotated[int, Field(ge=2)]
    """So many tests of one school that are identical to the last digit are doubted."""
    earliest: str
    """Earliest plausible day, as 2008-01-01."""


class FileChecks(Sourced):
    """From when on a file is doubtful: ``defaults/file_checks.toml``."""

    date: str
    """When the figures were set."""
    confidence: Literal["high", "medium", "low"]
    """How sure the figures are."""
    reading: Reading
    """How much of a raster is read."""
    coverage: CoverageCheck
    """Coverage rasters."""
    offset: OffsetCheck
    """Shift of a coverage raster against its sites."""
    sites: SitesCheck
    """Radio sites."""
    boundaries: BoundariesCheck
    """Boundaries."""
    elevation: ElevationCheck
    """Elevation model."""
    measurements: MeasurementsCheck
    """Speed tests."""
