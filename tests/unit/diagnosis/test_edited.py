"""What no recorded workspace shows: recorded ones with one thing changed."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.diagnosis.model import Layer
from tests.unit.diagnosis.world import (
    Json,
    codes,
    everything,
    lab,
    lab_of,
    look_at,
    objects,
    only,
    recorded,
    says,
    spec_of,
    status_of,
    with_parts,
)

REGISTRY = 'failed to resolve reference "registry.example/x:1": failed to do request: '


def waiting(reason: str, message: str, container: str = "web") -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        status_of(evidence, container)["state"] = {
            "waiting": {"reason": reason, "message": message}
        }

    return edit


def ended(code: int, reason: str = "Error", container: str = "web") -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        evidence["logs"] = []
        status = status_of(evidence, container)
        status["state"] = {
            "terminated": {
                "exitCode": code,
                "reason": reason,
                "startedAt": evidence["taken_at"],
                "finishedAt": evidence["taken_at"],
            }
        }

    return edit


def said(*lines: str, container: str = "web") -> Callable[[Json], None]:
    return lambda evidence: says(evidence, container, *lines)


def refused(message: str) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        for condition in objects(evidence, "ReplicaSet")[0]["status"]["conditions"]:
            condition["message"] = f'pods "web-1-2" is forbidden: {message}'

    return edit


def unscheduled(message: str) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        for condition in objects(evidence, "Pod")[0]["status"]["conditions"]:
            condition["message"] = message

    return edit


def event(reason: str, message: str, field: str = "") -> Callable[[Json], None]:
    """The only event there is, at the moment the evidence was taken."""

    def edit(evidence: Json) -> None:
        pod = objects(evidence, "Pod")[0]["metadata"]
        involved = {"kind": "Pod", "name": pod["name"], "uid": pod["uid"], "fieldPath": field}
        evidence["objects"]["Event"] = [
            {
                "reason": reason,
                "message": message,
                "lastTimestamp": evidence["taken_at"],
                "involvedObject": involved,
            }
        ]

    return edit


def both(*edits: Callable[[Json], None]) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        for one in edits:
            one(evidence)

    return edit


def runs(container: str, *, age: str = "2026-11-21T13:20:00Z") -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        status = status_of(evidence, container)
        status |= {"ready": True, "started": True, "state": {"running": {"startedAt": age}}}

    return edit


def failing(kind: str = "scrape", **facts: Any) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        steps = [{"action": "http_get", "ok": bool(facts)}, {"action": "remove", "ok": True}]
        evidence["probes"] = {"page": {"kind": kind, "steps": steps, "facts": facts}}

    return edit


ROWS: tuple[tuple[str, Callable[[Json], None], Layer, str, dict[str, Any]], ...] = (
    (
        "quota",
        refused("failed quota: workspace: must specify limits.cpu for: web"),
        Layer.ADMISSION,
        "refused_without_resources",
        {"quota": "workspace"},
    ),
    (
        "quota",
        refused('admission webhook "no.example.com" denied the request: no'),
        Layer.ADMISSION,
        "refused_by_webhook",
        {"webhook": "no.example.com"},
    ),
    (
        "quota",
        refused("it is a Saturday"),
        Layer.ADMISSION,
        "refused_by_server",
        {"says": "it is a Saturday"},
    ),
    (
        "too-big",
        unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint {a: b}."),
        Layer.SCHEDULING,
        "unschedulable",
        {},
    ),
    (
        "image-tag",
        waiting("ErrImagePull", f"{REGISTRY}unexpected status code 401 Unauthorized"),
        Layer.IMAGE,
        "image_refused",
        {"image": "nginx:1.72"},
    ),
    (
        "image-tag",
        waiting("ErrImagePull", f"{REGISTRY}dial tcp: lookup registry.example: no such host"),
        Layer.IMAGE,
        "image_unreachable",
        {},
    ),
    ("image-tag", waiting("ErrImagePull", "it did not work"), Layer.IMAGE, "image_failed", {}),
    (
        "image-tag",
        both(
            waiting("ImagePullBackOff", f"{REGISTRY}dial tcp 10.0.0.1:443: i/o timeout"),
            lambda it: spec_of(it, "web").update(imagePullPolicy="Always"),
        ),
        Layer.IMAGE,
        "image_always_pulled",
        {"image": "nginx:1.72"},
    ),
    (
        "image-tag",
        both(
            waiting("ImagePullBackOff", f"{REGISTRY}not found"),
            lambda it: spec_of(it, "web").update(imagePullPolicy="Always", image="busybox"),
        ),
        Layer.IMAGE,
        "image_always_pulled",
        {"image": "busybox"},
    ),
    (
        "image-tag",
        waiting("ImagePullBackOff", 'Back-off pulling image "nginx:1.72"'),
        Layer.IMAGE,
        "image_unknown",
        {},
    ),
    (
        "config-map-missing",
        waiting("CreateContainerConfigError", "something else"),
        Layer.CONFIG,
        "not_created",
        {"says": "something else"},
    ),
    (
        "volume-secret-missing",
        event(
            "FailedMount",
            'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: crt',
        ),
        Layer.CONFIG,
        "volume_secret_key_missing",
        {"key": "crt", "secret": "web-tls"},
    ),
    (
        "volume-secret-missing",
        event("FailedAttachVolume", "no such disk"),
        Layer.CONFIG,
        "mount_failed",
        {"volume": "", "says": "no such disk"},
    ),
    (
        "volume-secret-missing",
        event("FailedCreatePodSandBox", "no addresses left"),
        Layer.CONFIG,
        "sandbox_failed",
        {},
    ),
    ("crashes", ended(126), Layer.CRASH, "command_not_run", {"exit_code": 126}),
    ("crashes", ended(127), Layer.CRASH, "command_unknown", {"exit_code": 127}),
    ("crashes", ended(137), Layer.CRASH, "killed", {"exit_code": 137}),
    ("crashes", ended(139), Layer.CRASH, "ended_by_signal", {"signal": "SIGSEGV"}),
    ("crashes", ended(0, "OOMKilled"), Layer.CRASH, "out_of_memory_of_node", {"exit_code": 0}),
    (
        "crashes",
        said("Could not connect to Redis at localhost:6379: Connection refused"),
        Layer.CRASH,
        "connection_refused",
        {"target": "localhost:6379"},
    ),
    (
        "crashes",
        said("[ALERT] cannot bind socket (Address already in use) [0.0.0.0:6379]"),
        Layer.CRASH,
        "port_taken",
        {"port": 6379},
    ),
    (
        "crashes",
        said("OSError: [Errno 98] Address already in use"),
        Layer.CRASH,
        "some_port_taken",
        {},
    ),
    ("crashes", said("mkdir: Read-only file system"), Layer.CRASH, "write_on_read_only", {}),
    (
        "crashes",
        said("touch: /srv/x: Read-only file system"),
        Layer.CRASH,
        "write_on_read_only",
        {},
    ),
    ("crashes", said("it failed: Permission denied"), Layer.CRASH, "permission_denied", {}),
    (
        "crashes",
        said("sh: /scripts/run.sh: Permission denied"),
        Layer.CRASH,
        "command_not_executable",
        {"program": "/scripts/run.sh"},
    ),
    (
        "crashes",
        said("cat: /srv/file: No such file or directory"),
        Layer.CRASH,
        "file_missing",
        {"path": "/srv/file"},
    ),
    (
        "probe-command",
        event("Unhealthy", "Readiness probe failed: odd", "spec.containers{web}"),
        Layer.READINESS,
        "probe_command",
        {},
    ),
    (
        "probe-tcp",
        event("Unhealthy", "Readiness probe errored: odd", "spec.containers{web}"),
        Layer.READINESS,
        "probe_failed",
        {"says": "odd"},
    ),
    (
        "tail-follows-name",
        lambda it: spec_of(it, "web").update(volumeMounts=[]),
        Layer.BEHAVIOUR,
        "writer_not_on_volume",
        {"volume": "other", "writer_path": "/var/log/nginx/access.log"},
    ),
    (
        "selector",
        lambda it: objects(it, "Service")[0]["spec"].pop("selector"),
        Layer.SERVICE,
        "selector_missing",
        {},
    ),
    (
        "selector",
        lambda it: objects(it, "Service")[0]["spec"].update(
            type="ExternalName", externalName="example.org"
        ),
        Layer.SERVICE,
        "service_is_another_name",
        {"name": "example.org"},
    ),
)


@pytest.mark.parametrize(
    ("name", "edit", "layer", "code", "params"),
    ROWS,
    ids=[f"{row[3]}-{row[0]}-{place}" for place, row in enumerate(ROWS)],
)
def test_a_changed_workspace_gives_its_one_cause(
    name: str, edit: Callable[[Json], None], layer: Layer, code: str, params: dict[str, Any]
) -> None:
    cause = only(look_at(name, edit=edit))
    assert (cause.code, cause.layer) == (code, layer)
    assert {key: cause.params.get(key) for key in params} == params


# --- absent


def nothing(evidence: Json) -> None:
    evidence["objects"] = {kind: [] for kind in evidence["objects"]}


def test_an_empty_namespace_lacks_the_workload_first_and_then_its_service() -> None:
    found = look_at("healthy", lab("web", service="web"), nothing)
    assert [cause.code for cause in found] == ["workload_absent", "service_absent"]


def test_a_workload_that_only_questions_are_about_may_be_broken_or_gone() -> None:
    workloads = {"main": {"names": ["fixed"]}, "broken": {"names": ["web"]}}
    roles = {"app": {"workload": "broken"}}
    asked = with_parts(lab(), workloads=workloads, roles=roles)
    assert codes(look_at("crashes", asked)) == ["workload_absent"]
    probes = {"lines": {"kind": "fresh_line", "role": "app", "fits": "x"}}
    assert codes(look_at("crashes", with_parts(asked, probes=probes))) == [
        "workload_absent",
        "exits",
    ]


def test_what_could_not_be_listed_is_not_called_absent() -> None:
    def unseen(evidence: Json) -> None:
        nothing(evidence)
        kinds = ("Deployment", "Service", "Pod", "EndpointSlice")
        evidence["unseen"] = {kind: {"code": "forbidden"} for kind in kinds}

    assert look_at("healthy", lab("web", service="web"), unseen) == ()


def test_a_service_with_a_similar_name_is_pointed_out() -> None:
    found = look_at("healthy", lab("web", service="webs"))
    assert codes(found) == ["service_misnamed"]
    assert found[0].params["found"] == "web"


def test_another_workload_of_the_lab_is_not_taken_for_a_misspelt_one() -> None:
    workloads = {"main": {"names": ["web"]}, "other": {"names": ["webb"]}}
    found = look_at("near-name", with_parts(lab(), workloads=workloads))
    assert codes(found) == ["workload_absent"]


def test_a_service_is_not_judged_by_endpoints_that_nobody_could_see() -> None:
    def unseen(evidence: Json) -> None:
        evidence["objects"].pop("EndpointSlice")
        evidence["unseen"] = {"EndpointSlice": {"code": "timeout"}}

    assert look_at("selector", edit=unseen) == ()


# --- admission, scheduling


def test_a_refused_deployment_explains_its_empty_service() -> None:
    evidence = recorded("selector")

    def refuse(evidence: Json) -> None:
        for kind in ("Pod", "ReplicaSet"):
            objects(evidence, kind).clear()
        status = {"type": "ReplicaFailure", "status": "True", "message": "exceeded it"}
        objects(evidence, "Deployment")[0]["status"]["conditions"] = [status]

    cause = only(look_at("selector", lab_of(evidence), refuse))
    assert cause.code == "refused_by_server"
    assert [it.code for it in cause.consequences] == ["service_without_pods"]


def test_a_quota_that_has_room_again_is_no_news() -> None:
    def admitted(evidence: Json) -> None:
        objects(evidence, "ReplicaSet")[0]["status"]["conditions"][0]["status"] = "False"
        objects(evidence, "Deployment")[0]["status"]["conditions"] = []

    assert look_at("quota", edit=admitted) == ()


def test_an_evicted_pod_says_what_the_node_lacked() -> None:
    def evict(evidence: Json) -> None:
        objects(evidence, "Pod")[0]["status"] = {
            "phase": "Failed",
            "reason": "Evicted",
            "message": "The node was low on resource: memory.",
        }

    cause = only(look_at("bare-exit", lab("web", kinds=("Pod",)), evict))
    assert (cause.code, cause.evidence) == ("evicted", ("The node was low on resource: memory.",))


# --- configuration


def with_config_map(evidence: Json, name: str, **data: str) -> None:
    stamp = {"name": name, "creationTimestamp": evidence["taken_at"]}
    evidence["objects"]["ConfigMap"] = [{"metadata": stamp, "data": data}]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("config-map-missing", "waits_for_config"),
        ("config-key-missing", "waits_for_config"),
        ("volume-config-map-missing", "waits_for_mount"),
        ("volume-key-missing", "waits_for_mount"),
    ],
)
def test_a_config_map_that_is_right_by_now_only_has_to_be_taken_up(name: str, code: str) -> None:
    def fix(evidence: Json) -> None:
        config = "redis-proxy-config" if name == "volume-config-map-missing" else "settings"
        with_config_map(evidence, config, mode="fast", **{"haproxy.cfg": "global"})

    cause = only(look_at(name, edit=fix))
    assert (cause.code, cause.severity) == (code, "waiting")


def test_a_mount_that_only_waits_for_the_kubelet_s_cache_is_no_trouble() -> None:
    says_so = 'MountVolume.SetUp failed for volume "c" : failed to sync configmap cache'
    assert look_at("volume-secret-missing", edit=event("FailedMount", says_so)) == ()


def test_a_hook_gets_a_moment() -> None:
    def at_once(evidence: Json) -> None:
        evidence["taken_at"] = "2026-11-21T13:28:00Z"

    cause = only(look_at("hook-never-returns", edit=at_once))
    assert (cause.params["seconds"], cause.severity) == (3, "waiting")


def test_a_hook_that_is_no_command_has_no_lines_to_show() -> None:
    def over_http(evidence: Json) -> None:
        spec_of(evidence, "app")["lifecycle"] = {"postStart": {"httpGet": {"port": 80}}}

    assert only(look_at("hook-never-returns", edit=over_http)).evidence == ()


# --- init


def test_a_silent_init_container_is_only_waiting_at_first_and_then_a_cause() -> None:
    def silent(evidence: Json) -> None:
        evidence["logs"] = []

    def young(evidence: Json) -> None:
        silent(evidence)
        status = status_of(evidence, "wait-for-db")
        status["state"]["running"]["startedAt"] = evidence["taken_at"]

    old, new = (only(look_at("init-waits", edit=edit)) for edit in (silent, young))
    assert (old.code, old.severity) == ("init_takes_long", "error")
    assert (old.params["place"], old.params["total"]) == (1, 2)
    assert (new.code, new.severity, new.params["seconds"]) == ("init_takes_long", "waiting", 0)


# --- crash


def test_the_log_before_the_last_restart_speaks_when_the_current_one_is_gone() -> None:
    def gone(evidence: Json) -> None:
        says(evidence, "web", "unable to retrieve container logs for containerd://1")
        says(evidence, "web", "the end", previous=True)

    assert only(look_at("crashes", edit=gone)).evidence == ("the end",)


def test_the_termination_message_speaks_when_there_is_no_log() -> None:
    def silent(evidence: Json) -> None:
        evidence["logs"] = []
        status_of(evidence, "web")["state"]["terminated"]["message"] = "last\n\nwords\n"

    assert only(look_at("crashes", edit=silent)).evidence == ("last", "words")


def test_a_log_of_another_pod_with_the_same_name_is_not_read() -> None:
    def replaced(evidence: Json) -> None:
        for log in evidence["logs"]:
            log["uid"] = "an older one"

    assert only(look_at("crashes", edit=replaced)).evidence == ()


def test_a_container_that_never_started_and_has_no_past_yet_is_told_by_what_it_waits_for() -> None:
    def first_time(evidence: Json) -> None:
        status = status_of(evidence, "web")
        status.pop("lastState")
        status["restartCount"] = 0

    assert only(look_at("command-not-found", edit=first_time)).code == "command_not_found"


def test_an_unreadable_start_error_is_quoted() -> None:
    def odd(evidence: Json) -> None:
        status = status_of(evidence, "web")
        status["lastState"]["terminated"]["message"] = 'exec: "x": strange weather: unknown'

    cause = only(look_at("command-not-found", edit=odd))
    assert (cause.code, cause.params["says"]) == (
        "not_started",
        'exec: "x": strange weather: unknown',
    )


def test_the_runtime_s_own_exec_format_error_is_one_too() -> None:
    def odd(evidence: Json) -> None:
        status = status_of(evidence, "web")
        status["lastState"]["terminated"]["message"] = 'exec "/x": exec format error'

    assert only(look_at("command-not-found", edit=odd)).code == "exec_format"


def test_a_neighbour_that_declares_the_port_is_named_where_nobody_could_look() -> None:
    def crash(evidence: Json) -> None:
        ended(1, container="second")(evidence)
        says(evidence, "second", "bind: Address already in use")
        evidence["listening"] = []

    cause = only(look_at("port-taken", edit=crash))
    assert (cause.code, cause.params["other"], cause.params["port"]) == ("port_taken_by", "web", 80)


def test_a_complaint_long_before_a_good_end_is_not_its_cause() -> None:
    def loop(evidence: Json) -> None:
        says(evidence, "web", "sleep: invalid number '-1'", "one", "two")

    assert only(look_at("finished", edit=loop)).code == "finished"


# --- waiting for a restart


def test_a_reader_waits_only_once_its_writer_has_begun() -> None:
    def begun(evidence: Json) -> None:
        status_of(evidence, "web")["state"]["running"]["startedAt"] = "2026-11-21T13:38:50Z"

    cause = only(look_at("tail-waits", edit=begun))
    assert (cause.code, cause.severity) == ("waits_for_restart", "waiting")
    assert (cause.params["seconds"], cause.params["exit_code"]) == (0, 1)


def test_a_config_map_made_after_the_end_will_be_read_at_the_next_start() -> None:
    evidence = recorded("haproxy-bad-config")

    def remade(evidence: Json) -> None:
        with_config_map(evidence, "redis-proxy-config")

    cause = only(look_at("haproxy-bad-config", lab_of(evidence), remade))
    assert cause.code == "waits_for_restart"
    assert cause.params["seconds"] > 0


def test_the_seconds_left_are_read_from_minutes_too_and_need_a_time_to_count_from() -> None:
    def minutes(evidence: Json) -> None:
        status = status_of(evidence, "proxy")
        status["state"]["waiting"]["message"] = "back-off 2m40s restarting failed container"

    def timeless(evidence: Json) -> None:
        minutes(evidence)
        evidence["taken_at"] = "one day"

    assert look_at("waits-after-fix", edit=minutes)[0].params["seconds"] == 130
    assert look_at("waits-after-fix", edit=timeless)[0].params["seconds"] == 160


def test_the_first_restart_comes_at_once() -> None:
    def first(evidence: Json) -> None:
        ended(1, container="proxy")(evidence)
        status_of(evidence, "proxy")["restartCount"] = 0
        unresolved = "'server out/redis1' : could not resolve address 'redis'."
        says(evidence, "proxy", unresolved)
        objects(evidence, "Service")[0]["metadata"]["creationTimestamp"] = evidence["taken_at"]

    cause = only(look_at("waits-after-fix", edit=first))
    assert (cause.code, cause.params["seconds"]) == ("waits_for_restart", 0)


def rewritten(old: str, new: str) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        data = objects(evidence, "ConfigMap")[0]["data"]
        data["haproxy.cfg"] = data["haproxy.cfg"].replace(old, new)

    return edit


def test_a_mistake_that_is_gone_from_the_config_map_only_waits_for_the_next_start() -> None:
    for name, old, new in (
        ("haproxy-bad-config", "bnid", "bind"),
        ("haproxy-unresolved", "redis:6379", "127.0.0.1:6380"),
    ):
        host_goes_too = both(rewritten(old, new), rewritten("redis1 redis", "redis1 10.0.0.1"))
        cause = only(look_at(name, edit=host_goes_too))
        assert (cause.code, cause.severity) == ("waits_for_restart", "waiting"), name


def test_a_change_elsewhere_in_the_config_map_mends_nothing() -> None:
    same = rewritten("mode tcp", "mode http")
    assert only(look_at("haproxy-bad-config", edit=same)).code == "config_invalid"


@pytest.mark.parametrize(
    ("volume", "code"),
    [
        ({}, "waits_for_restart"),
        ({"items": [{"key": "haproxy.cfg", "path": "haproxy.cfg"}]}, "waits_for_restart"),
        ({"items": [{"key": "haproxy.cfg", "path": "other.cfg"}]}, "config_file_missing"),
        ({"name": "another"}, "config_file_missing"),
    ],
    ids=["whole", "named", "renamed", "another"],
)
def test_a_configuration_that_the_config_map_holds_by_now_will_be_found(
    volume: Json, code: str
) -> None:
    def missing(evidence: Json) -> None:
        path = "/usr/local/etc/haproxy/haproxy.cfg"
        says(evidence, "proxy", f"[ALERT] Cannot open configuration file/directory {path} : No")
        objects(evidence, "Pod")[0]["spec"]["volumes"][0]["configMap"].update(volume)

    assert only(look_at("haproxy-bad-config", edit=missing)).code == code


# --- flapping


def flapping(restarts: int, lasted: int, age: int) -> Callable[[Json], None]:
    def edit(evidence: Json) -> None:
        evidence["taken_at"] = f"2026-11-21T13:30:{age:02d}Z"
        status = status_of(evidence, "web")
        status |= {"restartCount": restarts, "ready": True, "started": True}
        status["state"] = {"running": {"startedAt": "2026-11-21T13:30:00Z"}}
        status["lastState"] = {
            "terminated": {
                "exitCode": 0,
                "startedAt": "2026-11-21T13:29:00Z",
                "finishedAt": f"2026-11-21T13:29:{lasted:02d}Z",
            }
        }
        evidence["logs"] = []

    return edit


def test_a_container_that_runs_and_will_hardly_outlive_its_last_run_is_warned_about() -> None:
    cause = only(look_at("crashes", edit=flapping(restarts=4, lasted=30, age=5)))
    assert (cause.code, cause.severity) == ("finished", "warning")
    assert cause.next.endswith("--previous")


@pytest.mark.parametrize(
    "edit",
    [
        flapping(restarts=1, lasted=30, age=5),
        flapping(restarts=4, lasted=2, age=5),
        flapping(restarts=4, lasted=59, age=25),
        both(flapping(restarts=4, lasted=30, age=5), lambda it: it.update(taken_at="today")),
    ],
    ids=["once", "outlived", "held", "no-clock"],
)
def test_earlier_restarts_are_no_fault(edit: Callable[[Json], None]) -> None:
    assert look_at("crashes", edit=edit) == ()


# --- probes


def test_a_liveness_probe_that_failed_once_is_no_cause_while_nothing_was_ended() -> None:
    once = event("Unhealthy", "Liveness probe failed: odd", "spec.containers{web}")
    assert look_at("probe-status", edit=both(runs("web"), once)) == ()


def test_a_container_between_two_ends_by_its_liveness_probe_is_told_so() -> None:
    def between(evidence: Json) -> None:
        status = status_of(evidence, "web")
        status["state"] = {"running": {"startedAt": "2026-11-21T13:29:33Z"}}
        for it in objects(evidence, "Event"):
            if it["reason"] in ("Unhealthy", "Killing"):
                it["lastTimestamp"] = "2026-11-21T13:29:34Z"

    cause = only(look_at("liveness", edit=between))
    assert (cause.code, cause.params["probe"]) == ("probe_refused", "liveness")


def test_the_kubelet_s_word_stands_for_a_failure_that_is_forgotten() -> None:
    def forgotten(evidence: Json) -> None:
        kept = [it for it in objects(evidence, "Event") if it["reason"] != "Unhealthy"]
        evidence["objects"]["Event"] = kept

    cause = only(look_at("liveness", edit=forgotten))
    assert cause.code == "probe_failed"
    assert "failed liveness probe" in cause.params["says"]


def test_a_probe_that_failed_before_the_last_start_or_long_ago_was_overcome() -> None:
    def before(evidence: Json) -> None:
        status_of(evidence, "web")["state"]["running"]["startedAt"] = evidence["taken_at"]
        for it in objects(evidence, "Event"):
            it["lastTimestamp"] = "2026-11-21T13:00:00Z"

    def long_ago(evidence: Json) -> None:
        evidence["taken_at"] = "2026-11-21T14:59:00Z"

    for edit in (before, long_ago):
        assert "probe_status" not in codes(look_at("probe-status", edit=edit))


def test_a_probe_is_only_called_refused_where_the_port_is_open_by_now() -> None:
    def open_now(evidence: Json) -> None:
        evidence["listening"][0]["listeners"] = [{"address": "0.0.0.0", "port": 3306}]

    assert only(look_at("probe-tcp", edit=open_now)).code == "probe_refused"


# --- services


def test_a_service_that_no_check_ties_to_a_workload_is_compared_with_all_pods() -> None:
    ping = {"ping": {"kind": "redis_ping", "service": "web", "port": 80}}
    found = look_at("selector", with_parts(lab("other"), probes=ping))
    assert "selector_mismatch" in codes(found)
    assert codes(look_at("healthy", with_parts(lab("other"), probes=ping))) == ["workload_absent"]


def test_a_check_of_one_service_says_nothing_of_another() -> None:
    ping = {"ping": {"kind": "redis_ping", "service": "web", "port": 80}}
    definition = with_parts(lab("other", service="elsewhere"), probes=ping)
    assert "selector_mismatch" in codes(look_at("selector", definition))


def test_a_workload_of_the_service_s_own_name_is_the_one_it_leads_to() -> None:
    relay = {
        "relay": {
            "kind": "redis_relay",
            "workload": "main",
            "port": 6379,
            "backend": "web",
            "backend_port": 80,
        }
    }
    found = look_at("foreign", with_parts(lab("web"), probes=relay))
    assert codes(found) == ["service_leads_elsewhere"]


def test_a_service_that_should_lead_to_a_missing_workload_is_not_compared_with_strangers() -> None:
    definition = lab("other", service="web")
    cause = only(look_at("selector", definition))
    assert cause.code == "workload_absent"
    assert [it.code for it in cause.consequences] == ["service_without_pods"]


def test_pods_that_were_just_made_have_no_address_yet() -> None:
    def matching(evidence: Json) -> None:
        objects(evidence, "Service")[0]["spec"]["selector"] = {"app": "web"}

    assert look_at("selector", edit=matching) == ()


def test_ready_pods_without_an_address_of_their_own_are_not_looked_into() -> None:
    def unknown(evidence: Json) -> None:
        evidence["listening"] = []

    assert look_at("target-port", edit=unknown) == ()


def test_a_port_that_nc_opens_now_and_then_is_not_called_closed() -> None:
    def loop(evidence: Json) -> None:
        spec_of(evidence, "web")["command"] = ["sh", "-c", "while true; do nc -l -p 8080; done"]

    assert look_at("target-port", edit=loop) == ()


def test_another_port_of_the_service_is_nobody_s_concern() -> None:
    def two(evidence: Json) -> None:
        ports = objects(evidence, "Service")[0]["spec"]["ports"]
        ports.insert(0, {"name": "other", "port": 9999, "targetPort": 9999})
        ports[1]["name"] = "http"
        for piece in objects(evidence, "EndpointSlice"):
            piece["ports"] = [{"name": "http", "port": 8080}]

    assert codes(look_at("target-port", edit=two)) == ["target_port_closed"]


def test_a_port_name_that_is_declared_will_be_found() -> None:
    def named(evidence: Json) -> None:
        objects(evidence, "Service")[0]["spec"]["ports"][0]["targetPort"] = "http"

    assert look_at("target-port-name", edit=named) == ()


# --- behaviour


def test_an_old_complaint_of_a_container_that_works_is_not_told() -> None:
    """What is read by `cat` before the file is there, say: once, or long ago."""

    def long_ago(evidence: Json) -> None:
        evidence["taken_at"] = "2026-11-21T14:59:00Z"

    assert look_at("read-only-loop", edit=long_ago) == ()
    once = said("sleep: invalid number '-1'", "one", "two", container="app")
    assert look_at("read-only-loop", edit=once) == ()


def test_a_fault_of_its_own_script_need_not_be_said_twice() -> None:
    just_now = said("one", "two", "bash: line 1: uptimes: command not found", container="app")
    assert codes(look_at("read-only-loop", edit=just_now)) == ["command_not_found"]


def test_a_refused_connection_counts_only_when_a_probe_came_to_nothing() -> None:
    refused_twice = said(
        *["Could not connect to Redis at localhost:6379: Connection refused"] * 2, container="app"
    )
    assert look_at("read-only-loop", edit=refused_twice) == ()
    found = look_at("read-only-loop", edit=both(refused_twice, failing()))
    assert codes(found) == ["connection_refused"]


def test_a_configuration_that_was_not_taken_up_does_not_end_a_running_program() -> None:
    emerg = '[emerg] 1#1: unknown directive "x" in /etc/nginx/nginx.conf:1'
    assert look_at("healthy", edit=said(emerg, emerg)) == ()


def test_what_a_shipper_ships_is_not_its_own_complaint() -> None:
    """The web server's error log, say; where all that was tried came out."""

    def shipped(evidence: Json) -> None:
        evidence["probes"] = {"flow": {"steps": [{"ok": True}], "facts": {"readers": ["shipper"]}}}
        says(evidence, "shipper", *['open() "/srv/x" failed (13: Permission denied)'] * 4)

    assert look_at("healthy", edit=shipped) == ()


