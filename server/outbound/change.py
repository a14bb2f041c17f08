"""What a change of an order means on the floor: what each notice still sends, what goes back, which labels are void.

Everything follows from sums and moments of event, so it does not matter whether a scan arrives before the change or
after it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from server.outbound.notice import Goods, Line, Pick, Pinned, Seen, Story


class Told(NamedTuple):
    """What the floor was told of a line of an order by one notice; `is_over` when that notice was taken back."""

    line: int
    quantity: int
    short: int
    shipped: int
    is_over: bool

    @property
    def room(self) -> int:
        """What of what has not left it may still send."""
        return 0 if self.is_over else max(0, self.quantity - self.short - self.shipped)


def dropped(wanted: int, told: Sequence[Told]) -> dict[int, int]:
    """What each of these notices is not to send any more of an order's line of which so much is wanted.

    What has left counts first, then whoever was told first goes on.
    """
    rest = max(0, wanted - sum(one.shipped for one in told))
    found = {}
    for one in sorted(told):
        goes_on = min(rest, one.room)
        rest -= goes_on
        found[one.line] = one.room - goes_on
    return found


def shrunk(pinned: Sequence[Pinned], lines: Iterable[Line]) -> list[Pinned]:
    """Allocations of which nobody walks for more than is to be picked: the last of the walk are given up first."""
    over = {line.id: -line.to_pick for line in lines}
    for one in pinned:
        over[one.line] = over.get(one.line, 0) + one.rest
    cut = {}
    for one in sorted(pinned, key=lambda one: (one.position, one.id), reverse=True):
        share = min(one.rest, max(0, over[one.line]))
        over[one.line] -= share
        if share:
            state = "open" if share < one.rest else "done" if one.picked else "short"
            cut[one.id] = msgspec.structs.replace(one, quantity=one.quantity - share, state=state)
    return [cut.get(one.id, one) for one in pinned]


def left_out(pinned: Sequence[Pinned], unfit: Collection[tuple[int, str]]) -> list[Pinned]:
    """Allocations of which nobody is sent for a lot that may not leave."""
    return [
        msgspec.structs.replace(one, quantity=one.picked, state="done" if one.picked else "short")
        if one.rest and (one.item, one.lot) in unfit
        else one
        for one in pinned
    ]


# What goes back into bins


class PutBack(NamedTuple):
    """So much is to be brought from a tote or carton to where it was taken from."""

    source: int
    target: int
    item: int
    lot: str
    serial: str
    quantity: int


def too_much(state: str, line: Line) -> int:
    """What was picked of a line and is not to leave."""
    return max(0, line.picked - max(line.shipped, 0 if state == "cancelled" else line.wanted))


def put_backs(
    state: str, lines: Sequence[Line], story: Story, spoiled: Collection[tuple[int, str]] = ()
) -> list[PutBack]:
    """What goes back, from where to where: what is not packed yet first, to where the same goods came from.

    `spoiled` are lots (item, lot) that may not leave and are to be replaced by others.
    """
    over: dict[int, int] = defaultdict(int)
    for line in lines:
        over[line.item] += too_much(state, line)
    known = {line.item for line in lines}
    for item, much in story.picked.items():
        if item not in known:
            over[item] += much - story.shipped.get(item, 0)
    lying = [
        (goods[:2] not in spoiled, place in story.cartons, place, goods, much)
        for place, inside in story.there.items()
        for goods, much in inside.items()
    ]
    homes = dict(story.taken)
    found = []
    for is_good, _, place, goods, much in sorted(lying):
        share = min(much, over[goods.item]) if is_good else much
        over[goods.item] = max(0, over[goods.item] - share)
        found += [PutBack(place, home, *goods, part) for home, part in _brought_home(goods, share, homes)]
    return found


def _brought_home(goods: Goods, much: int, homes: dict[Pick, int]) -> list[tuple[int, int]]:
    """Where so much of these goods came from, the same lot before others; what is given takes off `homes`."""
    fitting = sorted(
        (one for one in homes if one.item == goods.item), key=lambda one: (one[2:] != goods[1:], one)
    )
    parts = []
    for home in fitting:
        part = min(much, homes[home])
        homes[home] -= part
        much -= part
        if part:
            parts.append((home.location, part))
    return parts


# Another address


def readdressed(story: Story, addressed_at: int) -> Story:
    """The story when goods go elsewhere since then: what was looked into before has to be looked into again."""
    old = {place for place in story.cartons if story.begun_at.get(place, 0) <= addressed_at}
    changed = {place: max(at, addressed_at) if place in old else at for place, at in story.changed_at.items()}
    return msgspec.structs.replace(story, changed_at=changed)


def void_labels(story: Story, seen: Iterable[Seen], addressed_at: int) -> frozenset[int]:
    """Cartons here that carry the label of an older address: nobody has scanned them since it changed."""
    again = {one.location for one in seen if one.checked_at > addressed_at}
    return frozenset(
        place
        for place in story.cartons
        if story.there.get(place) and story.begun_at.get(place, 0) <= addressed_at and place not in again
    )


def misaddressed(story: Story, seen: Sequence[Seen], addressed_at: int) -> list[int]:
    """Cartons that left after the address had changed, with the label of the older one."""
    return sorted(
        place
        for place, left_at in story.left_at.items()
        if place in story.cartons
        and story.begun_at.get(place, 0) <= addressed_at < left_at
        and not any(one.location == place and addressed_at < one.checked_at <= left_at for one in seen)
    )


def by_order_line(rows: Iterable[Mapping[str, int | str]]) -> dict[int, tuple[int, list[Told]]]:
    """What of each line is wanted, and what the floor was told of it."""
    found: dict[int, tuple[int, list[Told]]] = {}
    for row in rows:
        one = Told(
            int(row["id"]), int(row["quantity"]), int(row["short"]), int(row["shipped"]),
            row["state"] == "cancelled",
        )  # fmt: skip
        found.setdefault(int(row["order_line"]), (int(row["wanted"]), []))[1].append(one)
    return found
