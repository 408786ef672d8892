"""Longley-Rice reference attenuation: what irregular terrain adds to free space in the median.

Kernels for one path of the Irregular Terrain Model. Frequencies are megahertz, all lengths
metres, angles radians. TN101 is NBS Technical Note 101 (1967).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import kernel

EARTH_M = 6_370_000.0
WAVE_NUMBER = 47.7  # MHz of a wave number of 1 per metre
TERRAIN_SCALE_M = 50_000.0


class ItmPath(NamedTuple):
    """Parameters of one path in the Longley-Rice formulas."""

    frequency_mhz: float
    wave_number: float
    impedance: complex
    radius_m: float
    refractivity: float
    irregularity_m: float
    tx_m: float
    rx_m: float
    tx_effective_m: float
    rx_effective_m: float
    tx_horizon_m: float
    rx_horizon_m: float
    tx_elevation: float
    rx_elevation: float
    sight_m: float
    """Sum of the distances to the smooth-Earth horizons."""
    horizons_m: float
    """Sum of the distances to the horizons."""
    angle: float
    """Angular distance of the region with line of sight."""
    product_m2: float
    """Product of the antenna heights above ground, for the weight of both diffractions."""


@kernel
def reference_db(path: float, g: ItmPath) -> float:
    """Median attenuation relative to free space, by the region that the path lies in."""
    scale = (g.radius_m * g.radius_m / g.frequency_mhz) ** (1.0 / 3.0)
    far = max(g.sight_m, g.horizons_m + 5.0 * scale)
    first = _diffraction_db(far, g)
    second = _diffraction_db(far + 10.0 * scale, g)
    slope = (second - first) / (10.0 * scale)
    base = first - slope * far
    if path < g.sight_m:
        return max(_line_of_sight_db(path, g, slope, base), 0.0)
    h0 = -1.0
    outer, h0 = _scatter_db(g.horizons_m + 400e3, g, h0)
    inner, h0 = _scatter_db(g.horizons_m + 200e3, g, h0)
    if inner < 1000.0:
        scatter_slope = (outer - inner) / 200e3
        begins = max(
            g.sight_m,
            g.horizons_m + 1.088 * scale * np.log(g.frequency_mhz),
            (inner - base - scatter_slope * (g.horizons_m + 200e3)) / (slope - scatter_slope),
        )
        if path > begins:
            return float(max((slope - scatter_slope) * begins + base + scatter_slope * path, 0.0))
    return float(max(base + slope * path, 0.0))


@kernel
def _line_of_sight_db(path: float, g: ItmPath, slope: float, base: float) -> float:
    """Attenuation with line of sight: a curve through three points of it."""
    limit = g.sight_m
    at_limit = base + slope * limit
    near = 0.04 * g.frequency_mhz * g.tx_effective_m * g.rx_effective_m
    if base >= 0.0:
        near = min(near, 0.5 * g.horizons_m)
        middle = near + 0.25 * (g.horizons_m - near)
    else:
        middle = max(-base / slope, 0.25 * g.horizons_m)
    at_middle = _two_rays_db(middle, g, slope, base)
    linear = logarithmic = 0.0
    fitted = False
    if near < middle:
        at_near = _two_rays_db(near, g, slope, base)
        ratio = np.log(limit / near)
        logarithmic = max(
            0.0,
            ((limit - near) * (at_middle - at_near) - (middle - near) * (at_limit - at_near))
            / ((limit - near) * np.log(middle / near) - (middle - near) * ratio),
        )
        fitted = base > 0.0 or logarithmic > 0.0
        if fitted:
            linear = (at_limit - at_near - logarithmic * ratio) / (limit - near)
            if linear < 0.0:
                linear = 0.0
                logarithmic = max(at_limit - at_near, 0.0) / ratio
                if logarithmic == 0.0:
                    linear = slope
    if not fitted:
        linear = max(at_limit - at_middle, 0.0) / (limit - middle)
        logarithmic = 0.0
        if linear == 0.0:
            linear = slope
    return float(at_limit + linear * (path - limit) + logarithmic * np.log(path / limit))


@kernel
def _two_rays_db(path: float, g: ItmPath, slope: float, base: float) -> float:
    """Two-ray attenuation, weighted with extended diffraction by the terrain's irregularity."""
    rough = _roughness_m(irregularity_at_m(path, g.irregularity_m))
    both = g.tx_effective_m + g.rx_effective_m
    grazing = both / np.sqrt(path * path + both * both)
    reflected = (grazing - g.impedance) / (grazing + g.impedance)
    reflected *= np.exp(-min(10.0, g.wave_number * rough * grazing))
    power = reflected.real**2 + reflected.imag**2
    if power < 0.25 or power < grazing:
        reflected *= np.sqrt(grazing / power)
    phase = g.wave_number * 2.0 * g.tx_effective_m * g.rx_effective_m / path
    if phase > np.pi / 2.0:
        phase = np.pi - (np.pi / 2.0) ** 2 / phase
    both_rays = complex(np.cos(phase), -np.sin(phase)) + reflected
    two_rays = -10.0 * np.log10(both_rays.real**2 + both_rays.imag**2)
    weight = 1.0 / (1.0 + g.frequency_mhz * g.irregularity_m / max(10e3, g.sight_m))
    return float(weight * two_rays + (1.0 - weight) * (base + slope * path))


