"""The job queue and the timetable: Huey is the clock and the worker pool, the truth stays in our tables.

Huey delivers at most once, so every task only says "look again": it calls an activity that finds in the
database what is due and may run twice or late. Embedded by default (its own SQLite file, threads inside the
server); with STOCKHAND_JOBS=worker the queue is worked by `stockhand worker`, over Redis when that is set.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import msgspec
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import Serializer

from server import db, feed
from server.config import settings
from server.finance import costing
from server.imports import continuing
from server.migrate import run_migrations
from server.people import authenticating
from server.printing import queueing
from server.stock import verifying
from server.sync import enrolling

log = logging.getLogger("stockhand.jobs")
TOMBSTONE_DAYS = 90


class JsonSerializer(Serializer):  # type: ignore[misc]  # Huey is untyped
    """Messages as JSON: what comes out of a queue must never be able to run code, as pickle would."""

    def _serialize(self, data: Any) -> bytes:
        fields = data._asdict() if hasattr(data, "_asdict") else data
        return msgspec.json.encode({"message": hasattr(data, "_asdict"), "data": fields})

    def _deserialize(self, data: bytes) -> Any:
        from huey.registry import Message

        plain = msgspec.json.decode(data)
        if not plain["message"]:
            return plain["data"]
        fields = plain["data"]
        return Message(**fields | {"args": tuple(fields["args"]), "kwargs": fields["kwargs"] or {}})


class _QuietConsumer(Consumer):  # type: ignore[misc]
    """A consumer inside the server: signals belong to the server."""

    def _set_signal_handlers(self) -> None:
        return None


@cache
def queue() -> Huey:
    """The queue of this process, with every task and its time."""
    made = _make_queue()
    for name, (when, work) in TIMETABLE.items():
        _tasks[name] = made.periodic_task(when, name=name)(_task(name, work))
    return made


def nudge(name: str) -> None:
    """Let the job called `name` look now rather than at its time. Blocks for a file write: not on the loop."""
    queue()
    _tasks[name]()


def _make_queue() -> Huey:
    if settings().redis:
        return RedisHuey("stockhand", url=settings().redis, serializer=JsonSerializer(), results=False)
    file = settings().data_folder / "jobs.sqlite"
    file.parent.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(
        "stockhand", filename=str(file), serializer=JsonSerializer(), results=False, fsync=False
    )


def _task(name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> Callable[[], None]:
    def run() -> None:
        """Called in a worker thread: the work itself belongs to the loop that has the database open."""
        assert _loop is not None, "jobs run beside an open database"
        asyncio.run_coroutine_threadsafe(work(), _loop).result()

    run.__name__ = name
    return run


async def forget() -> None:
    """Drop what nobody needs any more: old tombstones, expired sessions and invitations."""
    async with db.writing():
        await feed.forget_tombstones(TOMBSTONE_DAYS)
        await authenticating.close_expired()
        await enrolling.forget_invitations()


async def prove() -> None:
    """Replay the ledger every night; a difference is an alarm, never silence."""
    found = await verifying.verify()
    if not found.ok:
        log.error("verify found %d differences: %s", len(found.violations), found.violations[:5])
        await verifying.raise_alarm(found)


TIMETABLE: dict[str, tuple[Any, Callable[[], Coroutine[Any, Any, object]]]] = {
    "tend_labels": (crontab(), queueing.tend),
    "value_stock": (crontab(), costing.catch_up),
    "go_on_importing": (crontab(), continuing.go_on),
    "forget": (crontab(minute="17", hour="3"), forget),
    "prove": (crontab(minute="37", hour="3"), prove),
}
"""Name, when (in the machine's time), and the activity."""

_tasks: dict[str, Callable[[], object]] = {}
_loop: asyncio.AbstractEventLoop | None = None


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """Work the queue for as long as the block lasts, on the database this loop has open."""
    global _loop
    _loop = asyncio.get_running_loop()
    consumer = _QuietConsumer(queue(), workers=2, initial_delay=0.05, max_delay=0.5, backoff=1.15)
    consumer.start()
    try:
        yield
    finally:
        await asyncio.to_thread(consumer.stop, True)
        _loop = None


def run_worker() -> None:
    """Work the queue in a process of its own until a signal says stop."""
    asyncio.run(_work_until_stopped())


async def _work_until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await db.open_database(settings().database_url)
    try:
        await run_migrations()
        async with running():
            print("working the job queue; stop with Ctrl+C", flush=True)
            await stopped.wait()
    finally:
        await db.close_database()
