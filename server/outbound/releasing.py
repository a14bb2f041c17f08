"""Release orders to the floor: what is reserved becomes a notice, pinned to places and lots, on a planned walk."""

from collections.abc import Iterable, Sequence

import msgspec

from server import clock, events
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import Statement, execute, execute_many, writing
from server.documents import numbering
from server.outbound import following, notice, order, queries, surveying
from server.outbound.doer import By
from server.outbound.order import OrderLine
from server.outbound.surveying import Notice
from server.stock.ledger import Origin

_INSERT = Statement(
    "INSERT INTO shipment_notice (number, order_id, warehouse, state, priority, due_on, taken_by, device, carrier,"
    " tracking, weight_g, delivery, walk_mm, by_code_mm, created_by, created_at, released_at, version)"
    " VALUES (?, ?, ?, 'waiting', ?, ?, 0, 0, '', '', 0, '', 0, 0, ?, ?, ?, 1) RETURNING id"
)
_INSERT_LINE = Statement(
    "INSERT INTO shipment_notice_line (notice, order_line, item, picked, packed, shipped, short, dropped, quantity)"
    " VALUES (?, ?, ?, 0, 0, 0, 0, 0, ?)"
)
_MORE = Statement("UPDATE shipment_notice_line SET quantity = quantity + ? WHERE id = ?")
_REPLACE = Statement("UPDATE shipment_notice SET replaces = true, version = version + 1 WHERE id = ?")
_NOTICED = Statement("UPDATE sales_line SET noticed = noticed + ? WHERE id = ?")
_RELEASE = Statement("UPDATE shipment_notice SET released_at = ?, version = version + 1 WHERE id = ?")
_SHORT = Statement("UPDATE shipment_notice_line SET short = ? WHERE id = ?")
_TAKE = Statement("UPDATE shipment_notice SET taken_by = ?, device = ?, version = version + 1 WHERE id = ?")
_SETTLE = Statement(
    "INSERT INTO floor_setting (warehouse, picks, packs, checkers, ships, delivers, scans_bins, rule, aisle_mm,"
    " bay_mm) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (warehouse) DO UPDATE SET picks = excluded.picks,"
    " packs = excluded.packs, checkers = excluded.checkers, ships = excluded.ships, delivers = excluded.delivers,"
    " scans_bins = excluded.scans_bins, rule = excluded.rule, aisle_mm = excluded.aisle_mm, bay_mm = excluded.bay_mm"
)


class Released(msgspec.Struct, frozen=True):
    """The floor has it."""

    id: int
    number: str


class NotNow(msgspec.Struct, frozen=True):
    """It cannot be done as things stand; every reason in a word of its own."""

    reasons: tuple[str, ...]


class Taken(msgspec.Struct, frozen=True):
    """Somebody else is at it."""

    person: int
    name: str


class Done(msgspec.Struct, frozen=True):
    """It is so now."""

    id: int
    state: str


def to_release(line: OrderLine) -> int:
    """What of a line is reserved and on no notice yet."""
    told_and_not_picked = max(0, line.noticed - line.picked)
    return max(0, min(line.wanted - line.noticed, line.reserved - told_and_not_picked))


async def release_order(order_id: int, *, by: By) -> Released | NotNow | Missing:
    """Give the floor all of an order that is reserved and not on its way yet: a new notice, ready to be picked."""
    async with writing():
        made = await announce(order_id, by=by)
        if isinstance(made, Released):
            await release([made.id], by=by)
        return made


async def announce(
    order_id: int, *, by: By, only: Iterable[int] | None = None
) -> Released | NotNow | Missing:
    """Make a notice of what of an order may go, of these lines only or of all; it waits until it is released."""
    async with writing():
        standing = await queries.order(order_id, by.warehouses)
        if standing is None:
            return Missing()
        lines = await queries.lines(order_id)
        why = [
            one
            for one in order.blocked_by(standing.state, standing.hold, standing.policy, lines)
            if one != "nothing_reserved"
        ]
        chosen = None if only is None else frozenset(only)
        ready = [line for line in lines if to_release(line) and (chosen is None or line.id in chosen)]
        if why or not ready:
            return NotNow(tuple(why) or ("nothing_reserved",))
        number = await numbering.next_number("sn")
        new: int = (
            await execute(
                _INSERT, number, order_id, standing.warehouse, standing.priority, standing.wanted_on, by.person,
                clock.now(), None,
            )
        )[0][0]  # fmt: skip
        await execute_many(_INSERT_LINE, [(new, line.id, line.item, to_release(line)) for line in ready])
        await execute_many(_NOTICED, [(to_release(line), line.id) for line in ready])
        body = {"order": standing.number}
        await events.record("notice.added", f"sn:{new}", body, by=by.person, device=by.device)
        await events.record(
            "order.noticed", f"so:{order_id}", {"notice": number}, by=by.person, device=by.device
        )
        return Released(new, number)


