"""The floor in tests, in the words of the trade: `await released(CUP=3)`, `await pick(notice, CUP=3, at="A-01")`."""

from typing import Any

import msgspec

from server import feed
from server.db import Statement, fetch
from server.outbound import releasing, surveying
from server.outbound.notice import Steps
from server.outbound.ordering import By
from server.outbound.releasing import Released
from server.outbound.surveying import Notice
from server.sync import performing, wire
from server.sync.performing import Act
from server.sync.verdict import Ruling
from tests import given
from tests.outbound.orders import ordered

_PINNED = Statement(
    "SELECT coalesce(sum(a.quantity - a.picked), 0) FROM allocation a JOIN item i ON i.id = a.item"
    " WHERE i.code = ? AND a.state = 'open'"
)


async def picker(name: str = "wang") -> int:
    """Somebody who works on the floor."""
    return await given.person(name)


async def released(**amounts: Any) -> int:
    """A confirmed order of which the floor has all that is there: the notice."""
    return await noticed((await ordered(**amounts)).id)


async def noticed(order_id: int) -> int:
    """What is reserved of an order goes to the floor: the notice."""
    outcome = await releasing.release_order(order_id, by=By(1))
    assert isinstance(outcome, Released), outcome
    return outcome.id


async def standing(notice_id: int) -> Notice:
    """The notice as it stands."""
    found = await surveying.notice(notice_id)
    assert found is not None
    return found


async def steps(**fields: Any) -> None:
    """How MAIN sends goods out: `packs=False`, `checkers=2`."""
    await releasing.settle_steps(await given.warehouse(), Steps(**fields), by=By(1))


async def tote(code: str = "T-1") -> int:
    """A tote of MAIN."""
    return await given.location(code, kind="tote")


async def pick(
    notice_id: int, *, at: str, into: str = "T-1", by: int = 0, lot: str = "", **amounts: int
) -> list[Ruling]:
    """Somebody takes these from a bin into a tote, for the notice."""
    acts = [
        Act(
            "stock.pick@1",
            wire.Pick(
                item=f"i-{await given.item(code)}",
                quantity=str(amount),
                source=f"l-{await given.location(at)}",
                target=f"l-{await tote(into)}",
                document=f"sn-{notice_id}",
                lot=lot,
            ),
        )
        for code, amount in amounts.items()
    ]
    return await performing.perform(acts, by=by or await picker())


async def put_back(notice_id: int, *, at: str, out_of: str = "T-1", by: int = 0, **amounts: int) -> None:
    """The opposite: from the tote into a bin."""
    acts = [
        Act(
            "stock.move@1",
            wire.Move(
                item=f"i-{await given.item(code)}",
                quantity=str(amount),
                source=f"l-{await tote(out_of)}",
                target=f"l-{await given.location(at)}",
                document=f"sn-{notice_id}",
            ),
        )
        for code, amount in amounts.items()
    ]
    await performing.perform(acts, by=by or await picker())


async def pinned(code: str) -> int:
    """How many pieces of an item are pinned to places and not picked."""
    return int((await fetch(_PINNED, code))[0][0]) // 1000


async def shown(kind: str) -> dict[str, Any]:
    """What devices of MAIN are shown of a kind, by key."""
    rows = await feed.live_rows(f"warehouse:w-{await given.warehouse()}")
    return {row.key: msgspec.json.decode(row.body) for row in rows if row.kind == kind}
