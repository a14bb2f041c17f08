"""Keep what people type before they save it, and the filters of their lists."""

from collections.abc import Mapping
from typing import Final

import msgspec

from server import clock
from server.db import Statement, execute, writing
from server.documents import queries

MAX_BODY: Final = 256 * 1024
LISTS: Final = "list "
"""Before the path of a list, whose filters are kept beside the drafts of forms."""

_KEEP_FOR: Final = 90 * 24 * 3600 * clock.SECOND
_PUT = Statement(
    "INSERT INTO document_draft (person, form, body, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (person, form)"
    " DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at"
)
_DISCARD = Statement("DELETE FROM document_draft WHERE person = ? AND form = ?")
_FORGET_OLD = Statement("DELETE FROM document_draft WHERE person = ? AND changed_at < ?")


async def keep(person: int, form: str, fields: Mapping[str, str]) -> bool:
    """Remember what stands in a form; False when it is more than anybody types."""
    body = msgspec.json.encode(fields).decode()
    if len(body) > MAX_BODY:
        return False
    now = clock.now()
    async with writing():
        await execute(_PUT, person, form, body, now)
        await execute(_FORGET_OLD, person, now - _KEEP_FOR)
    return True


async def discard(person: int, form: str) -> None:
    """Forget it: it was saved, or is not wanted."""
    async with writing():
        await execute(_DISCARD, person, form)


async def remember_filters(person: int, path: str, fields: Mapping[str, str]) -> None:
    """Keep the filters of a list; writes only when they are others than before."""
    draft = await queries.draft(person, LISTS + path)
    if dict(fields) != (draft.fields if draft else {}):
        await keep(person, LISTS + path, fields)
