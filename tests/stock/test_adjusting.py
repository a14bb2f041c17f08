"""Adjustments against a real database: limits, second persons, scrap, and taking back."""

from collections.abc import Mapping

import pytest

from server.catalog.maintaining import Added, Edited, Refused
from server.stock import adjusting, queries
from server.stock.adjustment import Head, Line
from server.sync import performing
from tests import given
from tests.stock import inside

pytestmark = pytest.mark.usefixtures("database")

CHEAP, DEAR = 1_000_000, 1_000_000_000
"""Costs of one cup: one yuan, a thousand yuan."""


async def adjust(much: int, reason: str = "lost", code: str = "CUP", at: str = "A-01", *, by: int = 1) -> int:
    """A draft that changes what lies at a place."""
    line = Line(item=await given.item(code), location=await given.location(at), quantity=much * 1000)
    made = await adjusting.save(Head(warehouse=await given.warehouse(), reason=reason), [line], by=by)
    assert isinstance(made, Added), made
    return made.ids[0]


async def submit(number: int, cost: int = CHEAP, *, may_post: bool = True, by: int = 0) -> object:
    costs: Mapping[int, int] = {await given.item("CUP"): cost} if cost else {}
    person = by or await given.person("writer", role="supervisor")
    return await adjusting.submit(number, costs, may_post=may_post, perform=performing.carry_out, by=person)


async def state(number: int) -> str:
    one = await queries.adjustment(number)
    assert one is not None
    return one.state


async def test_below_the_limit_it_is_posted_at_once() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await adjust(-3)

    outcome = await submit(number)

    assert outcome == Edited([number])
    assert await state(number) == "posted"
    assert await given.on_hand("CUP", at="A-01") == "7"
    assert await inside.virtual("CUP", "MAIN", "adjustment") == "3"
    (row,) = await queries.movements(queries.Filters(document=f"ad-{number}"))
    assert (row.act, row.reason, row.user) == ("adjust", "lost", "writer")


@pytest.mark.parametrize(("cost", "may_post"), [(DEAR, True), (0, True), (CHEAP, False)])
async def test_it_waits_above_the_limit_or_without_a_known_cost_or_from_who_may_not_adjust(
    cost: int, may_post: bool
) -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await adjust(-3)

    await submit(number, cost, may_post=may_post)

    assert await state(number) == "waiting"
    assert await given.on_hand("CUP", at="A-01") == "10"


async def test_nobody_approves_what_they_wrote_or_asked_for() -> None:
    await given.stock("CUP", 10, at="A-01")
    writer, asker, second = [await given.person(name, role="supervisor") for name in ("w", "a", "s")]
    number = await adjust(-3, by=writer)
    await submit(number, DEAR, by=asker)

    own = [await adjusting.approve(number, perform=performing.carry_out, by=one) for one in (writer, asker)]
    approved = await adjusting.approve(number, perform=performing.carry_out, by=second)

    assert [inside.words(one) for one in own] == [["inside.fault.second_person"]] * 2
    assert approved == Edited([number])
    assert await given.on_hand("CUP", at="A-01") == "7"


async def test_a_warehouse_sets_its_own_limit() -> None:
    await given.stock("CUP", 10, at="A-01")
    await adjusting.set_limit(await given.warehouse(), 3000_0000, by=1)
    number = await adjust(-3)

    await submit(number, DEAR)

    assert await state(number) == "posted"


async def test_a_refused_adjustment_changes_nothing() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await adjust(-3)
    await submit(number, DEAR)

    silent = await adjusting.refuse(number, "", by=2)
    await adjusting.refuse(number, "再找找", by=2)

    assert inside.words(silent) == ["inside.fault.why"]
    assert await state(number) == "refused"
    assert await given.on_hand("CUP", at="A-01") == "10"


async def test_broken_goods_lie_in_scrap() -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await adjust(-2, "damaged")

    await submit(number)

    assert await given.on_hand("CUP", at="A-01") == "8"
    assert await inside.virtual("CUP", "MAIN", "scrap") == "2"
    assert await inside.unbalanced() == []


@pytest.mark.parametrize(("much", "reason"), [(-3, "lost"), (3, "found"), (-3, "damaged")])
async def test_a_reversal_restores_the_exact_balances_and_is_linked(much: int, reason: str) -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await adjust(much, reason)
    await submit(number)
    second = await given.person("second", role="supervisor")

    taken = await adjusting.reverse(number, "看错了", take_back=performing.take_back, by=second)
    again = await adjusting.reverse(number, "看错了", take_back=performing.take_back, by=second)

    assert taken == Edited([number])
    assert inside.words(again) == ["inside.fault.not_posted"]
    assert await state(number) == "reversed"
    assert await given.on_hand("CUP", at="A-01") == "10"
    assert await inside.virtual("CUP", "MAIN", "adjustment") == "0"
    assert await inside.virtual("CUP", "MAIN", "scrap") == "0"
    back, original = await queries.movements(queries.Filters(document=f"ad-{number}"))
    assert back.reverses.startswith(original.operation)


async def test_goods_that_have_gone_meanwhile_are_not_taken_off_again() -> None:
    await given.stock("CUP", 10, at="A-01")
    number, other = await adjust(-8), await adjust(-8)
    await submit(number)

    outcome = await submit(other)

    assert inside.words(outcome) == ["inside.fault.not_there"]
    assert await state(other) == "draft"
    assert await given.on_hand("CUP", at="A-01") == "2"


async def test_another_warehouses_place_is_not_adjusted() -> None:
    await given.location("E-01", warehouse_code="EAST")
    await given.stock("CUP", 10, at="E-01")
    line = Line(item=await given.item("CUP"), location=await given.location("E-01"), quantity=-1000)

    outcome = await adjusting.save(Head(warehouse=await given.warehouse(), reason="lost"), [line], by=1)

    assert isinstance(outcome, Refused)
    assert inside.words(outcome) == ["inside.fault.no_place"]
