"""The live board: what it shows, who may watch, and that it follows by itself."""

import re
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server import clock
from server.db import Statement, execute, writing
from server.sync import hearing, overseeing, showing
from tests import given
from tests.conftest import visitor
from tests.sockets import Closed, Refused, Socket, connect
from tests.stock import house as firm

LIVE = "/board/live"


@pytest.fixture
async def house(app: Litestar) -> firm.House:
    return await firm.build("supervisor")


@pytest.fixture
async def signed_in(house: firm.House) -> Mapping[str, str]:
    return await firm.sign_in(house.user)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests look as often as they like."""
    monkeypatch.setattr(showing, "REST_S", 0.0)


async def page(app: Litestar, headers: Mapping[str, str], path: str = "/board") -> httpx.Response:
    async with visitor(app) as browser:
        return await browser.get(path, headers=dict(headers))


async def test_the_board_shows_stock_flow_people_and_movements(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    await firm.move(house, "CUP", "10", "supplier", "A-01", act="receive")
    await firm.move(house, "CUP", "3", "A-01", "TOTE-1", act="pick")

    shown = (await page(app, signed_in)).text

    for text in ("马克杯", "CUP", "+10", "林晓的手机", "A-01", "供应商 → A-01", "收货"):
        assert text in shown


async def test_a_change_is_heard_within_a_second(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    async with connect(app, LIVE, headers=signed_in) as socket:
        await socket.json()
        moved_at = time.monotonic()
        await firm.move(house, "CUP", "10", "supplier", "A-01", act="receive")
        heard = await until(socket, "马克杯")

        assert time.monotonic() - moved_at < 1.0
    assert 'id="stock-0"' in heard["content"]


async def until(socket: Socket, text: str) -> Any:
    """The first message in which `text` stands."""
    while True:
        message = await socket.json()
        if text in message["content"]:
            return message


async def test_a_cut_board_resumes_where_it_was(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    async with connect(app, LIVE, headers=signed_in) as other:
        await other.json()
        async with connect(app, LIVE, headers=signed_in) as socket:
            cursor = (await socket.json())["cursor"]
        await firm.move(house, "CUP", "10", "supplier", "A-01", act="receive")
        await until(other, "马克杯")

        async with connect(app, f"{LIVE}?cursor={cursor}", headers=signed_in) as socket:
            missed = await socket.json()

    changed = {"stock-0", "board-stand", "board-totals", "board-movements", "board-devices"}
    assert {"stock-0", "board-totals", "board-movements"} <= set(pieces(missed)) <= changed


def pieces(message: Any) -> list[str]:
    return re.findall(r'id="([\w-]+)"[^>]*hx-swap-oob', message["content"])


async def test_a_board_that_nobody_kept_gets_everything_anew(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    async with connect(app, f"{LIVE}?cursor=forgotten.7", headers=signed_in) as socket:
        everything = await socket.json()

    assert len(pieces(everything)) == overseeing.ROWS + 5


async def test_a_board_shows_only_its_watchers_warehouses(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    await firm.move(house, "BOX", "5", "supplier", "E-01", act="receive")

    assert "E-01" not in (await page(app, signed_in)).text
    assert (await page(app, signed_in, f"/board?warehouse={house.warehouses['EAST']}")).status_code == 403
    async with connect(app, f"{LIVE}?warehouse={house.warehouses['EAST']}", headers=signed_in) as socket:
        with pytest.raises(Closed):
            await socket.text()


@pytest.mark.parametrize("role", ["salesperson", "buyer", "finance"])
async def test_a_role_that_may_not_watch_is_refused(app: Litestar, house: firm.House, role: str) -> None:
    user = await given.person(role, role=role)
    headers = await firm.sign_in(user)

    assert (await page(app, headers)).status_code == 403
    with pytest.raises(Refused):
        async with connect(app, LIVE, headers=headers):
            pass


async def test_a_stranger_is_sent_to_sign_in(app: Litestar, house: firm.House) -> None:
    assert (await page(app, {})).status_code == 303
    with pytest.raises(Refused):
        async with connect(app, LIVE):
            pass


async def test_another_sites_page_cannot_listen(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    with pytest.raises(Refused):
        async with connect(app, LIVE, headers={**signed_in, "origin": "http://elsewhere.test"}):
            pass


async def test_names_are_shown_as_text(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    async with writing():
        await execute(Statement("UPDATE item SET name = ? WHERE code = 'CUP'"), "<script>alert(1)</script>")
    await firm.move(house, "CUP", "1", "supplier", "A-01", act="receive")

    shown = (await page(app, signed_in)).text
    async with connect(app, LIVE, headers=signed_in) as socket:
        pushed = (await socket.json())["content"]

    for text in (shown, pushed):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


async def fall_silent(house: firm.House, minutes: int, *, holding: int = 0) -> None:
    async with writing():
        await execute(
            Statement("UPDATE device SET seen_at = ?, queue_depth = ? WHERE id = ?"),
            clock.now() - minutes * clock.MINUTE,
            holding,
            house.device,
        )


async def test_a_device_that_falls_silent_is_shown_without_any_commit(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "LOOK_S", 0.05)
    async with connect(app, LIVE, headers=signed_in) as socket:
        assert "在线" in (await socket.json())["content"]
        await fall_silent(house, 7, holding=42)
        message = await until(socket, "离线 7 分钟")

    assert "待传 42" in message["content"]
    assert "未上传 42 条" in message["content"]


async def test_a_board_at_rest_says_nothing(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "LOOK_S", 0.02)
    async with connect(app, LIVE, headers=signed_in) as socket:
        await socket.json()

        assert await socket.is_silent(0.3)


async def test_signs_of_life_keep_a_device_on_the_board(app: Litestar, house: firm.House) -> None:
    await fall_silent(house, 7)
    with hearing.hearing(house.device) as heard:
        heard()
        await hearing.write_down()

    fleet = (await overseeing.gather(overseeing.Overview(None))).devices
    assert [row.presence.is_online for row in fleet] == [True]


async def test_an_uncovered_pick_is_on_the_board(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    await firm.move(house, "BOX", "3", "A-01", "TOTE-1", act="pick")

    shown = (await page(app, signed_in)).text

    assert "账面不足：纸箱 在 A-01" in shown
    assert "账外 3" in shown
    assert "请盘点" in shown


async def test_nobody_gathers_after_the_last_board_is_gone(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    async with connect(app, LIVE, headers=signed_in) as socket:
        await socket.json()
        assert showing._views

    assert not showing._views
