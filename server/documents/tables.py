"""What every document has: a number, notes, attachments, and what was typed and not yet saved."""

from piccolo.columns import BigInt, Integer, Text
from piccolo.table import Table

from server.columns import code, fk, moment
from server.people.tables import User


class Series(Table, tablename="document_series"):
    """Where a series of numbers stands, by prefix and day: `SO-261122`."""

    key = code(unique=True)
    last = Integer(default=0)


class Note(Table, tablename="document_note"):
    """Something somebody wrote about a document or a partner; `subject` is a wire id."""

    subject = code(index=True)
    body = Text(default="")
    author = fk(User)
    written_at = moment()


class Attachment(Table, tablename="document_attachment"):
    """A file that belongs to a document; its bytes lie beside the database under their digest."""

    subject = code(index=True)
    name = Text(default="")
    media_type = Text(default="")
    digest = code(index=True)
    size = BigInt(default=0)
    author = fk(User)
    added_at = moment()


class Draft(Table, tablename="document_draft"):
    """What a person has typed into a form and not saved yet, so that a reload brings it back."""

    person = fk(User)
    form = code()
    body = Text(default="{}")
    changed_at = moment()
