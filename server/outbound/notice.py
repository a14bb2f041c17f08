"""A shipment notice: what movements say of its lines, which state follows, who may check, which step comes next.

Everything is worked out from sums and moments of event, never from the single scan: so the same scans in any
order, with what was taken back among them, leave the same notice.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

State = Literal[
    "waiting", "released", "picking", "picked", "packed", "checked", "shipped", "cancelled", "short_closed"
]
STATES: Final = (
    "waiting", "released", "picking", "picked", "packed", "checked", "shipped", "cancelled", "short_closed",
)  # fmt: skip
TO_PICK: Final = frozenset({"released", "picking"})
"""Somebody is to walk for it."""

LIVE: Final = frozenset({"released", "picking", "picked", "packed", "checked"})
"""Somebody on the floor still has something to do with it."""

OVER: Final = frozenset({"cancelled", "short_closed"})
"""A person ended it; what is scanned afterwards is put right, it does not begin again."""

STAGES: Final = {"bin": 0, "dock": 0, "tote": 1, "carton": 2, "customer": 3}
"""How far on their way goods are where they lie."""

PICKED, PACKED, SHIPPED = 1, 2, 3

PREFIX: Final = "sn-"


def number_of(document: str, prefix: str = PREFIX) -> int | None:
    """The notice that a document of the ledger names; None when it names none."""
    digits = document.removeprefix(prefix)
    is_named = digits != document and digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(digits) if is_named else None


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Which steps a warehouse takes, by which rule it picks, and how far apart its aisles and bays are.

    A step that is off is no act of its own: what it would have posted is posted with the act beside it. Without
    `picks`, goods go from the shelf into the carton or to the customer; without `ships`, the last act sends them.
    """

    picks: bool = True
    packs: bool = True
    checkers: int = 1
    ships: bool = True
    delivers: bool = False
    """Somebody of ours brings it, and the customer signs for it."""
    scans_bins: bool = False
    """Pickers scan every bin before its goods, also where the goods alone would say where they stand."""
    rule: Literal["fefo", "fifo"] = "fefo"
    aisle_mm: int = 3000
    bay_mm: int = 1200


def taken(steps: Steps) -> list[str]:
    """What a notice goes through in a warehouse of these steps, once it is released."""
    checks = ["check"] * steps.checkers
    own = [name for name, is_on in (("pick", steps.picks), ("pack", steps.packs)) if is_on]
    return [*own, *checks, *(["ship"] if steps.ships else [])]


MOST_CHECKERS: Final = 2
LONGEST_MM: Final = 100_000
"""No aisle is farther from the next one, and no bay longer: it is a slip of the key."""


def faults_of(steps: Steps) -> list[tuple[str, str]]:
    """What is wrong with these steps: field and word."""
    found = [
        (field, "far") for field in ("aisle_mm", "bay_mm") if not 1 <= getattr(steps, field) <= LONGEST_MM
    ]
    if not 0 <= steps.checkers <= MOST_CHECKERS:
        found.append(("checkers", "checkers"))
    if steps.rule not in ("fefo", "fifo"):
        found.append(("rule", "rule"))
    if steps.checkers and not (steps.picks or steps.packs):
        found.append(("checkers", "nothing_to_look_into"))
    if not (steps.picks or steps.packs or steps.ships):
        found.append(("ships", "no_step"))
    return found


def for_customer(steps: Steps, *, is_double_checked: bool) -> Steps:
    """The steps for a customer whose shipments two people check, where there is anything to look into."""
    if not is_double_checked or not (steps.picks or steps.packs):
        return steps
    return msgspec.structs.replace(steps, checkers=max(steps.checkers, MOST_CHECKERS))


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands; of `quantity`, `short` will not be picked, `dropped` the customer does not want any more."""

    id: int
    order_line: int
    item: int
    quantity: int
    short: int = 0
    dropped: int = 0
    picked: int = 0
    packed: int = 0
    shipped: int = 0

    @property
    def wanted(self) -> int:
        """What is to leave with this notice."""
        return max(0, self.quantity - self.short - self.dropped)

    @property
    def to_pick(self) -> int:
        return max(0, self.wanted - self.picked)


def drawn(state: str, line: Line) -> int:
    """What a line took off the reservation: beyond what was asked nobody had anything reserved.

    What was picked for a cancelled notice goes back into a bin, so it is still promised to the order; so is what
    a notice was closed short of, though it may turn up after all.
    """
    return min(line.shipped if state == "cancelled" else line.picked, line.wanted)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Flows of a notice that mean the same, added up; when the earliest and the latest of them happened."""

    item: int
    lot: str
    serial: str
    source: int
    source_kind: str
    target: int
    target_kind: str
    user: int
    quantity: int
    first_at: int
    last_at: int


