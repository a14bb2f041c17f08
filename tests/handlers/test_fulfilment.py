"""Notices and waves on the desk, as browsers see them."""

import re

import httpx
import pytest
from litestar import Litestar

from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.floor import released, standing, tote


@pytest.fixture
async def boss(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def cups() -> int:
    await given.stock("CUP", 10, at="A-01")
    return await released(CUP=3)


async def post(client: httpx.AsyncClient, notice: int, step: str, **fields: str) -> httpx.Response:
    return await client.post(f"/outbound/notices/{notice}/{step}", data=fields)


async def test_where_nothing_is_to_be_sent_the_page_says_how_it_begins(boss: httpx.AsyncClient) -> None:
    page = await boss.get("/outbound/notices")

    assert page.status_code == 200
    assert 'class="button primary" href="/outbound/orders"' in page.text


async def test_a_notice_is_listed_and_shown(boss: httpx.AsyncClient) -> None:
    notice = await cups()

    listed = await boss.get("/outbound/notices")
    page = await boss.get(f"/outbound/notices/{notice}")

    assert (await standing(notice)).number in listed.text
    assert "A-01" in page.text


async def test_a_notice_goes_all_the_way_by_buttons(app: Litestar, boss: httpx.AsyncClient) -> None:
    notice = await cups()
    keeper = await signed_in(app, "storekeeper")

    assert (await post(boss, notice, "picking", tote=str(await tote()))).status_code == 303
    await post(boss, notice, "cartons")
    page = await boss.get(f"/outbound/notices/{notice}")
    (carton,) = re.findall(r'<select class="input" name="carton"><option value="(\d+)"', page.text)
    await post(boss, notice, "packing", carton=carton)
    own = await post(boss, notice, "check")
    assert own.status_code == 422
    assert (await post(keeper, notice, "check")).status_code == 303
    await post(boss, notice, "shipment", carrier="顺丰", tracking="SF1")
    await post(boss, notice, "delivery")

    stands = await standing(notice)
    assert (stands.state, stands.delivery, stands.tracking) == ("shipped", "delivered", "SF1")
    assert (await boss.get(f"/outbound/notices/{notice}")).status_code == 200


async def test_a_refusal_stands_on_the_page(boss: httpx.AsyncClient) -> None:
    notice = await cups()

    answer = await post(boss, notice, "picking", tote="0")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


async def test_notices_are_grouped_and_taken_apart_again(boss: httpx.AsyncClient) -> None:
    notice = await cups()

    made = await boss.post("/outbound/waves", data={"notice": str(notice), "kind": "batch"})
    wave = made.headers["location"]

    assert (await boss.get(wave)).status_code == 200
    assert (await boss.get("/outbound/waves")).status_code == 200
    await boss.post(f"{wave}/dissolution")
    assert (await standing(notice)).wave is None


async def test_a_notice_is_ended_with_a_reason(boss: httpx.AsyncClient) -> None:
    notice = await cups()

    assert (await post(boss, notice, "cancellation")).status_code == 422
    await post(boss, notice, "cancellation", reason="变卦")

    assert (await standing(notice)).state == "cancelled"


@pytest.mark.parametrize(
    "step", ["picking", "cartons", "packing", "check", "shipment", "delivery", "refusal"]
)
async def test_who_does_not_work_on_the_floor_moves_nothing(app: Litestar, step: str) -> None:
    notice = await cups()
    finance = await signed_in(app, "finance")

    assert (await post(finance, notice, step)).status_code == 403


@pytest.mark.parametrize("step", ["release", "handing-over", "short-closing", "cancellation"])
async def test_a_storekeeper_does_not_decide_what_is_sent(app: Litestar, step: str) -> None:
    notice = await cups()
    keeper = await signed_in(app, "storekeeper")

    assert (await post(keeper, notice, step, reason="x")).status_code == 403
    assert (await keeper.post("/outbound/waves", data={"kind": "batch"})).status_code == 403


async def test_a_buyer_sees_no_notices(app: Litestar) -> None:
    notice = await cups()
    buyer = await signed_in(app, "buyer")

    for path in ("/outbound/notices", f"/outbound/notices/{notice}", "/outbound/waves", "/outbound/waves/1"):
        assert (await buyer.get(path)).status_code == 403
