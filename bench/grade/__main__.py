"""`python -m bench.grade`: one settled, correct workspace, graded by us and others, interleaved.

Warm: inside a worker that has graded before. Cold: whole processes, start included. The floor is
what the grade must ask of the API at least, one answer after the other, by the same client.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.peers import VERSION, PeerMissingError, ensure_chainsaw
from bench.table import Series, print_table, write_json
from bench.workspace import ROOT, workspace
from grader.catalog import load_lab
from grader.judge.engine import judge
from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.collect import collect
from grader.kube.connection import Pool
from grader.kube.credentials import read_kubeconfig
from host.instance import current_instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.workspace import Workspace

HERE = Path(__file__).parent


class Warm:
    """A worker between grades: the lab is read, the connections are open."""

    def __init__(self, here: Workspace) -> None:
        self.namespace = here.namespace
        self.lab = load_lab(ROOT / "labs" / "sidecar-logging")
        self.target = read_kubeconfig(here.kubeconfig)
        self.connections = Pool(self.target)
        self.calls = 0

    def grade(self) -> None:
        evidence = collect(self.lab, self.target, self.namespace, {}, pool=self.connections)
        verdict = judge(self.lab, evidence)
        self.calls = verdict.api_calls
        if verdict.score != verdict.max_score:
            raise SystemExit(f"we graded {verdict.score}: {verdict.tasks}")


class Floor:
    """The longest chain of answers that the grade cannot do without, and nothing between them."""

    def __init__(self, here: Workspace) -> None:
        self.namespace = here.namespace
        self.connections = Pool(read_kubeconfig(here.kubeconfig))
        self.client = Client(read_kubeconfig(here.kubeconfig), Budget(), self.connections)
        pods = self._get(f"/api/v1/namespaces/{self.namespace}/pods")["items"]
        self.pod = pods[0]["metadata"]["name"]

    def _get(self, path: str) -> Any:
        return self.client.get_json(path)

    def round_trips(self) -> None:
        self.client = Client(self.client.target, Budget(), self.connections)
        nonce, second = secrets.token_hex(8), secrets.token_hex(8)
        self._get(f"/api/v1/namespaces/{self.namespace}/pods")
        log = f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}/log"
        query = {"container": "log-shipper", "follow": "true", "tailLines": "1"}
        with self.client.stream(log, query, seconds=10) as lines:
            with self.client.port_forward(self.namespace, self.pod, 80) as tunnel:
                request = f"GET /{nonce} HTTP/1.0\r\nHost: localhost\r\n\r\n"
                tunnel.send(request.encode())
                tunnel.receive(4096, 5)
            _wait(lines, nonce)
            write = ["sh", "-c", 'echo "$1" >> /var/log/nginx/access.log', "sh", second]
            self.client.exec(self.namespace, self.pod, "nginx", write)
            _wait(lines, second)


def _wait(lines: Any, word: str) -> None:
    for line in lines:
        if word.encode() in line:
            return


def script(here: Workspace) -> None:
    answer = here.run("bash", str(HERE / "sidecar.sh"), here.namespace)
    if answer.returncode:
        raise SystemExit(answer.stdout + answer.stderr)


def chainsaw(here: Workspace, program: Path) -> None:
    options = ("--namespace", here.namespace, "--skip-delete", "--no-color")
    answer = here.run(str(program), "test", "--test-dir", str(HERE / "chainsaw"), *options)
    if answer.returncode:
        raise SystemExit(answer.stdout + answer.stderr)


def whole_command(here: Workspace) -> None:
    command = [sys.executable, "manage.py", "grade", "sidecar-logging", "--output", "json"]
    answer = here.run(*command, "--namespace", here.namespace, "--kubeconfig", str(here.kubeconfig))
    if answer.returncode or json.loads(answer.stdout)["score"] != 100:
        raise SystemExit(answer.stdout + answer.stderr)


def timed(work: Callable[[], None], series: Series) -> None:
    began = time.perf_counter()
    work()
    series.seconds.append(time.perf_counter() - began)


def measure(here: Workspace, runs: int, peer: Path | str) -> dict[str, list[Series]]:
    warm, floor = Warm(here), Floor(here)
    ours, least = Series("this grader, warm"), Series("(c) raw API round trips, the floor")
    cold, bash = Series("this grader, whole process"), Series("(a) bash + kubectl")
    other = Series(f"(b) chainsaw {VERSION}", skipped="" if isinstance(peer, Path) else peer)
    warm.grade()  # the first one opens the connections
    floor.round_trips()
    whole_command(here)
    for _ in range(runs):
        timed(warm.grade, ours)
        timed(floor.round_trips, least)
        timed(lambda: whole_command(here), cold)
        timed(lambda: script(here), bash)
        if isinstance(peer, Path):
            timed(lambda: chainsaw(here, peer), other)
    print_table(f"sidecar-logging, warm, {warm.calls} API calls", ours, [bash, other, least])
    print_table("sidecar-logging, cold", cold, [bash, other])
    return {"warm": [ours, bash, other, least], "cold": [cold, bash, other]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.grade", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", type=Path, default=ROOT / "test-results" / "bench-grade.json")
    options = parser.parse_args()
    try:
        peer: Path | str = ensure_chainsaw(current_instance().cache)
    except PeerMissingError as error:
        peer = f"skipped: {error}"
    with workspace(options.kubeconfig, HERE / "settled.yaml") as here:
        groups = measure(here, options.runs, peer)
    write_json(options.json, groups, cores=os.cpu_count())


if __name__ == "__main__":
    main()
