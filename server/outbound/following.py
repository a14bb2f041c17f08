"""Following the ledger: what was posted with a notice moves its lines, its order, allocations and reservations.

Nothing here believes an operation: the movements of the notice are added up anew (see notice.py), so a
reversal, a late arrival or a pick for a cancelled notice ends where any other order of arrival ends.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from server import clock, events, feed, quantity
from server.config import settings
from server.db import Statement, as_json, execute, execute_many, fetch, writing
from server.outbound import (
    boxing,
    change,
    doubting,
    fitting,
    notice,
    order,
    putting_back,
    queries,
    routing,
    surveying,
)
from server.outbound.notice import Line, Pinned, Seen, Steps, Story
from server.outbound.surveying import Carton, Notice
from server.stock import availability, promising, raising
from server.stock.ledger import Origin
from server.stock.movement import Cell, Posting
from server.stock.promising import Want

PUT_BACK = "put_back"
"""The incident of goods that were picked for a notice which nobody wants any more; also told to the floor."""

STRANGE = "pick_unordered"
"""The incident of goods in a tote that are on no line of its notice."""

SHORTAGE = "shortage"
"""The incident of a promise for which nothing is left: sales decides."""

DIFFERENCE = "check_difference"
"""The incident of a carton in which somebody found something else than the book says was put in."""

SENT_ANYWAY = "cancelled_shipped"
"""The incident of goods that left although their notice was cancelled."""

SENT_TOO_MUCH = "sent_too_much"
"""The incident of an order of which more has left than the customer wants."""

BLOCKED = "lot_blocked"
"""The incident of goods in a tote or carton whose lot may not leave any more: replace it, or let it go again."""

OLD_ADDRESS = "old_address"
"""The incident of a carton that left with the label of an address that had changed."""

USUAL_GRID = [Steps().aisle_mm, Steps().bay_mm]
"""How far apart aisles and bays are where a warehouse does not say."""

_LINE = Statement("UPDATE shipment_notice_line SET picked = ?, packed = ?, shipped = ? WHERE id = ?")
_ORDER_LINES = Statement(
    "UPDATE sales_line SET picked = (SELECT coalesce(sum(CASE WHEN n.state = 'cancelled' THEN l.shipped"
    " ELSE l.picked END), 0) FROM shipment_notice_line l JOIN shipment_notice n ON n.id = l.notice"
    " WHERE l.order_line = sales_line.id), shipped = (SELECT coalesce(sum(l.shipped), 0)"
    " FROM shipment_notice_line l WHERE l.order_line = sales_line.id), noticed = (SELECT"
    " coalesce(sum(CASE WHEN n.state = 'cancelled' THEN l.shipped WHEN l.quantity - l.short - l.dropped > l.picked"
    " THEN l.quantity - l.short - l.dropped ELSE l.picked END), 0) FROM shipment_notice_line l"
    " JOIN shipment_notice n ON n.id = l.notice WHERE l.order_line = sales_line.id) WHERE order_id = ?"
)
_DRAWN = Statement(
    "SELECT l.order_line, sum(CASE WHEN n.state = 'cancelled' THEN l.shipped"
    " WHEN l.picked < l.quantity - l.short - l.dropped THEN l.picked"
    " ELSE l.quantity - l.short - l.dropped END) FROM shipment_notice_line l"
    " JOIN shipment_notice n ON n.id = l.notice WHERE n.order_id = ? GROUP BY l.order_line"
)
_STATE = Statement(
    "UPDATE shipment_notice SET state = ?, picked_at = ?, packed_at = ?, checked_at = ?, shipped_at = ?,"
    " version = version + 1 WHERE id = ?"
)
_CANCEL = Statement("UPDATE shipment_notice SET state = 'cancelled', version = version + 1 WHERE id = ?")
_ORDER_STATE = Statement(
    "UPDATE sales_order SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?"
)
_ONLY_WHAT_LEFT = Statement(
    "UPDATE sales_line SET cancelled = CASE WHEN shipped < quantity THEN quantity - shipped ELSE 0 END"
    " WHERE order_id = ?"
)
_WORTH = Statement("UPDATE sales_line SET amount = ? WHERE id = ?")
_TOTAL = Statement("UPDATE sales_order SET total = ? WHERE id = ?")
_NEWEST = Statement(
    "SELECT a.document, a.id, a.line, a.item, a.location, a.lot, a.serial, a.quantity, a.picked, a.state, a.position"
    " FROM allocation a JOIN location l ON l.id = a.location WHERE a.item = ? AND l.warehouse = ?"
    " AND a.state = 'open' ORDER BY a.id DESC"
)
_BEYOND = Statement(*(
    "SELECT p.item, p.warehouse FROM (SELECT a.item, l.warehouse, sum(CASE WHEN a.quantity > a.picked"
    " THEN a.quantity - a.picked ELSE 0 END) AS pinned FROM allocation a JOIN location l ON l.id = a.location"
    f" WHERE a.state = 'open' AND a.item IN ({these}) GROUP BY a.item, l.warehouse) p WHERE p.pinned >"
    " coalesce((SELECT sum(r.quantity) FROM reservation r WHERE r.item = p.item AND r.warehouse = p.warehouse), 0)"
    for these in ("SELECT value FROM json_each(?)", "SELECT (json_array_elements_text(?::text::json))::int")
))  # fmt: skip
_RESERVED = Statement("SELECT coalesce(sum(quantity), 0) FROM reservation WHERE item = ? AND warehouse = ?")
_TICK = Statement("UPDATE allocation SET picked = ?, quantity = ?, state = ? WHERE id = ?")
_AT_WORK_FOR = Statement(
    "SELECT n.id FROM shipment_notice n JOIN sales_order o ON o.id = n.order_id WHERE o.customer = ?"
    " AND n.state IN ('released', 'picking', 'picked', 'packed', 'checked') ORDER BY n.id"
)
_WITH_LOT = Statement(
    "SELECT a.document FROM allocation a JOIN shipment_notice n ON a.document = 'sn-' || n.id"
    " WHERE a.item = ? AND n.state IN ('released', 'picking', 'picked', 'packed', 'checked')"
    " AND (a.lot = ? OR a.picked > 0) GROUP BY a.document"
)
_CLOSE_INCIDENT = Statement(
    "UPDATE incident SET closed_at = ?, decision = 'settled' WHERE kind = ? AND subject = ? AND closed_at IS NULL"
)
SUSPECT = Statement(*(
    "SELECT a.id, a.document, a.line, a.item, a.location, a.lot, a.serial, a.quantity, a.picked, a.state,"
    " a.position, coalesce(b.on_hand, 0) AS on_hand FROM allocation a LEFT JOIN balance b ON b.item = a.item"
    " AND b.location = a.location AND b.lot = a.lot AND b.serial = a.serial AND b.owner = 0"
    f" WHERE a.state = 'open' AND a.location IN ({these}) ORDER BY a.allocated_at, a.id"
    for these in (
        "SELECT value FROM json_each(?)",
        "SELECT (json_array_elements_text(?::text::json))::int",
    )
))  # fmt: skip
"""What is still to be picked from these places, whoever was sent there first in front, and what lies there."""


def today() -> date:
    """The firm's calendar day."""
    return datetime.fromtimestamp(clock.now() / clock.SECOND, ZoneInfo(settings().timezone)).date()


