"""Write the pages of ``docs/`` that the code itself knows best.

``project-file.md`` comes from the models of the project file, ``data-dictionary.md`` from the
schema, ``commands.md`` from the help of the commands. In ``method.md`` and ``ARCHITECTURE.md`` only
the blocks between ``<!-- table: … -->`` and ``<!-- end -->`` are written: from the defaults, and
from the docstrings of the modules. ``indonesian.py`` makes the Indonesian blocks from the English.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import os
import re
import types
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin
from unittest.mock import patch

import indonesian  # beside this file
import typer
from pydantic import BaseModel

from kalsel_gap import findings, schema
from kalsel_gap.cli import app
from kalsel_gap.cli import main as run_command
from kalsel_gap.comparison.causes import CAUSES
from kalsel_gap.comparison.gap_changes import GAP_CHANGES
from kalsel_gap.comparison.run_comparison import SCHOOLS as COMPARED
from kalsel_gap.deliverables.budget_columns import BTS, BUDGET, MARGINAL, OF_SCHOOLS, TOTALS
from kalsel_gap.deliverables.codes import words_of
from kalsel_gap.deliverables.gis_layers import SITE_FIELDS
from kalsel_gap.deliverables.use_case_words import USES as USE_NAMES
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import Language, Text
from kalsel_gap.indicators.inference import fit_given_line, fit_no_line
from kalsel_gap.package import PACKAGE_FOLDER
from kalsel_gap.project.base import OVERRIDABLE, default_values
from kalsel_gap.project.index import Index
from kalsel_gap.project.model import Project
from kalsel_gap.project.signal import Signal
from kalsel_gap.project.terrain import Terrain
from kalsel_gap.project.use_cases import UseCases
from kalsel_gap.sources import (
    registers,
    sites,
    speed_test_tiles,
    speed_tests,
    unit_prices,
    villages,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pydantic.fields import FieldInfo

DOCS = Path(__file__).parent
ROOT = DOCS.parent
NOTE = "<!-- Written by docs/generate.py: `make docs`. Do not edit by hand. -->"
ENGLISH, INDONESIAN = Text("en"), Text("id")

INDEX = Index.model_validate(default_values("index"))
SIGNAL = Signal.model_validate(default_values("signal"))
USES = UseCases.model_validate(default_values("use_cases"))
TERRAIN = Terrain.model_validate(default_values("terrain"))


def table(headers: Sequence[str], rows: Iterator[Sequence[object]]) -> str:
    """A table in Markdown; a bar inside a cell is escaped."""
    lines = [list(headers), ["---"] * len(headers)]
    lines += [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(re.sub(r"\|  (?=\|)", "| ", f"| {' | '.join(line)} |") for line in lines)


def code(value: object) -> str:
    """`value` as code; nothing for nothing."""
    return f"`{value}`" if str(value) else ""


def contents(parts: Sequence[str]) -> str:
    """Table of contents: a line for each section, its sub-sections behind it, all linked."""
    lines: list[str] = []
    for marks, title in re.findall(r"^(##|###) (.+)$", "\n".join(parts), re.MULTILINE):
        link = f"[{title}](#{anchor(title)})"
        if marks == "##":
            lines.append(f"- {link}")
        else:
            lines[-1] += f"{',' if ': ' in lines[-1] else ':'} {link}"
    return "\n".join(lines)


def figure(value: float) -> str:
    """A number as people write it: 0.25, 5, 1,873."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


# --- the project file --------------------------------------------------------------------------

UNITS = {
    "m": "m",
    "km": "km",
    "km2": "km²",
    "deg": "°",
    "ms": "ms",
    "mbps": "Mbps",
    "lat": "°",
    "lon": "°",
}
UNIT_OF = {
    "required_mbps.per_student": "Mbps per student",
    "boundaries.capitals": "°",
    "curves.points": "dBm, adequacy",
}
TYPES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Any: "anything",
}


def project_file() -> str:
    """Every section and key of the project file."""
    parts = [
        NOTE,
        "# The project file",
        (
            "`kalsel-gap.toml` says which files play which part. Paths are relative to the file. A "
            "key that is not known is an error, and the message names the nearest one. "
            "`kalsel-gap config` prints every value in force and where it comes from; `--set "
            "section.key=value` overrides one for a single run."
        ),
        (
            "Only `[schools]` is needed. What a project does not have is not scored, and every "
            "output says so. The figures of `[index]`, `[signal]`, `[terrain]`, `[radio]` and "
            "others have defaults with their sources in `kalsel_gap/project/defaults/`; a project "
            "overrides any of them, key by key:"
        ),
        '```toml\n[schools]\npath = "schools.csv"\n\n[index.nodes.students]\nweight = 0.5\n```',
    ]
    introduction = len(parts)
    for name, info in documented(Project).items():
        many = get_origin(info.annotation) is tuple
        brackets = f"[[{name}]]" if many else f"[{name}]"
        parts += [f"## {code(brackets)}", said(info)]
        if many:
            parts.append(f"One table `[{name}]`, or several `{brackets}`.")
        if (model := model_within(info.annotation)) is not None:
            parts += section(model, name, default_values(name) if name in OVERRIDABLE else None)
    parts += ["## Headers that are recognised", headers()]
    parts.insert(introduction, contents(parts))
    return "\n\n".join(part for part in parts if part) + "\n"


