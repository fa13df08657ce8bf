"""Verbs: everything that changes something. Keyword arguments only."""
