"""The feed: every row of state that devices may hold, numbered in commit order.

`put()` inside `writing()` collects; just before the outermost commit the rows that really changed get
consecutive numbers from one counter row, so a reader can never skip a commit.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from piccolo.columns import BigInt, Boolean, Text
from piccolo.table import Table

from server import canonical, clock
from server.columns import code
from server.db import (
    Row,
    Statement,
    after_commit,
    as_json,
    before_commit,
    current,
    execute,
    execute_many,
    fetch,
    fetch_by_keys,
    fetch_together,
    here,
    writer,
)


class FeedRow(Table, tablename="feed_row"):
    """The latest state of one key in one scope; a deleted one stays as a tombstone."""

    scope = code()
    kind = code()
    key = code()
    seq = BigInt(default=0)
    is_deleted = Boolean(default=False)
    hash = Text(default="")
    body = Text(default="{}")


class FeedHead(Table, tablename="feed_head"):
    """One row: the last number given, the generation, and up to where tombstones were forgotten."""

    seq = BigInt(default=0)
    generation = BigInt(default=1)
    forgotten = BigInt(default=0)


class ScopeDigest(Table, tablename="scope_digest"):
    """How many live rows a scope has, and the sum of their hashes modulo 2^64."""

    scope = code(unique=True)
    live = BigInt(default=0)
    sum = Text(default="")


class Line(msgspec.Struct, frozen=True, gc=False):
    """One row of the feed as devices receive it; `body` is canonical JSON, `{}` when deleted."""

    scope: str
    kind: str
    key: str
    seq: int
    deleted: bool
    body: msgspec.Raw


class Head(msgspec.Struct, frozen=True):
    """Where the feed stands."""

    seq: int
    generation: int
    forgotten: int


Key = tuple[str, str, str]

_STANDING = Statement(
    "SELECT k.key, f.hash, f.is_deleted FROM json_each(?) k JOIN feed_row f"
    " ON f.scope = k.value ->> 0 AND f.kind = k.value ->> 1 AND f.key = k.value ->> 2",
    "SELECT k.at - 1, f.hash, f.is_deleted FROM json_array_elements(?::text::json) WITH ORDINALITY AS k (line, at)"
    " JOIN feed_row f ON f.scope = k.line ->> 0 AND f.kind = k.line ->> 1 AND f.key = k.line ->> 2",
)
_UPSERT = Statement(
    "INSERT INTO feed_row (scope, kind, key, seq, is_deleted, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (scope, kind, key) DO UPDATE SET seq = excluded.seq, is_deleted = excluded.is_deleted,"
    " hash = excluded.hash, body = excluded.body"
)
_TAKE = Statement("UPDATE feed_head SET seq = ?")
HEAD = Statement("SELECT seq, generation, forgotten FROM feed_head")
_DIGESTS = Statement(
    "SELECT scope, live, sum FROM scope_digest WHERE scope IN (SELECT value FROM json_each(?))",
    "SELECT scope, live, sum FROM scope_digest WHERE scope IN (SELECT json_array_elements_text(?::text::json))",
)
_SET_DIGEST = Statement(
    "INSERT INTO scope_digest (scope, live, sum) VALUES (?, ?, ?)"
    " ON CONFLICT (scope) DO UPDATE SET live = excluded.live, sum = excluded.sum"
)

CHANNEL = "stockhand_feed"
"""Where PostgreSQL tells other processes of a commit."""

_WAKE = Statement("SELECT pg_notify(?, ?)")

_listeners: list[Callable[[list[Line]], None]] = []


def on_change(listener: Callable[[list[Line]], None]) -> None:
    """Call `listener` with the rows of every commit of this process, after it is on disk."""
    _listeners.append(listener)


def stop_listening(listener: Callable[[list[Line]], None]) -> None:
    """Undo `on_change`."""
    _listeners.remove(listener)


def put(scope: str, kind: str, key: str, body: Any) -> None:
    """Say that this row of this scope now reads `body`, plain JSON data."""
    _pending()[scope, kind, key] = canonical.encode(body)


def put_all(scope: str, kind: str, rows: Iterable[tuple[str, Any]]) -> None:
    """The same for many rows of one kind: (key, body) each."""
    pending = _pending()
    for key, body in rows:
        pending[scope, kind, key] = canonical.encode(body)


def drop(scope: str, kind: str, key: str) -> None:
    """Say that this row has left this scope."""
    _pending()[scope, kind, key] = None


def _pending() -> dict[Key, bytes | None]:
    notes = writer().notes
    if "feed" not in notes:
        notes["feed"] = {}
        before_commit("feed", _flush)
    pending: dict[Key, bytes | None] = notes["feed"]
    return pending


async def flush() -> int:
    """Number what was put in this transaction so far, now; gives the feed's head.

    For those who must store the number beside their own rows. It locks the counter until the commit,
    so little should follow.
    """
    _pending()
    return await _flush()


async def _flush() -> int:
    pending: dict[Key, bytes | None] = writer().notes.pop("feed", {})
    writer().before.pop("feed", None)
    keys = list(pending)
    scopes = sorted({key[0] for key in keys})
    found = await fetch_by_keys({HEAD: None, _STANDING: keys, _DIGESTS: scopes})
    standing = {keys[index]: "" if is_deleted else hashed for index, hashed, is_deleted in found[_STANDING]}
    changed = [
        Change(key, body, hashed, was)
        for key, body in pending.items()
        if (hashed := _hash(key, body)) != (was := standing.get(key, ""))
    ]
    last: int = found[HEAD][0][0]
    head = last + len(changed)
    if changed:
        # There is one writer at a time, in whatever process: nobody else takes these numbers.
        await execute_many(_TAKE, [(head,)])
        await _write(changed, last)
        await execute_many(_SET_DIGEST, _moved(found[_DIGESTS], changed))
    return head


class Change(NamedTuple):
    """A row to write: what it says now (None: it has left), the hash of that, and of what stood (or "")."""

    key: Key
    body: bytes | None
    hashed: str
    was: str


def _hash(key: Key, body: bytes | None) -> str:
    return "" if body is None else f"{canonical.row_hash(key[1], key[2], body):016x}"


async def _write(changed: list[Change], last: int) -> None:
    rows = [
        (*key, seq, body is None, hashed, (body or b"{}").decode())
        for seq, (key, body, hashed, _) in enumerate(changed, last + 1)
    ]
    await execute_many(_UPSERT, rows)
    if current().dialect == "postgres":
        # Part of the commit, so whoever is woken finds the rows; only a wake-up, the rows are read again.
        await execute(_WAKE, CHANNEL, str(rows[-1][3]))
    after_commit(lambda: _tell(changed, last))


def _moved(digests: list[Row], changed: list[Change]) -> list[tuple[str, int, str]]:
    """The digests after these changes, of every scope that they touch."""
    live = dict.fromkeys((change.key[0] for change in changed), 0)
    total = dict.fromkeys(live, 0)
    for key, body, hashed, was in changed:
        scope = key[0]
        live[scope] += (body is not None) - (was != "")
        total[scope] += int(hashed or "0", 16) - int(was or "0", 16)
    now = _by_scope(list(live), digests)
    return [
        (
            scope,
            now[scope][0] + live[scope],
            f"{(int(now[scope][1], 16) + total[scope]) % canonical.SUM:016x}",
        )
        for scope in sorted(live)
    ]


def _tell(changed: list[Change], last: int) -> None:
    if not _listeners:
        return
    lines = [
        Line(*key, seq=seq, deleted=body is None, body=msgspec.Raw(body or b"{}"))
        for seq, (key, body, _, _) in enumerate(changed, last + 1)
    ]
    for listener in tuple(_listeners):
        listener(lines)


async def head() -> Head:
    """Where the feed stands for this reader."""
    return Head(*(await fetch(HEAD))[0])


async def digests(scopes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Live rows and the sum of hashes for each of the scopes."""
    wanted = list(scopes)
    return _by_scope(wanted, await fetch(_DIGESTS, as_json(wanted)))


