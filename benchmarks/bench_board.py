"""One look of the board over a hundred thousand orders, with eight hundred notices on the floor in forty waves.

Told in processor time as well, for the board looks around as long as it hangs there, busy or not. The baseline is the
count of open lines alone, straight from the file.
"""

import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks import trade
from benchmarks.house import quantile, show
from server.config import settings
from server.db import close_database, open_database
from server.migrate import migrate
from server.sync.overseeing import FLOOR_EVERY, Overview, gather

NOTICES, WAVES, PEOPLE = 800, 40, 30
FIRST = 10**6
ROUNDS = 30
BY_HAND = (
    "SELECT count(*) FROM shipment_notice n JOIN shipment_notice_line l ON l.notice = n.id"
    " WHERE n.state IN ('released', 'picking') AND l.quantity > l.picked"
)


def put_on_the_floor(file: str) -> None:
    """The newest confirmed orders become notices at every step, in the hands of thirty people."""
    with sqlite3.connect(file) as connection:
        for wave in range(1, WAVES + 1):
            insert(connection, "wave", {"id": wave, "number": f"WV-{wave}", "warehouse": 1, "kind": "batch"})
        wanted = "SELECT id FROM sales_order WHERE state = 'confirmed' ORDER BY id DESC LIMIT ?"
        orders = [row[0] for row in connection.execute(wanted, (NOTICES,))]
        for count, order in enumerate(orders):
            state = ("released", "picking", "picked", "packed")[count % 4]
            row = {"id": FIRST + count, "number": f"SN-X{count}", "order_id": order, "warehouse": 1,
                   "wave": 1 + count % WAVES, "state": state, "taken_by": 1 + count % PEOPLE}  # fmt: skip
            insert(connection, "shipment_notice", row)
        lines = (
            "SELECT n.id, l.id, l.item, l.quantity FROM shipment_notice n"
            " JOIN sales_line l ON l.order_id = n.order_id WHERE n.id >= ?"
        )
        for number, (notice, line, item, quantity) in enumerate(
            connection.execute(lines, (FIRST,)).fetchall()
        ):
            row = {"notice": notice, "order_line": line, "item": item, "quantity": quantity,
                   "picked": quantity * (number % 2)}  # fmt: skip
            insert(connection, "shipment_notice_line", row)
    connection.close()


def insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """Write a row; what is not named is empty or nothing."""
    known = connection.execute(f"PRAGMA table_info({table})").fetchall()
    must = {each[1]: "" if each[2] == "TEXT" else 0 for each in known if each[3] and each[4] is None}
    whole = {name: value for name, value in (must | row).items() if name != "id" or "id" in row}
    holes = ", ".join("?" * len(whole))
    connection.execute(f"INSERT INTO {table} ({', '.join(whole)}) VALUES ({holes})", tuple(whole.values()))


async def looks(file: str) -> dict[str, float]:
    """Look again and again, each time as if everything had changed."""
    await open_database(file)
    try:
        overview, took, busy = Overview(None), [], []
        for _ in range(ROUNDS + 1):
            overview.floor_at -= FLOOR_EVERY
            began, worked = time.perf_counter(), time.process_time()
            await gather(overview)
            took.append((time.perf_counter() - began) * 1000)
            busy.append((time.process_time() - worked) * 1000)
    finally:
        await close_database()
    # The first look reads the day so far.
    return {
        "p50 ms": quantile(took[1:], 0.5),
        "p95 ms": quantile(took[1:], 0.95),
        "processor ms": quantile(busy[1:], 0.5),
    }


def by_hand(file: str) -> dict[str, float]:
    """The count of open lines alone."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        took = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            connection.execute(BY_HAND).fetchall()
            took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return {"p50 ms": quantile(took, 0.5), "p95 ms": quantile(took, 0.95)}


def main() -> None:
    """Make the house, put work on its floor, and look."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STOCKHAND_DATA"] = folder
        settings.cache_clear()
        file = str(Path(folder) / "stockhand.sqlite")
        asyncio.run(migrate(file))
        trade.load(file)
        put_on_the_floor(file)
        show("one look", {"stockhand": asyncio.run(looks(file)), "by hand": by_hand(file)})


if __name__ == "__main__":
    main()
