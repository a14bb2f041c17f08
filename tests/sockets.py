"""A websocket of the application in the test's own event loop: connect, send, hear, leave."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from litestar import Litestar

PATIENCE_S = 5.0


class Refused(Exception):
    """The application closed the socket before accepting it; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with close code {code}")
        self.code = code


class Closed(Exception):
    """The application closed an accepted socket; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with code {code}")
        self.code = code


class Socket:
    """One end of a websocket: what a browser or a device would hold."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.outbox: asyncio.Queue[Any] = asyncio.Queue()

    async def send(self, message: object) -> None:
        """Send text as it is, anything else as JSON."""
        text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
        await self.outbox.put({"type": "websocket.receive", "text": text})

    async def text(self) -> str:
        """The next message as text; raises TimeoutError when nothing comes."""
        message = await self._next()
        if message["type"] == "websocket.close":
            raise Closed(message.get("code", 1000))
        content = message.get("text") or message.get("bytes")
        return content if isinstance(content, str) else bytes(content).decode()

    async def json(self) -> Any:
        """The next message, decoded."""
        return msgspec.json.decode(await self.text())

    async def is_silent(self, seconds: float = 0.2) -> bool:
        """Whether nothing comes for so long."""
        await asyncio.sleep(seconds)
        return self.inbox.empty()

    async def accepted(self) -> None:
        """Wait for the application to accept; Refused when it closes instead."""
        message = await self._next()
        if message["type"] != "websocket.accept":
            raise Refused(message.get("code", 1000))

    async def _next(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self.inbox.get()


@contextlib.asynccontextmanager
async def connect(
    app: Litestar, path: str, *, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Socket]:
    """Open a websocket, `path` with its query; leaving the block is what closing the browser is."""
    socket = Socket()
    place, _, query = path.partition("?")
    named = {"host": "stockhand.test", "origin": "http://stockhand.test", **(headers or {})}
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": place,
        "raw_path": place.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
        "client": ("127.0.0.1", 40000),
        "server": ("stockhand.test", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {},
    }
    await socket.outbox.put({"type": "websocket.connect"})
    conversation = asyncio.create_task(
        app(scope, socket.outbox.get, socket.inbox.put)  # type: ignore[arg-type]  # typed for real servers
    )
    try:
        await socket.accepted()
        yield socket
    finally:
        await socket.outbox.put({"type": "websocket.disconnect", "code": 1001})
        # A handler that does not notice its visitor leaving is a bug; do not wait for it for ever.
        async with asyncio.timeout(PATIENCE_S):
            await conversation
