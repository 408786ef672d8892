"""Signals, service and the trees of barrier and need become deficit, priority and rank."""
