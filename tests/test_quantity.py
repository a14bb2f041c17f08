"""Quantities are exact: what cannot be counted exactly is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import quantity


@pytest.mark.parametrize(
    ("text", "thousandths"),
    [("0", 0), ("1", 1000), ("1.5", 1500), ("-2.125", -2125), ("007", 7000), ("1.000", 1000), ("-0", 0)],
)
def test_a_decimal_text_becomes_thousandths(text: str, thousandths: int) -> None:
    assert quantity.parse(text) == thousandths


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a", "shape"),
        ("1,5", "shape"),
        ("1e3", "shape"),
        (" 1", "shape"),
        ("+1", "shape"),
        (".5", "shape"),
        ("1.", "shape"),
        ("１", "shape"),
        ("1\n", "shape"),
        ("0.0001", "too_fine"),
        ("1000000000000000", "too_long"),
    ],
)
def test_what_is_not_exact_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(quantity.NotAQuantity) as refused:
        quantity.parse(text)

    assert refused.value.reason == reason


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_quantity_survives_being_written_and_read(thousandths: int) -> None:
    assert quantity.parse(quantity.format(thousandths)) == thousandths


@pytest.mark.parametrize(
    ("thousandths", "text"), [(12000, "12"), (1500, "1.5"), (-1, "-0.001"), (100000, "100")]
)
def test_a_quantity_is_written_without_needless_zeros(thousandths: int, text: str) -> None:
    assert quantity.format(thousandths) == text


def test_two_cartons_of_twelve_are_twenty_four() -> None:
    assert quantity.times(quantity.parse("2"), quantity.parse("12")) == quantity.parse("24")


def test_a_product_finer_than_a_thousandth_is_refused() -> None:
    with pytest.raises(quantity.NotAQuantity):
        quantity.times(quantity.parse("0.001"), quantity.parse("0.5"))
