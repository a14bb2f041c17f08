"""What notes and attachments may be about, and who may see them: one table for all features."""

import re
from typing import Final, NamedTuple

import msgspec


class Kind(NamedTuple):
    """A kind of subject: where it is stored, who may see it, where its page is. A house names its warehouse."""

    table: str
    action: str
    page: str
    warehouse: str = "warehouse"


KINDS: Final = {
    "so": Kind("sales_order", "see orders", "/outbound/orders"),
    "sn": Kind("shipment_notice", "see notices", "/outbound/notices"),
    "wv": Kind("wave", "see notices", "/outbound/waves"),
    "po": Kind("purchase_order", "see purchases", "/inbound/purchases"),
    "rc": Kind("receipt", "see receipts", "/inbound/receipts"),
    "rt": Kind("receipt", "see receipts", "/inbound/returns"),
    "wo": Kind("work_order", "see receipts", "/inbound/works"),
    "ct": Kind("count_plan", "see counts", "/counts"),
    "p": Kind("partner", "see catalogue", "/catalog/partners", ""),
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
        return f"{self.prefix}:{self.id}"

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
