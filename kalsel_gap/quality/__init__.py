"""Findings about inputs: nothing is changed here, and nothing is repaired silently."""