def section(model: type[BaseModel], name: str, defaults: Mapping[str, Any] | None) -> Iterator[str]:
    """Table of a model's keys, then its sub-tables."""
    rows, inner = [], []
    for attribute, info in documented(model).items():
        key = info.alias or attribute
        if (below := model_within(info.annotation)) is not None:
            keyed = get_origin(info.annotation) is dict
            below_defaults = None if keyed or defaults is None else defaults.get(key)
            label = f"{name}.{key}.<key>" if keyed else f"{name}.{key}"
            inner.append((label, said(info), below, below_defaults))
        else:
            default = shown_default(info, defaults, key)
            rows.append((code(key), kind(info), default, unit(name, key, info), said(info)))
    yield table(("key", "type", "default", "unit", "meaning"), iter(rows)) if rows else ""
    for label, description, below, below_defaults in inner:
        yield f"### `[{label}]`"
        yield description
        yield from section(below, label, below_defaults)


def documented(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields, each described by the docstring below it.

    Pydantic could do so itself, but only whenever the package is imported, and it reads every
    class's source for it.
    """
    for each in reversed(model.__mro__[: model.__mro__.index(BaseModel)]):
        (parsed,) = ast.parse(inspect.getsource(each)).body
        for field, below in pairwise(cast("ast.ClassDef", parsed).body):
            match field, below:
                case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                    model.model_fields[name].description = inspect.cleandoc(text)
    return model.model_fields


def said(info: FieldInfo) -> str:
    """A field's docstring; code in it is marked the way of Markdown."""
    if not info.description:
        message = f"a field of type {info.annotation} has no docstring"
        raise LookupError(message)
    return info.description.replace("``", "`")


def model_within(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """The section model inside ``X | None``, ``tuple[X, ...]`` or ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for part in get_args(annotation) if (m := model_within(part))), None)


def kind(info: FieldInfo) -> str:
    """Type of a field in words, with its bounds."""
    words = type_words(info.annotation)
    return f"{words}{bounds(info.metadata)}"


def type_words(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """A type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        words = type_words(arguments[0]) + bounds(arguments[1:])
    elif origin is Literal:
        words = ", ".join(code(choice) for choice in arguments)
    elif origin in (Union, types.UnionType):
        words = " or ".join(type_words(a) for a in arguments if a is not types.NoneType)
    elif origin is tuple:
        length = "" if arguments[-1] is Ellipsis else f" {len(arguments)}"
        words = f"list of{length}: {type_words(arguments[0])}"
    elif origin is dict:
        words = f"table of: {type_words(arguments[1])}"
    else:
        words = TYPES[annotation]
    return words


def bounds(metadata: Sequence[object]) -> str:
    """What annotated-types say of a number."""
    said: dict[str, float] = {}
    for item in (part for each in metadata for part in getattr(each, "metadata", [each])):
        said |= {n: getattr(item, n) for n in ("ge", "gt", "le", "lt") if hasattr(item, n)}
    if "ge" in said and "le" in said:
        return f", {said['ge']:,g} to {said['le']:,g}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return "".join(f", {words[name]} {value:,g}" for name, value in said.items())


def shown_default(info: FieldInfo, defaults: Mapping[str, Any] | None, key: str) -> str:
    """Default of a field, from ``defaults/`` where it stands there."""
    if defaults is not None and key in defaults:
        value = defaults[key]
    elif info.is_required():
        return "" if defaults is None and not info.default else "required"
    else:
        value = info.default
    if value is None or value in ("", (), {}):
        return ""
    return code(toml(value))


def toml(value: object) -> str:
    """A value as the project file writes it; text without its quotation marks."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, Path):
        return value.as_posix()
    return f"{value:g}" if isinstance(value, float) else str(value)


def unit(name: str, key: str, info: FieldInfo) -> str:
    """Unit of a key that holds numbers, by its suffix or that of its table."""
    if "number" not in type_words(info.annotation):
        return ""
    own = UNIT_OF.get(f"{name.removesuffix('.<key>').rpartition('.')[2]}.{key}")
    suffixes = (text.rpartition("_")[2] for text in (key, name) if "_" in text or text in UNITS)
    return own or next((UNITS[s] for s in suffixes if s in UNITS), "")


def headers() -> str:
    """Spellings of headers that readers know."""
    own = {
        "schools": registers.REGISTER_ALIASES,
        "schools, attributes": registers.ATTRIBUTE_ALIASES,
        "schools, attributes (by sex, summed up)": registers.PART_ALIASES,
        "schools (for checks)": registers.CHECK_ALIASES,
        "attributes": registers.YEAR_ALIASES,
        "sites": sites.ALIASES,
        "measurements": speed_tests.ALIASES,
        "measurements (tiles)": speed_test_tiles.ALIASES,
        "villages": villages.ALIASES,
        "costs.ssh (only these)": unit_prices.ALIASES,
    }
    rows = (
        (name, code(column), ", ".join(code(a) for a in aliases if a != column))
        for name, columns in own.items()
        for column, aliases in columns.items()
    )
    return (
        "Case, spaces and signs do not matter: `Kab.-Kota` is `kabkota`. Any other header is named "
        'in the `columns` of its section: `columns = { students = "Jumlah PD" }`.\n\n'
        + table(("section", "column", "other headers"), rows)
    )


# --- the data dictionary -----------------------------------------------------------------------


def data_dictionary() -> str:
    """Columns of ``schools.parquet`` and the CSV, codes and findings, in both languages."""
    canonical = [c for c in schema.COLUMNS if c.name in schema.CANONICAL]
    further = [c for c in schema.COLUMNS if c.name not in schema.CANONICAL]
    leaves = INDEX.leaves()
    parts = [
        NOTE,
        "# Data dictionary",
        (
            "One row for each row of the register. `schools.parquet` is GeoParquet in EPSG:4326. "
            "An empty cell means *unknown* or *does not apply*, never *none* and never 0; whether "
            "a fact is known, inferred or unknown stands in its `…_status`."
        ),
        (
            "What is written for others (JSON, GeoJSON, GeoPackage, and `export csv --columns "
            "all`) has all these columns in every project, with the same types, and "
            + ", ".join(code(c.name) for c in schema.ADDED)
            + " beside them. `export csv` alone writes the summary: "
            + ", ".join(map(code, schema.SUMMARY))
            + ". With `--lang` or a dialect for Excel its header has the labels of this page and "
            "its cells have words for codes; `--names codes` writes the names in any case."
        ),
        "*Stage* is the step that writes a column: "
        + ", ".join(code(stage) for stage in schema.STAGES)
        + ". A dtype is that of pandas.",
        "## First columns",
        "Their names and order are stable: scripts can rely on them.",
        columns_table(canonical),
        "## Further columns",
        columns_table(further),
        "## Columns of the uses",
        "Each use of `use_cases.toml`, or of the project's own, adds two columns: "
        + ", ".join(code(c.name) for c in schema.use_case_columns(USES.cases))
        + ".",
        columns_table(schema.use_case_columns(["<use>"])),
        "## Columns of what is written for others",
        columns_table(schema.ADDED),
        "## Columns of the leaves",
        "Each leaf of the trees of barrier and need adds three columns behind these: "
        + ", ".join(f"`<leaf>{c.name}`" for c in schema.leaf_columns([""]))
        + ". `schools.parquet` has those for which the project has data; in what is written for "
        "others the rest are empty.",
        columns_table(schema.leaf_columns(["<leaf>"])),
        table(
            ("leaf", "measures", "tree"),
            ((code(n), code(x.column), INDEX.root(n)) for n, x in leaves.items()),
        ),
        "## Codes in words",
        codes(),
        "## Findings",
        "`findings.csv` has the columns "
        + ", ".join(code(c) for c in findings.COLUMNS)
        + ". What is wrong with a row is a finding, and the row goes on. *error*: the row cannot "
        "be ranked as it stands; *warning*: doubtful; *note*: good to know. `parameters` is JSON.",
        table(
            ("code", "severity", "English", "Indonesian"),
            (
                (code(name), severity, messages.FINDINGS[name], translated(messages.FINDINGS[name]))
                for name, severity in sorted(findings.SEVERITIES.items())
            ),
        ),
        "## Columns of a comparison",
        comparison(),
        "## Lists of a plan",
        lists_of_plan(),
        "## Other files of a run",
        other_files(),
    ]
    parts.insert(parts.index("## First columns"), contents(parts))
    return "\n\n".join(parts) + "\n"


def columns_table(columns: Sequence[schema.Column]) -> str:
    """Columns in order."""
    headings = ("column", "English", "Indonesian", "dtype", "values", "stage", "meaning", "source")
    rows = (
        (
            code(c.name),
            c.label,
            translated(c.label),
            c.dtype,
            "; ".join(filter(None, (values_of(c), "" if c.nullable else "never missing"))),
            c.stage,
            c.description,
            linked(c.source),
        )
        for c in columns
    )
    return table(headings, rows)


def values_of(column: schema.Column) -> str:
    """Range or choices of a column."""
    if column.choices:
        return ", ".join(code(choice) for choice in column.choices)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{figure(low)} to {figure(high)}"
    return "" if low is None else f"from {figure(low)}"


def linked(source: str) -> str:
    """A source, its section of the method linked."""
    method = "docs/method.md §"
    if not source.startswith(method):
        return source
    number = source.removeprefix(method)
    return f"[method {number}](method.md#{anchor(heading(number))})"


def heading(number: str) -> str:
    """Heading of the method's section `number`."""
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    found = re.search(rf"^#+ ({re.escape(number)}\.? .+)$", text, re.MULTILINE)
    if found is None:
        message = f"docs/method.md has no section {number}"
        raise LookupError(message)
    return found.group(1)


def anchor(title: str) -> str:
    """The anchor that a heading gets: lower case, no signs, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def translated(message: str) -> str:
    """The Indonesian text."""
    return INDONESIAN(message)


def codes() -> str:
    """Codes of columns and how outputs say them."""
    groups: dict[str, Mapping[str, str]] = {
        column.name: words_of(column, ENGLISH)
        for column in schema.BY_NAME.values()
        if column.name != "unranked_reason"
    }
    groups |= {
        "reason": messages.REASONS,
        "hindrance": messages.HINDRANCES,
    }
    rows = (
        (code(column), code(key), words, translated(words))
        for column, texts in groups.items()
        for key, words in texts.items()
    )
    return table(("column", "code", "English", "Indonesian"), rows)


SIGNALS = {
    "row_id": "The school's row.",
    "npsn": "Its NPSN.",
    "place": "point, or area: the area that the row of a doubtful location claims.",
    "technology": "2g, 3g, 4g, 5g or fixed.",
    "operator": "Operator of the raster.",
    "basis": "measured, predicted, modelled or declared.",
    "kind": "rsrp_dbm, level_dbm, class or binary.",
    "level_dbm": "Mean level over the part of the circle that has a signal, dBm.",
    "adequacy": "Mean adequacy over the known part of the circle, 0 to 1.",
    "signal_share": "Share of the circle that has a signal.",
    "known_share": "Share of the circle that the raster knows.",
    "status": "value, none (known to have no signal) or unknown.",
    "source": "The raster, as the project file names it.",
    "used": "Whether this is the evidence that counts for the operator and technology.",
}
PREDICTIONS = {
    "row_id": "The school's row.",
    "npsn": "Its NPSN.",
    "place": "point, or area: the area that the row of a doubtful location claims.",
    "technology": "2g, 3g, 4g or 5g.",
    "operator": "Operator of the sites.",
    "level_dbm": "Level of the best server that can be predicted, outdoors, mean over the circle, "
    "dBm; where reason is not empty only a lower bound: another server may be better.",
    "sd_db": "Standard deviation of that level, dB: calibrated the held-out error, uncalibrated "
    "the error of such predictions; and the spread over the circle.",
    "adequacy": "Mean adequacy over the circle, 0 to 1; empty where status is unknown.",
    "signal_share": "Share of the circle that has a signal.",
    "known_share": "Share of the circle for which that is known.",
    "status": "value, none (known to have no signal) or unknown.",
    "reason": "Why it is unknown, or the level a lower bound: sites_incomplete, no_site, "
    "site_unusable, no_location, void, land_cover, or what of the path the model does not cover.",
    "calibration": "Whether measurements have calibrated the level.",
    "source": "Tables of the sites.",
    "site_id": "Serving site; of a circle, in its middle.",
    "site_km": "How far away it is, km.",
    "loss_db": "Basic transmission loss by the model, dB.",
    "vegetation_db": "Loss through the wood around the school, dB.",
    "surroundings_db": "Loss by houses and trees that no land cover shows, dB.",
    "model": "p1812, or free_space nearer than ITU-R P.1812 begins.",
    "diffraction_db": "Diffraction loss, a part of loss_db, dB.",
    "line_of_sight": "Whether no terrain stands in the way, median air.",
    "clearance_ratio": "Least clearance as a share of the first Fresnel radius, median air.",
    "clearance_ratio_worst": "The same in the worst air.",
    "obstacle_km": "Distance from the school to where the clearance is least, km.",
    "obstacle_m": "Height of the ground there above the sea, m.",
    "obstacle_excess_m": "How far it rises above the line of 60 % clearance, m.",
}
SERVICE = {
    "row_id": "The school's row.",
    "npsn": "Its NPSN.",
    "place": "point, area (the claimed area of a doubtful location), or anywhere: A_a is unknown "
    "and each row is a quantile of the project's.",
    "weight": "Probability of this case; those of a school add up to 1.",
    "available": "A_a in this case.",
    "no_line": "π, the probability of no line.",
    "given_line": "μ, the mean A_d given a line.",
    "concentration": "a + b of the Beta distribution of A_d given a line; infinite where known.",
    "given_line_at_minimum": "What given_line would be if the school needed no more than the least "
    "bandwidth.",
}
CURVES = {
    "curve": "no_line (π) or given_line (μ).",
    "available": "A_a of the knot.",
    "value": "The curve there; linear in between.",
    "schools": "Schools that it was learned from; 0 leaves the prior.",
}
COMPARISON = {
    "npsn name level kabupaten kecamatan terrain_class": "The school, by the newer run where that "
    "has it.",
    "row_before row_after": "Row of the register in each run; empty where it has none.",
    "matched_by": "npsn, content or row: how the rows were paired.",
    "state": "ranked in both runs; entered or left the ranked ones; unranked in both.",
    "rank_before rank_after": "Ranks; where the older run was scored again, before is by the "
    "goalposts of the newer one.",
    "move": "Rank after less that before: negative is nearer to rank 1.",
    " ".join(f"by_{cause}" for cause in CAUSES): "Parts of the move; they add up to it.",
    "main_cause": "The cause of the largest part, the first of equal ones.",
    "within_chance": "1: both ranks lie in the intervals of both runs; empty where a run was made "
    "without draws.",
    "rank_p05_before rank_p95_before rank_p05_after rank_p95_after": "Those intervals.",
    "rank_stored": "Rank in the older run's own list.",
    "deficit_before deficit_after": "Deficits as each run has them.",
    "gap_before gap_after": "Gap types.",
    "gap_change": ", ".join(GAP_CHANGES) + "; empty where nothing changed.",
    "unranked_before unranked_after": "Why a school has no rank; not_in_register where the run "
    "does not have it.",
    "cause_of_state": "The cause by which a school entered or left.",
}
FACT_VALUES = {
    "row_id": "The school's row.",
    "npsn": "Its NPSN.",
    "fact": "service, signal, location, or visit (all of them at once).",
    "value": "What the sum of deficits of the first k is expected to gain if the fact is known.",
    "chance": "Chance that the fact changes whether the school is among the first k.",
    "is_chosen": "Whether it is among them by its mean deficit.",
}
DISTANCE_CURVE = {
    "km": "Distance of the knot to the nearest 4G or 5G site.",
    "available": "A_a there.",
    "schools": "Schools that the curve was learned from.",
}
HORIZONS = {
    "npsn": "School.",
    "row_id": "Row of the register.",
    "azimuth_deg": "Direction, degrees clockwise from north.",
    "horizon_deg": "Elevation angle of the horizon, with curvature and refraction; empty: unknown.",
    "found_deg": "Highest elevation angle seen: the horizon is no lower, whatever is unknown.",
    "distance_m": "How far away that is, m.",
    "obstacle_lat": "Latitude of that place, degrees.",
    "obstacle_lon": "Longitude of that place, degrees.",
}
SITES = {name: description for name, (_, description) in SITE_FIELDS.items()}
AREAS = {
    "level": "province, kabupaten, kecamatan or desa.",
    "code": "Kemendagri code.",
    "name": "Name.",
    "geometry": "Polygon as given, made valid where it was not; schools are matched with it.",
}


def other_files() -> str:
    """What stands beside ``schools.parquet``."""
    rows = [
        (code(file), code(column), meaning)
        for file, columns in (
            ("signals.parquet", SIGNALS),
            ("predictions.parquet", PREDICTIONS),
            ("sites.parquet", SITES),
            ("areas.parquet", AREAS),
            ("horizons.parquet", HORIZONS),
            ("service.parquet", SERVICE),
            ("curves.parquet", CURVES),
            ("distance_curve.parquet", DISTANCE_CURVE),
            ("fact_values.parquet", FACT_VALUES),
        )
        for column, meaning in columns.items()
    ]
    return (
        "`run.json` holds the `format` of the run (one without it is older), the versions, every "
        "parameter in force, and the SHA-256 of every input. "
        "Its `overrides` are the values that were set for this run only (`--set`), and the errors "
        "of layers that it ignores (`--despite-errors`): a run that has any is a trial. "
        "The name of a run's folder is a hash of it; `runs/latest` names the last full run, "
        "`runs/official.json` the one that was approved (`runs pin`), with its decree, and "
        "`runs/outputs.json` holds the SHA-256 of the files that were written from it.\n\n"
        + table(("file", "column", "meaning"), iter(rows))
    )


def lists_of_plan() -> str:
    """Columns of the lists that are made from a plan, in both languages."""
    lists = (
        ("`export csv --columns budget`: a line for each school, budget year and item", BUDGET),
        ("`export csv --columns budget_totals`: their sums by budget year and envelope", TOTALS),
        ("`export bts`: base stations that are proposed to Komdigi/BAKTI", BTS),
        ("The marginal list of `export xlsx --columns budget`", MARGINAL),
        ("Behind the schools in `export xlsx`, where the run has a plan", OF_SCHOOLS),
    )
    about = (
        "Rupiah are whole numbers. Lines sum up to the totals, and the totals are those of the "
        "plan. `{years}` stands for the horizon of the costs."
    )
    parts = [about]
    for title, columns in lists:
        rows = (
            (code(c.name), c.label, translated(c.label), c.dtype, c.description) for c in columns
        )
        headings = ("column", "English", "Indonesian", "dtype", "meaning")
        parts += [f"{title}:", table(headings, rows)]
    return "\n\n".join(parts)


def comparison() -> str:
    """Columns of ``kalsel-gap compare --format csv``."""
    assert " ".join(COMPARISON).split() == list(COMPARED), "COMPARISON names each column once"
    rows = ((", ".join(map(code, names.split())), meaning) for names, meaning in COMPARISON.items())
    return "What `kalsel-gap compare --format csv` writes, a row for each school.\n\n" + table(
        ("columns", "meaning"), rows
    )


# --- commands ----------------------------------------------------------------------------------


HEADS = {
    "en": (
        "# Commands",
        "*Bahasa Indonesia: [commands.id.md](commands.id.md)*",
        (
            "What `--help` says. Exit status: 0 done, 1 a fault that the message explains, 2 wrong "
            "usage of the command line."
        ),
    ),
    "id": (
        "# Perintah",
        "*English: [commands.md](commands.md)*",
        (
            "Yang ditampilkan `--help`. Status keluar: 0 selesai, 1 kesalahan yang dijelaskan "
            "pesannya, 2 perintah salah ditulis."
        ),
    ),
}


def commands(language: Language = "en") -> str:
    """The help of every command."""
    parts = [NOTE, *HEADS[language]]
    for path in command_paths():
        page = help_page(path, language)
        parts += [f"## {' '.join(('kalsel-gap', *path))}", f"```text\n{page}\n```"]
    return "\n\n".join(parts) + "\n"


def command_paths() -> list[tuple[str, ...]]:
    """Every command with the groups above it; the top is the empty path."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401
        yield path
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, (*path, name))

    return list(below(typer.main.get_command(app), ()))


def help_page(path: tuple[str, ...], language: Language) -> str:
    """The help of a command as an 80-column terminal shows it."""
    environment = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "KALSEL_GAP_LANG": language}
    shown = io.StringIO()
    with patch.dict(os.environ, environment), contextlib.redirect_stdout(shown):
        try:
            run_command([*path, "--help"])
        except SystemExit as end:
            if end.code:
                raise RuntimeError(shown.getvalue()) from end
    return "\n".join(line.rstrip() for line in shown.getvalue().splitlines()).strip()


