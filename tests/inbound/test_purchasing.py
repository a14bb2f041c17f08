"""Orders to suppliers, and what the warehouse expects because of them."""

import pytest

from server.catalog.maintaining import Edited, Refused, Stale
from server.inbound import purchasing, queries, receiving
from server.inbound.purchase import Head
from tests import given
from tests.inbound import trade

pytestmark = pytest.mark.usefixtures("database")


def words(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [fault.word for fault in outcome.faults]


async def head_of(order_id: int) -> tuple[Head, int]:
    order = await queries.order(order_id)
    assert order is not None
    head = Head(
        supplier=order.supplier,
        warehouse=order.warehouse,
        ordered_on=order.ordered_on,
        expected_on=order.expected_on,
        reference=order.reference,
    )
    return head, order.version


async def test_a_draft_expects_nothing() -> None:
    order = await trade.order({"CUP": 10}, confirmed=False)

    assert await trade.order_state(order) == "draft"
    assert await trade.expected() == []
    assert await queries.receipts_of(f"po-{order}") == []


async def test_confirming_makes_the_warehouse_expect_it() -> None:
    order = await trade.order({"CUP": 10, "BOX": 3})

    receipt = await trade.receipt_of(order)
    assert (receipt.kind, receipt.state, receipt.expected_on) == ("purchase", "expected", "2026-11-30")
    assert await trade.figures(receipt.id) == [("CUP", "10", "0", "0", "0"), ("BOX", "3", "0", "0", "0")]
    assert await trade.expected() == [("CUP", "2026-11-30", "10"), ("BOX", "2026-11-30", "3")]
    assert f'"number":"{receipt.number}"' in (await trade.told(receipt.document) or "")


async def test_an_order_is_confirmed_once() -> None:
    order = await trade.order({"CUP": 10})

    assert words(await purchasing.confirm(order, by=1)) == ["inbound.fault.not_draft"]
    assert len(await queries.receipts_of(f"po-{order}")) == 1


async def test_an_order_goes_to_a_supplier_and_an_open_warehouse() -> None:
    head = Head(supplier=99, warehouse=await given.warehouse())

    outcome = await purchasing.save(head, await trade.lines({"CUP": 1}), by=1)

    assert words(outcome) == ["inbound.fault.no_supplier"]


async def test_an_order_needs_lines() -> None:
    head = Head(supplier=await trade.supplier(), warehouse=await given.warehouse())

    assert words(await purchasing.save(head, [], by=1)) == ["inbound.fault.no_lines"]


async def test_a_delivery_in_parts_moves_the_order_from_state_to_state() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)

    await trade.arrive(pda, "CUP", 4, receipt.document)
    after_some = await trade.order_state(order), await trade.state(receipt.id), await trade.expected()
    await trade.arrive(pda, "CUP", 6, receipt.document)
    after_all = await trade.order_state(order), await trade.state(receipt.id), await trade.expected()
    await trade.put_away(pda, "CUP", 10, receipt.document)

    assert after_some == ("partly_received", "receiving", [("CUP", "2026-11-30", "6")])
    assert after_all == ("done", "putaway", [])
    assert await trade.state(receipt.id) == "done"
    assert await trade.told(receipt.document) is None


async def test_a_changed_order_changes_what_is_expected() -> None:
    order, pda = await trade.order({"CUP": 10, "BOX": 5}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)
    await trade.arrive(pda, "CUP", 4, receipt.document)
    head, version = await head_of(order)

    outcome = await purchasing.change(
        order, head, await trade.lines({"CUP": 7, "JAR": 2}), version=version, by=1
    )

    assert outcome == Edited([order])
    assert await trade.figures(receipt.id) == [
        ("CUP", "7", "4", "0", "0"),
        ("BOX", "0", "0", "0", "0"),
        ("JAR", "2", "0", "0", "0"),
    ]
    assert [(code, much) for code, _, much in await trade.expected()] == [("CUP", "3"), ("JAR", "2")]


async def test_what_came_cannot_be_unordered() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    await trade.arrive(pda, "CUP", 4, (await trade.receipt_of(order)).document)
    head, version = await head_of(order)

    outcome = await purchasing.change(order, head, await trade.lines({"CUP": 3}), version=version, by=1)

    assert words(outcome) == ["inbound.fault.below_received"]


async def test_an_editor_who_saw_an_older_version_is_told() -> None:
    order = await trade.order({"CUP": 10}, confirmed=False)
    head, version = await head_of(order)
    await purchasing.change(order, head, await trade.lines({"CUP": 3}), version=version, by=1)

    again = await purchasing.change(order, head, await trade.lines({"CUP": 4}), version=version, by=1)

    assert again == Stale(version + 1)


async def test_a_cancelled_order_is_no_longer_expected() -> None:
    order = await trade.order({"CUP": 10})
    receipt = await trade.receipt_of(order)

    outcome = await purchasing.cancel(order, "供应商停产", by=1)

    assert outcome == Edited([order])
    assert (await trade.order_state(order), await trade.state(receipt.id)) == ("cancelled", "cancelled")
    assert await trade.expected() == []
    assert await trade.told(receipt.document) is None


async def test_an_order_of_which_something_came_is_closed_and_not_cancelled() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)
    await trade.arrive(pda, "CUP", 4, receipt.document)

    refused = await purchasing.cancel(order, "", by=1)
    closed = await purchasing.close_short(order, "余数不要了", by=1)

    assert words(refused) == ["inbound.fault.has_come"]
    assert closed == Edited([order])
    assert (await trade.order_state(order), await trade.state(receipt.id)) == ("done", "putaway")
    assert await trade.expected() == []
    order_now = await queries.order(order)
    assert order_now is not None and order_now.total == 4 * 10_000


async def test_the_rest_of_a_delivery_comes_with_another_receipt() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    first = await trade.receipt_of(order)
    await trade.arrive(pda, "CUP", 4, first.document)

    await receiving.close(first.id, comes_later=True, by=1)
    second = await trade.receipt_of(order)
    await trade.put_away(pda, "CUP", 4, first.document)
    await trade.arrive(pda, "CUP", 6, second.document, at="A-01")

    assert second.id != first.id
    assert await trade.state(first.id) == "partly_closed"
    assert await trade.figures(second.id) == [("CUP", "6", "6", "0", "6")]
    assert (await trade.state(second.id), await trade.order_state(order)) == ("done", "done")


async def test_the_rest_of_a_delivery_may_never_come() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)
    await trade.arrive(pda, "CUP", 4, receipt.document, at="A-01")

    await receiving.close(receipt.id, comes_later=False, by=1)

    assert (await trade.state(receipt.id), await trade.order_state(order)) == ("partly_closed", "done")
    assert len(await queries.receipts_of(f"po-{order}")) == 1
