"""The live board: what it shows, who may watch, and that it follows by itself."""

import itertools
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server import clock
from server.db import Statement, execute, writing
from server.handlers import board
from server.outbound import releasing, watching, waving
from server.outbound.ordering import By
from server.sync import hearing, overseeing, showing
from tests import given
from tests.conftest import visitor
from tests.outbound import floor
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

    changed = {
        "stock-0",
        "board-stand",
        "board-tile-people",
        "board-tile-offline",
        "board-movements",
        "board-devices",
    }
    assert {"stock-0", "board-tile-people", "board-movements"} <= set(pieces(missed)) <= changed


def pieces(message: Any) -> list[str]:
    return re.findall(r'id="([\w-]+)"[^>]*hx-swap-oob', message["content"])


async def test_a_board_that_nobody_kept_gets_everything_anew(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    async with connect(app, f"{LIVE}?cursor=forgotten.7", headers=signed_in) as socket:
        everything = await socket.json()

    assert len(pieces(everything)) == overseeing.ROWS + len(board.TILES) + len(board.PANELS)


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

    fleet = (await overseeing.gather(overseeing.Overview(None))).fleet
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


# Tiles, and the lines behind them


async def released(house: firm.House) -> int:
    """Ten cups in a bin, three of them ordered, and the floor told to send them: the notice."""
    await firm.move(house, "CUP", "10", "supplier", "A-01", act="receive")
    return await floor.released(CUP=3)


def tile(shown: str, name: str) -> str:
    """What a tile says, without its markup."""
    found = re.search(rf'<a id="board-tile-{name}".*?</a>', shown, re.DOTALL)
    assert found, name
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


async def test_tiles_count_waves_lines_people_and_what_is_wrong(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    notice = await released(house)
    await waving.group([notice], "single", by=By(house.user))
    await firm.move(house, "BOX", "3", "A-01", "TOTE-1", act="pick")

    shown = (await page(app, signed_in)).text

    assert tile(shown, "waves") == "进行中的波次 1 个 已拣 0 / 1 行"
    assert tile(shown, "lines") == "待拣行 1 行 下发 0 · 包装 0 · 发货 0"
    assert tile(shown, "late") == "逾期订单 0 单 没有逾期"
    assert tile(shown, "people") == "人员 1 人在岗 2 行/时"
    assert tile(shown, "exceptions") == "待处理 需决定 1 项 缺货 0 · 待核实 1"
    assert tile(shown, "offline") == "离线设备 0 / 3 台 没有未上传的作业"


async def test_an_empty_house_says_so_on_every_tile_and_behind_it(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    shown = (await page(app, signed_in)).text

    for name, words in (("waves", "没有进行中的波次"), ("lines", "没有待拣的行"), ("late", "没有逾期")):
        assert words in tile(shown, name)
        assert words in (await page(app, signed_in, f"/board/{name}")).text
    assert "全部 1 台设备在线" in (await page(app, signed_in, "/board/offline")).text


async def test_a_pick_takes_its_line_off_the_tile_within_a_second(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    notice = await released(house)
    async with connect(app, LIVE, headers=signed_in) as socket:
        await socket.json()
        picked_at = time.monotonic()
        await floor.pick(notice, at="A-01", into="TOTE-1", CUP=3)
        message = await until(socket, "包装 1")

        assert time.monotonic() - picked_at < 1.2
    assert tile(message["content"], "lines").startswith("待拣行 0 行")
    assert "board-tile-late" not in pieces(message), "what has not changed is not sent"


async def test_an_order_whose_day_has_passed_is_late_in_words_and_opens_its_lines(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    notice = await released(house)
    async with writing():
        await execute(Statement("UPDATE sales_order SET wanted_on = '2020-01-02'"))

    shown = (await page(app, signed_in)).text
    behind = (await page(app, signed_in, "/board/late")).text

    assert tile(shown, "late").startswith("逾期订单 逾期 1 单 最早 01-02")
    assert f"/outbound/notices/{notice}" in behind or "/outbound/orders/" in behind
    assert "CUP" in behind
    assert re.search(r"逾期 \d+ 天", behind)


async def test_from_a_line_it_is_one_more_tap_to_the_person_and_the_device(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    notice = await released(house)
    await releasing.take([notice], by=By(house.user, device=house.device))

    lines = (await page(app, signed_in, "/board/lines")).text
    person = (await page(app, signed_in, f"/board/people/{house.user}")).text
    device = (await page(app, signed_in, f"/board/devices/{house.device}")).text

    assert f'href="/board/people/{house.user}"' in lines
    assert f'href="/board/devices/{house.device}"' in lines
    for shown in (person, device):
        assert f'href="/outbound/notices/{notice}"' in shown
        assert "剩 1 / 1" in shown
    assert "林晓的手机" in person


async def test_a_silent_device_tells_what_it_holds(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    notice = await released(house)
    await releasing.take([notice], by=By(house.user, device=house.device))
    await fall_silent(house, 7, holding=42)

    shown = (await page(app, signed_in)).text
    behind = (await page(app, signed_in, "/board/offline")).text

    assert "未上传 42 条 · 领走 1 单" in tile(shown, "offline")
    assert "待传 42" in behind
    assert "剩 1 行" in behind


async def test_somebody_is_counted_by_lines_of_the_last_hour(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str]
) -> None:
    for amount in ("1", "1", "1"):
        await firm.move(house, "CUP", amount, "supplier", "A-01", act="receive")
    await firm.move(house, "CUP", "1", "A-01", "A-02")

    shown = (await page(app, signed_in, "/board/people")).text

    assert re.search(r"移库.*?<td class=\"quantity\">2</td>", shown, re.DOTALL), (
        "three scans of one line are one line"
    )


async def test_the_chosen_warehouse_is_kept(app: Litestar, house: firm.House) -> None:
    headers = await firm.sign_in(await given.person("boss", role="administrator", sees_all_warehouses=True))
    await firm.move(house, "BOX", "5", "supplier", "E-01", act="receive")
    await firm.move(house, "CUP", "5", "supplier", "A-01", act="receive")
    east = house.warehouses["EAST"]

    await page(app, headers, f"/board?warehouse={east}")
    again = (await page(app, headers)).text
    everything = (await page(app, headers, "/board?warehouse=0")).text

    assert f"/board/live?warehouse={east}" in again
    assert "E-01" in again
    assert "A-01" not in again
    assert "A-01" in everything


@pytest.mark.parametrize("path", ["waves", "lines", "late", "people", "offline", "people/1", "devices/1"])
async def test_what_is_behind_the_tiles_is_for_who_may_watch(
    app: Litestar, house: firm.House, path: str
) -> None:
    headers = await firm.sign_in(await given.person("seller", role="salesperson"))

    assert (await page(app, headers, f"/board/{path}")).status_code == 403
    assert (await page(app, {}, f"/board/{path}")).status_code == 303


async def test_another_warehouses_lines_people_and_devices_are_not_shown(
    app: Litestar, house: firm.House
) -> None:
    await released(house)
    headers = await firm.sign_in(await given.person("east", role="supervisor", warehouses=("EAST",)))

    assert "没有待拣的行" in (await page(app, headers, "/board/lines")).text
    assert (await page(app, headers, f"/board/people/{house.user}")).status_code == 404
    assert (await page(app, headers, f"/board/devices/{house.device}")).status_code == 404
    for odd in ("-1", str(10**30)):
        assert (await page(app, headers, f"/board/lines?warehouse={odd}")).status_code in (400, 404)


async def test_boards_in_both_languages_are_gathered_once(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await firm.sign_in(await given.person("ann", role="supervisor", language="en"))

    async with connect(app, LIVE, headers=signed_in) as zh, connect(app, LIVE, headers=other) as en:
        chinese, english = (await zh.json())["content"], (await en.json())["content"]

        assert len(showing._views) == 1
    assert "待拣行" in chinese
    assert "Lines to pick" in english


async def test_goods_out_are_counted_once_for_many_commits(
    app: Litestar, house: firm.House, signed_in: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    whole = watching.floor

    async def counting(*asked: Any) -> watching.Floor:
        counted.append(clock.now())
        return await whole(*asked)

    monkeypatch.setattr(watching, "floor", counting)
    async with connect(app, LIVE, headers=signed_in) as socket:
        await socket.json()
        for _ in range(20):
            await firm.move(house, "CUP", "1", "supplier", "A-01", act="receive")
        await until(socket, "+20")

    assert all(later - earlier >= overseeing.FLOOR_EVERY for earlier, later in itertools.pairwise(counted)), (
        "whatever the number of scans"
    )
