"""Snapshots: a device's whole base in a few large immutable files instead of thousands of feed rows."""

import asyncio
import gzip
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec

from server import canonical, clock, feed, ids
from server.config import settings
from server.db import Statement, current, fetch
from server.feed import Head, Line
from server.sync import snapshot, wire

FEW_CHANGES: Final = 1000
"""A part is offered as it is while no more than this changed since: the device pulls the rest as one page."""
KEPT_DAYS: Final = 1
"""How long a file that no manifest names any more waits for devices that are still fetching."""
_NOTHING: Final = 1 << 62
_NAME = re.compile(r"[0-9a-f]{64}")


class Manifest(msgspec.Struct, frozen=True):
    """What to fetch, and from which feed number to go on."""

    protocol: str
    generation: int
    subscription: int
    seq: int
    scopes: list[dict[str, Any]]


class Part(msgspec.Struct, frozen=True):
    """One scope as files, and the moment of the feed at which they hold it."""

    generation: int
    seq: int
    digest: tuple[int, str]
    files: frozenset[str]
    told: dict[str, Any]


class Memory:
    """What was built last of each scope of one database, and whose turn it is to build."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.turns: dict[str, asyncio.Lock] = {}


_memories: WeakKeyDictionary[Any, Memory] = WeakKeyDictionary()


async def manifest(scopes: Sequence[str], subscription: int) -> Manifest:
    """The files that hold these scopes, written where they are not there yet.

    Its number is that of the oldest part: from there the feed brings what the parts do not have, and brings
    what they have already once more, which changes nothing.
    """
    while True:
        now = await feed.beyond(scopes, _NOTHING, 1)
        parts = [await _part(scope, now.head, now.digests[scope]) for scope in scopes]
        if all(part.generation == now.head.generation for part in parts):
            break
    seq = min((part.seq for part in parts), default=now.head.seq)
    told = [part.told for part in parts]
    return Manifest(wire.PROTOCOL, now.head.generation, subscription, min(seq, now.head.seq), told)


async def _part(scope: str, head: Head, digest: tuple[int, str]) -> Part:
    memory = _memories.setdefault(current(), Memory())
    if part := await _standing(memory, scope, head, digest):
        return part
    # A hundred devices that ask at once wait for one building.
    async with memory.turns.setdefault(scope, asyncio.Lock()):
        if part := await _standing(memory, scope, head, digest):
            return part
        whole = await feed.whole((scope,))
        part = await asyncio.to_thread(_built, scope, whole.head, whole.digests[scope], whole.lines)
        memory.parts[scope] = part
    return part


async def _standing(memory: Memory, scope: str, head: Head, digest: tuple[int, str]) -> Part | None:
    """What was built, if it is still worth fetching."""
    part = memory.parts.get(scope)
    if part is None or part.generation != head.generation or part.seq < head.forgotten:
        return None
    if not await asyncio.to_thread(_are_there, scope, part):
        return None
    if part.digest == digest:
        memory.parts[scope] = part = msgspec.structs.replace(part, seq=max(part.seq, head.seq))
        return part
    changed = await feed.after((scope,), part.seq, FEW_CHANGES + 1)
    return None if len(changed) > FEW_CHANGES or any(map(_is_withdrawn, changed)) else part


def _is_withdrawn(line: Line) -> bool:
    """Whether this row was taken from a scope so that nobody there sees it: then no file may hand it out either."""
    return line.deleted and line.kind == "balance"


def _are_there(scope: str, part: Part) -> bool:
    return all(_file(scope, name).exists() for name in part.files)


def _built(scope: str, head: Head, digest: tuple[int, str], lines: list[Line]) -> Part:
    made, indexes = snapshot.chunks(scope, lines)
    chunk_files = [{"kind": one.kind, "rows": one.rows} | _kept(scope, one.data, zipped=True) for one in made]
    index_files = [
        {"kind": one.kind, "field": one.field, "rows": one.rows} | _kept(scope, one.data, zipped=False)
        for one in indexes
    ]
    files = frozenset(str(file["sha256"]) for file in (*chunk_files, *index_files))
    _forget_others(scope, files)
    rows, total = digest
    told = {"scope": scope, "rows": rows, "sum": total, "chunks": chunk_files, "indexes": index_files}
    return Part(head.generation, head.seq, digest, files, told)


def _kept(scope: str, data: bytes, *, zipped: bool) -> dict[str, Any]:
    name = canonical.digest(data)
    file = _file(scope, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{ids.hexadecimal(8)}.part")
        part.write_bytes(gzip.compress(data, 6, mtime=0) if zipped else data)
        part.replace(file)
    return {"url": f"/sync/snapshot/{scope}/{name}", "sha256": name, "bytes": file.stat().st_size}


def _forget_others(scope: str, files: frozenset[str]) -> None:
    """Drop what earlier manifests named, once nobody can be fetching it any more."""
    old = (clock.now() - KEPT_DAYS * clock.DAY) / clock.SECOND
    for file in _file(scope, "").iterdir() if files else ():
        if file.name not in files and file.stat().st_mtime < old:
            file.unlink(missing_ok=True)


def folder() -> Path:
    """Where snapshot files are kept; anything in it may be deleted and comes back."""
    return settings().data_folder / "snapshots"


def _file(scope: str, name: str) -> Path:
    return folder() / scope.replace(":", "_") / name


_HIDES = Statement(
    "SELECT 1 FROM location WHERE is_blind AND 'warehouse:w-' || CAST(warehouse AS TEXT) = ? LIMIT 1"
)


async def _hides_figures(scope: str) -> bool:
    return scope.startswith("warehouse:") and bool(await fetch(_HIDES, scope))


async def content(scope: str, name: str) -> bytes | None:
    """One snapshot file as it is kept; chunks are gzip, indexes are not.

    While figures of the scope are kept from whoever counts, only what its manifest names now is handed out.
    """
    if not _NAME.fullmatch(name):
        return None
    if await _hides_figures(scope):
        now = await feed.beyond((scope,), _NOTHING, 1)
        if name not in (await _part(scope, now.head, now.digests[scope])).files:
            return None
    file = _file(scope, name)
    return await asyncio.to_thread(file.read_bytes) if file.is_file() else None
