"""The audit trail: what happened, in order, written in the same transaction as its cause."""

from collections.abc import Iterable

import msgspec
from piccolo.columns import BigSerial, Integer, Text
from piccolo.table import Table

from server import clock
from server.columns import code, moment
from server.db import Statement, execute, execute_many, fetch


class Event(Table, tablename="event"):
    """One thing that happened: `topic` what, `subject` to what (`item:5`), `body` the details as JSON."""

    id = BigSerial(primary_key=True, index=False)
    at = moment(index=True)
    user_id = Integer(default=0)
    device = Integer(default=0)
    topic = Text(default="")
    subject = code(index=True)
    body = Text(default="{}")


class Happened(msgspec.Struct, frozen=True):
    """An event as pages read it."""

    id: int
    at: int
    user: int
    topic: str
    body: dict[str, object]
    device: int = 0


_INSERT = Statement("INSERT INTO event (at, user_id, device, topic, subject, body) VALUES (?, ?, ?, ?, ?, ?)")
_OF_SUBJECT = Statement(
    "SELECT id, at, user_id, topic, body, device FROM event WHERE subject = ? ORDER BY id DESC LIMIT ?"
)


async def record(topic: str, subject: str, body: object, *, by: int = 0, device: int = 0) -> None:
    """Note that `topic` happened to `subject`; part of the transaction that makes it happen."""
    await execute(_INSERT, clock.now(), by, device, topic, subject, msgspec.json.encode(body).decode())


async def record_all(topic: str, happened: Iterable[tuple[str, object]], *, by: int = 0) -> None:
    """The same for many subjects at once: (subject, body) each."""
    at = clock.now()
    rows = [(at, by, 0, topic, subject, msgspec.json.encode(body).decode()) for subject, body in happened]
    await execute_many(_INSERT, rows)


async def history(subject: str, limit: int = 100) -> list[Happened]:
    """What happened to `subject`, newest first."""
    rows = await fetch(_OF_SUBJECT, subject, limit)
    return [Happened(row[0], row[1], row[2], row[3], msgspec.json.decode(row[4]), row[5]) for row in rows]
