"""Exact money: amounts in ten-thousandths of the currency, prices of one of a unit in millionths; text outside."""

import re

from server import quantity

AMOUNT_SCALE = 10_000
PRICE_SCALE = 1_000_000
CENT = AMOUNT_SCALE // 100
PERCENT_SCALE = 10_000
"""Discounts and tolerances: ten-thousandths, so 10000 is all of it."""

_SHAPE = re.compile(r"(-?)([0-9]{1,11})(?:\.([0-9]{1,6}))?")


class NotMoney(ValueError):
    """The text is no exact price, amount or percentage. `reason` is a word: empty, shape or too_fine."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"not money ({reason}): {text[:40]!r}")
        self.reason = reason


def parse_price(text: str) -> int:
    """Read a price of one unit, up to six places, into millionths."""
    return _parse(text, 6)


def parse_amount(text: str) -> int:
    """Read an amount, up to two places, into ten-thousandths."""
    return _parse(text, 2) * (AMOUNT_SCALE // 100)


def parse_percent(text: str) -> int:
    """Read a percentage, up to two places, into ten-thousandths: "12.5" is 1250."""
    return _parse(text, 2)


def format_price(millionths: int) -> str:
    """The shortest text of a price, with at least two places."""
    whole, part = divmod(abs(millionths), PRICE_SCALE)
    places = f"{part:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if millionths < 0 else ''}{whole}.{places}"


def format_amount(ten_thousandths: int) -> str:
    """An amount with two places."""
    cents = _rounded(abs(ten_thousandths), CENT)
    return f"{'-' if ten_thousandths < 0 and cents else ''}{cents // 100}.{cents % 100:02}"


def format_percent(ten_thousandths: int) -> str:
    """The shortest text of a percentage."""
    whole, part = divmod(ten_thousandths, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)


def amount_of(thousandths: int, price: int, discount: int = 0, *, factor: int = quantity.SCALE) -> int:
    """What a quantity of base units costs after a discount, rounded half up to whole cents, once.

    The price is that of a unit of so many base units (`factor`, thousandths): 18 pieces at 10.00 a dozen are 15.00.
    """
    exact = thousandths * price * (PERCENT_SCALE - discount)
    cents = _rounded(abs(exact), factor * PRICE_SCALE * PERCENT_SCALE // 100)
    return cents * CENT if exact >= 0 else -cents * CENT


def price_in(price: int, factor: int, wanted: int = quantity.SCALE) -> int:
    """A price of a unit of `factor` base units as that of a unit of `wanted`, rounded half up to millionths."""
    return _rounded(price * wanted, factor)


def _rounded(value: int, unit: int) -> int:
    return (2 * value + unit) // (2 * unit)


def _parse(text: str, places: int) -> int:
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise NotMoney(text, "empty" if not text else "shape")
    sign, whole, part = match.groups(default="")
    if len(part) > places:
        raise NotMoney(text, "too_fine")
    size = int(whole + part.ljust(places, "0"))
    return -size if sign else size
