"""Devices on the desk: who holds them, letting them in and shutting them out."""

import base64
import re

import httpx
import pytest
from litestar import Litestar

from server import clock
from server.db import Statement, execute, writing
from server.sync import enrolling, queries
from tests import given
from tests.handlers.browsers import signed_in


@pytest.fixture
async def supervisor(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def test_a_silent_device_tells_since_when_and_what_it_holds(supervisor: httpx.AsyncClient) -> None:
    await given.pda(name="Receiving 1")
    async with writing():
        await execute(
            Statement("UPDATE device SET seen_at = ?, queue_depth = 42, app = '2026.11.1'"),
            clock.now() - 3 * clock.HOUR,
        )

    page = (await supervisor.get("/devices")).text

    for text in ("Receiving 1", "wang", "Silent for 3 h", "42", "2026.11.1"):
        assert text in page


async def test_a_device_of_another_warehouse_is_out_of_reach(app: Litestar) -> None:
    await given.person("lin", warehouses=("EAST",))
    device = await given.pda("lin", warehouse_code="EAST", name="East 1")
    browser = await signed_in(app, "supervisor", warehouses=("MAIN",))

    assert "East 1" not in (await browser.get("/devices")).text
    assert (await browser.post(f"/devices/{device.wire_id[2:]}/revocation")).status_code == 404


async def test_shutting_a_device_out_asks_first(supervisor: httpx.AsyncClient) -> None:
    device = await given.pda(name="Lost PDA")
    path = f"/devices/{device.wire_id[2:]}/revocation"

    asked = await supervisor.get(path)

    assert "Lost PDA" in asked.text
    assert not await is_revoked(device)
    assert (await supervisor.post(path)).status_code == 303
    assert await is_revoked(device)
    assert "Shut out" in (await supervisor.get("/devices")).text


async def is_revoked(device: given.Pda) -> bool:
    known = await queries.device_by_bearer(device.headers["Authorization"])
    assert known is not None
    return known.is_revoked


async def invite(browser: httpx.AsyncClient, person: int, warehouse: int) -> httpx.Response:
    return await browser.post(
        "/devices/invitations", data={"person": str(person), "warehouse": str(warehouse)}
    )


async def test_an_invitation_shows_a_code_that_lets_one_device_in(supervisor: httpx.AsyncClient) -> None:
    person, warehouse = await given.person(), await given.warehouse()

    page = (await invite(supervisor, person, warehouse)).text

    link = re.search(r'value="([^"]*/hand/enrol#[\w-]+)"', page)
    assert link is not None
    enrolled = await enrolling.enrol(link[1].partition("#")[2], "New phone", "0123456789abcdef")
    assert isinstance(enrolled, enrolling.Enrolled)
    assert enrolled.user.id == f"u-{person}"


async def test_the_picture_is_the_code_and_has_no_inline_style(supervisor: httpx.AsyncClient) -> None:
    page = (await invite(supervisor, await given.person(), await given.warehouse())).text

    picture = re.search(r"data:image/svg\+xml;base64,([^\"]+)", page)
    assert picture is not None
    svg = base64.b64decode(picture[1]).decode()
    assert svg.startswith(("<?xml", "<svg"))
    assert "style" not in svg


async def test_nobody_hands_out_a_device_that_may_more_than_they_do(supervisor: httpx.AsyncClient) -> None:
    boss = await given.person("boss", role="administrator")

    answer = await invite(supervisor, boss, await given.warehouse())

    assert answer.status_code == 422
    assert "boss" not in (await supervisor.get("/devices/invitations/new")).text


async def test_nobody_is_invited_into_a_warehouse_they_do_not_work_in(app: Litestar) -> None:
    administrator = await signed_in(app, "administrator")
    person = await given.person("lin", warehouses=("MAIN",))

    answer = await invite(administrator, person, await given.warehouse("EAST"))

    assert answer.status_code == 422


@pytest.mark.parametrize("form", [{}, {"person": "x", "warehouse": "1"}, {"person": "1", "warehouse": "99"}])
async def test_a_choice_that_is_none_is_asked_again(
    supervisor: httpx.AsyncClient, form: dict[str, str]
) -> None:
    answer = await supervisor.post("/devices/invitations", data=form)

    assert answer.status_code == 422
    assert "Choose a person and a warehouse" in answer.text


@pytest.mark.parametrize("role", ["storekeeper", "salesperson", "buyer", "finance"])
async def test_a_role_that_may_not_manage_devices_is_refused(app: Litestar, role: str) -> None:
    browser = await signed_in(app, role)

    for path in ("/devices", "/devices/invitations/new", "/devices/1/revocation"):
        assert (await browser.get(path)).status_code == 403
    assert (await invite(browser, 1, 1)).status_code == 403


async def test_names_are_shown_as_text(supervisor: httpx.AsyncClient) -> None:
    await given.pda(name="<script>alert(1)</script>")

    page = (await supervisor.get("/devices")).text

    assert "<script>alert" not in page
