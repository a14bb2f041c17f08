"""Facts, counts and undoing: what happened posts, in whatever order it is heard of."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from server import clock
from server.catalog import maintaining
from server.db import Statement, execute, fetch, writing
from tests.sync.client import Device, Json
from tests.sync.conftest import (
    Floor,
    assert_ledger_balances,
    count_tasks,
    do,
    event_at,
    incidents,
    verdicts,
)

MINUTE = 60_000


def minutes_ago(minutes: float) -> dict[str, Any]:
    """The clocks of somebody who did this so many minutes ago and knows the server's time."""
    wall = clock.now() // 1000 - int(minutes * MINUTE)
    return {"captured": {"wall": wall, "monotonic": wall, "boot": "b", "offset": 0, "error": 10}}


# More was taken than the book knew


async def test_more_than_the_book_knows_is_lent_by_suspense_and_a_count_is_asked_for(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 2, "A-01"))

    verdict = await do(device, floor.move("CUP", 5, "A-01", "A-02"))

    assert (verdict["outcome"], verdict["reason"]) == ("warning", "suspense")
    assert verdict["task"].startswith("t-")
    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("0", "5")
    assert await count_tasks() == [floor.places["A-01"]]
    assert [kind for kind, _ in await incidents()] == ["suspense"]
    await device.pull()
    tasks = [key[2] for key in device.store.base if key[1] == "task"]
    assert tasks == [verdict["task"]]
    await assert_ledger_balances()


async def test_what_arrives_later_pays_the_debt_and_the_task_goes_away(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.move("CUP", 5, "A-01", "A-02"))

    await do(device, floor.receive("CUP", 3, "A-01"))
    assert await count_tasks() == [floor.places["A-01"]]
    await do(device, floor.receive("CUP", 4, "A-01"))

    assert (await floor.on_hand("CUP", "A-01"), await incidents(), await count_tasks()) == ("2", [], [])
    await device.pull()
    assert [key for key in device.store.base if key[1] == "task"] == []
    await assert_ledger_balances()


async def test_a_count_ends_the_debt(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.move("CUP", 5, "A-01", "A-02"))

    await do(device, floor.count("A-01", CUP=1))

    assert (await floor.on_hand("CUP", "A-01"), await incidents(), await count_tasks()) == ("1", [], [])
    await assert_ledger_balances()


async def test_suspense_and_adjustment_are_not_moved_by_hand(floor: Floor) -> None:
    device = await floor.device()

    for place in ("suspense", "adjustment"):
        verdict = await do(device, floor.move("CUP", 5, place, "A-01"))
        assert (verdict["outcome"], verdict["reason"]) == ("held", "not_permitted")

    assert await floor.on_hand("CUP", "A-01") == "0"


async def test_goods_may_go_to_scrap_and_to_customers(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))

    assert (await do(device, floor.move("CUP", 2, "A-01", "scrap", reason="broken")))["outcome"] == "applied"
    assert (await do(device, floor.move("CUP", 3, "A-01", "customer")))["outcome"] == "applied"

    assert await floor.on_hand("CUP", "A-01") == "4"


async def test_a_carton_is_packed_checked_and_shipped_with_all_it_holds(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "TOTE"))
    box = floor.places["BOX"]
    line = {"item": floor.items["CUP"], "quantity": "4", "source": floor.places["TOTE"]}

    packed = await do(device, ("stock.pack@1", {"carton": box, "lines": [line], "document": "n-1"}))
    assert await floor.on_hand("CUP", "BOX") == "4"
    checked = await do(device, ("stock.check@1", {"carton": box}))
    vouched = await do(device, ("stock.check@1", {"carton": box, "proof": {"user": "u-2"}}))
    shipped = await do(device, ("stock.ship@1", {"carton": box, "tracking": "SF1"}))

    assert [said["outcome"] for said in (packed, checked, shipped)] == ["applied"] * 3
    assert (vouched["outcome"], vouched["reason"]) == ("warning", "proof_wrong")
    assert (await floor.on_hand("CUP", "BOX"), await floor.on_hand("CUP", "TOTE")) == ("0", "5")
    await assert_ledger_balances()


# Groups and dependencies


async def test_a_group_takes_effect_as_a_whole(floor: Floor) -> None:
    device = await floor.device()
    device.group(floor.receive("CUP", 3, "A-01"), floor.move("CUP", 3, "A-01", "A-02"))

    await device.push()

    assert verdicts(device) == [("applied", None)] * 2
    assert await floor.on_hand("CUP", "A-02") == "3"