# --- the method --------------------------------------------------------------------------------


def formulas() -> str:
    """The formulas with the figures in force."""
    lam, weights = INDEX.weight_delivered, INDEX.priority
    need = INDEX.required_mbps
    link = INDEX.adequacy
    span = link.latency_worst_ms - link.latency_best_ms
    root = "" if link.exponent == 1 else f"^{link.exponent:g}"
    lines = [
        f"B_req = max({need.minimum:g}, {need.per_student:g} × students)           Mbps",
        f"A     = {link.down:g} × down + {link.up:g} × up + {link.latency:g} × latency",
        f"        down    = min(1, Mbps down / B_req){root}",
        f"        up      = min(1, Mbps up / ({link.up_fraction:g} × B_req)){root}",
        f"        latency = 1 − clip((ms − {link.latency_best_ms:g}) / {span:g}, 0, 1)",
        f"D     = (1 − A_d) × ({lam:g} + {1 - lam:g} × (1 − A_a))",
        f"P     = D × ({weights.base:g} + {weights.need:g} × N + {weights.barrier:g} × H)",
    ]
    cases = (
        ("no connection, nothing available", 0.0, 0.0),
        ("no connection under the strongest 4G", 0.0, SIGNAL.curves["4g"].points[-1][1]),
        ("half of an adequate line, the rest available", 0.5, 1.0),
        ("an adequate line, whatever the coverage", 1.0, 0.0),
    )
    examples = (
        (words, figure(a_d), figure(a_a), f"{(1 - a_d) * (lam + (1 - lam) * (1 - a_a)):.2f}")
        for words, a_d, a_a in cases
    )
    heads = ("for example", "A_d", "A_a", "D")
    return "```text\n" + "\n".join(lines) + "\n```\n\n" + table(heads, examples)