async def follow(
    postings: Iterable[Posting], origins: Mapping[str, Origin], looked: Mapping[int, Origin]
) -> None:
    """After these were posted, in their transaction: notices that they name, or into whose cartons somebody looked."""
    touched = dict(looked)
    for posting in postings:
        if number := notice.number_of(posting.flow.document):
            touched[number] = origins.get(posting.operation, Origin())
    if touched:
        await refresh(touched)


def named_in(postings: Iterable[Posting]) -> set[int]:
    """The notices that these postings name."""
    return {number for one in postings if (number := notice.number_of(one.flow.document))}


async def refresh(touched: Mapping[int, Origin]) -> None:
    """Work out these notices anew, with everything that hangs on them; who caused it signs the events.

    What has left with one notice may change what another one of the same order is still to send.
    """
    async with writing():
        standing = await gather(touched)
        causes = {one.notice.order_id: touched[one.notice.id] for one in reversed(standing)}
        after = {one.notice.id: notice.follow(one.lines, one.story) for one in standing}
        await _write_figures(standing, after)
        misfits = await fitting.misfits(causes)
        more = await gather({each.notice for each in misfits.values()} - after.keys())
        await fitting.drop(misfits)
        after |= {one.notice.id: one.lines for one in more}
        standing += more
        changed = {key: [_fitted(line, misfits) for line in lines] for key, lines in after.items()}
        await _draw(
            Drawing(one.notice, new, notice.drawn(one.notice.state, old), notice.drawn(one.notice.state, new))
            for one in standing
            for old, new in zip(one.lines, changed[one.notice.id], strict=True)
        )
        for one in standing:
            cause = touched.get(one.notice.id) or causes[one.notice.order_id]
            await _refresh(one, changed[one.notice.id], cause)
        for order_id, cause in sorted(causes.items()):
            await refresh_order(order_id, cause)
        items = {(line.item, one.notice.warehouse) for one in standing for line in one.lines}
        await keep_within_reserved(sorted(items))


