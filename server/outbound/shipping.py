"""Ship: by which carrier a notice leaves, and whether it was taken in at the other end."""

from collections.abc import Iterable, Mapping

from server import clock, events
from server.catalog.maintaining import Missing
from server.db import Statement, execute, writing
from server.outbound import delivering, following, notice, surveying
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow
from server.outbound.report import Door, Sending
from server.stock.ledger import Origin

_CARRIER = Statement(
    "UPDATE shipment_notice SET carrier = ?, tracking = ?, version = version + 1 WHERE id = ?"
)
DELIVERIES = ("delivered", "refused")
JOINED = ", "
"""Between the tracking numbers of several cartons."""

MAX_TEXT = 1000


async def send_by(notice_id: int, carrier: str, tracking: str, *, by: By) -> Done | Missing:
    """Write down who carries it and under which number."""
    async with writing():
        one = await surveying.notice(notice_id, by.warehouses)
        if one is None:
            return Missing()
        wanted = (carrier.strip()[:MAX_TEXT], tracking.strip()[:MAX_TEXT])
        if wanted != (one.carrier, one.tracking):
            await execute(_CARRIER, *wanted, one.id)
            body = {"carrier": [one.carrier, wanted[0]], "tracking": [one.tracking, wanted[1]]}
            changed = {field: pair for field, pair in body.items() if pair[0] != pair[1]}
            await events.record("notice.carrier", f"sn:{one.id}", changed, by=by.person, device=by.device)
        return Done(one.id, one.state)


async def confirm_delivery(
    notice_id: int, delivery: str, *, reason: str = "", by: By
) -> Done | NotNow | Missing:
    """Write down that the customer took it in, or refused it and why."""
    async with writing():
        one = await surveying.notice(notice_id, by.warehouses)
        if one is None:
            return Missing()
        if one.state != "shipped" or one.delivery or delivery not in DELIVERIES:
            return NotNow(("state",))
        if delivery == "refused" and not reason.strip():
            return NotNow(("no_reason",))
        door = Door(
            operation="", at=clock.now(), document=one.document, outcome=delivery, reason=reason.strip()[:200]
        )
        await delivering.report([door], {"": Origin(by.person, by.device)})
        await following.tell_devices([one.id])
        return Done(one.id, delivery)


async def note_carriers(sendings: Iterable[Sending], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Cartons left with these carriers; of a notice in several cartons every number is kept, in one order."""
    asked = list(sendings)
    at = await surveying.notices_at(one.location for one in asked)
    about: dict[int, Origin] = {}
    for one in asked:
        number = notice.number_of(one.document) or at.get(one.location)
        standing = await surveying.notice(number) if number else None
        if standing is None:
            continue
        origin = about[standing.id] = origins.get(one.operation, Origin())
        carrier = _with(standing.carrier, one.carrier)
        tracking = _with(standing.tracking, one.tracking)
        by = By(origin.user, device=origin.device)
        await send_by(standing.id, carrier, tracking, by=by)
    return about


def _with(known: str, more: str) -> str:
    """What is known and what comes to it; the order of arrival leaves no trace."""
    return JOINED.join(sorted({text for text in (*known.split(JOINED), more.strip()) if text}))