@kernel
def irregularity_at_m(path: float, irregularity: float) -> float:
    """Terrain irregularity of a path of this length."""
    return float(irregularity * (1.0 - 0.8 * np.exp(-path / TERRAIN_SCALE_M)))


@kernel
def _roughness_m(irregularity: float) -> float:
    """Standard deviation of the terrain, metres."""
    return float(0.78 * irregularity * np.exp(-0.5 * irregularity**0.25))


@kernel
def _diffraction_db(path: float, g: ItmPath) -> float:
    """Diffraction over a rounded Earth and over two edges, weighted, with clutter in front."""
    angle = path / g.radius_m - g.angle
    beyond = path - g.horizons_m
    edges = 0.0
    for at in (g.tx_horizon_m, g.rx_horizon_m):
        edges += _fresnel_db(
            g.wave_number / (4.0 * np.pi) * angle * angle * at * beyond / (beyond + at)
        )
    rounded = _rounded_db(path, angle, g)
    rough = _roughness_m(irregularity_at_m(g.sight_m, g.irregularity_m))
    product = g.tx_m * g.rx_m
    front = min(15.0, 5.0 * np.log10(1.0 + 1e-5 * product * g.frequency_mhz * rough))
    gain = g.tx_effective_m * g.rx_effective_m - product
    heights = np.sqrt(1.0 + gain / g.product_m2)
    lift = heights + (-g.angle * g.radius_m + g.horizons_m) / path
    # Irregularity limited to 1000 wavelengths.
    irregular = g.wave_number * irregularity_at_m(path, g.irregularity_m)
    weight = 25.1 / (25.1 + np.sqrt(lift * min(irregular, 2000.0 * np.pi)))
    return float(weight * rounded + (1.0 - weight) * edges + front)


@kernel
def _fresnel_db(v2: float) -> float:
    """Loss of one edge, with v² of TN101."""
    if v2 < 5.76:
        return float(6.02 + 9.11 * np.sqrt(v2) - 1.27 * v2)
    return float(12.953 + 10.0 * np.log10(v2))


@kernel
def _rounded_db(path: float, angle: float, g: ItmPath) -> float:
    """Diffraction over an Earth with three radii: before, between and behind the horizons."""
    x_tx, k_tx = _rounded_part(
        0.5 * g.tx_horizon_m**2 / g.tx_effective_m, g.tx_horizon_m, g.frequency_mhz, g.impedance
    )
    x_rx, k_rx = _rounded_part(
        0.5 * g.rx_horizon_m**2 / g.rx_effective_m, g.rx_horizon_m, g.frequency_mhz, g.impedance
    )
    between = path - g.horizons_m
    x, _ = _rounded_part(between / angle, between, g.frequency_mhz, g.impedance)
    x += x_tx + x_rx
    return float(
        0.05751 * x - 10.0 * np.log10(x) - _height_db(x_tx, k_tx) - _height_db(x_rx, k_rx) - 20.0
    )


@kernel
def _rounded_part(
    radius: float, length: float, frequency_mhz: float, impedance: complex
) -> tuple[float, float]:
    """Distance in units of the attenuation rate, and K, over one of the radii."""
    scale = (4.0 / 3.0 * EARTH_M / radius) ** (1.0 / 3.0)
    k = 0.017778 * scale * frequency_mhz ** (-1.0 / 3.0) / abs(impedance)
    x = (1.607 - k) * scale * scale * frequency_mhz ** (1.0 / 3.0) * length / 1000.0
    return x, k


