"""Accidents of the database: nothing is held or refused for them, devices are told to come again."""

import sqlite3

import httpx
import pytest

from server.sync import reconciling
from tests import given


async def test_a_full_disk_is_no_verdict(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    device = await given.pda()
    item, dock = await given.item("CUP"), await given.location("DOCK-1", kind="dock")
    batch = device.batch(
        device.operation("stock.receive@1", {"item": f"i-{item}", "quantity": "2", "target": f"l-{dock}"})
    )

    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(reconciling.feed, "flush", full)
        refused = await client.post("/sync/push", content=batch, headers=device.headers)
    taken = await client.post("/sync/push", content=batch, headers=device.headers)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert taken.json()["verdicts"][0]["outcome"] == "applied"
    assert await given.on_hand("CUP", at="DOCK-1") == "2"
