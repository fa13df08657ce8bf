import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
READERS = {"envbool", "envchoice", "envint", "envlist", "envsecret", "envtext"}
# Read by the launcher and by host.instance, not by the settings module.
OF_THE_HOST = {
    "PODLAB_INSTANCE",
    "PODLAB_STATE_DIR",
    "PODLAB_CACHE_DIR",
    "PODLAB_HOST",
    "PODLAB_PORT",
    "PODLAB_REGISTRY",
    "PODLAB_UPSTREAMS",
    "PODLAB_RUN_USER",
}


def settings_read() -> dict[str, str]:
    """Name → reader, for every call of a reader in the settings module."""
    tree = ast.parse((ROOT / "web" / "settings.py").read_text(encoding="utf-8"))
    return {
        call.args[0].value: call.func.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in READERS
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def documented() -> set[str]:
    rows = [line for line in DOCS.splitlines() if line.startswith("| `")]
    return {row.split("`")[1] for row in rows}


def test_every_setting_that_is_read_is_documented() -> None:
    assert set(settings_read()) | OF_THE_HOST <= documented()


def test_no_setting_is_documented_that_nobody_reads() -> None:
    assert documented() <= set(settings_read()) | OF_THE_HOST


def test_every_secret_is_documented_with_its_file() -> None:
    secrets = {name for name, reader in settings_read().items() if reader == "envsecret"}
    assert secrets == {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"}
    for name in secrets:
        assert f"{name}_FILE" in DOCS


def test_every_setting_has_our_prefix_or_is_conventional() -> None:
    conventional = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG"}
    assert all(name.startswith("PODLAB_") for name in set(settings_read()) - conventional)
