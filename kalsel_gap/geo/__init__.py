"""Raster and vector basics: geodesy, grids, mosaics, sampling, compiled kernels."""
