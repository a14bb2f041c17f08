"""How people get on: a line counts once however many scans it took, and only for an hour."""

from typing import Any

from server.clock import HOUR, MINUTE
from server.stock import pace
from server.stock.pace import Move

NOON = 12 * HOUR


def move(at: int, **fields: Any) -> Move:
    """Wang picks an item from a bin into a tote."""
    known: dict[str, Any] = {
        "person": 7,
        "act": "pick",
        "document": "sn-1",
        "item": 1,
        "source": 2,
        "target": 3,
    }
    return Move(**known | fields, last_at=at)


def test_scans_of_one_line_are_one_line() -> None:
    paces = pace.add({}, [move(NOON), move(NOON + MINUTE), move(NOON, item=5)], NOON + MINUTE)

    assert paces[7].an_hour(NOON + MINUTE) == 2
    assert paces[7].last_at == NOON + MINUTE


def test_a_line_counts_for_an_hour_after_its_last_scan() -> None:
    paces = pace.add({}, [move(NOON)], NOON)
    paces = pace.add(paces, [move(NOON + 50 * MINUTE)], NOON + 50 * MINUTE)

    assert paces[7].an_hour(NOON + HOUR + 49 * MINUTE) == 1
    assert pace.add(paces, [], NOON + 2 * HOUR)[7].lines == {}


def test_what_arrives_late_does_not_hide_what_was_done_since() -> None:
    paces = pace.add({}, [move(NOON, act="receive")], NOON)

    paces = pace.add(paces, [move(NOON - 5 * MINUTE, act="pick", item=9)], NOON)

    assert (paces[7].act, paces[7].last_at) == ("receive", NOON)
    assert paces[7].an_hour(NOON) == 2
