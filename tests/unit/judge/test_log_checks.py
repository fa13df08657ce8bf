"""Counters and monitors, by the times of their lines."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from grader.evidence.model import Log, Trouble
from tests.unit.judge.labs import container, deployment, finding, standing
from tests.workspaces import NOW, Workspace

ROLES = {"speaker": {"images": ["busybox"]}}
GROWING = {"kind": "growing_numbers", "role": "speaker", "at_least": 3}
FRESH = {"kind": "fresh_log", "role": "speaker", "oldest": 60, "starting": 20}


def ago(seconds: float) -> str:
    moment = datetime.fromisoformat(NOW) - timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def speaking(*lines: tuple[float, str]) -> Workspace:
    workspace = standing(deployment(container("speaker")))
    workspace.says("speaker", *((ago(seconds), text) for seconds, text in lines))
    return workspace


def counting(*numbers: object, every: float = 1) -> Workspace:
    """The last one just now."""
    last = len(numbers) - 1
    return speaking(*(((last - at) * every, str(it)) for at, it in enumerate(numbers)))


def growing(workspace: Workspace) -> tuple[str, str]:
    found = finding(workspace, GROWING, roles=ROLES)
    return found.verdict, found.code


def fresh(workspace: Workspace) -> tuple[str, str]:
    found = finding(workspace, FRESH, roles=ROLES)
    return found.verdict, found.code


@pytest.mark.parametrize(
    "numbers",
    [
        (1, 2, 3),
        (96, 97, 98, 99, 1, 2, 3),
        (99, 1, 2, 3),
        (5, 10, 15, 20),
        ("count: 7", "count: 8", "count: 9"),
        ("tick", 1, "tick", 2, "tick", 3),
        ("1/99", "2/99", "3/99"),
        ("2026-03-01 12:00:01 n=1", "2026-03-01 12:00:02 n=2", "2026-03-01 12:00:03 n=3"),
        (-2, -1, 0),
        ("9 13.5", "10 13.5", "11 13.5"),
    ],
)
def test_numbers_that_rise_evenly_grow(numbers: tuple[object, ...]) -> None:
    assert growing(counting(*numbers)) == ("passed", "numbers_grow")


@pytest.mark.parametrize(
    "numbers",
    [
        (5, 5, 5, 5),
        (3, 2, 1, 0),
        (1, 2, 4, 8),
        (17, 4, 23, 9, 11, 2),
        (98, 99, 1),
        (1, 2, 1, 2, 1, 2),
        ("12:00:01 up", "12:00:02 up", "12:00:03 up", 7, 7, 7),
    ],
)
def test_other_numbers_do_not(numbers: tuple[object, ...]) -> None:
    assert growing(counting(*numbers)) == ("failed", "numbers_do_not_grow")


@pytest.mark.parametrize(
    "workspace",
    [
        counting(1, 2),
        counting("one", "two", "three"),
        counting("12:00:01", "12:00:02", "12:00:03"),
        counting("v1.2.3", "v1.2.4", "v1.2.5"),
        counting(1, 2, 3, every=50),
        speaking((300, "1"), (299, "2"), (298, "3")),
        speaking(),
    ],
)
def test_too_few_fresh_numbers_are_missing(workspace: Workspace) -> None:
    assert growing(workspace) == ("failed", "numbers_missing")


def test_a_young_counter_is_still_starting() -> None:
    workspace = counting(1)
    workspace.status("speaker")["state"] = {"running": {"startedAt": ago(5)}}
    assert growing(workspace) == ("failed", "still_starting")


def test_a_counter_that_counted_to_its_end_before_will_do_so_again() -> None:
    workspace = counting(1, 2, 3)
    workspace.status("speaker").update(
        restartCount=1, lastState={"terminated": {"exitCode": 0, "reason": "Completed"}}
    )
    assert growing(workspace) == ("failed", "counter_ends")


def test_a_counter_that_fell_over_once_may_go_on() -> None:
    workspace = counting(1, 2, 3)
    workspace.status("speaker").update(restartCount=1, lastState={"terminated": {"exitCode": 137}})
    assert growing(workspace) == ("passed", "numbers_grow")


def test_every_replica_has_to_count() -> None:
    workspace = standing(deployment(container("speaker"), replicas=2))
    workspace.says("speaker", *((ago(3 - it), str(it)) for it in range(4)))
    first, second = (pod["metadata"]["name"] for pod in workspace.objects["Pod"])
    workspace.logs.append(Log(second, "", "speaker"))
    found = finding(workspace, GROWING, roles=ROLES)
    assert (found.code, found.params["pod"]) == ("numbers_missing", second)
    assert first != second


def test_lines_in_another_order_are_put_in_the_order_of_their_times() -> None:
    assert growing(speaking((0, "3"), (2, "1"), (1, "2"))) == ("passed", "numbers_grow")


def test_a_count_that_has_stopped_is_no_count_now() -> None:
    counted_at_once = speaking((40, "1"), (40, "2"), (40, "3"), (40, "4"))
    assert growing(counted_at_once) == ("failed", "numbers_stopped")


def test_a_slow_count_may_pause_between_its_numbers() -> None:
    assert growing(speaking((85, "1"), (55, "2"), (25, "3"))) == ("passed", "numbers_grow")


def test_a_last_line_of_late_is_fresh() -> None:
    assert fresh(speaking((50, "up"), (25, "still up"))) == ("passed", "log_fresh")


def test_a_last_line_of_long_ago_is_stale() -> None:
    found = finding(speaking((90, "up"), (70, "still up")), FRESH, roles=ROLES)
    assert (found.code, found.params["age"]) == ("log_stale", 70)


def test_silence_is_told_from_silence_at_the_start() -> None:
    workspace = speaking()
    assert fresh(workspace) == ("failed", "log_silent")
    workspace.status("speaker")["state"] = {"running": {"startedAt": ago(12)}}
    assert fresh(workspace) == ("failed", "still_starting")


@pytest.mark.parametrize(
    "line",
    [
        "sleep: invalid option -- '1'",
        "sleep: invalid number '-100'",
        "sleep: invalid time interval '-100'",
        "sh: foo: not found",
        "bash: line 1: foo: command not found",
        "cat: can't open '/x': No such file or directory",
        "12:00:01 /bin/sh: 3: foo: not found",
    ],
)
def test_a_failing_command_is_shown(line: str) -> None:
    found = finding(speaking((20, "ok"), (10, line), (5, "ok")), FRESH, roles=ROLES)
    assert (found.code, found.params["line"]) == ("log_has_error", line)
    assert line in found.evidence[0]


@pytest.mark.parametrize(
    "line",
    [
        "Monitoring... Sun Mar  1 12:10:00 UTC 2026",
        "no errors found",
        "GET /missing 404 Not Found",
        "load average: 0.00, 0.01, 0.05",
        "invalid sessions: 0",
    ],
)
def test_an_innocent_line_is_no_error(line: str) -> None:
    assert fresh(speaking((5, line))) == ("passed", "log_fresh")


def test_an_error_of_long_ago_is_forgiven() -> None:
    assert fresh(speaking((80, "sh: foo: not found"), (5, "ok"))) == ("passed", "log_fresh")


def crash(status: dict[str, Any]) -> None:
    status.update(
        state={"waiting": {"reason": "CrashLoopBackOff"}},
        ready=False,
        restartCount=3,
        lastState={"terminated": {"exitCode": 1}},
    )


def test_a_container_that_does_not_run_says_nothing_that_counts() -> None:
    workspace = counting(1, 2, 3)
    crash(workspace.status("speaker"))
    assert growing(workspace) == ("failed", "crash_looping")
    workspace.status("speaker").update(
        state={"waiting": {"reason": "ErrImagePull"}}, restartCount=0
    )
    workspace.settled = False
    assert fresh(workspace) == ("failed", "still_starting")


def test_a_log_that_was_not_read_is_unknown() -> None:
    workspace = standing(deployment(container("speaker")))
    assert growing(workspace) == ("unknown", "log_unseen")
    pod = workspace.get("Pod")["metadata"]["name"]
    workspace.logs.append(Log(pod, "", "speaker", trouble=Trouble("timeout")))
    found = finding(workspace, FRESH, roles=ROLES)
    assert (found.verdict, found.params["reason"]) == ("unknown", "timeout")


def test_without_a_container_in_the_role_there_is_no_log() -> None:
    roles = {"speaker": {"images": ["mysql"]}}
    workspace = counting(1, 2, 3)
    assert finding(workspace, GROWING, roles=roles).code == "role_missing"
    assert finding(workspace, FRESH, roles=roles).code == "role_missing"


def test_lines_without_a_time_do_not_count() -> None:
    workspace = standing(deployment(container("speaker")))
    workspace.says("speaker", *(("", str(number)) for number in range(5)))
    assert growing(workspace) == ("failed", "numbers_missing")
