"""Sales orders are written down, promised, changed, let go and taken back; every refusal is a value with its reason.

Confirming reserves what there is. What is not there is owed by a day that goods on their way allow, or dropped,
as was agreed with the customer. A hold never forbids to enter or promise, it keeps the order from the floor.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from server import clock, events, money, quantity
from server.catalog import dealing, search
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Missing, Refused, Stale
from server.catalog.price import Offer
from server.db import Statement, execute, execute_many, writing
from server.documents import numbering
from server.documents.line import Line
from server.outbound import following, order, queries, releasing
from server.outbound.doer import By
from server.outbound.order import Head, Hold, OrderLine, Released, Terms
from server.outbound.queries import Customer, Order
from server.stock import availability, promising
from server.stock.ledger import Origin
from server.stock.promising import Goods, Holder, Shortage, Want


class Saved(msgspec.Struct, frozen=True):
    """Written down."""

    id: int
    number: str


class Held(msgspec.Struct, frozen=True):
    """Somebody else's order that has been promised what was wanted here."""

    document: str
    number: str
    quantity: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line: so much is promised, so much is owed (by which day, if one can be named)."""

    line: int
    item: int
    quantity: int
    reserved: int
    backordered: int
    promised_on: str = ""
    holders: list[Held] = []


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Promised; `holds` keep it from the floor until somebody lets go of them."""

    id: int
    number: str
    holds: tuple[str, ...]
    lines: list[Outcome]

    @property
    def is_whole(self) -> bool:
        """Whether everything is promised from what is here."""
        return not any(line.backordered for line in self.lines)


class NotNow(msgspec.Struct, frozen=True):
    """It cannot be done as things stand: state, empty, not_available, shipped, no_reason, no_hold.

    `lines` name who holds what was wanted, where that is the reason.
    """

    reason: str
    lines: list[Outcome] = []


class Done(msgspec.Struct, frozen=True):
    """It is so now."""

    id: int
    number: str
    state: str


class _TakenBack(Exception):
    """What was placed cannot be promised, so it was never placed."""

    def __init__(self, why: NotNow) -> None:
        super().__init__(why.reason)
        self.why = why


_INSERT = Statement(
    "INSERT INTO sales_order (number, customer, warehouse, state, hold, released, policy, priority, ordered_on,"
    " wanted_on, reference, address, contact, phone, remark, discount, total, search, operation, created_by,"
    " created_at, version) VALUES (?, ?, ?, 'draft', '', '{}', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 1)"
    " RETURNING id"
)
_UPDATE = Statement(
    "UPDATE sales_order SET customer = ?, warehouse = ?, policy = ?, priority = ?, wanted_on = ?, reference = ?,"
    " address = ?, contact = ?, phone = ?, remark = ?, discount = ?, search = ?, version = version + 1 WHERE id = ?"
)
_INSERT_LINE = Statement(
    "INSERT INTO sales_line (order_id, position, item, unit, factor, unit_price, price, discount, amount, usual,"
    " wanted_on, promised_on, remark, noticed, picked, shipped, returned, cancelled, quantity)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', '', '', 0, 0, 0, 0, 0, ?)"
)
_UPDATE_LINE = Statement(
    "UPDATE sales_line SET unit = ?, factor = ?, unit_price = ?, price = ?, discount = ?, usual = ?, quantity = ?,"
    " cancelled = 0 WHERE id = ?"
)
_READDRESS = Statement("UPDATE sales_order SET addressed_at = ? WHERE id = ?")
_CANCEL_LINE = Statement("UPDATE sales_line SET cancelled = ? WHERE id = ?")
_DELETE_LINES = Statement("DELETE FROM sales_line WHERE order_id = ?")
_PRICE_LINE = Statement("UPDATE sales_line SET amount = ? WHERE id = ?")
_PROMISE_LINE = Statement("UPDATE sales_line SET promised_on = ? WHERE id = ?")
_SUMMED = Statement("UPDATE sales_order SET total = ?, hold = ? WHERE id = ?")
_CONFIRM = Statement(
    "UPDATE sales_order SET state = 'confirmed', confirmed_at = ?, version = version + 1 WHERE id = ?"
)
_STATE = Statement("UPDATE sales_order SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")
_LET_GO = Statement("UPDATE sales_order SET released = ?, hold = ?, version = version + 1 WHERE id = ?")


