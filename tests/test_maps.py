from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap import open_project
from kalsel_gap.maps import to_html
from kalsel_gap.offline import Page
from kalsel_gap.text import LANGUAGES, Language, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import MakeProject

    from kalsel_gap.run import Run
