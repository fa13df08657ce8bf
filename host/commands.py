"""The commands behind the Makefile's targets."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from host.errors import tell_troubles

COMMANDS = {
    "run": "host.run:run_site",
    "test": "host.suite.everything:test_everything",
    "test-unit": "host.suite.everything:test_units",
    "test-integration": "host.suite.everything:test_integration",
    "test-browser": "host.suite.everything:test_browser",
    "check": "host.suite.everything:check_only",
    "accuracy": "host.measure:measure_accuracy",
    "bench": "host.measure:bench_everything",
    "bench-grade": "host.measure:bench_grade",
    "clean": "host.clean:clean",
}


def run_command(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"Usage: python3 -m host.launch {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    module, _, function = COMMANDS[arguments[0]].partition(":")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended first
    os.umask(0o022)  # the run user has to read what root makes
    return tell_troubles(
        lambda: int(getattr(import_module(module), function)()),
        "Interrupted; the same command goes on where it stopped.",
    )
