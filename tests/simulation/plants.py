"""Bugs planted on purpose, in the server and in devices: a check that cannot see them proves nothing.

Each plant changes one thing of the product (or of the devices) for as long as a run takes.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import msgspec

from server import feed
from server.db import Statement, as_json, fetch
from server.handlers import sync as handlers
from server.stock import ledger
from server.stock.book import Book
from server.stock.movement import Cell, Moment
from server.sync import envelope, performing, reconciling, verdict, wire
from server.sync.performing import Act
from tests.simulation.floor import World
from tests.sync.client import Device, Json, Outcome, Record, Reply, Staged

Prepare = Callable[[World], None]
Plant = Callable[[ExitStack], Prepare | None]
PLANTS: dict[str, Plant] = {}

_KNOWN = Statement("SELECT id FROM operation WHERE id IN (SELECT value FROM json_each(?))")


@contextmanager
def planted(name: str | None) -> Iterator[Prepare | None]:
    """Break one thing for a while."""
    with ExitStack() as stack:
        yield PLANTS[name](stack) if name else None


def _plant(function: Plant) -> Plant:
    PLANTS[function.__name__] = function
    return function


# In the server


@_plant
def no_deduplication(stack: ExitStack) -> None:
    """An operation that comes again takes effect again."""
    real = reconciling.reconcile

    async def reconcile(push: Any, device: Any) -> Any:
        known = {row[0] for row in await fetch(_KNOWN, as_json([parsed.id for parsed in push.operations]))}
        answer = await real(push, device)
        again = [
            Act(parsed.operation.kind, parsed.args)
            for parsed in push.operations
            if parsed.id in known and isinstance(parsed.args, wire.Receive | wire.Move | wire.Pick)
        ]
        if again and isinstance(answer, wire.Answer):
            await performing.perform(again, by=device.user)
        return answer

    stack.enter_context(mock.patch.object(reconciling, "reconcile", reconcile))


@_plant
def accept_gaps(stack: ExitStack) -> None:
    """The server takes operations although earlier ones are missing."""
    real = reconciling._Batch._admit

    def admit(self: Any, push: Any, device: Any, generation: int, fresh: list[Any]) -> Any:
        replica = self._replica(push, device)
        first = push.operations[0] if push.operations else None
        if replica is not None and first is not None and first.n is not None and first.n > replica.ack + 1:
            replica.ack, replica.head = first.n - 1, first.operation.previous
        return real(self, push, device, generation, fresh)

    stack.enter_context(mock.patch.object(reconciling._Batch, "_admit", admit))


@_plant
def count_as_absolute(stack: ExitStack) -> None:
    """A count sets the book when it arrives, whatever happened since or is heard later."""

    def count(self: Book, seen: Mapping[Cell, int], location: int, complete: bool, when: Moment) -> bool:
        cells = dict(seen)
        for cell in self._cells_at(location) if complete else ():
            cells.setdefault(cell, 0)
        for cell, quantity in cells.items():
            self._settle(cell, quantity, when)
        self._remember(seen, location, complete, when)
        return True

    stack.enter_context(mock.patch.object(Book, "count", count))
    stack.enter_context(mock.patch.object(Book, "_was_seen", return_value=False))


@_plant
def trust_the_wall_clock(stack: ExitStack) -> None:
    """Things happened when the device's clock says so."""

    def happened_at(captured: Any, clock: Any, received_at: int, previous_at: int) -> int:
        wall: int = captured.wall * 1000
        return max(min(wall, received_at), previous_at + 1)

    stack.enter_context(mock.patch.object(envelope, "happened_at", happened_at))


@_plant
def debt_is_not_repaid(stack: ExitStack) -> None:
    """What arrives later does not give back to suspense."""
    stack.enter_context(mock.patch.object(Book, "_repay", return_value=None))


@_plant
def half_a_group_stays(stack: ExitStack) -> None:
    """A group that cannot take effect as a whole keeps what it did so far."""
    stack.enter_context(mock.patch.object(Book, "back_to", return_value=None))


@_plant
def undo_is_not_remembered(stack: ExitStack) -> None:
    """A count that was taken back still speaks to what is heard later."""

    def undo_count(self: Book, operation: str, when: Moment) -> bool:
        return any(mark.when.operation == operation for marks in self._marks.values() for mark in marks)

    stack.enter_context(mock.patch.object(Book, "undo_count", undo_count))


@_plant
def a_balance_is_not_told(stack: ExitStack) -> None:
    """The feed forgets every fifth balance."""
    real, calls = ledger.publish, itertools.count()

    def publish(cells: Any, book: Book, lots: Any) -> None:
        real([cell for cell in cells if next(calls) % 5], book, lots)

    stack.enter_context(mock.patch.object(ledger, "publish", publish))


