"""Overseeing the house: what a live board shows of stock, goods out, people, devices and what waits for somebody."""

import msgspec

from server import clock
from server.config import settings
from server.db import Statement, fetch
from server.outbound import watching
from server.outbound.watching import Floor, Share
from server.stock import flow, pace, queries, slots
from server.stock.queries import Warehouses
from server.sync import queries as devices
from server.sync.presence import Presence, presence

ROWS = 9
DEVICES = 5
EXCEPTIONS = 3
MOVEMENTS = 4
TOTALS_EVERY = 5 * clock.SECOND
"""Totals read every balance, so they may be a few seconds old."""

FLOOR_EVERY = clock.SECOND * 4 // 5
"""Goods out are counted anew so often at most, whatever the number of scans: a scan is on the board within a second."""

OVERLAP = 5 * clock.SECOND
"""An operation is on disk a little after it was received."""

SHORTS = frozenset({"shortage"})
"""Incidents of goods that were promised and are not there."""


_LAST_WORDS = Statement(
    "SELECT user_id, max(event_at) FROM operation WHERE received_at >= ? AND user_id > 0 GROUP BY user_id"
)


TO_VERIFY = "to_verify"
"""Incidents of notices whose goods another one may have taken."""


class StockRow(msgspec.Struct, frozen=True):
    """One item on the board."""

    item: queries.ItemStock
    today: flow.Today
    places: list[queries.Place]


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is at: the last act and when, lines in the last hour, and the notices in hand."""

    last_at: int = 0
    act: str = ""
    an_hour: int = 0
    shares: tuple[Share, ...] = ()

    @property
    def notices(self) -> int:
        """How many notices are in these hands."""
        return sum(share.notices for share in self.shares)

    @property
    def left(self) -> int:
        """Lines of them that are still to be picked."""
        return sum(share.left for share in self.shares)

    def is_working(self, now: int) -> bool:
        """Whether something was done only just now."""
        return self.last_at > now - pace.WORKING_FOR


NOTHING = Doing()


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One device on the board, what its person is at, and what was taken with it."""

    device: devices.FleetDevice
    presence: Presence
    doing: Doing
    holds: tuple[Share, ...]

    @property
    def notices(self) -> int:
        """How many notices were taken with this device."""
        return sum(share.notices for share in self.holds)


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a board shows at one moment; `fleet` are all devices in use, those to look after in front."""

    now: int
    today: str
    stock: list[StockRow]
    tally: flow.Tally
    totals: queries.Totals
    floor: Floor
    doings: dict[int, Doing]
    fleet: list[DeviceRow]
    kinds: dict[str, int]
    incidents: list[queries.Incident]
    tasks: list[queries.Task]
    tasks_open: int
    movements: list[queries.Movement]

    @property
    def silent(self) -> list[DeviceRow]:
        """Devices that say nothing."""
        return [row for row in self.fleet if not row.presence.is_online]

    @property
    def held(self) -> int:
        """Operations that silent devices still hold."""
        return sum(row.device.queue_depth for row in self.silent)

    @property
    def taken(self) -> int:
        """Notices that were taken with devices which are silent now."""
        return sum(row.notices for row in self.silent)

    @property
    def working(self) -> int:
        """How many people are at work just now."""
        return sum(doing.is_working(self.now) for doing in self.doings.values())

    @property
    def an_hour(self) -> int:
        """Lines that all of them moved in the last hour."""
        return sum(doing.an_hour for doing in self.doings.values())

    @property
    def incidents_open(self) -> int:
        return sum(self.kinds.values())

    @property
    def shorts(self) -> int:
        """Promises for which nothing is left."""
        return sum(count for kind, count in self.kinds.items() if kind in SHORTS)

    @property
    def to_verify(self) -> int:
        """What somebody has to look at in its place: goods that two picked, and places to count."""
        return self.kinds.get(TO_VERIFY, 0) + self.tasks_open


class Overview:
    """What has been gathered so far for one board, so that each movement is read once."""

    def __init__(self, warehouses: Warehouses) -> None:
        self.warehouses = warehouses
        self.day = (0, 0)
        self.today = ""
        self.read_to = 0
        self.flows: dict[int, flow.Today] = {}
        self.tally = flow.Tally()
        self.shown: list[int] = []
        self.totals = queries.Totals(0, 0, 0)
        self.totals_at = 0
        self.floor = Floor(states={}, shares=[], waves=[], late=watching.Late())
        self.floor_at = 0
        self.is_behind = False
        """Something may have happened since goods out were counted last."""
        self.moves_to: int | None = None
        self.paces: dict[int, pace.Pace] = {}
        self.heard: dict[int, int] = {}
        self.heard_to = 0

    def rest(self, now: int) -> int:
        """How long what was counted last is young enough to be shown."""
        return max(0, self.floor_at + FLOOR_EVERY - now)


async def gather(overview: Overview) -> Board:
    """Bring the overview up to date and tell what it shows."""
    now, warehouses = clock.now(), overview.warehouses
    await _read_flow(overview, now)
    await _read_work(overview, now)
    if now - overview.totals_at >= TOTALS_EVERY:
        overview.totals, overview.totals_at = await queries.totals(warehouses), now
    overview.is_behind = overview.rest(now) > 0
    if not overview.is_behind:
        overview.floor, overview.floor_at = await watching.floor(warehouses, overview.today), now
    doings = _doings(overview, now)
    fleet = [
        _device_row(device, overview.floor, doings, now)
        for device in await devices.fleet(warehouses)
        if not device.is_revoked
    ]
    return Board(
        now=now,
        today=overview.today,
        stock=await _stock_rows(overview),
        tally=overview.tally,
        totals=overview.totals,
        floor=overview.floor,
        doings=_known(doings, overview.paces, fleet),
        fleet=sorted(fleet, key=lambda row: _worry(row, now)),
        kinds=await watching.open_kinds(warehouses),
        incidents=await queries.open_incidents(warehouses, EXCEPTIONS),
        tasks=await queries.open_tasks(warehouses, EXCEPTIONS),
        tasks_open=(await queries.waiting(warehouses))[1],
        movements=await _last_movements(warehouses),
    )


async def _last_movements(warehouses: Warehouses) -> list[queries.Movement]:
    found = await queries.movements(queries.Filters(kind="flow"), warehouses, MOVEMENTS, is_blind=True)
    return found[:MOVEMENTS]


async def _read_flow(overview: Overview, now: int) -> None:
    zone = settings().timezone
    today = flow.day_of(now, zone)
    day = flow.bounds(today, zone)
    if day != overview.day:
        overview.day, overview.flows, overview.tally = day, {}, flow.Tally()
        overview.today, overview.floor_at = today.isoformat(), 0
        overview.read_to = await queries.before_day(day[0])
    read, overview.read_to = await queries.flow_groups(overview.read_to, *day)
    groups = [group for group in read if flow.touches(group, overview.warehouses)]
    overview.flows = flow.add(overview.flows, groups, overview.warehouses)
    overview.tally = flow.count(overview.tally, groups, overview.warehouses)
    _place(overview, {group.item for group in groups})


async def _read_work(overview: Overview, now: int) -> None:
    """Who did what in the last hour: each movement is read once, operations from a little before the last look."""
    if overview.moves_to is None:
        overview.moves_to = await queries.before_day(now - clock.HOUR)
        overview.heard_to = now - clock.HOUR
    moves, overview.moves_to = await watching.moves(overview.moves_to, overview.warehouses)
    overview.paces = pace.add(overview.paces, moves, now)
    # Counts and checks move nothing, so operations tell when somebody was last at work.
    overview.heard |= {row[0]: row[1] for row in await fetch(_LAST_WORDS, overview.heard_to)}
    overview.heard_to = now - OVERLAP


def _place(overview: Overview, moved: set[int]) -> None:
    last_at = {item: today.last_at for item, today in overview.flows.items()}
    if not overview.shown:
        # At the start the newest stand on top; from then on rows keep their place.
        newest = sorted(moved, key=lambda item: (-last_at[item], item))
        overview.shown = newest[:ROWS]
    overview.shown = slots.placed(overview.shown, last_at, moved, ROWS)


async def _stock_rows(overview: Overview) -> list[StockRow]:
    if len(overview.shown) < ROWS:
        # A quiet morning: rest of the rows show what was touched last.
        resting = await queries.last_changed(overview.warehouses, ROWS)
        overview.shown = list(dict.fromkeys([*overview.shown, *resting]))[:ROWS]
    # A board hangs where everybody passes, whoever is to count blind among them.
    stock = await queries.stock_of(overview.shown, overview.warehouses, is_blind=True)
    places = await queries.places_of(overview.shown, overview.warehouses, is_blind=True)
    return [
        StockRow(stock[item], overview.flows.get(item, flow.NOTHING), places.get(item, []))
        for item in overview.shown
    ]


def _doings(overview: Overview, now: int) -> dict[int, Doing]:
    """What everybody is at of whom anything is known."""
    shares: dict[int, list[Share]] = {}
    for share in overview.floor.shares:
        shares.setdefault(share.person, []).append(share)
    known = (overview.paces.keys() | overview.heard.keys() | shares.keys()) - {0}
    return {
        person: _doing(
            overview.paces.get(person, pace.IDLE), overview.heard.get(person, 0), shares.get(person, []), now
        )
        for person in sorted(known)
    }


def _doing(paced: pace.Pace, heard: int, shares: list[Share], now: int) -> Doing:
    return Doing(
        last_at=max(paced.last_at, heard), act=paced.act, an_hour=paced.an_hour(now), shares=tuple(shares)
    )


def _known(doings: dict[int, Doing], paces: dict[int, pace.Pace], fleet: list[DeviceRow]) -> dict[int, Doing]:
    """Only people of these warehouses: who moved something there, took something there, or has a device there."""
    here = paces.keys() | {row.device.person for row in fleet}
    return {person: doing for person, doing in doings.items() if person in here or doing.shares}


def _device_row(device: devices.FleetDevice, floor: Floor, doings: dict[int, Doing], now: int) -> DeviceRow:
    return DeviceRow(
        device=device,
        presence=presence(device.seen_at, device.queue_depth, now),
        doing=doings.get(device.person, NOTHING),
        holds=tuple(share for share in floor.shares if share.device == device.id),
    )


def _worry(row: DeviceRow, now: int) -> tuple[bool, bool, bool, int, str]:
    """Silent ones that hold work first, then who is at work, then the other silent ones, then by what waits."""
    is_missed = not row.presence.is_online and bool(row.holds)
    return (
        not (row.presence.is_late or is_missed),
        not row.doing.is_working(now),
        row.presence.is_online,
        -row.device.queue_depth,
        row.device.person_name,
    )
