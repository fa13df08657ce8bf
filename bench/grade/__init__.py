"""This grader's `sidecar-logging` against the same checks made with other tools."""
