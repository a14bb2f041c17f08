"""Which orders to pick on one walk: those that save the most metres together, as many as a trolley carries.

The savings of Clarke and Wright (Operations Research 12, 1964) in the form that measures them anew after each joining,
with the exact walk as the measure (de Koster, van der Poort and Wolters, International Journal of Production Research
37, 1999, call it C&W(ii)); then single orders change places while that shortens the whole.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from typing import NamedTuple

Length = Callable[[frozenset[int]], int]
"""How long the walk for these orders together is."""

MOST_ROUNDS = 3
"""How often all orders are looked at again: after that hardly anything changes."""


class Batch(NamedTuple):
    """Orders that are picked on one walk: how long it is, and how long their own walks would be."""

    orders: tuple[int, ...]
    walk: int
    alone: int

    @property
    def saved(self) -> int:
        return self.alone - self.walk


def propose(orders: Sequence[int], length: Length, *, most: int) -> list[Batch]:
    """Put orders together, at most so many; those that save nothing are left to themselves."""
    measured: dict[Hashable, int] = {}

    def measure(some: frozenset[int]) -> int:
        if some not in measured:
            measured[some] = length(some) if some else 0
        return measured[some]

    joined = _improved(_joined([frozenset({one}) for one in orders], measure, most), measure, most)
    batches = [
        Batch(tuple(sorted(some)), measure(some), sum(measure(frozenset({one})) for one in some))
        for some in joined
    ]
    worth = [one for one in batches if len(one.orders) > 1 and one.saved > 0]
    return sorted(worth, key=lambda one: (-one.saved, one.orders))


def _joined(groups: list[frozenset[int]], measure: Length, most: int) -> list[frozenset[int]]:
    """Join the two that save most, again and again, until nothing is saved any more."""
    while True:
        best = max(
            (
                (measure(one) + measure(other) - measure(one | other), -min(one | other), one, other)
                for one, other in combinations(groups, 2)
                if len(one) + len(other) <= most
            ),
            key=lambda found: found[:2],
            default=None,
        )
        if best is None or best[0] <= 0:
            return groups
        groups = [each for each in groups if each not in best[2:]] + [best[2] | best[3]]


def _improved(groups: list[frozenset[int]], measure: Length, most: int) -> list[frozenset[int]]:
    """Let an order go with others, or change with one of them, while that makes the whole shorter."""
    for _ in range(MOST_ROUNDS):
        before = groups
        for order in sorted(one for group in groups for one in group):
            groups = _moved(order, groups, measure, most)
        if groups == before:
            break
    return groups


def _moved(order: int, groups: list[frozenset[int]], measure: Length, most: int) -> list[frozenset[int]]:
    home = next(group for group in groups if order in group)
    gains = []
    for group in groups:
        if group is home:
            continue
        stands = measure(home) + measure(group)
        if len(group) < most:
            pair = (home - {order}, group | {order})
            gains.append((stands - sum(map(measure, pair)), pair, group))
        for other in sorted(group) if len(home) > 1 else ():
            pair = (home - {order} | {other}, group - {other} | {order})
            gains.append((stands - sum(map(measure, pair)), pair, group))
    gain, pair, group = max(gains, key=lambda found: found[0], default=(0, (home, home), home))
    if gain <= 0:
        return groups
    return [each for each in (*(g for g in groups if g not in (home, group)), *pair) if each]