def test_a_script_s_own_fault_is_a_warning_where_everything_came_out() -> None:
    def loop(evidence: Json) -> None:
        evidence["probes"] = {"flow": {"steps": [{"ok": True}]}}
        says(evidence, "shipper", *["sleep: invalid number '-1'"] * 4)

    cause = only(look_at("healthy", edit=loop))
    assert (cause.code, cause.severity) == ("sleep_misused", "warning")


def test_a_reader_that_has_the_right_file_too_may_keep_a_copy_of_its_own() -> None:
    def copies(evidence: Json) -> None:
        script = "cp /logs/access.log /tmp/access.log; tail -f /tmp/access.log"
        spec_of(evidence, "shipper")["command"] = ["sh", "-c", script]
        failing()(evidence)

    assert look_at("healthy", edit=copies) == ()


def silent_reader(evidence: Json) -> None:
    """It swallows its own complaint, as `cat … 2>/dev/null || echo` does."""
    says(evidence, "shipper", "nothing yet")


@pytest.mark.parametrize(
    "facts",
    [
        {"readers": []},
        {"seen": False},
        {"answered": False},
        {"there": {"ok": True}, "back": {"ok": False}},
        {},
    ],
    ids=["log", "sample", "ping", "relay", "steps"],
)
def test_mounts_that_cannot_meet_count_when_a_probe_came_to_nothing(facts: Any) -> None:
    assert look_at("tail-follows-name", edit=silent_reader) == ()
    cause = only(look_at("tail-follows-name", edit=both(silent_reader, failing(**facts))))
    assert (cause.code, cause.severity) == ("volumes_differ", "error")


