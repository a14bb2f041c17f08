"""Cartons as the floor uses them: labels printed ahead become boxes of a notice, and people seal and open them.

Cartons are reported by people on the floor, so any order of arrival must end alike: of sealings and openings the
latest counts, by when it happened.
"""

from collections.abc import Iterable, Mapping

from server import events
from server.db import Statement, execute, execute_many, writing
from server.outbound import notice, surveying
from server.outbound.report import Closing, TakenBack
from server.stock.ledger import Origin

_ADOPT = Statement(
    "INSERT INTO carton (notice, location, sscc, state, weight_g, length_mm, width_mm, height_mm, judged_at,"
    " judged_by) SELECT n.id, l.id, l.code, 'open', 0, 0, 0, 0, 0, '' FROM location l, shipment_notice n"
    " WHERE n.id = ? AND l.id = ? AND l.kind = 'carton'"
    " AND NOT EXISTS (SELECT 1 FROM carton c WHERE c.notice = n.id AND c.location = l.id)"
)
_JUDGE = Statement(
    "UPDATE carton SET state = ?, weight_g = CASE WHEN ? > 0 THEN ? ELSE weight_g END,"
    " length_mm = CASE WHEN ? > 0 THEN ? ELSE length_mm END, width_mm = CASE WHEN ? > 0 THEN ? ELSE width_mm END,"
    " height_mm = CASE WHEN ? > 0 THEN ? ELSE height_mm END, sealed_at = ?, judged_at = ?, judged_by = ?"
    " WHERE location = ? AND notice = ? AND (judged_at < ? OR (judged_at = ? AND judged_by < ?)) RETURNING sscc"
)
_UNJUDGE = Statement(
    "UPDATE carton SET state = CASE WHEN state = 'sealed' THEN 'open' ELSE 'sealed' END, sealed_at = NULL"
    " WHERE judged_by = ? RETURNING notice"
)
WEIGH = Statement(
    "UPDATE shipment_notice SET weight_g = (SELECT coalesce(sum(c.weight_g), 0) FROM carton c WHERE c.notice = ?)"
    " WHERE id = ?"
)


async def adopt(boxes: Iterable[tuple[int, int]]) -> None:
    """Make these cartons (notice, location) boxes of their notices, where they are not yet."""
    await execute_many(_ADOPT, sorted(set(boxes)))


async def close(closings: Iterable[Closing], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Cartons were sealed or opened; gives the notices that this is about."""
    async with writing():
        asked = list(closings)
        at = await surveying.notices_at(one.location for one in asked)
        about: dict[int, Origin] = {}
        for one in asked:
            number = notice.number_of(one.document) or at.get(one.location)
            if number is None:
                continue
            await adopt([(number, one.location)])
            origin = origins.get(one.operation, Origin())
            about[number] = origin
            length, width, height = one.size_mm
            sizes = (one.weight_g, one.weight_g, length, length, width, width, height, height)
            sealed_at = one.at if one.is_sealed else None
            state = "sealed" if one.is_sealed else "open"
            told = await execute(
                _JUDGE, state, *sizes, sealed_at, one.at, one.operation, one.location, number, one.at, one.at,
                one.operation,
            )  # fmt: skip
            for row in told:
                await execute(WEIGH, number, number)
                body = {"carton": row[0]} | ({"weight": f"{one.weight_g} g"} if one.weight_g else {})
                topic = "notice.sealed" if one.is_sealed else "notice.reopened"
                await events.record(topic, f"sn:{number}", body, by=origin.user, device=origin.device)
        return about


async def reopen(taken_back: Iterable[TakenBack], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """What was sealed or opened by these operations is as it was before."""
    about: dict[int, Origin] = {}
    for one in taken_back:
        for row in await execute(_UNJUDGE, one.undone):
            about[row[0]] = origins.get(one.operation, Origin())
    return about