@pytest.mark.parametrize("broken", range(3))
async def test_one_bad_member_takes_the_whole_group_back(floor: Floor, broken: int) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))
    acts = [
        floor.move("CUP", 3, "A-01", "A-02"),
        floor.count("B-01", complete=True, CUP=7),
        floor.receive("MILK", 5, "A-01", lot="L1", expiry="2030-01-01"),
    ]
    acts[broken] = ("stock.move@1", {**floor.move("CUP", 1, "A-01", "B-01")[1], "item": "i-999999"})
    device.group(*acts)
    device.record(*floor.move("CUP", 1, "A-01", "A-02"))

    await device.push()

    said = verdicts(device)[1:]
    assert said[broken] == ("held", "unknown_item")
    assert [one for index, one in enumerate(said[:3]) if index != broken] == [("held", "group")] * 2
    assert said[3] == ("applied", None)
    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("8", "1")
    assert await floor.on_hand("CUP", "B-01") == "0"
    assert await fetch(Statement("SELECT * FROM lot")) == []
    await assert_ledger_balances()


async def test_a_group_with_a_refused_member_is_refused(floor: Floor) -> None:
    device = await floor.device()
    device.group(floor.receive("CUP", 3, "A-01"), floor.move("CUP", 4, "A-01", "A-01"))

    await device.push()

    assert verdicts(device) == [("rejected", "group"), ("rejected", "malformed")]
    assert await floor.on_hand("CUP", "A-01") == "0"


async def test_a_group_cut_by_the_end_of_the_batch_waits_for_its_other_half(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 1, "A-01"))
    device.group(floor.receive("CUP", 3, "A-01"), floor.receive("CUP", 4, "A-01"))

    reply = await device.post(device.body(device.queue()[:2]))

    assert reply is not None and reply.json()["ack"] == 1
    assert await floor.on_hand("CUP", "A-01") == "1"
    await device.sync()
    assert await floor.on_hand("CUP", "A-01") == "8"


async def test_a_group_sent_in_two_halves_takes_effect_with_the_second(floor: Floor) -> None:
    device = await floor.device()
    device.group(floor.receive("CUP", 3, "A-01"), floor.move("CUP", 3, "A-01", "A-02"))
    device.batch_limit = 1
    await device.push()
    assert verdicts(device) == [("held", "group"), ("waiting", None)]

    await device.push()

    assert verdicts(device) == [("held", "group")] * 2
    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("0", "3")
    assert await incidents() == []
    await assert_ledger_balances()


async def test_half_a_group_that_another_replica_brought_is_not_completed_by_itself(floor: Floor) -> None:
    device = await floor.device()
    device.group(floor.receive("CUP", 3, "A-01"), floor.move("CUP", 3, "A-01", "A-02"))
    device.batch_limit = 1
    await device.push()
    device.batch_limit = 200

    await device.begin_again()
    await device.push()

    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("0", "0")
    assert {said for said, _ in verdicts(device)} == {"held"}


async def test_a_group_whose_other_half_never_comes_is_held(floor: Floor) -> None:
    device = await floor.device()
    group = {"id": "g", "index": 0, "size": 2}
    device.record(*floor.receive("CUP", 3, "A-01"), group=group)
    device.record(*floor.receive("CUP", 4, "A-01"))

    await device.push()

    assert verdicts(device) == [("held", "group"), ("applied", None)]
    assert await floor.on_hand("CUP", "A-01") == "4"


async def test_what_a_group_took_back_cannot_be_undone_in_the_same_batch(floor: Floor) -> None:
    device = await floor.device()
    first, _ = device.group(
        floor.receive("CUP", 3, "A-01"),
        ("stock.receive@1", {**floor.receive("CUP", 1, "A-01")[1], "item": "i-999999"}),
    )
    device.record("op.undo@1", {"operation": first["id"]})

    await device.push()

    assert verdicts(device)[2] == ("held", "dependency")
    assert await floor.on_hand("CUP", "A-01") == "0"
    await assert_ledger_balances()