@pytest.mark.parametrize(
    "probe",
    [
        {"steps": [{"ok": False}], "trouble": {"code": "budget"}},
        {"steps": []},
        {"steps": [{"ok": True}], "facts": {"seen": True}},
    ],
    ids=["not-done", "not-begun", "came-out"],
)
def test_a_probe_that_came_out_or_could_not_be_done_accuses_nobody(probe: Json) -> None:
    def edit(evidence: Json) -> None:
        silent_reader(evidence)
        evidence["probes"] = {"page": probe}

    assert look_at("tail-follows-name", edit=edit) == ()


def test_a_declared_port_that_is_not_the_open_one_is_told_only_when_something_is_wrong() -> None:
    def other(evidence: Json) -> None:
        spec_of(evidence, "web")["ports"] = [{"containerPort": 8080}]

    assert look_at("healthy", edit=other) == ()
    cause = only(look_at("healthy", edit=both(other, failing())))
    assert (cause.code, cause.severity) == ("declared_port_closed", "warning")
    assert (cause.params["ports"], cause.params["listens"]) == (["8080"], ["80"])


def test_a_reader_whose_place_is_right_is_not_accused_of_a_probe_s_trouble() -> None:
    assert look_at("healthy", edit=failing()) == ()


def test_a_neighbour_that_writes_nothing_we_know_of_is_named_all_the_same() -> None:
    def quiet(evidence: Json) -> None:
        objects(evidence, "ReplicaSet")[0]["spec"].pop("template")
        spec_of(evidence, "web").update(image="busybox", command=["sleep", "3600"])

    cause = only(look_at("tail-waits", edit=quiet))
    assert (cause.code, cause.params["writer"]) == ("file_not_written", "web")


