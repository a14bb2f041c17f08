"""Look again before it leaves: who looked into which carton, and what they found."""

from collections.abc import Iterable, Mapping

from server.db import Statement, execute_many, writing
from server.outbound import notice, surveying
from server.outbound.notice import Look
from server.stock.ledger import Origin

_INSERT = Statement(
    "INSERT INTO shipment_check (notice, location, person, content, operation, checked_at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


async def record(looks: Iterable[Look], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Keep who looked; gives the notices this is about, with who caused it. Whether it counts is decided later."""
    async with writing():
        asked = list(looks)
        at = await surveying.notices_at(one.location for one in asked)
        about: dict[int, Origin] = {}
        rows = []
        for one in asked:
            number = notice.number_of(one.document) or at.get(one.location)
            if number is None:
                continue
            origin = origins.get(one.operation, Origin())
            content = notice.digest(one.found) if one.found else ""
            rows.append((number, one.location, origin.user, content, one.operation, one.at))
            about[number] = origin
        known = {one.id for one in await surveying.notices(about)}
        await execute_many(_INSERT, [row for row in rows if row[0] in known])
        return {number: origin for number, origin in about.items() if number in known}
