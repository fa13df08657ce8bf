"""A verdict with one of everything, for the tests that put verdicts into words."""

from pathlib import Path

from grader.catalog import Lab, load_lab
from grader.diagnosis.model import Diagnosis, Layer
from grader.judge.verdict import Finding, TaskVerdict, Verdict

LABS = Path(__file__).resolve().parents[1] / "labs"
HOSTILE = "evil\x1b[31m \x00 \u202e <tag> & ]]> \ud800"


def sidecar_lab() -> Lab:
    return load_lab(LABS / "sidecar-logging")


def failing_finding(**changes: object) -> Finding:
    found = Finding(
        verdict="failed",
        code="test_code",
        params={"container": "log-shipper"},
        command="kubectl get pod -o yaml",
        evidence=("spec.containers[log-shipper].volumeMounts[0].readOnly = false",),
        id="read-only",
    )
    return Finding(**{**vars(found), **changes})


def mixed_verdict(*diagnoses: Diagnosis) -> Verdict:
    """Passed, failed, unknown and not answered yet."""
    tasks = (
        TaskVerdict("workload", "passed", 15, 15, (Finding("passed", "fine", id="ready"),)),
        TaskVerdict("read-only", "failed", 0, 15, (failing_finding(),)),
        TaskVerdict("log-flow", "unknown", 0, 35, (Finding("unknown", "not_seen", id="flow"),)),
        TaskVerdict("quiz", "failed", 0, 35, (Finding("failed", "answer_missing", id="port"),)),
    )
    return Verdict(
        lab="sidecar-logging",
        lab_version="0123456789abcdef",
        judge_version="1",
        score=15,
        open_points=35,
        max_score=100,
        verdict="failed",
        tasks=tasks,
        diagnoses=diagnoses,
        evidence_hash="e" * 64,
        started_at="2026-01-01T00:00:00Z",
        duration_ms=1234,
        api_calls=21,
    )


def crash(**changes: object) -> Diagnosis:
    found = Diagnosis(
        code="test_crash",
        layer=Layer.CRASH,
        severity="error",
        pod="web-1",
        container="log-shipper",
        params={"exit_code": 1},
        evidence=("can't open '/logs/access.log'",),
        next="kubectl logs web-1 -c log-shipper --previous",
        consequences=(Diagnosis("test_follows", Layer.READINESS, "warning", "web-1"),),
    )
    return Diagnosis(**{**vars(found), **changes})


def full_verdict() -> Verdict:
    task = TaskVerdict("workload", "passed", 100, 100, (Finding("passed", "fine", id="ready"),))
    mixed = vars(mixed_verdict())
    return Verdict(
        **{**mixed, "score": 100, "open_points": 0, "verdict": "passed", "tasks": (task,)}
    )