# Written down


async def save(head: Head, lines: Sequence[Line], *, by: By, operation: str = "") -> Saved | Refused:
    """Write down an order that promises nothing yet."""
    async with writing():
        customer, wrong = await _known(head, by)
        if customer is None or wrong:
            return Refused(wrong)
        wanted = await _addressed(await _by_terms(head), customer)
        number = await numbering.next_number("so")
        now = clock.now()
        new: int = (
            await execute(
                _INSERT, number, wanted.customer, wanted.warehouse, wanted.policy, wanted.priority,
                clock.today().isoformat(), wanted.wanted_on, wanted.reference, wanted.address, wanted.contact,
                wanted.phone, wanted.remark, wanted.discount, _search(number, customer, wanted), operation,
                by.person, now,
            )
        )[0][0]  # fmt: skip
        await _add_lines(new, wanted, lines, after=0)
        await _settle_sums(new, by)
        await _tell("order.added", new, {}, by)
        return Saved(new, number)


async def edit(
    order_id: int, head: Head, lines: Sequence[Line], *, version: int, by: By, is_late: bool = False
) -> Saved | Refused | Stale | Missing | NotNow:
    """Write an order as it should stand; of a confirmed one what is less is freed, what is more is promised.

    The floor follows: what was picked too much goes back, what is more is told to whoever is at it. `is_late` says
    that it was decided without seeing what has left meanwhile; it holds all the same, and sales hears of it.
    """
    async with writing():
        standing = await queries.order(order_id, by.warehouses)
        if standing is None:
            return Missing()
        if standing.version != version:
            return Stale(standing.version)
        if standing.state not in ("draft", *order.OPEN, *(("done",) if is_late else ())):
            return NotNow("state")
        before = await queries.shown_lines(order_id)
        customer, wrong = await _known(head, by)
        if standing.state != "draft":
            sent = [] if is_late else [shown.line for shown in before]
            wrong += _against_the_promise(standing, head, sent, lines)
        if customer is None or wrong:
            return Refused(wrong)
        wanted = await _by_terms(head)
        await _rewrite(standing, customer, wanted)
        if standing.state == "draft":
            await execute(_DELETE_LINES, order_id)
            await _add_lines(order_id, wanted, lines, after=0)
        else:
            await _change(standing, wanted, [shown.line for shown in before], lines, by)
        await _settle_sums(order_id, by)
        changed = _changes(standing, wanted, before, await queries.shown_lines(order_id))
        await _tell("order.edited", order_id, changed, by)
        return Saved(order_id, standing.number)


def _against_the_promise(
    standing: Order, head: Head, sent: Sequence[OrderLine], after: Sequence[Line]
) -> list[Fault]:
    """What cannot change any more once an order was promised: whose it is, and what of it has left."""
    found = order.faults_of_change(order.compare(sent, after), after) if sent else []
    if not after:
        found.append(Fault(0, "", "outbound.fault.empty"))
    if head.customer != standing.customer:
        found.append(Fault(0, "customer", "outbound.fault.customer_fixed"))
    return found


async def _known(head: Head, by: By) -> tuple[Customer | None, list[Fault]]:
    """The customer, and everything that is wrong with the top of an order."""
    wrong = order.faults(head)
    customer = await queries.customer(head.customer) if head.customer else None
    if head.customer and (customer is None or not customer.is_customer):
        customer = None
        wrong.append(Fault(0, "customer", "outbound.fault.no_customer"))
    if head.warehouse:
        warehouse = await catalog.warehouse(head.warehouse)
        if warehouse is None or not warehouse.is_active or not by.reaches(head.warehouse):
            wrong.append(Fault(0, "warehouse", "outbound.fault.no_warehouse"))
    return customer, wrong


async def _by_terms(head: Head) -> Head:
    """The head with what was agreed with the customer where it says nothing itself."""
    terms = await queries.terms(head.customer)
    return msgspec.structs.replace(
        head, policy=head.policy or terms.policy, priority=head.priority or terms.priority
    )


async def _addressed(head: Head, customer: Customer) -> Head:
    """A new order that names no address goes to the customer's main one for goods."""
    if head.address:
        return head
    places = (await dealing.card_of(customer.id)).addresses
    main = next((one for one in places if one.kind == "ship" and one.is_main), None)
    if main is None:
        return msgspec.structs.replace(head, address=customer.address[: order.LIMITS["address"]])
    return msgspec.structs.replace(
        head, address=main.text, contact=head.contact or main.contact, phone=head.phone or main.phone
    )


