"""Reads about stations, printers, jobs and what a label is to say."""

import re

import msgspec

from print_agent.wire import Backend, Evidence, Offer, State
from server.catalog import gs1
from server.catalog import queries as catalog
from server.db import Row, Statement, fetch
from server.printing.job import SILENCE, Job
from server.printing.label import Item, Label, Language, Location, Lot, Receipt, Subject

ONLINE_FOR = 60_000_000
"""An agent asks at least every 30 s; one that has not for this long is away."""


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody wants a label of. A lot named with an item asks for the lot's label."""

    subject: Subject
    item: int | None = None
    location: int | None = None
    lot: str = ""
    serial: str = ""
    quantity: str = ""
    document: str = ""
    copies: int = 1
    printer: str = ""
    language: Language = "zh"


class Printer(msgspec.Struct, frozen=True):
    """A printer as pages and its agent need it."""

    id: int
    station: int
    name: str
    backend: Backend
    address: str
    dpi: int
    encoding: str
    media: str
    is_default: bool
    is_active: bool


class Station(msgspec.Struct, frozen=True):
    """A print station as pages show it."""

    id: int
    name: str
    is_paired: bool
    is_active: bool
    seen_at: int | None
    agent: str
    pairing_ends_at: int | None

    def is_online(self, now: int) -> bool:
        """Whether its agent has asked for work lately."""
        return self.seen_at is not None and now - self.seen_at < ONLINE_FOR


class JobRow(msgspec.Struct, frozen=True):
    """A job with everything around its state."""

    id: int
    request_id: str
    printer: int
    printer_name: str
    station: int
    station_name: str
    subject: Subject
    reference: str
    fields: str
    title: str
    warnings: str
    asked_by: str
    created_at: int
    changed_at: int
    has_picture: bool
    job: Job