def test_a_path_below_a_config_map_is_on_no_volume_that_a_neighbour_writes_to() -> None:
    def config(evidence: Json) -> None:
        volumes = objects(evidence, "Pod")[0]["spec"]["volumes"]
        volumes[:] = [{"name": it["name"], "configMap": {"name": "c"}} for it in volumes]

    cause = only(look_at("tail-subfolder", edit=config))
    assert (cause.code, cause.params["mounts"]) == ("file_not_on_volume", ["-"])


# --- consequences


def test_a_client_refused_at_localhost_follows_from_the_neighbour_that_should_listen() -> None:
    def app_beside(evidence: Json) -> None:
        pod = objects(evidence, "Pod")[0]
        pod["spec"]["containers"].append({"name": "app", "image": "redis:6.2"})
        pod["status"]["containerStatuses"].append(
            {
                "name": "app",
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": "2026-11-21T13:27:00Z"}},
            }
        )
        says(
            evidence,
            "app",
            *["Could not connect to Redis at localhost:6379: Connection refused"] * 3,
        )
        failing()(evidence)

    cause = only(look_at("haproxy-unresolved", edit=app_beside))
    assert cause.code == "haproxy_unresolved"
    assert [it.code for it in cause.consequences] == ["connection_refused"]


def test_a_name_that_nobody_has_follows_from_the_service_that_is_missing() -> None:
    found = look_at("haproxy-unresolved", lab("web", service="redis"))
    assert [it.code for it in found] == ["service_absent"]
    assert [it.code for it in everything(found)] == ["service_absent", "haproxy_unresolved"]


