"""Claims and edits of devices: what is not stock, carried out by the feature it belongs to."""

import msgspec

from server import events, quantity
from server.catalog import maintaining, partnering
from server.catalog import queries as catalog
from server.printing import queueing
from server.sync import claiming, wire
from server.sync.verdict import APPLIED, Doing, Ruling, standing

ACTS = (
    wire.Bind, wire.Print, wire.EditItem, wire.EditCustomer, wire.Note, wire.PlaceOrder, wire.ChangeOrder,
    wire.CancelOrder, wire.TakeTask, wire.OpenCarton,
)  # fmt: skip


def acts(doing: Doing) -> bool:
    """Whether this operation is carried out here rather than posted into the book."""
    return isinstance(doing.args, ACTS)


async def act(doing: Doing) -> Ruling:
    """Carry it out, or say why not. Who may not do it is refused: nothing has happened yet."""
    if odd := standing(doing):
        return Ruling("held" if odd == "user_disabled" else "rejected", odd)
    match doing.args:
        case wire.Bind() as args:
            return await _bind(doing, args)
        case wire.Print() as args:
            return await _print(doing, args)
        case wire.EditItem() as args:
            return await _edit_item(doing, args)
        case wire.EditCustomer() as args:
            return await _edit_customer(doing, args)
        case wire.PlaceOrder() as args:
            return await claiming.place(doing, args)
        case wire.ChangeOrder() as args:
            return await claiming.change(doing, args)
        case wire.CancelOrder() as args:
            return await claiming.cancel(doing, args)
        case wire.TakeTask() as args:
            return await claiming.take(doing, args)
        case wire.OpenCarton() as args:
            return await claiming.open_carton(doing, args)
        case wire.Note() as args:
            await events.record(
                "note.added", args.subject, {"text": args.text}, by=_by(doing), device=doing.device
            )
            return APPLIED
    raise AssertionError(f"{doing.kind} is not carried out here")


def _by(doing: Doing) -> int:
    assert doing.actor is not None, "standing() refuses strangers"
    return doing.actor.id


async def _bind(doing: Doing, args: wire.Bind) -> Ruling:
    bound = await maintaining.bind_barcode(
        args.code,
        wire.number(args.item),
        args.unit,
        quantity.parse(args.factor),
        by=_by(doing),
        at=doing.when.at,
        device=doing.device,
    )
    match bound:
        case maintaining.NotBound(reason="overtaken"):
            return Ruling("superseded", "version")
        case maintaining.NotBound(reason=reason):
            return Ruling("rejected", BIND_REASONS.get(reason, "malformed"))
    return APPLIED


BIND_REASONS = {
    "taken": "barcode_taken",
    "location": "barcode_taken",
    "no_item": "unknown_item",
    "unit_unknown": "factor_differs",
}


async def _print(doing: Doing, args: wire.Print) -> Ruling:
    asked = queueing.Wish(
        subject=args.subject,
        item=wire.number(args.item) if args.item else None,
        location=wire.number(args.location) if args.location else None,
        lot=args.lot,
        serial=args.serial,
        copies=args.copies,
        printer=args.printer,
    )
    match await queueing.request_label(asked, request_id=doing.id, by=_by(doing)):
        case queueing.Refused(reason=reason):
            return Ruling("rejected", reason)
    return APPLIED


async def _edit_item(doing: Doing, args: wire.EditItem) -> Ruling:
    item_id = wire.number(args.item)
    draft = (await catalog.item_drafts([item_id])).get(item_id)
    if draft is None:
        return Ruling("rejected", "unknown_item")
    try:
        wanted = msgspec.convert(msgspec.to_builtins(draft) | args.fields, type(draft))
    except msgspec.ValidationError:
        return Ruling("rejected", "malformed")
    return _edited(await maintaining.edit_item(item_id, wanted, version=args.version, by=_by(doing)))


async def _edit_customer(doing: Doing, args: wire.EditCustomer) -> Ruling:
    partner_id = wire.number(args.customer)
    standing_now = await catalog.partner(partner_id)
    if standing_now is None:
        return Ruling("rejected", "not_found")
    draft = standing_now[0]
    try:
        wanted = msgspec.convert(msgspec.to_builtins(draft) | args.fields, type(draft))
    except msgspec.ValidationError:
        return Ruling("rejected", "malformed")
    return _edited(await partnering.edit_partner(partner_id, wanted, version=args.version, by=_by(doing)))


def _edited(outcome: object) -> Ruling:
    match outcome:
        case maintaining.Stale():
            return Ruling("superseded", "version")
        case maintaining.Edited():
            return APPLIED
    return Ruling("rejected", "malformed")
