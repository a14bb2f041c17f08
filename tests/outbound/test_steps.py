"""Every step of a warehouse on or off, in every combination: the goods, the promise and the documents end the same."""

import itertools

import pytest

from server import clock, db
from server.catalog.maintaining import Refused
from server.db import Statement, fetch
from server.inbound import arranging, inspecting, queries, receiving
from server.inbound.queries import Rule, Setting
from server.outbound import packing, releasing, surveying
from server.outbound.notice import Steps
from server.outbound.ordering import By
from server.outbound.releasing import Done
from server.stock import promising, verifying
from server.sync import dispatching
from tests import given
from tests.inbound import trade
from tests.outbound.floor import noticed, picker, pinned, released, shown, standing, steps, tote
from tests.outbound.orders import ADA, only_line, ordered, reserved

pytestmark = pytest.mark.database

OUTBOUND = [
    Steps(picks=picks, packs=packs, checkers=checkers, ships=ships)
    for picks, packs, checkers, ships in itertools.product(
        (True, False), (True, False), (0, 1, 2), (True, False)
    )
    if (picks or packs or ships) and (picks or packs or not checkers)
]

_LEFT = Statement(
    "SELECT l.kind, sum(b.on_hand) FROM balance b JOIN location l ON l.id = b.location JOIN item i ON i.id = b.item"
    " WHERE i.code = 'CUP' AND l.kind IN ('bin', 'dock', 'tote', 'carton', 'customer') AND b.on_hand <> 0"
    " GROUP BY l.kind ORDER BY l.kind"
)
_SENT = Statement(
    "SELECT count(*) FROM movement m JOIN location l ON l.id = m.target WHERE l.kind = 'customer' AND m.document = ?"
)


def _named(one: Steps) -> str:
    taken = [name for name in ("picks", "packs", "ships") if getattr(one, name)]
    return "+".join([*taken, f"{one.checkers} checks"])


async def _to_the_end(notice: int, taken: Steps) -> None:
    """Do what the page offers next until nothing is left to do."""
    if taken.picks:
        await dispatching.pick(notice, await tote(), by=By(await picker()))
    if taken.packs:
        box = await packing.open_carton(notice, by=ADA)
        assert isinstance(box, surveying.Carton), box
        await dispatching.pack(notice, box.location, by=By(await picker()))
    for name in ("li", "zhao")[: taken.checkers]:
        checked = await dispatching.check(notice, by=By(await picker(name)))
        assert isinstance(checked, Done), checked
    if taken.ships:
        sent = await dispatching.ship(notice, "顺丰", "SF1", today=clock.today(), by=ADA)
        assert sent == Done(notice, "shipped"), sent


@pytest.mark.parametrize("taken", OUTBOUND, ids=_named)
async def test_whichever_steps_are_taken_the_same_goods_have_left(
    database: db.Database, taken: Steps
) -> None:
    await steps(**{field: getattr(taken, field) for field in ("picks", "packs", "checkers", "ships")})
    await given.stock("CUP", 10, at="A-01")
    notice = await noticed((await ordered(CUP=3)).id)

    await _to_the_end(notice, taken)

    stands = await standing(notice)
    assert (stands.state, stands.order_state) == ("shipped", "done")
    line = await only_line(stands.order_id)
    assert (line.noticed, line.picked, line.shipped, line.reserved) == (3000, 3000, 3000, 0)
    assert (await reserved("CUP"), await pinned("CUP")) == (0, 0)
    assert [(row[0], int(row[1])) for row in await fetch(_LEFT)] == [("bin", 7000), ("customer", 3000)]
    assert (await fetch(_SENT, f"sn-{notice}"))[0][0] == 1
    assert (await verifying.verify()).violations == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"picks": False, "packs": False, "checkers": 1}, "checkers"),
        ({"picks": False, "packs": False, "checkers": 0, "ships": False}, "ships"),
        ({"checkers": 3}, "checkers"),
        ({"aisle_mm": 0}, "aisle_mm"),
    ],
)
async def test_steps_that_cannot_be_taken_are_refused(
    database: db.Database, wrong: dict[str, int], field: str
) -> None:
    outcome = await releasing.settle_steps(await given.warehouse(), Steps(**wrong), by=ADA)  # type: ignore[arg-type]

    assert isinstance(outcome, Refused)
    assert [fault.field for fault in outcome.faults] == [field]


