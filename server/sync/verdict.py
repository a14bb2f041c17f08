"""What becomes of one operation: decided from values, posted into the book, no database in sight.

Facts always post; what is odd about them becomes the reason of a warning. Only what names something that
does not exist is held for a person, and only what cannot be read is rejected.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from server import quantity
from server.outbound import report
from server.outbound.notice import Goods, Look, number_of
from server.outbound.report import Closing, Door, Report, Sending, Short, TakenBack
from server.people import proof
from server.people.proof import Prover
from server.stock.book import Book
from server.stock.lot import Lot, differs, is_expired, sighted
from server.stock.movement import Cell, Flow, Moment
from server.sync import wire


class Item(msgspec.Struct, frozen=True):
    """An item as these decisions need it."""

    id: int
    is_active: bool = True
    has_lots: bool = False
    has_expiry: bool = False
    has_serials: bool = False
    scale: int = 0
    factors: frozenset[tuple[str, int]] = frozenset()


class Actor(msgspec.Struct, frozen=True):
    """Who did it: what their role allows, and where (None: everywhere)."""

    id: int
    is_active: bool = True
    permissions: frozenset[str] = frozenset()
    warehouses: frozenset[int] | None = None


class Original(msgspec.Struct, frozen=True):
    """An earlier operation that an undo names."""

    id: str
    kind: str
    user: int
    device: int
    outcome: str
    flows: list[Flow]
    undone_by: str = ""


class Doing(msgspec.Struct, frozen=True, gc=False):
    """One operation with everything read: ready to be decided."""

    id: str
    kind: str
    args: Any
    when: Moment
    day: date
    device: int
    actor: Actor | None
    oddities: tuple[str, ...] = ()


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """The verdict, without its numbers. `cells` are where the book could not follow."""

    outcome: wire.Outcome
    reason: str | None = None
    cells: tuple[Cell, ...] = ()


class World(msgspec.Struct):
    """Everything a group of operations looks at and changes."""

    book: Book
    items: Mapping[int, Item]
    lots: dict[tuple[int, str], Lot]
    known_lots: Mapping[tuple[int, str], Lot]
    originals: dict[str, Original]
    serials: dict[tuple[int, str], set[int]]
    """Where the book has seen a serial: the real locations that hold it."""
    meanings: Mapping[tuple[str, int], frozenset[int]]
    """What a scanned code meant to us at the operation's time: (code, event time) → items."""
    counters: Mapping[int, frozenset[int]] = {}
    """Who has counted a planned place already, where a second person is asked for."""
    reports: dict[str, Report] = {}
    """What was reported beside the goods that moved, by operation: looks into cartons, sealing, the door."""
    provers: Mapping[int, Prover] = {}
    """Who proves something on somebody else's device."""
    notices: Mapping[int, int] = {}
    """The warehouses of notices of which something is reported from the door."""


APPLIED: Final = Ruling("applied")
NEEDS: Final = {
    "stock.count@1": "count stock",
    "stock.adjust@1": "adjust stock",
    "barcode.bind@1": "bind barcodes",
    "print.request@1": "print labels",
    "item.edit@1": "edit items",
    "customer.edit@1": "edit partners",
    "note.add@1": "see stock",
    "order.place@1": "confirm orders",
    "order.change@1": "confirm orders",
    "order.cancel@1": "confirm orders",
}
"""Which permission an operation needs; the others need "move stock"."""

NEVER_BY_HAND: Final = frozenset({"suspense", "adjustment"})
ORIGINS: Final = {"rt-": "customer", "rp-": "production", "wo-": "production"}
"""Where received goods come from, by the document that brings them; all others come from a supplier."""

LEAVING: Final = frozenset({"tote", "carton", "customer"})
"""Kinds of places for goods on their way out: there a lot must still be good."""

REPORTING: Final = frozenset({"stock.pack@1", "stock.check@1", "stock.ship@1", "delivery.confirm@1"})
"""Kinds that tell of cartons and doors beside the goods that move."""

ACTS: Final = {kind: kind.partition("@")[0].removeprefix("stock.") for kind in wire.KINDS}
"""What the ledger calls the act of each kind."""


