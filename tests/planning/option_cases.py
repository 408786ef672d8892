"""A run without files: schools of a few facts, scored as a run scores them; its other tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.signals import SIGNALS
from kalsel_gap.geo import geodesy
from kalsel_gap.radio.links.prediction import PREDICTIONS
from kalsel_gap.sources.sites import COLUMNS as SITE_COLUMNS
from kalsel_gap.stage_cache import join

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from kalsel_gap.project.model import Opened

EAST_KM = 1000.0 / geodesy.metres_per_degree(-2.5)[1]
NORTH_KM = 1000.0 / geodesy.metres_per_degree(-2.5)[0]


def at_km(east: float, north: float = 0.0) -> dict[str, float]:
    """A place by its distance from 2.5° south, 115.5° east."""
    return {"lat": -2.5 + north * NORTH_KM, "lon": 115.5 + east * EAST_KM}


@dataclass
class MadeRun:
    """What `make_options` reads of a run."""

    schools: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name]


def made_run(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    *,
    sites: Sequence[Mapping[str, object]] = (),
    predictions: Sequence[Mapping[str, object]] = (),
    horizons: pd.DataFrame | None = None,
) -> Any:
    """A run of schools as they come to the stage *service*."""
    service = assess_service(schools, opened)
    served = join(schools, service.columns)
    scored = score_schools(served, opened, service=service.tables["service"])
    return MadeRun(
        join(served, scored.columns),
        {
            "service": service.tables["service"],
            "signals": pd.DataFrame(columns=list(SIGNALS)),
            "predictions": pd.DataFrame(list(predictions), columns=list(PREDICTIONS)),
            "sites": site_rows(sites),
            "horizons": pd.DataFrame() if horizons is None else horizons,
        },
    )


def site_rows(sites: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """The table of sites, from the few facts that a test is about."""
    usual = {"operator": "banua", "technology": "4g", "antenna_height_m": 40.0, "file": "sites.csv"}
    rows = [{**usual, "row": n, **given} for n, given in enumerate(sites, 2)]
    table = pd.DataFrame(rows, columns=list(SITE_COLUMNS))
    texts = ("site_id", "operator", "technology", "file")
    return table.astype(
        {name: "str" if name in texts else "float64" for name in SITE_COLUMNS if name != "row"}
    )
