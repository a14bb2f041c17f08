"""Who is watching what: topics and their watchers; knows nothing of the business.

Every watcher keeps at most the latest message per key, so a stalled browser costs a bounded amount and
never holds up the others. See docs/decisions/0003-own-hub.md.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

TICK_S = 0.05
"""Messages of one tick leave together, the latest per key."""


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
