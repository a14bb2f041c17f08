"""Search over everything: by fragments, only what one may see, in one's own warehouses."""

import pytest

from server.catalog.maintaining import Added
from server.catalog.partner import PartnerDraft
from server.catalog.partnering import add_partner
from server.db import Statement, execute, writing
from server.documents import finding, queries
from server.documents.finding import Group
from server.people.role import permissions
from tests import given

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

_ORDER = Statement(
    "INSERT INTO sales_order (number, customer, warehouse, search, released, created_at, version)"
    " VALUES (?, ?, ?, ?, '{}', 0, 1) RETURNING id"
)

_RECEIPT = Statement(
    "INSERT INTO receipt (number, kind, warehouse, search, created_at, version) VALUES (?, ?, ?, ?, 0, 1)"
)


async def a_customer(name: str = "华东贸易") -> int:
    outcome = await add_partner(PartnerDraft(code=name, name=name, phone="021-555"), by=0)
    assert isinstance(outcome, Added)
    return outcome.ids[0]


async def an_order(number: str, customer: int, warehouse: str = "MAIN") -> int:
    house = await given.warehouse(warehouse)
    async with writing():
        made: int = (await execute(_ORDER, number, customer, house, f"{number.lower()}\n华东贸易\nhdmy"))[0][
            0
        ]
    return made


async def found(
    typed: str, role: str = "administrator", warehouses: frozenset[int] | None = None
) -> dict[str, list[str]]:
    groups: list[Group] = await finding.find(typed, lambda action: action in permissions(role), warehouses)
    return {group.kind: [hit.code for hit in group.hits] for group in groups}


async def test_an_order_is_found_by_its_number_its_customer_and_their_initials() -> None:
    await an_order("SO-261122-0007", await a_customer())

    assert (await found("261122-0007"))["so"] == ["SO-261122-0007"]
    assert (await found("华东"))["so"] == ["SO-261122-0007"]
    assert (await found("hdmy 0007"))["so"] == ["SO-261122-0007"]


async def test_one_word_finds_items_partners_and_places_together() -> None:
    await given.item("A-01X")
    await given.location("A-01")
    await a_customer("A-01 有限公司")

    assert await found("a-01") == {"item": ["A-01X"], "partner": ["A-01 有限公司"], "place": ["A-01"]}


async def test_the_newest_documents_come_first_and_only_a_few() -> None:
    customer = await a_customer()
    for number in range(10):
        await an_order(f"SO-261122-000{number}", customer)

    assert (await found("so-2611"))["so"] == [f"SO-261122-000{number}" for number in (9, 8, 7, 6, 5, 4)]


async def test_what_one_may_not_see_is_not_found() -> None:
    await an_order("SO-1", await a_customer())

    assert "so" in await found("so-1", "salesperson")
    assert "so" not in await found("so-1", "storekeeper")


async def test_documents_and_places_of_other_warehouses_are_not_found() -> None:
    main, east = await given.warehouse("MAIN"), await given.warehouse("EAST")
    await an_order("SO-1", await a_customer(), "EAST")
    await given.location("E-SO-1", warehouse_code="EAST")

    assert await found("so-1", "salesperson", frozenset({main})) == {}
    assert set(await found("so-1", "salesperson", frozenset({east}))) == {"so", "place"}


async def test_nothing_is_found_by_nothing() -> None:
    await given.item("CUP")

    assert await found("") == {}
    assert await found("  \0 ") == {}


@pytest.mark.parametrize("table", queries.tables())
async def test_every_table_of_documents_can_be_searched(table: str) -> None:
    assert await queries.find(table, "no such number", 5, None) == []
    assert await queries.find(table, "no such number", 5, frozenset({1})) == []


async def test_kinds_that_share_a_table_are_told_apart() -> None:
    house = await given.warehouse()
    async with writing():
        for number, kind in (("RC-1", "purchase"), ("RT-1", "return")):
            await execute(_RECEIPT, number, kind, house, number.lower())

    assert await found("-1") == {"rc": ["RC-1"], "rt": ["RT-1"]}


async def test_the_only_hit_is_known() -> None:
    await given.item("CUP")
    await given.item("POT")

    async def one(typed: str) -> finding.Hit | None:
        return finding.only_one(await finding.find(typed, lambda _: True, None))

    assert (await one("cup")) is not None
    assert (await one("p")) is None
    assert (await one("none")) is None
