"""Columns of the lists that are made from a plan: names, labels and what they mean.

The header of a column of money says whether it is capex or opex, of one year or cumulative, and
with or without PPN; its name ends in ``_idr``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kalsel_gap import schema
from kalsel_gap.deliverables.workbook_writer import SENTENCE, TEXT
from kalsel_gap.i18n.text import N_

if TYPE_CHECKING:
    from kalsel_gap.i18n.text import Text

PlanColumnKind = Literal["text", "float", "integer", "year"]
RUPIAH = '"Rp"#,##0'
_FORMATS = {"text": TEXT, "integer": "#,##0", "year": "0", "float": "#,##0.00"}


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """A column of a list that is made from a plan.

    Attributes
    ----------
    name : str
        Stable; ends in its unit.
    kind : {'text', 'float', 'integer', 'year'}
    label, description : str
        English; translated where they are shown. ``{years}`` is the horizon of the costs.
    is_long : bool
        Whether its texts are broken into lines.
    """

    name: str
    kind: PlanColumnKind
    label: str
    description: str
    is_long: bool = False

    @property
    def dtype(self) -> str:
        """The pandas dtype; integers can be missing."""
        return {"text": "str", "float": "float64", "integer": "Int64", "year": "Int64"}[self.kind]

    @property
    def style(self) -> str:
        """Number format of its cells in a workbook."""
        if self.name.endswith("_idr"):
            return RUPIAH
        return SENTENCE if self.is_long else _FORMATS[self.kind]

    def words(self, text: Text, years: int) -> tuple[str, str]:
        """Label and description in the language of the reader."""
        label, description = (
            text(each, years=text.number(years)) if "{years}" in each else text(each)
            for each in (self.label, self.description)
        )
        return label, description


def _of_school(name: str) -> PlanColumn:
    """A column of the run's schools, as it is declared there."""
    column = schema.BY_NAME[name]
    kind: PlanColumnKind = "text" if column.kind == "flag" else column.kind
    return PlanColumn(name, kind, column.label, column.description)


_UNIT_PRICE = PlanColumn(
    "unit_price_idr",
    "integer",
    N_("Unit price, capex or opex by the kind of spending, without PPN (Rp)"),
    N_("Price of one unit that the plan was made with; empty where lines are a lump sum."),
)
_NPSN = _of_school("npsn")
_STUDENTS = _of_school("students")

