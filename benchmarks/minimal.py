"""The least that a program on the same stack must do for a scan, as a server to measure ours against.

It keeps an operation's id so that nothing is booked twice, writes the movement and two balances, shares a flushed
commit among whoever waits, and tells every open socket. No people, no rules, no lots, no feed, no verdicts.
Run as `python -m benchmarks.minimal PORT FILE`.
"""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, WebSocket, get, post, websocket
from litestar.exceptions import WebSocketDisconnect

from e2e.house import ROOT
from tests.services import free_port

SCHEMA = """
CREATE TABLE operation (id TEXT PRIMARY KEY, at INTEGER);
CREATE TABLE movement (id INTEGER PRIMARY KEY, operation TEXT, item TEXT, lot TEXT, quantity INTEGER,
  source TEXT, target TEXT, at INTEGER);
CREATE TABLE balance (item TEXT, location TEXT, lot TEXT, on_hand INTEGER,
  PRIMARY KEY (item, location, lot)) WITHOUT ROWID;
"""
OPERATION = "INSERT INTO operation VALUES (?, ?) ON CONFLICT DO NOTHING"
MOVEMENT = (
    "INSERT INTO movement (operation, item, lot, quantity, source, target, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
BALANCE = (
    "INSERT INTO balance VALUES (?, ?, ?, ?) ON CONFLICT (item, location, lot)"
    " DO UPDATE SET on_hand = on_hand + excluded.on_hand"
)


class Args(msgspec.Struct):
    """What was moved."""

    item: str
    quantity: str
    target: str
    source: str = "supplier"
    lot: str = ""


class Scan(msgspec.Struct):
    """One operation, as far as this program reads it."""

    id: str
    args: Args


class Push(msgspec.Struct):
    """One upload."""

    operations: list[Scan]


class Answer(msgspec.Struct):
    """Which operations are on disk."""

    done: list[str]


read_push = msgspec.json.Decoder(Push).decode


class Shelf:
    """The database: one writing thread; whoever comes while a commit runs shares the next."""

    def __init__(self, file: str) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        self.thread = ThreadPoolExecutor(1)
        self.waiting: list[tuple[list[Scan], asyncio.Future[None]]] = []
        self.worker: asyncio.Task[None] | None = None

    async def keep(self, scans: list[Scan]) -> None:
        """Write these; they are on disk when this returns."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self.waiting.append((scans, future))
        if self.worker is None:
            self.worker = loop.create_task(self._work())
        await future

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting:
            group, self.waiting = self.waiting, []
            scans = [scan for one, _ in group for scan in one]
            await loop.run_in_executor(self.thread, self._write, scans)
            for _, future in group:
                future.set_result(None)
        self.worker = None

    def _write(self, scans: list[Scan]) -> None:
        run, now = self.connection, time.time_ns() // 1000
        run.execute("BEGIN IMMEDIATE")
        fresh = [scan for scan in scans if run.execute(OPERATION, (scan.id, now)).rowcount]
        rows = [(scan.id, scan.args, int(scan.args.quantity) * 1000) for scan in fresh]
        run.executemany(
            MOVEMENT, [(key, a.item, a.lot, amount, a.source, a.target, now) for key, a, amount in rows]
        )
        run.executemany(BALANCE, [(a.item, a.source, a.lot, -amount) for _, a, amount in rows])
        run.executemany(BALANCE, [(a.item, a.target, a.lot, amount) for _, a, amount in rows])
        run.execute("COMMIT")


def application(file: str) -> Litestar:
    """The whole program."""
    shelf = Shelf(file)
    sockets: set[WebSocket[Any, Any, Any]] = set()

    @get("/health")
    async def health() -> str:
        return "ok"

    @post("/sync/push", status_code=200)
    async def push(request: Request[Any, Any, Any]) -> Response[bytes]:
        scans = read_push(await request.body()).operations
        await shelf.keep(scans)
        answer = msgspec.json.encode(Answer([scan.id for scan in scans]))
        for socket in tuple(sockets):
            await socket.send_data(answer.decode())
        return Response(answer, media_type="application/json")

    @websocket("/sync/live")
    async def live(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        sockets.add(socket)
        with contextlib.suppress(WebSocketDisconnect):
            await socket.send_data('{"hello":true}')
            while True:
                await socket.receive_text()
        sockets.discard(socket)

    return Litestar([health, push, live], openapi_config=None)


class Minimal:
    """The program in a process of its own."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port, self.process = port, process

    @property
    def pid(self) -> int:
        """The process that serves."""
        return self.process.pid


@contextmanager
def serving_minimal(folder: Path) -> Iterator[Minimal]:
    """The minimal program, for as long as the block lasts."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.minimal", str(port), str(folder / "minimal.sqlite")]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        _wait(port)
        yield Minimal(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    raise RuntimeError("the minimal program did not become ready")


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="uvloop",
        ws="websockets-sansio", ws_per_message_deflate=False, ws_ping_interval=None, access_log=False,
        log_level="warning", timeout_graceful_shutdown=2,
    )  # fmt: skip
