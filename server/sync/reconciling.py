"""Push: what devices report is decided and posted, many devices in one commit, each operation once.

reconcile → (waiting pushes are taken together) → read what they touch → verdict.decide → posting.post
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server import clock, feed
from server.config import settings
from server.db import PASSING, Row, Statement, execute_many, writing
from server.stock import raising
from server.stock.ledger import Origin
from server.stock.movement import Cell, Moment, Posting
from server.sync import acting, deciding, envelope, posting, queries, reading, wire
from server.sync.envelope import Parsed, ReadPush
from server.sync.queries import Device
from server.sync.reading import Before
from server.sync.verdict import Actor, Doing, Original, Ruling, World, decide

log = logging.getLogger("stockhand.sync")

MAX_TOGETHER = 1000
"""Operations of several pushes that share one commit."""

GATHER_S = 0.003
"""How long the next commit waits for the devices that the last one has just answered."""


NO_EFFECT = ("held", "rejected")
QUIET = (
    "suspense", "fraction", "factor_differs", "backordered", "order_held", "order_shipped", "second_opinion",
)  # fmt: skip
"""Warnings that nobody has to look into: they are told elsewhere, or are nothing but news."""

UNCHAINED = "?"
"""Instead of a hash: what a malformed operation hashes to on the device, only the device knows."""


class _TakenBack(Exception):
    """A group that cannot take effect as a whole."""


class Conflict(msgspec.Struct, frozen=True):
    """Nothing was taken: another generation, a cloned replica or an unknown incarnation (HTTP 409)."""

    reason: str
    generation: int
    ack: int = 0


class Replica(msgspec.Struct):
    """A replica while its push is decided."""

    id: int
    device: int
    ack: int
    head: str
    safe: int
    event_at: int


class Taken(msgspec.Struct, gc=False):
    """One operation of this commit with its verdict to be."""

    parsed: Parsed
    replica: Replica
    verdict: wire.Verdict
    event_at: int
    user: int
    waits_for: list[str] = []
    incident: str | None = None
    cells: tuple[Cell, ...] = ()


_Waiting = tuple[ReadPush, Device, "asyncio.Future[wire.Answer | Conflict]"]


class Queue:
    """Pushes that wait for the writer; whoever comes while a commit runs shares the next one."""

    def __init__(self) -> None:
        self.waiting: list[_Waiting] = []
        self.worker: asyncio.Task[None] | None = None
        self.gathering: tuple[int, asyncio.Event] | None = None

    def join(self, one: _Waiting) -> None:
        """Stand in the queue; the one that makes it complete lets the commit begin."""
        self.waiting.append(one)
        if self.gathering is not None and len(self.waiting) >= self.gathering[0]:
            self.gathering[1].set()

    def operations(self) -> int:
        """How many operations wait."""
        return sum(len(push.operations) for push, _, _ in self.waiting)

    async def gather(self, answered: int) -> None:
        """Give the devices just answered a moment to come again, so that all of them share one commit.

        Without it a busy crowd splits into two halves that take turns, and each scan pays for twice as many
        commits. Nobody waits when nobody else does: see docs/decisions/0013-gathering.md.
        """
        complete = asyncio.Event()
        self.gathering = len(self.waiting) + answered, complete
        # Whoever is late takes the commit after this one.
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_S):
                await complete.wait()
        self.gathering = None


_queues: dict[asyncio.AbstractEventLoop, Queue] = {}


async def reconcile(push: ReadPush, device: Device) -> wire.Answer | Conflict:
    """Take a push: every operation gets a verdict that is on disk when this returns."""
    loop = asyncio.get_running_loop()
    queue = _queues.setdefault(loop, Queue())
    future: asyncio.Future[wire.Answer | Conflict] = loop.create_future()
    queue.join((push, device, future))
    if queue.worker is None:
        queue.worker = loop.create_task(_work(queue))
    return await future


async def _work(queue: Queue) -> None:
    while queue.waiting:
        group: list[_Waiting] = []
        size = 0
        while queue.waiting and (not group or size + len(queue.waiting[0][0].operations) <= MAX_TOGETHER):
            size += len(queue.waiting[0][0].operations)
            group.append(queue.waiting.pop(0))
        await _answer(group)
        if 0 < queue.operations() < MAX_TOGETHER:
            await queue.gather(len(group))
    queue.worker = None


async def _answer(group: list[_Waiting]) -> None:
    try:
        answers = await _commit([(push, device) for push, device, _ in group])
    except PASSING as accident:
        # Nothing is wrong with the operations: the devices keep them and come again.
        for _, _, future in group:
            if not future.done():
                future.set_exception(accident)
        return
    except Exception as error:
        if len(group) > 1:
            log.warning("a group of %d pushes failed, taking them one by one", len(group), exc_info=error)
            for one in group:
                await _answer([one])
            return
        await _alone(*group[0], error)
        return
    for (_, _, future), answer in zip(group, answers, strict=True):
        if not future.done():
            future.set_result(answer)


async def _alone(
    push: ReadPush, device: Device, future: asyncio.Future[wire.Answer | Conflict], error: Exception
) -> None:
    """A push that cannot be committed as it is: find the operation that breaks it, hold that one, take the rest."""
    if not push.operations:
        future.set_exception(error)
        return
    log.exception("a push failed, looking for the operation that breaks it", exc_info=error)
    try:
        answer = await _one_by_one(push, device)
    except Exception as again:  # noqa: BLE001 - whatever it is, the device that waits must hear of it
        if not future.done():
            future.set_exception(again)
        return
    if not future.done():
        future.set_result(answer)


async def _one_by_one(push: ReadPush, device: Device) -> wire.Answer | Conflict:
    verdicts: list[wire.Verdict] = []
    answer: wire.Answer | Conflict | None = None
    for parsed in push.operations:
        single = msgspec.structs.replace(push, operations=[parsed])
        try:
            answer = (await _commit([(single, device)]))[0]
        except Exception:
            log.exception("operation %s cannot be posted and is held", parsed.id)
            held = msgspec.structs.replace(parsed, fault="internal")
            answer = (await _commit([(msgspec.structs.replace(push, operations=[held]), device)]))[0]
        if isinstance(answer, Conflict):
            return answer
        verdicts += answer.verdicts
    assert isinstance(answer, wire.Answer)
    return msgspec.structs.replace(answer, verdicts=verdicts)


async def _commit(group: list[tuple[ReadPush, Device]]) -> list[wire.Answer | Conflict]:
    async with writing():
        return await _Batch(group).run()


class _Batch:
    """One commit's worth of pushes, from what they bring to what they are answered."""

    def __init__(self, group: list[tuple[ReadPush, Device]]) -> None:
        self.group = group
        self.taken: list[Taken] = []
        self.of_push: list[list[wire.Verdict] | Conflict] = []
        self.replicas: dict[tuple[int, str], Replica] = {}
        self.now = max(push.received_at for push, _ in group)
        self.zone = ZoneInfo(settings().timezone)
        # Digest and verdict by replica and number: of operations taken before, and of those of this commit.
        self.told: dict[tuple[int, int], tuple[str, wire.Verdict]] = {}
        self.by_id: dict[str, Taken] = {}
        self.world: World | None = None
        self.undone = {
            parsed.args.operation
            for push, _ in group
            for parsed in push.operations
            if isinstance(parsed.args, wire.Undo)
        }

    async def run(self) -> list[wire.Answer | Conflict]:
        operations = [parsed for push, _ in self.group for parsed in push.operations]
        before = await reading.before(
            replicas={(device.id, push.push.incarnation) for push, device in self.group},
            ids=[parsed.id for parsed in operations if parsed.id],
            needs={need for parsed in operations for need in _needs(parsed)},
            users={device.user for _, device in self.group} | _users(operations),
        )
        head = before.head
        await self._know_replicas(before.replicas)
        fresh: list[tuple[Parsed, Replica, ReadPush, Device]] = []
        for push, device in self.group:
            self.of_push.append(self._admit(push, device, head.generation, fresh))
        if fresh:
            await self._decide(fresh, before)
        seq = await self._store(before) if self.taken else head.seq
        return [self._answer(push, admitted, head.generation, seq, device)
                for (push, device), admitted in zip(self.group, self.of_push, strict=True)]  # fmt: skip

    # Which operations are new

    async def _know_replicas(self, rows: list[Row]) -> None:
        """Where every replica of this commit stands, and what it was told when it says something again."""
        for row in rows:
            self.replicas[row["device"], row["incarnation"]] = Replica(
                row["id"], row["device"], row["ack"], row["head"], row["safe"], row["event_at"]
            )
        spans = [
            span
            for push, device in self.group
            if (replica := self._replica(push, device)) and (span := _said_again(push.operations, replica))
        ]
        for row in await queries.verdicts(spans):
            self.told[row["replica"], row["n"]] = (row["digest"], _stored_verdict(row))

    def _replica(self, push: ReadPush, device: Device) -> Replica | None:
        return self.replicas.get((device.id, push.push.incarnation))

    def _admit(
        self,
        push: ReadPush,
        device: Device,
        generation: int,
        fresh: list[tuple[Parsed, Replica, ReadPush, Device]],
    ) -> list[wire.Verdict] | Conflict:
        replica = self._replica(push, device)
        if replica is None:
            return Conflict("incarnation", generation)
        if push.push.generation not in (None, generation):
            return Conflict("generation", generation, replica.ack)
        last = self.told.get((replica.id, replica.ack))
        numbers = _numbers(push.operations, replica.ack, last[0] if last else "")
        verdicts: list[wire.Verdict] = []
        expected, chain = replica.ack, replica.head
        admitted: list[Taken] = []
        for parsed, n in zip(self._whole_groups(push), numbers, strict=False):
            if n <= expected:
                known = self.told.get((replica.id, n))
                if known is None or known[0] != parsed.digest:
                    return self._refused(admitted, Conflict("cloned", generation, replica.ack))
                verdicts.append(known[1])
                continue
            if n > expected + 1:
                break
            if parsed.operation is not None and parsed.operation.previous != chain != UNCHAINED:
                return self._refused(admitted, Conflict("cloned", generation, replica.ack))
            verdict = wire.Verdict(n=n, id=parsed.id, outcome="applied")
            self.told[replica.id, n] = (parsed.digest, verdict)
            admitted.append(Taken(parsed, replica, verdict, 0, device.user))
            verdicts.append(verdict)
            expected, chain = n, UNCHAINED if parsed.fault == "malformed" else parsed.digest[:16]
        replica.ack, replica.head = expected, chain
        self.taken += admitted
        fresh += [(taken.parsed, replica, push, device) for taken in admitted]
        return verdicts

    def _refused(self, admitted: list[Taken], conflict: Conflict) -> Conflict:
        """Nothing of a push is taken when something in it contradicts what we know."""
        for taken in admitted:
            del self.told[taken.replica.id, taken.verdict.n]
        return conflict

    def _whole_groups(self, push: ReadPush) -> list[Parsed]:
        """The operations to look at: a group cut off by the end of the batch waits for its other half."""
        operations = push.operations
        last = operations[-1].operation if operations else None
        if last is None or last.group is None or last.group.index == last.group.size - 1:
            return operations
        start = next(
            index for index, parsed in enumerate(operations)
            if parsed.operation and parsed.operation.group and parsed.operation.group.id == last.group.id
        )  # fmt: skip
        return operations[:start] if start else operations

    # What becomes of them

    async def _decide(self, fresh: list[tuple[Parsed, Replica, ReadPush, Device]], before: Before) -> None:
        doings = [
            self._doing(taken, *entry[1:], before.actors)
            for taken, entry in zip(self.taken, fresh, strict=True)
        ]
        self.world = await reading.world([doing for doing in doings if doing is not None])
        index = 0
        while index < len(self.taken):
            end = self._end_of_group(index)
            await self._rule(self.taken[index:end], doings[index:end], before)
            index = end

    def _doing(
        self, taken: Taken, replica: Replica, push: ReadPush, device: Device, actors: dict[int, Actor]
    ) -> Doing | None:
        """The operation ready to be decided; None when it cannot be read."""
        operation = taken.parsed.operation
        if operation is None:
            taken.event_at = max(replica.event_at + 1, push.received_at)
            replica.event_at = taken.event_at
            return None
        taken.event_at = envelope.happened_at(
            operation.captured, push.push.clock, push.received_at, replica.event_at
        )
        replica.event_at = taken.event_at
        user = _user_number(operation.user) or (device.user if not operation.user else 0)
        taken.user = user
        odd = envelope.clock_oddity(operation.captured, push.received_at)
        return Doing(
            id=operation.id,
            kind=operation.kind,
            args=taken.parsed.args,
            when=Moment(taken.event_at, operation.id),
            day=envelope.day_of(taken.event_at, self.zone),
            device=device.id,
            actor=actors.get(user),
            oddities=(odd,) if odd else (),
        )

    def _end_of_group(self, start: int) -> int:
        """One past the last operation of the group that begins at `start`."""
        group = self._group(start)
        end = start + 1
        while group is not None and end < len(self.taken) and self._group(end) == group:
            end += 1
        return end

    def _group(self, index: int) -> tuple[int, str, int] | None:
        operation = self.taken[index].parsed.operation
        if operation is None or operation.group is None:
            return None
        return self.taken[index].replica.id, operation.group.id, operation.group.size

    async def _rule(self, members: list[Taken], doings: list[Doing | None], before: Before) -> None:
        """Rule on one operation, or on a group: there all take effect or none does."""
        group = members[0].parsed.operation.group if members[0].parsed.operation else None
        if group is None:
            await self._rule_one(members[0], doings[0], before)
            return
        assert self.world is not None
        mark = self.world.book.mark()
        try:
            async with writing():
                for taken, doing in zip(members, doings, strict=True):
                    await self._rule_one(taken, doing, before)
                outcomes = {taken.verdict.outcome for taken in members}
                # A twin among new ones: the other replica brought a part of the group only.
                is_mixed = "duplicate" in outcomes and len(outcomes) > 1
                if len(members) < group.size or is_mixed or not outcomes.isdisjoint(NO_EFFECT):
                    raise _TakenBack
        except _TakenBack:
            self.world.book.back_to(mark)
            refused = any(taken.verdict.outcome == "rejected" for taken in members)
            for taken in members:
                if taken.verdict.outcome not in (*NO_EFFECT, "duplicate"):
                    _rule_as(taken, Ruling("rejected" if refused else "held", "group"))

    async def _rule_one(self, taken: Taken, doing: Doing | None, before: Before) -> None:
        if twin := self._twin(taken, before.existing):
            _rule_as(taken, Ruling("duplicate", "same_act"))
            if twin != _content(taken.parsed.body):
                taken.incident = "same_id"
            return
        if taken.parsed.id:
            self.by_id[taken.parsed.id] = taken
        if fault := taken.parsed.fault:
            _rule_as(taken, _of_fault(fault))
            return
        assert doing is not None
        waits = [need for need in _needs(taken.parsed) if self._is_awaited(need, before.outcomes, taken)]
        if waits:
            taken.waits_for = waits
            _rule_as(taken, Ruling("held", "dependency"))
            return
        await self._take_effect(taken, doing)

    def _twin(self, taken: Taken, known: dict[str, Row]) -> tuple[Any, ...] | None:
        """What the same id said before, through another replica; None when it is new."""
        if not wire.is_uuid(taken.parsed.id):
            return None
        row = known.get(taken.parsed.id)
        if row is not None:
            return _content(row["body"].encode())
        earlier = self.by_id.get(taken.parsed.id)
        return _content(earlier.parsed.body) if earlier is not None and earlier is not taken else None

    def _is_awaited(self, need: str, past: dict[str, str], by: Taken) -> bool:
        """Whether what `by` needs has not taken effect. An undo is told at once that there is nothing to undo."""
        earlier = self.by_id.get(need)
        outcome = earlier.verdict.outcome if earlier is not None else past.get(need)
        if outcome == "rejected":
            return not isinstance(by.parsed.args, wire.Undo)
        return outcome is None or outcome == "held"

    async def _take_effect(self, taken: Taken, doing: Doing) -> None:
        assert self.world is not None
        book = self.world.book
        mark, posted = book.mark(), len(book.postings)
        try:
            if acting.acts(doing):
                async with writing():
                    ruling = await acting.act(doing)
            else:
                ruling = decide(doing, self.world)
        except Exception:
            log.exception("operation %s could not be decided and is held", doing.id)
            book.back_to(mark)
            ruling = Ruling("held", "internal")
        if doing.id in self.undone:
            book.put(self.world.originals, doing.id, _original(doing, ruling, book.postings[posted:]))
        _rule_as(taken, ruling)

    # Writing it down

    async def _store(self, before: Before) -> int:
        if self.world is not None:
            await self._store_effects(self.world)
        await self._store_incidents()
        seq = await feed.flush()
        for taken in self.taken:
            taken.verdict.seq = seq
        await execute_many(
            _OPERATION, [self._row(taken, seq) for taken in self.taken if not self._is_twin(taken)]
        )
        await execute_many(
            _OPERATION, [self._twin_row(taken, seq) for taken in self.taken if self._is_twin(taken)]
        )
        if self.world is not None:
            await reading.store_undone(self.world)
        await execute_many(
            _ACK,
            [(replica.ack, replica.head, replica.event_at, replica.id) for replica in self.replicas.values()],
        )
        await execute_many(_SEEN, [self._seen(push, device) for push, device in self.group])
        # Last, since what is freed here is decided against all that was written above.
        if before.awaited or any(taken.waits_for for taken in self.taken):
            await deciding.release_waiting(
                [taken.parsed.id for taken in self.taken if taken.verdict.outcome not in NO_EFFECT]
            )
        await deciding.free_groups([taken.parsed.id for taken in self.taken if _is_later_half(taken)])
        return seq

    async def _store_effects(self, world: World) -> None:
        origins = {taken.parsed.id: Origin(taken.user, taken.replica.device) for taken in self.taken}
        await posting.post(world, origins)
        causes = {cell: taken.parsed.id for taken in self.taken for cell in taken.cells}
        tasks = await raising.settle_debts(world.book, causes)
        for taken in self.taken:
            named = [tasks[cell.location] for cell in taken.cells if tasks.get(cell.location)]
            taken.verdict.task = named[0] if named else None

    async def _store_incidents(self) -> None:
        for taken in self.taken:
            kind = taken.incident or _incident_kind(taken.verdict)
            if kind is not None:
                body = {"reason": taken.verdict.reason, "device": f"d-{taken.replica.device}"}
                await raising.raise_incident(
                    kind, taken.parsed.id or taken.parsed.digest, body, operation=taken.parsed.id
                )
            if taken.waits_for:
                await execute_many(_WAIT, [(taken.parsed.id, need) for need in taken.waits_for])

    def _is_twin(self, taken: Taken) -> bool:
        return taken.verdict.outcome == "duplicate" or not wire.is_uuid(taken.parsed.id)

    def _row(self, taken: Taken, seq: int) -> tuple[Any, ...]:
        parsed, verdict = taken.parsed, taken.verdict
        kind = parsed.operation.kind if parsed.operation else ""
        return (
            parsed.id, taken.replica.id, verdict.n, kind, taken.user, parsed.body.decode(), parsed.digest,
            verdict.outcome, verdict.reason, verdict.task, seq, taken.event_at, self.now,
        )  # fmt: skip

    def _twin_row(self, taken: Taken, seq: int) -> tuple[Any, ...]:
        """An operation without a usable id of its own is kept under its replica's number."""
        own = f"{taken.parsed.id}#{taken.replica.id}.{taken.verdict.n}"
        return (own, *self._row(taken, seq)[1:])

    def _seen(self, push: ReadPush, device: Device) -> tuple[Any, ...]:
        queue = push.push.queue or wire.Queue()
        oldest = queue.oldest * 1000 if queue.oldest is not None else None
        left = max(0, queue.depth - len(push.operations))
        return (self.now, push.push.app[:40], left, oldest if left else None, device.id)

    def _answer(
        self,
        push: ReadPush,
        admitted: list[wire.Verdict] | Conflict,
        generation: int,
        seq: int,
        device: Device,
    ) -> wire.Answer | Conflict:
        if isinstance(admitted, Conflict):
            return admitted
        replica = self.replicas[device.id, push.push.incarnation]
        return wire.Answer(
            batch=push.batch,
            generation=generation,
            ack=replica.ack,
            safe=replica.safe,
            verdicts=admitted,
            head=seq,
            now=clock.now() // 1000,
        )


