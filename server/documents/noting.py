"""Write notes about documents and attach files to them."""

import asyncio
import hashlib
import os
from pathlib import Path

from server import clock, events
from server.config import settings
from server.db import Statement, execute, writing
from server.documents import attachment, queries
from server.documents.subject import Subject

MAX_NOTE = 4_000

_NOTE = Statement("INSERT INTO document_note (subject, body, author, written_at) VALUES (?, ?, ?, ?)")
_ATTACH = Statement(
    "INSERT INTO document_attachment (subject, name, media_type, digest, size, author, added_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_DETACH = Statement("DELETE FROM document_attachment WHERE id = ?")


async def write_note(subject: Subject, body: str, *, by: int) -> str:
    """Keep a note. Gives the word key of what is wrong with it, or nothing."""
    body = body.strip()
    if not body:
        return "documents.fault.no_note"
    async with writing():
        await execute(_NOTE, subject.wire, body[:MAX_NOTE], by, clock.now())
    return ""


async def attach(subject: Subject, sent_name: str, content: bytes, *, by: int) -> str:
    """Keep a file with a document. Gives the word key of what is wrong with it, or nothing."""
    if not content:
        return "documents.fault.no_file"
    if len(content) > attachment.MAX_SIZE:
        return "documents.fault.file_too_large"
    name = attachment.plain_name(sent_name)
    media_type = attachment.media_type(content, name)
    if not media_type:
        return "documents.fault.file_kind"
    digest = hashlib.sha256(content).hexdigest()
    # On disk before the row names it; the same file twice is kept once.
    await asyncio.to_thread(_write, folder() / digest, content)
    async with writing():
        await execute(_ATTACH, subject.wire, name, media_type, digest, len(content), by, clock.now())
        await events.record("document.attached", subject.told_as, {"name": name}, by=by)
    return ""


async def detach(file: queries.Attachment, subject: Subject, *, by: int) -> None:
    """Take a file off a document; its bytes stay, since another document may name them."""
    async with writing():
        await execute(_DETACH, file.id)
        await events.record("document.detached", subject.told_as, {"name": file.name}, by=by)


def folder() -> Path:
    """Where attachments lie, beside the database."""
    return settings().data_folder / "attachments"


async def content_of(file: queries.Attachment) -> bytes | None:
    """The bytes of an attachment; None when the file has been lost."""
    path = folder() / file.digest
    return await asyncio.to_thread(path.read_bytes) if await asyncio.to_thread(path.is_file) else None


def _write(file: Path, content: bytes) -> None:
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
