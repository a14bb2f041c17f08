"""Backflush: a product takes its components by itself, the same in any order of arrival and of taking back."""

import itertools

import pytest

from server.making import working
from tests import given
from tests.making import shop

pytestmark = pytest.mark.usefixtures("database")


async def ordered(much: str = "10") -> int:
    """An order whose products take their components from A-01."""
    return await shop.order(much=much, is_backflush=True, place="A-01")


async def test_a_product_takes_its_components_in_the_same_operation() -> None:
    await shop.compose()
    await shop.stocked()
    number = await ordered()

    verdict = await shop.report(await given.pda(), "bring", "BOX", "4", number)

    assert verdict.outcome == "applied"
    assert await shop.done(number) == {"BOX": "4", "CUP": "8", "TIN": "4", "RIBBON": "2"}
    assert await given.on_hand("CUP", at="A-01") == "12"
    assert await shop.reserved(number) == "21"
    assert await shop.sound() == []


async def test_an_undone_product_gives_its_components_back() -> None:
    await shop.compose()
    await shop.stocked()
    number = await ordered()
    pda = await given.pda()
    brought = await shop.report(pda, "bring", "BOX", "4", number)

    await pda.report("op.undo@1", operation=brought.id)

    assert await shop.done(number) == {"BOX": "0", "CUP": "0", "TIN": "0", "RIBBON": "0"}
    assert await given.on_hand("CUP", at="A-01") == "20"
    assert await shop.sound() == []


async def test_a_product_is_never_refused_for_want_of_its_components() -> None:
    await shop.compose()
    await shop.stocked({"CUP": 5, "TIN": 10, "RIBBON": 5})
    number = await ordered()

    await shop.report(await given.pda(), "bring", "BOX", "4", number)

    assert await given.on_hand("BOX", at="B-01") == "4"
    assert (await shop.done(number))["CUP"] == "8"
    assert await given.on_hand("CUP", at="A-01") == "0"
    assert await shop.sound() == []


async def test_one_carton_for_a_dozen_is_taken_once() -> None:
    await shop.compose(parts={"CARTON": "1"}, makes="12")
    await shop.stocked({"CARTON": 5})
    number = await ordered("12")
    pda = await given.pda()

    taken = []
    for much in ("1", "5", "6"):
        await shop.report(pda, "bring", "BOX", much, number)
        taken.append((await shop.done(number))["CARTON"])

    assert taken == ["1", "1", "1"]
    assert (await shop.one(number)).state == "done"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_any_order_of_arrival_and_taking_back_comes_to_the_same(order: tuple[int, ...]) -> None:
    await shop.compose(parts={"CARTON": "1", "CUP": "2"}, makes="4")
    await shop.stocked({"CARTON": 9, "CUP": 9})
    number = await ordered("12")
    pdas = [await given.pda(name) for name in ("wang", "li", "zhao")]

    brought = {}
    for which in order:
        brought[which] = await shop.report(pdas[which], "bring", "BOX", str(which + 1), number)
        if 0 in brought and which == order[1]:
            await pdas[0].report("op.undo@1", operation=brought[0].id)
    if order.index(0) == 2:
        await pdas[0].report("op.undo@1", operation=brought[0].id)

    assert await shop.done(number) == {"BOX": "5", "CARTON": "2", "CUP": "3"}
    assert await given.on_hand("CARTON", at="A-01") == "7"
    assert await shop.sound() == []


async def test_what_somebody_took_by_hand_is_not_taken_again() -> None:
    await shop.compose()
    await shop.stocked()
    number = await ordered()
    pda = await given.pda()

    await shop.report(pda, "take", "CUP", "6", number)
    await shop.report(pda, "bring", "BOX", "4", number)

    assert (await shop.done(number))["CUP"] == "8"
    assert await given.on_hand("CUP", at="A-01") == "12"


async def test_what_expires_first_goes_in_first() -> None:
    await given.stock("CUP", 3, at="A-01", lot="OLD", expiry="2026-12-31")
    await given.stock("CUP", 9, at="A-01", lot="NEW", expiry="2027-12-31")
    await shop.compose(parts={"CUP": "1"})
    number = await ordered("6")

    await shop.report(await given.pda(), "bring", "BOX", "5", number)

    assert await given.on_hand("CUP", at="A-01", lot="OLD") == "0"
    assert await given.on_hand("CUP", at="A-01", lot="NEW") == "7"
    assert await shop.sound() == []


async def test_components_with_serials_are_scanned_so_they_cannot_go_by_themselves() -> None:
    await given.item("TIN", has_serials=True)
    await shop.compose(parts={"TIN": "1"})
    await given.location("A-01")

    outcome = await working.save(await shop.head(is_backflush=True, place="A-01"), [], by=1)

    assert shop.words(outcome) == ["making.fault.backflush_serial"]


async def test_at_the_desk_it_is_the_same() -> None:
    await shop.compose()
    await shop.stocked()
    number = await ordered()

    await shop.bring(number, "10")

    assert (await shop.one(number)).state == "done"
    assert await given.on_hand("TIN", at="A-01") == "0"
    assert await shop.sound() == []
