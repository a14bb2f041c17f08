"""A delivery note: what leaves with a notice, by lot, and what it costs, to the cent of the order."""

from collections.abc import Sequence

import msgspec

from server import money
from server.crm import statement
from server.crm.statement import Sent
from server.outbound import order
from server.outbound.notice import Line


class Mark(msgspec.Struct, frozen=True):
    """So much of a line is of this lot or serial."""

    text: str
    expiry: str
    quantity: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the paper; `per` is the unit the price is of."""

    code: str
    name: str
    base: str
    quantity: int
    marks: tuple[Mark, ...]
    unit_price: int
    per: str
    discount: int
    amount: int


class DeliveryNote(msgspec.Struct, frozen=True):
    """What the customer signs for."""

    rows: list[Row]
    total: int


def leaving(line: Line) -> int:
    """What of a line goes with the notice, as far as it is known by now."""
    return line.shipped or line.packed or line.picked


def amounts(parts: Sequence[Sent], notice: int) -> dict[int, int]:
    """What each line of a notice costs; together what a statement says of it, the remainder on the last line."""
    entries = statement.statement(parts, [], "", "9999").entries
    whole = next((entry.amount for entry in entries if entry.document == f"sn-{notice}"), 0)
    found = {
        part.line: order.total(
            [money.amount_of(part.quantity, part.unit_price, part.discount, factor=part.factor)],
            part.order_discount,
        )
        for part in parts
        if part.notice == notice
    }
    if found:
        found[list(found)[-1]] += whole - sum(found.values())
    return found