def _search(number: str, customer: Customer, head: Head) -> str:
    return search.text_of(
        number, head.reference, customer.code, customer.name, customer.initials, customer.phone, head.phone
    )


async def _rewrite(standing: Order, customer: Customer, head: Head) -> None:
    await execute(
        _UPDATE, head.customer, head.warehouse, head.policy, head.priority, head.wanted_on, head.reference,
        head.address, head.contact, head.phone, head.remark, head.discount,
        _search(standing.number, customer, head), standing.id,
    )  # fmt: skip


async def _add_lines(order_id: int, head: Head, lines: Sequence[Line], *, after: int) -> None:
    usual = await _usual(head, lines)
    rows = [
        (order_id, after + place, line.item, *_priced(line, usual.get(line.item)), line.quantity)
        for place, line in enumerate(lines, 1)
    ]
    await execute_many(_INSERT_LINE, rows)


async def _usual(head: Head, lines: Iterable[Line]) -> dict[int, Offer]:
    """What the customer usually pays for these."""
    wanted: dict[int, int] = {}
    for line in lines:
        wanted[line.item] = wanted.get(line.item, 0) + line.quantity
    return await queries.offers_for(head.customer, wanted, clock.today())


def _priced(line: Line, usual: Offer | None, before: int = 0) -> tuple[str, int, int, int, int, int]:
    """Unit, factor, what one of it costs, what one base unit costs, the discount, and the usual price of one."""
    price = line.unit_price
    if price is None:
        price = usual.of(line.factor) if usual else 0
    base = money.price_in(price, line.factor)
    return line.unit, line.factor, price, base, line.discount or 0, usual.base if usual else before


async def _change(
    standing: Order, head: Head, before: Sequence[OrderLine], after: Sequence[Line], by: By
) -> None:
    """Bring the lines of a promised order to what is wanted now, its promises with them, and then the floor."""
    cause = Origin(by.person, by.device)
    change = order.compare(before, after)
    usual = await _usual(head, after)
    await execute_many(
        _UPDATE_LINE,
        [
            (*_priced(new, usual.get(new.item), old.usual), new.quantity, old.id)
            for old, new in change.changed
        ],
    )
    await execute_many(_CANCEL_LINE, [(old.quantity, old.id) for old in change.removed])
    await _add_lines(
        standing.id, head, change.added, after=max((line.position for line in before), default=0)
    )
    if is_elsewhere := head.warehouse != standing.warehouse:
        await following.withdraw(standing.id, reason="", cause=cause)
    if (head.address, head.contact, head.phone) != (standing.address, standing.contact, standing.phone):
        await execute(_READDRESS, clock.now(), standing.id)
    freed = await _free_what_is_too_much(standing, is_elsewhere=is_elsewhere)
    await _promise(standing.id, head.warehouse, head.policy)
    await following.refit(standing.id, cause)
    await _settle_sums(standing.id, by)
    grown = _grown(before, await queries.lines(standing.id))
    await releasing.send_more(standing.id, grown, by=by)
    await following.keep_within_reserved(sorted(freed))
    await serve_backorders(freed)


def _grown(before: Iterable[OrderLine], after: Iterable[OrderLine]) -> frozenset[int]:
    """The lines of which more is wanted than before."""
    wanted = {line.id: line.wanted for line in before}
    return frozenset(line.id for line in after if line.wanted > wanted.get(line.id, 0))


async def _free_what_is_too_much(standing: Order, *, is_elsewhere: bool) -> set[Goods]:
    """Give up what is reserved beyond what is wanted now, or all of it when another warehouse is to send it."""
    freed = set()
    for line in await queries.lines(standing.id):
        too_much = line.reserved if is_elsewhere else line.reserved - line.to_pick
        if too_much > 0:
            await promising.draw(standing.document, line.id, too_much)
            freed.add(Goods(line.item, standing.warehouse))
    return freed


# Promised


