"""Checks of the inputs, and repairs that are proposed and accepted."""
