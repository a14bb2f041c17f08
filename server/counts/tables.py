"""Counts: which places are to be looked at, what was seen there, and by whom."""

from piccolo.columns import Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item, Location, Warehouse
from server.columns import code, fk, moment, quantity


class CountPlan(Table, tablename="count_plan"):
    """Places to be counted, and why these: zone, ABC class, date last counted, doubt, or by hand."""

    number = code(unique=True)
    warehouse = fk(Warehouse)
    method = Text(default="places")
    state = Text(default="planned")
    is_blind = Boolean(default=True)
    tolerance = Integer(default=0)
    limit_amount = quantity()
    remark = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    issued_at = moment(null=True)
    closed_at = moment(null=True)
    version = Integer(default=1)


class CountSheet(Table, tablename="count_sheet"):
    """One place of a plan; `task` is the task on the devices while it is to be counted."""

    plan = fk(CountPlan)
    location = fk(Location)
    state = Text(default="planned", index=True)
    task = Integer(default=0)
    rounds = Integer(default=0)


class CountRound(Table, tablename="count_round"):
    """Somebody counted the place once: the operation that said so."""

    sheet = fk(CountSheet)
    number = Integer(default=1)
    operation = code(index=True)
    person = Integer(default=0)
    device = Integer(default=0)
    counted_at = moment()


class CountFinding(Table, tablename="count_finding"):
    """What a round saw of one cell, against the book of that moment."""

    round = fk(CountRound)
    item = fk(Item)
    lot = Text(default="")
    serial = Text(default="")
    counted = quantity()
    book = quantity()
