"""Conditions: true, not true, missing, or the author's mistake; never a silent truth."""

from typing import Any

import pytest

from grader.judge.checks.condition import compile_expression
from grader.judge.fields import tell_value
from tests.unit.judge.labs import BOTH, deployment, finding, nginx, shipper, standing


def condition(expression: str, **more: Any) -> dict[str, Any]:
    words = {"expected": BOTH, "otherwise": BOTH, "field": "spec.x"}
    return {"kind": "condition", "expression": expression, **words, **more}


def judged(expression: str, **more: Any) -> tuple[str, str]:
    found = finding(standing(), condition(expression, **more))
    return found.verdict, found.code


def test_a_condition_over_the_workload_is_met() -> None:
    found = finding(standing(), condition("workload.spec.replicas == 1", field="spec.replicas"))
    assert (found.verdict, found.code) == ("passed", "condition_met")
    assert found.evidence == ("spec.replicas = 1",)
    assert found.params == {"field": "spec.replicas", "seen": "1"}
    assert found.command == "kubectl -n learner-1 get deployment/web -o yaml"


def test_a_condition_that_is_not_so_fails() -> None:
    assert judged("workload.spec.replicas == 3") == ("failed", "condition_not_met")


def test_a_condition_may_look_at_the_role_and_its_pod() -> None:
    expression = "container.ports.exists(p, p.containerPort == 80) && pod.status.phase == 'Running'"
    assert judged(expression, role="writer") == ("passed", "condition_met")


PORTS = "spec.template.spec.containers[].ports"


def seen_at(field: str, **more: Any) -> str:
    found = finding(standing(), condition("workload.spec.replicas == 3", field=field, **more))
    assert found.code == "condition_not_met"
    return found.evidence[0]


def test_a_condition_shows_the_ports_of_the_roles_container_by_its_name() -> None:
    assert seen_at(PORTS, role="writer") == "spec.template.spec.containers[nginx].ports = [80]"
    assert seen_at(PORTS, role="reader") == "spec.template.spec.containers[shipper].ports = not set"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("spec.template.spec.containers[].image", "[nginx:1.27, busybox]"),
        ("spec.template.spec.containers", "[nginx, shipper]"),
        ("status.conditions", "[Available=True]"),
        ("metadata.name", "web"),
        ("spec.template.metadata.labels", '{"app": "web"}'),
        ("spec.nothing.here", "not set"),
        ("status.podIP.x[].y", "not set"),
    ],
)
def test_a_condition_shows_what_stands_at_its_field(field: str, shown: str) -> None:
    assert seen_at(field) == f"{field} = {shown}"


def test_a_field_of_the_pod_is_looked_for_there() -> None:
    assert seen_at("status.phase") == "status.phase = Running"


def test_a_long_value_is_cut() -> None:
    workspace = standing()
    workspace.get("Deployment")["metadata"]["labels"] = {"a": "b" * 500}
    check = condition("workload.spec.replicas == 3", field="metadata.labels")
    assert len(finding(workspace, check).params["seen"]) == 201


def test_a_condition_looks_at_the_newest_pod() -> None:
    workspace = standing(deployment(nginx(), shipper(), replicas=2))
    workspace.objects["Pod"][1]["metadata"]["creationTimestamp"] = "2026-03-01T12:05:00Z"
    expression = "pod.metadata.name.endsWith('-1')"
    assert finding(workspace, condition(expression)).verdict == "passed"


@pytest.mark.parametrize(
    "expression",
    [
        "container.ports.exists(p, p.containerPort == 80)",
        "container.command[7] == 'x'",
        "container.resources.limits.cpu == '1'",
    ],
)
def test_a_field_that_is_missing_is_said_to_be_missing(expression: str) -> None:
    assert judged(expression, role="reader") == ("failed", "field_missing")


def test_an_author_may_ask_whether_a_field_is_there() -> None:
    assert judged("!has(container.ports)", role="reader") == ("passed", "condition_met")


@pytest.mark.parametrize(
    "expression",
    [
        "workload.spec.replicas ==",
        "nobody == 1",
        "workload.spec.replicas > 'a'",
        "workload.spec.replicas",
        "container.name == 'x'",
    ],
)
def test_a_mistake_of_the_author_costs_no_points(expression: str) -> None:
    assert judged(expression) == ("unknown", "lab_error")


def test_half_characters_in_an_object_are_no_mistake_of_the_author() -> None:
    workspace = standing()
    workspace.get("Deployment")["metadata"]["labels"] = {"a": "\ud800"}
    assert finding(workspace, condition("workload.spec.replicas == 1")).verdict == "passed"


def test_the_linter_hears_what_is_wrong() -> None:
    compile_expression("workload.spec.replicas == 1")
    with pytest.raises(ValueError, match="undeclared reference to 'nobody'"):
        compile_expression("nobody == 1")


def test_without_its_workload_or_role_a_condition_is_not_met() -> None:
    workspace = standing(deployment(nginx()))
    assert finding(workspace, condition("true", role="reader")).code == "role_missing"
    assert finding(standing(deployment(nginx(), name="x")), condition("true")).code == (
        "workload_missing"
    )


def test_an_entry_that_nothing_tells_apart_is_shown_whole() -> None:
    assert tell_value([{"key": "gpu"}, 3]) == '[{"key": "gpu"}, 3]'
