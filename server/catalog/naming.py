"""Keep what holds for the whole company."""

from server import events
from server.catalog import company
from server.catalog.company import Company
from server.catalog.maintaining import Edited, Refused
from server.db import Statement, execute, fetch, writing

_ALL = Statement("SELECT key, value FROM company_setting")
_KEEP = Statement(
    "INSERT INTO company_setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


async def company_now() -> Company:
    """As it stands."""
    known = {row[0]: row[1] for row in await fetch(_ALL)}
    return Company(**{field: known[field] for field in Company.__struct_fields__ if field in known})


async def describe(wanted: Company, *, by: int) -> Edited | Refused:
    """Write it down; what was printed with the old prefix keeps its code."""
    wanted = company.tidy(wanted)
    if wrong := company.faults(wanted):
        return Refused(wrong)
    async with writing():
        before = await company_now()
        changed = {
            field: [getattr(before, field), getattr(wanted, field)]
            for field in Company.__struct_fields__
            if getattr(before, field) != getattr(wanted, field)
        }
        for field, (_, value) in changed.items():
            await execute(_KEEP, field, value)
        if changed:
            await events.record("company.edited", "company:1", changed, by=by)
    return Edited([1] if changed else [])
