"""What may be promised, and where it is picked: plain cases and properties."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.stock import availability
from server.stock.availability import Lump, NotSwapped, Outlook, Planned, Swapped, Take

TODAY = date(2026, 11, 22)


def lump(place: int, amount: int, **fields: object) -> Lump:
    known: dict[str, object] = {"item": 1, "location": place, "on_hand": amount, "code": f"A-{place:02}"}
    return msgspec.convert(known | fields, Lump)


def places(planned: Planned) -> list[tuple[int, int]]:
    return [(take.location, take.quantity) for take in planned.takes]


# Available, and available to promise


def test_what_is_held_expired_closed_or_no_bin_is_not_available() -> None:
    lumps = [
        lump(1, 10),
        lump(2, 20, is_held=True),
        lump(3, 30, lot="L", expiry="2026-11-21"),
        lump(4, 40, is_active=False),
        lump(5, 50, kind="dock"),
        lump(6, 60, lot="M", expiry="2026-11-22"),
    ]

    assert availability.on_hand(lumps, TODAY) == 70


def test_who_comes_first_is_served_first() -> None:
    assert availability.share_out([6, 6, 6], 10) == [6, 4, 0]
    assert availability.share_out([6], -5) == [0]


def test_atp_adds_what_comes_and_takes_off_what_is_owed_by_then() -> None:
    outlook = Outlook(on_hand=10, reserved=4, incoming=(("2026-11-25", 20),), owed=(("2026-11-24", 3),))

    on = {day: availability.atp(outlook, f"2026-11-{day}") for day in (22, 24, 25)}

    assert on == {22: 6, 24: 3, 25: 23}


def test_a_promise_falls_on_the_first_day_that_leaves_enough_for_those_promised_later() -> None:
    outlook = Outlook(
        on_hand=5, incoming=(("2026-11-25", 10), ("2026-11-30", 10)), owed=(("2026-11-27", 12),)
    )

    days = [availability.promise_on(outlook, amount, "2026-11-22") for amount in (3, 5, 13, 14)]

    assert days == ["2026-11-22", "2026-11-30", "2026-11-30", ""]


def test_nothing_on_its_way_means_no_day() -> None:
    assert availability.promise_on(Outlook(on_hand=1), 2, "2026-11-22") == ""


def test_what_is_overdue_is_counted_on_for_tomorrow_at_best() -> None:
    assert availability.expected_on("2026-11-01", TODAY) == "2026-11-23"
    assert availability.expected_on("2026-11-22", TODAY) == "2026-11-22"


# Where it is picked


def test_fefo_takes_what_expires_first_and_fifo_what_came_first() -> None:
    lumps = [
        lump(1, 5, lot="OLD", expiry="2027-05-01", received_at=1),
        lump(2, 5, lot="NEW", expiry="2027-01-01", received_at=2),
        lump(3, 5, received_at=0),
    ]

    fefo = availability.plan(lumps, 12, rule="fefo", day=TODAY)
    fifo = availability.plan(lumps, 12, rule="fifo", day=TODAY)

    assert places(fefo) == [(2, 5), (1, 5), (3, 2)]
    assert places(fifo) == [(3, 5), (1, 5), (2, 2)]


def test_of_equal_lots_the_oldest_receipt_goes_first() -> None:
    lumps = [lump(1, 5, expiry="2027-01-01", received_at=9), lump(2, 5, expiry="2027-01-01", received_at=3)]

    assert places(availability.plan(lumps, 6, rule="fefo", day=TODAY)) == [(2, 5), (1, 1)]


def test_one_bin_that_does_is_better_than_two_and_the_fullest_is_left_alone() -> None:
    lumps = [lump(1, 3), lump(2, 8), lump(3, 20), lump(4, 5)]

    assert places(availability.plan(lumps, 7, rule="fifo", day=TODAY)) == [(2, 7)]
    assert places(availability.plan(lumps, 26, rule="fifo", day=TODAY)) == [(3, 20), (2, 6)]


def test_a_bin_somebody_visits_anyway_costs_no_walk() -> None:
    lumps = [lump(1, 8), lump(2, 9)]

    assert places(availability.plan(lumps, 8, rule="fifo", day=TODAY, used={2: 1})) == [(2, 8)]


def test_serials_of_one_bin_are_taken_together() -> None:
    lumps = [lump(place, 1, serial=f"S{place}{n}") for n in range(3) for place in (1, 2)] + [
        lump(1, 1, serial="S19")
    ]

    planned = availability.plan(lumps, 4, rule="fifo", day=TODAY)

    assert {take.location for take in planned.takes} == {1}
    assert len({take.serial for take in planned.takes}) == 4


def test_what_is_pinned_for_another_is_not_pinned_twice() -> None:
    planned = availability.plan([lump(1, 10, allocated=7)], 5, rule="fifo", day=TODAY)

    assert (places(planned), planned.short) == ([(1, 3)], 2)


LUMPS = st.lists(
    st.builds(
        Lump,
        item=st.just(1),
        location=st.integers(1, 5),
        on_hand=st.integers(0, 20),
        allocated=st.integers(0, 25),
        kind=st.sampled_from(["bin", "bin", "bin", "dock"]),
        is_active=st.sampled_from([True, True, True, False]),
        lot=st.sampled_from(["", "A", "B", "C"]),
        expiry=st.sampled_from(["", "2026-11-21", "2026-11-22", "2027-01-01"]),
        is_held=st.sampled_from([False, False, False, True]),
        received_at=st.integers(0, 3),
    ),
    max_size=8,
    unique_by=lambda one: (one.location, one.lot, one.serial),
)


@given(lumps=LUMPS, wanted=st.integers(1, 60), rule=st.sampled_from(["fefo", "fifo"]))
def test_a_plan_never_takes_what_may_not_go_nor_more_than_there_is(
    lumps: list[Lump], wanted: int, rule: availability.Rule
) -> None:
    planned = availability.plan(lumps, wanted, rule=rule, day=TODAY)

    by_cell = {(one.location, one.lot, one.serial): one for one in lumps}
    cells = [(take.location, take.lot, take.serial) for take in planned.takes]
    assert len(set(cells)) == len(cells)
    assert all(
        0 < take.quantity <= by_cell[cell].free for take, cell in zip(planned.takes, cells, strict=True)
    )
    assert all(availability.is_good(by_cell[cell], TODAY) for cell in cells)
    there = sum(one.free for one in lumps if availability.is_good(one, TODAY))
    assert sum(take.quantity for take in planned.takes) == min(wanted, there)
    assert planned.short == max(0, wanted - there)


@given(lumps=LUMPS, wanted=st.integers(1, 60), rule=st.sampled_from(["fefo", "fifo"]))
def test_nothing_older_is_left_behind(lumps: list[Lump], wanted: int, rule: availability.Rule) -> None:
    planned = availability.plan(lumps, wanted, rule=rule, day=TODAY)

    taken = {(take.location, take.lot, take.serial): take.quantity for take in planned.takes}
    used = [one for one in lumps if (one.location, one.lot, one.serial) in taken]
    latest = max((availability.rank(one, rule) for one in used), default=None)
    for one in lumps:
        if latest is not None and availability.is_good(one, TODAY) and availability.rank(one, rule) < latest:
            assert taken.get((one.location, one.lot, one.serial), 0) == one.free


# Another lot


def test_another_good_lot_may_go_and_it_is_said_when_an_older_one_stays() -> None:
    old, young = lump(1, 5, lot="OLD", expiry="2027-01-01"), lump(2, 5, lot="NEW", expiry="2027-06-01")

    swapped = availability.swap([old, young], Take(1, "OLD", "", 4), young, rule="fefo", day=TODAY)

    assert swapped == Swapped(Take(2, "NEW", "", 4), is_older_left=True)


def test_the_better_lot_is_no_exception() -> None:
    old, young = lump(1, 5, lot="OLD", expiry="2027-01-01"), lump(2, 5, lot="NEW", expiry="2027-06-01")

    swapped = availability.swap([old, young], Take(2, "NEW", "", 4), old, rule="fefo", day=TODAY)

    assert swapped == Swapped(Take(1, "OLD", "", 4), is_older_left=False)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_held": True}, "held"),
        ({"expiry": "2026-11-21"}, "expired"),
        ({"kind": "dock"}, "not_pickable"),
        ({"allocated": 5}, "none_left"),
        ({"item": 2}, "other_item"),
    ],
)
def test_a_lot_that_may_not_go_is_refused_with_its_reason(fields: dict[str, object], reason: str) -> None:
    planned, scanned = lump(1, 5, lot="A"), lump(2, 5, lot="B", **fields)

    assert availability.swap([planned], Take(1, "A", "", 4), scanned, rule="fefo", day=TODAY) == NotSwapped(
        reason
    )


def test_less_of_the_other_lot_goes_when_less_is_free() -> None:
    planned, scanned = lump(1, 5, lot="A"), lump(2, 5, lot="B", allocated=3)

    swapped = availability.swap([planned, scanned], Take(1, "A", "", 4), scanned, rule="fifo", day=TODAY)

    assert isinstance(swapped, Swapped)
    assert swapped.take.quantity == 2
