"""Reads REDIS_URL and says it again in Celery's words."""

from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

SCHEMES = frozenset({"redis", "rediss", "unix"})


def check_redis_url(url: str, *, setting: str = "REDIS_URL") -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _malformed(setting, "its host or port is not valid") from error
    if parts.scheme not in SCHEMES:
        raise _malformed(setting, f"“{parts.scheme or 'nothing'}” is not an address of Redis")
    if parts.scheme == "unix" and not parts.path.startswith("/"):
        raise _malformed(setting, "the path of the socket is missing")
    if parts.scheme != "unix" and not parts.hostname:
        raise _malformed(setting, "the host is missing")
    return url


def celery_broker_url(url: str) -> str:
    """Celery calls a Unix socket `redis+socket://` and its database `virtual_host`."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    password = f":{parts.password}@" if parts.password else ""
    return f"redis+socket://{password}{parts.path}?virtual_host={database}"


def _malformed(setting: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{setting} cannot be understood: {reason}. Write {setting}=redis://127.0.0.1:6379/0 "
        f"or {setting}=unix:///run/podlab/redis.sock."
    )
