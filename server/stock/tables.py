"""The stock ledger, what follows from it, and what went oddly."""

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item, Location, Warehouse
from server.columns import code, fk, maybe_fk, moment, quantity


class Lot(Table, tablename="lot"):
    """A batch of an item. Its expiry is the last valid day, as first seen (by event time) anywhere."""

    item = fk(Item)
    code = code()
    expiry_on = Text(default="")
    made_on = Text(default="")
    seen_at = moment()
    seen_by = Text(default="")
    is_held = Boolean(default=False)


class Movement(Table, tablename="movement"):
    """One immutable posting: a positive quantity from source to target.

    `kind` is flow (somebody moved something), count (what a count found, or a late flow it had already
    seen) or suspense (what the book could not cover). `operation` and `leg` name it for ever.
    """

    id = BigSerial(primary_key=True, index=False)
    operation = Text(default="")
    leg = Integer(default=0)
    kind = Text(default="flow")
    act = Text(default="")
    item = fk(Item)
    lot = Text(default="")
    serial = Text(default="")
    owner = Integer(default=0)
    quantity = quantity()
    source = fk(Location, index=False)
    target = fk(Location, index=False)
    event_at = moment()
    posted_at = moment(index=True)
    document = Text(default="")
    reason = Text(default="")
    user_id = Integer(default=0)
    device = Integer(default=0)
    cost = BigInt(null=True, default=None)
    reverses = Text(default="")


class Balance(Table, tablename="balance"):
    """What the movements of one cell add up to: max(0, sum) on hand, max(0, −sum) covered by suspense."""

    item = fk(Item)
    location = fk(Location)
    lot = Text(default="")
    serial = Text(default="")
    owner = Integer(default=0)
    on_hand = quantity()
    debt = quantity()
    changed_at = moment()


class CountPoint(Table, tablename="count_point"):
    """What somebody saw in one cell at one moment; item 0 says that nothing else was in the location."""

    operation = code(index=True)
    location = fk(Location)
    item = Integer(default=0)
    lot = Text(default="")
    serial = Text(default="")
    owner = Integer(default=0)
    quantity = quantity()
    event_at = moment()
    is_void = Boolean(default=False)


class Incident(Table, tablename="incident"):
    """Something odd that waits for a person; at most one open per kind and subject."""

    kind = Text(default="")
    subject = Text(default="")
    warehouse = maybe_fk(Warehouse)
    operation = Text(default="")
    body = Text(default="{}")
    opened_at = moment()
    closed_at = moment(null=True, index=True)
    decision = Text(default="")
    decided_by = Integer(default=0)


class Task(Table, tablename="task"):
    """Please do: count this location, or bring goods from here to where they are picked (`body` says what)."""

    kind = Text(default="count")
    subject = Text(default="")
    warehouse = maybe_fk(Warehouse)
    location = maybe_fk(Location)
    item = maybe_fk(Item)
    reason = Text(default="")
    opened_at = moment()
    closed_at = moment(null=True, index=True)
    operation = Text(default="")
    body = Text(default="{}")


class Reservation(Table, tablename="reservation"):
    """Accepted demand that is not picked yet: so much of an item, anywhere in a warehouse, for a document's line."""

    document = code()
    line = Integer(default=0)
    item = fk(Item)
    warehouse = fk(Warehouse)
    quantity = quantity()
    reserved_at = moment()


class Allocation(Table, tablename="allocation"):
    """Demand pinned to a place and a lot for a document's line: what somebody is to pick there.

    `state` is open, done, short or skipped; `quantity` what was asked, `picked` what came.
    """

    document = code(index=True)
    line = Integer(default=0)
    item = fk(Item)
    location = fk(Location)
    lot = Text(default="")
    serial = Text(default="")
    picked = quantity()
    quantity = quantity()
    state = Text(default="open")
    position = Integer(default=0)
    allocated_at = moment()


class Expected(Table, tablename="expected_goods"):
    """What a confirmed document still brings into a warehouse, by when: counted into what may be promised.

    Written by who knows the document (inbound), read by who promises (stock, outbound).
    """

    document = code()
    line = Integer(default=0)
    item = fk(Item)
    warehouse = fk(Warehouse)
    due_on = Text(default="")
    quantity = quantity()


class Transfer(Table, tablename="transfer"):
    """Goods from one of our warehouses to another: at once (direct), or by way of transit.

    `is_over` says that no more will be sent than has been.
    """

    number = code(unique=True)
    source = fk(Warehouse)
    target = fk(Warehouse)
    is_direct = Boolean(default=False)
    is_over = Boolean(default=False)
    state = Text(default="draft")
    due_on = Text(default="")
    remark = Text(default="")
    search = Text(default="")
    created_by = Integer(default=0)
    created_at = moment()
    closed_at = moment(null=True)
    version = Integer(default=1)


class TransferLine(Table, tablename="transfer_line"):
    """What is to go of one item, and what of it went, arrived and was given up, as its movements say."""

    transfer = fk(Transfer)
    position = Integer(default=0)
    item = fk(Item)
    sent = quantity()
    arrived = quantity()
    lost = quantity()
    quantity = quantity()


class Adjustment(Table, tablename="adjustment"):
    """What is taken off the book or added to it for a reason; above a limit somebody else approves it first.

    `worth` is what its lines come to by the costs of the day it was asked for; null where no cost is known.
    """

    number = code(unique=True)
    warehouse = fk(Warehouse)
    reason = Text(default="")
    state = Text(default="draft")
    remark = Text(default="")
    search = Text(default="")
    worth = BigInt(null=True, default=None)
    created_by = Integer(default=0)
    created_at = moment()
    asked_by = Integer(default=0)
    decided_by = Integer(default=0)
    decided_at = moment(null=True)
    version = Integer(default=1)


class AdjustmentLine(Table, tablename="adjustment_line"):
    """One cell of the book and by how much it changes, with its sign."""

    adjustment = fk(Adjustment)
    position = Integer(default=0)
    item = fk(Item)
    location = fk(Location)
    lot = Text(default="")
    serial = Text(default="")
    quantity = quantity()


class AdjustmentLimit(Table, tablename="adjustment_limit"):
    """Up to which worth adjustments of a warehouse are posted without a second person."""

    warehouse = fk(Warehouse)
    amount = BigInt(default=0)


class StockLevel(Table, tablename="stock_level"):
    """How much of an item a warehouse wants to have, and the bin it is picked from (`home`, filled up to `fill`)."""

    item = fk(Item)
    warehouse = fk(Warehouse)
    least = quantity()
    most = quantity()
    home = maybe_fk(Location)
    refill = quantity()
    fill = quantity()
    version = Integer(default=1)
