"""Snapshots: a few large files and the feed after them are the same base as the whole feed from nothing."""

import gzip
import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server import clock, feed
from server.db import Statement, execute, writing
from server.sync import snapshot, snapshotting
from tests.sync.client import Device, Json
from tests.sync.conftest import Floor, do

RowKey = tuple[str, str, str]


async def manifest_of(device: Device) -> Json:
    """What the server offers this device."""
    reply = await device.send("GET", "/sync/snapshot", device.headers, b"")
    assert reply is not None and reply.status == 200, reply
    return reply.json()


async def fetched(device: Device, url: str) -> bytes:
    """A file as it was before compression (httpx unpacks it), checked against its name."""
    reply = await device.send("GET", url, device.headers, b"")
    assert reply is not None and reply.status == 200, reply
    assert hashlib.sha256(reply.body).hexdigest() == url.rsplit("/", 1)[1]
    return reply.body


def chunks_in(data: bytes) -> list[Json]:
    """A file holds chunks, a line each."""
    return [json.loads(line) for line in data.split(b"\n")]


def lines(chunk: Mapping[str, Any]) -> Iterator[tuple[RowKey, Json]]:
    """The rows of a chunk of columns."""
    for line, key in enumerate(chunk["keys"]):
        body = {
            field: chunk["columns"][column][line]
            for column, field in enumerate(chunk["fields"])
            if line not in chunk["absent"][column]
        }
        yield (chunk["scope"], chunk["kind"], key), body


async def bootstrapped(device: Device) -> Json:
    """Begin from the snapshot, as a device with an empty base does."""
    manifest = await manifest_of(device)
    for scope in manifest["scopes"]:
        rows = [
            row
            for file in scope["chunks"]
            for chunk in chunks_in(await fetched(device, file["url"]))
            for row in lines(chunk)
        ]
        assert len(rows) == scope["rows"]
        device.store.base |= dict(rows)
        assert device.digest(scope["scope"]) == (scope["rows"], scope["sum"])
    device.store.generation, device.store.cursor = manifest["generation"], manifest["seq"]
    return manifest


async def busy(floor: Floor) -> Device:
    """A device with some work behind it."""
    device = await floor.device()
    for amount in range(1, 6):
        await do(device, floor.receive("CUP", amount, "A-01"))
        await do(device, floor.receive("MILK", amount, "A-02", lot=f"L{amount}", expiry="2030-01-01"))
    return device


async def test_the_snapshot_and_the_feed_after_it_equal_the_feed_from_nothing(floor: Floor) -> None:
    device = await busy(floor)
    await bootstrapped(device)
    await do(device, floor.move("CUP", 3, "A-01", "B-01"))
    await do(device, floor.move("MILK", 1, "A-02", "B-01", lot="L1"))
    other = await floor.device("zhao")

    assert await device.pull() == "current"
    assert await other.pull() == "current"

    shared = {key for key in other.store.base if not key[0].startswith("device:")}
    assert {key: device.store.base[key] for key in shared} == {key: other.store.base[key] for key in shared}
    assert device.reports == []


async def test_what_changed_since_the_files_were_written_comes_by_the_feed(floor: Floor) -> None:
    device = await busy(floor)
    before = await manifest_of(device)
    async with writing():
        feed.put("warehouse:w-1", "task", "t-77", {"kind": "count"})
        feed.drop("warehouse:w-1", "location", floor.places["B-01"])

    after = await bootstrapped(device)
    await device.pull()

    assert after == before, "a few changes do not make new files"
    assert ("warehouse:w-1", "task", "t-77") in device.store.base
    assert ("warehouse:w-1", "location", floor.places["B-01"]) not in device.store.base
    assert device.reports == []


async def test_after_many_changes_the_files_are_written_anew(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshotting, "FEW_CHANGES", 3)
    device = await busy(floor)
    before = await manifest_of(device)
    async with writing():
        for number in range(4):
            feed.put("warehouse:w-1", "task", f"t-{number}", {"kind": "count"})

    after = await bootstrapped(device)

    assert after["seq"] > before["seq"]
    assert ("warehouse:w-1", "task", "t-3") in device.store.base
    assert part(after, "catalogue") == part(before, "catalogue"), "what did not change keeps its files"
    kept = {chunk["url"] for chunk in part(before, "warehouse:w-1")["chunks"]}
    assert kept & {chunk["url"] for chunk in part(after, "warehouse:w-1")["chunks"]}


