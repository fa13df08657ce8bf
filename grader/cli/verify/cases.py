"""Stored cases: a run's evidence and the verdict on it, small and with readable differences."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.evidence.model import Evidence
from grader.judge.verdict import Verdict

# Two Deployments of four containers with all of their events come to 89 kB; most have 30.
LARGEST_CASE = 96 * 1024
# Members of so many levels get a line each; what is deeper stays on its line.
LINES_TO = 4


def write_case(file: Path, evidence: Evidence, verdict: Verdict) -> int:
    """How many bytes it has."""
    case = {"evidence": evidence.to_json(), "verdict": asdict(verdict)}
    text = spread(json.loads(json.dumps(case)), LINES_TO) + "\n"
    file.parent.mkdir(exist_ok=True)
    return file.write_text(text, encoding="utf-8")


def spread(value: Any, levels: int, margin: str = "") -> str:
    """JSON with sorted keys and one member a line, down to so many levels."""
    if not levels or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    inner = margin + " "
    if isinstance(value, list):
        members = [spread(one, levels - 1, inner) for one in value]
        opening, closing = "[", "]"
    else:
        members = [
            f"{json.dumps(key, ensure_ascii=False)}:{spread(value[key], levels - 1, inner)}"
            for key in sorted(value)
        ]
        opening, closing = "{", "}"
    lines = f",\n{inner}".join(members)
    return f"{opening}\n{inner}{lines}\n{margin}{closing}"
