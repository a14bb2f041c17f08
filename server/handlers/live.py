"""The devices' socket: rows of the feed as they are committed, and signs of life both ways."""

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from server import clock, ids
from server.live import frame
from server.sync import frames, queries
from server.sync.hearing import hearing
from server.sync.streaming import Listener, advance, listening, missed

PING_S = 15.0
SILENCE_S = 35.0
"""A device that says nothing for so long is gone, whatever its socket claims."""

SEND_S = 10.0
"""A socket that takes nothing for so long is stalled."""

HELLO_S = 10.0
GOODBYE_S = 1.0

# Close codes of our own (4000 to 4999): what the device should do next.
SIGN_IN_AGAIN = 4401
REVOKED = 4403
SUBSCRIBE_AGAIN = 4409
BAD_HELLO = 4400
GONE = 4408


class Hello(msgspec.Struct, frozen=True):
    """What a device says first: where it stands. A browser cannot set headers, so the token may be here."""

    generation: int
    cursor: int
    token: str = ""


class Said(msgspec.Struct, frozen=True):
    """What a device says later: a sign of life, or how far a pull has brought it."""

    ping: int | None = None
    cursor: int | None = None


class Ended(Exception):
    """This side ends the conversation, with a close code that says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


_hello = msgspec.json.Decoder(Hello).decode
_said = msgspec.json.Decoder(Said).decode


# A plain handler, not a stream: it reads while it sends, and gives up on a browser that does not read.
@websocket("/sync/live", opt={"public": True})
async def live(socket: WebSocket[Any, Any, Any]) -> None:
    """Tell a device what it may see, from where it stands."""
    await socket.accept()
    try:
        hello = await _greeting(socket)
        bearer = _bearer(socket) or hello.token
        device = await _welcome(bearer)
        async with listening(device.scopes) as listener:
            await socket.send_text(await missed(listener, hello.generation, hello.cursor))
            await _both_ways(socket, listener, bearer, device.id)
    except Ended as end:
        await _hang_up(socket, end)
    except (WebSocketDisconnect, OSError):
        pass  # the device has left, in the middle of a word perhaps; that is how radio works


async def _hang_up(socket: WebSocket[Any, Any, Any], end: Ended) -> None:
    """Say why; a stalled device does not take that either, and must not hold us."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await socket.close(end.code, str(end))


async def _welcome(bearer: str) -> queries.Device:
    device = await queries.device_by_bearer(bearer)
    if device is None:
        raise Ended(SIGN_IN_AGAIN, "unknown device")
    if device.is_revoked:
        raise Ended(REVOKED, "revoked")
    return device


async def _greeting(socket: WebSocket[Any, Any, Any]) -> Hello:
    try:
        async with asyncio.timeout(HELLO_S):
            return _hello(await socket.receive_text())
    except TimeoutError:
        raise Ended(GONE, "no greeting") from None
    except msgspec.DecodeError as error:
        raise Ended(BAD_HELLO, str(error)[:100]) from error


def _bearer(socket: WebSocket[Any, Any, Any]) -> str:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _both_ways(socket: WebSocket[Any, Any, Any], listener: Listener, bearer: str, device: int) -> None:
    """Speak and hear at once until one of them ends; its reason is what is raised."""
    speech = Speech()
    tasks = {
        asyncio.create_task(_speak(socket, listener, speech), name="speak to a device"),
        asyncio.create_task(_hear(socket, listener, device), name="hear a device"),
        asyncio.create_task(_tend(listener, bearer, speech), name="tend a device's socket"),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Speech:
    """Since when a word is on its way; a thousand timers, one per word, would cost more than the words."""

    def __init__(self) -> None:
        self.began: float | None = None


async def _speak(socket: WebSocket[Any, Any, Any], listener: Listener, speech: Speech) -> None:
    """Send what comes into the mailbox."""
    while True:
        text = await listener.mailbox.next()
        speech.began = clock.monotonic()
        await socket.send_text(text)
        speech.began = None


async def _tend(listener: Listener, bearer: str, speech: Speech) -> None:
    """Every PING_S: is the device still welcome, does it take what it is sent; and a sign of life."""
    # Devices that came back together after an outage must not all be looked after in the same instant.
    await asyncio.sleep(PING_S * (1 + ids.fraction()) / 2)
    while True:
        if speech.began is not None and clock.monotonic() - speech.began > SEND_S:
            raise Ended(GONE, "stalled")
        await _still_welcome(listener, bearer)
        if not listener.mailbox.waiting:
            sign = frame(frames.ping(clock.now() // 1000))
            listener.mailbox.offer(sign, sign)
        await asyncio.sleep(PING_S)


async def _still_welcome(listener: Listener, bearer: str) -> None:
    """Whether this device may still see what it is told: not revoked, not moved to another warehouse."""
    device = await _welcome(bearer)
    if device.scopes != listener.scopes:
        raise Ended(SUBSCRIBE_AGAIN, "what this device may see has changed")


async def _hear(socket: WebSocket[Any, Any, Any], listener: Listener, device: int) -> None:
    """Read signs of life, and how far pulls have brought the device."""
    with hearing(device) as heard:
        while True:
            said = await _next_word(socket)
            heard()
            if said.cursor is not None:
                advance(listener, said.cursor)


async def _next_word(socket: WebSocket[Any, Any, Any]) -> Said:
    try:
        async with asyncio.timeout(SILENCE_S):
            return _said(await socket.receive_text())
    except TimeoutError:
        raise Ended(GONE, "silent") from None
    except msgspec.DecodeError as error:
        raise Ended(BAD_HELLO, str(error)[:100]) from error


routes = [live]
