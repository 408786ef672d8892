"""The day on which a command is run."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

_WITA = timezone(timedelta(hours=8))


def today() -> date:
    """The day in South Kalimantan, whatever the clock of this machine is set to."""
    return datetime.now(tz=_WITA).date()
