"""Look up, while an order is typed, what it needs and what there is of it; writes nothing."""

from collections.abc import Sequence

import msgspec

from server import clock
from server.catalog import queries as catalog
from server.documents import line, reading
from server.documents.line import Line as Typed
from server.documents.line import Typed as Row
from server.making import working
from server.making.queries import Work
from server.making.work import Head
from server.stock import availability, promising
from server.stock.availability import Goods, Outlook


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an item, what there is of it, and the first day on which there will be enough."""

    code: str
    name: str
    unit: str
    quantity: int
    available: int
    on: str = ""

    @property
    def missing(self) -> int:
        """What there is too little of."""
        return max(0, self.quantity - max(0, self.available))


async def needs(head: Head, typed: Sequence[Typed]) -> list[Need]:
    """What an order as it stands in a form takes; nothing while it is not finished."""
    planned = await working.plan(head, typed)
    if not isinstance(planned, tuple):
        return []
    wanted = {one.item: one.quantity for one in planned[0] if not one.is_made}
    return list((await _needs(wanted, head.warehouse)).values())


async def of_rows(rows: Sequence[tuple[str, ...]], head: Head) -> list[Need | None]:
    """What to say of each typed row of an issue; None where its code means nothing."""
    if head.kind != "issue":
        return [None for _ in rows]
    goods = await reading.goods_of(row[0] for row in rows)
    asked: dict[int, int] = {}
    for row in rows:
        read = line.read([Row(row[0], row[1] or "1", row[2])], goods)
        if isinstance(read[0], Typed):
            asked[read[0].item] = asked.get(read[0].item, 0) + read[0].quantity
    found = await _needs(asked, head.warehouse)
    return [found.get(goods[row[0]].id) if row[0] in goods else None for row in rows]


async def _needs(wanted: dict[int, int], warehouse: int) -> dict[int, Need]:
    today = clock.today()
    stands = await promising.outlook(set(wanted), today)
    kept = await catalog.item_drafts(wanted)
    return {
        item: _need(
            kept[item].code,
            kept[item].name,
            kept[item].unit,
            much,
            stands.get(Goods(item, warehouse)),
            today.isoformat(),
        )
        for item, much in wanted.items()
    }


def _need(code: str, name: str, unit: str, much: int, stands: Outlook | None, today: str) -> Need:
    outlook = stands or Outlook()
    on = availability.promise_on(outlook, much, today) if outlook.available < much else ""
    return Need(code=code, name=name, unit=unit, quantity=much, available=outlook.available, on=on)


async def held(one: Work) -> dict[int, int]:
    """What is kept for an order, by line."""
    return await promising.reserved_for(one.document)
