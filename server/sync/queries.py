"""Reads for devices: who they are, what they may see, what the server already knows of them."""

import asyncio
import zlib
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from server.db import Row, Statement, as_json, fetch, fetch_by_keys, here
from server.ids import digest
from server.people.role import may_count


class Device(msgspec.Struct, frozen=True):
    """A device that has shown its secret, and who uses it now."""

    id: int
    name: str
    warehouse: int
    is_revoked: bool
    user: int
    role: str
    language: str
    is_active: bool
    sees_all_warehouses: bool
    warehouses: tuple[int, ...]
    told: int

    @property
    def wire_id(self) -> str:
        return f"d-{self.id}"

    @property
    def scopes(self) -> tuple[str, ...]:
        """What this device may see: its people's warehouses, never another's rows.

        The figures of places that are being counted blind reach no device that somebody may count with.
        """
        own = f"device:{self.wire_id}"
        if not self.is_active:
            return (own,)
        figures = () if may_count(self.role) else tuple(f"figures:w-{one}" for one in self.warehouses)
        return (
            "catalogue",
            *(f"warehouse:w-{warehouse}" for warehouse in self.warehouses),
            *figures,
            own,
            f"role:{self.role}",
        )

    @property
    def subscription(self) -> int:
        """The version of what it may see; another number means: start again from nothing."""
        return zlib.crc32(",".join(self.scopes).encode())


_DEVICE = Statement(
    "SELECT d.id, d.name, d.warehouse, d.is_revoked, d.subscription AS told, u.id AS user_id, u.role, u.language,"
    " u.is_active, u.sees_all_warehouses, d.secret_digest FROM device d JOIN user_account u ON u.id = d.person"
    " WHERE d.id IN (SELECT value FROM json_each(?))",
    "SELECT d.id, d.name, d.warehouse, d.is_revoked, d.subscription AS told, u.id AS user_id, u.role, u.language,"
    " u.is_active, u.sees_all_warehouses, d.secret_digest FROM device d JOIN user_account u ON u.id = d.person"
    " WHERE d.id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_WAREHOUSES = Statement(
    "SELECT d.id, w.id FROM device d JOIN user_account u ON u.id = d.person JOIN warehouse w"
    " ON u.sees_all_warehouses OR w.id IN (SELECT warehouse FROM assignment WHERE person = u.id)"
    " WHERE d.id IN (SELECT value FROM json_each(?)) ORDER BY w.id",
    "SELECT d.id, w.id FROM device d JOIN user_account u ON u.id = d.person JOIN warehouse w"
    " ON u.sees_all_warehouses OR w.id IN (SELECT warehouse FROM assignment WHERE person = u.id)"
    " WHERE d.id IN (SELECT (json_array_elements_text(?::text::json))::int) ORDER BY w.id",
)
_NAMES = Statement("SELECT id, name FROM device")
_REPLICAS = Statement("SELECT incarnation, ack FROM replica WHERE device = ? ORDER BY id")
_VERDICTS = Statement(
    "SELECT o.replica, o.n, o.id, o.digest, o.outcome, o.seq, o.reason, o.task FROM json_each(?) k JOIN operation o"
    " ON o.replica = k.value ->> 0 AND o.n BETWEEN k.value ->> 1 AND k.value ->> 2",
    "SELECT o.replica, o.n, o.id, o.digest, o.outcome, o.seq, o.reason, o.task"
    " FROM json_array_elements(?::text::json) k JOIN operation o"
    " ON o.replica = (k ->> 0)::int AND o.n BETWEEN (k ->> 1)::bigint AND (k ->> 2)::bigint",
)


async def device_by_bearer(authorization: str) -> Device | None:
    """The device whose `Bearer <device>.<secret>` this is (the word Bearer may be missing)."""
    token = authorization.removeprefix("Bearer ").strip()
    name, _, secret = token.partition(".")
    if not (
        name.startswith("d-") and name[2:].isascii() and name[2:].isdigit() and len(name) < 12 and secret
    ):
        return None
    number = int(name[2:])
    known = (await _devices([number])).get(number) if here() else await _doorman().let_in(number)
    if known is None or known.secret_digest != digest(secret):
        return None
    return known.device


class _Known(NamedTuple):
    device: Device
    secret_digest: str


