"""Prices and amounts are exact, and round once, at the cent."""

from fractions import Fraction
from math import floor

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


@given(
    st.integers(0, 10**7), st.integers(1, 10**6), st.integers(0, 10**9), st.integers(0, money.PERCENT_SCALE)
)
def test_a_line_costs_what_a_person_multiplies_in_its_own_unit_and_is_rounded_once(
    units: int, factor: int, price: int, discount: int
) -> None:
    base = units * factor

    amount = money.amount_of(base, price, discount, factor=factor)

    exact = units * Fraction(price, money.PRICE_SCALE) * (1 - Fraction(discount, money.PERCENT_SCALE))
    assert Fraction(amount, money.AMOUNT_SCALE) == Fraction(floor(exact * 100 + Fraction(1, 2)), 100)
    # What remains of rounding goes onto the last part: parts add up to the whole, whatever was taken first.
    for taken in (base // 3, base // 2):
        first = money.amount_of(taken, price, discount, factor=factor)
        assert 0 <= amount - first <= amount


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_price_said_for_a_larger_unit_says_the_same_again_for_the_smaller(
    price: int, factor: int, times: int
) -> None:
    assert money.price_in(money.price_in(price, factor, factor * times), factor * times, factor) == price


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
