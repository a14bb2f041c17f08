"""A first week of trade: orders to suppliers and from customers, by the activities that the desk calls."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from server import clock, quantity
from server.catalog import maintaining
from server.catalog import queries as catalog
from server.catalog.item import ItemDraft
from server.documents import reading
from server.documents.line import Line
from server.inbound import purchase, purchasing
from server.making import bill, composing, work, working
from server.making import queries as making
from server.outbound import order, ordering
from server.people import queries as people
from server.stock import queries as stock
from server.sync import producing

FILE = Path(__file__).with_name("trading.toml")


async def trade(house: int) -> int:
    """Write down what was bought and sold in a warehouse; gives how many documents that are."""
    plan = tomllib.loads(FILE.read_text("utf-8"))
    for one in plan["purchases"]:
        await _buy(house, one)
    for one in plan["orders"]:
        await _sell(house, one)
    for one in plan["bills"]:
        await _compose(one)
    for one in plan["works"]:
        await _make(house, one, {each["product"][0]: each["lot"] for each in plan["bills"]})
    return sum(len(plan[kind]) for kind in ("purchases", "orders", "works"))


async def _buy(house: int, one: dict[str, Any]) -> None:
    by = await _person(one["by"])
    head = purchase.Head(
        supplier=await _partner(one["supplier"]),
        warehouse=house,
        ordered_on=clock.today().isoformat(),
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


async def _compose(one: dict[str, Any]) -> None:
    """A new product and what it is made of."""
    code, name, unit = one["product"]
    added = await maintaining.add_items([ItemDraft(code=code, name=name, unit=unit, has_lots=True)], by=0)
    assert isinstance(added, maintaining.Added), added
    rows = [bill.TypedLine(*row) for row in one["lines"]]
    lines = bill.read_lines(rows, await reading.goods_of(row.item for row in rows))
    composed = bill.Bill(
        product=added.ids[0], lines=tuple(line for line in lines if isinstance(line, bill.Line))
    )
    assert len(composed.lines) == len(rows), lines
    written = await composing.compose(composed, version=0, by=await _person(one["by"]))
    assert isinstance(written, maintaining.Edited), written


async def _make(house: int, one: dict[str, Any], lots: Mapping[str, str]) -> None:
    """An order as far as its state says: approved, its material taken, its products brought to a bin."""
    by = await _person("zhou.min")
    head = work.Head(
        kind=one["kind"],
        warehouse=house,
        product=(await catalog.ids_by_code([one["product"]]))[one["product"]],
        quantity=quantity.parse(one["quantity"]),
        due_on=_day(one["days"]),
    )
    saved = await working.save(head, [], by=by)
    assert isinstance(saved, maintaining.Added), saved
    number, state = saved.ids[0], one["state"]
    if state == "draft":
        return
    approved = await working.approve(number, by=by)
    assert isinstance(approved, maintaining.Edited), approved
    if state in ("picked", "done"):
        standing = await making.work_by_id(number)
        assert standing is not None
        goods = await producing.proposed(standing)
        taken = await producing.issue(number, goods, reason="", may_exceed=False, by=by)
        assert isinstance(taken, maintaining.Edited), taken
    if state == "done":
        product = producing.Product(item=head.product, quantity=head.quantity, lot=lots[one["product"]])
        brought = await producing.bring(number, [product], await _empty_bin(house), by=by)
        assert isinstance(brought, maintaining.Edited), brought


async def _empty_bin(house: int) -> int:
    """The last bin in which nothing lies."""
    for place in reversed(await catalog.locations_of_kind(house, "bin")):
        if not await stock.at_location(place.id):
            return place.id
    raise AssertionError("a warehouse without an empty bin")


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
    return (clock.today() + timedelta(days=days)).isoformat()
