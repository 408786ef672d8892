"""The contract: every column of the table of schools, declared once.

The same declaration checks the table at the border of each stage (:func:`check`), names the
columns of every deliverable in both languages, and writes the data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from kalsel_gap.i18n.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd

CRS = "EPSG:4326"

DataNature = Literal["real", "stylised", "synthetic"]
ColumnKind = Literal["text", "float", "integer", "flag"]
StageName = Literal[
    "register",
    "attributes",
    "quality",
    "places",
    "terrain",
    "prediction",
    "signals",
    "service",
    "certainty",
    "scores",
]
STAGES: tuple[StageName, ...] = get_args(StageName)

SchoolLevel = Literal[
    "TK", "KB", "TPA", "SPS", "SD", "SMP", "SMA", "SMK", "PKBM", "SKB",
    "SLB", "SDLB", "SMPLB", "SMLB", "RA", "MI", "MTs", "MA", "MAK",
]  # fmt: skip
LEVELS: tuple[str, ...] = get_args(SchoolLevel)
OWNERSHIPS = ("public", "private")
AUTHORITIES = ("kabupaten", "province", "kemenag")
STATUSES = ("known", "inferred", "unknown")
ANSWERS = ("yes", "no", "unknown")
STATUSES_OR_NONE = (*STATUSES, "none")
LOCATION_STATUSES = ("given", "repaired", "area", "unusable")
CONFIDENCES = ("A", "B", "C", "D")
TERRAIN_CLASSES = ("dataran", "pesisir", "rawa", "pegunungan", "pulau_kecil")
LANDFORMS = ("valley_floor", "slope", "crest", "flat")
GAP_TYPES = (
    "adequate",
    "slow",
    "unconnected",
    "weak",
    "uncovered",
    "covered_unverified",
    "unknown",
)
TIER_LABELS = ("critical", "severe", "moderate", "slight", "adequate", "covered")
TOP_K_SETS = ("certain", "contested", "out")  # of the whole list, together
TOP_K_LABELS = ("likely_in", "open", "likely_out")  # of one school alone
UNRANKED_REASONS = ("duplicate", "closed", "no_location", "no_evidence")
TECHNOLOGIES = ("2g", "3g", "4g", "5g", "fixed")
BASES = ("measured", "predicted", "modelled", "declared")  # in the order of evidence
RADIO = ("2g", "3g", "4g", "5g")  # technologies whose level can be predicted
CALIBRATIONS = ("calibrated", "uncalibrated")
EVIDENCE = ("map", "prediction", "combined", "distance")
NATURES: tuple[DataNature, ...] = get_args(DataNature)
STANDINGS = ("official", "last", "earlier", "trial")  # of a run among those of its folder
DELIVERED_BASES = ("test", "subscription", "register", "provider", "curves")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name ends in its unit."""

    name: str
    kind: ColumnKind
    stage: StageName
    label: str
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    nullable: bool = True
    source: str = ""

    @property
    def dtype(self) -> str:
        """The pandas dtype: integers and flags can be missing, so they are nullable ones."""
        return {"text": "str", "float": "float64", "integer": "Int64", "flag": "boolean"}[self.kind]


def _score(name: str, stage: StageName, label: str, description: str, source: str) -> Column:
    return Column(name, "float", stage, label, description, 0.0, 1.0, source=source)


def _predicted(technology: str, level: str, deviation: str, server: str) -> tuple[Column, ...]:
    """Columns of the prediction for one technology."""
    name = f"predicted_{technology}"
    return (
        Column(f"{name}_dbm", "float", "prediction", level, N_("Outdoor level of the best server, mean over the circle of position uncertainty, dBm; empty if sites or paths are missing that could hold a better server."), source="ITU-R P.1812-8"),
        Column(f"{name}_sd_db", "float", "prediction", deviation, N_("Standard deviation of that level, dB: calibrated the held-out error, uncalibrated the error of such predictions; and the spread over the circle."), 0.0, source="ITU-R P.1812-8"),
        Column(f"{name}_site", "text", "prediction", server, N_("Best server by prediction; for a circle, at its centre.")),
    )  # fmt: skip


