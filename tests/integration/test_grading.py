"""The whole chain on the real cluster: apply, collect, judge. And nothing of ours stays behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from grader.catalog.loader import load_lab
from grader.judge.engine import judge
from grader.kube.collect import Progress, collect
from grader.kube.credentials import read_kubeconfig
from grader.kube.errors import NamespaceError
from tests.integration.driver import MANIFESTS, ROOT, Workspace, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.evidence.model import Evidence
    from grader.judge.verdict import Verdict

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NONCE = re.compile(r"podlab_[a-z0-9]{16}")
# Grades in a process of its own that can be killed: prints each stage as it comes.
GRADE_AND_TELL = """
import sys
from pathlib import Path
from grader.catalog.loader import load_lab
from grader.kube.collect import collect
from grader.kube.credentials import read_kubeconfig
lab, config, namespace = sys.argv[1:]
tell = lambda progress: print(progress.code, flush=True)
collect(load_lab(Path(lab)), read_kubeconfig(Path(config)), namespace, {}, progress=tell)
"""


@dataclass(frozen=True)
class Grade:
    evidence: Evidence
    verdict: Verdict

    @property
    def points(self) -> dict[str, int]:
        return {task.id: task.points for task in self.verdict.tasks}

    def codes(self, task: str) -> list[str]:
        found = next(one for one in self.verdict.tasks if one.id == task)
        return [check.code for check in found.checks]


def grade(
    workspace: Workspace, lab: str, tell: Callable[[Progress], None] = lambda _: None
) -> Grade:
    target = read_kubeconfig(workspace.cluster.paths.kubeconfig("admin"))
    loaded = load_lab(ROOT / "labs" / lab)
    evidence = collect(loaded, target, workspace.namespace, {}, progress=tell)
    return Grade(evidence, judge(loaded, evidence))


def stand(workspace: Workspace, manifest: str, label: str, ready: int) -> None:
    workspace.apply(manifest)
    wait_for(lambda: workspace.ready(label) == ready, f"{ready} ready containers")


def sh(workspace: Workspace, deployment: str, container: str, script: str) -> str:
    where = (f"deploy/{deployment}", "-c", container)
    return workspace.kubectl("exec", *where, "--", "sh", "-c", script)


def change(workspace: Workspace, manifest: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """Applies the course's manifest with its Deployment changed."""
    documents = list(yaml.safe_load_all((MANIFESTS / f"{manifest}.yaml").read_text()))
    for document in documents:
        if document["kind"] == "Deployment":
            edit(document)
    workspace.kubectl("apply", "-f", "-", text=yaml.safe_dump_all(documents))


@pytest.mark.parametrize(
    ("manifest", "lab"),
    [
        ("sidecar-logging", "sidecar-logging"),
        ("app-with-exporter", "exporter"),
        ("redis-with-proxy", "ambassador"),
    ],
)
def test_the_course_s_own_manifest_scores_full_marks_right_after_it_was_applied(
    workspace: Workspace, manifest: str, lab: str
) -> None:
    workspace.apply(manifest)
    found = grade(workspace, lab)
    assert found.verdict.score == 100, found.verdict.tasks
    assert found.evidence.settled
    assert found.evidence.unseen == {}


def test_the_fixed_pod_gets_every_task_that_is_no_question(workspace: Workspace) -> None:
    workspace.apply("multi-dep-fixed")
    found = grade(workspace, "fix-multi-dep")
    assert {name for name, points in found.points.items() if not points} == {
        "diagnose-nginx",
        "diagnose-mysql",
        "diagnose-counter",
        "diagnose-someother",
    }


def test_what_has_stood_for_long_is_graded_without_waiting(workspace: Workspace) -> None:
    stand(workspace, "sidecar-logging", "app=nginx-sidecar", 2)
    grade(workspace, "sidecar-logging")
    stages: list[str] = []
    found = grade(workspace, "sidecar-logging", lambda progress: stages.append(progress.code))
    assert found.verdict.score == 100
    assert stages == ["listing", "looking", "probing", "probed", "probed", "finishing"]
    assert found.evidence.api_calls <= 20


