"""Amounts in capital Chinese figures, as papers that are signed need them: 壹仟陆佰捌拾元叁角贰分.

After the rules for filling in bills, 《支付结算办法》 annex 1 (银发〔1997〕393号): a run of zeros is one 零, an amount
that ends with 元 or 角 ends with 整, and between 元 and 角 a zero is said where the whole ends with one.
"""

from typing import Final

from server.money import CENT

FIGURES: Final = "零壹贰叁肆伍陆柒捌玖"
PLACES: Final = ("", "拾", "佰", "仟")
GROUPS: Final = ("", "万", "亿", "万亿")
LIMIT: Final = 10 ** (4 * len(GROUPS) + 2)
"""Cents from which on there is no word."""


def in_words(amount: int) -> str:
    """An amount (ten-thousandths, rounded half up to cents) in capital Chinese figures; 负 before what is owed back.

    Raises ValueError for an amount of ten thousand billion and more.
    """
    cents = (2 * abs(amount) + CENT) // (2 * CENT)
    if cents >= LIMIT:
        raise ValueError(f"no word for so much: {amount}")
    whole, part = divmod(cents, 100)
    tens, ones = divmod(part, 10)
    said = f"{_whole(whole)}元" if whole else ""
    if not part:
        return f"{_sign(amount, cents)}{said or '零元'}整"
    if whole and (not tens or whole % 10 == 0):
        said += FIGURES[0]
    said += f"{FIGURES[tens]}角" if tens else ""
    said += f"{FIGURES[ones]}分" if ones else "整"
    return _sign(amount, cents) + said


def _sign(amount: int, cents: int) -> str:
    return "负" if amount < 0 and cents else ""


def _whole(number: int) -> str:
    """A whole number above zero."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    said, is_after_gap = "", False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            is_after_gap = bool(said)
            continue
        if said and (is_after_gap or group < 1_000):
            said += FIGURES[0]
        said += _group(group) + GROUPS[place]
        is_after_gap = False
    return said


def _group(number: int) -> str:
    """A number below ten thousand and above zero, without zeros before and after."""
    said, is_gap = "", False
    for place in reversed(range(4)):
        figure = number // 10**place % 10
        if figure:
            said += (FIGURES[0] if is_gap and said else "") + FIGURES[figure] + PLACES[place]
        is_gap = not figure
    return said
