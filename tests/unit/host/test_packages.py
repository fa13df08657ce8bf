"""Which programs are there, and how the missing ones are got."""

from pathlib import Path

import pytest

from host import apt, packages
from host.errors import Problem
from host.packages import ToolPackage, ensure_tools, find_program


def put_program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing is on PATH but this folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(packages, "SYSTEM_FOLDERS", ())
    monkeypatch.setattr("host.packages.shutil.which", lambda _name: "/usr/bin/apt-get")
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, bare_machine: Path) -> list[tuple[str, ...]]:
    """What was installed or unpacked, without doing it; programs appear as if it had been."""
    done: list[tuple[str, ...]] = []

    def plan(names: list[str], _say: object) -> apt.Plan:
        return apt.Plan(tuple(names), (), ("containerd.io",) if "containerd" in names else ())

    def install(plan: apt.Plan, _say: object) -> None:
        done.append(("install", *plan.names))
        for name in plan.names:
            put_program(bare_machine, name)

    def unpack(plan: apt.Plan, folder: Path, _say: object) -> None:
        done.append(("unpack", *plan.names))
        for name in plan.names:
            put_program(folder / "bin", name)
        (folder / "complete").touch()

    monkeypatch.setattr(apt, "plan_installation", plan)
    monkeypatch.setattr(apt, "install", install)
    monkeypatch.setattr(apt, "unpack", unpack)
    return done


def quiet(_text: str) -> None: ...


def test_what_is_there_is_used_and_nothing_is_installed(
    bare_machine: Path, asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    put_program(bare_machine, "containerd")
    assert ensure_tools([ToolPackage("containerd")], tmp_path, quiet) == ""
    assert asked == []


def test_only_what_is_missing_is_installed(
    bare_machine: Path, asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    put_program(bare_machine, "runc")
    ensure_tools([ToolPackage("runc"), ToolPackage("socat")], tmp_path, quiet)
    assert asked == [("install", "socat")]


def test_where_something_would_be_removed_the_package_is_unpacked_beside_it(
    asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    path = ensure_tools([ToolPackage("containerd")], tmp_path, quiet)
    assert asked == [("unpack", "containerd")]
    assert path == str(tmp_path / "tools" / "containerd" / "bin")


def test_what_was_unpacked_once_is_found_again(
    asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    first = ensure_tools([ToolPackage("redis-server")], tmp_path, quiet, unpack=True)
    assert ensure_tools([ToolPackage("redis-server")], tmp_path, quiet, unpack=True) == first
    assert asked == [("unpack", "redis-server")]


def test_a_half_unpacked_package_does_not_count(bare_machine: Path, tmp_path: Path) -> None:
    put_program(tmp_path / "tools" / "socat" / "bin", "socat")
    assert find_program("socat", tmp_path) is None


def test_plugins_are_looked_for_in_their_own_folders(bare_machine: Path, tmp_path: Path) -> None:
    put_program(tmp_path / "cni", "bridge")
    assert find_program("bridge", tmp_path, [str(tmp_path / "cni")]) is not None
    assert find_program("bridge", tmp_path) is None


def test_a_machine_without_apt_is_told_what_to_install(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("host.packages.shutil.which", lambda _name: None)
    with pytest.raises(Problem, match="no apt-get") as caught:
        ensure_tools([ToolPackage("conntrack")], tmp_path, quiet)
    assert "conntrack" in caught.value.help


def test_an_installation_that_brought_nothing_is_a_problem(
    bare_machine: Path, asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    with pytest.raises(Problem, match="bridge"):
        ensure_tools([ToolPackage("plugins", ("bridge",))], tmp_path, quiet)


def test_an_unpacked_program_finds_the_libraries_unpacked_with_it(tmp_path: Path) -> None:
    put_program(tmp_path / "root" / "usr" / "bin", "tool")
    library = tmp_path / "root" / "usr" / "lib" / "libtool.so.1"
    library.parent.mkdir(parents=True)
    library.touch()
    apt._write_wrappers(tmp_path)
    text = (tmp_path / "bin" / "tool").read_text()
    assert f'LD_LIBRARY_PATH="{library.parent}' in text
    assert f'exec "{tmp_path}/root/usr/bin/tool" "$@"' in text
