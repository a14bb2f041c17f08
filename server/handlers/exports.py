"""Lists and lines of documents as spreadsheets: `/exports/so?state=…` and `/exports/so/7/lines`."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from litestar import Response, get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from server import desk, web, words
from server.counts import plan
from server.counts import queries as counts
from server.documents.spreadsheet import MEDIA_TYPE, Column, xlsx
from server.documents.subject import KINDS, Subject
from server.inbound import purchase, receipt
from server.inbound import queries as inbound
from server.making import queries as making
from server.making import work
from server.outbound import notice, order, surveying
from server.outbound import queries as outbound
from server.stock import adjustment, transfer
from server.stock import queries as stock
from server.web import HTMXRequest, may


class Export(NamedTuple):
    """How documents of a kind become a spreadsheet: their list, and the lines of one."""

    title: str
    states: tuple[str, ...]
    sorts: tuple[str, ...]
    read: desk.Reader
    columns: tuple[Column, ...]
    lines: Callable[[int], Awaitable[list[Any]]]
    line_columns: tuple[Column, ...]


async def _receipt_lines(receipt_id: int) -> list[inbound.ReceiptLine]:
    return (await inbound.receipt_lines([receipt_id])).get(receipt_id, [])


async def _transfer_lines(transfer_id: int) -> list[stock.TransferLine]:
    return (await stock.transfer_lines([transfer_id])).get(transfer_id, [])


async def _return_lines(return_id: int) -> list[inbound.SupplierReturnLine]:
    found = await inbound.supplier_return(return_id)
    return found.lines if found else []


_ITEM = (
    Column("documents.export.code", "code"),
    Column("documents.line.item", "name"),
    Column("documents.line.quantity", "line.quantity", "quantity"),
    Column("documents.line.unit", "base"),
)

EXPORTS: Final = {
    "so": Export(
        "desk.nav.orders",
        tuple(order.STATES),
        tuple(outbound.SORTS),
        outbound.orders,
        (
            Column("documents.number", "number"),
            Column("documents.partner", "customer_name"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("documents.state", "state", said="outbound.state."),
            Column("documents.export.ordered_on", "ordered_on", "day"),
            Column("documents.export.wanted_on", "wanted_on", "day"),
            Column("documents.export.reference", "reference"),
            Column("documents.line.amount", "total", "amount"),
        ),
        outbound.shown_lines,
        (
            *_ITEM,
            Column("documents.line.price", "line.unit_price", "price"),
            Column("documents.export.per", "line.unit"),
            Column("documents.line.discount", "line.discount", "percent"),
            Column("documents.line.amount", "line.amount", "amount"),
            Column("documents.export.shipped", "line.shipped", "quantity"),
            Column("documents.export.cancelled", "line.cancelled", "quantity"),
        ),
    ),
    "sn": Export(
        "fulfilment.notices",
        tuple(notice.STATES),
        tuple(surveying.SORTS),
        surveying.list_notices,
        (
            Column("documents.number", "number"),
            Column("fulfilment.order", "order_number"),
            Column("documents.partner", "customer_name"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("documents.state", "state", said="fulfilment.state."),
            Column("fulfilment.due_on", "due_on", "day"),
            Column("fulfilment.taker", "taker"),
            Column("fulfilment.wave", "wave_number"),
        ),
        surveying.shown_lines,
        (
            *_ITEM,
            Column("outbound.line.picked", "line.picked", "quantity"),
            Column("fulfilment.packed", "line.packed", "quantity"),
            Column("documents.export.shipped", "line.shipped", "quantity"),
        ),
    ),
    "wv": Export(
        "fulfilment.waves",
        tuple(surveying.WAVE_STATES),
        (),
        surveying.list_waves,
        (
            Column("documents.number", "number"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("fulfilment.kind", "kind", said="fulfilment.kinds."),
            Column("documents.state", "shown_state", said="fulfilment.wave_state."),
            Column("fulfilment.notices", "notices", "whole"),
            Column("fulfilment.to_pick", "to_pick", "whole"),
            Column("fulfilment.metres_walked", "walk_m", "whole"),
            Column("fulfilment.metres_less", "saved_m", "whole"),
        ),
        surveying.notices_of_wave,
        (
            Column("documents.number", "number"),
            Column("fulfilment.order", "order_number"),
            Column("documents.partner", "customer_name"),
            Column("documents.state", "state", said="fulfilment.state."),
            Column("fulfilment.taker", "taker"),
            Column("fulfilment.tote", "tote_code"),
        ),
    ),
    "po": Export(
        "desk.nav.purchases",
        tuple(purchase.STATES),
        tuple(inbound.ORDER_SORTS),
        inbound.orders,
        (
            Column("documents.number", "number"),
            Column("documents.partner", "supplier_name"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("documents.state", "state", said="inbound.purchase_state."),
            Column("documents.export.ordered_on", "ordered_on", "day"),
            Column("documents.export.expected_on", "expected_on", "day"),
            Column("documents.export.reference", "reference"),
            Column("documents.line.amount", "total", "amount", "see costs"),
        ),
        inbound.order_lines,
        (
            *_ITEM,
            Column("documents.line.price", "line.unit_price", "price", "see costs"),
            Column("documents.export.per", "line.unit", action="see costs"),
            Column("documents.line.discount", "line.discount", "percent", "see costs"),
            Column("documents.line.amount", "line.amount", "amount", "see costs"),
            Column("documents.export.received", "line.received", "quantity"),
            Column("documents.export.cancelled", "line.cancelled", "quantity"),
        ),
    ),
    "rc": Export(
        "desk.nav.receipts",
        tuple(receipt.STATES),
        tuple(inbound.RECEIPT_SORTS),
        inbound.receipts,
        (
            Column("documents.number", "number"),
            Column("documents.partner", "partner_name"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("documents.state", "state", said="inbound.receipt_state."),
            Column("documents.export.expected_on", "expected_on", "day"),
            Column("documents.export.reference", "reference"),
        ),
        _receipt_lines,
        (
            *_ITEM[:2],
            Column("documents.line.unit", "base"),
            Column("documents.export.lot", "line.lot"),
            Column("documents.export.expected", "line.expected", "quantity"),
            Column("documents.export.received", "line.received", "quantity"),
            Column("documents.export.put_away", "line.put_away", "quantity"),
        ),
    ),
    "wo": Export(
        "desk.nav.production",
        tuple(work.STATES),
        tuple(making.SORTS),
        making.works,
        (
            Column("documents.number", "number"),
            Column("making.kind_of", "kind", said="making.kind."),
            Column("documents.line.item", "product_code"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("documents.state", "state", said="making.state."),
            Column("making.due_on", "due_on", "day"),
            Column("making.planned", "quantity", "quantity"),
            Column("making.done", "done", "quantity"),
        ),
        making.shown_lines,
        (
            Column("documents.export.code", "code"),
            Column("documents.line.item", "name"),
            Column("documents.line.unit", "base"),
            Column("making.planned", "line.quantity", "quantity"),
            Column("making.done", "line.done", "quantity"),
            Column("making.excess", "line.excess", "quantity"),
        ),
    ),
    "sr": Export(
        "inbound.returns",
        inbound.RETURN_STATES,
        tuple(inbound.RETURN_SORTS),
        inbound.supplier_returns,
        (
            Column("documents.number", "number"),
            Column("documents.partner", "supplier_name"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("desk.nav.receipts", "receipt_number"),
            Column("documents.state", "state", said="inbound.return_state."),
            Column("inbound.reason", "reason"),
            Column("documents.line.amount", "total", "amount", "see costs"),
        ),
        _return_lines,
        (
            Column("documents.export.code", "code"),
            Column("documents.line.item", "name"),
            Column("documents.line.quantity", "quantity", "quantity"),
            Column("documents.line.unit", "base"),
            Column("documents.line.price", "unit_price", "price", "see costs"),
            Column("documents.export.per", "per", action="see costs"),
            Column("documents.line.amount", "amount", "amount", "see costs"),
            Column("inbound.sent", "sent", "quantity"),
        ),
    ),
    "tr": Export(
        "inside.transfers",
        tuple(transfer.STATES),
        ("number", "source", "target", "due"),
        stock.transfers,
        (
            Column("documents.number", "number"),
            Column("inside.source", "source_code"),
            Column("inside.target", "target_code"),
            Column("documents.state", "state", said="inside.transfer_state."),
            Column("inside.due_on", "due_on", "day"),
        ),
        _transfer_lines,
        (
            Column("documents.export.code", "code"),
            Column("documents.line.item", "name"),
            Column("documents.line.quantity", "line.quantity", "quantity"),
            Column("documents.line.unit", "unit"),
            Column("inside.sent", "line.sent", "quantity"),
            Column("inside.arrived", "line.arrived", "quantity"),
            Column("inside.lost", "line.lost", "quantity"),
        ),
    ),
    "ad": Export(
        "inside.adjustments",
        tuple(adjustment.STATES),
        ("number", "warehouse", "reason"),
        stock.adjustments,
        (
            Column("documents.number", "number"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("documents.state", "state", said="inside.adjustment_state."),
            Column("inside.reason", "reason", said="inside.adjust_reason."),
            Column("inside.worth", "worth", "amount", "see costs"),
        ),
        stock.adjustment_lines,
        (
            Column("documents.export.code", "code"),
            Column("documents.line.item", "name"),
            Column("stock.location", "location_code"),
            Column("stock.lot", "line.lot"),
            Column("stock.serial", "line.serial"),
            Column("inside.change", "line.quantity", "quantity"),
            Column("documents.line.unit", "unit"),
        ),
    ),
    "ct": Export(
        "desk.nav.counts",
        tuple(plan.STATES),
        (),
        counts.plans,
        (
            Column("documents.number", "number"),
            Column("documents.export.warehouse", "warehouse_code"),
            Column("counts.method", "method", said="counts.methods."),
            Column("documents.state", "state", said="counts.state."),
            Column("counts.places", "places", "whole"),
            Column("counts.sheet_state.posted", "done", "whole"),
        ),
        # What was found there is in the plan's own workbook, for those who decide.
        counts.sheets,
        (
            Column("stock.location", "code"),
            Column("documents.state", "state", said="counts.sheet_state."),
            Column("counts.rounds", "rounds", "whole"),
        ),
    ),
}
"""By the prefix of a wire id. Receipts of every kind share one list; `rp` and `rt` have the lines of `rc`."""

SAME: Final = {"rp": "rc", "rt": "rc"}


@get("/exports/{prefix:str}", guards=[may("see own account")])
async def export_list(request: HTMXRequest, prefix: FromPath[str]) -> Response[bytes]:
    """A list as it is narrowed in this address, whole."""
    export = _export(request, prefix)
    asked = desk.filters_of(request, export.states, export.sorts)
    rows = await desk.every(export.read, asked, request.user.warehouses)
    return _workbook(request, words.t(export.title, request.user.language), export.columns, rows)


@get("/exports/{prefix:str}/{number:int}/lines", guards=[may("see own account")])
async def export_lines(request: HTMXRequest, prefix: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """The lines of one document."""
    export = _export(request, prefix)
    found = await desk.visible(request, Subject(prefix, web.known_id(number)))
    if found is None:
        raise NotFoundException(detail="document")
    return _workbook(request, found, export.line_columns, await export.lines(number))


def _export(request: HTMXRequest, prefix: str) -> Export:
    export = EXPORTS.get(SAME.get(prefix, prefix))
    if export is None:
        raise NotFoundException(detail="export")
    if not request.user.may(KINDS[prefix].action):
        raise PermissionDeniedException(detail=KINDS[prefix].action)
    return export


def _workbook(
    request: HTMXRequest, title: str, columns: tuple[Column, ...], rows: list[Any]
) -> Response[bytes]:
    seen = [column for column in columns if not column.action or request.user.may(column.action)]
    content = xlsx(title, seen, rows, lambda word: words.t(word, request.user.language))
    return Response(
        content,
        media_type=MEDIA_TYPE,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(title)}.xlsx",
            "Cache-Control": "private, no-store",
        },
    )


routes: list[Any] = [export_list, export_lines]
