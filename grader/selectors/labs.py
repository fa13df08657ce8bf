"""The labs of this site."""

from functools import lru_cache
from pathlib import Path

import structlog
from django.conf import settings

from grader.catalog import Lab, load_labs

log = structlog.get_logger(__name__)
Signature = tuple[tuple[str, int, int], ...]


def list_labs() -> list[Lab]:
    return list(_load(settings.LABS_ROOT, _signature(settings.LABS_ROOT)))


def find_lab(slug: str) -> Lab | None:
    return next((lab for lab in list_labs() if lab.slug == slug), None)


@lru_cache(maxsize=4)
def _load(root: Path, signature: Signature) -> tuple[Lab, ...]:  # noqa: ARG001 - part of the key
    labs, errors = load_labs(root)
    for error in errors:
        log.error("lab left out", file=str(error.file), line=error.line, reason=error.message)
    return tuple(labs)


def _signature(root: Path) -> Signature:
    """Changes with the files that are shown, so that an edited lab shows without a restart."""
    files = sorted([*root.glob("*/lab.yaml"), *root.glob("*/text.*.md")])
    return tuple((str(file), *_stamp(file)) for file in files)


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size
