"""The engine and `writing()`: one writer, readers beside it, on SQLite or PostgreSQL.

Piccolo's queries run through `ENGINE`, which hands every statement to the database that is open: inside
`writing()` to the one write connection, outside to read-only ones. See docs/decisions/0001-one-writer.md.
"""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar
from copy import copy
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import asyncpg
import msgspec
from piccolo.engine.base import Engine
from piccolo.engine.sqlite import TransactionType

from server import clock

os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")

Row = Any  # sqlite3.Row or asyncpg.Record: both give row["name"], row[0] and unpacking

Dialect = Literal["sqlite", "postgres"]
T = TypeVar("T")

READERS = 4
BEGIN = "BEGIN IMMEDIATE"
BUSY_S = 30
"""How long a process waits for another one that writes."""
ASK_AGAIN_S = 0.001
POOL_SIZE = 12
# One number for every process of one database: whoever holds it is the writer.
WRITER_LOCK = 0x53544F434B


PASSING = (
    sqlite3.OperationalError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    OSError,
)
"""Accidents of the database that say nothing about what was asked: full disk, busy file, server away."""


class Connection(Protocol):
    """What a transaction needs of a database connection."""

    async def run(self, sql: str, args: Sequence[Any]) -> list[Row]: ...
    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...
    async def run_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Row]]: ...
    def forget_later(self) -> None: ...


class Transaction:
    """One unit of work: its connection, what its features noted, and whom to tell when it is on disk."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.owner = asyncio.current_task()
        self.notes: dict[str, Any] = {}
        self.before: dict[str, Callable[[], Awaitable[Any]]] = {}
        self.after: list[Callable[[], None]] = []
        self.depth = 0


_transaction: ContextVar[Transaction | None] = ContextVar("transaction", default=None)


class Statement:
    """SQL with `?` holes, numbered once for PostgreSQL; a different text where the dialects differ."""

    def __init__(self, sql: str, postgres: str | None = None) -> None:
        self.sqlite = sql
        self.postgres = numbered(postgres or sql)

    def text(self, dialect: Dialect) -> str:
        """The SQL as `dialect` reads it."""
        return self.sqlite if dialect == "sqlite" else self.postgres


def numbered(sql: str) -> str:
    """`? … ?` as `$1 … $2`, which is how PostgreSQL's driver names holes."""
    head, *rest = sql.split("?")
    return head + "".join(f"${index}{part}" for index, part in enumerate(rest, 1))


def as_json(rows: Any) -> str:
    """A list of keys as one argument, for statements that join against it (any length, one plan)."""
    return msgspec.json.encode(rows).decode()


def among(sql: str, column: str, after: str = "", *, number: bool = True) -> Statement:
    """`… column IN (keys) …` in both dialects, the keys as one argument from `as_json`."""
    cast = "::bigint" if number else ""
    return Statement(
        f"{sql} {column} IN (SELECT value FROM json_each(?)){after}",
        f"{sql} {column} IN (SELECT (json_array_elements_text(?::text::json)){cast}){after}",
    )


async def fetch(statement: Statement, *args: Any) -> list[Row]:
    """The rows of a statement: of this transaction inside `writing()`, else of the last commit."""
    database = current()
    if transaction := here():
        return await transaction.connection.run(statement.text(database.dialect), args)
    return await database.read(statement.text(database.dialect), args)


async def fetch_together(*queries: tuple[Statement, Sequence[Any]]) -> list[list[Row]]:
    """The rows of several statements as of one and the same commit."""
    database = current()
    texts: list[tuple[str, Sequence[Any]]] = [
        (statement.text(database.dialect), args) for statement, args in queries
    ]
    if transaction := here():
        return await transaction.connection.run_together(texts)
    return await database.read_together(texts)


async def fetch_by_keys(wanted: Mapping[Statement, Collection[Any] | None]) -> dict[Statement, list[Row]]:
    """What several statements find, each by its own list of keys, as of one commit.

    An empty list finds nothing; None is for a statement that takes no keys.
    One trip to the database for all of them, which is what a small transaction spends most of its time on.
    """
    asked = {
        statement: () if keys is None else (as_json(keys),)
        for statement, keys in wanted.items()
        if keys is None or keys
    }
    rows = await fetch_together(*asked.items())
    found: dict[Statement, list[Row]] = {statement: [] for statement in wanted}
    return found | dict(zip(asked, rows, strict=True))


async def execute(statement: Statement, *args: Any) -> list[Row]:
    """Run one writing statement (only inside `writing()`); the rows that RETURNING gives."""
    return await writer().connection.run(statement.text(current().dialect), args)


async def execute_many(statement: Statement, rows: Iterable[Sequence[Any]]) -> None:
    """Run one writing statement once per row; with no rows, nothing."""
    rows = list(rows)
    if rows:
        await writer().connection.run_many(statement.text(current().dialect), rows)


