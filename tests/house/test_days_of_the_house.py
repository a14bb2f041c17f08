"""Random days of all documents: the nine invariants of the trade hold after each step, whatever happens.

`RANDOM_DAYS=200 pytest tests/house` plays so many days instead of a few; `RANDOM_DAY=17` just this one.
"""

import asyncio
import os
import random

import pytest

from server import clock, db
from tests.conftest import MakeDatabase
from tests.house import law, steps
from tests.house.day import ACTS, Day

STEPS = int(os.environ.get("RANDOM_STEPS", "50"))
SEEDS = (
    [int(os.environ["RANDOM_DAY"])]
    if "RANDOM_DAY" in os.environ
    else range(int(os.environ.get("RANDOM_DAYS", "4")))
)
MORNINGS = SEEDS if len(SEEDS) != 4 else SEEDS[:2]
"""Each is played three times, so by default fewer of them."""


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_the_nine_invariants_hold_after_each_step(
    database: db.Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(seed)
    monkeypatch.setattr(clock, "now", day.now)
    await day.begin()

    for _ in range(STEPS):
        await day.go_on()
        assert await law.broken() == [], f"day {seed} after {' · '.join(day.story)}"
    await day.end()

    assert await law.broken() == []


@pytest.mark.parametrize("seed", MORNINGS)
def test_any_order_of_arrival_leaves_the_same_stock_papers_and_conflicts(
    make_database: MakeDatabase, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three devices work a morning without a network; then they send in this order or that, in small parts or large."""
    ends = []
    for turn in range(3):
        monkeypatch.undo()
        with make_database() as url:
            ends.append(asyncio.run(in_a_house_of_its_own(url, seed, turn, monkeypatch)))

    assert ends[0] == ends[1] == ends[2]


async def in_a_house_of_its_own(
    url: str, seed: int, turn: int, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[str]]:
    await db.open_database(url)
    try:
        day = Day(seed)
        monkeypatch.setattr(clock, "now", day.now)
        return await a_morning_without_a_network(day, random.Random(turn))
    finally:
        await db.close_database()


async def a_morning_without_a_network(day: Day, order: random.Random) -> dict[str, list[str]]:
    await day.begin()
    for at_the_desk in steps.BEFORE_A_MORNING:
        await at_the_desk(day)
    await day.end()
    day.has_network = False
    for _ in range(24):
        day.moved_on += 7 * clock.MINUTE
        await day.chance.choice(steps.WITHOUT_A_NETWORK)(day)
    day.moved_on += clock.HOUR
    while waiting := [device for device in day.devices if device.queue]:
        await day.send(order.choice(waiting), at_most=order.randint(1, 9))
    assert await law.broken() == []
    return {name: sorted(map(str, await law.rows(sql))) for name, sql in ENDS.items()}


ENDS = {
    "stock": "SELECT item, location, lot, serial, on_hand, debt FROM balance WHERE on_hand <> 0 OR debt <> 0",
    "conflicts": "SELECT kind, subject FROM incident WHERE closed_at IS NULL AND kind <> 'odd'",
    "to count": "SELECT location FROM task WHERE kind = 'count' AND closed_at IS NULL",
    "notices": "SELECT id, picked, packed, shipped FROM shipment_notice_line",
    "orders": "SELECT id, picked, shipped FROM sales_line",
    "receipts": "SELECT receipt, item, lot, expected, received, held, put_away FROM receipt_line",
    "transfers": "SELECT id, sent, arrived, lost FROM transfer_line",
    "sheets": "SELECT id, state, rounds FROM count_sheet",
    "findings": "SELECT r.sheet, f.item, f.lot, f.counted, f.book FROM count_finding f"
    " JOIN count_round r ON r.id = f.round JOIN count_point c ON c.operation = r.operation AND c.item = 0"
    " WHERE NOT c.is_void",
}
"""What must not depend on the order of arrival. (An odd verdict tells what was known when it was given.)"""


def test_all_documents_have_their_days() -> None:
    told = {one.__name__ for one, _ in ACTS}

    assert len(told) > 40
    assert steps.__name__.endswith("steps")
