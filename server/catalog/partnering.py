"""Add, edit and switch off customers and suppliers."""

import msgspec

from server import clock, events
from server.catalog import partner, queries, search
from server.catalog.initials import initials
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.partner import PartnerDraft
from server.db import Statement, execute, fetch, writing

_INSERT = Statement(
    "INSERT INTO partner (code, name, is_customer, is_supplier, phone, address, is_active, initials, search,"
    " created_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id"
)
_UPDATE = Statement(
    "UPDATE partner SET code = ?, name = ?, is_customer = ?, is_supplier = ?, phone = ?, address = ?,"
    " is_active = ?, initials = ?, search = ?, version = version + 1 WHERE id = ?"
)
_TOUCH = Statement("UPDATE partner SET search = ?, version = version + 1 WHERE id = ?")
_CALLED = Statement(
    "SELECT phone, name FROM partner_contact WHERE partner = ? UNION ALL"
    " SELECT phone, contact FROM partner_address WHERE partner = ?"
)
_TAGS = Statement("SELECT tags FROM partner_terms WHERE partner = ?")


async def add_partner(draft: PartnerDraft, *, by: int) -> Added | Refused:
    """Add a customer or supplier."""
    wanted = partner.tidy(draft)
    wrong = partner.faults(wanted)
    async with writing():
        if wrong := [*wrong, *await _taken(wanted.code, 0)]:
            return Refused(wrong)
        new: int = (await execute(_INSERT, *_columns(wanted), clock.now()))[0][0]
        await events.record("partner.added", f"partner:{new}", wanted, by=by)
        return Added([new])


async def edit_partner(
    partner_id: int, draft: PartnerDraft, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Edit a partner that its editor saw at `version`."""
    wanted = partner.tidy(draft)
    wrong = partner.faults(wanted)
    async with writing():
        found = await queries.partner(partner_id)
        if found is None:
            return Missing()
        before, standing = found
        if standing != version:
            return Stale(standing)
        if wrong := [*wrong, *await _taken(wanted.code, partner_id)]:
            return Refused(wrong)
        if before == wanted:
            return Edited([])
        await execute(_UPDATE, *_columns(wanted, await _also_found_by(partner_id)), partner_id)
        old, new = msgspec.to_builtins(before), msgspec.to_builtins(wanted)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("partner.edited", f"partner:{partner_id}", changed, by=by)
        return Edited([partner_id])


async def touch(partner_id: int) -> None:
    """After something that hangs on a partner changed: who edits must have seen it, and search must know it."""
    found = await queries.partner(partner_id)
    assert found is not None, "touching a partner that does not exist"
    *_, searched = _columns(found[0], await _also_found_by(partner_id))
    await execute(_TOUCH, searched, partner_id)


async def _also_found_by(partner_id: int) -> list[str]:
    """Telephones and names of the people there, and tags."""
    called = [text for row in await fetch(_CALLED, partner_id, partner_id) for text in row if text]
    tags = [row[0] for row in await fetch(_TAGS, partner_id)]
    return called + [tag for text in tags for tag in text.split("\n")]


async def _taken(code: str, own: int) -> list[Fault]:
    other = await queries.partner_by_code(code)
    return [] if other in (None, own) else [Fault(0, "code", "catalog.fault.code_taken")]


def _columns(draft: PartnerDraft, more: list[str] | None = None) -> tuple[object, ...]:
    letters = initials(draft.name)
    return (
        draft.code,
        draft.name,
        draft.is_customer,
        draft.is_supplier,
        draft.phone,
        draft.address,
        draft.is_active,
        letters,
        search.text_of(draft.code, draft.name, letters, draft.phone, more=more or ()),
    )
