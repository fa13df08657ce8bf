"""An audit hook proves it: no file, process or foreign socket, whatever is fed to us."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hostile.apiserver import (
    Answer,
    Server,
    frame,
    respond,
    respond_for_ever,
    upgrade,
    write_raw,
)
from tests.hostile.workspace import LABS, Workspace
from tests.unit.kube.test_learner_kubeconfig import BOMB, CLUSTER, USER, document

ROOT = Path(__file__).parents[2]
SECONDS = 3.0


def run_watched(work: str, told: object) -> tuple[list[list[str]], int]:
    command = [sys.executable, "-m", "tests.hostile.watched", work]
    done = subprocess.run(
        command, input=json.dumps(told), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    touched, count = json.loads(done.stdout)
    return touched, count


def traps(folder: Path) -> list[Any]:
    """Each would touch something if it were taken at its word."""
    mark = folder / "touched"
    script = folder / "script.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "args": []}
    gcp = {"name": "gcp", "config": {"cmd-path": str(script), "cmd-args": "x"}}
    oidc = {"name": "oidc", "config": {"idp-issuer-url": "https://127.0.0.1:1", "id-token": "x"}}
    secret = "/etc/passwd"
    return [
        document(user={"exec": plugin}),
        document(user={"exec": {**plugin, "interactiveMode": "Never"}, "token": "t"}),
        document(user={"auth-provider": gcp}),
        document(user={"auth-provider": oidc}),
        document(user={"tokenFile": secret}),
        document(user={"client-certificate": secret, "client-key": secret}),
        document(cluster=CLUSTER | {"certificate-authority": secret}),
        document(cluster=CLUSTER | {"proxy-url": "http://127.0.0.1:1"}),
        document(cluster=CLUSTER | {"insecure-skip-tls-verify": True}),
        document(cluster={"server": f"file://{secret}"}),
        document(cluster={"server": "https://127.0.0.1:1"} | {"extensions": [{"name": "x"}]}),
        document(user=USER | {"as": "system:admin"}),
        {"include": secret},
    ]


YAML_TRAPS = [
    BOMB,
    "a: !!python/object/apply:os.system ['id']",
    "a: !!python/object/new:subprocess.Popen [['id']]",
    "a: !!python/name:os.system",
    "a: !!python/module:antigravity",
    "a: !include /etc/passwd",
    "%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.system [id]",
    "a: &a [*a]",
    "[" * 60_000,
    "x" * 70_000,
    "\x00\x01\x02",
    "a: 2026-99-99",
]


def test_the_hook_sees_files_processes_and_sockets() -> None:
    touched, _ = run_watched("break", "/bin/true")
    assert {"open", "subprocess.Popen", "socket.connect"} <= {event for event, _ in touched}


def test_a_learners_kubeconfig_opens_no_file_process_or_socket(tmp_path: Path) -> None:
    good = yaml.safe_dump(document())
    bad = [*map(yaml.safe_dump, traps(tmp_path)), *YAML_TRAPS]
    touched, refused = run_watched("parse", [good, good, *bad])
    assert touched == []
    assert refused == len(bad)
    assert not (tmp_path / "touched").exists()


def flood(handler: BaseHTTPRequestHandler) -> None:
    upgrade(handler)
    write_raw(handler, repeat(frame(b"\x01" + b"x" * 60_000)))


def lead_elsewhere(handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 307, Location="https://127.0.0.1:1/inside", Refresh="0; url=https://a.example")


def bomb(handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 200, b"\x1f\x8b\x08" + b"\0" * 9999, Content_Encoding="gzip")


WRONG: dict[str, dict[str, Answer]] = {
    "nothing": {},
    "redirects everywhere": {".": lead_elsewhere},
    "redirects of what runs in the Pod": {"/(exec|portforward|proxy|log)": lead_elsewhere},
    "floods": {"/exec": flood},
    "bombs": {".": bomb},
    "endless bodies": {"/proxy": lambda h: respond_for_ever(h, repeat(b"x" * 65536))},
}
# Modules load when they are first needed; files that say who we are in time and in names.
OWN = (sys.prefix, sys.base_prefix, "/usr/lib/python", str(ROOT / "grader"), str(LABS))
RUNS = ("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "pty.")


@pytest.mark.parametrize("what", list(WRONG))
def test_a_grade_touches_its_api_server_and_nothing_else(server: Server, what: str) -> None:
    workspace = Workspace(server)
    workspace.wrong = WRONG[what]
    told = {
        "server": server.address,
        "ca": (server.folder / "cert.pem").read_text(),
        "namespace": workspace.namespace,
        "lab": str(LABS / "sidecar-logging"),
        "seconds": SECONDS,
    }
    touched, calls = run_watched("grade", told)
    assert calls > 5
    connected = {what for event, what in touched if event == "socket.connect"}
    assert connected == {repr(("127.0.0.1", server.port))}
    assert [event for event, _ in touched if event.startswith("socket.getaddrinfo")] == []
    assert [touch for touch in touched if touch[0].startswith(RUNS)] == []
    opened = {what.strip("(),'\"") for event, what in touched if event == "open"}
    assert {file for file in opened if not file.startswith(OWN)} == set()
