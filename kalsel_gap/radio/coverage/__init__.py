"""Rasters of predicted levels around the sites."""
