"""Valuing the ledger: by what was paid, in posting order, and the same however often it is begun again."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck
from hypothesis import given as example
from hypothesis import settings as examples
from hypothesis import strategies as st

from server import clock, config, money, quantity
from server.db import Statement, execute, fetch, writing
from server.finance import costing, queries
from server.inbound import receiving
from server.sync import performing, wire
from server.sync.performing import Act
from tests import given

pytestmark = [pytest.mark.anyio, pytest.mark.database]

_WORTH = Statement("SELECT item, quantity, value, average, variance FROM item_worth ORDER BY item")
_LAYERS = Statement("SELECT item, position, quantity, value FROM cost_layer ORDER BY item, position")
_ENTRIES = Statement("SELECT quantity, cost FROM cost_entry ORDER BY id")
_FORGET = Statement("DELETE FROM cost_head")
_ON_HAND = Statement(
    "SELECT b.item, sum(b.on_hand) FROM balance b JOIN location l ON l.id = b.location"
    " WHERE l.kind IN ('bin', 'dock', 'tote', 'carton', 'transit') GROUP BY b.item HAVING sum(b.on_hand) <> 0"
    " ORDER BY b.item"
)
_UNDO = Statement("SELECT id FROM operation ORDER BY received_at DESC, id DESC LIMIT 1")


def today() -> str:
    zone = ZoneInfo(config.settings().timezone)
    return datetime.fromtimestamp(clock.now() / clock.SECOND, zone).date().isoformat()


async def bought(item: int, pieces: str, price: str, at: int, by: int) -> None:
    """Goods that came with a receipt in which their price stands."""
    line = receiving.Wanted(item=item, quantity=quantity.parse(pieces), price=money.parse_price(price))
    head = receiving.Head(kind="other", warehouse=await given.warehouse())
    async with writing():
        receipt = await receiving.add(head, [line], state="expected", by=by)
    act = Act("stock.receive@1", wire.Receive(f"i-{item}", pieces, f"l-{at}", document=f"rc-{receipt}"))
    assert (await performing.perform([act], by=by))[0].outcome in ("applied", "warning")


async def lost(item: int, pieces: str, at: int, by: int) -> str:
    """Goods that are gone; gives the operation."""
    act = Act("stock.adjust@1", wire.Adjust(f"i-{item}", f"-{pieces}", f"l-{at}", reason="broken"))
    assert (await performing.perform([act], by=by))[0].outcome in ("applied", "warning")
    return str((await fetch(_UNDO))[0][0])


async def test_stock_is_worth_what_was_paid_for_it(database: None) -> None:
    by = await given.person("chen", role="administrator")
    item, place = await given.item("TABLE"), await given.location("A-01")
    await bought(item, "8", "10", place, by)
    await bought(item, "4", "16", place, by)
    await lost(item, "10", place, by)

    assert await costing.catch_up() > 0

    assert [tuple(row) for row in await fetch(_ENTRIES)] == [
        (8_000, 80_000_000), (4_000, 64_000_000), (-10_000, 120_000_000),
    ]  # fmt: skip
    found = await queries.values(today())
    assert [(row.code, money.format_price(row.average)) for row in found.rows] == [("TABLE", "12.00")]
    assert found.total == 24_000_000
    assert await queries.waiting() == 0


async def test_moving_goods_between_our_own_places_is_worth_nothing(database: None) -> None:
    by = await given.person("chen", role="administrator")
    item, place, other = await given.item("CUP"), await given.location("A-01"), await given.location("A-02")
    await bought(item, "3", "5", place, by)
    await performing.perform([performing.move(item, "2", place, other)], by=by)

    await costing.catch_up()

    assert len(await fetch(_ENTRIES)) == 1


async def test_what_is_taken_back_comes_in_at_what_it_left_with(database: None) -> None:
    by = await given.person("chen", role="administrator")
    item, place = await given.item("CUP"), await given.location("A-01")
    await bought(item, "2", "2", place, by)
    gone = await lost(item, "2", place, by)
    await bought(item, "2", "8", place, by)
    await performing.perform([Act("op.undo@1", wire.Undo(gone))], by=by)

    await costing.catch_up()

    assert [row[1] for row in await fetch(_ENTRIES)] == [4_000_000, 4_000_000, 16_000_000, 4_000_000]
    assert (await queries.values(today())).total == 20_000_000


async def test_the_value_of_a_past_day_stands_when_stock_changes_later(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = await given.person("chen", role="administrator")
    item, place = await given.item("CUP"), await given.location("A-01")
    await bought(item, "2", "5", place, by)
    first = today()
    now = clock.now() + 3 * 86_400 * clock.SECOND
    monkeypatch.setattr(clock, "now", lambda: now)
    await bought(item, "1", "8", place, by)

    await costing.catch_up()

    between = (datetime.fromisoformat(first) + timedelta(days=1)).date().isoformat()
    assert (await queries.values(between)).total == 10_000_000
    assert (await queries.values(today())).total == 18_000_000
    assert [day.value for day in await queries.days("2000-01-01", today())] == [10_000_000, 18_000_000]


@pytest.mark.parametrize("method", ["average", "fifo"])
@examples(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(
    story=st.lists(st.tuples(st.integers(-6, 6).filter(bool), st.integers(1, 900)), min_size=1, max_size=8)
)
async def test_valued_piece_by_piece_or_all_at_once_stock_is_worth_the_same(
    database: None, monkeypatch: pytest.MonkeyPatch, method: str, story: list[tuple[int, int]]
) -> None:
    chosen = config.load({"STOCKHAND_COSTING": method})
    monkeypatch.setattr(costing, "settings", lambda: chosen)
    by = await given.person("chen", role="administrator")
    item, place = await given.item("CUP"), await given.location("A-01")
    for pieces, price in story:
        if pieces > 0:
            await bought(item, str(pieces), str(price), place, by)
        else:
            await lost(item, str(-pieces), place, by)
        if price % 3 == 0:
            while (await costing.go_on(1)).has_more:
                pass
    await costing.catch_up()
    step_by_step = await standing()

    async with writing():
        await execute(_FORGET)
    await costing.catch_up()

    assert await standing() == step_by_step
    valued = [(row[0], row[1]) for row in await fetch(_WORTH) if row[1]]
    assert valued == [tuple(row) for row in await fetch(_ON_HAND)]
    moved = sum(row[1] if row[0] > 0 else -row[1] for row in await fetch(_ENTRIES))
    assert sum(row[2] - row[4] for row in await fetch(_WORTH)) == moved


async def standing() -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in await fetch(statement)] for statement in (_WORTH, _LAYERS)]


async def test_another_method_values_the_ledger_from_its_beginning(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = await given.person("chen", role="administrator")
    item, place = await given.item("CUP"), await given.location("A-01")
    await bought(item, "2", "2", place, by)
    await bought(item, "3", "3", place, by)
    await lost(item, "2", place, by)
    await costing.catch_up()
    assert (await queries.values(today())).total == 7_800_000

    chosen = config.load({"STOCKHAND_COSTING": "fifo"})
    monkeypatch.setattr(costing, "settings", lambda: chosen)
    await costing.catch_up()

    assert (await queries.values(today())).total == 9_000_000
