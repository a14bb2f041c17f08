"""Pull: every device ends with exactly the rows it may see, whatever the page size and whenever it was away."""

import hashlib
from collections.abc import Iterable

import pytest

from server import feed
from server.db import Statement, execute, fetch, writing
from server.sync import enrolling
from tests import given
from tests.sync.client import Device, Json, Staged, part_of, row_hash
from tests.sync.conftest import Floor, do

_LIVE = Statement("SELECT scope, kind, key, body, seq FROM feed_row WHERE is_deleted = ?")


async def live_rows(scopes: Iterable[str]) -> dict[tuple[str, str, str], str]:
    """What the server holds in these scopes."""
    wanted = set(scopes)
    return {(row[0], row[1], row[2]): row[3] for row in await fetch(_LIVE, False) if row[0] in wanted}


async def busy(floor: Floor) -> Device:
    """A device with a day's work behind it."""
    device = await floor.device()
    for amount in range(1, 12):
        device.record(*floor.receive("CUP", amount, "A-01"))
        device.record(*floor.receive("MILK", amount, "A-02", lot=f"L{amount}", expiry="2030-01-01"))
    device.record(*floor.move("CUP", 500, "A-01", "B-01"))
    await device.push()
    return device


@pytest.mark.parametrize("limit", [1, 2, 7, 2000])
async def test_pages_of_any_size_end_with_the_same_rows_and_the_right_digests(
    floor: Floor, limit: int
) -> None:
    device = await busy(floor)

    assert await device.pull(limit) == "current"

    scopes = {key[0] for key in device.store.base}
    assert set(device.store.base) == set(await live_rows(scopes))
    assert device.reports == []
    assert device.store.cursor == (await feed.head()).seq
    assert device.on_hand(floor.items["CUP"], floor.places["B-01"]) == 500


async def test_every_page_is_in_order_without_repetition_and_no_larger_than_asked(floor: Floor) -> None:
    device = await busy(floor)
    cursor, seqs, more = 0, [], True
    while more:
        reply = await device.ask_page(cursor, 7)
        assert reply is not None
        page = reply.json()
        assert len(page["rows"]) <= 7
        seqs += [row["seq"] for row in page["rows"]]
        cursor, more = page["next"], page["more"]

    assert seqs == sorted(set(seqs))
    assert cursor == (await feed.head()).seq


async def test_each_key_comes_once_at_its_latest_however_often_it_changed(floor: Floor) -> None:
    device = await floor.device()
    for _ in range(30):
        await do(device, floor.receive("CUP", 1, "A-01"))

    reply = await device.ask_page(0, 2000)

    assert reply is not None
    key = f"{floor.items['CUP']}/{floor.places['A-01']}//"
    rows = [row for row in reply.json()["rows"] if row["key"] == key]
    assert [row["body"]["on_hand"] for row in rows] == ["30"]


async def test_what_changes_between_two_pages_is_not_missed(floor: Floor) -> None:
    device = await busy(floor)
    staged = Staged()
    reply = await device.ask_page(0, 7)
    assert reply is not None
    first = reply.json()
    await do(device, floor.move("CUP", 1, "B-01", "A-01"))
    staged.rows, staged.next = first["rows"], first["next"]
    while True:
        reply = await device.ask_page(staged.next, 7)
        assert reply is not None
        page = reply.json()
        staged.rows += page["rows"]
        staged.next = page["next"]
        if not page["more"]:
            break
    device.apply(staged)

    for scope, told in page["digests"].items():
        assert device.digest(scope) == (told["rows"], told["sum"])


async def test_a_row_that_goes_is_a_tombstone_and_the_digest_follows(floor: Floor) -> None:
    device = await floor.device()
    async with writing():
        feed.put("warehouse:w-1", "task", "t-77", {"kind": "count"})
    await device.pull()
    assert ("warehouse:w-1", "task", "t-77") in device.store.base
    async with writing():
        feed.drop("warehouse:w-1", "task", "t-77")

    reply = await device.ask_page(device.store.cursor, 100)
    assert reply is not None
    assert [(row["key"], row["deleted"]) for row in reply.json()["rows"]] == [("t-77", True)]
    await device.pull()

    assert ("warehouse:w-1", "task", "t-77") not in device.store.base
    assert device.reports == []


async def test_a_new_device_hears_of_no_tombstones(floor: Floor) -> None:
    async with writing():
        feed.put("warehouse:w-1", "task", "t-77", {"kind": "count"})
    async with writing():
        feed.drop("warehouse:w-1", "task", "t-77")
    device = await floor.device()

    reply = await device.ask_page(0, 2000)

    assert reply is not None
    assert [row for row in reply.json()["rows"] if row["deleted"]] == []


