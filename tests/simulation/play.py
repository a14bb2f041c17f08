"""Playing days: mornings that send some away, hours of work and faults, evenings when everything must agree."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest import mock

from server import clock, db
from server.db import Statement, execute, fetch, writing
from server.migrate import migrate
from server.sync import enrolling
from tests import given
from tests.simulation.backend import Server
from tests.simulation.checks import Watch
from tests.simulation.floor import DAY, MINUTE, START, Faults, Setting, Worker, World

log = logging.getLogger("stockhand.simulation")

DAYS_A_RUN = 6
STEPS = 12
"""Things one person does in a day."""
PAGE = 7
ROUNDS = 25
"""Attempts to come to rest after the network is well again: a minute at the pace of the devices' timers."""


@dataclass(frozen=True)
class Summary:
    """What was played and what was found."""

    seed: int
    days: int
    operations: int
    pushes: int
    requests: int
    crashes: int
    restores: int
    violations: tuple[str, ...]


async def build(devices: int, folder: str) -> Setting:
    """A small warehouse with its people, as an image that every run starts from."""
    path = f"{folder}/setting.sqlite"
    await migrate(path)
    await db.open_database(path)
    try:
        items = [
            f"i-{await given.item(code, has_lots=code == 'MILK')}" for code in ("CUP", "ROPE", "MILK", "LID")
        ]
        bins = [f"l-{await given.location(f'A-{number}')}" for number in range(6)]
        totes = [f"l-{await given.location(f'T-{number}', kind='tote')}" for number in range(2)]
        supplier, customer = [f"l-{await given.virtual(kind)}" for kind in ("supplier", "customer")]
        people = [await _enrolled(number) for number in range(1, devices + 1)]
    finally:
        await db.close_database()
    return Setting(_image(path), people, items, {items[2]: ["L1", "L2"]}, bins, totes, supplier, customer)


async def _enrolled(number: int) -> tuple[str, str, str]:
    person = await given.person(f"worker{(number + 1) // 2}")
    invited = await enrolling.invite(person, await given.warehouse())
    enrolled = await enrolling.enrol(invited.token, f"PDA {number}", f"{number:016x}")
    assert isinstance(enrolled, enrolling.Enrolled)
    async with writing():
        await execute(
            Statement("UPDATE replica SET incarnation = ? WHERE device = ?"),
            f"{int(enrolled.device[2:]):016x}", int(enrolled.device[2:]),
        )  # fmt: skip
    assert (await fetch(Statement("SELECT count(*) FROM replica")))[0][0] == number
    return enrolled.device, enrolled.secret, enrolled.user.id


def _image(path: str) -> bytes:
    import sqlite3

    source, copy = sqlite3.connect(path), sqlite3.connect(":memory:")
    source.backup(copy)
    image = bytearray(copy.serialize())
    source.close()
    copy.close()
    image[18:20] = b"\x01\x01"  # a database in memory has no write-ahead log
    return bytes(image)


@contextmanager
def virtual_time(world: World) -> Iterator[None]:
    """The server reads the world's clock."""
    with mock.patch.object(clock, "now", world.now_us):
        yield


async def run(
    setting: Setting,
    seed: int,
    days: int = DAYS_A_RUN,
    faults: Faults | None = None,
    prepare: Callable[[World], None] | None = None,
) -> Summary:
    """Play some days in a row; everything that is drawn comes from the seed."""
    rng = random.Random(seed)
    server = Server(setting.image)
    world = World(setting, server, rng, faults or Faults())
    if prepare is not None:
        prepare(world)
    try:
        with virtual_time(world):
            watch = Watch(world)
            for day in range(days):
                world.day = day
                try:
                    await _play_day(world, watch, is_last=day == days - 1)
                except Exception as error:
                    log.exception("day %d of seed %d fell over", day, seed)
                    world.say(f"fell over: {type(error).__name__}: {error}")
                if world.violations:
                    break
    finally:
        server.close()
    return Summary(
        seed, world.day + 1, len(world.truth.log), server.pushes, world.requests, server.crashes, world.restores,
        tuple(world.violations),
    )  # fmt: skip


async def _play_day(world: World, watch: Watch, *, is_last: bool) -> None:
    world.now_ms = START + world.day * DAY + 8 * 60 * MINUTE
    world.is_healed = False
    for worker in world.workers:
        if world.rng.random() < world.faults.away:
            worker.away_until = world.now_ms + 3 * DAY - 1
    for _ in range(STEPS * len(world.workers)):
        worker = world.rng.choice(world.workers)
        await world.work(worker)
        await _meet(world, watch, worker)
        watch.device(worker)
    await _evening(world, watch, is_last=is_last)


async def _meet(world: World, watch: Watch, worker: Worker) -> None:
    """What the device does about its queue after a scan, and what else happens meanwhile."""
    rng = world.rng
    if rng.random() < world.faults.store_lost:
        await worker.device.rescue()
    elif rng.random() < world.faults.cloned:
        # The other profile had already sent something under the next number.
        worker.device.store.previous = "c" * 16
    if rng.random() < 0.15:
        others = rng.sample(world.workers, k=min(3, len(world.workers)))
        await asyncio.gather(*(other.device.push() for other in others))
    if rng.random() < 0.6:
        await attempt(worker)
    if rng.random() < 0.05:
        await _two_at_once(world, worker)
    if rng.random() < 0.25:
        await worker.device.pull(PAGE)
    if rng.random() < 0.05:
        worker.device.prune()
    await world.deliver_delayed()
    await _server_life(world, watch)


async def _two_at_once(world: World, worker: Worker) -> None:
    """Two requests are on their way, and the second half of the queue may be there before the first."""
    device, waiting = worker.device, worker.device.queue()
    if len(waiting) < 2:
        return
    cut = next((n for n, record in enumerate(waiting) if n and "group" not in record.operation), 0)
    device.store.sent = max(device.store.sent, waiting[-1].n)
    for half in world.rng.sample((waiting[:cut], waiting[cut:]), 2):
        body = device.body(half)
        device.absorb(body, await device.post(body), device.clock.monotonic())


async def attempt(worker: Worker) -> None:
    """Push once, and do what the answer asks for."""
    if await worker.device.push() == "cloned":
        await worker.device.begin_again()


async def _server_life(world: World, watch: Watch) -> None:
    if world.rng.random() < 0.01:
        world.backup = world.server.back_up()
    if world.backup is not None and world.rng.random() < world.faults.restore:
        await world.server.restore(world.backup)
        world.restores += 1
        watch.begin_generation()


async def _evening(world: World, watch: Watch, *, is_last: bool) -> None:
    """The network is well: those who are here come to rest, and everything is compared."""
    world.is_healed = True
    world.server.database.dies_in = None
    await world.deliver_delayed()
    if is_last:
        for worker in world.workers:
            worker.away_until = 0
    present = [worker for worker in world.workers if worker.away_until <= world.now_ms]
    for _ in range(4):  # who came to rest first has not read what the others sent after that
        for worker in present:
            await _come_to_rest(world, worker)
    watch.day(everybody=len(present) == len(world.workers))


async def _come_to_rest(world: World, worker: Worker) -> None:
    for _ in range(ROUNDS):
        world.now_ms += 100
        if worker.device.queue():
            await attempt(worker)
        elif await worker.device.pull(2000) == "current" and not worker.device.queue():
            return


def good_days() -> Faults:
    """No fault at all: what a plant breaks then, it breaks alone."""
    return replace(Faults(), **dict.fromkeys(Faults.__dataclass_fields__, 0.0))
