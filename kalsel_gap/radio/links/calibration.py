"""Predicted levels against measured ones, and the offsets that least squares learn from them.

An offset is added to a prediction: one for each operator and technology, further ones for sites
and for classes of land cover. Offsets of sites and classes are drawn towards zero as by `ridge`
additional measurements without an offset. With fewer measurements than `minimum` there is no
offset, so that two drive tests have no influence. The error where nothing was measured is estimated
by holding out squares of the country (or sites) in turn; an operator whose held-out error is not
smaller than without any offset gets none.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.columns import recognise
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table
from kalsel_gap.sources.technologies import technology_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.radio import Calibration


GROUP = ["operator", "technology"]
KEYS = [*GROUP, "site_id", "clutter"]
# Of the table of pairs that the functions take; `clutter` is the class as text, empty for none.
PAIRS = (*KEYS, "lat", "lon", "measured_dbm", "predicted_dbm", "usable_dbm")
# Of the file of offsets; an empty key holds for all.
COLUMNS = (
    *(*KEYS, "offset_db", "count"),
    *("bias_before_db", "rmse_before_db", "rmse_after_db", "held_out_rmse_db"),
)
# Text that begins like a formula, or like the guard itself; numbers do not count.
_RUN_BY_SPREADSHEETS = r"^(?![+-]?[\d.]+$)\s*[=+\-@']"
KM_PER_DEGREE = 111.32
MOST_DB = 60.0  # above this the power or the height of the site must be wrong


class Statistics(NamedTuple):
    """Predicted against measured levels."""

    places: int
    """Places where both are known."""
    bias_db: float
    """Mean of predicted less measured: positive where predictions are too optimistic."""
    rmse_db: float
    """Root of the mean squared difference."""
    sigma_db: float
    """Standard deviation of the difference."""
    covered: int
    """Measured and predicted above the threshold."""
    missed: int
    """Measured above it and predicted below."""
    promised: int
    """Predicted above it and measured below."""
    uncovered: int
    """Both below."""
    agreed_share: float
    """Share of the places where both agree."""


def statistics(
    measured_dbm: ArrayLike, predicted_dbm: ArrayLike, usable_dbm: ArrayLike
) -> Statistics:
    """Difference of predictions from measurements, and how often they agree on coverage.

    Parameters
    ----------
    measured_dbm, predicted_dbm : array of shape (n,)
        Levels; pairs with a NaN do not count.
    usable_dbm : array
        Threshold of coverage.

    Examples
    --------
    >>> found = statistics([-100.0, -112.0, -90.0], [-104.0, -104.0, -90.0], -110.0)
    >>> found.places, round(found.bias_db, 2), round(found.rmse_db, 2), round(found.sigma_db, 2)
    (3, 1.33, 5.16, 6.11)
    >>> found.covered, found.missed, found.promised, found.uncovered
    (2, 0, 1, 0)
    """
    measured, predicted, usable = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (measured_dbm, predicted_dbm, usable_dbm))
    )
    known = np.isfinite(measured) & np.isfinite(predicted)
    measured, predicted, usable = measured[known], predicted[known], usable[known]
    count = int(measured.size)
    if count == 0:
        return Statistics(0, math.nan, math.nan, math.nan, 0, 0, 0, 0, math.nan)
    apart = predicted - measured
    has, predicts = measured >= usable, predicted >= usable
    return Statistics(
        count,
        float(apart.mean()),
        float(np.sqrt(np.mean(apart**2))),
        float(apart.std(ddof=1)) if count > 1 else math.nan,
        int(np.sum(has & predicts)),
        int(np.sum(has & ~predicts)),
        int(np.sum(~has & predicts)),
        int(np.sum(~has & ~predicts)),
        float(np.mean(has == predicts)),
    )


def fit(pairs: pd.DataFrame, terms: Calibration) -> pd.DataFrame:
    """Offsets by least squares, those of sites and land cover with a ridge.

    Minimises ``Σ (measured - predicted - a - b - c)² + ridge·(Σ b² + Σ c²)`` over the offsets a of
    operators and technologies, b of sites and c of land cover.

    Parameters
    ----------
    pairs : DataFrame
        With :data:`PAIRS`; rows without a level are left out.
    terms : Calibration
        ``radio.calibration``.

    Returns
    -------
    DataFrame
        :data:`KEYS`, ``offset_db``, ``count``, sorted by the keys.
    """
    from scipy import sparse

    known = pairs[pairs["measured_dbm"].notna() & pairs["predicted_dbm"].notna()]
    known = known.sort_values([*KEYS, "lat", "lon", "measured_dbm", "predicted_dbm"])
    enough = known.groupby(GROUP)["measured_dbm"].transform("size") >= terms.minimum
    known = known[enough].reset_index(drop=True)
    if known.empty:
        return pd.DataFrame(columns=[*KEYS, "offset_db", "count"]).astype({"offset_db": "float64"})
    kinds: list[tuple[list[str], float]] = [(GROUP, 0.0)]
    kinds += [([*GROUP, "site_id"], terms.ridge)] if terms.per_site else []
    kinds += [(["clutter"], terms.ridge)] if terms.per_clutter else []
    keys: list[pd.DataFrame] = []
    columns, ridge = [], []
    for names, weight in kinds:
        which, table = _columns_of(known, names, terms.minimum)
        keys.append(table)
        columns.append(which)
        ridge += [weight] * len(table)
    rows = np.arange(len(known))
    matrix = sparse.hstack(
        [
            sparse.csr_array(
                (np.ones(int((c >= 0).sum())), (rows[c >= 0], c[c >= 0])),
                shape=(len(known), len(table)),
            )
            for c, table in zip(columns, keys, strict=True)
        ],
        format="csc",
    )
    residual = (known["measured_dbm"] - known["predicted_dbm"]).to_numpy(np.float64)
    normal = (matrix.T @ matrix + sparse.diags_array(np.array(ridge))).tocsc()
    offsets = pd.concat(keys, ignore_index=True)
    offsets["offset_db"] = sparse.linalg.splu(normal).solve(matrix.T @ residual)
    return offsets.sort_values(KEYS, ignore_index=True)[[*KEYS, "offset_db", "count"]]


def _columns_of(
    known: pd.DataFrame, names: list[str], minimum: int
) -> tuple[IntArray, pd.DataFrame]:
    """Which column of the equations each row has, -1 for none; and the keys of the columns."""
    sizes = known.groupby(names, sort=True).size()
    sizes = sizes[sizes >= minimum]
    named = sizes.reset_index(name="count")
    named = named[named[names[-1]] != ""].reset_index(drop=True)  # an unknown site gets no offset
    table = pd.DataFrame({key: named[key] if key in names else "" for key in KEYS})
    table["count"] = named["count"]
    numbers = {key: n for n, key in enumerate(map(tuple, named[names].to_numpy()))}
    which = [numbers.get(key, -1) for key in map(tuple, known[names].to_numpy())]
    return np.array(which, dtype=np.int64), table


def offset_db(
    offsets: pd.DataFrame,
    operator: Sequence[str] | NDArray[np.object_],
    technology: Sequence[str] | NDArray[np.object_],
    site_id: Sequence[str] | NDArray[np.object_],
    clutter: Sequence[str] | NDArray[np.object_] | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Offset to add to predicted levels, and which levels it calibrates.

    Parameters
    ----------
    offsets : DataFrame
        From :func:`fit` or :func:`read_offsets`.
    operator, technology, site_id, clutter : sequence of str of length n
        Of the links; `clutter` is the class of land cover at the receiver.

    Returns
    -------
    offset_db : float array of shape (n,)
        0 where there is none; the sum is limited to :data:`MOST_DB`.
    calibrated : bool array of shape (n,)
        Whether the operator and technology have one.
    """
    cover = [""] * len(operator) if clutter is None else clutter
    added = {
        key: float(value)
        for key, value in zip(
            map(tuple, offsets[KEYS].to_numpy()), offsets["offset_db"], strict=True
        )
    }
    total = np.zeros(len(operator))
    calibrated = np.zeros(len(operator), dtype=np.bool_)
    for n, (who, what, site, ground) in enumerate(
        zip(operator, technology, site_id, cover, strict=True)
    ):
        group = added.get((who, what, "", ""))
        if group is not None:
            calibrated[n] = True
            total[n] = group + (added.get((who, what, site, ""), 0.0) if site else 0.0)
            total[n] += added.get(("", "", "", ground), 0.0) if ground else 0.0
    return np.clip(total, -MOST_DB, MOST_DB), calibrated