def permission(kind: str) -> str:
    """What one must be allowed to do for operations of this kind."""
    return NEEDS.get(kind, "move stock")


def standing(doing: Doing) -> str | None:
    """What is odd about who did it, whatever they did."""
    if doing.actor is None:
        return "unknown_user"
    if not doing.actor.is_active:
        return "user_disabled"
    if permission(doing.kind) not in doing.actor.permissions:
        return "not_permitted"
    return None


def decide(doing: Doing, world: World) -> Ruling:
    """Rule on a fact or an observation and post what it does into the world's book."""
    match doing.args:
        case wire.Receive() as args:
            return _receive(doing, args, world)
        case wire.Move() | wire.Pick() as args:
            return _flow(doing, world, args, wire.number(args.source), wire.number(args.target))
        case wire.Adjust() as args:
            return _adjust(doing, args, world)
        case wire.Count() as args:
            return _count(doing, args, world)
        case wire.Carton() as args:
            return _carton(doing, args, world)
        case wire.Deliver() as args:
            return _deliver(doing, args, world)
        case wire.Undo() as args:
            return _undo(doing, args, world)
    raise AssertionError(f"{doing.kind} is not decided here")


def _receive(doing: Doing, args: wire.Receive, world: World) -> Ruling:
    target = wire.number(args.target)
    if missing := _missing(world, wire.number(args.item), target):
        return missing
    if not world.book.places[target].is_real:
        return Ruling("held", "unknown_location")
    oddities = list(_label_oddities(doing, args, world))
    source = world.book.place_of(ORIGINS.get(args.document[:3], "supplier"), target)
    return _flow(doing, world, args, source, target, oddities)


def _label_oddities(doing: Doing, args: wire.Receive, world: World) -> list[str]:
    item = world.items[wire.number(args.item)]
    odd = []
    if args.unit and args.factor and not _factor_fits(item, args.unit, args.factor):
        odd.append("factor_differs")
    if args.lot:
        key = (item.id, args.lot)
        known = world.lots.get(key)
        if differs(known, args.expiry):
            odd.append("lot_expiry_differs")
        now = sighted(known, args.expiry, args.made_on, doing.when)
        if now != known:
            world.book.put(world.lots, key, now)
    return odd


def _factor_fits(item: Item, unit: str, factor: str) -> bool:
    try:
        return not item.factors or (unit, quantity.parse(factor)) in item.factors
    except quantity.NotAQuantity:
        return False


def _flow(
    doing: Doing, world: World, args: Any, source: int, target: int, oddities: list[str] | None = None
) -> Ruling:
    if missing := _missing(world, wire.number(args.item), source, target):
        return missing
    places = world.book.places
    if places[source].kind in NEVER_BY_HAND or places[target].kind in NEVER_BY_HAND:
        return Ruling("held", "not_permitted")
    amount = quantity.parse(args.quantity)
    if isinstance(args, wire.Pick) and args.short_reason:
        world.book.put(world.reports, doing.id, _short(doing, args, source))
        if amount == 0:
            return _posted(doing, world, [], _scope_oddity(doing, places[source].warehouse))
    if amount == 0 or source == target:
        return Ruling("rejected", "malformed")
    flow = Flow(
        act=ACTS[doing.kind],
        item=wire.number(args.item),
        quantity=amount,
        source=source,
        target=target,
        lot=args.lot,
        serial=args.serial,
        document=getattr(args, "document", ""),
        reason=getattr(args, "short_reason", "") or getattr(args, "reason", ""),
    )
    found = [*(oddities or []), *_oddities(doing, flow, world, getattr(args, "code", ""))]
    return _posted(doing, world, [flow], found)


def _short(doing: Doing, args: wire.Pick, source: int) -> Short:
    return Short(operation=doing.id, at=doing.when.at, document=args.document, item=wire.number(args.item),
                 location=source, lot=args.lot, serial=args.serial, reason=args.short_reason)  # fmt: skip


