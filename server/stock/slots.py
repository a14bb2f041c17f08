"""Which item stands in which row of a board: rows keep their place, so that one can read them from afar."""

from collections.abc import Iterable, Mapping, Sequence


def placed(shown: Sequence[int], last_at: Mapping[int, int], moved: Iterable[int], size: int) -> list[int]:
    """The items by row after `moved` did something; a newcomer takes the row of whoever rested longest."""
    rows = list(dict.fromkeys(shown))[:size]
    for newcomer in sorted(set(moved) - set(rows), key=lambda item: (last_at.get(item, 0), item)):
        if len(rows) < size:
            rows.append(newcomer)
            continue
        longest = min(range(size), key=lambda row: (last_at.get(rows[row], 0), -row))
        if last_at.get(rows[longest], 0) <= last_at.get(newcomer, 0):
            rows[longest] = newcomer
    return rows
