"""Promises on a real database: never more than there is, whoever comes at the same time."""

import asyncio
import itertools
from datetime import date

from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from server import db
from server.db import Statement, execute, fetch, writing
from server.stock import promising
from server.stock.availability import Take
from server.stock.promising import Goods, Promised, Shortage, Want
from tests import given

TODAY = date(2026, 11, 22)
_ALLOCATED = Statement("SELECT coalesce(sum(quantity - picked), 0) FROM allocation WHERE state = 'open'")


async def cups(amount: int = 10) -> Goods:
    """So many cups in one bin of MAIN."""
    await given.stock("CUP", amount, at="A-01")
    return Goods(await given.item("CUP"), await given.warehouse())


async def reserve(goods: Goods, document: str, amount: int, line: int = 1) -> Promised | Shortage:
    return await promising.reserve(document, line, goods.item, goods.warehouse, amount * 1000, today=TODAY)


async def available(goods: Goods) -> int:
    return (await promising.available([goods], TODAY))[goods] // 1000


async def test_what_is_reserved_is_not_available_to_others(database: db.Database) -> None:
    goods = await cups(10)

    first = await reserve(goods, "so-1", 7)
    second = await reserve(goods, "so-2", 4)

    assert first == Promised("so-1", 1, 7000, 7000)
    assert isinstance(second, Shortage)
    assert (second.available, second.promised) == (3000, 0)
    assert [(holder.document, holder.quantity) for holder in second.holders] == [("so-1", 7000)]
    assert await available(goods) == 3


async def test_reserving_more_for_a_line_adds_up(database: db.Database) -> None:
    goods = await cups(10)

    await reserve(goods, "so-1", 4)
    more = await reserve(goods, "so-1", 3)

    assert isinstance(more, Promised)
    assert (more.quantity, more.reserved) == (3000, 7000)


async def test_what_is_freed_is_available_again(database: db.Database) -> None:
    goods = await cups(10)
    await reserve(goods, "so-1", 7)

    freed = await promising.free("so-1")

    assert freed == {goods}
    assert await available(goods) == 10
    assert await promising.reserved_for("so-1") == {}


async def test_held_expired_and_unshelved_goods_are_promised_to_nobody(database: db.Database) -> None:
    await given.stock("MILK", 5, at="A-01", lot="GOOD", expiry="2027-01-01")
    await given.stock("MILK", 5, at="A-01", lot="BAD", expiry="2027-01-01")
    await given.stock("MILK", 5, at="A-02", lot="OLD", expiry="2026-11-21")
    await given.location("DOCK-9", kind="dock")
    await given.stock("MILK", 5, at="DOCK-9", lot="GOOD", expiry="2027-01-01")
    async with writing():
        await execute(Statement("UPDATE lot SET is_held = ? WHERE code = 'BAD'"), True)
    goods = Goods(await given.item("MILK"), await given.warehouse())

    outlook = (await promising.outlook([goods.item], TODAY))[goods]

    assert outlook.available == 5000
    assert outlook.incoming == (("2026-11-22", 5000),)


async def test_as_much_as_there_is_goes_to_whoever_is_named_first(database: db.Database) -> None:
    goods = await cups(10)
    wants = [
        Want(document="so-1", line=line, item=goods.item, warehouse=goods.warehouse, quantity=6000)
        for line in (1, 2)
    ]

    whole, part = await promising.reserve_what_there_is(wants, today=TODAY)

    assert isinstance(whole, Promised)
    assert isinstance(part, Shortage)
    assert (part.wanted, part.promised) == (6000, 4000)
    assert await available(goods) == 0


async def test_a_pick_takes_off_the_reservation_and_never_below_nothing(database: db.Database) -> None:
    goods = await cups(10)
    await reserve(goods, "so-1", 4)

    first, beyond = await promising.draw("so-1", 1, 3000), await promising.draw("so-1", 1, 3000)

    assert (first, beyond) == (3000, 1000)
    assert await promising.reserved_for("so-1") == {}


async def test_what_is_put_back_is_promised_to_the_same_line_again(database: db.Database) -> None:
    goods = await cups(10)
    await reserve(goods, "so-1", 4)
    await promising.draw("so-1", 1, 4000)

    want = Want(document="so-1", line=1, item=goods.item, warehouse=goods.warehouse, quantity=2000)
    await promising.give_back(want)

    assert await promising.reserved_for("so-1") == {1: 2000}


async def test_two_hundred_people_want_one_of_a_hundred(database: db.Database) -> None:
    goods = await cups(100)

    answers = await asyncio.gather(*(reserve(goods, f"so-{number}", 1) for number in range(200)))

    accepted = [answer for answer in answers if isinstance(answer, Promised)]
    refused = [answer for answer in answers if isinstance(answer, Shortage)]
    assert (len(accepted), len(refused)) == (100, 100)
    assert all(len(one.holders) == promising.HOLDERS_TOLD for one in refused)
    assert await available(goods) == 0


# Pinned to places


async def pinned(goods: Goods, amount: int, document: str = "sn-1") -> list[Take]:
    want = Want(document=document, line=1, item=goods.item, warehouse=goods.warehouse, quantity=amount * 1000)
    return (await promising.allocate(want, rule="fefo", today=TODAY)).takes