def _posted(doing: Doing, world: World, flows: list[Flow], oddities: list[str]) -> Ruling:
    """Post the flows; the first oddity is what people are told."""
    cells = []
    for flow in flows:
        if world.book.move(flow, doing.when):
            cells.append(Cell(flow.item, flow.source, flow.lot, flow.serial, flow.owner))
        if flow.serial:
            _sight(world, flow)
    reasons = [*(["suspense"] if cells else []), *oddities, *doing.oddities]
    if odd := standing(doing):
        reasons.insert(0, odd)
    return Ruling("warning", reasons[0], tuple(cells)) if reasons else APPLIED


def _oddities(doing: Doing, flow: Flow, world: World, code: str) -> list[str]:
    """What is odd about a flow, the gravest first; nearly always nothing."""
    item = world.items[flow.item]
    source, target = world.book.places[flow.source], world.book.places[flow.target]
    odd = []
    if flow.serial or item.has_serials:
        odd += _serial_oddities(flow, world, from_real=source.is_real)
    if flow.lot and target.kind in LEAVING:
        odd += _lot_oddities(world.lots.get((flow.item, flow.lot)), doing.day)
    if item.has_lots and not flow.lot:
        odd.append("lot_missing")
    if code and (meant := world.meanings.get((code, doing.when.at))) and flow.item not in meant:
        odd.append("code_differs")
    if not item.is_active:
        odd.append("inactive_item")
    if not (source.is_active and target.is_active):
        odd.append("inactive_location")
    scope = doing.actor.warehouses if doing.actor else None
    # Goods on their way belong to nobody's floor: whoever sends lays them there, whoever receives takes them.
    if scope is not None and any(
        place.warehouse not in scope for place in (source, target) if place.kind != "transit"
    ):
        odd.append("out_of_scope")
    if flow.quantity % 10 ** (3 - item.scale):
        odd.append("fraction")
    return odd


def _serial_oddities(flow: Flow, world: World, *, from_real: bool) -> list[str]:
    odd = []
    if flow.quantity != quantity.SCALE:
        odd.append("serial_quantity")
    seen = _seen(world, flow) if flow.serial else set()
    if seen and not from_real:
        odd.append("serial_twice")
    elif seen and flow.source not in seen:
        odd.append("serial_elsewhere")
    return odd


def _lot_oddities(lot: Lot | None, day: date) -> list[str]:
    odd = []
    if lot is not None and is_expired(lot.expiry, day):
        odd.append("expired_lot")
    if lot is not None and lot.is_held:
        odd.append("lot_held")
    return odd


def _seen(world: World, flow: Flow) -> set[int]:
    return world.serials.get((flow.item, flow.serial), set())


def _sight(world: World, flow: Flow) -> None:
    where = set(_seen(world, flow))
    where.discard(flow.source)
    if world.book.places[flow.target].is_real:
        where.add(flow.target)
    world.book.put(world.serials, (flow.item, flow.serial), where)


def _adjust(doing: Doing, args: wire.Adjust, world: World) -> Ruling:
    location = wire.number(args.location)
    if missing := _missing(world, wire.number(args.item), location):
        return missing
    amount = quantity.parse(args.quantity)
    if amount == 0 or not world.book.places[location].is_real:
        return Ruling("rejected", "malformed")
    other = world.book.place_of("adjustment", location)
    source, target = (other, location) if amount > 0 else (location, other)
    flow = Flow(act="adjust", item=wire.number(args.item), quantity=abs(amount), source=source, target=target,
                lot=args.lot, serial=args.serial, document=args.document, reason=args.reason)  # fmt: skip
    return _posted(doing, world, [flow], _oddities(doing, flow, world, args.code))


def _count(doing: Doing, args: wire.Count, world: World) -> Ruling:
    location = wire.number(args.location)
    if missing := _missing(world, None, location):
        return missing
    if not world.book.places[location].is_real:
        return Ruling("held", "unknown_location")
    if any(wire.number(line.item) not in world.items for line in args.lines):
        return Ruling("held", "unknown_item")
    if not args.lines and not args.complete:
        return Ruling("rejected", "malformed")
    seen: dict[Cell, int] = {}
    for line in args.lines:
        cell = Cell(wire.number(line.item), location, line.lot, line.serial)
        seen[cell] = seen.get(cell, 0) + quantity.parse(line.quantity)
    if not world.book.count(seen, location, args.complete, doing.when):
        return Ruling("superseded", "older_count")
    odd = [
        reason
        for reason in (standing(doing), *doing.oddities, _count_oddity(doing, world, location))
        if reason
    ]
    return Ruling("warning", odd[0]) if odd else APPLIED


