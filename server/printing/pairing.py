"""Stations, their keys and their printers: made by people, taken up by agents with a code."""

import msgspec

from server import clock, events, ids
from server.db import Statement, execute, writing
from server.printing import queries, telling
from server.printing.label import ANY_MEDIA, MEDIA
from server.printing.queries import Station

CODE_LENGTH = 8
CODE_LIVES = 10 * clock.MINUTE
SEEN_EVERY = 20 * clock.SECOND
DENSITIES = (203, 300, 600)
BACKENDS = ("png", "tcp9100")
ENCODINGS = ("z64", "hex")
FIRST_STATION = "本机 This computer"
FIRST_PRINTER = "PNG"


class Code(msgspec.Struct, frozen=True):
    """A pairing code, shown once."""

    station: int
    code: str
    ends_at: int


class Paired(msgspec.Struct, frozen=True):
    """A key, told once."""

    station: Station
    key: str


class PrinterDraft(msgspec.Struct, frozen=True):
    """A printer as people set it up."""

    name: str
    backend: str = "png"
    address: str = ""
    dpi: int = 203
    media: str = ANY_MEDIA
    encoding: str = "z64"


_ADD_STATION = Statement(
    "INSERT INTO print_station (name, key_hash, pairing_hash, agent, is_active, created_at)"
    " VALUES (?, '', '', '', ?, ?) RETURNING id"
)
_ADD_PRINTER = Statement(
    "INSERT INTO printer (station, name, backend, address, dpi, encoding, media, is_default, is_active)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_INVITE = Statement("UPDATE print_station SET pairing_hash = ?, pairing_ends_at = ? WHERE id = ?")
_PAIR = Statement(
    "UPDATE print_station SET key_hash = ?, pairing_hash = '', pairing_ends_at = NULL, paired_at = ?,"
    " agent = ? WHERE id = ?"
)
_REVOKE = Statement("UPDATE print_station SET key_hash = '', pairing_hash = '' WHERE id = ?")
_SEEN = Statement("UPDATE print_station SET seen_at = ? WHERE id = ?")
_NO_DEFAULT = Statement("UPDATE printer SET is_default = ?")
_DEFAULT = Statement("UPDATE printer SET is_default = ? WHERE id = ?")


async def ensure_first_station(*, by: int = 0) -> None:
    """The station that is there from the first day: this computer, printing into a folder."""
    if await queries.stations():
        return
    async with writing():
        station = await add_station(FIRST_STATION, by=by)
        await add_printer(station, PrinterDraft(FIRST_PRINTER), by=by)


async def add_station(name: str, *, by: int) -> int:
    """A place for printers; its agent pairs later."""
    async with writing():
        rows = await execute(_ADD_STATION, name, True, clock.now())
        station_id: int = rows[0][0]
        await events.record("station.added", f"station:{station_id}", {"name": name}, by=by)
        return station_id


async def invite(station_id: int, *, by: int) -> Code | None:
    """A code for the agent of this station; the one before it is void."""
    code, ends_at = ids.typeable(CODE_LENGTH), clock.now() + CODE_LIVES
    async with writing():
        if await queries.station(station_id) is None:
            return None
        await execute(_INVITE, ids.digest(code), ends_at, station_id)
        await events.record("station.invited", f"station:{station_id}", {}, by=by)
    return Code(station_id, code, ends_at)


async def pair(code: str, agent: str) -> Paired | None:
    """Swap a code for a key: once, in time. An earlier agent of this station is locked out by it."""
    key = ids.token()
    async with writing():
        now = clock.now()
        station = await queries.station_by_pairing_code(ids.digest(_as_typed(code)), now)
        if station is None:
            return None
        await execute(_PAIR, ids.digest(key), now, agent[:100], station.id)
        await events.record("station.paired", f"station:{station.id}", {"agent": agent[:100]})
        await telling.announce_printers()
    return Paired(station, key)


def _as_typed(code: str) -> str:
    """People put in spaces, dashes and small letters."""
    return "".join(character for character in code.upper() if character in ids.TYPEABLE)


async def revoke(station_id: int, *, by: int) -> None:
    """Lock the agent out; its jobs wait."""
    async with writing():
        await execute(_REVOKE, station_id)
        await events.record("station.revoked", f"station:{station_id}", {}, by=by)
        await telling.announce_printers()


async def recognise(key: str) -> Station | None:
    """Whose key this is; notes that its agent is alive."""
    station = await queries.station_by_key(ids.digest(key))
    now = clock.now()
    # Not at every call: an idle agent must not cost a write each time it asks.
    if station is not None and now - (station.seen_at or 0) > SEEN_EVERY:
        async with writing():
            await execute(_SEEN, now, station.id)
            # A feed that was made anew hears of the printers again.
            await telling.announce_printers()
    return station


async def add_printer(station_id: int, draft: PrinterDraft, *, by: int) -> int | dict[str, str] | None:
    """A printer of a station, or what is wrong by field. None: no such station. The first is the default."""
    if errors := faults(draft):
        return errors
    async with writing():
        if await queries.station(station_id) is None:
            return None
        is_first = not await queries.usable_printers()
        rows = await execute(
            _ADD_PRINTER, station_id, draft.name, draft.backend, draft.address, draft.dpi, draft.encoding,
            draft.media, is_first, True,
        )  # fmt: skip
        printer_id: int = rows[0][0]
        await events.record("printer.added", f"station:{station_id}", draft, by=by)
        await telling.announce_printers()
        return printer_id


def faults(draft: PrinterDraft) -> dict[str, str]:
    """What is wrong with a printer, by field, as word keys."""
    host, _, port = draft.address.rpartition(":")
    is_address = bool(host) and port.isdigit() and 0 < int(port) < 65536
    checks = {
        "name": not draft.name.strip(),
        "backend": draft.backend not in BACKENDS,
        "address": draft.backend == "tcp9100" and not is_address,
        "dpi": draft.dpi not in DENSITIES,
        "media": draft.media not in MEDIA,
        "encoding": draft.encoding not in ENCODINGS,
    }
    return {field: f"printing.wrong.{field}" for field, is_wrong in checks.items() if is_wrong}


async def choose_default(printer_id: int, *, by: int) -> None:
    """Where labels go when nobody says where."""
    async with writing():
        await execute(_NO_DEFAULT, False)
        await execute(_DEFAULT, True, printer_id)
        await events.record("printer.default", f"printer:{printer_id}", {}, by=by)
        await telling.announce_printers()
