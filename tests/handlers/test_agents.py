"""The agents' own routes, and a real agent against the whole application."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from litestar import Litestar
from PIL import Image

from print_agent import wire
from server.printing import pairing, queries, queueing, raster
from server.printing.queueing import Wish
from tests import given
from tests.print_agent import desk
from tests.print_agent.conftest import Agents


async def key_of_a_station() -> str:
    await pairing.ensure_first_station()
    code = await pairing.invite((await queries.stations())[0].id, by=0)
    assert code is not None
    paired = await pairing.pair(code.code, "pc")
    assert paired is not None
    return paired.key


async def ask_for(item: str, *, copies: int = 1) -> int:
    wish = Wish("item", item=await given.item(item), copies=copies)
    outcome = await queueing.request_label(wish, request_id=f"r-{item}", by=0)
    assert isinstance(outcome, queueing.Asked)
    return outcome.job


async def test_strangers_and_people_are_no_stations(client: httpx.AsyncClient) -> None:
    job_id = await ask_for("CUP")
    gets = ["/print/jobs", f"/print/jobs/j-{job_id}/payload?attempt=1&token=x&copy=1&language=png"]
    posts = [f"/print/jobs/j-{job_id}/claim", f"/print/jobs/j-{job_id}/report"]

    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer "},
    ):
        answers = [await client.get(path, headers=headers) for path in gets]
        answers += [await client.post(path, headers=headers, content=b"{}") for path in posts]
        assert {answer.status_code for answer in answers} == {401}


async def test_a_wrong_pairing_code_gives_nothing_away(client: httpx.AsyncClient) -> None:
    answer = await client.post("/print/pair", json={"code": "ABCDEFGH", "name": "pc"})

    assert answer.status_code == 404
    assert "key" not in answer.text


async def test_what_is_not_our_language_is_refused_clearly(client: httpx.AsyncClient) -> None:
    job_id = await ask_for("CUP")
    headers = {"Authorization": f"Bearer {await key_of_a_station()}"}

    malformed = await client.post(f"/print/jobs/j-{job_id}/claim", headers=headers, content=b"{")
    unknown = await client.post("/print/jobs/j-999/claim", headers=headers, json={"attempt": 1, "token": "t"})
    strange = await client.post(
        "/print/jobs/..%2F1/claim", headers=headers, json={"attempt": 1, "token": "t"}
    )
    early = await client.post(
        f"/print/jobs/j-{job_id}/claim", headers=headers, json={"attempt": 9, "token": "t"}
    )

    assert [answer.status_code for answer in (malformed, unknown, strange, early)] == [400, 404, 404, 409]


async def test_an_agent_is_told_to_drop_what_is_over(client: httpx.AsyncClient) -> None:
    job_id = await ask_for("CUP")
    headers = {"Authorization": f"Bearer {await key_of_a_station()}"}
    await queueing.cancel(job_id, by=0)

    report = {"attempt": 1, "state": "spooled", "number": 1, "token": "t"}
    answer = await client.post(f"/print/jobs/j-{job_id}/report", headers=headers, json=report)

    assert answer.json()["drop"] is True


@pytest.fixture
async def address(app: Litestar) -> AsyncIterator[str]:
    """The application on a real port, in the test's own loop."""
    config = uvicorn.Config(app, port=desk.free_port(), lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers nothing to wait for
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{config.port}"
    server.should_exit = server.force_exit = True
    await serving


async def until(job_id: int, *states: wire.State) -> queries.JobRow:
    """The job, once it is in one of these states."""
    async with asyncio.timeout(20):
        while True:
            row = await queries.job(job_id)
            assert row is not None
            if row.job.state in states:
                return row
            await asyncio.sleep(0.05)


async def paired_agents(home: Path, address: str) -> Agents:
    await pairing.ensure_first_station()
    code = await pairing.invite((await queries.stations())[0].id, by=0)
    assert code is not None
    agents = Agents(home, address)
    await asyncio.to_thread(agents.pair, code.code)
    return agents


@pytest.mark.services
async def test_a_label_comes_out_of_the_paired_agent_as_a_picture(address: str, tmp_path: Path) -> None:
    agents = await paired_agents(tmp_path, address)
    agents.start()
    try:
        row = await until(await ask_for("CUP", copies=2), "printed")
    finally:
        agents.stop()

    files = sorted((tmp_path / "labels").iterdir())
    assert [file.name for file in files] == [f"j-{row.id}_a1_c{copy}of2.png" for copy in (1, 2)]
    assert {raster.read_codes(Image.open(file))[0] for file in files} == {"ITM-CUP"}
    assert row.job.evidence == wire.Evidence.PRINTED


@pytest.mark.services
async def test_a_label_comes_out_at_a_network_printer_as_zpl(address: str, tmp_path: Path) -> None:
    from zebrafy.zebrafy_zpl import ZebrafyZPL

    sink = desk.Sink()
    agents = await paired_agents(tmp_path, address)
    agents.start("--printer", f"tcp9100://{sink.address}")
    try:
        row = await until(await ask_for("CUP"), "printed")
    finally:
        agents.stop()
        sink.close()

    pictures = ZebrafyZPL(sink.received[0].decode()).to_images()
    assert len(sink.received) == 1
    assert raster.read_codes(pictures[0]) == ["ITM-CUP"]
    assert row.job.evidence == wire.Evidence.CONSUMED


@pytest.mark.services
async def test_an_agent_killed_while_sending_leaves_a_question_then_a_marked_label(
    address: str, tmp_path: Path
) -> None:
    sink = desk.Sink()
    where = ("--printer", f"tcp9100://{sink.address}")
    agents = await paired_agents(tmp_path, address)
    job_id = await ask_for("CUP")
    try:
        dead = agents.start(*where, crash_at="half_sent")
        assert await asyncio.to_thread(dead.wait, 20) == -9
        agents.start(*where)
        row = await until(job_id, "unknown")
        await queueing.answer(job_id, 0, by=0)
        again = await until(job_id, "printed")
    finally:
        agents.stop()
        sink.close()

    whole = [data for data in sink.received if data.rstrip().endswith(b"^XZ")]
    assert row.job.trouble == "crash"
    assert again.job.attempt == 2
    assert [data[:14] for data in whole] == [f"^XA^FXj-{job_id} a2 c1"[:14].encode()]


@pytest.mark.services
async def test_a_label_asked_for_by_a_device_comes_out(address: str, tmp_path: Path) -> None:
    device = await given.pda()
    item = await given.item("CUP")
    agents = await paired_agents(tmp_path, address)
    agents.start()
    try:
        verdict = await device.report("print.request@1", subject="item", item=f"i-{item}", copies=1)
        rows = (await queries.jobs(is_open=False)).rows
        await until(rows[0].id, "printed")
    finally:
        agents.stop()

    assert verdict.outcome == "applied"
    assert len(list((tmp_path / "labels").glob("*.png"))) == 1
