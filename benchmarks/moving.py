"""The same company on PostgreSQL: a SQLite file's rows copied into a migrated database, for comparing engines."""

import sqlite3

import asyncpg

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_COLUMNS = (
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    " AND is_generated = 'NEVER'"
)
_KEYS = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
    " AND column_default LIKE 'nextval%'"
)
LEFT_OUT = {"migration"}


async def copy(file: str, url: str) -> None:
    """Every row of the file into the tables of the same name, which must be empty or as migrations left them."""
    connection = await asyncpg.connect(url)
    kinds: dict[str, dict[str, str]] = {}
    for table, column, kind in await connection.fetch(_COLUMNS):
        kinds.setdefault(table, {})[column] = kind
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as source:
        async with connection.transaction():
            # The rows are whole already; which table comes first does not matter then.
            await connection.execute("SET LOCAL session_replication_role = replica")
            for (table,) in source.execute(_TABLES).fetchall():
                if table in kinds and table not in LEFT_OUT:
                    await _copy_table(source, connection, table, kinds[table])
    source.close()
    for (table,) in await connection.fetch(_KEYS):
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce((SELECT max(id) FROM {table}), 0) + 1)"
        )
    await connection.execute("ANALYZE")
    await connection.close()


async def _copy_table(
    source: sqlite3.Connection, connection: "asyncpg.Connection", table: str, kinds: dict[str, str]
) -> None:
    rows = source.execute(f"SELECT * FROM {table}")
    columns = [name for name, *_ in rows.description]
    are_flags = [kinds[column] == "boolean" for column in columns]
    records = [
        tuple(bool(value) if is_flag else value for value, is_flag in zip(row, are_flags, strict=True))
        for row in rows
    ]
    if records:
        await connection.execute(f"DELETE FROM {table}")
        await connection.copy_records_to_table(table, records=records, columns=columns)
