"""Indicators: pure functions of facts, one module for each of the four numbers' inputs."""
