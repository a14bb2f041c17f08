"""Look up, while a line is typed, what can be promised of it and what the customer usually pays; writes nothing."""

from collections.abc import Mapping, Sequence

import msgspec

from server import clock, quantity
from server.catalog.price import Offer
from server.documents import line, reading
from server.documents.line import Goods, Typed
from server.outbound import promise, queries
from server.outbound.order import Head, Terms
from server.outbound.promise import Promise
from server.outbound.queries import Customer
from server.stock import promising


class Hint(msgspec.Struct, frozen=True):
    """What is to be said of one line."""

    goods: Goods
    promise: Promise
    offer: Offer | None
    unit: str
    factor: int


class Credit(msgspec.Struct, frozen=True):
    """How the customer stands."""

    customer: Customer
    terms: Terms
    owes: int


async def hints(
    rows: Sequence[tuple[str, ...]], head: Head, *, names: Mapping[int, str], apart: int = 0
) -> list[Hint | None]:
    """What to say of each typed row; None where its code means nothing. `apart` is the order being changed."""
    goods = await reading.goods_of(row[0] for row in rows)
    asked = {place: (goods[row[0]], _amount(row, goods)) for place, row in enumerate(rows) if row[0] in goods}
    wanted = [(known.id, amount) for known, amount in asked.values()]
    today = clock.today()
    found = promise.promises(
        wanted,
        await promising.outlook({item for item, _ in wanted}, today, apart=f"so-{apart}" if apart else ""),
        warehouse=head.warehouse,
        names=names,
        today=today.isoformat(),
        wanted_on=head.wanted_on,
    )
    offers = await queries.offers_for(head.customer, _together(wanted), today)
    told = {
        place: Hint(known, one, offers.get(known.id), *_unit(rows[place], known))
        for (place, (known, _)), one in zip(asked.items(), found, strict=True)
    }
    return [told.get(place) for place in range(len(rows))]


def _together(wanted: Sequence[tuple[int, int]]) -> dict[int, int]:
    """How much of each item all rows ask for: that is what reaches a step of a price list."""
    found: dict[int, int] = {}
    for item, amount in wanted:
        found[item] = found.get(item, 0) + amount
    return found


def _unit(row: Sequence[str], known: Goods) -> tuple[str, int]:
    """The unit a row is in, and how many base units that is; the base unit while it means none."""
    unit = row[2] or known.unit
    return (unit, known.factors[unit]) if unit in known.factors else (known.draft.unit, quantity.SCALE)


def _amount(row: Sequence[str], goods: Mapping[str, Goods]) -> int:
    """How much a row asks for; nothing while its number is not finished."""
    read = line.read([Typed(row[0], row[1] or "1", row[2])], goods)
    return read[0].quantity if isinstance(read[0], line.Line) else 0


async def credit(customer: int, *, apart: int = 0) -> Credit | None:
    """How the customer stands, the order being changed left out."""
    found = await queries.customer(customer) if customer else None
    if found is None:
        return None
    return Credit(found, await queries.terms(customer), await queries.owes(customer, apart=apart))
