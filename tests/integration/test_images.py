"""The images do what the labs' manifests expect of the official ones."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from cluster.build_images import build_images, wanted_images
from cluster.image_layout import Layout
from host.instance import current_instance
from tests.integration.containers import (
    Pod,
    built_layout,
    kubectl,
    open_pod,
    read_image,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

BUSYBOX = "docker.io/library/busybox:latest"
CENTOS = "docker.io/library/centos:7"
HAPROXY = "docker.io/library/haproxy:2.4"
MYSQL = "docker.io/library/mysql:5.7"
NGINX = "docker.io/library/nginx:1.27"
PAUSE = "registry.k8s.io/pause:3.10"
REDIS = "docker.io/library/redis:6.2"
TOOLBOX = "podlab.local/toolbox:1"
PROXY_SETTINGS = """\
global
    maxconn 256

defaults
    mode tcp
    timeout connect 5000ms
    timeout client 50000ms
    timeout server 50000ms

frontend redis-in
    bind *:6380
    default_backend redis-backend

backend redis-backend
    server redis1 redis:6379 check
"""


def fetch(pod: Pod, address: str) -> str:
    """Asks until somebody answers: a server is not there the moment it is started."""
    return pod.ask(
        NGINX, "sh", "-c", 'until curl -fsS "$0" 2>/dev/null; do sleep 0.1; done', address
    )


@pytest.fixture(scope="module")
def layout() -> Path:
    return built_layout()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unpacked")


@pytest.fixture
def pod(layout: Path, unpacked: Path, tmp_path: Path) -> Iterator[Pod]:
    with open_pod(layout, unpacked, tmp_path) as opened:
        yield opened


def test_a_second_build_finds_everything_done(layout: Path) -> None:
    told: list[tuple[int, int, str]] = []
    again = build_images(current_instance().cache, kubectl, lambda *step: told.append(step))
    assert again == layout
    # A cluster that starts beside this test may hold the lock for a moment.
    assert [step for step in told if "another process" not in step[2]] == [(9, 9, "")]


def test_every_blob_of_the_layout_holds_what_its_name_says(layout: Path) -> None:
    Layout(layout).check(thorough=True)


def test_every_image_says_what_it_is_and_what_for(layout: Path) -> None:
    for image in wanted_images():
        config, _ = read_image(layout, image.name)
        assert config["Labels"]["dev.podlab.kind"] == image.kind
        assert config["Labels"]["dev.podlab.purpose"] == image.purpose


def test_debian_images_share_their_first_layer(layout: Path) -> None:
    images = (CENTOS, NGINX, REDIS, HAPROXY, MYSQL, TOOLBOX)
    assert len({read_image(layout, image)[1][0] for image in images}) == 1


def test_nothing_of_the_building_machine_stays_in_an_image(layout: Path, unpacked: Path) -> None:
    for image in (CENTOS, NGINX, TOOLBOX):
        _, root = unpack(layout, image, unpacked)
        for leftover in ("etc/hostname", "etc/resolv.conf", "etc/hosts"):
            path = root / leftover
            assert not path.exists() or not path.read_text(), leftover
        for folder in ("etc/apt/apt.conf.d", "var/cache/apt", "var/lib/apt/lists", "mnt", "tmp"):
            kept = {path.name for path in (root / folder).glob("*")}
            assert kept <= {"01autoremove", "70debconf"}, folder


def test_pause_leaves_on_sigterm(pod: Pod) -> None:
    pause = pod.start(PAUSE)
    os.kill(int(pause.program("pause").name), signal.SIGTERM)
    assert pause.wait() == 0


def test_busybox_has_its_applets_and_little_else(pod: Pod, layout: Path, unpacked: Path) -> None:
    said = pod.ask(BUSYBOX, "sh", "-c", "date +%Y && echo -e 'a\\tb' | tr 'a' 'c' && which nc")
    assert re.match(r"20\d\d\nc\tb\n/bin/nc\n$", said)
    _, root = unpack(layout, BUSYBOX, unpacked)
    regular = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {path.name for path in regular} - {"hosts", "resolv.conf"} == {
        "busybox",
        "group",
        "passwd",
    }


def test_busybox_serves_metrics_with_nc_as_the_exporter_of_the_labs_does(pod: Pod) -> None:
    loop = """while true; do
        echo -e "HTTP/1.1 200 OK\\r\\n\\r\\nrequests 7" | nc -l -p 9090
    done"""
    pod.start(BUSYBOX, "sh", "-c", loop)
    asked = "until wget -q -O - http://localhost:9090/ 2>/dev/null; do usleep 50000; done"
    assert pod.ask(BUSYBOX, "sh", "-c", asked).startswith("requests 7")


def test_busybox_finds_names_in_etc_hosts_and_serves_files(pod: Pod) -> None:
    serve = "mkdir /www && echo hello > /www/index.html && exec httpd -f -p 8080 -h /www"
    pod.start(BUSYBOX, "sh", "-c", serve)
    asked = "until wget -q -O - http://web:8080/ 2>/dev/null; do usleep 50000; done"
    client = pod.start(BUSYBOX, "sh", "-c", asked, hosts="127.0.0.1 localhost web\n")
    assert client.wait() == 0
    assert client.output == "hello\n"


def test_centos_counts_with_bash_and_refuses_a_negative_sleep(pod: Pod) -> None:
    counting = pod.start(CENTOS, "bin/bash", "-c", "for i in {1..3}; do echo $i; sleep 0.01s; done")
    assert counting.wait() == 0
    assert counting.output == "1\n2\n3\n"
    sleeping = pod.start(CENTOS, "bin/bash", "-c", "sleep -100")
    assert sleeping.wait() == 1
    assert sleeping.output.startswith("sleep: invalid option -- '1'")


def test_nginx_serves_its_page_and_logs_to_its_output(pod: Pod) -> None:
    web = pod.start(NGINX)
    assert "Welcome to nginx!" in fetch(pod, "http://localhost/")
    line = web.wait_for('"GET / HTTP/1.1" 200')
    assert re.search(r'127\.0\.0\.1 - - \[.+\] "GET / HTTP/1\.1" 200 \d+ "-" "curl', line)


def test_nginx_writes_real_files_where_a_volume_hides_its_log_links(pod: Pod) -> None:
    script = """
        mount -t tmpfs tmpfs /var/log/nginx
        nginx -g 'daemon off;' &
        until curl -fsS -o /dev/null http://localhost/; do sleep 0.1; done
        cat /var/log/nginx/access.log
        kill -QUIT $!
        wait
    """
    assert '"GET / HTTP/1.1" 200' in pod.ask(NGINX, "sh", "-c", script)


def test_nginx_has_stub_status_and_takes_settings_at_the_official_path(pod: Pod) -> None:
    settings = "server { listen 80; location /status { stub_status; } }"
    pod.start(NGINX, files={"/etc/nginx/conf.d/default.conf": settings})
    assert fetch(pod, "http://localhost/status").startswith("Active connections: 1")


def test_mysql_demands_a_password_setting(pod: Pod) -> None:
    server = pod.start(MYSQL)
    assert server.wait() == 1
    assert server.output == (
        "error: database is uninitialized and password option is not specified \n"
        "  You need to specify one of MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD"
        " and MYSQL_RANDOM_ROOT_PASSWORD\n"
    )


def test_mysql_greets_with_protocol_ten_when_an_empty_password_is_allowed(pod: Pod) -> None:
    server = pod.start(MYSQL, env={"MYSQL_ALLOW_EMPTY_PASSWORD": "true"})
    server.wait_for("ready for connections")
    greeting = pod.ask(CENTOS, "bash", "-c", "head -c 5 < /dev/tcp/127.0.0.1/3306 | od -An -tu1")
    assert greeting.split()[3:] == ["0", "10"]
    assert pod.ask(MYSQL, "mysql", "-h127.0.0.1", "-uroot", "-Ne", "select 6*7") == "42\n"
    assert server.resident_bytes("mariadbd", "mysqld") < 128 << 20


def test_mysql_makes_the_database_and_the_users_that_it_is_asked_for(pod: Pod) -> None:
    odd = 'it\'s \\ "odd"'
    server = pod.start(
        MYSQL,
        env={
            "MYSQL_ROOT_PASSWORD": odd,
            "MYSQL_DATABASE": "shop",
            "MYSQL_USER": "keeper",
            "MYSQL_PASSWORD": "pass",
        },
    )
    server.wait_for("ready for connections")
    client = ("mysql", "-h127.0.0.1")
    assert pod.ask(MYSQL, *client, "-uroot", f"-p{odd}", "-Ne", "select 1") == "1\n"
    assert pod.ask(MYSQL, *client, "-ukeeper", "-ppass", "-Ne", "select 2", "shop") == "2\n"
    assert pod.start(MYSQL, *client, "-uroot", "-e", "select 1").wait() == 1


def test_redis_answers_other_pods_without_a_password_and_is_not_root(pod: Pod) -> None:
    server = pod.start(REDIS)
    server.wait_for("Ready to accept connections")
    assert pod.ask(REDIS, "sh", "-c", "redis-cli -h localhost PING") == "PONG\n"
    told = pod.ask(REDIS, "redis-cli", "-h", "localhost", "CONFIG", "GET", "protected-mode")
    assert told == "protected-mode\nno\n"
    assert server.owner("redis-server") == 999


def test_redis_keeps_settings_that_are_given(pod: Pod) -> None:
    server = pod.start(REDIS, arguments=("--port", "6390", "--requirepass", "s3cret"))
    server.wait_for("Ready to accept connections")
    answered = pod.ask(
        REDIS, "redis-cli", "-p", "6390", "-a", "s3cret", "--no-auth-warning", "PING"
    )
    assert answered == "PONG\n"


def test_haproxy_stops_with_an_error_where_its_backend_has_no_name_yet(pod: Pod) -> None:
    proxy = pod.start(HAPROXY, files={"/usr/local/etc/haproxy/haproxy.cfg": PROXY_SETTINGS})
    assert proxy.wait() == 1
    assert "could not resolve address 'redis'" in proxy.output


def test_haproxy_passes_redis_through_as_a_user_that_is_not_root(pod: Pod) -> None:
    pod.start(REDIS).wait_for("Ready to accept connections")
    proxy = pod.start(
        HAPROXY,
        files={"/usr/local/etc/haproxy/haproxy.cfg": PROXY_SETTINGS},
        hosts="127.0.0.1 localhost redis\n",
    )
    asked = "until redis-cli -p 6380 PING 2>/dev/null; do sleep 0.1; done"
    assert pod.ask(REDIS, "sh", "-c", asked) == "PONG\n"
    assert proxy.owner("haproxy") == 99


def test_the_toolbox_has_its_tools_and_completes_kubectl_commands(pod: Pod) -> None:
    script = r"""
        set -e
        id -u; pwd; locale charmap 2>/dev/null || echo UTF-8
        for tool in curl jq redis-cli vim nano less ps ip nslookup ssh-none; do
            command -v $tool > /dev/null || echo "no $tool"
        done
        kubectl version --client | head -1
        bash -ic 'complete -p kubectl k' 2>/dev/null
        echo '{"a": "한글"}' | jq -r .a
    """
    said = pod.ask(TOOLBOX, "bash", "-c", script).splitlines()
    assert said[:4] == ["1000", "/home/learner", "UTF-8", "no ssh-none"]
    assert said[4].startswith("Client Version: v1.")
    assert said[5:7] == [
        "complete -o default -F __start_kubectl kubectl",
        "complete -o default -F __start_kubectl k",
    ]
    assert said[7] == "한글"
