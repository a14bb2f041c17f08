"""Production orders against a real database: each state's effect on stock, on promises, and on what devices see."""

import pytest

from server.catalog.maintaining import Edited, Stale
from server.making import composing, queries, working
from server.making.bill import Bill
from server.sync import producing
from tests import given
from tests.making import shop

pytestmark = pytest.mark.usefixtures("database")


async def test_an_order_carries_what_the_bill_says_of_so_many() -> None:
    await shop.compose(scrap={"CUP": "5"})

    number = await shop.order(approved=False)

    assert await shop.figures(number) == [
        ("BOX", "10", "0"),
        ("CUP", "21", "0"),
        ("TIN", "10", "0"),
        ("RIBBON", "5", "0"),
    ]
    assert (await shop.one(number)).state == "draft"
    assert (await shop.reserved(number), await shop.expected(number)) == ("0", [])
    assert await shop.told(number) == []


async def test_a_later_version_of_the_bill_alters_no_order() -> None:
    product = await shop.compose()
    number = await shop.order()

    await shop.compose(parts={"CUP": "3"})

    standing = await queries.bill_of(product)
    assert standing is not None and standing.version == 2
    assert (await shop.one(number)).bill_version == 1
    assert ("CUP", "20", "0") in await shop.figures(number)
    assert ("CUP", "30", "0") in await shop.figures(await shop.order())


async def test_a_bill_is_written_once_and_by_whoever_saw_the_last_one() -> None:
    product = await shop.compose()
    standing = await queries.bill_of(product)
    assert standing is not None

    same = await composing.compose(standing.bill, version=1, by=1)
    stale = await composing.compose(Bill(product=product), version=0, by=1)
    itself = await composing.compose(
        Bill(product=product, lines=(standing.bill.lines[0].__class__(component=product, quantity=1000),)),
        version=1,
        by=1,
    )
    ended = await composing.compose(Bill(product=product), version=1, by=1)

    assert same == Edited([product])
    assert stale == Stale(1)
    assert shop.words(itself) == ["making.fault.of_itself"]
    assert ended == Edited([product])
    assert [one.version for one in await queries.versions_of(product)] == [2, 1]
    assert await queries.bill_of(product) is None


async def test_an_approved_order_keeps_its_material_and_promises_its_product() -> None:
    await shop.compose()
    await shop.stocked({"CUP": 15, "TIN": 10, "RIBBON": 5})

    number = await shop.order()

    assert (await shop.one(number)).state == "approved"
    assert await shop.reserved(number) == "30"
    assert await shop.expected(number) == [("2026-11-25", "10")]
    (seen,) = await shop.told(number)
    assert (seen["kind"], len(seen["lines"])) == ("assembly", 4)


async def test_what_came_meanwhile_is_kept_when_asked() -> None:
    await shop.compose()
    await shop.stocked({"CUP": 15, "TIN": 10, "RIBBON": 5})
    number = await shop.order()
    await given.stock("CUP", 9, at="A-01")

    assert isinstance(await working.reserve(number, by=1), Edited)

    assert await shop.reserved(number) == "35"


async def test_material_goes_in_products_come_out_and_it_is_done() -> None:
    await shop.compose()
    await shop.stocked()
    number = await shop.order()

    await shop.take_all(number)
    picked = (await shop.one(number)).state, await shop.reserved(number)
    await shop.bring(number, "4")
    some = (await shop.one(number)).state, (await shop.one(number)).done
    await shop.bring(number, "6")

    assert picked == ("picked", "0")
    assert some == ("picked", 4000)
    assert (await shop.one(number)).state == "done"
    assert await shop.done(number) == {"BOX": "10", "CUP": "20", "TIN": "10", "RIBBON": "5"}
    assert await given.on_hand("BOX", at="B-01") == "10"
    assert await given.on_hand("CUP", at="A-01") == "0"
    assert (await shop.expected(number), await shop.told(number)) == ([], [])
    assert await shop.sound() == []


async def test_taking_apart_gives_the_components() -> None:
    await shop.compose()
    await given.stock("BOX", 4, at="B-01")
    number = await shop.order("disassembly", "4")

    kept = await shop.reserved(number)
    await shop.take(number, await shop.goods("BOX", "4", "B-01"))
    for code, much in (("CUP", "8"), ("TIN", "4"), ("RIBBON", "2")):
        await shop.bring(number, much, code, at="A-01")

    assert kept == "4"
    assert (await shop.one(number)).state == "done"
    assert await given.on_hand("CUP", at="A-01") == "8"
    assert await shop.sound() == []


