"""Imports: what was in a file, what it changed, and how to take it back."""

from piccolo.columns import Integer, Text
from piccolo.table import Table

from server.columns import code, fk, moment


class ImportJob(Table, tablename="import_job"):
    """One file on its way: checked, committing, committed, undone or refused."""

    kind = Text(default="items")
    file_name = Text(default="")
    file_digest = code(index=True)
    state = Text(default="checking")
    mapping = Text(default="{}")
    report = Text(default="{}")
    rows_total = Integer(default=0)
    rows_done = Integer(default=0)
    user_id = Integer(default=0)
    created_at = moment()
    committed_at = moment(null=True)
    undone_at = moment(null=True)


class ImportChange(Table, tablename="import_change"):
    """One record that an import made or changed, with what stood before."""

    job = fk(ImportJob)
    row = Integer(default=0)
    action = Text(default="new")
    subject = Text(default="")
    before = Text(default="{}")
    after = Text(default="{}")