@kernel
def _height_db(x: float, k: float) -> float:
    """Height gain over a rounded Earth, Vogler's curves."""
    if x < 200.0:
        w = -np.log(k)
        if k < 1e-5 or x * w**3 > 5495.0:
            return -117.0 + (17.372 * np.log(x) if x > 1.0 else 0.0)
        return float(2.5e-5 * x * x / k - 8.686 * w - 15.0)
    far = 0.05751 * x - 4.343 * np.log(x)
    if x < 2000.0:
        w = 0.0134 * x * np.exp(-0.005 * x)
        far = (1.0 - w) * far + w * (17.372 * np.log(x) - 117.0)
    return float(far)


@kernel
def _scatter_db(path: float, g: ItmPath, h0: float) -> tuple[float, float]:
    """Attenuation by scatter, and the frequency gain for the next call (TN101, chapter 9)."""
    if h0 > 15.0:
        gain = h0
    else:
        apart = g.tx_horizon_m - g.rx_horizon_m
        ratio = g.rx_effective_m / g.tx_effective_m
        if apart < 0.0:
            apart, ratio = -apart, 1.0 / ratio
        angle = g.tx_elevation + g.rx_elevation + path / g.radius_m
        r1 = 2.0 * g.wave_number * angle * g.tx_effective_m
        r2 = 2.0 * g.wave_number * angle * g.rx_effective_m
        if r1 < 0.2 and r2 < 0.2:
            return 1001.0, h0
        s = (path - apart) / (path + apart)
        q = min(max(0.1, ratio / s), 10.0)
        s = max(0.1, s)
        crossing = (path - apart) * (path + apart) * angle * 0.25 / path
        eta = (
            crossing
            / 1756.0
            * (
                1.0
                + (0.031 - g.refractivity * 2.32e-3 + g.refractivity**2 * 5.67e-6)
                * np.exp(-(min(1.7, crossing / 8000.0) ** 6))
            )
        )
        gain = (_gain_db(r1, eta) + _gain_db(r2, eta)) / 2.0
        gain += min(gain, 6.0 * (0.6 - np.log10(max(eta, 1.0))) * np.log10(s) * np.log10(q))
        gain = max(gain, 0.0)
        if eta < 1.0:
            root = np.sqrt(2.0)
            gain = eta * gain + (1.0 - eta) * 10.0 * np.log10(
                ((1.0 + root / r1) * (1.0 + root / r2)) ** 2 * (r1 + r2) / (r1 + r2 + 2.0 * root)
            )
        if gain > 15.0 and h0 >= 0.0:
            gain = h0
    angle = path / g.radius_m - g.angle
    attenuation = (
        _attenuation_db(angle * path)
        + 10.0 * np.log10(g.wave_number * WAVE_NUMBER * angle**4)
        - 0.1 * (g.refractivity - 301.0) * np.exp(-angle * path / 40e3)
        + gain
    )
    return attenuation, gain


@kernel
def _gain_db(r: float, eta: float) -> float:
    """Frequency gain H0 between the curves for whole η."""
    eta = min(max(eta, 1.0), 5.0)
    i = int(eta)
    part = eta - i
    gain = _gain_curve_db(i - 1, r)
    if part != 0.0:
        gain = (1.0 - part) * gain + part * _gain_curve_db(i, r)
    return gain


@kernel
def _gain_curve_db(i: int, r: float) -> float:
    """Frequency gain H0 for η = i + 1."""
    a = (25.0, 80.0, 177.0, 395.0, 705.0)
    b = (24.0, 45.0, 68.0, 80.0, 105.0)
    return float(10.0 * np.log10(1.0 + a[i] / r**4 + b[i] / r**2))


@kernel
def _attenuation_db(reach: float) -> float:
    """Attenuation function F of the product of angle and distance, metres."""
    if reach <= 10e3:
        return float(133.4 + 0.332e-3 * reach - 10.0 * np.log10(reach))
    if reach <= 70e3:
        return float(104.6 + 0.212e-3 * reach - 2.5 * np.log10(reach))
    return float(71.8 + 0.157e-3 * reach + 5.0 * np.log10(reach))
