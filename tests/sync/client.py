"""An independent device, written from the contract alone: it shares no line with the server.

It knows one thing of the outside, `Send`: give a request, get a reply, or nothing when the network failed.
So the same device runs against the application in the same loop, against a real server, and in the
simulator where the network and the clocks are played.
"""

import gzip
import hashlib
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

PROTOCOL = "stockhand-sync/1"
BATCH_OPERATIONS = 200
BATCH_BYTES = 256 * 1024
MODULUS = 1 << 64

Json = dict[str, Any]
RowKey = tuple[str, str, str]


@dataclass(frozen=True)
class Reply:
    """What came back: status, body, Retry-After is of no interest to tests."""

    status: int
    body: bytes

    def json(self) -> Json:
        """The body as JSON; anything else reads as nothing."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


Send = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Reply | None]]


@dataclass
class Clock:
    """The device's three clocks. Real ones by default; tests and the simulator bend them."""

    wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    monotonic: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000
    boot: str = "boot-1"


@dataclass
class Record:
    """One operation in the operation store, and what the server said of it."""

    n: int
    operation: Json
    verdict: Json | None = None


@dataclass
class Staged:
    """Pages of a pull that is not complete yet: nothing of it is visible."""

    rows: list[Json] = field(default_factory=list)
    next: int = 0


@dataclass
class Store:
    """What survives a crash of the device."""

    device: str = ""
    secret: str = ""
    user: str = ""
    incarnation: str = ""
    generation: int | None = None
    subscription: int | None = None
    cursor: int = 0
    ack: int = 0
    safe: int = 0
    sent: int = 0
    """The last number ever sent: up to here, what has no verdict may or may not have arrived."""
    last_n: int = 0
    previous: str = ""
    records: dict[int, Record] = field(default_factory=dict)
    base: dict[RowKey, Json] = field(default_factory=dict)
    witnesses: dict[str, Json] = field(default_factory=dict)
    """Copies of operations outside the store, by id: what a device that lost its store can still rescue."""


Outcome = Literal["taken", "idle", "lost", "foreign", "refused", "rewound", "restored", "cloned", "halved"]


