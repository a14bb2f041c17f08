"""The pages about warehouses, zones and locations."""

import re

from litestar import Litestar

from server.catalog import queries
from tests import given
from tests.handlers.browsers import signed_in


async def test_a_warehouse_is_opened_and_filled_with_bins(app: Litestar) -> None:
    browser = await signed_in(app)

    opened = await browser.post("/catalog/warehouses", data={"code": "north", "name": "北仓"})
    path = opened.headers["location"].split("?")[0]
    made = await browser.post(f"{path}/bins", data={"aisles": "A-B", "bays": "01-10", "levels": "1-3"})
    page = (await browser.get(made.headers["location"])).text

    assert made.headers["location"] == f"{path}?made=60"
    assert "60 locations made" in page
    assert page.index("A-01-1") < page.index("A-01-2") < page.index("A-02-1")
    assert "NORTH-DOCK" in (await browser.get(f"{path}?q=dock")).text


async def test_a_range_that_cannot_be_read_is_refused_beside_its_field(app: Litestar) -> None:
    browser = await signed_in(app)
    warehouse = await given.warehouse()

    answer = await browser.post(
        f"/catalog/warehouses/{warehouse}/bins", data={"aisles": "A-C", "bays": "x-y", "levels": "1-4"}
    )

    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-error"', answer.text) == ["bays"]
    assert 'value="A-C"' in answer.text


async def test_a_location_is_added_in_a_zone_and_edited(app: Litestar) -> None:
    browser = await signed_in(app)
    warehouse = await given.warehouse()
    await browser.post(
        f"/catalog/warehouses/{warehouse}/zones", data={"zone_code": "cold", "zone_name": "冷库"}
    )
    form = {
        "code": "a-01",
        "kind": "bin",
        "zone": "COLD",
        "aisle": "A",
        "bay": "1",
        "level": "2",
        "is_active": "on",
    }

    added = await browser.post(f"/catalog/warehouses/{warehouse}/locations", data=form)
    path = added.headers["location"].split("?")[0]
    edited = await browser.post(path, data=form | {"level": "3", "version": "1"})
    refused = await browser.post(path, data=form | {"level": "top", "version": "2"})

    assert edited.status_code == 303
    assert "<dt>Zone</dt><dd>COLD</dd>" in (await browser.get(path)).text
    assert refused.status_code == 422
    assert 'id="level-error"' in refused.text
    assert 'value="top"' in refused.text


async def test_a_supervisor_edits_only_the_warehouses_they_work_in(app: Litestar) -> None:
    browser = await signed_in(app, "supervisor", warehouses=("MAIN",))
    other = await given.warehouse("NORTH")
    place = await given.location("N-01", warehouse_code="NORTH")
    paths = [f"/catalog/warehouses/{other}", f"/catalog/locations/{place}"]

    reads = [(await browser.get(path)).status_code for path in paths]
    writes = [(await browser.post(path, data={"code": "X"})).status_code for path in paths]
    opened = await browser.post("/catalog/warehouses", data={"code": "WEST"})

    assert reads == writes == [403, 403]
    assert opened.status_code == 403
    assert "NORTH" not in (await browser.get("/catalog/warehouses")).text


async def test_virtual_places_are_not_for_people_to_edit(app: Litestar) -> None:
    browser = await signed_in(app)
    warehouse = await given.warehouse()
    [supplier] = await queries.locations_of_kind(warehouse, "supplier")

    answer = await browser.post(
        f"/catalog/locations/{supplier.id}", data={"code": "X", "kind": "bin", "version": "1"}
    )

    assert answer.status_code == 404
