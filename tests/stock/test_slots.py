"""Rows of a board keep their place; a newcomer takes the row that rested longest."""

from server.stock.slots import placed


def test_rows_that_move_again_keep_their_place() -> None:
    assert placed([1, 2, 3], {1: 5, 2: 6, 3: 9}, {2, 3}, 3) == [1, 2, 3]


def test_newcomers_fill_free_rows_first() -> None:
    assert placed([1], {1: 5, 2: 7, 3: 6}, {2, 3}, 3) == [1, 3, 2]


def test_a_newcomer_takes_the_row_that_rested_longest() -> None:
    assert placed([1, 2, 3], {1: 5, 2: 3, 3: 9, 4: 10}, {4}, 3) == [1, 4, 3]


def test_rows_without_any_flow_today_rested_longest() -> None:
    assert placed([1, 2], {1: 5, 3: 6}, {3}, 2) == [1, 3]


def test_what_arrives_late_does_not_push_out_what_is_newer() -> None:
    assert placed([1, 2], {1: 5, 2: 6, 3: 1}, {3}, 2) == [1, 2]