def _count_oddity(doing: Doing, world: World, location: int) -> str | None:
    place = world.book.places[location]
    scope = doing.actor.warehouses if doing.actor else None
    if scope is not None and place.warehouse not in scope:
        return "out_of_scope"
    if not place.is_active:
        return "inactive_location"
    again = doing.actor is not None and doing.actor.id in world.counters.get(location, ())
    return "second_opinion" if again else None


def _carton(doing: Doing, args: wire.Carton, world: World) -> Ruling:
    carton = wire.number(args.carton)
    if missing := _missing(world, None, carton, *_sources(args)):
        return missing
    if any(wire.number(line.item) not in world.items for line in args.lines):
        return Ruling("held", "unknown_item")
    flows = _carton_flows(doing, args, world, carton)
    if flows is None:
        return Ruling("rejected", "malformed")
    told, odd = _reported(doing, args, carton, world)
    if told is not None:
        world.book.put(world.reports, doing.id, told)
        odd += _scope_oddity(doing, world.book.places[carton].warehouse)
    odd += [reason for flow in flows for reason in _oddities(doing, flow, world, "")]
    return _posted(doing, world, flows, odd)


def _scope_oddity(doing: Doing, warehouse: int) -> list[str]:
    scope = doing.actor.warehouses if doing.actor else None
    return ["out_of_scope"] if scope is not None and warehouse not in scope else []


def _reported(doing: Doing, args: wire.Carton, carton: int, world: World) -> tuple[Report | None, list[str]]:
    """What is told of a carton beside the goods that move, and what is odd about it."""
    at = doing.when.at
    match ACTS[doing.kind]:
        case "check":
            return _look(doing, args, carton, world)
        case "pack" if args.state:
            return Closing(
                operation=doing.id, at=at, location=carton, document=args.document,
                is_sealed=args.state == "sealed", weight_g=report.weight_g(args.weight),
                size_mm=report.size_mm(args.size),
            ), []  # fmt: skip
        case "ship" if args.carrier or args.tracking:
            return Sending(
                operation=doing.id, at=at, location=carton, document=args.document, carrier=args.carrier,
                tracking=args.tracking,
            ), []  # fmt: skip
    return None, []


def _sources(args: wire.Carton) -> list[int]:
    return [wire.number(line.source) for line in args.lines if line.source]


def _carton_flows(doing: Doing, args: wire.Carton, world: World, carton: int) -> list[Flow] | None:
    """What goes into the carton, or leaves with it; None when that cannot be told."""
    act = ACTS[doing.kind]
    if act == "check":
        return []
    if act == "pack" and any(
        line.source is None or wire.number(line.source) == carton for line in args.lines
    ):
        return None
    away = world.book.place_of("customer", carton)
    if not args.lines and act == "ship":
        held = [
            (cell, world.book.on_hand(cell)) for cell in sorted(world.book.raw) if cell.location == carton
        ]
        return [
            Flow(act=act, item=cell.item, quantity=amount, source=carton, target=away, lot=cell.lot,
                 serial=cell.serial, document=args.document)
            for cell, amount in held if amount > 0
        ]  # fmt: skip
    flows = [
        Flow(act=act, item=wire.number(line.item), quantity=quantity.parse(line.quantity),
             source=wire.number(line.source) if line.source and act == "pack" else carton,
             target=carton if act == "pack" else away, lot=line.lot, serial=line.serial, document=args.document)
        for line in args.lines
    ]  # fmt: skip
    return flows if all(flow.quantity for flow in flows) else None


