"""Fan-out: how long until 1,000 devices have heard of a scan, against a bare broadcast on the same stack.

Measured from the moment the scan is sent, so it holds the request, the reconciling and the flushed commit as
well. The baseline is the smallest application for uvicorn that sends a ready text to every open socket.
"""

import asyncio
import base64
import http.client
import json
import os
import random
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

from benchmarks.house import Bench, Device, alternately, call, get, serving, show
from tests.services import answers, free_port

SOCKETS = 1000
DEVICES = 20
ROUNDS = 12

BARE = """
import asyncio, uvicorn
doors = set()
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        return await send({"type": "lifespan.shutdown.complete"})
    if scope["type"] == "http":
        text = (await receive())["body"].decode()
        for door in doors:
            await door({"type": "websocket.send", "text": text})
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        return await send({"type": "http.response.body", "body": b"{}"})
    await receive()
    await send({"type": "websocket.accept"})
    doors.add(send)
    while (await receive())["type"] != "websocket.disconnect":
        pass
    doors.discard(send)
uvicorn.run(app, port=%d, loop="uvloop", http="httptools", ws="websockets-sansio", ws_per_message_deflate=False,
            ws_ping_interval=None, access_log=False, log_level="warning")
"""


class Ear(asyncio.Protocol):
    """One device's socket, as little as possible: it shakes hands, greets, and notes when rows arrive."""

    def __init__(
        self, path: str, headers: dict[str, str], greeting: bytes, heard: Callable[[], None]
    ) -> None:
        self.path, self.headers, self.greeting, self.heard = path, headers, greeting, heard
        self.is_open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {self.path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        if b'"rows":[{' in data:
            self.heard()
        elif not self.is_open.done() and (b'"rows":[]' in data or b'"poke"' in data):
            self.is_open.set_result(None)
        elif data.startswith(b"HTTP/1.1 101") and b'"' not in data:
            self.transport.write(_masked(self.greeting))
            if not self.greeting:
                self.is_open.set_result(None)


def _masked(text: bytes) -> bytes:
    """A text frame as clients send it, with a mask of zeros."""
    size = (
        bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(text))
    )
    return b"\x81" + size + bytes(4) + text


async def listen(
    port: int, ears: list[tuple[str, dict[str, str], bytes]], say: list[Callable[[], None]]
) -> list[float]:
    """Open all sockets, say one thing after another, and give the milliseconds until each socket heard each."""
    loop, times, everybody = asyncio.get_running_loop(), [], asyncio.Event()
    began, missing = 0.0, 0

    def heard() -> None:
        nonlocal missing
        times.append((time.perf_counter() - began) * 1000)
        missing -= 1
        if not missing:
            everybody.set()

    opened = [
        await loop.create_connection(partial(Ear, path, headers, greeting, heard), "127.0.0.1", port)
        for path, headers, greeting in ears
    ]
    async with asyncio.timeout(60):
        await asyncio.gather(*(ear.is_open for _, ear in opened))
    for speak in say:
        everybody.clear()
        missing = len(ears)
        await asyncio.sleep(0.15)
        began = time.perf_counter()
        spoken = loop.run_in_executor(None, speak)
        async with asyncio.timeout(30):
            await everybody.wait()
        await spoken
    for transport, _ in opened:
        transport.close()
    await asyncio.sleep(0.2)
    return times


def measured(times: list[float]) -> dict[str, float]:
    """Median and tail; the first round warms up."""
    rest = sorted(times[SOCKETS:])
    return {"p50 ms": rest[len(rest) // 2], "p99 ms": rest[int(len(rest) * 0.99)], "worst ms": rest[-1]}


def stockhand(bench: Bench, devices: list[Device], chance: random.Random) -> dict[str, float]:
    """Scans of one device, heard by every socket of its warehouse."""
    port = bench.house.port
    head = get(port, "/health", {})["seq"]
    hello = json.dumps({"generation": devices[0].generation, "cursor": head}).encode()
    ears = [("/sync/live", {"Authorization": device.headers["Authorization"]}, hello) for device in devices]

    def scan(body: bytes) -> Callable[[], None]:
        return lambda: call(_connection(port), "POST", "/sync/push", body, devices[0].headers)

    say = [scan(devices[0].batch(bench.goods, bench.bins, 1, chance)) for _ in range(ROUNDS)]
    return measured(uvloop.run(listen(port, [ears[n % len(ears)] for n in range(SOCKETS)], say)))


def bare(port: int) -> dict[str, float]:
    """A text of the same size, sent to every socket."""
    text = json.dumps(
        {"from": 1, "to": 2, "rows": [{"scope": "warehouse:w-1", "body": "x" * 200}] * 2}
    ).encode()
    text = text.replace(b'"rows": [{', b'"rows":[{')
    say = [lambda: call(_connection(port), "POST", "/", text, {})] * ROUNDS
    return measured(uvloop.run(listen(port, [("/", {}, b"")] * SOCKETS, say)))


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


@contextmanager
def bare_server() -> Iterator[int]:
    """The smallest application that can broadcast."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", BARE % port])
    try:
        while not answers(port):
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """A thousand sockets of twenty devices, beside the bare broadcast."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    Path("build").mkdir(exist_ok=True)
    with serving() as bench, bare_server() as port:
        devices, chance = [bench.device("li.wei") for _ in range(DEVICES)], random.Random(7)
        figures = alternately(
            stockhand=lambda: stockhand(bench, devices, chance), bare_broadcast=lambda: bare(port)
        )
    show(f"fan-out of a scan to {SOCKETS} sockets, from the moment it is sent", figures)
    print(f"  stockhand / bare: {figures['stockhand']['p99 ms'] / figures['bare_broadcast']['p99 ms']:.2f}")


if __name__ == "__main__":
    main()
