"""Deliverables, made from a run: tables, web map, GIS layers, page of findings."""
