from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.project.read import read_project
from kalsel_gap.radio.links.link_table import list_links, view
from kalsel_gap.radio.links.nearest_links import Place, links_to_nearest, nearest_sites
from kalsel_gap.sources.sites import read_sites
from tests.conftest import REPOSITORY

PLACE = Place("1", "SDN", -2.95, 115.3)


def test_one_cell_of_each_mast_the_newest_first() -> None:
    sites = pd.DataFrame(
        {
            "site_id": ["far", "near", "near", "near"],
            "operator": ["a", "b", "a", "a"],
            "technology": ["5g", "4g", "2g", "4g"],
            "lat": [-2.0, -2.96, -2.96, -2.96],
            "lon": [115.3, 115.3, 115.3, 115.3],
        }
    )
    found = nearest_sites(sites, PLACE, 3)
    assert list(found["site_id"]) == ["near", "far"]
    assert tuple(found.loc[0, ["operator", "technology"]]) == ("a", "4g")
    assert found["distance_km"].iloc[0] == pytest.approx(1.106, abs=0.002)
    assert nearest_sites(sites.head(0), PLACE, 3).empty


def test_the_links_are_those_of_the_whole_table() -> None:
    opened = read_project(REPOSITORY / "data" / "sample")
    whole = list_links(opened, "99100001")
    sites = read_sites(opened)[0]
    place = Place(whole.npsn, whole.name, whole.lat, whole.lon)
    near = nearest_sites(sites, place, 3)
    found = links_to_nearest(opened, near, place)
    assert list(found.sites["site_id"]) == list(near["site_id"])
    key = ["operator", "technology", "site_id"]
    both = found.links.merge(whole.links, on=key, suffixes=("", "_whole"))
    assert len(both)
    assert both["level_dbm"].to_numpy() == pytest.approx(
        both["level_dbm_whole"].to_numpy(), abs=1e-9, nan_ok=True
    )
    assert view(found, 0).distance_km[-1] == pytest.approx(near["distance_km"].iloc[0], rel=0.01)
