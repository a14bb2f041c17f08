"""What a device may see follows its people; when that changes, the device starts again, asked or not."""

import httpx

from server.catalog import placing
from server.people import queries as people
from tests import given


async def test_a_device_whose_person_gets_another_warehouse_starts_again(client: httpx.AsyncClient) -> None:
    device = await given.pda("wang")
    await given.item("CUP")
    main, east = await given.warehouse("MAIN"), await given.warehouse("EAST")
    person = await people.by_name("wang")
    assert person is not None
    first = (await client.get("/sync/pull?cursor=0", headers=device.headers)).json()

    await placing.assign(person.id, [main, east], by=0)
    second = (await client.get(f"/sync/pull?cursor={first['next']}", headers=device.headers)).json()
    third = (await client.get("/sync/pull?cursor=0", headers=device.headers)).json()
    fourth = (await client.get(f"/sync/pull?cursor={third['next']}", headers=device.headers)).json()

    assert second["reset"] is True
    assert second["subscription"] != first["subscription"]
    assert f"warehouse:w-{east}" in {row["scope"] for row in third["rows"]}
    assert "reset" not in fourth