async def _devices(numbers: Collection[int]) -> dict[int, _Known]:
    found = await fetch_by_keys({_DEVICE: numbers, _WAREHOUSES: numbers})
    houses: dict[int, list[int]] = {number: [] for number in numbers}
    for number, warehouse in found[_WAREHOUSES]:
        houses[number].append(warehouse)
    return {
        row["id"]: _Known(_device(row, tuple(houses[row["id"]])), row["secret_digest"])
        for row in found[_DEVICE]
    }


class _Doorman:
    """Looks up together the devices that arrive while he looks up others; each is seen as it is after it came."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[_Known | None]] = {}
        self.round: asyncio.Task[None] | None = None

    async def let_in(self, number: int) -> _Known | None:
        loop = asyncio.get_running_loop()
        arrival = self.waiting.setdefault(number, loop.create_future())
        if self.round is None:
            self.round = loop.create_task(self._look_up())
        return await asyncio.shield(arrival)

    async def _look_up(self) -> None:
        while self.waiting:
            arrivals, self.waiting = self.waiting, {}
            try:
                known = await _devices(list(arrivals))
            except Exception as error:  # noqa: BLE001 - those who wait must hear of it
                for arrival in arrivals.values():
                    arrival.set_exception(error)
                continue
            for number, arrival in arrivals.items():
                arrival.set_result(known.get(number))
        self.round = None


_doormen: dict[asyncio.AbstractEventLoop, _Doorman] = {}


def _doorman() -> _Doorman:
    return _doormen.setdefault(asyncio.get_running_loop(), _Doorman())


def _device(row: Row, warehouses: tuple[int, ...]) -> Device:
    return Device(
        id=row["id"],
        name=row["name"],
        warehouse=row["warehouse"],
        is_revoked=bool(row["is_revoked"]),
        user=row["user_id"],
        role=row["role"],
        language=row["language"],
        is_active=bool(row["is_active"]),
        sees_all_warehouses=bool(row["sees_all_warehouses"]),
        warehouses=warehouses,
        told=row["told"],
    )


async def device_names() -> dict[int, str]:
    """What every device is called, for timelines."""
    return {row[0]: row[1] for row in await fetch(_NAMES)}


async def acknowledged(device: int) -> dict[str, int]:
    """How far each incarnation of a device was acknowledged."""
    return {row[0]: row[1] for row in await fetch(_REPLICAS, device)}


async def verdicts(spans: Collection[tuple[int, int, int]]) -> list[Row]:
    """The stored verdicts of operations by (replica, first number, last number)."""
    return (await fetch_by_keys({_VERDICTS: spans}))[_VERDICTS]


class FleetDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device as supervisors see it."""

    id: int
    name: str
    person: int
    person_name: str
    role: str
    warehouse: int
    warehouse_code: str
    is_revoked: bool
    app: str
    enrolled_at: int
    seen_at: int
    queue_depth: int
    queue_oldest_at: int | None


_FLEET_COLUMNS = (
    "SELECT d.id, d.name, d.person, coalesce(nullif(u.display_name, ''), u.name) AS person_name, u.role, d.warehouse,"
    " w.code AS warehouse_code, d.is_revoked, d.app, d.enrolled_at, d.seen_at, d.queue_depth, d.queue_oldest_at"
    " FROM device d JOIN user_account u ON u.id = d.person JOIN warehouse w ON w.id = d.warehouse"
)
_FLEET = Statement(f"{_FLEET_COLUMNS} ORDER BY d.is_revoked, u.name, d.id")
_FLEET_OF = Statement(
    f"{_FLEET_COLUMNS} WHERE d.warehouse IN (SELECT value FROM json_each(?)) ORDER BY d.is_revoked, u.name, d.id",
    f"{_FLEET_COLUMNS} WHERE d.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)"
    " ORDER BY d.is_revoked, u.name, d.id",
)


async def fleet(warehouses: frozenset[int] | None) -> list[FleetDevice]:
    """The devices of these warehouses (None: of all), those still in use first."""
    rows = await (fetch(_FLEET) if warehouses is None else fetch(_FLEET_OF, as_json(sorted(warehouses))))
    return [FleetDevice(**(dict(row) | {"is_revoked": bool(row["is_revoked"])})) for row in rows]
