"""Following the feed: the rows of every commit, of this process and of others, in order and without a gap.

Commits of this process arrive by themselves. Of others only a wake-up comes (PostgreSQL's NOTIFY, and a
look at the head every few seconds for what is lost or written by a command); their rows are read again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from server import feed
from server.db import PostgresDatabase, current

log = logging.getLogger("stockhand.live")

LOOK_S = 2.0
"""How often the head is looked at, in case nobody woke us."""

PAGE = 2000
RETRY_S = 5.0

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

Take = Callable[[list[feed.Line], int], None]


class Follower:
    """Where this process stands in the feed, and who wants to hear what follows."""

    def __init__(self) -> None:
        self.seen = 0
        self.scopes: Counter[str] = Counter()
        self.takers: list[Take] = []
        self.ready = asyncio.Event()
        self.behind = asyncio.Event()
        self.is_reading = True

    def commit(self, lines: list[feed.Line]) -> None:
        """Take the rows of a commit of this process, unless others committed in between."""
        if self.is_reading or lines[0].seq > self.seen + 1:
            self.behind.set()
            return
        self._tell([line for line in lines if line.seq > self.seen], lines[-1].seq)

    def wake(self, _connection: Any, _pid: int, _channel: str, head: str) -> None:
        """Somebody committed up to `head`; it may have been ourselves."""
        if int(head) > self.seen:
            self.behind.set()

    async def keep_up(self) -> None:
        """Find where the feed stands, then read again what others wrote, for ever."""
        while True:
            try:
                await self.catch_up() if self.ready.is_set() else await self._begin()
            except UNREACHABLE:
                log.warning("the feed cannot be read; trying again", exc_info=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.behind.wait()
            self.behind.clear()

    async def _begin(self) -> None:
        self.seen = (await feed.head()).seq
        self.is_reading = False
        self.ready.set()

    async def catch_up(self) -> None:
        """Read from where we stand to the head."""
        while (head := (await feed.head()).seq) > self.seen:
            self.is_reading = True
            try:
                lines = await feed.after(list(self.scopes), self.seen, PAGE)
            finally:
                self.is_reading = False
            # A full page ends at its last row; else everything up to the head read before was there.
            is_full = len(lines) == PAGE
            self._tell(lines, lines[-1].seq if is_full else max([head, *(line.seq for line in lines[-1:])]))

    def _tell(self, lines: list[feed.Line], head: int) -> None:
        self.seen = head
        for take in tuple(self.takers):
            take(lines, head)


_following: list[Follower] = []
_tasks: list[asyncio.Task[None]] = []


@asynccontextmanager
async def following(take: Take) -> AsyncIterator[Follower]:
    """Let `take` hear of every commit for as long as the block lasts; the last one out stops the reading."""
    follower = _following[0] if _following else _start()
    follower.takers.append(take)
    try:
        await follower.ready.wait()
        yield follower
    finally:
        follower.takers.remove(take)
        if not follower.takers:
            _stop()


def wants(follower: Follower, scopes: Iterable[str]) -> None:
    """Read the rows of these scopes as well when others wrote them."""
    follower.scopes.update(scopes)


def wants_no_more(follower: Follower, scopes: Iterable[str]) -> None:
    """Undo `wants`."""
    follower.scopes.subtract(scopes)
    follower.scopes += Counter()


def _start() -> Follower:
    follower = Follower()
    feed.on_change(follower.commit)
    _following.append(follower)
    _tasks.append(asyncio.create_task(follower.keep_up(), name="follow the feed"))
    database = current()
    if isinstance(database, PostgresDatabase):
        _tasks.append(asyncio.create_task(_listen(database.url, follower), name="listen to PostgreSQL"))
    return follower


def _stop() -> None:
    follower = _following.pop()
    feed.stop_listening(follower.commit)
    while _tasks:
        _tasks.pop().cancel()


async def _listen(url: str, follower: Follower) -> None:
    """Hold a connection of our own that PostgreSQL wakes us by; a lost one is made again."""
    while True:
        try:
            await _listen_once(url, follower)
        except UNREACHABLE:
            log.warning(
                "lost PostgreSQL's wake-ups; looking every %s s until they are back", LOOK_S, exc_info=True
            )
        await asyncio.sleep(RETRY_S)


async def _listen_once(url: str, follower: Follower) -> None:
    connection = await asyncpg.connect(url)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda *_: lost.set())
        await connection.add_listener(feed.CHANNEL, follower.wake)
        # Whatever was committed while nobody listened.
        follower.behind.set()
        await lost.wait()
    finally:
        # Not close(): it would wait for the server, and shutting down must not.
        connection.terminate()
