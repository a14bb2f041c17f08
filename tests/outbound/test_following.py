"""Notices on a real database: released, picked in any order, taken back, cancelled, and what devices hear of it."""

import pytest

from server import db
from server.db import Statement, fetch
from server.outbound import ordering, queries, releasing
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow, Taken
from tests import given
from tests.outbound.floor import pick, picker, pinned, put_back, released, shown, standing, tote
from tests.outbound.orders import ADA, only_line, ordered, reserved

pytestmark = pytest.mark.database

_OPEN = Statement("SELECT kind FROM incident WHERE closed_at IS NULL ORDER BY kind")


async def incidents() -> list[str]:
    return [row[0] for row in await fetch(_OPEN)]


async def test_releasing_pins_what_is_reserved_to_places(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")

    notice = await released(CUP=3)

    assert (await standing(notice)).state == "released"
    assert (await reserved("CUP"), await pinned("CUP")) == (3, 3)


async def test_devices_hear_of_a_notice_and_its_places(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")

    notice = await released(CUP=3)

    (told,) = (await shown("notice")).values()
    (place,) = (await shown("pick")).values()
    assert (told["state"], told["next"]) == ("released", "pick")
    assert told["warehouse"] == f"w-{await given.warehouse()}"
    assert place["notice"] == f"sn-{notice}"
    assert (place["location"], place["quantity"]) == (f"l-{await given.location('A-01')}", "3")


async def test_an_order_is_noticed_once(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    order = (await ordered(CUP=3)).id
    await releasing.release_order(order, by=ADA)

    again = await releasing.release_order(order, by=ADA)

    assert again == NotNow(("nothing_reserved",))


async def test_a_held_order_does_not_reach_the_floor(database: db.Database) -> None:
    from tests.outbound.orders import customer

    await given.stock("CUP", 10, at="A-01")
    await customer(is_blocked=True)
    order = (await ordered(CUP=3)).id

    assert await releasing.release_order(order, by=ADA) == NotNow(("hold_customer",))


async def test_picking_takes_it_off_the_reservation_and_the_place(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)

    await pick(notice, CUP=2, at="A-01")

    assert (await standing(notice)).state == "picking"
    assert (await reserved("CUP"), await pinned("CUP")) == (1, 1)


async def test_all_picked_is_picked_and_leaves_the_pickers_screens(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)

    await pick(notice, CUP=3, at="A-01")

    assert (await standing(notice)).state == "picked"
    assert (await reserved("CUP"), await pinned("CUP")) == (0, 0)
    assert await shown("pick") == {}
    assert (await only_line((await standing(notice)).order_id)).picked == 3000


async def test_another_bin_than_planned_serves_the_plan(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)
    await given.stock("CUP", 3, at="A-02")

    await pick(notice, CUP=3, at="A-02")

    assert (await standing(notice)).state == "picked"
    assert await pinned("CUP") == 0


async def test_what_is_put_back_is_promised_again(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    await pick(notice, CUP=3, at="A-01")

    await put_back(notice, CUP=2, at="A-01")

    assert (await standing(notice)).state == "picking"
    assert (await reserved("CUP"), await pinned("CUP")) == (2, 2)
    assert await given.on_hand("CUP", at="A-01") == "9"


async def test_picking_more_than_asked_draws_on_nobodys_promise(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    await ordered(CUP=4, of="C2")

    await pick(notice, CUP=5, at="A-01")
    await put_back(notice, CUP=5, at="A-01")

    assert await reserved("CUP") == 7
    assert await pinned("CUP") == 3


async def test_a_bin_that_was_emptied_by_others_sends_the_picker_elsewhere(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)
    await given.stock("CUP", 5, at="B-01")

    await pick(0, CUP=2, at="A-01")

    places = {
        row["location"]: row["quantity"] for row in (await shown("pick")).values() if row["state"] == "open"
    }
    assert places == {
        f"l-{await given.location('A-01')}": "1",
        f"l-{await given.location('B-01')}": "2",
    }
    assert (await standing(notice)).state == "released"


async def test_where_nothing_is_left_sales_is_told(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    await released(CUP=3)

    await pick(0, CUP=2, at="A-01")

    assert await incidents() == ["shortage"]
    assert await pinned("CUP") == 1


async def test_a_cancelled_order_takes_its_notices_along(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    order = (await standing(notice)).order_id

    await ordering.cancel(order, reason="变卦", by=ADA)

    assert (await standing(notice)).state == "cancelled"
    assert (await reserved("CUP"), await pinned("CUP")) == (0, 0)
    assert (await shown("notice"), await shown("pick")) == ({}, {})


async def test_a_pick_for_a_cancelled_notice_asks_to_be_put_back(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    await ordering.cancel((await standing(notice)).order_id, reason="变卦", by=ADA)

    await pick(notice, CUP=3, at="A-01")
    assert await incidents() == ["put_back"]
    (told,) = (await shown("notice")).values()
    assert told["state"] == "put_back"

    await put_back(notice, CUP=3, at="A-01")
    assert (await incidents(), await shown("notice")) == ([], {})
    assert await reserved("CUP") == 0


async def test_a_notice_taken_back_frees_its_goods_for_the_next_one(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    order = (await standing(notice)).order_id

    assert await releasing.cancel(notice, reason="明天再发", by=ADA) == Done(notice, "cancelled")

    assert (await reserved("CUP"), await pinned("CUP")) == (3, 0)
    assert isinstance(await releasing.release_order(order, by=ADA), releasing.Released)


async def test_closed_short_goes_on_with_what_there_is(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    await pick(notice, CUP=2, at="A-01")

    outcome = await releasing.close_short(notice, reason="破损", by=ADA)

    assert outcome == Done(notice, "picked")
    (line,) = await queries.lines((await standing(notice)).order_id)
    assert (line.noticed, line.reserved, releasing.to_release(line)) == (2000, 1000, 1000)


async def test_a_task_belongs_to_whoever_took_it_first(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    wang, li = await picker("wang"), await picker("li")

    assert isinstance(await releasing.take([notice], by=By(wang, 1)), Done)
    refused = await releasing.take([notice], by=By(li, 2))

    assert isinstance(refused, Taken)
    assert refused.person == wang
    (told,) = (await shown("notice")).values()
    assert (told["taken"], told["device"]) == (f"u-{wang}", "d-1")


async def test_who_left_a_task_lets_another_take_it(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    wang, li = await picker("wang"), await picker("li")
    await releasing.take([notice], by=By(wang, 1))
    await pick(notice, CUP=1, at="A-01", by=wang)

    await releasing.leave([notice], by=By(wang, 1))

    assert isinstance(await releasing.take([notice], by=By(li, 2)), Done)
    assert (await standing(notice)).state == "picking"


async def test_a_notice_is_walked_in_the_shortest_order(database: db.Database) -> None:
    for code, aisle, bay in (
        ("A-01-09", "A", 9),
        ("B-01-01", "B", 1),
        ("A-01-01", "A", 1),
        ("C-09-09", "C", 9),
    ):
        await given.location(code, aisle=aisle, bay=bay)
        await given.stock(f"I{code}", 5, at=code)
    await tote()

    notice = await released(**{f"I{code}": 1 for code in ("A-01-09", "B-01-01", "A-01-01", "C-09-09")})

    stands = await standing(notice)
    assert 0 < stands.walk_mm <= stands.by_code_mm
    positions = sorted(row["position"] for row in (await shown("pick")).values())
    assert positions == [0, 1, 2, 3]