async def test_plain_material_and_plain_products_need_no_bill() -> None:
    await shop.stocked({"CUP": 5})
    issue = await shop.order("issue", typed={"CUP": 5})
    receipt = await shop.order("receipt", typed={"BOX": 3})

    await shop.take(issue, await shop.goods("CUP", "5"))
    await shop.bring(receipt, "3")

    assert (await shop.one(issue)).state == (await shop.one(receipt)).state == "done"
    assert await given.on_hand("BOX", at="B-01") == "3"
    assert await shop.sound() == []


async def test_more_than_planned_needs_somebody_who_may_and_a_reason() -> None:
    await shop.compose()
    await shop.stocked({"CUP": 30, "TIN": 10, "RIBBON": 5})
    number = await shop.order()
    much = await shop.goods("CUP", "25")

    refused = await shop.take(number, much)
    silent = await shop.take(number, much, may_exceed=True)
    allowed = await shop.take(number, much, may_exceed=True, reason="打碎五个")

    assert shop.words(refused) == ["making.fault.over_issue"]
    assert shop.words(silent) == ["making.fault.why_over"]
    assert allowed == Edited([number])
    assert (await shop.done(number))["CUP"] == "25"
    assert await shop.excesses() == []


async def test_a_device_that_took_too_much_leaves_it_to_somebody_who_may_allow_it() -> None:
    await shop.compose()
    await shop.stocked({"CUP": 30, "TIN": 10, "RIBBON": 5})
    number = await shop.order()
    pda = await given.pda()

    verdict = await shop.report(pda, "take", "CUP", "25", number)
    raised = await shop.excesses()
    line = next(each.line.id for each in await queries.shown_lines(number) if each.code == "CUP")
    silent = await working.allow(number, line, "", by=1)
    await working.allow(number, line, "打碎五个", by=1)

    assert verdict.outcome == "applied"
    assert raised == [("CUP", "5")]
    assert shop.words(silent) == ["making.fault.why"]
    assert await shop.excesses() == []


async def test_what_is_brought_back_is_no_excess_any_more_and_is_kept_again() -> None:
    await shop.compose()
    await shop.stocked({"CUP": 30, "TIN": 10, "RIBBON": 5})
    number = await shop.order()
    pda = await given.pda()
    await shop.report(pda, "take", "CUP", "25", number)

    too_much = await shop.give_back(number, "CUP", "26")
    await shop.give_back(number, "CUP", "8")

    assert shop.words(too_much) == ["making.fault.not_there"]
    assert (await shop.done(number))["CUP"] == "17"
    assert await shop.excesses() == []
    assert await shop.reserved(number) == "18"
    assert await shop.sound() == []


async def test_what_nobody_planned_has_a_line_of_its_own() -> None:
    await shop.compose()
    await shop.stocked({"GLUE": 3})
    number = await shop.order()
    pda = await given.pda()

    await shop.report(pda, "take", "GLUE", "1", number)
    await shop.report(pda, "bring", "OFFCUT", "2", number)

    assert (await shop.figures(number))[-2:] == [("GLUE", "0", "1"), ("OFFCUT", "0", "2")]
    assert await shop.excesses() == [("GLUE", "1")]


async def test_ending_early_frees_what_was_kept() -> None:
    await shop.compose()
    await shop.stocked()
    number = await shop.order()
    too_early = await working.finish(number, "", by=1)
    await shop.take_all(number)
    await shop.bring(number, "8")

    assert isinstance(await working.finish(number, "缺人", by=1), Edited)

    assert shop.words(too_early) == ["making.fault.nothing_moved"]
    assert (await shop.one(number)).state == "done"
    assert (await shop.reserved(number), await shop.expected(number)) == ("0", [])


async def test_only_what_has_not_begun_is_cancelled() -> None:
    await shop.compose()
    await shop.stocked()
    begun, idle = await shop.order(much="2"), await shop.order(much="2")
    await shop.take(begun, await shop.goods("CUP", "1"))

    refused = await working.cancel(begun, "", by=1)
    cancelled = await working.cancel(idle, "客户取消", by=1)

    assert shop.words(refused) == ["making.fault.has_moved"]
    assert cancelled == Edited([idle])
    assert (await shop.one(idle)).state == "cancelled"
    assert (await shop.reserved(idle), await shop.expected(idle), await shop.told(idle)) == ("0", [], [])


