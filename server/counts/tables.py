"""Counts: which places are to be looked at, what was seen there, and by whom."""

from piccolo.columns import Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Item, Location, Warehouse
from server.columns import code, fk, moment, quantity


class CountPlan(Table, tablename="count_plan"):
    """Places to be counted, and why these: zone, ABC class, date last counted, doubt, or by hand.

    Below `tolerance` (ten-thousandths of the book) a difference needs nobody; below the limits (money, or pieces
    of what has no cost) all of them may be accepted in one act.
    """

    number = code(unique=True)
    warehouse = fk(Warehouse)
    method = Text(default="places")
    state = Text(default="planned")
    is_blind = Boolean(default=True)
    tolerance = Integer(default=0)
    limit_amount = quantity()
    limit_quantity = quantity()
    remark = Text(default="")
    created_by = Integer(default=0)
    created_at = moment(index=True)
    issued_at = moment(null=True)
    closed_at = moment(null=True)
    version = Integer(default=1)


class CountSheet(Table, tablename="count_sheet"):
    """One place of a plan; `task` is the task on the devices while it is to be counted.

    `asked_at` is when a person wanted it counted once more, `decided_at` when they accepted what was counted.
    """

    plan = fk(CountPlan)
    location = fk(Location)
    state = Text(default="planned", index=True)
    task = Integer(default=0)
    rounds = Integer(default=0)
    asked_at = moment(null=True)
    decided_by = Integer(default=0)
    decided_at = moment(null=True)


class CountRound(Table, tablename="count_round"):
    """Somebody counted the place once: the operation that said so."""

    sheet = fk(CountSheet)
    number = Integer(default=1)
    operation = code(index=True)
    person = Integer(default=0)
    device = Integer(default=0)
    counted_at = moment()


class CountFinding(Table, tablename="count_finding"):
    """What a round saw of one cell, against the book of that moment; written anew whenever something arrives late."""

    round = fk(CountRound)
    item = fk(Item)
    lot = Text(default="")
    serial = Text(default="")
    counted = quantity()
    book = quantity()