async def send_more(order_id: int, only: frozenset[int], *, by: By) -> None:
    """More of these lines is wanted: whoever is at the order is told, or somebody with a notice of its own.

    An order that the floor has not been told of waits to be released as any other.
    """
    async with writing():
        told = [
            one
            for one in await surveying.notices_of_order(order_id)
            if one.released_at and one.state != "cancelled"
        ]
        standing, lines = await queries.order(order_id), await queries.lines(order_id)
        assert standing is not None, "it was changed a moment ago"
        grown = [line for line in lines if line.id in only]
        why = order.blocked_by(standing.state, standing.hold, standing.policy, lines)
        if not told or not grown or (why and why != ["nothing_reserved"]):
            return
        await _welcome(told, grown)
        rest = [line for line in await queries.lines(order_id) if line.id in only and to_release(line)]
        at_work = [one for one in told if one.state in notice.LIVE]
        if rest and at_work:
            await _enlarge(at_work[-1], rest, by)
        elif rest:
            made = await announce(order_id, by=by, only=only)
            assert isinstance(made, Released), "nothing blocks it, and there is something to send"
            await release([made.id], by=by)
        await following.refresh({one.id: Origin(by.person, by.device) for one in told})


async def _welcome(told: Sequence[Notice], grown: Iterable[OrderLine]) -> None:
    """What was picked too much is wanted now: it belongs to the notice that it was picked for."""
    own = [each for lines in (await surveying.lines([one.id for one in told])).values() for each in lines]
    for line in grown:
        mine = [each for each in own if each.order_line == line.id]
        gap = max(0, line.wanted - sum(each.wanted for each in mine))
        for each in mine:
            much = min(max(0, each.picked - each.wanted), gap)
            gap -= much
            if much:
                await execute(_MORE, much, each.id)


async def _enlarge(one: Notice, more: Sequence[OrderLine], by: By) -> None:
    """Let a notice send more: of its own lines, or on new ones."""
    own = {line.order_line: line for line in (await surveying.lines([one.id]))[one.id]}
    await execute_many(_MORE, [(to_release(line), own[line.id].id) for line in more if line.id in own])
    await execute_many(
        _INSERT_LINE, [(one.id, line.id, line.item, to_release(line)) for line in more if line.id not in own]
    )
    body = {"order": one.order_number}
    await events.record("notice.enlarged", f"sn:{one.id}", body, by=by.person, device=by.device)


async def release(ids: Sequence[int], *, by: By) -> list[Done]:
    """Let waiting notices be picked: their goods are pinned, their walk is planned, devices hear of them."""
    async with writing():
        waiting = [
            one for one in await surveying.notices(ids) if one.state == "waiting" and _reaches(by, one)
        ]
        now = clock.now()
        await execute_many(_RELEASE, [(now, one.id) for one in waiting])
        await following.refresh({one.id: Origin(by.person, by.device) for one in waiting})
        return [Done(one.id, one.state) for one in await surveying.notices([one.id for one in waiting])]


def _reaches(by: By, one: Notice) -> bool:
    return by.reaches(one.warehouse)


async def cancel(notice_id: int, *, reason: str, by: By) -> Done | NotNow | Missing:
    """Take a notice back: what it was to pick is free for the order again, what is in a tote is to be put back."""
    async with writing():
        one = await surveying.notice(notice_id, by.warehouses)
        if one is None:
            return Missing()
        if one.state in notice.OVER or one.state == "shipped":
            return NotNow(("state",))
        if any(line.shipped for line in (await surveying.lines([one.id]))[one.id]):
            return NotNow(("shipped",))
        if not reason.strip():
            return NotNow(("no_reason",))
        await following.end(one, reason, Origin(by.person, by.device))
        return Done(one.id, "cancelled")


