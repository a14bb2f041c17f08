"""Devices that are busy together share their commits; nobody waits long for one that does not come."""

import asyncio

import pytest

from server.sync import reconciling
from server.sync.envelope import ReadPush, read
from server.sync.queries import Device
from server.sync.reconciling import Queue

DEVICE = Device(1, "", 1, False, 1, "storekeeper", "zh", True, True, (), 0)


def push() -> ReadPush:
    """An upload of one operation, whatever it says."""
    return read(b'{"device":"d-1","incarnation":"0000000000000000","operations":[{}]}', 0)


def come(queue: Queue) -> None:
    """One more device stands in the queue."""
    queue.join((push(), DEVICE, asyncio.get_running_loop().create_future()))


async def test_the_next_commit_waits_for_the_devices_just_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "GATHER_S", 60)
    queue = Queue()
    come(queue)

    gathering = asyncio.create_task(queue.gather(2))
    await asyncio.sleep(0)
    come(queue)
    await asyncio.sleep(0)
    waited_for_the_second = not gathering.done()
    come(queue)
    await gathering

    assert waited_for_the_second
    assert queue.operations() == 3


async def test_a_device_that_does_not_come_again_holds_nobody_up() -> None:
    queue = Queue()
    come(queue)

    async with asyncio.timeout(5):
        await queue.gather(4)
    come(queue)

    assert queue.operations() == 2
