"""Exact quantities: integers in thousandths of the base unit inside, decimal strings outside."""

import re

SCALE = 1000
MAX_DIGITS = 15
"""Digits before the point. With three behind it a quantity still fits a 64-bit column with room for sums."""

_SHAPE = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,3}))?")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class NotAQuantity(ValueError):
    """The text is not an exact quantity. `reason` is a word: empty, shape, too_fine or too_long."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"not a quantity ({reason}): {text[:40]!r}")
        self.reason = reason


def parse(text: str) -> int:
    """Read a decimal string into thousandths. What is not exact is refused, never rounded.

    The twin on the device is `edge/session/quantity.js`; both accept exactly the same texts.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise NotAQuantity(text, _why_refused(text))
    sign, whole, part = match.groups(default="")
    size = int(whole) * SCALE + int(part.ljust(3, "0"))
    return -size if sign else size


def format(thousandths: int) -> str:
    """The shortest decimal string, so that equal quantities are equal texts."""
    whole, part = divmod(abs(thousandths), SCALE)
    sign = "-" if thousandths < 0 else ""
    if not part:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{part:03}".rstrip("0").rstrip(".")


def times(left: int, right: int) -> int:
    """Multiply two quantities exactly: 2 cartons of 12 are 24. Finer than a thousandth is refused."""
    product, rest = divmod(left * right, SCALE)
    if rest:
        raise NotAQuantity(f"{format(left)} × {format(right)}", "too_fine")
    return product


def _why_refused(text: str) -> str:
    if not text:
        return "empty"
    if _NUMBER.fullmatch(text) is None:
        return "shape"
    _, _, part = text.partition(".")
    return "too_fine" if len(part) > 3 else "too_long"