# One line per school, year and item; in the order of METHODS: what a budget officer pastes.
BUDGET: tuple[PlanColumn, ...] = (
    *map(_of_school, ("rank", "rank_p05", "rank_p95", "p_top_k")),
    _NPSN,
    PlanColumn(
        "name",
        "text",
        N_("School or shared infrastructure"),
        N_("Name as the register gives it; of shared infrastructure its name in the plan."),
        is_long=True,
    ),
    *map(_of_school, ("level", "ownership", "authority")),
    PlanColumn(
        "skpd",
        "text",
        N_("Office that proposes (SKPD)"),
        N_("Office in whose budget the line stands."),
        is_long=True,
    ),
    *map(_of_school, ("kabupaten_code", "kabupaten", "kecamatan")),
    _STUDENTS,
    *map(_of_school, ("deficit", "delivered", "available", "need", "barrier")),
    PlanColumn(
        "option", "text", N_("Option"), N_("What the plan chose for the school."), is_long=True
    ),
    PlanColumn(
        "option_alternative",
        "text",
        N_("Alternative option"),
        N_("Feasible and priced option with the largest benefit besides the one that is chosen."),
        is_long=True,
    ),
    PlanColumn("item", "text", N_("Item"), N_("What is bought with this line."), is_long=True),
    PlanColumn(
        "spending",
        "text",
        N_("Kind of spending (capex or opex)"),
        N_("capex: bought once (belanja modal); opex: paid again each year."),
    ),
    PlanColumn(
        "volume",
        "float",
        N_("Volume"),
        N_(
            "Units of the item in this year; of a multi-year contract the part of this year, of "
            "shared infrastructure the part that facilities do not bear."
        ),
    ),
    PlanColumn("unit", "text", N_("Unit"), N_("Unit of the volume and of the unit price.")),
    _UNIT_PRICE,
    PlanColumn(
        "ref_ssh",
        "text",
        N_("Reference in the SSH"),
        N_("Code of the standard unit price (SSH) in the table of the project; empty without one."),
    ),
    PlanColumn(
        "price_source",
        "text",
        N_("Source of the price"),
        N_("Where the unit price is from."),
        is_long=True,
    ),
    PlanColumn(
        "price_date", "text", N_("Date of the price"), N_("When the unit price was stated.")
    ),
    PlanColumn(
        "price_confidence",
        "text",
        N_("Confidence of the price"),
        N_("How sure the unit price is: high, medium or low."),
    ),
    PlanColumn(
        "ppn_idr",
        "integer",
        N_("PPN of the line, on capex or opex, this year (Rp)"),
        N_("Value added tax of the line, apart from its price."),
    ),
    PlanColumn(
        "capex_idr",
        "integer",
        N_("Capex of the line, this year, without PPN (Rp)"),
        N_("Capital spending of the line in its budget year."),
    ),
    PlanColumn(
        "opex_year_idr",
        "integer",
        N_("Opex of the line, this year, without PPN (Rp)"),
        N_("Yearly spending of the line in its budget year."),
    ),
    PlanColumn(
        "total_idr",
        "integer",
        N_("Capex and opex of the line, this year, with PPN (Rp)"),
        N_("What the line takes from its envelope: price and PPN."),
    ),
    PlanColumn(
        "tco_idr",
        "integer",
        N_("Capex, opex and replacements, cumulative over {years} years, without PPN (Rp)"),
        N_(
            "Undiscounted cost of the whole option over the horizon of {years} years. It stands on "
            "the first line of each option alone, so that the column can be summed."
        ),
    ),
    PlanColumn(
        "pv_per_student_idr",
        "integer",
        N_("Present value of capex and opex per pupil, cumulative, without PPN (Rp)"),
        N_("Cost of the option per pupil over the horizon; on the first line of each option."),
    ),
    PlanColumn(
        "subkegiatan",
        "text",
        N_("Sub-kegiatan"),
        N_("Code of the (sub-)kegiatan in the budget, to be compared with the SIPD of the year."),
    ),
    PlanColumn(
        "account",
        "text",
        N_("Account code (kode rekening)"),
        N_("Account code of the line, to be compared with the SIPD of the year."),
    ),
    PlanColumn(
        "envelope",
        "text",
        N_("Source of funds"),
        N_("Envelope that pays the line."),
        is_long=True,
    ),
    PlanColumn(
        "sources",
        "text",
        N_("Allowed sources of funds"),
        N_("Envelopes that may pay for this school and option."),
        is_long=True,
    ),
    PlanColumn("budget_year", "year", N_("Budget year"), N_("Year in which the line is paid.")),
    PlanColumn(
        "is_multi_year",
        "text",
        N_("Multi-year contract (tahun jamak)"),
        N_("Whether the option is paid in more than one year before its service begins."),
    ),
    PlanColumn(
        "central_programme",
        "text",
        N_("Programme of the central government"),
        N_("Whether such a programme pays or is known for the school; none known is not *none*."),
    ),
    PlanColumn(
        "shared_with",
        "text",
        N_("Shared infrastructure and facilities"),
        N_("Infrastructure that the option shares, and the part that public facilities bear."),
        is_long=True,
    ),
    PlanColumn(
        "confidence",
        "text",
        N_("Grade of the location"),
        N_("Reliability of the school's location: A reliable to D very doubtful."),
    ),
    _of_school("completeness"),
    PlanColumn("data_date", "text", N_("Date of the data"), N_("Last day that an input states.")),
    PlanColumn(
        "is_unfunded",
        "text",
        N_("Unfunded demand"),
        N_("Yes where the envelope has no ceiling: the line is planned apart from the budget."),
    ),
    PlanColumn("plan", "text", N_("Plan"), N_("Identifier of the plan.")),
    PlanColumn("data", "text", N_("Data"), N_("Whether the data are real.")),
    PlanColumn(
        "trial",
        "text",
        N_("Trial"),
        N_("What was set for this plan only, where it is a trial and no full plan."),
    ),
)

