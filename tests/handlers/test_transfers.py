"""Transfers on the desk: who may do what with them, and from which end."""

import httpx
import pytest
from litestar import Litestar

from server.documents import queries as documents
from server.stock import queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.stock import inside

PATH = "/stock/transfers"


@pytest.fixture
async def supervisor(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor", warehouses=("MAIN", "EAST"))


async def typed(**more: str) -> dict[str, str]:
    await given.item("CUP", unit="件")
    return {
        "source": str(await given.warehouse()),
        "target": str(await given.warehouse("EAST")),
        "due_on": "2026-11-25",
        "lines.0.item": "CUP",
        "lines.0.quantity": "6",
        **more,
    }


async def rows_of(transfer_id: int, amount: str) -> dict[str, str]:
    """The one row of a form to send six cups from A-01, with another quantity typed in."""
    goods = await inside.goods("CUP", 6, "A-01")
    return {
        "goods.0.item": str(goods.item),
        "goods.0.location": str(goods.location),
        "goods.0.quantity": amount,
    }


async def test_a_transfer_is_written_released_sent_and_received_on_the_desk(
    supervisor: httpx.AsyncClient,
) -> None:
    await given.stock("CUP", 10, at="A-01")

    made = await supervisor.post(PATH, data=await typed())
    number = int(made.headers["location"].removeprefix(f"{PATH}/").partition("?")[0])
    await supervisor.post(f"{PATH}/{number}/release")
    page = (await supervisor.get(f"{PATH}/{number}")).text
    sent = await supervisor.post(f"{PATH}/{number}/sending", data=await rows_of(number, "6"))
    (way,) = await queries.on_the_way(number)
    arrival = {
        "goods.0.item": str(way.item),
        "goods.0.location": str(way.location),
        "goods.0.quantity": "6",
        "dock": str(await inside.dock()),
    }
    came = await supervisor.post(f"{PATH}/{number}/arrival", data=arrival)

    assert 'name="goods.0.quantity" value="6"' in page
    assert (sent.status_code, came.status_code) == (303, 303)
    assert (await inside.one(number)).state == "done"
    done = (await supervisor.get(f"{PATH}/{number}")).text
    assert "goods.0.quantity" not in done
    assert "Released" in done


async def test_a_wrong_form_comes_back_as_it_was_typed(supervisor: httpx.AsyncClient) -> None:
    house = str(await given.warehouse())

    answer = await supervisor.post(PATH, data=await typed(source=house, target=house))

    assert answer.status_code == 422
    assert "Both ends are the same warehouse" in answer.text
    assert 'value="CUP"' in answer.text


async def test_more_than_lies_there_is_refused_beside_the_rows(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})

    too_much = await supervisor.post(f"{PATH}/{number}/sending", data=await rows_of(number, "11"))
    unreadable = await supervisor.post(f"{PATH}/{number}/sending", data=await rows_of(number, "six"))

    assert (too_much.status_code, unreadable.status_code) == (422, 422)
    assert "There is not so much of it there" in too_much.text
    assert "This is no quantity" in unreadable.text


async def test_a_draft_is_edited_and_an_older_sight_of_it_is_told(supervisor: httpx.AsyncClient) -> None:
    number = await inside.transfer({"CUP": 6}, released=False)

    form = (await supervisor.get(f"{PATH}/{number}/edit")).text
    changed = await supervisor.post(
        f"{PATH}/{number}", data=await typed(version="1", **{"lines.0.quantity": "3"})
    )
    stale = await supervisor.post(f"{PATH}/{number}", data=await typed(version="1"))

    assert 'name="lines.0.quantity" value="6"' in form
    assert (changed.status_code, stale.status_code) == (303, 409)
    assert 'name="version" value="2"' in stale.text, "whoever looked again may save over it"
    assert await inside.figures(number) == [("CUP", "3", "0", "0", "0")]


async def test_each_end_moves_its_own_goods(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})
    sender = await signed_in(app, "storekeeper", name="sender", warehouses=("MAIN",))
    receiver = await signed_in(app, "storekeeper", name="receiver-east", warehouses=("EAST",))

    at_the_wrong_end = await receiver.post(f"{PATH}/{number}/sending", data=await rows_of(number, "6"))
    sent = await sender.post(f"{PATH}/{number}/sending", data=await rows_of(number, "6"))
    not_mine = await sender.post(f"{PATH}/{number}/arrival")

    assert (at_the_wrong_end.status_code, sent.status_code, not_mine.status_code) == (403, 303, 403)
    assert "goods.0.quantity" not in (await sender.get(f"{PATH}/{number}")).text
    assert "goods.0.quantity" in (await receiver.get(f"{PATH}/{number}")).text


async def test_somebody_of_neither_end_does_not_know_of_it(app: Litestar) -> None:
    number = await inside.transfer({"CUP": 6})
    stranger = await signed_in(app, "supervisor", warehouses=("WEST",))

    assert (await stranger.get(f"{PATH}/{number}")).status_code == 404
    assert (await stranger.post(f"{PATH}/{number}/release")).status_code == 404
    assert "TR-" not in (await stranger.get(PATH)).text


async def test_both_ends_find_it_in_their_lists_and_write_notes_on_it(app: Litestar) -> None:
    number = await inside.transfer({"CUP": 6})
    one = await inside.one(number)
    for name, house in (("here", "MAIN"), ("there", "EAST")):
        browser = await signed_in(app, "storekeeper", name=name, warehouses=(house,))

        assert one.number in (await browser.get(f"{PATH}?q=cup&state=out")).text
        assert (
            await browser.post(f"/documents/tr-{number}/notes", data={"body": "小心轻放"})
        ).status_code == 303

    assert len(await documents.notes(f"tr-{number}")) == 2


async def test_a_storekeeper_writes_no_transfers(app: Litestar) -> None:
    number = await inside.transfer({"CUP": 6}, released=False)
    browser = await signed_in(app, "storekeeper")

    assert (await browser.post(PATH, data=await typed())).status_code == 403
    assert (await browser.post(f"{PATH}/{number}/release")).status_code == 403
    assert "New transfer" not in (await browser.get(PATH)).text


async def test_what_did_not_arrive_is_decided_with_a_reason(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 6, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await supervisor.post(f"{PATH}/{number}/sending", data=await rows_of(number, "6"))

    silent = await supervisor.post(f"{PATH}/{number}/rest/lost")
    other = await supervisor.post(f"{PATH}/{number}/rest/eaten", data={"reason": "x"})
    decided = await supervisor.post(f"{PATH}/{number}/rest/lost", data={"reason": "车祸"})

    assert (silent.status_code, other.status_code, decided.status_code) == (422, 422, 303)
    assert "Say why" in silent.text
    assert (await inside.one(number)).state == "done"
    assert "车祸" in (await supervisor.get(f"{PATH}/{number}")).text


async def test_the_ledger_shows_the_rows_of_one_document(supervisor: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    number = await inside.transfer({"CUP": 6})
    await supervisor.post(f"{PATH}/{number}/sending", data=await rows_of(number, "6"))

    rows = await queries.movements(queries.Filters(document=f"tr-{number}"))
    page = await supervisor.get(f"/stock/movements?document=tr-{number}")

    assert [(row.source_code, row.target_kind, row.quantity) for row in rows] == [("A-01", "transit", 6000)]
    assert "A-01" in page.text
    assert "Only this document" in page.text
