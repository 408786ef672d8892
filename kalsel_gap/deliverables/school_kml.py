"""Schools as KML 2.2 (OGC 07-147r2): a folder and a style for each tier, a pop-up for each school.

Rows that are no school, as they repeat one or it is closed, have a folder of their own.

Names of schools are text of others and run nowhere: they are escaped as HTML inside the pop-up and
as XML around it, and no sign is left that Google Earth would replace by a value. Without a network
there are no pictures, so that a tier has a size of its own beside its colour.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import columns, palette
from kalsel_gap.deliverables.budget_columns import OF_SCHOOLS
from kalsel_gap.deliverables.gis_layers import drawn_schools, school_fields
from kalsel_gap.deliverables.plan_layer import plan_details, planned_schools
from kalsel_gap.deliverables.plan_words import plan_notices
from kalsel_gap.deliverables.symbology import NO_SCHOOL, NO_SCHOOL_LABEL
from kalsel_gap.deliverables.tables import NO_SCHOOLS, all_notices
from kalsel_gap.i18n.messages import TIER_NAMES
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import to_records
from kalsel_gap.storage.text_workbook import xml_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DEGREES = 6  # decimals: a decimetre
# Whatever the column is in the run, its values are of these types of KML.
_TYPES = {"text": "string", "float": "double", "integer": "int", "flag": "bool"}
_UNKNOWN = "unknown"
# Of each tier, the worst first: how large it is drawn.
_SCALES = {
    **dict(zip(schema.TIER_LABELS, (1.3, 1.15, 1.0, 0.9, 0.8, 0.8), strict=True)),
    _UNKNOWN: 0.8,
    NO_SCHOOL: 0.5,
}
_MARKS = {**palette.TIERS, _UNKNOWN: palette.UNKNOWN, NO_SCHOOL: palette.NO_SCHOOL}
_FOLDERS = {**TIER_NAMES, NO_SCHOOL: NO_SCHOOL_LABEL}
# What a pop-up shows; all columns of the summary are values of the school besides.
_SHOWN = (
    *("npsn", "level", "kabupaten", "kecamatan", "rank", "unranked_reason", "tier_label"),
    *("deficit", "deficit_status", "gap_type"),
    *("best_level_dbm", "best_operator", "students", "uses_text", "confidence"),
)


def to_kml(run: Run, schools: pd.DataFrame, text: Text, *, plan: Plan | None = None) -> str:
    """Schools as KML: always WGS 84 degrees; no geometry where the location is unusable.

    Parameters
    ----------
    run : Run
        The run of the schools.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the folders and the pop-ups.
    plan : Plan, optional
        Of this run: what it chooses stands in the pop-ups, and as values behind those of a school.
    """
    table = drawn_schools(run, schools, text)[::-1]  # in a list the first school comes first
    words = columns.in_words(pd.DataFrame(table[list(_SHOWN)]), run, text)
    names = [name for name in columns.choose(["summary"], list(table.columns)) if name != "name"]
    values = pd.DataFrame(table[["name", *names, "lat", "lon"]])
    shown = to_records(words)
    planned = [] if plan is None else [column.name for column in OF_SCHOOLS]
    if plan is not None:
        chosen = planned_schools(plan, table["row_id"].tolist())
        values = values.assign(**{name: chosen[name].array for name in planned})
        details = plan_details(pd.DataFrame(table), plan, text)
        shown = [
            {**popup, **{label: said for label, said in more.items() if said}}
            for popup, more in zip(shown, details, strict=True)
        ]
    records = to_records(values)
    tiers = table["tier_label"].fillna(_UNKNOWN)
    tiers = tiers.mask(table["unranked_reason"].isin(NO_SCHOOLS), NO_SCHOOL).to_list()
    # A pop-up is read alone: it says itself if data are not real, and what the list counts for.
    notice = " ".join(all_notices(run, text))
    folders = []
    for tier in _SCALES:
        marks = [
            _placemark(record, popup, [*names, *planned], (tier, notice), text)
            for record, popup, own in zip(records, shown, tiers, strict=True)
            if own == tier
        ]
        if marks:
            title = xml_text(f"{text(_FOLDERS[tier])} ({text.number(len(marks))})")
            folders.append(f"<Folder><name>{title}</name>\n{''.join(marks)}</Folder>\n")
    title = xml_text(run.manifest.get("project") or "kalsel-gap")
    declared = _schema(run, names, text, with_plan=plan is not None)
    about = xml_text(_cell(" ".join([notice, *_about(plan, text)])))
    return (
        f'{_XML}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<name>{title}</name><description>{about}</description>\n"
        f"{''.join(_styles())}{declared}{''.join(folders)}</Document></kml>\n"
    )


def _styles() -> Iterator[str]:
    for tier, scale in _SCALES.items():
        red, green, blue = (_MARKS[tier].colour[i : i + 2] for i in (1, 3, 5))
        yield (
            f'<Style id="{tier}"><IconStyle><color>ff{blue}{green}{red}</color>'
            f"<scale>{scale:g}</scale></IconStyle><LabelStyle><scale>0.8</scale></LabelStyle>"
            # Without it the name of the school would be read as HTML.
            "<BalloonStyle><text>$[description]</text></BalloonStyle></Style>\n"
        )


def _about(plan: Plan | None, text: Text) -> list[str]:
    """Which plan the values are of, and what must be known of it."""
    if plan is None:
        return []
    return [
        *plan_notices(plan, text),
        text(N_("Plan {plan}, made of this run."), plan=plan.folder.name),
    ]


def _schema(run: Run, names: list[str], text: Text, *, with_plan: bool) -> str:
    """The columns of the summary, and of a plan: their types and labels."""
    declared, fields = columns.declared(run), school_fields(run, text)
    listed = "".join(
        f'<SimpleField type="{_TYPES[declared[name].kind]}" name="{name}">'
        f"<displayName>{xml_text(fields[name].label)}</displayName></SimpleField>"
        for name in names
    )
    if with_plan:
        listed += "".join(
            f'<SimpleField type="{_TYPES.get(column.kind, "int")}" name="{column.name}">'
            f"<displayName>{xml_text(column.words(text, 0)[0])}</displayName></SimpleField>"
            for column in OF_SCHOOLS
        )
    return f'<Schema name="schools" id="schools">{listed}</Schema>\n'


def _placemark(
    record: Mapping[str, object],
    popup: Mapping[str, object],
    names: list[str],
    marks: tuple[str, str],
    text: Text,
) -> str:
    tier, notice = marks
    name = record["name"] or record["npsn"]
    rows = "".join(
        f"<tr><td>{_cell(label)}</td><td>{_cell(text.figure(value))}</td></tr>"
        for label, value in popup.items()
        if value is not None
    )
    place = ""
    if record["lat"] is None:
        words = text(N_("No usable location."))
        rows += f"<tr><td colspan='2'>{_cell(words)}</td></tr>"
    else:
        at = f"{record['lon']:.{_DEGREES}f},{record['lat']:.{_DEGREES}f}"
        place = f"<Point><coordinates>{at}</coordinates></Point>"
    described = f"<h3>{_cell(name)}</h3><table>{rows}</table><p>{_cell(notice)}</p>"
    values = "".join(
        f'<SimpleData name="{each}">{_value(record[each])}</SimpleData>'
        for each in names
        if record[each] is not None
    )
    return (
        f"<Placemark><name>{xml_text(name)}</name>"
        f'<Snippet maxLines="0"/><description>{xml_text(described)}</description>'
        f"<styleUrl>#{tier}</styleUrl>"
        f'<ExtendedData><SchemaData schemaUrl="#schools">{values}</SchemaData></ExtendedData>'
        f"{place}</Placemark>\n"
    )


def _cell(value: object) -> str:
    """A text of others in a pop-up: no HTML, and nothing that Google Earth replaces."""
    return html.escape(plain(value)).replace("$", "&#36;").replace("[", "&#91;")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, int | float) else xml_text(value)
