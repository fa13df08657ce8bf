"""Whether what the lab tried on a running workload came out: the one thing asked of a probe here.

Its check says more. A diagnosis only wants to know if anything is wrong at all, for what looks odd
in a workload that does all it should is no fault.
"""

from collections.abc import Callable, Mapping
from typing import Any

from grader.evidence.model import Transcript
from grader.evidence.reading import truth

TIDYING = "remove"
# By the fact that a probe leaves: whether that says it came out.
CAME_OUT: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "readers": lambda facts: bool(facts["readers"]),
    "there": lambda facts: truth(facts, "there", "ok") and truth(facts, "back", "ok"),
    "answered": lambda facts: facts["answered"] is True,
    "seen": lambda facts: facts["seen"] is True,
}


def came_to_nothing(probe: Transcript) -> bool:
    """A probe that could not be done says nothing, nor does one that had nobody to ask."""
    if probe.trouble is not None or not probe.steps:
        return False
    for fact, came_out in CAME_OUT.items():
        if fact in probe.facts:
            return not came_out(probe.facts)
    steps = [step for step in probe.steps if step.action != TIDYING]
    return bool(steps) and not steps[-1].ok
