"""Settling incidents: what a person decides about something odd, carried out and written down."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from server import clock, events, quantity
from server.db import Statement, execute, writing
from server.stock import queries
from server.stock.queries import Incident, Warehouses
from server.sync import deciding, performing, wire
from server.sync.performing import Act

CHOICES: Final = {"suspense": ("book_found",), "held": ("release", "dismiss")}
"""What may be decided, by kind of incident; of all others one can only take note."""

NEEDS_REASON: Final = frozenset({"book_found"})
MAX_REASON: Final = 300

_CLOSE = Statement(
    "UPDATE incident SET closed_at = ?, decision = ?, decided_by = ? WHERE id = ? AND closed_at IS NULL RETURNING id"
)


class Settled(msgspec.Struct, frozen=True):
    """It is decided and done."""


class NotSettled(msgspec.Struct, frozen=True):
    """Why not: a word key under stock.incidents."""

    reason: str


class AllSettled(msgspec.Struct, frozen=True):
    """What became of a decision about many: how many are done, how many others had decided before."""

    done: int
    gone: int
    failed: int
    """Those that stay open, since the decision cannot be carried out for them."""


def alike(incident: Incident, waiting: Iterable[Incident]) -> list[Incident]:
    """Those of these that ask the same question as this one: the same kind, for the same reason."""
    return [one for one in waiting if _question(one) == _question(incident)]


def counted_alike(waiting: Sequence[Incident]) -> dict[int, int]:
    """How many of these ask the same question, by incident."""
    questions = Counter(_question(one) for one in waiting)
    return {one.id: questions[_question(one)] for one in waiting}


def _question(incident: Incident) -> tuple[str, str]:
    return incident.kind, str(incident.body.get("reason", ""))


def choices(incident: Incident) -> tuple[str, ...]:
    """What may be decided about this incident."""
    return CHOICES.get(incident.kind, ("noted",))


async def settle(
    incident_id: int, choice: str, reason: str, *, by: int, warehouses: Warehouses
) -> Settled | NotSettled:
    """Decide an open incident; what the decision means for stock happens in the same commit."""
    try:
        return await _settle(incident_id, choice, reason.strip()[:MAX_REASON], by, warehouses)
    except _Undone:
        return NotSettled("impossible")


async def settle_all(
    incident_ids: Iterable[int], choice: str, reason: str, *, by: int, warehouses: Warehouses
) -> AllSettled | NotSettled:
    """Decide many of a kind alike, each in a commit of its own: one that cannot be done holds up no other."""
    if choice in NEEDS_REASON and not reason.strip():
        return NotSettled("needs_reason")
    outcomes = [
        await settle(incident_id, choice, reason, by=by, warehouses=warehouses)
        for incident_id in incident_ids
    ]
    gone = sum(outcome == NotSettled("gone") for outcome in outcomes)
    done = sum(isinstance(outcome, Settled) for outcome in outcomes)
    return AllSettled(done, gone, len(outcomes) - done - gone)


class _Undone(Exception):
    """What was decided cannot be done; nothing of it stays."""


async def _settle(
    incident_id: int, choice: str, reason: str, by: int, warehouses: Warehouses
) -> Settled | NotSettled:
    async with writing():
        incident = await queries.incident(incident_id, warehouses)
        if incident is None or incident.closed_at is not None:
            return NotSettled("gone")
        if choice not in choices(incident):
            return NotSettled("needs_choice")
        if choice in NEEDS_REASON and not reason:
            return NotSettled("needs_reason")
        await execute(_CLOSE, clock.now(), choice, by, incident_id)
        if not await _carry_out(incident, choice, reason, by):
            raise _Undone
        told = {"choice": choice, "reason": reason}
        await events.record("incident.decided", f"incident:{incident_id}", told, by=by)
    return Settled()


async def _carry_out(incident: Incident, choice: str, reason: str, by: int) -> bool:
    match choice:
        case "book_found":
            return await _add_to_the_book(incident, reason, by)
        case "release":
            released = await deciding.release(incident.subject, by=by)
            return not isinstance(released, deciding.NotHeld) and released.outcome != "held"
        case "dismiss":
            return not isinstance(await deciding.dismiss(incident.subject, by=by), deciding.NotHeld)
    return True


async def _add_to_the_book(incident: Incident, reason: str, by: int) -> bool:
    """The goods were there and the book did not know: add what suspense has lent, so that it is given back."""
    if not incident.debt:
        return True
    adjust = wire.Adjust(
        f"i-{incident.item}",
        quantity.format(incident.debt),
        f"l-{incident.location}",
        lot=incident.lot,
        serial=incident.serial,
        reason=reason,
    )
    rulings = await performing.perform([Act("stock.adjust@1", adjust)], by=by)
    return rulings[0].outcome in ("applied", "warning")