def part(manifest: Json, scope: str) -> Json:
    """One scope's part."""
    return next(one for one in manifest["scopes"] if one["scope"] == scope)


async def test_a_quiet_scope_is_offered_at_the_newest_number(floor: Floor) -> None:
    device = await busy(floor)
    await manifest_of(device)
    async with writing():
        feed.put("warehouse:w-9", "task", "t-1", {"kind": "count"})

    manifest = await manifest_of(device)

    assert manifest["seq"] == (await feed.head()).seq


async def test_a_device_is_offered_its_own_scopes_and_nothing_of_another_warehouse(floor: Floor) -> None:
    device = await busy(floor)
    async with writing():
        feed.put("warehouse:w-2", "task", "t-99", {"kind": "count"})
        feed.put("role:accountant", "cost", "i-1", {"cost": "12.50"})

    manifest = await manifest_of(device)

    scopes = {one["scope"] for one in manifest["scopes"]}
    known = await enrolling_scopes(device)
    assert scopes == known
    assert "warehouse:w-2" not in scopes
    rows = [
        chunk
        for one in manifest["scopes"]
        for file in one["chunks"]
        for chunk in chunks_in(await fetched(device, file["url"]))
    ]
    assert {chunk["scope"] for chunk in rows} <= known
    assert "t-99" not in str(rows) and "12.50" not in str(rows)


async def enrolling_scopes(device: Device) -> set[str]:
    """What a pull says that this device may see."""
    reply = await device.ask_page(0, 1)
    while reply is not None and reply.json()["more"]:
        reply = await device.ask_page(reply.json()["next"], 2000)
    assert reply is not None
    return set(reply.json()["digests"])


async def test_another_warehouses_file_is_refused_even_to_those_who_know_its_name(floor: Floor) -> None:
    mine, other = await busy(floor), await floor.device("zhao", warehouse="EAST")
    urls = [chunk["url"] for chunk in part(await manifest_of(mine), "warehouse:w-1")["chunks"]]

    replies = [await other.send("GET", url, other.headers, b"") for url in urls]

    assert [reply.status for reply in replies if reply] == [403] * len(urls)


@pytest.mark.parametrize("name", ["0" * 64, "..%2F..%2Fstockhand.sqlite", "x", "A" * 64])
async def test_a_file_that_is_not_there_is_not_found(floor: Floor, name: str) -> None:
    device = await busy(floor)

    reply = await device.send("GET", f"/sync/snapshot/catalogue/{name}", device.headers, b"")

    assert reply is not None and reply.status == 404


@pytest.mark.parametrize("path", ["/sync/snapshot", f"/sync/snapshot/catalogue/{'0' * 64}"])
async def test_strangers_and_revoked_devices_are_offered_nothing(floor: Floor, path: str) -> None:
    device = await busy(floor)
    async with writing():
        await execute(Statement("UPDATE device SET is_revoked = ?"), True)

    replies = [await device.send("GET", path, headers, b"") for headers in ({}, device.headers)]

    assert [reply.status for reply in replies if reply] == [401, 403]


async def test_files_that_somebody_deleted_come_back(floor: Floor) -> None:
    device = await busy(floor)
    before = await manifest_of(device)
    for file in snapshotting.folder().rglob("*"):
        if file.is_file():
            file.unlink()

    after = await bootstrapped(device)

    assert [one["chunks"] for one in after["scopes"]] == [one["chunks"] for one in before["scopes"]]


async def test_files_that_no_manifest_names_go_after_a_day(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshotting, "FEW_CHANGES", 0)
    device = await busy(floor)
    old = {chunk["sha256"] for chunk in part(await manifest_of(device), "warehouse:w-1")["chunks"]}
    await do(device, floor.receive("CUP", 1, "A-01"))
    await manifest_of(device)
    assert old <= names(snapshotting.folder() / "warehouse_w-1"), "somebody may be fetching them"

    for file in snapshotting.folder().rglob("*"):
        os.utime(file, (clock.now() / clock.SECOND - 2 * 86_400,) * 2)
    await do(device, floor.receive("CUP", 1, "A-01"))
    newest = part(await manifest_of(device), "warehouse:w-1")

    assert {chunk["sha256"] for chunk in newest["chunks"]} <= names(snapshotting.folder() / "warehouse_w-1")
    assert not old <= names(snapshotting.folder() / "warehouse_w-1")


