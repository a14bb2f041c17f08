"""Making things: bills of materials in versions, production orders and their lines."""

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item, Location, Warehouse
from server.columns import code, fk, maybe_fk, moment, quantity


class Bill(Table, tablename="bill"):
    """A version of what an item is made of; the latest one holds. Its lines are for `makes` base units of the product.

    A version is never changed. One without lines says that the item is made of nothing any more.
    """

    product = fk(Item)
    version = Integer(default=1)
    is_backflush = Boolean(default=False)
    remark = Text(default="")
    created_by = Integer(default=0)
    created_at = moment()
    makes = quantity()


class Component(Table, tablename="bill_of_materials"):
    """So much of a component (base units) goes into what its bill makes; `scrap` percent of it is lost on the way."""

    product = fk(Item)
    component = fk(Item)
    bill = maybe_fk(Bill, index=True)
    position = Integer(default=0)
    unit = Text(default="")
    scrap = Integer(default=0)
    factor = quantity()
    quantity = quantity()


class WorkOrder(Table, tablename="work_order"):
    """Production: `kind` is assembly or disassembly of so much of a product, or a plain issue or receipt.

    `product` of a plain one is the item of its first line. `decided` is what people decided last, `state` also says
    how far the goods are. `over_after` is the last row of the ledger when somebody said that no more will be made.
    `place` is where a backflush takes from; `bill` the version whose figures the lines keep.
    """

    number = code(unique=True)
    kind = Text(default="assembly")
    warehouse = fk(Warehouse)
    product = fk(Item)
    bill = maybe_fk(Bill)
    place = maybe_fk(Location)
    done = quantity()
    quantity = quantity()
    state = Text(default="draft")
    decided = Text(default="draft")
    is_backflush = Integer(default=0)
    due_on = Text(default="")
    remark = Text(default="")
    search = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    closed_at = moment(null=True)
    over_after = BigInt(null=True, default=None)
    version = Integer(default=1)


class WorkLine(Table, tablename="work_line"):
    """What an order takes (or, where `is_made`, brings), and in `issued` what went that way by the ledger.

    `unit`, `factor` and `scrap` are those of the bill as it was then; `allowed` may be taken beyond the quantity, and
    `short` is what could not be reserved.
    """

    work = fk(WorkOrder)
    item = fk(Item)
    position = Integer(default=0)
    is_made = Boolean(default=False)
    unit = Text(default="")
    scrap = Integer(default=0)
    factor = quantity()
    allowed = quantity()
    short = quantity()
    issued = quantity()
    quantity = quantity()