async def test_an_operation_that_needs_an_earlier_one_takes_effect_with_it(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    needed = await do(other, floor.receive("CUP", 3, "A-01"))

    verdict = await do(device, floor.move("CUP", 3, "A-01", "A-02"), depends_on=[needed["id"]])

    assert verdict["outcome"] == "applied"


async def test_an_operation_waits_for_what_it_needs_and_the_device_hears_of_it_later(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    needed = other.record(*floor.receive("MILK", 3, "A-01", lot="L1", expiry="2030-01-01"))
    waiting = device.record(
        *floor.move("MILK", 3, "A-01", "A-02", lot="L1"), depends_on=[needed["id"]], **minutes_ago(3)
    )
    await device.push()
    assert verdicts(device) == [("held", "dependency")]
    assert await floor.on_hand("MILK", "A-02", lot="L1") == "0"

    await other.push()

    assert await floor.on_hand("MILK", "A-02", lot="L1") == "3"
    await device.pull()
    told = device.store.base[f"device:{device.store.device}", "outcome", waiting["id"]]
    assert told["outcome"] in ("applied", "warning")
    assert verdicts(device) == [("held", "dependency")]
    assert device.on_hand(floor.items["MILK"], floor.places["A-02"], "L1") == 3
    assert ("held", waiting["id"]) not in await incidents()
    assert device.reports == []
    await assert_ledger_balances()


async def test_needing_something_refused_is_the_same_before_and_after(floor: Floor) -> None:
    early, late, other = await floor.device(), await floor.device("li"), await floor.device("zhao")
    refused = other.record(*floor.receive("CUP", "-1", "A-01"))
    early.record(*floor.receive("CUP", 3, "A-01"), depends_on=[refused["id"]])
    late.record(*floor.receive("CUP", 4, "A-01"), depends_on=[refused["id"]])

    for device in (early, other, late):
        await device.push()

    assert verdicts(early) == verdicts(late) == [("held", "dependency")]
    assert await floor.on_hand("CUP", "A-01") == "0"


async def test_a_chain_of_waiting_operations_is_freed_together(floor: Floor) -> None:
    first, second, third = [await floor.device(name) for name in ("wang", "li", "zhao")]
    received = first.record(*floor.receive("CUP", 5, "A-01"))
    moved = second.record(*floor.move("CUP", 5, "A-01", "A-02"), depends_on=[received["id"]])
    third.record(*floor.move("CUP", 5, "A-02", "B-01"), depends_on=[moved["id"], received["id"]])

    for device in (third, second, first):
        await device.push()

    assert await floor.on_hand("CUP", "B-01") == "5"
    await assert_ledger_balances()


async def test_a_group_that_waits_is_freed_as_a_whole(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    needed = other.record(*floor.receive("CUP", 5, "A-01"))
    name = device.uuid7()
    device.record(
        *floor.move("CUP", 5, "A-01", "TOTE"),
        depends_on=[needed["id"]],
        group={"id": name, "index": 0, "size": 2},
    )
    device.record(*floor.move("CUP", 5, "TOTE", "A-02"), group={"id": name, "index": 1, "size": 2})
    await device.push()
    assert {said for said, _ in verdicts(device)} == {"held"}

    await other.push()

    assert [await floor.on_hand("CUP", place) for place in ("A-01", "TOTE", "A-02")] == ["0", "0", "5"]
    await assert_ledger_balances()


# Undoing


async def undo(device: Device, operation: Json) -> Json:
    """Take one operation back and push that."""
    return await do(device, ("op.undo@1", {"operation": operation["id"]}))


async def test_undoing_a_move_brings_the_goods_back(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))
    moved = await do(device, floor.move("CUP", 4, "A-01", "A-02"))

    assert (await undo(device, moved))["outcome"] == "applied"

    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("9", "0")
    linked = await fetch(Statement("SELECT reverses FROM movement WHERE act = 'undo' AND kind = 'flow'"))
    assert [row[0].split(":")[0] for row in linked] == [moved["id"]]
    await assert_ledger_balances()


async def test_nothing_is_undone_twice_and_no_undo_is_undone(floor: Floor) -> None:
    device = await floor.device()
    received = await do(device, floor.receive("CUP", 9, "A-01"))
    first = await undo(device, received)

    assert (await undo(device, received))["reason"] == "already_undone"
    assert (await undo(device, first))["reason"] == "nothing_to_undo"
    assert await floor.on_hand("CUP", "A-01") == "0"


async def test_an_operation_and_its_undoing_twice_in_one_batch(floor: Floor) -> None:
    device = await floor.device()
    received = device.record(*floor.receive("CUP", 9, "A-01"))
    device.record("op.undo@1", {"operation": received["id"]})
    device.record("op.undo@1", {"operation": received["id"]})

    await device.push()

    assert verdicts(device) == [("applied", None), ("applied", None), ("rejected", "already_undone")]
    assert await floor.on_hand("CUP", "A-01") == "0"
    await assert_ledger_balances()


async def test_nobody_undoes_what_somebody_else_did(floor: Floor) -> None:
    mine, other = await floor.device(), await floor.device("li")
    received = await do(other, floor.receive("CUP", 9, "A-01"))

    assert (await undo(mine, received))["reason"] == "not_own"
    assert await floor.on_hand("CUP", "A-01") == "9"


async def test_a_person_undoes_their_own_act_from_another_device(floor: Floor) -> None:
    mine, my_other = await floor.device(), await floor.device()
    received = await do(mine, floor.receive("CUP", 9, "A-01"))

    assert (await undo(my_other, received))["outcome"] == "applied"


async def test_undoing_what_nobody_has_heard_of_waits_for_it(floor: Floor) -> None:
    mine, my_other = await floor.device(), await floor.device()
    received = mine.record(*floor.receive("CUP", 9, "A-01"))
    verdict = await undo(my_other, received)
    assert (verdict["outcome"], verdict["reason"]) == ("held", "dependency")

    await mine.push()

    assert (await undo(my_other, received))["reason"] == "already_undone"
    assert await floor.on_hand("CUP", "A-01") == "0"
    await assert_ledger_balances()


async def test_undoing_a_count_gives_back_what_the_flows_say(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))
    counted = await do(device, floor.count("A-01", CUP=2))
    await do(device, floor.receive("CUP", 1, "A-01"))
    assert await floor.on_hand("CUP", "A-01") == "3"

    assert (await undo(device, counted))["outcome"] == "applied"

    assert await floor.on_hand("CUP", "A-01") == "10"
    await assert_ledger_balances()


async def test_undoing_the_last_count_lets_the_one_before_hold(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))
    await do(device, floor.count("A-01", CUP=8))
    await do(device, floor.move("CUP", 1, "A-01", "A-02"))
    wrong = await do(device, floor.count("A-01", complete=True))
    assert await floor.on_hand("CUP", "A-01") == "0"

    await undo(device, wrong)

    assert await floor.on_hand("CUP", "A-01") == "7"


