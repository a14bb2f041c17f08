"""Today's flow of an item: what came in, what was picked, what left; folded from groups of movements."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from server.clock import SECOND
from server.stock.movement import REAL

CARRIED = frozenset({"tote", "carton"})
"""Locations that move: goods in them are on their way out."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Movements of one item that mean the same, added up; `kind` as in the ledger."""

    item: int
    kind: str
    act: str
    source_kind: str
    target_kind: str
    source_warehouse: int
    target_warehouse: int
    is_reversal: bool
    rows: int
    quantity: int
    last_at: int


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What one item did today, in thousandths; `corrected` is what counts and adjustments changed."""

    came_in: int = 0
    picked: int = 0
    went_out: int = 0
    corrected: int = 0
    last_at: int = 0


NOTHING = Today()


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many times today something came in, was picked or went out, and how many flows there were."""

    came_in: int = 0
    picked: int = 0
    went_out: int = 0
    flows: int = 0


def add(
    flows: Mapping[int, Today], groups: Iterable[Group], warehouses: frozenset[int] | None
) -> dict[int, Today]:
    """The flows by item after these groups, as seen by somebody who sees these warehouses (None: all)."""
    after = dict(flows)
    for group in groups:
        before = after.get(group.item, NOTHING)
        after[group.item] = _after(before, group, warehouses)
    return after


def count(tally: Tally, groups: Iterable[Group], warehouses: frozenset[int] | None) -> Tally:
    """The tally after these groups; what was taken back is taken off it."""
    for group in groups:
        came_in, picked, went_out, _ = _shares(group, warehouses)
        is_flow = group.kind == "flow" and touches(group, warehouses)
        tally = Tally(
            came_in=tally.came_in + group.rows * _sign(came_in),
            picked=tally.picked + group.rows * _sign(picked),
            went_out=tally.went_out + group.rows * _sign(went_out),
            flows=tally.flows + (group.rows if is_flow else 0),
        )
    return tally


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def touches(group: Group, warehouses: frozenset[int] | None) -> bool:
    """Whether the group has anything to do with these warehouses."""
    ends = (group.source_kind, group.source_warehouse), (group.target_kind, group.target_warehouse)
    return any(_is_ours(kind, warehouse, warehouses) for kind, warehouse in ends)


def _after(before: Today, group: Group, warehouses: frozenset[int] | None) -> Today:
    came_in, picked, went_out, corrected = _shares(group, warehouses)
    return Today(
        came_in=before.came_in + came_in,
        picked=before.picked + picked,
        went_out=before.went_out + went_out,
        corrected=before.corrected + corrected,
        last_at=max(before.last_at, group.last_at),
    )


def _shares(group: Group, warehouses: frozenset[int] | None) -> tuple[int, int, int, int]:
    """How much of the group came in, was picked, went out, corrected the book."""
    leaves = _is_ours(group.source_kind, group.source_warehouse, warehouses)
    enters = _is_ours(group.target_kind, group.target_warehouse, warehouses)
    if group.kind == "suspense":
        # The book's own loan: no goods moved.
        return 0, 0, 0, 0
    if group.kind == "count" or "adjustment" in (group.source_kind, group.target_kind):
        return 0, 0, 0, group.quantity * (int(enters) - int(leaves))
    if group.is_reversal:
        # What is taken back had not happened: it lowers the figure that it had raised.
        undone = _shares(_turned(group), warehouses)
        return -undone[0], -undone[1], -undone[2], -undone[3]
    return (
        group.quantity if enters and not leaves else 0,
        _picked(group) if enters and leaves else 0,
        group.quantity if leaves and not enters else 0,
        0,
    )


def _picked(group: Group) -> int:
    """What went from the shelf into something that moves; what is put back counts against it."""
    if group.target_kind in CARRIED and group.source_kind in CARRIED:
        return 0
    if group.source_kind in CARRIED:
        return -group.quantity
    return group.quantity if group.act == "pick" or group.target_kind in CARRIED else 0


def _turned(group: Group) -> Group:
    """The group that a reversal takes back."""
    return msgspec.structs.replace(
        group,
        source_kind=group.target_kind,
        target_kind=group.source_kind,
        source_warehouse=group.target_warehouse,
        target_warehouse=group.source_warehouse,
        is_reversal=False,
    )


def _is_ours(kind: str, warehouse: int, warehouses: frozenset[int] | None) -> bool:
    return kind in REAL and (warehouses is None or warehouse in warehouses)


def day_of(moment: int, zone: str) -> date:
    """The business day that a moment belongs to."""
    return datetime.fromtimestamp(moment / SECOND, ZoneInfo(zone)).date()


def bounds(day: date, zone: str) -> tuple[int, int]:
    """The moments a business day begins and ends, the second no longer part of it."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(local.astimezone(UTC).timestamp()) * SECOND
