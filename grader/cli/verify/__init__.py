"""Proves labs on a real cluster: what run.yaml promises against what the grader says."""
