"""An order changed or cancelled while the floor is at work: what is too much goes back, what is more is picked too."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server import clock, db
from server.catalog.maintaining import Refused
from server.db import Statement, fetch
from server.documents.line import Line as Typed
from server.outbound import following, ordering, packing, queries, surveying
from server.outbound.order import Head
from server.outbound.ordering import By, Done, NotNow, Saved
from server.stock import verifying
from server.sync import dispatching, envelope, performing, reconciling, wire
from server.sync import queries as devices
from server.sync.performing import Act
from tests import given
from tests.outbound.floor import noticed, pick, picker, pinned, put_back, shown, standing, steps, tote
from tests.outbound.orders import ADA, customer, line, only_line, ordered, reserved

pytestmark = pytest.mark.database

_OPEN = Statement("SELECT kind FROM incident WHERE closed_at IS NULL ORDER BY kind")
_ROWS = Statement("SELECT id FROM sales_line WHERE order_id = ? ORDER BY id")


async def incidents() -> list[str]:
    return [row[0] for row in await fetch(_OPEN)]


async def change(order_id: int, *, is_late: bool = False, address: str = "", **amounts: int) -> Any:
    """The order as it should be: so much of each, perhaps to another address."""
    one = await queries.order(order_id)
    assert one is not None
    head = Head(customer=one.customer, warehouse=one.warehouse, address=address or one.address)
    lines: list[Typed] = [await line(code, amount) for code, amount in amounts.items()]
    return await ordering.edit(order_id, head, lines, version=one.version, by=ADA, is_late=is_late)


async def at_work(**amounts: Any) -> tuple[int, int]:
    """A confirmed order and its notice."""
    order = (await ordered(**amounts)).id
    return order, await noticed(order)


async def boxed(notice: int) -> int:
    """All of it picked by wang and in one carton: where that is."""
    await dispatching.pick(notice, await tote(), by=By(await picker()))
    box = await packing.open_carton(notice, by=ADA)
    assert isinstance(box, surveying.Carton), box
    await dispatching.pack(notice, box.location, by=By(await picker()))
    return box.location


async def ship(notice: int) -> Any:
    return await dispatching.ship(notice, "", "", today=clock.today(), by=ADA)


async def back_tasks() -> list[dict[str, Any]]:
    return [body for body in (await shown("task")).values() if body["kind"] == "put_back"]


async def test_less_before_it_is_picked_takes_work_away(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=10)

    assert isinstance(await change(order, CUP=6), Saved)

    assert (await reserved("CUP"), await pinned("CUP")) == (6, 6)
    (row,) = (await shown("pick")).values()
    assert row["quantity"] == "6"
    (told,) = (await shown("notice")).values()
    assert told["lines"][0]["quantity"] == "6"
    assert (await standing(notice)).state == "released"


async def test_less_than_was_picked_asks_the_same_picker_to_put_the_rest_back(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=10)
    wang = await picker("wang")
    await pick(notice, CUP=8, at="A-01", by=wang)

    await change(order, CUP=6)

    (task,) = await back_tasks()
    assert (task["document"], task["reason"], task["people"]) == (f"sn-{notice}", "too_much", [f"u-{wang}"])
    assert task["takes"] == [
        {
            "item": f"i-{await given.item('CUP')}",
            "quantity": "2",
            "source": f"l-{await tote()}",
            "target": f"l-{await given.location('A-01')}",
        }
    ]
    assert (await standing(notice)).state == "picked"
    assert (await reserved("CUP"), await pinned("CUP")) == (0, 0)
    assert (await only_line(order)).backordered == 0


async def test_what_is_too_much_does_not_leave_before_it_is_back(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=10)
    await pick(notice, CUP=10, at="A-01")
    await change(order, CUP=6)
    from server.outbound.releasing import Done as Gone
    from server.outbound.releasing import NotNow as Stays

    assert await ship(notice) == Stays(("too_much",))
    await put_back(notice, CUP=4, at="A-01")

    assert await back_tasks() == []
    assert await ship(notice) == Gone(notice, "shipped")
    assert (await only_line(order)).shipped == 6000


async def test_a_line_that_is_gone_goes_back_whole(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    await given.stock("PEN", 20, at="B-01")
    order, notice = await at_work(CUP=2, PEN=3)
    await pick(notice, PEN=3, at="B-01")

    await change(order, CUP=2)

    (task,) = await back_tasks()
    assert [(take["item"], take["quantity"]) for take in task["takes"]] == [
        (f"i-{await given.item('PEN')}", "3")
    ]
    assert await reserved("PEN") == 0


async def test_more_is_told_to_whoever_is_at_it(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    await given.stock("PEN", 20, at="B-01")
    order, notice = await at_work(CUP=4)
    await pick(notice, CUP=4, at="A-01")

    await change(order, CUP=7, PEN=2)

    assert (await standing(notice)).state == "picking"
    assert sorted(row["quantity"] for row in (await shown("pick")).values() if row["picked"] == "0") == [
        "2",
        "3",
    ]
    assert (await reserved("CUP"), await reserved("PEN")) == (3, 2)
    assert [one.id for one in await surveying.notices_of_order(order)] == [notice]


async def test_more_of_what_has_left_is_a_notice_of_its_own(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 20, at="A-01")
    await given.stock("PEN", 20, at="B-01")
    order, first = await at_work(CUP=4, PEN=1)
    await pick(first, CUP=4, PEN=1, at="A-01")
    await ship(first)

    await change(order, is_late=True, CUP=6, PEN=1)

    _, second = await surveying.notices_of_order(order)
    assert (second.state, second.order_state) == ("released", "partly_shipped")
    assert await pinned("CUP") == 2


async def test_less_and_more_again_is_the_same_notice(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    order, _ = await at_work(CUP=10)
    await change(order, CUP=2)

    await change(order, CUP=10)

    (told,) = (await shown("notice")).values()
    assert told["lines"][0]["quantity"] == "10"
    assert (await reserved("CUP"), await pinned("CUP")) == (10, 10)
    assert len(await surveying.notices_of_order(order)) == 1


async def test_a_held_order_sends_no_more_until_it_is_let_go(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    order, _ = await at_work(CUP=4)
    await customer(is_blocked=True)

    await change(order, CUP=7)

    assert await pinned("CUP") == 4
    assert (await only_line(order)).reserved == 7000


async def test_less_than_has_left_is_refused_at_the_desk(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 4, at="A-01")
    order, notice = await at_work(CUP=10)
    await pick(notice, CUP=4, at="A-01")
    await ship(notice)

    refused = await change(order, CUP=3)

    assert isinstance(refused, Refused)
    assert [fault.word for fault in refused.faults] == ["outbound.fault.has_left"]


async def test_another_warehouse_takes_the_work_away_from_this_one(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    await pick(notice, CUP=4, at="A-01")
    north = await given.warehouse("NORTH", "北仓")
    one = await queries.order(order)
    assert one is not None

    outcome = await ordering.edit(
        order,
        Head(customer=one.customer, warehouse=north),
        [await line("CUP", 4)],
        version=one.version,
        by=ADA,
    )

    assert isinstance(outcome, Saved)
    assert (await standing(notice)).state == "cancelled"
    assert len(await back_tasks()) == 1
    assert await reserved("CUP") == 0


# Cancelled


async def test_a_cancelled_order_asks_for_what_was_picked(database: db.Database) -> None:
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    wang = await picker("wang")
    await ordering.cancel(order, reason="变卦", by=ADA)

    await pick(notice, CUP=4, at="A-01", by=wang)

    (task,) = await back_tasks()
    assert (task["reason"], task["people"]) == ("cancelled", [f"u-{wang}"])
    await put_back(notice, CUP=4, at="A-01")
    assert (await back_tasks(), await incidents()) == ([], [])


@pytest.mark.parametrize("is_cancelled_first", [True, False])
async def test_cancelled_on_the_road_but_sent_is_told_to_sales(
    database: db.Database, is_cancelled_first: bool
) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    await pick(notice, CUP=4, at="A-01")
    left = performing.move(
        await given.item("CUP"), "4", await tote(), await given.virtual("customer"), document=f"sn-{notice}"
    )
    if is_cancelled_first:
        assert isinstance(await ordering.cancel(order, reason="变卦", by=ADA, is_late=True), Done)
        await performing.perform([left], by=1)
    else:
        await performing.perform([left], by=1)
        assert await ordering.cancel(order, reason="变卦", by=ADA) == NotNow("shipped")
        assert isinstance(await ordering.cancel(order, reason="变卦", by=ADA, is_late=True), Done)

    stands, found = await standing(notice), await only_line(order)
    assert (stands.state, stands.order_state) == ("cancelled", "cancelled_shipped")
    assert (found.wanted, found.shipped, found.reserved) == (4000, 4000, 0)
    assert await incidents() == ["cancelled_shipped"]


# Another address


async def look(carton: int, *, by: int) -> None:
    await performing.perform([Act("stock.check@1", wire.Carton(carton=f"l-{carton}"))], by=by)


@pytest.mark.parametrize("checkers", [0, 1])
async def test_another_address_voids_the_labels_until_they_are_scanned_again(
    database: db.Database, checkers: int
) -> None:
    from server.outbound.releasing import Done as Gone
    from server.outbound.releasing import NotNow as Stays

    await steps(checkers=checkers)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    carton = await boxed(notice)
    li = await picker("li")
    if checkers:
        await look(carton, by=li)
        assert (await standing(notice)).state == "checked"

    await change(order, address="新地址 1 号", CUP=4)

    (told,) = (await shown("notice")).values()
    assert (told["state"], told["next"], told["relabel"]) == ("packed", "check", [f"l-{carton}"])
    assert await ship(notice) == Stays(("old_label",))
    await look(carton, by=li)
    assert "relabel" not in next(iter((await shown("notice")).values()))
    assert await ship(notice) == Gone(notice, "shipped")
    assert await incidents() == []


async def test_a_carton_that_left_with_the_old_label_is_told(database: db.Database) -> None:
    await steps(checkers=0)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    carton = await boxed(notice)
    await change(order, address="新地址 1 号", CUP=4)

    await performing.perform(
        [Act("stock.ship@1", wire.Carton(carton=f"l-{carton}", document=f"sn-{notice}"))], by=1
    )

    assert await incidents() == ["old_address"]


async def test_a_carton_that_is_packed_afterwards_has_the_new_label(database: db.Database) -> None:
    await steps(checkers=0)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    await change(order, address="新地址 1 号", CUP=4)

    await boxed(notice)

    (found,) = await following.gather([notice])
    assert (found.void_labels, found.next) == (frozenset(), "ship")


# In any order (law d)

Scan = Callable[[], Awaitable[object]]


@pytest.mark.parametrize("seed", range(10))
def test_a_change_and_the_scans_of_the_floor_end_the_same_in_any_order(make_database: Any, seed: int) -> None:
    """What people did is drawn by lot; in which order it arrives changes nothing that anybody is told or owes."""
    ends = []
    for turn in range(3):
        with make_database() as url:
            ends.append(asyncio.run(_in_a_house_of_its_own(url, seed, turn)))

    assert ends[0] == ends[1] == ends[2]


async def _in_a_house_of_its_own(url: str, seed: int, turn: int) -> list[Any]:
    await db.open_database(url)
    try:
        return await _shuffled(seed, turn)
    finally:
        await db.close_database()


async def _shuffled(seed: int, turn: int) -> list[Any]:
    """Pick, pack, ship, undo and one change or cancellation by somebody on the road, dealt in another order."""
    await steps(packs=True, checkers=0)
    for code in ("CUP", "PEN"):
        await given.stock(code, 40, at="A-01")
    order, notice = await at_work(CUP=10, PEN=5)
    box = await packing.open_carton(notice, by=ADA)
    assert isinstance(box, surveying.Carton)
    chance = random.Random(seed)
    acts = await _facts(notice, box.location, chance)
    wish = ("cancel", "less", "more", "none of it", "other")[seed % 5]
    acts.append(lambda: _wish(order, wish))
    random.Random(f"{seed}/{turn}").shuffle(acts)
    for act in acts:
        await act()
    assert (await verifying.verify()).violations == []
    return await _end(order, notice)


async def _facts(notice: int, carton: int, chance: random.Random) -> list[Scan]:
    """Flows of the floor: from the bin to the tote, on into the carton, out to the customer, and some of it back."""
    shelf, basket = await given.location("A-01"), await tote()
    away = await given.virtual("customer")
    ways = [(shelf, basket), (basket, carton), (carton, away), (basket, shelf), (away, carton)]
    found: list[Scan] = []
    for _ in range(8):
        (source, target), code = chance.choice([*ways[:3], *ways]), chance.choice(("CUP", "CUP", "PEN"))
        act = performing.move(
            await given.item(code), str(chance.randint(1, 6)), source, target, document=f"sn-{notice}"
        )
        found.append(lambda act=act: performing.perform([act], by=1))  # type: ignore[misc]
    return found


async def _wish(order: int, wish: str) -> None:
    if wish == "cancel":
        outcome = await ordering.cancel(order, reason="变卦", by=ADA, is_late=True)
        assert isinstance(outcome, Done), outcome
        return
    wanted: dict[str, Any] = {
        "less": {"CUP": 4, "PEN": 5},
        "more": {"CUP": 14, "PEN": 5},
        "none of it": {"CUP": 10},
        "other": {"CUP": 2, "PEN": 9},
    }[wish]
    outcome = await change(order, is_late=True, **wanted)
    assert isinstance(outcome, Saved), outcome


async def _end(order: int, notice: int) -> list[Any]:
    """Balances, the figures of the order, what waits for a person, what goes back."""
    one = await queries.order(order)
    assert one is not None
    balances = await fetch(
        Statement(
            "SELECT item, location, on_hand, debt FROM balance WHERE on_hand <> 0 OR debt <> 0 ORDER BY 1, 2"
        )
    )
    figures = [
        (each.item, each.wanted, each.noticed, each.picked, each.shipped, each.reserved, each.amount)
        for each in await queries.lines(order)
    ]
    backs = [
        sorted((take["item"], take["quantity"], take["source"]) for take in body["takes"])
        for body in await back_tasks()
    ]
    kinds = [kind for kind in await incidents() if kind != "shortage"]
    return [one.state, one.total, [tuple(row) for row in balances], figures, sorted(backs), kinds]


# From devices


async def send(device: given.Pda, operation: dict[str, object]) -> Any:
    """Report what was done earlier; gives its verdict."""
    known = await devices.device_by_bearer(device.headers["Authorization"])
    assert known is not None
    answer = await reconciling.reconcile(envelope.read(device.batch(operation), clock.now()), known)
    assert isinstance(answer, wire.Answer), answer
    return answer.verdicts[0]


async def seller() -> given.Pda:
    await given.person("seller", role="salesperson")
    return await given.pda("seller", name="seller's phone")


async def test_an_order_cancelled_on_the_road_says_that_it_had_left(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    await pick(notice, CUP=4, at="A-01")
    phone = await seller()
    cancelled = phone.operation("order.cancel@1", {"order": f"so-{order}", "reason": "变卦"})
    await ship(notice)

    verdict = await send(phone, cancelled)

    assert (verdict.outcome, verdict.reason) == ("warning", "order_shipped")
    assert await incidents() == ["cancelled_shipped"]


async def test_an_order_made_smaller_on_the_road_holds_though_more_has_left(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    await pick(notice, CUP=4, at="A-01")
    phone = await seller()
    lines = [{"item": f"i-{await given.item('CUP')}", "quantity": "3"}]
    smaller = phone.operation("order.change@1", {"order": f"so-{order}", "lines": lines})
    await ship(notice)

    verdict = await send(phone, smaller)

    assert verdict.outcome == "applied"
    found = await only_line(order)
    assert (found.wanted, found.shipped) == (3000, 4000)
    assert await incidents() == ["sent_too_much"]


async def test_a_look_from_before_the_address_changed_does_not_count_when_it_comes_late(
    database: db.Database,
) -> None:
    await steps(checkers=1)
    await given.stock("CUP", 20, at="A-01")
    order, notice = await at_work(CUP=4)
    carton = await boxed(notice)
    li = await given.pda("li")
    looked = li.operation("stock.check@1", {"carton": f"l-{carton}", "document": f"sn-{notice}"})

    await change(order, address="新地址 1 号", CUP=4)
    await send(li, looked)

    (found,) = await following.gather([notice])
    assert (found.notice.state, found.next, found.void_labels) == (
        "packed",
        "check",
        frozenset({carton}),
    )