def test_a_log_keeps_its_own_lines_and_loses_ours(workspace: Workspace) -> None:
    stand(workspace, "sidecar-logging", "app=nginx-sidecar", 2)
    read = "cat /var/log/nginx/access.log"
    before = sh(workspace, "nginx-with-sidecar", "nginx", read)
    found = grade(workspace, "sidecar-logging")
    after = sh(workspace, "nginx-with-sidecar", "nginx", read)
    facts = found.evidence.probes["flow"].facts
    assert facts["readers"] == ["log-shipper"]
    assert after.startswith(before)
    assert facts["line"] not in after
    assert f"GET {facts['path']} " in after, "the request is the app's own line"
    assert found.evidence.probes["flow"].left_behind == ()
    # Nothing was printed again: the file never became shorter.
    printed = workspace.logs("app=nginx-sidecar", "log-shipper")
    assert printed.count(f"GET {facts['path']} ") == 1
    assert printed.count(facts["line"]) == 1


def test_the_metrics_file_is_as_it_was(workspace: Workspace) -> None:
    def writes_once(document: dict[str, Any]) -> None:
        app = document["spec"]["template"]["spec"]["containers"][0]
        script = app["lifecycle"]["postStart"]["exec"]["command"]
        script[2] = "printf 'first 1\\nlast 2\\n' > /var/metrics/metrics.txt"

    change(workspace, "app-with-exporter", writes_once)
    wait_for(lambda: workspace.ready("app=metrics-app") == 2, "two ready containers")
    found = grade(workspace, "exporter")
    assert found.verdict.score == 100, found.verdict.tasks
    content = sh(workspace, "app-with-exporter", "app", "cat /var/metrics/metrics.txt")
    assert content == "first 1\nlast 2\n"


def test_no_key_of_ours_stays_in_redis(workspace: Workspace) -> None:
    stand(workspace, "redis-with-proxy", "app=redis-client", 2)
    sh(workspace, "redis", "redis", "redis-cli SET theirs 1")
    found = grade(workspace, "ambassador")
    assert found.verdict.score == 100, found.verdict.tasks
    assert sh(workspace, "redis", "redis", "redis-cli KEYS '*'").split() == ["theirs"]


