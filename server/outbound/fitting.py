"""Fit notices to what their orders want now: what is too much is dropped from them, and taken up again when wanted."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.db import Statement, as_json, execute_many, fetch
from server.outbound import change

_TOLD = Statement(*(
    "SELECT l.id, l.notice, l.order_line, l.quantity, l.short, l.dropped, l.shipped, n.state,"
    " s.quantity - s.cancelled AS wanted FROM shipment_notice_line l JOIN shipment_notice n ON n.id = l.notice"
    f" JOIN sales_line s ON s.id = l.order_line WHERE n.order_id IN ({these}) ORDER BY l.id"
    for these in ("SELECT value FROM json_each(?)", "SELECT (json_array_elements_text(?::text::json))::int")
))  # fmt: skip
_DROP = Statement("UPDATE shipment_notice_line SET dropped = ? WHERE id = ?")


class Misfit(NamedTuple):
    """A line of a notice that is to send less, or more again, than was said."""

    notice: int
    dropped: int


async def misfits(orders: Iterable[int]) -> dict[int, Misfit]:
    """Lines of notices of these orders that do not fit what is wanted, with what is to be dropped of them."""
    rows = await fetch(_TOLD, as_json(sorted(set(orders))))
    should: dict[int, int] = {}
    for wanted, told in change.by_order_line(rows).values():
        should |= change.dropped(wanted, told)
    return {
        row["id"]: Misfit(row["notice"], should[row["id"]])
        for row in rows
        if row["dropped"] != should[row["id"]]
    }


async def drop(found: Mapping[int, Misfit]) -> None:
    """Write it down."""
    await execute_many(_DROP, [(one.dropped, line) for line, one in found.items()])
