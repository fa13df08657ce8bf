"""`manage.py doctor`: what works here, what is missing, and the one command that gets it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Literal

from host.checks.kernel import check_kernel
from host.checks.machine import check_disk, check_memory, check_python, check_root, check_system
from host.checks.network import check_networks, check_port, check_registries
from host.checks.tools import check_tools
from host.errors import Problem, tell
from host.instance import current_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from host.checks.finding import Finding
    from host.instance import Instance

Scope = Literal["site", "cluster", "all"]
SIGNS = {"ok": "✓", "warning": "!", "missing": "✗"}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py doctor",
        description="Says what works on this machine, what is missing and how to get it.",
        epilog="Exit code 0: everything that is needed is there; 1: something is missing.",
    )
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument("--quick", action="store_true", help="only what takes no time")
    options = parser.parse_args(arguments)
    try:
        findings = examine(current_instance(), "site" if options.quick else "all")
    except Problem as problem:
        return tell(problem)
    if options.output == "json":
        print(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        _print_findings(findings)
    return 1 if any(finding.status == "missing" for finding in findings) else 0


def examine(instance: Instance, scope: Scope) -> list[Finding]:
    findings = [check_system(), check_python()]
    if any(finding.status == "missing" for finding in findings):
        return findings  # nothing below would make sense
    findings += check_disk(instance)
    if scope != "site":
        findings += [check_root(), check_memory(), *check_kernel(), check_networks()]
    if scope == "all":
        findings += [check_port(), *check_tools(instance.cache), *check_registries()]
    return findings


def demand(scope: Scope, say: Callable[[str], None]) -> None:
    """Tell the warnings; raise the first thing without which the work cannot go on."""
    findings = examine(current_instance(), scope)
    for finding in findings:
        if finding.status == "missing":
            raise Problem(finding.code, finding.saw, finding.help, {"check": finding.name})
    for finding in findings:
        if finding.status == "warning":
            say(f"! {finding.saw} {finding.help}")


def _print_findings(findings: Sequence[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{SIGNS[finding.status]} {finding.name:<{width}}  {finding.saw}")
        if finding.help:
            print(f"  {'':<{width}}  → {finding.help}")
    lacking = sum(finding.status == "missing" for finding in findings)
    print(f"\n{lacking} things are missing." if lacking else "\nEverything that is needed is here.")
