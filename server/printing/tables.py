"""Print stations, their printers, the labels asked for, and everything that happened to each."""

from piccolo.columns import BigInt, Boolean, Bytea, Integer, Text
from piccolo.table import Table

from server.columns import code, fk, moment


class Station(Table, tablename="print_station"):
    """A computer beside printers; its agent asks us for work, we never call it."""

    name = Text()
    # Only hashes: whoever reads the database cannot print.
    key_hash = code(index=True)
    pairing_hash = code(index=True)
    pairing_ends_at = moment(null=True)
    paired_at = moment(null=True)
    seen_at = moment(null=True)
    agent = Text(default="")
    is_active = Boolean(default=True)
    created_at = moment()


class Printer(Table, tablename="printer"):
    """Where labels come out, in the words its agent needs: back-end, address, density, loaded label size."""

    station = fk(Station)
    name = Text()
    backend = Text(default="png")
    address = Text(default="")
    dpi = Integer(default=203)
    encoding = Text(default="z64")
    media = Text(default="60x40")
    is_default = Boolean(default=False)
    is_active = Boolean(default=True)


class PrintJob(Table, tablename="print_job"):
    """One wish for labels. Its fields are frozen when it is prepared, so a reprint is the same document."""

    request_id = code(unique=True)
    printer = fk(Printer)
    subject = Text()
    reference = Text(default="{}")
    fields = Text(default="")
    title = Text(default="")
    warnings = Text(default="[]")
    picture = Bytea(null=True, default=None)
    marked_picture = Bytea(null=True, default=None)
    asked_by_id = BigInt(null=True, default=None)

    state = code(index=True)
    attempt = Integer(default=1)
    wished_at_attempt = Integer(default=1)
    copies = Integer(default=1)
    first_copy = Integer(default=1)
    done = Integer(default=0)
    doubtful = Integer(default=0)
    marked_through = Integer(default=0)
    evidence = Integer(default=0)
    token = Text(default="")
    reported = Integer(default=0)
    trouble = Text(default="")
    lease_ends_at = moment(null=True)
    expires_at = moment()
    heard_at = moment(null=True)
    created_at = moment(index=True)
    changed_at = moment()


class PrintEvent(Table, tablename="print_event"):
    """One line of a job's story, in order; never changed."""

    job = fk(PrintJob)
    happened_at = moment()
    attempt = Integer()
    kind = Text()
    state = Text()
    evidence = Integer(default=0)
    detail = Text(default="")
    by_id = BigInt(null=True, default=None)