async def test_what_was_at_work_goes_on_by_the_new_steps(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await noticed((await ordered(CUP=3)).id)
    await dispatching.pick(notice, await tote(), by=By(await picker()))

    await steps(packs=False, checkers=0)

    assert await dispatching.ship(notice, "", "", today=clock.today(), by=ADA) == Done(notice, "shipped")


# Goods in


async def _arranged(*, puts_away: bool) -> None:
    reject = await given.location("REJECT", kind="dock")
    done = await arranging.arrange(await given.warehouse(), Setting(0, puts_away, reject), by=1)
    assert not isinstance(done, Refused), done


async def _promised(code: str = "CUP") -> int:
    here = promising.Goods(await given.item(code), await given.warehouse())
    return (await promising.available([here], clock.today()))[here] // 1000


@pytest.mark.parametrize("has_lots", [False, True])
@pytest.mark.parametrize("is_inspected", [False, True])
@pytest.mark.parametrize("puts_away", [False, True])
async def test_whichever_steps_they_came_by_the_same_goods_can_be_sold(
    database: db.Database, puts_away: bool, is_inspected: bool, has_lots: bool
) -> None:
    await _arranged(puts_away=puts_away)
    item, lot = await given.item("CUP", has_lots=has_lots), "L1" if has_lots else ""
    await arranging.rule(item, await given.warehouse(), Rule(is_inspected), by=1)
    pda = await given.pda()
    receipt = await trade.receipt_of(await trade.order({"CUP": 4}))

    await trade.arrive(pda, "CUP", 4, receipt.document, lot=lot)
    if is_inspected:
        assert await _promised() == 0
        (check,) = (await queries.inspections_of([receipt.id]))[receipt.id]
        await inspecting.judge(check.id, "good", 4000, "", by=1)
    if puts_away:
        assert await _promised() == 0
        await trade.put_away(pda, "CUP", 4, receipt.document, lot=lot)

    assert await trade.state(receipt.id) == "done"
    assert await _promised() == 4
    notice = await noticed((await ordered(CUP=4)).id)
    await steps(packs=False, checkers=0)
    await dispatching.pick(notice, await tote(), by=By(await picker()))
    await dispatching.ship(notice, "", "", today=clock.today(), by=ADA)
    assert [(row[0], int(row[1])) for row in await fetch(_LEFT)] == [("customer", 4000)]
    assert (await verifying.verify()).violations == []


async def test_what_the_buyer_has_not_taken_is_not_sold_at_the_dock(database: db.Database) -> None:
    await _arranged(puts_away=False)
    receipt = await trade.receipt_of(await trade.order({"CUP": 4}))
    await trade.arrive(await given.pda(), "CUP", 6, receipt.document)
    assert await _promised() == 4

    (line,) = (await queries.receipt_lines([receipt.id]))[receipt.id]
    await receiving.take_excess(line.line.id, receipt.id, by=1)

    assert await _promised() == 6


async def test_refused_goods_are_not_sold_at_the_dock(database: db.Database) -> None:
    await _arranged(puts_away=False)
    item = await given.item("CUP")
    await arranging.rule(item, await given.warehouse(), Rule(True), by=1)
    receipt = await trade.receipt_of(await trade.order({"CUP": 4}))
    await trade.arrive(await given.pda(), "CUP", 4, receipt.document)
    (check,) = (await queries.inspections_of([receipt.id]))[receipt.id]

    await inspecting.judge(check.id, "good", 3000, "", by=1)

    assert await _promised() == 3
    notice = await noticed((await ordered(CUP=4)).id)
    assert await pinned("CUP") == 3
    assert (await standing(notice)).state == "released"


async def test_who_waits_is_served_at_the_dock(database: db.Database) -> None:
    await _arranged(puts_away=False)
    order = (await ordered(CUP=4)).id
    receipt = await trade.receipt_of(await trade.order({"CUP": 4}))

    await trade.arrive(await given.pda(), "CUP", 4, receipt.document)

    assert (await only_line(order)).reserved == 4000


async def test_what_stands_at_the_dock_is_sold_once_nothing_is_put_away(database: db.Database) -> None:
    await _arranged(puts_away=True)
    order = (await ordered(CUP=4)).id
    receipt = await trade.receipt_of(await trade.order({"CUP": 4}))
    await trade.arrive(await given.pda(), "CUP", 4, receipt.document)
    assert (await only_line(order)).reserved == 0

    await _arranged(puts_away=False)

    assert (await only_line(order)).reserved == 4000


async def test_without_putting_away_refused_goods_need_a_place_of_their_own(database: db.Database) -> None:
    outcome = await arranging.arrange(await given.warehouse(), Setting(0, False, None), by=1)

    assert isinstance(outcome, Refused)
    assert [fault.field for fault in outcome.faults] == ["reject"]


async def test_devices_are_told_where_every_bin_is_to_be_scanned(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    await released(CUP=3)
    (before,) = (await shown("notice")).values()

    await steps(scans_bins=True)

    (after,) = (await shown("notice")).values()
    assert ("strict" in before, after["strict"]) == (False, True)
