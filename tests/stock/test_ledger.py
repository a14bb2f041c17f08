"""The ledger on disk: what a story posts in several commits and any order is what the book says in one."""

import asyncio
import contextlib
import random
from collections.abc import Sequence

import pytest

from server import db, feed, quantity
from server.db import Statement, fetch, writing
from server.stock import ledger, raising
from server.stock.movement import Cell, Flow, Moment
from tests import given
from tests.conftest import MakeDatabase

_MOVEMENTS = Statement("SELECT item, lot, quantity, source, target, kind FROM movement ORDER BY id")
_BALANCES = Statement("SELECT item, location, lot, on_hand, debt FROM balance")
_OPEN = Statement(
    "SELECT subject FROM incident WHERE kind = 'suspense' AND closed_at IS NULL ORDER BY subject"
)
_TASKS = Statement("SELECT subject FROM task WHERE closed_at IS NULL ORDER BY subject")
ORIGIN = ledger.Origin(0, 0)

Act = tuple[Moment, Flow | None, int, dict[Cell, int]]


async def world() -> tuple[list[int], list[int], int]:
    """Two items, three bins and the supplier."""
    items = [await given.item(code) for code in ("CUP", "ROPE")]
    return items, [await given.location(f"A-{n}") for n in range(3)], await given.virtual("supplier")


def story(rng: random.Random, items: Sequence[int], bins: Sequence[int], supplier: int) -> list[Act]:
    """Flows and complete counts at distinct moments."""
    acts: list[Act] = []
    for number in range(12):
        when = Moment(1000 + number, f"op-{number:02}")
        if rng.random() < 0.25:
            place = rng.choice(bins)
            acts.append((when, None, place, {Cell(rng.choice(items), place): rng.randrange(9)}))
            continue
        source = rng.choice([*bins, supplier])
        target = rng.choice([place for place in bins if place != source])
        flow = Flow(
            act="move", item=rng.choice(items), quantity=rng.randrange(1, 9), source=source, target=target
        )
        acts.append((when, flow, 0, {}))
    return acts


async def hear(acts: Sequence[Act], items: Sequence[int]) -> None:
    """Post these acts in one commit, reading only what they touch."""
    async with writing():
        wanted = ledger.nothing_wanted()
        for when, flow, place, seen in acts:
            wanted.earliest = min(wanted.earliest, when.at)
            wanted.places |= {flow.source, flow.target} if flow else {place}
            if flow is None:
                wanted.cells |= set(seen)
                wanted.counted[place] = min(when.at, wanted.counted.get(place, ledger.FAR_FUTURE))
            else:
                wanted.cells |= {
                    Cell(flow.item, flow.source, flow.lot),
                    Cell(flow.item, flow.target, flow.lot),
                }
        book = await ledger.open_book(wanted)
        for when, flow, place, seen in acts:
            if flow is None:
                book.count(seen, place, True, when)
            else:
                book.move(flow, when)
        await ledger.post(book, {when.operation: ORIGIN for when, *_ in acts}, {})
        await raising.settle_debts(book, {})


async def state() -> tuple[object, ...]:
    """Balances that are not empty, open incidents and count tasks."""
    held = sorted(tuple(row) for row in await fetch(_BALANCES))
    real = {row[0] for row in await fetch(_REAL)}
    return (
        [row for row in held if row[1] in real and (row[3] or row[4])],
        [row[0] for row in await fetch(_OPEN)],
        [row[0] for row in await fetch(_TASKS)],
    )


_REAL = Statement("SELECT id FROM location WHERE kind IN ('bin', 'dock', 'tote', 'carton')")


async def assert_replay_equals_balances() -> None:
    """Replaying the movements in order never goes below zero in a bin and ends at the balances."""
    real = {row[0] for row in await fetch(_REAL)}
    held: dict[tuple[int, int, str], int] = {}
    for item, lot, amount, source, target, _ in await fetch(_MOVEMENTS):
        for place, sign in ((source, -1), (target, 1)):
            held[item, place, lot] = held.get((item, place, lot), 0) + sign * amount
            assert place not in real or held[item, place, lot] >= 0
    stored = {(row[0], row[1], row[2]): row[3] for row in await fetch(_BALANCES)}
    assert {key: amount for key, amount in stored.items() if amount} == {
        key: amount for key, amount in held.items() if amount
    }
    assert sum(held.values()) == 0


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_in_any_commits_leaves_the_same_stock_and_the_same_incidents(
    make_database: MakeDatabase, seed: int
) -> None:
    ends = []
    for telling in range(3):
        with contextlib.ExitStack() as stack:
            # In a thread, since making a PostgreSQL database runs a loop of its own.
            await db.open_database(await asyncio.to_thread(stack.enter_context, make_database()))
            try:
                rng = random.Random(seed)
                items, bins, supplier = await world()
                acts = story(rng, items, bins, supplier)
                random.Random(f"{seed}-{telling}").shuffle(acts)
                step = (1, 4, 12)[telling]
                for start in range(0, len(acts), step):
                    await hear(acts[start : start + step], items)
                await assert_replay_equals_balances()
                ends.append(await state())
            finally:
                await db.close_database()
                await asyncio.to_thread(stack.close)

    assert ends[0] == ends[1] == ends[2]


async def test_a_refused_commit_leaves_nothing_behind(database: db.Database) -> None:
    items, bins, supplier = await world()
    flow = Flow(act="receive", item=items[0], quantity=5000, source=supplier, target=bins[0])
    await hear([(Moment(1, "op-1"), flow, 0, {})], items)
    before, head = await state(), await feed.head()

    # The same operation and leg again: the database itself refuses a second posting.
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        await hear([(Moment(1, "op-1"), flow, 0, {})], items)

    assert await state() == before
    assert await feed.head() == head


async def test_the_feed_says_what_the_balances_say(database: db.Database) -> None:
    items, bins, supplier = await world()
    acts = story(random.Random(1), items, bins, supplier)
    await hear(acts, items)

    rows = await feed.live_rows(f"warehouse:w-{await given.warehouse()}")

    told = {line.key: bytes(line.body) for line in rows if line.kind == "balance"}
    real = {row[0] for row in await fetch(_REAL)}
    for item, place, _, on_hand, _ in await fetch(_BALANCES):
        if place in real:
            expected = f'{{"held":"0","on_hand":"{quantity.format(on_hand)}"}}'.encode()
            assert told.pop(f"i-{item}/l-{place}//") == expected
    assert told == {}


async def test_an_inner_unit_that_fails_takes_back_itself_and_nothing_else(database: db.Database) -> None:
    items, bins, supplier = await world()
    flow = Flow(act="receive", item=items[0], quantity=5000, source=supplier, target=bins[0])
    other = Flow(act="receive", item=items[1], quantity=2000, source=supplier, target=bins[1])

    async with writing():
        await hear([(Moment(1, "op-1"), flow, 0, {})], items)
        with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
            await hear([(Moment(2, "op-2"), flow, 0, {}), (Moment(1, "op-1"), flow, 0, {})], items)
        await hear([(Moment(3, "op-3"), other, 0, {})], items)

    assert (await given.on_hand("CUP", at="A-0"), await given.on_hand("ROPE", at="A-1")) == ("5", "2")
    assert {row[0] for row in await fetch(Statement("SELECT operation FROM movement"))} == {"op-1", "op-3"}
    await assert_replay_equals_balances()