@asynccontextmanager
async def writing() -> AsyncIterator[Transaction]:
    """The write transaction. An inner one joins the outer by savepoint; the outermost commits to disk.

    When the body raises, what it wrote and whom it wanted to tell are undone, and nothing else is.
    """
    if (outer := here()) is not None:
        async with _savepoint(outer):
            yield outer
        return
    async with current().unit() as transaction:
        held = _transaction.set(transaction)
        try:
            yield transaction
            for callback in tuple(transaction.before.values()):
                await callback()
        finally:
            _transaction.reset(held)
    for tell in transaction.after:
        tell()


@asynccontextmanager
async def _savepoint(transaction: Transaction) -> AsyncIterator[None]:
    transaction.depth += 1
    name = f"inner_{transaction.depth}"
    notes = {key: copy(value) for key, value in transaction.notes.items()}
    before, after = dict(transaction.before), len(transaction.after)
    await transaction.connection.run(f"SAVEPOINT {name}", ())
    try:
        yield
        # What was kept for later belongs to this savepoint: it may fail, and must fail in here.
        await transaction.connection.run_together([])
    except BaseException:
        transaction.notes, transaction.before = notes, before
        del transaction.after[after:]
        transaction.connection.forget_later()
        await _to_the_end(transaction.connection.run(f"ROLLBACK TO SAVEPOINT {name}", ()))
        raise
    finally:
        await _to_the_end(transaction.connection.run(f"RELEASE SAVEPOINT {name}", ()))
        transaction.depth -= 1


