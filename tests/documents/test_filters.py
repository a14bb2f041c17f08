"""Filters of lists: read from an address or from memory, and written back into it."""

from server.documents import filters
from server.documents.filters import Filters

STATES = ("draft", "confirmed")


def test_what_an_address_names_is_read() -> None:
    asked = {
        "state": "draft",
        "q": " 华东 ",
        "since": "2026-11-01",
        "partner": "7",
        "sort": "-number",
        "page": "2",
    }

    assert filters.read(asked, STATES, ("number",)) == Filters(
        state="draft", q="华东", since="2026-11-01", partner=7, sort="-number", page=2
    )


def test_what_is_no_filter_is_left_out() -> None:
    asked = {"state": "emperor", "since": "31.12.2026", "partner": "x", "sort": "password", "page": "-1"}

    assert filters.read(asked, STATES, ("number",)) == Filters()


def test_an_address_carries_the_filters_but_not_the_page() -> None:
    address = filters.address("/orders", Filters(state="draft", q="a b", page=3))

    assert address == "/orders?state=draft&q=a+b"


def test_a_list_without_filters_says_so_lest_memory_adds_them_again() -> None:
    assert filters.address("/orders", Filters()) == "/orders?state="


def test_sorting_by_a_column_is_told_with_its_direction() -> None:
    assert Filters(sort="-number").sorted_by == ("number", True)
    assert Filters(sort="number").sorted_by == ("number", False)


def test_a_sorted_list_is_not_a_narrow_one() -> None:
    assert not Filters(sort="number").is_narrow
    assert Filters(partner=7).is_narrow
