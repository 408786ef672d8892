"""Terrain profiles, line of sight and woodland along a path."""