async def confirm(order_id: int, *, by: By) -> Confirmed | NotNow | Missing:
    """Promise an order: reserve what there is, owe or drop the rest, and see what holds it back."""
    async with writing():
        standing = await queries.order(order_id, by.warehouses)
        if standing is None:
            return Missing()
        if standing.state != "draft":
            return NotNow("state")
        lines = await queries.lines(order_id)
        if not lines:
            return NotNow("empty")
        shortages = await _reserve(standing.document, standing.warehouse, lines)
        is_nothing_there = len(shortages) == len(lines) and not any(map(_got, shortages.values()))
        if standing.policy == "cancel" and is_nothing_there:
            return NotNow("not_available", await _outcomes(order_id, shortages))
        await execute(_CONFIRM, clock.now(), order_id)
        if standing.policy == "cancel":
            await _drop_missing(order_id)
        await _name_days(order_id, standing.warehouse)
        await _tell("order.confirmed", order_id, await _said_of(order_id), by)
        held = await _settle_sums(order_id, by)
        outcomes = await _outcomes(order_id, shortages)
        return Confirmed(id=order_id, number=standing.number, holds=held, lines=outcomes)


async def place(
    head: Head, lines: Sequence[Line], *, by: By, operation: str = ""
) -> Confirmed | Refused | NotNow:
    """Write an order down and promise it in one go; when it cannot be promised it was never placed."""
    try:
        async with writing():
            saved = await save(head, lines, by=by, operation=operation)
            if isinstance(saved, Refused):
                return saved
            confirmed = await confirm(saved.id, by=by)
            if isinstance(confirmed, NotNow):
                raise _TakenBack(confirmed)
            assert isinstance(confirmed, Confirmed), "it was saved in a warehouse they may see"
            return confirmed
    except _TakenBack as back:
        return back.why


async def _promise(order_id: int, warehouse: int, policy: str) -> None:
    """Promise what a changed order wants more of."""
    await _reserve(f"so-{order_id}", warehouse, await queries.lines(order_id))
    if policy == "cancel":
        await _drop_missing(order_id)
    await _name_days(order_id, warehouse)


async def _reserve(document: str, warehouse: int, lines: Sequence[OrderLine]) -> dict[int, Shortage]:
    """Reserve what there is for these lines; gives what was short, by line."""
    wants = [
        Want(document=document, line=line.id, item=line.item, warehouse=warehouse, quantity=line.backordered)
        for line in lines
        if line.backordered
    ]
    # Whoever has waited longer for the same goods comes first.
    await serve_backorders({Goods(want.item, want.warehouse) for want in wants}, apart=document)
    promised = await promising.reserve_what_there_is(wants, today=clock.today())
    return {one.line: one for one in promised if isinstance(one, Shortage)}


async def _drop_missing(order_id: int) -> None:
    """Nobody waits for what is not there: the customer does not want it later."""
    rows = [
        (line.cancelled + line.backordered, line.id)
        for line in await queries.lines(order_id)
        if line.backordered
    ]
    await execute_many(_CANCEL_LINE, rows)


async def _name_days(order_id: int, warehouse: int) -> None:
    """Say for every line that is owed goods on which day they can be promised; none when nothing is coming."""
    lines = await queries.lines(order_id)
    now = clock.today()
    owed = {line.item for line in lines if line.backordered}
    outlooks = await promising.outlook(owed, now, apart=f"so-{order_id}") if owed else {}
    needed: dict[int, int] = {}
    rows = []
    for line in lines:
        needed[line.item] = needed.get(line.item, 0) + line.to_pick
        day = ""
        if line.backordered and (outlook := outlooks.get(Goods(line.item, warehouse))):
            day = availability.promise_on(outlook, needed[line.item], now.isoformat())
        if day != line.promised_on:
            rows.append((day, line.id))
    await execute_many(_PROMISE_LINE, rows)


async def serve_backorders(goods: set[Goods], *, apart: str = "") -> int:
    """Let orders that wait for these goods have what is available of them now; gives how many lines got some.

    Whatever makes goods available calls this: a receipt, a cancelled order, a hold on a lot that ended.
    """
    async with writing():
        # Nearly always nobody waits: then this is all that is asked.
        if not goods or not await queries.is_waited_for(goods):
            return 0
        stands = await promising.available(goods, clock.today())
        there = {each for each, free in stands.items() if free > 0}
        wants = [want for want in await queries.waiting_for(there) if want.document != apart]
        served = await promising.serve(wants, today=clock.today())
        for document in dict.fromkeys(one.document for one in served):
            order_id = int(document[3:])
            mine = {one.line: one.quantity for one in served if one.document == document}
            said = await _said_quantities(order_id, mine)
            await _tell("order.served", order_id, {"reserved": ["", said]}, By(0))
        return len(served)