def curves() -> str:
    """Level to adequacy, by technology."""
    measures = {"4g": "4G RSRP", "5g": "5G RSRP", "3g": "3G RSCP", "2g": "2G RSSI"}
    rows = (
        (
            measures[name],
            ", ".join(f"{figure(level)}: {figure(worth)}" for level, worth in curve.points),
            figure(curve.declared),
        )
        for name, curve in SIGNAL.curves.items()
    )
    return table(("signal", "dBm: adequacy", "covered, only declared"), rows)


def radii() -> str:
    """Circle of the position uncertainty."""
    grades = documented(type(SIGNAL.radius_m))
    rows = (
        (g, figure(getattr(SIGNAL.radius_m, g)), grades[g].description)
        for g in ("A", "B", "C", "D")
    )
    return table(("grade", "radius, m", "location"), rows)


def uses() -> str:
    """What each use of the internet needs."""
    rows = (
        (
            ENGLISH(USE_NAMES[name]),
            f"{needs.down_mbps:g}",
            f"{needs.up_mbps:g}",
            "any" if needs.latency_ms is None else f"{needs.latency_ms:g}",
            "any" if needs.loss_percent is None else f"{needs.loss_percent:g}",
        )
        for name, needs in USES.cases.items()
    )
    heads = ("use", "Mbps down", "Mbps up", "latency, ms, at most", "packet loss, %, at most")
    return table(heads, rows)


