"""Labels asked for, prepared, claimed, reported, answered, reprinted, cancelled: what changes a print job.

A wish only makes a row, so that it may be part of any transaction, a device's push among them. The label
is drawn after the commit, outside every transaction, by whoever needs it first: the agent that asks for
work, the page that shows the job, or the timetable. It is read back before the job may be queued.
"""

import asyncio

import msgspec

from print_agent import wire
from server import clock, live
from server.db import Statement, after_commit, execute, writing
from server.printing import job, label, pairing, picture, queries
from server.printing.job import Job, apply
from server.printing.queries import JobRow, Printer

Wish = queries.Wish
LIFE = 30 * clock.MINUTE
"""A label that nobody printed for so long is not wanted without asking."""
MOST_COPIES = 500
LOOK_AGAIN_S = 5.0
BOARD = "printing"


class Asked(msgspec.Struct, frozen=True):
    """The job that stands for a wish."""

    job: int


class Refused(msgspec.Struct, frozen=True):
    """Why there is no job: a word's key."""

    reason: str


_INSERT = Statement(
    "INSERT INTO print_job (request_id, printer, subject, reference, fields, title, warnings, asked_by_id,"
    " state, attempt, wished_at_attempt, copies, first_copy, done, doubtful, marked_through, evidence, token,"
    " reported, trouble, expires_at, created_at, changed_at)"
    " VALUES (?, ?, ?, ?, '', '', '[]', ?, 'draft', 1, 1, ?, 1, 0, 0, 0, 0, '', 0, '', ?, ?, ?) RETURNING id"
)
_UPDATE = Statement(
    "UPDATE print_job SET expires_at = ?, copies = ?, state = ?, attempt = ?, wished_at_attempt = ?,"
    " first_copy = ?, done = ?, doubtful = ?, marked_through = ?, evidence = ?, token = ?, reported = ?,"
    " trouble = ?,"
    " lease_ends_at = ?, heard_at = ?, changed_at = ? WHERE id = ?"
)
_DRAWN = Statement(
    "UPDATE print_job SET fields = ?, title = ?, warnings = ?, picture = ?, marked_picture = ? WHERE id = ?"
)
_EVENT = Statement(
    "INSERT INTO print_event (job, happened_at, attempt, kind, state, evidence, detail, by_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


# Asking


async def request_label(wish: Wish, *, request_id: str, by: int) -> Asked | Refused:
    """Make the job for a wish, once per `request_id`; joins the transaction it is called in."""
    if (
        not 1 <= wish.copies <= MOST_COPIES
        or (wish.location if wish.subject == "location" else wish.item) is None
    ):
        return Refused("malformed")
    async with writing():
        if (known := await queries.job_by_request(request_id)) is not None:
            return Asked(known)
        await pairing.ensure_first_station(by=by)
        printer = _choose(await queries.usable_printers(), wish.printer)
        if printer is None:
            return Refused("no_printer")
        now = clock.now()
        reference = msgspec.json.encode(wish).decode()
        rows = await execute(
            _INSERT, request_id, printer.id, wish.subject, reference, by or None, wish.copies,
            now + LIFE, now, now,
        )  # fmt: skip
        job_id: int = rows[0][0]
        await execute(_EVENT, job_id, now, 1, "asked", "draft", 0, "", by or None)
        _tell(job_id, printer.station)
        return Asked(job_id)


def _choose(printers: list[Printer], wanted: str) -> Printer | None:
    """The printer that was scanned or chosen (by id or name), else the default one."""
    if not wanted:
        return printers[0] if printers else None
    return next((known for known in printers if wanted in (f"p-{known.id}", str(known.id), known.name)), None)


# Preparing


async def prepare_drafts(station_id: int | None = None) -> int:
    """Draw the labels that wait for it; how many there were."""
    waiting = await queries.drafts(station_id)
    for job_id in waiting:
        await prepare(job_id)
    return len(waiting)


async def prepare(job_id: int) -> None:
    """Draw and read back one label; only what a scanner reads is queued. Doing it twice does nothing."""
    row = await queries.job(job_id)
    if row is None or row.job.state != "draft":
        return
    drawn = await _draw(row)
    async with writing():
        fresh = await queries.job(job_id)
        # Another reader of the queue may have been faster, or a person cancelled meanwhile.
        if fresh is None or (fresh.job.state, fresh.job.attempt) != ("draft", row.job.attempt):
            return
        if isinstance(drawn, picture.Spoilt):
            await _change(fresh, job.Spoiled(str(drawn)))
            return
        fields, pictures = drawn
        await execute(
            _DRAWN,
            msgspec.json.encode(fields).decode(),
            label.title(fields),
            msgspec.json.encode(pictures.warnings).decode(),
            pictures.plain,
            pictures.marked,
            job_id,
        )
        await _change(fresh, job.Prepared())


async def _draw(row: JobRow) -> tuple[label.Label, picture.Pictures] | picture.Spoilt:
    wish = msgspec.json.decode(row.reference, type=Wish)
    fields = await _fields(row, wish)
    printer = await queries.printer(row.printer)
    assert printer is not None, "a job has a printer"
    if fields is None:
        return picture.Spoilt("unknown_location" if wish.subject == "location" else "unknown_item")
    is_marked = row.job.marked_through >= row.job.first_copy
    reprint = row.job.attempt - 1 if is_marked else 0
    pictures = await asyncio.to_thread(
        picture.draw, fields, printer.media, printer.dpi, wish.language, reprint
    )
    return pictures if isinstance(pictures, picture.Spoilt) else (fields, pictures)


async def _fields(row: JobRow, wish: Wish) -> label.Label | None:
    """What the label says, frozen when it was first drawn: a reprint is the same document."""
    if row.fields:
        fields: label.Label = msgspec.json.decode(row.fields, type=label.Label)
        return fields
    return await queries.label_of(wish, clock.iso(row.created_at)[:10])


async def preview(subject: str, about: int, language: label.Language) -> bytes | None:
    """The label as the default printer would print it; nothing is asked for."""
    wish = await queries.wish_for(subject, about, language)
    fields = await queries.label_of(wish) if wish else None
    if fields is None:
        return None
    printers = await queries.usable_printers()
    media, dpi = (printers[0].media, printers[0].dpi) if printers else (label.ANY_MEDIA, 203)
    if isinstance(label.template(label.subject_of(fields), media), label.WrongMedia):
        media = label.ANY_MEDIA
    drawn = await asyncio.to_thread(picture.draw, fields, media, dpi, language)
    return None if isinstance(drawn, picture.Spoilt) else drawn.plain


# What agents do


async def wait_for_offers(station_id: int, token: str, wait_s: float) -> list[wire.Offer]:
    """What a station may take; when there is nothing, wait for it."""
    end = clock.monotonic() + wait_s
    with live.watch(_topic(station_id)) as watcher:
        while True:
            watcher.take()
            await let_time_pass()
            await prepare_drafts(station_id)
            found = await queries.offers(station_id, token)
            left = end - clock.monotonic()
            if found or left <= 0 or live.are_doors_closing():
                return found
            try:
                # Another process may have made the job: look again now and then.
                async with asyncio.timeout(min(left, LOOK_AGAIN_S)):
                    await watcher.woken.wait()
            except TimeoutError:
                continue


async def claim(station_id: int, job_id: int, taking: wire.Taking) -> wire.Claim | Refused:
    """Give a job to an agent for a while."""
    now = clock.now()
    async with writing():
        row = await _of_station(station_id, job_id)
        if row is None:
            return Refused("unknown_job")
        outcome = await _change(row, job.Claimed(taking.attempt, taking.token, now))
        if isinstance(outcome, job.Refused):
            return Refused(outcome.reason)
    printer = await queries.printer(row.printer)
    assert printer is not None, "a job has a printer"
    return wire.Claim(
        job=queries.wire_id(job_id),
        request=row.request_id,
        attempt=outcome.attempt,
        first_copy=outcome.first_copy,
        copies=outcome.copies,
        printer=wire.Target(f"p-{printer.id}", printer.name, printer.backend, printer.address),
        title=row.title,
        lease_s=job.LEASE / clock.SECOND,
        ttl_s=(outcome.expires_at - now) / clock.SECOND,
    )


async def payload(
    station_id: int, job_id: int, *, attempt: int, token: str, copy: int, language: wire.Language
) -> bytes | Refused:
    """One copy of a claimed job, as its printer wants it."""
    row = await _of_station(station_id, job_id)
    if row is None:
        return Refused("unknown_job")
    state = row.job
    if state.state != "claimed" or (state.attempt, state.token) != (attempt, token):
        return Refused("state")
    if not state.first_copy <= copy <= state.copies:
        return Refused("copy")
    plain, marked = await queries.pictures(job_id)
    chosen = marked if job.is_marked(state, copy) else plain
    assert chosen is not None, "a claimed job has its pictures"
    if language == "png":
        return chosen
    printer = await queries.printer(row.printer)
    assert printer is not None, "a job has a printer"
    note = f"{queries.wire_id(job_id)} a{attempt} c{copy}"
    return await asyncio.to_thread(picture.as_zpl, chosen, printer.encoding, note)


async def report(station_id: int, job_id: int, told: wire.Report) -> wire.Answer | Refused:
    """Take an agent's word about a job, and tell it whether to go on."""
    async with writing():
        row = await _of_station(station_id, job_id)
        if row is None:
            return Refused("unknown_job")
        outcome = await _change(
            row,
            job.Reported(
                attempt=told.attempt,
                state=told.state,
                number=told.number,
                token=told.token,
                now=clock.now(),
                evidence=told.evidence,
                copy=told.copy,
                error=told.error[:200],
            ),
        )
    return job.answer(outcome, told.state)


async def _of_station(station_id: int, job_id: int) -> JobRow | None:
    """A job, if this station prints it: a key opens nothing else."""
    row = await queries.job(job_id)
    return row if row is not None and row.station == station_id else None


# What people decide


async def answer(job_id: int, came_out: int, *, by: int) -> Job | job.Refused | None:
    """A person looked at the printer: copies up to `came_out` are there."""
    return await _decided(job_id, job.Answered(came_out, clock.now() + LIFE), by)


async def reprint(job_id: int, *, by: int) -> Job | job.Refused | None:
    """The whole of a printed job once more, marked."""
    return await _decided(job_id, job.Reprinted(clock.now() + LIFE), by)


async def try_again(job_id: int, *, by: int) -> Job | job.Refused | None:
    """Once more what failed or expired before it came out."""
    return await _decided(job_id, job.TriedAgain(clock.now() + LIFE), by)


async def cancel(job_id: int, *, by: int) -> Job | job.Refused | None:
    """No longer wanted; only while no agent holds it."""
    return await _decided(job_id, job.Cancelled(), by)


async def _decided(job_id: int, event: job.Event, by: int) -> Job | job.Refused | None:
    async with writing():
        row = await queries.job(job_id)
        return None if row is None else await _change(row, event, by=by)


# What time does


async def tend() -> None:
    """Every minute, should no agent ask and nobody look: labels are drawn, leases and lives run out."""
    await prepare_drafts()
    await let_time_pass()


async def let_time_pass() -> None:
    """Leases run out, labels grow old, agents fall silent."""
    now = clock.now()
    due = await queries.due(now)
    for job_id in due:
        async with writing():
            row = await queries.job(job_id)
            assert row is not None, "jobs are never deleted"
            await _change(row, _of_time(row.job, now))


def _of_time(known: Job, now: int) -> job.Event:
    match known.state:
        case "claimed":
            return job.LeaseRanOut(now)
        case "spooled" | "printing":
            return job.WentSilent(now)
        case _:
            return job.TimeRanOut(now)


# The one place where a job's row changes


async def _change(row: JobRow, event: job.Event, *, by: int = 0) -> Job | job.Refused:
    outcome = apply(row.job, event)
    if isinstance(outcome, job.Refused):
        return outcome
    now = clock.now()
    await execute(
        _UPDATE, outcome.expires_at, outcome.copies, outcome.state, outcome.attempt,
        outcome.wished_at_attempt,
        outcome.first_copy, outcome.done, outcome.doubtful, outcome.marked_through, int(outcome.evidence),
        outcome.token, outcome.reported, outcome.trouble, outcome.lease_ends_at, outcome.heard_at, now,
        row.id,
    )  # fmt: skip
    if _is_news(row.job, outcome):
        kind = type(event).__name__
        await execute(
            _EVENT, row.id, now, outcome.attempt, kind, outcome.state, int(outcome.evidence),
            _detail(outcome), by or None,
        )  # fmt: skip
        _tell(row.id, row.station)
    return outcome


def _is_news(before: Job, after: Job) -> bool:
    """A heartbeat keeps the lease; the story grows only when something became different."""
    told = ("state", "attempt", "done", "trouble")
    return any(getattr(before, name) != getattr(after, name) for name in told)


def _detail(after: Job) -> str:
    if after.trouble:
        return after.trouble
    return f"{after.done}/{after.copies}" if after.state in ("printing", "printed", "unknown") else ""


def _tell(job_id: int, station_id: int) -> None:
    def tell() -> None:
        live.publish(_topic(station_id), job_id, None)
        live.publish(BOARD, job_id, None)

    after_commit(tell)


def _topic(station_id: int) -> str:
    return f"printing:{station_id}"
