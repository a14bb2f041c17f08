"""The words of a workshop, for tests: what a gift box is made of, an order for some, and who carries."""

from typing import Any

import msgspec

from server import money, quantity
from server.catalog import queries as catalog
from server.catalog.maintaining import Added, Edited, Refused
from server.db import Statement, fetch, writing
from server.documents import reading
from server.documents.line import Line as Typed
from server.inbound import receiving
from server.making import bill, composing, queries, working
from server.making.work import Head
from server.stock.transfer import Goods
from server.stock.verifying import verify
from server.sync import performing, producing
from server.sync.producing import Product
from tests import given

_RESERVED = Statement("SELECT coalesce(sum(quantity), 0) FROM reservation WHERE document = ?")
_EXPECTED = Statement("SELECT due_on, quantity FROM expected_goods WHERE document = ?")
_INCIDENTS = Statement(
    "SELECT body FROM incident WHERE kind = 'over_issue' AND closed_at IS NULL ORDER BY id"
)
_FEED = Statement("SELECT body FROM feed_row WHERE kind = 'work' AND key = ? AND NOT is_deleted")

_WORTH = Statement("SELECT w.value FROM item_worth w JOIN item i ON i.id = w.item WHERE i.code = ?")
_TOTAL_WORTH = Statement("SELECT coalesce(sum(value), 0) FROM item_worth")

BOX = {"CUP": "2", "TIN": "1", "RIBBON": "0.5"}
"""What one gift box is made of."""


async def compose(
    product: str = "BOX",
    parts: dict[str, str] = BOX,
    *,
    makes: str = "1",
    scrap: dict[str, str] | None = None,
    is_backflush: bool = False,
) -> int:
    """Write down what a product is made of; gives the product."""
    rows = []
    for code, much in parts.items():
        await given.item(code, **({"unit": "米", "scale": 2} if code == "RIBBON" else {}))
        rows.append(bill.TypedLine(code, much, "", (scrap or {}).get(code, "")))
    made = await given.item(product)
    lines = bill.read_lines(rows, await reading.goods_of(row.item for row in rows))
    plain = tuple(line for line in lines if isinstance(line, bill.Line))
    assert len(plain) == len(rows), lines
    standing = (await queries.bills_of([made])).get(made)
    outcome = await composing.compose(
        bill.Bill(product=made, makes=quantity.parse(makes), is_backflush=is_backflush, lines=plain),
        version=standing.version if standing else 0,
        by=1,
    )
    assert isinstance(outcome, Edited), outcome
    return made


async def head(kind: str = "assembly", much: str = "10", product: str = "BOX", **more: Any) -> Head:
    """What stands above an order."""
    if place := more.pop("place", ""):
        more["place"] = await given.location(place)
    is_of_bill = kind in ("assembly", "disassembly")
    return Head(
        kind=kind,
        warehouse=await given.warehouse(),
        product=await given.item(product) if is_of_bill else 0,
        quantity=quantity.parse(much) if is_of_bill else 0,
        due_on="2026-11-25",
        **more,
    )


async def order(
    kind: str = "assembly",
    much: str = "10",
    product: str = "BOX",
    typed: dict[str, int] | None = None,
    *,
    approved: bool = True,
    **more: Any,
) -> int:
    """An order, approved unless it shall stay a draft."""
    lines = [
        Typed(await given.item(code), "件", 1000, amount * 1000, None, None)
        for code, amount in (typed or {}).items()
    ]
    made = await working.save(await head(kind, much, product, **more), lines, by=1)
    assert isinstance(made, Added), made
    if approved:
        assert isinstance(await working.approve(made.ids[0], by=1), Edited)
    return made.ids[0]


async def stocked(amounts: dict[str, int | str] | None = None, at: str = "A-01") -> None:
    """Material for ten boxes lies in a bin."""
    for code, much in (amounts or {"CUP": 20, "TIN": 10, "RIBBON": 5}).items():
        await given.stock(code, much, at=at)


async def goods(code: str, amount: str, at: str = "A-01", lot: str = "", serial: str = "") -> Goods:
    """So much of an item at a place."""
    place = (await catalog.location_ids_by_code([at]))[at]
    return Goods(
        item=await given.item(code), location=place, lot=lot, serial=serial, quantity=quantity.parse(amount)
    )


async def take(work_id: int, *what: Goods, reason: str = "", may_exceed: bool = False) -> Edited | Refused:
    """Take material at the desk."""
    outcome = await producing.issue(
        work_id, what, reason=reason, may_exceed=may_exceed, by=await given.person()
    )
    assert isinstance(outcome, Edited | Refused), outcome
    return outcome


