"""`make run` from a fresh clone, as a person would: start it, look at it, end it.

Without the embedded cluster: that one has tests of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from host import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
NAME = "launch-test"
pytestmark = [pytest.mark.integration, pytest.mark.network, pytest.mark.timeout(900)]


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    if not processes.wait_until(lambda: bool(condition()), seconds):
        pytest.fail(f"waited {seconds:.0f} s in vain for: {what}")


@dataclass
class Clone:
    """A fresh clone below a folder that other users may enter, and what is run in it."""

    folder: Path
    runs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "podlab"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def environment(self, **settings: str) -> dict[str, str]:
        ambient = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PODLAB_")
            and name not in {"SECRET_KEY", "SECRET_KEY_FILE", "DATABASE_URL", "REDIS_URL"}
        }
        return {
            **ambient,
            "PODLAB_INSTANCE": NAME,
            "PODLAB_STATE_DIR": str(self.state),
            "PODLAB_CACHE_DIR": str(self.folder / "cache"),
            "PODLAB_CLUSTER": "none",
            **settings,
        }

    def make(self, target: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", target],
            cwd=self.root,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, **settings: str) -> Site:
        site = Site(self, self.folder / f"run-{len(self.runs)}.log")
        with site.log.open("wb") as log:
            process = subprocess.Popen(
                ["make", "run"],
                cwd=self.root,
                env=self.environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.runs.append(process)
        wait_for(lambda: "Ctrl-C stops it" in site.said() or process.poll() is not None, "it", 600)
        assert process.poll() is None, site.said()
        return site

    def left(self) -> list[int]:
        return processes.marked(NAME)


@dataclass
class Site:
    clone: Clone
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def launch(self) -> dict[str, object]:
        return dict(json.loads((self.clone.state / "launch.lock").read_text()))

    @property
    def launcher(self) -> int:
        return int(str(self.launch["pid"]))

    def get(self, path: str) -> tuple[int, str]:
        try:
            address = f"{self.launch['address']}{path}"
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  (our own http)
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def part(self, words: str) -> list[int]:
        """Those of this clone, but for their keepers; Redis has its socket in its title."""
        redis = [
            pid for pid in _all_processes() if f"{self.clone.state}/site/run/redis" in _command(pid)
        ]
        ours = {*self.clone.left(), *redis}
        return [pid for pid in ours if words in _command(pid) and "host.keep" not in _command(pid)]

    def end(self) -> float:
        began = time.monotonic()
        os.kill(self.launcher, signal.SIGINT)
        for process in self.clone.runs:
            process.wait(timeout=60)
        return time.monotonic() - began


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace")


def _owner(pid: int) -> int:
    """The effective one; the owner of the folder itself is root's where a process is shielded."""
    found = re.search(r"^Uid:\s+\d+\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


@pytest.fixture(scope="module")
def clone() -> Iterator[Clone]:
    folder = Path(tempfile.mkdtemp(prefix="podlab-launch-"))
    folder.chmod(0o755)
    made = Clone(folder)
    subprocess.run(["git", "clone", "--quiet", ROOT, made.root], check=True)
    yield made
    processes.end(made.left, 10)
    for process in made.runs:
        process.wait(timeout=60)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first(clone: Clone) -> Site:
    return clone.run()


def test_a_fresh_clone_ends_in_a_site_that_answers(first: Site) -> None:
    status, page = first.get("")
    assert status == 200
    assert "Podlab" in page
    assert f"Podlab answers at {first.launch['address']}" in first.said()


def test_what_is_installed_is_said_before_it_is(first: Site) -> None:
    said = first.said()
    assert 0 <= said.find("Podlab will now get") < said.find("✓ Python packages")


def test_redis_and_the_workers_come_up(first: Site) -> None:
    wait_for(lambda: first.get("readyz")[0] == 200, "readyz")

    def all_work() -> bool:
        parts = json.loads(first.get("readyz")[1])
        return [parts[name] for name in ("database", "redis", "workers")] == ["ok"] * 3

    wait_for(all_work, "database, Redis and workers")


def test_the_first_administrators_password_is_printed_once(first: Site) -> None:
    assert len(re.findall(r"first administrator made: name \S+, password \S+", first.said())) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="started by root only")
def test_started_by_root_no_part_of_the_site_runs_as_root(first: Site) -> None:
    for words in ("uvicorn web.asgi", "celery --app", "redis-server unixsocket"):
        parts = first.part(words)
        assert parts, words
        assert all(_owner(pid) != 0 for pid in parts), words


