"""Which files of a folder make a project: of several for one role the right one, or a question."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.geo import sampling
from kalsel_gap.geo.raster_files import tiles_of
from kalsel_gap.project.proposal import Entry, ProposedProject, Said, Unused
from kalsel_gap.sources.boundaries import AREA_LEVELS
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.sources.recognition.file_roles import roles_of_file
from kalsel_gap.sources.recognition.folder import copies_of, files_of
from kalsel_gap.sources.recognition.name_words import mentions, name_below, words
from kalsel_gap.sources.recognition.table_roles import all_npsn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.project.proposal import Certainty
    from kalsel_gap.schema import DataNature
    from kalsel_gap.sources.recognition.candidates import Candidate, LayerBounds
    from kalsel_gap.stages import Reporter

STEP = "recognition"
_MOST = 0.5  # share of a register's schools within the boundaries
_ALL, _NONE = 0.98, 0.02  # shares of NPSN that count as all and as none
_FEW = 0.1  # share of an attribute table's NPSN that must be in the register
_SEVERAL = ("measurements", "facilities")


def propose_project(folder: Path, report: Reporter) -> ProposedProject:
    """Look at every file of a folder and propose a project.

    Parameters
    ----------
    folder : Path
        Nothing in it is changed.
    report : callable
        Gets the step, how many files were looked at, and how many there are.

    Returns
    -------
    ProposedProject
        What two readings allow is unsure; every file is in it.

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    files, unused = files_of(folder)
    candidates: list[Candidate] = []
    rest: list[Unused] = list(unused)
    # Tables of sites name the operators that names of coverage are searched for.
    operators: set[str] = set()
    copies = copies_of(files)
    rest += [Unused(path, Said("copy", {"file": of})) for path, of in copies.items()]
    files = tuple(path for path in files if path not in copies)
    for done, path in enumerate(sorted(files, key=_is_map)):
        report(STEP, done, len(files))
        for found in roles_of_file(path, folder, sorted(operators)):
            if isinstance(found, Unused):
                rest.append(found)
            else:
                candidates.append(found)
                operators.update(found.operators)
    report(STEP, len(files), len(files))
    candidates.sort(key=lambda each: (each.path, str(each.keys.get("sheet", ""))))
    entries = _chosen(candidates)
    return ProposedProject(
        name=folder.resolve().name,
        nature=_nature(entries, folder),
        entries=tuple(entries),
        unused=tuple(sorted(rest, key=lambda each: (each.path, each.part))),
    )


def _is_map(path: Path) -> bool:
    return path.suffix.lower() not in {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".gz"}


def _nature(entries: Iterable[Entry], folder: Path) -> DataNature:
    """What the names of the files that are used say of the data."""
    used = [name_below(path, folder) for e in entries if e.is_used for path in e.paths]
    natures: tuple[DataNature, ...] = ("synthetic", "stylised")
    for nature in natures:
        if any(mentions(name, words()["nature"][nature]) for name in used):
            return nature
    return "real"


def _chosen(candidates: Sequence[Candidate]) -> list[Entry]:
    """Entries of the project file."""
    by_section: defaultdict[str, list[Candidate]] = defaultdict(list)
    for each in candidates:
        by_section[each.section].append(each)
    areas = [
        each for level in AREA_LEVELS for each in _one(by_section.pop(f"boundaries.{level}", []))
    ]
    registers = _registers(by_section.pop("schools", []), _bounds(areas))
    attributes = _attributes(by_section.pop("attributes", []), registers)
    entries = [each.entry() for each in (*registers, *attributes, *areas)]
    entries += _tiled(by_section.pop("elevation", []))
    entries += _tiled(by_section.pop("land_cover", []))
    entries += [each.entry() for each in _networks(by_section.pop("coverage", []))]
    entries += _coast(by_section.pop("coastline", []), by_section.pop("coastline.land", []))
    entries += [each.entry() for each in _sites(by_section.pop("sites", []))]
    for section in sorted(by_section):
        of_section = by_section[section]
        kept = of_section if section in _SEVERAL else _one(of_section)
        entries += [each.entry() for each in kept]
    return entries


