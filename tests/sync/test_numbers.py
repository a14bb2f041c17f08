"""The feed's numbers: consecutive, in commit order, latest per key, so that no reader skips a commit."""

import asyncio
import random

import pytest

from server import canonical, db, feed
from server.db import Statement, fetch, writing

_ROWS = Statement("SELECT scope, kind, key, seq, is_deleted, hash, body FROM feed_row ORDER BY seq")
SCOPES = ("warehouse:w-1", "catalogue")


async def random_commit(rng: random.Random, model: dict[tuple[str, str], object]) -> list[int]:
    """Put and drop some rows, sometimes in vain, sometimes taken back; the numbers it was given."""
    given: list[int] = []
    wished = dict(model)
    before = (await feed.head()).seq
    try:
        async with writing():
            for _ in range(rng.randrange(1, 6)):
                scope, key = rng.choice(SCOPES), f"k-{rng.randrange(8)}"
                if rng.random() < 0.3:
                    feed.drop(scope, "thing", key)
                    wished.pop((scope, key), None)
                else:
                    value = {"value": str(rng.randrange(3))}
                    feed.put(scope, "thing", key, value)
                    wished[scope, key] = value
            if rng.random() < 0.2:
                raise InterruptedError
    except InterruptedError:
        return given
    changed = len([key for key in {*model, *wished} if model.get(key) != wished.get(key)])
    model.clear()
    model.update(wished)
    after = (await feed.head()).seq
    assert after - before == changed, "a number for every row that changed, and for no other"
    return list(range(before + 1, after + 1))


@pytest.mark.parametrize("seed", range(4))
async def test_every_change_has_its_number_and_no_number_is_lost(database: db.Database, seed: int) -> None:
    rng = random.Random(seed)
    model: dict[tuple[str, str], object] = {}
    told: dict[tuple[str, str], tuple[int, bool]] = {}
    seen: list[int] = []

    def listen(lines: list[feed.Line]) -> None:
        for line in lines:
            seen.append(line.seq)
            told[line.scope, line.key] = (line.seq, line.deleted)

    feed.on_change(listen)
    try:
        numbers = [number for _ in range(30) for number in await random_commit(rng, model)]
    finally:
        feed.stop_listening(listen)

    assert numbers == seen == list(range(1, len(numbers) + 1))
    rows = await fetch(_ROWS)
    assert {(row[0], row[2]): (row[3], bool(row[4])) for row in rows} == told
    assert {(row[0], row[2]) for row in rows if not row[4]} == set(model)
    for scope in SCOPES:
        live = [row for row in rows if row[0] == scope and not row[4]]
        total = sum(canonical.row_hash(row[1], row[2], row[6].encode()) for row in live) % canonical.SUM
        assert (await feed.digests([scope]))[scope] == (len(live), f"{total:016x}")


async def test_writers_at_once_take_turns_and_readers_skip_nothing(database: db.Database) -> None:
    read: set[tuple[str, int]] = set()
    cursor = 0
    done = asyncio.Event()

    async def write(name: str) -> None:
        for number in range(15):
            async with writing():
                feed.put("catalogue", "thing", f"{name}-{number}", {"n": number})
                await asyncio.sleep(0)

    async def follow() -> None:
        nonlocal cursor
        while True:
            stop = done.is_set()
            beyond = await feed.beyond(["catalogue"], cursor, 1000)
            read.update((line.key, line.seq) for line in beyond.lines)
            cursor = max(cursor, beyond.head.seq)
            if stop:
                return

    reader = asyncio.create_task(follow())
    await asyncio.gather(*(write(name) for name in "abcd"))
    done.set()
    await reader

    assert sorted(seq for _, seq in read) == list(range(1, 61))
