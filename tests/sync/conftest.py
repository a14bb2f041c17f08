"""A small warehouse floor with independent devices on it, over HTTP in the test's own loop."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server.db import Statement, fetch
from server.sync import enrolling
from tests import given
from tests.conftest import visitor
from tests.sync.client import Device, Json, Reply, Send

_MOVEMENTS = Statement("SELECT item, source, target, lot, serial, quantity FROM movement")
_BALANCES = Statement("SELECT item, location, lot, serial, on_hand - debt FROM balance")
_INCIDENTS = Statement("SELECT kind, subject FROM incident WHERE closed_at IS NULL ORDER BY kind, subject")
_TASKS = Statement("SELECT subject FROM task WHERE kind = 'count' AND closed_at IS NULL ORDER BY subject")
_OPERATIONS = Statement("SELECT id, outcome, reason, event_at FROM operation")


def over(http: httpx.AsyncClient) -> Send:
    """How a device reaches the application in this loop."""

    async def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        reply = await http.request(method, path, headers=dict(headers), content=body)
        return Reply(reply.status_code, reply.content)

    return send


@dataclass
class Floor:
    """Items and places by name, as devices name them, and devices when a test wants one."""

    http: httpx.AsyncClient
    items: dict[str, str]
    places: dict[str, str]

    async def device(
        self, user: str = "wang", *, warehouse: str = "MAIN", role: str = "storekeeper"
    ) -> Device:
        """An enrolled device in somebody's hand."""
        person = await given.person(user, role=role, warehouses=(warehouse,))
        invited = await enrolling.invite(person, await given.warehouse(warehouse))
        device = Device(over(self.http))
        await device.enrol(invited.token)
        return device

    def receive(self, item: str, amount: int | str, target: str, **more: Any) -> tuple[str, Json]:
        """The kind and arguments of goods that came in."""
        args = {"item": self.items[item], "quantity": str(amount), "target": self.places[target], **more}
        return "stock.receive@1", args

    def move(self, item: str, amount: int | str, source: str, target: str, **more: Any) -> tuple[str, Json]:
        """The kind and arguments of goods that were carried."""
        args = {"item": self.items[item], "quantity": str(amount)}
        return "stock.move@1", {**args, "source": self.places[source], "target": self.places[target], **more}

    def count(self, place: str, *, complete: bool = False, **seen: int | str) -> tuple[str, Json]:
        """The kind and arguments of what somebody saw."""
        lines = [{"item": self.items[item], "quantity": str(amount)} for item, amount in seen.items()]
        return "stock.count@1", {"location": self.places[place], "lines": lines, "complete": complete}

    async def on_hand(self, item: str, place: str, lot: str = "", serial: str = "") -> str:
        """What the book says."""
        return await given.on_hand(item, at=place, lot=lot, serial=serial)


async def do(device: Device, act: tuple[str, Mapping[str, Any]], **fields: Any) -> Json:
    """Record one operation, push it alone, and give its verdict."""
    operation = device.record(*act, **fields)
    assert await device.push() == "taken"
    verdict = device.store.records[operation["n"]].verdict
    assert verdict is not None
    return verdict


def verdicts(device: Device) -> list[tuple[str, str | None]]:
    """Outcome and reason of everything the device recorded, in order."""
    said = [record.verdict for _, record in sorted(device.store.records.items())]
    return [(verdict["outcome"], verdict["reason"]) if verdict else ("waiting", None) for verdict in said]


async def incidents() -> list[tuple[str, str]]:
    """What waits for a person."""
    return [(row[0], row[1]) for row in await fetch(_INCIDENTS)]


async def count_tasks() -> list[str]:
    """Places that somebody is asked to count."""
    return [row[0] for row in await fetch(_TASKS)]


async def outcomes() -> dict[str, str]:
    """What the server remembers of every operation."""
    return {row[0]: row[1] for row in await fetch(_OPERATIONS)}


async def event_at(operation: Json) -> int:
    """When the server thinks it happened (microseconds)."""
    return next(int(row[3]) for row in await fetch(_OPERATIONS) if row[0] == operation["id"])


async def assert_ledger_balances() -> None:
    """The balances are the sums of the movements, everything sums to zero, no real place owes."""
    sums: dict[tuple[int, int, str, str], int] = {}
    for item, source, target, lot, serial, amount in await fetch(_MOVEMENTS):
        sums[item, source, lot, serial] = sums.get((item, source, lot, serial), 0) - amount
        sums[item, target, lot, serial] = sums.get((item, target, lot, serial), 0) + amount
    held = {tuple(row)[:4]: row[4] for row in await fetch(_BALANCES)}
    suspense = {await given.virtual("suspense"), await given.virtual("suspense", warehouse_code="EAST")}
    on_hand = {tuple(row)[:4]: row[4] for row in await fetch(_ON_HAND)}
    assert {cell: amount for cell, amount in sums.items() if amount} == {
        cell: amount for cell, amount in on_hand.items() if amount
    }, suspense
    assert sum(sums.values()) == 0
    assert set(held) >= set(sums)


_ON_HAND = Statement("SELECT item, location, lot, serial, on_hand FROM balance")


def decimal(text: str) -> Decimal:
    """A quantity as people read it."""
    return Decimal(text)


@pytest.fixture
async def floor(app: Litestar) -> AsyncIterator[Floor]:
    """Two warehouses, three bins, a dock and a tote; cups, boxes with lots, drills with serials."""
    items = {
        "CUP": await given.item("CUP"),
        "MILK": await given.item("MILK", has_lots=True, has_expiry=True),
        "DRILL": await given.item("DRILL", has_serials=True),
        "ROPE": await given.item("ROPE", scale=3),
    }
    places = {code: await given.location(code) for code in ("A-01", "A-02", "B-01")}
    places["TOTE"] = await given.location("TOTE", kind="tote")
    places["BOX"] = await given.location("BOX", kind="carton")
    places["E-01"] = await given.location("E-01", warehouse_code="EAST")
    for kind in ("supplier", "customer", "suspense", "adjustment", "scrap"):
        places[kind] = await given.virtual(kind)
    async with visitor(app) as http:
        yield Floor(
            http,
            {code: f"i-{number}" for code, number in items.items()},
            {code: f"l-{number}" for code, number in places.items()},
        )
