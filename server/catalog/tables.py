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
    """The smallest place, real or virtual; aisle, bay and level are where one walks to.

    `is_blind`: somebody is to count it without knowing what the book expects (see `stock/veiling.py`).
    """

    code = code(unique=True)
    warehouse = fk(Warehouse)
    zone = maybe_fk(Zone)
    kind = Text(default="bin")
    aisle = Text(default="")
    bay = Integer(default=0)
    level = Integer(default=0)
    is_active = Boolean(default=True)
    is_blind = Boolean(default=False)
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
    scans_each = Boolean(default=False)
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


class PartnerTerms(Table, tablename="partner_terms"):
    """What was agreed with a partner beside the figures that goods in and goods out keep themselves.

    `level` names their price lists; `discount` is theirs on lists that are not their own; `tags` stand one a line.
    """

    partner = fk(Partner)
    level = Text(default="")
    payment_days = Integer(default=0)
    discount = Integer(default=0)
    is_double_checked = Boolean(default=False)
    tags = Text(default="")


class Contact(Table, tablename="partner_contact"):
    """A person at a partner, in the order in which one would call."""

    partner = fk(Partner)
    position = Integer(default=0)
    name = Text(default="")
    title = Text(default="")
    phone = Text(default="")
    email = Text(default="")


class Address(Table, tablename="partner_address"):
    """Where a partner wants goods (`ship`) or papers (`bill`); one of each kind is the main one."""

    partner = fk(Partner)
    position = Integer(default=0)
    kind = Text(default="ship")
    text = Text(default="")
    contact = Text(default="")
    phone = Text(default="")
    is_main = Boolean(default=False)


class PriceList(Table, tablename="price_list"):
    """Prices for one customer, for a level, or for everybody, between two days (empty: without end)."""

    name = Text(default="")
    level = Text(default="")
    customer = maybe_fk(Partner, index=True)
    valid_from_on = Text(default="")
    valid_to_on = Text(default="")
    is_active = Boolean(default=True)
    created_at = moment()
    version = Integer(default=1)


class Price(Table, tablename="price_list_line"):
    """What one of a unit costs (millionths) when at least so much is bought.

    The unit is `factor` base units (thousandths); 1000 is the base unit itself, whatever `unit` the step is in.
    """

    price_list = fk(PriceList)
    item = fk(Item)
    unit = Text(default="")
    factor = BigInt(default=1000)
    from_quantity = quantity()
    price = BigInt(default=0)


class CompanySetting(Table, tablename="company_setting"):
    """What holds for the whole company, by key; see company.py for what each key means."""

    key = code(unique=True)
    value = Text(default="")
