from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cluster.build_engine import _find_go
from host.errors import Problem
from host.instance import current_instance
from web.database_url import parse_database_url
from web.redis_url import check_redis_url

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SITE = {name for name, service in SERVICES.items() if service["image"] == "podlab/site:local"}
ENDING = {"prepare", "kubeconfig"}
NO_NETWORK = re.compile(r"dial tcp|no such host|connection refused|i/o timeout|unreachable")


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The compose specification's own, out of a Go module whose hash go.sum holds."""
    folder = tmp_path_factory.mktemp("compose-schema")
    shutil.copytree(Path(__file__).parent / "compose-schema", folder, dirs_exist_ok=True)
    module = "github.com/compose-spec/compose-go/v2"
    try:
        go = _find_go(current_instance().cache, lambda *_: None)
    except Problem as problem:
        pytest.skip(f"there is no Go to get the schema with: {problem.message}")
    answer = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=folder,
        env={
            **os.environ,
            "GOFLAGS": "-mod=readonly -modcacherw",
            "GOMODCACHE": str(folder / "modules"),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode and NO_NETWORK.search(answer.stdout + answer.stderr):
        pytest.skip("the schema cannot be downloaded: there is no network")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    path = Path(json.loads(answer.stdout)["Dir"]) / "schema" / "compose-spec.json"
    return dict(json.loads(path.read_text()))


@pytest.mark.network
def test_the_compose_file_follows_the_specification_s_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


@pytest.mark.network
def test_the_schema_finds_a_misspelt_setting(schema: dict[str, Any]) -> None:
    wrong: Any = {"services": {"web": {"image": "x", "helthcheck": {}}}}
    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.Draft7Validator(schema).validate(wrong)


def test_the_parts_of_the_design_are_there() -> None:
    assert set(SERVICES) == {"web", "worker", "scheduler", "postgres", "redis", "k3s"} | ENDING


def test_every_service_that_stays_is_watched_and_started_again() -> None:
    for name in set(SERVICES) - ENDING:
        assert SERVICES[name]["healthcheck"]["test"], name
        assert SERVICES[name]["restart"] == "unless-stopped", name


def test_the_site_waits_for_its_database_and_queue_but_not_for_the_cluster() -> None:
    for name in ("web", "worker", "scheduler"):
        assert SERVICES[name]["depends_on"] == {
            "prepare": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        }
    assert SERVICES["prepare"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_a_worker_may_finish_its_grade() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "75s"


@pytest.mark.parametrize("name", sorted(SITE))
def test_the_site_s_containers_can_change_nothing_and_gain_nothing(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {mount.split(":")[0] for mount in service["tmpfs"]} == {"/tmp", "/var/lib/podlab"}
    assert "privileged" not in service


def test_only_the_cluster_is_privileged() -> None:
    assert [name for name, service in SERVICES.items() if service.get("privileged")] == ["k3s"]


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:${PODLAB_PORT:-8000}:8000"]


def test_database_and_queue_have_no_way_out() -> None:
    assert COMPOSE["networks"]["data"]["internal"] is True
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["data"]


def test_data_lies_in_named_volumes() -> None:
    mounts = [
        mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", [])
    ]
    assert {source for source, *_ in mounts} == set(COMPOSE["volumes"])
    assert ["postgres", "/var/lib/postgresql/data"] in mounts
    assert ["redis", "/data"] in mounts


def test_no_secret_has_a_default_and_none_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|_URL", key):
                assert key.endswith("_FILE"), (name, key)
                assert value.startswith("/run/secrets/"), (name, key)
    assert all(
        set(secret) == {"file"} and secret["file"] == f"./deploy/secrets/{name}"
        for name, secret in COMPOSE["secrets"].items()
    )


def test_every_secret_that_is_asked_for_is_handed_over() -> None:
    for name, service in SERVICES.items():
        if name == "kubeconfig":
            continue
        text = json.dumps(service)
        asked = set(re.findall(r"/run/secrets/([a-z_0-9]+)", text))
        if name == "redis":
            asked |= set(re.findall(r"/run/secrets/([a-z_0-9]+)", read("deploy/start-redis")))
        assert asked == set(service["secrets"]), name


def test_secrets_are_ignored_by_git_and_by_the_image() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "--quiet", "deploy/secrets/secret_key"], cwd=ROOT, check=False
    )
    assert ignored.returncode == 0
    assert "deploy/secrets" in read(".dockerignore").splitlines()


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path / "make-secrets")
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    return tmp_path / "secrets"


def test_every_secret_is_made_once_and_kept(secrets: Path) -> None:
    made = {path.name: path.read_text() for path in secrets.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    subprocess.run([secrets.parent / "make-secrets"], check=True, capture_output=True)
    assert made == {path.name: path.read_text() for path in secrets.iterdir()}


def test_made_secrets_are_long_and_of_one_mind(secrets: Path) -> None:
    made = {path.name: path.read_text() for path in secrets.iterdir()}
    assert len(made["secret_key"]) >= 50
    assert all(len(value) >= 48 for value in made.values())
    database = parse_database_url(made["database_url"])
    environment = SERVICES["postgres"]["environment"]
    assert database["PASSWORD"] == made["database_password"]
    assert (database["HOST"], database["NAME"], database["USER"]) == (
        "postgres",
        environment["POSTGRES_DB"],
        environment["POSTGRES_USER"],
    )
    assert check_redis_url(made["redis_url"]) == f"redis://:{made['redis_password']}@redis:6379/0"


def test_made_secrets_are_closed_to_others_but_open_to_the_containers(secrets: Path) -> None:
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o444}


def test_every_command_of_the_site_is_one_that_its_image_knows() -> None:
    known = set(re.findall(r"^([a-z]+)\)$", read("deploy/start"), flags=re.MULTILINE))
    assert known == {SERVICES[name]["command"][0] for name in SITE}


def test_the_image_checks_itself_and_is_not_root() -> None:
    final = read("deploy/Dockerfile").rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in final
    assert 'CMD ["python", "deploy/health.py", "web"]' in final
    assert "HEALTHCHECK" in final


def test_the_image_installs_only_what_the_hashes_allow() -> None:
    text = read("deploy/Dockerfile")
    assert text.count("pip install") + text.count("python install") == text.count(
        "--require-hashes"
    )
    assert "npm ci" in text
    assert "npm install" not in text


def read(path: str) -> str:
    return (ROOT / path).read_text()
