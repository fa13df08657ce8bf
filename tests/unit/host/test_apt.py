"""Debian's packages: what apt is asked, and what its answers are taken for."""

import subprocess
from pathlib import Path

import pytest

from host import apt
from host.errors import Problem

SIMULATION = """\
NOTE: This is only a simulation!
Inst libzip4 (1.7.3-1+b1 Debian:12.9/stable [amd64])
Remv containerd.io [1.7.25-1]
Inst containerd (1.6.20~ds1-1+deb12u1 Debian:12.9/stable [amd64])
Inst runc [1.1.4] (1.1.5+ds1-1+deb12u1 Debian:12.9/stable [amd64])
Conf containerd (1.6.20~ds1-1+deb12u1 Debian:12.9/stable [amd64])
"""


class FakeApt:
    """Answers in place of apt-get, and remembers what it was asked."""

    def __init__(self, *answers: tuple[int, str, str]) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.asked.append(command)
        code, stdout, stderr = self.answers.pop(0)
        return subprocess.CompletedProcess(command, code, stdout, stderr)


@pytest.fixture
def fresh_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_lists_age", lambda: 60.0)


def test_a_simulation_tells_what_comes_and_what_would_go() -> None:
    plan = apt.read_simulation(["containerd"], SIMULATION)
    assert plan.installs == (
        "libzip4=1.7.3-1+b1",
        "containerd=1.6.20~ds1-1+deb12u1",
        "runc=1.1.5+ds1-1+deb12u1",
    )
    assert plan.removes == ("containerd.io",)


def test_an_unknown_package_makes_the_lists_fresh_and_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, fresh_lists: None
) -> None:
    fake = FakeApt(
        (100, "", "E: Unable to locate package ipset"),
        (0, "", ""),
        (0, "Inst ipset (7.17-1 Debian)", ""),
    )
    monkeypatch.setattr("host.apt.subprocess.run", fake.run)
    monkeypatch.setattr(apt, "root_prefix", lambda *_: [])
    plan = apt.plan_installation(["ipset"], lambda _text: None)
    assert plan.installs == ("ipset=7.17-1",)
    assert "update" in fake.asked[1]


def test_a_package_that_does_not_exist_is_named_with_the_command_to_look_at(
    monkeypatch: pytest.MonkeyPatch, fresh_lists: None
) -> None:
    no = (100, "", "E: Unable to locate package ipset")
    monkeypatch.setattr("host.apt.subprocess.run", FakeApt(no, (0, "", ""), no).run)
    monkeypatch.setattr(apt, "root_prefix", lambda *_: [])
    with pytest.raises(Problem, match="Unable to locate package ipset") as caught:
        apt.plan_installation(["ipset"], lambda _text: None)
    assert "apt-get install ipset" in caught.value.help


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("Err:1 …\nE: Failed to fetch http://x/y.deb  Could not resolve 'x'", "no_network"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk_full"),
        ("dpkg: error: No space left on device", "disk_full"),
        ("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", "missing_tool"),
    ],
)
def test_what_apt_says_becomes_a_problem_of_the_right_kind(output: str, code: str) -> None:
    problem = apt._apt_problem(output, apt.Plan(("socat",), (), ()))
    assert problem.code == code
    assert "socat" in problem.message


def test_installing_never_removes_and_puts_the_policy_back() -> None:
    assert "--no-remove" in apt.OPTIONS
    assert "--no-install-recommends" in apt.OPTIONS
    assert "trap put_back EXIT" in apt.QUIET_INSTALL


def _run_quiet_install(tmp_path: Path, apt_get: str) -> subprocess.CompletedProcess[str]:
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "apt-get").write_text(f"#!/bin/sh\n{apt_get}\n")
    (programs / "apt-get").chmod(0o755)
    script = apt.QUIET_INSTALL.replace("/usr/sbin/policy-rc.d", str(tmp_path / "policy"))
    script = script.replace("/run/lock/podlab-apt", str(tmp_path / "lock"))
    return subprocess.run(
        ["sh", "-c", script, "sh", "install", "x"],
        env={"PATH": f"{programs}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_services_are_forbidden_while_apt_works_and_the_old_policy_comes_back(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "policy"
    policy.write_text("#!/bin/sh\n# the administrator's\nexit 0\n")
    answer = _run_quiet_install(tmp_path, f'"{policy}"; echo "policy says $?"; exit 7')
    assert "policy says 101" in answer.stdout
    assert answer.returncode == 7
    assert "the administrator's" in policy.read_text()


def test_where_there_was_no_policy_none_is_left(tmp_path: Path) -> None:
    assert _run_quiet_install(tmp_path, "exit 0").returncode == 0
    assert not (tmp_path / "policy").exists()


def test_the_policy_of_a_run_that_was_killed_does_not_stay(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text("#!/bin/sh\n# made-by-podlab\nexit 101\n")
    aside = tmp_path / "policy.before-podlab"
    aside.write_text("#!/bin/sh\n# the administrator's\nexit 0\n")
    _run_quiet_install(tmp_path, "exit 0")
    assert "the administrator's" in policy.read_text()
    assert not aside.exists()
