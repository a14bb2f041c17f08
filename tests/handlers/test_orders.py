"""Sales orders on the desk, as browsers see them."""

import html
import re

import httpx
import pytest
from litestar import Litestar

from server.catalog.item import UnitDraft
from server.outbound import agreeing, ordering, queries
from server.outbound.order import Terms
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.orders import ADA, customer, draft, expect, ordered, reserved, ship


@pytest.fixture
async def seller(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "salesperson")


async def typed(*, of: str = "C1", **amounts: int | str) -> dict[str, str]:
    """The form of an order as a browser sends it."""
    await customer(of)
    fields = {"customer": of, "warehouse": str(await given.warehouse())}
    for row, (code, amount) in enumerate(amounts.items()):
        await given.item(code)
        fields |= {f"lines.{row}.item": code, f"lines.{row}.quantity": str(amount), f"lines.{row}.unit": "件"}
    return fields


def text(answer: httpx.Response) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def id_of(answer: httpx.Response) -> int:
    match = re.match(r"/outbound/orders/(\d+)", answer.headers["location"])
    assert match
    return int(match[1])


# Writing one down


async def test_a_draft_is_saved_and_shown_with_its_lines_and_next_step(seller: httpx.AsyncClient) -> None:
    form = await typed(CUP=3) | {"reference": "PO 7", "lines.0.price": "12.5"}

    saved = await seller.post("/outbound/orders", data=form)
    page = await seller.get(saved.headers["location"])

    assert saved.status_code == 303
    assert "Draft" in text(page)
    assert "PO 7" in page.text
    assert "37.50" in page.text
    assert f'action="/outbound/orders/{id_of(saved)}/confirmation"' in page.text
    assert await reserved("CUP") == 0


