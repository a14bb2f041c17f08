"""Counts on the desk: planning, issuing, what counters may not see, review by value, one place on demand."""

import io
import zipfile

import httpx
import pytest
from litestar import Litestar

from server.counts import queries
from server.db import Statement, execute, writing
from tests import given
from tests.counts import floor
from tests.handlers.browsers import signed_in


@pytest.fixture
async def supervisor(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


def typed(warehouse: int, **more: str) -> dict[str, str]:
    return {"warehouse": str(warehouse), "method": "places", "is_blind": "on", "at_most": "100", **more}


async def cost(code: str, millionths: int) -> None:
    """What one of these costs, as finance reckons it."""
    async with writing():
        await execute(
            Statement(
                "INSERT INTO item_worth (item, quantity, value, average, variance) VALUES (?, 0, 0, ?, 0)"
            ),
            await given.item(code),
            millionths,
        )


async def counted(place: str, code: str, seen: int) -> None:
    """Two people agree on what they saw."""
    for user in ("wang", "li"):
        await floor.count(await given.pda(user), place, **{code: seen})


async def test_a_plan_is_written_issued_and_called_off(app: Litestar, supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")

    empty = await supervisor.get("/counts")
    form = await supervisor.get("/counts/new")
    made = await supervisor.post(
        "/counts", data=typed(await given.warehouse(), places="a-01", limit_amount="12.50")
    )
    page = made.headers["location"].split("?")[0]
    issued = await supervisor.post(f"{page}/issue")
    shown = await supervisor.get(issued.headers["location"])
    called_off = await supervisor.post(f"{page}/cancellation", data={"reason": "snow"})
    again = await supervisor.post(f"{page}/issue")

    assert empty.status_code == form.status_code == 200
    assert issued.status_code == 303
    assert "A-01" in shown.text
    assert "On the devices" in shown.text
    assert called_off.status_code == 303
    assert again.status_code == 422
    assert await floor.tasks() == []
    assert "snow" in (await supervisor.get(page)).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("places", "NOWHERE", "does not exist"),
        ("places", "", "Name at least one place"),
        ("tolerance", "lots", "percentage from 0 to 100"),
        ("limit_amount", "-1", "0 or more"),
        ("method", "tea-leaves", "which places"),
        ("at_most", "many", "from 1 to 2000"),
        ("warehouse", "999", "Choose a warehouse"),
    ],
)
async def test_what_is_wrong_with_a_plan_is_said_beside_its_field(
    supervisor: httpx.AsyncClient, field: str, value: str, words: str
) -> None:
    await given.stock("CUP", 10, at="A-01")
    form = typed(await given.warehouse(), places="A-01") | {field: value}

    answer = await supervisor.post("/counts", data=form)

    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize("method", ["date", "doubt", "abc", "zone"])
async def test_a_plan_without_any_fitting_place_is_refused(
    supervisor: httpx.AsyncClient, method: str
) -> None:
    await given.location("A-01")
    form = typed(await given.warehouse(), zone="77", abc="A", days="30") | {"method": method}

    answer = await supervisor.post("/counts", data=form)

    assert answer.status_code == (303 if method == "date" else 422)


async def test_a_counter_sees_neither_the_book_nor_what_others_counted(
    app: Litestar, supervisor: httpx.AsyncClient
) -> None:
    await given.stock("CUP", 97531, at="A-01")
    plan = await floor.issued("A-01")
    await floor.count(await given.pda("wang"), "A-01", CUP=86420)
    sheet = await floor.sheet(plan, "A-01")
    storekeeper = await signed_in(app, "storekeeper")
    paths = ["/counts", f"/counts/{plan}", f"/counts/{plan}/sheets/{sheet.id}"]

    blind = [(await storekeeper.get(path)).text for path in paths]
    known = [(await supervisor.get(path)).text for path in paths]

    for secret in ("97531", "86420", "11111"):
        assert all(secret not in text for text in blind)
    assert "11111" in known[1]
    assert all(figure in known[2] for figure in ("97531", "86420", "-11111"))


async def test_review_shows_the_dearest_first_and_accepts_all_within_limits(
    supervisor: httpx.AsyncClient,
) -> None:
    await cost("CUP", 5_000_000)
    await cost("GOLD", 900_000_000)
    await given.stock("CUP", 10, at="A-01")
    await given.stock("GOLD", 10, at="B-01")
    plan = await floor.issued("A-01", "B-01", limit_amount=100_000)
    await counted("A-01", "CUP", 8)
    await counted("B-01", "GOLD", 9)

    page = (await supervisor.get(f"/counts/{plan}")).text
    accepted = await supervisor.post(f"/counts/{plan}/acceptance")
    again = await supervisor.post(f"/counts/{plan}/acceptance")

    assert page.index("B-01") < page.index("A-01")
    assert "900.00" in page
    assert "10.00" in page
    assert accepted.status_code == 303
    assert again.status_code == 422
    assert [(await floor.sheet(plan, place)).state for place in ("A-01", "B-01")] == ["posted", "review"]