# First the columns that scripts rely on, in an order that never changes; then the facts behind them.
COLUMNS: tuple[Column, ...] = (
    Column("npsn", "text", "register", N_("NPSN"), N_("National school number, text of 8 characters; empty when the register has none."), nullable=False),
    Column("name", "text", "register", N_("School"), N_("Name as the register gives it."), nullable=False),
    Column("level", "text", "register", N_("Level"), N_("Kind of school (bentuk pendidikan)."), choices=LEVELS),
    Column("ownership", "text", "register", N_("Ownership"), N_("Public (negeri) or private (swasta)."), choices=OWNERSHIPS),
    Column("kabupaten", "text", "register", N_("Kabupaten/kota"), N_("Kabupaten or kota as the register states it; it determines the budget.")),
    Column("kecamatan", "text", "register", N_("Kecamatan"), N_("Kecamatan as the register states it.")),
    Column("lat", "float", "register", N_("Latitude"), N_("Latitude used, degrees north, WGS 84; empty when unusable."), -90.0, 90.0),
    Column("lon", "float", "register", N_("Longitude"), N_("Longitude used, degrees east, WGS 84; empty when unusable."), -180.0, 180.0),
    Column("terrain_class", "text", "terrain", N_("Terrain"), N_("Primary terrain class by precedence: small island, mountains, coast, wetland, plain."), choices=TERRAIN_CLASSES, source="docs/method.md §2"),
    Column("gap_type", "text", "scores", N_("Gap"), N_("Kind of gap between service and need, which determines the kind of spending that helps."), choices=GAP_TYPES, source="docs/method.md §1.1"),
    Column("tier", "integer", "scores", N_("Tier (5 includes good signal, not verified)"), N_("1 critical to 5 adequate, by the deficit; empty when unknown. Of an inferred deficit 5 is adequate only where it is nearly certain: see tier_label."), 1, 5, source="docs/method.md §1.1"),
    Column("rank", "integer", "scores", N_("Rank"), N_("1 is served first; by deficit, then priority; equal ones share a rank; empty when unranked."), 1),
    _score("deficit", "scores", N_("Deficit"), N_("How far the service falls short: 0 adequate, 1 no service at all."), "docs/method.md §1.1"),
    _score("barrier", "scores", N_("Barrier"), N_("Why the gap will not close by itself: terrain, path, remoteness; 0 to 1."), "docs/method.md §1.2"),
    _score("need", "scores", N_("Need"), N_("Who is affected: pupils, vulnerability, devices without internet; 0 to 1."), "docs/method.md §1.2"),
    _score("priority", "scores", N_("Priority"), N_("Deficit × (base + need + barrier), each with its weight."), "docs/method.md §1.2"),
    _score("completeness", "scores", N_("Completeness"), N_("Share of the weight behind the priority that is known, not inferred."), "docs/method.md §1.2"),
    Column("unranked_reason", "text", "scores", N_("Why unranked"), N_("Why the school has no rank; empty for ranked schools."), choices=UNRANKED_REASONS),
    # Identity
    Column("row_id", "text", "register", N_("Row"), N_("Register file and row, unique."), nullable=False),
    Column("authority", "text", "register", N_("Authority"), N_("Who is responsible by law for schools of this level."), choices=AUTHORITIES, source="UU 23/2014"),
    Column("is_duplicate", "flag", "register", N_("Duplicate"), N_("Another row of the same NPSN is more complete and is ranked in its place."), nullable=False),
    Column("objections", "text", "register", N_("Accepted objections"), N_("Codes of the accepted objections to what the list says of this school, separated by semicolons: planned is a connection that is planned already and changes no rank; closed has no rank."), source="docs/method.md §1.6"),
    Column("lat_given", "text", "register", N_("Latitude given"), N_("Latitude exactly as the register has it."), nullable=False),
    Column("lon_given", "text", "register", N_("Longitude given"), N_("Longitude exactly as the register has it."), nullable=False),
    Column("location_status", "text", "register", N_("Location"), N_("Whether the location is used as given, repaired, replaced by an area, or unusable."), choices=LOCATION_STATUSES, nullable=False),
    Column("location_area", "text", "register", N_("Location area"), N_("Code of the desa or kecamatan whose polygon takes the place of the point; empty for a point.")),
    Column("confidence", "text", "quality", N_("Location grade"), N_("Grade of the location, A best to D; empty when unusable."), choices=CONFIDENCES, source="docs/method.md §3.3"),
    Column("confidence_radius_m", "float", "quality", N_("Location radius"), N_("Radius of the position uncertainty in metres, from the grade or a larger measured bound."), 0.0, source="docs/method.md §3.3"),
    Column("claimed_area", "text", "quality", N_("Claimed area"), N_("Code of the desa or kecamatan that the row claims, where its location is of grade D and may be wrong: the school stands at the point or in that area.")),
    Column("point_weight", "float", "quality", N_("Weight of the point"), N_("Of such a location: the probability that the school stands at the point as given rather than in the claimed area."), 0.0, 1.0, source="docs/method.md §1.1"),
    Column("point_radius_m", "float", "quality", N_("Radius of the point"), N_("Of such a location: radius within which the point is taken if it is right, the imprecision of the boundary, m."), 0.0),
    # Attributes, from the register itself or from attribute tables
    Column("students", "integer", "attributes", N_("Students"), N_("Number of pupils."), 0),
    Column("teachers", "integer", "attributes", N_("Teachers"), N_("Number of teachers."), 0),
    Column("devices", "integer", "attributes", N_("Devices"), N_("Chromebooks and other pupil devices."), 0),
    Column("accounts", "integer", "attributes", N_("Accounts"), N_("Number of belajar.id accounts."), 0),
    Column("accounts_active", "integer", "attributes", N_("Accounts in use"), N_("Number of belajar.id accounts that are active."), 0),
    Column("accounts_active_share", "float", "attributes", N_("Active accounts"), N_("Share of belajar.id accounts that are active."), 0.0, 1.0),
    Column("poor_share", "float", "attributes", N_("Poor pupils"), N_("Share of pupils from poor families."), 0.0, 1.0),
    Column("inclusive", "flag", "attributes", N_("Inclusive"), N_("Whether the school is an inclusive school.")),
    Column("electricity", "text", "attributes", N_("Electricity"), N_("Source of electricity as the register gives it.")),
    Column("internet", "text", "attributes", N_("Internet field"), N_("Internet access as the register gives it.")),
    Column("subscription_down_mbps", "float", "attributes", N_("Subscription down"), N_("Download rate of the declared subscription, Mbps."), 0.0),
    Column("subscription_up_mbps", "float", "attributes", N_("Subscription up"), N_("Upload rate of the declared subscription, Mbps."), 0.0),
    Column("fixed_network", "flag", "attributes", N_("Fixed network"), N_("Whether a fixed network serves the location.")),
    Column("reached_by_water", "flag", "attributes", N_("Reached by water only"), N_("Whether the school can be reached by water only.")),
    Column("diffraction_loss_db", "float", "attributes", N_("Diffraction loss, given"), N_("Diffraction loss on the path to the best site as the user states it, dB; it replaces the predicted one."), 0.0, source="ITU-R P.526"),
    # Places
    Column("kabupaten_code", "text", "register", N_("Kabupaten code"), N_("Kemendagri code of the kabupaten that the register states, found by its name.")),
    Column("kabupaten_by_location", "text", "places", N_("Kabupaten by location"), N_("Kabupaten whose polygon holds the point.")),
    Column("kecamatan_by_location", "text", "places", N_("Kecamatan by location"), N_("Kecamatan whose polygon holds the point.")),
    Column("desa_by_location", "text", "places", N_("Desa by location"), N_("Desa whose polygon holds the point.")),
    Column("desa_code", "text", "places", N_("Desa code"), N_("Kemendagri code of that desa.")),
    Column("village_index", "integer", "places", N_("Village index"), N_("Village development index: 1 Mandiri to 5 Sangat Tertinggal."), 1, 5, source="Kemendes PDTT, IDM"),
    Column("capital_km", "float", "places", N_("To the capital"), N_("Geodesic distance to the kabupaten capital, km."), 0.0),
    # Terrain
    Column("elevation_m", "float", "terrain", N_("Elevation"), N_("Elevation of the school, bilinear, m."), -500.0, 9000.0),
    Column("slope_deg", "float", "terrain", N_("Slope"), N_("Slope at the school, Horn 3×3, degrees."), 0.0, 90.0, source="Horn 1981"),
    Column("mean_slope_deg", "float", "terrain", N_("Slope within 5 km"), N_("Mean slope within 5 km, degrees."), 0.0, 90.0, source="Horn 1981"),
    Column("local_relief_m", "float", "terrain", N_("Local relief"), N_("Highest minus lowest land within 7 km, m; sea excluded."), 0.0, source="Kapos et al. 2000"),
    Column("mountain_class", "integer", "terrain", N_("Mountain class"), N_("Kapos/UNEP-WCMC class 1 to 6; 0 none."), 0, 6, source="Kapos et al. 2000"),
    Column("coast_km", "float", "terrain", N_("To the sea"), N_("Geodesic distance to the shore of the open sea, km."), 0.0),
    Column("island", "text", "terrain", N_("Island"), N_("Named island; 'island' without a name; empty on the mainland.")),
    Column("island_area_km2", "float", "terrain", N_("Island area"), N_("Legal area where known, otherwise that of the polygon, km²."), 0.0),
    Column("strait_km", "float", "terrain", N_("Strait"), N_("Narrowest water between the island and the nearest larger land, km; empty on the mainland."), 0.0),
    Column("is_mountain", "flag", "terrain", N_("Mountains"), N_("Kapos class, or local relief above the threshold.")),
    Column("is_coastal", "flag", "terrain", N_("Coast"), N_("Near the open sea, or a little farther on low land connected to it.")),
    Column("is_wetland", "flag", "terrain", N_("Wetland"), N_("In a wetland or peat layer; empty without one.")),
    Column("wetland_kind", "text", "terrain", N_("Kind of wetland"), N_("As the wetland layer names it; empty outside wetlands and where the layer does not state it.")),
    Column("is_small_island", "flag", "terrain", N_("Small island"), N_("On an island of at most 2,000 km²."), source="UU 27/2007"),
    Column("is_lowland", "flag", "terrain", N_("Lowland"), N_("Elevation at most 10 m; true of many schools, so not a class of its own.")),
    Column("terrain_severity", "float", "terrain", N_("Terrain severity"), N_("Largest severity of the terrain flags that apply."), 0.0, 1.0, source="docs/method.md §1.2"),
    Column("site_4g_km", "float", "terrain", N_("To a 4G site"), N_("Geodesic distance to the nearest 4G or 5G site, km."), 0.0),
    Column("fibre_km", "float", "terrain", N_("To fibre"), N_("Geodesic distance to the nearest fibre node or line, km."), 0.0),
    Column("road_km", "float", "terrain", N_("To a road"), N_("Geodesic distance to the nearest road, km."), 0.0),
    Column("river_km", "float", "terrain", N_("To a river"), N_("Geodesic distance to the nearest river of the layer, km; empty without one."), 0.0),
    Column("water_share", "float", "terrain", N_("Over water"), N_("Share of the line to the kabupaten capital that lies over open sea."), 0.0, 1.0),
    Column("slope_1km_deg", "float", "terrain", N_("Slope within 1 km"), N_("Mean slope within 1 km, degrees."), 0.0, 90.0, source="Horn 1981"),
    Column("max_slope_1km_deg", "float", "terrain", N_("Steepest within 1 km"), N_("Largest slope within 1 km, degrees."), 0.0, 90.0, source="Horn 1981"),
    Column("max_slope_5km_deg", "float", "terrain", N_("Steepest within 5 km"), N_("Largest slope within 5 km, degrees."), 0.0, 90.0, source="Horn 1981"),
    Column("land_share_5km", "float", "terrain", N_("Land within 5 km"), N_("Share of land in land and open sea within 5 km; voids count for neither."), 0.0, 1.0),
    Column("relative_height_1km_m", "float", "terrain", N_("Relative height within 1 km"), N_("Elevation minus the mean of the land within 1 km, m: the topographic position index."), source="Weiss 2001"),
    Column("relative_height_5km_m", "float", "terrain", N_("Relative height within 5 km"), N_("Elevation minus the mean of the land within 5 km, m."), source="Weiss 2001"),
    Column("height_share_1km", "float", "terrain", N_("Position within 1 km"), N_("Where the elevation lies between the lowest land (0) and the highest land (1) within 1 km; 0.5 on level land."), 0.0, 1.0),
    Column("height_share_5km", "float", "terrain", N_("Position within 5 km"), N_("Where the elevation lies between the lowest land (0) and the highest land (1) within 5 km; 0.5 on level land."), 0.0, 1.0),
    Column("landform", "text", "terrain", N_("Landform"), N_("Valley floor, slope, crest or flat, from the land within 1 km."), choices=LANDFORMS, source="Weiss 2001"),
    Column("exposure_status", "text", "terrain", N_("Horizon: status"), N_("Known if the horizon is known in every direction."), choices=("known", "unknown"), nullable=False),
    Column("max_horizon_deg", "float", "terrain", N_("Highest horizon"), N_("Largest elevation angle of the horizon, with curvature and refraction, degrees."), -90.0, 90.0, source="ITU-R P.526"),
    Column("sky_view_share", "float", "terrain", N_("Sky view"), N_("Share of the sky that no terrain hides: 1 − mean of the sine of the horizon."), 0.0, 1.0, source="Zakšek et al. 2011"),
    Column("satellite_azimuth_deg", "float", "terrain", N_("Satellite azimuth"), N_("Direction of the geostationary satellite, degrees clockwise from north."), 0.0, 360.0),
    Column("satellite_elevation_deg", "float", "terrain", N_("Satellite elevation"), N_("Angle of the geostationary satellite above the horizontal, degrees; without refraction."), -90.0, 90.0),
    Column("satellite_margin_deg", "float", "terrain", N_("Satellite margin"), N_("Elevation of the satellite minus that of the horizon in its direction, degrees."), -180.0, 180.0),
    Column("satellite_clear", "flag", "terrain", N_("Satellite in sight"), N_("Whether no terrain blocks the line to the geostationary satellite; trees and buildings are not considered."), source="docs/method.md §2"),
    Column("leo_open_share", "float", "terrain", N_("Open sky for low orbits"), N_("Share of the sky above the lowest usable elevation that no terrain hides."), 0.0, 1.0),
    Column("leo_clear", "flag", "terrain", N_("Open to low orbits"), N_("Whether enough of that sky is open for a terminal of satellites in low orbits."), source="docs/method.md §2"),
    Column("water_crossing_km", "float", "terrain", N_("Longest crossing"), N_("Longest stretch of open sea on the line to the kabupaten capital, km; 0 without one."), 0.0),
    # Prediction
    *_predicted("2g", N_("Predicted level, 2G"), N_("Standard deviation, 2G"), N_("Predicted best server, 2G")),
    *_predicted("3g", N_("Predicted level, 3G"), N_("Standard deviation, 3G"), N_("Predicted best server, 3G")),
    *_predicted("4g", N_("Predicted level, 4G"), N_("Standard deviation, 4G"), N_("Predicted best server, 4G")),
    *_predicted("5g", N_("Predicted level, 5G"), N_("Standard deviation, 5G"), N_("Predicted best server, 5G")),
    Column("prediction_status", "text", "prediction", N_("Prediction: status"), N_("Whether measurements have calibrated the predicted levels; empty if none is predicted."), choices=CALIBRATIONS),
    Column("clearance_ratio", "float", "prediction", N_("Clearance"), N_("Smallest clearance on the path to the best site, as a share of the first Fresnel radius, in median air; below 0 the line of sight is blocked."), source="ITU-R P.530"),
    Column("obstacle_km", "float", "prediction", N_("Obstacle"), N_("Distance from the school to where the clearance is smallest, km."), 0.0),
    Column("obstacle_excess_m", "float", "prediction", N_("Obstacle: excess"), N_("Height of the ground there above the line of 60 % clearance, m; negative if the ground is below the line.")),
    Column("diffraction_db", "float", "prediction", N_("Diffraction loss"), N_("Diffraction loss on the path to the best 4G or 5G site, or to the best site if there is none, dB; as stated by the user, otherwise predicted."), 0.0, source="ITU-R P.526"),
    Column("path_status", "text", "prediction", N_("Path: status"), N_("Whether the diffraction loss is known, given or predicted, or unknown."), choices=("known", "unknown"), nullable=False),
    # Service
    _score("available", "signals", N_("Available"), N_("Adequacy of the best ordinary subscription at the school (A_a)."), "docs/method.md §1.1"),
    Column("available_status", "text", "signals", N_("Available: status"), N_("Known from maps and complete lists of sites; inferred from some of the sites, from the distance to a site or over the two places of a doubtful location; or unknown."), choices=STATUSES, nullable=False),
    Column("available_evidence", "text", "signals", N_("Available: evidence"), N_("Whether a map, a prediction, both combined or the distance to a site states what is available."), choices=EVIDENCE),
    _score("available_at_point", "signals", N_("Available at the point"), N_("Of a doubtful location: what is available if the school stands at the point."), "docs/method.md §1.1"),
    _score("available_in_area", "signals", N_("Available in the area"), N_("Of a doubtful location: what is available if the school stands in the claimed area."), "docs/method.md §1.1"),
    Column("best_technology", "text", "signals", N_("Best technology"), N_("Technology of the best signal."), choices=TECHNOLOGIES),
    Column("best_operator", "text", "signals", N_("Best operator"), N_("Operator of the best signal.")),
    Column("best_level_dbm", "float", "signals", N_("Best signal"), N_("Mean level of the best signal over those places of the circle of position uncertainty that have it, dBm."), -200.0, 0.0),
    Column("best_signal_share", "float", "signals", N_("Signal at"), N_("Share of the places in the circle of position uncertainty at which there is that signal; the level is its mean over these."), 0.0, 1.0),
    Column("best_basis", "text", "signals", N_("Signal evidence"), N_("Kind of evidence for the best signal."), choices=BASES),
    Column("margin_4g_db", "float", "signals", N_("Margin of 4G"), N_("Level of the best 4G there above the level from which 4G is usable, dB; negative below it; empty where no level is known or there is no 4G."), source="docs/method.md §1.1"),
    Column("margin_4g_status", "text", "signals", N_("Margin of 4G: status"), N_("Known by a map, inferred by a prediction or of a doubtful location; none where no operator has 4G there; unknown where no level of 4G is known."), choices=STATUSES_OR_NONE, nullable=False),
    Column("usable_operators", "integer", "signals", N_("Usable operators"), N_("Number of operators whose 4G or 5G is usable there, of those that are known; empty where none is known."), 0),
    Column("known_operators", "integer", "signals", N_("Known operators"), N_("Number of operators of whose 4G or 5G there something is known, be it that there is none."), 0),
    Column("usable_share", "float", "signals", N_("Usable at"), N_("Share of the places in the circle of position uncertainty at which one and the same operator's 4G or 5G is usable, the largest of all operators."), 0.0, 1.0),
    Column("fixed_served", "flag", "signals", N_("Served by a fixed network"), N_("Whether a fixed network serves the location, by a table of schools or a map; empty where nothing states it.")),
    Column("fixed_status", "text", "signals", N_("Fixed network: status"), N_("Known from a table or a map; inferred from speed tests of others nearby or of a doubtful location; or unknown."), choices=STATUSES, nullable=False),
    Column("required_mbps", "float", "service", N_("Required"), N_("Bandwidth that the school needs, Mbps."), 0.0, source="WSIS 2023 session 407, ITU/Giga"),
    Column("measured_down_mbps", "float", "signals", N_("Measured down"), N_("Median download of the school's own tests in the latest quarter, Mbps."), 0.0),
    Column("measured_up_mbps", "float", "signals", N_("Measured up"), N_("Median upload of those tests, Mbps."), 0.0),
    Column("measured_latency_ms", "float", "signals", N_("Measured latency"), N_("Median latency of those tests, ms."), 0.0),
    Column("measured_tests", "integer", "signals", N_("Speed tests"), N_("Number of those tests."), 1),
    Column("measured_status", "text", "signals", N_("Speed tests: status"), N_("Known with enough tests on enough days, none too old; otherwise inferred; empty without tests."), choices=STATUSES, source="docs/method.md §1.1"),
    Column("measured_loss_share", "float", "signals", N_("Packet loss"), N_("Median packet loss of those tests, as a share; empty where it was not measured or its unit is unknown."), 0.0, 1.0),
    Column("difficult_down_mbps", "float", "signals", N_("Difficult day, down"), N_("Download of those tests on a difficult day, Mbps: a quarter of the tests is as slow or slower (index.tests.difficult_percentile)."), 0.0, source="docs/method.md §1.1"),
    Column("difficult_up_mbps", "float", "signals", N_("Difficult day, up"), N_("Upload of those tests on a difficult day, Mbps."), 0.0, source="docs/method.md §1.1"),
    Column("difficult_latency_ms", "float", "signals", N_("Difficult day, latency"), N_("Latency of those tests on a difficult day, ms: a quarter of the tests waits as long or longer."), 0.0, source="docs/method.md §1.1"),
    Column("difficult_loss_share", "float", "signals", N_("Difficult day, packet loss"), N_("Packet loss of those tests on a difficult day, as a share."), 0.0, 1.0, source="docs/method.md §1.1"),
    Column("measured_is_indicative", "flag", "signals", N_("Speed tests: indicative"), N_("Whether there are too few tests for more than an indication (index.tests.indicative_tests); empty without tests."), source="docs/method.md §1.1"),
    _score("delivered", "service", N_("Delivered"), N_("Adequacy of what the school has now (A_d); the conditional mean if inferred."), "docs/method.md §1.1"),
    Column("delivered_status", "text", "service", N_("Delivered: status"), N_("Whether that is known, inferred from what is available, or unknown."), choices=STATUSES, nullable=False),
    Column("delivered_basis", "text", "service", N_("Delivered: evidence"), N_("Speed test, subscription or register field; a provider that the register names, or nothing but the curves that inferred it."), choices=DELIVERED_BASES),
    _score("delivered_low", "service", N_("Delivered, low"), N_("5 % quantile of what may be delivered (never above the mean); 0 where there may be no line."), "docs/method.md §1.1"),
    _score("delivered_high", "service", N_("Delivered, high"), N_("95 % quantile of what may be delivered (never below the mean)."), "docs/method.md §1.1"),
    Column("delivered_down_mbps", "float", "service", N_("Delivered down"), N_("Download rate that the delivered adequacy is made of, Mbps: of the school's own tests at the percentile of the project (index.tests.percentile), otherwise of its subscription."), 0.0),
    Column("delivered_up_mbps", "float", "service", N_("Delivered up"), N_("Upload rate that it is made of, Mbps."), 0.0),
    Column("delivered_latency_ms", "float", "service", N_("Delivered latency"), N_("Latency that it is made of, ms."), 0.0),
    Column("exam_clients", "integer", "service", N_("ANBK clients"), N_("Clients that take the national assessment (ANBK) at the same time on an examination day; 0 where the level takes none, empty where the pupils or the level are unknown."), 0, source="exam_day.toml"),
    Column("exam_status", "text", "service", N_("ANBK clients: status"), N_("Inferred from pupils and level; none where the level takes no assessment; or unknown."), choices=STATUSES_OR_NONE, nullable=False),
    Column("exam_mbps", "float", "service", N_("ANBK peak"), N_("Download rate that these clients need, Mbps."), 0.0, source="exam_day.toml"),
    _score("exam_met_share", "service", N_("ANBK: met"), N_("Share of that rate that the school has: by its own tests on a difficult day, its subscription, or 0 where the register states no internet; empty where nothing states it."), "docs/method.md §1.1"),
    Column("exam_met_status", "text", "service", N_("ANBK: met, status"), N_("Known or inferred as the service that the school has, or unknown; empty where the level takes no assessment."), choices=STATUSES),
    _score("exam_available_share", "service", N_("ANBK: available"), N_("Share of that rate that the best ordinary subscription there could give, by what is available; empty where that is unknown."), "docs/method.md §1.1"),
    _score("deficit_low", "scores", N_("Deficit, low"), N_("5 % quantile of the deficit over draws of the data; without draws of the service alone."), "docs/method.md §1.1"),
    _score("deficit_high", "scores", N_("Deficit, high"), N_("95 % quantile of the deficit over draws of the data; without draws of the service alone."), "docs/method.md §1.1"),
    _score("tier_probability", "scores", N_("Tier: probability"), N_("Probability that the deficit lies in the tier shown, as its interval."), "docs/method.md §1.1"),
    Column("rank_p05", "integer", "certainty", N_("Rank, low"), N_("Rank that is reached in 5 % of the draws of data and values; empty without draws."), 1, source="docs/method.md §1.3"),
    Column("rank_p50", "integer", "certainty", N_("Rank, middle"), N_("Rank that is reached in 50 % of the draws."), 1, source="docs/method.md §1.3"),
    Column("rank_p95", "integer", "certainty", N_("Rank, high"), N_("Rank that is reached in 95 % of the draws."), 1, source="docs/method.md §1.3"),
    _score("p_top_k", "certainty", N_("Chance to be among the first k"), N_("Share of the draws in which the school is among the first k of the list."), "docs/method.md §1.3"),
    Column("top_k_label", "text", "certainty", N_("Among the first k"), N_("Statement about this school alone: likely in, open or likely out, by its chance."), choices=TOP_K_LABELS, source="docs/method.md §1.3"),
    Column("top_k_set", "text", "certainty", N_("Part of the list"), N_("Statement about the list as a whole: all certain schools are among the first k, no school that is out is, each at the stated confidence."), choices=TOP_K_SETS, source="docs/method.md §1.3"),
    Column("use_status", "text", "scores", N_("Uses: status"), N_("Whether what the internet is enough for is known from the school's own tests or the register, inferred from few or old tests or its subscription, or unknown."), choices=STATUSES, nullable=False, source="use_cases.toml"),
    Column("tier_label", "text", "scores", N_("Tier in words"), N_("The tier by name; of an inferred deficit the last one is covered: good signal, not verified, unless it is nearly certain."), choices=TIER_LABELS, source="docs/method.md §1.1"),
    Column("deficit_status", "text", "scores", N_("Deficit: status"), N_("Known when both what is delivered and what is available are known."), choices=STATUSES, nullable=False),
    Column("reason", "text", "scores", N_("Main reason"), N_("Code of the main reason for the deficit, or for having no rank."), nullable=False),
    Column("hindrance", "text", "scores", N_("Main hindrance"), N_("Indicator of barrier or need that adds most to the priority, among those that are known.")),
    _score("delivered_contribution", "scores", N_("Contribution: delivered"), N_("Part of the priority that exists because the school's own service falls short (Shapley value)."), "docs/method.md §1.2"),
    _score("available_contribution", "scores", N_("Contribution: available"), N_("Part of the priority that exists because little service is available there (Shapley value)."), "docs/method.md §1.2"),
    _score("required_contribution", "scores", N_("Contribution: required bandwidth"), N_("Part of the priority that exists because the school needs more than the least bandwidth (Shapley value)."), "docs/method.md §1.2"),
    _score("vulnerability", "scores", N_("Vulnerability"), N_("The largest of: special or inclusive school, village index, share of poor pupils."), "docs/method.md §1.2"),
    Column("idle_devices", "float", "scores", N_("Devices without internet"), N_("Devices × (1 − delivered)."), 0.0, source="docs/method.md §1.2"),
    _score("idle_accounts_share", "scores", N_("Accounts without internet"), N_("Active accounts × (1 − delivered)."), "docs/method.md §1.2"),
    Column("adequate_school_km", "float", "scores", N_("To an adequate school"), N_("Geodesic distance to the nearest school whose service is known to be adequate, km."), 0.0),
)  # fmt: skip

