"""What may be written over: nothing but what this tool wrote and nobody has changed since.

Every command that writes asks here first. The SHA-256 of each file that was written stands in
``outputs.json`` in the folder of the project's runs, also where the file itself lies elsewhere; if
that folder cannot be written, in the user's cache. A file that is in neither, or reads otherwise
now, is the user's. ``overwrite`` gives up such a file, never the project file, an input or a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kalsel_gap.errors import OutputError
from kalsel_gap.storage.atomic import (
    clear_leftovers,
    refuse_other_than_file,
    replace_file,
    replace_folder,
    replace_text,
    write_errors,
    write_file,
)
from kalsel_gap.storage.fingerprint import default_cache_folder
from kalsel_gap.storage.official_run import OFFICIAL
from kalsel_gap.storage.plan_folder import PLAN_RECORD
from kalsel_gap.storage.run_folder import LATEST, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

LEDGER = "outputs.json"
# Of commands that write one file: the ending of what a folder of runs was mistaken for.
_WRITTEN_BY = {
    ".csv": "export csv",
    ".fgb": "export flatgeobuf",
    ".geojson": "export geojson",
    ".gpkg": "export gpkg",
    ".html": "map",
    ".json": "export geojson",
    ".kml": "export kml",
    ".parquet": "export parquet",
    ".qgz": "export qgz",
    ".xlsx": "export xlsx",
}
_ENDINGS_OF_FILES = frozenset(
    (
        *(
            *_WRITTEN_BY,
            ".geoparquet",
            ".htm",
            ".md",
            ".pdf",
            ".png",
            ".qml",
            ".svg",
            ".tif",
            ".tiff",
        ),
        *(".toml", ".tsv", ".txt", ".xls", ".zip"),
    )
)
_MOST_BESIDE = 100  # names such as list-2.xlsx that are tried
# Of the header of SQLite: versions and counters that opening a GeoPackage in QGIS moves, although
# nothing was saved in it (https://www.sqlite.org/fileformat.html#the_database_header).
_HEADER_BYTES = 100
_COUNTERS = (slice(18, 20), slice(24, 28), slice(92, 100))
_UNSAVED = ("-wal", "-journal")  # beside a GeoPackage that another program has open


@dataclass(slots=True)
class Outputs:
    """The guard of everything that is written, and the list of what was.

    Attributes
    ----------
    folder : Path
        The folder of the runs, which holds the list.
    kept : mapping of Path to str
        What is never written over, and what it is: *project*, *input* or *repairs*.
    tile_folders : collection of Path
        Folders in which every file is an input.
    plans : Path, optional
        The folder of the plans, whose mark of the latest one is kept.
    is_new : bool
        Whether whatever is there already is refused, and nothing is listed: a first project.
    """

    folder: Path
    kept: Mapping[Path, str] = field(default_factory=dict)
    tile_folders: Collection[Path] = ()
    plans: Path | None = None
    is_new: bool = False
    _free: set[Path] = field(default_factory=set, repr=False)

    def check(
        self,
        *paths: Path,
        endings: Collection[str] = (),
        overwrite: bool = False,
        merged: bool = False,
    ) -> None:
        """Refuse what may not be written, before anything is computed.

        Parameters
        ----------
        *paths : Path
            Every file that the command would write.
        endings : collection of str
            How their names may end, such as ``.csv``; any where none is given.
        overwrite : bool
            Whether files may go that this tool did not write, or that were changed since.
        merged : bool
            Whether the content of a file is read first and is part of what is written.

        Raises
        ------
        OutputError
            The first path that may not be written, and why.
        """
        for path in paths:
            self._refuse_kept(path)
            refuse_other_than_file(path)
            if endings and path.suffix.lower() not in endings:
                raise OutputError("output_ending", path=path, expected=", ".join(sorted(endings)))
        for path in paths:
            if not (overwrite or merged):
                with write_errors(path):  # it is there and cannot be read
                    self._refuse_foreign(path)
            self._free.add(_place(path))

    @contextlib.contextmanager
    def replace(self, path: Path) -> Iterator[Path]:
        """A temporary file that takes the place of `path` when the block ends well.

        Raises
        ------
        OutputError
            It cannot be written; or it may not, where :meth:`check` was not asked before.
        """
        if _place(path) not in self._free:
            self.check(path)
        clear_leftovers(path.parent)
        with replace_file(path) as temporary:
            yield temporary
        if not self.is_new:
            self._list(path)

    def write_unless_open(self, path: Path, write: Callable[[Path], object]) -> Path:
        """Write a file, or where another program has `path` open, a new one beside it.

        Parameters
        ----------
        path : Path
        write : callable
            Writes the file whose path it gets.

        Returns
        -------
        Path
            What was written: `path`, or list-2.xlsx for list.xlsx, the first such name that is
            free.

        Raises
        ------
        OutputError
            As of :meth:`replace`.
        """
        if _place(path) not in self._free:
            self.check(path)
        names = (path.with_stem(f"{path.stem}-{n}") for n in range(2, _MOST_BESIDE))
        others = [each for each in names if not os.path.lexists(each)]
        clear_leftovers(path.parent)
        place = write_file(write, *(others if opened_by(path) else [path, *others]))
        if not self.is_new:
            self._list(place)
        return place

    def check_folder(
        self, folder: Path, names: Collection[str], *, overwrite: bool = False
    ) -> None:
        """Refuse a folder that may not be replaced as a whole, before anything is computed.

        Parameters
        ----------
        folder : Path
            What the command would write; it need not be there.
        names : collection of str
            Names of all files that such a folder can have.
        overwrite : bool
            Whether files of these names may be replaced that this tool did not write, or that were
            changed since. A file of another name is never removed.

        Raises
        ------
        OutputError
            The folder, or the first file in it that may not be replaced, and why.
        """
        refuse_file_name(folder)
        self._refuse_kept(folder)
        with write_errors(folder):
            there = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in there:
            self._refuse_kept(path)
            if path.name not in names or path.is_dir():
                raise OutputError("output_folder_holds", path=path)
            refuse_other_than_file(path)
            if not overwrite:
                with write_errors(path):
                    self._refuse_foreign(path)
        if folder.is_dir() and folder.samefile(Path()):
            raise OutputError("output_folder_current", path=folder)

    @contextlib.contextmanager
    def replace_folder(self, folder: Path) -> Iterator[Path]:
        """A temporary folder that takes the place of `folder` when the block ends well.

        :meth:`check_folder` comes before it. Where `folder` is a link, what it leads to is
        replaced.

        Raises
        ------
        OutputError
            It cannot be written; what was there before is unchanged.
        """
        place = folder.resolve()
        clear_leftovers(place.parent)
        with replace_folder(place) as temporary:
            yield temporary
        self._list(*sorted(place.iterdir()))

    def wrote(self, path: Path) -> bool:
        """Whether a file is what this tool wrote, unchanged."""
        return path.is_file() and content_hash(path) in self._listed(path)

    def _refuse_kept(self, path: Path) -> None:
        places = {_place(path), path.resolve()}
        for kept, what in self.kept.items():
            if places & {_place(kept), kept.resolve()} or _is_same_file(path, kept):
                raise OutputError(f"output_is_{what}", path=path)
        if any(
            place.parent == folder.resolve() for place in places for folder in self.tile_folders
        ):
            raise OutputError("output_among_tiles", path=path)
        own = {self.folder.resolve() / name for name in (LATEST, LEDGER, OFFICIAL)}
        if places & own or any((place.parent / MANIFEST).is_file() for place in places):
            raise OutputError("output_is_run", path=path)
        mark = set() if self.plans is None else {self.plans.resolve() / LATEST}
        if places & mark or any((place.parent / PLAN_RECORD).is_file() for place in places):
            raise OutputError("output_is_plan", path=path)

    def _refuse_foreign(self, path: Path) -> None:
        if not os.path.lexists(path):
            return
        if self.is_new:
            raise OutputError("already_there", path=path)
        listed = self._listed(path)
        if not listed:
            raise OutputError("output_foreign", path=path)
        is_open = any(path.with_name(path.name + end).exists() for end in _UNSAVED)
        if is_open or content_hash(path) not in listed:
            raise OutputError("output_changed", path=path)

    def _lists(self, path: Path) -> Iterator[tuple[Path, str]]:
        """Where a file may be listed, the best place first, and under which name."""
        place, folder = _place(path), self.folder.resolve()
        try:  # seen from there, so that a project can be moved
            yield folder / LEDGER, Path(os.path.relpath(place, folder)).as_posix()
        except ValueError:  # another drive on Windows
            yield folder / LEDGER, place.as_posix()
        yield default_cache_folder() / LEDGER, place.as_posix()

    def _listed(self, path: Path) -> list[object]:
        lists = ((_read(ledger), name) for ledger, name in self._lists(path))
        return [listed[name] for listed, name in lists if name in listed]

    def _list(self, *paths: Path) -> None:
        hashes = [content_hash(path) for path in paths]
        for places in zip(*map(self._lists, paths), strict=True):
            ledger = places[0][0]
            names = (name for _, name in places)
            listed = _read(ledger) | dict(zip(names, hashes, strict=True))
            # Where neither can be written the file is there all the same; the next time it counts
            # as somebody's own, which loses nothing.
            with contextlib.suppress(OutputError):
                text = json.dumps(listed, indent=1, sort_keys=True, ensure_ascii=False)
                replace_text(ledger, text + "\n")
                return


def refuse_file_name(folder: Path | None, *, is_of_runs: bool = False) -> None:
    """An error where ``--out`` is to be a folder and names a file.

    Parameters
    ----------
    folder : Path or None
        What was named; nothing is refused where nothing was.
    is_of_runs : bool
        Whether runs go there: then the error names the command that writes such a file of a run.

    Raises
    ------
    OutputError
        A file of that name is there, or it ends as files do.
    """
    if folder is None or folder.is_dir():
        return
    ending = folder.suffix.lower()
    if ending not in _ENDINGS_OF_FILES and not os.path.lexists(folder):
        return
    if is_of_runs:
        command = _WRITTEN_BY.get(ending, "export csv")
        raise OutputError("output_no_folder_of_runs", path=folder, expected=command)
    raise OutputError("output_no_folder", path=folder)


def opened_by(path: Path) -> Path | None:
    """The file by which an office program says that it has `path` open; None where none does.

    Excel writes ``~$list.xlsx`` beside list.xlsx, LibreOffice ``.~lock.list.xlsx#``. After a crash
    it can be left over.
    """
    names = (f"~${path.name}", f".~lock.{path.name}#")
    beside = (path.with_name(name) for name in names)
    return next((each for each in beside if each.exists()), None) if path.exists() else None


def content_hash(path: Path) -> str:
    """SHA-256 of a file; of a GeoPackage without the counters that opening it changes."""
    with path.open("rb") as file:
        if path.suffix.lower() != ".gpkg":
            return hashlib.file_digest(file, "sha256").hexdigest()
        header = bytearray(file.read(_HEADER_BYTES))
        for part in _COUNTERS:
            header[part] = bytes(len(header[part]))
        digest = hashlib.sha256(header)
        while block := file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()


def _read(ledger: Path) -> dict[str, object]:
    """A list of what was written; nothing where it is missing or damaged."""
    try:
        listed = json.loads(ledger.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return listed if isinstance(listed, dict) else {}


def _place(path: Path) -> Path:
    """Where a name lies: a link itself, not what it leads to, as that is what is replaced."""
    return path.absolute().parent.resolve() / path.name


def _is_same_file(path: Path, other: Path) -> bool:
    """Whether two names are one file: hard links, and disks on which a and A are the same."""
    try:
        return path.samefile(other)
    except OSError:
        return False