class Pick(NamedTuple):
    """Where something was taken from."""

    item: int
    location: int
    lot: str
    serial: str


class Goods(NamedTuple):
    """Goods as they lie in a tote or carton."""

    item: int
    lot: str
    serial: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What the movements of a notice say: by item how far it came, from where it was taken, and by whom."""

    picked: dict[int, int]
    packed: dict[int, int]
    shipped: dict[int, int]
    taken: dict[Pick, int]
    pickers: frozenset[int]
    contents: dict[int, dict[Goods, int]]
    """What was put into each of its totes and cartons; what left with them for the customer still counts."""
    changed_at: dict[int, int]
    """When goods last went into or out of each of them, other than to the customer."""
    cartons: frozenset[int] = frozenset()
    """Which of them are cartons."""
    there: dict[int, dict[Goods, int]] = {}
    """What lies in each of them now."""
    begun_at: dict[int, int] = {}
    """When goods first went into each of them."""
    left_at: dict[int, int] = {}
    """When goods last left with each of them for the customer."""

    @property
    def lots(self) -> frozenset[tuple[int, str]]:
        """The lots that lie in them: item and lot."""
        return frozenset(
            (each.item, each.lot) for inside in self.there.values() for each in inside if each.lot
        )


def told(shares: Iterable[Share]) -> Story:
    """Read the movements: each stage that goods passed counts, each they came back over counts against it.

    What left was packed and picked, though somebody forgot to scan that.
    """
    passed: dict[int, dict[int, int]] = {stage: defaultdict(int) for stage in (PICKED, PACKED, SHIPPED)}
    taken: dict[Pick, int] = defaultdict(int)
    pickers: set[int] = set()
    contents: dict[int, dict[Goods, int]] = defaultdict(lambda: defaultdict(int))
    changed_at: dict[int, int] = defaultdict(int)
    cartons: set[int] = set()
    gone: dict[int, dict[Goods, int]] = defaultdict(lambda: defaultdict(int))
    begun_at: dict[int, int] = {}
    left_at: dict[int, int] = {}
    for share in shares:
        start, end = STAGES.get(share.source_kind, 0), STAGES.get(share.target_kind, 0)
        for stage, of_stage in passed.items():
            of_stage[share.item] += share.quantity * ((start < stage <= end) - (end < stage <= start))
        if start == 0 and end > 0:
            taken[Pick(share.item, share.source, share.lot, share.serial)] += share.quantity
            pickers.add(share.user)
        if end == 0 and start > 0:
            taken[Pick(share.item, share.target, share.lot, share.serial)] -= share.quantity
        goods = Goods(share.item, share.lot, share.serial)
        if SHIPPED in (start, end):
            place, sign = (share.source, 1) if end == SHIPPED else (share.target, -1)
            gone[place][goods] += sign * share.quantity
            if end == SHIPPED:
                left_at[place] = max(left_at.get(place, 0), share.last_at)
            continue
        for place, stage, sign in ((share.source, start, -1), (share.target, end, 1)):
            if stage == PACKED:
                cartons.add(place)
            if stage in (PICKED, PACKED):
                contents[place][goods] += sign * share.quantity
                changed_at[place] = max(changed_at[place], share.last_at)
                begun_at[place] = min(begun_at.get(place, share.first_at), share.first_at)
    shipped = {item: max(0, much) for item, much in passed[SHIPPED].items()}
    packed = {item: max(shipped[item], much) for item, much in passed[PACKED].items()}
    picked = {item: max(packed[item], much) for item, much in passed[PICKED].items()}
    return Story(
        picked=picked,
        packed=packed,
        shipped=shipped,
        taken=_settled(taken),
        pickers=frozenset(pickers),
        contents=_above_zero(contents),
        changed_at=dict(changed_at),
        cartons=frozenset(cartons),
        there=_above_zero({
            place: {each: much - gone[place][each] for each, much in inside.items()}
            for place, inside in contents.items()
        }),
        begun_at=begun_at,
        left_at={place: at for place, at in left_at.items() if any(much > 0 for much in gone[place].values())},
    )  # fmt: skip


def _above_zero(contents: Mapping[int, Mapping[Goods, int]]) -> dict[int, dict[Goods, int]]:
    return {
        place: {each: much for each, much in inside.items() if much > 0} for place, inside in contents.items()
    }


def _settled(taken: Mapping[Pick, int]) -> dict[Pick, int]:
    """What was put back elsewhere than it came from takes off what was taken of the same goods, in fixed order."""
    rest = {pick: much for pick, much in sorted(taken.items()) if much > 0}
    for back, much in sorted(taken.items()):
        owed = max(0, -much)
        for pick in sorted(rest, key=lambda one: (one[0] != back[0], one[2:] != back[2:], one)):
            if pick.item == back.item and owed:
                share = min(owed, rest[pick])
                rest[pick] -= share
                owed -= share
    return {pick: much for pick, much in rest.items() if much}


def follow(lines: Sequence[Line], story: Story) -> list[Line]:
    """The lines after what the movements say."""
    picked, packed, shipped = (spread(lines, sums) for sums in (story.picked, story.packed, story.shipped))
    return [
        msgspec.structs.replace(
            line, picked=picked[line.id], packed=packed[line.id], shipped=shipped[line.id]
        )
        for line in lines
    ]


def spread(lines: Sequence[Line], sums: Mapping[int, int]) -> dict[int, int]:
    """Give each line its part of an item: in the order of the lines, what is too much to the last of them."""
    given = dict.fromkeys((line.id for line in lines), 0)
    for item, much in sums.items():
        own = [line for line in lines if line.item == item]
        rest = much
        for line in own:
            given[line.id] = min(rest, line.quantity)
            rest -= given[line.id]
        if own:
            given[own[-1].id] += rest
    return given


def strangers(lines: Iterable[Line], story: Story) -> list[int]:
    """Items that were picked for it and stand on no line."""
    known = {line.item for line in lines}
    return sorted(item for item, much in story.picked.items() if much and item not in known)


# Allocations


class Pinned(msgspec.Struct, frozen=True, kw_only=True):
    """An allocation of a notice: so much of a line is to be taken here; `state` is open, done, short or skipped."""

    id: int
    line: int
    item: int
    location: int
    lot: str
    serial: str
    quantity: int
    picked: int
    state: str
    position: int

    @property
    def rest(self) -> int:
        """What is still to be taken here."""
        return max(0, self.quantity - self.picked) if self.state == "open" else 0


def ticked(pinned: Sequence[Pinned], lines: Sequence[Line], story: Story) -> list[Pinned]:
    """Allocations after what was picked: those of the very place first, then whichever was asked for.

    Another place or lot than was planned serves the plan all the same: what is picked is picked.
    """
    counted = dict.fromkeys((one.id for one in pinned), 0)
    left = {line.id: line.picked for line in lines}
    in_order = sorted(pinned, key=lambda one: (one.position, one.id))
    rest = dict(story.taken)
    for one in in_order:
        here = Pick(one.item, one.location, one.lot, one.serial)
        _count(one, min(rest.get(here, 0), left.get(one.line, 0)), counted, left)
        rest[here] = rest.get(here, 0) - counted[one.id]
    for one in in_order:
        _count(one, left.get(one.line, 0), counted, left)
    return [_with(one, counted[one.id]) for one in pinned]


def _count(one: Pinned, much: int, counted: dict[int, int], left: dict[int, int]) -> None:
    share = min(much, one.quantity - counted[one.id])
    counted[one.id] += share
    left[one.line] = left.get(one.line, 0) - share


def _with(one: Pinned, picked: int) -> Pinned:
    state = one.state
    if state in ("open", "done"):
        state = "done" if picked >= one.quantity else "open"
    return msgspec.structs.replace(one, picked=picked, state=state)


def missing(line: Line, pinned: Iterable[Pinned]) -> int:
    """What of a line is to be picked and no place is named for."""
    return max(0, line.to_pick - sum(one.rest for one in pinned if one.line == line.id))


# Checks


class Seen(msgspec.Struct, frozen=True):
    """Somebody looked into one tote or carton at a moment; `content` is the digest of what they found, or nothing.

    Nothing means that all is as it should be, without having counted it to us.
    """

    person: int
    checked_at: int
    location: int
    content: str = ""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked into a tote or carton; `found` is what they counted: nothing when all was right."""

    operation: str
    at: int
    location: int
    document: str = ""
    found: dict[Goods, int] = {}
    second: int = 0
    """Who looked along with whoever reports it, and has shown on the spot that it was them."""
    proof: str = ""
    """By what they have: their pin or badge."""