# Decimals that mean something, by the unit that a name ends in; shares and scores have none.
_DECIMALS = {
    "lat": 6,
    "lon": 6,
    "km": 3,
    "m": 1,
    "dbm": 1,
    "db": 1,
    "deg": 1,
    "mbps": 2,
    "ms": 1,
    "ratio": 2,
    "km2": 1,
    "devices": 1,
}
_SCORE_DECIMALS = 4


def decimals(name: str) -> int:
    """Decimals of a column in what people read: of a score 4, of metres and dB 1.

    Examples
    --------
    >>> decimals("deficit"), decimals("local_relief_m"), decimals("best_level_dbm")
    (4, 1, 1)
    """
    return _DECIMALS.get(name.rpartition("_")[2], _SCORE_DECIMALS)


# Beside those of the schools in what is written for others.
ADDED: tuple[Column, ...] = (
    Column("reason_text", "text", "scores", N_("Reason"), N_("Main reason and main hindrance in words."), nullable=False),
    Column("uses_text", "text", "scores", N_("What its internet is enough for"), N_("What the internet of the school is enough for, in words: usually and on a difficult day."), nullable=False),
    Column("not_scored", "text", "scores", N_("Indicators not scored"), N_("Codes of the indicators that this run does not score, separated by semicolons.")),
    Column("data", "text", "scores", N_("Nature of the data"), N_("Whether the data are real, stylised (partly invented) or synthetic (all invented)."), choices=NATURES, nullable=False),
    Column("standing", "text", "scores", N_("What the list counts for"), N_("Whether it is the official list, that of the last or of an earlier full run, or a trial."), choices=STANDINGS, nullable=False),
    Column("trial", "text", "scores", N_("Trial"), N_("What a trial overrides; empty for a full run.")),
    Column("official", "text", "scores", N_("Official"), N_("Decree by which the list was approved, and its date; empty where it is not the official one.")),
)  # fmt: skip

