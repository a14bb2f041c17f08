"""Ranges of bins, and what makes a location whole."""

import pytest

from server.catalog import place
from server.catalog.item import Fault
from server.catalog.place import BinRange, LocationDraft


def codes(aisles: str, bays: str, levels: str, prefix: str = "") -> list[str]:
    made = place.bins(BinRange(aisles=aisles, bays=bays, levels=levels, prefix=prefix), 1)
    return [one.code if isinstance(one, LocationDraft) else f"!{one.field}" for one in made]


def test_bins_are_made_in_walking_order() -> None:
    assert codes("A-B", "1-2", "1-2") == [
        "A-1-1", "A-1-2", "A-2-1", "A-2-2", "B-1-1", "B-1-2", "B-2-1", "B-2-2",
    ]  # fmt: skip


def test_numbers_are_as_wide_as_the_widest_so_that_codes_sort_as_one_walks() -> None:
    made = codes("a", "8-11", "1")

    assert made == ["A-08-1", "A-09-1", "A-10-1", "A-11-1"]
    assert made == sorted(made)


def test_a_bin_knows_where_one_walks_to() -> None:
    [made] = place.bins(BinRange(aisles="C", bays="07", levels="2", prefix="N"), 5, "COLD")

    assert made == LocationDraft(code="NC-07-2", warehouse=5, zone="COLD", aisle="C", bay=7, level=2)


def test_single_steps_and_stretches_may_be_mixed() -> None:
    assert codes("A,D-E", "1", "1") == ["A-1-1", "D-1-1", "E-1-1"]


@pytest.mark.parametrize(
    ("aisles", "bays", "levels", "wrong"),
    [("", "1", "1", ["!aisles"]), ("A", "x", "1", ["!bays"]), ("A", "1", "B-C", ["!levels"]),
     ("C-A", "9-1", "1", ["!aisles", "!bays"]), ("A,A", "1", "1", ["!aisles"]),
     ("A", "1-99999", "1-9", ["!bays"]), ("A-Z", "1-999", "1-9", ["!bays"])],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_refused(
    aisles: str, bays: str, levels: str, wrong: list[str]
) -> None:
    assert codes(aisles, bays, levels) == wrong


def test_only_real_places_are_written_down_by_people() -> None:
    draft = LocationDraft(code="X", warehouse=1, kind="suspense", bay=-1)

    assert [fault.field for fault in place.faults(draft)] == ["kind", "bay"]


def test_the_same_place_twice_is_named() -> None:
    drafts = [place.tidy(LocationDraft(code=code, warehouse=1)) for code in ("a-01", "A-01")]

    assert place.repeated(drafts) == [Fault(1, "code", "catalog.fault.twice")]


def test_every_warehouse_has_a_place_of_each_virtual_kind_and_a_dock() -> None:
    kinds = {draft.kind: draft.code for draft in place.own_places(1, "MAIN")}

    assert kinds.keys() == {*place.VIRTUAL_KINDS, "dock"}
    assert kinds["supplier"] == "MAIN-SUPPLIER"