def _one(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates for a role of one file: of several none is used, unless one alone is sure."""
    usable = [each for each in candidates if each.certainty != "unsure"]
    sure = [each for each in usable if each.certainty == "sure"]
    chosen = usable if len(usable) < 2 else sure if len(sure) == 1 else []
    return [
        each
        if each in chosen or each.certainty == "unsure"
        else each.with_more(_doubled(each, usable), "unsure")
        for each in candidates
    ]


def _doubled(one: Candidate, candidates: Iterable[Candidate]) -> Said:
    others = tuple(each.path for each in candidates if each is not one)
    return Said("doubled", {"others": others})


# --- registers ------------------------------------------------------------------------------------


def _bounds(areas: Sequence[Candidate]) -> LayerBounds | None:
    """LayerBounds of the widest boundary that is used."""
    for level in AREA_LEVELS:
        for area in areas:
            if area.section == f"boundaries.{level}" and area.certainty != "unsure":
                try:
                    west, south, east, north = read_vector(area.path).total_bounds
                except InputError:
                    continue
                return float(south), float(west), float(north), float(east)
    return None


def _registers(candidates: Sequence[Candidate], bounds: LayerBounds | None) -> list[Candidate]:
    """The registers: the one with most schools first, then those that add others."""
    unsure = [each for each in candidates if each.certainty == "unsure"]
    found = [each for each in candidates if each.certainty != "unsure"]
    if len(found) < 2:
        return [*found, *unsure]
    places = {id(each): all_npsn(each) for each in found}
    if bounds is not None:
        shares = {id(each): _inside(places[id(each)], bounds) for each in found}
        if any(share >= _MOST for share in shares.values()):
            elsewhere = [each for each in found if shares[id(each)] < _MOST]
            unsure += [
                each.with_more(
                    Said("register_elsewhere", {"percent": _percent(shares[id(each)])}), "unsure"
                )
                for each in elsewhere
            ]
            found = [each for each in found if each not in elsewhere]
    found.sort(key=lambda each: -len(places[id(each)]))
    known: dict[int, set[str]] = {}
    chosen: list[Candidate] = []
    for each in found:
        mine = set(places[id(each)]["npsn"]) - {""}
        overlaps = [len(mine & known[id(other)]) / max(len(mine), 1) for other in chosen]
        new = 1.0 - min(sum(overlaps), 1.0)
        known[id(each)] = mine
        if not chosen:
            chosen.append(each)
        elif new >= 1 - _NONE and mine:
            said = Said("adds_rows", {"percent": _percent(new)})
            adding = each.with_more(said, "likely", keys={"adds_rows": True})
            known[id(adding)] = mine
            chosen.append(adding)
        else:
            rival = chosen[overlaps.index(max(overlaps))]
            percent, file = _percent(1 - new), rival.path
            if new <= 1 - _ALL:
                unsure.append(each.with_more(Said("register_inside", {"file": file}), "unsure"))
                continue
            said = Said("register_overlaps", {"percent": percent, "file": file})
            unsure.append(each.with_more(said, "unsure"))
            doubtful = rival.with_more(_doubled(rival, [rival, each]), "likely")
            known[id(doubtful)] = known[id(rival)]
            chosen[chosen.index(rival)] = doubtful
    return [*chosen, *unsure]


def _inside(places: pd.DataFrame, bounds: LayerBounds) -> float:
    """Share of the places that lie within bounds."""
    south, west, north, east = bounds
    inside = places["lat"].between(south, north) & places["lon"].between(west, east)
    return float(inside.sum() / max(int(places["lat"].notna().sum()), 1))


def _percent(share: float) -> int:
    return round(100 * share)


def _attributes(candidates: Sequence[Candidate], registers: Sequence[Candidate]) -> list[Candidate]:
    """Attribute tables; those about other schools are unsure."""
    used = [each for each in registers if each.certainty != "unsure"]
    if not (used and candidates):
        return list(candidates)
    known = {npsn for each in used for npsn in all_npsn(each)["npsn"]} - {""}
    found = []
    for each in candidates:
        mine = set(all_npsn(each)["npsn"]) - {""}
        share = len(mine & known) / max(len(mine), 1)
        said = Said("attributes_elsewhere", {"percent": _percent(share)})
        found.append(each if share >= _FEW else each.with_more(said, "unsure"))
    return found


# --- rasters --------------------------------------------------------------------------------------


def _tiled(candidates: Sequence[Candidate]) -> list[Entry]:
    """A raster of one file or of the tiles of a folder; of several models none is used."""
    groups: defaultdict[Path, list[Candidate]] = defaultdict(list)
    for each in candidates:
        groups[each.path.parent].append(each)
    whole = [_mosaic(group) for group in groups.values()]
    entries = [entry for group in whole for entry in group]
    usable = [entry for entry in entries if entry.is_used]
    if len(usable) < 2:
        return entries
    sure = [entry for entry in usable if entry.certainty == "sure"]
    return [
        entry
        if not entry.is_used or sure == [entry]
        else Entry(
            *(entry.section, entry.paths, "unsure"),
            said=(
                *entry.said,
                Said("doubled", {"others": tuple(e.paths[0] for e in usable if e is not entry)}),
            ),
            keys=entry.keys,
        )
        for entry in entries
    ]


def _mosaic(group: list[Candidate]) -> list[Entry]:
    """Rasters of one folder as one, where they lie on one grid."""
    entries = [each.entry() for each in group]
    surfaces = {entry.keys.get("surface") for entry in entries if entry.is_used}
    if len(group) == 1 or len(surfaces) > 1 or not all(entry.is_used for entry in entries):
        return entries
    files = tuple(entry.paths[0] for entry in entries)
    try:
        with sampling.open_band(files):
            pass
    except InputError:
        return entries
    folder = files[0].parent
    paths = (folder,) if tiles_of(folder).files == files else files
    certainty: Certainty = "sure" if all(e.certainty == "sure" for e in entries) else "likely"
    # The sea of a model is that of the tile that shows most of it.
    order = ("nodata", "zero", "none", None)
    first = min(entries, key=lambda entry: order.index(entry.keys.get("sea")))
    said = (*first.said, Said("raster_tiles", {"count": len(files)}))
    return [Entry(first.section, paths, certainty, said, first.keys)]


def _networks(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Coverage; two maps of one network over one area are unsure."""
    used = [each for each in candidates if each.certainty != "unsure"]
    for each in candidates:
        rivals = [
            other
            for other in used
            if each in used
            and all(other.keys[key] == each.keys[key] for key in ("technology", "operator"))
            and _overlap(each, other)
        ]
        doubled = len(rivals) > 1
        yield each.with_more(_doubled(each, rivals), "unsure") if doubled else each


def _overlap(one: Candidate, other: Candidate) -> bool:
    if one.bounds is None or other.bounds is None:
        return True
    a, b = one.bounds, other.bounds
    margin = 0.01 * min(a[2] - a[0], a[3] - a[1])
    return min(a[2], b[2]) - max(a[0], b[0]) > margin and min(a[3], b[3]) - max(a[1], b[1]) > margin


def _sites(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Tables of sites; one that repeats most of another's is unsure."""
    found: list[Candidate] = []
    for each in candidates:
        rivals = [other for other in found if _repeats(each, other)]
        doubled = bool(rivals) and each.certainty != "unsure"
        found.append(each.with_more(_doubled(each, rivals), "unsure") if doubled else each)
    return found


def _repeats(one: Candidate, other: Candidate) -> bool:
    """Whether most sites of the shorter of two tables stand in the other."""
    if one.places is None or other.places is None or other.certainty == "unsure":
        return False
    mine = set(one.places.itertuples(index=False, name=None))
    theirs = set(other.places.itertuples(index=False, name=None))
    return len(mine & theirs) > _MOST * min(len(mine), len(theirs))


# --- coast ----------------------------------------------------------------------------------------


def _coast(shores: Sequence[Candidate], land: Sequence[Candidate]) -> list[Entry]:
    """The shore with the land that makes islands; land alone is no coastline."""
    chosen = _one(shores)
    entries = [each.entry() for each in chosen]
    for number, entry in enumerate(entries):
        if entry.is_used and land:
            polygons = [each.path for each in land if each.certainty != "unsure"]
            said = (*entry.said, *(said for each in land for said in each.said))
            keys = {"land": polygons}
            entries[number] = Entry("coastline", entry.paths, entry.certainty, said, keys)
            land = [each for each in land if each.certainty == "unsure"]
    entries += [Entry("coastline", (), "unsure", each.said, {"land": [each.path]}) for each in land]
    return entries