def classes_at(opened: Opened, lat: FloatArray, lon: FloatArray) -> NDArray[np.object_]:
    """Class of land cover at places, as text; empty where the project or the raster has none."""
    from kalsel_gap.geo.sampling import sample

    cover = opened.project.land_cover
    if cover is None:
        return np.full(lat.shape, "", dtype=object)
    value = sample(cover.tiles, lat, lon, band=cover.band).value
    return np.array([f"{each:g}" if np.isfinite(each) else "" for each in value], dtype=object)


class LinkOffsets(NamedTuple):
    """Offsets of links from measurements, arrays of shape (n,)."""

    offset_db: FloatArray
    """To be added to predicted levels; 0 where there is none."""
    error_db: FloatArray
    """Error of a calibrated prediction where nothing was measured; NaN where it is unknown."""
    calibrated: BoolArray
    """Whether there is an offset."""


def find_link_offsets(
    opened: Opened, sites: pd.DataFrame, lat: FloatArray, lon: FloatArray
) -> LinkOffsets:
    """Offsets of a project for links, one link from each site to its place.

    Raises
    ------
    InputError
        The file of offsets cannot be used; see :func:`read_offsets`.
    """
    offsets = offsets_of(opened)
    if offsets.empty:
        count = len(sites)
        return LinkOffsets(np.zeros(count), np.full(count, np.nan), np.zeros(count, dtype=np.bool_))
    operator, technology, site = (sites[key].to_numpy(object) for key in KEYS[:3])
    added, calibrated = offset_db(offsets, operator, technology, site, classes_at(opened, lat, lon))
    errors = errors_of(offsets)
    known = [errors.get(key, math.nan) for key in zip(operator, technology, strict=True)]
    return LinkOffsets(added, np.array(known, dtype=np.float64), calibrated)


