"""What is told while a line is typed."""

from server.outbound.promise import Elsewhere, promises
from server.stock.availability import Goods, Outlook

HERE, EAST, WEST = 1, 2, 3
NAMES = {HERE: "总仓", EAST: "东仓", WEST: "西仓"}


def told(*asked: tuple[int, int], wanted_on: str = "", **outlooks: Outlook):  # type: ignore[no-untyped-def]
    places = {"here": HERE, "east": EAST, "west": WEST}
    known = {Goods(7, places[name]): outlook for name, outlook in outlooks.items()}
    return promises(asked, known, warehouse=HERE, names=NAMES, today="2026-11-22", wanted_on=wanted_on)


def test_what_is_there_is_good() -> None:
    (one,) = told((7, 5), here=Outlook(on_hand=9, reserved=2))

    assert (one.available, one.missing, one.tone) == (7, 0, "good")


def test_what_comes_is_told_with_its_day() -> None:
    (one,) = told((7, 9), here=Outlook(on_hand=5, incoming=(("2026-11-30", 10),)))

    assert (one.missing, one.on, one.tone) == (4, "2026-11-30", "caution")


def test_what_neither_is_nor_comes_is_bad() -> None:
    (one,) = told((7, 1))

    assert (one.available, one.missing, one.on, one.tone) == (0, 1, "", "bad")


def test_a_second_line_of_the_same_item_has_what_the_first_leaves() -> None:
    first, second = told((7, 4), (7, 4), here=Outlook(on_hand=6))

    assert (first.missing, second.available, second.missing) == (0, 2, 2)


def test_other_warehouses_are_named_only_when_this_one_lacks_it_the_fullest_first() -> None:
    lacking = told((7, 5), east=Outlook(on_hand=3), west=Outlook(on_hand=9), here=Outlook(on_hand=4))
    enough = told((7, 4), east=Outlook(on_hand=3), here=Outlook(on_hand=4))

    assert lacking[0].elsewhere == (Elsewhere("西仓", 9), Elsewhere("东仓", 3))
    assert enough[0].elsewhere == ()


def test_what_can_be_promised_by_the_wanted_day_counts_what_comes_until_then() -> None:
    outlook = Outlook(on_hand=5, incoming=(("2026-11-30", 10), ("2026-12-30", 99)))

    assert told((7, 1), here=outlook, wanted_on="2026-12-01")[0].by_wanted == 15
    assert told((7, 1), here=outlook, wanted_on="2026-11-01")[0].by_wanted == 5
