"""What is collected is what the lab's checks, probes and questions ask for."""

from grader.evidence.plan import KINDS, plan
from tests.unit.judge.labs import BOTH, lab_with


def test_the_longest_hold_and_every_role_whose_log_matters_are_planned() -> None:
    roles = {
        "front": {"listens": [80]},
        "counter": {"listens": "none"},
        "shipper": {},
        "asked": {},
        "app": {"prints": "PONG"},
        "cashier": {"counts": True},
    }
    probes = {
        "flow": {"kind": "log_flow", "writer": "front", "reader": "shipper"},
        "line": {"kind": "fresh_line", "role": "app", "fits": "PONG"},
        "page": {"kind": "pod_http", "port": 80},
    }
    live = {"role": "asked", "fact": "error_line"}
    lab = lab_with(
        {"kind": "ready", "roles": ["front"], "seconds": 5},
        {"kind": "ready", "roles": ["front"], "seconds": 20},
        {"kind": "growing_numbers", "role": "counter"},
        questions=[
            {"id": "a", "kind": "log_line", "prompt": BOTH, "right": ["x: invalid"], "live": live},
            {"id": "b", "kind": "number", "prompt": BOTH, "right": [1]},
        ],
        roles=roles,
        probes=probes,
    )
    planned = plan(lab)
    assert planned.kinds == KINDS
    assert planned.hold_seconds == 20
    assert planned.log_roles == ("counter", "asked", "shipper", "app", "cashier")
    assert planned.listener_roles == ("front", "counter")
    assert set(planned.probes) == {"flow", "line", "page"}


def test_a_lab_without_workloads_needs_no_cluster() -> None:
    question = {"id": "a", "kind": "number", "prompt": BOTH, "right": [1]}
    lab = lab_with(workloads={}, roles={}, questions=[question])
    assert (plan(lab).kinds, plan(lab).hold_seconds) == ((), 0)
