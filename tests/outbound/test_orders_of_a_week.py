"""Random weeks of orders: whatever is ordered, changed and taken back, no more is promised than there is."""

import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from server import db
from server.db import Statement, fetch
from server.outbound import ordering, queries
from server.outbound.ordering import Saved
from tests import given
from tests.outbound.orders import ADA, customer, head, line

pytestmark = pytest.mark.database

POLICIES = ("partial", "complete", "cancel")
NUMBERS = itertools.count(1)
STEP = st.tuples(
    st.sampled_from(["draft", "draft", "confirm", "confirm", "change", "cancel", "close", "receive"]),
    st.integers(0, 5),
    st.integers(1, 9),
    st.sampled_from(POLICIES),
)
_RESERVED = Statement(
    "SELECT coalesce(sum(quantity), 0), coalesce(min(quantity), 0) FROM reservation WHERE item = ?"
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@drawn(steps=st.lists(STEP, min_size=4, max_size=16))
async def test_no_more_is_promised_than_there_is(
    database: db.Database, steps: list[tuple[str, int, int, str]]
) -> None:
    item, on_hand = f"ITEM-{next(NUMBERS)}", 10
    await given.stock(item, on_hand, at="A-01")
    orders: list[int] = []
    for act, which, amount, policy in steps:
        order_id = orders[which % len(orders)] if orders else 0
        if act == "receive":
            await given.stock(item, amount, at="A-01")
            on_hand += amount
        elif act == "draft":
            wanted = await head(await named(policy))
            saved = await ordering.save(wanted, [await line(item, amount)], by=ADA)
            assert isinstance(saved, Saved)
            orders.append(saved.id)
        elif order_id:
            await do(act, order_id, item, amount)
        await keep_the_law(item, on_hand, orders)


async def named(policy: str) -> str:
    """A customer who wants it this way."""
    await customer(policy.upper(), policy=policy)
    return policy.upper()


async def do(act: str, order_id: int, item: str, amount: int) -> None:
    match act:
        case "confirm":
            await ordering.confirm(order_id, by=ADA)
        case "cancel":
            await ordering.cancel(order_id, reason="", by=ADA)
        case "close":
            await ordering.close_short(order_id, reason="x", by=ADA)
        case "change":
            standing = await queries.order(order_id)
            assert standing is not None
            same = await head(standing.customer_code)
            await ordering.edit(order_id, same, [await line(item, amount)], version=standing.version, by=ADA)


async def keep_the_law(item: str, on_hand: int, orders: list[int]) -> None:
    """0 ≤ reserved ≤ on hand; a line holds no more than it lacks; nobody waits while there is some left."""
    reserved, least = (await fetch(_RESERVED, await given.item(item)))[0]
    assert least >= 0
    assert reserved <= on_hand * 1000
    owed = held = 0
    for order_id in orders:
        standing = await queries.order(order_id)
        assert standing is not None
        for found in await queries.lines(order_id):
            assert 0 <= found.reserved <= found.to_pick
            assert 0 <= found.cancelled <= found.quantity
            held += found.reserved
            owed += found.backordered if standing.state in ("confirmed", "partly_shipped") else 0
            assert standing.state in ("confirmed", "partly_shipped") or found.reserved == 0
    assert held == reserved
    assert not (owed and reserved < on_hand * 1000), "somebody waits for goods that nobody holds"
