"""Imports on the desk: send a spreadsheet, see what it would do and what is wrong, commit, take back."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery

from server import events, web, words
from server.imports import continuing, importing, queries, uploading, workbook
from server.imports.check import Duplicates
from server.imports.columns import SPECS, Kind
from server.imports.importing import Refused
from server.imports.queries import Job
from server.imports.report import Fault, Options, Report, said
from server.imports.sheet import Refusal
from server.people import queries as people
from server.web import HTMXRequest, may

NEEDS: dict[Kind, str] = {"items": "edit items", "locations": "edit locations"}
"""What one must be allowed to do by hand, to do it by a spreadsheet."""

POLICIES: dict[str, Duplicates] = {"error": "error", "first": "first", "most-frequent": "most-frequent"}
MAX_BODY = 400_000_000
"""A file that is only somewhat too large is read to its end, so that its sender hears why."""
LINES = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MISREAD = frozenset({"column_missing", "looks_like_lines"})
"""Signs that the file should be read in another way."""
BEGUN = ("writing", "undoing", "committing", "committed", "undone")


@get("/imports", guards=[may("import")])
async def imports(request: HTMXRequest, page: FromQuery[int] = 1) -> Response[str]:
    """Earlier imports, newest first."""
    found = await queries.jobs(web.page_number(page))
    return web.page(
        request, "imports/imports.html", found=found, names=await people.names(), undoable=_undoable(request)
    )


@get("/imports/new", guards=[may("import")])
async def new(request: HTMXRequest, kind: FromQuery[str] = "items") -> Response[str]:
    """Choose what to import, take the template, send the file."""
    return _form(request, {"kind": kind, "duplicates": "error"}, {})


@get("/imports/templates/{file:str}", guards=[may("import")])
async def template(request: HTMXRequest, file: FromPath[str]) -> Response[bytes]:
    """The workbook to fill in: `/imports/templates/items-zh.xlsx`."""
    kind, _, language = file.removesuffix(".xlsx").partition("-")
    spec = next((spec for spec in SPECS.values() if spec.kind == kind), None)
    if spec is None or language not in words.LANGUAGES or not file.endswith(".xlsx"):
        raise NotFoundException(detail=file)
    title = f"{words.t('desk.product', language)} {words.t(f'imports.kind.{kind}', language)}.xlsx"
    return _download(workbook.template_xlsx(spec, language), title)


@post("/imports", guards=[may("import")], request_max_body_size=MAX_BODY)
async def send(request: HTMXRequest) -> Response[str]:
    """Take a file in and let it be checked."""
    taken = await uploading.receive(request.stream(), request.content_type[1].get("boundary", ""))
    if isinstance(taken, Refusal):
        # A refused file may have broken off before the fields behind it.
        return _form(request, {}, {"file": said(taken, request.user.language)}, status=422)
    options = Options(duplicates=_policy(taken.fields), warehouses=_reach(request))
    job = await continuing.begin(_kind(request, taken.fields), taken, options, by=request.user.id)
    return _see_to(job)


@get("/imports/{job_id:int}", guards=[may("import")])
async def job(request: HTMXRequest, job_id: FromPath[int], page: FromQuery[int] = 1) -> Response[str]:
    """One import as far as it is: being checked, reviewed, being written, done, taken back."""
    return await _job_page(request, await _existing(job_id), page=web.page_number(page))


@post("/imports/{job_id:int}/check", guards=[may("import")])
async def check(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """Read the file once more, in the way that the form says."""
    found, fields = await _mine(request, job_id), (await web.form(request)).typed()
    prefix = "column."
    options = Options(
        duplicates=_policy(fields),
        columns={name[len(prefix) :]: title for name, title in fields.items() if name.startswith(prefix)},
        sheet=fields.get("sheet", ""),
        warehouses=_reach(request),
    )
    if not await continuing.check_again(found, options, by=request.user.id):
        return await _moved_on(request, job_id)
    return _see_to(job_id)


@get("/imports/{job_id:int}/errors.xlsx", guards=[may("import")])
async def errors(request: HTMXRequest, job_id: FromPath[int]) -> Response[bytes]:
    """The file again, with what is wrong in each row, to be corrected and sent as it is."""
    found = await _existing(job_id)
    sheet = await continuing.sheet_of(found)
    if isinstance(sheet, Refusal):
        raise NotFoundException(detail=sheet.code)
    told = await queries.report(job_id)
    content = await asyncio.to_thread(workbook.errors_xlsx, sheet, told.errors, request.user.language)
    stem = found.file_name.rpartition(".")[0] or found.file_name
    return _download(content, f"{stem} {words.t('imports.page.errors_file', request.user.language)}.xlsx")


@post("/imports/{job_id:int}/confirmation", guards=[may("import")])
async def confirm(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """Commit what was reviewed, or the rest of a commit that broke off."""
    if not await continuing.confirm(await _mine(request, job_id), by=request.user.id):
        return await _moved_on(request, job_id)
    return _see_to(job_id)


@get("/imports/{job_id:int}/undoing", guards=[may("import")])
async def ask_undo(request: HTMXRequest, job_id: FromPath[int], page: FromQuery[int] = 1) -> Response[str]:
    """What taking an import back would do, or every record that keeps it from being taken back."""
    found = await _mine(request, job_id)
    return await _undo_page(
        request, found, await importing.objections(found), page=web.page_number(page), status=200
    )


@post("/imports/{job_id:int}/undoing", guards=[may("import")])
async def undo(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """Take an import back."""
    found = await _mine(request, job_id)
    outcome = await continuing.take_back(found, by=request.user.id)
    if isinstance(outcome, Refused):
        return await _undo_page(request, found, outcome.reasons, page=1, status=409)
    return _see_to(job_id)


def _see_to(job_id: int) -> Response[str]:
    """Show the import, and let this process go on with it once the answer is on its way."""
    answer = web.see(f"/imports/{job_id}")
    answer.background = BackgroundTask(continuing.go_on)
    return answer


async def _moved_on(request: HTMXRequest, job_id: int) -> Response[str]:
    """Somebody was quicker: show how it stands now."""
    return await _job_page(request, await _existing(job_id), page=1, status=409, is_late=True)


async def _existing(job_id: int) -> Job:
    found = await queries.job(web.known_id(job_id))
    if found is None:
        raise NotFoundException(detail="import")
    return found


async def _mine(request: HTMXRequest, job_id: int) -> Job:
    """An import that this person may act on: by hand they may do the same."""
    found = await _existing(job_id)
    if not _may_act(request, found):
        raise PermissionDeniedException(detail="another warehouse or kind")
    return found


def _may_act(request: HTMXRequest, found: Job) -> bool:
    kind = next(kind for kind in NEEDS if kind == found.kind)
    if not request.user.may(NEEDS[kind]):
        return False
    if kind == "items" or request.user.warehouses is None:
        return True
    reached = found.options.warehouses
    return reached is not None and request.user.warehouses >= set(reached)


def _undoable(request: HTMXRequest) -> Any:
    """For the list: whether this person may take that import back."""
    return lambda found: found.state in ("committed", "committing") and _may_act(request, found)


def _kind(request: HTMXRequest, fields: dict[str, str]) -> Kind:
    kind: Kind = "locations" if fields.get("kind") == "locations" else "items"
    if not request.user.may(NEEDS[kind]):
        raise PermissionDeniedException(detail=NEEDS[kind])
    return kind


def _policy(fields: dict[str, str]) -> Duplicates:
    return POLICIES.get(fields.get("duplicates", ""), "error")


def _reach(request: HTMXRequest) -> list[int] | None:
    return None if request.user.warehouses is None else sorted(request.user.warehouses)


def _form(
    request: HTMXRequest, values: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response[str]:
    kinds = [kind for kind, needed in NEEDS.items() if request.user.may(needed)]
    return web.page(
        request,
        "imports/new.html",
        status=status,
        kinds=kinds,
        policies=list(POLICIES),
        values=values,
        errors=errors,
    )


async def _job_page(
    request: HTMXRequest, found: Job, *, page: int, status: int = 200, is_late: bool = False
) -> Response[str]:
    is_checked = found.state != "checking"
    told = await queries.report(found.id) if is_checked else None
    return web.page(
        request,
        "imports/job.html",
        block="import",
        status=status,
        job=found,
        told=told,
        progress=continuing.progress_of(found),
        faults=_page_of(told.errors if told else [], page),
        counts=await queries.counts(found.id),
        columns=next(spec.columns for spec in SPECS.values() if spec.kind == found.kind),
        policies=list(POLICIES),
        is_begun=found.state in BEGUN,
        is_misread=told is not None and _is_misread(told),
        may_act=_may_act(request, found),
        is_late=is_late,
        changed=_differences(told, request.user.language),
        history=web.story(
            "imports",
            await events.history(f"import:{found.id}"),
            await people.names(),
            request.user.language,
        ),
    )


def _is_misread(told: Report) -> bool:
    signs = {note.code for note in told.notes} | {fault.code for fault in told.errors[:1]}
    return not MISREAD.isdisjoint(signs)


def _differences(told: Report | None, language: str) -> list[tuple[int, str, list[web.Change]]]:
    """Before → after of the first records that would change."""
    found = told.differences if told else []
    return [(one.row, one.code, web.changes("catalog", one.fields, language)) for one in found]


class _Lines(msgspec.Struct, frozen=True):
    """One page of a long list."""

    rows: list[Any]
    number: int
    has_more: bool
    total: int


def _page_of(lines: Sequence[Fault | Refusal], page: int) -> _Lines:
    start = (page - 1) * LINES
    return _Lines(list(lines[start : start + LINES]), page, len(lines) > start + LINES, len(lines))


async def _undo_page(
    request: HTMXRequest, found: Job, reasons: list[Refusal], *, page: int, status: int
) -> Response[str]:
    if found.state not in importing.UNDOABLE:
        reasons = [Refusal("not_committed")]
    lines = _page_of(reasons, page)
    return web.page(
        request,
        "imports/undoing.html",
        status=status,
        job=found,
        reasons=lines,
        sentences=[said(reason, request.user.language) for reason in lines.rows],
        counts=await queries.counts(found.id),
    )


def _download(content: bytes, name: str) -> Response[bytes]:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


routes: list[Any] = [imports, new, template, send, job, check, errors, confirm, ask_undo, undo]
