"""Reads about what all documents share: drafts, notes, attachments, and whether a document exists."""

from functools import cache

import msgspec

from server.catalog import search
from server.db import Row, Statement, as_json, fetch
from server.documents import attachment
from server.documents.subject import KINDS, Kind, Subject


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
_WAREHOUSES_OF = {
    prefix: Statement(
        f"SELECT {kind.warehouse or '0'}, {kind.other or '0'} FROM {kind.table}"
        f" WHERE id = ?{f' AND {kind.only}' if kind.only else ''}"
    )
    for prefix, kind in KINDS.items()
}
_NUMBER_OF = {
    prefix: Statement(f"SELECT {kind.number} FROM {kind.table} WHERE id = ?")
    for prefix, kind in KINDS.items()
}


def tables() -> dict[str, list[str]]:
    """Every table of documents that is searched, and the kinds that share it."""
    found: dict[str, list[str]] = {}
    for prefix, kind in KINDS.items():
        if kind.found_by:
            found.setdefault(kind.table, []).append(prefix)
    return found


async def find(table: str, typed: str, limit: int, warehouses: frozenset[int] | None) -> list[Row]:
    """Documents of a table in which every typed fragment occurs, newest first: prefix, id, number, whom it concerns."""
    fragments = search.terms(typed)
    ends = 2 if KINDS[tables()[table][0]].other else 1
    scope = [as_json(sorted(warehouses))] * ends if warehouses is not None else []
    return await fetch(_finding(table, len(fragments), warehouses is not None), *fragments, *scope, limit)


@cache
def _finding(table: str, fragments: int, is_scoped: bool) -> Statement:
    """Reads one narrow column newest first, stops when there are enough, then fetches their names."""
    prefixes = tables()[table]
    kind = KINDS[prefixes[0]]
    sqlite, postgres = (_conditions(kind, fragments, position) for position in ("instr", "strpos"))
    if is_scoped:
        among = (
            "IN (SELECT value FROM json_each(?))",
            "IN (SELECT (json_array_elements_text(?::text::json))::bigint)",
        )
        ends = [kind.warehouse, kind.other] if kind.other else [kind.warehouse]
        sqlite.append(f"({' OR '.join(f'{end} {among[0]}' for end in ends)})")
        postgres.append(f"({' OR '.join(f'{end} {among[1]}' for end in ends)})")
    partner = f"LEFT JOIN partner p ON p.id = d.{kind.partner}" if kind.partner else ""
    name = "coalesce(p.name, '')" if kind.partner else "''"
    head = (
        f"SELECT {_which(prefixes)}, d.id, d.{kind.number}, {name} FROM {table} d {partner}"
        f" WHERE d.id IN (SELECT id FROM {table} WHERE"
    )
    tail = " ORDER BY id DESC LIMIT ?) ORDER BY d.id DESC"
    return Statement(*(f"{head} {' AND '.join(narrow)}{tail}" for narrow in (sqlite, postgres)))


def _which(prefixes: list[str]) -> str:
    """Which of the kinds that share a table a row is."""
    if len(prefixes) == 1:
        return f"'{prefixes[0]}'"
    cases = " ".join(f"WHEN d.{KINDS[prefix].only} THEN '{prefix}'" for prefix in prefixes)
    return f"CASE {cases} ELSE '' END"


def _conditions(kind: Kind, fragments: int, position: str) -> list[str]:
    """Numbers are written in capitals, what is searched otherwise in small letters."""
    hole = "?" if kind.found_by == "search" else "upper(?)"
    return [f"{position}({kind.found_by}, {hole}) > 0"] * fragments


async def draft(person: int, form: str) -> Draft | None:
    """What this person last typed into this form and did not save."""
    rows = await fetch(_DRAFT, person, form)
    return Draft(msgspec.json.decode(rows[0][0], type=dict[str, str]), rows[0][1]) if rows else None


async def warehouses_of(subject: Subject) -> frozenset[int] | None:
    """The warehouses a document belongs to, none for one that belongs to none; None when it does not exist."""
    rows = await fetch(_WAREHOUSES_OF[subject.prefix], subject.id)
    return frozenset(house for house in rows[0] if house) if rows else None


async def number_of(subject: Subject) -> str:
    """The number of a document that exists."""
    return str((await fetch(_NUMBER_OF[subject.prefix], subject.id))[0][0])


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
