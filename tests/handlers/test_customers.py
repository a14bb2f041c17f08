"""The pages about customers: found by anything, seen from every side, terms, contacts and statements."""

import io
import re

import pytest
from litestar import Litestar
from python_calamine import CalamineWorkbook

from server.catalog import dealing
from server.crm import agreeing
from server.db import Statement, execute, writing
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound import orders

_NOTICE = Statement(
    "INSERT INTO shipment_notice (number, order_id, warehouse, state, carrier, tracking, created_at, shipped_at,"
    " version) SELECT ?, id, warehouse, 'shipped', '顺丰', 'SF1234567', ?, ?, 1 FROM sales_order WHERE id = ?"
    " RETURNING id"
)
_NOTICE_LINE = Statement(
    "INSERT INTO shipment_notice_line (notice, order_line, item, quantity, picked, packed, shipped, short)"
    " SELECT ?, l.id, l.item, ?, ?, ?, ?, 0 FROM sales_line l WHERE l.order_id = ?"
)
_RETURN = Statement(
    "INSERT INTO receipt (number, kind, source, partner, warehouse, state, created_at, received_at, version)"
    " VALUES ('RT-1', 'return', '', ?, ?, 'done', ?, ?, 1) RETURNING id"
)
_RETURN_LINE = Statement(
    "INSERT INTO receipt_line (receipt, position, item, source_line, expected, received, accepted, price)"
    " VALUES (?, 1, ?, 0, ?, ?, ?, ?)"
)
NOVEMBER_5 = 1_793_851_200_000_000
"""2026-11-05 12:00 in Shanghai."""
DAY = 24 * 3600 * 1_000_000


async def sold(pieces: int = 10, *, of: str = "C1", price: int = 12) -> int:
    """A confirmed order of cups."""
    await given.stock("CUP", pieces, at="A-01")
    saved = await orders.ordering.save(
        await orders.head(of), [await orders.line("CUP", pieces, price=price)], by=orders.ADA
    )
    assert isinstance(saved, orders.Saved)
    await orders.ordering.confirm(saved.id, by=orders.ADA)
    return saved.id


async def shipped(order: int, pieces: int, at: int, number: str = "SN-1") -> int:
    """As if so many pieces of its line had left with a notice."""
    async with writing():
        notice: int = (await execute(_NOTICE, number, at, at, order))[0][0]
        await execute(_NOTICE_LINE, notice, *[pieces * 1000] * 4, order)
    return notice


async def returned(customer: int, pieces: int, at: int, *, price: int = 12) -> None:
    """As if so many cups had come back."""
    async with writing():
        receipt = (await execute(_RETURN, customer, await given.warehouse(), at, at))[0][0]
        item = await given.item("CUP")
        await execute(_RETURN_LINE, receipt, item, *[pieces * 1000] * 3, price * 1_000_000)


async def test_a_customer_is_found_by_any_fragment_also_of_an_order_number(app: Litestar) -> None:
    browser = await signed_in(app, "salesperson")
    order = await orders.queries.order(await sold())
    assert order is not None
    await orders.customer("C2")
    await dealing.keep_card(
        order.customer,
        dealing.Card(contacts=(dealing.Contact("王芳", phone="13800001111"),)),
        version=1,
        by=1,
    )

    for typed in ("客户 C1", "kh c1", "0001111", "王芳", order.number, order.number[-7:]):
        answer = await browser.get("/crm/customers", params={"q": typed, "kind": "customer"})

        assert f'href="/crm/customers/{order.customer}"' in answer.text, typed
        assert "客户 C2" not in answer.text, typed


async def test_suppliers_are_listed_apart(app: Litestar) -> None:
    browser = await signed_in(app, "buyer")
    await orders.customer("C1")
    form = {"code": "S1", "name": "温州五金", "is_supplier": "on", "is_active": "on"}
    await browser.post("/catalog/partners", data=form)

    suppliers = await browser.get("/crm/customers")
    customers = await browser.get("/crm/customers?kind=customer")

    assert "温州五金" in suppliers.text and "客户 C1" not in suppliers.text
    assert "客户 C1" in customers.text and "温州五金" not in customers.text


