"""A device's store is gone: counts where it worked last, and an incident, for what neither it nor we have."""

from typing import Annotated

import msgspec

from server import clock, events
from server.db import Statement, as_json, fetch, writing
from server.stock import raising
from server.sync.queries import Device

LAST = 20
"""Operations before the loss whose places are counted: what was lost was done near what was done last."""
MAX_NUMBER = 1 << 53

Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]


class Lost(msgspec.Struct, frozen=True):
    """What the witness of a device says of a store that is gone: its last number, and the copies that were kept."""

    incarnation: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
    n: Number
    held: Annotated[list[Number], msgspec.Meta(max_length=100_000)] = []
    """Numbers of operations that the device still has copies of: they come under their old ids."""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What people are told: how many operations are missing, of which device, and since when."""

    device: int
    name: str
    count: int
    since: int


_KNOWN = Statement("SELECT ack, event_at FROM replica WHERE device = ? AND incarnation = ?")
_LAST_PLACES = Statement(
    "SELECT DISTINCT l.id, l.warehouse FROM json_each(?) k JOIN movement m ON m.operation = k.value"
    " JOIN location l ON l.id IN (m.source, m.target) WHERE l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " UNION SELECT l.id, l.warehouse FROM json_each(?) k JOIN count_point c ON c.operation = k.value"
    " JOIN location l ON l.id = c.location",
    "SELECT DISTINCT l.id, l.warehouse FROM json_array_elements_text(?::text::json) k"
    " JOIN movement m ON m.operation = k.value JOIN location l ON l.id IN (m.source, m.target)"
    " WHERE l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " UNION SELECT l.id, l.warehouse FROM json_array_elements_text(?::text::json) k"
    " JOIN count_point c ON c.operation = k.value JOIN location l ON l.id = c.location",
)
_LAST_OPERATIONS = Statement(
    "SELECT o.id FROM operation o JOIN replica r ON r.id = o.replica"
    " WHERE r.device = ? ORDER BY o.event_at DESC, o.n DESC LIMIT ?"
)


def read(told: bytes) -> Lost | None:
    """What a device says of its loss. Nonsense is no reason to stop its queue: it says nothing then."""
    try:
        return msgspec.json.decode(told, type=Lost | None)
    except msgspec.DecodeError:
        return None


def missing(lost: Lost, ack: int) -> int:
    """How many operations nobody has: given a number, never acknowledged, and no copy is left."""
    held = {number for number in lost.held if ack < number <= lost.n}
    return max(0, lost.n - ack) - len(held)


async def report(device: Device, lost: Lost) -> int:
    """Hear of a lost store; gives how many operations are missing. Told again, nothing happens twice."""
    async with writing():
        known = await fetch(_KNOWN, device.id, lost.incarnation)
        ack, since = known[0] if known else (0, 0)
        count = missing(lost, ack)
        if count:
            loss = Loss(device=device.id, name=device.name, count=count, since=since)
            await _raise(device, lost, loss)
        return count


async def _raise(device: Device, lost: Lost, loss: Loss) -> None:
    subject = f"{device.wire_id}:{lost.incarnation}"
    await raising.raise_incident("lost", subject, loss, warehouse=device.warehouse)
    names = as_json([row[0] for row in await fetch(_LAST_OPERATIONS, device.id, LAST)])
    places = {row[0]: row[1] for row in await fetch(_LAST_PLACES, names, names)}
    await raising.ask_for_counts(places, "lost", subject, clock.now())
    await events.record("device.lost", f"device:{device.id}", {"count": loss.count}, device=device.id)
