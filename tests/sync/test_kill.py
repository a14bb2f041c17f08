"""A real server killed under load, again and again: what was acknowledged is in the ledger, once."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from server import db
from server.db import Statement, fetch
from server.migrate import migrate
from server.sync import enrolling
from tests import given
from tests.services import free_port
from tests.sync.client import Device, Reply, Send

DEVICES = 12
KILLS = int(os.environ.get("KILLS", "5"))
"""`KILLS=20 pytest tests/sync/test_kill.py` for a release."""
BATCH = 10
ROOT = Path(__file__).parents[2]


@dataclass
class Killed:
    """The server as a process that dies often, and what its devices were told."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0
    retries: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "STOCKHAND_DATA": str(self.home),
            "STOCKHAND_PORT": str(self.port),
            "STOCKHAND_LOG_LEVEL": "warning",
        }
        return {**os.environ, **own, "PYTHONPATH": str(ROOT)}

    def start(self) -> None:
        """A new process on the same database."""
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    async def is_ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + 60
        async with httpx.AsyncClient() as http:
            while time.monotonic() < deadline:
                assert self.process is not None and self.process.poll() is None, self.log()
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(f"http://127.0.0.1:{self.port}/health", timeout=2)).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def kill(self) -> None:
        """Without a warning."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.deaths += 1

    def log(self) -> str:
        return (self.home / "server.log").read_text("utf-8", "replace")[-4000:]

    def verified(self) -> Mapping[str, object]:
        """What `stockhand verify` says of the database."""
        command = [sys.executable, "-m", "server", "verify", "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.stdout, done.stderr
        found: Mapping[str, object] = json.loads(done.stdout)
        return {**found, "status": done.returncode}


@pytest.fixture
async def killed(tmp_path: Path) -> AsyncIterator[Killed]:
    """A server with a database of its own; its process ends with the test."""
    server = Killed(tmp_path)
    yield server
    if server.process is not None and server.process.poll() is None:
        server.process.kill()
        server.process.wait()


async def people(server: Killed) -> tuple[list[str], str, list[str]]:
    """An item, two places and an invitation for every device, written before the server starts."""
    path = str(server.home / "stockhand.sqlite")
    await migrate(path)
    await db.open_database(path)
    try:
        person, warehouse = await given.person("wang"), await given.warehouse()
        tokens = [(await enrolling.invite(person, warehouse)).token for _ in range(DEVICES)]
        item = f"i-{await given.item('CUP')}"
        places = [f"l-{await given.location(code)}" for code in ("A-01", "A-02")]
    finally:
        await db.close_database()
    return tokens, item, places


def over(http: httpx.AsyncClient, server: Killed) -> Send:
    """A network whose far end dies."""

    async def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        try:
            reply = await http.request(method, path, headers=dict(headers), content=body)
        except httpx.HTTPError:
            server.retries += 1
            await asyncio.sleep(0.05)
            return None
        return Reply(reply.status_code, reply.content)

    return send


async def work(device: Device, server: Killed, item: str, places: list[str], over_now: asyncio.Event) -> None:
    """Scan and push without pause; what a 200 acknowledged is remembered."""
    while not over_now.is_set() or device.queue():
        if not over_now.is_set() and len(device.queue()) < 3 * BATCH:
            for number in range(BATCH):
                if number % 2:
                    args = {"item": item, "quantity": "1", "source": places[0], "target": places[1]}
                    device.record("stock.move@1", args)
                else:
                    device.record("stock.receive@1", {"item": item, "quantity": "1", "target": places[0]})
        if await device.push() in ("taken", "lost"):
            for n, record in list(device.store.records.items()):
                if record.verdict is not None and n <= device.store.ack:
                    server.acknowledged[record.operation["id"]] = record.verdict["outcome"]
                    del device.store.records[n]


@pytest.mark.slow
@pytest.mark.services
async def test_a_server_killed_under_load_keeps_everything_it_acknowledged_once(killed: Killed) -> None:
    tokens, item, places = await people(killed)
    killed.start()
    await killed.is_ready()
    over_now = asyncio.Event()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{killed.port}", timeout=20) as http:
        devices = [Device(over(http, killed)) for _ in tokens]
        for device, token in zip(devices, tokens, strict=True):
            await device.enrol(token)
            device.batch_limit = BATCH
        workers = [asyncio.create_task(work(device, killed, item, places, over_now)) for device in devices]
        for number in range(KILLS):
            await asyncio.sleep(0.5 + 0.37 * (number % 4))
            killed.kill()
            killed.start()
            await killed.is_ready()
        await asyncio.sleep(1)
        over_now.set()
        await asyncio.wait_for(asyncio.gather(*workers), 120)
    killed.kill()

    found = killed.verified()
    await db.open_database(str(killed.home / "stockhand.sqlite"))
    try:
        stored = {row[0]: row[1] for row in await fetch(_OPERATIONS)}
        flows = {row[0]: row[1] for row in await fetch(_FLOWS)}
        on_hand = {row[0]: row[1] // 1000 for row in await fetch(_ON_HAND)}
    finally:
        await db.close_database()
    print(
        f"{killed.deaths} kills, {len(killed.acknowledged)} acknowledged, {len(stored)} in the ledger,"
        f" {killed.retries} requests failed, verify: {found}"
    )
    assert killed.acknowledged == stored
    assert set(flows) == set(stored) and set(flows.values()) == {1}
    assert sum(on_hand.values()) == len(stored) // 2
    assert (found["status"], found.get("violations")) == (0, [])
    assert killed.retries > 0


_OPERATIONS = Statement("SELECT id, outcome FROM operation WHERE replica IS NOT NULL")
_FLOWS = Statement("SELECT operation, count(*) FROM movement WHERE kind = 'flow' GROUP BY operation")
_ON_HAND = Statement(
    "SELECT b.location, b.on_hand FROM balance b JOIN location l ON l.id = b.location WHERE l.kind = 'bin'"
)
