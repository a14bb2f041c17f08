"""The common language: items and their codes, partners, warehouses, zones and locations."""

from piccolo.columns import BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.columns import code, fk, maybe_fk, moment, quantity
from server.people.tables import User


class Warehouse(Table, tablename="warehouse"):
    """A place with bins; people and devices are scoped to warehouses."""

    code = code(unique=True)
    name = Text(default="")
    is_active = Boolean(default=True)
    version = Integer(default=1)


class Assignment(Table, tablename="assignment"):
    """Who works in which warehouse."""

    person = fk(User)
    warehouse = fk(Warehouse)


class Zone(Table, tablename="zone"):
    """A part of a warehouse."""

    warehouse = fk(Warehouse)
    code = code()
    name = Text(default="")


class Location(Table, tablename="location"):
    """The smallest place, real or virtual; aisle, bay and level are where one walks to."""

    code = code(unique=True)
    warehouse = fk(Warehouse)
    zone = maybe_fk(Zone)
    kind = Text(default="bin")
    aisle = Text(default="")
    bay = Integer(default=0)
    level = Integer(default=0)
    is_active = Boolean(default=True)
    version = Integer(default=1)


class Item(Table, tablename="item"):
    """What we stock. The id never changes; the code is an alias that may.

    `search` is everything it may be found by, in lower case; see catalog/search.py.
    """

    code = code(unique=True)
    name = Text(default="")
    unit = Text(default="件")
    scale = Integer(default=0)
    has_lots = Boolean(default=False)
    has_expiry = Boolean(default=False)
    has_serials = Boolean(default=False)
    is_active = Boolean(default=True)
    initials = Text(default="")
    search = Text(default="")
    picture = Text(default="")
    created_at = moment()
    version = Integer(default=1)


class Unit(Table, tablename="unit"):
    """Another unit of an item: one of it is numerator/denominator base units, exactly."""

    item = fk(Item)
    name = Text(default="")
    numerator = BigInt(default=1)
    denominator = BigInt(default=1)


class Barcode(Table, tablename="barcode"):
    """A code that means an item in a unit, from a moment until another; former item codes stand here too.

    `factor` is how many base units (thousandths) one scan is.
    """

    code = code(index=True)
    item = fk(Item)
    unit = Text(default="")
    factor = quantity()
    kind = Text(default="barcode")
    valid_from_at = moment()
    valid_to_at = moment(null=True)


class Partner(Table, tablename="partner"):
    """A customer or supplier, or both."""

    code = code(unique=True)
    name = Text(default="")
    is_customer = Boolean(default=True)
    is_supplier = Boolean(default=False)
    phone = Text(default="")
    address = Text(default="")
    initials = Text(default="")
    search = Text(default="")
    is_active = Boolean(default=True)
    created_at = moment()
    version = Integer(default=1)