def gaps() -> str:
    """Gap types and the bounds between them."""
    g = INDEX.gap
    rows = [
        ("adequate", f"A_d known, ≥ {g.adequate:g}", "nothing is missing"),
        ("slow", f"A_d known, {g.unconnected:g} to {g.adequate:g}", "a faster line"),
        (
            "unconnected",
            f"A_d known, ≤ {g.unconnected:g}; A_a ≥ {g.covered:g}",
            "a subscription suffices",
        ),
        (
            "covered_unverified",
            f"A_d not known; A_a ≥ {g.covered:g}",
            "ask the school first",
        ),
        ("weak", f"A_a {g.weak:g} to {g.covered:g}", "antenna, better site or another technology"),
        ("uncovered", f"A_a < {g.weak:g}", "a network has to be built, or satellite"),
        ("unknown", "A_a not known, and A_d not known to be served", "evidence first"),
    ]
    heads = ("gap type", "in words", "when", "what helps")
    return table(heads, ((code(n), messages.NAMES[n], when, helps) for n, when, helps in rows))


def tiers() -> str:
    """Tiers by deficit."""
    ends = [1.0, *INDEX.tiers.bounds, 0.0]
    rows = (
        (
            code(number),
            f"{low:g} to {high:g}" if number == 1 else f"{low:g} to below {high:g}",
            messages.TIER_NAMES[schema.TIER_LABELS[number - 1]].partition(" ")[2],
        )
        for number, (high, low) in enumerate(pairwise(ends), start=1)
    )
    return table(("tier", "deficit", "in words"), rows)


