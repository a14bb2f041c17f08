"""What pages ask of an import is written down first and done in the background, so that a restart goes on."""

import asyncio
import logging
from typing import cast

import msgspec

from server import clock
from server.db import Statement, execute, writing
from server.imports import importing, queries, report
from server.imports.columns import Kind
from server.imports.importing import Look, Refused
from server.imports.queries import Job
from server.imports.report import Options
from server.imports.sheet import Refusal, Table
from server.imports.uploading import Upload, file_of

log = logging.getLogger("stockhand.imports")


class Progress(msgspec.Struct, frozen=True):
    """How far an import is: what is going on, how much is done, and of how much; 0 where nobody knows yet."""

    stage: str
    done: int = 0
    total: int = 0


class _Turn:
    """One import at a time in a process; who asks meanwhile is looked after at the end of the turn."""

    is_taken = False
    is_asked_again = False


_BEGIN = Statement(
    "INSERT INTO import_job (kind, file_name, file_digest, state, mapping, report, rows_total, rows_done,"
    " user_id, created_at) VALUES (?, ?, ?, 'checking', ?, '{}', 0, 0, ?, ?) RETURNING id"
)
_CHECK_AGAIN = Statement(
    "UPDATE import_job SET state = 'checking', mapping = ?, user_id = ?, rows_total = 0"
    " WHERE id = ? AND state IN ('checking', 'checked', 'refused') RETURNING id"
)
_SET_CHECKED = Statement(
    "UPDATE import_job SET state = ?, report = ?, rows_total = ? WHERE id = ? AND state = 'checking'"
    " AND mapping = ?"
)
_CONFIRM = Statement(
    "UPDATE import_job SET state = 'writing', user_id = ?"
    " WHERE id = ? AND state IN ('checked', 'committing') RETURNING id"
)
_TAKE_BACK = Statement(
    "UPDATE import_job SET state = 'undoing', user_id = ?"
    " WHERE id = ? AND state IN ('committed', 'committing') RETURNING id"
)
_SET_REPORT = Statement("UPDATE import_job SET report = ? WHERE id = ?")
_SET_ASIDE = Statement("UPDATE import_job SET state = ?, report = ? WHERE id = ? AND state = ?")

_reading: dict[int, Progress] = {}
"""How far the checks of this process are. The progress of writing stands in the job itself."""


async def begin(kind: Kind, upload: Upload, options: Options, *, by: int) -> int:
    """Note a file to be checked; gives the import's id."""
    wanted = msgspec.json.encode(options).decode()
    async with writing():
        rows = await execute(_BEGIN, kind, upload.name, upload.digest, wanted, by, clock.now())
    await asyncio.to_thread(importing.forget_old_files, clock.now())
    return int(rows[0][0])


async def check_again(job: Job, options: Options, *, by: int) -> bool:
    """Read the file once more in another way; not when it is written already."""
    async with writing():
        return bool(await execute(_CHECK_AGAIN, msgspec.json.encode(options).decode(), by, job.id))


async def confirm(job: Job, *, by: int) -> bool:
    """Ask for the commit of what was reviewed, or for the rest of one that broke off."""
    async with writing():
        is_confirmed = bool(await execute(_CONFIRM, by, job.id))
        await _forget_why_it_stopped(job.id)
    return is_confirmed


async def take_back(job: Job, *, by: int) -> Refused | None:
    """Ask for an import to be undone; refused at once with every reason."""
    if reasons := await importing.objections(job):
        return Refused(reasons)
    async with writing():
        if not await execute(_TAKE_BACK, by, job.id):
            return Refused([Refusal("not_committed")])
        await _forget_why_it_stopped(job.id)
    return None


async def _forget_why_it_stopped(job_id: int) -> None:
    told = await queries.report(job_id)
    if told.stopped:
        await execute(_SET_REPORT, msgspec.json.encode(report.stopped(told, [])).decode(), job_id)


async def sheet_of(job: Job) -> Table | Refusal:
    """The sent file once more, as for the workbook that says what is wrong in it."""
    found = await _look(job)
    return found if isinstance(found, Refusal) else found.table


def progress_of(job: Job) -> Progress:
    """How far this import is."""
    match job.state:
        case "writing":
            return Progress("writing", job.rows_done, job.rows_total)
        case "undoing":
            return Progress("undoing", job.rows_total - job.rows_done, job.rows_total)
    return _reading.get(job.id, Progress("reading"))


async def go_on() -> None:
    """Do whatever imports wait for: check, commit, undo. Called when one asks, and by the timetable."""
    if _Turn.is_taken:
        _Turn.is_asked_again = True
        return
    _Turn.is_taken = True
    try:
        is_wanted = True
        while is_wanted:
            _Turn.is_asked_again = False
            for job in await queries.due():
                await _work_on(job)
            is_wanted = _Turn.is_asked_again
    finally:
        _Turn.is_taken = False


async def _work_on(job: Job) -> None:
    """One import. What goes wrong with it must not keep the others waiting: it is logged and told on its page."""
    try:
        reasons = await _do(job)
    except Exception:
        log.exception("import %d broke off while %s", job.id, job.state)
        reasons = [Refusal("broken_off")]
    finally:
        _reading.pop(job.id, None)
    # Another process is at it: it will say how that ended.
    if reasons and reasons != [Refusal("elsewhere")]:
        await _set_aside(job, reasons)


async def _do(job: Job) -> list[Refusal]:
    """The next step of an import; why it cannot be done, if so."""
    match job.state:
        case "checking":
            return await _check(job)
        case "writing":
            outcome: object = await importing.commit(job.id, by=job.user)
        case _:
            assert job.state == "undoing", job.state
            outcome = await importing.undo(job.id, by=job.user)
    return outcome.reasons if isinstance(outcome, Refused) else []


async def _check(job: Job) -> list[Refusal]:
    found = await _look(job)
    if isinstance(found, Refusal):
        return [found]
    body = await asyncio.to_thread(msgspec.json.encode, found.report)
    wanted = msgspec.json.encode(job.options).decode()
    total = len(found.checked.new) + len(found.checked.changed)
    await asyncio.to_thread(importing.keep_plan, job.id, found.plan)
    state = "checked" if found.report.ok else "refused"
    async with writing():
        await execute(_SET_CHECKED, state, body.decode(), total, job.id, wanted)
    return []


async def _look(job: Job) -> Look | Refusal:
    path = file_of(job.file_digest, job.file_name)
    if not await asyncio.to_thread(path.exists):
        return Refusal("changed_file")

    def tell(stage: str, done: int, total: int) -> None:
        _reading[job.id] = Progress(stage, done, total)

    return await importing.look(cast("Kind", job.kind), path, job.options, name=job.file_name, progress=tell)


async def _set_aside(job: Job, reasons: list[Refusal]) -> None:
    """Stop working at an import, and say why. What it wrote stays, to be gone on with or taken back."""
    if job.state == "checking":
        state, told = "refused", report.of_refusal(job.kind, job.file_name, reasons[0])
    else:
        state = "committed" if job.committed_at else "committing"
        told = report.stopped(await queries.report(job.id), reasons)
    async with writing():
        await execute(_SET_ASIDE, state, msgspec.json.encode(told).decode(), job.id, job.state)
