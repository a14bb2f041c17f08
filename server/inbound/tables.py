"""Goods in: what we ordered, what came, what became of it."""

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item, Location, Partner, Warehouse
from server.columns import code, fk, maybe_fk, moment, quantity


class PurchaseOrder(Table, tablename="purchase_order"):
    """What we ordered from a supplier."""

    number = code(unique=True)
    supplier = fk(Partner)
    warehouse = fk(Warehouse)
    state = Text(default="draft")
    ordered_on = Text(default="")
    expected_on = Text(default="")
    reference = Text(default="")
    remark = Text(default="")
    total = BigInt(default=0)
    search = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    confirmed_at = moment(null=True)
    closed_at = moment(null=True)
    version = Integer(default=1)


class PurchaseLine(Table, tablename="purchase_line"):
    """One line: quantities in base units (thousandths); `unit_price` is what one of `unit` costs (millionths).

    `factor` is how many base units (thousandths) that is, `price` follows from both: one base unit, rounded.
    """

    order_id = fk(PurchaseOrder)
    position = Integer(default=0)
    item = fk(Item)
    unit = Text(default="")
    factor = quantity()
    unit_price = BigInt(default=0)
    price = BigInt(default=0)
    discount = Integer(default=0)
    amount = BigInt(default=0)
    expected_on = Text(default="")
    received = quantity()
    returned = quantity()
    cancelled = quantity()
    quantity = quantity()
    remark = Text(default="")


class Receipt(Table, tablename="receipt"):
    """Goods that come: from a purchase, production, a customer's return, or otherwise; `source` is a wire id.

    `received_at` is set when somebody says that no more will come; `is_short` says that less came than expected.
    """

    number = code(unique=True)
    kind = Text(default="purchase")
    source = code(index=True)
    partner = maybe_fk(Partner)
    warehouse = fk(Warehouse)
    state = Text(default="draft", index=True)
    dock = maybe_fk(Location)
    expected_on = Text(default="")
    reference = Text(default="")
    remark = Text(default="")
    search = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    received_at = moment(null=True)
    is_short = Boolean(default=False)
    closed_at = moment(null=True)
    version = Integer(default=1)


class ReceiptLine(Table, tablename="receipt_line"):
    """What of an item is expected and what came: `received` follows the ledger, `held` is beyond the tolerance.

    `taken` is what the buyer took beyond it, `rejected` what the inspection turned down, `accepted` what is owed for.
    """

    receipt = fk(Receipt)
    position = Integer(default=0)
    item = fk(Item)
    source_line = Integer(default=0)
    expected = quantity()
    received = quantity()
    held = quantity()
    taken = quantity()
    rejected = quantity()
    accepted = quantity()
    put_away = quantity()
    lot = Text(default="")
    expiry_on = Text(default="")
    price = BigInt(default=0)


class Inspection(Table, tablename="inspection"):
    """A check on arrival of so much of one line's lot; result is good, concession, second, scrap or rejected.

    What is not judged yet stands in one open row, which follows the ledger; every judgement is a row of its own.
    """

    line = fk(ReceiptLine)
    item = fk(Item)
    lot = Text(default="")
    quantity = quantity()
    state = Text(default="open", index=True)
    result = Text(default="")
    remark = Text(default="")
    decided_by = Integer(default=0)
    opened_at = moment()
    decided_at = moment(null=True)


class SupplierTerms(Table, tablename="supplier_terms"):
    """How deliveries of a supplier are taken: how much beyond the order (null: as the warehouse says), and checks."""

    partner = fk(Partner)
    tolerance = Integer(null=True, default=None)
    is_inspected = Boolean(default=False)


class ArrivalRule(Table, tablename="arrival_rule"):
    """How an item arrives in a warehouse: whether it is checked.

    `home` is not used any more: the bin that is always its own stands with its levels, in `stock_level`.
    """

    item = fk(Item)
    warehouse = fk(Warehouse)
    is_inspected = Boolean(default=False)
    home = maybe_fk(Location)


class ArrivalSetting(Table, tablename="arrival_setting"):
    """How a warehouse takes goods in: the tolerance, whether they are put away, and where rejected ones wait."""

    warehouse = fk(Warehouse)
    tolerance = Integer(default=0)
    puts_away = Boolean(default=True)
    reject = maybe_fk(Location)


class SupplierReturn(Table, tablename="supplier_return"):
    """Goods that go back to a supplier, at the price at which they came."""

    number = code(unique=True)
    supplier = fk(Partner)
    warehouse = fk(Warehouse)
    receipt = maybe_fk(Receipt, index=True)
    state = Text(default="draft")
    reason = Text(default="")
    remark = Text(default="")
    total = BigInt(default=0)
    search = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    closed_at = moment(null=True)
    version = Integer(default=1)


class SupplierReturnLine(Table, tablename="supplier_return_line"):
    """So much of a receipt's line goes back, at the price of one of `unit` as bought; `sent` follows the ledger."""

    return_id = fk(SupplierReturn)
    position = Integer(default=0)
    receipt_line = maybe_fk(ReceiptLine, index=True)
    item = fk(Item)
    lot = Text(default="")
    unit = Text(default="")
    factor = BigInt(default=1000)
    unit_price = BigInt(default=0)
    discount = Integer(default=0)
    price = BigInt(default=0)
    sent = quantity()
    quantity = quantity()