def trees() -> str:
    """Leaves with goalposts and effective weights, branch by branch."""
    rows = []
    for name, node in INDEX.leaves().items():
        branch = node.parent if node.parent != INDEX.root(name) else ""
        upper = INDEX.nodes[branch].weight if branch else 1.0
        log = ", log10" if node.transform == "log10" else ""
        rows.append(
            (
                INDEX.root(name),
                f"{branch} ({upper:g})" if branch else "",
                code(name),
                f"{schema.BY_NAME[str(node.column)].label}{log}",
                code(node.column),
                figure(node.best),
                figure(node.worst),
                figure(node.weight),
            )
        )
    heads = ("tree", "branch (weight)", "leaf", "measures", "column", "best", "worst", "weight")
    return table(heads, iter(rows))


def vulnerability() -> str:
    """Vulnerability by the village's status."""
    names = ("Mandiri", "Maju", "Berkembang", "Tertinggal", "Sangat Tertinggal")
    values = INDEX.vulnerability.village
    rows = (
        (f"{number} {name}", figure(value))
        for number, (name, value) in enumerate(zip(names, values, strict=True), start=1)
    )
    return table(("village index", "vulnerability"), rows)


def inference() -> str:
    """Figures of the curves that infer."""
    rules = {"index.inference": INDEX.inference, "index.inference.prior": INDEX.inference.prior}
    rows = (
        (code(f"{section}.{name}"), figure(value), info.description)
        for section, rule in rules.items()
        for name, info in documented(type(rule)).items()
        if isinstance(value := getattr(rule, name), int | float)
    )
    return table(("key", "value", "meaning"), rows)


