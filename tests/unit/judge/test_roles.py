"""Who plays which part: by behaviour and spec, whatever the names and the order."""

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judge.roles import assign
from tests.unit.judge.labs import (
    case,
    config,
    container,
    deployment,
    lab_with,
    mount,
    nginx,
    shipper,
    standing,
)
from tests.workspaces import Workspace

SIDECAR = {
    "web": {
        "listens": "any",
        "ports": [80],
        "images": ["nginx", "httpd"],
        "commands": ["httpd"],
        "not_commands": ["tail"],
    },
    "shipper": {
        "listens": "none",
        "shares_volume_with": "web",
        "images": ["busybox"],
        "commands": ["tail"],
    },
}
AMBASSADOR = {
    "app": {"listens": "none", "prints": "PONG", "not_images": ["haproxy"]},
    "ambassador": {"listens": [6379], "mounts_config": "proxy", "ports": [6379]},
}


def players(workspace: Workspace, roles: dict[str, Any]) -> dict[str, str]:
    lab = lab_with({"kind": "ready", "roles": list(roles)}, roles=roles)
    return dict(assign(lab, workspace.evidence()))


def test_two_alike_are_told_apart_by_who_listens() -> None:
    mounts = [mount()]
    one = container("one", command=["sh", "/run.sh"], volumeMounts=mounts)
    two = container("two", command=["sh", "/run.sh"], volumeMounts=mounts)
    workspace = standing(deployment(one, two))
    workspace.listens("one")
    workspace.listens("two", 8080)
    assert players(workspace, SIDECAR) == {"web": "two", "shipper": "one"}


def test_without_any_behaviour_the_spec_decides() -> None:
    workspace = standing(deployment(shipper(), nginx()))
    assert players(workspace, SIDECAR) == {"web": "nginx", "shipper": "shipper"}


def test_a_busy_shipper_is_still_one_beside_an_idle_container() -> None:
    collector = container("collector", image="fluentd", volumeMounts=[mount(readOnly=True)])
    idle = container("idle", command=["sleep", "infinity"])
    workspace = standing(deployment(nginx(), collector, idle))
    workspace.listens("nginx", 80)
    workspace.listens("collector", 24224)
    workspace.listens("idle")
    assert players(workspace, SIDECAR) == {"web": "nginx", "shipper": "collector"}


def proxied(*more: dict[str, Any]) -> Workspace:
    proxy = container(
        "proxy", image="haproxy", ports=[{"containerPort": 6379}], volumeMounts=[mount("c", "/c")]
    )
    volumes = [{"name": "c", "projected": {"sources": [{"configMap": {"name": "proxy"}}, {}]}}]
    pod = deployment(container("app", command=["redis-cli"]), proxy, *more, volumes=volumes)
    return standing(pod, config("proxy", a="b"))


def test_who_took_the_port_does_not_take_the_part() -> None:
    workspace = proxied(container("cache", image="redis"))
    workspace.listens("cache", 6379)
    workspace.listens("app")
    workspace.says("app", ("", "PONG"))
    assert players(workspace, AMBASSADOR) == {"app": "app", "ambassador": "proxy"}


def test_a_container_that_really_listens_needs_no_declared_port() -> None:
    plain = container("plain", command=["relay"])
    workspace = standing(deployment(container("app"), plain))
    workspace.listens("plain", 6379)
    workspace.listens("app")
    assert players(workspace, AMBASSADOR) == {"app": "app", "ambassador": "plain"}


def test_nobody_is_given_a_part_that_nothing_speaks_for() -> None:
    roles = {"database": {"images": ["mysql"]}, "web": {"images": ["nginx"]}}
    assert players(standing(), roles) == {"web": "nginx"}


def test_what_speaks_against_a_container_weighs_too() -> None:
    roles = {"monitor": {"images": ["busybox"], "not_commands": ["tail"]}}
    assert players(standing(), roles) == {}


@pytest.mark.parametrize(
    ("command", "plays"),
    [
        (["nc", "-l"], True),
        (["/bin/nc", "-l"], True),
        (["sync"], False),
        (["func", "x"], False),
        (["sh", "-c", "while true; do nc -l -p 1; done"], True),
    ],
)
def test_a_word_of_a_command_is_a_word_of_its_own(command: list[str], plays: bool) -> None:
    workspace = standing(deployment(container("it", command=command)))
    assert players(workspace, {"relay": {"commands": ["nc"]}}) == ({"relay": "it"} if plays else {})


def test_words_need_not_begin_with_a_letter() -> None:
    workspace = standing(deployment(container("it", args=["for i in {1..99}; do"])))
    assert players(workspace, {"counter": {"commands": ["{1.."]}}) == {"counter": "it"}


def test_among_equals_the_one_that_stands_firm_plays() -> None:
    workspace = standing(deployment(nginx(), shipper(), shipper(name="another")))
    workspace.status("another").update(ready=False)
    assert players(workspace, SIDECAR)["shipper"] == "shipper"
    workspace.status("another").update(ready=True)
    workspace.status("shipper").update(restartCount=3)
    assert players(workspace, SIDECAR)["shipper"] == "another"