def _by_scope(scopes: list[str], rows: list[Row]) -> dict[str, tuple[int, str]]:
    found = {row[0]: (row[1], row[2]) for row in rows}
    return {scope: found.get(scope, (0, "0" * 16)) for scope in scopes}


_AFTER = Statement(
    "SELECT scope, kind, key, seq, is_deleted, body FROM feed_row"
    " WHERE scope IN (SELECT value FROM json_each(?)) AND seq > ? ORDER BY seq LIMIT ?",
    "SELECT scope, kind, key, seq, is_deleted, body FROM feed_row"
    " WHERE scope IN (SELECT json_array_elements_text(?::text::json)) AND seq > ? ORDER BY seq LIMIT ?",
)
_ALL = Statement(
    "SELECT scope, kind, key, seq, is_deleted, body FROM feed_row WHERE scope = ? AND is_deleted = ? ORDER BY seq"
)


class Beyond(msgspec.Struct, frozen=True):
    """What lies beyond a cursor, where the feed stands and what the scopes add up to, all of one commit."""

    head: Head
    lines: list[Line]
    digests: dict[str, tuple[int, str]]


async def beyond(scopes: Iterable[str], cursor: int, limit: int) -> Beyond:
    """Rows of these scopes beyond the cursor, oldest number first."""
    wanted = list(scopes)
    keys = as_json(wanted)
    (head_row,), rows, sums = await fetch_together(
        (HEAD, ()), (_AFTER, (keys, cursor, limit)), (_DIGESTS, (keys,))
    )
    return Beyond(Head(*head_row), [_line(row) for row in rows], _by_scope(wanted, sums))