_OPERATION = Statement(
    "INSERT INTO operation (id, replica, n, kind, user_id, body, digest, outcome, reason, task, seq, undone_by,"
    " event_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)"
)

_ACK = Statement("UPDATE replica SET ack = ?, head = ?, event_at = ? WHERE id = ?")
_SEEN = Statement("UPDATE device SET seen_at = ?, app = ?, queue_depth = ?, queue_oldest_at = ? WHERE id = ?")
_WAIT = Statement("INSERT INTO waiting_operation (operation, needs) VALUES (?, ?)")


def _said_again(operations: list[Parsed], replica: Replica) -> tuple[int, int, int] | None:
    """Which of its verdicts a push may need: (replica, first number, last); None when all it says is new."""
    numbers = [parsed.n for parsed in operations if parsed.n is not None]
    if len(numbers) == len(operations) and all(n > replica.ack for n in numbers):
        return None
    first = max(1, min([replica.ack + 1, *numbers]) - len(operations))
    return replica.id, first, min(replica.ack, first + 2 * len(operations))


def _numbers(operations: list[Parsed], ack: int, last: str) -> list[int]:
    """Every operation's number; one that cannot say its own has the place between its neighbours.

    `last` is the digest of operation `ack`, when that was read.
    """
    anchor = next(
        ((index, parsed.n) for index, parsed in enumerate(operations) if parsed.n is not None), None
    )
    if anchor is not None:
        before = anchor[1] - anchor[0] - 1
    else:
        # None of them knows its number: they are the last ones over again, or new.
        again = bool(operations) and operations[-1].digest == last
        before = ack - len(operations) if again else ack
    numbers = []
    for parsed in operations:
        before = parsed.n if parsed.n is not None else before + 1
        numbers.append(before)
    return numbers


