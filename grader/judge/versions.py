"""Which rules a verdict was made by. Texts, hints and titles may change without changing a mark."""

from typing import Any

from grader.catalog.definition import LabDefinition
from grader.evidence.model import content_hash

# Rises with every change of the judge or of a check that may change a verdict.
JUDGE_VERSION = "1"
_FROM_TASKS = {"id", "points", "checks", "questions"}
_WORDS = {"prompt", "text", "why", "expected", "otherwise"}


def lab_version(definition: LabDefinition) -> str:
    """The hash of what grading depends on."""
    whole = definition.model_dump(mode="json", include={"slug", "workloads", "roles", "probes"})
    tasks = [task.model_dump(mode="json", include=_FROM_TASKS) for task in definition.tasks]
    return content_hash(_wordless({**whole, "tasks": tasks}))[:12]


def _wordless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _wordless(found) for key, found in value.items() if key not in _WORDS}
    return [_wordless(item) for item in value] if isinstance(value, list) else value
