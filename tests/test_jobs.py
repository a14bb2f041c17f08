"""Background jobs: the queue carries no code, a job runs beside the database, the timetable's work is done."""

import asyncio
from pathlib import Path

import pytest
from huey import RedisHuey, crontab

from server import clock, db, feed, ids, jobs
from server.config import settings
from server.db import Statement, execute, fetch, writing
from server.stock import verifying
from tests import given


@pytest.fixture
def own_queue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STOCKHAND_DATA", str(tmp_path))
    settings.cache_clear()
    jobs.queue.cache_clear()


async def test_a_job_that_is_nudged_runs_on_the_loop_that_has_the_database(
    database: str, own_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()

    async def look() -> None:
        assert (await fetch(Statement("SELECT 1")))[0][0] == 1
        done.set()

    monkeypatch.setitem(jobs.TIMETABLE, "look", (crontab(minute="0", hour="0"), look))
    async with jobs.running():
        await asyncio.to_thread(jobs.nudge, "look")
        await asyncio.wait_for(done.wait(), 10)


@pytest.mark.services
@pytest.mark.redis
async def test_the_same_jobs_run_over_redis(
    database: str, own_queue: None, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOCKHAND_REDIS", redis_server)
    settings.cache_clear()
    done = asyncio.Event()

    async def look() -> None:
        done.set()

    monkeypatch.setitem(jobs.TIMETABLE, "look", (crontab(minute="0", hour="0"), look))
    async with jobs.running():
        assert isinstance(jobs.queue(), RedisHuey)
        await asyncio.to_thread(jobs.nudge, "look")
        await asyncio.wait_for(done.wait(), 10)


def test_a_queue_never_carries_code(own_queue: None) -> None:
    queue = jobs._make_queue()
    task = queue.task(name="nothing")(lambda: None)

    message = queue.serialize_task(task.s())

    assert message.startswith(b"{")
    assert queue.deserialize_task(message).name == "nothing"


async def test_old_tombstones_and_sessions_are_forgotten_and_young_ones_kept(database: str) -> None:
    await given.person("wang")
    async with writing():
        feed.put("catalogue", "item", "i-1", {"code": "A"})
        feed.put("catalogue", "item", "i-2", {"code": "B"})
    async with writing():
        feed.drop("catalogue", "item", "i-1")
        old = await feed.flush()
        await execute(_OPERATION, ids.uuid7(), old, clock.now() - 91 * clock.DAY)
    async with writing():
        feed.drop("catalogue", "item", "i-2")
        await execute(_SESSION, "old", clock.now() - clock.DAY)
        await execute(_SESSION, "young", clock.now() + clock.DAY)

    await jobs.forget()

    assert [line.key for line in await feed.after(["catalogue"], 0, 10)] == ["i-2"]
    assert (await feed.head()).forgotten == old
    assert [row[0] for row in await fetch(Statement("SELECT digest FROM session"))] == ["young"]


async def test_a_ledger_that_disagrees_with_its_balances_raises_an_alarm(database: str) -> None:
    await given.stock("CUP", 10, at="A-01-1")
    async with db.writing():
        await execute(Statement("UPDATE balance SET on_hand = on_hand + 1 WHERE on_hand > 0"))

    await jobs.prove()

    assert not (await verifying.verify()).ok
    assert [row[0] for row in await fetch(Statement("SELECT kind FROM incident"))] == ["verify"]


_OPERATION = Statement(
    "INSERT INTO operation (id, n, kind, user_id, body, digest, outcome, seq, undone_by, event_at, received_at)"
    " VALUES (?, 0, '', 0, '', '', 'applied', ?, '', 0, ?)"
)
_SESSION = Statement(
    "INSERT INTO session (digest, person, form_token, created_at, seen_at, expires_at) VALUES (?, 1, '', 0, 0, ?)"
)
