"""Points, and the score that the start is said to have."""

from collections.abc import Iterator

from grader.catalog.rules.complaint import Complaint, Subject

FULL = 100


def points_make_a_hundred(subject: Subject) -> Iterator[Complaint]:
    total = sum(task.points for task in subject.definition.tasks)
    if total != FULL:
        yield subject.complain(
            "points",
            ("tasks",),
            f"the points of the tasks add up to {total}.",
            f"Let them make {FULL}: {FULL - total:+d}.",
        )


def the_start_can_score_that(subject: Subject) -> Iterator[Complaint]:
    reachable = {0}
    for task in subject.definition.tasks:
        reachable |= {sum_ + task.points for sum_ in reachable}
    score = subject.definition.start.score
    if score not in reachable:
        yield subject.complain(
            "start-score",
            ("start", "score"),
            f"no set of tasks gives {score} points, and a task gives all of its points or none.",
            "Grade the start once and write its score.",
        )
