"""Papers that go with goods and accounts, printed by the browser: delivery note, pick list, receipt, statement."""

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import clock, web
from server.catalog import naming
from server.catalog import queries as catalog
from server.crm import queries, statement
from server.documents import printing, subject
from server.inbound import queries as inbound
from server.inbound import receipt
from server.money_words import in_words
from server.outbound import surveying
from server.web import HTMXRequest, may

NOTICE: Final = "/outbound/notices/{notice_id:int}"
RECEIPT: Final = "/inbound/receipts/{receipt_id:int}/sheet"
STATEMENT: Final = "/crm/customers/{partner_id:int}/statement/paper"


class Paper(NamedTuple):
    """What is printed: of which document (`sn-7`), which of its papers, and where one comes back to."""

    wire: str
    name: str
    back: str
    period: str = ""

    @property
    def told_as(self) -> str:
        """How events name the document."""
        found = subject.read(self.wire)
        assert found is not None, f"{self.wire} is not registered in documents/subject.py"
        return found.told_as

    @property
    def counted_as(self) -> str:
        """Papers of different periods are not copies of each other."""
        return f"{self.name} {self.period}".strip()


@get(f"{NOTICE}/delivery-note", guards=[may("see notices")])
async def note_page(
    request: HTMXRequest, notice_id: FromPath[int], copy: FromQuery[int] = 0
) -> Response[str]:
    """What the customer signs for; prices only for those who may see them."""
    one = await _notice(request, notice_id)
    note = await queries.delivery_note(one)
    return await _paper(
        request,
        Paper(one.document, "delivery_note", f"/outbound/notices/{one.id}"),
        copy,
        notice=one,
        note=note,
        cartons=(await surveying.cartons([one.id])).get(one.id, []),
        words=in_words(note.total),
    )


@post(f"{NOTICE}/delivery-note", guards=[may("see notices")])
async def print_note(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """It goes to a printer: a copy with its number."""
    one = await _notice(request, notice_id)
    return await _printed(request, Paper(one.document, "delivery_note", ""))


@get(f"{NOTICE}/pick-list", guards=[may("see notices")])
async def pick_list(
    request: HTMXRequest, notice_id: FromPath[int], copy: FromQuery[int] = 0
) -> Response[str]:
    """Where to pick what, in the order of the walk, for somebody without a device."""
    one = await _notice(request, notice_id)
    pinned = [each for each in (await surveying.pinned([one.document]))[one.document] if each.rest]
    return await _paper(
        request,
        Paper(one.document, "pick_list", f"/outbound/notices/{one.id}"),
        copy,
        notice=one,
        pinned=pinned,
        places=await surveying.places(each.location for each in pinned),
        items={each.line.item: each for each in await surveying.shown_lines(one.id)},
    )


@post(f"{NOTICE}/pick-list", guards=[may("see notices")])
async def print_pick_list(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """It goes to a printer: a copy with its number."""
    one = await _notice(request, notice_id)
    return await _printed(request, Paper(one.document, "pick_list", ""))


@get(RECEIPT, guards=[may("see receipts")])
async def receipt_sheet(
    request: HTMXRequest, receipt_id: FromPath[int], copy: FromQuery[int] = 0
) -> Response[str]:
    """What came, or what is expected and to be ticked off."""
    one = await _receipt(request, receipt_id)
    return await _paper(
        request,
        Paper(one.document, "receipt", f"/inbound/receipts/{one.id}"),
        copy,
        receipt=one,
        lines=(await inbound.receipt_lines([one.id])).get(one.id, []),
        is_expected=one.state in ("draft", "expected"),
        kinds=receipt.KINDS,
    )


@post(RECEIPT, guards=[may("see receipts")])
async def print_receipt(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """It goes to a printer: a copy with its number."""
    one = await _receipt(request, receipt_id)
    return await _printed(request, Paper(one.document, "receipt", ""))


@get(STATEMENT, guards=[may("see prices"), may("see customers")])
async def statement_page(
    request: HTMXRequest,
    partner_id: FromPath[int],
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    copy: FromQuery[int] = 0,
) -> Response[str]:
    """What was open, sent, taken back and is open now, for the customer to confirm."""
    first, last = statement.period(since, until, clock.today())
    partner = await catalog.partner(web.known_id(partner_id))
    if partner is None:
        raise NotFoundException(detail="partner")
    found = statement.statement(*await queries.traded(partner_id, request.user.warehouses), first, last)
    back = f"/crm/customers/{partner_id}/statement?{urlencode({'since': first, 'until': last})}"
    return await _paper(
        request,
        Paper(f"p-{partner_id}", "statement", back, f"{first} {last}"),
        copy,
        partner=partner[0],
        statement=found,
        words=in_words(found.closing),
        asked={"since": first, "until": last},
    )


@post(STATEMENT, guards=[may("see prices"), may("see customers")])
async def print_statement(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """It goes to a printer: a copy with its number."""
    form = await web.form(request)
    first, last = statement.period(form.text("since"), form.text("until"), clock.today())
    if await catalog.partner(web.known_id(partner_id)) is None:
        raise NotFoundException(detail="partner")
    paper = Paper(f"p-{partner_id}", "statement", "", f"{first} {last}")
    return await _printed(request, paper, {"since": first, "until": last})


async def _notice(request: HTMXRequest, notice_id: int) -> surveying.Notice:
    one = await surveying.notice(web.known_id(notice_id), request.user.warehouses)
    if one is None:
        raise NotFoundException(detail="notice")
    return one


async def _receipt(request: HTMXRequest, receipt_id: int) -> inbound.Receipt:
    one = await inbound.receipt_by_id(web.known_id(receipt_id))
    if one is None or not request.user.reaches(one.warehouse):
        raise NotFoundException(detail="receipt")
    return one


async def _printed(request: HTMXRequest, paper: Paper, asked: dict[str, str] | None = None) -> Response[str]:
    copy = await printing.print_copy(paper.told_as, paper.counted_as, by=request.user.id)
    return web.see(f"{request.url.path}?{urlencode((asked or {}) | {'copy': str(copy)})}")


async def _paper(request: HTMXRequest, paper: Paper, copy: int, **context: Any) -> Response[str]:
    """The paper as a page; a number of a copy that was never printed is none."""
    known = await printing.copies(paper.told_as, paper.counted_as)
    return web.page(
        request,
        f"papers/{paper.name}.html",
        paper=paper,
        copy=copy if 0 < copy <= known else 0,
        printed=known,
        company=await naming.company_now(),
        **{"asked": {}} | context,
    )


routes: list[Any] = [
    note_page,
    print_note,
    pick_list,
    print_pick_list,
    receipt_sheet,
    print_receipt,
    statement_page,
    print_statement,
]
