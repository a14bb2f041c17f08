"""Stock on the desk: found by fragments, every row of the ledger tells its origin, incidents are decided."""

import re

import httpx
import pytest
from litestar import Litestar

from server.db import Statement, execute, writing
from server.stock import queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.orders import ordered


@pytest.fixture
async def supervisor(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def item_of(code: str) -> int:
    return await given.item(code)


async def test_stock_is_found_by_a_fragment_of_its_name(supervisor: httpx.AsyncClient) -> None:
    await given.item("CUP", name="马克杯")
    await given.stock("CUP", 10, at="A-01")
    await given.stock("BOX", 4, at="A-02")

    page = (await supervisor.get("/stock", params={"q": "马克"})).text

    assert "CUP" in page
    assert "BOX" not in page


async def test_typing_refreshes_only_the_list(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")

    part = (await supervisor.get("/stock?q=cup", headers={"HX-Request": "true"})).text

    assert "CUP" in part
    assert "<html" not in part


async def test_stock_is_listed_shelf_by_shelf(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01", lot="L7")

    page = (await supervisor.get("/stock?by=location")).text

    assert page.index("A-01") < page.index("CUP") < page.index("L7")


async def test_items_without_stock_are_shown_when_asked_for(supervisor: httpx.AsyncClient) -> None:
    await given.item("NEW")

    assert "NEW" not in (await supervisor.get("/stock")).text
    assert "NEW" in (await supervisor.get("/stock?empty=1")).text


async def test_other_peoples_warehouses_are_not_shown(app: Litestar) -> None:
    await given.location("E-01", warehouse_code="EAST")
    await given.stock("CUP", 10, at="E-01")
    browser = await signed_in(app, "storekeeper", warehouses=("MAIN",))
    place = await given.location("E-01", warehouse_code="EAST")

    assert "CUP" not in (await browser.get("/stock")).text
    assert (await browser.get(f"/stock/locations/{place}")).status_code == 404
    assert "CUP" not in (await browser.get("/stock/movements")).text


async def test_an_item_tells_where_it_is_and_what_happened(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")

    page = (await supervisor.get(f"/stock/items/{await item_of('CUP')}")).text

    assert "A-01" in page
    assert "Supplier" in page


async def test_a_location_tells_what_it_holds(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")

    page = (await supervisor.get(f"/stock/locations/{await given.location('A-01')}")).text

    assert "CUP" in page


@pytest.mark.parametrize("path", ["/stock/items/999", "/stock/locations/999", "/stock/operations/none"])
async def test_what_does_not_exist_is_not_found(supervisor: httpx.AsyncClient, path: str) -> None:
    assert (await supervisor.get(path)).status_code == 404


async def test_a_salesperson_sees_stock_but_not_who_moved_it(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01")
    browser = await signed_in(app, "salesperson")

    page = await browser.get(f"/stock/items/{await item_of('CUP')}")

    assert "A-01" in page.text
    assert "receiver" not in page.text
    assert (await browser.get("/stock/movements")).status_code == 403


async def test_filters_of_the_ledger_stay_in_the_address(
    supervisor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.handlers.stock.PAGE", 1)
    await given.stock("CUP", 1, at="A-01")
    await given.stock("CUP", 2, at="A-01")
    await given.stock("BOX", 3, at="A-01")

    page = (await supervisor.get("/stock/movements", params={"q": "cup", "act": "receive"})).text

    assert "BOX" not in page
    assert "q=cup&amp;act=receive&amp;before=" in page


@pytest.mark.parametrize("day", ["yesterday", "2026-13-40", "0001-01-01", "9999-12-31"])
async def test_a_day_that_is_none_does_not_narrow(supervisor: httpx.AsyncClient, day: str) -> None:
    await given.stock("CUP", 1, at="A-01")

    answer = await supervisor.get("/stock/movements", params={"since": day, "until": day})

    assert answer.status_code == 200


async def test_a_row_leads_to_the_operation_as_it_was_sent(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01", lot="L7")
    row = (await queries.movements(queries.Filters()))[0]

    page = (await supervisor.get(f"/stock/operations/{row.operation}")).text

    for text in ("receiver", "goods in", "stock.receive@1", "&#34;lot&#34;: &#34;L7&#34;"):
        assert text in page


async def test_who_may_not_see_the_audit_does_not_see_what_was_sent(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01", lot="L7")
    row = (await queries.movements(queries.Filters()))[0]
    browser = await signed_in(app, "storekeeper")

    page = await browser.get(f"/stock/operations/{row.operation}")

    assert page.status_code == 200
    assert "&#34;args&#34;" not in page.text


async def test_names_are_shown_as_text(supervisor: httpx.AsyncClient) -> None:
    await given.item("CUP", name="<script>alert(1)</script>")
    await given.stock("CUP", 10, at="A-01")

    for path in ("/stock", "/stock?by=location", "/stock/movements", f"/stock/items/{await item_of('CUP')}"):
        page = (await supervisor.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


# Incidents


async def uncovered_pick(amount: str = "3") -> queries.Incident:
    """Somebody took more than the book held."""
    item, source, tote = (
        await given.item("CUP"),
        await given.location("A-01"),
        await given.location("T-1", kind="tote"),
    )
    device = await given.pda()
    verdict = await device.report(
        "stock.pick@1", item=f"i-{item}", quantity=amount, source=f"l-{source}", target=f"l-{tote}"
    )
    assert verdict.reason == "suspense"
    return (await queries.open_incidents())[0]


async def test_an_incident_shows_before_and_after(supervisor: httpx.AsyncClient) -> None:
    await uncovered_pick()

    page = (await supervisor.get("/stock/incidents")).text

    assert "<del>3</del>" in page
    assert "<ins>0</ins>" in page
    assert "add 3" in page


async def test_goods_that_were_there_are_added_to_the_book(supervisor: httpx.AsyncClient) -> None:
    incident = await uncovered_pick()

    answer = await decide(supervisor, incident, "book_found", "receipt was not scanned")

    assert answer.status_code == 303
    stock = (await queries.stock_of([await item_of("CUP")]))[await item_of("CUP")]
    assert (stock.on_hand, stock.debt) == (3_000, 0)
    closed = (await queries.closed_incidents())[0]
    assert (closed.decision, closed.reason, closed.decided_by) == (
        "book_found",
        "receipt was not scanned",
        "the-supervisor",
    )
    assert await queries.waiting() == (0, 0)
    assert (await queries.movements(queries.Filters(act="adjust")))[0].reason == "receipt was not scanned"


async def decide(
    browser: httpx.AsyncClient, incident: queries.Incident, choice: str, reason: str = ""
) -> httpx.Response:
    return await browser.post(
        f"/stock/incidents/{incident.id}/decision", data={"choice": choice, "reason": reason}
    )


async def test_a_correction_of_the_book_needs_a_reason(supervisor: httpx.AsyncClient) -> None:
    incident = await uncovered_pick()

    answer = await decide(supervisor, incident, "book_found", "  ")

    assert answer.status_code == 422
    assert "Please give a reason" in answer.text
    assert await queries.waiting() == (1, 1)


async def test_an_incident_is_decided_once(supervisor: httpx.AsyncClient) -> None:
    incident = await uncovered_pick()
    await decide(supervisor, incident, "book_found", "found it")

    again = await decide(supervisor, incident, "book_found", "found it")

    assert again.status_code == 422
    assert "Somebody else has decided this" in again.text


async def test_only_what_fits_the_kind_can_be_decided(supervisor: httpx.AsyncClient) -> None:
    incident = await uncovered_pick()

    assert (await decide(supervisor, incident, "noted", "whatever")).status_code == 422
    assert await queries.waiting() == (1, 1)


async def test_something_odd_is_noted(supervisor: httpx.AsyncClient) -> None:
    async with writing():
        await execute(
            Statement(
                "INSERT INTO incident (kind, subject, operation, body, opened_at, decision, decided_by)"
                """ VALUES ('odd', 'op-1', 'op-1', '{"reason": "expired_lot"}', 5, '', 0)"""
            )
        )
    incident = (await queries.open_incidents())[0]

    page = (await supervisor.get("/stock/incidents")).text
    answer = await decide(supervisor, incident, "noted")

    assert "The lot has expired" in page
    assert answer.status_code == 303
    assert await queries.open_incidents() == []


async def test_a_held_operation_that_is_gone_cannot_be_released(supervisor: httpx.AsyncClient) -> None:
    async with writing():
        await execute(
            Statement(
                "INSERT INTO incident (kind, subject, operation, body, opened_at, decision, decided_by)"
                """ VALUES ('held', 'op-1', 'op-1', '{"reason": "internal"}', 5, '', 0)"""
            )
        )
    incident = (await queries.open_incidents())[0]

    answer = await decide(supervisor, incident, "release")

    assert answer.status_code == 422
    assert len(await queries.open_incidents()) == 1


async def test_another_warehouses_incident_cannot_be_decided(app: Litestar) -> None:
    incident = await uncovered_pick()
    await given.warehouse("EAST")
    browser = await signed_in(app, "supervisor", name="east", warehouses=("EAST",))

    assert "CUP" not in (await browser.get("/stock/incidents")).text
    assert (await decide(browser, incident, "book_found", "not mine")).status_code == 422
    assert await queries.waiting() == (1, 1)


async def test_a_storekeeper_sees_what_to_count_but_decides_nothing(app: Litestar) -> None:
    incident = await uncovered_pick()
    browser = await signed_in(app, "storekeeper")

    page = (await browser.get("/stock/incidents")).text
    answer = await decide(browser, incident, "book_found", "found it")

    assert "A-01" in page
    assert 'name="choice"' not in page
    assert answer.status_code == 403


# All of one kind


async def uncovered_picks() -> list[queries.Incident]:
    """Twice somebody took more than the book held, from different places."""
    await uncovered_pick()
    device, item, tote = await given.pda(), await given.item("CUP"), await given.location("T-1", kind="tote")
    source = await given.location("A-02")
    await device.report(
        "stock.pick@1", item=f"i-{item}", quantity="2", source=f"l-{source}", target=f"l-{tote}"
    )
    return await queries.open_incidents()


async def decide_all(
    browser: httpx.AsyncClient, shown: list[queries.Incident], choice: str, reason: str = ""
) -> httpx.Response:
    told = {"choice": choice, "reason": reason, "shown[]": [str(incident.id) for incident in shown]}
    return await browser.post(f"/stock/incidents/{shown[0].id}/alike/decision", data=told)


async def test_all_of_a_kind_are_shown_before_and_after_and_decided_with_one_tap(
    supervisor: httpx.AsyncClient,
) -> None:
    shown = await uncovered_picks()

    offered = (await supervisor.get("/stock/incidents")).text
    asked = (await supervisor.get(f"/stock/incidents/{shown[0].id}/alike?choice=book_found")).text
    answer = await decide_all(supervisor, shown, "book_found", "receipts were not scanned")
    told = (await supervisor.get(answer.headers["location"])).text

    assert "All 2 of this kind" in offered
    assert asked.count("<del>") == asked.count("<ins>") == 2
    assert "2 decided" in told
    assert await queries.waiting() == (0, 0)
    assert {one.reason for one in await queries.closed_incidents()} == {"receipts were not scanned"}


async def test_what_is_no_longer_open_is_told_and_the_rest_is_decided(supervisor: httpx.AsyncClient) -> None:
    shown = await uncovered_picks()
    await decide(supervisor, shown[0], "book_found", "found the first")

    answer = await decide_all(supervisor, shown, "book_found", "found them")
    told = (await supervisor.get(answer.headers["location"])).text

    assert "left alone: 1" in told
    assert sorted(one.reason for one in await queries.closed_incidents()) == ["found the first", "found them"]


async def test_what_came_after_the_page_was_read_is_not_decided_with_it(
    supervisor: httpx.AsyncClient,
) -> None:
    seen = await uncovered_pick()
    await uncovered_picks()

    await decide_all(supervisor, [seen], "book_found", "found it")

    assert [one.location_code for one in await queries.open_incidents()] == ["A-02"]


async def test_many_corrections_of_the_book_need_a_reason_too(supervisor: httpx.AsyncClient) -> None:
    shown = await uncovered_picks()

    answer = await decide_all(supervisor, shown, "book_found", " ")

    assert (answer.status_code, "Please give a reason" in answer.text) == (422, True)
    assert await queries.waiting() == (2, 2)


async def test_one_that_cannot_be_done_holds_up_no_other(supervisor: httpx.AsyncClient) -> None:
    shown = await uncovered_picks()
    async with writing():
        await execute(
            Statement(
                "INSERT INTO incident (kind, subject, operation, body, opened_at, decision, decided_by)"
                """ VALUES ('held', 'op-1', 'op-1', '{"reason": "internal"}', 5, '', 0)"""
            )
        )
    held = [one for one in await queries.open_incidents() if one.kind == "held"]

    answer = await decide_all(supervisor, [*held, *shown], "book_found", "found them")
    told = (await supervisor.get(answer.headers["location"])).text

    assert "still open: 1" in told
    assert [one.kind for one in await queries.open_incidents()] == ["held"]


async def test_oddities_of_another_reason_are_another_kind(supervisor: httpx.AsyncClient) -> None:
    for subject, reason in (("op-1", "expired_lot"), ("op-2", "expired_lot"), ("op-3", "lot_held")):
        async with writing():
            await execute(
                Statement(
                    "INSERT INTO incident (kind, subject, operation, body, opened_at, decision, decided_by)"
                    " VALUES ('odd', ?, ?, ?, 5, '', 0)"
                ),
                subject,
                subject,
                f'{{"reason": "{reason}"}}',
            )
    first = next(one for one in await queries.open_incidents() if one.subject == "op-1")

    page = (await supervisor.get(f"/stock/incidents/{first.id}/alike")).text

    assert page.count('name="shown[]"') == 2


async def test_another_warehouses_incidents_are_not_decided_together(app: Litestar) -> None:
    shown = await uncovered_picks()
    await given.warehouse("EAST")
    browser = await signed_in(app, "supervisor", name="east", warehouses=("EAST",))

    assert (await browser.get(f"/stock/incidents/{shown[0].id}/alike")).status_code == 404
    await decide_all(browser, shown, "book_found", "not mine")
    assert await queries.waiting() == (2, 2)


async def test_a_storekeeper_does_not_decide_many_either(app: Litestar) -> None:
    shown = await uncovered_picks()
    browser = await signed_in(app, "storekeeper")

    assert (await browser.get(f"/stock/incidents/{shown[0].id}/alike")).status_code == 403
    assert (await decide_all(browser, shown, "book_found", "found")).status_code == 403


async def test_an_item_says_what_may_be_promised_and_who_holds_it(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01")
    order = await ordered(CUP=4)
    boss, keeper = await signed_in(app, "supervisor"), await signed_in(app, "storekeeper")
    path = f"/stock/items/{await given.item('CUP')}"

    page = (await boss.get(path)).text

    assert re.search(r"<strong\s*>6</strong>", page), "ten on hand, four reserved"
    assert order.number in page
    assert 'id="standing"' not in (await keeper.get(path)).text, "who may have to count is told no sums"
