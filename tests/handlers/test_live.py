"""The devices' socket: rows as they are committed, nothing out of scope, nothing lost by a cut."""

import asyncio
from typing import Any

import pytest
from litestar import Litestar

from server import clock, feed, live
from server.db import writing
from server.handlers import live as handler
from server.sync import following, streaming
from server.sync import tables as sync
from tests.sockets import Closed, Socket, connect
from tests.stock import house as firm

PATH = "/sync/live"


@pytest.fixture
async def house(app: Litestar) -> firm.House:
    return await firm.build()


async def here() -> dict[str, Any]:
    head = await feed.head()
    return {"generation": head.generation, "cursor": head.seq}


def shown(house: firm.House) -> dict[str, str]:
    return {"authorization": f"Bearer {house.bearer}"}


async def hello(socket: Socket, **more: object) -> Any:
    await socket.send(await here() | more)
    return await socket.json()


async def test_a_movement_is_heard_with_its_balances(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        greeting = await hello(socket)
        await firm.move(house, "CUP", "10", "supplier", "A-01", act="receive")
        frame = await socket.json()

    assert frame["from"] == greeting["to"]
    assert frame["to"] == (await feed.head()).seq
    key = f"i-{house.items['CUP']}/l-{house.locations['A-01']}//"
    assert [row["body"] for row in frame["rows"] if row["key"] == key] == [{"on_hand": "10", "held": "0"}]


async def test_the_secret_may_come_in_the_first_message(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH) as socket:
        greeting = await hello(socket, token=house.bearer)

    assert greeting["rows"] == []


async def test_a_stranger_hears_nothing(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH) as socket:
        await socket.send(await here() | {"token": f"d-{house.device}.guessed"})
        with pytest.raises(Closed) as closed:
            await socket.text()

    assert closed.value.code == handler.SIGN_IN_AGAIN


async def test_a_revoked_device_hears_nothing(app: Litestar, house: firm.House) -> None:
    await revoke(house)

    async with connect(app, PATH, headers=shown(house)) as socket:
        await socket.send(await here())
        with pytest.raises(Closed) as closed:
            await socket.text()

    assert closed.value.code == handler.REVOKED


async def revoke(house: firm.House) -> None:
    async with writing():
        await sync.Device.update({sync.Device.is_revoked: True}).where(
            sync.Device._meta.primary_key == house.device
        )


async def test_a_device_revoked_while_listening_is_cut_off(
    app: Litestar, house: firm.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "PING_S", 0.05)
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket)
        await revoke(house)
        with pytest.raises(Closed) as closed:
            await hear_to_the_end(socket)

    assert closed.value.code == handler.REVOKED


async def hear_to_the_end(socket: Socket) -> None:
    while True:
        await socket.text()


async def test_no_row_leaves_its_scope(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket)
        await firm.move(house, "CUP", "5", "supplier", "E-01", act="receive")
        assert await socket.is_silent()
        await firm.move(house, "CUP", "5", "supplier", "A-01", act="receive")
        frame = await socket.json()

    assert {row["scope"] for row in frame["rows"]} == {f"warehouse:w-{house.warehouses['MAIN']}"}


async def test_a_cut_device_hears_what_it_missed(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        cursor = (await hello(socket))["to"]
    await firm.move(house, "CUP", "5", "supplier", "A-01", act="receive")
    await firm.move(house, "BOX", "5", "supplier", "E-01", act="receive")

    async with connect(app, PATH, headers=shown(house)) as socket:
        missed = await hello(socket, cursor=cursor)

    assert missed["from"] == cursor
    assert missed["to"] == (await feed.head()).seq
    assert {row["key"].split("/")[0] for row in missed["rows"]} == {f"i-{house.items['CUP']}"}


@pytest.mark.parametrize("wrong", [{"generation": 99}, {"cursor": 1_000_000}])
async def test_a_cursor_that_means_nothing_here_is_poked_to_pull(
    app: Litestar, house: firm.House, wrong: dict[str, int]
) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        answer = await hello(socket, **wrong)

    assert answer == {"poke": (await feed.head()).seq}


async def test_a_device_far_behind_is_poked_to_pull(
    app: Litestar, house: firm.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "CATCH_UP_ROWS", 1)
    await firm.move(house, "CUP", "5", "supplier", "A-01", act="receive")
    await firm.move(house, "CUP", "5", "A-01", "A-02")

    async with connect(app, PATH, headers=shown(house)) as socket:
        answer = await hello(socket, cursor=0)

    assert answer == {"poke": (await feed.head()).seq}


async def test_frames_follow_each_other_without_a_gap_while_work_goes_on(
    app: Litestar, house: firm.House
) -> None:
    await firm.move(house, "CUP", "100", "supplier", "A-01", act="receive")
    async with connect(app, PATH, headers=shown(house)) as socket:
        cursor = (await hello(socket))["to"]
        for _ in range(20):
            await firm.move(house, "CUP", "1", "A-01", "A-02")
        head = (await feed.head()).seq
        frames = [await socket.json()]
        while frames[-1]["to"] < head:
            frames.append(await socket.json())

    for frame in frames:
        assert frame["from"] == cursor
        cursor = frame["to"]
    last = {row["key"]: row["body"]["on_hand"] for frame in frames for row in frame["rows"]}
    assert sorted(last.values()) == ["20", "80"]


async def test_rows_of_one_tick_come_once_each(
    app: Litestar, house: firm.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket)
        async with writing():
            feed.put("catalogue", "note", "first", {"text": "leaves at once"})
        await socket.json()
        monkeypatch.setattr(streaming, "TICK_S", 0.5)
        for count in range(5):
            async with writing():
                feed.put("catalogue", "note", "n", {"count": count})
        frame = await socket.json()

    assert [row["body"] for row in frame["rows"]] == [{"count": 4}]


async def test_a_pull_in_between_moves_the_cursor(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket, generation=99)
        await firm.move(house, "BOX", "5", "supplier", "E-01", act="receive")
        pulled = (await here())["cursor"]
        await socket.send({"cursor": pulled})
        await asyncio.sleep(0.02)
        await firm.move(house, "CUP", "5", "supplier", "A-01", act="receive")
        frame = await socket.json()

    assert frame["from"] == pulled


async def test_signs_of_life_go_both_ways(
    app: Litestar, house: firm.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "PING_S", 0.25)
    monkeypatch.setattr(handler, "SILENCE_S", 1.5)
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket)
        for _ in range(8):
            assert abs((await socket.json())["ping"] - clock.now() // 1000) < 5_000
            await socket.send({"ping": 1})


async def test_a_silent_device_is_gone(
    app: Litestar, house: firm.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "SILENCE_S", 0.05)
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket)
        with pytest.raises(Closed) as closed:
            await socket.text()

    assert closed.value.code == handler.GONE


