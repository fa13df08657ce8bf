"""Where an instance keeps what it makes."""

from pathlib import Path

import pytest

from host import instance
from host.errors import Problem
from host.instance import current_instance


def test_a_name_is_derived_from_the_folder_and_its_place() -> None:
    name = current_instance({"HOME": "/home/alice"}).name
    assert instance.NAME.fullmatch(name)
    assert len(name.rsplit("-", 1)[1]) == 6


def test_two_clones_of_one_name_in_two_places_are_two_instances() -> None:
    one, other = (instance._derive_name(Path(place)) for place in ("/a/podlab", "/b/podlab"))
    assert one != other
    assert one.startswith("podlab-")


@pytest.mark.parametrize("folder", ["/", "/한국", "/A very long folder name, with signs!"])
def test_every_folder_gives_a_good_name(folder: str) -> None:
    assert instance.NAME.fullmatch(instance._derive_name(Path(folder)))


def test_settings_win_over_what_is_derived() -> None:
    here = current_instance(
        {"PODLAB_INSTANCE": "a", "PODLAB_STATE_DIR": "/s", "PODLAB_CACHE_DIR": "/c"}
    )
    assert (here.name, here.state, here.cache) == ("a", Path("/s"), Path("/c"))


def test_a_relative_state_folder_becomes_an_absolute_one() -> None:
    assert current_instance({"PODLAB_STATE_DIR": "x"}).state == Path.cwd() / "x"


@pytest.mark.parametrize("name", ["Upper", "under_score", "x" * 21, "a b", "../up"])
def test_a_bad_name_is_refused_with_the_setting_and_an_example(name: str) -> None:
    with pytest.raises(Problem, match="PODLAB_INSTANCE") as caught:
        current_instance({"PODLAB_INSTANCE": name})
    assert "export PODLAB_INSTANCE=" in caught.value.help


def test_an_ordinary_user_keeps_state_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.instance.os.geteuid", lambda: 1000)
    here = current_instance({"HOME": "/home/alice", "PODLAB_INSTANCE": "a"})
    assert here.state == Path("/home/alice/.local/state/podlab/a")
    assert here.cache == Path("/home/alice/.cache/podlab")


def test_a_relative_xdg_folder_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.instance.os.geteuid", lambda: 1000)
    here = current_instance({"HOME": "/h", "PODLAB_INSTANCE": "a", "XDG_STATE_HOME": "rel"})
    assert here.state == Path("/h/.local/state/podlab/a")


def test_root_keeps_state_where_other_users_can_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.instance.os.geteuid", lambda: 0)
    here = current_instance({"HOME": "/root", "PODLAB_INSTANCE": "a"})
    assert here.state == Path("/var/lib/podlab/a")
    assert here.cache == Path("/var/cache/podlab")


def test_another_user_finds_the_same_instance_by_its_settings() -> None:
    here = current_instance({"HOME": "/home/alice", "PODLAB_INSTANCE": "a"})
    assert current_instance({"HOME": "/elsewhere", **here.settings}) == here