# What a person reads first; `all` has the rest.
SUMMARY = (
    *("rank", "npsn", "name", "level", "kabupaten", "kecamatan", "authority", "students"),
    *(
        "terrain_class",
        "gap_type",
        "tier_label",
        "deficit",
        "deficit_low",
        "deficit_high",
        "deficit_status",
    ),
    *("rank_p05", "rank_p95", "p_top_k", "top_k_label", "top_k_set"),
    *("priority", "best_level_dbm", "best_technology", "best_operator", "delivered"),
    *("delivered_status", "available", "available_status", "completeness", "confidence"),
    *("objections", "reason_text", "uses_text", "data", "standing"),
    *("trial", "official"),
)

NEED_FACTS = ("vulnerability", "idle_devices", "idle_accounts_share", "adequate_school_km")
BY_NAME = {column.name: column for column in (*COLUMNS, *ADDED)}
CANONICAL = tuple(c.name for c in COLUMNS[: [c.name for c in COLUMNS].index("row_id")])


def leaf_columns(leaves: Iterable[str]) -> tuple[Column, ...]:
    """Columns that the scores write for each leaf of the index.

    Parameters
    ----------
    leaves : iterable of str
        Codes of the leaves of ``index.toml``.
    """
    return tuple(
        column
        for leaf in leaves
        for column in (
            _score(f"{leaf}_score", "scores", N_("Score"), N_("The indicator on its scale, 0 best to 1 worst."), "index.toml"),
            Column(f"{leaf}_status", "text", "scores", N_("Status"), N_("Whether the value of the indicator is known, inferred from its group, or unknown."), choices=STATUSES),
            _score(f"{leaf}_contribution", "scores", N_("Contribution"), N_("Part of the priority that exists because of this indicator (Shapley value); all contributions add up to the priority."), "index.toml"),
        )
    )  # fmt: skip


