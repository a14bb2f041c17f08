"""At the customer's door: what was reported, and the signature and photos that show it, whenever their bytes come.

The bytes travel apart from the report, so each file is waited for by its digest and attached once.
"""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from server import events
from server.db import Statement, execute, fetch, writing
from server.documents import attachment, noting
from server.documents.subject import Subject
from server.outbound import notice, surveying
from server.outbound.report import Door, TakenBack
from server.stock.ledger import Origin

MAX_FILE = 4 * 1024 * 1024
PICTURES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}

_REPORT = Statement(
    "INSERT INTO shipment_delivery (notice, outcome, reason, signer, person, device, operation, happened_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"
)
_EXPECT = Statement(
    "INSERT INTO shipment_delivery_file (delivery, kind, digest, attachment) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING"
)
_LATEST = Statement(
    "SELECT outcome, happened_at FROM shipment_delivery WHERE notice = ?"
    " ORDER BY happened_at DESC, operation DESC LIMIT 1"
)
_CONCLUDE = Statement(
    "UPDATE shipment_notice SET delivery = ?, delivered_at = ?, version = version + 1 WHERE id = ?"
)
_FORGET_FILES = Statement(
    "DELETE FROM shipment_delivery_file WHERE delivery IN (SELECT id FROM shipment_delivery WHERE operation = ?)"
)
_FORGET = Statement("DELETE FROM shipment_delivery WHERE operation = ? RETURNING notice")
_AWAITED = Statement(
    "SELECT f.id, f.kind, f.attachment, d.notice, d.person FROM shipment_delivery_file f"
    " JOIN shipment_delivery d ON d.id = f.delivery WHERE f.digest = ? AND d.device = ? ORDER BY f.id"
)
_ATTACHED = Statement(
    "UPDATE shipment_delivery_file SET attachment = (SELECT max(a.id) FROM document_attachment a"
    " WHERE a.subject = ? AND a.digest = ?) WHERE id = ?"
)
_OF_NOTICE = Statement(
    "SELECT d.id, d.outcome, d.reason, d.signer, d.happened_at,"
    " coalesce(nullif(u.display_name, ''), u.name, '') AS person FROM shipment_delivery d"
    " LEFT JOIN user_account u ON u.id = d.person WHERE d.notice = ? ORDER BY d.happened_at DESC, d.operation DESC"
)
_FILES = Statement(
    "SELECT f.delivery, f.kind, f.attachment, f.digest FROM shipment_delivery_file f"
    " JOIN shipment_delivery d ON d.id = f.delivery WHERE d.notice = ? ORDER BY f.id"
)


class File(msgspec.Struct, frozen=True):
    """A signature or photo; `attachment` is 0 while its bytes are on their way."""

    kind: str
    attachment: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reported from the door."""

    outcome: str
    reason: str
    signer: str
    person: str
    happened_at: int
    files: list[File]


class Kept(msgspec.Struct, frozen=True):
    """The bytes are safe here."""


class NotKept(msgspec.Struct, frozen=True):
    """Why bytes were not taken: nobody waits for them (yet), or they are no picture of a sane size."""

    reason: str


async def report(doors: Iterable[Door], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Write down what happened; the latest counts, by when it happened. Gives the notices this is about."""
    asked = {number: one for one in doors if (number := notice.number_of(one.document))}
    known = {one.id: one for one in await surveying.notices(asked)}
    about: dict[int, Origin] = {}
    for number, one in asked.items():
        if number not in known:
            continue
        origin = about[number] = origins.get(one.operation, Origin())
        told = (one.outcome, one.reason, one.signer, origin.user, origin.device, one.operation, one.at)
        for row in await execute(_REPORT, number, *told):
            for kind, digest in one.files:
                await execute(_EXPECT, row[0], kind, digest)
            body = {name: text for name, text in (("reason", one.reason), ("signer", one.signer)) if text}
            subjects = (("notice", f"sn:{number}"), ("order", f"so:{known[number].order_id}"))
            for topic, subject in subjects:
                await events.record(
                    f"{topic}.{one.outcome}", subject, body, by=origin.user, device=origin.device
                )
        await _conclude(number)
    return about


async def take_back(asked: Iterable[TakenBack], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """What was reported by these operations did not happen; bytes that came stay with the notice."""
    about: dict[int, Origin] = {}
    for one in asked:
        await execute(_FORGET_FILES, one.undone)
        for row in await execute(_FORGET, one.undone):
            about[row[0]] = origins.get(one.operation, Origin())
            await _conclude(row[0])
    return about


async def _conclude(notice_id: int) -> None:
    latest = await fetch(_LATEST, notice_id)
    await execute(_CONCLUDE, *(tuple(latest[0]) if latest else ("", None)), notice_id)


async def keep(device: int, digest: str, content: bytes) -> Kept | NotKept:
    """Bytes that a device promised with a delivery: kept once, attached to each notice that waits for them."""
    if len(content) > MAX_FILE or hashlib.sha256(content).hexdigest() != digest:
        return NotKept("broken")
    media_type = attachment.media_type(content, "")
    if media_type not in PICTURES:
        return NotKept("kind")
    async with writing():
        awaited = await fetch(_AWAITED, digest, device)
        if not awaited:
            return NotKept("not_awaited")
        for row in awaited:
            if row["attachment"]:
                continue
            about = Subject("sn", row["notice"])
            name = f"{row['kind']}-{digest[:8]}.{PICTURES[media_type]}"
            fault = await noting.attach(about, name, content, by=row["person"])
            assert not fault, fault
            await execute(_ATTACHED, about.wire, digest, row["id"])
    return Kept()


async def of_notice(notice_id: int) -> list[Delivery]:
    """What was reported of a notice from the door, the latest first."""
    files: dict[int, list[File]] = {}
    for row in await fetch(_FILES, notice_id):
        files.setdefault(row["delivery"], []).append(File(row["kind"], row["attachment"]))
    return [
        Delivery(
            outcome=row["outcome"],
            reason=row["reason"],
            signer=row["signer"],
            person=row["person"],
            happened_at=row["happened_at"],
            files=files.get(row["id"], []),
        )
        for row in await fetch(_OF_NOTICE, notice_id)
    ]
