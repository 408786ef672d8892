"""Folder of the installed package: shipped files are found from here, wherever the module is."""

from __future__ import annotations

from pathlib import Path

PACKAGE_FOLDER = Path(__file__).parent
