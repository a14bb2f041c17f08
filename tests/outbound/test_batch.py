"""Orders put together for one walk: never longer, mostly as short as trying everything would find."""

import random
from collections.abc import Iterator

from server.outbound import batch, pick_path
from server.outbound.batch import Batch
from server.outbound.pick_path import Block, Stop

BLOCK = Block(tuple(range(0, 30_000, 3_000)), (0, 24_000))
DOOR = Stop(0, 0)


def orders(seed: int, count: int) -> dict[int, list[Stop]]:
    chance = random.Random(seed)
    return {
        key: [
            Stop(chance.randrange(10), chance.randrange(1, 20) * 1_200) for _ in range(chance.randint(1, 4))
        ]
        for key in range(count)
    }


def length_of(asked: dict[int, list[Stop]], some: frozenset[int]) -> int:
    stops = sorted({stop for key in some for stop in asked[key]})
    return pick_path.shortest(BLOCK, stops, DOOR, DOOR).length


def total(found: list[Batch], asked: dict[int, list[Stop]]) -> int:
    alone = asked.keys() - {key for one in found for key in one.orders}
    return sum(one.walk for one in found) + sum(length_of(asked, frozenset({key})) for key in alone)


def partitions(left: list[int], most: int) -> Iterator[list[list[int]]]:
    if not left:
        yield []
        return
    first, *rest = left
    for found in partitions(rest, most):
        yield [[first], *found]
        for index, group in enumerate(found):
            if len(group) < most:
                yield [*found[:index], [first, *group], *found[index + 1 :]]


def test_no_batch_is_larger_than_a_trolley_and_no_order_is_in_two() -> None:
    asked = orders(1, 14)

    found = batch.propose(list(asked), lambda some: length_of(asked, some), most=4)

    taken = [key for one in found for key in one.orders]
    assert len(taken) == len(set(taken)) > 0
    assert all(2 <= len(one.orders) <= 4 for one in found)


def test_what_is_proposed_is_shorter_by_what_is_said() -> None:
    asked = orders(2, 10)

    for one in batch.propose(list(asked), lambda some: length_of(asked, some), most=5):
        alone = sum(length_of(asked, frozenset({key})) for key in one.orders)
        assert one.saved == alone - length_of(asked, frozenset(one.orders)) > 0


def test_hardly_worse_than_trying_everything() -> None:
    worse = []
    for seed in range(8):
        asked = orders(seed, 7)
        known: dict[frozenset[int], int] = {}

        def length(
            some: frozenset[int],
            asked: dict[int, list[Stop]] = asked,
            known: dict[frozenset[int], int] = known,
        ) -> int:
            if some not in known:
                known[some] = length_of(asked, some)
            return known[some]

        found = batch.propose(list(asked), length, most=3)
        best = min(sum(length(frozenset(group)) for group in groups) for groups in partitions(list(asked), 3))
        worse.append(total(found, asked) / best)

    assert min(worse) >= 1
    assert sum(worse) / len(worse) <= 1.03
    assert max(worse) <= 1.1


def test_orders_at_one_place_go_together_and_lonely_ones_stay_alone() -> None:
    near, far = [Stop(9, 20_000)], [Stop(0, 0)]

    found = batch.propose([1, 2, 3], lambda some: length_of({1: near, 2: near, 3: far}, some), most=12)

    assert [one.orders for one in found] == [(1, 2)]
