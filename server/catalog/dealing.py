"""Agree terms with partners, and keep their contacts, addresses and tags."""

from server import events, money
from server.catalog import partnering, queries, terms
from server.catalog.maintaining import Edited, Missing, Refused, Stale
from server.catalog.terms import Address, Card, Contact, PartnerTerms
from server.db import Statement, execute, execute_many, fetch, writing

_TERMS = Statement(
    "SELECT level, payment_days, discount, is_double_checked, tags FROM partner_terms WHERE partner = ?"
)
_LEVELS = Statement(
    "SELECT level FROM partner_terms WHERE level <> '' UNION SELECT level FROM price_list WHERE level <> ''"
    " ORDER BY 1"
)
_CONTACTS = Statement(
    "SELECT name, title, phone, email FROM partner_contact WHERE partner = ? ORDER BY position"
)
_ADDRESSES = Statement(
    "SELECT text, kind, contact, phone, is_main FROM partner_address WHERE partner = ? ORDER BY position"
)
_AGREE = Statement(
    "INSERT INTO partner_terms (partner, level, payment_days, discount, is_double_checked, tags)"
    " VALUES (?, ?, ?, ?, ?, '') ON CONFLICT (partner) DO UPDATE SET level = excluded.level,"
    " payment_days = excluded.payment_days, discount = excluded.discount,"
    " is_double_checked = excluded.is_double_checked"
)
_TAG = Statement(
    "INSERT INTO partner_terms (partner, level, payment_days, discount, is_double_checked, tags)"
    " VALUES (?, '', 0, 0, ?, ?) ON CONFLICT (partner) DO UPDATE SET tags = excluded.tags"
)
_DROP_CONTACTS = Statement("DELETE FROM partner_contact WHERE partner = ?")
_DROP_ADDRESSES = Statement("DELETE FROM partner_address WHERE partner = ?")
_CONTACT = Statement(
    "INSERT INTO partner_contact (partner, position, name, title, phone, email) VALUES (?, ?, ?, ?, ?, ?)"
)
_ADDRESS = Statement(
    "INSERT INTO partner_address (partner, position, kind, text, contact, phone, is_main)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


async def terms_of(partner_id: int) -> PartnerTerms:
    """What was agreed with a partner; the plain terms where nothing was."""
    rows = await fetch(_TERMS, partner_id)
    if not rows:
        return PartnerTerms()
    level, days, discount, is_double_checked, _ = rows[0]
    return PartnerTerms(
        level=level, payment_days=days, discount=discount, is_double_checked=bool(is_double_checked)
    )


async def card_of(partner_id: int) -> Card:
    """How a partner is reached."""
    tags = await fetch(_TERMS, partner_id)
    return Card(
        contacts=tuple(Contact(*row) for row in await fetch(_CONTACTS, partner_id)),
        addresses=tuple(
            Address(row[0], row[1], row[2], row[3], bool(row[4]))
            for row in await fetch(_ADDRESSES, partner_id)
        ),
        tags=tuple(tags[0]["tags"].split("\n")) if tags and tags[0]["tags"] else (),
    )


async def levels() -> list[str]:
    """Every level that some partner has or some price list is for."""
    return [row[0] for row in await fetch(_LEVELS)]


async def agree(
    partner_id: int, draft: PartnerTerms, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write down the terms of a partner whom their editor saw at `version`."""
    wanted = terms.tidy_terms(draft)
    async with writing():
        found = await queries.partner(partner_id)
        if found is None:
            return Missing()
        if found[1] != version:
            return Stale(found[1])
        if wrong := terms.faults_of_terms(wanted):
            return Refused(wrong)
        before = await terms_of(partner_id)
        if before == wanted:
            return Edited([])
        await execute(
            _AGREE, partner_id, wanted.level, wanted.payment_days, wanted.discount, wanted.is_double_checked
        )
        await partnering.touch(partner_id)
        old, new = _said(before), _said(wanted)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("terms.agreed", f"partner:{partner_id}", changed, by=by)
        return Edited([partner_id])


def _said(standing: PartnerTerms) -> dict[str, object]:
    """The figures as people read them, since the history shows them as they were written."""
    return {
        # A place has a level too: the history names this one apart.
        "partner_level": standing.level,
        "payment_days": str(standing.payment_days),
        "discount": f"{money.format_percent(standing.discount)}%",
        "is_double_checked": standing.is_double_checked,
    }


async def keep_card(
    partner_id: int, draft: Card, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write down how a partner is reached, as it should stand."""
    wanted = terms.tidy_card(draft)
    async with writing():
        found = await queries.partner(partner_id)
        if found is None:
            return Missing()
        if found[1] != version:
            return Stale(found[1])
        if wrong := terms.faults_of_card(wanted):
            return Refused(wrong)
        before = await card_of(partner_id)
        if before == wanted:
            return Edited([])
        await _rewrite(partner_id, wanted)
        await partnering.touch(partner_id)
        old, new = terms.said(before), terms.said(wanted)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("partner.card", f"partner:{partner_id}", changed, by=by)
        return Edited([partner_id])


async def _rewrite(partner_id: int, card: Card) -> None:
    await execute(_TAG, partner_id, False, "\n".join(card.tags))
    await execute(_DROP_CONTACTS, partner_id)
    await execute(_DROP_ADDRESSES, partner_id)
    await execute_many(
        _CONTACT,
        [
            (partner_id, at, one.name, one.title, one.phone, one.email)
            for at, one in enumerate(card.contacts, 1)
        ],
    )
    await execute_many(
        _ADDRESS,
        [
            (partner_id, at, one.kind, one.text, one.contact, one.phone, one.is_main)
            for at, one in enumerate(card.addresses, 1)
        ],
    )
