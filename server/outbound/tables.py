"""Goods out: what customers ordered, and what the warehouse does about it."""

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item, Location, Partner, Warehouse
from server.columns import code, fk, maybe_fk, moment, quantity


class SalesOrder(Table, tablename="sales_order"):
    """A promise to a customer. `hold` names what blocks its release to picking; see outbound/order.py.

    `released` says, as JSON, up to what each hold was let go; `operation` is the claim of the device it came from;
    `addressed_at` is when the floor was already at work and it was to go elsewhere.
    """

    number = code(unique=True)
    customer = fk(Partner)
    warehouse = fk(Warehouse)
    state = Text(default="draft")
    hold = Text(default="")
    released = Text(default="{}")
    policy = Text(default="partial")
    priority = Integer(default=0)
    ordered_on = Text(default="")
    wanted_on = Text(default="")
    reference = Text(default="")
    address = Text(default="")
    contact = Text(default="")
    phone = Text(default="")
    remark = Text(default="")
    discount = Integer(default=0)
    total = BigInt(default=0)
    search = Text(default="")
    operation = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    confirmed_at = moment(null=True)
    closed_at = moment(null=True)
    addressed_at = moment(null=True)
    version = Integer(default=1)


class SalesLine(Table, tablename="sales_line"):
    """One line: quantities in base units (thousandths); `unit_price` is what one of `unit` costs (millionths).

    `factor` is how many base units (thousandths) that is, `price` follows from both: one base unit, rounded.
    `picked`, `shipped` and `returned` only follow the ledger; `cancelled` is what will not be delivered any more.
    `usual` is what this customer usually pays (0: not known); `promised_on` is when what is not reserved will be.
    """

    order_id = fk(SalesOrder)
    position = Integer(default=0)
    item = fk(Item)
    unit = Text(default="")
    factor = quantity()
    unit_price = BigInt(default=0)
    price = BigInt(default=0)
    discount = Integer(default=0)
    amount = BigInt(default=0)
    usual = BigInt(default=0)
    wanted_on = Text(default="")
    promised_on = Text(default="")
    noticed = quantity()
    picked = quantity()
    shipped = quantity()
    returned = quantity()
    cancelled = quantity()
    quantity = quantity()
    remark = Text(default="")


class CustomerTerms(Table, tablename="customer_terms"):
    """How we sell to a customer; without a row as `order.Terms()` says. No credit limit means none was agreed."""

    partner = fk(Partner)
    is_blocked = Boolean(default=False)
    credit_limit = BigInt(null=True, default=None)
    max_discount = Integer(null=True, default=None)
    policy = Text(default="partial")
    priority = Integer(default=0)


class Wave(Table, tablename="wave"):
    """Notices that are picked together; `kind` is single, batch, cluster or zone."""

    number = code(unique=True)
    warehouse = fk(Warehouse)
    kind = Text(default="single")
    state = Text(default="open")
    taken_by = Integer(default=0)
    device = Integer(default=0)
    walk_mm = BigInt(default=0)
    by_code_mm = BigInt(default=0)
    created_by = Integer(default=0)
    created_at = moment(index=True)
    closed_at = moment(null=True)


class Notice(Table, tablename="shipment_notice"):
    """The order to the warehouse to send something: one customer, one address, one or more cartons.

    `walk_mm` is the way to all its places, `by_code_mm` what it would be in the order of their codes; `replaces` says
    that what was picked of a lot which may not leave goes back, and another lot is picked instead.
    """

    number = code(unique=True)
    order_id = fk(SalesOrder)
    warehouse = fk(Warehouse)
    wave = maybe_fk(Wave, index=True)
    state = Text(default="waiting", index=True)
    priority = Integer(default=0)
    due_on = Text(default="")
    tote = maybe_fk(Location)
    taken_by = Integer(default=0)
    device = Integer(default=0)
    carrier = Text(default="")
    tracking = Text(default="")
    weight_g = BigInt(default=0)
    released_at = moment(null=True)
    picked_at = moment(null=True)
    packed_at = moment(null=True)
    checked_at = moment(null=True)
    shipped_at = moment(null=True)
    delivered_at = moment(null=True)
    delivery = Text(default="")
    replaces = Boolean(default=False)
    walk_mm = BigInt(default=0)
    by_code_mm = BigInt(default=0)
    created_by = Integer(default=0)
    created_at = moment(index=True)
    version = Integer(default=1)


class NoticeLine(Table, tablename="shipment_notice_line"):
    """What of an order's line this notice sends: not what could not be found, nor what is not wanted any more."""

    notice = fk(Notice)
    order_line = fk(SalesLine)
    item = fk(Item)
    picked = quantity()
    packed = quantity()
    shipped = quantity()
    short = quantity()
    dropped = quantity()
    quantity = quantity()


class WaveTote(Table, tablename="wave_tote"):
    """Which tote of a wave collects for which notice."""

    wave = fk(Wave)
    position = Integer(default=0)
    notice = fk(Notice)
    tote = maybe_fk(Location)


class Carton(Table, tablename="carton"):
    """A box of a notice; its contents are the stock of its location.

    `judged_at` is when it was last sealed or opened, `judged_by` the operation that said so.
    """

    notice = fk(Notice)
    location = fk(Location)
    sscc = code(index=True)
    state = Text(default="open")
    weight_g = BigInt(default=0)
    length_mm = Integer(default=0)
    width_mm = Integer(default=0)
    height_mm = Integer(default=0)
    sealed_at = moment(null=True)
    judged_at = moment()
    judged_by = Text(default="")


class Check(Table, tablename="shipment_check"):
    """Somebody looked into a tote or carton: `content` is a digest of what they found, nothing when all was right.

    `proof` says how a second person showed on the spot that it was them: by their pin or badge.
    """

    notice = fk(Notice)
    location = fk(Location)
    person = Integer(default=0)
    content = Text(default="")
    operation = code()
    checked_at = moment()
    proof = Text(default="")


class Delivery(Table, tablename="shipment_delivery"):
    """What became of a notice at the customer's door, as somebody there reported it."""

    notice = fk(Notice)
    outcome = Text(default="")
    reason = Text(default="")
    signer = Text(default="")
    person = Integer(default=0)
    device = Integer(default=0)
    operation = code(index=True)
    happened_at = moment()


class DeliveryFile(Table, tablename="shipment_delivery_file"):
    """A signature or photo of a delivery, named by its digest; `attachment` is 0 until its bytes have come."""

    delivery = fk(Delivery)
    kind = Text(default="")
    digest = code(index=True)
    attachment = Integer(default=0)


class FloorSetting(Table, tablename="floor_setting"):
    """Which steps a warehouse takes to send goods out; without a row as `notice.Steps()` says."""

    warehouse = fk(Warehouse)
    picks = Boolean(default=True)
    packs = Boolean(default=True)
    checkers = Integer(default=1)
    ships = Boolean(default=True)
    delivers = Boolean(default=False)
    scans_bins = Boolean(default=False)
    rule = Text(default="fefo")
    aisle_mm = Integer(default=3000)
    bay_mm = Integer(default=1200)
