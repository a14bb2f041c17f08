"""Pull: a page of 2,000 rows, and a device catching up with 3,000 changed ones, against the same rows by hand.

By hand: read the same rows with sqlite3 and encode them with msgspec, no HTTP, no device, no digests.
"""

import http.client
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.house import Bench, Device, alternately, cpu_seconds, serving, show
from e2e.house import ROOT

ITEMS = 5_000
CHANGED = 3_000
PAGE = 2_000
PAGES = 10
TARGET_RATIO = 3.0
ROWS = (
    "SELECT scope, kind, key, seq, is_deleted, body FROM feed_row WHERE scope IN (?, ?) AND seq > ?"
    " ORDER BY seq LIMIT ?"
)


class Row(msgspec.Struct):
    """A row as a device receives it."""

    scope: str
    kind: str
    key: str
    seq: int
    deleted: bool
    body: msgspec.Raw


class Page(msgspec.Struct):
    """As little of an answer as must be read to go on."""

    rows: list[msgspec.Raw]
    next: int
    more: bool


_read = msgspec.json.Decoder(Page).decode


def pulled(bench: Bench, device: Device, start: int, *, whole: bool) -> dict[str, float]:
    """One page, or pages until there are no more, several times over."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=60)
    before, began, rows = cpu_seconds(bench.pid), time.perf_counter(), 0
    for _ in range(PAGES):
        cursor, more = start, True
        while more:
            page = _page(connection, device, cursor)
            rows += len(page.rows)
            cursor, more = page.next, page.more and whole
    took = time.perf_counter() - began
    connection.close()
    return {
        "rows": rows / PAGES,
        "ms": took / PAGES * 1000,
        "cpu ms": (cpu_seconds(bench.pid) - before) / PAGES * 1000,
    }


def _page(connection: http.client.HTTPConnection, device: Device, cursor: int) -> Page:
    connection.request("GET", f"/sync/pull?cursor={cursor}&limit={PAGE}", b"", device.headers)
    return _read(connection.getresponse().read())


def by_hand(file: Path, scopes: tuple[str, str], start: int, rows: int) -> dict[str, float]:
    """The same rows out of the same file."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    encoder = msgspec.json.Encoder()
    cpu, began, found = time.process_time(), time.perf_counter(), 0
    for _ in range(PAGES):
        lines = [
            Row(row[0], row[1], row[2], row[3], bool(row[4]), msgspec.Raw(row[5].encode()))
            for row in connection.execute(ROWS, (*scopes, start, rows))
        ]
        body = encoder.encode({"rows": lines, "next": 0, "more": False})
        found += len(_read(body).rows)  # as the client beside the server does
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    connection.close()
    return {"rows": found / PAGES, "ms": took / PAGES * 1000, "cpu ms": cpu / PAGES * 1000}


def catalogue(bench: Bench, *arguments: str) -> None:
    """Change the catalogue from another process, as an import does."""
    command = [sys.executable, "-m", "benchmarks.catalogue", *arguments]
    subprocess.run(command, cwd=ROOT, env=bench.house.environment | {"PYTHONPATH": str(ROOT)}, check=True)


def head(bench: Bench, device: Device) -> int:
    """Where the feed stands."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=60)
    page = _page(connection, device, 0)
    while page.more:
        page = _page(connection, device, page.next)
    connection.close()
    return page.next


def main() -> None:
    """A page from the beginning, then what changed since."""
    with serving() as bench:
        device = bench.device("li.wei")
        file = bench.house.data / "stockhand.sqlite"
        scopes = ("catalogue", "warehouse:w-1")
        catalogue(bench, str(ITEMS))
        was = head(bench, device)
        catalogue(bench, "--rename", str(CHANGED))
        for title, start, rows in (
            (f"a page of {PAGE:,} rows", 0, PAGE),
            (f"{CHANGED:,} changed rows", was, CHANGED),
        ):
            figures = alternately(
                stockhand=partial(pulled, bench, device, start, whole=start > 0),
                by_hand=partial(by_hand, file, scopes, start, rows),
            )
            show(f"pull, {title}", figures)
            ratio = figures["stockhand"]["ms"] / figures["by_hand"]["ms"]
            print(f"  time of stockhand / by hand: {ratio:.2f} (target: at most {TARGET_RATIO})")


if __name__ == "__main__":
    main()