async def serve_item(item: int) -> int:
    """The same for one item in every warehouse: a lot of it may be used again, wherever it lies."""
    return await serve_backorders({Goods(item, one.id) for one in await catalog.warehouses()})


def _got(one: promising.Promised | Shortage) -> int:
    return one.promised if isinstance(one, Shortage) else one.quantity


async def _outcomes(order_id: int, shortages: dict[int, Shortage]) -> list[Outcome]:
    named = await queries.numbers(holder.document for short in shortages.values() for holder in short.holders)
    return [
        Outcome(
            line=line.id,
            item=line.item,
            quantity=line.quantity,
            reserved=line.reserved,
            backordered=line.quantity - line.picked - line.reserved,
            promised_on=line.promised_on,
            holders=_held_by(shortages[line.id].holders, named) if line.id in shortages else [],
        )
        for line in await queries.lines(order_id)
    ]


def _held_by(holders: Sequence[Holder], named: dict[str, str]) -> list[Held]:
    return [Held(holder.document, named[holder.document], holder.quantity) for holder in holders]


# Summed up and held


async def measure_again(customer: int, *, by: By) -> None:
    """After other terms were agreed: see anew what holds back each open order of a customer, the eldest first.

    Each is measured by what was promised before it, so that a limit that is too low holds the latest ones.
    """
    async with writing():
        owes = 0
        for order_id, worth in await queries.open_orders_of(customer):
            await _settle_sums(order_id, by, owes=owes)
            owes += worth


async def _settle_sums(order_id: int, by: By, *, owes: int | None = None) -> tuple[Hold, ...]:
    """Write down what an order costs as it stands now, and what holds it back; gives that.

    `owes` is what counts against the credit beside it: everything else that is open, unless it is named.
    """
    standing, lines = await _standing(order_id)
    amounts = {line.id: order.amount(line) for line in lines}
    await execute_many(
        _PRICE_LINE, [(amounts[line.id], line.id) for line in lines if line.amount != amounts[line.id]]
    )
    held: tuple[Hold, ...] = ()
    if standing.state in order.OPEN:
        held = order.holds(
            await _terms(standing),
            lines,
            discount=standing.discount,
            owes=await queries.owes(standing.customer, apart=order_id) if owes is None else owes,
            released=standing.released,
        )
    await execute(_SUMMED, order.total(amounts.values(), standing.discount), " ".join(held), order_id)
    for hold in held:
        if hold not in standing.hold.split():
            await _tell(f"order.{hold}_held", order_id, {}, by)
    return held


async def _standing(order_id: int) -> tuple[Order, list[OrderLine]]:
    standing = await queries.order(order_id)
    assert standing is not None, "an order is never deleted"
    return standing, await queries.lines(order_id)


async def _terms(standing: Order) -> Terms:
    terms = await queries.terms(standing.customer)
    return msgspec.structs.replace(terms, is_blocked=terms.is_blocked or not standing.is_customer_active)


async def release_hold(order_id: int, hold: str, *, reason: str, by: By) -> Done | NotNow | Missing:
    """Let an order go in spite of a hold; the reason is kept. It comes back when the order grows or gets cheaper."""
    async with writing():
        standing = await queries.order(order_id, by.warehouses)
        if standing is None:
            return Missing()
        if not reason.strip():
            return NotNow("no_reason")
        found = next((one for one in order.HOLDS if one == hold and one in standing.hold.split()), None)
        if found is None:
            return NotNow("no_hold")
        lines = await queries.lines(order_id)
        released = order.let_go(
            found, await _terms(standing), lines, discount=standing.discount, released=standing.released
        )
        left = " ".join(one for one in standing.hold.split() if one != hold)
        await execute(_LET_GO, _encoded(released), left, order_id)
        await _tell(f"order.{hold}_released", order_id, {"reason": reason.strip()}, by)
        return Done(order_id, standing.number, standing.state)


def _encoded(released: Released) -> str:
    return msgspec.json.encode(released).decode()


# Taken back


