"""A warehouse floor in virtual time: people who scan, shelves, and a network that does what networks do."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.backend import Server
from tests.simulation.truth import Cell, Did, Truth
from tests.sync.client import Clock, Device, Json, Reply

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
START = 1_793_577_600_000
"""2 November 2026, a Monday."""


@dataclass
class Setting:
    """What a run begins with: a database image, and names for things in it."""

    image: bytes
    devices: list[tuple[str, str, str]]
    """Wire id, secret and user of every device."""
    items: list[str]
    lots: dict[str, list[str]]
    bins: list[str]
    totes: list[str]
    supplier: str
    customer: str


@dataclass
class Faults:
    """How often things go wrong, per request or per step. All zero: a good day."""

    drop: float = 0.04
    lose_answer: float = 0.05
    duplicate: float = 0.03
    delay: float = 0.03
    portal: float = 0.01
    server_dies: float = 0.02
    device_dies: float = 0.02
    reboot: float = 0.006
    clock_jump: float = 0.01
    store_lost: float = 0.002
    cloned: float = 0.001
    restore: float = 0.002
    away: float = 0.03
    """Per device and day: three days without a network."""


class PlayedClock:
    """A device's clocks, which are right until something happens to them."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.skew = 0
        self.boots = 0
        self.booted_at = world.now_ms - 1000

    def clocks(self) -> Clock:
        """What the device reads."""
        return Clock(lambda: self.world.now_ms + self.skew, self._monotonic, f"{self.name}-{self.boots}")

    def _monotonic(self) -> int:
        return self.world.now_ms - self.booted_at


@dataclass
class Worker:
    """Somebody with a device."""

    name: str
    device: Device
    clock: PlayedClock
    away_until: int = 0
    own: list[Did] = field(default_factory=list)
    """What they did lately and may take back."""


