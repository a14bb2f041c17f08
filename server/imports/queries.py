"""Reads about imports: the jobs, what they changed, and whether that is in use by now."""

import msgspec

from server.db import Row, Statement, as_json, fetch
from server.imports.report import Options, Report


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One import as pages show it. What the check said is read apart (`report`): it may be long."""

    id: int
    kind: str
    file_name: str
    file_digest: str
    state: str
    options: Options
    rows_total: int
    rows_done: int
    user: int
    created_at: int
    committed_at: int | None
    undone_at: int | None


class Change(msgspec.Struct, frozen=True):
    """One record that an import made (`new`) or changed, by its id, with what stood before and after."""

    id: int
    row: int
    action: str
    subject: int
    before: str
    after: str


class Page(msgspec.Struct, frozen=True):
    """One page of the list of imports."""

    rows: list[Job]
    number: int
    has_more: bool


PAGE_SIZE = 50

_COLUMNS = (
    "SELECT id, kind, file_name, file_digest, state, mapping, rows_total, rows_done, user_id, created_at,"
    " committed_at, undone_at FROM import_job"
)
_JOB = Statement(f"{_COLUMNS} WHERE id = ?")
_JOBS = Statement(f"{_COLUMNS} ORDER BY id DESC LIMIT ? OFFSET ?")
_DUE = Statement(f"{_COLUMNS} WHERE state IN ('checking', 'writing', 'undoing') ORDER BY id")
_REPORT = Statement("SELECT report FROM import_job WHERE id = ?")
_CHANGES = Statement(
    "SELECT id, row, action, subject, before, after FROM import_change WHERE job = ? AND action <> 'undone'"
    " ORDER BY id"
)
_LAST_CHANGES = Statement(
    "SELECT id, row, action, subject, before, after FROM import_change WHERE job = ? AND action <> 'undone'"
    " ORDER BY id DESC LIMIT ?"
)
_COUNTS = Statement("SELECT action, COUNT(*) FROM import_change WHERE job = ? GROUP BY action")
_ROWS_DONE = Statement("SELECT row FROM import_change WHERE job = ? AND action <> 'undone'")
_IN_USE = {
    "items": [
        Statement(
            f"SELECT DISTINCT item FROM {table} WHERE item IN (SELECT value FROM json_each(?))",
            f"SELECT DISTINCT item FROM {table} WHERE item IN"
            " (SELECT json_array_elements_text(?::text::json)::bigint)",
        )
        for table in ("movement", "balance", "lot", "task", "count_point")
    ],
    "locations": [
        Statement(
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN"
            " (SELECT json_array_elements_text(?::text::json)::bigint)",
        )
        for table, column in (
            ("movement", "source"),
            ("movement", "target"),
            ("balance", "location"),
            ("count_point", "location"),
            ("task", "location"),
        )
    ],
}


async def job(job_id: int) -> Job | None:
    """One import; None when there is no such."""
    rows = await fetch(_JOB, job_id)
    return _job(rows[0]) if rows else None


async def jobs(page: int = 1) -> Page:
    """Imports, newest first."""
    rows = await fetch(_JOBS, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE)
    return Page([_job(row) for row in rows[:PAGE_SIZE]], page, len(rows) > PAGE_SIZE)


async def due() -> list[Job]:
    """Imports with something to do, the oldest first."""
    return [_job(row) for row in await fetch(_DUE)]


async def report(job_id: int) -> Report:
    """What the check of an import said."""
    rows = await fetch(_REPORT, job_id)
    return msgspec.json.decode(rows[0][0], type=Report)


async def changes(job_id: int) -> list[Change]:
    """What an import did and has not been undone, in the order in which it was done."""
    return [_change(row) for row in await fetch(_CHANGES, job_id)]


async def last_changes(job_id: int, limit: int) -> list[Change]:
    """The last of these changes, the latest first: the next to be undone."""
    return [_change(row) for row in await fetch(_LAST_CHANGES, job_id, limit)]


async def counts(job_id: int) -> dict[str, int]:
    """How many records an import made (`new`), changed, and has given back (`undone`)."""
    return {row[0]: row[1] for row in await fetch(_COUNTS, job_id)}


async def rows_done(job_id: int) -> frozenset[int]:
    """The rows of the file that a broken-off import had written already."""
    return frozenset(row[0] for row in await fetch(_ROWS_DONE, job_id))


async def in_use(kind: str, ids: list[int]) -> frozenset[int]:
    """Which of these items or locations have movements, stock, lots, counts or tasks."""
    used: set[int] = set()
    for statement in _IN_USE[kind]:
        used |= {row[0] for row in await fetch(statement, as_json(ids))}
    return frozenset(used)


def _job(row: Row) -> Job:
    return Job(
        id=row[0],
        kind=row[1],
        file_name=row[2],
        file_digest=row[3],
        state=row[4],
        options=msgspec.json.decode(row[5], type=Options),
        rows_total=row[6],
        rows_done=row[7],
        user=row[8],
        created_at=row[9],
        committed_at=row[10],
        undone_at=row[11],
    )


def _change(row: Row) -> Change:
    return Change(row[0], row[1], row[2], int(row[3].partition(":")[2]), row[4], row[5])