async def test_one_page_tells_orders_shipments_goods_returns_notes_and_credit(app: Litestar) -> None:
    browser = await signed_in(app, "salesperson")
    order = await sold(10)
    customer = (await orders.queries.order(order)).customer  # type: ignore[union-attr]
    await shipped(order, 4, NOVEMBER_5)
    await returned(customer, 1, NOVEMBER_5 + DAY)
    await orders.customer("C1", credit_limit=1_000_000)
    await browser.post(f"/documents/p-{customer}/notes", data={"body": "年底前要补货"})

    page = (await browser.get(f"/crm/customers/{customer}")).text

    for said in ("SN-1", "顺丰", "SF1234567", "2026-11-05", "RT-1", "年底前要补货", "CUP"):
        assert said in page, said
    assert "120.00" in page and "-20.00" in page
    assert "Over the limit" in page


async def test_orders_of_other_warehouses_are_not_shown(app: Litestar) -> None:
    await sold()
    customer = await orders.customer("C1")
    elsewhere = await signed_in(app, "salesperson", warehouses=("NORTH",))

    page = (await elsewhere.get(f"/crm/customers/{customer}")).text
    number = (await orders.queries.orders(orders.queries.Filters())).rows[0].number
    found = (await elsewhere.get("/crm/customers", params={"q": number, "kind": "customer"})).text

    assert number not in page
    assert "CUP" not in page
    assert "客户 C1" not in found


async def test_a_storekeeper_sees_whom_to_call_and_no_money(app: Litestar) -> None:
    customer = await orders.customer("C1")
    await agreeing.agree(
        customer,
        agreeing.Agreement(
            common=dealing.PartnerTerms(level="金", discount=777),
            selling=agreeing.SellingTerms(credit_limit=98_765_0000),
        ),
        version=1,
        by=1,
    )
    await dealing.keep_card(
        customer, dealing.Card(contacts=(dealing.Contact("王芳", phone="138"),)), version=2, by=1
    )
    keeper, seller = await signed_in(app, "storekeeper"), await signed_in(app, "salesperson")

    seen = (await keeper.get(f"/catalog/partners/{customer}")).text
    sold_by = (await seller.get(f"/catalog/partners/{customer}")).text

    assert "王芳" in seen
    assert "98765" not in seen and "7.77" not in seen
    assert "98765.00" in sold_by and "7.77" in sold_by


@pytest.mark.parametrize("role", ["storekeeper", "buyer", "salesperson"])
async def test_only_who_answers_for_money_agrees_terms(app: Litestar, role: str) -> None:
    customer = await orders.customer("C1")
    browser = await signed_in(app, role)

    assert (await browser.get(f"/crm/partners/{customer}/terms")).status_code == 403
    assert (await browser.post(f"/crm/partners/{customer}/terms", data={})).status_code == 403


async def test_a_storekeeper_gets_neither_prices_nor_statements_nor_customers(app: Litestar) -> None:
    customer = await orders.customer("C1")
    keeper = await signed_in(app, "storekeeper")

    for path in ("/crm/customers", f"/crm/customers/{customer}", f"/crm/customers/{customer}/statement",
                 f"/crm/customers/{customer}/statement.xlsx", "/crm/prices", "/crm/prices/1"):  # fmt: skip
        assert (await keeper.get(path)).status_code == 403, path


async def test_terms_are_agreed_in_one_form_with_their_history(app: Litestar) -> None:
    browser = await signed_in(app, "finance")
    customer = await orders.customer("C1")
    form = {"version": "1", "level": "金", "payment_days": "30", "discount": "2.5", "credit_limit": "50,000",
            "max_discount": "15", "policy": "complete", "is_double_checked": "on"}  # fmt: skip

    saved = await browser.post(f"/crm/partners/{customer}/terms", data=form)
    stale = await browser.post(f"/crm/partners/{customer}/terms", data=form)

    assert (saved.status_code, stale.status_code) == (303, 409)
    agreed = await agreeing.agreement_of(customer)
    assert (agreed.common.level, agreed.common.payment_days, agreed.common.discount) == ("金", 30, 250)
    assert (agreed.selling.credit_limit, agreed.selling.max_discount) == (500_000_000, 1500)
    assert agreed.selling.policy == "complete"
    page = (await browser.get(f"/crm/customers/{customer}")).text
    assert "<ins>50000.00</ins>" in page
    assert "<del>0%</del> → <ins>2.5%</ins>" in page


