"""Devices, their replicas, and every operation they ever sent with its verdict."""

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Warehouse
from server.columns import code, fk, maybe_fk, moment
from server.people.tables import User


class Invite(Table, tablename="invite"):
    """A one-time token that lets one device in."""

    digest = code(unique=True)
    person = fk(User)
    warehouse = fk(Warehouse)
    created_at = moment()
    expires_at = moment()
    used_at = moment(null=True)


class Device(Table, tablename="device"):
    """A phone or PDA. `user` is who uses it now, `subscription` what it was last told it may see."""

    name = Text(default="")
    person = fk(User)
    warehouse = fk(Warehouse)
    secret_digest = Text(default="", secret=True)
    is_revoked = Boolean(default=False)
    subscription = BigInt(default=0)
    app = Text(default="")
    enrolled_at = moment()
    seen_at = moment()
    queue_depth = Integer(default=0)
    queue_oldest_at = moment(null=True)


class Replica(Table, tablename="replica"):
    """One life of a device's operation store: how far it is acknowledged, and its last operation's hash."""

    device = fk(Device)
    incarnation = code()
    ack = BigInt(default=0)
    head = Text(default="")
    safe = BigInt(default=0)
    event_at = moment()
    created_at = moment()


class Operation(Table, tablename="operation"):
    """One thing done or wanted, as it was sent, and the verdict that never changes.

    Operations of the server itself (desk, imports, decisions) have no replica.
    """

    id = Text(primary_key=True, default="")
    replica = maybe_fk(Replica)
    n = BigInt(default=0)
    kind = Text(default="")
    user_id = Integer(default=0)
    body = Text(default="")
    digest = Text(default="")
    outcome = Text(default="")
    reason = Text(null=True, default=None)
    task = Text(null=True, default=None)
    seq = BigInt(default=0)
    undone_by = Text(default="")
    event_at = moment()
    received_at = moment(index=True)


class Waiting(Table, tablename="waiting_operation"):
    """An operation that waits for another replica's, which has not arrived."""

    operation = code(index=True)
    needs = code(index=True)
