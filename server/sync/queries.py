"""Reads for devices: who they are, what they may see, what the server already knows of them."""

import zlib
from collections.abc import Iterable

import msgspec

from server.db import Row, Statement, as_json, fetch
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
    "SELECT d.id, d.name, d.warehouse, d.is_revoked, u.id AS user_id, u.role, u.language, u.is_active,"
    " u.sees_all_warehouses, d.secret_digest FROM device d JOIN user_account u ON u.id = d.person WHERE d.id = ?"
)
_ASSIGNED = Statement("SELECT warehouse FROM assignment WHERE person = ? ORDER BY warehouse")
_ALL_WAREHOUSES = Statement("SELECT id FROM warehouse ORDER BY id")
_REPLICA = Statement(
    "SELECT id, device, incarnation, ack, head, safe, event_at FROM replica WHERE device = ? AND incarnation = ?"
)
_REPLICAS = Statement("SELECT incarnation, ack FROM replica WHERE device = ? ORDER BY id")
_EXISTING = Statement(
    "SELECT id, digest, outcome, kind, body FROM operation WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, digest, outcome, kind, body FROM operation WHERE id IN"
    " (SELECT json_array_elements_text(?::text::json))",
)
_VERDICTS = Statement(
    "SELECT n, id, digest, outcome, seq, reason, task FROM operation WHERE replica = ? AND n BETWEEN ? AND ?"
)


async def device_by_bearer(authorization: str) -> Device | None:
    """The device whose `Bearer <device>.<secret>` this is (the word Bearer may be missing)."""
    token = authorization.removeprefix("Bearer ").strip()
    name, _, secret = token.partition(".")
    if not (
        name.startswith("d-") and name[2:].isascii() and name[2:].isdigit() and len(name) < 12 and secret
    ):
        return None
    rows = await fetch(_DEVICE, int(name[2:]))
    if not rows or rows[0]["secret_digest"] != digest(secret):
        return None
    row = rows[0]
    everywhere = bool(row["sees_all_warehouses"])
    seen = await fetch(_ALL_WAREHOUSES) if everywhere else await fetch(_ASSIGNED, row["user_id"])
    return Device(
        id=row["id"],
        name=row["name"],
        warehouse=row["warehouse"],
        is_revoked=bool(row["is_revoked"]),
        user=row["user_id"],
        role=row["role"],
        language=row["language"],
        is_active=bool(row["is_active"]),
        sees_all_warehouses=everywhere,
        warehouses=tuple(warehouse[0] for warehouse in seen),
    )


async def replica(device: int, incarnation: str) -> Row | None:
    """One life of a device's operation store."""
    rows = await fetch(_REPLICA, device, incarnation)
    return rows[0] if rows else None


async def acknowledged(device: int) -> dict[str, int]:
    """How far each incarnation of a device was acknowledged."""
    return {row[0]: row[1] for row in await fetch(_REPLICAS, device)}


async def existing(ids: Iterable[str]) -> dict[str, Row]:
    """Those of these operations that are known already."""
    return {row["id"]: row for row in await fetch(_EXISTING, as_json(list(ids)))}


_EFFECTIVE = Statement(
    "SELECT o.id, o.outcome, f.body FROM operation o LEFT JOIN replica r ON r.id = o.replica"
    " LEFT JOIN feed_row f ON f.scope = 'device:d-' || r.device AND f.kind = 'outcome' AND f.key = o.id"
    " WHERE o.id IN (SELECT value FROM json_each(?))",
    "SELECT o.id, o.outcome, f.body FROM operation o LEFT JOIN replica r ON r.id = o.replica"
    " LEFT JOIN feed_row f ON f.scope = 'device:d-' || r.device AND f.kind = 'outcome' AND f.key = o.id"
    " WHERE o.id IN (SELECT json_array_elements_text(?::text::json))",
)


async def effective(ids: Iterable[str]) -> dict[str, str]:
    """What became of these operations so far: the verdict, or the decision that came after it."""
    rows = await fetch(_EFFECTIVE, as_json(list(ids)))
    return {row[0]: (msgspec.json.decode(row[2]).get("outcome") if row[2] else None) or row[1] for row in rows}


async def verdicts(replica_id: int, first: int, last: int) -> dict[int, Row]:
    """The stored verdicts of a replica's operations `first` to `last`, by number."""
    return {row["n"]: row for row in await fetch(_VERDICTS, replica_id, first, last)}


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