async def test_demand_is_pinned_to_the_lots_that_expire_first(database: db.Database) -> None:
    await given.stock("MILK", 5, at="A-01", lot="LATE", expiry="2027-06-01")
    await given.stock("MILK", 5, at="A-02", lot="SOON", expiry="2027-01-01")
    goods = Goods(await given.item("MILK"), await given.warehouse())
    await reserve(goods, "so-1", 7)

    takes = await pinned(goods, 7)

    assert [(take.lot, take.quantity) for take in takes] == [("SOON", 5000), ("LATE", 2000)]


async def test_no_more_is_pinned_than_is_reserved(database: db.Database) -> None:
    goods = await cups(10)
    await reserve(goods, "so-1", 4)

    want = Want(document="sn-1", line=1, item=goods.item, warehouse=goods.warehouse, quantity=9000)
    planned = await promising.allocate(want, rule="fifo", today=TODAY)

    assert (sum(take.quantity for take in planned.takes), planned.short) == (4000, 5000)


async def test_a_piece_is_pinned_for_one_document_only(database: db.Database) -> None:
    goods = await cups(10)
    await reserve(goods, "so-1", 10)

    first, second = await pinned(goods, 6, "sn-1"), await pinned(goods, 6, "sn-2")

    assert [sum(take.quantity for take in takes) for takes in (first, second)] == [6000, 4000]


async def test_a_pick_from_another_place_serves_the_plan_and_can_be_taken_back(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-02")
    goods = await cups(5)
    await reserve(goods, "so-1", 4)
    (take,) = await pinned(goods, 4)
    other = next(
        place
        for place in (await given.location("A-01"), await given.location("A-02"))
        if place != take.location
    )

    beyond = await promising.settle("sn-1", 1, Take(other, "", "", 5000))
    assert (beyond, (await fetch(_ALLOCATED))[0][0]) == (1000, 0)
    unknown = await promising.unsettle("sn-1", 1, Take(other, "", "", 3000))

    assert (unknown, (await fetch(_ALLOCATED))[0][0]) == (0, 3000)


async def test_unpinning_keeps_what_was_picked(database: db.Database) -> None:
    goods = await cups(10)
    await reserve(goods, "so-1", 6)
    (take,) = await pinned(goods, 6)
    await promising.settle("sn-1", 1, Take(take.location, "", "", 2000))

    await promising.deallocate("sn-1")

    rows = await fetch(Statement("SELECT quantity, picked, state FROM allocation"))
    assert [tuple(row) for row in rows] == [(2000, 2000, "done")]


STEP = st.tuples(
    st.sampled_from(["reserve", "what_there_is", "pick", "free", "allocate", "deallocate"]),
    st.integers(1, 3),
    st.integers(1, 12),
)
NUMBERS = itertools.count(1)
_SUMS = Statement(
    "SELECT coalesce(sum(r.quantity), 0), coalesce(min(r.quantity), 0), (SELECT coalesce(sum(quantity - picked), 0)"
    " FROM allocation WHERE state = 'open' AND item = ?) FROM reservation r WHERE r.item = ?"
)
_OPEN_FOR = Statement(
    "SELECT coalesce(sum(quantity - picked), 0) FROM allocation WHERE state = 'open' AND document = ?"
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@drawn(steps=st.lists(STEP, max_size=14))
async def test_whatever_happens_promises_stay_within_what_there_is(
    database: db.Database, steps: list[tuple[str, int, int]]
) -> None:
    """Random promises, picks and cancellations of twenty pieces; after each step the invariants hold."""
    example = next(NUMBERS)
    code, on_hand = f"ITEM-{example}", 20_000
    await given.stock(code, 20, at="A-01")
    goods = Goods(await given.item(code), await given.warehouse())
    for act, number, amount in steps:
        on_hand -= await step(goods, act, f"so-{example}{number}", f"sn-{example}{number}", amount)

        total, least, allocated = (await fetch(_SUMS, goods.item, goods.item))[0]
        assert least >= 0
        assert 0 <= allocated <= total <= on_hand


async def step(goods: Goods, act: str, order: str, notice: str, amount: int) -> int:
    """Do one of them; gives what has left the shelf."""
    want = Want(document=order, line=1, item=goods.item, warehouse=goods.warehouse, quantity=amount * 1000)
    match act:
        case "reserve":
            await reserve(goods, order, amount)
        case "what_there_is":
            await promising.reserve_what_there_is([want], today=TODAY)
        case "pick":
            return await pick(goods, order, notice, amount)
        case "free":
            await promising.free(order)
            await promising.deallocate(notice)
        case "allocate":
            open_now = int((await fetch(_OPEN_FOR, notice))[0][0])
            left = (await promising.reserved_for(order)).get(1, 0) - open_now
            if left > 0:
                await pinned(goods, min(amount, left // 1000), notice)
        case "deallocate":
            await promising.deallocate(notice)
    return 0


async def pick(goods: Goods, order: str, notice: str, amount: int) -> int:
    """A pick of what is promised: the reservation, the plan and the shelf shrink together."""
    picked = await promising.draw(order, 1, amount * 1000)
    if not picked:
        return 0
    shelf, tote = await given.location("A-01"), await given.location("TOTE-1", kind="tote")
    await promising.settle(notice, 1, Take(shelf, "", "", picked))
    device = await given.pda("picker")
    verdict = await device.report(
        "stock.pick@1",
        item=f"i-{goods.item}",
        quantity=str(picked // 1000),
        source=f"l-{shelf}",
        target=f"l-{tote}",
    )
    assert verdict.outcome == "applied", verdict
    return picked
