"""The project file and the shipped defaults as frozen models."""
