"""Options that several commands share, each described once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kalsel_gap.i18n.text import N_, Text, choose_language

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class PageChoice(StrEnum):
    """How a page is printed."""

    table = "table"
    json = "json"


class LanguageChoice(StrEnum):
    """Languages of the output."""

    id = "id"
    en = "en"


class By(StrEnum):
    """What the rank is by."""

    deficit = "deficit"
    priority = "priority"


class DialectChoice(StrEnum):
    """Kinds of CSV."""

    raw = "raw"
    id = "id"
    en = "en"


class NamesChoice(StrEnum):
    """How columns and codes are named."""

    labels = "labels"
    codes = "codes"
    both = "both"


class MobileChoice(StrEnum):
    """Technologies that a level can be predicted of."""

    g2 = "2g"
    g3 = "3g"
    g4 = "4g"
    g5 = "5g"


class ObjectiveChoice(StrEnum):
    """What a plan reaches as much of as it can."""

    gap = "gap"
    students = "students"
    cost = "cost"
    schools = "schools"


# Option values as a help page shows them.
_TEXT, _FILE, _FOLDER = N_("<text>"), N_("<file>"), N_("<folder>")
_NUMBER = N_("<number>")

ProjectFile = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-p",
        metavar=_FILE,
        help=N_("Project file or its folder; the nearest kalsel-gap.toml by default."),
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar=N_("<key=value>"),
        help=N_("Override a value, such as index.lambda=0.8; repeatable."),
    ),
]
RunFolder = Annotated[
    Path | None,
    typer.Option(
        *("--out", "-o", "--runs"),
        metavar=_FOLDER,
        help=N_("Folder for the runs, instead of the project's."),
    ),
]
RunsFolder = Annotated[
    Path | None,
    typer.Option(
        "--runs", metavar=_FOLDER, help=N_("Folder for the runs, instead of the project's.")
    ),
]
CheckFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar=_FOLDER,
        help=N_("Output folder; by default check/ in the project's folder of runs."),
    ),
]
Layers = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar=N_("<name,…>"),
        help=N_("Layers to write, such as slope,class; by default all that the inputs allow."),
    ),
]
TerrainFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar=_FOLDER,
        help=N_("Output folder; by default terrain/ in the project's folder of runs."),
    ),
]
Npsn = Annotated[str, typer.Argument(metavar=N_("NPSN"), help=N_("NPSN of the school."))]
ExplainedSchools = Annotated[
    list[str] | None,
    typer.Argument(
        metavar=N_("SCHOOL"),
        help=N_(
            "NPSN, name or a part of the name; two schools are compared; none: the whole list."
        ),
    ),
]
WithoutLeaf = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar=N_("<indicator>"),
        help=N_(
            "Show the rank without this indicator of barrier or need, such as students; repeatable."
        ),
    ),
]
PageFormat = Annotated[
    PageChoice | None,
    typer.Option(
        "--format", "-f", help=N_("Output format: table (default), or json, for programs.")
    ),
]
OlderRun = Annotated[
    str,
    typer.Argument(
        metavar=N_("RUN_A"),
        help=N_("The older run: its id, the beginning of it, latest, or its folder."),
    ),
]
NewerRun = Annotated[
    str, typer.Argument(metavar=N_("RUN_B"), help=N_("The newer run, named in the same way."))
]
Recompute = Annotated[
    bool,
    typer.Option(
        "--recompute",
        help=N_(
            "Where the goalposts differ, score the older run again by those of the newer one, from "
            "its stored columns. Without it such runs are not compared."
        ),
    ),
]
MostMoved = Annotated[
    int,
    typer.Option(
        "--top",
        "-n",
        min=1,
        metavar=_NUMBER,
        help=N_("Schools that are listed of those that moved most; csv and json have all."),
    ),
]
PageFile = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar=_FILE, help=N_("HTML page to write, which needs no network.")
    ),
]
EvaluatedPlan = Annotated[
    str,
    typer.Argument(
        metavar=N_("PLAN"),
        help=N_("The plan: its id, the beginning of it, latest, or its folder."),
    ),
]
LaterRun = Annotated[
    str,
    typer.Argument(
        metavar=N_("RUN"),
        help=N_("A run of later data: its id, the beginning of it, latest, or its folder."),
    ),
]
PlansFolder = Annotated[
    Path | None,
    typer.Option(
        "--plans", metavar=_FOLDER, help=N_("Folder of the plans, instead of the project's.")
    ),
]
EarlierRuns = Annotated[
    list[str] | None,
    typer.Option(
        "--earlier",
        metavar=_TEXT,
        help=N_(
            "A run of earlier data than that of the plan, for the placebo: nothing was built "
            "between them. Can be given several times."
        ),
    ),
]
NotBetter = Annotated[
    int,
    typer.Option(
        "--top",
        "-n",
        min=1,
        metavar=_NUMBER,
        help=N_(
            "Schools that are listed of those with a delivery and no better service; csv and json "
            "have all."
        ),
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--picture",
        metavar=_FILE,
        help=N_("Draw the path profile of the best link to this .svg or .png file."),
    ),
]
Operators = Annotated[
    list[str] | None,
    typer.Option(
        "--operator",
        metavar=_TEXT,
        help=N_("Only this operator's sites; repeatable; all by default."),
    ),
]
Technologies = Annotated[
    list[MobileChoice] | None,
    typer.Option(
        "--technology", help=N_("Only sites of 2g, 3g, 4g or 5g; repeatable; all by default.")
    ),
]
ReceptionLayers = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar=N_("<name,…>"),
        help=N_("Rasters to write: level,server,servers,margin; all by default."),
    ),
]
RadiusKm = Annotated[
    float | None,
    typer.Option(
        "--radius-km",
        min=1.0,
        max=200.0,
        metavar=_NUMBER,
        help=N_("Radius around each site in km; radio.candidates.reach_km by default."),
    ),
]
Resolution = Annotated[
    float | None,
    typer.Option(
        "--resolution",
        min=1.0,
        metavar=_NUMBER,
        help=N_(
            "Cell width in metres, rounded to an odd number of cells of the elevation model; by "
            "default one cell."
        ),
    ),
]
ReceptionFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar=_FOLDER,
        help=N_("Output folder; by default reception/ in the project's folder of runs."),
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help=N_("Print what would be written, its size and the time needed, and write nothing."),
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help=N_("Exit status 3 for warnings too."))]
AcceptRepairs = Annotated[
    Path | None,
    typer.Option(
        "--accept-repairs",
        metavar=_FILE,
        help=N_("Save the repairs that this reviewed file accepts, and do nothing more."),
    ),
]
AcceptKinds = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar=N_("<code[:file]>"),
        help=N_(
            "Save all proposed repairs of a kind, such as location_dms:schools.csv, and do nothing "
            "more; repeatable."
        ),
    ),
]
VisitTop = Annotated[
    int,
    typer.Option("--top", "-n", min=1, metavar=_NUMBER, help=N_("Largest number of visits.")),
]
PackFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar=_FOLDER,
        help=N_(
            "Write the field pack to this folder; with --import, where the answers are kept "
            "(by default beside the project file)."
        ),
    ),
]
ImportedResults = Annotated[
    Path | None,
    typer.Option(
        "--import",
        metavar=_FILE,
        help=N_(
            "Take in what was found out: an export of ODK or Kobo (CSV, XLSX), or verify.gpkg."
        ),
    ),
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar=_FILE, help=N_("File to write; standard output by default.")
    ),
]
PriceTemplate = Annotated[
    bool,
    typer.Option(
        "--template",
        help=N_("Write a table of all items to fill in: .csv or .xlsx with --out."),
    ),
]
NewFile = Annotated[Path, typer.Option("--out", "-o", help=N_("File to write."))]
TableFormat = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help=N_("Output format: table (default, also when piped); csv or json, for programs."),
    ),
]
Lang = Annotated[
    LanguageChoice | None,
    typer.Option("--lang", help=N_("Language of the output: id (Indonesian) or en (English).")),
]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help=N_("Lines that read well aloud, without tables, drawings and colours."),
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=N_("No progress bar and no notes."))]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help=N_("Compute everything again, without the cache."))
]
DespiteErrors = Annotated[
    bool,
    typer.Option(
        "--despite-errors",
        help=N_("Rank with layers that cannot be what the project says; only as a trial."),
    ),
]
Reason = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar=_TEXT,
        help=N_("Why values are set for this run only; recorded with it and in its audit."),
    ),
]
Role = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar=_TEXT,
        help=N_("Role of the person who decided that, such as “kepala bidang”; no name."),
    ),
]
AuditFile = Annotated[
    Path | None,
    typer.Option(
        "--audit",
        metavar=_FILE,
        help=N_(
            "Also write an audit page (.html): what was fixed before the result, what differs from "
            "the shipped figures and why, how sure the list is, how to make it again."
        ),
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(
        "--draws",
        min=0,
        metavar=_NUMBER,
        help=N_("Draws for the certainty of the ranking; 0 for none. As --set robustness.draws=…"),
    ),
]
FirstK = Annotated[
    int | None,
    typer.Option(
        "--k",
        min=1,
        metavar=_NUMBER,
        help=N_("How many schools come first in the statements of certainty."),
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, metavar=_NUMBER, help=N_("Of the random numbers of the draws.")),
]
ListConfidence = Annotated[
    float | None,
    typer.Option(
        "--confidence",
        metavar=_NUMBER,
        help=N_("Of the statements about the whole list, such as 0.9."),
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        "--top",
        "-n",
        min=1,
        metavar=_NUMBER,
        help=N_("Largest number of schools; by default 20 in a table, otherwise all."),
    ),
]
RankBy = Annotated[By, typer.Option("--by", help=N_("Rank by deficit or by priority."))]
LayerCrs = Annotated[
    str | None,
    typer.Option(
        "--crs",
        metavar=N_("<code>"),
        help=N_(
            "Coordinate reference system, such as EPSG:23880 or EPSG:4326; by default EPSG:32750, "
            "WGS 84 / UTM 50S."
        ),
    ),
]
DegreesOnly = Annotated[
    str | None,
    typer.Option(
        "--crs",
        metavar=N_("<code>"),
        help=N_("Only EPSG:4326 (WGS 84, degrees): the standard of this format allows no other."),
    ),
]
OnlyKabupaten = Annotated[
    list[str] | None,
    typer.Option(
        "--kabupaten",
        metavar=_TEXT,
        help=N_("Only this kabupaten or kota, by name, code or short form (HSS); repeatable."),
    ),
]
OnlyKecamatan = Annotated[
    list[str] | None,
    typer.Option("--kecamatan", metavar=_TEXT, help=N_("Only this kecamatan; repeatable.")),
]
OnlyLevel = Annotated[
    list[str] | None,
    typer.Option(
        "--level",
        metavar=_TEXT,
        help=N_("Only this kind of school, such as SD or SMP; repeatable."),
    ),
]
OnlyAuthority = Annotated[
    list[str] | None,
    typer.Option(
        "--authority",
        metavar=_TEXT,
        help=N_("Only schools of kabupaten, province or kemenag; repeatable."),
    ),
]
OnlyTerrain = Annotated[
    list[str] | None,
    typer.Option(
        "--terrain",
        metavar=_TEXT,
        help=N_("Only pegunungan, pesisir, rawa, pulau_kecil or dataran; repeatable."),
    ),
]
OnlyGap = Annotated[
    list[str] | None,
    typer.Option(
        "--gap",
        metavar=_TEXT,
        help=N_(
            "Only this kind of gap: adequate, slow, unconnected, weak, uncovered, "
            "covered_unverified, unknown; repeatable."
        ),
    ),
]
CsvDialect = Annotated[
    DialectChoice,
    typer.Option(
        "--dialect",
        help=N_(
            "raw: for programs; id, en: for Excel in an Indonesian or an English locale. id has "
            "semicolons and decimal commas, the others commas and decimal points."
        ),
    ),
]
CsvColumns = Annotated[
    str,
    typer.Option(
        "--columns",
        metavar=N_("<name,…>"),
        help=N_(
            "Columns: summary (what a person reads first), all, or names of the data dictionary, "
            "such as summary,students,devices."
        ),
    ),
]
CsvNames = Annotated[
    NamesChoice | None,
    typer.Option(
        "--names",
        help=N_(
            "labels: header and values in the words of the language; codes: as in the data "
            "dictionary; both: those codes in the first line, labels in the second, and values in "
            "words. By default labels with --lang or a dialect for Excel, otherwise codes."
        ),
    ),
]
RunName = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar=_TEXT,
        help=N_(
            "Which run: its id, the beginning of it, its folder, or latest for the last full one; "
            "by default the official one, without one the last full one."
        ),
    ),
]
PlanFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar=_FOLDER,
        help=N_("Folder for the plans, instead of the project's (plans/ beside the runs)."),
    ),
]
PlanObjective = Annotated[
    ObjectiveChoice | None,
    typer.Option(
        "--objective",
        help=N_(
            "What comes first: gap (most of the gap closed, by priority), students, cost (least "
            "cost to connect all) or schools; plan.objective by default."
        ),
    ),
]
PlanAssignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar=N_("<key=value>"),
        help=N_("Override a price or a figure of the plan, such as plan.gap=0.001; repeatable."),
    ),
]
AddedSites = Annotated[
    list[str] | None,
    typer.Option(
        "--add-site",
        metavar=N_("<lat,lon,height>"),
        help=N_("As if there were a 4G site, with its mast's height in metres; repeatable."),
    ),
]
WithoutSchools = Annotated[
    list[str] | None,
    typer.Option("--without", metavar=N_("<NPSN>"), help=N_("Leave this school out; repeatable.")),
]
BudgetRange = Annotated[
    str | None,
    typer.Option(
        "--sweep",
        metavar=N_("<low:high>"),
        help=N_(
            "Plan several total budgets between two amounts of rupiah, such as 5e9:100e9, and "
            "show where the curve bends; all ceilings are scaled alike."
        ),
    ),
]
CompareObjectives = Annotated[
    bool,
    typer.Option("--compare-objectives", help=N_("Plan by each objective and compare them.")),
]
ShownPlan = Annotated[
    str | None,
    typer.Option(
        "--show",
        metavar=_TEXT,
        help=N_(
            "Print a plan that is there: its id, the beginning of it, or latest; nothing is "
            "computed."
        ),
    ),
]
ListPlans = Annotated[bool, typer.Option("--list", help=N_("List the plans that are there."))]
PlanTop = Annotated[
    int | None,
    typer.Option(
        "--top",
        "-n",
        min=1,
        metavar=_NUMBER,
        help=N_("Lines of each list; without it a short page, or everything in json and csv."),
    ),
]
PinnedRun = Annotated[
    str,
    typer.Argument(
        metavar=N_("RUN"), help=N_("Its id, the beginning of it, or latest for the last full one.")
    ),
]
Decree = Annotated[
    str,
    typer.Option("--decree", metavar=_TEXT, help=N_("Number of the decree that approved the run.")),
]
DecreeDate = Annotated[
    str,
    typer.Option("--date", metavar=_TEXT, help=N_("Date of the decree, such as 2026-07-31.")),
]
PinOverwrite = Annotated[
    bool,
    typer.Option("--overwrite", help=N_("Put the run in the place of another official one.")),
]
ObjectionsFile = Annotated[
    Path, typer.Argument(metavar=_FILE, help=N_("Form of objections that was filled in."))
]
AnswersFolder = Annotated[
    Path, typer.Option("--out", "-o", metavar=_FOLDER, help=N_("Folder for the letters."))
]
PublishedFolder = Annotated[
    Path, typer.Argument(metavar=_FOLDER, help=N_("Folder to write; it is replaced as a whole."))
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help=N_("Compare every file of every run with the run's record (run.json)."),
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help=N_("Replace files that kalsel-gap did not write or that were changed since."),
    ),
]


def words(ctx: typer.Context, lang: LanguageChoice | None, opened: Opened) -> Text:
    """Language of files for others; ``--lang`` may stand before or after the command."""
    return words_in(ctx, lang, opened.project.project.language)


def words_in(ctx: typer.Context, lang: LanguageChoice | None, project: str | None) -> Text:
    """As :func:`words`, where only the project's language is known."""
    chosen = lang or ctx.find_root().params.get("lang")
    return Text(choose_language(chosen and str(chosen), project=project, deliverable=True))


def is_language_given(ctx: typer.Context, lang: LanguageChoice | None) -> bool:
    """Whether ``--lang`` is given, before or after the command."""
    return bool(lang or ctx.find_root().params.get("lang"))


def names_of(layers: str | None) -> list[str] | None:
    """The names in a list with commas; none where the option is not given."""
    if layers is None:
        return None
    names = [name.strip().lower() for name in layers.split(",") if name.strip()]
    return names or [""]  # which is no name
