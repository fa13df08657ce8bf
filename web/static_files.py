"""Serves the built static files, compressed and cacheable for ever, without Django in between.

WhiteNoise knows the files, their compressed forms and their headers; its own middleware is made for
WSGI and would hold a thread per file.
"""

import asyncio
from http import HTTPStatus
from typing import Any, BinaryIO

from whitenoise.middleware import WhiteNoiseMiddleware

CHUNK = 64 * 1024
SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class StaticFiles:
    def __init__(self) -> None:
        self._known = WhiteNoiseMiddleware()

    def answers(self, scope: dict[str, Any]) -> bool:
        return scope["path"] in self._known.files

    async def __call__(self, scope: dict[str, Any], _: Any, send: Any) -> None:
        file = self._known.files[scope["path"]]
        answer = await asyncio.to_thread(file.get_response, scope["method"], _wsgi_headers(scope))
        headers = [(name.lower().encode(), str(value).encode()) for name, value in answer.headers]
        await send(
            {
                "type": "http.response.start",
                "status": int(answer.status),
                "headers": headers + SAFE_HEADERS,
            }
        )
        if answer.file is not None and int(answer.status) != HTTPStatus.NOT_MODIFIED:
            await _send_file(answer.file, send)
        await send({"type": "http.response.body", "body": b""})


async def _send_file(file: BinaryIO, send: Any) -> None:
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


def _wsgi_headers(scope: dict[str, Any]) -> dict[str, str]:
    """WhiteNoise asks for headers by their WSGI names."""
    return {
        "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
        for name, value in scope["headers"]
    }