async def close_short(notice_id: int, *, reason: str, by: By) -> Done | NotNow | Missing:
    """Pick no more for a notice: it goes on with what it has, the rest waits with the order for another one."""
    async with writing():
        one = await surveying.notice(notice_id, by.warehouses)
        if one is None:
            return Missing()
        if one.state not in notice.TO_PICK:
            return NotNow(("state",))
        if not reason.strip():
            return NotNow(("no_reason",))
        lines = (await surveying.lines([one.id]))[one.id]
        await execute_many(_SHORT, [(line.short + line.to_pick, line.id) for line in lines if line.to_pick])
        await following.unpin(one)
        await events.record(
            "notice.short", f"sn:{one.id}", {"reason": reason.strip()}, by=by.person, device=by.device
        )
        await following.refresh({one.id: Origin(by.person, by.device)})
        after = await surveying.notice(one.id)
        assert after is not None, "a notice is never deleted"
        return Done(one.id, after.state)


async def replace(notice_id: int, *, by: By) -> Done | NotNow | Missing:
    """Let what may not leave any more go back into a bin; as it comes back, another lot is named to be picked."""
    async with writing():
        found = await following.gather([notice_id])
        if not found or not _reaches(by, found[0].notice):
            return Missing()
        one = found[0].notice
        if one.state not in notice.LIVE or not found[0].spoiled:
            return NotNow(("state",))
        await execute(_REPLACE, one.id)
        body = {"lots": ["", sorted(lot for _, lot in found[0].spoiled)]}
        await events.record("notice.replaced", f"sn:{one.id}", body, by=by.person, device=by.device)
        await following.refresh({one.id: Origin(by.person, by.device)})
        return Done(one.id, one.state)


# Who is at it


async def take(ids: Sequence[int], *, by: By) -> Done | NotNow | Taken | Missing:
    """Say who picks these notices, by which device; whoever came first keeps them."""
    async with writing():
        found = [one for one in await surveying.notices(ids) if _reaches(by, one)]
        if not found:
            return Missing()
        for one in found:
            if one.taken_by not in (0, by.person) and one.state in notice.TO_PICK:
                return Taken(one.taken_by, one.taker)
        free = [one for one in found if one.state in notice.TO_PICK]
        if not free:
            return NotNow(("state",))
        await _hand_to(free, by.person, by.device, by)
        return Done(free[0].id, "picking")


async def assign(ids: Sequence[int], person: int, *, by: By) -> Done | NotNow | Missing:
    """Let this person pick these notices, whoever had them until now; nobody (0) takes the task back."""
    async with writing():
        found = [one for one in await surveying.notices(ids) if _reaches(by, one)]
        if not found:
            return Missing()
        free = [one for one in found if one.state in notice.TO_PICK]
        if not free:
            return NotNow(("state",))
        if person and person not in {each for each, _ in await surveying.people_of(found[0].warehouse)}:
            return NotNow(("nobody",))
        await _hand_to(free, person, 0, by)
        return Done(free[0].id, "picking" if person else "released")


async def leave(ids: Sequence[int], *, by: By) -> Done | NotNow | Missing:
    """Let somebody else go on: what was picked stays picked."""
    async with writing():
        found = [one for one in await surveying.notices(ids) if _reaches(by, one)]
        if not found:
            return Missing()
        held = [one for one in found if one.taken_by]
        if not held:
            return NotNow(("state",))
        await _hand_to(held, 0, 0, by)
        return Done(held[0].id, "released")


async def _hand_to(found: Iterable[Notice], person: int, device: int, by: By) -> None:
    changed = [one for one in found if (one.taken_by, one.device) != (person, device)]
    await execute_many(_TAKE, [(person, device, one.id) for one in changed])
    for one in changed:
        topic = "notice.taken" if person else "notice.left"
        await events.record(topic, f"sn:{one.id}", {}, by=by.person, device=by.device)
    await following.refresh({one.id: Origin(by.person, by.device) for one in changed})


# How a warehouse does it


async def settle_steps(warehouse: int, steps: notice.Steps, *, by: By) -> Edited | Refused:
    """Say which steps a warehouse takes; what is at work there is judged by them from now on."""
    wrong = [Fault(0, field, f"steps.fault.{word}") for field, word in notice.faults_of(steps)]
    if wrong:
        return Refused(wrong)
    async with writing():
        before = (await surveying.steps_of([warehouse]))[warehouse]
        if before == steps:
            return Edited([])
        await execute(_SETTLE, warehouse, *msgspec.structs.astuple(steps))
        changed = {
            field: [str(getattr(before, field)), str(getattr(steps, field))]
            for field in steps.__struct_fields__
            if getattr(before, field) != getattr(steps, field)
        }
        await events.record("warehouse.steps", f"warehouse:{warehouse}", changed, by=by.person)
        at_work = await surveying.live_ids(warehouse)
        await following.refresh({one: Origin(by.person, by.device) for one in at_work})
        return Edited([warehouse])
