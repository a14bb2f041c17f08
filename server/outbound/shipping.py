"""Ship: by which carrier a notice leaves, and whether it was taken in at the other end."""

from server import clock, events
from server.catalog.maintaining import Missing
from server.db import Statement, execute, writing
from server.outbound import surveying
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow

_CARRIER = Statement(
    "UPDATE shipment_notice SET carrier = ?, tracking = ?, version = version + 1 WHERE id = ?"
)
_DELIVERED = Statement(
    "UPDATE shipment_notice SET delivery = ?, delivered_at = ?, version = version + 1 WHERE id = ?"
)
DELIVERIES = ("delivered", "refused")


async def send_by(notice_id: int, carrier: str, tracking: str, *, by: By) -> Done | Missing:
    """Write down who carries it and under which number."""
    async with writing():
        one = await surveying.notice(notice_id, by.warehouses)
        if one is None:
            return Missing()
        wanted = (carrier.strip()[:100], tracking.strip()[:100])
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
        await execute(_DELIVERED, delivery, clock.now(), one.id)
        body = {"reason": reason.strip()} if reason.strip() else {}
        for topic, subject in (("notice", f"sn:{one.id}"), ("order", f"so:{one.order_id}")):
            await events.record(f"{topic}.{delivery}", subject, body, by=by.person, device=by.device)
        return Done(one.id, delivery)
