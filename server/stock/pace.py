"""How people get on: the lines each moved in the last hour, folded from the ledger's rows as they come."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from server.clock import HOUR, MINUTE

WORKING_FOR: Final = 15 * MINUTE
"""Who has scanned nothing for so long is not at work just now."""


class Line(NamedTuple):
    """What counts once, however many scans it took: an item from one place to another, for one document."""

    document: str
    item: int
    source: int
    target: int


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the ledger by which one person moved one line; `last_at` is when the latest of them happened."""

    person: int
    act: str
    document: str
    item: int
    source: int
    target: int
    last_at: int


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What one person did: the last act, and when each line was last touched."""

    last_at: int = 0
    act: str = ""
    lines: Mapping[Line, int] = {}

    def an_hour(self, now: int) -> int:
        """Lines of the last hour."""
        return sum(at > now - HOUR for at in self.lines.values())


IDLE: Final = Pace()


def add(paces: Mapping[int, Pace], moves: Iterable[Move], now: int) -> dict[int, Pace]:
    """The paces by person after these moves; lines older than an hour are let go."""
    told: dict[int, list[Move]] = {}
    for move in moves:
        told.setdefault(move.person, []).append(move)
    people = {**paces, **{person: paces.get(person, IDLE) for person in told}}
    return {person: _after(pace, told.get(person, []), now) for person, pace in people.items()}


def _after(pace: Pace, moves: list[Move], now: int) -> Pace:
    lines = {line: at for line, at in pace.lines.items() if at > now - HOUR}
    last_at, act = pace.last_at, pace.act
    for move in moves:
        line = Line(move.document, move.item, move.source, move.target)
        lines[line] = max(move.last_at, lines.get(line, 0))
        if move.last_at >= last_at:
            last_at, act = move.last_at, move.act
    return Pace(last_at=last_at, act=act, lines=lines)
