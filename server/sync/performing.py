"""Operations of the server itself: what the desk or a sample company does, by the same rules as a scan."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server import clock, feed, ids
from server import quantity as exact
from server.config import settings
from server.db import Statement, execute_many, writing
from server.stock import raising
from server.stock.ledger import Origin
from server.stock.movement import Flow, Moment
from server.sync import envelope, posting, reading, wire
from server.sync.verdict import Doing, Ruling, decide

_OWN = Statement(
    "INSERT INTO operation (id, replica, n, kind, user_id, body, digest, outcome, reason, task, seq, undone_by,"
    " event_at, received_at) VALUES (?, NULL, 0, ?, ?, ?, '', ?, ?, NULL, ?, '', ?, ?)"
)


class Act(msgspec.Struct, frozen=True):
    """One fact or observation: a kind of the device protocol and its arguments."""

    kind: str
    args: Any


async def perform(acts: Sequence[Act], *, by: int) -> list[Ruling]:
    """Do all of these now, in order, in one commit; each becomes an operation of its own in the ledger."""
    async with writing():
        now = clock.now()
        actors = await reading.actors({by})
        day = envelope.day_of(now, ZoneInfo(settings().timezone))
        doings = [
            Doing(ids.uuid7(), act.kind, act.args, Moment(now + index, ""), day, 0, actors.get(by))
            for index, act in enumerate(acts)
        ]
        doings = [msgspec.structs.replace(one, when=Moment(one.when.at, one.id)) for one in doings]
        world = await reading.world(doings)
        rulings = [decide(doing, world) for doing in doings]
        await posting.post(world, {doing.id: Origin(by, 0) for doing in doings})
        await reading.store_undone(world)
        causes = {cell: one.id for one, ruling in zip(doings, rulings, strict=True) for cell in ruling.cells}
        await raising.settle_debts(world.book, causes)
        seq = await feed.flush()
        await execute_many(
            _OWN,
            [(one.id, one.kind, by, _body(one), ruling.outcome, ruling.reason, seq, one.when.at, now)
             for one, ruling in zip(doings, rulings, strict=True)],
        )  # fmt: skip
        return rulings


def _body(doing: Doing) -> str:
    return msgspec.json.encode({"id": doing.id, "kind": doing.kind, "args": doing.args}).decode()


def receive(item: int, quantity: str, target: int, **more: str) -> Act:
    """Goods that came in from a supplier."""
    return Act("stock.receive@1", wire.Receive(f"i-{item}", quantity, f"l-{target}", **more))


def move(item: int, quantity: str, source: int, target: int, **more: str) -> Act:
    """Goods that were brought from one place to another."""
    return Act("stock.move@1", wire.Move(f"i-{item}", quantity, f"l-{source}", f"l-{target}", **more))


async def carry_out(flows: Sequence[Flow], *, by: int) -> list[Ruling]:
    """Do what stock decided: flows between places; of an adjustment only the real place is named, the other is 0."""
    rulings = await perform(
        [_adjusted(flow) if flow.act == "adjust" else _moved(flow) for flow in flows], by=by
    )
    assert all(ruling.outcome in ("applied", "warning") for ruling in rulings), rulings
    return rulings


async def take_back(operations: Sequence[str], *, by: int) -> list[Ruling]:
    """Undo operations of our own, each by the opposite of what it posted."""
    rulings = await perform([Act("op.undo@1", wire.Undo(one)) for one in operations], by=by)
    assert all(ruling.outcome in ("applied", "warning") for ruling in rulings), rulings
    return rulings


def _moved(flow: Flow) -> Act:
    more = {"lot": flow.lot, "serial": flow.serial, "reason": flow.reason, "document": flow.document}
    return move(flow.item, exact.format(flow.quantity), flow.source, flow.target, **more)


def _adjusted(flow: Flow) -> Act:
    sign = -1 if flow.source else 1
    adjust = wire.Adjust(
        f"i-{flow.item}",
        exact.format(sign * flow.quantity),
        f"l-{flow.source or flow.target}",
        lot=flow.lot,
        serial=flow.serial,
        reason=flow.reason,
        document=flow.document,
    )
    return Act("stock.adjust@1", adjust)