@_plant
def feed_numbered_before_commit(stack: ExitStack) -> None:
    """A reader may see a number whose rows are not there yet."""
    real, calls = feed.beyond, itertools.count()

    async def beyond(scopes: Any, cursor: int, limit: int) -> Any:
        seen = await real(scopes, cursor, limit)
        if next(calls) % 7 == 3 and len(seen.lines) > 1:
            return msgspec.structs.replace(seen, lines=seen.lines[:-1])
        return seen

    stack.enter_context(mock.patch.object(handlers.feed, "beyond", beyond))


@_plant
def answer_before_commit(stack: ExitStack) -> None:
    """The server says yes, and only then tries to write."""
    calls = itertools.count()

    def prepare(world: World) -> None:
        real = world.server.handle

        async def handle(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
            image = world.server.database.image()
            reply = await real(method, target, headers, body)
            if target == "/sync/push" and reply is not None and next(calls) % 25 == 24:
                world.server.database.writer.close()
                world.server.database.load(image)
            return reply

        world.server.handle = handle  # type: ignore[method-assign]

    return prepare  # type: ignore[return-value]


@_plant
def verdict_made_again(stack: ExitStack) -> None:
    """A repeated operation is answered by how things look now."""
    real = reconciling._stored_verdict

    def stored(row: Any) -> Any:
        said = real(row)
        said.outcome, said.reason = "applied", None
        return said

    stack.enter_context(mock.patch.object(reconciling, "_stored_verdict", stored))


@_plant
def whole_cell_forgotten(stack: ExitStack) -> None:
    """A complete count overlooks what it did not list."""
    real = Book.count

    def count(self: Book, seen: Mapping[Cell, int], location: int, complete: bool, when: Moment) -> bool:
        return real(self, seen, location, False, when) or complete

    stack.enter_context(mock.patch.object(Book, "count", count))


@_plant
def undo_the_wrong_way(stack: ExitStack) -> None:
    """Undoing does it once more."""
    stack.enter_context(mock.patch.object(verdict, "_reversed", lambda flow: flow))


# In devices


@_plant
def deleted_when_sent(stack: ExitStack) -> None:
    """A device forgets an operation as soon as it is on its way."""
    real = Device.push

    async def push(self: Device) -> Outcome:
        chosen = self._fitting(self.queue())
        outcome = await real(self)
        for record in chosen:
            if record.verdict is None and outcome == "lost":
                self.store.records.pop(record.n, None)
        return outcome

    stack.enter_context(mock.patch.object(Device, "push", push))


@_plant
def overlay_dropped_on_ack(stack: ExitStack) -> None:
    """An acknowledged operation disappears from the screen before the feed brings it."""
    stack.enter_context(
        mock.patch.object(Device, "_settled", lambda self, record: record.verdict is not None)
    )


@_plant
def cursor_per_page(stack: ExitStack) -> None:
    """Every page is applied by itself, so that a device may stand inside a commit."""

    async def pull(self: Device, limit: int = 2000) -> str:
        while True:
            reply = await self.ask_page(self.store.cursor, limit)
            if reply is None or reply.json().get("protocol") is None or reply.json().get("reset"):
                return "lost"
            page = reply.json()
            self.apply(Staged(page["rows"], page["next"]))
            if not page["more"]:
                return "current"

    stack.enter_context(mock.patch.object(Device, "pull", pull))


@_plant
def no_offer_after_restore(stack: ExitStack) -> None:
    """After the server was restored, a device offers nothing again."""
    stack.enter_context(mock.patch.object(Device, "_forget_verdicts", return_value=None))

    def prepare(world: World) -> None:
        world.faults.restore = 0.02

    return prepare  # type: ignore[return-value]


@_plant
def believes_any_page(stack: ExitStack) -> None:
    """A device takes any 200 for a yes."""
    real = Device.absorb

    def absorb(self: Device, body: bytes, reply: Reply | None, started: int | None = None) -> Outcome:
        outcome = real(self, body, reply, started)
        if outcome == "foreign":
            said: Json = {"outcome": "applied", "seq": 0, "reason": None}
            for record in self.queue():
                record.verdict = said
            self.store.ack = self.store.last_n
        return outcome

    stack.enter_context(mock.patch.object(Device, "absorb", absorb))


@_plant
def pulls_in_doubt(stack: ExitStack) -> None:
    """A device reads the feed while it does not know whether what it sent has arrived."""
    real = Device.pull

    async def pull(self: Device, limit: int = 2000) -> str:
        sent, self.store.sent = self.store.sent, 0
        try:
            return await real(self, limit)
        finally:
            self.store.sent = sent

    stack.enter_context(mock.patch.object(Device, "pull", pull))


@_plant
def queue_is_what_lies_beyond_ack(stack: ExitStack) -> None:
    """A device asks only for what is not acknowledged, and misses verdicts whose answer was lost."""

    def queue(self: Device) -> list[Record]:
        return [record for n, record in sorted(self.store.records.items()) if n > self.store.ack]

    stack.enter_context(mock.patch.object(Device, "queue", queue))
