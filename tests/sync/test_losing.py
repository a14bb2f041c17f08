"""A device's store is gone: what neither it nor the server has is said aloud, and counted."""

import json
from typing import Any

import pytest

from server import clock
from server.db import Statement, fetch
from server.sync.losing import Lost, missing, read
from tests.sync.client import Device
from tests.sync.conftest import Floor, count_tasks, do, incidents

OLD = "a" * 16


@pytest.mark.parametrize(
    ("lost", "ack", "count"),
    [
        (Lost(OLD, 7), 7, 0),
        (Lost(OLD, 9), 7, 2),
        (Lost(OLD, 9, [8, 9]), 7, 0),
        (Lost(OLD, 9, [6, 7, 9, 9]), 7, 1),
        (Lost(OLD, 3), 7, 0),
    ],
)
def test_missing_is_what_neither_side_has(lost: Lost, ack: int, count: int) -> None:
    assert missing(lost, ack) == count


@pytest.mark.parametrize("told", [b"null", b"5", b'{"n": 3}', b'{"incarnation": "x", "n": 1}', b"\xff"])
def test_nonsense_about_a_loss_says_nothing(told: bytes) -> None:
    assert read(told) is None


async def tell_loss(device: Device, **lost: Any) -> None:
    """Register a new incarnation, as a device whose store was emptied does."""
    told = {"incarnation": device.store.incarnation, **lost}
    device.store.incarnation = "b" * 16
    body = json.dumps({"incarnation": device.store.incarnation, "lost": told}).encode()
    reply = await device.send("POST", "/sync/incarnation", device.headers, body)
    assert reply is not None and reply.status == 200, reply


async def test_where_a_device_worked_last_is_counted_when_its_work_is_lost(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 5, "A-01"))
    await do(device, floor.move("CUP", 2, "A-01", "A-02"))

    await tell_loss(device, n=4)

    assert [kind for kind, _ in await incidents()] == ["lost"]
    assert await count_tasks() == sorted([floor.places["A-01"], floor.places["A-02"]])
    await device.pull()
    told = [row for key, row in device.store.base.items() if key[1] == "task"]
    assert {row["location"] for row in told} == {floor.places["A-01"], floor.places["A-02"]}


async def test_told_twice_it_is_one_loss(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 5, "A-01"))
    old = device.store.incarnation

    await tell_loss(device, n=4)
    await tell_loss(device, incarnation=old, n=4)

    assert (len(await incidents()), len(await count_tasks())) == (1, 1)


async def test_nothing_is_asked_when_every_copy_was_kept(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 5, "A-01"))

    await tell_loss(device, n=3, held=[2, 3])

    assert (await incidents(), await count_tasks()) == ([], [])


async def test_a_whole_count_ends_the_task_and_a_paid_debt_does_not(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 5, "A-01"))
    await tell_loss(device, n=4)
    other = await floor.device()

    await do(other, floor.move("CUP", 7, "A-01", "A-02"))
    await do(other, floor.receive("CUP", 9, "A-01"))
    await do(other, floor.count("A-01", CUP=7))
    assert await count_tasks() == [floor.places["A-01"]]
    await do(other, floor.count("A-01", complete=True, CUP=7))

    assert await count_tasks() == []


async def test_a_count_from_before_the_loss_was_known_does_not_end_the_task(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device()
    await do(device, floor.receive("CUP", 5, "A-01"))
    early = clock.now() // 1000 - 60_000
    clocks = {"wall": early, "monotonic": early, "boot": "b", "offset": 0, "error": 10}
    await tell_loss(device, n=4)

    await do(other, floor.count("A-01", complete=True, CUP=5), captured=clocks)

    assert await count_tasks() == [floor.places["A-01"]]


async def test_the_loss_names_the_device_and_how_much(floor: Floor) -> None:
    device = await floor.device()

    await tell_loss(device, n=3)

    body = (await fetch(Statement("SELECT body FROM incident")))[0][0]
    assert '"count":3' in body
    assert await count_tasks() == []
