"""Files of a first project: a commented project file, or the sample province."""

from __future__ import annotations

import filecmp
import shutil
from typing import TYPE_CHECKING

from kalsel_gap.errors import OutputError
from kalsel_gap.package import PACKAGE_FOLDER
from kalsel_gap.project.base import DEFAULTS_FOLDER
from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.outputs import Outputs

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.i18n.text import Language

# In an installed package the sample lies inside it; in a clone of the repository beside it.
_SAMPLES = (PACKAGE_FOLDER / "sample", PACKAGE_FOLDER.parent / "data" / "sample")


def write_starter(folder: Path, language: Language, *, sample: bool = False) -> Path:
    """Write a project into `folder`; no existing file is overwritten.

    Parameters
    ----------
    folder : Path
        Created if missing.
    language : {'id', 'en'}
        Language of the comments in the project file.
    sample : bool
        Whether the sample province is written, with all its files, rather than a file to fill in.

    Returns
    -------
    Path
        The project file.

    Raises
    ------
    OutputError
        A file of that name exists already, or the folder cannot be written.
    """
    if sample:
        source = next((path for path in _SAMPLES if path.is_dir()), None)
        if source is None:
            raise OutputError("sample_missing", path=_SAMPLES[0])
        files = sorted(p for p in source.glob("[!.]*") if p.is_file() and p.suffix != ".py")
        # The project file comes last: a folder that has one is complete.
        files.sort(key=lambda path: path.name == FILE_NAME)
        targets = {folder / path.name: path for path in files}
    else:
        targets = {folder / FILE_NAME: DEFAULTS_FOLDER / f"starter.{language}.toml"}
    # What a killed process has left of the sample is no file of the user's.
    targets = {
        target: source_file
        for target, source_file in targets.items()
        if target.name == FILE_NAME or not _is_copy(target, source_file)
    }
    outputs = Outputs(folder, is_new=True)
    outputs.check(*targets)
    for target, source_file in targets.items():
        with outputs.replace(target) as temporary:
            shutil.copyfile(source_file, temporary)
    return folder / FILE_NAME


def _is_copy(path: Path, other: Path) -> bool:
    """Whether a file is there and has the bytes of another."""
    return path.is_file() and filecmp.cmp(path, other, shallow=False)