def _is_later_half(taken: Taken) -> bool:
    """Whether this may complete a group of which the first part came with an earlier push."""
    operation = taken.parsed.operation
    if operation is None or operation.group is None or operation.group.index == 0:
        return False
    return (taken.verdict.outcome, taken.verdict.reason) == ("held", "group")


def _needs(parsed: Parsed) -> list[str]:
    """What must have taken effect before: what it says it depends on, and what it undoes."""
    if parsed.operation is None or parsed.fault:
        return []
    undone = [parsed.args.operation] if isinstance(parsed.args, wire.Undo) else []
    return [*parsed.operation.depends_on, *undone]


def _original(doing: Doing, ruling: Ruling, postings: list[Posting]) -> Original:
    """What an undo later in the same commit needs to know of an operation."""
    flows = [
        msgspec.structs.replace(posting.flow, reverses=f"{posting.operation}:{posting.leg}")
        for posting in postings
        if posting.kind == "flow"
    ]
    user = doing.actor.id if doing.actor else 0
    return Original(doing.id, doing.kind, user, doing.device, ruling.outcome, flows)


def _rule_as(taken: Taken, ruling: Ruling) -> None:
    taken.verdict.outcome, taken.verdict.reason, taken.cells = ruling.outcome, ruling.reason, ruling.cells