async def test_a_scan_for_a_cancelled_order_opens_it_until_it_is_taken_back() -> None:
    await shop.compose()
    await shop.stocked()
    number = await shop.order()
    await working.cancel(number, "", by=1)
    pda = await given.pda()

    taken = await shop.report(pda, "take", "CUP", "2", number)
    opened = (await shop.one(number)).state
    await pda.report("op.undo@1", operation=taken.id)

    assert opened == "approved"
    assert (await shop.one(number)).state == "cancelled"
    assert await shop.sound() == []


async def test_a_reversal_takes_back_what_everybody_did() -> None:
    await shop.compose()
    await shop.stocked()
    number = await shop.order()
    pda = await given.pda()
    await shop.report(pda, "take", "CUP", "20", number)
    await shop.report(pda, "bring", "BOX", "10", number)
    supervisor = await given.person("boss", role="supervisor")

    silent = await producing.reverse(number, "", by=supervisor)
    outcome = await producing.reverse(number, "做错了", by=supervisor)

    assert shop.words(silent) == ["making.fault.why"]
    assert outcome == Edited([number])
    assert (await shop.one(number)).state == "reversed"
    assert await given.on_hand("CUP", at="A-01") == "20"
    assert await given.on_hand("BOX", at="B-01") == "0"
    assert await shop.sound() == []


async def test_products_that_have_moved_on_are_brought_back_before_a_reversal() -> None:
    await shop.compose()
    await shop.stocked()
    number = await shop.order()
    await shop.take_all(number)
    await shop.bring(number, "10")
    pda = await given.pda()
    item, source, target = await given.item("BOX"), await given.location("B-01"), await given.location("C-01")
    await pda.report(
        "stock.move@1", item=f"i-{item}", quantity="1", source=f"l-{source}", target=f"l-{target}"
    )

    outcome = await producing.reverse(number, "做错了", by=1)

    assert shop.words(outcome) == ["making.fault.moved_on"]


async def test_an_order_needs_a_bill_a_place_and_pieces_that_can_be_made() -> None:
    await given.item("BOX")
    await given.location("A-01")

    without = await working.save(await shop.head(), [], by=1)
    await shop.compose()
    half = await working.save(await shop.head(much="1.5"), [], by=1)
    nowhere = await working.save(await shop.head(is_backflush=True), [], by=1)
    empty = await working.save(await shop.head("issue"), [], by=1)

    assert shop.words(without) == ["making.fault.no_bill"]
    assert shop.words(half) == ["making.fault.quantity"]
    assert shop.words(nowhere) == ["making.fault.no_place"]
    assert shop.words(empty) == ["making.fault.no_lines"]


async def test_products_are_brought_with_their_lot_and_only_those_that_are_made() -> None:
    await given.item("BOX", has_lots=True)
    await shop.compose()
    number = await shop.order()

    no_lot = await shop.bring(number, "1")
    other = await shop.bring(number, "1", "CUP")
    await shop.bring(number, "1", lot="L1", expiry="2027-01-31")

    assert shop.words(no_lot) == ["making.fault.no_lot"]
    assert shop.words(other) == ["making.fault.not_made"]
    assert [(one.code, one.lot, one.expiry_on) for one in await queries.went(number)] == [
        ("BOX", "L1", "2027-01-31")
    ]


async def test_it_is_known_which_lots_and_serials_went_into_which_product() -> None:
    await given.item("BOX", has_lots=True)
    await given.item("TIN", has_serials=True)
    await given.stock("CUP", 20, at="A-01", lot="C7", expiry="2027-05-01")
    await given.stock("TIN", 1, at="A-01", serial="T-1")
    await shop.compose(parts={"CUP": "2", "TIN": "1"})
    number = await shop.order(much="1")

    await shop.take_all(number)
    await shop.bring(number, "1", lot="B1")

    assert [(one.code, one.lot, one.serial, one.quantity) for one in await queries.went(number)] == [
        ("BOX", "B1", "", -1000),
        ("CUP", "C7", "", 2000),
        ("TIN", "", "T-1", 1000),
    ]
