"""Links of three real schools by another route: rasterio, scipy and textbook formulas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from pyproj import Geod
from scipy.ndimage import map_coordinates

from kalsel_gap.project.read import read_project
from kalsel_gap.radio.links.link_table import list_links

if TYPE_CHECKING:
    from kalsel_gap.radio.links.link_table import LinkTable

pytestmark = pytest.mark.real

PROJECT = Path(__file__).parent / "kalsel.toml"
DEM = "kalsel/stylised/dem_3arcsec.tif"
VALLEY, ISLAND, CITY = "30311739", "69787236", "30304117"  # Loksado, Pulau Sembilan, Banjarmasin
STEP_M, POLE_M, GHZ, LINKS = 90.0, 6.0, 8.0, 6


@pytest.fixture(scope="module")
def found(shared: Path) -> dict[str, LinkTable]:
    assert (shared / DEM).is_file()
    opened = read_project(PROJECT)
    return {npsn: list_links(opened, npsn) for npsn in (VALLEY, ISLAND, CITY)}


def hop(dem: Any, site: Any, school: tuple[float, float]) -> tuple[float, float]:
    """Mast that a hop takes, and its fade margin."""
    geod = Geod(ellps="WGS84")
    azimuth, _, length_m = geod.inv(site["lon"], site["lat"], school[1], school[0])
    km = np.linspace(0.0, length_m, max(round(length_m / STEP_M), 2) + 1) / 1000.0
    lon0, lat0, bearing = (np.full(km.size, v) for v in (site["lon"], site["lat"], azimuth))
    lon, lat, _ = geod.fwd(lon0, lat0, bearing, 1000.0 * km)
    t = dem.transform
    row, col = (np.asarray(lat) - t.f) / t.e, (np.asarray(lon) - t.c) / t.a
    cells = np.where(dem.read(1) == dem.nodata, 0.0, dem.read(1).astype(float))  # all of it is sea
    height_m = map_coordinates(cells, [row - 0.5, col - 0.5], order=1)
    whole, d1 = km[-1], km[1:-1]
    d2 = whole - d1
    k = np.interp(whole, [20.0, 100.0], [0.6, 0.8])
    clear_m = height_m[1:-1] + d1 * d2 / (12.74 * k) + 0.6 * 17.32 * np.sqrt(d1 * d2 / GHZ / whole)
    site_m = height_m[0] + site["antenna_height_m"]
    top_m = max(np.max((clear_m * whole - site_m * d2) / d1), height_m[-1] + POLE_M)
    ray_km = np.hypot(whole, (site_m - top_m) / 1000.0)
    loss_db = 92.45 + 20.0 * np.log10(GHZ * ray_km) + 0.018 * ray_km
    # 25 dBm, two dishes of 31.44 dBi, 2 dB in cables, a threshold of -72 dBm.
    return float(top_m - height_m[-1]), float(25.0 + 2.0 * 31.44 - 2.0 + 72.0 - loss_db)


@pytest.mark.parametrize("npsn", [VALLEY, ISLAND, CITY])
def test_hops_by_another_route(found: dict[str, LinkTable], shared: Path, npsn: str) -> None:
    table = found[npsn]
    with rasterio.open(shared / DEM) as dem:
        for i in range(min(LINKS, len(table.links))):
            mast_m, margin_db = hop(dem, table.sites.iloc[i], (table.lat, table.lon))
            link = table.links.iloc[i]
            assert link["hop_mast_m"] == pytest.approx(mast_m, abs=0.3)
            assert link["hop_margin_db"] == pytest.approx(margin_db, abs=0.02)


def test_what_a_valley_an_island_and_a_city_get(found: dict[str, LinkTable]) -> None:
    valley, island, city = (found[npsn].links for npsn in (VALLEY, ISLAND, CITY))
    # In the valley no phone is served, an antenna on the roof is: it looks over the next crest.
    assert (valley["margin_db"] < 0.0).all()
    assert valley["cpe_margin_db"].iloc[0] > 10.0
    assert (valley["diffraction_db"] > 0.0).all()
    # The only site of the island is in sight: 9 dBi and what the village takes less, 5.85 dB.
    assert len(island) == 1
    gained = island["cpe_dbm"] - island["level_dbm"]
    assert gained.iloc[0] == pytest.approx(9.0 + 5.855, abs=0.05)
    assert city["indoor_share"].iloc[0] > 0.98  # with an error of 10 dB, uncalibrated
    assert set(city["hop_status"]) == {"feasible"}
    for links in (valley, island, city):
        assert (links["indoor_dbm"] < links["level_dbm"]).all()
        assert (links["level_dbm"] + 9.0 < links["cpe_dbm"]).all()
        assert set(links["calibration"]) == {"uncalibrated"}