def curves_of_prior() -> str:
    """Both curves as they are without anything learned."""
    rule = INDEX.inference
    no_line, given_line = (fit([], [], prior=rule.prior) for fit in (fit_no_line, fit_given_line))
    rows = (
        (figure(a), *(f"{float(values):.3f}" for values in (pi, mu, (1 - pi) * mu)))
        for a in (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.95)
        for pi, mu in [(no_line.at(a), given_line.at(a))]
    )
    return table(("A_a", "π", "μ", "A_d"), rows)


def curves_drawing() -> str:
    """The prior of both curves, what an unknown school has by them, and its deficit, as SVG."""
    rule = INDEX.inference
    no_line, given_line = (fit([], [], prior=rule.prior) for fit in (fit_no_line, fit_given_line))
    adequacy = no_line.knots
    chance, mean = no_line.at(adequacy), given_line.at(adequacy)
    has = (1 - chance) * mean
    lam = INDEX.weight_delivered
    lines = {
        "no line (π)": (chance, "#7a3b00", "6 4"),
        "given a line (μ)": (mean, "#00594c", "2 3"),
        "delivered (A_d)": (has, "#1f4e9c", ""),
        "deficit (D)": ((1 - has) * (lam + (1 - lam) * (1 - adequacy)), "#8c1d40", ""),
    }
    left, top, width, height = 46, 14, 420, 240
    marks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    x = [f"{left + width * mark:.0f}" for mark in marks]
    y = [f"{top + height * (1 - mark):.0f}" for mark in marks]
    right, bottom = left + width, top + height
    drawn = [
        *(f'<path d="M{left} {at}H{right}" stroke="#ccc"/>' for at in y),
        *(
            f'<text x="{left - 6}" y="{int(at) + 4}" text-anchor="end">{mark:g}</text>'
            for at, mark in zip(y, marks, strict=True)
        ),
        *(
            f'<text x="{at}" y="{bottom + 18}" text-anchor="middle">{mark:g}</text>'
            for at, mark in zip(x, marks, strict=True)
        ),
        f'<text x="{(left + right) // 2}" y="{bottom + 38}" text-anchor="middle">A_a</text>',
    ]
    for number, (name, (values, colour, dash)) in enumerate(lines.items()):
        points = " ".join(
            f"{left + width * a:.1f},{top + height * (1 - v):.1f}"
            for a, v in zip(adequacy, values, strict=True)
        )
        style = f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"'
        at = top + 24 + 22 * number
        drawn += [
            f'<polyline points="{points}" {style}/>',
            f'<path d="M{right + 16} {at - 4}h28" {style}/>',
            f'<text x="{right + 50}" y="{at}">{name}</text>',
        ]
    head = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 300" font-family="sans-serif"'
    title = "<title>The curves that infer an unknown service, before anything is learned</title>"
    paper = '<rect width="640" height="300" fill="#fff"/>'
    body = "\n".join([f'<svg {head} font-size="13" role="img">', title, paper, *drawn, "</svg>"])
    return body + "\n"


def errors() -> str:
    """Errors of each kind of evidence."""
    rows = (
        (name.replace("_", ", "), figure(getattr(SIGNAL.errors_db, name)), info.description)
        for name, info in documented(type(SIGNAL.errors_db)).items()
        if isinstance(getattr(SIGNAL.errors_db, name), float)
    )
    return table(("evidence", "dB", "meaning"), rows)


def terrain_classes() -> str:
    """Classes in the order of their precedence."""
    t = TERRAIN
    relief = f"local relief within {t.radius_m.relief / 1000:g} km above {t.mountain.relief_m:g} m"
    coast = (
        f"at most {t.coast.shore_km:g} km from the open sea; or at most {t.coast.zone_km:g} km and "
        f"on land of at most {t.coast.zone_m:g} m connected to the sea"
    )
    rows = [
        (
            "pulau_kecil",
            f"island of at most {t.small_island.area_km2:,.0f} km²",
            t.severity.pulau_kecil,
        ),
        ("pegunungan", f"Kapos class K1 to K6, or {relief}", t.severity.pegunungan),
        (
            "pesisir",
            coast,
            t.severity.pesisir,
        ),
        ("rawa", "inside a wetland or peat layer", t.severity.rawa),
        ("dataran", "none of these", t.severity.dataran),
    ]
    return table(("class", "when", "severity"), ((code(n), when, figure(s)) for n, when, s in rows))


def mountain_classes() -> str:
    """Bounds of the Kapos classes."""
    m = TERRAIN.mountain
    rows = [
        ("K1", f"from {figure(m.k1_m)}", ""),
        ("K2", f"{figure(m.k2_m)} to {figure(m.k1_m)}", ""),
        ("K3", f"{figure(m.k3_m)} to {figure(m.k2_m)}", ""),
        ("K4", f"{figure(m.k4_m)} to {figure(m.k3_m)}", f"slope ≥ {m.k4_slope_deg:g}°"),
        (
            "K5",
            f"{figure(m.k5_m)} to {figure(m.k4_m)}",
            f"slope ≥ {m.k5_slope_deg:g}°, or local relief > {m.relief_m:g} m",
        ),
        ("K6", f"{figure(m.k6_m)} to {figure(m.k5_m)}", f"local relief > {m.relief_m:g} m"),
    ]
    return table(("class", "elevation, m", "and"), iter(rows))


