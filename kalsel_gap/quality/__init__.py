"""Checks of what the inputs say: faults into findings, and repairs that are only proposed."""
