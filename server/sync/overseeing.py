"""Overseeing the house: what a live board shows, gathered from stock, devices and what waits for a person."""

import msgspec

from server import clock
from server.config import settings
from server.stock import flow, queries, slots
from server.stock.queries import Warehouses
from server.sync import queries as devices
from server.sync.presence import Presence, presence

ROWS = 9
DEVICES = 6
EXCEPTIONS = 3
MOVEMENTS = 5
TOTALS_EVERY = 5 * clock.SECOND
"""Totals read every balance, so they may be a few seconds old."""


class StockRow(msgspec.Struct, frozen=True):
    """One item on the board."""

    item: queries.ItemStock
    today: flow.Today
    places: list[queries.Place]


class DeviceRow(msgspec.Struct, frozen=True):
    """One device on the board."""

    device: devices.FleetDevice
    presence: Presence


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a board shows at one moment."""

    now: int
    stock: list[StockRow]
    tally: flow.Tally
    totals: queries.Totals
    devices: list[DeviceRow]
    devices_in_all: int
    silent: int
    held: int
    """Operations that silent devices still hold."""
    incidents: list[queries.Incident]
    tasks: list[queries.Task]
    incidents_open: int
    tasks_open: int
    movements: list[queries.Movement]


class Overview:
    """What has been gathered so far today for one board, so that each movement is read once."""

    def __init__(self, warehouses: Warehouses) -> None:
        self.warehouses = warehouses
        self.day = (0, 0)
        self.read_to = 0
        self.flows: dict[int, flow.Today] = {}
        self.tally = flow.Tally()
        self.shown: list[int] = []
        self.totals = queries.Totals(0, 0, 0)
        self.totals_at = 0


async def gather(overview: Overview) -> Board:
    """Bring the overview up to date and tell what it shows."""
    now, warehouses = clock.now(), overview.warehouses
    await _read_flow(overview, now)
    if now - overview.totals_at >= TOTALS_EVERY:
        overview.totals, overview.totals_at = await queries.totals(warehouses), now
    fleet = [_device_row(device, now) for device in await devices.fleet(warehouses) if not device.is_revoked]
    incidents_open, tasks_open = await queries.waiting(warehouses)
    return Board(
        now=now,
        stock=await _stock_rows(overview),
        tally=overview.tally,
        totals=overview.totals,
        devices=sorted(fleet, key=_worry)[:DEVICES],
        devices_in_all=len(fleet),
        silent=sum(not row.presence.is_online for row in fleet),
        held=sum(row.device.queue_depth for row in fleet if not row.presence.is_online),
        incidents=await queries.open_incidents(warehouses, EXCEPTIONS),
        tasks=await queries.open_tasks(warehouses, EXCEPTIONS),
        incidents_open=incidents_open,
        tasks_open=tasks_open,
        movements=(await queries.movements(queries.Filters(kind="flow"), warehouses, MOVEMENTS))[:MOVEMENTS],
    )


async def _read_flow(overview: Overview, now: int) -> None:
    zone = settings().timezone
    day = flow.bounds(flow.day_of(now, zone), zone)
    if day != overview.day:
        overview.day, overview.flows, overview.tally = day, {}, flow.Tally()
        overview.read_to = await queries.before_day(day[0])
    read, overview.read_to = await queries.flow_groups(overview.read_to, *day)
    groups = [group for group in read if flow.touches(group, overview.warehouses)]
    overview.flows = flow.add(overview.flows, groups, overview.warehouses)
    overview.tally = flow.count(overview.tally, groups, overview.warehouses)
    _place(overview, {group.item for group in groups})


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
    stock = await queries.stock_of(overview.shown, overview.warehouses)
    places = await queries.places_of(overview.shown, overview.warehouses)
    return [
        StockRow(stock[item], overview.flows.get(item, flow.NOTHING), places.get(item, []))
        for item in overview.shown
    ]


def _device_row(device: devices.FleetDevice, now: int) -> DeviceRow:
    return DeviceRow(device, presence(device.seen_at, device.queue_depth, now))


def _worry(row: DeviceRow) -> tuple[bool, bool, int, str]:
    """Silent ones that hold work first, then the silent ones, then by what waits."""
    return not row.presence.is_late, row.presence.is_online, -row.device.queue_depth, row.device.person_name
