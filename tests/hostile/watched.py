"""Run in a process of its own: does its work under an audit hook, prints what the work touched.

`sys.addaudithook` sees every file, process and socket that Python opens, and cannot be taken away.
"""

import json
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

Touch = tuple[str, str]
TOUCHES = ("open", "os.", "subprocess.", "socket.", "shutil.", "tempfile.", "pty.", "ctypes.")
# What a process does to itself: these open nothing.
HARMLESS = {"socket.__new__", "os.putenv", "os.unsetenv"}


def watch() -> list[Touch]:
    touched: list[Touch] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(TOUCHES) and event not in HARMLESS:
            shown = arguments[1] if event == "socket.connect" else arguments[:1]
            touched.append((event, repr(shown)))

    sys.addaudithook(note)
    return touched


def parse(texts: list[str]) -> tuple[list[Touch], int]:
    from grader.kube.credentials import parse_learner_kubeconfig  # noqa: PLC0415
    from grader.kube.errors import KubeconfigError  # noqa: PLC0415

    good, *others = texts
    parse_learner_kubeconfig(good)  # what has to be loaded once is loaded now
    touched = watch()
    refused = 0
    for text in others:
        try:
            parse_learner_kubeconfig(text)
        except KubeconfigError:
            refused += 1
    return touched, refused


def break_the_rules(program: str) -> tuple[list[Touch], int]:
    """What the hook is for; shows that it works."""
    touched = watch()
    Path(program).read_bytes()
    subprocess.run([program], check=False)
    with socket.socket() as opened, suppress(OSError):
        opened.connect(("127.0.0.1", 1))
    return touched, 3


def grade(told: dict[str, Any]) -> tuple[list[Touch], int]:
    from grader.catalog.loader import load_lab  # noqa: PLC0415
    from grader.kube.budget import Budget  # noqa: PLC0415
    from grader.kube.collect import collect  # noqa: PLC0415
    from grader.kube.credentials import Target  # noqa: PLC0415
    from grader.kube.egress import TRUSTED  # noqa: PLC0415

    target = Target(server=told["server"], ca=told["ca"].encode(), token="t", egress=TRUSTED)
    lab = load_lab(Path(told["lab"]))
    touched = watch()
    evidence = collect(lab, target, told["namespace"], budget=Budget(seconds=told["seconds"]))
    return touched, evidence.api_calls


if __name__ == "__main__":
    work = {"parse": parse, "grade": grade, "break": break_the_rules}[sys.argv[1]]
    found = work(json.load(sys.stdin))  # type: ignore[operator]
    json.dump(found, sys.stdout)
