"""Grades of one workspace, ours beside those of other tools."""
