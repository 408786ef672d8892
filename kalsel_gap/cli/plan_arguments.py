"""What is typed behind the options of ``kalsel-gap plan``, read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.errors import InputError, ProjectError
from kalsel_gap.i18n.numbers import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

SITE, RANGE, WITHOUT, SET = "--add-site", "--sweep", "--without", "--set"
_POINTS = 10  # of a sweep, unless typed
_LARGEST_IDR = 10**16  # more than the budget of the whole country
_LARGEST_M = 500.0  # the tallest masts
_PARTS = (2, 3)  # of a range: ends, and how many points
_OF_A_PLAN = ("costs.", "plan.")


class TypedSite(NamedTuple):
    """A site that is added for a trial: degrees, and height of the mast above the ground."""

    lat: float
    lon: float
    height_m: float


class TypedRange(NamedTuple):
    """A range of total budgets in rupiah, and how many points of it are planned."""

    low: int
    high: int
    points: int


def typed_sites(values: Iterable[str]) -> tuple[TypedSite, ...]:
    """Sites of ``LAT,LON,HEIGHT``, in the order in which they are typed.

    Raises
    ------
    ProjectError
        `plan_site_wrong`: a text is no such place.

    Examples
    --------
    >>> typed_sites(["-3.05, 115.42, 42"])
    (TypedSite(lat=-3.05, lon=115.42, height_m=42.0),)
    """
    return tuple(_site(each) for each in values)


def _site(value: str) -> TypedSite:
    parts = [number(part.strip()) for part in value.split(",")]
    if len(parts) == len(TypedSite._fields):
        lat, lon, height_m = parts
        if abs(lat) <= 90.0 and abs(lon) <= 180.0 and 0.0 < height_m <= _LARGEST_M:  # no NaN
            return TypedSite(lat, lon, height_m)
    raise ProjectError("plan_site_wrong", path=SITE, value=value)


def typed_range(value: str) -> TypedRange:
    """A range ``LOW:HIGH`` or ``LOW:HIGH:POINTS``.

    Raises
    ------
    ProjectError
        `plan_range_wrong`: the text is no such range.

    Examples
    --------
    >>> typed_range("5e9:100e9")
    TypedRange(low=5000000000, high=100000000000, points=10)
    """
    from kalsel_gap.planning.sweep import LEAST_POINTS, MOST_POINTS

    parts = [number(part.strip()) for part in value.split(":")]
    if len(parts) in _PARTS:
        low, high, points = (*parts, float(_POINTS))[:3]
        is_whole = all(each == each // 1 for each in (low, high, points))  # false of NaN
        if is_whole and 0 < low < high <= _LARGEST_IDR and LEAST_POINTS <= points <= MOST_POINTS:
            return TypedRange(int(low), int(high), int(points))
    raise ProjectError(
        "plan_range_wrong", path=RANGE, value=value, least=LEAST_POINTS, most=MOST_POINTS
    )


def typed_schools(values: Iterable[str], schools: pd.DataFrame) -> tuple[str, ...]:
    """NPSN of schools of a run, in the order in which they are typed, each once.

    Raises
    ------
    InputError
        `school_unknown`: there is no school with this NPSN.
    """
    known = set(schools["npsn"].dropna()) - {""}
    typed = [value.strip() for value in values]
    for value in typed:
        if value not in known:
            raise InputError("school_unknown", path=WITHOUT, value=value)
    return tuple(dict.fromkeys(typed))


def refuse_keys_of_the_run(overrides: Mapping[str, object]) -> None:
    """An error for a value that belongs to the run: a plan does not rank again.

    Raises
    ------
    ProjectError
        `plan_key_of_run`.
    """
    for key in overrides:
        if not key.startswith(_OF_A_PLAN):
            raise ProjectError("plan_key_of_run", path=SET, value=key)


def refuse_together(given: Sequence[tuple[str, bool]]) -> None:
    """An error where two options are given that ask for different things.

    Parameters
    ----------
    given : sequence of (str, bool)
        Options of which one may be given, and whether each is.

    Raises
    ------
    ProjectError
        `plan_options_apart`.
    """
    names = [name for name, is_given in given if is_given]
    if len(names) > 1:
        raise ProjectError("plan_options_apart", path=names[0], other=names[1])
