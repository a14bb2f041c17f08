"""Cartons, second checkers and doors as browsers and devices see them: HTTP on both sides."""

import hashlib
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server.db import Statement, fetch
from server.outbound import packing, surveying
from server.outbound.ordering import By
from server.people import proof
from server.sync import dispatching
from tests import given
from tests.conftest import visitor
from tests.handlers.browsers import signed_in
from tests.outbound.floor import picker, released, standing, steps, tote
from tests.outbound.orders import ADA

pytestmark = pytest.mark.database

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
_PIN_HASH = Statement("SELECT pin_hash FROM user_account WHERE id = ?")
_USER = Statement("SELECT person FROM device WHERE id = ?")


@pytest.fixture
async def keeper(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "storekeeper")


async def boxed() -> tuple[int, surveying.Carton]:
    """A picked notice with an open carton that holds everything."""
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    await dispatching.pick(notice, await tote(), by=By(await picker()))
    made = await packing.open_carton(notice, by=ADA)
    assert isinstance(made, surveying.Carton)
    await dispatching.pack(notice, made.location, by=ADA)
    return notice, made


async def test_a_carton_is_sealed_and_opened_on_the_desk(keeper: httpx.AsyncClient) -> None:
    notice, box = await boxed()
    here = f"/outbound/notices/{notice}/cartons/{box.id}"

    wrong = await keeper.post(f"{here}/sealing", data={"weight": "heavy", "size": ""})
    sealed = await keeper.post(f"{here}/sealing", data={"weight": "2.4", "size": "40 × 30 × 20"})
    page = await keeper.get(sealed.headers["location"])
    elsewhere = await keeper.post(f"/outbound/notices/{notice + 1}/cartons/{box.id}/reopening")

    assert (wrong.status_code, elsewhere.status_code) == (422, 404)
    assert "40×30×20 cm" in page.text
    assert f"{here}/reopening" in page.text
    assert (await keeper.post(f"{here}/reopening")).status_code == 303
    (own,) = (await surveying.cartons([notice]))[notice]
    assert (own.state, own.weight_g) == ("open", 2400)


async def test_labels_are_printed_ahead(keeper: httpx.AsyncClient) -> None:
    warehouse = await given.warehouse()

    none = await keeper.post("/outbound/cartons", data={"warehouse": str(warehouse), "count": "0"})
    some = await keeper.post("/outbound/cartons", data={"warehouse": str(warehouse), "count": "2"})
    nowhere = await keeper.post("/outbound/cartons", data={"warehouse": "99", "count": "2"})

    assert (none.status_code, some.status_code, nowhere.status_code) == (422, 303, 404)
    cartons = await fetch(Statement("SELECT count(*) FROM location WHERE kind = 'carton'"))
    assert cartons[0][0] == 2


async def test_a_second_person_gets_a_key_and_the_device_stays_with_the_first(app: Litestar) -> None:
    await given.person("li", badge="LI", pin="4711")
    pda = await given.pda()
    li = await given.person("li")

    async with visitor(app) as http:
        wrong = await http.post("/sync/proof", headers=pda.headers, json={"badge": "LI", "pin": "0815"})
        right = await http.post("/sync/proof", headers=pda.headers, json={"badge": "LI", "pin": "4711"})
        stranger = await http.post("/sync/proof", json={"badge": "LI", "pin": "4711"})
        signed = await http.post("/sync/session", headers=pda.headers, json={"badge": "LI", "pin": "4711"})

    key = proof.key_of_pin((await fetch(_PIN_HASH, li))[0][0], pda.wire_id)
    assert (wrong.status_code, stranger.status_code) == (401, 401)
    assert (right.json()["user"]["id"], right.json()["key"]) == (f"u-{li}", key)
    assert signed.json()["key"] == key
    assert key not in (await fetch(_PIN_HASH, li))[0][0]


async def test_whoever_proves_something_does_not_take_the_device_over(app: Litestar) -> None:
    await given.person("li", badge="LI", pin="4711")
    pda = await given.pda()

    async with visitor(app) as http:
        await http.post("/sync/proof", headers=pda.headers, json={"badge": "LI", "pin": "4711"})

    assert (await fetch(_USER, int(pda.wire_id[2:])))[0][0] == await given.person("wang")


async def test_a_signature_comes_after_the_report_and_stands_on_the_notice(
    app: Litestar, keeper: httpx.AsyncClient
) -> None:
    await steps(checkers=0, delivers=True)
    notice, box = await boxed()
    pda = await given.pda()
    digest = hashlib.sha256(PNG).hexdigest()
    about: dict[str, Any] = {"document": f"sn-{notice}"}
    await pda.report("stock.ship@1", carton=f"l-{box.location}", **about, tracking="SF1")

    async with visitor(app) as http:
        early = await http.put(f"/sync/files/{digest}", headers=pda.headers, content=PNG)
        await pda.report("delivery.confirm@1", **about, outcome="delivered", signer="陈", signature=digest)
        waiting = await keeper.get(f"/outbound/notices/{notice}")
        broken = await http.put(f"/sync/files/{digest}", headers=pda.headers, content=PNG + b"!")
        kept = await http.put(f"/sync/files/{digest}", headers=pda.headers, content=PNG)
        stranger = await http.put(f"/sync/files/{digest}", content=PNG)

    assert [one.status_code for one in (early, broken, kept, stranger)] == [404, 422, 200, 401]
    assert "陈" in waiting.text
    assert "<img" not in waiting.text
    page = await keeper.get(f"/outbound/notices/{notice}")
    assert f'<img class="proof" src="/documents/sn-{notice}/attachments/' in page.text
    assert (await standing(notice)).delivery == "delivered"
