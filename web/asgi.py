"""The ASGI application: static files and event streams first, everything else is Django's.

Django keeps a thread for each request until its answer has ended (its thread-sensitive context).
A stream that stays open for an hour must not pass through it.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")

django = get_asgi_application()

from web.ops.stream import StatusStream  # noqa: E402 - needs Django set up
from web.static_files import StaticFiles  # noqa: E402 - needs Django set up

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

static_files = StaticFiles()
status_stream = StatusStream()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http" and status_stream.answers(scope):
        await status_stream(scope, receive, send)
    elif scope["type"] == "http" and static_files.answers(scope):
        await static_files(scope, receive, send)
    else:
        await django(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Says yes to start and stop; there is nothing to open or to close."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
