"""What a stage of the tests came to, and the one line that sums them up."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def line(self, width: int) -> str:
        counts = f"{self.passed:>5} passed {self.failed:>4} failed {self.skipped:>4} skipped"
        return f"  {self.name:<{width}} {counts} {self.seconds:>6.0f} s"


def read_report(name: str, report: Path, exit_code: int, seconds: float) -> Outcome:
    """From pytest's JUnit file. A run that broke off, or ran no test, has failed."""
    total = failed = skipped = 0
    try:
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314  (pytest wrote it for us)
            total += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
    except (OSError, ET.ParseError):
        return Outcome(name, failed=1, seconds=seconds)
    passed = max(total - failed - skipped, 0)
    if failed == 0 and (exit_code != 0 or passed == 0):
        failed = 1
    return Outcome(name, passed, failed, skipped, seconds)


def summarize(outcomes: Sequence[Outcome]) -> str:
    """The table, with the sum of it all as the very last line."""
    width = max((len(outcome.name) for outcome in outcomes), default=0)
    table = [outcome.line(width) for outcome in outcomes]
    return "\n".join(["", *table, "", sum_line(outcomes)])


def sum_line(outcomes: Sequence[Outcome]) -> str:
    passed, failed, skipped = (
        sum(getattr(outcome, field) for outcome in outcomes)
        for field in ("passed", "failed", "skipped")
    )
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def exit_code(outcomes: Sequence[Outcome]) -> int:
    ran = any(outcome.passed for outcome in outcomes)
    return 0 if ran and not any(outcome.failed for outcome in outcomes) else 1