async def test_one_place_is_accepted_or_counted_again(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    await counted("A-01", "CUP", 8)
    sheet = await floor.sheet(plan, "A-01")

    asked = await supervisor.post(f"/counts/{plan}/sheets/{sheet.id}/recount")
    too_soon = await supervisor.post(f"/counts/{plan}/sheets/{sheet.id}/acceptance")
    await floor.count(await given.pda("zhao"), "A-01", CUP=8)
    accepted = await supervisor.post(f"/counts/{plan}/sheets/{sheet.id}/acceptance")

    assert asked.status_code == accepted.status_code == 303
    assert too_soon.status_code == 422
    assert await floor.state(plan) == "posted"


async def test_a_place_is_counted_on_demand_from_its_stock_page(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    place = await given.location("A-01")

    page = await supervisor.get(f"/stock/locations/{place}")
    asked = await supervisor.post(f"/counts/places/{place}")
    again = await supervisor.post(f"/counts/places/{place}")

    assert f'action="/counts/places/{place}"' in page.text
    assert asked.headers["location"].split("?")[0] == again.headers["location"]
    assert [name for name, _ in await floor.tasks()] == ["A-01"]


async def test_plans_of_other_warehouses_are_out_of_reach(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    stranger = await signed_in(app, "supervisor", name="stranger", warehouses=("EAST",))
    sheet = await floor.sheet(plan, "A-01")

    answers = [
        await stranger.get(f"/counts/{plan}"),
        await stranger.get(f"/counts/{plan}/sheets/{sheet.id}"),
        await stranger.post(f"/counts/{plan}/cancellation", data={"reason": "mine"}),
        await stranger.post(f"/counts/{plan}/acceptance"),
        await stranger.post(f"/counts/places/{await given.location('A-01')}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert (await stranger.get("/counts")).text.count("CT-") == 0
    assert (
        await stranger.post("/counts", data=typed(await given.warehouse(), places="A-01"))
    ).status_code == 422


@pytest.mark.parametrize("role", ["storekeeper", "finance", "salesperson", "buyer"])
async def test_only_who_may_plans_and_decides(app: Litestar, role: str) -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    browser = await signed_in(app, role)

    refused = [
        await browser.post(path)
        for path in (
            "/counts",
            f"/counts/{plan}/issue",
            f"/counts/{plan}/acceptance",
            f"/counts/{plan}/cancellation",
        )
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert (await queries.plan(plan)) is not None


async def test_a_plan_goes_to_excel_and_a_blind_place_says_nothing_there(
    app: Litestar, supervisor: httpx.AsyncClient
) -> None:
    await given.stock("CUP", 97_531, at="A-01")
    await given.stock("CUP", 10, at="A-02")
    plan = await floor.issued("A-01", "A-02")
    keeper = await signed_in(app, "storekeeper")
    await counted("A-02", "CUP", 8)

    told = sheet_text(await supervisor.get(f"/counts/{plan}/places.xlsx"))
    blind = sheet_text(await keeper.get(f"/counts/{plan}/places.xlsx"))
    page = await supervisor.get(f"/counts/{plan}")

    assert f"/counts/{plan}/places.xlsx" in page.text
    assert "A-02" in told
    assert "-2" in told
    assert "A-01" in blind
    assert "97531" not in blind
    assert "Value" in told
    assert "Value" not in blind


def sheet_text(answer: httpx.Response) -> str:
    """All that a workbook says."""
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml"))


async def test_one_tap_counts_a_place_from_every_page_that_shows_it(
    app: Litestar, supervisor: httpx.AsyncClient
) -> None:
    await given.stock("CUP", 10, at="A-01")
    item, place = await given.item("CUP"), await given.location("A-01")
    keeper = await signed_in(app, "storekeeper")
    pages = (
        f"/stock/locations/{place}",
        f"/stock/items/{item}",
        "/stock?by=location",
        f"/catalog/locations/{place}",
    )

    told = [(await supervisor.get(page)).text for page in pages]
    kept = [(await keeper.get(page)).text for page in pages]

    assert all(f'action="/counts/places/{place}"' in text for text in told)
    assert not any(f'action="/counts/places/{place}"' in text for text in kept)
