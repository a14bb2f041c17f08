"""Who is to look again when more was taken from a place than lay there: the younger promise, not the older one."""

from collections.abc import Iterable
from typing import NamedTuple


class Taking(NamedTuple):
    """What a notice took from a place; `since` is when its order was promised, `is_sure` that somebody has looked."""

    since: int
    notice: int
    quantity: int
    is_sure: bool


def doubted(lacking: int, takings: Iterable[Taking]) -> dict[int, int]:
    """How much of what each of these notices took may not be there: whoever was promised last first.

    Where one alone took it nobody's promise is in question, only the book: that is counted.
    """
    found: dict[int, int] = {}
    ordered = sorted(takings, reverse=True)
    if len(ordered) < 2:
        return found
    for one in ordered:
        share = 0 if one.is_sure else min(lacking, one.quantity)
        lacking -= share
        if share:
            found[one.notice] = share
    return found


def keeper(doubted_notice: int, takings: Iterable[Taking]) -> int:
    """Whose goods they are taken to be: the oldest promise of the others."""
    return min(one for one in takings if one.notice != doubted_notice).notice
