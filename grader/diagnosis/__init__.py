"""Root causes of what does not run, per container, from stored evidence alone."""

from grader.diagnosis.engine import diagnose

__all__ = ["diagnose"]
