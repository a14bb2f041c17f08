"""Streaming the feed to open sockets: every row encoded once, every frame shared by all it concerns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server import feed
from server.live import TICK_S, Frame, Mailbox, frame
from server.sync import frames
from server.sync.following import Follower, following, wants, wants_no_more

CATCH_UP_ROWS = 500
"""A device further behind than this is better served by a pull."""


class Listener:
    """One open socket of a device: the scopes it may see, and up to where it has been told."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        self.cursor = 0
        self.mailbox = Mailbox()


class Stream:
    """All sockets of this process, and the rows of the tick that is being gathered."""

    def __init__(self) -> None:
        self.by_scope: dict[str, set[Listener]] = {}
        self.pending: dict[tuple[str, str, str], feed.Line] = {}
        self.head = 0
        self.flushed_at = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def join(self, listener: Listener) -> None:
        for scope in listener.scopes:
            self.by_scope.setdefault(scope, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        for scope in listener.scopes:
            self.by_scope[scope].discard(listener)
            if not self.by_scope[scope]:
                del self.by_scope[scope]

    def take(self, lines: list[feed.Line], head: int) -> None:
        """Gather rows that somebody here may see; of a key only the latest of the tick."""
        self.head = head
        for line in lines:
            if line.scope in self.by_scope:
                key = (line.scope, line.kind, line.key)
                self.pending.pop(key, None)
                self.pending[key] = line
        if self.pending and self.timer is None:
            # At rest a change leaves at once; under load one frame gathers what a tick brings.
            loop = asyncio.get_running_loop()
            self.timer = loop.call_at(max(loop.time(), self.flushed_at + TICK_S), self.flush)

    def flush(self) -> None:
        """Offer the gathered rows to everybody who may see them."""
        self.timer = None
        self.flushed_at = asyncio.get_running_loop().time()
        lines, self.pending = self.pending, {}
        rows: dict[str, list[str]] = {}
        for line in lines.values():
            rows.setdefault(line.scope, []).append(frames.row(line))
        shared: dict[tuple[int, tuple[str, ...]], Frame] = {}
        notice = frame(frames.poke_frame(self.head))
        for listener in {listener for scope in rows for listener in self.by_scope.get(scope, ())}:
            key = (listener.cursor, tuple(scope for scope in listener.scopes if scope in rows))
            if key not in shared:
                seen = (row for scope in key[1] for row in rows[scope])
                shared[key] = frame(frames.rows_frame(key[0], self.head, seen))
            listener.mailbox.offer(shared[key], notice)
            listener.cursor = self.head


_stream = Stream()


@asynccontextmanager
async def listening(scopes: tuple[str, ...]) -> AsyncIterator[Listener]:
    """Have the rows of these scopes put into a mailbox for as long as the block lasts."""
    async with following(_take) as follower:
        listener = Listener(scopes)
        wants(follower, scopes)
        _stream.join(listener)
        listener.cursor = _settled(follower)
        try:
            yield listener
        finally:
            _stream.leave(listener)
            wants_no_more(follower, scopes)


def _take(lines: list[feed.Line], head: int) -> None:
    _stream.take(lines, head)


def _settled(follower: Follower) -> int:
    """Up to where the stream will say nothing more: a gathered tick still counts as unsaid."""
    return min([follower.seen, *(line.seq - 1 for line in _stream.pending.values())])


async def missed(listener: Listener, generation: int, cursor: int) -> str:
    """What a device at `cursor` has missed until the stream takes over: the rows, or a poke."""
    until = listener.cursor
    head = await feed.head()
    if generation != head.generation or cursor > head.seq or cursor < head.forgotten:
        return frames.poke_frame(head.seq)
    lines = await feed.after(listener.scopes, cursor, CATCH_UP_ROWS)
    if len(lines) == CATCH_UP_ROWS:
        return frames.poke_frame(head.seq)
    if cursor > until:
        # It has pulled what this process has not read yet.
        advance(listener, cursor)
        until = cursor
    return frames.rows_frame(cursor, until, [frames.row(line) for line in lines if line.seq <= until])


def advance(listener: Listener, cursor: int) -> None:
    """The device says that it has come this far by itself (by a pull); frames go on from there."""
    listener.cursor = max(listener.cursor, cursor)
