"""The site's own settings in an environment made for tests.

DATABASE_URL is respected, so that the suite runs on PostgreSQL too. Everything else that a person
may have exported in the shell is left out.
"""

import os
import tempfile
from pathlib import Path

for name in (
    "ALLOWED_HOSTS",
    "DEBUG",
    "REDIS_URL",
    "PODLAB_CLUSTER",
    "PODLAB_KUBECONFIG",
    "PODLAB_HTTPS",
    "PODLAB_LOG_FORMAT",
    "PODLAB_TIME_ZONE",
    "SECRET_KEY_FILE",
):
    os.environ.pop(name, None)
os.environ["SECRET_KEY"] = "only for tests, " * 5
# Never made: a test that writes files asks for a folder of its own.
nowhere = Path(tempfile.gettempdir()) / f"podlab-tests-{os.getpid()}"
os.environ.setdefault("PODLAB_STATE_DIR", str(nowhere))

from web.settings import *  # noqa: E402, F403 - after the environment is ready

# Argon2 is slow on purpose, and tests have no secrets.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
REDIS_URL = f"unix://{nowhere}/no-redis.sock"
CLUSTER_STATE_FILE = nowhere / "cluster.json"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