async def test_an_order_can_be_confirmed_as_it_is_saved(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")

    saved = await seller.post("/outbound/orders", data=await typed(CUP=3) | {"confirm": "on"})

    assert saved.headers["location"].endswith("?done=confirmed")
    assert await reserved("CUP") == 3


async def test_an_order_is_typed_in_cartons_and_kept_in_pieces(seller: httpx.AsyncClient) -> None:
    await given.item("CUP", units=(UnitDraft("箱", 12, 1),))

    form = await typed(CUP=2) | {"lines.0.unit": "箱"}
    order_id = id_of(await seller.post("/outbound/orders", data=form))
    edit = await seller.get(f"/outbound/orders/{order_id}/edit")

    assert [line.quantity for line in await queries.lines(order_id)] == [24_000]
    assert 'name="lines.0.quantity" value="2"' in edit.text


async def test_what_is_wrong_is_shown_where_it_was_typed_and_nothing_is_lost(
    seller: httpx.AsyncClient,
) -> None:
    form = await typed(CUP="many") | {"customer": "nobody", "discount": "120", "remark": "轻放"}

    refused = await seller.post("/outbound/orders", data=form)

    assert refused.status_code == 422
    for field in ("customer", "lines.0.quantity", "discount"):
        assert f'id="{field}-error"' in refused.text
    assert "轻放" in refused.text
    assert 'value="many"' in refused.text


async def test_who_takes_no_backorder_and_finds_nothing_is_told_who_holds_it(
    seller: httpx.AsyncClient,
) -> None:
    await given.stock("CUP", 2, at="A-01")
    holder = await ordered(CUP=2)
    form = await typed(of="C2", CUP=1) | {"policy": "cancel", "confirm": "on"}

    refused = await seller.post("/outbound/orders", data=form)

    assert refused.status_code == 422
    assert f"promised to {holder.number} × 2" in text(refused)


async def test_a_customer_is_found_by_name_and_offered_while_typing(seller: httpx.AsyncClient) -> None:
    form = await typed(CUP=1) | {"customer": "客户 C1"}

    saved = await seller.post("/outbound/orders", data=form)
    offered = await seller.get("/outbound/orders/customers?customer=kh")

    assert saved.status_code == 303
    assert '<option value="C1">客户 C1' in offered.text


async def test_what_was_typed_comes_back_until_it_is_saved(seller: httpx.AsyncClient) -> None:
    form = await typed(CUP=3) | {"draft": "/outbound/orders/new"}
    await seller.post("/documents/drafts", data=form)

    again = await seller.get("/outbound/orders/new")
    await seller.post("/outbound/orders", data=form)
    after = await seller.get("/outbound/orders/new")

    assert 'name="lines.0.quantity" value="3"' in again.text
    assert 'name="lines.0.quantity" value="3"' not in after.text


# While one types


async def hints(seller: httpx.AsyncClient, **more: object) -> str:
    form = await typed(**{key: value for key, value in more.items() if key.isupper()})  # type: ignore[arg-type]
    form |= {key: str(value) for key, value in more.items() if not key.isupper()}
    answer = await seller.post("/outbound/orders/hints", data=form)
    assert answer.status_code == 200
    return text(answer)


async def test_available_and_the_day_are_told_per_line_while_one_types(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    await expect("CUP", 20, "2099-01-05")

    there, coming, never = [await hints(seller, CUP=amount) for amount in (4, 15, 50)]

    assert "10 件 available" in there
    assert "10 available, 5 件 short, all of it by 2099-01-05" in coming
    assert "40 件 short, none on its way" in never


async def test_two_lines_of_one_item_share_what_there_is(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")

    told = await hints(
        seller, CUP=7, **{"lines.1.item": "CUP", "lines.1.quantity": "5", "lines.1.unit": "件"}
    )

    assert "3 available, 2 件 short" in told


async def test_another_warehouse_is_named_only_to_those_who_work_there(app: Litestar) -> None:
    await given.location("E-01", warehouse_code="EAST")
    await given.stock("CUP", 6, at="E-01")
    here = await signed_in(app, "salesperson", name="here")
    both = await signed_in(app, "salesperson", name="both", warehouses=("MAIN", "EAST"))

    assert "has 6" in await hints(both, CUP=1)
    assert "has 6" not in await hints(here, CUP=1)


async def test_the_customers_credit_and_usual_price_are_told(seller: httpx.AsyncClient) -> None:
    first = await typed(CUP=2) | {"lines.0.price": "12.5", "confirm": "on"}
    await seller.post("/outbound/orders", data=first)
    await agreeing.agree(await customer(), Terms(credit_limit=1_000_000), by=0)

    answer = await seller.post("/outbound/orders/hints", data=await typed(CUP=1))

    assert 'data-price="12.50"' in answer.text
    assert "Credit 100.00, used 25.00, left 75.00" in text(answer)


async def test_who_changes_an_order_may_use_what_it_holds(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    own = await ordered(CUP=8)

    assert "10 件 available" in await hints(seller, CUP=10, order=own.id)
    assert "2 available, 8 件 short" in await hints(seller, CUP=10)


async def test_an_unfinished_line_gets_no_hint_and_does_no_harm(seller: httpx.AsyncClient) -> None:
    told = await hints(
        seller, CUP="x", **{"lines.1.item": "nothing", "customer": "", "warehouse": "", "order": "y"}
    )

    assert "available" in told


# One order


async def test_a_confirmed_order_shows_what_is_owed_and_who_holds_it(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    holder = await ordered(CUP=9)
    await expect("CUP", 9, "2099-01-05")
    waiting = await ordered(of="C2", CUP=3)

    page = text(await seller.get(f"/outbound/orders/{waiting.id}"))

    assert "The rest can be promised for 2099-01-05" in page
    assert re.search(rf"promised to {holder.number} × 9", page)


async def test_an_order_is_confirmed_once(seller: httpx.AsyncClient) -> None:
    order_id = await draft(CUP=1)

    first = await seller.post(f"/outbound/orders/{order_id}/confirmation")
    second = await seller.post(f"/outbound/orders/{order_id}/confirmation")

    assert (first.status_code, second.status_code) == (303, 422)
    assert "stands differently now" in text(second)


async def test_a_confirmed_order_is_changed_and_its_story_told(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    order_id = (await ordered(CUP=2)).id
    version = str((await order(order_id)).version)

    changed = await seller.post(
        f"/outbound/orders/{order_id}", data=await typed(CUP=5) | {"version": version}
    )
    stale = await seller.post(f"/outbound/orders/{order_id}", data=await typed(CUP=6) | {"version": version})

    assert (changed.status_code, stale.status_code) == (303, 409)
    assert await reserved("CUP") == 5
    page = text(await seller.get(f"/outbound/orders/{order_id}"))
    assert "Order changed" in page
    assert "CUP × 2 @ 0.00" in page


async def order(order_id: int) -> queries.Order:
    found = await queries.order(order_id)
    assert found is not None
    return found


async def test_an_order_is_cancelled_with_its_reason(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    order_id = (await ordered(CUP=2)).id

    answer = await seller.post(f"/outbound/orders/{order_id}/cancellation", data={"reason": "客户改主意"})

    assert answer.status_code == 303
    assert await reserved("CUP") == 0
    assert "客户改主意" in (await seller.get(f"/outbound/orders/{order_id}")).text


async def test_what_has_left_is_closed_instead(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    order_id = (await ordered(CUP=4)).id
    await ship(order_id, 3)

    refused = await seller.post(f"/outbound/orders/{order_id}/cancellation", data={"reason": "x"})
    closed = await seller.post(f"/outbound/orders/{order_id}/closing", data={"reason": "卖完了"})

    assert (refused.status_code, closed.status_code) == (422, 303)
    assert (await order(order_id)).state == "done"


async def test_a_hold_is_let_go_by_a_permitted_person_with_a_reason(
    app: Litestar, seller: httpx.AsyncClient
) -> None:
    await customer(is_blocked=True)
    order_id = (await ordered(CUP=1)).id
    supervisor, path = (
        await signed_in(app, "supervisor"),
        f"/outbound/orders/{order_id}/holds/customer/release",
    )

    assert path not in (await seller.get(f"/outbound/orders/{order_id}")).text
    refused = await seller.post(path, data={"reason": "熟人"})
    silent = await supervisor.post(path, data={"reason": ""})
    done = await supervisor.post(path, data={"reason": "已付清"})

    assert (refused.status_code, silent.status_code, done.status_code) == (403, 422, 303)
    assert (await order(order_id)).hold == ""


async def test_finance_lets_go_but_does_not_sell(app: Litestar) -> None:
    await customer(is_blocked=True)
    order_id = (await ordered(CUP=1)).id
    finance = await signed_in(app, "finance")

    released = await finance.post(
        f"/outbound/orders/{order_id}/holds/customer/release", data={"reason": "已付清"}
    )
    cancelled = await finance.post(f"/outbound/orders/{order_id}/cancellation", data={"reason": "x"})

    assert (released.status_code, cancelled.status_code) == (303, 403)


@pytest.mark.parametrize("role", ["storekeeper", "buyer"])
async def test_who_has_nothing_to_do_with_orders_sees_none(app: Litestar, role: str) -> None:
    order_id = await draft(CUP=1)
    stranger = await signed_in(app, role)

    answers = [await stranger.get(path) for path in ("/outbound/orders", f"/outbound/orders/{order_id}")]

    assert [answer.status_code for answer in answers] == [403, 403]


async def test_an_order_of_another_warehouse_is_not_found(app: Litestar) -> None:
    order_id = await draft(CUP=1)
    stranger = await signed_in(app, "salesperson", name="stranger", warehouses=("EAST",))

    answers = [
        await stranger.get(f"/outbound/orders/{order_id}"),
        await stranger.get(f"/outbound/orders/{order_id}/edit"),
        await stranger.post(f"/outbound/orders/{order_id}/confirmation"),
        await stranger.post(f"/outbound/orders/{order_id}", data=await typed(CUP=2)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await stranger.get("/outbound/orders?state=")).text.count("SO-") == 0


async def test_numbers_no_database_holds_are_not_found(seller: httpx.AsyncClient) -> None:
    form = await typed(CUP=1) | {"warehouse": "9" * 18}

    answers = [
        await seller.get(f"/outbound/orders/{9**30}"),
        await seller.post("/outbound/orders", data=form),
    ]

    assert [answer.status_code for answer in answers] == [404, 422]


async def test_what_is_reserved_is_sent_to_the_floor(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    order_id = (await ordered(CUP=4)).id
    step = f'action="/outbound/orders/{order_id}/notices"'
    offered = step in (await seller.get(f"/outbound/orders/{order_id}")).text

    sent = await seller.post(f"/outbound/orders/{order_id}/notices")
    again = await seller.post(f"/outbound/orders/{order_id}/notices")

    assert offered
    assert (sent.status_code, again.status_code) == (303, 422)
    assert "floor has not been told of" in text(again)
    assert re.search(r"SN-\d{6}-\d{4}", (await seller.get(f"/outbound/orders/{order_id}")).text)


async def test_what_is_held_is_not_sent_to_the_floor(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    await customer(is_blocked=True)
    order_id = (await ordered(CUP=4)).id

    refused = await seller.post(f"/outbound/orders/{order_id}/notices")

    assert refused.status_code == 422
    assert "somebody has to release it first" in text(refused)


async def test_the_form_begins_with_the_warehouse_one_sold_from_last(app: Litestar) -> None:
    await given.warehouse("AA", "AA")
    both = await signed_in(app, "salesperson", name="both", warehouses=("AA", "MAIN"))
    main = await given.warehouse()

    before = await both.get("/outbound/orders/new")
    await both.post("/outbound/orders", data=await typed(CUP=1))
    after = await both.get("/outbound/orders/new")

    chosen = f'<option value="{main}" selected>'
    assert (chosen in before.text, chosen in after.text) == (False, True)


# The list


async def test_the_list_is_narrowed_by_state_and_text_and_remembers_it(seller: httpx.AsyncClient) -> None:
    drafted, confirmed = await draft(CUP=1), await ordered(of="C2", CUP=1)
    number = (await order(drafted)).number

    drafts = await seller.get("/outbound/orders?state=draft")
    again = await seller.get("/outbound/orders")
    found = await seller.get("/outbound/orders?q=C2")

    assert number in drafts.text
    assert confirmed.number not in drafts.text
    assert confirmed.number not in again.text
    assert confirmed.number in found.text
    assert number not in found.text


@pytest.mark.parametrize("sort", ["number", "-number", "customer", "-wanted_on", "total", "nonsense"])
async def test_the_list_is_sorted_by_what_is_asked(seller: httpx.AsyncClient, sort: str) -> None:
    numbers = [(await order(await draft(CUP=1))).number for _ in range(2)]

    answer = await seller.get(f"/outbound/orders?sort={sort}")

    assert all(number in answer.text for number in numbers)


async def test_an_empty_list_says_what_to_do_next(seller: httpx.AsyncClient) -> None:
    answer = await seller.get("/outbound/orders")

    assert "Write the first one" in answer.text


async def test_the_pages_speak_chinese(app: Litestar) -> None:
    order_id = (await ordered(CUP=1)).id
    await given.person("李", role="salesperson", language="zh")
    browser = await signed_in(app, "salesperson", name="李")

    pages = [
        await browser.get(f"/outbound/orders{path}")
        for path in ("", "/new", f"/{order_id}", f"/{order_id}/edit")
    ]

    assert [page.status_code for page in pages] == [200] * 4
    assert all("销售订单" in page.text for page in pages)
    assert not re.search(r"outbound\.[a-z_.]+", " ".join(text(page) for page in pages))


async def test_the_race_is_told_on_the_page_of_whoever_lost(seller: httpx.AsyncClient) -> None:
    await given.stock("CUP", 1, at="A-01")
    winner, loser = await draft(CUP=1), await draft(of="C2", CUP=1)
    await ordering.confirm(winner, by=ADA)

    lost = await seller.post(f"/outbound/orders/{loser}/confirmation", follow_redirects=True)

    assert (await order(winner)).number in lost.text
