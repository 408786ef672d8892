"""What the project of a run states about its data: their dates, who publishes them, the licence."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.i18n.text import plain
from kalsel_gap.project.publication import Publication
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


def last_day_of_data(run: Run) -> date | None:
    """The last day of the data; None where no input states its date."""
    days = [day for stated in stated_dates(run).values() if (day := end_of(stated))]
    return max(days, default=None)


def day_of_writing(run: Run) -> date:
    """What files have as the day of their writing: the last day of the data."""
    return last_day_of_data(run) or _NO_DATE


def publication_of(run: Run) -> Publication:
    """Who publishes a run, and under which licence, inert; what it does not state is empty."""
    recorded = run.manifest.get("parameters", {})
    stated = {name: recorded.get(f"publication.{name}") for name in Publication.model_fields}
    return Publication(**{name: plain(value).strip() for name, value in stated.items() if value})


def licence_of(run: Run, between: str = " ") -> str:
    """The licence and where its text is; empty where neither is stated."""
    stated = publication_of(run)
    return between.join(filter(None, (stated.licence, stated.licence_url)))


class InputFile(NamedTuple):
    """A file that a run was made from.

    Attributes
    ----------
    name : str
        What it is, as a dotted key: ``attributes.0``, ``boundaries.desa``.
    file : str
        Its name, inert.
    date, licence : str
        As the project states them of the file or of the section that it is a part of; empty where
        it does not.
    sha256 : str
    """

    name: str
    file: str
    date: str
    licence: str
    sha256: str


def input_files(run: Run) -> list[InputFile]:
    """The files that a run was made from, by their keys."""
    return [
        InputFile(
            *(name, plain(item["file"]), _stated(run, name, "date")),
            *(_stated(run, name, "licence"), str(item["sha256"])),
        )
        for name, item in sorted(run.manifest.get("inputs", {}).items())
    ]


def _stated(run: Run, name: str, key: str) -> str:
    """What the project states of an input, or of the section that it is a part of."""
    parameters = run.manifest.get("parameters", {})
    while name:
        if stated := parameters.get(f"{name}.{key}"):
            return plain(stated).strip()
        name = name.rpartition(".")[0]
    return ""
