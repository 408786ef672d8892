"""Draw a picture for each README: what ``kalsel-gap rank`` prints of the sample province.

The pictures name no font of another host: the reader's own monospaced font is used.
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
PICTURES = {"en": ROOT / "docs" / "rank.svg", "id": ROOT / "docs" / "rank.id.svg"}
COMMANDS = {"en": "kalsel-gap rank --top 6", "id": "kalsel-gap rank --top 6 --lang id"}
WIDTH = 120


def draw(language: str) -> str:
    """The picture in a language as SVG text; runs the command with a folder of runs of its own."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        screen = Console(
            record=True, width=WIDTH, file=nowhere, force_terminal=True, highlight=False
        )
        screen.print(f"$ {COMMANDS[language]}\n", markup=False, style="bold")
        with (
            tempfile.TemporaryDirectory() as runs,
            contextlib.chdir(ROOT),
            mock.patch.object(console, "screen", return_value=screen),
            contextlib.suppress(SystemExit),
        ):
            arguments = ["rank", "--top", "6", "--format", "table", "--lang", language]
            main([*arguments, "--quiet", "--out", runs])
        drawn = screen.export_svg(title="kalsel-gap", unique_id="rank", theme=DIMMED_MONOKAI)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace("Fira Code, monospace", "ui-monospace, Consolas, monospace")
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


if __name__ == "__main__":
    for language, picture in PICTURES.items():
        picture.write_text(draw(language), encoding="utf-8", newline="\n")
        print(f"docs/{picture.name}")
