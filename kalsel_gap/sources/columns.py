"""Columns of tables: which header holds which canonical column, and likely slips."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.header_meanings import header_positions
from kalsel_gap.sources.place_headers import parts_of_degrees
from kalsel_gap.sources.table_names import file_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kalsel_gap.sources.tables import RawTable


# Headers of latitude and longitude, wherever a table has places.
LAT_SPELLINGS = (
    *("lat", "latitude", "lintang", "garislintang", "koordinatlintang", "lintangkoordinat"),
    *("koordinatlat", "koordinatlatitude", "latkoordinat", "titiklintang", "gpslatitude"),
    *("latgps", "lintanggps", "lintangsekolah", "schoollatitude", "latitud", "latdd"),
    *("decimallatitude", "latdecimal", "latwgs84", "poilat", "latitudesekolah", "derajatlintang"),
)
LON_SPELLINGS = (
    *("lon", "long", "lng", "longitude", "bujur", "garisbujur", "koordinatbujur"),
    *("bujurkoordinat", "koordinatlon", "koordinatlong", "koordinatlongitude", "longkoordinat"),
    *("titikbujur", "gpslongitude", "longgps", "longps", "bujurgps", "bujursekolah"),
    *("schoollongitude", "longitud", "londd", "longdd", "decimallongitude", "londecimal"),
    *("longdecimal", "lonwgs84", "longwgs84", "poilon", "longitudesekolah", "derajatbujur"),
)
_MOST_LISTED = 60  # headers in a note: a file can have thousands
# Of schools, and of no use here: none of them is a slip for something else.
_BESIDE = (
    "id no nomor nourut nsm nss nis kode provinsi propinsi namaprovinsi kodeprovinsi kodeprop "
    "kodepropinsi kodekabupaten kodekabkota kodekab kodekabupatenkota kodekecamatan kodekec "
    "kodewilayah kodedesa kodekelurahan kodepos provinsikode provinsinama kabupatenkode "
    "kecamatankode desa kelurahan desakelurahan namadesa dusun rt rw rtrw alamat alamatjalan "
    "alamatsekolah alamatmadrasah alamatlengkap jalan address schooladdress province admin1 "
    "telepon telp notelp nohp fax email website akreditasi nilaiakreditasi kurikulum yayasan "
    "namayayasan kepala kepalasekolah kepalamadrasah namakepalasekolah rombel jumlahrombel "
    "jmlrombel rombonganbelajar tendik pegawai tahunberdiri skpendirian tanggalskpendirian "
    "skoperasional tglskpendirian luastanah kelas rkelas rlab rperpus jmlsync lastsync "
    "sinkron createdat updatedat lastupdate semester schoolidgiga gigaidschool numcomputers "
    "connectivitytype schoolareatype connectivitygovt downloadspeedgovt educationlevelgovt "
    "schoolestablishmentyear electricitytype wateravailability cellularcoveragetype numclassroom "
    "poiid poitype datasetid osmid osmtype amenity addrstreet addrcity addrfull nameen operator "
    "source uniqueid tpdependencia tplocalizacao comunicipio couf sguf nuanocenso noregiao state "
    "statename district districtname block blockname village pincode"
)
_UNUSED = frozenset(_BESIDE.split())
# Numbers of schools that may be the NPSN, and may be of another register.
_PERHAPS = {"npsn": ("schoolid", "schoolcode", "kodesekolah", "idsekolah", "sekolahid")}


def recognise(
    table: RawTable,
    aliases: Mapping[str, Sequence[str]],
    *,
    override: Mapping[str, str] | None = None,
    required: Iterable[str] = (),
    lenient: Collection[str] = (),
) -> dict[str, str]:
    """Which header holds which canonical column.

    Parameters
    ----------
    table : RawTable
        The table.
    aliases : mapping
        Canonical column to the folded headers that mean it; its own name always does.
    override : mapping, optional
        Canonical column to header, as the project says.
    required : iterable of str
        Columns without which the file is of no use.
    lenient : collection of str
        Columns of which the first header counts where there are several.

    Returns
    -------
    dict
        Canonical column to header.

    Raises
    ------
    InputError
        A required column is missing, a column is there twice, or an override names what is not.
    """
    found = _declared(table, aliases, override or {})
    there = table.headers
    words = [table.meant.get(header, header) for header in there]
    declared = {column: there.index(header) for column, header in found.items()}
    for column, positions in header_positions(words, aliases, declared).items():
        headers = [there[n] for n in positions]
        if len(headers) > 1 and column not in lenient:
            raise InputError(
                "column_twice", path=table.path, column=column, known=", ".join(headers)
            )
        found[column] = headers[0]
    parts = parts_of_degrees(words)
    for column in required:
        if column in ("lat", "lon") and parts and column not in found:
            raise InputError("degrees_in_parts", path=table.path, known=", ".join(parts))
        if column not in found:
            raise _missing(table, column, aliases.get(column, ()), found)
    return found


def _declared(
    table: RawTable, aliases: Mapping[str, Sequence[str]], override: Mapping[str, str]
) -> dict[str, str]:
    """The headers that the project names."""
    found: dict[str, str] = {}
    for column, header in override.items():
        if column not in aliases:
            raise InputError(
                "column_not_ours",
                path=table.path,
                column=column,
                suggestion=suggestion(column, aliases),
                known=", ".join(aliases),
            )
        if header not in table.headers:
            raise InputError(
                "column_missing",
                path=table.path,
                column=header,
                suggestion=suggestion(header, table.headers),
                known=", ".join(table.headers),
            )
        found[column] = header
    return found


def _missing(
    table: RawTable, column: str, spellings: Sequence[str], found: Mapping[str, str]
) -> InputError:
    if not found and len(table.headers) == 1:
        return InputError("table_one_column", path=table.path, known=table.headers[0])
    left = [h for h in table.headers if h not in found.values() and fold(h) not in _UNUSED]
    folded = {fold(h): h for h in left}
    slips = (fold(h) for h in left if _slip_of(h, {fold(column), *spellings}))
    perhaps = (name for name in _PERHAPS.get(column, ()) if name in folded)
    near = next(slips, "") or next(perhaps, "") or suggestion(fold(column), folded)
    return InputError(
        "column_missing",
        path=table.path,
        column=column,
        suggestion=folded.get(near, ""),
        known=", ".join(table.headers),
    )


def header_findings(
    table: RawTable,
    header: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    file: str,
    *,
    beside: Collection[str] = (),
) -> list[Finding]:
    """What was made of headers, where some are left: one note, and a warning for each likely slip.

    Parameters
    ----------
    table : RawTable
        The table.
    header : mapping
        Canonical column to header, as :func:`recognise` gives it.
    aliases : mapping
        As for :func:`recognise`.
    file : str
        The file as the project names it.
    beside : collection of str
        Headers that are read otherwise.
    """
    taken = {*header.values(), *beside}
    left = [name for name in table.headers if name not in taken]
    note = {
        "understood": "; ".join(f"{column} ← {name}" for column, name in header.items()),
        "others": "; ".join(left[:_MOST_LISTED]),
        "count": len(left),
    }
    findings = [Finding("columns_understood", file=file, parameters=note)] if left else []
    findings += [
        Finding("column_not_understood", file=file, column=name, parameters={"suggestion": near})
        for name, near in likely_misspellings(table, header, aliases).items()
        if name not in beside
    ]
    return findings


def table_findings(
    table: RawTable,
    header: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    file: str,
    *,
    beside: Collection[str] = (),
) -> list[Finding]:
    """Findings about a table as a whole: its headers, and those of :func:`row_findings`.

    Parameters
    ----------
    table, header, aliases, file, beside
        As for :func:`header_findings`.
    """
    headers = header_findings(table, header, aliases, file, beside=beside)
    return headers + row_findings(table, file)


def row_findings(table: RawTable, file: str) -> list[Finding]:
    """What was left out of a table, rows and sheets, and rows that are longer than its header."""
    told = [
        Finding(
            note.code,
            file=file_of(file, note.part),
            row=note.row,
            value=note.value,
            parameters=note.parameters,
        )
        for note in table.notes
    ]
    return told + [
        Finding("row_too_long", file=file_of(file, part), row=row) for part, row in table.too_long
    ]


def likely_misspellings(
    table: RawTable, header: Mapping[str, str], aliases: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Headers left over that are likely slips, and the spelling that each misses.

    Two headers near one spelling are two things of their own, and no slips.
    """
    missing = {
        spelling
        for column, words in aliases.items()
        if column not in header
        for spelling in (fold(column), *words)
    }
    taken = set(header.values())
    near = {name: _slip_of(name, missing) for name in table.headers if name not in taken}
    uses = Counter(near.values())
    return {name: spelling for name, spelling in near.items() if spelling and uses[spelling] == 1}


def _slip_of(name: str, spellings: Iterable[str]) -> str:
    """The spelling that a header misses by one letter in eight, or by a cut after ten; or none."""
    from rapidfuzz.distance import OSA

    folded = fold(name)
    if folded in _UNUSED:
        return ""
    near = [
        (slips, spelling)
        for spelling in spellings
        if min(len(folded), len(spelling)) >= 4
        and abs(len(folded) - len(spelling)) <= 2
        and 0 < (slips := OSA.distance(folded, spelling)) <= (1 if len(spelling) < 8 else 2)
    ]
    # A Shapefile cuts its headers after ten characters.
    near += [(9, s) for s in spellings if len(name) == 10 and s.startswith(folded) and s != folded]
    return min(near, default=(0, ""))[1]
