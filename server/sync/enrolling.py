"""Letting devices in: invitations, enrolment, new incarnations, sign-in of people, revoking."""

import msgspec

from server import clock, events, feed, ids
from server.config import settings
from server.db import Row, Statement, execute, fetch, writing
from server.people import proof
from server.people import queries as people
from server.people.role import permissions
from server.sync import queries

VALID_FOR = 10 * clock.MINUTE


class Invited(msgspec.Struct, frozen=True):
    """What the QR code of an invitation says; the token works once."""

    origin: str
    token: str
    expires: int

    @property
    def link(self) -> str:
        """Where a phone's camera leads; the token stays behind the # and never reaches a log."""
        return f"{self.origin}/hand/enrol#{self.token}"


class Enrolled(msgspec.Struct, frozen=True):
    """What a device is told once: its name and secret."""

    device: str
    secret: str
    generation: int
    subscription: int
    user: "DeviceUser"
    warehouse: str


class DeviceUser(msgspec.Struct, frozen=True):
    """Who uses the device now, and what they may do there."""

    id: str
    name: str
    role: str
    language: str
    warehouses: list[str]
    permissions: list[str]


class Refused(msgspec.Struct, frozen=True):
    """Why a device or its user was not let in: a word key under sync.refused."""

    reason: str


_INVITE = Statement(
    "INSERT INTO invite (digest, person, warehouse, created_at, expires_at) VALUES (?, ?, ?, ?, ?)"
)
_USE = Statement(
    "UPDATE invite SET used_at = ? WHERE digest = ? AND used_at IS NULL AND expires_at > ? RETURNING person, warehouse"
)
_DEVICE = Statement(
    "INSERT INTO device (name, person, warehouse, secret_digest, is_revoked, app, enrolled_at, seen_at,"
    " subscription, queue_depth) VALUES (?, ?, ?, ?, ?, '', ?, ?, 0, 0) RETURNING id"
)
_REPLICA = Statement(
    "INSERT INTO replica (device, incarnation, ack, head, safe, event_at, created_at) VALUES (?, ?, 0, '', 0, 0, ?)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_ASSIGNED = Statement("SELECT warehouse FROM assignment WHERE person = ? ORDER BY warehouse")
_ALL = Statement("SELECT id FROM warehouse ORDER BY id")
_REVOKE = Statement("UPDATE device SET is_revoked = ? WHERE id = ?")
_PIN_HASH = Statement("SELECT pin_hash FROM user_account WHERE id = ?")
_USED_BY = Statement("UPDATE device SET person = ? WHERE id = ?")


_FORGET = Statement("DELETE FROM invite WHERE expires_at < ?")


async def forget_invitations() -> None:
    """Drop invitations that can let nobody in any more."""
    async with writing():
        await execute(_FORGET, clock.now() - clock.DAY)


async def invite(user_id: int, warehouse_id: int, *, by: int = 0) -> Invited:
    """Make an invitation for one device, good for ten minutes."""
    token = ids.token(18)
    now = clock.now()
    async with writing():
        await execute(_INVITE, ids.digest(token), user_id, warehouse_id, now, now + VALID_FOR)
        await events.record("device.invited", f"user:{user_id}", {"warehouse": warehouse_id}, by=by)
    return Invited(settings().origin, token, (now + VALID_FOR) // 1000)


async def enrol(token: str, name: str, incarnation: str) -> Enrolled | Refused:
    """Turn an invitation into a device with a secret; the invitation is used up."""
    secret = ids.token()
    now = clock.now()
    async with writing():
        used = await execute(_USE, now, ids.digest(token), now)
        if not used:
            return Refused("invitation")
        user_id, warehouse_id = used[0]
        person = await people.by_id(user_id)
        if person is None or not person.is_active:
            return Refused("person")
        made = await execute(_DEVICE, name[:80], user_id, warehouse_id, ids.digest(secret), False, now, now)
        device_id = made[0][0]
        await execute(_REPLICA, device_id, incarnation, now)
        await events.record("device.enrolled", f"device:{device_id}", {"name": name[:80]}, by=user_id)
        head = await feed.head()
        user = await device_user(person)
        device = await queries.device_by_bearer(f"d-{device_id}.{secret}")
        assert device is not None
    return Enrolled(device.wire_id, secret, head.generation, device.subscription, user, f"w-{warehouse_id}")


_TOLD = Statement("UPDATE device SET subscription = ? WHERE id = ?")


async def tell_subscription(device_id: int, subscription: int) -> None:
    """Remember which things to see a device was told of, when it starts from nothing."""
    async with writing():
        await execute(_TOLD, subscription, device_id)


async def begin_incarnation(device_id: int, incarnation: str) -> bool:
    """Let a device whose store was made anew number its operations from 1 again."""
    async with writing():
        made = await execute(_REPLICA, device_id, incarnation, clock.now())
        if made:
            await events.record("device.incarnation", f"device:{device_id}", {"incarnation": incarnation})
    return bool(made)


async def hand_over(device_id: int, person_id: int) -> DeviceUser:
    """Let somebody use this device from now on; its queue stays, what it may see follows the person."""
    async with writing():
        person = await people.by_id(person_id)
        assert person is not None, "recognised, but not there"
        await execute(_USED_BY, person_id, device_id)
        await events.record("device.signed_in", f"device:{device_id}", {}, by=person_id)
        return await device_user(person)


async def prover(person_id: int) -> DeviceUser:
    """Somebody as the device knows them that they do not take over."""
    person = await people.by_id(person_id)
    assert person is not None, "recognised, but not there"
    return await device_user(person)


async def proof_key(device: queries.Device, person_id: int) -> str:
    """What this person seals with on this device, to be kept there behind their PIN."""
    rows = await fetch(_PIN_HASH, person_id)
    return proof.key_of_pin(rows[0][0], device.wire_id)


async def revoke(device_id: int, *, by: int = 0) -> None:
    """Shut a device out; what it still holds is taken by /sync/quarantine."""
    async with writing():
        await execute(_REVOKE, True, device_id)
        await events.record("device.revoked", f"device:{device_id}", {}, by=by)


async def device_user(person: people.Person) -> DeviceUser:
    """A person as their device knows them."""
    rows: list[Row] = await (fetch(_ALL) if person.sees_all_warehouses else fetch(_ASSIGNED, person.id))
    return DeviceUser(
        f"u-{person.id}",
        person.display_name or person.name,
        person.role,
        person.language,
        [f"w-{row[0]}" for row in rows],
        sorted(permissions(person.role)),
    )