def worked_school() -> str:
    """The worked school, ranked by the real code."""
    from worked import worked  # beside this file

    school = worked()
    rows = [
        ("A_a, available", school["available"], "4G at -112 dBm on the curve"),
        ("A_d, delivered", school["delivered"], "inferred by the curves π and μ"),
        ("5 % to 95 % of A_d", f"{school['delivered_low']:.3f} to {school['delivered_high']:.3f}",
         "the same rule"),
        ("D, deficit", school["deficit"], f"tier {school['tier']}, `{school['gap_type']}`"),
        ("terrain", school["terrain"], "class, relief, slope"),
        ("path", school["path"], "diffraction"),
        ("remoteness", school["remoteness"], "4G site, capital, water; no fibre, no roads"),
        ("H, barrier", school["barrier"], "the three branches"),
        ("N, need", school["need"], "pupils, vulnerability, devices, adequate school; no accounts"),
        ("P, priority", school["priority"], "what the school is ranked by with `--by priority`"),
        ("completeness", school["completeness"], "known part of the weight"),
    ]  # fmt: skip
    said = (
        (name, f"{value:.3f}" if isinstance(value, float) else value, why)
        for name, value, why in rows
    )
    parts = sorted(school["contributions"].items(), key=lambda item: (-item[1], item[0]))
    shares = ", ".join(f"{name} {value:.3f}" for name, value in parts)
    total = sum(school["contributions"].values())
    return (
        table(("number", "value", "from"), said)
        + f"\n\nContributions to P: {shares}. They add up to {total:.3f}."
    )


# --- the architecture ---------------------------------------------------------------------------

# Folders without modules.
DATA_FOLDERS = {
    "deliverables/assets": "HTML, CSS and JavaScript of the pages with a map.",
    "i18n/locale": "The Indonesian catalogue.",
    "project/defaults": "Default figures with their sources: {files}",
}


def tree() -> str:
    """Folders and modules of the package, each with the first line of its docstring."""
    lines = [f"{PACKAGE_FOLDER.name}/", *branches(PACKAGE_FOLDER)]
    return "```text\n" + "\n".join(lines) + "\n```"


def branches(folder: Path) -> Iterator[str]:
    """Lines of what a folder holds: the rooms of the package in their order, the rest by name."""
    inside = folder.relative_to(PACKAGE_FOLDER)
    rooms = room_order() if folder == PACKAGE_FOLDER else []
    found = [path for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()]
    for path in sorted(found, key=lambda p: (p.stem in rooms and rooms.index(p.stem) + 1, p.name)):
        name = (inside / path.name).as_posix()
        if path.is_file() and (path.name != "__init__.py" or folder == PACKAGE_FOLDER):
            yield branch(name, first_line(path))
        elif (path / "__init__.py").is_file():
            yield branch(f"{name}/", first_line(path / "__init__.py"))
            yield from branches(path)
        elif path.is_dir() and path.name != "__pycache__":
            files = " ".join(sorted(file.name for file in path.iterdir()))
            yield branch(f"{name}/", DATA_FOLDERS[name].format(files=files))


def branch(name: str, description: str) -> str:
    """A line of the tree."""
    indented = "  " * name.rstrip("/").count("/") + name.rstrip("/").rpartition("/")[2]
    return f"  {indented + '/' * name.endswith('/'):<32}{description}"


def first_line(path: Path) -> str:
    """What a module says that it is."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].replace("``", "")


def room_order() -> list[str]:
    """Rooms from top to bottom, as the test of the imports has them."""
    source = (ROOT / "tests" / "test_imports.py").read_text(encoding="utf-8")
    (rooms,) = (
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS"
    )
    return [str(room) for room in ast.literal_eval(rooms)]


def filled(
    path: Path, blocks: Mapping[str, Callable[[], str]], say: Callable[[str], str] = str
) -> str:
    """A committed page with its blocks written anew, in the language of `say`."""
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"<!-- table: (.+?) -->", text)
    if sorted(used) != sorted(blocks):
        message = f"{path.name} must have each block once: {sorted(set(blocks) ^ set(used))}"
        raise LookupError(message)
    return re.sub(
        r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{say(blocks[found[2]]())}\n\n{found[3]}",
        text,
        flags=re.DOTALL,
    )


BLOCKS: dict[str, Callable[[], str]] = {
    "formulas": formulas,
    "curves": curves,
    "radii": radii,
    "uses": uses,
    "gaps": gaps,
    "tiers": tiers,
    "trees": trees,
    "vulnerability": vulnerability,
    "inference": inference,
    "inference curves": curves_of_prior,
    "errors": errors,
    "terrain classes": terrain_classes,
    "mountain classes": mountain_classes,
    "worked school": worked_school,
}


def method() -> str:
    """The method with its tables."""
    return filled(DOCS / "method.md", BLOCKS)


def method_in_indonesian() -> str:
    """The same in Indonesian."""
    return filled(DOCS / "method.id.md", BLOCKS, indonesian.block)


def architecture() -> str:
    """The architecture with its tree."""
    return filled(ROOT / "ARCHITECTURE.md", {"tree": tree})


PAGES: dict[str, Callable[[], str]] = {
    "method.md": method,
    "method.id.md": method_in_indonesian,
    "curves.svg": curves_drawing,
    "curves.id.svg": lambda: indonesian.drawing(curves_drawing()),
    "project-file.md": project_file,
    "data-dictionary.md": data_dictionary,
    "commands.md": commands,
    "commands.id.md": lambda: commands("id"),
    "../ARCHITECTURE.md": architecture,
}


def main() -> None:
    """Write the pages that have changed."""
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.resolve().relative_to(ROOT.resolve()))


if __name__ == "__main__":
    main()
