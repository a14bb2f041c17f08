"""Adjustments on the desk: who writes, who approves, and who sees what they are worth."""

import httpx
import pytest
from litestar import Litestar

from server.catalog.item import UnitDraft
from server.stock import queries
from tests import given
from tests.handlers.browsers import signed_in

PATH = "/stock/adjustments"


@pytest.fixture
async def storekeeper(app: Litestar) -> httpx.AsyncClient:
    await given.stock("CUP", 10, at="A-01")
    return await signed_in(app, "storekeeper")


async def typed(**more: str) -> dict[str, str]:
    return {
        "warehouse": str(await given.warehouse()),
        "reason": "damaged",
        "lines.0.item": "CUP",
        "lines.0.location": "a-01",
        "lines.0.quantity": "-2",
        **more,
    }


async def written(browser: httpx.AsyncClient, **more: str) -> int:
    made = await browser.post(PATH, data=await typed(**more))
    assert made.status_code == 303, made.text
    return int(made.headers["location"].removeprefix(f"{PATH}/").partition("?")[0])


async def state(number: int) -> str:
    one = await queries.adjustment(number)
    assert one is not None
    return one.state


async def test_a_storekeeper_asks_and_a_supervisor_approves(
    app: Litestar, storekeeper: httpx.AsyncClient
) -> None:
    number = await written(storekeeper)
    supervisor = await signed_in(app, "supervisor")

    await storekeeper.post(f"{PATH}/{number}/submission")
    asked = await state(number)
    not_hers = await storekeeper.post(f"{PATH}/{number}/approval")
    approved = await supervisor.post(f"{PATH}/{number}/approval")

    assert asked == "waiting"
    assert (not_hers.status_code, approved.status_code) == (403, 303)
    assert await state(number) == "posted"
    assert await given.on_hand("CUP", at="A-01") == "8"


async def test_a_change_may_be_typed_in_cartons(storekeeper: httpx.AsyncClient) -> None:
    await given.item("BOX", unit="件", units=(UnitDraft("箱", 4),))
    await given.stock("BOX", 10, at="A-01")
    row = {"lines.0.item": "BOX", "lines.0.quantity": "－2", "lines.0.unit": "箱"}

    number = await written(storekeeper, **row)

    (line,) = await queries.adjustment_lines(number)
    assert line.line.quantity == -8_000
    edited = (await storekeeper.get(f"{PATH}/{number}/edit")).text
    assert 'name="lines.0.quantity" value="-8"' in edited
    assert 'name="lines.0.location" value="A-01"' in edited


async def test_everything_wrong_with_a_line_is_said_beside_it_in_words_of_changes(
    storekeeper: httpx.AsyncClient,
) -> None:
    wrong = {"lines.0.quantity": "0", "lines.0.location": "NOWHERE", "lines.1.item": "NOBODY",
             "lines.1.quantity": "1", "lines.1.location": "A-01"}  # fmt: skip

    answer = await storekeeper.post(PATH, data=await typed(**wrong))

    assert answer.status_code == 422
    for field in ("lines.0.quantity", "lines.0.location", "lines.1.item"):
        assert f'id="{field}-error"' in answer.text
    assert "must be above zero" not in answer.text, "less than nothing is what a change may well be"
    assert 'value="NOWHERE"' in answer.text


async def test_a_supervisor_is_told_that_somebody_else_must_approve(
    app: Litestar, storekeeper: httpx.AsyncClient
) -> None:
    supervisor = await signed_in(app, "supervisor")
    number = await written(supervisor)
    await supervisor.post(f"{PATH}/{number}/submission")

    refused = await supervisor.post(f"{PATH}/{number}/approval")

    assert refused.status_code == 422
    assert "Somebody else must approve it" in refused.text


async def test_a_posted_one_is_reversed_with_a_reason(app: Litestar, storekeeper: httpx.AsyncClient) -> None:
    number = await written(storekeeper)
    await storekeeper.post(f"{PATH}/{number}/submission")
    supervisor = await signed_in(app, "supervisor")
    await supervisor.post(f"{PATH}/{number}/approval")

    silent = await supervisor.post(f"{PATH}/{number}/reversal")
    taken = await supervisor.post(f"{PATH}/{number}/reversal", data={"reason": "看错了"})

    assert (silent.status_code, taken.status_code) == (422, 303)
    assert await given.on_hand("CUP", at="A-01") == "10"


async def test_what_is_wrong_is_said_beside_its_row(storekeeper: httpx.AsyncClient) -> None:
    answer = await storekeeper.post(
        PATH,
        data=await typed(
            **{
                "lines.0.quantity": "2",
                "lines.1.item": "NONE",
                "lines.1.location": "A-01",
                "lines.1.quantity": "x",
            }
        ),
    )

    assert answer.status_code == 422
    assert "No item has this code" in answer.text
    assert "This is no quantity" in answer.text
    refused = await storekeeper.post(PATH, data=await typed(**{"lines.0.quantity": "2"}))
    assert "This reason only takes off" in refused.text


async def test_a_place_offers_what_lies_there(storekeeper: httpx.AsyncClient) -> None:
    page = (await storekeeper.get(f"{PATH}/new?location={await given.location('A-01')}")).text

    assert 'name="lines.0.item" value="CUP"' in page


async def test_a_draft_is_written_anew(storekeeper: httpx.AsyncClient) -> None:
    number = await written(storekeeper)

    form = (await storekeeper.get(f"{PATH}/{number}/edit")).text
    changed = await storekeeper.post(
        f"{PATH}/{number}", data=await typed(version="1", **{"lines.0.quantity": "-1"})
    )
    stale = await storekeeper.post(f"{PATH}/{number}", data=await typed(version="1"))

    assert 'value="-2"' in form
    assert (changed.status_code, stale.status_code) == (303, 409)
    assert 'name="version" value="2"' in stale.text, "whoever looked again may save over it"
    (line,) = await queries.adjustment_lines(number)
    assert line.line.quantity == -1000


async def test_worth_is_hidden_from_the_floor(app: Litestar, storekeeper: httpx.AsyncClient) -> None:
    number = await written(storekeeper)
    await storekeeper.post(f"{PATH}/{number}/submission")
    finance = await signed_in(app, "finance")

    assert "Limit" not in (await storekeeper.get(f"{PATH}/{number}")).text
    assert "Worth" not in (await storekeeper.get(PATH)).text
    assert "500.00" in (await finance.get(f"{PATH}/{number}")).text


async def test_finance_sets_the_limits(app: Litestar, storekeeper: httpx.AsyncClient) -> None:
    finance, house = await signed_in(app, "finance"), await given.warehouse()

    wrong = await finance.post(f"{PATH}/limits", data={"warehouse": str(house), "amount": "a lot"})
    done = await finance.post(f"{PATH}/limits", data={"warehouse": str(house), "amount": "20"})
    refused = await storekeeper.post(f"{PATH}/limits", data={"warehouse": str(house), "amount": "20"})

    assert (wrong.status_code, done.status_code, refused.status_code) == (422, 303, 403)
    assert await queries.adjustment_limit(house) == 20_0000
    assert 'value="20.00"' in (await finance.get(f"{PATH}/limits")).text


async def test_another_warehouses_adjustment_does_not_exist(
    app: Litestar, storekeeper: httpx.AsyncClient
) -> None:
    number = await written(storekeeper)
    stranger = await signed_in(app, "supervisor", name="stranger", warehouses=("EAST",))

    assert (await stranger.get(f"{PATH}/{number}")).status_code == 404
    assert (await stranger.post(f"{PATH}/{number}/approval")).status_code == 404