def _of_fault(fault: str) -> Ruling:
    """What cannot be read is refused; what we cannot do yet, or broke on, waits for a person."""
    return Ruling("rejected" if fault in ("malformed", "too_large", "not_available") else "held", fault)


def _incident_kind(verdict: wire.Verdict) -> str | None:
    if verdict.outcome == "held":
        return "held"
    if verdict.outcome == "warning" and verdict.reason not in QUIET:
        return "odd"
    return None


def _content(body: bytes) -> tuple[Any, ...]:
    """What an operation says, whoever delivers it under whichever number."""
    try:
        plain = wire.PLAIN.decode(body)
    except msgspec.DecodeError:
        return (body,)
    return (
        (plain.get("kind"), plain.get("args"), plain.get("captured")) if isinstance(plain, dict) else (plain,)
    )


def _stored_verdict(row: Row) -> wire.Verdict:
    return wire.Verdict(n=row["n"], id=row["id"].rsplit("#", 1)[0], outcome=row["outcome"], seq=row["seq"],
                        reason=row["reason"], task=row["task"])  # fmt: skip


@lru_cache(1024)
def _user_number(user: str) -> int:
    digits = user.removeprefix("u-")
    return int(digits) if digits != user and digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _users(parsed: Iterable[Parsed]) -> set[int]:
    return {_user_number(one.operation.user) for one in parsed if one.operation is not None} - {0}
