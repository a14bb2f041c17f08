"""Reads about what all documents share: drafts, notes, attachments, and whether a document exists."""

import msgspec

from server.db import Statement, fetch
from server.documents import attachment
from server.documents.subject import KINDS, Subject


class Draft(msgspec.Struct, frozen=True):
    """What somebody typed and did not save, and when they last touched it."""

    fields: dict[str, str]
    changed_at: int


class Note(msgspec.Struct, frozen=True):
    """A note as pages show it."""

    id: int
    body: str
    author: str
    written_at: int


class Attachment(msgspec.Struct, frozen=True):
    """A file as pages show it."""

    id: int
    name: str
    media_type: str
    digest: str
    size: int
    author: str
    author_id: int
    added_at: int

    @property
    def size_text(self) -> str:
        return attachment.size_text(self.size)


_DRAFT = Statement("SELECT body, changed_at FROM document_draft WHERE person = ? AND form = ?")
_NOTES = Statement(
    "SELECT n.id, n.body, coalesce(nullif(u.display_name, ''), u.name), n.written_at FROM document_note n"
    " JOIN user_account u ON u.id = n.author WHERE n.subject = ? ORDER BY n.id DESC LIMIT 200"
)
_ATTACHMENT = (
    "SELECT a.id, a.name, a.media_type, a.digest, a.size, coalesce(nullif(u.display_name, ''), u.name), a.author,"
    " a.added_at FROM document_attachment a JOIN user_account u ON u.id = a.author WHERE a.subject = ?"
)
_ATTACHMENTS = Statement(f"{_ATTACHMENT} ORDER BY a.id DESC LIMIT 200")
_ONE_ATTACHMENT = Statement(f"{_ATTACHMENT} AND a.id = ?")
_WAREHOUSE_OF = {
    prefix: Statement(f"SELECT {kind.warehouse or '0'} FROM {kind.table} WHERE id = ?")
    for prefix, kind in KINDS.items()
}


async def draft(person: int, form: str) -> Draft | None:
    """What this person last typed into this form and did not save."""
    rows = await fetch(_DRAFT, person, form)
    return Draft(msgspec.json.decode(rows[0][0], type=dict[str, str]), rows[0][1]) if rows else None


async def warehouse_of(subject: Subject) -> int | None:
    """The warehouse a document belongs to, 0 for one that belongs to none; None when it does not exist."""
    rows = await fetch(_WAREHOUSE_OF[subject.prefix], subject.id)
    return int(rows[0][0]) if rows else None


async def notes(subject: str) -> list[Note]:
    """What people wrote about a document, newest first."""
    return [Note(*row) for row in await fetch(_NOTES, subject)]


async def attachments(subject: str) -> list[Attachment]:
    """The files of a document, newest first."""
    return [Attachment(*row) for row in await fetch(_ATTACHMENTS, subject)]


async def one_attachment(subject: str, number: int) -> Attachment | None:
    """One file of this document."""
    rows = await fetch(_ONE_ATTACHMENT, subject, number)
    return Attachment(*rows[0]) if rows else None
