"""Draw the picture of the README: what ``kalsel-gap rank`` prints of the tiny project.

The picture names no font of another host: the reader's own monospaced font is used.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from unittest import mock

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from kalsel_gap.cli import console, main

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "rank.svg"
COMMAND = "kalsel-gap rank --top 6"
WIDTH = 100


def draw() -> str:
    """The picture as SVG text; runs the command with a folder of runs of its own."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        screen = Console(
            record=True, width=WIDTH, file=nowhere, force_terminal=True, highlight=False
        )
        screen.print(f"$ {COMMAND}\n", markup=False, style="bold")
        with (
            tempfile.TemporaryDirectory() as runs,
            contextlib.chdir(ROOT),
            mock.patch.object(console, "Console", return_value=screen),
            contextlib.suppress(SystemExit),
        ):
            arguments = [*COMMAND.split()[1:], "--format", "table", "--lang", "en"]
            main([*arguments, "--quiet", "--out", runs])
        drawn = screen.export_svg(title="kalsel-gap", unique_id="rank", theme=DIMMED_MONOKAI)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace("Fira Code, monospace", "ui-monospace, Consolas, monospace")
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8", newline="\n")
    print(f"docs/{PICTURE.name}")
