"""Take goods back from a customer, against what was shipped; give goods back to a supplier, at what they cost."""

from collections.abc import Mapping

from server import clock, events, money, quantity
from server.catalog import queries as catalog
from server.catalog import search
from server.catalog.initials import initials
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused
from server.db import Statement, execute, execute_many, writing
from server.documents.numbering import next_number
from server.inbound import queries, receiving

MAX_REASON = 200

_NEW = Statement(
    "INSERT INTO supplier_return (number, supplier, warehouse, receipt, state, reason, remark, total, search,"
    " created_by, created_at, version) VALUES (?, ?, ?, ?, 'draft', ?, '', ?, ?, ?, ?, 1) RETURNING id"
)
_ADD_LINE = Statement(
    "INSERT INTO supplier_return_line (return_id, position, receipt_line, item, lot, unit, factor, unit_price,"
    " discount, price, sent, quantity) VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, ?, 0, ?)"
)
_CANCEL = Statement(
    "UPDATE supplier_return SET state = 'cancelled', closed_at = ?, version = version + 1 WHERE id = ?"
)


async def ask_back(
    notice: int, wanted: Mapping[int, int], reason: str, *, by: int
) -> Added | Refused | Missing:
    """Expect goods back from a customer: no more of a line than was shipped and has not been asked back."""
    async with writing():
        shipped = await queries.shipped(notice)
        if shipped is None:
            return Missing()
        lines = {line.line: line for line in shipped.lines}
        asked = {line: much for line, much in wanted.items() if much}
        if wrong := _faults(
            asked, {key: line.shipped - line.returned for key, line in lines.items()}, reason
        ):
            return Refused(wrong)
        head = receiving.Head(
            kind="return",
            warehouse=shipped.warehouse,
            partner=shipped.customer,
            source=f"sn-{notice}",
            reference=shipped.number,
            remark=reason,
        )
        expected = [
            receiving.Wanted(
                item=lines[key].item,
                quantity=much,
                lot=lines[key].lot,
                source_line=key,
                price=lines[key].price,
            )
            for key, much in asked.items()
        ]
        return Added([await receiving.add(head, expected, state="draft", by=by)])


async def give_back(
    receipt: int, wanted: Mapping[int, int], reason: str, *, by: int
) -> Added | Refused | Missing:
    """Write down what of a receipt goes back to its supplier: no more than came and has not gone back."""
    async with writing():
        one = await queries.receipt_by_id(receipt)
        if one is None or one.kind != "purchase" or one.partner is None:
            return Missing()
        lines = {
            each.line.id: each.line for each in (await queries.receipt_lines([receipt])).get(receipt, [])
        }
        gone = await queries.given_back(receipt)
        asked = {line: much for line, much in wanted.items() if much}
        left = {key: line.received - gone.get(key, 0) for key, line in lines.items()}
        if wrong := _faults(asked, left, reason):
            return Refused(wrong)
        number = await next_number("sr")
        supplier = await catalog.partner(one.partner)
        assert supplier is not None, "a receipt of nobody"
        name, code = supplier[0].name, supplier[0].code
        found = search.text_of(number, name, code, initials(name), one.number)
        prices = await queries.bought_at(receipt)
        at = {
            key: prices.get(key) or queries.Bought("", quantity.SCALE, lines[key].price, 0) for key in asked
        }
        total = sum(
            money.amount_of(much, at[key].unit_price, at[key].discount, factor=at[key].factor)
            for key, much in asked.items()
        )
        rows = await execute(
            _NEW, number, one.partner, one.warehouse, receipt, reason, total, found, by, clock.now()
        )
        made = int(rows[0][0])
        await execute_many(
            _ADD_LINE,
            [
                (made, place, key, lines[key].item, *at[key], lines[key].price, much)
                for place, (key, much) in enumerate(asked.items())
            ],
        )
        await events.record("return.draft", f"sr:{made}", {"number": number, "reason": reason}, by=by)
        await events.record(
            "receipt.given_back", one.document.replace("-", ":"), {"return": number, "reason": reason}, by=by
        )
        return Added([made])


async def keep(return_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """It does not go back after all; only while nothing has."""
    async with writing():
        one = await queries.supplier_return(return_id)
        if one is None:
            return Missing()
        if one.state != "draft" or any(line.sent for line in one.lines):
            return Refused([Fault(0, "", "inbound.fault.closed")])
        await execute(_CANCEL, clock.now(), return_id)
        await events.record("return.cancelled", f"sr:{return_id}", {"reason": reason}, by=by)
        return Edited([return_id])


def _faults(asked: Mapping[int, int], left: Mapping[int, int], reason: str) -> list[Fault]:
    """What may go back at most stands beside each line."""
    if not asked:
        return [Fault(0, "", "inbound.fault.nothing_typed")]
    if not reason or len(reason) > MAX_REASON:
        return [Fault(0, "reason", "inbound.fault.why")]
    over = [line for line, much in asked.items() if not 0 < much <= left.get(line, 0)]
    return [Fault(0, f"back.{line}", "inbound.fault.too_much_back") for line in over]
