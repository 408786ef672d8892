"""Model of ``[publication]``: who publishes what is drawn from a run, and under which licence."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from kalsel_gap.project.base import Section

_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]+")
_WEB = re.compile(r"https?://[^\s<>\"/]+(/[^\s<>\"]*)?", re.IGNORECASE)


def _address(value: str) -> str:
    if value and not _ADDRESS.fullmatch(value):
        raise ValueError("email_wrong")
    return value


def _web(value: str) -> str:
    if value and not _WEB.fullmatch(value):
        raise ValueError("web_address_wrong")
    return value


Trimmed = Annotated[str, StringConstraints(strip_whitespace=True)]


class Publication(Section):
    """Who publishes the list and its layers. What is not stated stays unknown in every output."""

    publisher: Trimmed = ""
    """Office that publishes, such as ``Dinas Pendidikan dan Kebudayaan``."""
    contact_email: Annotated[Trimmed, AfterValidator(_address)] = ""
    """Address of that office for questions; not of a person, for it is published."""
    licence: Trimmed = ""
    """Licence of what is published: its SPDX identifier, such as ``CC-BY-4.0``, or its name."""
    licence_url: Annotated[Trimmed, AfterValidator(_web)] = ""
    """Where the text of the licence is, as ``https://…``."""
