"""The words of goods in, for tests: a supplier, an order, a delivery, what a receipt says."""

from collections.abc import Mapping

from server import quantity
from server.catalog import partnering
from server.catalog import queries as catalog
from server.catalog.maintaining import Added, Edited
from server.catalog.partner import PartnerDraft
from server.db import Statement, execute, fetch, writing
from server.documents.line import Line as Typed
from server.inbound import purchasing, queries
from server.inbound.purchase import Head
from tests import given

BUYER = 1

_TERMS = Statement("INSERT INTO supplier_terms (partner, tolerance, is_inspected) VALUES (?, ?, ?)")
_SETTING = Statement(
    "INSERT INTO arrival_setting (warehouse, tolerance, puts_away, reject) VALUES (?, ?, ?, ?)"
)
_EXPECTED = Statement(
    "SELECT i.code, e.due_on, e.quantity FROM expected_goods e JOIN item i ON i.id = e.item ORDER BY e.id"
)
_INCIDENTS = Statement("SELECT kind FROM incident WHERE closed_at IS NULL ORDER BY id")
_FEED = Statement("SELECT body FROM feed_row WHERE kind = 'receipt' AND key = ? AND is_deleted = ?")


async def supplier(code: str = "S1", *, tolerance: int | None = None, is_inspected: bool = False) -> int:
    """Somebody who delivers, with terms when any were agreed."""
    if found := await catalog.partner_by_code(code):
        return found
    draft = PartnerDraft(code=code, name="华南五金", is_customer=False, is_supplier=True)
    made = await partnering.add_partner(draft, by=BUYER)
    assert isinstance(made, Added)
    if tolerance is not None or is_inspected:
        async with writing():
            await execute(_TERMS, made.ids[0], tolerance, is_inspected)
    return made.ids[0]


async def setting(*, tolerance: int = 0, puts_away: bool = True, reject: int | None = None) -> None:
    """How MAIN takes goods in."""
    async with writing():
        await execute(_SETTING, await given.warehouse(), tolerance, puts_away, reject)


def line(item: int, amount: int, price: int = 1_000_000) -> Typed:
    """A line of so many pieces."""
    return Typed(item, "件", 1000, amount * 1000, price, 0)


async def lines(ordered: Mapping[str, int]) -> list[Typed]:
    """Lines by item code."""
    return [line(await given.item(code), amount) for code, amount in ordered.items()]


async def order(ordered: Mapping[str, int], *, partner: int | None = None, confirmed: bool = True) -> int:
    """A purchase order, confirmed unless it shall stay a draft."""
    head = Head(
        supplier=partner or await supplier(),
        warehouse=await given.warehouse(),
        ordered_on="2026-11-22",
        expected_on="2026-11-30",
    )
    made = await purchasing.save(head, await lines(ordered), by=BUYER)
    assert isinstance(made, Added), made
    if confirmed:
        assert isinstance(await purchasing.confirm(made.ids[0], by=BUYER), Edited)
    return made.ids[0]


async def receipt_of(order_id: int, nth: int = -1) -> queries.Receipt:
    """The last receipt of an order."""
    return (await queries.receipts_of(f"po-{order_id}"))[nth]


async def arrive(
    pda: given.Pda,
    code: str,
    amount: int | str,
    document: str,
    *,
    at: str = "DOCK",
    lot: str = "",
    **more: str,
) -> str:
    """Somebody receives with a device; gives the operation's id."""
    target = await given.location(at, kind="dock" if at.startswith("DOCK") else "bin")
    verdict = await pda.report(
        "stock.receive@1",
        item=f"i-{await given.item(code)}",
        quantity=str(amount),
        target=f"l-{target}",
        document=document,
        lot=lot,
        **more,
    )
    assert verdict.outcome in ("applied", "warning"), verdict
    return str(verdict.id)


async def put_away(
    pda: given.Pda,
    code: str,
    amount: int,
    document: str,
    *,
    to: str = "A-01",
    frm: str = "DOCK",
    lot: str = "",
) -> str:
    """Somebody brings goods of a receipt to a bin."""
    verdict = await pda.report(
        "stock.move@1",
        item=f"i-{await given.item(code)}",
        quantity=str(amount),
        source=f"l-{await given.location(frm, kind='dock')}",
        target=f"l-{await given.location(to)}",
        document=document,
        lot=lot,
    )
    assert verdict.outcome in ("applied", "warning"), verdict
    return str(verdict.id)


async def figures(receipt_id: int) -> list[tuple[str, str, str, str, str]]:
    """What a receipt says of each line: item, expected, received, held, put away."""
    text = quantity.format
    return [
        (
            one.code,
            text(one.line.expected),
            text(one.line.received),
            text(one.line.held),
            text(one.line.put_away),
        )
        for one in (await queries.receipt_lines([receipt_id]))[receipt_id]
    ]


async def state(receipt_id: int) -> str:
    """Where a receipt stands."""
    found = await queries.receipt_by_id(receipt_id)
    assert found is not None
    return found.state


async def order_state(order_id: int) -> str:
    """Where an order stands."""
    found = await queries.order(order_id)
    assert found is not None
    return found.state


async def expected() -> list[tuple[str, str, str]]:
    """What may be promised before it is here: item, day, quantity."""
    return [(row[0], row[1], quantity.format(int(row[2]))) for row in await fetch(_EXPECTED)]


async def incidents() -> list[str]:
    """The kinds of what waits for a person."""
    return [row[0] for row in await fetch(_INCIDENTS)]


async def told(document: str) -> str | None:
    """What devices know of a receipt."""
    rows = await fetch(_FEED, document, False)
    return str(rows[0][0]) if rows else None
