"""Keeping: backups that are checked before they count, and restoring one so that devices heal the rest.

`ack` says committed, `safe` says also in a verified backup. A restored server begins a new generation; its
devices then offer again what it has forgotten, under the same ids.
"""

import asyncio
import shutil
import sqlite3
import subprocess
from pathlib import Path

import msgspec

from server.db import (
    PostgresDatabase,
    Statement,
    close_database,
    current,
    execute,
    fetch,
    open_database,
    writing,
)


class Kept(msgspec.Struct, frozen=True):
    """A backup that was written, opened again and found whole."""

    file: str
    bytes: int
    replicas: int


class Broken(msgspec.Struct, frozen=True):
    """A backup that is not one; nothing was changed."""

    reason: str


_ACKS = Statement("SELECT id, ack FROM replica")
_SAFE = Statement("UPDATE replica SET safe = ? WHERE id = ? AND safe < ?")
_NEW_GENERATION = Statement("UPDATE feed_head SET generation = generation + ? RETURNING generation")


async def back_up(file: Path) -> Kept | Broken:
    """Write the whole database to `file`, check it, and tell devices what is safe now."""
    database = current()
    # What a backup contains is at least what was acknowledged before it began.
    acks = [(row[0], row[1]) for row in await fetch(_ACKS)]
    part = file.with_name(f"{file.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(database, PostgresDatabase):
        broken = await asyncio.to_thread(_dump, database.url, part)
    else:
        broken = await asyncio.to_thread(_copy, database.path, part)
    if broken:
        part.unlink(missing_ok=True)
        return Broken(broken)
    size = await asyncio.to_thread(_put_in_place, part, file)
    async with writing():
        for replica, ack in acks:
            await execute(_SAFE, ack, replica, ack)
    return Kept(str(file), size, len(acks))


def _put_in_place(part: Path, file: Path) -> int:
    part.replace(file)
    return file.stat().st_size


def _copy(source: str, target: Path) -> str | None:
    target.unlink(missing_ok=True)
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as live, sqlite3.connect(target) as copy:
        live.backup(copy, pages=2000)
        verdict: str = copy.execute("PRAGMA integrity_check").fetchone()[0]
    live.close()
    copy.close()
    return None if verdict == "ok" else verdict


def _dump(url: str, target: Path) -> str | None:
    done = subprocess.run(
        ["pg_dump", "--format=custom", f"--file={target}", url], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return done.stderr.strip()
    listed = subprocess.run(["pg_restore", "--list", target], capture_output=True, text=True, check=False)
    return listed.stderr.strip() if listed.returncode else None


async def restore(file: Path, url: str) -> int | Broken:
    """Put `file` in the place of the database at `url` (which no server may be using); gives the generation.

    The generation is raised beyond both, so that devices notice.
    """
    before = await _generation(url)
    broken = await asyncio.to_thread(_load if url.startswith("postgres") else _replace, file, url)
    if broken:
        return Broken(broken)
    await open_database(url)
    try:
        async with writing():
            raised = max(1, before + 1 - (await fetch(Statement("SELECT generation FROM feed_head")))[0][0])
            generation: int = (await execute(_NEW_GENERATION, raised))[0][0]
        return generation
    finally:
        await close_database()


async def _generation(url: str) -> int:
    """The generation of what stands at `url` now, 0 when nothing does."""
    if not url.startswith("postgres") and not await asyncio.to_thread(Path(url).exists):
        return 0
    await open_database(url)
    try:
        exists = await fetch(
            Statement(
                "SELECT 1 FROM sqlite_master WHERE name = 'feed_head'",
                "SELECT 1 FROM pg_tables WHERE tablename = 'feed_head'",
            )
        )
        return (await fetch(Statement("SELECT generation FROM feed_head")))[0][0] if exists else 0
    finally:
        await close_database()


def _replace(file: Path, url: str) -> str | None:
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as backup:
            if backup.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                return "the file is damaged"
            backup.execute("SELECT generation FROM feed_head").fetchone()
        backup.close()
    except sqlite3.Error as error:
        return f"not a Stockhand backup: {error}"
    target = Path(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving = target.with_name(f"{target.name}.arriving")
    shutil.copyfile(file, arriving)
    for leftover in ("-wal", "-shm"):
        Path(f"{target}{leftover}").unlink(missing_ok=True)
    arriving.replace(target)
    return None


def _load(file: Path, url: str) -> str | None:
    done = subprocess.run(
        ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={url}", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stderr.strip() if done.returncode else None
