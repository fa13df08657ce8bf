"""As whom the site runs."""

import os
import sys
from pathlib import Path

import pytest

from host import runuser
from host.errors import Problem
from host.instance import Instance
from host.runuser import User, choose_run_user


def quiet(_text: str) -> None: ...


def test_an_ordinary_user_stays_who_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("host.runuser.os.geteuid", lambda: 65_534)
    user = choose_run_user(tmp_path, {"PODLAB_RUN_USER": "root"}, quiet)
    assert user.uid == 65_534
    assert user.rights == {}


def test_root_takes_the_user_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("host.runuser.os.geteuid", lambda: 0)
    user = choose_run_user(tmp_path, {"PODLAB_RUN_USER": "nobody"}, quiet)
    assert user.name == "nobody"
    assert user.rights == {"user": user.uid, "group": user.gid, "extra_groups": []}


def test_a_user_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("host.runuser.os.geteuid", lambda: 0)
    with pytest.raises(Problem, match="no-such-user"):
        choose_run_user(tmp_path, {"PODLAB_RUN_USER": "no-such-user"}, quiet)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_in_somebodys_project_becomes_its_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 4242, 4242)
    assert choose_run_user(tmp_path, {}, quiet) == User("4242", 4242, 4242)


def test_root_in_roots_project_becomes_a_system_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = User("podlab", 990, 990)
    monkeypatch.setattr("host.runuser.os.geteuid", lambda: 0)
    monkeypatch.setattr(Path, "stat", _owned_by_root)
    monkeypatch.setattr(runuser, "find_user", lambda _name: None)
    monkeypatch.setattr(runuser, "_make_user", lambda _say: made)
    assert choose_run_user(tmp_path, {}, quiet) == made


def test_without_useradd_nobody_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("host.runuser.os.geteuid", lambda: 0)
    monkeypatch.setattr(Path, "stat", _owned_by_root)
    monkeypatch.setattr(runuser, "find_user", lambda _name: None)
    monkeypatch.setattr(runuser, "_make_user", lambda _say: None)
    assert choose_run_user(tmp_path, {}, quiet).uid == runuser.NOBODY


def _owned_by_root(_path: Path, **_: object) -> os.stat_result:
    return os.stat_result((0o40755, 1, 1, 1, 0, 0, 0, 0, 0, 0))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_closed_folder_is_found_out_by_trying(tmp_path: Path) -> None:
    nobody = User("nobody", runuser.NOBODY, runuser.NOBODY)
    (tmp_path / "file").touch()
    tmp_path.chmod(0o700)
    assert not runuser.can_read(nobody, "/usr/bin/python3", [tmp_path / "file"])
    assert runuser.can_read(runuser.this_user(), sys.executable, [tmp_path / "file"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands folders over")
def test_the_run_user_cannot_put_a_folder_in_the_clusters_place(tmp_path: Path) -> None:
    instance = Instance("unit", tmp_path, tmp_path / "state", tmp_path / "cache")
    user = User("nobody", runuser.NOBODY, runuser.NOBODY)
    runuser.make_state_folders(instance, user)
    state = instance.state.stat()
    assert (state.st_uid, state.st_gid) == (0, 0)
    assert state.st_mode & 0o7777 == 0o755
    assert instance.site.stat().st_uid == user.uid
    assert instance.site.stat().st_mode & 0o777 == 0o700
    assert instance.cluster.stat().st_uid == 0
    assert instance.cluster.stat().st_mode & 0o777 == 0o700
    assert instance.run.stat().st_uid == user.uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files over")
def test_files_of_an_earlier_user_change_hands_but_the_clusters_do_not(tmp_path: Path) -> None:
    instance = Instance("unit", tmp_path, tmp_path / "state", tmp_path / "cache")
    runuser.make_state_folders(instance, User("4242", 4242, 4242))
    instance.database.touch()
    (instance.run / "beat-schedule").touch()
    (instance.run / "elsewhere").symlink_to("/etc/passwd")
    instance.cluster_state.touch()
    (instance.run / "made-by-root").touch()
    runuser.make_state_folders(instance, User("4243", 4243, 4243))
    assert instance.database.stat().st_uid == 4243
    assert (instance.run / "beat-schedule").stat().st_uid == 4243
    assert (instance.run / "made-by-root").stat().st_uid == 4243
    assert instance.cluster_state.stat().st_uid == 0
    assert Path("/etc/passwd").stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_link_that_the_run_user_laid_out_gives_it_nothing_of_roots(tmp_path: Path) -> None:
    instance = Instance("unit", tmp_path, tmp_path / "state", tmp_path / "cache")
    user = User("4242", 4242, 4242)
    runuser.make_state_folders(instance, user)
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)
    instance.run.rmdir()
    instance.run.symlink_to(victim)
    runuser.make_state_folders(instance, user)
    assert victim.stat().st_uid == 0
