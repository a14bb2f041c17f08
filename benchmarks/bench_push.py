"""Push: operations a second that one server reconciles, against the same rows by hand and a minimal application.

By hand is what any program would have to write for the same promise (the operation once, the movement, two
balances, flushed to disk) with prepared statements on one kept connection: no HTTP, no rules, no feed. The minimal
application is `benchmarks/minimal.py`, on the same web stack, fed with the same uploads.
"""

import http.client
import random
import sqlite3
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Protocol

from benchmarks.house import Bench, Device, alternately, call, cpu_seconds, quantile, serving, show
from benchmarks.minimal import serving_minimal

OPERATIONS = 6000
SINGLE_SCANS = 3200
TARGET_RATE = 8_000
TARGET_CPU = 2.5
TARGET_P99_MS = 25
SCHEMA = """
CREATE TABLE operation (id TEXT PRIMARY KEY, replica INTEGER, n INTEGER, body TEXT);
CREATE UNIQUE INDEX operation_number ON operation (replica, n);
CREATE TABLE movement (id INTEGER PRIMARY KEY, operation TEXT, item INTEGER, lot TEXT, quantity INTEGER,
  source INTEGER, target INTEGER, at INTEGER);
CREATE TABLE balance (item INTEGER, location INTEGER, lot TEXT, on_hand INTEGER,
  PRIMARY KEY (item, location, lot)) WITHOUT ROWID;
"""


class Served(Protocol):
    """A server that takes pushes."""

    @property
    def port(self) -> int: ...
    @property
    def pid(self) -> int: ...


def pushed(served: Served, bench: Bench, devices: list[Device], size: int) -> dict[str, float]:
    """Operations a second of several devices pushing at once."""
    chance = random.Random(time.time_ns())
    share = (OPERATIONS if size > 1 else SINGLE_SCANS) // len(devices)
    work = [
        [device.batch(bench.goods, bench.bins, size, chance) for _ in range(share // size)]
        for device in devices
    ]
    latencies: list[float] = []

    def upload(device: Device, bodies: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        for body in bodies:
            began = time.perf_counter()
            call(connection, "POST", "/sync/push", body, device.headers)
            latencies.append(time.perf_counter() - began)

    threads = [
        threading.Thread(target=upload, args=(device, bodies))
        for device, bodies in zip(devices, work, strict=True)
    ]
    before, began = cpu_seconds(served.pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    done = sum(map(len, work)) * size
    return {
        "ops/s": done / took,
        "cpu s/1000": (cpu_seconds(served.pid) - before) / done * 1000,
        "p50 ms": quantile(latencies, 0.50) * 1000,
        "p99 ms": quantile(latencies, 0.99) * 1000,
    }


def by_hand(size: int) -> dict[str, float]:
    """The same rows by sqlite3 alone, `size` operations a commit, flushed."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as folder:
        connection = sqlite3.connect(f"{folder}/raw.sqlite", isolation_level=None)
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        chance = random.Random(1)
        operations = OPERATIONS if size > 1 else SINGLE_SCANS
        began, cpu = time.perf_counter(), time.process_time()
        for start in range(0, operations, size):
            _write(connection, start, size, chance)
        took = time.perf_counter() - began
        connection.close()
        return {"ops/s": operations / took, "cpu s/1000": (time.process_time() - cpu) / operations * 1000}


def _write(connection: sqlite3.Connection, start: int, size: int, chance: random.Random) -> None:
    rows = [
        (f"{n:036}", chance.randrange(50), chance.randrange(180), chance.randrange(180), n)
        for n in range(start, start + size)
    ]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO operation VALUES (?,1,?,?)", [(row[0], row[4], "x" * 420) for row in rows]
    )
    connection.executemany(
        "INSERT INTO movement (operation,item,lot,quantity,source,target,at) VALUES (?,?,'L1',1000,?,?,?)",
        rows,
    )
    upsert = (
        "INSERT INTO balance VALUES (?,?,'L1',?) ON CONFLICT (item, location, lot)"
        " DO UPDATE SET on_hand = on_hand + excluded.on_hand"
    )
    connection.executemany(upsert, [(row[1], row[2], -1000) for row in rows])
    connection.executemany(upsert, [(row[1], row[3], 1000) for row in rows])
    connection.execute("COMMIT")


def main() -> None:
    """Batches of 200, 100 and 50 from four devices, and single scans from sixteen, each beside the baselines."""
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as folder,
        serving() as bench,
        serving_minimal(Path(folder)) as minimal,
    ):
        devices = [bench.device("li.wei") for _ in range(16)]
        strangers = [bench.device("li.wei") for _ in range(16)]
        for size, crowd in ((200, 4), (100, 4), (50, 4), (1, 16)):
            figures = alternately(
                stockhand=partial(pushed, bench, bench, devices[:crowd], size),
                minimal=partial(pushed, minimal, bench, strangers[:crowd], size),
                by_hand=partial(by_hand, size),
            )
            show(f"push, {size} operations a request, {crowd} devices", figures)
            _compare(size, figures)
        print(bench.house.run("verify").strip())


def _compare(size: int, figures: dict[str, dict[str, float]]) -> None:
    ours, minimal, by_hand = figures["stockhand"], figures["minimal"], figures["by_hand"]
    print(f"  rate by hand / stockhand: {by_hand['ops/s'] / ours['ops/s']:.1f}")
    if size > 1:
        print(f"  cpu of stockhand / minimal: {ours['cpu s/1000'] / minimal['cpu s/1000']:.2f}")
        print(f"  target: {TARGET_RATE:,} operations a second; here {ours['ops/s']:,.0f}")
        return
    ratio = ours["cpu s/1000"] / minimal["cpu s/1000"]
    print(f"  target: cpu of stockhand / minimal at most {TARGET_CPU}; here {ratio:.2f}")
    print(
        f"  target: p99 at most {TARGET_P99_MS} ms; here {ours['p99 ms']:.1f}, minimal {minimal['p99 ms']:.1f}"
    )


if __name__ == "__main__":
    main()