def use_case_columns(codes: Iterable[str]) -> tuple[Column, ...]:
    """Columns that the scores write for each use of the internet.

    Parameters
    ----------
    codes : iterable of str
        Codes of ``use_cases.toml``.
    """
    return tuple(
        column
        for code in codes
        for column in (
            Column(f"use_{code}_typical", "text", "scores", N_("On a usual day"), N_("Whether the internet of the school is enough for this use by the median of its own tests, otherwise by its subscription; empty where the use does not apply."), choices=ANSWERS, source="use_cases.toml"),
            Column(f"use_{code}_difficult", "text", "scores", N_("On a difficult day"), N_("The same on a difficult day of its own tests; unknown by a subscription alone."), choices=ANSWERS, source="use_cases.toml"),
        )
    )  # fmt: skip


def up_to(stage: StageName) -> tuple[Column, ...]:
    """Columns that exist once `stage` has run."""
    written = STAGES[: STAGES.index(stage) + 1]
    return tuple(column for column in COLUMNS if column.stage in written)


def table(values: Mapping[str, object] | pd.DataFrame, columns: Iterable[Column]) -> pd.DataFrame:
    """The declared `columns` of `values`, in their order, each with the dtype of the contract."""
    import pandas as pd

    typed = pd.DataFrame({column.name: values[column.name] for column in columns})
    return typed.astype({column.name: column.dtype for column in columns})


