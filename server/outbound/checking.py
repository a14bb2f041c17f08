"""Following what is reported beside the goods that move: looks into cartons, sealing, sending, the door, shorts."""

from collections.abc import Iterable, Mapping

from server.db import Statement, execute, execute_many, writing
from server.outbound import boxing, delivering, missing, notice, shipping, surveying
from server.outbound.notice import Look
from server.outbound.report import Closing, Door, Report, Sending, Short, TakenBack
from server.stock.ledger import Origin

_INSERT = Statement(
    "INSERT INTO shipment_check (notice, location, person, content, operation, checked_at, proof)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_FORGET = Statement("DELETE FROM shipment_check WHERE operation = ? RETURNING notice")


async def record(reports: Iterable[Report], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Keep what was reported; gives the notices this is about, with who caused it."""
    asked = list(reports)
    if not asked:
        return {}
    async with writing():
        about = await _look([one for one in asked if isinstance(one, Look)], origins)
        about |= await boxing.close([one for one in asked if isinstance(one, Closing)], origins)
        about |= await shipping.note_carriers([one for one in asked if isinstance(one, Sending)], origins)
        about |= await delivering.report([one for one in asked if isinstance(one, Door)], origins)
        about |= await missing.note([one for one in asked if isinstance(one, Short)], origins)
        return about | await _take_back([one for one in asked if isinstance(one, TakenBack)], origins)


async def _look(asked: list[Look], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Keep who looked; whether it counts is decided later."""
    at = await surveying.notices_at(one.location for one in asked)
    about: dict[int, Origin] = {}
    rows = []
    for one in asked:
        number = notice.number_of(one.document) or at.get(one.location)
        if number is None:
            continue
        origin = origins.get(one.operation, Origin())
        content = notice.digest(one.found) if one.found else ""
        seen = (content, one.operation, one.at)
        rows.append((number, one.location, origin.user, *seen, ""))
        if one.second:
            rows.append((number, one.location, one.second, *seen, one.proof))
        about[number] = origin
    known = {one.id for one in await surveying.notices(about)}
    await execute_many(_INSERT, [row for row in rows if row[0] in known])
    return {number: origin for number, origin in about.items() if number in known}


async def _take_back(asked: list[TakenBack], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """A look that was taken back has not been one, and a carton is as it was before it was sealed or opened."""
    about: dict[int, Origin] = {}
    for one in asked:
        for row in await execute(_FORGET, one.undone):
            about[row[0]] = origins.get(one.operation, Origin())
    about |= await boxing.reopen(asked, origins)
    return about | await delivering.take_back(asked, origins)
