"""Keep the pictures of items: files named by what is in them, under the data folder."""

import asyncio
import os
from pathlib import Path

from server import canonical, events
from server.catalog import picture, queries
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.config import settings
from server.db import Statement, execute, writing

_SET = Statement("UPDATE item SET picture = ?, version = version + 1 WHERE id = ?")


async def keep_picture(item: int, upload: bytes, *, by: int) -> Edited | Refused | Missing:
    """Make this the item's picture; an empty upload takes the picture away."""
    name = ""
    if upload:
        copy = await asyncio.to_thread(picture.copied, upload)
        if isinstance(copy, str):
            return Refused([Fault(0, "picture", copy)])
        name = f"{canonical.digest(copy)}.webp"
        # On disk before the row names it; the same picture twice is one file.
        await asyncio.to_thread(_write, folder() / name, copy)
    async with writing():
        head = await queries.item_head(item)
        if head is None:
            return Missing()
        await execute(_SET, name, item)
        await events.record("item.pictured", f"item:{item}", {"picture": [head.picture, name]}, by=by)
        return Edited([item])


def folder() -> Path:
    """Where pictures are kept."""
    return settings().data_folder / "pictures"


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)


async def picture_of(item: int) -> bytes | None:
    """An item's picture, when there is one."""
    head = await queries.item_head(item)
    if head is None or not head.picture:
        return None
    file = folder() / head.picture
    return await asyncio.to_thread(file.read_bytes) if await asyncio.to_thread(file.is_file) else None