@pytest.mark.parametrize("nonsense", ["", "[]", "{", '{"cursor": 1}', '{"generation": "x", "cursor": 0}'])
async def test_a_greeting_that_cannot_be_read_is_refused(
    app: Litestar, house: firm.House, nonsense: str
) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        await socket.send(nonsense)
        with pytest.raises(Closed) as closed:
            await socket.text()

    assert closed.value.code == handler.BAD_HELLO


async def test_when_the_last_device_leaves_nobody_follows_the_feed(app: Litestar, house: firm.House) -> None:
    async with connect(app, PATH, headers=shown(house)) as socket:
        await hello(socket)
        assert streaming._stream.by_scope
        assert following._following
    await asyncio.sleep(0)

    assert not streaming._stream.by_scope
    assert not following._following
    assert not following._tasks


async def test_what_waits_for_a_stalled_device_is_bounded(database: object) -> None:
    async with streaming.listening(("catalogue",)) as listener:
        for count in range(60):
            async with writing():
                feed.put("catalogue", "note", str(count), {"text": "x" * 10_000})
            streaming._stream.flush()

        assert listener.mailbox.waiting <= live.MAILBOX_BYTES
        assert listener.mailbox.take() == f'{{"poke":{(await feed.head()).seq}}}'
        assert listener.mailbox.take() is None


async def test_devices_that_may_see_the_same_share_one_frame(database: object) -> None:
    async with (
        streaming.listening(("catalogue", "device:d-1")) as one,
        streaming.listening(("catalogue", "device:d-2")) as other,
    ):
        async with writing():
            feed.put("catalogue", "note", "n", {})
        streaming._stream.flush()

        assert one.mailbox.take() is other.mailbox.take()


async def test_rows_that_another_process_wrote_are_read_again(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with streaming.listening(("catalogue",)) as listener:
        follower = following._following[0]
        feed.stop_listening(follower.commit)
        async with writing():
            feed.put("catalogue", "note", "theirs", {})
        feed.on_change(follower.commit)
        async with writing():
            feed.put("catalogue", "note", "ours", {})
        async with asyncio.timeout(5.0):
            heard = await listener.mailbox.next()
            if '"ours"' not in heard:
                heard += await listener.mailbox.next()

    assert heard.index('"theirs"') < heard.index('"ours"')


@pytest.mark.postgres
async def test_postgres_wakes_the_other_processes(database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_S", 60.0)
    async with streaming.listening(("catalogue",)) as listener:
        await asyncio.sleep(0.3)
        feed.stop_listening(following._following[0].commit)
        async with writing():
            feed.put("catalogue", "note", "theirs", {})
        async with asyncio.timeout(2.0):
            text = await listener.mailbox.next()
        feed.on_change(following._following[0].commit)

    assert '"theirs"' in text


async def test_a_stalled_device_is_given_up_and_holds_nobody(
    app: Litestar, house: firm.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "PING_S", 0.05)
    monkeypatch.setattr(handler, "SEND_S", 0.05)
    monkeypatch.setattr(handler, "GOODBYE_S", 0.05)
    async with connect(app, PATH, headers=shown(house)) as stalled:
        await hello(stalled)
        take_nothing(stalled)
        async with connect(app, PATH, headers=shown(house)) as other:
            await hello(other)
            await firm.move(house, "CUP", "10", "supplier", "A-01", act="receive")

            assert (await rows(other))["rows"]
        await asyncio.sleep(0.5)

        assert not streaming._stream.by_scope, "the stalled one is not listened for any more"


def take_nothing(socket: Socket) -> None:
    """From now on the network takes nothing: whoever sends waits."""
    socket.inbox._maxsize = 1  # type: ignore[attr-defined]  # what its maxsize reads
    socket.inbox.put_nowait("stuck")


async def rows(socket: Socket) -> Any:
    """The next message that is not a sign of life."""
    while "ping" in (message := await socket.json()):
        pass
    return message
