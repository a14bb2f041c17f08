"""What all documents share on the desk: notes, attachments, and drafts of what was typed and not saved."""

import re
from typing import Any, Final
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from server import desk, web, words
from server.documents import drafting, noting, queries, subject
from server.documents.subject import Subject
from server.web import HTMXRequest, may

_PATH: Final = re.compile(r"/[a-z][a-z0-9_/-]{0,199}")


@post("/documents/{about:str}/notes", guards=[may("see own account")])
async def write_note(request: HTMXRequest, about: FromPath[str]) -> Response[str]:
    """Write a note about a document that one may see."""
    found = await _subject(request, about)
    fault = await noting.write_note(found, (await web.form(request)).text("body"), by=request.user.id)
    return web.see(f"{found.page}#notes") if not fault else _refused(request, found, fault)


@post("/documents/{about:str}/attachments", guards=[may("see own account")])
async def attach(request: HTMXRequest, about: FromPath[str]) -> Response[str]:
    """Keep a file with a document."""
    found = await _subject(request, about)
    upload = (await request.form()).get("file")
    content = await upload.read() if isinstance(upload, UploadFile) else b""
    name = upload.filename if isinstance(upload, UploadFile) else ""
    fault = await noting.attach(found, name, content, by=request.user.id)
    return web.see(f"{found.page}#attachments") if not fault else _refused(request, found, fault)


@get("/documents/{about:str}/attachments/{number:int}", guards=[may("see own account")])
async def attachment(request: HTMXRequest, about: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """A file to keep or open elsewhere; it never runs as a page of ours."""
    found = await _subject(request, about)
    file = await queries.one_attachment(found.wire, web.known_id(number))
    content = await noting.content_of(file) if file else None
    if file is None or content is None:
        raise NotFoundException(detail="attachment")
    return Response(
        content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


@post("/documents/{about:str}/attachments/{number:int}/removal", guards=[may("see own account")])
async def detach(request: HTMXRequest, about: FromPath[str], number: FromPath[int]) -> Response[str]:
    """Take a file off a document."""
    found = await _subject(request, about)
    file = await queries.one_attachment(found.wire, web.known_id(number))
    if file is None:
        raise NotFoundException(detail="attachment")
    if not desk.may_remove(request, file):
        raise PermissionDeniedException(detail="another person's file")
    await noting.detach(file, found, by=request.user.id)
    return web.see(f"{found.page}#attachments")


@post("/documents/drafts", guards=[may("see own account")])
async def keep_draft(request: HTMXRequest) -> Response[str]:
    """Keep what stands in a form; its field `draft` says which form."""
    typed = (await web.form(request)).typed()
    path = typed.pop("draft", "")
    kept = _PATH.fullmatch(path) and await drafting.keep(request.user.id, path, typed)
    return Response("", status_code=204 if kept else 422)


@post("/documents/drafts/discard", guards=[may("see own account")])
async def discard_draft(request: HTMXRequest) -> Response[str]:
    """Forget what was typed, and begin again."""
    path = (await web.form(request)).text("draft")
    if not _PATH.fullmatch(path):
        raise NotFoundException(detail="draft")
    await drafting.discard(request.user.id, path)
    return web.see(path)


async def _subject(request: HTMXRequest, about: str) -> Subject:
    """The document, when there is such a one and this person may see it; else it does not exist for them."""
    found = subject.read(about)
    if found is None or await desk.visible(request, found) is None:
        raise NotFoundException(detail="document")
    return found


def _refused(request: HTMXRequest, found: Subject, fault: str) -> Response[str]:
    message = words.t(fault, request.user.language)
    return web.page(request, "documents/refused.html", status=422, message=message, back=found.page)


routes: list[Any] = [write_note, attach, attachment, detach, keep_draft, discard_draft]
