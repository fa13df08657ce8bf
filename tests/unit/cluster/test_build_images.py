from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from cluster import build_images, image_recipes, image_workshop
from cluster.build_images import wanted_images
from cluster.image_layout import CorruptLayoutError, Layout
from cluster.image_recipes import Base, content_digest, read_recipes
from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.image_recipes import Recipe

INSTRUCTIONS = {
    *("ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "RUN", "STOPSIGNAL", "USER"),
    *("VOLUME", "WORKDIR"),
}


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recipes that a test may change."""
    shutil.copytree(image_recipes.FOLDER, tmp_path / "images")
    monkeypatch.setattr(image_recipes, "FOLDER", tmp_path / "images")
    return tmp_path / "images"


def current_recipes(suite: str = "bookworm") -> list[Recipe]:
    return read_recipes(wanted_images(), Base(image_recipes.FOLDER / "base", suite))


def digests() -> dict[str, str]:
    return {recipe.title: recipe.digest for recipe in current_recipes()}


def make_image(layout: Layout, name: str, text: str, *shared: str) -> str:
    """A manifest of small made-up blobs; gives the recipe under which it stands."""
    layout.prepare()
    parts = [put(layout, layer.encode()) for layer in (f"{{{text}}}", *shared, text)]
    manifest = {"schemaVersion": 2, "config": parts[0], "layers": parts[1:]}
    entry = put(layout, json.dumps(manifest).encode())
    index = json.loads((layout.path / "index.json").read_text())
    notes = {"org.opencontainers.image.ref.name": name, "dev.podlab.recipe": f"recipe of {name}"}
    index["manifests"].append(entry | {"annotations": notes})
    (layout.path / "index.json").write_text(json.dumps(index))
    return f"recipe of {name}"


def put(layout: Layout, content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    (layout.blobs / digest).write_bytes(content)
    return {"mediaType": "test/blob", "digest": f"sha256:{digest}", "size": len(content)}


def blob_of(layout: Layout, content: str) -> Path:
    return layout.blobs / hashlib.sha256(content.encode()).hexdigest()


def test_every_image_that_the_labs_use_is_wanted() -> None:
    assert {image.name for image in wanted_images()} == {
        "registry.k8s.io/pause:3.10",
        "docker.io/library/busybox:1.36",
        "docker.io/library/busybox:latest",
        "docker.io/library/centos:7",
        "docker.io/library/haproxy:2.4",
        "docker.io/library/mysql:5.7",
        "docker.io/library/nginx:1.27",
        "docker.io/library/nginx:latest",
        "docker.io/library/redis:6.2",
        "podlab.local/toolbox:1",
    }


def test_a_stand_in_says_that_it_is_one_and_why_and_what_for() -> None:
    for recipe in current_recipes():
        if recipe.labels["dev.podlab.kind"] == "stand-in":
            purpose = recipe.labels["dev.podlab.purpose"]
            assert re.fullmatch(
                r"stand-in built from Debian packages because no registry was reachable: .{8,}",
                purpose,
            )
        assert recipe.labels["org.opencontainers.image.title"] == recipe.title


def test_every_containerfile_holds_known_instructions_and_stands_on_our_base_or_on_nothing() -> (
    None
):
    for recipe in current_recipes():
        text = (recipe.folder / "Containerfile").read_text()
        lines = re.sub(r"^\s*#.*\n", "", re.sub(r"\\\n(\s*#.*\n)*", " ", text), flags=re.MULTILINE)
        found = [line.split(maxsplit=1) for line in lines.splitlines() if line.strip()]
        assert {word for word, *_ in found} <= INSTRUCTIONS, recipe.title
        for word, *rest in found:
            if word == "FROM":
                assert rest[0].split()[0] in ("${BASE}", "scratch"), recipe.title


def test_no_recipe_names_a_host_to_fetch_from() -> None:
    for path in image_recipes.FOLDER.rglob("*"):
        if path.is_file():
            assert "://" not in path.read_text().replace("://localhost", ""), path


def test_the_image_that_needs_kubectl_is_built_last() -> None:
    needing = [recipe.needs_kubectl for recipe in current_recipes()]
    assert needing == [False] * (len(needing) - 1) + [True]


def test_a_changed_containerfile_changes_its_own_digest_and_the_set_s(recipes: Path) -> None:
    before, whole = digests(), content_digest(current_recipes())
    with (recipes / "redis" / "Containerfile").open("a") as file:
        file.write("# changed\n")
    after = digests()
    assert {title for title in after if after[title] != before[title]} == {"redis"}
    assert content_digest(current_recipes()) != whole


def test_a_script_that_may_no_longer_be_run_changes_the_digest(recipes: Path) -> None:
    before = digests()
    (recipes / "base" / "make-base").chmod(0o644)
    after = digests()
    assert all(after[title] != before[title] for title in after)


def test_another_release_changes_every_image() -> None:
    one = {recipe.digest for recipe in current_recipes("bookworm")}
    other = {recipe.digest for recipe in current_recipes("trixie")}
    assert not one & other


def test_a_machine_that_is_not_debian_builds_on_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    def fedora() -> dict[str, str]:
        return {"ID": "fedora", "VERSION_CODENAME": ""}

    monkeypatch.setattr("platform.freedesktop_os_release", fedora)
    assert image_recipes.current_suite() == "bookworm"


def test_a_layout_gives_the_names_of_a_recipe(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    recipe = make_image(layout, "a:1", "a", "base")
    assert layout.names_of(recipe) == ["a:1"]
    assert layout.names_of("another") == []


@pytest.mark.parametrize("damage", ["missing", "short", "altered"])
def test_a_damaged_layout_is_found(tmp_path: Path, damage: str) -> None:
    layout = Layout(tmp_path)
    recipe = make_image(layout, "a:1", "a", "base")
    blob = blob_of(layout, "base")
    if damage == "missing":
        blob.unlink()
    else:
        blob.write_text({"short": "bas", "altered": "bose"}[damage])
    with pytest.raises(CorruptLayoutError, match=blob.name):
        layout.check()
    assert layout.names_of(recipe) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"manifests": 4}', '{"manifests": [{}]}'])
def test_an_index_that_cannot_be_read_names_no_image(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    assert Layout(tmp_path).names_of("") == []


def test_an_image_is_taken_with_all_its_names_and_shares_its_blobs(tmp_path: Path) -> None:
    source, target = Layout(tmp_path / "source"), Layout(tmp_path / "target")
    make_image(source, "parcel", "a", "base")
    target.prepare()
    target.add(source, ["a:1", "a:latest"], "recipe")
    assert target.names_of("recipe") == ["a:1", "a:latest"]
    target.check(thorough=True)
    assert blob_of(target, "base").samefile(blob_of(source, "base"))


def test_a_name_that_is_taken_again_points_to_the_newer_image(tmp_path: Path) -> None:
    old, new, target = (Layout(tmp_path / name) for name in ("old", "new", "target"))
    make_image(old, "parcel", "old")
    make_image(new, "parcel", "new")
    target.prepare()
    target.add(old, ["a:1"], "older")
    target.add(new, ["a:1"], "newer")
    assert (target.names_of("older"), target.names_of("newer")) == ([], ["a:1"])


def test_a_damaged_image_of_an_older_set_is_not_taken(tmp_path: Path) -> None:
    source, target = Layout(tmp_path / "source"), Layout(tmp_path / "target")
    recipe = make_image(source, "a:1", "a", "base")
    blob_of(source, "base").write_text("bose")
    target.prepare()
    assert not target.adopt(source, ["a:1"], recipe)
    assert target.names_of(recipe) == []


def test_blobs_that_no_image_names_are_removed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    make_image(layout, "kept:1", "kept", "base")
    make_image(layout, "gone:1", "gone", "base")
    layout.keep_only(["kept:1"])
    assert not blob_of(layout, "gone").exists()
    layout.check(thorough=True)


def test_a_file_that_only_pretends_to_be_a_blob_is_removed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    make_image(layout, "a:1", "a", "base")
    blob_of(layout, "base").write_text("bose")
    layout.scrub()
    assert not blob_of(layout, "base").exists()
    assert blob_of(layout, "a").exists()


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (["tar: write: No space left on device", "exit status 2"], "disk_full", "disk is full"),
        (["E: Failed to fetch x", "E: Some"], "no_network", "E: Failed to fetch x"),
        (["E: Unable to locate package x", "Error: building at STEP y"], "image_failed", "locate"),
        ([], "image_failed", "it printed nothing"),
    ],
)
def test_a_failed_command_becomes_a_problem_with_its_cause(
    tmp_path: Path, said: list[str], code: str, words: str
) -> None:
    problem = image_workshop._failure("nginx", 1, said, tmp_path / "nginx.log")
    assert problem.code == code
    assert words in problem.message
    assert "nginx" in problem.message
    assert problem.help


def test_who_is_not_root_is_told_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Problem) as caught:
        build_images._demand_tools()
    assert caught.value.code == "no_root"
    assert "sudo" in caught.value.help


def test_a_missing_tool_is_named_with_the_command_that_gets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "buildah" else tool)
    with pytest.raises(Problem) as caught:
        build_images._demand_tools()
    assert caught.value.code == "missing_tool"
    assert caught.value.data == {"tools": ["buildah"]}


def test_a_disk_with_little_space_is_said_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=100 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Problem, match="100 MB are free") as caught:
        build_images._demand_space(tmp_path)
    assert caught.value.code == "disk_full"


def answering(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, answers[command[0]], "")

    monkeypatch.setattr(shutil, "which", lambda tool: tool)
    monkeypatch.setattr(subprocess, "run", run)


def test_packages_come_from_the_machine_s_own_archive_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = (
        "Debian|main|bookworm|http://mirror.test/debian/\n"
        "Debian|main|bookworm-security|http://mirror.test/security/\n"
        "Debian|main|sid|http://mirror.test/debian/\n"
        "Somebody|main|bookworm|https://elsewhere.test/\n"
    )
    answering(monkeypatch, {"apt-get": rows})
    assert image_workshop._apt_sources("bookworm") == [
        ("http://mirror.test/debian/", "bookworm"),
        ("http://mirror.test/security/", "bookworm-security"),
    ]
    assert image_workshop.debian_mirror("bookworm") == "http://mirror.test/debian/"
    assert image_workshop.debian_mirror("trixie") is None


def test_a_list_of_mirrors_gives_its_first_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors = tmp_path / "debian.list"
    mirrors.write_text("http://first.test/debian\tpriority:1\nhttp://second.test/debian\n")
    answering(monkeypatch, {"apt-get": f"Debian|main|bookworm|mirror+file:{mirrors}/\n"})
    assert image_workshop.debian_mirror("bookworm") == "http://first.test/debian"


def test_the_machine_s_proxies_are_handed_to_apt_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dump = (
        'Acquire::http::Proxy "http://proxy.test:3128";\n'
        'Acquire::http::Proxy::mirror.test "DIRECT";\n'
        'Acquire::http::User-Agent "x";\n'
        'APT::Install-Recommends "0";\n'
    )
    answering(monkeypatch, {"apt-config": dump})
    assert image_workshop._apt_proxies() == dump.splitlines()[:2]
