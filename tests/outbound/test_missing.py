"""A picker finds too little: another place is named, the bin is to be counted, nobody is sent there again."""

import pytest

from server import db
from server.sync import performing, wire
from server.sync.performing import Act
from server.sync.verdict import Ruling
from tests import given
from tests.outbound.floor import pick, picker, released, shown, standing, tote

pytestmark = pytest.mark.database


async def find_short(notice: int, code: str, *, at: str, reason: str) -> list[Ruling]:
    """Somebody stands before the bin and cannot take it; that none is left is counted besides."""
    place, item = f"l-{await given.location(at)}", f"i-{await given.item(code)}"
    told = wire.Pick(
        item=item,
        quantity="0",
        source=place,
        target=f"l-{await tote()}",
        document=f"sn-{notice}",
        short_reason=reason,
    )
    seen = wire.Count(location=place, lines=[wire.Counted(item=item, quantity="0")])
    counted = [Act("stock.count@1", seen)] if reason == "none_left" else []
    return await performing.perform([*counted, Act("stock.pick@1", told)], by=await picker())


async def to_pick() -> dict[str, str]:
    """Where devices send people: place → how many."""
    rows = (await shown("pick")).values()
    return {row["location"]: row["quantity"] for row in rows if row["state"] == "open"}


async def asked_to_count() -> dict[str, str]:
    """The places somebody is to count, and why."""
    rows = (await shown("task")).values()
    return {row["location"]: row["reason"] for row in rows if row["kind"] == "count"}


@pytest.mark.parametrize("reason", ["none_left", "damaged"])
async def test_what_is_short_is_picked_elsewhere_and_the_bin_is_counted(
    database: db.Database, reason: str
) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)
    await given.stock("CUP", 5, at="B-01")

    rulings = await find_short(notice, "CUP", at="A-01", reason=reason)

    assert {ruling.outcome for ruling in rulings} == {"applied"}
    assert await to_pick() == {f"l-{await given.location('B-01')}": "3"}
    assert await asked_to_count() == {f"l-{await given.location('A-01')}": "short"}
    assert await given.on_hand("CUP", at="A-01") == ("0" if reason == "none_left" else "3")


async def test_nobody_is_sent_again_to_what_is_damaged_though_nothing_else_is_there(
    database: db.Database,
) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)

    await find_short(notice, "CUP", at="A-01", reason="damaged")

    assert await to_pick() == {}
    assert (await standing(notice)).state == "released"


async def test_a_bin_that_was_found_damaged_before_anybody_was_sent_there_is_left_out_too(
    database: db.Database,
) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)
    await given.stock("CUP", 5, at="B-01")

    await find_short(notice, "CUP", at="B-01", reason="damaged")
    await find_short(notice, "CUP", at="A-01", reason="none_left")

    assert await to_pick() == {}


async def test_goods_that_come_to_a_bin_where_none_was_left_are_picked_there(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)
    await find_short(notice, "CUP", at="A-01", reason="none_left")

    await given.stock("CUP", 4, at="A-01")
    await given.stock("CUP", 2, at="B-01")
    await pick(notice, CUP=1, at="B-01")

    assert f"l-{await given.location('A-01')}" in await to_pick()


async def test_a_bin_that_should_be_empty_and_is_not_is_counted_and_its_line_stays_picked(
    database: db.Database,
) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)
    await pick(notice, CUP=3, at="A-01")

    await find_short(notice, "CUP", at="A-01", reason="not_empty")

    assert (await standing(notice)).state == "picked"
    assert await asked_to_count() == {f"l-{await given.location('A-01')}": "not_empty"}


async def test_a_pick_of_nothing_without_a_reason_is_no_pick(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    notice = await released(CUP=3)

    (ruling,) = await pick(notice, CUP=0, at="A-01")

    assert (ruling.outcome, ruling.reason) == ("rejected", "malformed")
