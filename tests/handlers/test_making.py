"""Production on the desk: bills in versions, orders through their states, and who may do what with them."""

import httpx
import pytest
from litestar import Litestar

from server import quantity
from server.finance import costing
from server.making import queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.making import shop

PATH = "/making/orders"


@pytest.fixture
async def supervisor(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def typed(**more: str) -> dict[str, str]:
    """A form for ten boxes."""
    await shop.compose()
    fields = {
        "kind": "assembly",
        "product": "BOX",
        "quantity": "10",
        "warehouse": str(await given.warehouse()),
        "due_on": "2026-11-25",
    }
    return fields | more


def number_in(answer: httpx.Response) -> int:
    """The order that was made."""
    return int(answer.headers["location"].removeprefix(f"{PATH}/").partition("?")[0])


async def rows_of(code: str, amount: str, at: str = "A-01") -> dict[str, str]:
    """A row of material in a form."""
    goods = await shop.goods(code, "1", at)
    return {
        "goods.0.item": str(goods.item),
        "goods.0.location": str(goods.location),
        "goods.0.quantity": amount,
    }


async def test_a_bill_is_written_with_units_and_scrap_and_every_version_stays(
    supervisor: httpx.AsyncClient,
) -> None:
    product = await given.item("BOX")
    await given.item("CUP", unit="个")
    path = f"/making/bills/{product}"
    empty = (await supervisor.get(path)).text
    form = {"version": "0", "makes": "1", "lines.0.item": "cup", "lines.0.quantity": "2"}

    first = await supervisor.post(path, data=form | {"lines.0.discount": "5"})
    again = (await supervisor.get(f"{path}/edit")).text
    second = await supervisor.post(path, data=form | {"version": "1", "lines.0.quantity": "3"})
    stale = await supervisor.post(path, data=form | {"version": "1"})
    wrong = await supervisor.post(path, data=form | {"version": "2", "lines.0.discount": "100"})

    assert "No bill of materials" in empty
    assert (first.status_code, second.status_code, stale.status_code, wrong.status_code) == (
        303,
        303,
        409,
        422,
    )
    assert 'name="lines.0.discount" value="5"' in again
    assert "Scrap is between 0 and 100%" in wrong.text
    page = (await supervisor.get(path)).text
    assert "Version 2" in page and "Version 1" in page
    assert "BOX" in (await supervisor.get(f"/making/bills/{await given.item('CUP')}")).text


async def test_an_order_is_written_approved_taken_and_brought_on_the_desk(
    supervisor: httpx.AsyncClient,
) -> None:
    fields = await typed()
    await shop.stocked()

    number = number_in(await supervisor.post(PATH, data=fields))
    await supervisor.post(f"{PATH}/{number}/approval")
    page = (await supervisor.get(f"{PATH}/{number}")).text
    for code, much in (("CUP", "20"), ("TIN", "10"), ("RIBBON", "5")):
        assert (
            await supervisor.post(f"{PATH}/{number}/issue", data=await rows_of(code, much))
        ).status_code == 303
    product = {"products.0.item": str(await given.item("BOX")), "products.0.quantity": "10"}
    brought = await supervisor.post(f"{PATH}/{number}/products", data=product | {"place": "MAIN-DOCK"})

    assert 'name="goods.0.quantity" value="20"' in page
    assert "Its material is reserved" not in page
    assert brought.status_code == 303
    assert (await shop.one(number)).state == "done"
    done = (await supervisor.get(f"{PATH}/{number}")).text
    assert "Trace" in done
    assert (await supervisor.get(PATH)).text.count(f"{PATH}/{number}") == 1


async def test_what_it_needs_is_said_while_one_types(supervisor: httpx.AsyncClient) -> None:
    fields = await typed()
    await shop.stocked({"CUP": 5, "TIN": 10})

    told = (await supervisor.post(f"{PATH}/hints", data=fields)).text
    half = (await supervisor.post(f"{PATH}/hints", data=fields | {"quantity": ""})).text
    lines = {
        "kind": "issue",
        "warehouse": fields["warehouse"],
        "lines.0.item": "CUP",
        "lines.0.quantity": "6",
    }
    line = (await supervisor.post(f"{PATH}/hints", data=lines)).text
    await given.item("LOOSE")
    nothing = (await supervisor.post(f"{PATH}/hints", data=fields | {"product": "LOOSE"})).text

    assert "5 available, 15 件 short" in told
    assert "10 件 available" in told
    assert "available" not in half
    assert 'data-line="0"' in line and "1 件 short" in line
    assert "There is no bill of materials yet" in nothing


async def test_a_wrong_form_comes_back_and_a_draft_is_edited(supervisor: httpx.AsyncClient) -> None:
    fields = await typed()

    wrong = await supervisor.post(PATH, data=fields | {"quantity": "many"})
    number = number_in(await supervisor.post(PATH, data=fields))
    form = (await supervisor.get(f"{PATH}/{number}/edit")).text
    changed = await supervisor.post(f"{PATH}/{number}", data=fields | {"version": "1", "quantity": "4"})
    plain = await supervisor.post(
        PATH,
        data={
            "kind": "issue",
            "warehouse": fields["warehouse"],
            "lines.0.item": "CUP",
            "lines.0.quantity": "6",
        },
    )

    assert wrong.status_code == 422
    assert "This is no quantity" in wrong.text
    assert 'value="many"' in wrong.text
    assert 'name="product" type="text" value="BOX"' in form
    assert changed.status_code == 303
    assert (await shop.one(number)).quantity == 4 * quantity.SCALE
    assert (
        'name="lines.0.quantity" value="6"' in (await supervisor.get(f"{PATH}/{number_in(plain)}/edit")).text
    )


async def test_more_than_planned_is_for_who_may_allow_it(
    app: Litestar, supervisor: httpx.AsyncClient
) -> None:
    await shop.compose()
    await shop.stocked({"CUP": 30})
    number = await shop.order()
    storekeeper = await signed_in(app, "storekeeper", name="keeper")
    rows = await rows_of("CUP", "25")

    refused = await storekeeper.post(f"{PATH}/{number}/issue", data=rows | {"reason": "打碎了"})
    allowed = await supervisor.post(f"{PATH}/{number}/issue", data=rows | {"reason": "打碎了"})

    assert refused.status_code == 422
    assert "somebody permitted must take it" in refused.text
    assert allowed.status_code == 303


async def test_an_excess_from_the_floor_is_an_incident_and_a_step_on_the_page(
    supervisor: httpx.AsyncClient,
) -> None:
    await shop.compose()
    await shop.stocked({"CUP": 30})
    number = await shop.order()
    await shop.report(await given.pda(), "take", "CUP", "25", number)
    line = next(each.line.id for each in await queries.shown_lines(number) if each.code == "CUP")

    page = (await supervisor.get(f"{PATH}/{number}")).text
    incidents = (await supervisor.get("/stock/incidents")).text
    allowed = await supervisor.post(f"{PATH}/{number}/excess/{line}/allowance", data={"reason": "打碎五个"})

    assert "5 of CUP too much" in page
    assert "Too much taken: 5 of CUP" in incidents
    assert f'href="{PATH}/{number}"' in incidents
    assert allowed.status_code == 303
    assert await shop.excesses() == []


async def test_ending_returning_reversing_and_cancelling_on_the_desk(supervisor: httpx.AsyncClient) -> None:
    await shop.compose()
    await shop.stocked()
    idle, number = await shop.order(much="1"), await shop.order(much="9")
    await shop.take_all(number)
    await shop.bring(number, "7")
    production = (await queries.left_over(number))[0][1]
    back = {
        "goods.0.item": str(await given.item("CUP")),
        "goods.0.location": str(production),
        "goods.0.quantity": "4",
        "place": "A-01",
    }

    returned = await supervisor.post(f"{PATH}/{number}/return", data=back)
    again = await supervisor.post(f"{PATH}/{idle}/reservation")
    ended = await supervisor.post(f"{PATH}/{number}/finish", data={"reason": "缺人"})
    reversed_ = await supervisor.post(f"{PATH}/{number}/reversal", data={"reason": "做错"})
    gone = await supervisor.post(f"{PATH}/{idle}/cancellation", data={"reason": ""})

    assert [one.status_code for one in (returned, again, ended, reversed_, gone)] == [303] * 5
    assert ((await shop.one(number)).state, (await shop.one(idle)).state) == ("reversed", "cancelled")
    assert await given.on_hand("CUP", at="A-01") == "20"


async def test_what_was_left_over_is_proposed_once_all_is_made(supervisor: httpx.AsyncClient) -> None:
    await shop.compose(parts={"CUP": "2"})
    await shop.stocked({"CUP": 30})
    number = await shop.order(much="3")
    await shop.take(number, await shop.goods("CUP", "8"), may_exceed=True, reason="备料")

    before = (await supervisor.get(f"{PATH}/{number}")).text
    await shop.bring(number, "3")
    after = (await supervisor.get(f"{PATH}/{number}")).text

    assert 'name="goods.0.quantity" value=""' in before
    assert 'name="goods.0.quantity" value="2"' in after


async def test_a_product_that_takes_its_components_by_itself_says_so(supervisor: httpx.AsyncClient) -> None:
    fields = await typed()
    product = await shop.compose(is_backflush=True)

    form = (await supervisor.get(f"{PATH}/new?kind=assembly&item={product}")).text
    told = (await supervisor.post(f"{PATH}/hints", data=fields)).text

    assert 'name="is_backflush" type="checkbox" value="on" checked' in form
    assert '<option value="BOX">' in form
    assert "The bill says that components are taken by themselves" in told


async def test_a_bill_that_changed_since_is_told(supervisor: httpx.AsyncClient) -> None:
    await shop.compose()
    number = await shop.order()
    await shop.compose(parts={"CUP": "3"})

    page = (await supervisor.get(f"{PATH}/{number}")).text

    assert "this order still goes by version 1" in page


async def test_a_reload_brings_back_what_was_typed_into_an_order_of_the_same_kind(
    supervisor: httpx.AsyncClient,
) -> None:
    kept = {"draft": f"{PATH}/new", "kind": "assembly", "product": "BOX", "quantity": "77"}
    saved = await supervisor.post("/documents/drafts", data=kept)

    same = (await supervisor.get(f"{PATH}/new?kind=assembly")).text
    other = (await supervisor.get(f"{PATH}/new?kind=issue")).text

    assert saved.status_code < 300
    assert 'value="77"' in same
    assert 'name="kind" value="issue"' in other


@pytest.mark.parametrize("kind", ["assembly", "disassembly", "issue", "receipt"])
async def test_every_kind_has_its_form(supervisor: httpx.AsyncClient, kind: str) -> None:
    answer = await supervisor.get(f"{PATH}/new?kind={kind}")

    assert answer.status_code == 200
    assert f'name="kind" value="{kind}"' in answer.text


async def test_orders_of_other_warehouses_are_nobody_elses_business(app: Litestar) -> None:
    await shop.compose()
    number = await shop.order()
    elsewhere = await signed_in(app, "supervisor", name="east", warehouses=("EAST",))

    answers = [
        await elsewhere.get(f"{PATH}/{number}"),
        await elsewhere.post(f"{PATH}/{number}/finish", data={"reason": "x"}),
        await elsewhere.post(f"{PATH}/{number}/issue"),
    ]

    assert [one.status_code for one in answers] == [404] * 3
    assert f"{PATH}/{number}" not in (await elsewhere.get(PATH)).text
    made = await elsewhere.post(PATH, data=await typed())
    assert made.status_code == 422


async def test_who_plans_does_not_approve_and_who_carries_does_not_plan(app: Litestar) -> None:
    await shop.compose()
    number = await shop.order(approved=False)
    buyer = await signed_in(app, "buyer", name="buyer")
    storekeeper = await signed_in(app, "storekeeper", name="keeper")
    salesperson = await signed_in(app, "salesperson", name="seller")

    assert (await buyer.post(f"{PATH}/{number}/approval")).status_code == 403
    assert (await storekeeper.post(f"{PATH}/{number}/finish")).status_code == 403
    assert (await salesperson.get(f"{PATH}/{number}")).status_code == 403
    assert "Approve" not in (await buyer.get(f"{PATH}/{number}")).text
    assert (await storekeeper.get(f"{PATH}/{number}")).status_code == 200


async def test_it_is_found_by_search_and_goes_to_a_spreadsheet(supervisor: httpx.AsyncClient) -> None:
    await shop.compose()
    number = await shop.order()

    found = (await supervisor.get("/search?q=BOX")).text
    listed = await supervisor.get("/exports/wo")
    lines = await supervisor.get(f"/exports/wo/{number}/lines")

    assert (await shop.one(number)).number in found
    assert (listed.status_code, lines.status_code) == (200, 200)


async def test_who_may_see_costs_sees_what_an_order_cost(app: Litestar) -> None:
    await shop.bought("TIN", "10", "4.00")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order()
    await shop.take_all(number)
    await shop.bring(number, "10")
    await costing.catch_up()
    buyer = await signed_in(app, "buyer", name="buyer")
    storekeeper = await signed_in(app, "storekeeper", name="keeper")

    page = (await buyer.get(f"{PATH}/{number}")).text

    assert "Products made" in page and "40.00" in page
    assert "40.00" not in (await storekeeper.get(f"{PATH}/{number}")).text


async def test_a_lot_is_traced_to_what_it_went_into_and_to_what_it_was_made_of(
    app: Litestar, supervisor: httpx.AsyncClient
) -> None:
    await given.item("BOX", has_lots=True)
    await given.stock("CUP", 2, at="A-01", lot="C7")
    await shop.compose(parts={"CUP": "2"})
    number = await shop.order(much="1")
    await shop.take_all(number)
    await shop.bring(number, "1", lot="B1")

    forward = (await supervisor.get("/making/trace?q=C7")).text
    back = (await supervisor.get("/making/trace?q=B1")).text
    nothing = (await supervisor.get("/making/trace?q=X9")).text
    empty = (await supervisor.get("/making/trace")).text
    east = await signed_in(app, "supervisor", name="east", warehouses=("EAST",))

    assert "B1" in forward and (await shop.one(number)).number in forward
    assert "C7" in back
    assert "No production order took it or made it" in nothing
    assert "Look for a lot or serial" in empty
    assert "B1" not in (await east.get("/making/trace?q=C7")).text


async def test_what_is_made_here_is_listed(supervisor: httpx.AsyncClient) -> None:
    nothing = (await supervisor.get("/making/bills")).text
    await shop.compose()
    await shop.compose(parts={"CUP": "3"}, is_backflush=True)

    page = (await supervisor.get("/making/bills")).text

    assert "No bills of materials yet" in nothing
    assert "Version 2" in page and "BOX" in page