async def cancel(order_id: int, *, reason: str, by: By, is_late: bool = False) -> Done | NotNow | Missing:
    """Take an order back of which nothing has left: what it held is free for others.

    `is_late` says that it was decided without seeing what has left meanwhile: then it is *cancelled, but sent*.
    """
    async with writing():
        standing = await queries.order(order_id, by.warehouses)
        if standing is None:
            return Missing()
        lines = await queries.lines(order_id)
        if not is_late and any(line.shipped for line in lines):
            return NotNow("shipped")
        if standing.state not in ("draft", "confirmed", *(("partly_shipped", "done") if is_late else ())):
            return NotNow("state")
        return await _end(standing, lines, "order.cancelled", reason, by, is_taken_back=True)


async def close_short(order_id: int, *, reason: str, by: By) -> Done | NotNow | Missing:
    """Send no more of an order than has left: the rest is not wanted any more, or cannot be had."""
    async with writing():
        standing = await queries.order(order_id, by.warehouses)
        if standing is None:
            return Missing()
        if standing.state != "partly_shipped":
            return NotNow("state")
        if not reason.strip():
            return NotNow("no_reason")
        lines = await queries.lines(order_id)
        return await _end(standing, lines, "order.closed", reason, by, is_taken_back=False)


async def _end(
    standing: Order, lines: Sequence[OrderLine], topic: str, reason: str, by: By, *, is_taken_back: bool
) -> Done:
    """Want nothing more; what is picked already is told by the ledger, and is put back by the floor."""
    await execute_many(_CANCEL_LINE, [(line.quantity - line.shipped, line.id) for line in lines])
    cause = Origin(by.person, by.device)
    if is_taken_back:
        await execute(_STATE, "cancelled", clock.now(), standing.id)
    await following.withdraw(standing.id, reason=reason, cause=cause, with_sent=is_taken_back)
    freed = await promising.free(standing.document)
    state = order.state_after(await queries.lines(standing.id), is_taken_back=is_taken_back)
    await execute(_STATE, state, clock.now(), standing.id)
    await _settle_sums(standing.id, by)
    await _tell(topic, standing.id, {"reason": reason.strip()}, by)
    await following.keep_within_reserved(sorted(freed))
    await serve_backorders(freed)
    return Done(standing.id, standing.number, state)


# Told


async def _tell(topic: str, order_id: int, body: dict[str, Any], by: By) -> None:
    await events.record(topic, f"so:{order_id}", body, by=by.person, device=by.device)


async def _said_of(order_id: int) -> dict[str, Any]:
    """What a confirmation promised, for the timeline."""
    lines = await queries.lines(order_id)
    said = {
        "reserved": await _said_quantities(
            order_id, {line.id: line.reserved for line in lines if line.reserved}
        ),
        "backordered": await _said_quantities(
            order_id, {line.id: line.backordered for line in lines if line.backordered}
        ),
    }
    return {field: ["", value] for field, value in said.items() if value}


async def _said_quantities(order_id: int, of_lines: dict[int, int]) -> list[str]:
    return [
        f"{shown.code} × {quantity.format(of_lines[shown.line.id])}"
        for shown in await queries.shown_lines(order_id)
        if shown.line.id in of_lines
    ]


def _changes(
    standing: Order, head: Head, before: Sequence[queries.ShownLine], after: Sequence[queries.ShownLine]
) -> dict[str, Any]:
    """What an edit changed, field by field, for the timeline."""
    fields = ("wanted_on", "reference", "address", "contact", "phone", "remark", "policy", "priority")
    changed: dict[str, Any] = {
        field: [str(getattr(standing, field)), str(getattr(head, field))]
        for field in fields
        if getattr(standing, field) != getattr(head, field)
    }
    if standing.discount != head.discount:
        changed["discount"] = [money.format_percent(standing.discount), money.format_percent(head.discount)]
    old, new = [_said_line(shown) for shown in before], [_said_line(shown) for shown in after]
    if old != new:
        changed["lines"] = [
            [said for said in old if said not in new],
            [said for said in new if said not in old],
        ]
    return changed


def _said_line(shown: queries.ShownLine) -> str:
    line = shown.line
    per = f"/{line.unit}" if line.factor != quantity.SCALE else ""
    text = f"{shown.code} × {quantity.format(line.wanted)} @ {money.format_price(line.unit_price)}{per}"
    return f"{text} −{money.format_percent(line.discount)}%" if line.discount else text
