"""Reads for devices: who they are, what they may see, what the server already knows of them."""

import zlib
from collections.abc import Collection

import msgspec

from server.db import Row, Statement, as_json, fetch, fetch_by_keys, fetch_together
from server.ids import digest


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
        """What this device may see: its people's warehouses, never another's rows."""
        own = f"device:{self.wire_id}"
        if not self.is_active:
            return (own,)
        return (
            "catalogue",
            *(f"warehouse:w-{warehouse}" for warehouse in self.warehouses),
            own,
            f"role:{self.role}",
        )

    @property
    def subscription(self) -> int:
        """The version of what it may see; another number means: start again from nothing."""
        return zlib.crc32(",".join(self.scopes).encode())


_DEVICE = Statement(
    "SELECT d.id, d.name, d.warehouse, d.is_revoked, d.subscription AS told, u.id AS user_id, u.role, u.language, u.is_active,"
    " u.sees_all_warehouses, d.secret_digest FROM device d JOIN user_account u ON u.id = d.person WHERE d.id = ?"
)
_WAREHOUSES = Statement(
    "SELECT w.id FROM device d JOIN user_account u ON u.id = d.person JOIN warehouse w"
    " ON u.sees_all_warehouses OR w.id IN (SELECT warehouse FROM assignment WHERE person = u.id)"
    " WHERE d.id = ? ORDER BY w.id"
)
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
    rows, warehouses = await fetch_together((_DEVICE, (number,)), (_WAREHOUSES, (number,)))
    if not rows or rows[0]["secret_digest"] != digest(secret):
        return None
    row = rows[0]
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
        warehouses=tuple(warehouse[0] for warehouse in warehouses),
        told=row["told"],
    )


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
