"""Amounts in capital figures: the examples of the rule itself, and no two amounts read alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.money import CENT
from server.money_words import FIGURES, GROUPS, LIMIT, PLACES, in_words


# The first five are those of 《支付结算办法》 annex 1; where it allows two ways, the one we write.
@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.00", "壹拾元整"),
        ("100000000.00", "壹亿元整"),
        ("100010000.01", "壹亿零壹万元零壹分"),
        ("20003000.00", "贰仟万叁仟元整"),
        ("10000001.00", "壹仟万零壹元整"),
        ("-12.30", "负壹拾贰元叁角整"),
    ],
)
def test_an_amount_is_said_as_the_rule_says_it(amount: str, said: str) -> None:
    whole, _, part = amount.lstrip("-").partition(".")
    exact = (int(whole) * 100 + int(part)) * CENT

    assert in_words(-exact if amount.startswith("-") else exact) == said


@given(st.integers(0, LIMIT - 1))
def test_what_is_said_is_read_back_as_the_same_amount(cents: int) -> None:
    said = in_words(cents * CENT)

    assert read(said) == cents
    assert "零零" not in said


@given(st.integers(0, LIMIT - 1), st.integers(0, CENT - 1))
def test_less_than_a_cent_is_rounded_as_figures_are(cents: int, rest: int) -> None:
    wanted = cents + (2 * rest >= CENT)
    if wanted < LIMIT:
        assert in_words(cents * CENT + rest) == in_words(wanted * CENT)


def test_there_is_no_word_for_what_nobody_pays() -> None:
    with pytest.raises(ValueError, match="no word"):
        in_words(LIMIT * CENT)


def read(said: str) -> int:
    """The cents of an amount in words, by adding up what each sign is worth."""
    said = said.removesuffix("整")
    whole, _, part = said.partition("元") if "元" in said else ("", "", said)
    cents = 0
    for sign, worth in (("角", 10), ("分", 1)):
        if sign in part:
            before, _, part = part.partition(sign)
            cents += FIGURES.index(before[-1]) * worth
    return _whole(whole) * 100 + cents


def _whole(said: str) -> int:
    for place in reversed(range(1, len(GROUPS))):
        # 万亿 is a group of its own: it is looked for first, and 亿 is not taken for its end.
        before, found, after = said.partition(GROUPS[place])
        if found:
            return int(_group(before) * 10_000**place) + _whole(after)
    return _group(said)


def _group(said: str) -> int:
    number, figure = 0, 0
    for sign in said:
        if sign in PLACES:
            number += figure * 10 ** PLACES.index(sign)
            figure = 0
        else:
            figure = FIGURES.index(sign)
    return number + figure