class Happened(msgspec.Struct, frozen=True):
    """One line of a job's story."""

    at: int
    attempt: int
    kind: str
    state: State
    evidence: Evidence
    detail: str
    who: str

    @property
    def word(self) -> str:
        """The event's name as words are keyed: `LeaseRanOut` is `lease_ran_out`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.kind).lower()


_PRINTERS = (
    "SELECT id, station, name, backend, address, dpi, encoding, media, is_default, is_active FROM printer"
)
_PRINTERS_OF = Statement(f"{_PRINTERS} WHERE station = ? ORDER BY id")
_PRINTER = Statement(f"{_PRINTERS} WHERE id = ?")
_USABLE = Statement(
    f"{_PRINTERS} WHERE is_active = ? AND station IN (SELECT id FROM print_station WHERE is_active = ?)"
    " ORDER BY is_default DESC, id"
)
_STATIONS = (
    "SELECT id, name, key_hash <> '' AS is_paired, is_active, seen_at, agent,"
    " pairing_ends_at FROM print_station"
)
_ALL_STATIONS = Statement(f"{_STATIONS} ORDER BY is_active DESC, id")
_STATION = Statement(f"{_STATIONS} WHERE id = ?")
_STATION_BY_KEY = Statement(f"{_STATIONS} WHERE key_hash = ? AND key_hash <> '' AND is_active = ?")
_STATION_BY_CODE = Statement(
    f"{_STATIONS} WHERE pairing_hash = ? AND pairing_hash <> '' AND pairing_ends_at > ? AND is_active = ?"
)


async def stations() -> list[Station]:
    """All stations, those in use first."""
    return [_station(row) for row in await fetch(_ALL_STATIONS)]


async def station(station_id: int) -> Station | None:
    """The station with this id."""
    return _first_station(await fetch(_STATION, station_id))


async def station_by_key(key_hash: str) -> Station | None:
    """Whose key this is."""
    return _first_station(await fetch(_STATION_BY_KEY, key_hash, True))


async def station_by_pairing_code(code_hash: str, now: int) -> Station | None:
    """Which station a pairing code was made for, while it is good."""
    return _first_station(await fetch(_STATION_BY_CODE, code_hash, now, True))


def _first_station(rows: list[Row]) -> Station | None:
    return _station(rows[0]) if rows else None


def _station(row: Row) -> Station:
    return Station(row[0], row[1], bool(row[2]), bool(row[3]), row[4], row[5], row[6])


async def printers(station_id: int) -> list[Printer]:
    """The printers of a station."""
    return [_printer(row) for row in await fetch(_PRINTERS_OF, station_id)]


async def printer(printer_id: int) -> Printer | None:
    """The printer with this id."""
    rows = await fetch(_PRINTER, printer_id)
    return _printer(rows[0]) if rows else None


async def usable_printers() -> list[Printer]:
    """Where labels may be sent now, the default first."""
    return [_printer(row) for row in await fetch(_USABLE, True, True)]


def _printer(row: Row) -> Printer:
    return Printer(*[*[*row][:8], bool(row[8]), bool(row[9])])


# Jobs

_JOB_COLUMNS = (
    "SELECT j.id, j.request_id, j.printer, p.name, p.station, s.name, j.subject, j.reference, j.fields,"
    " j.title, j.warnings, coalesce(nullif(u.display_name, ''), u.name, ''), j.created_at, j.changed_at,"
    " j.picture IS NOT NULL,"
    " j.expires_at, j.copies, j.state, j.attempt, j.wished_at_attempt, j.first_copy, j.done, j.doubtful,"
    " j.marked_through, j.evidence, j.token, j.reported, j.trouble, j.lease_ends_at, j.heard_at"
    " FROM print_job j JOIN printer p ON p.id = j.printer JOIN print_station s ON s.id = p.station"
    " LEFT JOIN user_account u ON u.id = j.asked_by_id"
)
_STATE_COLUMN = 15
_JOB = Statement(f"{_JOB_COLUMNS} WHERE j.id = ?")
_JOBS = Statement(f"{_JOB_COLUMNS} ORDER BY j.id DESC LIMIT ? OFFSET ?")
_OPEN = Statement(
    f"{_JOB_COLUMNS} WHERE j.state NOT IN ('printed', 'cancelled')"
    " ORDER BY j.state = 'unknown' DESC, j.id DESC LIMIT ? OFFSET ?"
)
_BY_REQUEST = Statement("SELECT id FROM print_job WHERE request_id = ?")
_DRAFTS = Statement(
    "SELECT j.id FROM print_job j JOIN printer p ON p.id = j.printer"
    " WHERE j.state = 'draft' AND p.station = ? ORDER BY j.id LIMIT 50"
)
_ALL_DRAFTS = Statement("SELECT id FROM print_job WHERE state = 'draft' ORDER BY id LIMIT 50")
_OFFERS = Statement(
    "SELECT j.id, j.request_id, j.attempt, j.title FROM print_job j JOIN printer p ON p.id = j.printer"
    " WHERE p.station = ? AND (j.state = 'queued' OR (j.state = 'claimed' AND j.token = ?))"
    " ORDER BY j.id LIMIT 20"
)
_DUE = Statement(
    "SELECT id FROM print_job WHERE (state = 'claimed' AND lease_ends_at <= ?)"
    " OR (state IN ('draft', 'queued') AND expires_at <= ?)"
    " OR (state IN ('spooled', 'printing') AND heard_at <= ?) ORDER BY id LIMIT 200"
)
_EVENTS = Statement(
    "SELECT e.happened_at, e.attempt, e.kind, e.state, e.evidence, e.detail,"
    " coalesce(nullif(u.display_name, ''), u.name, '') FROM print_event e LEFT JOIN user_account u ON u.id = e.by_id"
    " WHERE e.job = ? ORDER BY e.id DESC LIMIT 200"
)
_PICTURE = Statement("SELECT picture, marked_picture FROM print_job WHERE id = ?")


async def job(job_id: int) -> JobRow | None:
    """The job with this id."""
    rows = await fetch(_JOB, job_id)
    return _job_row(rows[0]) if rows else None


async def jobs(*, is_open: bool, page: int = 1) -> catalog.Page:
    """Jobs, newest first; only the open ones put those that wait for a person on top."""
    size = catalog.PAGE_SIZE
    rows = await fetch(_OPEN if is_open else _JOBS, size + 1, (page - 1) * size)
    return catalog.Page([_job_row(row) for row in rows[:size]], page, len(rows) > size)


def _job_row(row: Row) -> JobRow:
    head, state = list(row)[:_STATE_COLUMN], list(row)[_STATE_COLUMN:]
    head[-1] = bool(head[-1])
    fields = dict(zip(_STATE_FIELDS, state, strict=True))
    return JobRow(*[*head, Job(**fields | {"evidence": Evidence(fields["evidence"])})])


_STATE_FIELDS = (
    "expires_at", "copies", "state", "attempt", "wished_at_attempt", "first_copy", "done", "doubtful",
    "marked_through", "evidence", "token", "reported", "trouble", "lease_ends_at", "heard_at",
)  # fmt: skip


async def job_by_request(request_id: str) -> int | None:
    """The job that was made for this wish."""
    rows = await fetch(_BY_REQUEST, request_id)
    return int(rows[0][0]) if rows else None


async def drafts(station_id: int | None = None) -> list[int]:
    """Jobs whose label is not drawn yet, the oldest first."""
    rows = await (fetch(_ALL_DRAFTS) if station_id is None else fetch(_DRAFTS, station_id))
    return [row[0] for row in rows]


async def offers(station_id: int, token: str) -> list[Offer]:
    """What an agent may take: what is queued, and what its own spool claimed and has not reported."""
    rows = await fetch(_OFFERS, station_id, token)
    return [Offer(wire_id(row[0]), row[1], row[2], row[3]) for row in rows]


async def due(now: int) -> list[int]:
    """Jobs with which time may have something to do."""
    return [row[0] for row in await fetch(_DUE, now, now, now - SILENCE)]


async def story(job_id: int) -> list[Happened]:
    """What happened to a job, newest first."""
    rows = await fetch(_EVENTS, job_id)
    return [Happened(*[*[*row][:4], Evidence(row[4]), *[*row][5:]]) for row in rows]


async def pictures(job_id: int) -> tuple[bytes | None, bytes | None]:
    """The label as it prints, plain and marked."""
    rows = await fetch(_PICTURE, job_id)
    return (rows[0][0], rows[0][1]) if rows else (None, None)


def wire_id(job_id: int) -> str:
    """A job's id on the wire."""
    return f"j-{job_id}"