async def test_a_row_put_as_it_stands_is_not_told_again(floor: Floor) -> None:
    device = await floor.device()
    async with writing():
        feed.put("warehouse:w-1", "task", "t-77", {"kind": "count"})
    head = (await feed.head()).seq
    async with writing():
        feed.put("warehouse:w-1", "task", "t-77", {"kind": "count"})
        feed.put("warehouse:w-1", "task", "t-78", {"kind": "count"})
        feed.drop("warehouse:w-1", "task", "t-78")

    assert (await feed.head()).seq == head
    assert await device.pull() == "current"


@pytest.mark.parametrize("why", ["another generation", "a cursor of another life", "another subscription"])
async def test_a_cursor_that_means_nothing_here_starts_again(floor: Floor, why: str) -> None:
    device = await busy(floor)
    await device.pull()
    generation, subscription, cursor = device.store.generation or 0, device.store.subscription, 1
    match why:
        case "another generation":
            generation += 1
        case "a cursor of another life":
            cursor = device.store.cursor + 1
        case _:
            subscription = 1

    query = f"generation={generation}&subscription={subscription}&cursor={cursor}"
    reply = await device.send("GET", f"/sync/pull?{query}", device.headers, b"")

    assert reply is not None and reply.status == 200
    assert reply.json()["reset"] is True
    assert "rows" not in reply.json()


async def test_a_device_away_for_longer_than_tombstones_are_kept_starts_again(floor: Floor) -> None:
    device = await busy(floor)
    await device.pull()
    before = dict(device.store.base)
    await do(device, floor.receive("CUP", 1, "A-02"))
    async with writing():
        await execute(Statement("UPDATE feed_head SET forgotten = seq"))

    assert await device.pull() == "reset"
    assert device.store.base == {}
    assert await device.pull() == "current"

    assert set(before) < set(device.store.base)
    assert device.reports == []


@pytest.mark.parametrize("query", ["cursor=x", "cursor=1.5", "limit=x", "generation=x", f"cursor={10**30}"])
async def test_a_pull_that_cannot_be_read_is_a_bad_request_or_a_reset_and_no_error(
    floor: Floor, query: str
) -> None:
    device = await floor.device()

    reply = await device.send("GET", f"/sync/pull?{query}", device.headers, b"")

    assert reply is not None
    assert reply.status == 400 or reply.json().get("reset") is True


@pytest.mark.parametrize("query", ["cursor=-5", "limit=0", "limit=-1", "limit=99999999", ""])
async def test_an_odd_page_size_is_brought_into_bounds(floor: Floor, query: str) -> None:
    device = await busy(floor)

    reply = await device.send("GET", f"/sync/pull?{query}", device.headers, b"")

    assert reply is not None
    assert reply.status == 200 and 1 <= len(reply.json()["rows"]) <= 5000


async def test_a_digest_is_the_count_and_sum_over_its_rows_and_the_sum_of_its_parts(floor: Floor) -> None:
    device = await busy(floor)
    reply = await device.ask_page(0, 2000)
    assert reply is not None
    page = reply.json()

    for scope, told in page["digests"].items():
        rows = [row for row in page["rows"] if row["scope"] == scope]
        total = sum(row_hash(row["kind"], row["key"], row["body"]) for row in rows) % (1 << 64)
        assert (told["rows"], told["sum"]) == (len(rows), f"{total:016x}")
        answer = await device.send("GET", f"/sync/digest?scope={scope}", device.headers, b"")
        assert answer is not None
        parts = answer.json()["parts"]
        assert len(parts) == 256
        assert sum(rows for rows, _ in parts) == told["rows"]
        assert f"{sum(int(one, 16) for _, one in parts) % (1 << 64):016x}" == told["sum"]


async def test_a_device_finds_and_mends_only_the_parts_that_differ(floor: Floor) -> None:
    device = await busy(floor)
    await device.pull()
    whole = {key: dict(body) for key, body in device.store.base.items()}
    balances = [key for key in whole if key[1] == "balance"]
    del device.store.base[balances[0]]
    device.store.base[balances[1]] = {"on_hand": "999", "held": "0"}
    device.store.base["warehouse:w-1", "balance", "i-9/l-9//"] = {"on_hand": "1", "held": "0"}

    await device.pull()

    assert device.store.base == whole
    assert device.reports == ["warehouse:w-1"]


async def test_one_part_holds_exactly_its_rows(floor: Floor) -> None:
    device = await busy(floor)
    await device.pull()
    some = next(key for key in device.store.base if key[1] == "balance")
    part = part_of(some[1], some[2])

    reply = await device.send("GET", f"/sync/digest?scope={some[0]}&part={part}", device.headers, b"")

    assert reply is not None
    told = {row["key"] for row in reply.json()["rows"]}
    assert told == {
        key[2] for key in device.store.base if key[0] == some[0] and part_of(key[1], key[2]) == part
    }
    assert hashlib.sha256(f"{some[1]}/{some[2]}".encode()).digest()[0] == part


