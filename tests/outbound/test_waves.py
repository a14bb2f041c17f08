"""Waves on a real database: proposed by the metres they save, totes on a trolley, given to somebody and taken back."""

import pytest

from server import db
from server.db import Statement, execute, writing
from server.documents.filters import Filters
from server.outbound import releasing, surveying, waving
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow, Released
from tests import given
from tests.outbound.floor import picker, released, shown, standing, tote
from tests.outbound.orders import ADA

pytestmark = pytest.mark.database

_DUE = Statement("UPDATE shipment_notice SET due_on = ? WHERE id = ?")


async def floor() -> None:
    """Two bins deep in far aisles, one near the door."""
    for code, aisle, bay in (("A-01", "A", 1), ("H-09", "H", 9), ("H-10", "H", 10)):
        await given.location(code, aisle=aisle, bay=bay)
    for code, place in (("NEAR", "A-01"), ("FAR", "H-09"), ("FAR2", "H-10")):
        await given.stock(code, 50, at=place)


async def proposed() -> list[tuple[list[int], int]]:
    found = await waving.propose([await given.warehouse()])
    return [([one.id for one in each.notices], each.saved_m) for each in found]


async def cluster(*notices: int) -> int:
    made = await waving.group(list(notices), "cluster", by=ADA)
    assert isinstance(made, Released), made
    return made.id


async def test_what_lies_far_away_together_is_proposed_together(database: db.Database) -> None:
    await floor()
    far, other, near = await released(FAR=1), await released(FAR2=1), await released(NEAR=1)

    ((together, saved),) = await proposed()

    assert {far, other} <= set(together)
    assert saved > 20
    assert near in together or len(together) == 2


async def test_what_is_due_on_different_days_is_not_put_together(database: db.Database) -> None:
    await floor()
    first, second = await released(FAR=1), await released(FAR2=1)
    async with writing():
        await execute(_DUE, "2026-12-01", second)

    assert await proposed() == []
    assert (await standing(first)).wave is None


async def test_what_somebody_is_at_is_not_proposed(database: db.Database) -> None:
    await floor()
    first, _ = await released(FAR=1), await released(FAR2=1)
    await releasing.take([first], by=By(await picker()))

    assert await proposed() == []


async def test_a_proposal_is_a_wave_that_is_as_long_as_was_said(database: db.Database) -> None:
    await floor()
    await released(FAR=1)
    await released(FAR2=1)
    (one,) = await waving.propose([await given.warehouse()])

    wave = await surveying.wave(await cluster(*(each.id for each in one.notices)))

    assert wave is not None
    assert wave.walk_mm == one.walk_mm < one.alone_mm


# Totes


async def test_scanned_totes_stand_on_the_next_free_places(database: db.Database) -> None:
    await floor()
    first, second = await released(FAR=1), await released(FAR2=1)
    wave = await cluster(first, second)
    await tote("T-1")
    await tote("T-2")

    assert await waving.put_on(wave, "T-1", by=ADA) == Done(wave, "1")
    assert await waving.put_on(wave, "T-2", by=ADA) == Done(wave, "2")
    assert await waving.put_on(wave, "T-1", by=ADA) == NotNow(("no_position",))

    told = await shown("notice")
    assert [told[f"sn-{one}"]["totes"] for one in (first, second)] == [
        [f"l-{await tote('T-1')}"],
        [f"l-{await tote('T-2')}"],
    ]
    assert {body["wave_kind"] for body in told.values()} == {"cluster"}


async def test_a_tote_collects_for_one_notice_only(database: db.Database) -> None:
    await floor()
    wave = await cluster(await released(FAR=1), await released(FAR2=1))
    await tote("T-1")
    await waving.put_on(wave, "T-1", by=ADA)

    assert await waving.put_on(wave, "T-1", by=ADA) == NotNow(("tote_in_use",))
    assert await waving.put_on(wave, "A-01", by=ADA) == NotNow(("no_tote",))


async def test_a_tote_that_is_taken_off_may_be_used_again(database: db.Database) -> None:
    await floor()
    notice = await released(FAR=1)
    wave = await cluster(notice, await released(FAR2=1))
    await tote("T-1")
    await waving.put_on(wave, "T-1", by=ADA)

    assert await waving.take_off(wave, 1, by=ADA) == Done(wave, "1")

    assert "totes" not in (await shown("notice"))[f"sn-{notice}"]
    assert await waving.put_on(wave, "T-1", position=2, by=ADA) == Done(wave, "2")


async def test_a_dissolved_wave_lets_go_of_its_totes(database: db.Database) -> None:
    await floor()
    notice = await released(FAR=1)
    wave = await cluster(notice, await released(FAR2=1))
    await tote("T-1")
    await waving.put_on(wave, "T-1", by=ADA)

    await waving.dissolve(wave, by=ADA)

    assert (await standing(notice)).tote is None


# Given to somebody


async def test_a_task_is_given_to_somebody_and_then_to_another(database: db.Database) -> None:
    await floor()
    notice = await released(FAR=1)
    wang, li = await picker("wang"), await picker("li")

    assert await releasing.assign([notice], wang, by=ADA) == Done(notice, "picking")
    assert await releasing.assign([notice], li, by=ADA) == Done(notice, "picking")

    assert (await standing(notice)).taken_by == li
    assert (await shown("notice"))[f"sn-{notice}"]["taken"] == f"u-{li}"
    assert isinstance(await releasing.take([notice], by=By(wang)), releasing.Taken)
    assert isinstance(await releasing.take([notice], by=By(li, 3)), Done)


async def test_a_task_is_taken_back(database: db.Database) -> None:
    await floor()
    notice = await released(FAR=1)
    await releasing.assign([notice], await picker(), by=ADA)

    assert await releasing.assign([notice], 0, by=ADA) == Done(notice, "released")

    stands = await standing(notice)
    assert (stands.taken_by, stands.state) == (0, "released")


async def test_who_does_not_pick_here_is_given_nothing(database: db.Database) -> None:
    await floor()
    notice = await released(FAR=1)
    await given.warehouse("NORTH", "北仓")
    elsewhere = await given.person("zhou", warehouses=("NORTH",))
    seller = await given.person("sun", role="salesperson")

    assert await releasing.assign([notice], elsewhere, by=ADA) == NotNow(("nobody",))
    assert await releasing.assign([notice], seller, by=ADA) == NotNow(("nobody",))


# Listed


async def test_waves_are_listed_by_state_and_place(database: db.Database) -> None:
    await floor()
    wave = await cluster(await released(FAR=1), await released(FAR2=1))
    gone = await cluster(await released(NEAR=1))
    await waving.dissolve(gone, by=ADA)
    here = frozenset({await given.warehouse()})

    assert await surveying.count_waves(Filters(), here) == {"open": 1, "dissolved": 1}
    assert [one.id for one in (await surveying.list_waves(Filters(state="open"), here)).rows] == [wave]
    assert [one.id for one in (await surveying.list_waves(Filters(state="dissolved"))).rows] == [gone]
    assert (await surveying.list_waves(Filters(), frozenset())).rows == []
