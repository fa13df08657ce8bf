"""deploy/Dockerfile is built for real, on the Debian base, and what comes out is run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.image_recipes import current_base
from cluster.image_workshop import open_workshop, write_sources
from tests.integration.containers import Pod, built_layout, open_pod, read_image, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster.image_workshop import Workshop

pytestmark = [pytest.mark.integration, pytest.mark.network, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
NAME = "podlab.test/site:1"
REDIS = "docker.io/library/redis:6.2"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
KEY = "a-key-of-this-test-only-0123456789-0123456789-0123456789"


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layout that holds the site's image and nothing else."""
    folder = tmp_path_factory.mktemp("dockerfile")
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)
    try:
        with open_workshop(folder, lock, folder / "logs") as shop:
            build_site(shop, folder / "layout")
    finally:
        os.close(lock)
    return folder / "layout"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unpacked")


@pytest.fixture
def pod(layout: Path, unpacked: Path, tmp_path: Path) -> Iterator[Pod]:
    with open_pod(layout, unpacked, tmp_path) as opened:
        yield opened


@pytest.fixture
def root(layout: Path, unpacked: Path) -> Path:
    return unpack(layout, NAME, unpacked)[1]


def build_site(shop: Workshop, layout: Path) -> None:
    base = current_base()
    write_sources(shop, base.suite)
    for command in (
        pull_command(base.name),
        build_command(shop, base.name),
        ["buildah", "push", NAME, f"oci:{layout}:{NAME}"],
    ):
        shop.run(command, subject="site", tell=lambda _: None)


def pull_command(base: str) -> list[str]:
    script = 'buildah tag "$(buildah pull --quiet "$1")" "$2"'
    return ["sh", "-euc", script, "sh", f"oci:{built_layout()}:{base}", base]


def build_command(shop: Workshop, base: str) -> list[str]:
    secrets = [f"--secret=id=authorities,src={AUTHORITIES}"] if AUTHORITIES.exists() else []
    return [
        *("buildah", "bud", "--format=docker", "--layers=false", "--pull=never"),
        f"--file={ROOT / 'deploy' / 'Dockerfile'}",
        f"--build-arg=BASE={base}",
        *secrets,
        f"--volume={shop.downloads}:/var/cache/apt",
        f"--volume={shop.apt}/apt.conf.d:/etc/apt/apt.conf.d:ro",
        f"--volume={shop.apt}/settings:/mnt:ro",
        f"--tag={NAME}",
        str(ROOT),
    ]


def settings(**more: str) -> dict[str, str]:
    return {"SECRET_KEY": KEY, **more}


def test_the_image_is_not_root_and_starts_the_site(layout: Path) -> None:
    config, _ = read_image(layout, NAME)
    assert config["User"] == "10001:10001"
    assert (config["Entrypoint"], config["Cmd"]) == (["/srv/podlab/deploy/start"], ["web"])


def test_no_compiler_package_manager_of_python_or_secret_is_in_the_image(root: Path) -> None:
    programs = {
        path.name for folder in ("usr/bin", "opt/podlab/bin") for path in (root / folder).iterdir()
    }
    assert not programs & {"cc", "gcc", "g++", "make", "node", "npm", "pip", "pip3"}
    assert not (root / "run/secrets/authorities").exists()
    assert not list((root / "srv/podlab/deploy").glob("secrets*"))
    assert not (root / "srv/podlab/cluster").exists()


def test_nothing_that_the_site_runs_can_be_changed_by_it(root: Path) -> None:
    for folder in ("srv", "opt"):
        owners = {path.lstat().st_uid for path in (root / folder).rglob("*")}
        assert owners == {0}
    for folder in ("var/lib/podlab", "var/lib/podlab-kubeconfig"):
        assert (root / folder).stat().st_uid == 10001