async def test_what_is_no_figure_is_refused_at_its_field_and_kept_as_typed(app: Litestar) -> None:
    browser = await signed_in(app)
    customer = await orders.customer("C1")
    wrong = {"version": "1", "credit_limit": "many", "discount": "101", "payment_days": "1.5"}

    answer = await browser.post(f"/crm/partners/{customer}/terms", data=wrong)

    assert answer.status_code == 422
    assert 'id="credit_limit-error"' in answer.text and 'id="payment_days-error"' in answer.text
    assert 'value="many"' in answer.text


async def test_contacts_addresses_and_tags_are_kept(app: Litestar) -> None:
    browser = await signed_in(app, "salesperson")
    customer = await orders.customer("C1")
    form = {"version": "1", "tags": "重点 华东", "contacts.0.name": "王芳", "contacts.0.phone": "138",
            "contacts.1.name": "", "addresses.0.kind": "ship", "addresses.0.text": "浦东 1 号",
            "addresses.1.kind": "bill", "addresses.1.text": ""}  # fmt: skip

    saved = await browser.post(f"/crm/partners/{customer}/card", data=form)
    refused = await browser.post(
        f"/crm/partners/{customer}/card", data=form | {"version": "2", "contacts.1.phone": "139"}
    )

    assert saved.status_code == 303
    card = await dealing.card_of(customer)
    assert (card.tags, [one.name for one in card.contacts]) == (("重点", "华东"), ["王芳"])
    assert [(one.text, one.is_main) for one in card.addresses] == [("浦东 1 号", True)]
    assert refused.status_code == 422
    assert 'id="contacts.1.name-error"' in refused.text
    assert "浦东 1 号" in (await browser.get(f"/crm/partners/{customer}/card")).text


async def test_a_statement_goes_on_where_the_last_one_ended(app: Litestar) -> None:
    browser = await signed_in(app, "finance")
    order = await sold(10)
    customer = await orders.customer("C1")
    await shipped(order, 4, NOVEMBER_5 - 10 * DAY, "SN-1")
    await shipped(order, 6, NOVEMBER_5, "SN-2")
    await returned(customer, 1, NOVEMBER_5 + DAY)
    path = f"/crm/customers/{customer}/statement"

    october = (await browser.get(f"{path}?since=2026-10-01&until=2026-10-31")).text
    november = (await browser.get(f"{path}?since=2026-11-01&until=2026-11-30")).text
    book = await browser.get(f"{path}.xlsx?since=2026-11-01&until=2026-11-30")

    assert "SN-1" in october and "SN-2" not in october
    figures = re.findall(r'<td class="quantity">(?:<strong>)?(-?[0-9.]+)', november)
    assert figures == ["48.00", "72.00", "120.00", "-12.00", "108.00", "108.00"]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [row[-1] for row in rows[1:]] == [48.0, 120.0, 108.0, 108.0]


async def test_a_period_that_is_none_becomes_this_month_and_an_unknown_customer_is_not_found(
    app: Litestar,
) -> None:
    browser = await signed_in(app)
    customer = await orders.customer("C1")

    answer = await browser.get(f"/crm/customers/{customer}/statement?since=yesterday&until=2026-13-01")

    assert answer.status_code == 200
    assert (await browser.get("/crm/customers/99/statement")).status_code == 404
    assert (await browser.get("/crm/customers/99")).status_code == 404


async def test_notes_of_conversations_stay_with_those_who_see_customers(app: Litestar) -> None:
    customer = await orders.customer("C1")
    seller, keeper = await signed_in(app, "salesperson"), await signed_in(app, "storekeeper")
    note = {"body": "底价 9.80"}

    written = await seller.post(f"/documents/p-{customer}/notes", data=note)
    refused = await keeper.post(f"/documents/p-{customer}/notes", data=note)

    assert written.headers["location"] == f"/crm/customers/{customer}#notes"
    assert refused.status_code == 404
    assert "9.80" in (await seller.get(f"/crm/customers/{customer}")).text
    assert "9.80" not in (await keeper.get(f"/catalog/partners/{customer}")).text