def test_redis_has_no_port_and_a_socket_that_is_closed_to_others(first: Site) -> None:
    socket_file = first.clone.state / "site" / "run" / "redis.sock"
    assert socket_file.stat().st_mode & 0o077 == 0
    assert socket_file.parent.stat().st_mode & 0o077 == 0


def test_the_site_listens_on_this_machine_only(first: Site) -> None:
    port = int(str(first.launch["address"]).rstrip("/").rsplit(":", 1)[1])
    with socket.socket() as probe:
        probe.settimeout(5)
        own_address = _address_of_this_machine()
        if own_address is None:
            pytest.skip("this machine has no other address")
        assert probe.connect_ex((own_address, port)) != 0


def _address_of_this_machine() -> str | None:
    """Choosing a route sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def test_a_second_run_is_told_where_the_first_one_answers(first: Site) -> None:
    answer = first.clone.make("run")
    assert answer.returncode != 0
    assert str(first.launch["address"]) in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_port_that_was_asked_for_and_is_taken_is_refused(first: Site) -> None:
    port = str(first.launch["address"]).rstrip("/").rsplit(":", 1)[1]
    other = {
        "PODLAB_INSTANCE": "launch-other",
        "PODLAB_STATE_DIR": str(first.clone.folder / "other"),
    }
    answer = first.clone.make("run", PODLAB_PORT=port, **other)
    assert answer.returncode != 0
    assert f"Port {port}" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_cleaning_is_refused_while_it_runs(first: Site) -> None:
    answer = first.clone.make("clean")
    assert answer.returncode != 0
    assert "is running" in answer.stderr
    assert (first.clone.root / ".venv").is_dir()


@pytest.mark.parametrize("part", ["uvicorn web.asgi", "redis-server unixsocket", "worker --pool"])
def test_a_part_that_is_killed_comes_back(first: Site, part: str) -> None:
    before = first.part(part)
    assert before
    processes.send(before, signal.SIGKILL)
    wait_for(lambda: not set(before) & set(first.part(part)), "its end")
    wait_for(lambda: first.get("readyz")[0] == 200, "readyz after the kill")
    assert "was ended by SIGKILL; starting it again" in first.said()


def test_ctrl_c_ends_all_of_it_within_ten_seconds(first: Site) -> None:
    assert first.end() < 10
    assert first.clone.left() == []
    assert first.part("redis-server") == []
    assert "no process is left" in first.said()


def test_a_second_start_installs_nothing_and_makes_nobody(first: Site) -> None:
    second = first.clone.run()
    assert "Podlab will now get" not in second.said()
    assert "password" not in second.said()
    os.kill(second.launcher, signal.SIGKILL)
    first.clone.runs[-1].wait(timeout=30)
    assert first.clone.left(), "a killed launcher leaves its site behind"


def test_what_a_killed_launcher_left_is_ended_by_the_next_run(first: Site) -> None:
    left = first.clone.left()
    third = first.clone.run()
    assert "Ending what an earlier run left behind" in third.said()
    assert not set(left) & set(first.clone.left())
    assert third.end() < 10
    assert first.clone.left() == []


def test_a_broken_environment_is_made_anew(first: Site) -> None:
    """As after an installation that was interrupted."""
    venv = first.clone.root / ".venv"
    (venv / ".podlab-made").unlink()
    shutil.rmtree(next(venv.glob("lib/python*/site-packages/pip")))
    site = first.clone.run()
    assert site.get("")[0] == 200
    site.end()


def test_a_malformed_database_url_stops_it_with_one_sentence(first: Site) -> None:
    answer = first.clone.make("run", DATABASE_URL="postgres//nonsense")
    assert answer.returncode != 0
    assert "DATABASE_URL cannot be understood" in answer.stderr
    assert "Traceback" not in answer.stderr + answer.stdout
    assert first.clone.left() == []


def test_a_postgresql_that_refuses_stops_it_with_one_sentence(first: Site) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = first.clone.make("run", DATABASE_URL=f"postgresql://a:b@127.0.0.1:{port}/podlab")
    assert answer.returncode != 0
    assert "PostgreSQL does not let us in" in answer.stderr
    assert "Traceback" not in answer.stderr + answer.stdout


def test_cleaning_removes_what_was_made_and_says_what_stays(first: Site) -> None:
    answer = first.clone.make("clean")
    assert answer.returncode == 0, answer.stderr
    assert not first.clone.state.exists()
    seen = ["git", "status", "--porcelain", "--ignored"]
    status = subprocess.run(seen, cwd=first.clone.root, capture_output=True, text=True, check=True)
    assert status.stdout == ""
    assert str(first.clone.folder / "cache") in answer.stdout
