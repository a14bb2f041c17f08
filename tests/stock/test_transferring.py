"""Transfers against a real database: each state's effect on stock, on promises, and on what devices see."""

import pytest

from server.catalog.maintaining import Edited, Stale
from server.stock import queries, transferring
from server.stock.transfer import Head
from server.sync import performing
from tests import given
from tests.stock import inside

pytestmark = pytest.mark.usefixtures("database")


async def test_a_draft_touches_nothing() -> None:
    await given.stock("CUP", 10, at="A-01")

    number = await inside.transfer({"CUP": 6}, released=False)

    assert (await inside.one(number)).state == "draft"
    assert await inside.reserved(f"tr-{number}") == "0"
    assert await inside.told("transfer", f"tr-{number}") == []


async def test_a_released_transfer_keeps_its_goods_and_both_warehouses_see_it() -> None:
    await given.stock("CUP", 10, at="A-01")

    number = await inside.transfer({"CUP": 6})

    one = await inside.one(number)
    assert one.state == "out"
    assert await inside.reserved(one.document) == "6"
    assert await inside.expected(one.document) == [("EAST", "2026-11-25", "6")]
    assert await inside.told("transfer", one.document) == [
        f"warehouse:w-{one.source}",
        f"warehouse:w-{one.target}",
    ]


async def test_two_steps_go_by_way_of_transit() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})

    await inside.send(number, await inside.goods("CUP", 6, "A-01"))
    on_the_way = (await inside.one(number)).state, await inside.virtual("CUP", "EAST", "transit")
    await inside.receive(number, "CUP", 4)
    some = (await inside.one(number)).state, await inside.virtual("CUP", "EAST", "transit")
    await inside.receive(number, "CUP", 2)

    assert on_the_way == ("in_transit", "6")
    assert some == ("partly_in", "2")
    assert (await inside.one(number)).state == "done"
    assert (await given.on_hand("CUP", at="A-01"), await given.on_hand("CUP", at="EAST-DOCK")) == ("4", "6")
    assert await inside.figures(number) == [("CUP", "6", "6", "6", "0")]
    assert (await inside.reserved(f"tr-{number}"), await inside.expected(f"tr-{number}")) == ("0", [])
    assert await inside.told("transfer", f"tr-{number}") == []
    assert await inside.unbalanced() == []


async def test_one_step_arrives_at_once() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6}, is_direct=True)

    await inside.send(number, await inside.goods("CUP", 6, "A-01"))

    assert (await inside.one(number)).state == "done"
    assert await given.on_hand("CUP", at="EAST-DOCK") == "6"
    assert await inside.virtual("CUP", "EAST", "transit") == "0"


async def test_devices_at_both_ends_carry_it_without_the_desk() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await given.person("east", warehouses=("EAST",))
    here, there = await given.pda("wang"), await given.pda("east", warehouse_code="EAST")
    transit = f"l-{await given.virtual('transit', warehouse_code='EAST')}"
    carried = {"item": f"i-{await given.item('CUP')}", "quantity": "6", "document": f"tr-{number}"}

    left = await here.report(
        "stock.move@1", **carried, source=f"l-{await given.location('A-01')}", target=transit
    )
    came = await there.report("stock.move@1", **carried, source=transit, target=f"l-{await inside.dock()}")

    assert (left.outcome, came.outcome) == ("applied", "applied")
    assert (await inside.one(number)).state == "done"
    assert await inside.figures(number) == [("CUP", "6", "6", "6", "0")]


async def test_an_arrival_that_is_told_before_its_departure_comes_to_the_same() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await given.person("east", warehouses=("EAST",))
    here, there = await given.pda("wang"), await given.pda("east", warehouse_code="EAST")
    transit = f"l-{await given.virtual('transit', warehouse_code='EAST')}"
    carried = {"item": f"i-{await given.item('CUP')}", "quantity": "6", "document": f"tr-{number}"}

    await there.report("stock.move@1", **carried, source=transit, target=f"l-{await inside.dock()}")
    await here.report("stock.move@1", **carried, source=f"l-{await given.location('A-01')}", target=transit)

    assert (await inside.one(number)).state == "done"
    assert await inside.reserved(f"tr-{number}") == "0"


async def test_an_undone_departure_is_still_to_go_and_kept_for_it() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})
    pda = await given.pda("wang")
    transit = f"l-{await given.virtual('transit', warehouse_code='EAST')}"
    left = await pda.report(
        "stock.move@1",
        item=f"i-{await given.item('CUP')}",
        quantity="6",
        document=f"tr-{number}",
        source=f"l-{await given.location('A-01')}",
        target=transit,
    )

    await pda.report("op.undo@1", operation=left.id)

    assert (await inside.one(number)).state == "out"
    assert await inside.figures(number) == [("CUP", "6", "0", "0", "0")]
    assert await inside.reserved(f"tr-{number}") == "6"


