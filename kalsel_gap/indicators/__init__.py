"""Indicators: pure functions, one module for each subject."""