def test_a_grade_that_is_killed_half_way_leaves_nothing_in_the_file(workspace: Workspace) -> None:
    def silent(document: dict[str, Any]) -> None:
        """An exporter that serves a fixed text keeps the probe trying until it is killed."""
        containers = document["spec"]["template"]["spec"]["containers"]
        script = containers[0]["lifecycle"]["postStart"]["exec"]["command"]
        script[2] = "printf 'first 1\\nlast 2\\n' > /var/metrics/metrics.txt"
        answer = "HTTP/1.1 200 OK\\r\\n\\r\\nup 1"
        containers[1]["command"] = [
            "sh",
            "-c",
            f"while true; do printf '{answer}\\n' | nc -l -p 9090; done",
        ]

    change(workspace, "app-with-exporter", silent)
    wait_for(lambda: workspace.ready("app=metrics-app") == 2, "two ready containers")
    config = workspace.cluster.paths.kubeconfig("admin")
    arguments = (str(ROOT / "labs" / "exporter"), str(config), workspace.namespace)
    grading = subprocess.Popen(
        [sys.executable, "-c", GRADE_AND_TELL, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )

    def content() -> str:
        return sh(workspace, "app-with-exporter", "app", "cat /var/metrics/metrics.txt")

    try:
        wait_for(lambda: NONCE.search(content()), "our line in the file")
    finally:
        os.kill(grading.pid, signal.SIGKILL)
        grading.communicate()
    wait_for(lambda: content() == "first 1\nlast 2\n", "the file as it was")
    processes = sh(workspace, "app-with-exporter", "app", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "podlab" not in processes


def test_two_replicas_are_both_judged_and_either_may_print(workspace: Workspace) -> None:
    def twice(document: dict[str, Any]) -> None:
        document["spec"]["replicas"] = 2

    change(workspace, "sidecar-logging", twice)
    found = grade(workspace, "sidecar-logging")
    assert found.verdict.score == 100, found.verdict.tasks
    assert len(found.evidence.objects["Pod"]) == 2


def test_a_native_sidecar_in_front_is_as_good(workspace: Workspace) -> None:
    def in_front(document: dict[str, Any]) -> None:
        spec = document["spec"]["template"]["spec"]
        sidecar = spec["containers"].pop()
        wait = "until [ -f /var/log/nginx/access.log ]; do sleep 1; done"
        command = ["sh", "-c", f"{wait}; exec tail -f /var/log/nginx/access.log"]
        native = {**sidecar, "name": "b", "command": command, "restartPolicy": "Always"}
        spec["initContainers"] = [native]

    change(workspace, "sidecar-logging", in_front)
    found = grade(workspace, "sidecar-logging")
    assert found.verdict.score == 100, found.verdict.tasks
    assert found.evidence.probes["flow"].facts["readers"] == ["b"]


def test_a_shipper_that_prints_invented_lines_fails_the_flow_and_nothing_else(
    workspace: Workspace,
) -> None:
    def invents(document: dict[str, Any]) -> None:
        shipper = document["spec"]["template"]["spec"]["containers"][1]
        script = 'while true; do echo "GET /$RANDOM HTTP/1.1 200"; sleep 1; done'
        shipper["command"] = ["sh", "-c", script]

    change(workspace, "sidecar-logging", invents)
    found = grade(workspace, "sidecar-logging")
    assert {name for name, points in found.points.items() if not points} == {"log-flow"}
    assert found.codes("log-flow") == ["log_request_missing"]


def test_a_container_that_fails_again_and_again_is_not_waited_for(workspace: Workspace) -> None:
    def crashes(document: dict[str, Any]) -> None:
        shipper = document["spec"]["template"]["spec"]["containers"][1]
        shipper["command"] = ["sh", "-c", "echo no such luck; exit 3"]

    change(workspace, "sidecar-logging", crashes)
    label = "app=nginx-sidecar"
    wait_for(
        lambda: workspace.containers(label).get("log-shipper", {}).get("restartCount", 0) >= 3,
        "three restarts",
        timeout=120,
    )
    wait_for(lambda: "waiting" in workspace.containers(label)["log-shipper"]["state"], "a back-off")
    stages: list[str] = []
    found = grade(workspace, "sidecar-logging", lambda progress: stages.append(progress.code))
    assert found.evidence.settled
    assert "waiting" not in stages
    assert found.codes("workload") == ["crash_looping"]
    previous = [log for log in found.evidence.logs if log.previous]
    assert [line.text for log in previous for line in log.lines] == ["no such luck"]


def test_a_namespace_that_is_not_there_is_said_at_once(workspace: Workspace) -> None:
    with pytest.raises(NamespaceError):
        grade(Workspace(workspace.cluster, "no-such-namespace"), "sidecar-logging")


def test_an_empty_namespace_scores_nothing_and_is_no_error(workspace: Workspace) -> None:
    found = grade(workspace, "sidecar-logging")
    assert (found.verdict.score, found.verdict.verdict) == (0, "failed")
    assert found.codes("workload") == ["workload_missing"]


def test_the_evidence_is_json_that_holds_no_managed_fields(workspace: Workspace) -> None:
    stand(workspace, "sidecar-logging", "app=nginx-sidecar", 2)
    text = json.dumps(grade(workspace, "sidecar-logging").evidence.to_json())
    assert "managedFields" not in text
    assert len(text) < 200_000