def test_each_workload_has_its_own_roles() -> None:
    roles = {"front": {"images": ["nginx"]}, "back": {"images": ["redis"], "workload": "other"}}
    other = deployment(container("r", image="redis:6.2"), name="redis")
    lab = lab_with(
        {"kind": "ready", "roles": ["front"]},
        roles=roles,
        workloads={"main": {"names": ["web"]}, "other": {"names": ["redis"]}},
    )
    workspace = standing(deployment(nginx()), other)
    assert assign(lab, workspace.evidence()) == {"front": "nginx", "back": "r"}


def test_a_hundred_containers_are_given_roles_in_no_time() -> None:
    crowd = [container(f"c{number}", volumeMounts=[mount()]) for number in range(100)]
    workspace = standing(deployment(nginx(), shipper(), *crowd))
    assert players(workspace, SIDECAR) == {"web": "nginx", "shipper": "shipper"}


def test_containers_without_a_name_play_nothing() -> None:
    workspace = standing(deployment(nginx()))
    workspace.spec("nginx").pop("name")
    assert players(workspace, SIDECAR) == {}


def test_a_player_is_the_same_container_in_every_pod() -> None:
    found = case(standing(deployment(nginx(), shipper(), replicas=3))).role("writer")
    assert found is not None
    assert [it.pod.name for it in found.containers] == [
        "web-5d4f8-0",
        "web-5d4f8-1",
        "web-5d4f8-2",
    ]


def renamed(workspace: Workspace, names: dict[str, str], chance: random.Random) -> Workspace:
    """The same workspace with other names for its containers, in another order."""
    other = copy.deepcopy(workspace)
    for kind in ("Deployment", "ReplicaSet", "Pod"):
        for found in other.objects[kind]:
            spec = found["spec"].get("template", found)["spec"]
            for it in spec["containers"]:
                it["name"] = names[it["name"]]
            chance.shuffle(spec["containers"])
            for status in found["status"].get("containerStatuses", []):
                status["name"] = names[status["name"]]
            chance.shuffle(found["status"].get("containerStatuses", []))
    return other


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=4, max_size=4, unique=True),
    st.randoms(use_true_random=False),
)
def test_names_and_places_never_change_who_plays(names: list[str], chance: random.Random) -> None:
    originals = ["nginx", "shipper", "twin", "idle"]
    second = shipper(name="twin", command=["tail", "-F", "/logs/access.log"])
    idle = container("idle", command=["sleep", "infinity"])
    workspace = standing(deployment(nginx(), shipper(), second, idle))
    mapping = dict(zip(originals, names, strict=True))
    before = players(workspace, SIDECAR)
    after = players(renamed(workspace, mapping, chance), SIDECAR)
    assert after == {role: mapping[name] for role, name in before.items()}


PRINTERS = {
    "counter": {"counts": True, "prints": r"^\D*\d+\D*$", "not_commands": ["date"]},
    "monitor": {"prints": "[A-Za-z]{2}", "commands": ["date", "/proc"]},
}


def printing(counter: tuple[str, ...], monitor: tuple[str, ...]) -> Workspace:
    workspace = standing(deployment(container("a", args=["date"]), container("b", args=["/proc"])))
    for name, lines in (("a", counter), ("b", monitor)):
        workspace.says(name, *((f"2026-03-01T12:00:0{at}Z", it) for at, it in enumerate(lines)))
    return workspace


@pytest.mark.parametrize(
    ("counter", "monitor"),
    [
        (("Sat 21 2026 7", "Sat 21 2026 8", "Sat 21 2026 9"), ("42", "41", "42")),
        (("step 10 of 1000", "step 20 of 1000", "step 30 of 1000"), ("7", "7", "7")),
        (("Sat 21 2026 7 of 9", "Sat 21 2026 8 of 9", "Sat 21 2026 9 of 9"), ("7", "8", "8")),
        (("[12:00:01] n=7", "[12:00:05] n=14", "[12:00:09] n=21"), ("42 ok", "42 ok", "42 ok")),
    ],
)
def test_a_counter_is_known_by_its_numbers_that_rise_whatever_else_the_two_print(
    counter: tuple[str, ...], monitor: tuple[str, ...]
) -> None:
    assert players(printing(counter, monitor), PRINTERS) == {"counter": "a", "monitor": "b"}


def test_numbers_that_do_not_rise_leave_the_counter_to_what_else_speaks_for_it() -> None:
    workspace = printing(("Sat 21 2026 7",) * 3, ("7", "7", "7"))
    assert players(workspace, PRINTERS) == {"counter": "b", "monitor": "a"}


@pytest.mark.parametrize(("real", "plays"), [(80, "real"), (81, "extra")])
@pytest.mark.parametrize("other", [8080, 9090])
def test_the_first_of_its_ports_speaks_louder_than_the_others(
    other: int, real: int, plays: str
) -> None:
    roles = {"web": {"listens": [80, 8080, 9090], "ports": [80, 8080], "commands": ["httpd"]}}
    declared = {"ports": [{"containerPort": other}], "command": ["httpd"]}
    workspace = standing(deployment(container("extra", **declared), container("real")))
    workspace.listens("extra", other)
    workspace.listens("real", real)
    assert players(workspace, roles) == {"web": plays}
