"""Sheets: one place of a plan, and the rounds in which it was counted."""

from collections.abc import Sequence

import msgspec

from server.counts.difference import Finding
from server.counts.round import Round
from server.stock.movement import Moment


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a plan, with what its plan says of it."""

    id: int
    plan: int
    location: int
    code: str
    warehouse: int
    aisle: str
    bay: int
    level: int
    state: str
    task: int
    rounds: int
    asked_at: int | None
    decided_by: int
    decided_at: int | None
    number: str
    is_blind: bool
    tolerance: int
    issued_at: int | None
    closed_at: int | None
    last_counted_at: int | None


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A round as it is stored: who counted when, and by which operation."""

    id: int
    sheet: int
    operation: str
    person: int
    device: int
    counted_at: int
    findings: Sequence[Finding] = ()

    @property
    def round(self) -> Round:
        return Round(Moment(self.counted_at, self.operation), self.person, self.findings)
