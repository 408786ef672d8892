"""Dates of the data of a run, as its project states them: deliverables hold no other time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kalsel_gap.sources.values import end_of

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

# Files contain the time of their writing. Ours have the last day of the data instead, so that the
# same run gives the same bytes; and this one if no input states its date.
_NO_DATE = date(2000, 1, 1)
_DATED = ("schools.", "attributes.", "coverage.", "sites.", "measurements.", "villages.")


def stated_dates(run: Run) -> dict[str, str]:
    """The dates that the project states: of each input, or up to when its evidence reaches."""
    parameters = run.manifest.get("parameters", {})
    if evidence := parameters.get("project.evidence_date"):
        return {"evidence": evidence}
    return {
        key.removesuffix(".date"): str(stated)
        for key, stated in parameters.items()
        if stated and key.endswith(".date") and key.startswith(_DATED)
    }


def last_day(run: Run) -> date | None:
    """The last day of the data; None where no input states its date."""
    days = [day for stated in stated_dates(run).values() if (day := end_of(stated))]
    return max(days, default=None)


def day_of_writing(run: Run) -> date:
    """What files have as the day of their writing: the last day of the data."""
    return last_day(run) or _NO_DATE
