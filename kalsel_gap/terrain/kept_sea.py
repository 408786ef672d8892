"""The open sea of a project's elevation model for commands that run no stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.stage_cache import StageCache, nobody
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import default_cache_folder
from kalsel_gap.terrain import open_sea
from kalsel_gap.terrain.sea_mask import sea_of_runs

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.terrain.sea_mask import SeaMask


def look_up_sea(opened: Opened, store: Cache | None = None) -> SeaMask | None:
    """The open sea, from the cache where a run or a command has found it before.

    Parameters
    ----------
    opened : Opened
        The project.
    store : Cache, optional
        The cache, where the caller saves it itself.

    Returns
    -------
    SeaMask or None
        None where the elevation model does not show one.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    given = store if store is not None else Cache(default_cache_folder())
    work = StageCache(opened, given)
    work.run(open_sea.STAGE, nobody())
    if store is None:
        given.save()
    return sea_of_runs(work.table("sea"), opened.project.elevation)
