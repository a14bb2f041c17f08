"""What notes and attachments may be about, and who may see them: one table for all features."""

import re
from typing import Final, NamedTuple

import msgspec


class Kind(NamedTuple):
    """A kind of subject: its table, who may see it, where its page is, and how search finds it.

    `found_by` is the column it is found by (none: its feature finds it), `partner` that of whom it concerns,
    `only` narrows a table that several kinds share. A kind that belongs to no warehouse has none. Those that are
    exported have their columns in handlers/exports.py.
    """

    table: str
    action: str
    page: str
    warehouse: str = "warehouse"
    number: str = "number"
    found_by: str = "number"
    partner: str = ""
    only: str = ""
    told_as: str = ""
    is_exported: bool = False
    other: str = ""
    """The second warehouse of a kind that belongs to two."""


KINDS: Final = {
    "so": Kind(
        "sales_order",
        "see orders",
        "/outbound/orders",
        found_by="search",
        partner="customer",
        is_exported=True,
    ),
    "sn": Kind("shipment_notice", "see notices", "/outbound/notices", is_exported=True),
    "wv": Kind("wave", "see notices", "/outbound/waves", is_exported=True),
    "po": Kind(
        "purchase_order",
        "see purchases",
        "/inbound/purchases",
        found_by="search",
        partner="supplier",
        is_exported=True,
    ),
    "rc": Kind(
        "receipt",
        "see receipts",
        "/inbound/receipts",
        found_by="search",
        partner="partner",
        only="kind IN ('purchase', 'other')",
        is_exported=True,
    ),
    "rp": Kind(
        "receipt",
        "see receipts",
        "/inbound/receipts",
        found_by="search",
        partner="partner",
        only="kind = 'production'",
        is_exported=True,
    ),
    "rt": Kind(
        "receipt",
        "see receipts",
        "/inbound/receipts",
        found_by="search",
        partner="partner",
        only="kind = 'return'",
        is_exported=True,
    ),
    "sr": Kind(
        "supplier_return",
        "see purchases",
        "/inbound/returns",
        found_by="search",
        partner="supplier",
        is_exported=True,
    ),
    "wo": Kind("work_order", "see production", "/making/orders", found_by="search", is_exported=True),
    "tr": Kind(
        "transfer",
        "see transfers",
        "/stock/transfers",
        warehouse="source",
        found_by="search",
        is_exported=True,
        other="target",
    ),
    "ad": Kind("adjustment", "see adjustments", "/stock/adjustments", found_by="search", is_exported=True),
    "ct": Kind("count_plan", "see counts", "/counts", is_exported=True),
    "p": Kind("partner", "see customers", "/crm/customers", "", "code", "", told_as="partner"),
}
"""By the prefix of a wire id: `so-7`. A feature that has documents registers them here."""

_SHAPE: Final = re.compile(r"([a-z]{1,3})-([1-9][0-9]{0,17})")


class Subject(msgspec.Struct, frozen=True):
    """One document, by its wire id `so-7`."""

    prefix: str
    id: int

    @property
    def wire(self) -> str:
        return f"{self.prefix}-{self.id}"

    @property
    def told_as(self) -> str:
        """How events name it."""
        return f"{self.kind.told_as or self.prefix}:{self.id}"

    @property
    def kind(self) -> Kind:
        return KINDS[self.prefix]

    @property
    def page(self) -> str:
        """Where it is shown."""
        return f"{self.kind.page}/{self.id}"


def read(text: str) -> Subject | None:
    """The subject that a wire id names; None for what nobody has registered."""
    match = _SHAPE.fullmatch(text)
    if match is None or match[1] not in KINDS:
        return None
    return Subject(match[1], int(match[2]))
