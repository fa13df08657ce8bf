"""The registry, as processes of its own: one plays the real registry, one mirrors it."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cluster import api
from cluster.build_engine import engine_folder
from cluster.build_images import finished_layout
from tests.integration.driver import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.driver import Cluster

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@contextmanager
def _registry(program: Path, stand_ins: Path, *options: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address, port = probe.getsockname()
    command = [str(program), "-listen", f"{address}:{port}", "-stand-ins", str(stand_ins), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: api.port_answers(address, port), "the registry to listen")
        try:
            yield f"{address}:{port}"
        finally:
            process.kill()


def _get(address: str, path: str) -> bytes:
    with urllib.request.urlopen(f"http://{address}/v2/{path}", timeout=10) as answer:
        return bytes(answer.read())


def _status(address: str, path: str, method: str = "GET") -> int:
    request = urllib.request.Request(f"http://{address}/v2/{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def program(cluster: Cluster) -> Path:
    return engine_folder(cluster.instance.cache) / "registry"


@pytest.fixture
def layout(cluster: Cluster) -> Path:
    folder = finished_layout(cluster.instance.cache)
    assert folder is not None
    return folder


def test_a_mirror_fetches_once_and_keeps_what_it_fetched(
    program: Path, layout: Path, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing"
    with _registry(program, layout) as real:
        options = ("-cache", str(tmp_path / "cache"), "-upstreams", f"docker.io={real}")
        with _registry(program, nothing, *options) as mirror:
            manifest = _get(mirror, "library/busybox/manifests/latest?ns=docker.io")
            digest = json.loads(manifest)["layers"][0]["digest"]
            blob = _get(mirror, f"library/busybox/blobs/{digest}?ns=docker.io")
            assert f"sha256:{hashlib.sha256(blob).hexdigest()}" == digest
    # The real registry is gone now: what was fetched is still served.
    with _registry(program, nothing, *options) as mirror:
        assert _get(mirror, "library/busybox/manifests/latest?ns=docker.io") == manifest
        assert _get(mirror, f"library/busybox/blobs/{digest}?ns=docker.io") == blob
        assert _status(mirror, "library/nginx/manifests/1.27?ns=docker.io") == 404


def test_a_stand_in_serves_where_the_real_registry_is_silent(
    program: Path, layout: Path, tmp_path: Path
) -> None:
    options = ("-cache", str(tmp_path), "-upstreams", "docker.io=127.0.0.1:9")
    with _registry(program, layout, *options) as address:
        assert b"layers" in _get(address, "library/nginx/manifests/1.27?ns=docker.io")


@pytest.mark.parametrize(
    "path",
    [
        "library/nginx/manifests/no-such-tag",
        "library/nginx/blobs/sha256:" + "0" * 64,
        "library/nginx/blobs/..%2f..%2f..%2fetc%2fpasswd",
        "library/nginx/blobs/sha256:../../../index.json",
        "../../etc/passwd",
        "_catalog",
    ],
)
def test_what_is_not_there_or_not_an_image_is_not_found(
    program: Path, layout: Path, path: str
) -> None:
    with _registry(program, layout) as address:
        assert _status(address, path) == 404


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
def test_nobody_can_write_to_it(program: Path, layout: Path, method: str) -> None:
    with _registry(program, layout) as address:
        assert _status(address, "library/nginx/manifests/1.27", method) == 405


def test_an_impossible_setting_is_refused_in_a_sentence(program: Path) -> None:
    answer = subprocess.run(
        [str(program), "-upstreams", "nonsense"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert '"nonsense": expected namespace=address' in answer.stderr
