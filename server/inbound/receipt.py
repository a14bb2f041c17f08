"""A receipt: what movements say has come, what is beyond the tolerance, and which state follows.

Everything is worked out from sums, never from the single scan: so the same scans in any order, with what was
taken back among them, leave the same receipt.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from server.money import PERCENT_SCALE
from server.stock.movement import REAL

KINDS: Final = ("purchase", "production", "return", "other")
STATES: Final = (
    "draft", "expected", "receiving", "inspecting", "putaway", "done", "partly_closed", "cancelled", "reversed",
)  # fmt: skip
LIVE: Final = frozenset({"expected", "receiving", "inspecting", "putaway"})
"""Somebody on the floor still has something to do with it."""

PREFIXES: Final = {"purchase": "rc", "other": "rc", "production": "rp", "return": "rt"}
"""What its wire id and its number begin with; the ledger tells from it where the goods come from."""

ORIGINS: Final = frozenset({"supplier", "customer", "production"})
"""Kinds of places that goods come from; what goes back there has not come."""


def wire_id(kind: str, receipt: int) -> str:
    """How devices and the ledger call a receipt: `rc-7`."""
    return f"{PREFIXES[kind]}-{receipt}"


def number_of(document: str) -> int | None:
    """The receipt that a document of the ledger names; None when it names none."""
    prefix, _, digits = document.partition("-")
    is_receipt = prefix in PREFIXES.values() and digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(digits) if is_receipt else None


def return_of(document: str) -> int | None:
    """The supplier return that a document of the ledger names; None when it names none."""
    prefix, _, digits = document.partition("-")
    return (
        int(digits) if prefix == "sr" and digits.isascii() and digits.isdigit() and len(digits) < 10 else None
    )


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands. `lot` pins it; `taken` is what the buyer took beyond the tolerance."""

    id: int
    position: int
    item: int
    lot: str = ""
    expected: int = 0
    received: int = 0
    held: int = 0
    taken: int = 0
    rejected: int = 0
    accepted: int = 0
    put_away: int = 0
    source_line: int = 0
    price: int = 0


class Goods(NamedTuple):
    """What came: an item, and its lot."""

    item: int
    lot: str


class Share(msgspec.Struct, frozen=True):
    """Movements of a receipt that mean the same, added up."""

    item: int
    lot: str
    source_kind: str
    target_kind: str
    quantity: int


class Arrived(msgspec.Struct, frozen=True):
    """How much of something came, and how much of that lies in bins."""

    received: int = 0
    put_away: int = 0


def arrived(shares: Iterable[Share]) -> dict[Goods, Arrived]:
    """What came and what was put away, net of what was taken back."""
    received: dict[Goods, int] = defaultdict(int)
    put_away: dict[Goods, int] = defaultdict(int)
    for share in shares:
        goods = Goods(share.item, share.lot)
        received[goods] += share.quantity * direction(share.source_kind, share.target_kind)
        put_away[goods] += share.quantity * ((share.target_kind == "bin") - (share.source_kind == "bin"))
    return {goods: Arrived(max(0, received[goods]), max(0, put_away[goods])) for goods in received}


def direction(source: str, target: str) -> int:
    """1 for what comes in, −1 for what goes back, 0 for what only moves."""
    if source in ORIGINS and target in REAL:
        return 1
    return -1 if source in REAL and target in ORIGINS else 0


def strangers(lines: Sequence[Line], came: Mapping[Goods, Arrived]) -> list[int]:
    """Items that came and stand on no line."""
    known = {line.item for line in lines}
    return sorted({goods.item for goods, much in came.items() if much.received and goods.item not in known})


def follow(
    lines: Sequence[Line], came: Mapping[Goods, Arrived], *, tolerance: int, is_wanted: bool = True
) -> list[Line]:
    """The lines after what came; `is_wanted` false (a cancelled receipt) leaves nothing to be expected."""
    received = spread(lines, {goods: much.received for goods, much in came.items()})
    away = spread(
        [msgspec.structs.replace(line, expected=received[line.id]) for line in lines],
        {goods: much.put_away for goods, much in came.items()},
    )
    after = []
    for line in lines:
        limit = (allowed(line.expected, tolerance) if is_wanted else 0) + line.taken
        held = max(0, received[line.id] - limit)
        after.append(
            msgspec.structs.replace(
                line,
                received=received[line.id],
                held=held,
                accepted=max(0, received[line.id] - held - line.rejected),
                put_away=away[line.id],
            )
        )
    return after


def spread(lines: Sequence[Line], came: Mapping[Goods, int]) -> dict[int, int]:
    """Give each line its part of what came: pinned lots first, then in order of position, the rest to the last."""
    given = dict.fromkeys((line.id for line in lines), 0)
    rest = dict(came)
    in_order = sorted(lines, key=lambda line: (not line.lot, line.position, line.id))
    for line in in_order:
        for goods in sorted(rest):
            if goods.item == line.item and line.lot in ("", goods.lot):
                part = min(rest[goods], max(0, line.expected - given[line.id]))
                given[line.id] += part
                rest[goods] -= part
    for goods, over in rest.items():
        if over:
            # What is beyond all expectation stands on the last line that could have expected it.
            fitting = [line for line in in_order if line.item == goods.item and line.lot in ("", goods.lot)]
            others = [line for line in in_order if line.item == goods.item]
            if last := (fitting or others)[-1:]:
                given[last[0].id] += over
    return given


def allowed(expected: int, tolerance: int) -> int:
    """How much may come without asking: so many ten-thousandths more than expected."""
    return expected + expected * tolerance // PERCENT_SCALE


def state_after(
    state: str, lines: Sequence[Line], *, is_over: bool, is_short: bool, is_inspected: bool, puts_away: bool
) -> str:
    """The state that follows from the lines.

    `is_over`: somebody said that no more will come; `is_inspected`: a check is still open.
    """
    if state in ("draft", "cancelled"):
        return state
    if not any(line.received for line in lines):
        return "reversed" if is_over else "expected"
    if not is_over and any(line.received < line.expected for line in lines):
        return "receiving"
    if is_inspected:
        return "inspecting"
    if any(line.held for line in lines) or (puts_away and any(_waits(line) for line in lines)):
        return "putaway"
    return "partly_closed" if is_short else "done"


def _waits(line: Line) -> bool:
    """Whether goods of this line still lie where they came."""
    return line.put_away < line.received - line.rejected


def still_expected(state: str, line: Line, *, is_over: bool) -> int:
    """What of a line may be promised to customers before it is here."""
    if is_over or state not in ("expected", "receiving"):
        return 0
    return max(0, line.expected - line.received)
