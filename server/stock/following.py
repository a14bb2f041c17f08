"""Let transfers follow the ledger: their figures, promises and what devices see come from what was posted."""

from collections.abc import Iterable, Mapping

from server import clock, events, feed, quantity
from server.db import Statement, execute, execute_many, writing
from server.stock import promising, queries, transfer
from server.stock.ledger import Origin
from server.stock.movement import Posting
from server.stock.promising import Want
from server.stock.queries import Transfer
from server.stock.transfer import Line

_ADD_LINE = Statement(
    "INSERT INTO transfer_line (transfer, position, item, sent, arrived, lost, quantity) VALUES (?, ?, ?, ?, ?, ?, 0)"
)
_LINE = Statement("UPDATE transfer_line SET sent = ?, arrived = ?, lost = ? WHERE id = ?")
_STATE = Statement("UPDATE transfer SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")
_EXPECT = Statement(
    "INSERT INTO expected_goods (document, line, item, warehouse, due_on, quantity) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (document, line) DO UPDATE SET due_on = excluded.due_on, quantity = excluded.quantity"
)
_EXPECT_NO_MORE = Statement("DELETE FROM expected_goods WHERE document = ? AND quantity = 0")


async def follow(postings: Iterable[Posting], origins: Mapping[str, Origin]) -> None:
    """After these were posted, in their transaction: transfers that they name read as the ledger does."""
    touched: dict[int, Origin] = {}
    for posting in postings:
        if number := transfer.number_of(posting.flow.document):
            touched[number] = origins.get(posting.operation, Origin())
    if touched:
        await refresh(touched)


async def refresh(touched: Mapping[int, Origin]) -> None:
    """Work out these transfers anew; who caused it signs the events."""
    async with writing():
        shares = await queries.transfer_shares(touched)
        lines = await queries.transfer_lines(touched)
        for one in await queries.transfers_by_id(touched):
            standing = [line.line for line in lines[one.id]]
            after = transfer.follow(standing, shares.get(one.id, ()), one.source, one.target)
            state = transfer.state_after(one.state, after, is_over=one.is_over)
            await _write(one, standing, after)
            await _promise(one, state, standing, after)
            if state != one.state:
                await _change_state(one, state, touched[one.id])
            await tell(one.id)


async def _write(one: Transfer, standing: list[Line], after: list[Line]) -> None:
    new = [line for line in after if not line.id]
    await execute_many(
        _ADD_LINE, [(one.id, line.position, line.item, line.sent, line.arrived, line.lost) for line in new]
    )
    changed = [line for line in after if line.id and line not in standing]
    await execute_many(_LINE, [(line.sent, line.arrived, line.lost, line.id) for line in changed])


async def _promise(one: Transfer, state: str, standing: list[Line], after: list[Line]) -> None:
    """Keep in step what the sending warehouse holds back for it and what the receiving one may count on."""
    before = {line.id: line for line in standing}
    for line in after:
        if not line.id:
            continue
        was = transfer.still_promised(one.state, before[line.id], is_over=one.is_over)
        now = transfer.still_promised(state, line, is_over=one.is_over)
        if now < was:
            await promising.draw(one.document, line.id, was - now)
        elif now > was and one.state in transfer.OPEN:
            # It lies in the warehouse again and is still to go.
            want = Want(
                document=one.document, line=line.id, item=line.item, warehouse=one.source, quantity=now - was
            )
            await promising.give_back(want)
    if state not in transfer.OPEN:
        await promising.free(one.document)
    expected = [
        (line, transfer.still_expected(state, line, is_over=one.is_over)) for line in after if line.id
    ]
    await execute_many(
        _EXPECT, [(one.document, line.id, line.item, one.target, one.due_on, much) for line, much in expected]
    )
    await execute(_EXPECT_NO_MORE, one.document)


async def _change_state(one: Transfer, state: str, cause: Origin) -> None:
    closed_at = clock.now() if state in ("done", "cancelled") else None
    await execute(_STATE, state, closed_at, one.id)
    body = {"before": one.state}
    await events.record(f"transfer.{state}", f"tr:{one.id}", body, by=cause.user, device=cause.device)


async def tell(transfer_id: int) -> None:
    """Show a transfer to the devices of both warehouses for as long as there is something to do with it."""
    (one,) = await queries.transfers_by_id([transfer_id])
    lines = (await queries.transfer_lines([transfer_id]))[transfer_id]
    transit = await queries.place_of_kind(one.target, "transit")
    body = {
        "number": one.number,
        "state": one.state,
        "source": f"w-{one.source}",
        "target": f"w-{one.target}",
        "due": one.due_on,
        "lines": [_line_body(line.line) for line in lines],
    } | ({} if one.is_direct else {"transit": f"l-{transit}"})
    for warehouse in (one.source, one.target):
        scope = f"warehouse:w-{warehouse}"
        if one.state in transfer.OPEN:
            feed.put(scope, "transfer", one.document, body)
        else:
            feed.drop(scope, "transfer", one.document)


def _line_body(line: Line) -> dict[str, str]:
    return {
        "id": str(line.id),
        "item": f"i-{line.item}",
        "quantity": quantity.format(line.quantity),
        "sent": quantity.format(line.sent),
        "arrived": quantity.format(line.arrived),
        "on_the_way": quantity.format(line.on_the_way),
    }
