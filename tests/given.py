"""Build the world of a test in the words of the trade: `await given.stock("CUP", 10, at="A-01")`.

Everything goes through the product's own activities, so a world that cannot be is not built. What is named
and missing is made on the way: the item, the location, the warehouse.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from server import canonical, clock, ids, quantity
from server.catalog import maintaining, place, queries
from server.catalog import tables as catalog_tables
from server.catalog.item import ItemDraft
from server.catalog.place import LocationDraft
from server.db import Statement, fetch, writing
from server.people import password as passwords
from server.people import queries as people
from server.people import tables as people_tables
from server.sync import enrolling, envelope, reconciling
from server.sync import queries as devices

PASSWORD = "corn-lantern-58"
PIN = "4711"

_LOCATION_OF_KIND = Statement("SELECT id FROM location WHERE warehouse = ? AND kind = ? ORDER BY id LIMIT 1")
_ON_HAND = Statement(
    "SELECT COALESCE(SUM(b.on_hand), 0) FROM balance b JOIN item i ON i.id = b.item"
    " JOIN location l ON l.id = b.location WHERE i.code = ? AND l.code = ? AND b.lot = ? AND b.serial = ?"
)


class Given(AssertionError):
    """A test asked for a world that the product refuses to build."""


async def warehouse(code: str = "MAIN", name: str = "总仓") -> int:
    """A warehouse with its dock and the places that stand for the rest of the world."""
    if found := await queries.warehouse_by_code(code):
        return found.id
    async with writing():
        await catalog_tables.Warehouse.insert(catalog_tables.Warehouse(code=code, name=name))
        made = await queries.warehouse_by_code(code)
        assert made is not None
        await maintaining.add_places(place.own_places(made.id, code), by=0)
    return made.id


async def location(code: str, *, kind: str = "bin", warehouse_code: str = "MAIN", **fields: Any) -> int:
    """A bin, dock, tote or carton."""
    found = await queries.location_ids_by_code([code])
    if code in found:
        return found[code]
    draft = LocationDraft(code=code, warehouse=await warehouse(warehouse_code), kind=kind, **fields)
    return _made(await maintaining.add_locations([draft], by=0))


async def item(code: str, **fields: Any) -> int:
    """An item; fields as in ItemDraft: `has_lots=True`, `unit="箱"`, `barcodes=…`."""
    found = await queries.ids_by_code([code])
    if code in found:
        return found[code]
    return _made(await maintaining.add_items([ItemDraft(**{"code": code, "name": code, **fields})], by=0))


def _made(outcome: maintaining.Added | maintaining.Refused) -> int:
    if isinstance(outcome, maintaining.Refused):
        raise Given(outcome)
    return outcome.ids[0]


@cache
def hashed(secret: str) -> str:
    """A secret as it is stored; hashing is slow on purpose, so each is hashed once in a session."""
    return passwords.hashed(secret)


async def person(
    name: str = "wang",
    *,
    role: str = "storekeeper",
    password: str = PASSWORD,
    pin: str = PIN,
    badge: str = "",
    warehouses: Sequence[str] = ("MAIN",),
    language: str = "zh",
    sees_all_warehouses: bool = False,
) -> int:
    """Somebody who works here, with a password, a PIN and their warehouses."""
    if found := await people.by_name(name):
        return found.id
    places = [await warehouse(code) for code in warehouses]
    row = people_tables.User(
        name=name,
        display_name=name,
        role=role,
        password_hash=hashed(password),
        pin_hash=hashed(pin),
        badge_digest=ids.digest(badge) if badge else "",
        created_at=clock.now(),
        language=language,
        sees_all_warehouses=sees_all_warehouses,
    )
    async with writing():
        await people_tables.User.insert(row)
        made = await people.by_name(name)
        assert made is not None
        for place_id in places:
            assignment = catalog_tables.Assignment(person=made.id, warehouse=place_id)
            await catalog_tables.Assignment.insert(assignment)
    return made.id


class Pda(msgspec.Struct):
    """A device as the server knows it, for tests below HTTP: it numbers and chains what it reports."""

    wire_id: str
    secret: str
    incarnation: str
    user: str
    n: int = 0
    previous: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What it signs its requests with."""
        return {"Authorization": f"Bearer {self.wire_id}.{self.secret}"}

    def operation(self, kind: str, args: Mapping[str, object], **fields: object) -> dict[str, object]:
        """The next operation of this replica; `fields` overrides any part of it."""
        self.n += 1
        now_ms = clock.now() // 1000
        made: dict[str, object] = {
            "id": ids.uuid7(),
            "n": self.n,
            "kind": kind,
            "user": self.user,
            "args": {name: value for name, value in args.items() if value not in (None, "")},
            "captured": {"wall": now_ms, "monotonic": now_ms, "boot": "test", "offset": 0, "error": 5},
            "basis": {"generation": 1, "cursor": 0},
            "previous": self.previous,
            **fields,
        }
        self.previous = hashlib.sha256(canonical.encode(made)).hexdigest()[:16]
        return made

    def batch(self, *operations: Mapping[str, object], generation: int = 1) -> bytes:
        """The body of a push."""
        return msgspec.json.encode(
            {
                "device": self.wire_id,
                "incarnation": self.incarnation,
                "generation": generation,
                "app": "2026.11.1",
                "queue": {"depth": len(operations), "oldest": None},
                "operations": operations,
            }
        )

    async def report(self, kind: str, *, fields: Any = None, **args: object) -> Any:
        """Do one thing and report it at once; gives its verdict. `fields` overrides any part of the operation."""
        device = await devices.device_by_bearer(self.headers["Authorization"])
        assert device is not None
        asked = envelope.read(self.batch(self.operation(kind, args, **(fields or {}))), clock.now())
        answer = await reconciling.reconcile(asked, device)
        if isinstance(answer, reconciling.Conflict):
            raise Given(answer)
        return answer.verdicts[0]