def before_commit(name: str, callback: Callable[[], Awaitable[Any]]) -> None:
    """Run `callback` once, last in this transaction, however often it is asked for under `name`."""
    writer().before.setdefault(name, callback)


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` when, and only when, the outermost transaction is on disk."""
    writer().after.append(callback)


def here() -> Transaction | None:
    """The transaction this task is in. A task started inside one must not borrow it: that is a bug."""
    transaction = _transaction.get()
    if transaction is None:
        return None
    assert transaction.owner is asyncio.current_task(), "a task started inside writing() used the database"
    return transaction


def writer() -> Transaction:
    """The transaction this task is in, which must be one."""
    transaction = here()
    assert transaction is not None, "writing outside writing()"
    return transaction


async def _to_the_end(work: Awaitable[T]) -> T:
    """Wait for `work` even when cancelled meanwhile; a half-finished commit must not leak its connection."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:  # noqa: BLE001 - result() below raises it again
            break
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result


class SqliteDatabase:
    """A SQLite file: one writer connection in one thread, read-only connections in a few others."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str) -> None:
        self.path = path
        self.turn = asyncio.Lock()
        self.writer_thread = ThreadPoolExecutor(1, "sqlite-writer")
        self.reader_threads = ThreadPoolExecutor(READERS, "sqlite-reader")
        self.of_thread = threading.local()
        self.later: list[tuple[str, list[Sequence[Any]]]] = []
        self.connections: list[sqlite3.Connection] = []

    async def open(self) -> None:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        self.writer = await self._in_writer(self._connect)

    async def close(self) -> None:
        # Readers first: the last connection to leave folds the write-ahead log back into the file.
        self.reader_threads.shutdown()
        for connection in reversed(self.connections):
            await self._in_writer(connection.close)
        self.writer_thread.shutdown()

    def _connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=BUSY_S
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32000")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        self.connections.append(connection)
        return connection

    async def _in_writer(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.writer_thread, work, *args)

    async def read(self, sql: str, args: Sequence[Any]) -> list[Row]:
        return await asyncio.get_running_loop().run_in_executor(self.reader_threads, self._read, sql, args)

    def _read(self, sql: str, args: Sequence[Any]) -> list[Row]:
        connection: sqlite3.Connection | None = getattr(self.of_thread, "connection", None)
        if connection is None:
            connection = self.of_thread.connection = self._connect(read_only=True)
        return connection.execute(sql, args).fetchall()

    async def read_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        return await asyncio.get_running_loop().run_in_executor(
            self.reader_threads, self._read_together, queries
        )

    def _read_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        self._read("BEGIN", ())
        try:
            return [self._read(sql, args) for sql, args in queries]
        finally:
            self._read("COMMIT", ())

    async def run(self, sql: str, args: Sequence[Any]) -> list[Row]:
        return (await self.run_together([(sql, args)]))[0]

    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        # Kept until the next statement that is waited for: one hop to the writer thread carries them all.
        self.later.append((sql, list(rows)))

    async def run_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        later, self.later = self.later, []
        if not later and not queries:
            return []
        return await self._in_writer(self._run, later, queries)

    def forget_later(self) -> None:
        self.later = []

    def _run(
        self, later: list[tuple[str, list[Sequence[Any]]]], queries: list[tuple[str, Sequence[Any]]]
    ) -> list[list[Row]]:
        for sql, rows in later:
            if sql == BEGIN:
                self._begin()
            else:
                self.writer.executemany(sql, rows) if rows else self.writer.execute(sql)
        return [self.writer.execute(sql, args).fetchall() for sql, args in queries]

    def _begin(self) -> None:
        """Become the writer, among other processes too: ask every millisecond.

        SQLite's own waiting sleeps longer each time, up to 100 ms, so that a process that writes again at once
        wins nearly always, and a scan would starve beside an import.
        """
        end = clock.monotonic() + BUSY_S
        self.writer.execute("PRAGMA busy_timeout = 0")
        while not self._has_begun():
            if clock.monotonic() > end:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(ASK_AGAIN_S)
        self.writer.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000}")

    def _has_begun(self) -> bool:
        try:
            self.writer.execute(BEGIN)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Transaction]:
        async with self.turn:
            self.later = [(BEGIN, [])]
            try:
                yield Transaction(self)
                await _to_the_end(self.run("COMMIT", ()))
            except BaseException:
                # A full disk too leaves the transaction open; the next unit must find a clean connection.
                self.later = []
                await _to_the_end(self._in_writer(self._roll_back))
                raise

    def _roll_back(self) -> None:
        if self.writer.in_transaction:
            self.writer.execute("ROLLBACK")


class PostgresConnection:
    """One asyncpg connection in a transaction."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def run(self, sql: str, args: Sequence[Any]) -> list[Row]:
        rows: list[Row] = await self.connection.fetch(sql, *args)
        return rows

    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        await self.connection.executemany(sql, rows)

    async def run_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        return [await self.run(sql, args) for sql, args in queries]

    def forget_later(self) -> None:
        """Nothing is kept for later here."""


class PostgresDatabase:
    """A PostgreSQL database, shared by several processes that take turns writing."""

    dialect: Dialect = "postgres"

    def __init__(self, url: str) -> None:
        self.url = url
        self.turn = asyncio.Lock()

    async def open(self) -> None:
        # Tables that PostgreSQL has not measured yet look huge to it, and it compiles for half a second what then
        # runs for one millisecond.
        self.pool = await asyncpg.create_pool(
            self.url, min_size=2, max_size=POOL_SIZE, server_settings={"jit": "off"}
        )

    async def close(self) -> None:
        await self.pool.close()

    async def read(self, sql: str, args: Sequence[Any]) -> list[Row]:
        async with self.pool.acquire() as connection, connection.transaction(readonly=True):
            rows: list[Row] = await connection.fetch(sql, *args)
            return rows

    async def read_together(self, queries: list[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return [await connection.fetch(sql, *args) for sql, args in queries]

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Transaction]:
        async with self.turn, self.pool.acquire() as connection:
            transaction = connection.transaction()
            await _to_the_end(transaction.start())
            try:
                await connection.execute("SELECT pg_advisory_xact_lock($1)", WRITER_LOCK)
                yield Transaction(PostgresConnection(connection))
            except BaseException:
                await _to_the_end(transaction.rollback())
                raise
            await _to_the_end(transaction.commit())


Database = SqliteDatabase | PostgresDatabase

_open: list[Database] = []


async def open_database(url: str) -> Database:
    """Open the database that everything in this process uses from now on, until `close_database()`."""
    assert not _open, "a database is open already"
    database: Database = PostgresDatabase(url) if url.startswith("postgres") else SqliteDatabase(url)
    await database.open()
    _open.append(database)
    return database


async def close_database() -> None:
    """Close the open database."""
    await _open.pop().close()


def current() -> Database:
    """The open database."""
    assert _open, "no database is open"
    return _open[-1]


class HouseEngine(Engine[Any]):
    """What Piccolo talks to: it turns queries into SQL, the open database runs them."""

    __slots__ = ()

    def __init__(self) -> None:
        # The base class would connect to ask for a version; ours has nothing open yet.
        self.log_queries = self.log_responses = False
        self.query_id = 0
        self.min_version_number = 0

    @property
    def engine_type(self) -> str:  # type: ignore[override]  # ours follows the database that is open
        return _open[-1].dialect if _open else "sqlite"

    @property
    def current_transaction(self) -> ContextVar[Transaction | None]:  # type: ignore[override]
        return _transaction

    async def get_version(self) -> float:
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        # Piccolo asks whether SQLite knows RETURNING; PostgreSQL always does.
        major, minor, _ = sqlite3.sqlite_version_info
        return float(f"{major}.{minor}")

    async def prep_database(self) -> None:
        return None

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Any:
        raise NotImplementedError("read in pages instead")

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> list[Mapping[str, Any]]:
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        return await self._run(sql, args, writes=not sql.lstrip()[:6].upper().startswith("SELECT"))

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Mapping[str, Any]]:
        return await self._run(ddl, (), writes=True)

    async def _run(self, sql: str, args: Sequence[Any], *, writes: bool) -> list[Mapping[str, Any]]:
        if transaction := here():
            rows = await transaction.connection.run(sql, args)
        else:
            assert not writes, "writing outside writing()"
            rows = await current().read(sql, args)
        return [dict(row) for row in rows]

    def transform_response_to_dicts(self, results: Any) -> list[dict[str, Any]]:
        return list(results)

    def transaction(self, *args: Any, **kwargs: Any) -> Any:
        return writing()

    def atomic(self, transaction_type: TransactionType = TransactionType.immediate) -> Any:
        raise NotImplementedError("use writing()")


ENGINE = HouseEngine()
