"""What stock is worth: a moving weighted average, or layers first in first out, exactly and in posting order.

Values are in millionths of the currency, quantities in thousandths of the base unit. What leaves takes its
value with it, and the last piece takes all that is left, so an item that is gone is worth nothing and no
fraction of a cent is lost on the way. An average survives an empty shelf: it values what the book did not
know of (suspense) and what counts find.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal

import msgspec

from server import quantity

Method = Literal["average", "fifo"]
METHODS: Final[tuple[Method, ...]] = ("average", "fifo")


class Layer(msgspec.Struct, frozen=True):
    """What is left of one posting that came in; `origin` is that posting."""

    origin: str
    quantity: int
    value: int


class Worth(msgspec.Struct, frozen=True):
    """What is in stock of an item and its value; `average` (per unit) is the last one known.

    `variance` is what reversals at their own cost took out more than was left, or gave back less, and by how much what
    was there has been revalued.
    """

    quantity: int = 0
    value: int = 0
    average: int = 0
    variance: int = 0
    layers: tuple[Layer, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A posting that brings goods in (positive) or takes them out (negative), from the company's point of view.

    `price` of one unit is known for what was bought or made; `cost`, the whole value, for what comes back or is
    taken back; neither: the average.
    """

    origin: str
    quantity: int
    price: int | None = None
    cost: int | None = None
    of: str = ""
    """The posting that this one takes back."""


class Valued(msgspec.Struct, frozen=True):
    """What an item is worth after a posting, and the value that the posting moved (never negative)."""

    worth: Worth
    cost: int


def post(worth: Worth, entry: Entry, method: Method) -> Valued:
    """Value one posting."""
    assert entry.quantity != 0, "a movement of nothing"
    return _came(worth, entry, method) if entry.quantity > 0 else _left(worth, entry, method)


def revalue(worth: Worth, value: int, method: Method, origins: Collection[str] = ()) -> Valued:
    """Change the value of what is still there, by no more than it is worth; gives what was changed.

    Layers first in first out that came by `origins` take it; what has left keeps what it left with.
    """
    if method == "average":
        change = max(value, -worth.value) if worth.quantity else 0
        layers = worth.layers
    else:
        layers, change = _revalued(worth.layers, value, origins)
    after = worth.value + change
    average = _divided(after * quantity.SCALE, worth.quantity) if worth.quantity and after else worth.average
    return Valued(Worth(worth.quantity, after, average, worth.variance + change, layers), change)


def _revalued(
    layers: tuple[Layer, ...], value: int, origins: Collection[str]
) -> tuple[tuple[Layer, ...], int]:
    """The layers after `value` was spread over those of these origins by how much is left of each."""
    meant = [place for place, layer in enumerate(layers) if layer.origin in origins]
    left = sum(layers[place].quantity for place in meant)
    after, rest = list(layers), value
    for place in meant:
        layer = layers[place]
        share = rest if place == meant[-1] else _divided(value * layer.quantity, left)
        share = max(share, -layer.value)
        after[place] = Layer(layer.origin, layer.quantity, layer.value + share)
        rest -= share
    return tuple(after), value - rest if meant else 0


def post_all(worth: Worth, entries: Sequence[Entry], method: Method) -> tuple[Worth, list[int]]:
    """Value postings in their order; gives the cost of each."""
    costs = []
    for entry in entries:
        valued = post(worth, entry, method)
        worth = valued.worth
        costs.append(valued.cost)
    return worth, costs


def times(thousandths: int, price: int) -> int:
    """The value of a quantity at a price of one unit, rounded half up to a millionth."""
    return _divided(thousandths * price, quantity.SCALE)


def _came(worth: Worth, entry: Entry, method: Method) -> Valued:
    if entry.cost is not None:
        cost = entry.cost
    else:
        cost = times(entry.quantity, worth.average if entry.price is None else entry.price)
    held, value = worth.quantity + entry.quantity, worth.value + cost
    layers = worth.layers
    if method == "fifo":
        layer = Layer(entry.origin, entry.quantity, cost)
        # What never left is again the oldest.
        layers = (layer, *layers) if entry.of else (*layers, layer)
    return Valued(
        Worth(held, value, _divided(value * quantity.SCALE, held), worth.variance, layers),
        cost,
    )


def _left(worth: Worth, entry: Entry, method: Method) -> Valued:
    gone = -entry.quantity
    assert gone <= worth.quantity, "more left than there was: suspense comes first"
    left = worth.quantity - gone
    if method == "fifo":
        layers, usual = _taken(_with_first(worth.layers, entry.of), gone)
    else:
        layers, usual = (), worth.value if left == 0 else _divided(worth.value * gone, worth.quantity)
    cost = usual if entry.cost is None else entry.cost
    # A receipt that is taken back leaves at what it cost; the rest is worth at least nothing, and nothing at all
    # when there is no rest.
    if method == "fifo" or left == 0:
        value = worth.value - usual
    else:
        value = max(0, worth.value - cost)
    variance = worth.variance + cost - (worth.value - value)
    average = _divided(value * quantity.SCALE, left) if left and value else worth.average
    return Valued(Worth(left, value, average, variance, layers), cost)


def _with_first(layers: tuple[Layer, ...], origin: str) -> tuple[Layer, ...]:
    """The layers in the order in which they are taken: that of the posting taken back before all others."""
    if not origin:
        return layers
    return tuple(sorted(layers, key=lambda layer: layer.origin != origin))


def _taken(layers: tuple[Layer, ...], gone: int) -> tuple[tuple[Layer, ...], int]:
    """The layers without the first so many pieces, and what those were worth."""
    rest = list(layers)
    value = 0
    while gone:
        first = rest[0]
        if first.quantity <= gone:
            gone -= first.quantity
            value += first.value
            rest.pop(0)
        else:
            part = _divided(first.value * gone, first.quantity)
            rest[0] = Layer(first.origin, first.quantity - gone, first.value - part)
            value += part
            gone = 0
    return tuple(rest), value


def _divided(value: int, by: int) -> int:
    """Rounded half up."""
    return (2 * value + by) // (2 * by)