async def _write_figures(standing: Iterable["Standing"], after: Mapping[int, list[Line]]) -> None:
    await execute_many(
        _LINE,
        [
            (line.picked, line.packed, line.shipped, line.id)
            for one in standing
            for line, old in zip(after[one.notice.id], one.lines, strict=True)
            if line != old
        ],
    )


def _fitted(line: Line, misfits: Mapping[int, fitting.Misfit]) -> Line:
    found = misfits.get(line.id)
    return line if found is None else msgspec.structs.replace(line, dropped=found.dropped)


async def refit(order_id: int, cause: Origin) -> None:
    """The order has changed: so does what its notices are to send, and what goes back."""
    async with writing():
        told = [one for one in await surveying.notices_of_order(order_id) if one.state != "cancelled"]
        if told:
            await refresh({one.id: cause for one in told})


async def refresh_customer(customer: int, cause: Origin) -> None:
    """How a customer is served has changed: what is at work for them is judged by that from now on."""
    await refresh({row[0]: cause for row in await fetch(_AT_WORK_FOR, customer)})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with everything that decides what becomes of it."""

    notice: Notice
    lines: list[Line]
    story: Story
    steps: Steps
    pinned: list[Pinned]
    seen: list[Seen]
    cartons: list[Carton]
    unfit: frozenset[tuple[int, str]]
    """Lots that may not leave: item and lot."""

    @property
    def spoiled(self) -> frozenset[tuple[int, str]]:
        """Those of them that lie in its totes and cartons."""
        return self.unfit & self.story.lots

    @property
    def void_labels(self) -> frozenset[int]:
        """Cartons with the label of an older address."""
        return change.void_labels(self.story, self.seen, self.notice.addressed_at)

    @property
    def next(self) -> str:
        """What is to be done with it next."""
        return notice.next_step(self.notice.state, self.steps, is_label_void=bool(self.void_labels))

    def put_backs(self, state: str = "", lines: Sequence[Line] | None = None) -> list[change.PutBack]:
        """What goes back into bins, as the notice stands or will stand."""
        spoiled = self.spoiled if self.notice.replaces else ()
        return change.put_backs(
            state or self.notice.state, self.lines if lines is None else lines, self.story, spoiled
        )

    @property
    def checked_by(self) -> frozenset[int]:
        """Whose look into the cartons counts."""
        return notice.checked_by(self.seen, self.story)


async def gather(ids: Collection[int]) -> list[Standing]:
    """These notices with what their movements say; their lines as they were written down last."""
    found = await surveying.notices(ids)
    shares = await surveying.shares([one.document for one in found])
    lines = await surveying.lines([one.id for one in found])
    steps = await surveying.steps_of(one.warehouse for one in found)
    pinned = await surveying.pinned([one.document for one in found])
    seen = await surveying.seen([one.id for one in found])
    cartons = await surveying.cartons([one.id for one in found])
    stories = {
        one.id: change.readdressed(notice.told(shares[one.document]), one.addressed_at) for one in found
    }
    lots = {lot for story in stories.values() for lot in story.lots}
    lots |= {(each.item, each.lot) for of_one in pinned.values() for each in of_one if each.lot}
    unfit = await surveying.spoiled(lots, clock.today())
    return [
        Standing(
            notice=one,
            lines=lines[one.id],
            story=stories[one.id],
            steps=notice.for_customer(steps[one.warehouse], is_double_checked=one.is_double_checked),
            pinned=pinned[one.document],
            seen=seen[one.id],
            cartons=cartons.get(one.id, []),
            unfit=unfit,
        )
        for one in found
    ]


async def _refresh(standing: Standing, after: list[Line], cause: Origin) -> None:
    one = standing.notice
    strange = standing.story.cartons - {box.location for box in standing.cartons}
    await boxing.adopt((one.id, place) for place in strange)
    ticked = notice.ticked(standing.pinned, after, standing.story)
    await _tick(standing.pinned, change.shrunk(change.left_out(ticked, standing.unfit), after))
    state = notice.state_after(
        one.state,
        after,
        standing.steps,
        is_released=one.released_at is not None,
        is_taken=one.taken_by != 0,
        checks=len(standing.checked_by),
    )
    if state != one.state:
        await _change_state(one, state, cause)
    if state in notice.TO_PICK:
        await pin_missing(one, after, standing.steps)
    elif state != one.state:
        await _lacks_nothing(one, after)
    await _raise_oddities(msgspec.structs.replace(one, state=state), after, standing)
    backs = standing.put_backs(state, after)
    is_replaced = one.replaces and standing.spoiled
    reason = "cancelled" if state in notice.OVER else BLOCKED if is_replaced else "too_much"
    await putting_back.ask(
        one.document, one.number, one.warehouse, backs, standing.story.pickers, reason=reason
    )
    await tell_devices([one.id])


class Drawing(NamedTuple):
    """What a line of a notice took off the reservation before and takes off it now."""

    notice: Notice
    line: Line
    old: int
    new: int


async def _draw(drawings: Iterable[Drawing]) -> None:
    """Take what was picked off what is reserved for the order, and give back what lies in a bin again.

    Nothing is given back for what the customer does not want any more, so what is taken goes first.
    """
    changed = [one for one in drawings if one.old != one.new]
    for one in changed:
        if one.new > one.old:
            await promising.draw(f"so-{one.notice.order_id}", one.line.order_line, one.new - one.old)
    for one in changed:
        if one.new < one.old:
            await _give_back(one)


async def _give_back(one: Drawing) -> None:
    order_id, line = one.notice.order_id, one.line.order_line
    if one.notice.order_state in order.TAKEN_BACK:
        return
    wanted = next(each.wanted for each in await queries.lines(order_id) if each.id == line)
    drawn = next(int(row[1]) for row in await fetch(_DRAWN, order_id) if row[0] == line)
    held = (await promising.reserved_for(f"so-{order_id}")).get(line, 0)
    back = min(one.old - one.new, wanted - drawn - held)
    if back > 0:
        want = Want(
            document=f"so-{order_id}",
            line=line,
            item=one.line.item,
            warehouse=one.notice.warehouse,
            quantity=back,
        )
        await promising.give_back(want)


async def _tick(before: Sequence[Pinned], after: Sequence[Pinned]) -> None:
    await execute_many(
        _TICK,
        [
            (new.picked, new.quantity, new.state, new.id)
            for old, new in zip(before, after, strict=True)
            if old != new
        ],
    )


async def _change_state(one: Notice, state: str, cause: Origin) -> None:
    now = clock.now()
    reached = notice.STATES.index(state) if state not in notice.OVER else 0
    moments = [
        (getattr(one, f"{name}_at") or now) if reached >= notice.STATES.index(name) else None
        for name in ("picked", "packed", "checked", "shipped")
    ]
    await execute(_STATE, state, *moments, one.id)
    body = {"before": one.state}
    await events.record(f"notice.{state}", f"sn:{one.id}", body, by=cause.user, device=cause.device)


async def keep_within_reserved(goods: Iterable[tuple[int, int]]) -> None:
    """Pin no more than is promised: a pick nobody had asked for may have used up what another was to pick.

    Whoever was sent last gives way.
    """
    cut: list[Pinned] = []
    touched: set[int] = set()
    asked = set(goods)
    beyond = await fetch(_BEYOND, as_json(sorted({item for item, _ in asked})))
    for item, warehouse in sorted(asked & {(row[0], row[1]) for row in beyond}):
        rows = await fetch(_NEWEST, item, warehouse)
        pinned = [Pinned(**{field: row[field] for field in Pinned.__struct_fields__}) for row in rows]
        over = sum(one.rest for one in pinned) - int((await fetch(_RESERVED, item, warehouse))[0][0])
        for one, row in zip(pinned, rows, strict=True):
            share = min(one.rest, over)
            number = notice.number_of(row["document"])
            if share > 0 and number:
                state = "open" if share < one.rest else "short"
                cut.append(msgspec.structs.replace(one, quantity=one.quantity - share, state=state))
                touched.add(number)
                over -= share
    if cut:
        await execute_many(_TICK, [(one.picked, one.quantity, one.state, one.id) for one in cut])
        await tell_devices(touched)


async def pin_missing(one: Notice, lines: Sequence[Line], steps: Steps) -> None:
    """Name a place for whatever is to be picked and has none, on a new walk; say so where nothing is left."""
    pinned = (await surveying.pinned([one.document]))[one.document]
    used = {each.location for each in pinned if each.rest}
    has_changed = False
    settled: list[tuple[str, str]] = []
    for line in lines:
        subject = f"{one.document}/{line.id}"
        missing = notice.missing(line, pinned)
        if not missing:
            settled.append((SHORTAGE, subject))
            continue
        want = Want(
            document=one.document, line=line.id, item=line.item, warehouse=one.warehouse, quantity=missing
        )
        planned = await promising.allocate(want, rule=steps.rule, today=today(), used=used)
        has_changed = has_changed or bool(planned.takes)
        used |= {take.location for take in planned.takes}
        if planned.short:
            body = {"document": one.document, "number": one.number, "order": one.order_number,
                    "customer": one.customer_name, "item": f"i-{line.item}",
                    "short": quantity.format(planned.short),
                    "other": await doubting.who_has_it(one, line.id, line.item)}  # fmt: skip
            await raising.raise_incident(SHORTAGE, subject, body, warehouse=one.warehouse)
        else:
            settled.append((SHORTAGE, subject))
    await _lay_to_rest(settled)
    if has_changed:
        await routing.plan_walk(one, steps)


async def _lacks_nothing(one: Notice, lines: Iterable[Line]) -> None:
    """Nobody picks for it any more: that something was missing once is settled, wherever it was found."""
    await _lay_to_rest((SHORTAGE, f"{one.document}/{line.id}") for line in lines)


async def _lay_to_rest(settled: Iterable[tuple[str, str]]) -> None:
    """Nobody need look at these any more: kind and subject of incidents, whether they were ever raised or not."""
    now = clock.now()
    await execute_many(_CLOSE_INCIDENT, [(now, kind, subject) for kind, subject in settled])


async def _raise_oddities(one: Notice, lines: Sequence[Line], standing: Standing) -> None:
    """Tell a person what a rule cannot settle, and stop telling once the movements have settled it."""
    body: dict[str, Any] = {"document": one.document, "number": one.number, "order": one.order_number}
    left_over = notice.must_be_put_back(one.state, lines)
    strangers = [f"i-{item}" for item in notice.strangers(lines, standing.story)]
    wrong = [f"l-{place}" for place in notice.differences(standing.seen, standing.story)]
    old_labels = change.misaddressed(standing.story, standing.seen, one.addressed_at)
    sent = one.state == "cancelled" and any(line.shipped for line in lines)
    odd: dict[str, dict[str, Any] | None] = {
        PUT_BACK: {"quantity": quantity.format(left_over), "tote": one.tote_code} if left_over else None,
        SENT_ANYWAY: {} if sent else None,
        STRANGE: {"items": strangers} if strangers else None,
        DIFFERENCE: {"cartons": wrong} if wrong and one.state != "shipped" else None,
        BLOCKED: await replacement(standing) if one.state in notice.LIVE and standing.spoiled else None,
        OLD_ADDRESS: {"cartons": [f"l-{place}" for place in old_labels]} if old_labels else None,
    }
    await _lay_to_rest((kind, one.document) for kind, more in odd.items() if more is None)
    for kind, more in odd.items():
        if more is not None:
            await raising.raise_incident(kind, one.document, body | more, warehouse=one.warehouse)


async def replacement(standing: Standing) -> dict[str, Any]:
    """What may not leave, and from where as much of other lots can be had."""
    one, today = standing.notice, clock.today()
    lots, instead, missing = [], [], 0
    for item, lot in sorted(standing.spoiled):
        inside = [
            much
            for goods in standing.story.there.values()
            for each, much in goods.items()
            if each[:2] == (item, lot)
        ]
        lumps = await promising.lumps(item, one.warehouse)
        planned = availability.plan(lumps, sum(inside), rule=standing.steps.rule, day=today)
        missing += planned.short
        lots.append({"item": f"i-{item}", "lot": lot, "quantity": quantity.format(sum(inside))})
        instead += [
            {"item": f"i-{item}", "lot": take.lot, "location": f"l-{take.location}",
             "quantity": quantity.format(take.quantity)}
            for take in planned.takes
        ]  # fmt: skip
    return {"lots": lots, "instead": instead, "missing": quantity.format(missing) if missing else ""}


async def refresh_order(order_id: int, cause: Origin) -> None:
    """Add up what all notices of an order say of it, and the state in which that leaves it."""
    await execute(_ORDER_LINES, order_id)
    standing = await queries.order(order_id)
    assert standing is not None, "a notice of an order that does not exist"
    if standing.state in order.TAKEN_BACK:
        # Of what was taken back, what has left all the same is what the customer has, and owes.
        await execute(_ONLY_WHAT_LEFT, order_id)
        await _sum_up(standing)
    elif standing.state not in (*order.OPEN, "done"):
        return
    lines = await queries.lines(order_id)
    state = order.state_after(lines, is_taken_back=standing.state in order.TAKEN_BACK)
    if state != standing.state and (state != "cancelled" or standing.state in order.TAKEN_BACK):
        closed_at = None if state in order.OPEN else standing.closed_at or clock.now()
        await execute(_ORDER_STATE, state, closed_at, order_id)
        body = {"before": standing.state}
        await events.record(f"order.{state}", f"so:{order_id}", body, by=cause.user, device=cause.device)
    over = [line for line in lines if line.shipped > line.wanted]
    if over and state not in order.TAKEN_BACK:
        told = {"document": standing.document, "number": standing.number, "customer": standing.customer_name,
                "items": [f"i-{line.item}" for line in over],
                "quantity": quantity.format(sum(line.shipped - line.wanted for line in over))}  # fmt: skip
        await raising.raise_incident(SENT_TOO_MUCH, standing.document, told, warehouse=standing.warehouse)
    else:
        await _lay_to_rest([(SENT_TOO_MUCH, standing.document)])


async def _sum_up(standing: queries.Order) -> None:
    amounts = {line.id: order.amount(line) for line in await queries.lines(standing.id)}
    await execute_many(_WORTH, [(amount, line) for line, amount in amounts.items()])
    await execute(_TOTAL, order.total(amounts.values(), standing.discount), standing.id)


# When it is not wanted any more


async def withdraw(order_id: int, *, reason: str, cause: Origin, with_sent: bool = False) -> None:
    """The order is not wanted any more: nor is anything that the floor has not sent of it, or even what it has."""
    async with writing():
        for one in await surveying.notices_of_order(order_id):
            if one.state != "cancelled" and (with_sent or one.state != "shipped"):
                await end(one, reason, cause)


async def end(one: Notice, reason: str, cause: Origin) -> None:
    """Take a notice back: nobody walks for it any more, and what is in a tote is to be put back."""
    await unpin(one)
    await execute(_CANCEL, one.id)
    lines = (await surveying.lines([one.id]))[one.id]
    await _draw(
        Drawing(one, line, notice.drawn(one.state, line), notice.drawn("cancelled", line)) for line in lines
    )
    body = {"reason": reason.strip()}
    await events.record("notice.cancelled", f"sn:{one.id}", body, by=cause.user, device=cause.device)
    await refresh({one.id: cause})


async def unpin(one: Notice) -> None:
    """Name no more places for what is not picked yet."""
    for pinned in (await surveying.pinned([one.document]))[one.document]:
        feed.drop(f"warehouse:w-{one.warehouse}", "pick", f"a-{pinned.id}")
    await promising.deallocate(one.document)


# When a place cannot give what it was to give


async def heal(cells: Iterable[Cell]) -> None:
    """Something left these cells or was counted there: whoever was to pick more than there is goes elsewhere.

    Who was sent there first keeps the place.
    """
    rows = await fetch(SUSPECT, as_json(sorted({cell.location for cell in cells})))
    left: dict[tuple[Any, ...], int] = {}
    cut: list[Pinned] = []
    touched: set[int] = set()
    for row in rows:
        one = Pinned(**{field: row[field] for field in Pinned.__struct_fields__})
        cell = (one.item, one.location, one.lot, one.serial)
        there = left.get(cell, int(row["on_hand"]))
        stays = min(there, one.rest)
        left[cell] = there - stays
        number = notice.number_of(row["document"])
        if stays < one.rest and number:
            state = "open" if stays else "short"
            cut.append(msgspec.structs.replace(one, quantity=one.picked + stays, state=state))
            touched.add(number)
    if cut:
        await execute_many(_TICK, [(one.picked, one.quantity, one.state, one.id) for one in cut])
        await refresh({number: Origin() for number in touched})


async def follow_lot(item: int, lot: str) -> None:
    """A lot was held, or may be used again: nobody is sent for one that is held, and what was picked is judged anew."""
    async with writing():
        rows = await fetch(_WITH_LOT, item, lot)
        touched = {number for row in rows if (number := notice.number_of(row[0]))}
        await refresh({number: Origin() for number in sorted(touched)})


LACKING = Statement("SELECT 1 FROM incident WHERE kind = 'shortage' AND closed_at IS NULL LIMIT 1")
"""Whether anything is to be picked for which no place could be named."""

_LACKING = Statement(
    "SELECT subject, warehouse, body FROM incident WHERE kind = 'shortage' AND closed_at IS NULL ORDER BY id"
)


async def find_what_lacked(goods: Collection[tuple[int, int]]) -> None:
    """Some of these (item, warehouse) can be picked again: whoever lacked them is sent there."""
    lacking = {
        notice.number_of(subject.split("/")[0])
        for subject, warehouse, body in await fetch(_LACKING)
        if (int(msgspec.json.decode(body)["item"][2:]), warehouse) in goods
    }
    if numbers := sorted(number for number in lacking if number):
        await refresh({number: Origin() for number in numbers})


# What devices are shown


async def tell_devices(ids: Collection[int]) -> None:
    """Show notices and their places to the warehouse's devices for as long as there is something to do with them."""
    for standing in await gather(ids):
        _tell(standing)


