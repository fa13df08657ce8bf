"""Settings are read at import, so each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def load(code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    program = f"from web import settings as s; from django.conf import settings; {code}"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_secret_key_says_what_to_write(tmp_path: Path) -> None:
    result = load(PODLAB_STATE_DIR=str(tmp_path))
    assert result.returncode != 0
    assert "SECRET_KEY is not set: put at least 50 random characters" in result.stderr


def test_the_key_that_make_run_made_is_found(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "secret_key").write_text("k" * 50)
    assert load("assert s.SECRET_KEY == 'k' * 50", PODLAB_STATE_DIR=str(tmp_path)).returncode == 0


def test_a_kubeconfig_must_be_named_never_found(tmp_path: Path) -> None:
    result = load(SECRET_KEY="x", PODLAB_CLUSTER="kubeconfig", KUBECONFIG="/home/me/.kube/config")
    assert "PODLAB_KUBECONFIG is not set: write the path" in result.stderr


@pytest.mark.parametrize(
    ("hosts", "https"), [("localhost,127.0.0.1", "False"), ("labs.example.org,localhost", "True")]
)
def test_a_site_that_others_can_reach_is_https_by_itself(hosts: str, https: str) -> None:
    result = load("print(s.HTTPS, s.SESSION_COOKIE_SECURE)", SECRET_KEY="x", ALLOWED_HOSTS=hosts)
    assert result.stdout.split() == [https, https], result.stderr


def test_loading_the_settings_loads_neither_celery_nor_kubernetes() -> None:
    code = "import sys; print([m for m in ('celery', 'kubernetes', 'urllib3') if m in sys.modules])"
    assert load(code, SECRET_KEY="x").stdout.strip() == "[]"


def test_the_site_is_ready_for_production_as_django_judges_it() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "web.settings",
            "SECRET_KEY": "".join(chr(97 + n % 26) + str(n) for n in range(40)),
            "ALLOWED_HOSTS": "labs.example.org",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