_FORGET = Statement("DELETE FROM feed_row WHERE is_deleted = ? AND seq <= ?")
_FORGOTTEN = Statement("UPDATE feed_head SET forgotten = ? WHERE forgotten < ?")
_OLD = Statement("SELECT COALESCE(MAX(seq), 0) FROM operation WHERE received_at < ?")


async def forget_tombstones(days: int) -> None:
    """Drop tombstones older than so many days; a device with an older cursor starts again from nothing."""
    until = (await fetch(_OLD, clock.now() - days * clock.DAY))[0][0]
    await execute(_FORGET, True, until)
    await execute(_FORGOTTEN, until, until)


async def whole(scopes: Iterable[str]) -> Beyond:
    """Every live row of these scopes as of one commit."""
    wanted = list(scopes)
    (head_row,), sums, *rows = await fetch_together(
        (HEAD, ()), (_DIGESTS, (as_json(wanted),)), *((_ALL, (scope, False)) for scope in wanted)
    )
    lines = [_line(row) for of_scope in rows for row in of_scope]
    return Beyond(Head(*head_row), lines, _by_scope(wanted, sums))


async def after(scopes: Iterable[str], cursor: int, limit: int) -> list[Line]:
    """Rows of these scopes beyond the cursor, oldest number first."""
    return [_line(row) for row in await fetch(_AFTER, as_json(list(scopes)), cursor, limit)]


_STANDS = Statement("SELECT 1 FROM feed_row WHERE scope = ? AND kind = ? AND key = ? AND is_deleted = ?")


async def stands(scope: str, kind: str, key: str) -> bool:
    """Whether this row is in this scope now, with what this transaction has put so far."""
    transaction = here()
    pending: dict[Key, bytes | None] = transaction.notes.get("feed", {}) if transaction else {}
    if (scope, kind, key) in pending:
        return pending[scope, kind, key] is not None
    return bool(await fetch(_STANDS, scope, kind, key, False))


async def live_rows(scope: str) -> list[Line]:
    """Every row that stands in a scope, for snapshots and for comparing part by part."""
    return [_line(row) for row in await fetch(_ALL, scope, False)]


def _line(row: Row) -> Line:
    return Line(row[0], row[1], row[2], row[3], bool(row[4]), msgspec.Raw(row[5].encode()))
