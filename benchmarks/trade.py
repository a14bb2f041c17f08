"""A trading house with ten thousand customers and a hundred thousand orders, written in sets straight into a file.

The rows are those that confirming, releasing and shipping leave behind; what they are is drawn from a seed. A fifth
of the customers order four fifths of everything, as they do.
"""

import random
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from benchmarks.catalogue import drafts
from server.catalog import search
from server.catalog.initials import initials
from server.money import amount_of

CUSTOMERS = 10_000
ORDERS = 100_000
ITEMS = 5_000
FIRST = date(2024, 11, 1)
DAYS = 750
SECOND = 1_000_000
PLACES = ("上海", "杭州", "宁波", "温州", "义乌", "苏州", "南京", "广州", "深圳", "青岛", "成都", "武汉")
TRADES = ("贸易", "五金", "百货", "日用品", "电器", "建材", "文具", "酒店用品", "超市", "电子商务")
NAMES = ("华东", "恒源", "嘉禾", "瑞丰", "永盛", "长兴", "明达", "金桥", "顺发", "天工", "万通", "德利")
CARRIERS = ("顺丰", "中通", "德邦", "自提")

Rows = Iterator[tuple[Any, ...]]


def load(file: str, *, customers: int = CUSTOMERS, orders: int = ORDERS, seed: int = 7) -> None:
    """Fill a migrated, empty database."""
    with sqlite3.connect(file) as connection:
        connection.execute(
            "INSERT INTO warehouse (id, code, name, is_active, version) VALUES (1, 'MAIN', '总仓', 1, 1)"
        )
        _write(
            connection,
            "item",
            ("id", "code", "name", "unit", "scale", "initials", "search", "created_at"),
            items(),
        )
        _write(
            connection,
            "partner",
            ("id", "code", "name", "is_customer", "is_supplier", "phone", "initials", "search", "is_active",
             "created_at", "version"),
            partners(customers, random.Random(seed)),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO customer_terms (partner, is_blocked, credit_limit, policy, priority)"
            " SELECT id, 0, 500000000, 'partial', 0 FROM partner"
        )
        trade = _Trade(customers, orders, random.Random(seed + 1))
        _write(
            connection,
            "sales_order",
            ("id", "number", "customer", "warehouse", "state", "policy", "ordered_on", "wanted_on", "reference",
             "total", "search", "created_at", "confirmed_at", "version"),
            trade.orders(),
        )  # fmt: skip
        _write(
            connection,
            "sales_line",
            (
                "id",
                "order_id",
                "position",
                "item",
                "unit",
                "factor",
                "price",
                "amount",
                "quantity",
                "shipped",
            ),
            iter(trade.lines),
        )
        _write(
            connection,
            "shipment_notice",
            ("id", "number", "order_id", "warehouse", "state", "carrier", "tracking", "shipped_at", "created_at",
             "version"),
            iter(trade.notices),
        )  # fmt: skip
        # What has shipped left with its order's one notice.
        connection.execute(
            "INSERT INTO shipment_notice_line (notice, order_line, item, picked, packed, shipped, short, quantity)"
            " SELECT n.id, l.id, l.item, l.quantity, l.quantity, l.quantity, 0, l.quantity FROM shipment_notice n"
            " JOIN sales_line l ON l.order_id = n.order_id"
        )
        connection.execute("ANALYZE")
    connection.close()


def _write(connection: sqlite3.Connection, table: str, columns: tuple[str, ...], rows: Rows) -> None:
    """Insert rows; columns that are not named take the defaults that the tables' classes would give."""
    known = {row[1]: row for row in connection.execute(f"PRAGMA table_info({table})")}
    silent = [name for name, row in known.items() if row[3] and row[4] is None and name not in columns]
    assert set(silent) <= {"id"}, f"{table} needs {silent}"
    holes = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holes})", rows)


def items() -> Rows:
    """Items as the catalogue's benchmark makes them."""
    for number, draft in enumerate(drafts(ITEMS), 1):
        letters = initials(draft.name)
        found_by = search.text_of(draft.code, draft.name, letters)
        yield number, draft.code, draft.name, "件", 0, letters, found_by, 0


def partners(count: int, chance: random.Random) -> Rows:
    """Customers with a telephone each."""
    for number in range(1, count + 1):
        name = f"{chance.choice(PLACES)}{chance.choice(NAMES)}{chance.choice(TRADES)}有限公司{number}"
        code, phone = f"C{number:05d}", f"13{chance.randrange(10**9):09d}"
        letters = initials(name)
        yield number, code, name, 1, 0, phone, letters, search.text_of(code, name, letters, phone), 1, 0, 1


class _Trade:
    """Orders, and on the way their lines and notices."""

    def __init__(self, customers: int, orders: int, chance: random.Random) -> None:
        self.count, self.chance = orders, chance
        self.names = [row[2] for row in partners(customers, random.Random(7))]
        self.phones = [row[5] for row in partners(customers, random.Random(7))]
        self.lines: list[tuple[Any, ...]] = []
        self.notices: list[tuple[Any, ...]] = []

    def customer(self) -> int:
        """Which customer orders: four of five times one of the first fifth, and there the first ones most."""
        many = len(self.names)
        if self.chance.random() < 0.8:
            return 1 + int(many / 5 * self.chance.random() ** 2)
        return 1 + self.chance.randrange(many)

    def orders(self) -> Rows:
        for number in range(1, self.count + 1):
            day = FIRST + timedelta(days=number * DAYS // self.count)
            at = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400 * SECOND
            customer, is_old = self.customer(), number < self.count * 0.97
            state = "done" if is_old else self.chance.choice(("draft", "confirmed", "partly_shipped"))
            if is_old:
                self.notices.append(self._notice(number, at))
            name = self.names[customer - 1]
            code = f"SO-{day:%y%m%d}-{number % 10_000:04d}-{number}"
            reference = f"PO{self.chance.randrange(10**7):07d}"
            found_by = search.text_of(
                code, reference, f"C{customer:05d}", name, initials(name), self.phones[customer - 1]
            )
            total = self._add_lines(number, is_old)
            yield (
                number, code, customer, 1, state, "partial", day.isoformat(), (day + timedelta(days=5)).isoformat(),
                reference, total, found_by, at, None if state == "draft" else at, 1,
            )  # fmt: skip

    def _notice(self, order: int, at: int) -> tuple[Any, ...]:
        carrier = self.chance.choice(CARRIERS)
        later = at + 86_400 * SECOND
        return order, f"SN-{order}", order, 1, "shipped", carrier, f"SF{order:010d}", later, at, 1

    def _add_lines(self, order: int, is_old: bool) -> int:
        total = 0
        for position in range(1, 1 + self.chance.randrange(1, 8)):
            quantity = self.chance.randrange(1, 50) * 1000
            price = self.chance.randrange(100, 20_000) * 10_000
            amount = amount_of(quantity, price)
            total += amount
            self.lines.append((
                len(self.lines) + 1, order, position, 1 + self.chance.randrange(ITEMS), "件", 1000, price, amount,
                quantity, quantity if is_old else 0,
            ))  # fmt: skip
        return total