# What labels say

_LOT = Statement("SELECT expiry_on, made_on FROM lot WHERE item = ? AND code = ?")
_LOT_BY_ID = Statement("SELECT item, code FROM lot WHERE id = ?")


async def label_of(wish: Wish, today: str = "") -> Label | None:
    """The fields of the wanted label as the book has them now; None when its subject does not exist."""
    if wish.subject == "location":
        return await _location(wish.location or 0)
    drafts = await catalog.item_drafts([wish.item or 0])
    if not drafts:
        return None
    item = next(iter(drafts.values()))
    gtin = next((known.code for known in item.barcodes if not known.unit and gs1.is_gtin(known.code)), "")
    expiry, made_on = await _dates(wish)
    if wish.subject == "receipt":
        return Receipt(
            item.code, item.name, item.unit, wish.document, wish.quantity, wish.lot, expiry, today, gtin
        )
    if wish.lot:
        return Lot(item.code, item.name, item.unit, wish.lot, gtin, expiry, made_on, wish.serial)
    return Item(item.code, item.name, item.unit, gtin, wish.serial)


async def _location(location_id: int) -> Location | None:
    found = (await catalog.locations([location_id])).get(location_id)
    if found is None:
        return None
    warehouse = await catalog.warehouse(found.warehouse)
    assert warehouse is not None, "a location stands in a warehouse"
    return Location(found.code, warehouse.name or warehouse.code, found.zone)


async def _dates(wish: Wish) -> tuple[str, str]:
    rows = await fetch(_LOT, wish.item, wish.lot) if wish.lot else []
    return (rows[0][0], rows[0][1]) if rows else ("", "")


async def wish_for(subject: str, id_: int, language: Language) -> Wish | None:
    """The wish behind a preview's address: an item, a location, or a lot by its own id."""
    match subject:
        case "item":
            return Wish("item", item=id_, language=language)
        case "location":
            return Wish("location", location=id_, language=language)
        case "lot":
            rows = await fetch(_LOT_BY_ID, id_)
            return Wish("lot", item=rows[0][0], lot=rows[0][1], language=language) if rows else None
    return None
