"""Reader of deliveries: what became of proposed connections, school by school, with dates.

A school is proposed an option, accepts or refuses it; a device is delivered, the service active,
and it is used. These are different states: a device that was delivered may never have been
connected. Only NPSN, option, state, date and cost
are read, and no column about people may be there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from kalsel_gap.errors import InputError, SeveralErrors
from kalsel_gap.findings import Finding
from kalsel_gap.project.costs import MOST_IDR, OPTIONS
from kalsel_gap.project.invalid import section_fault
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import recognise, table_findings
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.personal_data import personal_header
from kalsel_gap.sources.quantities import is_nothing, read_quantities
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table
from kalsel_gap.sources.values import read_dates

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kalsel_gap.project.model import Opened

DeliveryState = Literal["proposed", "accepted", "refused", "delivered", "active", "used"]
# In the order in which they follow; a refusal ends a proposal.
DELIVERY_STATES: tuple[str, ...] = get_args(DeliveryState)
DELIVERY_COLUMNS = ("npsn", "option", "state", "date", "cost_idr", "file", "row")
_TEXTS = ("npsn", "option", "state", "date", "cost")
_REQUIRED = ("npsn", "option", "state")
_DTYPES = dict.fromkeys(DELIVERY_COLUMNS, "str") | {"cost_idr": "Int64", "row": "int64"}

ALIASES: dict[str, tuple[str, ...]] = {
    "npsn": ("nomorpokoksekolahnasional", "nonpsn", "kodenpsn"),
    "option": (
        *("opsi", "kodeopsi", "optioncode", "jenislayanan", "teknologi", "technology", "layanan"),
        *("jenisperangkat", "perangkat"),
    ),
    "state": ("status", "keadaan", "statuspengiriman", "deliverystate", "tahap", "progres"),
    "date": ("tanggal", "tgl", "tanggalstatus", "statusdate", "statedate", "pertanggal"),
    "cost": (
        *("biaya", "biayarp", "nilai", "nilairp", "harga", "costidr", "biayatotal", "totalbiaya"),
        *("nilaikontrak", "realisasi"),
    ),
}
_STATES: dict[str, tuple[str, ...]] = {
    "proposed": ("diusulkan", "usulan", "usul", "diajukan", "pengajuan"),
    "accepted": ("disetujui", "setuju", "approved", "agreed", "bersedia"),
    "refused": ("ditolak", "menolak", "tolak", "rejected", "declined", "tidakbersedia"),
    "delivered": ("terkirim", "dikirim", "sampai", "tiba", "arrived", "shipped", "terpasang"),
    "active": ("aktif", "menyala", "aktivasi", "activated", "online", "on"),
    "used": ("dipakai", "digunakan", "terpakai", "inuse", "dimanfaatkan"),
}
_OPTIONS: dict[str, tuple[str, ...]] = {
    "subscription": ("langganan", "fiberlangganan", "internettetap", "fixed"),
    "cpe_4g": ("cpe", "cpe4g", "modem4g", "antena4g", "4g", "antena4gluarruang"),
    "microwave": ("radio", "gelombangmikro", "radiop2p", "p2p", "ptp"),
    "microwave_relay": ("radiorelai", "relai", "relay", "repeater"),
    "fibre": ("fiber", "fiberoptik", "seratoptik", "fo", "kabelserat"),
    "leo": ("starlink", "satelitleo", "satelitorbitrendah", "leosatellite"),
    "satria": ("satria1", "bakti", "aksesinternetbakti"),
    "vsat": ("satelitgeo",),
    "bts": ("menara", "bts4g", "sitebaru"),
    "hub": ("sambungan", "berbagi", "sekolahtetangga"),
}
_RUPIAH = re.compile(r"^(?:rp|idr)\.?\s*", re.IGNORECASE)
# A cost below this is in millions or a slip; nothing is delivered for less.
_POSSIBLE_IDR = (1_000.0, float(MOST_IDR))


def read_delivery(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """What was delivered so far; nothing where the project names no table.

    Parameters
    ----------
    opened : Opened
        The project.

    Returns
    -------
    deliveries : DataFrame
        :data:`DELIVERY_COLUMNS`, a row for each row that states school, option and state: codes,
        date as ISO 8601 (empty where it is not given or not read), cost as Int64 rupiah (missing
        where it is not given or not read), file and row.
    findings : list of Finding
        Options, states, dates and costs that could not be read, and what was made of the table.

    Raises
    ------
    InputError, SeveralErrors
        The file cannot be read or lacks a column; `delivery_personal`: it has columns about people.
    """
    path = opened.project.plan.delivery
    if path is None:
        return _typed([]), []
    if (fault := section_fault("plan.delivery", path)) is not None:
        raise fault
    table = read_table(path, aliases=ALIASES, required=_REQUIRED)
    personal = [name for name in table.headers if personal_header(name)]
    if len(personal) == 1:
        raise InputError("delivery_personal", path=path, column=personal[0])
    if personal:
        raise SeveralErrors(
            [InputError("delivery_personal", path=path, column=name) for name in personal]
        )
    header = recognise(table, ALIASES, required=_REQUIRED)
    file = opened.shown(path)
    findings = table_findings(table, header, ALIASES, file)
    empty = pd.Series("", index=table.cells.index, dtype="str")
    cells = pd.DataFrame(
        {
            name: table.cells[header[name]].str.strip() if name in header else empty
            for name in _TEXTS
        }
    )
    cells["file"], cells["row"] = table.files(file), table.cells[ROW].astype("int64")
    cells = cells[~(is_nothing(cells["npsn"]) & is_nothing(cells["option"]))]
    cells = cells.assign(
        number=read_npsn(cells["npsn"]),
        code=_known(cells["option"], _OPTIONS),
        stage=_known(cells["state"], _STATES),
        day=read_dates(cells["date"]).map(lambda day: day.isoformat() if day else ""),
        amount=read_quantities(
            cells["cost"].map(lambda text: _RUPIAH.sub("", text)), possible=_POSSIBLE_IDR
        ),
    )
    unread = {
        "delivery_option_unknown": ("option", cells["code"] == ""),
        "delivery_state_unknown": ("state", cells["stage"] == ""),
        "date_unreadable": ("date", ~is_nothing(cells["date"]) & (cells["day"] == "")),
        "quantity_not_read": ("cost", ~is_nothing(cells["cost"]) & cells["amount"].isna()),
    }
    known = {"delivery_option_unknown": OPTIONS, "delivery_state_unknown": DELIVERY_STATES}
    findings += [
        Finding(
            *(code, str(row["file"]), int(row["row"]), str(row["number"])),
            column=header.get(name, name),
            value=str(row[name]),
            parameters={"known": ", ".join(known[code])} if code in known else {"unit": "rupiah"},
        )
        for code, (name, is_wrong) in unread.items()
        for row in cells[is_wrong].to_dict("records")
    ]
    read = cells[(cells["code"] != "") & (cells["stage"] != "") & (cells["number"] != "")]
    return _typed(
        zip(
            *(read[name].tolist() for name in ("number", "code", "stage", "day")),
            read["amount"].round().astype("Int64").tolist(),
            *(read[name].tolist() for name in ("file", "row")),
            strict=True,
        )
    ), findings


def deliveries_without_school(deliveries: pd.DataFrame, known: Collection[str]) -> list[Finding]:
    """Deliveries whose NPSN no school of the register has.

    Parameters
    ----------
    deliveries : DataFrame
        As of :func:`read_delivery`.
    known : collection of str
        NPSN of schools that are no duplicates.
    """
    lost = deliveries.loc[~deliveries["npsn"].isin(known), ["file", "row", "npsn"]]
    return [
        Finding("delivery_without_school", str(file), int(row), str(npsn), "npsn", str(npsn))
        for file, row, npsn in lost.itertuples(index=False)
    ]


def _typed(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(DELIVERY_COLUMNS))
    return frame.astype(_DTYPES)


def _known(cells: pd.Series[str], words: Mapping[str, Sequence[str]]) -> pd.Series[str]:
    """The code that a cell means, in either language; empty where none."""
    meant = {fold(code): code for code in words}
    meant |= {fold(word): code for code, spellings in words.items() for word in spellings}
    return cells.map(lambda text: meant.get(fold(text), "")).astype("str")
