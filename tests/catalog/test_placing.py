"""Warehouses, zones, and who works where."""

from typing import Any

import msgspec
import pytest

from server import events, feed
from server.catalog import placing, queries
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.place import BinRange, LocationDraft
from tests import given

pytestmark = pytest.mark.usefixtures("database")


async def opened(code: str = "MAIN") -> int:
    outcome = await placing.open_warehouse(code, "总仓", by=1)
    assert isinstance(outcome, Added), outcome
    return outcome.ids[0]


async def rows(scope: str, kind: str) -> dict[str, Any]:
    lines = await feed.live_rows(scope)
    return {line.key: msgspec.json.decode(line.body) for line in lines if line.kind == kind}


async def test_a_warehouse_opens_with_the_places_every_warehouse_has() -> None:
    main = await opened("main")

    places = (await rows(f"warehouse:w-{main}", "location")).values()

    assert {place["code"]: place["kind"] for place in places} == {
        "MAIN-SUPPLIER": "supplier",
        "MAIN-CUSTOMER": "customer",
        "MAIN-PRODUCTION": "production",
        "MAIN-TRANSIT": "transit",
        "MAIN-SCRAP": "scrap",
        "MAIN-ADJUSTMENT": "adjustment",
        "MAIN-SUSPENSE": "suspense",
        "MAIN-DOCK": "dock",
    }
    assert await rows("catalogue", "warehouse") == {
        f"w-{main}": {"code": "MAIN", "name": "总仓", "active": True}
    }


async def test_a_code_is_one_warehouse() -> None:
    await opened()

    assert isinstance(await placing.open_warehouse("main", "", by=1), Refused)
    assert isinstance(await placing.open_warehouse("", "", by=1), Refused)


async def test_a_place_that_carries_the_name_of_a_virtual_one_keeps_the_warehouse_from_opening() -> None:
    await opened()
    await given.location("NORTH-DOCK")

    assert isinstance(await placing.open_warehouse("NORTH", "", by=1), Refused)
    assert await queries.warehouse_by_code("NORTH") is None


async def test_a_warehouse_is_closed_and_devices_are_told() -> None:
    main = await opened()

    outcome = await placing.edit_warehouse(main, "MAIN", "总仓", is_active=False, version=1, by=1)

    assert outcome == Edited([main])
    assert (await rows("catalogue", "warehouse"))[f"w-{main}"]["active"] is False
    stale = await placing.edit_warehouse(main, "MAIN", "", is_active=True, version=1, by=1)
    assert stale == Stale(2)
    assert await placing.edit_warehouse(99, "X", "", is_active=True, version=1, by=1) == Missing()


async def test_a_renamed_zone_is_told_with_every_location_in_it() -> None:
    main = await opened()
    await given.location("A-01", zone="COLD")
    [zone] = await queries.zones(main)

    assert await placing.edit_zone(zone.id, "ice", "冰库", by=1) == Edited([zone.id])

    places = (await rows(f"warehouse:w-{main}", "location")).values()
    assert [place["zone"] for place in places if place["code"] == "A-01"] == ["ICE"]


async def test_two_zones_of_a_warehouse_differ_in_code() -> None:
    main = await opened()

    assert isinstance(await placing.add_zone(main, "cold", "", by=1), Added)
    assert isinstance(await placing.add_zone(main, "COLD", "", by=1), Refused)
    assert await placing.add_zone(99, "COLD", "", by=1) == Missing()


async def test_a_range_of_bins_is_made_whole_or_not_at_all() -> None:
    main = await opened()
    await given.location("A-1-2")

    outcome = await placing.add_bins(main, BinRange(aisles="A", bays="1", levels="1-3"), "", by=1)

    assert isinstance(outcome, Refused)
    assert [line.code for line in (await queries.find_locations(main, "A-")).rows] == ["A-1-2"]


async def test_a_virtual_place_is_not_edited_and_an_older_version_is_told() -> None:
    main = await opened()
    place = await given.location("A-01")
    [supplier] = await queries.locations_of_kind(main, "supplier")
    draft = LocationDraft(code="A-01", warehouse=main, level=2)

    assert await placing.edit_location(supplier.id, draft, version=1, by=1) == Missing()
    assert await placing.edit_location(place, draft, version=1, by=1) == Edited([place])
    assert await placing.edit_location(place, draft, version=1, by=1) == Stale(2)


async def test_people_work_where_they_are_assigned_and_history_tells() -> None:
    main, north = await opened("MAIN"), await opened("NORTH")
    wang = await given.person("wang")

    assert await placing.assign(wang, [north], by=1) == Edited([wang])
    assert await placing.assign(wang, [north], by=1) == Edited([])

    assert await queries.warehouses_of(wang) == {north}
    assert [event.body for event in await events.history(f"person:{wang}")] == [
        {"warehouses": [[main], [north]]}
    ]
