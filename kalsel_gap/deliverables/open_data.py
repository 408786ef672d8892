"""Open data of a run: a folder that a data portal such as CKAN takes.

Tables and layers with their description for people (a page, a text), for portals (DCAT), and for
programs (a data package), the licence that the office states, and checksums.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import area_results, columns, gis_layers, tables
from kalsel_gap.deliverables.data_package import (
    LICENCE,
    AboutData,
    PublishedColumn,
    PublishedFile,
    describe_package,
)
from kalsel_gap.deliverables.dcat import describe_catalogue
from kalsel_gap.deliverables.geoparquet import to_geoparquet
from kalsel_gap.deliverables.iso19115 import to_iso19115
from kalsel_gap.deliverables.open_data_page import SUMS, licence_text, page, readme
from kalsel_gap.deliverables.provenance import InputFile, input_files, publication_of, stated_dates
from kalsel_gap.deliverables.public_schools import (
    AS_TYPED,
    public_columns,
    refuse_personal,
    withheld_sentence,
    withhold_personal,
)
from kalsel_gap.i18n.text import LANGUAGES, N_, Language, Text, escaped, plain
from kalsel_gap.sources.boundaries import AREA_LEVELS
from kalsel_gap.sources.values import end_of, parse_date
from kalsel_gap.storage.fingerprint import hash_of_file
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path
    from typing import Any

    from kalsel_gap.project.publication import Publication
    from kalsel_gap.stages import Reporter
    from kalsel_gap.storage.run_folder import Run

SCHOOLS, GEOJSON, PARQUET = "schools.csv", "schools.geojson", "schools.parquet"
AREAS, DICTIONARY = "areas.csv", "columns.csv"
PACKAGE, CATALOGUE, RECORD = "datapackage.json", "dcat.jsonld", "iso19115.xml"
README, PAGE = "README.txt", "index.html"
FILES = (
    *(SCHOOLS, GEOJSON, PARQUET, AREAS, DICTIONARY, PACKAGE, CATALOGUE, RECORD),
    *(LICENCE, README, PAGE),
    SUMS,
)
STEP = "write"
_FORMATS = (("CSV", "RFC 4180"), ("GeoJSON", "RFC 7946"), ("GeoParquet", "1.1"))
_CSV, _JSON = "text/csv", "application/json"
_WORDS: dict[str, tuple[str, str, str]] = {
    SCHOOLS: (N_("Schools: one row for each row of the register."), _CSV, "csv"),
    GEOJSON: (N_("The same schools as points on the map."), "application/geo+json", "geojson"),
    PARQUET: (
        N_("The same schools as GeoParquet 1.1, for programs that read large tables."),
        *("application/vnd.apache.parquet", "parquet"),
    ),
    AREAS: (N_("Results by area: schools by tier, pupils, and how much is unknown."), _CSV, "csv"),
    DICTIONARY: (
        N_("Data dictionary: every column with type, unit and description in both languages."),
        *(_CSV, "csv"),
    ),
    PACKAGE: (N_("Description of the data for programs (Data Package 2)."), _JSON, "json"),
    CATALOGUE: (
        N_("Description of the data for data portals (DCAT 3)."),
        *("application/ld+json", "jsonld"),
    ),
    RECORD: (
        N_("Description of the data for catalogues of maps (ISO 19115, as XML)."),
        *("application/xml", "xml"),
    ),
    LICENCE: (N_("What the office states of the licence."), "text/plain", "txt"),
    README: (N_("What is in this folder, as a text."), "text/plain", "txt"),
}
_MARKS = ("data", "standing", "trial", "official")  # columns of tables.marks_of

# Columns of the data dictionary; those of both languages follow them.
_OF_DICTIONARY: dict[str, tuple[str, str]] = {
    "table": (N_("File"), N_("File that has the column.")),
    "column": (N_("Column"), N_("Name of the column.")),
    "type": (N_("Type"), N_("Text, float, integer or flag; a flag is 1 or 0 in CSV.")),
    "unit": (N_("Unit"), N_("Unit of the values; empty for texts, counts, scores and shares.")),
    "minimum": (N_("Smallest value"), N_("Smallest value that there can be.")),
    "maximum": (N_("Largest value"), N_("Largest value that there can be.")),
    "choices": (N_("Codes"), N_("All codes of the column, separated by semicolons.")),
    "source": (N_("Source"), N_("Where the definition comes from.")),
}
_IN_BOTH: dict[str, tuple[str, str]] = {
    "label_id": (N_("Label in Indonesian"), N_("What a person reads above the column.")),
    "label_en": (N_("Label in English"), N_("What a person reads above the column.")),
    "description_id": (N_("Description in Indonesian"), N_("What the values mean.")),
    "description_en": (N_("Description in English"), N_("What the values mean.")),
}


@dataclass(slots=True)
class _Folder:
    """The files that are written, in their order."""

    path: Path
    files: list[PublishedFile] = field(default_factory=list)

    def write(self, name: str, content: str) -> None:
        (self.path / name).write_text(content, encoding="utf-8", newline="\n")

    def add(
        self,
        name: str,
        published: tuple[PublishedColumn, ...] = (),
        key: tuple[str, ...] = (),
        *,
        is_data: bool = True,
    ) -> None:
        """Note a file that lies there."""
        path, (about, media_type, kind) = self.path / name, _WORDS[name]
        size_bytes, sha256 = path.stat().st_size, hash_of_file(path)
        self.files.append(
            PublishedFile(
                *(name, about, media_type, kind, size_bytes, sha256, published, key, is_data)
            )
        )


def write_open_data(run: Run, folder: Path, text: Text, *, report: Reporter) -> None:
    """Write all files of :data:`FILES`.

    Parameters
    ----------
    run : Run
        All of its schools are published.
    folder : Path
        An empty folder.
    text : Text
        Language of the page, the text and the words in the data; the data dictionary and the
        descriptions for portals have both languages.
    report : callable
        Is called with the step, the files that are done and the number of all.

    Raises
    ------
    InputError
        `publication_personal`: a text about the run as a whole shows a person.
    OSError
        A file cannot be written completely.
    """
    publication = publication_of(run)
    refuse_personal(run, publication)
    made = _Folder(folder)
    schools, withheld = withhold_personal(run)
    about = _about(run, publication, withheld)

    def done() -> None:
        report(STEP, len(made.files), len(FILES))

    selected = tables.select(schools, tables.View())
    words = tables.with_words(run, selected, text)
    of_schools = _labelled(public_columns(run), run)
    made.write(SCHOOLS, csv_of(words[[each.column.name for each in of_schools]]))
    made.add(SCHOOLS, of_schools, ("row_id",))
    done()
    made.write(GEOJSON, gis_layers.to_geojson(run, schools, text, without=AS_TYPED))
    made.add(GEOJSON)
    done()
    (folder / PARQUET).write_bytes(
        to_geoparquet(run, schools, text, crs=schema.CRS, without=AS_TYPED)
    )
    made.add(PARQUET)
    done()
    areas, of_areas = _areas(run), _labelled(_area_columns(), run)
    made.write(AREAS, csv_of(areas[[each.column.name for each in of_areas]]))
    made.add(AREAS, of_areas)
    of_dictionary = _labelled(_dictionary_columns(), run)
    described = {SCHOOLS: of_schools, AREAS: of_areas, DICTIONARY: of_dictionary}
    made.write(DICTIONARY, csv_of(_dictionary(described)))
    made.add(DICTIONARY, of_dictionary, ("table", "column"))
    done()
    package = describe_package(about, made.files, text)
    made.write(PACKAGE, _written(package))
    catalogue = describe_catalogue(about, made.files, PAGE, text)
    made.write(CATALOGUE, _written(catalogue))
    made.write(LICENCE, licence_text(publication))
    said = about.description(text)
    made.write(RECORD, to_iso19115(run, text, crs=schema.CRS, abstract=said, formats=_FORMATS))
    for name in (PACKAGE, CATALOGUE, RECORD, LICENCE):
        made.add(name, is_data=False)
    made.write(README, readme(about, made.files, text))
    made.add(README, is_data=False)
    made.write(PAGE, page(about, made.files, text))
    sums = {**{file.name: file.sha256 for file in made.files}, PAGE: hash_of_file(folder / PAGE)}
    made.write(SUMS, "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(sums.items())))
    report(STEP, len(FILES), len(FILES))


def _written(described: Mapping[str, Any]) -> str:
    return escaped(json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def _about(run: Run, publication: Publication, withheld: dict[str, int]) -> AboutData:
    languages = {language: Text(language) for language in LANGUAGES}
    dates = stated_dates(run)
    firsts = [day for stated in dates.values() if (day := _first_day(stated))]
    lasts = [day for stated in dates.values() if (day := end_of(stated))]
    located = run.schools[["lon", "lat"]].dropna()
    bounds = None
    if len(located):
        ends = (*located.min(), *located.max())
        scale = 1e6  # outwards, so that every school lies inside
        west, south = (math.floor(degrees * scale) / scale for degrees in ends[:2])
        east, north = (math.ceil(degrees * scale) / scale for degrees in ends[2:])
        bounds = (west, south, east, north)
    return AboutData(
        project=str(run.manifest.get("project", "")),
        run=run.folder.name,
        version=str(run.manifest.get("kalsel_gap", "")),
        publication=publication,
        notices={
            language: [plain(each) for each in tables.all_notices(run, words)]
            for language, words in languages.items()
        },
        withheld={
            language: withheld_sentence(withheld, run, words)
            for language, words in languages.items()
        },
        first=min(firsts).isoformat() if firsts else "",
        last=max(lasts).isoformat() if lasts else "",
        bounds=bounds,
        sources=tuple(_sources(run)),
        issued=run.official.date if run.official and run.standing == "official" else "",
        facts={
            **tables.standing_facts(run),
            "data": run.manifest.get("data", "real"),
            "overrides": tables.assignments(run.overrides) or None,
        },
    )


def _first_day(stated: str) -> date | None:
    """The first day that a date of the project can mean, as a month or a year; as end_of."""
    last = end_of(stated)
    if last is None or parse_date(stated) is not None:
        return last
    return last.replace(day=1, month=last.month if "-" in stated else 1)


def _sources(run: Run) -> Iterator[InputFile]:
    """The inputs by the names of their files: no folder of a machine is published."""
    for each in input_files(run):
        yield each._replace(file=PurePath(each.file).name)


def _areas(run: Run) -> pd.DataFrame:
    """The results of all levels of which the run has areas, and what they count for."""
    levels = area_results.levels_of(run) or ("province",)
    table = pd.concat(
        [area_results.count_by_area(run, level) for level in levels], ignore_index=True
    )
    return table.assign(**tables.marks_of(run))


def _area_columns() -> tuple[schema.Column, ...]:
    texts = {"level": AREA_LEVELS, "code": (), "name": ()}
    counted = tuple(
        schema.Column(name, "text", "scores", label, said, choices=texts[name])
        if name in texts
        else schema.Column(
            *(name, "float" if name in area_results.LAND else "integer", "scores", label, said),
            minimum=0.0,
            maximum=1.0 if name.endswith("_share") else None,
        )
        for name, (label, said) in area_results.FIELDS.items()
    )
    return (*counted, *(schema.BY_NAME[name] for name in _MARKS))


def _dictionary_columns() -> tuple[schema.Column, ...]:
    return tuple(
        schema.Column(name, "float" if name in ("minimum", "maximum") else "text", "scores", *said)
        for name, said in (_OF_DICTIONARY | _IN_BOTH).items()
    )


def _labelled(declared: tuple[schema.Column, ...], run: Run) -> tuple[PublishedColumn, ...]:
    """Columns with their labels in both languages."""
    of_schools = {language: columns.labels(run, Text(language)) for language in LANGUAGES}
    known = columns.declared(run)

    def label(column: schema.Column, language: Language) -> str:
        if known.get(column.name) == column:
            return of_schools[language][column.name]
        return columns.with_unit(Text(language)(column.label), column.name)

    return tuple(
        PublishedColumn(each, {language: plain(label(each, language)) for language in LANGUAGES})
        for each in declared
    )


def _dictionary(described: Mapping[str, tuple[PublishedColumn, ...]]) -> pd.DataFrame:
    """Every column of every table with type, unit, range, codes and words in both languages."""
    rows = []
    for file, published in described.items():
        for each in published:
            column, said = each.column, each.said()
            rows.append(
                {
                    "table": file,
                    "column": column.name,
                    "type": column.kind,
                    "unit": columns.unit_of(column.name),
                    "minimum": column.minimum,
                    "maximum": column.maximum,
                    "choices": ";".join(column.choices),
                    "source": column.source,
                    **{f"label_{language}": each.labels[language] for language in LANGUAGES},
                    **{f"description_{language}": said[language] for language in LANGUAGES},
                }
            )
    table = pd.DataFrame(rows, columns=[*_OF_DICTIONARY, *_IN_BOTH])
    return table.astype({"minimum": "float64", "maximum": "float64"})
