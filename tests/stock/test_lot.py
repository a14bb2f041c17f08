"""Lots: the earliest sighting of a label is believed, whoever is heard first; the last day is a good day."""

import itertools
from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as some

from server.stock.lot import Lot, differs, is_expired, sighted
from server.stock.movement import Moment

DAYS = some.sampled_from(("", "2030-01-01", "2031-06-30"))
SIGHTINGS = some.lists(some.tuples(DAYS, DAYS), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("today", "expired"), [("2026-11-21", False), ("2026-11-22", False), ("2026-11-23", True)]
)
def test_a_lot_is_good_on_its_last_day_and_not_after(today: str, expired: bool) -> None:
    assert is_expired("2026-11-22", date.fromisoformat(today)) is expired


def test_a_lot_without_a_date_never_expires() -> None:
    assert not is_expired("", date(2099, 1, 1))


def test_a_label_contradicts_only_what_is_known() -> None:
    known = Lot("2030-01-01", "", Moment(1, "a"))

    assert differs(known, "2030-01-02")
    assert not differs(known, "2030-01-01")
    assert not differs(known, "")
    assert not differs(Lot(), "2030-01-02")
    assert not differs(None, "2030-01-02")


def test_a_hold_survives_an_earlier_sighting() -> None:
    known = Lot("2030-01-01", "", Moment(9, "b"), is_held=True)

    assert sighted(known, "2029-01-01", "", Moment(1, "a")).is_held


@settings(max_examples=100, deadline=None)
@for_all(SIGHTINGS)
def test_any_order_of_sightings_ends_with_the_same_dates(labels: list[tuple[str, str]]) -> None:
    ends = set()
    for order in itertools.islice(itertools.permutations(enumerate(labels)), 24):
        known: Lot | None = None
        for minute, (expiry, made_on) in order:
            known = sighted(known, expiry, made_on, Moment(minute, f"op-{minute}"))
        assert known is not None
        ends.add((known.expiry, known.made_on))

    assert len(ends) == 1
