"""Readers: files into tidy tables, faults into findings."""
