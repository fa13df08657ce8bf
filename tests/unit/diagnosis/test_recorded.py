"""Each rule against what Kubernetes really said: one recorded workspace per row."""

from typing import Any

import pytest

from grader.diagnosis.model import Layer
from tests.unit.diagnosis.world import CASES, codes, everything, lab, look_at

WRITES = {"writer": "web", "writer_path": "/var/log/nginx/access.log"}
PROXY = {"volume": "config", "containers": ["proxy"]}
HAPROXY = "/usr/local/etc/haproxy/haproxy.cfg"

# Workspace, layer, container, what is said of it.
ROWS: tuple[tuple[str, Layer, str, str, dict[str, Any]], ...] = (
    ("near-name", Layer.ABSENT, "", "workload_misnamed", {"workload": "web", "found": "webb"}),
    ("wrong-kind", Layer.ABSENT, "", "workload_of_another_kind", {"found": "Pod"}),
    (
        "quota",
        Layer.ADMISSION,
        "",
        "refused_by_quota",
        {
            "quota": "workspace",
            "requested": "limits.cpu=4,requests.cpu=4",
            "used": "limits.cpu=0,requests.cpu=0",
            "limited": "limits.cpu=1,requests.cpu=1",
        },
    ),
    (
        "limit-range",
        Layer.ADMISSION,
        "",
        "refused_by_limits",
        {"says": "maximum memory usage per Container is 64Mi, but limit is 1Gi"},
    ),
    ("pod-security", Layer.ADMISSION, "", "refused_by_pod_security", {"level": "baseline"}),
    ("service-account", Layer.ADMISSION, "", "refused_service_account", {"account": "nobody"}),
    ("scaled-to-zero", Layer.ADMISSION, "", "scaled_to_zero", {"workload": "web"}),
    ("paused", Layer.ADMISSION, "", "rollout_paused", {"workload": "web"}),
    (
        "too-big",
        Layer.SCHEDULING,
        "",
        "too_big_for_nodes",
        {"resources": ["cpu"], "asked": ["web: cpu 64"]},
    ),
    ("node-selector", Layer.SCHEDULING, "", "no_such_node", {"selector": ["disk=ssd"]}),
    ("claim-missing", Layer.SCHEDULING, "", "claim_missing", {"claim": "data"}),
    ("claim-unbound", Layer.SCHEDULING, "", "claim_unbound", {"claims": ["data"]}),
    ("image-tag", Layer.IMAGE, "web", "image_unknown", {"image": "nginx:1.72"}),
    ("image-name", Layer.IMAGE, "web", "image_unknown", {"image": "ngnix"}),
    ("image-invalid", Layer.IMAGE, "web", "image_name_invalid", {"image": "NGINX:1.27"}),
    ("image-never", Layer.IMAGE, "web", "image_never_pulled", {"image": "nginx:1.72"}),
    ("config-map-missing", Layer.CONFIG, "web", "config_map_missing", {"config_map": "settings"}),
    (
        "config-key-missing",
        Layer.CONFIG,
        "web",
        "config_key_missing",
        {"key": "mode", "config_map": "settings", "keys": ["Mode", "level"]},
    ),
    ("secret-missing", Layer.CONFIG, "web", "secret_missing", {"secret": "db"}),
    (
        "secret-key-missing",
        Layer.CONFIG,
        "web",
        "secret_key_missing",
        {"key": "password", "secret": "db"},
    ),
    (
        "volume-config-map-missing",
        Layer.CONFIG,
        "",
        "volume_config_map_missing",
        {"config_map": "redis-proxy-config", **PROXY},
    ),
    (
        "volume-key-missing",
        Layer.CONFIG,
        "",
        "volume_key_missing",
        {"key": "haproxy.cfg", "config_map": "settings", "keys": ["proxy.cfg"], **PROXY},
    ),
    ("volume-secret-missing", Layer.CONFIG, "", "volume_secret_missing", {"secret": "web-tls"}),
    (
        "mount-fails",
        Layer.CONFIG,
        "",
        "mount_failed",
        {"volume": "data", "says": "hostPath type check failed: /nowhere is not a directory"},
    ),
    ("runs-as-root", Layer.CONFIG, "web", "runs_as_root", {"image": "nginx:1.27"}),
    (
        "hook-never-returns",
        Layer.CONFIG,
        "app",
        "hook_never_returns",
        {"seconds": 47, "behind": ["exporter"]},
    ),
    ("hook-fails", Layer.CRASH, "app", "hook_failed", {}),
    ("crashes", Layer.CRASH, "web", "exits", {"exit_code": 3, "restarts": 3}),
    ("replicas-crash", Layer.CRASH, "web", "exits", {"exit_code": 3, "pods_alike": 3}),
    ("finished", Layer.CRASH, "web", "finished", {"exit_code": 0, "restarts": 3}),
    ("out-of-memory", Layer.CRASH, "web", "out_of_memory", {"limit": "16Mi", "exit_code": 137}),
    ("command-not-found", Layer.CRASH, "web", "command_not_found", {"program": "fluentd"}),
    (
        "command-not-found-in-shell",
        Layer.CRASH,
        "web",
        "command_not_found",
        {"program": "curll", "exit_code": 127},
    ),
    (
        "not-executable",
        Layer.CRASH,
        "web",
        "command_not_executable",
        {"program": "/scripts/run.sh"},
    ),
    ("exec-format", Layer.CRASH, "web", "exec_format", {"exit_code": 1}),
    ("mount-on-file", Layer.CRASH, "web", "mount_on_file", {"path": "/etc/passwd"}),
    (
        "workdir-file",
        Layer.CRASH,
        "web",
        "not_started",
        {"says": "error during container init: mkdir /etc/passwd: not a directory: unknown"},
    ),
    (
        "tail-missing",
        Layer.CRASH,
        "shipper",
        "file_not_on_volume",
        {"path": "/logs/access.log", "mounts": ["logs → /log"], **WRITES},
    ),
    (
        "tail-subfolder",
        Layer.CRASH,
        "shipper",
        "file_elsewhere",
        {"path": "/var/log/nginx/access.log", "mount": "/var/log", **WRITES},
    ),
    (
        "sidecar-crashes",
        Layer.CRASH,
        "shipper",
        "file_elsewhere",
        {"path": "/logs/nginx/access.log", "mount": "/logs", **WRITES},
    ),
    (
        "gnu-tail",
        Layer.CRASH,
        "shipper",
        "file_elsewhere",
        {"path": "/logs/acces.log", "writer_mount": "/var/log/nginx", **WRITES},
    ),
    (
        "tail-waits",
        Layer.CRASH,
        "shipper",
        "file_not_written",
        {"path": "/log/access.log", "volume": "logs", "writer": "web"},
    ),
    ("nc-bad-address", Layer.CRASH, "app", "address_unknown", {"host": "redis", "exit_code": 1}),
    ("haproxy-unresolved", Layer.CRASH, "proxy", "haproxy_unresolved", {"host": "redis"}),
    ("haproxy-no-config", Layer.CRASH, "proxy", "config_file_missing", {"path": HAPROXY}),
    (
        "haproxy-bad-config",
        Layer.CRASH,
        "proxy",
        "config_invalid",
        {"path": HAPROXY, "line": "4"},
    ),
    (
        "nginx-bad-config",
        Layer.CRASH,
        "web",
        "config_invalid",
        {
            "path": "/etc/nginx/conf.d/default.conf",
            "line": "1",
            "why": 'directive "listen" is not terminated by ";"',
        },
    ),
    ("port-taken-nc", Layer.CRASH, "proxy", "option_unknown", {"program": "nc"}),
    (
        "read-only",
        Layer.CRASH,
        "web",
        "write_on_read_only_mount",
        {"path": "/var/log/nginx/error.log", "volume": "logs", "mount": "/var/log/nginx"},
    ),
    (
        "read-only-root",
        Layer.CRASH,
        "web",
        "write_on_read_only_root",
        {"path": "/var/lib/nginx/body"},
    ),
    (
        "permission-denied",
        Layer.CRASH,
        "web",
        "permission_denied_at",
        {"path": "/etc/app.conf"},
    ),
    ("shell-syntax", Layer.CRASH, "web", "shell_syntax", {"exit_code": 2}),
    (
        "probe-status",
        Layer.READINESS,
        "web",
        "probe_status",
        {"probe": "readiness", "path": "/healthz", "status": 404},
    ),
    (
        "probe-command",
        Layer.READINESS,
        "web",
        "probe_command",
        {"probe": "readiness", "command": "cat /tmp/ready"},
    ),
    ("probe-timeout", Layer.READINESS, "web", "probe_timeout", {"seconds": 1}),
    (
        "probe-tcp",
        Layer.READINESS,
        "web",
        "probe_at_wrong_port",
        {"probe": "readiness", "port": 3306, "listens": ["80"]},
    ),
    (
        "startup",
        Layer.READINESS,
        "web",
        "probe_at_wrong_port",
        {"probe": "startup", "port": 8080, "listens": ["80"]},
    ),
    ("liveness", Layer.READINESS, "web", "probe_refused", {"probe": "liveness", "port": 8080}),
    (
        "probe-localhost",
        Layer.READINESS,
        "redis",
        "probe_local_only",
        {"probe": "readiness", "port": 6379},
    ),
    (
        "selector",
        Layer.SERVICE,
        "",
        "selector_mismatch",
        {"service": "web", "selector": ["app=webb"], "labels": ["app=web"]},
    ),
    (
        "target-port",
        Layer.SERVICE,
        "",
        "target_port_closed",
        {"service": "web", "port": 80, "target": 8080, "listens": ["web: 80"]},
    ),
    (
        "target-port-name",
        Layer.SERVICE,
        "",
        "target_port_name_unknown",
        {"target": "web", "names": ["http"]},
    ),
    ("service-port", Layer.SERVICE, "", "service_port_missing", {"port": 80, "offered": ["8080"]}),
    (
        "localhost-only",
        Layer.SERVICE,
        "",
        "listens_on_localhost_only",
        {"target": 6379, "listener": "redis"},
    ),
    (
        "foreign",
        Layer.SERVICE,
        "",
        "service_leads_elsewhere",
        {"pods": ["decoy"], "selector": ["app=decoy"]},
    ),
    (
        "tail-follows-name",
        Layer.BEHAVIOUR,
        "shipper",
        "volumes_differ",
        {"volume": "other", "writer_volume": "logs", **WRITES},
    ),
    (
        "read-only-loop",
        Layer.BEHAVIOUR,
        "app",
        "write_on_read_only_mount",
        {"path": "/var/metrics/metrics.txt", "mount": "/var/metrics"},
    ),
    (
        "port-taken",
        Layer.BEHAVIOUR,
        "second",
        "port_taken_by",
        {"port": 80, "other": "web"},
    ),
    (
        "pod-edited",
        Layer.BEHAVIOUR,
        "web",
        "pod_edited",
        {"image": "nginx:latest", "template_image": "nginx:1.27"},
    ),
)
# Those with more than one cause, or with something folded under the first.
TOGETHER: dict[str, list[str]] = {
    "init-fails": ["init_fails", "waits_for_init", "waits_for_init"],
    "init-image": ["image_unknown", "waits_for_init"],
    "init-waits": ["address_unknown", "waits_for_init", "waits_for_init"],
    "sidecar-not-started": ["sidecar_not_started", "probe_command", "waits_for_init"],
    "multi-dep": ["mysql_without_password", "sleep_misused", "declared_port_closed"],
    "sleep-invalid": ["sleep_misused"] * 4,
    "no-ready-endpoints": ["exits", "no_ready_endpoints"],
    "probe-port": ["probe_at_wrong_port", "no_ready_endpoints"],
    "old-pods-serve": ["image_unknown", "file_not_written", "old_pods_serve"],
    "bare-pod": ["image_unknown", "bare_pod_beside"],
    "waits-after-fix": ["waits_for_restart"],
    "mount-after-fix": ["waits_for_mount"],
    "bare-exit": ["workload_of_another_kind"],
}
FINE = ("healthy", "healthy-native-sidecar", "restarted-once")


