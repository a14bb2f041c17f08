"""What a warehouse may want of an item, and when its pick bin is to be filled up."""

import msgspec
import pytest

from server.stock import level
from server.stock.availability import Lump
from server.stock.level import Wanted

HOME, RESERVE = 11, 12
CUP = Wanted(item=7, warehouse=1, least=10_000, most=50_000, home=HOME, refill=4_000, fill=12_000)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, ""),
        ({"most": 0}, ""),
        ({"most": 9_000}, "most"),
        ({"least": -1}, "least"),
        ({"least": 10_500}, "least"),
        ({"home": None}, "home"),
        ({"fill": 4_000}, "fill"),
        ({"fill": 0}, "fill"),
        ({"refill": 0, "fill": 0}, ""),
    ],
)
def test_a_level_must_make_sense(change: dict[str, int | None], field: str) -> None:
    found = level.faults(msgspec.structs.replace(CUP, **change), 0)

    assert [fault.field for fault in found] == ([field] if field else [])


@pytest.mark.parametrize(
    ("on_hand", "least", "most", "told"),
    [(9, 10, 50, "below"), (10, 10, 50, "within"), (51, 10, 50, "above"), (51, 10, 0, "within")],
)
def test_too_little_too_much_or_enough(on_hand: int, least: int, most: int, told: str) -> None:
    assert level.standing(on_hand, least, most) == told


@pytest.mark.parametrize(("lies", "lacks"), [(0, 12_000), (3_000, 9_000), (4_000, 0), (12_000, 0)])
def test_a_bin_is_filled_up_once_it_runs_low(lies: int, lacks: int) -> None:
    lumps = [Lump(item=7, location=HOME, on_hand=lies), Lump(item=7, location=RESERVE, on_hand=90_000)]

    assert level.to_bring(CUP, lumps) == lacks
