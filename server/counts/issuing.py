"""Asking people to count: the task of a sheet on the devices of its warehouse, and taking it off their lists.

A place has one count task at a time, whoever asks. A plan takes over the one that stands.
"""

from collections.abc import Iterable, Sequence

from server import clock, feed
from server.counts import queries
from server.counts.sheet import Sheet
from server.db import Statement, execute, fetch
from server.stock import raising, veiling
from server.stock.movement import Place

REASON = raising.PLANNED

_STANDING = Statement(
    "SELECT id, opened_at FROM task WHERE kind = 'count' AND subject = ? AND closed_at IS NULL"
)
_OPEN = Statement("SELECT id FROM task WHERE id = ? AND closed_at IS NULL")
_OWES = Statement("SELECT 1 FROM balance WHERE location = ? AND debt > 0 LIMIT 1")
_GIVE_BACK = Statement("UPDATE task SET reason = ? WHERE id = ?")
_OPENED = Statement("UPDATE task SET opened_at = ? WHERE id = ?")
_KEEP = Statement("UPDATE count_sheet SET task = ? WHERE id = ?")


async def ask(sheet: Sheet, *, round_number: int, counters: Sequence[int], after: int = 0) -> None:
    """Put the place on the devices' lists; whoever counted it before is named, so that another does it now.

    The task is younger than `after`, the last count so far, which would otherwise be taken for its answer. It
    never says what the book expects.
    """
    subject = f"l-{sheet.location}"
    assert sheet.issued_at is not None, "a plan that was not issued asks nobody"
    after = max(after, sheet.issued_at - 1)
    opened_at = max(clock.now(), after + 1)
    await raising.ask_for_counts({sheet.location: sheet.warehouse}, REASON, "", opened_at)
    ((task, since),) = await fetch(_STANDING, subject)
    if since <= after:
        await execute(_OPENED, opened_at, task)
    if task != sheet.task:
        await execute(_KEEP, task, sheet.id)
    body = {
        "kind": "count",
        "location": subject,
        "reason": REASON,
        "plan": f"ct-{sheet.plan}",
        "number": sheet.number,
        "blind": sheet.is_blind,
        "round": round_number,
        "counters": [f"u-{person}" for person in counters],
    }
    feed.put(f"warehouse:w-{sheet.warehouse}", "task", f"t-{task}", body)


async def ask_no_more(sheets: Iterable[Sheet]) -> None:
    """Nobody need go there any more for these plans; somebody has to all the same where the book still owes, or
    where a picker was surprised since the last count."""
    for sheet in sheets:
        if not sheet.task or not await fetch(_OPEN, sheet.task):
            continue
        owes = bool(await fetch(_OWES, sheet.location))
        if owes or await raising.was_surprised_since_counted(sheet.location):
            reason = "suspense" if owes else raising.SURPRISES[0]
            await execute(_GIVE_BACK, reason, sheet.task)
            body = {"kind": "count", "location": f"l-{sheet.location}", "reason": reason}
            feed.put(f"warehouse:w-{sheet.warehouse}", "task", f"t-{sheet.task}", body)
        else:
            place = Place(sheet.location, sheet.code, "bin", sheet.warehouse)
            await raising.close_tasks({place: sheet.task})


async def veil(sheets: Iterable[Sheet]) -> None:
    """Let the places of these sheets keep their figures to themselves while somebody is to count them blind."""
    if places := {sheet.location for sheet in sheets}:
        await veiling.veil(places, await queries.blind_places(places))
