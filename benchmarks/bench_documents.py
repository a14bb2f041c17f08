"""A hundred thousand orders of ten thousand customers: lists, search as one types, and a customer's page.

Each page is asked of the whole application, signed in, as a browser would; the baseline are the least queries by
hand that could fill it, without a page around them.
"""

import argparse
import asyncio
import logging
import os
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks import moving, trade
from benchmarks.house import quantile, show
from server.app import create_app
from server.config import settings
from server.migrate import migrate
from server.people import password
from tests import services

TARGETS = {
    "list": 150.0,
    "search": 50.0,
    "search for anything": 50.0,
    "customer search": 50.0,
    "customer page": 300.0,
}
SECRET = "corn-lantern-58"
ROUNDS = 60

TYPED = ("SO-26", "so-251103-00", "上海 华东", "hdwj", "13800", "PO12345", "永盛贸易", "没有这个", "C00042")
BY_HAND = {
    "list": "SELECT o.id, o.number, p.name, o.state, o.total FROM sales_order o JOIN partner p ON p.id = o.customer"
    " ORDER BY o.id DESC LIMIT 51",
    "search": "SELECT o.id, o.number, p.name, o.state, o.total FROM sales_order o JOIN partner p"
    " ON p.id = o.customer WHERE o.number LIKE '%' || ?1 || '%' OR p.name LIKE '%' || ?1 || '%'"
    " ORDER BY o.id DESC LIMIT 51",
    "customer search": "SELECT id, code, name, phone FROM partner WHERE name LIKE '%' || ?1 || '%'"
    " OR phone LIKE '%' || ?1 || '%' ORDER BY code LIMIT 51",
}
CUSTOMER_BY_HAND = (
    "SELECT * FROM partner WHERE id = ?",
    (
        "SELECT o.*, n.number, n.carrier, n.tracking FROM sales_order o LEFT JOIN shipment_notice n"
        " ON n.order_id = o.id WHERE o.customer = ? ORDER BY o.id DESC LIMIT 20"
    ),
    "SELECT sum(total) FROM sales_order WHERE customer = ? AND state IN ('confirmed', 'partly_shipped')",
    (
        "SELECT l.item, sum(l.quantity), sum(l.amount) FROM sales_order o JOIN sales_line l ON l.order_id = o.id"
        " WHERE o.customer = ? GROUP BY l.item ORDER BY 3 DESC LIMIT 10"
    ),
)


def keystrokes() -> list[str]:
    """What stands in the field after every key."""
    return [typed[:end] for typed in TYPED for end in range(1, len(typed) + 1)]


def customers() -> list[int]:
    """Whose page is asked for: the largest, and others all over."""
    return [*range(1, 21), *range(21, trade.CUSTOMERS, trade.CUSTOMERS // (ROUNDS - 20))]


async def ours(file: str) -> dict[str, dict[str, float]]:
    """The application's pages, with its own database and its own guards."""
    app = create_app(file)
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # Litestar's scope is typed more narrowly
        headers = {"Origin": "http://stockhand.test"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://stockhand.test", headers=headers
        ) as browser:
            answer = await browser.post("/sign-in", data={"name": "bench", "password": SECRET})
            assert answer.status_code == 303, answer.text

            async def page(path: str, **query: str) -> None:
                got = await browser.get(path, params=query)
                assert got.status_code == 200, (path, got.status_code)

            return {
                "list": await _timed(
                    page, [("/outbound/orders", {"state": "", "page": str(n + 1)}) for n in range(ROUNDS)]
                ),
                "search": await _timed(page, [("/outbound/orders", {"q": typed}) for typed in keystrokes()]),
                "search for anything": await _timed(
                    page, [("/search", {"q": typed}) for typed in keystrokes()]
                ),
                "customer search": await _timed(
                    page, [("/crm/customers", {"q": typed}) for typed in keystrokes()]
                ),
                "customer page": await _timed(page, [(f"/crm/customers/{key}", {}) for key in customers()]),
                "statement": await _timed(
                    page,
                    [
                        (f"/crm/customers/{key}/statement", {"since": "2026-10-01", "until": "2026-10-31"})
                        for key in customers()
                    ],
                ),
            }


async def _timed(
    page: Callable[..., Awaitable[None]], asked: list[tuple[str, dict[str, str]]]
) -> dict[str, float]:
    # The first request compiles the page.
    await page(asked[0][0], **asked[0][1])
    took = []
    for path, query in asked:
        began = time.perf_counter()
        await page(path, **query)
        took.append((time.perf_counter() - began) * 1000)
    return _figures(took)


def by_hand(file: str) -> dict[str, dict[str, float]]:
    """The least that could answer, straight from the file."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:

        def asked(sqls: tuple[str, ...], values: list[tuple[Any, ...]]) -> dict[str, float]:
            took = []
            for value in values:
                began = time.perf_counter()
                for sql in sqls:
                    connection.execute(sql, value).fetchall()
                took.append((time.perf_counter() - began) * 1000)
            return _figures(took)

        typed = [(one,) for one in keystrokes()]
        found = {
            "list": asked((BY_HAND["list"],), [()] * ROUNDS),
            "search": asked((BY_HAND["search"],), typed),
            "customer search": asked((BY_HAND["customer search"],), typed),
            "customer page": asked(CUSTOMER_BY_HAND, [(key,) for key in customers()]),
        }
    connection.close()
    return found


def _figures(took: list[float]) -> dict[str, float]:
    return {"p50 ms": quantile(took, 0.50), "p95 ms": quantile(took, 0.95), "max ms": max(took)}


def add_person(file: str) -> None:
    """Somebody who may see everything."""
    with sqlite3.connect(file) as connection:
        connection.execute(
            "INSERT INTO user_account (name, display_name, role, password_hash, badge_digest, pin_hash, language,"
            " is_active, sees_all_warehouses, failed_sign_ins, locked_until_at, created_at, version)"
            " VALUES ('bench', 'bench', 'administrator', ?, '', '', 'zh', 1, 1, 0, 0, 0, 1)",
            (password.hashed(SECRET),),
        )
    connection.close()


def asks_for_postgres() -> bool:
    """Whether `--database=postgres` was said; by hand stays SQLite, so that both runs have the same baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    return bool(parser.parse_args().database == "postgres")


def main() -> None:
    """Make the house, ask for its pages, and say what they cost."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ["STOCKHAND_JOBS"] = "worker"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STOCKHAND_DATA"] = folder
        settings.cache_clear()
        file = str(Path(folder) / "stockhand.sqlite")
        asyncio.run(migrate(file))
        began = time.perf_counter()
        trade.load(file)
        add_person(file)
        print(
            f"{trade.ORDERS:,} orders of {trade.CUSTOMERS:,} customers in {time.perf_counter() - began:.0f} s,"
        )
        print(f"  {Path(file).stat().st_size / 2**20:.0f} MB")
        hand = by_hand(file)
        if asks_for_postgres():
            with services.postgres() as server:
                url = f"{server}/postgres"
                asyncio.run(migrate(url))
                asyncio.run(moving.copy(file, url))
                own = asyncio.run(ours(url))
        else:
            own = asyncio.run(ours(file))
    for name, figures in own.items():
        show(name, {"stockhand": figures} | ({"by hand": hand[name]} if name in hand else {}))
        if name in TARGETS:
            print(f"  target: p95 at most {TARGETS[name]:.0f} ms; here {figures['p95 ms']:.1f}")


if __name__ == "__main__":
    main()