class Device:
    """A phone or PDA that keeps the contract."""

    def __init__(self, send: Send, clock: Clock | None = None, rng: Any = None) -> None:
        self.send = send
        self.clock = clock or Clock()
        self.bits: Callable[[int], int] = rng.getrandbits if rng else secrets.randbits
        self.store = Store()
        self.batch_limit = BATCH_OPERATIONS
        self.compress = False
        self.reports: list[str] = []
        """Digest mismatches: the device heals them, and says so, for there should be none."""
        self._anchor: tuple[int, int, str] | None = None
        self._hashes: dict[RowKey, tuple[Json, int]] = {}

    # Enrolling

    async def enrol(self, token: str, name: str = "PDA") -> None:
        """Use an invitation."""
        self.store.incarnation = f"{self.bits(64):016x}"
        asked = {"token": token, "name": name, "incarnation": self.store.incarnation}
        reply = await self.send("POST", "/sync/enrol", {}, json.dumps(asked).encode())
        assert reply is not None and reply.status == 200, reply
        told = reply.json()
        self.store.device, self.store.secret = told["device"], told["secret"]
        self.store.user = told["user"]["id"]
        self.store.generation, self.store.subscription = told["generation"], told["subscription"]

    @property
    def headers(self) -> dict[str, str]:
        """What every request is signed with."""
        return {"Authorization": f"Bearer {self.store.device}.{self.store.secret}"}

    # Capturing

    def record(self, kind: str, args: Mapping[str, Any], **fields: Any) -> Json:
        """Store one operation for good; it is the user's now. `fields` override any part of it."""
        operation: Json = {
            "id": self.uuid7(),
            "n": 0,
            "kind": kind,
            "user": self.store.user,
            "args": dict(args),
            "captured": self.captured(),
            "basis": {"generation": self.store.generation, "cursor": self.store.cursor},
            **fields,
        }
        return self._append(operation)

    def group(self, *acts: tuple[str, Mapping[str, Any]]) -> list[Json]:
        """Several operations of which all take effect or none."""
        name = self.uuid7()
        return [
            self.record(kind, args, group={"id": name, "index": index, "size": len(acts)})
            for index, (kind, args) in enumerate(acts)
        ]

    def _append(self, operation: Json, verdict: Json | None = None) -> Json:
        store = self.store
        store.last_n += 1
        numbered = {**operation, "n": store.last_n, "previous": store.previous}
        store.previous = hashlib.sha256(canonical(numbered)).hexdigest()[:16]
        store.records[store.last_n] = Record(store.last_n, numbered, verdict)
        store.witnesses[numbered["id"]] = numbered
        return numbered

    def captured(self) -> Json:
        """What the clocks say now; the offset follows the monotonic clock since the server was last met."""
        wall, monotonic = self.clock.wall(), self.clock.monotonic()
        offset = error = None
        if self._anchor is not None and self._anchor[2] == self.clock.boot:
            server_then, monotonic_then, _ = self._anchor
            offset, error = server_then + (monotonic - monotonic_then) - wall, 40
        return {
            "wall": wall,
            "monotonic": monotonic,
            "boot": self.clock.boot,
            "offset": offset,
            "error": error,
        }

    def uuid7(self) -> str:
        """A UUIDv7 (RFC 9562) of the device's own clock."""
        value = (max(0, self.clock.wall()) & (1 << 48) - 1) << 80 | self.bits(80)
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        text = f"{value:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    # Pushing

    def queue(self) -> list[Record]:
        """What has no verdict yet, in order, with everything after it.

        `ack` alone would not do: after a lost answer it may cover operations whose verdicts nobody has told us.
        """
        first = min((n for n, record in self.store.records.items() if record.verdict is None), default=None)
        start = self.store.ack if first is None else min(first - 1, self.store.ack)
        return [record for n, record in sorted(self.store.records.items()) if n > start]

    def body(self, records: Sequence[Record] | None = None, **fields: Any) -> bytes:
        """The body of a push of these records (default: the queue's beginning)."""
        chosen = self._fitting(self.queue()) if records is None else records
        waiting = self.queue()
        return json.dumps(
            {
                "device": self.store.device,
                "incarnation": self.store.incarnation,
                "generation": self.store.generation,
                "app": "2026.11.1",
                "queue": {
                    "depth": len(waiting),
                    "oldest": waiting[0].operation["captured"]["wall"] if waiting else None,
                },
                "clock": {
                    "wall": self.clock.wall(),
                    "monotonic": self.clock.monotonic(),
                    "boot": self.clock.boot,
                },
                "operations": [record.operation for record in chosen],
                **fields,
            },
            ensure_ascii=False,
        ).encode()

    def _fitting(self, records: list[Record]) -> list[Record]:
        chosen: list[Record] = []
        size = 2048
        for record in records[: self.batch_limit]:
            size += len(json.dumps(record.operation, ensure_ascii=False).encode()) + 2
            if chosen and size > BATCH_BYTES:
                break
            chosen.append(record)
        return chosen

    async def push(self) -> Outcome:
        """Send the beginning of the queue once, and believe what a true server says of it."""
        if not self.queue():
            return "idle"
        chosen = self._fitting(self.queue())
        self.store.sent = max(self.store.sent, chosen[-1].n)
        body, started = self.body(chosen), self.clock.monotonic()
        return self.absorb(body, await self.post(body), started)

    async def post(self, body: bytes, path: str = "/sync/push") -> Reply | None:
        """Send these bytes."""
        headers = dict(self.headers)
        if self.compress:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return await self.send("POST", path, headers, body)

    def absorb(self, body: bytes, reply: Reply | None, started: int | None = None) -> Outcome:
        """Take in the answer to a push of `body`."""
        if reply is None:
            return "lost"
        if reply.status == 409:
            return self._contradicted(reply.json())
        if reply.status == 413:
            self.batch_limit = max(1, self.batch_limit // 2)
            return "halved"
        if reply.status != 200:
            return "refused"
        told = reply.json()
        if told.get("protocol") != PROTOCOL or told.get("batch") != hashlib.sha256(body).hexdigest():
            return "foreign"
        self._meet(told["now"], started)
        self._believe(told)
        return "taken"

    def _meet(self, server_now: int, started: int | None) -> None:
        """Remember the server's time against the monotonic clock (the middle of the round trip)."""
        now = self.clock.monotonic()
        middle = now if started is None else (started + now) // 2
        self._anchor = (server_now, middle, self.clock.boot)

    def _believe(self, told: Json) -> None:
        store = self.store
        store.ack, store.safe = told["ack"], told["safe"]
        for verdict in told["verdicts"]:
            record = store.records.get(verdict["n"])
            if record is not None:
                assert record.operation["id"] == verdict["id"], "a verdict for another operation"
                # What took effect under an older number goes by what was said of it then.
                if verdict["outcome"] != "duplicate" or record.verdict is None:
                    record.verdict = verdict

    def _contradicted(self, told: Json) -> Outcome:
        reason = told.get("reason")
        if reason == "generation":
            self._other_life(told["generation"])
            self._forget_verdicts(told["ack"])
            return "restored"
        return "cloned" if reason in ("cloned", "incarnation") else "refused"

    def _other_life(self, generation: int) -> None:
        """The server was restored: its feed starts again, what it has not seen is offered again."""
        self.store.generation = generation
        self._start_again()

    def _forget_verdicts(self, ack: int) -> None:
        """Offer again what is not safe: it may be forgotten there, or its answer may have been lost here."""
        store = self.store
        store.ack, store.sent = min(ack, store.safe), store.last_n
        for n, record in store.records.items():
            if n > store.ack:
                record.verdict = None

    async def begin_again(self) -> dict[str, int]:
        """Take a new incarnation and queue everything not known to be safe under the old ids.

        Tells how far the earlier ones were acknowledged; nothing when the server could not be asked.
        """
        store, incarnation = self.store, f"{self.bits(64):016x}"
        asked = json.dumps({"incarnation": incarnation}).encode()
        reply = await self.send("POST", "/sync/incarnation", self.headers, asked)
        if reply is None or reply.status != 200 or "incarnations" not in reply.json():
            return {}
        store.incarnation = incarnation
        rescued = [record for n, record in sorted(store.records.items()) if n > store.safe]
        store.records, store.last_n, store.previous, store.ack, store.safe = {}, 0, "", 0, 0
        for record in rescued:
            self._append(record.operation, record.verdict)
        store.sent = store.last_n  # under the old numbers they may have arrived
        acknowledged: dict[str, int] = reply.json()["incarnations"]
        return acknowledged

    async def rescue(self) -> bool:
        """The store is gone, the witnesses are not: a new incarnation sends them all."""
        kept = self.store
        self.store = Store(device=kept.device, secret=kept.secret, user=kept.user, generation=kept.generation)
        self.store.records = {n: Record(n, one) for n, one in enumerate(kept.witnesses.values(), 1)}
        self.store.witnesses = dict(kept.witnesses)
        self.store.sent = self.store.last_n = len(kept.witnesses)
        return bool(await self.begin_again())

    def prune(self) -> None:
        """Forget what is safe and settled."""
        for n, record in list(self.store.records.items()):
            if n <= self.store.safe and self._settled(record):
                del self.store.records[n]
                self.store.witnesses.pop(record.operation["id"], None)

    # Pulling

    async def pull(self, limit: int = 2000) -> Literal["current", "lost", "refused", "reset"]:
        """Pull to the end; everything becomes visible at once, with the cursor, or not at all.

        Not while it is unknown whether something sent has arrived: the base might show it a second time.
        """
        if any(record.verdict is None and n <= self.store.sent for n, record in self.store.records.items()):
            return "lost"
        staged = Staged(next=self.store.cursor)
        while True:
            reply = await self.ask_page(staged.next, limit)
            if reply is None:
                return "lost"
            page = reply.json()
            if reply.status != 200 or page.get("protocol") != PROTOCOL:
                return "refused"
            if page.get("reset"):
                self.store.subscription = page["subscription"]
                if page["generation"] != self.store.generation:
                    self._forget_verdicts(self.store.ack)
                self._other_life(page["generation"])
                return "reset"
            staged.rows += page["rows"]
            staged.next = page["next"]
            if not page["more"]:
                break
        self.apply(staged)
        return "current" if await self._verify(page["digests"]) else "lost"

    async def ask_page(self, cursor: int, limit: int) -> Reply | None:
        """One page beyond `cursor`."""
        store = self.store
        query = (
            f"cursor={cursor}&limit={limit}&generation={store.generation}&subscription={store.subscription}"
        )
        return await self.send("GET", f"/sync/pull?{query}", self.headers, b"")

    def apply(self, staged: Staged) -> None:
        """Make a complete pull visible."""
        for row in staged.rows:
            key = (row["scope"], row["kind"], row["key"])
            if row["deleted"]:
                self.store.base.pop(key, None)
            else:
                self.store.base[key] = row["body"]
        self.store.cursor = staged.next

    def _start_again(self) -> None:
        self.store.base, self.store.cursor = {}, 0

    async def _verify(self, digests: Mapping[str, Json]) -> bool:
        """Compare every scope; heal and report what differs."""
        for scope, told in digests.items():
            if self.digest(scope) != (told["rows"], told["sum"]):
                self.reports.append(scope)
                if not await self._heal(scope):
                    return False
        for scope in {key[0] for key in self.store.base} - set(digests):
            self.reports.append(scope)
            self._drop_scope(scope)
        return True

    async def _heal(self, scope: str) -> bool:
        reply = await self.send("GET", f"/sync/digest?scope={scope}", self.headers, b"")
        if reply is None or reply.json().get("protocol") != PROTOCOL:
            return False
        mine = self.parts(scope)
        for part, told in enumerate(reply.json()["parts"]):
            if mine[part] != tuple(told):
                rows = await self.send("GET", f"/sync/digest?scope={scope}&part={part}", self.headers, b"")
                if rows is None or rows.json().get("protocol") != PROTOCOL:
                    return False
                self._replace_part(scope, part, rows.json()["rows"])
        return True

    def _replace_part(self, scope: str, part: int, rows: list[Json]) -> None:
        for key in [key for key in self.store.base if key[0] == scope and part_of(key[1], key[2]) == part]:
            del self.store.base[key]
        for row in rows:
            self.store.base[scope, row["kind"], row["key"]] = row["body"]

    def _drop_scope(self, scope: str) -> None:
        for key in [key for key in self.store.base if key[0] == scope]:
            del self.store.base[key]

    def digest(self, scope: str) -> tuple[int, str]:
        """How many rows of a scope this device holds, and the sum of their hashes."""
        hashes = [self._hash(key, body) for key, body in self.store.base.items() if key[0] == scope]
        return len(hashes), f"{sum(hashes) % MODULUS:016x}"

    def _hash(self, key: RowKey, body: Json) -> int:
        known = self._hashes.get(key)
        if known is None or known[0] is not body:
            known = self._hashes[key] = (body, row_hash(key[1], key[2], body))
        return known[1]

    def parts(self, scope: str) -> list[tuple[int, str]]:
        """The same in 256 parts."""
        found: list[list[int]] = [[] for _ in range(256)]
        for key, body in self.store.base.items():
            if key[0] == scope:
                found[part_of(key[1], key[2])].append(self._hash(key, body))
        return [(len(hashes), f"{sum(hashes) % MODULUS:016x}") for hashes in found]

    # What people see

    def overlay(self) -> Iterator[Record]:
        """Operations that the base does not show yet."""
        for _, record in sorted(self.store.records.items()):
            if not self._settled(record):
                yield record

    def _settled(self, record: Record) -> bool:
        verdict = record.verdict
        if verdict is None:
            return False
        if verdict["outcome"] in ("superseded", "duplicate", "rejected", "held"):
            return True
        return bool(verdict["seq"] <= self.store.cursor)

    def on_hand(self, item: str, location: str, lot: str = "", serial: str = "") -> Decimal:
        """What people see at a place: the base, then what they did since."""
        seen = Decimal(0)
        for (scope, kind, key), body in self.store.base.items():
            if (
                kind == "balance"
                and key == f"{item}/{location}/{lot}/{serial}"
                and scope.startswith("warehouse:")
            ):
                seen += Decimal(body["on_hand"])
        for record in self.overlay():
            seen = folded(seen, record.operation, (item, location, lot, serial))
        return seen

    async def sync(self, limit: int = 2000, patience: int = 50) -> None:
        """Push until the queue is empty, then pull to the end; what a leader does when everything works."""
        for _ in range(patience):
            outcome = await self.push()
            if outcome == "cloned":
                await self.begin_again()
            elif outcome == "idle":
                break
        for _ in range(patience):
            if await self.pull(limit) == "current":
                return


def folded(seen: Decimal, operation: Json, cell: tuple[str, str, str, str]) -> Decimal:
    """What is seen in a cell after one more operation."""
    args, (item, location, lot, serial) = operation["args"], cell
    kind = operation["kind"].split("@")[0]
    if kind == "stock.count" and args["location"] == location:
        for line in args.get("lines", ()):
            if (line["item"], line.get("lot", ""), line.get("serial", "")) == (item, lot, serial):
                return Decimal(line["quantity"])
        return Decimal(0) if args.get("complete") else seen
    if (args.get("item"), args.get("lot", ""), args.get("serial", "")) != (item, lot, serial):
        return seen
    if kind == "stock.adjust" and args["location"] == location:
        return seen + Decimal(args["quantity"])
    amount = (
        Decimal(args["quantity"]) if kind in ("stock.receive", "stock.move", "stock.pick") else Decimal(0)
    )
    if args.get("target") == location:
        seen += amount
    if args.get("source") == location:
        seen -= amount
    return seen


# RFC 8785, and the hashes that stand on it


def canonical(value: Any) -> bytes:
    """Canonical JSON; our numbers are integers."""
    return _written(value).encode()


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key)}:{_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(one) for one in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    raise TypeError(f"{type(value).__name__} has no canonical form here")


def _text(text: str) -> str:
    # Python escapes just what RFC 8785 wants escaped, and in the same way.
    return json.dumps(text, ensure_ascii=False)


def row_hash(kind: str, key: str, body: Json) -> int:
    """What a row adds to its scope's sum."""
    return int.from_bytes(hashlib.sha256(canonical([kind, key, body])).digest()[:8], "big")


def part_of(kind: str, key: str) -> int:
    """Which of the 256 parts a row belongs to."""
    return hashlib.sha256(f"{kind}/{key}".encode()).digest()[0]
