"""The words of counting, for tests: a plan, somebody who counts, what a sheet says, what devices are asked."""

from typing import Any

import anyio
import msgspec

from server import clock, quantity
from server.counts import planning, queries
from server.counts.plan import Head
from server.counts.sheet import Sheet
from server.db import Statement, fetch
from server.sync import envelope, reconciling
from server.sync import queries as devices
from tests import given

SUPERVISOR = 1

_TASKS = Statement(
    "SELECT t.subject, f.key, f.body FROM task t LEFT JOIN feed_row f ON f.kind = 'task'"
    " AND f.key = 't-' || t.id AND NOT f.is_deleted WHERE t.closed_at IS NULL AND t.kind = 'count' ORDER BY t.id"
)


async def issued(*places: str, **fields: Any) -> int:
    """A plan of these places that people are asked to count."""
    head = Head(warehouse=await given.warehouse(), places=places, **fields)
    made = await planning.save(head, by=SUPERVISOR, costs={})
    assert isinstance(made, planning.Planned), made
    assert isinstance(await planning.issue(made.id, by=SUPERVISOR), planning.Done)
    return made.id


async def count(pda: given.Pda, place: str, at_ms: int = 0, **seen: int | str) -> Any:
    """Somebody counts a whole place; `at_ms` (wall clock) says when, if not now."""
    lines = [
        {"item": f"i-{await given.item(code)}", "quantity": str(amount)} for code, amount in seen.items()
    ]
    args = {"location": f"l-{await given.location(place)}", "lines": lines, "complete": True}
    return await report(pda, "stock.count@1", at_ms, **args)


async def take(pda: given.Pda, code: str, amount: int, place: str, at_ms: int = 0) -> Any:
    """Somebody picks from a place into a tote."""
    return await report(
        pda,
        "stock.pick@1",
        at_ms,
        item=f"i-{await given.item(code)}",
        quantity=str(amount),
        source=f"l-{await given.location(place)}",
        target=f"l-{await given.location('TOTE', kind='tote')}",
    )


async def report(pda: given.Pda, kind: str, at_ms: int = 0, **args: Any) -> Any:
    """One operation, perhaps of an earlier moment; gives its verdict."""
    if not at_ms:
        return await pda.report(kind, **args)
    device = await devices.device_by_bearer(pda.headers["Authorization"])
    assert device is not None
    captured = {"wall": at_ms, "monotonic": at_ms, "boot": "test", "offset": 0, "error": 5}
    asked = envelope.read(pda.batch(pda.operation(kind, args, captured=captured)), clock.now())
    answer = await reconciling.reconcile(asked, device)
    assert not isinstance(answer, reconciling.Conflict), answer
    return answer.verdicts[0]


async def timeline(moments: int) -> list[int]:
    """So many moments (wall clock, ms), one after the other, all of them just past."""
    first = now_ms() + 1
    await anyio.sleep((moments * 2 + 2) / 1000)
    return [first + 2 * number for number in range(moments)]


def now_ms() -> int:
    return clock.now() // 1000


async def sheet(plan_id: int, place: str) -> Sheet:
    """The sheet of a place."""
    return next(one for one in await queries.sheets(plan_id) if one.code == place)


async def found(plan_id: int, place: str) -> list[tuple[str, str]]:
    """What each round of a place counted and how far that is from the book, oldest first."""
    one = await sheet(plan_id, place)
    rounds = (await queries.rounds([one.id])).get(one.id, [])
    return [
        (quantity.format(sum(each.counted for each in one.findings)),
         quantity.format(sum(each.difference for each in one.findings)))
        for one in rounds
    ]  # fmt: skip


async def state(plan_id: int) -> str:
    """The state of a plan."""
    standing = await queries.plan(plan_id)
    assert standing is not None
    return standing.state


async def tasks() -> list[tuple[str, dict[str, Any] | None]]:
    """What devices are asked to count: the place's code, and the feed row's body."""
    codes = {f"l-{row[0]}": row[1] for row in await fetch(Statement("SELECT id, code FROM location"))}
    return [(codes[row[0]], msgspec.json.decode(row[2]) if row[2] else None) for row in await fetch(_TASKS)]
