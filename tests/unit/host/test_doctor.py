"""What the doctor says about machines that we do not have."""

import json
from pathlib import Path

import pytest

from host import doctor
from host.checks import kernel, machine, network, tools
from host.checks.finding import Finding, missing, ok, warning
from host.errors import Problem
from host.instance import Instance
from host.packages import ToolPackage

ROUTES = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t010010AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "vpn0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance("test", tmp_path, tmp_path / "deep" / "state", tmp_path / "cache")


def test_another_system_than_linux_is_named() -> None:
    finding = machine.check_system("Darwin")
    assert (finding.status, finding.code) == ("missing", "not_linux")
    assert "Darwin" in finding.saw


def test_an_old_python_is_named_with_the_one_command_that_helps() -> None:
    finding = machine.check_python((3, 9, 2))
    assert "3.9.2" in finding.saw
    assert finding.help.startswith("sudo apt-get install")


def test_a_full_disk_names_the_folders_and_what_is_needed(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1_200_000_000

    monkeypatch.setattr("host.checks.machine.shutil.disk_usage", lambda _path: Usage)
    (finding,) = machine.check_disk(instance)
    assert finding.code == "disk_full"
    assert "1.2 GB" in finding.saw
    assert str(instance.state) in finding.saw


def test_little_memory_is_a_warning_because_the_site_alone_would_run() -> None:
    assert machine.check_memory(2_000_000_000).status == "warning"
    assert machine.check_memory(8_000_000_000).status == "ok"


def test_routes_are_read_as_the_kernel_writes_them() -> None:
    routes = {name: str(route) for name, route in network.read_routes(ROUTES)}
    assert routes == {"eth0": "0.0.0.0/0", "vpn0": "10.42.0.0/16"}


def test_a_taken_network_is_said_with_who_has_it() -> None:
    assert "10.42.0.0/16 is used by vpn0" in network.check_networks(ROUTES).saw


def test_the_default_route_takes_no_network() -> None:
    only_default = "\n".join(ROUTES.splitlines()[:2])
    assert "are free" in network.check_networks(only_default).saw


def test_control_groups_of_version_two_need_their_controllers(tmp_path: Path) -> None:
    mounts = f"cgroup2 {tmp_path} cgroup2 rw 0 0"
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    assert kernel.check_cgroups(mounts, tmp_path).saw.startswith("version 2")
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io pids\n")
    finding = kernel.check_cgroups(mounts, tmp_path)
    assert (finding.status, finding.code) == ("missing", "kernel_feature")
    assert "memory" in finding.saw


def test_control_groups_of_version_one_do_as_well(tmp_path: Path) -> None:
    mounts = (
        "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n"
        "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
        "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n"
        "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n"
    )
    assert kernel.check_cgroups(mounts, tmp_path).saw.startswith("version 1")


def test_a_feature_is_tried_and_the_kernels_own_words_are_told() -> None:
    command = ("sh", "-c", "echo 'Operation not permitted' >&2; exit 1")
    finding = kernel.try_feature(
        kernel.Trial("x", "x files", command, needs="sh", help="modprobe x")
    )
    assert "Operation not permitted" in finding.saw
    assert finding.help == "modprobe x"


def test_a_feature_whose_program_is_not_there_yet_is_not_called_missing() -> None:
    trial = kernel.Trial("x", "x", ("true",), needs="no-such-program")
    assert kernel.try_feature(trial).status == "warning"


def test_missing_tools_are_named_with_the_command_that_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "missing_tools", lambda *_: [ToolPackage("ipset")])
    finding = tools._tools("tools", tools.CLUSTER, tmp_path, "cluster up")
    assert "ipset" in finding.saw
    assert "apt-get install --no-install-recommends ipset" in finding.help


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    given = [ok("python", "Python 3.11"), warning("port", "8000 is taken", "use another", "p")]
    monkeypatch.setattr(doctor, "examine", lambda *_: given)
    return given


def test_warnings_alone_leave_the_exit_code_at_zero(findings: list[Finding]) -> None:
    assert doctor.main([]) == 0


def test_something_missing_gives_exit_code_one_and_its_help(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    findings.append(missing("disk", "1 GB is free", "free some", "disk_full"))
    assert doctor.main([]) == 1
    assert "→ free some" in capsys.readouterr().out


def test_findings_are_given_as_json(
    findings: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main(["--output", "json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["status"] == "ok"
    assert second == {
        "name": "port",
        "status": "warning",
        "saw": "8000 is taken",
        "help": "use another",
        "code": "p",
    }


def test_a_demand_raises_what_is_missing_and_tells_what_is_doubtful(
    findings: list[Finding],
) -> None:
    told: list[str] = []
    doctor.demand("cluster", told.append)
    assert told == ["! 8000 is taken use another"]
    findings.append(missing("disk", "1 GB is free", "free some", "disk_full"))
    with pytest.raises(Problem) as caught:
        doctor.demand("cluster", told.append)
    assert caught.value.code == "disk_full"


def test_on_another_system_nothing_else_is_looked_at(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = missing("system", "This is Darwin", "use Linux", "not_linux")
    monkeypatch.setattr(doctor, "check_system", lambda: gone)
    assert [one.name for one in doctor.examine(instance, "all")] == ["system", "python"]


def test_programs_of_the_system_are_found_without_its_folders_on_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Debian leaves sbin out of an ordinary user's PATH, and sudo hands that PATH on."""
    monkeypatch.setenv("PATH", "/nonexistent")
    trial = kernel.Trial("x", "a shell", ("sh", "-c", "ls /"), needs="ls")
    assert kernel.try_feature(trial).status == "ok"
