"""Dates of the data of a run: what a deliverable that knows no clock is dated by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.sources.values import end_of

if TYPE_CHECKING:
    from datetime import date

    from kalsel_gap.storage.run_folder import Run

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