def _tell(standing: Standing) -> None:
    one, scope = standing.notice, f"warehouse:w-{standing.notice.warehouse}"
    is_left_over = notice.must_be_put_back(one.state, standing.lines) > 0
    if one.state in notice.LIVE or is_left_over or _is_to_deliver(standing):
        feed.put(scope, "notice", one.document, _notice_body(standing, is_left_over=is_left_over))
    else:
        feed.drop(scope, "notice", one.document)
    for pinned in standing.pinned:
        is_shown = one.state in notice.TO_PICK and (pinned.state == "open" or pinned.picked)
        if is_shown:
            feed.put(scope, "pick", f"a-{pinned.id}", _pick_body(one, pinned))
        else:
            feed.drop(scope, "pick", f"a-{pinned.id}")


def _is_to_deliver(standing: Standing) -> bool:
    """It has left with somebody of ours, and nobody has said what became of it at the door."""
    one = standing.notice
    return standing.steps.delivers and one.state == "shipped" and not one.delivery


def _notice_body(standing: Standing, *, is_left_over: bool) -> dict[str, Any]:
    one = standing.notice
    body: dict[str, Any] = {
        "number": one.number,
        "state": PUT_BACK if is_left_over else one.state,
        "warehouse": f"w-{one.warehouse}",
        "customer": one.customer_name,
        "due": one.due_on,
        "priority": one.priority,
        "next": "deliver" if _is_to_deliver(standing) else standing.next,
        "steps": notice.taken(standing.steps),
        "lines": [
            {
                "id": str(line.id),
                "item": f"i-{line.item}",
                "quantity": quantity.format(line.wanted),
                "picked": quantity.format(line.picked),
                "packed": quantity.format(line.packed),
            }
            for line in standing.lines
        ],
    }
    if carried := _carried(standing):
        body |= carried
    if void := standing.void_labels:
        body["relabel"] = [f"l-{place}" for place in sorted(void)]
    if one.wave:
        body |= {"wave": f"wv-{one.wave}", "wave_number": one.wave_number, "wave_kind": one.wave_kind}
    if one.tote:
        body["tote"] = f"l-{one.tote}"
        body["totes"] = body.get("totes") or [body["tote"]]
    grid = [standing.steps.aisle_mm, standing.steps.bay_mm]
    if grid != USUAL_GRID:
        body["grid"] = grid
    if standing.steps.scans_bins:
        body["strict"] = True
    if one.taken_by:
        body |= {"taken": f"u-{one.taken_by}", "taker": one.taker, "device": f"d-{one.device}"}
    return body


