"""Search: a hundred thousand items, as one types, against LIKE by hand over codes and names only.

Every prefix of what somebody types is asked, as the page does. The baseline answers less: no barcodes, no initials.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench_device import stocked
from benchmarks.house import alternately, quantile, show
from server import db
from server.catalog import queries

ITEMS = 100_000
TARGET_MS = 50
TARGET_MB = 150
TYPED = ("SH0123", "陶瓷杯", "加厚 毛巾", "便携手套 红", "jytcb", "bxgs", "6900001", "没有这个", "杯 白 45cm")
BY_HAND = (
    "SELECT id, code, name, unit FROM item WHERE is_active = 1 AND (code LIKE ? OR name LIKE ?)"
    " ORDER BY code LIMIT 51"
)


def keystrokes() -> list[str]:
    """What stands in the field after every key."""
    return [typed[:end] for typed in TYPED for end in range(1, len(typed) + 1)]


def ours(runner: asyncio.Runner) -> dict[str, float]:
    """The product's own search, as its page asks."""
    return _timed(lambda typed: runner.run(queries.find_items(typed)))


def by_hand(file: str) -> dict[str, float]:
    """One table, two LIKEs."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        found = _timed(lambda typed: connection.execute(BY_HAND, (f"%{typed}%", f"%{typed}%")).fetchall())
    connection.close()
    return found


def _timed(find: Callable[[str], Any]) -> dict[str, float]:
    took = []
    cpu = time.process_time()
    for typed in keystrokes():
        began = time.perf_counter()
        find(typed)
        took.append((time.perf_counter() - began) * 1000)
    cpu = time.process_time() - cpu
    return {
        "p50 ms": quantile(took, 0.50),
        "p95 ms": quantile(took, 0.95),
        "max ms": max(took),
        "cpu ms": cpu / len(took) * 1000,
    }


def main() -> None:
    """Type into a company of that size; its server stands beside, so that its memory is seen too."""
    with stocked(ITEMS) as house, asyncio.Runner() as runner:
        file = str(house.data / "stockhand.sqlite")
        runner.run(db.open_database(file))
        figures = alternately(stockhand=partial(ours, runner), by_hand=partial(by_hand, file))
        runner.run(db.close_database())
        show(f"search among {ITEMS:,} items, {len(keystrokes())} keystrokes", figures)
        hand, own = figures["by_hand"]["p95 ms"], figures["stockhand"]["p95 ms"]
        print(f"  p95 of stockhand / by hand: {own / hand:.2f}")
        print(f"  target: p95 at most {TARGET_MS} ms at the server; here {own:.1f}")
        assert house.process is not None
        print(f"  target: server and jobs in at most {TARGET_MB} MB; here {memory_mb(house.process.pid):.0f}")


def memory_mb(pid: int) -> float:
    """What a process holds of its own, shared pages counted by their share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
