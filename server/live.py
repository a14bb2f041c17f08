"""Who is watching what: sockets and what waits for them; knows nothing of the business.

Nothing here grows with a stalled browser: a watcher keeps at most the latest message per key, a mailbox a
bounded number of bytes. See docs/decisions/0003-own-hub.md.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from server import ids

TICK_S = 0.05
"""Messages of one tick leave together, the latest per key."""

MAILBOX_BYTES = 256 * 1024
"""What may wait for one socket before it only hears that there is more."""


class Watcher:
    """One open socket: what it has not been sent yet, by key."""

    def __init__(self) -> None:
        self.pending: dict[Any, Any] = {}
        self.woken = asyncio.Event()

    def tell(self, key: Any, message: Any) -> None:
        """Let the latest message of `key` be sent at the next tick."""
        self.pending.pop(key, None)
        self.pending[key] = message
        self.woken.set()

    def take(self) -> dict[Any, Any]:
        """What is waiting, oldest key first; it is not waiting any more."""
        taken, self.pending = self.pending, {}
        self.woken.clear()
        return taken

    async def ticks(self, heartbeat_s: float) -> AsyncIterator[dict[Any, Any]]:
        """What came in, tick by tick; an empty one after `heartbeat_s` without any."""
        while True:
            try:
                async with asyncio.timeout(heartbeat_s):
                    await self.woken.wait()
            except TimeoutError:
                yield {}
                continue
            await asyncio.sleep(TICK_S)
            yield self.take()


_watchers: dict[str, set[Watcher]] = {}


@contextmanager
def watch(*topics: str) -> Iterator[Watcher]:
    """Watch topics for as long as the block lasts."""
    watcher = Watcher()
    for topic in topics:
        _watchers.setdefault(topic, set()).add(watcher)
    try:
        yield watcher
    finally:
        for topic in topics:
            _watchers[topic].discard(watcher)
            if not _watchers[topic]:
                del _watchers[topic]


def publish(topic: str, key: Any, message: Any) -> None:
    """Tell everyone who watches `topic`."""
    for watcher in _watchers.get(topic, ()):
        watcher.tell(key, message)


def watching(topic: str) -> int:
    """How many watch `topic`."""
    return len(_watchers.get(topic, ()))


class _Doors:
    """Whether this process still has time for people who only wait."""

    are_closing = False


def close_doors() -> None:
    """The process is about to stop: wake everyone who waits, so that they can be answered and leave."""
    _Doors.are_closing = True
    for watcher in {watcher for watchers in _watchers.values() for watcher in watchers}:
        watcher.woken.set()


def open_doors() -> None:
    """There is time to wait again, as after a stop that was only played."""
    _Doors.are_closing = False


def are_doors_closing() -> bool:
    """Whether there is no more time to wait."""
    return _Doors.are_closing


class Frame(NamedTuple):
    """A text on its way to many sockets, measured once."""

    text: str
    size: int


def frame(text: str) -> Frame:
    """The text with its length in bytes."""
    return Frame(text, len(text.encode()))


class Mailbox:
    """Frames on their way to one socket, in order; frames are shared, so a thousand sockets hold one copy.

    When more waits than a stalled socket may hold, what waits is given up and only the newest `notice` is
    kept: whoever reads it asks for the rest in another way.
    """

    def __init__(self, limit: int = MAILBOX_BYTES) -> None:
        self.limit = limit
        self.frames: deque[Frame] = deque()
        self.waiting = 0
        self.is_full = False
        self.woken = asyncio.Event()

    def offer(self, message: Frame, notice: Frame) -> None:
        """Put a frame in, or the notice when there is no room."""
        if self.is_full or self.waiting + message.size > self.limit:
            self.is_full = True
            self.frames.clear()
            self.waiting = 0
            message = notice
        self.frames.append(message)
        self.waiting += message.size
        self.woken.set()

    def take(self) -> str | None:
        """The next text, when there is one."""
        if not self.frames:
            self.woken.clear()
            return None
        taken = self.frames.popleft()
        self.waiting -= taken.size
        self.is_full = self.is_full and bool(self.frames)
        return taken.text

    async def next(self) -> str:
        """The next text as soon as there is one."""
        while (text := self.take()) is None:
            await self.woken.wait()
        return text


class Screen:
    """What a screen shows now, piece by piece, and since which version, so that a cut socket resumes.

    A cursor reads `<screen>.<version>`; one of another screen (the server started anew) gets every piece.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.name = ids.hexadecimal(8)
        self.version = 0
        self.pieces: dict[str, tuple[int, str]] = {}

    @property
    def cursor(self) -> str:
        return f"{self.name}.{self.version}"

    def show(self, pieces: Mapping[str, str]) -> None:
        """Let the screen show these pieces and no others; whoever watches is told what changed."""
        changed = [key for key, text in pieces.items() if self.pieces.get(key, (0, None))[1] != text]
        self.version += bool(changed)
        self.pieces = {
            key: (self.version if key in changed else self.pieces[key][0], text)
            for key, text in pieces.items()
        }
        for key in changed:
            publish(self.topic, key, pieces[key])

    def since(self, cursor: str) -> dict[str, str]:
        """The pieces that changed after `cursor`."""
        name, _, version = cursor.partition(".")
        seen = int(version) if name == self.name and version.isdecimal() else -1
        return {key: text for key, (at, text) in self.pieces.items() if at > seen}
