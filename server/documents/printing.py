"""How often a paper of a document was printed: whoever holds a second one must see that it is no second delivery."""

import msgspec

from server import events
from server.db import Statement, fetch, writing

_TOPIC = "document.printed"
_PRINTED = Statement("SELECT count(*) FROM event WHERE subject = ? AND topic = ? AND body = ?")


async def copies(told_as: str, paper: str) -> int:
    """How often this paper (`delivery_note`, `statement 2026-11`) of `so:7` has been printed."""
    return int((await fetch(_PRINTED, told_as, _TOPIC, _body(paper)))[0][0])


async def print_copy(told_as: str, paper: str, *, by: int) -> int:
    """Note that it goes to a printer; gives the number of the copy."""
    async with writing():
        await events.record(_TOPIC, told_as, {"paper": paper}, by=by)
        return await copies(told_as, paper)


def _body(paper: str) -> str:
    """As events.record writes it."""
    return msgspec.json.encode({"paper": paper}).decode()
