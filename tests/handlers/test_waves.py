"""Waves on the desk, as browsers see them."""

import io
import re

import httpx
import pytest
from litestar import Litestar

from server.people import queries as people
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.floor import picker, released, standing, tote


@pytest.fixture
async def boss(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def two_far_away() -> tuple[int, int]:
    for code, bay in (("H-09", 9), ("H-10", 10)):
        await given.location(code, aisle="H", bay=bay)
        await given.stock(f"I{code[-2:]}", 10, at=code)
    return await released(I09=1), await released(I10=1)


async def test_a_proposed_wave_is_made_by_one_tap(boss: httpx.AsyncClient) -> None:
    notices = await two_far_away()
    page = await boss.get("/outbound/waves/proposals")
    hidden = re.findall(r'type="hidden" name="([a-z\[\]]+)" value="(\w+)"', page.text)
    assert [value for name, value in hidden if name == "notice[]"] == [str(one) for one in notices]

    made = await boss.post(
        "/outbound/waves",
        data={"kind": "cluster", "notice[]": [str(one) for one in notices]},
    )

    assert made.status_code == 303
    assert {(await standing(one)).wave_kind for one in notices} == {"cluster"}
    assert "notice[]" not in (await boss.get("/outbound/waves/proposals")).text


async def test_totes_are_scanned_onto_the_trolley_and_taken_off(
    app: Litestar, boss: httpx.AsyncClient
) -> None:
    first, second = await two_far_away()
    made = await boss.post("/outbound/waves", data={"kind": "cluster", "notice": [str(first), str(second)]})
    wave = made.headers["location"]
    await tote("T-1")
    keeper = await signed_in(app, "storekeeper")

    put_on = await keeper.post(f"{wave}/totes", data={"tote": " t-1 "})
    twice = await keeper.post(f"{wave}/totes", data={"tote": "T-1"})

    assert (put_on.status_code, twice.status_code) == (303, 422)
    assert (await standing(first)).tote_code == "T-1"
    assert "T-1" in (await keeper.get(wave)).text
    await keeper.post(f"{wave}/totes/1/removal")
    assert (await standing(first)).tote_code == ""


async def test_two_taps_give_a_wave_to_somebody_and_take_it_back(boss: httpx.AsyncClient) -> None:
    notices = await two_far_away()
    made = await boss.post("/outbound/waves", data={"kind": "batch", "notice": [str(one) for one in notices]})
    wave, wang = made.headers["location"], await picker("wang")
    page = await boss.get(wave)
    assert re.search(rf'<button[^>]*name="person" value="{wang}"', page.text)

    given_to = await boss.post(f"{wave}/taker", data={"person": str(wang)})

    assert (await boss.get(given_to.headers["location"])).status_code == 200
    assert {(await standing(one)).taken_by for one in notices} == {wang}
    await boss.post(f"{wave}/taker", data={"person": "0"})
    assert {(await standing(one)).taken_by for one in notices} == {0}
    assert (await people.names())[wang] == "wang"


async def test_a_notice_is_given_to_somebody_on_its_page(boss: httpx.AsyncClient) -> None:
    (notice, _), wang = await two_far_away(), await picker("wang")

    answer = await boss.post(f"/outbound/notices/{notice}/taker", data={"person": str(wang)})
    stranger = await boss.post(f"/outbound/notices/{notice}/taker", data={"person": "999999"})

    assert "done=taker" in answer.headers["location"]
    assert "done" not in stranger.headers["location"]
    assert (await standing(notice)).taken_by == wang


async def test_waves_stay_filtered(boss: httpx.AsyncClient) -> None:
    notices = await two_far_away()
    made = await boss.post("/outbound/waves", data={"kind": "batch", "notice": [str(one) for one in notices]})
    number = re.search(r"WV-\d+-\d+", (await boss.get(made.headers["location"])).text)
    assert number

    assert number[0] in (await boss.get("/outbound/waves?state=open")).text
    assert number[0] not in (await boss.get("/outbound/waves?state=dissolved")).text


@pytest.mark.parametrize("path", ["/exports/sn", "/exports/wv", "/exports/sn/1/lines", "/exports/wv/1/lines"])
async def test_notices_and_waves_become_spreadsheets(boss: httpx.AsyncClient, path: str) -> None:
    notices = await two_far_away()
    await boss.post("/outbound/waves", data={"kind": "batch", "notice": [str(one) for one in notices]})

    answer = await boss.get(path)

    assert answer.status_code == 200
    assert io.BytesIO(answer.content).read(2) == b"PK"


@pytest.mark.parametrize("role", ["storekeeper", "finance"])
async def test_who_does_not_release_proposes_and_assigns_nothing(app: Litestar, role: str) -> None:
    notice, _ = await two_far_away()
    browser = await signed_in(app, role)

    assert (await browser.get("/outbound/waves/proposals")).status_code == 403
    assert (await browser.post("/outbound/waves/1/taker", data={"person": "1"})).status_code == 403
    assert (await browser.post(f"/outbound/notices/{notice}/taker", data={"person": "1"})).status_code == 403


async def test_a_wave_of_another_warehouse_is_not_there(app: Litestar, boss: httpx.AsyncClient) -> None:
    notices = await two_far_away()
    made = await boss.post("/outbound/waves", data={"kind": "batch", "notice": [str(one) for one in notices]})
    wave = made.headers["location"]
    await given.warehouse("NORTH", "北仓")
    await given.person("north", role="supervisor", warehouses=("NORTH",))
    other = await signed_in(app, "supervisor", name="north")

    for path in (f"{wave}/totes", f"{wave}/taker", f"{wave}/dissolution"):
        assert (await other.post(path, data={"tote": "T-1", "person": "0"})).status_code == 404