def digest(inside: Mapping[Goods, int]) -> str:
    """What is in a carton in one short word that any change changes."""
    text = msgspec.json.encode(sorted((*goods, much) for goods, much in inside.items() if much))
    return hashlib.sha256(text).hexdigest()[:16]


def checked_by(seen: Iterable[Seen], story: Story) -> frozenset[int]:
    """Who has found all of it right since it last changed, pickers apart: they do not see their own mistakes."""
    return frozenset.intersection(*by_place.values()) if (by_place := lookers(seen, story)) else frozenset()


def lookers(seen: Iterable[Seen], story: Story) -> dict[int, frozenset[int]]:
    """Who has found each full tote and carton right since it last changed, pickers apart."""
    last: dict[tuple[int, int], Seen] = {}
    for one in sorted(seen, key=lambda one: one.checked_at):
        last[one.person, one.location] = one
    return {
        place: frozenset(
            person
            for person, at in last
            if at == place and person not in story.pickers and _is_right(last[person, place], story)
        )
        for place, inside in story.contents.items()
        if inside
    }


def is_looked_into(seen: Sequence[Seen], story: Story) -> bool:
    """Whether somebody, the picker too, has found all of it right since it last changed."""
    full = [place for place, inside in story.there.items() if inside]
    return bool(full) and all(
        any(one.location == place and _is_right(one, story) for one in seen) for place in full
    )


