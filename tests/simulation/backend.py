"""The production server in memory: its handlers, its decisions, its SQL; only the disk and the wire are played."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar.exceptions import HTTPException

from server import db
from server.handlers import sync as handlers
from server.sync import reconciling
from tests.sync.client import Reply

T = TypeVar("T")


class Crash(BaseException):
    """The server process died here. Not an Exception: nothing in the product may catch it."""


class MemoryDatabase(db.SqliteDatabase):
    """The SQLite database with everything in memory and in this thread, that can die at any statement."""

    def __init__(self, image: bytes) -> None:
        self.turn = asyncio.Lock()
        self.later = []
        self.load(image)
        self.dies_in: int | None = None
        self.died = asyncio.Event()
        self.committed: Callable[[], None] = lambda: None

    def load(self, image: bytes) -> None:
        """Put another database in the place of this one (on a new connection: old statements must not meet it)."""
        self.writer = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
        self.writer.row_factory = sqlite3.Row
        self.writer.deserialize(image)
        self.writer.execute("PRAGMA foreign_keys = ON")

    def image(self) -> bytes:
        """The whole database as bytes."""
        return self.writer.serialize()

    async def close(self) -> None:
        self.writer.close()

    async def _in_writer(self, work: Callable[..., T], *args: Any) -> T:
        return work(*args)

    def _run(
        self, later: list[tuple[str, list[Sequence[Any]]]], queries: list[tuple[str, Sequence[Any]]]
    ) -> list[list[Any]]:
        is_commit = bool(queries) and queries[0][0] == "COMMIT"
        dies = self._dies(len(later) + len(queries))
        if dies and not is_commit:
            self._die()
        found = super()._run(later, queries)
        if is_commit:
            self.committed()
        if dies:
            self._die()  # on disk, but nobody was told
        return found

    def _dies(self, statements: int) -> bool:
        if self.dies_in is None:
            return False
        self.dies_in -= statements
        return self.dies_in <= 0

    def _die(self) -> None:
        self.dies_in = None
        self.died.set()
        raise Crash

    async def read(self, sql: str, args: Sequence[Any]) -> list[Any]:
        return self.writer.execute(sql, args).fetchall()

    async def read_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Any]]:
        return [self.writer.execute(sql, args).fetchall() for sql, args in queries]

    def rows(self, sql: str, *args: Any) -> list[Any]:
        """What the checks want to know, beside the product's own reads."""
        return self.writer.execute(sql, args).fetchall()


class _Request:
    """As much of an HTTP request as the sync handlers look at."""

    def __init__(self, headers: Mapping[str, str], body: bytes) -> None:
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.client = None
        self._body = body

    async def body(self) -> bytes:
        return self._body


class Server:
    """One server, its database, and its deaths."""

    def __init__(self, image: bytes) -> None:
        self.database = MemoryDatabase(image)
        self.crashes = 0
        self.pushes = 0
        db._open.append(self.database)

    def close(self) -> None:
        """Nobody uses this server any more."""
        db._open.remove(self.database)
        self.database.writer.close()

    async def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        """Answer a request; None when the server died over it."""
        answering = asyncio.ensure_future(self._answer(method, target, headers, body))
        dying = asyncio.ensure_future(self.database.died.wait())
        await asyncio.wait((answering, dying), return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        if answering.done() and not self.database.died.is_set():
            return answering.result()
        answering.cancel()
        await asyncio.wait((answering,))
        if not answering.cancelled():
            answering.exception()
        await self._restart()
        return None

    async def _restart(self) -> None:
        """A new process: only what is on disk is known."""
        workers = [queue.worker for queue in reconciling._queues.values() if queue.worker is not None]
        reconciling._queues.clear()
        if workers:
            await asyncio.wait(workers)
            for worker in workers:
                worker.exception()
        if self.database.died.is_set():
            self.crashes += 1
            self.database.died.clear()
        self.database.dies_in = None
        if self.database.writer.in_transaction:
            self.database.writer.execute("ROLLBACK")

    async def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        request: Any = _Request(headers, body)
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            response = await self._route(url.path, request, query)
        except HTTPException as refused:
            return Reply(refused.status_code, msgspec.json.encode({"detail": refused.detail}))
        content = response.content
        data = content if isinstance(content, bytes) else msgspec.json.encode(content)
        return Reply(response.status_code or 200, data)

    async def _route(self, path: str, request: Any, query: Mapping[str, str]) -> Any:
        match path:
            case "/sync/push":
                self.pushes += 1
                return await handlers.push.fn(request)
            case "/sync/pull":
                numbers = {name: int(value) for name, value in query.items() if value != "None"}
                return await handlers.pull.fn(request, **numbers)
            case "/sync/digest":
                part = int(query["part"]) if "part" in query else None
                return await handlers.digest.fn(request, query["scope"], part)
            case "/sync/incarnation":
                return await handlers.incarnation.fn(request)
        raise AssertionError(path)

    # Backups

    def back_up(self) -> bytes:
        """A verified copy: what was acknowledged is safe from now on."""
        copy = self.database.image()
        self.database.writer.execute("UPDATE replica SET safe = ack")
        return copy

    async def restore(self, image: bytes) -> None:
        """Yesterday's copy takes the place of today's; a new generation says so."""
        await self._restart()
        generation = self.database.rows("SELECT generation FROM feed_head")[0][0]
        self.database.writer.close()
        self.database.load(image)
        self.database.writer.execute("UPDATE feed_head SET generation = ?", (generation + 1,))
