"""Pictures of a school's explanation: where it is, and the path to each of its nearest sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.deliverables import profile_plot
from kalsel_gap.deliverables.location_map import location_maps
from kalsel_gap.deliverables.sections import DescribedPicture
from kalsel_gap.errors import InputError, KalselGapError
from kalsel_gap.i18n.messages import error_lines
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.radio.links.nearest_links import links_to_nearest

if TYPE_CHECKING:
    from kalsel_gap.deliverables.explanation import Explanation
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run


def maps_of(explained: Explanation, run: Run, text: Text) -> list[DescribedPicture]:
    """The kabupaten and the surroundings of a school; none without a location."""
    if explained.place is None:
        return []
    row = explained.row
    kabupaten = str(row["kabupaten"] or row["kabupaten_by_location"] or "")
    drawings = location_maps(
        *(explained.place, kabupaten, run.table("boundaries"), explained.sites, text)
    )
    return [DescribedPicture(each, (each.description,)) for each in drawings]


def paths_of(
    explained: Explanation, opened: Opened | None, text: Text
) -> tuple[list[DescribedPicture], list[str]]:
    """The terrain profile to each of the nearest sites, or why there is none.

    Parameters
    ----------
    explained : Explanation
        The school.
    opened : Opened or None
        The project of the run; its elevation model is read.
    text : Text
        The reader's language.

    Returns
    -------
    pictures : list of DescribedPicture
    said : list of str
        What is not drawn, and why.
    """
    place, sites = explained.place, explained.sites
    if place is None:
        return [], [text(N_("Without a usable location there is no path to any site."))]
    if opened is None:
        return [], [text(N_("The project file is not there, so no terrain profile is drawn."))]
    if opened.project.elevation is None:
        return [], [text(N_("The project has no elevation model, so no terrain profile is drawn."))]
    if sites.empty:
        return [], [text(N_("The run has no sites, so no terrain profile is drawn."))]
    from kalsel_gap.radio.links.link_table import view

    predicted = sites[sites["technology"].isin(list(opened.project.radio.carriers))]
    pictures, said = [], []
    try:
        found = links_to_nearest(opened, predicted, place)
    except KalselGapError as error:
        return [], error_lines(error, text)
    for link in range(len(found.links)):
        try:
            seen = view(found, link)
        except InputError as error:
            said += error_lines(error, text)
            continue
        drawing = profile_plot.picture(seen, text)
        pictures.append(
            DescribedPicture(drawing, tuple(map(plain, profile_plot.statements(seen, text))))
        )
    return pictures, said