async def test_undoing_a_receipt_that_was_moved_on_leaves_a_debt_where_it_was(floor: Floor) -> None:
    device = await floor.device()
    received = await do(device, floor.receive("CUP", 9, "A-01"))
    await do(device, floor.move("CUP", 9, "A-01", "A-02"))

    verdict = await undo(device, received)

    assert (verdict["outcome"], verdict["reason"]) == ("warning", "suspense")
    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("0", "9")
    assert await count_tasks() == [floor.places["A-01"]]
    await assert_ledger_balances()


async def test_what_waited_and_was_freed_is_undone_once(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    needed = other.record(*floor.receive("CUP", 5, "A-01"))
    waiting = device.record(*floor.move("CUP", 5, "A-01", "A-02"), depends_on=[needed["id"]])
    await device.push()
    await other.push()
    assert await floor.on_hand("CUP", "A-02") == "5"

    assert (await undo(device, waiting))["outcome"] == "applied"
    assert (await undo(device, waiting))["reason"] == "already_undone"
    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("5", "0")


# Counts are dated observations


async def in_every_order(
    floor: Floor, story: Sequence[tuple[float, tuple[str, Json]]]
) -> set[tuple[str, ...]]:
    """What stands after a story (minutes ago, act) was heard in every order, each act from another device.

    Every order is played with an item of its own, since stock outlives a story.
    """
    from tests import given

    ends = set()
    for number, order in enumerate(itertools.permutations(range(len(story)))):
        floor.items["CUP"] = f"i-{await given.item(f'CUP-{number}')}"
        places = {}
        for name in ("A-01", "A-02", "B-01"):
            places[name] = f"l-{await given.location(f'{name}-{number}')}"
        tellers = {index: await floor.device(f"teller{index}") for index in order}
        for index in order:
            minutes, (kind, args) = story[index]
            text = _renamed(args, floor, places)
            tellers[index].record(kind, text, **minutes_ago(minutes))
            await tellers[index].push()
        held = [await given.on_hand(f"CUP-{number}", at=f"{name}-{number}") for name in places]
        tasks = [place for place in await count_tasks() if place in places.values()]
        names = {wire: name for name, wire in places.items()}
        odd = [kind for kind, subject in await incidents() if floor.items["CUP"] in subject]
        ends.add((*held, *(names[place] for place in tasks), *odd))
    await assert_ledger_balances()
    return ends


def _renamed(value: Any, floor: Floor, places: dict[str, str]) -> Any:
    """The story's arguments with this telling's item and places."""
    if isinstance(value, dict):
        return {key: _renamed(one, floor, places) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, floor, places) for one in value]
    own = {floor.places[name]: wire for name, wire in places.items()}
    return floor.items["CUP"] if value == FIRST_ITEM else own.get(value, value)


