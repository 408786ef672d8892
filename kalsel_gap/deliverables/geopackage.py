"""Tables inside a GeoPackage beside the layers: dictionary, metadata and styles.

The dictionary is the extension *schema* of the standard and the metadata its extension *metadata*
(OGC 12-128r15, annexes F.9 and F.8); ``layer_styles`` is where QGIS looks for styles.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from kalsel_gap.deliverables.layer_styles import NamedStyle
    from kalsel_gap.deliverables.qgis_style import Field

_SPECIFICATION = "http://www.geopackage.org/spec121/"
_JSON = "https://www.rfc-editor.org/rfc/rfc8259"
_GMD = "http://www.isotc211.org/2005/gmd"
_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, f_table_schema TEXT,
  f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME);
"""
# Every table of an extension has a row of its own (requirements 140 and 141).
_EXTENSIONS = (
    ("gpkg_data_columns", "gpkg_schema", "extension_schema"),
    ("gpkg_data_column_constraints", "gpkg_schema", "extension_schema"),
    ("gpkg_metadata", "gpkg_metadata", "extension_metadata"),
    ("gpkg_metadata_reference", "gpkg_metadata", "extension_metadata"),
)


def create_tables(database: sqlite3.Connection, moment: str) -> None:
    """The tables of the dictionary, the metadata and the styles, registered as extensions.

    Parameters
    ----------
    database : Connection
        A GeoPackage with its layers.
    moment : str
        When its contents changed, as 2026-07-01T00:00:00.000Z.
    """
    database.executescript(_TABLES)
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
        [(table, name, f"{_SPECIFICATION}#{part}") for table, name, part in _EXTENSIONS],
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (moment,),
    )


def describe(database: sqlite3.Connection, table: str, fields: Mapping[str, Field]) -> None:
    """Labels, descriptions and codes of the columns of a layer."""
    rows = []
    for name, shown in fields.items():
        constraint = f"{table}_{name}" if shown.words else None
        rows.append((table, name, name, shown.label, shown.description, constraint))
        database.executemany(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, "
            "description) VALUES (?, 'enum', ?, ?)",
            [(constraint, code, words) for code, words in shown.words.items()],
        )
    database.executemany("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)", rows)


def add_metadata(
    database: sqlite3.Connection,
    facts: Mapping[str, Any],
    record: str,
    tables: Iterable[str],
    moment: str,
) -> None:
    """Facts in JSON about the whole file and each of its layers; a record of ISO 19115 about it.

    Parameters
    ----------
    database : Connection
    facts : mapping
    record : str
        Metadata as XML (ISO 19139).
    tables : iterable of str
        Names of the layers.
    moment : str
        As of :func:`create_tables`.
    """
    written = json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1)
    database.executemany(
        "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, ?, ?)",
        [(1, _JSON, "application/json", written), (2, _GMD, "text/xml", record)],
    )
    references = [(1, "geopackage", None), *((1, "table", table) for table in tables)]
    database.executemany(
        "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
        [
            (scope, table, moment, number)
            for number, scope, table in (*references, (2, "geopackage", None))
        ],
    )


def add_styles(
    database: sqlite3.Connection, table: str, styles: Iterable[NamedStyle], *, moment: str
) -> None:
    """The styles of a layer; the first one is what QGIS loads by itself."""
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, 'geom', ?, ?, ?, ?, ?, '', ?)",
        [
            (table, style.name, style.qml, style.sld, number == 0, style.name, moment)
            for number, style in enumerate(styles)
        ],
    )