def errors_of(offsets: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Held-out error of each operator and technology that has an offset."""
    groups = offsets[(offsets[KEYS[2:]] == "").all(axis=1) & (offsets[GROUP] != "").all(axis=1)]
    return {
        (str(operator), str(technology)): float(error)
        for operator, technology, error in groups[[*GROUP, "held_out_rmse_db"]].to_numpy()
    }


def corrected(pairs: pd.DataFrame, offsets: pd.DataFrame) -> FloatArray:
    """Predicted levels of pairs with the offsets added."""
    added, _ = offset_db(offsets, *(pairs[key].to_numpy() for key in KEYS))
    predicted: FloatArray = pairs["predicted_dbm"].to_numpy(np.float64) + added
    return predicted


def folds(pairs: pd.DataFrame, terms: Calibration) -> IntArray:
    """Fold of each pair: all of a site, or all of a square of the country, are held out together.

    Neighbours are similar: held out one by one, each would be predicted by the next one. Folds are
    assigned in the order of a hash of the names, so that the order of the rows changes nothing and
    neighbouring squares are in different folds.
    """
    if terms.held_out == "site":
        names = pairs["operator"] + "\n" + pairs["technology"] + "\n" + pairs["site_id"]
    else:
        row = np.floor(pairs["lat"] * KM_PER_DEGREE / terms.block_km)
        middle = np.radians((row + 0.5) * terms.block_km / KM_PER_DEGREE)
        col = np.floor(pairs["lon"] * KM_PER_DEGREE * np.cos(middle) / terms.block_km)
        names = row.astype("int64").astype(str) + "\n" + col.astype("int64").astype(str)
    ordered = sorted(names.unique(), key=lambda name: hashlib.sha256(name.encode()).digest())
    part = {name: n % terms.folds for n, name in enumerate(ordered)}
    return names.map(part).to_numpy(np.int64)


def held_out(pairs: pd.DataFrame, terms: Calibration) -> FloatArray:
    """Predicted levels, each with the offsets fitted to the other folds."""
    part = folds(pairs, terms)
    found = pairs["predicted_dbm"].to_numpy(np.float64).copy()
    for fold in range(terms.folds):
        mine = part == fold
        if mine.any():
            found[mine] = corrected(pairs[mine], fit(pairs[~mine], terms))
    return found


def report(pairs: pd.DataFrame, terms: Calibration) -> pd.DataFrame:
    """A row for each operator and technology: as predicted, calibrated, and held out.

    Returns
    -------
    DataFrame
        :data:`GROUP`, the fields of :class:`Statistics` of the uncalibrated prediction,
        ``after_rmse_db`` (at the same measurements that calibrate it), ``held_out_bias_db``,
        ``held_out_rmse_db``, ``held_out_agreed_share``, and ``gain``: whether calibrating makes
        the held-out error smaller.
    """
    pairs = pairs[pairs["measured_dbm"].notna() & pairs["predicted_dbm"].notna()]
    pairs = pairs.assign(
        after_dbm=corrected(pairs, fit(pairs, terms)), held_out_dbm=held_out(pairs, terms)
    )
    rows = []
    for (operator, technology), part in pairs.groupby(GROUP):
        before, within, outside = (
            statistics(part["measured_dbm"], part[name], part["usable_dbm"])
            for name in ("predicted_dbm", "after_dbm", "held_out_dbm")
        )
        rows.append(
            {
                "operator": operator,
                "technology": technology,
                **before._asdict(),
                "after_rmse_db": within.rmse_db,
                "held_out_bias_db": outside.bias_db,
                "held_out_rmse_db": outside.rmse_db,
                "held_out_agreed_share": outside.agreed_share,
                "gain": outside.rmse_db < before.rmse_db,
            }
        )
    names = [*GROUP, *Statistics._fields, "after_rmse_db", "held_out_bias_db"]
    names += ["held_out_rmse_db", "held_out_agreed_share", "gain"]
    return pd.DataFrame(rows, columns=names)


def calibrate(pairs: pd.DataFrame, terms: Calibration) -> pd.DataFrame:
    """The table of offsets of operators and technologies whose held-out error gets smaller.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, to a hundredth of a decibel; empty when nothing gains.
    """
    summary = report(pairs, terms).set_index(GROUP)
    gains = summary[summary["gain"].astype(bool)]
    mine = pairs.set_index(GROUP).index.isin(gains.index)
    offsets = fit(pairs[mine], terms)  # land cover is fitted without operators that get no offset
    beside = gains[["bias_db", "rmse_db", "after_rmse_db", "held_out_rmse_db"]]
    figures = offsets[GROUP].merge(beside, how="left", left_on=GROUP, right_index=True)
    names = ("bias_before_db", "rmse_before_db", "rmse_after_db", "held_out_rmse_db")
    for name, column in zip(names, beside.columns, strict=True):
        offsets[name] = figures[column].to_numpy(np.float64)
    decibels = [name for name in COLUMNS if name.endswith("_db")]
    offsets[decibels] = offsets[decibels].round(2) + 0.0
    return offsets[list(COLUMNS)]


def to_csv(offsets: pd.DataFrame) -> str:
    """The table of offsets as a file, read again by :func:`read_offsets`.

    A name that a spreadsheet would run as a formula, or that begins like the guard, gets a guard.

    Examples
    --------
    >>> row = {"operator": "=1+1", "technology": "4g", "site_id": "", "clutter": "10"}
    >>> print(to_csv(pd.DataFrame([row])).splitlines()[1])
    '=1+1,4g,,10
    """
    guarded = {
        key: offsets[key].astype(str).str.replace(_RUN_BY_SPREADSHEETS, r"'\g<0>", regex=True)
        for key in KEYS
    }
    return str(offsets.assign(**guarded).to_csv(index=False, lineterminator="\n"))


def offsets_of(opened: Opened) -> pd.DataFrame:
    """The offsets that a project names under ``[calibration]``; none where there is no file yet."""
    named = opened.project.calibration
    if named is None or not named.path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return read_offsets(named.path)


def read_offsets(path: Path) -> pd.DataFrame:
    """A table of offsets; operators and technologies are normalised as in `sources.sites`.

    Raises
    ------
    InputError
        No such table, an offset that is no number or larger than :data:`MOST_DB`, two with the same
        key, or one of an operator and technology without a held-out error.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[pd.DataFrame, pd.Series[int]]:
    """The table, and the row number of each row in the file."""
    table = read_table(path, aliases=dict.fromkeys(COLUMNS, ()))
    header = recognise(table, dict.fromkeys(COLUMNS, ()), required=(*KEYS, "offset_db"))
    cells = table.cells
    found = pd.DataFrame({key: cells[header[key]].str.strip() for key in KEYS})
    for key in KEYS:
        found[key] = found[key].str.replace(r"^'(?=\s*[=+\-@'])", "", regex=True)
    found["operator"] = found["operator"].str.casefold()
    technology = found["technology"].str.casefold()
    found["technology"] = technology.map(technology_of).fillna(technology)
    for name in COLUMNS[len(KEYS) :]:
        given = cells[header[name]].map(number) if name in header else math.nan
        found[name] = pd.Series(given, index=cells.index, dtype="float64")
    twice = found.duplicated(KEYS)
    wrong = ~(found["offset_db"].abs() <= MOST_DB)
    groups = (found[KEYS[2:]] == "").all(axis=1) & (found[GROUP] != "").all(axis=1)
    claimed = groups & ~(found["held_out_rmse_db"] > 0.0)

    def first(fault: pd.Series[bool]) -> tuple[int, str]:
        return int(cells[ROW][fault].iloc[0]), str(cells[header["offset_db"]][fault].iloc[0])

    if wrong.any():
        row, value = first(wrong)
        raise InputError("offset_wrong", path=path, row=row, column="offset_db", value=value)
    if twice.any():
        row, _ = first(twice)
        raise InputError("offset_twice", path=path, row=row, column="offset_db")
    if claimed.any():
        row, _ = first(claimed)
        value, column = _named(found[claimed].iloc[0]), "held_out_rmse_db"
        raise InputError("offset_without_error", path=path, row=row, column=column, value=value)
    return found, cells[ROW].astype(int)


def _named(offset: pd.Series[str]) -> str:
    """The key of an offset, in one line."""
    return ", ".join(str(offset[key]) for key in KEYS if offset[key])


def unused(opened: Opened, sites: pd.DataFrame) -> list[Finding]:
    """Offsets that are applied to no level, because the project has nothing with their key.

    Parameters
    ----------
    opened : Opened
        The project.
    sites : DataFrame
        From `sources.sites.read_sites`.
    """
    named = opened.project.calibration
    if named is None or not named.path.exists():
        return []
    offsets, rows = _read(named.path)
    groups = set(map(tuple, sites[GROUP].to_numpy()))
    places = set(map(tuple, sites[KEYS[:3]].to_numpy()))
    calibrated_groups = set(errors_of(offsets)) & groups
    codes = set(map(str, opened.project.radio.clutter_heights_m()))
    classes = codes if opened.project.land_cover is not None and calibrated_groups else set()
    findings = []
    for (operator, technology, site, clutter), row, (_, offset) in zip(
        offsets[KEYS].to_numpy(), rows, offsets.iterrows(), strict=True
    ):
        if clutter:
            applies = not (operator or technology or site) and clutter in classes
        else:
            applies = (operator, technology) in calibrated_groups
            applies &= not site or (operator, technology, site) in places
        if not applies:
            findings.append(
                Finding(
                    *("offset_unused", opened.shown(named.path), int(row)), value=_named(offset)
                )
            )
    return findings
