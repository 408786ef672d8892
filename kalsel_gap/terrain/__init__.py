"""Slope, local relief, sea, coast, horizon and terrain classes."""
