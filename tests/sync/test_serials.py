"""One piece in two places: both sightings stay on record, and a person is told until the book holds it once."""

import itertools

import pytest
from litestar import Litestar

from tests.handlers.browsers import signed_in
from tests.sync.conftest import Floor, assert_ledger_balances, do, incidents
from tests.sync.test_facts import minutes_ago


async def doubled() -> list[str]:
    """The pieces that the book holds more than once."""
    return [subject for kind, subject in await incidents() if kind == "serial"]


async def test_a_piece_received_twice_waits_until_a_count_has_found_it(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("DRILL", 1, "A-01", serial="S1"))
    assert await doubled() == []

    await do(device, floor.receive("DRILL", 1, "B-01", serial="S1"))
    assert await doubled() == [f"{floor.items['DRILL']}/S1"]
    await do(device, floor.count("A-01", complete=True))

    assert await doubled() == []
    assert (
        await floor.on_hand("DRILL", "A-01", serial="S1"),
        await floor.on_hand("DRILL", "B-01", serial="S1"),
    ) == (
        "0",
        "1",
    )
    await assert_ledger_balances()


async def test_a_person_reads_which_piece_it_is(app: Litestar, floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("DRILL", 1, "A-01", serial="S1"))
    await do(device, floor.receive("DRILL", 1, "A-01", serial="S1"))

    browser = await signed_in(app, "supervisor")
    page = (await browser.get("/stock/incidents")).text

    assert "DRILL S1" in page


ORDERS = list(itertools.permutations(range(4)))


@pytest.mark.parametrize("order", ORDERS[:: len(ORDERS) // 8])
async def test_any_order_of_arrival_leaves_the_same_pieces_in_doubt(
    floor: Floor, order: tuple[int, ...]
) -> None:
    happened = [
        floor.receive("DRILL", 1, "A-01", serial="S1"),
        floor.move("DRILL", 1, "A-02", "B-01", serial="S1"),
        floor.receive("DRILL", 1, "A-02", serial="S2"),
        floor.move("DRILL", 1, "A-02", "B-01", serial="S2"),
    ]
    for index in order:
        device = await floor.device()
        await do(device, happened[index], **minutes_ago(10 - index))

    assert await doubled() == [f"{floor.items['DRILL']}/S1"]
    await assert_ledger_balances()
