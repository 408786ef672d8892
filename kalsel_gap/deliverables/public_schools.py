"""What of the schools may be published: no cell that can show a person (UU 27/2022).

Counts of pupils and teachers, names of schools and their NPSN are published. A cell exactly as
somebody typed it into a register is not, and of the other texts that come from the inputs none
that shows a telephone number, an address, an identity number or a form of address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.deliverables import columns
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.sources.personal_data import personal_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from kalsel_gap import schema
    from kalsel_gap.project.publication import Publication
    from kalsel_gap.storage.run_folder import Run

# Cells as they were typed: what is used of them stands in `lat` and `lon`.
AS_TYPED = ("lat_given", "lon_given")
# Texts from the inputs. Schools and places may be called after people, who are no contacts.
_NAMES = frozenset(
    (
        *("npsn", "name", "row_id", "kabupaten", "kecamatan", "kabupaten_by_location", "island"),
        *("kecamatan_by_location", "desa_by_location", "location_area", "claimed_area"),
        *("kabupaten_code", "desa_code"),
    )
)
_FREE = frozenset(
    (
        *("electricity", "internet", "wetland_kind", "best_operator"),
        *(f"predicted_{technology}_site" for technology in ("2g", "3g", "4g", "5g")),
    )
)


class PublicSchools(NamedTuple):
    """The schools as they may be published.

    Attributes
    ----------
    schools : GeoDataFrame
        Every row and column of the run; withheld cells are empty.
    withheld : dict of int
        How many cells are withheld of each column that has any.
    """

    schools: gpd.GeoDataFrame
    withheld: dict[str, int]


def public_columns(run: Run) -> tuple[schema.Column, ...]:
    """The columns of what is published of the schools, in order."""
    return tuple(c for name, c in columns.declared(run).items() if name not in AS_TYPED)


def withhold_personal(run: Run) -> PublicSchools:
    """The schools of a run without cells that show a person.

    Raises
    ------
    InputError
        `publication_personal`: the name of an input file shows a person; it is part of each row.
    """
    schools, withheld = run.schools.copy(), {}
    for name in schools.columns:
        if name not in _NAMES | _FREE:
            continue
        given = schools[name].dropna()
        shown = {value for value in given.unique() if _is_personal(str(value), name)}
        if not shown:
            continue
        if name == "row_id":
            raise InputError("publication_personal", path=run.folder, column=name)
        cells = schools[name].isin(shown)
        withheld[name] = int(cells.sum())
        schools[name] = schools[name].mask(cells, "").astype(schools[name].dtype)
    return PublicSchools(schools, withheld)


def _is_personal(value: str, name: str) -> bool:
    kind = personal_kind(value)
    return bool(kind) and (name in _FREE or kind != "name")


def refuse_personal(run: Run, publication: Publication) -> None:
    """An error where a text about the run as a whole shows a person.

    Raises
    ------
    InputError
        `publication_personal`, with the key of the first such text; the text itself is not part
        of it.
    """
    for key, value in _texts(run, publication):
        if personal_kind(value):
            raise InputError("publication_personal", path=run.folder, column=key)


def _texts(run: Run, publication: Publication) -> Iterator[tuple[str, str]]:
    manifest = run.manifest
    yield "project.name", str(manifest.get("project", ""))
    yield "publication.publisher", publication.publisher
    yield "publication.licence", publication.licence
    for key, value in sorted(run.overrides.items()):
        yield key, str(value)
    for key, file in sorted(manifest.get("inputs", {}).items()):
        yield f"{key}.path", str(file["file"])


def withheld_sentence(withheld: dict[str, int], run: Run, text: Text) -> str:
    """How many cells are withheld, and of which columns."""
    if not withheld:
        words = N_(
            "In no cell of the schools was the name, a number or an address of a person found."
        )
        return text(words)
    named = columns.labels(run, text)
    words = N_(
        "Cells that show the name, a number or an address of a person are empty here: {columns}."
    )
    counts = (f"{named[name]} ({text.number(count)})" for name, count in withheld.items())
    return text(words, columns=", ".join(counts))