def names(folder: Path) -> set[str]:
    """The files in a folder."""
    return {file.name for file in folder.iterdir()}


async def test_a_snapshot_older_than_the_forgotten_tombstones_is_not_offered(floor: Floor) -> None:
    device = await busy(floor)
    await manifest_of(device)
    async with writing():
        feed.put("warehouse:w-1", "task", "t-1", {"kind": "count"})
    head = await feed.head()
    async with writing():
        await execute(Statement("UPDATE feed_head SET forgotten = ?"), head.seq)

    manifest = await manifest_of(device)

    assert manifest["seq"] >= head.seq


async def test_chunks_are_sent_compressed_and_may_be_kept_for_ever(floor: Floor) -> None:
    device = await busy(floor)
    manifest = await manifest_of(device)
    chunk = part(manifest, "catalogue")["chunks"][0]

    answer = await floor.http.get(chunk["url"], headers=device.headers)

    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    stored = snapshotting.folder() / "catalogue" / chunk["sha256"]
    assert chunk["bytes"] == stored.stat().st_size
    assert gzip.decompress(stored.read_bytes()) == answer.content


async def test_an_index_leads_to_the_row_without_the_others(floor: Floor) -> None:
    device = await busy(floor)
    catalogue = part(await manifest_of(device), "catalogue")
    index = next(one for one in catalogue["indexes"] if one["kind"] == "item")

    data = await fetched(device, index["url"])
    pairs = dict(struct.iter_unpack("<II", data))
    wanted = int.from_bytes(hashlib.sha256(b"DRILL").digest()[:4], "big")

    keys = [
        key[2]
        for file in catalogue["chunks"]
        if file["kind"] == "item"
        for chunk in chunks_in(await fetched(device, file["url"]))
        for key, _ in lines(chunk)
    ]
    assert keys[pairs[wanted]] == floor.items["DRILL"]
    assert index["rows"] == len(pairs)


def row(kind: str, key: str, **body: Any) -> feed.Line:
    """A row of the feed as a deciding module is given it."""
    return feed.Line("catalogue", kind, key, 1, False, msgspec.Raw(msgspec.json.encode(body)))


def stretches(rows: list[feed.Line]) -> list[list[str]]:
    """The keys in each chunk of every file."""
    files = snapshot.chunks("catalogue", rows)[0]
    return [chunk["keys"] for file in files for chunk in chunks_in(file.data)]


def test_a_new_item_among_the_others_changes_one_chunk() -> None:
    rows = [row("item", f"i-{number}", code=f"C{number}") for number in range(1, 3500) if number != 1500]

    before, after = stretches(rows), stretches([*rows, row("item", "i-1500", code="NEW")])

    assert len(before) == 4
    assert [index for index in range(4) if before[index] != after[index]] == [1]


def test_a_new_item_renews_one_file_of_many() -> None:
    rows = [row("item", f"i-{number}", code=f"C{number}") for number in range(1, 25_000) if number != 15_000]

    before, _ = snapshot.chunks("catalogue", rows)
    after, _ = snapshot.chunks("catalogue", [*rows, row("item", "i-15000", code="NEW")])

    assert [file.rows for file in before] == [9_999, 9_999, 5_000]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_barcodes_lie_with_their_items_whatever_their_digits() -> None:
    codes = [
        row("barcode", f"{9_000_000 - number}", item=f"i-{number}", unit="件", factor="1")
        for number in range(5000)
    ]

    chunks = stretches(codes)

    assert [len(keys) for keys in chunks] == [2000, 2000, 1000]
    assert chunks[0][:2] == ["9000000", "8999999"]


def test_many_rows_about_few_ids_are_cut_as_well() -> None:
    rows = [row("balance", f"i-7/l-{number}//", on_hand="1", held="0") for number in range(9000)]

    assert [len(keys) for keys in stretches(rows)] == [4000, 4000, 1000]


def test_a_field_that_is_absent_is_not_the_same_as_null() -> None:
    notes = [row("note", "a", text=None), row("note", "b"), row("note", "c", text="x")]

    (made,), _ = snapshot.chunks("catalogue", notes)

    chunk = json.loads(made.data)
    assert [body for _, body in lines(chunk)] == [{"text": None}, {}, {"text": "x"}]
