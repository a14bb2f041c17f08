"""stockhand-sync/1 on the wire: the push envelope, operations with their arguments, verdicts and pages."""

import re
from typing import Annotated, Any, Final, Literal

import msgspec

from server.feed import Line

PROTOCOL: Final = "stockhand-sync/1"
OLDEST_APP: Final = "2026.5.0"
MAX_OPERATIONS: Final = 200
MAX_BODY: Final = 256 * 1024
MAX_OPERATION: Final = 8 * 1024

Outcome = Literal["applied", "warning", "superseded", "held", "rejected", "duplicate"]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Quantity = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?\Z")]
Signed = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,3})?\Z")]
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
ItemId = Annotated[str, msgspec.Meta(pattern=r"^i-[0-9]{1,9}\Z")]
PartnerId = Annotated[str, msgspec.Meta(pattern=r"^p-[0-9]{1,9}\Z")]
WarehouseId = Annotated[str, msgspec.Meta(pattern=r"^w-[0-9]{1,9}\Z")]
Price = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,11}(\.[0-9]{1,6})?\Z")]
LocationId = Annotated[str, msgspec.Meta(pattern=r"^l-[0-9]{1,9}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")]
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
Uuid = Annotated[str, msgspec.Meta(pattern=_UUID.pattern)]


class Queue(msgspec.Struct, frozen=True):
    """How much still waits on the device."""

    depth: int = 0
    oldest: int | None = None


class Clock(msgspec.Struct, frozen=True):
    """What the device's clocks read when it sent this (an addition of ours; other clients leave it out)."""

    wall: int
    monotonic: int
    boot: str


class Push(msgspec.Struct, frozen=True):
    """One upload. Operations stay raw: one malformed one must not refuse the batch."""

    device: str
    incarnation: str
    operations: list[msgspec.Raw]
    generation: int | None = None
    app: str = ""
    queue: Queue | None = None
    clock: Clock | None = None


class Captured(msgspec.Struct, frozen=True, gc=False):
    """What the device's clocks read when the act happened: milliseconds; offset = server − wall."""

    wall: int
    monotonic: int = 0
    boot: str = ""
    offset: int | None = None
    error: int | None = None


class Group(msgspec.Struct, frozen=True, gc=False):
    """All or nothing with its fellows."""

    id: Text
    index: int
    size: Annotated[int, msgspec.Meta(ge=1, le=MAX_OPERATIONS)]


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One thing done or wanted; `args` are read by their kind."""

    id: Uuid
    n: int
    kind: Text
    args: msgspec.Raw
    captured: Captured
    user: str = ""
    group: Group | None = None
    depends_on: list[Uuid] = []
    previous: str = ""


class Receive(msgspec.Struct, frozen=True, gc=False):
    item: ItemId
    quantity: Quantity
    target: LocationId
    unit: Text = ""
    factor: Text = ""
    lot: Text = ""
    made_on: Day = ""
    expiry: Day = ""
    serial: Text = ""
    document: Text = ""
    line: Text = ""
    code: Text = ""


class Move(msgspec.Struct, frozen=True, gc=False):
    item: ItemId
    quantity: Quantity
    source: LocationId
    target: LocationId
    lot: Text = ""
    serial: Text = ""
    reason: Text = ""
    document: Text = ""
    code: Text = ""


class Pick(msgspec.Struct, frozen=True, gc=False):
    item: ItemId
    quantity: Quantity
    source: LocationId
    target: LocationId
    lot: Text = ""
    serial: Text = ""
    document: Text = ""
    line: Text = ""
    short_reason: Text = ""
    code: Text = ""


class Adjust(msgspec.Struct, frozen=True, gc=False):
    item: ItemId
    quantity: Signed
    location: LocationId
    lot: Text = ""
    serial: Text = ""
    reason: Text = ""
    document: Text = ""
    code: Text = ""


class Counted(msgspec.Struct, frozen=True, gc=False):
    item: ItemId
    quantity: Quantity
    lot: Text = ""
    serial: Text = ""


class Count(msgspec.Struct, frozen=True):
    location: LocationId
    lines: Annotated[list[Counted], msgspec.Meta(max_length=500)] = []
    complete: bool = False
    task: Text = ""


class Content(msgspec.Struct, frozen=True, gc=False):
    """A line of a carton: what goes in from `source`, or what leaves with it."""

    item: ItemId
    quantity: Quantity
    source: LocationId | None = None
    lot: Text = ""
    serial: Text = ""


class Carton(msgspec.Struct, frozen=True):
    """stock.pack, stock.check and stock.ship.

    A pack with `state` seals or opens the carton: `weight` in kilograms, `size` in millimetres (`400x300x200`). A
    check with `proof` was made by two people: see people/proof.py.
    """

    carton: LocationId
    document: Text = ""
    lines: Annotated[list[Content], msgspec.Meta(max_length=200)] = []
    weight: Text = ""
    carrier: Text = ""
    tracking: Text = ""
    state: Literal["", "open", "sealed"] = ""
    size: Text = ""
    proof: Any = None


class OpenCarton(msgspec.Struct, frozen=True):
    """A new carton for a notice, its label from this printer, or from the house's usual one."""

    document: Text
    printer: Text = ""


