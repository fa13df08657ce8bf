"""Builds that are killed, doubled or damaged end in whole images, and leave nothing behind."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.build_tiny_images import tiny_build
from tests.integration.containers import read_image, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
MAKE_BASE = """\
#!/bin/sh
set -eu
image=$1 downloads=$3
container=$(buildah from scratch)
root=$(buildah mount "$container")
mkdir "$root/data"
mount --bind "$downloads" "$root/data"
echo "I: half way"
echo made >> "$downloads/../count"
umount "$root/data"
seq 1 100000 > "$root/numbers"
buildah commit --rm "$container" "$image"
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    root = tmp_path / "recipes"
    for folder in ("base", "first", "toolbox"):
        (root / folder).mkdir(parents=True)
    (root / "base" / "make-base").write_text(MAKE_BASE)
    (root / "base" / "make-base").chmod(0o755)
    (root / "first" / "Containerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY word /word\n")
    (root / "first" / "word").write_text("first\n")
    tools = "FROM scratch\nCOPY kubectl /kubectl\nLABEL extra=yes\n"
    (root / "toolbox" / "Containerfile").write_text(tools)
    (root / "kubectl").write_text("not really\n")
    return root


def start(cache: Path, recipes: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.build_tiny_images", str(cache), str(recipes)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> list[str]:
    told, _ = process.communicate(timeout=100)
    assert process.returncode == 0, told
    return told.splitlines()


def kill_after(line_count: int, process: subprocess.Popen[str]) -> bool:
    """Whether there was still something to kill when that many lines had been told."""
    assert process.stdout is not None
    lines = [line for line, _ in zip(process.stdout, range(line_count), strict=False)]
    process.kill()
    process.wait()
    process.stdout.close()
    return len(lines) == line_count


def nobody_builds(cache: Path) -> bool:
    """The lock is held for as long as any process of a build lives."""
    with (cache / "images" / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def is_mounted(cache: Path) -> bool:
    return str(cache) in Path("/proc/self/mountinfo").read_text()


def test_a_build_that_is_killed_again_and_again_goes_on_where_it_stopped(
    cache: Path, recipes: Path
) -> None:
    line_count = 1
    while kill_after(line_count, start(cache, recipes)):
        wait_until(lambda: nobody_builds(cache), lambda: "the killed build's processes to end")
        assert not is_mounted(cache)
        line_count += 4
    finish(start(cache, recipes))
    build = tiny_build(cache, recipes)
    build.layout.check(thorough=True)
    assert read_image(build.layout.path, "example.test/first:1")[0]["Labels"]["dev.podlab.kind"]
    assert {path.name for path in (cache / "images").iterdir()} == {
        "lock",
        "count",
        build.folder.name,
    }


def test_two_builds_at_once_share_one_result(cache: Path, recipes: Path) -> None:
    one, other = start(cache, recipes), start(cache, recipes)
    told = [finish(one), finish(other)]
    assert sum("0/3 another process is building the same images" in lines for lines in told) == 1
    assert (cache / "images" / "count").read_text() == "made\n"


def test_a_shortened_blob_is_found_and_only_its_image_is_built_again(
    cache: Path, recipes: Path
) -> None:
    finish(start(cache, recipes))
    layout = tiny_build(cache, recipes).layout
    own_layer = read_image(layout.path, "example.test/first:1")[1][-1]
    own_layer.write_bytes(own_layer.read_bytes()[:-1])
    told = finish(start(cache, recipes))
    assert told[0].startswith("0/3 repairing: ")
    assert any(line.startswith("1/3 first: STEP") for line in told)
    assert not any(line.startswith("2/3 toolbox: STEP") for line in told)
    layout.check(thorough=True)
    assert (cache / "images" / "count").read_text() == "made\n"


def test_a_changed_recipe_builds_its_own_image_and_takes_the_others(
    cache: Path, recipes: Path
) -> None:
    finish(start(cache, recipes))
    (recipes / "first" / "word").write_text("changed\n")
    told = finish(start(cache, recipes))
    assert any(line.startswith("1/3 first: STEP") for line in told)
    assert not any("toolbox: STEP" in line or "base: I:" in line for line in told)


def test_a_new_kubectl_makes_a_new_toolbox(cache: Path, recipes: Path) -> None:
    finish(start(cache, recipes))
    (recipes / "kubectl").write_text("a newer one\n")
    told = finish(start(cache, recipes))
    assert any(line.startswith("2/3 toolbox: STEP") for line in told)
    assert not any("first: STEP" in line for line in told)


def test_a_recipe_that_fails_names_the_image_the_cause_and_the_log(
    cache: Path, recipes: Path
) -> None:
    (recipes / "first" / "Containerfile").write_text("FROM scratch\nCOPY missing /missing\n")
    process = start(cache, recipes)
    told, _ = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "✗ Building the image first failed (exit code " in told
    assert "missing" in told
    assert "/logs/first.log" in told
    assert "Traceback" not in told