@pytest.mark.parametrize(
    ("choice", "state", "at_home", "scrapped"), [("back", "done", "2", "0"), ("lost", "done", "0", "2")]
)
async def test_what_did_not_arrive_waits_in_transit_until_decided(
    choice: str, state: str, at_home: str, scrapped: str
) -> None:
    await given.stock("CUP", 6, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await inside.send(number, await inside.goods("CUP", 6, "A-01"))
    await inside.receive(number, "CUP", 4)
    person = await given.person()

    silent = await transferring.decide_rest(number, choice, "", perform=performing.carry_out, by=person)
    before = await inside.virtual("CUP", "EAST", "transit")
    decided = await transferring.decide_rest(
        number, choice, "司机查过", perform=performing.carry_out, by=person
    )

    assert inside.words(silent) == ["inside.fault.why"]
    assert before == "2"
    assert decided == Edited([number])
    assert (await inside.one(number)).state == state
    assert await inside.virtual("CUP", "EAST", "transit") == "0"
    assert await given.on_hand("CUP", at="MAIN-DOCK") == at_home
    assert await inside.virtual("CUP", "MAIN", "scrap") == scrapped
    assert await inside.unbalanced() == []


async def test_no_more_leaves_than_lies_there() -> None:
    await given.stock("CUP", 4, at="A-01")
    number = await inside.transfer({"CUP": 6})

    outcome = await inside.send(number, await inside.goods("CUP", 6, "A-01"))

    assert inside.words(outcome) == ["inside.fault.not_there"]
    assert await given.on_hand("CUP", at="A-01") == "4"


async def test_goods_of_another_warehouse_do_not_leave_with_it() -> None:
    await given.stock("CUP", 6, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await given.location("E-01", warehouse_code="EAST")
    await given.stock("CUP", 6, at="E-01")

    assert inside.words(await inside.send(number, await inside.goods("CUP", 6, "E-01"))) == [
        "inside.fault.not_there"
    ]


async def test_no_more_arrives_at_the_desk_than_is_on_the_way() -> None:
    await given.stock("CUP", 6, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await inside.send(number, await inside.goods("CUP", 6, "A-01"))

    assert inside.words(await inside.receive(number, "CUP", 7)) == ["inside.fault.not_there"]


async def test_a_transfer_that_has_left_is_not_cancelled_but_sends_no_more() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await inside.send(number, await inside.goods("CUP", 4, "A-01"))

    refused = await transferring.cancel(number, "不要了", by=1)
    closed = await transferring.close_sending(number, "车满了", by=1)
    await inside.receive(number, "CUP", 4)

    assert inside.words(refused) == ["inside.fault.has_gone"]
    assert closed == Edited([number])
    assert (await inside.one(number)).state == "done"
    assert (await inside.reserved(f"tr-{number}"), await inside.expected(f"tr-{number}")) == ("0", [])


async def test_a_cancelled_transfer_frees_its_goods() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})

    await transferring.cancel(number, "不要了", by=1)

    assert (await inside.one(number)).state == "cancelled"
    assert (await inside.reserved(f"tr-{number}"), await inside.expected(f"tr-{number}")) == ("0", [])
    assert await inside.told("transfer", f"tr-{number}") == []


async def test_what_expires_first_is_proposed_first() -> None:
    await given.stock("TEA", 5, at="A-01", lot="L2", expiry="2027-06-30")
    await given.stock("TEA", 5, at="A-02", lot="L1", expiry="2027-01-31")
    number = await inside.transfer({"TEA": 7})

    proposed = await queries.named(await transferring.proposed(await inside.one(number), today=inside.DAY))

    assert [(row.location_code, row.goods.lot, row.goods.quantity) for row in proposed] == [
        ("A-02", "L1", 5000),
        ("A-01", "L2", 2000),
    ]


async def test_only_a_draft_is_written_anew_and_only_by_who_saw_it_last() -> None:
    number = await inside.transfer({"CUP": 6}, released=False)
    one = await inside.one(number)
    head, lines = Head(source=one.source, target=one.target), [await inside.line("CUP", 3)]

    changed = await transferring.change(number, head, lines, version=one.version, by=1)
    stale = await transferring.change(number, head, lines, version=one.version, by=1)
    await transferring.release(number, today=inside.DAY, by=1)
    late = await transferring.change(number, head, lines, version=one.version + 2, by=1)

    assert (changed, stale) == (Edited([number]), Stale(one.version + 1))
    assert inside.words(late) == ["inside.fault.not_draft"]
    assert await inside.figures(number) == [("CUP", "3", "0", "0", "0")]
