"""What stock is worth: a projection of the ledger in posting order, rebuilt whenever the method changes."""

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item
from server.columns import code, fk, quantity
from server.making.tables import WorkOrder


class CostHead(Table, tablename="cost_head"):
    """How far the ledger has been valued, and by which method: one row."""

    method = Text(default="average")
    last = BigInt(default=0)


class ItemWorth(Table, tablename="item_worth"):
    """What is in stock of an item and its value (millionths); `average` is the last one known of one unit."""

    item = fk(Item)
    value = BigInt(default=0)
    average = BigInt(default=0)
    variance = BigInt(default=0)
    quantity = quantity()


class CostLayer(Table, tablename="cost_layer"):
    """What is left of one arrival, oldest first by `position` (only first in first out keeps these)."""

    item = fk(Item)
    position = Integer(default=0)
    origin = Text(default="")
    value = BigInt(default=0)
    quantity = quantity()


class CostEntry(Table, tablename="cost_entry"):
    """The value (millionths) that one row of the ledger moved across the company's border; `id` is the row's."""

    operation = code()
    leg = Integer(default=0)
    item = fk(Item)
    cost = BigInt(default=0)
    quantity = quantity()


class DayWorth(Table, tablename="day_worth"):
    """What an item's stock was worth when a day ended, for the days on which it changed."""

    item = fk(Item)
    day_on = Text(default="")
    value = BigInt(default=0)
    quantity = quantity()


class WorkCost(Table, tablename="work_cost"):
    """What a production order took of an item and brought of it (`is_made`), and the value that moved with it."""

    work = fk(WorkOrder)
    item = fk(Item)
    is_made = Boolean(default=False)
    value = BigInt(default=0)
    quantity = quantity()
