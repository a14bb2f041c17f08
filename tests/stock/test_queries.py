"""What pages and the board read about stock."""

import pytest

from server import clock, quantity
from server.db import Database
from server.stock import flow, queries
from server.stock.queries import Filters
from tests.stock import house as firm

MAIN = "MAIN"


@pytest.fixture
async def house(database: Database) -> firm.House:
    built = await firm.build()
    await firm.move(built, "CUP", "10", "supplier", "A-01", act="receive", lot="L1")
    await firm.move(built, "CUP", "2.5", "A-01", "A-02", lot="L1")
    await firm.move(built, "BOX", "4", "supplier", "E-01", act="receive")
    return built


def seen(house: firm.House, *codes: str) -> frozenset[int]:
    return frozenset(house.warehouses[code] for code in codes)


async def test_an_item_is_found_by_fragments_with_what_is_there_in_my_warehouses(house: firm.House) -> None:
    everywhere, _ = await queries.items("马克")
    elsewhere, _ = await queries.items("cup", seen(house, "EAST"))

    assert [(item.code, quantity.format(item.on_hand), item.locations) for item in everywhere] == [
        ("CUP", "10", 2)
    ]
    assert elsewhere == []


async def test_items_without_stock_are_listed_on_request(house: firm.House) -> None:
    listed, _ = await queries.items("cup", seen(house, "EAST"), in_stock=False)

    assert [(item.code, item.on_hand) for item in listed] == [("CUP", 0)]


async def test_a_list_says_when_more_follows(house: firm.House) -> None:
    first, more = await queries.items(page=1, size=1)
    second, end = await queries.items(page=2, size=1)

    assert [item.code for item in first + second] == ["BOX", "CUP"]
    assert (more, end) == (True, False)


async def test_signs_of_a_search_language_are_plain_text(house: firm.House) -> None:
    listed, _ = await queries.items("%_")

    assert listed == []


async def test_a_location_tells_what_it_holds(house: firm.House) -> None:
    holdings = await queries.at_location(house.locations["A-02"], seen(house, "MAIN"))
    hidden = await queries.at_location(house.locations["A-02"], seen(house, "EAST"))

    assert [(line.item_code, line.lot, quantity.format(line.on_hand)) for line in holdings] == [
        ("CUP", "L1", "2.5")
    ]
    assert hidden == []


async def test_stock_by_location_follows_the_shelves(house: firm.House) -> None:
    lines, _ = await queries.by_location()
    found, _ = await queries.by_location("a-02")

    assert [line.location_code for line in lines] == ["A-01", "A-02", "E-01"]
    assert [line.location_code for line in found] == ["A-02"]


async def test_the_ledger_names_what_a_row_speaks_of(house: firm.House) -> None:
    rows = await queries.movements(Filters(item=house.items["CUP"]))

    newest = rows[0]
    assert (newest.item_code, newest.source_code, newest.target_code) == ("CUP", "A-01", "A-02")
    assert (newest.user, newest.device_name) == ("mover", "搬运 PDA")


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(), 3),
        (Filters(text="纸箱"), 1),
        (Filters(text="l1"), 2),
        (Filters(act="receive"), 2),
        (Filters(kind="count"), 0),
        (Filters(operation="nothing like it"), 0),
        (Filters(since=clock.now() + clock.HOUR), 0),
        (Filters(until=clock.now() + clock.HOUR), 3),
    ],
)
async def test_the_ledger_can_be_narrowed(house: firm.House, filters: Filters, count: int) -> None:
    assert len(await queries.movements(filters)) == count


async def test_the_ledger_shows_only_rows_that_touch_my_warehouses(house: firm.House) -> None:
    rows = await queries.movements(Filters(), seen(house, "EAST"))

    assert [row.item_code for row in rows] == ["BOX"]


async def test_older_rows_follow_page_by_page(house: firm.House) -> None:
    first = await queries.movements(Filters(), size=2)
    older = await queries.movements(Filters(before=first[1].id), size=2)

    assert len(first) == 3, "one more than asked for says that older ones follow"
    assert [row.id for row in older] == [first[2].id]


async def test_today_is_read_once_and_then_only_what_is_new(house: firm.House) -> None:
    start, end = flow.bounds(flow.day_of(clock.now(), "Asia/Shanghai"), "Asia/Shanghai")
    groups, last = await queries.flow_groups(await queries.before_day(start), start, end)
    await firm.move(house, "CUP", "1", "A-01", "TOTE-1", act="pick", lot="L1")
    later, _ = await queries.flow_groups(last, start, end)

    morning = flow.add({}, groups, None)
    evening = flow.add(morning, later, None)
    cup = house.items["CUP"]
    assert (morning[cup].came_in, morning[cup].picked) == (10_000, 0)
    assert (evening[cup].came_in, evening[cup].picked) == (10_000, 1_000)


async def test_what_happened_yesterday_and_arrived_today_is_not_todays_flow(house: firm.House) -> None:
    start, end = flow.bounds(flow.day_of(clock.now(), "Asia/Shanghai"), "Asia/Shanghai")
    _, last = await queries.flow_groups(0, start, end)
    await firm.move(house, "CUP", "1", "A-01", "TOTE-1", act="pick", lot="L1", at=start - 1)

    assert (await queries.flow_groups(last, start, end))[0] == []


async def test_a_pick_the_book_cannot_cover_is_told_as_debt_incident_and_task(house: firm.House) -> None:
    await firm.move(house, "BOX", "3", "A-01", "TOTE-1", act="pick")

    box = (await queries.stock_of([house.items["BOX"]], seen(house, "MAIN")))[house.items["BOX"]]
    assert (box.on_hand, box.debt) == (3_000, 3_000)
    assert await queries.waiting(seen(house, "MAIN")) == (1, 1)
    assert await queries.waiting(seen(house, "EAST")) == (0, 0)
    incidents, tasks = await queries.open_incidents(), await queries.open_tasks()
    assert [incident.kind for incident in incidents] == ["suspense"]
    assert [(task.location_code, task.item_code) for task in tasks] == [("A-01", "BOX")]
    assert (await queries.totals(seen(house, "MAIN"))).debts == 1


async def test_places_of_an_item_come_fullest_first(house: firm.House) -> None:
    places = await queries.places_of([house.items["CUP"]])

    assert [(place.code, place.on_hand) for place in places[house.items["CUP"]]] == [
        ("A-01", 7_500),
        ("A-02", 2_500),
    ]
    assert (await queries.last_changed(None, 1)) == [house.items["BOX"]]
