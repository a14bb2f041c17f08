"""Orders placed, changed and cancelled on a device: promised by the same rules as on the desk, each once."""

import asyncio
from typing import Any

import msgspec
import pytest

from server import db, ids
from server.db import Statement, fetch
from server.outbound import ordering, queries
from server.outbound.ordering import Confirmed, Done
from server.sync.verdict import Ruling
from tests import given
from tests.outbound.orders import ADA, customer, draft, expect, only_line, ordered, reserved

pytestmark = pytest.mark.database

_ROW = Statement("SELECT body FROM feed_row WHERE scope = ? AND kind = 'order' AND key = ?")
_ODD = Statement("SELECT count(*) FROM incident")


async def seller(name: str = "seller", *, role: str = "salesperson") -> given.Pda:
    await given.person(name, role=role)
    return await given.pda(name, name=f"{name}'s phone")


async def wish(*, of: str = "C1", **more: Any) -> dict[str, Any]:
    """What a device says of an order: `wish(CUP=3, note="…")`."""
    amounts = {code: more.pop(code) for code in list(more) if code.isupper()}
    return {
        "customer": f"p-{await customer(of)}",
        "warehouse": f"w-{await given.warehouse()}",
        "lines": [
            {"item": f"i-{await given.item(code)}", "quantity": str(amount)}
            for code, amount in amounts.items()
        ],
        **more,
    }


async def place(device: given.Pda, **more: Any) -> Any:
    return await device.report("order.place@1", **await wish(**more))


def ruling(verdict: Any) -> Ruling:
    return Ruling(verdict.outcome, verdict.reason)


async def told(device: given.Pda, key: str) -> dict[str, Any]:
    """What the device learnt of its order."""
    rows = await fetch(_ROW, f"device:{device.wire_id}", key)
    body: dict[str, Any] = msgspec.json.decode(rows[0][0])
    return body


async def newest() -> queries.Order:
    found = await queries.order((await queries.orders(queries.Filters())).rows[0].id)
    assert found is not None
    return found