async def pda(user: str = "wang", *, warehouse_code: str = "MAIN", name: str = "PDA") -> Pda:
    """An enrolled device in somebody's hand."""
    user_id, warehouse_id = await person(user), await warehouse(warehouse_code)
    invited = await enrolling.invite(user_id, warehouse_id)
    incarnation = ids.hexadecimal(16)
    enrolled = await enrolling.enrol(invited.token, name, incarnation)
    if isinstance(enrolled, enrolling.Refused):
        raise Given(enrolled)
    return Pda(enrolled.device, enrolled.secret, incarnation, enrolled.user.id)


async def stock(
    code: str, amount: int | str, *, at: str, lot: str = "", expiry: str = "", serial: str = ""
) -> None:
    """So much of an item lies at a location, received there by a person with a device."""
    marks = {"has_lots": bool(lot), "has_expiry": bool(expiry), "has_serials": bool(serial)}
    item_id, location_id = await item(code, **marks), await location(at)
    device = await pda("receiver", name="goods in")
    verdict = await device.report(
        "stock.receive@1",
        item=f"i-{item_id}",
        quantity=str(amount),
        target=f"l-{location_id}",
        lot=lot,
        expiry=expiry,
        serial=serial,
    )
    if verdict.outcome not in ("applied", "warning"):
        raise Given(verdict)


async def on_hand(code: str, *, at: str, lot: str = "", serial: str = "") -> str:
    """How much of an item the book says is at a location."""
    rows = await fetch(_ON_HAND, code, at, lot, serial)
    return quantity.format(int(rows[0][0]))


async def virtual(kind: str, *, warehouse_code: str = "MAIN") -> int:
    """The place that stands for suppliers, customers, suspense … of a warehouse."""
    rows = await fetch(_LOCATION_OF_KIND, await warehouse(warehouse_code), kind)
    return int(rows[0][0])