def _is_right(one: Seen | None, story: Story) -> bool:
    if one is None or one.checked_at <= story.changed_at[one.location]:
        return False
    return one.content in ("", digest(story.contents[one.location]))


def differences(seen: Iterable[Seen], story: Story) -> list[int]:
    """Totes and cartons in which somebody, since they last changed, found something else than was put in."""
    return sorted({
        one.location
        for one in seen
        if one.content
        and one.checked_at > story.changed_at.get(one.location, 0)
        and one.content != digest(story.contents.get(one.location, {}))
    })  # fmt: skip


def why_not_check(person: int, seen: Iterable[Seen], story: Story) -> str | None:
    """Why a look of this person does not count: they picked it, or have looked already."""
    if person in story.pickers:
        return "picker"
    return "same_person" if person in checked_by(seen, story) else None


# States


def state_after(
    state: str, lines: Sequence[Line], steps: Steps, *, is_released: bool, is_taken: bool, checks: int
) -> State:
    """The state that follows from the lines and the looks that count."""
    if state == "cancelled":
        return "cancelled"
    if any(line.shipped for line in lines) and all(
        line.shipped >= line.picked >= line.wanted for line in lines
    ):
        return "shipped"
    if not any(line.wanted or line.picked for line in lines):
        return "short_closed"
    if any(line.to_pick for line in lines):
        if any(line.picked for line in lines) or is_taken:
            return "picking"
        return "released" if is_released else "waiting"
    if steps.packs and any(line.packed < line.picked for line in lines):
        return "picked"
    if steps.checkers and checks >= steps.checkers:
        return "checked"
    return "packed" if steps.packs else "picked"


def next_step(state: str, steps: Steps, *, is_label_void: bool = False) -> str:
    """What is to be done with it next: release, pick, pack, check, ship; nothing when it is over.

    A carton whose label is void is looked into again, even where nobody checks.
    """
    match state:
        case "waiting":
            return "release"
        case "released" | "picking" if steps.picks:
            return "pick"
        case "released" | "picking" | "picked" if steps.packs:
            return "pack"
        case "picked" | "packed" if steps.checkers or is_label_void:
            return "check"
        case "released" | "picking" | "picked" | "packed" | "checked":
            return "ship"
    return ""


def must_be_put_back(state: str, lines: Iterable[Line]) -> int:
    """What of a notice that was ended lies in totes and cartons, and belongs in a bin again."""
    return sum(line.picked - line.shipped for line in lines) if state in OVER else 0
