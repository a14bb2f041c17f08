"""A first week of trade: orders to suppliers and from customers, by the activities that the desk calls."""

import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from server.catalog import maintaining
from server.catalog import queries as catalog
from server.documents import reading
from server.documents.line import Line
from server.inbound import purchase, purchasing
from server.outbound import order, ordering
from server.people import queries as people

FILE = Path(__file__).with_name("trading.toml")


async def trade(house: int) -> int:
    """Write down what was bought and sold in a warehouse; gives how many documents that are."""
    plan = tomllib.loads(FILE.read_text("utf-8"))
    for one in plan["purchases"]:
        await _buy(house, one)
    for one in plan["orders"]:
        await _sell(house, one)
    return len(plan["purchases"]) + len(plan["orders"])


async def _buy(house: int, one: dict[str, Any]) -> None:
    by = await _person(one["by"])
    head = purchase.Head(
        supplier=await _partner(one["supplier"]),
        warehouse=house,
        ordered_on=ordering.today().isoformat(),
        expected_on=_day(one["days"]),
        reference=one.get("reference", ""),
    )
    saved = await purchasing.save(head, await _lines(one["lines"]), by=by)
    assert isinstance(saved, maintaining.Added), saved
    if one["state"] == "confirmed":
        confirmed = await purchasing.confirm(saved.ids[0], by=by)
        assert isinstance(confirmed, maintaining.Edited), confirmed


async def _sell(house: int, one: dict[str, Any]) -> None:
    by = ordering.By(await _person(one["by"]))
    head = order.Head(
        customer=await _partner(one["customer"]),
        warehouse=house,
        wanted_on=_day(one["days"]),
        reference=one.get("reference", ""),
        remark=one.get("remark", ""),
        priority=one.get("priority", 0),
    )
    saved = await ordering.save(head, await _lines(one["lines"]), by=by)
    assert isinstance(saved, ordering.Saved), saved
    if one["state"] == "confirmed":
        confirmed = await ordering.confirm(saved.id, by=by)
        assert isinstance(confirmed, ordering.Confirmed), confirmed


async def _lines(rows: Sequence[Sequence[str]]) -> list[Line]:
    """Rows as somebody types them: item, quantity, unit, price."""
    found = await reading.read_lines([(*row, "") for row in rows])
    lines = [line for line in found if isinstance(line, Line)]
    assert len(lines) == len(rows), found
    return lines


async def _partner(code: str) -> int:
    found = await catalog.partner_by_code(code)
    assert found is not None, code
    return found


async def _person(name: str) -> int:
    found = await people.by_name(name)
    assert found is not None, name
    return found.id


def _day(days: int) -> str:
    return (ordering.today() + timedelta(days=days)).isoformat()
