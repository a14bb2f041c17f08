"""Import: 10,000 and 100,000 rows checked and written, scans going on meanwhile, against csv and sqlite3 by hand."""

import csv
import http.client
import random
import resource
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.catalogue import drafts
from benchmarks.house import Bench, Device, call, quantile, serving, show
from e2e.house import COMMAND

TARGET_S = {10_000: 2, 100_000: 30}
TARGET_P99_MS = 50
SCAN_EVERY_S = 0.1
PATIENCE_S = 300


def spreadsheet(file: Path, rows: int) -> None:
    """A list of articles as an office keeps it, of other codes than those that are there."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["商品编码", "商品名称", "单位", "条码", "批次管理"])
        for draft in drafts(rows, seed=rows):
            code = f"N{rows // 1000}-{draft.code}"
            writer.writerow([code, draft.name, draft.unit, "", "是" if draft.has_lots else "否"])


def imported(bench: Bench, file: Path) -> dict[str, float]:
    """`stockhand import items`, beside a serving server that somebody scans with."""
    device, done = bench.device("li.wei"), threading.Event()
    latencies: list[float] = []
    scanning = threading.Thread(target=_scan_until, args=(bench, device, done, latencies))
    scanning.start()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    outcome = subprocess.run(
        [COMMAND, "import", "items", str(file), "--json"],
        env=bench.house.environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    done.set()
    scanning.join()
    if outcome.returncode:
        raise RuntimeError(outcome.stdout[-2000:] + outcome.stderr[-2000:])
    return {
        "s": took,
        "cpu s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "scans": len(latencies),
        "scan p50 ms": quantile(latencies, 0.50),
        "scan p99 ms": quantile(latencies, 0.99),
    }


def _scan_until(bench: Bench, device: Device, done: threading.Event, latencies: list[float]) -> None:
    chance = random.Random(3)
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=60)
    while not done.wait(SCAN_EVERY_S):
        body = device.batch(bench.goods, bench.bins, 1, chance)
        began = time.perf_counter()
        call(connection, "POST", "/sync/push", body, device.headers)
        latencies.append((time.perf_counter() - began) * 1000)
    connection.close()


def by_hand(file: Path, folder: Path) -> dict[str, float]:
    """The same rows by csv and sqlite3: an item, its history and its row of the feed, nothing checked."""
    target = folder / f"{file.stem}-hand.sqlite"
    cpu, began = time.process_time(), time.perf_counter()
    with sqlite3.connect(target) as connection, file.open(encoding="utf-8", newline="") as stream:
        connection.executescript(
            "PRAGMA journal_mode=WAL;"
            "CREATE TABLE item (id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT, unit TEXT);"
            "CREATE TABLE event (id INTEGER PRIMARY KEY, subject TEXT, body TEXT);"
            "CREATE TABLE feed_row (id INTEGER PRIMARY KEY, key TEXT UNIQUE, body TEXT);"
        )
        rows = list(csv.reader(stream))[1:]
        connection.executemany(
            "INSERT INTO item (code, name, unit) VALUES (?, ?, ?)", [row[:3] for row in rows]
        )
        connection.executemany(
            "INSERT INTO event (subject, body) VALUES (?, ?)", [(row[0], str(row)) for row in rows]
        )
        connection.executemany(
            "INSERT INTO feed_row (key, body) VALUES (?, ?)", [(row[0], str(row)) for row in rows]
        )
    connection.close()
    return {"s": time.perf_counter() - began, "cpu s": time.process_time() - cpu}


def main() -> None:
    """Each size once, the baseline right after it: an import cannot be repeated into the same company."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as folder:
        for rows, target in TARGET_S.items():
            file = Path(folder) / f"articles-{rows}.csv"
            spreadsheet(file, rows)
            with serving() as bench:
                figures = {"stockhand": imported(bench, file), "by_hand": by_hand(file, Path(folder))}
            show(f"import of {rows:,} rows", figures)
            own, hand = figures["stockhand"], figures["by_hand"]
            print(f"  cpu of stockhand / by hand: {own['cpu s'] / hand['cpu s']:.1f}")
            print(f"  target: at most {target} s; here {own['s']:.1f}")
            print(f"  target: scans meanwhile p99 at most {TARGET_P99_MS} ms; here {own['scan p99 ms']:.0f}")


if __name__ == "__main__":
    main()
