"""Makes the site ready to serve: database, catalogues, static files, first administrator.

Each step does nothing when there is nothing to do, and says in one line what it did.
"""

import hashlib
import secrets
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from web.ops.catalogues import compile_catalogues

ADMINISTRATOR = "admin"
SIGNATURE = ".signature"


class PreparationError(Exception):
    """A step cannot be done; says what we saw and what to do."""


def migrate() -> str:
    """Django's own command takes half a second to find out that nothing is to be done."""
    Path(settings.INSTANCE.run).mkdir(parents=True, exist_ok=True)
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise PreparationError(_database_sentence(error)) from error
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    done = f"{len(plan)} changes applied" if plan else "up to date"
    return f"database    {name}, {done}"


def compile_translations() -> str:
    try:
        compiled = compile_catalogues()
    except OSError as error:
        raise PreparationError(
            f"The catalogues cannot be compiled: {error}. Make web/locale writable and try again."
        ) from error
    done = f"{len(compiled)} compiled" if compiled else "up to date"
    return f"languages   {', '.join(code for code, _ in settings.LANGUAGES)}, {done}"


def collect_static_files() -> str:
    _refuse_missing_bundles()
    signature = _signature()
    kept = Path(settings.STATIC_ROOT) / SIGNATURE
    if kept.is_file() and kept.read_text(encoding="utf-8") == signature:
        return "assets      up to date"
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, stdout=StringIO())
    kept.write_text(signature, encoding="utf-8")
    return "assets      collected and compressed"


def make_administrator() -> str:
    people = get_user_model().objects
    if people.exists():
        return "people      there is an administrator or other people already"
    password = secrets.token_urlsafe(12)
    people.create_superuser(username=ADMINISTRATOR, password=password)
    return (
        f"people      first administrator made: name {ADMINISTRATOR}, password {password}\n"
        "            (shown this once; change it under /admin/password_change/)"
    )


def _database_sentence(error: DatabaseError) -> str:
    reason = " ".join(str(error).split())[:300].rstrip(".?")
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        return (
            f"PostgreSQL does not let us in: {reason}. "
            "Check that it runs and that DATABASE_URL is right."
        )
    name = settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"]
    return f"The database {name} cannot be used: {reason}. Check who may write to its folder."


def _refuse_missing_bundles() -> None:
    if not (Path(settings.ROOT) / "web/static/build/site.css").is_file():
        raise PreparationError(
            "The bundles of the browser's part are missing. "
            "Build them with: npm ci && npm run build"
        )


def _signature() -> str:
    """Changes with every static file and with the way they are stored."""
    lines = sorted(_stamp(path, file) for path, file in _static_files())
    lines.append(settings.STORAGES["staticfiles"]["BACKEND"])
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _static_files() -> Iterator[tuple[str, Path]]:
    for finder in get_finders():
        for path, storage in finder.list(["src"]):
            yield path, Path(storage.path(path))


def _stamp(path: str, file: Path) -> str:
    status = file.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
