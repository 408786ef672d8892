"""Readers: files into tidy tables, problems into findings."""