def _look(doing: Doing, args: wire.Carton, carton: int, world: World) -> tuple[Look, list[str]]:
    found: dict[Goods, int] = {}
    for line in args.lines:
        goods = Goods(wire.number(line.item), line.lot, line.serial)
        found[goods] = found.get(goods, 0) + quantity.parse(line.quantity)
    second, by, odd = _second(doing, args, world)
    look = Look(operation=doing.id, at=doing.when.at, location=carton, document=args.document, found=found,
                second=second, proof=by)  # fmt: skip
    return look, odd


def _second(doing: Doing, args: wire.Carton, world: World) -> tuple[int, str, list[str]]:
    """The second person who looked along, if they have shown that it was them, and are another."""
    if args.proof is None:
        return 0, "", []
    shown = proof.read(args.proof)
    number = int(shown.user[2:]) if shown and is_user(shown.user) else 0
    prover = world.provers.get(number)
    if shown is None or prover is None or not prover.is_active:
        return 0, "", ["proof_wrong"]
    if doing.actor is None or doing.actor.id == number:
        return 0, "", ["proof_same_person"]
    if not proof.holds(shown, prover, f"d-{doing.device}", doing.id, said(args)):
        return 0, "", ["proof_wrong"]
    return number, shown.by, []


def is_user(wire_id: str) -> bool:
    """Whether this could be somebody's id on the wire."""
    return wire_id[:2] == "u-" and wire_id[2:].isascii() and wire_id[2:].isdigit() and len(wire_id) < 12


def said(args: wire.Carton) -> list[object]:
    """What a second person vouches for: this carton of this document, and what was found in it."""
    lines = [[line.item, line.quantity, line.lot, line.serial] for line in args.lines]
    return [args.carton, args.document, lines]


def _deliver(doing: Doing, args: wire.Deliver, world: World) -> Ruling:
    number = number_of(args.document)
    if number is None or number not in world.notices:
        return Ruling("held", "not_found")
    files = [("signature", args.signature), *(("photo", one) for one in args.photos)]
    door = Door(
        operation=doing.id, at=doing.when.at, document=args.document, outcome=args.outcome, reason=args.reason,
        signer=args.signer, files=tuple((kind, digest) for kind, digest in files if digest),
    )  # fmt: skip
    world.book.put(world.reports, doing.id, door)
    odd = ["no_reason"] if args.outcome == "refused" and not args.reason.strip() else []
    return _posted(doing, world, [], [*odd, *_scope_oddity(doing, world.notices[number])])


def _undo(doing: Doing, args: wire.Undo, world: World) -> Ruling:
    original = world.originals.get(args.operation)
    if original is None:
        return Ruling("held", "not_found")
    refusal = _may_not_undo(doing, original)
    if refusal:
        return Ruling("rejected", refusal)
    world.book.put(world.originals, original.id, msgspec.structs.replace(original, undone_by=doing.id))
    if original.kind in REPORTING:
        told = TakenBack(operation=doing.id, undone=original.id)
        world.book.put(world.reports, doing.id, told)
    if original.kind == "stock.count@1":
        world.book.undo_count(original.id, doing.when)
        return _posted(doing, world, [], [])
    return _posted(doing, world, [_reversed(flow) for flow in original.flows], [])


def _may_not_undo(doing: Doing, original: Original) -> str | None:
    if original.undone_by:
        return "already_undone"
    if not original.kind.startswith(("stock.", "delivery.")):
        return "nothing_to_undo"
    # A count that was overtaken still is what holds when the one that overtook it is taken back.
    if original.outcome not in ("applied", "warning", "superseded"):
        return "nothing_to_undo"
    # What the desk takes back (it is no device) was decided there by somebody who may.
    is_desk = doing.device == 0
    own = original.device == doing.device or (doing.actor is not None and doing.actor.id == original.user)
    return None if own or is_desk else "not_own"


def _reversed(flow: Flow) -> Flow:
    return msgspec.structs.replace(flow, source=flow.target, target=flow.source, act="undo")


def _missing(world: World, item: int | None, *places: int) -> Ruling | None:
    if item is not None and item not in world.items:
        return Ruling("held", "unknown_item")
    for place in places:
        if place not in world.book.places:
            return Ruling("held", "unknown_location")
    return None