# What may be seen


async def everything_told(device: Device) -> list[Json]:
    """All rows that a device can get at."""
    reply = await device.ask_page(0, 5000)
    assert reply is not None
    rows: list[Json] = reply.json()["rows"]
    return rows


async def test_no_row_of_another_warehouse_reaches_a_device(floor: Floor) -> None:
    mine = await busy(floor)
    other = await floor.device("east", warehouse="EAST")
    await do(other, floor.receive("CUP", 77, "E-01"))
    await do(other, floor.move("CUP", 99, "E-01", "A-01"))

    here, there = await everything_told(mine), await everything_told(other)

    east = f"warehouse:w-{await given.warehouse('EAST')}"
    main = f"warehouse:w-{await given.warehouse('MAIN')}"
    assert east not in {row["scope"] for row in here} and main not in {row["scope"] for row in there}
    for rows, foreign in ((here, floor.places["E-01"]), (there, floor.places["A-01"])):
        assert [
            row["key"] for row in rows if row["kind"] in ("balance", "location") and foreign in row["key"]
        ] == []
    refused = await mine.send("GET", f"/sync/digest?scope={east}", mine.headers, b"")
    assert refused is not None and refused.status == 403


async def test_no_device_sees_what_waits_on_another_device(floor: Floor) -> None:
    mine, other = await floor.device(), await floor.device("li")
    needed = other.record(*floor.receive("CUP", 1, "A-01"))
    await do(mine, floor.move("CUP", 1, "A-01", "A-02"), depends_on=[needed["id"]])
    await other.push()

    told_other = {row["scope"] for row in await everything_told(other)}
    told_mine = {row["scope"] for row in await everything_told(mine)}

    assert f"device:{mine.store.device}" in told_mine
    assert f"device:{mine.store.device}" not in told_other


@pytest.mark.parametrize("role", ["storekeeper", "salesperson", "administrator"])
async def test_no_cost_reaches_a_device(floor: Floor, role: str) -> None:
    await busy(floor)
    device = await floor.device(f"role-{role}", role=role)

    for row in await everything_told(device):
        assert not {"cost", "price", "unit_cost", "value"} & set(row["body"]), row


async def test_another_person_with_other_warehouses_starts_again(floor: Floor) -> None:
    device = await busy(floor)
    await device.pull()
    subscription = device.store.subscription
    east = await given.person("east", warehouses=("EAST",), badge="B-EAST")
    person = await enrolling.hand_over(int(device.store.device[2:]), east)

    assert person.id == f"u-{east}"
    assert await device.pull() == "reset"
    assert device.store.subscription != subscription
    await device.pull()

    assert {key[0] for key in device.store.base if key[0].startswith("warehouse:")} <= {
        f"warehouse:w-{await given.warehouse('EAST')}"
    }
    assert device.reports == []


async def test_somebody_disabled_reads_nothing_new_and_still_pushes(floor: Floor) -> None:
    device = await busy(floor)
    await device.pull()
    async with writing():
        await execute(Statement("UPDATE user_account SET is_active = ? WHERE name = 'wang'"), False)

    assert await device.pull() == "reset"
    await device.pull()

    assert {key[0] for key in device.store.base} <= {f"device:{device.store.device}"}
    assert (await do(device, floor.receive("CUP", 1, "A-01")))["outcome"] == "warning"


# Enrolling


async def test_an_invitation_lets_one_device_in(floor: Floor) -> None:
    invited = await enrolling.invite(await given.person("wang"), await given.warehouse())
    first = await floor.device()
    await Device(first.send).enrol(invited.token)

    body = f'{{"token":"{invited.token}","name":"x","incarnation":"0123456789abcdef"}}'.encode()
    again = await first.send("POST", "/sync/enrol", {}, body)

    assert again is not None and again.status == 403


async def test_an_invitation_ends_after_ten_minutes(floor: Floor) -> None:
    invited = await enrolling.invite(await given.person("wang"), await given.warehouse())
    async with writing():
        await execute(Statement("UPDATE invite SET expires_at = expires_at - ?"), 601_000_000)
    device = await floor.device()

    body = f'{{"token":"{invited.token}","name":"x","incarnation":"0123456789abcdef"}}'.encode()
    reply = await device.send("POST", "/sync/enrol", {}, body)

    assert reply is not None and reply.status == 403


async def test_an_incarnation_begun_twice_is_the_same_one(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 1, "A-01"))
    body = f'{{"incarnation":"{device.store.incarnation}"}}'.encode()

    first = await device.send("POST", "/sync/incarnation", device.headers, body)
    again = await device.send("POST", "/sync/incarnation", device.headers, body)

    assert first is not None and again is not None
    assert first.json() == again.json()
    assert first.json()["incarnations"] == {device.store.incarnation: 1}
