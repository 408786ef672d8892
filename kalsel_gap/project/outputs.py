"""What a command of a project may not write over: its project file, its inputs, its repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kalsel_gap.storage.outputs import Outputs

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened


def outputs_of(
    opened: Opened, *, writes: Literal["", "repairs", "calibration", "objections"] = ""
) -> Outputs:
    """The guard of what a command of a project writes; what only a plan reads is kept as well.

    Parameters
    ----------
    opened : Opened
        The project; its inputs need not be there.
    writes : str
        The section whose own file the command writes.
    """
    project = opened.project
    kept = {opened.path: "project"}
    for name, path in opened.inputs_known():
        if name != writes:
            kept.setdefault(path, "input")
    for _, path in project.plan_inputs():
        kept.setdefault(path, "input")
    for name in ("repairs", "calibration", "objections"):
        section = getattr(project, name)
        if section is not None and name != writes:  # no inputs before they are there
            kept.setdefault(section.path, "input")
    if writes != "repairs":
        kept[project.repairs.path] = "repairs"
    rasters = (tiled for tiled in (project.elevation, project.land_cover) if tiled is not None)
    folders = {path for tiled in rasters for path in tiled.path if path.is_dir()}
    output = project.output
    return Outputs(output.folder, kept, tile_folders=folders, plans=output.plans_folder())