async def test_an_order_from_a_device_is_promised_and_told_with_its_number(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    device = await seller()

    verdict = await place(device, CUP=3, reference="PO 7", note="门口放")

    order = await newest()
    assert ruling(verdict) == Ruling("applied")
    assert (order.state, order.reference, order.remark, order.operation) == (
        "confirmed",
        "PO 7",
        "门口放",
        verdict.id,
    )
    assert await reserved("CUP") == 3
    answer = await told(device, verdict.id)
    assert (answer["order"], answer["number"]) == (order.document, order.number)
    assert answer["lines"][0]["reserved"] == "3"


async def test_what_is_owed_is_a_warning_with_day_and_holders(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    holder = await ordered(CUP=9)
    await expect("CUP", 9, "2099-01-05")
    device = await seller()

    verdict = await place(device, CUP=3)

    assert ruling(verdict) == Ruling("warning", "backordered")
    (line,) = (await told(device, verdict.id))["lines"]
    assert (line["reserved"], line["backordered"], line["promised_on"]) == ("1", "2", "2099-01-05")
    assert line["holders"] == [{"number": holder.number, "quantity": "9"}]
    assert (await fetch(_ODD))[0][0] == 0


async def test_who_wants_only_what_is_there_is_refused_and_told_who_holds_it(database: db.Database) -> None:
    await given.stock("CUP", 2, at="A-01")
    holder = await ordered(CUP=2)
    device = await seller()

    verdict = await place(device, CUP=1, policy="cancel")

    assert ruling(verdict) == Ruling("rejected", "not_available")
    answer = await told(device, verdict.id)
    assert answer["state"] == "refused"
    assert answer["lines"][0]["holders"] == [{"number": holder.number, "quantity": "2"}]
    assert (await newest()).id == holder.id


async def test_an_order_that_is_held_is_taken_with_a_warning(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    await customer(is_blocked=True)

    assert ruling(await place(await seller(), CUP=1)) == Ruling("warning", "order_held")


async def test_the_same_operation_twice_places_one_order(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    device, twin = await seller(), await given.pda("seller", name="the second phone")
    same, args = ids.uuid7(), await wish(CUP=3)

    first = await report(device, device.operation("order.place@1", args, id=same))
    second = await report(twin, twin.operation("order.place@1", args, id=same))

    assert (first.outcome, second.outcome) == ("applied", "duplicate")
    assert await reserved("CUP") == 3


async def report(device: given.Pda, operation: dict[str, object]) -> Any:
    """Send this very operation."""
    from server import clock
    from server.sync import envelope, reconciling
    from server.sync import queries as devices

    known = await devices.device_by_bearer(device.headers["Authorization"])
    assert known is not None
    answer = await reconciling.reconcile(envelope.read(device.batch(operation), clock.now()), known)
    assert not isinstance(answer, reconciling.Conflict)
    return answer.verdicts[0]


@pytest.mark.parametrize("role", ["storekeeper", "buyer", "finance"])
async def test_who_does_not_sell_places_no_orders(database: db.Database, role: str) -> None:
    await given.stock("CUP", 10, at="A-01")

    verdict = await place(await seller(role, role=role), CUP=1)

    assert ruling(verdict) == Ruling("rejected", "not_permitted")
    assert await reserved("CUP") == 0


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"customer": "p-999"}, "not_found"),
        ({"warehouse": "w-999"}, "out_of_scope"),
        ({"lines": [{"item": "i-999", "quantity": "1"}]}, "unknown_item"),
        ({"lines": [{"item": "i-1", "quantity": "1", "unit": "托盘"}]}, "factor_differs"),
        ({"lines": [{"item": "i-1", "quantity": "0"}]}, "malformed"),
        ({"lines": [{"item": "i-1", "quantity": "0.5"}]}, "malformed"),
        ({"lines": []}, "malformed"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_with_the_reason(
    database: db.Database, changed: dict[str, Any], reason: str
) -> None:
    await given.item("CUP")
    device = await seller()

    verdict = await device.report("order.place@1", **await wish(CUP=1) | changed)

    assert ruling(verdict) == Ruling("rejected", reason)
    assert (await queries.orders(queries.Filters())).rows == []


async def test_a_warehouse_one_does_not_work_in_is_out_of_scope(database: db.Database) -> None:
    await given.warehouse("EAST")
    device = await seller()

    verdict = await place(device, CUP=1, warehouse=f"w-{await given.warehouse('EAST')}")

    assert ruling(verdict) == Ruling("rejected", "out_of_scope")


# Changed and cancelled


async def test_an_order_is_changed_by_the_operation_that_placed_it(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    device = await seller()
    placed = await place(device, CUP=3)

    args = {"order": placed.id, "lines": (await wish(CUP=5))["lines"]}
    verdict = await device.report("order.change@1", **args)

    assert ruling(verdict) == Ruling("applied")
    assert await reserved("CUP") == 5
    assert (await told(device, placed.id))["lines"][0]["quantity"] == "5"


async def test_a_change_beyond_what_there_is_says_so(database: db.Database) -> None:
    await given.stock("CUP", 4, at="A-01")
    device = await seller()
    placed = await place(device, CUP=3)

    verdict = await device.report("order.change@1", order=placed.id, lines=(await wish(CUP=6))["lines"])

    assert ruling(verdict) == Ruling("warning", "backordered")


async def test_a_change_of_what_somebody_else_changed_is_superseded(database: db.Database) -> None:
    await given.stock("CUP", 4, at="A-01")
    device, lines = await seller(), (await wish(CUP=2))["lines"]
    await place(device, CUP=3)
    order = await newest()

    verdicts = [
        await device.report("order.change@1", order=order.document, lines=lines, version=order.version)
        for _ in range(2)
    ]

    assert [ruling(one) for one in verdicts] == [Ruling("applied"), Ruling("superseded", "version")]


async def test_an_order_is_cancelled_once(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    device = await seller()
    placed = await place(device, CUP=3)

    first = await device.report("order.cancel@1", order=placed.id, reason="客户取消")
    second = await device.report("order.cancel@1", order=placed.id)

    assert (ruling(first), ruling(second)) == (Ruling("applied"), Ruling("rejected", "order_closed"))
    assert await reserved("CUP") == 0


@pytest.mark.parametrize("named", ["so-99", "so-x", "nonsense", "so-²"])
async def test_an_order_that_nobody_knows_is_not_found(database: db.Database, named: str) -> None:
    verdict = await (await seller()).report("order.cancel@1", order=named)

    assert ruling(verdict) == Ruling("rejected", "not_found")


# At the same instant


async def test_a_hundred_pieces_and_two_hundred_claims_make_a_hundred_orders(database: db.Database) -> None:
    await given.stock("CUP", 100, at="A-01")
    devices = [await seller(f"seller-{number}") for number in range(10)]
    args = await wish(CUP=1, policy="cancel")

    async def twenty(device: given.Pda) -> list[Ruling]:
        return [ruling(await device.report("order.place@1", **args)) for _ in range(20)]

    answers = [one for of_device in await asyncio.gather(*map(twenty, devices)) for one in of_device]

    assert answers.count(Ruling("applied")) == 100
    assert answers.count(Ruling("rejected", "not_available")) == 100
    assert await reserved("CUP") == 100
    assert (await queries.counts(queries.Filters())) == {"confirmed": 100}


async def race(rounds: int) -> None:
    """A salesperson on the desk and one with a phone want the last piece at the same instant, again and again."""
    await given.stock("CUP", 1, at="A-01")
    device = await seller()
    args = await wish(of="C2", CUP=1)
    for number in range(rounds):
        at_desk = await draft(CUP=1)
        by_desk, by_phone = ordering.confirm(at_desk, by=ADA), device.report("order.place@1", **args)

        # Whoever is named first asks first, so they take turns at it.
        pair = (by_desk, by_phone) if number % 2 else (by_phone, by_desk)
        answers = await asyncio.gather(*pair)
        desk, phone = answers if number % 2 else reversed(answers)

        assert isinstance(desk, Confirmed)
        from_phone = await queries.order_of_operation(phone.id)
        assert from_phone is not None
        assert await reserved("CUP") == 1
        line = (await told(device, phone.id))["lines"][0]
        if desk.is_whole:
            assert ruling(phone) == Ruling("warning", "backordered")
            assert line["holders"] == [{"number": desk.number, "quantity": "1"}]
        else:
            assert ruling(phone) == Ruling("applied")
            assert [held.document for held in desk.lines[0].holders] == [f"so-{from_phone}"]
        for one in (at_desk, from_phone):
            assert isinstance(await ordering.cancel(one, reason="", by=ADA), Done)
    assert await reserved("CUP") == 0


async def test_desk_and_phone_want_the_last_piece_at_once(database: db.Database) -> None:
    await race(10)


@pytest.mark.slow
async def test_desk_and_phone_want_the_last_piece_at_once_a_thousand_times(database: db.Database) -> None:
    await race(1000)


async def test_a_claim_says_which_device_it_came_from(database: db.Database) -> None:
    device = await seller()
    await place(device, CUP=1)

    rows = await fetch(Statement("SELECT DISTINCT device FROM event WHERE topic LIKE 'order.%'"))

    assert [f"d-{row[0]}" for row in rows] == [device.wire_id]
    assert (await only_line((await newest()).id)).backordered == 1000