def test_the_site_prepares_itself_and_answers_on_a_read_only_root(pod: Pod) -> None:
    prepared = pod.start(NAME, arguments=("prepare",), env=settings(), read_only=True)
    assert prepared.wait() == 0, prepared.output
    assert "assets      up to date" in prepared.output
    assert re.search(r"database +SQLite, \d+ changes applied", prepared.output)
    web = pod.start(NAME, env=settings(ALLOWED_HOSTS="labs.example.org"), read_only=True)
    check = "until python deploy/health.py web 2>/dev/null; do sleep 0.2; done"
    asked = pod.start(
        NAME, arguments=("sh", "-c", check), env={"ALLOWED_HOSTS": "labs.example.org"}
    )
    assert asked.wait() == 0, web.output
    assert web.owner("python", "python3", "uvicorn") == 10001


def test_pages_and_their_styles_come_out_of_the_image(pod: Pod) -> None:
    pod.start(NAME, env=settings(), read_only=True)
    script = """
import re, time, urllib.request as web
def get(path):
    while True:
        try:
            return web.urlopen("http://127.0.0.1:8000" + path, timeout=5).read().decode()
        except ConnectionError: time.sleep(0.1)
        except OSError as error:
            if "refused" not in str(error): raise
            time.sleep(0.1)
style = re.search(r'/static/build/site\\.[0-9a-f]+\\.css', get("/status"))[0]
print(len(get(style)) > 500)
"""
    asked = pod.start(NAME, arguments=("python", "-c", script))
    assert asked.wait() == 0, asked.output
    assert asked.output == "True\n"


def test_worker_and_scheduler_say_that_they_are_well(pod: Pod, tmp_path: Path) -> None:
    stand_ins = Pod(built_layout(), pod.unpacked, tmp_path / "redis", pod.network)
    # Both are stopped with the Pod.
    stand_ins.running = pod.running
    start_redis_as_compose_does(stand_ins)
    env = settings(REDIS_URL="redis://:of-this-test@127.0.0.1:6379/0")
    for part in ("worker", "scheduler"):
        pod.start(NAME, arguments=(part,), env=env, read_only=True)
    for part in ("worker", "scheduler"):
        check = f"until python deploy/health.py {part} 2>/dev/null; do sleep 0.2; done"
        asked = pod.start(NAME, arguments=("sh", "-c", check), env=env)
        assert asked.wait() == 0, [container.output for container in pod.running]


def start_redis_as_compose_does(pod: Pod) -> None:
    script = (ROOT / "deploy" / "start-redis").read_text()
    server = pod.start(
        REDIS,
        *("sh", "/start-redis"),
        files={
            "/start-redis": script,
            "/run/secrets/redis_password": "of-this-test",
            "/run/podlab/.keep": "",
        },
    )
    server.wait_for("Ready to accept connections")
    client = ("redis-cli", "--no-auth-warning", "-a", "of-this-test")
    policy = pod.ask(REDIS, *client, "CONFIG", "GET", "maxmemory-policy")
    assert policy == "maxmemory-policy\nnoeviction\n"
    assert pod.ask(REDIS, *client, "CONFIG", "GET", "appendonly") == "appendonly\nyes\n"
    assert "NOAUTH" in pod.ask(REDIS, "redis-cli", "PING")


def test_the_kubeconfig_of_k3s_is_handed_on_under_the_name_that_others_reach(pod: Pod) -> None:
    script = "deploy/start kubeconfig && cd /var/lib/podlab-kubeconfig && stat -c %a * && cat *"
    given = "clusters:\n- cluster:\n    server: https://127.0.0.1:6443\n"
    handing = pod.start(
        NAME, arguments=("sh", "-c", script), files={"/run/k3s/kubeconfig.yaml": given}
    )
    assert handing.wait() == 0, handing.output
    assert handing.output == "600\n" + given.replace("127.0.0.1", "k3s")


def test_a_missing_secret_key_ends_the_site_with_one_sentence(pod: Pod) -> None:
    prepared = pod.start(NAME, arguments=("prepare",), read_only=True)
    assert prepared.wait() == 1
    assert "SECRET_KEY is not set" in prepared.output
    assert "Traceback" not in prepared.output


def test_a_part_that_is_not_there_is_not_well(pod: Pod) -> None:
    for part in ("web", "worker", "scheduler"):
        asked = pod.start(NAME, arguments=("python", "deploy/health.py", part), env=settings())
        assert asked.wait() == 1, asked.output
        assert "Traceback" not in asked.output
