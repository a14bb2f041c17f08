"""Hearing that devices are there: signs of life from their sockets, written together every few seconds."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server import clock
from server.db import Statement, execute_many, writing

WRITE_S = 15.0

_SEEN = Statement("UPDATE device SET seen_at = ? WHERE id = ? AND seen_at < ?")

_heard: dict[int, int] = {}
_sockets: list[int] = []
_writers: list[asyncio.Task[None]] = []


@contextmanager
def hearing(device: int) -> Iterator[Callable[[], None]]:
    """While this device's socket is open, calling what is given notes that it has just been heard."""
    if not _sockets:
        _writers.append(asyncio.create_task(_write_now_and_then(), name="note which devices are there"))
    _sockets.append(device)

    def heard() -> None:
        _heard[device] = clock.now()

    heard()
    try:
        yield heard
    finally:
        _sockets.remove(device)
        if not _sockets:
            _writers.pop().cancel()
            _heard.clear()


async def _write_now_and_then() -> None:
    while True:
        await asyncio.sleep(WRITE_S)
        await write_down()


async def write_down() -> None:
    """Let the devices that were heard be seen by everybody. One small write, however many there are."""
    rows = [(at, device, at) for device, at in sorted(_heard.items())]
    _heard.clear()
    if rows:
        async with writing():
            await execute_many(_SEEN, rows)
