"""What is asked of each container that plays a role: one that fails speaks for all of them."""

from collections.abc import Callable

from grader.evidence.views import ContainerView
from grader.judge.case import Case
from grader.judge.verdict import Finding


def find_in_each(role: str, case: Case, look: Callable[[ContainerView], Finding]) -> Finding:
    player = case.role(role)
    gap = case.gap_of_roles(role)
    if gap or player is None:
        return gap or case.role_missing(role)
    found = [look(container) for container in player.containers]
    return next((it for it in found if it.verdict != "passed"), found[0])