FIRST_ITEM = "i-0"


async def test_a_count_between_movements_says_the_same_in_every_order_of_arrival(floor: Floor) -> None:
    floor.items["CUP"] = FIRST_ITEM
    story = [
        (50, floor.receive("CUP", 10, "A-01")),
        (40, floor.move("CUP", 4, "A-01", "A-02")),
        (30, floor.count("A-01", CUP=5)),
        (20, floor.move("CUP", 2, "A-01", "A-02")),
    ]

    assert await in_every_order(floor, story) == {("3", "6", "0")}


async def test_a_complete_count_says_that_nothing_else_was_there_in_every_order(floor: Floor) -> None:
    floor.items["CUP"] = FIRST_ITEM
    story = [
        (50, floor.receive("CUP", 10, "A-01")),
        (40, floor.count("A-01", complete=True)),
        (30, floor.receive("CUP", 3, "A-01")),
        (20, floor.move("CUP", 5, "A-01", "B-01")),
    ]

    assert await in_every_order(floor, story) == {("0", "0", "5", "A-01", "suspense")}


async def test_of_two_counts_the_later_holds_in_every_order(floor: Floor) -> None:
    floor.items["CUP"] = FIRST_ITEM
    story = [
        (50, floor.count("A-01", CUP=9)),
        (40, floor.move("CUP", 1, "A-01", "A-02")),
        (30, floor.count("A-01", CUP=7)),
        (25, floor.move("CUP", 1, "A-02", "A-01")),
    ]

    assert await in_every_order(floor, story) == {("8", "0", "0")}


async def test_an_older_count_is_superseded_and_changes_nothing(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    await do(device, floor.count("A-01", CUP=7), **minutes_ago(5))

    verdict = await do(other, floor.count("A-01", CUP=3), **minutes_ago(9))

    assert (verdict["outcome"], verdict["reason"]) == ("superseded", "older_count")
    assert await floor.on_hand("CUP", "A-01") == "7"


async def test_what_was_not_counted_is_not_zero(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))
    await do(device, floor.receive("ROPE", "2.5", "A-01"))

    await do(device, floor.count("A-01", ROPE="2.125"))

    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("ROPE", "A-01")) == ("9", "2.125")


async def test_an_empty_bin_is_confirmed_with_one_tap(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 9, "A-01"))

    assert (await do(device, floor.count("A-01", complete=True)))["outcome"] == "applied"

    assert await floor.on_hand("CUP", "A-01") == "0"
    assert (await do(device, floor.count("B-01", complete=True)))["outcome"] == "applied"
    assert (await do(device, floor.count("A-02")))["outcome"] == "rejected"


async def test_two_lines_of_one_item_in_a_count_are_added(floor: Floor) -> None:
    device = await floor.device()
    kind, args = floor.count("A-01", CUP=2)
    args["lines"] *= 2

    await do(device, (kind, args))

    assert await floor.on_hand("CUP", "A-01") == "4"


# Lots, serials, codes, clocks, people