def of_stage(stage: StageName) -> tuple[Column, ...]:
    """Columns that `stage` writes."""
    return tuple(column for column in COLUMNS if column.stage == stage)


def measurable() -> tuple[str, ...]:
    """Columns that a leaf of the index can measure: numbers and flags known before the trees."""
    return tuple(
        column.name
        for column in COLUMNS
        if column.kind != "text" and (column.stage != "scores" or column.name in NEED_FACTS)
    )


def check(schools: gpd.GeoDataFrame, stage: StageName) -> gpd.GeoDataFrame:
    """Check what `stage` has written against the contract.

    The CRS comes first: pandera would raise a bare TypeError for it. Nothing is coerced.

    Parameters
    ----------
    schools : GeoDataFrame
        One row per row of the register, EPSG:4326 points.
    stage : StageName
        The stage that has just run.

    Raises
    ------
    AssertionError
        When the CRS is not EPSG:4326: an error of the code, not of the user.
    pandera.errors.SchemaErrors
        When a column is missing, has another dtype or lies outside its range.
    """
    if schools.crs is None or schools.crs.to_string() != CRS:
        message = f"schools are in {schools.crs}, not {CRS}"
        raise AssertionError(message)
    if all(_holds(schools, column) for column in of_stage(stage)):
        return schools
    import pandas as pd
    import pandera.pandas as pa  # slow to import: needed only for the message of an error

    def column(declared: Column) -> pa.Column:
        checks = []
        if declared.minimum is not None:
            checks.append(pa.Check.ge(declared.minimum))
        if declared.maximum is not None:
            checks.append(pa.Check.le(declared.maximum))
        if declared.choices:
            checks.append(pa.Check.isin(declared.choices))
        unique = declared.name == "row_id"
        return pa.Column(
            declared.dtype, checks, nullable=declared.nullable, unique=unique, coerce=False
        )

    contract = pa.DataFrameSchema({c.name: column(c) for c in of_stage(stage)})
    contract.validate(pd.DataFrame(schools.drop(columns="geometry")), lazy=True)
    return schools


def _holds(schools: pd.DataFrame, declared: Column) -> bool:
    """Whether a column fulfils its declaration."""
    if declared.name not in schools.columns:
        return False
    values = schools[declared.name]
    given = values.dropna()
    low = -float("inf") if declared.minimum is None else declared.minimum
    high = float("inf") if declared.maximum is None else declared.maximum
    return bool(
        values.dtype == declared.dtype
        and (declared.nullable or len(given) == len(values))
        and (declared.name != "row_id" or values.is_unique)
        and (not declared.choices or given.isin(declared.choices).all())
        and (declared.kind not in ("float", "integer") or given.between(low, high).all())
    )
