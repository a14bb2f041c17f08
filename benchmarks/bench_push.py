"""Push: operations a second that one server reconciles, against the same rows written by hand.

The baseline is what any program would have to write for the same promise (the operation once, the movement,
two balances, flushed to disk) with prepared statements on one kept connection: no HTTP, no rules, no feed.
"""

import http.client
import random
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.house import Bench, Device, alternately, call, cpu_seconds, serving, show

OPERATIONS = 6000
SCHEMA = """
CREATE TABLE operation (id TEXT PRIMARY KEY, replica INTEGER, n INTEGER, body TEXT);
CREATE UNIQUE INDEX operation_number ON operation (replica, n);
CREATE TABLE movement (id INTEGER PRIMARY KEY, operation TEXT, item INTEGER, lot TEXT, quantity INTEGER,
  source INTEGER, target INTEGER, at INTEGER);
CREATE TABLE balance (item INTEGER, location INTEGER, lot TEXT, on_hand INTEGER,
  PRIMARY KEY (item, location, lot)) WITHOUT ROWID;
"""


def pushed(bench: Bench, devices: list[Device], size: int) -> dict[str, float]:
    """Operations a second of several devices pushing at once."""
    chance = random.Random(time.time_ns())
    share = OPERATIONS // len(devices)
    work = {device: [device.batch(bench, size, chance) for _ in range(share // size)] for device in devices}
    pid = bench.house.process.pid if bench.house.process else 0
    latencies: list[float] = []

    def upload(device: Device) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", bench.house.port, timeout=60)
        for body in work[device]:
            began = time.perf_counter()
            call(connection, "POST", "/sync/push", body, device.headers)
            latencies.append(time.perf_counter() - began)

    threads = [threading.Thread(target=upload, args=(device,)) for device in devices]
    before, began = cpu_seconds(pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    done = sum(len(bodies) for bodies in work.values()) * size
    latencies.sort()
    return {
        "ops/s": done / took,
        "cpu s/1000": (cpu_seconds(pid) - before) / done * 1000,
        "p50 ms": latencies[len(latencies) // 2] * 1000,
        "p99 ms": latencies[int(len(latencies) * 0.99)] * 1000,
    }


def by_hand(size: int) -> dict[str, float]:
    """The same rows by sqlite3 alone, `size` operations a commit, flushed."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as folder:
        connection = sqlite3.connect(f"{folder}/raw.sqlite", isolation_level=None)
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        chance = random.Random(1)
        body = "x" * 420
        began, cpu = time.perf_counter(), time.process_time()
        for start in range(0, OPERATIONS, size):
            rows = [
                (f"{start + index:036}", chance.randrange(50), chance.randrange(180), chance.randrange(180), start + index)
                for index in range(size)
            ]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO operation VALUES (?,1,?,?)", [(row[0], row[4], body) for row in rows])
            connection.executemany(
                "INSERT INTO movement (operation,item,lot,quantity,source,target,at) VALUES (?,?,'L1',1000,?,?,?)", rows
            )
            upsert = (
                "INSERT INTO balance VALUES (?,?,'L1',?) ON CONFLICT (item, location, lot)"
                " DO UPDATE SET on_hand = on_hand + excluded.on_hand"
            )
            connection.executemany(upsert, [(row[1], row[2], -1000) for row in rows])
            connection.executemany(upsert, [(row[1], row[3], 1000) for row in rows])
            connection.execute("COMMIT")
        took = time.perf_counter() - began
        connection.close()
        return {"ops/s": OPERATIONS / took, "cpu s/1000": (time.process_time() - cpu) / OPERATIONS * 1000}


def main() -> None:
    """Batches of 200, 100 and 50 from four devices, and single scans from sixteen, each beside the baseline."""
    with serving() as bench:
        devices = [bench.device("li.wei") for _ in range(16)]
        for size, crowd in ((200, 4), (100, 4), (50, 4), (1, 16)):
            figures = alternately(
                stockhand=lambda size=size, crowd=crowd: pushed(bench, devices[:crowd], size),
                by_hand=lambda size=size: by_hand(size),
            )
            show(f"push, {size} operations a request, {crowd} devices", figures)
            ratio = figures["by_hand"]["ops/s"] / figures["stockhand"]["ops/s"]
            print(f"  by hand / stockhand: {ratio:.1f}")
        print(bench.house.run("verify").strip())


if __name__ == "__main__":
    main()
