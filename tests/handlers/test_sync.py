"""The device protocol's transport: who may speak, and status codes that say nothing of single operations."""

import gzip

import httpx
import pytest

from server.db import Statement, execute, writing
from server.sync import enrolling
from tests import given


async def test_a_stranger_may_neither_push_nor_pull(client: httpx.AsyncClient) -> None:
    for bearer in ("", "Bearer d-1.wrong", "Bearer nonsense", "d-99999999999.x"):
        headers = {"Authorization": bearer} if bearer else {}
        assert (await client.post("/sync/push", content=b"{}", headers=headers)).status_code == 401
        assert (await client.get("/sync/pull", headers=headers)).status_code == 401


async def test_a_device_speaks_only_for_itself(client: httpx.AsyncClient) -> None:
    one, other = await given.pda("wang"), await given.pda("zhao")

    answer = await client.post("/sync/push", content=other.batch(), headers=one.headers)

    assert answer.status_code == 403


async def test_a_revoked_device_is_shut_out_but_its_work_is_taken(client: httpx.AsyncClient) -> None:
    device = await given.pda()
    item, dock = await given.item("CUP"), await given.location("DOCK-1", kind="dock")
    await enrolling.revoke(int(device.wire_id[2:]))
    batch = device.batch(
        device.operation("stock.receive@1", {"item": f"i-{item}", "quantity": "1", "target": f"l-{dock}"})
    )

    refused = await client.post("/sync/push", content=batch, headers=device.headers)
    taken = await client.post("/sync/quarantine", content=batch, headers=device.headers)
    seen = await client.get("/sync/pull", headers=device.headers)

    assert (refused.status_code, seen.status_code) == (403, 403)
    assert taken.json()["verdicts"][0]["outcome"] == "held"
    assert await given.on_hand("CUP", at="DOCK-1") == "0"


async def test_what_is_no_push_is_answered_as_a_problem(client: httpx.AsyncClient) -> None:
    device = await given.pda()

    for body in (b"", b"[]", b"{", b'{"device": 1}', b"\xff\xfe"):
        answer = await client.post("/sync/push", content=body, headers=device.headers)
        assert answer.status_code == 400, body
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_batch_that_grows_when_unpacked_is_refused_before_it_fills_the_memory(
    client: httpx.AsyncClient,
) -> None:
    device = await given.pda()
    bomb = gzip.compress(b" " * 50_000_000)

    answer = await client.post(
        "/sync/push", content=bomb, headers=device.headers | {"Content-Encoding": "gzip"}
    )

    assert answer.status_code == 413


@pytest.mark.parametrize("token", ["", "unknown", "x" * 300])
async def test_an_unknown_invitation_lets_nobody_in(client: httpx.AsyncClient, token: str) -> None:
    body = {"token": token, "name": "PDA", "incarnation": "0" * 16}

    assert (await client.post("/sync/enrol", json=body)).status_code in (400, 403)


async def test_badge_and_pin_hand_a_device_over(client: httpx.AsyncClient) -> None:
    device = await given.pda("wang")
    await given.person("zhao", badge="B77", pin="4711")

    wrong = await client.post("/sync/session", json={"badge": "B77", "pin": "0000"}, headers=device.headers)
    right = await client.post("/sync/session", json={"badge": "B77", "pin": "4711"}, headers=device.headers)

    assert (wrong.status_code, wrong.json()["reason"]) == (401, "wrong")
    assert right.status_code == 200
    assert right.json()["user"]["role"] == "storekeeper"


async def test_a_device_sees_no_scope_of_another_warehouse(client: httpx.AsyncClient) -> None:
    device = await given.pda("wang")
    east = await given.warehouse("EAST")
    async with writing():
        await execute(Statement("UPDATE user_account SET sees_all_warehouses = ?"), False)

    page = (await client.get("/sync/pull", headers=device.headers)).json()
    digest = await client.get(f"/sync/digest?scope=warehouse:w-{east}", headers=device.headers)
    file = await client.get(f"/sync/snapshot/warehouse:w-{east}/{'0' * 64}", headers=device.headers)

    assert not [row for row in page["rows"] if row["scope"] == f"warehouse:w-{east}"]
    assert (digest.status_code, file.status_code) == (403, 403)
