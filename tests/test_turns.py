"""Two processes write into one SQLite file: each gets its turn soon, however greedy the other is."""

import sqlite3
import statistics
import threading
import time

import pytest

from server import db
from server.db import Statement, execute, writing

HOLD_S = 0.02
BREATH_S = 0.004
WRITES = 15
SOON_S = 3 * HOLD_S
"""On average: SQLite's own waiting takes five and more."""

_WRITE = Statement("UPDATE feed_head SET forgotten = forgotten")


def write_greedily(path: str, ready: threading.Event, enough: threading.Event) -> None:
    """Another process at an import: it writes, takes a breath, and writes again."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    while not enough.is_set():
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE feed_head SET forgotten = forgotten")
        ready.set()
        time.sleep(HOLD_S)
        connection.execute("COMMIT")
        time.sleep(BREATH_S)
    connection.close()


async def test_a_scan_gets_its_turn_between_two_pieces_of_an_import(database: db.Database) -> None:
    if not isinstance(database, db.SqliteDatabase):
        pytest.skip("PostgreSQL hands its lock on in the order of asking")
    ready, enough = threading.Event(), threading.Event()
    other = threading.Thread(target=write_greedily, args=(database.path, ready, enough))
    other.start()
    ready.wait()
    waits = []
    try:
        for _ in range(WRITES):
            began = time.monotonic()
            async with writing():
                await execute(_WRITE)
            waits.append(time.monotonic() - began)
    finally:
        enough.set()
        other.join()

    assert statistics.fmean(waits) < SOON_S, waits


async def test_who_waits_too_long_is_told_and_can_write_afterwards(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(database, db.SqliteDatabase):
        pytest.skip("one file and its lock are meant")
    monkeypatch.setattr(db, "BUSY_S", 0)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        async with writing():
            await execute(_WRITE)
    other.execute("COMMIT")
    other.close()

    async with writing():
        await execute(_WRITE)