def _carried(standing: Standing) -> dict[str, Any]:
    """In what its goods lie, how these stand, and who has to look into them or may not."""
    story = standing.story
    places = sorted(place for place, inside in story.contents.items() if inside)
    if not places and not standing.cartons:
        return {}
    checked = notice.lookers(standing.seen, story)
    return {
        "totes": [f"l-{place}" for place in places if place not in story.cartons],
        "cartons": [
            {"location": f"l-{box.location}", "code": box.code, "state": box.state}
            for box in standing.cartons
        ],
        "pickers": [f"u-{person}" for person in sorted(story.pickers)],
        "checkers": standing.steps.checkers,
        "checked": {f"l-{place}": [f"u-{person}" for person in sorted(checked[place])] for place in places},
    }


def _pick_body(one: Notice, pinned: Pinned) -> dict[str, Any]:
    body: dict[str, Any] = {
        "notice": one.document,
        "line": str(pinned.line),
        "item": f"i-{pinned.item}",
        "location": f"l-{pinned.location}",
        "quantity": quantity.format(pinned.quantity),
        "picked": quantity.format(pinned.picked),
        "position": pinned.position,
        "state": pinned.state,
    }
    more = {"wave": f"wv-{one.wave}" if one.wave else "", "lot": pinned.lot, "serial": pinned.serial}
    return body | {name: text for name, text in more.items() if text}