@pytest.mark.parametrize(
    ("name", "layer", "container", "code", "params"), ROWS, ids=[row[0] for row in ROWS]
)
def test_a_broken_workspace_gives_its_one_cause(
    name: str, layer: Layer, container: str, code: str, params: dict[str, Any]
) -> None:
    found = look_at(name)
    assert codes(found) == [code]
    cause = found[0]
    assert (cause.layer, cause.container) == (layer, container)
    assert {key: cause.params.get(key) for key in params} == params


@pytest.mark.parametrize("name", sorted(TOGETHER))
def test_consequences_stand_under_their_cause(name: str) -> None:
    assert codes(look_at(name)) == TOGETHER[name]


@pytest.mark.parametrize("name", FINE)
def test_a_workspace_that_works_gives_no_diagnosis(name: str) -> None:
    assert look_at(name) == ()


def test_every_recorded_workspace_is_in_a_row() -> None:
    rows = {row[0] for row in ROWS} | set(TOGETHER) | set(FINE)
    assert {path.stem for path in CASES.glob("*.json")} == rows


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.json")))
def test_a_cause_shows_little_and_says_what_to_do_next(name: str) -> None:
    for cause in everything(look_at(name)):
        assert len(cause.evidence) <= 3
        assert all(len(line) <= 301 for line in cause.evidence)
        assert cause.next.startswith(f"kubectl -n diag-{name} ")
        assert "\n" not in cause.next


def test_a_lab_that_allows_bare_pods_tells_one_that_finished_from_one_that_restarts() -> None:
    found = look_at("bare-exit", lab("web", kinds=("Deployment", "Pod")))
    assert codes(found) == ["finished_for_good"]


def test_back_off_after_a_fix_is_waiting_with_the_seconds_left() -> None:
    """Redis came after HAProxy's third end; 30 of its 40 seconds had passed."""
    (cause,) = look_at("waits-after-fix")
    assert cause.severity == "waiting"
    assert cause.params["seconds"] == 10
    assert any("could not resolve address 'redis'" in line for line in cause.evidence)


def test_the_first_line_of_a_complaint_in_two_lines_is_shown_as_well() -> None:
    mysql = look_at("multi-dep")[0]
    assert mysql.evidence[0].startswith("error: database is uninitialized")
    assert "MYSQL_ALLOW_EMPTY_PASSWORD" in mysql.evidence[1]
