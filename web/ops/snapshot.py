"""The live part of the status page as one JSON message, the same for streaming and polling."""

import hashlib
import json
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from grader.selectors.system import SystemStatus
from web.ops.words import say_system


@dataclass(frozen=True)
class Snapshot:
    revision: str
    message: str


def render_snapshot(status: SystemStatus, language: str) -> Snapshot:
    with translation.override(language):
        system = say_system(status)
        html = render_to_string("ops/status_body.html", {"system": system})
        body = {"tone": system.tone, "line": system.line, "html": html}
    revision = hashlib.sha256(html.encode()).hexdigest()[:16]
    message = json.dumps({"revision": revision, **body}, ensure_ascii=False)
    return Snapshot(revision=revision, message=message)


def known_language(wish: str | None) -> str:
    return wish if wish in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