# What the lines sum up to: it equals the table `budget` of the plan.
TOTALS: tuple[PlanColumn, ...] = (
    PlanColumn("year", "year", N_("Budget year"), N_("Year in which it is paid.")),
    PlanColumn("envelope", "text", N_("Source of funds"), N_("Envelope that pays."), is_long=True),
    PlanColumn(
        "ceiling_idr",
        "integer",
        N_("Ceiling for capex and opex, this year, with PPN (Rp)"),
        N_("What the envelope holds in this year; empty where nobody has given it."),
    ),
    PlanColumn(
        "capex_idr",
        "integer",
        N_("Capex, this year, without PPN (Rp)"),
        N_("Sum of the capital spending of this year."),
    ),
    PlanColumn(
        "opex_idr",
        "integer",
        N_("Opex, this year, without PPN (Rp)"),
        N_("Sum of the yearly spending of this year, that of earlier purchases included."),
    ),
    PlanColumn(
        "ppn_idr",
        "integer",
        N_("PPN on capex and opex, this year (Rp)"),
        N_("Sum of the value added tax of this year."),
    ),
    PlanColumn(
        "total_idr",
        "integer",
        N_("Capex and opex, this year, with PPN (Rp)"),
        N_("What the plan takes from the envelope in this year."),
    ),
    PlanColumn(
        "left_idr",
        "integer",
        N_("Left for capex and opex, this year, with PPN (Rp)"),
        N_("Ceiling less what the plan takes; empty where the ceiling is not known."),
    ),
)

# Of the sheets of schools: what the plan does for each.
OF_SCHOOLS: tuple[PlanColumn, ...] = (
    PlanColumn(
        "plan_status",
        "text",
        N_("In the plan"),
        N_("Whether the plan connects the school, and if not, what it says of it."),
        is_long=True,
    ),
    PlanColumn("plan_option", "text", N_("Option of the plan"), N_("What the plan chose."), True),  # noqa: FBT003
    PlanColumn(
        "plan_year", "year", N_("Budget year in the plan"), N_("Year in which it is bought.")
    ),
    PlanColumn(
        "plan_capex_idr",
        "integer",
        N_("Capex of the plan, cumulative, with PPN (Rp)"),
        N_("What is bought for this school alone, with PPN; shared infrastructure is apart."),
    ),
    PlanColumn(
        "plan_opex_year_idr",
        "integer",
        N_("Opex of the plan, a year, with PPN (Rp)"),
        N_("What the service costs in each year, with PPN."),
    ),
)

MARGINAL: tuple[PlanColumn, ...] = (
    _NPSN,
    PlanColumn("name", "text", N_("School"), N_("Name as the register gives it."), is_long=True),
    _of_school("kabupaten"),
    _STUDENTS,
    PlanColumn("option", "text", N_("Option"), N_("Option that was not chosen."), is_long=True),
    PlanColumn("year", "year", N_("Year of the option"), N_("Year in which it would be bought.")),
    PlanColumn(
        "needs_idr",
        "integer",
        N_("Capex and opex needed, cumulative, with PPN (Rp)"),
        N_("All that the option takes within the ceilings of the plan's years."),
    ),
    PlanColumn(
        "short_idr",
        "integer",
        N_("Short for capex and opex, cumulative, with PPN (Rp)"),
        N_("How much of that is not there; 0 where something other than money is short."),
    ),
    PlanColumn(
        "short_year",
        "year",
        N_("Year that is most short"),
        N_("Year in which most of it is missing."),
    ),
    PlanColumn(
        "short_envelope",
        "text",
        N_("Source of funds that is most short"),
        N_("Envelope in which most of it is missing."),
        is_long=True,
    ),
    PlanColumn(
        "short_there_idr",
        "integer",
        N_("Short for capex and opex, that year, with PPN (Rp)"),
        N_("What is missing in that envelope and year."),
    ),
)

