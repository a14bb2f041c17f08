"""Prices and amounts are exact, and round once, at the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import money


def test_a_price_keeps_six_places_and_an_amount_two() -> None:
    assert money.parse_price("12.345678") == 12_345_678
    assert money.parse_amount("12.34") == 123_400
    assert money.format_price(12_500_000) == "12.50"
    assert money.format_price(1) == "0.000001"
    assert money.format_amount(-123_400) == "-12.34"


def test_a_line_is_rounded_half_up_to_the_cent_after_its_discount() -> None:
    three_at_a_third = money.amount_of(3_000, money.parse_price("0.335"))
    with_discount = money.amount_of(10_000, money.parse_price("19.99"), money.parse_percent("12.5"))

    assert money.format_amount(three_at_a_third) == "1.01"
    assert money.format_amount(with_discount) == "174.91"


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), ("1,5", "shape"), ("1.234", "too_fine")])
def test_what_is_no_exact_amount_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(money.NotMoney) as refused:
        money.parse_amount(text)

    assert refused.value.reason == reason


@given(st.integers(-(10**15), 10**15))
def test_an_amount_in_whole_cents_survives_being_written_and_read(cents: int) -> None:
    if abs(cents) < 10**12:
        assert money.parse_amount(money.format_amount(cents * money.CENT)) == cents * money.CENT


@given(st.integers(0, 10**17 - 1))
def test_a_price_survives_being_written_and_read(price: int) -> None:
    assert money.parse_price(money.format_price(price)) == price
