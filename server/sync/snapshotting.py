"""Snapshots: a device's whole base in a few large immutable files instead of thousands of feed rows."""

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

import msgspec

from server import canonical, feed
from server.config import settings
from server.feed import Line
from server.sync import snapshot, wire

_NAME = re.compile(r"[0-9a-f]{64}")
_built: dict[str, tuple[str, dict[str, Any]]] = {}
"""Per database and scope: the digest it was built at, and its part of the manifest."""


class Manifest(msgspec.Struct, frozen=True):
    """What to fetch, and from which feed number to go on."""

    protocol: str
    generation: int
    subscription: int
    seq: int
    scopes: list[dict[str, Any]]


async def manifest(scopes: tuple[str, ...], subscription: int) -> Manifest:
    """The files that hold these scopes as of one commit, written where they are not there yet."""
    beyond = await feed.whole(scopes)
    parts = []
    for scope in scopes:
        lines = [line for line in beyond.lines if line.scope == scope]
        parts.append(await asyncio.to_thread(_part, scope, beyond.digests[scope], lines))
    return Manifest(wire.PROTOCOL, beyond.head.generation, subscription, beyond.head.seq, parts)


def _part(scope: str, digest: tuple[int, str], lines: list[Line]) -> dict[str, Any]:
    known = _built.get(f"{folder()}/{scope}")
    if known is not None and known[0] == f"{digest[0]}/{digest[1]}":
        return known[1]
    made, indexes = snapshot.chunks(scope, lines)
    part = {
        "scope": scope,
        "rows": digest[0],
        "sum": digest[1],
        "chunks": [
            {"kind": one.kind, "rows": one.rows} | _kept(scope, one.data, zipped=True) for one in made
        ],
        "indexes": [
            {"kind": one.kind, "field": one.field, "rows": one.rows} | _kept(scope, one.data, zipped=False)
            for one in indexes
        ],
    }
    _built[f"{folder()}/{scope}"] = (f"{digest[0]}/{digest[1]}", part)
    return part


def _kept(scope: str, data: bytes, *, zipped: bool) -> dict[str, Any]:
    name = canonical.digest(data)
    file = _file(scope, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(gzip.compress(data, 6, mtime=0) if zipped else data)
        part.replace(file)
    return {"url": f"/sync/snapshot/{scope}/{name}", "sha256": name, "bytes": file.stat().st_size}


def folder() -> Path:
    """Where snapshot files are kept; anything in it may be deleted and comes back."""
    return settings().data_folder / "snapshots"


def _file(scope: str, name: str) -> Path:
    return folder() / scope.replace(":", "_") / name


async def content(scope: str, name: str) -> bytes | None:
    """One snapshot file as it is kept; chunks are gzip, indexes are not."""
    if not _NAME.fullmatch(name):
        return None
    file = _file(scope, name)
    return await asyncio.to_thread(file.read_bytes) if file.is_file() else None
