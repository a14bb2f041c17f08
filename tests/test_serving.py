"""A serving process that is told to stop does so at once, whoever is only waiting."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from server import live
from server.db import close_database, open_database
from server.printing import pairing, queries, queueing
from tests.services import free_port

ROOT = Path(__file__).parents[1]
PATIENCE_S = 30
AT_ONCE_S = 5
"""Uvicorn alone would wait ten seconds for the agent, and then cut it off."""


async def station_key(database_url: str) -> str:
    """A station whose agent is paired, in a database that nobody serves yet."""
    await open_database(database_url)
    try:
        await pairing.ensure_first_station()
        code = await pairing.invite((await queries.stations())[0].id, by=0)
        assert code is not None
        paired = await pairing.pair(code.code, "pc")
        assert paired is not None
        return paired.key
    finally:
        await close_database()


def serving(database_url: str, home: Path, port: int) -> "subprocess.Popen[bytes]":
    """`stockhand serve` as a process of its own."""
    own = {
        "STOCKHAND_DATABASE": database_url,
        "STOCKHAND_DATA": str(home),
        "STOCKHAND_PORT": str(port),
        "STOCKHAND_CONFIG": os.devnull,
    }
    command = [sys.executable, "-m", "server", "serve"]
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=log, stderr=log)


async def served(url: str) -> None:
    """Wait until the server answers."""
    async with httpx.AsyncClient() as http, asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if (await http.get(f"{url}/health")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_an_idle_print_agent_does_not_delay_the_stop(database_url: str, tmp_path: Path) -> None:
    key, port = await station_key(database_url), free_port()
    process = serving(database_url, tmp_path, port)
    url = f"http://127.0.0.1:{port}"
    try:
        await served(url)
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as agent:
            waiting = asyncio.create_task(agent.get("/print/jobs?wait=30", timeout=PATIENCE_S))
            await asyncio.sleep(1)
            assert not waiting.done()

            process.send_signal(signal.SIGTERM)
            told = time.monotonic()
            answer = await waiting
            await asyncio.to_thread(process.wait, PATIENCE_S)

        assert (answer.status_code, answer.json()["offers"]) == (200, [])
        assert time.monotonic() - told < AT_ONCE_S
    finally:
        process.kill()
        process.wait()


async def test_who_asks_while_the_doors_close_is_answered_at_once(database: object) -> None:
    await pairing.ensure_first_station()
    station = (await queries.stations())[0].id

    live.close_doors()
    try:
        async with asyncio.timeout(AT_ONCE_S):
            assert await queueing.wait_for_offers(station, "token", 30) == []
    finally:
        live.open_doors()