async def take_all(work_id: int) -> None:
    """Take what is proposed for the rest."""
    assert isinstance(await take(work_id, *await producing.proposed(await one(work_id))), Edited)


async def bring(
    work_id: int, amount: str, code: str = "BOX", at: str = "B-01", **more: str
) -> Edited | Refused:
    """Bring products at the desk."""
    product = Product(item=await given.item(code), quantity=quantity.parse(amount), **more)
    outcome = await producing.bring(work_id, [product], await given.location(at), by=await given.person())
    assert isinstance(outcome, Edited | Refused), outcome
    return outcome


async def give_back(work_id: int, code: str, amount: str, at: str = "A-01") -> Edited | Refused:
    """Bring unused material back to a bin."""
    item = await given.item(code)
    rows = [
        Goods(item=item, location=place, lot=lot, serial=serial, quantity=quantity.parse(amount))
        for which, place, lot, serial, _ in await queries.left_over(work_id)
        if which == item
    ]
    outcome = await producing.give_back(work_id, rows, await given.location(at), by=await given.person())
    assert isinstance(outcome, Edited | Refused), outcome
    return outcome


async def one(work_id: int) -> queries.Work:
    """The order as it stands."""
    found = await queries.work_by_id(work_id)
    assert found is not None
    return found


async def figures(work_id: int) -> list[tuple[str, str, str]]:
    """What an order says of each line: item, planned, done."""
    text = quantity.format
    return [
        (each.code, text(each.line.quantity), text(each.line.done))
        for each in await queries.shown_lines(work_id)
    ]


async def done(work_id: int) -> dict[str, str]:
    """What went in or came out, by item."""
    return {code: went for code, _, went in await figures(work_id)}


async def reserved(work_id: int) -> str:
    """What is kept for an order."""
    return quantity.format(int((await fetch(_RESERVED, f"wo-{work_id}"))[0][0]))


async def expected(work_id: int) -> list[tuple[str, str]]:
    """What a warehouse may count on: when, how much."""
    return [(row[0], quantity.format(int(row[1]))) for row in await fetch(_EXPECTED, f"wo-{work_id}")]


async def excesses() -> list[tuple[str, str]]:
    """Incidents of too much taken: item and how much."""
    bodies = [msgspec.json.decode(row[0]) for row in await fetch(_INCIDENTS)]
    return [(body["item"], body["excess"]) for body in bodies]


async def told(work_id: int) -> list[Any]:
    """What devices see of it."""
    return [msgspec.json.decode(row[0]) for row in await fetch(_FEED, f"wo-{work_id}")]


async def report(pda: given.Pda, kind: str, code: str, amount: str, work_id: int, **more: str) -> Any:
    """Something that a device did for an order: `take`, `bring` or `return`."""
    production = f"l-{await given.virtual('production')}"
    place = f"l-{await given.location(more.pop('at', 'A-01' if kind != 'bring' else 'B-01'))}"
    named: dict[str, Any] = {
        "item": f"i-{await given.item(code)}",
        "quantity": amount,
        "document": f"wo-{work_id}",
        **more,
    }
    if kind == "bring":
        return await pda.report("stock.receive@1", **named, target=place)
    source, target = (place, production) if kind == "take" else (production, place)
    return await pda.report("stock.move@1", **named, source=source, target=target)


async def sound() -> list[str]:
    """What a replay of the ledger objects to."""
    return (await verify()).violations


def words(outcome: object) -> list[str]:
    """Why something was refused."""
    assert isinstance(outcome, Refused), outcome
    return [fault.word for fault in outcome.faults]


async def bought(code: str, pieces: str, price: str, at: str = "A-01") -> None:
    """Material that came with a receipt in which its price stands."""
    line = receiving.Wanted(
        item=await given.item(code), quantity=quantity.parse(pieces), price=money.parse_price(price)
    )
    head_of_receipt = receiving.Head(kind="other", warehouse=await given.warehouse())
    async with writing():
        receipt = await receiving.add(head_of_receipt, [line], state="expected", by=1)
    target = await given.location(at)
    act = performing.receive(line.item, pieces, target, document=f"rc-{receipt}")
    (ruling,) = await performing.perform([act], by=await given.person())
    assert ruling.outcome in ("applied", "warning"), ruling


async def worth(code: str) -> str:
    """What the stock of an item is worth, to the cent."""
    rows = await fetch(_WORTH, code)
    return money.format_amount(round(rows[0][0] / 100)) if rows else "0.00"


async def total_worth() -> int:
    """What all stock is worth, in millionths."""
    return int((await fetch(_TOTAL_WORTH))[0][0])