BTS: tuple[PlanColumn, ...] = (
    PlanColumn("shared_id", "text", N_("Proposal"), N_("Identifier of the site in the plan.")),
    PlanColumn("name", "text", N_("Name of the site"), N_("Name in the plan."), is_long=True),
    PlanColumn(
        "lat", "float", N_("Latitude"), N_("Degrees north, WGS 84: a place to be surveyed.")
    ),
    PlanColumn(
        "lon", "float", N_("Longitude"), N_("Degrees east, WGS 84: a place to be surveyed.")
    ),
    PlanColumn(
        "kabupaten_code", "text", N_("Kabupaten code"), N_("Of the schools that it serves.")
    ),
    PlanColumn(
        "kabupaten",
        "text",
        N_("Kabupaten/kota"),
        N_("Of the schools that it serves."),
        is_long=True,
    ),
    PlanColumn(
        "kecamatan", "text", N_("Kecamatan"), N_("Of the schools that it serves."), is_long=True
    ),
    PlanColumn(
        "population",
        "integer",
        N_("Population within reach"),
        N_("Inhabitants within reach of the site; empty where it is not known."),
    ),
    PlanColumn(
        "population_status",
        "text",
        N_("Status of the population"),
        N_("known, or unknown where no input states it."),
    ),
    PlanColumn(
        "schools",
        "integer",
        N_("Schools served"),
        N_("Schools that the plan connects through the site, each named."),
    ),
    PlanColumn(
        "students",
        "integer",
        N_("Pupils served"),
        N_("Pupils of these schools; those of schools without a number are not in it."),
    ),
    PlanColumn(
        "students_unknown",
        "integer",
        N_("Schools without a number of pupils"),
        N_("Schools served whose number of pupils is not known."),
    ),
    PlanColumn(
        "npsn_served",
        "text",
        N_("NPSN of the schools served"),
        N_("With semicolons between them."),
        is_long=True,
    ),
    PlanColumn(
        "names_served",
        "text",
        N_("Names of the schools served"),
        N_("With semicolons between them."),
        is_long=True,
    ),
    PlanColumn(
        "terrain_class", "text", N_("Terrain"), N_("Terrain classes of the schools served.")
    ),
    PlanColumn(
        "access",
        "text",
        N_("Access"),
        N_("How the schools served are reached: by road or by boat; unknown where no layer says."),
    ),
    PlanColumn(
        "nearest_sites",
        "text",
        N_("Nearest radio sites"),
        N_("Up to three sites of the run: identifier, operator, technology and distance."),
        is_long=True,
    ),
    PlanColumn(
        "nearest_km",
        "float",
        N_("Nearest radio site (km)"),
        N_("Distance to the nearest site; empty without a table of sites."),
    ),
    PlanColumn("budget_year", "year", N_("Year proposed"), N_("Year in which it is to be built.")),
    PlanColumn("service_year", "year", N_("Service from"), N_("First year of service.")),
    PlanColumn(
        "capex_idr",
        "integer",
        N_("Capex estimate, cumulative, without PPN (Rp)"),
        N_("What building the site costs; not in any APBD."),
    ),
    PlanColumn(
        "opex_year_idr",
        "integer",
        N_("Opex estimate, a year, without PPN (Rp)"),
        N_("What running the site costs in a year."),
    ),
    PlanColumn(
        "price_source",
        "text",
        N_("Source of the price"),
        N_("Where the price is from."),
        is_long=True,
    ),
    PlanColumn("price_date", "text", N_("Date of the price"), N_("When the price was stated.")),
    PlanColumn("plan", "text", N_("Plan"), N_("Identifier of the plan.")),
    PlanColumn("data", "text", N_("Data"), N_("Whether the data are real.")),
    PlanColumn(
        "trial",
        "text",
        N_("Trial"),
        N_("What was set for this plan only, where it is a trial and no full plan."),
    ),
)