class World:
    """The floor while it is being played."""

    def __init__(self, setting: Setting, server: Server, rng: random.Random, faults: Faults) -> None:
        self.setting, self.server, self.rng, self.faults = setting, server, rng, faults
        self.now_ms = START
        self.day = 0
        self.is_healed = False
        self.delayed: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.backup: bytes | None = None
        self.restores = 0
        self.requests = 0
        self.verdicts: dict[tuple[str, str], Json] = {}
        self.violations: list[str] = []
        real = {*setting.bins, *setting.totes}
        self.truth = Truth(real.__contains__)
        self.workers = [self._worker(*device) for device in setting.devices]

    def now_us(self) -> int:
        """What the server's clock says."""
        return self.now_ms * 1000

    def say(self, text: str) -> None:
        """Note that something that must hold does not."""
        self.violations.append(f"day {self.day}: {text}")

    def _worker(self, wire_id: str, secret: str, user: str) -> Worker:
        clock = PlayedClock(self, wire_id)
        device = Device(self._network(wire_id), clock.clocks(), self.rng)
        device.store.device, device.store.secret, device.store.user = wire_id, secret, user
        device.store.incarnation = f"{int(wire_id[2:]):016x}"
        device.store.generation = 1
        device.batch_limit = self.rng.choice((3, 10, 200))
        return Worker(wire_id, device, clock)

    # The network

    def _network(self, name: str) -> Any:
        async def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
            self.requests += 1
            if self.is_healed:
                return self._noted(path, body, await self.server.handle(method, path, headers, body))
            worker = next(one for one in self.workers if one.name == name)
            if worker.away_until > self.now_ms or self._happens(self.faults.drop):
                return None
            if self._happens(self.faults.portal):
                return Reply(200, b"<html>Please accept our terms</html>")
            is_push = path == "/sync/push"
            if is_push and self._happens(self.faults.delay):
                self.delayed.append((method, path, headers, body))
                return None
            if is_push and self._happens(self.faults.server_dies):
                self.server.database.dies_in = self.rng.randrange(1, 40)
            if is_push and self._happens(self.faults.duplicate):
                self._noted(path, body, await self.server.handle(method, path, headers, body))
            reply = self._noted(path, body, await self.server.handle(method, path, headers, body))
            return None if self._happens(self.faults.lose_answer) else reply

        return send

    def _happens(self, chance: float) -> bool:
        return self.rng.random() < chance

    async def deliver_delayed(self) -> None:
        """Some of what the network kept back arrives now, in any order; nobody waits for the answer."""
        self.rng.shuffle(self.delayed)
        while self.delayed and (self.is_healed or self._happens(0.5)):
            method, path, headers, body = self.delayed.pop()
            self._noted(path, body, await self.server.handle(method, path, headers, body))

    def _noted(self, path: str, body: bytes, reply: Reply | None) -> Reply | None:
        """Look at every answer, whether the device gets it or not: a verdict never changes."""
        if reply is None or path != "/sync/push":
            return reply
        if reply.status >= 500:
            self.say(f"the server failed: {reply.body[:200]!r}")
        if reply.status == 200:
            told = reply.json()
            for verdict in told["verdicts"]:
                key = (Reply(0, body).json()["incarnation"], verdict["id"])
                if self.verdicts.setdefault(key, verdict) != verdict:
                    self.say(f"I13: a verdict changed: {self.verdicts[key]} → {verdict}")
        return reply

    # People at work

    async def work(self, worker: Worker) -> None:
        """One thing that one person does."""
        self.now_ms += self.rng.randrange(2_000, 90_000)
        self._mishap(worker)
        act = self.rng.choices(
            (self._receive, self._move, self._two_moves, self._pick, self._count, self._undo, self._slip),
            (5, 7, 2, 4, 3, 1.5, 1),
        )[0]
        act(worker)

    def _mishap(self, worker: Worker) -> None:
        device, clock = worker.device, worker.clock
        if self._happens(self.faults.device_dies):
            device._anchor = None
        if self._happens(self.faults.clock_jump):
            clock.skew = self.rng.choice(
                (0, 5 * MINUTE, -5 * MINUTE, DAY, -DAY, 1000 - self.now_ms, self.rng.randrange(-2000, 2000))
            )
        if self._happens(self.faults.reboot):
            clock.boots += 1
            clock.booted_at = self.now_ms - 20_000
            device.clock = clock.clocks()

    def _record(self, worker: Worker, kind: str, args: Json, did: Did, **fields: Any) -> Did:
        operation = worker.device.record(kind, args, **fields)
        did.id, did.true_ms, did.device = operation["id"], self.now_ms, worker.name
        did.is_doubtful = operation["captured"]["offset"] is None
        self.truth.log[did.id] = did
        worker.own = [*worker.own[-4:], did]
        return did

    def _receive(self, worker: Worker) -> None:
        item, place = self.rng.choice(self.setting.items), self.rng.choice(self.setting.bins)
        lot, amount = self._lot_of(item), self.rng.randrange(1, 30)
        self._carry(worker, "stock.receive@1", (item, "", lot), self.setting.supplier, place, amount)

    def _move(self, worker: Worker) -> None:
        self._take(worker, "stock.move@1", self.setting.bins, [*self.setting.bins, *self.setting.totes])

    def _pick(self, worker: Worker) -> None:
        if self._happens(0.5):
            self._take(worker, "stock.pick@1", self.setting.bins, self.setting.totes)
        else:
            self._take(worker, "stock.move@1", self.setting.totes, [self.setting.customer])

    def _take(self, worker: Worker, kind: str, sources: list[str], targets: list[str], **fields: Any) -> None:
        """Take something that is really there."""
        there = [cell for cell, amount in self.truth.shelves.items() if amount and cell[1] in sources]
        if not there:
            return
        cell = self.rng.choice(there)
        target = self.rng.choice([place for place in targets if place != cell[1]])
        amount = self.rng.randrange(1, self.truth.shelves[cell] + 1)
        self._carry(worker, kind, cell, cell[1], target, amount, **fields)

    def _carry(
        self, worker: Worker, kind: str, cell: Cell, source: str, target: str, amount: int, **fields: Any
    ) -> Did:
        item, _, lot = cell
        deltas = {(item, source, lot): -amount, (item, target, lot): amount}
        self.truth.move(deltas)
        args: Json = {"item": item, "quantity": str(amount), "target": target, "lot": lot}
        if kind != "stock.receive@1":
            args["source"] = source
        if not lot:
            del args["lot"]
        if "depends_on" not in fields and self._happens(0.03):
            fields["depends_on"] = self._something_needed(worker)
        return self._record(worker, kind, args, Did("", "flow", 0, "", deltas), **fields)

    def _something_needed(self, worker: Worker) -> list[str]:
        """What somebody else did lately, and may not have sent yet."""
        others = [one.own[-1].id for one in self.workers if one is not worker and one.own]
        return [self.rng.choice(others)] if others else []

    def _two_moves(self, worker: Worker) -> None:
        """Through a tote, as one group."""
        there = [
            cell for cell, amount in self.truth.shelves.items() if amount and cell[1] in self.setting.bins
        ]
        if not there:
            return
        cell, tote = self.rng.choice(there), self.rng.choice(self.setting.totes)
        target = self.rng.choice([place for place in self.setting.bins if place != cell[1]])
        amount, name = self.rng.randrange(1, self.truth.shelves[cell] + 1), worker.device.uuid7()
        for index, (source, to) in enumerate(((cell[1], tote), (tote, target))):
            self.now_ms += 1_000
            group = {"id": name, "index": index, "size": 2}
            needs = self._something_needed(worker) if index and self._happens(0.2) else []
            self._carry(worker, "stock.move@1", cell, source, to, amount, group=group, depends_on=needs)

    def _count(self, worker: Worker) -> None:
        place = self.rng.choice([*self.setting.bins, *self.setting.totes])
        seen, complete = self.truth.at(place), self._happens(0.7)
        if not complete:
            item = self.rng.choice(self.setting.items)
            cell = (item, place, self._lot_of(item))
            seen = {cell: self.truth.shelves[cell]}
        lines = [
            {"item": item, "quantity": str(amount), **({"lot": lot} if lot else {})}
            for (item, _, lot), amount in seen.items()
        ]
        did = Did("", "count", 0, "", place=place, seen=dict(seen), complete=complete)
        self._record(worker, "stock.count@1", {"location": place, "lines": lines, "complete": complete}, did)

    def _undo(self, worker: Worker) -> None:
        """Take back something of one's own, and bring the goods back if they are still there."""
        undone = {one.undoes for one in self.truth.log.values()}
        candidates = [one for one in worker.own if one.kind != "undo" and one.id not in undone]
        if not candidates:
            return
        original = self.rng.choice(candidates)
        deltas = {cell: -amount for cell, amount in original.deltas.items()}
        if any(
            self.truth.shelves[cell] + amount < 0
            for cell, amount in deltas.items()
            if self.truth.is_real(cell[1])
        ):
            return
        self.truth.move(deltas)
        self._record(
            worker,
            "op.undo@1",
            {"operation": original.id},
            Did("", "undo", 0, "", deltas, undoes=original.id),
        )

    def _slip(self, _: Worker) -> None:
        """Something is lost or found, and nobody scans it."""
        item, place = self.rng.choice(self.setting.items), self.rng.choice(self.setting.bins)
        cell = (item, place, self._lot_of(item))
        amount = self.rng.randrange(-self.truth.shelves[cell], 4)
        if amount:
            self.truth.slip(self.now_ms, cell, amount)

    def _lot_of(self, item: str) -> str:
        return self.rng.choice(self.setting.lots[item]) if item in self.setting.lots else ""