async def test_a_lots_first_seen_expiry_stands_whoever_is_heard_first(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    late = await do(device, floor.receive("MILK", 1, "A-01", lot="L1", expiry="2031-01-01"), **minutes_ago(5))
    early = await do(other, floor.receive("MILK", 1, "A-01", lot="L1", expiry="2030-01-01"), **minutes_ago(9))

    assert late["outcome"] == "applied"
    assert (early["outcome"], early["reason"]) == ("warning", "lot_expiry_differs")
    await device.pull()
    key = f"{floor.items['MILK']}/{floor.places['A-01']}/L1/"
    assert device.store.base["warehouse:w-1", "balance", key] == {
        "on_hand": "2",
        "held": "0",
        "expiry": "2030-01-01",
    }
    assert device.reports == []


async def test_an_expired_lot_may_be_moved_and_is_warned_of_when_picked(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("MILK", 5, "A-01", lot="OLD", expiry="2020-01-31"))

    moved = await do(device, floor.move("MILK", 1, "A-01", "A-02", lot="OLD"))
    _, args = floor.move("MILK", 1, "A-01", "TOTE", lot="OLD")
    picked = await do(device, ("stock.pick@1", args))

    assert moved["outcome"] == "applied"
    assert (picked["outcome"], picked["reason"]) == ("warning", "expired_lot")


async def test_a_lot_is_good_on_its_last_day(floor: Floor) -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from server.config import settings

    device = await floor.device()
    today = datetime.fromtimestamp(clock.now() / 1e6, ZoneInfo(settings().timezone)).date().isoformat()
    await do(device, floor.receive("MILK", 5, "A-01", lot="TODAY", expiry=today))

    _, args = floor.move("MILK", 1, "A-01", "TOTE", lot="TODAY")

    assert (await do(device, ("stock.pick@1", args)))["outcome"] == "applied"


async def test_a_missing_lot_is_a_warning(floor: Floor) -> None:
    device = await floor.device()

    assert (await do(device, floor.receive("MILK", 5, "A-01")))["reason"] == "lot_missing"


async def test_a_lot_with_a_slash_does_not_become_two_parts_of_a_key(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("MILK", 5, "A-01", lot="24/09%"))

    await device.pull()

    key = f"{floor.items['MILK']}/{floor.places['A-01']}/24%2F09%25/"
    assert device.store.base["warehouse:w-1", "balance", key]["on_hand"] == "5"


async def test_a_serial_received_twice_or_seen_elsewhere_is_warned_of(floor: Floor) -> None:
    device = await floor.device()
    first = await do(device, floor.receive("DRILL", 1, "A-01", serial="S1"))
    twice = await do(device, floor.receive("DRILL", 1, "A-02", serial="S1"))
    elsewhere = await do(device, floor.move("DRILL", 1, "B-01", "TOTE", serial="S1"))
    many = await do(device, floor.receive("DRILL", 2, "A-01", serial="S2"))

    assert first["outcome"] == "applied"
    assert twice["reason"] == "serial_twice"
    assert elsewhere["outcome"] == "warning"
    assert many["reason"] == "serial_quantity"
    await assert_ledger_balances()


async def test_a_piece_of_something_whole_is_warned_of(floor: Floor) -> None:
    device = await floor.device()

    assert (await do(device, floor.receive("CUP", "0.5", "A-01")))["reason"] == "fraction"
    assert (await do(device, floor.receive("ROPE", "0.125", "A-01")))["outcome"] == "applied"


async def test_a_factor_that_is_not_ours_is_warned_of_and_the_base_quantity_is_the_fact(floor: Floor) -> None:
    device = await floor.device()
    async with writing():
        await execute(
            Statement("INSERT INTO unit (item, name, numerator, denominator) VALUES (?, ?, ?, ?)"),
            int(floor.items["CUP"][2:]), "箱", 12, 1,
        )  # fmt: skip

    right = await do(device, floor.receive("CUP", 24, "A-01", unit="箱", factor="12"))
    wrong = await do(device, floor.receive("CUP", 20, "A-01", unit="箱", factor="10"))

    assert right["outcome"] == "applied"
    assert (wrong["outcome"], wrong["reason"]) == ("warning", "factor_differs")
    assert await floor.on_hand("CUP", "A-01") == "44"


async def test_a_code_means_what_it_meant_when_it_was_scanned(floor: Floor) -> None:
    device = await floor.device()
    cup, rope = (int(floor.items[code][2:]) for code in ("CUP", "ROPE"))
    code = "6912345678901"
    bound = await maintaining.bind_barcode(code, cup, "件", 1000, by=0, at=clock.now() - 60 * MINUTE * 1000)
    assert not isinstance(bound, maintaining.NotBound), bound
    async with writing():
        await execute(
            Statement("UPDATE barcode SET valid_to_at = ? WHERE item = ?"),
            clock.now() - 30 * MINUTE * 1000,
            cup,
        )
    bound = await maintaining.bind_barcode(code, rope, "件", 1000, by=0, at=clock.now() - 30 * MINUTE * 1000)
    assert not isinstance(bound, maintaining.NotBound), bound

    then = await do(device, floor.receive("CUP", 1, "A-01", code=code), **minutes_ago(45))
    now = await do(device, floor.receive("CUP", 1, "A-01", code=code), **minutes_ago(5))

    assert then["outcome"] == "applied"
    assert (now["outcome"], now["reason"]) == ("warning", "code_differs")


async def test_a_clock_ahead_is_warned_of_and_nothing_happens_in_the_future(floor: Floor) -> None:
    devices = [await floor.device() for _ in range(3)]
    outcomes = []
    for device, minutes in zip(devices, (1, 5, 60), strict=True):
        operation = device.record(*floor.receive("CUP", 1, "A-01"), **minutes_ago(-minutes))
        await device.push()
        outcomes += verdicts(device)
        assert await event_at(operation) <= clock.now()

    assert outcomes == [("applied", None), ("warning", "time_off"), ("warning", "time_doubtful")]


async def test_the_order_of_a_device_is_kept_whatever_its_clock_says(floor: Floor) -> None:
    device = await floor.device()
    operations = [
        device.record(*floor.receive("CUP", 1, "A-01"), **minutes_ago(minutes))
        for minutes in (5, 9, 1, 1, 20)
    ]
    await device.push()

    times = [await event_at(operation) for operation in operations]

    assert times == sorted(set(times))


async def test_a_device_that_never_met_us_since_it_booted_is_dated_by_its_monotonic_clock(
    floor: Floor,
) -> None:
    device = await floor.device()
    monotonic = device.clock.monotonic()
    captured = {"wall": 1000, "monotonic": monotonic - 7 * MINUTE, "boot": device.clock.boot, "offset": None}

    operation = device.record(*floor.receive("CUP", 1, "A-01"), captured=captured)
    await device.push()

    assert abs(clock.now() - await event_at(operation) - 7 * MINUTE * 1000) < 5_000_000


@pytest.mark.parametrize(
    "captured",
    [
        {"wall": 0},
        {"wall": -5, "monotonic": -1, "offset": None, "error": None},
        {"wall": 4102444800000, "offset": 10**15},
        {"wall": 2**62, "monotonic": 2**62, "boot": "x" * 500, "offset": -(2**62)},
    ],
)
async def test_absurd_clocks_still_report_facts(floor: Floor, captured: Json) -> None:
    device = await floor.device()

    verdict = await do(device, floor.receive("CUP", 1, "A-01"), captured=captured)

    assert verdict["outcome"] in ("applied", "warning")
    assert await floor.on_hand("CUP", "A-01") == "1"
    assert (await do(device, floor.receive("CUP", 1, "A-01")))["outcome"] in ("applied", "warning")


async def test_the_facts_of_somebody_disabled_meanwhile_post_with_a_mark(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    device.record("note.add@1", {"subject": "item:1", "text": "see me"})
    async with writing():
        await execute(Statement("UPDATE user_account SET is_active = ? WHERE name = 'wang'"), False)

    await device.push()

    assert verdicts(device) == [("warning", "user_disabled"), ("held", "user_disabled")]
    assert await floor.on_hand("CUP", "A-01") == "3"


async def test_the_facts_of_somebody_with_a_narrower_role_post_and_their_wishes_do_not(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    device.record("barcode.bind@1", {"code": "6912345678901", "item": floor.items["CUP"]})
    async with writing():
        await execute(Statement("UPDATE user_account SET role = 'finance' WHERE name = 'wang'"))

    await device.push()

    assert verdicts(device) == [("warning", "not_permitted"), ("rejected", "not_permitted")]
    assert await floor.on_hand("CUP", "A-01") == "3"


async def test_facts_in_a_warehouse_that_is_not_ones_own_post_with_a_mark(floor: Floor) -> None:
    device = await floor.device()

    assert (await do(device, floor.receive("CUP", 3, "E-01")))["reason"] == "out_of_scope"
    assert await floor.on_hand("CUP", "E-01") == "3"


async def test_a_transfer_between_warehouses_keeps_every_ledger_whole(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 3, "A-01"))

    await do(device, floor.move("CUP", 5, "A-01", "E-01"))
    await do(device, floor.move("CUP", 7, "E-01", "A-02"))
    await do(device, floor.count("E-01", complete=True, CUP=1))

    assert [await floor.on_hand("CUP", place) for place in ("A-01", "E-01", "A-02")] == ["0", "1", "7"]
    await assert_ledger_balances()
