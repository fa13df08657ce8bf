"""Each thing that a probe may have met is its own code, with what was sent and what was seen."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.evidence.model import Step, Transcript, Trouble
from tests.unit.judge.labs import deployment, finding, mount, nginx, shipper, standing
from tests.workspaces import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.judge.verdict import Finding

WORDS = Path(__file__).resolve().parents[3] / "grader" / "words"
STEP = Step(NOW, "http_get", "web-5d4f8-0", "nginx", "80 /x1", ok=True, saw="HTTP 200")
PROBES: dict[str, dict[str, Any]] = {
    "service_answers": {"kind": "service_http", "service": "web", "port": 80},
    "pod_answers": {"kind": "pod_http", "port": 80},
    "log_flows": {"kind": "log_flow", "writer": "writer", "reader": "reader"},
    "banner_seen": {"kind": "banner", "port": 3306, "protocol": "mysql"},
    "exposition": {"kind": "scrape", "port": 9090, "paths": ["/metrics", "/"]},
    "live_sample_seen": {
        "kind": "live_sample",
        "writer": "writer",
        "file": "/var/metrics/metrics.txt",
        "port": 9090,
        "paths": ["/metrics", "/"],
    },
    "redis_answers": {"kind": "redis_ping", "service": "redis", "port": 6379},
    "redis_relayed": {
        "kind": "redis_relay",
        "workload": "main",
        "port": 6379,
        "backend": "redis",
        "backend_port": 6379,
    },
    "fresh_line_seen": {"kind": "fresh_line", "role": "writer", "fits": "PONG"},
}


def found_by(check: str, facts: dict[str, Any] | None, **rest: Any) -> Finding:
    workspace = standing(deployment(nginx(), shipper()))
    workspace.settled = rest.pop("settled", True)
    if facts is not None:
        kind = PROBES[check]["kind"]
        workspace.probes["try"] = Transcript(kind, (STEP,), facts, **rest)
    return finding(workspace, {"kind": check, "probe": "try"}, probes={"try": PROBES[check]})


HTTP = {"service": "web", "port": 80, "path": "/x1", "why": "", "foreign": "", "status": 404}
FLOW = {
    "writer": "nginx",
    "pod": "web-5d4f8-0",
    "path": "/x1",
    "line": "y2",
    "within": 15.0,
    "looked_in": ["/logs"],
    "files": ["/logs/access.log"],
    "readers": ["shipper"],
    "seen": {"shipper": {"request": True, "line": True, "last": ["GET /x1"]}},
    "port": 80,
    "request": {"status": 404},
    "unread": {},
}
ONLY_REQUEST = {"shipper": {"request": True, "line": False, "last": ["GET /x1"]}}
NOTHING = {"shipper": {"request": False, "line": False, "last": ["invented"]}}
GREETING = {"pod": "web-5d4f8-0", "code": "greeting", "protocol": 10, "version": "5.7.44"}
PAGE = {
    "path": "/metrics",
    "fits": True,
    "status": 200,
    "samples": 2,
    "bad_number": 0,
    "bad_line": "",
}
BAD_PAGE = PAGE | {"fits": False, "bad_number": 3, "bad_line": "no metrics", "samples": 0}
SAMPLE = {
    "writer": "nginx",
    "pod": "web-5d4f8-0",
    "file": "/var/metrics/metrics.txt",
    "port": 9090,
    "name": "podlab_a",
    "seen": True,
    "writes": 1,
    "reads": 2,
    "file_fits": True,
    "file_line": "",
    "file_missing": False,
    "not_writable": False,
    "no_program": False,
    "error": "",
    "served": ["podlab_a 1"],
}
PING = {
    "why": "",
    "answered": True,
    "pods": [{"pod": "redis-0", "port": 6379, "reply": "PONG"}],
}
ARRIVED = {"ok": True, "key": "podlab:k"}
RELAY = {"why": "", "pod": "web-5d4f8-0", "there": ARRIVED, "back": ARRIVED}
LOST = {"ok": False, "key": "podlab:k", "error": "not_there", "saw": "(nil)"}
LINE = {"pod": "web-5d4f8-0", "container": "nginx", "seen": True, "line": "PONG", "last": []}


def pod(**facts: Any) -> dict[str, Any]:
    return {"port": 80, "pods": [{"pod": "web-5d4f8-0", **facts}]}


def page(*attempts: dict[str, Any]) -> dict[str, Any]:
    return {"port": 9090, "pod": "web-5d4f8-0", "attempts": list(attempts)}


CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("service_answers", HTTP, "through_service_answered", {"status": 404, "path": "/x1"}),
    ("service_answers", HTTP | {"status": 499}, "through_service_answered", {"status": 499}),
    ("service_answers", HTTP | {"status": 500}, "through_service_error", {"status": 500}),
    (
        "service_answers",
        HTTP | {"status": None, "why": "no_answer"},
        "through_service_silent",
        {"service": "web"},
    ),
    ("service_answers", HTTP | {"why": "no_service"}, "through_service_missing", {}),
    ("service_answers", HTTP | {"why": "no_port"}, "through_service_no_port", {"port": 80}),
    ("service_answers", HTTP | {"why": "no_endpoints"}, "through_service_no_endpoints", {}),
    ("service_answers", HTTP | {"why": "not_ready"}, "through_service_unready", {}),
    (
        "service_answers",
        HTTP | {"why": "foreign_endpoint", "foreign": "10.9.9.9"},
        "through_service_foreign",
        {"foreign": "10.9.9.9"},
    ),
    ("service_answers", HTTP | {"why": "refused"}, "through_service_refused", {}),
    ("service_answers", HTTP | {"why": "no_answer"}, "through_service_silent", {}),
    ("pod_answers", pod(status=503), "pod_answered", {"status": 503}),
    ("pod_answers", pod(error="refused"), "pod_refused", {"port": 80, "pod": "web-5d4f8-0"}),
    ("pod_answers", pod(error="silent"), "pod_silent", {}),
    ("pod_answers", pod(error="not_http", detail="J5.7"), "pod_not_http", {"said": "J5.7"}),
    ("pod_answers", {"port": 80, "pods": []}, "pod_idle", {"port": 80}),
    ("log_flows", FLOW, "log_flows", {"reader": "shipper", "path": "/x1", "line": "y2"}),
    ("log_flows", FLOW | {"readers": ["other"]}, "log_flows", {"reader": "other"}),
    ("log_flows", {"absent": "writer"}, "log_writer_down", {}),
    ("log_flows", FLOW | {"readers": [], "not_running": "nginx"}, "log_writer_down", {}),
    (
        "log_flows",
        FLOW | {"readers": [], "no_shell": "nginx"},
        "no_shell",
        {"container": "nginx"},
    ),
    (
        "log_flows",
        FLOW | {"readers": [], "request": {"error": "refused"}},
        "log_request_refused",
        {"error": "refused", "port": 80},
    ),
    ("log_flows", FLOW | {"readers": [], "looked_in": []}, "log_no_shared_folder", {}),
    (
        "log_flows",
        FLOW | {"readers": [], "files": [], "seen": NOTHING},
        "log_not_on_volume",
        {"folders": ["/logs"], "path": "/x1"},
    ),
    (
        "log_flows",
        FLOW | {"readers": [], "files": [], "seen": ONLY_REQUEST},
        "log_not_from_file",
        {"reader": "shipper"},
    ),
    (
        "log_flows",
        FLOW | {"readers": [], "not_writable": "/logs/access.log"},
        "log_not_writable",
        {"file": "/logs/access.log"},
    ),
    ("log_flows", FLOW | {"readers": [], "no_program": "grep"}, "no_program", {"program": "grep"}),
    (
        "log_flows",
        FLOW | {"readers": [], "seen": NOTHING},
        "log_request_missing",
        {"files": ["/logs/access.log"], "instead": "invented", "within": 15},
    ),
    (
        "log_flows",
        FLOW | {"readers": [], "seen": ONLY_REQUEST},
        "log_line_missing",
        {"line": "y2", "reader": "shipper"},
    ),
    ("banner_seen", pod(**GREETING), "banner_seen", {"version": "5.7.44", "protocol": 10}),
    ("banner_seen", pod(error="refused"), "banner_refused", {"port": 3306}),
    ("banner_seen", pod(error="silent"), "banner_silent", {}),
    (
        "banner_seen",
        pod(code="error_packet", first="Host '10.1.1.1' is not allowed"),
        "banner_error",
        {"said": "Host '10.1.1.1' is not allowed"},
    ),
    ("banner_seen", pod(code="other_protocol", protocol=9), "banner_protocol", {"protocol": 9}),
    ("banner_seen", pod(code="not_mysql", first="+PONG"), "banner_other", {"said": "+PONG"}),
    ("banner_seen", {"pods": []}, "pod_idle", {}),
    ("exposition", page(PAGE), "exposition_served", {"samples": 2, "path": "/metrics"}),
    (
        "exposition",
        page(PAGE | {"fits": False, "status": 404}, PAGE | {"path": "/"}),
        "exposition_served",
        {"path": "/"},
    ),
    ("exposition", page({"path": "/", "error": "refused"}), "exposition_refused", {"port": 9090}),
    ("exposition", page({"path": "/", "error": "silent"}), "exposition_silent", {}),
    (
        "exposition",
        page({"path": "/", "error": "not_http", "detail": "-e HTTP/1.1"}),
        "exposition_not_http",
        {"said": "-e HTTP/1.1"},
    ),
    (
        "exposition",
        page(PAGE | {"fits": False, "status": 404}),
        "exposition_status",
        {"status": 404},
    ),
    (
        "exposition",
        page(PAGE | {"fits": False, "status": 404}, BAD_PAGE | {"path": "/"}),
        "exposition_bad_line",
        {"number": 3, "line": "no metrics", "path": "/"},
    ),
    ("exposition", page(PAGE | {"fits": False, "samples": 0}), "exposition_empty", {}),
    ("exposition", page(), "pod_idle", {}),
    ("live_sample_seen", SAMPLE, "live_sample_seen", {"name": "podlab_a", "port": 9090}),
    ("live_sample_seen", {"absent": "writer"}, "live_writer_down", {}),
    ("live_sample_seen", SAMPLE | {"no_shell": "nginx"}, "no_shell", {"container": "nginx"}),
    ("live_sample_seen", SAMPLE | {"no_program": True}, "no_program", {"program": "grep"}),
    (
        "live_sample_seen",
        SAMPLE | {"file_missing": True, "writes": 0},
        "live_file_missing",
        {"file": "/var/metrics/metrics.txt"},
    ),
    ("live_sample_seen", SAMPLE | {"not_writable": True, "writes": 0}, "live_not_writable", {}),
    (
        "live_sample_seen",
        SAMPLE | {"file_fits": False, "file_line": '{"a": 1}'},
        "live_file_bad_line",
        {"line": '{"a": 1}'},
    ),
    ("live_sample_seen", SAMPLE | {"file_fits": False}, "live_file_empty", {}),
    ("live_sample_seen", SAMPLE | {"seen": False, "error": "refused"}, "live_port_refused", {}),
    (
        "live_sample_seen",
        SAMPLE | {"seen": False, "error": "not_http"},
        "live_port_silent",
        {"error": "not_http"},
    ),
    (
        "live_sample_seen",
        SAMPLE | {"seen": False, "served": ["up 1"]},
        "live_sample_missing",
        {"served": "up 1", "writes": 1, "reads": 2, "within": 20},
    ),
    ("redis_answers", PING, "redis_answered", {"pod": "redis-0", "port": 6379}),
    ("redis_answers", PING | {"why": "no_service"}, "through_service_missing", {}),
    (
        "redis_answers",
        {"answered": False, "pods": [{"pod": "redis-0", "port": 6379, "error": "refused"}]},
        "redis_refused",
        {"pod": "redis-0"},
    ),
    (
        "redis_answers",
        {"answered": False, "pods": [{"pod": "redis-0", "error": "silent"}]},
        "redis_silent",
        {},
    ),
    (
        "redis_answers",
        {"answered": False, "pods": [{"pod": "redis-0", "reply": "NOAUTH required"}]},
        "redis_error",
        {"reply": "NOAUTH required"},
    ),
    (
        "redis_answers",
        {"answered": False, "pods": [{"pod": "redis-0", "error": "not_redis"}]},
        "redis_other",
        {},
    ),
    ("redis_relayed", RELAY, "redis_relayed", {"backend": "redis"}),
    ("redis_relayed", RELAY | {"pod": ""}, "pod_idle", {}),
    ("redis_relayed", RELAY | {"why": "no_endpoints"}, "through_service_no_endpoints", {}),
    ("redis_relayed", RELAY | {"there": LOST}, "relay_stays_here", {"key": "podlab:k"}),
    ("redis_relayed", RELAY | {"back": LOST}, "relay_not_back", {"saw": "(nil)"}),
    (
        "redis_relayed",
        RELAY | {"there": {"ok": False, "error": "refused", "side": "here"}},
        "relay_refused",
        {"port": 6379},
    ),
    (
        "redis_relayed",
        RELAY | {"there": {"ok": False, "error": "silent", "side": "here"}},
        "relay_silent",
        {},
    ),
    (
        "redis_relayed",
        RELAY | {"there": {"ok": False, "error": "redis_error", "side": "here", "saw": "NOAUTH"}},
        "relay_error",
        {"saw": "NOAUTH"},
    ),
    (
        "redis_relayed",
        RELAY | {"there": {"ok": False, "error": "not_redis", "side": "here"}},
        "relay_other",
        {},
    ),
    (
        "redis_relayed",
        RELAY | {"back": {"ok": False, "error": "redis_error", "side": "there"}},
        "relay_backend_silent",
        {},
    ),
    ("fresh_line_seen", LINE, "fresh_line_seen", {"line": "PONG"}),
    ("fresh_line_seen", {"absent": "writer"}, "pod_idle", {}),
    ("fresh_line_seen", LINE | {"seen": False}, "fresh_line_missing", {"within": 15}),
    (
        "fresh_line_seen",
        LINE | {"seen": False, "last": ["Could not connect"]},
        "fresh_line_other",
        {"instead": "Could not connect"},
    ),
]
PASSING = {
    "through_service_answered",
    "pod_answered",
    "log_flows",
    "banner_seen",
    "exposition_served",
    "live_sample_seen",
    "redis_answered",
    "redis_relayed",
    "fresh_line_seen",
}
NAMES = [f"{check}-{code}-{place}" for place, (check, _, code, _) in enumerate(CASES)]


@pytest.mark.parametrize(("check", "facts", "code", "params"), CASES, ids=NAMES)
def test_what_was_met_is_said_with_what_was_sent_and_seen(
    check: str, facts: dict[str, Any], code: str, params: dict[str, Any]
) -> None:
    found = found_by(check, facts)
    assert found.code == code
    assert found.verdict == ("passed" if code in PASSING else "failed")
    assert params.items() <= dict(found.params).items()
    assert found.command.startswith("kubectl -n learner-1 ")
    assert found.evidence == (f"{NOW} http_get web-5d4f8-0/nginx 80 /x1 → HTTP 200",) or (
        code == "pod_idle"
    )


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_finding_has_words_that_its_parameters_fill(language: str) -> None:
    words = tomllib.loads((WORDS / language / "probes.toml").read_text(encoding="utf-8"))
    said = {code for _, _, code, _ in CASES}
    assert set(words) == said
    for check, facts, code, _ in CASES:
        params = found_by(check, facts).params
        for text in words[code].values():
            wanted = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            assert wanted <= set(params), (code, text)


def test_both_languages_speak_of_the_same_things() -> None:
    english, korean = (
        tomllib.loads((WORDS / language / "probes.toml").read_text(encoding="utf-8"))
        for language in ("en", "ko")
    )
    assert list(english) == list(korean)
    for code, table in english.items():
        assert set(table) == set(korean[code]) == {"message", "expected", "observed"}


def test_no_korean_particle_leans_on_a_placeholder() -> None:
    words = (WORDS / "ko" / "probes.toml").read_text(encoding="utf-8")
    assert not re.findall(
        r"\}[`”]?(?:이|가|은|는|을|를|와|과|으로|로|이에요|예요)(?![가-힣])", words
    )


@pytest.mark.parametrize("check", sorted(PROBES))
def test_what_was_not_tried_is_unknown(check: str) -> None:
    found = found_by(check, None)
    assert (found.verdict, found.code) == ("unknown", "not_collected")


@pytest.mark.parametrize("check", sorted(PROBES))
def test_what_could_not_be_tried_is_unknown_and_says_why(check: str) -> None:
    found = found_by(check, {}, trouble=Trouble("forbidden", "pods/exec"))
    assert (found.verdict, found.code) == ("unknown", "probe_trouble")
    assert found.params["code"] == "forbidden"


@pytest.mark.parametrize(("check", "facts", "code", "params"), CASES, ids=NAMES)
def test_what_failed_while_it_was_still_starting_is_looked_at_again(
    check: str, facts: dict[str, Any], code: str, params: dict[str, Any]
) -> None:
    found = found_by(check, facts, settled=False)
    assert found.code == (code if code in PASSING else "still_starting")


def test_a_log_that_may_not_be_read_is_our_trouble_not_the_learner_s() -> None:
    facts = FLOW | {"readers": [], "seen": NOTHING, "unread": {"shipper": "forbidden"}}
    found = found_by("log_flows", facts)
    assert (found.verdict, found.code) == ("unknown", "probe_trouble")


def test_a_file_that_could_not_be_looked_at_is_our_trouble() -> None:
    facts = FLOW | {"readers": [], "files": [], "file_trouble": "timeout"}
    found = found_by("log_flows", facts)
    assert (found.verdict, found.params["code"]) == ("unknown", "timeout")
    facts = SAMPLE | {"writes": 0, "seen": False, "file_trouble": "forbidden"}
    found = found_by("live_sample_seen", facts)
    assert (found.verdict, found.params["code"]) == ("unknown", "forbidden")


@pytest.mark.parametrize("check", sorted(PROBES))
@pytest.mark.parametrize("facts", [{}, {"pods": 3, "seen": [], "attempts": {}, "unread": "no"}])
def test_facts_of_any_shape_give_a_finding(check: str, facts: dict[str, Any]) -> None:
    found = found_by(check, facts)
    assert found.code != "judge_error"
    assert found.verdict in {"failed", "unknown"}


def test_a_probe_tells_which_of_two_likely_containers_plays_the_role() -> None:
    """The idle twin mounts the volume writable; the one that was seen to work does not."""
    twin = shipper(name="a-twin", volumeMounts=[mount()])
    workspace = standing(deployment(nginx(), twin, shipper()))
    check = {"kind": "read_only_mount", "reader": "reader", "writer": "writer"}
    for proven, verdict in (("shipper", "passed"), ("a-twin", "failed")):
        facts = FLOW | {"plays": {"reader": [proven]}}
        workspace.probes["try"] = Transcript("log_flow", (), facts)
        assert finding(workspace, check).verdict == verdict


def test_of_two_that_read_the_log_the_one_that_cannot_write_is_the_reader() -> None:
    """Whatever else speaks for the other one."""
    debug = shipper(name="debug", volumeMounts=[mount()])
    plain = shipper(command=["/ship"])
    workspace = standing(deployment(nginx(), debug, plain))
    facts = FLOW | {"plays": {"reader": ["debug", "shipper"]}}
    workspace.probes["try"] = Transcript("log_flow", (), facts)
    check = {"kind": "read_only_mount", "reader": "reader", "writer": "writer"}
    assert finding(workspace, check).verdict == "passed"


OURS = ("unreachable", "timeout", "rate_limited", "server_error", "forbidden", "budget", "new")
SHAPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "service_answers": lambda code: HTTP | {"status": None, "why": code},
    "pod_answers": lambda code: pod(error=code),
    "banner_seen": lambda code: pod(error=code),
    "exposition": lambda code: page({"path": "/", "error": code}),
    "redis_answers": lambda code: {"answered": False, "pods": [{"pod": "redis-0", "error": code}]},
    "redis_relayed": lambda code: RELAY | {"there": {"ok": False, "error": code, "side": "here"}},
}


@pytest.mark.parametrize("error", OURS)
@pytest.mark.parametrize("check", list(SHAPES))
def test_what_is_no_word_about_the_port_is_unknown_and_never_a_zero(check: str, error: str) -> None:
    found = found_by(check, SHAPES[check](error))
    assert (found.verdict, found.code) == ("unknown", "probe_trouble")
    assert found.params["code"] == error


@pytest.mark.parametrize("way", ["there", "back"])
def test_trouble_on_the_way_to_the_backend_is_unknown_too(way: str) -> None:
    found = found_by(
        "redis_relayed", RELAY | {way: {"ok": False, "error": "unreachable", "side": "there"}}
    )
    assert (found.verdict, found.code) == ("unknown", "probe_trouble")


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("service_answers", HTTP | {"status": None}),
        ("redis_answers", {"answered": False, "pods": []}),
        ("redis_relayed", RELAY | {"back": {}}),
    ],
)
def test_facts_that_tell_of_nothing_are_unknown(check: str, facts: dict[str, Any]) -> None:
    assert found_by(check, facts).code == "probe_trouble"