class Deliver(msgspec.Struct, frozen=True):
    """What happened at the customer's door; a signature and photos are named by the SHA-256 of their bytes."""

    document: Text
    outcome: Literal["delivered", "refused"]
    reason: Text = ""
    signer: Text = ""
    signature: Digest = ""
    photos: Annotated[list[Digest], msgspec.Meta(max_length=5)] = []


class Undo(msgspec.Struct, frozen=True, gc=False):
    operation: Uuid


class Bind(msgspec.Struct, frozen=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    item: ItemId
    unit: Text = ""
    factor: Quantity = "1"


class Print(msgspec.Struct, frozen=True):
    subject: Literal["item", "lot", "location", "receipt"]
    item: ItemId | None = None
    location: LocationId | None = None
    lot: Text = ""
    serial: Text = ""
    quantity: Quantity = "1"
    copies: Annotated[int, msgspec.Meta(ge=1, le=500)] = 1
    printer: Text = ""


class EditItem(msgspec.Struct, frozen=True):
    item: ItemId
    version: int
    fields: dict[str, Any]


class EditCustomer(msgspec.Struct, frozen=True):
    customer: Annotated[str, msgspec.Meta(pattern=r"^p-[0-9]{1,9}\Z")]
    version: int
    fields: dict[str, Any]


class Ordered(msgspec.Struct, frozen=True):
    """A line of an order; a price is that of one of its unit; without one the customer's usual one."""

    item: ItemId
    quantity: Quantity
    unit: Text = ""
    price: Price = ""
    discount: Price = ""


class PlaceOrder(msgspec.Struct, frozen=True):
    customer: PartnerId
    warehouse: WarehouseId
    lines: Annotated[list[Ordered], msgspec.Meta(min_length=1, max_length=200)]
    wanted_on: Day = ""
    reference: Text = ""
    note: Text = ""
    policy: Literal["", "partial", "complete", "cancel"] = ""


class TakeTask(msgspec.Struct, frozen=True):
    """A notice or wave that somebody picks from now on, or, with `leave`, lets others go on with."""

    task: Text
    leave: bool = False


class ChangeOrder(msgspec.Struct, frozen=True):
    """All its lines as they should be; `order` is its wire id, or the operation that placed it."""

    order: Text
    lines: Annotated[list[Ordered], msgspec.Meta(min_length=1, max_length=200)]
    version: int = 0
    wanted_on: Day = ""
    reference: Text = ""
    note: Text = ""


class CancelOrder(msgspec.Struct, frozen=True):
    order: Text
    reason: Text = ""


class Note(msgspec.Struct, frozen=True):
    subject: Text
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


FACT: Final = "fact"
OBSERVATION: Final = "observation"
CLAIM: Final = "claim"
EDIT: Final = "edit"

KINDS: Final[dict[str, tuple[str, type[msgspec.Struct] | None]]] = {
    "stock.receive@1": (FACT, Receive),
    "stock.move@1": (FACT, Move),
    "stock.pick@1": (FACT, Pick),
    "stock.pack@1": (FACT, Carton),
    "stock.check@1": (FACT, Carton),
    "stock.ship@1": (FACT, Carton),
    "delivery.confirm@1": (FACT, Deliver),
    "stock.adjust@1": (FACT, Adjust),
    "stock.count@1": (OBSERVATION, Count),
    "op.undo@1": (FACT, Undo),
    "barcode.bind@1": (EDIT, Bind),
    "print.request@1": (CLAIM, Print),
    "item.edit@1": (EDIT, EditItem),
    "customer.edit@1": (EDIT, EditCustomer),
    "note.add@1": (EDIT, Note),
    "order.place@1": (CLAIM, PlaceOrder),
    "order.change@1": (CLAIM, ChangeOrder),
    "order.cancel@1": (CLAIM, CancelOrder),
    "task.take@1": (CLAIM, TakeTask),
    "carton.open@1": (CLAIM, OpenCarton),
    "quota.take@1": (CLAIM, None),
}
"""Every kind ever shipped, its class, and how its arguments read (None: this release offers it to nobody)."""

DECODERS: Final = {kind: msgspec.json.Decoder(args) for kind, (_, args) in KINDS.items() if args is not None}
PUSH: Final = msgspec.json.Decoder(Push)
OPERATION: Final = msgspec.json.Decoder(Operation)
PLAIN: Final = msgspec.json.Decoder()


def is_uuid(text: str) -> bool:
    """Whether an operation may be kept under this id."""
    return _UUID.fullmatch(text) is not None


def number(wire_id: str) -> int:
    """The number in `i-301`."""
    return int(wire_id[2:])


class Verdict(msgspec.Struct, kw_only=True, gc=False):
    """What became of one operation. It never changes."""

    n: int
    id: str
    outcome: Outcome
    seq: int | None = None
    reason: str | None = None
    task: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a push is answered."""

    protocol: str = PROTOCOL
    batch: str
    generation: int
    ack: int
    safe: int
    verdicts: list[Verdict]
    head: int
    now: int
    oldest_app: str = OLDEST_APP


class Page(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the feed. With `reset` the device starts again from cursor 0."""

    protocol: str
    generation: int
    subscription: int
    rows: list[Line] | msgspec.UnsetType = msgspec.UNSET
    next: int | msgspec.UnsetType = msgspec.UNSET
    more: bool | msgspec.UnsetType = msgspec.UNSET
    digests: dict[str, dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    reset: bool | msgspec.UnsetType = msgspec.UNSET
