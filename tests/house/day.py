"""A house in which anything may happen: its people, devices with queues, the calendar, and what is done, by lot.

A feature adds what can happen in it by `@act(weight)` on a coroutine that takes the day; `steps.py` imports them all.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from server import clock
from server.db import Statement, fetch
from server.outbound import releasing
from server.outbound.notice import Steps
from server.outbound.ordering import By
from server.sync import envelope, reconciling
from server.sync import queries as devices
from tests import given

ITEMS = {
    "CUP": {},
    "PEN": {},
    "MILK": {"has_lots": True, "has_expiry": True},
    "TIN": {},
    "BOX": {},
}
BINS = ("A-01", "A-02", "B-01")
TOTES = ("T-1", "T-2")
LOTS = {"L1": 3, "L2": 40}
"""Lots and in how many days they expire."""

Act = Callable[["Day"], Awaitable[None]]
ACTS: list[tuple[Act, int]] = []


def act(weight: int = 2) -> Callable[[Act], Act]:
    """Something that may happen on any day, so often as its weight says."""

    def enter(what: Act) -> Act:
        ACTS.append((what, weight))
        return what

    return enter


class Device(msgspec.Struct):
    """A device, what it has not sent yet, and what it sent last."""

    pda: given.Pda
    queue: list[dict[str, object]] = []
    sent: list[str] = []
    last: bytes = b""


class Day:
    """One house and what is drawn for it; `story` says what has happened, for whoever has to find out why."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.story: list[str] = []
        self.moved_on = 0
        self.devices: list[Device] = []
        self.has_network = True
        self.known: dict[str, list[int]] = {}
        self.supervisor = By(0)
        self.picker, self.checker = By(0), By(0)

    # The world

    async def begin(self) -> None:
        """Two warehouses, goods in some bins, three people, two devices."""
        await given.warehouse()
        await given.warehouse("EAST", "东仓")
        self.supervisor = By(await given.person("boss", role="supervisor", warehouses=("MAIN", "EAST")))
        self.picker = By(await given.person("wang", warehouses=("MAIN", "EAST")))
        self.checker = By(await given.person("li", warehouses=("MAIN", "EAST")))
        await given.person("zhao", warehouses=("MAIN", "EAST"))
        for code, marks in ITEMS.items():
            await given.item(code, **marks)
        for place in BINS:
            await given.location(place)
        await given.location("E-01", warehouse_code="EAST")
        await given.location("DOCK", kind="dock")
        for code in TOTES:
            await given.location(code, kind="tote")
        self.devices = [Device(await given.pda(name)) for name in ("wang", "li", "zhao")]
        steps = Steps(
            picks=self.likely(0.9),
            packs=self.likely(0.7),
            checkers=self.chance.choice((0, 0, 1, 2)),
            ships=self.likely(0.9),
        )
        await releasing.settle_steps(await given.warehouse(), steps, by=self.supervisor)
        for code in ITEMS:
            for place in self.chance.sample(BINS, 2):
                await self.do("receive", code, self.chance.randint(5, 30), target=place)

    def now(self) -> int:
        """The time in the house: that of the machine, and what was skipped since."""
        return _now() + self.moved_on

    def later(self, most: int) -> None:
        """Some time passes."""
        self.moved_on += self.chance.randint(clock.MINUTE, most)

    def today(self) -> date:
        """The day in the house."""
        return clock.today()

    # Drawing

    def item(self) -> str:
        return self.chance.choice(tuple(ITEMS))

    def bin(self) -> str:
        return self.chance.choice(BINS)

    def some(self, most: int = 4) -> int:
        return self.chance.randint(1, most)

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def keep(self, kind: str, number: int) -> int:
        """A document exists now."""
        self.known.setdefault(kind, []).append(number)
        return number

    def one(self, kind: str) -> int | None:
        """Some document of a kind, the newer the likelier; None while there is none."""
        known = self.known.get(kind)
        return (
            known[max(self.chance.randrange(len(known)), self.chance.randrange(len(known)))]
            if known
            else None
        )

    # Devices

    async def do(self, what: str, code: str, amount: int, **named: Any) -> Device:
        """Somebody does something with a device, which sends it now or later."""
        args: dict[str, Any] = {"item": f"i-{await given.item(code)}", "quantity": str(amount)}
        if "lot" not in named and ITEMS[code]:
            lot = self.chance.choice(tuple(LOTS))
            named["lot"] = lot
            if what == "receive":
                named["expiry"] = await self.expiry(lot)
        args |= {name: await self.wire(value) if name in PLACES else value for name, value in named.items()}
        return await self.report(f"stock.{what}@1", args)

    async def expiry(self, lot: str) -> str:
        """The last good day of a lot; printed on it, so always the same."""
        return date.fromordinal(date(2026, 1, 1).toordinal() + 3650 + LOTS[lot]).isoformat()

    async def report(self, kind: str, args: Mapping[str, object]) -> Device:
        """An operation on some device, sent at once more often than not where there is a network."""
        device = self.chance.choice(self.devices)
        made = device.pda.operation(kind, args)
        device.queue.append(made)
        device.sent.append(str(made["id"]))
        if self.has_network and self.likely(0.6):
            await self.send(device)
        return device

    async def send(self, device: Device, at_most: int = 200) -> None:
        """What the device holds arrives, in one batch."""
        if device.queue:
            device.last = device.pda.batch(*device.queue[:at_most])
            del device.queue[:at_most]
            await self.arrive(device, device.last)

    async def arrive(self, device: Device, body: bytes) -> list[Any]:
        """A batch reaches the server; the verdicts."""
        known = await devices.device_by_bearer(device.pda.headers["Authorization"])
        assert known is not None
        answer = await reconciling.reconcile(envelope.read(body, clock.now()), known)
        assert not isinstance(answer, reconciling.Conflict), answer
        return answer.verdicts

    async def wire(self, place: str) -> str:
        """The wire id of a place by its code; of a virtual one by its kind."""
        if place in VIRTUAL:
            return f"l-{await given.virtual(place)}"
        return place if place.startswith("l-") else f"l-{await given.location(place)}"

    # Going on

    async def go_on(self) -> str:
        """The next thing happens; gives what it was."""
        what = self.chance.choices([one for one, _ in ACTS], [weight for _, weight in ACTS])[0]
        self.story.append(what.__name__)
        await what(self)
        return what.__name__

    async def end(self) -> None:
        """Every device comes back, in any order."""
        for device in self.chance.sample(self.devices, len(self.devices)):
            await self.send(device)


PLACES = ("source", "target", "location")
VIRTUAL = ("supplier", "customer", "production", "scrap")
_now = clock.now


async def column(sql: str, *args: object) -> list[Any]:
    """The first column of what the database says."""
    return [row[0] for row in await fetch(Statement(sql), *args)]