def test_two_that_wait_for_each_other_are_both_kept() -> None:
    def circle(evidence: Json) -> None:
        objects(evidence, "ReplicaSet")[0]["spec"].pop("template")
        for name, other in (("web", "shipper"), ("shipper", "web")):
            spec = spec_of(evidence, name)
            spec |= {
                "image": "busybox",
                "command": ["sh", "-c", f"echo > /x/{name}; tail /x/{other}"],
            }
            spec["volumeMounts"] = [{"name": "logs", "mountPath": "/x"}]
            ended(1, container=name)(evidence)
        for name, other in (("web", "shipper"), ("shipper", "web")):
            says(evidence, name, f"tail: can't open '/x/{other}': No such file or directory")

    found = look_at("tail-missing", edit=circle)
    assert codes(found) == ["file_not_written", "file_not_written"]


# --- what a probe saw


def test_a_port_through_which_a_service_answered_is_not_closed() -> None:
    """Who listens is read before; a web server may open its port in between."""

    def answered(evidence: Json) -> None:
        step = {"at": evidence["taken_at"], "action": "http_get", "ok": True}
        page = {"kind": "service_http", "steps": [step], "facts": {"status": 200}}
        evidence["probes"] = {"page": page}

    def refused_(evidence: Json) -> None:
        answered(evidence)
        evidence["probes"]["page"]["steps"][0]["ok"] = False

    assert look_at("target-port", edit=answered) == ()
    assert codes(look_at("target-port", edit=refused_)) == ["target_port_closed"]


def test_a_log_that_a_probe_found_on_the_volume_is_not_written_elsewhere() -> None:
    def unmounted(evidence: Json) -> None:
        spec_of(evidence, "web").update(volumeMounts=[])

    def found(evidence: Json) -> None:
        unmounted(evidence)
        flow = {"kind": "log_flow", "steps": [], "facts": {"files": ["/logs/access.log"]}}
        evidence["probes"] = {"flow": flow}

    assert "writer_not_on_volume" in codes(look_at("tail-follows-name", edit=unmounted))
    assert "writer_not_on_volume" not in codes(look_at("tail-follows-name", edit=found))


def test_a_workload_is_named_as_it_is_there_or_by_all_its_names() -> None:
    names = ("web-fixed", "web")
    twin = only(look_at("wrong-kind", lab(*names)))
    assert (twin.code, twin.params["workload"]) == ("workload_of_another_kind", "web")
    near = only(look_at("near-name", lab("other", "web")))
    assert (near.code, near.params["workload"]) == ("workload_misnamed", "web")
    gone = only(look_at("crashes", lab("one", "two")))
    assert gone.params == {"workload": "one", "also": ["two"], "kind": "Deployment"}
