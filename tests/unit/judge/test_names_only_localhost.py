"""All that the container is given is read: commands, variables, ConfigMaps, hooks, probes."""

from typing import Any

import pytest

from grader.evidence.model import Trouble
from tests.unit.judge.labs import config, container, deployment, finding, nginx, service, standing
from tests.workspaces import Workspace

ROLES = {"app": {"images": ["busybox"]}}
LOCAL = {"kind": "names_only_localhost", "role": "app"}
PING = ["sh", "-c", "while true; do redis-cli -h localhost ping; sleep 1; done"]


def app(*documents: dict[str, Any], pod: dict[str, Any] | None = None, **spec: Any) -> Workspace:
    whole = {"command": PING, **spec}
    stood = deployment(container("app", **whole), **(pod or {}))
    return standing(stood, service("redis", "redis", {"port": 6379}), *documents)


def judged(workspace: Workspace) -> tuple[str, str]:
    found = finding(workspace, LOCAL, roles=ROLES)
    return found.code, str(found.params.get("field", ""))


def test_an_app_that_asks_its_neighbour_passes_and_shows_what_was_read() -> None:
    found = finding(app(env=[{"name": "A", "value": "b"}]), LOCAL, roles=ROLES)
    assert (found.verdict, found.code) == ("passed", "names_only_localhost")
    assert found.evidence[1] == "spec.containers[app].env[A] = b"


def test_an_image_that_does_all_by_itself_passes() -> None:
    assert judged(app(command=[])) == ("names_only_localhost", "")


def test_the_backend_in_the_command_is_named() -> None:
    found = finding(app(command=["redis-cli", "-h", "redis"]), LOCAL, roles=ROLES)
    assert (found.verdict, found.code) == ("failed", "names_other_host")
    assert found.params == {
        "container": "app",
        "host": "redis",
        "field": "spec.containers[app].command",
    }


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"name": "REDIS_URL", "value": "redis://redis:6379"}, "names_other_host"),
        ({"name": "REDIS_HOST", "value": "redis"}, "names_other_host"),
        ({"name": "REDIS_HOST", "value": "localhost"}, "names_only_localhost"),
        ({"name": "DRIVER", "value": "redis"}, "names_only_localhost"),
        (
            {"name": "H", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "host"}}},
            "names_only_localhost",
        ),
        (
            {"name": "REDIS", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "address"}}},
            "names_other_host",
        ),
        (
            {"name": "H", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "host"}}},
            "names_only_localhost",
        ),
        ({"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}, "names_only_localhost"),
    ],
)
def test_variables_are_read_wherever_they_come_from(env: dict[str, Any], code: str) -> None:
    settings = config("c", host="redis", address="redis:6379")
    assert judged(app(settings, env=[env]))[0] == code


def test_a_variable_hides_no_host_from_the_command() -> None:
    env = [{"name": "H", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "host"}}}]
    workspace = app(config("c", host="redis"), env=env, command=["redis-cli", "-h", "$(H)"])
    assert judged(workspace) == ("names_other_host", "spec.containers[app].command")


def test_variables_of_a_whole_config_map_are_read() -> None:
    source = [{"prefix": "X_", "configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}]
    workspace = app(config("c", REDIS_HOST="redis"), envFrom=source)
    assert judged(workspace) == (
        "names_other_host",
        "spec.containers[app].envFrom[0] REDIS_HOST",
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("run.sh", "redis-cli -h redis ping", "names_other_host"),
        ("run.sh", "echo redis:6379; redis-cli ping", "names_only_localhost"),
        ("run", "#!/bin/sh\nredis-cli -h redis ping", "names_other_host"),
        ("app.py", 'redis.Redis(host="redis")', "names_other_host"),
        ("app.py", 'redis.Redis(host="localhost")', "names_only_localhost"),
        ("app.conf", "x" * 20000, "too_long_to_read"),
    ],
)
def test_files_of_mounted_config_maps_are_read(name: str, content: str, code: str) -> None:
    pod = {"volumes": [{"name": "c", "configMap": {"name": "files"}}]}
    mounts = [{"name": "c", "mountPath": "/x"}]
    workspace = app(config("files", **{name: content[:16384]}), pod=pod, volumeMounts=mounts)
    if code == "too_long_to_read":
        data = workspace.get("ConfigMap")["data"]
        data[name] = data[name][:16000] + "[cut 4000 bytes]"
    assert judged(workspace)[0] == code


@pytest.mark.parametrize("hook", ["postStart", "preStop"])
def test_hooks_are_read(hook: str) -> None:
    lifecycle = {hook: {"exec": {"command": ["sh", "-c", "nc redis 6379 &"]}}}
    assert judged(app(lifecycle=lifecycle)) == (
        "names_other_host",
        f"spec.containers[app].lifecycle.{hook}.exec.command",
    )


def test_probes_are_read() -> None:
    probe = {"exec": {"command": ["redis-cli", "-h", "redis", "ping"]}}
    assert judged(app(readinessProbe=probe))[0] == "names_other_host"
    assert judged(app(readinessProbe={"exec": {"command": ["redis-cli", "ping"]}}))[0] == (
        "names_only_localhost"
    )


def test_aliases_of_the_pod_are_names_of_hosts() -> None:
    aliases = [
        {"ip": "10.1.2.3", "hostnames": ["far"]},
        {"ip": "127.0.0.1", "hostnames": ["near"]},
    ]
    pod = {"hostAliases": aliases}
    assert judged(app(pod=pod, command=["nc", "far", "6379"]))[0] == "names_other_host"
    assert judged(app(pod=pod, command=["redis-cli", "-h", "near"]))[0] == "names_only_localhost"


def test_a_long_command_is_shown_in_short() -> None:
    words = ["sh", "-c", "redis-cli ping; " * 50]
    found = finding(app(command=words), LOCAL, roles=ROLES)
    assert found.evidence[0].endswith("…")


@pytest.mark.parametrize("kind", ["Service", "ConfigMap"])
def test_without_the_names_of_others_nothing_can_be_told(kind: str) -> None:
    workspace = app()
    workspace.unseen = {kind: Trouble("timeout")}
    found = finding(workspace, LOCAL, roles=ROLES)
    assert (found.verdict, found.code) == ("unknown", "not_seen")


def test_without_an_app_there_is_nothing_to_read() -> None:
    assert judged(standing(deployment(nginx())))[0] == "role_missing"
